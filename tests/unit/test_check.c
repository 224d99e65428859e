/*
 * Examples for proto/base/check: every vector of DOMAIN 4.1 to 4.4, and what people type around them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/check.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

typedef int check_fn(const char *typed, char *out, size_t size);
typedef bool canonical_fn(const char *text);

static void accepts(check_fn *check, canonical_fn *canonical, const char *typed, const char *expected)
{
	char out[CHECK_TEXT_BYTES];

	assert_int_equal(check(typed, out, sizeof out), 0);
	assert_string_equal(out, expected);
	assert_true(canonical(expected));
	assert_int_equal(canonical(typed), strcmp(typed, expected) == 0);
}

static void refuses(check_fn *check, canonical_fn *canonical, const char *typed)
{
	char out[CHECK_TEXT_BYTES] = "before";

	assert_int_equal(check(typed, out, sizeof out), ERR_USAGE);
	assert_string_equal(out, "");
	assert_false(canonical(typed));
	assert_non_null(strstr(err_message(), "expected"));
	if (strlen(typed) >= 7)
		assert_null(strstr(err_message(), typed));
}

static void identity(const char *typed, const char *expected)
{
	accepts(check_identity, check_identity_is_canonical, typed, expected);
}

static void no_identity(const char *typed)
{
	refuses(check_identity, check_identity_is_canonical, typed);
}

static void valid_identity_numbers_are_accepted(void **state)
{
	(void)state;
	identity("1000000008", "1000000008");
	identity("1111111116", "1111111116");
	identity("1234567897", "1234567897");
	identity("2000000006", "2000000006");
	identity("١٠٠٠٠٠٠٠٠٨", "1000000008");
	identity("۲۰۰۰۰۰۰۰۰۶", "2000000006");
	identity(" 1 000 000 008\n", "1000000008");
	identity("\u200E1000000008\u200F", "1000000008");
}

static void wrong_identity_numbers_are_refused(void **state)
{
	(void)state;
	no_identity("1000000000");
	no_identity("1234567890");
	no_identity("١٢٣٤٥٦٧٨٩٠");
	no_identity("100000008");
	no_identity("10000000008");
	no_identity("3000000004");
	no_identity("0000000000");
	no_identity("10000000O8");
	no_identity("1000000-008");
	no_identity("");
	no_identity("\xFF");
	no_identity("1000000008ا");
}

static void each_changed_digit_of_an_identity_number_is_found(void **state)
{
	char typed[] = "1234567897";

	(void)state;
	for (size_t i = 1; i < 10; i++) {
		char right = typed[i];

		for (char wrong = '0'; wrong <= '9'; wrong++) {
			typed[i] = wrong;
			assert_int_equal(check_identity_is_canonical(typed), wrong == right);
		}
		typed[i] = right;
	}
}

static void ibans_are_checked_by_the_standard(void **state)
{
	static const char *const WRONG[] = {
		"SA0380000000608010167518", "SA038000000060801016751", "SA03800000006080101675199", "GB82WEST12345698765432",
		"AE070331234567890123456", "SAA380000000608010167519", "SA03B0000000608010167519", "SA03-8000-0000-6080-1016-7519",
		"SA038000000060801016751ا", "", "SA",
	};

	(void)state;
	accepts(check_iban, check_iban_is_canonical, "SA0380000000608010167519", "SA0380000000608010167519");
	accepts(check_iban, check_iban_is_canonical, "SA0910000000000000000001", "SA0910000000000000000001");
	accepts(check_iban, check_iban_is_canonical, "SA7178000000000000ABCDEF", "SA7178000000000000ABCDEF");
	accepts(check_iban, check_iban_is_canonical, "sa71 7800 0000 0000 00ab cdef", "SA7178000000000000ABCDEF");
	accepts(check_iban, check_iban_is_canonical, "SA٠٣٨٠٠٠٠٠٠٠٦٠٨٠١٠١٦٧٥١٩", "SA0380000000608010167519");
	for (size_t i = 0; i < COUNT(WRONG); i++)
		refuses(check_iban, check_iban_is_canonical, WRONG[i]);
}

static void an_iban_has_one_pair_of_check_digits(void **state)
{
	int valid = 0;
	char typed[32];

	(void)state;
	for (int digits = 0; digits < 100; digits++) {
		snprintf(typed, sizeof typed, "SA%02d80000000608010167519", digits);
		valid += check_iban_is_canonical(typed);
	}
	assert_int_equal(valid, 1);
}

static void mobiles_are_accepted_in_every_usual_writing(void **state)
{
	static const char *const RIGHT[] = {
		"0512345678", "512345678", "966512345678", "+966512345678", "00966512345678", "05 1234 5678", "051-234-5678",
		"+966 51 234 5678", "٠٥١٢٣٤٥٦٧٨", "۰۵۱۲۳۴۵۶۷۸", "+٩٦٦٥١٢٣٤٥٦٧٨", "\u202A+966512345678\u202C",
		"05–1234–5678",
	};
	static const char *const WRONG[] = {
		"0412345678", "05123456789", "051234567", "+9660512345678", "+971512345678", "0172345678", "96651234567", "05123x5678", "",
		"++966512345678", "0096651234567a", "٠٥١٢٣٤٥٦٧س",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(RIGHT); i++)
		accepts(check_mobile, check_mobile_is_canonical, RIGHT[i], "+966512345678");
	for (size_t i = 0; i < COUNT(WRONG); i++)
		refuses(check_mobile, check_mobile_is_canonical, WRONG[i]);
}

static void short_addresses_are_four_letters_and_four_digits(void **state)
{
	static const char *const WRONG[] = { "ABC1234", "ABCDE123", "1234ABCD", "ABCD12345", "WXYZ123", "أبجد1234", "ABC-1234", "" };

	(void)state;
	accepts(check_short_address, check_short_address_is_canonical, "ABCD1234", "ABCD1234");
	accepts(check_short_address, check_short_address_is_canonical, "abcd ١٢٣٤", "ABCD1234");
	for (size_t i = 0; i < COUNT(WRONG); i++)
		refuses(check_short_address, check_short_address_is_canonical, WRONG[i]);
}

static void postal_codes_are_five_digits(void **state)
{
	static const char *const WRONG[] = { "6252", "625211", "6252a", "", "62-521" };

	(void)state;
	accepts(check_postal_code, check_postal_code_is_canonical, "62521", "62521");
	accepts(check_postal_code, check_postal_code_is_canonical, " ٦٢٥٢١ ", "62521");
	for (size_t i = 0; i < COUNT(WRONG); i++)
		refuses(check_postal_code, check_postal_code_is_canonical, WRONG[i]);
}

static void place(const char *typed, const char *expected)
{
	accepts(check_geopoint, check_geopoint_is_canonical, typed, expected);
}

static void places_are_written_with_six_decimals(void **state)
{
	(void)state;
	place("18.2164 42.5053", "18.216400 42.505300");
	place("18.2164, 42.5053", "18.216400 42.505300");
	place("١٨٫٢١٦٤، ٤٢٫٥٠٥٣", "18.216400 42.505300");
	place("18.2164 42.5053 2200 12.25", "18.216400 42.505300 2200.0 12.3");
	place("18.2164 42.5053 -0.04", "18.216400 42.505300 0.0");
	place("18.2164 42.5053 -12.3 4", "18.216400 42.505300 -12.3 4.0");
	place("18.21640049 42.5053005", "18.216400 42.505301");
	place("+18 042", "18.000000 42.000000");
}

static void places_outside_the_kingdom_are_refused(void **state)
{
	static const char *const WRONG[] = {
		"42.5053 18.2164", "15.999999 42", "32.600001 42", "18 34.399999", "18 55.700001", "-18 42", "0 0", "18", "18,", "18,,42",
		"18 42 ,", "18 42 1 2 3", "18.2.1 42", "18. 42", "18 x", "", "18 42 9000.1", "18 42 0 -1", "18 42 0 100000.1", "1e1 42",
		"18°N 42°E", "99999999999999999999 42",
	};

	(void)state;
	place("16 34.4", "16.000000 34.400000");
	place("32.6 55.7", "32.600000 55.700000");
	for (size_t i = 0; i < COUNT(WRONG); i++)
		refuses(check_geopoint, check_geopoint_is_canonical, WRONG[i]);
}

static void a_place_can_be_asked_for_its_region(void **state)
{
	(void)state;
	assert_true(check_geopoint_is_inside("18.216400 42.505300", &CHECK_BOX_ASEER));
	assert_true(check_geopoint_is_inside("21.200000 44.800000 1.0 2.0", &CHECK_BOX_ASEER));
	assert_false(check_geopoint_is_inside("24.700000 46.700000", &CHECK_BOX_ASEER));
	assert_true(check_geopoint_is_inside("24.700000 46.700000", &CHECK_BOX_KINGDOM));
	assert_false(check_geopoint_is_inside("18.2164 42.5053", &CHECK_BOX_ASEER));
}

static void the_longest_place_fits_the_named_room(void **state)
{
	char out[CHECK_GEOPOINT_BYTES];

	(void)state;
	assert_int_equal(check_geopoint("32.123456 55.123456 -499.9 100000", out, sizeof out), 0);
	assert_string_equal(out, "32.123456 55.123456 -499.9 100000.0");
}

static void amount(const char *typed, const char *expected)
{
	accepts(check_money, check_money_is_canonical, typed, expected);
}

static void amounts_have_exactly_two_decimals(void **state)
{
	(void)state;
	amount("1500", "1500.00");
	amount("1500.00", "1500.00");
	amount("1500.5", "1500.50");
	amount("٣٥٠٠٫٥٠", "3500.50");
	amount("١٬٥٠٠", "1500.00");
	amount("1,234,567.89", "1234567.89");
	amount("1 500", "1500.00");
	amount("١،٥٠٠", "1500.00");
	amount("0", "0.00");
	amount("007", "7.00");
	amount("9999999999999.99", "9999999999999.99");
	amount("0009999999999999", "9999999999999.00");
}

static void amounts_that_may_mean_two_things_are_refused(void **state)
{
	static const char *const WRONG[] = {
		"-1", "-0", "1.505", "1.500", "1,5", "1500,50", "1,50", "1234,567", "1,234 567", "1 50", ",500", "1,", "1.", ".5",
		"10000000000000",
		"1e3", "", "abc", "1.2.3", "1,234.5,6", "1500 SAR", "٥٠٪", "99999999999999999999999999999999999999999999999999", "--1", "+",
		"1 ,500",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(WRONG); i++)
		refuses(check_money, check_money_is_canonical, WRONG[i]);
}

static void whole(const char *typed, const char *expected)
{
	accepts(check_integer, check_integer_is_canonical, typed, expected);
}

static void integers_fit_64_bits(void **state)
{
	static const char *const WRONG[] = {
		"9223372036854775808", "-9223372036854775809", "99999999999999999999", "1.0", "1.5", "", "-", "0x10", "1e3", "1 2", "5-",
		"- 5",
		"18446744073709551617",
	};

	(void)state;
	whole("0", "0");
	whole("-0", "0");
	whole("+7", "7");
	whole("007", "7");
	whole("١٢", "12");
	whole("−5", "-5");
	whole("1,234,567", "1234567");
	whole("9223372036854775807", "9223372036854775807");
	whole("-9223372036854775808", "-9223372036854775808");
	for (size_t i = 0; i < COUNT(WRONG); i++)
		refuses(check_integer, check_integer_is_canonical, WRONG[i]);
}

static void decimal(const char *typed, const char *expected)
{
	accepts(check_decimal, check_decimal_is_canonical, typed, expected);
}

static void decimals_have_no_needless_zeros(void **state)
{
	static const char *const WRONG[] = {
		"1234567890123456", "0.1234567890123456", "1.234567890123456", "1e5", ".5", "5.", "", "-", "1,5", "1..2", "NaN", "inf",
		"10000000000000000",
	};

	(void)state;
	decimal("0", "0");
	decimal("0.50", "0.5");
	decimal("-0.0", "0");
	decimal("-0.50", "-0.5");
	decimal("00012.3400", "12.34");
	decimal("١٢٫٥", "12.5");
	decimal("1,234.5", "1234.5");
	decimal("100", "100");
	decimal("100.0", "100");
	decimal("123456789012345", "123456789012345");
	decimal("0.123456789012345", "0.123456789012345");
	decimal("0.000000000000001", "0.000000000000001");
	decimal("1.00000000000000000000", "1");
	for (size_t i = 0; i < COUNT(WRONG); i++)
		refuses(check_decimal, check_decimal_is_canonical, WRONG[i]);
}

static void too_little_room_is_an_error_of_its_own(void **state)
{
	char out[CHECK_IDENTITY_BYTES];

	(void)state;
	assert_int_equal(check_identity("1000000008", out, sizeof out), 0);
	assert_int_equal(check_identity("1000000008", out, sizeof out - 1), ERR_LIMIT);
	assert_string_equal(out, "");
	assert_int_equal(check_identity("1000000008", out, 0), ERR_LIMIT);
}

static void a_very_long_value_is_refused(void **state)
{
	char typed[2 * CHECK_TYPED_BYTES_MAX];

	(void)state;
	memset(typed, '1', sizeof typed);
	typed[sizeof typed - 1] = '\0';
	refuses(check_identity, check_identity_is_canonical, typed);
	refuses(check_decimal, check_decimal_is_canonical, typed);
	typed[CHECK_TYPED_BYTES_MAX] = '\0';
	refuses(check_identity, check_identity_is_canonical, typed);
	refuses(check_iban, check_iban_is_canonical, typed);
	refuses(check_mobile, check_mobile_is_canonical, typed);
	refuses(check_geopoint, check_geopoint_is_canonical, typed);
	refuses(check_money, check_money_is_canonical, typed);
	refuses(check_integer, check_integer_is_canonical, typed);
	refuses(check_decimal, check_decimal_is_canonical, typed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_identity_numbers_are_accepted),
		cmocka_unit_test(wrong_identity_numbers_are_refused),
		cmocka_unit_test(each_changed_digit_of_an_identity_number_is_found),
		cmocka_unit_test(ibans_are_checked_by_the_standard),
		cmocka_unit_test(an_iban_has_one_pair_of_check_digits),
		cmocka_unit_test(mobiles_are_accepted_in_every_usual_writing),
		cmocka_unit_test(short_addresses_are_four_letters_and_four_digits),
		cmocka_unit_test(postal_codes_are_five_digits),
		cmocka_unit_test(places_are_written_with_six_decimals),
		cmocka_unit_test(places_outside_the_kingdom_are_refused),
		cmocka_unit_test(a_place_can_be_asked_for_its_region),
		cmocka_unit_test(the_longest_place_fits_the_named_room),
		cmocka_unit_test(amounts_have_exactly_two_decimals),
		cmocka_unit_test(amounts_that_may_mean_two_things_are_refused),
		cmocka_unit_test(integers_fit_64_bits),
		cmocka_unit_test(decimals_have_no_needless_zeros),
		cmocka_unit_test(too_little_room_is_an_error_of_its_own),
		cmocka_unit_test(a_very_long_value_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
