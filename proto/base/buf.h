/*
 * buf: a growing byte buffer with a ceiling given at creation and a sticky error.
 *
 * After the first failure (no memory, or more bytes than the ceiling) further appends do nothing; the caller checks
 * buf_error() once at the end. Growth wipes what it leaves behind, since buffers often hold answers.
 */
#ifndef PROTO_BASE_BUF_H
#define PROTO_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

struct buf {
	uint8_t *data;  /* owned; NULL while empty */
	size_t len;     /* bytes in use */
	size_t cap;     /* bytes allocated */
	size_t max;     /* ceiling for len, set once by buf_init() */
	int error;      /* 0, ERR_LIMIT or ERR_NOMEM: sticky */
};

/* Make an empty buffer that will never hold more than `max` bytes. Allocates nothing. */
void buf_init(struct buf *b, size_t max);

/* Wipe and release; the buffer is empty afterwards and keeps its ceiling. Calling it twice is harmless. */
void buf_fini(struct buf *b);

/* Forget the content and the sticky error, keep the memory. */
void buf_clear(struct buf *b);

/* Append `len` bytes (`data` may be NULL when len is 0). */
void buf_append(struct buf *b, const void *data, size_t len);

/* Append the characters of a NUL-terminated text, without the NUL. */
void buf_text(struct buf *b, const char *text);

/* Append formatted text, without the NUL. */
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Append `len` zero bytes and return where they begin, for the caller to fill in before the next append; NULL after an error. */
uint8_t *buf_space(struct buf *b, size_t len);

/* A NUL is put behind the content (not counted in len) and the content returned as text; "" after an error or when empty. */
const char *buf_string(struct buf *b);

/* 0, or the first failure with its message set. */
int buf_error(const struct buf *b) MUST_CHECK;

#endif
