/*
 * Examples for the language of expressions: what proto/form/xpath says without its ODK functions (test_xpath_functions.c). The form
 * they are asked about is in tests/lib/xpathkit.c. Limits, long lists and dependencies are in test_xpath_engine.c.
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

/* ---- operators ---- */

static void operators_bind_by_precedence(void **state)
{
	static const struct xpathkit_pair pairs[] = {
		{ "1 + 2 * 3", "7" }, { "(1 + 2) * 3", "9" }, { "7 - 2 - 1", "4" }, { "8 div 4 div 2", "1" }, { "7 mod 4 * 2", "6" },
		{ "-7 mod 4", "-3" }, { "- - 2", "2" }, { "---2", "-2" }, { "2 * -3", "-6" }, { "1 = 1 = 1", "true" },
		{ "3 > 2 > 1", "false" }, { "1 < 2 = true()", "true" }, { "true() or false() and false()", "true" },
		{ "(true() or false()) and false()", "false" }, { "1 + 1 = 2 and 2 * 2 = 4", "true" }, { "1 != 2", "true" },
		{ "-(1)", "-1" }, { "4 div 0", "Infinity" }, { "-1 div 0", "-Infinity" }, { "0 div 0", "NaN" }, { "5 mod 0", "NaN" },
	};

	ALL_SAY(*state, pairs);
}

static void names_that_look_like_operators_are_names_where_an_operand_stands(void **state)
{
	static const struct xpathkit_pair pairs[] = {
		{ "mod", "m" }, { "mod mod mod", "NaN" }, { "/data/mod", "m" }, { "* = 'm'", "true" }, { "count(*)", "12" },
		{ "2 * 2", "4" }, { "count(* | name) * 2", "24" }, { "a-1", "hyphen" }, { "count -1", "2" }, { "count - 1", "2" },
		{ "2-1", "1" }, { "count div 3", "1" },
	};

	ALL_SAY(*state, pairs);
}

static void operators_need_no_space_around_them(void **state)
{
	static const struct xpathkit_pair pairs[] = {
		{ "1div2", "0.5" }, { "5mod3", "2" }, { "1and1", "true" }, { "0or 0", "false" }, { "1 and1", "true" }, { "1<2", "true" },
		{ "'a'='a'", "true" }, { "2*3+1", "7" }, { "1 div.5", "2" }, { "'x'and'y'", "true" }, { " \t\n1\r", "1" },
		{ "1\xc2\xa0+\xc2\xa0" "1", "2" }, { "\xe2\x80\x8f" "1\xe2\x80\x8e+1", "2" },
	};

	ALL_SAY(*state, pairs);
}

static void numbers_and_texts_are_written_in_several_ways(void **state)
{
	static const struct xpathkit_pair pairs[] = {
		{ "1", "1" }, { "1.", "1" }, { ".5", "0.5" }, { "007", "7" }, { "1.50", "1.5" }, { "1e3", "1000" }, { "7.9e-2", "0.079" },
		{ "\"it's\"", "it's" }, { "'say \"x\"'", "say \"x\"" }, { "''", "" }, { "'قرية'", "قرية" },
	};

	ALL_SAY(*state, pairs);
}

/* ---- paths ---- */

static void paths_lead_to_nodes(void **state)
{
	static const struct xpathkit_pair pairs[] = {
		{ "/data/name", "Salma" }, { "name", "Salma" }, { "./name", "Salma" }, { "child/age", "3" }, { "count(child)", "3" },
		{ "count(/data/child/toy)", "3" }, { "child/toy/../age", "3" }, { "count(child/toy/..)", "2" }, { "/data/nothing", "" },
		{ "count(//toy)", "3" }, { "count(//label/../..)", "2" }, { "@id", "f" }, { "count(@*)", "2" }, { "/data/@version", "3" },
		{ "count(/)", "1" }, { "count(/data/..)", "1" }, { "count(/..)", "0" }, { "string(/data/child[2]//label)", "kite" },
		{ "m/jr:x", "prefixed" }, { "m/jr:*", "prefixed" }, { "m/x", "" }, { "(/data/child)[2]/age", "5" },
		{ "(/)/data/name", "Salma" },
		{ "count(//child | //toy | //child)", "6" }, { "name | born", "Salma" }, { "born | name", "Salma" },
		{ "count(child//.)", "12" },
	};

	ALL_SAY(*state, pairs);
}

