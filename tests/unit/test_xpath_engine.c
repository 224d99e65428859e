/*
 * Examples for the engine of expressions: limits, indexes of long lists, what an expression depends on, names and nodes
 * (proto/form/xpath). The form they are asked about is in tests/lib/xpathkit.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/xpath/xpath.h"
#include "tests/lib/xpathkit.h"

#define LIST_ITEMS 20000

/* ---- limits ---- */

/* `count` times `piece`, then `rest`. */
static char *repeated(const char *piece, size_t count, const char *rest)
{
	size_t len = strlen(piece);
	char *text = malloc(len * count + strlen(rest) + 1);

	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * len, piece, len);
	memcpy(text + len * count, rest, strlen(rest) + 1);
	return text;
}

static int parse_repeated(struct xpathkit *f, const char *piece, size_t count, const char *rest)
{
	char *text = repeated(piece, count, rest);
	struct xpath_problem problem;
	struct xpath *x;
	int rc = xpath_parse(text, strlen(text), f->names, &x, &problem);

	assert_true(rc == 0 || strlen(problem.arabic) > 0);
	xpath_free(x);
	free(text);
	return rc;
}

static void size_and_depth_of_an_expression_are_limited(void **state)
{
	struct xpathkit *f = *state;

	assert_int_equal(parse_repeated(f, "(", XPATH_DEPTH_MAX + 1, "1"), ERR_LIMIT);
	assert_int_equal(parse_repeated(f, "a[", XPATH_DEPTH_MAX + 1, "1"), ERR_LIMIT);
	assert_int_equal(parse_repeated(f, "not(", XPATH_DEPTH_MAX + 1, "1"), ERR_LIMIT);
	assert_int_equal(parse_repeated(f, "(", XPATH_DEPTH_MAX, "1"), ERR_USAGE);
	assert_int_equal(parse_repeated(f, "1+", XPATH_TOKENS_MAX, "1"), ERR_LIMIT);
	assert_int_equal(parse_repeated(f, "-", XPATH_TOKENS_MAX + 1, "1"), ERR_LIMIT);
	assert_int_equal(parse_repeated(f, " ", XPATH_BYTES_MAX, "1"), ERR_LIMIT);
	assert_int_equal(parse_repeated(f, "1+", XPATH_TOKENS_MAX / 2 - 2, "1"), 0);
	assert_int_equal(parse_repeated(f, "-", XPATH_TOKENS_MAX - 2, "1"), 0);
	assert_int_equal(parse_repeated(f, "a|", XPATH_TOKENS_MAX / 2 - 2, "a"), 0);
	assert_int_equal(parse_repeated(f, "a/", XPATH_TOKENS_MAX / 2 - 2, "a"), 0);
}

/* `count` times `open`, then `core`, then `count` times `close`. */
static void nested_says(struct xpathkit *f, const char *open, size_t count, const char *core, const char *close, const char *expected)
{
	char *begin = repeated(open, count, core);
	char *end = repeated(close, count, "");
	char *text = malloc(strlen(begin) + strlen(end) + 1);

	assert_non_null(text);
	memcpy(text, begin, strlen(begin));
	memcpy(text + strlen(begin), end, strlen(end) + 1);
	xpathkit_says(f, text, expected);
	free(text);
	free(begin);
	free(end);
}

static void deepest_and_longest_expressions_evaluate(void **state)
{
	struct xpathkit *f = *state;

	nested_says(f, "1+", 9000, "1", "", "9001");
	nested_says(f, "(", XPATH_DEPTH_MAX, "'x'", ")", "x");
	nested_says(f, "not(", XPATH_DEPTH_MAX - 1, "true()", ")", "false"); /* true() is one level more */
	nested_says(f, "/data/@id[", XPATH_DEPTH_MAX, "1 = 1", "]", "f");
	nested_says(f, "concat(-", XPATH_DEPTH_MAX, "1", ")", "1");
}

