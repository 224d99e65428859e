/*
 * render_words: the words around a form, side by side in both languages, what is shown to whom, and conditions in words. See
 * render_private.h.
 *
 * Who may not see a question may not see its answer in another text either: a label or note whose outputs mention such a question, or a
 * calculation that does, is shown without its outputs. Calculations are looked through as texts: every name in them counts.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/html.h"
#include "proto/form/markdown.h"
#include "proto/form/render_private.h"

#define CHAIN_MAX 64 /* calculations of calculations; what is deeper is not told */
#define NESTING_MAX 8 /* brackets in a condition */
#define NUMBER_BYTES_MAX 20

static const struct {
	const char *arabic;
	const char *english;
} WORDS[RENDER_WORD_COUNT] = {
	[RENDER_WORD_REFERENCE] = { "رقم الحالة", "Case" },
	[RENDER_WORD_VERSION] = { "إصدار الاستمارة", "Form version" },
	[RENDER_WORD_REQUIRED] = { "مطلوب", "Required" },
	[RENDER_WORD_MISSING] = { "لم يُجب عنه وهو مطلوب", "Required, not answered" },
	[RENDER_WORD_VIOLATED] = { "يحتاج إلى مراجعة", "Needs to be looked at" },
	[RENDER_WORD_MASKED] = { "لم يعد هذا الاختيار ضمن القائمة", "This choice is no longer on the list" },
	[RENDER_WORD_WARNED] = { "نأمل التأكد من هذا الجواب", "Please make sure of this answer" },
	[RENDER_WORD_NOT_ANSWERED] = { "لم يُجب عنه", "Not answered" },
	[RENDER_WORD_ROW] = { "رقم", "No." },
	[RENDER_WORD_NO_ROWS] = { "لا يوجد", "None" },
	[RENDER_WORD_CHOOSE] = { "اختر", "Choose" },
	[RENDER_WORD_MORE_CHOICES] = { "واختيارات أخرى في القائمة", "and more on the list" },
	[RENDER_WORD_SIGN_HERE] = { "التوقيع", "Signature" },
	[RENDER_WORD_ATTACHMENT] = { "مرفق", "Attachment" },
	[RENDER_WORD_REFERENCE_LIST] = { "يُكتب الاسم كما هو في قائمة المركز", "The name as the centre's list has it" },
	[RENDER_WORD_RANK] = { "يُكتب رقم الترتيب في كل مربع", "The place of each, as a number in its box" },
	[RENDER_WORD_ADD_ROW] = { "إضافة", "Add" },
	[RENDER_WORD_MORE_ROWS] = { "إن زاد العدد على ذلك فتُكتب البقية على ورقة أخرى.", "If there are more, please go on with another sheet." },
	[RENDER_WORD_SECTION] = { "القسم", "Section" },
	[RENDER_WORD_PAGE] = { "صفحة", "Page" },
	[RENDER_WORD_OF] = { "من", "of" },
	[RENDER_WORD_BLANK_TITLE] = { "استمارة للتعبئة باليد", "To be filled in by hand" },
	[RENDER_WORD_LEGEND] = { "* سؤال لا بد من جوابه — ○ يُختار واحد — □ يمكن اختيار أكثر من واحد",
				 "* must be answered — ○ choose one — □ more than one may be chosen" },
	[RENDER_WORD_PREVIEW_TITLE] = { "معاينة بإجابات مصطنعة", "Preview with made-up answers" },
	[RENDER_WORD_OFFICE] = { "خاص بالمكتب", "For the office" },
	[RENDER_WORD_APPLICANT_SIGN] = { "توقيع طالب الدعم", "Applicant's signature" },
	[RENDER_WORD_REPRESENTATIVE] = { "المندوب", "Representative" },
	[RENDER_WORD_DATE] = { "التاريخ", "Date" },
	[RENDER_WORD_DAY] = { "اليوم", "Day" },
	[RENDER_WORD_MONTH] = { "الشهر", "Month" },
	[RENDER_WORD_YEAR] = { "السنة", "Year" },
	[RENDER_WORD_HIJRI] = { "هـ", "AH" },
	[RENDER_WORD_GREGORIAN] = { "م", "AD" },
	[RENDER_WORD_HOUR] = { "الساعة", "Time" },
	[RENDER_WORD_RIYAL] = { "ريال", "SAR" },
	[RENDER_WORD_YES] = { "نعم", "Yes" },
	[RENDER_WORD_LATITUDE] = { "خط العرض", "Latitude" },
	[RENDER_WORD_LONGITUDE] = { "خط الطول", "Longitude" },
	[RENDER_WORD_APPLICABLE] = { "يُجاب عنه عند الانطباق", "To be answered where it applies" },
	[RENDER_WORD_IF] = { "يُجاب عنه إذا ", "To be answered if " },
	[RENDER_WORD_AND] = { " و", " and " },
	[RENDER_WORD_OR] = { " أو ", " or " },
	[RENDER_WORD_NOR] = { " ولا ", " nor " },
	[RENDER_WORD_QUOTE] = { "«\1»", "“\1”" },
	[RENDER_WORD_IS] = { "كان جواب \1: \2", "\1 is \2" },
	[RENDER_WORD_IS_NOT] = { "لم يكن جواب \1: \2", "\1 is not \2" },
	[RENDER_WORD_HAS] = { "كان في جواب \1: \2", "\1 has \2" },
	[RENDER_WORD_HAS_NOT] = { "لم يكن في جواب \1: \2", "\1 does not have \2" },
	[RENDER_WORD_ANSWERED] = { "أُجيب عن \1", "\1 is answered" },
	[RENDER_WORD_EMPTY] = { "لم يُجب عن \1", "\1 is not answered" },
	[RENDER_WORD_MORE] = { "زاد جواب \1 على \2", "\1 is more than \2" },
	[RENDER_WORD_LESS] = { "قل جواب \1 عن \2", "\1 is less than \2" },
	[RENDER_WORD_AT_LEAST] = { "كان جواب \1: \2 أو أكثر", "\1 is \2 or more" },
	[RENDER_WORD_AT_MOST] = { "كان جواب \1: \2 أو أقل", "\1 is \2 or less" },
};

