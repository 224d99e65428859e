/*
 * xlsform_settings: the settings sheet, one row of values under its headers: who the form is, its title, its default language.
 *
 * Two columns of our own: mandoob::kind (what the form is for) and mandoob::class (how long answers are kept). A setting that
 * means something to other programs only is passed over; one that looks like a slip of ours is told.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server/author/xlsform_parts.h"

#define FOLDED_BYTES_MAX 128
#define SETTINGS_MAX 64
#define OWN "mandoob::"

/* One setting as it stands in the sheet. */
struct setting {
	const char *key;
	const char *value;
	struct problem_place at;
};

static void put_row(struct xlsform *x, const char *key, const char *value)
{
	struct sheets_table *t = &x->setting_rows;
	const char **cells;

	for (size_t r = 0; r < t->row_count; r++)
		if (strcmp(t->rows[r][0], key) == 0) {
			t->rows[r][1] = value;
			return;
		}
	cells = arena_alloc(x->arena, 2, sizeof(*cells));
	if (cells == NULL || t->row_count == SETTINGS_MAX)
		return;
	cells[0] = key;
	cells[1] = value;
	t->rows[t->row_count++] = cells;
}

void xlsform_settings_put(struct xlsform *x, const char *key, const char *value)
{
	if (strcmp(key, "form_id") == 0)
		x->form_id = value;
	if (strcmp(key, "allow_choice_duplicates") == 0)
		x->allow_choice_duplicates = xlsform_words_yes(value) == 1;
	if (strcmp(key, "default_language") == 0)
		x->default_language = value;
	if (value[0] != '\0')
		put_row(x, key, value);
}

const char *xlsform_settings_get(const struct xlsform *x, const char *key)
{
	for (size_t r = 0; r < x->setting_rows.row_count; r++)
		if (strcmp(x->setting_rows.rows[r][0], key) == 0)
			return x->setting_rows.rows[r][1];
	return "";
}

static bool is_version(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= FORM_VERSION_BYTES_MAX &&
		strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-") == len;
}

/*
 * Elsewhere a form_id and a version may hold anything: what ours cannot hold becomes `_`, and is told. `is_id`: it begins with a letter.
 */
