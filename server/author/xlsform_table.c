/*
 * xlsform_table: the sheets of a workbook by name, their headers by meaning, the languages that headers name, and the rows read by them.
 *
 * Names of sheets and headers are forgiven case and spaces. A header is a word of xlsform_words.c, perhaps behind a space ("bind::",
 * "media::", "mandoob::"), perhaps before a language ("label::Arabic (ar)"). One colon counts as two where the first word is known.
 * A column that is not known belongs to the author: of choices it can be used in filters, elsewhere it is passed over.
 */
#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"
#include "server/author/xlsform_parts.h"

#define FOLDED_BYTES_MAX 128
#define LANGUAGE_BYTES_MAX 100
#define OWN_SPACE "mandoob"

/* ---- sheets ---- */

static const struct workbook_sheet *find_sheet(const struct workbook *w, const char *name)
{
	char folded[FOLDED_BYTES_MAX];
	char wanted[FOLDED_BYTES_MAX];

	xlsform_words_fold(name, wanted, sizeof(wanted));
	for (size_t i = 0; i < w->sheet_count; i++) {
		/* A leading underscore takes a sheet out of the form; folding would drop it. */
		if (w->sheets[i].name[0] == '_')
			continue;
		xlsform_words_fold(w->sheets[i].name, folded, sizeof(folded));
		if (strcmp(folded, wanted) == 0)
			return &w->sheets[i];
	}
	return NULL;
}

const char *xlsform_table_like(struct xlsform *x, const char *name)
{
	const char *found = "";

	for (size_t i = 0; i < x->workbook->sheet_count; i++) {
		const char *sheet = x->workbook->sheets[i].name;
		char folded[FOLDED_BYTES_MAX], wanted[FOLDED_BYTES_MAX];

		xlsform_words_fold(sheet, folded, sizeof(folded));
		xlsform_words_fold(name, wanted, sizeof(wanted));
		if (sheet[0] != '_' && strcmp(folded, wanted) != 0 && xlsform_words_distance(folded, wanted, 2) <= 2)
			found = xlsform_print(x, "%s%s\"%s\"", found, found[0] != '\0' ? ", " : "", xlsform_quote(x, sheet));
	}
	return found;
}

/* ---- headers ---- */

static struct problem_place header_place(const struct xlsform_table *t, size_t row, int column, const char *header)
{
	return (struct problem_place){ .sheet = t->sheet->name, .row = row, .column = column, .header = header };
}

/* One part of a header between colons, without the spaces around it. */
struct part {
	const char *at;
	size_t len;
};
#define PARTS_MAX 4

static struct part trimmed(const char *at, size_t len)
{
	while (len > 0 && (*at == ' ' || *at == '\n' || *at == '\t')) {
		at++;
		len--;
	}
	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\n' || at[len - 1] == '\t'))
		len--;
	return (struct part){ at, len };
}

/* Cut at "::", or at ":" where `is_single`. "jr:count" stays whole. The last part takes all that is left. */
static size_t cut_header(const char *header, bool is_single, struct part out[static PARTS_MAX])
{
	const char *divider = is_single ? ":" : "::";
	size_t count = 0;

	for (;;) {
		const char *from = header;
		const char *next;

		if (is_single && (strncasecmp(from, "jr:", 3) == 0 || strncasecmp(from, "entities:", 9) == 0))
			from = strchr(from, ':') + 1;
		next = count + 1 < PARTS_MAX ? strstr(from, divider) : NULL;
		out[count++] = trimmed(header, next != NULL ? (size_t)(next - header) : strlen(header));
		if (next == NULL)
			return count;
		header = next + strlen(divider);
	}
}

static void fold_part(const struct part *p, char *out, size_t size)
{
	char raw[FOLDED_BYTES_MAX];

	out[0] = '\0';
	if (p->len >= sizeof(raw))
		return;
	memcpy(raw, p->at, p->len);
	raw[p->len] = '\0';
	xlsform_words_fold(raw, out, size);
}

