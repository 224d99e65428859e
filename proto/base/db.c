/*
 * db: see db.h. SQLite's codes become ERR_* in one place, db_error(). SQLite's own message is added only where it can quote nothing
 * but our SQL (preparing) or the schema (constraints): elsewhere, as in full-text queries, it may hold a value.
 */
#include "proto/base/db.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/vault/vault.h"

#define BUSY_MS_DEFAULT 5000
#define CACHE_FIRST_COUNT 64
#define NUMBER_TEXT_BYTES 16

struct db {
	sqlite3 *handle;            /* owned */
	char *path;                 /* owned; for messages */
	struct db_stmt **cache;     /* owned; open addressing by the text's address, NULL = free place */
	size_t cache_size;          /* places, a power of two */
	size_t cache_count;         /* places taken */
	const char *begun_file;     /* where the open transaction began; NULL = none */
	int begun_line;
	bool saved;                 /* the one savepoint is set */
	bool read_only;
	unsigned in_use_count;      /* statements that were not given back */
};

struct db_stmt {
	struct db *db;              /* borrowed */
	const char *sql;            /* the caller's constant; key in the cache */
	sqlite3_stmt *handle;       /* owned */
	int error;                  /* sticky failure of a bind */
	bool cached;                /* lives in the cache; otherwise db_done() frees it */
	bool in_use;
	bool ran;                   /* was stepped since db_prepare() */
};

/* ---- errors ---- */

static int code_of(int sqlite_code)
{
	if (sqlite_code == SQLITE_IOERR_DATA || sqlite_code == SQLITE_IOERR_CORRUPTFS)
		return ERR_CORRUPT;
	if (sqlite_code == SQLITE_IOERR_NOMEM)
		return ERR_NOMEM;
	switch (sqlite_code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_INTERRUPT:
	case SQLITE_SCHEMA:
		return ERR_BUSY;
	case SQLITE_NOTADB:
		return ERR_AUTH;
	case SQLITE_CORRUPT:
		return ERR_CORRUPT;
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	case SQLITE_TOOBIG:
		return ERR_LIMIT;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_PROTOCOL:
		return ERR_IO;
	default:
		return ERR_USAGE;
	}
}

/* `tell`: SQLite's message for this code can hold no value, so it may be shown. */
static int db_error(const struct db *db, int sqlite_code, bool tell)
{
	int code = code_of(sqlite_code);

	if ((sqlite_code & 0xff) == SQLITE_FULL)
		return err_set(code, "database %s: disk full", db->path);
	if ((sqlite_code & 0xff) == SQLITE_NOTADB)
		return err_set(code, "database %s: not unlocked, or not a vault", db->path);
	if (tell || (sqlite_code & 0xff) == SQLITE_CONSTRAINT)
		return err_set(code, "database %s: %s (code %d)", db->path, sqlite3_errmsg(db->handle), sqlite_code);
	return err_set(code, "database %s: %s (code %d)", db->path, sqlite3_errstr(sqlite_code), sqlite_code);
}

/* ---- statements ---- */

static size_t cache_place(const struct db *db, const char *sql)
{
	uint64_t hash = (uint64_t)(uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(hash >> 32) & (db->cache_size - 1);

	while (db->cache[at] && db->cache[at]->sql != sql)
		at = (at + 1) & (db->cache_size - 1);
	return at;
}

/* At most half of the places are taken, so that a search ends soon. */
static int cache_grow(struct db *db)
{
	struct db_stmt **old = db->cache;
	size_t old_size = db->cache_size;

	if ((db->cache_count + 1) * 2 <= old_size)
		return 0;
	db->cache = calloc(old_size ? old_size * 2 : CACHE_FIRST_COUNT, sizeof(struct db_stmt *));
	if (!db->cache) {
		db->cache = old;
		return err_set(ERR_NOMEM, "database %s: no memory", db->path);
	}
	db->cache_size = old_size ? old_size * 2 : CACHE_FIRST_COUNT;
	for (size_t i = 0; i < old_size; i++)
		if (old[i])
			db->cache[cache_place(db, old[i]->sql)] = old[i];
	free(old);
	return 0;
}

static int stmt_new(struct db *db, const char *sql, struct db_stmt **out)
{
	struct db_stmt *s = calloc(1, sizeof *s);
	const char *rest;
	int rc;

	*out = NULL;
	if (!s)
		return err_set(ERR_NOMEM, "database %s: no memory", db->path);
	rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->handle, &rest);
	if (rc == SQLITE_OK && (!s->handle || *rest != '\0')) {
		sqlite3_finalize(s->handle);
		free(s);
		return err_set(ERR_USAGE, "database %s: not exactly one statement: %s", db->path, sql);
	}
	if (rc != SQLITE_OK) {
		free(s);
		return db_error(db, rc, (rc & 0xff) == SQLITE_ERROR);
	}
	s->db = db;
	s->sql = sql;
	*out = s;
	return 0;
}

