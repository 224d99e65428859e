/*
 * test_agent_rewind: a store that was put back in time is told from a copy, from a restore that was announced and from requests that only
 * came late, twice or never; and whatever is found, everything typed arrives.
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
#include "proto/base/file.h"
#include "server/admin/device.h"
#include "server/intake_past.h"
#include "server/stick.h"
#include "tests/lib/roundkit.h"

#define DAY_MS INT64_C(86400000)

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
	buf_init(&t->late, MESSAGE_REQUEST_BYTES_MAX);
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

static void type(struct town *t, int i, uint64_t *case_id, const char *value)
{
	t->k.centre.wall_ms += 1000;
	assert_int_equal(roundkit_type(&t->k, i, case_id, "landmark", value), 0);
}

static void sync_all(struct town *t, int i)
{
	assert_int_equal(roundkit_sync(&t->k, i), 0);
}

static void contact(struct town *t, int i)
{
	assert_int_equal(roundkit_contact(&t->k, i, &t->r), 0);
}

static int64_t fact(struct town *t, int i, const char *key)
{
	uint64_t value;

	assert_int_equal(store_get_u64(t->k.stores[i], key, &value), 0);
	return (int64_t)value;
}

static int64_t events(struct town *t)
{
	return centrekit_int(&t->k.centre, "SELECT count(*) FROM store_event");
}

static int64_t events_of(struct town *t, enum past_kind kind)
{
	struct device_event *list;
	size_t count;
	int64_t n = 0;

	assert_int_equal(device_history(t->k.centre.c, 1, &list, &count), 0);
	for (size_t i = 0; i < count; i++)
		n += list[i].kind == kind;
	free(list);
	return n;
}

static enum device_past past(struct town *t)
{
	struct device_line *line;
	enum device_past p;
	size_t count;

	assert_int_equal(device_list(t->k.centre.c, 1, &line, &count), 0);
	p = line->past;
	free(line);
	return p;
}

static void say_restored(struct town *t, bool expected)
{
	bool is_explained;

	assert_int_equal(db_begin(t->k.centre.c->db), 0);
	assert_int_equal(device_restored(t->k.centre.c, 1, "disk replaced", CENTREKIT_OFFICER, &is_explained), 0);
	assert_int_equal(db_commit(t->k.centre.c->db), 0);
	assert_int_equal(is_explained, expected);
}

static int64_t times_in_ledger(struct town *t, const char *value)
{
	struct db_stmt *q;
	int64_t count;

	assert_int_equal(db_prepare(t->k.centre.c->db, "SELECT count(*) FROM edit WHERE value = ?1", &q), 0);
	db_bind_text(q, 1, value);
	assert_int_equal(db_row(q), 0);
	count = db_int(q, 0);
	db_done(q);
	return count;
}

/* Everything typed in store `i` is at the centre, and the two agree. */
static void at_rest(struct town *t, int i)
{
	for (int round = 0; round < 3; round++)
		sync_all(t, i);
	assert_int_equal(roundkit_int(&t->k, i, "SELECT count(*) FROM edit_group WHERE confirmed = 0"), 0);
	assert_int_equal(roundkit_int(&t->k, i, "SELECT count(*) FROM own"), 0);
	assert_true(roundkit_agrees(&t->k, i));
}

/* ---- what is no ground for an alarm ---- */

static void whatever_is_written_is_counted(void **state)
{
	struct town *t = *state;
	uint64_t a = 0;
	int64_t before = fact(t, 0, "commits");

	type(t, 0, &a, "one");
	assert_true(fact(t, 0, "commits") > before);
	before = fact(t, 0, "commits");
	assert_int_equal(outbox_seal(t->k.stores[0]), 0);
	assert_true(fact(t, 0, "commits") > before);
	before = fact(t, 0, "commits");
	roundkit_ask(&t->k, 0, &t->request);
	assert_true(fact(t, 0, "commits") > before);
	before = fact(t, 0, "commits");
	roundkit_answer(&t->k, &t->request, &t->answer);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	assert_true(fact(t, 0, "commits") > before);
	assert_int_equal(fact(t, 0, "answered"), 1);
}

