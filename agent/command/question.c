/*
 * question: see question.h. Everything that a form says goes through model_words() and loses its Markdown.
 */
#include "agent/command/question.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/form/markdown.h"
#include "proto/form/value.h"

#define WORDS_BYTES_MAX (64 * 1024)
#define LABEL_KEY_BYTES TEXT_KEY_BYTES_MAX
#define SEARCH_MAX 200 /* items of a reference list that one search looks at */

bool question_is_asked(struct session *x, const struct model_node *n)
{
	const struct form_node *f = model_form_node(session_model(x), n);

	return n->kind == MODEL_QUESTION && n->is_relevant && !n->is_readonly && f->field >= 0 && !f->is_computed &&
	       f->write == FORM_BY_REPRESENTATIVE && !form_type_is_attachment(f->type) && f->type != FORM_SIGNATURE;
}

/* ---- showing ---- */

/* Words of the question in a language without Markdown, "" when there are none. The caller ends `out`. */
static int words_in(struct session *x, const struct model_node *n, enum form_words words, const char *language, struct buf *out)
{
	struct buf text;
	int err;

	buf_init(out, WORDS_BYTES_MAX);
	buf_init(&text, WORDS_BYTES_MAX);
	err = model_words(session_model(x), n, words, form_language_find(session_form(x), language), &text);
	if (!err)
		markdown_plain(buf_string(&text), out);
	buf_fini(&text);
	return err;
}

/* Both languages, one line each; one when they are the same. */
static int tell_words(struct session *x, const struct model_node *n, enum form_words words, const char *before)
{
	struct buf ar, en;
	int err = words_in(x, n, words, "ar", &ar);
	int other = words_in(x, n, words, "en", &en);

	if (!err && !other && ar.len)
		fprintf(stderr, "%s%s\n", before, buf_string(&ar));
	if (!err && !other && en.len && strcmp(buf_string(&ar), buf_string(&en)) != 0)
		fprintf(stderr, "%s%s\n", before, buf_string(&en));
	buf_fini(&ar);
	buf_fini(&en);
	return err ? err : other;
}

/* Whether `label` could be meant by `typed`; anything when that is NULL. */
static bool is_meant(const char *label, const char *typed)
{
	char key[LABEL_KEY_BYTES];

	return !typed || (text_fold(label, key, sizeof key) == 0 && text_key_matches(key, typed));
}

/* Whether one of the items that a search found has this code: an alias finds what no label says. */
static bool is_found(const struct reflist *list, const size_t *found, size_t count, const char *code)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(reflist_code(list, found[i]), code) == 0)
			return true;
	return false;
}

static void show_choice(size_t number, const struct model_choice *ar, const struct model_choice *en)
{
	struct buf line;

	buf_init(&line, WORDS_BYTES_MAX);
	markdown_plain(ar->label, &line);
	if (strcmp(ar->label, en->label) != 0) {
		buf_text(&line, " | ");
		markdown_plain(en->label, &line);
	}
	fprintf(stderr, "  %3zu  %s\n", number, buf_string(&line));
	buf_fini(&line);
}

/* Those of the choices that `typed` could mean, all when it is NULL. Returns how many were shown. */
static size_t show_meant(struct session *x, const struct model_node *n, const struct model_choices *ar, const struct model_choices *en,
			 const char *typed)
{
	const struct reflist *list = typed ? session_list(x, n) : NULL;
	size_t found[SEARCH_MAX];
	size_t count = list ? reflist_search(list, typed, found, SEARCH_MAX) : 0;
	size_t shown = 0;

	for (size_t i = 0; i < ar->count && i < en->count && shown < QUESTION_CHOICES_SHOWN_MAX; i++) {
		if (!is_meant(ar->items[i].label, typed) && !is_meant(en->items[i].label, typed) &&
		    !is_found(list, found, count, ar->items[i].code))
			continue;
		show_choice(i + 1, &ar->items[i], &en->items[i]);
		shown++;
	}
	return shown;
}

