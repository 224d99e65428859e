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
	char *path;                        /* absolute path of the file that was unlocked; malloc memory */
	struct vault_key *next;            /* in the registry */
};

/* The subkeys of one open file. In sodium_malloc memory. */
struct vault_file_keys {
	uint8_t page[VAULT_KEY_BYTES];     /* pages of the database file */
	uint8_t wal[VAULT_KEY_BYTES];      /* everything in the WAL */
};

/* Offer a key to the VFS; it stays the caller's and must be removed before it is freed. */
void vault_registry_add(struct vault_key *k);

/* Withdraw it. */
void vault_registry_remove(struct vault_key *k);

/*
 * Find the newest prefix copy that authenticates under a registered key and derive its file's subkeys. `copies`: the file's first
 * VAULT_PREFIX_BYTES. 0, or ERR_AUTH without a message.
 */
int vault_registry_prove(const uint8_t copies[static VAULT_PREFIX_BYTES], struct vault_file_keys *out) MUST_CHECK;

/* The newest authentic copy under one given data key. 0 and *out, or ERR_AUTH without a message. `count`: how many are; may be NULL. */
int vault_prefix_newest(const uint8_t copies[static VAULT_PREFIX_BYTES], const uint8_t data_key[static VAULT_KEY_BYTES],
	struct vault_prefix *out, unsigned *count) MUST_CHECK;

/* Tests only: slots below the floor of Argon2id may be opened in this process from now on. */
void vault_registry_allow_weak(void);
bool vault_registry_weak_is_allowed(void);

#endif
