/*
 * Examples for proto/base/vault/lease: passphrases open only while the share is there, and it comes and goes without a passphrase.
 * Times are invented; a power cut between the two prefix copies is made by putting one copy back.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/db.h"
#include "proto/base/vault/slot.h"
#include "proto/base/vault/vault.h"
#include "tests/lib/vaultkit.h"

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)
#define NOW (20000 * DAY)
#define UNTIL (NOW + 30 * DAY)
#define SECOND "second person"
#define SECOND_LEN (sizeof SECOND - 1)

static const uint8_t SHARE[VAULT_SHARE_BYTES] = { 1, 2, 3 };
static const uint8_t NEXT_SHARE[VAULT_SHARE_BYTES] = { 4, 5, 6 };
static const uint8_t NO_SHARE[VAULT_SHARE_BYTES];

static int opens(const char *path, const char *passphrase)
{
	struct vault_key *k;
	int rc = vault_unlock(path, passphrase, strlen(passphrase), &k);

	vault_lock(k);
	return rc;
}

static struct vault_lease lease_of(const char *path)
{
	struct vault_status s;

	assert_int_equal(vault_status(path, NULL, &s), 0);
	return s.lease;
}

/* The vault of the fixture with a lease, and with a second person, the organisation and a recovery key. */
struct leased {
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES];
	char text[VAULT_RECOVERY_TEXT_BYTES];
	struct vault_key *k;
};

static struct leased leased_make(const struct vaultkit *f)
{
	struct leased l = { .k = vaultkit_unlock(f) };
	unsigned index;

	crypto_box_keypair(l.pk, l.sk);
	vaultkit_small(f);
	assert_int_equal(vault_slot_add(l.k, VAULT_SLOT_SECOND, SECOND, SECOND_LEN, &VAULTKIT_WEAK, &index), 0);
	assert_int_equal(vault_slot_add_org(l.k, l.pk, &index), 0);
	assert_int_equal(vault_slot_add_recovery(l.k, l.text, &index), 0);
	assert_int_equal(vault_lease_set(l.k, SHARE, 7, NOW, UNTIL), 0);
	return l;
}

static void both_ways_of_no_person_open(const struct vaultkit *f, const struct leased *l)
{
	struct vault_key *k;

	assert_int_equal(vault_unlock_org(f->path, l->pk, l->sk, &k), 0);
	vault_lock(k);
	assert_int_equal(vault_unlock_recovery(f->path, l->text, strlen(l->text), &k), 0);
	vault_lock(k);
}

static void a_running_lease_changes_nothing_for_its_person(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	struct vault_lease now = lease_of(f->path);
	struct vault_status s;

	assert_int_equal(now.until_ms, UNTIL);
	assert_int_equal(now.latest_ms, NOW);
	assert_int_equal(now.epoch, 7);
	assert_true(now.has_share);
	assert_int_equal(vault_status(NULL, l.k, &s), 0);
	assert_true(s.slots[0].is_leased);
	assert_true(s.slots[1].is_leased);
	assert_false(s.slots[2].is_leased);
	assert_false(s.slots[3].is_leased);
	assert_int_equal(vault_lease_check(l.k, NOW + DAY), 0);
	vault_lock(l.k);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), 0);
	assert_int_equal(opens(f->path, SECOND), 0);
	assert_int_equal(opens(f->path, "wrong"), ERR_AUTH);
	both_ways_of_no_person_open(f, &l);
}

static void after_the_end_the_share_is_in_neither_copy_and_passphrases_wait(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	struct vaultkit_bytes b;

	assert_int_equal(vault_lease_check(l.k, UNTIL - 1), 0);
	assert_int_equal(vault_lease_check(l.k, UNTIL), ERR_STALE);
	assert_int_equal(vault_lease_check(l.k, NOW), ERR_STALE); /* no way back by the clock */
	vault_lock(l.k);
	b = vaultkit_load(f->path);
	assert_null(memmem(b.data, b.len, SHARE, sizeof SHARE));
	free(b.data);
	assert_false(lease_of(f->path).has_share);
	assert_int_equal(lease_of(f->path).until_ms, UNTIL);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), ERR_STALE);
	assert_int_equal(opens(f->path, SECOND), ERR_STALE);
	assert_int_equal(opens(f->path, "wrong"), ERR_AUTH); /* the right passphrase is told from a wrong one */
	both_ways_of_no_person_open(f, &l);
}

