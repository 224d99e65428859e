/*
 * slot: the prefix of a vault and the key slots in it (private to proto/base/vault/). Bytes only, no disk.
 *
 * The file begins with two copies, A and B, of 4096 bytes each; the newest that authenticates wins. Integers are big-endian.
 *
 *	offset size  a copy
 *	0      8     magic "MNDBVLT\n"
 *	8      2     version, 2 (1: pages began at 8192; never released)
 *	10     2     suite of pages and WAL (seal.h), 1: XChaCha20-Poly1305; the slots are always as below
 *	12     4     page size, 4096 (a power of two from 1024 to 65536; tests unlock other ones too)
 *	16     8     sequence, from 1; grows with every change of the prefix
 *	24     16    file id, random: every file its own
 *	40     16    key id, random: names the data key; a copy of the vault keeps it
 *	56     4     flags: 1 = WAL only
 *	60     4     zeros
 *	64     1280  8 slots of 160 bytes
 *	1344   64    lease: share 32 | until, ms since 1970 8 | latest time seen, ms 8 | epoch 4 | check 12; zeros: no lease
 *	1408   64    return: share 32 | until 8 | time of return 8 | zeros 16; zeros: none. NOT covered by the MAC
 *	1472   2592  zeros
 *	4064   32    MAC: BLAKE2b-256 keyed with the "header" subkey, over the 4064 bytes before, with zeros for the return
 *
 *	offset size  with a passphrase or on paper     offset size  of the organisation
 *	0      2     kind, 1 or 4 (passphrase), 3      0      2     kind, 2
 *	2      2     flags: 1 = blinded                2      14    zeros
 *	4      4     Argon2id passes (3: zeros)        16     32    X25519 public key
 *	8      8     Argon2id memory, bytes (zeros)    48     80    box with the data key, for crypto_box_seal_open()
 *	16     16    salt                              128    32    zeros
 *	32     24    nonce
 *	56     32    data key, sealed with XChaCha20-Poly1305
 *	88     16    tag; associated data: bytes 0..31 of the slot, with zeros for the flags | key id
 *	104    32    commitment: BLAKE2b keyed with the wrapping secret (Poly1305 alone does not commit to its key)
 *	136    24    zeros
 *
 * Kind 0 is an empty slot; slots of other kinds are carried along. The kinds:
 *
 *	1  passphrase of the person who works with the vault: the wrapping secret is Argon2id's result
 *	2  the organisation. The box is made from the data key alone (its ephemeral secret is a keyed hash of key id and public key), so
 *	   that whoever has the data key can make it again and see that it opens, without the organisation's secret key
 *	3  recovery key on paper, 160 random bits (recovery.h): the wrapping secret is a keyed hash of them and the salt; no Argon2id,
 *	   since nobody can try 2^160
 *	4  passphrase of a second person, as kind 1
 *
 * The slot is bound to the key id and not to the file id, so that a copy with its own file id opens with the same passphrase; the MAC
 * binds both. Without the MAC somebody could swap the organisation's public key and wait for the next sealing.
 *
 * The lease. A blinded slot is one whose 48 bytes from offset 56 were XORed with BLAKE2b-384 keyed with the lease's share over the
 * slot's nonce. That is done and undone with the share alone, no passphrase, which is why neither the flag nor the blinding is part of
 * the associated data; the MAC covers both. The commitment is not blinded: a right passphrase beside a share that is gone is told from
 * a wrong one. When the share was wiped, the one who brings it back has no data key and so can make no MAC: it is put into "return",
 * compared with "check" (96 bits of a hash of the share), and the next one who opens a slot takes it over under the MAC. Who could
 * write a false return could as well have kept the whole prefix. Beside a share that is still there a return changes the latest time seen
 * and not the end.
 */
#ifndef PROTO_BASE_VAULT_SLOT_H
#define PROTO_BASE_VAULT_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/vault/recovery.h"
#include "proto/base/vault/seal.h"
#include "proto/base/vault/vault.h"

#define VAULT_COPY_BYTES 4096
#define VAULT_COPY_COUNT 2
#define VAULT_COPIES_BYTES (VAULT_COPY_COUNT * VAULT_COPY_BYTES)
#define VAULT_RECORD_OFFSET VAULT_COPIES_BYTES     /* of the record of all pages, pages.h */
#define VAULT_PREFIX_BYTES (4 * VAULT_COPY_BYTES)  /* copies, page record, 4096 zeros: pages begin on a 16 KiB block of the flash */
#define VAULT_FLAG_WAL_ONLY 1u                     /* rollback journals are refused; every vault that our programs make */
#define VAULT_ID_BYTES 16
#define VAULT_SLOT_BYTES 160
#define VAULT_SLOTS_OFFSET 64
#define VAULT_LEASE_CHECK_BYTES 12

/* The lease as the prefix keeps it. */
struct vault_lease_block {
	uint8_t share[VAULT_SHARE_BYTES];          /* zeros: no lease, or it has ended */
	int64_t until_ms;                          /* 0: no lease */
	int64_t latest_ms;                         /* the latest time seen */
	uint32_t epoch;
	uint8_t check[VAULT_LEASE_CHECK_BYTES];    /* of the share; stays when that was wiped */
	uint8_t back_share[VAULT_SHARE_BYTES];     /* a share that was returned and not yet taken over; zeros: none */
	int64_t back_until_ms;
	int64_t back_latest_ms;
};

