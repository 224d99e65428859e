/*
 * form_csv: see form_csv.h. The half that writes canonical text; form.c reads it.
 *
 * Everything a person can get wrong in a cell is complained about here, with line and column; form_parse() of the result
 * comes last and holds whatever was missed to the same rules as foreign text.
 */
#include "proto/form/form_csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/csv.h"
#include "proto/form/form.h"

enum settings_column { S_KIND, S_NAME, S_VALUE, S_LABEL_AR, S_LABEL_EN, S_COLUMNS };

static const struct csv_column SETTINGS[S_COLUMNS] = {
	[S_KIND] = { "kind", true },         [S_NAME] = { "name", true },         [S_VALUE] = { "value", true },
	[S_LABEL_AR] = { "label_ar", true }, [S_LABEL_EN] = { "label_en", true },
};

enum question_column {
	Q_GROUP,
	Q_REPEAT,
	Q_ENTRY,
	Q_ID,
	Q_LABEL_AR,
	Q_LABEL_EN,
	Q_TYPE,
	Q_REQUIRED,
	Q_NOTE,
	Q_RELEVANT,
	Q_LIST,
	Q_WRITE,
	Q_FLAGS,
	Q_COLUMNS
};

static const struct csv_column QUESTIONS[Q_COLUMNS] = {
	[Q_GROUP] = { "group", true },
	[Q_REPEAT] = { "repeat", false },
	[Q_ENTRY] = { "entry", false },
	[Q_ID] = { "id", true },
	[Q_LABEL_AR] = { "label_ar", true },
	[Q_LABEL_EN] = { "label_en", true },
	[Q_TYPE] = { "type", true },
	[Q_REQUIRED] = { "required", false },
	[Q_NOTE] = { "constraint_note", false },
	[Q_RELEVANT] = { "relevant", false },
	[Q_LIST] = { "list", false },
	[Q_WRITE] = { "write", false },
	[Q_FLAGS] = { "flags", false },
};

enum choice_column { C_LIST, C_VALUE, C_LABEL_AR, C_LABEL_EN, C_COLUMNS };

static const struct csv_column CHOICES[C_COLUMNS] = {
	[C_LIST] = { "list", true },
	[C_VALUE] = { "value", true },
	[C_LABEL_AR] = { "label_ar", true },
	[C_LABEL_EN] = { "label_en", true },
};

/* The three tables while they are being compiled. */
struct compiler {
	struct csv *settings;
	struct csv *questions;
	struct csv *choices;
	const char *lists[FORM_LISTS_MAX]; /* names in the order of the result; borrowed from the tables */
	size_t list_count;
	struct buf *out;
};

/* Append one column, escaped. Carriage returns never get here: csv keeps them only alone, and form_parse() refuses them. */
static void put(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			buf_text(out, "\\\\");
		else if (*text == '\t')
			buf_text(out, "\\t");
		else if (*text == '\n')
			buf_text(out, "\\n");
		else
			buf_append(out, text, 1);
	}
}

static void put_next(struct buf *out, const char *text)
{
	buf_text(out, "\t");
	put(out, text);
}

/* Both labels of a row, each standing in for the other when it is missing. */
static int put_labels(struct buf *out, const struct csv *table, size_t row, size_t column_ar, size_t column_en)
{
	const char *ar = csv_cell(table, row, column_ar);
	const char *en = csv_cell(table, row, column_en);

	if (!*ar && !*en)
		return csv_complain(table, row, column_ar, "a label in Arabic or English is needed");
	put_next(out, *ar ? ar : en);
	put_next(out, *en ? en : ar);
	buf_text(out, "\n");
	return 0;
}

/* The row of `table` with `text` in `column` before row `end`, or -1. */
static int row_find(const struct csv *table, size_t end, size_t column, const char *text)
{
	for (size_t i = 0; i < end; i++)
		if (strcmp(csv_cell(table, i, column), text) == 0)
			return (int)i;
	return -1;
}

/* The row of `settings` with this kind and name before row `end`, or -1. */
static int settings_find(const struct compiler *k, size_t end, const char *kind, const char *name)
{
	for (size_t i = 0; i < end; i++)
		if (strcmp(csv_cell(k->settings, i, S_KIND), kind) == 0 && strcmp(csv_cell(k->settings, i, S_NAME), name) == 0)
			return (int)i;
	return -1;
}

