/*
 * papers_catalogue: what devices are told of the papers, and what one of them lacks (papers.h, FORMAT.md section 10).
 *
 * Of each name the catalogue has the version in force and those to come. An older form stands in it only when it alone can say
 * something: a version that drops a question or a choice does not take back the answers given, and they travel in its tables (section 9).
 * Most changes of a form add and relabel, so most catalogues are short and a new device fetches no history.
 */
#include "server/papers_private.h"

#include <assert.h>
#include <string.h>

/*
 * Every answer of a closed list is one of the other. The codes of one answer with several stand in the order of a closed list, and
 * in byte order of an open one.
 */
static bool says_choices(const struct form *later, int later_list, const struct form *f, const struct form_field *field)
{
	const struct form_list *a = form_list(f, (size_t)field->list);
	const struct form_list *b = form_list(later, (size_t)later_list);
	bool is_ordered = field->type == FORM_SELECT_MULTIPLE;
	int last = -1;

	if (a->choice_count == 0 || b->choice_count == 0) {
		for (size_t i = 0; i < a->choice_count; i++) {
			const char *code = a->choices[i].code;

			if (!form_is_open_code(code, strlen(code)) || (is_ordered && i > 0 && strcmp(a->choices[i - 1].code, code) >= 0))
				return false;
		}
		return b->choice_count == 0;
	}
	for (size_t i = 0; i < a->choice_count; i++) {
		const char *code = a->choices[i].code;
		int at = form_choice_find(later, later_list, code, strlen(code));

		if (at < 0 || (is_ordered && at < last))
			return false;
		last = at;
	}
	return true;
}

/* Whether every value that `field` of `f` took can be said in the tables of `later`. */
static bool says_field(const struct form *later, const struct form *f, const struct form_field *field)
{
	int type = form_entry_type_find(later, form_entry_type(f, field->entry_type)->name);
	int found = type < 0 ? -1 : form_field_find_in(later, (size_t)type, field->name);
	const struct form_field *g = found < 0 ? NULL : form_field(later, (size_t)found);

	if (!g || g->type != field->type)
		return false;
	return field->list < 0 || g->list < 0 ? field->list == g->list : says_choices(later, g->list, f, field);
}

/* Whether an entry type of item `i` is in no later version: then even its removal can be said in older tables alone. */
static bool has_own_entry_type(const struct papers *p, size_t i)
{
	const struct form *f = p->items[i].form;

	for (size_t k = 1; k < form_entry_type_count(f); k++) {
		bool is_said = false;

		for (size_t j = i + 1; j < p->count && !is_said && papers_is_same_name(&p->items[i], &p->items[j]); j++)
			is_said = form_entry_type_find(p->items[j].form, form_entry_type(f, k)->name) >= 0;
		if (!is_said)
			return true;
	}
	return false;
}

/* Whether item `i`, a form, can say something that no later version of its family can. */
static bool is_needed(const struct papers *p, size_t i)
{
	const struct form *f = p->items[i].form;

	for (size_t k = 1; k < form_field_count(f); k++) {
		const struct form_field *field = form_field(f, k);
		bool is_said = false;

		for (size_t j = i + 1; j < p->count && !is_said && papers_is_same_name(&p->items[i], &p->items[j]); j++)
			is_said = says_field(p->items[j].form, f, field);
		if (!is_said)
			return true;
	}
	return has_own_entry_type(p, i);
}

/* Whether a later version of the same paper is in force already. */
static bool is_superseded(const struct papers *p, size_t i, uint32_t day)
{
	return i + 1 < p->count && papers_is_same_name(&p->items[i], &p->items[i + 1]) && p->items[i + 1].paper.from_day <= day;
}

static int make_catalogue(struct papers *p, uint32_t day)
{
	uint8_t hashes[MESSAGE_PAPERS_MAX * FORM_HASH_BYTES];

	p->catalogue_count = 0;
	for (size_t i = 0; i < p->count; i++) {
		const struct message_paper *paper = &p->items[i].paper;

		if (is_superseded(p, i, day) && (paper->kind != MESSAGE_FORM || !is_needed(p, i)))
			continue;
		if (p->catalogue_count == MESSAGE_PAPERS_MAX)
			return err_set(ERR_LIMIT, "more than %d papers are in force", MESSAGE_PAPERS_MAX);
		memcpy(hashes + p->catalogue_count * FORM_HASH_BYTES, paper->hash, FORM_HASH_BYTES);
		p->places[p->catalogue_count] = i;
		p->catalogue[p->catalogue_count++] = *paper;
	}
	message_paper_mark(hashes, p->catalogue_count, p->mark);
	p->day = day;
	p->has_catalogue = true;
	return 0;
}

static bool holds(const uint8_t *hashes, size_t count, const uint8_t *hash)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(hashes + i * FORM_HASH_BYTES, hash, FORM_HASH_BYTES) == 0)
			return true;
	return false;
}

