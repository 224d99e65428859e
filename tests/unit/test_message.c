/*
 * test_message: request, answer and its content (FORMAT.md section 10).
 */
#include "proto/message.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/abuse.h"
#include "tests/lib/fixed.h"
#include "tests/lib/vector.h"

#define REQUEST_VECTOR "request-1.txt"
#define ANSWER_VECTOR "answer-1.txt"

struct world {
	struct fixed fixed;
	struct seal_keys *device, *centre, *other;
	struct buf envelopes[3]; /* seq 1, 2, 3 */
	struct message_request q;
	struct message_answer a;
	struct message_content c;
	struct message_known_group groups[3];
	struct message_paper papers[3];
	uint8_t wanted[2][FORM_HASH_BYTES];
	struct buf b, box;
};

static struct message_blob text_blob(const char *text)
{
	return (struct message_blob){ (const uint8_t *)text, strlen(text) };
}

static void make_envelopes(struct world *w)
{
	struct seal_header h = { .incarnation = 1, .epoch = 1 };
	struct seal_recipient to = { .kind = SEAL_TO_CENTRE };

	memcpy(to.box_public, w->centre->box_public, sizeof to.box_public);
	for (size_t i = 0; i < 3; i++) {
		h.seq = i + 1;
		buf_init(&w->envelopes[i], SEAL_ENVELOPE_BYTES_MAX);
		assert_int_equal(seal_envelope(&w->fixed.env, &h, &to, 1, "frame", 5, w->device->sign_secret, &w->envelopes[i]), 0);
		w->q.envelopes[i] = (struct message_blob){ w->envelopes[i].data, w->envelopes[i].len };
	}
}

static void make_content(struct world *w)
{
	w->groups[0] = (struct message_known_group){ 1, { 1 } };
	w->groups[1] = (struct message_known_group){ 2, { 2 } };
	w->groups[2] = (struct message_known_group){ UINT64_MAX, { 3 } };
	w->c = (struct message_content){ .time_ms = FIXED_WALL_MS,
		.more = true,
		.seen = 1,
		.cursor = 200,
		.covered = 3,
		.receipt_count = 2,
		.has_fork = true,
		.fork_incarnation = 2,
		.fork_site = 17,
		.fork_groups = w->groups,
		.fork_group_count = 3,
		.has_digest = true,
		.digest = { 9 },
		.resend = 4,
		.stamp = { 7, 1 },
		.notice = MESSAGE_NOTICE_COPIES,
		.lease_days = 300 };
	w->c.receipts[0] = text_blob("receipt one");
	w->c.receipts[1] = text_blob("receipt two");
	w->c.manifest = text_blob("manifest");
	w->c.dictionary = text_blob("dictionary");
	w->papers[0] = (struct message_paper){ MESSAGE_FORM, { 1 }, "aid_application", "2026112201", 0 };
	w->papers[1] = (struct message_paper){ MESSAGE_FORM, { 2 }, "aid_application", "2026120101", 20788 };
	w->papers[2] = (struct message_paper){ MESSAGE_LIST, { 3 }, "village", "1", MESSAGE_DAY_MAX };
	w->c.catalogue = w->papers;
	w->c.catalogue_count = 3;
	w->c.pulls[0] = text_blob("registers");
	w->c.pulls[1] = text_blob("of an older form");
	w->c.pull_count = 2;
	w->c.papers[0] = (struct message_paper_text){ MESSAGE_FORM, text_blob("form") };
	w->c.papers[1] = (struct message_paper_text){ MESSAGE_LIST, text_blob("list") };
	w->c.paper_count = 2;
}

