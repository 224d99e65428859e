/*
 * xpathkit: a small form in a small world, for tests of expressions. A tree is written as
 *
 *     data @id='f' (name='x' child(age='3' toy(label='a')) child(age='5'))
 *
 * with values behind =, attributes behind @, children in parentheses; -name is not relevant, %name is the pattern of an empty repeat.
 * The form and the list "places" are at the beginning of xpathkit_start(). The world is Riyadh at 2026-11-22T09:30Z.
 */
#ifndef TESTS_LIB_XPATHKIT_H
#define TESTS_LIB_XPATHKIT_H

#include "proto/form/xpath/xpath.h"

struct xpathkit {
	struct xnames *names;
	struct xnode *top;
	struct xnode *list;      /* what instance('places') gives */
	const struct xnode *at;  /* context node; at first the element `data` */
	struct xpath_world world;
};

/* Of cmocka: set up and take down a struct xpathkit as the state. */
int xpathkit_start(void **state);
int xpathkit_stop(void **state);

/* A node that stands nowhere yet, with a name of `len` bytes unless that is 0. Freed with the tree it is put in, as its value is. */
struct xnode *xpathkit_node(struct xpathkit *f, enum xnode_kind kind, const char *name, size_t len);

/* Read children of `parent` from `*at` up to a closing parenthesis or the end. */
void xpathkit_plant(struct xpathkit *f, struct xnode *parent, const char **at);
/* The first child of this name. */
const struct xnode *xpathkit_child(const struct xnode *n, const char *name);

struct xpath *xpathkit_parse(struct xpathkit *f, const char *expr);
struct xpath_context xpathkit_context(const struct xpathkit *f);

/* The string that `expr` evaluates to is `expected`. */
void xpathkit_says(struct xpathkit *f, const char *expr, const char *expected);

struct xpathkit_pair {
	const char *expr;
	const char *expected;
};

void xpathkit_all_say(struct xpathkit *f, const struct xpathkit_pair *pairs, size_t count);
#define ALL_SAY(f, pairs) xpathkit_all_say(f, pairs, sizeof(pairs) / sizeof(pairs)[0])

/* What evaluation fails with; 0: it does not. */
int xpathkit_fails(struct xpathkit *f, const char *expr);

#endif
