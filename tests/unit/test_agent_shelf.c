/*
 * test_agent_shelf: the papers of a device: which form and list are in force on a day, whatever the clock says and is still on its way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "agent/command/question.h"
#include "agent/shelf.h"
#include "tests/lib/agentkit.h"

#define DAY_MS INT64_C(86400000)
#define TODAY ((uint32_t)((FIXED_WALL_MS + 3 * 3600000) / DAY_MS))

#define FORM(family, version)                                                                                              \
	"#settings\nkey | value\nform_id | " family "\nversion | " version "\nform_title | A form\n#survey\ntype | name | label\n" \
	"text | a | Question\n"
#define PLACES(version, rows) "places " version "\ncode,label::ar,label::en\n" rows

static int64_t now_ms; /* a test program has one thread */

static int64_t wall_ms(void *ctx)
{
	(void)ctx;
	return now_ms;
}

static int setup(void **state)
{
	struct agentkit *k = malloc(sizeof *k);

	agentkit_open_form(k, FORM("main", "1"));
	now_ms = FIXED_WALL_MS;
	k->env.wall_ms = wall_ms;
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	agentkit_close(*state);
	free(*state);
	return 0;
}

static void bring(struct agentkit *k, uint64_t contact, const struct agentkit_paper *papers, size_t count)
{
	assert_int_equal(agentkit_catalogue(k, contact, papers, count), 0);
}

static const char *version(struct agentkit *k)
{
	const struct form *form;
	int64_t row;

	assert_int_equal(shelf_form_current(k->s, &form, &row), 0);
	return form_version(form);
}

static int64_t number(struct agentkit *k, const char *sql)
{
	int64_t n;

	assert_int_equal(db_query_int(k->s->db, sql, &n), 0);
	return n;
}

/* ---- forms ---- */

static void enrolment_brings_a_form_that_is_in_force(void **state)
{
	struct agentkit *k = *state;
	struct shelf_line *lines;
	size_t count;

	assert_string_equal(version(k), "1");
	assert_int_equal(shelf_lines(k->s, &lines, &count), 0);
	assert_int_equal(count, 1);
	assert_true(lines[0].is_held);
	assert_true(lines[0].is_in_force);
	assert_string_equal(lines[0].paper.name, "main");
	free(lines);
}

static void a_form_is_in_force_from_its_day(void **state)
{
	struct agentkit *k = *state;
	const struct agentkit_paper papers[] = {
		{ .kind = MESSAGE_FORM, .text = FORM("main", "1") },
		{ .kind = MESSAGE_FORM, .text = FORM("main", "2"), .from_day = TODAY + 2 },
	};

	bring(k, 1, papers, 2);
	assert_string_equal(version(k), "1");
	now_ms += DAY_MS;
	assert_string_equal(version(k), "1");
	now_ms += DAY_MS;
	assert_string_equal(version(k), "2");
}

/* The day begins at midnight of Riyadh, three hours before that of the clock. */
static void days_are_those_of_riyadh(void **state)
{
	struct agentkit *k = *state;
	const struct agentkit_paper papers[] = {
		{ .kind = MESSAGE_FORM, .text = FORM("main", "1") },
		{ .kind = MESSAGE_FORM, .text = FORM("main", "2"), .from_day = TODAY },
	};

	bring(k, 1, papers, 2);
	now_ms = TODAY * DAY_MS - 3 * 3600000 - 1;
	assert_string_equal(version(k), "1");
	now_ms++;
	assert_string_equal(version(k), "2");
}

/* A clock that fell back to 1970 takes no form out of force: the centre said once how late it is. */
static void a_clock_that_fell_back_is_not_believed(void **state)
{
	struct agentkit *k = *state;
	const struct agentkit_paper papers[] = {
		{ .kind = MESSAGE_FORM, .text = FORM("main", "1") },
		{ .kind = MESSAGE_FORM, .text = FORM("main", "2"), .from_day = TODAY },
	};

	bring(k, 1, papers, 2);
	now_ms = 0;
	assert_string_equal(version(k), "1");
	assert_int_equal(store_set_u64(k->s, "centre_ms", FIXED_WALL_MS), 0);
	assert_string_equal(version(k), "2");
}

