/*
 * test_manifest: which keys of the centre are believed (FORMAT.md section 11).
 */
#include "proto/manifest.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

#include "tests/lib/abuse.h"
#include "tests/lib/fixed.h"
#include "tests/lib/vector.h"

#define VECTOR "manifest-1.txt"

struct world {
	struct seal_keys *root, *centre, *next, *recovery;
	struct manifest m;
	struct manifest_revoked revoked[3];
	struct buf b;
};

static int setup(void **state)
{
	static struct world w;

	memset(&w, 0, sizeof w);
	w.root = fixed_keys(30);
	w.centre = fixed_keys(31);
	w.next = fixed_keys(32);
	w.recovery = fixed_keys(33);
	seal_org_id(w.root->sign_public, w.m.org);
	w.m.number = 5;
	w.m.not_before_ms = FIXED_WALL_MS;
	w.m.version_min = 1;
	w.m.sign_key_count = 2;
	memcpy(w.m.sign_keys[0], w.centre->sign_public, 32);
	memcpy(w.m.sign_keys[1], w.next->sign_public, 32);
	w.m.receive_key_count = 2;
	w.m.receive_keys[0].epoch = 1;
	w.m.receive_keys[1].epoch = 4;
	memcpy(w.m.receive_keys[0].box_public, w.centre->box_public, 32);
	memcpy(w.m.receive_keys[1].box_public, w.next->box_public, 32);
	memcpy(w.m.recovery_public, w.recovery->box_public, 32);
	w.revoked[0] = (struct manifest_revoked){ { 1 }, 0, 0 };
	w.revoked[1] = (struct manifest_revoked){ { 1 }, 2, 55 };
	w.revoked[2] = (struct manifest_revoked){ { 2 }, 1, UINT64_MAX };
	w.m.revoked = w.revoked;
	w.m.revoked_count = 3;
	buf_init(&w.b, 1024 * 1024);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	seal_keys_free(w->root);
	seal_keys_free(w->centre);
	seal_keys_free(w->next);
	seal_keys_free(w->recovery);
	buf_fini(&w->b);
	return 0;
}

static void make(struct world *w)
{
	buf_clear(&w->b);
	assert_int_equal(manifest_encode(&w->m, &w->b), 0);
	assert_int_equal(manifest_sign(&w->b, w->root->sign_secret), 0);
}

static void check_same(const struct manifest *a, const struct manifest *b)
{
	assert_memory_equal(a->org, b->org, sizeof a->org);
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->not_before_ms, b->not_before_ms);
	assert_int_equal(a->version_min, b->version_min);
	assert_int_equal(a->sign_key_count, b->sign_key_count);
	assert_memory_equal(a->sign_keys, b->sign_keys, sizeof a->sign_keys);
	assert_int_equal(a->receive_key_count, b->receive_key_count);
	assert_memory_equal(a->receive_keys, b->receive_keys, sizeof a->receive_keys);
	assert_memory_equal(a->recovery_public, b->recovery_public, sizeof a->recovery_public);
	assert_int_equal(a->revoked_count, b->revoked_count);
	for (size_t i = 0; i < a->revoked_count; i++) {
		assert_memory_equal(a->revoked[i].device, b->revoked[i].device, SEAL_DEVICE_BYTES);
		assert_int_equal(a->revoked[i].incarnation, b->revoked[i].incarnation);
		assert_int_equal(a->revoked[i].last_seq, b->revoked[i].last_seq);
	}
}

static void a_manifest_comes_back_whole(void **state)
{
	struct world *w = *state;
	struct manifest m;

	make(w);
	assert_int_equal(manifest_decode(w->b.data, w->b.len, w->root->sign_public, &m), 0);
	check_same(&w->m, &m);
	manifest_fini(&m);
	manifest_fini(&m);
}

static int read_manifest(void *ctx, const uint8_t *data, size_t len)
{
	const struct manifest zero = { 0 };
	struct world *w = ctx;
	struct manifest m;
	int rc = manifest_decode(data, len, w->root->sign_public, &m);

	if (rc != 0)
		check_same(&m, &zero);
	manifest_fini(&m);
	return rc;
}

