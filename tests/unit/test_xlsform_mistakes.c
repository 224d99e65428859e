/*
 * What authors get wrong, one mistake to a workbook: each is told once, with its sheet, row and column, in English and in Arabic.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/bookkit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define TEXT_BYTES_MAX (1024 * 1024)

struct mistake {
	const char *tables;
	const char *sheet;
	size_t row;
	const char *letters;
	const char *header;
	const char *english; /* a piece of it: what was found, or what to do */
};

#define S "#survey\ntype | name | label\n"
#define C "#choices\nlist_name | name | label\n"

static const struct mistake ERRORS[] = {
	/* The workbook and its sheets. */
	{ "#surveys\ntype | name | label\ntext | a | A\n", "", 0, "", "", "there is \"surveys\"" },
	{ "#settings\nform_id\nx\n", "", 0, "", "", "no sheet \"survey\"" },
	{ "#survey\nname | label\na | A\n", "survey", 1, "", "", "no header \"type\"" },
	{ "#survey\ntype | name | label | caption\ntext | a | A | B\n", "survey", 1, "D", "caption", "means the same as \"label\"" },
	{ "#survey\ntype | name | label | mandoob::writer\ntext | a | A | officer\n", "survey", 1, "D", "mandoob::writer", "no column of this name" },
	/* Types and names. */
	{ S "txt | a | A\n", "survey", 2, "A", "type", "Did you mean \"text\"" },
	{ S "hologram | a | A\n", "survey", 2, "A", "type", "no type \"hologram\"" },
	{ S "select_one | a | A\n", "survey", 2, "A", "type", "Write the name behind the type: select_one LIST" },
	{ S "select multiple yes no | a | A\n", "survey", 2, "A", "type", "select_multiple LIST" },
	{ S "cascading_select | a | A\n", "survey", 2, "A", "type", "not supported by Mandoob" },
	{ S "| a | A\n", "survey", 2, "A", "type", "has no type" },
	{ S "text | | A\n", "survey", 2, "B", "name", "has no name" },
	{ S "text | first name | A\n", "survey", 2, "B", "name", "cannot be a name" },
	{ S "text | 1st | A\n", "survey", 2, "B", "name", "cannot be a name" },
	{ S "text | a2345678901234567890123456789012345678901234567890123456789012345 | A\n", "survey", 2, "B", "name", "at most 64 bytes" },
	{ S "text | meta | A\n", "survey", 2, "B", "name", "reserved" },
	{ S "text | _gone | A\n", "survey", 2, "B", "name", "reserved" },
	{ S "text | a | A\ntext | b | B\ntext | a | C\n", "survey", 4, "B", "name", "in row 2 already" },
	{ S "text | a | A\nbegin group | g | G\ntext | b | B\nend group\nselect_one c or_other | q | Q\ntext | q_other | O\n" C "c | x | X\n", "survey", 7, "B",
	  "name", "in row 6 already" },
	{ S "text | a |\n", "survey", 2, "", "", "neither label nor hint" },
	{ "#survey\ntype | name | guidance_hint\ntext | a | A\n", "survey", 2, "", "", "neither label nor hint" },
	{ S "calculate | a | A\n", "survey", 2, "", "", "without calculation" },
	{ "#survey\ntype | name | label | calculation\ncalculate | a | A |\ntext | b | B | 1\n", "survey", 2, "D", "calculation", "without calculation" },
	/* Groups. */
	{ S "begin group | g | G\ntext | a | A\n", "survey", 2, "A", "type", "never ended" },
	{ S "text | a | A\nend group | |\n", "survey", 3, "A", "type", "none is open" },
	{ S "begin repeat | r | R\ntext | a | A\nend group | |\nend repeat | |\n", "survey", 4, "A", "type", "the repeat \"r\" of row 2" },
	{ S "begin repeat | r | R\ntext | a | A\nend repeat | |\nbegin group | g | G\nbegin repeat | r | R\ntext | b | B\nend repeat\nend group\n", "survey", 6,
	  "B", "name", "in row 2 has the name \"r\"" },
	{ S "begin repeat | data | R\ntext | a | A\nend repeat | |\n", "survey", 2, "B", "name", "name of the form itself" },
	{ S "begin loop over c | l | L\ninteger | q | Q\nend loop\n", "survey", 2, "A", "type", "A loop goes over a list" },
	/* References. */
	{ "#survey\ntype | name | label | relevant\ntext | age | Age |\ntext | b | B | ${agee} > 3\n", "survey", 3, "D", "relevant", "Did you mean \"${age}\"" },
	{ S "text | a | Hello ${nobody}\n", "survey", 2, "C", "label", "names no question" },
	{ S "text | a | ${instanceID}\n#settings\nomit_instanceID\nyes\n", "survey", 2, "C", "label", "names no question" },
	{ S "text | a | Hello ${a\n", "survey", 2, "C", "label", "not closed" },
	{ S "text | a | Hello ${last-saved#a}\n", "survey", 2, "C", "label", "earlier interviews" },
	{ S "begin group | g | G\ntext | a | A\nend group\nbegin group | h | H\ntext | a | A\nend group\nnote | n | ${a}\n", "survey", 8, "C", "label",
	  "could mean 2 questions" },
	/* Expressions. */
	{ "#survey\ntype | name | label | constraint\ninteger | a | A | . > (3\n", "survey", 2, "D", "constraint", "" },
	{ "#survey\ntype | name | label | relevant\ninteger | a | A | 1\ninteger | b | B | frobnicate(${a})\n", "survey", 3, "D", "relevant", "frobnicate" },
	{ "#survey\ntype | name | label | calculation\ncalculate | a | | ${b} + 1\ncalculate | b | | ${a} + 1\n", "survey", 2, "D", "calculation", "circle" },
	{ "#survey\ntype | name | label | trigger | calculation\ntext | a | A\ntext | b | B\ntext | c | C | ${a}${b} | now()\n", "survey", 4, "D", "trigger",
	  "with commas between" },
	/* Lists. */
	{ S "select_one yn | a | A\n", "survey", 2, "A", "type", "there is no sheet choices" },
	{ S "select_one yn | a | A\n#choice\nlist_name | name | label\nyn | y | Y\n", "survey", 2, "A", "type", "there is \"choice\"" },
	{ S "select_one ny | a | A\n" C "yn | y | Yes\n", "survey", 2, "A", "type", "no list \"ny\"" },
	{ S "select_one yn | a | A\n" C "yn | y | Yes\nyn | y | No\n", "choices", 3, "B", "name", "stands twice" },
	{ S "select_one yn | a | A\n" C "yn | | Yes\nyn | n | No\n", "choices", 2, "B", "name", "A choice without name" },
	{ S "select_multiple yn | a | A\n" C "yn | yes please | Yes\n", "choices", 2, "B", "name", "has a space" },
	{ S "select_one yn | a | A\n#choices\nlist_name | label\nyn | Yes\n", "choices", 1, "", "", "no header \"name\"" },
	{ S "select_one_from_file villages | a | A\n", "survey", 2, "A", "type", "ending .csv" },
	{ S "select_one ${a} | b | B\n", "survey", 2, "A", "type", "select_member" },
	{ S "select_one_external c | a | A\n", "survey", 2, "A", "type", "no sheet external_choices" },
	{ "#survey\ntype | name | label | choice_filter\nselect_one c or_other | a | A | true()\n" C "c | x | X\n", "survey", 2, "D", "choice_filter",
	  "do not go together" },
	{ S "select_one_from_file v.csv | a | A\nselect_one_from_file v.xml | b | B\n", "survey", 3, "A", "type", "elsewhere" },
	{ S "select_member nobody | a | A\n", "survey", 2, "A", "type", "no repeat \"nobody\"" },
	/* Parameters. */
	{ "#survey\ntype | name | label | parameters\nrange | a | A | start=1 stop=9\n", "survey", 2, "D", "parameters", "this type understands" },
	{ "#survey\ntype | name | label | parameters\nrange | a | A | start is 1\n", "survey", 2, "D", "parameters", "key=value" },
	{ "#survey\ntype | name | label | parameters\nrange | a | A | step=0\n", "survey", 2, "D", "parameters", "must not be 0" },
	{ "#survey\ntype | name | label | parameters\nimage | a | A | max-pixels=big\n", "survey", 2, "D", "parameters", "must be a number" },
	{ "#survey\ntype | name | label | parameters\nselect_one c | a | A | seed=3\n" C "c | x | X\n", "survey", 2, "D", "parameters", "randomize=true" },
	/* Our own columns. */
	{ "#survey\ntype | name | label | mandoob::write\ntext | a | A | everybody\n", "survey", 2, "D", "mandoob::write", "officer" },
	{ "#survey\ntype | name | label | mandoob::protected\ntext | a | A | maybe\n", "survey", 2, "D", "mandoob::protected", "neither yes nor no" },
	{ "#survey\ntype | name | label | mandoob::entry\ntext | a | A | visit\n", "survey", 2, "D", "mandoob::entry", "Only a group" },
	{ "#survey\ntype | name | label | mandoob::entry\nbegin repeat | r | R |\nbegin group | g | G | visit\ntext | a | A\nend group\nend repeat\n", "survey",
	  3, "D", "mandoob::entry", "Inside a repeat" },
	{ "#survey\ntype | name | label | mandoob::class\ntext | a | A | two words\n", "survey", 2, "D", "mandoob::class", "not one word" },
	/* Settings and entities. */
	{ S "text | a | A\n#settings\nname | form_id\nbad@name | good\n", "settings", 2, "A", "name", "cannot be the name of a form" },
	{ S "text | a | A\n#settings\nform_id | instance_name\ngood | ${b}\n", "settings", 2, "B", "instance_name", "names no question" },
	{ "#survey\ntype | name | label | save_to\ntext | a | A | p\n", "survey", 2, "D", "save_to", "no sheet entities" },
	{ S "text | a | A\n#entities\nlist_name | label | colour\ne | A | red\n", "entities", 1, "C", "colour", "no column \"colour\"" },
};

