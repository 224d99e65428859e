/*
 * test_agent_fork: a copied or restored store takes a new incarnation at whatever moment the fork is found, and nothing typed on either
 * side is lost, doubled, or mixed with what the other copy made under the same ids.
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
#include <unistd.h>

#include "agent/outbox.h"
#include "agent/shelf.h"
#include "tests/lib/roundkit.h"

struct town {
	struct roundkit k;
	struct buf request, answer, late;
	struct round_result r;
};

static int setup(void **state)
{
	struct town *t = calloc(1, sizeof *t);

	roundkit_open(&t->k);
	roundkit_device(&t->k, CENTREKIT_NORTH);
	buf_init(&t->request, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&t->answer, MESSAGE_ANSWER_BYTES_MAX);
	buf_init(&t->late, MESSAGE_ANSWER_BYTES_MAX);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct town *t = *state;

	buf_fini(&t->request);
	buf_fini(&t->answer);
	buf_fini(&t->late);
	roundkit_close(&t->k);
	free(t);
	return 0;
}

static void type(struct town *t, int i, uint64_t *case_id, const char *field, const char *value)
{
	t->k.centre.wall_ms += 1000; /* what two copies type is never the same moment */
	assert_int_equal(roundkit_type(&t->k, i, case_id, field, value), 0);
}

static void sync_all(struct town *t, int i)
{
	assert_int_equal(roundkit_sync(&t->k, i), 0);
}

static void lose_answer(struct town *t, int i)
{
	roundkit_ask(&t->k, i, &t->request);
	roundkit_answer(&t->k, &t->request, &t->answer);
}

static int64_t waiting(struct town *t, int i)
{
	return roundkit_int(&t->k, i, "SELECT count(*) FROM edit_group WHERE confirmed = 0");
}

static int64_t times_at_centre(struct town *t, const char *value)
{
	struct db_stmt *q;
	int64_t count;

	assert_int_equal(db_prepare(t->k.centre.c->db, "SELECT count(*) FROM register WHERE value = ?1", &q), 0);
	db_bind_text(q, 1, value);
	assert_int_equal(db_row(q), 0);
	count = db_int(q, 0);
	db_done(q);
	return count;
}

static void all_at_rest(struct town *t)
{
	for (int round = 0; round < 4; round++)
		for (int i = 0; i < t->k.count; i++)
			sync_all(t, i);
	for (int i = 0; i < t->k.count; i++) {
		assert_int_equal(waiting(t, i), 0);
		assert_int_equal(roundkit_int(&t->k, i, "SELECT count(*) FROM own"), 0);
		assert_int_equal(roundkit_int(&t->k, i, "SELECT ifnull((SELECT value FROM meta WHERE key = 'mismatches'), 0)"), 0);
		assert_true(roundkit_agrees(&t->k, i));
	}
}

/* The case that copy `i` made has another id now: the only one whose landmark is `value`. */
static uint64_t case_with(struct town *t, int i, const char *value)
{
	struct db_stmt *q;
	uint64_t id;

	assert_int_equal(db_prepare(t->k.stores[i]->db,
				    "SELECT case_id FROM own WHERE field = 'landmark' AND value = ?1"
				    " UNION SELECT case_id FROM register WHERE field = 'landmark' AND value = ?1",
				    &q), 0);
	db_bind_text(q, 1, value);
	assert_int_equal(db_row(q), 0);
	id = db_u64(q, 0);
	assert_int_equal(db_step(q), 0);
	db_done(q);
	return id;
}

static void two_copies_with_the_same_ids_make_two_cases(void **state)
{
	struct town *t = *state;
	uint64_t a = 0, b = 0;
	int copy = roundkit_clone(&t->k, 0);

	type(t, 0, &a, "landmark", "of the first");
	type(t, copy, &b, "landmark", "of the copy");
	assert_int_equal(a, b);
	sync_all(t, 0);
	sync_all(t, copy);
	all_at_rest(t);
	assert_int_equal(times_at_centre(t, "of the first"), 1);
	assert_int_equal(times_at_centre(t, "of the copy"), 1);
	assert_int_not_equal(case_with(t, copy, "of the copy"), a);
	assert_int_equal(case_with(t, copy, "of the first"), a);
}

