/*
 * What becomes of requests and envelopes at the centre: repeats, lost answers, gaps, forks, revocation, broken bytes, pages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/chain.h"
#include "proto/base/log.h"
#include "server/envelope.h"
#include "server/stick.h"
#include "tests/lib/centrekit.h"

struct world {
	struct centrekit k;
	struct device a, b;
	uint64_t case_id;
	struct buf request, answer;
};

static void write_one(struct device *d, uint64_t case_id, const char *field, const char *value)
{
	device_write(d, case_id, &(struct device_answer){ .entry_id = 0, .field = field, .value = value, .entry_type = NULL }, 1);
}

static int setup(void **state)
{
	struct world *w = test_calloc(1, sizeof *w);

	centrekit_open(&w->k);
	centrekit_enrol(&w->k, &w->a, 1, CENTREKIT_NORTH);
	centrekit_enrol(&w->k, &w->b, 2, CENTREKIT_NORTH);
	w->case_id = device_new_id(&w->a);
	buf_init(&w->request, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&w->answer, MESSAGE_ANSWER_BYTES_MAX);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	device_fini(&w->a);
	device_fini(&w->b);
	buf_fini(&w->request);
	buf_fini(&w->answer);
	centrekit_close(&w->k);
	test_free(w);
	return 0;
}

static void sync_ok(struct world *w, struct device *d)
{
	int err = centrekit_sync(&w->k, d);

	if (err)
		fail_msg("%s: %s", err_name(err), err_message());
	assert_true(d->has_digest);
	assert_true(d->digest_matches);
}

/* The request at hand goes to the centre; the answer stays in w->answer. */
static int bring(struct world *w)
{
	buf_clear(&w->answer);
	return intake_run(w->k.c, w->request.data, w->request.len, NULL, &w->answer);
}

static void make_request(struct world *w, struct device *d, uint64_t first, uint64_t last)
{
	buf_clear(&w->request);
	device_request_with(d, first, last, &w->request);
}

static void take(struct world *w, struct device *d)
{
	int err = device_take(d, w->answer.data, w->answer.len);

	if (err)
		fail_msg("%s: %s", err_name(err), err_message());
}

/* ---- Once and only once ---- */

static void the_same_envelope_five_times_is_applied_once_and_gets_the_same_receipt(void **state)
{
	struct world *w = *state;
	struct buf first;
	int64_t edits = 0;

	buf_init(&first, RECEIPT_BYTES_MAX);
	write_one(&w->a, w->case_id, "village", "X");
	device_seal(&w->a);
	for (int i = 0; i < 5; i++) {
		make_request(w, &w->a, 1, 1);
		assert_int_equal(bring(w), 0);
		take(w, &w->a);
		assert_int_equal(w->a.receipts, 1);
		if (i == 0) {
			const struct buf *r = device_receipt(&w->a, 1);

			buf_append(&first, r->data, r->len);
			edits = centrekit_int(&w->k, "SELECT count(*) FROM edit");
		}
	}
	assert_memory_equal(first.data, device_receipt(&w->a, 1)->data, first.len);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit"), edits);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM envelope"), 1);
	buf_fini(&first);
}

static void the_same_request_again_after_a_lost_answer_gets_the_same_receipt(void **state)
{
	struct world *w = *state;

	write_one(&w->a, w->case_id, "village", "X");
	device_seal(&w->a);
	make_request(w, &w->a, 1, 1);
	assert_int_equal(bring(w), 0);
	assert_int_equal(bring(w), 0);
	take(w, &w->a);
	assert_int_equal(w->a.acked, 1);
	assert_true(w->a.digest_matches);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit"), 1);
}

static void a_group_that_comes_again_in_another_envelope_is_known(void **state)
{
	struct world *w = *state;

	write_one(&w->a, w->case_id, "village", "X");
	sync_ok(w, &w->a);
	w->a.groups[0]->seq = 0;
	sync_ok(w, &w->a);
	assert_int_equal(w->a.acked, 2);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit"), 1);
}

