/*
 * plan_private: what plan_*.c and model_*.c know of a plan. Nobody else includes it.
 *
 * A scope is the form itself (scope 0) or one repeat: the nodes that exist once for each of its rows. A node has a slot in its scope, so
 * that all places of one row lie in one block of memory and a step of the recomputation visits a slot of each block. A repeat
 * stands in two scopes: as a whole in the one around it, as a row in slot 0 of its own.
 *
 * A step is one aspect of one node. The order of steps is such that what a step reads has been computed before, except along the
 * edges that cannot be ordered within one pass (the row before, relevance that leans on each other): then the plan is not
 * settled, and passes are repeated until nothing changes.
 */
#ifndef PROTO_FORM_PLAN_PRIVATE_H
#define PROTO_FORM_PLAN_PRIVATE_H

#include "proto/base/arena.h"
#include "proto/form/plan.h"
#include "proto/form/xpath/xpath.h"

#define PLAN_BYTES_MAX ((size_t)128 * 1024 * 1024) /* arena of one plan: the edges of a hostile form reach it first */
#define PLAN_EDGES_MAX 1000000

enum plan_aspect {
	PLAN_RELEVANT, /* of a group, a question, a repeat as a whole */
	PLAN_COUNT,    /* of a repeat: how many rows */
	PLAN_ROWS,     /* of a repeat: relevance of each row */
	PLAN_VALUE,    /* calculation, or a default that is an expression */
	PLAN_FILTER,   /* which of the chosen codes count now */
};
#define PLAN_ASPECT_COUNT (PLAN_FILTER + 1)

/* An expression that is written out as a constant is not evaluated. */
enum plan_fixed { PLAN_OPEN, PLAN_ALWAYS, PLAN_NEVER };

/* A text with outputs: `text`, or where that is NULL the value of `output`. */
struct plan_part {
	const char *text;
	struct xpath *output;
};

struct plan_text {
	struct plan_part *parts;
	size_t count;
};

struct plan_node {
	const char *name;                          /* interned */
	struct xpath *columns[FORM_COLUMN_COUNT];  /* NULL: empty or no expression */
	enum plan_fixed fixed[FORM_COLUMN_COUNT];
	struct xpath *items;                       /* instance('list')/root/item[filter], maybe shuffled; NULL: all as they stand */
	struct plan_text **words;                  /* [language * FORM_WORDS_COUNT + words]; NULL: no output in it; NULL: in none */
	size_t scope;
	size_t slot;
	size_t rows;                               /* of a repeat: the scope of its rows */
	int field_slot;                            /* place of its field in the entry type's fields; -1 */
	int member;                                /* select_member: the repeat's node; -1 */
	size_t *triggers;                          /* nodes whose calculation is taken when this one changes, in form order */
	size_t trigger_count;
	bool is_triggered;                         /* its own calculation is taken by a trigger only */
	bool is_kept;                              /* its calculation holds random() or uuid(): made once, while it is empty */
	bool reads_yes;                            /* acknowledge: expressions compare it with 'yes', otherwise they read "OK" */
};

struct plan_scope {
	size_t node;      /* FORM_NODE_ROOT, or the repeat */
	size_t parent;    /* scope around it; 0 of itself */
	size_t *nodes;    /* form node of each slot; slot 0 is the row (or the form) itself */
	size_t count;
};

struct plan_step {
	uint32_t node;
	enum plan_aspect aspect;
};

/* A label of a choice that has outputs. Sorted by list, choice, language. */
struct plan_choice_text {
	size_t list;
	size_t choice;
	size_t language;
	struct plan_text *text;
};

struct plan {
	const struct form *form;
	struct arena *arena;          /* owns all below but names and expressions */
	struct xnames *names;
	struct xpath **expressions;   /* every one, for freeing */
	size_t expression_count;
	size_t expression_cap;
	struct plan_node *nodes;      /* one for each node of the form */
	struct plan_scope *scopes;
	size_t scope_count;
	size_t *field_slots;          /* of each field of the form: its place in its entry type's fields */
	struct plan_step *steps;
	size_t step_count;
	bool is_settled;              /* one pass suffices while no rows come or go */
	struct plan_choice_text *choice_texts;
	size_t choice_text_count;
	struct xpath *title;          /* settings' instance_name; NULL none */
	const char **lists;           /* reference lists */
	size_t list_count;
	size_t list_cap;
	struct plan_problems problems;
	size_t error_count;           /* problems that are no warnings */
	/* Interned names of item trees. */
	const char *name_root;
	const char *name_item;
	const char *name_code;
	const char *name_label;
	const char *name_itext;
	const char **choice_columns;
};

/* Where a problem stands, for its message. */
struct plan_place {
	size_t node;
	bool is_choice;
	size_t choice;
	const char *column;
	size_t language;
};

/* plan_problem.c: keep a problem; above PLAN_PROBLEMS_MAX it only counts. ERR_NOMEM. */
int plan_problem_add(struct plan *p, const struct plan_place *at, bool is_warning, const char *english, const char *arabic) MUST_CHECK;
/* The name of a column as the canonical text has it: static. */
const char *plan_problem_column(enum form_column column);
const char *plan_problem_words(enum form_words words);

/* plan_parse.c: every expression and every output of the form. What is wrong becomes a problem. ERR_NOMEM, ERR_LIMIT. */
int plan_parse_all(struct plan *p) MUST_CHECK;
/* Whether an expression calls random() or uuid(); today() or now(). */
bool plan_parse_is_random(const struct xpath *x);

/* plan_order.c: dependencies, circles, steps. The same errors. */
int plan_order_all(struct plan *p) MUST_CHECK;

/* The output text of a choice; NULL: none. */
const struct plan_text *plan_choice_text(const struct plan *p, size_t list, size_t choice, size_t language);

#endif
