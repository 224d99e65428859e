/*
 * test_agent_draft: what is being taken and what was finished, also when the device gets a new incarnation in the middle of it.
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

#include "agent/command/verify.h"
#include "agent/draft.h"
#include "agent/fork.h"
#include "agent/outbox.h"
#include "agent/session.h"
#include "agent/shelf.h"
#include "tests/lib/agentkit.h"

#define NEW_SITE 900

/* Rows that nobody adds: as many rooms as there are, each with windows. */
static const char HOUSE[] = "#settings\nkey | value\nform_id | house\nversion | 1\nform_title | House\n"
			    "#survey\ntype | name | label | repeat_count | entry | member\n"
			    "begin_group | visit | Visit | | visit\n"
			    "text | place | Place\n"
			    "end_group |\n"
			    "integer | rooms | How many rooms\n"
			    "begin_repeat | room | Room | ${rooms}\n"
			    "text | colour | Colour\n"
			    "integer | windows | How many windows\n"
			    "begin_repeat | window | Window | ${windows}\n"
			    "text | view | What one sees\n"
			    "end_repeat |\n"
			    "end_repeat |\n"
			    "begin_repeat | person | Person\n"
			    "text | who | Name\n"
			    "integer | beds | How many beds\n"
			    "begin_repeat | bed | Bed | ${beds}\n"
			    "text | wood | Wood\n"
			    "end_repeat |\n"
			    "end_repeat |\n";

static int setup(void **state)
{
	struct agentkit *k = malloc(sizeof *k);

	agentkit_open_form(k, HOUSE);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	agentkit_close(*state);
	free(*state);
	return 0;
}

static void set(struct session *x, const char *path, const char *value)
{
	struct model_node *n = model_find(session_model(x), path);

	assert_non_null(n);
	assert_int_equal(model_set(session_model(x), n, value), 0);
}

static const char *value_of(struct session *x, const char *path)
{
	struct model_node *n = model_find(session_model(x), path);

	return n ? n->value : "?";
}

static struct session *open_case(struct agentkit *k, uint64_t case_id, enum session_purpose purpose)
{
	const struct form *form = NULL;
	struct session *x;
	int64_t row;

	assert_int_equal(shelf_form_current(k->s, &form, &row), 0);
	assert_int_equal(session_open(k->s, case_id, case_id ? NULL : form, purpose, &x), 0);
	return x;
}

static void save(struct session *x)
{
	size_t answers;

	assert_int_equal(session_save(x, &answers), 0);
	assert_true(answers > 0);
}

static uint64_t a_house(struct agentkit *k)
{
	struct session *x = open_case(k, 0, SESSION_TAKE);
	uint64_t id = session_case(x);
	struct model_node *row;

	set(x, "/data/visit/place", "at home");
	set(x, "/data/rooms", "2");
	set(x, "/data/room[2]/colour", "green");
	set(x, "/data/room[2]/windows", "3");
	set(x, "/data/room[2]/window[3]/view", "the hill");
	assert_int_equal(model_add(session_model(x), model_find(session_model(x), "/data/person"), &row), 0);
	set(x, "/data/person[1]/who", "Salim");
	set(x, "/data/person[1]/beds", "2");
	set(x, "/data/person[1]/bed[2]/wood", "pine");
	save(x);
	session_close(x);
	return id;
}

static void check_house(struct agentkit *k, uint64_t id)
{
	struct session *x = open_case(k, id, SESSION_LOOK);

	assert_string_equal(value_of(x, "/data/visit/place"), "at home");
	assert_string_equal(value_of(x, "/data/room[2]/colour"), "green");
	assert_string_equal(value_of(x, "/data/room[2]/window[3]/view"), "the hill");
	assert_string_equal(value_of(x, "/data/person[1]/who"), "Salim");
	assert_string_equal(value_of(x, "/data/person[1]/bed[2]/wood"), "pine");
	session_close(x);
}

static void finish(struct agentkit *k, uint64_t id)
{
	assert_int_equal(db_begin(k->s->db), 0);
	assert_int_equal(draft_finish(k->s, id), 0);
	assert_int_equal(db_commit(k->s->db), 0);
}

static enum draft_state state_of(struct agentkit *k, uint64_t id)
{
	enum draft_state state;

	assert_int_equal(draft_state(k->s, id, &state), 0);
	return state;
}

/* The centre knows the groups `known` (a count of the first ones) and gives a new incarnation. */
static void forks(struct agentkit *k, size_t known)
{
	struct message_content *c = calloc(1, sizeof *c);
	struct message_known_group groups[8];

	assert_non_null(c);
	assert_true(known <= 8);
	for (size_t i = 0; i < known; i++) {
		struct edit_group g;
		void *arena;

		assert_int_equal(outbox_load(k->s, i + 1, &g, &arena), 0);
		groups[i].number = g.number;
		edit_group_hash(&g, groups[i].hash);
		outbox_free(arena);
	}
	c->has_fork = true;
	c->fork_incarnation = 2;
	c->fork_site = NEW_SITE;
	c->fork_groups = groups;
	c->fork_group_count = known;
	assert_int_equal(db_begin(k->s->db), 0);
	assert_int_equal(fork_take(k->s, c), 0);
	assert_int_equal(db_commit(k->s->db), 0);
	assert_int_equal(store_reload(k->s), 0);
	free(c);
}

