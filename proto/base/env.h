/*
 * env: the outside world as a struct of functions, so that tests and the simulator own clock, randomness and network.
 *
 * Everything that decides or stores takes a `struct env *`; only env.c touches the system's clock, and only env.c and
 * the vault's page nonces touch the system's random source. Disk comes through SQLite's VFS (vault) and file.h.
 */
#ifndef PROTO_BASE_ENV_H
#define PROTO_BASE_ENV_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

#define ENV_BOOT_ID_BYTES 16

struct env {
	void *ctx;                                                 /* handed to each function; owned by the maker */
	int64_t (*wall_ms)(void *ctx);                             /* milliseconds since 1970-01-01 UTC: a claim, may jump */
	int64_t (*mono_ms)(void *ctx);                             /* milliseconds since some start, never goes back within one boot */
	void (*boot_id)(void *ctx, uint8_t out[ENV_BOOT_ID_BYTES]); /* the boot to which mono_ms belongs; zeros when unknown */
	void (*random)(void *ctx, void *out, size_t len);          /* cryptographic randomness; never fails */
	/*
	 * One HTTP POST of `body` to `url`. On 0 `*status` holds the status and `answer` the body (at most its ceiling).
	 * ERR_OFFLINE: nothing usable answered. Blocks. NULL in environments without a network.
	 */
	int (*post)(void *ctx, const char *url, const void *body, size_t body_len, int *status, struct buf *answer);
};

/* The real clock and random source; `post` is NULL (agent/upload sets its own). Borrowed, never freed. */
const struct env *env_system(void);

int64_t env_wall_ms(const struct env *env);
int64_t env_mono_ms(const struct env *env);
void env_boot_id(const struct env *env, uint8_t out[ENV_BOOT_ID_BYTES]);
void env_random(const struct env *env, void *out, size_t len);

#endif
