/*
 * value_display: the half of value.h that shows a canonical value to people; value.c makes values canonical.
 *
 * What does not look canonical (a case under an older form) is shown as it is.
 */
#include <stdio.h>
#include <string.h>

#include "proto/base/hijri.h"
#include "proto/form/value.h"

/* A code in words: of the form's list, or of reference data where that is at hand. */
static const char *label_of(const struct form *f, const struct form_field *field, const struct reflist *list, const char *code, size_t len,
	bool arabic)
{
	int i = field->list < 0 ? -1 : form_choice_find(f, field->list, code, len);

	if (i >= 0) {
		const struct form_choice *choice = &form_list(f, (size_t)field->list)->choices[i];

		return arabic ? choice->label_ar : choice->label_en;
	}
	i = list ? reflist_find(list, code, len) : -1;
	return i < 0 ? NULL : reflist_label(list, (size_t)i, arabic);
}

static void display_choices(const struct form *f, const struct form_field *field, const struct reflist *list, const char *value,
	bool arabic, struct buf *out)
{
	bool is_next = false;

	while (*value) {
		/* The code of a single choice may have spaces inside. */
		size_t len = field->type == FORM_SELECT_ONE ? strlen(value) : strcspn(value, " ");
		const char *label = label_of(f, field, list, value, len, arabic);

		if (is_next)
			buf_text(out, arabic ? "، " : ", ");
		if (label)
			buf_text(out, label);
		else
			buf_append(out, value, len);
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

/* "2026-11-22T14:30:00.000+03:00": the day, and the clock as it stood there; the zone when it is not that of Riyadh. */
static void display_datetime(const char *value, bool arabic, struct buf *out)
{
	char text[HIJRI_TEXT_BYTES + 1];
	struct date_written d;
	const char *clock = strchr(value, 'T');

	snprintf(text, sizeof(text), "G%.10s", value);
	if (strlen(value) != 29 || clock != value + 10 || hijri_text_parse(text, &d) != 0) {
		buf_text(out, value);
		return;
	}
	display_written(&d, text + 1, arabic, out);
	buf_text(out, arabic ? "، " : ", ");
	buf_append(out, clock + 1, 5);
	if (strcmp(clock + 13, "+03:00") != 0)
		buf_printf(out, " (%s)", clock + 13);
}

void value_display_in(const struct form *f, size_t field, const struct reflist *list, const char *value, bool arabic, struct buf *out)
{
	const struct form_field *x = form_field(f, field);

	if (!*value)
		return;
	switch (x->type) {
	case FORM_SELECT_ONE:
	case FORM_SELECT_MULTIPLE:
	case FORM_RANK:
		display_choices(f, x, list, value, arabic, out);
		return;
	case FORM_MONEY:
		display_money(value, arabic, out);
		return;
	case FORM_DATE:
	case FORM_HIJRI_DATE:
		display_date(x, value, arabic, out);
		return;
	case FORM_DATETIME:
		display_datetime(value, arabic, out);
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
	case FORM_TIME:
	case FORM_AUDIO:
	case FORM_VIDEO:
	case FORM_FILE:
	case FORM_NOTE:
	case FORM_CALCULATE:
	case FORM_IMAGE:
	case FORM_IMAGE_LIST:
		buf_text(out, value);
		return;
	}
}

void value_display(const struct form *f, size_t field, const char *value, bool arabic, struct buf *out)
{
	value_display_in(f, field, NULL, value, arabic, out);
}
