/*
 * test_agent_store: the store opens only with its passphrase; what was pushed is there after a kill; groups are sealed once, loaded
 * whole, counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/command/unlock.h"
#include "agent/outbox.h"
#include "agent/shelf.h"
#include "agent/view.h"
#include "tests/lib/agentkit.h"

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

/* One group of two root fields, in a transaction that is committed when `is_committed`. */
static int push(struct agentkit *k, uint64_t *case_id, const char *village, bool is_committed)
{
	const struct form *form;
	int64_t form_id;
	struct edit edits[2];
	struct edit_group g = { .edits = edits, .edit_count = 2 };
	int err;

	assert_int_equal(shelf_form_current(k->s, &form, &form_id), 0);
	assert_int_equal(db_begin(k->s->db), 0);
	if (*case_id == 0)
		assert_int_equal(store_new_id(k->s, case_id), 0);
	g.case_id = *case_id;
	g.form = form;
	edits[0] = (struct edit){ .entry_id = *case_id, .field = (uint16_t)form_field_find(form, "village"), .value = village,
				  .value_len = strlen(village) };
	edits[1] = (struct edit){ .entry_id = *case_id, .field = (uint16_t)form_field_find(form, "first_name"), .value = "نورة",
				  .value_len = strlen("نورة") };
	err = outbox_push(k->s, &g);
	if (!err && is_committed)
		err = db_commit(k->s->db);
	db_rollback(k->s->db);
	return err;
}

static struct outbox_counts counts(struct agentkit *k)
{
	struct outbox_counts n;

	assert_int_equal(outbox_count(k->s, &n), 0);
	return n;
}

static void must_run(struct agentkit *k, const char *sql)
{
	assert_int_equal(db_exec(k->s->db, sql), 0);
}

static void the_wrong_passphrase_opens_nothing(void **state)
{
	struct agentkit *k = *state;
	struct store *s;

	store_close(k->s);
	k->s = NULL;
	assert_int_equal(store_open(&k->env, k->dir, "correct horse batterz", 21, &s), ERR_AUTH);
	assert_null(s);
	assert_int_equal(store_open(&k->env, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS), &k->s), 0);
}

static void the_identity_survives_closing(void **state)
{
	struct agentkit *k = *state;
	uint8_t device[SEAL_DEVICE_BYTES];

	memcpy(device, k->s->device, sizeof device);
	agentkit_reopen(k);
	assert_true(k->s->is_enrolled);
	assert_false(k->s->is_revoked);
	assert_int_equal(k->s->site, AGENTKIT_SITE);
	assert_int_equal(k->s->person, AGENTKIT_PERSON);
	assert_string_equal(k->s->branch, "فرع المثال");
	assert_string_equal(k->s->url, AGENTKIT_URL);
	assert_memory_equal(device, k->s->device, sizeof device);
}

static void ids_count_up_and_name_the_site(void **state)
{
	struct agentkit *k = *state;
	uint64_t a, b;

	assert_int_equal(db_begin(k->s->db), 0);
	assert_int_equal(store_new_id(k->s, &a), 0);
	assert_int_equal(store_new_id(k->s, &b), 0);
	assert_int_equal(db_commit(k->s->db), 0);
	assert_int_equal(a, record_id(AGENTKIT_SITE, 1));
	assert_int_equal(b, record_id(AGENTKIT_SITE, 2));
	agentkit_reopen(k);
	assert_int_equal(db_begin(k->s->db), 0);
	assert_int_equal(store_new_id(k->s, &a), 0);
	db_rollback(k->s->db);
	assert_int_equal(a, record_id(AGENTKIT_SITE, 3));
}

static void a_pushed_group_is_loaded_whole(void **state)
{
	struct agentkit *k = *state;
	uint64_t case_id = 0;
	struct edit_group g;
	void *arena;

	assert_int_equal(push(k, &case_id, "السدر", true), 0);
	assert_int_equal(outbox_load(k->s, 1, &g, &arena), 0);
	assert_int_equal(edit_group_check(&g), 0);
	assert_int_equal(g.case_id, case_id);
	assert_int_equal(g.author, AGENTKIT_PERSON);
	assert_int_equal(g.role, FORM_BY_REPRESENTATIVE);
	assert_int_equal(g.wall_ms, FIXED_WALL_MS);
	assert_int_equal(g.edit_count, 2);
	assert_string_equal(form_field(g.form, g.edits[0].field)->name, "first_name");
	outbox_free(arena);
	assert_int_equal(outbox_load(k->s, 2, &g, &arena), ERR_NOT_FOUND);
	assert_null(arena);
}