static struct db_stmt *stmt_take(struct db_stmt *s)
{
	assert(!s->in_use);
	s->in_use = true;
	s->ran = false;
	s->error = 0;
	s->db->in_use_count++;
	return s;
}

int db_prepare(struct db *db, const char *sql, struct db_stmt **out)
{
	struct db_stmt *kept;
	struct db_stmt *s;
	size_t at;
	int rc;

	*out = NULL;
	rc = cache_grow(db);
	if (rc != 0)
		return rc;
	at = cache_place(db, sql);
	kept = db->cache[at];
	if (kept && !kept->in_use) {
		assert(strcmp(sqlite3_sql(kept->handle), sql) == 0); /* else the text is no constant */
		*out = stmt_take(kept);
		return 0;
	}
	rc = stmt_new(db, sql, &s);
	if (rc != 0)
		return rc;
	if (!kept) {
		s->cached = true;
		db->cache[at] = s;
		db->cache_count++;
	}
	*out = stmt_take(s);
	return 0;
}

static void bind_result(struct db_stmt *s, int rc)
{
	if (rc != SQLITE_OK && s->error == 0)
		s->error = db_error(s->db, rc, false);
}

void db_bind_int(struct db_stmt *s, int index, int64_t value)
{
	bind_result(s, sqlite3_bind_int64(s->handle, index, value));
}

void db_bind_u64(struct db_stmt *s, int index, uint64_t value)
{
	db_bind_int(s, index, (int64_t)value);
}

void db_bind_text(struct db_stmt *s, int index, const char *text)
{
	bind_result(s, sqlite3_bind_text(s->handle, index, text, -1, SQLITE_STATIC));
}

void db_bind_text_len(struct db_stmt *s, int index, const char *text, size_t len)
{
	bind_result(s, sqlite3_bind_text64(s->handle, index, text ? text : "", len, SQLITE_STATIC, SQLITE_UTF8));
}

void db_bind_blob(struct db_stmt *s, int index, const void *data, size_t len)
{
	bind_result(s, len ? sqlite3_bind_blob64(s->handle, index, data, len, SQLITE_STATIC) : sqlite3_bind_zeroblob(s->handle, index, 0));
}

void db_bind_null(struct db_stmt *s, int index)
{
	bind_result(s, sqlite3_bind_null(s->handle, index));
}

int db_step(struct db_stmt *s)
{
	int rc;

	assert(s->in_use);
	s->ran = true;
	if (s->error != 0)
		return s->error;
	rc = sqlite3_step(s->handle);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	rc = db_error(s->db, rc, false);
	sqlite3_reset(s->handle);
	return rc;
}

void db_reset(struct db_stmt *s)
{
	s->error = 0;
	sqlite3_reset(s->handle); /* repeats the last error, which was reported */
	sqlite3_clear_bindings(s->handle);
}

void db_done(struct db_stmt *s)
{
	if (!s)
		return;
	assert(s->in_use);
#ifdef DB_DEBUG
	assert(s->ran);
#endif
	s->in_use = false;
	s->db->in_use_count--;
	if (s->cached) {
		db_reset(s);
		return;
	}
	sqlite3_finalize(s->handle);
	free(s);
}

int db_run(struct db_stmt *s)
{
	int rc = db_step(s);

	if (rc == 1)
		rc = err_set(ERR_USAGE, "database %s: a row where none was expected: %s", s->db->path, s->sql);
	db_done(s);
	return rc;
}

int db_row(struct db_stmt *s)
{
	int rc = db_step(s);

	if (rc == 1)
		return 0;
	db_done(s);
	return rc == 0 ? ERR_NOT_FOUND : rc;
}

