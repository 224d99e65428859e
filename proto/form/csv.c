/*
 * csv: see csv.h. The whole table is copied once; cells are cut out of the copy in place, since a cell never grows.
 */
#include "proto/form/csv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"

#define ROWS_FIRST 64

struct csv_row {
	size_t line;  /* in the file, from 1 */
	size_t cells; /* place of its first cell in the table's cells */
};

struct csv {
	const char *name;
	const struct csv_column *columns; /* NULL: the columns are those of the table */
	size_t column_count;
	int place[CSV_COLUMNS_MAX];  /* of each column: its position in a row, or -1 */
	char *text;                  /* owned copy */
	struct csv_row *rows;        /* [0] is the row of names */
	size_t row_count;
	size_t row_cap;
	char **cells;                /* owned; of all rows, into the copy */
	size_t cells_used;
	size_t cells_cap;
	size_t cell_count;           /* cells in every row */
};

/* Where the cutting of the copy stands. */
struct cutter {
	char *at;
	size_t line;
};

static int row_broken(const struct csv *c, size_t line, const char *what)
{
	return err_set(ERR_USAGE, "%s: line %zu: %s", c->name, line, what);
}

/* Read a quoted cell: `at` stands on the opening quote and moves behind the closing one. Returns its end, or NULL. */
static char *cut_quoted(struct cutter *k)
{
	char *to = k->at;
	char *from = k->at + 1;

	for (; *from; from++) {
		if (*from == '"' && from[1] != '"')
			break;
		if (*from == '"')
			from++;
		if (*from == '\n')
			k->line++;
		if (*from == '\r' && from[1] == '\n')
			continue;
		*to++ = *from;
	}
	if (!*from)
		return NULL;
	k->at = from + 1;
	return to;
}

