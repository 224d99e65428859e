/*
 * reflist_compile: the half of reflist.h that makes canonical list text from a CSV table; reflist.c reads it.
 *
 * What a person can get wrong in a cell is complained about here with line and column; reflist_parse() of the result comes last and holds
 * whatever was missed to the same rules as foreign text.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/form/csv.h"
#include "proto/form/reflist.h"

/* The columns that a list knows, and the names under which authors have them. */
enum known { CODE, LABEL_AR, LABEL_EN, ALIASES, WITHDRAWN, LABEL, KNOWN_COUNT };

static const char *const SPELLINGS[KNOWN_COUNT][4] = {
	[CODE] = { "code", "name", "value", NULL },
	[LABEL_AR] = { "label::ar", "label::Arabic (ar)", "label::Arabic", "label_ar" },
	[LABEL_EN] = { "label::en", "label::English (en)", "label::English", "label_en" },
	[ALIASES] = { "aliases", "alias", NULL, NULL },
	[WITHDRAWN] = { "withdrawn", NULL, NULL, NULL },
	[LABEL] = { "label", NULL, NULL, NULL },
};

struct compiler {
	struct csv *table;
	int columns[KNOWN_COUNT];
	bool is_known[CSV_COLUMNS_MAX];
	struct buf *out;
};

static const char *cell(const struct compiler *k, size_t row, enum known column)
{
	return k->columns[column] < 0 ? "" : csv_cell(k->table, row, (size_t)k->columns[column]);
}

/*
 * Append one cell, escaped, without the invisible marks that spreadsheets and web pages leave behind. Other control characters, and what
 * is no UTF-8, are for reflist_parse() to refuse.
 */
static void put(struct buf *out, const char *text)
{
	size_t len = strlen(text);
	size_t at = 0;
	uint32_t cp;

	for (size_t from = 0; from < len; from = at) {
		if (text_next(text, len, &at, &cp) != 1)
			at = from + 1;
		else if (cp >= 0x80 && text_is_invisible(cp))
			continue;
		if (text[from] == '\\')
			buf_text(out, "\\\\");
		else if (text[from] == '\t')
			buf_text(out, "\\t");
		else if (text[from] == '\n')
			buf_text(out, "\\n");
		else
			buf_append(out, text + from, at - from);
	}
}

static void put_next(struct buf *out, const char *text)
{
	buf_text(out, "\t");
	put(out, text);
}

static int find_columns(struct compiler *k)
{
	for (size_t known = 0; known < KNOWN_COUNT; known++) {
		k->columns[known] = -1;
		for (size_t s = 0; s < 4 && SPELLINGS[known][s]; s++) {
			int c = csv_column_find(k->table, SPELLINGS[known][s]);

			if (c < 0)
				continue;
			if (k->columns[known] >= 0)
				return err_set(ERR_USAGE, "list: line 1: columns %s and %s mean the same; one is expected",
					csv_column_name(k->table, (size_t)k->columns[known]), SPELLINGS[known][s]);
			k->columns[known] = c;
			k->is_known[c] = true;
		}
	}
	if (k->columns[CODE] < 0)
		return err_set(ERR_USAGE, "list: line 1: a column code is expected");
	for (size_t c = 0; c < csv_column_count(k->table); c++)
		if (!k->is_known[c] && !form_is_name(csv_column_name(k->table, c)))
			return err_set(ERR_USAGE, "list: line 1: column %zu: letters, digits and _ expected as its name", c + 1);
	return 0;
}

/* The length of the alias at `at`, which ends at a semicolon, a bar or a line end; `*divider` is the length of that. */
static size_t alias_length(const char *at, size_t *divider)
{
	static const char ARABIC_SEMICOLON[] = "؛";
	size_t len = 0;

	*divider = 0;
	while (at[len]) {
		if (strchr(";|\n", at[len]))
			*divider = 1;
		else if (strncmp(at + len, ARABIC_SEMICOLON, strlen(ARABIC_SEMICOLON)) == 0)
			*divider = strlen(ARABIC_SEMICOLON);
		if (*divider)
			break;
		len++;
	}
	return len;
}

