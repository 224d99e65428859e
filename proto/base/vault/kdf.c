/*
 * kdf: see kdf.h. Memory is raised before passes, since memory is what an attacker's hardware has to buy.
 */
#include "proto/base/vault/kdf.h"

#include <assert.h>
#include <sodium.h>
#include <unistd.h>

#include "proto/base/vault/seal.h"

#define MEM_BYTES_MAX (UINT64_C(256) << 20)      /* of a calibrated slot: it must open on a smaller device too */
#define MEM_SHARE 8                              /* of the machine's memory */
#define SMALL_MACHINE_BYTES (UINT64_C(1000) << 20) /* "1 GiB" minus what firmware and kernel keep for themselves */
#define TARGET_MS_MAX 60000

int vault_kdf_check(const struct vault_kdf *kdf, bool weak)
{
	uint64_t mem_min = weak ? crypto_pwhash_argon2id_MEMLIMIT_MIN : VAULT_KDF_SHORT_MEM_BYTES;
	uint32_t passes_min = weak ? crypto_pwhash_argon2id_OPSLIMIT_MIN : VAULT_KDF_PASSES_MIN;

	if (!weak && kdf->mem_bytes < VAULT_KDF_MEM_BYTES_MIN)
		passes_min = VAULT_KDF_SHORT_PASSES;
	if (kdf->mem_bytes < mem_min || kdf->mem_bytes > VAULT_KDF_MEM_BYTES_MAX)
		return err_set(ERR_USAGE, "vault: Argon2id with %llu bytes of memory: allowed are %llu to %llu",
			(unsigned long long)kdf->mem_bytes, (unsigned long long)mem_min, (unsigned long long)VAULT_KDF_MEM_BYTES_MAX);
	if (kdf->passes < passes_min || kdf->passes > VAULT_KDF_PASSES_MAX)
		return err_set(ERR_USAGE, "vault: Argon2id with %u passes over %llu bytes: allowed are %u to %u", kdf->passes,
			(unsigned long long)kdf->mem_bytes, passes_min, VAULT_KDF_PASSES_MAX);
	return 0;
}

void vault_kdf_default(struct vault_kdf *out)
{
	*out = (struct vault_kdf){ .mem_bytes = VAULT_KDF_MEM_BYTES_MIN, .passes = VAULT_KDF_PASSES_MIN };
}

/* The lowest setting that this machine can carry: 32 MiB only where 64 MiB are too many. */
static int floor_find(vault_kdf_try *run, void *ctx, uint64_t machine_bytes, struct vault_kdf *out, int64_t *ms)
{
	int rc = ERR_NOMEM;

	vault_kdf_default(out);
	if (machine_bytes >= SMALL_MACHINE_BYTES)
		rc = run(ctx, out, ms);
	if (rc != ERR_NOMEM)
		return rc;
	*out = (struct vault_kdf){ .mem_bytes = VAULT_KDF_SHORT_MEM_BYTES, .passes = VAULT_KDF_SHORT_PASSES };
	return run(ctx, out, ms);
}

int vault_kdf_search(vault_kdf_try *run, void *ctx, uint64_t machine_bytes, int64_t target_ms, struct vault_kdf *out)
{
	uint64_t share = machine_bytes / MEM_SHARE;
	uint64_t mem_max = share < MEM_BYTES_MAX ? share : MEM_BYTES_MAX;
	struct vault_kdf kdf;
	int64_t ms, passes;
	int rc;

	assert(target_ms >= 1);
	assert(target_ms <= TARGET_MS_MAX);
	rc = floor_find(run, ctx, machine_bytes, out, &ms);
	if (rc != 0) {
		vault_kdf_default(out);
		return rc;
	}
	kdf = *out;
	while (kdf.mem_bytes >= VAULT_KDF_MEM_BYTES_MIN && ms * 2 <= target_ms && kdf.mem_bytes * 2 <= mem_max) {
		int64_t longer;

		kdf.mem_bytes *= 2;
		if (run(ctx, &kdf, &longer) != 0)
			break; /* the smaller one, already in *out, did fit */
		ms = longer;
		*out = kdf;
	}
	passes = (int64_t)out->passes * target_ms / ms;
	if (passes > (int64_t)out->passes)
		out->passes = passes < VAULT_KDF_PASSES_MAX ? (uint32_t)passes : VAULT_KDF_PASSES_MAX;
	return 0;
}

/* How long one derivation takes here; at least 1 ms. */
static int argon2_time(void *ctx, const struct vault_kdf *kdf, int64_t *ms)
{
	const struct env *env = ctx;
	uint8_t out[VAULT_KEY_BYTES];
	uint8_t salt[crypto_pwhash_SALTBYTES] = { 0 };
	int64_t start = env_mono_ms(env);

	if (crypto_pwhash(out, sizeof out, "calibrate", 9, salt, kdf->passes, (size_t)kdf->mem_bytes,
		crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_set(ERR_NOMEM, "vault: no memory for Argon2id with %llu bytes", (unsigned long long)kdf->mem_bytes);
	*ms = env_mono_ms(env) - start;
	if (*ms < 1)
		*ms = 1;
	return 0;
}

int vault_kdf_calibrate(const struct env *env, int64_t target_ms, struct vault_kdf *out)
{
	uint64_t machine_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	struct env borrowed = *env;

	return vault_kdf_search(argon2_time, &borrowed, machine_bytes, target_ms, out);
}
