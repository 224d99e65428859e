/*
 * register: see register.h.
 */
#include "server/register.h"

#include <string.h>

#include "proto/form/value.h"

void register_state_init(struct register_state *r)
{
	memset(r, 0, sizeof *r);
	buf_init(&r->value, VALUE_BYTES_MAX);
}

void register_state_fini(struct register_state *r)
{
	buf_fini(&r->value);
}

/* The statement for the constant text `sql`, with the address in ?1 to ?3. */
static int prepare_at(struct centre *c, const char *sql, const struct register_address *a, struct db_stmt **s)
{
	int err = db_prepare(c->db, sql, s);

	if (err)
		return err;
	db_bind_u64(*s, 1, a->case_id);
	db_bind_u64(*s, 2, a->entry_id);
	db_bind_text(*s, 3, a->field);
	return 0;
}

int register_load(struct centre *c, const struct register_address *a, struct register_state *r)
{
	struct db_stmt *s;
	const char *value;
	size_t len;
	int err = prepare_at(c, "SELECT value, at, writer FROM register WHERE case_id = ?1 AND entry_id = ?2 AND field = ?3", a, &s);

	r->is_set = false;
	r->at = 0;
	r->writer = 0;
	buf_clear(&r->value);
	if (err)
		return err;
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	value = db_text_len(s, 0, &len);
	buf_append(&r->value, value, len);
	r->at = db_u64(s, 1);
	r->writer = (uint32_t)db_int(s, 2);
	r->is_set = true;
	db_done(s);
	return buf_error(&r->value);
}

/* The same, with what is written in ?4 to ?8. */
static int prepare_write(
	struct centre *c, const char *sql, const struct register_address *a, const struct register_write *w, struct db_stmt **s)
{
	int err = prepare_at(c, sql, a, s);

	if (err)
		return err;
	db_bind_text_len(*s, 4, w->value_len ? w->value : "", w->value_len);
	db_bind_u64(*s, 5, w->at);
	db_bind_int(*s, 6, w->writer);
	db_bind_int(*s, 7, w->author);
	db_bind_text(*s, 8, w->reason);
	return 0;
}

/* One row, and ROWS_AT_ONCE of them: the same columns for case ?1, writer ?2 and author ?3. */
#define ROWS_AT_ONCE 16
#define ROW_INSERT "INSERT INTO register (case_id, writer, author, reason, entry_id, entry_type, field, value, at) VALUES "
static const char ROW_ONE[] = ROW_INSERT "(?1, ?2, ?3, NULL, ?4, ?5, ?6, ?7, ?8)";
static const char ROW_MANY[] = ROW_INSERT "(?1, ?2, ?3, NULL, ?4, ?5, ?6, ?7, ?8), (?1, ?2, ?3, NULL, ?9, ?10, ?11, ?12, ?13), "
					  "(?1, ?2, ?3, NULL, ?14, ?15, ?16, ?17, ?18), (?1, ?2, ?3, NULL, ?19, ?20, ?21, ?22, ?23), "
					  "(?1, ?2, ?3, NULL, ?24, ?25, ?26, ?27, ?28), (?1, ?2, ?3, NULL, ?29, ?30, ?31, ?32, ?33), "
					  "(?1, ?2, ?3, NULL, ?34, ?35, ?36, ?37, ?38), (?1, ?2, ?3, NULL, ?39, ?40, ?41, ?42, ?43), "
					  "(?1, ?2, ?3, NULL, ?44, ?45, ?46, ?47, ?48), (?1, ?2, ?3, NULL, ?49, ?50, ?51, ?52, ?53), "
					  "(?1, ?2, ?3, NULL, ?54, ?55, ?56, ?57, ?58), (?1, ?2, ?3, NULL, ?59, ?60, ?61, ?62, ?63), "
					  "(?1, ?2, ?3, NULL, ?64, ?65, ?66, ?67, ?68), (?1, ?2, ?3, NULL, ?69, ?70, ?71, ?72, ?73), "
					  "(?1, ?2, ?3, NULL, ?74, ?75, ?76, ?77, ?78), (?1, ?2, ?3, NULL, ?79, ?80, ?81, ?82, ?83)";

