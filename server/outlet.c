/*
 * outlet: see outlet.h. The rules of FORMAT.md section 10.
 *
 * A page is a run of whole cases in the order of their last change. All registers travel in the tables of the form in force, which
 * knows every field that older forms had (server/publish.h). Cases that only the asking device itself wrote are passed over
 * by their row alone (aid_case.others_at), so that a device that has just sent a thousand applications does not make the
 * centre read them back.
 */
#include "server/outlet.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "server/ledger.h"
#include "server/register.h"

#define REGISTER_COST 8 /* bytes of a page beside the value, so that empty values count too */
#define PAGE_BYTES_MAX                                                                                                                     \
	((size_t)512 * 1024 * 1024) /* one page in memory: 200,000 registers with the longest values of one case, and to spare */

struct page { /* registers of one answer */
	struct centre *c;
	const struct outlet_for *f;
	const struct form *form;
	uint64_t last;                        /* sequence number last given out */
	uint64_t seen;                        /* of the request, clamped */
	bool whole;                           /* everything, whoever wrote it */
	bool own_too;                         /* the store is behind: another one wrote under its incarnation */
	struct changeset_register *registers; /* owned */
	size_t count, cap;
	struct arena *texts; /* owned */
	size_t bytes, bytes_max;
	uint64_t cursor; /* last change of the last case taken */
	bool is_full;
};

struct out { /* what the content borrows from */
	struct message_content content;
	struct buf receipts;
	struct buf dictionary;
	struct buf pull;
	size_t receipt_starts[MESSAGE_RECEIPTS_MAX + 1];
	bool is_behind; /* the request's head is below what its incarnation has brought */
};

/* ---- Receipts ---- */

static int add_receipt(struct out *o, struct db_stmt *s)
{
	size_t len;
	const void *data = db_blob(s, 0, &len);

	o->receipt_starts[o->content.receipt_count++] = o->receipts.len;
	buf_append(&o->receipts, data, len);
	o->receipt_starts[o->content.receipt_count] = o->receipts.len;
	return buf_error(&o->receipts);
}

static int add_old_receipts(struct centre *c, const struct outlet_for *f, struct out *o)
{
	int err = 0;

	for (size_t i = 0; i < f->receipt_count && !err; i++) {
		struct db_stmt *s;

		err = db_prepare(c->db, "SELECT receipt FROM envelope WHERE site = ?1 AND seq = ?2 AND state = 1", &s);
		if (err)
			return err;
		db_bind_int(s, 1, f->receipts[i].site);
		db_bind_u64(s, 2, f->receipts[i].seq);
		err = db_row(s);
		if (err) {
			err = err == ERR_NOT_FOUND ? 0 : err;
			continue;
		}
		err = add_receipt(o, s);
		db_done(s);
	}
	return err;
}

/* Those above `acked` that this store sealed itself (head), as many as fit; the rest with the next contact. */
static int add_receipts(struct centre *c, const struct outlet_for *f, struct out *o)
{
	struct db_stmt *s;
	int got;
	int err = add_old_receipts(c, f, o);

	if (!err)
		err = db_prepare(c->db,
			"SELECT receipt FROM envelope WHERE site = ?1 AND seq > ?2 AND seq < ?3 AND seq <= ?4 AND state = 1 ORDER BY seq",
			&s);
	if (err)
		return err;
	db_bind_int(s, 1, f->site);
	db_bind_u64(s, 2, f->request->acked < INT64_MAX ? f->request->acked : INT64_MAX);
	db_bind_int(s, 3, f->fork ? (int64_t)f->fork->seq : INT64_MAX);
	db_bind_u64(s, 4, f->request->head < INT64_MAX ? f->request->head : INT64_MAX);
	while ((got = db_step(s)) == 1 && !err) {
		if (o->content.receipt_count == MESSAGE_RECEIPTS_MAX || o->receipts.len > OUTLET_RECEIPTS_BYTES) {
			o->content.more = true;
			break;
		}
		err = add_receipt(o, s);
	}
	db_done(s);
	return err ? err : got < 0 ? got : 0;
}

/* ---- Registers ---- */

