/*
 * message: see message.h and FORMAT.md section 10.
 *
 * A request comes from a device whose key must first be found, so its structure is read before its signature; nothing in it is
 * believed, and its envelopes are only measured, until message_request_verify(). An answer comes from a known centre, so its
 * signature is verified before anything else: whatever a portal or a proxy sends ends there.
 */
#include "proto/message.h"

#include <stdlib.h>
#include <string.h>

#include "proto/manifest.h"
#include "proto/pack.h"
#include "proto/receipt.h"

#define LABEL_REQUEST "mandoob:request"
#define LABEL_ANSWER "mandoob:answer"
#define ANSWER_BOX_BYTES_MIN 80  /* 48 of the sealed box and the smallest padding, 32 */
#define KNOWN_GROUP_BYTES_MIN 17 /* varint and hash */

/* Optional parts of a content, in the order in which they follow. */
enum content_flag {
	CONTENT_MORE = 1,
	CONTENT_MANIFEST = 2,
	CONTENT_FORM = 4,
	CONTENT_DICTIONARY = 8,
	CONTENT_FORK = 16,
	CONTENT_DIGEST = 32,
	CONTENT_RESEND = 64,
	CONTENT_PULL = 128,
	CONTENT_NOTICE = 256,
	CONTENT_LEASE = 512,
};
#define CONTENT_FLAGS_KNOWN 1023

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

	if (q->incarnation == 0 || (q->flags & ~(MESSAGE_WHOLE | MESSAGE_FORM_WANTED)) != 0 || !stamp_fits(q))
		return err_set(ERR_USAGE, "request: incarnation, flags or stamp out of range");
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
	buf_append(out, q->form_mark, sizeof q->form_mark);
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
	if (q->incarnation == 0 || (q->flags & ~(MESSAGE_WHOLE | MESSAGE_FORM_WANTED)) != 0)
		reader_fail(in);
	reader_copy(in, q->form_mark, sizeof q->form_mark);
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

/* ---- Content ---- */

static uint64_t content_flags(const struct message_content *c)
{
	return (c->more ? CONTENT_MORE : 0u) | (c->manifest.len ? CONTENT_MANIFEST : 0u) | (c->form.len ? CONTENT_FORM : 0u) |
	       (c->dictionary.len ? CONTENT_DICTIONARY : 0u) | (c->has_fork ? CONTENT_FORK : 0u) | (c->has_digest ? CONTENT_DIGEST : 0u) |
	       (c->resend ? CONTENT_RESEND : 0u) | (c->pull.len ? CONTENT_PULL : 0u) | (c->notice ? CONTENT_NOTICE : 0u) |
	       (c->lease_days ? CONTENT_LEASE : 0u);
}

static int fork_check(const struct message_content *c)
{
	if (!c->has_fork)
		return 0;
	if (c->fork_incarnation == 0 || c->fork_site == 0 || c->fork_site > RECORD_SITE_MAX)
		return err_set(ERR_USAGE, "fork notice: incarnation or site out of range");
	if (c->fork_group_count > MESSAGE_KNOWN_GROUPS_MAX)
		return err_set(ERR_LIMIT, "fork notice: %zu groups, more than %d", c->fork_group_count, MESSAGE_KNOWN_GROUPS_MAX);
	for (size_t i = 0; i < c->fork_group_count; i++)
		if (c->fork_groups[i].number <= (i > 0 ? c->fork_groups[i - 1].number : 0))
			return err_set(ERR_USAGE, "fork notice: groups do not ascend from 1");
	return 0;
}