static bool settings_has(const struct compiler *k, const char *kind, const char *name)
{
	return settings_find(k, csv_row_count(k->settings), kind, name) >= 0;
}

/* What holds for every row of the settings table, whatever is written from it. */
static int check_settings_row(const struct compiler *k, size_t row)
{
	const char *kind = csv_cell(k->settings, row, S_KIND);
	const char *name = csv_cell(k->settings, row, S_NAME);
	const char *value = csv_cell(k->settings, row, S_VALUE);

	if (!form_is_name(name))
		return csv_complain(k->settings, row, S_NAME, "a name of small letters a-z, digits and _ is needed");
	if (settings_find(k, row, kind, name) >= 0)
		return csv_complain(k->settings, row, S_NAME, "stands in an earlier row too");
	if (strcmp(kind, "form") == 0)
		return *value ? 0 : csv_complain(k->settings, row, S_VALUE, "the version is needed");
	if (strcmp(kind, "entry") == 0) {
		if (strcmp(value, "once") != 0 && strcmp(value, "repeat") != 0)
			return csv_complain(k->settings, row, S_VALUE, "once or repeat is needed");
		return 0;
	}
	if (strcmp(kind, "list") == 0)
		return strcmp(value, "open") == 0 ? 0 : csv_complain(k->settings, row, S_VALUE, "open is needed");
	if (strcmp(kind, "group") == 0)
		return *value ? csv_complain(k->settings, row, S_VALUE, "a group has no value") : 0;
	return csv_complain(k->settings, row, S_KIND, "form, entry, group or list is needed");
}