static int setup(void **state)
{
	static struct world w;

	memset(&w, 0, sizeof w);
	fixed_init(&w.fixed, 40);
	w.device = fixed_keys(41);
	w.centre = fixed_keys(42);
	w.other = fixed_keys(43);
	w.wanted[0][0] = 1;
	w.wanted[1][31] = 2;
	w.q = (struct message_request){ .org = { 1 },
		.device = { 2 },
		.incarnation = 1,
		.nonce = { 3 },
		.contact = 4,
		.seen = 5000,
		.cursor = 6,
		.acked = 7,
		.head = 300,
		.manifest_number = 8,
		.dictionary_id = UINT32_MAX,
		.flags = MESSAGE_WHOLE,
		.mark = { 9 },
		.wanted = w.wanted[0],
		.wanted_count = 2,
		.acked_group = UINT64_MAX,
		.commits = 70000,
		.answered = 3,
		.stamp = { 8, 1 },
		.envelope_count = 3 };
	make_envelopes(&w);
	make_content(&w);
	buf_init(&w.b, MESSAGE_CONTENT_BYTES_MAX);
	buf_init(&w.box, MESSAGE_ANSWER_BYTES_MAX);
	w.a = (struct message_answer){ .device = { 2 }, .nonce = { 3 }, .kind = MESSAGE_CONTENT };
	if (seal_box("content", 7, w.device->box_public, &w.box) != 0)
		return -1;
	w.a.box = (struct message_blob){ w.box.data, w.box.len };
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	seal_keys_free(w->device);
	seal_keys_free(w->centre);
	seal_keys_free(w->other);
	for (size_t i = 0; i < 3; i++)
		buf_fini(&w->envelopes[i]);
	buf_fini(&w->b);
	buf_fini(&w->box);
	return 0;
}

static void check_blob(struct message_blob a, struct message_blob b)
{
	assert_int_equal(a.len, b.len);
	if (a.len > 0)
		assert_memory_equal(a.data, b.data, a.len);
}

/* ---- Request ---- */

static void check_same_request(const struct message_request *a, const struct message_request *b)
{
	assert_memory_equal(a->org, b->org, sizeof a->org);
	assert_memory_equal(a->device, b->device, sizeof a->device);
	assert_memory_equal(a->nonce, b->nonce, sizeof a->nonce);
	assert_memory_equal(a->mark, b->mark, sizeof a->mark);
	assert_int_equal(a->wanted_count, b->wanted_count);
	if (a->wanted_count)
		assert_memory_equal(a->wanted, b->wanted, a->wanted_count * FORM_HASH_BYTES);
	assert_int_equal(a->incarnation, b->incarnation);
	assert_int_equal(a->contact, b->contact);
	assert_int_equal(a->seen, b->seen);
	assert_int_equal(a->cursor, b->cursor);
	assert_int_equal(a->acked, b->acked);
	assert_int_equal(a->head, b->head);
	assert_int_equal(a->manifest_number, b->manifest_number);
	assert_int_equal(a->dictionary_id, b->dictionary_id);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->acked_group, b->acked_group);
	assert_int_equal(a->commits, b->commits);
	assert_int_equal(a->answered, b->answered);
	assert_memory_equal(a->stamp, b->stamp, sizeof a->stamp);
	assert_int_equal(a->envelope_count, b->envelope_count);
	for (size_t i = 0; i < a->envelope_count; i++)
		check_blob(a->envelopes[i], b->envelopes[i]);
}

static int read_request(void *ctx, const uint8_t *data, size_t len)
{
	const struct message_request zero = { 0 };
	struct world *w = ctx;
	struct message_request q;
	int rc = message_request_decode(data, len, &q);

	if (rc != 0)
		check_same_request(&q, &zero);
	return rc != 0 ? rc : message_request_verify(data, len, w->device->sign_public);
}

static int write_request(struct world *w)
{
	buf_clear(&w->b);
	return message_request_encode(&w->q, w->device->sign_secret, &w->b);
}

static void a_request_comes_back_whole(void **state)
{
	struct world *w = *state;
	struct message_request q;

	assert_int_equal(write_request(w), 0);
	assert_int_equal(message_request_decode(w->b.data, w->b.len, &q), 0);
	check_same_request(&w->q, &q);
	assert_int_equal(message_request_verify(w->b.data, w->b.len, w->device->sign_public), 0);
	assert_int_equal(message_request_verify(w->b.data, w->b.len, w->other->sign_public), ERR_AUTH);
}

static void no_cut_or_flipped_request_is_believed(void **state)
{
	struct world *w = *state;

	assert_int_equal(write_request(w), 0);
	abuse_all(w->b.data, w->b.len, read_request, w);
}