/* What was saved before the copying is in both outboxes, sealed or not, and arrives once. */
static void what_both_copies_have_to_send_arrives_once(void **state)
{
	for (int is_sealed = 0; is_sealed < 2; is_sealed++) {
		struct town *t = *state;
		uint64_t shared = 0, a = 0, b = 0;
		int copy;

		type(t, 0, &shared, "landmark", is_sealed ? "shared, sealed" : "shared");
		if (is_sealed)
			assert_int_equal(outbox_seal(t->k.stores[0]), 0);
		copy = roundkit_clone(&t->k, 0);
		type(t, 0, &a, "landmark", is_sealed ? "a, sealed" : "a");
		type(t, copy, &b, "landmark", is_sealed ? "b, sealed" : "b");
		sync_all(t, copy);
		sync_all(t, 0);
		all_at_rest(t);
		assert_int_equal(times_at_centre(t, is_sealed ? "shared, sealed" : "shared"), 1);
		assert_int_equal(times_at_centre(t, is_sealed ? "a, sealed" : "a"), 1);
		assert_int_equal(times_at_centre(t, is_sealed ? "b, sealed" : "b"), 1);
		assert_string_equal(roundkit_shown(&t->k, 0, shared, "landmark"), is_sealed ? "shared, sealed" : "shared");
	}
}

/* The centre has it by the copy's hand. Until the whole scope is here the person still sees it, and it is not called received. */
static void what_the_copy_brought_stays_in_sight_until_it_comes_back(void **state)
{
	struct town *t = *state;
	uint64_t shared = 0, a = 0, other = 0, again = 0;
	struct outbox_counts n;
	int copy;

	type(t, 0, &shared, "landmark", "shared");
	copy = roundkit_clone(&t->k, 0);
	type(t, copy, &other, "landmark", "by the copy");
	sync_all(t, copy);
	type(t, 0, &a, "landmark", "mine");
	assert_int_equal(roundkit_contact(&t->k, 0, &t->r), 0);
	assert_true(t->r.is_forked);
	assert_string_equal(roundkit_shown(&t->k, 0, shared, "landmark"), "shared");
	assert_int_equal(outbox_count(t->k.stores[0], &n), 0);
	assert_int_equal(n.confirmed, 0);
	assert_int_equal(n.unsealed, 1);
	/* Another copying and another fork before that: it is not brought a second time. */
	type(t, roundkit_clone(&t->k, 0), &again, "landmark", "and again");
	sync_all(t, 2);
	sync_all(t, 0);
	all_at_rest(t);
	assert_int_equal(times_at_centre(t, "shared"), 1);
	assert_int_equal(times_at_centre(t, "mine"), 1);
	assert_int_equal(times_at_centre(t, "and again"), 1);
}

static void edits_of_other_cases_keep_their_case(void **state)
{
	struct town *t = *state;
	uint64_t foreign = 0, member, own = 0;
	int other = roundkit_device(&t->k, CENTREKIT_NORTH), copy;

	type(t, other, &foreign, "landmark", "foreign");
	sync_all(t, other);
	sync_all(t, 0);
	copy = roundkit_clone(&t->k, 0);
	type(t, copy, &own, "landmark", "by the copy");
	sync_all(t, copy);
	member = roundkit_member(&t->k, 0, foreign, "new member");
	type(t, 0, &foreign, "village", "added to a case of others");
	assert_int_equal(member, own); /* the same id for two things */
	sync_all(t, 0);
	all_at_rest(t);
	assert_string_equal(roundkit_at_centre(&t->k, foreign, "village"), "added to a case of others");
	assert_int_equal(times_at_centre(t, "new member"), 1);
	assert_int_equal(centrekit_int(&t->k.centre, "SELECT count(*) FROM edit WHERE outcome = 3"), 0);
}

