/* csv: tables as people export them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/buf.h"
#include "proto/form/csv.h"

static const struct csv_column KNOWN[] = { { "a", true }, { "b", false } };

static struct csv *read_all(const char *text)
{
	struct csv *c;

	if (csv_parse_all("t", text, strlen(text), &c) != 0)
		fail_msg("%s", err_message());
	return c;
}

static void cells_are_read_with_quotes_and_line_ends_of_both_kinds(void **state)
{
	struct csv *c = read_all("\xef\xbb\xbfname, label \r\n x ,\"a \"\"b\"\",\r\nc\"\r\n,\r\n\"\",y");

	(void)state;
	assert_int_equal(csv_column_count(c), 2);
	assert_string_equal(csv_column_name(c, 1), "label");
	assert_int_equal(csv_column_find(c, "name"), 0);
	assert_int_equal(csv_column_find(c, "other"), -1);
	assert_int_equal(csv_row_count(c), 2);
	assert_string_equal(csv_cell(c, 0, 0), "x");
	assert_string_equal(csv_cell(c, 0, 1), "a \"b\",\nc");
	assert_string_equal(csv_cell(c, 1, 1), "y");
	assert_int_equal(csv_complain(c, 1, 1, "wrong"), ERR_USAGE);
	assert_string_equal(err_message(), "t: line 5, column label: wrong");
	csv_free(c);
	csv_free(NULL);
}

static void known_columns_are_found_in_any_order(void **state)
{
	struct csv *c;

	(void)state;
	assert_int_equal(csv_parse("t", "b,a\n1,2\n", 8, KNOWN, 2, &c), 0);
	assert_string_equal(csv_cell(c, 0, 0), "2");
	assert_string_equal(csv_column_name(c, 0), "a");
	csv_free(c);
	assert_int_equal(csv_parse("t", "a\n1\n", 4, KNOWN, 2, &c), 0);
	assert_string_equal(csv_cell(c, 0, 1), "");
	csv_free(c);
	assert_int_equal(csv_parse("t", "b\n1\n", 4, KNOWN, 2, &c), ERR_USAGE);
	assert_int_equal(csv_parse("t", "a,x\n1,2\n", 8, KNOWN, 2, &c), ERR_USAGE);
	assert_int_equal(csv_parse("t", "a,a\n1,2\n", 8, KNOWN, 2, &c), ERR_USAGE);
	assert_null(c);
}

static void broken_tables_are_refused(void **state)
{
	static const char *const BAD[] = { "", "a,\n1,2\n", "a,a\n1,2\n", "a,b\n1\n", "a\n1,2\n", "a\n\"1\n", "a\n\"1\"2\n",
		"a\n1\"2\n", "a\n\xff\n" };
	struct csv *c;

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		assert_int_equal(csv_parse_all("t", BAD[i], strlen(BAD[i]), &c), ERR_USAGE);
	assert_int_equal(csv_parse_all("t", "a\0b", 3, &c), ERR_USAGE);
}

static void tables_above_the_ceilings_are_refused(void **state)
{
	struct csv *c;
	struct buf b;

	(void)state;
	buf_init(&b, CSV_BYTES_MAX);
	for (int i = 0; i < CSV_ROWS_MAX; i++)
		buf_text(&b, "a\n");
	assert_int_equal(csv_parse_all("t", b.data, b.len, &c), 0);
	assert_int_equal(csv_row_count(c), CSV_ROWS_MAX - 1);
	csv_free(c);
	buf_text(&b, "a\n");
	assert_int_equal(csv_parse_all("t", b.data, b.len, &c), ERR_LIMIT);
	buf_clear(&b);
	for (int i = 0; i < CSV_COLUMNS_MAX + 1; i++)
		buf_printf(&b, "c%d,", i);
	assert_int_equal(csv_parse_all("t", b.data, b.len, &c), ERR_USAGE);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_read_with_quotes_and_line_ends_of_both_kinds),
		cmocka_unit_test(known_columns_are_found_in_any_order),
		cmocka_unit_test(broken_tables_are_refused),
		cmocka_unit_test(tables_above_the_ceilings_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
