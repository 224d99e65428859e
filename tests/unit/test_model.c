/*
 * Examples for proto/form/model: what one answer does to the rest of a case: relevance, calculations, defaults, triggers, once(),
 * filters, texts, problems, registers in and out. Rows are in test_model_rows.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/modelkit.h"

static void an_irrelevant_answer_reads_as_empty_and_comes_back(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | relevant | calculation\ntext | a | |\ntext | b | ${a} = 'x' |\ncalculate | c | | concat('<', ${b}, '>')\n");
	modelkit_set(&k, "/data/a", "x");
	modelkit_set(&k, "/data/b", "said");
	assert_string_equal(modelkit_value(&k, "/data/c"), "<said>");
	modelkit_set(&k, "/data/a", "y");
	assert_false(modelkit_node(&k, "/data/b")->is_relevant);
	assert_string_equal(modelkit_node(&k, "/data/b")->value, "said");
	assert_string_equal(modelkit_value(&k, "/data/b"), "");
	assert_string_equal(modelkit_value(&k, "/data/c"), "<>");
	modelkit_set(&k, "/data/a", "x");
	assert_string_equal(modelkit_value(&k, "/data/c"), "<said>");
	modelkit_close(&k);
}

static void what_is_in_an_irrelevant_group_is_irrelevant(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | relevant\ntext | a |\nbegin_group | g | ${a} = 'x'\ntext | b |\nend_group | |\n");
	assert_false(modelkit_node(&k, "/data/g/b")->is_relevant);
	modelkit_set(&k, "/data/a", "x");
	assert_true(modelkit_node(&k, "/data/g/b")->is_relevant);
	modelkit_close(&k);
}

static void calculations_are_taken_in_the_order_of_need(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | calculation\ncalculate | c | ${b} * 10\ncalculate | b | ${a} + 1\ninteger | a |\n");
	modelkit_set(&k, "/data/a", "4");
	assert_string_equal(modelkit_value(&k, "/data/c"), "50");
	modelkit_close(&k);
}

static void nothing_that_is_no_number_is_kept(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | calculation\ninteger | a |\ncalculate | b | ${a} * 2\n");
	assert_string_equal(modelkit_value(&k, "/data/b"), "");
	modelkit_close(&k);
}

static void questions_that_exclude_each_other_settle_the_same_way_every_time(void **state)
{
	static const char TABLES[] = "#survey\ntype | name | relevant\ntext | a | ${b} = ''\ntext | b | ${a} = ''\n";
	struct modelkit k;

	(void)state;
	modelkit_open(&k, TABLES);
	modelkit_set(&k, "/data/b", "2");
	assert_false(modelkit_node(&k, "/data/a")->is_relevant);
	modelkit_close(&k);
	/* Two devices answered one each: the first of the form holds, whatever came before. */
	modelkit_begin(&k, TABLES, 1);
	modelkit_put(&k, "root", 1, "b", "2");
	modelkit_put(&k, "root", 1, "a", "1");
	modelkit_start(&k);
	assert_true(modelkit_node(&k, "/data/a")->is_relevant);
	assert_false(modelkit_node(&k, "/data/b")->is_relevant);
	modelkit_set(&k, "/data/a", "");
	assert_true(modelkit_node(&k, "/data/b")->is_relevant);
	modelkit_set(&k, "/data/a", "1");
	assert_false(modelkit_node(&k, "/data/b")->is_relevant);
	modelkit_close(&k);
}

static void required_and_empty_is_missing_while_relevant(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | required | relevant\ntext | a | |\ntext | b | ${a} != 'no' | ${a} != 'hide'\n");
	assert_true(modelkit_node(&k, "/data/b")->is_missing);
	modelkit_set(&k, "/data/a", "no");
	assert_false(modelkit_node(&k, "/data/b")->is_missing);
	modelkit_set(&k, "/data/a", "hide");
	assert_false(modelkit_node(&k, "/data/b")->is_missing);
	modelkit_close(&k);
}

static void a_constraint_is_asked_of_answers_only(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | constraint | warning\ninteger | a | . < 10 | . < 5\n");
	assert_false(modelkit_node(&k, "/data/a")->is_violated);
	modelkit_set(&k, "/data/a", "7");
	assert_false(modelkit_node(&k, "/data/a")->is_violated);
	assert_true(modelkit_node(&k, "/data/a")->is_warned);
	modelkit_set(&k, "/data/a", "12");
	assert_true(modelkit_node(&k, "/data/a")->is_violated);
	modelkit_close(&k);
}

