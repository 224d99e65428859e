/* strokes: the text of pen strokes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/strokes.h"

static const struct strokes_point TWO_STROKES[] = {
	{ 1, 0, true }, { 3, 5, false }, { 0, 36, false }, { 1023, 1023, true }, { 1000, 1023, false },
};
#define TWO_COUNT (sizeof(TWO_STROKES) / sizeof(TWO_STROKES[0]))

static void two_strokes_have_the_written_form(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, STROKES_BYTES_MAX);
	assert_int_equal(strokes_encode(TWO_STROKES, TWO_COUNT, &b), 0);
	assert_string_equal(buf_string(&b), "s1:ABAAild_.P_P_Jg");
	buf_fini(&b);
}

static void points_come_back_as_they_were(void **state)
{
	static struct strokes_point points[STROKES_POINTS_MAX];
	struct buf b;
	size_t count;

	(void)state;
	buf_init(&b, STROKES_BYTES_MAX);
	assert_int_equal(strokes_encode(TWO_STROKES, TWO_COUNT, &b), 0);
	assert_int_equal(strokes_decode(buf_string(&b), b.len, points, &count), 0);
	assert_int_equal(count, TWO_COUNT);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(points[i].x, TWO_STROKES[i].x);
		assert_int_equal(points[i].y, TWO_STROKES[i].y);
		assert_int_equal(points[i].begins, TWO_STROKES[i].begins);
	}
	buf_fini(&b);
}

static void long_moves_become_several_steps_and_end_at_the_same_point(void **state)
{
	static const struct strokes_point LINE[] = { { 1023, 0, true }, { 0, 700, false }, { 0, 700, false } };
	static struct strokes_point points[STROKES_POINTS_MAX];
	struct buf b;
	size_t count;

	(void)state;
	buf_init(&b, STROKES_BYTES_MAX);
	assert_int_equal(strokes_encode(LINE, 3, &b), 0);
	assert_int_equal(strokes_decode(buf_string(&b), b.len, points, &count), 0);
	assert_int_equal(count, 1 + 33);
	assert_int_equal(points[count - 1].x, 0);
	assert_int_equal(points[count - 1].y, 700);
	buf_fini(&b);
}

static void what_is_no_signature_is_not_encoded(void **state)
{
	static const struct strokes_point OUTSIDE[] = { { 0, 0, true }, { 1024, 0, false } };
	static const struct strokes_point NO_START[] = { { 0, 0, false } };
	struct buf b;

	(void)state;
	buf_init(&b, STROKES_BYTES_MAX);
	assert_int_equal(strokes_encode(OUTSIDE, 0, &b), ERR_USAGE);
	assert_int_equal(strokes_encode(OUTSIDE, 2, &b), ERR_USAGE);
	assert_int_equal(strokes_encode(NO_START, 1, &b), ERR_USAGE);
	buf_fini(&b);
}

static void other_texts_are_refused(void **state)
{
	static const char *const BAD[] = {
		"", "s1", "s1:", "s2:ABAA", "s1:A", "s1:ABA", "s1:ABAAg", "s1:ABAAgg", "s1:ABAAAA", "s1:ABAA.", "s1:.ABAA", "s1:ABAA..ABAA",
		"s1:QAAA", "s1:P_P_hg", "s1:ABAA+/", "s1:ABAA ", " s1:ABAA", "s1:ABAAh=",
	};
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		assert_int_equal(strokes_decode(BAD[i], strlen(BAD[i]), NULL, &count), ERR_CORRUPT);
		assert_int_equal(count, 0);
	}
	assert_int_equal(strokes_decode("s1:AB\0A", 7, NULL, &count), ERR_CORRUPT);
}

static void a_text_above_the_ceiling_is_refused(void **state)
{
	static char text[STROKES_BYTES_MAX + 8] = "s1:AAAA";
	size_t count;

	(void)state;
	for (size_t i = 7; i < STROKES_BYTES_MAX + 1; i += 4)
		memcpy(text + i, "hgfg", 4);
	assert_int_equal(strokes_decode(text, STROKES_BYTES_MAX - 1, NULL, &count), 0);
	assert_true(count <= STROKES_POINTS_MAX);
	assert_int_equal(strokes_decode(text, STROKES_BYTES_MAX + 1, NULL, &count), ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_strokes_have_the_written_form),
		cmocka_unit_test(points_come_back_as_they_were),
		cmocka_unit_test(long_moves_become_several_steps_and_end_at_the_same_point),
		cmocka_unit_test(what_is_no_signature_is_not_encoded),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(a_text_above_the_ceiling_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