static void work_ends_with_the_budget(void **state)
{
	struct xpathkit *f = *state;

	f->world.steps_max = 2000;
	xpathkit_says(f, "count(//*)", "24");
	assert_int_equal(xpathkit_fails(f, "count(//*[count(//*[count(//*) > 0]) > 0])"), ERR_LIMIT);
	assert_int_equal(xpathkit_fails(f, "//*//*[count(//*//*//*) > 0]"), ERR_LIMIT);
}

static void evaluations_may_share_a_budget(void **state)
{
	struct xpathkit *f = *state;
	uint64_t left = 200;

	f->world.steps_left = &left;
	xpathkit_says(f, "count(//*)", "24");
	assert_true(left > 0 && left < 200);
	for (int i = 0; i < 200 && left >= 100; i++)
		xpathkit_says(f, "count(//*)", "24");
	left = left < 10 ? left : 10;
	assert_int_equal(xpathkit_fails(f, "count(//*)"), ERR_LIMIT);
	assert_int_equal(left, 0);
}

/* ---- long lists ---- */

static void plant_list(struct xpathkit *f)
{
	struct xnode *root = f->list->first_child;

	for (size_t i = 0; i < LIST_ITEMS; i++) {
		char text[64];
		const char *at = text;

		snprintf(text, sizeof text, "item(name='n%zu' place='p%zu' code='%zu')", i, i % 100, i % 10);
		xpathkit_plant(f, root, &at);
	}
	(void)xnode_number(f->list, 1000);
}

static void long_lists_are_found_through_an_index(void **state)
{
	struct xpathkit *f = *state;

	plant_list(f);
	xpathkit_says(f, "instance('places')/root/item[name = 'n15000']/place", "p0");
	assert_non_null(f->list->first_child->index);
	f->world.steps_max = 1000;
	xpathkit_says(f, "instance('places')/root/item[name = 'n19999']/place", "p99");
	xpathkit_says(f, "instance('places')/root/item['n7' = name]/place", "p7");
	xpathkit_says(f, "count(instance('places')/root/item[name = 'none'])", "0");
	xpathkit_says(f, "instance('places')/root/item[name = concat('n', current()/count)]/place", "p3");
	xpathkit_says(f, "instance('places')/root/item[name = /data/name]/place", "");
	f->world.steps_max = LIST_ITEMS + 2000;
	xpathkit_says(f, "count(instance('places')/root/item[place = 'p5'])", "200");
	f->world.steps_max = 6000;
	xpathkit_says(f, "count(instance('places')/root/item[place = 'p5' and name != 'n5'])", "199");
	xpathkit_says(f, "instance('places')/root/item[place = 'p5'][2]/name", "n105");
	xpathkit_says(f, "instance('places')/root/item[name = 'a']/place", "north");
}

static void what_no_index_can_answer_is_answered_all_the_same(void **state)
{
	struct xpathkit *f = *state;

	plant_list(f);
	xpathkit_says(f, "count(instance('places')/root/item[code = 5])", "2000");
	xpathkit_says(f, "count(instance('places')/root/item[code = '5.0'])", "0");
	xpathkit_says(f, "count(instance('places')/root/item[code = 5.0 and place = 'p5'])", "200");
	xpathkit_says(f, "count(instance('places')/root/item[name = place])", "0");
	xpathkit_says(f, "count(instance('places')/root/item[name = /data/nothing])", "0");
	xpathkit_says(f, "count(instance('places')/root/item[place = /data/child/age])", "0");
	xpathkit_says(f, "instance('places')/root/item[place = 'p5' and position() = 9]/name", "n5");
	xpathkit_says(f, "instance('places')/root/item[position() = 20003]/name", "n19999");
	f->world.steps_max = 1000;
	assert_int_equal(xpathkit_fails(f, "count(instance('places')/root/item[code != 5])"), ERR_LIMIT);
}

