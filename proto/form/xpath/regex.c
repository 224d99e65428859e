/*
 * regex: see regex.h. First the rewriting of foreign spellings, then PCRE2.
 */
#include "proto/form/xpath/regex.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "proto/base/buf.h"

#define WRITTEN_BYTES_MAX (4 * REGEX_PATTERN_BYTES_MAX)
#define PROPERTY_NAME_BYTES 40
#define NEST_MAX 100          /* parentheses */
#define MATCH_LIMIT 250000    /* steps of one match: some milliseconds */
#define DEPTH_LIMIT 20000     /* backtracking points kept at once */
#define HEAP_LIMIT_KIB 16384

/* Names of \p{...} that PCRE2 does not know, and what they hold, as the inside of a character class. */
static const char *const PROPERTIES[][2] = {
	{ "Letter", "\\p{L}" },
	{ "Lowercase_Letter", "\\p{Ll}" },
	{ "Uppercase_Letter", "\\p{Lu}" },
	{ "Other_Letter", "\\p{Lo}" },
	{ "Mark", "\\p{M}" },
	{ "Nonspacing_Mark", "\\p{Mn}" },
	{ "Number", "\\p{N}" },
	{ "Decimal_Number", "\\p{Nd}" },
	{ "Digit", "\\p{Nd}" },
	{ "Punctuation", "\\p{P}" },
	{ "Symbol", "\\p{S}" },
	{ "Separator", "\\p{Z}" },
	{ "Space_Separator", "\\p{Zs}" },
	{ "Other", "\\p{C}" },
	{ "Control", "\\p{Cc}" },
	{ "Cntrl", "\\p{Cc}" },
	{ "Alnum", "\\p{L}\\p{Nd}" },
	{ "Punct", "\\p{P}\\p{S}" },
	{ "Blank", " \\t" },
	{ "XDigit", "0-9A-Fa-f" },
	{ "Graph", "\\x{21}-\\x{7e}" },
	{ "Print", "\\x{20}-\\x{7e}" },
	{ "InArabic", "\\x{600}-\\x{6ff}" },
	{ "InARABIC", "\\x{600}-\\x{6ff}" },
	{ "InBasicLatin", "\\x{0}-\\x{7f}" },
	{ "InBasic_Latin", "\\x{0}-\\x{7f}" },
};

/* Words before a name that only say what kind of name it is. */
static const char *const PREFIXES[] = { "General_Category=", "gc=", "Is" };

struct rewriter {
	const char *at;    /* next unread byte of the pattern */
	const char *begin;
	struct buf *out;
	bool in_class;
};

static int refuse(const struct rewriter *w, const char *what)
{
	return err_set(ERR_USAGE, "regex: the pattern cannot be read at byte %zu: %s", (size_t)(w->at - w->begin) + 1, what);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads four hexadecimal digits at `p`. */
static bool read_hex4(const char *p, uint32_t *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return false;
		*out = *out << 4 | (uint32_t)digit;
	}
	return true;
}

/* \u0621, a surrogate pair of two of them, or \u{621}; `at` stands on the backslash. */
static int rewrite_unicode(struct rewriter *w)
{
	uint32_t high;
	uint32_t low;

	if (w->at[2] == '{') {
		buf_text(w->out, "\\x");
		w->at += 2;
		return 0;
	}
	if (!read_hex4(w->at + 2, &high))
		return refuse(w, "\\u is followed by four hexadecimal digits");
	w->at += 6;
	if (high >= 0xd800 && high <= 0xdbff && w->at[0] == '\\' && w->at[1] == 'u' && read_hex4(w->at + 2, &low) && low >= 0xdc00 &&
	    low <= 0xdfff) {
		high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
		w->at += 6;
	}
	buf_printf(w->out, "\\x{%x}", high);
	return 0;
}

static const char *property_set(const char *name)
{
	for (size_t i = 0; i < sizeof(PROPERTIES) / sizeof(PROPERTIES[0]); i++)
		if (strcmp(name, PROPERTIES[i][0]) == 0)
			return PROPERTIES[i][1];
	return NULL;
}

static const char *property_name(const char *name)
{
	for (size_t i = 0; i < sizeof(PREFIXES) / sizeof(PREFIXES[0]); i++)
		if (strncmp(name, PREFIXES[i], strlen(PREFIXES[i])) == 0)
			return name + strlen(PREFIXES[i]);
	return name;
}

static int write_property(struct rewriter *w, const char *name, bool is_negative)
{
	const char *set = property_set(name);
	bool is_single;

	name = property_name(name);
	if (set == NULL)
		set = property_set(name);
	if (set == NULL) {
		buf_printf(w->out, "\\%c{%s}", is_negative ? 'P' : 'p', name);
		return 0;
	}
	is_single = set[0] == '\\' && set[1] == 'p' && strchr(set, '}')[1] == '\0';
	if (is_single)
		buf_printf(w->out, "\\%c%s", is_negative ? 'P' : 'p', set + 2);
	else if (!w->in_class)
		buf_printf(w->out, "[%s%s]", is_negative ? "^" : "", set);
	else if (is_negative)
		return refuse(w, "this property cannot stand negated inside a class");
	else
		buf_text(w->out, set);
	return 0;
}

/* \p{name}, \P{name}, \p{^name}; `at` stands on the backslash. */
static int rewrite_property(struct rewriter *w)
{
	char name[PROPERTY_NAME_BYTES];
	bool is_negative = w->at[1] == 'P';
	const char *from = w->at + 3;
	const char *end;
	int rc;

	if (w->at[2] != '{') {
		buf_append(w->out, w->at, 2);
		w->at += 2;
		return 0;
	}
	if (*from == '^') {
		is_negative = !is_negative;
		from++;
	}
	end = strchr(from, '}');
	if (end == NULL || end == from || (size_t)(end - from) >= sizeof(name))
		return refuse(w, "no such property");
	memcpy(name, from, (size_t)(end - from));
	name[end - from] = '\0';
	rc = write_property(w, name, is_negative);
	w->at = end + 1;
	return rc;
}

