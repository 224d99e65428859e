/*
 * xlsform_choices: the lists of the sheets choices and external_choices.
 *
 * Rows of one list may stand anywhere; their order is kept. Every column of the author's stays with its choice, since filters read it.
 * A list of external_choices is a list like any other here: other programs keep it in a file beside the form.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/author/xlsform_parts.h"

#define LIST_ROOM_MIN 16
#define MENDED_BYTES_MAX (FORM_NAME_BYTES_MAX - 8) /* room for a number behind it */

static size_t bucket_of(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash % XLSFORM_BUCKETS;
}

static struct xlsform_list *find_list(const struct xlsform *x, const char *name, bool is_external)
{
	for (size_t i = x->list_buckets[bucket_of(name)]; i > 0; i = x->lists[i - 1].bucket_next)
		if (strcmp(x->lists[i - 1].written, name) == 0 && x->lists[i - 1].is_external == is_external)
			return &x->lists[i - 1];
	return NULL;
}

struct xlsform_list *xlsform_choices_find(const struct xlsform *x, const char *name)
{
	return find_list(x, name, false);
}

struct xlsform_list *xlsform_choices_external(const struct xlsform *x, const char *name)
{
	return find_list(x, name, true);
}

/* Twice the room for `*items`, which live in the arena. */
static void *grow(struct xlsform *x, const void *items, size_t count, size_t *room, size_t size)
{
	size_t more = *room == 0 ? LIST_ROOM_MIN : *room * 2;
	void *out = arena_alloc(x->arena, more, size);

	if (out == NULL)
		return NULL;
	if (count > 0)
		memcpy(out, items, count * size);
	*room = more;
	return out;
}

static struct xlsform_list *list_for(struct xlsform *x, const struct xlsform_line *line, bool is_external)
{
	const char *name = line->plain[XLSFORM_LIST].text;
	struct xlsform_list *list = find_list(x, name, is_external);
	size_t bucket = bucket_of(name);

	if (list != NULL)
		return list;
	if (x->list_count == FORM_LISTS_MAX) {
		xlsform_error(x, xlsform_at_cell(line, XLSFORM_LIST), "There are more than %d lists. Keep large ones as reference lists of the centre.",
			"عدد القوائم أكثر من %d. احفظ الكبيرة منها قوائمَ مرجعية في المركز.", FORM_LISTS_MAX);
		return NULL;
	}
	if (x->list_count == x->list_room) {
		struct xlsform_list *lists = grow(x, x->lists, x->list_count, &x->list_room, sizeof(*lists));

		if (lists == NULL)
			return NULL;
		x->lists = lists;
	}
	/* Both sheets may have a list of one name; those of choices are read first and keep it. */
	list = &x->lists[x->list_count++];
	*list = (struct xlsform_list){ .written = name, .name = name, .is_external = is_external, .bucket_next = x->list_buckets[bucket] };
	x->list_buckets[bucket] = x->list_count;
	list->line = line;
	if (is_external && find_list(x, name, false) != NULL)
		list->name = xlsform_print(x, "%s_external", name);
	return list;
}

static bool choice_is_sound(struct xlsform *x, const struct xlsform_line *line)
{
	const struct xlsform_cell *name = &line->plain[XLSFORM_NAME];

	if (name->text[0] == '\0') {
		xlsform_error(x, xlsform_at_cell(line, XLSFORM_NAME), "A choice without name. Write what is to be stored for it, a short word.%s",
			"خيار بلا اسم. اكتب في هذا العمود الرمز الذي يُحفظ عند اختياره، كلمة قصيرة.%s", "");
		return false;
	}
	if (!form_is_code(name->text)) {
		xlsform_error(x, xlsform_at_cell(line, XLSFORM_NAME), "\"%s\" cannot be the name of a choice: one line of at most %d bytes.",
			"لا يصلح «%s» اسمًا لخيار: سطر واحد بحد أقصى %d بايت.", xlsform_quote(x, name->text), FORM_NAME_BYTES_MAX);
		return false;
	}
	if (line->table == &x->choices && !xlsform_table_has_words(x, line, FORM_LABEL) && !xlsform_table_has_words(x, line, FORM_PICTURE))
		xlsform_warning(x, xlsform_at(line, -1), "The choice \"%s\" has no label; its name is shown instead. Write one.",
			"الخيار «%s» بلا تسمية، وسيظهر اسمه بدلًا منها. اكتب تسمية في العمود label.", xlsform_quote(x, name->text));
	return true;
}

