/*
 * message: see message.h and FORMAT.md section 10.
 *
 * A request comes from a device whose key must first be found, so its structure is read before its signature; nothing in it is
 * believed, and its envelopes are only measured, until message_request_verify(). An answer comes from a known centre, so its
 * signature is verified before anything else: whatever a portal or a proxy sends ends there.
 */
#include "proto/message.h"

#include <string.h>

#define LABEL_REQUEST "mandoob:request"
#define LABEL_ANSWER "mandoob:answer"
#define ANSWER_BOX_BYTES_MIN 80  /* 48 of the sealed box and the smallest padding, 32 */

/* ---- Request ---- */

/* 0 when the envelopes of a request parse and ascend; otherwise why not. */
static int envelopes_check(const struct message_request *q)
{
	struct seal_header before = { 0 };
	struct seal_header h;
	int rc;

	for (size_t i = 0; i < q->envelope_count; i++) {
		rc = seal_envelope_header(q->envelopes[i].data, q->envelopes[i].len, &h);
		if (rc != 0)
			return err_context(rc, "request: envelope %zu", i);
		if (h.incarnation < before.incarnation || (h.incarnation == before.incarnation && h.seq <= before.seq))
			return err_set(ERR_CORRUPT, "request: envelope %zu does not ascend", i);
		before = h;
	}
	return 0;
}

/* A store that has taken no answer knows no stamp. */
static bool stamp_fits(const struct message_request *q)
{
	static const uint8_t NONE[MESSAGE_STAMP_BYTES];

	return q->answered != 0 || memcmp(q->stamp, NONE, sizeof NONE) == 0;
}

/* Matched by message_request_decode(). */
int message_request_encode(const struct message_request *q, const uint8_t sign_secret[static SEAL_SIGN_SECRET_BYTES], struct buf *out)
{
	size_t from = out->len;
	int rc;

	if (q->incarnation == 0 || (q->flags & ~MESSAGE_WHOLE) != 0 || !stamp_fits(q))
		return err_set(ERR_USAGE, "request: incarnation, flags or stamp out of range");
	if (q->wanted_count > MESSAGE_PAPERS_MAX)
		return err_set(ERR_LIMIT, "request: %zu papers wanted, more than %d", q->wanted_count, MESSAGE_PAPERS_MAX);
	if (q->envelope_count > MESSAGE_ENVELOPES_MAX)
		return err_set(ERR_LIMIT, "request: %zu envelopes, more than %d", q->envelope_count, MESSAGE_ENVELOPES_MAX);
	rc = envelopes_check(q);
	if (rc != 0)
		return rc == ERR_CORRUPT ? ERR_USAGE : rc;
	seal_head_write(out, "MNQ1");
	buf_append(out, q->org, sizeof q->org);
	buf_append(out, q->device, sizeof q->device);
	write_u32(out, q->incarnation);
	buf_append(out, q->nonce, sizeof q->nonce);
	write_varint(out, q->contact);
	write_varint(out, q->seen);
	write_varint(out, q->cursor);
	write_varint(out, q->acked);
	write_varint(out, q->head);
	write_varint(out, q->manifest_number);
	write_varint(out, q->dictionary_id);
	write_u8(out, q->flags);
	buf_append(out, q->mark, sizeof q->mark);
	write_varint(out, q->wanted_count);
	buf_append(out, q->wanted, q->wanted_count * FORM_HASH_BYTES);
	write_varint(out, q->acked_group);
	write_varint(out, q->commits);
	write_varint(out, q->answered);
	buf_append(out, q->stamp, sizeof q->stamp);
	write_varint(out, q->envelope_count);
	for (size_t i = 0; i < q->envelope_count; i++)
		message_blob_write(out, &q->envelopes[i]);
	seal_object_sign(out, from, LABEL_REQUEST, sign_secret);
	return seal_object_built(out, from, MESSAGE_REQUEST_BYTES_MAX, "request");
}

/* Everything between head and signature; matched by message_request_encode(). */
static void request_read(struct reader *in, struct message_request *q)
{
	reader_copy(in, q->org, sizeof q->org);
	reader_copy(in, q->device, sizeof q->device);
	q->incarnation = reader_u32(in);
	reader_copy(in, q->nonce, sizeof q->nonce);
	q->contact = reader_varint(in, UINT64_MAX);
	q->seen = reader_varint(in, UINT64_MAX);
	q->cursor = reader_varint(in, UINT64_MAX);
	q->acked = reader_varint(in, UINT64_MAX);
	q->head = reader_varint(in, UINT64_MAX);
	q->manifest_number = reader_varint(in, UINT64_MAX);
	q->dictionary_id = (uint32_t)reader_varint(in, UINT32_MAX);
	q->flags = reader_u8(in);
	if (q->incarnation == 0 || (q->flags & ~MESSAGE_WHOLE) != 0)
		reader_fail(in);
	reader_copy(in, q->mark, sizeof q->mark);
	q->wanted_count = reader_varint(in, MESSAGE_PAPERS_MAX);
	if (q->wanted_count)
		q->wanted = reader_bytes(in, q->wanted_count * FORM_HASH_BYTES);
	q->acked_group = reader_varint(in, UINT64_MAX);
	q->commits = reader_varint(in, UINT64_MAX);
	q->answered = reader_varint(in, UINT64_MAX);
	reader_copy(in, q->stamp, sizeof q->stamp);
	if (!stamp_fits(q))
		reader_fail(in);
	q->envelope_count = reader_varint(in, MESSAGE_ENVELOPES_MAX);
	for (size_t i = 0; i < q->envelope_count; i++)
		q->envelopes[i] = message_blob_read(in, 1, SEAL_ENVELOPE_BYTES_MAX);
}

