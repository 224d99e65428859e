/*
 * shelf: see shelf.h. What was parsed once stays for as long as the store is open, also while it is suspended.
 *
 * Which day it is, is the later of this device's clock and the centre's at the last contact: a clock that fell back to 1970 takes no
 * form out of force. When nothing has begun yet, the first that will is used: a visit is never without a form.
 */
#include "agent/shelf.h"

#include <stdlib.h>
#include <string.h>

#define FORMS_MAX 256 /* of one store; a charity publishes a few a year */
#define LISTS_MAX 256
#define DAY_MS (24 * 60 * 60 * 1000LL)
#define RIYADH_MS (3 * 60 * 60 * 1000LL)

struct shelf {
	struct form *forms[FORMS_MAX];
	struct plan *plans[FORMS_MAX]; /* of the form at the same place; NULL until it is asked for */
	size_t form_count;
	struct reflist *lists[LISTS_MAX];
	size_t list_count;
};

static int cache_of(struct store *s, struct shelf **out)
{
	if (!s->shelf)
		s->shelf = calloc(1, sizeof *s->shelf);
	*out = s->shelf;
	return s->shelf ? 0 : err_set(ERR_NOMEM, "store: no memory for forms");
}

void shelf_free(struct shelf *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->form_count; i++) {
		plan_free(p->plans[i]);
		form_free(p->forms[i]);
	}
	for (size_t i = 0; i < p->list_count; i++)
		reflist_free(p->lists[i]);
	free(p);
}

void shelf_rest(struct store *s)
{
	shelf_free(s->shelf);
	s->shelf = NULL;
}

/* ---- forms ---- */

/* Its form id; not form_id(), which is the name of row numbers here. */
static const char *family_of(const struct form *f)
{
	return form_id(f);
}

static const struct form *find_cached(const struct shelf *cache, const uint8_t *hash)
{
	for (size_t i = 0; i < cache->form_count; i++)
		if (memcmp(form_hash(cache->forms[i]), hash, FORM_HASH_BYTES) == 0)
			return cache->forms[i];
	return NULL;
}

static int parse_form(struct store *s, struct shelf *cache, int64_t form_id, const struct form **out)
{
	struct form *f;
	struct db_stmt *q;
	const char *text;
	size_t len;
	int err;

	if (cache->form_count == FORMS_MAX)
		return err_set(ERR_LIMIT, "store: more than %d forms", FORMS_MAX);
	err = db_prepare(s->db, "SELECT text FROM form WHERE form_id = ?1", &q);
	if (err)
		return err;
	db_bind_int(q, 1, form_id);
	err = db_row(q);
	if (err)
		return err;
	text = db_text_len(q, 0, &len);
	err = form_parse(text, len, &f);
	db_done(q);
	if (err)
		return err_context(err, "store: form %lld", (long long)form_id);
	cache->forms[cache->form_count++] = f;
	*out = f;
	return 0;
}

/* The form of the one row that `q` (bound) selects as form_id, hash. Its text is read the first time only. */
static int form_of_row(struct store *s, struct db_stmt *q, const struct form **out, int64_t *form_id)
{
	uint8_t hash[FORM_HASH_BYTES];
	struct shelf *cache;
	int err = db_row(q);

	*out = NULL;
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_NOT_FOUND, "store: no such form on this device") : err;
	*form_id = db_int(q, 0);
	err = db_blob_copy(q, 1, hash, sizeof hash);
	db_done(q);
	if (!err)
		err = cache_of(s, &cache);
	if (err)
		return err;
	*out = find_cached(cache, hash);
	return *out ? 0 : parse_form(s, cache, *form_id, out);
}

/* Today in Asia/Riyadh, as days since 1970-01-01. */
static int today(struct store *s, int64_t *day)
{
	uint64_t centre_ms;
	int64_t now_ms = env_wall_ms(s->env);
	int err = store_get_u64(s, "centre_ms", &centre_ms);

	if (!err && centre_ms < INT64_MAX && (int64_t)centre_ms > now_ms)
		now_ms = (int64_t)centre_ms;
	*day = (now_ms + RIYADH_MS) / DAY_MS;
	return err;
}

