/*
 * Examples for proto/form/xpath/xdate: what looks like a date, what number it is, and how it is written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/xpath/xdate.h"

#define RIYADH 180
#define PHOENIX (-420)
#define DAY_MS 86400000

static void assert_number(const char *text, int tz_minutes, double expected)
{
	struct xdate d;

	if (!xdate_read(text, tz_minutes, &d))
		fail_msg("%s is not read", text);
	if (xdate_number(&d) != expected)
		fail_msg("%s is %.17g, not %.17g", text, xdate_number(&d), expected);
}

static void a_day_is_its_whole_number_everywhere(void **state)
{
	(void)state;
	assert_number("1970-01-01", RIYADH, 0);
	assert_number("1970-01-01", PHOENIX, 0);
	assert_number("1969-12-31", RIYADH, -1);
	assert_number("2008-09-05", PHOENIX, 14127);
	assert_number("0001-01-01", 0, -719162);
	assert_number("9999-12-31", 0, 2932896);
}

static void a_time_makes_fractional_days_in_utc(void **state)
{
	(void)state;
	assert_number("1970-01-02T00:00:00Z", RIYADH, 1);
	assert_number("1970-01-01T12:00:00.000+00:00", RIYADH, 0.5);
	assert_number("1970-01-01T03:00:00+03:00", PHOENIX, 0);
	assert_number("1970-01-01T03:00:00", RIYADH, 0);
	assert_number("1969-12-31T18:00:00Z", 0, -0.25);
}

static void seconds_fractions_and_offsets_may_be_short(void **state)
{
	(void)state;
	assert_number("1970-01-01T06:00Z", 0, 0.25);
	assert_number("1970-01-01T06:00:00.0Z", 0, 0.25);
	assert_number("1970-01-01T06:00:00.0000001Z", 0, 0.25);
	assert_number("1970-01-01T06:00:00+0600", 0, 0);
	assert_number("1970-01-01T06:00:00+06", 0, 0);
}

static void milliseconds_are_read_to_the_third_place(void **state)
{
	struct xdate d;

	(void)state;
	assert_true(xdate_read("1970-01-01T00:00:00.5Z", 0, &d));
	assert_int_equal(d.ms, 500);
	assert_true(xdate_read("1970-01-01T00:00:00.0459Z", 0, &d));
	assert_int_equal(d.ms, 45);
}

static void what_is_no_date_is_not_read(void **state)
{
	static const char *const TEXTS[] = {
		"", "a", "1970", "1970-01", "1970-1-1", "1970-13-01", "1970-00-01", "1970-01-00", "1970-02-29", "1900-02-29", "2021-04-31",
		"0000-01-01", "10000-01-01", " 1970-01-01", "1970-01-01 ", "1970-01-01x", "1970-01-01T", "1970-01-01T1",
		"1970-01-01T24:00:00",
		"1970-01-01T23:60:00", "1970-01-01T23:59:60", "1970-01-01T10:00:00.", "1970-01-01T10:00:00+", "1970-01-01T10:00:00+24:00",
		"1970-01-01T10:00:00-07:60", "1970-01-01T10:00:00Zx", "1970-01-01 10:00:00", "-1970-01-01", "H1390-07-01", "١٩٧٠-٠١-٠١",
	};
	struct xdate d;

	(void)state;
	for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++)
		if (xdate_read(TEXTS[i], RIYADH, &d))
			fail_msg("'%s' is read", TEXTS[i]);
}

static void leap_days_exist_in_leap_years_only(void **state)
{
	(void)state;
	assert_number("2000-02-29", 0, 11016);
	assert_number("2024-02-29", 0, 19782);
}

static void a_time_is_turned_to_the_place(void **state)
{
	int64_t ms;

	(void)state;
	assert_true(xdate_read_time("06:00:00.000-01:00", PHOENIX, &ms));
	assert_int_equal(ms, 0);
	assert_true(xdate_read_time("23:30Z", RIYADH, &ms));
	assert_int_equal(ms, 2 * 3600000 + 1800000);
	assert_true(xdate_read_time("00:30:00+03:00", 0, &ms));
	assert_int_equal(ms, 21 * 3600000 + 1800000);
	assert_true(xdate_read_time("10:00", RIYADH, &ms));
	assert_int_equal(ms, 10 * 3600000);
	assert_false(xdate_read_time("24:00:00Z", 0, &ms));
	assert_false(xdate_read_time("06:00:00-24:00", 0, &ms));
	assert_false(xdate_read_time("6:00", 0, &ms));
	assert_false(xdate_read_time("", 0, &ms));
}

static void assert_written(void (*format)(int64_t at, int tz_minutes, struct buf *out), int64_t at, int tz_minutes, const char *expected)
{
	struct buf b;

	buf_init(&b, 100);
	format(at, tz_minutes, &b);
	assert_string_equal(buf_string(&b), expected);
	buf_fini(&b);
}

static void format_day(int64_t days, int tz_minutes, struct buf *out)
{
	(void)tz_minutes;
	xdate_format_day(days, out);
}

static void days_and_moments_are_written_in_iso(void **state)
{
	(void)state;
	assert_written(format_day, 0, 0, "1970-01-01");
	assert_written(format_day, -1, 0, "1969-12-31");
	assert_written(format_day, -719162, 0, "0001-01-01");
	assert_written(xdate_format_time, 0, RIYADH, "1970-01-01T03:00:00.000+03:00");
	assert_written(xdate_format_time, 0, PHOENIX, "1969-12-31T17:00:00.000-07:00");
	assert_written(xdate_format_time, -1, 0, "1969-12-31T23:59:59.999+00:00");
	assert_written(xdate_format_time, 1000, -210, "1969-12-31T20:30:01.000-03:30");
	assert_written(xdate_format_clock, 45296789, 0, "12:34:56.789+00:00");
}

static void nothing_is_written_outside_of_the_years(void **state)
{
	(void)state;
	assert_written(format_day, 2932897, 0, "");
	assert_written(format_day, -719163, 0, "");
	assert_written(format_day, INT64_MAX, 0, "");
	assert_written(format_day, INT64_MIN, 0, "");
	assert_written(xdate_format_time, (int64_t)2932897 * DAY_MS, 0, "");
}

static void weekdays_run_through_the_epoch(void **state)
{
	struct xdate_fields f;

	(void)state;
	for (int64_t day = -30; day < 30; day++) {
		assert_true(xdate_fields(day * DAY_MS, 0, &f));
		assert_int_equal(f.days, day);
		assert_int_equal(f.weekday, (day + 35 + 4) % 7);
	}
}

static void what_is_written_is_read_as_the_same_moment(void **state)
{
	struct xdate d;
	struct buf b;

	(void)state;
	for (int64_t ms = -3000000000000; ms < 3000000000000; ms += 86412345678) {
		buf_init(&b, 100);
		xdate_format_time(ms, RIYADH, &b);
		assert_true(xdate_read(buf_string(&b), PHOENIX, &d));
		assert_true(d.ms == ms);
		buf_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_is_its_whole_number_everywhere),
		cmocka_unit_test(a_time_makes_fractional_days_in_utc),
		cmocka_unit_test(seconds_fractions_and_offsets_may_be_short),
		cmocka_unit_test(milliseconds_are_read_to_the_third_place),
		cmocka_unit_test(what_is_no_date_is_not_read),
		cmocka_unit_test(leap_days_exist_in_leap_years_only),
		cmocka_unit_test(a_time_is_turned_to_the_place),
		cmocka_unit_test(days_and_moments_are_written_in_iso),
		cmocka_unit_test(nothing_is_written_outside_of_the_years),
		cmocka_unit_test(weekdays_run_through_the_epoch),
		cmocka_unit_test(what_is_written_is_read_as_the_same_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
