/*
 * test_json: strict reading and escaping writing.
 */
#include "proto/base/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static int read_rc(const char *text, size_t len)
{
	json_t *j;
	int rc = json_read(text, len, &j);

	assert_int_equal(rc == 0, j != NULL);
	json_decref(j);
	return rc;
}

static void only_strict_json_is_read(void **state)
{
	static const char *const GOOD[] = { "{}", "[]", " {\"a\" : [1, -2, true, null, \"س\"]}\n", "{\"a\":{\"a\":1}}" };
	static const char *const BAD[] = { "", "1", "\"a\"", "{", "{}x", "{} {}", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{a:1}", "{'a':1}",
		"[01]", "[NaN]", "[1e999]", "[9223372036854775808]", "[\"\\u0000\"]", "[\"\xff\"]", "[\"\xed\xa0\x80\"]", "[\"\\ud800\"]",
		"[\"a\nb\"]", "// c\n[]", "\xef\xbb\xbf[]" };

	(void)state;
	for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++)
		assert_int_equal(read_rc(GOOD[i], strlen(GOOD[i])), 0);
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
		assert_int_equal(read_rc(BAD[i], strlen(BAD[i])), ERR_CORRUPT);
	assert_int_equal(read_rc("[]\0", 3), ERR_CORRUPT);
	assert_int_equal(read_rc(NULL, 0), ERR_CORRUPT);
}

static void depth_and_size_have_ceilings(void **state)
{
	static char deep[100000];

	(void)state;
	memset(deep, '[', sizeof deep / 2);
	memset(deep + sizeof deep / 2, ']', sizeof deep / 2);
	assert_int_equal(read_rc(deep, sizeof deep), ERR_CORRUPT);
	assert_int_equal(read_rc("[]", JSON_READ_BYTES_MAX + 1ul), ERR_LIMIT);
}

static void no_message_repeats_what_was_read(void **state)
{
	json_t *j;

	(void)state;
	assert_int_equal(json_read("{\"name\": \"Sara\" \"x\"}", 20, &j), ERR_CORRUPT);
	assert_null(strstr(err_message(), "Sara"));
	assert_non_null(strstr(err_message(), "line 1"));
}

static void members_are_taken_with_type_and_range(void **state)
{
	static const char TEXT[] = "{\"t\":\"x\",\"i\":-5,\"b\":true,\"f\":false,\"n\":null,\"o\":{},\"a\":[],\"r\":1.5}";
	const char *text;
	int64_t i;
	bool b;
	json_t *j, *v;

	(void)state;
	assert_int_equal(json_read(TEXT, sizeof TEXT - 1, &j), 0);
	assert_int_equal(json_read_text(j, "t", &text), 0);
	assert_string_equal(text, "x");
	assert_int_equal(json_read_text(j, "i", &text), ERR_CORRUPT);
	assert_null(text);
	assert_int_equal(json_read_text(j, "missing", &text), ERR_NOT_FOUND);
	assert_int_equal(json_read_text(j, "n", &text), ERR_NOT_FOUND);
	assert_int_equal(json_read_integer(j, "i", -5, -5, &i), 0);
	assert_int_equal(i, -5);
	assert_int_equal(json_read_integer(j, "i", -4, 10, &i), ERR_CORRUPT);
	assert_int_equal(i, 0);
	assert_int_equal(json_read_integer(j, "r", 0, 10, &i), ERR_CORRUPT);
	assert_int_equal(json_read_bool(j, "b", &b), 0);
	assert_true(b);
	assert_int_equal(json_read_bool(j, "f", &b), 0);
	assert_false(b);
	assert_int_equal(json_read_bool(j, "t", &b), ERR_CORRUPT);
	assert_int_equal(json_read_object(j, "o", &v), 0);
	assert_int_equal(json_read_object(j, "a", &v), ERR_CORRUPT);
	assert_null(v);
	assert_int_equal(json_read_array(j, "a", &v), 0);
	assert_int_equal(json_read_array(j, "o", &v), ERR_CORRUPT);
	json_decref(j);
}