/* Until the text in force has come, the last one held is used; never one of a later day, though it is here already. */
static void a_visit_is_never_without_a_form(void **state)
{
	struct agentkit *k = *state;
	const struct agentkit_paper papers[] = {
		{ .kind = MESSAGE_FORM, .text = FORM("main", "2"), .from_day = TODAY - 1, .is_on_its_way = true },
		{ .kind = MESSAGE_FORM, .text = FORM("main", "3"), .from_day = TODAY + 5 },
	};
	const struct agentkit_paper two = { .kind = MESSAGE_FORM, .text = FORM("main", "2"), .from_day = TODAY - 1 };

	bring(k, 1, papers, 2);
	assert_string_equal(version(k), "1");
	bring(k, 2, &two, 1);
	assert_string_equal(version(k), "2");
}

static void with_nothing_begun_the_first_to_come_is_used(void **state)
{
	struct agentkit *k = *state;
	const struct agentkit_paper papers[] = {
		{ .kind = MESSAGE_FORM, .text = FORM("main", "1"), .from_day = TODAY + 3 },
		{ .kind = MESSAGE_FORM, .text = FORM("main", "2"), .from_day = TODAY + 9 },
	};

	bring(k, 1, papers, 2);
	assert_string_equal(version(k), "1");
}

/* A family that no catalogue names any more: nobody begins a case of it, and those there are go on with the newest that is here. */
static void a_family_that_ended_keeps_its_cases(void **state)
{
	struct agentkit *k = *state;
	const struct agentkit_paper both[] = {
		{ .kind = MESSAGE_FORM, .text = FORM("main", "1") },
		{ .kind = MESSAGE_FORM, .text = FORM("other", "2") },
		{ .kind = MESSAGE_FORM, .text = FORM("other", "1"), .from_day = TODAY },
	};
	const struct agentkit_paper main_alone = { .kind = MESSAGE_FORM, .text = FORM("main", "1") };
	const struct form *form;
	int64_t row;

	bring(k, 1, both, 3);
	assert_int_equal(shelf_form_named(k->s, "other", &form, &row), 0);
	assert_string_equal(form_version(form), "1");
	assert_int_equal(db_exec(k->s->db, "INSERT INTO aid_case (case_id, form_id, opened_ms) VALUES (30000000001, 2, 1)"), 0);
	bring(k, 2, &main_alone, 1);
	assert_int_equal(shelf_form_named(k->s, "other", &form, &row), ERR_NOT_FOUND);
	assert_null(form);
	assert_int_equal(shelf_form_of_case(k->s, 30000000001, &form, &row), 0);
	assert_string_equal(form_id(form), "other");
	assert_string_equal(form_version(form), "2");
	assert_int_equal(number(k, "SELECT count(*) FROM form"), 3);
	assert_string_equal(version(k), "1");
	assert_int_equal(shelf_form_named(k->s, "nothing", &form, &row), ERR_NOT_FOUND);
}

/* ---- the catalogue ---- */

static void a_request_asks_for_what_is_lacking(void **state)
{
	struct agentkit *k = *state;
	const struct agentkit_paper papers[] = {
		{ .kind = MESSAGE_FORM, .text = FORM("main", "1") },
		{ .kind = MESSAGE_FORM, .text = FORM("main", "2"), .from_day = TODAY, .is_on_its_way = true },
		{ .kind = MESSAGE_LIST, .text = PLACES("1", "a,أ,A\n"), .is_on_its_way = true },
		{ .kind = MESSAGE_LIST, .text = PLACES("2", "a,أ,A\nb,ب,B\n"), .from_day = TODAY },
	};
	struct message_request q = { 0 };
	struct shelf_line *lines;
	uint8_t hashes[4 * FORM_HASH_BYTES], mark[MESSAGE_MARK_BYTES];
	struct buf wanted;
	size_t count;

	bring(k, 1, papers, 4);
	assert_int_equal(shelf_lines(k->s, &lines, &count), 0);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < 4; i++)
		memcpy(hashes + i * FORM_HASH_BYTES, lines[i].paper.hash, FORM_HASH_BYTES);
	buf_init(&wanted, MESSAGE_PAPERS_MAX * FORM_HASH_BYTES);
	assert_int_equal(shelf_request(k->s, &q, &wanted), 0);
	assert_int_equal(q.wanted_count, 2);
	assert_memory_equal(q.wanted, lines[1].paper.hash, FORM_HASH_BYTES);
	assert_memory_equal(q.wanted + FORM_HASH_BYTES, lines[2].paper.hash, FORM_HASH_BYTES);
	message_paper_mark(hashes, 4, mark);
	assert_memory_equal(q.mark, mark, sizeof mark);
	/* Of a name one is in force, and it says so whether it is here or not. */
	assert_false(lines[0].is_in_force);
	assert_true(lines[1].is_in_force && !lines[1].is_held);
	assert_false(lines[2].is_in_force);
	assert_true(lines[3].is_in_force && lines[3].is_held);
	buf_fini(&wanted);
	free(lines);
}