/* Choices with their numbers; of a long list those that `typed` could mean. Returns in `*shown` how many. */
static int show_choices(struct session *x, const struct model_node *n, const char *typed, size_t *shown)
{
	struct model_choices ar, en;
	int err = model_choices(session_model(x), n, form_language_find(session_form(x), "ar"), &ar);

	*shown = 0;
	if (err)
		return err;
	err = model_choices(session_model(x), n, form_language_find(session_form(x), "en"), &en);
	if (err) {
		model_choices_fini(&ar);
		return err;
	}
	if (ar.count == 0)
		fprintf(stderr, "       code / رمز\n");
	else if (!typed && ar.count > QUESTION_CHOICES_SHOWN_MAX)
		fprintf(stderr, "       %zu: type a part of the name | اكتب جزءًا من الاسم\n", ar.count);
	else
		*shown = show_meant(x, n, &ar, &en, typed);
	model_choices_fini(&ar);
	model_choices_fini(&en);
	return 0;
}

/* Whether its answers are named by the case or by reference data, not by the form's own lists. */
static bool is_named_elsewhere(const struct session *x, const struct form_node *f)
{
	if (!form_type_has_list(f->type))
		return f->type == FORM_SELECT_MEMBER;
	return form_list(session_form(x), (size_t)f->list)->choice_count == 0;
}

static void show_answer(struct session *x, const struct model_node *n)
{
	const struct form_node *f = model_form_node(session_model(x), n);
	struct model_choices c;
	struct buf now;

	if (!*n->value)
		return;
	buf_init(&now, WORDS_BYTES_MAX);
	if (is_named_elsewhere(x, f)) {
		if (model_choices(session_model(x), n, form_language_find(session_form(x), "ar"), &c) == 0) {
			for (size_t i = 0; i < c.count; i++)
				if (c.items[i].is_chosen)
					buf_printf(&now, "%s%s", now.len ? "، " : "", c.items[i].label);
			model_choices_fini(&c);
		}
	} else {
		value_display(session_form(x), (size_t)f->field, n->value, true, &now);
	}
	fprintf(stderr, "  = %s\n", now.len ? buf_string(&now) : n->value);
	buf_fini(&now);
}

int question_show(struct session *x, const struct model_node *n)
{
	const struct form_node *f = model_form_node(session_model(x), n);
	size_t shown;
	int err;

	fprintf(stderr, "\n");
	err = tell_words(x, n, FORM_LABEL, "");
	fprintf(stderr, "(%s)%s\n", f->name, n->is_required ? " *" : "");
	if (!err)
		err = tell_words(x, n, FORM_HINT, "  ");
	if (!err && *f->columns[FORM_NOTE_COLUMN])
		fprintf(stderr, "  [%s]\n", f->columns[FORM_NOTE_COLUMN]);
	if (!err && (form_type_has_list(f->type) || f->type == FORM_SELECT_MEMBER))
		err = show_choices(x, n, NULL, &shown);
	if (!err)
		show_answer(x, n);
	return err;
}

/* ---- taking ---- */

/* The number that `text` (`len` bytes of folded digits) is, or 0. */
static size_t number_of(const char *text, size_t len)
{
	size_t v = 0;

	if (len == 0 || len > 6)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		v = v * 10 + (size_t)(text[i] - '0');
	}
	return v;
}

/* "2", "1, 3 ٥": the codes at these places, with commas; nothing is appended when it is no such list. */
static void choose_numbers(const struct model_choices *c, const char *typed, struct buf *out)
{
	char folded[TEXT_KEY_BYTES_MAX];

	if (text_fold_digits(typed, folded, sizeof folded) != 0)
		return;
	for (size_t at = strspn(folded, " ,"); folded[at]; at += strspn(folded + at, " ,")) {
		size_t len = strcspn(folded + at, " ,");
		size_t n = number_of(folded + at, len);

		if (n < 1 || n > c->count) {
			buf_clear(out);
			return;
		}
		buf_printf(out, "%s%s", out->len ? "," : "", c->items[n - 1].code);
		at += len;
	}
}

