/*
 * workbook: what an author wrote, as sheets of text cells: from .xlsx (zip.c, xlsx.c) or from .csv files.
 *
 * A workbook is the most hostile thing the centre reads: anybody can make one. Every size has a ceiling before memory is taken:
 * parts and their sum after inflating, ratio, rows, columns, cells, one cell's text, depth of XML; entities that a document
 * declares are refused. What is refused is said with the part's name; nothing is changed by it.
 */
#ifndef SERVER_AUTHOR_WORKBOOK_H
#define SERVER_AUTHOR_WORKBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

#define WORKBOOK_BYTES_MAX (16 * 1024 * 1024)  /* the file */
#define WORKBOOK_PART_BYTES_MAX (64 * 1024 * 1024) /* one part inflated; all together at most twice that */
#define WORKBOOK_SHEETS_MAX 64
#define WORKBOOK_ROWS_MAX 65536    /* of one sheet: rows that hold something, and the highest row number of one that does */
#define WORKBOOK_COLUMNS_MAX 1024
#define WORKBOOK_CELLS_MAX 2000000 /* of all sheets */
#define WORKBOOK_CELL_BYTES_MAX 32768 /* a longer one is kept as is_too_long with its beginning */
#define WORKBOOK_TEXT_BYTES_MAX (64 * 1024 * 1024) /* of all cells */

struct workbook_cell {
	uint32_t column;      /* from 0: A */
	bool is_too_long;
	const char *text;     /* clean UTF-8 (proto/base/text.h, line breaks kept), spaces cut at both ends; never empty */
};

struct workbook_row {
	uint32_t number;      /* as the author's program counts, from 1 */
	struct workbook_cell *cells; /* by column */
	size_t cell_count;    /* at least 1 */
};

struct workbook_sheet {
	const char *name;     /* as written */
	bool is_hidden;
	struct workbook_row *rows; /* by number; empty ones are absent */
	size_t row_count;
};

struct workbook {
	struct workbook_sheet *sheets;
	size_t sheet_count;
	void *arena;          /* owns all */
};

/*
 * Read an .xlsx of `len` bytes. ERR_CORRUPT, ERR_LIMIT with the part and what was expected (an .xls, .ods or encrypted file is
 * named as what it is), ERR_NOMEM. Free with workbook_fini().
 */
int workbook_read_xlsx(const void *data, size_t len, struct workbook *out) MUST_CHECK;

/* CSV files as the sheets of one workbook: names[i] ("survey.csv", "/a/b/choices.csv") gives the sheet its name. */
struct workbook_csv {
	const char *name;
	const void *data;
	size_t len;
};
int workbook_read_csv(const struct workbook_csv *files, size_t count, struct workbook *out) MUST_CHECK;
void workbook_fini(struct workbook *w);

/* The sheet of that name, case and spaces at the ends forgiven; NULL. */
const struct workbook_sheet *workbook_sheet(const struct workbook *w, const char *name);
/* The text of a cell; "" when empty. */
const char *workbook_cell(const struct workbook_row *row, uint32_t column);

/* "A", "Z", "AA": the letters of column `column` from 0. */
#define WORKBOOK_LETTERS_BYTES 8
const char *workbook_letters(uint32_t column, char out[static WORKBOOK_LETTERS_BYTES]);

/*
 * Append an .xlsx that holds the given sheets: what spreadsheet programs and the field's compilers open. Text cells only, header row
 * frozen and bold, sensible column widths, right-to-left view for sheets whose first label column is Arabic. Deterministic: the
 * same cells give the same bytes.
 */
int workbook_write_xlsx(const struct workbook *w, struct buf *out) MUST_CHECK;

#endif