static int add_register(struct page *p, uint64_t case_id, struct db_stmt *s)
{
	struct changeset_register *r;
	size_t len;
	const char *value = db_text_len(s, 3, &len);
	const char *reason = db_text(s, 7);
	int type = form_entry_type_find(p->form, db_text(s, 2));
	int field = form_field_find(p->form, db_text(s, 1));

	if (type < 0 || field < 0)
		return err_set(ERR_CORRUPT, "field %s of entry type %s is not in the form in force", db_text(s, 1), db_text(s, 2));
	if (p->count == CHANGESET_REGISTERS_MAX)
		return err_set(ERR_LIMIT, "more than %d registers in one page", CHANGESET_REGISTERS_MAX);
	if (p->count == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 256;

		r = realloc(p->registers, cap * sizeof *r);
		if (!r)
			return err_set(ERR_NOMEM, "no memory for a page");
		p->registers = r;
		p->cap = cap;
	}
	p->registers[p->count++] = (struct changeset_register){
		.case_id = case_id,
		.entry_id = db_u64(s, 0),
		.entry_type = (uint16_t)type,
		.field = (uint16_t)field,
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

/* The registers of one case that the device is to get; `since` 0 with `all`: every one. */
static int add_case(struct page *p, uint64_t case_id, bool all)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(p->c->db,
		"SELECT entry_id, field, entry_type, value, at, writer, author, reason FROM register "
		"WHERE case_id = ?1 AND (?2 OR (at > ?3 AND writer <> ?4))",
		&s);

	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	db_bind_int(s, 2, all);
	db_bind_u64(s, 3, p->seen);
	db_bind_int(s, 4, p->own_too ? -1 : (int64_t)p->f->site);
	while ((got = db_step(s)) == 1 && !err)
		err = add_register(p, case_id, s);
	db_done(s);
	return err ? err : got < 0 ? got : 0;
}

static bool has_nothing_for(const struct page *p, bool all, uint32_t opened_by, uint64_t others_at)
{
	return !all && !p->own_too && opened_by == p->f->site && others_at <= p->seen;
}

/* Cases by their last change until the page is full. */
static int add_cases(struct page *p)
{
	uint64_t start = p->whole ? 0 : p->seen;
	uint64_t cursor = centre_seen_clamp(p->c, p->f->request->cursor, p->last);
	struct db_stmt *s;
	int got;
	int err = db_prepare(p->c->db,
		"SELECT case_id, changed_at, scope_at, opened_by, others_at FROM aid_case "
		"WHERE branch_id = ?1 AND changed_at > ?2 ORDER BY changed_at",
		&s);

	if (err)
		return err;
	db_bind_int(s, 1, p->f->branch_id);
	db_bind_u64(s, 2, cursor > start ? cursor : start);
	while ((got = db_step(s)) == 1 && !err) {
		bool all = p->whole || db_u64(s, 2) > p->seen;

		if (p->bytes >= p->bytes_max || p->count > CHANGESET_REGISTERS_MAX / 2) {
			p->is_full = true;
			break;
		}
		if (!has_nothing_for(p, all, (uint32_t)db_int(s, 3), db_u64(s, 4)))
			err = add_case(p, db_u64(s, 0), all);
		p->cursor = db_u64(s, 1);
	}
	db_done(s);
	return err ? err : got < 0 ? got : 0;
}

static int compare_registers(const void *a, const void *b)
{
	const struct changeset_register *x = a;
	const struct changeset_register *y = b;

	if (x->case_id != y->case_id)
		return x->case_id < y->case_id ? -1 : 1;
	if (x->entry_type != y->entry_type)
		return x->entry_type < y->entry_type ? -1 : 1;
	if (x->entry_id != y->entry_id)
		return x->entry_id < y->entry_id ? -1 : 1;
	return x->field < y->field ? -1 : x->field > y->field;
}

static int encode_page(struct page *p, struct out *o)
{
	struct changeset_pull pull = { .form = p->form, .registers = p->registers, .register_count = p->count };

	if (p->count == 0)
		return 0;
	qsort(p->registers, p->count, sizeof *p->registers, compare_registers);
	return changeset_pull_encode(&pull, &o->pull);
}

/* After the last page the device holds everything up to now, and can compare digests. */
static int finish_page(struct page *p, struct message_content *content)
{
	struct record_digest digest;
	int err;

	if (p->is_full) {
		content->more = true;
		content->seen = p->seen;
		content->cursor = p->cursor;
		return 0;
	}
	err = register_branch_digest(p->c, p->f->branch_id, &digest);
	content->seen = p->last;
	content->cursor = 0;
	content->has_digest = true;
	record_digest_encode(&digest, content->digest);
	return err;
}

static int add_pull(struct centre *c, const struct outlet_for *f, const struct form *form, struct out *o)
{
	struct page p = {
		.c = c,
		.f = f,
		.form = form,
		.whole = (f->request->flags & MESSAGE_WHOLE) != 0,
		.own_too = o->is_behind,
		.texts = arena_new(PAGE_BYTES_MAX),
		.bytes_max = f->page_bytes ? f->page_bytes : OUTLET_PAGE_BYTES,
	};
	int err = p.texts ? centre_sequence(c, &p.last) : err_set(ERR_NOMEM, "no memory for a page");

	p.seen = centre_seen_clamp(c, f->request->seen, p.last);
	if (!err && f->fork) {
		o->content.seen = p.seen;
		o->content.cursor = f->request->cursor;
		o->content.more = true;
	} else if (!err) {
		err = add_cases(&p);
		if (!err)
			err = encode_page(&p, o);
		if (!err)
			err = finish_page(&p, &o->content);
	}
	arena_free(p.texts);
	free(p.registers);
	return err;
}

/* ---- The rest ---- */

static int add_site(struct centre *c, const struct outlet_for *f, struct out *o)
{
	struct db_stmt *s;
	uint64_t applied;
	int err = db_prepare(c->db, "SELECT applied, covered FROM site WHERE site = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, f->site);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_CORRUPT, "site %u is not in the store", f->site) : err;
	applied = db_u64(s, 0);
	o->content.covered = db_u64(s, 1);
	db_done(s);
	o->is_behind = f->request->head < applied;
	if (!f->fork && f->request->acked > applied)
		o->content.resend = applied + 1; /* restored from a backup: the device's receipts prove more than is here */
	return 0;
}

static int add_fork(struct centre *c, const struct outlet_for *f, struct message_content *content)
{
	if (!f->fork)
		return 0;
	content->has_fork = true;
	content->fork_incarnation = f->fork->incarnation;
	content->fork_site = f->fork->site;
	return ledger_groups_above(c, f->site, f->request->acked_group, &content->fork_groups, &content->fork_group_count);
}

static int add_papers(struct centre *c, const struct outlet_for *f, const struct form *form, struct out *o)
{
	const struct pack_dictionary *dictionary;
	struct message_content *content = &o->content;
	int err;

	if (c->manifest.number > f->request->manifest_number)
		content->manifest = (struct message_blob){ .data = c->manifest_bytes.data, .len = c->manifest_bytes.len };
	if (memcmp(form_hash(form), f->request->form_mark, MESSAGE_FORM_MARK_BYTES) != 0) {
		size_t len;
		const char *text = form_text(form, &len);

		content->form = (struct message_blob){ .data = (const uint8_t *)text, .len = len };
	}
	err = centre_dictionary_current(c, &dictionary, NULL);
	if (err || !dictionary || pack_dictionary_id(dictionary) == f->request->dictionary_id)
		return err;
	err = centre_dictionary_current(c, &dictionary, &o->dictionary);
	content->dictionary = (struct message_blob){ .data = o->dictionary.data, .len = o->dictionary.len };
	return err;
}

/* What the centre sees of the store that asks, and how long it may do without asking (policy of the centre, set in server/admin/device). */
static int add_past(struct centre *c, const struct outlet_for *f, struct message_content *content)
{
	uint64_t days;
	int err = centre_meta_load_u64(c, "lease_days", &days);

	if (err && err != ERR_NOT_FOUND)
		return err;
	content->lease_days = (uint32_t)days;
	memcpy(content->stamp, f->past->stamp, sizeof content->stamp);
	content->notice = f->past->notice;
	if (f->past->ask_again)
		content->more = true;
	return 0;
}

static int gather(struct centre *c, const struct outlet_for *f, struct out *o)
{
	const struct form *form;
	int64_t form_row;
	int err = centre_form_current(c, &form, &form_row);

	o->content.time_ms = (uint64_t)env_wall_ms(c->env);
	if (!err)
		err = add_receipts(c, f, o);
	if (!err)
		err = add_site(c, f, o);
	if (!err)
		err = add_fork(c, f, &o->content);
	if (!err)
		err = add_papers(c, f, form, o);
	if (!err)
		err = add_pull(c, f, form, o);
	if (!err)
		err = add_past(c, f, &o->content);
	return err;
}

int outlet_content(struct centre *c, const struct outlet_for *f, struct buf *out)
{
	struct out *o = calloc(1, sizeof *o);
	int err;

	if (!o)
		return err_set(ERR_NOMEM, "no memory for an answer");
	buf_init(&o->receipts, MESSAGE_CONTENT_BYTES_MAX);
	buf_init(&o->dictionary, PACK_DICTIONARY_BYTES_MAX);
	buf_init(&o->pull, MESSAGE_CONTENT_BYTES_MAX);
	err = gather(c, f, o);
	for (size_t i = 0; i < o->content.receipt_count; i++)
		o->content.receipts[i] = (struct message_blob){
			.data = o->receipts.data + o->receipt_starts[i],
			.len = o->receipt_starts[i + 1] - o->receipt_starts[i],
		};
	o->content.pull = (struct message_blob){ .data = o->pull.data, .len = o->pull.len };
	if (!err)
		err = message_content_encode(&o->content, out);
	free(o->content.fork_groups);
	buf_fini(&o->receipts);
	buf_fini(&o->dictionary);
	buf_fini(&o->pull);
	free(o);
	return err;
}
