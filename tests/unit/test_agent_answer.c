/*
 * test_agent_answer: JSON to drafts to edits: what is taken, what is refused with which words, what an update writes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/answer_json.h"
#include "agent/draft.h"
#include "agent/outbox.h"
#include "agent/session.h"
#include "agent/shelf.h"
#include "agent/view.h"
#include "proto/form/form_default.h"
#include "tests/lib/agentkit.h"
#include "tests/lib/sample.h"

/* What the last take() of a test said. */
struct taken {
	int err;
	struct answer_saved saved;
	size_t problem_count;
	char problems[4096];
};

static int setup(void **state)
{
	struct agentkit *k = malloc(sizeof *k);

	agentkit_open_enrolled(k);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	agentkit_close(*state);
	free(*state);
	return 0;
}

static const struct form *form_of(struct agentkit *k)
{
	const struct form *form;
	int64_t id;

	assert_int_equal(shelf_form_current(k->s, &form, &id), 0);
	return form;
}

static struct taken take_object(struct agentkit *k, uint64_t case_id, const json_t *object)
{
	struct taken t = { 0 };
	struct answer_draft *d;
	struct answer_problems p;

	answer_problems_init(&p);
	assert_int_equal(answer_new(form_of(k), &d), 0);
	t.err = answer_json(d, object, &p);
	if (!t.err)
		t.err = answer_save(k->s, d, case_id, &t.saved);
	t.problem_count = p.count;
	snprintf(t.problems, sizeof t.problems, "%s", buf_string(&p.lines));
	answer_free(d);
	answer_problems_fini(&p);
	return t;
}

static struct taken take(struct agentkit *k, uint64_t case_id, const char *text)
{
	struct taken t;
	json_t *object;

	assert_int_equal(json_read(text, strlen(text), &object), 0);
	t = take_object(k, case_id, object);
	json_decref(object);
	return t;
}

static uint64_t groups(struct agentkit *k)
{
	struct outbox_counts n;

	assert_int_equal(outbox_count(k->s, &n), 0);
	return n.groups;
}

static const char TWO_MEMBERS[] =
	"{\"first_name\": \"نورة\", \"village\": \"السدر\", \"visit_type\": \"first\", \"declares_true\": true,"
	" \"member\": [{\"member_name\": \"سالم\"}, {\"member_name\": \"هند\", \"member_gender\": \"female\"}],"
	" \"income\": [{\"income_amount\": \"١٥٠٠\", \"income_receiver\": \"member:2\"},"
	" {\"income_amount\": 250, \"income_receiver\": \"applicant\"}]}";

static void an_application_opens_a_case_with_its_rows(void **state)
{
	struct agentkit *k = *state;
	struct taken t = take(k, 0, TWO_MEMBERS);
	uint64_t id = t.saved.case_id;

	assert_string_equal(t.problems, "");
	assert_int_equal(t.err, 0);
	assert_int_equal(t.saved.answers, 11);
	assert_int_equal(record_id_site(id), AGENTKIT_SITE);
	assert_string_equal(agentkit_shown(k, id, id, "village"), "السدر");
	assert_string_equal(agentkit_shown(k, id, agentkit_entry(k, id, "visit", 0), "visit_type"), "first");
	assert_string_equal(agentkit_shown(k, id, agentkit_entry(k, id, "declaration", 0), "declares_true"), "yes");
	assert_string_equal(agentkit_shown(k, id, agentkit_entry(k, id, "member", 1), "member_name"), "هند");
	assert_string_equal(agentkit_shown(k, id, agentkit_entry(k, id, "income", 0), "income_amount"), "1500.00");
	assert_string_equal(agentkit_shown(k, id, agentkit_entry(k, id, "income", 1), "income_amount"), "250.00");
}