static void an_index_is_made_anew_after_it_was_dropped(void **state)
{
	struct xpathkit *f = *state;
	struct xnode *name;

	plant_list(f);
	xpathkit_says(f, "count(instance('places')/root/item[name = 'n1'])", "1");
	name = (struct xnode *)xpathkit_child(f->list->first_child->last_child, "name");
	free((char *)name->value);
	name->value = strdup("n1");
	xnode_index_free(f->list);
	assert_null(f->list->first_child->index);
	xpathkit_says(f, "count(instance('places')/root/item[name = 'n1'])", "2");
}

static void dates_in_lists_compare_as_dates(void **state)
{
	struct xpathkit *f = *state;
	const char *more = "item(name='2026-11-22T03:00:00+03:00' place='then')";

	plant_list(f);
	xpathkit_plant(f, f->list->first_child, &more);
	xpathkit_says(f, "instance('places')/root/item[name = '2026-11-22T00:00:00Z']/place", "then");
}

/* ---- what an expression is about ---- */

struct seen {
	char text[4096];
	size_t len;
};

static void see(void *ctx, const struct xnode *n)
{
	struct seen *s = ctx;

	s->len += (size_t)snprintf(s->text + s->len, sizeof s->text - s->len, "%s%s", s->len > 0 ? " " : "", n->name ? n->name : "/");
}

static void depends(struct xpathkit *f, const char *expr, const char *expected)
{
	struct seen s = { .len = 0 };
	struct xpath *x = xpathkit_parse(f, expr);

	assert_int_equal(xpath_depends(x, f->at, see, &s), 0);
	if (strcmp(s.text, expected) != 0)
		print_message("%s\n", expr);
	assert_string_equal(s.text, expected);
	xpath_free(x);
}

static void an_expression_depends_on_what_its_paths_reach(void **state)
{
	struct xpathkit *f = *state;

	depends(f, "/data/name = 'x'", "name");
	depends(f, "name = born or count > 3", "name born count");
	depends(f, "sum(child/age)", "age age age");
	depends(f, "if(name = 'a', born, half)", "name born half");
	depends(f, "child[age > 4]/toy", "age age age toy toy toy");
	depends(f, "child[2]/age", "age age age");
	depends(f, ". != ''", "data");
	depends(f, "string-length()", "data");
	depends(f, "nothing + 1", "");
	depends(f, "current()/name", "name");
	depends(f, "(name | born)/..", "name born data");
	depends(f, "-name * 2", "name");
	depends(f, "count(/data/child[age = current()/count])", "age age age count child child child");
}

static void instances_are_no_part_of_what_it_depends_on_but_their_questions_are(void **state)
{
	struct xpathkit *f = *state;

	depends(f, "instance('places')/root/item[name = /data/name]/place", "name");
	depends(f, "instance('places')/root/item[name = current()/born and place = 'x']/place", "born");
	depends(f, "count(instance('places')/root/item)", "");
}

static void collect(void *ctx, const char *name)
{
	struct seen *s = ctx;

	s->len += (size_t)snprintf(s->text + s->len, sizeof s->text - s->len, "%s ", name);
}

static void calls_and_instances_are_listed(void **state)
{
	static const char *const moody[] = { "now", "today", NULL };
	static const char *const other[] = { "uuid", NULL };
	struct xpathkit *f = *state;
	struct xpath *x = xpathkit_parse(f, "if(name = 'a', instance('p')/root[x = today()], instance(\"q\")/root) and pulldata('r', 'a', 'b', 1)");
	struct seen s = { .len = 0 };

	assert_true(xpath_calls(x, moody));
	assert_false(xpath_calls(x, other));
	xpath_instances(x, collect, &s);
	assert_non_null(strstr(s.text, "p "));
	assert_non_null(strstr(s.text, "q "));
	assert_non_null(strstr(s.text, "r "));
	assert_int_equal(s.len, strlen("p q r "));
	xpath_free(x);
}

static void names_that_nothing_leads_to_are_listed(void **state)
{
	struct xpathkit *f = *state;
	struct xpath *x = xpathkit_parse(f, "if(age > 5, ../b, (c)[d]/e) + /f/g[h] - count(current()/i | j) * string('k')");
	struct seen s = { .len = 0 };

	xpath_bare_names(x, collect, &s);
	assert_string_equal(s.text, "age c j ");
	xpath_free(x);
}

