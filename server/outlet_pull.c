/*
 * outlet_pull: see outlet_pull.h and FORMAT.md sections 9 and 10.
 *
 * A page is a run of whole cases in the order of their last change. A case belongs to a family of forms, and each of its registers
 * travels in the tables of the newest version that can say it (server/papers.h), so a page is one pull for each form that is
 * needed: one for each family as a rule, and another for what only an older version can say. Several pulls in one answer, rather
 * than a page that ends where the form changes, because cases of different families stand mixed in the order of their changes:
 * pages would hold a case each.
 *
 * Cases that only the asking device itself wrote are passed over by their row alone (aid_case.others_at), so that a device that has
 * just sent a thousand applications does not make the centre read them back.
 */
#include "server/outlet_pull.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "server/papers.h"

#define REGISTER_COST 8                        /* bytes of a page beside the value, so that empty values count too */
#define PAGE_FORMS_MAX (MESSAGE_PULLS_MAX / 2) /* a page closes with so many, since the next case may need others again */
#define PAGE_BYTES_MAX                                                                                                                     \
	((size_t)512 * 1024 * 1024) /* one page in memory: 200,000 registers with the longest values of one case, and to spare */

struct page_register {
	size_t form; /* index among the page's forms */
	struct changeset_register r;
};

struct page { /* registers of one answer */
	struct centre *c;
	const struct outlet_for *f;
	struct outlet_pull *out;
	bool whole;         /* everything, whoever wrote it */
	bool own_too;       /* the store is behind: another one wrote under its incarnation */
	int64_t family_row; /* form of the case before; 0: none */
	struct papers_family family;
	const struct form *forms[MESSAGE_PULLS_MAX]; /* in whose tables something is said */
	size_t form_count;
	struct page_register *registers; /* owned */
	size_t count, cap;
	struct arena *texts; /* owned */
	size_t bytes, bytes_max;
};

void outlet_pull_init(struct outlet_pull *p)
{
	memset(p, 0, sizeof *p);
	buf_init(&p->bytes, MESSAGE_CONTENT_BYTES_MAX);
}

void outlet_pull_fini(struct outlet_pull *p)
{
	buf_fini(&p->bytes);
}

/* ---- One case ---- */

/* Most registers are in the form of the one before. */
static int find_form(struct page *p, const struct form *f, size_t *out)
{
	for (size_t i = p->form_count; i-- > 0;)
		if (p->forms[i] == f) {
			*out = i;
			return 0;
		}
	if (p->form_count == MESSAGE_PULLS_MAX)
		return err_set(ERR_LIMIT, "more than %d forms in one page", MESSAGE_PULLS_MAX);
	*out = p->form_count;
	p->forms[p->form_count++] = f;
	return 0;
}

static int grow(struct page *p)
{
	size_t cap = p->cap ? p->cap * 2 : 256;
	struct page_register *more;

	if (p->count == CHANGESET_REGISTERS_MAX)
		return err_set(ERR_LIMIT, "more than %d registers in one page", CHANGESET_REGISTERS_MAX);
	if (p->count < p->cap)
		return 0;
	more = realloc(p->registers, cap * sizeof *more);
	if (!more)
		return err_set(ERR_NOMEM, "no memory for a page");
	p->registers = more;
	p->cap = cap;
	return 0;
}

static int add_register(struct page *p, uint64_t case_id, struct db_stmt *s)
{
	struct page_register *r;
	size_t len;
	const char *value = db_text_len(s, 3, &len);
	const char *reason = db_text(s, 7);
	const struct papers_saying saying = { .entry_type = db_text(s, 2), .field = db_text(s, 1), .value = value, .value_len = len };
	struct papers_said said;
	size_t form = 0;
	int err = papers_say(p->c, &p->family, &saying, &said);

	if (!err)
		err = find_form(p, said.form, &form);
	if (!err)
		err = grow(p);
	if (err)
		return err;
	r = &p->registers[p->count++];
	r->form = form;
	r->r = (struct changeset_register){
		.case_id = case_id,
		.entry_id = db_u64(s, 0),
		.entry_type = said.entry_type,
		.field = said.field,
		.value = arena_copy(p->texts, value, len),
		.value_len = len,
		.at = db_u64(s, 4),
		.writer = (uint32_t)db_int(s, 5),
		.author = (uint32_t)db_int(s, 6),
		.reason = arena_copy(p->texts, reason, strlen(reason)),
	};
	p->bytes += len + REGISTER_COST;
	return arena_error(p->texts);
}

static int enter_family(struct page *p, int64_t form_row)
{
	const struct form *f;
	int err;

	if (p->family_row == form_row)
		return 0;
	err = centre_form_by_id(p->c, form_row, &f);
	if (!err)
		err = papers_family(p->c, form_id(f), &p->family);
	p->family_row = err ? 0 : form_row;
	return err;
}

