/*
 * test_receipt: the only acknowledgement there is (FORMAT.md section 8).
 */
#include "proto/receipt.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

#include "proto/edit.h"
#include "tests/lib/abuse.h"
#include "tests/lib/fixed.h"
#include "tests/lib/vector.h"

#define VECTOR "receipt-1.txt"

struct world {
	struct seal_keys *centre, *other;
	uint8_t keys[2 * 32]; /* what a manifest would list */
	struct receipt_exception exceptions[5];
	struct receipt r;
	struct buf b;
};

static int setup(void **state)
{
	static const struct receipt_exception EXCEPTIONS[] = {
		{ 3, 0, MERGE_AGREED },
		{ 3, 1, MERGE_CONFLICT },
		{ 3, 19999, MERGE_REFUSED },
		{ 4, 7, MERGE_KNOWN },
		{ 900, 0, MERGE_CONFLICT },
	};
	static struct world w;

	memset(&w, 0, sizeof w);
	w.centre = fixed_keys(20);
	w.other = fixed_keys(21);
	memcpy(w.keys, w.other->sign_public, 32);
	memcpy(w.keys + 32, w.centre->sign_public, 32);
	memcpy(w.exceptions, EXCEPTIONS, sizeof EXCEPTIONS);
	w.r = (struct receipt){ .incarnation = 1,
		.seq = 300,
		.time_ms = FIXED_WALL_MS,
		.first = 70000,
		.accepted = 12,
		.last_group = 900,
		.exceptions = w.exceptions,
		.exception_count = 5 };
	memset(w.r.device, 0xd0, sizeof w.r.device);
	memset(w.r.hash, 0xd1, sizeof w.r.hash);
	buf_init(&w.b, 1024 * 1024);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	seal_keys_free(w->centre);
	seal_keys_free(w->other);
	buf_fini(&w->b);
	return 0;
}

static void check_same(const struct receipt *a, const struct receipt *b)
{
	assert_memory_equal(a->device, b->device, sizeof a->device);
	assert_memory_equal(a->hash, b->hash, sizeof a->hash);
	assert_int_equal(a->incarnation, b->incarnation);
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->time_ms, b->time_ms);
	assert_int_equal(a->first, b->first);
	assert_int_equal(a->accepted, b->accepted);
	assert_int_equal(a->last_group, b->last_group);
	assert_int_equal(a->exception_count, b->exception_count);
	for (size_t i = 0; i < a->exception_count; i++) {
		assert_int_equal(a->exceptions[i].group, b->exceptions[i].group);
		assert_int_equal(a->exceptions[i].edit, b->exceptions[i].edit);
		assert_int_equal(a->exceptions[i].outcome, b->exceptions[i].outcome);
	}
}

static void a_receipt_comes_back_whole(void **state)
{
	struct world *w = *state;
	struct receipt r;

	assert_int_equal(receipt_encode(&w->r, w->centre->sign_secret, &w->b), 0);
	assert_int_equal(receipt_decode(w->b.data, w->b.len, w->keys, 2, &r), 0);
	check_same(&w->r, &r);
	receipt_fini(&r);
	receipt_fini(&r);
}

static int read_receipt(void *ctx, const uint8_t *data, size_t len)
{
	const struct receipt zero = { 0 };
	struct world *w = ctx;
	struct receipt r;
	int rc = receipt_decode(data, len, w->keys, 2, &r);

	if (rc != 0)
		check_same(&r, &zero);
	receipt_fini(&r);
	return rc;
}

static void no_cut_or_flipped_receipt_counts(void **state)
{
	struct world *w = *state;

	assert_int_equal(receipt_encode(&w->r, w->centre->sign_secret, &w->b), 0);
	abuse_all(w->b.data, w->b.len, read_receipt, w);
}

/* Signed again by the centre itself, so that the structure alone must refuse it. */
static int read_signed(void *ctx, const uint8_t *data, size_t len)
{
	struct world *w = ctx;
	struct buf b;
	int rc;

	buf_init(&b, 4096);
	buf_append(&b, data, len);
	seal_object_sign(&b, 0, "mandoob:receipt", w->centre->sign_secret);
	rc = read_receipt(w, b.data, b.len);
	buf_fini(&b);
	return rc;
}

static void no_cut_receipt_counts_even_when_signed(void **state)
{
	struct world *w = *state;

	assert_int_equal(receipt_encode(&w->r, w->centre->sign_secret, &w->b), 0);
	abuse_truncate(w->b.data, w->b.len - SEAL_SIGNATURE_BYTES, read_signed, w);
}

