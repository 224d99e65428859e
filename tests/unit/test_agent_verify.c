/*
 * test_agent_verify: `check` finds nothing in a sound store, and each planted fault in a spoilt one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/answer_json.h"
#include "agent/command/verify.h"
#include "agent/outbox.h"
#include "agent/shelf.h"
#include "tests/lib/agentkit.h"

static uint64_t take(struct agentkit *k, uint64_t case_id, const char *text)
{
	struct answer_problems p;
	struct answer_saved saved;
	struct answer_draft *d;
	const struct form *form;
	json_t *object;
	int64_t form_id;

	answer_problems_init(&p);
	assert_int_equal(shelf_form_current(k->s, &form, &form_id), 0);
	assert_int_equal(json_read(text, strlen(text), &object), 0);
	assert_int_equal(answer_new(form, &d), 0);
	assert_int_equal(answer_json(d, object, &p), 0);
	assert_int_equal(answer_save(k->s, d, case_id, &saved), 0);
	answer_free(d);
	json_decref(object);
	answer_problems_fini(&p);
	return saved.case_id;
}

/* A store with two envelopes, the first with a receipt, and one group that waits. */
static int setup(void **state)
{
	struct agentkit *k = malloc(sizeof *k);
	struct buf receipt;
	uint64_t id;

	agentkit_open_enrolled(k);
	id = take(k, 0, "{\"first_name\": \"نورة\", \"member\": [{\"member_name\": \"سالم\"}]}");
	assert_int_equal(outbox_seal(k->s), 0);
	buf_init(&receipt, 65536);
	agentkit_receipt(k, 1, 1, 2, &receipt);
	buf_fini(&receipt);
	take(k, id, "{\"village\": \"السدر\"}");
	assert_int_equal(outbox_seal(k->s), 0);
	take(k, id, "{\"village\": \"العرعر\"}");
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	agentkit_close(*state);
	free(*state);
	return 0;
}

static uint64_t findings(struct agentkit *k)
{
	struct verify_result r;
	uint64_t count;

	assert_int_equal(verify_agent(k->s, &r), 0);
	count = r.finding_count;
	verify_result_fini(&r);
	return count;
}

static void a_sound_store_is_clean_and_counted(void **state)
{
	struct agentkit *k = *state;
	struct verify_result r;

	assert_int_equal(verify_agent(k->s, &r), 0);
	if (r.finding_count)
		fail_msg("%s", buf_string(&r.findings));
	assert_int_equal(r.form_count, 1);
	assert_int_equal(r.group_count, 3);
	assert_int_equal(r.edit_count, 4);
	assert_int_equal(r.own_count, 3);
	assert_int_equal(r.envelope_count, 2);
	assert_int_equal(r.receipt_count, 1);
	assert_true(r.page_count > 5);
	verify_result_fini(&r);
}

static void a_store_before_enrolment_is_clean(void **state)
{
	struct agentkit k;

	(void)state;
	agentkit_open(&k);
	assert_int_equal(findings(&k), 0);
	agentkit_close(&k);
}

/* Each fault in a store of its own. */
static void each_planted_fault_is_found(void **state)
{
	static const char *const FAULTS[] = {
		"DELETE FROM own WHERE field = 'village'",
		"UPDATE own SET value = 'x' WHERE field = 'village'",
		"UPDATE own SET number = 2 WHERE field = 'village'",
		"UPDATE edit SET value = 'not a choice', field = 'gender' WHERE field = 'first_name'",
		"UPDATE edit SET field = 'no_such_field' WHERE field = 'first_name'",
		"UPDATE edit SET position = position + 5 WHERE number = 1 AND position = 0",
		"UPDATE envelope SET hash = zeroblob(32) WHERE seq = 2",
		"UPDATE envelope SET bytes = bytes || x'00' WHERE seq = 1",
		"DELETE FROM envelope WHERE seq = 2",
		"UPDATE envelope SET seq = 5 WHERE seq = 2",
		"UPDATE envelope SET receipt = substr(receipt, 1, 80) WHERE seq = 1",
		"UPDATE envelope SET receipt = (SELECT receipt FROM envelope WHERE seq = 1) WHERE seq = 2",
		"UPDATE meta SET value = zeroblob(32) WHERE key = 'chain'",
		"UPDATE meta SET value = 1 WHERE key = 'counter'",
		"UPDATE meta SET value = 2 WHERE key = 'next_group'",
		"INSERT INTO meta (key, value) VALUES ('digest_0', 5) ON CONFLICT (key) DO UPDATE SET value = 5",
		"UPDATE form SET text = text || 'x'",
		"UPDATE form SET hash = zeroblob(32)",
		"UPDATE manifest SET number = 9",
		"UPDATE manifest SET bytes = zeroblob(200)",
		"DELETE FROM aid_case",
		"UPDATE draft SET case_id = case_id + 50",
		"INSERT INTO finished (case_id, form_id, finished_ms, last_group) VALUES (5, 1, 0, 0)",
		"INSERT INTO reference_list (hash, name, text, received_ms) VALUES (zeroblob(32), 'places', 'no list', 0)",
	};

	for (size_t i = 0; i < sizeof FAULTS / sizeof FAULTS[0]; i++) {
		struct agentkit *k;
		void *fresh;

		if (i > 0)
			assert_int_equal(setup(&fresh), 0);
		else
			fresh = *state;
		k = fresh;
		assert_int_equal(db_exec(k->s->db, "PRAGMA foreign_keys = OFF"), 0);
		assert_int_equal(db_exec(k->s->db, FAULTS[i]), 0);
		agentkit_reopen(k);
		if (findings(k) == 0)
			fail_msg("not found: %s", FAULTS[i]);
		if (i > 0)
			teardown(&fresh);
	}
}

/* A page of the file that does not authenticate, while nobody has it open. */
static void a_changed_page_is_found(void **state)
{
	struct agentkit *k = *state;
	char path[128];
	long size;
	FILE *f;
	int c;

	assert_int_equal(db_checkpoint(k->s->db), 0);
	snprintf(path, sizeof path, "%s/" STORE_FILE, k->dir);
	f = fopen(path, "r+b");
	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	fseek(f, size - 100, SEEK_SET);
	c = fgetc(f);
	fseek(f, size - 100, SEEK_SET);
	fputc(c ^ 1, f);
	fclose(f);
	assert_true(findings(k) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_sound_store_is_clean_and_counted, setup, teardown),
		cmocka_unit_test(a_store_before_enrolment_is_clean),
		cmocka_unit_test_setup_teardown(each_planted_fault_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(a_changed_page_is_found, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