static void member_references_become_ids_of_this_case(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = take(k, 0, TWO_MEMBERS).saved.case_id;
	char wanted[17];

	snprintf(wanted, sizeof wanted, "%016" PRIx64, agentkit_entry(k, id, "member", 1));
	assert_string_equal(agentkit_shown(k, id, agentkit_entry(k, id, "income", 0), "income_receiver"), wanted);
	snprintf(wanted, sizeof wanted, "%016" PRIx64, id);
	assert_string_equal(agentkit_shown(k, id, agentkit_entry(k, id, "income", 1), "income_receiver"), wanted);
}

static void a_row_may_be_named_before_it_stands(void **state)
{
	struct agentkit *k = *state;
	struct taken t = take(k, 0, "{\"income\": [{\"income_receiver\": \"member:1\"}], \"member\": [{\"member_name\": \"سالم\"}]}");

	assert_int_equal(t.err, 0);
	assert_int_equal(t.saved.answers, 2);
}

static void check_door(struct agentkit *k, uint64_t case_id, const char *path, const char *value)
{
	const struct model_node *n;
	struct session *x;

	assert_int_equal(session_open(k->s, case_id, NULL, SESSION_LOOK, &x), 0);
	n = model_find(session_model(x), path);
	assert_non_null(n);
	assert_string_equal(n->value, value);
	session_close(x);
}

/* A row inside another row says in which; two questions of one name keep to their places. */
static void rows_in_rows_name_the_row_they_are_in(void **state)
{
	static const char TABLES[] = "#settings\nkey | value\nform_id | street\nversion | 1\nform_title | Street\n"
				     "#survey\ntype | name | label\ntext | note | A note\nbegin_repeat | house | House\ntext | colour | Colour\n"
				     "begin_repeat | door | Door\ntext | note | Its note\nend_repeat |\nend_repeat |\n";
	struct agentkit *k = *state;
	struct taken t;
	char text[300], id[RECORD_ID_TEXT_BYTES];
	uint64_t house;

	agentkit_close(k);
	agentkit_open_form(k, TABLES);
	assert_int_equal(take(k, 0, "{\"house\": [{\"colour\": \"red\"}], \"door\": [{\"note\": \"oak\"}]}").err, ERR_USAGE);
	assert_int_equal(take(k, 0, "{\"house\": [{}], \"door\": [{\"_parent\": \"applicant\", \"note\": \"oak\"}]}").err, ERR_USAGE);
	assert_int_equal(groups(k), 0);
	t = take(k, 0, "{\"note\": \"of all\", \"house\": [{\"colour\": \"red\"}, {\"colour\": \"blue\"}],"
		       " \"door\": [{\"_parent\": \"house:2\", \"note\": \"oak\"}]}");
	assert_string_equal(t.problems, "");
	assert_int_equal(t.err, 0);
	assert_int_equal(t.saved.answers, 5);
	house = agentkit_entry(k, t.saved.case_id, "house", 1);
	assert_int_equal(outbox_seal(k->s), 0);
	snprintf(text, sizeof text, "{\"door\": [{\"_parent\": \"%s\", \"note\": \"pine\"}]}", record_id_format(house, id));
	assert_int_equal(take(k, t.saved.case_id, text).saved.answers, 2);
	snprintf(text, sizeof text, "{\"door\": [{\"_parent\": \"%s\", \"note\": \"pine\"}]}", record_id_format(t.saved.case_id, id));
	assert_int_equal(take(k, t.saved.case_id, text).err, ERR_USAGE);
	assert_string_equal(agentkit_shown(k, t.saved.case_id, t.saved.case_id, "note"), "of all");
	check_door(k, t.saved.case_id, "/data/house[2]/door[1]/note", "oak");
	check_door(k, t.saved.case_id, "/data/house[2]/door[2]/note", "pine");
}

