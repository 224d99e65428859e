/*
 * erase: the parts of vault_erase() and vault_rekey() that destroy (private to proto/base/vault/).
 */
#ifndef PROTO_BASE_VAULT_ERASE_H
#define PROTO_BASE_VAULT_ERASE_H

#include "proto/base/err.h"
#include "proto/base/vault/io.h"

#define VAULT_REKEY_END ".rekey" /* a vault under a new data key that is being written */

/* Write random bytes over the whole prefix (both copies and the page record) of an open file and sync. ERR_IO. */
int vault_erase_prefix(struct vault_io *io) MUST_CHECK;

/*
 * Overwrite the beginning of a file of which nobody in this process has a connection, give its blocks back and remove it. One that does
 * not exist is fine. ERR_IO.
 */
int vault_erase_file(const char *path) MUST_CHECK;

/* The same for the file `path` | `end` and what SQLite puts beside it, that file last. */
int vault_erase_family(const char *path, const char *end) MUST_CHECK;

#endif
