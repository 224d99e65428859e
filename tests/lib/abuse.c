/*
 * abuse: see abuse.h.
 */
#include "tests/lib/abuse.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* The reader's result for a copy of the first `len` bytes, with bit `bit` of byte `at` flipped when that is inside. */
static int read_copy(const void *data, size_t len, size_t at, unsigned bit, abuse_read *read, void *ctx)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	int rc;

	if (!copy)
		abort();
	if (len > 0)
		memcpy(copy, data, len);
	if (at < len)
		copy[at] ^= (uint8_t)(1u << bit);
	rc = read(ctx, copy, len);
	free(copy);
	return rc;
}

void abuse_truncate(const void *data, size_t len, abuse_read *read, void *ctx)
{
	assert_int_equal(read_copy(data, len, len, 0, read, ctx), 0);
	for (size_t cut = 0; cut < len; cut++)
		if (read_copy(data, cut, len, 0, read, ctx) == 0)
			fail_msg("accepted when cut to %zu of %zu bytes", cut, len);
}

void abuse_flip(const void *data, size_t len, size_t from, size_t to, abuse_read *read, void *ctx)
{
	assert_int_equal(read_copy(data, len, len, 0, read, ctx), 0);
	for (size_t at = from; at < to; at++)
		for (unsigned bit = 0; bit < 8; bit++)
			if (read_copy(data, len, at, bit, read, ctx) == 0)
				fail_msg("accepted with bit %u of byte %zu flipped", bit, at);
}

void abuse_all(const void *data, size_t len, abuse_read *read, void *ctx)
{
	uint8_t *longer = malloc(len + 1);

	if (!longer)
		abort();
	memcpy(longer, data, len);
	longer[len] = 0;
	abuse_truncate(data, len, read, ctx);
	abuse_flip(data, len, 0, len, read, ctx);
	if (read_copy(longer, len + 1, len + 1, 0, read, ctx) == 0)
		fail_msg("accepted with a byte left over");
	free(longer);
}
