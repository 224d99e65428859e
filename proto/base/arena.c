/*
 * arena: see arena.h. Chunks grow from 8 KiB to 256 KiB, so that the decoding of one small change set takes one or two
 * allocations and that of a large one stays within a quarter of what it uses.
 */
#include "proto/base/arena.h"

#include <sodium.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_FIRST_BYTES (8 * 1024)
#define CHUNK_MAX_BYTES (256 * 1024)
#define ALIGN_BYTES alignof(max_align_t)

struct chunk {
	struct chunk *next;
	size_t cap;                      /* bytes in data */
	size_t used;                     /* bytes handed out */
	alignas(max_align_t) char data[]; /* zeroed */
};

struct arena {
	struct chunk *chunks; /* newest first; pieces come from the newest */
	size_t left;          /* bytes that may still be handed out */
	int error;            /* 0, ERR_LIMIT or ERR_NOMEM: sticky */
};

struct arena *arena_new(size_t max)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a)
		a->left = max;
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	while (a->chunks) {
		struct chunk *next = a->chunks->next;

		sodium_memzero(a->chunks->data, a->chunks->used);
		free(a->chunks);
		a->chunks = next;
	}
	free(a);
}

static struct chunk *add_chunk(struct arena *a, size_t need)
{
	size_t cap = a->chunks ? a->chunks->cap * 2 : CHUNK_FIRST_BYTES;
	struct chunk *c;

	if (cap > CHUNK_MAX_BYTES)
		cap = CHUNK_MAX_BYTES;
	if (cap < need)
		cap = need;
	c = calloc(1, sizeof(*c) + cap);
	if (!c)
		return NULL;
	c->cap = cap;
	c->next = a->chunks;
	a->chunks = c;
	return c;
}

static void *take(struct arena *a, size_t len, size_t align)
{
	struct chunk *c = a->chunks;
	size_t at;

	if (len > a->left) {
		a->error = ERR_LIMIT;
		return NULL;
	}
	at = c ? (c->used + align - 1) / align * align : 0;
	if (!c || at > c->cap || len > c->cap - at) {
		c = add_chunk(a, len);
		at = 0;
	}
	if (!c) {
		a->error = ERR_NOMEM;
		return NULL;
	}
	c->used = at + len;
	a->left -= len;
	return c->data + at;
}

void *arena_alloc(struct arena *a, size_t count, size_t size)
{
	if (a->error)
		return NULL;
	if (size != 0 && count > SIZE_MAX / size) {
		a->error = ERR_LIMIT;
		return NULL;
	}
	return take(a, count * size, ALIGN_BYTES);
}

char *arena_copy(struct arena *a, const char *text, size_t len)
{
	char *copy;

	if (a->error)
		return NULL;
	copy = take(a, len + 1, 1);
	if (copy && len)
		memcpy(copy, text, len);
	return copy;
}

int arena_error(const struct arena *a)
{
	if (a->error == ERR_LIMIT)
		return err_set(ERR_LIMIT, "decoding: needs more memory than its ceiling");
	if (a->error == ERR_NOMEM)
		return err_set(ERR_NOMEM, "decoding: no memory");
	return 0;
}
