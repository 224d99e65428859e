/*
 * xlsform_refer: names and those who use them: which names stand in a group already; ${name}, the repeats that members are chosen
 * from, the lists that drawings refer to, entries, the source of instance('name'); and languages that say less than others.
 *
 * All but the first runs when all rows are known. A name that stands twice is no reference here, as in the field's compiler, though
 * reference.h could choose the nearest: a workbook serves other programs too. Whether expressions are sound is plan's to say; here it
 * is only looked whether what is named is there at all, since that can be told even while other rows are wrong.
 */
#include <stdio.h>
#include <string.h>

#include "proto/form/xpath/xpath.h"
#include "server/author/xlsform_parts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LAST_SAVED "last-saved#"

/* ---- names that stand already ---- */

static struct xlsform_sibling **sibling_bucket(struct xlsform *x, size_t group, const char *name)
{
	uint32_t hash = 2166136261u + (uint32_t)group;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name)) * 16777619u;
	return &x->siblings[hash % XLSFORM_BUCKETS];
}

void xlsform_refer_sibling(struct xlsform *x, size_t group, const struct xlsform_line *line, const char *name)
{
	struct xlsform_sibling **bucket = sibling_bucket(x, group, name);
	const struct xlsform_sibling *alike = NULL;
	struct xlsform_sibling *made;

	for (const struct xlsform_sibling *b = *bucket; b != NULL; b = b->next)
		if (b->group == group && strcasecmp(b->name, name) == 0 && (alike == NULL || strcmp(b->name, name) == 0))
			alike = b;
	if (alike != NULL && strcmp(alike->name, name) == 0)
		xlsform_error(x, xlsform_at_cell(line, XLSFORM_NAME),
			"The name \"%s\" stands in row %zu already, in the same group. Each question, group and repeat there needs a name of its own.",
			"الاسم «%s» مستعمل في الصف %zu من المجموعة نفسها. اكتب اسمًا مختلفًا لكل سؤال ومجموعة وتكرار فيها.",
			xlsform_quote(x, name), alike->line->number);
	else if (alike != NULL)
		xlsform_warning(x, xlsform_at_cell(line, XLSFORM_NAME),
			"The name \"%s\" differs from the one in row %zu by capital letters only. Choose names that differ more.",
			"لا يختلف الاسم «%s» عن الاسم في الصف %zu إلا في الحروف الكبيرة والصغيرة. اختر اسمين أوضح اختلافًا.",
			xlsform_quote(x, name), alike->line->number);
	made = arena_alloc(x->arena, 1, sizeof(*made));
	if (made == NULL)
		return;
	*made = (struct xlsform_sibling){ .name = name, .group = group, .line = line, .next = *bucket };
	*bucket = made;
}

void xlsform_refer_repeat(struct xlsform *x, const struct xlsform_line *line, const char *name)
{
	struct xlsform_sibling *made = arena_alloc(x->arena, 1, sizeof(*made));
	const char *root = xlsform_settings_get(x, "name");

	if (strcmp(name, root[0] != '\0' ? root : FORM_NODE_ROOT_NAME) == 0)
		xlsform_error(x, xlsform_at_cell(line, XLSFORM_NAME), "A repeat cannot have the name of the form itself, \"%s\". Choose another.",
			"لا يجوز أن يحمل التكرار اسم النموذج نفسه «%s». اختر اسمًا آخر.", xlsform_quote(x, name));
	for (const struct xlsform_sibling *r = x->repeats; r != NULL; r = r->next)
		if (strcmp(r->name, name) == 0) {
			xlsform_error(x, xlsform_at_cell(line, XLSFORM_NAME),
				"The repeat in row %zu has the name \"%s\" already. Each repeat of a form needs a name of its own.",
				"يحمل التكرار في الصف %zu الاسم «%s». اكتب لكل تكرار في النموذج اسمًا خاصًا به.", r->line->number, xlsform_quote(x, name));
			break;
		}
	if (made == NULL)
		return;
	*made = (struct xlsform_sibling){ .name = name, .line = line, .next = x->repeats };
	x->repeats = made;
}

