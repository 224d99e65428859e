/*
 * xlsform_emit: the canonical text of a workbook without problems, and what form and plan say about it laid at the author's cells.
 *
 * Row i of the canonical survey is x->rows[i], so a node leads back to the line it came from; a choice by the name of its list.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/plan.h"
#include "proto/form/value.h"
#include "server/author/xlsform_parts.h"

/* ---- writing ---- */

static bool language_is_used(const struct xlsform *x, size_t language)
{
	for (size_t i = 0; i < x->row_count; i++)
		for (size_t id = 0; id < FORM_WORDS_COUNT; id++)
			if (x->rows[i].words[id * x->language_count + language][0] != '\0')
				return true;
	for (size_t l = 0; l < x->list_count; l++)
		for (size_t c = 0; c < x->lists[l].count; c++)
			if (x->lists[l].choices[c].labels[language][0] != '\0' || x->lists[l].choices[c].pictures[language][0] != '\0')
				return true;
	return false;
}

/* The language that the settings mean: by its whole name, or by its name or code alone. */
static const char *find_default(const struct xlsform *x)
{
	size_t len = strlen(x->default_language);

	for (size_t i = 0; i < x->language_count; i++)
		if (strcmp(x->languages[i], x->default_language) == 0 && language_is_used(x, i))
			return x->languages[i];
	for (size_t i = 0; i < x->language_count; i++) {
		const char *name = x->languages[i], *code = strrchr(name, '(');
		bool is_name = strncasecmp(name, x->default_language, len) == 0 && strncmp(name + len, " (", 2) == 0;
		bool is_code = code != NULL && strncasecmp(code + 1, x->default_language, len) == 0 && strcmp(code + 1 + len, ")") == 0;

		if ((is_name || is_code) && language_is_used(x, i))
			return name;
	}
	return "";
}

static void warn_default(struct xlsform *x)
{
	struct problem_place at = { .sheet = x->settings.sheet != NULL ? x->settings.sheet->name : "settings", .row = 2, .column = -1 };

	for (size_t c = 0; c < x->settings.head_count; c++) {
		char folded[64];

		if (x->settings.heads[c].header == NULL)
			continue;
		xlsform_words_fold(x->settings.heads[c].header, folded, sizeof(folded));
		if (strcmp(folded, "default language") == 0) {
			at.column = (int)c;
			at.header = x->settings.heads[c].header;
			at.row = x->settings.sheet->rows[1].number;
		}
	}
	xlsform_warning(x, at, "No column has texts in the default language \"%s\"; the first language is taken. Write it as in the headers.",
		"لا نصوص في أي عمود باللغة الافتراضية «%s»، وستُؤخذ اللغة الأولى. اكتبها كما هي في عناوين الأعمدة.", xlsform_quote(x, x->default_language));
}

static int fill_settings(struct xlsform *x, struct sheets_table *t)
{
	static const char *const KEYS[] = { "form_id", "version", "form_title", "instance_name", "kind", "class" };
	static const char *const COLUMNS[] = { "key", "value" };
	const char *language = x->default_language[0] != '\0' ? find_default(x) : "";
	size_t room = x->setting_rows.row_count + 1;

	if (x->default_language[0] != '\0' && language[0] == '\0')
		warn_default(x);
	xlsform_settings_put(x, "default_language", language);
	*t = (struct sheets_table){ .column_count = 2 };
	t->columns = arena_alloc(x->arena, 2, sizeof(*t->columns));
	t->rows = arena_alloc(x->arena, room, sizeof(*t->rows));
	if (t->columns == NULL || t->rows == NULL)
		return arena_error(x->arena);
	memcpy(t->columns, COLUMNS, sizeof(COLUMNS));
	for (size_t r = 0; r < x->setting_rows.row_count; r++) {
		const char *key = x->setting_rows.rows[r][0];
		bool is_kept = strncmp(key, "form_title::", 12) == 0 || (strcmp(key, "default_language") == 0 && language[0] != '\0');

		for (size_t k = 0; k < sizeof(KEYS) / sizeof(KEYS[0]); k++)
			is_kept = is_kept || strcmp(key, KEYS[k]) == 0;
		if (is_kept)
			t->rows[t->row_count++] = x->setting_rows.rows[r];
	}
	return 0;
}

