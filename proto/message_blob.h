/*
 * message_blob: blobs and texts inside a message (FORMAT.md section 1), for message, message_enrol and message_stick.
 */
#ifndef PROTO_MESSAGE_BLOB_H
#define PROTO_MESSAGE_BLOB_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/bytes.h"

struct message_blob {        /* borrowed bytes */
	const uint8_t *data; /* NULL when empty */
	size_t len;
};

/*
 * One blob of `min` to `max` bytes. Check: 0, ERR_USAGE when too short, ERR_LIMIT when too long, for encoders before they write.
 * Read: borrowed from the input; otherwise the reader fails and the blob is empty.
 */
int message_blob_check(const struct message_blob *blob, size_t min, size_t max, const char *what) MUST_CHECK;
void message_blob_write(struct buf *b, const struct message_blob *blob);
struct message_blob message_blob_read(struct reader *r, size_t min, size_t max);

/*
 * One text of at most `max` bytes, NUL-terminated in memory, valid UTF-8. Check: 0, ERR_USAGE, ERR_LIMIT. Read: `out` holds `max` bytes
 * and a NUL; otherwise the reader fails and `out` is "".
 */
int message_blob_check_text(const char *text, size_t max, const char *what) MUST_CHECK;
void message_blob_write_text(struct buf *b, const char *text);
void message_blob_read_text(struct reader *r, char *out, size_t max);

#endif