/* The code whose code or label is exactly what was typed, letters compared as people mean them. */
static void choose_label(const struct model_choices *c, const char *typed, struct buf *out)
{
	char wanted[LABEL_KEY_BYTES], key[LABEL_KEY_BYTES];

	if (text_fold(typed, wanted, sizeof wanted) != 0)
		return;
	for (size_t i = 0; i < c->count; i++) {
		if (strcmp(c->items[i].code, typed) != 0 &&
		    (text_fold(c->items[i].label, key, sizeof key) != 0 || !*wanted || strcmp(key, wanted) != 0))
			continue;
		buf_text(out, c->items[i].code);
		return;
	}
}

/* What was typed as codes, "" when it names none of the choices. */
static int choose(struct session *x, const struct model_node *n, const char *typed, struct buf *out)
{
	static const char *const LANGUAGES[] = { "ar", "en" };
	struct model_choices c;
	int err = 0;

	for (size_t i = 0; !err && i < 2 && out->len == 0; i++) {
		err = model_choices(session_model(x), n, form_language_find(session_form(x), LANGUAGES[i]), &c);
		if (err)
			break;
		choose_numbers(&c, typed, out);
		if (out->len == 0)
			choose_label(&c, typed, out);
		model_choices_fini(&c);
	}
	return err ? err : buf_error(out);
}

static int take_choice(struct session *x, struct model_node *n, const char *typed, struct buf *value)
{
	const struct form_node *f = model_form_node(session_model(x), n);
	struct buf codes;
	size_t shown;
	int err;

	buf_init(&codes, QUESTION_TYPED_BYTES_MAX);
	err = choose(x, n, typed, &codes);
	if (!err && f->type == FORM_SELECT_MEMBER) {
		buf_text(value, buf_string(&codes));
		err = codes.len ? 0 : err_set(ERR_USAGE, "a number of the list was expected");
	} else if (!err) {
		err = value_normalise(session_form(x), (size_t)f->field, codes.len ? buf_string(&codes) : typed, value);
		if (err == ERR_USAGE && show_choices(x, n, typed, &shown) == 0 && shown)
			err = err_set(ERR_USAGE, "which of these? give its number");
	}
	buf_fini(&codes);
	return err;
}

int question_take(struct session *x, struct model_node *n, const char *typed)
{
	const struct form_node *f = model_form_node(session_model(x), n);
	struct buf value;
	int err = 0;

	buf_init(&value, VALUE_BYTES_MAX);
	if (strcmp(typed, "-") != 0) {
		if (form_type_has_list(f->type) || f->type == FORM_SELECT_MEMBER)
			err = take_choice(x, n, typed, &value);
		else
			err = value_normalise(session_form(x), (size_t)f->field, typed, &value);
	}
	if (!err)
		err = model_set(session_model(x), n, buf_string(&value));
	buf_fini(&value);
	return err;
}

bool question_tell_doubts(struct session *x, const struct model_node *n)
{
	if (n->is_masked) {
		fprintf(stderr, "  ! الاختيار محفوظ لكنه ليس ضمن القائمة الآن\n  ! kept, but it is not on the list now\n");
		return false;
	}
	if (n->is_warned && tell_words(x, n, FORM_WARNING_MESSAGE, "  ~ ") != 0)
		fprintf(stderr, "  ~ please make sure | يُرجى التأكد\n");
	if (!n->is_violated)
		return true;
	fprintf(stderr, "  ! الإجابة محفوظة لكنها تحتاج إلى تصحيح قبل إنهاء الزيارة\n"
			"  ! kept, but it has to be put right before the visit is finished\n");
	(void)!tell_words(x, n, FORM_CONSTRAINT_MESSAGE, "  ! ");
	return false;
}
