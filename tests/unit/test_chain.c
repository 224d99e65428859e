/*
 * test_chain: the table of FORMAT.md section 7, case by case.
 */
#include "proto/chain.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

static const uint8_t OWN[32] = { 1 };
static const uint8_t FOREIGN[32] = { 2 };
static const uint8_t APPLIED[32] = { 3 };

static enum chain_place place(uint64_t seq, const uint8_t *previous, uint64_t applied, const uint8_t *known)
{
	struct seal_header h = { .seq = seq };

	memcpy(h.previous, previous, sizeof h.previous);
	return chain_place(&h, OWN, applied, APPLIED, known);
}

static void what_was_applied_comes_again(void **state)
{
	(void)state;
	assert_int_equal(place(4, FOREIGN, 7, OWN), CHAIN_KNOWN);
	assert_int_equal(place(7, FOREIGN, 7, OWN), CHAIN_KNOWN);
}

static void the_newest_applied_is_known_by_its_chain_hash_alone(void **state)
{
	struct seal_header h = { .seq = 7 };

	(void)state;
	assert_int_equal(chain_place(&h, APPLIED, 7, APPLIED, NULL), CHAIN_KNOWN);
	assert_int_equal(chain_place(&h, OWN, 7, APPLIED, NULL), CHAIN_FORK);
}

static void an_applied_seq_with_another_hash_is_a_fork(void **state)
{
	(void)state;
	assert_int_equal(place(4, APPLIED, 7, FOREIGN), CHAIN_FORK);
	assert_int_equal(place(7, APPLIED, 7, FOREIGN), CHAIN_FORK);
	assert_int_equal(place(4, APPLIED, 7, NULL), CHAIN_FORK);
}

static void the_next_one_that_follows_is_applied(void **state)
{
	(void)state;
	assert_int_equal(place(8, APPLIED, 7, NULL), CHAIN_NEXT);
	assert_int_equal(place(8, APPLIED, 7, OWN), CHAIN_NEXT); /* it was held */
	assert_int_equal(place(1, APPLIED, 0, NULL), CHAIN_NEXT);
}

static void the_next_one_that_follows_something_else_is_a_fork(void **state)
{
	(void)state;
	assert_int_equal(place(8, FOREIGN, 7, NULL), CHAIN_FORK);
	assert_int_equal(place(8, FOREIGN, 7, OWN), CHAIN_FORK);
	assert_int_equal(place(1, FOREIGN, 0, NULL), CHAIN_FORK);
}

static void one_behind_a_gap_is_held(void **state)
{
	(void)state;
	assert_int_equal(place(9, FOREIGN, 7, NULL), CHAIN_AHEAD);
	assert_int_equal(place(9, FOREIGN, 7, OWN), CHAIN_AHEAD);
	assert_int_equal(place(1007, FOREIGN, 7, NULL), CHAIN_AHEAD);
}

static void a_second_one_behind_the_gap_is_a_fork(void **state)
{
	(void)state;
	assert_int_equal(place(9, FOREIGN, 7, FOREIGN), CHAIN_FORK);
}

static void one_too_far_ahead_is_not_kept(void **state)
{
	(void)state;
	assert_int_equal(place(1008, FOREIGN, 7, NULL), CHAIN_FAR);
	assert_int_equal(place(UINT64_MAX, APPLIED, 0, NULL), CHAIN_FAR);
	assert_int_equal(place(UINT64_MAX, APPLIED, UINT64_MAX - 1, NULL), CHAIN_NEXT);
}

static void the_signature_is_not_part_of_the_chain(void **state)
{
	uint8_t envelope[100] = { 5 };
	uint8_t start[32], a[32], b[32];

	(void)state;
	chain_start(OWN, 1, start);
	chain_next(start, envelope, sizeof envelope, a);
	envelope[40] ^= 1; /* in the signature */
	chain_next(start, envelope, sizeof envelope, b);
	assert_memory_equal(a, b, 32);
	envelope[35] ^= 1; /* before it */
	chain_next(start, envelope, sizeof envelope, b);
	assert_memory_not_equal(a, b, 32);
}

static void chains_of_incarnations_and_devices_differ(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	chain_start(OWN, 1, a);
	chain_start(OWN, 2, b);
	assert_memory_not_equal(a, b, 32);
	chain_start(FOREIGN, 1, b);
	assert_memory_not_equal(a, b, 32);
}

static void a_chain_may_be_advanced_in_place(void **state)
{
	const uint8_t envelope[100] = { 5 };
	uint8_t chain[32], next[32];

	(void)state;
	chain_start(OWN, 1, chain);
	chain_next(chain, envelope, sizeof envelope, next);
	chain_next(chain, envelope, sizeof envelope, chain);
	assert_memory_equal(chain, next, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_applied_comes_again),
		cmocka_unit_test(the_newest_applied_is_known_by_its_chain_hash_alone),
		cmocka_unit_test(an_applied_seq_with_another_hash_is_a_fork),
		cmocka_unit_test(the_next_one_that_follows_is_applied),
		cmocka_unit_test(the_next_one_that_follows_something_else_is_a_fork),
		cmocka_unit_test(one_behind_a_gap_is_held),
		cmocka_unit_test(a_second_one_behind_the_gap_is_a_fork),
		cmocka_unit_test(one_too_far_ahead_is_not_kept),
		cmocka_unit_test(the_signature_is_not_part_of_the_chain),
		cmocka_unit_test(chains_of_incarnations_and_devices_differ),
		cmocka_unit_test(a_chain_may_be_advanced_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
