/*
 * hijri_parse: dates as people type them (hijri_parse() of hijri.h).
 *
 * The text is looked at twice. First as it is, to refuse signs that would change its meaning ("-1360", "1//1360", "1360?");
 * then folded by text_fold(), which leaves numbers and words with spaces between, whatever digits, hamzas, marks and
 * separators were typed. Numbers become day, month and year by their places; words are month names, calendar names or
 * particles. Anything unknown refuses the whole date: a guessed date is worse than a question.
 */
#include <string.h>

#include "proto/base/hijri.h"
#include "proto/base/text.h"

#define TYPED_BYTES_MAX 192 /* far longer than any date with both month and calendar named */
#define NUMBER_COUNT_MAX 3
#define NO_CALENDAR (-1)

struct month_name {
	const char *folded; /* as text_fold() leaves it, without spaces */
	int calendar;
	int month;
};

static const struct month_name MONTH_NAMES[] = {
	{ "محرم", DATE_HIJRI, 1 }, { "المحرم", DATE_HIJRI, 1 }, { "محرمالحرام", DATE_HIJRI, 1 },
	{ "صفر", DATE_HIJRI, 2 },
	{ "ربيعالاول", DATE_HIJRI, 3 }, { "ربيعاول", DATE_HIJRI, 3 },
	{ "ربيعالاخر", DATE_HIJRI, 4 }, { "ربيعالثاني", DATE_HIJRI, 4 }, { "ربيعثاني", DATE_HIJRI, 4 },
	{ "جماديالاولي", DATE_HIJRI, 5 }, { "جماديالاول", DATE_HIJRI, 5 },
	{ "جمادالاول", DATE_HIJRI, 5 }, { "جماداول", DATE_HIJRI, 5 },
	{ "جماديالاخره", DATE_HIJRI, 6 }, { "جماديالاخر", DATE_HIJRI, 6 },
	{ "جماديالثانيه", DATE_HIJRI, 6 },
	{ "جماديالثاني", DATE_HIJRI, 6 }, { "جمادالاخر", DATE_HIJRI, 6 },
	{ "جمادالثاني", DATE_HIJRI, 6 }, { "جمادثاني", DATE_HIJRI, 6 },
	{ "رجب", DATE_HIJRI, 7 }, { "شعبان", DATE_HIJRI, 8 }, { "رمضان", DATE_HIJRI, 9 }, { "شوال", DATE_HIJRI, 10 },
	{ "ذوالقعده", DATE_HIJRI, 11 }, { "ذيالقعده", DATE_HIJRI, 11 }, { "القعده", DATE_HIJRI, 11 },
	{ "ذوالحجه", DATE_HIJRI, 12 }, { "ذيالحجه", DATE_HIJRI, 12 }, { "الحجه", DATE_HIJRI, 12 },
	{ "muharram", DATE_HIJRI, 1 }, { "safar", DATE_HIJRI, 2 }, { "rabii", DATE_HIJRI, 3 }, { "rabiii", DATE_HIJRI, 4 },
	{ "jumadai", DATE_HIJRI, 5 }, { "jumadaii", DATE_HIJRI, 6 }, { "rajab", DATE_HIJRI, 7 }, { "shaban", DATE_HIJRI, 8 },
	{ "ramadan", DATE_HIJRI, 9 }, { "shawwal", DATE_HIJRI, 10 }, { "dhualqidah", DATE_HIJRI, 11 }, { "dhualhijjah", DATE_HIJRI, 12 },
	{ "يناير", DATE_GREGORIAN, 1 }, { "فبراير", DATE_GREGORIAN, 2 }, { "مارس", DATE_GREGORIAN, 3 },
	{ "ابريل", DATE_GREGORIAN, 4 },
	{ "مايو", DATE_GREGORIAN, 5 }, { "يونيو", DATE_GREGORIAN, 6 }, { "يونيه", DATE_GREGORIAN, 6 },
	{ "يوليو", DATE_GREGORIAN, 7 },
	{ "يوليه", DATE_GREGORIAN, 7 }, { "اغسطس", DATE_GREGORIAN, 8 }, { "سبتمبر", DATE_GREGORIAN, 9 },
	{ "اكتوبر", DATE_GREGORIAN, 10 },
	{ "نوفمبر", DATE_GREGORIAN, 11 }, { "ديسمبر", DATE_GREGORIAN, 12 },
	{ "كانونالثاني", DATE_GREGORIAN, 1 }, { "شباط", DATE_GREGORIAN, 2 }, { "اذار", DATE_GREGORIAN, 3 },
	{ "نيسان", DATE_GREGORIAN, 4 },
	{ "ايار", DATE_GREGORIAN, 5 }, { "حزيران", DATE_GREGORIAN, 6 }, { "تموز", DATE_GREGORIAN, 7 },
	{ "اب", DATE_GREGORIAN, 8 },
	{ "ايلول", DATE_GREGORIAN, 9 }, { "تشرينالاول", DATE_GREGORIAN, 10 },
	{ "تشرينالثاني", DATE_GREGORIAN, 11 },
	{ "كانونالاول", DATE_GREGORIAN, 12 },
	{ "january", DATE_GREGORIAN, 1 }, { "jan", DATE_GREGORIAN, 1 }, { "february", DATE_GREGORIAN, 2 }, { "feb", DATE_GREGORIAN, 2 },
	{ "march", DATE_GREGORIAN, 3 }, { "mar", DATE_GREGORIAN, 3 }, { "april", DATE_GREGORIAN, 4 }, { "apr", DATE_GREGORIAN, 4 },
	{ "may", DATE_GREGORIAN, 5 }, { "june", DATE_GREGORIAN, 6 }, { "jun", DATE_GREGORIAN, 6 }, { "july", DATE_GREGORIAN, 7 },
	{ "jul", DATE_GREGORIAN, 7 }, { "august", DATE_GREGORIAN, 8 }, { "aug", DATE_GREGORIAN, 8 }, { "september", DATE_GREGORIAN, 9 },
	{ "sep", DATE_GREGORIAN, 9 }, { "october", DATE_GREGORIAN, 10 }, { "oct", DATE_GREGORIAN, 10 },
	{ "november", DATE_GREGORIAN, 11 }, { "nov", DATE_GREGORIAN, 11 }, { "december", DATE_GREGORIAN, 12 },
	{ "dec", DATE_GREGORIAN, 12 },
};

