/*
 * sheets: see sheets.h. The cells of canonical form text, FORMAT.md section 3.
 *
 * Reading copies the text once, cuts it into lines and cells in place, and resolves escapes in place, so that every cell is a pointer
 * into the copy. A table's cells are counted by what the text can hold (a cell is at least one tab or line feed) before memory is taken.
 * Columns are checked here for both directions: known ones in order, one language order for all, none without content.
 */
#include "proto/form/sheets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/text.h"
#include "proto/form/form.h"

#define SHEETS_MAGIC "mandoob-form\t2\n"
#define DIVIDER "::"
#define COLUMN_BYTES_MAX 200

static const char *const TABLE_NAMES[SHEETS_COUNT] = { "settings", "survey", "choices" };

static const char *const SETTINGS_COLUMNS[] = { "key", "value", NULL };
static const char *const SURVEY_COLUMNS[] = {
	"type", "list", "name", "label::", "hint::", "guidance_hint::", "required", "required_message::", "relevant", "constraint",
	"constraint_message::", "warning", "warning_message::", "calculation", "default", "default_kind", "trigger", "readonly",
	"appearance", "parameters", "choice_filter", "repeat_count", "image::", "entry", "write", "protected", "class", "hidden",
	"restricted", "member", "on_finish", "note", NULL,
};
static const char *const CHOICES_COLUMNS[] = { "list_name", "name", "label::", "image::", NULL };
static const char *const *const COLUMNS[SHEETS_COUNT] = { SETTINGS_COLUMNS, SURVEY_COLUMNS, CHOICES_COLUMNS };

/* Columns that stand in the header even of a table without rows. */
static const char *const ALWAYS[SHEETS_COUNT][2] = { { "key", "value" }, { "type", "name" }, { "list_name", "name" } };

/* The keys of settings, in order; what ends in the divider has a language behind it. */
static const char *const KEYS[] = {
	"form_id", "version", "form_title", "form_title::", "default_language", "instance_name", "kind", "class", NULL,
};

const char *const *sheets_columns(enum sheets_name table)
{
	return COLUMNS[table];
}

static bool has_languages(const char *known)
{
	size_t len = strlen(known);

	return len > 2 && strcmp(known + len - 2, DIVIDER) == 0;
}

/*
 * The language of column `name` when it is a text column of the known name `known` ("label::"), "" for one without; NULL when it is
 * another.
 */
static const char *language_of(const char *known, const char *name)
{
	size_t len = strlen(known) - 2;

	if (strncmp(name, known, len) != 0)
		return NULL;
	if (name[len] == '\0')
		return "";
	return strncmp(name + len, DIVIDER, 2) == 0 && name[len + 2] ? name + len + 2 : NULL;
}

/* The position in `known` of a column or key, and its language ("" for none); -1 when it is unknown. */
static int known_find(const char *const *known, const char *name, const char **language)
{
	*language = "";
	for (int i = 0; known[i]; i++) {
		const char *found = has_languages(known[i]) ? language_of(known[i], name) : strcmp(known[i], name) == 0 ? "" : NULL;

		if (!found)
			continue;
		*language = found;
		return i;
	}
	return -1;
}

int sheets_column_place(enum sheets_name table, const char *name, const char **language)
{
	return known_find(COLUMNS[table], name, language);
}

bool sheets_column_has_languages(enum sheets_name table, int place)
{
	return has_languages(COLUMNS[table][place]);
}

bool sheets_column_is_needed(enum sheets_name table, const char *name)
{
	return strcmp(name, ALWAYS[table][0]) == 0 || strcmp(name, ALWAYS[table][1]) == 0;
}

int sheets_key_place(const char *key)
{
	const char *language;

	return known_find(KEYS, key, &language);
}

int sheets_column(const struct sheets_table *t, const char *name, const char *language)
{
	size_t len = strlen(name);

	for (size_t c = 0; c < t->column_count; c++) {
		const char *column = t->columns[c];

		if (strncmp(column, name, len) != 0)
			continue;
		if ((!language || !*language) && column[len] == '\0')
			return (int)c;
		if (language && *language && strncmp(column + len, DIVIDER, 2) == 0 && strcmp(column + len + 2, language) == 0)
			return (int)c;
	}
	return -1;
}

const char *sheets_cell(const struct sheets_table *t, size_t row, int column)
{
	assert(row < t->row_count);
	assert(column < (int)t->column_count);
	return column < 0 ? "" : t->rows[row][column];
}

bool sheets_column_has_content(const struct sheets_table *t, size_t column)
{
	for (size_t r = 0; r < t->row_count; r++)
		if (*t->rows[r][column])
			return true;
	return false;
}

static int list_place(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], text) == 0)
			return (int)i;
	return -1;
}

