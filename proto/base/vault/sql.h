/*
 * sql: SQLite connections that the vault's own functions open on a vault (private to proto/base/vault/).
 */
#ifndef PROTO_BASE_VAULT_SQL_H
#define PROTO_BASE_VAULT_SQL_H

#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/vault/sqlite.h"

/* Turn SQLite's extended code into ours, with a message: what could not be done to which file. */
int vault_sql_error(int rc, const char *path, const char *what);

/* Open through our VFS, waiting at most `busy_ms` for others. *out must be closed also after an error. Temporary data stays in memory. */
int vault_sql_open(const char *path, int busy_ms, sqlite3 **out) MUST_CHECK;

/* Run constant SQL without results. `what`: for the message. */
int vault_sql_run(sqlite3 *db, const char *path, const char *sql, const char *what) MUST_CHECK;

/* The first column of the first row of constant SQL, as a number or as text of at most `room` bytes with its NUL. */
int vault_sql_number(sqlite3 *db, const char *path, const char *sql, int64_t *out) MUST_CHECK;
int vault_sql_text(sqlite3 *db, const char *path, const char *sql, char *out, int room) MUST_CHECK;

#endif