/* Of the versions that the catalogue names, that are held and have begun: the newest. */
static int form_in_force(struct store *s, const char *name, int64_t day, const struct form **out, int64_t *form_id)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "SELECT f.form_id, f.hash FROM paper p JOIN form f ON f.hash = p.hash"
			     " WHERE p.kind = 1 AND p.name = ?1 AND p.from_day <= ?2 ORDER BY p.from_day DESC, p.position DESC LIMIT 1",
			     &q);

	*out = NULL;
	if (err)
		return err;
	db_bind_text(q, 1, name);
	db_bind_int(q, 2, day);
	return form_of_row(s, q, out, form_id);
}

/* Of those that will be: the first. */
static int form_to_come(struct store *s, const char *name, const struct form **out, int64_t *form_id)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "SELECT f.form_id, f.hash FROM paper p JOIN form f ON f.hash = p.hash"
			     " WHERE p.kind = 1 AND p.name = ?1 ORDER BY p.from_day, p.position LIMIT 1",
			     &q);

	*out = NULL;
	if (err)
		return err;
	db_bind_text(q, 1, name);
	return form_of_row(s, q, out, form_id);
}

/* The form of the highest row below `before` that is not for a later day: for walking all of them. ERR_NOT_FOUND at the end. */
static int form_before(struct store *s, int64_t before, int64_t day, const struct form **out, int64_t *form_id)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "SELECT form_id, hash FROM form f WHERE form_id < ?1"
			     " AND NOT EXISTS (SELECT 1 FROM paper p WHERE p.hash = f.hash AND p.from_day > ?2) ORDER BY form_id DESC LIMIT 1",
			     &q);

	*out = NULL;
	if (err)
		return err;
	db_bind_int(q, 1, before);
	db_bind_int(q, 2, day);
	return form_of_row(s, q, out, form_id);
}

/* Of all forms of a family that are here, whether a catalogue names them or not, that of the highest version. */
static int newest_held(struct store *s, const char *name, int64_t day, const struct form **out, int64_t *form_id)
{
	const struct form *newest = NULL;
	const struct form *f;
	int64_t row = INT64_MAX;
	int err;

	while ((err = form_before(s, row, day, &f, &row)) == 0) {
		if (strcmp(family_of(f), name) != 0 || (newest && strcmp(form_version(f), form_version(newest)) <= 0))
			continue;
		newest = f;
		*form_id = row;
	}
	*out = newest;
	return err == ERR_NOT_FOUND && newest ? 0 : err;
}

/* What is in force; while its text is on its way, or when no catalogue names the family any more, the newest that is here. */
static int form_of_family(struct store *s, const char *name, const struct form **out, int64_t *form_id)
{
	int64_t day;
	int err = today(s, &day);

	*out = NULL;
	if (!err)
		err = form_in_force(s, name, day, out, form_id);
	if (err == ERR_NOT_FOUND)
		err = newest_held(s, name, day, out, form_id);
	return err == ERR_NOT_FOUND ? form_to_come(s, name, out, form_id) : err;
}

int shelf_form_current(struct store *s, const struct form **out, int64_t *form_id)
{
	const struct form *first;
	int64_t row;
	int err = db_query_int(s->db, "SELECT ifnull(min(form_id), 0) FROM form", &row);

	*out = NULL;
	if (!err)
		err = shelf_form_by_id(s, row, &first);
	return err ? err : form_of_family(s, family_of(first), out, form_id);
}

static int is_named(struct store *s, const char *name, bool *out)
{
	struct db_stmt *q;
	int got;
	int err = db_prepare(s->db, "SELECT 1 FROM paper WHERE kind = 1 AND name = ?1 LIMIT 1", &q);

	*out = false;
	if (err)
		return err;
	db_bind_text(q, 1, name);
	got = db_step(q);
	db_done(q);
	*out = got == 1;
	return got < 0 ? got : 0;
}

int shelf_form_named(struct store *s, const char *name, const struct form **out, int64_t *form_id)
{
	bool is_offered;
	int err = is_named(s, name, &is_offered);

	*out = NULL;
	if (!err)
		err = is_offered ? form_of_family(s, name, out, form_id) : ERR_NOT_FOUND;
	return err == ERR_NOT_FOUND ? err_set(err, "no form %s on this device; `papers` lists those there are", name) : err;
}

