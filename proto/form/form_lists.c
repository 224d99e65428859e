/*
 * form_lists: languages and choice lists of a form from its sheets (FORMAT.md section 3).
 *
 * The rows of a list stand together, so a list is a range of the choices sheet. Lists are numbered as questions name them, then those that
 * no question names. Choices are looked up through indexes that are sorted once: a list may have 20,000 villages.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/form/form_tables.h"

static const char *const WORDS_NAMES[FORM_WORDS_COUNT] = {
	[FORM_LABEL] = "label",
	[FORM_HINT] = "hint",
	[FORM_GUIDANCE] = "guidance_hint",
	[FORM_REQUIRED_MESSAGE] = "required_message",
	[FORM_CONSTRAINT_MESSAGE] = "constraint_message",
	[FORM_WARNING_MESSAGE] = "warning_message",
	[FORM_PICTURE] = "image",
};

/* Languages that authors name without a code. */
static const struct {
	const char *code;
	const char *name;
} LANGUAGE_NAMES[] = { { "ar", "Arabic" }, { "ar", "العربية" }, { "ar", "عربي" }, { "en", "English" } };

/* Whether `language`, "Arabic (ar)", has this code in brackets at its end. */
static bool language_has_code(const char *language, const char *code)
{
	const char *open = strrchr(language, '(');
	size_t len = strlen(code);

	return open && strncasecmp(open + 1, code, len) == 0 && open[1 + len] == ')' && open[2 + len] == '\0';
}

/* Whether its name, without brackets, is `name`. */
static bool language_has_name(const char *language, const char *name)
{
	size_t len = strcspn(language, "(");

	while (len > 0 && language[len - 1] == ' ')
		len--;
	return len == strlen(name) && strncasecmp(language, name, len) == 0;
}

size_t form_language_find(const struct form *f, const char *code)
{
	for (size_t i = 0; i < f->language_count; i++)
		if (strcmp(f->languages[i], code) == 0 || language_has_code(f->languages[i], code))
			return i;
	for (size_t i = 0; i < f->language_count; i++) {
		if (language_has_name(f->languages[i], code))
			return i;
		for (size_t n = 0; n < sizeof(LANGUAGE_NAMES) / sizeof(LANGUAGE_NAMES[0]); n++)
			if (strcmp(LANGUAGE_NAMES[n].code, code) == 0 && language_has_name(f->languages[i], LANGUAGE_NAMES[n].name))
				return i;
	}
	return 0;
}

int form_lists_languages(struct form *f)
{
	const char *first = form_setting(f, "default_language");
	int rc = sheets_languages(&f->sheets, f->languages, &f->language_count);

	if (rc != 0)
		return rc;
	if (f->language_count == 0)
		f->languages[f->language_count++] = "";
	if (*first && strcmp(f->languages[0], first) != 0)
		return err_set(ERR_CORRUPT, "form settings: no column has the default language");
	for (size_t i = 0; i < f->language_count; i++) {
		for (size_t w = 0; w < FORM_WORDS_COUNT; w++)
			f->words[w][i] = sheets_column(&f->sheets.tables[SHEETS_SURVEY], WORDS_NAMES[w], f->languages[i]);
		f->choice_labels[i] = sheets_column(&f->sheets.tables[SHEETS_CHOICES], "label", f->languages[i]);
		f->choice_pictures[i] = sheets_column(&f->sheets.tables[SHEETS_CHOICES], "image", f->languages[i]);
	}
	f->arabic = form_language_find(f, "ar");
	f->english = form_language_find(f, "en");
	return 0;
}

/* ---- lists ---- */

/* A list of the choices sheet while the questions that name it are looked for. */
struct range {
	const char *name;
	size_t first; /* row */
	size_t count;
	int list;     /* its number, -1: not numbered yet */
};

static int choice_broken(size_t row, const char *what)
{
	return err_set(ERR_CORRUPT, "form choices row %zu: %s", row + 1, what);
}

static int compare_ranges(const void *a, const void *b)
{
	return strcmp(((const struct range *)a)->name, ((const struct range *)b)->name);
}

/* The lists of the choices sheet, sorted by name into `ranges`. */
static int find_ranges(const struct form *f, struct range *ranges, size_t *count)
{
	const struct sheets_table *t = &f->sheets.tables[SHEETS_CHOICES];
	int name = sheets_column(t, "list_name", NULL);

	*count = 0;
	for (size_t r = 0; r < t->row_count; r++) {
		const char *list = sheets_cell(t, r, name);

		if (*count > 0 && strcmp(ranges[*count - 1].name, list) == 0) {
			if (++ranges[*count - 1].count > FORM_CHOICES_MAX)
				return err_set(ERR_LIMIT, "form list %s: more than %d choices", list, FORM_CHOICES_MAX);
			continue;
		}
		if (!form_is_list_name(list))
			return choice_broken(r, "the name of a list expected");
		if (*count == FORM_LISTS_MAX)
			return err_set(ERR_LIMIT, "form: more than %d lists", FORM_LISTS_MAX);
		ranges[(*count)++] = (struct range){ list, r, 1, -1 };
	}
	qsort(ranges, *count, sizeof(*ranges), compare_ranges);
	for (size_t i = 1; i < *count; i++)
		if (strcmp(ranges[i - 1].name, ranges[i].name) == 0)
			return choice_broken(ranges[i].first, "the rows of a list do not stand together");
	return 0;
}

