/*
 * draft: see draft.h.
 */
#include "agent/draft.h"

#include "agent/shelf.h"

int draft_find(struct store *s, uint64_t case_id, struct draft *out)
{
	struct db_stmt *q;
	int got;
	int err = db_prepare(s->db, "SELECT form_id, begun_ms FROM draft WHERE case_id = ?1", &q);

	*out = (struct draft){ .case_id = case_id };
	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	got = db_step(q);
	if (got == 1) {
		out->form_id = db_int(q, 0);
		out->begun_ms = db_int(q, 1);
	}
	db_done(q);
	return got < 0 ? got : 0;
}

/* The constant statement on this case alone. */
static int run_on(struct store *s, const char *sql, uint64_t case_id)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, sql, &q);

	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	return db_run(q);
}

int draft_begin(struct store *s, uint64_t case_id, const struct form *form)
{
	struct db_stmt *q;
	int64_t form_id;
	int err = shelf_form_id(s, form, &form_id);

	if (!err)
		err = db_prepare(s->db,
				 "INSERT INTO draft (case_id, form_id, begun_ms) VALUES (?1, ?2, ?3) ON CONFLICT (case_id) DO NOTHING", &q);
	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	db_bind_int(q, 2, form_id);
	db_bind_int(q, 3, env_wall_ms(s->env));
	err = db_run(q);
	return err || db_changes(s->db) == 0 ? err : run_on(s, "DELETE FROM draft_entry WHERE case_id = ?1", case_id);
}

int draft_note_entry(struct store *s, uint64_t case_id, const char *type_name, uint64_t entry_id)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "INSERT INTO draft_entry (case_id, entry_type, entry_id) VALUES (?1, ?2, ?3)"
			     " ON CONFLICT (case_id, entry_type) DO NOTHING",
			     &q);

	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	db_bind_text(q, 2, type_name);
	db_bind_u64(q, 3, entry_id);
	return db_run(q);
}

int draft_entry(struct store *s, uint64_t case_id, const char *type_name, uint64_t *entry_id)
{
	struct db_stmt *q;
	int got;
	int err = db_prepare(s->db, "SELECT entry_id FROM draft_entry WHERE case_id = ?1 AND entry_type = ?2", &q);

	*entry_id = 0;
	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	db_bind_text(q, 2, type_name);
	got = db_step(q);
	if (got == 1)
		*entry_id = db_u64(q, 0);
	db_done(q);
	return got < 0 ? got : 0;
}

int draft_finish(struct store *s, uint64_t case_id)
{
	struct draft d;
	struct db_stmt *q;
	int err = draft_find(s, case_id, &d);

	if (!err && d.form_id == 0)
		err = err_set(ERR_NOT_FOUND, "nothing of this case waits to be finished");
	if (!err)
		err = db_prepare(s->db,
				 "INSERT INTO finished (case_id, form_id, finished_ms, last_group)"
				 " VALUES (?1, ?2, ?3, coalesce((SELECT max(number) FROM edit_group WHERE case_id = ?1), 0))",
				 &q);
	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	db_bind_int(q, 2, d.form_id);
	db_bind_int(q, 3, env_wall_ms(s->env));
	err = db_run(q);
	return err ? err : run_on(s, "DELETE FROM draft WHERE case_id = ?1", case_id);
}

int draft_finished_form(struct store *s, uint64_t case_id, int64_t *form_id)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "SELECT form_id FROM finished WHERE case_id = ?1 ORDER BY finished_id DESC LIMIT 1", &q);

	*form_id = 0;
	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	err = db_row(q);
	if (err)
		return err;
	*form_id = db_int(q, 0);
	db_done(q);
	return 0;
}

int draft_state(struct store *s, uint64_t case_id, enum draft_state *out)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "SELECT (SELECT count(*) FROM draft WHERE case_id = ?1), coalesce((SELECT max(last_group) FROM finished WHERE case_id = ?1), -1),"
			     " coalesce((SELECT max(number) FROM edit_group WHERE case_id = ?1), 0)",
			     &q);
	bool is_open;
	int64_t finished, newest;

	*out = DRAFT_NONE;
	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	err = db_row(q);
	if (err)
		return err;
	is_open = db_int(q, 0) != 0;
	finished = db_int(q, 1);
	newest = db_int(q, 2);
	db_done(q);
	if (finished >= 0)
		*out = newest > finished ? DRAFT_CHANGED : DRAFT_FINISHED;
	else if (is_open)
		*out = DRAFT_OPEN;
	return 0;
}

int draft_newest_group(struct store *s, uint64_t case_id, uint64_t *number)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "SELECT coalesce(max(number), 0) FROM edit_group WHERE case_id = ?1", &q);

	*number = 0;
	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	err = db_row(q);
	if (err)
		return err;
	*number = db_u64(q, 0);
	db_done(q);
	return 0;
}
