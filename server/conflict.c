/*
 * conflict: see conflict.h. The rows of conflict and candidate, as the merge keeps them; what people read and decide is in
 * conflict_decide.c.
 */
#include "server/conflict.h"

#include "proto/form/value.h"
#include "server/ledger.h"

int conflict_is_any_open(struct centre *c, uint64_t case_id, bool *open)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db, "SELECT 1 FROM conflict WHERE case_id = ?1 AND state = 1 LIMIT 1", &s);

	*open = false;
	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	got = db_step(s);
	db_done(s);
	*open = got == 1;
	return got < 0 ? got : 0;
}

int conflict_find(struct centre *c, const struct conflict_address *a, uint32_t site, int64_t *conflict_id, bool *has_candidate)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"SELECT x.conflict_id, k.site FROM conflict x LEFT JOIN candidate k ON k.conflict_id = x.conflict_id AND k.site = ?4 "
		"WHERE x.case_id = ?1 AND x.entry_id = ?2 AND x.field = ?3 AND x.state = 1",
		&s);

	*conflict_id = 0;
	*has_candidate = false;
	if (err)
		return err;
	db_bind_u64(s, 1, a->case_id);
	db_bind_u64(s, 2, a->entry_id);
	db_bind_text(s, 3, a->field);
	db_bind_int(s, 4, site);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	*conflict_id = db_int(s, 0);
	*has_candidate = !db_is_null(s, 1);
	db_done(s);
	return 0;
}

static int open_one(
	struct centre *c, const struct conflict_address *a, const struct conflict_side *side, int64_t now_ms, int64_t *conflict_id)
{
	struct db_stmt *s;
	struct buf base;
	bool has_base;
	int err;

	buf_init(&base, VALUE_BYTES_MAX);
	err = ledger_base(c, a->case_id, a->entry_id, a->field, side->site, side->seen, side->before, &has_base, &base);
	if (!err)
		err = db_prepare(c->db,
			"INSERT INTO conflict (case_id, entry_id, field, entry_type, base, state, opened_ms) "
			"VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6)",
			&s);
	if (!err) {
		db_bind_u64(s, 1, a->case_id);
		db_bind_u64(s, 2, a->entry_id);
		db_bind_text(s, 3, a->field);
		db_bind_text(s, 4, a->entry_type);
		if (has_base)
			db_bind_text(s, 5, buf_string(&base));
		db_bind_int(s, 6, now_ms);
		err = db_run(s);
	}
	if (!err)
		*conflict_id = db_last_id(c->db);
	buf_fini(&base);
	return err;
}

int conflict_add(struct centre *c, const struct conflict_address *a, const struct conflict_side *side, int64_t now_ms)
{
	struct db_stmt *s;
	int64_t conflict_id;
	bool has_candidate;
	int err = conflict_find(c, a, side->site, &conflict_id, &has_candidate);

	if (!err && !conflict_id)
		err = open_one(c, a, side, now_ms, &conflict_id);
	if (!err)
		err = db_prepare(c->db,
			"INSERT INTO candidate (conflict_id, site, value, group_id, position) VALUES (?1, ?2, ?3, ?4, ?5) "
			"ON CONFLICT (conflict_id, site) DO UPDATE SET value = excluded.value, group_id = excluded.group_id, "
			"position = excluded.position",
			&s);
	if (err)
		return err;
	db_bind_int(s, 1, conflict_id);
	db_bind_int(s, 2, side->site);
	db_bind_text_len(s, 3, side->value_len ? side->value : "", side->value_len);
	db_bind_int(s, 4, side->group_id);
	db_bind_int(s, 5, side->position);
	return db_run(s);
}

static int close_as(struct centre *c, int64_t conflict_id, enum conflict_state state, int64_t now_ms)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "UPDATE conflict SET state = ?2, closed_ms = ?3 WHERE conflict_id = ?1 AND state = 1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, conflict_id);
	db_bind_int(s, 2, state);
	db_bind_int(s, 3, now_ms);
	return db_run(s);
}

int conflict_settle(struct centre *c, int64_t conflict_id, int64_t now_ms)
{
	return close_as(c, conflict_id, CONFLICT_SETTLED, now_ms);
}

int conflict_withdraw(struct centre *c, int64_t conflict_id, uint32_t site, int64_t now_ms)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db, "DELETE FROM candidate WHERE conflict_id = ?1 AND site = ?2", &s);

	if (err)
		return err;
	db_bind_int(s, 1, conflict_id);
	db_bind_int(s, 2, site);
	err = db_run(s);
	if (!err)
		err = db_prepare(c->db, "SELECT 1 FROM candidate WHERE conflict_id = ?1 LIMIT 1", &s);
	if (err)
		return err;
	db_bind_int(s, 1, conflict_id);
	got = db_step(s);
	db_done(s);
	return got == 0 ? close_as(c, conflict_id, CONFLICT_WITHDRAWN, now_ms) : got < 0 ? got : 0;
}
