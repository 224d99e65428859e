/*
 * bytes: the one bounds-checked reader of foreign bytes and the one writer of ours (FORMAT.md section 1).
 *
 * Integers are big-endian. A varint is unsigned LEB128, at most 10 bytes, and has one accepted spelling: the shortest.
 * The reader is sticky: after the first failure every read gives 0, empty or NULL, and reader_finish() reports it.
 * No code outside bytes.c performs pointer arithmetic on input.
 */
#ifndef PROTO_BASE_BYTES_H
#define PROTO_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

struct reader {
	const uint8_t *at;  /* next unread byte; borrowed */
	size_t left;        /* bytes not yet read */
	bool failed;        /* sticky */
};

void reader_init(struct reader *r, const void *data, size_t len);
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);

/* A varint; fails when longer than needed, above 64 bits, or above `max` (inclusive). */
uint64_t reader_varint(struct reader *r, uint64_t max);

/* A signed integer in zigzag varint form. */
int64_t reader_zigzag(struct reader *r);

/* Borrow the next `len` bytes from the input; NULL after a failure. (`len` 0 gives a pointer that must not be read.) */
const uint8_t *reader_bytes(struct reader *r, size_t len);

/* Copy the next `len` bytes to `out`; zeros after a failure. */
void reader_copy(struct reader *r, void *out, size_t len);

/* Mark the input as broken (a value out of its range, a wrong order); for decoders built on the reader. */
void reader_fail(struct reader *r);

/* 0 when everything was read and nothing failed; ERR_CORRUPT with "`what`: ..." as message otherwise. */
int reader_finish(const struct reader *r, const char *what) MUST_CHECK;

/* Writers append to a buf and share its sticky error. */
void write_u8(struct buf *b, uint8_t v);
void write_u16(struct buf *b, uint16_t v);
void write_u32(struct buf *b, uint32_t v);
void write_u64(struct buf *b, uint64_t v);
void write_varint(struct buf *b, uint64_t v);
void write_zigzag(struct buf *b, int64_t v);

#endif
