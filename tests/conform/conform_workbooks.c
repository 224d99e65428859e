/*
 * conform_workbooks: compiles workbooks recorded from the suite of the field's compiler and compares: accepted or refused.
 *
 *   conform_workbooks DATA_DIR DIFFERENCES [--verbose]
 *
 * DATA_DIR/xlsform-to-xform.jsonl has one case per line: a workbook as Markdown tables (md) or as sheets of rows (ss), and the XForm made
 * of it or the error that its author must see. A case is known by the name of its test, with #2, #3 where a test has several.
 * DIFFERENCES lists those in which we decide otherwise, one per line: id, tab, reason. The list must be exact. For information: whether
 * we name the same row, and, of accepted ones, how much of the XForm (paths; relevant, constraint and calculate with references written
 * out) we have likewise.
 */
#include <expat.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/file.h"
#include "proto/base/text.h"
#include "proto/form/reference.h"
#include "server/author/xlsform.h"

#define FILE_BYTES_MAX (64 * 1024 * 1024)
#define ARENA_BYTES_MAX (64 * 1024 * 1024)
#define SHEETS_MAX 32
#define ROWS_MAX 256
#define CELLS_MAX 64
#define BAR_PERCENT 95.0

struct program {
	bool is_verbose;
	json_t *listed;     /* id: reason; what is met is taken out */
	json_t *seen;       /* test: how often */
	size_t all, agreeing, unlisted;
	size_t rows, rows_agreeing;           /* errors that name a row */
	size_t paths, paths_agreeing;         /* binds of XForms */
	size_t texts, texts_agreeing;         /* relevant, constraint, calculate */
	size_t controls, controls_agreeing;   /* refs of the body */
};

/* ---- workbooks ---- */

struct maker {
	struct arena *arena;
	struct workbook workbook;
};

static void add_sheet(struct maker *m, const char *name, size_t len)
{
	struct workbook_sheet *s;

	if (m->workbook.sheets == NULL)
		m->workbook.sheets = arena_alloc(m->arena, SHEETS_MAX, sizeof(*m->workbook.sheets));
	if (m->workbook.sheet_count == SHEETS_MAX)
		exit(2);
	s = &m->workbook.sheets[m->workbook.sheet_count++];
	s->name = arena_copy(m->arena, name, len);
	s->rows = arena_alloc(m->arena, ROWS_MAX, sizeof(*s->rows));
}

static struct workbook_row *add_row(struct maker *m)
{
	struct workbook_sheet *s = &m->workbook.sheets[m->workbook.sheet_count - 1];
	struct workbook_row *row = &s->rows[s->row_count];

	if (s->row_count == ROWS_MAX)
		exit(2);
	row->number = (uint32_t)++s->row_count;
	row->cells = arena_alloc(m->arena, CELLS_MAX, sizeof(*row->cells));
	return row;
}

static void add_cell(struct maker *m, struct workbook_row *row, size_t column, const char *text, size_t len)
{
	struct buf clean;

	buf_init(&clean, FILE_BYTES_MAX);
	if (text_clean(&clean, text, len) != 0 || row->cell_count == CELLS_MAX)
		exit(2);
	if (clean.len > 0)
		row->cells[row->cell_count++] = (struct workbook_cell){ .column = (uint32_t)column,
			.text = arena_copy(m->arena, (const char *)clean.data, clean.len) };
	buf_fini(&clean);
}

static size_t trim(const char **text, size_t len)
{
	while (len > 0 && strchr(" \t\r", **text) != NULL) {
		(*text)++;
		len--;
	}
	while (len > 0 && strchr(" \t\r", (*text)[len - 1]) != NULL)
		len--;
	return len;
}

/* The end of a cell: a bar that no backslash stands before. */
static size_t cell_len(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] == '|' && (i == 0 || at[i - 1] != '\\'))
			return i;
	return len;
}

static void add_escaped(struct maker *m, struct workbook_row *row, size_t column, const char *text, size_t len)
{
	char *out = arena_alloc(m->arena, len + 1, 1);
	size_t to = 0;

	for (size_t i = 0; i < len; i++)
		if (!(text[i] == '\\' && i + 1 < len && text[i + 1] == '|'))
			out[to++] = text[i];
	add_cell(m, row, column, out, to);
}

