/*
 * test_server_specimen: sample answers for looking at a form.
 */
#include "server/specimen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/centrekit.h"

static const char *const CHOICES[] = { "colour|red|Red", "colour|green|Green", NULL };
static const char *const SURVEY[] = { "begin_group||who|Person", "text||name|Name", "integer||age|Age||. > 18", "end_group",
	"select_one|colour|favourite|Favourite||. = 'green'", "text||why|Why||string-length(.) > 100", "text||late|Late|||${age} > 18",
	"begin_repeat||child|Child", "text||child_name|Name of the child", "end_repeat", NULL };

struct world {
	struct form *form;
	struct plan *plan;
	struct model_world world;
	struct model *model;
	uint64_t next_id;
};

static uint64_t new_id(void *ctx)
{
	return ++((struct world *)ctx)->next_id;
}

static int setup(void **state)
{
	struct world *w = test_calloc(1, sizeof *w);
	struct buf text;

	buf_init(&text, FORM_TEXT_BYTES_MAX);
	centrekit_form("small", "1", SURVEY, CHOICES, &text);
	assert_int_equal(form_parse((const char *)text.data, text.len, &w->form), 0);
	buf_fini(&text);
	assert_int_equal(plan_new(w->form, NULL, &w->plan), 0);
	w->world = (struct model_world){ .now_ms = 1, .tz_minutes = 180, .new_id = new_id, .ctx = w };
	assert_int_equal(model_new(w->plan, &w->world, 0, &w->model), 0);
	assert_int_equal(model_open(w->model), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	model_free(w->model);
	plan_free(w->plan);
	form_free(w->form);
	test_free(w);
	return 0;
}

static const char *value(struct world *w, const char *path)
{
	struct model_node *n = model_find(w->model, path);

	assert_non_null(n);
	return n->value;
}

static int answer(struct world *w, const char *json)
{
	json_t *answers;
	int err;

	assert_int_equal(json_read(json, strlen(json), &answers), 0);
	err = specimen_answer(w->model, answers);
	json_decref(answers);
	return err;
}

static void what_is_made_up_keeps_to_the_constraints(void **state)
{
	struct world *w = *state;

	assert_int_equal(specimen_fill(w->model), 0);
	assert_string_equal(value(w, "/data/who/age"), "40");
	assert_string_equal(value(w, "/data/favourite"), "green");
	assert_string_equal(value(w, "/data/why"), ""); /* nothing of ours is long enough */
	assert_true(*value(w, "/data/late"));           /* relevant since the age was answered */
	assert_true(*value(w, "/data/child[1]/child_name"));
	assert_null(model_find(w->model, "/data/child[2]"));
}

static void given_answers_are_taken_as_a_person_types_them(void **state)
{
	struct world *w = *state;

	assert_int_equal(answer(w, "{\"who\":{\"name\":\"Abu Said\"},\"age\":\"\u0664\u0660\",\"favourite\":\"Red\","
				   "\"child\":[{\"child_name\":\"Omar\"},{\"child_name\":\"Sara\"}]}"),
		0);
	assert_string_equal(value(w, "/data/who/name"), "Abu Said");
	assert_string_equal(value(w, "/data/who/age"), "40");
	assert_string_equal(value(w, "/data/favourite"), "red");
	assert_string_equal(value(w, "/data/child[2]/child_name"), "Sara");
}

static void what_is_no_question_or_no_answer_is_named(void **state)
{
	struct world *w = *state;

	assert_int_equal(answer(w, "{\"nmae\":\"x\"}"), ERR_USAGE);
	assert_non_null(strstr(err_message(), "nmae"));
	assert_int_equal(answer(w, "{\"age\":\"old\"}"), ERR_USAGE);
	assert_non_null(strstr(err_message(), "age"));
	assert_int_equal(answer(w, "{\"child\":{\"child_name\":\"x\"}}"), ERR_USAGE);
	assert_int_equal(answer(w, "{\"age\":[1]}"), ERR_USAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_made_up_keeps_to_the_constraints),
		TEST(given_answers_are_taken_as_a_person_types_them),
		TEST(what_is_no_question_or_no_answer_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
