/*
 * kdf: what Argon2id may be asked for (private to proto/base/vault/; programs call vault_kdf_default() and vault_kdf_calibrate()).
 *
 * A slot names its own memory and passes, and whoever can write to the file can write those numbers. So they are held against both
 * ends before a byte is allocated for them: too little would make guessing cheap, too much would stop the machine.
 */
#ifndef PROTO_BASE_VAULT_KDF_H
#define PROTO_BASE_VAULT_KDF_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/env.h"
#include "proto/base/err.h"
#include "proto/base/vault/vault.h"

/* 0 when the bounds of vault.h hold for `kdf` (`weak`: libsodium's own lower bounds instead of the floor), ERR_USAGE otherwise. */
int vault_kdf_check(const struct vault_kdf *kdf, bool weak) MUST_CHECK;

/* One run of Argon2id: 0 and how long it took in milliseconds, or ERR_NOMEM. */
typedef int vault_kdf_try(void *ctx, const struct vault_kdf *kdf, int64_t *ms);

/* vault_kdf_calibrate() on a machine of `machine_bytes`, whose runs are timed by `run`. */
int vault_kdf_search(vault_kdf_try *run, void *ctx, uint64_t machine_bytes, int64_t target_ms, struct vault_kdf *out) MUST_CHECK;

#endif