/* One line of a table: the first cell names a sheet, the others are a row when one of them holds something. */
static void read_table_line(struct maker *m, const char *line, size_t len)
{
	struct workbook_row *row;
	size_t column = 0;

	while (len > 0 && line[len - 1] != '|')
		len--;
	len = len > 0 ? len - 1 : 0;
	while (len > 0 && strchr(" \t", *line) != NULL) {
		line++;
		len--;
	}
	if (len == 0 || *line != '|' || strspn(line, "|-") >= len + 1)
		return;
	line++;
	len--;
	row = NULL;
	for (;; column++) {
		size_t n = cell_len(line, len), kept;
		const char *text = line;

		kept = trim(&text, n);
		if (column == 0 && kept > 0)
			add_sheet(m, text, kept);
		if (column > 0 && kept > 0 && m->workbook.sheet_count > 0) {
			row = row == NULL ? add_row(m) : row;
			add_escaped(m, row, column - 1, text, kept);
		}
		if (n == len)
			return;
		line += n + 1;
		len -= n + 1;
	}
}

static void read_markdown(struct maker *m, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		read_table_line(m, text, len);
		text += len + (text[len] == '\n');
	}
}

static void read_sheet(struct maker *m, const char *name, const json_t *rows)
{
	json_t *columns = json_object();
	struct workbook_row *header;
	size_t i;
	json_t *row, *value;
	const char *key;

	add_sheet(m, name, strlen(name));
	header = add_row(m);
	json_array_foreach(rows, i, row)
	{
		struct workbook_row *out = add_row(m);

		json_object_foreach(row, key, value)
		{
			size_t column = json_object_size(columns);

			if (json_object_get(columns, key) == NULL) {
				json_object_set_new(columns, key, json_integer((json_int_t)column));
				add_cell(m, header, column, key, strlen(key));
			}
			column = (size_t)json_integer_value(json_object_get(columns, key));
			add_cell(m, out, column, json_string_value(value), json_string_length(value));
		}
	}
	json_decref(columns);
}

static int compare_cells(const void *a, const void *b)
{
	const struct workbook_cell *x = a, *y = b;

	return x->column < y->column ? -1 : x->column > y->column;
}

static void read_sheets(struct maker *m, json_t *sheets)
{
	const char *name;
	json_t *rows;

	json_object_foreach(sheets, name, rows)
	{
		struct workbook_sheet *s;

		if (!json_is_array(rows) || strstr(name, "_header") != NULL)
			continue;
		read_sheet(m, name, rows);
		s = &m->workbook.sheets[m->workbook.sheet_count - 1];
		for (size_t r = 0; r < s->row_count; r++)
			qsort(s->rows[r].cells, s->rows[r].cell_count, sizeof(s->rows[r].cells[0]), compare_cells);
	}
}

/* ---- the XForm ---- */

/* What is compared of one XForm, while it is read. */
struct compare {
	struct program *program;
	const struct form *form;
	size_t root_len;    /* of "/test_name" */
	bool is_body;
};

