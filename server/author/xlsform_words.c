/*
 * xlsform_words: the spellings of the field, as tables: types, columns, settings, yes and no.
 *
 * Three decades of forms use about a hundred words for thirty types; all of them are understood. What is compared is folded first: lower
 * case, and one space where the author has spaces or `_`. A table maps each spelling to its meaning, nothing here decides anything else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/author/xlsform_parts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FOLDED_BYTES_MAX 128

/* ---- types ---- */

struct type_word {
	const char *folded;
	enum xlsform_kind kind;
	enum form_type type;
	const char *word;
	const char *constraint;
};

static const struct type_word TYPES[] = {
	{ "text", XLSFORM_QUESTION, FORM_TEXT, "text", "" },
	{ "string", XLSFORM_QUESTION, FORM_TEXT, "text", "" },
	{ "q string", XLSFORM_QUESTION, FORM_TEXT, "text", "" },
	{ "add text prompt", XLSFORM_QUESTION, FORM_TEXT, "text", "" },
	{ "phone number", XLSFORM_QUESTION, FORM_TEXT, "text", "regex(., '^\\d*$')" },
	{ "barcode", XLSFORM_QUESTION, FORM_TEXT, "barcode", "" },
	{ "q barcode", XLSFORM_QUESTION, FORM_TEXT, "barcode", "" },
	{ "add barcode prompt", XLSFORM_QUESTION, FORM_TEXT, "barcode", "" },
	{ "integer", XLSFORM_QUESTION, FORM_INTEGER, "integer", "" },
	{ "int", XLSFORM_QUESTION, FORM_INTEGER, "integer", "" },
	{ "q int", XLSFORM_QUESTION, FORM_INTEGER, "integer", "" },
	{ "add integer prompt", XLSFORM_QUESTION, FORM_INTEGER, "integer", "" },
	{ "percentage", XLSFORM_QUESTION, FORM_INTEGER, "integer", "0 <= . and . <= 100" },
	{ "number of days in last month", XLSFORM_QUESTION, FORM_INTEGER, "integer", "0 <= . and . <= 31" },
	{ "number of days in last six months", XLSFORM_QUESTION, FORM_INTEGER, "integer", "0 <= . and . <= 183" },
	{ "number of days in last year", XLSFORM_QUESTION, FORM_INTEGER, "integer", "0 <= . and . <= 365" },
	{ "decimal", XLSFORM_QUESTION, FORM_DECIMAL, "decimal", "" },
	{ "q decimal", XLSFORM_QUESTION, FORM_DECIMAL, "decimal", "" },
	{ "add decimal prompt", XLSFORM_QUESTION, FORM_DECIMAL, "decimal", "" },
	{ "range", XLSFORM_RANGE, FORM_INTEGER, "range", "" },
	{ "date", XLSFORM_QUESTION, FORM_DATE, "date", "" },
	{ "q date", XLSFORM_QUESTION, FORM_DATE, "date", "" },
	{ "add date prompt", XLSFORM_QUESTION, FORM_DATE, "date", "" },
	{ "time", XLSFORM_QUESTION, FORM_TIME, "time", "" },
	{ "add time prompt", XLSFORM_QUESTION, FORM_TIME, "time", "" },
	{ "datetime", XLSFORM_QUESTION, FORM_DATETIME, "dateTime", "" },
	{ "date time", XLSFORM_QUESTION, FORM_DATETIME, "dateTime", "" },
	{ "q date time", XLSFORM_QUESTION, FORM_DATETIME, "dateTime", "" },
	{ "q datetime", XLSFORM_QUESTION, FORM_DATETIME, "dateTime", "" },
	{ "add date time prompt", XLSFORM_QUESTION, FORM_DATETIME, "dateTime", "" },
	{ "add datetime prompt", XLSFORM_QUESTION, FORM_DATETIME, "dateTime", "" },
	{ "note", XLSFORM_QUESTION, FORM_NOTE, "note", "" },
	{ "q note", XLSFORM_QUESTION, FORM_NOTE, "note", "" },
	{ "add note prompt", XLSFORM_QUESTION, FORM_NOTE, "note", "" },
	{ "calculate", XLSFORM_QUESTION, FORM_CALCULATE, "calculate", "" },
	{ "q calculate", XLSFORM_QUESTION, FORM_CALCULATE, "calculate", "" },
	{ "add calculate prompt", XLSFORM_QUESTION, FORM_CALCULATE, "calculate", "" },
	{ "hidden", XLSFORM_HIDDEN_VALUE, FORM_TEXT, "hidden", "" },
	{ "acknowledge", XLSFORM_QUESTION, FORM_ACKNOWLEDGE, "acknowledge", "" },
	{ "q acknowledge", XLSFORM_QUESTION, FORM_ACKNOWLEDGE, "acknowledge", "" },
	{ "add acknowledge prompt", XLSFORM_QUESTION, FORM_ACKNOWLEDGE, "acknowledge", "" },
	{ "trigger", XLSFORM_QUESTION, FORM_ACKNOWLEDGE, "acknowledge", "" },
	{ "image", XLSFORM_QUESTION, FORM_IMAGE, "image", "" },
	{ "photo", XLSFORM_QUESTION, FORM_IMAGE, "image", "" },
	{ "q image", XLSFORM_QUESTION, FORM_IMAGE, "image", "" },
	{ "q picture", XLSFORM_QUESTION, FORM_IMAGE, "image", "" },
	{ "add image prompt", XLSFORM_QUESTION, FORM_IMAGE, "image", "" },
	{ "add photo prompt", XLSFORM_QUESTION, FORM_IMAGE, "image", "" },
	{ "audio", XLSFORM_QUESTION, FORM_AUDIO, "audio", "" },
	{ "q audio", XLSFORM_QUESTION, FORM_AUDIO, "audio", "" },
	{ "add audio prompt", XLSFORM_QUESTION, FORM_AUDIO, "audio", "" },
	{ "video", XLSFORM_QUESTION, FORM_VIDEO, "video", "" },
	{ "q video", XLSFORM_QUESTION, FORM_VIDEO, "video", "" },
	{ "add video prompt", XLSFORM_QUESTION, FORM_VIDEO, "video", "" },
	{ "file", XLSFORM_QUESTION, FORM_FILE, "file", "" },
	{ "add file prompt", XLSFORM_QUESTION, FORM_FILE, "file", "" },
	{ "geopoint", XLSFORM_QUESTION, FORM_GEOPOINT, "geopoint", "" },
	{ "gps", XLSFORM_QUESTION, FORM_GEOPOINT, "geopoint", "" },
	{ "location", XLSFORM_QUESTION, FORM_GEOPOINT, "geopoint", "" },
	{ "q geopoint", XLSFORM_QUESTION, FORM_GEOPOINT, "geopoint", "" },
	{ "q location", XLSFORM_QUESTION, FORM_GEOPOINT, "geopoint", "" },
	{ "add location prompt", XLSFORM_QUESTION, FORM_GEOPOINT, "geopoint", "" },
	{ "start-geopoint", XLSFORM_LOCATION, FORM_GEOPOINT, "start-geopoint", "" },
	{ "background-geopoint", XLSFORM_LOCATION, FORM_GEOPOINT, "background-geopoint", "" },
	{ "geotrace", XLSFORM_DRAWN, FORM_TEXT, "geotrace", "" },
	{ "geoshape", XLSFORM_DRAWN, FORM_TEXT, "geoshape", "" },
	{ "osm", XLSFORM_DRAWN, FORM_TEXT, "osm", "" },
	{ "start", XLSFORM_METADATA, FORM_DATETIME, "start", "" },
	{ "start time", XLSFORM_METADATA, FORM_DATETIME, "start", "" },
	{ "get start time", XLSFORM_METADATA, FORM_DATETIME, "start", "" },
	{ "end", XLSFORM_METADATA, FORM_DATETIME, "end", "" },
	{ "end time", XLSFORM_METADATA, FORM_DATETIME, "end", "" },
	{ "get end time", XLSFORM_METADATA, FORM_DATETIME, "end", "" },
	{ "today", XLSFORM_METADATA, FORM_DATE, "today", "" },
	{ "get today", XLSFORM_METADATA, FORM_DATE, "today", "" },
	{ "deviceid", XLSFORM_METADATA, FORM_TEXT, "deviceid", "" },
	{ "device id", XLSFORM_METADATA, FORM_TEXT, "deviceid", "" },
	{ "get device id", XLSFORM_METADATA, FORM_TEXT, "deviceid", "" },
	{ "imei", XLSFORM_METADATA, FORM_TEXT, "deviceid", "" },
	{ "uri:deviceid", XLSFORM_METADATA, FORM_TEXT, "deviceid", "" },
	{ "username", XLSFORM_METADATA, FORM_TEXT, "username", "" },
	{ "uri:username", XLSFORM_METADATA, FORM_TEXT, "username", "" },
	{ "phonenumber", XLSFORM_METADATA, FORM_TEXT, "phonenumber", "" },
	{ "get phone number", XLSFORM_METADATA, FORM_TEXT, "phonenumber", "" },
	{ "uri:phonenumber", XLSFORM_METADATA, FORM_TEXT, "phonenumber", "" },
	{ "email", XLSFORM_METADATA, FORM_TEXT, "email", "" },
	{ "uri:email", XLSFORM_METADATA, FORM_TEXT, "email", "" },
	{ "simserial", XLSFORM_HIDDEN_VALUE, FORM_TEXT, "simserial", "" },
	{ "sim id", XLSFORM_HIDDEN_VALUE, FORM_TEXT, "simserial", "" },
	{ "get sim id", XLSFORM_HIDDEN_VALUE, FORM_TEXT, "simserial", "" },
	{ "uri:simserial", XLSFORM_HIDDEN_VALUE, FORM_TEXT, "simserial", "" },
	{ "subscriberid", XLSFORM_HIDDEN_VALUE, FORM_TEXT, "subscriberid", "" },
	{ "subscriber id", XLSFORM_HIDDEN_VALUE, FORM_TEXT, "subscriberid", "" },
	{ "get subscriber id", XLSFORM_HIDDEN_VALUE, FORM_TEXT, "subscriberid", "" },
	{ "uri:subscriberid", XLSFORM_HIDDEN_VALUE, FORM_TEXT, "subscriberid", "" },
	{ "audit", XLSFORM_DROPPED, FORM_TEXT, "audit", "" },
	{ "background-audio", XLSFORM_DROPPED, FORM_TEXT, "background-audio", "" },
	{ "csv-external", XLSFORM_CSV_LIST, FORM_TEXT, "csv-external", "" },
	{ "xml-external", XLSFORM_XML_LIST, FORM_TEXT, "xml-external", "" },
	{ "cascading select", XLSFORM_REFUSED, FORM_TEXT, "cascading_select", "" },
	{ "include", XLSFORM_REFUSED, FORM_TEXT, "include", "" },
	/* Our own. */
	{ "money", XLSFORM_QUESTION, FORM_MONEY, "money", "" },
	{ "hijri date", XLSFORM_QUESTION, FORM_HIJRI_DATE, "hijri_date", "" },
	{ "signature", XLSFORM_QUESTION, FORM_SIGNATURE, "signature", "" },
	{ "image list", XLSFORM_QUESTION, FORM_IMAGE_LIST, "image_list", "" },
	{ "sa id", XLSFORM_QUESTION, FORM_SA_ID, "sa_id", "" },
	{ "iban", XLSFORM_QUESTION, FORM_IBAN, "iban", "" },
	{ "mobile", XLSFORM_QUESTION, FORM_MOBILE, "mobile", "" },
	{ "short address", XLSFORM_QUESTION, FORM_SHORT_ADDRESS, "short_address", "" },
	{ "postal code", XLSFORM_QUESTION, FORM_POSTAL_CODE, "postal_code", "" },
};