static void an_update_writes_only_what_differs(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = take(k, 0, TWO_MEMBERS).saved.case_id;
	struct taken t = take(k, id, "{\"first_name\": \"نورة\", \"village\": \"العرعر\", \"landmark\": \"\"}");

	assert_int_equal(t.err, 0);
	assert_int_equal(t.saved.answers, 1);
	assert_string_equal(agentkit_shown(k, id, id, "village"), "العرعر");
	t = take(k, id, "{\"village\": \"العرعر\"}");
	assert_int_equal(t.err, 0);
	assert_int_equal(t.saved.answers, 0);
	assert_int_equal(groups(k), 2);
}

static void an_update_changes_adds_and_removes_rows(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = take(k, 0, TWO_MEMBERS).saved.case_id;
	char a[RECORD_ID_TEXT_BYTES], b[RECORD_ID_TEXT_BYTES], text[400];
	struct view v;
	struct taken t;

	record_id_format(agentkit_entry(k, id, "member", 0), a);
	record_id_format(agentkit_entry(k, id, "member", 1), b);
	snprintf(text, sizeof text,
		 "{\"member\": [{\"_id\": \"%s\", \"member_name\": \"سليم\"}, {\"_id\": \"%s\", \"_gone\": true},"
		 " {\"member_name\": \"ريم\"}],"
		 " \"income\": [{\"income_receiver\": \"%s\", \"income_amount\": 10},"
		 " {\"income_receiver\": \"member:3\", \"income_amount\": 20}]}",
		 a, b, a);
	t = take(k, id, text);
	assert_int_equal(t.err, 0);
	assert_int_equal(t.saved.answers, 7);
	assert_string_equal(agentkit_shown(k, id, agentkit_entry(k, id, "member", 0), "member_name"), "سليم");
	assert_string_equal(agentkit_shown(k, id, agentkit_entry(k, id, "member", 2), "member_name"), "ريم");
	assert_int_equal(view_load(k->s, id, NULL, &v), 0);
	assert_true(view_entry(&v, agentkit_entry(k, id, "member", 1))->is_gone);
	view_fini(&v);
	snprintf(text, sizeof text, "{\"member\": [{\"_id\": \"%s\", \"_gone\": false}]}", b);
	assert_int_equal(take(k, id, text).saved.answers, 1);
}

static void finish(struct agentkit *k, uint64_t case_id)
{
	assert_int_equal(db_begin(k->s->db), 0);
	assert_int_equal(draft_finish(k->s, case_id), 0);
	assert_int_equal(db_commit(k->s->db), 0);
}

static void each_visit_is_an_entry_of_its_own(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = take(k, 0, TWO_MEMBERS).saved.case_id;
	uint64_t first = agentkit_entry(k, id, "visit", 0);

	/* Until it is finished it is the same visit. */
	assert_int_equal(take(k, id, "{\"suggestion\": \"شكرا\", \"visit_type\": \"first\"}").saved.answers, 1);
	assert_int_equal(agentkit_entry(k, id, "visit", 1), 0);
	assert_string_equal(agentkit_shown(k, id, first, "suggestion"), "شكرا");
	assert_int_equal(take(k, id, "{\"suggestion\": \"\"}").saved.answers, 1);
	assert_string_equal(agentkit_shown(k, id, first, "suggestion"), "");
	finish(k, id);
	assert_int_equal(take(k, id, "{\"suggestion\": \"شكرا\"}").saved.answers, 1);
	assert_true(agentkit_entry(k, id, "visit", 1) != 0);
	assert_string_equal(agentkit_shown(k, id, first, "suggestion"), "");
	assert_true(agentkit_entry(k, id, "declaration", 1) == 0);
}

static void a_second_row_of_one_visit_is_another_visit(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = take(k, 0, TWO_MEMBERS).saved.case_id;

	assert_int_equal(take(k, id, "{\"visit\": [{\"suggestion\": \"a\"}, {\"suggestion\": \"b\"}]}").saved.answers, 2);
	assert_string_equal(agentkit_shown(k, id, agentkit_entry(k, id, "visit", 0), "suggestion"), "a");
	assert_string_equal(agentkit_shown(k, id, agentkit_entry(k, id, "visit", 1), "suggestion"), "b");
}

