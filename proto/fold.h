/*
 * fold: Arabic text with one byte a letter, for the compressor (FORMAT.md section 5, "folded text").
 *
 * ASCII and U+0600 to U+067F take one byte each, 29 more signs have a byte of their own, and every other character is an escape and
 * its UTF-8. Any valid UTF-8 text comes back exactly. A text ends with a zero byte.
 */
#ifndef PROTO_FOLD_H
#define PROTO_FOLD_H

#include <stdbool.h>

#include "proto/base/arena.h"
#include "proto/base/buf.h"
#include "proto/base/bytes.h"

/* Append `text` (not NUL-terminated) folded, with its end byte. False when it is not valid UTF-8; `out` is then spoiled. */
bool fold_write(struct buf *out, const char *text, size_t len);

/*
 * Read one folded text. Returns a NUL-terminated copy in `a` and its length in *len; NULL when `r` failed (more than
 * VALUE_BYTES_MAX bytes, no end byte, or not UTF-8 behind an escape) or `a` did. Read for fold_write() above.
 */
const char *fold_read(struct reader *r, struct arena *a, size_t *len);

#endif