static int content_check(const struct message_content *c)
{
	int rc = 0;

	if (c->receipt_count > MESSAGE_RECEIPTS_MAX)
		return err_set(ERR_LIMIT, "content: %zu receipts, more than %d", c->receipt_count, MESSAGE_RECEIPTS_MAX);
	for (size_t i = 0; rc == 0 && i < c->receipt_count; i++)
		rc = message_blob_check(&c->receipts[i], 1, RECEIPT_BYTES_MAX, "content: receipt");
	if (rc == 0)
		rc = message_blob_check(&c->manifest, 0, MANIFEST_BYTES_MAX, "content: manifest");
	if (rc == 0)
		rc = message_blob_check(&c->form, 0, FORM_TEXT_BYTES_MAX, "content: form");
	if (rc == 0)
		rc = message_blob_check(&c->dictionary, 0, PACK_DICTIONARY_BYTES_MAX, "content: dictionary");
	if (rc == 0 && ((unsigned)c->notice > MESSAGE_NOTICE_COPIES || c->lease_days > MESSAGE_LEASE_DAYS_MAX))
		rc = err_set(ERR_USAGE, "content: notice or lease out of range");
	if (rc == 0)
		rc = fork_check(c);
	return rc;
}

/* Matched by read_fork(). */
static void write_fork(struct buf *b, const struct message_content *c)
{
	uint64_t before = 0;

	write_u32(b, c->fork_incarnation);
	write_u32(b, c->fork_site);
	write_varint(b, c->fork_group_count);
	for (size_t i = 0; i < c->fork_group_count; i++) {
		write_varint(b, c->fork_groups[i].number - before);
		buf_append(b, c->fork_groups[i].hash, EDIT_HASH_BYTES);
		before = c->fork_groups[i].number;
	}
}

/* Matched by content_read(). */
int message_content_encode(const struct message_content *c, struct buf *out)
{
	size_t from = out->len;
	int rc = content_check(c);

	if (rc != 0)
		return rc;
	write_u64(out, c->time_ms);
	write_varint(out, content_flags(c));
	write_varint(out, c->seen);
	write_varint(out, c->cursor);
	write_varint(out, c->covered);
	buf_append(out, c->stamp, sizeof c->stamp);
	write_varint(out, c->receipt_count);
	for (size_t i = 0; i < c->receipt_count; i++)
		message_blob_write(out, &c->receipts[i]);
	if (c->manifest.len)
		message_blob_write(out, &c->manifest);
	if (c->form.len)
		message_blob_write(out, &c->form);
	if (c->dictionary.len)
		message_blob_write(out, &c->dictionary);
	if (c->has_fork)
		write_fork(out, c);
	if (c->has_digest)
		buf_append(out, c->digest, sizeof c->digest);
	if (c->resend)
		write_varint(out, c->resend);
	if (c->pull.len)
		message_blob_write(out, &c->pull);
	if (c->notice)
		write_u8(out, (uint8_t)c->notice);
	if (c->lease_days)
		write_varint(out, c->lease_days);
	return seal_object_built(out, from, MESSAGE_CONTENT_BYTES_MAX, "content");
}

/* Matched by write_fork(). */
static int read_fork(struct reader *in, struct message_content *c)
{
	uint64_t before = 0;
	uint64_t step;

	c->has_fork = true;
	c->fork_incarnation = reader_u32(in);
	c->fork_site = reader_u32(in);
	if (c->fork_incarnation == 0 || c->fork_site == 0 || c->fork_site > RECORD_SITE_MAX)
		reader_fail(in);
	c->fork_group_count = reader_varint(in, MESSAGE_KNOWN_GROUPS_MAX);
	if (c->fork_group_count > in->left / KNOWN_GROUP_BYTES_MIN)
		reader_fail(in);
	if (in->failed || c->fork_group_count == 0)
		return 0;
	c->fork_groups = calloc(c->fork_group_count, sizeof *c->fork_groups);
	if (!c->fork_groups)
		return err_set(ERR_NOMEM, "fork notice: no memory for %zu groups", c->fork_group_count);
	for (size_t i = 0; i < c->fork_group_count; i++) {
		step = reader_varint(in, UINT64_MAX - before);
		if (step == 0)
			reader_fail(in);
		before += step;
		c->fork_groups[i].number = before;
		reader_copy(in, c->fork_groups[i].hash, EDIT_HASH_BYTES);
	}
	return 0;
}

