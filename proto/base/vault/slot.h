/*
 * slot: the prefix of a vault and the key slots in it (private to proto/base/vault/). Bytes only, no disk.
 *
 * The file begins with two copies, A and B, of 4096 bytes each; the newest that authenticates wins. Integers are big-endian.
 *
 *	offset size  a copy
 *	0      8     magic "MNDBVLT\n"
 *	8      2     version, 1
 *	10     2     suite, 1: XChaCha20-Poly1305, BLAKE2b, Argon2id, X25519
 *	12     4     page size, 4096
 *	16     8     sequence, from 1; grows with every change of the prefix
 *	24     16    file id, random: every file its own
 *	40     16    key id, random: names the data key; a copy of the vault keeps it
 *	56     1280  8 slots of 160 bytes
 *	1336   2728  zeros
 *	4064   32    MAC: BLAKE2b-256 keyed with the "header" subkey, over the 4064 bytes before
 *
 *	offset size  a passphrase slot             offset size  an organisation slot
 *	0      2     type, 1                       0      2     type, 2
 *	2      2     zeros                         2      14    zeros
 *	4      4     Argon2id passes               16     32    X25519 public key
 *	8      8     Argon2id memory, bytes        48     80    crypto_box_seal of the data key
 *	16     16    salt                          128    32    zeros
 *	32     24    nonce
 *	56     32    data key, sealed; associated data: bytes 0..31 of the slot | key id
 *	88     16    tag
 *	104    32    commitment: BLAKE2b keyed with Argon2id's result (Poly1305 alone does not commit to its key)
 *	136    24    zeros
 *
 * Type 0 is an empty slot; slots of other types are carried along. The slot is bound to the key id and not to the file id, so that
 * a copy with its own file id opens with the same passphrase; the MAC binds both. Without the MAC somebody could swap the
 * organisation's public key and wait for the next sealing.
 */
#ifndef PROTO_BASE_VAULT_SLOT_H
#define PROTO_BASE_VAULT_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/vault/vault.h"
#include "proto/base/vault/seal.h"

#define VAULT_COPY_BYTES 4096
#define VAULT_COPY_COUNT 2
#define VAULT_PREFIX_BYTES (VAULT_COPY_COUNT * VAULT_COPY_BYTES)
#define VAULT_ID_BYTES 16
#define VAULT_SLOT_BYTES 160
#define VAULT_SLOT_COUNT 8

enum vault_slot_type {
	VAULT_SLOT_EMPTY = 0,
	VAULT_SLOT_PASSPHRASE = 1,
	VAULT_SLOT_ORG = 2,
};

struct vault_prefix {
	uint64_t sequence;                                 /* newest wins */
	uint8_t file_id[VAULT_ID_BYTES];                   /* this file */
	uint8_t key_id[VAULT_ID_BYTES];                    /* its data key */
	uint8_t slots[VAULT_SLOT_COUNT][VAULT_SLOT_BYTES]; /* as on disk */
};

/* Check the shape of a copy and take it apart; says nothing about authenticity. 0 or ERR_CORRUPT without a message. */
int vault_prefix_decode(const uint8_t copy[static VAULT_COPY_BYTES], struct vault_prefix *out) MUST_CHECK;

/* Matching encode, with the MAC. ERR_NOMEM. */
int vault_prefix_encode(const struct vault_prefix *p, const uint8_t data_key[static VAULT_KEY_BYTES],
	uint8_t out[static VAULT_COPY_BYTES]) MUST_CHECK;

/* Whether the MAC of a decoded copy is right under this data key. */
bool vault_prefix_is_authentic(const uint8_t copy[static VAULT_COPY_BYTES], const struct vault_prefix *p,
	const uint8_t data_key[static VAULT_KEY_BYTES]);

/* The type in a slot's first bytes; unknown numbers pass as they are. */
uint16_t vault_slot_type(const uint8_t slot[static VAULT_SLOT_BYTES]);

/* 0 when the bounds of vault.h hold for `kdf` (`weak`: only libsodium's own lower bounds), ERR_USAGE otherwise. */
int vault_kdf_check(const struct vault_kdf *kdf, bool weak) MUST_CHECK;

/* Fill a slot with the data key wrapped by the passphrase. `kdf` was checked. Blocks for Argon2id. ERR_NOMEM. */
int vault_slot_passphrase_seal(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t key_id[static VAULT_ID_BYTES],
	const char *passphrase, size_t len, const struct vault_kdf *kdf,
	const uint8_t data_key[static VAULT_KEY_BYTES]) MUST_CHECK;

/* Matching open. ERR_AUTH: wrong passphrase; ERR_CORRUPT: not such a slot or KDF out of bounds; ERR_NOMEM. */
int vault_slot_passphrase_open(const uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t key_id[static VAULT_ID_BYTES],
	const char *passphrase, size_t len, bool weak, uint8_t data_key[static VAULT_KEY_BYTES]) MUST_CHECK;

/* Fill a slot with the data key sealed to an X25519 public key. ERR_USAGE: a public key of low order. */
int vault_slot_org_seal(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t pk[static VAULT_ORG_KEY_BYTES],
	const uint8_t data_key[static VAULT_KEY_BYTES]) MUST_CHECK;

/* Matching open. ERR_AUTH: the slot is for another key. */
int vault_slot_org_open(const uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t pk[static VAULT_ORG_KEY_BYTES],
	const uint8_t sk[static VAULT_ORG_KEY_BYTES], uint8_t data_key[static VAULT_KEY_BYTES]) MUST_CHECK;

/* BLAKE2b-256 keyed with `key` over "mandoob vault 1 " | label | 0 | id. `id` may be NULL (nothing is added then). */
void vault_subkey(const uint8_t key[static VAULT_KEY_BYTES], const char *label, const uint8_t *id,
	uint8_t out[static VAULT_KEY_BYTES]);

#endif
