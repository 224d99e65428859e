/*
 * message_stick: see message_stick.h and FORMAT.md section 14.
 */
#include "proto/message_stick.h"

#include <sodium.h>
#include <stdlib.h>

#include "proto/message.h"

#define LABEL "mandoob:stick"
#define WHAT "stick file"
#define RECORD_BYTES_MIN 3 /* kind, length, one byte */

/* The largest record of a kind; 0 when there is no such kind. */
static size_t record_bytes_max(enum message_stick_kind kind)
{
	switch (kind) {
	case MESSAGE_STICK_REQUEST:
		return MESSAGE_REQUEST_BYTES_MAX;
	case MESSAGE_STICK_ANSWER:
		return MESSAGE_ANSWER_BYTES_MAX;
	}
	return 0;
}

static int records_check(const struct message_stick_record *records, size_t count)
{
	int rc = 0;

	if (count > MESSAGE_STICK_RECORDS_MAX)
		return err_set(ERR_LIMIT, WHAT ": %zu records, more than %d", count, MESSAGE_STICK_RECORDS_MAX);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		size_t max = record_bytes_max(records[i].kind);

		if (max == 0)
			return err_set(ERR_USAGE, WHAT ": record %zu has kind %d", i, (int)records[i].kind);
		rc = message_blob_check(&records[i].blob, 1, max, WHAT ": record");
	}
	return rc;
}

/* Matched by message_stick_decode(). */
int message_stick_encode(const struct message_stick_record *records, size_t count, struct buf *out)
{
	uint8_t sum[SEAL_HASH_BYTES];
	size_t from = out->len;
	int rc = records_check(records, count);

	if (rc != 0)
		return rc;
	seal_head_write(out, "MNS1");
	write_varint(out, count);
	for (size_t i = 0; i < count; i++) {
		write_u8(out, (uint8_t)records[i].kind);
		message_blob_write(out, &records[i].blob);
	}
	if (!out->error) {
		seal_hash(sum, sizeof sum, LABEL, &(struct seal_part){ out->data + from, out->len - from }, 1);
		buf_append(out, sum, sizeof sum);
	}
	return seal_object_built(out, from, MESSAGE_STICK_BYTES_MAX, WHAT);
}

static int sum_check(const void *data, size_t len)
{
	uint8_t sum[SEAL_HASH_BYTES];
	struct reader in;
	const uint8_t *body;
	const uint8_t *claimed;

	if (len > MESSAGE_STICK_BYTES_MAX)
		return err_set(ERR_LIMIT, WHAT ": %zu bytes, more than %d", len, MESSAGE_STICK_BYTES_MAX);
	if (len <= SEAL_HASH_BYTES)
		return err_set(ERR_CORRUPT, WHAT ": %zu bytes are too few", len);
	reader_init(&in, data, len);
	body = reader_bytes(&in, len - SEAL_HASH_BYTES);
	claimed = reader_bytes(&in, SEAL_HASH_BYTES);
	seal_hash(sum, sizeof sum, LABEL, &(struct seal_part){ body, len - SEAL_HASH_BYTES }, 1);
	if (sodium_memcmp(sum, claimed, sizeof sum) != 0)
		return err_set(ERR_CORRUPT, WHAT ": cut or damaged copy");
	return 0;
}

/* Head and records; fills `records` (owned even on failure) and `count`. Matches message_stick_encode(). */
static int stick_read(struct reader *in, struct message_stick_record **records, size_t *count)
{
	int rc = seal_head_read(in, "MNS1", WHAT);

	if (rc != 0)
		return rc;
	*count = reader_varint(in, MESSAGE_STICK_RECORDS_MAX);
	if (*count > in->left / RECORD_BYTES_MIN)
		reader_fail(in);
	if (!in->failed && *count != 0) {
		*records = calloc(*count, sizeof **records);
		if (!*records)
			return err_set(ERR_NOMEM, WHAT ": no memory for %zu records", *count);
	}
	for (size_t i = 0; !in->failed && i < *count; i++) {
		struct message_stick_record *record = *records + i;
		size_t max;

		record->kind = (enum message_stick_kind)reader_u8(in);
		max = record_bytes_max(record->kind);
		record->blob = message_blob_read(in, 1, max);
	}
	return reader_finish(in, WHAT);
}

int message_stick_decode(const void *data, size_t len, struct message_stick_record **records, size_t *count)
{
	struct message_stick_record *read = NULL;
	struct reader in;
	size_t read_count = 0;
	int rc;

	*records = NULL;
	*count = 0;
	rc = sum_check(data, len);
	if (rc != 0)
		return rc;
	reader_init(&in, data, len - SEAL_HASH_BYTES);
	rc = stick_read(&in, &read, &read_count);
	if (rc != 0) {
		free(read);
		return rc;
	}
	*records = read;
	*count = read_count;
	return 0;
}
