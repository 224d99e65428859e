/*
 * value_choice: see value_choice.h. Answers that are choices: of a list in the form by code or by a label in any language, of a list of
 * reference data by code.
 */
#include "proto/form/value_choice.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"

/* One question, and the text that goes with it while it is normalised. */
struct asked {
	const struct form *form;
	const struct form_field *field;
	const char *typed; /* cleaned, not empty, NUL-terminated */
	size_t len;
};

static const struct form_list *list_of(const struct asked *q)
{
	assert(q->field->list >= 0);
	return form_list(q->form, (size_t)q->field->list);
}

/* Whether `label` reads like `folded` to a person. */
static bool label_matches(const char *label, const char *folded)
{
	char text[TEXT_KEY_BYTES_MAX];

	return text_fold(label, text, sizeof(text)) == 0 && strcmp(text, folded) == 0;
}

/* Whether a choice reads like `folded` in any language. */
static bool choice_matches(const struct asked *q, size_t choice, const char *folded)
{
	for (size_t l = 0; l < form_language_count(q->form); l++)
		if (label_matches(form_choice_label(q->form, (size_t)q->field->list, choice, l), folded))
			return true;
	return false;
}

/* The choice with this code, or with this label in any language; -1 when none, or two different ones. */
static int choice_find(const struct asked *q, const char *typed)
{
	const struct form_list *list = list_of(q);
	int found = form_choice_find(q->form, q->field->list, typed, strlen(typed));
	char folded[TEXT_KEY_BYTES_MAX];

	if (found >= 0 || text_fold(typed, folded, sizeof(folded)) != 0 || !*folded)
		return found;
	for (size_t i = 0; i < list->choice_count; i++) {
		if (!choice_matches(q, i, folded))
			continue;
		/* A code may stand in a list several times, for filters: the first one is meant. */
		if (found >= 0 && strcmp(list->choices[found].code, list->choices[i].code) != 0)
			return -1;
		if (found < 0)
			found = form_choice_find(q->form, q->field->list, list->choices[i].code, strlen(list->choices[i].code));
	}
	return found;
}

static int unknown_choice(const struct asked *q)
{
	const struct form_list *list = list_of(q);

	if (list->choice_count == 0)
		return err_set(ERR_USAGE, "%s: a code of small letters a-z, digits, _ and - expected", q->field->name);
	return err_set(ERR_USAGE, "%s: one of the %zu choices of %s expected", q->field->name, list->choice_count, list->name);
}

static int normalise_one(const struct asked *q, struct buf *out)
{
	const struct form_list *list = list_of(q);
	int choice;

	if (list->choice_count == 0) {
		if (!form_is_open_code(q->typed, q->len))
			return unknown_choice(q);
		buf_append(out, q->typed, q->len);
		return 0;
	}
	choice = choice_find(q, q->typed);
	if (choice < 0)
		return unknown_choice(q);
	buf_text(out, list->choices[choice].code);
	return 0;
}

/* One of the choices of an answer. */
struct chosen {
	int choice;       /* -1 in a list of reference data */
	const char *code; /* borrowed */
};

/* The choices of one answer in the order in which they were typed. */
struct chosen_list {
	struct chosen *items; /* owned */
	size_t count;
	size_t max;
};

static bool choose(const struct asked *q, struct chosen_list *c, const char *typed)
{
	const struct form_list *list = list_of(q);
	struct chosen item = { -1, typed };

	if (list->choice_count == 0 && !form_is_open_code(typed, strlen(typed)))
		return false;
	if (list->choice_count > 0) {
		item.choice = choice_find(q, typed);
		if (item.choice < 0)
			return false;
		item.code = list->choices[item.choice].code;
	}
	if (c->count == c->max)
		return false;
	c->items[c->count++] = item;
	return true;
}

/* Cut `text` at any of `separators` and choose each part that is not empty. */
static bool choose_parts(const struct asked *q, struct chosen_list *c, char *text, const char *separators)
{
	for (char *at = text; *at;) {
		size_t len = strcspn(at, separators);
		char *next = at[len] ? at + len + 1 : at + len;

		at[len] = '\0';
		while (*at == ' ')
			at++;
		for (size_t end = strlen(at); end > 0 && at[end - 1] == ' '; end--)
			at[end - 1] = '\0';
		if (*at && !choose(q, c, at))
			return false;
		at = next;
	}
	return true;
}

/* Several choices: with commas, semicolons or lines between codes and labels, or spaces between codes, or one label alone. */
static bool choose_all(const struct asked *q, struct chosen_list *c, char *text)
{
	if (list_of(q)->choice_count && choice_find(q, text) >= 0)
		return choose(q, c, text);
	if (strpbrk(text, ",;\n"))
		return choose_parts(q, c, text, ",;\n");
	return choose_parts(q, c, text, " ");
}

/* List order; codes of reference data by their bytes. */
static int compare_chosen(const void *a, const void *b)
{
	const struct chosen *x = a;
	const struct chosen *y = b;

	return x->choice != y->choice ? (x->choice > y->choice) - (x->choice < y->choice) : strcmp(x->code, y->code);
}