static void a_catalogue_out_of_a_drawer_is_passed_over(void **state)
{
	struct agentkit *k = *state;
	const struct agentkit_paper newer = { .kind = MESSAGE_FORM, .text = FORM("main", "3"), .from_day = 1 };
	const struct agentkit_paper older = { .kind = MESSAGE_FORM, .text = FORM("main", "2"), .from_day = 1 };

	bring(k, 8, &newer, 1);
	bring(k, 5, &older, 1);
	assert_string_equal(version(k), "3");
	/* Its text is kept all the same: answers may come in its tables. */
	assert_int_equal(number(k, "SELECT count(*) FROM form"), 3);
	assert_int_equal(number(k, "SELECT count(*) FROM paper"), 1);
	bring(k, 8, &older, 1);
	assert_string_equal(version(k), "2");
}

static void a_text_that_is_none_changes_nothing(void **state)
{
	struct agentkit *k = *state;
	struct message_content *c = calloc(1, sizeof *c);
	struct message_paper line = { .kind = MESSAGE_FORM, .name = "main", .version = "2" };

	assert_non_null(c);
	c->catalogue = &line;
	c->catalogue_count = 1;
	c->papers[0] = (struct message_paper_text){ MESSAGE_FORM, { (const uint8_t *)"mandoob-form\t2\n", 15 } };
	c->paper_count = 1;
	assert_int_equal(db_begin(k->s->db), 0);
	assert_int_equal(shelf_take(k->s, c, 1), ERR_CORRUPT);
	db_rollback(k->s->db);
	c->papers[0].kind = MESSAGE_LIST;
	assert_int_equal(db_begin(k->s->db), 0);
	assert_int_equal(shelf_take(k->s, c, 1), ERR_CORRUPT);
	db_rollback(k->s->db);
	assert_string_equal(version(k), "1");
	free(c);
}

/* ---- lists ---- */

static size_t places(struct agentkit *k)
{
	const struct reflist *l = shelf_list(k->s, "places");

	return l ? reflist_count(l) : 0;
}

static void a_list_is_in_force_from_its_day_and_dropped_when_nothing_names_it(void **state)
{
	struct agentkit *k = *state;
	const struct agentkit_paper papers[] = {
		{ .kind = MESSAGE_FORM, .text = FORM("main", "1") },
		{ .kind = MESSAGE_LIST, .text = PLACES("1", "a,أ,A\n") },
		{ .kind = MESSAGE_LIST, .text = PLACES("2", "a,أ,A\nb,ب,B\n"), .from_day = TODAY + 1 },
	};
	const struct reflist *first;

	assert_null(shelf_list(k->s, "places"));
	bring(k, 1, papers, 3);
	assert_int_equal(places(k), 1);
	first = shelf_list(k->s, "places");
	now_ms += DAY_MS;
	assert_int_equal(places(k), 2);
	assert_null(shelf_list(k->s, "elsewhere"));
	bring(k, 2, papers, 1);
	assert_int_equal(places(k), 0);
	assert_int_equal(number(k, "SELECT count(*) FROM reference_list"), 0);
	/* Whoever has it in hand keeps it. */
	assert_string_equal(reflist_code(first, 0), "a");
	bring(k, 3, papers, 3);
	assert_int_equal(places(k), 2);
}