static void envelopes_of_a_request_ascend(void **state)
{
	struct world *w = *state;
	struct message_blob first = w->q.envelopes[0];

	w->q.envelopes[0] = w->q.envelopes[1];
	assert_int_equal(write_request(w), ERR_USAGE); /* 2, 2, 3 */
	w->q.envelopes[1] = first;
	assert_int_equal(write_request(w), ERR_USAGE); /* 2, 1, 3 */
	w->q.envelopes[0] = text_blob("no envelope");
	assert_int_equal(write_request(w), ERR_USAGE);
	assert_int_equal(w->b.len, 0);
}

static void a_signed_request_with_exchanged_envelopes_is_refused(void **state)
{
	struct world *w = *state;
	const size_t len = w->envelopes[0].len;
	uint8_t *first, *third;

	assert_int_equal(write_request(w), 0);
	third = w->b.data + w->b.len - SEAL_SIGNATURE_BYTES - len;
	first = third - 2 * (len + 2); /* each behind its length of two bytes */
	assert_memory_equal(first, w->envelopes[0].data, len);
	memcpy(first, w->envelopes[2].data, len);
	memcpy(third, w->envelopes[0].data, len);
	w->b.len -= SEAL_SIGNATURE_BYTES;
	seal_object_sign(&w->b, 0, "mandoob:request", w->device->sign_secret);
	assert_int_equal(read_request(w, w->b.data, w->b.len), ERR_CORRUPT);
}

static void a_request_holds_64_envelopes_and_a_mebibyte(void **state)
{
	static const uint8_t large[200000];
	struct world *w = *state;
	struct seal_header h = { .incarnation = 2, .seq = 1, .epoch = 1 };
	struct seal_recipient to = { .kind = SEAL_TO_RECOVERY };
	struct buf e[6];

	w->q.envelope_count = 65;
	assert_int_equal(write_request(w), ERR_LIMIT);
	memcpy(to.box_public, w->centre->box_public, sizeof to.box_public);
	for (size_t i = 0; i < 6; i++, h.seq++) {
		buf_init(&e[i], SEAL_ENVELOPE_BYTES_MAX);
		assert_int_equal(seal_envelope(&w->fixed.env, &h, &to, 1, large, sizeof large, w->device->sign_secret, &e[i]), 0);
		w->q.envelopes[i] = (struct message_blob){ e[i].data, e[i].len };
	}
	w->q.envelope_count = 6;
	assert_int_equal(write_request(w), ERR_LIMIT);
	assert_int_equal(w->b.len, 0);
	w->q.envelope_count = 5;
	assert_int_equal(write_request(w), 0);
	assert_int_equal(read_request(w, w->b.data, w->b.len), 0);
	assert_int_equal(read_request(w, w->b.data, MESSAGE_REQUEST_BYTES_MAX + 1), ERR_LIMIT);
	for (size_t i = 0; i < 6; i++)
		buf_fini(&e[i]);
}

static void unknown_flags_and_versions_of_a_request_are_refused(void **state)
{
	struct world *w = *state;

	w->q.flags = 2;
	assert_int_equal(write_request(w), ERR_USAGE);
	w->q.flags = MESSAGE_WHOLE;
	w->q.incarnation = 0;
	assert_int_equal(write_request(w), ERR_USAGE);
	w->q.incarnation = 1;
	assert_int_equal(write_request(w), 0);
	w->b.data[4] = 2;
	assert_int_equal(read_request(w, w->b.data, w->b.len), ERR_STALE);
}

static void a_request_wants_at_most_1000_papers(void **state)
{
	static uint8_t many[(MESSAGE_PAPERS_MAX + 1) * FORM_HASH_BYTES];
	struct world *w = *state;
	struct message_request q;

	w->q.wanted = many;
	w->q.wanted_count = MESSAGE_PAPERS_MAX + 1;
	assert_int_equal(write_request(w), ERR_LIMIT);
	w->q.wanted_count = MESSAGE_PAPERS_MAX;
	assert_int_equal(write_request(w), 0);
	assert_int_equal(message_request_decode(w->b.data, w->b.len, &q), 0);
	assert_int_equal(q.wanted_count, MESSAGE_PAPERS_MAX);
	/* A count that the bytes do not hold: 999 more hashes than there are. */
	w->q.wanted_count = 1;
	w->q.envelope_count = 0;
	assert_int_equal(write_request(w), 0);
	w->b.len -= SEAL_SIGNATURE_BYTES;
	for (size_t i = 60; i < w->b.len; i++)
		if (w->b.data[i] == 9 && w->b.data[i + 8] == 1) {
			w->b.data[i + 8] = 100;
			break;
		}
	seal_object_sign(&w->b, 0, "mandoob:request", w->device->sign_secret);
	assert_int_equal(read_request(w, w->b.data, w->b.len), ERR_CORRUPT);
}