/* Add the languages of the columns of one known name, in the order of the table. */
static int add_languages(const struct sheets_table *t, const char *known, const char **out, size_t *count)
{
	for (size_t c = 0; c < t->column_count; c++) {
		const char *language = language_of(known, t->columns[c]);

		if (!language || !*language || list_place(out, *count, language) >= 0 || !sheets_column_has_content(t, c))
			continue;
		if (*count == FORM_LANGUAGES_MAX)
			return err_set(ERR_LIMIT, "form: more than %d languages", FORM_LANGUAGES_MAX);
		out[(*count)++] = language;
	}
	return 0;
}

const char *sheets_setting(const struct sheets *s, const char *key)
{
	const struct sheets_table *t = &s->tables[SHEETS_SETTINGS];
	int key_column = sheets_column(t, "key", NULL);
	int value_column = sheets_column(t, "value", NULL);

	for (size_t r = 0; key_column >= 0 && r < t->row_count; r++)
		if (strcmp(t->rows[r][key_column], key) == 0)
			return sheets_cell(t, r, value_column);
	return "";
}

int sheets_languages(const struct sheets *s, const char **out, size_t *count)
{
	const char *first = sheets_setting(s, "default_language");
	int rc = 0;
	int place;

	*count = 0;
	for (int t = SHEETS_SURVEY; t < SHEETS_COUNT; t++)
		for (size_t k = 0; rc == 0 && COLUMNS[t][k]; k++)
			if (has_languages(COLUMNS[t][k]))
				rc = add_languages(&s->tables[t], COLUMNS[t][k], out, count);
	place = list_place(out, *count, first);
	if (place > 0) {
		first = out[place];
		memmove(out + 1, out, (size_t)place * sizeof(*out));
		out[0] = first;
	}
	return rc;
}

/* ---- reading ---- */

struct reading {
	struct arena *arena;
	char *at;     /* first byte not read yet */
	size_t left;  /* bytes from there to the NUL */
	size_t line;  /* of the text, from 1, of what was read last */
};

static int broken(const struct reading *k, const char *what)
{
	return err_set(ERR_CORRUPT, "form line %zu: %s", k->line, what);
}

/* The next line, NUL-terminated; NULL at the end. */
static char *take_line(struct reading *k)
{
	char *line = k->at;
	char *end = k->left ? memchr(line, '\n', k->left) : NULL;

	if (!end)
		return NULL;
	*end = '\0';
	k->left -= (size_t)(end + 1 - line);
	k->at = end + 1;
	k->line++;
	return line;
}

/* Resolve \\ \t \n in place. Any other escape breaks the text; raw tabs and line feeds are gone by now. */
static int unescape(const struct reading *k, char *cell)
{
	char *to = cell;

	for (const char *from = cell; *from; from++) {
		char c = *from;

		if (c == '\\') {
			from++;
			c = *from == '\\' ? '\\' : *from == 't' ? '\t' : *from == 'n' ? '\n' : '\0';
			if (!c)
				return broken(k, "unknown escape");
		}
		*to++ = c;
	}
	*to = '\0';
	if (to - cell > FORM_CELL_BYTES_MAX)
		return err_set(ERR_LIMIT, "form line %zu: a cell above %d bytes", k->line, FORM_CELL_BYTES_MAX);
	return 0;
}

/* Cut a line into exactly `count` cells. */
static int cut_cells(const struct reading *k, char *line, const char **cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *tab = strchr(line, '\t');
		int rc;

		if (!tab != (i + 1 == count))
			return broken(k, "as many cells as the table has columns expected");
		if (tab)
			*tab = '\0';
		rc = unescape(k, line);
		if (rc != 0)
			return rc;
		cells[i] = line;
		line = tab ? tab + 1 : line;
	}
	return 0;
}

/* "survey TAB 12": the number of rows, in its one spelling. */
static int read_title(struct reading *k, const char *name, size_t *rows)
{
	const char *line = take_line(k);
	size_t len = strlen(name);
	size_t digits;

	if (!line || strncmp(line, name, len) != 0 || line[len] != '\t')
		return err_set(ERR_CORRUPT, "form line %zu: \"%s\" and its number of rows expected", k->line, name);
	line += len + 1;
	digits = strspn(line, "0123456789");
	if (digits == 0 || digits > 6 || line[digits] || (line[0] == '0' && digits > 1))
		return broken(k, "a number of rows expected");
	*rows = strtoul(line, NULL, 10);
	if (*rows > SHEETS_ROWS_MAX)
		return err_set(ERR_LIMIT, "form line %zu: more than %d rows", k->line, SHEETS_ROWS_MAX);
	return 0;
}

