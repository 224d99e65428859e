/*
 * conflict_decide: what people see of a conflict, and their decision (conflict.h). The decision goes through ingest_centre_edit(), so
 * that it reaches every device that holds the case like any other change.
 */
#include "server/conflict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/value.h"
#include "server/ingest.h"
#include "server/papers.h"
#include "server/register.h"

#define SUBJECT_BYTES_MAX 64

/* ---- Reading ---- */

static char *column_copy(struct db_stmt *s, int column)
{
	size_t len;
	const char *text = db_text_len(s, column, &len);

	return strndup(text, len);
}

static int no_memory(void)
{
	return err_set(ERR_NOMEM, "no memory for a conflict");
}

void conflict_fini(struct conflict *x)
{
	free(x->base);
	free(x->reason);
	free(x->current.value);
	free(x->current.author_name);
	for (size_t i = 0; i < x->candidate_count; i++) {
		free(x->candidates[i].value);
		free(x->candidates[i].author_name);
	}
	free(x->candidates);
	memset(x, 0, sizeof *x);
}

/* Columns 0 to 5: site, value, author, name, claimed and received time. */
static int read_value(struct db_stmt *s, struct conflict_value *v)
{
	*v = (struct conflict_value){
		.site = (uint32_t)db_int(s, 0),
		.value = column_copy(s, 1),
		.author = (uint32_t)db_int(s, 2),
		.author_name = column_copy(s, 3),
		.wall_ms = db_int(s, 4),
		.received_ms = db_int(s, 5),
	};
	return v->value && v->author_name ? 0 : no_memory();
}

static int load_current(struct centre *c, struct conflict *x)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"SELECT r.writer, r.value, r.author, p.name, g.wall_ms, g.received_ms, r.at FROM register r "
		"LEFT JOIN person p ON p.person_id = r.author "
		"LEFT JOIN (edit e JOIN edit_group g ON g.group_id = e.group_id) "
		"ON g.case_id = r.case_id AND e.entry_id = r.entry_id AND e.field = r.field AND e.at = r.at "
		"WHERE r.case_id = ?1 AND r.entry_id = ?2 AND r.field = ?3",
		&s);

	if (err)
		return err;
	db_bind_u64(s, 1, x->case_id);
	db_bind_u64(s, 2, x->entry_id);
	db_bind_text(s, 3, x->field);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	x->has_current = true;
	x->at = db_u64(s, 6);
	err = read_value(s, &x->current);
	db_done(s);
	return err;
}

static int load_candidates(struct centre *c, struct conflict *x)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db,
		"SELECT k.site, k.value, g.author, p.name, g.wall_ms, g.received_ms FROM candidate k "
		"JOIN edit_group g ON g.group_id = k.group_id LEFT JOIN person p ON p.person_id = g.author "
		"WHERE k.conflict_id = ?1 ORDER BY k.site",
		&s);

	if (err)
		return err;
	db_bind_int(s, 1, x->conflict_id);
	while (!err && (got = db_step(s)) != 0) {
		struct conflict_value *more = got == 1 ? realloc(x->candidates, (x->candidate_count + 1) * sizeof *more) : NULL;

		if (!more) {
			err = got == 1 ? no_memory() : got;
			break;
		}
		x->candidates = more;
		err = read_value(s, &more[x->candidate_count++]);
	}
	db_done(s);
	return err;
}

/* The conflict's own row, columns as in CONFLICT_COLUMNS below. */
static int read_row(struct db_stmt *s, struct conflict *x)
{
	memset(x, 0, sizeof *x);
	x->conflict_id = db_int(s, 0);
	x->case_id = db_u64(s, 1);
	x->entry_id = db_u64(s, 2);
	snprintf(x->entry_type, sizeof x->entry_type, "%s", db_text(s, 3));
	snprintf(x->field, sizeof x->field, "%s", db_text(s, 4));
	x->state = (enum conflict_state)db_int(s, 5);
	x->opened_ms = db_int(s, 6);
	x->closed_ms = db_int(s, 7);
	x->decided_by = db_int(s, 8);
	x->reason = column_copy(s, 9);
	if (!db_is_null(s, 10)) {
		x->base = column_copy(s, 10);
		if (!x->base)
			return no_memory();
	}
	return x->reason ? 0 : no_memory();
}

