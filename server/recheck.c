/*
 * recheck: see recheck.h.
 */
#include "server/recheck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/review.h"

#define SLICE_CASES 32 /* of one transaction of recheck_pending(): others may write in between */
#define REASON_BYTES_MAX 300

struct found { /* one flag */
	uint64_t entry_id;
	const char *field; /* borrowed from the form */
	enum model_problem_kind kind;
};

struct looking { /* at one case */
	struct review review;
	struct found *found; /* owned */
	size_t count, cap;
};

/* ---- Looking ---- */

static int note_problem(void *ctx, const struct model_problem *p)
{
	struct looking *l = ctx;
	int field = form_node(l->review.form, p->node->form_node)->field;

	/* An entry that has not been made cannot be at fault: nobody visited yet. */
	if (field < 0 || p->node->entry_id == 0)
		return 0;
	if (l->count == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 32;
		struct found *more = realloc(l->found, cap * sizeof *more);

		if (!more)
			return err_set(ERR_NOMEM, "no memory for flags");
		l->found = more;
		l->cap = cap;
	}
	l->found[l->count++] = (struct found){
		.entry_id = p->node->entry_id,
		.field = form_field(l->review.form, (size_t)field)->name,
		.kind = p->kind,
	};
	return 0;
}

static int compare_found(const void *a, const void *b)
{
	const struct found *x = a;
	const struct found *y = b;
	int fields = strcmp(x->field, y->field);

	if (x->entry_id != y->entry_id)
		return x->entry_id < y->entry_id ? -1 : 1;
	return fields ? fields : (int)x->kind - (int)y->kind;
}

/* ---- Keeping ---- */

static int drop_flag(struct centre *c, uint64_t case_id, const struct found *f)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "DELETE FROM flag WHERE case_id = ?1 AND entry_id = ?2 AND field = ?3 AND kind = ?4", &s);

	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	db_bind_u64(s, 2, f->entry_id);
	db_bind_text(s, 3, f->field);
	db_bind_int(s, 4, (int64_t)f->kind + 1);
	return db_run(s);
}

/* Those that stand no more. They are read whole before the first is dropped. */
static int drop_old(struct centre *c, const struct looking *l)
{
	struct recheck_flags old;
	int err = recheck_load(c, l->review.case_id, &old);

	for (size_t i = 0; i < old.count && !err; i++) {
		const struct found f = { .entry_id = old.items[i].entry_id, .field = old.items[i].field, .kind = old.items[i].kind };

		if (l->count == 0 || !bsearch(&f, l->found, l->count, sizeof f, compare_found))
			err = drop_flag(c, l->review.case_id, &f);
	}
	recheck_flags_fini(&old);
	return err;
}

static int add_flag(struct centre *c, uint64_t case_id, const struct found *f, int64_t now_ms)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"INSERT INTO flag (case_id, entry_id, field, kind, since_ms) VALUES (?1, ?2, ?3, ?4, ?5) "
		"ON CONFLICT (case_id, entry_id, field, kind) DO NOTHING",
		&s);

	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	db_bind_u64(s, 2, f->entry_id);
	db_bind_text(s, 3, f->field);
	db_bind_int(s, 4, (int64_t)f->kind + 1);
	db_bind_int(s, 5, now_ms);
	return db_run(s);
}

static int note_check(struct centre *c, const struct review *r, const char *failed, int64_t now_ms)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"INSERT INTO case_check (case_id, checked_at, checked_ms, judged_ms, form_id, failed) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
		"ON CONFLICT (case_id) DO UPDATE SET checked_at = ?2, checked_ms = ?3, judged_ms = ?4, form_id = ?5, failed = ?6",
		&s);

	if (err)
		return err;
	db_bind_u64(s, 1, r->case_id);
	db_bind_u64(s, 2, r->changed_at);
	db_bind_int(s, 3, now_ms);
	db_bind_int(s, 4, r->judged_ms);
	db_bind_int(s, 5, r->form_row);
	db_bind_text(s, 6, failed);
	return db_run(s);
}

/* ---- One case ---- */

/* What is wrong with the case or its form, as against with the machine. */
static bool is_of_case(int err)
{
	return err == ERR_USAGE || err == ERR_LIMIT || err == ERR_CORRUPT;
}

/* A case that cannot be looked through is noted as such, so that it neither stops the others nor is tried for ever. */
static int look(struct centre *c, uint64_t case_id)
{
	struct looking l = { 0 };
	char failed[REASON_BYTES_MAX] = "";
	int64_t now_ms = env_wall_ms(c->env);
	int err = review_open(c, case_id, &l.review);

	if (!err)
		err = model_check(l.review.model, note_problem, &l);
	if (is_of_case(err) && l.review.form_row) {
		snprintf(failed, sizeof failed, "%s", err_message());
		l.count = 0;
		err = 0;
	}
	if (l.count)
		qsort(l.found, l.count, sizeof *l.found, compare_found);
	if (!err)
		err = drop_old(c, &l);
	for (size_t i = 0; i < l.count && !err; i++)
		err = add_flag(c, case_id, &l.found[i], now_ms);
	if (!err)
		err = note_check(c, &l.review, failed[0] ? failed : NULL, now_ms);
	free(l.found);
	review_close(&l.review);
	return err;
}

static int is_current(struct centre *c, uint64_t case_id, bool *is)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"SELECT k.changed_at = ifnull(x.checked_at, 0) FROM aid_case k LEFT JOIN case_check x ON x.case_id = k.case_id WHERE k.case_id = ?1",
		&s);

	*is = false;
	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_NOT_FOUND, "the case does not exist") : err;
	*is = db_int(s, 0) != 0;
	db_done(s);
	return 0;
}