struct vault_prefix {
	const struct vault_suite *suite;                   /* constant */
	uint32_t page_bytes;
	uint32_t flags;                                    /* VAULT_FLAG_* */
	uint64_t sequence;                                 /* newest wins */
	uint8_t file_id[VAULT_ID_BYTES];                   /* this file */
	uint8_t key_id[VAULT_ID_BYTES];                    /* its data key */
	uint8_t slots[VAULT_SLOT_COUNT][VAULT_SLOT_BYTES]; /* as on disk */
	struct vault_lease_block lease;
};

/* The error for a file of whose copies none decodes: another version of the format, or no vault. Always ERR_CORRUPT, with its message. */
int vault_prefix_refused(const uint8_t copies[static VAULT_COPIES_BYTES], const char *path) MUST_CHECK;

/* Check the shape of a copy and take it apart; says nothing about authenticity. 0 or ERR_CORRUPT without a message. */
int vault_prefix_decode(const uint8_t copy[static VAULT_COPY_BYTES], struct vault_prefix *out) MUST_CHECK;

/* Matching encode, with the MAC. ERR_NOMEM. */
int vault_prefix_encode(const struct vault_prefix *p, const uint8_t data_key[static VAULT_KEY_BYTES],
	uint8_t out[static VAULT_COPY_BYTES]) MUST_CHECK;

/* Write only the return into a copy, whose MAC stays right. ERR_NOMEM. */
int vault_prefix_return_put(uint8_t copy[static VAULT_COPY_BYTES], const struct vault_lease_block *lease) MUST_CHECK;

/* Whether the MAC of a decoded copy is right under this data key. */
bool vault_prefix_is_authentic(const uint8_t copy[static VAULT_COPY_BYTES], const struct vault_prefix *p,
	const uint8_t data_key[static VAULT_KEY_BYTES]);

/* The kind in a slot's first bytes (enum vault_slot_kind); numbers of newer programs pass as they are. */
uint16_t vault_slot_kind_of(const uint8_t slot[static VAULT_SLOT_BYTES]);

/* Whether the kind is one that Argon2id and a passphrase open. */
bool vault_slot_has_passphrase(uint16_t kind);

/* What the slot claims about itself. */
void vault_slot_describe(const uint8_t slot[static VAULT_SLOT_BYTES], struct vault_slot_info *out);

/*
 * Fill a slot of `kind` (VAULT_SLOT_PASSPHRASE or _SECOND) with the data key wrapped by the passphrase, not blinded. `kdf` was
 * checked. Blocks for Argon2id. ERR_NOMEM.
 */
int vault_slot_passphrase_seal(uint8_t slot[static VAULT_SLOT_BYTES], enum vault_slot_kind kind,
	const uint8_t key_id[static VAULT_ID_BYTES], const char *passphrase, size_t len, const struct vault_kdf *kdf,
	const uint8_t data_key[static VAULT_KEY_BYTES]) MUST_CHECK;

/*
 * Matching open. `share`: unblinds a blinded slot; NULL or zeros: there is none. ERR_AUTH: wrong passphrase; ERR_STALE: the right one,
 * but the share is missing or another one; ERR_CORRUPT: not such a slot, KDF out of bounds, or damaged; ERR_NOMEM.
 */
int vault_slot_passphrase_open(const uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t key_id[static VAULT_ID_BYTES],
	const uint8_t *share, const char *passphrase, size_t len, bool weak, uint8_t data_key[static VAULT_KEY_BYTES]) MUST_CHECK;

/* The same for a recovery key; no Argon2id, never blinded. ERR_AUTH: another key; ERR_CORRUPT: not such a slot or damaged; ERR_NOMEM. */
int vault_slot_recovery_seal(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t key_id[static VAULT_ID_BYTES],
	const uint8_t secret[static VAULT_RECOVERY_BYTES], const uint8_t data_key[static VAULT_KEY_BYTES]) MUST_CHECK;
int vault_slot_recovery_open(const uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t key_id[static VAULT_ID_BYTES],
	const uint8_t secret[static VAULT_RECOVERY_BYTES], uint8_t data_key[static VAULT_KEY_BYTES]) MUST_CHECK;

/* Fill a slot with the data key sealed to an X25519 public key: the same arguments make the same bytes. ERR_USAGE: a key of low order. */
int vault_slot_org_seal(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t key_id[static VAULT_ID_BYTES],
	const uint8_t pk[static VAULT_ORG_KEY_BYTES], const uint8_t data_key[static VAULT_KEY_BYTES]) MUST_CHECK;

/* Matching open. ERR_AUTH: the slot is for another key; ERR_CORRUPT: not such a slot. */
int vault_slot_org_open(const uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t pk[static VAULT_ORG_KEY_BYTES],
	const uint8_t sk[static VAULT_ORG_KEY_BYTES], uint8_t data_key[static VAULT_KEY_BYTES]) MUST_CHECK;

/* Put the share's blinding on a passphrase slot that has none, or take it off one that has. Other kinds stay as they are. */
void vault_slot_blind(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t share[static VAULT_SHARE_BYTES]);
void vault_slot_unblind(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t share[static VAULT_SHARE_BYTES]);

/* What the prefix remembers of a share, to know it again. */
void vault_share_check(const uint8_t share[static VAULT_SHARE_BYTES], uint8_t out[static VAULT_LEASE_CHECK_BYTES]);

/* BLAKE2b-256 keyed with `key` over "mandoob vault 1 " | label | 0 | id. `id` may be NULL (nothing is added then). */
void vault_subkey(const uint8_t key[static VAULT_KEY_BYTES], const char *label, const uint8_t *id,
	uint8_t out[static VAULT_KEY_BYTES]);

#endif
