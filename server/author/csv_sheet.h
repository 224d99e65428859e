/*
 * csv_sheet: one CSV file as a sheet of a workbook.
 *
 * RFC 4180, as spreadsheet programs write it: UTF-8 with or without byte order mark, CRLF, LF or CR, any number of cells in a
 * row; between cells stands the comma, semicolon or tab that the first line has most of (programs write the semicolon where the
 * comma is the decimal sign), or what a line "sep=;" before it says. A quotation mark inside an unquoted cell is text. Row
 * numbers count rows as a spreadsheet program shows them, not lines.
 */
#ifndef SERVER_AUTHOR_CSV_SHEET_H
#define SERVER_AUTHOR_CSV_SHEET_H

#include "server/author/grid.h"

/* Fill the sheet of `g` that was begun last. `name` names the file in messages. ERR_CORRUPT with row and reason, ERR_LIMIT, ERR_NOMEM. */
int csv_sheet_read(struct grid *g, const char *name, const void *data, size_t len) MUST_CHECK;

#endif
