/*
 * test_message_paper: the catalogue of papers, its mark, and papers on their way (FORMAT.md section 10).
 */
#include "proto/message_paper.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

#include "proto/message.h"

/* A content with these flags and what follows them: 0 or why it is not read. */
static int read_with_tail(uint64_t flags, const char *tail, size_t tail_len)
{
	struct message_content c;
	struct buf b;
	int rc;

	buf_init(&b, MESSAGE_CONTENT_BYTES_MAX);
	write_u64(&b, 1);
	write_varint(&b, flags);
	buf_space(&b, 3 + MESSAGE_STAMP_BYTES + 1); /* seen, cursor, covered, stamp, no receipts */
	buf_append(&b, tail, tail_len);
	rc = message_content_decode(b.data, b.len, &c);
	if (rc != 0) {
		assert_null(c.catalogue);
		assert_int_equal(c.catalogue_count + c.paper_count, 0);
	}
	message_content_fini(&c);
	buf_fini(&b);
	return rc;
}

/* One paper of a catalogue: kind, 32 bytes of hash, name, version, day. */
static void put_paper(char *out, size_t *len, char kind, const char *name, const char *version, char day)
{
	out[(*len)++] = kind;
	memset(out + *len, 'h', FORM_HASH_BYTES);
	*len += FORM_HASH_BYTES;
	out[(*len)++] = (char)strlen(name);
	memcpy(out + *len, name, strlen(name));
	*len += strlen(name);
	out[(*len)++] = (char)strlen(version);
	memcpy(out + *len, version, strlen(version));
	*len += strlen(version);
	out[(*len)++] = day;
}

static int read_papers(const char *kinds, const char *const names[2], const char *version, const char *days)
{
	char tail[256] = { 2 };
	size_t len = 1;

	put_paper(tail, &len, kinds[0], names[0], version, days[0]);
	put_paper(tail, &len, kinds[1], names[1], version, days[1]);
	return read_with_tail(4, tail, len);
}

static void papers_of_a_catalogue_ascend_and_have_names(void **state)
{
	static const char *const AB[2] = { "a", "b" };
	static const char *const BA[2] = { "b", "a" };
	static const char *const AA[2] = { "a", "a" };
	static const char *const NONE[2] = { "", "a" };
	(void)state;
	assert_int_equal(read_papers("\1\1", AB, "1", "\5\5"), 0);
	assert_int_equal(read_papers("\1\1", BA, "1", "\5\5"), ERR_CORRUPT);
	assert_int_equal(read_papers("\1\2", BA, "1", "\5\5"), 0);
	assert_int_equal(read_papers("\2\1", AB, "1", "\5\5"), ERR_CORRUPT);
	assert_int_equal(read_papers("\1\1", AA, "1", "\5\6"), 0);
	assert_int_equal(read_papers("\1\1", AA, "1", "\5\5"), 0); /* the later one takes the place */
	assert_int_equal(read_papers("\1\1", AA, "1", "\6\5"), ERR_CORRUPT);
	assert_int_equal(read_papers("\1\1", NONE, "1", "\5\5"), ERR_CORRUPT);
	assert_int_equal(read_papers("\1\1", AB, "", "\5\5"), ERR_CORRUPT);
	assert_int_equal(read_papers("\1\3", AB, "1", "\5\5"), ERR_CORRUPT);
	assert_int_equal(read_with_tail(4, "\0", 1), ERR_CORRUPT);     /* no paper */
	assert_int_equal(read_with_tail(4, "\xe8\7", 2), ERR_CORRUPT); /* 1,000 announced */
}

static void the_paper_in_force_is_the_latest_that_has_begun(void **state)
{
	static const struct message_paper PAPERS[3] = {
		{ MESSAGE_FORM, { 1 }, "aid_application", "2026112201", 0 },
		{ MESSAGE_FORM, { 2 }, "aid_application", "2026120101", 20788 },
		{ MESSAGE_LIST, { 3 }, "village", "1", MESSAGE_DAY_MAX },
	};
	static const struct message_paper TWICE[2] = {
		{ MESSAGE_FORM, { 1 }, "water", "1", 20788 },
		{ MESSAGE_FORM, { 2 }, "water", "2", 20788 },
	};

	(void)state;
	assert_int_equal(message_paper_in_force(PAPERS, 3, MESSAGE_FORM, "aid_application", 20787), 0);
	assert_int_equal(message_paper_in_force(PAPERS, 3, MESSAGE_FORM, "aid_application", 20788), 1);
	assert_int_equal(message_paper_in_force(PAPERS, 3, MESSAGE_FORM, "village", MESSAGE_DAY_MAX), -1);
	assert_int_equal(message_paper_in_force(TWICE, 2, MESSAGE_FORM, "water", 20788), 1);
	assert_int_equal(message_paper_in_force(PAPERS, 3, MESSAGE_LIST, "village", 20788), -1);
	assert_int_equal(message_paper_in_force(PAPERS, 3, MESSAGE_LIST, "village", MESSAGE_DAY_MAX), 2);
}

static void a_mark_depends_on_every_hash_and_their_order(void **state)
{
	uint8_t hashes[2 * FORM_HASH_BYTES] = { 1 };
	uint8_t a[MESSAGE_MARK_BYTES], b[MESSAGE_MARK_BYTES];

	(void)state;
	message_paper_mark(hashes, 2, a);
	message_paper_mark(hashes, 1, b);
	assert_memory_not_equal(a, b, sizeof a);
	hashes[0] = 0;
	hashes[FORM_HASH_BYTES] = 1;
	message_paper_mark(hashes, 2, b);
	assert_memory_not_equal(a, b, sizeof a);
}

static void papers_on_their_way_have_a_kind_and_bytes(void **state)
{
	(void)state;
	assert_int_equal(read_with_tail(1024, "\1\1\1f", 4), 0);
	assert_int_equal(read_with_tail(1024, "\0", 1), ERR_CORRUPT);                   /* no paper */
	assert_int_equal(read_with_tail(1024, "\1\3\1f", 4), ERR_CORRUPT);              /* of no kind */
	assert_int_equal(read_with_tail(1024, "\1\1\0", 3), ERR_CORRUPT);               /* of no bytes */
	assert_int_equal(read_with_tail(1024, "\1\1\x81\x80\x40", 5), ERR_CORRUPT);     /* a form of a mebibyte and a byte */
	assert_int_equal(read_with_tail(1024, "\1\2\x81\x80\x80\x02", 6), ERR_CORRUPT); /* a list of four and a byte */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(papers_of_a_catalogue_ascend_and_have_names),
		cmocka_unit_test(the_paper_in_force_is_the_latest_that_has_begun),
		cmocka_unit_test(a_mark_depends_on_every_hash_and_their_order),
		cmocka_unit_test(papers_on_their_way_have_a_kind_and_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
