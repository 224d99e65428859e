/*
 * answer_json: see answer_json.h. Two walks: first all rows are made, so that "member:N" can name one that stands further down; then
 * all values are set.
 */
#include "agent/answer_json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/view.h"
#include "proto/form/value.h"

#define PLACE_BYTES_MAX (FORM_NAME_BYTES_MAX + 32)
#define ROW_ID "_id"
#define ROW_GONE "_gone"

struct walk {
	const struct form *form;
	struct answer_draft *draft;
	struct answer_problems *problems;
	char place[PLACE_BYTES_MAX]; /* "" at the top, "member[3]." in a row */
	size_t rows[ANSWER_ROWS_MAX]; /* draft rows in the order in which the first walk met them */
	size_t row_count;
	size_t row_next;             /* of the second walk */
	bool has_flat[FORM_ENTRY_TYPES_MAX];
	size_t flat[FORM_ENTRY_TYPES_MAX]; /* draft row of a flat type, when has_flat */
};

void answer_problems_init(struct answer_problems *p)
{
	buf_init(&p->lines, ANSWER_PROBLEM_BYTES_MAX);
	p->count = 0;
}

void answer_problems_fini(struct answer_problems *p)
{
	buf_fini(&p->lines);
	p->count = 0;
}

/* A key may be anything, personal too: only what could be the name of a question is repeated. */
static const char *key_text(const char *key)
{
	return form_is_name(key) ? key : "(a key that is no name)";
}

/* Keep what err_message() says about `key`. Only what a person can mend is a problem; other failures pass through. */
static int problem(struct walk *w, const char *key, int err)
{
	const char *message = err_message();
	size_t len = strlen(key);

	if (err != ERR_USAGE && err != ERR_CORRUPT)
		return err;
	/* Some messages name the question themselves. */
	if (strncmp(message, key, len) == 0 && strncmp(message + len, ": ", 2) == 0)
		message += len + 2;
	if (w->problems->count++ < ANSWER_PROBLEM_LINES_MAX)
		buf_printf(&w->problems->lines, "%s%s: %s\n", w->place, key_text(key), message);
	return 0;
}

/* ---- values ---- */

/* Texts of an array, joined the way value_normalise() takes several choices. */
static int join_choices(const json_t *array, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (!text || strpbrk(text, ",;\n"))
			return err_set(ERR_USAGE, "an array of choice codes was expected");
		buf_printf(out, "%s%s", i ? "," : "", text);
	}
	return buf_error(out);
}

static int value_text(const struct form_field *f, const json_t *value, struct buf *out)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		buf_append(out, json_string_value(value), json_string_length(value));
		return buf_error(out);
	case JSON_INTEGER:
		buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return buf_error(out);
	case JSON_REAL:
		buf_printf(out, "%.15g", json_real_value(value));
		return buf_error(out);
	case JSON_TRUE:
		buf_text(out, "yes");
		return buf_error(out);
	case JSON_FALSE:
		buf_text(out, f->type == FORM_ACKNOWLEDGE ? "" : "no");
		return buf_error(out);
	case JSON_ARRAY:
		if (f->type == FORM_SELECT_MULTIPLE)
			return join_choices(value, out);
		return err_set(ERR_USAGE, "one value was expected, not an array");
	case JSON_OBJECT:
	case JSON_NULL:
		break;
	}
	return err_set(ERR_USAGE, "a value was expected, not an object");
}

static int set_value(struct walk *w, size_t row, int field, const char *key, const json_t *value)
{
	const struct form_field *f = form_field(w->form, (size_t)field);
	struct buf text;
	int err;

	if (json_is_null(value))
		return 0;
	buf_init(&text, 4 * VALUE_BYTES_MAX);
	err = value_text(f, value, &text);
	if (err == ERR_LIMIT)
		err = err_set(ERR_USAGE, "at most %d bytes were expected", VALUE_BYTES_MAX);
	if (!err)
		err = answer_set(w->draft, row, (size_t)field, buf_string(&text));
	buf_fini(&text);
	return problem(w, key, err);
}

/* ---- rows ---- */

/* The existing entry that a row names, 0 for a new one. */
static int row_entry_id(const json_t *row, uint64_t *id)
{
	const json_t *value = json_object_get(row, ROW_ID);

	*id = 0;
	if (!value)
		return 0;
	if (!json_is_string(value) || record_id_parse(json_string_value(value), id) != 0)
		return err_set(ERR_USAGE, "the id of an entry was expected, as `show` prints it");
	return 0;
}

static bool is_met(const struct walk *w, size_t row)
{
	for (size_t i = 0; i < w->row_count; i++)
		if (w->rows[i] == row)
			return true;
	return false;
}

static int make_row(struct walk *w, size_t type, const json_t *row)
{
	uint64_t id;
	size_t at;
	int err = json_is_object(row) ? row_entry_id(row, &id) : err_set(ERR_USAGE, "an object was expected");

	if (!err && w->row_count == ANSWER_ROWS_MAX)
		return err_set(ERR_LIMIT, "more than %d rows in one application", ANSWER_ROWS_MAX);
	if (!err)
		err = answer_row(w->draft, type, id, &at);
	if (!err && id && is_met(w, at))
		err = err_set(ERR_USAGE, "this entry stands here a second time");
	if (err) {
		/* Its place is kept, so that the second walk stays in step. */
		at = SIZE_MAX;
		err = problem(w, json_is_object(row) ? ROW_ID : "row", err);
	}
	w->rows[w->row_count++] = at;
	return err;
}