static int add_list(struct form *f, const char *name, struct range *range)
{
	struct form_list *list = &f->lists[f->list_count];

	if (f->list_count == FORM_LISTS_MAX)
		return err_set(ERR_LIMIT, "form: more than %d lists", FORM_LISTS_MAX);
	*list = (struct form_list){ .name = name, .choices = f->choices };
	if (range) {
		list->choices = &f->choices[range->first];
		list->choice_count = range->count;
		range->list = (int)f->list_count;
	}
	f->list_count++;
	return 0;
}

static int list_named(struct form *f, struct range *ranges, size_t count, const char *name, int *list)
{
	struct range key = { .name = name };
	struct range *range = bsearch(&key, ranges, count, sizeof(*ranges), compare_ranges);

	*list = range ? range->list : form_list_find(f, name);
	if (*list >= 0)
		return 0;
	*list = (int)f->list_count;
	return add_list(f, name, range);
}

static int compare_firsts(const void *a, const void *b)
{
	size_t x = ((const struct range *)a)->first;
	size_t y = ((const struct range *)b)->first;

	return (x > y) - (x < y);
}

/* Number the lists: as questions name them, then the others in the order of the sheet. */
static int number_lists(struct form *f, struct range *ranges, size_t count)
{
	const struct sheets_table *t = &f->sheets.tables[SHEETS_SURVEY];
	int column = sheets_column(t, "list", NULL);
	int rc = 0;

	for (size_t i = 1; rc == 0 && i < f->node_count; i++) {
		struct form_node *n = &f->nodes[i];

		if (n->kind == FORM_NODE_QUESTION && form_type_has_list(n->type))
			rc = list_named(f, ranges, count, sheets_cell(t, n->row, column), &n->list);
	}
	qsort(ranges, count, sizeof(*ranges), compare_firsts);
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (ranges[i].list < 0)
			rc = add_list(f, ranges[i].name, &ranges[i]);
	return rc;
}

static const char *cell_in(const struct form *f, size_t row, const int *columns, size_t language)
{
	const char *text = sheets_cell(&f->sheets.tables[SHEETS_CHOICES], row, columns[language]);

	return *text || language == 0 ? text : sheets_cell(&f->sheets.tables[SHEETS_CHOICES], row, columns[0]);
}

static int read_choices(struct form *f)
{
	const struct sheets_table *t = &f->sheets.tables[SHEETS_CHOICES];
	int name = sheets_column(t, "name", NULL);

	for (size_t r = 0; r < t->row_count; r++) {
		const char *code = sheets_cell(t, r, name);
		const char *ar = cell_in(f, r, f->choice_labels, f->arabic);
		const char *en = cell_in(f, r, f->choice_labels, f->english);

		if (!form_is_code(code))
			return choice_broken(r, "a code expected");
		f->choices[r] = (struct form_choice){ .code = code, .label_ar = *ar ? ar : code, .label_en = *en ? en : code };
	}
	return 0;
}

static int compare_codes(const void *a, const void *b, void *ctx)
{
	const struct form_choice *choices = ctx;
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	int order = strcmp(choices[x].code, choices[y].code);

	return order != 0 ? order : (x > y) - (x < y);
}

static uint32_t *choice_order(const struct form *f, const struct form_list *list)
{
	return f->choice_order + (list->choices - f->choices);
}

static void order_choices(struct form *f)
{
	for (size_t l = 0; l < f->list_count; l++) {
		const struct form_list *list = &f->lists[l];
		uint32_t *order = choice_order(f, list);

		for (size_t i = 0; i < list->choice_count; i++)
			order[i] = (uint32_t)i;
		if (list->choice_count)
			qsort_r(order, list->choice_count, sizeof(*order), compare_codes, (void *)(uintptr_t)list->choices);
	}
}

/* Where codes are written with spaces between them they have none inside. */
static int check_spaces(const struct form *f)
{
	bool is_checked[FORM_LISTS_MAX] = { false };

	for (size_t i = 1; i < f->node_count; i++) {
		const struct form_node *n = &f->nodes[i];
		const struct form_list *list;

		if (n->list < 0 || n->type == FORM_SELECT_ONE || is_checked[n->list])
			continue;
		is_checked[n->list] = true;
		list = &f->lists[n->list];
		for (size_t c = 0; c < list->choice_count; c++) {
			size_t row = (size_t)(&list->choices[c] - f->choices);

			if (strchr(list->choices[c].code, ' '))
				return choice_broken(row, "a space in a code of which several are chosen");
		}
	}
	return 0;
}

