/*
 * xdate: see xdate.h. Days come from proto/base/hijri.h, which has the Gregorian rule for the years 1 to 9999; other years are no dates.
 */
#include "proto/form/xpath/xdate.h"

#include <stddef.h>

#include "proto/base/hijri.h"

#define DAY_MS 86400000
#define MINUTE_MS 60000
#define OFFSET_MINUTES_END (24 * 60)
#define DAYS_MIN (-719162) /* 0001-01-01 */
#define DAYS_MAX 2932896   /* 9999-12-31 */

/* Reads exactly `count` digits at `*at` and moves behind them. */
static bool read_digits(const char **at, int count, int *out)
{
	*out = 0;
	for (int i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		*out = *out * 10 + (**at - '0');
	}
	return true;
}

static bool read_sign(const char **at, char sign)
{
	if (**at != sign)
		return false;
	(*at)++;
	return true;
}

static bool read_day(const char **at, int64_t *days)
{
	int year;
	int month;
	int day;
	int32_t number;

	if (!read_digits(at, 4, &year) || !read_sign(at, '-') || !read_digits(at, 2, &month) || !read_sign(at, '-') ||
	    !read_digits(at, 2, &day))
		return false;
	/* What most texts that are no date fail on is refused without a message. */
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || hijri_gregorian_to_day(year, month, day, &number) != 0)
		return false;
	*days = number;
	return true;
}

/* "Z", "+03:00", "+0300", "+03" or nothing, which leaves `*minutes`. */
static bool read_offset(const char **at, int *minutes)
{
	bool is_west = **at == '-';
	int hour;
	int minute = 0;

	if (**at == '\0')
		return true;
	if (read_sign(at, 'Z')) {
		*minutes = 0;
		return true;
	}
	if ((!read_sign(at, '+') && !read_sign(at, '-')) || !read_digits(at, 2, &hour))
		return false;
	if (**at != '\0') {
		(void)read_sign(at, ':');
		if (!read_digits(at, 2, &minute))
			return false;
	}
	*minutes = (is_west ? -1 : 1) * (hour * 60 + minute);
	return minute < 60 && hour * 60 + minute < OFFSET_MINUTES_END;
}

/* "04:05", "04:05:06" or "04:05:06.789"; what is smaller than a millisecond is cut. */
static bool read_clock(const char **at, int64_t *ms)
{
	int hour;
	int minute;
	int second = 0;
	int scale = 100;

	if (!read_digits(at, 2, &hour) || !read_sign(at, ':') || !read_digits(at, 2, &minute))
		return false;
	if (**at == ':' && (!read_sign(at, ':') || !read_digits(at, 2, &second)))
		return false;
	*ms = ((int64_t)hour * 60 + minute) * MINUTE_MS + (int64_t)second * 1000;
	if (**at == '.') {
		read_sign(at, '.');
		if (**at < '0' || **at > '9')
			return false;
		for (; **at >= '0' && **at <= '9'; (*at)++, scale /= 10)
			*ms += (int64_t)(**at - '0') * scale;
	}
	return hour < 24 && minute < 60 && second < 60;
}

bool xdate_read_time(const char *text, int tz_minutes, int64_t *ms)
{
	int minutes = tz_minutes;

	if (!read_clock(&text, ms) || !read_offset(&text, &minutes) || *text != '\0')
		return false;
	*ms = ((*ms + (int64_t)(tz_minutes - minutes) * MINUTE_MS) % DAY_MS + DAY_MS) % DAY_MS;
	return true;
}

bool xdate_read(const char *text, int tz_minutes, struct xdate *out)
{
	struct xdate d = { .has_time = false };
	int minutes = tz_minutes;

	if (!read_day(&text, &d.days))
		return false;
	if (*text == 'T') {
		d.has_time = true;
		text++;
		if (!read_clock(&text, &d.ms) || !read_offset(&text, &minutes))
			return false;
	}
	if (*text != '\0')
		return false;
	d.ms += d.days * DAY_MS - (int64_t)minutes * MINUTE_MS;
	*out = d;
	return true;
}

double xdate_number(const struct xdate *d)
{
	return d->has_time ? (double)d->ms / DAY_MS : (double)d->days;
}

bool xdate_fields(int64_t ms, int tz_minutes, struct xdate_fields *out)
{
	int64_t local = ms + (int64_t)tz_minutes * MINUTE_MS;
	int64_t days = local / DAY_MS - (local % DAY_MS < 0);
	int64_t rest = local - days * DAY_MS;

	if (days < DAYS_MIN || days > DAYS_MAX || hijri_gregorian_from_day((int32_t)days, &out->year, &out->month, &out->day) != 0)
		return false;
	out->days = days;
	out->weekday = (int)(((days + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
	out->hour = (int)(rest / (60 * MINUTE_MS));
	out->minute = (int)(rest / MINUTE_MS % 60);
	out->second = (int)(rest / 1000 % 60);
	out->millisecond = (int)(rest % 1000);
	return true;
}

void xdate_format_day(int64_t days, struct buf *out)
{
	struct xdate_fields f;

	if (days >= DAYS_MIN && days <= DAYS_MAX && xdate_fields(days * DAY_MS, 0, &f))
		buf_printf(out, "%04d-%02d-%02d", f.year, f.month, f.day);
}

static void format_clock(const struct xdate_fields *f, int tz_minutes, struct buf *out)
{
	int offset = tz_minutes < 0 ? -tz_minutes : tz_minutes;

	buf_printf(out, "%02d:%02d:%02d.%03d%c%02d:%02d", f->hour, f->minute, f->second, f->millisecond,
		   tz_minutes < 0 ? '-' : '+', offset / 60, offset % 60);
}

void xdate_format_clock(int64_t ms, int tz_minutes, struct buf *out)
{
	struct xdate_fields f;

	if (xdate_fields(ms, tz_minutes, &f))
		format_clock(&f, tz_minutes, out);
}

void xdate_format_time(int64_t ms, int tz_minutes, struct buf *out)
{
	struct xdate_fields f;

	if (!xdate_fields(ms, tz_minutes, &f))
		return;
	buf_printf(out, "%04d-%02d-%02dT", f.year, f.month, f.day);
	format_clock(&f, tz_minutes, out);
}
