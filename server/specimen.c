/*
 * specimen: see specimen.h.
 */
#include "server/specimen.h"

#include <inttypes.h>
#include <string.h>

#include "proto/form/value.h"

#define PASSES_MAX 4 /* an answer makes questions relevant that stand before it */
#define TRIES_MAX 6

/* What is tried for a type until the constraint holds; NULL ends. Types with choices take theirs from the form. */
static const char *const *samples_of(enum form_type type)
{
	static const char *const TEXT[] = { "مثال", "Example", "12345", "100", NULL };
	static const char *const INTEGER[] = { "3", "1", "40", "1000", "2020", NULL };
	static const char *const DECIMAL[] = { "1.5", "20", "300", NULL };
	static const char *const MONEY[] = { "1500.00", "100.00", "0.00", NULL };
	static const char *const DATE[] = { "2026-01-15", "1990-05-01", "2027-06-01", NULL };
	static const char *const TIME[] = { "10:30", "10:30:00", NULL };
	static const char *const DATETIME[] = { "2026-01-15T10:30:00.000+03:00", NULL };
	static const char *const HIJRI_DATE[] = { "H1447-07-26", "H1410-10-06", NULL };
	static const char *const ACKNOWLEDGE[] = { "yes", NULL };
	static const char *const SA_ID[] = { "1000000008", NULL };
	static const char *const IBAN[] = { "SA0380000000608010167519", NULL };
	static const char *const MOBILE[] = { "+966500000000", NULL };
	static const char *const SHORT_ADDRESS[] = { "ABCD1234", NULL };
	static const char *const POSTAL_CODE[] = { "63700", NULL };
	static const char *const GEOPOINT[] = { "18.340000 41.990000 13", NULL };
	static const char *const SIGNATURE[] = { "s1:ABAAild_", NULL };
	static const char *const NONE[] = { NULL };

	switch (type) {
	case FORM_TEXT:
		return TEXT;
	case FORM_INTEGER:
		return INTEGER;
	case FORM_DECIMAL:
		return DECIMAL;
	case FORM_MONEY:
		return MONEY;
	case FORM_DATE:
		return DATE;
	case FORM_TIME:
		return TIME;
	case FORM_DATETIME:
		return DATETIME;
	case FORM_HIJRI_DATE:
		return HIJRI_DATE;
	case FORM_ACKNOWLEDGE:
		return ACKNOWLEDGE;
	case FORM_SA_ID:
		return SA_ID;
	case FORM_IBAN:
		return IBAN;
	case FORM_MOBILE:
		return MOBILE;
	case FORM_SHORT_ADDRESS:
		return SHORT_ADDRESS;
	case FORM_POSTAL_CODE:
		return POSTAL_CODE;
	case FORM_GEOPOINT:
		return GEOPOINT;
	case FORM_SIGNATURE:
		return SIGNATURE;
	case FORM_SELECT_ONE:
	case FORM_SELECT_MULTIPLE:
	case FORM_RANK:
	case FORM_SELECT_MEMBER:
	case FORM_IMAGE:
	case FORM_IMAGE_LIST:
	case FORM_AUDIO:
	case FORM_VIDEO:
	case FORM_FILE:
	case FORM_NOTE:
	case FORM_CALCULATE:
		return NONE;
	}
	return NONE;
}

/* ---- Making up ---- */

static bool wants_answer(const struct form_node *f, const struct model_node *n)
{
	return n->kind == MODEL_QUESTION && n->is_relevant && !n->is_readonly && f->field >= 0 && !f->is_computed && !*n->value;
}

/* The first choices that the constraint allows; of a rank, all of them. */
static int fill_choice(struct model *m, struct model_node *n, const struct form_node *f)
{
	struct model_choices choices = { 0 };
	struct buf all;
	int err = model_choices(m, n, 0, &choices);

	buf_init(&all, VALUE_BYTES_MAX);
	for (size_t i = 0; !err && f->type == FORM_RANK && i < choices.count; i++) {
		buf_text(&all, i ? " " : "");
		buf_text(&all, choices.items[i].code);
	}
	if (!err && f->type == FORM_RANK && choices.count && !buf_error(&all))
		err = model_set(m, n, buf_string(&all));
	for (size_t i = 0; !err && f->type != FORM_RANK && i < choices.count && i < TRIES_MAX; i++) {
		buf_clear(&all);
		buf_text(&all, choices.items[i].code);
		err = model_set(m, n, buf_string(&all));
		if (err || !n->is_violated)
			break;
	}
	if (!err && n->is_violated)
		err = model_set(m, n, "");
	buf_fini(&all);
	model_choices_fini(&choices);
	return err;
}

static int fill_question(struct model *m, struct model_node *n, const struct form_node *f)
{
	const char *const *samples = samples_of(f->type);
	int err = 0;

	if (form_type_has_list(f->type) || f->type == FORM_SELECT_MEMBER)
		return fill_choice(m, n, f);
	for (; *samples && !err; samples++) {
		err = model_set(m, n, *samples);
		if (!err && !n->is_violated)
			return 0;
	}
	return !err && n->is_violated ? model_set(m, n, "") : err;
}

