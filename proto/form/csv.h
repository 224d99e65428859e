/*
 * csv: one CSV table in memory, its columns found by the names in its first row.
 *
 * RFC 4180 with LF or CRLF, UTF-8 with or without byte order mark. Cells lose the spaces at their ends. Rows whose cells
 * are all empty are skipped. The table is foreign: sizes are bounded, every row has as many cells as the first.
 */
#ifndef PROTO_FORM_CSV_H
#define PROTO_FORM_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/err.h"

#define CSV_BYTES_MAX (4 * 1024 * 1024) /* one table: four times the largest canonical form */
#define CSV_COLUMNS_MAX 256
#define CSV_ROWS_MAX 60000

/* A column that the reader of the table knows. */
struct csv_column {
	const char *name;
	bool is_needed; /* the table is refused without it; otherwise its cells read as "" */
};

struct csv;

/*
 * Read `len` bytes of `data` (copied). `columns[0..count)`, at most CSV_COLUMNS_MAX, are all that may occur. `name` names the
 * table in messages and is borrowed for as long as the result lives, as is `columns`. `*out` is owned by the caller.
 * ERR_USAGE with line and reason, ERR_LIMIT, ERR_NOMEM.
 */
int csv_parse(const char *name, const void *data, size_t len, const struct csv_column *columns, size_t count, struct csv **out) MUST_CHECK;
/* As csv_parse(), for a table whose columns the author names: all of them can be read, in the order of the table. */
int csv_parse_all(const char *name, const void *data, size_t len, struct csv **out) MUST_CHECK;
void csv_free(struct csv *c);

/* The columns: those given to csv_parse(), or those of the table. Find: an index, or -1. */
size_t csv_column_count(const struct csv *c);
const char *csv_column_name(const struct csv *c, size_t column);
int csv_column_find(const struct csv *c, const char *name);

/* Rows without the first, and without empty ones. */
size_t csv_row_count(const struct csv *c);

/* The cell of `row` (asserted below the count) in column `column`; "" when the table lacks the column. Borrowed from the table. */
const char *csv_cell(const struct csv *c, size_t row, size_t column);

/* ERR_USAGE with "table: line N, column C: what": for the reader's own complaints about a cell. */
int csv_complain(const struct csv *c, size_t row, size_t column, const char *what) MUST_CHECK;

#endif
