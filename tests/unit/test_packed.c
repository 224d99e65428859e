#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "proto/column.h"
#include "proto/fold.h"
#include "proto/packed.h"
#include "tests/lib/formkit.h"

#define CASE_ID UINT64_C(0x000000030000000a)

static const char FORM[] =
	"#survey\ntype | list | name | member\nbegin_group | | g\n"
	"text | | f_text\ninteger | | f_integer\ndecimal | | f_decimal\nmoney | | f_money\ndate | | f_date\nhijri_date | | f_hijri\n"
	"select_one | few | f_one\nselect_multiple | few | f_many\nselect_one | places | f_open\nselect_member | | f_member | rows\n"
	"acknowledge | | f_ack\nsa_id | | f_id\niban | | f_iban\nmobile | | f_mobile\nshort_address | | f_address\n"
	"postal_code | | f_postal\n"
	"geopoint | | f_place\nsignature | | f_pen\nimage | | f_image\ntime | | f_time\ndatetime | | f_moment\n"
	"rank | few | f_rank\nend_group\n"
	"begin_repeat | | rows\nend_repeat\n"
	"#choices\nlist_name | name | label\nfew | a | A\nfew | b | B\nfew | c | C\nfew | d | D\n";

struct sizes {
	size_t bits;    /* bytes of the bit stream */
	size_t numbers;
	size_t texts;
	uint64_t tag;
};

/* Write `value` to a column and read it back; what it took in *s. */
static void round_trip(const struct form *f, const char *field, const char *value, struct sizes *s)
{
	struct buf parts[4];
	struct column_writer w = { .tags = &parts[0], .bits = { .out = &parts[1] }, .numbers = &parts[2], .texts = &parts[3] };
	struct arena *a = arena_new(1 << 20);
	struct column_bits_reader bits = { .count = 0 };
	struct reader tags, numbers;
	struct column c;
	const char *back;
	size_t len;

	for (size_t i = 0; i < 4; i++)
		buf_init(&parts[i], 1 << 20);
	column_init(&c, f, (uint16_t)form_field_find(f, field));
	c.case_id = CASE_ID;
	column_write(&w, &c, value, strlen(value));
	column_bits_end(&w.bits);
	assert_false(w.is_bad);
	reader_init(&tags, parts[0].data, parts[0].len);
	reader_init(&bits.in, parts[1].data, parts[1].len);
	*s = (struct sizes){ parts[1].len, parts[2].len, parts[3].len, reader_varint(&tags, UINT32_MAX) };
	reader_init(&numbers, s->tag == COLUMN_TEXT ? parts[3].data : parts[2].data, s->tag == COLUMN_TEXT ? parts[3].len : parts[2].len);
	assert_int_equal((column_bit_count(&c, s->tag) + 7) / 8, s->bits);
	back = s->tag == COLUMN_TEXT ? fold_read(&numbers, a, &len) : column_read(&c, s->tag, &bits, &numbers, a, &len);
	assert_non_null(back);
	assert_int_equal(reader_finish(&numbers, "numbers"), 0);
	assert_int_equal(len, strlen(value));
	assert_memory_equal(back, value, len);
	for (size_t i = 0; i < 4; i++)
		buf_fini(&parts[i]);
	arena_free(a);
}

/* The value is packed and takes at most `bytes` beside its tag. */
static void packs(const struct form *f, const char *field, const char *value, size_t bytes)
{
	struct sizes s;

	round_trip(f, field, value, &s);
	if (s.tag < COLUMN_PACKED || s.bits + s.numbers > bytes)
		fail_msg("%s '%s' took tag %u, %zu bytes of bits, %zu of numbers", field, value, (unsigned)s.tag, s.bits, s.numbers);
	assert_int_equal(s.texts, 0);
}

/* The value comes back although it has no packed form. */
static void escapes(const struct form *f, const char *field, const char *value)
{
	struct sizes s;

	round_trip(f, field, value, &s);
	assert_int_equal(s.tag, COLUMN_TEXT);
}

static void identity_numbers_pack_without_their_check_digit(void **state)
{
	static const char *const ids[] = { "1000000008", "1111111116", "1234567897", "2000000006" };

	for (size_t i = 0; i < 4; i++) {
		packs(*state, "f_id", ids[i], 5);
		packs(*state, "f_text", ids[i], 5);
	}
	escapes(*state, "f_id", "1000000009");
	escapes(*state, "f_id", "3000000006");
	packs(*state, "f_text", "1000000009", 5);
}

static void digits_of_every_length_pack_in_a_text(void **state)
{
	char digits[20] = "";

	for (size_t n = 0; n < 18; n++) {
		digits[n] = '9';
		packs(*state, "f_text", digits, (n + 1) / 2 + 1);
	}
	packs(*state, "f_text", "000", 2);
	packs(*state, "f_text", "000000000000000001", 8);
	escapes(*state, "f_text", "9999999999999999999");
	escapes(*state, "f_text", "12a");
}

