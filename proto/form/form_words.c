/*
 * form_words: the words of canonical form text that stand for types and writers, and what a name and a code may look like.
 * Declared in form.h; used by the reader (form_read.c), by what writes canonical text, and by values.
 */
#include <assert.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/form/form.h"

static const char *const TYPE_NAMES[] = {
	[FORM_TEXT] = "text",
	[FORM_INTEGER] = "integer",
	[FORM_DECIMAL] = "decimal",
	[FORM_MONEY] = "money",
	[FORM_DATE] = "date",
	[FORM_TIME] = "time",
	[FORM_DATETIME] = "datetime",
	[FORM_HIJRI_DATE] = "hijri_date",
	[FORM_SELECT_ONE] = "select_one",
	[FORM_SELECT_MULTIPLE] = "select_multiple",
	[FORM_RANK] = "rank",
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
	[FORM_AUDIO] = "audio",
	[FORM_VIDEO] = "video",
	[FORM_FILE] = "file",
	[FORM_NOTE] = "note",
	[FORM_CALCULATE] = "calculate",
};
#define TYPE_COUNT (sizeof(TYPE_NAMES) / sizeof(TYPE_NAMES[0]))
static_assert(TYPE_COUNT == FORM_TYPE_COUNT, "every type has a word");

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
	return type == FORM_SELECT_ONE || type == FORM_SELECT_MULTIPLE || type == FORM_RANK;
}

bool form_type_is_attachment(enum form_type type)
{
	return type == FORM_IMAGE || type == FORM_IMAGE_LIST || type == FORM_AUDIO || type == FORM_VIDEO || type == FORM_FILE;
}

bool form_type_is_field(enum form_type type)
{
	return type != FORM_NOTE && type != FORM_CALCULATE;
}

/* The letters of names beyond ASCII: the ranges of XML 1.0 (fifth edition), section 2.3, NameStartChar without colon. */
static const struct range {
	uint32_t first;
	uint32_t last;
} LETTERS[] = {
	{ 'A', 'Z' },         { '_', '_' },         { 'a', 'z' },         { 0xC0, 0xD6 },       { 0xD8, 0xF6 },
	{ 0xF8, 0x2FF },      { 0x370, 0x37D },     { 0x37F, 0x1FFF },    { 0x200C, 0x200D },   { 0x2070, 0x218F },
	{ 0x2C00, 0x2FEF },   { 0x3001, 0xD7FF },   { 0xF900, 0xFDCF },   { 0xFDF0, 0xFFFD },   { 0x10000, 0xEFFFF },
};
/* What may stand behind the first letter besides. */
static const struct range OTHERS[] = { { '-', '.' }, { '0', '9' }, { 0xB7, 0xB7 }, { 0x300, 0x36F }, { 0x203F, 0x2040 } };

static bool in_ranges(const struct range *ranges, size_t count, uint32_t cp)
{
	for (size_t i = 0; i < count; i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	return false;
}

/* The first letter may be a digit where `is_list`. */
static bool is_name(const char *text, bool is_list)
{
	size_t len = strnlen(text, FORM_NAME_BYTES_MAX + 1);
	size_t at = 0;
	uint32_t cp;
	int rc;

	if (len == 0 || len > FORM_NAME_BYTES_MAX)
		return false;
	for (bool is_first = true; (rc = text_next(text, len, &at, &cp)) == 1; is_first = false) {
		bool is_begun = !is_first || (is_list && cp >= '0' && cp <= '9');

		if (!in_ranges(LETTERS, sizeof(LETTERS) / sizeof(LETTERS[0]), cp) &&
		    (!is_begun || !in_ranges(OTHERS, sizeof(OTHERS) / sizeof(OTHERS[0]), cp)))
			return false;
	}
	return rc == 0;
}

bool form_is_name(const char *text)
{
	return is_name(text, false);
}

bool form_is_list_name(const char *text)
{
	return is_name(text, true);
}

bool form_is_code(const char *text)
{
	size_t len = strnlen(text, FORM_NAME_BYTES_MAX + 1);
	struct buf clean;
	bool is_clean;

	if (len == 0 || len > FORM_NAME_BYTES_MAX || memchr(text, '\n', len))
		return false;
	if (text_is_plain(text, len))
		return true;
	/* A code is also what a person may type, so it must come through the cleaning of typed text as it is. */
	buf_init(&clean, FORM_NAME_BYTES_MAX);
	is_clean = text_clean(&clean, text, len) == 0 && clean.len == len && memcmp(clean.data, text, len) == 0;
	buf_fini(&clean);
	return is_clean;
}

bool form_is_open_code(const char *text, size_t len)
{
	if (len == 0 || len > FORM_NAME_BYTES_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!(text[i] >= 'a' && text[i] <= 'z') && !(text[i] >= '0' && text[i] <= '9') && text[i] != '_' && text[i] != '-')
			return false;
	return true;
}
