/*
 * prefix: the two prefix copies on the disk (private to proto/base/vault/; slot.h has their bytes).
 *
 * A change reads the newest copy, edits it and writes it over both, one synced before the next, with the directory locked: whenever it
 * is cut off, the old or the new state is whole. A lease's share that was returned without a key (slot.h) counts from the first
 * reading on and is taken under the MAC by the next writing.
 */
#ifndef PROTO_BASE_VAULT_PREFIX_H
#define PROTO_BASE_VAULT_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/vault/io.h"
#include "proto/base/vault/registry.h"
#include "proto/base/vault/slot.h"

/* Take a returned share over from the return of `p` or of `other` (may be NULL) when it is the one that `p` remembers. True: it was. */
bool vault_prefix_adopt(struct vault_prefix *p, const struct vault_prefix *other);

/* A lease is on: passphrase slots are blinded. Its share, or NULL when there is no lease or it has ended. Borrows. */
bool vault_prefix_is_leased(const struct vault_prefix *p);
const uint8_t *vault_prefix_share(const struct vault_prefix *p);

/*
 * The newest state of an open file that authenticates under `data_key`, with a returned share taken over. `copies` becomes what is on
 * the disk. `count`: authentic copies; may be NULL. ERR_CORRUPT: neither copy authenticates; ERR_IO.
 */
int vault_prefix_load(struct vault_io *io, const uint8_t data_key[static VAULT_KEY_BYTES], uint8_t copies[static VAULT_COPIES_BYTES],
	struct vault_prefix *out, unsigned *count) MUST_CHECK;

/* The same for the file at `path`, which is opened and closed. ERR_NOT_FOUND too. */
int vault_prefix_load_path(const char *path, const uint8_t data_key[static VAULT_KEY_BYTES], struct vault_prefix *out, unsigned *count)
	MUST_CHECK;

/* Changes `p`, or returns an error: nothing is written then. Called with the directory locked. */
typedef int vault_prefix_edit(const struct vault_key *k, struct vault_prefix *p, void *arg);

/* Let `edit` change the prefix of the file that `k` unlocked and write both copies. What `edit` returns; ERR_CORRUPT; ERR_IO; ERR_NOMEM. */
int vault_prefix_change(const struct vault_key *k, vault_prefix_edit *edit, void *arg) MUST_CHECK;

/* Bring both copies to the newest state when they differ or a share was returned. Only an attempt: a disk may be read-only. */
void vault_prefix_heal(const struct vault_key *k);

#endif
