/*
 * fuzz_xpath: an expression, in parentheses or not, over a small form and a list that is long enough for an index. Whatever the bytes
 * are, it ends within its budget, with a value or with a reason; what an author is told is there in both languages.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/xpath/xpath.h"

#define NODES 400
#define ITEMS 60
#define STEPS 20000
#define INPUTS_MAX 4096 /* for one world: its table of names grows with every input */
#define NOW_MS 1795339800000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A world that is not changed by inputs, except that lists get their indexes and names are added. */
struct small {
	struct xnames *names;
	struct xnode nodes[NODES];
	char texts[ITEMS][16];
	size_t count;
	struct xnode *top;
	struct xnode *list;
	struct xnode *at;
	uint64_t random;
	size_t inputs;
};

static struct xnode *add(struct small *s, struct xnode *parent, const char *name, const char *value)
{
	struct xnode *n = &s->nodes[s->count++];

	assert(s->count <= NODES);
	n->kind = name ? XNODE_ELEMENT : XNODE_DOCUMENT;
	n->name = n->local = name ? xnames_add(s->names, name, strlen(name)) : NULL;
	n->value = value;
	if (parent)
		xnode_append(parent, n);
	return n;
}

static struct small *plant(void)
{
	static const char *const values[][2] = { { "name", "قرية 1" }, { "n", "3" }, { "born", "2001-12-26" },
	{ "at", "2012-02-03T04:05:06.789+03:00" },
		{ "list", "a b c" }, { "place", "21.4 39.2 0 0; 21.5 39.3 0 0; 21.4 39.4 0 0" }, { "empty", "" } };
	struct small *s = calloc(1, sizeof *s);
	struct xnode *data, *root;

	if (!s || xnames_new(&s->names) != 0)
		abort();
	s->top = add(s, NULL, NULL, NULL);
	data = add(s, s->top, "data", NULL);
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		(void)add(s, data, values[i][0], values[i][1]);
	for (int i = 0; i < 3; i++) {
		struct xnode *child = add(s, data, "child", NULL);

		s->at = add(s, child, "age", i == 0 ? "7" : "40");
		(void)add(s, child, "n", "-0.5");
	}
	s->list = add(s, NULL, NULL, NULL);
	root = add(s, s->list, "root", NULL);
	for (int i = 0; i < ITEMS; i++) {
		struct xnode *item = add(s, root, "item", NULL);

		snprintf(s->texts[i], sizeof s->texts[i], "n%d", i);
		(void)add(s, item, "name", s->texts[i]);
		(void)add(s, item, "n", i % 2 ? "3" : "4");
	}
	(void)xnode_number(s->list, xnode_number(s->top, 1));
	return s;
}

static void uproot(struct small *s)
{
	xnode_index_free(s->top);
	xnode_index_free(s->list);
	xnames_free(s->names);
	free(s);
}

static const struct xnode *find_list(void *ctx, const char *name)
{
	const struct small *s = ctx;

	return *name == 'x' ? NULL : s->list;
}

static uint64_t draw(void *ctx)
{
	struct small *s = ctx;

	return s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
}

static void see(void *ctx, const struct xnode *n)
{
	size_t *count = ctx;

	assert(n);
	++*count;
}

static bool is_reason(int rc)
{
	return rc == ERR_USAGE || rc == ERR_LIMIT;
}

static void evaluate(struct small *s, const struct xpath *x)
{
	const struct xpath_world world = { .now_ms = NOW_MS, .tz_minutes = 180, .random = draw, .instance = find_list, .ctx = s,
		.steps_max = STEPS };
	const struct xpath_context c = { .world = &world, .node = s->at };
	struct xpath_value v;
	struct buf b;
	size_t seen = 0;
	int rc = xpath_evaluate(x, &c, &v);

	assert(rc == 0 || is_reason(rc));
	if (rc == 0) {
		for (size_t i = 0; i < v.node_count; i++)
			assert(v.nodes[i]);
		assert(v.type != XPATH_STRING || v.string);
		buf_init(&b, 2 * XPATH_STRING_BYTES_MAX);
		rc = xpath_value_string(&v, &b);
		assert(rc == 0);
		(void)xpath_value_number(&v, 180);
		buf_fini(&b);
	}
	xpath_value_fini(&v);
	rc = xpath_depends(x, s->at, see, &seen);
	assert(rc == 0 || rc == ERR_LIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct small *s;
	struct xpath_problem problem;
	struct xpath *x;
	int strict, late;

	if (!s)
		s = plant();
	s->random = 1;
	strict = xpath_parse((const char *)data, size, s->names, &x, &problem);
	assert(strict == 0 || is_reason(strict));
	assert((strict == 0) == (x != NULL));
	assert((strict == 0) == (problem.english[0] == '\0'));
	assert((strict == 0) == (problem.arabic[0] == '\0'));
	assert(problem.at <= size);
	xpath_free(x);
	late = xpath_parse_late((const char *)data, size, s->names, &x, NULL);
	assert(late == 0 || is_reason(late));
	assert(strict != 0 || late == 0);
	if (late == 0)
		evaluate(s, x);
	xpath_free(x);
	if (++s->inputs == INPUTS_MAX) {
		uproot(s);
		s = NULL;
	}
	return 0;
}