static void place_row(struct walk *w, const char *type, size_t i)
{
	snprintf(w->place, sizeof w->place, "%s[%zu].", type, i + 1);
}

static int make_rows(struct walk *w, const char *key, const json_t *value)
{
	int type = form_entry_type_find(w->form, key);
	int err = 0;

	if (type <= FORM_ENTRY_ROOT)
		return 0;
	if (!json_is_array(value) && !json_is_null(value))
		return problem(w, key, err_set(ERR_USAGE, "an array of objects was expected"));
	for (size_t i = 0; !err && i < json_array_size(value); i++) {
		place_row(w, key, i);
		if (w->row_count == ANSWER_ROWS_MAX)
			err = err_set(ERR_LIMIT, "more than %d rows in one application", ANSWER_ROWS_MAX);
		else
			err = make_row(w, (size_t)type, json_array_get(value, i));
	}
	w->place[0] = '\0';
	return err;
}

static int set_gone(struct walk *w, size_t row, const json_t *value)
{
	int err = json_is_boolean(value) ? answer_remove(w->draft, row, json_is_true(value)) : err_set(ERR_USAGE,
			"true or false was expected");

	return problem(w, ROW_GONE, err);
}

static int set_row(struct walk *w, size_t row, size_t type, const json_t *object)
{
	json_t *o = (json_t *)(uintptr_t)object; /* jansson's iterators do not change it */
	int err = 0;

	for (void *at = json_object_iter(o); !err && at; at = json_object_iter_next(o, at)) {
		const char *key = json_object_iter_key(at);
		const json_t *value = json_object_iter_value(at);
		int field = form_field_find_in(w->form, type, key);

		if (strcmp(key, ROW_ID) == 0)
			continue;
		if (strcmp(key, ROW_GONE) == 0)
			err = set_gone(w, row, value);
		else if (field <= FORM_FIELD_GONE)
			err = problem(w, key, err_set(ERR_USAGE, "no such question in %s", form_entry_type(w->form, type)->name));
		else
			err = set_value(w, row, field, key, value);
	}
	return err;
}

static int set_rows(struct walk *w, const char *key, size_t type, const json_t *array)
{
	int err = 0;

	for (size_t i = 0; !err && i < json_array_size(array); i++) {
		size_t row = w->rows[w->row_next++];

		place_row(w, key, i);
		if (row != SIZE_MAX)
			err = set_row(w, row, type, json_array_get(array, i));
	}
	w->place[0] = '\0';
	return err;
}

/* ---- the top ---- */

/* The draft row that a question at the top belongs to. */
static int top_row(struct walk *w, size_t type, size_t *row)
{
	int err;

	if (!w->has_flat[type]) {
		err = answer_row(w->draft, type, 0, &w->flat[type]);
		if (err)
			return err;
		w->has_flat[type] = true;
	}
	*row = w->flat[type];
	return 0;
}

/* The question that a key at the top means: of the root entry, or of what each visit makes one of; else any of that name, -1 for none. */
static int top_field(const struct form *f, const char *key)
{
	for (size_t t = 0; t < form_entry_type_count(f); t++) {
		int field = view_is_flat(form_entry_type(f, t)) ? form_field_find_in(f, t, key) : -1;

		if (field > FORM_FIELD_GONE)
			return field;
	}
	return form_field_find(f, key);
}

static int set_top(struct walk *w, const char *key, const json_t *value)
{
	int type = form_entry_type_find(w->form, key);
	int field = top_field(w->form, key);
	const struct form_field *f = field > FORM_FIELD_GONE ? form_field(w->form, (size_t)field) : NULL;
	size_t row;
	int err;

	if (type > FORM_ENTRY_ROOT)
		return json_is_array(value) ? set_rows(w, key, (size_t)type, value) : 0;
	if (!f)
		return problem(w, key, err_set(ERR_USAGE, "no such question in the form"));
	if (!view_is_flat(form_entry_type(w->form, f->entry_type)))
		return problem(w, key, err_set(ERR_USAGE, "this question belongs into the rows of %s", form_entry_type(w->form,
				f->entry_type)->name));
	if (json_is_null(value))
		return 0;
	err = top_row(w, f->entry_type, &row);
	return err ? err : set_value(w, row, field, key, value);
}

static int walk_object(struct walk *w, const json_t *object, int (*visit)(struct walk *, const char *, const json_t *))
{
	json_t *o = (json_t *)(uintptr_t)object; /* jansson's iterators do not change it */
	int err = 0;

	for (void *at = json_object_iter(o); !err && at; at = json_object_iter_next(o, at))
		err = visit(w, json_object_iter_key(at), json_object_iter_value(at));
	return err;
}

int answer_json(struct answer_draft *d, const json_t *object, struct answer_problems *p)
{
	struct walk *w;
	int err;

	if (!json_is_object(object))
		return err_set(ERR_USAGE, "an application is a JSON object");
	w = calloc(1, sizeof *w);
	if (!w)
		return err_set(ERR_NOMEM, "no memory for an application");
	w->form = answer_form(d);
	w->draft = d;
	w->problems = p;
	err = walk_object(w, object, make_rows);
	if (!err)
		err = walk_object(w, object, set_top);
	if (!err)
		assert(w->row_next == w->row_count);
	free(w);
	if (!err && p->count)
		err = err_set(ERR_USAGE, "%zu answers cannot be taken as they are; nothing of this application was stored", p->count);
	return err;
}