static void receipts_come_for_everything_above_what_is_acknowledged(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++) {
		write_one(&w->a, w->case_id, "village", i == 1 ? "Y" : "X");
		device_seal(&w->a);
	}
	make_request(w, &w->a, 1, 3);
	assert_int_equal(bring(w), 0);
	/* The answer is lost; an empty request gets all three receipts. */
	make_request(w, &w->a, 0, 0);
	assert_int_equal(bring(w), 0);
	take(w, &w->a);
	assert_int_equal(w->a.receipts, 3);
	assert_int_equal(w->a.acked, 3);
	assert_true(w->a.digest_matches);
}

/* ---- Order ---- */

static void envelopes_out_of_order_wait_for_the_missing_one(void **state)
{
	struct world *w = *state;

	write_one(&w->a, w->case_id, "village", "1");
	device_seal(&w->a);
	write_one(&w->a, w->case_id, "village", "2");
	device_seal(&w->a);
	write_one(&w->a, w->case_id, "village", "3");
	device_seal(&w->a);
	make_request(w, &w->a, 3, 3);
	assert_int_equal(bring(w), 0);
	take(w, &w->a);
	assert_int_equal(w->a.receipts, 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM envelope WHERE state = 2"), 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit"), 0);
	make_request(w, &w->a, 2, 2);
	assert_int_equal(bring(w), 0);
	make_request(w, &w->a, 3, 3); /* a held one again */
	assert_int_equal(bring(w), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM envelope WHERE state = 2"), 2);
	make_request(w, &w->a, 1, 1);
	assert_int_equal(bring(w), 0);
	take(w, &w->a);
	assert_int_equal(w->a.receipts, 3);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM envelope WHERE state = 1 AND bytes IS NULL"), 3);
	assert_string_equal(device_register(&w->a, w->case_id, w->case_id, "village")->value, "3");
	assert_true(w->a.digest_matches);
}

static void a_restored_centre_asks_for_what_it_no_longer_knows(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++) {
		write_one(&w->a, w->case_id, "village", i == 1 ? "Y" : "X");
		sync_ok(w, &w->a);
	}
	/* Back to the state after the first envelope, as a restore from that backup would have it. */
	centrekit_exec(&w->k,
		"DELETE FROM edit WHERE group_id > 1; DELETE FROM edit_group WHERE group_id > 1;"
		"DELETE FROM envelope WHERE seq > 1;"
		"UPDATE register SET at = 1, value = 'X';"
		"UPDATE site SET applied = 1, last_group = 1, hash = (SELECT hash FROM envelope WHERE seq = 1) WHERE site = 1;"
		"UPDATE aid_case SET changed_at = 1;"
		"INSERT INTO generation (generation, last) VALUES (1, 1);"
		"UPDATE meta SET value = 1 << 40 WHERE key = 'sequence'");
	{
		struct record_digest d = { { 0, 0 } };

		record_digest_change(&d, 1, w->case_id, w->case_id, "village", "X", 1, 1);
		centrekit_exec(&w->k, "UPDATE branch SET digest_0 = 0, digest_1 = 0");
		assert_int_equal(db_begin(w->k.c->db), 0);
		{
			struct db_stmt *s;

			assert_int_equal(
				db_prepare(w->k.c->db, "UPDATE branch SET digest_0 = ?1, digest_1 = ?2 WHERE branch_id = 1", &s), 0);
			db_bind_u64(s, 1, d.lane[0]);
			db_bind_u64(s, 2, d.lane[1]);
			assert_int_equal(db_run(s), 0);
		}
		assert_int_equal(db_commit(w->k.c->db), 0);
	}
	centrekit_reopen(&w->k);
	make_request(w, &w->a, 0, 0);
	assert_int_equal(bring(w), 0);
	take(w, &w->a);
	assert_int_equal(w->a.resend, 2);
	make_request(w, &w->a, 2, 3);
	assert_int_equal(bring(w), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT applied FROM site WHERE site = 1"), 3);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM conflict"), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT at >> 40 FROM register"), 1);
}