static void problems_are_visited_in_form_order(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | required | constraint | warning | write\ntext | a | true() | | |\ninteger | b | | . < 3 | . < 2 |\n"
		      "text | c | true() | | | officer\n");
	modelkit_set(&k, "/data/b", "9");
	assert_string_equal(modelkit_problems(&k), "a missing hard, b violated hard, b warned, c missing");
	modelkit_close(&k);
}

static void a_group_that_is_read_only_makes_its_questions_read_only(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | readonly\ntext | a |\nbegin_group | g | ${a} = 'x'\ntext | b |\nend_group | |\n");
	modelkit_set(&k, "/data/g/b", "1");
	modelkit_set(&k, "/data/a", "x");
	assert_true(modelkit_node(&k, "/data/g/b")->is_readonly);
	assert_int_equal(model_set(k.model, modelkit_node(&k, "/data/g/b"), "2"), ERR_USAGE);
	modelkit_close(&k);
}

static void calculations_and_notes_are_not_answered(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | calculation\ncalculate | a | 1\nnote | n |\ncalculate | u | uuid()\n");
	assert_int_equal(model_set(k.model, modelkit_node(&k, "/data/a"), "2"), ERR_USAGE);
	assert_int_equal(model_set(k.model, modelkit_node(&k, "/data/n"), "2"), ERR_USAGE);
	assert_int_equal(model_set(k.model, modelkit_node(&k, "/data/u"), "2"), ERR_USAGE);
	assert_true(modelkit_node(&k, "/data/n")->is_readonly);
	modelkit_close(&k);
}

/* ---- what the form fills ---- */

static void defaults_are_for_new_cases(void **state)
{
	static const char TABLES[] = "#survey\ntype | name | default | default_kind\ntext | a | first | literal\ninteger | b | 1 + 2 |\n";
	struct modelkit k;

	(void)state;
	modelkit_open(&k, TABLES);
	assert_string_equal(modelkit_value(&k, "/data/a"), "first");
	assert_string_equal(modelkit_value(&k, "/data/b"), "3");
	assert_string_equal(modelkit_changes(&k), "root 1 a=first, root 1 b=3");
	modelkit_close(&k);
	modelkit_begin(&k, TABLES, 1);
	modelkit_put(&k, "root", 1, "b", "5");
	modelkit_start(&k);
	assert_string_equal(modelkit_value(&k, "/data/a"), "");
	assert_string_equal(modelkit_changes(&k), "");
	modelkit_close(&k);
}

static void a_default_may_lean_on_what_is_calculated_from_another(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | default | calculation\ninteger | c | ${b} + 1 |\ncalculate | b | | ${a} * 2\ninteger | a | 4 + 1 |\n");
	assert_string_equal(modelkit_value(&k, "/data/c"), "11");
	modelkit_set(&k, "/data/a", "1");
	assert_string_equal(modelkit_value(&k, "/data/c"), "11");
	modelkit_close(&k);
}

static void a_default_that_no_register_may_hold_is_empty(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | default\ninteger | a | concat('x', 'y')\ndate | b | today()\n");
	assert_string_equal(modelkit_value(&k, "/data/a"), "");
	assert_string_equal(modelkit_value(&k, "/data/b"), "2026-11-23");
	modelkit_close(&k);
}

static void once_keeps_what_it_had(void **state)
{
	static const char TABLES[] = "#survey\ntype | name | calculation\ninteger | a |\ncalculate | b | once(${a})\n";
	struct modelkit k;

	(void)state;
	modelkit_open(&k, TABLES);
	modelkit_set(&k, "/data/a", "3");
	modelkit_set(&k, "/data/a", "4");
	assert_string_equal(modelkit_value(&k, "/data/b"), "3");
	assert_string_equal(modelkit_changes(&k), "root 1 a=4, root 1 b=3");
	modelkit_close(&k);
	modelkit_begin(&k, TABLES, 1);
	modelkit_put(&k, "root", 1, "a", "9");
	modelkit_put(&k, "root", 1, "b", "3");
	modelkit_start(&k);
	assert_string_equal(modelkit_value(&k, "/data/b"), "3");
	modelkit_close(&k);
}

