/*
 * The store of the centre: making, opening, single facts, the sequence across restores, forms, dictionaries, sites.
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
#include "proto/form/form_default.h"
#include "server/publish.h"
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

/* ---- Forms ---- */

/* The default form's text with the first `from` replaced by `to`; free it. */
static char *changed_text(const char *from, const char *to, size_t *len)
{
	struct buf text;
	const char *all, *at;
	char *out;

	buf_init(&text, FORM_TEXT_BYTES_MAX);
	assert_int_equal(form_default_text(&text), 0);
	all = buf_string(&text);
	at = strstr(all, from);
	assert_non_null(at);
	out = test_malloc(text.len + strlen(to) + 1);
	*len = (size_t)sprintf(out, "%.*s%s%s", (int)(at - all), all, to, at + strlen(from)); /* allowed: room was just made */
	buf_fini(&text);
	return out;
}

static int publish(struct centrekit *k, const char *from, const char *to)
{
	size_t len;
	char *text = changed_text(from, to, &len);
	int64_t row;
	int err;

	assert_int_equal(db_begin(k->c->db), 0);
	err = centre_form_publish(k->c, text, len, CENTREKIT_OFFICER, &row);
	if (err)
		db_rollback(k->c->db);
	else
		assert_int_equal(db_commit(k->c->db), 0);
	test_free(text);
	return err;
}

#define OFFICER_FIELD "field\tofficer_note\troot\ttext\t-\t-\tofficer\t\t\t\tملاحظة\tNote\n"

static void a_form_that_carries_all_old_values_is_published_and_reaches_devices(void **state)
{
	struct centrekit *k = *state;
	const struct form *form;
	struct device d;
	int64_t row;

	centrekit_enrol(k, &d, 1, CENTREKIT_NORTH);
	assert_int_equal(publish(k, "\nlist\t", "\n" OFFICER_FIELD "list\t"), 0);
	assert_int_equal(centre_form_current(k->c, &form, &row), 0);
	assert_int_equal(row, 2);
	assert_true(form_field_find(form, "officer_note") > 0);
	assert_int_equal(centrekit_sync(k, &d), 0);
	assert_memory_equal(form_hash(d.form), form_hash(form), FORM_HASH_BYTES);
	/* An officer's field from a device is refused; the same form again is not published. */
	{
		uint64_t id = device_new_id(&d);

		device_write(&d, id,
			(struct device_answer[]){ { .field = "officer_note", .value = "x" }, { .field = "village", .value = "X" } }, 2);
		assert_int_equal(centrekit_sync(k, &d), 0);
		assert_int_equal(centrekit_int(k, "SELECT outcome FROM edit WHERE field = 'officer_note'"), 3);
		assert_int_equal(centrekit_int(k, "SELECT outcome FROM edit WHERE field = 'village'"), 0);
	}
	assert_int_equal(publish(k, "\nlist\t", "\n" OFFICER_FIELD "list\t"), ERR_USAGE);
	device_fini(&d);
}

static void registers_of_an_older_form_travel_in_the_newer_one(void **state)
{
	struct centrekit *k = *state;
	struct device a, b;
	uint64_t id;

	centrekit_enrol(k, &a, 1, CENTREKIT_NORTH);
	centrekit_enrol(k, &b, 2, CENTREKIT_NORTH);
	id = device_new_id(&a);
	device_write(&a, id, &(struct device_answer){ .entry_id = 0, .field = "village", .value = "X", .entry_type = NULL }, 1);
	assert_int_equal(centrekit_sync(k, &a), 0);
	assert_int_equal(publish(k, "\nlist\t", "\n" OFFICER_FIELD "list\t"), 0);
	assert_int_equal(centrekit_sync(k, &b), 0);
	assert_true(b.digest_matches);
	assert_string_equal(device_register(&b, id, id, "village")->value, "X");
	device_fini(&a);
	device_fini(&b);
}

static void a_form_that_drops_or_retypes_is_not_published(void **state)
{
	struct centrekit *k = *state;

	assert_int_equal(publish(k, "field\tvillage\troot\ttext\t", "field\tvillage\troot\tinteger\t"), ERR_USAGE);
	assert_int_equal(publish(k, "field\tvillage\troot\t", "field\tvillage\tvisit\t"), ERR_USAGE);
	assert_int_equal(publish(k, "field\tvillage\t", "field\tvillage_renamed\t"), ERR_USAGE);
	assert_int_equal(publish(k, "mandoob-form", "another-form"), ERR_CORRUPT);
	assert_int_equal(centrekit_int(k, "SELECT count(*) FROM form"), 1);
}

static void a_choice_that_disappears_is_noticed(void **state)
{
	struct form *now, *next;
	struct buf text;
	const char *all, *choice, *end;
	char *shorter;
	size_t len;

	(void)state;
	buf_init(&text, FORM_TEXT_BYTES_MAX);
	assert_int_equal(form_default_text(&text), 0);
	all = buf_string(&text);
	choice = strstr(all, "\nchoice\t") + 1;
	end = strchr(choice, '\n') + 1;
	shorter = test_malloc(text.len + 1);
	len = (size_t)sprintf(shorter, "%.*s%s", (int)(choice - all), all, end); /* allowed: shorter than the room */
	assert_int_equal(form_parse(all, text.len, &now), 0);
	assert_int_equal(form_parse(shorter, len, &next), 0);
	assert_int_equal(publish_check(now, next), ERR_USAGE);
	assert_int_equal(publish_check(next, now), 0);
	assert_int_equal(publish_check(now, now), 0);
	form_free(now);
	form_free(next);
	test_free(shorter);
	buf_fini(&text);
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
		TEST(a_form_that_carries_all_old_values_is_published_and_reaches_devices),
		TEST(registers_of_an_older_form_travel_in_the_newer_one),
		TEST(a_form_that_drops_or_retypes_is_not_published),
		TEST(a_choice_that_disappears_is_noticed),
		TEST(a_dictionary_reaches_devices_that_do_not_hold_it),
		TEST(site_numbers_are_never_given_twice),
	};

	log_open(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
