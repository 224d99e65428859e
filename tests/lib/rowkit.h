/*
 * rowkit: SQLite on vaults, with a VFS below ours that counts, lies, tears and dies as told, and one above ours that only passes on.
 *
 * For the tests of the rules in proto/base/vault/row.h (tests/unit/test_vault_rows*.c). Their names begin with the number of the row,
 * "row_07_...". Built with -DVAULT_WITHOUT=vault_row_without, VAULT_ROW_WITHOUT=7 in the environment takes the answer of row 7 out and
 * runs the tests of that row alone, of which at least one must then fail; tests/fault/vault_rows.sh does so for every row.
 *
 * Bytes of a database file are looked at only while nobody in this process has it open: closing a plain descriptor drops SQLite's
 * locks. WAL and journal have no locks of their own and may be looked at any time. A failure in here fails the running test.
 */
#ifndef TESTS_LIB_ROWKIT_H
#define TESTS_LIB_ROWKIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sqlite3.h>

#include "tests/lib/sqlkit.h"
#include "tests/lib/vaultkit.h"

#define ROWKIT_BELOW "rowkit-below"      /* the VFS on which vaults stand here */
#define ROWKIT_ABOVE "rowkit-above"      /* a VFS above ours */
#define ROWKIT_PATH_BYTES 400
#define ROWKIT_CALLS_MAX 20000
#define ROWKIT_PAGE 4096                 /* of the vaults here, where nothing else is said */

/* 200 rows of one note each: about 25 pages, all with the marker; and a number that says all about them. */
#define ROWKIT_MARKER "PLANTED-NOTE"
#define ROWKIT_NOTES "CREATE TABLE note(id INTEGER PRIMARY KEY, turn INT, text TEXT);" \
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) " \
	"INSERT INTO note SELECT i, 0, printf('" ROWKIT_MARKER " %d %s', i, hex(zeroblob(200))) FROM n;"
#define ROWKIT_SUM "SELECT sum(id * (turn + 1) * 31 + length(text)) FROM note"
#define ROWKIT_UPDATE "UPDATE note SET turn = turn + 1, text = text || id;"

/* The row whose answer is left out; 0: none. */
extern int vault_row_without;

/* One call that reached the VFS below. */
struct rowkit_call {
	char what;              /* 'r'ead, 'w'rite, 't'runcate, 's'ync */
	int kind;               /* SQLITE_OPEN_MAIN_DB, _WAL, _MAIN_JOURNAL...: as the file was opened */
	int len;
	int64_t offset;
};

/* The VFS below: what it is told to do, and what it has seen. rowkit_setup() makes it all zeros: it passes on. */
struct rowkit_below {
	bool is_lying;              /* characteristics and sector size are these two and not the system's */
	int characteristics;
	int sector_bytes;
	const char *die_at_delete;  /* the process ends where a file whose name holds this would be deleted; NULL: never */
	int64_t tear_offset;        /* it ends after half of a write to a database file at this offset; 0: never */
	int marker_count;           /* writes that held the marker in clear */
	int atomic_count;           /* SQLITE_FCNTL_*_ATOMIC_WRITE */
	size_t call_count;
	struct rowkit_call calls[ROWKIT_CALLS_MAX]; /* those after the last one are counted no more */
};
extern struct rowkit_below rowkit_below;

struct rowkit {
	char dir[ROWKIT_PATH_BYTES / 2];
	char path[ROWKIT_PATH_BYTES];    /* nothing is there yet */
	char wal[ROWKIT_PATH_BYTES];
	char journal[ROWKIT_PATH_BYTES];
	char shm[ROWKIT_PATH_BYTES];
	char other[ROWKIT_PATH_BYTES];   /* a second name */
};

/* For cmocka: SQLite is started anew, with the vault VFS as its default; *state is a struct rowkit. All files go away again. */
int rowkit_setup(void **state);
int rowkit_teardown(void **state);

/* First thing in main(): read VAULT_ROW_WITHOUT. */
void rowkit_begin(void);

/* Open with extended codes; with a result code, or one that must work. `vfs` NULL: vaults. */
int rowkit_open_code(const char *path, int flags, const char *vfs, sqlite3 **out);
sqlite3 *rowkit_open(const char *path);
void rowkit_close(sqlite3 *db);

/* A vault with the notes at `path` after `pragmas`, closed; gives their sum. */
int64_t rowkit_notes(const char *path, const char *pragmas);

/* What a new handle finds: the sum, all being whole. */
int64_t rowkit_sum(const char *path);

/* A vault as our programs make them: WAL only. */
void rowkit_product(const char *path);

/* The open file, and the WAL or journal of the connection. */
sqlite3_file *rowkit_file(sqlite3 *db);
sqlite3_file *rowkit_log_file(sqlite3 *db);

/* A child opens the file, runs this and dies, its handle open. */
void rowkit_crash(const char *path, const char *sql);

/* The same, where the VFS below ends it by itself. */
void rowkit_crash_below(const char *path, const char *sql);

/* Change one byte. */
void rowkit_flip(const char *path, size_t offset);
int64_t rowkit_size(const char *path);
bool rowkit_exists(const char *path);

/* What SQLite's log has said since the setup. */
bool rowkit_log_holds(const char *text);

#endif
