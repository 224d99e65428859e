/*
 * The store of the centre: making, opening, single facts, the sequence across restores, dictionaries, sites.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zdict.h>

#include "proto/base/log.h"
#include "tests/lib/centrekit.h"

static int setup(void **state)
{
	struct centrekit *k = test_calloc(1, sizeof *k);

	centrekit_open(k);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	centrekit_close(*state);
	test_free(*state);
	return 0;
}

static void a_wrong_passphrase_opens_nothing(void **state)
{
	struct centrekit *k = *state;
	struct centre *c;

	assert_int_equal(centre_open(&k->env, k->dir, "wrong horse", 11, &c), ERR_AUTH);
	assert_null(c);
	assert_int_equal(centre_open(&k->env, "/nonexistent", "wrong horse", 11, &c), ERR_NOT_FOUND);
	assert_null(c);
}

static void a_second_centre_is_not_made_over_the_first(void **state)
{
	struct centrekit *k = *state;
	struct centre_new n = { .name = "Again", .root_public = k->root->sign_public, .keys = k->keys };
	struct buf manifest;

	buf_init(&manifest, MANIFEST_BYTES_MAX);
	centrekit_manifest(k, 1, &manifest);
	n.manifest = manifest.data;
	n.manifest_len = manifest.len;
	assert_int_equal(centre_create(&k->env, k->dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &n), ERR_USAGE);
	n.root_public = k->recovery->sign_public;
	assert_int_equal(centre_create(&k->env, k->dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &n), ERR_AUTH);
	centrekit_reopen(k);
	buf_fini(&manifest);
}

static void a_manifest_without_the_centres_keys_makes_no_centre(void **state)
{
	struct centrekit *k = *state;
	struct centre_new n = { .name = "Other", .root_public = k->root->sign_public, .keys = k->recovery };
	struct buf manifest;
	char dir[96];

	buf_init(&manifest, MANIFEST_BYTES_MAX);
	centrekit_manifest(k, 1, &manifest);
	n.manifest = manifest.data;
	n.manifest_len = manifest.len;
	snprintf(dir, sizeof dir, "%s/other", k->dir);
	assert_int_equal(centre_create(&k->env, dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &n), ERR_USAGE);
	assert_int_not_equal(access(dir, F_OK), 0);
	buf_fini(&manifest);
}

static void single_facts_survive_reopening(void **state)
{
	struct centrekit *k = *state;
	struct buf value;
	uint64_t number;

	buf_init(&value, CENTRE_META_BYTES_MAX);
	assert_int_equal(db_begin(k->c->db), 0);
	assert_int_equal(centre_meta_save(k->c, "name", "Other name", 10), 0);
	assert_int_equal(centre_meta_save_u64(k->c, "big", UINT64_MAX), 0);
	assert_int_equal(centre_sequence_save(k->c, 41), 0);
	assert_int_equal(db_commit(k->c->db), 0);
	centrekit_reopen(k);
	assert_int_equal(centre_meta_load(k->c, "name", &value), 0);
	assert_string_equal(buf_string(&value), "Other name");
	assert_int_equal(centre_meta_load_u64(k->c, "big", &number), 0);
	assert_true(number == UINT64_MAX);
	assert_int_equal(centre_sequence(k->c, &number), 0);
	assert_int_equal(number, 41);
	assert_int_equal(centre_meta_load(k->c, "nothing", &value), ERR_NOT_FOUND);
	buf_fini(&value);
}

static void seen_counts_as_at_most_what_restored_backups_held(void **state)
{
	struct centrekit *k = *state;
	const uint64_t g1 = UINT64_C(1) << CENTRE_SEQUENCE_GENERATION_BITS;
	const uint64_t g2 = UINT64_C(2) << CENTRE_SEQUENCE_GENERATION_BITS;

	assert_int_equal(centre_seen_clamp(k->c, 5, 10), 5);
	assert_int_equal(centre_seen_clamp(k->c, 11, 10), 10);
	assert_int_equal(centre_seen_clamp(k->c, g1, 10), 0);
	centrekit_exec(k, "INSERT INTO generation (generation, last) VALUES (1, 100), (2, (1 << 40) + 7)");
	assert_int_equal(centre_reload(k->c), 0);
	assert_int_equal(centre_seen_clamp(k->c, 90, g2 + 3), 90);
	assert_int_equal(centre_seen_clamp(k->c, 150, g2 + 3), 100);
	assert_true(centre_seen_clamp(k->c, g1 + 6, g2 + 3) == g1 + 6);
	assert_true(centre_seen_clamp(k->c, g1 + 9, g2 + 3) == g1 + 7);
	assert_true(centre_seen_clamp(k->c, g2 + 2, g2 + 3) == g2 + 2);
	assert_true(centre_seen_clamp(k->c, g2 + 9, g2 + 3) == g2 + 3);
}

/* A small real dictionary; gives its length. */
static size_t make_dictionary(uint8_t *out, size_t max)
{
	char samples[64 * 40];
	size_t sizes[64];
	size_t len;

	for (size_t i = 0; i < 64; i++) {
		snprintf(&samples[i * 40], 40, "village %02zu landmark %02zu member_name %02zu", i % 7, i % 11, i);
		samples[i * 40 + 39] = '\n';
		sizes[i] = 40;
	}
	len = ZDICT_finalizeDictionary(out, max, samples, sizeof samples, samples, sizes, 64, (ZDICT_params_t){ .compressionLevel = 3 });
	assert_false(ZDICT_isError(len));
	return len;
}

