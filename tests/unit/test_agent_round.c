/*
 * test_agent_round: one contact between a real store and a real centre. What is not the centre's whole answer to this store's own question
 * changes nothing; a failure in the middle changes nothing; what cannot be sent is not taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/command/stick.h"
#include "agent/outbox.h"
#include "agent/session.h"
#include "agent/shelf.h"
#include "tests/lib/roundkit.h"

struct town {
	struct roundkit k;
	struct buf request, answer;
	struct round_result r;
};

static int setup(void **state)
{
	struct town *t = calloc(1, sizeof *t);

	roundkit_open(&t->k);
	roundkit_device(&t->k, CENTREKIT_NORTH);
	roundkit_device(&t->k, CENTREKIT_NORTH);
	buf_init(&t->request, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&t->answer, MESSAGE_ANSWER_BYTES_MAX);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct town *t = *state;

	buf_fini(&t->request);
	buf_fini(&t->answer);
	roundkit_close(&t->k);
	free(t);
	return 0;
}

/* A case of the other device at the centre, one of our own on its way, and the answer to our request in hand. */
static void prepare_answer(struct town *t)
{
	uint64_t theirs = 0, ours = 0;

	assert_int_equal(roundkit_type(&t->k, 1, &theirs, "landmark", "behind the mosque"), 0);
	assert_int_equal(roundkit_sync(&t->k, 1), 0);
	assert_int_equal(roundkit_type(&t->k, 0, &ours, "landmark", "beside the school"), 0);
	roundkit_ask(&t->k, 0, &t->request);
	roundkit_answer(&t->k, &t->request, &t->answer);
}

static int hear_bytes(struct town *t, const void *data, size_t len)
{
	return round_answer(t->k.stores[0], data, len, &t->r);
}

static void an_answer_cut_at_every_length_changes_nothing(void **state)
{
	struct town *t = *state;
	uint8_t before[32], after[32];

	prepare_answer(t);
	roundkit_fingerprint(&t->k, 0, before);
	for (size_t len = 0; len < t->answer.len; len++) {
		assert_int_equal(hear_bytes(t, t->answer.data, len), ERR_OFFLINE);
		assert_non_null(strstr(err_message(), "not an answer of the centre"));
	}
	roundkit_fingerprint(&t->k, 0, after);
	assert_memory_equal(before, after, sizeof before);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	assert_int_equal(t->r.receipts, 1);
	assert_true(roundkit_agrees(&t->k, 0));
}

static void an_answer_with_one_byte_flipped_anywhere_changes_nothing(void **state)
{
	struct town *t = *state;
	uint8_t before[32], after[32];

	prepare_answer(t);
	roundkit_fingerprint(&t->k, 0, before);
	for (size_t at = 0; at < t->answer.len; at++) {
		int err;

		t->answer.data[at] ^= 0x41;
		err = roundkit_hear(&t->k, 0, &t->answer, &t->r);
		t->answer.data[at] ^= 0x41;
		assert_true(err == ERR_OFFLINE || err == ERR_AUTH);
		assert_true(err_message()[0] != '\0');
	}
	assert_int_equal(t->r.receipts + t->r.registers, 0);
	roundkit_fingerprint(&t->k, 0, after);
	assert_memory_equal(before, after, sizeof before);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
}

static void a_portals_page_is_no_answer(void **state)
{
	static const char PAGE[] = "<!DOCTYPE html><html><body>Welcome to Airport Wi-Fi. 200 OK</body></html>";
	struct town *t = *state;
	uint8_t before[32], after[32];

	prepare_answer(t);
	roundkit_fingerprint(&t->k, 0, before);
	assert_int_equal(hear_bytes(t, PAGE, sizeof PAGE - 1), ERR_OFFLINE);
	assert_non_null(strstr(err_message(), "portal"));
	assert_int_equal(hear_bytes(t, "MNA1", 4), ERR_OFFLINE);
	roundkit_fingerprint(&t->k, 0, after);
	assert_memory_equal(before, after, sizeof before);
}

static void an_answer_for_another_device_changes_nothing(void **state)
{
	struct town *t = *state;
	uint8_t before[32], after[32];

	prepare_answer(t);
	roundkit_fingerprint(&t->k, 1, before);
	assert_int_equal(roundkit_hear(&t->k, 1, &t->answer, &t->r), ERR_AUTH);
	assert_non_null(strstr(err_message(), "another device"));
	roundkit_fingerprint(&t->k, 1, after);
	assert_memory_equal(before, after, sizeof before);
}