static int insert_rows(struct centre *c, const char *sql, const int64_t common[static 3], const struct register_row *rows, size_t count)
{
	struct db_stmt *s;
	int at = 4;
	int err = db_prepare(c->db, sql, &s);

	if (err)
		return err;
	for (int i = 0; i < 3; i++)
		db_bind_int(s, i + 1, common[i]);
	for (size_t i = 0; i < count; i++, at += 5) {
		db_bind_u64(s, at, rows[i].entry_id);
		db_bind_text(s, at + 1, rows[i].entry_type);
		db_bind_text(s, at + 2, rows[i].field);
		db_bind_text_len(s, at + 3, rows[i].value_len ? rows[i].value : "", rows[i].value_len);
		db_bind_u64(s, at + 4, rows[i].at);
	}
	return db_run(s);
}

int register_insert_many(
	struct centre *c, uint64_t case_id, uint32_t writer, uint32_t author, const struct register_row *rows, size_t count)
{
	const int64_t common[3] = { (int64_t)case_id, writer, author };
	size_t i = 0;
	int err = 0;

	for (; i + ROWS_AT_ONCE <= count && !err; i += ROWS_AT_ONCE)
		err = insert_rows(c, ROW_MANY, common, &rows[i], ROWS_AT_ONCE);
	for (; i < count && !err; i++)
		err = insert_rows(c, ROW_ONE, common, &rows[i], 1);
	return err;
}

int register_insert(struct centre *c, const struct register_address *a, const struct register_write *w)
{
	struct db_stmt *s;
	int err = prepare_write(c,
		"INSERT INTO register (case_id, entry_id, field, value, at, writer, author, reason, entry_type) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
		a, w, &s);

	if (err)
		return err;
	db_bind_text(s, 9, a->entry_type);
	return db_run(s);
}

static int forget_witnesses(struct centre *c, const struct register_address *a)
{
	struct db_stmt *s;
	int err = prepare_at(c, "DELETE FROM witness WHERE case_id = ?1 AND entry_id = ?2 AND field = ?3", a, &s);

	if (err)
		return err;
	return db_run(s);
}

int register_update(struct centre *c, const struct register_address *a, const struct register_write *w)
{
	struct db_stmt *s;
	int err = prepare_write(c,
		"UPDATE register SET value = ?4, at = ?5, writer = ?6, author = ?7, reason = ?8 "
		"WHERE case_id = ?1 AND entry_id = ?2 AND field = ?3",
		a, w, &s);

	if (err)
		return err;
	err = db_run(s);
	return err ? err : forget_witnesses(c, a);
}

int register_is_witness(struct centre *c, const struct register_address *a, uint32_t site, bool *is)
{
	struct db_stmt *s;
	int got;
	int err = prepare_at(c, "SELECT 1 FROM witness WHERE case_id = ?1 AND entry_id = ?2 AND field = ?3 AND site = ?4", a, &s);

	*is = false;
	if (err)
		return err;
	db_bind_int(s, 4, site);
	got = db_step(s);
	db_done(s);
	*is = got == 1;
	return got < 0 ? got : 0;
}

int register_add_witness(struct centre *c, const struct register_address *a, uint32_t site)
{
	struct db_stmt *s;
	int err = prepare_at(
		c, "INSERT INTO witness (case_id, entry_id, field, site) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING", a, &s);

	if (err)
		return err;
	db_bind_int(s, 4, site);
	return db_run(s);
}

int register_entry_find(struct centre *c, uint64_t case_id, uint64_t entry_id, const char *entry_type, bool *exists, bool *fits)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT entry_type FROM register WHERE case_id = ?1 AND entry_id = ?2 LIMIT 1", &s);

	*exists = false;
	*fits = true;
	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	db_bind_u64(s, 2, entry_id);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	*exists = true;
	*fits = strcmp(db_text(s, 0), entry_type) == 0;
	db_done(s);
	return 0;
}

int register_changed_by_others(struct centre *c, uint64_t case_id, uint64_t entry_id, uint32_t site, uint64_t *at)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"SELECT coalesce(max(r.at), 0) FROM register r WHERE r.case_id = ?1 AND r.entry_id = ?2 AND r.field <> ?3 "
		"AND r.writer <> ?4 AND NOT EXISTS (SELECT 1 FROM witness w WHERE w.case_id = r.case_id AND w.entry_id = r.entry_id "
		"AND w.field = r.field AND w.site = ?4)",
		&s);

	*at = 0;
	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	db_bind_u64(s, 2, entry_id);
	db_bind_text(s, 3, FORM_FIELD_GONE_NAME);
	db_bind_int(s, 4, site);
	err = db_row(s);
	if (err)
		return err;
	*at = db_u64(s, 0);
	db_done(s);
	return 0;
}