static const struct mistake WARNINGS[] = {
	{ "#survey\ntype | name | label | relevent\ntext | a | A | 1\n", "survey", 1, "D", "relevent", "Did you mean \"relevant\"" },
	{ S, "survey", 0, "", "", "no questions below the headers" },
	{ S "text | a | A\ntext | A | A\n", "survey", 3, "B", "name", "capital letters" },
	{ S "begin group | g |\ntext | a | A\nend group\n", "survey", 2, "", "", "has no label" },
	{ S "select_one c | a | A\n" C "c | x |\n", "choices", 2, "", "", "has no label" },
	{ S "geotrace | a | A\n", "survey", 2, "A", "type", "asked as text" },
	{ S "background-audio | a | A\ntext | b | B\n", "survey", 2, "A", "type", "not supported by Mandoob" },
	{ "#survey\ntype | name | label::English (en) | label::Arabic (ar)\ntext | a | A | أ\ntext | b | B |\n", "survey", 3, "D", "label::Arabic (ar)",
	  "Translate it" },
	{ S "text | a | A\n#setings\nform_id\nx\n", "", 0, "", "", "there is \"setings\"" },
	{ S "text | a | A\n#settings\nform_id | defualt_language\nx | English\n", "settings", 2, "B", "defualt_language", "Did you mean \"default_language\"" },
	{ S "text | a | A\n#settings\nform_id\nmy form\n", "settings", 2, "A", "form_id", "\"my_form\" is taken" },
	{ "#survey\ntype | name | label | disabled\ntext | a | A | no\n", "survey", 2, "D", "disabled", "use relevant" },
	{ "#survey\ntype | name | label | calculation\ncalculate | a | | today()\n", "survey", 2, "D", "calculation", "once" },
	{ S "select_one y/n | a | A\n" C "y/n | y | Yes\n", "choices", 2, "A", "list_name", "\"y/n\" is called \"y_n\"" },
	{ "#survey\ntype | name | label | relevant\ninteger | age | A\ntext | b | B | age > 5 and ${age} < 9\n", "survey", 3, "D", "relevant",
	  "Write ${age} for the question" },
	{ "#survey\ntype | name | label | default\ndate | b | B | 2020-02-30\n", "survey", 2, "D", "default", "left out: \"2020-02-30\"" },
	{ "#survey\ntype | name | label | default\nselect_one c | b | B | z\n" C "c | x | X\n", "survey", 2, "D", "default", "left out: \"z\"" },
	{ "#survey\ntype | name | label | calculation\ncalculate | b | | if(1 = 1, TRUE, FALSE)\n", "survey", 2, "D", "calculation", "Write true()" },
	{ "#survey\ntype | name | label | required\ntext | b | B | Y\n", "survey", 2, "D", "required", "'Y' for the text" },
	{ "#survey\ntype | name | label | choice_filter\nselect_one c | a | A | zone = 'x' and name != 'y'\n" C "c | x | X\n", "survey", 2, "D",
	  "choice_filter", "no column \"zone\"" },
	{ "#survey\ntype | name | label | required\nbegin group | g | G | yes\ntext | a | A\nend group\n", "survey", 2, "D", "required", "cannot be required" },
	{ S "text | a | A\n#choices\nlist_name | name | label | two words\nc | x | X | y\n", "choices", 1, "D", "two words", "passed over" },
};

