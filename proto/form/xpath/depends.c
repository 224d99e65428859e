/*
 * depends: what an expression is about, found without evaluating it: every predicate is taken to be true and every branch to be taken.
 *
 * Sets of nodes go through paths as a whole, so that a predicate is looked at once for all nodes it stands behind. The trees of instance()
 * count as no nodes at all; what their predicates say of the own tree (current(), absolute paths) is found all the same.
 */
#include <assert.h>
#include <string.h>

#include "proto/form/xpath/eval.h"
#include "proto/form/xpath/xplan.h"

struct search {
	struct xrun run;
	const struct xnode *current;
	xpath_visitor *visit;
	void *ctx;
};

static void visit_all(const struct search *s, const struct xset *set)
{
	for (size_t i = 0; i < set->count; i++)
		s->visit(s->ctx, set->at[i]);
}

/* The nodes that `e` could give go to `out`, those that it is about are visited; `from` are the nodes it may be asked of. */
static int search_expr(struct search *s, const struct xexpr *e, const struct xset *from, struct xset *out);

/* All operands or arguments; what they could give goes to `out`. */
static int search_parts(struct search *s, const struct xexpr *e, const struct xset *from, struct xset *out)
{
	int rc = 0;

	for (const struct xexpr *o = e->first; o && rc == 0; o = o->next)
		rc = search_expr(s, o, from, out);
	if (rc == 0)
		xset_sort(out);
	return rc;
}

/* The same where nothing comes out but a value. */
static int search_inside(struct search *s, const struct xexpr *e, const struct xset *from)
{
	struct xset ignored;
	int rc;

	xset_init(&ignored);
	rc = search_parts(s, e, from, &ignored);
	xset_fini(&ignored);
	return rc;
}

/* Without argument these read the context node. */
static bool reads_context(const struct xexpr *call)
{
	static const char *const readers[] = { "string", "number", "string-length", "normalize-space" };

	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
		if (call->argument_count == 0 && xplan_calls(call, readers[i]))
			return true;
	}
	return false;
}

static int search_call(struct search *s, const struct xexpr *e, const struct xset *from, struct xset *out)
{
	if (xplan_calls(e, "instance"))
		return search_inside(s, e, from);
	if (xplan_calls(e, "current")) {
		s->visit(s->ctx, s->current);
		return xset_add(out, s->current);
	}
	if (reads_context(e))
		visit_all(s, from);
	return search_parts(s, e, from, out);
}

static int begin_path(struct search *s, const struct xexpr *e, const struct xset *from, struct xset *out)
{
	if (e->is_absolute)
		return xset_add(out, s->run.top);
	if (xplan_calls(e->first, "current"))
		return xset_add(out, s->current);
	if (e->first)
		return search_expr(s, e->first, from, out);
	return xset_add_all(out, from->at, from->count);
}

static int search_predicates(struct search *s, const struct xstep *step, const struct xset *set)
{
	struct xset ignored;
	int rc = 0;

	xset_init(&ignored);
	for (const struct xpredicate *q = step->predicates; q && rc == 0; q = q->next) {
		rc = search_expr(s, q->expr, set, &ignored);
		ignored.count = 0;
	}
	xset_fini(&ignored);
	return rc;
}

static int search_path(struct search *s, const struct xexpr *e, const struct xset *from, struct xset *out)
{
	struct xset now, next;
	int rc;

	xset_init(&now);
	xset_init(&next);
	rc = begin_path(s, e, from, &now);
	for (const struct xstep *step = e->steps; step && rc == 0; step = step->next) {
		for (size_t i = 0; i < now.count && rc == 0; i++)
			rc = xstep_reach(&s->run, step, now.at[i], &next);
		xset_sort(&next);
		xset_move(&now, &next);
		if (rc == 0)
			rc = search_predicates(s, step, &now);
	}
	if (rc == 0) {
		visit_all(s, &now);
		rc = xset_add_all(out, now.at, now.count);
	}
	xset_fini(&now);
	xset_fini(&next);
	return rc;
}

static int search_expr(struct search *s, const struct xexpr *e, const struct xset *from, struct xset *out)
{
	switch (e->kind) {
	case XEXPR_NUMBER:
	case XEXPR_STRING:
		return 0;
	case XEXPR_OR:
	case XEXPR_AND:
	case XEXPR_COMPARE:
	case XEXPR_ARITHMETIC:
	case XEXPR_NEGATE:
		return search_inside(s, e, from);
	case XEXPR_UNION:
		return search_parts(s, e, from, out);
	case XEXPR_CALL:
		return search_call(s, e, from, out);
	case XEXPR_PATH:
		return search_path(s, e, from, out);
	}
	return 0;
}

int xpath_depends(const struct xpath *x, const struct xnode *context, xpath_visitor *visit, void *ctx)
{
	struct search s = { .current = context, .visit = visit, .ctx = ctx };
	struct xset from, out;
	int rc;

	assert(context);
	s.run.top = xnode_top(context);
	s.run.steps_left = XPATH_STEPS_MAX;
	xset_init(&from);
	xset_init(&out);
	rc = xset_add(&from, context);
	if (rc == 0)
		rc = search_expr(&s, x->top, &from, &out);
	xset_fini(&from);
	xset_fini(&out);
	return rc;
}

bool xpath_calls(const struct xpath *x, const char *const *names)
{
	for (const struct xexpr *call = x->calls; call; call = call->next_call) {
		for (const char *const *name = names; *name; name++) {
			if (xplan_calls(call, *name))
				return true;
		}
	}
	return false;
}

void xpath_instances(const struct xpath *x, xpath_name_visitor *visit, void *ctx)
{
	for (const struct xexpr *call = x->calls; call; call = call->next_call) {
		if ((xplan_calls(call, "instance") || xplan_calls(call, "pulldata")) && call->first && call->first->kind == XEXPR_STRING)
			visit(ctx, call->first->text);
	}
}

static void visit_bare_names(const struct xexpr *e, xpath_name_visitor *visit, void *ctx)
{
	const struct xstep *s = e->kind == XEXPR_PATH && !e->first && !e->is_absolute ? e->steps : NULL;

	if (s && s->axis == XAXIS_CHILD && s->test == XTEST_NAME)
		visit(ctx, s->name);
	for (const struct xexpr *o = e->first; o; o = e->kind == XEXPR_PATH ? NULL : o->next)
		visit_bare_names(o, visit, ctx);
}

void xpath_bare_names(const struct xpath *x, xpath_name_visitor *visit, void *ctx)
{
	visit_bare_names(x->top, visit, ctx);
}
