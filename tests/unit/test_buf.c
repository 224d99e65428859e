/*
 * test_buf: the growing buffer keeps its ceiling, its error and its content.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "proto/base/buf.h"

static void an_empty_buffer_is_an_empty_string(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_null(b.data);
	assert_string_equal(buf_string(&b), "");
	assert_int_equal(buf_error(&b), 0);
	buf_fini(&b);
}

static void appends_are_kept_in_order_over_many_growths(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	for (unsigned i = 0; i < 10000; i++) {
		uint8_t byte = (uint8_t)(i * 7);

		buf_append(&b, &byte, 1);
	}
	assert_int_equal(buf_error(&b), 0);
	assert_int_equal(b.len, 10000);
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(b.data[i], (uint8_t)(i * 7));
	buf_fini(&b);
}

static void a_buffer_holds_exactly_its_ceiling(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_text(&b, "1234");
	assert_int_equal(buf_error(&b), 0);
	assert_string_equal(buf_string(&b), "1234");
	buf_text(&b, "5");
	assert_int_equal(buf_error(&b), ERR_LIMIT);
	assert_non_null(strstr(err_message(), "4 bytes"));
	buf_fini(&b);
}

static void after_an_error_nothing_more_is_appended(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_text(&b, "12");
	buf_text(&b, "345");
	buf_text(&b, "6");
	buf_printf(&b, "%d", 7);
	assert_null(buf_space(&b, 1));
	assert_int_equal(buf_error(&b), ERR_LIMIT);
	assert_int_equal(b.len, 2);
	assert_string_equal(buf_string(&b), "");
	buf_fini(&b);
}

static void a_length_near_the_largest_number_does_not_wrap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_text(&b, "ten bytes.");
	assert_null(buf_space(&b, SIZE_MAX - 4));
	assert_int_equal(buf_error(&b), ERR_LIMIT);
	buf_fini(&b);
}

static void clearing_forgets_content_and_error(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_text(&b, "12345");
	buf_clear(&b);
	assert_int_equal(buf_error(&b), 0);
	buf_text(&b, "abc");
	assert_string_equal(buf_string(&b), "abc");
	buf_fini(&b);
}

static void a_released_buffer_can_be_released_again_and_used_again(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	buf_text(&b, "abc");
	buf_fini(&b);
	buf_fini(&b);
	assert_int_equal(b.len, 0);
	buf_text(&b, "12345678");
	assert_int_equal(buf_error(&b), 0);
	buf_fini(&b);
}

static void space_is_zeroed_and_counted(void **state)
{
	static const uint8_t ZEROS[300] = { 0 };
	struct buf b;
	uint8_t *at;

	(void)state;
	buf_init(&b, 1000);
	buf_text(&b, "x");
	at = buf_space(&b, sizeof ZEROS);
	assert_non_null(at);
	assert_memory_equal(at, ZEROS, sizeof ZEROS);
	assert_int_equal(b.len, 1 + sizeof ZEROS);
	buf_fini(&b);
}

static void printf_appends_its_text_without_the_nul(void **state)
{
	char word[600];
	struct buf b;

	(void)state;
	memset(word, 'w', sizeof word);
	word[sizeof word - 1] = '\0';
	buf_init(&b, 1000);
	buf_printf(&b, "%s-%d", word, 42);
	assert_int_equal(b.len, 599 + 3);
	assert_string_equal(buf_string(&b) + 599, "-42");
	buf_fini(&b);
}

static void appending_nothing_from_nowhere_is_harmless(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	buf_append(&b, NULL, 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_error(&b), 0);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_is_an_empty_string),
		cmocka_unit_test(appends_are_kept_in_order_over_many_growths),
		cmocka_unit_test(a_buffer_holds_exactly_its_ceiling),
		cmocka_unit_test(after_an_error_nothing_more_is_appended),
		cmocka_unit_test(a_length_near_the_largest_number_does_not_wrap),
		cmocka_unit_test(clearing_forgets_content_and_error),
		cmocka_unit_test(a_released_buffer_can_be_released_again_and_used_again),
		cmocka_unit_test(space_is_zeroed_and_counted),
		cmocka_unit_test(printf_appends_its_text_without_the_nul),
		cmocka_unit_test(appending_nothing_from_nowhere_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
