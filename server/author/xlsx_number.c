/*
 * xlsx_number: the number of a cell as the text that a person typed.
 *
 * Programs store 0.1 as 0.10000000000000001 and 2026-11-22 as 46348. Nothing here goes through floating point or the locale but the
 * time of a day: digits are rounded as digits, to the 15 that spreadsheet programs show.
 */
#include "server/author/xlsx.h"

#include <stdio.h>
#include <string.h>

#define DIGITS_KEPT 20
#define DIGITS_SHOWN 15
#define EXPONENT_MAX 400            /* beyond the range of the numbers of any program */
#define PLAIN_MIN (-15)             /* from here to PLAIN_MAX digits before the point a number is written without exponent */
#define PLAIN_MAX 21
#define DAY_S 86400
#define LAST_SERIAL 2958465         /* 9999-12-31 */
#define DAYS_1904 1462              /* between the two beginnings */
#define FALSE_LEAP_DAY 60           /* 1900-02-29, which spreadsheet programs believe in */

/* 0.d1d2d3... * 10^point. */
struct decimal {
	bool is_negative;
	bool is_integer;               /* written without point and exponent */
	int count;                     /* digits kept; 0: zero. The first is not 0 */
	int point;
	char digits[DIGITS_KEPT + 1];
};

static const char *digits_read(struct decimal *d, const char *at, const char *end, bool is_behind_point)
{
	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		if (!is_behind_point && (d->count > 0 || *at != '0'))
			d->point++;
		if (is_behind_point && d->count == 0 && *at == '0')
			d->point--;
		if (d->count < DIGITS_KEPT && (d->count > 0 || *at != '0'))
			d->digits[d->count++] = *at;
		if (d->point > EXPONENT_MAX || d->point < -EXPONENT_MAX)
			return NULL;
	}
	return at;
}

static const char *exponent_read(struct decimal *d, const char *at, const char *end)
{
	bool is_negative = at < end && *at == '-';
	int value = 0;

	if (at < end && (*at == '-' || *at == '+'))
		at++;
	if (at == end)
		return NULL;
	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		value = value * 10 + (*at - '0');
		if (value > EXPONENT_MAX)
			return NULL;
	}
	d->point += is_negative ? -value : value;
	return at;
}

static bool decimal_parse(const char *at, size_t len, struct decimal *d)
{
	const char *end = at + len;
	const char *begin;

	*d = (struct decimal){ .is_integer = true };
	if (at < end && (*at == '-' || *at == '+'))
		d->is_negative = *at++ == '-';
	begin = at;
	at = digits_read(d, at, end, false);
	if (at && at < end && *at == '.') {
		d->is_integer = false;
		begin++;
		at = digits_read(d, at + 1, end, true);
	}
	if (!at || at <= begin)
		return false;
	if (at < end && (*at == 'e' || *at == 'E')) {
		d->is_integer = false;
		at = exponent_read(d, at + 1, end);
	}
	return at == end;
}

/* Round to DIGITS_SHOWN digits, half up; zeros at the end go. */
static void decimal_round(struct decimal *d)
{
	if (d->count > DIGITS_SHOWN) {
		bool is_up = d->digits[DIGITS_SHOWN] >= '5';

		d->count = DIGITS_SHOWN;
		while (is_up && d->count > 0 && d->digits[d->count - 1] == '9')
			d->count--;
		if (is_up && d->count > 0) {
			d->digits[d->count - 1]++;
		} else if (is_up) {
			d->digits[d->count++] = '1';
			d->point++;
		}
	}
	while (d->count > 0 && d->digits[d->count - 1] == '0')
		d->count--;
}

