/*
 * xlsx_styles: which cell formats show a number as a date. Nothing else of the styles matters here.
 *
 * A cell names a cell format (cellXfs), that names a number format: a built-in one, or a code of the file ("dd/mm/yyyy"). A code is
 * one of dates when y, m, d, h or s stand in it outside quotation marks and brackets.
 */
#include "server/author/xlsx.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CODES_MAX 4096

struct code {
	uint32_t id;
	enum xlsx_format format;
};

struct reading {
	struct xlsx *x;
	struct code *codes;  /* owned, CODES_MAX; number formats of the file */
	size_t code_count;
	uint32_t *used;      /* owned; the number format of each cell format */
	size_t used_count;
	size_t used_cap;
	bool is_codes;       /* inside <numFmts>, else <cellXfs> */
};

/* The built-in formats that show dates, ECMA-376 part 1, 18.8.30, with those of East Asian programs. */
static enum xlsx_format builtin_format(uint32_t id)
{
	if (id == 46)
		return XLSX_FORMAT_SPAN;
	if ((id >= 18 && id <= 22) || id == 45 || id == 47 || (id >= 32 && id <= 35))
		return XLSX_FORMAT_TIME;
	if ((id >= 14 && id <= 17) || (id >= 27 && id <= 36) || (id >= 50 && id <= 58))
		return XLSX_FORMAT_DATE;
	return XLSX_FORMAT_NUMBER;
}

/* Step over what is not a code by itself: "text", [text], \c, _c, *c. `*is_span` when the bracket is [h], [mm], [ss]. */
static const char *code_skip(const char *at, bool *is_span)
{
	const char *end;

	if (*at == '"' || *at == '[') {
		end = strchr(at + 1, *at == '"' ? '"' : ']');
		if (*at == '[' && end && end > at + 1 && strspn(at + 1, "hHmMsS") == (size_t)(end - at - 1))
			*is_span = true;
		return end ? end + 1 : at + strlen(at);
	}
	if (*at == '\\' || *at == '_' || *at == '*')
		return at[1] ? at + 2 : at + 1;
	return NULL;
}

enum xlsx_format xlsx_styles_format(const char *code)
{
	bool is_span = false, is_date = false, is_time = false;

	if (strcasecmp(code, "general") == 0 || strcasecmp(code, "standard") == 0)
		return XLSX_FORMAT_NUMBER;
	while (*code && *code != ';') {
		const char *behind = code_skip(code, &is_span);

		if (!behind) {
			is_date = is_date || strchr("yYmMdD", *code);
			is_time = is_time || strchr("hHsS", *code);
			behind = code + 1;
		}
		code = behind;
	}
	if (is_span)
		return XLSX_FORMAT_SPAN;
	if (is_time)
		return XLSX_FORMAT_TIME;
	return is_date ? XLSX_FORMAT_DATE : XLSX_FORMAT_NUMBER;
}

static bool id_parse(const char *text, uint32_t *out)
{
	uint32_t v = 0;

	if (!text || !*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || v > 100000000)
			return false;
		v = v * 10 + (uint32_t)(*text - '0');
	}
	*out = v;
	return true;
}

static int code_read(struct reading *r, const char **attributes)
{
	const char *code = xlsx_xml_attribute(attributes, "formatCode");
	uint32_t id;

	if (!code || !id_parse(xlsx_xml_attribute(attributes, "numFmtId"), &id))
		return 0;
	if (r->code_count == CODES_MAX)
		return err_set(ERR_LIMIT, "the file has more than %d number formats", CODES_MAX);
	r->codes[r->code_count++] = (struct code){ .id = id, .format = xlsx_styles_format(code) };
	return 0;
}

static int cell_format_read(struct reading *r, const char **attributes)
{
	uint32_t id = 0;

	if (r->used_count == XLSX_FORMATS_MAX)
		return err_set(ERR_LIMIT, "the file has more than %d cell formats", XLSX_FORMATS_MAX);
	if (r->used_count == r->used_cap) {
		size_t cap = r->used_cap ? r->used_cap * 2 : 256;
		uint32_t *grown = realloc(r->used, cap * sizeof(*grown));

		if (!grown)
			return err_set(ERR_NOMEM, "xlsx: no memory");
		r->used = grown;
		r->used_cap = cap;
	}
	if (!id_parse(xlsx_xml_attribute(attributes, "numFmtId"), &id))
		id = 0;
	r->used[r->used_count++] = id;
	return 0;
}

static int on_start(void *ctx, size_t depth, const char *name, const char **attributes)
{
	struct reading *r = ctx;
	int rc = 0;

	if (depth == 0)
		return strcmp(name, "styleSheet") == 0 ? 0 : XLSX_XML_SKIP;
	if (depth == 1) {
		r->is_codes = strcmp(name, "numFmts") == 0;
		return r->is_codes || strcmp(name, "cellXfs") == 0 ? 0 : XLSX_XML_SKIP;
	}
	if (r->is_codes && strcmp(name, "numFmt") == 0)
		rc = code_read(r, attributes);
	else if (!r->is_codes && strcmp(name, "xf") == 0)
		rc = cell_format_read(r, attributes);
	return rc ? rc : XLSX_XML_SKIP;
}

static int by_id(const void *a, const void *b)
{
	const struct code *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* A code of the file goes before a built-in one. */
static int resolve(struct reading *r)
{
	if (r->used_count == 0)
		return 0;
	r->x->formats = calloc(r->used_count, 1);
	if (!r->x->formats)
		return err_set(ERR_NOMEM, "xlsx: no memory");
	qsort(r->codes, r->code_count, sizeof(*r->codes), by_id);
	for (size_t i = 0; i < r->used_count; i++) {
		struct code wanted = { .id = r->used[i] };
		const struct code *found = bsearch(&wanted, r->codes, r->code_count, sizeof(*r->codes), by_id);

		r->x->formats[i] = (uint8_t)(found ? found->format : builtin_format(r->used[i]));
	}
	r->x->format_count = r->used_count;
	return 0;
}

int xlsx_styles_read(struct xlsx *x, const char *part)
{
	static const struct xlsx_xml_reader READER = { .start = on_start };
	struct reading r = { .x = x, .codes = calloc(CODES_MAX, sizeof(*r.codes)) };
	int rc = r.codes ? 0 : err_set(ERR_NOMEM, "xlsx: no memory");

	if (rc == 0)
		rc = xlsx_xml_read(x->zip, zip_find(x->zip, part), part, &READER, &r);
	if (rc == 0)
		rc = resolve(&r);
	free(r.codes);
	free(r.used);
	return rc;
}