int shelf_form_of_case(struct store *s, uint64_t case_id, const struct form **out, int64_t *form_id)
{
	char id[RECORD_ID_TEXT_BYTES];
	const struct form *f;
	struct db_stmt *q;
	int64_t row;
	int err = db_prepare(s->db, "SELECT form_id FROM aid_case WHERE case_id = ?1", &q);

	*out = NULL;
	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	err = db_row(q);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(err, "no case %s on this device", record_id_format(case_id, id)) : err;
	row = db_int(q, 0);
	db_done(q);
	err = shelf_form_by_id(s, row, &f);
	return err ? err : form_of_family(s, family_of(f), out, form_id);
}

int shelf_form_by_id(struct store *s, int64_t form_id, const struct form **out)
{
	struct db_stmt *q;
	int64_t found;
	int err = db_prepare(s->db, "SELECT form_id, hash FROM form WHERE form_id = ?1", &q);

	*out = NULL;
	if (err)
		return err;
	db_bind_int(q, 1, form_id);
	return form_of_row(s, q, out, &found);
}

static int form_by_hash(struct store *s, const uint8_t *hash, const struct form **out, int64_t *form_id)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "SELECT form_id, hash FROM form WHERE hash = ?1", &q);

	*out = NULL;
	if (err)
		return err;
	db_bind_blob(q, 1, hash, FORM_HASH_BYTES);
	return form_of_row(s, q, out, form_id);
}

int shelf_form_id(struct store *s, const struct form *f, int64_t *form_id)
{
	const struct form *found;

	return form_by_hash(s, form_hash(f), &found, form_id);
}

static const struct form *find_form(void *ctx, const uint8_t hash[static FORM_HASH_BYTES])
{
	const struct form *f;
	int64_t form_id;

	return form_by_hash(ctx, hash, &f, &form_id) == 0 ? f : NULL;
}

struct changeset_forms shelf_form_finder(struct store *s)
{
	return (struct changeset_forms){ .find = find_form, .ctx = s };
}

static int form_insert(struct store *s, const struct form *f)
{
	struct db_stmt *q;
	size_t len;
	const char *text = form_text(f, &len);
	int err = db_prepare(s->db, "INSERT INTO form (hash, text, received_ms) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO NOTHING", &q);

	if (err)
		return err;
	db_bind_blob(q, 1, form_hash(f), FORM_HASH_BYTES);
	db_bind_text_len(q, 2, text, len);
	db_bind_int(q, 3, env_wall_ms(s->env));
	return db_run(q);
}

int shelf_form_add(struct store *s, const char *text, size_t len)
{
	struct form *f;
	int err = form_parse(text, len, &f);

	if (!err)
		err = form_insert(s, f);
	form_free(f);
	return err;
}

int shelf_plan(struct store *s, const struct form *f, const struct plan **out)
{
	struct shelf *cache;
	int err = cache_of(s, &cache);

	*out = NULL;
	for (size_t i = 0; !err && i < cache->form_count; i++) {
		if (cache->forms[i] != f)
			continue;
		if (!cache->plans[i])
			err = plan_new(f, NULL, &cache->plans[i]);
		*out = cache->plans[i];
		/* The publisher understood it, so it is this program that is too old. */
		if (err == ERR_USAGE)
			err = err_set(ERR_STALE, "form %s version %s needs a newer version of this program; what is saved here stays",
				      family_of(f), form_version(f));
		return err;
	}
	return err ? err : err_set(ERR_NOT_FOUND, "the form is not the store's");
}

/* ---- reference lists ---- */

static int list_insert(struct store *s, const char *text, size_t len)
{
	struct reflist *l;
	struct db_stmt *q;
	int err = reflist_parse(text, len, &l);

	if (err)
		return err;
	err = db_prepare(s->db,
			 "INSERT INTO reference_list (hash, name, text, received_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (hash) DO NOTHING", &q);
	if (!err) {
		db_bind_blob(q, 1, reflist_hash(l), FORM_HASH_BYTES);
		db_bind_text(q, 2, reflist_name(l));
		db_bind_text_len(q, 3, text, len);
		db_bind_int(q, 4, env_wall_ms(s->env));
		err = db_run(q);
	}
	reflist_free(l);
	return err;
}

