/*
 * model: one case under one form: what is asked, shown, required, wrong and computed, after each answer.
 *
 * Registers go in (model_put), the model builds the tree of rows and questions, fills in what the form fills (first-load defaults,
 * computed repeats), and recomputes everything in one fixed order after each answer. What it changed comes out again as registers
 * (model_changes). It knows no store and no page: device, centre and tests use the same one. One thread at a time.
 *
 * A question that is not relevant reads as empty and is not shown, checked or printed; its register stays. A choice that a filter
 * takes away is masked: it reads as empty until the filter allows it again. Pure calculations are derived and never become
 * registers.
 */
#ifndef PROTO_FORM_MODEL_H
#define PROTO_FORM_MODEL_H

#include "proto/base/buf.h"
#include "proto/form/plan.h"
#include "proto/form/reflist.h"

#define MODEL_ROWS_MAX 20000       /* entries of one case */
#define MODEL_COUNT_MAX 500        /* rows that a repeat_count may ask for */

/* What a model sees of the world; borrowed, must outlive it. Functions may be NULL. */
struct model_world {
	int64_t now_ms;                  /* the model's today() and now() until model_at() */
	int tz_minutes;                  /* Asia/Riyadh: 180 */
	uint64_t (*random)(void *ctx);
	uint64_t (*new_id)(void *ctx);   /* id for an entry, asked for when its first answer is kept; 0: refused. NULL: they stay 0 */
	const struct reflist *(*list)(void *ctx, const char *name); /* reference data by its name; NULL: not there, reads as empty */
	bool (*property)(void *ctx, const char *name, struct buf *out); /* "deviceid", "username", ... */
	bool first_rows;                 /* as ODK's programs do: each repeat that is not counted begins with one row */
	void *ctx;
};

enum model_kind {
	MODEL_GROUP,    /* a group, and the form itself */
	MODEL_REPEAT,   /* a repeat as a whole: its children are its rows */
	MODEL_ROW,      /* one entry of it */
	MODEL_QUESTION,
};

/* One place of the case. Read-only for others than model.c. */
struct model_node {
	enum model_kind kind;
	size_t form_node;             /* of a row: its repeat's */
	struct model_node *parent;
	struct model_node *first;     /* children in order */
	struct model_node *next;
	size_t entry_type;
	uint64_t entry_id;            /* of the row, root or session it lives on; 0: that entry has not been made yet */
	const char *value;            /* of a question as its register has it, relevant or not; of a calculation its value; "" empty */
	bool is_relevant;             /* it and all above it */
	bool is_required;             /* now */
	bool is_readonly;             /* now, or above it */
	bool is_missing;              /* relevant, required and empty */
	bool is_violated;             /* relevant, not empty, constraint does not hold */
	bool is_warned;               /* relevant, not empty, warning expression does not hold */
	bool is_masked;               /* its value is not among the choices that the filter allows now: reads as empty */
	bool is_counted;              /* of a repeat: repeat_count says how many rows there are; nobody adds or removes */
	bool is_changed;              /* its register differs from what was put in */
	struct model_own *own;        /* model.c's */
};

struct model;

/*
 * `plan` and `world` are borrowed. `case_id` 0: a new case, whose root id the caller knows later (model_case()). Owned,
 * model_free() wipes.
 */
int model_new(const struct plan *plan, const struct model_world *world, uint64_t case_id, struct model **out) MUST_CHECK;
void model_free(struct model *m);

/* ---- before it is open ---- */

/* A register as the store has it: canonical value. Fields of `_gone` and `_parent` too. Unknown entries are made. */
int model_put(struct model *m, size_t entry_type, uint64_t entry_id, size_t field, const char *value) MUST_CHECK;
/* Which entry of a session type the questions are about; 0: a new one. Without this call: the highest id there is, or a new one. */
int model_session(struct model *m, size_t entry_type, uint64_t entry_id) MUST_CHECK;
/* Build and compute. Defaults are filled in on entries that nothing was put for; those of triggers are not. */
int model_open(struct model *m) MUST_CHECK;