/* The author's own columns of this sheet among x->other_columns: for each column its index, -1 none. */
static int *map_others(struct xlsform *x, const struct xlsform_table *t)
{
	int *map = arena_alloc(x->arena, t->head_count + 1, sizeof(*map));
	const char **names;

	if (x->other_columns == NULL)
		x->other_columns = arena_alloc(x->arena, FORM_CHOICE_COLUMNS_MAX, sizeof(*x->other_columns));
	names = x->other_columns;
	for (size_t c = 0; map != NULL && names != NULL && c < t->head_count; c++) {
		const struct xlsform_head *h = &t->heads[c];
		struct problem_place at = { t->sheet->name, t->sheet->rows[0].number, (int)c, h->header };

		map[c] = -1;
		if (h->header == NULL || h->sense != XLSFORM_UNKNOWN)
			continue;
		if (!form_is_name(h->header) || strcmp(h->header, "label") == 0 || strcmp(h->header, "image") == 0) {
			xlsform_warning(x, at, "The column \"%s\" is passed over: filters can only read columns whose name is one word of letters, digits and _.",
				"لن يُقرأ العمود «%s»: لا تقرأ المرشّحات إلا عمودًا اسمه كلمة واحدة من حروف وأرقام و_.", xlsform_quote(x, h->header));
			continue;
		}
		for (size_t i = 0; i < x->other_count; i++)
			if (strcmp(names[i], h->header) == 0)
				map[c] = (int)i;
		if (map[c] >= 0)
			continue;
		if (x->other_count == FORM_CHOICE_COLUMNS_MAX) {
			xlsform_error(x, at, "There are more than %d columns beside name and label. Take away those that no filter reads.",
				"عدد الأعمدة الإضافية أكثر من %d. احذف ما لا يقرؤه أي مرشّح.", FORM_CHOICE_COLUMNS_MAX);
			return NULL;
		}
		map[c] = (int)x->other_count;
		names[x->other_count++] = h->header;
	}
	return map;
}

static void fill_choice(struct xlsform *x, const struct xlsform_line *line, const int *map, struct xlsform_choice *choice)
{
	const char **texts = arena_alloc(x->arena, x->language_count * 2 + FORM_CHOICE_COLUMNS_MAX, sizeof(*texts));

	if (texts == NULL)
		return;
	choice->code = line->plain[XLSFORM_NAME].text;
	choice->line = line;
	choice->labels = texts;
	choice->pictures = texts + x->language_count;
	choice->others = texts + x->language_count * 2;
	for (size_t i = 0; i < x->language_count; i++) {
		choice->labels[i] = xlsform_table_word(x, line, FORM_LABEL, i);
		choice->pictures[i] = xlsform_table_word(x, line, FORM_PICTURE, i);
	}
	xlsform_table_spread(x, choice->labels);
	xlsform_table_spread(x, choice->pictures);
	for (size_t i = 0; i < FORM_CHOICE_COLUMNS_MAX; i++)
		choice->others[i] = "";
	for (size_t i = 0; i < line->source->cell_count; i++) {
		const struct workbook_cell *cell = &line->source->cells[i];

		if (cell->column < line->table->head_count && map[cell->column] >= 0)
			choice->others[map[cell->column]] = cell->text;
	}
}

static struct xlsform_choice *add_choice(struct xlsform *x, struct xlsform_list *list)
{
	if (list->count == list->room) {
		struct xlsform_choice *more = grow(x, list->choices, list->count, &list->room, sizeof(*more));

		if (more == NULL)
			return NULL;
		list->choices = more;
	}
	return &list->choices[list->count++];
}

