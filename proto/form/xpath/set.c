/*
 * set: sets of nodes under way (struct xset in eval.h): a few inside the struct, more in memory that doubles.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/form/xpath/eval.h"

void xset_init(struct xset *s)
{
	s->at = s->few;
	s->count = 0;
	s->cap = XSET_INLINE;
}

void xset_fini(struct xset *s)
{
	if (s->at != s->few)
		free(s->at);
	xset_init(s);
}

static int grow(struct xset *s, size_t more)
{
	const struct xnode **wider;
	size_t cap = s->cap > 0 ? s->cap : XSET_INLINE;

	if (more > XPATH_NODES_MAX - s->count)
		return err_set(ERR_LIMIT, "an expression: more than %d nodes at once", XPATH_NODES_MAX);
	while (cap - s->count < more)
		cap *= 2;
	wider = realloc(s->at == s->few ? NULL : s->at, cap * sizeof *wider);
	if (!wider)
		return err_set(ERR_NOMEM, "no memory for %zu nodes", cap);
	if (s->at == s->few)
		memcpy(wider, s->few, s->count * sizeof *wider);
	s->at = wider;
	s->cap = cap;
	return 0;
}

int xset_add(struct xset *s, const struct xnode *n)
{
	if (s->count == s->cap) {
		int rc = grow(s, 1);

		if (rc != 0)
			return rc;
	}
	s->at[s->count++] = n;
	return 0;
}

int xset_add_all(struct xset *s, const struct xnode *const *nodes, size_t count)
{
	if (s->cap - s->count < count) {
		int rc = grow(s, count);

		if (rc != 0)
			return rc;
	}
	if (count > 0)
		memcpy(s->at + s->count, nodes, count * sizeof *nodes);
	s->count += count;
	return 0;
}

void xset_move(struct xset *to, struct xset *from)
{
	xset_fini(to);
	if (from->at == from->few) {
		memcpy(to->few, from->few, from->count * sizeof *to->few);
	} else {
		to->at = from->at;
		to->cap = from->cap;
	}
	to->count = from->count;
	xset_init(from);
}

static int compare_order(const void *a, const void *b)
{
	const struct xnode *x = *(const struct xnode *const *)a;
	const struct xnode *y = *(const struct xnode *const *)b;

	return (x->order > y->order) - (x->order < y->order);
}

void xset_sort(struct xset *s)
{
	size_t kept = 1;

	for (size_t i = 1; i < s->count && s->at[i - 1]->order < s->at[i]->order; i++)
		kept++;
	if (kept >= s->count)
		return;
	qsort(s->at, s->count, sizeof *s->at, compare_order);
	kept = 1;
	for (size_t i = 1; i < s->count; i++) {
		if (s->at[i] != s->at[kept - 1])
			s->at[kept++] = s->at[i];
	}
	s->count = kept;
}

void xset_reverse(struct xset *s, size_t from)
{
	for (size_t i = from, j = s->count; i + 1 < j; i++) {
		const struct xnode *n = s->at[i];

		s->at[i] = s->at[--j];
		s->at[j] = n;
	}
}