static void a_clock_put_back_by_more_than_a_day_waits_until_it_is_right(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	struct vaultkit_bytes b;

	assert_int_equal(vault_lease_check(l.k, NOW + 5 * DAY), 0);
	assert_int_equal(lease_of(f->path).latest_ms, NOW + 5 * DAY);
	assert_int_equal(vault_lease_check(l.k, NOW + 4 * DAY), 0);
	assert_int_equal(lease_of(f->path).latest_ms, NOW + 5 * DAY);
	b = vaultkit_load(f->path);
	assert_int_equal(vault_lease_check(l.k, NOW + 4 * DAY - 1), ERR_STALE);
	assert_int_equal(vault_lease_check(l.k, 0), ERR_STALE); /* a machine without a battery */
	vaultkit_assert_same(f->path, &b);
	assert_int_equal(vault_lease_check(l.k, NOW + 5 * DAY), 0);
	assert_int_equal(vault_lease_check(l.k, UNTIL), ERR_STALE);
	assert_false(lease_of(f->path).has_share);
	free(b.data);
	vault_lock(l.k);
}

/* The clock was ahead for an hour, or cannot be set right: the centre's code makes its time count, and the lease keeps its end. */
static void a_return_before_the_end_makes_the_clock_count_and_nothing_longer(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	struct vault_key *k;

	assert_int_equal(vault_lease_check(l.k, NOW + 20 * DAY), 0);
	assert_int_equal(vault_lease_check(l.k, NOW), ERR_STALE);
	vault_lock(l.k);
	assert_int_equal(vault_lease_return(f->path, NEXT_SHARE, NOW, NOW + 99 * DAY), ERR_AUTH);
	assert_int_equal(vault_lease_return(f->path, SHARE, NOW, NOW + 99 * DAY), 0);
	k = vaultkit_unlock(f);
	assert_int_equal(vault_lease_check(k, NOW), 0);
	assert_int_equal(lease_of(f->path).latest_ms, NOW);
	assert_int_equal(lease_of(f->path).until_ms, UNTIL);
	assert_int_equal(vault_lease_check(k, UNTIL), ERR_STALE);
	vault_lock(k);
}

static void a_return_by_a_clock_that_is_behind_outlasts_setting_it_right(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	struct vault_key *k;

	assert_int_equal(vault_lease_check(l.k, UNTIL - DAY), 0);
	assert_int_equal(vault_lease_check(l.k, UNTIL), ERR_STALE);
	vault_lock(l.k);
	assert_int_equal(vault_lease_return(f->path, SHARE, HOUR, HOUR + 7 * DAY), 0); /* 1970 */
	k = vaultkit_unlock(f);
	assert_int_equal(vault_lease_check(k, HOUR), 0);
	assert_int_equal(vault_lease_check(k, UNTIL + 5 * DAY), 0);
	assert_int_equal(vault_lease_check(k, UNTIL + 6 * DAY), ERR_STALE);
	vault_lock(k);
}

/* The return is outside of the MAC: times that no return of ours has are none. */
static void a_return_with_impossible_times_is_none(void **state)
{
	static const uint8_t TIMES[][16] = {
		{ [0] = 0x7f, [1] = 0xff, [7] = 1, [8] = 0x80 },
		{ [7] = 9, [8] = 0xff, [15] = 1 },
		{ [0] = 0x7f, [7] = 1, [15] = 1 },
		{ [7] = 1, [15] = 2 },
	};
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);

	assert_int_equal(vault_lease_check(l.k, UNTIL), ERR_STALE);
	vault_lock(l.k);
	assert_int_equal(vault_lease_return(f->path, SHARE, UNTIL, UNTIL + DAY), 0);
	for (size_t i = 0; i < sizeof TIMES / sizeof TIMES[0]; i++) {
		for (size_t copy = 0; copy < 2; copy++)
			vaultkit_put(f->path, copy * VAULT_COPY_BYTES + 1408 + 32, TIMES[i], sizeof TIMES[i]);
		assert_int_equal(opens(f->path, VAULTKIT_PASS), ERR_STALE);
	}
}