/* Types that name a list behind them; a longer spelling stands before its beginning. */
static const struct type_word SELECTS[] = {
	{ "select one from file", XLSFORM_SELECT_FILE, FORM_SELECT_ONE, "select_one_from_file", "" },
	{ "select multiple from file", XLSFORM_SELECT_FILE, FORM_SELECT_MULTIPLE, "select_multiple_from_file", "" },
	{ "select one external", XLSFORM_SELECT_EXTERNAL, FORM_SELECT_ONE, "select_one_external", "" },
	{ "add select one prompt using", XLSFORM_SELECT, FORM_SELECT_ONE, "select_one", "" },
	{ "add select multiple prompt using", XLSFORM_SELECT, FORM_SELECT_MULTIPLE, "select_multiple", "" },
	{ "select all that apply from", XLSFORM_SELECT, FORM_SELECT_MULTIPLE, "select_multiple", "" },
	{ "select all that apply", XLSFORM_SELECT, FORM_SELECT_MULTIPLE, "select_multiple", "" },
	{ "select multiple from", XLSFORM_SELECT, FORM_SELECT_MULTIPLE, "select_multiple", "" },
	{ "select multiple using", XLSFORM_SELECT, FORM_SELECT_MULTIPLE, "select_multiple", "" },
	{ "select multiple", XLSFORM_SELECT, FORM_SELECT_MULTIPLE, "select_multiple", "" },
	{ "select one from", XLSFORM_SELECT, FORM_SELECT_ONE, "select_one", "" },
	{ "select one using", XLSFORM_SELECT, FORM_SELECT_ONE, "select_one", "" },
	{ "select one", XLSFORM_SELECT, FORM_SELECT_ONE, "select_one", "" },
	{ "select1", XLSFORM_SELECT, FORM_SELECT_ONE, "select_one", "" },
	{ "q select1", XLSFORM_SELECT, FORM_SELECT_ONE, "select_one", "" },
	{ "q select", XLSFORM_SELECT, FORM_SELECT_MULTIPLE, "select_multiple", "" },
	{ "rank", XLSFORM_SELECT, FORM_RANK, "rank", "" },
	{ "select member", XLSFORM_MEMBER, FORM_SELECT_MEMBER, "select_member", "" },
	{ "osm", XLSFORM_DRAWN, FORM_TEXT, "osm", "" },
};

