/*
 * test_message_enrol: how device and centre come to know each other (FORMAT.md section 13).
 */
#include "proto/message_enrol.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "tests/lib/abuse.h"
#include "tests/lib/fixed.h"
#include "tests/lib/vector.h"

#define VECTOR "enrol-1.txt"

static const uint8_t CODE[MESSAGE_CODE_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
static const uint8_t OTHER_CODE[MESSAGE_CODE_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 11 };

struct world {
	struct seal_keys *device, *other, *root;
	uint8_t k1[32], k2[32];
	struct message_enrol e;
	struct message_enrolled d;
	struct buf b;
};

static int setup(void **state)
{
	static struct world w;

	memset(&w, 0, sizeof w);
	w.device = fixed_keys(50);
	w.other = fixed_keys(51);
	w.root = fixed_keys(52);
	message_enrol_keys(CODE, w.k1, w.k2);
	memcpy(w.e.sign_public, w.device->sign_public, 32);
	memcpy(w.e.box_public, w.device->box_public, 32);
	memset(w.e.nonce, 5, sizeof w.e.nonce);
	memcpy(w.e.name, "لوحة ١", sizeof "لوحة ١");
	w.d = (struct message_enrolled){ .nonce = { 5 },
		.device = { 6 },
		.incarnation = 1,
		.site = 7,
		.person = 8,
		.branch = "فرع الشمال",
		.time_ms = FIXED_WALL_MS,
		.manifest = { (const uint8_t *)"manifest", 8 },
		.form = { (const uint8_t *)"form", 4 },
		.dictionary = { NULL, 0 } };
	memcpy(w.d.root_public, w.root->sign_public, 32);
	buf_init(&w.b, MESSAGE_ENROLLED_BYTES_MAX);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	seal_keys_free(w->device);
	seal_keys_free(w->other);
	seal_keys_free(w->root);
	buf_fini(&w->b);
	return 0;
}

static int write_request(struct world *w)
{
	buf_clear(&w->b);
	return message_enrol_encode(&w->e, w->k1, w->device->sign_secret, &w->b);
}

static int read_request(void *ctx, const uint8_t *data, size_t len)
{
	const struct message_enrol zero = { 0 };
	struct world *w = ctx;
	struct message_enrol e;
	int rc = message_enrol_decode(data, len, &e);

	if (rc != 0)
		assert_memory_equal(&e, &zero, sizeof e);
	return rc != 0 ? rc : message_enrol_verify(data, len, w->k1);
}

static void a_request_comes_back_whole(void **state)
{
	struct world *w = *state;
	struct message_enrol e;

	assert_int_equal(write_request(w), 0);
	assert_int_equal(message_enrol_verify(w->b.data, w->b.len, w->k1), 0);
	assert_int_equal(message_enrol_decode(w->b.data, w->b.len, &e), 0);
	assert_memory_equal(&e, &w->e, sizeof e);
}

static void no_cut_or_flipped_request_is_believed(void **state)
{
	struct world *w = *state;

	assert_int_equal(write_request(w), 0);
	abuse_all(w->b.data, w->b.len, read_request, w);
}

static void a_request_with_another_code_is_refused(void **state)
{
	struct world *w = *state;
	uint8_t k1[32], k2[32];

	message_enrol_keys(OTHER_CODE, k1, k2);
	assert_int_equal(write_request(w), 0);
	assert_int_equal(message_enrol_verify(w->b.data, w->b.len, k1), ERR_AUTH);
	assert_int_equal(message_enrol_verify(w->b.data, w->b.len, w->k2), ERR_AUTH);
}

static void who_knows_the_code_still_needs_the_keys_it_names(void **state)
{
	struct world *w = *state;
	struct message_enrol e;

	memcpy(w->e.sign_public, w->other->sign_public, 32);
	assert_int_equal(write_request(w), ERR_USAGE);
	/* Written by hand: the other's public key, our signature, the right code. */
	memcpy(w->e.sign_public, w->device->sign_public, 32);
	assert_int_equal(write_request(w), 0);
	memcpy(w->b.data + 5, w->other->sign_public, 32);
	w->b.len -= 32 + SEAL_SIGNATURE_BYTES;
	seal_object_sign(&w->b, 0, "mandoob:enrol", w->device->sign_secret);
	buf_space(&w->b, 32);
	assert_int_equal(message_enrol_decode(w->b.data, w->b.len, &e), ERR_AUTH);
}

static void unsound_keys_are_not_enrolled(void **state)
{
	struct world *w = *state;
	struct message_enrol e;

	memset(w->e.box_public, 0, 32);
	assert_int_equal(write_request(w), ERR_USAGE);
	memcpy(w->e.box_public, w->device->box_public, 32);
	assert_int_equal(write_request(w), 0);
	memset(w->b.data + 37, 0, 32);
	w->b.len -= 32 + SEAL_SIGNATURE_BYTES;
	seal_object_sign(&w->b, 0, "mandoob:enrol", w->device->sign_secret);
	buf_space(&w->b, 32);
	assert_int_equal(message_enrol_decode(w->b.data, w->b.len, &e), ERR_CORRUPT);
	w->b.data[5] = 1;
	memset(w->b.data + 6, 0, 31);
	assert_int_equal(message_enrol_decode(w->b.data, w->b.len, &e), ERR_CORRUPT);
}

static void names_are_utf8_of_64_bytes_at_most(void **state)
{
	struct world *w = *state;

	memset(w->e.name, 'n', MESSAGE_NAME_BYTES_MAX);
	w->e.name[MESSAGE_NAME_BYTES_MAX] = '\0';
	assert_int_equal(write_request(w), 0);
	assert_int_equal(w->b.len, MESSAGE_ENROL_BYTES_MAX);
	assert_int_equal(read_request(w, w->b.data, w->b.len), 0);
	w->e.name[MESSAGE_NAME_BYTES_MAX] = 'n';
	assert_int_equal(write_request(w), ERR_LIMIT);
	w->e.name[3] = '\xff';
	w->e.name[4] = '\0';
	assert_int_equal(write_request(w), ERR_USAGE);
	w->e.name[0] = '\0';
	assert_int_equal(write_request(w), 0);
	assert_int_equal(read_request(w, w->b.data, MESSAGE_ENROL_BYTES_MAX + 1), ERR_LIMIT);
}

/* ---- Answer ---- */

static int write_answer(struct world *w)
{
	buf_clear(&w->b);
	return message_enrolled_encode(&w->d, w->k2, &w->b);
}

static int read_answer(void *ctx, const uint8_t *data, size_t len)
{
	struct world *w = ctx;
	struct message_enrolled d;
	int rc = message_enrolled_decode(data, len, w->k2, &d);

	if (rc != 0) {
		assert_int_equal(d.site, 0);
		assert_null(d.manifest.data);
	}
	return rc;
}

/* With the right code over it, so that the structure alone must refuse it. */
static int read_coded(void *ctx, const uint8_t *data, size_t len)
{
	struct world *w = ctx;
	struct buf b;
	uint8_t *mac;
	int rc;

	buf_init(&b, 4096);
	buf_append(&b, data, len);
	mac = buf_space(&b, 32);
	crypto_generichash(mac, 32, b.data, len, w->k2, 32);
	rc = read_answer(w, b.data, b.len);
	buf_fini(&b);
	return rc;
}

static void an_answer_comes_back_whole(void **state)
{
	struct world *w = *state;
	struct message_enrolled d;

	assert_int_equal(write_answer(w), 0);
	assert_int_equal(message_enrolled_decode(w->b.data, w->b.len, w->k2, &d), 0);
	assert_memory_equal(d.nonce, w->d.nonce, sizeof d.nonce); /* the caller compares it with the one it sent */
	assert_memory_equal(d.device, w->d.device, sizeof d.device);
	assert_memory_equal(d.root_public, w->d.root_public, sizeof d.root_public);
	assert_int_equal(d.incarnation, 1);
	assert_int_equal(d.site, 7);
	assert_int_equal(d.person, 8);
	assert_int_equal(d.time_ms, FIXED_WALL_MS);
	assert_string_equal(d.branch, w->d.branch);
	assert_int_equal(d.manifest.len, 8);
	assert_memory_equal(d.manifest.data, "manifest", 8);
	assert_int_equal(d.form.len, 4);
	assert_memory_equal(d.form.data, "form", 4);
	assert_int_equal(d.dictionary.len, 0);
}

static void no_cut_or_flipped_answer_is_believed(void **state)
{
	struct world *w = *state;

	assert_int_equal(write_answer(w), 0);
	abuse_all(w->b.data, w->b.len, read_answer, w);
	abuse_truncate(w->b.data, w->b.len - 32, read_coded, w);
}

static void an_answer_with_another_code_or_the_request_code_is_refused(void **state)
{
	struct world *w = *state;
	struct message_enrolled d;
	uint8_t k1[32], k2[32];

	message_enrol_keys(OTHER_CODE, k1, k2);
	assert_int_equal(write_answer(w), 0);
	assert_int_equal(message_enrolled_decode(w->b.data, w->b.len, k2, &d), ERR_AUTH);
	assert_int_equal(message_enrolled_decode(w->b.data, w->b.len, w->k1, &d), ERR_AUTH);
}

static void an_answer_for_another_request_shows_another_nonce(void **state)
{
	struct world *w = *state;
	struct message_enrolled d;

	w->d.nonce[0] = 99;
	assert_int_equal(write_answer(w), 0);
	assert_int_equal(message_enrolled_decode(w->b.data, w->b.len, w->k2, &d), 0);
	assert_memory_not_equal(d.nonce, w->e.nonce, sizeof d.nonce);
}

static void what_no_reader_would_take_is_not_written(void **state)
{
	struct world *w = *state;
	const struct message_enrolled good = w->d;

	w->d.site = 0;
	assert_int_equal(write_answer(w), ERR_USAGE);
	w->d.site = 0x80000000u;
	assert_int_equal(write_answer(w), ERR_USAGE);
	w->d = good;
	w->d.incarnation = 0;
	assert_int_equal(write_answer(w), ERR_USAGE);
	w->d = good;
	memset(w->d.root_public, 0, 32);
	assert_int_equal(write_answer(w), ERR_USAGE);
	w->d = good;
	w->d.form.len = 0;
	assert_int_equal(write_answer(w), ERR_USAGE);
	w->d = good;
	w->d.manifest.len = 512 * 1024 + 1;
	assert_int_equal(write_answer(w), ERR_LIMIT);
	assert_int_equal(w->b.len, 0);
}

static void what_no_writer_would_make_is_not_read(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		int rc;
	} CASES[] = { { 4, 1, 0 }, { 4, 2, ERR_STALE }, { 40, 0, ERR_CORRUPT }, { 44, 0, ERR_CORRUPT }, { 41, 0x80, ERR_CORRUPT },
		{ 51, 0xff, ERR_CORRUPT }, { 51, 0, ERR_CORRUPT } };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		assert_int_equal(write_answer(w), 0);
		w->b.data[CASES[i].at] = CASES[i].value;
		assert_int_equal(read_coded(w, w->b.data, w->b.len - 32), CASES[i].rc);
	}
	assert_int_equal(read_answer(w, w->b.data, MESSAGE_ENROLLED_BYTES_MAX + 1), ERR_LIMIT);
}

