/*
 * function_tree: the functions that lead to nodes: current(), instance(), indexed-repeat(), and pulldata(), which looks into a list. Their
 * table is in function_odk.c.
 */
#include "proto/form/xpath/function_odk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/xpath/argument.h"
#include "proto/form/xpath/index.h"

#define PAIRS_MAX (XFUNCTION_ARGUMENTS_MAX / 2)

/* A nodeset of `n` alone, or of nothing when it is NULL. */
static int return_node(struct xpath_value *out, const struct xnode *n)
{
	struct xpath_value v = { .type = XPATH_NODESET };

	if (n != NULL) {
		v.nodes = malloc(sizeof(const struct xnode *));
		if (v.nodes == NULL)
			return err_set(ERR_NOMEM, "expression: no memory");
		v.nodes[0] = n;
		v.node_count = 1;
	}
	*out = v;
	return 0;
}

int function_tree_current(struct xcall *call, struct xpath_value *out)
{
	const struct xpath_context *c = xcall_context(call);

	return return_node(out, c->current != NULL ? c->current : c->node);
}

static int find_instance(struct xcall *call, const struct xnode **top)
{
	const struct xpath_world *w = xcall_context(call)->world;
	struct buf name;
	int rc;

	*top = NULL;
	rc = argument_text(call, 0, &name);
	if (rc != 0)
		return rc;
	if (w->instance != NULL)
		*top = w->instance(w->ctx, buf_string(&name));
	buf_fini(&name);
	return 0;
}

int function_tree_instance(struct xcall *call, struct xpath_value *out)
{
	const struct xnode *top;
	int rc;

	rc = find_instance(call, &top);
	return rc != 0 ? rc : return_node(out, top);
}

/* ---- indexed-repeat(target, repeat1, index1, repeat2, index2, ...) ---- */

struct pair {
	struct xpath_value repeats;  /* all that the path names */
	double index;                /* from 1 */
	size_t depth;                /* of the repeats in their tree */
};

static size_t depth_of(const struct xnode *n)
{
	size_t depth = 0;

	for (; n != NULL; n = n->parent)
		depth++;
	return depth;
}

/* Whether `n` lies below `above`; every node lies below NULL. */
static bool is_below(const struct xnode *n, const struct xnode *above)
{
	if (above == NULL)
		return true;
	for (n = n->parent; n != NULL; n = n->parent)
		if (n == above)
			return true;
	return false;
}

/* Into the order of depth: the pairs may be given in any order. */
static void insert_pair(struct pair *pairs, size_t count, const struct pair *p)
{
	size_t at = count;

	for (; at > 0 && pairs[at - 1].depth > p->depth; at--)
		pairs[at] = pairs[at - 1];
	pairs[at] = *p;
}

static int read_pairs(struct xcall *call, struct pair *pairs, size_t *count)
{
	struct pair p;
	int rc;

	for (size_t i = 1; i + 1 < xcall_count(call); i += 2) {
		rc = xcall_number(call, i + 1, &p.index);
		if (rc == 0)
			rc = xcall_nodes(call, i, &p.repeats);
		if (rc != 0)
			return rc;
		p.depth = p.repeats.node_count > 0 ? depth_of(p.repeats.nodes[0]) : 0;
		insert_pair(pairs, (*count)++, &p);
	}
	return 0;
}

/* The repeat that the pairs lead to; NULL when there is none. */
static int follow_pairs(struct xcall *call, const struct pair *pairs, size_t count, const struct xnode **out)
{
	const struct xnode *at = NULL;
	int rc;

	for (size_t i = 0; i < count; i++) {
		const struct xnode *next = NULL;
		double seen = 0;

		rc = xcall_charge(call, pairs[i].repeats.node_count);
		if (rc != 0)
			return rc;
		for (size_t k = 0; next == NULL && k < pairs[i].repeats.node_count; k++)
			if (is_below(pairs[i].repeats.nodes[k], at) && ++seen == pairs[i].index)
				next = pairs[i].repeats.nodes[k];
		at = next;
		if (at == NULL)
			break;
	}
	*out = at;
	return 0;
}

static int find_repeat(struct xcall *call, const struct xnode **out)
{
	struct pair pairs[PAIRS_MAX];
	size_t count = 0;
	int rc;

	*out = NULL;
	if (xcall_count(call) % 2 == 0)
		return err_set(ERR_USAGE, "indexed-repeat: a repeat has no index");
	rc = read_pairs(call, pairs, &count);
	if (rc == 0)
		rc = follow_pairs(call, pairs, count, out);
	for (size_t i = 0; i < count; i++)
		xpath_value_fini(&pairs[i].repeats);
	return rc;
}

