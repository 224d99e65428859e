/*
 * test_agent_apply: what an answer's content does to the store. Receipts confirm what they cover and nothing else; progress is made only
 * where the store stands; a conflict waits exactly until it is settled; a whole scope may be cut anywhere; a restored centre gets back
 * what it lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/outbox.h"
#include "proto/receipt.h"
#include "tests/lib/roundkit.h"

struct town {
	struct roundkit k;
	struct buf request, answer, bytes;
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
	buf_init(&t->bytes, MESSAGE_ANSWER_BYTES_MAX);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct town *t = *state;

	buf_fini(&t->request);
	buf_fini(&t->answer);
	buf_fini(&t->bytes);
	roundkit_close(&t->k);
	free(t);
	return 0;
}

static void type(struct town *t, int i, uint64_t *case_id, const char *field, const char *value)
{
	assert_int_equal(roundkit_type(&t->k, i, case_id, field, value), 0);
}

static void sync_all(struct town *t, int i)
{
	assert_int_equal(roundkit_sync(&t->k, i), 0);
}

/* A request whose answer never comes. */
static void lose_answer(struct town *t, int i)
{
	roundkit_ask(&t->k, i, &t->request);
	roundkit_answer(&t->k, &t->request, &t->answer);
}

static void contact(struct town *t, int i)
{
	assert_int_equal(roundkit_contact(&t->k, i, &t->r), 0);
}

static uint64_t fact(struct town *t, int i, const char *key)
{
	uint64_t value;

	assert_int_equal(store_get_u64(t->k.stores[i], key, &value), 0);
	return value;
}

static int64_t pending(struct town *t, int i)
{
	return roundkit_int(&t->k, i, "SELECT count(*) FROM pending");
}

/* ---- receipts ---- */

/* A receipt for envelope `seq` of store 0, right but for what a test changes. */
static void receipt_for(struct town *t, uint64_t seq, uint64_t first, uint64_t accepted, uint64_t last_group, struct receipt *r)
{
	struct store *s = t->k.stores[0];
	struct db_stmt *q;

	*r = (struct receipt){ .incarnation = s->incarnation, .seq = seq, .time_ms = 5, .first = first ? first : 1,
		.accepted = accepted, .last_group = last_group };
	memcpy(r->device, s->device, sizeof r->device);
	assert_int_equal(db_prepare(s->db, "SELECT hash FROM envelope WHERE seq = ?1", &q), 0);
	db_bind_u64(q, 1, seq);
	assert_int_equal(db_row(q), 0);
	assert_int_equal(db_blob_copy(q, 0, r->hash, sizeof r->hash), 0);
	db_done(q);
}

/* Let store 0 hear these receipts in answer to the request at hand. */
static int hear_receipts(struct town *t, const struct receipt *list, size_t count, struct message_content *c)
{
	size_t from[8];

	buf_clear(&t->bytes);
	for (size_t i = 0; i < count; i++) {
		from[i] = t->bytes.len;
		assert_int_equal(receipt_encode(&list[i], t->k.centre.keys->sign_secret, &t->bytes), 0);
	}
	from[count] = t->bytes.len;
	for (size_t i = 0; i < count; i++)
		c->receipts[i] = (struct message_blob){ t->bytes.data + from[i], from[i + 1] - from[i] };
	c->receipt_count = count;
	roundkit_forge(&t->k, 0, &t->request, c, &t->answer);
	return roundkit_hear(&t->k, 0, &t->answer, &t->r);
}

/* Three envelopes of one group each, none confirmed. */
static uint64_t three_envelopes(struct town *t)
{
	uint64_t case_id = 0;

	type(t, 0, &case_id, "landmark", "one");
	assert_int_equal(outbox_seal(t->k.stores[0]), 0);
	type(t, 0, &case_id, "landmark", "two");
	assert_int_equal(outbox_seal(t->k.stores[0]), 0);
	type(t, 0, &case_id, "village", "three");
	roundkit_ask(&t->k, 0, &t->request);
	return case_id;
}