const char *render_word(const struct render *r, enum render_word word)
{
	assert((size_t)word < RENDER_WORD_COUNT);
	return r->o->is_arabic ? WORDS[word].arabic : WORDS[word].english;
}

void render_ours(struct render *r, const char *tag, const char *class, enum render_word word)
{
	buf_printf(r->out, "<%s", tag);
	if (class)
		html_attribute(r->out, "class", class);
	if (r->is_mixed)
		buf_text(r->out, r->o->is_arabic ? " lang=\"ar\" dir=\"rtl\"" : " lang=\"en\" dir=\"ltr\"");
	buf_text(r->out, ">");
	html_text(r->out, render_word(r, word));
	buf_printf(r->out, "</%s>", tag);
}

void render_number(struct render *r, size_t number)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%zu", number);

	for (int i = 0; i < len; i++) {
		if (r->o->is_arabic)
			buf_printf(r->out, "\xd9%c", 0xa0 + (digits[i] - '0')); /* U+0660 and after */
		else
			buf_append(r->out, &digits[i], 1);
	}
}

/* ---- who sees what ---- */

/* What the form computes is for those who read a case, when the author gave it a label. */
static bool is_figure(const struct render *r, const struct form_node *n)
{
	size_t node = (size_t)(n - form_node(r->form, 0));

	return (r->o->purpose == RENDER_READ || r->o->purpose == RENDER_PRINT) && *form_words(r->form, node, FORM_LABEL, r->o->language);
}

/* A restriction or being hidden comes down from a group to all in it (form_read.c). */
static bool is_kept_back(const struct render *r, const struct form_node *n)
{
	return (*n->restricted && !r->o->restricted) || (r->o->purpose == RENDER_APPLICANT && n->is_hidden);
}

bool render_shows(const struct render *r, const struct form_node *n)
{
	if (is_kept_back(r, n))
		return false;
	if (n->kind != FORM_NODE_QUESTION)
		return true;
	if ((n->is_computed || n->type == FORM_CALCULATE) && !is_figure(r, n))
		return false;
	return r->o->purpose != RENDER_BLANK || n->is_hidden == r->office;
}

bool render_shows_inside(const struct render *r, size_t node)
{
	for (size_t i = node; i < form_node(r->form, node)->end; i++) {
		const struct form_node *n = form_node(r->form, i);

		if (n->kind == FORM_NODE_QUESTION && n->type != FORM_NOTE && render_shows(r, n))
			return true;
	}
	return false;
}

