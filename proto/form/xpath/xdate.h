/*
 * xdate: dates and times as ODK expressions know them. Gregorian, proleptic; ISO 8601 text. Inside proto/form/xpath only.
 */
#ifndef PROTO_FORM_XPATH_XDATE_H
#define PROTO_FORM_XPATH_XDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buf.h"

/* A text that looks like a date ("2012-02-03") or dateTime ("2012-02-03T04:05:06.789-07:00"), with a real day of its month. */
struct xdate {
	int64_t days;   /* since 1970-01-01, of the day as written */
	bool has_time;
	int64_t ms;     /* UTC, since 1970-01-01T00:00Z; with no time: midnight at tz_minutes */
};

/* A moment as a calendar and a clock show it somewhere. */
struct xdate_fields {
	int64_t days;   /* since 1970-01-01 */
	int year;       /* 1 to 9999 */
	int month;      /* 1 to 12 */
	int day;
	int weekday;    /* 0 is Sunday */
	int hour;
	int minute;
	int second;
	int millisecond;
};

/*
 * `tz_minutes` is used where the text has a time and no offset. Seconds, their fraction and the offset ("Z", "+03:00", "+0300", "+03") may
 * be missing; years are 1 to 9999. No spaces around it. false: does not look like one.
 */
bool xdate_read(const char *text, int tz_minutes, struct xdate *out);
/* What it is as a number: whole days, or fractional UTC days with a time. */
double xdate_number(const struct xdate *d);
/* "06:07", "06:07:08.123-07:00": the milliseconds since midnight that a clock at tz_minutes shows then. false: no such time. */
bool xdate_read_time(const char *text, int tz_minutes, int64_t *ms);

/* false: outside the years 1 to 9999. */
bool xdate_fields(int64_t ms, int tz_minutes, struct xdate_fields *out);

/* "2012-02-03"; "2012-02-03T04:05:06.789+03:00"; "04:05:06.789+03:00". Nothing outside the years 1 to 9999. */
void xdate_format_day(int64_t days, struct buf *out);
void xdate_format_time(int64_t ms, int tz_minutes, struct buf *out);
void xdate_format_clock(int64_t ms, int tz_minutes, struct buf *out);

#endif
