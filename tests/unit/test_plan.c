/*
 * Examples for proto/form/plan: what is refused and where, circles, warnings, reference lists. That the order of steps is right is seen
 * in what a model computes (test_model.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/plan.h"
#include "tests/lib/formkit.h"

/* The plan of a form made of tables; `problems` as plan_new() gives them. */
struct try {
	struct form *form;
	struct plan *plan;
	struct plan_problems problems;
	int rc;
};

static struct try try_tables(const char *tables)
{
	struct try t = { .form = formkit_new(tables) };

	if (!t.form)
		fail_msg("%s", err_message());
	t.rc = plan_new(t.form, &t.problems, &t.plan);
	return t;
}

static void drop(struct try *t)
{
	plan_problems_fini(&t->problems);
	plan_free(t->plan);
	form_free(t->form);
}

/* The tables give exactly one problem: at that row and column, with these words in its English. */
static void expect_problem(const char *tables, size_t node, const char *column, const char *words)
{
	struct try t = try_tables(tables);

	assert_int_equal(t.rc, ERR_USAGE);
	assert_null(t.plan);
	assert_int_equal(t.problems.count, 1);
	assert_false(t.problems.items[0].is_warning);
	assert_int_equal(t.problems.items[0].node, node);
	assert_string_equal(t.problems.items[0].column, column);
	if (!strstr(t.problems.items[0].english, words))
		fail_msg("%s", t.problems.items[0].english);
	assert_true(t.problems.items[0].arabic[0] != '\0');
	drop(&t);
}

static void expect_plan(const char *tables)
{
	struct try t = try_tables(tables);

	if (t.rc)
		fail_msg("%s", err_message());
	assert_non_null(t.plan);
	assert_int_equal(t.problems.count, 0);
	drop(&t);
}

static void a_good_form_has_no_problems(void **state)
{
	(void)state;
	expect_plan("#survey\ntype | name | label | relevant\ntext | a | A |\ntext | b | after ${a} | ${a} = 'x'\n");
}

static void an_unknown_name_is_told_with_its_row_and_column(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | relevant\ntext | a |\ntext | b | ${c} = 'x'\n", 2, "relevant", "c");
}

static void a_syntax_error_is_told(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | constraint\ntext | a | . = (\n", 1, "constraint", "");
}

static void an_unknown_function_is_told(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | calculation\ncalculate | a | frobnicate(1)\n", 1, "calculation", "frobnicate");
}

static void an_output_with_an_unknown_name_is_told_with_its_language(void **state)
{
	struct try t;

	(void)state;
	t = try_tables("#settings\nkey | value\ndefault_language | en\nform_id | f\nversion | 1\n"
		       "#survey\ntype | name | label::en | label::ar\ntext | a | A | ${b}\n");
	assert_int_equal(t.rc, ERR_USAGE);
	assert_int_equal(t.problems.count, 1);
	assert_string_equal(t.problems.items[0].column, "label");
	assert_int_equal(t.problems.items[0].language, form_language_find(t.form, "ar"));
	drop(&t);
}

static void an_output_in_a_choice_is_told_with_its_list(void **state)
{
	struct try t;

	(void)state;
	t = try_tables("#survey\ntype | list | name\nselect_one | l | a\n#choices\nlist_name | name | label\nl | x | X\nl | y | ${b}\n");
	assert_int_equal(t.problems.count, 1);
	assert_true(t.problems.items[0].is_choice);
	assert_int_equal(t.problems.items[0].choice, 1);
	drop(&t);
}

static void all_problems_are_told_at_once(void **state)
{
	struct try t;

	(void)state;
	t = try_tables("#survey\ntype | name | relevant | constraint\ntext | a | ${x} = 1 | . = (\ntext | b | ${y} = 1 |\n");
	assert_int_equal(t.rc, ERR_USAGE);
	assert_int_equal(t.problems.count, 3);
	drop(&t);
}

static void two_calculations_in_a_circle_are_named(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | calculation\ncalculate | a | ${b} + 1\ncalculate | b | ${a} + 1\n", 1, "calculation",
		       "a (calculation) → b (calculation) → a");
}

static void a_calculation_of_itself_is_a_circle(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | calculation\ncalculate | a | ${a} + 1\n", 1, "calculation", "circle");
}

static void relevance_on_itself_is_a_circle(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | relevant\ntext | a | ${a} != 'x'\n", 1, "relevant", "circle");
}

static void relevance_of_a_group_on_its_own_question_is_a_circle(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | relevant\nbegin_group | g | ${a} != 'x'\ntext | a |\nend_group | |\n", 1, "relevant", "circle");
}

static void relevance_and_calculation_in_a_circle_are_told(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | relevant | calculation\ninteger | a | ${sum} < 5 |\ncalculate | sum | | ${a} + 1\n", 1, "relevant",
		       "circle");
}

static void a_constraint_may_look_at_its_own_question(void **state)
{
	(void)state;
	expect_plan("#survey\ntype | name | constraint\ninteger | a | ${a} < 5 and . > 1\n");
}

static void questions_may_exclude_each_other(void **state)
{
	(void)state;
	expect_plan("#survey\ntype | name | relevant\ntext | a | ${b} = ''\ntext | b | ${a} = ''\n");
}