static void copy(struct rewriter *w, size_t len)
{
	buf_append(w->out, w->at, len);
	w->at += len;
}

static int rewrite_escape(struct rewriter *w)
{
	const char *end;

	switch (w->at[1]) {
	case 'u':
		return rewrite_unicode(w);
	case 'p':
	case 'P':
		return rewrite_property(w);
	case 'Q':
		end = strstr(w->at, "\\E");
		copy(w, end == NULL ? strlen(w->at) : (size_t)(end - w->at) + 2);
		return 0;
	case '\0':
		return refuse(w, "it ends with a backslash");
	default:
		copy(w, 2);
		return 0;
	}
}

static int rewrite_in_class(struct rewriter *w)
{
	const char *end;

	if (w->at[0] == '&' && w->at[1] == '&')
		return refuse(w, "'&&' in a class is not supported");
	if (w->at[0] == '[' && w->at[1] == ':' && (end = strstr(w->at + 2, ":]")) != NULL) {
		copy(w, (size_t)(end - w->at) + 2);
		return 0;
	}
	if (w->at[0] == ']')
		w->in_class = false;
	copy(w, 1);
	return 0;
}

static int rewrite(const char *pattern, struct buf *out)
{
	struct rewriter w = { .at = pattern, .begin = pattern, .out = out };
	int rc = 0;

	while (rc == 0 && *w.at != '\0') {
		if (*w.at == '\\') {
			rc = rewrite_escape(&w);
		} else if (w.in_class) {
			rc = rewrite_in_class(&w);
		} else if (*w.at == '[') {
			w.in_class = true;
			copy(&w, w.at[1] == '^' ? 2 : 1);
		} else {
			copy(&w, 1);
		}
	}
	return rc != 0 ? rc : buf_error(out);
}

/* ---- PCRE2 ---- */

static int compile_failed(int code, size_t at)
{
	PCRE2_UCHAR text[128];

	if (code == PCRE2_ERROR_NOMEMORY || code == PCRE2_ERROR_HEAP_FAILED)
		return err_set(ERR_NOMEM, "regex: no memory");
	if (pcre2_get_error_message(code, text, sizeof(text)) < 0)
		text[0] = '\0';
	return err_set(ERR_USAGE, "regex: the pattern cannot be read near byte %zu: %s", at + 1, (const char *)text);
}

static int compile(const char *pattern, pcre2_code **out)
{
	const uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY |
				 PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_BACKSLASH_C;
	pcre2_compile_context *limits;
	struct buf written;
	size_t at = 0;
	int code = 0;
	int rc;

	*out = NULL;
	if (strlen(pattern) > REGEX_PATTERN_BYTES_MAX)
		return err_set(ERR_LIMIT, "regex: the pattern is longer than %d bytes", REGEX_PATTERN_BYTES_MAX);
	limits = pcre2_compile_context_create(NULL);
	if (limits == NULL)
		return err_set(ERR_NOMEM, "regex: no memory");
	pcre2_set_parens_nest_limit(limits, NEST_MAX);
	buf_init(&written, WRITTEN_BYTES_MAX);
	rc = rewrite(pattern, &written);
	if (rc == 0) {
		*out = pcre2_compile((PCRE2_SPTR)buf_string(&written), written.len, options, &code, &at, limits);
		if (*out == NULL)
			rc = compile_failed(code, at);
	}
	buf_fini(&written);
	pcre2_compile_context_free(limits);
	return rc;
}

static int matched(int code, bool *out)
{
	*out = code >= 0;
	if (code >= 0 || code == PCRE2_ERROR_NOMATCH)
		return 0;
	if (code == PCRE2_ERROR_NOMEMORY)
		return err_set(ERR_NOMEM, "regex: no memory");
	if (code <= PCRE2_ERROR_UTF8_ERR1 && code >= PCRE2_ERROR_UTF8_ERR21)
		return err_set(ERR_CORRUPT, "regex: the value is not UTF-8");
	return err_set(ERR_LIMIT, "regex: the match takes too many steps; write the pattern without nested repetitions");
}

static int match(const pcre2_code *code, const char *value, bool *out)
{
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int rc;

	if (limits == NULL || data == NULL) {
		rc = err_set(ERR_NOMEM, "regex: no memory");
	} else {
		pcre2_set_match_limit(limits, MATCH_LIMIT);
		pcre2_set_depth_limit(limits, DEPTH_LIMIT);
		pcre2_set_heap_limit(limits, HEAP_LIMIT_KIB);
		rc = matched(pcre2_match(code, (PCRE2_SPTR)value, strlen(value), 0, 0, data, limits), out);
	}
	pcre2_match_data_free(data);
	pcre2_match_context_free(limits);
	return rc;
}

int regex_matches(const char *pattern, const char *value, bool *out)
{
	pcre2_code *code;
	int rc;

	*out = false;
	if (strlen(value) > REGEX_VALUE_BYTES_MAX)
		return err_set(ERR_LIMIT, "regex: the value is longer than %d bytes", REGEX_VALUE_BYTES_MAX);
	rc = compile(pattern, &code);
	if (rc != 0)
		return rc;
	rc = match(code, value, out);
	pcre2_code_free(code);
	return rc;
}

int regex_check(const char *pattern)
{
	pcre2_code *code;
	int rc;

	rc = compile(pattern, &code);
	pcre2_code_free(code);
	return rc;
}
