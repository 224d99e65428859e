/*
 * value: see value.h. One normaliser per type; value_check() asks whether normalising changes anything, except for choices,
 * where the same question is answered without trying labels.
 *
 * The formats of single answers live in proto/base/check and proto/base/hijri, the strokes of signatures in strokes.c, choices in
 * value_choice.c; here is what is left: times, places, and which type goes which way. Showing values is value_display.c.
 */
#include "proto/form/value.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/check.h"
#include "proto/base/hijri.h"
#include "proto/base/text.h"
#include "proto/form/strokes.h"
#include "proto/form/value_choice.h"

#define MEMBER_HEX_DIGITS 16
#define ZONE_RIYADH 180   /* minutes; of a moment that is typed without one */
#define ZONE_MAX (14 * 60)
#define ACCURACY_MAX 9000 /* metres; beyond, a place says nothing. It is also the ceiling of check_geopoint()'s third number */

/* One question, and the text that goes with it while it is normalised. */
struct asked {
	const struct form *form;
	const struct form_field *field;
	const char *typed; /* cleaned, not empty, NUL-terminated */
	size_t len;
};

typedef int (*check_fn)(const char *typed, char *out, size_t size);

/* Through one of proto/base/check. */
static int normalise_format(const struct asked *q, check_fn check, struct buf *out)
{
	char text[CHECK_TEXT_BYTES];
	int rc = check(q->typed, text, sizeof(text));

	if (rc == 0)
		buf_text(out, text);
	return rc;
}

static int normalise_text(const struct asked *q, struct buf *out)
{
	buf_append(out, q->typed, q->len);
	return 0;
}

static int normalise_date(const struct asked *q, struct buf *out)
{
	struct date_written typed;
	struct date_written d;
	int rc = hijri_parse(q->typed, &typed);

	if (rc == 0 && typed.precision != DATE_DAY)
		return err_set(ERR_USAGE, "date: day, month and year expected");
	d = typed;
	if (rc == 0 && typed.calendar == DATE_HIJRI)
		rc = hijri_counterpart(&typed, &d);
	if (rc != 0)
		return rc;
	buf_printf(out, "%04d-%02d-%02d", d.year, d.month, d.day);
	return 0;
}

static int normalise_hijri_date(const struct asked *q, struct buf *out)
{
	char text[HIJRI_TEXT_BYTES];
	struct date_written d;
	int rc;

	if (hijri_text_is_canonical(q->typed))
		return normalise_text(q, out);
	rc = hijri_parse(q->typed, &d);
	if (rc == 0)
		rc = hijri_text(&d, text, sizeof(text));
	if (rc == 0)
		buf_text(out, text);
	return rc;
}

/* A time of day as it was typed; what was not said is -1 (zone) or 0. */
struct clock {
	int hour;
	int minute;
	int second;
	int milli;
	int zone; /* minutes east of UTC */
	bool has_zone;
};

/* One or two digits below `limit`; moves behind them. */
static bool take_number(const char **at, int limit, int *out)
{
	size_t digits = strspn(*at, "0123456789");

	if (digits < 1 || digits > 2)
		return false;
	*out = (*at)[0] - '0';
	if (digits == 2)
		*out = *out * 10 + (*at)[1] - '0';
	*at += digits;
	return *out < limit;
}

/* ".5" to ".123456789": thousandths, the rest dropped. */
static bool take_fraction(const char **at, int *milli)
{
	size_t digits;

	if (**at != '.')
		return true;
	++*at;
	digits = strspn(*at, "0123456789");
	for (size_t i = 0; i < 3; i++)
		*milli = *milli * 10 + (i < digits ? (*at)[i] - '0' : 0);
	*at += digits;
	return digits >= 1 && digits <= 9;
}

/* "Z", "+03:00", "+0300", "-05". */
static bool take_zone(const char **at, struct clock *c)
{
	bool is_west = **at == '-';
	int hours;
	int minutes = 0;

	c->has_zone = true;
	if (**at == 'Z' || **at == 'z') {
		++*at;
		return true;
	}
	++*at;
	if (strspn(*at, "0123456789") == 4) {
		hours = ((*at)[0] - '0') * 10 + (*at)[1] - '0';
		minutes = ((*at)[2] - '0') * 10 + (*at)[3] - '0';
		*at += 4;
	} else {
		if (!take_number(at, 15, &hours))
			return false;
		if (**at == ':' && (++*at, !take_number(at, 60, &minutes)))
			return false;
	}
	c->zone = (hours * 60 + minutes) * (is_west ? -1 : 1);
	return minutes < 60 && hours * 60 + minutes <= ZONE_MAX;
}