/* ---- Forks ---- */

/* A second store with the keys, chain and groups of `from`, as a cloned disk has them. */
static void clone_device(struct device *to, const struct device *from, uint64_t seed)
{
	struct seal_keys *keys;

	device_init(to, seed);
	keys = to->keys;
	memcpy(keys, from->keys, sizeof *keys);
	memcpy(to->id, from->id, sizeof to->id);
	memcpy(to->org, from->org, sizeof to->org);
	memcpy(to->centre_sign, from->centre_sign, sizeof to->centre_sign);
	memcpy(to->centre_box, from->centre_box, sizeof to->centre_box);
	memcpy(to->recovery, from->recovery, sizeof to->recovery);
	memcpy(to->hash, from->hash, sizeof to->hash);
	to->incarnation = from->incarnation;
	to->site = from->site;
	to->person = from->person;
	to->epoch = from->epoch;
	to->manifest_number = from->manifest_number;
	to->counter = from->counter;
	to->next_group = from->next_group;
	to->seq = from->seq;
	to->acked = from->acked;
	to->acked_group = from->acked_group;
	to->contact = from->contact;
}

static void a_forking_envelope_is_quarantined_and_earns_a_new_incarnation(void **state)
{
	struct world *w = *state;
	struct device clone;
	uint32_t site;

	write_one(&w->a, w->case_id, "village", "before");
	sync_ok(w, &w->a);
	clone_device(&clone, &w->a, 50);
	write_one(&w->a, w->case_id, "village", "from the original");
	sync_ok(w, &w->a);
	write_one(&clone, w->case_id, "landmark", "from the clone");
	assert_int_equal(centrekit_contact(&w->k, &clone, NULL), 0);
	assert_true(clone.has_fork);
	assert_int_equal(clone.fork_incarnation, 2);
	assert_int_equal(clone.receipts, 0);
	assert_int_equal(clone.fork_group_count, 1); /* the original's group above the clone's acknowledged one */
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM envelope WHERE state = 3 AND bytes IS NOT NULL"), 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit"), 2);
	site = clone.fork_site;
	/* The same envelope, and one that follows it, earn the same. */
	write_one(&clone, w->case_id, "landmark", "more from the clone");
	assert_int_equal(centrekit_contact(&w->k, &clone, NULL), 0);
	assert_true(clone.has_fork);
	assert_int_equal(clone.fork_site, site);
	make_request(w, &clone, 3, 3);
	assert_int_equal(bring(w), 0);
	take(w, &clone);
	assert_int_equal(clone.fork_site, site);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM site"), 3);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM audit WHERE action = 'fork'"), 1);
	/* The clone brings its lost group under the new incarnation. */
	device_become(&clone, clone.fork_incarnation, clone.fork_site);
	clone.seen = 0;
	sync_ok(w, &clone);
	write_one(&clone, w->case_id, "landmark", "from the clone");
	sync_ok(w, &clone);
	sync_ok(w, &w->a);
	assert_string_equal(device_register(&w->a, w->case_id, w->case_id, "landmark")->value, "from the clone");
	assert_string_equal(device_register(&clone, w->case_id, w->case_id, "village")->value, "from the original");
	device_fini(&clone);
}

/* The chain is whole, but the group is another one than the ledger has: no receipt may say that it is held. */
static void another_group_under_a_known_number_is_a_fork_and_not_acknowledged(void **state)
{
	struct world *w = *state;

	write_one(&w->a, w->case_id, "village", "before");
	sync_ok(w, &w->a);
	w->a.next_group--;
	write_one(&w->a, w->case_id, "village", "another under the same number");
	assert_int_equal(centrekit_contact(&w->k, &w->a, NULL), 0);
	assert_true(w->a.has_fork);
	assert_int_equal(w->a.receipts, 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM envelope WHERE state = 3 AND bytes IS NOT NULL"), 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit"), 1);
}

