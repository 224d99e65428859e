/*
 * plan: a form understood: every expression parsed, every reference resolved, and the one order in which a recomputation visits them.
 *
 * Made once for a form (a few milliseconds), read-only afterwards and shared between threads and cases. What cannot be understood is told
 * with its row and column, so that the publisher can name the author's cell; a form that was published gives a plan without problems.
 */
#ifndef PROTO_FORM_PLAN_H
#define PROTO_FORM_PLAN_H

#include "proto/form/form.h"

#define PLAN_PROBLEMS_MAX 200

struct plan_problem {
	bool is_warning;
	size_t node;          /* of the form */
	bool is_choice;       /* then `node` is the list and `choice` its item */
	size_t choice;
	const char *column;   /* "relevant", "label", ... as the canonical text names it; static */
	size_t language;      /* of a text column */
	char english[384];    /* what is wrong and what to do */
	char arabic[768];
};

struct plan_problems {
	struct plan_problem *items; /* owned, free with plan_problems_fini() */
	size_t count;
};

struct plan;

/*
 * Understand `f` (borrowed, outlives the plan). ERR_USAGE when there is any problem that is no warning, all of them in `problems` (may be
 * NULL): syntax errors, unknown functions, unknown and ambiguous names, a trigger that cannot be, and circles, named: a calculation,
 * relevance or count that needs itself. No circles are: a constraint over its own question, questions whose relevance excludes each
 * other, a row that reads the row before, a triggered calculation. ERR_LIMIT, ERR_NOMEM.
 */
int plan_new(const struct form *f, struct plan_problems *problems, struct plan **out) MUST_CHECK;
void plan_free(struct plan *p);
void plan_problems_fini(struct plan_problems *p);

const struct form *plan_form(const struct plan *p);
/* Names of the reference lists (no choices in the form) that questions and instance() use; for fetching them. */
size_t plan_list_count(const struct plan *p);
const char *plan_list(const struct plan *p, size_t i);

#endif