static void refused_receipt(struct town *t, const struct receipt *list, size_t count, int code)
{
	struct message_content c = { .time_ms = 9 };
	uint8_t before[32], after[32];

	roundkit_fingerprint(&t->k, 0, before);
	assert_int_equal(hear_receipts(t, list, count, &c), code);
	roundkit_fingerprint(&t->k, 0, after);
	assert_memory_equal(before, after, sizeof before);
}

static void receipts_that_do_not_fit_confirm_nothing(void **state)
{
	struct receipt_exception e = { .group = 1, .edit = 7, .outcome = MERGE_CONFLICT };
	struct town *t = *state;
	struct receipt r[3];

	three_envelopes(t);
	receipt_for(t, 1, 10, 1, 1, &r[0]);
	receipt_for(t, 3, 11, 1, 3, &r[1]);
	refused_receipt(t, r, 2, ERR_CORRUPT); /* a gap */
	refused_receipt(t, &r[1], 1, ERR_CORRUPT);
	receipt_for(t, 1, 10, 1, 1, &r[0]);
	r[0].hash[0] ^= 1;
	refused_receipt(t, r, 1, ERR_CORRUPT); /* of another envelope */
	receipt_for(t, 1, 10, 2, 1, &r[0]);
	refused_receipt(t, r, 1, ERR_CORRUPT); /* of more edits than were sent */
	receipt_for(t, 1, 0, 0, 1, &r[0]);
	refused_receipt(t, r, 1, ERR_CORRUPT); /* of fewer */
	r[0].exceptions = &e;
	r[0].exception_count = 1;
	refused_receipt(t, r, 1, ERR_CORRUPT); /* of an edit that is not in it */
	receipt_for(t, 1, 10, 1, 2, &r[0]);
	refused_receipt(t, r, 1, ERR_CORRUPT); /* of groups that are not in it */
	receipt_for(t, 1, 10, 1, 1, &r[0]);
	r[0].device[3] ^= 1;
	refused_receipt(t, r, 1, ERR_AUTH);
	receipt_for(t, 1, 10, 1, 1, &r[0]);
	r[0].incarnation = 2;
	refused_receipt(t, r, 1, ERR_AUTH);
	assert_int_equal(t->r.receipts, 0);
}

static void receipts_confirm_what_they_cover_and_no_more(void **state)
{
	struct message_content c = { .time_ms = 9 };
	struct town *t = *state;
	uint64_t case_id = three_envelopes(t);
	struct receipt r[2];

	receipt_for(t, 1, 10, 1, 1, &r[0]);
	receipt_for(t, 2, 12, 1, 2, &r[1]);
	assert_int_equal(hear_receipts(t, r, 2, &c), 0);
	assert_int_equal(t->r.receipts, 2);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT sum(number) FROM edit_group WHERE confirmed = 1"), 3);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT at FROM register"), 12);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT count(*) FROM own"), 1);
	assert_string_equal(roundkit_shown(&t->k, 0, case_id, "landmark"), "two");
}

static void a_receipt_signed_by_somebody_else_confirms_nothing(void **state)
{
	struct town *t = *state;
	struct seal_keys *stranger = fixed_keys(99);
	struct seal_keys *centre = t->k.centre.keys;
	struct message_content c = { .time_ms = 9 };
	struct receipt r;

	three_envelopes(t);
	receipt_for(t, 1, 10, 1, 1, &r);
	buf_clear(&t->bytes);
	assert_int_equal(receipt_encode(&r, stranger->sign_secret, &t->bytes), 0);
	c.receipts[0] = (struct message_blob){ t->bytes.data, t->bytes.len };
	c.receipt_count = 1;
	assert_ptr_equal(centre, t->k.centre.keys);
	roundkit_forge(&t->k, 0, &t->request, &c, &t->answer);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), ERR_AUTH);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT count(*) FROM edit_group WHERE confirmed = 1"), 0);
	seal_keys_free(stranger);
}

/*
 * Receipts come in portions. Between two of them others may have changed a case of ours whose own receipt is still to come: that is
 * no copy's twin, and the receipts of the first portion count.
 */