static void a_fork_inside_a_request_keeps_what_came_before_it(void **state)
{
	struct world *w = *state;
	struct device clone;

	clone_device(&clone, &w->a, 51);
	write_one(&w->a, w->case_id, "village", "1");
	device_seal(&w->a);
	make_request(w, &w->a, 1, 1);
	assert_int_equal(bring(w), 0);
	/* The clone brings the original's first envelope (same disk) and then its own second one, which the original made otherwise. */
	memcpy(clone.hash, w->a.hash, sizeof clone.hash);
	clone.seq = 1;
	clone.next_group = 2;
	write_one(&w->a, w->case_id, "village", "2");
	device_seal(&w->a);
	make_request(w, &w->a, 1, 2);
	assert_int_equal(bring(w), 0);
	take(w, &w->a);
	assert_int_equal(w->a.acked, 2);
	write_one(&clone, w->case_id, "village", "2 of the clone");
	assert_int_equal(centrekit_contact(&w->k, &clone, NULL), 0);
	assert_true(clone.has_fork);
	assert_int_equal(clone.receipts, 1); /* for seq 1 only: seq 2 is another store's */
	device_fini(&clone);
}

static void a_held_envelope_of_another_store_is_quarantined_when_its_turn_comes(void **state)
{
	struct world *w = *state;
	struct device clone;

	clone_device(&clone, &w->a, 52);
	write_one(&clone, w->case_id, "village", "1 of the clone");
	device_seal(&clone);
	write_one(&clone, w->case_id, "village", "2 of the clone");
	device_seal(&clone);
	make_request(w, &clone, 2, 2);
	assert_int_equal(bring(w), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM envelope WHERE state = 2"), 1);
	write_one(&w->a, w->case_id, "village", "1");
	sync_ok(w, &w->a);
	assert_false(w->a.has_fork);
	assert_int_equal(w->a.acked, 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM envelope WHERE state = 3"), 1);
	device_fini(&clone);
}

static void no_more_incarnations_are_given_than_the_limit(void **state)
{
	struct world *w = *state;
	struct device clone;

	write_one(&w->a, w->case_id, "village", "1");
	sync_ok(w, &w->a);
	centrekit_exec(&w->k, "UPDATE site SET incarnation = 64 WHERE site = 1");
	w->a.incarnation = 64;
	chain_start(w->a.id, 64, w->a.hash);
	clone_device(&clone, &w->a, 53);
	clone.seq = 0;
	clone.acked = 0;
	write_one(&clone, w->case_id, "village", "fork");
	assert_int_equal(centrekit_contact(&w->k, &clone, NULL), ERR_LIMIT);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM site WHERE device = 1"), 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM audit WHERE action = 'refused'"), 1);
	device_fini(&clone);
}

/* ---- Who may speak ---- */

static void a_revoked_device_is_told_so_and_what_it_brings_is_kept_unread(void **state)
{
	struct world *w = *state;

	centrekit_exec(&w->k, "UPDATE device SET revoked_ms = 5 WHERE device = 1");
	write_one(&w->a, w->case_id, "village", "X");
	assert_int_equal(centrekit_contact(&w->k, &w->a, NULL), 0);
	assert_int_equal(w->a.kind, MESSAGE_REVOKED);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit"), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM envelope WHERE state = 3 AND bytes IS NOT NULL"), 1);
}

static void an_unknown_device_or_incarnation_is_refused(void **state)
{
	struct world *w = *state;

	write_one(&w->a, w->case_id, "village", "X");
	w->a.incarnation = 9;
	chain_start(w->a.id, 9, w->a.hash);
	assert_int_equal(centrekit_contact(&w->k, &w->a, NULL), ERR_AUTH);
	centrekit_exec(&w->k, "DELETE FROM site WHERE site = 2; DELETE FROM device WHERE device = 2");
	centrekit_reopen(&w->k);
	assert_int_equal(centrekit_contact(&w->k, &w->b, NULL), ERR_AUTH);
}

