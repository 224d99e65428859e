/*
 * cmd_form_diff: form diff: what one version of a form changed against another: questions and choices added, removed, and changed
 * cell by cell.
 *
 * Questions are the same when they stand at the same path, choices when list and code agree: exactly what devices and centre go by.
 * The cells are those of the canonical text, so nothing that matters to a form is left out and nothing that does not (order of
 * columns, colours) is told.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/form/sheets.h"
#include "server/command/command_form.h"
#include "server/publish.h"

#define KEY_BYTES_MAX (64 * 1024)

struct line {            /* a row that can be found again in the other form */
	const char *key; /* borrowed from `keys` of the side */
	size_t row;      /* of the table */
	size_t order;    /* in which it is told */
};

struct side { /* one form */
	struct sheets sheets;
	char **keys;        /* owned, each */
	struct line *lines; /* by key; owned */
	size_t count;
};

struct diff {
	struct buf *out;
	struct json_writer j;
	bool json;
	size_t changes;
};

/* ---- Lines of a table ---- */

static void side_clear(struct side *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->keys[i]);
	free(s->keys);
	free(s->lines);
	s->keys = NULL;
	s->lines = NULL;
	s->count = 0;
}

static int side_room(struct side *s, size_t rows)
{
	side_clear(s);
	s->keys = calloc(rows ? rows : 1, sizeof *s->keys);
	s->lines = calloc(rows ? rows : 1, sizeof *s->lines);
	return s->keys && s->lines ? 0 : err_set(ERR_NOMEM, "no memory to compare forms");
}

static int side_add(struct side *s, const struct buf *key, size_t row)
{
	char *copy = strndup((const char *)key->data, key->len);

	if (!copy || buf_error(key)) {
		free(copy);
		return err_set(ERR_NOMEM, "no memory to compare forms");
	}
	s->keys[s->count] = copy;
	s->lines[s->count] = (struct line){ .key = copy, .row = row, .order = s->count };
	s->count++;
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->key, ((const struct line *)b)->key);
}