struct calendar_name {
	const char *folded;
	int calendar;  /* NO_CALENDAR: a particle that says nothing */
};

static const struct calendar_name CALENDAR_NAMES[] = {
	{ "ه", DATE_HIJRI }, { "هجري", DATE_HIJRI }, { "هجريه", DATE_HIJRI }, { "ah", DATE_HIJRI },
	{ "م", DATE_GREGORIAN }, { "ميلادي", DATE_GREGORIAN }, { "ميلاديه", DATE_GREGORIAN }, { "ad", DATE_GREGORIAN },
	{ "ce", DATE_GREGORIAN }, { "من", NO_CALENDAR }, { "شهر", NO_CALENDAR }, { "عام", NO_CALENDAR }, { "سنه", NO_CALENDAR },
	{ "يوم", NO_CALENDAR },
};

/* The parts of a typed date, as far as they are read. */
struct parts {
	int numbers[NUMBER_COUNT_MAX];
	size_t digits[NUMBER_COUNT_MAX];  /* of each number as typed, with leading zeros */
	size_t count;
	char name[TYPED_BYTES_MAX];       /* words of a month name so far, without spaces */
	int month;                        /* by name, 0 none */
	int calendar;                     /* by name or suffix, or NO_CALENDAR */
};

static int not_a_date(void)
{
	return err_set(ERR_USAGE, "date: not understood; expected day/month/year, year/month/day, month/year or a year of four digits");
}

static bool is_separator(uint32_t cp)
{
	return cp == '/' || cp == '-' || cp == '.' || cp == '\\' || cp == ',' || cp == 0x060C || cp == 0x060D || cp == 0x066B ||
	       cp == 0x2044 || cp == 0x2212 || (cp >= 0x2010 && cp <= 0x2015);
}