static void decimal_text(const struct decimal *d, char out[static XLSX_NUMBER_BYTES])
{
	size_t len = 0;

	if (d->count == 0) {
		snprintf(out, XLSX_NUMBER_BYTES, "0");
		return;
	}
	if (d->is_negative)
		out[len++] = '-';
	if (d->point < PLAIN_MIN || d->point > PLAIN_MAX) {
		snprintf(out + len, XLSX_NUMBER_BYTES - len, "%c%s%.*sE%+d", d->digits[0], d->count > 1 ? "." : "", d->count - 1,
			 d->digits + 1, d->point - 1);
		return;
	}
	if (d->point <= 0)
		out[len++] = '0';
	for (int i = d->point < 0 ? d->point : 0; i < d->count || i < d->point; i++) {
		if (i == d->point)
			out[len++] = '.';
		out[len++] = i < 0 || i >= d->count ? '0' : d->digits[i];
	}
	out[len] = '\0';
}

/* The day that is `days` after 1970-01-01, in the proleptic Gregorian calendar. */
static void day_text(int64_t days, char *out, size_t size)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * day_of_year + 2) / 153;
	int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;

	snprintf(out, size, "%04d-%02d-%02d", (int)(year_of_era + era * 400 + (month <= 2)), (int)month,
		 (int)(day_of_year - (153 * shifted + 2) / 5 + 1));
}

/* Days before 1900-03-01 count from another beginning, since programs count a 1900-02-29. */
static bool serial_to_day(int64_t serial, bool is_1904, int64_t *out)
{
	if (is_1904)
		serial += DAYS_1904;
	if (serial < 1 || serial == FALSE_LEAP_DAY || serial > LAST_SERIAL)
		return false;
	*out = serial - 25569 + (serial < FALSE_LEAP_DAY ? 1 : 0);
	return true;
}

/* Seconds since the beginning of the day count, rounded. */
static int64_t decimal_seconds(const struct decimal *d)
{
	int64_t days = 0;
	double part = 0, unit = 1;

	for (int i = 0; i < d->point; i++)
		days = days * 10 + (i < d->count ? d->digits[i] - '0' : 0);
	for (int i = d->point; i < d->count; i++) {
		unit /= 10;
		part += i < 0 ? 0 : (d->digits[i] - '0') * unit;
	}
	return days * DAY_S + (int64_t)(part * DAY_S + 0.5);
}

/* False when the number is no date that can be written; it stays a number then. */
static bool date_text(const struct decimal *d, enum xlsx_format format, bool is_1904, char out[static XLSX_NUMBER_BYTES])
{
	int64_t seconds, days, of_day, day;
	size_t len;

	if (d->is_negative || d->point > 7)
		return false;
	seconds = decimal_seconds(d);
	days = seconds / DAY_S;
	of_day = seconds % DAY_S;
	if (format == XLSX_FORMAT_SPAN || (days == 0 && (format == XLSX_FORMAT_TIME || of_day > 0))) {
		int64_t hours = format == XLSX_FORMAT_SPAN ? seconds / 3600 : of_day / 3600;

		snprintf(out, XLSX_NUMBER_BYTES, "%02d:%02d:%02d", (int)hours, (int)(of_day / 60 % 60), (int)(of_day % 60));
		return true;
	}
	if (!serial_to_day(days, is_1904, &day))
		return false;
	day_text(day, out, XLSX_NUMBER_BYTES);
	len = strlen(out);
	if (format == XLSX_FORMAT_TIME && of_day > 0)
		snprintf(out + len, XLSX_NUMBER_BYTES - len, "T%02d:%02d:%02d", (int)(of_day / 3600), (int)(of_day / 60 % 60),
			 (int)(of_day % 60));
	return true;
}

bool xlsx_number_text(const char *stored, size_t len, enum xlsx_format format, bool is_1904, char out[static XLSX_NUMBER_BYTES])
{
	struct decimal d;

	if (!decimal_parse(stored, len, &d))
		return false;
	if (format != XLSX_FORMAT_NUMBER && date_text(&d, format, is_1904, out))
		return true;
	if (!d.is_integer || d.point > DIGITS_KEPT)
		decimal_round(&d);
	decimal_text(&d, out);
	return true;
}