/* The number of a language, added when it is new. */
static size_t language_index(struct xlsform *x, const struct xlsform_table *t, int column, const struct part *p)
{
	const char *name = xlsform_copy(x, p->at, p->len);

	if (name[0] == '\0')
		name = x->default_language;
	for (size_t i = 0; i < x->language_count; i++)
		if (strcmp(x->languages[i], name) == 0)
			return i;
	if (x->language_count == FORM_LANGUAGES_MAX || strlen(name) > LANGUAGE_BYTES_MAX) {
		xlsform_error(x, header_place(t, t->sheet->rows[0].number, column, xlsform_quote(x, name)),
			"There are more than %d languages, or this name of a language is too long. Write one spelling of each language everywhere.",
			"في النموذج أكثر من %d لغة، أو أن اسم هذه اللغة طويل جدًا. اكتب اسم كل لغة بصيغة واحدة في جميع الأعمدة.", FORM_LANGUAGES_MAX);
		return 0;
	}
	x->languages[x->language_count] = name;
	return x->language_count++;
}

/* What the parts of a header mean; XLSFORM_UNKNOWN when they mean nothing. `rest` is where the language would stand. */
static void understand(bool is_choices, const struct part *parts, size_t count, struct xlsform_head *head, size_t *rest)
{
	char first[FOLDED_BYTES_MAX], second[FOLDED_BYTES_MAX];

	*rest = 1;
	fold_part(&parts[0], first, sizeof(first));
	if (count > 1 && strcmp(first, OWN_SPACE) == 0) {
		fold_part(&parts[1], second, sizeof(second));
		head->is_own = true;
		*rest = 2;
		if (!xlsform_words_own(second, head))
			head->sense = XLSFORM_UNKNOWN;
		return;
	}
	if (xlsform_words_column(is_choices, "", first, head))
		return;
	if (count < 2)
		return;
	fold_part(&parts[1], second, sizeof(second));
	*rest = 2;
	if (xlsform_words_column(is_choices, first, second, head))
		return;
	if (strcmp(first, "bind") == 0 || strcmp(first, "control") == 0 || strcmp(first, "body") == 0 || strcmp(first, "instance") == 0 ||
		strcmp(first, "media") == 0)
		head->sense = XLSFORM_IGNORED;
}

static void warn_unknown(struct xlsform *x, const struct xlsform_table *t, bool is_choices, int column, const char *header)
{
	struct problem_place at = header_place(t, t->sheet->rows[0].number, column, header);
	char folded[FOLDED_BYTES_MAX];
	const char *like;
	struct part parts[PARTS_MAX];

	cut_header(header, strstr(header, "::") == NULL, parts);
	fold_part(&parts[0], folded, sizeof(folded));
	like = xlsform_words_like_column(is_choices, folded);
	if (like != NULL)
		xlsform_warning(x, at, "This column is not known and is passed over. Did you mean \"%s\"? Then correct the header.",
			"هذا العمود غير معروف، ولذلك لن يُقرأ. هل تقصد «%s»؟ إن كان كذلك فصحّح عنوان العمود.", like);
}

static void understand_header(struct xlsform *x, struct xlsform_table *t, bool is_choices, const struct workbook_cell *cell)
{
	struct xlsform_head *head = &t->heads[cell->column];
	struct problem_place at = header_place(t, t->sheet->rows[0].number, (int)cell->column, cell->text);
	struct part parts[PARTS_MAX];
	size_t rest = 1;
	size_t count = cut_header(cell->text, strstr(cell->text, "::") == NULL, parts);

	head->header = cell->text;
	understand(is_choices, parts, count, head, &rest);
	if (head->is_own && head->sense == XLSFORM_UNKNOWN) {
		xlsform_error(x, at, "There is no column of this name: \"%s\". Correct it after the list of columns in the guide, or take it away.",
			"لا يوجد عمود بهذا الاسم: «%s». صحّحه وفق قائمة الأعمدة في الدليل أو احذفه.", xlsform_quote(x, cell->text));
	} else if (head->sense == XLSFORM_WORDS) {
		struct part none = { "", 0 };

		head->language = language_index(x, t, (int)cell->column, rest < count ? &parts[rest] : &none);
	} else if (head->sense == XLSFORM_UNKNOWN) {
		warn_unknown(x, t, is_choices, (int)cell->column, cell->text);
	}
}