struct control_word {
	const char *folded;
	enum xlsform_control control;
};

static const struct control_word CONTROLS[] = {
	{ "looped group", XLSFORM_REPEAT }, { "lgroup", XLSFORM_REPEAT }, { "repeat", XLSFORM_REPEAT },
	{ "group", XLSFORM_GROUP }, { "loop", XLSFORM_LOOP },
};

static const char *const OTHERS[] = { "or specify other", "or other" };

void xlsform_words_fold(const char *text, char *out, size_t size)
{
	size_t len = 0;
	bool is_gap = false;

	out[0] = '\0';
	for (; *text != '\0'; text++) {
		char c = *text;

		if (c == ' ' || c == '\t' || c == '\n' || c == '_') {
			is_gap = len > 0;
			continue;
		}
		if (len + 2 >= size) {
			out[0] = '\0';
			return;
		}
		if (is_gap)
			out[len++] = ' ';
		is_gap = false;
		out[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	out[len] = '\0';
}

/* The words of a type cell: positions of their beginnings and ends, at most as many as any spelling has. */
#define PIECES_MAX 16

struct pieces {
	size_t count;
	const char *at[PIECES_MAX];
	size_t len[PIECES_MAX];
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static bool cut_pieces(const char *cell, struct pieces *out)
{
	out->count = 0;
	while (*cell != '\0') {
		size_t len = 0;

		while (is_blank(*cell))
			cell++;
		while (cell[len] != '\0' && !is_blank(cell[len]))
			len++;
		if (len == 0)
			break;
		if (out->count == PIECES_MAX)
			return false;
		out->at[out->count] = cell;
		out->len[out->count++] = len;
		cell += len;
	}
	return out->count > 0;
}

/* Pieces from..to as one folded text. */
static void fold_pieces(const struct pieces *p, size_t from, size_t to, char *out, size_t size)
{
	char raw[FOLDED_BYTES_MAX];
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = from; i < to; i++) {
		if (len + p->len[i] + 2 > sizeof(raw))
			return;
		memcpy(raw + len, p->at[i], p->len[i]);
		len += p->len[i];
		raw[len++] = ' ';
	}
	raw[len] = '\0';
	xlsform_words_fold(raw, out, size);
}

/* "begin group", "end_repeat", "begin loop over LIST". */
static bool read_control(struct xlsform *x, const struct pieces *p, struct xlsform_type *out)
{
	for (size_t take = p->count < 4 ? p->count : 4; take > 0; take--) {
		char folded[FOLDED_BYTES_MAX];
		const char *rest;
		size_t next = take;

		fold_pieces(p, 0, take, folded, sizeof(folded));
		out->kind = strncmp(folded, "begin ", 6) == 0 ? XLSFORM_BEGIN : strncmp(folded, "end ", 4) == 0 ? XLSFORM_END : XLSFORM_NO_TYPE;
		if (out->kind == XLSFORM_NO_TYPE)
			continue;
		rest = folded + (out->kind == XLSFORM_BEGIN ? 6 : 4);
		for (size_t i = 0; i < COUNT(CONTROLS); i++) {
			if (strcmp(rest, CONTROLS[i].folded) != 0)
				continue;
			out->control = CONTROLS[i].control;
			out->word = CONTROLS[i].folded;
			if (next + 1 < p->count && p->len[next] == 4 && strncasecmp(p->at[next], "over", 4) == 0)
				next++;
			if (next < p->count)
				out->list = xlsform_copy(x, p->at[next], p->len[next]);
			return next + 1 >= p->count;
		}
	}
	return false;
}

/* "or other" at the end: how many pieces it takes, 0 for none. */
static size_t other_pieces(const struct pieces *p)
{
	for (size_t take = 1; take <= 3 && take < p->count; take++) {
		char folded[FOLDED_BYTES_MAX];

		fold_pieces(p, p->count - take, p->count, folded, sizeof(folded));
		for (size_t i = 0; i < COUNT(OTHERS); i++)
			if (strcmp(folded, OTHERS[i]) == 0)
				return take;
	}
	return 0;
}

static bool read_select(struct xlsform *x, const struct pieces *p, struct xlsform_type *out)
{
	size_t others = other_pieces(p);
	size_t words = p->count - others;
	char folded[FOLDED_BYTES_MAX];

	if (words < 2)
		return false;
	fold_pieces(p, 0, words - 1, folded, sizeof(folded));
	for (size_t i = 0; i < COUNT(SELECTS); i++) {
		if (strcmp(folded, SELECTS[i].folded) != 0)
			continue;
		out->kind = SELECTS[i].kind;
		out->type = SELECTS[i].type;
		out->word = SELECTS[i].word;
		out->list = xlsform_copy(x, p->at[words - 1], p->len[words - 1]);
		out->has_other = others > 0;
		return true;
	}
	return false;
}

void xlsform_words_type(struct xlsform *x, const char *cell, struct xlsform_type *out)
{
	struct pieces p;
	char folded[FOLDED_BYTES_MAX];

	*out = (struct xlsform_type){ .kind = XLSFORM_NO_TYPE, .word = "", .list = "", .constraint = "" };
	if (!cut_pieces(cell, &p) || read_control(x, &p, out) || read_select(x, &p, out))
		return;
	*out = (struct xlsform_type){ .kind = XLSFORM_NO_TYPE, .word = "", .list = "", .constraint = "" };
	fold_pieces(&p, 0, p.count, folded, sizeof(folded));
	for (size_t i = 0; i < COUNT(TYPES); i++) {
		if (strcmp(folded, TYPES[i].folded) != 0)
			continue;
		*out = (struct xlsform_type){ .kind = TYPES[i].kind, .type = TYPES[i].type, .word = TYPES[i].word, .list = "",
			.constraint = TYPES[i].constraint };
		return;
	}
}

const char *xlsform_words_select_without_list(const char *cell)
{
	char folded[FOLDED_BYTES_MAX];

	xlsform_words_fold(cell, folded, sizeof(folded));
	for (size_t i = 0; i < COUNT(SELECTS); i++) {
		size_t len = strlen(SELECTS[i].folded);

		if (strncmp(folded, SELECTS[i].folded, len) == 0 && (folded[len] == '\0' || folded[len] == ' '))
			return SELECTS[i].word;
	}
	return NULL;
}

const char *xlsform_words_like_type(const char *cell)
{
	char folded[FOLDED_BYTES_MAX];
	const char *best = NULL;
	unsigned distance = 3;

	xlsform_words_fold(cell, folded, sizeof(folded));
	for (size_t i = 0; i < COUNT(TYPES); i++) {
		unsigned d = xlsform_words_distance(folded, TYPES[i].folded, 2);

		if (d < distance && d < strlen(folded)) {
			distance = d;
			best = TYPES[i].word;
		}
	}
	return best;
}

/* ---- columns ---- */

struct column_word {
	const char *space;   /* the word before "::"; "" without */
	const char *folded;
	enum xlsform_sense sense;
	int id;
};

static const struct column_word SURVEY[] = {
	{ "", "type", XLSFORM_PLAIN, XLSFORM_TYPE }, { "", "command", XLSFORM_PLAIN, XLSFORM_TYPE },
	{ "", "name", XLSFORM_PLAIN, XLSFORM_NAME }, { "", "value", XLSFORM_PLAIN, XLSFORM_NAME }, { "", "tag", XLSFORM_PLAIN, XLSFORM_NAME },
	{ "", "label", XLSFORM_WORDS, FORM_LABEL }, { "", "caption", XLSFORM_WORDS, FORM_LABEL },
	{ "", "hint", XLSFORM_WORDS, FORM_HINT },
	{ "", "guidance hint", XLSFORM_WORDS, FORM_GUIDANCE },
	{ "", "required message", XLSFORM_WORDS, FORM_REQUIRED_MESSAGE }, { "", "requiredmsg", XLSFORM_WORDS, FORM_REQUIRED_MESSAGE },
	{ "bind", "jr:requiredmsg", XLSFORM_WORDS, FORM_REQUIRED_MESSAGE },
	{ "", "constraint message", XLSFORM_WORDS, FORM_CONSTRAINT_MESSAGE },
	{ "", "constraining message", XLSFORM_WORDS, FORM_CONSTRAINT_MESSAGE },
	{ "bind", "jr:constraintmsg", XLSFORM_WORDS, FORM_CONSTRAINT_MESSAGE },
	{ "", "image", XLSFORM_WORDS, FORM_PICTURE }, { "media", "image", XLSFORM_WORDS, FORM_PICTURE },
	{ "", "big-image", XLSFORM_WORDS, XLSFORM_BIG_IMAGE }, { "media", "big-image", XLSFORM_WORDS, XLSFORM_BIG_IMAGE },
	{ "", "audio", XLSFORM_WORDS, XLSFORM_AUDIO }, { "media", "audio", XLSFORM_WORDS, XLSFORM_AUDIO },
	{ "", "video", XLSFORM_WORDS, XLSFORM_VIDEO }, { "media", "video", XLSFORM_WORDS, XLSFORM_VIDEO },
	{ "", "required", XLSFORM_PLAIN, FORM_REQUIRED }, { "bind", "required", XLSFORM_PLAIN, FORM_REQUIRED },
	{ "", "relevant", XLSFORM_PLAIN, FORM_RELEVANT }, { "", "relevance", XLSFORM_PLAIN, FORM_RELEVANT },
	{ "bind", "relevant", XLSFORM_PLAIN, FORM_RELEVANT },
	{ "", "constraint", XLSFORM_PLAIN, FORM_CONSTRAINT }, { "bind", "constraint", XLSFORM_PLAIN, FORM_CONSTRAINT },
	{ "", "calculation", XLSFORM_PLAIN, FORM_CALCULATION }, { "", "calculate", XLSFORM_PLAIN, FORM_CALCULATION },
	{ "bind", "calculate", XLSFORM_PLAIN, FORM_CALCULATION },
	{ "", "default", XLSFORM_PLAIN, FORM_DEFAULT },
	{ "", "trigger", XLSFORM_PLAIN, FORM_TRIGGER },
	{ "", "readonly", XLSFORM_PLAIN, FORM_READONLY }, { "", "read only", XLSFORM_PLAIN, FORM_READONLY },
	{ "bind", "readonly", XLSFORM_PLAIN, FORM_READONLY },
	{ "", "appearance", XLSFORM_PLAIN, FORM_APPEARANCE }, { "control", "appearance", XLSFORM_PLAIN, FORM_APPEARANCE },
	{ "body", "appearance", XLSFORM_PLAIN, FORM_APPEARANCE },
	{ "", "parameters", XLSFORM_PLAIN, FORM_PARAMETERS },
	{ "", "choice filter", XLSFORM_PLAIN, FORM_CHOICE_FILTER },
	{ "", "repeat count", XLSFORM_PLAIN, FORM_REPEAT_COUNT }, { "", "count", XLSFORM_PLAIN, FORM_REPEAT_COUNT },
	{ "", "jr:count", XLSFORM_PLAIN, FORM_REPEAT_COUNT }, { "control", "jr:count", XLSFORM_PLAIN, FORM_REPEAT_COUNT },
	{ "body", "jr:count", XLSFORM_PLAIN, FORM_REPEAT_COUNT },
	{ "", "save to", XLSFORM_PLAIN, XLSFORM_SAVE_TO }, { "bind", "entities:saveto", XLSFORM_PLAIN, XLSFORM_SAVE_TO },
	{ "", "disabled", XLSFORM_PLAIN, XLSFORM_DISABLED },
	{ "", "rows", XLSFORM_PLAIN, XLSFORM_ROWS }, { "control", "rows", XLSFORM_PLAIN, XLSFORM_ROWS }, { "body", "rows", XLSFORM_PLAIN, XLSFORM_ROWS },
	{ "", "autoplay", XLSFORM_IGNORED, 0 }, { "", "intent", XLSFORM_IGNORED, 0 }, { "", "compact tag", XLSFORM_IGNORED, 0 },
	{ "", "no app error string", XLSFORM_IGNORED, 0 }, { "", "noapperrorstring", XLSFORM_IGNORED, 0 }, { "", "list name", XLSFORM_IGNORED, 0 },
	{ "", "sms field", XLSFORM_IGNORED, 0 }, { "", "sms option", XLSFORM_IGNORED, 0 }, { "", "sms separator", XLSFORM_IGNORED, 0 },
	{ "", "sms allow media", XLSFORM_IGNORED, 0 }, { "", "sms date format", XLSFORM_IGNORED, 0 }, { "", "sms response", XLSFORM_IGNORED, 0 },
	{ "", "sms datetime format", XLSFORM_IGNORED, 0 },
};

static const struct column_word CHOICES[] = {
	{ "", "list name", XLSFORM_PLAIN, XLSFORM_LIST },
	{ "", "name", XLSFORM_PLAIN, XLSFORM_NAME }, { "", "value", XLSFORM_PLAIN, XLSFORM_NAME },
	{ "", "label", XLSFORM_WORDS, FORM_LABEL }, { "", "caption", XLSFORM_WORDS, FORM_LABEL },
	{ "", "image", XLSFORM_WORDS, FORM_PICTURE }, { "media", "image", XLSFORM_WORDS, FORM_PICTURE },
	{ "", "big-image", XLSFORM_WORDS, XLSFORM_BIG_IMAGE }, { "media", "big-image", XLSFORM_WORDS, XLSFORM_BIG_IMAGE },
	{ "", "audio", XLSFORM_WORDS, XLSFORM_AUDIO }, { "media", "audio", XLSFORM_WORDS, XLSFORM_AUDIO },
	{ "", "video", XLSFORM_WORDS, XLSFORM_VIDEO }, { "media", "video", XLSFORM_WORDS, XLSFORM_VIDEO },
};

/* Behind mandoob:: the names of the survey's own columns are known as well: they override. */
static const struct column_word OWN[] = {
	{ "", "entry", XLSFORM_PLAIN, XLSFORM_ENTRY },
	{ "", "write", XLSFORM_PLAIN, XLSFORM_WRITE },
	{ "", "protected", XLSFORM_PLAIN, XLSFORM_PROTECTED },
	{ "", "class", XLSFORM_PLAIN, XLSFORM_CLASS },
	{ "", "hidden", XLSFORM_PLAIN, XLSFORM_HIDDEN }, { "", "hide from applicant", XLSFORM_PLAIN, XLSFORM_HIDDEN },
	{ "", "restricted", XLSFORM_PLAIN, XLSFORM_RESTRICTED },
	{ "", "warning", XLSFORM_PLAIN, FORM_WARNING },
	{ "", "warning message", XLSFORM_WORDS, FORM_WARNING_MESSAGE },
	{ "", "on finish", XLSFORM_PLAIN, FORM_ON_FINISH },
	{ "", "note", XLSFORM_PLAIN, FORM_NOTE_COLUMN },
};

static bool find_column(const struct column_word *words, size_t count, const char *space, const char *folded, struct xlsform_head *out)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].space, space) == 0 && strcmp(words[i].folded, folded) == 0) {
			out->sense = words[i].sense;
			out->id = words[i].id;
			return true;
		}
	return false;
}

