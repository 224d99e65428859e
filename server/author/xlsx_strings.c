/*
 * xlsx_strings: the shared strings of an .xlsx, which cells name by number, and the text of a cell while its pieces come.
 *
 * A string is one <t> or runs <r><t>; phonetic readings (<rPh>) are not part of it. Programs write characters that XML does not
 * allow as _xHHHH_, and a real "_x" before four digits as _x005F_x (ST_Xstring).
 */
#include "server/author/xlsx.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"

#define TEXT_FIRST 256
#define STRINGS_FIRST 256
#define ESCAPE_BYTES 7 /* _xHHHH_ */

int xlsx_text_add(struct xlsx_text *t, const char *text, size_t len)
{
	size_t room = WORKBOOK_CELL_BYTES_MAX + 1 - t->len;

	if (len > room)
		len = room;
	if (t->len + len > t->cap) {
		size_t cap = t->cap ? t->cap : TEXT_FIRST;
		char *grown;

		while (cap < t->len + len)
			cap *= 2;
		grown = realloc(t->bytes, cap);
		if (!grown)
			return err_set(ERR_NOMEM, "xlsx: no memory");
		t->bytes = grown;
		t->cap = cap;
	}
	if (len)
		memcpy(t->bytes + t->len, text, len);
	t->len += len;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The character that the escape at `at` stands for; 0 when there is none, or it is no character (a NUL, half of a pair). */
static uint32_t escape_decode(const char *at, size_t left)
{
	uint32_t cp = 0;

	if (left < ESCAPE_BYTES || at[0] != '_' || at[1] != 'x' || at[ESCAPE_BYTES - 1] != '_')
		return 0;
	for (size_t i = 2; i < ESCAPE_BYTES - 1; i++) {
		int digit = hex_digit(at[i]);

		if (digit < 0)
			return 0;
		cp = cp << 4 | (uint32_t)digit;
	}
	return cp >= 0xD800 && cp <= 0xDFFF ? 0 : cp;
}

static void escapes_decode(struct xlsx_text *t)
{
	size_t to = 0;

	for (size_t from = 0; from < t->len;) {
		uint32_t cp = escape_decode(t->bytes + from, t->len - from);
		uint8_t bytes[4];
		size_t len;

		if (cp == 0) {
			t->bytes[to++] = t->bytes[from++];
			continue;
		}
		len = text_encode(cp, bytes);
		memcpy(t->bytes + to, bytes, len);
		to += len;
		from += ESCAPE_BYTES;
	}
	t->len = to;
}

int xlsx_text_take(struct xlsx_text *t, struct grid *g, struct grid_text *out)
{
	int rc;

	/* One that is too long is cut anyway; decoding must not make it look shorter. */
	if (t->len <= WORKBOOK_CELL_BYTES_MAX && t->len >= ESCAPE_BYTES && memchr(t->bytes, '_', t->len))
		escapes_decode(t);
	rc = grid_text(g, t->bytes, t->len, out);
	t->len = 0;
	return rc;
}

void xlsx_text_fini(struct xlsx_text *t)
{
	free(t->bytes);
	*t = (struct xlsx_text){ 0 };
}

struct reading {
	struct xlsx *x;
	struct xlsx_text text;
	bool is_text;       /* inside a <t> */
};

static int on_start(void *ctx, size_t depth, const char *name, const char **attributes)
{
	struct reading *r = ctx;
	bool is_t = strcmp(name, "t") == 0;

	(void)attributes;
	if (depth == 0)
		return strcmp(name, "sst") == 0 ? 0 : XLSX_XML_SKIP;
	if (depth == 1)
		return strcmp(name, "si") == 0 ? 0 : XLSX_XML_SKIP;
	if ((depth == 2 || depth == 3) && is_t) {
		r->is_text = true;
		return 0;
	}
	return depth == 2 && strcmp(name, "r") == 0 ? 0 : XLSX_XML_SKIP;
}

static int on_text(void *ctx, size_t depth, const char *text, size_t len)
{
	struct reading *r = ctx;

	(void)depth;
	return r->is_text ? xlsx_text_add(&r->text, text, len) : 0;
}

static int string_end(struct reading *r)
{
	struct xlsx *x = r->x;

	if (x->string_count == XLSX_STRINGS_MAX)
		return err_set(ERR_LIMIT, "the file has more than %d texts", XLSX_STRINGS_MAX);
	if (x->string_count == x->string_cap) {
		size_t cap = x->string_cap ? x->string_cap * 2 : STRINGS_FIRST;
		struct grid_text *grown = realloc(x->strings, cap * sizeof(*grown));

		if (!grown)
			return err_set(ERR_NOMEM, "xlsx: no memory");
		x->strings = grown;
		x->string_cap = cap;
	}
	return xlsx_text_take(&r->text, x->grid, &x->strings[x->string_count++]);
}

static int on_end(void *ctx, size_t depth, const char *name)
{
	struct reading *r = ctx;

	(void)name;
	r->is_text = false;
	return depth == 1 ? string_end(r) : 0;
}

int xlsx_strings_read(struct xlsx *x, const char *part)
{
	static const struct xlsx_xml_reader READER = { .start = on_start, .end = on_end, .text = on_text };
	struct reading r = { .x = x };
	int rc = xlsx_xml_read(x->zip, zip_find(x->zip, part), part, &READER, &r);

	xlsx_text_fini(&r.text);
	return rc;
}
