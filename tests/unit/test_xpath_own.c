/*
 * Examples for our own functions of expressions (prefix m:), proto/form/xpath/function_own. Identity numbers, IBANs and dates are those of
 * the domain's vectors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/functionkit.h"

static void numbers_of_papers_are_checked(void **state)
{
	static const char *const ROWS[][2] = {
		{ "m:sa-id('1000000008')", "true" }, { "m:sa-id('١٠٠٠٠٠٠٠٠٨')", "true" }, { "m:sa-id('2000000006')", "true" },
		{ "m:sa-id('1000000000')", "false" }, { "m:sa-id('1234567890')", "false" }, { "m:sa-id('3000000004')", "false" },
		{ "m:sa-id('')", "false" },
		{ "m:sa-iban('SA0380000000608010167519')", "true" }, { "m:sa-iban('sa03 8000 0000 6080 1016 7519')", "true" },
		{ "m:sa-iban('SA7178000000000000ABCDEF')", "true" }, { "m:sa-iban('SA0380000000608010167518')", "false" },
		{ "m:sa-mobile('0500000000')", "true" }, { "m:sa-mobile('+966 50 000 0000')", "true" },
		{ "m:sa-mobile('0400000000')", "false" },
		{ "m:short-address('abcd1234')", "true" }, { "m:short-address('ABC12345')", "false" },
		{ "m:postal-code('63700')", "true" }, { "m:postal-code('6370')", "false" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void written_dates_become_gregorian_days(void **state)
{
	static const char *const ROWS[][2] = {
		{ "m:hijri-to-gregorian('H1442-08-23')", "2021-04-05" },
		{ "m:hijri-to-gregorian('H1400-01-01')", "1979-11-20" },
		{ "m:hijri-to-gregorian(born)", "1970-09-02" },
		{ "m:hijri-to-gregorian('H1447')", "2025-06-26" },
		{ "m:hijri-to-gregorian('H1447-09')", "2026-02-18" },
		{ "m:hijri-to-gregorian('G1970')", "1970-01-01" },
		{ "m:hijri-to-gregorian('G1970-09-02')", "1970-09-02" },
		{ "m:hijri-to-gregorian('1970-09-02')", "1970-09-02" },
		{ "m:hijri-to-gregorian('H1320-01-01')", "" },
		{ "m:hijri-to-gregorian('H1501')", "" },
		{ "m:hijri-to-gregorian('1390/7/1')", "" },
		{ "m:hijri-to-gregorian('1390')", "" },
		{ "m:hijri-to-gregorian('')", "" },
		{ "m:hijri-year(born)", "1390" },
		{ "m:hijri-year('H1320')", "1320" },
		{ "m:hijri-year('2021-04-05')", "1442" },
		{ "m:hijri-year('G2021-04')", "1442" },
		{ "m:hijri-year('G2021')", "NaN" },
		{ "m:hijri-year('')", "NaN" },
		{ "m:precision(born)", "day" }, { "m:precision('H1390-07')", "month" }, { "m:precision('G1970')", "year" },
		{ "m:precision('1970-01-01')", "day" }, { "m:precision('x')", "" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void ages_are_full_years(void **state)
{
	static const char *const ROWS[][2] = {
		{ "m:age(born)", "56" }, /* 1970-09-02 to 2026-11-22 */
		{ "m:age(born, '2026-09-01')", "55" },
		{ "m:age(born, '2026-09-02')", "56" },
		{ "m:age(born, today() - 82)", "55" },
		{ "m:age('2000-02-29', '2026-02-28')", "25" },
		{ "m:age('2026-11-22')", "0" },
		{ "m:age('2026-11-23')", "NaN" },
		{ "m:age('H1390')", "58" }, /* 2026-11-22 is in 1448 */
		{ "m:age('G1970')", "56" },
		{ "m:age('')", "NaN" },
		{ "m:age('1390')", "NaN" },
		{ "m:age(born, '')", "NaN" },
		{ "m:age(born, 'H1447')", "NaN" },
		{ "m:age-is-approximate(born)", "false" },
		{ "m:age-is-approximate('H1390')", "true" },
		{ "m:age-is-approximate('G1970-09')", "true" },
		{ "m:age-is-approximate('')", "false" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void names_are_made_of_letters(void **state)
{
	static const char *const ROWS[][2] = {
		{ "m:arabic-letters(name)", "true" },
		{ "m:arabic-letters('مُحَمَّد')", "true" },
		{ "m:arabic-letters('عبد-الله')", "true" },
		{ "m:arabic-letters('آل ـسعيد')", "true" },
		{ "m:arabic-letters('سعيد 2')", "false" },
		{ "m:arabic-letters('سعيد٢')", "false" },
		{ "m:arabic-letters('سعيد، علي')", "false" },
		{ "m:arabic-letters('سعيد Ali')", "false" },
		{ "m:arabic-letters(' - ')", "false" },
		{ "m:arabic-letters('')", "false" },
		{ "m:letters('Zoë Abd-Allah')", "true" },
		{ "m:letters(\"Sa'id\")", "true" },
		{ "m:letters(name)", "true" },
		{ "m:letters('Ali 3')", "false" },
		{ "m:letters('')", "false" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void money_is_counted_in_halalas(void **state)
{
	static const char *const ROWS[][2] = {
		{ "m:halalas('1500.00')", "150000" }, { "m:halalas(1.005)", "101" }, { "m:halalas(1.0049)", "100" },
		{ "m:halalas('-1.005')", "-101" },
		{ "m:halalas(12)", "1200" }, { "m:halalas('.5')", "50" }, { "m:halalas('5.')", "500" }, { "m:halalas(0)", "0" },
		{ "m:halalas('9999999999999.99')", "999999999999999" }, { "m:halalas('99999999999999999')", "NaN" },
		{ "m:halalas('')", "NaN" },
		{ "m:halalas('.')", "NaN" }, { "m:halalas('1,500')", "NaN" }, { "m:halalas(none)", "NaN" },
		{ "m:halalas(number('x'))", "NaN" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void several_answers_are_compared(void **state)
{
	static const char *const ROWS[][2] = {
		{ "m:all-different(child/age)", "true" },
		{ "m:all-different(child/age | child/toy/label)", "true" },
		{ "m:all-different(child/age, 7)", "false" },
		{ "m:all-different(none | none, '', '')", "true" },
		{ "m:all-different(nothing)", "true" },
		{ "m:only-alone('none', 'none')", "true" },
		{ "m:only-alone('none rent', 'none')", "false" },
		{ "m:only-alone('rent none', ' none ')", "false" },
		{ "m:only-alone('rent eid', 'none')", "true" },
		{ "m:only-alone('', 'none')", "true" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers_of_papers_are_checked, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(written_dates_become_gregorian_days, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(ages_are_full_years, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(names_are_made_of_letters, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(money_is_counted_in_halalas, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(several_answers_are_compared, functionkit_setup, functionkit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
