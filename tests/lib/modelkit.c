/*
 * modelkit: see modelkit.h.
 */
#include "tests/lib/modelkit.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/formkit.h"

static uint64_t new_id(void *ctx)
{
	struct modelkit *k = ctx;

	return ++k->last_id;
}

static uint64_t draw(void *ctx)
{
	struct modelkit *k = ctx;

	return k->random = k->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
}

static const struct reflist *list_named(void *ctx, const char *name)
{
	const struct modelkit *k = ctx;

	return k->list && strcmp(reflist_name(k->list), name) == 0 ? k->list : NULL;
}

static bool property(void *ctx, const char *name, struct buf *out)
{
	(void)ctx;
	if (strcmp(name, "username") != 0)
		return false;
	buf_text(out, "the username");
	return true;
}

/* What must be 0, with its message. */
static void must(int rc)
{
	if (rc)
		fail_msg("%s", err_message());
}

/* ---- life ---- */

void modelkit_begin(struct modelkit *k, const char *tables, uint64_t case_id)
{
	*k = (struct modelkit){ .last_id = MODELKIT_FIRST_ID, .random = 1 };
	k->form = formkit_new(tables);
	if (!k->form)
		fail_msg("%s", err_message());
	must(plan_new(k->form, NULL, &k->plan));
	k->world = (struct model_world){ .now_ms = MODELKIT_NOW_MS, .tz_minutes = 180, .random = draw, .new_id = new_id, .list = list_named,
					 .property = property, .ctx = k };
	must(model_new(k->plan, &k->world, case_id, &k->model));
}

void modelkit_list(struct modelkit *k, const char *name, const char *csv)
{
	struct buf text;

	buf_init(&text, REFLIST_BYTES_MAX);
	must(reflist_compile(name, "1", csv, strlen(csv), &text));
	must(reflist_parse((const char *)text.data, text.len, &k->list));
	buf_fini(&text);
}

void modelkit_put(struct modelkit *k, const char *type, uint64_t entry, const char *field, const char *value)
{
	int t = form_entry_type_find(k->form, type);
	int f = strcmp(field, FORM_FIELD_GONE_NAME) == 0 ? FORM_FIELD_GONE : form_field_find_in(k->form, (size_t)t, field);

	assert_true(t >= 0);
	assert_true(f >= 0);
	must(model_put(k->model, (size_t)t, entry, (size_t)f, value));
}

void modelkit_start(struct modelkit *k)
{
	must(model_open(k->model));
}

void modelkit_open(struct modelkit *k, const char *tables)
{
	modelkit_begin(k, tables, 1);
	modelkit_start(k);
}

void modelkit_close(struct modelkit *k)
{
	model_free(k->model);
	reflist_free(k->list);
	plan_free(k->plan);
	form_free(k->form);
	*k = (struct modelkit){ 0 };
}

/* ---- answers ---- */

struct model_node *modelkit_node(struct modelkit *k, const char *path)
{
	struct model_node *n = model_find(k->model, path);

	if (!n)
		fail_msg("no place %s", path);
	return n;
}

void modelkit_set(struct modelkit *k, const char *path, const char *value)
{
	must(model_set(k->model, modelkit_node(k, path), value));
}

struct model_node *modelkit_add(struct modelkit *k, const char *path)
{
	struct model_node *row = NULL;

	must(model_add(k->model, modelkit_node(k, path), &row));
	assert_non_null(row);
	return row;
}

void modelkit_remove(struct modelkit *k, const char *path)
{
	must(model_remove(k->model, modelkit_node(k, path)));
}

/* ---- looking ---- */

static void take_text(struct buf *b, char out[static MODELKIT_TEXT_BYTES])
{
	snprintf(out, MODELKIT_TEXT_BYTES, "%s", buf_string(b));
	buf_fini(b);
}

const char *modelkit_value(struct modelkit *k, const char *path)
{
	struct buf b;

	(void)modelkit_node(k, path);
	buf_init(&b, MODELKIT_TEXT_BYTES);
	must(model_value(k->model, path, &b));
	take_text(&b, k->value);
	return k->value;
}

const char *modelkit_words(struct modelkit *k, const char *path, size_t language)
{
	struct buf b;

	buf_init(&b, MODELKIT_TEXT_BYTES);
	must(model_words(k->model, modelkit_node(k, path), FORM_LABEL, language, &b));
	take_text(&b, k->text);
	return k->text;
}

const char *modelkit_title(struct modelkit *k)
{
	struct buf b;

	buf_init(&b, MODELKIT_TEXT_BYTES);
	must(model_title(k->model, &b));
	take_text(&b, k->text);
	return k->text;
}

const char *modelkit_choices(struct modelkit *k, const char *path)
{
	struct model_choices choices;
	struct buf b;

	buf_init(&b, MODELKIT_TEXT_BYTES);
	must(model_choices(k->model, modelkit_node(k, path), 0, &choices));
	for (size_t i = 0; i < choices.count; i++)
		buf_printf(&b, "%s%s=%s%s", i ? " " : "", choices.items[i].code, choices.items[i].label, choices.items[i].is_chosen ? "*" : "");
	model_choices_fini(&choices);
	take_text(&b, k->text);
	return k->text;
}

struct writing {
	const struct modelkit *kit;
	struct buf text;
};

static int write_register(void *ctx, const struct model_register *r)
{
	struct writing *w = ctx;

	buf_printf(&w->text, "%s%s %" PRIu64 " %s=%s", w->text.len ? ", " : "", form_entry_type(w->kit->form, r->entry_type)->name, r->entry_id,
		   form_field(w->kit->form, r->field)->name, r->value);
	return 0;
}

const char *modelkit_changes(struct modelkit *k)
{
	struct writing w = { .kit = k };

	buf_init(&w.text, MODELKIT_TEXT_BYTES);
	must(model_changes(k->model, write_register, &w));
	take_text(&w.text, k->text);
	return k->text;
}

static int write_problem(void *ctx, const struct model_problem *p)
{
	static const char *const KINDS[] = { [MODEL_MISSING] = "missing", [MODEL_VIOLATED] = "violated", [MODEL_MASKED] = "masked",
					     [MODEL_WARNED] = "warned" };
	struct writing *w = ctx;

	buf_printf(&w->text, "%s%s %s%s", w->text.len ? ", " : "", model_form_node(w->kit->model, p->node)->name, KINDS[p->kind],
		   p->is_hard ? " hard" : "");
	return 0;
}

const char *modelkit_problems(struct modelkit *k)
{
	struct writing w = { .kit = k };

	buf_init(&w.text, MODELKIT_TEXT_BYTES);
	must(model_check(k->model, write_problem, &w));
	take_text(&w.text, k->text);
	return k->text;
}