/* The name of a text column in a language. */
static const char *words_column(struct xlsform *x, const char *name, size_t language)
{
	return x->languages[language][0] != '\0' ? xlsform_print(x, "%s::%s", name, x->languages[language]) : name;
}

/* Columns of the survey without language: their name in canonical text and where their cells are. */
#define COLUMN_TYPE (-1)
#define COLUMN_LIST (-2)
#define COLUMN_NAME (-3)
#define COLUMN_KIND (-4)
#define COLUMN_MEMBER (-5)

static const struct {
	const char *name;
	int id;
} SURVEY[] = {
	{ "type", COLUMN_TYPE }, { "list", COLUMN_LIST }, { "name", COLUMN_NAME }, { "default_kind", COLUMN_KIND }, { "member", COLUMN_MEMBER },
	{ "required", FORM_REQUIRED }, { "relevant", FORM_RELEVANT }, { "constraint", FORM_CONSTRAINT }, { "warning", FORM_WARNING },
	{ "calculation", FORM_CALCULATION }, { "default", FORM_DEFAULT }, { "trigger", FORM_TRIGGER }, { "readonly", FORM_READONLY },
	{ "appearance", FORM_APPEARANCE }, { "parameters", FORM_PARAMETERS }, { "choice_filter", FORM_CHOICE_FILTER },
	{ "repeat_count", FORM_REPEAT_COUNT }, { "on_finish", FORM_ON_FINISH }, { "note", FORM_NOTE_COLUMN }, { "entry", XLSFORM_ENTRY },
	{ "write", XLSFORM_WRITE }, { "protected", XLSFORM_PROTECTED }, { "class", XLSFORM_CLASS }, { "hidden", XLSFORM_HIDDEN },
	{ "restricted", XLSFORM_RESTRICTED },
};
#define SURVEY_COUNT (sizeof(SURVEY) / sizeof(SURVEY[0]))

static const char *type_word(const struct xlsform_row *row)
{
	if (row->is_begin)
		return row->control == XLSFORM_REPEAT ? "begin_repeat" : "begin_group";
	if (row->is_end)
		return row->control == XLSFORM_REPEAT ? "end_repeat" : "end_group";
	return row->type;
}

static const char *survey_cell(const struct xlsform_row *row, int id)
{
	switch (id) {
	case COLUMN_TYPE:
		return type_word(row);
	case COLUMN_LIST:
		return row->list != NULL ? row->list : "";
	case COLUMN_NAME:
		return row->name;
	case COLUMN_KIND:
		return row->is_literal ? "literal" : "";
	case COLUMN_MEMBER:
		return row->member != NULL ? row->member : "";
	default:
		return row->plain[id];
	}
}

static int fill_survey(struct xlsform *x, struct sheets_table *t)
{
	size_t columns = SURVEY_COUNT + FORM_WORDS_COUNT * x->language_count;
	const char **cells = arena_alloc(x->arena, columns * x->row_count + 1, sizeof(*cells));

	*t = (struct sheets_table){ .column_count = columns, .row_count = x->row_count };
	t->columns = arena_alloc(x->arena, columns, sizeof(*t->columns));
	t->rows = arena_alloc(x->arena, x->row_count + 1, sizeof(*t->rows));
	if (cells == NULL || t->columns == NULL || t->rows == NULL)
		return arena_error(x->arena);
	for (size_t c = 0; c < SURVEY_COUNT; c++)
		t->columns[c] = SURVEY[c].name;
	for (size_t w = 0; w < FORM_WORDS_COUNT * x->language_count; w++)
		t->columns[SURVEY_COUNT + w] = words_column(x, xlsform_words_words((int)(w / x->language_count)), w % x->language_count);
	for (size_t r = 0; r < x->row_count; r++, cells += columns) {
		t->rows[r] = cells;
		for (size_t c = 0; c < SURVEY_COUNT; c++)
			cells[c] = survey_cell(&x->rows[r], SURVEY[c].id);
		for (size_t w = 0; w < FORM_WORDS_COUNT * x->language_count; w++)
			cells[SURVEY_COUNT + w] = x->rows[r].words[w];
	}
	return 0;
}