static void read_line(struct xlsform *x, const struct xlsform_line *line, const int *map, bool is_external)
{
	struct xlsform_list *list;
	struct xlsform_choice *choice;

	if (line->plain[XLSFORM_LIST].text[0] == '\0') {
		if (line->plain[XLSFORM_NAME].text[0] != '\0')
			xlsform_warning(x, xlsform_at_cell(line, XLSFORM_LIST), "This row names no list and is passed over. Write the name of its list.%s",
				"هذا الصف لا يذكر اسم قائمة ولن يُقرأ. اكتب اسم القائمة التي ينتمي إليها.%s", "");
		return;
	}
	list = list_for(x, line, is_external);
	if (list == NULL)
		return;
	if (!choice_is_sound(x, line)) {
		list->is_odd = true;
		return;
	}
	if (list->count == FORM_CHOICES_MAX) {
		if (!list->is_odd)
			xlsform_error(x, xlsform_at(line, -1), "The list \"%s\" has more than %d choices. Keep it as a reference list of the centre.",
				"في القائمة «%s» أكثر من %d خيار. احفظها قائمةً مرجعية في المركز.", xlsform_quote(x, list->name), FORM_CHOICES_MAX);
		list->is_odd = true;
		return;
	}
	choice = add_choice(x, list);
	if (choice != NULL)
		fill_choice(x, line, map, choice);
}

static int compare_choices(const void *left, const void *right)
{
	const struct xlsform_choice *a = *(const struct xlsform_choice *const *)left, *b = *(const struct xlsform_choice *const *)right;
	int order = strcmp(a->code, b->code);

	return order != 0 ? order : a < b ? -1 : a > b;
}

static void check_duplicates(struct xlsform *x, const struct xlsform_list *list)
{
	const struct xlsform_choice **order = arena_alloc(x->arena, list->count + 1, sizeof(*order));

	if (order == NULL)
		return;
	for (size_t i = 0; i < list->count; i++)
		order[i] = &list->choices[i];
	qsort(order, list->count, sizeof(*order), compare_choices);
	for (size_t i = 1; i < list->count; i++)
		if (strcmp(order[i - 1]->code, order[i]->code) == 0)
			xlsform_error(x, xlsform_at_cell(order[i]->line, XLSFORM_NAME),
				"\"%s\" stands twice in the list \"%s\", before in row %zu. Rename one, or write allow_choice_duplicates = yes in settings "
				"when a filter tells them apart.",
				"تكرر الخيار «%s» في القائمة «%s»، وقد ورد في الصف %zu. غيّر أحدهما، أو اكتب yes في الإعداد allow_choice_duplicates إذا كان "
				"المرشّح يميّز بينهما.",
				xlsform_quote(x, order[i]->code), xlsform_quote(x, list->name), order[i - 1]->line->number);
}

static bool has_column(const struct xlsform_table *t, int id)
{
	for (size_t i = 0; i < t->head_count; i++)
		if (t->heads[i].sense == XLSFORM_PLAIN && t->heads[i].id == id)
			return true;
	return false;
}

/* Without names there are no choices; without list_name there may still be no question that needs one. */
static void tell_missing(struct xlsform *x, struct xlsform_table *t, int id)
{
	struct problem_place at = { t->sheet->name, t->sheet->rows[0].number, -1, NULL };

	if (id == XLSFORM_NAME) {
		t->is_odd = true;
		xlsform_error(x, at, "The first row of this sheet has no header \"%s\". Add the column.",
			"لا يوجد في الصف الأول من هذه الورقة عنوان العمود %s. أضفه.", xlsform_words_plain(id));
	} else {
		xlsform_warning(x, at, "The first row of this sheet has no header \"%s\"; its rows are passed over. Add the column.",
			"لا يوجد في الصف الأول من هذه الورقة عنوان العمود %s، ولن تُقرأ صفوفها. أضفه.", xlsform_words_plain(id));
	}
}

