/*
 * hijri: see hijri.h. Conversion, canonical text, age and display are here; typed dates are read in hijri_parse.c.
 */
#include "proto/base/hijri.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/hijri_table.h"

#define UNIX_EPOCH_DAYS 719162 /* days from 0001-01-01 to 1970-01-01 */
#define UNKNOWN_MONTH_DAYS 30  /* of a Hijri month outside the table */

static const char *const MONTHS_ARABIC[2][12] = {
	{ "محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة",
	  "رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة" },
	{ "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
	  "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر" },
};

static const char *const MONTHS_ENGLISH[2][12] = {
	{ "Muharram", "Safar", "Rabi I", "Rabi II", "Jumada I", "Jumada II", "Rajab", "Shaban", "Ramadan", "Shawwal", "Dhu al-Qidah",
	  "Dhu al-Hijjah" },
	{ "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December" },
};

/* The Hijri side of the table. */

static bool table_has(int year)
{
	return year >= HIJRI_TABLE_FIRST_YEAR && year <= HIJRI_TABLE_LAST_YEAR;
}

static int table_month_days(int year, int month)
{
	return 28 + (int)(HIJRI_TABLE[year - HIJRI_TABLE_FIRST_YEAR].lengths >> (2 * (month - 1)) & 3);
}

static int32_t table_year_end(int year)
{
	int32_t day = HIJRI_TABLE[year - HIJRI_TABLE_FIRST_YEAR].first_day;

	for (int month = 1; month <= 12; month++)
		day += table_month_days(year, month);
	return day;
}

static int outside_table(void)
{
	return err_set(ERR_LIMIT, "hijri: outside the calendar table, which covers the years %d to %d", HIJRI_TABLE_FIRST_YEAR,
		       HIJRI_TABLE_LAST_YEAR);
}

int hijri_month_days(int year, int month, int *days)
{
	*days = 0;
	if (month < 1 || month > 12)
		return err_set(ERR_USAGE, "hijri: no such month; expected 1 to 12");
	if (!table_has(year))
		return outside_table();
	*days = table_month_days(year, month);
	return 0;
}

int hijri_to_day(int year, int month, int day, int32_t *day_number)
{
	int32_t first;
	int days;
	int ret;

	*day_number = 0;
	ret = hijri_month_days(year, month, &days);
	if (ret != 0)
		return ret;
	if (day < 1 || day > days)
		return err_set(ERR_USAGE, "hijri: no such day; this month has %d days", days);
	first = HIJRI_TABLE[year - HIJRI_TABLE_FIRST_YEAR].first_day;
	for (int m = 1; m < month; m++)
		first += table_month_days(year, m);
	*day_number = first + day - 1;
	return 0;
}

int hijri_from_day(int32_t day_number, int *year, int *month, int *day)
{
	int32_t first = HIJRI_TABLE[0].first_day;
	int32_t rest;
	int y;
	int m = 1;

	*year = *month = *day = 0;
	if (day_number < first || day_number >= table_year_end(HIJRI_TABLE_LAST_YEAR))
		return outside_table();
	/* No year has more than 356 days, so this is the year or one shortly before it. */
	y = HIJRI_TABLE_FIRST_YEAR + (day_number - first) / 356;
	while (y < HIJRI_TABLE_LAST_YEAR && HIJRI_TABLE[y + 1 - HIJRI_TABLE_FIRST_YEAR].first_day <= day_number)
		y++;
	rest = day_number - HIJRI_TABLE[y - HIJRI_TABLE_FIRST_YEAR].first_day;
	while (rest >= table_month_days(y, m))
		rest -= table_month_days(y, m++);
	assert(m <= 12);
	*year = y;
	*month = m;
	*day = (int)rest + 1;
	return 0;
}