/* ---- columns ---- */

static void column_assert(struct db_stmt *s, int column)
{
	assert(s->in_use);
	assert(column >= 0);
	assert(column < sqlite3_data_count(s->handle));
}

int64_t db_int(struct db_stmt *s, int column)
{
	column_assert(s, column);
	return sqlite3_column_int64(s->handle, column);
}

uint64_t db_u64(struct db_stmt *s, int column)
{
	return (uint64_t)db_int(s, column);
}

const char *db_text_len(struct db_stmt *s, int column, size_t *len)
{
	const char *text;

	column_assert(s, column);
	text = (const char *)sqlite3_column_text(s->handle, column);
	*len = text ? (size_t)sqlite3_column_bytes(s->handle, column) : 0;
	return text ? text : "";
}

const char *db_text(struct db_stmt *s, int column)
{
	size_t len;

	return db_text_len(s, column, &len);
}

const void *db_blob(struct db_stmt *s, int column, size_t *len)
{
	const void *data;

	column_assert(s, column);
	data = sqlite3_column_blob(s->handle, column); /* before the length, as its conversion may change it */
	*len = (size_t)sqlite3_column_bytes(s->handle, column);
	return data;
}

int db_blob_copy(struct db_stmt *s, int column, void *out, size_t len)
{
	size_t have;
	const void *data = db_blob(s, column, &have);

	if (have != len) {
		memset(out, 0, len);
		return err_set(ERR_CORRUPT, "database %s: column %d holds %zu bytes, expected %zu", s->db->path, column, have, len);
	}
	if (len)
		memcpy(out, data, len);
	return 0;
}

bool db_is_null(struct db_stmt *s, int column)
{
	column_assert(s, column);
	return sqlite3_column_type(s->handle, column) == SQLITE_NULL;
}

int db_column(struct db_stmt *s, const char *name)
{
	int count = sqlite3_column_count(s->handle);
	int column = 0;

	while (column < count && strcmp(sqlite3_column_name(s->handle, column), name) != 0)
		column++;
	assert(column < count);
	return column;
}

int64_t db_named_int(struct db_stmt *s, const char *name)
{
	return db_int(s, db_column(s, name));
}

const char *db_named_text(struct db_stmt *s, const char *name)
{
	return db_text(s, db_column(s, name));
}

const void *db_named_blob(struct db_stmt *s, const char *name, size_t *len)
{
	return db_blob(s, db_column(s, name), len);
}

bool db_named_is_null(struct db_stmt *s, const char *name)
{
	return db_is_null(s, db_column(s, name));
}

/* ---- whole statements ---- */

int db_exec(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	/* The text is ours and nothing is bound, so SQLite's message can quote no value. */
	return rc == SQLITE_OK ? 0 : db_error(db, rc, (rc & 0xff) == SQLITE_ERROR);
}

int db_query_int(struct db *db, const char *sql, int64_t *out)
{
	struct db_stmt *s;
	int rc;

	*out = 0;
	rc = db_prepare(db, sql, &s);
	if (rc != 0)
		return rc;
	rc = db_step(s);
	if (rc == 1) {
		*out = db_int(s, 0);
		rc = 0;
	} else if (rc == 0) {
		rc = err_set(ERR_NOT_FOUND, "database %s: no row: %s", db->path, sql);
	}
	db_done(s);
	return rc;
}

/* A cached statement without parameters and rows. */
static int run_constant(struct db *db, const char *sql)
{
	struct db_stmt *s;
	int rc = db_prepare(db, sql, &s);

	if (rc != 0)
		return rc;
	return db_run(s);
}

/* ---- transactions ---- */

int db_begin_at(struct db *db, const char *file, int line)
{
	int rc;

	if (db->begun_file)
		return err_set(ERR_USAGE, "database %s: transaction begun at %s:%d inside the one begun at %s:%d", db->path, file, line,
			db->begun_file, db->begun_line);
	rc = run_constant(db, db->read_only ? "BEGIN" : "BEGIN IMMEDIATE");
	if (rc != 0)
		return rc;
	db->begun_file = file;
	db->begun_line = line;
	return 0;
}