static const char *attribute(const XML_Char **attributes, const char *name)
{
	for (; *attributes != NULL; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}

/* Our node of a path of theirs; -1. */
static int node_of(const struct compare *c, const char *path)
{
	const char *below = path[0] == '/' ? strchr(path + 1, '/') : NULL;

	return below != NULL ? form_node_find(c->form, below + 1) : -1;
}

/* Equal but for white space, and for the name of the root. */
static bool is_alike(const char *ours, const char *theirs, const char *root, size_t root_len)
{
	for (;;) {
		while (*ours == ' ' || *ours == '\n')
			ours++;
		while (*theirs == ' ' || *theirs == '\n')
			theirs++;
		if (strncmp(ours, "/" FORM_NODE_ROOT_NAME "/", 6) == 0 && strncmp(theirs, root, root_len) == 0 && theirs[root_len] == '/') {
			ours += 5;
			theirs += root_len;
		}
		if (*ours != *theirs)
			return false;
		if (*ours == '\0')
			return true;
		ours++;
		theirs++;
	}
}

static void compare_text(struct compare *c, int node, enum form_column column, const char *theirs, const char *path)
{
	const char *ours = form_node(c->form, (size_t)node)->columns[column];
	struct buf out;
	bool is_same;

	if (theirs == NULL)
		return;
	buf_init(&out, FILE_BYTES_MAX);
	c->program->texts++;
	is_same = reference_expand(c->form, (size_t)node, REFERENCE_EXPRESSION, ours, &out, NULL) == 0 &&
		is_alike(buf_string(&out), theirs, path, c->root_len);
	c->program->texts_agreeing += is_same;
	if (!is_same && c->program->is_verbose)
		printf("    %s\n      ours   %s\n      theirs %s\n", path, buf_string(&out), theirs);
	buf_fini(&out);
}

static void on_element(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct compare *c = ctx;
	const char *path = attribute(attributes, "nodeset");
	const char *below;
	int node;

	if (strcmp(name, "h:body") == 0)
		c->is_body = true;
	if (c->is_body && attribute(attributes, "ref") != NULL && attribute(attributes, "ref")[0] == '/') {
		c->program->controls++;
		c->program->controls_agreeing += node_of(c, attribute(attributes, "ref")) >= 0;
	}
	if (strcmp(name, "bind") != 0 || path == NULL || strstr(path, "/meta") != NULL || path[0] != '/')
		return;
	below = strchr(path + 1, '/');
	c->root_len = below != NULL ? (size_t)(below - path) : strlen(path);
	node = node_of(c, path);
	c->program->paths++;
	c->program->paths_agreeing += node >= 0;
	if (node < 0) {
		if (c->program->is_verbose)
			printf("    no node %s\n", path);
		return;
	}
	compare_text(c, node, FORM_RELEVANT, attribute(attributes, "relevant"), path);
	compare_text(c, node, FORM_CONSTRAINT, attribute(attributes, "constraint"), path);
	compare_text(c, node, FORM_CALCULATION, attribute(attributes, "calculate"), path);
}

static void compare_xform(struct program *p, const struct buf *text, const char *xform)
{
	struct compare c = { .program = p };
	struct form *f;
	XML_Parser parser;

	if (form_parse((const char *)text->data, text->len, &f) != 0)
		exit(2);
	c.form = f;
	parser = XML_ParserCreate(NULL);
	XML_SetUserData(parser, &c);
	XML_SetStartElementHandler(parser, on_element);
	if (XML_Parse(parser, xform, (int)strlen(xform), 1) == XML_STATUS_ERROR && p->is_verbose)
		printf("    the recorded XForm cannot be read\n");
	XML_ParserFree(parser);
	form_free(f);
}

/* ---- cases ---- */

/* Whether one of our errors stands in the row that the recorded one names. */
static void compare_row(struct program *p, const struct problems *problems, const char *error)
{
	const char *at = strstr(error, "[row : ");
	size_t row = at != NULL ? strtoul(at + 7, NULL, 10) : 0;

	if (row == 0)
		return;
	p->rows++;
	for (size_t i = 0; i < problems->count; i++)
		if (!problems->items[i].is_warning && problems->items[i].row == row) {
			p->rows_agreeing++;
			return;
		}
	if (p->is_verbose)
		printf("    another row: %s\n", error);
}

static void case_id(struct program *p, const char *test, char *out, size_t size)
{
	json_int_t count = json_integer_value(json_object_get(p->seen, test)) + 1;

	json_object_set_new(p->seen, test, json_integer(count));
	if (count == 1)
		snprintf(out, size, "%s", test);
	else
		snprintf(out, size, "%s#%d", test, (int)count);
}

static void judge(struct program *p, const char *id, bool is_accepted, bool is_wanted, const struct problems *problems, const char *error)
{
	struct buf text;
	bool is_listed = json_object_get(p->listed, id) != NULL;

	p->all++;
	p->agreeing += is_accepted == is_wanted;
	if (is_accepted == is_wanted)
		return;
	json_object_del(p->listed, id);
	p->unlisted += !is_listed;
	if (is_listed && !p->is_verbose)
		return;
	buf_init(&text, FILE_BYTES_MAX);
	problems_print(problems, &text);
	printf("%s: %s\n", id, is_accepted ? "accepted here, refused there" : "refused here, accepted there");
	printf("  %s\n", is_accepted ? error : buf_string(&text));
	buf_fini(&text);
}

static void run_case(struct program *p, const json_t *entry)
{
	struct maker m = { .arena = arena_new(ARENA_BYTES_MAX) };
	const char *markdown = json_string_value(json_object_get(entry, "md")), *xform = json_string_value(json_object_get(entry, "xform"));
	const char *error = json_string_value(json_object_get(entry, "error"));
	struct xlsform_options options = { .name = json_string_value(json_object_get(entry, "name")), .version = "1" };
	struct problems problems;
	struct buf out;
	char id[256];
	int rc;

	case_id(p, json_string_value(json_object_get(json_object_get(entry, "source"), "test")), id, sizeof(id));
	if (markdown != NULL)
		read_markdown(&m, markdown);
	else
		read_sheets(&m, json_object_get(entry, "ss"));
	problems_init(&problems);
	buf_init(&out, FORM_TEXT_BYTES_MAX);
	rc = xlsform_compile(&m.workbook, &options, &problems, &out);
	if (p->is_verbose)
		printf("%s\n", id);
	judge(p, id, rc == 0, xform != NULL, &problems, error != NULL ? error : "");
	if (rc == 0 && xform != NULL)
		compare_xform(p, &out, xform);
	if (rc != 0 && xform == NULL && error != NULL)
		compare_row(p, &problems, error);
	problems_fini(&problems);
	buf_fini(&out);
	arena_free(m.arena);
}

static json_t *read_differences(const char *path)
{
	json_t *out = json_object();
	struct buf file;
	const char *at;

	buf_init(&file, FILE_BYTES_MAX);
	if (file_read(path, &file) != 0) {
		fprintf(stderr, "%s\n", err_message());
		exit(2);
	}
	for (at = buf_string(&file); *at != '\0';) {
		size_t len = strcspn(at, "\n"), id = strcspn(at, "\t");
		char name[256];

		snprintf(name, sizeof(name), "%.*s", (int)(id < len ? id : len), at);
		if (name[0] != '\0' && name[0] != '#')
			json_object_set_new(out, name, json_true());
		at += len + (at[len] == '\n');
	}
	buf_fini(&file);
	return out;
}

static int report(struct program *p)
{
	double percent = 100.0 * (double)p->agreeing / (double)(p->all > 0 ? p->all : 1);
	const char *id;
	json_t *reason;

	json_object_foreach(p->listed, id, reason)
		printf("%s: listed as a difference, but it is none\n", id);
	printf("workbooks: %zu of %zu accepted or refused alike, %.1f %% (bar %.0f %%)\n", p->agreeing, p->all, percent, BAR_PERCENT);
	printf("  rows named alike in errors: %zu of %zu\n", p->rows_agreeing, p->rows);
	printf("  paths: %zu of %zu, expressions: %zu of %zu, controls: %zu of %zu\n", p->paths_agreeing, p->paths, p->texts_agreeing, p->texts,
		p->controls_agreeing, p->controls);
	return p->all > 0 && percent >= BAR_PERCENT && p->unlisted == 0 && json_object_size(p->listed) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct program p = { .is_verbose = argc > 3 && strcmp(argv[3], "--verbose") == 0, .seen = json_object() };
	char path[1024];
	struct buf file;
	char *at;
	int rc;

	if (argc < 3) {
		fprintf(stderr, "usage: conform_workbooks DATA_DIR DIFFERENCES [--verbose]\n");
		return 2;
	}
	p.listed = read_differences(argv[2]);
	snprintf(path, sizeof(path), "%s/xlsform-to-xform.jsonl", argv[1]);
	buf_init(&file, FILE_BYTES_MAX);
	if (file_read(path, &file) != 0) {
		fprintf(stderr, "%s\n", err_message());
		return 2;
	}
	buf_string(&file);
	for (at = (char *)file.data; at != NULL && *at != '\0';) {
		size_t len = strcspn(at, "\n");
		json_t *entry = json_loadb(at, len, 0, NULL);

		if (entry == NULL)
			return 2;
		run_case(&p, entry);
		json_decref(entry);
		at += len + (at[len] == '\n');
	}
	rc = report(&p);
	buf_fini(&file);
	json_decref(p.listed);
	json_decref(p.seen);
	return rc;
}
