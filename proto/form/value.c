/*
 * value: see value.h. One normaliser per type; value_check() asks whether normalising changes anything, except for choices,
 * where the same question is answered without trying labels.
 *
 * The formats of single answers live in proto/base/check and proto/base/hijri, the strokes of signatures in strokes.c; here
 * is what needs the form: choices, and which type goes which way.
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

#define MEMBER_HEX_DIGITS 16
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

static const struct form_list *list_of(const struct asked *q)
{
	assert(q->field->list >= 0);
	return form_list(q->form, (size_t)q->field->list);
}

/* Whether `label` reads like `folded` to a person. */
static bool label_matches(const char *label, const char *folded)
{
	char text[TEXT_KEY_BYTES_MAX];

	return text_fold(label, text, sizeof(text)) == 0 && strcmp(text, folded) == 0;
}

/* The choice with this code, or with this label in either language; -1 when none, or two different ones. */
static int choice_find(const struct asked *q, const char *typed)
{
	const struct form_list *list = list_of(q);
	int found = form_choice_find(q->form, q->field->list, typed, strlen(typed));
	char folded[TEXT_KEY_BYTES_MAX];

	if (found >= 0 || text_fold(typed, folded, sizeof(folded)) != 0 || !*folded)
		return found;
	for (size_t i = 0; i < list->choice_count; i++) {
		if (!label_matches(list->choices[i].label_ar, folded) && !label_matches(list->choices[i].label_en, folded))
			continue;
		if (found >= 0)
			return -1;
		found = (int)i;
	}
	return found;
}

static int unknown_choice(const struct asked *q)
{
	const struct form_list *list = list_of(q);

	if (list->choice_count == 0)
		return err_set(ERR_USAGE, "%s: a code of small letters a-z, digits, _ and - expected", q->field->name);
	return err_set(ERR_USAGE, "%s: one of the %zu choices of %s expected", q->field->name, list->choice_count, list->name);
}

static int normalise_one(const struct asked *q, struct buf *out)
{
	const struct form_list *list = list_of(q);
	int choice;

	if (list->choice_count == 0) {
		if (!form_is_code(q->typed))
			return unknown_choice(q);
		return normalise_text(q, out);
	}
	choice = choice_find(q, q->typed);
	if (choice < 0)
		return unknown_choice(q);
	buf_text(out, list->choices[choice].code);
	return 0;
}

/* The choices of one answer as they are found: marks for a list, sorted codes for an open one. */
struct chosen {
	bool *marks;        /* owned, one per choice; NULL for an open list */
	const char **codes; /* owned, of an open list; borrowed texts */
	size_t count;
	size_t max;
};

static bool choose(const struct asked *q, struct chosen *c, const char *typed)
{
	int choice;

	if (!c->marks) {
		if (!form_is_code(typed) || c->count == c->max)
			return false;
		c->codes[c->count++] = typed;
		return true;
	}
	choice = choice_find(q, typed);
	if (choice < 0)
		return false;
	c->marks[choice] = true;
	return true;
}

/* Cut `text` at any of `separators` and choose each part that is not empty. */
static bool choose_parts(const struct asked *q, struct chosen *c, char *text, const char *separators)
{
	for (char *at = text; *at;) {
		size_t len = strcspn(at, separators);
		char *next = at[len] ? at + len + 1 : at + len;

		at[len] = '\0';
		while (*at == ' ')
			at++;
		for (size_t end = strlen(at); end > 0 && at[end - 1] == ' '; end--)
			at[end - 1] = '\0';
		if (*at && !choose(q, c, at))
			return false;
		at = next;
	}
	return true;
}

/* Several choices: with commas, semicolons or lines between codes and labels, or spaces between codes, or one label alone. */
static bool choose_all(const struct asked *q, struct chosen *c, char *text)
{
	if (c->marks && choice_find(q, text) >= 0)
		return choose(q, c, text);
	if (strpbrk(text, ",;\n"))
		return choose_parts(q, c, text, ",;\n");
	return choose_parts(q, c, text, " ");
}

