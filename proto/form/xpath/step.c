/*
 * step: one step of a path: an axis, a test of nodes, predicates (XPath 1.0 section 2). Patterns of empty repeats are never seen.
 *
 * The question of a form keeps its answer in the element itself (xnode.value), not in a text below it: text() of such an element
 * gives the element, whose string value is the same.
 */
#include <string.h>

#include "proto/form/xpath/eval.h"
#include "proto/form/xpath/index.h"
#include "proto/form/xpath/xdate.h"

/* ---- tests ---- */

static bool has_prefix(const struct xnode *n, const struct xstep *s)
{
	size_t len = strlen(s->name);

	if (s->space && n->space == s->space)
		return true;
	return n->name && strncmp(n->name, s->name, len) == 0 && n->name[len] == ':';
}

static bool is_named(const struct xnode *n, const struct xstep *s)
{
	if (n->name == s->name)
		return !n->space || n->space != s->not_space;
	return s->space && n->local == s->local && n->space == s->space;
}

static bool passes(const struct xnode *n, const struct xstep *s)
{
	enum xnode_kind principal = s->axis == XAXIS_ATTRIBUTE ? XNODE_ATTRIBUTE : XNODE_ELEMENT;

	switch (s->test) {
	case XTEST_NAME:
		return n->kind == principal && is_named(n, s);
	case XTEST_ANY:
		return n->kind == principal;
	case XTEST_PREFIX:
		return n->kind == principal && has_prefix(n, s);
	case XTEST_NODE:
		return true;
	case XTEST_TEXT:
		return n->kind == XNODE_TEXT;
	case XTEST_COMMENT:
		return n->kind == XNODE_COMMENT;
	case XTEST_INSTRUCTION:
		return n->kind == XNODE_INSTRUCTION && (!s->name || n->name == s->name);
	}
	return false;
}

/* ---- axes ---- */

/* What a walk along an axis carries: `rc` is sticky. */
struct walk {
	const struct xstep *step;
	struct xset *to;
	uint64_t seen;
	int rc;
};

static void see(struct walk *w, const struct xnode *n)
{
	w->seen++;
	if (w->rc == 0 && passes(n, w->step))
		w->rc = xset_add(w->to, n);
}

/* The children of one name, by the search tree. */
static void see_named(struct walk *w, const struct xnode *n)
{
	for (n = xnode_named(n, w->step->name); n && w->rc == 0; n = n->alike) {
		if (!n->is_template)
			see(w, n);
	}
}

static void see_children(struct walk *w, const struct xnode *n)
{
	const struct xstep *s = w->step;

	if (n->by_name && s->test == XTEST_NAME && !s->space) {
		see_named(w, n);
		return;
	}

	if (s->test == XTEST_TEXT && !n->first_child && n->kind == XNODE_ELEMENT && n->value && *n->value && w->rc == 0)
		w->rc = xset_add(w->to, n);
	for (const struct xnode *k = n->first_child; k && w->rc == 0; k = k->next) {
		w->seen++;
		if ((s->test != XTEST_NAME || s->space || k->name == s->name) && !k->is_template && passes(k, s))
			w->rc = xset_add(w->to, k);
	}
}

/* `top` itself too when `with_top`. */
static void see_below(struct walk *w, const struct xnode *top, bool with_top)
{
	const struct xnode *n = with_top ? top : xnode_after(top, top);

	while (n && w->rc == 0) {
		if (n->is_template && n != top) {
			n = xnode_behind(n, top);
		} else {
			see(w, n);
			n = xnode_after(n, top);
		}
	}
}

static void see_above(struct walk *w, const struct xnode *n)
{
	for (; n && w->rc == 0; n = n->parent)
		see(w, n);
}

static void see_siblings(struct walk *w, const struct xnode *n, bool is_forward)
{
	if (n->kind == XNODE_ATTRIBUTE)
		return;
	for (n = is_forward ? n->next : n->previous; n && w->rc == 0; n = is_forward ? n->next : n->previous) {
		if (!n->is_template)
			see(w, n);
	}
}