/* The half of the day: "am", "PM", the letters that Arabic has for them. Moves behind it. */
static bool take_half(const char **at, struct clock *c)
{
	static const char *const HALVES[] = { "am", "AM", "ص", "صباحا", "صباحًا", "pm", "PM", "م", "مساء", "مساءً" };
	size_t best = sizeof(HALVES) / sizeof(HALVES[0]);

	for (size_t i = 0; i < sizeof(HALVES) / sizeof(HALVES[0]); i++)
		if (strcmp(*at, HALVES[i]) == 0)
			best = i;
	if (best == sizeof(HALVES) / sizeof(HALVES[0]))
		return true;
	*at += strlen(*at);
	if (c->hour < 1 || c->hour > 12)
		return false;
	c->hour = c->hour % 12 + (best >= 5 ? 12 : 0);
	return true;
}

/* A whole text that is a time of day, in ASCII digits. */
static bool read_clock(const char *text, struct clock *c)
{
	*c = (struct clock){ .zone = 0 };
	if (!take_number(&text, 24, &c->hour) || *text++ != ':' || !take_number(&text, 60, &c->minute))
		return false;
	if (*text == ':' && (text++, !take_number(&text, 60, &c->second) || !take_fraction(&text, &c->milli)))
		return false;
	while (*text == ' ')
		text++;
	if (!take_half(&text, c))
		return false;
	if ((*text == 'Z' || *text == 'z' || *text == '+' || *text == '-') && !take_zone(&text, c))
		return false;
	return *text == '\0';
}

/* Hours and minutes, and seconds where there are any: the clock on the wall, so a zone is dropped. */
static int normalise_time(const struct asked *q, struct buf *out)
{
	char text[CHECK_TEXT_BYTES];
	struct clock c;

	if (text_fold_digits(q->typed, text, sizeof(text)) != 0 || !read_clock(text, &c))
		return err_set(ERR_USAGE, "time: hours and minutes expected, as 14:30");
	buf_printf(out, "%02d:%02d", c.hour, c.minute);
	if (c.second)
		buf_printf(out, ":%02d", c.second);
	return 0;
}

/* A date and a time with T or a space between; without a zone it is of Riyadh. */
static int normalise_datetime(const struct asked *q, struct buf *out)
{
	char text[CHECK_TEXT_BYTES];
	struct date_written typed;
	struct date_written d;
	struct clock c;
	char *divider = NULL;

	if (text_fold_digits(q->typed, text, sizeof(text)) == 0)
		divider = strpbrk(text, "T ");
	if (divider)
		*divider++ = '\0';
	if (!divider || hijri_parse(text, &typed) != 0 || typed.precision != DATE_DAY || !read_clock(divider, &c))
		return err_set(ERR_USAGE, "date and time: expected as 2026-11-22 14:30");
	d = typed;
	if (typed.calendar == DATE_HIJRI && hijri_counterpart(&typed, &d) != 0)
		return err_set(ERR_USAGE, "date and time: expected as 2026-11-22 14:30");
	if (!c.has_zone)
		c.zone = ZONE_RIYADH;
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%c%02d:%02d", d.year, d.month, d.day, c.hour, c.minute, c.second, c.milli,
		c.zone < 0 ? '-' : '+', abs(c.zone) / 60, abs(c.zone) % 60);
	return 0;
}

/*
 * "lat lon", "lat lon accuracy", or "lat lon altitude accuracy" as ODK writes it: the altitude is dropped, the accuracy
 * kept in whole metres, 0 when it is not known.
 */
