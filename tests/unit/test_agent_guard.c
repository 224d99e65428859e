/*
 * test_agent_guard: that the organisation's slot is there, opens, and comes back; and a lease from its beginning to its return.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/guard.h"
#include "agent/shelf.h"
#include "proto/base/log.h"
#include "tests/lib/agentkit.h"

#define DAY_MS INT64_C(86400000)

static int64_t now_ms; /* the device's clock */

static int64_t wall(void *ctx)
{
	(void)ctx;
	return now_ms;
}

static int setup(void **state)
{
	struct agentkit *k = malloc(sizeof *k);

	log_open(LOG_ERROR);
	now_ms = FIXED_WALL_MS;
	agentkit_open_enrolled(k);
	k->env.wall_ms = wall;
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	agentkit_close(*state);
	free(*state);
	return 0;
}

static unsigned count_org(struct agentkit *k)
{
	struct vault_status v;
	unsigned n = 0;

	assert_int_equal(vault_status(NULL, k->s->vault, &v), 0);
	for (unsigned i = 0; i < VAULT_SLOT_COUNT; i++)
		n += v.slots[i].kind == VAULT_SLOT_ORG;
	return n;
}

static void set_days(struct agentkit *k, uint64_t days)
{
	assert_int_equal(store_set_u64(k->s, "lease_days", days), 0);
}

static struct vault_lease lease_of(struct agentkit *k)
{
	struct vault_status v;

	assert_int_equal(vault_status(NULL, k->s->vault, &v), 0);
	return v.lease;
}

/* Close the store and try to open it with its passphrase. */
static int reopen(struct agentkit *k)
{
	int err;

	store_close(k->s);
	err = store_open(&k->env, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS), &k->s);
	if (!err)
		guard_opened(k->s);
	return err;
}

static void path_of(const struct agentkit *k, char out[static 128])
{
	snprintf(out, 128, "%s/" STORE_FILE, k->dir);
}

/* The centre's code, computed as it does. */
static void share_of(struct agentkit *k, uint32_t epoch, uint8_t share[static VAULT_SHARE_BYTES], const uint8_t *box_public,
	const uint8_t *device)
{
	uint8_t code[LEASE_CODE_BYTES];
	uint8_t org[SEAL_ORG_BYTES];

	seal_org_id(k->root->sign_public, org);
	assert_int_equal(lease_code(k->centre->box_secret, box_public, org, device, epoch, code), 0);
	lease_share(code, share);
}

/* ---- the organisation's slot ---- */

static void a_contact_gives_the_organisation_its_slot(void **state)
{
	struct agentkit *k = *state;
	struct vault_key *org;
	char path[128];

	assert_int_equal(count_org(k), 0);
	guard_contacted(k->s);
	assert_int_equal(count_org(k), 1);
	assert_false(guard_is_locked_out(k->s));
	path_of(k, path);
	assert_int_equal(vault_unlock_org(path, k->root->box_public, k->root->box_secret, &org), 0);
	vault_lock(org);
}

static void a_slot_that_went_is_made_again_within_a_day(void **state)
{
	struct agentkit *k = *state;
	struct vault_status v;

	guard_contacted(k->s);
	assert_int_equal(vault_status(NULL, k->s->vault, &v), 0);
	for (unsigned i = 0; i < VAULT_SLOT_COUNT; i++)
		if (v.slots[i].kind == VAULT_SLOT_ORG)
			assert_int_equal(vault_slot_remove(k->s->vault, i), 0);
	now_ms += DAY_MS - 1;
	guard_opened(k->s);
	assert_int_equal(count_org(k), 0); /* not yet a day */
	now_ms += 1;
	guard_opened(k->s);
	assert_int_equal(count_org(k), 1);
	assert_int_equal(vault_org_check(k->s->vault, k->root->box_public), 0);
}

static void the_slot_of_another_key_goes(void **state)
{
	struct agentkit *k = *state;
	unsigned index;

	assert_int_equal(vault_slot_add_org(k->s->vault, k->centre->box_public, &index), 0);
	guard_contacted(k->s);
	assert_int_equal(count_org(k), 1);
	assert_int_equal(vault_org_check(k->s->vault, k->root->box_public), 0);
	assert_int_equal(vault_org_check(k->s->vault, k->centre->box_public), ERR_NOT_FOUND);
}

