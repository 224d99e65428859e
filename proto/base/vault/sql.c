/*
 * sql: see sql.h.
 */
#include "proto/base/vault/sql.h"

#include <stdio.h>

#include "proto/base/vault/vault.h"

int vault_sql_error(int rc, const char *path, const char *what)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(ERR_BUSY, "vault %s: busy while trying to %s", path, what);
	case SQLITE_NOMEM:
		return err_set(ERR_NOMEM, "vault %s: no memory to %s", path, what);
	case SQLITE_NOTADB:
		return err_set(ERR_AUTH, "vault %s: not sealed with this key", path);
	case SQLITE_CORRUPT:
		return err_set(ERR_CORRUPT, "vault %s: damaged, cannot %s", path, what);
	case SQLITE_FULL:
		return err_set(ERR_IO, "vault %s: disk full", path);
	default:
		return err_set(rc == SQLITE_IOERR_DATA ? ERR_CORRUPT : ERR_IO, "vault %s: cannot %s (code %d)", path, what, rc);
	}
}

int vault_sql_open(const char *path, int busy_ms, sqlite3 **out)
{
	int rc = sqlite3_open_v2(path, out, SQLITE_OPEN_READWRITE, VAULT_VFS_NAME);

	if (rc != SQLITE_OK)
		return vault_sql_error(*out ? sqlite3_extended_errcode(*out) : rc, path, "open");
	sqlite3_extended_result_codes(*out, 1);
	sqlite3_busy_timeout(*out, busy_ms);
	return vault_sql_run(*out, path, "PRAGMA temp_store = MEMORY", "open");
}

int vault_sql_run(sqlite3 *db, const char *path, const char *sql, const char *what)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : vault_sql_error(sqlite3_extended_errcode(db), path, what);
}

/* Step to the first row of constant SQL. The statement is to be finalized also after an error. */
static int first_row(sqlite3 *db, const char *path, const char *sql, sqlite3_stmt **out)
{
	int rc = sqlite3_prepare_v2(db, sql, -1, out, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(*out);
	if (rc == SQLITE_ROW)
		return 0;
	return rc == SQLITE_DONE ? err_set(ERR_CORRUPT, "vault %s: no answer from SQLite", path) :
		vault_sql_error(sqlite3_extended_errcode(db), path, "read");
}

int vault_sql_number(sqlite3 *db, const char *path, const char *sql, int64_t *out)
{
	sqlite3_stmt *s = NULL;
	int rc = first_row(db, path, sql, &s);

	*out = rc == 0 ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return rc;
}

int vault_sql_text(sqlite3 *db, const char *path, const char *sql, char *out, int room)
{
	sqlite3_stmt *s = NULL;
	int rc = first_row(db, path, sql, &s);
	const char *text = rc == 0 ? (const char *)sqlite3_column_text(s, 0) : NULL;

	snprintf(out, (size_t)room, "%s", text ? text : "");
	sqlite3_finalize(s);
	return rc;
}