enum secrecy { SECRECY_UNKNOWN, SECRECY_ASKED, SECRECY_NO, SECRECY_YES };

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' ||
	       (unsigned char)c >= 0x80;
}

static bool mentions_secret(struct render *r, const char *text, unsigned depth);

/* A calculation that asks for itself by another is refused when a form is published; here it only must end. */
static bool is_secret(struct render *r, size_t node, unsigned depth)
{
	const struct form_node *n = form_node(r->form, node);
	bool is;

	if (r->secret[node] != SECRECY_UNKNOWN)
		return r->secret[node] == SECRECY_YES;
	r->secret[node] = SECRECY_ASKED;
	is = is_kept_back(r, n) || depth >= CHAIN_MAX;
	is = is || mentions_secret(r, n->columns[FORM_CALCULATION], depth + 1);
	r->secret[node] = is ? SECRECY_YES : SECRECY_NO;
	return is;
}

static bool mentions_secret(struct render *r, const char *text, unsigned depth)
{
	for (const char *at = text; *at;) {
		const uint32_t *nodes;
		const char *from = at;
		size_t count;

		while (is_name_byte(*at))
			at++;
		count = at > from ? form_nodes_named(r->form, from, (size_t)(at - from), &nodes) : 0;
		for (size_t i = 0; i < count; i++)
			if (is_secret(r, nodes[i], depth))
				return true;
		at += at == from;
	}
	return false;
}

bool render_tells(struct render *r, const char *text)
{
	return !mentions_secret(r, text, 0);
}

/* ---- texts of the form ---- */

void render_undisclosed(struct render *r, const char *text, bool is_inline)
{
	struct buf plain;

	buf_init(&plain, FORM_CELL_BYTES_MAX * 2);
	for (const char *at = text; *at;) {
		const char *open = strstr(at, "${");
		const char *close = open ? strchr(open, '}') : NULL;

		if (!close) {
			buf_text(&plain, at);
			break;
		}
		buf_append(&plain, at, (size_t)(open - at));
		buf_text(&plain, "……");
		at = close + 1;
	}
	if (is_inline)
		markdown_inline(buf_string(&plain), r->out);
	else
		markdown_html(buf_string(&plain), r->out);
	buf_fini(&plain);
}

/* ---- a condition in words ---- */

/*
 * What is read: comparisons of a question with a text or number, selected(), not() around one of these, joined by `and` or by `or` but
 * not by both (with brackets it would need words that nobody reads at a glance). Anything else is "where it applies". Read twice: once
 * to know, once to write.
 */
struct term {
	size_t node;
	enum render_word kind; /* RENDER_WORD_IS to RENDER_WORD_AT_MOST */
	const char *code;
	size_t code_len;
};

struct condition {
	struct render *r;
	const char *at;
	bool is_written;
	enum render_word joint; /* RENDER_WORD_AND, RENDER_WORD_OR; RENDER_WORD_IF: none yet */
	struct term last;
	bool has_last;
};

static const char *label_of(const struct render *r, size_t node)
{
	return form_words(r->form, node, FORM_LABEL, r->o->language);
}

static void skip(struct condition *c)
{
	c->at += strspn(c->at, " \n\t");
}

static bool eat(struct condition *c, const char *what)
{
	size_t len = strlen(what);

	skip(c);
	if (strncmp(c->at, what, len) != 0)
		return false;
	c->at += len;
	return true;
}

static bool eat_word(struct condition *c, const char *word)
{
	size_t len = strlen(word);

	skip(c);
	if (strncmp(c->at, word, len) != 0 || !c->at[len] || !strchr(" (\n\t", c->at[len]))
		return false;
	c->at += len;
	return true;
}

/* ${name}: one question alone has it, it has a label, and who reads this sheet may know of it. */
static bool read_question(struct condition *c, struct term *t)
{
	const struct form_node *n;
	const uint32_t *nodes;
	size_t len;

	if (!eat(c, "${"))
		return false;
	len = strcspn(c->at, "}");
	if (!c->at[len] || form_nodes_named(c->r->form, c->at, len, &nodes) != 1)
		return false;
	c->at += len + 1;
	t->node = nodes[0];
	n = form_node(c->r->form, t->node);
	return n->kind == FORM_NODE_QUESTION && *label_of(c->r, t->node) && !is_kept_back(c->r, n) && (!n->is_hidden || c->r->office);
}