/* All slots are taken by keys of nobody here: there is no room until one goes. */
static void a_failure_is_told_until_it_is_healed(void **state)
{
	struct agentkit *k = *state;
	char text[VAULT_RECOVERY_TEXT_BYTES];
	struct buf warnings;
	unsigned index;

	while (vault_slot_add_recovery(k->s->vault, text, &index) == 0)
		continue;
	log_open(LOG_ERROR);
	guard_contacted(k->s);
	assert_true(guard_is_locked_out(k->s));
	buf_init(&warnings, 4096);
	guard_warnings(k->s, &warnings);
	assert_non_null(strstr(buf_string(&warnings), "WARNING"));
	assert_non_null(strstr(buf_string(&warnings), "تحذير"));
	assert_int_equal(vault_slot_remove(k->s->vault, index ? index : VAULT_SLOT_COUNT - 1), 0);
	guard_opened(k->s); /* not a day later: a failure is looked at each time */
	assert_false(guard_is_locked_out(k->s));
	buf_clear(&warnings);
	guard_warnings(k->s, &warnings);
	assert_string_equal(buf_string(&warnings), "");
	buf_fini(&warnings);
}

/* ---- the lease ---- */

static void without_a_policy_there_is_no_lease(void **state)
{
	struct agentkit *k = *state;

	guard_contacted(k->s);
	assert_int_equal(lease_of(k).until_ms, 0);
}

static void a_contact_begins_and_renews_a_lease_and_ends_the_policy(void **state)
{
	struct agentkit *k = *state;

	set_days(k, 10);
	guard_contacted(k->s);
	assert_int_equal(lease_of(k).until_ms, now_ms + 10 * DAY_MS);
	assert_int_equal(lease_of(k).epoch, 1);
	now_ms += 9 * DAY_MS;
	assert_int_equal(reopen(k), 0);
	guard_contacted(k->s);
	assert_int_equal(lease_of(k).until_ms, now_ms + 10 * DAY_MS);
	now_ms += 60 * 1000;
	guard_contacted(k->s); /* a minute more is not worth two writes */
	assert_int_equal(lease_of(k).until_ms, now_ms - 60 * 1000 + 10 * DAY_MS);
	set_days(k, 0);
	guard_contacted(k->s);
	assert_int_equal(lease_of(k).until_ms, 0);
	now_ms += 100 * DAY_MS;
	assert_int_equal(reopen(k), 0);
}

static void a_clock_behind_the_centre_s_does_not_shorten_it(void **state)
{
	struct agentkit *k = *state;

	set_days(k, 10);
	assert_int_equal(store_set_u64(k->s, "centre_ms", (uint64_t)(now_ms + 3 * DAY_MS)), 0);
	guard_contacted(k->s);
	assert_int_equal(lease_of(k).until_ms, now_ms + 13 * DAY_MS);
	assert_int_equal(reopen(k), 0);
}

static void a_clock_ahead_of_the_centre_s_may_be_set_right_after_the_contact(void **state)
{
	struct agentkit *k = *state;

	set_days(k, 10);
	assert_int_equal(store_set_u64(k->s, "centre_ms", (uint64_t)now_ms), 0);
	now_ms += 30 * DAY_MS;
	guard_contacted(k->s);
	now_ms -= 30 * DAY_MS;
	assert_int_equal(reopen(k), 0);
}

static void a_renewal_by_a_clock_that_is_behind_makes_it_count(void **state)
{
	struct agentkit *k = *state;
	struct vault_key *org;
	char path[128];

	path_of(k, path);
	set_days(k, 10);
	assert_int_equal(store_set_u64(k->s, "centre_ms", (uint64_t)now_ms), 0);
	guard_contacted(k->s);
	now_ms -= 1000 * DAY_MS;
	assert_int_equal(reopen(k), ERR_STALE);
	assert_int_equal(vault_unlock_org(path, k->root->box_public, k->root->box_secret, &org), 0);
	assert_int_equal(store_open_take(&k->env, k->dir, org, &k->s), 0);
	assert_int_equal(guard_lease_renew(k->s), 0);
	assert_int_equal(reopen(k), 0);
	now_ms += 1000 * DAY_MS;
	assert_int_equal(reopen(k), 0);
}