static void a_device_enrolled_by_another_process_is_found(void **state)
{
	struct world *w = *state;

	/* The kit enrols in the store; the library learns of it when the first request comes. */
	assert_null(library_device(w->k.c->library, w->b.id));
	sync_ok(w, &w->b);
	assert_non_null(library_device(w->k.c->library, w->b.id));
}

/* ---- Broken bytes ---- */

static void a_signed_envelope_that_does_not_decode_is_refused_and_audited(void **state)
{
	struct world *w = *state;
	uint8_t before[32], after[32];

	write_one(&w->a, w->case_id, "village", "X");
	sync_ok(w, &w->a);
	centrekit_fingerprint(&w->k, before);
	device_seal_bytes(&w->a, "this is no change set", 21);
	make_request(w, &w->a, 2, 2);
	assert_int_equal(bring(w), ERR_CORRUPT);
	centrekit_fingerprint(&w->k, after);
	assert_memory_equal(before, after, sizeof before);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM audit WHERE action = 'refused'"), 1);
}

static void an_envelope_to_an_unknown_key_epoch_waits(void **state)
{
	struct world *w = *state;

	w->a.epoch = 7;
	write_one(&w->a, w->case_id, "village", "X");
	assert_int_equal(centrekit_contact(&w->k, &w->a, NULL), ERR_STALE);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM envelope"), 0);
}

static void every_truncation_and_flip_of_a_request_changes_nothing(void **state)
{
	struct world *w = *state;
	uint8_t before[32], after[32];
	size_t accepted = 0;

	write_one(&w->a, w->case_id, "village", "X");
	sync_ok(w, &w->a);
	write_one(&w->a, w->case_id, "village", "Y");
	device_seal(&w->a);
	make_request(w, &w->a, 2, 2);
	centrekit_fingerprint(&w->k, before);
	for (size_t len = 0; len < w->request.len; len++) {
		buf_clear(&w->answer);
		accepted += intake_run(w->k.c, w->request.data, len, NULL, &w->answer) == 0;
	}
	for (size_t i = 0; i < w->request.len; i++) {
		w->request.data[i] ^= (uint8_t)(1u << (i % 8));
		buf_clear(&w->answer);
		accepted += bring(w) == 0;
		w->request.data[i] ^= (uint8_t)(1u << (i % 8));
	}
	centrekit_fingerprint(&w->k, after);
	assert_int_equal(accepted, 0);
	assert_memory_equal(before, after, sizeof before);
	assert_int_equal(bring(w), 0);
	take(w, &w->a);
	assert_int_equal(w->a.acked, 2);
}

static void a_transaction_that_fails_leaves_nothing(void **state)
{
	struct world *w = *state;
	struct intake_request *q;
	struct intake_result r = { 0 };
	uint8_t before[32], after[32];

	write_one(&w->a, w->case_id, "village", "X");
	device_seal(&w->a);
	make_request(w, &w->a, 1, 1);
	centrekit_fingerprint(&w->k, before);
	assert_int_equal(intake_open(w->k.c, w->request.data, w->request.len, &q), 0);
	assert_int_equal(db_begin(w->k.c->db), 0);
	assert_int_equal(intake_take(w->k.c, q, &r), 0);
	assert_int_equal(r.applied, 1);
	db_rollback(w->k.c->db);
	intake_result_fini(&r);
	intake_request_free(q);
	centrekit_fingerprint(&w->k, after);
	assert_memory_equal(before, after, sizeof before);
	sync_ok(w, &w->a);
}