static void numbers_pack_by_size(void **state)
{
	packs(*state, "f_integer", "0", 0);
	packs(*state, "f_integer", "63", 0);
	packs(*state, "f_integer", "64", 2);
	packs(*state, "f_integer", "-1", 1);
	packs(*state, "f_integer", "-999999999999999999", 9);
	escapes(*state, "f_integer", "9223372036854775807");
	escapes(*state, "f_integer", "007");
	escapes(*state, "f_integer", "-0");
	packs(*state, "f_decimal", "0.5", 1);
	packs(*state, "f_decimal", "-12.75", 2);
	packs(*state, "f_decimal", "123456789012345", 7);
	escapes(*state, "f_decimal", ".5");
	escapes(*state, "f_decimal", "-0");
	packs(*state, "f_money", "0.00", 1);
	packs(*state, "f_money", "1500.00", 1);
	packs(*state, "f_money", "1450.00", 2);
	packs(*state, "f_money", "99.99", 2);
	packs(*state, "f_money", "999999999999999.99", 9);
	escapes(*state, "f_money", "1500");
	escapes(*state, "f_money", "-1.00");
}

static void dates_pack_by_part(void **state)
{
	packs(*state, "f_hijri", "H1390-07-01", 3);
	packs(*state, "f_hijri", "H1390-07", 2);
	packs(*state, "f_hijri", "H1390", 1);
	packs(*state, "f_hijri", "G1970-09-02", 3);
	packs(*state, "f_hijri", "G1970-09", 2);
	packs(*state, "f_hijri", "G1970", 1);
	packs(*state, "f_date", "2026-11-22", 3);
	packs(*state, "f_date", "0001-01-01", 4);
	escapes(*state, "f_hijri", "U");
	escapes(*state, "f_hijri", "H1390-7-1");
	escapes(*state, "f_hijri", "H1390-00-01");
	escapes(*state, "f_date", "2026-11");
}

static void choices_pack_as_indexes(void **state)
{
	packs(*state, "f_one", "a", 0);
	packs(*state, "f_one", "d", 0);
	packs(*state, "f_many", "c", 0);
	packs(*state, "f_many", "a d", 1);
	packs(*state, "f_many", "a b c d", 3);
	escapes(*state, "f_one", "e");
	escapes(*state, "f_many", "b a");
	escapes(*state, "f_many", "a a");
	escapes(*state, "f_many", "a  b");
	escapes(*state, "f_many", "a ");
	escapes(*state, "f_open", "abha");
	packs(*state, "f_ack", "yes", 0);
	escapes(*state, "f_ack", "no");
}

static void members_pack_by_distance_from_their_case(void **state)
{
	packs(*state, "f_member", "000000030000000a", 0);
	packs(*state, "f_member", "000000030000000b", 0);
	packs(*state, "f_member", "0000000300000085", 0);
	packs(*state, "f_member", "0000000300000086", 2);
	packs(*state, "f_member", "0000000300000009", 1);
	packs(*state, "f_member", "ffffffffffffffff", 10);
	escapes(*state, "f_member", "000000030000000A");
	escapes(*state, "f_member", "applicant");
}

static void account_numbers_and_telephones_pack(void **state)
{
	packs(*state, "f_iban", "SA0380000000608010167519", 8);
	packs(*state, "f_iban", "SA0910000000000000000001", 6);
	escapes(*state, "f_iban", "SA7178000000000000ABCDEF");
	escapes(*state, "f_iban", "SA0380000000608010167518");
	packs(*state, "f_mobile", "+966500001234", 4);
	escapes(*state, "f_mobile", "+966400001234");
	packs(*state, "f_address", "ABCD1234", 5);
	escapes(*state, "f_address", "ABC12345");
	packs(*state, "f_postal", "62521", 3);
	packs(*state, "f_postal", "00000", 3);
	escapes(*state, "f_postal", "6252");
}

static void places_pack_to_the_millionth_of_a_degree(void **state)
{
	packs(*state, "f_place", "18.216797 42.504414 12", 7);
	packs(*state, "f_place", "24.713600 46.675300 0", 9);
	packs(*state, "f_place", "-0.000001 -179.999999 30000", 11);
	packs(*state, "f_place", "89.999999 179.999999 5", 9);
	escapes(*state, "f_place", "18.2168 42.5044 12");
	escapes(*state, "f_place", "18.216797 42.504414");
	escapes(*state, "f_place", "-0.000000 42.504414 1");
	escapes(*state, "f_place", "18.216797 42.504414 012");
}

static void cleared_value_takes_a_tag_alone(void **state)
{
	struct sizes s;

	round_trip(*state, "f_iban", "", &s);
	assert_int_equal(s.tag, COLUMN_CLEARED);
	assert_int_equal(s.bits + s.numbers + s.texts, 0);
	escapes(*state, "f_image", "whatever");
}