static int find_other_columns(struct form *f)
{
	const struct sheets_table *t = &f->sheets.tables[SHEETS_CHOICES];
	const char *language;

	for (size_t c = 0; c < t->column_count; c++) {
		if (sheets_column_place(SHEETS_CHOICES, t->columns[c], &language) >= 0)
			continue;
		if (f->choice_column_count == FORM_CHOICE_COLUMNS_MAX)
			return err_set(ERR_LIMIT, "form choices: more than %d columns of the author", FORM_CHOICE_COLUMNS_MAX);
		f->choice_columns[f->choice_column_count++] = (int)c;
	}
	return 0;
}

int form_lists_build(struct form *f)
{
	size_t rows = f->sheets.tables[SHEETS_CHOICES].row_count;
	size_t lists = rows + f->node_count < FORM_LISTS_MAX ? rows + f->node_count : FORM_LISTS_MAX;
	struct range *ranges = arena_alloc(f->arena, lists, sizeof(*ranges));
	size_t count;
	int rc;

	f->lists = arena_alloc(f->arena, lists, sizeof(*f->lists));
	f->choices = arena_alloc(f->arena, rows + 1, sizeof(*f->choices));
	f->choice_order = arena_alloc(f->arena, rows + 1, sizeof(*f->choice_order));
	if (!ranges || !f->lists || !f->choices || !f->choice_order)
		return arena_error(f->arena);
	rc = find_ranges(f, ranges, &count);
	if (rc == 0)
		rc = read_choices(f);
	if (rc == 0)
		rc = number_lists(f, ranges, count);
	if (rc == 0)
		rc = check_spaces(f);
	if (rc == 0)
		rc = find_other_columns(f);
	if (rc == 0)
		order_choices(f);
	return rc;
}

size_t form_list_count(const struct form *f)
{
	return f->list_count;
}

const struct form_list *form_list(const struct form *f, size_t i)
{
	assert(i < f->list_count);
	return &f->lists[i];
}

int form_list_find(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->list_count; i++)
		if (strcmp(f->lists[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* Order of a code that is not NUL-terminated against one that is. */
static int compare_code(const char *code, size_t len, const char *other)
{
	int order = strncmp(code, other, len);

	return order != 0 ? order : (other[len] == '\0' ? 0 : -1);
}

int form_choice_find(const struct form *f, int list, const char *code, size_t code_len)
{
	const struct form_list *l;
	const uint32_t *order;
	size_t low = 0;
	size_t high;

	assert(list >= 0);
	assert((size_t)list < f->list_count);
	if (code_len > FORM_NAME_BYTES_MAX || memchr(code, '\0', code_len))
		return -1;
	l = &f->lists[list];
	order = choice_order(f, l);
	high = l->choice_count;
	/* The first of equal codes: a list that filters cascade through may have a code in several places. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_code(code, code_len, l->choices[order[middle]].code) <= 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low < l->choice_count && compare_code(code, code_len, l->choices[order[low]].code) == 0 ? (int)order[low] : -1;
}

size_t form_choice_column_count(const struct form *f)
{
	return f->choice_column_count;
}

const char *form_choice_column(const struct form *f, size_t column)
{
	assert(column < f->choice_column_count);
	return f->sheets.tables[SHEETS_CHOICES].columns[f->choice_columns[column]];
}

static size_t choice_row(const struct form *f, size_t list, size_t choice)
{
	assert(list < f->list_count);
	assert(choice < f->lists[list].choice_count);
	return (size_t)(&f->lists[list].choices[choice] - f->choices);
}

const char *form_choice_cell(const struct form *f, size_t list, size_t choice, size_t column)
{
	assert(column < f->choice_column_count);
	return sheets_cell(&f->sheets.tables[SHEETS_CHOICES], choice_row(f, list, choice), f->choice_columns[column]);
}

const char *form_choice_label(const struct form *f, size_t list, size_t choice, size_t language)
{
	const char *label;

	assert(language < f->language_count);
	label = cell_in(f, choice_row(f, list, choice), f->choice_labels, language);
	return *label ? label : f->lists[list].choices[choice].code;
}

const char *form_choice_picture(const struct form *f, size_t list, size_t choice, size_t language)
{
	assert(language < f->language_count);
	return cell_in(f, choice_row(f, list, choice), f->choice_pictures, language);
}

const char *form_words(const struct form *f, size_t node, enum form_words words, size_t language)
{
	const struct sheets_table *t = &f->sheets.tables[SHEETS_SURVEY];
	const char *text;

	assert(node < f->node_count);
	assert(language < f->language_count);
	if (node == FORM_NODE_ROOT)
		return words == FORM_LABEL ? form_title_in(f, language) : "";
	text = sheets_cell(t, f->nodes[node].row, f->words[words][language]);
	return *text ? text : sheets_cell(t, f->nodes[node].row, f->words[words][0]);
}
