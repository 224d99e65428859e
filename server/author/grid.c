/*
 * grid: see grid.h. Finished rows and texts live in the arena that the workbook takes along; the row and the list of rows that
 * still grow live in arrays of their own.
 */
#include "server/author/grid.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/text.h"

#define ARENA_BYTES_MAX (256u * 1024 * 1024) /* texts once and for shared strings again, cells, rows */
#define ROWS_FIRST 256

/* The messages below say these. */
static_assert(WORKBOOK_ROWS_MAX == 65536, "rows");
static_assert(WORKBOOK_COLUMNS_MAX == 1024, "columns: AMJ is the last");
static_assert(WORKBOOK_CELLS_MAX == 2000000, "cells");
static_assert(WORKBOOK_TEXT_BYTES_MAX == 64 * 1024 * 1024, "text");

struct grid {
	struct arena *arena;                 /* owned until grid_finish() */
	struct workbook_sheet *sheets;       /* in the arena, WORKBOOK_SHEETS_MAX */
	size_t sheet_count;
	struct workbook_row *rows;           /* owned; of the sheet begun last */
	size_t row_count;                    /* the last one is still growing, in `cells` */
	size_t row_cap;
	struct workbook_cell cells[WORKBOOK_COLUMNS_MAX]; /* of the growing row */
	size_t cell_count;
	size_t cells_left;                   /* of WORKBOOK_CELLS_MAX */
	size_t text_left;                    /* of WORKBOOK_TEXT_BYTES_MAX */
	struct buf cleaned;                  /* work space of grid_text() */
};

struct grid *grid_new(void)
{
	struct grid *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	buf_init(&g->cleaned, 2 * WORKBOOK_CELL_BYTES_MAX);
	g->cells_left = WORKBOOK_CELLS_MAX;
	g->text_left = WORKBOOK_TEXT_BYTES_MAX;
	g->arena = arena_new(ARENA_BYTES_MAX);
	g->sheets = g->arena ? arena_alloc(g->arena, WORKBOOK_SHEETS_MAX, sizeof(*g->sheets)) : NULL;
	if (!g->sheets) {
		grid_free(g);
		return NULL;
	}
	return g;
}

void grid_free(struct grid *g)
{
	if (!g)
		return;
	arena_free(g->arena);
	buf_fini(&g->cleaned);
	free(g->rows);
	free(g);
}

/* How many of the first `max` bytes are whole characters. */
static size_t whole_characters(const char *raw, size_t len, size_t max)
{
	size_t at = max < len ? max : len;

	while (at > 0 && at < len && ((unsigned char)raw[at] & 0xC0) == 0x80)
		at--;
	return at;
}

int grid_text(struct grid *g, const char *raw, size_t len, struct grid_text *out)
{
	struct grid_text t = { .is_too_long = len > WORKBOOK_CELL_BYTES_MAX };
	int rc = 0;

	*out = (struct grid_text){ 0 };
	if (len == 0)
		return 0;
	if (t.is_too_long)
		len = whole_characters(raw, len, GRID_KEPT_BYTES);
	if (!text_is_plain(raw, len)) {
		buf_clear(&g->cleaned);
		rc = text_clean(&g->cleaned, raw, len);
		raw = (const char *)g->cleaned.data;
		len = g->cleaned.len;
	}
	if (rc != 0)
		return rc;
	if (t.is_too_long && len == 0) {
		raw = "\xe2\x80\xa6";
		len = 3;
	}
	if (len == 0)
		return 0;
	t.text = arena_copy(g->arena, raw, len);
	if (!t.text)
		return arena_error(g->arena);
	t.len = (uint32_t)len;
	*out = t;
	return 0;
}

/* The cells of the growing row move to the arena. */
static int row_end(struct grid *g)
{
	struct workbook_row *row;

	if (g->cell_count == 0)
		return 0;
	assert(g->row_count > 0);
	row = &g->rows[g->row_count - 1];
	row->cells = arena_alloc(g->arena, g->cell_count, sizeof(*row->cells));
	if (!row->cells)
		return arena_error(g->arena);
	memcpy(row->cells, g->cells, g->cell_count * sizeof(*row->cells));
	row->cell_count = g->cell_count;
	g->cell_count = 0;
	return 0;
}