static void ordinary_contacts_and_lost_answers_are_no_event(void **state)
{
	struct town *t = *state;
	uint64_t a = 0;

	for (int i = 0; i < 3 * PAST_CONTACTS_KEPT; i++) {
		if (i % 5 == 0)
			type(t, 0, &a, i % 2 ? "x" : "y");
		roundkit_ask(&t->k, 0, &t->request);
		if (i % 3 != 0)
			roundkit_answer(&t->k, &t->request, &t->answer);
		if (i % 3 == 1 && (i / 20) % 2)
			assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	}
	at_rest(t, 0);
	assert_int_equal(events(t), 0);
	assert_int_equal(past(t), DEVICE_STRAIGHT);
	assert_int_equal(fact(t, 0, "notice"), MESSAGE_NOTICE_NONE);
	assert_int_equal(centrekit_int(&t->k.centre, "SELECT count(*) FROM store_contact"), PAST_CONTACTS_KEPT);
}

static void the_same_request_again_gets_the_same_stamp(void **state)
{
	struct town *t = *state;
	uint8_t first[32], again[32];

	sync_all(t, 0);
	roundkit_ask(&t->k, 0, &t->request);
	roundkit_answer(&t->k, &t->request, &t->answer);
	centrekit_fingerprint(&t->k.centre, first);
	for (int i = 0; i < 2 * PAST_CONTACTS_KEPT; i++)
		roundkit_answer(&t->k, &t->request, &t->answer);
	centrekit_fingerprint(&t->k.centre, again);
	assert_memory_equal(first, again, sizeof first);
	assert_int_equal(centrekit_int(&t->k.centre, "SELECT max(turn) FROM store_contact"), 2);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	assert_false(t->r.is_more);
	at_rest(t, 0);
	assert_int_equal(events(t), 0);
}

static void a_request_out_of_the_drawer_is_no_event(void **state)
{
	static const int BETWEEN[] = { 1, 7, 3 * PAST_CONTACTS_KEPT };
	struct town *t = *state;
	uint64_t a = 0;

	for (size_t n = 0; n < sizeof BETWEEN / sizeof BETWEEN[0]; n++) {
		type(t, 0, &a, n % 2 ? "x" : "y");
		roundkit_ask(&t->k, 0, &t->late);
		for (int i = 0; i < BETWEEN[n]; i++) {
			if (i % 2)
				type(t, 0, &a, i % 4 == 1 ? "z" : "w");
			contact(t, 0);
		}
		roundkit_answer(&t->k, &t->late, &t->answer);
		if (n < 2)
			assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
		else
			assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), ERR_STALE);
		roundkit_answer(&t->k, &t->late, &t->answer);
	}
	at_rest(t, 0);
	assert_int_equal(events(t), 0);
	assert_int_equal(fact(t, 0, "notice"), MESSAGE_NOTICE_NONE);
}

/* The answer to the drawer's request asks for another, which shows that nothing is wrong, and asks for no more. */
static void a_late_request_is_asked_about_once(void **state)
{
	struct town *t = *state;

	sync_all(t, 0);
	roundkit_ask(&t->k, 0, &t->late);
	contact(t, 0);
	roundkit_answer(&t->k, &t->late, &t->answer);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	assert_true(t->r.is_more);
	contact(t, 0);
	assert_false(t->r.is_more);
	assert_int_equal(events(t), 0);
}

static void a_late_answer_does_not_make_the_store_look_older(void **state)
{
	struct town *t = *state;

	sync_all(t, 0);
	roundkit_ask(&t->k, 0, &t->request);
	roundkit_answer(&t->k, &t->request, &t->answer);
	contact(t, 0);
	assert_int_equal(fact(t, 0, "answered"), 3);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	assert_int_equal(fact(t, 0, "answered"), 3);
	at_rest(t, 0);
	assert_int_equal(events(t), 0);
}