/* A store that says it took no answer has no stamp to show: one spelling for that. */
static void a_stamp_without_an_answer_is_refused(void **state)
{
	struct world *w = *state;

	w->q.answered = 0;
	assert_int_equal(write_request(w), ERR_USAGE);
	memset(w->q.stamp, 0, sizeof w->q.stamp);
	w->q.envelope_count = 0;
	assert_int_equal(write_request(w), 0);
	assert_int_equal(read_request(w, w->b.data, w->b.len), 0);
	w->b.len -= SEAL_SIGNATURE_BYTES + 1;
	w->b.data[w->b.len - 1] = 1; /* last byte of the stamp, before the count */
	w->b.len++;
	seal_object_sign(&w->b, 0, "mandoob:request", w->device->sign_secret);
	assert_int_equal(read_request(w, w->b.data, w->b.len), ERR_CORRUPT);
}

/* ---- Answer ---- */

static int read_answer(void *ctx, const uint8_t *data, size_t len)
{
	struct world *w = ctx;
	struct message_answer a;
	int rc = message_answer_decode(data, len, w->centre->sign_public, 1, &a);

	if (rc != 0) {
		assert_null(a.box.data);
		assert_int_equal(a.device[0] + a.nonce[0], 0);
	}
	return rc;
}

static int write_answer(struct world *w)
{
	buf_clear(&w->b);
	return message_answer_encode(&w->a, w->centre->sign_secret, &w->b);
}

static void an_answer_comes_back_whole(void **state)
{
	static const enum message_answer_kind KINDS[] = { MESSAGE_CONTENT, MESSAGE_REVOKED, MESSAGE_NEWER_NEEDED };
	struct world *w = *state;
	struct message_answer a;

	for (size_t i = 0; i < 3; i++) {
		w->a.kind = KINDS[i];
		w->a.box.len = i == 0 ? w->box.len : 0;
		assert_int_equal(write_answer(w), 0);
		assert_int_equal(message_answer_decode(w->b.data, w->b.len, w->centre->sign_public, 1, &a), 0);
		assert_memory_equal(a.device, w->a.device, sizeof a.device);
		assert_memory_equal(a.nonce, w->a.nonce, sizeof a.nonce);
		assert_int_equal(a.kind, KINDS[i]);
		check_blob(a.box, w->a.box);
	}
}

static void no_cut_or_flipped_answer_is_believed(void **state)
{
	struct world *w = *state;

	assert_int_equal(write_answer(w), 0);
	abuse_all(w->b.data, w->b.len, read_answer, w);
}

static void a_portal_and_a_stranger_cannot_answer(void **state)
{
	static const char PORTAL[] =
		"HTTP/1.1 200 OK\r\n\r\n<html><body>Welcome to the hotel. Please accept the terms before you continue.</body></html>";
	struct world *w = *state;
	struct message_answer a;

	assert_int_equal(message_answer_decode(PORTAL, sizeof PORTAL, w->centre->sign_public, 1, &a), ERR_AUTH);
	assert_int_equal(message_answer_decode("OK", 2, w->centre->sign_public, 1, &a), ERR_CORRUPT);
	assert_int_equal(write_answer(w), 0);
	assert_int_equal(message_answer_decode(w->b.data, w->b.len, w->other->sign_public, 1, &a), ERR_AUTH);
}

static void an_answer_of_the_wrong_shape_is_refused(void **state)
{
	struct world *w = *state;
	struct message_answer a;

	w->a.kind = MESSAGE_REVOKED; /* with a box */
	assert_int_equal(write_answer(w), ERR_LIMIT);
	w->a.kind = MESSAGE_CONTENT;
	w->a.box.len = 0;
	assert_int_equal(write_answer(w), ERR_USAGE);
	w->a.kind = (enum message_answer_kind)7;
	assert_int_equal(write_answer(w), ERR_USAGE);
	w->a.kind = MESSAGE_REVOKED;
	assert_int_equal(write_answer(w), 0);
	w->b.data[37] = 3;
	w->b.len -= SEAL_SIGNATURE_BYTES;
	seal_object_sign(&w->b, 0, "mandoob:answer", w->centre->sign_secret);
	assert_int_equal(read_answer(w, w->b.data, w->b.len), ERR_STALE);
	assert_int_equal(message_answer_peek(w->b.data, w->b.len, &a), ERR_STALE);
	assert_int_equal(read_answer(w, w->b.data, MESSAGE_ANSWER_BYTES_MAX + 1), ERR_LIMIT);
}