static struct model_node *next_node(struct model_node *n)
{
	if (n->first)
		return n->first;
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

static int fill_once(struct model *m, bool *changed)
{
	int err = 0;

	*changed = false;
	for (struct model_node *n = model_root(m); n && !err; n = next_node(n)) {
		const struct form_node *f = model_form_node(m, n);
		struct model_node *row;

		if (n->kind == MODEL_REPEAT && n->is_relevant && !n->is_counted && !n->first) {
			err = model_add(m, n, &row);
			*changed = true;
		} else if (wants_answer(f, n)) {
			err = fill_question(m, n, f);
			*changed = *changed || *n->value;
		}
		if (err == ERR_USAGE) /* a question that cannot be answered so is left empty */
			err = 0;
	}
	return err;
}

int specimen_fill(struct model *m)
{
	bool changed = true;
	int err = 0;

	for (int i = 0; i < PASSES_MAX && changed && !err; i++)
		err = fill_once(m, &changed);
	return err;
}

/* ---- Given answers ---- */

static int write_typed(const json_t *value, const char *name, struct buf *out)
{
	if (json_is_string(value))
		buf_text(out, json_string_value(value));
	else if (json_is_integer(value))
		buf_printf(out, "%" PRId64, (int64_t)json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(out, "%.15g", json_real_value(value));
	else if (json_is_true(value))
		buf_text(out, "yes");
	else if (!json_is_false(value) && !json_is_null(value))
		return err_set(ERR_USAGE, "answers: %s: a text, a number, true or false was expected", name);
	return buf_error(out);
}

static int answer_question(struct model *m, struct model_node *n, const json_t *value)
{
	const struct form_node *f = model_form_node(m, n);
	struct buf typed;
	struct buf canonical;
	int err;

	if (f->field < 0)
		return err_set(ERR_USAGE, "answers: %s is no question that is answered", f->name);
	buf_init(&typed, VALUE_BYTES_MAX * 4);
	buf_init(&canonical, VALUE_BYTES_MAX);
	err = write_typed(value, f->name, &typed);
	if (!err && f->type == FORM_SELECT_MEMBER)
		buf_text(&canonical, buf_string(&typed));
	else if (!err)
		err = value_normalise(model_form(m), (size_t)f->field, buf_string(&typed), &canonical);
	if (!err)
		err = model_set(m, n, buf_string(&canonical));
	buf_fini(&typed);
	buf_fini(&canonical);
	return err ? err_context(err, "answers: %s", f->name) : 0;
}

/* Every key must be the name of something: a mistyped one would be missed without a word. */
static int check_keys(const struct form *form, const json_t *answers)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)answers, key, value)
	{
		bool is_known = false;

		for (size_t i = 1; i < form_node_count(form) && !is_known; i++)
			is_known = strcmp(form_node(form, i)->name, key) == 0;
		if (!is_known)
			return err_set(ERR_USAGE, "answers: %.64s is no question, group or repeat of the form", key);
	}
	return 0;
}

static int answer_children(struct model *m, struct model_node *n, const json_t *answers);

static int answer_rows(struct model *m, struct model_node *repeat, const json_t *rows)
{
	struct model_node *row = repeat->first;
	int err = json_is_array(rows) ? 0 : err_set(ERR_USAGE, "answers: %s: an array was expected", model_form_node(m, repeat)->name);

	for (size_t i = 0; !err && i < json_array_size(rows); i++, row = row->next) {
		if (!row)
			err = model_add(m, repeat, &row);
		if (!err)
			err = answer_children(m, row, json_array_get(rows, i));
		if (err)
			break;
	}
	return err;
}

/* As deep as groups and repeats stand in one another (FORM_DEPTH_MAX). */
static int answer_children(struct model *m, struct model_node *n, const json_t *answers)
{
	int err = json_is_object(answers) ? check_keys(model_form(m), answers) : err_set(ERR_USAGE, "answers: an object was expected");

	for (struct model_node *child = n->first; child && !err; child = child->next) {
		const json_t *value = json_object_get(answers, model_form_node(m, child)->name);

		switch (child->kind) {
		case MODEL_GROUP:
			err = json_is_object(value) ? answer_children(m, child, value) : 0;
			if (!err) /* what is inside may stand outside too */
				err = answer_children(m, child, answers);
			break;
		case MODEL_REPEAT:
			err = value ? answer_rows(m, child, value) : 0;
			break;
		case MODEL_QUESTION:
			err = value ? answer_question(m, child, value) : 0;
			break;
		case MODEL_ROW:
			break;
		}
	}
	return err;
}

int specimen_answer(struct model *m, const json_t *answers)
{
	return answer_children(m, model_root(m), answers);
}
