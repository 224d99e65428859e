/*
 * function_date: the functions of dates and times. The clock and the time zone are those of the world.
 *
 * A date travels as its text. As a number a whole value is a calendar day (ruling in xpath.h) and a fraction a moment in UTC; so
 * date(today() + 10) is a day wherever the form is filled. The one function that asks for a moment, date-time(), takes any number as UTC.
 * A moment at midnight of the place is written as its day alone.
 */
#include "proto/form/xpath/function.h"

#include <math.h>
#include <string.h>

#include "proto/form/xpath/argument.h"
#include "proto/form/xpath/xdate.h"

#define DAY_MS 86400000
#define MINUTE_MS 60000
#define DAYS_MAX 4000000.0 /* beyond the year 9999 in both directions */

static const char *const MONTHS[12] = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
					"November", "December" };
static const char *const WEEKDAYS[7] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };

/* What an argument says about time. */
struct moment {
	bool is_known;
	bool is_day;   /* a calendar day without a time */
	int64_t days;  /* of the day */
	int64_t ms;    /* UTC; of a day: its midnight in the place */
};

static int zone(struct xcall *call)
{
	return xcall_context(call)->world->tz_minutes;
}

static int64_t midnight(struct xcall *call, int64_t days)
{
	return days * DAY_MS - (int64_t)zone(call) * MINUTE_MS;
}

static void moment_of_number(struct xcall *call, double number, bool is_utc, struct moment *out)
{
	if (!(fabs(number) < DAYS_MAX))
		return;
	out->is_known = true;
	out->is_day = !is_utc && number == floor(number);
	out->days = (int64_t)number;
	out->ms = out->is_day ? midnight(call, out->days) : (int64_t)llround(number * DAY_MS);
}

/* "2018-1-2" as some tools write it: a zero before each lone digit. `text` has at least one character. */
static void pad(const char *text, char padded[static 40])
{
	size_t to = 0;
	int parts = 0;

	for (size_t at = 0; text[at] != '\0' && to < 37; at++) {
		bool is_part = parts < 3 && text[at] == '-';

		padded[to++] = text[at];
		parts += is_part;
		if (is_part && parts < 3 && text[at + 1] >= '0' && text[at + 1] <= '9' && !(text[at + 2] >= '0' && text[at + 2] <= '9'))
			padded[to++] = '0';
		if (text[at] == 'T')
			parts = 3;
	}
	padded[to] = '\0';
}

static void moment_of_text(struct xcall *call, const char *text, struct moment *out)
{
	struct xdate d;
	char padded[40];

	if (text[0] == '\0')
		return;
	pad(text, padded);
	if (xdate_read(text, zone(call), &d) || xdate_read(padded, zone(call), &d))
		*out = (struct moment){ .is_known = true, .is_day = !d.has_time, .days = d.days, .ms = d.ms };
	else
		moment_of_number(call, xpath_number_read(text, zone(call)), false, out);
}

/* `is_utc`: a number is a moment even when it is whole. */
static int moment_argument(struct xcall *call, size_t i, bool is_utc, struct moment *out)
{
	struct xpath_value v;
	struct buf text;
	int rc;

	*out = (struct moment){ .is_known = false };
	rc = xcall_value(call, i, &v);
	if (rc != 0)
		return rc;
	buf_init(&text, XPATH_STRING_BYTES_MAX);
	if (v.type == XPATH_NUMBER) {
		moment_of_number(call, v.number, is_utc, out);
	} else if (v.type != XPATH_BOOLEAN) {
		rc = xpath_value_string(&v, &text);
		if (rc == 0)
			moment_of_text(call, buf_string(&text), out);
	}
	if (rc == 0)
		rc = buf_error(&text);
	buf_fini(&text);
	xpath_value_fini(&v);
	return rc;
}

static int return_moment(struct xcall *call, const struct moment *m, struct xpath_value *out)
{
	struct xdate_fields f;
	struct buf text;

	buf_init(&text, XPATH_STRING_BYTES_MAX);
	if (m->is_known && m->is_day)
		xdate_format_day(m->days, &text);
	else if (m->is_known && xdate_fields(m->ms, zone(call), &f) && midnight(call, f.days) == m->ms)
		xdate_format_day(f.days, &text);
	else if (m->is_known)
		xdate_format_time(m->ms, zone(call), &text);
	return xreturn_buf(out, &text);
}

/* ---- the functions ---- */

static int today(struct xcall *call, struct xpath_value *out)
{
	struct xdate_fields f;
	struct buf text;

	buf_init(&text, XPATH_STRING_BYTES_MAX);
	if (xdate_fields(xcall_context(call)->world->now_ms, zone(call), &f))
		xdate_format_day(f.days, &text);
	return xreturn_buf(out, &text);
}

static int now(struct xcall *call, struct xpath_value *out)
{
	struct buf text;

	buf_init(&text, XPATH_STRING_BYTES_MAX);
	xdate_format_time(xcall_context(call)->world->now_ms, zone(call), &text);
	return xreturn_buf(out, &text);
}

static int date(struct xcall *call, struct xpath_value *out)
{
	struct moment m;
	int rc;

	rc = moment_argument(call, 0, false, &m);
	return rc != 0 ? rc : return_moment(call, &m, out);
}

static int date_time(struct xcall *call, struct xpath_value *out)
{
	struct moment m;
	int rc;

	rc = moment_argument(call, 0, true, &m);
	return rc != 0 ? rc : return_moment(call, &m, out);
}

