/*
 * arena: many small pieces of memory with one end of life and one ceiling, for decoders of foreign bytes.
 *
 * Pieces are zeroed, aligned for any type, and never freed alone. The first failure (ceiling or no memory) is sticky: every
 * later call gives NULL, and arena_error() says which it was. Everything is wiped at the end, since it often holds answers.
 */
#ifndef PROTO_BASE_ARENA_H
#define PROTO_BASE_ARENA_H

#include <stddef.h>

#include "proto/base/err.h"

struct arena;

/* An arena that hands out at most `max` bytes; NULL without memory. Owned by the caller, free with arena_free(). */
struct arena *arena_new(size_t max);
void arena_free(struct arena *a);

/* `count` zeroed items of `size` bytes; NULL after a failure. `count` 0 gives a pointer that must not be read. */
void *arena_alloc(struct arena *a, size_t count, size_t size);

/* A copy of `len` bytes with a NUL behind it; NULL after a failure. */
char *arena_copy(struct arena *a, const char *text, size_t len);

/* 0, ERR_LIMIT or ERR_NOMEM with its message set. */
int arena_error(const struct arena *a) MUST_CHECK;

#endif