bool xlsform_words_column(bool is_choices, const char *space, const char *folded, struct xlsform_head *out)
{
	if (is_choices)
		return find_column(CHOICES, COUNT(CHOICES), space, folded, out);
	return find_column(SURVEY, COUNT(SURVEY), space, folded, out);
}

bool xlsform_words_own(const char *folded, struct xlsform_head *out)
{
	return find_column(OWN, COUNT(OWN), "", folded, out) || find_column(SURVEY, COUNT(SURVEY), "", folded, out);
}

const char *xlsform_words_like_column(bool is_choices, const char *folded)
{
	const struct column_word *words = is_choices ? CHOICES : SURVEY;
	size_t count = is_choices ? COUNT(CHOICES) : COUNT(SURVEY);

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(words[i].folded);

		if (words[i].space[0] == '\0' && words[i].sense != XLSFORM_IGNORED && len > 3 &&
			xlsform_words_distance(folded, words[i].folded, len > 6 ? 2 : 1) <= (len > 6 ? 2u : 1u))
			return words[i].folded;
	}
	return NULL;
}

static const char *const PLAIN[XLSFORM_PLAIN_COUNT] = {
	[FORM_REQUIRED] = "required", [FORM_RELEVANT] = "relevant", [FORM_CONSTRAINT] = "constraint", [FORM_WARNING] = "warning",
	[FORM_CALCULATION] = "calculation", [FORM_DEFAULT] = "default", [FORM_TRIGGER] = "trigger", [FORM_READONLY] = "readonly",
	[FORM_APPEARANCE] = "appearance", [FORM_PARAMETERS] = "parameters", [FORM_CHOICE_FILTER] = "choice_filter",
	[FORM_REPEAT_COUNT] = "repeat_count", [FORM_ON_FINISH] = "on_finish", [FORM_NOTE_COLUMN] = "note", [XLSFORM_TYPE] = "type",
	[XLSFORM_NAME] = "name", [XLSFORM_LIST] = "list_name", [XLSFORM_ENTRY] = "entry", [XLSFORM_WRITE] = "write",
	[XLSFORM_PROTECTED] = "protected", [XLSFORM_CLASS] = "class", [XLSFORM_HIDDEN] = "hidden", [XLSFORM_RESTRICTED] = "restricted",
	[XLSFORM_SAVE_TO] = "save_to", [XLSFORM_DISABLED] = "disabled", [XLSFORM_ROWS] = "rows",
};

