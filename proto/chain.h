/*
 * chain: each envelope of an incarnation hashes the one before (FORMAT.md section 7). Pure.
 */
#ifndef PROTO_CHAIN_H
#define PROTO_CHAIN_H

#include "proto/seal.h"

#define CHAIN_AHEAD_MAX 1000 /* envelopes held per device while one before them is missing; FORMAT.md section 12 */

/* h(0) of an incarnation. */
void chain_start(const uint8_t device[static SEAL_DEVICE_BYTES], uint32_t incarnation, uint8_t out[static SEAL_HASH_BYTES]);

/* h(n) from h(n-1) and envelope n, whose last 64 bytes (signature) are left out. `len` at least 64. */
void chain_next(const uint8_t previous[static SEAL_HASH_BYTES], const void *envelope, size_t len, uint8_t out[static SEAL_HASH_BYTES]);

enum chain_place {
	CHAIN_NEXT,  /* follows directly: apply it */
	CHAIN_KNOWN, /* applied before with the same hash: the same receipt again */
	CHAIN_AHEAD, /* a gap before it: hold it */
	CHAIN_FAR,   /* more than CHAIN_AHEAD_MAX ahead: not kept, no receipt, the device brings it again */
	CHAIN_FORK,  /* contradicts what is known: quarantine */
};

/*
 * Where an envelope stands. `applied` is the highest seq applied without a gap and `applied_hash` its h; `known_hash` is the h
 * recorded for exactly this seq, NULL when none is (applied or held). What is applied but
 * no longer on record counts as contradicted. `own_hash` is chain_next(previous named by the envelope, envelope).
 */
enum chain_place chain_place(const struct seal_header *h, const uint8_t own_hash[static SEAL_HASH_BYTES], uint64_t applied,
	const uint8_t applied_hash[static SEAL_HASH_BYTES], const uint8_t *known_hash);

#endif