static void every_axis_goes_its_own_way(void **state)
{
	static const struct xpathkit_pair pairs[] = {
		{ "child::child/child::age", "3" }, { "count(descendant::label)", "3" }, { "count(descendant-or-self::data)", "1" },
		{ "child[2]/preceding-sibling::*[1]/age", "3" }, { "child[2]/following-sibling::child/age", "11" },
		{ "child[2]/preceding-sibling::*[last()]", "Salma" }, { "count(child[1]/ancestor::*)", "1" },
		{ "count(child[1]/ancestor::node())", "2" }, { "count(child[1]/ancestor-or-self::*)", "2" },
		{ "child[1]/following::toy/label", "kite" }, { "child[2]/toy/preceding::label[1]", "doll" },
		{ "count(child[2]/toy/preceding::label)", "2" }, { "child[2]/self::child/age", "5" }, { "count(child[2]/self::toy)", "0" },
		{ "attribute::id", "f" }, { "child[1]/parent::data/name", "Salma" },
		{ "name(child[1]/toy[1]/label/ancestor::*[1])", "toy" },
		{ "name(child[1]/toy[1]/label/ancestor::*[last()])", "data" },
		{ "(child[2]/preceding-sibling::child | child[3])[1]/age", "3" },
	};

	ALL_SAY(*state, pairs);
}

static void predicates_keep_some_nodes(void **state)
{
	static const struct xpathkit_pair pairs[] = {
		{ "child[age > 4]/age", "5" }, { "count(child[age > 4])", "2" }, { "child[2]/age", "5" }, { "child[last()]/age", "11" },
		{ "child[position() = 2]/age", "5" }, { "child[position() > 1][1]/age", "5" }, { "child[4]", "" }, { "child[0]", "" },
		{ "child[1.5]", "" }, { "count(child[toy])", "2" }, { "count(child[not(toy)])", "1" }, { "count(child/toy[1])", "2" },
		{ "count((child/toy)[1])", "1" }, { "child[toy/label = 'kite']/age", "5" }, { "child[age = /data/count]/age", "3" },
		{ "child[age = current()/count]/age", "3" }, { "child['']/age", "" }, { "child['x']/age", "3" },
		{ "child[count(toy) = 2]/toy[2]/label", "doll" }, { "child[age > 4][age > 6]/age", "11" },
		{ "child[true()]/age", "3" }, { "child[position() = last() - 1]/age", "5" }, { "child[-1]", "" },
		{ "child[number(../count)]/age", "11" },
	};

	ALL_SAY(*state, pairs);
}

static void node_tests_ask_for_kinds(void **state)
{
	struct xpathkit *f = *state;
	struct xnode *note = xpathkit_node(f, XNODE_COMMENT, NULL, 0);
	struct xnode *text = xpathkit_node(f, XNODE_TEXT, NULL, 0);
	struct xnode *order = xpathkit_node(f, XNODE_INSTRUCTION, "print", 5);

	note->value = strdup("remark");
	text->value = strdup("between");
	order->value = strdup("now");
	xnode_append(f->top->first_child, note);
	xnode_append(f->top->first_child, text);
	xnode_append(f->top->first_child, order);
	(void)xnode_number(f->top, 1);
	xpathkit_says(f, "comment()", "remark");
	xpathkit_says(f, "text()", "between");
	xpathkit_says(f, "processing-instruction()", "now");
	xpathkit_says(f, "processing-instruction('print')", "now");
	xpathkit_says(f, "count(processing-instruction('other'))", "0");
	xpathkit_says(f, "count(node()) - count(*)", "3");
	xpathkit_says(f, "name/text()", "Salma");
	xpathkit_says(f, "contains(., 'remark')", "false");
	xpathkit_says(f, "contains(., 'between')", "true");
}