/* Whether there are letters of Arabic in a text. */
static bool is_arabic(const char *text)
{
	size_t letters = 0;

	for (; *text != '\0'; text++)
		letters += (unsigned char)*text >= 0xd8 && (unsigned char)*text <= 0xdb;
	return letters >= 8;
}

static bool is_right(const struct mistake *m, const struct problem *p)
{
	return strcmp(p->sheet, m->sheet) == 0 && p->row == m->row && strcmp(p->letters, m->letters) == 0 &&
		strcmp(p->column, m->header) == 0 && strstr(p->english, m->english) != NULL && is_arabic(p->arabic) &&
		strcmp(p->english, p->arabic) != 0;
}

static void check_mistakes(const struct mistake *mistakes, size_t count, bool is_warning)
{
	size_t failures = 0;

	for (size_t i = 0; i < count; i++) {
		const struct mistake *m = &mistakes[i];
		struct problems problems;
		struct buf out;
		int rc;

		problems_init(&problems);
		buf_init(&out, TEXT_BYTES_MAX);
		rc = bookkit_compile(m->tables, &problems, &out);
		if (rc != (is_warning ? 0 : ERR_USAGE) || problems.errors != !is_warning || (is_warning && problems.warnings != 1)) {
			failures++;
		} else {
			size_t at = 0;

			while (problems.items[at].is_warning != is_warning)
				at++;
			failures += !is_right(m, &problems.items[at]);
			if (is_right(m, &problems.items[at]))
				rc = ERR_BUSY;
		}
		if (rc != ERR_BUSY) {
			buf_clear(&out);
			problems_print(&problems, &out);
			fprintf(stderr, "%s\nshould be told as %s %s%zu (%s) %s, but:\n%s\n", m->tables, m->sheet, m->letters, m->row, m->header, m->english,
				buf_string(&out));
		}
		problems_fini(&problems);
		buf_fini(&out);
	}
	assert_int_equal(failures, 0);
}