static void peeking_tells_the_device_and_nothing_more(void **state)
{
	struct world *w = *state;
	struct message_answer a;

	assert_int_equal(write_answer(w), 0);
	w->b.data[w->b.len - 1] ^= 1; /* nothing is verified */
	assert_int_equal(message_answer_peek(w->b.data, w->b.len, &a), 0);
	assert_memory_equal(a.device, w->a.device, sizeof a.device);
	assert_memory_equal(a.nonce, w->a.nonce, sizeof a.nonce);
	assert_null(a.box.data);
	assert_int_equal(message_answer_peek(w->b.data, w->b.len - 1, &a), ERR_CORRUPT);
	assert_int_equal(a.device[0], 0);
}

/* ---- Content ---- */

static int write_content(struct world *w)
{
	buf_clear(&w->b);
	return message_content_encode(&w->c, &w->b);
}

static void check_same_content(const struct message_content *a, const struct message_content *b)
{
	assert_int_equal(a->time_ms, b->time_ms);
	assert_int_equal(a->more, b->more);
	assert_int_equal(a->seen, b->seen);
	assert_int_equal(a->cursor, b->cursor);
	assert_int_equal(a->covered, b->covered);
	assert_int_equal(a->receipt_count, b->receipt_count);
	for (size_t i = 0; i < a->receipt_count; i++)
		check_blob(a->receipts[i], b->receipts[i]);
	check_blob(a->manifest, b->manifest);
	check_blob(a->dictionary, b->dictionary);
	assert_int_equal(a->catalogue_count, b->catalogue_count);
	if (a->catalogue_count)
		assert_memory_equal(a->catalogue, b->catalogue, a->catalogue_count * sizeof *a->catalogue);
	assert_int_equal(a->pull_count, b->pull_count);
	for (size_t i = 0; i < a->pull_count; i++)
		check_blob(a->pulls[i], b->pulls[i]);
	assert_int_equal(a->paper_count, b->paper_count);
	for (size_t i = 0; i < a->paper_count; i++) {
		assert_int_equal(a->papers[i].kind, b->papers[i].kind);
		check_blob(a->papers[i].text, b->papers[i].text);
	}
	assert_int_equal(a->has_fork, b->has_fork);
	assert_int_equal(a->fork_incarnation, b->fork_incarnation);
	assert_int_equal(a->fork_site, b->fork_site);
	assert_int_equal(a->fork_group_count, b->fork_group_count);
	for (size_t i = 0; i < a->fork_group_count; i++) {
		assert_int_equal(a->fork_groups[i].number, b->fork_groups[i].number);
		assert_memory_equal(a->fork_groups[i].hash, b->fork_groups[i].hash, EDIT_HASH_BYTES);
	}
	assert_int_equal(a->has_digest, b->has_digest);
	assert_memory_equal(a->digest, b->digest, sizeof a->digest);
	assert_int_equal(a->resend, b->resend);
	assert_memory_equal(a->stamp, b->stamp, sizeof a->stamp);
	assert_int_equal(a->notice, b->notice);
	assert_int_equal(a->lease_days, b->lease_days);
}

static int read_content(void *ctx, const uint8_t *data, size_t len)
{
	static const struct message_content ZERO;
	struct message_content c;
	int rc = message_content_decode(data, len, &c);

	(void)ctx;
	if (rc != 0)
		check_same_content(&c, &ZERO);
	message_content_fini(&c);
	return rc;
}

static void a_full_content_comes_back_whole(void **state)
{
	struct world *w = *state;
	struct message_content c;

	assert_int_equal(write_content(w), 0);
	assert_int_equal(message_content_decode(w->b.data, w->b.len, &c), 0);
	check_same_content(&w->c, &c);
	message_content_fini(&c);
	message_content_fini(&c);
}