static int write_vectors(void)
{
	struct world *w;
	void *state;
	FILE *f;

	setup(&state);
	w = state;
	f = vector_create(VECTOR, "FORMAT.md section 13: a code, an enrolment request and the centre's answer");
	if (!f || write_request(w) != 0)
		return 1;
	vector_put(f, "code", CODE, sizeof CODE);
	vector_put(f, "request", w->b.data, w->b.len);
	if (write_answer(w) != 0)
		return 1;
	vector_put(f, "answer", w->b.data, w->b.len);
	teardown(&state);
	return fclose(f) == 0 ? 0 : 1;
}

static void the_released_enrolment_is_read(void **state)
{
	struct world *w = *state;
	struct message_enrol e;
	struct message_enrolled d;
	uint8_t code[MESSAGE_CODE_BYTES], k1[32], k2[32];

	vector_get_bytes(VECTOR, "code", code, sizeof code);
	message_enrol_keys(code, k1, k2);
	vector_get(VECTOR, "request", &w->b);
	assert_int_equal(message_enrol_verify(w->b.data, w->b.len, k1), 0);
	assert_int_equal(message_enrol_decode(w->b.data, w->b.len, &e), 0);
	assert_string_equal(e.name, w->e.name);
	buf_clear(&w->b);
	vector_get(VECTOR, "answer", &w->b);
	assert_int_equal(message_enrolled_decode(w->b.data, w->b.len, k2, &d), 0);
	assert_string_equal(d.branch, w->d.branch);
	assert_int_equal(d.site, 7);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_request_comes_back_whole),
		T(no_cut_or_flipped_request_is_believed),
		T(a_request_with_another_code_is_refused),
		T(who_knows_the_code_still_needs_the_keys_it_names),
		T(unsound_keys_are_not_enrolled),
		T(names_are_utf8_of_64_bytes_at_most),
		T(an_answer_comes_back_whole),
		T(no_cut_or_flipped_answer_is_believed),
		T(an_answer_with_another_code_or_the_request_code_is_refused),
		T(an_answer_for_another_request_shows_another_nonce),
		T(what_no_reader_would_take_is_not_written),
		T(what_no_writer_would_make_is_not_read),
		T(the_released_enrolment_is_read),
	};

	if (vector_wanted(argc, argv))
		return write_vectors();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