static void patterns_of_repeats_are_never_seen(void **state)
{
	xpathkit_says(*state, "count(child[age = 99])", "0");
	xpathkit_says(*state, "count(//age)", "3");
	xpathkit_says(*state, "sum(child/age)", "19");
	xpathkit_says(*state, "contains(string(/), '99')", "false");
}

static void what_is_not_relevant_reads_as_empty(void **state)
{
	struct xpathkit *f = *state;

	xpathkit_says(f, "gone/inner", "");
	xpathkit_says(f, "gone", "");
	xpathkit_says(f, "gone/inner = '7'", "false");
	xpathkit_says(f, "gone/inner + 1", "NaN");
	xpathkit_says(f, "contains(., '7')", "false");
	xpathkit_says(f, "count(gone/inner)", "1");
}

static void a_place_is_counted_among_nodes_of_the_same_name(void **state)
{
	struct xpathkit *f = *state;

	f->at = xpathkit_child(f->top->first_child, "child")->next;
	xpathkit_says(f, "position()", "2");
	xpathkit_says(f, "last()", "3");
	xpathkit_says(f, "position(..)", "1");
	f->at = xpathkit_child(f->at, "age");
	xpathkit_says(f, "position(..)", "2");
	xpathkit_says(f, "../age", "5");
	xpathkit_says(f, "/data/child[position() = position(current()/..)]/age", "5");
}

static void the_caller_may_give_place_and_current_node(void **state)
{
	struct xpathkit *f = *state;
	struct xpath_context c = xpathkit_context(f);
	struct xpath *x = xpathkit_parse(f, "position() * 100 + last() * 10 + count(current()/toy)");
	double d;

	c.current = xpathkit_child(f->at, "child");
	c.position = 4;
	c.size = 7;
	assert_int_equal(xpath_number(x, &c, &d), 0);
	assert_true(d == 472);
	xpath_free(x);
}

/* ---- comparing and converting ---- */

static void comparisons_follow_the_types(void **state)
{
	static const struct xpathkit_pair pairs[] = {
		{ "'1.0' = 1", "true" }, { "'1.0' = '1'", "false" }, { "'a' = true()", "true" }, { "'' = false()", "true" },
		{ "'10' > '9'", "true" },
		{ "'a' < 'b'", "false" }, { "'' < 1", "false" }, { "empty = ''", "true" }, { "empty = 0", "false" },
		{ "empty < 1", "false" },
		{ "child/age = 5", "true" }, { "child/age != 5", "true" }, { "child/age > 10", "true" }, { "child/age > 11", "false" },
		{ "10 < child/age", "true" }, { "11 < child/age", "false" }, { "nothing = nothing", "false" },
		{ "nothing != nothing", "false" },
		{ "nothing = ''", "false" }, { "nothing = false()", "true" }, { "child/age = count", "true" },
		{ "child/age > count", "true" },
		{ "child/toy/label = child[2]/toy/label", "true" }, { "true() > 0", "true" }, { "true() > nothing", "false" },
		{ "0.1 + 0.2 = 0.3", "false" }, { "'NaN' = 'NaN'", "true" }, { "number('x') = number('x')", "false" },
	};

	ALL_SAY(*state, pairs);
}

static void dates_compare_as_dates(void **state)
{
	static const struct xpathkit_pair pairs[] = {
		{ "'2001-12-25' < '2001-12-26'", "true" }, { "born > '2001-12-25'", "true" }, { "born = '2001-12-26'", "true" },
		{ "born < today()", "true" }, { "today() = '2026-11-22'", "true" }, { "born + 1 = '2001-12-27'", "true" },
		{ "'2018-06-25' = '2018-06-25T00:00:00.000+03:00'", "true" }, { "'2018-06-25' < '2018-06-25T00:00:00.001+03:00'", "true" },
		{ "'2018-06-25T00:00:00Z' = '2018-06-25T03:00:00+03:00'", "true" }, { "'1970-01-02' < 3", "true" },
		{ "'1970-01-02' = 1", "true" }, { "'2018-06-25' = '2018-06-25T00:00:00Z'", "true" },
		{ "'2018-06-25T03:00:00+03:00' != '2018-06-25'", "false" }, { "'2018-06-25' = '2018-06-25T01:00:00+03:00'", "false" },
		{ "'2018-06-25' < '2018-06-25T00:00:00Z'", "true" },
		{ "'2001-02-30' < '2001-03-01'", "false" }, { "'2001-02-30' = '2001-02-30'", "true" }, { "today() - born", "9097" },
	};

	ALL_SAY(*state, pairs);
}