/* The centre was put back to a backup and forgot contacts, stamps and all; requests of before lie in a drawer and come again. */
static void a_restored_centre_raises_no_alarm(void **state)
{
	struct town *t = *state;
	uint64_t a = 0;

	type(t, 0, &a, "one");
	sync_all(t, 0);
	roundkit_backup(&t->k);
	roundkit_ask(&t->k, 0, &t->late);
	roundkit_answer(&t->k, &t->late, &t->answer);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	type(t, 0, &a, "two");
	roundkit_ask(&t->k, 0, &t->request);
	for (int i = 0; i < 5; i++)
		contact(t, 0);
	roundkit_restore(&t->k);
	sync_all(t, 0);
	roundkit_answer(&t->k, &t->late, &t->answer);
	roundkit_answer(&t->k, &t->request, &t->answer);
	at_rest(t, 0);
	assert_int_equal(events(t), 0);
	assert_int_equal(times_in_ledger(t, "two"), 1);
}

/* ---- a store put back in time ---- */

/* Store 0 goes on after copy 1 was taken, and sends everything; then it is gone and the copy takes its place. */
static int lose_and_put_back(struct town *t, int contacts)
{
	uint64_t a = 0, b = 0;
	int old;

	type(t, 0, &a, "before the copy");
	sync_all(t, 0);
	type(t, 0, &a, "in the copy, unsent");
	old = roundkit_clone(&t->k, 0);
	type(t, 0, &b, "after the copy");
	for (int i = 0; i < contacts; i++)
		contact(t, 0);
	sync_all(t, 0);
	assert_int_equal(events(t), 0);
	return old;
}

static void all_arrived(struct town *t)
{
	assert_int_equal(times_in_ledger(t, "before the copy"), 1);
	assert_true(times_in_ledger(t, "in the copy, unsent") >= 1);
	assert_int_equal(times_in_ledger(t, "after the copy"), 1);
}

static void a_store_put_back_is_seen_and_loses_nothing(void **state)
{
	struct town *t = *state;
	uint64_t c = 0;
	int old = lose_and_put_back(t, 3);

	type(t, old, &c, "typed in the copy");
	sync_all(t, old);
	assert_int_equal(events_of(t, PAST_BACK), 1);
	assert_int_equal(past(t), DEVICE_WENT_BACK);
	assert_int_equal(fact(t, old, "notice"), MESSAGE_NOTICE_BACK);
	at_rest(t, old);
	all_arrived(t);
	assert_int_equal(times_in_ledger(t, "typed in the copy"), 1);
	assert_int_equal(t->k.stores[old]->incarnation, 2);
	assert_int_equal(events(t), 1);
	/* Its person still sees what was said, though the new incarnation has a straight past. */
	assert_int_equal(fact(t, old, "notice"), MESSAGE_NOTICE_BACK);
}

static void a_store_put_back_that_only_looks_is_seen_too(void **state)
{
	struct town *t = *state;
	uint64_t a = 0;
	int old;

	type(t, 0, &a, "one");
	sync_all(t, 0);
	old = roundkit_clone(&t->k, 0);
	type(t, 0, &a, "two");
	sync_all(t, 0);
	sync_all(t, old);
	assert_int_equal(events_of(t, PAST_BACK), 1);
	assert_string_equal(roundkit_shown(&t->k, old, a, "landmark"), "two");
	at_rest(t, old);
	for (int i = 0; i < 10; i++)
		contact(t, old);
	assert_int_equal(events(t), 1);
	assert_int_equal(t->k.stores[old]->incarnation, 1);
}

/* So far back that the centre remembers none of the contacts: the first request may be a late one, the second decides. */
static void a_store_put_far_back_is_seen_with_its_second_request(void **state)
{
	struct town *t = *state;
	int old = lose_and_put_back(t, 2 * PAST_CONTACTS_KEPT);

	roundkit_exec(&t->k, old, "DELETE FROM own; DELETE FROM edit WHERE number = 2; DELETE FROM edit_group WHERE number = 2");
	contact(t, old);
	assert_int_equal(events(t), 0);
	assert_true(t->r.is_more);
	contact(t, old);
	assert_int_equal(events_of(t, PAST_BACK), 1);
	assert_false(t->r.is_more);
	for (int i = 0; i < 5; i++)
		contact(t, old);
	assert_int_equal(events(t), 1);
}