static void an_answer_heard_twice_counts_once(void **state)
{
	struct town *t = *state;
	uint8_t before[32], after[32];

	prepare_answer(t);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	roundkit_fingerprint(&t->k, 0, before);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), ERR_STALE);
	assert_non_null(strstr(err_message(), "answered already"));
	roundkit_fingerprint(&t->k, 0, after);
	assert_memory_equal(before, after, sizeof before);
	assert_int_equal(t->r.receipts, 1);
}

static void an_answer_signed_by_somebody_else_is_refused(void **state)
{
	struct town *t = *state;
	struct seal_keys *stranger = fixed_keys(99);
	struct seal_keys *centre = t->k.centre.keys;
	struct message_content c = { .time_ms = 1 };

	prepare_answer(t);
	t->k.centre.keys = stranger;
	roundkit_forge(&t->k, 0, &t->request, &c, &t->answer);
	t->k.centre.keys = centre;
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), ERR_AUTH);
	seal_keys_free(stranger);
}

/* Section 16: only what the centre signed can ask for a newer program. */
static void an_answer_of_a_later_version_asks_for_a_newer_program(void **state)
{
	struct town *t = *state;
	struct seal_keys *stranger = fixed_keys(99);

	prepare_answer(t);
	t->answer.data[4] = 2;
	t->answer.len -= SEAL_SIGNATURE_BYTES;
	seal_object_sign(&t->answer, 0, "mandoob:answer", stranger->sign_secret);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), ERR_OFFLINE);
	t->answer.len -= SEAL_SIGNATURE_BYTES;
	seal_object_sign(&t->answer, 0, "mandoob:answer", t->k.centre.keys->sign_secret);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), ERR_STALE);
	assert_non_null(strstr(err_message(), "newer program"));
	seal_keys_free(stranger);
}

static void a_revoked_device_keeps_everything_and_writes_no_more(void **state)
{
	struct town *t = *state;
	struct store *other = roundkit_open_again(&t->k, 0);
	uint64_t case_id = 0;

	assert_int_equal(roundkit_type(&t->k, 0, &case_id, "landmark", "kept"), 0);
	centrekit_exec(&t->k.centre, "UPDATE device SET revoked_ms = 1 WHERE device = 1");
	assert_int_equal(roundkit_contact(&t->k, 0, &t->r), ERR_AUTH);
	assert_non_null(strstr(err_message(), "revoked"));
	assert_int_equal(roundkit_type(&t->k, 0, &case_id, "landmark", "no more"), ERR_AUTH);
	/* Another program that had the store open hears of it too. */
	assert_int_equal(roundkit_type_in(other, &case_id, "landmark", "no more"), ERR_AUTH);
	assert_int_equal(round_request(other, &t->request), ERR_AUTH);
	assert_int_equal(t->request.len, 0);
	assert_string_equal(roundkit_shown(&t->k, 0, case_id, "landmark"), "kept");
	assert_int_equal(centrekit_int(&t->k.centre, "SELECT count(*) FROM envelope WHERE state = 3"), 1);
	store_close(other);
}

/* ---- failures in the middle ---- */

static const char *const TRIGGERS[] = {
	"CREATE TEMP TRIGGER fault BEFORE INSERT ON register BEGIN SELECT raise(ABORT, 'fault'); END",
	"CREATE TEMP TRIGGER fault BEFORE UPDATE ON edit_group BEGIN SELECT raise(ABORT, 'fault'); END",
	"CREATE TEMP TRIGGER fault BEFORE UPDATE ON edit BEGIN SELECT raise(ABORT, 'fault'); END",
	"CREATE TEMP TRIGGER fault BEFORE UPDATE ON envelope BEGIN SELECT raise(ABORT, 'fault'); END",
	"CREATE TEMP TRIGGER fault BEFORE DELETE ON own BEGIN SELECT raise(ABORT, 'fault'); END",
	"CREATE TEMP TRIGGER fault BEFORE DELETE ON nonce BEGIN SELECT raise(ABORT, 'fault'); END",
	"CREATE TEMP TRIGGER fault BEFORE INSERT ON aid_case BEGIN SELECT raise(ABORT, 'fault'); END",
	"CREATE TEMP TRIGGER fault BEFORE INSERT ON form BEGIN SELECT raise(ABORT, 'fault'); END",
	"CREATE TEMP TRIGGER fault BEFORE UPDATE ON meta WHEN new.key = 'seen' BEGIN SELECT raise(ABORT, 'fault'); END",
	"CREATE TEMP TRIGGER fault BEFORE UPDATE ON meta WHEN new.key = 'digest_1' BEGIN SELECT raise(ABORT, 'fault'); END",
	"CREATE TEMP TRIGGER fault BEFORE INSERT ON meta WHEN new.key = 'covered' BEGIN SELECT raise(ABORT, 'fault'); END",
	"CREATE TEMP TRIGGER fault BEFORE INSERT ON meta WHEN new.key = 'last_contact_ms' BEGIN SELECT raise(ABORT, 'fault'); END",
};