static int read_header(struct reading *k, struct sheets_table *t)
{
	char *line = take_line(k);
	size_t count = 1;

	if (!line)
		return broken(k, "the names of columns expected");
	for (const char *c = line; *c; c++)
		count += *c == '\t';
	if (count > SHEETS_COLUMNS_MAX)
		return err_set(ERR_LIMIT, "form line %zu: more than %d columns", k->line, SHEETS_COLUMNS_MAX);
	t->columns = arena_alloc(k->arena, count, sizeof(*t->columns));
	if (!t->columns)
		return arena_error(k->arena);
	t->column_count = count;
	return cut_cells(k, line, t->columns, count);
}

static int read_table(struct reading *k, const char *name, struct sheets_table *t)
{
	size_t rows = 0;
	const char **cells;
	int rc = read_title(k, name, &rows);

	if (rc == 0)
		rc = read_header(k, t);
	if (rc != 0)
		return rc;
	/* Each cell ends with a tab or a line feed, so this many cannot be there. */
	if (rows > k->left / t->column_count)
		return broken(k, "more rows announced than there are");
	t->rows = arena_alloc(k->arena, rows, sizeof(*t->rows));
	cells = arena_alloc(k->arena, rows * t->column_count, sizeof(*cells));
	if (!t->rows || !cells)
		return arena_error(k->arena);
	for (; t->row_count < rows; t->row_count++, cells += t->column_count) {
		char *line = take_line(k);

		if (!line)
			return broken(k, "fewer rows than announced");
		rc = cut_cells(k, line, cells, t->column_count);
		if (rc != 0)
			return rc;
		t->rows[t->row_count] = cells;
	}
	return 0;
}

static int column_broken(enum sheets_name table, const char *column, const char *what)
{
	return err_set(ERR_CORRUPT, "form %s: column %s: %s", TABLE_NAMES[table], column, what);
}

/* Whether a column that is not among the known ones may stand in choices: it is the name of an element, and no half of a known one. */
static bool is_other_column(const char *name)
{
	return form_is_name(name) && strcmp(name, "label") != 0 && strcmp(name, "image") != 0;
}

/* Where a column stands in the one order: its known name (others behind them all), then its language. */
struct rank {
	int known;
	int language;
};

static bool rank_is_above(struct rank a, struct rank b)
{
	return a.known != b.known ? a.known > b.known : a.language > b.language;
}

