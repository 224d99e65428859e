/*
 * abuse: what every reader of foreign bytes must refuse: each truncation, each single flipped bit, a byte too many.
 */
#ifndef TESTS_LIB_ABUSE_H
#define TESTS_LIB_ABUSE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads `data`, checks that its outputs are untouched when that failed, and returns the reader's result. `data` is a block of
 * exactly `len` bytes on the heap, so that a sanitizer sees every byte read beyond it.
 */
typedef int abuse_read(void *ctx, const uint8_t *data, size_t len);

/* Each fails the running test when an abused copy of `data` is accepted, or the data itself is not. */
void abuse_truncate(const void *data, size_t len, abuse_read *read, void *ctx);
/* Bits of the bytes from `from` to before `to`. */
void abuse_flip(const void *data, size_t len, size_t from, size_t to, abuse_read *read, void *ctx);
/* All of the above, and one byte more at the end. */
void abuse_all(const void *data, size_t len, abuse_read *read, void *ctx);

#endif