static void an_empty_content_is_small_and_comes_back(void **state)
{
	struct world *w = *state;
	struct message_content c;

	w->c = (struct message_content){ .time_ms = 1, .seen = 2 };
	assert_int_equal(write_content(w), 0);
	assert_int_equal(w->b.len, 21);
	assert_int_equal(message_content_decode(w->b.data, w->b.len, &c), 0);
	check_same_content(&w->c, &c);
	message_content_fini(&c);
}

/* Content is inside a sealed and signed answer, so flipped bits never come here; being cut must still be seen. */
static void no_cut_content_is_read(void **state)
{
	struct world *w = *state;

	assert_int_equal(write_content(w), 0);
	abuse_truncate(w->b.data, w->b.len, read_content, w);
	write_u8(&w->b, 0);
	assert_int_equal(read_content(w, w->b.data, w->b.len), ERR_CORRUPT);
}

static void unknown_flags_of_a_content_need_a_newer_program(void **state)
{
	struct world *w = *state;

	buf_clear(&w->b);
	write_u64(&w->b, 1);
	write_varint(&w->b, 2048);
	buf_space(&w->b, 30);
	assert_int_equal(read_content(w, w->b.data, w->b.len), ERR_STALE);
}

/* A content with these flags and what follows them. */
static int read_with_tail(struct world *w, uint64_t flags, const char *tail, size_t tail_len)
{
	buf_clear(&w->b);
	write_u64(&w->b, 1);
	write_varint(&w->b, flags);
	buf_space(&w->b, 3 + MESSAGE_STAMP_BYTES + 1); /* seen, cursor, covered, stamp, no receipts */
	buf_append(&w->b, tail, tail_len);
	return read_content(w, w->b.data, w->b.len);
}

static void what_no_writer_would_make_is_not_read(void **state)
{
	static const char GROUPS[] = "\0\0\0\1\0\0\0\1\2\1................\1................";
	struct world *w = *state;
	char bad[sizeof GROUPS - 1];

	assert_int_equal(read_with_tail(w, 0, "", 0), 0);
	assert_int_equal(read_with_tail(w, 2, "\0", 1), ERR_CORRUPT);  /* a manifest of no bytes */
	assert_int_equal(read_with_tail(w, 64, "\0", 1), ERR_CORRUPT); /* resend from 0 */
	assert_int_equal(read_with_tail(w, 64, "\1", 1), 0);
	assert_int_equal(read_with_tail(w, 128, "\0", 1), ERR_CORRUPT);   /* no pull */
	assert_int_equal(read_with_tail(w, 128, "\1\0", 2), ERR_CORRUPT); /* a pull of no bytes */
	assert_int_equal(read_with_tail(w, 128, "\2\1a\1b", 5), 0);
	assert_int_equal(read_with_tail(w, 128, "\x41", 1), ERR_CORRUPT); /* 65 pulls */
	assert_int_equal(read_with_tail(w, 256, "\3", 1), 0);
	assert_int_equal(read_with_tail(w, 256, "\0", 1), ERR_CORRUPT); /* a notice of nothing */
	assert_int_equal(read_with_tail(w, 256, "\4", 1), ERR_CORRUPT);
	assert_int_equal(read_with_tail(w, 512, "\xc2\x1c", 2), 0);           /* 3650 days */
	assert_int_equal(read_with_tail(w, 512, "\xc3\x1c", 2), ERR_CORRUPT); /* 3651 days */
	assert_int_equal(read_with_tail(w, 512, "\0", 1), ERR_CORRUPT);
	assert_int_equal(read_with_tail(w, 8, "\x81\x80\x08", 3), ERR_CORRUPT); /* a dictionary of 128 KiB and a byte */
	assert_int_equal(read_with_tail(w, 16, GROUPS, sizeof bad), 0);
	memcpy(bad, GROUPS, sizeof bad);
	bad[26] = 0; /* group 1 twice */
	assert_int_equal(read_with_tail(w, 16, bad, sizeof bad), ERR_CORRUPT);
	memcpy(bad, GROUPS, sizeof bad);
	bad[4] = '\x80'; /* site 2^31 + 1 */
	assert_int_equal(read_with_tail(w, 16, bad, sizeof bad), ERR_CORRUPT);
	memcpy(bad, GROUPS, sizeof bad);
	bad[3] = 0; /* incarnation 0 */
	assert_int_equal(read_with_tail(w, 16, bad, sizeof bad), ERR_CORRUPT);
	assert_int_equal(read_with_tail(w, 16, "\0\0\0\1\0\0\0\1\xa0\x8d\6", 11), ERR_CORRUPT); /* 100,000 groups announced */
}