static int check_columns(const struct sheets *s, enum sheets_name table, const char **languages, size_t language_count)
{
	const struct sheets_table *t = &s->tables[table];
	struct rank last = { -1, 0 };
	int others = 0;

	for (size_t c = 0; c < t->column_count; c++) {
		const char *language;
		struct rank rank = { known_find(COLUMNS[table], t->columns[c], &language), -1 };

		if (strpbrk(t->columns[c], "\t\n") || strlen(t->columns[c]) > COLUMN_BYTES_MAX)
			return err_set(ERR_CORRUPT, "form %s: column %zu: not the name of a column", TABLE_NAMES[table], c + 1);
		if (rank.known < 0 && (table != SHEETS_CHOICES || !is_other_column(t->columns[c])))
			return column_broken(table, t->columns[c], "is not known");
		if (rank.known < 0)
			rank = (struct rank){ SHEETS_COLUMNS_MAX, others++ };
		if (*language)
			rank.language = list_place(languages, language_count, language);
		if (rank.known < SHEETS_COLUMNS_MAX && has_languages(COLUMNS[table][rank.known]) && !*language && language_count)
			return column_broken(table, t->columns[c], "has no language, but others have");
		if (!rank_is_above(rank, last))
			return column_broken(table, t->columns[c], "stands at the wrong place, or twice");
		if (!sheets_column_is_needed(table, t->columns[c]) && !sheets_column_has_content(t, c))
			return column_broken(table, t->columns[c], "has no content");
		last = rank;
	}
	if (sheets_column(t, ALWAYS[table][0], NULL) < 0 || sheets_column(t, ALWAYS[table][1], NULL) < 0)
		return err_set(ERR_CORRUPT, "form %s: columns %s and %s expected", TABLE_NAMES[table], ALWAYS[table][0], ALWAYS[table][1]);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Other columns of choices stand in the author's order, so that twins are not neighbours. */
static int check_twins(struct arena *arena, const struct sheets_table *t)
{
	const char **names = arena_alloc(arena, t->column_count, sizeof(*names));

	if (!names)
		return arena_error(arena);
	memcpy(names, t->columns, t->column_count * sizeof(*names));
	qsort(names, t->column_count, sizeof(*names), compare_names);
	for (size_t i = 1; i < t->column_count; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return column_broken(SHEETS_CHOICES, names[i], "stands there twice");
	return 0;
}

static int check_keys(const struct sheets_table *t)
{
	int last = -1;

	for (size_t r = 0; r < t->row_count; r++) {
		const char *language;
		int key = known_find(KEYS, t->rows[r][0], &language);

		/* "form_title" is the one without language; "form_title::x" belongs to the next in the list. */
		if (key < 0 || key < last || (key == last && !*language))
			return err_set(ERR_CORRUPT, "form settings row %zu: key unknown, twice or at the wrong place", r + 1);
		for (size_t before = r; *language && before-- > 0;)
			if (strcmp(t->rows[before][0], t->rows[r][0]) == 0)
				return err_set(ERR_CORRUPT, "form settings row %zu: key twice", r + 1);
		if (!*t->rows[r][1])
			return err_set(ERR_CORRUPT, "form settings row %zu: no value", r + 1);
		last = key;
	}
	return 0;
}

static int check_tables(const struct sheets *s)
{
	const char *languages[FORM_LANGUAGES_MAX];
	size_t count;
	int rc = check_columns(s, SHEETS_SETTINGS, NULL, 0);

	/* A setting's language is a word in a cell, checked below; columns' languages need the default first. */
	if (rc == 0 && s->tables[SHEETS_SETTINGS].row_count > FORM_LANGUAGES_MAX + 8)
		rc = err_set(ERR_LIMIT, "form: more settings than there can be");
	if (rc == 0)
		rc = check_keys(&s->tables[SHEETS_SETTINGS]);
	if (rc == 0)
		rc = sheets_languages(s, languages, &count);
	if (rc == 0)
		rc = check_columns(s, SHEETS_SURVEY, languages, count);
	if (rc == 0)
		rc = check_columns(s, SHEETS_CHOICES, languages, count);
	if (rc == 0)
		rc = check_twins(s->arena, &s->tables[SHEETS_CHOICES]);
	return rc;
}

/* Raw bytes that no line may hold: anything below space but tab and line feed, DEL, and what is not UTF-8. */
static int check_bytes(const char *text, size_t len)
{
	size_t at;

	if (text_has_command(text, len, &at))
		return err_set(ERR_CORRUPT, "form: control character at byte %zu", at);
	if (!text_is_utf8(text, len))
		return err_set(ERR_CORRUPT, "form: not UTF-8");
	return 0;
}

static int read_all(struct reading *k, const char *text, size_t len, struct sheets *s)
{
	char *copy = arena_copy(k->arena, text, len);
	int rc = 0;

	if (!copy)
		return arena_error(k->arena);
	k->at = copy + strlen(SHEETS_MAGIC);
	k->left = len - strlen(SHEETS_MAGIC);
	k->line = 1;
	for (int t = 0; rc == 0 && t < SHEETS_COUNT; t++)
		rc = read_table(k, TABLE_NAMES[t], &s->tables[t]);
	if (rc == 0 && k->left > 0)
		rc = broken(k, "nothing more expected behind it");
	return rc == 0 ? check_tables(s) : rc;
}

/* A later format of the same kind (FORMAT.md section 16): nothing is wrong with it. */
static bool is_newer(const char *text, size_t len)
{
	size_t digit = strlen(SHEETS_MAGIC) - 2;

	return len > digit && memcmp(text, SHEETS_MAGIC, digit) == 0 && text[digit] > SHEETS_MAGIC[digit] && text[digit] <= '9';
}

int sheets_read(const char *text, size_t len, struct sheets *out)
{
	struct sheets s = { 0 };
	struct reading k = { 0 };
	int rc;

	*out = s;
	if (len > FORM_TEXT_BYTES_MAX)
		return err_set(ERR_LIMIT, "form: %zu bytes, at most %d", len, FORM_TEXT_BYTES_MAX);
	if (is_newer(text, len))
		return err_set(ERR_STALE, "form: it is made for a newer version of this program");
	if (len < strlen(SHEETS_MAGIC) || memcmp(text, SHEETS_MAGIC, strlen(SHEETS_MAGIC)) != 0)
		return err_set(ERR_CORRUPT, "form: line 1 is not that of a form of version 2");
	rc = check_bytes(text, len);
	if (rc != 0)
		return rc;
	/* The copy; a pointer for each cell and row; the names of columns twice; what the pieces round up to. */
	k.arena = arena_new(len + 2 * (len + 2) * sizeof(char *) + 4 * SHEETS_COLUMNS_MAX * sizeof(char *) + 4096);
	if (!k.arena)
		return err_set(ERR_NOMEM, "form: no memory");
	s.arena = k.arena;
	rc = read_all(&k, text, len, &s);
	if (rc != 0) {
		sheets_fini(&s);
		return rc;
	}
	*out = s;
	return 0;
}

void sheets_fini(struct sheets *s)
{
	arena_free(s->arena);
	*s = (struct sheets){ 0 };
}