/* Two headers that mean the same column. */
static void check_twins(struct xlsform *x, const struct xlsform_table *t)
{
	for (size_t i = 1; i < t->head_count; i++) {
		const struct xlsform_head *a = &t->heads[i];

		for (size_t j = 0; j < i && a->header != NULL; j++) {
			const struct xlsform_head *b = &t->heads[j];
			bool is_same = b->header != NULL && a->sense == b->sense && a->id == b->id && a->is_own == b->is_own &&
				(a->sense == XLSFORM_PLAIN || (a->sense == XLSFORM_WORDS && a->language == b->language));
			/* A text without language beside the one of the default language: the second is the more exact. */
			bool is_default = is_same && a->sense == XLSFORM_WORDS && (strchr(a->header, ':') == NULL) != (strchr(b->header, ':') == NULL);

			if (is_same && !is_default)
				xlsform_error(x, header_place(t, t->sheet->rows[0].number, (int)i, a->header),
					"This column means the same as \"%s\". Keep one of the two.",
					"هذا العمود يعني ما يعنيه العمود «%s». أبقِ واحدًا منهما فقط.", xlsform_quote(x, b->header));
		}
	}
}

/* Find a sheet and its first row; its heads are empty. */
static int open_table(struct xlsform *x, struct xlsform_table *t, const char *name)
{
	t->name = name;
	t->sheet = find_sheet(x->workbook, name);
	if (t->sheet == NULL || t->sheet->row_count == 0) {
		t->sheet = NULL;
		return 0;
	}
	t->next = 1;
	t->head_count = (size_t)t->sheet->rows[0].cells[t->sheet->rows[0].cell_count - 1].column + 1;
	t->heads = arena_alloc(x->arena, t->head_count, sizeof(*t->heads));
	return t->heads == NULL ? arena_error(x->arena) : 0;
}

static int open_headers(struct xlsform *x, struct xlsform_table *t, const char *name, bool is_choices)
{
	int rc = open_table(x, t, name);

	if (rc != 0 || t->sheet == NULL)
		return rc;
	for (size_t i = 0; i < t->sheet->rows[0].cell_count; i++)
		understand_header(x, t, is_choices, &t->sheet->rows[0].cells[i]);
	check_twins(x, t);
	return arena_error(x->arena);
}

int xlsform_table_settings(struct xlsform *x)
{
	int rc = open_table(x, &x->settings, "settings");

	if (rc != 0 || x->settings.sheet == NULL)
		return rc;
	for (size_t i = 0; i < x->settings.sheet->rows[0].cell_count; i++) {
		const struct workbook_cell *cell = &x->settings.sheet->rows[0].cells[i];

		x->settings.heads[cell->column].header = cell->text;
	}
	return 0;
}

/* ---- languages ---- */

static bool has_arabic(const char *text)
{
	size_t at = 0;
	uint32_t cp;

	while (text_next(text, strlen(text), &at, &cp) == 1)
		if (cp >= 0x600 && cp <= 0x6ff)
			return true;
	return false;
}

static bool has_language_of(const struct xlsform *x, const char *code, const char *word)
{
	for (size_t i = 0; i < x->language_count; i++)
		if (strstr(x->languages[i], code) != NULL || strncasecmp(x->languages[i], word, strlen(word)) == 0)
			return true;
	return false;
}