/* Signed by the root itself, so that the structure alone must refuse it. */
static int read_signed(void *ctx, const uint8_t *data, size_t len)
{
	struct world *w = ctx;
	struct buf b;
	int rc;

	buf_init(&b, 1024 * 1024);
	buf_append(&b, data, len);
	seal_object_sign(&b, 0, "mandoob:manifest", w->root->sign_secret);
	rc = read_manifest(w, b.data, b.len);
	buf_fini(&b);
	return rc;
}

static void no_cut_or_flipped_manifest_is_believed(void **state)
{
	struct world *w = *state;

	make(w);
	abuse_all(w->b.data, w->b.len, read_manifest, w);
	abuse_truncate(w->b.data, w->b.len - SEAL_SIGNATURE_BYTES, read_signed, w);
}

static void only_the_root_can_sign_one(void **state)
{
	struct world *w = *state;
	struct manifest m;

	make(w);
	assert_int_equal(manifest_decode(w->b.data, w->b.len, w->centre->sign_public, &m), ERR_AUTH);
	w->b.len -= SEAL_SIGNATURE_BYTES;
	seal_object_sign(&w->b, 0, "mandoob:receipt", w->root->sign_secret);
	assert_int_equal(read_manifest(w, w->b.data, w->b.len), ERR_AUTH);
	w->b.len -= SEAL_SIGNATURE_BYTES;
	seal_object_sign(&w->b, 0, "mandoob:manifest", w->next->sign_secret);
	assert_int_equal(read_manifest(w, w->b.data, w->b.len), ERR_AUTH);
}

static void a_manifest_of_another_organisation_is_refused(void **state)
{
	struct world *w = *state;

	w->m.org[0] ^= 1;
	assert_int_equal(manifest_encode(&w->m, &w->b), 0);
	assert_int_equal(read_signed(w, w->b.data, w->b.len), ERR_CORRUPT);
	assert_int_equal(manifest_sign(&w->b, w->root->sign_secret), ERR_USAGE);
}

static void what_is_not_a_manifest_is_not_signed(void **state)
{
	struct world *w = *state;
	size_t len;

	assert_int_equal(manifest_sign(&w->b, w->root->sign_secret), ERR_CORRUPT);
	buf_text(&w->b, "MNM1\1 pay the bearer");
	assert_int_equal(manifest_sign(&w->b, w->root->sign_secret), ERR_CORRUPT);
	make(w);
	len = w->b.len;
	assert_int_equal(manifest_sign(&w->b, w->root->sign_secret), ERR_CORRUPT); /* signed already */
	assert_int_equal(w->b.len, len);
}

static void check_refused(struct world *w)
{
	buf_clear(&w->b);
	assert_int_equal(manifest_encode(&w->m, &w->b), ERR_USAGE);
	assert_int_equal(w->b.len, 0);
}

static void what_no_reader_would_take_is_not_written(void **state)
{
	struct world *w = *state;
	const struct manifest good = w->m;

	w->m.number = 0;
	check_refused(w);
	w->m = good;
	w->m.sign_key_count = 0;
	check_refused(w);
	w->m.sign_key_count = 9;
	check_refused(w);
	w->m = good;
	w->m.receive_key_count = 0;
	check_refused(w);
	w->m = good;
	w->m.receive_keys[1].epoch = 1;
	check_refused(w);
	w->m = good;
	w->m.receive_keys[0].epoch = 0;
	check_refused(w);
	w->m = good;
	memset(w->m.sign_keys[1], 0, 32);
	check_refused(w);
	w->m = good;
	memset(w->m.receive_keys[0].box_public, 0, 32);
	check_refused(w);
	w->m = good;
	memset(w->m.recovery_public, 0, 32);
	check_refused(w);
	w->m = good;
	w->revoked[1].incarnation = 0;
	check_refused(w);
	w->revoked[1].device[0] = 9;
	check_refused(w);
}

/* Change one byte of a good manifest and let the root sign it. */
static int read_changed(struct world *w, size_t at, uint8_t value)
{
	make(w);
	w->b.data[at] = value;
	return read_signed(w, w->b.data, w->b.len - SEAL_SIGNATURE_BYTES);
}