static void unknown_keys_are_refused(void **state)
{
	static const char *const KNOWN[] = { "a", "b", NULL };
	json_t *j;

	(void)state;
	assert_int_equal(json_read("{\"a\":1,\"b\":2}", 13, &j), 0);
	assert_int_equal(json_read_keys(j, KNOWN), 0);
	json_decref(j);
	assert_int_equal(json_read("{\"a\":1,\"B\":2}", 13, &j), 0);
	assert_int_equal(json_read_keys(j, KNOWN), ERR_CORRUPT);
	json_decref(j);
	assert_int_equal(json_read("[]", 2, &j), 0);
	assert_int_equal(json_read_keys(j, KNOWN), ERR_CORRUPT);
	json_decref(j);
}

static void a_text_of_every_kind_is_written(void **state)
{
	struct json_writer w;
	struct buf b;
	json_t *j;

	(void)state;
	buf_init(&b, 4096);
	json_write_init(&w, &b);
	json_write_object(&w, NULL);
	json_write_text(&w, "text", "سلام");
	json_write_text(&w, "none", NULL);
	json_write_integer(&w, "least", INT64_MIN);
	json_write_unsigned(&w, "most", UINT64_MAX);
	json_write_bool(&w, "yes", true);
	json_write_null(&w, "nil");
	json_write_hex(&w, "hex", "\x01\xfe", 2);
	json_write_array(&w, "list");
	json_write_integer(&w, NULL, 1);
	json_write_object(&w, NULL);
	json_write_end(&w);
	json_write_array(&w, NULL);
	json_write_end(&w);
	json_write_end(&w);
	json_write_integer(&w, "last", 0);
	json_write_end(&w);
	assert_string_equal(buf_string(&b), "{\"text\":\"سلام\",\"none\":null,\"least\":-9223372036854775808,\"most\":18446744073709551615,"
					    "\"yes\":true,\"nil\":null,\"hex\":\"01fe\",\"list\":[1,{},[]],\"last\":0}");
	assert_int_equal(json_read("[]", 2, &j), 0);
	json_decref(j);
	buf_fini(&b);
}

static void what_could_break_out_is_escaped(void **state)
{
	static const char BAD[] = "\"\\\n\t\r\0\x1f\x7f</script>&\xe2\x80\xa8\xff\xd8"; /* with its NUL */
	struct json_writer w;
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	json_write_init(&w, &b);
	json_write_text_n(&w, NULL, BAD, sizeof BAD);
	assert_string_equal(buf_string(&b),
		"\"\\\"\\\\\\n\\t\\u000d\\u0000\\u001f\\u007f\\u003c/script\\u003e\\u0026\\u2028\xef\xbf\xbd\xef\xbf\xbd\\u0000\"");
	buf_fini(&b);
}

static void every_single_character_comes_back_through_a_reader(void **state)
{
	struct json_writer w;
	struct buf b;
	json_t *j;

	(void)state;
	buf_init(&b, 4096);
	for (int c = 1; c < 128; c++) {
		const char text[2] = { (char)c, 0 };

		buf_clear(&b);
		json_write_init(&w, &b);
		json_write_array(&w, NULL);
		json_write_text(&w, NULL, text);
		json_write_end(&w);
		assert_int_equal(json_read((const char *)b.data, b.len, &j), 0);
		assert_string_equal(json_string_value(json_array_get(j, 0)), text);
		json_decref(j);
	}
	buf_fini(&b);
}

static void the_ceiling_of_the_buffer_is_kept(void **state)
{
	struct json_writer w;
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	json_write_init(&w, &b);
	json_write_array(&w, NULL);
	json_write_text(&w, NULL, "longer than that");
	json_write_end(&w);
	assert_int_equal(buf_error(&b), ERR_LIMIT);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_strict_json_is_read),
		cmocka_unit_test(depth_and_size_have_ceilings),
		cmocka_unit_test(no_message_repeats_what_was_read),
		cmocka_unit_test(members_are_taken_with_type_and_range),
		cmocka_unit_test(unknown_keys_are_refused),
		cmocka_unit_test(a_text_of_every_kind_is_written),
		cmocka_unit_test(what_could_break_out_is_escaped),
		cmocka_unit_test(every_single_character_comes_back_through_a_reader),
		cmocka_unit_test(the_ceiling_of_the_buffer_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
