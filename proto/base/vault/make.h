/*
 * make: a new vault file, and what new slots are made from (private to proto/base/vault/).
 */
#ifndef PROTO_BASE_VAULT_MAKE_H
#define PROTO_BASE_VAULT_MAKE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/vault/slot.h"

#define VAULT_PART_END ".part" /* a vault that is being made */

/* Check a new passphrase and its KDF values, and give this process leave for weak slots when a test asks. ERR_USAGE. */
int vault_make_check(const char *passphrase, size_t len, const struct vault_kdf *kdf) MUST_CHECK;

/* `path` with `end` behind it, in malloc memory. ERR_NOMEM. */
int vault_make_name(const char *path, const char *end, char **out) MUST_CHECK;

/* Remove the file and what SQLite puts beside it (-wal, -shm, -journal), whichever exist. */
void vault_make_undo(const char *path);

/*
 * Write a new vault with this prefix under a temporary name beside `path`, having removed what an interrupted attempt left there;
 * *part names it, for the caller to publish or undo, and free. ERR_USAGE: `path` exists; ERR_IO; ERR_NOMEM.
 */
int vault_make_part(const char *path, const struct vault_prefix *p, const uint8_t data_key[static VAULT_KEY_BYTES], char **part)
	MUST_CHECK;

#endif