void db_rollback_at(struct db *db, const char *file, int line)
{
	if (!db->begun_file)
		return;
	/* SQLite may have rolled back by itself (disk full). Should ROLLBACK itself fail, no later begin may join what is left. */
	if (!sqlite3_get_autocommit(db->handle) && sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK) {
		db->begun_file = file;
		db->begun_line = line;
		return;
	}
	db->begun_file = NULL;
	db->saved = false;
}

int db_commit_at(struct db *db, const char *file, int line)
{
	int rc;

	if (!db->begun_file)
		return err_set(ERR_USAGE, "database %s: commit at %s:%d without a transaction", db->path, file, line);
	if (sqlite3_get_autocommit(db->handle))
		rc = err_set(ERR_IO, "database %s: the transaction begun at %s:%d was taken back by an earlier failure", db->path,
			db->begun_file, db->begun_line);
	else
		rc = run_constant(db, "COMMIT");
	if (rc != 0) {
		db_rollback_at(db, file, line);
		return rc;
	}
	db->begun_file = NULL;
	db->saved = false;
	return 0;
}

bool db_in_transaction(const struct db *db)
{
	return db->begun_file != NULL;
}

int db_savepoint(struct db *db)
{
	int rc;

	if (!db->begun_file || db->saved)
		return err_set(ERR_USAGE, "database %s: savepoint %s", db->path,
			db->saved ? "inside a savepoint" : "outside a transaction");
	rc = run_constant(db, "SAVEPOINT one");
	db->saved = rc == 0;
	return rc;
}

static int savepoint_check(struct db *db)
{
	return db->saved ? 0 : err_set(ERR_USAGE, "database %s: no savepoint is set", db->path);
}

int db_release(struct db *db)
{
	int rc = savepoint_check(db);

	if (rc == 0)
		rc = run_constant(db, "RELEASE one");
	if (rc == 0)
		db->saved = false;
	return rc;
}