/* An income whose receiver is a member: the reference follows the member to its new id. */
static void references_to_members_follow_their_new_ids(void **state)
{
	struct town *t = *state;
	uint64_t a = 0, b = 0, member;
	struct edit e = { 0 };
	struct edit_group g = { .edits = &e, .edit_count = 1 };
	char text[17];
	int64_t form_id;
	int copy = roundkit_clone(&t->k, 0);

	type(t, copy, &b, "landmark", "by the copy");
	sync_all(t, copy);
	type(t, 0, &a, "landmark", "mine");
	member = roundkit_member(&t->k, 0, a, "receiver");
	snprintf(text, sizeof text, "%016" PRIx64, member);
	assert_int_equal(db_begin(t->k.stores[0]->db), 0);
	assert_int_equal(shelf_form_current(t->k.stores[0], &g.form, &form_id), 0);
	assert_int_equal(store_new_id(t->k.stores[0], &e.entry_id), 0);
	e.field = (uint16_t)form_field_find(g.form, "income_receiver");
	e.entry_type = form_field(g.form, e.field)->entry_type;
	e.value = text;
	e.value_len = 16;
	g.case_id = a;
	assert_int_equal(outbox_push(t->k.stores[0], &g), 0);
	assert_int_equal(db_commit(t->k.stores[0]->db), 0);
	all_at_rest(t);
	assert_int_equal(centrekit_int(&t->k.centre,
		"SELECT count(*) FROM register i JOIN register m ON m.case_id = i.case_id AND m.field = 'member_name'"
		" WHERE i.field = 'income_receiver' AND i.value = printf('%016x', m.entry_id) AND m.value = 'receiver'"), 1);
	assert_int_equal(times_at_centre(t, text), 0);
}

static void a_clone_of_a_clone_loses_nothing(void **state)
{
	struct town *t = *state;
	uint64_t a = 0, b = 0, c = 0, shared = 0;
	int copy, second;

	type(t, 0, &shared, "landmark", "shared");
	lose_answer(t, 0);
	copy = roundkit_clone(&t->k, 0);
	type(t, copy, &b, "landmark", "b");
	assert_int_equal(outbox_seal(t->k.stores[copy]), 0);
	second = roundkit_clone(&t->k, copy);
	type(t, second, &c, "landmark", "c");
	type(t, 0, &a, "landmark", "a");
	sync_all(t, second);
	sync_all(t, 0);
	sync_all(t, copy);
	all_at_rest(t);
	assert_int_equal(times_at_centre(t, "a"), 1);
	assert_int_equal(times_at_centre(t, "b"), 1);
	assert_int_equal(times_at_centre(t, "c"), 1);
	assert_int_equal(times_at_centre(t, "shared"), 1);
}

/* Two copies of a copy whose forking envelope is the same get the same new incarnation: the second of them forks once more. */
static void twins_with_one_forking_envelope_part_in_the_end(void **state)
{
	struct town *t = *state;
	uint64_t a = 0, b = 0, c = 0, d = 0;
	int copy = roundkit_clone(&t->k, 0), second;

	type(t, 0, &a, "landmark", "a");
	sync_all(t, 0);
	type(t, copy, &b, "landmark", "b");
	assert_int_equal(outbox_seal(t->k.stores[copy]), 0);
	second = roundkit_clone(&t->k, copy);
	lose_answer(t, copy);
	lose_answer(t, second);
	type(t, copy, &c, "landmark", "c");
	type(t, second, &d, "landmark", "d");
	sync_all(t, copy);
	sync_all(t, second);
	all_at_rest(t);
	assert_int_equal(times_at_centre(t, "b"), 1);
	assert_int_equal(times_at_centre(t, "c"), 1);
	assert_int_equal(times_at_centre(t, "d"), 1);
}

/* The store is put back to where it was yesterday, as a restored disk would be, and goes on. */
static void a_store_put_back_in_time_goes_on(void **state)
{
	struct town *t = *state;
	uint64_t yesterday = 0, today = 0, after = 0;
	int old;

	type(t, 0, &yesterday, "landmark", "yesterday");
	sync_all(t, 0);
	old = roundkit_clone(&t->k, 0);
	type(t, 0, &today, "landmark", "today");
	type(t, 0, &yesterday, "landmark", "yesterday, changed");
	sync_all(t, 0);
	/* First it only looks: what its own lost days wrote comes back to it. */
	sync_all(t, old);
	assert_string_equal(roundkit_shown(&t->k, old, today, "landmark"), "today");
	assert_true(roundkit_agrees(&t->k, old));
	type(t, old, &after, "landmark", "after");
	assert_int_not_equal(after, today);
	sync_all(t, old);
	all_at_rest(t);
	assert_int_equal(times_at_centre(t, "today"), 1);
	assert_int_equal(times_at_centre(t, "after"), 1);
	assert_string_equal(roundkit_at_centre(&t->k, yesterday, "landmark"), "yesterday, changed");
}

/* ---- answers that come after the fork ---- */