static void each_mistake_is_told_once_with_its_cell_in_both_languages(void **state)
{
	(void)state;
	assert_true(COUNT(ERRORS) >= 40);
	check_mistakes(ERRORS, COUNT(ERRORS), false);
}

static void each_slip_is_a_warning_with_its_cell_and_the_form_is_made(void **state)
{
	(void)state;
	check_mistakes(WARNINGS, COUNT(WARNINGS), true);
}

static void several_mistakes_are_all_told_in_the_order_of_the_sheets(void **state)
{
	struct problems problems;
	struct buf out;
	const char *text;

	(void)state;
	problems_init(&problems);
	buf_init(&out, TEXT_BYTES_MAX);
	assert_int_equal(bookkit_compile(C "c | x | X\nc | x | Y\n" S "text | 1 | A\nselect_one d | b | B ${zz}\n", &problems, &out), ERR_USAGE);
	assert_int_equal(problems.errors, 4);
	problems_print(&problems, &out);
	text = buf_string(&out);
	assert_true(strstr(text, "survey B2 (name): ") == text);
	assert_true(strstr(text, "survey A3 (type): ") < strstr(text, "survey C3 (label): "));
	assert_true(strstr(text, "survey C3 (label): ") < strstr(text, "choices B3 (name): "));
	problems_fini(&problems);
	buf_fini(&out);
}