/* The Gregorian side. */

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int gregorian_month_days(int year, int month)
{
	static const int DAYS[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return DAYS[month - 1] + (month == 2 && is_leap(year));
}

/* The day number of 1 January. */
static int32_t gregorian_year_start(int year)
{
	int32_t before = year - 1;

	return 365 * before + before / 4 - before / 100 + before / 400 - UNIX_EPOCH_DAYS;
}

int hijri_gregorian_to_day(int year, int month, int day, int32_t *day_number)
{
	int32_t number;

	*day_number = 0;
	if (year < 1 || year > 9999 || month < 1 || month > 12)
		return err_set(ERR_USAGE, "date: no such year or month; expected years 1 to 9999 and months 1 to 12");
	if (day < 1 || day > gregorian_month_days(year, month))
		return err_set(ERR_USAGE, "date: no such day; this month has %d days", gregorian_month_days(year, month));
	number = gregorian_year_start(year) + day - 1;
	for (int m = 1; m < month; m++)
		number += gregorian_month_days(year, m);
	*day_number = number;
	return 0;
}

int hijri_gregorian_from_day(int32_t day_number, int *year, int *month, int *day)
{
	int32_t rest;
	int y;
	int m = 1;

	*year = *month = *day = 0;
	if (day_number < gregorian_year_start(1) || day_number >= gregorian_year_start(10000))
		return err_set(ERR_LIMIT, "date: day number outside the years 1 to 9999");
	/* No year has more than 366 days; 400 years have 146097. The first guess is at most one year off. */
	y = (int)(((int64_t)day_number + UNIX_EPOCH_DAYS) * 400 / 146097) + 1;
	while (gregorian_year_start(y) > day_number)
		y--;
	while (gregorian_year_start(y + 1) <= day_number)
		y++;
	rest = day_number - gregorian_year_start(y);
	while (rest >= gregorian_month_days(y, m))
		rest -= gregorian_month_days(y, m++);
	*year = y;
	*month = m;
	*day = (int)rest + 1;
	return 0;
}

/* Dates as written. */

/* The length of the month of `d`, or the most it may have where the table does not say. */
static int month_days_max(const struct date_written *d)
{
	if (d->calendar == DATE_GREGORIAN)
		return gregorian_month_days(d->year, d->month);
	return table_has(d->year) ? table_month_days(d->year, d->month) : UNKNOWN_MONTH_DAYS;
}

int hijri_check(const struct date_written *d)
{
	bool is_hijri = d->calendar == DATE_HIJRI;
	int first = is_hijri ? HIJRI_YEAR_MIN : HIJRI_GREGORIAN_YEAR_MIN;
	int last = is_hijri ? HIJRI_YEAR_MAX : HIJRI_GREGORIAN_YEAR_MAX;

	if (d->year < first || d->year > last)
		return err_set(ERR_USAGE, "date: year out of range; expected a %s year from %d to %d", is_hijri ? "Hijri" : "Gregorian",
			       first, last);
	if (d->precision == DATE_YEAR) {
		if (d->month != 0 || d->day != 0)
			return err_set(ERR_USAGE, "date: month or day given with precision year; expected 0");
		return 0;
	}
	if (d->month < 1 || d->month > 12)
		return err_set(ERR_USAGE, "date: no such month; expected 1 to 12");
	if (d->precision == DATE_MONTH) {
		if (d->day != 0)
			return err_set(ERR_USAGE, "date: day given with precision month; expected 0");
		return 0;
	}
	if (d->day < 1 || d->day > month_days_max(d))
		return err_set(ERR_USAGE, "date: no such day; expected 1 to %d in this month", month_days_max(d));
	return 0;
}

/* Finish a text made by snprintf into `out`: its length was `len`. */
static int text_fits(int len, char *out, size_t size)
{
	if (len >= 0 && (size_t)len < size)
		return 0;
	if (size > 0)
		out[0] = '\0';
	return err_set(ERR_LIMIT, "date: needs %d bytes of room, not %zu", len + 1, size);
}

/* Read by hijri_text_parse() below. */
int hijri_text(const struct date_written *d, char *out, size_t size)
{
	char letter = d->calendar == DATE_HIJRI ? 'H' : 'G';
	int len = 0;
	int ret;

	if (size > 0)
		out[0] = '\0';
	ret = hijri_check(d);
	if (ret != 0)
		return ret;
	switch (d->precision) {
	case DATE_DAY:
		len = snprintf(out, size, "%c%04d-%02d-%02d", letter, d->year, d->month, d->day);
		break;
	case DATE_MONTH:
		len = snprintf(out, size, "%c%04d-%02d", letter, d->year, d->month);
		break;
	case DATE_YEAR:
		len = snprintf(out, size, "%c%04d", letter, d->year);
		break;
	}
	return text_fits(len, out, size);
}

/* Read exactly `count` ASCII digits into `*value`. */
static bool read_digits(const char *text, size_t count, int *value)
{
	*value = 0;
	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + (text[i] - '0');
	}
	return true;
}

