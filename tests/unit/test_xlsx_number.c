/*
 * Examples for server/author/xlsx_number and the number formats of xlsx_styles: what a stored number reads as.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/author/xlsx.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void numbers_read_as_a_person_typed_them(void **state)
{
	static const char *const PAIRS[] = {
		"1.0", "1", "0.1", "0.1", "0.10000000000000001", "0.1", "0.30000000000000004", "0.3", "1.1000000000000001", "1.1",
		"-0", "0", "0.0", "0", "007", "7", "-12.50", "-12.5", "1E3", "1000", "1.5e-3", "0.0015", "1E-7", "0.0000001",
		"1.234567890123456E15",
		"1234567890123460", "1234567890123456", "1234567890123456", "0.99999999999999999", "1", "9.9999999999999999E22", "1E+23",
		"1.25E+300", "1.25E+300", "-1E-20", "-1E-20", "1E+20", "100000000000000000000", "+5", "5", ".5", "0.5", "5.", "5",
		"1000000008", "1000000008", "100.25", "100.25",
	};
	char out[XLSX_NUMBER_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(PAIRS); i += 2) {
		assert_true(xlsx_number_text(PAIRS[i], strlen(PAIRS[i]), XLSX_FORMAT_NUMBER, false, out));
		assert_string_equal(out, PAIRS[i + 1]);
	}
}

static void what_is_no_number_is_told(void **state)
{
	static const char *const BAD[] = { "", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "1 ", "NaN", "INF", "1E999999999999", "٥" };
	char out[XLSX_NUMBER_BYTES], longest[600];

	(void)state;
	for (size_t i = 0; i < COUNT(BAD); i++)
		assert_false(xlsx_number_text(BAD[i], strlen(BAD[i]), XLSX_FORMAT_NUMBER, false, out));
	memset(longest, '9', sizeof(longest));
	assert_false(xlsx_number_text(longest, sizeof(longest), XLSX_FORMAT_NUMBER, false, out));
	assert_true(xlsx_number_text(longest, 399, XLSX_FORMAT_NUMBER, false, out));
	assert_string_equal(out, "1E+399");
}

struct dated {
	const char *stored;
	enum xlsx_format format;
	bool is_1904;
	const char *text;
};

static void numbers_shown_as_dates_read_as_dates(void **state)
{
	static const struct dated CASES[] = {
		{ "46348", XLSX_FORMAT_DATE, false, "2026-11-22" },
		{ "46348.416666666664", XLSX_FORMAT_TIME, false, "2026-11-22T10:00:00" },
		{ "46348.416666666664", XLSX_FORMAT_DATE, false, "2026-11-22" },
		{ "46348", XLSX_FORMAT_TIME, false, "2026-11-22" },
		{ "46347.999999999", XLSX_FORMAT_TIME, false, "2026-11-22" },
		{ "4.6348E4", XLSX_FORMAT_DATE, false, "2026-11-22" },
		{ "44886", XLSX_FORMAT_DATE, true, "2026-11-22" },
		{ "0", XLSX_FORMAT_DATE, true, "1904-01-01" },
		{ "1", XLSX_FORMAT_DATE, false, "1900-01-01" },
		{ "59", XLSX_FORMAT_DATE, false, "1900-02-28" },
		{ "60", XLSX_FORMAT_DATE, false, "60" },
		{ "61", XLSX_FORMAT_DATE, false, "1900-03-01" },
		{ "25569", XLSX_FORMAT_DATE, false, "1970-01-01" },
		{ "45351", XLSX_FORMAT_DATE, false, "2024-02-29" },
		{ "2958465", XLSX_FORMAT_DATE, false, "9999-12-31" },
		{ "2958466", XLSX_FORMAT_DATE, false, "2958466" },
		{ "-5", XLSX_FORMAT_DATE, false, "-5" },
		{ "0", XLSX_FORMAT_DATE, false, "0" },
		{ "1E+300", XLSX_FORMAT_DATE, false, "1E+300" },
		{ "0.5", XLSX_FORMAT_TIME, false, "12:00:00" },
		{ "0.4375", XLSX_FORMAT_DATE, false, "10:30:00" },
		{ "0.0000001", XLSX_FORMAT_TIME, false, "00:00:00" },
		{ "1.25", XLSX_FORMAT_SPAN, false, "30:00:00" },
	};
	char out[XLSX_NUMBER_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(CASES); i++) {
		assert_true(xlsx_number_text(CASES[i].stored, strlen(CASES[i].stored), CASES[i].format, CASES[i].is_1904, out));
		assert_string_equal(out, CASES[i].text);
	}
}

static void formats_of_dates_are_told_from_others(void **state)
{
	static const struct {
		const char *code;
		enum xlsx_format format;
	} CODES[] = {
		{ "General", XLSX_FORMAT_NUMBER }, { "Standard", XLSX_FORMAT_NUMBER }, { "0.00", XLSX_FORMAT_NUMBER },
			{ "#,##0\\ \"days\"", XLSX_FORMAT_NUMBER },
		{ "[Red]-0;[Blue]0", XLSX_FORMAT_NUMBER }, { "0.00E+00", XLSX_FORMAT_NUMBER }, { "@", XLSX_FORMAT_NUMBER },
			{ "[$SAR] 0", XLSX_FORMAT_NUMBER },
		{ "0\\d", XLSX_FORMAT_NUMBER }, { "0_d*m", XLSX_FORMAT_NUMBER }, { "\"open", XLSX_FORMAT_NUMBER }, { "",
			XLSX_FORMAT_NUMBER },
		{ "0;d", XLSX_FORMAT_NUMBER }, { "\\", XLSX_FORMAT_NUMBER },
		{ "dd/mm/yyyy", XLSX_FORMAT_DATE }, { "[$-401]D MMMM", XLSX_FORMAT_DATE }, { "yyyy\"year\"", XLSX_FORMAT_DATE },
		{ "yyyy-mm-dd hh:mm", XLSX_FORMAT_TIME }, { "h:mm AM/PM", XLSX_FORMAT_TIME }, { "mm:ss.0", XLSX_FORMAT_TIME },
		{ "[h]:mm:ss", XLSX_FORMAT_SPAN }, { "[mm]:ss", XLSX_FORMAT_SPAN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(CODES); i++)
		assert_int_equal(xlsx_styles_format(CODES[i].code), CODES[i].format);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_read_as_a_person_typed_them),
		cmocka_unit_test(what_is_no_number_is_told),
		cmocka_unit_test(numbers_shown_as_dates_read_as_dates),
		cmocka_unit_test(formats_of_dates_are_told_from_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