int message_request_decode(const void *data, size_t len, struct message_request *out)
{
	struct message_request q = { 0 };
	struct reader in;
	int rc;

	*out = q;
	if (len > MESSAGE_REQUEST_BYTES_MAX)
		return err_set(ERR_LIMIT, "request: %zu bytes, more than %d", len, MESSAGE_REQUEST_BYTES_MAX);
	reader_init(&in, data, len);
	rc = seal_head_read(&in, "MNQ1", "request");
	if (rc != 0)
		return rc;
	request_read(&in, &q);
	reader_bytes(&in, SEAL_SIGNATURE_BYTES);
	rc = reader_finish(&in, "request");
	if (rc == 0)
		rc = envelopes_check(&q);
	if (rc == 0)
		*out = q;
	return rc;
}

int message_request_verify(const void *data, size_t len, const uint8_t sign_public[static SEAL_SIGN_PUBLIC_BYTES])
{
	if (len > MESSAGE_REQUEST_BYTES_MAX)
		return err_set(ERR_LIMIT, "request: %zu bytes, more than %d", len, MESSAGE_REQUEST_BYTES_MAX);
	return seal_object_check(data, len, LABEL_REQUEST, sign_public, 1);
}

/* ---- Answer ---- */

/* What the box of an answer of this kind may measure; false when the kind is unknown. */
static bool answer_box_range(enum message_answer_kind kind, size_t *min, size_t *max)
{
	switch (kind) {
	case MESSAGE_CONTENT:
		*min = ANSWER_BOX_BYTES_MIN;
		*max = SEAL_BOX_BYTES_MAX;
		return true;
	case MESSAGE_REVOKED:
	case MESSAGE_NEWER_NEEDED:
		*min = 0;
		*max = 0;
		return true;
	}
	return false;
}

/* Matched by answer_read(). */
int message_answer_encode(const struct message_answer *a, const uint8_t sign_secret[static SEAL_SIGN_SECRET_BYTES], struct buf *out)
{
	size_t from = out->len;
	size_t min = 0;
	size_t max = 0;
	int rc;

	if (!answer_box_range(a->kind, &min, &max))
		return err_set(ERR_USAGE, "answer: kind %d", (int)a->kind);
	rc = message_blob_check(&a->box, min, max, "answer: box");
	if (rc != 0)
		return rc;
	seal_head_write(out, "MNA1");
	buf_append(out, a->device, sizeof a->device);
	buf_append(out, a->nonce, sizeof a->nonce);
	write_u8(out, (uint8_t)a->kind);
	message_blob_write(out, &a->box);
	seal_object_sign(out, from, LABEL_ANSWER, sign_secret);
	return seal_object_built(out, from, MESSAGE_ANSWER_BYTES_MAX, "answer");
}

/* Size and structure, nothing verified. Matches message_answer_encode(). */
static int answer_read(const void *data, size_t len, struct message_answer *a)
{
	struct reader in;
	size_t min = 0;
	size_t max = 0;
	int rc;

	if (len > MESSAGE_ANSWER_BYTES_MAX)
		return err_set(ERR_LIMIT, "answer: %zu bytes, more than %d", len, MESSAGE_ANSWER_BYTES_MAX);
	reader_init(&in, data, len);
	rc = seal_head_read(&in, "MNA1", "answer");
	if (rc != 0)
		return rc;
	reader_copy(&in, a->device, sizeof a->device);
	reader_copy(&in, a->nonce, sizeof a->nonce);
	a->kind = (enum message_answer_kind)reader_u8(&in);
	if (!in.failed && !answer_box_range(a->kind, &min, &max))
		return err_set(ERR_STALE, "answer: kind %d needs a newer program", (int)a->kind);
	a->box = message_blob_read(&in, min, max);
	reader_bytes(&in, SEAL_SIGNATURE_BYTES);
	return reader_finish(&in, "answer");
}

int message_answer_peek(const void *data, size_t len, struct message_answer *out)
{
	struct message_answer a = { 0 };
	int rc = answer_read(data, len, &a);

	*out = (struct message_answer){ 0 };
	if (rc != 0)
		return rc;
	memcpy(out->device, a.device, sizeof out->device);
	memcpy(out->nonce, a.nonce, sizeof out->nonce);
	return 0;
}

int message_answer_decode(const void *data, size_t len, const uint8_t *keys, size_t key_count, struct message_answer *out)
{
	struct message_answer a = { 0 };
	int rc;

	*out = a;
	if (len > MESSAGE_ANSWER_BYTES_MAX)
		return err_set(ERR_LIMIT, "answer: %zu bytes, more than %d", len, MESSAGE_ANSWER_BYTES_MAX);
	rc = seal_object_check(data, len, LABEL_ANSWER, keys, key_count);
	if (rc == 0)
		rc = answer_read(data, len, &a);
	if (rc == 0)
		*out = a;
	return rc;
}

/* ---- Fingerprint ---- */

void message_fingerprint(const uint8_t device[static SEAL_DEVICE_BYTES], const uint8_t root_public[static SEAL_SIGN_PUBLIC_BYTES],
	uint8_t out[static SEAL_HASH_BYTES])
{
	const struct seal_part parts[] = { { device, SEAL_DEVICE_BYTES }, { root_public, SEAL_SIGN_PUBLIC_BYTES } };

	seal_hash(out, SEAL_HASH_BYTES, "mandoob:fingerprint", parts, 2);
}