static void what_chance_makes_is_made_once(void **state)
{
	struct modelkit k;
	char first[64];

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | calculation\ntext | a |\ncalculate | u | uuid()\n");
	snprintf(first, sizeof first, "%s", modelkit_value(&k, "/data/u"));
	assert_int_equal(strlen(first), 36);
	modelkit_set(&k, "/data/a", "x");
	assert_string_equal(modelkit_value(&k, "/data/u"), first);
	modelkit_close(&k);
}

static void a_trigger_takes_the_calculation_when_it_changes(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | calculation | trigger\ntext | a | |\ntext | b | |\n"
		      "calculate | n | coalesce(${n}, 0) + 1 | ${a}\ncalculate | m | concat(${n}, ${b}) | ${n}\n");
	assert_string_equal(modelkit_value(&k, "/data/n"), "");
	modelkit_set(&k, "/data/a", "x");
	assert_string_equal(modelkit_value(&k, "/data/n"), "1");
	modelkit_set(&k, "/data/b", "y");
	assert_string_equal(modelkit_value(&k, "/data/n"), "1");
	assert_string_equal(modelkit_value(&k, "/data/m"), "1");
	modelkit_set(&k, "/data/a", "z");
	assert_string_equal(modelkit_value(&k, "/data/n"), "2");
	assert_string_equal(modelkit_value(&k, "/data/m"), "2y");
	modelkit_close(&k);
}

static void an_answer_over_a_calculation_stays_until_that_changes(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | calculation\ntext | a |\ntext | other |\ntext | b | concat(${a}, '!')\n");
	modelkit_set(&k, "/data/a", "x");
	assert_string_equal(modelkit_value(&k, "/data/b"), "x!");
	modelkit_set(&k, "/data/b", "mine");
	modelkit_set(&k, "/data/other", "1");
	assert_string_equal(modelkit_value(&k, "/data/b"), "mine");
	modelkit_set(&k, "/data/a", "y");
	assert_string_equal(modelkit_value(&k, "/data/b"), "y!");
	modelkit_close(&k);
}

static void moments_and_names_are_filled_when_a_case_begins(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name\nstart | s\ntoday | t\nend | e\nusername | u\ndeviceid | d\n");
	assert_string_equal(modelkit_value(&k, "/data/s"), "2026-11-23T09:00:00.000+03:00");
	assert_string_equal(modelkit_value(&k, "/data/t"), "2026-11-23");
	assert_string_equal(modelkit_value(&k, "/data/u"), "the username");
	assert_string_equal(modelkit_value(&k, "/data/d"), "");
	assert_string_equal(modelkit_value(&k, "/data/e"), "");
	assert_int_equal(model_at(k.model, MODELKIT_NOW_MS + 3600000), 0);
	assert_int_equal(model_finish(k.model), 0);
	assert_string_equal(modelkit_value(&k, "/data/s"), "2026-11-23T09:00:00.000+03:00");
	assert_string_equal(modelkit_value(&k, "/data/e"), "2026-11-23T10:00:00.000+03:00");
	modelkit_close(&k);
}

static void on_finish_is_written_where_it_is_relevant(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | relevant | on_finish\ntext | a | |\nhidden | b | | concat(${a}, '.')\nhidden | c | ${a} = 'y' | 'c'\n");
	modelkit_set(&k, "/data/a", "x");
	assert_int_equal(model_finish(k.model), 0);
	assert_string_equal(modelkit_changes(&k), "root 1 a=x, root 1 b=x.");
	modelkit_close(&k);
}

/* ---- choices ---- */

#define CASCADE "#survey\ntype | list | name | choice_filter | calculation\nselect_one | region | r | |\n" \
	"select_one | town | t | region = ${r} |\nselect_multiple | town | more | region = ${r} |\ncalculate | | c | | concat(${t}, ' ', ${more})\n" \
	"#choices\nlist_name | name | label | region\nregion | n | North |\nregion | s | South |\n" \
	"town | a | A | n\ntown | b | B | n\ntown | c | C | s\n"