static const char *mend(struct xlsform *x, const struct problem_place *at, const char *value, bool is_id)
{
	char out[FORM_NAME_BYTES_MAX + 2] = "";
	size_t max = is_id ? FORM_NAME_BYTES_MAX - 1 : FORM_VERSION_BYTES_MAX;
	size_t to = 0;

	if (is_id ? form_is_name(value) : is_version(value))
		return value;
	for (size_t i = 0; value[i] != '\0' && to < max; i++) {
		char c = value[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		bool is_kept = is_letter || (c >= '0' && c <= '9') || c == '-' || c == '.';

		if (is_id && to == 0 && !is_letter)
			out[to++] = '_';
		if (is_kept || to == 0 || out[to - 1] != '_')
			out[to++] = is_kept ? c : '_';
	}
	out[to] = '\0';
	xlsform_warning(x, *at, "Only letters a-z, digits, _ - and . can stand in \"%s\"; \"%s\" is taken. Write one of your own.",
		"لا يصح في «%s» إلا الحروف اللاتينية والأرقام و_ و- والنقاط، وسيُؤخذ «%s». اكتب ما تختاره بهذه الحروف.", xlsform_quote(x, value), out);
	return xlsform_copy(x, out, to);
}

static void check_setting(struct xlsform *x, const struct setting *s)
{
	if (strcmp(s->key, "name") == 0 && !form_is_name(s->value))
		xlsform_error(x, s->at, "\"%s\" cannot be the name of a form: it begins with a letter or _, then letters, digits, _ - and . follow.",
			"لا يصلح «%s» اسمًا للنموذج: يبدأ بحرف أو _ وتليه حروف وأرقام و_ و- ونقاط فقط.", xlsform_quote(x, s->value));
	if (strcmp(s->key, "allow_choice_duplicates") == 0 && xlsform_words_yes(s->value) < 0)
		xlsform_warning(x, s->at, "\"%s\" is neither yes nor no; no is taken.", "القيمة «%s» ليست yes ولا no، وستُعامل على أنها no.",
			xlsform_quote(x, s->value));
	if (strcmp(s->key, "public_key") == 0)
		xlsform_warning(x, s->at, "public_key is passed over: answers are always encrypted by Mandoob itself.%s",
			"سيُتجاهل العمود public_key؛ فبرنامج مندوب يشفّر الإجابات دائمًا بنفسه.%s", "");
}

static void unknown_setting(struct xlsform *x, const struct setting *s, const char *folded)
{
	const char *like = xlsform_words_like_setting(folded);

	if (like != NULL)
		xlsform_warning(x, s->at, "This setting is not known and is passed over. Did you mean \"%s\"? Then correct the header.",
			"هذا الإعداد غير معروف، ولذلك لن يُقرأ. هل تقصد «%s»؟ إن كان كذلك فصحّح عنوان العمود.", like);
}

/* The key of a header: a known word, perhaps form_title with a language, perhaps our own; NULL: not known. "" passed over. */
static const char *key_of(struct xlsform *x, const char *header, char *folded, size_t size)
{
	bool is_own = strncasecmp(header, OWN, strlen(OWN)) == 0;
	const char *name = header + (is_own ? strlen(OWN) : 0);
	const char *language = strstr(name, "::");
	const char *key;
	char first[FOLDED_BYTES_MAX];

	xlsform_words_fold(name, folded, size);
	if (is_own && (strcmp(folded, "kind") == 0 || strcmp(folded, "class") == 0))
		return strcmp(folded, "kind") == 0 ? "kind" : "class";
	key = xlsform_words_setting(folded);
	if (key != NULL && is_own && key[0] == '\0')
		return NULL;
	if (key != NULL || language == NULL)
		return key;
	xlsform_words_fold(xlsform_copy(x, name, (size_t)(language - name)), first, sizeof(first));
	key = xlsform_words_setting(first);
	if (key != NULL && strcmp(key, "form_title") == 0) {
		language += strspn(language, ": ");
		return language[0] != '\0' ? xlsform_print(x, "form_title::%s", language) : key;
	}
	return !is_own && strncmp(first, "attribute", 9) == 0 ? "" : NULL;
}

static void read_cell(struct xlsform *x, const struct workbook_row *row, const struct workbook_cell *cell)
{
	const struct xlsform_table *t = &x->settings;
	char folded[FOLDED_BYTES_MAX];
	struct setting s = { .value = cell->text };

	if (cell->column >= t->head_count || t->heads[cell->column].header == NULL)
		return;
	s.at = (struct problem_place){ .sheet = t->sheet->name, .row = row->number, .column = (int)cell->column,
		.header = t->heads[cell->column].header };
	s.key = key_of(x, s.at.header, folded, sizeof(folded));
	if (cell->is_too_long || strlen(cell->text) > FORM_CELL_BYTES_MAX)
		xlsform_error(x, s.at, "This cell is longer than %d bytes. Shorten it.", "محتوى هذه الخلية أطول من %d بايت. اختصره.",
			FORM_CELL_BYTES_MAX);
	if (s.key == NULL) {
		unknown_setting(x, &s, folded);
		return;
	}
	if (s.key[0] == '\0')
		return;
	if (xlsform_settings_get(x, s.key)[0] != '\0' && strncmp(folded, OWN, strlen(OWN)) != 0) {
		if (strcmp(s.key, "form_id") == 0)
			xlsform_warning(x, s.at, "form_id stands in two columns; \"%s\" is taken. Keep one of them.",
				"ورد معرّف النموذج في عمودين، وسيُؤخذ «%s». أبقِ عمودًا واحدًا.", xlsform_quote(x, x->form_id));
		return;
	}
	check_setting(x, &s);
	if (strcmp(s.key, "form_id") == 0 || strcmp(s.key, "version") == 0)
		s.value = mend(x, &s.at, s.value, s.key[0] == 'f');
	xlsform_settings_put(x, s.key, s.value);
}

/* The answers' name and version when the sheet has none. */
static void fill_in(struct xlsform *x)
{
	const struct xlsform_table *t = &x->settings;
	struct problem_place at = { .sheet = t->sheet != NULL ? t->sheet->name : "settings", .row = t->sheet != NULL ? 2 : 0, .column = -1 };
	const char *name = x->options->name != NULL ? x->options->name : "";

	if (x->form_id == NULL) {
		if (!form_is_name(name))
			xlsform_error(x, at,
				"The form has no form_id, and the name of its file (\"%s\") cannot be one. Write a column form_id in the sheet settings.",
				"ليس للنموذج معرّف (form_id)، واسم ملفه «%s» لا يصلح معرّفًا. أضف العمود form_id في ورقة settings.", xlsform_quote(x, name));
		xlsform_settings_put(x, "form_id", name);
	}
	if (xlsform_settings_get(x, "version")[0] == '\0')
		xlsform_settings_put(x, "version", x->options->version != NULL ? x->options->version : "1");
	if (xlsform_settings_get(x, "form_title")[0] == '\0')
		xlsform_settings_put(x, "form_title", xlsform_settings_get(x, "form_id"));
}

int xlsform_settings_read(struct xlsform *x)
{
	const struct xlsform_table *t = &x->settings;
	const char *like;

	x->default_language = "";
	x->setting_rows.rows = arena_alloc(x->arena, SETTINGS_MAX, sizeof(*x->setting_rows.rows));
	if (x->setting_rows.rows == NULL)
		return arena_error(x->arena);
	if (t->sheet != NULL && t->sheet->row_count > 1)
		for (size_t i = 0; i < t->sheet->rows[1].cell_count; i++)
			read_cell(x, &t->sheet->rows[1], &t->sheet->rows[1].cells[i]);
	like = t->sheet == NULL ? xlsform_table_like(x, "settings") : "";
	if (like[0] != '\0')
		xlsform_warning(x, (struct problem_place){ .sheet = "", .row = 0, .column = -1 },
			"There is no sheet \"settings\", but there is %s. Rename it to \"settings\", or put _ before its name when it is meant so.",
			"لا توجد ورقة باسم settings، وتوجد %s. غيّر اسمها إلى settings، أو ضع _ قبل اسمها إن كانت ورقة أخرى.", like);
	fill_in(x);
	return 0;
}
