/*
 * Examples for the rows of proto/form/model: repeats that people fill and computed ones, rows in rows, sums over them, members as
 * choices, and what becomes of registers when rows go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/record.h"
#include "tests/lib/modelkit.h"

#define MEMBERS "#survey\ntype | name | label | calculation\nbegin_repeat | member | Member |\ntext | n | |\ninteger | age | |\n" \
	"calculate | place | | position(..)\nend_repeat | | |\n" \
	"calculate | sum | | sum(${age})\ncalculate | count | | count(${member})\n"

/* A counted repeat: rows hold k. */
#define COUNTED "#survey\ntype | name | repeat_count\ninteger | count |\nbegin_repeat | row | ${count}\ntext | k |\nend_repeat | |\n"

#define NESTED "#survey\ntype | name | calculation\nbegin_repeat | house |\ntext | h |\nbegin_repeat | room |\ninteger | size |\nend_repeat | |\n" \
	"calculate | total | sum(${size})\nend_repeat | |\ncalculate | all | sum(${size})\n"

static size_t count_rows(const struct model_node *repeat)
{
	size_t count = 0;

	for (const struct model_node *row = repeat->first; row; row = row->next)
		count++;
	return count;
}

static void a_case_begins_without_rows_unless_the_world_wants_one(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, NESTED);
	assert_int_equal(count_rows(modelkit_node(&k, "/data/house")), 0);
	modelkit_close(&k);
	modelkit_begin(&k, NESTED, 1);
	k.world.first_rows = true;
	modelkit_start(&k);
	assert_int_equal(count_rows(modelkit_node(&k, "/data/house")), 1);
	assert_int_equal(count_rows(modelkit_node(&k, "/data/house[1]/room")), 1);
	modelkit_add(&k, "/data/house");
	assert_int_equal(count_rows(modelkit_node(&k, "/data/house[2]/room")), 1);
	modelkit_close(&k);
}

static void rows_are_summed_counted_and_numbered(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, MEMBERS);
	assert_string_equal(modelkit_value(&k, "/data/count"), "0");
	modelkit_add(&k, "/data/member");
	modelkit_add(&k, "/data/member");
	modelkit_set(&k, "/data/member[1]/age", "30");
	modelkit_set(&k, "/data/member[2]/age", "4");
	assert_string_equal(modelkit_value(&k, "/data/sum"), "34");
	assert_string_equal(modelkit_value(&k, "/data/count"), "2");
	assert_string_equal(modelkit_value(&k, "/data/member[2]/place"), "2");
	modelkit_remove(&k, "/data/member[1]");
	assert_string_equal(modelkit_value(&k, "/data/sum"), "4");
	assert_string_equal(modelkit_value(&k, "/data/member[1]/place"), "1");
	modelkit_close(&k);
}

static void rows_stand_in_the_order_of_their_ids(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_begin(&k, MEMBERS, 1);
	modelkit_put(&k, "member", 30, "n", "third");
	modelkit_put(&k, "member", 10, "n", "first");
	modelkit_put(&k, "member", 20, "n", "second");
	modelkit_start(&k);
	assert_string_equal(modelkit_value(&k, "/data/member[1]/n"), "first");
	assert_string_equal(modelkit_value(&k, "/data/member[3]/n"), "third");
	modelkit_add(&k, "/data/member");
	assert_int_equal(modelkit_node(&k, "/data/member[4]")->entry_id, MODELKIT_FIRST_ID + 1);
	modelkit_close(&k);
}

static void a_removed_row_is_one_register(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_begin(&k, MEMBERS, 1);
	modelkit_put(&k, "member", 10, "n", "first");
	modelkit_put(&k, "member", 20, "n", "second");
	modelkit_start(&k);
	modelkit_remove(&k, "/data/member[1]");
	assert_string_equal(modelkit_changes(&k), "member 10 _gone=yes");
	assert_string_equal(modelkit_value(&k, "/data/member[1]/n"), "second");
	assert_null(model_question(k.model, 10, (size_t)form_field_find(k.form, "n")));
	modelkit_close(&k);
	modelkit_begin(&k, MEMBERS, 1);
	modelkit_put(&k, "member", 10, "n", "first");
	modelkit_put(&k, "member", 10, "_gone", "yes");
	modelkit_start(&k);
	assert_int_equal(count_rows(modelkit_node(&k, "/data/member")), 0);
	modelkit_close(&k);
}

static void a_row_made_and_removed_leaves_nothing(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, NESTED);
	modelkit_add(&k, "/data/house");
	modelkit_add(&k, "/data/house[1]/room");
	modelkit_set(&k, "/data/house[1]/room[1]/size", "3");
	modelkit_set(&k, "/data/house[1]/h", "x");
	modelkit_remove(&k, "/data/house[1]");
	assert_string_equal(modelkit_changes(&k), "");
	assert_string_equal(modelkit_value(&k, "/data/all"), "0");
	modelkit_close(&k);
}