static void what_was_rolled_back_is_not_there(void **state)
{
	struct agentkit *k = *state;
	uint64_t case_id = 0;

	assert_int_equal(push(k, &case_id, "السدر", false), 0);
	assert_int_equal(counts(k).groups, 0);
}

static void groups_are_counted_and_sealed_once(void **state)
{
	struct agentkit *k = *state;
	uint64_t case_id = 0;
	struct outbox_counts n;

	assert_int_equal(push(k, &case_id, "السدر", true), 0);
	assert_int_equal(push(k, &case_id, "العرعر", true), 0);
	n = counts(k);
	assert_int_equal(n.groups, 2);
	assert_int_equal(n.unsealed, 2);
	assert_int_equal(n.confirmed, 0);
	assert_int_equal(outbox_seal(k->s), 0);
	assert_int_equal(outbox_seal(k->s), 0);
	n = counts(k);
	assert_int_equal(n.unsealed, 0);
	assert_int_equal(n.envelopes_waiting, 1);
	assert_true(n.bytes_waiting > 300);
	assert_int_equal(push(k, &case_id, "الطلح", true), 0);
	assert_int_equal(outbox_seal(k->s), 0);
	assert_int_equal(counts(k).envelopes_waiting, 2);
}

static void own_answers_are_shown_over_confirmed_ones(void **state)
{
	struct agentkit *k = *state;
	uint64_t case_id = 0;
	struct view v;
	const struct view_value *value;

	assert_int_equal(push(k, &case_id, "السدر", true), 0);
	assert_int_equal(push(k, &case_id, "العرعر", true), 0);
	assert_string_equal(agentkit_shown(k, case_id, case_id, "village"), "العرعر");
	must_run(k, "INSERT INTO register (case_id, entry_id, field, entry_type, value, at, writer, author, contact, reason)"
		    " SELECT case_id, entry_id, field, entry_type, 'الطلح', 5, 0, 1, 1, 'زيارة' FROM own WHERE field = 'village'");
	assert_int_equal(view_load(k->s, case_id, NULL, &v), 0);
	value = view_value(view_entry(&v, case_id), form_field_find(v.form, "village"));
	assert_true(value->is_own);
	assert_string_equal(value->value, "العرعر");
	assert_string_equal(value->confirmed, "الطلح");
	assert_string_equal(value->reason, "زيارة");
	assert_string_equal(view_root_text(&v, "first_name"), "نورة");
	view_fini(&v);
	must_run(k, "DELETE FROM own");
	assert_string_equal(agentkit_shown(k, case_id, case_id, "village"), "الطلح");
}

static void a_candidate_is_shown_while_a_person_has_to_decide(void **state)
{
	struct agentkit *k = *state;
	uint64_t case_id = 0;
	struct view v;
	const struct view_value *value;

	assert_int_equal(push(k, &case_id, "السدر", true), 0);
	must_run(k, "INSERT INTO pending (case_id, entry_id, field, value, number, noted)"
		    " SELECT case_id, entry_id, field, value, number, 9 FROM own WHERE field = 'village'; DELETE FROM own");
	assert_int_equal(view_load(k->s, case_id, NULL, &v), 0);
	value = view_value(view_entry(&v, case_id), form_field_find(v.form, "village"));
	assert_false(value->is_own);
	assert_null(value->confirmed);
	assert_string_equal(value->value, "السدر");
	assert_string_equal(value->candidate, "السدر");
	view_fini(&v);
}