/* ---- answers ---- */

/*
 * A canonical value ("" clears). Recomputes. ERR_USAGE: not a question that has a field, or it is read-only or computed. ERR_LIMIT:
 * the budget of an expression.
 */
int model_set(struct model *m, struct model_node *question, const char *value) MUST_CHECK;
/* A new row at the end of `repeat`. ERR_USAGE when it is counted. `*row` is its node. */
int model_add(struct model *m, struct model_node *repeat, struct model_node **row) MUST_CHECK;
/* Remove a row (its `_gone` becomes "yes"); nodes of the row are no longer valid. */
int model_remove(struct model *m, struct model_node *row) MUST_CHECK;
/*
 * The id of a new case is known now. Rows of computed repeats are named after it, so their ids change, and so do the answers that name
 * them or the applicant. ERR_USAGE when the case has another id already.
 */
int model_case(struct model *m, uint64_t case_id) MUST_CHECK;
/* Another moment: recompute with it. */
int model_at(struct model *m, int64_t now_ms) MUST_CHECK;
/* Write what `on_finish` columns say. The caller has seen that model_check() finds nothing hard. */
int model_finish(struct model *m) MUST_CHECK;

/* ---- looking ---- */

struct model_node *model_root(struct model *m);
/* The place of a path below the root as expressions have it, "/data/member[2]/member_name"; NULL. */
struct model_node *model_find(struct model *m, const char *path);
/* The question of a field on an entry; NULL when there is none (a removed row, another session). */
struct model_node *model_question(struct model *m, uint64_t entry_id, size_t field);
const struct form_node *model_form_node(const struct model *m, const struct model_node *n);
const struct form *model_form(const struct model *m);

/* Append a text of the node in a language, with outputs filled in. Of a row: its repeat's label. */
int model_words(struct model *m, const struct model_node *n, enum form_words words, size_t language, struct buf *out) MUST_CHECK;

struct model_choice {
	const char *code;
	const char *label;  /* in the language asked for */
	bool is_chosen;
};

struct model_choices {
	struct model_choice *items; /* those the filter allows, in order */
	size_t count;
	void *arena;                /* owns them */
};

/* The choices of a select question now. select_member: ids, with the title of the row as label. */
int model_choices(struct model *m, const struct model_node *question, size_t language, struct model_choices *out) MUST_CHECK;
void model_choices_fini(struct model_choices *c);

/* The title of the case: settings' instance_name; "" when there is none. */
int model_title(struct model *m, struct buf *out) MUST_CHECK;
/* A row in one line for people: its first answered text question, "" when there is none. */
int model_row_title(struct model *m, const struct model_node *row, struct buf *out) MUST_CHECK;
/* The value of a named calculation or question on the root or session entries, as expressions see it; "" when unknown. */
int model_value(struct model *m, const char *path, struct buf *out) MUST_CHECK;

/* ---- results ---- */

enum model_problem_kind { MODEL_MISSING, MODEL_VIOLATED, MODEL_MASKED, MODEL_WARNED };

struct model_problem {
	enum model_problem_kind kind;
	const struct model_node *node;
	bool is_hard;                /* a visit is not finished with it: missing and violated, where the representative may write */
};

/* Visit every problem of the case in form order; the visitor's result other than 0 ends it and is returned. */
typedef int model_problem_visitor(void *ctx, const struct model_problem *p);
int model_check(struct model *m, model_problem_visitor *visit, void *ctx) MUST_CHECK;

struct model_register {
	size_t entry_type;
	uint64_t entry_id;           /* of root in a new case: 0 until model_case() was called */
	size_t field;
	const char *value;
};

/* Visit every register that differs from what was put in, by entry type, entry id, field. */
typedef int model_register_visitor(void *ctx, const struct model_register *r);
int model_changes(struct model *m, model_register_visitor *visit, void *ctx) MUST_CHECK;
/* What was visited is stored now, under this case id and these entry ids: it no longer counts as changed. */
int model_stored(struct model *m, uint64_t case_id) MUST_CHECK;

#endif