static int fill_choices(struct xlsform *x, struct sheets_table *t)
{
	size_t languages = x->language_count, columns = 2 + 2 * languages + x->other_count, rows = 0;
	const char **cells;

	for (size_t l = 0; l < x->list_count; l++)
		rows += x->lists[l].count;
	*t = (struct sheets_table){ .column_count = columns };
	t->columns = arena_alloc(x->arena, columns, sizeof(*t->columns));
	t->rows = arena_alloc(x->arena, rows + 1, sizeof(*t->rows));
	cells = arena_alloc(x->arena, rows * columns + 1, sizeof(*cells));
	if (t->columns == NULL || t->rows == NULL || cells == NULL)
		return arena_error(x->arena);
	t->columns[0] = "list_name";
	t->columns[1] = "name";
	for (size_t i = 0; i < languages; i++) {
		t->columns[2 + i] = words_column(x, "label", i);
		t->columns[2 + languages + i] = words_column(x, "image", i);
	}
	for (size_t i = 0; i < x->other_count; i++)
		t->columns[2 + 2 * languages + i] = x->other_columns[i];
	for (size_t l = 0; l < x->list_count; l++)
		for (size_t c = 0; c < x->lists[l].count; c++, cells += columns) {
			const struct xlsform_choice *choice = &x->lists[l].choices[c];

			t->rows[t->row_count++] = cells;
			cells[0] = x->lists[l].name;
			cells[1] = choice->code;
			memcpy(cells + 2, choice->labels, languages * sizeof(*cells));
			memcpy(cells + 2 + languages, choice->pictures, languages * sizeof(*cells));
			if (x->other_count > 0)
				memcpy(cells + 2 + 2 * languages, choice->others, x->other_count * sizeof(*cells));
		}
	return 0;
}

/* ---- what others say ---- */

/* The author's cell of a canonical column in a row of the form. */
static struct problem_place place_of(const struct xlsform *x, const struct xlsform_row *row, const char *column, size_t language)
{
	const struct xlsform_line *line = row->line;

	if (row->is_generated)
		return xlsform_at_cell(line, XLSFORM_TYPE);
	for (int id = 0; id < XLSFORM_PLAIN_COUNT; id++)
		if (strcmp(xlsform_words_plain(id), column) == 0)
			return xlsform_at_cell(line, id);
	for (int id = 0; id < FORM_WORDS_COUNT; id++)
		if (strcmp(xlsform_words_words(id), column) == 0 && language < x->language_count)
			return xlsform_at(line, line->words[(size_t)id * x->language_count + language].column);
	return xlsform_at(line, -1);
}

/* The language of the form by its name among ours. */
static size_t language_of(const struct xlsform *x, const struct form *f, size_t language)
{
	for (size_t i = 0; language < form_language_count(f) && i < x->language_count; i++)
		if (strcmp(x->languages[i], form_language(f, language)) == 0)
			return i;
	return 0;
}

static struct problem_place place_of_problem(const struct xlsform *x, const struct form *f, const struct plan_problem *p)
{
	struct problem_place whole = { .sheet = "", .column = -1 };
	size_t language = language_of(x, f, p->language);

	if (p->is_choice) {
		const struct xlsform_list *list = xlsform_choices_find(x, form_list(f, p->node)->name);

		if (list == NULL || p->choice >= list->count || list->choices[p->choice].line == NULL)
			return whole;
		return xlsform_at(list->choices[p->choice].line, list->choices[p->choice].line->words[language].column);
	}
	if (p->node == FORM_NODE_ROOT)
		return (struct problem_place){ .sheet = x->settings.sheet != NULL ? x->settings.sheet->name : "settings", .row = 2, .column = -1 };
	return place_of(x, &x->rows[form_node(f, p->node)->row], p->column, language);
}

static int ask_plan(struct xlsform *x, const struct form *f)
{
	struct plan_problems problems = { NULL, 0 };
	struct plan *plan = NULL;
	int rc = plan_new(f, &problems, &plan);

	for (size_t i = 0; i < problems.count; i++) {
		const struct plan_problem *p = &problems.items[i];
		struct problem_place at = place_of_problem(x, f, p);

		/* A cell that says today() twice is told once. */
		if (i > 0 && p[-1].node == p->node && strcmp(p[-1].column, p->column) == 0 && strcmp(p[-1].english, p->english) == 0)
			continue;
		problems_add(x->problems, p->is_warning, &at, p->english, p->arabic);
	}
	plan_problems_fini(&problems);
	plan_free(plan);
	return rc;
}

