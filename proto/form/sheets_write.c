/*
 * sheets_write: the half of sheets.h that writes canonical form text; sheets.c reads it.
 *
 * What a caller may leave in any order is put in the one order here: columns, languages, settings, the rows of a choice list. The
 * order of the survey's rows is the form itself and never changes.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/form/form.h"
#include "proto/form/sheets.h"

static const char *const TABLE_NAMES[SHEETS_COUNT] = { "settings", "survey", "choices" };

/* The columns and rows of one table as they will stand. */
struct layout {
	int columns[SHEETS_COLUMNS_MAX];
	size_t column_count;
	uint32_t *rows;               /* owned */
	size_t row_count;
};

/* What rows are sorted by: the place of a settings key, or the first row of a choice list; then the row. */
struct row_order {
	const struct sheets_table *table;
	int column;                   /* key or list_name; -1: none */
	uint32_t *first;              /* owned */
};

static int column_wrong(enum sheets_name table, const char *column, const char *what)
{
	return err_set(ERR_USAGE, "form %s: column %s: %s", TABLE_NAMES[table], column, what);
}

static int check_column(const struct sheets_table *t, enum sheets_name table, size_t c, size_t language_count)
{
	const char *name = t->columns[c];
	const char *language;
	int place = sheets_column_place(table, name, &language);

	if (place < 0 && (table != SHEETS_CHOICES || !form_is_name(name)))
		return column_wrong(table, name, "is not known");
	for (size_t i = 0; i < c; i++)
		if (strcmp(t->columns[i], name) == 0)
			return column_wrong(table, name, "stands there twice");
	if (place >= 0 && sheets_column_has_languages(table, place) && !*language && language_count && sheets_column_has_content(t, c))
		return column_wrong(table, name, "has no language, but others have");
	return 0;
}

static void add_column(const struct sheets_table *t, enum sheets_name table, int column, struct layout *l)
{
	if (column >= 0 && (sheets_column_is_needed(table, t->columns[column]) || sheets_column_has_content(t, (size_t)column)))
		l->columns[l->column_count++] = column;
}

/* A known column in all its languages. */
static void add_known(const struct sheets_table *t, enum sheets_name table, int place, const char **languages, size_t count,
	struct layout *l)
{
	const char *known = sheets_columns(table)[place];
	size_t len = strlen(known);
	char name[64];

	if (sheets_column_has_languages(table, place))
		len -= 2;
	memcpy(name, known, len);
	name[len] = '\0';
	add_column(t, table, sheets_column(t, name, NULL), l);
	for (size_t i = 0; i < count && sheets_column_has_languages(table, place); i++)
		add_column(t, table, sheets_column(t, name, languages[i]), l);
}

static int order_columns(const struct sheets_table *t, enum sheets_name table, const char **languages, size_t count, struct layout *l)
{
	const char *language;

	if (t->column_count > SHEETS_COLUMNS_MAX)
		return err_set(ERR_LIMIT, "form %s: more than %d columns", TABLE_NAMES[table], SHEETS_COLUMNS_MAX);
	for (size_t c = 0; c < t->column_count; c++) {
		int rc = check_column(t, table, c, count);

		if (rc != 0)
			return rc;
	}
	for (int place = 0; sheets_columns(table)[place]; place++) {
		size_t before = l->column_count;

		add_known(t, table, place, languages, count, l);
		if (l->column_count == before && sheets_column_is_needed(table, sheets_columns(table)[place]))
			return column_wrong(table, sheets_columns(table)[place], "is missing");
	}
	for (size_t c = 0; c < t->column_count; c++)
		if (sheets_column_place(table, t->columns[c], &language) < 0)
			add_column(t, table, (int)c, l);
	return 0;
}

static int compare_texts(const void *a, const void *b, void *ctx)
{
	const struct row_order *o = ctx;
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	int order = strcmp(o->table->rows[x][o->column], o->table->rows[y][o->column]);

	return order != 0 ? order : (x > y) - (x < y);
}

static int compare_firsts(const void *a, const void *b, void *ctx)
{
	const struct row_order *o = ctx;
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return o->first[x] != o->first[y] ? (o->first[x] > o->first[y]) - (o->first[x] < o->first[y]) : (x > y) - (x < y);
}