/* Whether the person put an item twice into an order. Leaves the list sorted. */
static bool is_twice(struct chosen_list *sorted)
{
	qsort(sorted->items, sorted->count, sizeof(*sorted->items), compare_chosen);
	for (size_t i = 1; i < sorted->count; i++)
		if (compare_chosen(&sorted->items[i - 1], &sorted->items[i]) == 0)
			return true;
	return false;
}

static void put_chosen(const struct chosen_list *c, struct buf *out)
{
	for (size_t i = 0; i < c->count; i++) {
		if (i > 0 && compare_chosen(&c->items[i - 1], &c->items[i]) == 0)
			continue;
		if (out->len)
			buf_text(out, " ");
		buf_text(out, c->items[i].code);
	}
}

/* Write what was chosen: as a set in list order, or as the person's order. */
static int finish(const struct asked *q, struct chosen_list *c, struct buf *out)
{
	if (q->field->type == FORM_RANK) {
		put_chosen(c, out);
		return is_twice(c) ? err_set(ERR_USAGE, "%s: each choice once expected", q->field->name) : 0;
	}
	if (c->count)
		qsort(c->items, c->count, sizeof(*c->items), compare_chosen);
	put_chosen(c, out);
	return 0;
}

static int normalise_several(const struct asked *q, struct buf *out)
{
	struct chosen_list c = { .max = q->len };
	char *text = malloc(q->len + 1);
	int rc = 0;

	c.items = calloc(c.max, sizeof(*c.items));
	if (!text || !c.items)
		rc = err_set(ERR_NOMEM, "%s: no memory", q->field->name);
	/* Codes may hold digits of any script, so a text that is codes already is not folded. */
	if (rc == 0) {
		memcpy(text, q->typed, q->len + 1);
		if (!choose_all(q, &c, text)) {
			c.count = 0;
			/* Arabic comma and semicolon are folded or cut like their Latin sisters. */
			if (text_fold_digits(q->typed, text, q->len + 1) != 0 || !choose_all(q, &c, text))
				rc = unknown_choice(q);
		}
	}
	if (rc == 0)
		rc = finish(q, &c, out);
	free(text);
	free(c.items);
	return rc;
}

static bool check_one(const struct form *f, const struct form_field *field, const char *code, size_t len, int *choice)
{
	*choice = -1;
	if (form_list(f, (size_t)field->list)->choice_count) {
		*choice = form_choice_find(f, field->list, code, len);
		return *choice >= 0;
	}
	return form_is_open_code(code, len);
}

/* Order of two codes that are not NUL-terminated, as compare_codes() has it. */
static bool is_before(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order < 0 || (order == 0 && a_len < b_len);
}

static bool check_multiple(const struct form *f, const struct form_field *field, const char *value, size_t len)
{
	const char *last_code = NULL;
	size_t last_len = 0;
	int last = -1;

	for (size_t at = 0; at <= len;) {
		const char *space = memchr(value + at, ' ', len - at);
		size_t code_len = space ? (size_t)(space - value) - at : len - at;
		int choice;

		if (!check_one(f, field, value + at, code_len, &choice))
			return false;
		if (last_code && (choice >= 0 ? choice <= last : !is_before(last_code, last_len, value + at, code_len)))
			return false;
		last = choice;
		last_code = value + at;
		last_len = code_len;
		at += code_len + 1;
	}
	return true;
}

/* An order: every code once. The answer is at most VALUE_BYTES_MAX long, so codes are few enough to sort. */
static bool check_rank(const struct form *f, const struct form_field *field, const char *value, size_t len)
{
	struct chosen_list c = { .max = len / 2 + 1 };
	char *text = malloc(len + 1);
	bool is_good = true;

	c.items = calloc(c.max, sizeof(*c.items));
	if (!text || !c.items)
		is_good = false;
	if (is_good) {
		memcpy(text, value, len);
		text[len] = '\0';
	}
	for (char *at = text; is_good && at;) {
		char *space = strchr(at, ' ');
		struct chosen item = { -1, at };

		if (space)
			*space++ = '\0';
		is_good = check_one(f, field, at, strlen(at), &item.choice) && c.count < c.max;
		if (is_good)
			c.items[c.count++] = item;
		at = space;
	}
	is_good = is_good && !is_twice(&c);
	free(text);
	free(c.items);
	return is_good;
}

bool value_choice_is_canonical(const struct form *f, const struct form_field *field, const char *value, size_t len)
{
	int choice;

	if (field->type == FORM_SELECT_ONE)
		return check_one(f, field, value, len, &choice);
	return field->type == FORM_RANK ? check_rank(f, field, value, len) : check_multiple(f, field, value, len);
}

int value_choice_normalise(const struct form *f, const struct form_field *field, const char *typed, size_t len, struct buf *out)
{
	const struct asked q = { .form = f, .field = field, .typed = typed, .len = len };

	/* What is canonical already may hold the signs that divide what people type. */
	if (value_choice_is_canonical(f, field, typed, len)) {
		buf_append(out, typed, len);
		return 0;
	}
	return field->type == FORM_SELECT_ONE ? normalise_one(&q, out) : normalise_several(&q, out);
}
