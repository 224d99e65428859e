/*
 * seal: the two sealed shapes of a vault (private to proto/base/vault/).
 *
 * XChaCha20-Poly1305 (suite 1) with a nonce of 24 random bytes for every write: never a counter, since copied files, restored
 * backups and forked processes would repeat it. The associated data is always 16 bytes and says which place the record belongs to:
 *
 *	offset size
 *	0      4    role (enum vault_role)
 *	4      8    WAL frame, counted from 0; 0 outside the WAL
 *	12     4    page number, counted from 1; 0 for headers
 *
 * The subkey is bound to the file id (slot.h), so a record opens in its own file, role and place only.
 */
#ifndef PROTO_BASE_VAULT_SEAL_H
#define PROTO_BASE_VAULT_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

#define VAULT_PAGE_BYTES 4096
#define VAULT_RESERVE_BYTES 40                                          /* nonce 24, tag 16 */
#define VAULT_USABLE_BYTES (VAULT_PAGE_BYTES - VAULT_RESERVE_BYTES)
#define VAULT_KEY_BYTES 32
#define VAULT_HEAD_EXTRA_BYTES 40                                       /* what sealing adds to a header */

enum vault_role {
	VAULT_ROLE_PAGE = 1,        /* a page of the database file */
	VAULT_ROLE_WAL_HEADER = 2,
	VAULT_ROLE_FRAME_HEADER = 3,
	VAULT_ROLE_FRAME_PAGE = 4,  /* a page in the WAL */
};

/*
 * Seal a page: `out` becomes ciphertext 4056 | nonce 24 | tag 16. The reserved bytes of `plain` are not part of it (the VFS refuses
 * pages in which they are not zero). `out` must not overlap `plain`.
 */
void vault_page_seal(const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame, uint32_t page,
	const uint8_t plain[static VAULT_PAGE_BYTES], uint8_t out[static VAULT_PAGE_BYTES]);

/* Matching open; in place is allowed. The reserved bytes come back as zeros. 0, or ERR_CORRUPT without a message, `plain` then zeros. */
int vault_page_open(const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame, uint32_t page,
	const uint8_t sealed[static VAULT_PAGE_BYTES], uint8_t plain[static VAULT_PAGE_BYTES]) MUST_CHECK;

/* Seal `len` bytes of header: `out` becomes nonce 24 | ciphertext `len` | tag 16. */
void vault_head_seal(const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame,
	const uint8_t *plain, size_t len, uint8_t *out);

/* Matching open of `len` plain bytes. 0, or ERR_CORRUPT without a message, `plain` then zeros. */
int vault_head_open(const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame,
	const uint8_t *sealed, size_t len, uint8_t *plain) MUST_CHECK;

#endif