static const char *const WORDS[XLSFORM_WORDS_COUNT] = {
	[FORM_LABEL] = "label", [FORM_HINT] = "hint", [FORM_GUIDANCE] = "guidance_hint", [FORM_REQUIRED_MESSAGE] = "required_message",
	[FORM_CONSTRAINT_MESSAGE] = "constraint_message", [FORM_WARNING_MESSAGE] = "warning_message", [FORM_PICTURE] = "image",
	[XLSFORM_BIG_IMAGE] = "big-image", [XLSFORM_AUDIO] = "audio", [XLSFORM_VIDEO] = "video",
};

const char *xlsform_words_plain(int id)
{
	return PLAIN[id];
}

const char *xlsform_words_words(int id)
{
	return WORDS[id];
}

/* ---- settings ---- */

struct setting_word {
	const char *folded;
	const char *key; /* "" known elsewhere, means nothing here */
};

static const struct setting_word SETTINGS[] = {
	{ "form id", "form_id" }, { "id string", "form_id" }, { "set form id", "form_id" },
	{ "form title", "form_title" }, { "title", "form_title" }, { "set form title", "form_title" },
	{ "version", "version" },
	{ "default language", "default_language" },
	{ "instance name", "instance_name" },
	{ "allow choice duplicates", "allow_choice_duplicates" },
	{ "name", "name" },
	{ "clean text values", "clean_text_values" },
	{ "omit instanceid", "omit_instanceid" },
	{ "public key", "public_key" },
	{ "submission url", "" }, { "auto send", "" }, { "auto delete", "" }, { "client editable", "" }, { "namespaces", "" },
	{ "instance id", "" }, { "instance xmlns", "" }, { "style", "" }, { "sms keyword", "" }, { "sms separator", "" },
	{ "sms allow media", "" }, { "sms date format", "" }, { "sms datetime format", "" }, { "prefix", "" }, { "delimiter", "" },
	{ "flat", "" }, { "add none option", "" }, { "attribute", "" }, { "type", "" }, { "label", "" },
};