/* ---- names by their text ---- */

static size_t bucket_of(const char *text, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash % XLSFORM_BUCKETS;
}

static struct xlsform_name *find_name(const struct xlsform *x, const char *text, size_t len)
{
	for (struct xlsform_name *n = x->names[bucket_of(text, len)]; n != NULL; n = n->next)
		if (strlen(n->text) == len && memcmp(n->text, text, len) == 0)
			return n;
	return NULL;
}

static void add_name(struct xlsform *x, const struct xlsform_row *row)
{
	struct xlsform_name *n = find_name(x, row->name, strlen(row->name));

	if (n == NULL) {
		struct xlsform_name **bucket = &x->names[bucket_of(row->name, strlen(row->name))];

		n = arena_alloc(x->arena, 1, sizeof(*n));
		if (n == NULL)
			return;
		n->text = row->name;
		n->first = row->line;
		n->next = *bucket;
		*bucket = n;
	}
	n->count++;
	n->last = row->line;
	n->is_repeat = n->is_repeat || (row->is_begin && row->control == XLSFORM_REPEAT);
}

/* ---- ${name} ---- */

static void unknown_name(struct xlsform *x, struct problem_place at, const char *text, size_t len)
{
	const char *name = xlsform_quote(x, xlsform_copy(x, text, len));
	const char *like = NULL;

	/* Of more problems than are kept nobody reads the advice. */
	for (size_t b = 0; b < XLSFORM_BUCKETS && like == NULL && x->problems->errors < PROBLEM_COUNT_MAX; b++)
		for (const struct xlsform_name *n = x->names[b]; n != NULL && like == NULL; n = n->next)
			if (len > 2 && xlsform_words_distance(n->text, name, 1) <= 1)
				like = n->text;
	if (len > strlen(LAST_SAVED) && strncmp(text, LAST_SAVED, strlen(LAST_SAVED)) == 0)
		xlsform_error(x, at, "Answers of earlier interviews (\"${%s}\") are not supported by Mandoob. Take the reference away.",
			"إجابات المقابلات السابقة («${%s}») غير مدعومة في مندوب. احذف الإشارة إليها.", name);
	else if (like != NULL)
		xlsform_error(x, at, "\"${%s}\" names no question of the survey. Did you mean \"${%s}\"?", "لا يوجد سؤال باسم «${%s}». هل تقصد «${%s}»؟", name,
			like);
	else
		xlsform_error(x, at, "\"${%s}\" names no question of the survey. Correct the name, or add the question.",
			"لا يوجد سؤال باسم «${%s}». صحّح الاسم أو أضف السؤال.", name);
}

void xlsform_refer_text(struct xlsform *x, struct problem_place at, const char *text)
{
	const char *next = strstr(text, "${");
	const struct xlsform_name *n;

	while (next != NULL) {
		const char *name = next + 2 + strspn(next + 2, " ");
		const char *close = strchr(name, '}');
		size_t len = close != NULL ? (size_t)(close - name) : 0;

		while (len > 0 && name[len - 1] == ' ')
			len--;
		if (len == 0 || strcspn(name, " \t\n${") < len) {
			xlsform_error(x, at, "A reference is not closed or not one name: \"%s\". Write ${name}.",
				"إشارة غير مغلقة أو ليست اسمًا واحدًا: «%s». اكتبها بالصيغة ${name}.", xlsform_quote(x, next));
			return;
		}
		n = find_name(x, name, len);
		if (n == NULL)
			unknown_name(x, at, name, len);
		else if (n->count > 1)
			xlsform_error(x, at, "\"${%s}\" could mean %zu questions or groups of this name, one in row %zu, one in row %zu. Rename all but one.",
				"الإشارة «${%s}» تحتمل %zu من الأسئلة أو المجموعات بهذا الاسم، منها ما في الصف %zu وما في الصف %zu. غيّر الأسماء ليبقى واحد.",
				n->text, n->count, n->first->number, n->last->number);
		next = strstr(close, "${");
	}
}