static void a_filter_leaves_the_choices_it_allows(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, CASCADE);
	assert_string_equal(modelkit_choices(&k, "/data/r"), "n=North s=South");
	assert_string_equal(modelkit_choices(&k, "/data/t"), "");
	modelkit_set(&k, "/data/r", "n");
	modelkit_set(&k, "/data/t", "b");
	assert_string_equal(modelkit_choices(&k, "/data/t"), "a=A b=B*");
	modelkit_close(&k);
}

static void a_choice_that_is_filtered_out_is_masked_and_comes_back(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, CASCADE);
	modelkit_set(&k, "/data/r", "n");
	modelkit_set(&k, "/data/t", "b");
	modelkit_set(&k, "/data/more", "a b");
	assert_string_equal(modelkit_value(&k, "/data/c"), "b a b");
	modelkit_set(&k, "/data/r", "s");
	assert_true(modelkit_node(&k, "/data/t")->is_masked);
	assert_string_equal(modelkit_node(&k, "/data/t")->value, "b");
	assert_string_equal(modelkit_value(&k, "/data/c"), " ");
	assert_string_equal(modelkit_problems(&k), "t masked, more masked");
	modelkit_set(&k, "/data/r", "n");
	assert_false(modelkit_node(&k, "/data/t")->is_masked);
	assert_string_equal(modelkit_value(&k, "/data/c"), "b a b");
	modelkit_close(&k);
}

static void a_masked_answer_is_missing_where_one_is_required(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | list | name | required | choice_filter\ntext | | a | |\nselect_one | l | b | true() | name != ${a}\n"
		      "#choices\nlist_name | name\nl | x\nl | y\n");
	modelkit_set(&k, "/data/b", "x");
	assert_false(modelkit_node(&k, "/data/b")->is_missing);
	modelkit_set(&k, "/data/a", "x");
	assert_true(modelkit_node(&k, "/data/b")->is_missing);
	modelkit_close(&k);
}

static void choices_are_shuffled_the_same_way_each_time(void **state)
{
	struct modelkit k;
	char first[128];

	(void)state;
	modelkit_open(&k, "#survey\ntype | list | name | parameters\ntext | | t |\nselect_one | l | a | randomize=true\n"
		      "select_one | l | b | randomize=true seed=3\nselect_one | l | c | randomize=true seed=3\n"
		      "#choices\nlist_name | name | label\nl | p | P\nl | q | Q\nl | r | R\nl | s | S\nl | t | T\nl | u | U\nl | v | V\nl | w | W\n");
	snprintf(first, sizeof first, "%s", modelkit_choices(&k, "/data/a"));
	assert_int_equal(strlen(first), strlen("p=P q=Q r=R s=S t=T u=U v=V w=W"));
	assert_string_not_equal(first, "p=P q=Q r=R s=S t=T u=U v=V w=W");
	modelkit_set(&k, "/data/t", "x");
	assert_string_equal(modelkit_choices(&k, "/data/a"), first);
	snprintf(first, sizeof first, "%s", modelkit_choices(&k, "/data/b"));
	assert_string_equal(modelkit_choices(&k, "/data/c"), first);
	modelkit_close(&k);
}

static void names_of_choices_and_columns_of_lists_are_read(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | list | name | calculation\nselect_one | town | t |\n"
		      "calculate | | label | jr:choice-name(${t}, '${t}')\n"
		      "calculate | | region | instance('town')/root/item[name = ${t}]/region\n"
		      "calculate | | size | pulldata('town', 'size', 'name', ${t})\n"
		      "calculate | | text | jr:itext(instance('town')/root/item[name = ${t}]/itextId)\n"
		      "#choices\nlist_name | name | label | region | size\ntown | a | Alpha | n | 10\ntown | b | Beta | s | 20\n");
	modelkit_set(&k, "/data/t", "b");
	assert_string_equal(modelkit_value(&k, "/data/label"), "Beta");
	assert_string_equal(modelkit_value(&k, "/data/region"), "s");
	assert_string_equal(modelkit_value(&k, "/data/size"), "20");
	assert_string_equal(modelkit_value(&k, "/data/text"), "Beta");
	modelkit_close(&k);
}