static int normalise_geopoint(const struct asked *q, struct buf *out)
{
	char text[CHECK_TEXT_BYTES];
	char *part[4] = { text };
	size_t count = 1;
	long tenths;
	int rc = check_geopoint(q->typed, text, sizeof(text));

	if (rc != 0)
		return rc;
	for (char *space = strchr(text, ' '); space && count < 4; space = strchr(space, ' ')) {
		*space++ = '\0';
		part[count++] = space;
	}
	assert(count >= 2);
	tenths = count == 2 ? 0 : strtol(part[count - 1], NULL, 10) * 10 + strchr(part[count - 1], '.')[1] - '0';
	if (count > 2 && (part[count - 1][0] == '-' || tenths > ACCURACY_MAX * 10))
		return err_set(ERR_USAGE, "geopoint: accuracy from 0 to %d metres expected", ACCURACY_MAX);
	buf_printf(out, "%s %s %ld", part[0], part[1], (tenths + 5) / 10);
	return 0;
}

static bool is_member(const char *text, size_t len)
{
	return len == MEMBER_HEX_DIGITS && strspn(text, "0123456789abcdef") == len && strspn(text, "0") != len;
}

static int normalise_member(const struct asked *q, struct buf *out)
{
	char text[MEMBER_HEX_DIGITS + 1];

	if (q->len != MEMBER_HEX_DIGITS)
		return err_set(ERR_USAGE, "member: the id of the applicant or of a member expected");
	for (size_t i = 0; i <= q->len; i++)
		text[i] = (char)(q->typed[i] >= 'A' && q->typed[i] <= 'F' ? q->typed[i] - 'A' + 'a' : q->typed[i]);
	if (!is_member(text, q->len))
		return err_set(ERR_USAGE, "member: the id of the applicant or of a member expected");
	buf_text(out, text);
	return 0;
}

static int normalise_acknowledge(const struct asked *q, struct buf *out)
{
	char word[32];

	if (text_fold(q->typed, word, sizeof(word)) != 0 || (strcmp(word, "yes") != 0 && strcmp(word, "نعم") != 0))
		return err_set(ERR_USAGE, "acknowledgement: yes expected");
	buf_text(out, "yes");
	return 0;
}

static int normalise_signature(const struct asked *q, struct buf *out)
{
	size_t count;

	if (strokes_decode(q->typed, q->len, NULL, &count) != 0)
		return err_set(ERR_USAGE, "signature: pen strokes expected");
	return normalise_text(q, out);
}

static int normalise(const struct asked *q, struct buf *out)
{
	switch (q->field->type) {
	case FORM_TEXT:
		return normalise_text(q, out);
	case FORM_INTEGER:
		return normalise_format(q, check_integer, out);
	case FORM_DECIMAL:
		return normalise_format(q, check_decimal, out);
	case FORM_MONEY:
		return normalise_format(q, check_money, out);
	case FORM_DATE:
		return normalise_date(q, out);
	case FORM_TIME:
		return normalise_time(q, out);
	case FORM_DATETIME:
		return normalise_datetime(q, out);
	case FORM_HIJRI_DATE:
		return normalise_hijri_date(q, out);
	case FORM_SELECT_ONE:
	case FORM_SELECT_MULTIPLE:
	case FORM_RANK:
		return value_choice_normalise(q->form, q->field, q->typed, q->len, out);
	case FORM_SELECT_MEMBER:
		return normalise_member(q, out);
	case FORM_ACKNOWLEDGE:
		return normalise_acknowledge(q, out);
	case FORM_SA_ID:
		return normalise_format(q, check_identity, out);
	case FORM_IBAN:
		return normalise_format(q, check_iban, out);
	case FORM_MOBILE:
		return normalise_format(q, check_mobile, out);
	case FORM_SHORT_ADDRESS:
		return normalise_format(q, check_short_address, out);
	case FORM_POSTAL_CODE:
		return normalise_format(q, check_postal_code, out);
	case FORM_GEOPOINT:
		return normalise_geopoint(q, out);
	case FORM_SIGNATURE:
		return normalise_signature(q, out);
	case FORM_IMAGE:
	case FORM_IMAGE_LIST:
	case FORM_AUDIO:
	case FORM_VIDEO:
	case FORM_FILE:
		return err_set(ERR_USAGE, "%s: a picture, a recording or a file, which is not typed", q->field->name);
	case FORM_NOTE:
	case FORM_CALCULATE:
		return err_set(ERR_USAGE, "%s: is not answered", q->field->name);
	}
	return err_set(ERR_USAGE, "%s: a type that is not known", q->field->name);
}

