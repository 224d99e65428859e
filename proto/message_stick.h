/*
 * message_stick: the file on a USB stick that carries requests to the centre and answers back (FORMAT.md section 14).
 *
 * Its checksum tells a damaged copy from a whole one and proves nothing; each record is signed by itself. Errors as in message.h.
 */
#ifndef PROTO_MESSAGE_STICK_H
#define PROTO_MESSAGE_STICK_H

#include "proto/message_blob.h"
#include "proto/seal.h"

#define MESSAGE_STICK_BYTES_MAX (64 * 1024 * 1024)
#define MESSAGE_STICK_RECORDS_MAX 4096

enum message_stick_kind { MESSAGE_STICK_REQUEST = 1, MESSAGE_STICK_ANSWER = 2 };

struct message_stick_record {
	enum message_stick_kind kind;
	struct message_blob blob; /* borrowed */
};

int message_stick_encode(const struct message_stick_record *records, size_t count, struct buf *out) MUST_CHECK;
/* `*records` is owned by the caller (free()), its blobs borrow from `data`. */
int message_stick_decode(const void *data, size_t len, struct message_stick_record **records, size_t *count) MUST_CHECK;

#endif