static void a_reference_list_is_read_and_an_absent_one_is_empty(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_begin(&k, "#survey\ntype | list | name | choice_filter | calculation\ntext | | g | |\nselect_one | village | v | governorate = ${g} |\n"
		       "calculate | | c | | instance('village')/root/item[name = ${v}]/governorate\n"
		       "calculate | | n | | count(instance('nowhere')/root/item)\n", 1);
	modelkit_list(&k, "village", "code,label,governorate\nv1,First,x\nv2,Second,y\n");
	modelkit_start(&k);
	modelkit_set(&k, "/data/g", "y");
	assert_string_equal(modelkit_choices(&k, "/data/v"), "v2=Second");
	modelkit_set(&k, "/data/v", "v2");
	assert_string_equal(modelkit_value(&k, "/data/c"), "y");
	assert_string_equal(modelkit_value(&k, "/data/n"), "0");
	modelkit_close(&k);
}

static void pulldata_finds_a_column_that_only_it_names(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_begin(&k, "#survey\ntype | list | name | calculation\ntext | | v |\n"
		       "calculate | | lat | pulldata('village', 'lat', 'old_code', ${v})\n", 1);
	modelkit_list(&k, "village", "code,label,lat,old_code\nv1,First,18.1,a\nv2,Second,18.2,b\n");
	modelkit_start(&k);
	modelkit_set(&k, "/data/v", "b");
	assert_string_equal(modelkit_value(&k, "/data/lat"), "18.2");
	modelkit_close(&k);
}

static void a_choice_of_a_list_that_is_not_there_is_not_masked(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_begin(&k, "#survey\ntype | list | name | choice_filter\ntext | | g |\nselect_one | village | v | governorate = ${g}\n", 1);
	modelkit_put(&k, "root", 1, "v", "v2");
	modelkit_start(&k);
	assert_false(modelkit_node(&k, "/data/v")->is_masked);
	assert_string_equal(modelkit_choices(&k, "/data/v"), "");
	modelkit_close(&k);
}

static void acknowledged_reads_ok_unless_the_form_asks_for_yes(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | calculation\nacknowledge | a |\nacknowledge | b |\nacknowledge | c |\n"
		      "calculate | x | if(${a} = 'OK', 1, 0)\ncalculate | y | if(${b} = 'yes', 1, 0)\ncalculate | z | string(${c})\n");
	modelkit_set(&k, "/data/a", "yes");
	modelkit_set(&k, "/data/b", "yes");
	modelkit_set(&k, "/data/c", "yes");
	assert_string_equal(modelkit_value(&k, "/data/x"), "1");
	assert_string_equal(modelkit_value(&k, "/data/y"), "1");
	assert_string_equal(modelkit_value(&k, "/data/z"), "OK");
	assert_string_equal(modelkit_changes(&k), "root 1 a=yes, root 1 b=yes, root 1 c=yes");
	modelkit_close(&k);
}

/* ---- texts ---- */

static void outputs_are_filled_in_each_language(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#settings\nkey | value\nform_id | f\nversion | 1\ndefault_language | en\ninstance_name | concat(${a}, ' of ', ${t})\n"
		      "#survey\ntype | list | name | label::en | label::ar | calculation\ntext | | a | Name | الاسم |\nselect_one | town | t | T | T |\n"
		      "note | | n | Hello ${a}! | أهلًا ${a} |\n"
		      "#choices\nlist_name | name | label::en | label::ar\ntown | x | ${a} town | بلدة ${a}\n");
	modelkit_set(&k, "/data/a", "Ali");
	modelkit_set(&k, "/data/t", "x");
	assert_string_equal(modelkit_words(&k, "/data/n", 0), "Hello Ali!");
	assert_string_equal(modelkit_words(&k, "/data/n", 1), "أهلًا Ali");
	assert_string_equal(modelkit_choices(&k, "/data/t"), "x=Ali town*");
	assert_string_equal(modelkit_title(&k), "Ali of x");
	modelkit_close(&k);
}

/* ---- registers ---- */

static void only_what_differs_from_the_store_is_a_change(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_begin(&k, "#survey\ntype | name\ntext | a\ntext | b\n", 1);
	modelkit_put(&k, "root", 1, "a", "x");
	modelkit_start(&k);
	modelkit_set(&k, "/data/a", "y");
	modelkit_set(&k, "/data/b", "z");
	assert_true(modelkit_node(&k, "/data/b")->is_changed);
	modelkit_set(&k, "/data/a", "x");
	assert_false(modelkit_node(&k, "/data/a")->is_changed);
	assert_string_equal(modelkit_changes(&k), "root 1 b=z");
	assert_int_equal(model_stored(k.model, 1), 0);
	assert_string_equal(modelkit_changes(&k), "");
	modelkit_set(&k, "/data/b", "");
	assert_string_equal(modelkit_changes(&k), "root 1 b=");
	modelkit_close(&k);
}