static void looking_at_the_clock_writes_once_an_hour(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	struct vaultkit_bytes b = vaultkit_load(f->path);

	assert_int_equal(vault_lease_check(l.k, NOW + HOUR - 1), 0);
	vaultkit_assert_same(f->path, &b);
	assert_int_equal(vault_lease_check(l.k, NOW + HOUR), 0);
	assert_int_equal(lease_of(f->path).latest_ms, NOW + HOUR);
	free(b.data);
	vault_lock(l.k);
}

static void without_a_lease_the_clock_does_not_matter(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vaultkit_bytes b = vaultkit_load(f->path);

	assert_int_equal(vault_lease_check(k, 0), 0);
	assert_int_equal(vault_lease_check(k, INT64_MAX), 0);
	assert_int_equal(vault_lease_return(f->path, SHARE, NOW, UNTIL), ERR_AUTH);
	vaultkit_assert_same(f->path, &b);
	free(b.data);
	vault_lock(k);
}

static void a_returned_share_opens_again_and_no_other_does(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	struct vaultkit_bytes ended, taken;
	struct vault_key *k;
	struct db *db;

	assert_int_equal(vault_lease_check(l.k, UNTIL), ERR_STALE);
	vault_lock(l.k);
	ended = vaultkit_load(f->path);
	assert_int_equal(vault_lease_return(f->path, NEXT_SHARE, UNTIL, UNTIL + DAY), ERR_AUTH);
	assert_int_equal(vault_lease_return(f->path, SHARE, UNTIL, UNTIL), ERR_USAGE);
	assert_int_equal(vault_lease_return(f->path, NO_SHARE, UNTIL, UNTIL + DAY), ERR_USAGE);
	assert_int_equal(vault_lease_return(f->other, SHARE, UNTIL, UNTIL + DAY), ERR_NOT_FOUND);
	vaultkit_assert_same(f->path, &ended);
	assert_int_equal(vault_lease_return(f->path, SHARE, UNTIL, UNTIL + DAY), 0);
	assert_true(lease_of(f->path).has_share);
	assert_int_equal(lease_of(f->path).until_ms, UNTIL + DAY);
	assert_int_equal(opens(f->path, "wrong"), ERR_AUTH);
	k = vaultkit_unlock(f); /* takes the share over, under the MAC */
	taken = vaultkit_load(f->path);
	assert_memory_equal(taken.data, taken.data + VAULT_COPY_BYTES, VAULT_COPY_BYTES);
	assert_int_equal(lease_of(f->path).until_ms, UNTIL + DAY);
	assert_int_equal(vault_lease_check(k, UNTIL + DAY - 1), 0);
	db = vaultkit_open(f->path);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), 6);
	db_close(db);
	assert_int_equal(vault_lease_check(k, UNTIL + DAY), ERR_STALE);
	vault_lock(k);
	assert_int_equal(opens(f->path, SECOND), ERR_STALE);
	free(ended.data);
	free(taken.data);
}

static void a_return_that_was_cut_off_is_none_or_is_taken(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	struct vaultkit_bytes ended, back;

	assert_int_equal(vault_lease_check(l.k, UNTIL), ERR_STALE);
	vault_lock(l.k);
	ended = vaultkit_load(f->path);
	assert_int_equal(vault_lease_return(f->path, SHARE, UNTIL, UNTIL + DAY), 0);
	back = vaultkit_load(f->path);
	for (size_t copy = 0; copy < 2; copy++) {
		vaultkit_save(f->path, ended.data, ended.len);
		vaultkit_put(f->path, copy * VAULT_COPY_BYTES, back.data, VAULT_COPY_BYTES);
		assert_int_equal(opens(f->path, VAULTKIT_PASS), 0);
		assert_int_equal(opens(f->path, SECOND), 0);
	}
	/* A torn return in both copies: the vault is as if none had been made, and the next one works. */
	for (size_t copy = 0; copy < 2; copy++) {
		vaultkit_put(f->path, copy * VAULT_COPY_BYTES, ended.data + copy * VAULT_COPY_BYTES, VAULT_COPY_BYTES);
		vaultkit_put(f->path, copy * VAULT_COPY_BYTES + 1408, back.data + 1408, 64);
		vaultkit_put(f->path, copy * VAULT_COPY_BYTES + 1408 + 20, "torn", 4);
	}
	assert_int_equal(opens(f->path, VAULTKIT_PASS), ERR_STALE);
	both_ways_of_no_person_open(f, &l); /* heals both copies, and must not take the torn share over */
	assert_int_equal(vault_lease_return(f->path, SHARE, UNTIL, UNTIL + DAY), 0);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), 0);
	free(ended.data);
	free(back.data);
}