static void what_no_form_here_asks_is_shown_last_and_not_lost(void **state)
{
	struct agentkit *k = *state;
	uint64_t case_id = 0;
	const struct view_entry *e;
	struct view v;

	assert_int_equal(push(k, &case_id, "السدر", true), 0);
	must_run(k, "INSERT INTO register (case_id, entry_id, field, entry_type, value, at, writer, author, contact)"
		    " SELECT case_id, entry_id, 'asked_before', 'root', 'جواب', 5, 9, 1, 1 FROM own WHERE field = 'village';"
		    "INSERT INTO register (case_id, entry_id, field, entry_type, value, at, writer, author, contact)"
		    " SELECT case_id, 77, 'plate', 'vehicle', 'أ ب ج', 6, 9, 1, 1 FROM own WHERE field = 'village'");
	assert_int_equal(view_load(k->s, case_id, NULL, &v), 0);
	e = view_entry(&v, case_id);
	assert_int_equal(v.entry_count, 2);
	assert_int_equal(v.entries[1].type, -1);
	assert_string_equal(v.entries[1].values[0].value, "أ ب ج");
	assert_int_equal(e->values[e->value_count - 1].field, -1);
	assert_string_equal(e->values[e->value_count - 1].name, "asked_before");
	view_fini(&v);
}

/* A child pushes and dies without a word, once behind the commit and once before it. */
static void a_kill_loses_nothing_that_was_committed(void **state)
{
	struct agentkit *k = *state;
	int status;
	pid_t pid;

	store_close(k->s);
	k->s = NULL;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		uint64_t case_id = 0, other = 0;

		if (store_open(&k->env, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS), &k->s) != 0 || push(k, &case_id, "السدر", true) != 0)
			_exit(1);
		if (db_begin(k->s->db) != 0 || store_new_id(k->s, &other) != 0)
			_exit(1);
		kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	agentkit_reopen(k);
	assert_int_equal(counts(k).groups, 1);
	assert_string_equal(agentkit_shown(k, record_id(AGENTKIT_SITE, 1), record_id(AGENTKIT_SITE, 1), "village"), "السدر");
	assert_int_equal(db_check(k->s->db), 0);
}

static void a_second_enrolment_and_an_older_manifest_are_refused(void **state)
{
	struct agentkit *k = *state;
	struct message_enrolled e = { .incarnation = 1 };

	assert_int_equal(store_enrol(k->s, AGENTKIT_URL, &e, "", 0, k->centre), ERR_USAGE);
	assert_int_equal(db_begin(k->s->db), 0);
	assert_int_equal(store_manifest_add(k->s, k->manifest.data, k->manifest.len), ERR_STALE);
	k->manifest.data[30] ^= 1;
	assert_int_equal(store_manifest_add(k->s, k->manifest.data, k->manifest.len), ERR_AUTH);
	db_rollback(k->s->db);
}

static void short_and_monotonous_passphrases_are_refused(void **state)
{
	(void)state;
	assert_int_equal(unlock_check_new("ninechars"), ERR_USAGE);
	assert_int_equal(unlock_check_new("قصيرة"), ERR_USAGE);
	assert_int_equal(unlock_check_new("aaaaaaaaaaaaaaaa"), ERR_USAGE);
	assert_int_equal(unlock_check_new("bad \xff utf8 text"), ERR_USAGE);
	assert_int_equal(unlock_check_new("عشرة أحرف فأكثر"), 0);
	assert_int_equal(unlock_check_new("four words not together"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_wrong_passphrase_opens_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(the_identity_survives_closing, setup, teardown),
		cmocka_unit_test_setup_teardown(ids_count_up_and_name_the_site, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pushed_group_is_loaded_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_rolled_back_is_not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(groups_are_counted_and_sealed_once, setup, teardown),
		cmocka_unit_test_setup_teardown(own_answers_are_shown_over_confirmed_ones, setup, teardown),
		cmocka_unit_test_setup_teardown(a_candidate_is_shown_while_a_person_has_to_decide, setup, teardown),
		cmocka_unit_test_setup_teardown(what_no_form_here_asks_is_shown_last_and_not_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(a_kill_loses_nothing_that_was_committed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_second_enrolment_and_an_older_manifest_are_refused, setup, teardown),
		cmocka_unit_test(short_and_monotonous_passphrases_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