static void only_the_centre_can_acknowledge(void **state)
{
	struct world *w = *state;
	struct receipt r;

	assert_int_equal(receipt_encode(&w->r, w->centre->sign_secret, &w->b), 0);
	assert_int_equal(receipt_decode(w->b.data, w->b.len, w->keys, 1, &r), ERR_AUTH);
	assert_int_equal(receipt_decode(w->b.data, w->b.len, w->keys, 0, &r), ERR_AUTH);
	w->b.len -= SEAL_SIGNATURE_BYTES;
	seal_object_sign(&w->b, 0, "mandoob:answer", w->centre->sign_secret);
	assert_int_equal(receipt_decode(w->b.data, w->b.len, w->keys, 2, &r), ERR_AUTH);
	assert_int_equal(receipt_decode("<html>welcome</html>", 20, w->keys, 2, &r), ERR_CORRUPT);
}

static void exceptions_out_of_order_or_range_are_not_written(void **state)
{
	static const struct receipt_exception BAD[] = {
		{ 4, 6, MERGE_KNOWN },           /* before the one before */
		{ 4, 7, MERGE_KNOWN },           /* twice */
		{ 3, 30, MERGE_KNOWN },          /* an earlier group */
		{ 901, 0, MERGE_KNOWN },         /* beyond the last group */
		{ 5, 20000, MERGE_KNOWN },       /* beyond the edits of a group */
		{ 5, 0, MERGE_ACCEPTED },        /* no exception */
		{ 5, 0, (enum merge_outcome)9 }, /* no outcome */
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		w->exceptions[4] = BAD[i];
		assert_int_equal(receipt_encode(&w->r, w->centre->sign_secret, &w->b), ERR_USAGE);
		assert_int_equal(w->b.len, 0);
	}
	w->exceptions[0].group = 0;
	w->exceptions[4] = (struct receipt_exception){ 900, 0, MERGE_CONFLICT };
	assert_int_equal(receipt_encode(&w->r, w->centre->sign_secret, &w->b), ERR_USAGE);
}

/* A receipt written by hand up to the exceptions, for what receipt_encode() would not write. */
static int read_with_tail(struct world *w, uint64_t first, uint64_t accepted, uint64_t last_group, const char *tail, size_t tail_len)
{
	buf_clear(&w->b);
	seal_head_write(&w->b, "MNC1");
	buf_space(&w->b, 16);
	write_u32(&w->b, 1);
	write_u64(&w->b, 1);
	buf_space(&w->b, 32);
	write_u64(&w->b, 0);
	write_varint(&w->b, first);
	write_varint(&w->b, accepted);
	write_varint(&w->b, last_group);
	buf_append(&w->b, tail, tail_len);
	return read_signed(w, w->b.data, w->b.len);
}

static void exceptions_out_of_order_or_range_are_not_read(void **state)
{
	struct world *w = *state;

	assert_int_equal(read_with_tail(w, 1, 0, 9, "\0", 1), 0);
	assert_int_equal(read_with_tail(w, 1, 0, 9, "\2\1\0\2\0\0\2", 7), 0);
	assert_int_equal(read_with_tail(w, 1, 0, 9, "\2\1\0\2\11\0\2", 7), ERR_CORRUPT);        /* group 10 of 9 */
	assert_int_equal(read_with_tail(w, 1, 0, 9, "\1\0\0\2", 4), ERR_CORRUPT);               /* group 0 */
	assert_int_equal(read_with_tail(w, 1, 0, 9, "\1\1\0\0", 4), ERR_CORRUPT);               /* accepted */
	assert_int_equal(read_with_tail(w, 1, 0, 9, "\1\1\0\5", 4), ERR_CORRUPT);               /* no outcome */
	assert_int_equal(read_with_tail(w, 1, 0, 9, "\1\1\xa0\x9c\1\2", 6), ERR_CORRUPT);       /* edit 20000 */
	assert_int_equal(read_with_tail(w, 1, 0, 9, "\2\1\x9f\x9c\1\2\0\0\2", 9), ERR_CORRUPT); /* nothing after edit 19999 */
	assert_int_equal(read_with_tail(w, 1, 0, 9, "\x9f\x8d\6", 3), ERR_CORRUPT);             /* 99,999 announced, none there */
	assert_int_equal(read_with_tail(w, 5, 0, 9, "\0", 1), 0);
	assert_int_equal(read_with_tail(w, 0, 0, 9, "\0", 1), ERR_CORRUPT);
	assert_int_equal(read_with_tail(w, 0, 5, 9, "\0", 1), ERR_CORRUPT);
	assert_int_equal(read_with_tail(w, UINT64_MAX - 1, 1, 9, "\0", 1), 0);
	assert_int_equal(read_with_tail(w, UINT64_MAX - 1, 2, 9, "\0", 1), ERR_CORRUPT);
}