static void check_clean(struct agentkit *k)
{
	struct verify_result r;

	assert_int_equal(outbox_seal(k->s), 0);
	assert_int_equal(verify_agent(k->s, &r), 0);
	if (r.finding_count)
		fail_msg("%s", buf_string(&r.findings));
	verify_result_fini(&r);
}

static uint64_t only_case(struct agentkit *k)
{
	int64_t id;

	assert_int_equal(db_query_int(k->s->db, "SELECT case_id FROM aid_case", &id), 0);
	return (uint64_t)id;
}

static void a_case_goes_from_open_to_finished_to_changed(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = a_house(k), entry, newest;
	struct session *x;
	struct draft d;
	int64_t form_id;

	assert_int_equal(state_of(k, id), DRAFT_OPEN);
	assert_int_equal(draft_finished_form(k->s, id, &form_id), ERR_NOT_FOUND);
	assert_int_equal(draft_newest_group(k->s, id, &newest), 0);
	assert_int_equal(newest, 1);
	assert_int_equal(draft_newest_group(k->s, id + 100, &newest), 0);
	assert_int_equal(newest, 0);
	finish(k, id);
	assert_int_equal(state_of(k, id), DRAFT_FINISHED);
	assert_int_equal(draft_finished_form(k->s, id, &form_id), 0);
	assert_int_equal(draft_find(k->s, id, &d), 0);
	assert_int_equal(d.form_id, 0);
	assert_int_equal(draft_entry(k->s, id, "visit", &entry), 0);
	assert_int_equal(entry, agentkit_entry(k, id, "visit", 0));
	assert_int_equal(db_begin(k->s->db), 0);
	assert_int_equal(draft_finish(k->s, id), ERR_NOT_FOUND);
	db_rollback(k->s->db);
	x = open_case(k, id, SESSION_TAKE);
	set(x, "/data/rooms", "3");
	save(x);
	session_close(x);
	assert_int_equal(state_of(k, id), DRAFT_CHANGED);
	assert_int_equal(draft_entry(k->s, id, "visit", &entry), 0);
	assert_int_equal(entry, 0);
	finish(k, id);
	assert_int_equal(state_of(k, id), DRAFT_FINISHED);
	assert_int_equal(state_of(k, id + 100), DRAFT_NONE);
}

/* Nothing of it is known to the centre: all ids are new, and what is named after them follows. */
static void a_new_incarnation_takes_draft_and_counted_rows_along(void **state)
{
	struct agentkit *k = *state;
	uint64_t old = a_house(k), id, entry;
	struct session *x;
	struct draft d;

	forks(k, 0);
	id = only_case(k);
	assert_int_equal(record_id_site(id), NEW_SITE);
	assert_int_equal(state_of(k, old), DRAFT_NONE);
	assert_int_equal(state_of(k, id), DRAFT_OPEN);
	assert_int_equal(draft_find(k->s, id, &d), 0);
	assert_true(d.form_id != 0);
	assert_int_equal(draft_entry(k->s, id, "visit", &entry), 0);
	assert_int_equal(record_id_site(entry), NEW_SITE);
	check_house(k, id);
	check_clean(k);
	/* The visit goes on where it was. */
	x = open_case(k, id, SESSION_TAKE);
	assert_string_equal(value_of(x, "/data/visit/place"), "at home");
	set(x, "/data/visit/place", "at the office");
	save(x);
	session_close(x);
	assert_int_equal(agentkit_entry(k, id, "visit", 1), 0);
	finish(k, id);
	assert_int_equal(state_of(k, id), DRAFT_FINISHED);
	check_clean(k);
}

/* The centre knows the case and the person, so their ids stay; what was added since gets new ones, and only that. */
static void what_the_centre_knows_keeps_its_ids(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = a_house(k);
	struct session *x = open_case(k, id, SESSION_TAKE);
	struct model_node *row;

	set(x, "/data/room[1]/colour", "blue");
	assert_int_equal(model_add(session_model(x), model_find(session_model(x), "/data/person"), &row), 0);
	set(x, "/data/person[2]/beds", "1");
	set(x, "/data/person[2]/bed[1]/wood", "oak");
	save(x);
	session_close(x);
	forks(k, 1);
	assert_int_equal(only_case(k), id);
	check_house(k, id);
	x = open_case(k, id, SESSION_LOOK);
	assert_string_equal(value_of(x, "/data/room[1]/colour"), "blue");
	assert_string_equal(value_of(x, "/data/person[2]/bed[1]/wood"), "oak");
	assert_int_equal(record_id_site(model_find(session_model(x), "/data/person[2]/beds")->entry_id), NEW_SITE);
	assert_int_equal(record_id_site(model_find(session_model(x), "/data/person[1]/beds")->entry_id), AGENTKIT_SITE);
	session_close(x);
	check_clean(k);
}

static void what_was_finished_stays_finished_in_a_new_incarnation(void **state)
{
	struct agentkit *k = *state;
	uint64_t id;

	finish(k, a_house(k));
	forks(k, 0);
	id = only_case(k);
	assert_int_equal(state_of(k, id), DRAFT_FINISHED);
	check_house(k, id);
	check_clean(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_case_goes_from_open_to_finished_to_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_incarnation_takes_draft_and_counted_rows_along, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_centre_knows_keeps_its_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_finished_stays_finished_in_a_new_incarnation, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