static void a_triggered_calculation_may_count_itself(void **state)
{
	(void)state;
	expect_plan("#survey\ntype | name | calculation | trigger\ntext | a | |\ncalculate | n | coalesce(${n}, 0) + 1 | ${a}\n");
}

static void a_row_may_read_the_row_before(void **state)
{
	(void)state;
	expect_plan("#survey\ntype | name | calculation\nbegin_repeat | r |\ninteger | a |\n"
		    "calculate | opening | indexed-repeat(${closing}, ${r}, position(..) - 1)\n"
		    "calculate | closing | ${opening} + ${a}\nend_repeat | |\n");
}

static void a_circle_inside_a_row_is_told(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | calculation\nbegin_repeat | r |\ncalculate | a | ${b}\ncalculate | b | ${a}\nend_repeat | |\n", 2,
		       "calculation", "circle");
}

static void a_circle_through_an_inner_repeat_is_told(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | calculation\nbegin_repeat | r |\nbegin_repeat | s |\ncalculate | x | ${total} + 1\nend_repeat | |\n"
		       "calculate | total | sum(${x})\nend_repeat | |\n", 3, "calculation", "circle");
}

static void a_count_of_its_own_rows_is_a_circle(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | repeat_count\nbegin_repeat | r | count(${r}) + 1\ntext | a |\nend_repeat | |\n", 1, "repeat_count",
		       "circle");
}

static void today_in_a_calculation_is_warned_of(void **state)
{
	struct try t;

	(void)state;
	t = try_tables("#survey\ntype | name | calculation\ncalculate | a | today()\ncalculate | b | once(today())\n");
	assert_int_equal(t.rc, 0);
	assert_int_equal(t.problems.count, 1);
	assert_true(t.problems.items[0].is_warning);
	assert_int_equal(t.problems.items[0].node, 1);
	drop(&t);
}

static void a_trigger_names_questions(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | calculation | trigger\ntext | a | |\ncalculate | b | 1 | a\n", 2, "trigger", "${name}");
	expect_problem("#survey\ntype | name | calculation | trigger\ntext | a | |\ncalculate | b | 1 | ${c}\n", 2, "trigger", "c");
}

static void a_trigger_on_a_note_has_nothing_to_write(void **state)
{
	(void)state;
	expect_problem("#survey\ntype | name | trigger\ntext | a |\nnote | b | ${a}\n", 2, "trigger", "keeps no answer");
}

static void the_title_of_the_case_is_an_expression(void **state)
{
	(void)state;
	expect_problem("#settings\nkey | value\nform_id | f\nversion | 1\ninstance_name | concat(${a}\n#survey\ntype | name\ntext | a\n", 0,
		       "instance_name", "");
}

static void lists_without_choices_are_reference_lists(void **state)
{
	struct try t;

	(void)state;
	t = try_tables("#survey\ntype | list | name | calculation\nselect_one | village | a |\nselect_one | l | b |\n"
		       "calculate | | c | instance('rule')/root/item[name = 'x']/value\ncalculate | | d | instance('village')/root/item[1]/name\n"
		       "#choices\nlist_name | name\nl | x\n");
	if (t.rc)
		fail_msg("%s", err_message());
	assert_int_equal(plan_list_count(t.plan), 2);
	assert_string_equal(plan_list(t.plan, 0), "village");
	assert_string_equal(plan_list(t.plan, 1), "rule");
	drop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_form_has_no_problems),
		cmocka_unit_test(an_unknown_name_is_told_with_its_row_and_column),
		cmocka_unit_test(a_syntax_error_is_told),
		cmocka_unit_test(an_unknown_function_is_told),
		cmocka_unit_test(an_output_with_an_unknown_name_is_told_with_its_language),
		cmocka_unit_test(an_output_in_a_choice_is_told_with_its_list),
		cmocka_unit_test(all_problems_are_told_at_once),
		cmocka_unit_test(two_calculations_in_a_circle_are_named),
		cmocka_unit_test(a_calculation_of_itself_is_a_circle),
		cmocka_unit_test(relevance_on_itself_is_a_circle),
		cmocka_unit_test(relevance_of_a_group_on_its_own_question_is_a_circle),
		cmocka_unit_test(relevance_and_calculation_in_a_circle_are_told),
		cmocka_unit_test(a_constraint_may_look_at_its_own_question),
		cmocka_unit_test(questions_may_exclude_each_other),
		cmocka_unit_test(a_triggered_calculation_may_count_itself),
		cmocka_unit_test(a_row_may_read_the_row_before),
		cmocka_unit_test(a_circle_inside_a_row_is_told),
		cmocka_unit_test(a_circle_through_an_inner_repeat_is_told),
		cmocka_unit_test(a_count_of_its_own_rows_is_a_circle),
		cmocka_unit_test(today_in_a_calculation_is_warned_of),
		cmocka_unit_test(a_trigger_names_questions),
		cmocka_unit_test(a_trigger_on_a_note_has_nothing_to_write),
		cmocka_unit_test(the_title_of_the_case_is_an_expression),
		cmocka_unit_test(lists_without_choices_are_reference_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