static int sheet_end(struct grid *g)
{
	struct workbook_sheet *sheet;
	int rc = row_end(g);

	if (rc != 0 || g->sheet_count == 0)
		return rc;
	sheet = &g->sheets[g->sheet_count - 1];
	sheet->rows = arena_alloc(g->arena, g->row_count, sizeof(*sheet->rows));
	if (!sheet->rows)
		return arena_error(g->arena);
	if (g->row_count)
		memcpy(sheet->rows, g->rows, g->row_count * sizeof(*sheet->rows));
	sheet->row_count = g->row_count;
	g->row_count = 0;
	return 0;
}

int grid_sheet(struct grid *g, const char *name, bool is_hidden)
{
	struct grid_text text;
	int rc = sheet_end(g);

	if (rc != 0)
		return rc;
	if (g->sheet_count == WORKBOOK_SHEETS_MAX)
		return err_set(ERR_LIMIT, "the workbook has more than %d sheets: remove those that are not needed", WORKBOOK_SHEETS_MAX);
	if (strlen(name) > GRID_SHEET_NAME_BYTES_MAX)
		return err_set(ERR_LIMIT, "sheet %zu: its name is too long", g->sheet_count + 1);
	rc = grid_text(g, name, strlen(name), &text);
	if (rc != 0)
		return rc;
	g->sheets[g->sheet_count++] = (struct workbook_sheet){ .name = text.text ? text.text : "", .is_hidden = is_hidden };
	return 0;
}

static int cell_refused(const struct grid *g, int code, uint32_t row, uint32_t column, const char *what)
{
	char letters[WORKBOOK_LETTERS_BYTES];

	return err_set(code, "sheet %s, cell %s%u: %s", g->sheets[g->sheet_count - 1].name, workbook_letters(column, letters), row, what);
}

static int row_begin(struct grid *g, uint32_t number)
{
	int rc = row_end(g);

	if (rc != 0)
		return rc;
	if (g->row_count == g->row_cap) {
		size_t cap = g->row_cap ? g->row_cap * 2 : ROWS_FIRST;
		struct workbook_row *grown = realloc(g->rows, cap * sizeof(*grown));

		if (!grown)
			return err_set(ERR_NOMEM, "workbook: no memory");
		g->rows = grown;
		g->row_cap = cap;
	}
	g->rows[g->row_count++] = (struct workbook_row){ .number = number };
	return 0;
}

int grid_cell(struct grid *g, uint32_t row, uint32_t column, const struct grid_text *text)
{
	uint32_t last;

	assert(g->sheet_count > 0);
	if (!text->text)
		return 0;
	if (row == 0 || row > WORKBOOK_ROWS_MAX)
		return cell_refused(g, ERR_LIMIT, row, column, "something stands below the last row that is read, 65536: remove it");
	if (column >= WORKBOOK_COLUMNS_MAX)
		return cell_refused(g, ERR_LIMIT, row, column, "something stands beyond the last column that is read, AMJ: remove it");
	last = g->row_count ? g->rows[g->row_count - 1].number : 0;
	if (row < last || (row == last && column <= g->cells[g->cell_count - 1].column))
		return cell_refused(g, ERR_CORRUPT, row, column, "the cells are not in order: save the file again as .xlsx");
	if (g->cells_left == 0)
		return cell_refused(g, ERR_LIMIT, row, column, "the workbook has more cells than are read, 2000000");
	if (text->len > g->text_left)
		return cell_refused(g, ERR_LIMIT, row, column, "the workbook has more text than is read, 64 MiB");
	if (row != last) {
		int rc = row_begin(g, row);

		if (rc != 0)
			return rc;
	}
	g->cells_left--;
	g->text_left -= text->len;
	g->cells[g->cell_count++] = (struct workbook_cell){ .column = column, .is_too_long = text->is_too_long, .text = text->text };
	return 0;
}

int grid_finish(struct grid *g, struct workbook *out)
{
	int rc = sheet_end(g);

	if (rc != 0)
		return rc;
	*out = (struct workbook){ .sheets = g->sheets, .sheet_count = g->sheet_count, .arena = g->arena };
	g->arena = NULL;
	g->sheets = NULL;
	g->sheet_count = 0;
	return 0;
}