void db_undo(struct db *db)
{
	if (!db->saved)
		return;
	db->saved = false;
	/* Should this fail, SQLite takes the whole transaction back and the commit says so. */
	if (sqlite3_exec(db->handle, "ROLLBACK TO one; RELEASE one", NULL, NULL, NULL) != SQLITE_OK &&
	    !sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

int64_t db_changes(const struct db *db)
{
	return sqlite3_changes64(db->handle);
}

int64_t db_last_id(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

/* ---- opening ---- */

static int wal_check(struct db *db)
{
	struct db_stmt *s;
	int rc = db_prepare(db, "PRAGMA journal_mode", &s);

	if (rc != 0)
		return rc;
	rc = db_step(s);
	if (rc >= 0 && (rc == 0 || strcmp(db_text(s, 0), "wal") != 0))
		rc = err_set(ERR_CORRUPT, "database %s: not in WAL mode", db->path);
	db_done(s);
	return rc < 0 ? rc : 0;
}

static int settings_apply(struct db *db, const struct db_options *options)
{
	int rc = 0;

	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, options->busy_timeout_ms > 0 ? options->busy_timeout_ms : BUSY_MS_DEFAULT);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	if (options->is_plain && !options->is_read_only)
		rc = db_exec(db, "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL");
	if (rc == 0)
		rc = db_exec(db,
			"PRAGMA temp_store = MEMORY;"
			"PRAGMA cache_size = -16000;"
			"PRAGMA synchronous = FULL;"
			"PRAGMA trusted_schema = OFF;"
			"PRAGMA cell_size_check = ON;"
			"PRAGMA foreign_keys = ON");
	return rc == 0 ? wal_check(db) : rc;
}

static int handle_open(struct db *db, const struct db_options *options)
{
	int flags = options->is_read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	int rc;

	if (options->is_plain && !options->is_read_only)
		flags |= SQLITE_OPEN_CREATE;
	rc = sqlite3_open_v2(db->path, &db->handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
		options->is_plain ? NULL : VAULT_VFS_NAME);
	if (rc == SQLITE_OK)
		return settings_apply(db, options);
	if (!db->handle)
		return err_set(ERR_NOMEM, "database %s: no memory", db->path);
	if ((rc & 0xff) == SQLITE_CANTOPEN && access(db->path, F_OK) != 0)
		return err_set(ERR_NOT_FOUND, "database %s: does not exist", db->path);
	return db_error(db, sqlite3_extended_errcode(db->handle), true);
}

int db_open(const char *path, const struct db_options *options, struct db **out)
{
	static const struct db_options DEFAULTS;
	struct db *db = calloc(1, sizeof *db);
	int rc;

	*out = NULL;
	if (!options)
		options = &DEFAULTS;
	if (!db)
		return err_set(ERR_NOMEM, "database %s: no memory", path);
	db->read_only = options->is_read_only;
	db->path = strdup(path);
	if (!db->path)
		rc = err_set(ERR_NOMEM, "database %s: no memory", path);
	else
		rc = handle_open(db, options);
	if (rc != 0) {
		db_close(db);
		return rc;
	}
	*out = db;
	return 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	assert(db->in_use_count == 0);
	for (size_t i = 0; i < db->cache_size; i++)
		if (db->cache[i]) {
			sqlite3_finalize(db->cache[i]->handle);
			free(db->cache[i]);
		}
	free(db->cache);
	sqlite3_close_v2(db->handle);
	free(db->path);
	free(db);
}

const char *db_path(const struct db *db)
{
	return db->path;
}

/* ---- migrations and checks ---- */

static int version_save(struct db *db, int number)
{
	char sql[sizeof "PRAGMA user_version = " + NUMBER_TEXT_BYTES];

	/* allowed: a PRAGMA takes no parameters, and the number is a constant of the program */
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", number);
	return db_exec(db, sql);
}

/* Inside a transaction the version is read again: another program may have done this step meanwhile. */
static int migrate_one(struct db *db, const struct db_migration *m)
{
	int64_t version;
	int rc = db_begin(db);

	if (rc != 0)
		return rc;
	rc = db_query_int(db, "PRAGMA user_version", &version);
	if (rc == 0 && version < m->number) {
		rc = db_exec(db, m->sql);
		if (rc == 0)
			rc = version_save(db, m->number);
	}
	if (rc == 0)
		rc = db_commit(db);
	if (rc != 0) {
		err_context(rc, "migration %d (%s)", m->number, m->name);
		db_rollback(db);
	}
	return rc;
}

int db_migrate(struct db *db, const struct db_migration *list, size_t count)
{
	int newest = 0;
	int64_t version;
	int rc;

	for (size_t i = 0; i < count; i++) {
		assert(list[i].number > newest);
		newest = list[i].number;
	}
	rc = db_query_int(db, "PRAGMA user_version", &version);
	if (rc != 0)
		return rc;
	if (version > newest)
		return err_set(ERR_STALE, "database %s: its version is %lld and this program knows up to %d: use a newer program", db->path,
			(long long)version, newest);
	for (size_t i = 0; i < count && rc == 0; i++)
		if (list[i].number > version)
			rc = migrate_one(db, &list[i]);
	return rc;
}

static int structure_check(struct db *db)
{
	struct db_stmt *s;
	int rc = db_prepare(db, "PRAGMA integrity_check(1)", &s);

	if (rc != 0)
		return rc;
	rc = db_step(s);
	if (rc == 1)
		rc = strcmp(db_text(s, 0), "ok") == 0 ? 0 : err_set(ERR_CORRUPT, "database %s: %s", db->path, db_text(s, 0));
	db_done(s);
	return rc;
}

static int foreign_key_check(struct db *db)
{
	struct db_stmt *s;
	int rc = db_prepare(db, "PRAGMA foreign_key_check", &s);

	if (rc != 0)
		return rc;
	rc = db_step(s);
	if (rc == 1)
		rc = err_set(ERR_CORRUPT, "database %s: row %lld of %s refers to a row of %s that does not exist", db->path,
			(long long)db_int(s, 1), db_text(s, 0), db_text(s, 2));
	db_done(s);
	return rc;
}

int db_check(struct db *db)
{
	int rc = structure_check(db);

	return rc == 0 ? foreign_key_check(db) : rc;
}

int db_checkpoint(struct db *db)
{
	int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

	if (rc != SQLITE_OK && code_of(rc) != ERR_BUSY)
		return db_error(db, rc, false);
	db_trim(db);
	return 0;
}

void db_trim(struct db *db)
{
	sqlite3_db_release_memory(db->handle);
}

int db_data_version(struct db *db, int64_t *out)
{
	return db_query_int(db, "PRAGMA data_version", out);
}
