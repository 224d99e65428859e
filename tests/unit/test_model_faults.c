/*
 * Memory that runs out while a form is understood and a case is answered: the Nth allocation fails, for each N until a run meets no
 * failure. Each such run ends with ERR_NOMEM and leaves nothing behind (the address sanitizer sees to that); nothing is taken for an
 * empty answer.
 *
 * Where the program is linked without the wrapped allocator the runs are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/model.h"
#include "tests/lib/faultfs_heap.h"
#include "tests/lib/formkit.h"

#define TEXT_BYTES_MAX 65536
#define CASE_ID 77
#define ALLOCATIONS_MAX 20000

/* Something of everything that allocates. */
static const char TABLES[] =
	"#settings\nkey | value\nform_id | f\nversion | 1\ninstance_name | ${a}\n"
	"#survey\ntype | list | name | label | relevant | calculation | choice_filter | repeat_count | trigger | default | member\n"
	"text | | a | A | | | | | | 1 + 1 |\n"
	"select_one | l | s | S ${a} | ${a} != 'q' | | r = ${a} | | | |\n"
	"select_multiple | l | s2 | S | | | r = ${a} | | | |\n"
	"integer | | n | N | | | | | | |\n"
	"begin_repeat | | c | C | | | | ${n} | | |\n"
	"text | | k | K | | | | | | |\n"
	"calculate | | p | | | position(..) | | | | |\n"
	"end_repeat | | | | | | | | | |\n"
	"begin_repeat | | h | H | | | | | | |\n"
	"text | | hn | N | | | | | | |\n"
	"begin_repeat | | i | I | | | | | | |\n"
	"integer | | z | Z | | | | | | |\n"
	"end_repeat | | | | | | | | | |\n"
	"end_repeat | | | | | | | | | |\n"
	"calculate | | total | | | sum(${z}) | | | | |\n"
	"calculate | | tr | | | concat(${a}, '!') | | | ${a} | |\n"
	"text | | over | | | concat(${a}, '?') | | | | |\n"
	"select_member | | m | M | | | | | | | h\n"
	"#choices\nlist_name | name | label | r\nl | x | X ${a} | 1\nl | y | Y | 2\nl | z | Z | 2\n";

static const char *const ANSWERS[][2] = {
	{ "/data/a", "2" }, { "/data/s", "y" }, { "/data/s2", "y z" }, { "/data/n", "3" }, { "/data/c[2]/k", "kept" }, { "/data/h", NULL },
	{ "/data/h", NULL }, { "/data/h[2]/i", NULL }, { "/data/h[2]/i[1]/z", "5" }, { "/data/a", "1" }, { "/data/n", "1" },
	{ "/data/over", "mine" }, { "/data/m", "000000000000000a" }, { "/data/a", "q" },
};
#define ANSWER_COUNT (sizeof ANSWERS / sizeof ANSWERS[0])

static uint64_t new_id(void *ctx)
{
	uint64_t *last = ctx;

	return ++*last;
}

static int answer_all(struct model *m)
{
	struct model_node *row;
	int rc = 0;

	for (size_t i = 0; i < ANSWER_COUNT && !rc; i++) {
		struct model_node *n = model_find(m, ANSWERS[i][0]);

		assert_non_null(n);
		rc = ANSWERS[i][1] ? model_set(m, n, ANSWERS[i][1]) : model_add(m, n, &row);
	}
	if (!rc)
		rc = model_remove(m, model_find(m, "/data/h[1]"));
	if (!rc)
		rc = model_case(m, CASE_ID);
	return rc ? rc : model_finish(m);
}

static int show_one(struct model *m, const struct model_node *n)
{
	struct model_choices choices;
	struct buf b;
	int rc;

	buf_init(&b, TEXT_BYTES_MAX);
	rc = model_words(m, n, FORM_LABEL, 0, &b);
	buf_fini(&b);
	if (!rc && n->kind == MODEL_QUESTION)
		rc = model_choices(m, n, 0, &choices);
	if (!rc && n->kind == MODEL_QUESTION)
		model_choices_fini(&choices);
	return rc;
}

static int show_all(struct model *m)
{
	const struct model_node *n = model_root(m);
	int rc = 0;

	while (n && !rc) {
		rc = show_one(m, n);
		if (n->first) {
			n = n->first;
			continue;
		}
		while (n && !n->next)
			n = n->parent;
		n = n ? n->next : NULL;
	}
	return rc;
}

static int play(const struct form *f)
{
	struct plan *plan = NULL;
	struct model *m = NULL;
	struct plan_problems problems;
	uint64_t last = 9;
	struct model_world world = { .new_id = new_id, .tz_minutes = 180, .ctx = &last };
	int rc = plan_new(f, &problems, &plan);

	plan_problems_fini(&problems);
	if (!rc)
		rc = model_new(plan, &world, 0, &m);
	if (!rc)
		rc = model_open(m);
	if (!rc)
		rc = answer_all(m);
	if (!rc)
		rc = show_all(m);
	if (!rc)
		rc = model_stored(m, CASE_ID);
	model_free(m);
	plan_free(plan);
	return rc;
}

static void every_allocation_may_fail(void **state)
{
	struct form *f = formkit_new(TABLES);
	int64_t nth;
	int rc = 0;

	(void)state;
	assert_non_null(f);
	if (!faultfs_heap_is_wrapped()) {
		form_free(f);
		skip();
	}
	for (nth = 1; nth < ALLOCATIONS_MAX; nth++) {
		faultfs_heap_arm(nth, false);
		rc = play(f);
		if (faultfs_heap_disarm() == 0)
			break;
		/* A name that finds no room is told as a problem of the form. */
		assert_true(rc == ERR_NOMEM || rc == ERR_USAGE);
	}
	assert_int_equal(rc, 0);
	assert_true(nth > 100);
	form_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