/* Lists in the order of their first rows, each with all its rows. */
static int group_rows(struct row_order *o, struct layout *l)
{
	o->first = calloc(l->row_count + 1, sizeof(*o->first));
	if (!o->first)
		return err_set(ERR_NOMEM, "form: no memory");
	qsort_r(l->rows, l->row_count, sizeof(*l->rows), compare_texts, o);
	for (size_t i = 0; i < l->row_count; i++) {
		bool is_same = i > 0 && strcmp(o->table->rows[l->rows[i]][o->column], o->table->rows[l->rows[i - 1]][o->column]) == 0;

		o->first[l->rows[i]] = is_same ? o->first[l->rows[i - 1]] : l->rows[i];
	}
	qsort_r(l->rows, l->row_count, sizeof(*l->rows), compare_firsts, o);
	free(o->first);
	return 0;
}

static int order_settings(struct row_order *o, struct layout *l)
{
	int value = sheets_column(o->table, "value", NULL);
	size_t kept = 0;

	o->first = calloc(o->table->row_count + 1, sizeof(*o->first));
	if (!o->first)
		return err_set(ERR_NOMEM, "form: no memory");
	for (size_t i = 0; i < l->row_count; i++) {
		const char *key = o->table->rows[i][o->column];
		int place = sheets_key_place(key);

		if (place < 0) {
			free(o->first);
			return err_set(ERR_USAGE, "form settings row %zu: the key is not known", i + 1);
		}
		o->first[i] = (uint32_t)place;
		if (*sheets_cell(o->table, i, value))
			l->rows[kept++] = (uint32_t)i;
	}
	l->row_count = kept;
	qsort_r(l->rows, l->row_count, sizeof(*l->rows), compare_firsts, o);
	free(o->first);
	return 0;
}

static int order_rows(const struct sheets_table *t, enum sheets_name table, struct layout *l)
{
	struct row_order o = { .table = t };

	if (t->row_count > SHEETS_ROWS_MAX)
		return err_set(ERR_LIMIT, "form %s: more than %d rows", TABLE_NAMES[table], SHEETS_ROWS_MAX);
	l->rows = calloc(t->row_count + 1, sizeof(*l->rows));
	if (!l->rows)
		return err_set(ERR_NOMEM, "form: no memory");
	for (size_t i = 0; i < t->row_count; i++)
		l->rows[i] = (uint32_t)i;
	l->row_count = t->row_count;
	switch (table) {
	case SHEETS_SETTINGS:
		o.column = sheets_column(t, "key", NULL);
		return order_settings(&o, l);
	case SHEETS_SURVEY:
		return 0;
	case SHEETS_CHOICES:
		o.column = sheets_column(t, "list_name", NULL);
		return group_rows(&o, l);
	}
	return 0;
}

/* Append one cell, escaped. */
static int write_cell(const char *text, struct buf *out)
{
	for (; *text; text++) {
		if (*text == '\\')
			buf_text(out, "\\\\");
		else if (*text == '\t')
			buf_text(out, "\\t");
		else if (*text == '\n')
			buf_text(out, "\\n");
		else if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return err_set(ERR_USAGE, "form: a control character in a cell");
		else
			buf_append(out, text, 1);
	}
	return 0;
}

static int write_row(const char *const *cells, const struct layout *l, struct buf *out)
{
	for (size_t c = 0; c < l->column_count; c++) {
		int rc;

		if (c > 0)
			buf_text(out, "\t");
		rc = write_cell(cells[l->columns[c]], out);
		if (rc != 0)
			return rc;
	}
	buf_text(out, "\n");
	return 0;
}

static int write_table(const struct sheets_table *t, enum sheets_name table, const char **languages, size_t count, struct buf *out)
{
	struct layout l = { .column_count = 0 };
	int rc = order_columns(t, table, languages, count, &l);

	if (rc == 0)
		rc = order_rows(t, table, &l);
	if (rc == 0) {
		buf_printf(out, "%s\t%zu\n", TABLE_NAMES[table], l.row_count);
		rc = write_row(t->columns, &l, out);
	}
	for (size_t r = 0; rc == 0 && r < l.row_count; r++)
		rc = write_row(t->rows[l.rows[r]], &l, out);
	free(l.rows);
	return rc;
}

int sheets_write(const struct sheets *s, struct buf *out)
{
	const char *languages[FORM_LANGUAGES_MAX];
	size_t begin = out->len;
	size_t count;
	int rc = sheets_languages(s, languages, &count);

	buf_text(out, "mandoob-form\t2\n");
	for (enum sheets_name t = SHEETS_SETTINGS; rc == 0 && t <= SHEETS_CHOICES; t++)
		rc = write_table(&s->tables[t], t, languages, count, out);
	if (rc == 0)
		rc = buf_error(out);
	if (rc == 0 && out->len - begin > FORM_TEXT_BYTES_MAX)
		rc = err_set(ERR_LIMIT, "form: %zu bytes, at most %d", out->len - begin, FORM_TEXT_BYTES_MAX);
	return rc;
}