/* The copy made more requests in vain than the store it replaces: its contact numbers are higher, what it knows is older. */
static void many_requests_in_vain_do_not_hide_it(void **state)
{
	struct town *t = *state;
	int old = lose_and_put_back(t, 5);

	for (int i = 0; i < 300; i++)
		roundkit_ask(&t->k, old, &t->request);
	sync_all(t, old);
	assert_int_equal(events_of(t, PAST_BACK), 1);
	at_rest(t, old);
	all_arrived(t);
}

/* The same with nothing typed anywhere: contact number and commits are higher than ever, only what it knows is older. */
static void what_it_knows_is_enough_to_tell(void **state)
{
	struct town *t = *state;
	int old;

	sync_all(t, 0);
	old = roundkit_clone(&t->k, 0);
	for (int i = 0; i < 5; i++)
		contact(t, 0);
	for (int i = 0; i < 100; i++)
		roundkit_ask(&t->k, old, &t->request);
	contact(t, old);
	assert_int_equal(events_of(t, PAST_BACK), 1);
	assert_false(t->r.is_more);
}

static void a_request_left_in_the_drawer_before_is_no_second_copy(void **state)
{
	struct town *t = *state;
	uint64_t a = 0;
	int old;

	sync_all(t, 0);
	old = roundkit_clone(&t->k, 0);
	type(t, 0, &a, "on the stick");
	contact(t, 0);
	roundkit_ask(&t->k, 0, &t->late);
	sync_all(t, old);
	assert_int_equal(events_of(t, PAST_BACK), 1);
	roundkit_answer(&t->k, &t->late, &t->answer);
	sync_all(t, old);
	assert_int_equal(events(t), 1);
	assert_int_equal(times_in_ledger(t, "on the stick"), 1);
	at_rest(t, old);
}

static void put_back_again_and_again_is_seen_each_time_and_refused_never(void **state)
{
	struct town *t = *state;
	uint64_t a = 0;
	int old;

	sync_all(t, 0);
	for (int i = 0; i < 3 * PAST_LINES_MAX; i++) {
		old = roundkit_clone(&t->k, 0);
		contact(t, 0);
		contact(t, 0);
		store_close(t->k.stores[0]);
		t->k.stores[0] = t->k.stores[old];
		t->k.count--;
	}
	assert_int_equal(events_of(t, PAST_BACK), PAST_LINES_MAX - 1);
	type(t, 0, &a, "still taken");
	at_rest(t, 0);
	assert_int_equal(times_in_ledger(t, "still taken"), 1);
}

/* ---- a clone ---- */

static void two_living_copies_are_a_clone(void **state)
{
	struct town *t = *state;
	uint64_t a = 0, b = 0;
	int copy;

	type(t, 0, &a, "base");
	sync_all(t, 0);
	copy = roundkit_clone(&t->k, 0);
	type(t, 0, &a, "by the first");
	sync_all(t, 0);
	sync_all(t, copy);
	assert_int_equal(events_of(t, PAST_BACK), 1);
	assert_int_equal(events_of(t, PAST_COPIES), 0);
	sync_all(t, 0);
	sync_all(t, 0);
	assert_int_equal(events_of(t, PAST_COPIES), 1);
	assert_int_equal(past(t), DEVICE_COPIES);
	type(t, copy, &b, "by the copy");
	for (int i = 0; i < 5; i++) {
		contact(t, 0);
		contact(t, copy);
	}
	assert_int_equal(fact(t, 0, "notice"), MESSAGE_NOTICE_COPIES);
	assert_int_equal(fact(t, copy, "notice"), MESSAGE_NOTICE_COPIES);
	at_rest(t, 0);
	at_rest(t, copy);
	assert_int_equal(times_in_ledger(t, "by the first"), 1);
	assert_int_equal(times_in_ledger(t, "by the copy"), 1);
	assert_int_equal(events(t), 2);
}

