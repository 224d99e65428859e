/*
 * node: the tree that expressions are evaluated over: the instance of a case, the template of a form, a list of choices.
 *
 * A node is an open struct, so that the owner (the model) can lay thousands of them out in one arena. Names are interned: two nodes
 * of trees that share a table have the same name exactly when their pointers are equal, which is what makes a step cheap. All trees
 * and expressions that meet in one evaluation share one table.
 *
 * The string value (XPath 1.0 section 5) of a node with children is that of its descendants; of any other node it is `value`.
 * A node that is not relevant reads as empty, and so do its descendants, whatever `value` holds.
 */
#ifndef PROTO_FORM_XPATH_NODE_H
#define PROTO_FORM_XPATH_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

#define XNAMES_MAX 100000

/* Interned names. Belongs to one thread while it grows; read-only afterwards. */
struct xnames;

int xnames_new(struct xnames **out) MUST_CHECK;
void xnames_free(struct xnames *t);
/* The one pointer for this name, NUL-terminated, alive as long as the table. NULL for want of memory or above XNAMES_MAX. */
const char *xnames_add(struct xnames *t, const char *name, size_t len);
/* The same without adding: NULL when it is not there. Thread-safe on a table that does not grow. */
const char *xnames_find(const struct xnames *t, const char *name, size_t len);

enum xnode_kind { XNODE_DOCUMENT, XNODE_ELEMENT, XNODE_ATTRIBUTE, XNODE_TEXT, XNODE_COMMENT, XNODE_INSTRUCTION };

/* What a walk over children reads comes first, so that it lies in one line of the cache. */
struct xnode {
	enum xnode_kind kind;
	bool is_irrelevant;        /* reads as empty; set by the model */
	bool is_template;          /* not seen by expressions: an empty repeat's pattern */
	const char *name;          /* interned, with its prefix as written ("jr:template"); NULL for document, text, comment */
	struct xnode *next;        /* sibling */
	const char *value;         /* NUL-terminated UTF-8, borrowed; NULL reads as "" */
	struct xnode *first_child; /* elements, text, comments, instructions: in document order */
	struct xnode *parent;      /* NULL for the top */
	struct xnode *branch[2];   /* node.c: below it in the search tree of its parent */
	struct xnode *alike;       /* node.c: the next sibling of the same name */
	struct xnode *by_name;     /* node.c: the search tree of its children; NULL: there is none */
	const char *local;         /* interned: the part behind the prefix; equals name without one */
	const char *space;         /* interned namespace; NULL: none */
	struct xnode *last_child;
	struct xnode *previous;
	struct xnode *first_attribute; /* chained by next */
	uint64_t order;            /* document order, kept by xnode_number(); trees of one evaluation do not overlap */
	struct xindex *index;      /* made by the evaluator for large lists (xnode_index_free()); NULL otherwise */
	void *data;                /* its owner's; expressions never look at it */
};

/* Put `child` (alone) behind the last child of `parent`, or before sibling `before` when that is not NULL. */
void xnode_append(struct xnode *parent, struct xnode *child);
void xnode_insert(struct xnode *parent, struct xnode *child, struct xnode *before);
void xnode_remove(struct xnode *child);

/*
 * Number the tree under `top` in document order from `from`; returns the next free number. Call again after every insertion or removal.
 * It also plants a search tree of names where a node has many children, which the next insertion or removal there fells.
 */
uint64_t xnode_number(struct xnode *top, uint64_t from);

/* Append the string value. */
void xnode_string(const struct xnode *n, struct buf *out);
/* The same without a copy where the node has no children; NULL when it must be built with xnode_string(). */
const char *xnode_text(const struct xnode *n);

/* The topmost node above (or) `n`. */
const struct xnode *xnode_top(const struct xnode *n);

/*
 * Walking without recursion, in document order, inside the tree below `top` (NULL at its end): the node after `n`, beginning with its
 * children; the node behind all of `n`. Attributes are not on the way. `n` is `top` or below it.
 */
const struct xnode *xnode_after(const struct xnode *n, const struct xnode *top);
const struct xnode *xnode_behind(const struct xnode *n, const struct xnode *top);

/*
 * The first child of `n` with this name (interned); the others follow by `alike`. Only where `n` has a search tree (n->by_name); NULL: no
 * such child.
 */
const struct xnode *xnode_named(const struct xnode *n, const char *name);

/* Drop the indexes the evaluator made below `top`. */
void xnode_index_free(struct xnode *top);

#endif