static const struct reflist *parse_list(struct store *s, struct shelf *cache, const uint8_t *hash)
{
	struct reflist *l = NULL;
	struct db_stmt *q;
	const char *text;
	size_t len;

	if (cache->list_count == LISTS_MAX || db_prepare(s->db, "SELECT text FROM reference_list WHERE hash = ?1", &q) != 0)
		return NULL;
	db_bind_blob(q, 1, hash, FORM_HASH_BYTES);
	if (db_row(q) != 0)
		return NULL;
	text = db_text_len(q, 0, &len);
	if (reflist_parse(text, len, &l) == 0)
		cache->lists[cache->list_count++] = l;
	db_done(q);
	return l;
}

static const struct reflist *list_of_hash(struct store *s, const uint8_t *hash)
{
	struct shelf *cache;

	if (cache_of(s, &cache) != 0)
		return NULL;
	for (size_t i = 0; i < cache->list_count; i++)
		if (memcmp(reflist_hash(cache->lists[i]), hash, FORM_HASH_BYTES) == 0)
			return cache->lists[i];
	return parse_list(s, cache, hash);
}

const struct reflist *shelf_list(struct store *s, const char *name)
{
	uint8_t hash[FORM_HASH_BYTES];
	struct db_stmt *q;
	int64_t day;
	int err;

	if (today(s, &day) != 0 ||
	    db_prepare(s->db,
		       "SELECT r.hash FROM paper p JOIN reference_list r ON r.hash = p.hash"
		       " WHERE p.kind = 2 AND p.name = ?1 AND r.name = ?1"
		       " ORDER BY p.from_day <= ?2 DESC, CASE WHEN p.from_day <= ?2 THEN -p.from_day ELSE p.from_day END, p.position DESC LIMIT 1",
		       &q) != 0)
		return NULL;
	db_bind_text(q, 1, name);
	db_bind_int(q, 2, day);
	if (db_row(q) != 0)
		return NULL;
	err = db_blob_copy(q, 0, hash, sizeof hash);
	db_done(q);
	return err ? NULL : list_of_hash(s, hash);
}

/* ---- the catalogue ---- */

static int paper_insert(struct store *s, size_t position, const struct message_paper *p)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "INSERT INTO paper (position, kind, hash, name, version, from_day) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, position);
	db_bind_int(q, 2, p->kind);
	db_bind_blob(q, 3, p->hash, sizeof p->hash);
	db_bind_text(q, 4, p->name);
	db_bind_text(q, 5, p->version);
	db_bind_int(q, 6, p->from_day);
	return db_run(q);
}

