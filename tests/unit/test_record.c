#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "proto/record.h"

static void id_holds_site_and_counter(void **state)
{
	uint64_t id = record_id(7, 12);

	(void)state;
	assert_int_equal(record_id_site(id), 7);
	assert_int_equal(record_id_counter(id), 12);
	assert_false(record_id_is_derived(id));
	assert_true(record_id_is_case(id));
	assert_true(id == (UINT64_C(7) << 32 | 12));
}

static void id_with_counter_0_is_no_case(void **state)
{
	(void)state;
	assert_false(record_id_is_case(record_id(7, 0)));
	assert_false(record_id_is_case(record_id_derive(record_id(7, 1), "child", 1)));
}

static void derived_id_is_the_same_on_two_devices_and_differs_by_each_part(void **state)
{
	uint64_t id = record_id_derive(record_id(7, 12), "child", 1);

	(void)state;
	assert_true(record_id_is_derived(id));
	assert_true(id == record_id_derive(record_id(7, 12), "child", 1));
	assert_true(id != record_id_derive(record_id(7, 13), "child", 1));
	assert_true(id != record_id_derive(record_id(7, 12), "chilD", 1));
	assert_true(id != record_id_derive(record_id(7, 12), "child", 2));
}

static void id_comes_back_from_its_text(void **state)
{
	const uint64_t ids[] = {
		record_id(0, 1), record_id(7, 12), record_id(RECORD_SITE_MAX, UINT32_MAX), record_id(1, 0),
		record_id_derive(record_id(7, 12), "child", 3), UINT64_MAX, UINT64_C(1) << 63,
	};
	char text[RECORD_ID_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		uint64_t back;

		assert_int_equal(record_id_parse(record_id_format(ids[i], text), &back), 0);
		assert_true(back == ids[i]);
	}
	assert_string_equal(record_id_format(record_id(7, 12), text), "7-12");
}

static void id_in_another_spelling_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "-", "7", "7-", "-12", "07-12", "7-012", "7-12 ", " 7-12", "7--12", "+7-12", "2147483648-1", "7-4294967296",
		"7-99999999999999999999", "x", "x123", "x0000000000000001", "X8000000000000001", "x800000000000000G", "x80000000000000011",
		"x800000000000000A", "7-12\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t id = 1;

		assert_int_equal(record_id_parse(bad[i], &id), ERR_USAGE);
		assert_true(id == 0);
	}
}

static void digest_does_not_depend_on_the_order_of_changes(void **state)
{
	struct record_digest a = { { 0 } };
	struct record_digest b = { { 0 } };

	(void)state;
	record_digest_change(&a, 1, 1, 1, "first_name", "x", 1, 5);
	record_digest_change(&a, 1, 1, 2, "member_name", "y", 1, 6);
	record_digest_change(&b, 1, 1, 2, "member_name", "y", 1, 6);
	record_digest_change(&b, 1, 1, 1, "first_name", "x", 1, 5);
	assert_true(record_digest_equal(&a, &b));
	record_digest_change(&a, -1, 1, 2, "member_name", "y", 1, 6);
	record_digest_change(&a, -1, 1, 1, "first_name", "x", 1, 5);
	assert_true(record_digest_equal(&a, &(struct record_digest){ { 0 } }));
}

static void digest_differs_when_any_part_of_a_register_differs(void **state)
{
	struct record_digest d[7] = { { { 0 } } };

	(void)state;
	record_digest_change(&d[0], 1, 1, 1, "name", "ab", 2, 5);
	record_digest_change(&d[1], 1, 2, 1, "name", "ab", 2, 5);
	record_digest_change(&d[2], 1, 1, 2, "name", "ab", 2, 5);
	record_digest_change(&d[3], 1, 1, 1, "namea", "b", 1, 5);
	record_digest_change(&d[4], 1, 1, 1, "name", "ac", 2, 5);
	record_digest_change(&d[5], 1, 1, 1, "name", "ab", 2, 6);
	record_digest_change(&d[6], 1, 1, 1, "name", "", 0, 5);
	for (size_t i = 0; i < 7; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(record_digest_equal(&d[i], &d[k]));
}

static void digest_comes_back_from_its_bytes(void **state)
{
	struct record_digest d = { { UINT64_C(0x0102030405060708), UINT64_C(0xfffefdfcfbfaf9f8) } };
	static const uint8_t want[RECORD_DIGEST_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8 };
	uint8_t bytes[RECORD_DIGEST_BYTES];
	struct record_digest back;

	(void)state;
	record_digest_encode(&d, bytes);
	assert_memory_equal(bytes, want, sizeof(want));
	record_digest_decode(&back, bytes);
	assert_true(record_digest_equal(&d, &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(id_holds_site_and_counter),
		cmocka_unit_test(id_with_counter_0_is_no_case),
		cmocka_unit_test(derived_id_is_the_same_on_two_devices_and_differs_by_each_part),
		cmocka_unit_test(id_comes_back_from_its_text),
		cmocka_unit_test(id_in_another_spelling_is_refused),
		cmocka_unit_test(digest_does_not_depend_on_the_order_of_changes),
		cmocka_unit_test(digest_differs_when_any_part_of_a_register_differs),
		cmocka_unit_test(digest_comes_back_from_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
