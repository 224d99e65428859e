/*
 * xlsform_parts: what the parts of the XLSForm compiler share. Inside server/author/xlsform*.c only.
 *
 * The way of a workbook: xlsform_table.c finds the sheets and says what each header means; xlsform_settings.c and xlsform_choices.c read
 * theirs; xlsform_survey.c turns each line into a row of the form (xlsform_question.c what a question of its type may say,
 * xlsform_parameters.c its parameters, xlsform_select.c its list, xlsform_expand.c the rows that one line stands for: loops,
 * "or other", table-list); xlsform_refer.c looks for names that are
 * nowhere; xlsform_entities.c reads declarations that we carry out nowhere; xlsform_emit.c writes the canonical text and lays what
 * form and plan say about it at the author's cell. xlsform_words.c has the spellings.
 *
 * Everything lives in one arena and dies with the compile. Nothing here fails because of what an author wrote: that becomes a
 * problem; functions return only what stops the work itself (memory, ceilings).
 */
#ifndef SERVER_AUTHOR_XLSFORM_PARTS_H
#define SERVER_AUTHOR_XLSFORM_PARTS_H

#include "proto/base/arena.h"
#include "proto/form/sheets.h"
#include "server/author/xlsform.h"

#define XLSFORM_ARENA_BYTES_MAX (512u * 1024 * 1024) /* several times the largest workbook */
#define XLSFORM_ROWS_MAX (2 * FORM_NODES_MAX)        /* rows of the form, the ends of groups among them */
#define XLSFORM_BUCKETS 1024                         /* of the tables of names */
#define XLSFORM_QUOTE_BYTES 64                       /* what is repeated of an author's text in a message */

/* Cells that exist once for each language: those of enum form_words, and what a form does not carry. */
enum {
	XLSFORM_BIG_IMAGE = FORM_WORDS_COUNT,
	XLSFORM_AUDIO,
	XLSFORM_VIDEO,
	XLSFORM_WORDS_COUNT
};

/* Cells in no language: those of enum form_column, and these. */
enum {
	XLSFORM_TYPE = FORM_COLUMN_COUNT,
	XLSFORM_NAME,
	XLSFORM_LIST,        /* of the choices: list_name */
	XLSFORM_ENTRY,       /* our own */
	XLSFORM_WRITE,
	XLSFORM_PROTECTED,
	XLSFORM_CLASS,
	XLSFORM_HIDDEN,
	XLSFORM_RESTRICTED,
	XLSFORM_SAVE_TO,     /* entities: read, never carried out */
	XLSFORM_DISABLED,
	XLSFORM_ROWS,        /* body::rows: height of a text, as the parameter of that name */
	XLSFORM_PLAIN_COUNT
};

enum xlsform_sense {
	XLSFORM_UNKNOWN,     /* a column of the author's own */
	XLSFORM_IGNORED,     /* known elsewhere, means nothing here */
	XLSFORM_PLAIN,       /* `id` is one of the cells in no language */
	XLSFORM_WORDS,       /* `id` is one of the cells with languages */
};

/* What a header means. */
struct xlsform_head {
	enum xlsform_sense sense;
	int id;
	bool is_own;           /* mandoob:: */
	size_t language;       /* of words */
	const char *header;    /* as written; NULL: the column has none */
};

/* A sheet with its headers understood. */
struct xlsform_table {
	const char *name;      /* "survey", as people call it */
	const struct workbook_sheet *sheet; /* NULL: there is none, or it is empty */
	struct xlsform_head *heads; /* by column */
	size_t head_count;
	bool is_odd;           /* a column that it needs is missing, which was told */
	size_t next;           /* index of the next row to read; the headers are in row 0 */
};

struct xlsform_cell {
	const char *text;      /* never NULL */
	int column;            /* -1: empty */
};

/* A row of the author's as it was read. */
struct xlsform_line {
	const struct xlsform_table *table;
	const struct workbook_row *source;
	size_t number;         /* of the row, as the author's program counts */
	struct xlsform_cell plain[XLSFORM_PLAIN_COUNT];
	struct xlsform_cell *words; /* [id * language_count + language] */
};