static void pen_strokes_pack_with_six_bits_a_sign(void **state)
{
	char longest[4097] = "s1:";

	packs(*state, "f_pen", "s1:AAAA", 4);
	packs(*state, "f_pen", "s1:McD1asRUcROTK1VLbmKLLLcLLodlS1cdRRYUVQKb.JiDoXwfWQidVaxdyPrM0Xl", 49);
	packs(*state, "f_pen", "s1:____.____.AAAAAA", 14);
	memset(longest + 3, 'Z', 4092);
	packs(*state, "f_pen", longest, 4092 * 3 / 4 + 2);
	escapes(*state, "f_pen", "s1:");
	escapes(*state, "f_pen", "s2:AAAA");
	escapes(*state, "f_pen", "s1:AAA");
	escapes(*state, "f_pen", "s1:AAAAA");
	escapes(*state, "f_pen", "s1:AAAA.");
	escapes(*state, "f_pen", "s1:AAAA..AAAA");
	escapes(*state, "f_pen", "s1:AA A");
}

static void tag_that_a_column_does_not_have_is_refused(void **state)
{
	static const struct { const char *field; uint64_t first_bad; } limits[] = {
		{ "f_text", 23 }, { "f_integer", 68 }, { "f_decimal", 19 }, { "f_money", 7 }, { "f_date", 4 }, { "f_hijri", 9 },
		{ "f_one", 7 }, { "f_many", 11 }, { "f_member", 128 }, { "f_ack", 4 }, { "f_id", 5 }, { "f_iban", 4 }, { "f_mobile", 4 },
		{ "f_address", 4 },
		{ "f_postal", 4 }, { "f_place", 4 }, { "f_open", 23 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct column c;

		column_init(&c, *state, (uint16_t)form_field_find(*state, limits[i].field));
		for (uint64_t tag = 0; tag < limits[i].first_bad; tag++)
			assert_true(column_bit_count(&c, tag) >= 0);
		assert_int_equal(column_bit_count(&c, limits[i].first_bad), -1);
		assert_int_equal(column_bit_count(&c, UINT32_MAX), -1);
	}
}

/* Any numbers behind any tag give a value or a failure, never more than a value may be long. */
static void random_numbers_never_break_out(void **state)
{
	const struct form *f = *state;
	uint64_t seed = 1;

	for (size_t n = 0; n < 200000; n++) {
		uint8_t bytes[96];
		struct column c;
		struct reader numbers;
		struct column_bits_reader bits = { .count = 0 };
		struct arena *a = arena_new(1 << 16);
		uint64_t tag;
		size_t len;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			bytes[i] = (uint8_t)(seed >> 56);
		}
		column_init(&c, f, (uint16_t)(1 + n % (form_field_count(f) - 1)));
		tag = COLUMN_PACKED + bytes[0] % 24;
		reader_init(&numbers, bytes + 16, 80);
		reader_init(&bits.in, bytes, 16);
		if (column_bit_count(&c, tag) >= 0 && column_read(&c, tag, &bits, &numbers, a, &len))
			assert_true(len > 0 && len <= VALUE_BYTES_MAX);
		arena_free(a);
	}
}

static void types_without_forms_of_their_own_travel_as_texts(void **state)
{
	struct sizes s;

	round_trip(*state, "f_rank", "d a c", &s);
	assert_int_equal(s.tag, COLUMN_TEXT);
	round_trip(*state, "f_time", "14:30", &s);
	assert_int_equal(s.tag, COLUMN_TEXT);
	round_trip(*state, "f_moment", "2026-11-22T14:30:00.000+03:00", &s);
	assert_int_equal(s.tag, COLUMN_TEXT);
}

static int make_form(void **state)
{
	*state = formkit_new(FORM);
	if (!*state)
		print_message("%s\n", err_message());
	return *state ? 0 : -1;
}

static int free_form(void **state)
{
	form_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identity_numbers_pack_without_their_check_digit),
		cmocka_unit_test(digits_of_every_length_pack_in_a_text),
		cmocka_unit_test(numbers_pack_by_size),
		cmocka_unit_test(types_without_forms_of_their_own_travel_as_texts),
		cmocka_unit_test(dates_pack_by_part),
		cmocka_unit_test(choices_pack_as_indexes),
		cmocka_unit_test(members_pack_by_distance_from_their_case),
		cmocka_unit_test(account_numbers_and_telephones_pack),
		cmocka_unit_test(places_pack_to_the_millionth_of_a_degree),
		cmocka_unit_test(cleared_value_takes_a_tag_alone),
		cmocka_unit_test(pen_strokes_pack_with_six_bits_a_sign),
		cmocka_unit_test(tag_that_a_column_does_not_have_is_refused),
		cmocka_unit_test(random_numbers_never_break_out),
	};

	return cmocka_run_group_tests(tests, make_form, free_form);
}