static void receipts_count_although_the_pull_runs_ahead_of_them(void **state)
{
	struct town *t = *state;
	uint64_t first = 0, second = 0;
	struct message_content c;
	struct buf plain, frame;
	struct message_answer a;
	struct message_request q;
	struct pack_dictionaries none = { 0 };

	type(t, 0, &first, "landmark", "one");
	assert_int_equal(outbox_seal(t->k.stores[0]), 0);
	type(t, 0, &second, "landmark", "two");
	lose_answer(t, 0);
	sync_all(t, 1);
	type(t, 1, &second, "landmark", "others");
	sync_all(t, 1);
	/* The centre's own answer, but for the second receipt. */
	lose_answer(t, 0);
	buf_init(&plain, MESSAGE_CONTENT_BYTES_MAX);
	buf_init(&frame, MESSAGE_CONTENT_BYTES_MAX);
	assert_int_equal(message_request_decode(t->request.data, t->request.len, &q), 0);
	assert_int_equal(message_answer_decode(t->answer.data, t->answer.len, t->k.centre.keys->sign_public, 1, &a), 0);
	assert_int_equal(
		seal_box_open(a.box.data, a.box.len, t->k.stores[0]->keys->box_public, t->k.stores[0]->keys->box_secret, &frame), 0);
	none = store_dictionary_finder(t->k.stores[0]);
	assert_int_equal(pack_inflate(frame.data, frame.len, &none, &plain), 0);
	assert_int_equal(message_content_decode(plain.data, plain.len, &c), 0);
	assert_int_equal(c.receipt_count, 2);
	c.receipt_count = 1;
	c.more = true;
	roundkit_forge(&t->k, 0, &t->request, &c, &t->bytes);
	message_content_fini(&c);
	buf_fini(&plain);
	buf_fini(&frame);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->bytes, &t->r), 0);
	assert_int_equal(t->r.receipts, 1);
	assert_true(t->r.is_more);
	assert_int_equal(fact(t, 0, "seen"), 0);
	sync_all(t, 0);
	assert_int_equal(fact(t, 0, "mismatches"), 0);
	assert_string_equal(roundkit_shown(&t->k, 0, second, "landmark"), "others");
	assert_true(roundkit_agrees(&t->k, 0));
}

/* The digest of the centre holds what the receipts that are still to come would tell. */
static void no_digest_is_compared_while_receipts_are_still_to_come(void **state)
{
	struct message_content c = { .time_ms = 9, .more = true, .has_digest = true, .seen = 50 };
	struct town *t = *state;
	struct receipt r;

	three_envelopes(t);
	memset(c.digest, 3, sizeof c.digest);
	receipt_for(t, 1, 10, 1, 1, &r);
	assert_int_equal(hear_receipts(t, &r, 1, &c), 0);
	assert_int_equal(t->r.mismatches, 0);
	assert_int_equal(fact(t, 0, "whole"), 0);
}

/* ---- conflicts that wait ---- */

/* Both devices hold a case; store 1 wrote first; store 0 has typed without having seen it. */
static uint64_t a_conflict(struct town *t, const char *field)
{
	uint64_t case_id = 0;

	type(t, 1, &case_id, field, "base");
	sync_all(t, 1);
	sync_all(t, 0);
	type(t, 1, &case_id, field, "theirs");
	sync_all(t, 1);
	type(t, 0, &case_id, field, "ours");
	return case_id;
}

static void a_conflict_waits_although_the_other_value_comes_with_the_receipt(void **state)
{
	struct town *t = *state;
	uint64_t case_id = a_conflict(t, "landmark");

	contact(t, 0);
	assert_int_equal(t->r.conflicts, 1);
	assert_int_equal(t->r.registers, 1);
	assert_int_equal(pending(t, 0), 1);
	assert_string_equal(roundkit_shown(&t->k, 0, case_id, "landmark"), "theirs");
	sync_all(t, 0);
	assert_int_equal(pending(t, 0), 1);
	roundkit_decide(&t->k, "ours");
	sync_all(t, 0);
	assert_int_equal(pending(t, 0), 0);
	assert_string_equal(roundkit_shown(&t->k, 0, case_id, "landmark"), "ours");
}

static void a_conflict_waits_although_the_first_answer_was_lost(void **state)
{
	struct town *t = *state;

	a_conflict(t, "landmark");
	lose_answer(t, 0);
	t->k.centre.wall_ms += 600000;
	contact(t, 0);
	assert_int_equal(t->r.conflicts, 1);
	assert_int_equal(pending(t, 0), 1);
	roundkit_decide(&t->k, "theirs");
	sync_all(t, 0);
	assert_int_equal(pending(t, 0), 0);
}

