/*
 * lower: reading from a file of the VFS below (private to proto/base/vault/).
 */
#ifndef PROTO_BASE_VAULT_LOWER_H
#define PROTO_BASE_VAULT_LOWER_H

#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/vault/sqlite.h"

/*
 * xRead, but a short read is believed only when the file's size explains it: SQLite takes one for the end of the file, and of a log or
 * journal for the end of what counts. Otherwise SQLITE_IOERR_READ. SQLite's result code.
 */
int vault_lower_read(sqlite3_file *lower, void *out, int64_t len, int64_t offset) MUST_CHECK;

#endif