/* What a type cell says. */
enum xlsform_kind {
	XLSFORM_QUESTION,      /* `type` */
	XLSFORM_BEGIN,         /* `control` */
	XLSFORM_END,
	XLSFORM_SELECT,        /* `type` with `list` */
	XLSFORM_SELECT_FILE,   /* likewise, `list` is the name of a file */
	XLSFORM_SELECT_EXTERNAL,
	XLSFORM_MEMBER,        /* select_member; `list` is the name of a repeat */
	XLSFORM_METADATA,      /* `word` names it */
	XLSFORM_HIDDEN_VALUE,  /* never asked */
	XLSFORM_RANGE,
	XLSFORM_LOCATION,      /* start-geopoint, background-geopoint: asked as a place */
	XLSFORM_DRAWN,         /* geotrace, geoshape, osm: kept as text */
	XLSFORM_CSV_LIST,      /* csv-external */
	XLSFORM_XML_LIST,      /* xml-external */
	XLSFORM_DROPPED,       /* audit, background-audio: nothing is collected */
	XLSFORM_REFUSED,       /* known, and not supported */
	XLSFORM_NO_TYPE,       /* not known */
};

enum xlsform_control { XLSFORM_GROUP, XLSFORM_REPEAT, XLSFORM_LOOP };

struct xlsform_type {
	enum xlsform_kind kind;
	enum form_type type;
	enum xlsform_control control;
	const char *word;      /* the one spelling: "integer", "start-geopoint", "audit" */
	const char *list;      /* name of a list, file or repeat; "" none */
	bool has_other;        /* or_other */
	const char *constraint; /* what old types bring along; "" nothing */
};

/* A choice of a list. */
struct xlsform_choice {
	const char *code;
	const char **labels;   /* by language */
	const char **pictures; /* by language */
	const char **others;   /* by index of other_columns; of external choices too */
	const struct xlsform_line *line; /* NULL: made by us ("other") */
};

struct xlsform_list {
	const char *written;   /* its name in the workbook */
	const char *name;      /* in the form: another one where both sheets have a list of one name, or where it cannot be a name there */
	const struct xlsform_line *line; /* its first */
	bool is_external;
	bool is_odd;           /* a problem of its own was found: do not go on about it */
	struct xlsform_choice *choices;
	size_t count;
	size_t room;
	size_t bucket_next;
};

/* A row of the form. */
struct xlsform_row {
	bool is_begin;
	bool is_end;
	enum xlsform_control control;
	const char *type;      /* of a question: the canonical word, "select_one" */
	const char *list;      /* of a select: its list; NULL none */
	const char *member;    /* of select_member: its repeat; NULL none */
	bool is_literal;       /* the default is a text, no expression */
	const char *name;
	const char *plain[XLSFORM_PLAIN_COUNT]; /* "" when empty */
	const char **words;    /* [id * language_count + language] */
	const struct xlsform_line *line; /* where it came from */
	bool is_generated;     /* not written by the author */
};

/* A name that stands in a group, or that of a repeat. */
struct xlsform_sibling {
	const char *name;
	size_t group;          /* its number; 0 the form */
	const struct xlsform_line *line;
	struct xlsform_sibling *next;
};

/* A name that ${name} can mean, and one that instance() can. */
struct xlsform_name {
	const char *text;
	size_t count;
	bool is_repeat;            /* one of them is a repeat */
	const struct xlsform_line *first; /* where they stand */
	const struct xlsform_line *last;
	struct xlsform_name *next; /* in its bucket */
};

struct xlsform_source {
	const char *name;
	const char *uri;
	const struct xlsform_line *line; /* that says so */
	struct xlsform_source *next;
};

struct xlsform {
	const struct workbook *workbook;
	const struct xlsform_options *options;
	struct problems *problems;
	struct arena *arena;

	struct xlsform_table survey;
	struct xlsform_table choices;
	struct xlsform_table external;
	struct xlsform_table settings;
	struct xlsform_table entities;

	const char *languages[FORM_LANGUAGES_MAX]; /* as written; "" for texts without one; the default first */
	bool is_arabic[FORM_LANGUAGES_MAX]; /* by its name, or by its texts where it has none */
	size_t language_count;
	int spread;                   /* the language of texts without one that go to all others; -1 */
	const char *default_language; /* "" when the settings do not say */

	struct sheets_table setting_rows; /* key, value */
	bool allow_choice_duplicates;
	const char *form_id;

	struct xlsform_list *lists;
	size_t list_count;
	size_t list_room;
	size_t list_buckets[XLSFORM_BUCKETS]; /* index + 1 */
	const char **other_columns;   /* of the choices sheets beside list, name, label and picture */
	size_t other_count;

