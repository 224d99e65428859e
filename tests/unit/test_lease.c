/*
 * test_lease: the code of an ended lease is the same on both sides, and another one for everything else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "proto/lease.h"
#include "tests/lib/fixed.h"

static const uint8_t ORG[SEAL_ORG_BYTES] = { 1, 2, 3 };
static const uint8_t DEVICE[SEAL_DEVICE_BYTES] = { 4, 5, 6 };

struct sides {
	struct seal_keys *device;
	struct seal_keys *centre;
};

static int setup(void **state)
{
	static struct sides t;

	t.device = fixed_keys(1);
	t.centre = fixed_keys(2);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct sides *t = *state;

	seal_keys_free(t->device);
	seal_keys_free(t->centre);
	return 0;
}

static void both_sides_compute_the_same_code(void **state)
{
	struct sides *t = *state;
	uint8_t here[LEASE_CODE_BYTES], there[LEASE_CODE_BYTES];

	assert_int_equal(lease_code(t->device->box_secret, t->centre->box_public, ORG, DEVICE, 3, here), 0);
	assert_int_equal(lease_code(t->centre->box_secret, t->device->box_public, ORG, DEVICE, 3, there), 0);
	assert_memory_equal(here, there, sizeof here);
}

static void another_epoch_device_or_organisation_has_another_code(void **state)
{
	struct sides *t = *state;
	uint8_t code[LEASE_CODE_BYTES], other[LEASE_CODE_BYTES];
	uint8_t org[SEAL_ORG_BYTES] = { 1, 2, 4 };
	uint8_t device[SEAL_DEVICE_BYTES] = { 4, 5, 7 };

	assert_int_equal(lease_code(t->device->box_secret, t->centre->box_public, ORG, DEVICE, 3, code), 0);
	assert_int_equal(lease_code(t->device->box_secret, t->centre->box_public, ORG, DEVICE, 4, other), 0);
	assert_memory_not_equal(code, other, sizeof code);
	assert_int_equal(lease_code(t->device->box_secret, t->centre->box_public, ORG, device, 3, other), 0);
	assert_memory_not_equal(code, other, sizeof code);
	assert_int_equal(lease_code(t->device->box_secret, t->centre->box_public, org, DEVICE, 3, other), 0);
	assert_memory_not_equal(code, other, sizeof code);
}

static void a_key_of_small_order_has_no_code(void **state)
{
	struct sides *t = *state;
	static const uint8_t ZEROS[LEASE_CODE_BYTES];
	uint8_t small[SEAL_BOX_PUBLIC_BYTES] = { 1 };
	uint8_t code[LEASE_CODE_BYTES];

	assert_int_equal(lease_code(t->device->box_secret, small, ORG, DEVICE, 3, code), ERR_AUTH);
	assert_memory_equal(code, ZEROS, sizeof code);
}

static void a_code_is_read_as_a_person_types_it(void **state)
{
	struct sides *t = *state;
	uint8_t code[LEASE_CODE_BYTES], typed[LEASE_CODE_BYTES];
	char text[VAULT_RECOVERY_TEXT_BYTES];

	assert_int_equal(lease_code(t->device->box_secret, t->centre->box_public, ORG, DEVICE, 1, code), 0);
	lease_code_format(code, text);
	for (size_t i = 0; text[i]; i++)
		if (text[i] == '-')
			text[i] = ' ';
		else if (text[i] >= 'A')
			text[i] = (char)(text[i] - 'A' + 'a');
	assert_int_equal(lease_code_parse(text, typed), 0);
	assert_memory_equal(code, typed, sizeof code);
	text[0] = text[0] == '2' ? '3' : '2';
	assert_int_equal(lease_code_parse(text, typed), ERR_USAGE);
	assert_int_equal(lease_code_parse("", typed), ERR_USAGE);
}

static void the_share_is_not_the_code(void **state)
{
	struct sides *t = *state;
	uint8_t code[LEASE_CODE_BYTES], share[VAULT_SHARE_BYTES], again[VAULT_SHARE_BYTES];

	assert_int_equal(lease_code(t->device->box_secret, t->centre->box_public, ORG, DEVICE, 1, code), 0);
	lease_share(code, share);
	lease_share(code, again);
	assert_memory_equal(share, again, sizeof share);
	assert_memory_not_equal(share, code, sizeof code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_compute_the_same_code),
		cmocka_unit_test(another_epoch_device_or_organisation_has_another_code),
		cmocka_unit_test(a_key_of_small_order_has_no_code),
		cmocka_unit_test(a_code_is_read_as_a_person_types_it),
		cmocka_unit_test(the_share_is_not_the_code),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