static void a_decision_that_comes_with_a_late_receipt_settles_the_conflict(void **state)
{
	struct town *t = *state;
	uint64_t other = 0;

	a_conflict(t, "landmark");
	lose_answer(t, 0);
	t->k.centre.wall_ms += 600000;
	roundkit_decide(&t->k, "theirs");
	type(t, 1, &other, "landmark", "something else meanwhile");
	sync_all(t, 1);
	contact(t, 0);
	assert_int_equal(t->r.conflicts, 1);
	assert_int_equal(t->r.decisions, 1);
	assert_int_equal(pending(t, 0), 0);
}

static void a_protected_field_waits_for_the_centre_and_then_no_longer(void **state)
{
	struct town *t = *state;
	uint64_t case_id = a_conflict(t, "first_name");

	contact(t, 0);
	assert_int_equal(pending(t, 0), 1);
	roundkit_decide(&t->k, "decided");
	sync_all(t, 1);
	/* A later write hides the decision from us: only what is newest travels. */
	type(t, 1, &case_id, "first_name", "later");
	sync_all(t, 1);
	sync_all(t, 0);
	assert_string_equal(roundkit_shown(&t->k, 0, case_id, "first_name"), "later");
	assert_int_equal(pending(t, 0), 0);
}

static void another_devices_later_write_settles_an_ordinary_field(void **state)
{
	struct town *t = *state;
	uint64_t case_id = a_conflict(t, "landmark");

	contact(t, 0);
	assert_int_equal(pending(t, 0), 1);
	type(t, 1, &case_id, "landmark", "later");
	sync_all(t, 1);
	sync_all(t, 0);
	assert_int_equal(pending(t, 0), 0);
	assert_int_equal(centrekit_int(&t->k.centre, "SELECT count(*) FROM conflict WHERE state = 1"), 0);
}

/* ---- progress ---- */

static void a_late_answer_brings_registers_but_no_progress(void **state)
{
	struct town *t = *state;
	struct buf late;
	uint64_t a = 0, b = 0;

	buf_init(&late, MESSAGE_ANSWER_BYTES_MAX);
	roundkit_ask(&t->k, 0, &t->request);
	type(t, 1, &a, "landmark", "a");
	sync_all(t, 1);
	sync_all(t, 0); /* seen: after a */
	type(t, 1, &b, "landmark", "b");
	sync_all(t, 1);
	roundkit_answer(&t->k, &t->request, &late); /* out of the drawer: holds b already */
	assert_int_equal(fact(t, 0, "seen"), 1);
	assert_int_equal(roundkit_hear(&t->k, 0, &late, &t->r), 0);
	assert_string_equal(roundkit_shown(&t->k, 0, b, "landmark"), "b");
	assert_int_equal(fact(t, 0, "seen"), 1);
	buf_fini(&late);
}

/* Answer to a request of before, with registers of after: the digest of the next one cannot hold them, and that is no mismatch. */
static void a_late_answer_makes_no_mismatch(void **state)
{
	struct town *t = *state;
	struct buf late, next;
	uint64_t a = 0, b = 0;

	buf_init(&late, MESSAGE_ANSWER_BYTES_MAX);
	buf_init(&next, MESSAGE_ANSWER_BYTES_MAX);
	roundkit_ask(&t->k, 0, &t->request);
	type(t, 1, &a, "landmark", "a");
	sync_all(t, 1);
	sync_all(t, 0);
	roundkit_ask(&t->k, 0, &t->bytes);
	roundkit_answer(&t->k, &t->bytes, &next);
	type(t, 1, &b, "landmark", "b");
	sync_all(t, 1);
	roundkit_answer(&t->k, &t->request, &late);
	assert_int_equal(roundkit_hear(&t->k, 0, &late, &t->r), 0);
	assert_int_equal(roundkit_hear(&t->k, 0, &next, &t->r), 0);
	assert_int_equal(fact(t, 0, "mismatches"), 0);
	assert_int_equal(fact(t, 0, "whole"), 0);
	sync_all(t, 0);
	assert_int_equal(fact(t, 0, "mismatches"), 0);
	assert_true(roundkit_agrees(&t->k, 0));
	buf_fini(&late);
	buf_fini(&next);
}

