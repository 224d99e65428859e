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

#define VAULT_PAGE_BYTES 4096           /* the product's page size */
#define VAULT_PAGE_BYTES_MIN 1024       /* test builds; SQLite refuses fewer than 480 usable bytes */
#define VAULT_PAGE_BYTES_MAX 65536
#define VAULT_KEY_BYTES 32
#define VAULT_EXTRA_BYTES_MAX 56        /* what sealing adds at most: nonce and tag of the widest suite */
#define VAULT_SUITE_XCHACHA20 1         /* XChaCha20-Poly1305: nonce 24, tag 16; every libsodium has it */
#define VAULT_SUITE_AEGIS256 2          /* AEGIS-256: nonce 24 (widened by zeros), tag 32; libsodium 1.0.19 and later */

enum vault_role {
	VAULT_ROLE_PAGE = 1,         /* a page of the database file */
	VAULT_ROLE_WAL_HEADER = 2,
	VAULT_ROLE_FRAME_HEADER = 3,
	VAULT_ROLE_FRAME_PAGE = 4,   /* a page in the WAL */
	VAULT_ROLE_JOURNAL_PAGE = 5, /* a page in the rollback journal */
	VAULT_ROLE_TEMP_BLOCK = 6,   /* a block of a temporary file */
};

/* One way to seal. The nonce is 24 random bytes, drawn by seal(). */
struct vault_suite {
	uint16_t id;           /* in the prefix */
	const char *name;
	uint32_t extra_bytes;  /* nonce and tag: the bytes a page reserves and a header grows by */
	void (*seal)(const uint8_t *key, const uint8_t *ad, size_t ad_len, const uint8_t *plain, size_t len, uint8_t *out, uint8_t *extra);
	int (*open)(const uint8_t *key, const uint8_t *ad, size_t ad_len, const uint8_t *sealed, size_t len, const uint8_t *extra,
		uint8_t *plain);
};

/* NULL when this build does not know it. */
const struct vault_suite *vault_suite_find(uint16_t id);

/* How the pages of one file are sealed. */
struct vault_shape {
	const struct vault_suite *suite; /* constant */
	uint32_t page_bytes;             /* a power of two, VAULT_PAGE_BYTES_MIN to _MAX */
};

/* Bytes of a page that hold data; the rest are nonce and tag. */
static inline uint32_t vault_usable_bytes(const struct vault_shape *shape)
{
	return shape->page_bytes - shape->suite->extra_bytes;
}

/*
 * Seal a page: `out` becomes ciphertext | nonce | tag, page_bytes long. The reserved bytes of `plain` are not part of it (the VFS
 * refuses pages in which they are not zero). `out` must not overlap `plain`.
 */
void vault_page_seal(const struct vault_shape *shape, const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame,
	uint32_t page, const uint8_t *plain, uint8_t *out);

/* Matching open; in place is allowed. The reserved bytes come back as zeros. 0, or ERR_CORRUPT without a message, `plain` then zeros. */
int vault_page_open(const struct vault_shape *shape, const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame,
	uint32_t page, const uint8_t *sealed, uint8_t *plain) MUST_CHECK;

/* Seal `len` bytes of header: `out` becomes nonce | ciphertext `len` | tag. */
void vault_head_seal(const struct vault_suite *suite, const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame,
	const uint8_t *plain, size_t len, uint8_t *out);

/* Matching open of `len` plain bytes. 0, or ERR_CORRUPT without a message, `plain` then zeros. */
int vault_head_open(const struct vault_suite *suite, const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame,
	const uint8_t *sealed, size_t len, uint8_t *plain) MUST_CHECK;

#endif