static void every_bad_value_is_told_and_nothing_is_stored(void **state)
{
	struct agentkit *k = *state;
	struct taken t = take(k, 0,
			      "{\"village\": \"السدر\", \"iban\": \"SA00SECRET\", \"gender\": \"SECRET\", \"nosuchfield\": 1,"
			      " \"SECRET key\": 1,"
			      " \"member_name\": \"SECRET\", \"rooms_count\": {\"SECRET\": 1},"
			      " \"member\": [{\"member_birth_date\": \"SECRET\", \"village\": \"SECRET\"}, 5, {\"_gone\": true}],"
			      " \"income\": [{\"income_receiver\": \"member:9\"}], \"debt\": {\"a\": 1}}");

	assert_int_equal(t.err, ERR_USAGE);
	assert_int_equal(t.problem_count, 12);
	assert_null(strstr(t.problems, "SECRET"));
	assert_non_null(strstr(t.problems, "member[1].member_birth_date: "));
	assert_non_null(strstr(t.problems, "member[2].row: "));
	assert_non_null(strstr(t.problems, "member[3]._gone: "));
	assert_non_null(strstr(t.problems, "income[1].income_receiver: "));
	assert_non_null(strstr(t.problems, "nosuchfield: no such question"));
	assert_int_equal(groups(k), 0);
}

/* When a visit began and when it was signed is nobody's to say. */
static void what_the_form_fills_in_is_not_taken(void **state)
{
	struct agentkit *k = *state;
	struct taken t = take(k, 0, "{\"village\": \"السدر\", \"signed_at\": \"2026-11-18T10:00:00.000+03:00\"}");

	assert_int_equal(t.err, ERR_USAGE);
	assert_non_null(strstr(t.problems, "signed_at: the form fills this in"));
	assert_int_equal(groups(k), 0);
}

static void values_come_as_text_numbers_truth_and_lists(void **state)
{
	struct agentkit *k = *state;
	struct taken t = take(k, 0,
			      "{\"rooms_count\": 3, \"expense_food\": 99.5, \"can_read_write\": false, \"no_income_declared\": true,"
			      " \"assets_owned\": [\"none\"], \"mobile\": null, \"village\": \"\"}");
	uint64_t id = t.saved.case_id;

	assert_int_equal(t.err, 0);
	assert_int_equal(t.saved.answers, 5);
	assert_string_equal(agentkit_shown(k, id, id, "rooms_count"), "3");
	assert_string_equal(agentkit_shown(k, id, id, "expense_food"), "99.50");
	assert_string_equal(agentkit_shown(k, id, id, "can_read_write"), "no");
	assert_string_equal(agentkit_shown(k, id, id, "assets_owned"), "none");
}

static void a_case_without_one_answer_is_not_opened(void **state)
{
	struct agentkit *k = *state;

	assert_int_equal(take(k, 0, "{}").err, ERR_USAGE);
	assert_int_equal(take(k, 0, "{\"village\": \"\", \"member\": [{}], \"mobile\": null}").err, ERR_USAGE);
	assert_int_equal(groups(k), 0);
}