/* A refusal by the reader of canonical text, which names its row: "form survey row 12, name: ...". */
static int tell_refusal(struct xlsform *x, int rc)
{
	static const char BEGIN[] = "form survey row ";
	struct problem_place at = { .sheet = "", .column = -1 };
	const char *message = xlsform_copy(x, err_message(), strlen(err_message()));
	const char *row = strstr(message, BEGIN);

	if (rc == ERR_NOMEM)
		return rc;
	if (rc == ERR_LIMIT) {
		xlsform_error(x, at,
			"The form is too large (at most %d questions, %d lists, %d kB of text): %s. Divide it, or keep large lists as reference lists.",
			"النموذج أكبر مما يُقبل (أقصاه %d سؤال و%d قائمة و%d كيلوبايت من النص). قسّمه، أو احفظ القوائم الكبيرة قوائمَ مرجعية في المركز. "
			"التفصيل: %s.",
			FORM_FIELDS_MAX, FORM_LISTS_MAX, FORM_TEXT_BYTES_MAX / 1024, message);
		return err_set(ERR_USAGE, "%s", message);
	}
	if (row != NULL) {
		size_t number = strtoul(row + strlen(BEGIN), NULL, 10);
		const char *comma = strchr(row, ',');
		const char *end = comma != NULL ? strchr(comma, ':') : NULL;

		if (number > 0 && number <= x->row_count)
			at = end != NULL ? place_of(x, &x->rows[number - 1], xlsform_copy(x, comma + 2, (size_t)(end - comma - 2)), 0) :
				xlsform_at(x->rows[number - 1].line, -1);
	}
	xlsform_error(x, at, "This cannot stand in a form: %s.", "لا يمكن أن يرد هذا في نموذج. التفصيل: %s.", message);
	return err_set(ERR_USAGE, "%s", message);
}

/* A default that could not be an answer is never set: a date that does not exist, a choice that is not in the list. */
static void warn_defaults(struct xlsform *x, const struct form *f)
{
	struct buf canonical;

	buf_init(&canonical, VALUE_BYTES_MAX);
	for (size_t i = 0; i < form_node_count(f); i++) {
		const struct form_node *n = form_node(f, i);
		const char *text = n->columns[FORM_DEFAULT];

		if (n->field >= 0 && n->is_default_literal && value_check(f, (size_t)n->field, text, strlen(text)) != 0 &&
			value_normalise(f, (size_t)n->field, text, &canonical) == ERR_USAGE)
			xlsform_warning(x, place_of(x, &x->rows[n->row], "default", 0), "This default is no answer of its question and is left out: \"%s\". Correct it.",
				"لا تصلح هذه القيمة الافتراضية إجابةً لسؤالها، ولن تُؤخذ: «%s». صحّحها.", xlsform_quote(x, text));
	}
	buf_fini(&canonical);
}

int xlsform_emit(struct xlsform *x, struct buf *out)
{
	struct sheets sheets = { .arena = NULL };
	struct form *f = NULL;
	struct buf text;
	int rc = fill_settings(x, &sheets.tables[SHEETS_SETTINGS]);

	buf_init(&text, FORM_TEXT_BYTES_MAX);
	if (rc == 0)
		rc = fill_survey(x, &sheets.tables[SHEETS_SURVEY]);
	if (rc == 0)
		rc = fill_choices(x, &sheets.tables[SHEETS_CHOICES]);
	if (rc == 0) {
		rc = sheets_write(&sheets, &text);
		if (rc == 0)
			rc = form_parse(buf_string(&text), text.len, &f);
		if (rc != 0)
			rc = tell_refusal(x, rc);
	}
	if (rc == 0)
		rc = ask_plan(x, f);
	if (rc == 0) {
		warn_defaults(x, f);
		buf_append(out, text.data, text.len);
		rc = buf_error(out);
	}
	form_free(f);
	buf_fini(&text);
	return rc;
}