#define CONFLICT_COLUMNS                                                                                                                   \
	"SELECT conflict_id, case_id, entry_id, entry_type, field, state, opened_ms, closed_ms, decided_by, reason, base FROM conflict "

static int complete(struct centre *c, struct conflict *x)
{
	int err = load_current(c, x);

	return err ? err : load_candidates(c, x);
}

int conflict_load(struct centre *c, int64_t conflict_id, struct conflict *out)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, CONFLICT_COLUMNS "WHERE conflict_id = ?1", &s);

	memset(out, 0, sizeof *out);
	if (err)
		return err;
	db_bind_int(s, 1, conflict_id);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_NOT_FOUND, "there is no conflict %lld", (long long)conflict_id) : err;
	err = read_row(s, out);
	db_done(s);
	if (!err)
		err = complete(c, out);
	if (err)
		conflict_fini(out);
	return err;
}

static int collect(struct db_stmt *s, struct conflict_list *l)
{
	int got;

	while ((got = db_step(s)) == 1) {
		struct conflict *more = realloc(l->items, (l->count + 1) * sizeof *more);

		if (!more)
			return no_memory();
		l->items = more;
		got = read_row(s, &more[l->count++]);
		if (got)
			return got;
	}
	return got;
}

int conflict_list(struct centre *c, uint64_t case_id, int64_t after, size_t max, struct conflict_list *out)
{
	struct conflict_list l = { NULL, 0 };
	struct db_stmt *s;
	int err = db_prepare(c->db,
		CONFLICT_COLUMNS "WHERE state = 1 AND conflict_id > ?1 AND (?2 = 0 OR case_id = ?2) ORDER BY conflict_id LIMIT ?3", &s);

	memset(out, 0, sizeof *out);
	if (err)
		return err;
	db_bind_int(s, 1, after);
	db_bind_u64(s, 2, case_id);
	db_bind_int(s, 3, max < INT64_MAX ? (int64_t)max : INT64_MAX);
	err = collect(s, &l);
	db_done(s);
	for (size_t i = 0; i < l.count && !err; i++)
		err = complete(c, &l.items[i]);
	if (err) {
		conflict_list_fini(&l);
		return err;
	}
	*out = l;
	return 0;
}

void conflict_list_fini(struct conflict_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		conflict_fini(&l->items[i]);
	free(l->items);
	memset(l, 0, sizeof *l);
}

/* ---- Deciding ---- */

struct judge { /* the person who decides */
	uint8_t role;
	bool is_admin;
	bool has_branch;
	int64_t branch_id;
};

static int load_judge(struct centre *c, int64_t person_id, struct judge *out)
{
	struct db_stmt *s;
	bool ended;
	int err = db_prepare(c->db, "SELECT role, is_admin, branch_id, ended_ms FROM person WHERE person_id = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, person_id);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_AUTH, "person %lld does not exist", (long long)person_id) : err;
	*out = (struct judge){
		.role = (uint8_t)db_int(s, 0),
		.is_admin = db_int(s, 1) != 0,
		.has_branch = !db_is_null(s, 2),
		.branch_id = db_int(s, 2),
	};
	ended = !db_is_null(s, 3);
	db_done(s);
	return ended ? err_set(ERR_AUTH, "person %lld is no longer active", (long long)person_id) : 0;
}

/*
 * Officers and the committee decide what representatives wrote; other fields belong to their own writers; a branch's staff to its
 * branch.
 */
static int check_right(struct centre *c, const struct judge *j, const struct conflict *x, const struct form_field *field)
{
	struct register_case row;
	int err = register_case_load(c, x->case_id, &row);

	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_CORRUPT, "the case of conflict %lld does not exist", (long long)x->conflict_id)
					    : err;
	if (j->has_branch && j->branch_id != row.branch_id)
		return err_set(ERR_AUTH, "the case belongs to another branch");
	if (j->is_admin)
		return 0;
	if (j->role != FORM_BY_OFFICER && j->role != FORM_BY_COMMITTEE)
		return err_set(ERR_AUTH, "only staff of the centre decide conflicts");
	if (field->write != FORM_BY_REPRESENTATIVE && field->write != (enum form_writer)j->role)
		return err_set(ERR_AUTH, "field %s is written by another role", x->field);
	return 0;
}