static int read_table(struct xlsform *x, struct xlsform_table *t, bool is_external)
{
	const int *map;
	const struct xlsform_line *line;

	if (t->sheet == NULL || t->sheet->row_count < 2)
		return 0;
	for (int id = XLSFORM_NAME; id <= XLSFORM_LIST; id++)
		if (!has_column(t, id)) {
			tell_missing(x, t, id);
			return 0;
		}
	map = map_others(x, t);
	if (map == NULL)
		return arena_error(x->arena);
	while ((line = xlsform_table_next(x, t)) != NULL)
		read_line(x, line, map, is_external);
	return arena_error(x->arena);
}

/* ---- names of lists ---- */

static bool is_taken(const struct xlsform *x, const char *name)
{
	for (size_t i = 0; i < x->list_count; i++)
		if (strcmp(x->lists[i].name, name) == 0)
			return true;
	return false;
}

/* Elsewhere the name of a list may hold anything: what ours cannot hold becomes `_`. */
static const char *mended(struct xlsform *x, const char *name)
{
	char out[MENDED_BYTES_MAX + 1] = "";
	size_t to = 0;
	const char *made;

	for (const char *c = name; *c != '\0' && to < MENDED_BYTES_MAX; c++) {
		bool is_letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');

		if (is_letter || (to > 0 && (*c == '-' || *c == '.')))
			out[to++] = *c;
		else if (to == 0 || out[to - 1] != '_')
			out[to++] = '_';
	}
	out[to] = '\0';
	made = xlsform_copy(x, out, to);
	for (unsigned i = 2; is_taken(x, made) && i <= FORM_LISTS_MAX + 2; i++)
		made = xlsform_print(x, "%s_%u", out, i);
	return made;
}

static void mend_names(struct xlsform *x)
{
	for (size_t i = 0; i < x->list_count; i++) {
		struct xlsform_list *list = &x->lists[i];

		if (form_is_list_name(list->name))
			continue;
		list->name = mended(x, list->name);
		xlsform_warning(x, xlsform_at_cell(list->line, XLSFORM_LIST),
			"Only letters, digits, _ - and . can stand in the name of a list, at most %d bytes; \"%s\" is called \"%s\" in expressions.",
			"لا يصح في اسم القائمة إلا الحروف والأرقام و_ و- والنقاط، وبحد أقصى %d بايت؛ والقائمة «%s» اسمها في التعابير «%s».",
			FORM_NAME_BYTES_MAX, xlsform_quote(x, list->written), list->name);
	}
}

int xlsform_choices_read(struct xlsform *x)
{
	int rc = read_table(x, &x->choices, false);

	if (rc == 0)
		rc = read_table(x, &x->external, true);
	mend_names(x);
	for (size_t i = 0; rc == 0 && i < x->list_count && !x->allow_choice_duplicates; i++)
		if (!x->lists[i].is_external)
			check_duplicates(x, &x->lists[i]);
	return rc;
}

void xlsform_choices_other(struct xlsform *x, struct xlsform_list *list)
{
	struct xlsform_choice *choice;
	const char **texts;
	bool has_label = false;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->choices[i].code, "other") == 0)
			return;
	choice = add_choice(x, list);
	texts = arena_alloc(x->arena, x->language_count * 2 + FORM_CHOICE_COLUMNS_MAX, sizeof(*texts));
	if (choice == NULL || texts == NULL)
		return;
	for (size_t i = 0; i < x->language_count * 2 + FORM_CHOICE_COLUMNS_MAX; i++)
		texts[i] = "";
	*choice = (struct xlsform_choice){ .code = "other", .labels = texts, .pictures = texts + x->language_count,
		.others = texts + x->language_count * 2, .line = NULL };
	for (size_t i = 0; i < x->language_count; i++) {
		bool is_used = false;

		for (size_t c = 0; c + 1 < list->count; c++)
			is_used = is_used || list->choices[c].labels[i][0] != '\0';
		if (is_used)
			choice->labels[i] = x->is_arabic[i] ? "أخرى" : "Other";
		has_label = has_label || is_used;
	}
	if (!has_label)
		choice->labels[0] = x->is_arabic[0] ? "أخرى" : "Other";
}
