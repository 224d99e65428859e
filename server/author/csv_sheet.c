/*
 * csv_sheet: see csv_sheet.h. (proto/form/csv.c reads tables of known columns; an author's sheet has any columns and many of them.)
 */
#include "server/author/csv_sheet.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"

static const char BYTE_ORDER_MARK[] = "\xef\xbb\xbf";

/* Where the cutting stands. */
struct cutter {
	struct grid *grid;
	const char *name;   /* of the file */
	const char *text;
	size_t len;
	size_t at;
	char separator;
	uint32_t row;       /* from 1 */
	uint32_t column;    /* from 0 */
	struct buf unquoted; /* the quoted cell being read */
};

static int row_broken(const struct cutter *k, const char *what)
{
	return err_set(ERR_CORRUPT, "%s: row %u: %s", k->name, k->row, what);
}

/* The character at `at`, or 0 at the end; the text holds no NUL. */
static char char_at(const struct cutter *k, size_t at)
{
	return at < k->len ? k->text[at] : '\0';
}

static bool is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

/* The separator that stands most often, outside quotation marks, in the line at `at`. */
static char separator_find(const struct cutter *k)
{
	static const char SEPARATORS[] = ",;\t";
	size_t counts[3] = { 0 };
	size_t best = 0;
	bool is_quoted = false;

	for (size_t at = k->at; at < k->len && (is_quoted || !is_line_end(k->text[at])); at++) {
		const char *found = memchr(SEPARATORS, k->text[at], 3);

		if (k->text[at] == '"')
			is_quoted = !is_quoted;
		else if (found && !is_quoted)
			counts[found - SEPARATORS]++;
	}
	for (size_t i = 1; i < 3; i++)
		if (counts[i] > counts[best])
			best = i;
	return SEPARATORS[best];
}

/* Step over a line end, CRLF as one. */
static void line_end_skip(struct cutter *k)
{
	k->at += char_at(k, k->at) == '\r' && char_at(k, k->at + 1) == '\n' ? 2 : 1;
}

static void prologue_read(struct cutter *k)
{
	if (k->len >= 3 && memcmp(k->text, BYTE_ORDER_MARK, 3) == 0)
		k->at = 3;
	if (k->len - k->at >= 5 && memcmp(k->text + k->at, "sep=", 4) == 0 && !is_line_end(k->text[k->at + 4])) {
		k->separator = k->text[k->at + 4];
		k->at += 5;
		if (k->at < k->len && is_line_end(k->text[k->at]))
			line_end_skip(k);
	} else {
		k->separator = separator_find(k);
	}
}

static int cell_put(struct cutter *k, const char *raw, size_t len)
{
	struct grid_text text;
	int rc = grid_text(k->grid, raw, len, &text);

	return rc == 0 ? grid_cell(k->grid, k->row, k->column, &text) : rc;
}

/* `at` stands on the opening quotation mark, and moves behind the closing one. */
static int quoted_read(struct cutter *k)
{
	buf_clear(&k->unquoted);
	k->at++;
	for (;;) {
		const char *quote = memchr(k->text + k->at, '"', k->len - k->at);
		size_t len = quote ? (size_t)(quote - k->text) - k->at : k->len - k->at;

		if (!quote)
			return row_broken(k, "a quotation mark is opened and not closed");
		buf_append(&k->unquoted, k->text + k->at, len);
		k->at += len + 1;
		if (char_at(k, k->at) != '"')
			break;
		buf_append(&k->unquoted, "\"", 1);
		k->at++;
	}
	if (k->at < k->len && k->text[k->at] != k->separator && !is_line_end(k->text[k->at]))
		return row_broken(k, "text stands behind a closing quotation mark");
	if (buf_error(&k->unquoted) != 0)
		return buf_error(&k->unquoted);
	return cell_put(k, (const char *)k->unquoted.data, k->unquoted.len);
}

static int plain_read(struct cutter *k)
{
	size_t begin = k->at;

	while (k->at < k->len && k->text[k->at] != k->separator && !is_line_end(k->text[k->at]))
		k->at++;
	return cell_put(k, k->text + begin, k->at - begin);
}

static int cells_read(struct cutter *k)
{
	while (k->at < k->len) {
		int rc = k->text[k->at] == '"' ? quoted_read(k) : plain_read(k);

		if (rc != 0)
			return rc;
		if (k->at == k->len)
			break;
		if (k->text[k->at] == k->separator) {
			k->at++;
			k->column++;
		} else {
			line_end_skip(k);
			k->row++;
			k->column = 0;
		}
	}
	return 0;
}

int csv_sheet_read(struct grid *g, const char *name, const void *data, size_t len)
{
	struct cutter k = { .grid = g, .name = name, .text = data, .len = len, .row = 1 };
	int rc;

	if (len > WORKBOOK_BYTES_MAX)
		return err_set(ERR_LIMIT, "%s: %zu bytes, at most %d", name, len, WORKBOOK_BYTES_MAX);
	if (len == 0)
		return 0;
	if (!text_is_utf8(data, len) || memchr(data, '\0', len))
		return err_set(ERR_CORRUPT, "%s: not UTF-8 text: save it as \"CSV UTF-8\", or as .xlsx", name);
	buf_init(&k.unquoted, WORKBOOK_BYTES_MAX);
	prologue_read(&k);
	rc = cells_read(&k);
	buf_fini(&k.unquoted);
	return rc;
}