static void texts_become_numbers_by_one_grammar(void **state)
{
	static const struct xpathkit_pair pairs[] = {
		{ "number(' 12 ')", "12" }, { "number('-.5')", "-0.5" }, { "number('5.')", "5" }, { "number('+5')", "NaN" },
		{ "number('1 2')", "NaN" },
		{ "number('')", "NaN" }, { "number('.')", "NaN" }, { "number('-')", "NaN" }, { "number('0x1')", "NaN" },
		{ "number('1,5')", "NaN" },
		{ "number('٥')", "NaN" }, { "number(true())", "1" }, { "number('1970-01-11')", "10" }, { "number('- 1')", "NaN" },
		{ "number('00000000000000000000000000000000001')", "1" }, { "number('123456789012345678')", "123456789012345680" },
	};

	ALL_SAY(*state, pairs);
}

static void check_number(double d, const char *expected)
{
	struct buf b;

	buf_init(&b, 1000);
	xpath_number_format(d, &b);
	assert_string_equal(buf_string(&b), expected);
	buf_fini(&b);
}

static void numbers_are_printed_short_and_without_exponent(void **state)
{
	(void)state;
	check_number(0, "0");
	check_number(-0.0, "0");
	check_number(-12, "-12");
	check_number(0.1, "0.1");
	check_number(0.1 + 0.2, "0.30000000000000004");
	check_number(1.0 / 3, "0.3333333333333333");
	check_number(-2.5, "-2.5");
	check_number(1e15, "1000000000000000");
	check_number(1e21, "1000000000000000000000");
	check_number(123456789.125, "123456789.125");
	check_number(1e-9, "0.000000001");
	check_number(7.922021953507237e-12, "0.000000000007922021953507237");
	check_number(9007199254740993.0, "9007199254740992");
}

static void every_printed_number_reads_back(void **state)
{
	uint64_t bits = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct buf b;
		double d;

		bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		memcpy(&d, &bits, sizeof d);
		if (d != d || d - d != 0)
			continue;
		if (i % 2)
			d = (double)(int64_t)(bits >> 20) / 1000;
		buf_init(&b, 1000);
		xpath_number_format(d, &b);
		assert_true(xpath_number_read(buf_string(&b), 0) == d);
		buf_fini(&b);
	}
}

/* ---- functions of XPath 1.0 ---- */

static void functions_about_texts_count_characters(void **state)
{
	static const struct xpathkit_pair pairs[] = {
		{ "string-length('قرية')", "4" }, { "substring('قرية', 2, 2)", "ري" }, { "substring('12345', 1.5, 2.6)", "234" },
		{ "substring('12345', 0, 3)", "12" }, { "substring('12345', 0 div 0, 3)", "" },
		{ "substring('12345', -42, 1 div 0)", "12345" },
		{ "substring('12345', 2)", "2345" }, { "substring-before('1999/04', '/')", "1999" },
		{ "substring-after('1999/04', '/')", "04" },
		{ "substring-before('x', 'y')", "" }, { "substring-after('x', '')", "x" }, { "translate('قرية', 'ري', 'ل')", "قلة" },
		{ "translate('bar', 'abc', 'AB')", "BAr" }, { "translate('-a-', '-', '')", "a" },
		{ "normalize-space('  a  b\t\nc ')", "a b c" },
		{ "contains('abc', 'bc')", "true" }, { "contains('abc', '')", "true" }, { "starts-with('abc', 'ab')", "true" },
		{ "concat('a', 1, true())", "a1true" }, { "concat(child/age)", "3511" }, { "concat()", "" }, { "string-length(name)", "5" },
		{ "string(0.5)", "0.5" }, { "string(child)", "3balldoll" }, { "substring('abc', 5)", "" },
	};

	ALL_SAY(*state, pairs);
}

