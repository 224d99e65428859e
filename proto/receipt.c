/*
 * receipt: see receipt.h and FORMAT.md section 8.
 *
 * The signature is verified before a byte is looked at, so a portal's page or another program's version can never pass for one.
 */
#include "proto/receipt.h"

#include <stdlib.h>

#include "proto/edit.h"

#define LABEL "mandoob:receipt"
#define WHAT "receipt"
#define EXCEPTION_BYTES_MIN 3 /* two varints and the outcome */

static bool is_exception(enum merge_outcome o)
{
	switch (o) {
	case MERGE_AGREED:
	case MERGE_CONFLICT:
	case MERGE_REFUSED:
	case MERGE_KNOWN:
		return true;
	case MERGE_ACCEPTED:
		return false;
	}
	return false;
}

/* Whether `e` may follow `before` (NULL: the first) in a receipt with `last_group`. */
static bool is_in_order(const struct receipt_exception *before, const struct receipt_exception *e, uint64_t last_group)
{
	if (e->group == 0 || e->group > last_group || e->edit >= EDIT_GROUP_EDITS_MAX || !is_exception(e->outcome))
		return false;
	return !before || e->group > before->group || (e->group == before->group && e->edit > before->edit);
}

static int receipt_check(const struct receipt *r)
{
	if (r->incarnation == 0 || r->seq == 0)
		return err_set(ERR_USAGE, WHAT ": incarnation and seq count from 1");
	if (r->first == 0 || r->accepted > UINT64_MAX - r->first)
		return err_set(ERR_USAGE, WHAT ": sequence numbers out of range");
	if (r->exception_count > RECEIPT_EXCEPTIONS_MAX)
		return err_set(ERR_LIMIT, WHAT ": %zu exceptions, more than %d", r->exception_count, RECEIPT_EXCEPTIONS_MAX);
	for (size_t i = 0; i < r->exception_count; i++)
		if (!is_in_order(i > 0 ? &r->exceptions[i - 1] : NULL, &r->exceptions[i], r->last_group))
			return err_set(ERR_USAGE, WHAT ": exception %zu is out of range or order", i);
	return 0;
}

/* Matched by read_exceptions(). */
static void write_exceptions(struct buf *b, const struct receipt *r)
{
	uint64_t group = 0;
	uint64_t next_edit = 0; /* lowest index that may follow in the same group */

	write_varint(b, r->exception_count);
	for (size_t i = 0; i < r->exception_count; i++) {
		const struct receipt_exception *e = &r->exceptions[i];

		if (e->group != group)
			next_edit = 0;
		write_varint(b, e->group - group);
		write_varint(b, e->edit - next_edit);
		write_u8(b, (uint8_t)e->outcome);
		group = e->group;
		next_edit = (uint64_t)e->edit + 1;
	}
}

int receipt_encode(const struct receipt *r, const uint8_t sign_secret[static SEAL_SIGN_SECRET_BYTES], struct buf *out)
{
	size_t from = out->len;
	int rc = receipt_check(r);

	if (rc != 0)
		return rc;
	seal_head_write(out, "MNC1");
	buf_append(out, r->device, sizeof r->device);
	write_u32(out, r->incarnation);
	write_u64(out, r->seq);
	buf_append(out, r->hash, sizeof r->hash);
	write_u64(out, r->time_ms);
	write_varint(out, r->first);
	write_varint(out, r->accepted);
	write_varint(out, r->last_group);
	write_exceptions(out, r);
	seal_object_sign(out, from, LABEL, sign_secret);
	return seal_object_built(out, from, RECEIPT_BYTES_MAX, WHAT);
}

/* Matched by write_exceptions(). */
static int read_exceptions(struct reader *in, struct receipt *r)
{
	uint64_t group = 0;
	uint64_t next_edit = 0;
	uint64_t step;

	r->exception_count = reader_varint(in, RECEIPT_EXCEPTIONS_MAX);
	if (r->exception_count > in->left / EXCEPTION_BYTES_MIN)
		reader_fail(in);
	if (in->failed || r->exception_count == 0)
		return 0;
	r->exceptions = calloc(r->exception_count, sizeof *r->exceptions);
	if (!r->exceptions)
		return err_set(ERR_NOMEM, WHAT ": no memory for %zu exceptions", r->exception_count);
	for (size_t i = 0; !in->failed && i < r->exception_count; i++) {
		struct receipt_exception *e = &r->exceptions[i];

		step = reader_varint(in, r->last_group - group);
		if (step != 0)
			next_edit = 0;
		if (group + step == 0 || next_edit >= EDIT_GROUP_EDITS_MAX)
			reader_fail(in);
		e->group = group + step;
		e->edit = (uint32_t)(next_edit + reader_varint(in, EDIT_GROUP_EDITS_MAX - 1 - next_edit));
		e->outcome = (enum merge_outcome)reader_u8(in);
		if (!is_exception(e->outcome))
			reader_fail(in);
		group = e->group;
		next_edit = (uint64_t)e->edit + 1;
	}
	return 0;
}

/* The body: everything before the signature, whose bytes are believed. Fills `r`, whose exceptions are owned even on failure. */
static int receipt_read(struct reader *in, struct receipt *r)
{
	int rc = seal_head_read(in, "MNC1", WHAT);

	if (rc != 0)
		return rc;
	reader_copy(in, r->device, sizeof r->device);
	r->incarnation = reader_u32(in);
	r->seq = reader_u64(in);
	reader_copy(in, r->hash, sizeof r->hash);
	r->time_ms = reader_u64(in);
	r->first = reader_varint(in, UINT64_MAX);
	r->accepted = reader_varint(in, UINT64_MAX);
	r->last_group = reader_varint(in, UINT64_MAX);
	if (r->incarnation == 0 || r->seq == 0 || r->first == 0)
		reader_fail(in);
	if (r->accepted > UINT64_MAX - r->first)
		reader_fail(in);
	rc = read_exceptions(in, r);
	if (rc != 0)
		return rc;
	return reader_finish(in, WHAT);
}

int receipt_decode(const void *data, size_t len, const uint8_t *keys, size_t key_count, struct receipt *out)
{
	struct receipt r = { 0 };
	struct reader in;
	int rc;

	*out = r;
	if (len > RECEIPT_BYTES_MAX)
		return err_set(ERR_LIMIT, WHAT ": %zu bytes, more than %d", len, RECEIPT_BYTES_MAX);
	rc = seal_object_check(data, len, LABEL, keys, key_count);
	if (rc != 0)
		return rc;
	reader_init(&in, data, len - SEAL_SIGNATURE_BYTES);
	rc = receipt_read(&in, &r);
	if (rc != 0) {
		receipt_fini(&r);
		return rc;
	}
	*out = r;
	return 0;
}

void receipt_fini(struct receipt *r)
{
	free(r->exceptions);
	*r = (struct receipt){ 0 };
}
