/*
 * function_own: our functions, all with the prefix `m:` so that other tools say plainly that they do not know them. They let a form check
 * what papers of the Kingdom hold and reckon with Hijri dates; the rules themselves are in proto/base/check.h and hijri.h, the same as
 * those of answers.
 *
 * m:in-box() is with the shapes in function_geo.c.
 */
#include "proto/form/xpath/function.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/check.h"
#include "proto/base/hijri.h"
#include "proto/form/xpath/argument.h"
#include "proto/form/xpath/regex.h"
#include "proto/form/xpath/xdate.h"

#define HALALAS_MAX 9007199254740992.0 /* whole numbers up to here are exact */

/* Letters, their marks and what stands between them; at least one letter. Harakat belong to no script by themselves. */
#define PATTERN_ARABIC "(?=.*\\p{L})(?:(?=\\p{sc:Arabic})[\\p{L}\\p{M}]|[\\p{Mn}\\x{640}\\x{200c}\\x{200d}\\p{Zs}\\-\\x{2010}\\x{2011}])*"
#define PATTERN_LETTERS "(?=.*\\p{L})[\\p{L}\\p{M}\\x{200c}\\x{200d}\\p{Zs}'\\x{2019}\\-\\x{2010}\\x{2011}]*"

/* ---- numbers of papers ---- */

static int check_argument(struct xcall *call, int (*check)(const char *typed, char *out, size_t size), struct xpath_value *out)
{
	char canonical[CHECK_TEXT_BYTES];
	struct buf text;
	bool is_right;
	int rc;

	rc = argument_text(call, 0, &text);
	if (rc != 0)
		return rc;
	is_right = check(buf_string(&text), canonical, sizeof(canonical)) == 0;
	buf_fini(&text);
	return xreturn_boolean(out, is_right);
}

static int sa_id(struct xcall *call, struct xpath_value *out)
{
	return check_argument(call, check_identity, out);
}

static int sa_iban(struct xcall *call, struct xpath_value *out)
{
	return check_argument(call, check_iban, out);
}

static int sa_mobile(struct xcall *call, struct xpath_value *out)
{
	return check_argument(call, check_mobile, out);
}

static int short_address(struct xcall *call, struct xpath_value *out)
{
	return check_argument(call, check_short_address, out);
}

static int postal_code(struct xcall *call, struct xpath_value *out)
{
	return check_argument(call, check_postal_code, out);
}

/* ---- dates as written ---- */

static bool written_day(double days, struct date_written *out)
{
	*out = (struct date_written){ .calendar = DATE_GREGORIAN, .precision = DATE_DAY };
	return fabs(days) < 1e6 && hijri_gregorian_from_day((int32_t)days, &out->year, &out->month, &out->day) == 0 &&
	       hijri_check(out) == 0;
}

static bool written_text(const char *text, int tz_minutes, struct date_written *out)
{
	struct xdate d;

	if (text[0] == 'H' || text[0] == 'G')
		return hijri_text_parse(text, out) == 0;
	return xdate_read(text, tz_minutes, &d) && written_day((double)d.days, out);
}

/*
 * Argument `i`: a hijri_date answer, a plain date, or a number of days such as today() - 10. A text of digits is none of these: "1390" is a
 * year that was written in the wrong place.
 */
static int written_argument(struct xcall *call, size_t i, bool *is_known, struct date_written *out)
{
	struct xpath_value v;
	struct buf text;
	int rc;

	*is_known = false;
	memset(out, 0, sizeof(*out));
	rc = xcall_value(call, i, &v);
	if (rc != 0)
		return rc;
	buf_init(&text, XPATH_STRING_BYTES_MAX);
	if (v.type == XPATH_NUMBER) {
		*is_known = written_day(floor(v.number), out);
	} else {
		rc = xpath_value_string(&v, &text);
		if (rc == 0)
			*is_known = written_text(buf_string(&text), xcall_context(call)->world->tz_minutes, out);
		if (rc == 0)
			rc = buf_error(&text);
	}
	buf_fini(&text);
	xpath_value_fini(&v);
	return rc;
}

static int hijri_to_gregorian(struct xcall *call, struct xpath_value *out)
{
	struct date_written d;
	struct buf text;
	bool is_known;
	int32_t first;
	int32_t last;
	int rc;

	rc = written_argument(call, 0, &is_known, &d);
	if (rc != 0)
		return rc;
	buf_init(&text, XPATH_STRING_BYTES_MAX);
	if (is_known && hijri_span(&d, &first, &last) == 0)
		xdate_format_day(first, &text);
	return xreturn_buf(out, &text);
}