	struct xlsform_row *rows;
	size_t row_count;
	bool is_full;                 /* XLSFORM_ROWS_MAX was reached, and said */
	struct xlsform_sibling *siblings[XLSFORM_BUCKETS];
	struct xlsform_sibling *repeats;
	struct xlsform_name *names[XLSFORM_BUCKETS];
	struct xlsform_source *sources;
};

/* ---- xlsform.c: what all parts use ---- */

/* Where a problem is: a cell of a line (-1: the row as a whole). */
struct problem_place xlsform_at(const struct xlsform_line *line, int column);
struct problem_place xlsform_at_cell(const struct xlsform_line *line, int plain);

/* A problem at `at`, with the same arguments in both languages. What the author wrote goes through xlsform_quote() first. */
#define XLSFORM_TWO_FORMATS __attribute__((format(printf, 3, 5), format(printf, 4, 5)))
void xlsform_error(struct xlsform *x, struct problem_place at, const char *english, const char *arabic, ...) XLSFORM_TWO_FORMATS;
void xlsform_warning(struct xlsform *x, struct problem_place at, const char *english, const char *arabic, ...) XLSFORM_TWO_FORMATS;
/* A problem whose sentences are put together already. */
void xlsform_say(struct xlsform *x, bool is_warning, struct problem_place at, const char *english, const char *arabic);