static int put_settings(struct compiler *k, const char *kind)
{
	bool has_value = strcmp(kind, "group") != 0;

	for (size_t i = 0; i < csv_row_count(k->settings); i++) {
		int rc;

		if (strcmp(csv_cell(k->settings, i, S_KIND), kind) != 0)
			continue;
		buf_text(k->out, kind);
		put_next(k->out, csv_cell(k->settings, i, S_NAME));
		if (has_value)
			put_next(k->out, csv_cell(k->settings, i, S_VALUE));
		rc = put_labels(k->out, k->settings, i, S_LABEL_AR, S_LABEL_EN);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static bool is_yes(const char *cell)
{
	return strcmp(cell, "yes") == 0;
}

static bool is_yes_no(const char *cell)
{
	return !*cell || is_yes(cell) || strcmp(cell, "no") == 0;
}

/* The entry type that a question lives on. */
static const char *question_entry(const struct compiler *k, size_t row)
{
	const char *entry = csv_cell(k->questions, row, Q_ENTRY);

	if (*entry)
		return entry;
	return is_yes(csv_cell(k->questions, row, Q_REPEAT)) ? csv_cell(k->questions, row, Q_GROUP) : "root";
}

/* Take `flag` off the front of `*rest`, words with one space between. */
static bool take_flag(const char **rest, const char *flag)
{
	size_t len = strlen(flag);

	if (strncmp(*rest, flag, len) != 0 || ((*rest)[len] != '\0' && (*rest)[len] != ' '))
		return false;
	*rest += len;
	*rest += strspn(*rest, " ");
	return true;
}

/* Read the flags cell, in any order. */
static int question_flags(const struct compiler *k, size_t row, bool *is_protected, bool *is_hidden)
{
	const char *rest = csv_cell(k->questions, row, Q_FLAGS);

	*is_protected = false;
	*is_hidden = false;
	while (*rest) {
		if (take_flag(&rest, "protected"))
			*is_protected = true;
		else if (take_flag(&rest, "hidden"))
			*is_hidden = true;
		else
			return csv_complain(k->questions, row, Q_FLAGS, "protected and hidden are the flags");
	}
	return 0;
}

/* The position of list `name` in the result, added when it is new; -1 when there is no room. */
static int list_place(struct compiler *k, const char *name)
{
	for (size_t i = 0; i < k->list_count; i++)
		if (strcmp(k->lists[i], name) == 0)
			return (int)i;
	if (k->list_count == FORM_LISTS_MAX)
		return -1;
	k->lists[k->list_count] = name;
	return (int)k->list_count++;
}

static int check_list(struct compiler *k, size_t row)
{
	const char *name = csv_cell(k->questions, row, Q_LIST);
	bool needs_list = form_type_has_list((enum form_type)form_type_find(csv_cell(k->questions, row, Q_TYPE)));

	if (needs_list != (*name != '\0'))
		return csv_complain(k->questions, row, Q_LIST, needs_list ? "this type needs a list" : "this type takes no list");
	if (!needs_list)
		return 0;
	if (!settings_has(k, "list", name) && row_find(k->choices, csv_row_count(k->choices), C_LIST, name) < 0)
		return csv_complain(k->questions, row, Q_LIST, "no choices, and not open in the settings");
	if (list_place(k, name) < 0)
		return err_set(ERR_LIMIT, "form: more than %d lists", FORM_LISTS_MAX);
	return 0;
}

static int check_question(struct compiler *k, size_t row)
{
	const struct csv *t = k->questions;
	const char *id = csv_cell(t, row, Q_ID);
	const char *group = csv_cell(t, row, Q_GROUP);

	if (!form_is_name(id) || id[0] == '_')
		return csv_complain(t, row, Q_ID, "a name of small letters a-z, digits and _ is needed");
	if (row_find(t, row, Q_ID, id) >= 0)
		return csv_complain(t, row, Q_ID, "stands in an earlier row too");
	if (settings_has(k, "entry", id))
		return csv_complain(t, row, Q_ID, "is the name of an entry type");
	if (*group && !settings_has(k, "group", group))
		return csv_complain(t, row, Q_GROUP, "no such group in the settings");
	if (!is_yes_no(csv_cell(t, row, Q_REPEAT)))
		return csv_complain(t, row, Q_REPEAT, "yes or no is needed");
	if (is_yes(csv_cell(t, row, Q_REPEAT)) && strcmp(question_entry(k, row), group) != 0)
		return csv_complain(t, row, Q_ENTRY, "differs from the repeat it stands in");
	if (!settings_has(k, "entry", question_entry(k, row)))
		return csv_complain(t, row, Q_ENTRY, "no such entry type in the settings");
	if (form_type_find(csv_cell(t, row, Q_TYPE)) < 0)
		return csv_complain(t, row, Q_TYPE, "not a type");
	if (!is_yes_no(csv_cell(t, row, Q_REQUIRED)))
		return csv_complain(t, row, Q_REQUIRED, "yes or no is needed");
	if (*csv_cell(t, row, Q_WRITE) && form_writer_find(csv_cell(t, row, Q_WRITE)) < 0)
		return csv_complain(t, row, Q_WRITE, "representative, officer, committee or system is needed");
	return check_list(k, row);
}

static int put_question(struct compiler *k, size_t row)
{
	const struct csv *t = k->questions;
	const char *writer = csv_cell(t, row, Q_WRITE);
	const char *list = csv_cell(t, row, Q_LIST);
	bool is_required = is_yes(csv_cell(t, row, Q_REQUIRED));
	bool is_protected;
	bool is_hidden;
	int rc = question_flags(k, row, &is_protected, &is_hidden);

	if (rc != 0)
		return rc;
	buf_text(k->out, "field");
	put_next(k->out, csv_cell(t, row, Q_ID));
	put_next(k->out, question_entry(k, row));
	put_next(k->out, csv_cell(t, row, Q_TYPE));
	put_next(k->out, *list ? list : "-");
	buf_text(k->out, "\t");
	buf_text(k->out, is_required ? "required" : "");
	buf_text(k->out, is_required && (is_protected || is_hidden) ? "," : "");
	buf_text(k->out, is_protected ? "protected" : "");
	buf_text(k->out, is_protected && is_hidden ? "," : "");
	buf_text(k->out, is_hidden ? "hidden" : "");
	buf_text(k->out, is_required || is_protected || is_hidden ? "" : "-");
	put_next(k->out, *writer ? writer : "representative");
	put_next(k->out, csv_cell(t, row, Q_GROUP));
	put_next(k->out, csv_cell(t, row, Q_RELEVANT));
	put_next(k->out, csv_cell(t, row, Q_NOTE));
	return put_labels(k->out, t, row, Q_LABEL_AR, Q_LABEL_EN);
}

static int put_questions(struct compiler *k)
{
	if (csv_row_count(k->questions) >= FORM_FIELDS_MAX)
		return err_set(ERR_LIMIT, "form: more than %d questions", FORM_FIELDS_MAX - 1);
	for (size_t i = 0; i < csv_row_count(k->questions); i++) {
		int rc = check_question(k, i);

		if (rc == 0)
			rc = put_question(k, i);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* What holds for every choice; lists that no question names join the others behind them. */
static int check_choice(struct compiler *k, size_t row)
{
	const char *list = csv_cell(k->choices, row, C_LIST);

	if (!form_is_name(list))
		return csv_complain(k->choices, row, C_LIST, "a name of small letters a-z, digits and _ is needed");
	if (settings_has(k, "list", list))
		return csv_complain(k->choices, row, C_LIST, "is open in the settings and has no choices here");
	if (!form_is_code(csv_cell(k->choices, row, C_VALUE)))
		return csv_complain(k->choices, row, C_VALUE, "a code of small letters a-z, digits, _ and - is needed");
	if (list_place(k, list) < 0)
		return err_set(ERR_LIMIT, "form: more than %d lists", FORM_LISTS_MAX);
	return 0;
}

static int put_choices(struct compiler *k, const char *list)
{
	for (size_t i = 0; i < csv_row_count(k->choices); i++) {
		int rc;

		if (strcmp(csv_cell(k->choices, i, C_LIST), list) != 0)
			continue;
		buf_text(k->out, "choice");
		put_next(k->out, csv_cell(k->choices, i, C_VALUE));
		rc = put_labels(k->out, k->choices, i, C_LABEL_AR, C_LABEL_EN);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int put_lists(struct compiler *k)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < csv_row_count(k->choices); i++)
		rc = check_choice(k, i);
	for (size_t i = 0; rc == 0 && i < k->list_count; i++) {
		buf_text(k->out, "list");
		put_next(k->out, k->lists[i]);
		buf_text(k->out, "\n");
		rc = put_choices(k, k->lists[i]);
	}
	return rc;
}

static int put_all(struct compiler *k)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < csv_row_count(k->settings); i++)
		rc = check_settings_row(k, i);
	if (rc != 0)
		return rc;
	buf_text(k->out, "mandoob-form\t1\n");
	rc = put_settings(k, "form");
	if (rc == 0)
		rc = put_settings(k, "entry");
	if (rc == 0)
		rc = put_settings(k, "group");
	if (rc == 0)
		rc = put_questions(k);
	if (rc == 0)
		rc = put_lists(k);
	return rc;
}

/* The reader has the last word. */
static int check_result(const struct buf *out, size_t begin)
{
	struct form *form = NULL;
	int rc = buf_error(out);

	if (rc == 0)
		rc = form_parse((const char *)out->data + begin, out->len - begin, &form);
	form_free(form);
	if (rc == ERR_CORRUPT)
		rc = ERR_USAGE;
	return rc == 0 ? 0 : err_context(rc, "compiled form");
}

static int read_table(const struct form_csv_table *t, const struct csv_column *columns, size_t count, struct csv **out)
{
	return csv_parse(t->name, t->data, t->len, columns, count, out);
}

int form_csv_compile(const struct form_csv_tables *tables, struct buf *out)
{
	struct compiler k = { .out = out };
	size_t begin = out->len;
	int rc = read_table(&tables->settings, SETTINGS, S_COLUMNS, &k.settings);

	if (rc == 0)
		rc = read_table(&tables->questions, QUESTIONS, Q_COLUMNS, &k.questions);
	if (rc == 0)
		rc = read_table(&tables->choices, CHOICES, C_COLUMNS, &k.choices);
	if (rc == 0)
		rc = put_all(&k);
	if (rc == 0)
		rc = check_result(out, begin);
	csv_free(k.settings);
	csv_free(k.questions);
	csv_free(k.choices);
	return rc;
}
