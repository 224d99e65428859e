/*
 * xlsform_survey: the survey sheet, line by line, as rows of the form: what each line begins, ends or asks.
 *
 * A line that is wrong is told and left out, or kept as well as it can be (the beginning of a group always is, so that its end finds it),
 * and reading goes on: an author wants to see all mistakes, not the first.
 */
#include <stdio.h>
#include <string.h>

#include "server/author/xlsform_parts.h"

#define FOLDED_BYTES_MAX 128
#define FRAMES_MAX (FORM_DEPTH_MAX - 2) /* the root and a loop's own group take one each */

enum table_list { TABLE_NONE, TABLE_FIRST, TABLE_NEXT };

/* A group that is open. */
struct frame {
	size_t number;
	enum xlsform_control control;
	size_t begin;           /* index of its row */
	const char *name;
	const struct xlsform_line *line;
	const char *loop_list;  /* of a loop; NULL */
	enum table_list table;  /* appearance table-list */
	const char *table_name; /* the list of its first question */
	bool is_missing;        /* its row could not be made */
};

struct survey {
	struct xlsform *x;
	struct frame frames[FRAMES_MAX + 1]; /* the form itself first */
	size_t depth;
	size_t too_deep;        /* groups open beyond FRAMES_MAX */
	size_t frame_count;
	bool is_told[XLSFORM_WORDS_COUNT]; /* media that we pass over */
};

static const char *const CONTROL_WORDS[] = { [XLSFORM_GROUP] = "group", [XLSFORM_REPEAT] = "repeat", [XLSFORM_LOOP] = "loop" };

/* ---- names ---- */

/* The name of a row, checked; a note may go without. False when there is none to go on with. */
static bool read_name(struct survey *s, const struct xlsform_line *line, const struct xlsform_type *type, const char **out)
{
	struct xlsform *x = s->x;
	const char *name = line->plain[XLSFORM_NAME].text;
	struct problem_place at = xlsform_at_cell(line, XLSFORM_NAME);
	bool is_top = s->depth == 0 && s->too_deep == 0;

	if (name[0] == '\0' && type->kind == XLSFORM_QUESTION && type->type == FORM_NOTE)
		name = xlsform_print(x, "generated_note_name_%zu", line->number);
	*out = name;
	if (name[0] == '\0') {
		xlsform_error(x, at, "This row has no name. Write a short one: a letter first, then letters, digits and _.%s",
			"هذا الصف بلا اسم. اكتب اسمًا قصيرًا يبدأ بحرف وتليه حروف وأرقام و_.%s", "");
		return false;
	}
	if (!form_is_name(name)) {
		xlsform_error(x, at, "\"%s\" cannot be a name: it begins with a letter or _, then letters, digits, _ - and . follow, at most %d bytes.",
			"لا يصلح «%s» اسمًا: يبدأ بحرف أو _ وتليه حروف وأرقام و_ و- ونقاط فقط، وبحد أقصى %d بايت.", xlsform_quote(x, name),
			FORM_NAME_BYTES_MAX);
		return false;
	}
	if (strcmp(name, FORM_FIELD_GONE_NAME) == 0 || strcmp(name, FORM_FIELD_PARENT_NAME) == 0 ||
		(strcmp(name, "meta") == 0 && (is_top || type->kind == XLSFORM_BEGIN))) {
		xlsform_error(x, at, "The name \"%s\" is reserved. Choose another.", "الاسم «%s» محجوز. اختر اسمًا آخر.", name);
		return false;
	}
	xlsform_refer_sibling(s->x, s->frames[s->depth].number, line, name);
	return true;
}

/* ---- rows ---- */

/* What the field calls "media" beside pictures is told once for each kind. */
static void tell_media(struct survey *s, const struct xlsform_line *line)
{
	struct xlsform *x = s->x;

	for (int id = XLSFORM_BIG_IMAGE; id < XLSFORM_WORDS_COUNT; id++) {
		size_t language = 0;

		while (language < x->language_count && xlsform_table_word(x, line, id, language)[0] == '\0')
			language++;
		if (language == x->language_count || s->is_told[id])
			continue;
		s->is_told[id] = true;
		xlsform_warning(x, xlsform_at(line, line->words[(size_t)id * x->language_count + language].column),
			"\"%s\" beside a question is not shown by Mandoob; the question works without it.",
			"لا يعرض مندوب محتوى «%s» بجانب السؤال، ويعمل السؤال بدونه.", xlsform_words_words(id));
	}
}