static void a_refused_request_does_not_disturb_its_neighbours_in_one_transaction(void **state)
{
	struct world *w = *state;
	struct buf broken;
	struct intake_request *good, *bad;
	struct intake_result r1 = { 0 }, r2 = { 0 };

	buf_init(&broken, MESSAGE_REQUEST_BYTES_MAX);
	write_one(&w->a, w->case_id, "village", "X");
	device_seal(&w->a);
	make_request(w, &w->a, 1, 1);
	device_seal_bytes(&w->b, "nonsense", 8);
	device_request(&w->b, &broken);
	assert_int_equal(intake_open(w->k.c, w->request.data, w->request.len, &good), 0);
	assert_int_equal(intake_open(w->k.c, broken.data, broken.len, &bad), 0);
	assert_int_equal(db_begin(w->k.c->db), 0);
	assert_int_equal(intake_take(w->k.c, good, &r1), 0);
	assert_int_equal(intake_take(w->k.c, bad, &r2), 0);
	assert_int_equal(db_commit(w->k.c->db), 0);
	assert_int_equal(r1.refused, 0);
	assert_int_equal(r2.refused, ERR_CORRUPT);
	assert_int_equal(intake_answer(w->k.c, &r1, &w->answer), 0);
	take(w, &w->a);
	assert_int_equal(w->a.acked, 1);
	intake_request_free(good);
	intake_request_free(bad);
	intake_result_fini(&r1);
	intake_result_fini(&r2);
	buf_fini(&broken);
}

/* ---- Pull ---- */

static int contact_by_pages(struct world *w, struct device *d, size_t page_bytes)
{
	struct intake_result r = { .page_bytes = page_bytes };
	int err = centrekit_contact(&w->k, d, &r);

	intake_result_fini(&r);
	return err;
}

static void paging_never_misses_a_case_that_changed_between_two_pages(void **state)
{
	struct world *w = *state;
	uint64_t ids[20];
	size_t pages = 0;

	for (size_t i = 0; i < 20; i++) {
		ids[i] = device_new_id(&w->a);
		write_one(&w->a, ids[i], "landmark", "0123456789012345678901234567890123456789");
	}
	sync_ok(w, &w->a);
	assert_int_equal(w->a.pulled, 0);
	do {
		assert_int_equal(contact_by_pages(w, &w->b, 150), 0);
		assert_true(w->b.more == (w->b.cursor != 0));
		if (w->b.more)
			assert_int_equal(w->b.seen, 0);
		/* Between pages an early case and a late one change. */
		if (pages == 2) {
			write_one(&w->a, ids[0], "village", "changed meanwhile");
			write_one(&w->a, ids[19], "village", "changed meanwhile");
			sync_ok(w, &w->a);
		}
		pages++;
	} while (w->b.more && pages < 50);
	assert_true(pages > 4);
	assert_true(pages < 50);
	assert_true(w->b.digest_matches);
	assert_string_equal(device_register(&w->b, ids[0], ids[0], "village")->value, "changed meanwhile");
	assert_string_equal(device_register(&w->b, ids[19], ids[19], "village")->value, "changed meanwhile");
	sync_ok(w, &w->b);
	assert_int_equal(w->b.pulled, 0);
}

static void a_device_that_asks_for_the_whole_scope_gets_its_own_writes_too(void **state)
{
	struct world *w = *state;
	struct device_register *kept = NULL;

	write_one(&w->a, w->case_id, "village", "X");
	sync_ok(w, &w->a);
	w->a.register_count = 0; /* as if lost; freed below */
	kept = w->a.registers;
	w->a.registers = NULL;
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_false(w->a.digest_matches);
	w->a.whole = true;
	sync_ok(w, &w->a);
	assert_int_equal(w->a.pulled, 1);
	free(kept[0].value);
	free(kept[0].reason);
	free(kept);
}

static void manifest_and_dictionary_come_when_newer(void **state)
{
	struct world *w = *state;
	struct buf manifest;

	sync_ok(w, &w->a);
	buf_init(&manifest, MANIFEST_BYTES_MAX);
	centrekit_manifest(&w->k, 2, &manifest);
	assert_int_equal(db_begin(w->k.c->db), 0);
	assert_int_equal(centre_manifest_install(w->k.c, manifest.data, manifest.len), 0);
	assert_int_equal(db_commit(w->k.c->db), 0);
	assert_int_equal(centre_reload(w->k.c), 0);
	assert_int_equal(w->k.c->manifest.number, 2);
	assert_int_equal(centre_manifest_install(w->k.c, manifest.data, manifest.len), ERR_STALE);
	sync_ok(w, &w->a);
	buf_fini(&manifest);
}

