/*
 * sheets: the canonical text of a form as three tables (FORMAT.md section 3): written by the publisher, read by everybody.
 *
 *	mandoob-form TAB 2
 *	settings TAB <rows>      then a header line and that many lines
 *	survey TAB <rows>
 *	choices TAB <rows>
 *
 * Lines end with LF, cells are divided by one tab; `\\`, `\t`, `\n` stand for backslash, tab and line feed. Known columns stand in the
 * order of sheets_columns(), text columns with their language behind `::`, and only those with content; other columns of
 * choices follow in the author's order. There is one spelling. Here the cells are read and written; form.c knows what they mean.
 */
#ifndef PROTO_FORM_SHEETS_H
#define PROTO_FORM_SHEETS_H

#include <stdbool.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

#define SHEETS_ROWS_MAX 60000
#define SHEETS_COLUMNS_MAX 512 /* of one table */

enum sheets_name { SHEETS_SETTINGS, SHEETS_SURVEY, SHEETS_CHOICES };
#define SHEETS_COUNT 3

/* One table. Cells are NUL-terminated UTF-8, never NULL. */
struct sheets_table {
	size_t column_count;
	const char **columns;  /* "type", "label::Arabic (ar)" */
	size_t row_count;
	const char ***rows;    /* rows[r][c] */
};

struct sheets {
	struct sheets_table tables[SHEETS_COUNT];
	void *arena;           /* owns everything when it was read; NULL when the caller built it */
};

/*
 * Read canonical text. ERR_CORRUPT names line and what was expected; ERR_STALE: of a later format; ERR_LIMIT, ERR_NOMEM. Free with
 * sheets_fini().
 */
int sheets_read(const char *text, size_t len, struct sheets *out) MUST_CHECK;
void sheets_fini(struct sheets *s);

/*
 * Append the canonical text: columns, settings by key and languages put in order, the rows of each choice list together (lists and their
 * rows otherwise in the order given); columns without content and settings without a value left out. ERR_LIMIT above
 * FORM_TEXT_BYTES_MAX; ERR_USAGE for an unknown column of settings or survey, an unknown key, a column twice, a text column without
 * language beside others with one, a control character other than tab and line feed.
 */
int sheets_write(const struct sheets *s, struct buf *out) MUST_CHECK;

/* A column by its name without language, and that language; -1 when the table lacks it. */
int sheets_column(const struct sheets_table *t, const char *name, const char *language);
const char *sheets_cell(const struct sheets_table *t, size_t row, int column); /* "" for column -1 */

/* The value of a settings row by its key; "" when there is none. */
const char *sheets_setting(const struct sheets *s, const char *key);

/*
 * The languages of the text columns that have content, at most FORM_LANGUAGES_MAX into `out` (borrowed from the columns): the default
 * language first, the others as they are met when known columns are visited in canonical order, survey before choices. ERR_LIMIT.
 */
int sheets_languages(const struct sheets *s, const char **out, size_t *count) MUST_CHECK;

bool sheets_column_has_content(const struct sheets_table *t, size_t column);

/* The position of a column in sheets_columns(table) and its language, "" without one; -1 when it is not known. */
int sheets_column_place(enum sheets_name table, const char *name, const char **language);
bool sheets_column_has_languages(enum sheets_name table, int place);
/* Whether a table has the column even without content. */
bool sheets_column_is_needed(enum sheets_name table, const char *name);
/* The position of a key among those of settings, in the order in which they stand; -1 when it is not known. */
int sheets_key_place(const char *key);

/* The known columns of a table in canonical order, NULL-terminated; a name that ends with "::" has languages. */
const char *const *sheets_columns(enum sheets_name table);

#endif