/* pulldata('villages', ...) reads the reference list of that name. */
static void check_pulldata(struct xlsform *x, const struct xlsform_line *line, int id, const char *text)
{
	for (const char *at = strstr(text, "pulldata"); at != NULL; at = strstr(at, "pulldata")) {
		size_t len;

		at += strlen("pulldata");
		at += strspn(at, " \t\n");
		if (*at != '(')
			continue;
		at += 1 + strspn(at + 1, " \t\n");
		if (*at != '\'' && *at != '"')
			continue;
		len = strcspn(at + 1, "'\"");
		xlsform_refer_source(x, line, id, xlsform_copy(x, at + 1, len), xlsform_print(x, "jr://file-csv/%.*s.csv", (int)len, at + 1));
	}
}

/* ---- names without ${} ---- */

/* An expression whose bare names are looked at. */
struct bare {
	struct xlsform *x;
	struct problem_place at;
	bool is_filter;     /* there they are columns of choices */
	const char *told;   /* one warning for a cell is enough */
};

static bool is_column(const struct xlsform *x, const char *name)
{
	for (size_t i = 0; i < x->other_count; i++)
		if (strcmp(x->other_columns[i], name) == 0)
			return true;
	return strcmp(name, "name") == 0 || strcmp(name, "label") == 0;
}

static void see_bare(void *ctx, const char *name)
{
	struct bare *b = ctx;
	const char *quoted = xlsform_quote(b->x, name);

	if (b->told != NULL || (b->is_filter && is_column(b->x, name)))
		return;
	b->told = quoted;
	if (strcasecmp(name, "true") == 0 || strcasecmp(name, "false") == 0)
		xlsform_warning(b->x, b->at, "\"%s\" has no brackets and is always empty here. Write %s().",
			"كُتبت «%s» بلا قوسين، وقيمتها هنا فارغة دائمًا. اكتب %s().", quoted, name[0] == 't' || name[0] == 'T' ? "true" : "false");
	else if (b->is_filter)
		xlsform_warning(b->x, b->at, "There is no column \"%s\" in the sheet choices, so this filter finds it empty. Correct the name.",
			"لا يوجد عمود باسم «%s» في الورقة choices، ولذلك يراه هذا المرشّح فارغًا. صحّح الاسم.", quoted);
	else
		xlsform_warning(b->x, b->at, "\"%s\" alone names no question and is always empty here. Write ${%s} for the question, '%s' for the text.",
			"لا تشير «%s» وحدها إلى سؤال، وقيمتها هنا فارغة دائمًا. اكتب ${%s} للسؤال، أو '%s' للنص.", quoted, quoted, quoted);
}

/* A path in place of each reference, which makes an expression of the author's text. */
static void put_dots(const char *text, struct buf *out)
{
	const char *last = strrchr(text, '}');

	while (*text != '\0') {
		/* Looked for only where there is one, so that the whole is read once. */
		const char *close = last != NULL && text < last && strncmp(text, "${", 2) == 0 ? strchr(text, '}') : NULL;

		if (close != NULL)
			buf_text(out, " . ");
		else
			buf_append(out, text, 1);
		text = close != NULL ? close + 1 : text + 1;
	}
}

/* What is no expression at all is plan's to tell. */
static void check_bare(struct bare *b, const char *text)
{
	struct xnames *names = NULL;
	struct xpath *e = NULL;
	struct buf dotted;

	buf_init(&dotted, XPATH_BYTES_MAX);
	put_dots(text, &dotted);
	if (buf_error(&dotted) == 0 && xnames_new(&names) == 0 && xpath_parse_late(buf_string(&dotted), dotted.len, names, &e, NULL) == 0) {
		xpath_bare_names(e, see_bare, b);
		xpath_free(e);
	}
	if (names != NULL)
		xnames_free(names);
	buf_fini(&dotted);
}

