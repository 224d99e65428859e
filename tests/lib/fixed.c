/*
 * fixed: see fixed.h.
 */
#include "tests/lib/fixed.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static int64_t fixed_wall_ms(void *ctx)
{
	(void)ctx;
	return FIXED_WALL_MS;
}

static int64_t fixed_mono_ms(void *ctx)
{
	(void)ctx;
	return 1000;
}

static void fixed_boot_id(void *ctx, uint8_t out[ENV_BOOT_ID_BYTES])
{
	(void)ctx;
	memset(out, 7, ENV_BOOT_ID_BYTES);
}

/* Block n is BLAKE2b-512 of seed and n; each call begins a new block. */
static void fixed_random(void *ctx, void *out, size_t len)
{
	struct fixed *f = ctx;
	uint8_t block[64];
	uint8_t *at = out;

	while (len > 0) {
		const uint64_t name[2] = { f->seed, f->drawn++ };
		size_t part = len < sizeof block ? len : sizeof block;

		crypto_generichash(block, sizeof block, (const uint8_t *)name, sizeof name, NULL, 0);
		memcpy(at, block, part);
		at += part;
		len -= part;
	}
}

void fixed_init(struct fixed *f, uint64_t seed)
{
	*f = (struct fixed){
		.env = { .ctx = f, .wall_ms = fixed_wall_ms, .mono_ms = fixed_mono_ms, .boot_id = fixed_boot_id, .random = fixed_random },
		.seed = seed,
	};
}

struct seal_keys *fixed_keys(uint64_t seed)
{
	struct fixed f;
	struct seal_keys *k;

	fixed_init(&f, seed);
	if (seal_keys_new(&f.env, &k) != 0)
		abort();
	return k;
}