/* Both type at once: the fork is found with the first envelope, and is the proof. */
static void a_fork_is_recorded_and_a_living_twin_too(void **state)
{
	struct town *t = *state;
	uint64_t a = 0, b = 0;
	int copy;

	sync_all(t, 0);
	copy = roundkit_clone(&t->k, 0);
	for (int i = 0; i < 4; i++)
		roundkit_ask(&t->k, 0, &t->request); /* in vain: its contact numbers are out of the way */
	type(t, copy, &b, "by the copy");
	sync_all(t, copy);
	type(t, 0, &a, "by the first");
	sync_all(t, 0);
	assert_int_equal(t->k.stores[0]->incarnation, 2);
	assert_int_equal(events_of(t, PAST_BACK), 1);
	sync_all(t, copy);
	sync_all(t, copy);
	assert_int_equal(events_of(t, PAST_COPIES), 1);
	at_rest(t, 0);
	at_rest(t, copy);
	assert_int_equal(times_in_ledger(t, "by the first"), 1);
	assert_int_equal(times_in_ledger(t, "by the copy"), 1);
	assert_int_equal(events(t), 2);
}

/* ---- what people say ---- */

static void an_announced_restore_is_one(void **state)
{
	struct town *t = *state;
	int old = lose_and_put_back(t, 3);

	say_restored(t, false);
	sync_all(t, old);
	assert_int_equal(events_of(t, PAST_RESTORED), 1);
	assert_int_equal(events_of(t, PAST_BACK), 0);
	assert_int_equal(past(t), DEVICE_RESTORED);
	assert_int_equal(fact(t, old, "notice"), MESSAGE_NOTICE_RESTORED);
	at_rest(t, old);
	all_arrived(t);
}

static void an_announcement_counts_once_and_not_for_ever(void **state)
{
	struct town *t = *state;
	int old, older;

	sync_all(t, 0);
	older = roundkit_clone(&t->k, 0);
	contact(t, 0);
	contact(t, 0);
	old = roundkit_clone(&t->k, 0);
	contact(t, 0);
	say_restored(t, false);
	sync_all(t, old);
	assert_int_equal(events_of(t, PAST_RESTORED), 1);
	sync_all(t, older);
	assert_int_equal(events_of(t, PAST_BACK), 1);
	say_restored(t, true);
	say_restored(t, false);
	t->k.centre.wall_ms += 31 * DAY_MS;
	old = roundkit_clone(&t->k, older);
	contact(t, older);
	contact(t, old);
	contact(t, old);
	assert_int_equal(events_of(t, PAST_RESTORED), 1);
	assert_int_equal(events_of(t, PAST_BACK), 2);
}

static void what_was_seen_can_be_explained_afterwards(void **state)
{
	struct town *t = *state;
	uint64_t a = 0;
	int old;

	type(t, 0, &a, "one");
	sync_all(t, 0);
	old = roundkit_clone(&t->k, 0);
	sync_all(t, 0);
	sync_all(t, old);
	assert_int_equal(past(t), DEVICE_WENT_BACK);
	say_restored(t, true);
	assert_int_equal(past(t), DEVICE_RESTORED);
	contact(t, old);
	assert_int_equal(fact(t, old, "notice"), MESSAGE_NOTICE_RESTORED);
}

static void a_reason_and_a_device_are_needed(void **state)
{
	struct town *t = *state;
	bool is_explained;

	assert_int_equal(device_restored(t->k.centre.c, 1, "", CENTREKIT_OFFICER, &is_explained), ERR_USAGE);
	assert_int_equal(device_restored(t->k.centre.c, 99, "why", CENTREKIT_OFFICER, &is_explained), ERR_NOT_FOUND);
}

static void events_are_only_added(void **state)
{
	struct town *t = *state;

	say_restored(t, false);
	assert_int_not_equal(db_exec(t->k.centre.c->db, "UPDATE store_event SET kind = 2"), 0);
	assert_int_not_equal(db_exec(t->k.centre.c->db, "DELETE FROM store_event"), 0);
	assert_int_equal(events(t), 1);
}

/* ---- tampering ---- */

static void a_counter_turned_back_by_hand_is_seen(void **state)
{
	struct town *t = *state;
	uint64_t a = 0;

	type(t, 0, &a, "one");
	for (int i = 0; i < 5; i++)
		contact(t, 0);
	roundkit_exec(&t->k, 0, "UPDATE meta SET value = 1 WHERE key = 'commits'");
	type(t, 0, &a, "two");
	sync_all(t, 0);
	assert_int_equal(events_of(t, PAST_BACK), 1);
	at_rest(t, 0);
	assert_int_equal(times_in_ledger(t, "two"), 1);
	assert_int_equal(events(t), 1);
}

