/*
 * eval: evaluates a parsed expression. The walk over its tree is recursive, as deep as the parser allowed it to be. Each visit of a node
 * and each call costs a step of the budget.
 */
#include "proto/form/xpath/eval.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/xpath/xplan.h"

int xrun_charge(struct xrun *r, uint64_t steps)
{
	if (steps > r->steps_left) {
		r->steps_left = 0;
		return err_set(ERR_LIMIT, "an expression takes more than its budget of steps");
	}
	r->steps_left -= steps;
	return 0;
}

void xrun_drain(struct xrun *r, uint64_t steps)
{
	r->steps_left -= steps < r->steps_left ? steps : r->steps_left;
}

static void give_boolean(struct xslot *v, bool b)
{
	v->type = XPATH_BOOLEAN;
	v->boolean = b;
}

static void give_number(struct xslot *v, double d)
{
	v->type = XPATH_NUMBER;
	v->number = d;
}

int xeval_boolean(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, bool *out)
{
	struct xslot v;
	int rc = xeval(r, e, c, &v);

	*out = false;
	if (rc != 0)
		return rc;
	*out = xslot_boolean(&v);
	xslot_fini(&v);
	return 0;
}

int xeval_number(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, double *out)
{
	struct xslot v;
	int rc = xeval(r, e, c, &v);

	*out = (double)NAN;
	if (rc != 0)
		return rc;
	*out = xslot_number(r, &v);
	xslot_fini(&v);
	return 0;
}

/* `or` and `and`: the rest is not looked at once the answer is known. */
static int eval_logic(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, struct xslot *v)
{
	bool ends_it = e->kind == XEXPR_OR;
	bool b = !ends_it;
	int rc = 0;

	for (const struct xexpr *o = e->first; o && rc == 0 && b != ends_it; o = o->next)
		rc = xeval_boolean(r, o, c, &b);
	give_boolean(v, b);
	return rc;
}

static int eval_compare(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, struct xslot *v)
{
	struct xslot left, right;
	bool b = false;
	int rc = xeval(r, e->first, c, &left);

	for (const struct xexpr *o = e->first->next; o && rc == 0; o = o->next) {
		rc = xeval(r, o, c, &right);
		if (rc == 0) {
			rc = xcompare(r, o->op, &left, &right, &b);
			xslot_fini(&right);
		}
		xslot_fini(&left);
		give_boolean(&left, b);
	}
	give_boolean(v, b);
	return rc;
}

static double calculate(enum token_kind op, double a, double b)
{
	if (op == TOKEN_PLUS)
		return a + b;
	if (op == TOKEN_MINUS)
		return a - b;
	if (op == TOKEN_MULTIPLY)
		return a * b;
	return op == TOKEN_DIV ? a / b : fmod(a, b);
}

static int eval_arithmetic(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, struct xslot *v)
{
	double sum, d;
	int rc = xeval_number(r, e->first, c, &sum);

	for (const struct xexpr *o = e->first->next; o && rc == 0; o = o->next) {
		rc = xeval_number(r, o, c, &d);
		sum = calculate(o->op, sum, d);
	}
	give_number(v, sum);
	return rc;
}

static int eval_negate(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, struct xslot *v)
{
	double d;
	int rc = xeval_number(r, e->first, c, &d);

	give_number(v, e->is_odd ? -d : d);
	return rc;
}

static int not_nodes(void)
{
	return err_set(ERR_USAGE, "an expression: a value where nodes of the form were expected");
}

static int eval_union(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, struct xslot *v)
{
	struct xslot part;
	int rc = 0;

	v->type = XPATH_NODESET;
	xset_init(&v->set);
	for (const struct xexpr *o = e->first; o && rc == 0; o = o->next) {
		rc = xeval(r, o, c, &part);
		if (rc != 0)
			break;
		rc = part.type == XPATH_NODESET ? xset_add_all(&v->set, part.set.at, part.set.count) : not_nodes();
		xslot_fini(&part);
	}
	if (rc == 0)
		rc = xrun_charge(r, v->set.count);
	if (rc == 0)
		xset_sort(&v->set);
	else
		xset_fini(&v->set);
	return rc;
}

/* Where a path begins. */
static int begin_path(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, struct xslot *v)
{
	int rc;

	if (e->first && !xplan_calls(e->first, "current")) {
		rc = xeval(r, e->first, c, v);
		if (rc != 0 || v->type == XPATH_NODESET)
			return rc;
		xslot_fini(v);
		return not_nodes();
	}
	v->type = XPATH_NODESET;
	xset_init(&v->set);
	if (e->is_absolute)
		return xset_add(&v->set, r->top);
	return xset_add(&v->set, e->first && c->current ? c->current : c->node);
}

