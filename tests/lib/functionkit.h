/*
 * functionkit: a case, a list and a world to call the functions of expressions in, for unit tests.
 *
 * The world is Riyadh on Sunday 2026-11-22 at 12:30 (09:30 UTC). The tree:
 *
 *     data/name, langs, none, born, home
 *     data/child (two) / age, toy (two each) / label
 *     and the list "villages": root/item (three) / name, label, region
 */
#ifndef TESTS_LIB_FUNCTIONKIT_H
#define TESTS_LIB_FUNCTIONKIT_H

#include "proto/form/xpath/xpath.h"

#define FUNCTIONKIT_NODES_MAX 400
#define FUNCTIONKIT_NOW_MS 1795339800000 /* 2026-11-22T09:30:00Z */

struct functionkit {
	struct xnames *names;
	struct xnode nodes[FUNCTIONKIT_NODES_MAX];
	size_t node_count;
	struct xnode *data;
	struct xnode *list;           /* top of the list */
	struct xpath_world world;
	struct xpath_context context; /* at data */
	uint64_t next_random;
};

/* For cmocka: `*state` is a struct functionkit. */
int functionkit_setup(void **state);
int functionkit_teardown(void **state);

/* A new node below `parent` (may be NULL); a document when `name` is NULL. Number the tree anew afterwards. */
struct xnode *functionkit_add(struct functionkit *f, struct xnode *parent, const char *name, const char *value);
void functionkit_item(struct functionkit *f, struct xnode *root, const char *name, const char *label, const char *region);

/* The text an expression gives, in `out`, made here and the caller's to end; or the error of its evaluation. */
int functionkit_evaluate(struct functionkit *f, const char *expression, struct buf *out) MUST_CHECK;

/* Each fails the running test when it is not so. */
void functionkit_gives(struct functionkit *f, const char *expression, const char *expected);
void functionkit_fails(struct functionkit *f, const char *expression, int expected);
/* Rows of expression and text, up to a NULL. */
void functionkit_all(struct functionkit *f, const char *const rows[][2]);

#endif
