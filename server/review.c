/*
 * review: see review.h.
 */
#include "server/review.h"

#include <string.h>

#include "proto/form/value.h"
#include "server/ledger.h"

static int load_head(struct centre *c, struct review *r)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT form_id, changed_at, opened_ms FROM aid_case WHERE case_id = ?1", &s);

	if (err)
		return err;
	db_bind_u64(s, 1, r->case_id);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_NOT_FOUND, "the case does not exist") : err;
	r->form_row = db_int(s, 0);
	r->changed_at = db_u64(s, 1);
	r->judged_ms = db_int(s, 2);
	db_done(s);
	return 0;
}

/* What the form cannot say is left out: it is an answer to a question of another version. */
static int put(struct review *r, struct db_stmt *s)
{
	size_t len;
	const char *value = db_text_len(s, 3, &len);
	int type = form_entry_type_find(r->form, db_text(s, 1));
	int field = type < 0 ? -1 : form_field_find_in(r->form, (size_t)type, db_text(s, 2));

	if (field < 0 || (len && value_check(r->form, (size_t)field, value, len) != 0))
		return 0;
	return model_put(r->model, (size_t)type, db_u64(s, 0), (size_t)field, value);
}

static int put_registers(struct centre *c, struct review *r)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db, "SELECT entry_id, entry_type, field, value FROM register WHERE case_id = ?1", &s);

	if (err)
		return err;
	db_bind_u64(s, 1, r->case_id);
	while (!err && (got = db_step(s)) != 0)
		err = got < 0 ? got : put(r, s);
	db_done(s);
	return err;
}

int review_new(struct centre *c, int64_t row, uint64_t case_id, int64_t now_ms, struct review *r)
{
	const struct plan *plan;
	int err = papers_plan(c, row, &plan);

	r->case_id = case_id;
	r->form_row = row;
	r->judged_ms = now_ms;
	papers_world_init(&r->lists, c, now_ms, &r->world);
	if (err)
		return err;
	r->form = plan_form(plan);
	return model_new(plan, &r->world, case_id, &r->model);
}

int review_open(struct centre *c, uint64_t case_id, struct review *r)
{
	int64_t written_ms;
	int err;

	memset(r, 0, sizeof *r);
	r->case_id = case_id;
	err = load_head(c, r);
	if (!err)
		err = ledger_written_ms(c, case_id, &written_ms);
	if (!err)
		err = review_new(c, r->form_row, case_id, written_ms ? written_ms : r->judged_ms, r);
	if (!err)
		err = put_registers(c, r);
	return err ? err : model_open(r->model);
}

void review_close(struct review *r)
{
	model_free(r->model);
	r->model = NULL;
}
