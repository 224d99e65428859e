/*
 * grid: a workbook being filled, sheet by sheet, row by row, with every ceiling of workbook.h kept. Both readers (xlsx, csv)
 * fill one, so that they mean the same by a cell.
 *
 * Memory is taken for what is inside the ceilings only. After an error the grid is good for grid_free() alone.
 */
#ifndef SERVER_AUTHOR_GRID_H
#define SERVER_AUTHOR_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/author/workbook.h"

#define GRID_KEPT_BYTES 1024        /* what is kept of a text that is too long */
#define GRID_SHEET_NAME_BYTES_MAX 128 /* spreadsheet programs allow 31 characters */

/* A text as cells hold it, owned by the grid; several cells may share one. */
struct grid_text {
	const char *text; /* NULL when nothing visible is in it */
	uint32_t len;
	bool is_too_long;
};

struct grid;

/* NULL without memory. Free with grid_free(), also after grid_finish(). */
struct grid *grid_new(void);
void grid_free(struct grid *g);

/*
 * Make the text that a cell holds of `raw`: cleaned, or the beginning of it when `len` is above WORKBOOK_CELL_BYTES_MAX.
 * ERR_CORRUPT (not UTF-8), ERR_LIMIT, ERR_NOMEM.
 */
int grid_text(struct grid *g, const char *raw, size_t len, struct grid_text *out) MUST_CHECK;

/* Begin a sheet. ERR_LIMIT: too many, or its name is too long; ERR_CORRUPT: its name is not text; ERR_NOMEM. */
int grid_sheet(struct grid *g, const char *name, bool is_hidden) MUST_CHECK;

/*
 * Put `text` into the cell of `row` (from 1) and `column` (from 0) of the sheet begun last; an empty text changes nothing and is
 * never refused. Cells come in the order of rows, and of columns in them. ERR_LIMIT, ERR_CORRUPT (order), with sheet and cell; ERR_NOMEM.
 */
int grid_cell(struct grid *g, uint32_t row, uint32_t column, const struct grid_text *text) MUST_CHECK;

/* Give all sheets to `out`. The grid is empty afterwards. */
int grid_finish(struct grid *g, struct workbook *out) MUST_CHECK;

#endif