/* The Hijri year of what is written; of a Gregorian month or year only when it lies in one Hijri year. */
static bool year_of(const struct date_written *d, int *year)
{
	int last_year;
	int month;
	int day;
	int32_t first;
	int32_t last;

	if (d->calendar == DATE_HIJRI) {
		*year = d->year;
		return true;
	}
	return hijri_span(d, &first, &last) == 0 && hijri_from_day(first, year, &month, &day) == 0 &&
	       hijri_from_day(last, &last_year, &month, &day) == 0 && *year == last_year;
}

static int hijri_year(struct xcall *call, struct xpath_value *out)
{
	struct date_written d;
	bool is_known;
	int year = 0;
	int rc;

	rc = written_argument(call, 0, &is_known, &d);
	if (rc != 0)
		return rc;
	return xreturn_number(out, is_known && year_of(&d, &year) ? (double)year : NAN);
}

static const char *precision_name(enum date_precision precision)
{
	switch (precision) {
	case DATE_DAY:
		return "day";
	case DATE_MONTH:
		return "month";
	case DATE_YEAR:
		return "year";
	}
	return "";
}

static int precision(struct xcall *call, struct xpath_value *out)
{
	struct date_written d;
	const char *name = "";
	bool is_known;
	int rc;

	rc = written_argument(call, 0, &is_known, &d);
	if (rc != 0)
		return rc;
	if (is_known)
		name = precision_name(d.precision);
	return xreturn_string(out, name, strlen(name));
}

/* The day on which an age is asked for: argument 1, or today. */
static int age_day(struct xcall *call, bool *is_known, int32_t *day)
{
	const struct xpath_world *w = xcall_context(call)->world;
	struct date_written d;
	struct xdate_fields f;
	int32_t last;
	int rc;

	if (xcall_count(call) < 2) {
		*is_known = xdate_fields(w->now_ms, w->tz_minutes, &f);
		*day = *is_known ? (int32_t)f.days : 0;
		return 0;
	}
	rc = written_argument(call, 1, is_known, &d);
	*is_known = rc == 0 && *is_known && hijri_span(&d, day, &last) == 0 && *day == last;
	return rc;
}

/* hijri_age() holds the rules; it refuses who is born later. */
static int age_argument(struct xcall *call, bool *is_known, int *years, bool *is_approximate)
{
	struct date_written d;
	bool has_day = false;
	int32_t day = 0;
	int rc;

	rc = written_argument(call, 0, is_known, &d);
	if (rc == 0)
		rc = age_day(call, &has_day, &day);
	if (rc == 0)
		*is_known = *is_known && has_day && hijri_age(&d, day, years, is_approximate) == 0;
	return rc;
}

static int age(struct xcall *call, struct xpath_value *out)
{
	bool is_known = false;
	bool is_approximate;
	int years = 0;
	int rc;

	rc = age_argument(call, &is_known, &years, &is_approximate);
	return rc != 0 ? rc : xreturn_number(out, is_known ? (double)years : NAN);
}

static int age_is_approximate(struct xcall *call, struct xpath_value *out)
{
	bool is_known = false;
	bool is_approximate = false;
	int years;
	int rc;

	rc = age_argument(call, &is_known, &years, &is_approximate);
	return rc != 0 ? rc : xreturn_boolean(out, is_known && is_approximate);
}

/* ---- texts ---- */

static int pattern_argument(struct xcall *call, const char *pattern, struct xpath_value *out)
{
	struct buf text;
	bool matches = false;
	int rc;

	rc = xcall_charge(call, REGEX_STEPS);
	if (rc == 0)
		rc = argument_text(call, 0, &text);
	if (rc != 0)
		return rc;
	rc = regex_matches(pattern, buf_string(&text), &matches);
	buf_fini(&text);
	return rc != 0 ? rc : xreturn_boolean(out, matches);
}

static int arabic_letters(struct xcall *call, struct xpath_value *out)
{
	return pattern_argument(call, PATTERN_ARABIC, out);
}

static int letters(struct xcall *call, struct xpath_value *out)
{
	return pattern_argument(call, PATTERN_LETTERS, out);
}

static int setting(struct xcall *call, struct xpath_value *out)
{
	const struct xpath_world *w = xcall_context(call)->world;
	struct buf name;
	struct buf text;
	int rc;

	rc = argument_trimmed(call, 0, &name);
	if (rc != 0)
		return rc;
	buf_init(&text, XPATH_STRING_BYTES_MAX);
	if (w->setting == NULL || !w->setting(w->ctx, buf_string(&name), &text))
		text.len = 0;
	buf_fini(&name);
	return xreturn_buf(out, &text);
}

