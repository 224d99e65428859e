/*
 * registry: the unlocked data keys of this process (private to proto/base/vault/).
 *
 * SQLite hands the VFS a file name and nothing else, and a key must not travel in that name. So vault_unlock() puts its handle here
 * and xOpen looks for a key that authenticates the prefix it has just read. This list, and the leave for weak test slots, are the
 * module's only state besides the VFS registration; a mutex guards them.
 */
#ifndef PROTO_BASE_VAULT_REGISTRY_H
#define PROTO_BASE_VAULT_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/vault/slot.h"

/* What vault.h calls a handle. In sodium_malloc memory, owned by the caller of vault_unlock(). */
struct vault_key {
	uint8_t data_key[VAULT_KEY_BYTES]; /* seals everything, through subkeys */
	uint8_t key_id[VAULT_ID_BYTES];    /* its name in prefixes */
	char *path;                        /* absolute path of the file that was unlocked; malloc memory; NULL: of no file (tests) */
	char *birth_path;                  /* absolute path of a file that the VFS may make under this key; malloc memory; NULL: none */
	struct vault_prefix *birth;        /* prefix for files that the VFS makes under this key; malloc memory; NULL: as in `path` */
	struct vault_key *next;            /* in the registry */
};

/* What seals one open file. In sodium_malloc memory. */
struct vault_file_keys {
	struct vault_shape shape;
	bool is_wal_only;                  /* VAULT_FLAG_WAL_ONLY of its prefix */
	uint8_t page[VAULT_KEY_BYTES];     /* pages of the database file */
	uint8_t wal[VAULT_KEY_BYTES];      /* everything in the WAL */
	uint8_t journal[VAULT_KEY_BYTES];  /* pages in the rollback journal */
	uint8_t mask[VAULT_KEY_BYTES];     /* masks the checksums there */
	uint8_t record[VAULT_KEY_BYTES];   /* the record of all pages (pages.h) */
};

/* Offer a key to the VFS; it stays the caller's and must be removed before it is freed. */
void vault_registry_add(struct vault_key *k);

/* Withdraw it. */
void vault_registry_remove(struct vault_key *k);

/*
 * Find the newest prefix copy that authenticates under a registered key and derive its file's subkeys. `copies`: the file's first
 * VAULT_COPIES_BYTES. 0, or ERR_AUTH without a message.
 */
int vault_registry_prove(const uint8_t copies[static VAULT_COPIES_BYTES], struct vault_file_keys *out) MUST_CHECK;

/*
 * The prefix for a new file at `path` (absolute), with an own file id and sequence 1, ready to be written, and its subkeys: under the
 * key whose birth_path it is, else under the only key there is. `page_bytes`: 0 for that of its parent. ERR_AUTH without a message when
 * no key answers for it.
 */
int vault_registry_birth(const char *path, uint32_t page_bytes, uint8_t copy[static VAULT_COPY_BYTES],
	struct vault_file_keys *out) MUST_CHECK;

/* Subkeys of the file with this prefix. */
void vault_file_keys_derive(const uint8_t data_key[static VAULT_KEY_BYTES], const struct vault_prefix *p, struct vault_file_keys *out);

/* The newest authentic copy under one given data key. 0 and *out, or ERR_AUTH without a message. `count`: how many are; may be NULL. */
int vault_prefix_newest(const uint8_t copies[static VAULT_COPIES_BYTES], const uint8_t data_key[static VAULT_KEY_BYTES],
	struct vault_prefix *out, unsigned *count) MUST_CHECK;

/* Tests only: slots below the floor of Argon2id, and any page size, may be opened in this process from now on. */
void vault_registry_allow_weak(void);
bool vault_registry_weak_is_allowed(void);

#endif
