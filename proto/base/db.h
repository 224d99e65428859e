/*
 * db: the one way to run SQL. Statements are constant strings, values are bound, failures are ERR_* codes with a message that
 * names the file and never a value.
 *
 * Driver-neutral: nothing here shows that SQLite is below, so a second driver can take its place. A struct db belongs to one thread
 * at a time; open one per thread.
 *
 *	struct db_stmt *s;
 *	int rc = db_prepare(db, "SELECT name FROM branch WHERE id = ?1", &s);
 *	if (rc != 0)
 *		return rc;
 *	db_bind_int(s, 1, id);
 *	while ((rc = db_step(s)) == 1)
 *		use(db_text(s, 0));
 *	db_done(s);
 *	return rc;
 *
 * db_prepare() keeps the prepared statement under the address of its text, so this is cheap in a hot loop; the text must therefore
 * be a string constant. Built with -DDB_DEBUG, freeing a statement that was never stepped aborts.
 */
#ifndef PROTO_BASE_DB_H
#define PROTO_BASE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

struct db;
struct db_stmt;

struct db_options {
	bool is_read_only;   /* writes fail with ERR_IO */
	bool is_plain;       /* benchmarks and tests only: no vault; the file is made, with the same page size and WAL mode, when missing */
	int busy_timeout_ms; /* how long to wait for another writer before ERR_BUSY; 0 = 5000 */
};

struct db_migration {
	int number;        /* from 1, ascending; kept in the database as its version */
	const char *name;  /* for messages */
	const char *sql;   /* any number of statements, without BEGIN and COMMIT */
};

/*
 * Open the existing vault at `path`, which vault_unlock() has unlocked in this process. Every commit is durable when db_commit()
 * returns (synchronous=FULL); temporary data stays in memory; foreign keys are checked. `options` may be NULL.
 * ERR_AUTH: not unlocked, or not a vault; ERR_NOT_FOUND; ERR_CORRUPT: not in WAL mode or damaged; ERR_BUSY; ERR_IO; ERR_NOMEM.
 */
int db_open(const char *path, const struct db_options *options, struct db **out) MUST_CHECK;

/* Roll back what is open, close and free; NULL is harmless. All statements must have been freed. */
void db_close(struct db *db);

/* The path given to db_open(). Borrowed. */
const char *db_path(const struct db *db);

/*
 * Get the statement for the constant text `sql` (one statement, parameters ?1, ?2, ...), ready for binding; give it back with
 * db_done(). The same text may be prepared again while it is in use (recursion): that one is not kept.
 * ERR_USAGE: SQL that is not understood; ERR_BUSY; ERR_CORRUPT; ERR_IO; ERR_NOMEM.
 */
int db_prepare(struct db *db, const char *sql, struct db_stmt **out) MUST_CHECK;

/*
 * Bind parameter `index`, from 1. Bytes are borrowed: they must stay until db_run(), db_reset() or db_done(). A failure is kept and
 * returned by db_step(). A parameter that is not bound is NULL. db_bind_text() takes a NUL-terminated text, NULL for NULL;
 * db_bind_text_len() and db_bind_blob() take `len` bytes and never bind NULL: with `len` 0 an empty text or blob.
 */
void db_bind_int(struct db_stmt *s, int index, int64_t value);
void db_bind_u64(struct db_stmt *s, int index, uint64_t value); /* the same 64 bits: ids and sequence numbers */
void db_bind_text(struct db_stmt *s, int index, const char *text);
void db_bind_text_len(struct db_stmt *s, int index, const char *text, size_t len);
void db_bind_blob(struct db_stmt *s, int index, const void *data, size_t len);
void db_bind_null(struct db_stmt *s, int index);

/*
 * Run to the next row: 1 = a row is there, 0 = done, negative = failed (the statement is then reset). ERR_BUSY: another writer;
 * ERR_USAGE: a constraint, or a bind, was broken; ERR_CORRUPT; ERR_IO (also "disk full"); ERR_LIMIT; ERR_NOMEM.
 * After 0 or an error, db_reset() before stepping again.
 */
int db_step(struct db_stmt *s) MUST_CHECK;

/* Step a statement that gives no rows to its end and give it back, whatever came of it. 0 or an error; a row is ERR_USAGE. */
int db_run(struct db_stmt *s) MUST_CHECK;

