/*
 * form_words: the words of canonical form text that stand for types and writers, and what a name and a code may look like.
 * Declared in form.h; used by reader (form.c), writer (form_csv.c) and values.
 */
#include <assert.h>
#include <string.h>

#include "proto/form/form.h"

static const char *const TYPE_NAMES[] = {
	[FORM_TEXT] = "text",
	[FORM_INTEGER] = "integer",
	[FORM_DECIMAL] = "decimal",
	[FORM_MONEY] = "money",
	[FORM_DATE] = "date",
	[FORM_HIJRI_DATE] = "hijri_date",
	[FORM_SELECT_ONE] = "select_one",
	[FORM_SELECT_MULTIPLE] = "select_multiple",
	[FORM_SELECT_MEMBER] = "select_member",
	[FORM_ACKNOWLEDGE] = "acknowledge",
	[FORM_SA_ID] = "sa_id",
	[FORM_IBAN] = "iban",
	[FORM_MOBILE] = "mobile",
	[FORM_SHORT_ADDRESS] = "short_address",
	[FORM_POSTAL_CODE] = "postal_code",
	[FORM_GEOPOINT] = "geopoint",
	[FORM_SIGNATURE] = "signature",
	[FORM_IMAGE] = "image",
	[FORM_IMAGE_LIST] = "image_list",
};
#define TYPE_COUNT (sizeof(TYPE_NAMES) / sizeof(TYPE_NAMES[0]))

static const char *const WRITER_NAMES[] = {
	[FORM_BY_REPRESENTATIVE] = "representative",
	[FORM_BY_OFFICER] = "officer",
	[FORM_BY_COMMITTEE] = "committee",
	[FORM_BY_SYSTEM] = "system",
};
#define WRITER_COUNT (sizeof(WRITER_NAMES) / sizeof(WRITER_NAMES[0]))

const char *form_type_name(enum form_type type)
{
	assert((size_t)type < TYPE_COUNT);
	return TYPE_NAMES[type];
}

/* The position of `name` in a table of words from `first` on, or -1. */
static int word_find(const char *const *words, size_t first, size_t count, const char *name)
{
	for (size_t i = first; i < count; i++)
		if (strcmp(words[i], name) == 0)
			return (int)i;
	return -1;
}

int form_type_find(const char *name)
{
	return word_find(TYPE_NAMES, 0, TYPE_COUNT, name);
}

const char *form_writer_name(enum form_writer writer)
{
	assert(writer >= FORM_BY_REPRESENTATIVE);
	assert((size_t)writer < WRITER_COUNT);
	return WRITER_NAMES[writer];
}

int form_writer_find(const char *name)
{
	return word_find(WRITER_NAMES, FORM_BY_REPRESENTATIVE, WRITER_COUNT, name);
}

bool form_type_has_list(enum form_type type)
{
	return type == FORM_SELECT_ONE || type == FORM_SELECT_MULTIPLE;
}

static bool in_set(const char *text, const char *set, size_t max)
{
	size_t len = strlen(text);

	return len >= 1 && len <= max && strspn(text, set) == len;
}

bool form_is_name(const char *text)
{
	return in_set(text, "abcdefghijklmnopqrstuvwxyz0123456789_", FORM_NAME_BYTES_MAX) && !(text[0] >= '0' && text[0] <= '9');
}

bool form_is_code(const char *text)
{
	return in_set(text, "abcdefghijklmnopqrstuvwxyz0123456789_-", FORM_NAME_BYTES_MAX);
}