/* A register is gone from the store, as damage would do. Until the whole scope has come, nobody may write as if he had seen it. */
static void after_a_mismatch_nothing_is_overwritten_unseen(void **state)
{
	struct town *t = *state;
	uint64_t case_id = 0;

	type(t, 1, &case_id, "landmark", "theirs");
	type(t, 1, &case_id, "village", "v");
	sync_all(t, 1);
	sync_all(t, 0);
	roundkit_exec(&t->k, 0, "DELETE FROM register WHERE field = 'landmark';"
				"UPDATE meta SET value = value + 1 WHERE key = 'digest_0'");
	contact(t, 0);
	assert_int_equal(t->r.mismatches, 1);
	assert_true(t->r.is_more);
	type(t, 0, &case_id, "landmark", "ours");
	sync_all(t, 0);
	assert_string_equal(roundkit_at_centre(&t->k, case_id, "landmark"), "theirs");
	assert_int_equal(centrekit_int(&t->k.centre, "SELECT count(*) FROM conflict WHERE state = 1"), 1);
	assert_true(roundkit_agrees(&t->k, 0));
	assert_int_equal(fact(t, 0, "mismatches"), 1);
}

/* ---- the whole scope in pages ---- */

static void want_whole(struct town *t, int i)
{
	assert_int_equal(db_begin(t->k.stores[i]->db), 0);
	assert_int_equal(store_set_u64(t->k.stores[i], "whole", 1), 0);
	assert_int_equal(db_commit(t->k.stores[i]->db), 0);
}

/* Three cases of store 1 that store 0 holds; from now on one case is a page. */
static void three_cases(struct town *t, uint64_t id[static 3])
{
	static const char *const VALUES[] = { "a", "b", "c" };

	for (int i = 0; i < 3; i++) {
		id[i] = 0;
		type(t, 1, &id[i], "landmark", VALUES[i]);
	}
	sync_all(t, 1);
	sync_all(t, 0);
	t->k.page_bytes = 1;
}

static void a_whole_scope_cut_at_every_page_goes_on(void **state)
{
	struct town *t = *state;
	uint64_t id[3];
	int pages = 0;

	three_cases(t, id);
	want_whole(t, 0);
	for (t->r.is_more = true; t->r.is_more; pages++) {
		uint64_t mine = 0;

		lose_answer(t, 0);
		store_close(t->k.stores[0]); /* and the power fails */
		t->k.stores[0] = NULL;
		t->k.stores[0] = roundkit_open_again(&t->k, 0);
		if (pages == 1)
			type(t, 0, &id[0], "landmark", "changed in the middle");
		if (pages == 2)
			type(t, 1, &id[1], "landmark", "changed by the other");
		if (pages == 2)
			sync_all(t, 1);
		if (pages == 3)
			type(t, 0, &mine, "landmark", "a new one");
		contact(t, 0);
		assert_true(pages < 20);
	}
	sync_all(t, 0);
	assert_true(pages > 3);
	assert_int_equal(fact(t, 0, "whole"), 0);
	assert_int_equal(fact(t, 0, "mismatches"), 0);
	assert_true(roundkit_agrees(&t->k, 0));
	assert_string_equal(roundkit_shown(&t->k, 0, id[0], "landmark"), "changed in the middle");
	assert_string_equal(roundkit_shown(&t->k, 0, id[1], "landmark"), "changed by the other");
}

static void an_ordinary_pull_in_pages_holds_seen_until_the_last(void **state)
{
	struct town *t = *state;
	uint64_t id[3], seen;

	three_cases(t, id);
	seen = fact(t, 0, "seen");
	for (int i = 0; i < 3; i++)
		type(t, 1, &id[i], "village", "later");
	sync_all(t, 1);
	contact(t, 0);
	assert_true(t->r.is_more);
	assert_int_equal(fact(t, 0, "seen"), seen);
	type(t, 1, &id[0], "landmark", "again, behind the first page");
	sync_all(t, 1);
	sync_all(t, 0);
	assert_true(fact(t, 0, "seen") > seen);
	assert_true(roundkit_agrees(&t->k, 0));
	assert_int_equal(fact(t, 0, "mismatches"), 0);
}