static void a_dictionary_reaches_devices_that_do_not_hold_it(void **state)
{
	struct centrekit *k = *state;
	const struct pack_dictionary *d;
	struct device device;
	struct buf bytes;
	uint8_t data[4096];
	size_t len = make_dictionary(data, sizeof data);

	buf_init(&bytes, PACK_DICTIONARY_BYTES_MAX);
	assert_int_equal(centre_dictionary_current(k->c, &d, NULL), 0);
	assert_null(d);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(db_begin(k->c->db), 0);
		assert_int_equal(centre_dictionary_add(k->c, data, len), 0);
		assert_int_equal(db_commit(k->c->db), 0);
	}
	assert_int_equal(centre_dictionary_current(k->c, &d, &bytes), 0);
	assert_non_null(d);
	assert_int_equal(bytes.len, len);
	centrekit_enrol(k, &device, 1, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(k, &device), 0);
	assert_true(device.digest_matches);
	device_fini(&device);
	buf_fini(&bytes);
}

static void site_numbers_are_never_given_twice(void **state)
{
	struct centrekit *k = *state;
	struct device d;
	uint32_t incarnation, site, last = 0;

	centrekit_enrol(k, &d, 1, CENTREKIT_NORTH);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(db_begin(k->c->db), 0);
		assert_int_equal(centre_site_add(k->c, 1, d.id, NULL, &incarnation, &site), 0);
		assert_int_equal(db_commit(k->c->db), 0);
		assert_int_equal(incarnation, i + 2);
		assert_true(site > last);
		last = site;
		centrekit_exec(k, "DELETE FROM site WHERE incarnation = 99");
	}
	centrekit_exec(k, "DELETE FROM site WHERE site = 6");
	assert_int_equal(db_begin(k->c->db), 0);
	assert_int_equal(centre_site_next(k->c, &site), 0);
	db_rollback(k->c->db);
	assert_int_equal(site, 7);
	device_fini(&d);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wrong_passphrase_opens_nothing),
		TEST(a_second_centre_is_not_made_over_the_first),
		TEST(a_manifest_without_the_centres_keys_makes_no_centre),
		TEST(single_facts_survive_reopening),
		TEST(seen_counts_as_at_most_what_restored_backups_held),
		TEST(a_dictionary_reaches_devices_that_do_not_hold_it),
		TEST(site_numbers_are_never_given_twice),
	};

	log_open(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