static int decimal_date_time(struct xcall *call, struct xpath_value *out)
{
	struct moment m;
	int rc;

	rc = moment_argument(call, 0, false, &m);
	return rc != 0 ? rc : xreturn_number(out, m.is_known ? (double)m.ms / DAY_MS : NAN);
}

/* The time of the day of argument 0: a time or, with `or_moment`, that of a dateTime. */
static int clock_argument(struct xcall *call, bool or_moment, bool *is_known, int64_t *ms)
{
	struct xdate d;
	struct buf text;
	int rc;

	*is_known = false;
	*ms = 0;
	rc = argument_trimmed(call, 0, &text);
	if (rc != 0)
		return rc;
	if (xdate_read_time(buf_string(&text), zone(call), ms)) {
		*is_known = true;
	} else if (or_moment && xdate_read(buf_string(&text), zone(call), &d) && d.has_time) {
		*is_known = true;
		*ms = ((d.ms + (int64_t)zone(call) * MINUTE_MS) % DAY_MS + DAY_MS) % DAY_MS;
	}
	buf_fini(&text);
	return 0;
}

static int decimal_time(struct xcall *call, struct xpath_value *out)
{
	bool is_known;
	int64_t ms;
	int rc;

	rc = clock_argument(call, false, &is_known, &ms);
	return rc != 0 ? rc : xreturn_number(out, is_known ? (double)ms / DAY_MS : NAN);
}

static int time_of(struct xcall *call, struct xpath_value *out)
{
	struct buf text;
	bool is_known;
	int64_t ms;
	int rc;

	rc = clock_argument(call, true, &is_known, &ms);
	if (rc != 0)
		return rc;
	buf_init(&text, XPATH_STRING_BYTES_MAX);
	if (is_known)
		xdate_format_clock(ms - (int64_t)zone(call) * MINUTE_MS, zone(call), &text);
	return xreturn_buf(out, &text);
}

/* The ISO 8601 week: that of the Thursday of the same Monday-to-Sunday week. */
static int week_of(const struct xdate_fields *f)
{
	struct xdate_fields thursday;
	struct xdate_fields first;

	if (!xdate_fields((f->days - (f->weekday + 6) % 7 + 3) * DAY_MS, 0, &thursday))
		return 0;
	first = thursday;
	while (first.month > 1 && xdate_fields((first.days - first.day) * DAY_MS, 0, &first))
		;
	return (int)((thursday.days - (first.days - first.day + 1)) / 7) + 1;
}

static void format_code(char code, const struct xdate_fields *f, struct buf *out)
{
	switch (code) {
	case 'Y': buf_printf(out, "%04d", f->year); break;
	case 'y': buf_printf(out, "%02d", f->year % 100); break;
	case 'm': buf_printf(out, "%02d", f->month); break;
	case 'n': buf_printf(out, "%d", f->month); break;
	case 'b': buf_printf(out, "%.3s", MONTHS[f->month - 1]); break;
	case 'B': buf_text(out, MONTHS[f->month - 1]); break;
	case 'd': buf_printf(out, "%02d", f->day); break;
	case 'e': buf_printf(out, "%d", f->day); break;
	case 'H': buf_printf(out, "%02d", f->hour); break;
	case 'h': buf_printf(out, "%d", f->hour); break;
	case 'M': buf_printf(out, "%02d", f->minute); break;
	case 'S': buf_printf(out, "%02d", f->second); break;
	case '3': buf_printf(out, "%03d", f->millisecond); break;
	case 'a': buf_printf(out, "%.3s", WEEKDAYS[f->weekday]); break;
	case 'A': buf_text(out, WEEKDAYS[f->weekday]); break;
	case 'w': buf_printf(out, "%d", f->weekday); break;
	case 'W': buf_printf(out, "%d", week_of(f)); break;
	case '%': buf_text(out, "%"); break;
	default: buf_printf(out, "%%%c", code); break; /* as written, so that the author sees it */
	}
}

static int format_date(struct xcall *call, struct xpath_value *out)
{
	struct xdate_fields f;
	struct moment m;
	struct buf format;
	struct buf text;
	int rc;

	rc = moment_argument(call, 0, false, &m);
	if (rc != 0)
		return rc;
	rc = argument_text(call, 1, &format);
	if (rc != 0)
		return rc;
	buf_init(&text, XPATH_STRING_BYTES_MAX);
	if (m.is_known && xdate_fields(m.ms, zone(call), &f)) {
		for (const char *at = buf_string(&format); *at != '\0'; at++) {
			if (at[0] == '%' && at[1] != '\0')
				format_code(*++at, &f, &text);
			else
				buf_append(&text, at, 1);
		}
	}
	buf_fini(&format);
	return xreturn_buf(out, &text);
}

const struct xfunction function_date_table[] = {
	{ "today", 0, 0, today },
	{ "now", 0, 0, now },
	{ "date", 1, 1, date },
	{ "date-time", 1, 1, date_time },
	{ "decimal-date-time", 1, 1, decimal_date_time },
	{ "decimal-time", 1, 1, decimal_time },
	{ "time", 1, 1, time_of },
	{ "format-date", 2, 2, format_date },
	{ "format-date-time", 2, 2, format_date },
	{ NULL, 0, 0, NULL },
};