static void what_is_parsed_once_is_the_same_for_ever(void **state)
{
	struct agentkit *k = *state;
	const struct form *form, *again;
	const struct plan *plan, *same;
	int64_t row;

	assert_int_equal(shelf_form_current(k->s, &form, &row), 0);
	assert_int_equal(shelf_plan(k->s, form, &plan), 0);
	store_suspend(k->s);
	assert_int_equal(store_resume(k->s, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS)), 0);
	assert_int_equal(shelf_form_by_id(k->s, row, &again), 0);
	assert_ptr_equal(form, again);
	assert_int_equal(shelf_plan(k->s, form, &same), 0);
	assert_ptr_equal(plan, same);
	assert_ptr_equal(plan_form(plan), form);
}


/* A question whose choices are reference data is answered by a part of a name or an alias, of which the form's labels know nothing. */
static void an_alias_finds_an_item_of_a_list(void **state)
{
	static const struct agentkit_paper PAPERS[] = {
		{ .kind = MESSAGE_FORM, .text = "#settings\nkey | value\nform_id | main\nversion | 2\nform_title | A form\n"
						"#survey\ntype | list | name | label\nselect_one | places | p | Place\n" },
		{ .kind = MESSAGE_LIST, .text = "places 1\ncode,label::ar,label::en,aliases\nsidr,السدر,Sidr,أم الخير\ntalh,الطلح,Talh,\n" },
	};
	struct agentkit *k = *state;
	struct model_node *n;
	struct session *x;
	const struct form *form;
	int64_t row;

	bring(k, 1, PAPERS, 2);
	assert_int_equal(shelf_form_current(k->s, &form, &row), 0);
	assert_int_equal(session_open(k->s, 0, form, SESSION_TAKE, &x), 0);
	n = model_find(session_model(x), "/data/p");
	assert_non_null(n);
	assert_non_null(session_list(x, n));
	assert_int_equal(question_take(x, n, "ام الخير"), ERR_USAGE);
	assert_non_null(strstr(err_message(), "which of these"));
	assert_int_equal(question_take(x, n, "no such place"), ERR_USAGE);
	assert_null(strstr(err_message(), "which of these"));
	assert_int_equal(question_take(x, n, "1"), 0);
	assert_string_equal(model_find(session_model(x), "/data/p")->value, "sidr");
	session_close(x);
}

static void a_form_that_is_not_understood_asks_for_a_newer_program(void **state)
{
	static const struct agentkit_paper PAPERS[] = {
		{ MESSAGE_FORM, "#settings\nkey | value\nform_id | main\nversion | 2\n#survey\ntype | name | calculation\ntext | a |\n"
				"calculate | c | from-a-later-version(1)\n", 0, false },
	};
	const struct form *form;
	const struct plan *plan;
	int64_t row;

	bring(*state, 1, PAPERS, 1);
	assert_int_equal(shelf_form_current(((struct agentkit *)*state)->s, &form, &row), 0);
	assert_int_equal(shelf_plan(((struct agentkit *)*state)->s, form, &plan), ERR_STALE);
	assert_non_null(strstr(err_message(), "newer version"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(enrolment_brings_a_form_that_is_in_force, setup, teardown),
		cmocka_unit_test_setup_teardown(a_form_is_in_force_from_its_day, setup, teardown),
		cmocka_unit_test_setup_teardown(days_are_those_of_riyadh, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_that_fell_back_is_not_believed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_visit_is_never_without_a_form, setup, teardown),
		cmocka_unit_test_setup_teardown(with_nothing_begun_the_first_to_come_is_used, setup, teardown),
		cmocka_unit_test_setup_teardown(a_family_that_ended_keeps_its_cases, setup, teardown),
		cmocka_unit_test_setup_teardown(a_request_asks_for_what_is_lacking, setup, teardown),
		cmocka_unit_test_setup_teardown(a_catalogue_out_of_a_drawer_is_passed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(a_text_that_is_none_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_list_is_in_force_from_its_day_and_dropped_when_nothing_names_it, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_parsed_once_is_the_same_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(an_alias_finds_an_item_of_a_list, setup, teardown),
		cmocka_unit_test_setup_teardown(a_form_that_is_not_understood_asks_for_a_newer_program, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