static void check_row_bare(struct xlsform *x, const struct xlsform_row *row)
{
	static const int IDS[] = { FORM_REQUIRED, FORM_RELEVANT, FORM_CONSTRAINT, FORM_WARNING, FORM_CALCULATION, FORM_READONLY,
		FORM_CHOICE_FILTER };
	const struct xlsform_line *line = row->line;

	/* A group has questions below it, which it may name so. */
	for (size_t i = 0; i < COUNT(IDS) && !row->is_begin && !row->is_end && !row->is_generated; i++) {
		struct bare b = { .x = x, .at = xlsform_at_cell(line, IDS[i]), .is_filter = IDS[i] == FORM_CHOICE_FILTER };
		bool is_known = !b.is_filter || (row->list != NULL && xlsform_choices_find(x, row->list) != NULL);

		if (row->plain[IDS[i]][0] != '\0' && line->plain[IDS[i]].column >= 0 && is_known)
			check_bare(&b, row->plain[IDS[i]]);
	}
}

/* ---- all cells of a row ---- */

static void check_cells(struct xlsform *x, const struct xlsform_row *row)
{
	static const int IDS[] = { FORM_REQUIRED, FORM_RELEVANT, FORM_CONSTRAINT, FORM_WARNING, FORM_CALCULATION, FORM_DEFAULT,
		FORM_TRIGGER, FORM_READONLY, FORM_PARAMETERS, FORM_CHOICE_FILTER, FORM_REPEAT_COUNT, FORM_ON_FINISH };
	const struct xlsform_line *line = row->line;

	check_row_bare(x, row);
	for (size_t i = 0; i < COUNT(IDS); i++)
		if (row->plain[IDS[i]][0] != '\0' && line->plain[IDS[i]].column >= 0) {
			xlsform_refer_text(x, xlsform_at(line, line->plain[IDS[i]].column), row->plain[IDS[i]]);
			check_pulldata(x, line, IDS[i], row->plain[IDS[i]]);
		}
	for (size_t w = 0; w < FORM_WORDS_COUNT * x->language_count; w++)
		if (row->words[w][0] != '\0' && line->words[w].column >= 0)
			xlsform_refer_text(x, xlsform_at(line, line->words[w].column), row->words[w]);
}

/* ---- sources ---- */

void xlsform_refer_source(struct xlsform *x, const struct xlsform_line *line, int plain, const char *name, const char *uri)
{
	struct xlsform_source *made;
	size_t count = 0;

	for (const struct xlsform_source *s = x->sources; s != NULL; s = s->next) {
		if (strcmp(s->name, name) == 0 && strcmp(s->uri, uri) != 0)
			xlsform_error(x, xlsform_at_cell(line, plain), "The list \"%s\" is read from %s here and from %s elsewhere. Rename one of the two.",
				"تُقرأ القائمة «%s» هنا من %s وفي موضع آخر من %s. غيّر اسم إحداهما.", xlsform_quote(x, name), xlsform_quote(x, uri),
				xlsform_quote(x, s->uri));
		if (strcmp(s->name, name) == 0)
			return;
		if (++count > FORM_LISTS_MAX)
			return;
	}
	made = arena_alloc(x->arena, 1, sizeof(*made));
	if (made == NULL)
		return;
	*made = (struct xlsform_source){ .name = name, .uri = uri, .line = line, .next = x->sources };
	x->sources = made;
}

static void check_sources(struct xlsform *x)
{
	for (const struct xlsform_source *s = x->sources; s != NULL; s = s->next) {
		const struct xlsform_list *list = xlsform_choices_find(x, s->name);

		if (list != NULL)
			xlsform_error(x, xlsform_at_cell(s->line, XLSFORM_TYPE),
				"\"%s\" is a list of this workbook and a reference list (%s) as well. Rename one of the two.",
				"«%s» قائمة في هذا الملف وقائمة مرجعية (%s) في الوقت نفسه. غيّر اسم إحداهما.", xlsform_quote(x, s->name),
				xlsform_quote(x, s->uri));
	}
}