static uint64_t mix(uint64_t h, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* FNV-1a over the row, its parts kept apart by their ends. */
uint64_t register_sum(uint64_t entry_id, const char *field, const char *value, size_t value_len, uint64_t at)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ entry_id * UINT64_C(0x9e3779b97f4a7c15) ^ at * UINT64_C(0xc2b2ae3d27d4eb4f);

	return mix(mix(h, field, strlen(field) + 1), value, value_len);
}

int register_case_sum(struct centre *c, uint64_t case_id, uint64_t *sum)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db, "SELECT entry_id, field, value, at FROM register WHERE case_id = ?1", &s);

	*sum = 0;
	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	while ((got = db_step(s)) == 1) {
		size_t len;
		const char *value = db_text_len(s, 2, &len);

		*sum += register_sum(db_u64(s, 0), db_text(s, 1), value, len, db_u64(s, 3));
	}
	db_done(s);
	return got;
}

int register_case_digest(struct centre *c, uint64_t case_id, struct record_digest *out)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db, "SELECT entry_id, field, value, at FROM register WHERE case_id = ?1", &s);

	memset(out, 0, sizeof *out);
	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	while ((got = db_step(s)) == 1) {
		size_t len;
		const char *value = db_text_len(s, 2, &len);

		record_digest_change(out, 1, case_id, db_u64(s, 0), db_text(s, 1), value, len, db_u64(s, 3));
	}
	db_done(s);
	return got;
}

int register_branch_digest(struct centre *c, int64_t branch_id, struct record_digest *out)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT digest_0, digest_1 FROM branch WHERE branch_id = ?1", &s);

	memset(out, 0, sizeof *out);
	if (err)
		return err;
	db_bind_int(s, 1, branch_id);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_CORRUPT, "branch %lld is not in the store", (long long)branch_id) : err;
	out->lane[0] = db_u64(s, 0);
	out->lane[1] = db_u64(s, 1);
	db_done(s);
	return 0;
}

/* Added here and not in SQL: the lanes wrap around at 64 bits, SQL's integers do not. */
int register_branch_digest_add(struct centre *c, int64_t branch_id, const struct record_digest *change)
{
	struct record_digest d;
	struct db_stmt *s;
	int err = register_branch_digest(c, branch_id, &d);

	if (!err)
		err = db_prepare(c->db, "UPDATE branch SET digest_0 = ?2, digest_1 = ?3 WHERE branch_id = ?1", &s);
	if (err)
		return err;
	db_bind_int(s, 1, branch_id);
	db_bind_u64(s, 2, d.lane[0] + change->lane[0]);
	db_bind_u64(s, 3, d.lane[1] + change->lane[1]);
	return db_run(s);
}

int register_case_load(struct centre *c, uint64_t case_id, struct register_case *out)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT branch_id, form_id, opened_by, changed_at, others_at FROM aid_case WHERE case_id = ?1", &s);

	memset(out, 0, sizeof *out);
	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	err = db_row(s);
	if (err)
		return err;
	*out = (struct register_case){
		.branch_id = db_int(s, 0),
		.form_id = db_int(s, 1),
		.opened_by = (uint32_t)db_int(s, 2),
		.changed_at = db_u64(s, 3),
		.others_at = db_u64(s, 4),
	};
	db_done(s);
	return 0;
}

int register_case_insert(struct centre *c, uint64_t case_id, const struct register_case *k, int64_t now_ms)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"INSERT INTO aid_case (case_id, branch_id, form_id, opened_ms, opened_by, changed_at, others_at, scope_at) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)",
		&s);

	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	db_bind_int(s, 2, k->branch_id);
	db_bind_int(s, 3, k->form_id);
	db_bind_int(s, 4, now_ms);
	db_bind_int(s, 5, k->opened_by);
	db_bind_u64(s, 6, k->changed_at);
	db_bind_u64(s, 7, k->others_at);
	return db_run(s);
}

int register_case_update(struct centre *c, uint64_t case_id, const struct register_case *k)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "UPDATE aid_case SET form_id = ?2, changed_at = ?3, others_at = ?4 WHERE case_id = ?1", &s);

	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	db_bind_int(s, 2, k->form_id);
	db_bind_u64(s, 3, k->changed_at);
	db_bind_u64(s, 4, k->others_at);
	return db_run(s);
}