static void rows_in_rows_say_whose_they_are(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, NESTED);
	modelkit_add(&k, "/data/house");
	modelkit_add(&k, "/data/house");
	modelkit_add(&k, "/data/house[2]/room");
	modelkit_set(&k, "/data/house[2]/room[1]/size", "7");
	assert_string_equal(modelkit_value(&k, "/data/house[1]/total"), "0");
	assert_string_equal(modelkit_value(&k, "/data/house[2]/total"), "7");
	assert_string_equal(modelkit_value(&k, "/data/all"), "7");
	assert_string_equal(modelkit_changes(&k), "room 103 _parent=0000000000000066, room 103 size=7");
	modelkit_close(&k);
	modelkit_begin(&k, NESTED, 1);
	modelkit_put(&k, "house", 101, "h", "x");
	modelkit_put(&k, "house", 102, "h", "y");
	modelkit_put(&k, "room", 103, "_parent", "0000000000000066");
	modelkit_put(&k, "room", 103, "size", "7");
	modelkit_put(&k, "room", 104, "_parent", "0000000000000999");
	modelkit_put(&k, "room", 104, "size", "100");
	modelkit_start(&k);
	assert_string_equal(modelkit_value(&k, "/data/house[2]/total"), "7");
	assert_string_equal(modelkit_value(&k, "/data/all"), "7");
	modelkit_close(&k);
}

static void a_count_makes_rows_that_two_devices_name_alike(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, COUNTED);
	modelkit_set(&k, "/data/count", "2");
	assert_int_equal(count_rows(modelkit_node(&k, "/data/row")), 2);
	assert_true(modelkit_node(&k, "/data/row")->is_counted);
	assert_true(modelkit_node(&k, "/data/row[2]")->entry_id == record_id_derive(1, "row", 2));
	assert_int_equal(k.last_id, MODELKIT_FIRST_ID);
	modelkit_close(&k);
}

static void a_smaller_count_hides_rows_and_keeps_their_registers(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, COUNTED);
	modelkit_set(&k, "/data/count", "3");
	modelkit_set(&k, "/data/row[3]/k", "kept");
	modelkit_set(&k, "/data/count", "1");
	assert_int_equal(count_rows(modelkit_node(&k, "/data/row")), 1);
	assert_non_null(strstr(modelkit_changes(&k), "k=kept"));
	modelkit_set(&k, "/data/count", "3");
	assert_string_equal(modelkit_value(&k, "/data/row[3]/k"), "kept");
	modelkit_close(&k);
}

static void counted_rows_find_their_registers_again(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_begin(&k, COUNTED, 1);
	modelkit_put(&k, "root", 1, "count", "2");
	modelkit_put(&k, "row", record_id_derive(1, "row", 2), "k", "second");
	modelkit_put(&k, "row", record_id_derive(1, "row", 5), "k", "fifth");
	modelkit_start(&k);
	assert_string_equal(modelkit_value(&k, "/data/row[2]/k"), "second");
	assert_int_equal(count_rows(modelkit_node(&k, "/data/row")), 2);
	assert_string_equal(modelkit_changes(&k), "");
	modelkit_close(&k);
}

static void strange_counts_make_no_rows_and_large_ones_stop(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, COUNTED);
	modelkit_set(&k, "/data/count", "-3");
	assert_int_equal(count_rows(modelkit_node(&k, "/data/row")), 0);
	modelkit_set(&k, "/data/count", "100000");
	assert_int_equal(count_rows(modelkit_node(&k, "/data/row")), MODEL_COUNT_MAX);
	modelkit_set(&k, "/data/count", "");
	assert_int_equal(count_rows(modelkit_node(&k, "/data/row")), 0);
	modelkit_close(&k);
}

static void nobody_adds_to_or_removes_from_a_counted_repeat(void **state)
{
	struct modelkit k;
	struct model_node *row;

	(void)state;
	modelkit_open(&k, COUNTED);
	modelkit_set(&k, "/data/count", "1");
	assert_int_equal(model_add(k.model, modelkit_node(&k, "/data/row"), &row), ERR_USAGE);
	assert_int_equal(model_remove(k.model, modelkit_node(&k, "/data/row[1]")), ERR_USAGE);
	modelkit_close(&k);
}

