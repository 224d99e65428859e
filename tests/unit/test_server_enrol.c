/*
 * One-time codes, and what becomes of the requests of devices that have one, a used one, an old one or none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/text.h"
#include "server/admin/account.h"
#include "server/admin/device.h"
#include "server/admin/enrol.h"
#include "tests/lib/centrekit.h"

#define CODE_BYTES MESSAGE_CODE_BYTES

struct world {
	struct centrekit k;
	struct enrol_limit limit;
	struct seal_keys *device;
	uint8_t k1[32], k2[32];
	struct buf request;
	struct enrol_result result;
};

static int setup(void **state)
{
	struct world *w = test_calloc(1, sizeof *w);

	centrekit_open(&w->k);
	w->device = fixed_keys(5);
	buf_init(&w->request, 1024);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	enrol_result_fini(&w->result);
	buf_fini(&w->request);
	seal_keys_free(w->device);
	centrekit_close(&w->k);
	test_free(w);
	return 0;
}

static int make_code(struct world *w, const char *branch, const char *person)
{
	char text[ENROL_CODE_TEXT_BYTES];
	uint8_t code[CODE_BYTES];
	size_t len;
	int err = db_begin(w->k.c->db);

	assert_int_equal(err, 0);
	err = enrol_code_make(w->k.c, branch, person, CENTREKIT_OFFICER, text);
	if (err) {
		db_rollback(w->k.c->db);
		return err;
	}
	assert_int_equal(db_commit(w->k.c->db), 0);
	assert_int_equal(strlen(text), 19);
	assert_int_equal(text_base32_decode(text, code, sizeof code, &len), 0);
	assert_int_equal(len, CODE_BYTES);
	message_enrol_keys(code, w->k1, w->k2);
	return 0;
}

static void ask(struct world *w, const struct seal_keys *keys)
{
	struct message_enrol e = { .name = "laptop" };

	memcpy(e.sign_public, keys->sign_public, sizeof e.sign_public);
	memcpy(e.box_public, keys->box_public, sizeof e.box_public);
	memset(e.nonce, 3, sizeof e.nonce);
	buf_clear(&w->request);
	assert_int_equal(message_enrol_encode(&e, w->k1, keys->sign_secret, &w->request), 0);
}

/* Take the request that stands in `w`; what was refused. */
static int take(struct world *w)
{
	enrol_result_fini(&w->result);
	assert_int_equal(db_begin(w->k.c->db), 0);
	assert_int_equal(enrol_take(w->k.c, &w->limit, w->request.data, w->request.len, &w->result), 0);
	assert_int_equal(db_commit(w->k.c->db), 0);
	assert_int_equal(library_refresh(w->k.c->library, w->k.c->db), 0);
	return w->result.refused;
}

static void a_code_enrols_one_device_and_the_answer_names_it(void **state)
{
	struct world *w = *state;
	struct message_enrolled a;
	struct manifest m;
	uint8_t id[SEAL_DEVICE_BYTES];

	assert_int_equal(make_code(w, "north", "huda"), 0);
	ask(w, w->device);
	assert_int_equal(take(w), 0);
	assert_false(w->result.is_repeat);
	assert_int_equal(message_enrolled_decode(w->result.answer.data, w->result.answer.len, w->k2, &a), 0);
	seal_device_id(w->device->sign_public, w->device->box_public, id);
	assert_memory_equal(a.device, id, sizeof id);
	assert_int_equal(a.incarnation, 1);
	assert_int_equal(a.site, 1);
	assert_string_equal(a.branch, "north");
	assert_memory_equal(a.root_public, w->k.root->sign_public, sizeof a.root_public);
	assert_int_equal(manifest_decode(a.manifest.data, a.manifest.len, a.root_public, &m), 0);
	manifest_fini(&m);
	assert_true(a.form.len > 1000);
	assert_non_null(library_device(w->k.c->library, id));
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM audit WHERE action = 'enrol'"), 1);
}

static void the_same_request_again_gets_the_same_record(void **state)
{
	struct world *w = *state;
	struct message_enrolled first, again;

	assert_int_equal(make_code(w, "a new branch", "huda"), 0);
	ask(w, w->device);
	assert_int_equal(take(w), 0);
	assert_int_equal(message_enrolled_decode(w->result.answer.data, w->result.answer.len, w->k2, &first), 0);
	w->k.wall_ms += 2 * (int64_t)ENROL_CODE_LIFE_MS;
	assert_int_equal(take(w), 0);
	assert_true(w->result.is_repeat);
	assert_int_equal(message_enrolled_decode(w->result.answer.data, w->result.answer.len, w->k2, &again), 0);
	assert_int_equal(first.site, again.site);
	assert_int_equal(first.person, again.person);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM device"), 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM site"), 1);
}