static void a_fault_anywhere_while_hearing_takes_everything_back(void **state)
{
	struct town *t = *state;
	uint64_t case_id = 0;
	uint8_t before[32], after[32];

	/* So that digest and seen are there and are updated. */
	assert_int_equal(roundkit_type(&t->k, 1, &case_id, "landmark", "first"), 0);
	assert_int_equal(roundkit_sync(&t->k, 1), 0);
	assert_int_equal(roundkit_sync(&t->k, 0), 0);
	roundkit_exec(&t->k, 0, "DELETE FROM meta WHERE key IN ('covered', 'last_contact_ms')");
	roundkit_publish(&t->k, "9999", NULL);
	prepare_answer(t);
	roundkit_fingerprint(&t->k, 0, before);
	for (size_t i = 0; i < sizeof TRIGGERS / sizeof TRIGGERS[0]; i++) {
		roundkit_exec(&t->k, 0, TRIGGERS[i]);
		assert_int_not_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
		assert_non_null(strstr(err_message(), "fault"));
		assert_false(db_in_transaction(t->k.stores[0]->db));
		roundkit_exec(&t->k, 0, "DROP TRIGGER fault");
		roundkit_fingerprint(&t->k, 0, after);
		assert_memory_equal(before, after, sizeof before);
	}
	assert_int_equal(t->r.receipts + t->r.registers, 0);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	assert_true(roundkit_agrees(&t->k, 0));
}

static void a_fault_anywhere_while_asking_takes_everything_back(void **state)
{
	static const char *const FAULTS[] = {
		"CREATE TEMP TRIGGER fault BEFORE INSERT ON envelope BEGIN SELECT raise(ABORT, 'fault'); END",
		"CREATE TEMP TRIGGER fault BEFORE UPDATE ON edit_group BEGIN SELECT raise(ABORT, 'fault'); END",
		"CREATE TEMP TRIGGER fault BEFORE UPDATE ON meta WHEN new.key = 'chain' BEGIN SELECT raise(ABORT, 'fault'); END",
	};
	struct town *t = *state;
	uint64_t case_id = 0;
	uint8_t before[32], after[32];

	assert_int_equal(roundkit_type(&t->k, 0, &case_id, "landmark", "kept"), 0);
	roundkit_fingerprint(&t->k, 0, before);
	for (size_t i = 0; i < sizeof FAULTS / sizeof FAULTS[0]; i++) {
		roundkit_exec(&t->k, 0, FAULTS[i]);
		assert_int_not_equal(round_request(t->k.stores[0], &t->request), 0);
		assert_non_null(strstr(err_message(), "fault"));
		roundkit_exec(&t->k, 0, "DROP TRIGGER fault");
		roundkit_fingerprint(&t->k, 0, after);
		assert_memory_equal(before, after, sizeof before);
	}
	/* A nonce that is not on disk must not leave the device. */
	roundkit_exec(&t->k, 0, "CREATE TEMP TRIGGER fault BEFORE INSERT ON nonce BEGIN SELECT raise(ABORT, 'fault'); END");
	assert_int_not_equal(round_request(t->k.stores[0], &t->request), 0);
	assert_int_equal(t->request.len, 0);
	roundkit_exec(&t->k, 0, "DROP TRIGGER fault");
	assert_int_equal(roundkit_sync(&t->k, 0), 0);
	assert_string_equal(roundkit_at_centre(&t->k, case_id, "landmark"), "kept");
}

/* ---- sizes ---- */

struct draft {
	struct edit *edits;
	char (*values)[8001];
};

