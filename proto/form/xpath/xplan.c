/*
 * xplan: see xplan.h.
 *
 * An index (index.h) serves a step such as item[district = /data/district and ...] when the tree is one that instance() gave, since others
 * change while they are looked at, and when the other side is the same for every item. The whole predicate is still asked of each item
 * found, so the index need not understand more of it than that one equality, nor get the types of comparisons right.
 */
#include "proto/form/xpath/xplan.h"

#include <string.h>

#define FIXED_DEPTH_MAX 16 /* deeper expressions are simply not planned */

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++) {
		if (strcmp(name, *list) == 0)
			return true;
	}
	return false;
}

bool xplan_calls(const struct xexpr *e, const char *name)
{
	return e && e->kind == XEXPR_CALL && strcmp(e->function->name, name) == 0;
}

static bool is_fixed(const struct xexpr *e, size_t depth);

/* Functions that look at the context node or give something else each time. */
static bool is_call_fixed(const struct xexpr *e, size_t depth)
{
	static const char *const moody[] = { "once", "random", "randomize", "uuid", "lang", "indexed-repeat", "jr:choice-name",
		"position", NULL };
	static const char *const still[] = { "current", "today", "now", "true", "false", "pi", NULL };

	if (e->argument_count == 0)
		return is_one_of(e->function->name, still);
	if (is_one_of(e->function->name, moody))
		return false;
	for (const struct xexpr *a = e->first; a; a = a->next) {
		if (!is_fixed(a, depth))
			return false;
	}
	return true;
}

/* Whether `e` has the same value for every item of a list: what is relative inside it is relative to something fixed. */
static bool is_fixed(const struct xexpr *e, size_t depth)
{
	if (depth == 0)
		return false;
	switch (e->kind) {
	case XEXPR_NUMBER:
	case XEXPR_STRING:
		return true;
	case XEXPR_CALL:
		return is_call_fixed(e, depth - 1);
	case XEXPR_PATH:
		return e->is_absolute || (e->first && is_fixed(e->first, depth - 1));
	case XEXPR_OR:
	case XEXPR_AND:
	case XEXPR_COMPARE:
	case XEXPR_ARITHMETIC:
	case XEXPR_NEGATE:
	case XEXPR_UNION:
		break;
	}
	for (const struct xexpr *o = e->first; o; o = o->next) {
		if (!is_fixed(o, depth - 1))
			return false;
	}
	return true;
}

/* The name that `e` asks a child of the context node by; NULL when it is anything else. */
static const char *child_name(const struct xexpr *e)
{
	const struct xstep *s = e->kind == XEXPR_PATH && !e->first && !e->is_absolute ? e->steps : NULL;

	if (!s || s->next || s->predicates || s->axis != XAXIS_CHILD || s->test != XTEST_NAME || s->space)
		return NULL;
	return s->name;
}

static bool plan_equality(struct xstep *s, const struct xexpr *e)
{
	struct xexpr *left = e->kind == XEXPR_COMPARE ? e->first : NULL;
	struct xexpr *right = left ? left->next : NULL;

	if (!right || right->next || right->op != TOKEN_EQUAL)
		return false;
	if (child_name(left) && is_fixed(right, FIXED_DEPTH_MAX)) {
		s->key_name = child_name(left);
		s->key_value = right;
	} else if (child_name(right) && is_fixed(left, FIXED_DEPTH_MAX)) {
		s->key_name = child_name(right);
		s->key_value = left;
	}
	return s->key_value;
}

/* position() and last() of the predicate itself or of one inside: the latter are harmless, but too rare to be told apart. */
static bool asks_position(const struct xexpr *e, size_t depth)
{
	if (depth == 0 || xplan_calls(e, "position") || xplan_calls(e, "last"))
		return true;
	for (const struct xexpr *o = e->first; o; o = e->kind == XEXPR_PATH ? NULL : o->next) {
		if (asks_position(o, depth - 1))
			return true;
	}
	return false;
}

static void plan_step(struct xstep *s)
{
	const struct xexpr *e = s->predicates ? s->predicates->expr : NULL;

	if (!e || s->axis != XAXIS_CHILD || s->test != XTEST_NAME || s->space)
		return;
	if (e->kind != XEXPR_AND) {
		plan_equality(s, e);
		return;
	}
	for (const struct xexpr *o = e->first; o; o = o->next) {
		if (asks_position(o, FIXED_DEPTH_MAX))
			return;
	}
	for (const struct xexpr *o = e->first; o && !plan_equality(s, o); o = o->next)
		;
}

void xplan_path(struct xexpr *path)
{
	if (!xplan_calls(path->first, "instance"))
		return;
	for (struct xstep *s = path->steps; s; s = s->next)
		plan_step(s);
}