static void what_no_reader_would_take_is_not_written(void **state)
{
	static uint8_t large[FORM_TEXT_BYTES_MAX + 1];
	struct world *w = *state;

	w->c.papers[0].text = (struct message_blob){ large, sizeof large };
	assert_int_equal(write_content(w), ERR_LIMIT);
	make_content(w);
	w->c.papers[1].text.len = 0;
	assert_int_equal(write_content(w), ERR_USAGE);
	make_content(w);
	w->c.pulls[1].len = 0;
	assert_int_equal(write_content(w), ERR_USAGE);
	make_content(w);
	w->papers[0].from_day = 20789;
	assert_int_equal(write_content(w), ERR_USAGE);
	make_content(w);
	w->papers[2].from_day = MESSAGE_DAY_MAX + 1;
	assert_int_equal(write_content(w), ERR_USAGE);
	make_content(w);
	w->c.receipts[1].len = 0;
	assert_int_equal(write_content(w), ERR_USAGE);
	make_content(w);
	w->c.receipt_count = MESSAGE_RECEIPTS_MAX + 1;
	assert_int_equal(write_content(w), ERR_LIMIT);
	make_content(w);
	w->c.fork_site = 0;
	assert_int_equal(write_content(w), ERR_USAGE);
	make_content(w);
	w->c.notice = (enum message_notice)4;
	assert_int_equal(write_content(w), ERR_USAGE);
	make_content(w);
	w->c.lease_days = MESSAGE_LEASE_DAYS_MAX + 1;
	assert_int_equal(write_content(w), ERR_USAGE);
	make_content(w);
	w->groups[1].number = 1;
	assert_int_equal(write_content(w), ERR_USAGE);
	assert_int_equal(w->b.len, 0);
}

static void a_content_holds_no_more_than_its_ceiling(void **state)
{
	struct world *w = *state;
	uint8_t *large = calloc(1, MESSAGE_CONTENT_BYTES_MAX);

	assert_non_null(large);
	w->c.pulls[0] = (struct message_blob){ large, MESSAGE_CONTENT_BYTES_MAX };
	assert_int_equal(write_content(w), ERR_LIMIT);
	assert_int_equal(w->b.len, 0);
	assert_int_equal(read_content(w, large, MESSAGE_CONTENT_BYTES_MAX + 1ul), ERR_LIMIT);
	free(large);
}

/* ---- Signatures, fingerprint, released files ---- */

static void no_signature_is_good_for_another_kind(void **state)
{
	struct world *w = *state;

	assert_int_equal(write_request(w), 0);
	w->b.len -= SEAL_SIGNATURE_BYTES;
	seal_object_sign(&w->b, 0, "mandoob:answer", w->device->sign_secret);
	assert_int_equal(read_request(w, w->b.data, w->b.len), ERR_AUTH);
	assert_int_equal(write_answer(w), 0);
	w->b.len -= SEAL_SIGNATURE_BYTES;
	seal_object_sign(&w->b, 0, "mandoob:receipt", w->centre->sign_secret);
	assert_int_equal(read_answer(w, w->b.data, w->b.len), ERR_AUTH);
}

static void the_fingerprint_depends_on_device_and_root(void **state)
{
	const uint8_t device[2][16] = { { 1 }, { 2 } };
	const uint8_t root[2][32] = { { 1 }, { 2 } };
	uint8_t a[32], b[32];

	(void)state;
	message_fingerprint(device[0], root[0], a);
	message_fingerprint(device[0], root[0], b);
	assert_memory_equal(a, b, 32);
	message_fingerprint(device[1], root[0], b);
	assert_memory_not_equal(a, b, 32);
	message_fingerprint(device[0], root[1], b);
	assert_memory_not_equal(a, b, 32);
}