/* A group of `count` texts of 8,000 bytes, on as many new rows; `unit` is written again and again. */
static int push_large(struct store *s, size_t count, const char *unit)
{
	struct draft d = { .edits = calloc(count, sizeof *d.edits), .values = calloc(count, sizeof *d.values) };
	struct edit_group g = { .edits = d.edits, .edit_count = count };
	int64_t form_id;
	int err;

	assert_int_equal(db_begin(s->db), 0);
	assert_int_equal(shelf_form_current(s, &g.form, &form_id), 0);
	assert_int_equal(store_new_id(s, &g.case_id), 0);
	for (size_t i = 0; i < count; i++) {
		d.edits[i].field = (uint16_t)form_field_find(g.form, "member_name");
		d.edits[i].entry_type = form_field(g.form, d.edits[i].field)->entry_type;
		assert_int_equal(store_new_id(s, &d.edits[i].entry_id), 0);
		for (size_t at = 0; at + strlen(unit) <= 8000; at += strlen(unit))
			memcpy(d.values[i] + at, unit, strlen(unit));
		d.edits[i].value = d.values[i];
		d.edits[i].value_len = strlen(d.values[i]);
	}
	err = outbox_push(s, &g);
	if (!err)
		err = db_commit(s->db);
	db_rollback(s->db);
	free(d.edits);
	free(d.values);
	return err;
}

static void a_group_larger_than_an_envelope_is_refused_when_it_is_saved(void **state)
{
	struct town *t = *state;

	assert_int_equal(push_large(t->k.stores[0], 40, "a"), ERR_LIMIT);
	assert_non_null(strstr(err_message(), "save them in parts"));
	/* Folded, three bytes become four here: what counts is the encoding, not the values. */
	assert_int_equal(push_large(t->k.stores[0], 26, "漢"), ERR_LIMIT);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT count(*) FROM edit_group"), 0);
	assert_int_equal(push_large(t->k.stores[0], 24, "漢"), 0);
	assert_int_equal(roundkit_sync(&t->k, 0), 0);
	assert_true(roundkit_agrees(&t->k, 0));
}

/* Texts so much alike that the frame may not be as small as it could: stored, the batch is above the ceiling of an envelope. */
static void groups_that_do_not_fit_one_envelope_together_travel_in_several(void **state)
{
	struct town *t = *state;

	for (int i = 0; i < 25; i++)
		assert_int_equal(push_large(t->k.stores[0], 1, "漢"), 0);
	assert_int_equal(outbox_seal(t->k.stores[0]), 0);
	assert_true(roundkit_int(&t->k, 0, "SELECT count(*) FROM envelope") > 1);
	assert_int_equal(roundkit_sync(&t->k, 0), 0);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT count(*) FROM edit_group WHERE confirmed = 0"), 0);
	assert_int_equal(centrekit_int(&t->k.centre, "SELECT count(*) FROM edit_group"), 25);
}

static void seventeen_forms_in_one_batch_travel_in_several_envelopes(void **state)
{
	struct town *t = *state;
	uint64_t case_id = 0;

	for (int i = 0; i < 17; i++) {
		char version[8], value[8];

		snprintf(version, sizeof version, "9%03d", i);
		snprintf(value, sizeof value, "v%d", i);
		roundkit_publish(&t->k, version, NULL);
		assert_int_equal(roundkit_sync(&t->k, 0), 0);
		assert_int_equal(roundkit_type(&t->k, 0, &case_id, "landmark", value), 0);
		if (i < 16) /* as after a fork: all of them wait */
			roundkit_exec(&t->k, 0, "UPDATE edit_group SET confirmed = 1, seq = 0");
	}
	roundkit_exec(&t->k, 0, "UPDATE edit_group SET confirmed = 0, seq = NULL");
	assert_int_equal(roundkit_sync(&t->k, 0), 0);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT count(*) FROM envelope"), 2);
	assert_string_equal(roundkit_at_centre(&t->k, case_id, "landmark"), "v16");
}

static int post_to_centre(void *ctx, const char *url, const void *body, size_t len, int *status, struct buf *answer)
{
	struct roundkit *k = (struct roundkit *)ctx; /* centrekit, whose ctx the env has, is its first member */
	struct intake_result r = { .page_bytes = k->page_bytes };
	int err = intake_run(k->centre.c, body, len, &r, answer);

	assert_string_equal(url, "http://centre.example/v1/sync");
	*status = 200;
	intake_result_fini(&r);
	return err;
}