static void rows_of_a_new_case_get_their_names_with_its_id(void **state)
{
	struct modelkit k;
	char id[64];

	(void)state;
	modelkit_begin(&k, "#survey\ntype | name | repeat_count | member\ninteger | count | |\nbegin_repeat | row | ${count} |\ntext | k | |\n"
		       "begin_repeat | part | 1 |\ntext | p | |\nend_repeat | | |\nend_repeat | | |\nselect_member | who | | row\nselect_member | head | | row\n", 0);
	modelkit_start(&k);
	modelkit_set(&k, "/data/count", "1");
	modelkit_set(&k, "/data/row[1]/k", "x");
	modelkit_set(&k, "/data/row[1]/part[1]/p", "y");
	snprintf(id, sizeof id, "%016llx", (unsigned long long)modelkit_node(&k, "/data/row[1]")->entry_id);
	modelkit_set(&k, "/data/who", id);
	modelkit_set(&k, "/data/head", "0000000000000000");
	assert_int_equal(model_case(k.model, 5), 0);
	assert_true(modelkit_node(&k, "/data/row[1]")->entry_id == record_id_derive(5, "row", 1));
	assert_true(modelkit_node(&k, "/data/row[1]/part[1]")->entry_id == record_id_derive(record_id_derive(5, "row", 1), "part", 1));
	snprintf(id, sizeof id, "%016llx", (unsigned long long)record_id_derive(5, "row", 1));
	assert_string_equal(modelkit_value(&k, "/data/who"), id);
	assert_string_equal(modelkit_value(&k, "/data/head"), "0000000000000005");
	assert_non_null(strstr(modelkit_changes(&k), id));
	assert_non_null(strstr(modelkit_changes(&k), "_parent="));
	assert_non_null(model_question(k.model, record_id_derive(5, "row", 1), (size_t)form_field_find(k.form, "k")));
	modelkit_set(&k, "/data/count", "0");
	modelkit_set(&k, "/data/count", "1");
	assert_string_equal(modelkit_value(&k, "/data/row[1]/part[1]/p"), "y");
	modelkit_close(&k);
}

static void new_rows_get_their_defaults(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | default | calculation\ninteger | a | |\nbegin_repeat | r | |\ninteger | n | position(..) * 10 + ${a} |\nend_repeat | | |\n");
	modelkit_set(&k, "/data/a", "1");
	modelkit_add(&k, "/data/r");
	modelkit_add(&k, "/data/r");
	modelkit_set(&k, "/data/a", "5");
	assert_string_equal(modelkit_value(&k, "/data/r[1]/n"), "11");
	assert_string_equal(modelkit_value(&k, "/data/r[2]/n"), "21");
	modelkit_close(&k);
}

static void a_row_may_carry_over_from_the_row_before(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | repeat_count | calculation\ninteger | count | |\nbegin_repeat | r | ${count} |\ninteger | a | |\n"
		      "calculate | opening | | if(position(..) = 1, 100, indexed-repeat(${closing}, ${r}, position(..) - 1))\n"
		      "calculate | closing | | ${opening} + coalesce(${a}, 0)\nend_repeat | | |\ncalculate | end | | ${r}[last()]/closing\n");
	modelkit_set(&k, "/data/count", "30");
	modelkit_set(&k, "/data/r[1]/a", "7");
	modelkit_set(&k, "/data/r[29]/a", "1");
	assert_string_equal(modelkit_value(&k, "/data/r[2]/opening"), "107");
	assert_string_equal(modelkit_value(&k, "/data/r[30]/closing"), "108");
	modelkit_close(&k);
}

static void a_trigger_fires_in_its_own_row(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | calculation | trigger\ntext | top | |\nbegin_repeat | r | |\ntext | a | |\n"
		      "calculate | own | concat(${a}, '!') | ${a}\ncalculate | all | position(..) | ${top}\nend_repeat | | |\n");
	modelkit_add(&k, "/data/r");
	modelkit_add(&k, "/data/r");
	modelkit_set(&k, "/data/r[2]/a", "x");
	assert_string_equal(modelkit_value(&k, "/data/r[1]/own"), "");
	assert_string_equal(modelkit_value(&k, "/data/r[2]/own"), "x!");
	modelkit_set(&k, "/data/top", "1");
	assert_string_equal(modelkit_value(&k, "/data/r[1]/all"), "1");
	assert_string_equal(modelkit_value(&k, "/data/r[2]/all"), "2");
	modelkit_close(&k);
}

static void relevance_of_a_repeat_is_that_of_each_row(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | relevant\ntext | a |\nbegin_repeat | r | ${a} = 'x'\ntext | b |\nend_repeat | |\n");
	assert_false(modelkit_node(&k, "/data/r")->is_relevant);
	modelkit_set(&k, "/data/a", "x");
	modelkit_add(&k, "/data/r");
	assert_true(modelkit_node(&k, "/data/r[1]/b")->is_relevant);
	modelkit_set(&k, "/data/a", "");
	assert_false(modelkit_node(&k, "/data/r[1]")->is_relevant);
	assert_false(modelkit_node(&k, "/data/r[1]/b")->is_relevant);
	modelkit_close(&k);
}

