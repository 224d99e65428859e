/*
 * eval: what the parts of the evaluator share. Inside proto/form/xpath only.
 *
 * A value under way is a struct xslot. Unlike struct xpath_value it borrows where it can (the text of a literal) and keeps small sets
 * inside itself, so that most expressions of a form are evaluated without asking for memory.
 */
#ifndef PROTO_FORM_XPATH_EVAL_H
#define PROTO_FORM_XPATH_EVAL_H

#include "proto/form/xpath/parse.h"

#define XSET_INLINE 8

/* A set of nodes under way. Not to be copied as a struct: `at` may point inside. */
struct xset {
	const struct xnode **at;  /* `few`, or owned memory */
	size_t count;
	size_t cap;
	const struct xnode *few[XSET_INLINE];
};

void xset_init(struct xset *s);
void xset_fini(struct xset *s);
/* ERR_LIMIT above XPATH_NODES_MAX, ERR_NOMEM. */
int xset_add(struct xset *s, const struct xnode *n) MUST_CHECK;
int xset_add_all(struct xset *s, const struct xnode *const *nodes, size_t count) MUST_CHECK;
/* `to` gets what `from` held and `from` becomes empty; what `to` held is given back. */
void xset_move(struct xset *to, struct xset *from);
/* Into document order, none twice. */
void xset_sort(struct xset *s);
void xset_reverse(struct xset *s, size_t from);

/* One evaluation. */
struct xrun {
	const struct xpath_world *world;
	const struct xnode *top;     /* where `/` begins */
	uint64_t steps_left;
	int tz_minutes;
};

#define XRUN_STEP_BYTES 64 /* of text that are copied or searched for one step */

/* ERR_LIMIT when the budget is used up. */
int xrun_charge(struct xrun *r, uint64_t steps) MUST_CHECK;
/* The same for what was done already: the next charge fails when it was too much. */
void xrun_drain(struct xrun *r, uint64_t steps);

struct xslot {
	enum xpath_type type;
	bool boolean;
	double number;
	const char *text;            /* of a string; NUL-terminated; borrowed unless it is `owned` */
	char *owned;
	struct xset set;             /* of a nodeset */
};

/* A slot holds something after a success only; then it must be ended. */
void xslot_fini(struct xslot *v);
bool xslot_boolean(const struct xslot *v);
double xslot_number(struct xrun *r, const struct xslot *v);
/* Append the string value; ends the slot. */
int xslot_put(struct xrun *r, struct xslot *v, struct buf *out) MUST_CHECK;
/* `*out` takes over what the slot holds, which is over then, after a failure too. */
int xslot_hand_out(struct xslot *v, struct xpath_value *out) MUST_CHECK;
/* The string value; borrowed from the value, its tree or `scratch`, where it is built when it must be. Check buf_error(scratch). */
const char *xslot_text(struct xrun *r, const struct xslot *v, struct buf *scratch);
/* The string value of a node, likewise. */
const char *xslot_node_text(struct xrun *r, const struct xnode *n, struct buf *scratch);
double xslot_node_number(struct xrun *r, const struct xnode *n);

/* `v` is filled on success. */
int xeval(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, struct xslot *v) MUST_CHECK;
int xeval_boolean(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, bool *out) MUST_CHECK;
int xeval_number(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, double *out) MUST_CHECK;

/* step.c: from `from` over one step to `to`, which is empty; the result is in document order. */
int xstep_walk(struct xrun *r, const struct xstep *s, const struct xset *from, const struct xpath_context *c, struct xset *to) MUST_CHECK;
/* What the step reaches from `n` when each predicate is true; in the order of its axis. */
int xstep_reach(struct xrun *r, const struct xstep *s, const struct xnode *n, struct xset *to) MUST_CHECK;

/* compare.c: XPath 1.0 section 3.4, and dates. */
int xcompare(struct xrun *r, enum token_kind op, const struct xslot *a, const struct xslot *b, bool *out) MUST_CHECK;

/* What a function sees. */
struct xcall {
	struct xrun *run;
	const struct xexpr *expr;
	const struct xpath_context *context;
};

/* Argument `i`, under way: for functions that need no copy of it. `v` is filled on success. */
int xcall_slot(struct xcall *call, size_t i, struct xslot *v) MUST_CHECK;
/* The same when there is one, else the context node. */
int xcall_slot_or_context(struct xcall *call, size_t i, struct xslot *v) MUST_CHECK;
int xcall_string_or_context(struct xcall *call, size_t i, struct buf *out) MUST_CHECK;

#endif