static void the_answer_to_a_request_of_before_the_fork_is_void(void **state)
{
	struct town *t = *state;
	uint64_t a = 0, b = 0, c = 0;
	uint8_t before[32], after[32];
	int copy;

	type(t, 0, &a, "landmark", "base");
	sync_all(t, 0);
	copy = roundkit_clone(&t->k, 0);
	roundkit_ask(&t->k, 0, &t->request); /* nothing in it but a question */
	type(t, copy, &b, "landmark", "by the copy");
	sync_all(t, copy);
	roundkit_answer(&t->k, &t->request, &t->late);
	type(t, 0, &c, "landmark", "mine");
	assert_int_equal(roundkit_contact(&t->k, 0, &t->r), 0);
	assert_true(t->r.is_forked);
	assert_true(t->r.is_more);
	roundkit_fingerprint(&t->k, 0, before);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->late, &t->r), ERR_STALE);
	roundkit_fingerprint(&t->k, 0, after);
	assert_memory_equal(before, after, sizeof before);
	all_at_rest(t);
}

/* Two requests of before the fork are both answered with its notice. The second notice is no error of the centre's and changes nothing. */
static void the_notice_heard_twice_counts_once(void **state)
{
	struct town *t = *state;
	uint64_t a = 0, b = 0;
	int copy = roundkit_clone(&t->k, 0);

	type(t, copy, &b, "landmark", "by the copy");
	sync_all(t, copy);
	type(t, 0, &a, "landmark", "mine");
	roundkit_ask(&t->k, 0, &t->request);
	roundkit_answer(&t->k, &t->request, &t->late);
	lose_answer(t, 0);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	assert_true(t->r.is_forked);
	assert_int_equal(t->k.stores[0]->incarnation, 2);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->late, &t->r), ERR_STALE);
	assert_int_equal(t->k.stores[0]->incarnation, 2);
	all_at_rest(t);
	assert_int_equal(times_at_centre(t, "mine"), 1);
}

static void what_is_saved_between_request_and_notice_moves_along(void **state)
{
	struct town *t = *state;
	uint64_t a = 0, b = 0, c = 0;
	int copy = roundkit_clone(&t->k, 0);

	type(t, copy, &b, "landmark", "by the copy");
	sync_all(t, copy);
	type(t, 0, &a, "landmark", "mine");
	lose_answer(t, 0);
	type(t, 0, &a, "village", "mine too");
	type(t, 0, &c, "landmark", "mine as well");
	assert_int_equal(outbox_seal(t->k.stores[0]), 0);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	all_at_rest(t);
	assert_int_equal(times_at_centre(t, "mine"), 1);
	assert_int_equal(times_at_centre(t, "mine as well"), 1);
	a = case_with(t, 0, "mine");
	assert_string_equal(roundkit_at_centre(&t->k, a, "village"), "mine too");
}

/* A program that was open all the while holds ids of the old incarnation in its hands: it must not write with them. */
static void another_program_does_not_write_under_the_old_incarnation(void **state)
{
	struct town *t = *state;
	struct store *other = roundkit_open_again(&t->k, 0);
	uint64_t a = 0, b = 0, c = 0;
	int copy = roundkit_clone(&t->k, 0);

	type(t, copy, &b, "landmark", "by the copy");
	sync_all(t, copy);
	type(t, 0, &a, "landmark", "mine");
	sync_all(t, 0);
	assert_int_equal(t->k.stores[0]->incarnation, 2);
	assert_int_equal(roundkit_type_in(other, &c, "landmark", "with a new id"), ERR_STALE);
	assert_int_equal(roundkit_type_in(other, &a, "landmark", "into another family's case"), ERR_STALE);
	assert_non_null(strstr(err_message(), "open it again"));
	/* Asking and hearing is another thing: it holds no ids. */
	assert_int_equal(round_request(other, &t->request), 0);
	roundkit_answer(&t->k, &t->request, &t->answer);
	assert_int_equal(round_answer(other, t->answer.data, t->answer.len, &t->r), 0);
	assert_int_equal(roundkit_type_in(other, &c, "landmark", "with a new id"), 0);
	store_close(other);
	all_at_rest(t);
	assert_int_equal(times_at_centre(t, "with a new id"), 1);
}