/* What the flags announce, in their order. */
static int read_optional(struct reader *in, uint64_t flags, struct message_content *c)
{
	int rc = 0;

	c->more = (flags & CONTENT_MORE) != 0;
	if (flags & CONTENT_MANIFEST)
		c->manifest = message_blob_read(in, 1, MANIFEST_BYTES_MAX);
	if (flags & CONTENT_FORM)
		c->form = message_blob_read(in, 1, FORM_TEXT_BYTES_MAX);
	if (flags & CONTENT_DICTIONARY)
		c->dictionary = message_blob_read(in, 1, PACK_DICTIONARY_BYTES_MAX);
	if (flags & CONTENT_FORK)
		rc = read_fork(in, c);
	c->has_digest = (flags & CONTENT_DIGEST) != 0;
	if (c->has_digest)
		reader_copy(in, c->digest, sizeof c->digest);
	if (flags & CONTENT_RESEND) {
		c->resend = reader_varint(in, UINT64_MAX);
		if (c->resend == 0)
			reader_fail(in);
	}
	if (flags & CONTENT_PULL)
		c->pull = message_blob_read(in, 1, MESSAGE_CONTENT_BYTES_MAX);
	if (flags & CONTENT_NOTICE) {
		c->notice = (enum message_notice)reader_u8(in);
		if (c->notice == MESSAGE_NOTICE_NONE || (unsigned)c->notice > MESSAGE_NOTICE_COPIES)
			reader_fail(in);
	}
	if (flags & CONTENT_LEASE) {
		c->lease_days = (uint32_t)reader_varint(in, MESSAGE_LEASE_DAYS_MAX);
		if (c->lease_days == 0)
			reader_fail(in);
	}
	return rc;
}

/* Matches message_content_encode(). Fills `c`, whose fork groups are owned even on failure. */
static int content_read(struct reader *in, struct message_content *c)
{
	uint64_t flags;
	int rc;

	c->time_ms = reader_u64(in);
	flags = reader_varint(in, UINT64_MAX);
	if (flags > CONTENT_FLAGS_KNOWN)
		return err_set(ERR_STALE, "content: a flag in %llu needs a newer program", (unsigned long long)flags);
	c->seen = reader_varint(in, UINT64_MAX);
	c->cursor = reader_varint(in, UINT64_MAX);
	c->covered = reader_varint(in, UINT64_MAX);
	reader_copy(in, c->stamp, sizeof c->stamp);
	c->receipt_count = reader_varint(in, MESSAGE_RECEIPTS_MAX);
	for (size_t i = 0; i < c->receipt_count; i++)
		c->receipts[i] = message_blob_read(in, 1, RECEIPT_BYTES_MAX);
	rc = read_optional(in, flags, c);
	return rc != 0 ? rc : reader_finish(in, "content");
}

int message_content_decode(const void *data, size_t len, struct message_content *out)
{
	struct reader in;
	int rc;

	*out = (struct message_content){ 0 };
	if (len > MESSAGE_CONTENT_BYTES_MAX)
		return err_set(ERR_LIMIT, "content: %zu bytes, more than %d", len, MESSAGE_CONTENT_BYTES_MAX);
	reader_init(&in, data, len);
	rc = content_read(&in, out);
	if (rc != 0)
		message_content_fini(out); /* also zeroes what was half read */
	return rc;
}

void message_content_fini(struct message_content *c)
{
	free(c->fork_groups);
	*c = (struct message_content){ 0 };
}

/* ---- Fingerprint ---- */

void message_fingerprint(const uint8_t device[static SEAL_DEVICE_BYTES], const uint8_t root_public[static SEAL_SIGN_PUBLIC_BYTES],
	uint8_t out[static SEAL_HASH_BYTES])
{
	const struct seal_part parts[] = { { device, SEAL_DEVICE_BYTES }, { root_public, SEAL_SIGN_PUBLIC_BYTES } };

	seal_hash(out, SEAL_HASH_BYTES, "mandoob:fingerprint", parts, 2);
}
