/*
 * xlsform: the compile from beginning to end, and what its parts share: places, problems, texts.
 *
 * The parts run in the order of xlsform_parts.h. Each looks at everything and collects what is wrong; only when nothing is, the canonical
 * text is written and form and plan are asked, so that an author sees most mistakes at once and none twice.
 */
#include "server/author/xlsform_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_BYTES 1024

struct problem_place xlsform_at(const struct xlsform_line *line, int column)
{
	const struct xlsform_table *t = line->table;
	struct problem_place at = { .sheet = t->name, .row = line->number, .column = column, .header = NULL };

	if (t->sheet != NULL)
		at.sheet = t->sheet->name;
	if (column >= 0 && (size_t)column < t->head_count)
		at.header = t->heads[column].header;
	return at;
}

/* The column of a cell that is empty in this row: where it would stand. */
static int column_of(const struct xlsform_table *t, enum xlsform_sense sense, int id)
{
	for (size_t i = 0; i < t->head_count; i++)
		if (t->heads[i].sense == sense && t->heads[i].id == id && !t->heads[i].is_own)
			return (int)i;
	return -1;
}

struct problem_place xlsform_at_cell(const struct xlsform_line *line, int plain)
{
	int column = line->plain[plain].column;

	return xlsform_at(line, column >= 0 ? column : column_of(line->table, XLSFORM_PLAIN, plain));
}

const char *xlsform_copy(struct xlsform *x, const char *text, size_t len)
{
	const char *copy = arena_copy(x->arena, text, len);

	return copy != NULL ? copy : "";
}

const char *xlsform_print(struct xlsform *x, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;
	const char *copy;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return "";
	copy = xlsform_copy(x, text, (size_t)len);
	free(text);
	return copy;
}

const char *xlsform_quote(struct xlsform *x, const char *text)
{
	char out[XLSFORM_QUOTE_BYTES + 8];
	size_t len = strlen(text), kept = len;

	if (kept > XLSFORM_QUOTE_BYTES) {
		kept = XLSFORM_QUOTE_BYTES;
		while (kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80)
			kept--;
	}
	memcpy(out, text, kept);
	for (size_t i = 0; i < kept; i++)
		if (out[i] == '\n' || out[i] == '\t')
			out[i] = ' ';
	memcpy(out + kept, kept < len ? "…" : "", kept < len ? strlen("…") + 1 : 1);
	return xlsform_copy(x, out, strlen(out));
}

void xlsform_say(struct xlsform *x, bool is_warning, struct problem_place at, const char *english, const char *arabic)
{
	problems_add(x->problems, is_warning, &at, english, arabic);
}

void xlsform_error(struct xlsform *x, struct problem_place at, const char *english, const char *arabic, ...)
{
	char one[MESSAGE_BYTES], other[MESSAGE_BYTES];
	va_list args, again;

	va_start(args, arabic);
	va_copy(again, args);
	vsnprintf(one, sizeof(one), english, args);
	vsnprintf(other, sizeof(other), arabic, again);
	va_end(again);
	va_end(args);
	xlsform_say(x, false, at, one, other);
}

void xlsform_warning(struct xlsform *x, struct problem_place at, const char *english, const char *arabic, ...)
{
	char one[MESSAGE_BYTES], other[MESSAGE_BYTES];
	va_list args, again;

	va_start(args, arabic);
	va_copy(again, args);
	vsnprintf(one, sizeof(one), english, args);
	vsnprintf(other, sizeof(other), arabic, again);
	va_end(again);
	va_end(args);
	xlsform_say(x, true, at, one, other);
}

static int run_parts(struct xlsform *x, struct buf *out)
{
	static int (*const PARTS[])(struct xlsform *x) = {
		xlsform_table_settings, xlsform_settings_read, xlsform_table_open, xlsform_choices_read, xlsform_survey_read,
		xlsform_refer_check, xlsform_entities_check,
	};
	size_t errors = x->problems->errors;

	for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
		int rc = PARTS[i](x);

		if (rc == 0)
			rc = arena_error(x->arena);
		if (rc != 0)
			return rc;
	}
	if (x->problems->errors > errors)
		return err_set(ERR_USAGE, "form: %zu problems in the workbook", x->problems->errors - errors);
	return xlsform_emit(x, out);
}

int xlsform_compile(const struct workbook *w, const struct xlsform_options *options, struct problems *p, struct buf *out)
{
	struct xlsform *x = calloc(1, sizeof(*x));
	int rc;

	if (x == NULL)
		return err_set(ERR_NOMEM, "form: no memory");
	x->workbook = w;
	x->options = options;
	x->problems = p;
	x->arena = arena_new(XLSFORM_ARENA_BYTES_MAX);
	rc = x->arena == NULL ? err_set(ERR_NOMEM, "form: no memory") : run_parts(x, out);
	arena_free(x->arena);
	free(x);
	return rc;
}