static void a_wiping_that_was_cut_off_still_ends_the_lease(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	struct vaultkit_bytes before = vaultkit_load(f->path), after;

	assert_int_equal(vault_lease_check(l.k, UNTIL), ERR_STALE);
	vault_lock(l.k);
	after = vaultkit_load(f->path);
	for (size_t copy = 0; copy < 2; copy++) {
		struct vault_key *k;

		vaultkit_put(f->path, copy * VAULT_COPY_BYTES, before.data, VAULT_COPY_BYTES);
		assert_int_equal(opens(f->path, VAULTKIT_PASS), ERR_STALE);
		assert_int_equal(vault_unlock_org(f->path, l.pk, l.sk, &k), 0); /* heals, by the newer copy */
		vault_lock(k);
		vaultkit_assert_same(f->path, &after);
	}
	free(before.data);
	free(after.data);
}

static void a_lease_is_renewed_with_another_share(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	struct vaultkit_bytes b;

	assert_int_equal(vault_lease_set(l.k, NEXT_SHARE, 8, NOW + DAY, UNTIL + DAY), 0);
	b = vaultkit_load(f->path);
	assert_null(memmem(b.data, b.len, SHARE, sizeof SHARE));
	free(b.data);
	assert_int_equal(lease_of(f->path).epoch, 8);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), 0);
	assert_int_equal(opens(f->path, SECOND), 0);
	assert_int_equal(vault_lease_check(l.k, UNTIL + DAY), ERR_STALE);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), ERR_STALE);
	assert_int_equal(vault_lease_return(f->path, SHARE, UNTIL + DAY, UNTIL + 2 * DAY), ERR_AUTH);
	assert_int_equal(vault_lease_return(f->path, NEXT_SHARE, UNTIL + DAY, UNTIL + 2 * DAY), 0);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), 0);
	vault_lock(l.k);
}

static void ending_the_policy_makes_the_slots_what_they_were(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = { .k = vaultkit_unlock(f) };
	struct vaultkit_bytes before = vaultkit_load(f->path), after;

	assert_int_equal(vault_lease_set(l.k, SHARE, 7, NOW, UNTIL), 0);
	after = vaultkit_load(f->path);
	assert_memory_not_equal(after.data + VAULT_SLOTS_OFFSET, before.data + VAULT_SLOTS_OFFSET, VAULT_SLOT_BYTES);
	free(after.data);
	assert_int_equal(vault_lease_set(l.k, NO_SHARE, 0, NOW, 0), 0);
	after = vaultkit_load(f->path);
	assert_memory_equal(after.data + VAULT_SLOTS_OFFSET, before.data + VAULT_SLOTS_OFFSET, 4000);
	assert_int_equal(lease_of(f->path).until_ms, 0);
	vault_lock(l.k);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), 0);
	free(before.data);
	free(after.data);
}

