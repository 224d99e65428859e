/* sheets: the cells of canonical form text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/form.h"
#include "proto/form/sheets.h"
#include "tests/lib/formkit.h"

#define SETTINGS "settings\t2\nkey\tvalue\nform_id\tsmall\nversion\t1\n"
#define SURVEY "survey\t1\ntype\tname\ntext\ta\n"
#define CHOICES "choices\t0\nlist_name\tname\n"
#define TEXT(settings, survey, choices) "mandoob-form\t2\n" settings survey choices

static int read_text(const char *text)
{
	struct sheets s;
	int rc = sheets_read(text, strlen(text), &s);

	sheets_fini(&s);
	return rc;
}

static void three_tables_are_read(void **state)
{
	static const char GOOD[] = TEXT(SETTINGS, "survey\t2\ntype\tname\tlabel::ar\tnote\ntext\ta\tأ\t\n"
	"note\tb\t\tx\\ty\\n\\\\z\n", CHOICES);
	struct sheets s;
	const struct sheets_table *t = &s.tables[SHEETS_SURVEY];

	(void)state;
	assert_int_equal(sheets_read(GOOD, strlen(GOOD), &s), 0);
	assert_int_equal(t->row_count, 2);
	assert_int_equal(t->column_count, 4);
	assert_string_equal(sheets_cell(t, 0, sheets_column(t, "label", "ar")), "أ");
	assert_string_equal(sheets_cell(t, 1, sheets_column(t, "note", NULL)), "x\ty\n\\z");
	assert_int_equal(sheets_column(t, "label", NULL), -1);
	assert_int_equal(sheets_column(t, "label", "en"), -1);
	assert_string_equal(sheets_cell(t, 0, -1), "");
	assert_string_equal(sheets_setting(&s, "form_id"), "small");
	assert_string_equal(sheets_setting(&s, "kind"), "");
	sheets_fini(&s);
}

static void broken_texts_are_refused(void **state)
{
	static const char *const BAD[] = {
		"", "mandoob-form\t2", "mandoob-form\t1\n", "mandoob-form\t2\n", TEXT(SETTINGS, SURVEY, ""), TEXT(SETTINGS, "", CHOICES),
		TEXT(SETTINGS, SURVEY, CHOICES "x\n"), TEXT(SETTINGS, SURVEY, CHOICES "\n"), TEXT(SURVEY, SETTINGS, CHOICES),
		TEXT(SETTINGS, "survey\t01\ntype\tname\ntext\ta\n", CHOICES), TEXT(SETTINGS, "survey\t2\ntype\tname\ntext\ta\n", CHOICES),
		TEXT(SETTINGS, "survey\t\ntype\tname\ntext\ta\n", CHOICES), TEXT(SETTINGS, "survey\t0\ntype\tname\ntext\ta\n", CHOICES),
		TEXT(SETTINGS, "survey\t1\ntype\tname\ntext\n", CHOICES), TEXT(SETTINGS, "survey\t1\ntype\tname\ntext\ta\tb\n", CHOICES),
		TEXT(SETTINGS, "survey\t1\nname\ttype\na\ttext\n", CHOICES), TEXT(SETTINGS,
		"survey\t1\ntype\tname\tname\ntext\ta\ta\n", CHOICES),
		TEXT(SETTINGS, "survey\t1\ntype\tname\tcolour\ntext\ta\tb\n", CHOICES), TEXT(SETTINGS, "survey\t1\ntype\ntext\n", CHOICES),
		TEXT(SETTINGS, "survey\t1\ntype\tname\tnote\ntext\ta\t\n", CHOICES),
		TEXT(SETTINGS, "survey\t1\ntype\tname\tlabel\tlabel::ar\ntext\ta\tA\tB\n", CHOICES),
		TEXT(SETTINGS, "survey\t1\ntype\tname\tlabel::ar\thint\ntext\ta\tA\tB\n", CHOICES),
		TEXT(SETTINGS, "survey\t1\ntype\tname\tlabel::\ntext\ta\tA\n", CHOICES),
		TEXT(SETTINGS, "survey\t1\ntype\tname\tlabel::a\tlabel::b\thint::b\thint::a\ntext\ta\tA\tB\tC\tD\n", CHOICES),
		TEXT(SETTINGS, "survey\t1\ntype\tname\ntext\ta\\q\n", CHOICES), TEXT(SETTINGS, "survey\t1\ntype\tname\ntext\ta\\\n",
		CHOICES),
		TEXT(SETTINGS, "survey\t1\ntype\tname\ntext\ta\x01\n", CHOICES), TEXT(SETTINGS,
		"survey\t1\ntype\tname\ntext\ta\xff\n", CHOICES),
		TEXT(SETTINGS, "survey\t1\ntype\tname\ntext\ta\x7f\n", CHOICES),
		TEXT(SETTINGS, "survey\t1\ntype\tname\tlabel\ntext\ta\tx\xc2\x9bz\n", CHOICES),
		TEXT(SETTINGS, "survey\t1\ntype\tname\tlabel\ntext\ta\tx\xe2\x80\xaez\n", CHOICES), TEXT(SETTINGS,
		"survey\t1\ntype\tname\ntext\ta\r\n", CHOICES),
		TEXT(SETTINGS, SURVEY, "choices\t0\nname\n"), TEXT(SETTINGS, SURVEY, "choices\t1\nlist_name\tname\tx y\na\tb\tc\n"),
		TEXT(SETTINGS, SURVEY, "choices\t1\nlist_name\tname\tz\ty\tz\na\tb\tc\td\te\n"),
		TEXT(SETTINGS, SURVEY, "choices\t1\nlist_name\tname\tz\tlabel::a\na\tb\tc\td\n"),
		TEXT("settings\t2\nkey\tvalue\nversion\t1\nform_id\tsmall\n", SURVEY, CHOICES),
		TEXT("settings\t2\nkey\tvalue\nform_id\ta\nform_id\tb\n", SURVEY, CHOICES),
		TEXT("settings\t1\nkey\tvalue\nform_id\t\n", SURVEY, CHOICES), TEXT("settings\t1\nkey\tvalue\ncolour\tx\n", SURVEY,
		CHOICES),
		TEXT("settings\t3\nkey\tvalue\nform_title::a\tx\nform_title::b\ty\nform_title::a\tz\n", SURVEY, CHOICES),
	};

	(void)state;
	assert_int_equal(read_text(TEXT(SETTINGS, SURVEY, CHOICES)), 0);
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		if (read_text(BAD[i]) != ERR_CORRUPT)
			fail_msg("text %zu was taken", i);
}

static void rows_that_cannot_be_there_cost_no_memory(void **state)
{
	(void)state;
	assert_int_equal(read_text(TEXT(SETTINGS, "survey\t60000\ntype\tname\ntext\ta\n", CHOICES)), ERR_CORRUPT);
	assert_int_equal(read_text(TEXT(SETTINGS, "survey\t60001\ntype\tname\ntext\ta\n", CHOICES)), ERR_LIMIT);
	assert_int_equal(read_text(TEXT(SETTINGS, "survey\t999999999999\ntype\tname\ntext\ta\n", CHOICES)), ERR_CORRUPT);
}

static void cells_above_the_ceiling_are_refused(void **state)
{
	struct buf b;
	struct sheets s;

	(void)state;
	for (int over = 0; over < 2; over++) {
		buf_init(&b, FORM_TEXT_BYTES_MAX);
		buf_text(&b, "mandoob-form\t2\n" SETTINGS "survey\t1\ntype\tname\tnote\ntext\ta\t");
		for (int i = 0; i < FORM_CELL_BYTES_MAX + over; i++)
			buf_text(&b, "x");
		buf_text(&b, "\n" CHOICES);
		assert_int_equal(sheets_read((const char *)b.data, b.len, &s), over ? ERR_LIMIT : 0);
		sheets_fini(&s);
		buf_fini(&b);
	}
}

static void writing_puts_everything_in_its_one_order(void **state)
{
	static const char WANTED[] = "mandoob-form\t2\nsettings\t3\nkey\tvalue\nform_id\tf\nversion\t1\ndefault_language\tb\n"
				     "survey\t1\ntype\tlist\tname\tlabel::b\tlabel::a\thint::a\nselect_one\tx\tq\tB\tA\th\n"
				     "choices\t4\nlist_name\tname\tlabel::b\tzone\tarea\ny\t1\t\t\tq\ny\t2\tL\t\t\nx\t1\t\tz\t\n"
				     "x\t2\t\t\t\n";
	struct buf out;

	(void)state;
	buf_init(&out, FORM_TEXT_BYTES_MAX);
	assert_int_equal(formkit_text("#settings\nkey | value\nversion | 1\ndefault_language | b\nform_id | f\nkind |\n"
				      "#survey\nname | hint::a | type | label::a | note | label::b | list\n"
				      "q | h | select_one | A | | B | x\n"
				      "#choices\nzone | name | list_name | label::b | area | empty\n"
				      " | 1 | y | | q\nz | 1 | x\n | 2 | y | L\n | 2 | x\n",
				 &out), 0);
	assert_string_equal(buf_string(&out), WANTED);
	buf_fini(&out);
}

static void what_was_written_is_read_and_written_alike(void **state)
{
	struct buf first;
	struct buf second;
	struct sheets s;

	(void)state;
	buf_init(&first, FORM_TEXT_BYTES_MAX);
	buf_init(&second, FORM_TEXT_BYTES_MAX);
	assert_int_equal(formkit_text("#survey\ntype | name | hint::c | label::b | image::a | hint::a | label::a\n"
	"text | q | 1 | | 3 | 4 | 5\\n\\t\n"
				      "#choices\nname | list_name | label::d\n1 | x | D\n", &first), 0);
	assert_int_equal(sheets_read((const char *)first.data, first.len, &s), 0);
	assert_int_equal(sheets_write(&s, &second), 0);
	assert_string_equal(buf_string(&second), buf_string(&first));
	sheets_fini(&s);
	buf_fini(&first);
	buf_fini(&second);
}

static void what_cannot_be_canonical_is_not_written(void **state)
{
	static const char *const BAD[] = {
		"#survey\ntype | name | colour\ntext | a | b\n", "#settings\nkey | value\nform_id | a\ncolour | b\n",
		"#survey\ntype | name | name\ntext | a | b\n", "#survey\ntype | name | label | label::ar\ntext | a | A | B\n",
		"#survey\nname\na\n", "#choices\nlist_name | name | a b\nx | y | z\n", "#survey\ntype | name\ntext | \x01\n",
	};
	struct buf out;

	(void)state;
	buf_init(&out, FORM_TEXT_BYTES_MAX);
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		buf_clear(&out);
		if (formkit_text(BAD[i], &out) != ERR_USAGE)
			fail_msg("tables %zu were written", i);
	}
	buf_fini(&out);
}

static void a_later_format_asks_for_a_newer_program(void **state)
{
	static const char LATER[] = "mandoob-form\t3\nanything";
	struct sheets s;

	(void)state;
	assert_int_equal(sheets_read(LATER, strlen(LATER), &s), ERR_STALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_tables_are_read),
		cmocka_unit_test(broken_texts_are_refused),
		cmocka_unit_test(a_later_format_asks_for_a_newer_program),
		cmocka_unit_test(rows_that_cannot_be_there_cost_no_memory),
		cmocka_unit_test(cells_above_the_ceiling_are_refused),
		cmocka_unit_test(writing_puts_everything_in_its_one_order),
		cmocka_unit_test(what_was_written_is_read_and_written_alike),
		cmocka_unit_test(what_cannot_be_canonical_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