/* The copy pretends to be ahead in every number, and passes for the only one until the other one speaks. */
static void numbers_turned_forward_by_hand_do_not_hide_two_copies(void **state)
{
	struct town *t = *state;
	int old = lose_and_put_back(t, 5);

	roundkit_exec(&t->k, old,
		      "UPDATE meta SET value = 5000 WHERE key IN ('commits', 'contact');"
		      "UPDATE meta SET value = (SELECT value FROM meta WHERE key = 'answered') + 5 WHERE key = 'answered'");
	sync_all(t, old);
	sync_all(t, 0);
	sync_all(t, 0);
	assert_true(events(t) >= 1);
	at_rest(t, old);
	all_arrived(t);
}

static void numbers_without_end_break_nothing(void **state)
{
	struct town *t = *state;
	uint64_t a = 0;

	sync_all(t, 0);
	roundkit_exec(&t->k, 0, "UPDATE meta SET value = -2 WHERE key IN ('commits', 'answered')"); /* 2^64 - 2 */
	type(t, 0, &a, "still taken");
	sync_all(t, 0);
	assert_int_equal(times_in_ledger(t, "still taken"), 1);
}

/* ---- stick ---- */

static struct message_blob stick_of(struct town *t, const struct buf *request, struct buf *file)
{
	const struct message_stick_record record = { .kind = MESSAGE_STICK_REQUEST, .blob = { request->data, request->len } };

	(void)t;
	buf_clear(file);
	assert_int_equal(message_stick_encode(&record, 1, file), 0);
	return (struct message_blob){ file->data, file->len };
}

static void bring_stick(struct town *t, int i, struct buf *file)
{
	struct stick_report report;
	struct buf out;
	struct message_blob b;

	roundkit_ask(&t->k, i, &t->request);
	b = stick_of(t, &t->request, file);
	buf_init(&out, MESSAGE_STICK_BYTES_MAX);
	assert_int_equal(stick_exchange(t->k.centre.c, b.data, b.len, &report, &out), 0);
	assert_int_equal(report.answered, 1);
	buf_fini(&out);
}

/* The newest request of a store that was put back has a lower number than one that was kept before it: it is answered all the same. */
static void a_store_put_back_is_answered_by_stick(void **state)
{
	struct town *t = *state;
	struct stick_report report;
	struct message_stick_record *records;
	struct buf file, out;
	size_t count;
	int old;

	buf_init(&file, MESSAGE_STICK_BYTES_MAX);
	buf_init(&out, MESSAGE_STICK_BYTES_MAX);
	sync_all(t, 0);
	old = roundkit_clone(&t->k, 0);
	for (int i = 0; i < 4; i++)
		bring_stick(t, 0, &file);
	bring_stick(t, old, &file);
	assert_int_equal(events_of(t, PAST_BACK), 1);
	assert_int_equal(stick_answers(t->k.centre.c, &report, &out), 0);
	assert_int_equal(report.answered, 1);
	assert_int_equal(message_stick_decode(out.data, out.len, &records, &count), 0);
	assert_int_equal(round_answer(t->k.stores[old], records[0].blob.data, records[0].blob.len, &t->r), 0);
	assert_int_equal(fact(t, old, "notice"), MESSAGE_NOTICE_BACK);
	free(records);
	buf_fini(&file);
	buf_fini(&out);
}