int function_tree_indexed_repeat(struct xcall *call, struct xpath_value *out)
{
	const struct xnode *repeat;
	struct xpath_value target;
	size_t kept = 0;
	int rc;

	rc = find_repeat(call, &repeat);
	if (rc != 0)
		return rc;
	if (repeat == NULL)
		return return_node(out, NULL);
	rc = xcall_nodes(call, 0, &target);
	if (rc != 0)
		return rc;
	rc = xcall_charge(call, target.node_count);
	if (rc != 0) {
		xpath_value_fini(&target);
		return rc;
	}
	for (size_t i = 0; i < target.node_count; i++)
		if (is_below(target.nodes[i], repeat))
			target.nodes[kept++] = target.nodes[i];
	target.node_count = kept;
	*out = target;
	return 0;
}

/* ---- pulldata('list', 'column', 'key column', key) ---- */

static const struct xnode *child_named(const struct xnode *n, const char *name)
{
	for (const struct xnode *c = n->first_child; c != NULL; c = c->next)
		if (c->kind == XNODE_ELEMENT && strcmp(c->local, name) == 0)
			return c;
	return NULL;
}

static int is_text(const struct xnode *n, const char *text, bool *out)
{
	const char *own = xnode_text(n);
	struct buf built;
	int rc;

	if (own != NULL) {
		*out = strcmp(own, text) == 0;
		return 0;
	}
	buf_init(&built, XPATH_STRING_BYTES_MAX);
	xnode_string(n, &built);
	*out = strcmp(buf_string(&built), text) == 0;
	rc = buf_error(&built);
	buf_fini(&built);
	return rc;
}

/* One item after the other: for short lists, and where items differ in their columns. */
static int walk_items(struct xcall *call, const struct xnode *root, const char *key, const char *text, const struct xnode **found)
{
	bool is_it = false;
	int rc;

	for (const struct xnode *n = root->first_child; n != NULL; n = n->next) {
		const struct xnode *column = n->kind == XNODE_ELEMENT ? child_named(n, key) : NULL;

		rc = xcall_charge(call, 1);
		if (rc == 0 && column != NULL)
			rc = is_text(column, text, &is_it);
		if (rc != 0)
			return rc;
		if (is_it) {
			*found = n;
			return 0;
		}
	}
	return 0;
}

static int find_item(struct xcall *call, const struct xnode *top, const char *key, const char *text, const struct xnode **found)
{
	const struct xnode *root = top;
	const struct xnode *first;
	const struct xnode *column;
	struct xindex_search search;
	size_t made;
	int rc;

	*found = NULL;
	while (root != NULL && (root->kind != XNODE_ELEMENT || strcmp(root->local, "root") != 0))
		root = root->first_child;
	if (root == NULL)
		return 0;
	first = child_named(root, "item");
	column = first != NULL ? child_named(first, key) : NULL;
	if (column == NULL || !xindex_is_worth(root))
		return walk_items(call, root, key, text, found);
	rc = xindex_find(root, first->name, column->name, text, &search, &made);
	if (rc == 0)
		rc = xcall_charge(call, made + 1);
	if (rc == 0)
		*found = xindex_next(&search);
	return rc;
}

int function_tree_pulldata(struct xcall *call, struct xpath_value *out)
{
	const struct xnode *top;
	const struct xnode *item = NULL;
	const struct xnode *column;
	struct buf text[3] = { 0 };
	struct buf value;
	int rc;

	rc = find_instance(call, &top);
	for (size_t i = 0; rc == 0 && i < 3; i++)
		rc = argument_text(call, i + 1, &text[i]);
	if (rc == 0 && top != NULL && text[2].len > 0)
		rc = find_item(call, top, buf_string(&text[1]), buf_string(&text[2]), &item);
	buf_init(&value, XPATH_STRING_BYTES_MAX);
	column = rc == 0 && item != NULL ? child_named(item, buf_string(&text[0])) : NULL;
	if (column != NULL)
		xnode_string(column, &value);
	for (size_t i = 0; i < 3; i++)
		buf_fini(&text[i]);
	return rc != 0 ? rc : xreturn_buf(out, &value);
}