static void more_envelopes_than_one_request_carries_go_in_one_sync(void **state)
{
	struct town *t = *state;
	uint64_t case_id = 0;

	for (int i = 0; i < 150; i++) {
		char value[16];

		snprintf(value, sizeof value, "value %d", i);
		assert_int_equal(roundkit_type(&t->k, 0, &case_id, "landmark", value), 0);
		assert_int_equal(outbox_seal(t->k.stores[0]), 0);
	}
	t->k.env.post = post_to_centre;
	assert_int_equal(round_sync(t->k.stores[0], &t->r), 0);
	assert_int_equal(t->r.requests, 3);
	assert_int_equal(t->r.receipts, 150);
	assert_string_equal(roundkit_at_centre(&t->k, case_id, "landmark"), "value 149");
	assert_true(roundkit_agrees(&t->k, 0));
}

/* ---- two programs on one store ---- */

static void what_is_saved_between_request_and_answer_stays_and_goes_next(void **state)
{
	struct town *t = *state;
	struct store *other = roundkit_open_again(&t->k, 0);
	uint64_t case_id = 0;

	assert_int_equal(roundkit_type(&t->k, 0, &case_id, "landmark", "first"), 0);
	roundkit_ask(&t->k, 0, &t->request);
	assert_int_equal(roundkit_type_in(other, &case_id, "landmark", "second"), 0);
	roundkit_answer(&t->k, &t->request, &t->answer);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	assert_string_equal(roundkit_shown(&t->k, 0, case_id, "landmark"), "second");
	assert_string_equal(roundkit_at_centre(&t->k, case_id, "landmark"), "first");
	assert_int_equal(roundkit_sync(&t->k, 0), 0);
	assert_string_equal(roundkit_at_centre(&t->k, case_id, "landmark"), "second");
	store_close(other);
}

static void two_programs_may_ask_and_hear_crosswise(void **state)
{
	struct town *t = *state;
	struct store *other = roundkit_open_again(&t->k, 0);
	uint64_t case_id = 0;
	struct buf request;
	struct buf answer;

	buf_init(&request, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	assert_int_equal(roundkit_type(&t->k, 0, &case_id, "landmark", "first"), 0);
	roundkit_ask(&t->k, 0, &t->request);
	assert_int_equal(roundkit_type_in(other, &case_id, "landmark", "second"), 0);
	assert_int_equal(round_request(other, &request), 0);
	roundkit_answer(&t->k, &t->request, &t->answer);
	roundkit_answer(&t->k, &request, &answer);
	assert_int_equal(round_answer(other, answer.data, answer.len, &t->r), 0);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	assert_int_equal(t->r.receipts, 2);
	assert_int_equal(t->r.mismatches, 0);
	assert_true(roundkit_agrees(&t->k, 0));
	buf_fini(&request);
	buf_fini(&answer);
	store_close(other);
}

/* A mismatch made the store offer its newest envelope again; the centre, put back, asks for earlier ones: it gets them in the same sync. */
static void a_centre_that_asks_for_more_than_was_offered_gets_it_at_once(void **state)
{
	struct town *t = *state;
	uint64_t case_id = 0;

	roundkit_backup(&t->k);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(roundkit_type(&t->k, 0, &case_id, "landmark", i % 2 ? "x" : "y"), 0);
		assert_int_equal(roundkit_sync(&t->k, 0), 0);
	}
	roundkit_restore(&t->k);
	roundkit_exec(&t->k, 0, "INSERT OR REPLACE INTO meta (key, value) VALUES ('resend', 3), ('whole', 1)");
	assert_int_equal(roundkit_sync(&t->k, 0), 0);
	assert_string_equal(roundkit_at_centre(&t->k, case_id, "landmark"), "y");
	assert_true(roundkit_agrees(&t->k, 0));
}

/* The receipt is of a centre that was put back since: until it has the answers again they count as nobody else's, on a stick too. */
static void what_a_restored_centre_asks_for_again_is_not_safe_yet(void **state)
{
	struct town *t = *state;
	struct outbox_counts n;
	uint64_t case_id = 0;
	char path[128];
	size_t bytes;
	bool is_held;

	snprintf(path, sizeof path, "%s/stick", t->k.dirs[0]);
	roundkit_backup(&t->k);
	assert_int_equal(roundkit_type(&t->k, 0, &case_id, "landmark", "beside the school"), 0);
	assert_int_equal(roundkit_sync(&t->k, 0), 0);
	assert_int_equal(stick_export(t->k.stores[0], path, &bytes), 0);
	roundkit_restore(&t->k);
	assert_int_equal(roundkit_contact(&t->k, 0, &t->r), 0);
	assert_int_equal(outbox_count(t->k.stores[0], &n), 0);
	assert_int_equal(n.groups - n.confirmed + n.asked_again, 1);
	assert_int_equal(stick_holds_all(t->k.stores[0], path, &is_held), 0);
	assert_false(is_held);
	assert_int_equal(stick_export(t->k.stores[0], path, &bytes), 0);
	assert_int_equal(stick_holds_all(t->k.stores[0], path, &is_held), 0);
	assert_true(is_held);
	assert_int_equal(roundkit_sync(&t->k, 0), 0);
	assert_int_equal(outbox_count(t->k.stores[0], &n), 0);
	assert_int_equal(n.groups - n.confirmed + n.asked_again, 0);
}