static int compare_codes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_code(struct buf *out, const char *code)
{
	if (out->len)
		buf_text(out, " ");
	buf_text(out, code);
}

static void put_chosen(const struct form_list *list, struct chosen *c, struct buf *out)
{
	for (size_t i = 0; c->marks && i < list->choice_count; i++)
		if (c->marks[i])
			put_code(out, list->choices[i].code);
	if (c->count)
		qsort(c->codes, c->count, sizeof(*c->codes), compare_codes);
	for (size_t i = 0; i < c->count; i++)
		if (i == 0 || strcmp(c->codes[i - 1], c->codes[i]) != 0)
			put_code(out, c->codes[i]);
}

static int normalise_multiple(const struct asked *q, struct buf *out)
{
	const struct form_list *list = list_of(q);
	struct chosen c = { .max = q->len };
	char *text = malloc(q->len + 1);
	int rc = 0;

	if (list->choice_count)
		c.marks = calloc(list->choice_count, sizeof(*c.marks));
	else
		c.codes = calloc(c.max, sizeof(*c.codes));
	if (!text || (!c.marks && !c.codes))
		rc = err_set(ERR_NOMEM, "%s: no memory", q->field->name);
	/* Arabic comma and semicolon are folded or cut like their Latin sisters. */
	if (rc == 0 && text_fold_digits(q->typed, text, q->len + 1) != 0)
		rc = unknown_choice(q);
	if (rc == 0 && !choose_all(q, &c, text))
		rc = unknown_choice(q);
	if (rc == 0)
		put_chosen(list, &c, out);
	free(text);
	free(c.marks);
	free(c.codes);
	return rc;
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
	case FORM_HIJRI_DATE:
		return normalise_hijri_date(q, out);
	case FORM_SELECT_ONE:
		return normalise_one(q, out);
	case FORM_SELECT_MULTIPLE:
		return normalise_multiple(q, out);
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
		return err_set(ERR_USAGE, "%s: a picture, which is taken by the camera and not typed", q->field->name);
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

static bool check_one(const struct form *f, const struct form_field *field, const char *code, size_t len, int *choice)
{
	char text[FORM_NAME_BYTES_MAX + 1];

	*choice = -1;
	if (form_list(f, (size_t)field->list)->choice_count) {
		*choice = form_choice_find(f, field->list, code, len);
		return *choice >= 0;
	}
	if (len > FORM_NAME_BYTES_MAX || memchr(code, '\0', len))
		return false;
	memcpy(text, code, len);
	text[len] = '\0';
	return form_is_code(text);
}

/* Order of two codes that are not NUL-terminated, as compare_codes() has it. */
static bool is_before(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order < 0 || (order == 0 && a_len < b_len);
}

static bool check_multiple(const struct form *f, const struct form_field *field, const char *value, size_t len)
{
	const char *last_code = NULL;
	size_t last_len = 0;
	int last = -1;

	for (size_t at = 0; at <= len;) {
		const char *space = memchr(value + at, ' ', len - at);
		size_t code_len = space ? (size_t)(space - value) - at : len - at;
		int choice;

		if (!check_one(f, field, value + at, code_len, &choice))
			return false;
		if (last_code && (choice >= 0 ? choice <= last : !is_before(last_code, last_len, value + at, code_len)))
			return false;
		last = choice;
		last_code = value + at;
		last_len = code_len;
		at += code_len + 1;
	}
	return true;
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
	int choice;

	if (len == 0)
		return 0;
	if (len > VALUE_BYTES_MAX || memchr(value, '\0', len))
		is_good = false;
	else if (x->type == FORM_TEXT && text_is_plain(value, len))
		is_good = true;
	else if (x->type == FORM_SELECT_ONE)
		is_good = check_one(f, x, value, len, &choice);
	else if (x->type == FORM_SELECT_MULTIPLE)
		is_good = check_multiple(f, x, value, len);
	else
		is_good = check_same(f, x, value, len);
	return is_good ? 0 : err_set(ERR_CORRUPT, "%s: not a canonical value", x->name);
}

static void display_choices(const struct form *f, const struct form_field *field, const char *value, bool arabic, struct buf *out)
{
	bool is_next = false;

	while (*value) {
		size_t len = strcspn(value, " ");
		int i = form_choice_find(f, field->list, value, len);

		if (is_next)
			buf_text(out, arabic ? "، " : ", ");
		if (i < 0) {
			buf_append(out, value, len);
		} else {
			const struct form_choice *choice = &form_list(f, (size_t)field->list)->choices[i];

			buf_text(out, arabic ? choice->label_ar : choice->label_en);
		}
		is_next = true;
		value += len + (value[len] ? 1 : 0);
	}
}

static void display_money(const char *value, bool arabic, struct buf *out)
{
	size_t whole = strcspn(value, ".");

	if (!arabic)
		buf_text(out, "SAR ");
	for (size_t i = 0; i < whole; i++) {
		if (i > 0 && (whole - i) % 3 == 0)
			buf_text(out, ",");
		buf_append(out, &value[i], 1);
	}
	buf_text(out, value + whole);
	if (arabic)
		buf_text(out, " ر.س");
}

static void display_written(const struct date_written *d, const char *value, bool arabic, struct buf *out)
{
	char text[HIJRI_DISPLAY_BYTES];
	int rc = arabic ? hijri_display_arabic(d, text, sizeof(text)) : hijri_display_english(d, text, sizeof(text));

	buf_text(out, rc == 0 ? text : value);
}

/* Both kinds of date: a plain one is a Gregorian day. */
static void display_date(const struct form_field *field, const char *value, bool arabic, struct buf *out)
{
	char text[HIJRI_TEXT_BYTES + 1]; /* one more, so that a value that is too long stays wrong */
	struct date_written d;

	snprintf(text, sizeof(text), "%s%.11s", field->type == FORM_DATE ? "G" : "", value);
	if (hijri_text_parse(text, &d) == 0)
		display_written(&d, value, arabic, out);
	else
		buf_text(out, value);
}

static void display_iban(const char *value, struct buf *out)
{
	for (size_t i = 0; value[i]; i++) {
		if (i > 0 && i % 4 == 0)
			buf_text(out, " ");
		buf_append(out, &value[i], 1);
	}
}

static void display_geopoint(const char *value, bool arabic, struct buf *out)
{
	const char *accuracy = strrchr(value, ' ');

	if (!accuracy) {
		buf_text(out, value);
		return;
	}
	buf_append(out, value, (size_t)(accuracy - value));
	if (strcmp(accuracy, " 0") != 0)
		buf_printf(out, arabic ? " (±%s م)" : " (±%s m)", accuracy + 1);
}

void value_display(const struct form *f, size_t field, const char *value, bool arabic, struct buf *out)
{
	const struct form_field *x = form_field(f, field);

	if (!*value)
		return;
	switch (x->type) {
	case FORM_SELECT_ONE:
	case FORM_SELECT_MULTIPLE:
		display_choices(f, x, value, arabic, out);
		return;
	case FORM_MONEY:
		display_money(value, arabic, out);
		return;
	case FORM_DATE:
	case FORM_HIJRI_DATE:
		display_date(x, value, arabic, out);
		return;
	case FORM_ACKNOWLEDGE:
		buf_text(out, arabic ? "نعم" : "Yes");
		return;
	case FORM_IBAN:
		display_iban(value, out);
		return;
	case FORM_GEOPOINT:
		display_geopoint(value, arabic, out);
		return;
	case FORM_SIGNATURE:
		buf_text(out, arabic ? "توقيع بالقلم" : "Signed with a pen");
		return;
	case FORM_TEXT:
	case FORM_INTEGER:
	case FORM_DECIMAL:
	case FORM_SELECT_MEMBER:
	case FORM_SA_ID:
	case FORM_MOBILE:
	case FORM_SHORT_ADDRESS:
	case FORM_POSTAL_CODE:
	case FORM_IMAGE:
	case FORM_IMAGE_LIST:
		buf_text(out, value);
		return;
	}
}