static struct xlsform_row *make_row(struct survey *s, const struct xlsform_line *line, const char *name)
{
	struct xlsform *x = s->x;
	struct xlsform_row *row = xlsform_expand_row(x, line);

	if (row == NULL)
		return NULL;
	row->name = name;
	for (int i = 0; i < XLSFORM_PLAIN_COUNT; i++)
		row->plain[i] = line->plain[i].text;
	for (size_t i = 0; i < XLSFORM_WORDS_COUNT * x->language_count; i++)
		row->words[i] = line->words[i].text;
	for (size_t id = 0; id < XLSFORM_WORDS_COUNT; id++)
		xlsform_table_spread(x, row->words + id * x->language_count);
	tell_media(s, line);
	if (xlsform_table_has_words(x, line, XLSFORM_BIG_IMAGE) && !xlsform_table_has_words(x, line, FORM_PICTURE))
		xlsform_error(x, xlsform_at(line, -1), "\"%s\" has a big-image but no image. Write the image as well.",
			"للسؤال «%s» صورة كبيرة (big-image) دون صورة (image). اكتب الصورة أيضًا.", xlsform_quote(x, name));
	xlsform_question_cells(x, row);
	return row;
}

/* Only a group is about entries: a repeat is one by itself, a question lives where its group does. */
static void check_entry(struct survey *s, const struct xlsform_row *row)
{
	if (row->plain[XLSFORM_ENTRY][0] != '\0' && (!row->is_begin || row->control != XLSFORM_GROUP))
		xlsform_error(s->x, xlsform_at_cell(row->line, XLSFORM_ENTRY), "Only a group can name an entry. Move \"%s\" to its begin_group.",
			"لا يُكتب اسم السجل (entry) إلا في صف begin_group. انقل «%s» إلى صف بداية المجموعة.",
			xlsform_quote(s->x, row->plain[XLSFORM_ENTRY]));
}

static bool has_label(const struct xlsform *x, const struct xlsform_line *line)
{
	return xlsform_table_has_words(x, line, FORM_LABEL) || xlsform_table_has_words(x, line, FORM_PICTURE) ||
		xlsform_table_has_words(x, line, XLSFORM_AUDIO) || xlsform_table_has_words(x, line, XLSFORM_VIDEO);
}

