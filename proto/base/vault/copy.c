/*
 * copy: a consistent copy of a vault, in use or not (vault.h).
 *
 * SQLite's backup copies page by page through the VFS, which opens each page under one file's subkeys and seals it under the other's.
 */
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/vault/make.h"
#include "proto/base/vault/prefix.h"
#include "proto/base/vault/sql.h"

#define BUSY_MS 5000
#define COPY_TRY_COUNT_MAX 50            /* with COPY_PAUSE_MS between them, beside SQLite's own waiting */
#define COPY_PAUSE_MS 20

static int pages_copy(sqlite3 *from, const char *from_path, sqlite3 *to, const char *to_path)
{
	sqlite3_backup *b;
	int rc;

	/* Lets the file catch up with its WAL, so that fewer pages come from two places; whether it can is not important. */
	sqlite3_wal_checkpoint_v2(from, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	b = sqlite3_backup_init(to, "main", from, "main");
	if (!b)
		return vault_sql_error(sqlite3_extended_errcode(to), to_path, "copy");
	rc = sqlite3_backup_step(b, -1);
	for (int i = 1; i < COPY_TRY_COUNT_MAX && (rc == SQLITE_BUSY || rc == SQLITE_LOCKED); i++) {
		sqlite3_sleep(COPY_PAUSE_MS);
		rc = sqlite3_backup_step(b, -1);
	}
	sqlite3_backup_finish(b);
	if (rc != SQLITE_DONE)
		return vault_sql_error(rc, from_path, "copy");
	rc = sqlite3_wal_checkpoint_v2(to, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return rc == SQLITE_OK ? 0 : vault_sql_error(rc, to_path, "checkpoint");
}

static int vault_fill(const char *from_path, const char *to_path)
{
	sqlite3 *from = NULL;
	sqlite3 *to = NULL;
	int rc;

	rc = vault_sql_open(from_path, BUSY_MS, &from);
	if (rc == 0)
		rc = vault_sql_open(to_path, BUSY_MS, &to);
	if (rc == 0)
		rc = pages_copy(from, from_path, to, to_path);
	if (sqlite3_close(to) != SQLITE_OK && rc == 0)
		rc = err_set(ERR_IO, "vault %s: cannot close", to_path);
	sqlite3_close(from);
	return rc;
}

int vault_copy(const struct vault_key *k, const char *to)
{
	struct vault_prefix p;
	char *part = NULL;
	int dir_fd;
	int rc;

	rc = vault_prefix_load_path(k->path, k->data_key, &p, NULL);
	if (rc == 0)
		rc = vault_io_dir_lock(to, &dir_fd);
	if (rc != 0)
		return rc;
	randombytes_buf(p.file_id, sizeof p.file_id); /* allowed: keys and nonces of the vault */
	p.sequence = 1;
	rc = vault_make_part(to, &p, k->data_key, &part);
	if (rc == 0)
		rc = vault_fill(k->path, part);
	if (rc == 0)
		rc = vault_io_publish(part, to, dir_fd);
	if (rc != 0 && part)
		vault_make_undo(part);
	free(part);
	close(dir_fd);
	return rc;
}