/* Whether `cp` may stand in a date beside separators and spaces: a letter, mark or digit, or something invisible. */
static bool is_word_sign(uint32_t cp)
{
	if (cp < 0x80)
		return (cp >= '0' && cp <= '9') || (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z');
	if (cp >= 0x0610 && cp <= 0x06FF)
		return !(cp >= 0x061B && cp <= 0x061F && cp != 0x061C) && !(cp >= 0x066A && cp <= 0x066D) && cp != 0x06D4;
	return (cp >= 0xFB50 && cp <= 0xFDFF) || (cp >= 0xFE70 && cp <= 0xFEFC) || cp == 0x200C || cp == 0x200D || text_is_invisible(cp);
}

/* Refuse signs with no business in a date, and separators with nothing before them: a blank day is not a known day. */
static int check_signs(const char *typed)
{
	size_t len = strlen(typed);
	size_t at = 0;
	uint32_t last = '/';
	uint32_t cp;
	int ret;

	while ((ret = text_next(typed, len, &at, &cp)) > 0) {
		if (text_is_space(cp) || text_is_invisible(cp))
			continue;
		if (is_separator(cp) ? is_separator(last) : !is_word_sign(cp))
			return not_a_date();
		last = cp;
	}
	if (ret == 0 && is_separator(last) && last != '.')
		return not_a_date();
	return ret;
}

/* Note that the date is of `calendar`; whether that agrees with what was said before. */
static bool set_calendar(struct parts *p, int calendar)
{
	if (calendar == NO_CALENDAR)
		return true;
	if (p->calendar != NO_CALENDAR && p->calendar != calendar)
		return false;
	p->calendar = calendar;
	return true;
}

/* The words so far make a month name, or nothing was said. */
static bool finish_name(struct parts *p)
{
	if (p->name[0] == '\0')
		return true;
	for (size_t i = 0; i < sizeof MONTH_NAMES / sizeof MONTH_NAMES[0]; i++) {
		if (strcmp(MONTH_NAMES[i].folded, p->name) != 0)
			continue;
		if (p->month != 0)
			return false;
		p->month = MONTH_NAMES[i].month;
		p->name[0] = '\0';
		return set_calendar(p, MONTH_NAMES[i].calendar);
	}
	return false;
}

static bool take_word(struct parts *p, const char *word, size_t len)
{
	size_t have = strlen(p->name);

	for (size_t i = 0; i < sizeof CALENDAR_NAMES / sizeof CALENDAR_NAMES[0]; i++)
		if (strlen(CALENDAR_NAMES[i].folded) == len && memcmp(CALENDAR_NAMES[i].folded, word, len) == 0)
			return finish_name(p) && set_calendar(p, CALENDAR_NAMES[i].calendar);
	if (len >= sizeof p->name - have)
		return false;
	memcpy(p->name + have, word, len);
	p->name[have + len] = '\0';
	return true;
}

static bool take_number(struct parts *p, const char *digits, size_t len)
{
	int value = 0;

	if (!finish_name(p) || p->count == NUMBER_COUNT_MAX || len > 4)
		return false;
	for (size_t i = 0; i < len; i++)
		value = value * 10 + (digits[i] - '0');
	p->numbers[p->count] = value;
	p->digits[p->count++] = len;
	return true;
}

/* Read folded text into `p`. */
static bool take_all(struct parts *p, const char *folded)
{
	static const char DIGITS[] = "0123456789";

	while (*folded) {
		size_t digits = strspn(folded, DIGITS);
		size_t letters = strcspn(folded, "0123456789 ");

		if (digits > 0 && !take_number(p, folded, digits))
			return false;
		if (letters > 0 && !take_word(p, folded, letters))
			return false;
		folded += digits + letters;
		folded += strspn(folded, " ");
	}
	return finish_name(p);
}

/* Give the numbers their meaning: the one of four digits is the year, and the others lie on one side of it. */
static bool place_numbers(const struct parts *p, struct date_written *d)
{
	size_t year = p->count;

	if (p->count == 0 || (p->month != 0 && p->count == NUMBER_COUNT_MAX))
		return false;
	for (size_t i = 0; i < p->count; i++) {
		if (p->digits[i] == 4 && year == p->count)
			year = i;
		else if (p->digits[i] > 2)
			return false;
	}
	if (year == p->count || (p->count == 3 && year == 1))
		return false;
	d->year = p->numbers[year];
	d->month = p->month;
	d->precision = p->month ? DATE_MONTH : DATE_YEAR;
	if (p->count == 3) {
		d->month = p->numbers[1];
		d->day = p->numbers[year == 0 ? 2 : 0];
		d->precision = DATE_DAY;
	} else if (p->count == 2 && p->month != 0) {
		d->day = p->numbers[1 - year];
		d->precision = DATE_DAY;
	} else if (p->count == 2) {
		d->month = p->numbers[1 - year];
		d->precision = DATE_MONTH;
	}
	return true;
}

int hijri_parse(const char *typed, struct date_written *out)
{
	char folded[TYPED_BYTES_MAX];
	struct parts p = { .calendar = NO_CALENDAR };
	struct date_written d = { .calendar = DATE_HIJRI };
	int ret;

	*out = (struct date_written){ .calendar = DATE_HIJRI };
	ret = check_signs(typed);
	if (ret != 0)
		return ret;
	ret = text_fold(typed, folded, sizeof folded);
	if (ret == ERR_LIMIT)
		return not_a_date();
	if (ret != 0)
		return ret;
	if (!take_all(&p, folded) || !place_numbers(&p, &d))
		return not_a_date();
	if (p.calendar == NO_CALENDAR && d.year > HIJRI_YEAR_MAX && d.year < HIJRI_GREGORIAN_YEAR_MIN)
		return err_set(ERR_USAGE, "date: the year is of neither calendar; expected up to %d (Hijri) or from %d (Gregorian)",
			       HIJRI_YEAR_MAX, HIJRI_GREGORIAN_YEAR_MIN);
	if (p.calendar == NO_CALENDAR)
		p.calendar = d.year <= HIJRI_YEAR_MAX ? DATE_HIJRI : DATE_GREGORIAN;
	d.calendar = p.calendar == DATE_HIJRI ? DATE_HIJRI : DATE_GREGORIAN;
	ret = hijri_check(&d);
	if (ret == 0)
		*out = d;
	return ret;
}