static void pure_calculations_are_no_registers(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | calculation\ncalculate | a | 1 + 1\n");
	assert_string_equal(modelkit_value(&k, "/data/a"), "2");
	assert_string_equal(modelkit_changes(&k), "");
	modelkit_close(&k);
}

static void a_field_of_another_entry_type_is_refused(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_begin(&k, "#survey\ntype | name\nbegin_repeat | r\ntext | a\nend_repeat |\ntext | b\n", 1);
	assert_int_equal(model_put(k.model, 0, 1, (size_t)form_field_find(k.form, "a"), "x"), ERR_USAGE);
	assert_int_equal(model_put(k.model, 0, 2, (size_t)form_field_find(k.form, "b"), "x"), ERR_USAGE);
	assert_int_equal(model_put(k.model, 1, 0, (size_t)form_field_find(k.form, "a"), "x"), ERR_USAGE);
	assert_int_equal(model_put(k.model, 9, 1, 0, "x"), ERR_USAGE);
	modelkit_start(&k);
	assert_int_equal(model_put(k.model, 0, 1, (size_t)form_field_find(k.form, "b"), "x"), ERR_USAGE);
	modelkit_close(&k);
}

#define VISITS "#survey\ntype | name | label | entry\nbegin_group | v | Visit | visit\ntext | place | |\nend_group | | |\ntext | a | |\n"

static void a_visit_gets_its_id_with_its_first_answer(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, VISITS);
	assert_int_equal(modelkit_node(&k, "/data/v/place")->entry_id, 0);
	modelkit_set(&k, "/data/a", "x");
	assert_int_equal(k.last_id, MODELKIT_FIRST_ID);
	modelkit_set(&k, "/data/v/place", "home");
	assert_int_equal(modelkit_node(&k, "/data/v/place")->entry_id, MODELKIT_FIRST_ID + 1);
	assert_string_equal(modelkit_changes(&k), "root 1 a=x, visit 101 place=home");
	modelkit_close(&k);
}

static void the_newest_visit_is_the_one_that_is_shown(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_begin(&k, VISITS, 1);
	modelkit_put(&k, "visit", 8, "place", "eight");
	modelkit_put(&k, "visit", 9, "place", "nine");
	modelkit_put(&k, "visit", 7, "place", "seven");
	modelkit_start(&k);
	assert_string_equal(modelkit_value(&k, "/data/v/place"), "nine");
	modelkit_close(&k);
	modelkit_begin(&k, VISITS, 1);
	modelkit_put(&k, "visit", 8, "place", "eight");
	modelkit_put(&k, "visit", 9, "place", "nine");
	assert_int_equal(model_session(k.model, (size_t)form_entry_type_find(k.form, "visit"), 8), 0);
	modelkit_start(&k);
	assert_string_equal(modelkit_value(&k, "/data/v/place"), "eight");
	modelkit_close(&k);
	modelkit_begin(&k, VISITS, 1);
	modelkit_put(&k, "visit", 9, "place", "nine");
	assert_int_equal(model_session(k.model, (size_t)form_entry_type_find(k.form, "visit"), 0), 0);
	modelkit_start(&k);
	assert_string_equal(modelkit_value(&k, "/data/v/place"), "");
	modelkit_close(&k);
}

static void a_new_case_learns_its_id_later(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_begin(&k, "#survey\ntype | name\ntext | a\n", 0);
	modelkit_start(&k);
	modelkit_set(&k, "/data/a", "x");
	assert_string_equal(modelkit_changes(&k), "root 0 a=x");
	assert_int_equal(model_case(k.model, 5), 0);
	assert_string_equal(modelkit_changes(&k), "root 5 a=x");
	assert_int_equal(model_case(k.model, 6), ERR_USAGE);
	modelkit_close(&k);
}