/* What lies on the stick was typed in a store that is gone: the copy that takes its place must not push it off. */
static void a_store_put_back_leaves_on_the_stick_what_it_does_not_know(void **state)
{
	struct town *t = *state;
	struct stick_report report;
	char path[128];
	struct buf file, out;
	uint64_t a = 0, b = 0;
	size_t bytes;
	int old;

	snprintf(path, sizeof path, "%s/stick", t->k.dirs[0]);
	buf_init(&file, MESSAGE_STICK_BYTES_MAX);
	buf_init(&out, MESSAGE_STICK_BYTES_MAX);
	type(t, 0, &a, "before the copy");
	sync_all(t, 0);
	old = roundkit_clone(&t->k, 0);
	type(t, 0, &b, "only on the stick");
	assert_int_equal(stick_export(t->k.stores[0], path, &bytes), 0);
	type(t, old, &a, "typed in the copy");
	assert_int_equal(stick_export(t->k.stores[old], path, &bytes), 0);
	assert_int_equal(stick_export(t->k.stores[old], path, &bytes), 0);
	assert_int_equal(file_read(path, &file), 0);
	assert_int_equal(stick_exchange(t->k.centre.c, file.data, file.len, &report, &out), 0);
	assert_int_equal(report.requests, 2);
	assert_int_equal(times_in_ledger(t, "only on the stick"), 1);
	at_rest(t, old);
	assert_int_equal(times_in_ledger(t, "typed in the copy"), 1);
	buf_fini(&file);
	buf_fini(&out);
}

/* ---- lease ---- */

static void set_lease(struct town *t, uint32_t days)
{
	assert_int_equal(db_begin(t->k.centre.c->db), 0);
	assert_int_equal(device_set_lease_days(t->k.centre.c, days, CENTREKIT_OFFICER), 0);
	assert_int_equal(db_commit(t->k.centre.c->db), 0);
}

static void the_lease_comes_with_the_newest_answer(void **state)
{
	struct town *t = *state;
	uint32_t days;

	sync_all(t, 0);
	assert_int_equal(fact(t, 0, "lease_days"), 0);
	set_lease(t, MESSAGE_LEASE_DAYS_MAX);
	roundkit_ask(&t->k, 0, &t->request);
	roundkit_answer(&t->k, &t->request, &t->answer); /* lies on a stick */
	contact(t, 0);
	assert_int_equal(fact(t, 0, "lease_days"), MESSAGE_LEASE_DAYS_MAX);
	assert_int_equal(device_lease_days(t->k.centre.c, &days), 0);
	assert_int_equal(days, MESSAGE_LEASE_DAYS_MAX);
	set_lease(t, 0);
	contact(t, 0);
	assert_int_equal(fact(t, 0, "lease_days"), 0);
	assert_int_equal(roundkit_hear(&t->k, 0, &t->answer, &t->r), 0);
	assert_int_equal(fact(t, 0, "lease_days"), 0);
	assert_int_equal(device_set_lease_days(t->k.centre.c, MESSAGE_LEASE_DAYS_MAX + 1, CENTREKIT_OFFICER), ERR_USAGE);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(whatever_is_written_is_counted),
		T(ordinary_contacts_and_lost_answers_are_no_event),
		T(the_same_request_again_gets_the_same_stamp),
		T(a_request_out_of_the_drawer_is_no_event),
		T(a_late_request_is_asked_about_once),
		T(a_late_answer_does_not_make_the_store_look_older),
		T(a_restored_centre_raises_no_alarm),
		T(a_store_put_back_is_seen_and_loses_nothing),
		T(a_store_put_back_that_only_looks_is_seen_too),
		T(a_store_put_far_back_is_seen_with_its_second_request),
		T(many_requests_in_vain_do_not_hide_it),
		T(what_it_knows_is_enough_to_tell),
		T(a_request_left_in_the_drawer_before_is_no_second_copy),
		T(put_back_again_and_again_is_seen_each_time_and_refused_never),
		T(two_living_copies_are_a_clone),
		T(a_fork_is_recorded_and_a_living_twin_too),
		T(an_announced_restore_is_one),
		T(an_announcement_counts_once_and_not_for_ever),
		T(what_was_seen_can_be_explained_afterwards),
		T(a_reason_and_a_device_are_needed),
		T(events_are_only_added),
		T(a_counter_turned_back_by_hand_is_seen),
		T(numbers_turned_forward_by_hand_do_not_hide_two_copies),
		T(numbers_without_end_break_nothing),
		T(a_store_put_back_is_answered_by_stick),
		T(a_store_put_back_leaves_on_the_stick_what_it_does_not_know),
		T(the_lease_comes_with_the_newest_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