static void a_fault_anywhere_in_the_fork_takes_it_back(void **state)
{
	static const char *const FAULTS[] = {
		"CREATE TEMP TRIGGER fault BEFORE UPDATE ON edit_group BEGIN SELECT raise(ABORT, 'fault'); END",
		"CREATE TEMP TRIGGER fault BEFORE INSERT ON edit BEGIN SELECT raise(ABORT, 'fault'); END",
		"CREATE TEMP TRIGGER fault BEFORE DELETE ON edit BEGIN SELECT raise(ABORT, 'fault'); END",
		"CREATE TEMP TRIGGER fault BEFORE INSERT ON own BEGIN SELECT raise(ABORT, 'fault'); END",
		"CREATE TEMP TRIGGER fault BEFORE DELETE ON envelope BEGIN SELECT raise(ABORT, 'fault'); END",
		"CREATE TEMP TRIGGER fault BEFORE DELETE ON nonce BEGIN SELECT raise(ABORT, 'fault'); END",
		"CREATE TEMP TRIGGER fault BEFORE INSERT ON made BEGIN SELECT raise(ABORT, 'fault'); END",
		"CREATE TEMP TRIGGER fault BEFORE UPDATE ON meta WHEN new.key = 'site' BEGIN SELECT raise(ABORT, 'fault'); END",
	};
	struct town *t = *state;
	uint64_t a = 0, b = 0;
	uint8_t before[32], after[32];
	int copy = roundkit_clone(&t->k, 0);

	type(t, copy, &b, "landmark", "by the copy");
	sync_all(t, copy);
	type(t, 0, &a, "landmark", "mine");
	lose_answer(t, 0);
	roundkit_fingerprint(&t->k, 0, before);
	for (size_t i = 0; i < sizeof FAULTS / sizeof FAULTS[0]; i++) {
		roundkit_exec(&t->k, 0, FAULTS[i]);
		assert_int_not_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
		assert_non_null(strstr(err_message(), "fault"));
		assert_int_equal(t->k.stores[0]->incarnation, 1);
		assert_false(t->r.is_forked);
		roundkit_exec(&t->k, 0, "DROP TRIGGER fault");
		roundkit_fingerprint(&t->k, 0, after);
		assert_memory_equal(before, after, sizeof before);
	}
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	all_at_rest(t);
}

/*
 * A copy was made; the first store's envelope was received, and lost with the centre's last days; then the copy brought another one
 * under the same number. The first store has a receipt for what the centre does not have.
 */
static void what_a_restored_centre_took_from_the_copy_instead_is_brought_again(void **state)
{
	struct town *t = *state;
	uint64_t base = 0, x = 0, y = 0;
	int copy;

	type(t, 0, &base, "landmark", "base");
	sync_all(t, 0);
	copy = roundkit_clone(&t->k, 0);
	roundkit_backup(&t->k);
	type(t, 0, &x, "landmark", "received, then lost");
	type(t, 0, &base, "village", "received, then lost too");
	sync_all(t, 0);
	assert_int_equal(waiting(t, 0), 0);
	roundkit_restore(&t->k);
	type(t, copy, &y, "landmark", "of the copy");
	sync_all(t, copy);
	/* Even a new backup covers only what the copy brought. */
	unlink(t->k.backup);
	roundkit_backup(&t->k);
	assert_int_equal(x, y);
	sync_all(t, 0);
	sync_all(t, 0);
	assert_int_equal(t->k.stores[0]->incarnation, 2);
	assert_int_equal(times_at_centre(t, "received, then lost"), 1);
	assert_string_equal(roundkit_at_centre(&t->k, base, "village"), "received, then lost too");
	assert_int_equal(times_at_centre(t, "base"), 1);
	assert_int_equal(times_at_centre(t, "of the copy"), 1);
	assert_int_equal(waiting(t, 0), 0);
	assert_true(roundkit_agrees(&t->k, 0));
	assert_string_equal(roundkit_shown(&t->k, 0, x, "landmark"), "of the copy");
}

/*
 * The same, and a new backup covers what the copy brought under our first number while the centre still asks for our second: the copy's
 * envelope is not ours, and ours must not be forgotten for it.
 */