static void functions_about_numbers_and_nodes(void **state)
{
	static const struct xpathkit_pair pairs[] = {
		{ "floor(-1.5)", "-2" }, { "ceiling(-1.5)", "-1" }, { "round(2.5)", "3" }, { "round(-2.5)", "-3" },
		{ "round(1.256, 2)", "1.26" }, { "round(1.005, 2)", "1.01" }, { "round(-1.005, 2)", "-1.01" }, { "round(8.325, 2)", "8.33" },
		{ "round(2.675, 2)", "2.68" }, { "round(1.4, 2)", "1.4" }, { "round(-0.001, 2)", "0" }, { "round(12345, -10)", "0" },
		{ "round(1e300, 5) = 1e300", "true" }, { "round(5, -400)", "0" }, { "round(0.1 + 0.2, 15)", "0.3" },
		{ "round(1256, -2)", "1300" }, { "round(0 div 0)", "NaN" }, { "round(1 div 0)", "Infinity" },
		{ "sum(child/age)", "19" }, { "sum(nothing)", "0" },
		{ "sum(child/toy)", "NaN" }, { "count(nothing)", "0" }, { "boolean(nothing)", "false" }, { "boolean('false')", "true" },
		{ "boolean(0 div 0)", "false" }, { "not(nothing)", "true" }, { "name(m/*)", "jr:x" }, { "local-name(m/*)", "x" },
		{ "name(nothing)", "" }, { "name()", "data" }, { "namespace-uri()", "" }, { "number(half)", "0.5" },
		{ "id('f')/name", "Salma" },
		{ "count(id('none f f'))", "1" },
	};

	ALL_SAY(*state, pairs);
}

static void a_value_is_no_set_of_nodes(void **state)
{
	static const char *const exprs[] = { "count(string('a'))", "sum(1 + 0)", "(1)[1]", "'a'/b", "1 | name", "position(1)", "name('a')",
		"string(1)/x" };

	for (size_t i = 0; i < sizeof exprs / sizeof exprs[0]; i++)
		assert_int_equal(xpathkit_fails(*state, exprs[i]), ERR_USAGE);
}

static void or_and_stop_when_the_answer_is_known(void **state)
{
	static const char *const exprs[] = { "true() or count(1)", "not(false() and count(1))", "true() or nonsense()",
		"not(false() and substring())" };
	struct xpathkit *f = *state;

	for (size_t i = 0; i < sizeof exprs / sizeof exprs[0]; i++) {
		struct xpath_context c = xpathkit_context(f);
		struct xpath *x;
		bool b;

		assert_int_equal(xpath_parse_late(exprs[i], strlen(exprs[i]), f->names, &x, NULL), 0);
		assert_int_equal(xpath_boolean(x, &c, &b), 0);
		assert_true(b);
		xpath_free(x);
	}
}

static void a_late_parsed_unknown_function_fails_when_it_is_reached(void **state)
{
	struct xpathkit *f = *state;
	struct xpath_context c = xpathkit_context(f);
	struct xpath *x;
	bool b;

	assert_int_equal(xpath_parse_late("nonsense() or true()", 20, f->names, &x, NULL), 0);
	assert_int_equal(xpath_boolean(x, &c, &b), ERR_USAGE);
	xpath_free(x);
}

/* ---- what is refused ---- */

static int refused(struct xpathkit *f, const char *expr, struct xpath_problem *problem)
{
	struct xpath *x;
	int rc = xpath_parse(expr, strlen(expr), f->names, &x, problem);

	assert_null(x);
	return rc;
}

struct refusal {
	const char *expr;
	size_t at;
	const char *says; /* in the English text */
};