/* The field of the case's family, in the newest version that has it. */
static int say_field(struct centre *c, const struct conflict *x, struct papers_said *out)
{
	struct register_case row;
	const struct form *f;
	int err = register_case_load(c, x->case_id, &row);

	if (err == ERR_NOT_FOUND)
		err = err_set(ERR_CORRUPT, "the case of conflict %lld does not exist", (long long)x->conflict_id);
	if (!err)
		err = centre_form_by_id(c, row.form_id, &f);
	return err ? err : papers_say_field(c, form_id(f), x->entry_type, x->field, out);
}

/* A value is decided on when some version can say it: a candidate may be a choice that is no longer offered. */
static int check_value(struct centre *c, const struct conflict *x, const char *value, size_t value_len)
{
	const struct papers_saying saying = { .entry_type = x->entry_type, .field = x->field, .value = value, .value_len = value_len };
	struct papers_family family;
	struct papers_said said;
	int err = say_field(c, x, &said);

	if (!err)
		err = papers_family(c, form_id(said.form), &family);
	if (!err)
		err = papers_say(c, &family, &saying, &said);
	if (err == ERR_CORRUPT || (!err && value_check(said.form, said.field, value, value_len) != 0))
		err = err_set(ERR_USAGE, "the value decided on is not canonical for field %s", x->field);
	return err;
}

static int check_decision(
	struct centre *c, const struct judge *j, const struct conflict *x, const char *value, size_t value_len, const char *reason)
{
	struct papers_said said;
	int err = say_field(c, x, &said);

	if (!err)
		err = check_right(c, j, x, form_field(said.form, said.field));
	if (err)
		return err;
	if (!*reason || strlen(reason) > CONFLICT_REASON_BYTES_MAX)
		return err_set(ERR_USAGE, "a decision needs a reason of 1 to %d bytes", CONFLICT_REASON_BYTES_MAX);
	return check_value(c, x, value, value_len);
}

static int close_decided(struct centre *c, const struct conflict *x, int64_t person_id, const char *reason, uint64_t at)
{
	char subject[SUBJECT_BYTES_MAX];
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"UPDATE conflict SET state = 2, closed_ms = ?2, decided_by = ?3, reason = ?4, decided_at = ?5 WHERE conflict_id = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, x->conflict_id);
	db_bind_int(s, 2, env_wall_ms(c->env));
	db_bind_int(s, 3, person_id);
	db_bind_text(s, 4, reason);
	db_bind_u64(s, 5, at);
	err = db_run(s);
	snprintf(subject, sizeof subject, "conflict %lld", (long long)x->conflict_id);
	return err ? err : centre_audit(c, person_id, "decide", subject);
}

static int decide(struct centre *c, const struct conflict *x, const struct judge *j, int64_t person_id, const char *value, size_t value_len,
	const char *reason)
{
	struct ingest_centre_edit e = {
		.case_id = x->case_id,
		.entry_id = x->entry_id,
		.entry_type = x->entry_type,
		.field = x->field,
		.value = value,
		.value_len = value_len,
		.author = (uint32_t)person_id,
		.role = j->role,
		.reason = reason,
	};
	uint64_t sequence;
	int err = centre_sequence(c, &sequence);

	if (!err)
		err = ingest_centre_edit(c, &e, &sequence);
	if (!err)
		err = centre_sequence_save(c, sequence);
	return err ? err : close_decided(c, x, person_id, reason, sequence);
}

int conflict_resolve(
	struct centre *c, int64_t conflict_id, int64_t person_id, uint64_t at, const char *value, size_t value_len, const char *reason)
{
	struct conflict x;
	struct judge j = { 0 };
	int err = conflict_load(c, conflict_id, &x);

	if (err)
		return err;
	if (x.state != CONFLICT_OPEN)
		err = err_set(ERR_NOT_FOUND, "conflict %lld is not open", (long long)conflict_id);
	if (!err)
		err = load_judge(c, person_id, &j);
	if (!err)
		err = check_decision(c, &j, &x, value, value_len, reason);
	if (!err && at != x.at)
		err = err_set(ERR_STALE, "conflict %lld: the value in force changed since it was looked at", (long long)conflict_id);
	if (!err)
		err = decide(c, &x, &j, person_id, value, value_len, reason);
	conflict_fini(&x);
	return err;
}