static void a_name_is_found_again_behind_one_in_capitals(void **state)
{
	struct problems problems;
	struct buf out;

	(void)state;
	problems_init(&problems);
	buf_init(&out, TEXT_BYTES_MAX);
	assert_int_equal(bookkit_compile(S "text | a | A\ntext | A | B\ntext | a | C\n", &problems, &out), ERR_USAGE);
	assert_int_equal(problems.errors, 1);
	assert_int_equal(problems.warnings, 1);
	problems_fini(&problems);
	buf_fini(&out);
}

static void a_cell_that_is_too_long_is_told(void **state)
{
	struct workbook_cell heads[] = { { 0, false, "type" }, { 1, false, "name" }, { 2, false, "label" } };
	struct workbook_cell cells[] = { { 0, false, "text" }, { 1, false, "a" }, { 2, true, "The beginning" } };
	struct workbook_row rows[] = { { 1, heads, 3 }, { 7, cells, 3 } };
	struct workbook_sheet sheet = { "survey", false, rows, 2 };
	struct workbook w = { &sheet, 1, NULL };
	struct xlsform_options options = { .name = "small", .version = "1" };
	struct problems problems;
	struct buf out;

	(void)state;
	problems_init(&problems);
	buf_init(&out, TEXT_BYTES_MAX);
	assert_int_equal(xlsform_compile(&w, &options, &problems, &out), ERR_USAGE);
	assert_int_equal(problems.errors, 1);
	assert_int_equal(problems.items[0].row, 7);
	assert_string_equal(problems.items[0].letters, "C");
	problems_fini(&problems);
	buf_fini(&out);
}

static void an_error_takes_the_room_of_a_warning_in_a_full_list(void **state)
{
	struct problem_place at = { .sheet = "survey", .row = 1, .column = -1 };
	struct problems problems;

	(void)state;
	problems_init(&problems);
	for (size_t i = 0; i < PROBLEM_COUNT_MAX + 5; i++)
		problems_add(&problems, true, &at, "w", "ت");
	problems_add(&problems, false, &at, "e", "خ");
	assert_int_equal(problems.count, PROBLEM_COUNT_MAX);
	assert_int_equal(problems.warnings, PROBLEM_COUNT_MAX + 5);
	assert_int_equal(problems.errors, 1);
	assert_false(problems.items[PROBLEM_COUNT_MAX - 1].is_warning);
	problems_fini(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_told_once_with_its_cell_in_both_languages),
		cmocka_unit_test(each_slip_is_a_warning_with_its_cell_and_the_form_is_made),
		cmocka_unit_test(several_mistakes_are_all_told_in_the_order_of_the_sheets),
		cmocka_unit_test(a_name_is_found_again_behind_one_in_capitals),
		cmocka_unit_test(a_cell_that_is_too_long_is_told),
		cmocka_unit_test(an_error_takes_the_room_of_a_warning_in_a_full_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