/* What a late answer brings while the whole scope is on its way is newer than its pages, although its request is older. */
static void a_late_answer_in_the_middle_of_a_whole_scope_is_not_forgotten(void **state)
{
	struct town *t = *state;
	struct buf late, page;
	uint64_t id[3];

	buf_init(&late, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&page, MESSAGE_ANSWER_BYTES_MAX);
	three_cases(t, id);
	roundkit_ask(&t->k, 0, &late);
	want_whole(t, 0);
	contact(t, 0);
	contact(t, 0);
	roundkit_ask(&t->k, 0, &t->request);
	roundkit_answer(&t->k, &t->request, &page); /* the third page, made now and heard later */
	type(t, 1, &id[0], "landmark", "newer");
	sync_all(t, 1);
	t->k.page_bytes = 0;
	roundkit_answer(&t->k, &late, &t->answer);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	assert_string_equal(roundkit_shown(&t->k, 0, id[0], "landmark"), "newer");
	assert_int_equal(roundkit_hear(&t->k, 0, &page, &t->r), 0);
	assert_string_equal(roundkit_shown(&t->k, 0, id[0], "landmark"), "newer");
	sync_all(t, 0);
	assert_int_equal(fact(t, 0, "mismatches"), 0);
	assert_true(roundkit_agrees(&t->k, 0));
	buf_fini(&late);
	buf_fini(&page);
}

static void pages_heard_out_of_order_or_twice_do_no_harm(void **state)
{
	struct town *t = *state;
	struct buf second;
	uint64_t id[3];

	buf_init(&second, MESSAGE_ANSWER_BYTES_MAX);
	three_cases(t, id);
	want_whole(t, 0);
	roundkit_ask(&t->k, 0, &t->request);
	roundkit_answer(&t->k, &t->request, &t->answer);
	roundkit_ask(&t->k, 0, &t->bytes);
	roundkit_answer(&t->k, &t->bytes, &second);
	assert_int_equal(roundkit_hear(&t->k, 0, &second, &t->r), 0);
	contact(t, 0);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	want_whole(t, 0); /* begun anew: what is still under way from the first does not count */
	contact(t, 0);
	sync_all(t, 0);
	assert_int_equal(fact(t, 0, "whole"), 0);
	assert_int_equal(fact(t, 0, "mismatches"), 0);
	assert_true(roundkit_agrees(&t->k, 0));
	buf_fini(&second);
}

/* ---- forms and manifests ---- */

static void a_form_and_registers_of_it_come_in_one_answer(void **state)
{
	struct town *t = *state;
	uint64_t case_id = 0;

	roundkit_publish(&t->k, "9001", "way_in");
	sync_all(t, 1);
	type(t, 1, &case_id, "way_in", "through the garden");
	sync_all(t, 1);
	contact(t, 0);
	assert_string_equal(roundkit_shown(&t->k, 0, case_id, "way_in"), "through the garden");
	assert_true(roundkit_agrees(&t->k, 0));
}

/* The row number of a form that was rolled back goes to the next form. It must not be taken for the first. */
static void a_form_that_was_rolled_back_is_not_remembered(void **state)
{
	struct town *t = *state;
	uint64_t case_id = 0;
	uint8_t before[32], after[32];

	roundkit_publish(&t->k, "9001", "first_question");
	sync_all(t, 1);
	type(t, 1, &case_id, "first_question", "one");
	sync_all(t, 1);
	lose_answer(t, 0);
	roundkit_fingerprint(&t->k, 0, before);
	roundkit_exec(&t->k, 0, "CREATE TEMP TRIGGER fault BEFORE DELETE ON nonce BEGIN SELECT raise(ABORT, 'fault'); END");
	assert_int_not_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	roundkit_exec(&t->k, 0, "DROP TRIGGER fault");
	roundkit_fingerprint(&t->k, 0, after);
	assert_memory_equal(before, after, sizeof before);
	roundkit_publish(&t->k, "9002", "second_question");
	sync_all(t, 1);
	type(t, 1, &case_id, "second_question", "two");
	sync_all(t, 1);
	sync_all(t, 0);
	assert_string_equal(roundkit_shown(&t->k, 0, case_id, "second_question"), "two");
	type(t, 0, &case_id, "second_question", "three");
	sync_all(t, 0);
	assert_string_equal(roundkit_at_centre(&t->k, case_id, "second_question"), "three");
}