/* Aliases with one semicolon between, without spaces around, none empty. */
static void put_aliases(struct buf *out, const char *text)
{
	bool is_next = false;

	buf_text(out, "\t");
	while (*text) {
		size_t divider;
		size_t len = alias_length(text, &divider);
		const char *at = text;
		size_t rest = len;

		for (; rest > 0 && *at == ' '; rest--)
			at++;
		while (rest > 0 && at[rest - 1] == ' ')
			rest--;
		for (size_t i = 0; i < rest; i++) {
			const char one[2] = { at[i], '\0' };

			if (i == 0 && is_next)
				buf_text(out, ";");
			put(out, one);
		}
		is_next = is_next || rest > 0;
		text += len + divider;
	}
}

static int put_item(struct compiler *k, size_t row)
{
	const char *code = cell(k, row, CODE);
	const char *ar = cell(k, row, LABEL_AR);
	const char *withdrawn = cell(k, row, WITHDRAWN);
	bool is_withdrawn = strcmp(withdrawn, "yes") == 0 || strcmp(withdrawn, "true") == 0 || strcmp(withdrawn, "نعم") == 0;

	if (!*code)
		return csv_complain(k->table, row, (size_t)k->columns[CODE], "a code is expected");
	if (!form_is_open_code(code, strlen(code)))
		return csv_complain(k->table, row, (size_t)k->columns[CODE], "small letters a-z, digits, _ and - are expected, at most 64");
	if (!is_withdrawn && *withdrawn && strcmp(withdrawn, "no") != 0 && strcmp(withdrawn, "false") != 0 && strcmp(withdrawn, "لا") != 0)
		return csv_complain(k->table, row, (size_t)k->columns[WITHDRAWN], "yes or no is expected");
	put(k->out, code);
	put_next(k->out, *ar ? ar : cell(k, row, LABEL));
	put_next(k->out, cell(k, row, LABEL_EN));
	put_aliases(k->out, cell(k, row, ALIASES));
	put_next(k->out, is_withdrawn ? "yes" : "");
	for (size_t c = 0; c < csv_column_count(k->table); c++)
		if (!k->is_known[c])
			put_next(k->out, csv_cell(k->table, row, c));
	buf_text(k->out, "\n");
	return 0;
}

/* A code that stands twice: told with the line of the second, which reflist_parse() would not know. */
struct coded {
	const char *code;
	size_t row;
};

static int compare_coded(const void *a, const void *b)
{
	const struct coded *x = a;
	const struct coded *y = b;
	int order = strcmp(x->code, y->code);

	return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static int check_codes(const struct compiler *k)
{
	size_t count = csv_row_count(k->table);
	struct coded *all = calloc(count + 1, sizeof(*all));
	int rc = 0;

	if (!all)
		return err_set(ERR_NOMEM, "list: no memory");
	for (size_t i = 0; i < count; i++)
		all[i] = (struct coded){ cell(k, i, CODE), i };
	qsort(all, count, sizeof(*all), compare_coded);
	for (size_t i = 1; i < count && rc == 0; i++)
		if (strcmp(all[i - 1].code, all[i].code) == 0)
			rc = csv_complain(k->table, all[i].row, (size_t)k->columns[CODE], "stands in an earlier line too");
	free(all);
	return rc;
}

static int put_all(struct compiler *k, const char *name, const char *version)
{
	int rc = find_columns(k);

	if (rc != 0)
		return rc;
	buf_text(k->out, "mandoob-list\t1");
	put_next(k->out, name);
	put_next(k->out, version);
	buf_text(k->out, "\ncode\tlabel::ar\tlabel::en\taliases\twithdrawn");
	for (size_t c = 0; c < csv_column_count(k->table); c++)
		if (!k->is_known[c])
			put_next(k->out, csv_column_name(k->table, c));
	buf_text(k->out, "\n");
	for (size_t i = 0; rc == 0 && i < csv_row_count(k->table); i++)
		rc = put_item(k, i);
	return rc == 0 ? check_codes(k) : rc;
}

int reflist_compile(const char *name, const char *version, const void *csv, size_t len, struct buf *out)
{
	struct compiler k = { .out = out };
	struct reflist *list = NULL;
	size_t begin = out->len;
	int rc;

	if (!form_is_list_name(name))
		return err_set(ERR_USAGE, "list: a name of letters, digits and _ is expected");
	rc = csv_parse_all(name, csv, len, &k.table);
	if (rc == 0)
		rc = put_all(&k, name, version);
	if (rc == 0)
		rc = buf_error(out);
	if (rc == 0)
		rc = reflist_parse((const char *)out->data + begin, out->len - begin, &list);
	reflist_free(list);
	csv_free(k.table);
	return rc == ERR_CORRUPT ? err_context(ERR_USAGE, "list %s", name) : rc;
}
