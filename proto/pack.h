/*
 * pack: the compression frame (FORMAT.md section 6): zstd with a trained dictionary named by id, under ceilings.
 *
 * A dictionary makes very large batches worse, so pack_deflate() keeps the smallest of stored, plain and dictionary.
 * The ceiling on output is the caller's own; the size that a zstd frame claims is never trusted, windows above 2^20 are refused.
 */
#ifndef PROTO_PACK_H
#define PROTO_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"

#define PACK_RATIO_MAX 100     /* plaintext at most this many times its frame (LINKS D6), above PACK_RATIO_FREE bytes */
#define PACK_RATIO_FREE 65536
#define PACK_DICTIONARY_BYTES_MAX (128 * 1024)

struct pack_dictionary; /* digested for both directions; read-only after creation, may be shared between threads */

/* `data` is copied. `*out` is owned by the caller. The id is the first 4 bytes, big-endian, of its BLAKE2b-256, never 0. */
int pack_dictionary_new(const void *data, size_t len, struct pack_dictionary **out) MUST_CHECK;
void pack_dictionary_free(struct pack_dictionary *d);
uint32_t pack_dictionary_id(const struct pack_dictionary *d);

/*
 * Append to `out` a dictionary of at most `max` bytes (up to PACK_DICTIONARY_BYTES_MAX) made from `count` samples, which stand
 * one after another in `samples` with their lengths in `lens`: change sets as they are before deflating, some hundreds at
 * least. The same samples give the same bytes with the same library. It holds pieces of the samples word for word: keep it as
 * confidential as them. ERR_USAGE when the samples are too few or too much alike.
 */
int pack_dictionary_train(const void *samples, const size_t *lens, size_t count, size_t max, struct buf *out) MUST_CHECK;

/* How a decoder finds a dictionary; NULL when not known. */
struct pack_dictionaries {
	const struct pack_dictionary *(*find)(void *ctx, uint32_t id);
	void *ctx;
};

/* Append the frame of `data` to `out`; `d` may be NULL. Deterministic for the same library version. */
int pack_deflate(const void *data, size_t len, const struct pack_dictionary *d, struct buf *out) MUST_CHECK;

/*
 * Append the content of a frame to `out`, whose own ceiling bounds it. ERR_NOT_FOUND: dictionary not known (id in the
 * message); ERR_LIMIT: above the ceiling, ratio or window; ERR_CORRUPT otherwise. `dicts` may be NULL.
 */
int pack_inflate(const void *frame, size_t len, const struct pack_dictionaries *dicts, struct buf *out) MUST_CHECK;

#endif