static int hear_manifest(struct town *t, const struct buf *manifest)
{
	struct message_content c = { .time_ms = 9, .manifest = { manifest->data, manifest->len } };

	roundkit_ask(&t->k, 0, &t->request);
	roundkit_forge(&t->k, 0, &t->request, &c, &t->answer);
	return roundkit_hear(&t->k, 0, &t->answer, &t->r);
}

static void a_manifest_never_goes_back_and_an_unreadable_one_is_not_passed_over(void **state)
{
	struct town *t = *state;
	struct buf m;

	buf_init(&m, MANIFEST_BYTES_MAX);
	centrekit_manifest(&t->k.centre, 3, &m);
	assert_int_equal(hear_manifest(t, &m), 0);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT max(number) FROM manifest"), 3);
	buf_clear(&m);
	centrekit_manifest(&t->k.centre, 2, &m);
	assert_int_equal(hear_manifest(t, &m), 0);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT max(number) FROM manifest"), 3);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT count(*) FROM manifest"), 2);
	buf_clear(&m);
	centrekit_manifest(&t->k.centre, 4, &m);
	m.data[m.len - 1] ^= 1;
	assert_int_equal(hear_manifest(t, &m), ERR_AUTH);
	buf_clear(&m);
	centrekit_manifest(&t->k.centre, 4, &m);
	m.data[4] = 2; /* a version of later */
	m.len -= SEAL_SIGNATURE_BYTES;
	seal_object_sign(&m, 0, "mandoob:manifest", t->k.centre.root->sign_secret);
	assert_int_equal(hear_manifest(t, &m), ERR_STALE);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT max(number) FROM manifest"), 3);
	buf_fini(&m);
}

/* ---- a centre restored from a backup ---- */

static void a_restored_centre_gets_back_what_it_lost(void **state)
{
	struct town *t = *state;
	uint64_t a = 0, b = 0, c = 0;

	type(t, 0, &a, "landmark", "a");
	sync_all(t, 0);
	roundkit_backup(&t->k);
	sync_all(t, 0);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT count(*) FROM envelope"), 0);
	type(t, 0, &b, "landmark", "b");
	sync_all(t, 0);
	type(t, 0, &a, "landmark", "a, changed");
	sync_all(t, 0);
	sync_all(t, 1);
	roundkit_restore(&t->k);
	type(t, 0, &c, "landmark", "c");
	sync_all(t, 0);
	sync_all(t, 1);
	assert_string_equal(roundkit_at_centre(&t->k, a, "landmark"), "a, changed");
	assert_string_equal(roundkit_at_centre(&t->k, b, "landmark"), "b");
	assert_string_equal(roundkit_at_centre(&t->k, c, "landmark"), "c");
	assert_true(roundkit_agrees(&t->k, 0));
	assert_true(roundkit_agrees(&t->k, 1));
	assert_int_equal(fact(t, 0, "mismatches"), 0);
	assert_int_equal(fact(t, 0, "resend"), 0);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT count(*) FROM edit_group WHERE confirmed = 0"), 0);
}

/* Accepted in the life that was lost, a conflict in the one that follows: the device hears of it. */
static void an_envelope_applied_again_may_have_another_outcome(void **state)
{
	struct town *t = *state;
	uint64_t a = 0;

	type(t, 1, &a, "landmark", "base");
	sync_all(t, 1);
	sync_all(t, 0);
	roundkit_backup(&t->k);
	type(t, 0, &a, "landmark", "ours");
	sync_all(t, 0);
	assert_string_equal(roundkit_at_centre(&t->k, a, "landmark"), "ours");
	roundkit_restore(&t->k);
	type(t, 1, &a, "landmark", "theirs, before us this time");
	sync_all(t, 1);
	sync_all(t, 0);
	assert_string_equal(roundkit_shown(&t->k, 0, a, "landmark"), "theirs, before us this time");
	assert_int_equal(pending(t, 0), 1);
	assert_int_equal(roundkit_int(&t->k, 0, "SELECT outcome FROM edit"), MERGE_CONFLICT);
	assert_int_equal(centrekit_int(&t->k.centre, "SELECT count(*) FROM conflict WHERE state = 1"), 1);
	assert_true(roundkit_agrees(&t->k, 0));
	roundkit_decide(&t->k, "ours");
	sync_all(t, 0);
	assert_int_equal(pending(t, 0), 0);
}