/* A text in quotes, or a number; what is of a list must be on it. */
static bool read_answer(struct condition *c, struct term *t)
{
	const struct form_node *n = form_node(c->r->form, t->node);

	skip(c);
	if (*c->at == '\'' || *c->at == '"') {
		char quote[2] = { *c->at, '\0' };

		t->code = c->at + 1;
		t->code_len = strcspn(t->code, quote);
		if (!t->code[t->code_len])
			return false;
		c->at = t->code + t->code_len + 1;
	} else {
		t->code = c->at;
		t->code_len = strspn(c->at, "0123456789.");
		c->at += t->code_len;
		if (t->code_len == 0 || t->code_len > NUMBER_BYTES_MAX)
			return false;
	}
	return t->code_len == 0 || n->list < 0 || form_choice_find(c->r->form, n->list, t->code, t->code_len) >= 0;
}

static bool read_sign(struct condition *c, enum render_word *kind)
{
	static const struct {
		const char *sign;
		enum render_word kind;
	} SIGNS[] = { { "!=", RENDER_WORD_IS_NOT }, { ">=", RENDER_WORD_AT_LEAST }, { "<=", RENDER_WORD_AT_MOST },
		      { "=", RENDER_WORD_IS }, { ">", RENDER_WORD_MORE }, { "<", RENDER_WORD_LESS } };

	for (size_t i = 0; i < sizeof SIGNS / sizeof SIGNS[0]; i++)
		if (eat(c, SIGNS[i].sign)) {
			*kind = SIGNS[i].kind;
			return true;
		}
	return false;
}

static bool read_term(struct condition *c, struct term *t)
{
	bool is_selected = eat(c, "selected(");
	enum form_type type;

	if (!read_question(c, t))
		return false;
	t->kind = RENDER_WORD_HAS;
	if (is_selected ? !eat(c, ",") : !read_sign(c, &t->kind))
		return false;
	if (!read_answer(c, t) || (is_selected && (t->code_len == 0 || !eat(c, ")"))))
		return false;
	type = form_node(c->r->form, t->node)->type;
	if (is_selected && type == FORM_SELECT_ONE)
		t->kind = RENDER_WORD_IS;
	if (t->code_len == 0 && t->kind != RENDER_WORD_IS && t->kind != RENDER_WORD_IS_NOT)
		return false;
	if (t->code_len == 0)
		t->kind = t->kind == RENDER_WORD_IS ? RENDER_WORD_EMPTY : RENDER_WORD_ANSWERED;
	else if (type == FORM_ACKNOWLEDGE && (t->kind == RENDER_WORD_IS || t->kind == RENDER_WORD_IS_NOT))
		t->kind = t->kind == RENDER_WORD_IS ? RENDER_WORD_ANSWERED : RENDER_WORD_EMPTY;
	return true;
}

static enum render_word opposite(enum render_word kind)
{
	static const enum render_word PAIRS[][2] = { { RENDER_WORD_IS, RENDER_WORD_IS_NOT }, { RENDER_WORD_HAS, RENDER_WORD_HAS_NOT },
						     { RENDER_WORD_ANSWERED, RENDER_WORD_EMPTY }, { RENDER_WORD_MORE, RENDER_WORD_AT_MOST },
						     { RENDER_WORD_LESS, RENDER_WORD_AT_LEAST } };

	for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++)
		for (size_t k = 0; k < 2; k++)
			if (PAIRS[i][k] == kind)
				return PAIRS[i][1 - k];
	return kind;
}

static void write_quoted(struct render *r, const char *text, const char *code, size_t code_len)
{
	const char *quote = render_word(r, RENDER_WORD_QUOTE);
	size_t open = strcspn(quote, "\1");

	buf_append(r->out, quote, open);
	buf_text(r->out, "<bdi>");
	if (text)
		render_undisclosed(r, text, true);
	else
		html_text_n(r->out, code, code_len);
	buf_text(r->out, "</bdi>");
	buf_text(r->out, quote + open + 1);
}

static void write_answer(struct render *r, const struct term *t)
{
	const struct form_node *n = form_node(r->form, t->node);
	int choice = n->list >= 0 ? form_choice_find(r->form, n->list, t->code, t->code_len) : -1;

	write_quoted(r, choice >= 0 ? form_choice_label(r->form, (size_t)n->list, (size_t)choice, r->o->language) : NULL, t->code, t->code_len);
}