static void see_following(struct walk *w, const struct xnode *n)
{
	if (n->kind == XNODE_ATTRIBUTE) {
		n = n->parent;
		if (n)
			see_below(w, n, false);
	}
	for (; n; n = n->parent) {
		for (const struct xnode *s = n->next; s && w->rc == 0; s = s->next) {
			if (!s->is_template)
				see_below(w, s, true);
		}
	}
}

/* The nearest first. */
static void see_preceding(struct walk *w, const struct xnode *n)
{
	for (n = n->kind == XNODE_ATTRIBUTE ? n->parent : n; n; n = n->parent) {
		for (const struct xnode *s = n->previous; s && w->rc == 0; s = s->previous) {
			size_t from = w->to->count;

			if (s->is_template)
				continue;
			see_below(w, s, true);
			xset_reverse(w->to, from);
		}
	}
}

static void see_attributes(struct walk *w, const struct xnode *n)
{
	for (const struct xnode *a = n->first_attribute; a && w->rc == 0; a = a->next)
		see(w, a);
}

int xstep_reach(struct xrun *r, const struct xstep *s, const struct xnode *n, struct xset *to)
{
	struct walk w = { .step = s, .to = to, .seen = 1 };

	switch (s->axis) {
	case XAXIS_CHILD:
		see_children(&w, n);
		break;
	case XAXIS_DESCENDANT:
	case XAXIS_DESCENDANT_OR_SELF:
		see_below(&w, n, s->axis == XAXIS_DESCENDANT_OR_SELF);
		break;
	case XAXIS_PARENT:
		if (n->parent)
			see(&w, n->parent);
		break;
	case XAXIS_ANCESTOR:
	case XAXIS_ANCESTOR_OR_SELF:
		see_above(&w, s->axis == XAXIS_ANCESTOR ? n->parent : n);
		break;
	case XAXIS_FOLLOWING_SIBLING:
	case XAXIS_PRECEDING_SIBLING:
		see_siblings(&w, n, s->axis == XAXIS_FOLLOWING_SIBLING);
		break;
	case XAXIS_FOLLOWING:
		see_following(&w, n);
		break;
	case XAXIS_PRECEDING:
		see_preceding(&w, n);
		break;
	case XAXIS_ATTRIBUTE:
		see_attributes(&w, n);
		break;
	case XAXIS_SELF:
	case XAXIS_FILTER:
		see(&w, n);
		break;
	}
	return w.rc != 0 ? w.rc : xrun_charge(r, w.seen);
}

/* ---- predicates ---- */

/* Whether the predicate holds for the node of `c`: a number asks for a position. */
static int holds(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, bool *out)
{
	struct xslot v;
	int rc;

	if (e->kind != XEXPR_CALL && e->kind != XEXPR_PATH && e->kind != XEXPR_NUMBER && e->kind != XEXPR_ARITHMETIC &&
	    e->kind != XEXPR_NEGATE)
		return xeval_boolean(r, e, c, out);
	rc = xeval(r, e, c, &v);
	if (rc != 0)
		return rc;
	*out = v.type == XPATH_NUMBER ? v.number == (double)c->position : xslot_boolean(&v);
	xslot_fini(&v);
	return 0;
}

/* [3] and the like: the place is known. */
static void pick(double place, struct xset *s)
{
	size_t i = place >= 1 && place <= (double)s->count ? (size_t)place : 0;

	if (i > 0 && (double)i == place)
		s->at[0] = s->at[i - 1];
	s->count = i > 0 && (double)i == place;
}