/* A new form and a list come in the middle of a visit: it keeps its form, the next case takes the new one, and nothing is lost. */
static void papers_that_come_in_the_middle_of_a_visit_wait_for_the_next(void **state)
{
	struct town *t = *state;
	struct store *s = t->k.stores[0];
	const struct form *form;
	struct session *x;
	uint64_t id;
	int64_t row;
	size_t answers;

	assert_int_equal(roundkit_sync(&t->k, 0), 0);
	assert_int_equal(shelf_form_named(s, "visit_outcome", &form, &row), 0);
	assert_non_null(shelf_list(s, "governorate"));
	assert_int_equal(shelf_form_current(s, &form, &row), 0);
	assert_int_equal(session_open(s, 0, form, SESSION_TAKE, &x), 0);
	id = session_case(x);
	assert_int_equal(model_set(session_model(x), model_find(session_model(x), "/data/applicant/first_name"), "نورة"), 0);
	assert_int_equal(session_save(x, &answers), 0);
	session_close(x);
	roundkit_publish(&t->k, "9999", "way_in");
	roundkit_publish_list(&t->k, "meeting_places", "1", "code,label::ar,label::en\nmosque,المسجد,Mosque\n");
	assert_int_equal(roundkit_sync(&t->k, 0), 0);
	assert_int_equal(shelf_form_current(s, &form, &row), 0);
	assert_string_equal(form_version(form), "9999");
	assert_int_equal(reflist_count(shelf_list(s, "meeting_places")), 1);
	assert_int_equal(session_open(s, id, NULL, SESSION_TAKE, &x), 0);
	assert_string_not_equal(form_version(session_form(x)), "9999");
	assert_null(model_find(session_model(x), "/data/address/way_in"));
	assert_int_equal(model_set(session_model(x), model_find(session_model(x), "/data/applicant/father_name"), "سالم"), 0);
	assert_int_equal(session_save(x, &answers), 0);
	assert_int_equal(answers, 1);
	session_close(x);
	assert_int_equal(roundkit_sync(&t->k, 0), 0);
	assert_string_equal(roundkit_at_centre(&t->k, id, "first_name"), "نورة");
	assert_string_equal(roundkit_at_centre(&t->k, id, "father_name"), "سالم");
	assert_true(roundkit_agrees(&t->k, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_cut_at_every_length_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_with_one_byte_flipped_anywhere_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_portals_page_is_no_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_for_another_device_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_heard_twice_counts_once, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_signed_by_somebody_else_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_of_a_later_version_asks_for_a_newer_program, setup, teardown),
		cmocka_unit_test_setup_teardown(a_revoked_device_keeps_everything_and_writes_no_more, setup, teardown),
		cmocka_unit_test_setup_teardown(a_fault_anywhere_while_hearing_takes_everything_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_fault_anywhere_while_asking_takes_everything_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_group_larger_than_an_envelope_is_refused_when_it_is_saved, setup, teardown),
		cmocka_unit_test_setup_teardown(groups_that_do_not_fit_one_envelope_together_travel_in_several, setup, teardown),
		cmocka_unit_test_setup_teardown(seventeen_forms_in_one_batch_travel_in_several_envelopes, setup, teardown),
		cmocka_unit_test_setup_teardown(more_envelopes_than_one_request_carries_go_in_one_sync, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_saved_between_request_and_answer_stays_and_goes_next, setup, teardown),
		cmocka_unit_test_setup_teardown(two_programs_may_ask_and_hear_crosswise, setup, teardown),
		cmocka_unit_test_setup_teardown(a_centre_that_asks_for_more_than_was_offered_gets_it_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(papers_that_come_in_the_middle_of_a_visit_wait_for_the_next, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_restored_centre_asks_for_again_is_not_safe_yet, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
