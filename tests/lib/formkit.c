/*
 * formkit: see formkit.h.
 */
#include "tests/lib/formkit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/sheets.h"

#define COLUMNS_MAX 40

static const char *const NAMES[SHEETS_COUNT] = { "#settings", "#survey", "#choices" };
static const char *const EMPTY[SHEETS_COUNT] = { "key | value\nform_id | small\nversion | 1\n", "type | name\n", "list_name | name\n" };

/* Cut the cell at `*at`, which ends at a bar or the end of the text; NULL behind the last one. */
static char *cut(char **at)
{
	char *begin = *at;
	char *end;
	char *to;

	if (!begin)
		return NULL;
	end = begin + strcspn(begin, "|");
	*at = *end ? end + 1 : NULL;
	while (begin < end && *begin == ' ')
		begin++;
	while (end > begin && end[-1] == ' ')
		end--;
	*end = '\0';
	to = begin;
	for (char *from = begin; *from; from++, to++) {
		*to = *from;
		if (from[0] == '\\' && from[1] == 'n') {
			*to = '\n';
			from++;
		}
	}
	*to = '\0';
	return begin;
}

static const char **cut_row(char *line, size_t count)
{
	const char **cells = calloc(COLUMNS_MAX + 1, sizeof(*cells));

	assert(cells);
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		cells[i] = cut(&line);
	assert(!line);
	for (size_t i = 0; i < count; i++)
		cells[i] = cells[i] ? cells[i] : "";
	return cells;
}

/* The lines of `text`, which is changed, as a table. */
static void make_table(char *text, struct sheets_table *t)
{
	t->rows = calloc(strlen(text) + 1, sizeof(*t->rows));
	assert(t->rows);
	for (char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		char *next = line + len + (line[len] ? 1 : 0);

		line[len] = '\0';
		if (len > 0 && !t->columns) {
			t->columns = cut_row(line, 0);
			while (t->columns[t->column_count])
				t->column_count++;
		} else if (len > 0) {
			t->rows[t->row_count++] = cut_row(line, t->column_count);
		}
		line = next;
	}
}

static void free_table(struct sheets_table *t)
{
	for (size_t i = 0; i < t->row_count; i++)
		free(t->rows[i]);
	free(t->rows);
	free(t->columns);
}

int formkit_text(const char *tables, struct buf *out)
{
	struct sheets s = { 0 };
	char *texts[SHEETS_COUNT];
	int rc;

	for (int i = 0; i < SHEETS_COUNT; i++) {
		const char *begin = strstr(tables, NAMES[i]);
		const char *end = begin ? strstr(begin + 1, "\n#") : NULL;

		begin = begin ? begin + strlen(NAMES[i]) : EMPTY[i];
		texts[i] = strndup(begin, end ? (size_t)(end - begin) : strlen(begin));
		assert(texts[i]);
		make_table(texts[i], &s.tables[i]);
	}
	rc = sheets_write(&s, out);
	for (int i = 0; i < SHEETS_COUNT; i++) {
		free_table(&s.tables[i]);
		free(texts[i]);
	}
	return rc;
}

static int parse(const char *tables, struct form **out)
{
	struct buf text;
	int rc;

	*out = NULL;
	buf_init(&text, 2 * FORM_TEXT_BYTES_MAX);
	rc = formkit_text(tables, &text);
	if (rc == 0)
		rc = form_parse((const char *)text.data, text.len, out);
	buf_fini(&text);
	return rc;
}

struct form *formkit_new(const char *tables)
{
	struct form *f;

	return parse(tables, &f) == 0 ? f : NULL;
}

int formkit_refusal(const char *tables)
{
	struct form *f;
	int rc = parse(tables, &f);

	form_free(f);
	return rc;
}