/*
 * Step to the first row: 0 and the row is there, and db_done() is still to come; otherwise the statement was given back:
 * ERR_NOT_FOUND (no message set) without a row, or an error.
 */
int db_row(struct db_stmt *s) MUST_CHECK;

/* Make ready for another run: all parameters are NULL again. */
void db_reset(struct db_stmt *s);

/* Give the statement back; NULL is harmless. */
void db_done(struct db_stmt *s);

/*
 * Values of the current row; `column` from 0, asserted to exist. Pointers live until the next step, reset or free.
 * db_text() gives "" for NULL. db_blob() gives its length in *len (0 and NULL for NULL or for no bytes).
 */
int64_t db_int(struct db_stmt *s, int column);
uint64_t db_u64(struct db_stmt *s, int column);
const char *db_text(struct db_stmt *s, int column);
const char *db_text_len(struct db_stmt *s, int column, size_t *len);
const void *db_blob(struct db_stmt *s, int column, size_t *len);
bool db_is_null(struct db_stmt *s, int column);
/* Copy a blob that must have exactly `len` bytes; ERR_CORRUPT otherwise, and zeros. */
int db_blob_copy(struct db_stmt *s, int column, void *out, size_t len) MUST_CHECK;

/* The index of the column with this name (AS name, or the plain column); asserted to exist. */
int db_column(struct db_stmt *s, const char *name);

/* The four above by name. */
int64_t db_named_int(struct db_stmt *s, const char *name);
const char *db_named_text(struct db_stmt *s, const char *name);
const void *db_named_blob(struct db_stmt *s, const char *name, size_t *len);
bool db_named_is_null(struct db_stmt *s, const char *name);

/* Run constant SQL without parameters, any number of statements; rows are thrown away. Errors as db_step(). */
int db_exec(struct db *db, const char *sql) MUST_CHECK;

/* The first column of the first row of constant SQL, as a number. ERR_NOT_FOUND: no row. */
int db_query_int(struct db *db, const char *sql, int64_t *out) MUST_CHECK;

/*
 * A transaction. It takes the right to write at once (read-only handles: a snapshot), so nothing inside waits for another writer.
 * A begin inside a begin is ERR_USAGE with the place of the first. db_commit() gives 0 when everything is on disk and synced; otherwise
 * it has rolled back and nothing was written. db_rollback() without a transaction does nothing, so it may end every failure path.
 */
#define db_begin(db) db_begin_at((db), __FILE__, __LINE__)
#define db_commit(db) db_commit_at((db), __FILE__, __LINE__)
#define db_rollback(db) db_rollback_at((db), __FILE__, __LINE__)

int db_begin_at(struct db *db, const char *file, int line) MUST_CHECK;
int db_commit_at(struct db *db, const char *file, int line) MUST_CHECK;
void db_rollback_at(struct db *db, const char *file, int line);

/* Whether a transaction is open. */
bool db_in_transaction(const struct db *db);

/* One named level inside a transaction: db_release() keeps what was done since db_savepoint(), db_undo() takes it back; both end it. */
int db_savepoint(struct db *db) MUST_CHECK;
int db_release(struct db *db) MUST_CHECK;
void db_undo(struct db *db);

/* Rows changed by the last INSERT, UPDATE or DELETE. */
int64_t db_changes(const struct db *db);

/* The rowid of the last INSERT on this handle. */
int64_t db_last_id(const struct db *db);

/*
 * Bring the database up to the last of `count` migrations, each in its own transaction. Repeating it is harmless, also from two
 * programs at once. ERR_STALE: the database was written by a newer program; nothing is changed. Else as db_exec().
 */
int db_migrate(struct db *db, const struct db_migration *list, size_t count) MUST_CHECK;

/* Walk the whole database: structure, indexes, foreign keys. ERR_CORRUPT with the first finding. Slow on a large one. */
int db_check(struct db *db) MUST_CHECK;

/* Copy the WAL into the file as far as readers allow, then give unused cache memory back. A busy reader is no error. */
int db_checkpoint(struct db *db) MUST_CHECK;
void db_trim(struct db *db);

/* A number that changes whenever another handle or process has committed. */
int db_data_version(struct db *db, int64_t *out) MUST_CHECK;

#endif