/* Normalise `len` bytes of text; empty text, and what is empty when cleaned, gives the empty value. */
static int normalise_bytes(const struct form *f, const struct form_field *field, const char *typed, size_t len, struct buf *out)
{
	struct asked q = { .form = f, .field = field };
	struct buf clean;
	int rc;

	buf_clear(out);
	buf_init(&clean, VALUE_BYTES_MAX);
	rc = text_clean(&clean, typed, len);
	if (rc == ERR_CORRUPT)
		rc = err_set(ERR_USAGE, "%s: text in UTF-8 expected", field->name);
	if (rc == ERR_LIMIT)
		rc = err_set(ERR_USAGE, "%s: at most %d bytes expected", field->name, VALUE_BYTES_MAX);
	if (rc == 0 && clean.len > 0) {
		q.typed = buf_string(&clean);
		q.len = clean.len;
		rc = buf_error(&clean);
		if (rc == 0)
			rc = normalise(&q, out);
	}
	if (rc == 0 && out->len > VALUE_BYTES_MAX)
		rc = err_set(ERR_USAGE, "%s: at most %d bytes expected", field->name, VALUE_BYTES_MAX);
	if (rc == 0)
		rc = buf_error(out);
	buf_fini(&clean);
	if (rc != 0)
		buf_clear(out);
	/* The formats of proto/base/check call a text too long for any of their forms a limit: for a person it is one more wrong text. */
	return rc == ERR_LIMIT || rc == ERR_CORRUPT ? err_context(ERR_USAGE, "%s", field->name) : rc;
}

int value_normalise(const struct form *f, size_t field, const char *typed, struct buf *out)
{
	return normalise_bytes(f, form_field(f, field), typed, strlen(typed), out);
}

/* Whether normalising changes nothing. */
static bool check_same(const struct form *f, const struct form_field *field, const char *value, size_t len)
{
	struct buf out;
	bool same;

	buf_init(&out, VALUE_BYTES_MAX);
	same = normalise_bytes(f, field, value, len, &out) == 0 && out.len == len && memcmp(out.data, value, len) == 0;
	buf_fini(&out);
	return same;
}

int value_check(const struct form *f, size_t field, const char *value, size_t len)
{
	const struct form_field *x = form_field(f, field);
	bool is_good;

	if (len == 0)
		return 0;
	if (len > VALUE_BYTES_MAX || memchr(value, '\0', len))
		is_good = false;
	else if (x->type == FORM_TEXT && text_is_plain(value, len))
		is_good = true;
	else if (form_type_has_list(x->type))
		is_good = value_choice_is_canonical(f, x, value, len);
	else
		is_good = check_same(f, x, value, len);
	return is_good ? 0 : err_set(ERR_CORRUPT, "%s: not a canonical value", x->name);
}

/* The item that a label names, or none when several do. */
static int item_named(const struct reflist *list, const char *typed)
{
	char wanted[TEXT_KEY_BYTES_MAX];
	char label[TEXT_KEY_BYTES_MAX];
	int found = -1;

	if (text_fold(typed, wanted, sizeof(wanted)) != 0 || !*wanted)
		return -1;
	for (size_t i = 0; i < reflist_count(list); i++) {
		bool is_named = false;

		if (reflist_is_withdrawn(list, i))
			continue;
		for (int arabic = 0; arabic < 2 && !is_named; arabic++)
			is_named = text_fold(reflist_label(list, i, arabic), label, sizeof(label)) == 0 && strcmp(label, wanted) == 0;
		if (is_named && found >= 0)
			return -1;
		found = is_named ? (int)i : found;
	}
	return found;
}

int value_normalise_in(const struct form *f, size_t field, const struct reflist *list, const char *typed, struct buf *out)
{
	const struct form_field *x = form_field(f, field);
	bool is_open = x->type == FORM_SELECT_ONE && x->list >= 0 && form_list(f, (size_t)x->list)->choice_count == 0;
	int item = -1;

	if (list && is_open && reflist_find(list, typed, strlen(typed)) < 0)
		item = item_named(list, typed);
	return value_normalise(f, field, item >= 0 ? reflist_code(list, (size_t)item) : typed, out);
}