/* Whether `text` has the shape of canonical text, with its numbers put into `d`. */
static bool read_text(const char *text, struct date_written *d)
{
	size_t len = strlen(text);

	if ((len != 5 && len != 8 && len != 11) || (text[0] != 'H' && text[0] != 'G'))
		return false;
	d->calendar = text[0] == 'H' ? DATE_HIJRI : DATE_GREGORIAN;
	d->precision = len == 5 ? DATE_YEAR : len == 8 ? DATE_MONTH : DATE_DAY;
	if (!read_digits(text + 1, 4, &d->year))
		return false;
	if (len >= 8 && (text[5] != '-' || !read_digits(text + 6, 2, &d->month)))
		return false;
	return len < 11 || (text[8] == '-' && read_digits(text + 9, 2, &d->day));
}

int hijri_text_parse(const char *text, struct date_written *out)
{
	struct date_written d = { .calendar = DATE_HIJRI };
	int ret;

	*out = (struct date_written){ .calendar = DATE_HIJRI };
	if (!read_text(text, &d))
		return err_set(ERR_USAGE, "date: not in canonical form; expected H or G, then YYYY, YYYY-MM or YYYY-MM-DD");
	ret = hijri_check(&d);
	if (ret == 0)
		*out = d;
	return ret;
}

bool hijri_text_is_canonical(const char *text)
{
	struct date_written d;

	return hijri_text_parse(text, &d) == 0;
}

/* Days and ages. */

static int to_day(enum date_calendar calendar, int year, int month, int day, int32_t *number)
{
	if (calendar == DATE_HIJRI)
		return hijri_to_day(year, month, day, number);
	return hijri_gregorian_to_day(year, month, day, number);
}

static int from_day(enum date_calendar calendar, int32_t number, struct date_written *out)
{
	*out = (struct date_written){ .calendar = calendar, .precision = DATE_DAY };
	if (calendar == DATE_HIJRI)
		return hijri_from_day(number, &out->year, &out->month, &out->day);
	return hijri_gregorian_from_day(number, &out->year, &out->month, &out->day);
}

int hijri_span(const struct date_written *d, int32_t *first, int32_t *last)
{
	struct date_written end = *d;
	int32_t begin_number;
	int32_t end_number;
	int ret;

	*first = *last = 0;
	ret = hijri_check(d);
	if (ret != 0)
		return ret;
	if (d->precision == DATE_YEAR)
		end.month = 12;
	if (d->precision != DATE_DAY)
		end.day = month_days_max(&end);
	ret = to_day(d->calendar, d->year, d->month ? d->month : 1, d->day ? d->day : 1, &begin_number);
	if (ret == 0)
		ret = to_day(d->calendar, end.year, end.month, end.day, &end_number);
	if (ret != 0)
		return ret;
	*first = begin_number;
	*last = end_number;
	return 0;
}

int hijri_counterpart(const struct date_written *d, struct date_written *out)
{
	int32_t first;
	int32_t last;
	int ret;

	*out = (struct date_written){ .calendar = DATE_HIJRI };
	ret = hijri_span(d, &first, &last);
	if (ret != 0)
		return ret;
	if (d->precision != DATE_DAY)
		return err_set(ERR_USAGE, "date: only a whole date has a counterpart; expected day, month and year");
	return from_day(d->calendar == DATE_HIJRI ? DATE_GREGORIAN : DATE_HIJRI, first, out);
}