static void a_refusal_says_where_and_why_in_two_languages(void **state)
{
	static const struct refusal refusals[] = {
		{ "", 0, "ends too early" }, { "1 +", 3, "ends too early" }, { "1 + * )", 6, "')'" }, { "(1", 2, "ends too early" },
		{ "name[1", 6, "']'" }, { "'open", 0, "no closing quotation mark" }, { "a b", 2, "'b'" }, { "$x + 1", 0, "no variables" },
		{ "selectd(name, 'a')", 0, "selected()" }, { "Count(*)", 0, "count()" },
		{ "wholly-unknown-thing(1)", 0, "no function wholly-unknown-thing()" },
		{ "1 + regex(., '[')", 4, "pattern cannot be read near byte 2" }, { "regex(., '[a&&b]')", 0, "'&&'" },
		{ "digest(., 'SHA-3')", 0, "SHA-512" }, { "digest(., 'MD5', 'octal')", 0, "base64 and hex" }, { "count('a')", 0, "count() is about questions" },
		{ "randomize(3)", 0, "randomize() is about questions" }, { "weighted-checklist(1, 2, a)", 0, "no weight" },
		{ "indexed-repeat(a, b, 1, c)", 0, "no number behind it" },
		{ "substring('a')", 0, "2 to 3 arguments, found 1" }, { "not()", 0, "takes 1 argument, found 0" },
		{ "name = \xe2\x80\x98x\xe2\x80\x99", 7, "curly" }, { "namespace::x", 0, "direction" }, { "a#b", 1, "'#'" },
		{ "/data/", 6, "name of a question" },
		{ "a,b", 1, "','" }, { "1 = = 2", 4, "'='" }, { "child::", 7, "ends too early" }, { "@@a", 1, "'@'" },
		{ "a[]", 2, "']'" }, { "1 And 1", 2, "'And'" },
		{ "a\xff", 0, "UTF-8" }, { "{", 0, "'{'" }, { "if(a، b)", 4, "English keyboard" }, { "٣ + 1", 0, "English keyboard" },
		{ "a ≥ 3", 2, "English keyboard" }, { "قرية = #", 11, "character 8" },
	};

	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		struct xpath_problem problem;

		assert_int_equal(refused(*state, refusals[i].expr, &problem), ERR_USAGE);
		if (!strstr(problem.english, refusals[i].says) || problem.at != refusals[i].at)
			print_message("%s: at %zu: %s\n", refusals[i].expr, problem.at, problem.english);
		assert_non_null(strstr(problem.english, refusals[i].says));
		assert_int_equal(problem.at, refusals[i].at);
		assert_true(strlen(problem.arabic) > 0);
		assert_int_equal(refused(*state, refusals[i].expr, NULL), ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, xpathkit_start, xpathkit_stop)
		TEST(operators_bind_by_precedence),
		TEST(names_that_look_like_operators_are_names_where_an_operand_stands),
		TEST(operators_need_no_space_around_them),
		TEST(numbers_and_texts_are_written_in_several_ways),
		TEST(paths_lead_to_nodes),
		TEST(every_axis_goes_its_own_way),
		TEST(predicates_keep_some_nodes),
		TEST(node_tests_ask_for_kinds),
		TEST(patterns_of_repeats_are_never_seen),
		TEST(what_is_not_relevant_reads_as_empty),
		TEST(a_place_is_counted_among_nodes_of_the_same_name),
		TEST(the_caller_may_give_place_and_current_node),
		TEST(comparisons_follow_the_types),
		TEST(dates_compare_as_dates),
		TEST(texts_become_numbers_by_one_grammar),
		TEST(numbers_are_printed_short_and_without_exponent),
		TEST(every_printed_number_reads_back),
		TEST(functions_about_texts_count_characters),
		TEST(functions_about_numbers_and_nodes),
		TEST(a_value_is_no_set_of_nodes),
		TEST(or_and_stop_when_the_answer_is_known),
		TEST(a_late_parsed_unknown_function_fails_when_it_is_reached),
		TEST(a_refusal_says_where_and_why_in_two_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