static void another_device_with_a_used_code_is_refused(void **state)
{
	struct world *w = *state;
	struct seal_keys *other = fixed_keys(6);

	assert_int_equal(make_code(w, "north", "huda"), 0);
	ask(w, w->device);
	assert_int_equal(take(w), 0);
	ask(w, other);
	assert_int_equal(take(w), ERR_AUTH);
	assert_int_equal(w->result.answer.len, 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM device"), 1);
	seal_keys_free(other);
}

static void a_device_that_is_known_is_not_enrolled_by_another_code(void **state)
{
	struct world *w = *state;

	assert_int_equal(make_code(w, "north", "huda"), 0);
	ask(w, w->device);
	assert_int_equal(take(w), 0);
	assert_int_equal(make_code(w, "south", "noura"), 0);
	ask(w, w->device);
	assert_int_equal(take(w), ERR_AUTH);
	assert_int_equal(centrekit_int(&w->k, "SELECT branch_id FROM device"), CENTREKIT_NORTH);
}

static void a_code_is_over_after_a_day(void **state)
{
	struct world *w = *state;

	assert_int_equal(make_code(w, "north", "huda"), 0);
	ask(w, w->device);
	w->k.wall_ms += ENROL_CODE_LIFE_MS;
	assert_int_equal(take(w), ERR_AUTH);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM device"), 0);
}

static void after_five_wrong_codes_nothing_is_tried_for_a_minute(void **state)
{
	struct world *w = *state;
	uint8_t right[32];

	assert_int_equal(make_code(w, "north", "huda"), 0);
	memcpy(right, w->k1, sizeof right);
	w->k1[0] ^= 1;
	ask(w, w->device);
	for (int i = 0; i < ENROL_FAILED_MAX; i++)
		assert_int_equal(take(w), ERR_AUTH);
	memcpy(w->k1, right, sizeof right);
	ask(w, w->device);
	assert_int_equal(take(w), ERR_BUSY);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM device"), 0);
	w->limit.since_ms -= ENROL_WINDOW_MS;
	assert_int_equal(take(w), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM device"), 1);
}

static void a_revoked_device_is_not_enrolled_again(void **state)
{
	struct world *w = *state;

	assert_int_equal(make_code(w, "north", "huda"), 0);
	ask(w, w->device);
	assert_int_equal(take(w), 0);
	assert_int_equal(db_begin(w->k.c->db), 0);
	assert_int_equal(device_revoke(w->k.c, 1, "lost", CENTREKIT_OFFICER), 0);
	assert_int_equal(device_revoke(w->k.c, 1, "lost", CENTREKIT_OFFICER), ERR_USAGE);
	assert_int_equal(db_commit(w->k.c->db), 0);
	assert_int_equal(take(w), ERR_AUTH);
}

static void a_request_with_the_code_and_anothers_key_is_broken(void **state)
{
	struct world *w = *state;

	assert_int_equal(make_code(w, "north", "huda"), 0);
	ask(w, w->device);
	w->request.data[10] ^= 1; /* the signing key */
	crypto_generichash(w->request.data + w->request.len - 32, 32, w->request.data, w->request.len - 32, w->k1, sizeof w->k1);
	assert_int_equal(take(w), ERR_CORRUPT);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM device"), 0);
}

static void a_request_cut_anywhere_changes_nothing(void **state)
{
	struct world *w = *state;
	size_t whole;

	assert_int_equal(make_code(w, "north", "huda"), 0);
	ask(w, w->device);
	whole = w->request.len;
	for (w->request.len = 0; w->request.len < whole; w->request.len++) {
		w->limit.failed = 0;
		assert_int_not_equal(take(w), 0);
	}
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM device"), 0);
}

static void a_code_is_for_a_representative_of_that_branch(void **state)
{
	struct world *w = *state;

	assert_int_equal(make_code(w, "north", "officer"), ERR_USAGE);
	assert_int_equal(make_code(w, "north", "huda"), 0);
	assert_int_equal(make_code(w, "south", "huda"), ERR_USAGE);
	assert_int_equal(make_code(w, "north", " huda"), ERR_USAGE);
	assert_int_equal(make_code(w, "", "huda"), ERR_USAGE);
	assert_int_equal(make_code(w, "north", "huda"), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM person WHERE name = 'huda'"), 1);
}

static void the_store_does_not_hold_the_code(void **state)
{
	struct world *w = *state;

	assert_int_equal(make_code(w, "north", "huda"), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM enrol_code WHERE length(k1) = 32 AND length(k2) = 32"), 1);
}

static void the_list_shows_the_words_that_the_device_shows(void **state)
{
	struct world *w = *state;
	struct device_line *line;
	uint8_t id[SEAL_DEVICE_BYTES];
	uint8_t print[SEAL_HASH_BYTES];
	char en[TEXT_FINGERPRINT_TEXT_BYTES];
	char ar[TEXT_FINGERPRINT_TEXT_BYTES];
	size_t count;

	assert_int_equal(make_code(w, "north", "huda"), 0);
	ask(w, w->device);
	assert_int_equal(take(w), 0);
	seal_device_id(w->device->sign_public, w->device->box_public, id);
	message_fingerprint(id, w->k.root->sign_public, print);
	assert_int_equal(text_fingerprint_words(print, en, sizeof en, ar, sizeof ar), 0);
	assert_int_equal(device_list(w->k.c, 0, &line, &count), 0);
	assert_int_equal(count, 1);
	assert_string_equal(line->words_en, en);
	assert_string_equal(line->words_ar, ar);
	assert_string_equal(line->person, "huda");
	assert_string_equal(line->name, "laptop");
	free(line);
	assert_int_equal(device_list(w->k.c, 9, &line, &count), ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_code_enrols_one_device_and_the_answer_names_it),
		TEST(the_same_request_again_gets_the_same_record),
		TEST(another_device_with_a_used_code_is_refused),
		TEST(a_device_that_is_known_is_not_enrolled_by_another_code),
		TEST(a_code_is_over_after_a_day),
		TEST(after_five_wrong_codes_nothing_is_tried_for_a_minute),
		TEST(a_revoked_device_is_not_enrolled_again),
		TEST(a_request_with_the_code_and_anothers_key_is_broken),
		TEST(a_request_cut_anywhere_changes_nothing),
		TEST(a_code_is_for_a_representative_of_that_branch),
		TEST(the_store_does_not_hold_the_code),
		TEST(the_list_shows_the_words_that_the_device_shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