static int look_again(struct centre *c, uint64_t case_id)
{
	bool current;
	int err = is_current(c, case_id, &current);

	return err || current ? err : look(c, case_id);
}

/* ---- Many ---- */

struct pending { /* one case that changed */
	uint64_t case_id;
	uint64_t changed_at;
	int64_t branch_id;
};

/* In the order of their changes within a branch, which is the order of the index; rows are read before anything is written. */
static int find_pending(struct centre *c, size_t max, struct pending *out, size_t *count)
{
	struct db_stmt *s;
	int got = 0;
	int err = db_prepare(c->db,
		"SELECT k.case_id, k.changed_at, k.branch_id FROM branch b JOIN aid_case k ON k.branch_id = b.branch_id AND k.changed_at > b.checked_at "
		"ORDER BY k.branch_id, k.changed_at LIMIT ?1",
		&s);

	*count = 0;
	if (err)
		return err;
	db_bind_int(s, 1, (int64_t)max);
	while (*count < max && (got = db_step(s)) == 1)
		out[(*count)++] = (struct pending){ .case_id = db_u64(s, 0), .changed_at = db_u64(s, 1), .branch_id = db_int(s, 2) };
	db_done(s);
	return got < 0 ? got : 0;
}

static int note_branch(struct centre *c, const struct pending *p)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "UPDATE branch SET checked_at = ?2 WHERE branch_id = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, p->branch_id);
	db_bind_u64(s, 2, p->changed_at);
	return db_run(s);
}

int recheck_some(struct centre *c, size_t max, size_t *count)
{
	struct pending *p = calloc(max ? max : 1, sizeof *p);
	int err = p ? find_pending(c, max, p, count) : err_set(ERR_NOMEM, "no memory for cases");

	if (!p)
		*count = 0;
	for (size_t i = 0; !err && i < *count; i++) {
		err = look_again(c, p[i].case_id);
		if (!err && (i + 1 == *count || p[i + 1].branch_id != p[i].branch_id))
			err = note_branch(c, &p[i]);
	}
	free(p);
	return err;
}

static int some_in_transaction(struct centre *c, size_t *count)
{
	int err = db_begin(c->db);

	if (!err)
		err = recheck_some(c, SLICE_CASES, count);
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err;
}

int recheck_pending(struct centre *c, size_t max)
{
	struct pending one;
	size_t count;
	size_t done = 0;
	int err = find_pending(c, 1, &one, &count); /* without the right to write: mostly there is nothing */

	while (!err && count && done < max) {
		err = some_in_transaction(c, &count);
		done += count;
	}
	return err;
}

int recheck_case(struct centre *c, uint64_t case_id)
{
	bool current;
	int err = is_current(c, case_id, &current);

	if (err || current)
		return err;
	err = db_begin(c->db);
	if (!err)
		err = look_again(c, case_id);
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err;
}

/* ---- Showing ---- */

static int load_check(struct centre *c, uint64_t case_id, struct recheck_flags *f)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT checked_at, checked_ms, judged_ms, failed FROM case_check WHERE case_id = ?1", &s);

	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	f->checked_at = db_u64(s, 0);
	f->checked_ms = db_int(s, 1);
	f->judged_ms = db_int(s, 2);
	if (!db_is_null(s, 3)) {
		f->failed = strdup(db_text(s, 3));
		err = f->failed ? 0 : err_set(ERR_NOMEM, "no memory for flags");
	}
	db_done(s);
	return err;
}

static int add_line(struct db_stmt *s, struct recheck_flags *f)
{
	struct recheck_flag *more = realloc(f->items, (f->count + 1) * sizeof *more);

	if (more)
		f->items = more;
	if (more)
		more[f->count] = (struct recheck_flag){
			.entry_id = db_u64(s, 0),
			.field = strdup(db_text(s, 1)),
			.kind = (enum model_problem_kind)(db_int(s, 2) - 1),
			.since_ms = db_int(s, 3),
		};
	return more && more[f->count++].field ? 0 : err_set(ERR_NOMEM, "no memory for flags");
}

static int load_flags(struct centre *c, uint64_t case_id, struct recheck_flags *f)
{
	struct db_stmt *s;
	int got;
	int err =
		db_prepare(c->db, "SELECT entry_id, field, kind, since_ms FROM flag WHERE case_id = ?1 ORDER BY entry_id, field, kind", &s);

	if (err)
		return err;
	db_bind_u64(s, 1, case_id);
	while (!err && (got = db_step(s)) != 0)
		err = got < 0 ? got : add_line(s, f);
	db_done(s);
	return err;
}

int recheck_load(struct centre *c, uint64_t case_id, struct recheck_flags *out)
{
	int err;

	memset(out, 0, sizeof *out);
	err = load_check(c, case_id, out);
	if (!err)
		err = load_flags(c, case_id, out);
	if (err)
		recheck_flags_fini(out);
	return err;
}

void recheck_flags_fini(struct recheck_flags *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->items[i].field);
	free(f->items);
	free(f->failed);
	memset(f, 0, sizeof *f);
}

const char *recheck_kind_name(enum model_problem_kind kind, bool arabic)
{
	switch (kind) {
	case MODEL_MISSING:
		return arabic ? "ناقص" : "missing";
	case MODEL_VIOLATED:
		return arabic ? "مخالف للشرط" : "violated";
	case MODEL_MASKED:
		return arabic ? "خارج الخيارات" : "masked";
	case MODEL_WARNED:
		return arabic ? "يحتاج إلى نظر" : "warned";
	}
	return "";
}