static void copy_word(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

int shelf_begin(struct store *s, const char *form_text, size_t len)
{
	struct message_paper p = { .kind = MESSAGE_FORM };
	struct form *f;
	int err = form_parse(form_text, len, &f);

	if (err)
		return err;
	memcpy(p.hash, form_hash(f), sizeof p.hash);
	copy_word(p.name, sizeof p.name, form_id(f));
	copy_word(p.version, sizeof p.version, form_version(f));
	err = form_insert(s, f);
	if (!err)
		err = db_exec(s->db, "DELETE FROM paper");
	if (!err)
		err = paper_insert(s, 0, &p);
	form_free(f);
	return err;
}

/* All hashes of the catalogue into `all`, those whose text is lacking into `wanted`. */
static int read_hashes(struct store *s, struct buf *all, struct buf *wanted)
{
	struct db_stmt *q;
	int got;
	int err = db_prepare(s->db,
			     "SELECT p.hash, CASE p.kind WHEN 1 THEN EXISTS (SELECT 1 FROM form f WHERE f.hash = p.hash)"
			     " ELSE EXISTS (SELECT 1 FROM reference_list r WHERE r.hash = p.hash) END FROM paper p ORDER BY p.position",
			     &q);

	if (err)
		return err;
	while ((got = db_step(q)) == 1) {
		size_t len;
		const void *hash = db_blob(q, 0, &len);

		buf_append(all, hash, len);
		if (db_int(q, 1) == 0)
			buf_append(wanted, hash, len);
	}
	db_done(q);
	return got < 0 ? got : 0;
}

int shelf_request(struct store *s, struct message_request *q, struct buf *wanted)
{
	struct buf all;
	int err;

	buf_init(&all, MESSAGE_PAPERS_MAX * FORM_HASH_BYTES);
	err = read_hashes(s, &all, wanted);
	if (!err)
		err = buf_error(&all);
	if (!err)
		err = buf_error(wanted);
	if (!err && all.len)
		message_paper_mark(all.data, all.len / FORM_HASH_BYTES, q->mark);
	q->wanted = wanted->data;
	q->wanted_count = wanted->len / FORM_HASH_BYTES;
	buf_fini(&all);
	return err;
}

static int take_catalogue(struct store *s, const struct message_content *c, uint64_t contact)
{
	uint64_t held;
	int err = store_get_u64(s, "catalogue_contact", &held);

	if (err || contact < held)
		return err;
	err = db_exec(s->db, "DELETE FROM paper");
	for (size_t i = 0; !err && i < c->catalogue_count; i++)
		err = paper_insert(s, i, &c->catalogue[i]);
	return err ? err : store_set_u64(s, "catalogue_contact", contact);
}

static int take_text(struct store *s, const struct message_paper_text *t)
{
	switch (t->kind) {
	case MESSAGE_FORM:
		return shelf_form_add(s, (const char *)t->text.data, t->text.len);
	case MESSAGE_LIST:
		return list_insert(s, (const char *)t->text.data, t->text.len);
	}
	return err_set(ERR_CORRUPT, "a paper of an unknown kind");
}

int shelf_take(struct store *s, const struct message_content *c, uint64_t contact)
{
	int err = c->catalogue_count ? take_catalogue(s, c, contact) : 0;

	for (size_t i = 0; !err && i < c->paper_count; i++)
		err = take_text(s, &c->papers[i]);
	if (!err && c->catalogue_count)
		err = db_exec(s->db, "DELETE FROM reference_list WHERE hash NOT IN (SELECT hash FROM paper WHERE kind = 2)");
	return err;
}

/* ---- for a person ---- */

static void read_line(struct db_stmt *q, int64_t day, struct shelf_line *line)
{
	*line = (struct shelf_line){ .paper = { .kind = (enum message_paper_kind)db_int(q, 0), .from_day = (uint32_t)db_int(q, 3) } };
	copy_word(line->paper.name, sizeof line->paper.name, db_text(q, 1));
	copy_word(line->paper.version, sizeof line->paper.version, db_text(q, 2));
	if (db_blob_copy(q, 4, line->paper.hash, sizeof line->paper.hash) != 0)
		memset(line->paper.hash, 0, sizeof line->paper.hash);
	line->is_held = db_int(q, 5) != 0;
	line->is_in_force = line->paper.from_day <= day;
}

/* Of several of a name that have begun only one is in force: that which began last, of two of one day that which stands later. */
static void mark_in_force(struct shelf_line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < i; k++) {
			struct shelf_line *x = &lines[k], *y = &lines[i];
			bool is_version = x->paper.kind == y->paper.kind && strcmp(x->paper.name, y->paper.name) == 0;

			if (!is_version || !x->is_in_force || !y->is_in_force)
				continue;
			if (x->paper.from_day > y->paper.from_day)
				y->is_in_force = false;
			else
				x->is_in_force = false;
		}
	}
}

int shelf_lines(struct store *s, struct shelf_line **out, size_t *count)
{
	struct shelf_line *lines = calloc(MESSAGE_PAPERS_MAX, sizeof *lines);
	struct db_stmt *q;
	size_t n = 0;
	int64_t day = 0;
	int got = 0;
	int err = lines ? today(s, &day) : err_set(ERR_NOMEM, "no memory for the papers");

	*out = NULL;
	*count = 0;
	if (!err)
		err = db_prepare(s->db,
				 "SELECT kind, name, version, from_day, hash, hash IN (SELECT hash FROM form) OR hash IN (SELECT hash FROM reference_list)"
				 " FROM paper ORDER BY position",
				 &q);
	if (!err) {
		while (n < MESSAGE_PAPERS_MAX && (got = db_step(q)) == 1)
			read_line(q, day, &lines[n++]);
		db_done(q);
		err = got < 0 ? got : 0;
	}
	if (err) {
		free(lines);
		return err;
	}
	mark_in_force(lines, n);
	*out = lines;
	*count = n;
	return 0;
}
