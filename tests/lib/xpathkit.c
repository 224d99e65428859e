/*
 * xpathkit: see xpathkit.h.
 */
#include "tests/lib/xpathkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_MS 1795339800000

/* ---- trees ---- */

struct xnode *xpathkit_node(struct xpathkit *f, enum xnode_kind kind, const char *name, size_t len)
{
	struct xnode *n = calloc(1, sizeof *n);

	assert_non_null(n);
	n->kind = kind;
	if (len > 0) {
		const char *colon = memchr(name, ':', len);

		n->name = xnames_add(f->names, name, len);
		n->local = colon ? xnames_add(f->names, colon + 1, len - (size_t)(colon + 1 - name)) : n->name;
	}
	return n;
}

static char *quoted(const char **at)
{
	size_t len;
	char *copy;

	assert_int_equal(**at, '\'');
	len = strcspn(*at + 1, "'");
	copy = strndup(*at + 1, len);
	assert_non_null(copy);
	*at += len + 2;
	return copy;
}

/* Read children of `parent` from `*at` up to the closing parenthesis or the end. */
void xpathkit_plant(struct xpathkit *f, struct xnode *parent, const char **at)
{
	struct xnode *n = parent;

	while (**at && **at != ')') {
		bool is_attribute = **at == '@', is_hidden = **at == '-', is_template = **at == '%';
		size_t len;

		*at += is_attribute || is_hidden || is_template;
		len = strcspn(*at, " ='()");
		if (len > 0) {
			struct xnode *k = xpathkit_node(f, is_attribute ? XNODE_ATTRIBUTE : XNODE_ELEMENT, *at, len);

			k->is_irrelevant = is_hidden;
			k->is_template = is_template;
			*at += len;
			if (**at == '=' && ++*at)
				k->value = quoted(at);
			if (is_attribute) {
				k->parent = n;
				k->next = n->first_attribute;
				n->first_attribute = k;
			} else {
				xnode_append(parent, n = k);
			}
		} else if (**at == '(') {
			++*at;
			xpathkit_plant(f, n, at);
			++*at;
		} else {
			assert_int_equal(**at, ' ');
			++*at;
		}
	}
}

static struct xnode *tree(struct xpathkit *f, const char *text, uint64_t from)
{
	struct xnode *top = xpathkit_node(f, XNODE_DOCUMENT, NULL, 0);

	xpathkit_plant(f, top, &text);
	(void)xnode_number(top, from);
	return top;
}

/* From the leaves up, without recursion. */
static void fell(struct xnode *top)
{
	struct xnode *n = top;

	xnode_index_free(top);
	while (n) {
		struct xnode *up = n->parent;

		if (n->first_child) {
			n = n->first_child;
			continue;
		}
		while (n->first_attribute) {
			struct xnode *a = n->first_attribute;

			n->first_attribute = a->next;
			free((char *)a->value);
			free(a);
		}
		if (up)
			xnode_remove(n);
		free((char *)n->value);
		free(n);
		n = up;
	}
}

static const struct xnode *find_list(void *ctx, const char *name)
{
	struct xpathkit *f = ctx;

	return strcmp(name, "places") == 0 ? f->list : NULL;
}

int xpathkit_start(void **state)
{
	struct xpathkit *f = calloc(1, sizeof *f);

	assert_non_null(f);
	assert_int_equal(xnames_new(&f->names), 0);
	f->world = (struct xpath_world){ .now_ms = NOW_MS, .tz_minutes = 180, .instance = find_list, .ctx = f };
	f->top = tree(f,
		"data @id='f' @version='3' (name='Salma' count='3' born='2001-12-26' empty='' half='0.5' a-1='hyphen' mod='m'"
		" child(age='3' toy(label='ball') toy(label='doll')) child(age='5' toy(label='kite')) child(age='11')"
		" -gone(inner='7') %child(age='99') m(jr:x='prefixed'))", 1);
	f->list = tree(f, "root(item(name='a' place='north') item(name='b' place='south') item(name='c' place='south'))", 1000);
	f->at = f->top->first_child;
	*state = f;
	return 0;
}

int xpathkit_stop(void **state)
{
	struct xpathkit *f = *state;

	fell(f->top);
	fell(f->list);
	xnames_free(f->names);
	free(f);
	return 0;
}

/* ---- asking ---- */

struct xpath *xpathkit_parse(struct xpathkit *f, const char *expr)
{
	struct xpath_problem problem;
	struct xpath *x;
	int rc = xpath_parse(expr, strlen(expr), f->names, &x, &problem);

	if (rc != 0)
		print_message("%s: %s\n", expr, problem.english);
	assert_int_equal(rc, 0);
	return x;
}

struct xpath_context xpathkit_context(const struct xpathkit *f)
{
	return (struct xpath_context){ .world = &f->world, .node = f->at };
}

void xpathkit_says(struct xpathkit *f, const char *expr, const char *expected)
{
	struct xpath_context c = xpathkit_context(f);
	struct xpath *x = xpathkit_parse(f, expr);
	struct buf b;
	int rc;

	buf_init(&b, 1 << 20);
	rc = xpath_string(x, &c, &b);
	if (rc != 0)
		print_message("%s: %s\n", expr, err_message());
	assert_int_equal(rc, 0);
	if (strcmp(buf_string(&b), expected) != 0)
		print_message("%s\n", expr);
	assert_string_equal(buf_string(&b), expected);
	buf_fini(&b);
	xpath_free(x);
}

void xpathkit_all_say(struct xpathkit *f, const struct xpathkit_pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		xpathkit_says(f, pairs[i].expr, pairs[i].expected);
}

/* What evaluation fails with. */
int xpathkit_fails(struct xpathkit *f, const char *expr)
{
	struct xpath_context c = xpathkit_context(f);
	struct xpath *x = xpathkit_parse(f, expr);
	struct xpath_value v;
	int rc = xpath_evaluate(x, &c, &v);

	assert_null(v.string);
	assert_null(v.nodes);
	xpath_value_fini(&v);
	xpath_free(x);
	return rc;
}

const struct xnode *xpathkit_child(const struct xnode *n, const char *name)
{
	for (n = n->first_child; n && strcmp(n->name, name) != 0; n = n->next)
		;
	assert_non_null(n);
	return n;
}
