/*
 * fuzz_message: request, answer, content, stick file and both halves of enrolment. The first byte chooses.
 *
 * Signatures, codes and checksums are put right by the target, so that mutations reach the structure. What is accepted must be
 * written again byte for byte, since every value has one accepted spelling.
 */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/message.h"
#include "tests/lib/fixed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAX (1024 * 1024)

static const uint8_t CODE_KEY[32] = { 1, 2, 3 };

static void check_same(const struct buf *a, const struct buf *b)
{
	assert(a->len == b->len && memcmp(a->data, b->data, a->len) == 0);
}

static void put_mac(struct buf *b)
{
	uint8_t mac[32];

	crypto_generichash(mac, sizeof mac, b->data, b->len, CODE_KEY, sizeof CODE_KEY);
	buf_append(b, mac, sizeof mac);
}

static void try_request(const struct seal_keys *k, struct buf *b, struct buf *again)
{
	struct message_request q;
	int rc;

	seal_object_sign(b, 0, "mandoob:request", k->sign_secret);
	if (message_request_decode(b->data, b->len, &q) != 0)
		return;
	rc = message_request_verify(b->data, b->len, k->sign_public);
	assert(rc == 0);
	rc = message_request_encode(&q, k->sign_secret, again);
	assert(rc == 0);
	check_same(b, again);
}

static void try_answer(const struct seal_keys *k, struct buf *b, struct buf *again)
{
	struct message_answer a;
	int rc;

	seal_object_sign(b, 0, "mandoob:answer", k->sign_secret);
	(void)!message_answer_peek(b->data, b->len, &a);
	if (message_answer_decode(b->data, b->len, k->sign_public, 1, &a) != 0)
		return;
	rc = message_answer_encode(&a, k->sign_secret, again);
	assert(rc == 0);
	check_same(b, again);
}

static void try_content(struct buf *b, struct buf *again)
{
	struct message_content c;
	int rc = message_content_decode(b->data, b->len, &c);

	if (rc == 0) {
		rc = message_content_encode(&c, again);
		assert(rc == 0);
		check_same(b, again);
	}
	message_content_fini(&c);
}

static void try_stick(struct buf *b, struct buf *again)
{
	struct message_stick_record *records;
	uint8_t sum[SEAL_HASH_BYTES];
	size_t count;
	int rc;

	seal_hash(sum, sizeof sum, "mandoob:stick", &(struct seal_part){ b->data, b->len }, 1);
	buf_append(b, sum, sizeof sum);
	rc = message_stick_decode(b->data, b->len, &records, &count);
	if (rc == 0) {
		rc = message_stick_encode(records, count, again);
		assert(rc == 0);
		check_same(b, again);
	}
	free(records);
}

static void try_enrol(const struct seal_keys *k, struct buf *b, struct buf *again)
{
	struct message_enrol e;
	int rc;

	if (b->len >= 37) {
		memcpy(b->data + 5, k->sign_public, 32);
		seal_object_sign(b, 0, "mandoob:enrol", k->sign_secret);
	}
	put_mac(b);
	if (message_enrol_decode(b->data, b->len, &e) != 0)
		return;
	rc = message_enrol_verify(b->data, b->len, CODE_KEY);
	assert(rc == 0);
	rc = message_enrol_encode(&e, CODE_KEY, k->sign_secret, again);
	assert(rc == 0);
	check_same(b, again);
}

static void try_enrolled(struct buf *b, struct buf *again)
{
	struct message_enrolled e;
	int rc;

	put_mac(b);
	if (message_enrolled_decode(b->data, b->len, CODE_KEY, &e) != 0)
		return;
	rc = message_enrolled_encode(&e, CODE_KEY, again);
	assert(rc == 0);
	check_same(b, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seal_keys *k;
	struct buf b, again;

	if (!k)
		k = fixed_keys(1);
	if (size < 2 || size > INPUT_BYTES_MAX)
		return 0;
	buf_init(&b, 2 * INPUT_BYTES_MAX);
	buf_init(&again, 2 * INPUT_BYTES_MAX);
	buf_append(&b, data + 1, size - 1);
	switch (data[0] % 6) {
	case 0:
		try_request(k, &b, &again);
		break;
	case 1:
		try_answer(k, &b, &again);
		break;
	case 2:
		try_content(&b, &again);
		break;
	case 3:
		try_stick(&b, &again);
		break;
	case 4:
		try_enrol(k, &b, &again);
		break;
	case 5:
		try_enrolled(&b, &again);
		break;
	}
	buf_fini(&b);
	buf_fini(&again);
	return 0;
}
