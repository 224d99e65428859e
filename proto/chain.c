/*
 * chain: see chain.h and the table in FORMAT.md section 7.
 */
#include "proto/chain.h"

#include <assert.h>
#include <string.h>

void chain_start(const uint8_t device[static SEAL_DEVICE_BYTES], uint32_t incarnation, uint8_t out[static SEAL_HASH_BYTES])
{
	const uint8_t number[4] = { (uint8_t)(incarnation >> 24), (uint8_t)(incarnation >> 16), (uint8_t)(incarnation >> 8),
		(uint8_t)incarnation };
	const struct seal_part parts[] = { { device, SEAL_DEVICE_BYTES }, { number, sizeof number } };

	seal_hash(out, SEAL_HASH_BYTES, "mandoob:chain-start", parts, 2);
}

void chain_next(const uint8_t previous[static SEAL_HASH_BYTES], const void *envelope, size_t len, uint8_t out[static SEAL_HASH_BYTES])
{
	uint8_t hash[SEAL_HASH_BYTES]; /* `out` may be `previous` */
	struct seal_part parts[] = { { previous, SEAL_HASH_BYTES }, { envelope, 0 } };

	assert(len >= SEAL_SIGNATURE_BYTES);
	parts[1].len = len - SEAL_SIGNATURE_BYTES;
	seal_hash(hash, sizeof hash, "mandoob:chain", parts, 2);
	memcpy(out, hash, sizeof hash);
}

static bool is_same(const uint8_t *a, const uint8_t *b)
{
	return a && b && memcmp(a, b, SEAL_HASH_BYTES) == 0;
}

enum chain_place chain_place(const struct seal_header *h, const uint8_t own_hash[static SEAL_HASH_BYTES], uint64_t applied,
	const uint8_t applied_hash[static SEAL_HASH_BYTES], const uint8_t *known_hash)
{
	if (h->seq <= applied) {
		if (h->seq == applied && !known_hash)
			known_hash = applied_hash;
		return is_same(own_hash, known_hash) ? CHAIN_KNOWN : CHAIN_FORK;
	}
	if (h->seq - applied == 1)
		return is_same(h->previous, applied_hash) ? CHAIN_NEXT : CHAIN_FORK;
	if (known_hash && !is_same(own_hash, known_hash))
		return CHAIN_FORK;
	return h->seq - applied <= CHAIN_AHEAD_MAX ? CHAIN_AHEAD : CHAIN_FAR;
}
