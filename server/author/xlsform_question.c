/*
 * xlsform_question: what one question says beside its type: label, calculation, default, trigger, yes and no, our own columns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/author/xlsform_parts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TRIGGERS_MAX 64

static bool is_reference(const char *text)
{
	size_t len = strlen(text);

	return len > 3 && text[0] == '$' && text[1] == '{' && strchr(text, '}') == text + len - 1;
}

/* ---- default ---- */

static bool is_name_byte(char c, bool is_first)
{
	bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || ((unsigned char)c & 0x80) != 0;

	return is_letter || (!is_first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
}

static size_t name_len(const char *text)
{
	size_t len = 0;

	while (is_name_byte(text[len], len == 0))
		len++;
	if (len > 0 && text[len] == ':' && is_name_byte(text[len + 1], true))
		return len + 1 + name_len(text + len + 1);
	return len;
}

static size_t number_len(const char *text)
{
	size_t sign = text[0] == '-', digits = strspn(text + sign, "0123456789"), at = sign + digits;

	if (text[at] == '.') {
		size_t behind = strspn(text + at + 1, "0123456789");

		return digits + behind > 0 ? at + 1 + behind : 0;
	}
	return digits > 0 ? at : 0;
}

static bool is_digits(const char *text, const char *shape)
{
	for (; *shape != '\0'; text++, shape++)
		if (*shape == '9' ? *text < '0' || *text > '9' : *text != *shape)
			return false;
	return true;
}

/* A date, a time or both at the beginning of `text`. */
static size_t moment_len(const char *text)
{
	size_t sign = text[0] == '-', len = is_digits(text + sign, "9999-99-99") ? sign + 10 : 0;

	if (len > 0 && text[len] == 'T' && is_digits(text + len + 1, "99:99:99"))
		len += 9;
	else if (len == 0 && is_digits(text, "99:99:99"))
		len = 8;
	else
		return len;
	if (text[len] == '.')
		len += 1 + strspn(text + len + 1, "0123456789");
	if (text[len] == 'Z')
		return len + 1;
	if ((text[len] == '+' || text[len] == '-') && is_digits(text + len + 1, "99:99"))
		return len + 6;
	return len;
}

/* Types whose literals hold dashes. */
static bool has_dashes(const char *word)
{
	static const char *const WORDS[] = { "date", "dateTime", "geopoint", "geotrace", "geoshape", "time", "hijri_date" };

	for (size_t i = 0; i < COUNT(WORDS); i++)
		if (strcmp(word, WORDS[i]) == 0)
			return true;
	return false;
}

bool xlsform_question_is_dynamic(const char *text, const char *type_word)
{
	while (*text != '\0') {
		size_t len = moment_len(text);

		if (len == 0)
			len = number_len(text);
		if (len > 0) {
			text += len;
			continue;
		}
		if (*text == '-' && has_dashes(type_word))
			return false;
		if (strchr("*+-|", *text) != NULL || strncmp(text, " mod ", 5) == 0 || strncmp(text, " div ", 5) == 0 ||
			strncmp(text, "${", 2) == 0)
			return true;
		if ((*text == '"' || *text == '\'') && strchr(text + 1, *text) != NULL) {
			text = strchr(text + 1, *text) + 1;
			continue;
		}
		len = name_len(text);
		if (len > 0 && (text[len] == '(' || text[len] == '['))
			return true;
		if (len > 0 && strncmp(text + len, "://", 3) == 0)
			len += 3;
		text += len > 0 ? len : 1;
	}
	return false;
}

/* ---- trigger ---- */

void xlsform_question_trigger(struct xlsform *x, struct xlsform_row *row)
{
	const char *text = row->plain[FORM_TRIGGER];
	const char *out = "";

	for (size_t i = 0; *text != '\0' && i < TRIGGERS_MAX; i++) {
		size_t len = strcspn(text, ",");
		const char *part = xlsform_copy(x, text, len);
		size_t from = strspn(part, " \t\n"), to = strlen(part);

		while (to > from && strchr(" \t\n", part[to - 1]) != NULL)
			to--;
		part = xlsform_copy(x, part + from, to - from);
		if (part[0] != '\0' && !is_reference(part)) {
			xlsform_error(x, xlsform_at_cell(row->line, FORM_TRIGGER),
				"A trigger is the name of a question, ${name}, or several with commas between; this is not: \"%s\".",
				"المشغِّل هو اسم سؤال بالصيغة ${name}، أو عدة أسماء بينها فواصل، وهذا ليس كذلك: «%s».", xlsform_quote(x, part));
			return;
		}
		if (part[0] != '\0')
			out = xlsform_print(x, "%s%s%s", out, out[0] != '\0' ? "," : "", part);
		text += len + (text[len] == ',');
	}
	if (*text != '\0')
		xlsform_error(x, xlsform_at_cell(row->line, FORM_TRIGGER), "There are more than %d names here. A trigger names at most as many questions.",
			"في هذه الخلية أكثر من %d اسم، وهو أقصى عدد للأسئلة المشغِّلة.", TRIGGERS_MAX);
	row->plain[FORM_TRIGGER] = out;
}

/* ---- cells that every row may have ---- */

static void yes_or_expression(struct xlsform_row *row, int id, const char *when_no)
{
	int yes = xlsform_words_yes(row->plain[id]);

	if (yes >= 0)
		row->plain[id] = yes == 1 ? "true()" : when_no;
}

static void yes_or_nothing(struct xlsform *x, struct xlsform_row *row, int id)
{
	int yes = xlsform_words_yes(row->plain[id]);

	if (row->plain[id][0] != '\0' && yes < 0)
		xlsform_error(x, xlsform_at_cell(row->line, id), "\"%s\" is neither yes nor no. Write yes, or leave the cell empty.",
			"القيمة «%s» ليست yes ولا no. اكتب yes أو اترك الخلية فارغة.", xlsform_quote(x, row->plain[id]));
	row->plain[id] = yes == 1 ? "yes" : "";
}

static void name_or_nothing(struct xlsform *x, struct xlsform_row *row, int id)
{
	if (row->plain[id][0] != '\0' && !form_is_name(row->plain[id]))
		xlsform_error(x, xlsform_at_cell(row->line, id), "\"%s\" is not one word: it begins with a letter or _, then letters, digits, _ - and . follow.",
			"القيمة «%s» ليست كلمة واحدة تبدأ بحرف أو _ وتتبعه حروف وأرقام و_ و- ونقاط فقط.", xlsform_quote(x, row->plain[id]));
}

void xlsform_question_cells(struct xlsform *x, struct xlsform_row *row)
{
	const char *write = row->plain[XLSFORM_WRITE];

	yes_or_expression(row, FORM_REQUIRED, "");
	yes_or_expression(row, FORM_READONLY, "");
	yes_or_expression(row, FORM_RELEVANT, "false()");
	yes_or_expression(row, FORM_CONSTRAINT, "false()");
	yes_or_nothing(x, row, XLSFORM_PROTECTED);
	yes_or_nothing(x, row, XLSFORM_HIDDEN);
	name_or_nothing(x, row, XLSFORM_CLASS);
	name_or_nothing(x, row, XLSFORM_RESTRICTED);
	name_or_nothing(x, row, XLSFORM_ENTRY);
	if (write[0] != '\0' && form_writer_find(write) < 0)
		xlsform_error(x, xlsform_at_cell(row->line, XLSFORM_WRITE),
			"\"%s\" is nobody who writes answers. Write representative, officer, committee or system, or leave the cell empty.",
			"القيمة «%s» لا تدل على من يكتب الإجابات. اكتب representative أو officer أو committee أو system، أو اترك الخلية فارغة.",
			xlsform_quote(x, write));
}

/* ---- the question as a whole ---- */

static bool has_any(const struct xlsform *x, const struct xlsform_row *row, int id)
{
	for (size_t i = 0; i < x->language_count; i++)
		if (row->words[(size_t)id * x->language_count + i][0] != '\0')
			return true;
	return false;
}

/* Whether there is anything to show a person; guidance alone may be folded away. */
static bool has_words(const struct xlsform *x, const struct xlsform_row *row)
{
	static const int IDS[] = { FORM_LABEL, FORM_HINT, FORM_PICTURE };

	for (size_t i = 0; i < COUNT(IDS); i++)
		if (has_any(x, row, IDS[i]))
			return true;
	return false;
}

static bool is_asked(const struct xlsform_type *type)
{
	return type->kind != XLSFORM_METADATA && type->kind != XLSFORM_HIDDEN_VALUE && type->kind != XLSFORM_LOCATION &&
		type->type != FORM_CALCULATE;
}

static void read_default(struct xlsform *x, struct xlsform_row *row, const struct xlsform_type *type)
{
	const char *text = row->plain[FORM_DEFAULT];

	row->is_literal = text[0] != '\0' && !xlsform_question_is_dynamic(text, type->word);
	if (type->type == FORM_IMAGE && row->is_literal) {
		xlsform_warning(x, xlsform_at_cell(row->line, FORM_DEFAULT), "A picture as default is not supported by Mandoob; \"%s\" is passed over.",
			"الصورة الافتراضية غير مدعومة في مندوب، ولن تُقرأ القيمة «%s».", xlsform_quote(x, text));
		row->plain[FORM_DEFAULT] = "";
		row->is_literal = false;
	}
}

/* A place asked at the beginning or behind the back elsewhere is asked openly here. */
static void read_location(struct xlsform *x, struct xlsform_row *row, const struct xlsform_type *type)
{
	bool is_hidden = strcmp(type->word, "background-geopoint") == 0;

	if (is_hidden && row->plain[FORM_TRIGGER][0] == '\0')
		xlsform_error(x, xlsform_at_cell(row->line, FORM_TRIGGER), "A \"%s\" needs a trigger: the question whose answer takes the place.",
			"النوع «%s» يحتاج إلى trigger: السؤال الذي تُلتقط الإحداثيات عند إجابته.", type->word);
	if (is_hidden && row->plain[FORM_CALCULATION][0] != '\0')
		xlsform_error(x, xlsform_at_cell(row->line, FORM_CALCULATION), "A \"%s\" has no calculation. Empty the cell.",
			"النوع «%s» لا حساب له. أفرغ الخلية.", type->word);
	row->plain[FORM_CALCULATION] = "";
	for (size_t i = 0; i < x->language_count && !has_any(x, row, FORM_LABEL); i++)
		row->words[(size_t)FORM_LABEL * x->language_count + i] = x->is_arabic[i] ? "الموقع" : "Location";
	xlsform_warning(x, xlsform_at_cell(row->line, XLSFORM_TYPE), "Mandoob takes no place unseen: \"%s\" is asked like any other question.",
		"لا يلتقط مندوب الموقع دون علم أحد، ولذلك يُسأل عن «%s» مثل أي سؤال آخر.", type->word);
}

void xlsform_question_read(struct xlsform *x, struct xlsform_row *row, const struct xlsform_type *type)
{
	bool has_calculation = row->plain[FORM_CALCULATION][0] != '\0';
	bool has_trigger = row->plain[FORM_TRIGGER][0] != '\0';

	read_default(x, row, type);
	xlsform_question_trigger(x, row);
	if (type->constraint[0] != '\0' && row->plain[FORM_CONSTRAINT][0] == '\0')
		row->plain[FORM_CONSTRAINT] = type->constraint;
	if (type->type == FORM_CALCULATE && !has_calculation && (row->plain[FORM_DEFAULT][0] == '\0' || row->is_literal))
		xlsform_error(x, xlsform_at_cell(row->line, FORM_CALCULATION), "A calculate without calculation: \"%s\". Write the expression.",
			"سؤال من نوع calculate بلا حساب: «%s». اكتب التعبير في العمود calculation.", xlsform_quote(x, row->name));
	if (type->kind == XLSFORM_LOCATION)
		read_location(x, row, type);
	if (type->kind == XLSFORM_DRAWN)
		xlsform_warning(x, xlsform_at_cell(row->line, XLSFORM_TYPE), "Mandoob cannot draw a \"%s\"; the question is asked as text.",
			"لا يرسم مندوب «%s»، وسيُسأل السؤال نصًّا.", type->word);
	if (type->kind == XLSFORM_HIDDEN_VALUE && strcmp(type->word, "hidden") != 0)
		xlsform_warning(x, xlsform_at_cell(row->line, XLSFORM_TYPE), "\"%s\" is not known to any device today; it stays empty.",
			"لا يعرف أي جهاز اليوم «%s»، وسيبقى فارغًا.", type->word);
	/* A select that shows nothing but the labels of its answers, above others, has none of its own. */
	if (!is_asked(type) || has_words(x, row) || (row->list != NULL && strcmp(row->plain[FORM_APPEARANCE], "label") == 0))
		return;
	/* Nothing to show and something to compute: the field's compiler asks nobody. */
	if ((has_calculation || has_trigger) && type->type != FORM_NOTE && !form_type_is_attachment(type->type)) {
		row->type = has_calculation ? form_type_name(FORM_CALCULATE) : "hidden";
		row->list = NULL;
		row->member = NULL;
	} else if (!has_calculation && !has_trigger) {
		xlsform_error(x, xlsform_at(row->line, -1), "The question \"%s\" has neither label nor hint: nobody would know what is asked. Write a label.",
			"السؤال «%s» بلا تسمية ولا تلميح، فلا يُعرف عمّ يُسأل. اكتب تسمية في العمود label.", xlsform_quote(x, row->name));
	}
}

void xlsform_question_group(struct xlsform *x, struct xlsform_row *row)
{
	static const int IDS[] = { FORM_CONSTRAINT, FORM_WARNING, FORM_CALCULATION, FORM_DEFAULT, FORM_TRIGGER, FORM_PARAMETERS,
		FORM_CHOICE_FILTER, FORM_ON_FINISH };

	for (size_t i = 0; i < COUNT(IDS); i++) {
		if (row->plain[IDS[i]][0] == '\0')
			continue;
		xlsform_warning(x, xlsform_at_cell(row->line, IDS[i]), "A group has no answer; its %s is passed over. Write it at a question.",
			"ليس للمجموعة إجابة، ولن يُقرأ ما كُتب لها في العمود %s. اكتبه عند أحد الأسئلة.", xlsform_words_plain(IDS[i]));
		row->plain[IDS[i]] = "";
	}
}