/* ---- names and nodes ---- */

static void names_are_interned_once(void **state)
{
	struct xpathkit *f = *state;
	const char *first[1000];
	char text[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "q%d", i);
		first[i] = xnames_add(f->names, text, strlen(text));
		assert_string_equal(first[i], text);
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "q%d", i);
		assert_ptr_equal(xnames_add(f->names, text, strlen(text)), first[i]);
		assert_ptr_equal(xnames_find(f->names, text, strlen(text)), first[i]);
	}
	assert_null(xnames_find(f->names, "q1000", 5));
	assert_null(xnames_add(f->names, "a\0b", 3));
}

static void nodes_are_put_in_and_taken_out(void **state)
{
	struct xpathkit *f = *state;
	struct xnode *data = f->top->first_child;
	struct xnode *second = (struct xnode *)xpathkit_child(data, "child")->next;
	struct xnode *first = second->previous;

	xnode_remove(second);
	xpathkit_says(f, "count(child)", "2");
	xnode_insert(data, second, first);
	(void)xnode_number(f->top, 1);
	xpathkit_says(f, "child[1]/age", "5");
	xpathkit_says(f, "concat(child/age)", "5311");
	xnode_remove(second);
	xnode_append(data, second);
	(void)xnode_number(f->top, 1);
	xpathkit_says(f, "child[last()]/age", "5");
	assert_ptr_equal(xnode_top(second->first_child), f->top);
}

static void each_of_many_siblings_is_found_by_its_name(void **state)
{
	struct xpathkit *f = *state;
	char text[64], expr[64];

	for (int i = 0; i < 300; i++) {
		const char *at = text;

		snprintf(text, sizeof text, "q%d='%d' same='%d'", i, i, i);
		xpathkit_plant(f, f->top->first_child, &at);
	}
	for (int numbered = 0; numbered < 2; numbered++) {
		for (int i = 0; i < 300; i++) {
			snprintf(expr, sizeof expr, "/data/q%d", i);
			snprintf(text, sizeof text, "%d", i);
			xpathkit_says(f, expr, text);
		}
		xpathkit_says(f, "count(same)", "300");
		xpathkit_says(f, "same[300]", "299");
		xpathkit_says(f, "count(child)", "3");
		xpathkit_says(f, "count(q300)", "0");
		assert_true((f->top->first_child->by_name != NULL) == (numbered == 1));
		(void)xnode_number(f->top, 1);
	}
}

static void texts_are_borrowed_where_they_stand(void **state)
{
	struct xpathkit *f = *state;
	const struct xnode *name = xpathkit_child(f->at, "name");

	assert_ptr_equal(xnode_text(name), name->value);
	assert_null(xnode_text(f->at));
	assert_string_equal(xnode_text(xpathkit_child(xpathkit_child(f->at, "gone"), "inner")), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, xpathkit_start, xpathkit_stop)
		TEST(size_and_depth_of_an_expression_are_limited),
		TEST(deepest_and_longest_expressions_evaluate),
		TEST(work_ends_with_the_budget),
		TEST(evaluations_may_share_a_budget),
		TEST(long_lists_are_found_through_an_index),
		TEST(what_no_index_can_answer_is_answered_all_the_same),
		TEST(an_index_is_made_anew_after_it_was_dropped),
		TEST(dates_in_lists_compare_as_dates),
		TEST(an_expression_depends_on_what_its_paths_reach),
		TEST(instances_are_no_part_of_what_it_depends_on_but_their_questions_are),
		TEST(calls_and_instances_are_listed),
		TEST(names_that_nothing_leads_to_are_listed),
		TEST(names_are_interned_once),
		TEST(nodes_are_put_in_and_taken_out),
		TEST(each_of_many_siblings_is_found_by_its_name),
		TEST(texts_are_borrowed_where_they_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
