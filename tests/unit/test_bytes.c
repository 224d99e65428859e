/*
 * test_bytes: the reader refuses every spelling but one, never looks behind its input, and stays failed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "proto/base/bytes.h"

/* Read one varint from the bytes of a string literal. */
#define VARINT_OF(literal, max, out) varint_of(literal, sizeof(literal) - 1, max, out)

static int varint_of(const char *data, size_t len, uint64_t max, uint64_t *out)
{
	struct reader r;

	reader_init(&r, data, len);
	*out = reader_varint(&r, max);
	return reader_finish(&r, "varint");
}

static void fixed_integers_are_big_endian_both_ways(void **state)
{
	static const uint8_t EXPECTED[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct reader r;
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	write_u8(&b, 0x01);
	write_u16(&b, 0x0203);
	write_u32(&b, 0x04050607);
	write_u64(&b, 0x08090a0b0c0d0e0f);
	assert_int_equal(b.len, sizeof EXPECTED);
	assert_memory_equal(b.data, EXPECTED, sizeof EXPECTED);
	reader_init(&r, b.data, b.len);
	assert_int_equal(reader_u8(&r), 0x01);
	assert_int_equal(reader_u16(&r), 0x0203);
	assert_int_equal(reader_u32(&r), 0x04050607);
	assert_true(reader_u64(&r) == 0x08090a0b0c0d0e0f);
	assert_int_equal(reader_finish(&r, "integers"), 0);
	buf_fini(&b);
}

static void every_varint_at_a_length_boundary_comes_back(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 64; bits++) {
		for (int near = -1; near <= 1; near++) {
			uint64_t v = (UINT64_C(1) << bits) + (uint64_t)(int64_t)near, back;
			struct buf b;

			buf_init(&b, 10);
			write_varint(&b, v);
			assert_int_equal(buf_error(&b), 0);
			assert_int_equal(varint_of((const char *)b.data, b.len, UINT64_MAX, &back), 0);
			assert_true(back == v);
			buf_fini(&b);
		}
	}
}