static void what_no_writer_would_make_is_not_read(void **state)
{
	struct world *w = *state;
	const size_t at_sign_count = 33;
	const size_t at_receive_count = at_sign_count + 1 + 64;
	const size_t at_revoked_count = at_receive_count + 1 + 72 + 32;

	assert_int_equal(read_changed(w, 4, 1), 0);
	assert_int_equal(read_changed(w, 4, 2), ERR_STALE);
	assert_int_equal(read_changed(w, 20, 0), ERR_CORRUPT); /* number 0 */
	assert_int_equal(read_changed(w, at_sign_count, 0), ERR_CORRUPT);
	assert_int_equal(read_changed(w, at_sign_count, 9), ERR_CORRUPT);
	assert_int_equal(read_changed(w, at_sign_count, 1), ERR_CORRUPT);
	assert_int_equal(read_changed(w, at_receive_count, 9), ERR_CORRUPT);
	assert_int_equal(read_changed(w, at_receive_count + 4, 4), ERR_CORRUPT); /* epochs 4, 4 */
	assert_int_equal(read_changed(w, at_receive_count + 4, 0), ERR_CORRUPT);
	assert_int_equal(read_changed(w, at_revoked_count, 2), ERR_CORRUPT);
	assert_int_equal(read_changed(w, at_revoked_count, 4), ERR_CORRUPT);
	assert_int_equal(read_changed(w, at_revoked_count + 1, 3), ERR_CORRUPT); /* devices 3, 1, 2 */
}

static void ten_thousand_revocations_are_the_most(void **state)
{
	static struct manifest_revoked many[MANIFEST_REVOKED_MAX + 1];
	struct world *w = *state;

	for (size_t i = 0; i <= MANIFEST_REVOKED_MAX; i++)
		many[i] = (struct manifest_revoked){ { (uint8_t)(i >> 8), (uint8_t)i }, 1, i };
	w->m.revoked = many;
	w->m.revoked_count = MANIFEST_REVOKED_MAX + 1;
	check_refused(w);
	w->m.revoked_count = MANIFEST_REVOKED_MAX;
	make(w);
	assert_int_equal(read_manifest(w, w->b.data, w->b.len), 0);
	assert_int_equal(read_manifest(w, w->b.data, MANIFEST_BYTES_MAX + 1), ERR_LIMIT);
}

static int write_vectors(void)
{
	struct world *w;
	void *state;
	FILE *f;

	setup(&state);
	w = state;
	if (manifest_encode(&w->m, &w->b) != 0 || manifest_sign(&w->b, w->root->sign_secret) != 0)
		return 1;
	f = vector_create(VECTOR, "FORMAT.md section 11: a manifest and the root's public key");
	if (!f)
		return 1;
	vector_put(f, "root_public", w->root->sign_public, 32);
	vector_put(f, "manifest", w->b.data, w->b.len);
	teardown(&state);
	return fclose(f) == 0 ? 0 : 1;
}

static void the_released_manifest_is_read(void **state)
{
	struct world *w = *state;
	struct manifest m;
	uint8_t key[32];

	vector_get(VECTOR, "manifest", &w->b);
	vector_get_bytes(VECTOR, "root_public", key, 32);
	assert_int_equal(manifest_decode(w->b.data, w->b.len, key, &m), 0);
	assert_int_equal(m.number, 5);
	assert_int_equal(m.sign_key_count, 2);
	assert_int_equal(m.receive_keys[1].epoch, 4);
	assert_int_equal(m.revoked_count, 3);
	assert_int_equal(m.revoked[2].last_seq, UINT64_MAX);
	manifest_fini(&m);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_manifest_comes_back_whole),
		T(no_cut_or_flipped_manifest_is_believed),
		T(only_the_root_can_sign_one),
		T(a_manifest_of_another_organisation_is_refused),
		T(what_is_not_a_manifest_is_not_signed),
		T(what_no_reader_would_take_is_not_written),
		T(what_no_writer_would_make_is_not_read),
		T(ten_thousand_revocations_are_the_most),
		T(the_released_manifest_is_read),
	};

	if (vector_wanted(argc, argv))
		return write_vectors();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