static bool is_source(const struct xlsform *x, const char *name)
{
	for (const struct xlsform_source *s = x->sources; s != NULL; s = s->next)
		if (strcmp(s->name, name) == 0)
			return true;
	return xlsform_choices_find(x, name) != NULL || xlsform_entities_has(x, name);
}

/* What a drawing is laid over: a list of places, or a repeat. */
static void check_geometry(struct xlsform *x, const struct xlsform_row *row)
{
	const char *value = xlsform_parameters_get(x, row->line->plain[FORM_PARAMETERS].text, "reference-geometry");
	size_t len = strlen(value);
	bool is_name = len > 3 && strncmp(value, "${", 2) == 0 && value[len - 1] == '}';
	const struct xlsform_name *n = is_name ? find_name(x, value + 2, len - 3) : NULL;

	if (len > 0 && !(is_name ? n == NULL || n->is_repeat : is_source(x, value)))
		xlsform_error(x, xlsform_at_cell(row->line, FORM_PARAMETERS), "reference-geometry names neither a list nor a repeat: \"%s\".",
			"المعامل reference-geometry لا يشير إلى قائمة ولا إلى تكرار: «%s».", xlsform_quote(x, value));
}

/* ---- members and entries ---- */

static void check_member(struct xlsform *x, const struct xlsform_row *row)
{
	const struct xlsform_name *n = find_name(x, row->member, strlen(row->member));

	if (n == NULL || !n->is_repeat)
		xlsform_error(x, xlsform_at_cell(row->line, XLSFORM_TYPE), "There is no repeat \"%s\" whose rows could be chosen. Correct the name.",
			"لا يوجد تكرار باسم «%s» يُختار من صفوفه. صحّح الاسم.", xlsform_quote(x, row->member));
}

static void check_entry(struct xlsform *x, const struct xlsform_row *row, size_t open_repeats)
{
	const char *entry = row->plain[XLSFORM_ENTRY];
	const struct xlsform_name *n = find_name(x, entry, strlen(entry));

	if (strcmp(entry, "root") == 0 || (n != NULL && n->is_repeat))
		xlsform_error(x, xlsform_at_cell(row->line, XLSFORM_ENTRY), "An entry cannot have the name \"%s\": it is taken already. Choose another.",
			"لا يصلح «%s» اسمًا لسجل لأنه مستعمل. اختر اسمًا آخر.", xlsform_quote(x, entry));
	else if (open_repeats > 0)
		xlsform_error(x, xlsform_at_cell(row->line, XLSFORM_ENTRY), "Inside a repeat no group can name an entry: \"%s\". Its rows are entries already.",
			"لا تُسمّى السجلات داخل التكرار: «%s». فكل صف منه سجل بنفسه.", xlsform_quote(x, entry));
}

/* ---- languages ---- */

/* The first line where language `language` says nothing and another does, in all of a sheet's rows; how many there are. */
struct gap {
	const struct xlsform_line *line;
	size_t count;
};

static void look_for_gap(const struct xlsform *x, const struct xlsform_line *line, int id, struct gap *gaps)
{
	if (!xlsform_table_has_words(x, line, id))
		return;
	for (size_t i = 0; i < x->language_count; i++) {
		if (xlsform_table_word(x, line, id, i)[0] != '\0' || (int)i == x->spread ||
			(x->spread >= 0 && xlsform_table_word(x, line, id, (size_t)x->spread)[0] != '\0'))
			continue;
		if (gaps[i].count++ == 0)
			gaps[i].line = line;
	}
}

static int word_column(const struct xlsform_table *t, int id, size_t language)
{
	for (size_t c = 0; c < t->head_count; c++)
		if (t->heads[c].sense == XLSFORM_WORDS && t->heads[c].id == id && t->heads[c].language == language)
			return (int)c;
	return -1;
}

