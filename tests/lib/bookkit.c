/*
 * bookkit: see bookkit.h.
 */
#include "tests/lib/bookkit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/author/grid.h"

#define OUTPUT_BYTES_MAX (1024 * 1024)

static void must(int rc)
{
	if (rc == 0)
		return;
	fprintf(stderr, "bookkit: %s\n", err_message());
	abort();
}

static void put_line(struct grid *g, uint32_t row, const char *line, size_t len)
{
	uint32_t column = 0;

	for (;;) {
		const char *bar = memchr(line, '|', len);
		size_t cell = bar != NULL ? (size_t)(bar - line) : len;
		struct grid_text text;

		must(grid_text(g, line, cell, &text));
		must(grid_cell(g, row, column++, &text));
		if (bar == NULL)
			return;
		line += cell + 1;
		len -= cell + 1;
	}
}

void bookkit_new(const char *tables, struct workbook *out)
{
	struct grid *g = grid_new();
	uint32_t row = 0;

	if (g == NULL)
		abort();
	while (*tables != '\0') {
		size_t len = strcspn(tables, "\n");

		if (*tables == '#') {
			char name[128];

			snprintf(name, sizeof(name), "%.*s", (int)len - 1, tables + 1);
			must(grid_sheet(g, name, false));
			row = 0;
		} else {
			put_line(g, ++row, tables, len);
		}
		tables += len + (tables[len] == '\n');
	}
	must(grid_finish(g, out));
	grid_free(g);
}

int bookkit_compile(const char *tables, struct problems *problems, struct buf *out)
{
	struct xlsform_options options = { .name = "small", .version = "1" };
	struct workbook w;
	int rc;

	bookkit_new(tables, &w);
	rc = xlsform_compile(&w, &options, problems, out);
	workbook_fini(&w);
	return rc;
}

struct form *bookkit_form(const char *tables)
{
	struct problems problems;
	struct buf text;
	struct form *f = NULL;
	int rc;

	problems_init(&problems);
	buf_init(&text, OUTPUT_BYTES_MAX);
	rc = bookkit_compile(tables, &problems, &text);
	if (rc == 0)
		must(form_parse(buf_string(&text), text.len, &f));
	buf_clear(&text);
	problems_print(&problems, &text);
	if (rc != 0)
		fprintf(stderr, "%s", buf_string(&text));
	problems_fini(&problems);
	buf_fini(&text);
	return f;
}