/* ---- groups ---- */

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
		if ((at == text || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

/* table-list becomes field-list, with the other words behind it. */
static void open_table_list(struct survey *s, struct frame *f)
{
	struct xlsform *x = s->x;
	struct xlsform_row *row = &x->rows[f->begin];
	const char *text = row->plain[FORM_APPEARANCE];
	const char *out = "field-list";

	if (!has_word(text, "table-list"))
		return;
	f->table = TABLE_FIRST;
	for (size_t i = 0; i < 32 && *text != '\0'; i++) {
		size_t len = strcspn(text, " ");

		if (len > 0 && !(len == 10 && strncmp(text, "table-list", 10) == 0))
			out = xlsform_print(x, "%s %.*s", out, (int)len, text);
		text += len + (text[len] == ' ');
	}
	row->plain[FORM_APPEARANCE] = out;
	xlsform_expand_table_note(x, f->begin);
}

static void check_group(struct survey *s, const struct xlsform_line *line, const struct xlsform_type *type, struct xlsform_row *row)
{
	struct xlsform *x = s->x;

	if (row->plain[FORM_REQUIRED][0] != '\0') {
		xlsform_warning(x, xlsform_at_cell(line, FORM_REQUIRED), "A group cannot be required; \"%s\" is passed over. Write it at its questions.",
			"لا تكون المجموعة إلزامية، ولن تُقرأ القيمة «%s». اكتبها عند أسئلتها.", xlsform_quote(x, row->plain[FORM_REQUIRED]));
		row->plain[FORM_REQUIRED] = "";
	}
	if (row->plain[FORM_REPEAT_COUNT][0] != '\0' && type->control != XLSFORM_REPEAT) {
		xlsform_warning(x, xlsform_at_cell(line, FORM_REPEAT_COUNT), "Only a repeat is counted; \"%s\" is passed over.",
			"لا يُكتب عدد المرات إلا للتكرار، ولن تُقرأ القيمة «%s».", xlsform_quote(x, row->plain[FORM_REPEAT_COUNT]));
		row->plain[FORM_REPEAT_COUNT] = "";
	}
	if (!has_label(x, line) && strcmp(row->plain[FORM_APPEARANCE], "field-list") != 0)
		xlsform_warning(x, xlsform_at(line, -1), "The %s \"%s\" has no label.", "العنصر (%s) «%s» بلا تسمية.", CONTROL_WORDS[type->control],
			xlsform_quote(x, row->name));
	if (type->control == XLSFORM_LOOP) {
		const struct xlsform_list *list = type->list[0] != '\0' ? xlsform_choices_find(x, type->list) : NULL;

		if (list == NULL)
			xlsform_error(x, xlsform_at_cell(line, XLSFORM_TYPE),
				"A loop goes over a list of the sheet choices, and there is none of the name \"%s\". Write: begin loop over LIST.",
				"تدور الحلقة (loop) على قائمة من الورقة choices، ولا توجد قائمة باسم «%s». اكتب: begin loop over واسم القائمة.",
				xlsform_quote(x, type->list));
	}
}

/* A counted repeat makes another element elsewhere, whose name must be free. */
static void check_count(struct survey *s, const struct xlsform_line *line, const struct xlsform_row *row)
{
	const char *count = row->plain[FORM_REPEAT_COUNT];
	size_t len = strlen(count);
	bool is_name = len > 3 && strncmp(count, "${", 2) == 0 && strchr(count, '}') == count + len - 1;

	if (row->control == XLSFORM_REPEAT && count[0] != '\0' && !is_name)
		xlsform_refer_sibling(s->x, s->frames[s->depth].number, line, xlsform_print(s->x, "%s_count", row->name));
}

static void begin_group(struct survey *s, const struct xlsform_line *line, const struct xlsform_type *type, const char *name)
{
	struct xlsform *x = s->x;
	struct frame *f;
	struct xlsform_row *row;

	if (s->depth == FRAMES_MAX) {
		if (s->too_deep++ == 0)
			xlsform_error(x, xlsform_at_cell(line, XLSFORM_TYPE), "Groups are nested deeper than %d. Flatten the form.",
				"المجموعات متداخلة أعمق من %d مستوى. بسّط بناء النموذج.", FRAMES_MAX);
		return;
	}
	if (form_is_name(name) && type->control == XLSFORM_REPEAT)
		xlsform_refer_repeat(s->x, line, name);
	row = make_row(s, line, name);
	if (row != NULL) {
		row->is_begin = true;
		row->control = type->control == XLSFORM_LOOP ? XLSFORM_GROUP : type->control;
		check_entry(s, row);
		xlsform_question_group(x, row);
		check_group(s, line, type, row);
		check_count(s, line, row);
	}
	f = &s->frames[++s->depth];
	*f = (struct frame){ .number = ++s->frame_count, .control = type->control, .begin = x->row_count - 1, .name = name, .line = line,
		.loop_list = type->control == XLSFORM_LOOP ? type->list : NULL, .is_missing = row == NULL };
	if (row != NULL)
		open_table_list(s, f);
}

static void end_group(struct survey *s, const struct xlsform_line *line, const struct xlsform_type *type)
{
	struct xlsform *x = s->x;
	struct frame *f = &s->frames[s->depth];
	struct xlsform_row *row;
	const struct xlsform_list *list;

	if (s->too_deep > 0) {
		s->too_deep--;
		return;
	}
	if (s->depth == 0 || f->control != type->control) {
		if (s->depth == 0)
			xlsform_error(x, xlsform_at_cell(line, XLSFORM_TYPE), "This ends a %s, but none is open here. Take the row away, or write its beginning.",
				"ينهي هذا الصف %s، ولا شيء من ذلك مفتوح هنا. احذف الصف أو أضف صف البداية.", CONTROL_WORDS[type->control]);
		else
			xlsform_error(x, xlsform_at_cell(line, XLSFORM_TYPE),
				"This ends a %s, but what is open here is the %s \"%s\" of row %zu. End that first.",
				"ينهي هذا الصف %s، لكن المفتوح هنا هو %s «%s» من الصف %zu. اكتب نهايته أولًا.", CONTROL_WORDS[type->control],
				CONTROL_WORDS[f->control], xlsform_quote(x, f->name), f->line->number);
		return;
	}
	s->depth--;
	if (f->is_missing)
		return;
	list = f->loop_list != NULL ? xlsform_choices_find(x, f->loop_list) : NULL;
	if (list != NULL)
		xlsform_expand_loop(x, f->begin, list);
	row = xlsform_expand_row(x, line);
	if (row != NULL) {
		row->is_end = true;
		row->control = x->rows[f->begin].control;
	}
}

/* ---- questions ---- */

static const char *canonical_type(const struct xlsform_type *type)
{
	if (type->kind == XLSFORM_METADATA)
		return type->word;
	if (type->kind == XLSFORM_HIDDEN_VALUE)
		return "hidden";
	return form_type_name(type->type);
}

/* A select inside table-list: a row of labels before the first, one list for all. */
static void read_table_row(struct survey *s, size_t at, const struct xlsform_line *line, const struct xlsform_type *type)
{
	struct frame *f = &s->frames[s->depth];
	struct xlsform_row select = s->x->rows[at];

	if (f->table == TABLE_FIRST) {
		struct xlsform_type labels = *type;

		if (select.plain[FORM_CHOICE_FILTER][0] != '\0')
			xlsform_error(s->x, xlsform_at_cell(line, FORM_CHOICE_FILTER),
				"A choice_filter does not go with the appearance table-list of its group: \"%s\".",
				"لا يجتمع choice_filter مع مظهر المجموعة table-list: «%s».", xlsform_quote(s->x, select.plain[FORM_CHOICE_FILTER]));
		f->table = TABLE_NEXT;
		f->table_name = select.list;
		labels.list = select.list;
		s->x->row_count--;
		xlsform_expand_table_labels(s->x, line, &labels);
		if (s->x->row_count < XLSFORM_ROWS_MAX && xlsform_expand_row(s->x, line) != NULL)
			s->x->rows[s->x->row_count - 1] = select;
	} else if (strcmp(f->table_name, select.list) != 0) {
		xlsform_error(s->x, xlsform_at_cell(line, XLSFORM_TYPE),
			"All questions of a table-list have the same list; here it is \"%s\", before it was \"%s\".",
			"يجب أن تشترك أسئلة table-list في قائمة واحدة، وهي هنا «%s» وكانت قبلها «%s».", xlsform_quote(s->x, select.list),
			xlsform_quote(s->x, f->table_name));
	}
	s->x->rows[s->x->row_count - 1].plain[FORM_APPEARANCE] = "list-nolabel";
}

static bool is_select(enum xlsform_kind kind)
{
	return kind == XLSFORM_SELECT || kind == XLSFORM_SELECT_FILE || kind == XLSFORM_SELECT_EXTERNAL;
}

static void read_question(struct survey *s, const struct xlsform_line *line, const struct xlsform_type *type, const char *name)
{
	struct xlsform *x = s->x;
	struct xlsform_row *row = make_row(s, line, name);
	size_t at = x->row_count - 1;

	if (row == NULL)
		return;
	check_entry(s, row);
	row->type = canonical_type(type);
	if (is_select(type->kind) && !xlsform_select_read(x, row, type)) {
		/* Kept by name, so that those who refer to it are not told that it is missing. */
		row->type = form_type_name(FORM_TEXT);
		return;
	}
	if (type->kind == XLSFORM_MEMBER)
		row->member = type->list;
	xlsform_parameters_read(x, row, type);
	xlsform_question_read(x, row, type);
	if (is_select(type->kind) && s->frames[s->depth].table != TABLE_NONE)
		read_table_row(s, at, line, type);
	if (is_select(type->kind) && type->has_other) {
		xlsform_refer_sibling(s->x, s->frames[s->depth].number, line, xlsform_print(x, "%s_other", name));
		xlsform_expand_other(x, x->row_count - 1);
	}
}

/* What collects nothing we need: told, checked, and left out. */
static void read_dropped(struct survey *s, const struct xlsform_line *line, const struct xlsform_type *type)
{
	struct xlsform *x = s->x;
	struct xlsform_row row = { .line = line };

	for (int i = 0; i < XLSFORM_PLAIN_COUNT; i++)
		row.plain[i] = line->plain[i].text;
	xlsform_parameters_read(x, &row, type);
	if (strcmp(type->word, "audit") == 0 && row.plain[XLSFORM_NAME][0] != '\0' && strcmp(row.plain[XLSFORM_NAME], "audit") != 0)
		xlsform_error(x, xlsform_at_cell(line, XLSFORM_NAME), "An audit is always named audit, not \"%s\". Leave the cell empty.",
			"اسم audit ثابت ولا يكون «%s». اترك الخلية فارغة.", xlsform_quote(x, row.plain[XLSFORM_NAME]));
	xlsform_warning(x, xlsform_at_cell(line, XLSFORM_TYPE), "\"%s\" is not supported by Mandoob and is passed over; the form works without it.",
		"النوع «%s» غير مدعوم في مندوب ولن يُقرأ، ويعمل النموذج بدونه.", type->word);
}

static void read_unknown(struct survey *s, const struct xlsform_line *line, const struct xlsform_type *type)
{
	struct xlsform *x = s->x;
	const char *cell = line->plain[XLSFORM_TYPE].text;
	const char *like = type->kind == XLSFORM_NO_TYPE ? xlsform_words_like_type(cell) : NULL;
	const char *select = xlsform_words_select_without_list(cell);

	if (select != NULL)
		xlsform_error(x, xlsform_at_cell(line, XLSFORM_TYPE),
			"\"%s\" does not name its list as one word. Write the name behind the type: %s LIST.",
			"لا تذكر القيمة «%s» اسم القائمة كلمةً واحدة. اكتب اسم القائمة بعد النوع: %s LIST.", xlsform_quote(x, cell), select);
	else if (type->kind == XLSFORM_REFUSED)
		xlsform_error(x, xlsform_at_cell(line, XLSFORM_TYPE),
			"The type \"%s\" is not supported by Mandoob. Use select_one with a choice_filter, or write the questions here.",
			"النوع «%s» غير مدعوم في مندوب. استعمل select_one مع choice_filter أو اكتب الأسئلة هنا.", type->word);
	else if (like != NULL)
		xlsform_error(x, xlsform_at_cell(line, XLSFORM_TYPE), "There is no type \"%s\". Did you mean \"%s\"?", "لا يوجد نوع اسمه «%s». هل تقصد «%s»؟",
			xlsform_quote(x, cell), like);
	else
		xlsform_error(x, xlsform_at_cell(line, XLSFORM_TYPE), "There is no type \"%s\". Take one from the list of types in the guide.",
			"لا يوجد نوع اسمه «%s». اختر نوعًا من قائمة الأنواع في الدليل.", xlsform_quote(x, cell));
}

/* ---- lines ---- */

/* "set form title" in the type column: a setting of old forms. */
static bool read_setting(struct survey *s, const struct xlsform_line *line)
{
	char folded[FOLDED_BYTES_MAX];
	const char *key;

	xlsform_words_fold(line->plain[XLSFORM_TYPE].text, folded, sizeof(folded));
	key = strncmp(folded, "set form ", 9) == 0 || strncmp(folded, "form ", 5) == 0 ? xlsform_words_setting(folded) : NULL;
	if (key == NULL || key[0] == '\0')
		return false;
	if (strcmp(key, "form_id") == 0 && !form_is_name(line->plain[XLSFORM_NAME].text))
		xlsform_error(s->x, xlsform_at_cell(line, XLSFORM_NAME), "\"%s\" cannot be a form_id: letters, digits, _ - and . only.",
			"لا يصلح «%s» معرّفًا للنموذج: حروف وأرقام و_ و- ونقاط فقط.", xlsform_quote(s->x, line->plain[XLSFORM_NAME].text));
	else
		xlsform_settings_put(s->x, key, line->plain[XLSFORM_NAME].text);
	return true;
}

/* Whether the line has anything to say; tells why not. */
static bool is_alive(struct survey *s, const struct xlsform_line *line)
{
	struct xlsform *x = s->x;

	if (line->plain[XLSFORM_DISABLED].text[0] != '\0') {
		xlsform_warning(x, xlsform_at_cell(line, XLSFORM_DISABLED), "The column \"disabled\" is of old; use relevant instead.%s",
			"العمود disabled قديم؛ استعمل relevant بدلًا منه.%s", "");
		if (xlsform_words_yes(line->plain[XLSFORM_DISABLED].text) == 1)
			return false;
	}
	if (line->plain[XLSFORM_TYPE].text[0] != '\0')
		return true;
	if (line->plain[XLSFORM_NAME].text[0] == '\0' && !xlsform_table_has_words(x, line, FORM_LABEL))
		xlsform_warning(x, xlsform_at(line, -1), "This row has neither type nor name nor label and is passed over.%s",
			"هذا الصف بلا نوع ولا اسم ولا تسمية، ولن يُقرأ.%s", "");
	else
		xlsform_error(x, xlsform_at_cell(line, XLSFORM_TYPE), "This row has no type. Write one, or empty the row.%s",
			"هذا الصف بلا نوع. اكتب النوع أو أفرغ الصف.%s", "");
	return false;
}

static void read_line(struct survey *s, const struct xlsform_line *line)
{
	struct xlsform_type type;
	const char *name;
	bool has_name;

	if (!is_alive(s, line) || read_setting(s, line))
		return;
	xlsform_words_type(s->x, line->plain[XLSFORM_TYPE].text, &type);
	if (type.kind == XLSFORM_END) {
		xlsform_entities_container(s->x, line);
		end_group(s, line, &type);
		return;
	}
	if (type.kind == XLSFORM_REFUSED || type.kind == XLSFORM_NO_TYPE) {
		read_unknown(s, line, &type);
		return;
	}
	if (type.kind == XLSFORM_DROPPED && strcmp(type.word, "audit") == 0) {
		read_dropped(s, line, &type);
		return;
	}
	has_name = read_name(s, line, &type, &name);
	switch (type.kind) {
	case XLSFORM_BEGIN:
		xlsform_entities_container(s->x, line);
		begin_group(s, line, &type, name);
		break;
	case XLSFORM_DROPPED:
		read_dropped(s, line, &type);
		break;
	case XLSFORM_CSV_LIST:
	case XLSFORM_XML_LIST:
		if (has_name)
			xlsform_select_declare(s->x, line, &type);
		break;
	case XLSFORM_QUESTION:
	case XLSFORM_SELECT:
	case XLSFORM_SELECT_FILE:
	case XLSFORM_SELECT_EXTERNAL:
	case XLSFORM_MEMBER:
	case XLSFORM_METADATA:
	case XLSFORM_HIDDEN_VALUE:
	case XLSFORM_RANGE:
	case XLSFORM_LOCATION:
	case XLSFORM_DRAWN:
		read_question(s, line, &type, name);
		break;
	case XLSFORM_END:
	case XLSFORM_REFUSED:
	case XLSFORM_NO_TYPE:
		break;
	}
}

static bool has_type_column(const struct xlsform_table *t)
{
	for (size_t i = 0; i < t->head_count; i++)
		if (t->heads[i].sense == XLSFORM_PLAIN && t->heads[i].id == XLSFORM_TYPE)
			return true;
	return false;
}

int xlsform_survey_read(struct xlsform *x)
{
	struct survey *s;
	const struct xlsform_line *line;
	bool has_rows = false;

	if (x->survey.sheet == NULL)
		return 0;
	if (!has_type_column(&x->survey)) {
		xlsform_error(x, (struct problem_place){ x->survey.sheet->name, x->survey.sheet->rows[0].number, -1, NULL },
			"The first row of this sheet has no header \"%s\". Write the headers type, name and label there.",
			"لا يوجد في الصف الأول من هذه الورقة عنوان العمود %s. اكتب فيه العناوين type وname وlabel.", "type");
		return 0;
	}
	s = arena_alloc(x->arena, 1, sizeof(*s));
	if (s == NULL)
		return arena_error(x->arena);
	s->x = x;
	while (!x->is_full && (line = xlsform_table_next(x, &x->survey)) != NULL) {
		has_rows = true;
		read_line(s, line);
	}
	if (!has_rows)
		xlsform_warning(x, (struct problem_place){ x->survey.sheet->name, 0, -1, NULL }, "There are no questions below the headers of this sheet.%s",
			"لا أسئلة تحت عناوين هذه الورقة. أضف أسئلة النموذج.%s", "");
	for (size_t i = s->depth; i > 0 && !x->is_full; i--)
		xlsform_error(x, xlsform_at_cell(s->frames[i].line, XLSFORM_TYPE), "The %s \"%s\" begins here and is never ended. Write end_%s below it.",
			"يبدأ هنا العنصر (%s) «%s» ولا نهاية له. اكتب في أسفله end_%s.", CONTROL_WORDS[s->frames[i].control],
			xlsform_quote(x, s->frames[i].name), CONTROL_WORDS[s->frames[i].control]);
	return arena_error(x->arena);
}