static int write_vectors(void)
{
	struct world *w;
	void *state;
	FILE *f;

	if (setup(&state) != 0)
		return 1;
	w = state;
	f = vector_create(REQUEST_VECTOR, "FORMAT.md section 10: a request with three envelopes and the device's public key");
	if (!f || write_request(w) != 0)
		return 1;
	vector_put(f, "sign_public", w->device->sign_public, 32);
	vector_put(f, "request", w->b.data, w->b.len);
	fclose(f);
	f = vector_create(ANSWER_VECTOR,
		"FORMAT.md section 10: an answer, the centre's public key, the device's box keys, and (apart) a full content");
	if (!f || write_answer(w) != 0)
		return 1;
	vector_put(f, "sign_public", w->centre->sign_public, 32);
	vector_put(f, "box_public", w->device->box_public, 32);
	vector_put(f, "box_secret", w->device->box_secret, 32);
	vector_put(f, "answer", w->b.data, w->b.len);
	if (write_content(w) != 0)
		return 1;
	vector_put(f, "content", w->b.data, w->b.len);
	fclose(f);
	teardown(&state);
	return 0;
}

static void the_released_request_is_read(void **state)
{
	struct world *w = *state;
	struct message_request q;
	uint8_t key[32];

	vector_get(REQUEST_VECTOR, "request", &w->b);
	vector_get_bytes(REQUEST_VECTOR, "sign_public", key, 32);
	assert_int_equal(message_request_decode(w->b.data, w->b.len, &q), 0);
	assert_int_equal(message_request_verify(w->b.data, w->b.len, key), 0);
	assert_int_equal(q.seen, 5000);
	assert_int_equal(q.envelope_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(seal_envelope_verify(q.envelopes[i].data, q.envelopes[i].len, key), 0);
}

static void the_released_answer_is_read(void **state)
{
	struct world *w = *state;
	struct message_answer a;
	uint8_t key[3][32];

	vector_get(ANSWER_VECTOR, "answer", &w->b);
	vector_get_bytes(ANSWER_VECTOR, "sign_public", key[0], 32);
	vector_get_bytes(ANSWER_VECTOR, "box_public", key[1], 32);
	vector_get_bytes(ANSWER_VECTOR, "box_secret", key[2], 32);
	assert_int_equal(message_answer_decode(w->b.data, w->b.len, key[0], 1, &a), 0);
	buf_clear(&w->box);
	assert_int_equal(seal_box_open(a.box.data, a.box.len, key[1], key[2], &w->box), 0);
	assert_string_equal(buf_string(&w->box), "content");
}

static void the_released_content_is_read(void **state)
{
	struct world *w = *state;
	struct message_content c;

	vector_get(ANSWER_VECTOR, "content", &w->b);
	assert_int_equal(message_content_decode(w->b.data, w->b.len, &c), 0);
	check_same_content(&w->c, &c);
	message_content_fini(&c);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_request_comes_back_whole),
		T(no_cut_or_flipped_request_is_believed),
		T(envelopes_of_a_request_ascend),
		T(a_signed_request_with_exchanged_envelopes_is_refused),
		T(a_request_holds_64_envelopes_and_a_mebibyte),
		T(unknown_flags_and_versions_of_a_request_are_refused),
		T(a_request_wants_at_most_1000_papers),
		T(a_stamp_without_an_answer_is_refused),
		T(an_answer_comes_back_whole),
		T(no_cut_or_flipped_answer_is_believed),
		T(a_portal_and_a_stranger_cannot_answer),
		T(an_answer_of_the_wrong_shape_is_refused),
		T(peeking_tells_the_device_and_nothing_more),
		T(a_full_content_comes_back_whole),
		T(an_empty_content_is_small_and_comes_back),
		T(no_cut_content_is_read),
		T(unknown_flags_of_a_content_need_a_newer_program),
		T(what_no_writer_would_make_is_not_read),
		T(what_no_reader_would_take_is_not_written),
		T(a_content_holds_no_more_than_its_ceiling),
		T(no_signature_is_good_for_another_kind),
		T(the_fingerprint_depends_on_device_and_root),
		T(the_released_request_is_read),
		T(the_released_answer_is_read),
		T(the_released_content_is_read),
	};

	if (vector_wanted(argc, argv))
		return write_vectors();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