/* ---- Stick ---- */

static void requests_on_a_stick_get_their_answers_on_the_way_back(void **state)
{
	struct world *w = *state;
	struct buf other, file, back;
	struct message_stick_record in[3], *out;
	struct stick_report report;
	size_t count;

	buf_init(&other, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&file, MESSAGE_STICK_BYTES_MAX);
	buf_init(&back, MESSAGE_STICK_BYTES_MAX);
	write_one(&w->a, w->case_id, "village", "by stick");
	device_seal(&w->a);
	make_request(w, &w->a, 1, 1);
	device_request(&w->b, &other);
	in[0] = (struct message_stick_record){ MESSAGE_STICK_REQUEST, { w->request.data, w->request.len } };
	in[1] = (struct message_stick_record){ MESSAGE_STICK_REQUEST, { (const uint8_t *)"rubbish", 7 } };
	in[2] = (struct message_stick_record){ MESSAGE_STICK_REQUEST, { other.data, other.len } };
	assert_int_equal(message_stick_encode(in, 3, &file), 0);
	assert_int_equal(stick_exchange(w->k.c, file.data, file.len, &report, &back), 0);
	assert_int_equal(report.requests, 3);
	assert_int_equal(report.answered, 2);
	assert_int_equal(report.refused, 1);
	assert_int_equal(message_stick_decode(back.data, back.len, &out, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(device_take(&w->a, out[0].blob.data, out[0].blob.len), 0);
	assert_int_equal(device_take(&w->b, out[1].blob.data, out[1].blob.len), 0);
	assert_int_equal(device_take(&w->b, out[0].blob.data, out[0].blob.len), ERR_STALE);
	assert_int_equal(w->a.acked, 1);
	assert_string_equal(device_register(&w->b, w->case_id, w->case_id, "village")->value, "by stick");
	free(out);
	file.data[10] ^= 1;
	assert_int_not_equal(stick_exchange(w->k.c, file.data, file.len, &report, &back), 0);
	buf_fini(&other);
	buf_fini(&file);
	buf_fini(&back);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_envelope_five_times_is_applied_once_and_gets_the_same_receipt),
		TEST(the_same_request_again_after_a_lost_answer_gets_the_same_receipt),
		TEST(a_group_that_comes_again_in_another_envelope_is_known),
		TEST(receipts_come_for_everything_above_what_is_acknowledged),
		TEST(envelopes_out_of_order_wait_for_the_missing_one),
		TEST(a_restored_centre_asks_for_what_it_no_longer_knows),
		TEST(a_forking_envelope_is_quarantined_and_earns_a_new_incarnation),
		TEST(another_group_under_a_known_number_is_a_fork_and_not_acknowledged),
		TEST(a_fork_inside_a_request_keeps_what_came_before_it),
		TEST(a_held_envelope_of_another_store_is_quarantined_when_its_turn_comes),
		TEST(no_more_incarnations_are_given_than_the_limit),
		TEST(a_revoked_device_is_told_so_and_what_it_brings_is_kept_unread),
		TEST(an_unknown_device_or_incarnation_is_refused),
		TEST(a_device_enrolled_by_another_process_is_found),
		TEST(a_signed_envelope_that_does_not_decode_is_refused_and_audited),
		TEST(an_envelope_to_an_unknown_key_epoch_waits),
		TEST(every_truncation_and_flip_of_a_request_changes_nothing),
		TEST(a_transaction_that_fails_leaves_nothing),
		TEST(a_refused_request_does_not_disturb_its_neighbours_in_one_transaction),
		TEST(paging_never_misses_a_case_that_changed_between_two_pages),
		TEST(a_device_that_asks_for_the_whole_scope_gets_its_own_writes_too),
		TEST(manifest_and_dictionary_come_when_newer),
		TEST(requests_on_a_stick_get_their_answers_on_the_way_back),
	};

	log_open(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
