/*
 * workbook: see workbook.h. Looking into a workbook that is read; reading itself is xlsx.c and csv_sheet.c, writing xlsx_write.c.
 */
#include "server/author/workbook.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "server/author/csv_sheet.h"
#include "server/author/grid.h"
#include "server/author/xlsx.h"

int workbook_read_xlsx(const void *data, size_t len, struct workbook *out)
{
	struct grid *g = grid_new();
	int rc = g ? xlsx_read(data, len, g) : err_set(ERR_NOMEM, "workbook: no memory");

	*out = (struct workbook){ 0 };
	if (rc == 0)
		rc = grid_finish(g, out);
	grid_free(g);
	return rc;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether `a` (`len` bytes) and `b` are the same but for ASCII case. Names in a workbook have no spaces at their ends (grid.h). */
static bool is_same_name(const char *a, size_t len, const char *b)
{
	for (size_t i = 0; i < len; i++)
		if (b[i] == '\0' || lower(a[i]) != lower(b[i]))
			return false;
	return b[len] == '\0';
}

/* "/a/b/choices.csv" to "choices", for `g`. */
static int csv_sheet_begin(struct grid *g, const char *path)
{
	char name[GRID_SHEET_NAME_BYTES_MAX + 1];
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t len = strlen(base);

	if (len >= 4 && is_same_name(base + len - 4, 4, ".csv"))
		len -= 4;
	if (len >= sizeof(name))
		return err_set(ERR_LIMIT, "%s: the name is too long for a sheet", base);
	memcpy(name, base, len);
	name[len] = '\0';
	return grid_sheet(g, name, false);
}

int workbook_read_csv(const struct workbook_csv *files, size_t count, struct workbook *out)
{
	struct grid *g = grid_new();
	int rc = g ? 0 : err_set(ERR_NOMEM, "workbook: no memory");

	*out = (struct workbook){ 0 };
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = csv_sheet_begin(g, files[i].name);
		if (rc == 0)
			rc = csv_sheet_read(g, files[i].name, files[i].data, files[i].len);
	}
	if (rc == 0)
		rc = grid_finish(g, out);
	grid_free(g);
	return rc;
}

void workbook_fini(struct workbook *w)
{
	arena_free(w->arena);
	*w = (struct workbook){ 0 };
}

const struct workbook_sheet *workbook_sheet(const struct workbook *w, const char *name)
{
	const char *wanted = name + strspn(name, " ");
	size_t len = strlen(wanted);

	while (len > 0 && wanted[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < w->sheet_count; i++)
		if (is_same_name(wanted, len, w->sheets[i].name))
			return &w->sheets[i];
	return NULL;
}

const char *workbook_cell(const struct workbook_row *row, uint32_t column)
{
	size_t low = 0, high = row->cell_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (row->cells[mid].column == column)
			return row->cells[mid].text;
		if (row->cells[mid].column < column)
			low = mid + 1;
		else
			high = mid;
	}
	return "";
}

const char *workbook_letters(uint32_t column, char out[static WORKBOOK_LETTERS_BYTES])
{
	char reversed[WORKBOOK_LETTERS_BYTES];
	size_t count = 0;
	uint64_t left = (uint64_t)column + 1;

	while (left > 0) {
		assert(count + 1 < WORKBOOK_LETTERS_BYTES);
		left--;
		reversed[count++] = (char)('A' + left % 26);
		left /= 26;
	}
	for (size_t i = 0; i < count; i++)
		out[i] = reversed[count - 1 - i];
	out[count] = '\0';
	return out;
}

int workbook_write_xlsx(const struct workbook *w, struct buf *out)
{
	return xlsx_write(w, out);
}