/* At most XLSFORM_QUOTE_BYTES of `text` on one line, owned by the arena: for messages. Never NULL. */
const char *xlsform_quote(struct xlsform *x, const char *text);
/* Formatted text of the arena; "" without memory. */
const char *xlsform_print(struct xlsform *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A copy of `len` bytes in the arena; "" without memory. */
const char *xlsform_copy(struct xlsform *x, const char *text, size_t len);

/* ---- xlsform_words.c: spellings ---- */

/* Lower case, one space or `_` between words as one space. Room of `size`; a longer text gives "". */
void xlsform_words_fold(const char *text, char *out, size_t size);
/* What a type cell says. `list` and `constraint` belong to the arena or are static. */
void xlsform_words_type(struct xlsform *x, const char *cell, struct xlsform_type *out);
/* The type word of a select whose list is missing or is several words; NULL when `cell` is anything else. */
const char *xlsform_words_select_without_list(const char *cell);
/* The type word that looks most like `cell`; NULL when none is near. */
const char *xlsform_words_like_type(const char *cell);
/* The meaning of a folded header without language in the survey, or in choices. `space` is the word before "::" ("bind"), "" none. */
bool xlsform_words_column(bool is_choices, const char *space, const char *folded, struct xlsform_head *out);
const char *xlsform_words_like_column(bool is_choices, const char *folded);
/* Our own: the word behind mandoob:: */
bool xlsform_words_own(const char *folded, struct xlsform_head *out);
/* The key of a setting; NULL: not known. */
const char *xlsform_words_setting(const char *folded);
const char *xlsform_words_like_setting(const char *folded);
/* 1 yes, 0 no, -1 neither. */
int xlsform_words_yes(const char *text);
/* Letters to change, add, drop (or swap with a neighbour) between two short words; at most `max` + 1. */
unsigned xlsform_words_distance(const char *a, const char *b, unsigned max);
/* The name of a plain cell as a header has it: "relevant". */
const char *xlsform_words_plain(int id);
const char *xlsform_words_words(int id);

/* ---- xlsform_table.c: sheets and headers ---- */

/* Find the sheets, understand their headers, collect the languages. */
int xlsform_table_open(struct xlsform *x) MUST_CHECK;
/* Read the settings' headers alone, which come first since they name the default language. */
int xlsform_table_settings(struct xlsform *x) MUST_CHECK;
/* The next row that holds something under a header; NULL at the end or without memory. */
struct xlsform_line *xlsform_table_next(struct xlsform *x, struct xlsform_table *t);
/* The names of sheets that look like `name`, quoted, with commas; "" none. */
const char *xlsform_table_like(struct xlsform *x, const char *name);
const char *xlsform_table_word(const struct xlsform *x, const struct xlsform_line *line, int id, size_t language);
/* Texts by language: where a form has texts without language only beside its labels, they are those of every language that has none. */
void xlsform_table_spread(const struct xlsform *x, const char **texts);
bool xlsform_table_has_words(const struct xlsform *x, const struct xlsform_line *line, int id);

/* ---- xlsform_settings.c ---- */
int xlsform_settings_read(struct xlsform *x) MUST_CHECK;
/* A setting that stands in the survey ("set form title"). */
void xlsform_settings_put(struct xlsform *x, const char *key, const char *value);
const char *xlsform_settings_get(const struct xlsform *x, const char *key);

/* ---- xlsform_choices.c ---- */
int xlsform_choices_read(struct xlsform *x) MUST_CHECK;
struct xlsform_list *xlsform_choices_find(const struct xlsform *x, const char *name);
struct xlsform_list *xlsform_choices_external(const struct xlsform *x, const char *name);
/* Add the choice `other` where the list has none. */
void xlsform_choices_other(struct xlsform *x, struct xlsform_list *list);

/* ---- xlsform_survey.c ---- */
int xlsform_survey_read(struct xlsform *x) MUST_CHECK;

/* ---- xlsform_select.c ---- */
/* Check a question's list and fill in what the row says of it; false when the row cannot stand. */
bool xlsform_select_read(struct xlsform *x, struct xlsform_row *row, const struct xlsform_type *type);
/* csv-external and xml-external: a list without a question. */
void xlsform_select_declare(struct xlsform *x, const struct xlsform_line *line, const struct xlsform_type *type);

/* ---- xlsform_parameters.c ---- */
/* Check and write the parameters of a question. */
void xlsform_parameters_read(struct xlsform *x, struct xlsform_row *row, const struct xlsform_type *type);
/* The value of a key in parameters as they are written, owned by the arena; "" without. */
const char *xlsform_parameters_get(struct xlsform *x, const char *parameters, const char *key);

/* ---- xlsform_question.c ---- */
/* Whether a default is an expression, as the field's compiler decides. */
bool xlsform_question_is_dynamic(const char *text, const char *type_word);
void xlsform_question_trigger(struct xlsform *x, struct xlsform_row *row);
/* What its type and its other cells make of a question: calculated, asked, filled in; label, default, trigger. */
void xlsform_question_read(struct xlsform *x, struct xlsform_row *row, const struct xlsform_type *type);
/* A group has no answer: cells that only an answer has are passed over. */
void xlsform_question_group(struct xlsform *x, struct xlsform_row *row);
/* Cells every row may have: yes and no, our own columns. */
void xlsform_question_cells(struct xlsform *x, struct xlsform_row *row);

/* ---- xlsform_expand.c ---- */
/* A new row at the end, empty; NULL when there is no more room. */
struct xlsform_row *xlsform_expand_row(struct xlsform *x, const struct xlsform_line *line);
/* The text question of "or other". */
void xlsform_expand_other(struct xlsform *x, size_t select);
/* Rows [begin + 1, row_count) are the body of a loop over `list`: repeat them for each choice. */
void xlsform_expand_loop(struct xlsform *x, size_t begin, const struct xlsform_list *list);
/* The words of table-list: the label of its group as a note; the row of answers' labels. */
void xlsform_expand_table_note(struct xlsform *x, size_t begin);
void xlsform_expand_table_labels(struct xlsform *x, const struct xlsform_line *line, const struct xlsform_type *type);
/* Where all rows are read: the row that ${instanceID} refers to, when somebody does. */
void xlsform_expand_instance(struct xlsform *x);

/* ---- xlsform_refer.c ---- */
/* Note a name of group `group`; told when the group has it already. Names that differ by capital letters only are a warning. */
void xlsform_refer_sibling(struct xlsform *x, size_t group, const struct xlsform_line *line, const char *name);
/* Note the name of a repeat; told when another has it, or the form itself. */
void xlsform_refer_repeat(struct xlsform *x, const struct xlsform_line *line, const char *name);
/* Count the names of all rows; then look at every ${name}. */
int xlsform_refer_check(struct xlsform *x) MUST_CHECK;
/* Look at every ${name} of a text. */
void xlsform_refer_text(struct xlsform *x, struct problem_place at, const char *text);
/* What instance(name) is read from; a second place for the same name is a problem. */
void xlsform_refer_source(struct xlsform *x, const struct xlsform_line *line, int plain, const char *name, const char *uri);

/* ---- xlsform_entities.c ---- */
int xlsform_entities_check(struct xlsform *x) MUST_CHECK;
/* Whether a list of entities has this name. */
bool xlsform_entities_has(const struct xlsform *x, const char *name);
/* A row that begins or ends a group saves nothing. */
void xlsform_entities_container(struct xlsform *x, const struct xlsform_line *line);

/* ---- xlsform_emit.c ---- */
int xlsform_emit(struct xlsform *x, struct buf *out) MUST_CHECK;

#endif