static char *cut_plain(struct cutter *k)
{
	k->at += strcspn(k->at, ",\r\n\"");
	return k->at;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/*
 * Cut the next cell and NUL-terminate it without the spaces at its ends. `*last` tells that the row ended with it.
 * Returns NULL where a quote stands wrong.
 */
static char *cut_cell(struct cutter *k, bool *last)
{
	char *begin = k->at;
	char *end;
	char stop;

	end = *begin == '"' ? cut_quoted(k) : cut_plain(k);
	if (!end)
		return NULL;
	if (k->at[0] == '\r' && k->at[1] == '\n')
		k->at++;
	stop = *k->at;
	if (stop != '\0' && stop != ',' && stop != '\n')
		return NULL;
	*last = stop != ',';
	if (stop != '\0')
		k->at++;
	if (stop == '\n')
		k->line++;
	while (begin < end && is_blank(*begin))
		begin++;
	while (end > begin && is_blank(end[-1]))
		end--;
	*end = '\0';
	return begin;
}

static int row_add(struct csv *c, size_t line, char *const *cells, size_t count)
{
	if (c->row_count == CSV_ROWS_MAX)
		return err_set(ERR_LIMIT, "%s: more than %d rows", c->name, CSV_ROWS_MAX);
	if (c->row_count == c->row_cap) {
		size_t cap = c->row_cap ? c->row_cap * 2 : ROWS_FIRST;
		struct csv_row *grown = realloc(c->rows, cap * sizeof(*grown));

		if (!grown)
			return err_set(ERR_NOMEM, "%s: no memory", c->name);
		c->rows = grown;
		c->row_cap = cap;
	}
	/* A cell takes at least one byte of the table, so this stays within the ceiling of the table. */
	if (count > c->cells_cap - c->cells_used) {
		size_t cap = c->cells_cap * 2 + count;
		char **grown = realloc(c->cells, cap * sizeof(*grown));

		if (!grown)
			return err_set(ERR_NOMEM, "%s: no memory", c->name);
		c->cells = grown;
		c->cells_cap = cap;
	}
	c->rows[c->row_count++] = (struct csv_row){ .line = line, .cells = c->cells_used };
	memcpy(c->cells + c->cells_used, cells, count * sizeof(*cells));
	c->cells_used += count;
	return 0;
}

static int cut_row(struct csv *c, struct cutter *k)
{
	char *cells[CSV_COLUMNS_MAX];
	size_t line = k->line;
	bool is_empty = true;
	bool last = false;
	size_t count = 0;

	while (!last) {
		if (count == CSV_COLUMNS_MAX)
			return row_broken(c, line, "too many cells");
		cells[count] = cut_cell(k, &last);
		if (!cells[count])
			return row_broken(c, line, "a quotation mark or line end stands wrong");
		is_empty = is_empty && cells[count][0] == '\0';
		count++;
	}
	if (c->row_count == 0)
		c->cell_count = count;
	else if (is_empty)
		return 0;
	else if (count != c->cell_count)
		return row_broken(c, line, "more or fewer cells than the first row has");
	return row_add(c, line, cells, count);
}

static const char *cell_at(const struct csv *c, size_t row, int place)
{
	return place < 0 ? "" : c->cells[c->rows[row].cells + (size_t)place];
}

/* Every column is one that may be read; names once, and not empty. */
static int take_columns(struct csv *c)
{
	c->column_count = c->cell_count;
	for (size_t i = 0; i < c->cell_count; i++) {
		c->place[i] = (int)i;
		if (!*cell_at(c, 0, (int)i))
			return err_set(ERR_USAGE, "%s: line 1: cell %zu: the name of a column expected", c->name, i + 1);
		for (size_t before = 0; before < i; before++)
			if (strcmp(cell_at(c, 0, (int)before), cell_at(c, 0, (int)i)) == 0)
				return err_set(ERR_USAGE, "%s: line 1: column %s twice", c->name, cell_at(c, 0, (int)i));
	}
	return 0;
}

static int find_columns(struct csv *c)
{
	for (size_t i = 0; i < c->column_count; i++)
		c->place[i] = -1;
	for (size_t cell = 0; cell < c->cell_count; cell++) {
		size_t i = 0;

		while (i < c->column_count && strcmp(c->columns[i].name, cell_at(c, 0, (int)cell)) != 0)
			i++;
		if (i == c->column_count)
			return err_set(ERR_USAGE, "%s: line 1: cell %zu names a column that is not known", c->name, cell + 1);
		if (c->place[i] >= 0)
			return err_set(ERR_USAGE, "%s: line 1: column %s twice", c->name, c->columns[i].name);
		c->place[i] = (int)cell;
	}
	for (size_t i = 0; i < c->column_count; i++)
		if (c->columns[i].is_needed && c->place[i] < 0)
			return err_set(ERR_USAGE, "%s: line 1: column %s is missing", c->name, c->columns[i].name);
	return 0;
}

static int cut_table(struct csv *c, size_t len)
{
	static const char BYTE_ORDER_MARK[] = "\xef\xbb\xbf";
	struct cutter k = { .at = c->text, .line = 1 };
	int rc;

	if (!text_is_utf8(c->text, len) || memchr(c->text, '\0', len))
		return err_set(ERR_USAGE, "%s: not UTF-8 text", c->name);
	if (strncmp(k.at, BYTE_ORDER_MARK, 3) == 0)
		k.at += 3;
	do {
		rc = cut_row(c, &k);
	} while (rc == 0 && *k.at);
	if (rc != 0)
		return rc;
	return c->columns ? find_columns(c) : take_columns(c);
}

static int parse(const char *name, const void *data, size_t len, const struct csv_column *columns, size_t count, struct csv **out)
{
	struct csv *c;
	int rc;

	assert(count <= CSV_COLUMNS_MAX);
	*out = NULL;
	if (len > CSV_BYTES_MAX)
		return err_set(ERR_LIMIT, "%s: %zu bytes, at most %d", name, len, CSV_BYTES_MAX);
	c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(ERR_NOMEM, "%s: no memory", name);
	c->name = name;
	c->columns = columns;
	c->column_count = count;
	c->text = malloc(len + 1);
	if (!c->text) {
		csv_free(c);
		return err_set(ERR_NOMEM, "%s: no memory", name);
	}
	if (len)
		memcpy(c->text, data, len);
	c->text[len] = '\0';
	rc = cut_table(c, len);
	if (rc != 0) {
		csv_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

int csv_parse(const char *name, const void *data, size_t len, const struct csv_column *columns, size_t count, struct csv **out)
{
	assert(columns);
	return parse(name, data, len, columns, count, out);
}

int csv_parse_all(const char *name, const void *data, size_t len, struct csv **out)
{
	return parse(name, data, len, NULL, 0, out);
}

void csv_free(struct csv *c)
{
	if (!c)
		return;
	free(c->cells);
	free(c->rows);
	free(c->text);
	free(c);
}

size_t csv_row_count(const struct csv *c)
{
	return c->row_count - 1;
}

const char *csv_cell(const struct csv *c, size_t row, size_t column)
{
	assert(row + 1 < c->row_count);
	assert(column < c->column_count);
	return cell_at(c, row + 1, c->place[column]);
}

size_t csv_column_count(const struct csv *c)
{
	return c->column_count;
}

const char *csv_column_name(const struct csv *c, size_t column)
{
	assert(column < c->column_count);
	return c->columns ? c->columns[column].name : cell_at(c, 0, (int)column);
}

int csv_column_find(const struct csv *c, const char *name)
{
	for (size_t i = 0; i < c->column_count; i++)
		if (strcmp(csv_column_name(c, i), name) == 0)
			return (int)i;
	return -1;
}

int csv_complain(const struct csv *c, size_t row, size_t column, const char *what)
{
	assert(row + 1 < c->row_count);
	assert(column < c->column_count);
	return err_set(ERR_USAGE, "%s: line %zu, column %s: %s", c->name, c->rows[row + 1].line, csv_column_name(c, column), what);
}