static void entries_of_other_cases_and_types_are_refused(void **state)
{
	struct agentkit *k = *state;
	uint64_t one = take(k, 0, TWO_MEMBERS).saved.case_id;
	uint64_t two = take(k, 0, TWO_MEMBERS).saved.case_id;
	char id[RECORD_ID_TEXT_BYTES], text[200];

	record_id_format(agentkit_entry(k, one, "member", 0), id);
	snprintf(text, sizeof text, "{\"member\": [{\"_id\": \"%s\", \"member_name\": \"x\"}]}", id);
	assert_int_equal(take(k, two, text).err, ERR_USAGE);
	snprintf(text, sizeof text, "{\"income\": [{\"_id\": \"%s\", \"income_amount\": 1}]}", id);
	assert_int_equal(take(k, one, text).err, ERR_USAGE);
	snprintf(text, sizeof text, "{\"income\": [{\"income_receiver\": \"%s\"}]}", id);
	assert_int_equal(take(k, two, text).err, ERR_USAGE);
	assert_int_equal(take(k, one, text).err, 0);
	snprintf(text, sizeof text,
			"{\"member\": [{\"_id\": \"%s\", \"member_name\": \"a\"}, {\"_id\": \"%s\", \"member_name\": \"b\"}]}", id, id);
	assert_int_equal(take(k, one, text).err, ERR_USAGE);
	assert_int_equal(take(k, record_id(AGENTKIT_SITE, 4000), "{\"village\": \"x\"}").err, ERR_NOT_FOUND);
	assert_int_equal(groups(k), 3);
}

static void a_failed_save_gives_its_ids_back(void **state)
{
	struct agentkit *k = *state;
	uint64_t before, after;

	assert_int_equal(store_get_u64(k->s, "counter", &before), 0);
	assert_int_equal(take(k, 0, "{\"village\": \"x\", \"income\": [{\"income_receiver\": \"9-9\"}]}").err, ERR_USAGE);
	assert_int_equal(store_get_u64(k->s, "counter", &after), 0);
	assert_int_equal(before, after);
}

static void duplicate_keys_and_deep_nesting_are_no_json_here(void **state)
{
	char deep[6001];
	json_t *object;

	(void)state;
	assert_int_equal(json_read("{\"village\": 1, \"village\": 2}", 28, &object), ERR_CORRUPT);
	memset(deep, '[', 6000);
	deep[6000] = '\0';
	assert_int_equal(json_read(deep, 6000, &object), ERR_CORRUPT);
}

static void hostile_sizes_are_refused(void **state)
{
	struct agentkit *k = *state;
	json_t *object = json_object(), *array = json_array();
	char *text = calloc(1, 40001);
	struct taken t;

	memset(text, 'x', 40000);
	json_object_set_new(object, "village", json_string(text));
	t = take_object(k, 0, object);
	assert_int_equal(t.err, ERR_USAGE);
	assert_int_equal(t.problem_count, 1);
	json_object_clear(object);
	for (size_t i = 0; i < ANSWER_ROWS_MAX + 1; i++)
		json_array_append_new(array, json_object());
	json_object_set_new(object, "member", array);
	assert_int_equal(take_object(k, 0, object).err, ERR_LIMIT);
	assert_int_equal(groups(k), 0);
	json_decref(object);
	free(text);
}

static void many_problems_are_counted_but_not_all_told(void **state)
{
	struct agentkit *k = *state;
	json_t *object = json_object();
	char key[32];
	struct taken t;

	for (unsigned i = 0; i < 3000; i++) {
		snprintf(key, sizeof key, "nothing_%u", i);
		json_object_set_new(object, key, json_integer(1));
	}
	t = take_object(k, 0, object);
	assert_int_equal(t.err, ERR_USAGE);
	assert_int_equal(t.problem_count, 3000);
	json_decref(object);
}

static void a_long_application_becomes_groups_that_fit_an_envelope(void **state)
{
	struct agentkit *k = *state;
	json_t *object = json_object(), *array = json_array();
	char *text = calloc(1, 1501);
	struct outbox_counts n;
	struct taken t;

	memset(text, 'x', 1500);
	for (unsigned i = 0; i < 300; i++) {
		json_t *row = json_object();

		json_object_set_new(row, "inquiry_text", json_string(text));
		json_array_append_new(array, row);
	}
	json_object_set_new(object, "inquiry", array);
	t = take_object(k, 0, object);
	assert_int_equal(t.err, 0);
	assert_int_equal(t.saved.answers, 300);
	assert_int_equal(groups(k), 4);
	assert_int_equal(outbox_seal(k->s), 0);
	assert_int_equal(outbox_count(k->s, &n), 0);
	assert_int_equal(n.unsealed, 0);
	json_decref(object);
	free(text);
}