const char *xlsform_words_setting(const char *folded)
{
	for (size_t i = 0; i < COUNT(SETTINGS); i++)
		if (strcmp(SETTINGS[i].folded, folded) == 0)
			return SETTINGS[i].key;
	return NULL;
}

const char *xlsform_words_like_setting(const char *folded)
{
	for (size_t i = 0; i < COUNT(SETTINGS); i++)
		if (SETTINGS[i].key[0] != '\0' && strlen(folded) > 3 && xlsform_words_distance(folded, SETTINGS[i].folded, 2) <= 2)
			return SETTINGS[i].key;
	return NULL;
}

int xlsform_words_yes(const char *text)
{
	static const char *const YES[] = { "yes", "true", "true()", "نعم" };
	static const char *const NO[] = { "no", "false", "false()", "لا" };

	for (size_t i = 0; i < COUNT(YES); i++) {
		if (strcasecmp(text, YES[i]) == 0)
			return 1;
		if (strcasecmp(text, NO[i]) == 0)
			return 0;
	}
	return -1;
}

#define DISTANCE_BYTES_MAX 40

unsigned xlsform_words_distance(const char *a, const char *b, unsigned max)
{
	unsigned rows[3][DISTANCE_BYTES_MAX + 1];
	size_t m = strlen(a), n = strlen(b);

	if (m > DISTANCE_BYTES_MAX || n > DISTANCE_BYTES_MAX || m > n + max || n > m + max)
		return max + 1;
	for (size_t j = 0; j <= n; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= m; i++) {
		unsigned *now = rows[i % 3], *before = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned best = before[j - 1] + (a[i - 1] != b[j - 1]);

			best = before[j] + 1 < best ? before[j] + 1 : best;
			best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && older[j - 2] + 1 < best)
				best = older[j - 2] + 1;
			now[j] = best;
		}
	}
	return rows[m % 3][n];
}