/* The first text in a column of this language (with `id`, of that kind), to see which language it is; "" none. */
static const char *sample_of(const struct xlsform_table *t, int id, size_t language)
{
	for (size_t r = 1; t->sheet != NULL && r < t->sheet->row_count; r++)
		for (size_t c = 0; c < t->sheet->rows[r].cell_count; c++) {
			const struct workbook_cell *cell = &t->sheet->rows[r].cells[c];
			const struct xlsform_head *head = cell->column < t->head_count ? &t->heads[cell->column] : NULL;

			if (head != NULL && head->sense == XLSFORM_WORDS && head->language == language && head->id == id)
				return cell->text;
		}
	return "";
}

/*
 * Texts without language beside texts with one. Where labels are among them they are a language, the one that the form begins with, and
 * canonical text wants a name for it; else (a picture for all languages) they belong to every language.
 */
static void name_languages(struct xlsform *x)
{
	x->spread = -1;
	for (size_t i = 0; i < x->language_count && x->language_count > 1; i++) {
		const char *sample = sample_of(&x->survey, FORM_LABEL, i);

		if (x->languages[i][0] != '\0')
			continue;
		if (sample[0] == '\0')
			sample = sample_of(&x->choices, FORM_LABEL, i);
		if (has_arabic(sample))
			x->languages[i] = has_language_of(x, "(ar)", "Arabic") ? "default" : "Arabic (ar)";
		else
			x->languages[i] = sample[0] == '\0' || has_language_of(x, "(en)", "English") ? "default" : "English (en)";
		if (sample[0] == '\0')
			x->spread = (int)i;
		else
			x->default_language = x->languages[i];
	}
}

static void find_arabic(struct xlsform *x)
{
	for (size_t i = 0; i < x->language_count; i++) {
		const char *name = x->languages[i], *sample = sample_of(&x->survey, FORM_LABEL, i);

		if (sample[0] == '\0')
			sample = sample_of(&x->choices, FORM_LABEL, i);
		x->is_arabic[i] = name[0] == '\0' || strcmp(name, "default") == 0 ? has_arabic(sample) :
			strstr(name, "(ar") != NULL || strncasecmp(name, "Arabic", 6) == 0 || strcmp(name, "ar") == 0 || strstr(name, "عرب") != NULL;
	}
}

void xlsform_table_spread(const struct xlsform *x, const char **texts)
{
	if (x->spread < 0)
		return;
	for (size_t i = 0; i < x->language_count; i++)
		if (texts[i][0] == '\0')
			texts[i] = texts[x->spread];
	texts[x->spread] = "";
}

int xlsform_table_open(struct xlsform *x)
{
	struct problem_place whole = { .sheet = "", .row = 0, .column = -1 };
	int rc = open_headers(x, &x->survey, "survey", false);

	if (rc == 0)
		rc = open_headers(x, &x->choices, "choices", true);
	if (rc == 0)
		rc = open_headers(x, &x->external, "external_choices", true);
	if (rc == 0)
		rc = open_table(x, &x->entities, "entities");
	if (rc != 0)
		return rc;
	if (x->language_count == 0)
		x->languages[x->language_count++] = x->default_language;
	name_languages(x);
	find_arabic(x);
	if (x->survey.sheet == NULL) {
		const char *like = xlsform_table_like(x, "survey");

		if (like[0] != '\0')
			xlsform_error(x, whole, "There is no sheet \"survey\", but there is %s. Rename it to \"survey\".",
				"لا توجد ورقة باسم survey، وتوجد %s. غيّر اسمها إلى survey.", like);
		else
			xlsform_error(x, whole, "There is no sheet \"survey\", or it is empty. Name the sheet with the questions \"survey\".%s",
				"لا توجد ورقة باسم survey أو أنها فارغة. سمِّ ورقة الأسئلة survey.%s", "");
	}
	return 0;
}

/* ---- rows ---- */

static void check_length(struct xlsform *x, const struct xlsform_line *line, const struct workbook_cell *cell)
{
	if (cell->is_too_long || strlen(cell->text) > FORM_CELL_BYTES_MAX)
		xlsform_error(x, xlsform_at(line, (int)cell->column), "This cell is longer than %d bytes. Shorten it or divide it.",
			"محتوى هذه الخلية أطول من %d بايت. اختصره أو قسّمه.", FORM_CELL_BYTES_MAX);
}