/* "..., or "..."": the same question compared in the same way once more needs only its answer. */
static bool write_shortly(struct condition *c, const struct term *t)
{
	bool is_or = c->joint == RENDER_WORD_OR && (t->kind == RENDER_WORD_IS || t->kind == RENDER_WORD_HAS);
	bool is_nor = c->joint == RENDER_WORD_AND && (t->kind == RENDER_WORD_IS_NOT || t->kind == RENDER_WORD_HAS_NOT);

	if (!c->has_last || c->last.node != t->node || c->last.kind != t->kind || !(is_or || is_nor))
		return false;
	html_text(c->r->out, render_word(c->r, is_or ? RENDER_WORD_OR : RENDER_WORD_NOR));
	write_answer(c->r, t);
	return true;
}

static void write_term(struct condition *c, const struct term *t)
{
	struct render *r = c->r;

	if (write_shortly(c, t))
		return;
	if (c->has_last)
		html_text(r->out, render_word(r, c->joint));
	for (const char *at = render_word(r, t->kind); *at; at++) {
		if (*at == '\1')
			write_quoted(r, label_of(r, t->node), NULL, 0);
		else if (*at == '\2')
			write_answer(r, t);
		else
			html_text_n(r->out, at, 1);
	}
}

/* not( ) around one comparison, brackets around one or around all. */
static bool put_terms(struct condition *c, unsigned depth);

static bool put_term(struct condition *c, unsigned depth)
{
	bool is_not = eat(c, "not(");
	struct term t;

	if (!is_not && eat(c, "("))
		return depth < NESTING_MAX && put_terms(c, depth + 1) && eat(c, ")");
	if (!read_term(c, &t) || (is_not && !eat(c, ")")))
		return false;
	if (is_not)
		t.kind = opposite(t.kind);
	if (c->is_written)
		write_term(c, &t);
	c->last = t;
	c->has_last = true;
	return true;
}

static bool put_terms(struct condition *c, unsigned depth)
{
	while (put_term(c, depth)) {
		bool is_and = eat_word(c, "and");
		enum render_word joint = is_and ? RENDER_WORD_AND : RENDER_WORD_OR;

		if (!is_and && !eat_word(c, "or"))
			return true;
		if (c->joint != RENDER_WORD_IF && c->joint != joint)
			return false;
		c->joint = joint;
	}
	return false;
}

static bool put_condition(struct render *r, const char *expression, bool is_written)
{
	struct condition c = { .r = r, .at = expression, .is_written = is_written, .joint = RENDER_WORD_IF };

	if (!put_terms(&c, 0))
		return false;
	skip(&c);
	return !*c.at;
}

void render_condition(struct render *r, const char *expression)
{
	if (!*expression)
		return;
	if (!put_condition(r, expression, false)) {
		render_ours(r, "p", "hint", RENDER_WORD_APPLICABLE);
		return;
	}
	buf_text(r->out, "<p class=\"hint\"");
	if (r->is_mixed)
		buf_text(r->out, r->o->is_arabic ? " lang=\"ar\" dir=\"rtl\"" : " lang=\"en\" dir=\"ltr\"");
	buf_text(r->out, ">");
	html_text(r->out, render_word(r, RENDER_WORD_IF));
	(void)put_condition(r, expression, true);
	buf_text(r->out, ".</p>");
}

bool render_is_ltr(enum form_type type)
{
	switch (type) {
	case FORM_INTEGER:
	case FORM_DECIMAL:
	case FORM_TIME:
	case FORM_SA_ID:
	case FORM_IBAN:
	case FORM_MOBILE:
	case FORM_SHORT_ADDRESS:
	case FORM_POSTAL_CODE:
	case FORM_GEOPOINT:
		return true;
	/* Dates are shown with the month's name, money with the currency's. */
	case FORM_DATE:
	case FORM_DATETIME:
	case FORM_HIJRI_DATE:
	case FORM_MONEY:
	case FORM_TEXT:
	case FORM_SELECT_ONE:
	case FORM_SELECT_MULTIPLE:
	case FORM_RANK:
	case FORM_SELECT_MEMBER:
	case FORM_ACKNOWLEDGE:
	case FORM_SIGNATURE:
	case FORM_IMAGE:
	case FORM_IMAGE_LIST:
	case FORM_AUDIO:
	case FORM_VIDEO:
	case FORM_FILE:
	case FORM_NOTE:
	case FORM_CALCULATE:
		return false;
	}
	return false;
}