static void an_ended_lease_is_not_replaced_without_its_share(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	struct vaultkit_bytes b;
	struct vault_key *k;
	unsigned index;

	assert_int_equal(vault_lease_set(l.k, SHARE, 7, NOW, NOW), ERR_USAGE);
	assert_int_equal(vault_lease_set(l.k, NO_SHARE, 7, NOW, UNTIL), ERR_USAGE);
	assert_int_equal(vault_lease_check(l.k, UNTIL), ERR_STALE);
	b = vaultkit_load(f->path);
	assert_int_equal(vault_lease_set(l.k, NEXT_SHARE, 8, UNTIL, UNTIL + DAY), ERR_STALE);
	assert_int_equal(vault_lease_set(l.k, NO_SHARE, 0, UNTIL, 0), ERR_STALE);
	assert_int_equal(vault_passphrase_change(l.k, "new", 3, &VAULTKIT_WEAK), ERR_STALE); /* would get around the lease */
	assert_int_equal(vault_slot_add(l.k, VAULT_SLOT_SECOND, "new", 3, &VAULTKIT_WEAK, &index), ERR_STALE);
	vaultkit_assert_same(f->path, &b);
	free(b.data);
	vault_lock(l.k);
	/* The organisation opens it and has the share: it may begin a new lease with that one, and then with any. */
	assert_int_equal(vault_unlock_org(f->path, l.pk, l.sk, &k), 0);
	assert_int_equal(vault_lease_set(k, SHARE, 7, UNTIL, UNTIL + DAY), 0);
	assert_int_equal(vault_lease_set(k, NEXT_SHARE, 8, UNTIL, UNTIL + DAY), 0);
	vault_lock(k);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), 0);
}

static void a_new_passphrase_under_a_lease_is_leased_too(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	unsigned index;

	assert_int_equal(vault_passphrase_change(l.k, "new", 3, &VAULTKIT_WEAK), 0);
	assert_int_equal(vault_slot_add(l.k, VAULT_SLOT_SECOND, "third", 5, &VAULTKIT_WEAK, &index), 0);
	assert_int_equal(opens(f->path, "new"), 0);
	assert_int_equal(opens(f->path, "third"), 0);
	assert_int_equal(vault_lease_check(l.k, UNTIL), ERR_STALE);
	assert_int_equal(opens(f->path, "new"), ERR_STALE);
	assert_int_equal(opens(f->path, "third"), ERR_STALE);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), ERR_AUTH);
	vault_lock(l.k);
}

/* Whoever writes into the lease's bytes is noticed, but for the return, which can only be filled with the right share. */
static void an_edited_lease_is_refused(void **state)
{
	struct vaultkit *f = *state;
	struct leased l = leased_make(f);
	struct vaultkit_bytes b;

	vault_lock(l.k);
	b = vaultkit_load(f->path);
	for (size_t at = 1344; at < 1472; at += 3) {
		uint8_t bad = b.data[at] ^ 0x20;
		int rc;

		vaultkit_put(f->path, at, &bad, 1);
		vaultkit_put(f->path, VAULT_COPY_BYTES + at, &bad, 1);
		rc = opens(f->path, VAULTKIT_PASS);
		assert_true(at < 1408 ? rc == ERR_CORRUPT || rc == ERR_STALE : rc == 0);
		vaultkit_save(f->path, b.data, b.len);
	}
	free(b.data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, vaultkit_setup, vaultkit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_running_lease_changes_nothing_for_its_person),
		TEST(after_the_end_the_share_is_in_neither_copy_and_passphrases_wait),
		TEST(a_clock_put_back_by_more_than_a_day_waits_until_it_is_right),
		TEST(a_return_before_the_end_makes_the_clock_count_and_nothing_longer),
		TEST(a_return_by_a_clock_that_is_behind_outlasts_setting_it_right),
		TEST(a_return_with_impossible_times_is_none),
		TEST(looking_at_the_clock_writes_once_an_hour),
		TEST(without_a_lease_the_clock_does_not_matter),
		TEST(a_returned_share_opens_again_and_no_other_does),
		TEST(a_return_that_was_cut_off_is_none_or_is_taken),
		TEST(a_wiping_that_was_cut_off_still_ends_the_lease),
		TEST(a_lease_is_renewed_with_another_share),
		TEST(ending_the_policy_makes_the_slots_what_they_were),
		TEST(an_ended_lease_is_not_replaced_without_its_share),
		TEST(a_new_passphrase_under_a_lease_is_leased_too),
		TEST(an_edited_lease_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