static void the_largest_varint_is_ten_bytes(void **state)
{
	struct buf b;
	uint64_t v;

	(void)state;
	buf_init(&b, 10);
	write_varint(&b, UINT64_MAX);
	assert_int_equal(b.len, 10);
	assert_int_equal(varint_of((const char *)b.data, b.len, UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
	buf_fini(&b);
}

static void a_varint_longer_than_needed_is_refused(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(VARINT_OF("\x80\x00", UINT64_MAX, &v), ERR_CORRUPT);
	assert_int_equal(VARINT_OF("\xff\x00", UINT64_MAX, &v), ERR_CORRUPT);
	assert_int_equal(VARINT_OF("\x81\x80\x00", UINT64_MAX, &v), ERR_CORRUPT);
	assert_int_equal(VARINT_OF("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", UINT64_MAX, &v), ERR_CORRUPT);
	assert_int_equal(VARINT_OF("\x00", UINT64_MAX, &v), 0);
}

static void a_varint_above_64_bits_is_refused(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(VARINT_OF("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", UINT64_MAX, &v), ERR_CORRUPT);
	assert_int_equal(VARINT_OF("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", UINT64_MAX, &v), ERR_CORRUPT);
	assert_int_equal(VARINT_OF("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", UINT64_MAX, &v), ERR_CORRUPT);
	assert_true(v == 0);
}

static void a_varint_above_its_maximum_is_refused_and_one_at_it_is_not(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(VARINT_OF("\xe8\x07", 1000, &v), 0);
	assert_true(v == 1000);
	assert_int_equal(VARINT_OF("\xe9\x07", 1000, &v), ERR_CORRUPT);
	assert_true(v == 0);
}

static void a_varint_cut_short_is_refused(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(VARINT_OF("", UINT64_MAX, &v), ERR_CORRUPT);
	assert_int_equal(VARINT_OF("\x80", UINT64_MAX, &v), ERR_CORRUPT);
	assert_int_equal(VARINT_OF("\xff\xff\xff", UINT64_MAX, &v), ERR_CORRUPT);
}

static void signed_integers_come_back_at_their_limits(void **state)
{
	static const int64_t VALUES[] = { 0, -1, 1, -64, 63, -65, 64, INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
		struct reader r;
		struct buf b;

		buf_init(&b, 10);
		write_zigzag(&b, VALUES[i]);
		reader_init(&r, b.data, b.len);
		assert_true(reader_zigzag(&r) == VALUES[i]);
		assert_int_equal(reader_finish(&r, "zigzag"), 0);
		buf_fini(&b);
	}
}

static void small_negative_numbers_take_one_byte(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	write_zigzag(&b, -64);
	assert_int_equal(b.len, 1);
	assert_int_equal(b.data[0], 127);
	buf_fini(&b);
}

static void after_the_first_failure_every_read_gives_nothing(void **state)
{
	uint8_t copy[2] = { 9, 9 };
	struct reader r;

	(void)state;
	reader_init(&r, "\x01\x02\x03", 3);
	assert_int_equal(reader_u32(&r), 0);
	assert_int_equal(reader_u8(&r), 0);
	assert_true(reader_varint(&r, UINT64_MAX) == 0);
	assert_true(reader_zigzag(&r) == 0);
	assert_null(reader_bytes(&r, 1));
	assert_null(reader_bytes(&r, 0));
	reader_copy(&r, copy, sizeof copy);
	assert_int_equal(copy[0] | copy[1], 0);
	assert_int_equal(reader_finish(&r, "thing"), ERR_CORRUPT);
	assert_string_equal(err_message(), "thing: cut short or out of range");
}

static void a_length_larger_than_the_input_is_refused_without_wrapping(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r, "abc", 3);
	assert_null(reader_bytes(&r, SIZE_MAX));
	assert_true(r.failed);
}

static void bytes_left_over_are_corrupt(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r, "abc", 3);
	assert_int_equal(reader_u8(&r), 'a');
	assert_int_equal(reader_finish(&r, "thing"), ERR_CORRUPT);
	assert_string_equal(err_message(), "thing: 2 bytes left over");
}

static void a_decoder_can_fail_the_reader_itself(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r, "a", 1);
	reader_fail(&r);
	assert_int_equal(reader_finish(&r, "thing"), ERR_CORRUPT);
}

static void empty_input_is_finished_at_once(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r, NULL, 0);
	assert_int_equal(reader_finish(&r, "nothing"), 0);
}

static void writers_share_the_ceiling_of_their_buffer(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3);
	write_u16(&b, 1);
	write_u16(&b, 2);
	write_u8(&b, 3);
	assert_int_equal(b.len, 2);
	assert_int_equal(buf_error(&b), ERR_LIMIT);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_integers_are_big_endian_both_ways),
		cmocka_unit_test(every_varint_at_a_length_boundary_comes_back),
		cmocka_unit_test(the_largest_varint_is_ten_bytes),
		cmocka_unit_test(a_varint_longer_than_needed_is_refused),
		cmocka_unit_test(a_varint_above_64_bits_is_refused),
		cmocka_unit_test(a_varint_above_its_maximum_is_refused_and_one_at_it_is_not),
		cmocka_unit_test(a_varint_cut_short_is_refused),
		cmocka_unit_test(signed_integers_come_back_at_their_limits),
		cmocka_unit_test(small_negative_numbers_take_one_byte),
		cmocka_unit_test(after_the_first_failure_every_read_gives_nothing),
		cmocka_unit_test(a_length_larger_than_the_input_is_refused_without_wrapping),
		cmocka_unit_test(bytes_left_over_are_corrupt),
		cmocka_unit_test(a_decoder_can_fail_the_reader_itself),
		cmocka_unit_test(empty_input_is_finished_at_once),
		cmocka_unit_test(writers_share_the_ceiling_of_their_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