static int note(struct centre *c, const uint8_t *mark, const uint8_t *hashes, size_t count)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "INSERT INTO catalogue (mark, hashes, made_ms) VALUES (?1, ?2, ?3) ON CONFLICT (mark) DO NOTHING", &s);

	if (err)
		return err;
	db_bind_blob(s, 1, mark, MESSAGE_MARK_BYTES);
	db_bind_blob(s, 2, hashes, count * FORM_HASH_BYTES);
	db_bind_int(s, 3, env_wall_ms(c->env));
	return db_run(s);
}

static int note_catalogue(struct centre *c)
{
	const struct papers *p = c->papers;
	uint8_t hashes[MESSAGE_PAPERS_MAX * FORM_HASH_BYTES];

	for (size_t i = 0; i < p->catalogue_count; i++)
		memcpy(hashes + i * FORM_HASH_BYTES, p->catalogue[i].hash, FORM_HASH_BYTES);
	return note(c, p->mark, hashes, p->catalogue_count);
}

int papers_note_one(struct centre *c, const uint8_t hash[static FORM_HASH_BYTES])
{
	uint8_t mark[MESSAGE_MARK_BYTES];

	message_paper_mark(hash, 1, mark);
	return note(c, mark, hash, 1);
}

/* What stands in the catalogue and not in the one that the device knows, or is wanted. Forms come first there as here. */
static void collect(
	const struct papers *p, const struct message_request *q, const uint8_t *known, size_t known_count, struct papers_lacking *out)
{
	for (size_t i = 0; i < p->catalogue_count; i++) {
		const struct message_paper *paper = &p->catalogue[i];

		if (holds(known, known_count, paper->hash) && !holds(q->wanted, q->wanted_count, paper->hash))
			continue;
		out->lacks_form = out->lacks_form || paper->kind == MESSAGE_FORM;
		out->items[out->count++] = i;
	}
}

static int collect_stale(struct centre *c, const struct message_request *q, struct papers_lacking *out)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT hashes FROM catalogue WHERE mark = ?1", &s);

	if (err)
		return err;
	db_bind_blob(s, 1, q->mark, sizeof q->mark);
	err = db_row(s);
	if (!err) {
		size_t len;
		const uint8_t *known = db_blob(s, 0, &len);

		collect(c->papers, q, known, len / FORM_HASH_BYTES, out);
		db_done(s);
	}
	out->is_unknown = err == ERR_NOT_FOUND;
	return out->is_unknown ? 0 : err;
}

/* `known` of a device that knows the catalogue is all of it: only what it says it lacks is lacking. */
static void collect_wanted(const struct papers *p, const struct message_request *q, struct papers_lacking *out)
{
	for (size_t i = 0; q->wanted_count && i < p->catalogue_count; i++)
		if (holds(q->wanted, q->wanted_count, p->catalogue[i].hash)) {
			out->lacks_form = out->lacks_form || p->catalogue[i].kind == MESSAGE_FORM;
			out->items[out->count++] = i;
		}
}

int papers_lacking(struct centre *c, const struct message_request *q, struct papers_lacking *out)
{
	const struct papers *p = c->papers;
	uint32_t today = papers_today(c);
	int err = papers_take_in(c);

	/* Here alone it is made anew, so that it stays what it is while an answer is filled. */
	if (!err && (!p->has_catalogue || p->day != today))
		err = make_catalogue(c->papers, today);
	*out = (struct papers_lacking){ .catalogue = p->catalogue, .catalogue_count = p->catalogue_count };
	if (err)
		return err;
	out->is_stale = memcmp(q->mark, p->mark, sizeof p->mark) != 0;
	if (!out->is_stale) {
		collect_wanted(p, q, out);
		return 0;
	}
	err = collect_stale(c, q, out);
	return err ? err : note_catalogue(c);
}

int papers_text(struct centre *c, size_t i, struct buf *out)
{
	const struct papers_item *item;
	struct db_stmt *s;
	const char *text;
	size_t len;
	int err;

	assert(i < c->papers->catalogue_count);
	item = &c->papers->items[c->papers->places[i]];
	if (item->form) {
		text = form_text(item->form, &len);
		buf_append(out, text, len);
		return buf_error(out);
	}
	err = db_prepare(c->db, "SELECT text FROM list WHERE list_id = ?1", &s);
	if (err)
		return err;
	db_bind_int(s, 1, item->row);
	err = db_row(s);
	if (err)
		return err;
	text = db_text_len(s, 0, &len);
	buf_append(out, text, len);
	db_done(s);
	return buf_error(out);
}

size_t papers_frame_bytes(struct centre *c, size_t i)
{
	assert(i < c->papers->catalogue_count);
	return c->papers->items[c->papers->places[i]].frame_bytes;
}

size_t papers_text_bytes(struct centre *c, size_t i)
{
	assert(i < c->papers->catalogue_count);
	return c->papers->items[c->papers->places[i]].text_bytes;
}