static void tell_gaps(struct xlsform *x, int id, const struct gap *gaps)
{
	for (size_t i = 0; i < x->language_count; i++) {
		struct problem_place at;

		if (gaps[i].count == 0)
			continue;
		at = xlsform_at(gaps[i].line, word_column(gaps[i].line->table, id, i));
		xlsform_warning(x, at, "The %s has no text in \"%s\" here though another language has one; so it is in %zu rows. Translate it.",
			"لا يوجد نص للعمود %s باللغة «%s» هنا مع وجوده بلغة أخرى، وكذلك في صفوف عددها %zu. اكتب الترجمة.", xlsform_words_words(id),
			xlsform_quote(x, x->languages[i]), gaps[i].count);
	}
}

static void check_languages(struct xlsform *x)
{
	for (int id = FORM_LABEL; id < FORM_PICTURE && x->language_count > 1; id++) {
		struct gap survey[FORM_LANGUAGES_MAX] = { { NULL, 0 } }, choices[FORM_LANGUAGES_MAX] = { { NULL, 0 } };

		for (size_t r = 0; r < x->row_count; r++)
			if (!x->rows[r].is_generated && !x->rows[r].is_end)
				look_for_gap(x, x->rows[r].line, id, survey);
		for (size_t l = 0; l < x->list_count; l++)
			for (size_t c = 0; c < x->lists[l].count; c++)
				if (x->lists[l].choices[c].line != NULL)
					look_for_gap(x, x->lists[l].choices[c].line, id, choices);
		tell_gaps(x, id, survey);
		tell_gaps(x, id, choices);
	}
}

/* ---- all of it ---- */

static void check_choices(struct xlsform *x)
{
	for (size_t l = 0; l < x->list_count; l++)
		for (size_t c = 0; c < x->lists[l].count; c++) {
			const struct xlsform_choice *choice = &x->lists[l].choices[c];

			for (size_t i = 0; i < x->language_count && choice->line != NULL; i++)
				if (strstr(choice->labels[i], "${") != NULL)
					xlsform_refer_text(x, xlsform_at(choice->line, choice->line->words[i].column), choice->labels[i]);
		}
}

static void check_settings(struct xlsform *x)
{
	const struct xlsform_table *t = &x->settings;
	const char *title = xlsform_settings_get(x, "instance_name");

	for (size_t i = 0; t->sheet != NULL && t->sheet->row_count > 1 && i < t->sheet->rows[1].cell_count; i++) {
		const struct workbook_cell *cell = &t->sheet->rows[1].cells[i];

		if (strcmp(cell->text, title) == 0 && cell->column < t->head_count)
			xlsform_refer_text(x, (struct problem_place){ t->sheet->name, t->sheet->rows[1].number, (int)cell->column,
				t->heads[cell->column].header }, title);
	}
}

static void check_row(struct xlsform *x, const struct xlsform_row *row, size_t *open_repeats)
{
	bool is_repeat = row->control == XLSFORM_REPEAT;

	if (row->is_end) {
		*open_repeats -= is_repeat && *open_repeats > 0;
		return;
	}
	if (row->plain[XLSFORM_ENTRY][0] != '\0' && row->is_begin && !row->is_generated)
		check_entry(x, row, *open_repeats);
	*open_repeats += row->is_begin && is_repeat;
	if (row->is_generated)
		return;
	if (row->member != NULL)
		check_member(x, row);
	if (strstr(row->line->plain[FORM_PARAMETERS].text, "reference-geometry") != NULL)
		check_geometry(x, row);
	check_cells(x, row);
}

int xlsform_refer_check(struct xlsform *x)
{
	size_t open_repeats = 0;

	xlsform_expand_instance(x);
	for (size_t i = 0; i < x->row_count; i++)
		if (!x->rows[i].is_end)
			add_name(x, &x->rows[i]);
	for (size_t i = 0; i < x->row_count; i++)
		check_row(x, &x->rows[i], &open_repeats);
	check_choices(x);
	check_settings(x);
	check_sources(x);
	check_languages(x);
	return 0;
}
