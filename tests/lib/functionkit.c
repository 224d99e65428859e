/*
 * functionkit: see functionkit.h.
 */
#include "tests/lib/functionkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct xnode *functionkit_add(struct functionkit *f, struct xnode *parent, const char *name, const char *value)
{
	struct xnode *n;

	assert_true(f->node_count < FUNCTIONKIT_NODES_MAX);
	n = &f->nodes[f->node_count++];
	n->kind = name != NULL ? XNODE_ELEMENT : XNODE_DOCUMENT;
	n->name = n->local = name != NULL ? xnames_add(f->names, name, strlen(name)) : NULL;
	n->value = value;
	if (parent != NULL)
		xnode_append(parent, n);
	return n;
}

static void add_child(struct functionkit *f, const char *age, const char *first, const char *second)
{
	struct xnode *child = functionkit_add(f, f->data, "child", NULL);

	functionkit_add(f, child, "age", age);
	functionkit_add(f, functionkit_add(f, child, "toy", NULL), "label", first);
	functionkit_add(f, functionkit_add(f, child, "toy", NULL), "label", second);
}

void functionkit_item(struct functionkit *f, struct xnode *root, const char *name, const char *label, const char *region)
{
	struct xnode *item = functionkit_add(f, root, "item", NULL);

	functionkit_add(f, item, "name", name);
	functionkit_add(f, item, "label", label);
	functionkit_add(f, item, "region", region);
}

static const struct xnode *find_list(void *ctx, const char *name)
{
	struct functionkit *f = ctx;

	return strcmp(name, "villages") == 0 ? f->list : NULL;
}

static bool find_choice(void *ctx, const char *code, const char *path, const struct xnode *context, struct buf *out)
{
	(void)ctx;
	assert_non_null(context);
	if (strcmp(path, "/data/langs") != 0)
		return false;
	buf_printf(out, "label of %s", code);
	return true;
}

/* What is appended before it turns out that there is nothing must not be seen. */
static bool find_text(void *ctx, const char *id, struct buf *out)
{
	(void)ctx;
	buf_text(out, "half a text");
	if (strcmp(id, "one") != 0)
		return false;
	out->len = 0;
	buf_text(out, "واحد");
	return true;
}

static bool find_setting(void *ctx, const char *name, struct buf *out)
{
	(void)ctx;
	if (strcmp(name, "version") != 0)
		return false;
	buf_text(out, "2026-1");
	return true;
}

static uint64_t next_random(void *ctx)
{
	struct functionkit *f = ctx;

	f->next_random = f->next_random * 6364136223846793005u + 1442695040888963407u;
	return f->next_random;
}

int functionkit_setup(void **state)
{
	struct functionkit *f = calloc(1, sizeof(*f));
	struct xnode *top;
	struct xnode *root;

	assert_non_null(f);
	assert_int_equal(xnames_new(&f->names), 0);
	top = functionkit_add(f, NULL, NULL, NULL);
	f->data = functionkit_add(f, top, "data", NULL);
	functionkit_add(f, f->data, "name", "سعيد بن علي");
	functionkit_add(f, f->data, "langs", "ar en ur");
	functionkit_add(f, f->data, "none", "");
	functionkit_add(f, f->data, "born", "H1390-07-01");
	functionkit_add(f, f->data, "home", "18.216400 42.505300");
	add_child(f, "7", "ball", "kite");
	add_child(f, "12", "book", "bike");
	f->list = functionkit_add(f, NULL, NULL, NULL);
	root = functionkit_add(f, f->list, "root", NULL);
	functionkit_item(f, root, "abha", "أبها", "aseer");
	functionkit_item(f, root, "jazan", "جازان", "jazan");
	functionkit_item(f, root, "tanumah", "تنومة", "aseer");
	xnode_number(f->list, xnode_number(top, 1));
	f->world = (struct xpath_world){ .now_ms = FUNCTIONKIT_NOW_MS, .tz_minutes = 180, .random = next_random, .instance = find_list,
		.choice_name = find_choice, .itext = find_text, .setting = find_setting, .ctx = f };
	f->context = (struct xpath_context){ .world = &f->world, .node = f->data, .position = 1, .size = 1 };
	*state = f;
	return 0;
}

int functionkit_teardown(void **state)
{
	struct functionkit *f = *state;

	xnode_index_free(f->list);
	xnames_free(f->names);
	free(f);
	return 0;
}

int functionkit_evaluate(struct functionkit *f, const char *expression, struct buf *out)
{
	struct xpath_problem problem;
	struct xpath *x;
	int rc;

	/* Late: what parsing could refuse already is looked at too when it is evaluated. */
	if (xpath_parse_late(expression, strlen(expression), f->names, &x, &problem) != 0)
		fail_msg("%s: %s", expression, problem.english);
	buf_init(out, XPATH_STRING_BYTES_MAX);
	rc = xpath_string(x, &f->context, out);
	xpath_free(x);
	return rc;
}

void functionkit_gives(struct functionkit *f, const char *expression, const char *expected)
{
	struct buf text;
	int rc = functionkit_evaluate(f, expression, &text);

	if (rc != 0)
		fail_msg("%s: %s", expression, err_message());
	if (strcmp(buf_string(&text), expected) != 0)
		fail_msg("%s gives '%s', not '%s'", expression, buf_string(&text), expected);
	buf_fini(&text);
}

void functionkit_fails(struct functionkit *f, const char *expression, int expected)
{
	struct buf text;
	int rc = functionkit_evaluate(f, expression, &text);

	buf_fini(&text);
	if (rc != expected)
		fail_msg("%s ends with %s, not %s", expression, err_name(rc), err_name(expected));
}

void functionkit_all(struct functionkit *f, const char *const rows[][2])
{
	for (size_t i = 0; rows[i][0] != NULL; i++)
		functionkit_gives(f, rows[i][0], rows[i][1]);
}