/* Typographic quotation marks become the plain ones that expressions know. */
static const char *plain_quotes(struct xlsform *x, const char *text)
{
	size_t len = strlen(text);
	char *out;
	size_t at = 0;

	if (strstr(text, "\xe2\x80") == NULL)
		return text;
	out = arena_alloc(x->arena, len + 1, 1);
	if (out == NULL)
		return text;
	for (size_t i = 0; i < len; i++) {
		const unsigned char *c = (const unsigned char *)text + i;

		if (len - i >= 3 && c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0x98 || c[2] == 0x99 || c[2] == 0x9c || c[2] == 0x9d)) {
			out[at++] = c[2] <= 0x99 ? '\'' : '"';
			i += 2;
		} else {
			out[at++] = text[i];
		}
	}
	out[at] = '\0';
	return out;
}

/* Put a cell where its header says. Of two for one place our own wins, then the one that names its language. */
static void put_cell(struct xlsform *x, struct xlsform_line *line, const struct xlsform_head *head, const struct workbook_cell *cell)
{
	struct xlsform_cell *to;

	if (head->sense == XLSFORM_PLAIN) {
		to = &line->plain[head->id];
		if (to->column >= 0 && line->table->heads[to->column].is_own)
			return;
		*to = (struct xlsform_cell){ plain_quotes(x, cell->text), (int)cell->column };
	} else if (head->sense == XLSFORM_WORDS) {
		to = &line->words[(size_t)head->id * x->language_count + head->language];
		if (to->column >= 0) {
			const struct xlsform_head *had = &line->table->heads[to->column];

			if ((had->is_own && !head->is_own) || (had->is_own == head->is_own && strchr(head->header, ':') == NULL))
				return;
		}
		*to = (struct xlsform_cell){ cell->text, (int)cell->column };
	}
}

static struct xlsform_line *new_line(struct xlsform *x, const struct xlsform_table *t, const struct workbook_row *row)
{
	struct xlsform_line *line = arena_alloc(x->arena, 1, sizeof(*line));
	size_t words = XLSFORM_WORDS_COUNT * x->language_count;

	if (line == NULL)
		return NULL;
	line->table = t;
	line->source = row;
	line->number = row->number;
	line->words = arena_alloc(x->arena, words, sizeof(*line->words));
	if (line->words == NULL)
		return NULL;
	for (size_t i = 0; i < XLSFORM_PLAIN_COUNT; i++)
		line->plain[i] = (struct xlsform_cell){ "", -1 };
	for (size_t i = 0; i < words; i++)
		line->words[i] = (struct xlsform_cell){ "", -1 };
	return line;
}

struct xlsform_line *xlsform_table_next(struct xlsform *x, struct xlsform_table *t)
{
	while (t->sheet != NULL && t->next < t->sheet->row_count) {
		const struct workbook_row *row = &t->sheet->rows[t->next++];
		struct xlsform_line *line = NULL;

		for (size_t i = 0; i < row->cell_count; i++) {
			const struct workbook_cell *cell = &row->cells[i];

			if (cell->column >= t->head_count || t->heads[cell->column].header == NULL)
				continue;
			if (line == NULL)
				line = new_line(x, t, row);
			if (line == NULL)
				return NULL;
			if (t->heads[cell->column].sense != XLSFORM_IGNORED)
				check_length(x, line, cell);
			put_cell(x, line, &t->heads[cell->column], cell);
		}
		if (line != NULL)
			return line;
	}
	return NULL;
}

const char *xlsform_table_word(const struct xlsform *x, const struct xlsform_line *line, int id, size_t language)
{
	return line->words[(size_t)id * x->language_count + language].text;
}

bool xlsform_table_has_words(const struct xlsform *x, const struct xlsform_line *line, int id)
{
	for (size_t i = 0; i < x->language_count; i++)
		if (xlsform_table_word(x, line, id, i)[0] != '\0')
			return true;
	return false;
}