static void thirty_samples_are_taken_whole(void **state)
{
	struct agentkit *k = *state;
	struct form *form;

	assert_int_equal(form_default_new(&form), 0);
	for (uint32_t i = 0; i < 30; i++) {
		struct sample *s;
		struct buf text;
		struct taken t;

		buf_init(&text, 1024 * 1024);
		assert_int_equal(sample_application(form, 7, i, &s), 0);
		assert_int_equal(sample_sign(s), 0);
		sample_json(s, &text);
		t = take(k, 0, buf_string(&text));
		if (t.err)
			fail_msg("sample %u: %s: %s", i, err_message(), t.problems);
		assert_int_equal(t.saved.answers, s->count);
		buf_fini(&text);
		sample_free(s);
	}
	form_free(form);
	assert_int_equal(groups(k), 30);
}

static void what_is_required_and_empty_is_counted(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = take(k, 0, TWO_MEMBERS).saved.case_id;
	struct session_problems p;
	struct session *x;

	session_problems_init(&p);
	assert_int_equal(session_open(k->s, id, NULL, SESSION_LOOK, &x), 0);
	assert_int_equal(session_check(x, &p), 0);
	assert_true(p.hard > 40);
	assert_non_null(strstr(buf_string(&p.lines), "(gender): is required"));
	assert_non_null(strstr(buf_string(&p.lines), "member 2 / "));
	assert_non_null(strstr(buf_string(&p.lines), "(member_birth_date): is required"));
	assert_null(strstr(buf_string(&p.lines), "(first_name)"));
	assert_null(strstr(buf_string(&p.lines), "(debt_kind)"));
	session_close(x);
	session_problems_fini(&p);
}

static void a_device_that_is_not_enrolled_or_is_revoked_takes_nothing(void **state)
{
	struct agentkit *k = *state;

	assert_int_equal(store_set_u64(k->s, "revoked", 1), 0);
	assert_int_equal(take(k, 0, TWO_MEMBERS).err, ERR_AUTH);
	assert_int_equal(store_set_u64(k->s, "revoked", 0), 0);
	assert_int_equal(store_reload(k->s), 0);
	k->s->is_enrolled = false;
	assert_int_equal(take(k, 0, TWO_MEMBERS).err, ERR_USAGE);
	k->s->is_enrolled = true;
	assert_int_equal(groups(k), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_application_opens_a_case_with_its_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(member_references_become_ids_of_this_case, setup, teardown),
		cmocka_unit_test_setup_teardown(a_row_may_be_named_before_it_stands, setup, teardown),
		cmocka_unit_test_setup_teardown(rows_in_rows_name_the_row_they_are_in, setup, teardown),
		cmocka_unit_test_setup_teardown(an_update_writes_only_what_differs, setup, teardown),
		cmocka_unit_test_setup_teardown(an_update_changes_adds_and_removes_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(each_visit_is_an_entry_of_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(a_second_row_of_one_visit_is_another_visit, setup, teardown),
		cmocka_unit_test_setup_teardown(every_bad_value_is_told_and_nothing_is_stored, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_form_fills_in_is_not_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(values_come_as_text_numbers_truth_and_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(a_case_without_one_answer_is_not_opened, setup, teardown),
		cmocka_unit_test_setup_teardown(entries_of_other_cases_and_types_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_save_gives_its_ids_back, setup, teardown),
		cmocka_unit_test(duplicate_keys_and_deep_nesting_are_no_json_here),
		cmocka_unit_test_setup_teardown(hostile_sizes_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(many_problems_are_counted_but_not_all_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_application_becomes_groups_that_fit_an_envelope, setup, teardown),
		cmocka_unit_test_setup_teardown(thirty_samples_are_taken_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_required_and_empty_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(a_device_that_is_not_enrolled_or_is_revoked_takes_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
