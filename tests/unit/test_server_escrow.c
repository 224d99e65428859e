/*
 * test_server_escrow: that the organisation's key opens the centre's vault is looked at once a day and healed; and the codes with which
 * devices open again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/log.h"
#include "server/admin/device.h"
#include "server/admin/device_lease.h"
#include "server/admin/escrow.h"
#include "tests/lib/centrekit.h"

#define DAY_MS INT64_C(86400000)

static int setup(void **state)
{
	struct centrekit *k = malloc(sizeof *k);

	log_open(LOG_ERROR);
	centrekit_open(k);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	centrekit_close(*state);
	free(*state);
	return 0;
}

static void wipe_org(struct centrekit *k)
{
	struct vault_status v;

	assert_int_equal(vault_status(NULL, k->c->vault, &v), 0);
	for (unsigned i = 0; i < VAULT_SLOT_COUNT; i++)
		if (v.slots[i].kind == VAULT_SLOT_ORG)
			assert_int_equal(vault_slot_remove(k->c->vault, i), 0);
	assert_int_equal(vault_org_check(k->c->vault, k->c->manifest.recovery_public), ERR_NOT_FOUND);
}

static void a_slot_that_went_is_made_again_within_a_day(void **state)
{
	struct centrekit *k = *state;

	assert_true(escrow_look(k->c));
	wipe_org(k);
	k->wall_ms += DAY_MS - 1000;
	assert_true(escrow_look(k->c)); /* not yet a day: not looked at */
	assert_int_equal(vault_org_check(k->c->vault, k->c->manifest.recovery_public), ERR_NOT_FOUND);
	k->wall_ms += 1000;
	assert_true(escrow_look(k->c));
	assert_int_equal(vault_org_check(k->c->vault, k->c->manifest.recovery_public), 0);
}

static void a_key_that_is_not_in_force_opens_the_centre_no_more(void **state)
{
	struct centrekit *k = *state;
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES];
	unsigned index;

	crypto_box_keypair(pk, sk);
	assert_int_equal(vault_slot_add_org(k->c->vault, pk, &index), 0);
	assert_true(escrow_look(k->c));
	assert_int_equal(vault_org_check(k->c->vault, pk), ERR_NOT_FOUND);
	assert_int_equal(vault_org_check(k->c->vault, k->c->manifest.recovery_public), 0);
}

static void a_clock_that_went_back_is_no_reason_to_wait(void **state)
{
	struct centrekit *k = *state;

	assert_true(escrow_look(k->c));
	wipe_org(k);
	k->wall_ms -= 30 * DAY_MS;
	assert_true(escrow_look(k->c));
	assert_int_equal(vault_org_check(k->c->vault, k->c->manifest.recovery_public), 0);
}

static void what_cannot_be_healed_is_told_each_time_until_it_is(void **state)
{
	struct centrekit *k = *state;
	char text[VAULT_RECOVERY_TEXT_BYTES];
	unsigned index = 0, last;

	wipe_org(k);
	do
		last = index;
	while (vault_slot_add_recovery(k->c->vault, text, &index) == 0);
	assert_false(escrow_look(k->c));
	assert_false(escrow_look(k->c));
	assert_int_equal(vault_slot_remove(k->c->vault, last), 0);
	assert_true(escrow_look(k->c));
}

static int code_of(struct centrekit *k, int64_t device, uint32_t *epoch, char text[static VAULT_RECOVERY_TEXT_BYTES])
{
	int err = db_begin(k->c->db);

	assert_int_equal(err, 0);
	err = device_lease_code(k->c, device, epoch, CENTREKIT_OFFICER, text);
	if (!err)
		assert_int_equal(db_commit(k->c->db), 0);
	db_rollback(k->c->db);
	return err;
}

static void the_code_told_is_the_one_the_device_computes(void **state)
{
	struct centrekit *k = *state;
	uint8_t code[LEASE_CODE_BYTES];
	char told[VAULT_RECOVERY_TEXT_BYTES], computed[VAULT_RECOVERY_TEXT_BYTES];
	struct device d;
	uint32_t epoch = 0;

	centrekit_enrol(k, &d, 31, CENTREKIT_NORTH);
	assert_int_equal(code_of(k, 1, &epoch, told), 0);
	assert_int_equal(epoch, 1);
	assert_int_equal(lease_code(d.keys->box_secret, d.centre_box, d.org, d.id, epoch, code), 0);
	lease_code_format(code, computed);
	assert_string_equal(told, computed);
	assert_int_equal(centrekit_int(k, "SELECT count(*) FROM audit WHERE action = 'device-lease' AND subject = 'device 1 epoch 1'"), 1);
	epoch = 2;
	assert_int_equal(code_of(k, 1, &epoch, told), ERR_NOT_FOUND);
	epoch = 0;
	assert_int_equal(code_of(k, 9, &epoch, told), ERR_NOT_FOUND);
	device_fini(&d);
}

static void a_revoked_device_gets_no_code(void **state)
{
	struct centrekit *k = *state;
	char told[VAULT_RECOVERY_TEXT_BYTES];
	struct device d;
	uint32_t epoch = 0;

	centrekit_enrol(k, &d, 31, CENTREKIT_NORTH);
	assert_int_equal(db_begin(k->c->db), 0);
	assert_int_equal(device_revoke(k->c, 1, "lost", CENTREKIT_OFFICER), 0);
	assert_int_equal(db_commit(k->c->db), 0);
	assert_int_equal(code_of(k, 1, &epoch, told), ERR_USAGE);
	assert_string_equal(told, "");
	device_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_slot_that_went_is_made_again_within_a_day, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_that_is_not_in_force_opens_the_centre_no_more, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_that_went_back_is_no_reason_to_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_healed_is_told_each_time_until_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(the_code_told_is_the_one_the_device_computes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_revoked_device_gets_no_code, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
