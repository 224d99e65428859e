/*
 * number: numbers as texts (XPath 1.0 sections 3.7 and 4.4): a decimal point, digits of ASCII, never an exponent in what is printed.
 *
 * Most numbers in forms are short: up to 15 digits are read and printed with integers and one division, which is exact as long as both
 * numbers are below 2^53; the C library does the rest. Nobody here calls setlocale(), so its decimal point is a point.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/xpath/xdate.h"
#include "proto/form/xpath/xpath.h"

#define EXACT_DIGITS 15        /* a number of so many digits is exact in a double */
#define EXACT_MAX 1e15
#define SHORTEST_DIGITS_MAX 17 /* so many always read back */

static const double POWERS[EXACT_DIGITS + 1] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A text by the grammar of numbers. */
struct shape {
	const char *begin;  /* the sign or first digit */
	const char *end;
	uint64_t digits;    /* all of them as one integer, while there are not too many */
	size_t count;       /* of significant digits: zeros in front do not count */
	size_t fraction;    /* of digits behind the point */
	bool is_negative;
};

static void add_digit(struct shape *s, char c)
{
	if (s->count > 0 || c != '0')
		s->count++;
	if (s->count <= EXACT_DIGITS)
		s->digits = s->digits * 10 + (uint64_t)(c - '0');
}

/* Number ::= '-'? (Digits ('.' Digits?)? | '.' Digits), with space around it. */
static bool read_shape(const char *text, struct shape *s)
{
	const char *at = text;
	size_t whole = 0;

	while (is_space(*at))
		at++;
	*s = (struct shape){ .begin = at, .is_negative = *at == '-' };
	at += s->is_negative;
	for (; is_digit(*at); at++, whole++)
		add_digit(s, *at);
	if (*at == '.') {
		for (at++; is_digit(*at); at++, s->fraction++)
			add_digit(s, *at);
	}
	s->end = at;
	while (is_space(*at))
		at++;
	return !*at && whole + s->fraction > 0;
}

double xpath_number_read(const char *text, int tz_minutes)
{
	struct shape s;
	struct xdate d;
	double n;

	if (!read_shape(text, &s))
		return xdate_read(text, tz_minutes, &d) ? xdate_number(&d) : (double)NAN;
	if (s.count > EXACT_DIGITS || s.fraction > EXACT_DIGITS)
		return strtod(s.begin, NULL);
	n = (double)s.digits / POWERS[s.fraction];
	return s.is_negative ? -n : n;
}

/* The shortest decimal digits that read back as `d` (positive, finite): the point stands behind the first, times ten to the exponent. */
static void shortest(double d, char digits[static SHORTEST_DIGITS_MAX + 1], int *exponent)
{
	char text[40];
	size_t count = 0;

	for (int precision = EXACT_DIGITS; precision <= SHORTEST_DIGITS_MAX; precision++) {
		snprintf(text, sizeof text, "%.*e", precision - 1, d);
		if (strtod(text, NULL) == d)
			break;
	}
	for (const char *at = text; *at && *at != 'e'; at++) {
		if (is_digit(*at))
			digits[count++] = *at;
	}
	while (count > 1 && digits[count - 1] == '0')
		count--;
	digits[count] = '\0';
	*exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
}

static void put_zeros(struct buf *out, int count)
{
	while (count-- > 0)
		buf_append(out, "0", 1);
}

static void format_positive(double d, struct buf *out)
{
	char digits[SHORTEST_DIGITS_MAX + 1];
	int exponent, count;

	shortest(d, digits, &exponent);
	count = (int)strlen(digits);
	if (exponent < 0) {
		buf_text(out, "0.");
		put_zeros(out, -exponent - 1);
		buf_text(out, digits);
	} else if (exponent + 1 >= count) {
		buf_text(out, digits);
		put_zeros(out, exponent + 1 - count);
	} else {
		buf_append(out, digits, (size_t)exponent + 1);
		buf_text(out, ".");
		buf_text(out, digits + exponent + 1);
	}
}

static void format_integer(int64_t n, struct buf *out)
{
	char text[24];
	size_t at = sizeof text;
	uint64_t rest = (uint64_t)(n < 0 ? -n : n);

	do
		text[--at] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (n < 0)
		text[--at] = '-';
	buf_append(out, text + at, sizeof text - at);
}

void xpath_number_format(double d, struct buf *out)
{
	if (isnan(d)) {
		buf_text(out, "NaN");
	} else if (isinf(d)) {
		buf_text(out, d < 0 ? "-Infinity" : "Infinity");
	} else if (fabs(d) < EXACT_MAX && d == trunc(d)) {
		format_integer((int64_t)d, out);
	} else {
		if (d < 0)
			buf_text(out, "-");
		format_positive(fabs(d), out);
	}
}