static int eval_path(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, struct xslot *v)
{
	int rc = begin_path(r, e, c, v);
	struct xset next;

	if (rc != 0)
		return rc;
	xset_init(&next);
	for (const struct xstep *s = e->steps; s && rc == 0 && v->set.count > 0; s = s->next) {
		rc = xstep_walk(r, s, &v->set, c, &next);
		xset_move(&v->set, &next);
	}
	if (rc != 0)
		xset_fini(&v->set);
	return rc;
}

/* Take over what a function gave. */
static void take_value(struct xslot *v, struct xpath_value *from)
{
	v->type = from->type;
	v->boolean = from->boolean;
	v->number = from->number;
	if (from->type == XPATH_STRING) {
		v->owned = from->string;
		v->text = from->string ? from->string : "";
	} else {
		free(from->string);
	}
	if (from->type != XPATH_NODESET) {
		free(from->nodes);
		return;
	}
	xset_init(&v->set);
	if (from->nodes) {
		v->set.at = from->nodes;
		v->set.count = v->set.cap = from->node_count;
	}
}

static int eval_call(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, struct xslot *v)
{
	struct xcall call = { .run = r, .expr = e, .context = c };
	struct xpath_value given = { .type = XPATH_BOOLEAN };
	int rc = xrun_charge(r, 1);

	if (rc == 0)
		rc = e->function->call(&call, &given);
	if (rc != 0) {
		xpath_value_fini(&given);
		return rc;
	}
	take_value(v, &given);
	if (v->type == XPATH_STRING)
		xrun_drain(r, strlen(v->text) / XRUN_STEP_BYTES);
	return 0;
}

int xeval(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, struct xslot *v)
{
	switch (e->kind) {
	case XEXPR_OR:
	case XEXPR_AND:
		return eval_logic(r, e, c, v);
	case XEXPR_COMPARE:
		return eval_compare(r, e, c, v);
	case XEXPR_ARITHMETIC:
		return eval_arithmetic(r, e, c, v);
	case XEXPR_NEGATE:
		return eval_negate(r, e, c, v);
	case XEXPR_UNION:
		return eval_union(r, e, c, v);
	case XEXPR_NUMBER:
		give_number(v, e->number);
		return 0;
	case XEXPR_STRING:
		v->type = XPATH_STRING;
		v->text = e->text;
		v->owned = NULL;
		return 0;
	case XEXPR_CALL:
		return eval_call(r, e, c, v);
	case XEXPR_PATH:
		return eval_path(r, e, c, v);
	}
	return not_nodes();
}

/* ---- for callers outside ---- */

static void begin_run(struct xrun *r, const struct xpath_context *c)
{
	assert(c->world);
	assert(c->node);
	r->world = c->world;
	r->top = xnode_top(c->current ? c->current : c->node);
	r->steps_left = c->world->steps_max ? c->world->steps_max : XPATH_STEPS_MAX;
	if (c->world->steps_left && *c->world->steps_left < r->steps_left)
		r->steps_left = *c->world->steps_left;
	r->tz_minutes = c->world->tz_minutes;
}

/* The whole evaluation, with current() settled. */
static int run(const struct xpath *x, const struct xpath_context *c, struct xrun *r, struct xslot *v)
{
	struct xpath_context own = *c;
	uint64_t given;
	int rc;

	begin_run(r, c);
	given = r->steps_left;
	if (!own.current)
		own.current = own.node;
	rc = xeval(r, x->top, &own, v);
	if (c->world->steps_left)
		*c->world->steps_left -= given - r->steps_left;
	return rc;
}

int xpath_evaluate(const struct xpath *x, const struct xpath_context *c, struct xpath_value *out)
{
	struct xslot v;
	struct xrun r;
	int rc = run(x, c, &r, &v);

	*out = (struct xpath_value){ 0 };
	if (rc != 0)
		return rc;
	return xslot_hand_out(&v, out);
}

int xpath_boolean(const struct xpath *x, const struct xpath_context *c, bool *out)
{
	struct xslot v;
	struct xrun r;
	int rc = run(x, c, &r, &v);

	*out = false;
	if (rc != 0)
		return rc;
	*out = xslot_boolean(&v);
	xslot_fini(&v);
	return 0;
}

int xpath_number(const struct xpath *x, const struct xpath_context *c, double *out)
{
	struct xslot v;
	struct xrun r;
	int rc = run(x, c, &r, &v);

	*out = (double)NAN;
	if (rc != 0)
		return rc;
	*out = xslot_number(&r, &v);
	xslot_fini(&v);
	return 0;
}

int xpath_string(const struct xpath *x, const struct xpath_context *c, struct buf *out)
{
	struct xslot v;
	struct xrun r;
	int rc = run(x, c, &r, &v);

	return rc != 0 ? rc : xslot_put(&r, &v, out);
}