/* Keep those of `s` for which the predicate holds; their order is that of the axis. */
static int filter(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, struct xset *s)
{
	struct xpath_context inner = { .world = c->world, .current = c->current, .size = s->count };
	size_t kept = 0;

	if (e->kind == XEXPR_NUMBER) {
		pick(e->number, s);
		return 0;
	}
	for (size_t i = 0; i < s->count; i++) {
		bool is_kept = false;
		int rc;

		inner.node = s->at[i];
		inner.position = i + 1;
		rc = holds(r, e, &inner, &is_kept);
		if (rc == 0)
			rc = xrun_charge(r, 1);
		if (rc != 0)
			return rc;
		if (is_kept)
			s->at[kept++] = s->at[i];
	}
	s->count = kept;
	return 0;
}

static int filter_all(struct xrun *r, const struct xstep *s, const struct xpath_context *c, struct xset *set)
{
	int rc = 0;

	for (const struct xpredicate *q = s->predicates; q && rc == 0; q = q->next)
		rc = filter(r, q->expr, c, set);
	return rc;
}

/* ---- long lists ---- */

/* The one text that a key must be; NULL: it is no text, or one that other texts may equal (dates). */
static const char *key_text(struct xrun *r, const struct xslot *v, struct buf *scratch)
{
	const char *text = NULL;
	struct xdate d;

	if (v->type == XPATH_STRING || (v->type == XPATH_NODESET && v->set.count == 1))
		text = xslot_text(r, v, scratch);
	return text && !xdate_read(text, 0, &d) ? text : NULL;
}

static int take_hits(struct xrun *r, struct xindex_search *found, struct xset *to)
{
	const struct xnode *n;
	int rc = 0;

	while (rc == 0 && (n = xindex_next(found)) != NULL) {
		rc = xset_add(to, n);
		if (rc == 0)
			rc = xrun_charge(r, 1);
	}
	return rc;
}

/* Through the index when there is one for this step and this parent; otherwise `*was_found` is false and nothing was added. */
static int reach_by_index(struct xrun *r, const struct xstep *s, const struct xnode *n, const struct xpath_context *c, struct xset *to,
			  bool *was_found)
{
	struct xindex_search found;
	struct buf scratch;
	struct xslot v;
	const char *text;
	size_t made = 0;
	int rc;

	*was_found = false;
	if (!s->key_value || !xindex_is_worth(n))
		return 0;
	rc = xeval(r, s->key_value, c, &v);
	if (rc != 0)
		return rc;
	buf_init(&scratch, XPATH_STRING_BYTES_MAX);
	text = key_text(r, &v, &scratch);
	if (text && buf_error(&scratch) == 0) {
		*was_found = true;
		rc = xindex_find(n, s->name, s->key_name, text, &found, &made);
		if (rc == 0)
			rc = xrun_charge(r, made);
		if (rc == 0)
			rc = take_hits(r, &found, to);
	}
	buf_fini(&scratch);
	xslot_fini(&v);
	return rc;
}

/* ---- the step ---- */

static int walk_filtered(struct xrun *r, const struct xstep *s, const struct xnode *n, const struct xpath_context *c, struct xset *to)
{
	struct xset near;
	bool was_found = false;
	int rc;

	xset_init(&near);
	rc = reach_by_index(r, s, n, c, &near, &was_found);
	if (rc == 0 && !was_found)
		rc = xstep_reach(r, s, n, &near);
	if (rc == 0)
		rc = filter_all(r, s, c, &near);
	if (rc == 0)
		rc = xset_add_all(to, near.at, near.count);
	xset_fini(&near);
	return rc;
}

int xstep_walk(struct xrun *r, const struct xstep *s, const struct xset *from, const struct xpath_context *c, struct xset *to)
{
	int rc = 0;

	if (s->axis == XAXIS_FILTER) {
		rc = xset_add_all(to, from->at, from->count);
		return rc != 0 ? rc : filter_all(r, s, c, to);
	}
	for (size_t i = 0; i < from->count && rc == 0; i++) {
		if (s->predicates)
			rc = walk_filtered(r, s, from->at[i], c, to);
		else
			rc = xstep_reach(r, s, from->at[i], to);
	}
	if (rc == 0)
		xset_sort(to);
	return rc;
}
