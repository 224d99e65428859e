/*
 * index: finds the items of a long list by what one of their children says, for predicates like item[district = ...] over thousands of
 * choices. Inside proto/form/xpath, and for functions that look into lists (pulldata()).
 *
 * An index is made on demand and kept at the parent of the items (xnode.index), where xnode_index_free() drops it. It does not notice
 * that values change: it is used for the trees of instance() only, which their owner changes as a whole. A tree with indexes belongs to
 * one thread.
 */
#ifndef PROTO_FORM_XPATH_INDEX_H
#define PROTO_FORM_XPATH_INDEX_H

#include "proto/form/xpath/node.h"

#define XINDEX_CHILDREN_LEAST 24 /* a shorter list is walked faster */

struct xindex;

/* A search: what is still to be seen of one bucket. Borrows the index and the text. */
struct xindex_search {
	const struct xindex *index;
	const char *text;
	uint64_t hash;
	size_t at;
	size_t end;
	const struct xnode *last; /* the item given last */
};

/* Whether `parent` has enough children to be worth an index. */
bool xindex_is_worth(const struct xnode *parent);

/*
 * Begin to look for the children of `parent` named `item` (interned) that have a child named `key` (interned) whose string value is
 * exactly `text`. Makes the index when it is not there: `*made` is then the number of items looked at, otherwise 0. ERR_NOMEM.
 */
int xindex_find(const struct xnode *parent, const char *item, const char *key, const char *text, struct xindex_search *s,
		size_t *made) MUST_CHECK;

/* The next item found, in document order, none twice; NULL: no more. */
const struct xnode *xindex_next(struct xindex_search *s);

void xindex_free(struct xindex *x);

#endif
