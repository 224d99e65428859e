/*
 * test_message_stick: the file that travels on a stick (FORMAT.md section 14).
 */
#include "proto/message_stick.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "proto/message.h"
#include "tests/lib/abuse.h"
#include "tests/lib/vector.h"

#define VECTOR "stick-1.txt"

static const struct message_stick_record RECORDS[] = {
	{ MESSAGE_STICK_REQUEST, { (const uint8_t *)"a request", 9 } },
	{ MESSAGE_STICK_ANSWER, { (const uint8_t *)"an answer", 9 } },
	{ MESSAGE_STICK_REQUEST, { (const uint8_t *)"r", 1 } },
};

static int setup(void **state)
{
	static struct buf b;

	buf_init(&b, MESSAGE_STICK_BYTES_MAX + 1024ul);
	*state = &b;
	return 0;
}

static int teardown(void **state)
{
	buf_fini(*state);
	return 0;
}

static void check_records(const struct buf *b)
{
	struct message_stick_record *records;
	size_t count;

	assert_int_equal(message_stick_decode(b->data, b->len, &records, &count), 0);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(records[i].kind, RECORDS[i].kind);
		assert_int_equal(records[i].blob.len, RECORDS[i].blob.len);
		assert_memory_equal(records[i].blob.data, RECORDS[i].blob.data, RECORDS[i].blob.len);
	}
	free(records);
}

static void records_come_back_in_order(void **state)
{
	struct buf *b = *state;

	assert_int_equal(message_stick_encode(RECORDS, 3, b), 0);
	check_records(b);
}

static void an_empty_stick_file_is_whole(void **state)
{
	struct message_stick_record *records;
	struct buf *b = *state;
	size_t count = 9;

	assert_int_equal(message_stick_encode(NULL, 0, b), 0);
	assert_int_equal(message_stick_decode(b->data, b->len, &records, &count), 0);
	assert_int_equal(count, 0);
	assert_null(records);
}

static int read_stick(void *ctx, const uint8_t *data, size_t len)
{
	struct message_stick_record *records;
	size_t count;
	int rc = message_stick_decode(data, len, &records, &count);

	(void)ctx;
	if (rc != 0) {
		assert_null(records);
		assert_int_equal(count, 0);
	}
	free(records);
	return rc;
}

/* With the right checksum, so that the structure alone must refuse it. */
static int read_summed(void *ctx, const uint8_t *data, size_t len)
{
	struct buf b;
	int rc;

	buf_init(&b, 4096);
	buf_append(&b, data, len);
	seal_hash(buf_space(&b, 32), 32, "mandoob:stick", &(struct seal_part){ data, len }, 1);
	rc = read_stick(ctx, b.data, b.len);
	buf_fini(&b);
	return rc;
}

static void no_cut_or_flipped_copy_is_whole(void **state)
{
	struct buf *b = *state;

	assert_int_equal(message_stick_encode(RECORDS, 3, b), 0);
	abuse_all(b->data, b->len, read_stick, NULL);
	abuse_truncate(b->data, b->len - 32, read_summed, NULL);
}

static void what_no_writer_would_make_is_not_read(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int rc;
	} CASES[] = {
		{ "MNS1\1\1\1\1r", 9, 0 }, { "MNS1\2\1\1\1r", 9, ERR_STALE }, { "MNE1\1\1\1\1r", 9, ERR_CORRUPT },
		{ "MNS1\1\1\0\1r", 9, ERR_CORRUPT },      /* kind 0 */
		{ "MNS1\1\1\3\1r", 9, ERR_CORRUPT },      /* kind 3 */
		{ "MNS1\1\1\1\0", 8, ERR_CORRUPT },       /* nothing in it */
		{ "MNS1\1\1\1\2r", 9, ERR_CORRUPT },      /* less than announced */
		{ "MNS1\1\1\1\1rr", 10, ERR_CORRUPT },    /* more than announced */
		{ "MNS1\1\x81\x20", 7, ERR_CORRUPT },     /* 4,097 records */
		{ "MNS1\1\x80\x20", 7, ERR_CORRUPT },     /* 4,096 records, none there */
		{ "MNS1\1\x81\0\1\1r", 10, ERR_CORRUPT }, /* a count in a longer spelling */
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
		assert_int_equal(read_summed(NULL, (const uint8_t *)CASES[i].bytes, CASES[i].len), CASES[i].rc);
}

static void what_no_reader_would_take_is_not_written(void **state)
{
	static struct message_stick_record many[MESSAGE_STICK_RECORDS_MAX + 1];
	struct message_stick_record r = RECORDS[0];
	struct buf *b = *state;

	assert_int_equal(message_stick_encode(many, MESSAGE_STICK_RECORDS_MAX + 1, b), ERR_LIMIT);
	r.kind = (enum message_stick_kind)3;
	assert_int_equal(message_stick_encode(&r, 1, b), ERR_USAGE);
	r = RECORDS[0];
	r.blob.len = 0;
	assert_int_equal(message_stick_encode(&r, 1, b), ERR_USAGE);
	r.blob.len = MESSAGE_REQUEST_BYTES_MAX + 1;
	assert_int_equal(message_stick_encode(&r, 1, b), ERR_LIMIT);
	assert_int_equal(b->len, 0);
}

static void a_stick_file_holds_64_mebibytes_at_most(void **state)
{
	struct message_stick_record many[17];
	struct buf *b = *state;
	uint8_t *large = calloc(1, MESSAGE_ANSWER_BYTES_MAX);
	const uint8_t one = 0;

	assert_non_null(large);
	for (size_t i = 0; i < 17; i++)
		many[i] = (struct message_stick_record){ MESSAGE_STICK_ANSWER, { large, MESSAGE_ANSWER_BYTES_MAX } };
	assert_int_equal(message_stick_encode(many, 16, b), ERR_LIMIT);
	assert_int_equal(b->len, 0);
	free(large);
	assert_int_equal(read_stick(NULL, &one, MESSAGE_STICK_BYTES_MAX + 1ul), ERR_LIMIT);
}

static int write_vectors(void)
{
	struct buf b;
	FILE *f = vector_create(VECTOR, "FORMAT.md section 14: a stick file with three records");

	buf_init(&b, 4096);
	if (!f || message_stick_encode(RECORDS, 3, &b) != 0)
		return 1;
	vector_put(f, "stick", b.data, b.len);
	buf_fini(&b);
	return fclose(f) == 0 ? 0 : 1;
}

static void the_released_stick_file_is_read(void **state)
{
	struct buf *b = *state;

	vector_get(VECTOR, "stick", b);
	check_records(b);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(records_come_back_in_order),
		T(an_empty_stick_file_is_whole),
		T(no_cut_or_flipped_copy_is_whole),
		T(what_no_writer_would_make_is_not_read),
		T(what_no_reader_would_take_is_not_written),
		T(a_stick_file_holds_64_mebibytes_at_most),
		T(the_released_stick_file_is_read),
	};

	if (vector_wanted(argc, argv))
		return write_vectors();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