static void what_a_backup_covers_of_the_copy_is_not_forgotten_here(void **state)
{
	struct town *t = *state;
	uint64_t x = 0, y = 0, z = 0;
	int copy = roundkit_clone(&t->k, 0);

	roundkit_backup(&t->k);
	type(t, 0, &x, "landmark", "received, then lost");
	sync_all(t, 0);
	type(t, 0, &x, "village", "received, then lost too");
	sync_all(t, 0);
	roundkit_restore(&t->k);
	type(t, copy, &y, "landmark", "of the copy");
	sync_all(t, copy);
	unlink(t->k.backup);
	roundkit_backup(&t->k);
	type(t, 0, &z, "landmark", "new");
	sync_all(t, 0);
	sync_all(t, 0);
	assert_int_equal(times_at_centre(t, "received, then lost"), 1);
	assert_int_equal(times_at_centre(t, "received, then lost too"), 1);
	assert_int_equal(times_at_centre(t, "new"), 1);
	assert_int_equal(times_at_centre(t, "of the copy"), 1);
	assert_int_equal(waiting(t, 0), 0);
}

/* In an ordinary fork the receipts hold: what they cover is on the list and is not brought twice. */
static void what_has_a_receipt_is_not_brought_twice(void **state)
{
	struct town *t = *state;
	uint64_t a = 0, b = 0, c = 0;
	int copy;

	type(t, 0, &a, "landmark", "with a receipt");
	sync_all(t, 0);
	copy = roundkit_clone(&t->k, 0);
	type(t, copy, &b, "landmark", "by the copy");
	sync_all(t, copy);
	type(t, 0, &c, "landmark", "mine");
	all_at_rest(t);
	assert_int_equal(times_at_centre(t, "with a receipt"), 1);
	assert_int_equal(centrekit_int(&t->k.centre, "SELECT count(*) FROM edit_group"), 3);
	assert_string_equal(roundkit_shown(&t->k, 0, a, "landmark"), "with a receipt");
}

static void a_notice_that_leads_backwards_is_refused(void **state)
{
	struct message_content c = { .time_ms = 9, .has_fork = true, .fork_incarnation = 1, .fork_site = 9 };
	struct town *t = *state;
	uint64_t a = 0;

	type(t, 0, &a, "landmark", "mine");
	roundkit_ask(&t->k, 0, &t->request);
	roundkit_forge(&t->k, 0, &t->request, &c, &t->answer);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), ERR_CORRUPT);
	sync_all(t, 0);
	assert_int_equal(waiting(t, 0), 0);
}

/* Who went away with the case open must not go on in the case of the other copy that has its id now. */
static void whoever_was_away_during_a_fork_does_not_write_under_old_ids(void **state)
{
	struct town *t = *state;
	uint64_t a = 0, b = 0;
	int copy = roundkit_clone(&t->k, 0);
	struct store *away = roundkit_open_again(&t->k, copy);
	const char *dir = t->k.dirs[copy];

	type(t, 0, &a, "landmark", "of the first");
	sync_all(t, 0);
	assert_int_equal(roundkit_type_in(away, &b, "landmark", "of the copy"), 0);
	assert_int_equal(a, b);
	store_suspend(away);
	all_at_rest(t);
	assert_int_equal(store_resume(away, dir, ROUNDKIT_PASS, strlen(ROUNDKIT_PASS)), ERR_STALE);
	assert_null(away->db);
	assert_null(away->vault);
	store_close(away);
	assert_string_equal(roundkit_at_centre(&t->k, a, "landmark"), "of the first");
	assert_int_equal(times_at_centre(t, "of the copy"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_copies_with_the_same_ids_make_two_cases, setup, teardown),
		cmocka_unit_test_setup_teardown(whoever_was_away_during_a_fork_does_not_write_under_old_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(what_both_copies_have_to_send_arrives_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_copy_brought_stays_in_sight_until_it_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(edits_of_other_cases_keep_their_case, setup, teardown),
		cmocka_unit_test_setup_teardown(references_to_members_follow_their_new_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clone_of_a_clone_loses_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(twins_with_one_forking_envelope_part_in_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(a_store_put_back_in_time_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(the_answer_to_a_request_of_before_the_fork_is_void, setup, teardown),
		cmocka_unit_test_setup_teardown(the_notice_heard_twice_counts_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_saved_between_request_and_notice_moves_along, setup, teardown),
		cmocka_unit_test_setup_teardown(another_program_does_not_write_under_the_old_incarnation, setup, teardown),
		cmocka_unit_test_setup_teardown(a_fault_anywhere_in_the_fork_takes_it_back, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_restored_centre_took_from_the_copy_instead_is_brought_again, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_backup_covers_of_the_copy_is_not_forgotten_here, setup, teardown),
		cmocka_unit_test_setup_teardown(what_has_a_receipt_is_not_brought_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(a_notice_that_leads_backwards_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