static void a_receipt_without_accepted_edits_names_the_next_number(void **state)
{
	struct world *w = *state;
	struct receipt r;

	w->r.accepted = 0;
	assert_int_equal(receipt_encode(&w->r, w->centre->sign_secret, &w->b), 0);
	assert_int_equal(receipt_decode(w->b.data, w->b.len, w->keys, 2, &r), 0);
	assert_int_equal(r.first, 70000);
	receipt_fini(&r);
}

static void a_receipt_beyond_its_ceilings_is_refused(void **state)
{
	static struct receipt_exception many[RECEIPT_EXCEPTIONS_MAX + 1];
	struct world *w = *state;
	struct receipt r;

	for (size_t i = 0; i <= RECEIPT_EXCEPTIONS_MAX; i++)
		many[i] = (struct receipt_exception){ 1 + i / EDIT_GROUP_EDITS_MAX, (uint32_t)(i % EDIT_GROUP_EDITS_MAX), MERGE_KNOWN };
	w->r.exceptions = many;
	w->r.exception_count = RECEIPT_EXCEPTIONS_MAX + 1;
	assert_int_equal(receipt_encode(&w->r, w->centre->sign_secret, &w->b), ERR_LIMIT);
	w->r.exception_count = RECEIPT_EXCEPTIONS_MAX;
	assert_int_equal(receipt_encode(&w->r, w->centre->sign_secret, &w->b), 0);
	assert_int_equal(receipt_decode(w->b.data, w->b.len, w->keys, 2, &r), 0);
	check_same(&w->r, &r);
	receipt_fini(&r);
	assert_int_equal(receipt_decode(w->b.data, RECEIPT_BYTES_MAX + 1, w->keys, 2, &r), ERR_LIMIT);
}

static void a_newer_receipt_asks_for_a_newer_program(void **state)
{
	struct world *w = *state;
	struct receipt r;

	assert_int_equal(receipt_encode(&w->r, w->centre->sign_secret, &w->b), 0);
	w->b.data[4] = 2;
	assert_int_equal(receipt_decode(w->b.data, w->b.len, w->keys, 2, &r), ERR_AUTH); /* a stranger cannot make us ask */
	assert_int_equal(read_signed(w, w->b.data, w->b.len - SEAL_SIGNATURE_BYTES), ERR_STALE);
}

static int write_vectors(void)
{
	struct world *w;
	void *state;
	FILE *f;

	setup(&state);
	w = state;
	if (receipt_encode(&w->r, w->centre->sign_secret, &w->b) != 0)
		return 1;
	f = vector_create(VECTOR, "FORMAT.md section 8: a receipt with five exceptions and the centre's public key");
	if (!f)
		return 1;
	vector_put(f, "sign_public", w->centre->sign_public, 32);
	vector_put(f, "receipt", w->b.data, w->b.len);
	teardown(&state);
	return fclose(f) == 0 ? 0 : 1;
}

static void the_released_receipt_is_read(void **state)
{
	struct world *w = *state;
	struct receipt r;
	uint8_t key[32];

	vector_get(VECTOR, "receipt", &w->b);
	vector_get_bytes(VECTOR, "sign_public", key, 32);
	assert_int_equal(receipt_decode(w->b.data, w->b.len, key, 1, &r), 0);
	check_same(&w->r, &r);
	receipt_fini(&r);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_receipt_comes_back_whole),
		T(no_cut_or_flipped_receipt_counts),
		T(no_cut_receipt_counts_even_when_signed),
		T(only_the_centre_can_acknowledge),
		T(exceptions_out_of_order_or_range_are_not_written),
		T(exceptions_out_of_order_or_range_are_not_read),
		T(a_receipt_without_accepted_edits_names_the_next_number),
		T(a_receipt_beyond_its_ceilings_is_refused),
		T(a_newer_receipt_asks_for_a_newer_program),
		T(the_released_receipt_is_read),
	};

	if (vector_wanted(argc, argv))
		return write_vectors();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