/* The digits themselves are shifted: 1.005 has no exact double, and half a halala goes away from zero as on paper. */
static double read_halalas(const char *text)
{
	double sum = 0;
	int places = -1;
	bool is_negative = *text == '-';
	bool rounds_up = false;
	bool has_digit = false;

	for (text += is_negative; *text != '\0'; text++) {
		if (*text == '.' && places < 0) {
			places = 0;
			continue;
		}
		if (*text < '0' || *text > '9')
			return NAN;
		has_digit = true;
		if (places == 2)
			rounds_up = *text >= '5';
		if (places < 2)
			sum = sum * 10 + (*text - '0');
		places += places >= 0 && places < 3;
	}
	for (; places < 2; places = places < 0 ? 1 : places + 1)
		sum *= 10;
	sum += rounds_up;
	if (!has_digit || sum > HALALAS_MAX)
		return NAN;
	return is_negative && sum > 0 ? -sum : sum;
}

static int halalas(struct xcall *call, struct xpath_value *out)
{
	struct buf text;
	double sum;
	int rc;

	rc = argument_trimmed(call, 0, &text);
	if (rc != 0)
		return rc;
	sum = read_halalas(buf_string(&text));
	buf_fini(&text);
	return xreturn_number(out, sum);
}

/* ---- several answers ---- */

struct texts {
	struct xcall *call;
	char **at;     /* owned, each owned */
	size_t count;
	size_t cap;
};

static int see_text(void *ctx, const struct xpath_value *item)
{
	struct texts *t = ctx;
	struct buf text;
	int rc;

	buf_init(&text, XPATH_STRING_BYTES_MAX);
	rc = xpath_value_string(item, &text);
	if (rc == 0)
		rc = xcall_charge(t->call, 4 + text.len / 64);
	if (rc == 0 && text.len > 0 && t->count == t->cap) {
		size_t cap = t->cap == 0 ? 16 : 2 * t->cap;
		char **grown = realloc(t->at, cap * sizeof(*grown));

		if (grown == NULL)
			rc = err_set(ERR_NOMEM, "m:all-different: no memory");
		else
			*t = (struct texts){ .call = t->call, .at = grown, .count = t->count, .cap = cap };
	}
	if (rc == 0 && text.len > 0) {
		t->at[t->count] = strdup(buf_string(&text));
		if (t->at[t->count] == NULL)
			rc = err_set(ERR_NOMEM, "m:all-different: no memory");
		else
			t->count++;
	}
	if (rc == 0)
		rc = buf_error(&text);
	buf_fini(&text);
	return rc;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int all_different(struct xcall *call, struct xpath_value *out)
{
	struct texts t = { .call = call };
	bool differ = true;
	int rc;

	rc = argument_items(call, 0, see_text, &t);
	if (rc == 0 && t.count > 1)
		qsort(t.at, t.count, sizeof(*t.at), compare_texts);
	for (size_t i = 1; rc == 0 && i < t.count; i++)
		differ = differ && strcmp(t.at[i - 1], t.at[i]) != 0;
	for (size_t i = 0; i < t.count; i++)
		free(t.at[i]);
	free(t.at);
	return rc != 0 ? rc : xreturn_boolean(out, differ);
}

/* m:only-alone(value, 'none'): that choice does not stand beside another. */
static int only_alone(struct xcall *call, struct xpath_value *out)
{
	struct buf list;
	struct buf lonely;
	const char *at;
	const char *word;
	size_t len;
	bool has_lonely = false;
	bool has_other = false;
	int rc;

	rc = argument_text(call, 0, &list);
	if (rc != 0)
		return rc;
	rc = argument_trimmed(call, 1, &lonely);
	if (rc == 0) {
		at = buf_string(&list);
		while ((word = argument_word(&at, &len)) != NULL) {
			bool is_lonely = len == lonely.len && memcmp(word, lonely.data, len) == 0;

			has_lonely = has_lonely || is_lonely;
			has_other = has_other || !is_lonely;
		}
		buf_fini(&lonely);
		rc = xreturn_boolean(out, !(has_lonely && has_other));
	}
	buf_fini(&list);
	return rc;
}

const struct xfunction function_own_table[] = {
	{ "m:sa-id", 1, 1, sa_id },
	{ "m:sa-iban", 1, 1, sa_iban },
	{ "m:sa-mobile", 1, 1, sa_mobile },
	{ "m:short-address", 1, 1, short_address },
	{ "m:postal-code", 1, 1, postal_code },
	{ "m:hijri-to-gregorian", 1, 1, hijri_to_gregorian },
	{ "m:hijri-year", 1, 1, hijri_year },
	{ "m:precision", 1, 1, precision },
	{ "m:age", 1, 2, age },
	{ "m:age-is-approximate", 1, 2, age_is_approximate },
	{ "m:arabic-letters", 1, 1, arabic_letters },
	{ "m:letters", 1, 1, letters },
	{ "m:setting", 1, 1, setting },
	{ "m:halalas", 1, 1, halalas },
	{ "m:all-different", 1, XFUNCTION_ARGUMENTS_MAX, all_different },
	{ "m:only-alone", 2, 2, only_alone },
	{ NULL, 0, 0, NULL },
};
