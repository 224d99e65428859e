/*
 * hijri: dates as papers give them, in the Hijri or the Gregorian calendar, and the way between the two.
 *
 * What is kept is what the paper says (struct date_written): calendar, year, and as much of month and day as is known. The
 * other calendar's date is derived from one pinned table, the published Umm al-Qura (hijri_table.c, 1343 to 1500), and
 * never replaces the written one. Device libraries are not asked, as they differ by up to two days.
 *
 * Day numbers are whole days since 1970-01-01 (negative before), as used by the whole product. Gregorian dates follow the
 * Gregorian rule for all years. Everything is pure.
 *
 * Canonical text is what answers hold and signatures cover; it has one accepted spelling per date:
 *
 *     H1390-07-01  H1390-07  H1390      Hijri, years 1300 to 1500
 *     G1970-09-02  G1970-09  G1970      Gregorian, years 1800 to 2199
 *
 * A Hijri day is 1 to the month's length where the table knows the month, else 1 to 30. (The table has three months of 31
 * days before 1350; their last day is a date like any other.)
 */
#ifndef PROTO_BASE_HIJRI_H
#define PROTO_BASE_HIJRI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

#define HIJRI_TABLE_NAME "umm-al-qura-published-1343-1500" /* recorded beside every derived date */
#define HIJRI_YEAR_MIN 1300
#define HIJRI_YEAR_MAX 1500
#define HIJRI_GREGORIAN_YEAR_MIN 1800
#define HIJRI_GREGORIAN_YEAR_MAX 2199
#define HIJRI_TEXT_BYTES 12     /* canonical text with its NUL */
#define HIJRI_DISPLAY_BYTES 64  /* room that is always enough for display text with its NUL */

enum date_calendar {
	DATE_HIJRI,
	DATE_GREGORIAN,
};

enum date_precision {
	DATE_DAY,    /* year, month and day are known */
	DATE_MONTH,  /* year and month; day is 0 */
	DATE_YEAR,   /* year only; month and day are 0 */
};

/* A date as written on paper. Callers may fill it in; functions that take one refuse what is out of range. */
struct date_written {
	enum date_calendar calendar;
	int year;                     /* of that calendar */
	int month;                    /* 1 to 12, 0 when unknown */
	int day;                      /* 1 to 31, 0 when unknown */
	enum date_precision precision;
};

/*
 * The length of a Hijri month in days, 28 to 31, into `*days`.
 * Errors: ERR_USAGE (month not 1 to 12), ERR_LIMIT (year outside the table).
 */
int hijri_month_days(int year, int month, int *days) MUST_CHECK;

/* The day number of a Hijri date. Errors: ERR_USAGE (no such day), ERR_LIMIT (year outside the table). */
int hijri_to_day(int year, int month, int day, int32_t *day_number) MUST_CHECK;

/* The Hijri date of a day number. Error: ERR_LIMIT (outside 1343-01-01 to the last day of 1500). */
int hijri_from_day(int32_t day_number, int *year, int *month, int *day) MUST_CHECK;

/* The day number of a Gregorian date. Errors: ERR_USAGE (no such day, or year not 1 to 9999). */
int hijri_gregorian_to_day(int year, int month, int day, int32_t *day_number) MUST_CHECK;

/* The Gregorian date of a day number. Error: ERR_LIMIT (year not 1 to 9999). */
int hijri_gregorian_from_day(int32_t day_number, int *year, int *month, int *day) MUST_CHECK;

/* 0 when `d` is a date that canonical text can hold; ERR_USAGE with what was expected when it is not. */
int hijri_check(const struct date_written *d) MUST_CHECK;

/*
 * Read a typed date: d/m/y or y/m/d, m/y or y/m, a year alone, or a month by name; the year has four digits. Digits may be
 * Arabic-Indic or Persian, separators / - . \ comma or spaces, month names Arabic (both calendars, usual spellings) or
 * English; a suffix (Arabic h, hijri, m, miladi; AH, AD, CE) names the calendar. Without suffix or month name a
 * year up to 1500 is Hijri and one from 1800 Gregorian.
 * Errors: ERR_USAGE (with what was expected, never the text), ERR_CORRUPT (not UTF-8).
 */
int hijri_parse(const char *typed, struct date_written *out) MUST_CHECK;

/* Write canonical text to `out` (`size` bytes, HIJRI_TEXT_BYTES is enough). Errors: ERR_USAGE (hijri_check()), ERR_LIMIT (room). */
int hijri_text(const struct date_written *d, char *out, size_t size) MUST_CHECK;

/* Read canonical text, in its one spelling only. Error: ERR_USAGE. */
int hijri_text_parse(const char *text, struct date_written *out) MUST_CHECK;

/* Whether `text` is canonical. */
bool hijri_text_is_canonical(const char *text);

/*
 * The first and last day number that `d` may mean: equal for a whole date, the month or the year otherwise.
 * Errors: ERR_USAGE (hijri_check()), ERR_LIMIT (outside the table).
 */
int hijri_span(const struct date_written *d, int32_t *first, int32_t *last) MUST_CHECK;

/*
 * The same day in the other calendar. Errors: ERR_USAGE (hijri_check(), or `d` is not a whole date), ERR_LIMIT (outside the table).
 */
int hijri_counterpart(const struct date_written *d, struct date_written *out) MUST_CHECK;

/* Full Gregorian years from one day number to another; a birthday on 29 February counts from 1 March in common years.
 * Errors: ERR_USAGE (`on_day` is before `born_day`), ERR_LIMIT (as hijri_gregorian_from_day()). */
int hijri_full_years(int32_t born_day, int32_t on_day, int *years) MUST_CHECK;

/*
 * The age in full years on `on_day` of somebody born on `born`. Exact when the day of birth is known and convertible; else,
 * `*approximate` is true and the age is counted in the written calendar: from the month where it is known, else the difference of
 * the years (DOMAIN 3.5; to be shown with an "about" sign).
 * Errors: ERR_USAGE (hijri_check(), or born after `on_day`), ERR_LIMIT (`on_day` outside the table).
 */
int hijri_age(const struct date_written *born, int32_t on_day, int *years, bool *approximate) MUST_CHECK;

/*
 * Display text with the month's name: in Arabic with Arabic-Indic digits and a calendar mark, in English as "15 Jumada II
 * 1390 AH" and "18 August 1970". `size` as HIJRI_DISPLAY_BYTES. Errors: ERR_USAGE (hijri_check()), ERR_LIMIT (room).
 */
int hijri_display_arabic(const struct date_written *d, char *out, size_t size) MUST_CHECK;
int hijri_display_english(const struct date_written *d, char *out, size_t size) MUST_CHECK;

/* The name of a month, 1 to 12, for lists. Never NULL; asserts the range. */
const char *hijri_month_arabic(enum date_calendar calendar, int month);
const char *hijri_month_english(enum date_calendar calendar, int month);

#endif