/* What the other device wrote in the lost life and never brings again stays with it; ours is what the centre holds. */
static void registers_of_a_lost_life_give_way(void **state)
{
	struct town *t = *state;
	uint64_t a = 0;

	type(t, 1, &a, "landmark", "kept");
	sync_all(t, 1);
	roundkit_backup(&t->k);
	type(t, 1, &a, "landmark", "lost");
	type(t, 1, &a, "village", "lost too");
	sync_all(t, 1);
	sync_all(t, 0);
	assert_string_equal(roundkit_shown(&t->k, 0, a, "landmark"), "lost");
	roundkit_restore(&t->k);
	sync_all(t, 0);
	assert_true(roundkit_agrees(&t->k, 0));
	assert_int_equal(fact(t, 0, "mismatches"), 1);
	assert_string_equal(roundkit_shown(&t->k, 0, a, "landmark"), "kept");
	assert_string_equal(roundkit_shown(&t->k, 0, a, "village"), "?");
	sync_all(t, 1); /* it brings them after all */
	sync_all(t, 0);
	assert_string_equal(roundkit_shown(&t->k, 0, a, "landmark"), "lost");
	assert_true(roundkit_agrees(&t->k, 0));
	assert_true(roundkit_agrees(&t->k, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(receipts_that_do_not_fit_confirm_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(receipts_confirm_what_they_cover_and_no_more, setup, teardown),
		cmocka_unit_test_setup_teardown(a_receipt_signed_by_somebody_else_confirms_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(receipts_count_although_the_pull_runs_ahead_of_them, setup, teardown),
		cmocka_unit_test_setup_teardown(no_digest_is_compared_while_receipts_are_still_to_come, setup, teardown),
		cmocka_unit_test_setup_teardown(a_conflict_waits_although_the_other_value_comes_with_the_receipt, setup, teardown),
		cmocka_unit_test_setup_teardown(a_conflict_waits_although_the_first_answer_was_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(a_decision_that_comes_with_a_late_receipt_settles_the_conflict, setup, teardown),
		cmocka_unit_test_setup_teardown(a_protected_field_waits_for_the_centre_and_then_no_longer, setup, teardown),
		cmocka_unit_test_setup_teardown(another_devices_later_write_settles_an_ordinary_field, setup, teardown),
		cmocka_unit_test_setup_teardown(a_late_answer_brings_registers_but_no_progress, setup, teardown),
		cmocka_unit_test_setup_teardown(a_late_answer_makes_no_mismatch, setup, teardown),
		cmocka_unit_test_setup_teardown(after_a_mismatch_nothing_is_overwritten_unseen, setup, teardown),
		cmocka_unit_test_setup_teardown(a_whole_scope_cut_at_every_page_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(an_ordinary_pull_in_pages_holds_seen_until_the_last, setup, teardown),
		cmocka_unit_test_setup_teardown(a_late_answer_in_the_middle_of_a_whole_scope_is_not_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(pages_heard_out_of_order_or_twice_do_no_harm, setup, teardown),
		cmocka_unit_test_setup_teardown(a_form_and_registers_of_it_come_in_one_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(a_form_that_was_rolled_back_is_not_remembered, setup, teardown),
		cmocka_unit_test_setup_teardown(a_manifest_never_goes_back_and_an_unreadable_one_is_not_passed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(a_restored_centre_gets_back_what_it_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(an_envelope_applied_again_may_have_another_outcome, setup, teardown),
		cmocka_unit_test_setup_teardown(registers_of_a_lost_life_give_way, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
