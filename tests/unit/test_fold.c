#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "proto/fold.h"
#include "proto/form/value.h"

/* Fold and unfold; returns the number of folded bytes. */
static size_t round_trip(const char *text, size_t len)
{
	struct arena *a = arena_new(1 << 20);
	struct buf b;
	struct reader r;
	const char *back;
	size_t back_len, folded;

	buf_init(&b, 1 << 20);
	assert_true(fold_write(&b, text, len));
	reader_init(&r, b.data, b.len);
	back = fold_read(&r, a, &back_len);
	assert_non_null(back);
	assert_int_equal(reader_finish(&r, "fold"), 0);
	assert_int_equal(back_len, len);
	assert_memory_equal(back, text, len);
	folded = b.len;
	buf_fini(&b);
	arena_free(a);
	return folded;
}

static void arabic_and_ascii_take_one_byte_a_character(void **state)
{
	static const char text[] = "الأسرة (5 أفراد)، 1500 ريال؟";
	size_t characters = 0;

	(void)state;
	for (const char *at = text; *at; at++)
		characters += ((unsigned char)*at & 0xc0) != 0x80;
	assert_int_equal(round_trip(text, strlen(text)), characters + 1);
	assert_int_equal(round_trip("«نعم» – ١٢٣", strlen("«نعم» – ١٢٣")), strlen("_n3m_ _ 123") + 1);
}

static void every_character_comes_back(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c += c < 0x3000 ? 1 : 97) {
		char text[4];
		size_t n = 0;

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		if (c < 0x80) {
			text[n++] = (char)c;
		} else if (c < 0x800) {
			text[n++] = (char)(0xc0 | c >> 6);
		} else if (c < 0x10000) {
			text[n++] = (char)(0xe0 | c >> 12);
			text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		} else {
			text[n++] = (char)(0xf0 | c >> 18);
			text[n++] = (char)(0x80 | (c >> 12 & 0x3f));
			text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		}
		if (c >= 0x80)
			text[n++] = (char)(0x80 | (c & 0x3f));
		round_trip(text, n);
	}
}

static void marks_joiners_emoji_and_zero_come_back(void **state)
{
	static const char text[] = "مُحَمَّدٌ\u200cعلي \u200d\u200f 👨‍👩‍👧 é e\u0301 \t\n \0 \x01 \x7f ﷺ کگی";

	(void)state;
	round_trip(text, sizeof(text) - 1);
	round_trip("", 0);
}

static void longest_value_comes_back_and_a_longer_one_fails(void **state)
{
	static char text[VALUE_BYTES_MAX + 2];
	struct arena *a = arena_new(1 << 20);
	struct buf b;
	struct reader r;
	size_t len;

	(void)state;
	memset(text, 'a', sizeof(text));
	round_trip(text, VALUE_BYTES_MAX);
	buf_init(&b, 1 << 20);
	assert_true(fold_write(&b, text, VALUE_BYTES_MAX + 1));
	reader_init(&r, b.data, b.len);
	assert_null(fold_read(&r, a, &len));
	assert_true(r.failed);
	buf_fini(&b);
	arena_free(a);
}

static void text_that_is_not_utf8_is_refused(void **state)
{
	static const char *const bad[] = {
		"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "a\xd8", "\xf0\x9f\x98",
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_init(&b, 1 << 20);
		assert_false(fold_write(&b, bad[i], strlen(bad[i])));
		buf_fini(&b);
	}
}

static void folded_text_that_is_cut_or_broken_fails(void **state)
{
	static const struct { const char *bytes; size_t len; } bad[] = {
		{ "", 0 }, { "abc", 3 }, { "a\x01", 2 }, { "\x01\xff\xff\xff\xff\0", 6 }, { "\x01\xe2\x82\0", 4 },
		{ "\x01\xc0\x80\0", 4 }, { "\x01\x80\0", 3 },
	};
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reader r;
		size_t len;

		reader_init(&r, bad[i].bytes, bad[i].len);
		assert_null(fold_read(&r, a, &len));
		assert_int_equal(len, 0);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arabic_and_ascii_take_one_byte_a_character),
		cmocka_unit_test(every_character_comes_back),
		cmocka_unit_test(marks_joiners_emoji_and_zero_come_back),
		cmocka_unit_test(longest_value_comes_back_and_a_longer_one_fails),
		cmocka_unit_test(text_that_is_not_utf8_is_refused),
		cmocka_unit_test(folded_text_that_is_cut_or_broken_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