static int compare_orders(const void *a, const void *b)
{
	const struct line *x = a;
	const struct line *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

/* "member/member_name": the names from the root on. */
static void write_path(const struct form *f, size_t node, struct buf *key)
{
	const struct form_node *n = form_node(f, node);

	if (n->parent > FORM_NODE_ROOT) {
		write_path(f, (size_t)n->parent, key); /* as deep as groups stand in groups */
		buf_text(key, "/");
	}
	buf_text(key, n->name);
}

static int take_questions(struct side *s, const struct form *f)
{
	struct buf key;
	int err = side_room(s, form_node_count(f));

	buf_init(&key, KEY_BYTES_MAX);
	for (size_t i = 1; i < form_node_count(f) && !err; i++) {
		buf_clear(&key);
		write_path(f, i, &key);
		err = side_add(s, &key, form_node(f, i)->row);
	}
	buf_fini(&key);
	return err;
}

/* Rows of a table whose first columns name them. */
static int take_rows(struct side *s, enum sheets_name table, const char *first, const char *second)
{
	const struct sheets_table *t = &s->sheets.tables[table];
	int a = sheets_column(t, first, "");
	int b = second ? sheets_column(t, second, "") : -1;
	struct buf key;
	int err = side_room(s, t->row_count);

	buf_init(&key, KEY_BYTES_MAX);
	for (size_t r = 0; r < t->row_count && !err; r++) {
		buf_clear(&key);
		buf_text(&key, sheets_cell(t, r, a));
		if (second) {
			buf_text(&key, "/");
			buf_text(&key, sheets_cell(t, r, b));
		}
		err = side_add(s, &key, r);
	}
	buf_fini(&key);
	return err;
}

/* ---- Telling ---- */

static void tell_row(struct diff *d, const char *sign, const char *key, const struct sheets_table *t, size_t row)
{
	int type = sheets_column(t, "type", "");
	const char *what = sheets_cell(t, row, type);
	const char *label = "";

	for (size_t c = 0; c < t->column_count && !*label; c++)
		if (strncmp(t->columns[c], "label", 5) == 0)
			label = t->rows[row][c];
	d->changes++;
	if (d->json) {
		json_write_object(&d->j, NULL);
		json_write_text(&d->j, "name", key);
		json_write_text(&d->j, "type", *what ? what : NULL);
		json_write_text(&d->j, "label", label);
		json_write_end(&d->j);
		return;
	}
	buf_printf(d->out, "%s %s", sign, key);
	if (*what)
		buf_printf(d->out, "  (%s)", what);
	buf_text(d->out, "  ");
	command_cell(d->out, label);
	buf_text(d->out, "\n");
}

static void tell_cell(struct diff *d, const char *key, const char *column, const char *from, const char *to)
{
	d->changes++;
	if (d->json) {
		json_write_object(&d->j, NULL);
		json_write_text(&d->j, "name", key);
		json_write_text(&d->j, "column", column);
		json_write_text(&d->j, "from", from);
		json_write_text(&d->j, "to", to);
		json_write_end(&d->j);
		return;
	}
	buf_printf(d->out, "~ %s  %s\n    - ", key, column);
	command_cell(d->out, from);
	buf_text(d->out, "\n    + ");
	command_cell(d->out, to);
	buf_text(d->out, "\n");
}

static int column_of(const struct sheets_table *t, const char *name)
{
	for (size_t c = 0; c < t->column_count; c++)
		if (strcmp(t->columns[c], name) == 0)
			return (int)c;
	return -1;
}

static void compare_cells(
	struct diff *d, const char *key, const struct sheets_table *x, size_t x_row, const struct sheets_table *y, size_t y_row)
{
	for (size_t c = 0; c < y->column_count; c++) {
		const char *from = sheets_cell(x, x_row, column_of(x, y->columns[c]));

		if (strcmp(from, y->rows[y_row][c]) != 0)
			tell_cell(d, key, y->columns[c], from, y->rows[y_row][c]);
	}
	for (size_t c = 0; c < x->column_count; c++)
		if (x->rows[x_row][c][0] && column_of(y, x->columns[c]) < 0)
			tell_cell(d, key, x->columns[c], x->rows[x_row][c], "");
}

static const struct line *find_line(const struct side *s, const char *key)
{
	const struct line wanted = { .key = key };

	return s->count ? bsearch(&wanted, s->lines, s->count, sizeof wanted, compare_lines) : NULL;
}

enum telling { TELL_ADDED, TELL_REMOVED, TELL_CHANGED };

/* One pass over the lines of `of` in their order; `other` is sorted by key. */
static void tell(struct diff *d, enum telling what, enum sheets_name table, const struct side *of, const struct side *other)
{
	const struct sheets_table *t = &of->sheets.tables[table];

	for (size_t i = 0; i < of->count; i++) {
		const struct line *line = &of->lines[i];
		const struct line *same = find_line(other, line->key);

		switch (what) {
		case TELL_ADDED:
		case TELL_REMOVED:
			if (!same)
				tell_row(d, what == TELL_ADDED ? "+" : "-", line->key, t, line->row);
			break;
		case TELL_CHANGED:
			if (same)
				compare_cells(d, line->key, &other->sheets.tables[table], same->row, t, line->row);
			break;
		}
	}
}

static void sort(struct side *s, int (*compare)(const void *, const void *))
{
	if (s->count)
		qsort(s->lines, s->count, sizeof *s->lines, compare);
}

static void tell_table(struct diff *d, const char *name, enum sheets_name table, struct side *old, struct side *now)
{
	if (d->json)
		json_write_object(&d->j, name);
	else
		buf_printf(d->out, "%s\n", name);
	sort(now, compare_lines);
	sort(old, compare_orders);
	if (d->json)
		json_write_array(&d->j, "removed");
	tell(d, TELL_REMOVED, table, old, now);
	sort(old, compare_lines);
	sort(now, compare_orders);
	if (d->json) {
		json_write_end(&d->j);
		json_write_array(&d->j, "added");
	}
	tell(d, TELL_ADDED, table, now, old);
	if (d->json) {
		json_write_end(&d->j);
		json_write_array(&d->j, "changed");
	}
	tell(d, TELL_CHANGED, table, now, old);
	if (d->json) {
		json_write_end(&d->j);
		json_write_end(&d->j);
	}
}

/* ---- The two forms ---- */

static int read_sheets(const struct form *f, struct side *s)
{
	size_t len;
	const char *text = form_text(f, &len);

	return sheets_read(text, len, &s->sheets);
}

static int compare_tables(struct diff *d, const struct form *old, const struct form *now, struct side *x, struct side *y)
{
	int err = take_rows(x, SHEETS_SETTINGS, "key", NULL);

	if (!err)
		err = take_rows(y, SHEETS_SETTINGS, "key", NULL);
	if (err)
		return err;
	tell_table(d, "settings", SHEETS_SETTINGS, x, y);
	err = take_questions(x, old);
	if (!err)
		err = take_questions(y, now);
	if (err)
		return err;
	tell_table(d, "survey", SHEETS_SURVEY, x, y);
	err = take_rows(x, SHEETS_CHOICES, "list_name", "name");
	if (!err)
		err = take_rows(y, SHEETS_CHOICES, "list_name", "name");
	if (!err)
		tell_table(d, "choices", SHEETS_CHOICES, x, y);
	return err;
}

/* What publishing the second over the first would say. */
static void tell_problems(struct diff *d, const struct form *old, const struct form *now)
{
	struct problems p;

	problems_init(&p);
	if (strcmp(form_id(old), form_id(now)) == 0)
		(void)!publish_check(old, now, &p); /* counted in `p` */
	if (d->json) {
		json_write_unsigned(&d->j, "errors", p.errors);
		json_write_unsigned(&d->j, "warnings", p.warnings);
	} else {
		problems_print(&p, d->out);
	}
	problems_fini(&p);
}

static int diff_forms(struct diff *d, const struct form *old, const struct form *now)
{
	struct side x = { 0 };
	struct side y = { 0 };
	int err = read_sheets(old, &x);

	if (!err)
		err = read_sheets(now, &y);
	if (d->json) {
		json_write_init(&d->j, d->out);
		json_write_object(&d->j, NULL);
		json_write_text(&d->j, "form", form_id(now));
		json_write_text(&d->j, "from", form_version(old));
		json_write_text(&d->j, "to", form_version(now));
	} else {
		buf_printf(d->out, "%s %s -> %s %s\n", form_id(old), form_version(old), form_id(now), form_version(now));
	}
	if (!err)
		err = compare_tables(d, old, now, &x, &y);
	if (!err)
		tell_problems(d, old, now);
	if (d->json) {
		json_write_unsigned(&d->j, "changes", d->changes);
		json_write_end(&d->j);
		buf_text(d->out, "\n");
	}
	side_clear(&x);
	side_clear(&y);
	sheets_fini(&x.sheets);
	sheets_fini(&y.sheets);
	return err;
}

int command_form_diff(void *ctx, const struct cli_args *a)
{
	struct command_form old;
	struct command_form now;
	struct centre *c = NULL;
	struct buf out;
	struct diff d = { .out = &out, .json = cli_flag(a, "json") };
	int err;

	command_begin(&out);
	command_form_init(&old);
	command_form_init(&now);
	err = command_form_get(ctx, a, a->operands[0], &c, &old);
	if (!err)
		err = command_form_get(ctx, a, a->operands[1], &c, &now);
	if (!err)
		err = diff_forms(&d, old.form, now.form);
	command_form_fini(&old);
	command_form_fini(&now);
	centre_close(c);
	return command_end(&out, err);
}