static void an_ended_lease_opens_with_the_centre_s_code_only(void **state)
{
	struct agentkit *k = *state;
	uint8_t share[VAULT_SHARE_BYTES], box_public[SEAL_BOX_PUBLIC_BYTES], device[SEAL_DEVICE_BYTES];
	struct vault_status v;
	char path[128];

	path_of(k, path);
	memcpy(box_public, k->s->keys->box_public, sizeof box_public);
	memcpy(device, k->s->device, sizeof device);
	set_days(k, 10);
	guard_contacted(k->s);
	now_ms += 10 * DAY_MS;
	assert_int_equal(reopen(k), ERR_STALE);
	assert_int_not_equal(store_open(&k->env, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS), &k->s), 0);
	assert_int_equal(vault_status(path, NULL, &v), 0);
	assert_false(v.lease.has_share);
	assert_int_equal(v.lease.epoch, 1);
	share_of(k, 2, share, box_public, device);
	assert_int_not_equal(vault_lease_return(path, share, now_ms, now_ms + 7 * DAY_MS), 0);
	share_of(k, 1, share, box_public, device);
	assert_int_equal(vault_lease_return(path, share, now_ms, now_ms + 7 * DAY_MS), 0);
	assert_int_equal(store_open(&k->env, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS), &k->s), 0);
	guard_contacted(k->s);
	assert_int_equal(lease_of(k).until_ms, now_ms + 10 * DAY_MS);
}

static void the_organisation_opens_an_ended_lease_and_renews_it(void **state)
{
	struct agentkit *k = *state;
	struct vault_key *org;
	char path[128];

	path_of(k, path);
	set_days(k, 10);
	guard_contacted(k->s);
	now_ms += 11 * DAY_MS;
	assert_int_equal(reopen(k), ERR_STALE);
	assert_int_equal(vault_unlock_org(path, k->root->box_public, k->root->box_secret, &org), 0);
	assert_int_equal(store_open_take(&k->env, k->dir, org, &k->s), 0);
	assert_int_equal(guard_lease_renew(k->s), 0);
	assert_true(lease_of(k).has_share);
	assert_int_equal(reopen(k), 0);
}

/* ---- suspended ---- */

static void a_suspended_store_holds_no_key_and_goes_on_when_resumed(void **state)
{
	struct agentkit *k = *state;
	const struct form *form, *again;
	int64_t form_id;
	char path[128];

	path_of(k, path);
	assert_int_equal(shelf_form_current(k->s, &form, &form_id), 0);
	store_suspend(k->s);
	assert_null(k->s->keys);
	assert_null(k->s->vault);
	assert_int_equal(store_resume(k->s, k->dir, "not the passphrase", 18), ERR_AUTH);
	assert_null(k->s->vault);
	assert_int_equal(store_resume(k->s, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS)), 0);
	assert_int_equal(shelf_form_current(k->s, &again, &form_id), 0);
	assert_ptr_equal(form, again);
	set_days(k, 10);
	guard_contacted(k->s);
	store_suspend(k->s);
	now_ms += 10 * DAY_MS;
	assert_int_equal(store_resume(k->s, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS)), ERR_STALE);
	assert_null(k->s->vault);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_contact_gives_the_organisation_its_slot, setup, teardown),
		cmocka_unit_test_setup_teardown(a_slot_that_went_is_made_again_within_a_day, setup, teardown),
		cmocka_unit_test_setup_teardown(the_slot_of_another_key_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failure_is_told_until_it_is_healed, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_policy_there_is_no_lease, setup, teardown),
		cmocka_unit_test_setup_teardown(a_contact_begins_and_renews_a_lease_and_ends_the_policy, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_behind_the_centre_s_does_not_shorten_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_ahead_of_the_centre_s_may_be_set_right_after_the_contact, setup, teardown),
		cmocka_unit_test_setup_teardown(a_renewal_by_a_clock_that_is_behind_makes_it_count, setup, teardown),
		cmocka_unit_test_setup_teardown(an_ended_lease_opens_with_the_centre_s_code_only, setup, teardown),
		cmocka_unit_test_setup_teardown(the_organisation_opens_an_ended_lease_and_renews_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_suspended_store_holds_no_key_and_goes_on_when_resumed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