static void an_answer_that_is_too_dear_is_taken_back(void **state)
{
	struct modelkit k;
	char tables[4096];

	(void)state;
	/* Each level of the predicate looks at all items again: 60 to the power of 4. */
	snprintf(tables, sizeof tables, "#survey\ntype | list | name | calculation\ntext | | a |\nselect_one | l | s |\n"
		 "calculate | | c | if(${a} = 'x', count(instance('l')/root/item[count(../item[count(../item[count(../item) > 1]) > 1]) > 1]), 0)\n"
		 "#choices\nlist_name | name\n");
	for (int i = 0; i < 60; i++)
		snprintf(tables + strlen(tables), sizeof tables - strlen(tables), "l | c%d\n", i);
	modelkit_open(&k, tables);
	assert_int_equal(model_set(k.model, modelkit_node(&k, "/data/a"), "x"), ERR_LIMIT);
	assert_string_equal(modelkit_value(&k, "/data/a"), "");
	assert_string_equal(modelkit_value(&k, "/data/c"), "0");
	modelkit_set(&k, "/data/a", "y");
	modelkit_close(&k);
}

static void an_expression_that_cannot_be_evaluated_decides_nothing(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | relevant | calculation\ntext | a | sum('x') > 1 |\ncalculate | c | | sum('x')\n");
	assert_true(modelkit_node(&k, "/data/a")->is_relevant);
	assert_string_equal(modelkit_value(&k, "/data/c"), "");
	modelkit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_irrelevant_answer_reads_as_empty_and_comes_back),
		cmocka_unit_test(what_is_in_an_irrelevant_group_is_irrelevant),
		cmocka_unit_test(calculations_are_taken_in_the_order_of_need),
		cmocka_unit_test(nothing_that_is_no_number_is_kept),
		cmocka_unit_test(questions_that_exclude_each_other_settle_the_same_way_every_time),
		cmocka_unit_test(required_and_empty_is_missing_while_relevant),
		cmocka_unit_test(a_constraint_is_asked_of_answers_only),
		cmocka_unit_test(problems_are_visited_in_form_order),
		cmocka_unit_test(a_group_that_is_read_only_makes_its_questions_read_only),
		cmocka_unit_test(calculations_and_notes_are_not_answered),
		cmocka_unit_test(defaults_are_for_new_cases),
		cmocka_unit_test(a_default_may_lean_on_what_is_calculated_from_another),
		cmocka_unit_test(a_default_that_no_register_may_hold_is_empty),
		cmocka_unit_test(once_keeps_what_it_had),
		cmocka_unit_test(what_chance_makes_is_made_once),
		cmocka_unit_test(a_trigger_takes_the_calculation_when_it_changes),
		cmocka_unit_test(an_answer_over_a_calculation_stays_until_that_changes),
		cmocka_unit_test(moments_and_names_are_filled_when_a_case_begins),
		cmocka_unit_test(on_finish_is_written_where_it_is_relevant),
		cmocka_unit_test(a_filter_leaves_the_choices_it_allows),
		cmocka_unit_test(a_choice_that_is_filtered_out_is_masked_and_comes_back),
		cmocka_unit_test(a_masked_answer_is_missing_where_one_is_required),
		cmocka_unit_test(choices_are_shuffled_the_same_way_each_time),
		cmocka_unit_test(names_of_choices_and_columns_of_lists_are_read),
		cmocka_unit_test(a_reference_list_is_read_and_an_absent_one_is_empty),
		cmocka_unit_test(pulldata_finds_a_column_that_only_it_names),
		cmocka_unit_test(a_choice_of_a_list_that_is_not_there_is_not_masked),
		cmocka_unit_test(acknowledged_reads_ok_unless_the_form_asks_for_yes),
		cmocka_unit_test(outputs_are_filled_in_each_language),
		cmocka_unit_test(only_what_differs_from_the_store_is_a_change),
		cmocka_unit_test(pure_calculations_are_no_registers),
		cmocka_unit_test(a_field_of_another_entry_type_is_refused),
		cmocka_unit_test(a_visit_gets_its_id_with_its_first_answer),
		cmocka_unit_test(the_newest_visit_is_the_one_that_is_shown),
		cmocka_unit_test(a_new_case_learns_its_id_later),
		cmocka_unit_test(an_answer_that_is_too_dear_is_taken_back),
		cmocka_unit_test(an_expression_that_cannot_be_evaluated_decides_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