static void members_are_choices_by_their_titles(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_begin(&k, "#settings\nkey | value\nform_id | f\nversion | 1\ninstance_name | ${name}\n"
		       "#survey\ntype | name | label | member | calculation\ntext | name | | |\nbegin_repeat | person | Person | |\ntext | n | | |\nend_repeat | | | |\n"
		       "select_member | who | | person |\ncalculate | said | | | jr:choice-name(${who}, '${who}')\n", 0x10);
	modelkit_put(&k, "root", 0x10, "name", "Salma");
	modelkit_put(&k, "person", 0x20, "n", "Huda");
	modelkit_start(&k);
	modelkit_add(&k, "/data/person");
	assert_string_equal(modelkit_choices(&k, "/data/who"), "0000000000000010=Salma 0000000000000020=Huda 0000000000000065=Person 2");
	modelkit_set(&k, "/data/who", "0000000000000020");
	assert_string_equal(modelkit_value(&k, "/data/said"), "Huda");
	modelkit_remove(&k, "/data/person[1]");
	assert_true(modelkit_node(&k, "/data/who")->is_masked);
	assert_string_equal(modelkit_value(&k, "/data/said"), "");
	modelkit_close(&k);
}

static void a_question_is_found_by_its_entry_and_field(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_begin(&k, MEMBERS, 1);
	modelkit_put(&k, "member", 7, "n", "x");
	modelkit_start(&k);
	assert_int_equal(model_stored(k.model, 1), 0);
	modelkit_set(&k, "/data/member[1]/age", "3");
	assert_string_equal(modelkit_changes(&k), "member 7 age=3");
	assert_ptr_equal(model_question(k.model, 7, (size_t)form_field_find(k.form, "age")), modelkit_node(&k, "/data/member[1]/age"));
	modelkit_close(&k);
}

/* What opening a case under a form of these tables says. */
static int opening_says(const char *tables)
{
	struct modelkit k;
	int rc;

	modelkit_begin(&k, tables, 1);
	rc = model_open(k.model);
	modelkit_close(&k);
	return rc;
}

/* Forms that look harmless: 20,000 rows of 30 questions each, and a text that doubles until seventy calculations hold a mebibyte each. */
static void a_case_that_would_fill_the_memory_is_refused(void **state)
{
	struct buf form;

	(void)state;
	buf_init(&form, FORM_TEXT_BYTES_MAX);
	buf_text(&form, "#survey\ntype | name | repeat_count\nbegin_repeat | house | 39\nbegin_repeat | room | 500\n");
	for (int i = 0; i < 30; i++)
		buf_printf(&form, "text | q%d |\n", i);
	buf_text(&form, "end_repeat | |\nend_repeat | |\n");
	assert_int_equal(opening_says(buf_string(&form)), ERR_LIMIT);
	buf_clear(&form);
	buf_text(&form, "#survey\ntype | name | calculation\ncalculate | c0 | 'abcdefgh'\n");
	for (int i = 1; i < 17; i++)
		buf_printf(&form, "calculate | c%d | concat(${c%d}, ${c%d})\n", i, i - 1, i - 1);
	assert_int_equal(opening_says(buf_string(&form)), 0);
	for (int i = 0; i < 140; i++)
		buf_printf(&form, "calculate | d%d | ${c16}\n", i);
	assert_int_equal(opening_says(buf_string(&form)), ERR_LIMIT);
	buf_fini(&form);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_case_begins_without_rows_unless_the_world_wants_one),
		cmocka_unit_test(rows_are_summed_counted_and_numbered),
		cmocka_unit_test(rows_stand_in_the_order_of_their_ids),
		cmocka_unit_test(a_removed_row_is_one_register),
		cmocka_unit_test(a_row_made_and_removed_leaves_nothing),
		cmocka_unit_test(rows_in_rows_say_whose_they_are),
		cmocka_unit_test(a_count_makes_rows_that_two_devices_name_alike),
		cmocka_unit_test(a_smaller_count_hides_rows_and_keeps_their_registers),
		cmocka_unit_test(counted_rows_find_their_registers_again),
		cmocka_unit_test(strange_counts_make_no_rows_and_large_ones_stop),
		cmocka_unit_test(nobody_adds_to_or_removes_from_a_counted_repeat),
		cmocka_unit_test(rows_of_a_new_case_get_their_names_with_its_id),
		cmocka_unit_test(new_rows_get_their_defaults),
		cmocka_unit_test(a_row_may_carry_over_from_the_row_before),
		cmocka_unit_test(a_trigger_fires_in_its_own_row),
		cmocka_unit_test(relevance_of_a_repeat_is_that_of_each_row),
		cmocka_unit_test(members_are_choices_by_their_titles),
		cmocka_unit_test(a_question_is_found_by_its_entry_and_field),
		cmocka_unit_test(a_case_that_would_fill_the_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