/* Years from `born` to `on`, dates of one calendar; parts that `born` does not know count as reached. */
static int years_between(const struct date_written *born, const struct date_written *on)
{
	bool before_month = born->month != 0 && on->month < born->month;
	bool before_day = born->day != 0 && on->month == born->month && on->day < born->day;

	return on->year - born->year - (before_month || before_day);
}

static int born_later(void)
{
	return err_set(ERR_USAGE, "age: the birth is after the day asked for; expected it before");
}

int hijri_full_years(int32_t born_day, int32_t on_day, int *years)
{
	struct date_written born;
	struct date_written on;
	int ret;

	*years = 0;
	if (on_day < born_day)
		return born_later();
	ret = from_day(DATE_GREGORIAN, born_day, &born);
	if (ret == 0)
		ret = from_day(DATE_GREGORIAN, on_day, &on);
	if (ret == 0)
		*years = years_between(&born, &on);
	return ret;
}

int hijri_age(const struct date_written *born, int32_t on_day, int *years, bool *approximate)
{
	struct date_written on;
	int32_t first;
	int32_t last;
	int count;
	int ret;

	*years = 0;
	*approximate = false;
	ret = hijri_check(born);
	if (ret != 0)
		return ret;
	if (born->precision == DATE_DAY && hijri_span(born, &first, &last) == 0)
		return hijri_full_years(first, on_day, years);
	ret = from_day(born->calendar, on_day, &on);
	if (ret != 0)
		return ret;
	count = years_between(born, &on);
	if (count < 0)
		return born_later();
	*years = count;
	*approximate = true;
	return 0;
}

/* Display. */

const char *hijri_month_arabic(enum date_calendar calendar, int month)
{
	assert(month >= 1);
	assert(month <= 12);
	return MONTHS_ARABIC[calendar == DATE_GREGORIAN][month - 1];
}

const char *hijri_month_english(enum date_calendar calendar, int month)
{
	assert(month >= 1);
	assert(month <= 12);
	return MONTHS_ENGLISH[calendar == DATE_GREGORIAN][month - 1];
}

/* Write a number from 0 to 9999 in Arabic-Indic digits (two bytes each). */
static const char *arabic_number(int number, char out[static 12])
{
	char ascii[12];
	size_t at = 0;

	snprintf(ascii, sizeof ascii, "%d", number % 10000);
	for (const char *digit = ascii; *digit; digit++) {
		out[at++] = (char)0xD9;
		out[at++] = (char)(0xA0 + (*digit - '0'));
	}
	out[at] = '\0';
	return out;
}

static const char *english_number(int number, char out[static 12])
{
	snprintf(out, 12, "%d", number);
	return out;
}

/* How one language writes dates. */
struct display {
	const char *(*number)(int number, char out[static 12]);
	const char *(*month)(enum date_calendar calendar, int month);
	const char *mark[2]; /* behind the year, by calendar */
};

static const struct display ARABIC = { arabic_number, hijri_month_arabic, { [DATE_HIJRI] = "هـ", [DATE_GREGORIAN] = "م" } };
static const struct display ENGLISH = { english_number, hijri_month_english, { [DATE_HIJRI] = " AH", [DATE_GREGORIAN] = "" } };

/* The parts that are known: [day space] [month space] year mark. */
static int display(const struct display *in, const struct date_written *d, char *out, size_t size)
{
	char day[12] = "";
	char year[12];
	int ret;

	if (size > 0)
		out[0] = '\0';
	ret = hijri_check(d);
	if (ret != 0)
		return ret;
	if (d->day != 0)
		in->number(d->day, day);
	return text_fits(snprintf(out, size, "%s%s%s%s%s%s", day, d->day != 0 ? " " : "",
				  d->month != 0 ? in->month(d->calendar, d->month) : "", d->month != 0 ? " " : "",
				  in->number(d->year, year), in->mark[d->calendar]), out, size);
}

int hijri_display_arabic(const struct date_written *d, char *out, size_t size)
{
	return display(&ARABIC, d, out, size);
}

int hijri_display_english(const struct date_written *d, char *out, size_t size)
{
	return display(&ENGLISH, d, out, size);
}
