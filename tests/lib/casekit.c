/*
 * casekit: see casekit.h.
 */
#include "tests/lib/casekit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/form/form_default.h"

#define SCRIPT_BYTES_MAX 8192
#define PLACE_BYTES_MAX 256

static uint64_t next_id(void *ctx)
{
	struct casekit *k = ctx;

	return ++k->last_id;
}

struct reflist **casekit_list(struct casekit *k, const char *name)
{
	for (size_t i = 0; i < form_default_list_count(); i++)
		if (strcmp(form_default_list_name(i), name) == 0)
			return &k->lists[i];
	return NULL;
}

static const struct reflist *list_named(void *ctx, const char *name)
{
	struct reflist **list = casekit_list(ctx, name);

	return list ? *list : NULL;
}

static struct reflist *list_load(size_t i)
{
	struct reflist *list = NULL;
	struct buf text;

	buf_init(&text, REFLIST_BYTES_MAX);
	assert_int_equal(form_default_list_at(i, &text), 0);
	assert_int_equal(reflist_parse((const char *)text.data, text.len, &list), 0);
	buf_fini(&text);
	return list;
}

static struct form *form_load(size_t i)
{
	struct form *form = NULL;
	struct buf text;

	buf_init(&text, FORM_TEXT_BYTES_MAX);
	assert_int_equal(form_default_text_at(i, &text), 0);
	assert_int_equal(form_parse((const char *)text.data, text.len, &form), 0);
	buf_fini(&text);
	return form;
}

static void print_problems(const struct plan_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		if (!problems->items[i].is_warning)
			print_message("node %zu, %s: %s\n", problems->items[i].node, problems->items[i].column, problems->items[i].english);
}

struct casekit *casekit_new(size_t form)
{
	struct casekit *k = calloc(1, sizeof(*k));
	struct plan_problems problems = { 0 };

	assert_non_null(k);
	assert_true(form_default_list_count() <= CASEKIT_LISTS_MAX);
	k->form = form_load(form);
	if (plan_new(k->form, &problems, &k->plan) != 0)
		print_problems(&problems);
	assert_non_null(k->plan);
	plan_problems_fini(&problems);
	for (size_t i = 0; i < form_default_list_count(); i++)
		k->lists[i] = list_load(i);
	k->world = (struct model_world){ .now_ms = CASEKIT_NOW_MS, .tz_minutes = 180, .new_id = next_id, .list = list_named, .ctx = k };
	return k;
}

void casekit_free(struct casekit *k)
{
	model_free(k->model);
	for (size_t i = 0; i < form_default_list_count(); i++)
		reflist_free(k->lists[i]);
	plan_free(k->plan);
	form_free(k->form);
	free(k);
}

void casekit_open(struct casekit *k)
{
	model_free(k->model);
	k->model = NULL;
	assert_int_equal(model_new(k->plan, &k->world, 0, &k->model), 0);
	assert_int_equal(model_open(k->model), 0);
}

/* The group of a name that stands alone, from the form; "" when it stands at the top. */
static const char *group_of(const struct casekit *k, const char *name)
{
	for (size_t i = 1; i < form_node_count(k->form); i++) {
		const struct form_node *n = form_node(k->form, i);

		if (n->kind == FORM_NODE_QUESTION && n->parent != FORM_NODE_ROOT && strcmp(n->name, name) == 0)
			return form_node(k->form, (size_t)n->parent)->name;
	}
	return "";
}

static void full_path(const struct casekit *k, const char *place, char out[static PLACE_BYTES_MAX])
{
	const char *group = strchr(place, '/') ? "" : group_of(k, place);

	snprintf(out, PLACE_BYTES_MAX, "/data/%s%s%s", group, *group ? "/" : "", place);
}

struct model_node *casekit_node(struct casekit *k, const char *place)
{
	char path[PLACE_BYTES_MAX];
	struct model_node *n;

	full_path(k, place, path);
	n = model_find(k->model, path);
	if (!n)
		fail_msg("no place %s", path);
	return n;
}

static struct model_node *repeat_named(struct casekit *k, const char *name)
{
	for (struct model_node *n = model_root(k->model)->first; n; n = n->next)
		if (n->kind == MODEL_REPEAT && strcmp(model_form_node(k->model, n)->name, name) == 0)
			return n;
	fail_msg("no repeat %s", name);
	return NULL;
}

static void play_step(struct casekit *k, char *step)
{
	char *value = strchr(step, '=');
	struct model_node *row;

	if (*step == '+') {
		assert_int_equal(model_add(k->model, repeat_named(k, step + 1), &row), 0);
		return;
	}
	if (*step == '-') {
		assert_int_equal(model_remove(k->model, casekit_node(k, step + 1)), 0);
		return;
	}
	if (!value)
		fail_msg("no step: %s", step);
	*value++ = '\0';
	if (model_set(k->model, casekit_node(k, step), value) != 0)
		fail_msg("%s = %s: %s", step, value, err_message());
}

void casekit_play(struct casekit *k, const char *script)
{
	char text[SCRIPT_BYTES_MAX];
	char *rest = text;

	assert_true(strlen(script) < sizeof(text));
	memcpy(text, script, strlen(script) + 1);
	while (rest) {
		char *step = rest + strspn(rest, " ");

		rest = strchr(step, ';');
		if (rest)
			*rest++ = '\0';
		if (*step)
			play_step(k, step);
	}
}

const char *casekit_value(struct casekit *k, const char *place)
{
	char path[PLACE_BYTES_MAX];
	struct buf out;

	full_path(k, place, path);
	buf_init(&out, sizeof(k->text) - 1);
	assert_int_equal(model_value(k->model, path, &out), 0);
	snprintf(k->text, sizeof(k->text), "%s", buf_string(&out));
	buf_fini(&out);
	return k->text;
}

struct counting {
	struct casekit *kit;
	size_t hard;
};

static int count_problem(void *ctx, const struct model_problem *p)
{
	struct counting *c = ctx;

	if (p->is_hard && c->hard++ == 0)
		snprintf(c->kit->text, sizeof(c->kit->text), "%s", model_form_node(c->kit->model, p->node)->name);
	return 0;
}

size_t casekit_problems(struct casekit *k)
{
	struct counting c = { .kit = k };

	k->text[0] = '\0';
	assert_int_equal(model_check(k->model, count_problem, &c), 0);
	return c.hard;
}
