/*
 * fixed: an environment whose clock stands still and whose randomness comes from a number, and keys made with it, so that
 * tests and vectors are the same on every run.
 */
#ifndef TESTS_LIB_FIXED_H
#define TESTS_LIB_FIXED_H

#include "proto/base/env.h"
#include "proto/seal.h"

#define FIXED_WALL_MS 1795000000000 /* 2026-11-18 */

struct fixed {
	struct env env;
	uint64_t seed;
	uint64_t drawn; /* blocks of randomness handed out */
};

/* `f` must stay where it is while its env is in use. */
void fixed_init(struct fixed *f, uint64_t seed);

/* Keys made from `seed` alone; free with seal_keys_free(). Ends the test program when they cannot be made. */
struct seal_keys *fixed_keys(uint64_t seed);

#endif