/* The registers of one case that the device is to get; `all`: every one. */
static int add_case(struct page *p, uint64_t case_id, int64_t form_row, bool all)
{
	struct db_stmt *s;
	int got = 0;
	int err = enter_family(p, form_row);

	if (!err)
		err = db_prepare(p->c->db,
			"SELECT entry_id, field, entry_type, value, at, writer, author, reason FROM register "
			"WHERE case_id = ?1 AND (?2 OR (at > ?3 AND writer <> ?4))",
			&s);
	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	db_bind_int(s, 2, all);
	db_bind_u64(s, 3, p->out->seen);
	db_bind_int(s, 4, p->own_too ? -1 : (int64_t)p->f->site);
	while ((got = db_step(s)) == 1 && !err)
		err = add_register(p, case_id, s);
	db_done(s);
	return err ? err : got < 0 ? got : 0;
}

/* ---- The page ---- */

static bool has_nothing_for(const struct page *p, bool all, uint32_t opened_by, uint64_t others_at)
{
	return !all && !p->own_too && opened_by == p->f->site && others_at <= p->out->seen;
}

/* Cases by their last change until the page is full. */
static int add_cases(struct page *p)
{
	uint64_t start = p->whole ? 0 : p->out->seen;
	uint64_t cursor = centre_seen_clamp(p->c, p->f->request->cursor, p->out->last);
	struct db_stmt *s;
	int got = 0;
	int err = db_prepare(p->c->db,
		"SELECT case_id, changed_at, scope_at, opened_by, others_at, form_id FROM aid_case "
		"WHERE branch_id = ?1 AND changed_at > ?2 ORDER BY changed_at",
		&s);

	if (err)
		return err;
	db_bind_int(s, 1, p->f->branch_id);
	db_bind_u64(s, 2, cursor > start ? cursor : start);
	while ((got = db_step(s)) == 1 && !err) {
		bool all = p->whole || db_u64(s, 2) > p->out->seen;

		if (p->bytes >= p->bytes_max || p->count > CHANGESET_REGISTERS_MAX / 2 || p->form_count > PAGE_FORMS_MAX) {
			p->out->is_full = true;
			break;
		}
		if (!has_nothing_for(p, all, (uint32_t)db_int(s, 3), db_u64(s, 4)))
			err = add_case(p, db_u64(s, 0), db_int(s, 5), all);
		p->out->cursor = db_u64(s, 1);
	}
	db_done(s);
	return err ? err : got < 0 ? got : 0;
}

static int compare_registers(const void *a, const void *b)
{
	const struct page_register *p = a;
	const struct page_register *q = b;
	const struct changeset_register *x = &p->r;
	const struct changeset_register *y = &q->r;

	if (p->form != q->form)
		return p->form < q->form ? -1 : 1;
	if (x->case_id != y->case_id)
		return x->case_id < y->case_id ? -1 : 1;
	if (x->entry_type != y->entry_type)
		return x->entry_type < y->entry_type ? -1 : 1;
	if (x->entry_id != y->entry_id)
		return x->entry_id < y->entry_id ? -1 : 1;
	return x->field < y->field ? -1 : x->field > y->field;
}

/* The sorted registers, each run of one form as a pull. */
static int encode_runs(struct page *p, struct changeset_register *plain)
{
	struct outlet_pull *out = p->out;
	int err = 0;

	for (size_t i = 0; i < p->count; i++)
		plain[i] = p->registers[i].r;
	for (size_t i = 0, end; i < p->count && !err; i = end) {
		struct changeset_pull pull = { .form = p->forms[p->registers[i].form], .registers = plain + i };

		for (end = i; end < p->count && p->registers[end].form == p->registers[i].form; end++)
			pull.register_count++;
		err = changeset_pull_encode(&pull, &out->bytes);
		out->starts[++out->count] = out->bytes.len;
	}
	return err;
}

static int encode_page(struct page *p)
{
	struct changeset_register *plain;
	int err;

	if (p->count == 0)
		return 0;
	qsort(p->registers, p->count, sizeof *p->registers, compare_registers);
	plain = calloc(p->count, sizeof *plain);
	err = plain ? encode_runs(p, plain) : err_set(ERR_NOMEM, "no memory for a page");
	free(plain);
	return err;
}

int outlet_pull_place(struct centre *c, const struct outlet_for *f, struct outlet_pull *p)
{
	int err = centre_sequence(c, &p->last);

	if (!err)
		p->seen = centre_seen_clamp(c, f->request->seen, p->last);
	return err;
}

int outlet_pull_page(struct centre *c, const struct outlet_for *f, bool own_too, struct outlet_pull *p)
{
	struct page page = {
		.c = c,
		.f = f,
		.out = p,
		.whole = (f->request->flags & MESSAGE_WHOLE) != 0,
		.own_too = own_too,
		.texts = arena_new(PAGE_BYTES_MAX),
		.bytes_max = f->page_bytes ? f->page_bytes : OUTLET_PAGE_BYTES,
	};
	int err = page.texts ? outlet_pull_place(c, f, p) : err_set(ERR_NOMEM, "no memory for a page");

	if (!err)
		err = add_cases(&page);
	if (!err)
		err = encode_page(&page);
	arena_free(page.texts);
	free(page.registers);
	return err;
}
