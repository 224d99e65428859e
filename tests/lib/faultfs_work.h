/*
 * faultfs_work: a database whose content follows from the number of transactions it has seen, and the check that it does.
 *
 * Transaction t (from 1) adds `rows` rows, gives an earlier row new content, deletes another one and writes down t. So whoever reads t
 * in the database knows every row that must be there and every byte of it: a lost, half-written or repeated transaction shows.
 * An index makes SQLite's integrity check compare two trees.
 */
#ifndef TESTS_LIB_FAULTFS_WORK_H
#define TESTS_LIB_FAULTFS_WORK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/lib/faultfs.h"

#define FAULTFS_WORK_NAME "/disk/work.db"

/* How a database is made and opened. */
struct faultfs_work {
	const char *vfs;           /* VFS to open with; NULL: the default */
	const char *journal_mode;  /* as for the PRAGMA */
	const char *synchronous;
	int page_bytes;
	int cache_pages;           /* a small cache makes transactions spill before they commit */
	int rows;                  /* rows that a transaction adds */
};

enum faultfs_verdict {
	FAULTFS_WHOLE,      /* the content is exactly that after *t transactions */
	FAULTFS_REFUSED,    /* the database does not open, or a read fails */
	FAULTFS_DAMAGED,    /* SQLite's integrity check finds something */
	FAULTFS_MIXED,      /* the content is of no number of transactions */
};

/* Open the database with the settings of `work`. SQLite's result code; *db is to be closed whatever it is. */
int faultfs_work_open(const struct faultfs_work *work, const char *name, sqlite3 **db);

/* Make the tables, in one commit: the content after 0 transactions. SQLite's result code. */
int faultfs_work_create(sqlite3 *db);

/* Run transaction `t`, which must be the next one. SQLite's (extended) result code; after an error it is rolled back. */
int faultfs_work_run(const struct faultfs_work *work, sqlite3 *db, int64_t t);

/* Run transactions first..last, marking each in the log (may be NULL) once it is committed; each must work. */
void faultfs_work_run_all(const struct faultfs_work *work, sqlite3 *db, int64_t first, int64_t last, struct faultfs_log *log);

/* Run SQL; SQLite's (extended) result code. */
int faultfs_work_sql(sqlite3 *db, const char *sql);

/* Compare an open database with what it must be. `*t`: the transactions it has seen, -1 when it does not say. */
enum faultfs_verdict faultfs_work_compare(const struct faultfs_work *work, sqlite3 *db, int64_t *t);

/* The same for a database that is opened for it, as somebody would after a power cut, and closed without a checkpoint. */
enum faultfs_verdict faultfs_work_check(const struct faultfs_work *work, const char *name, int64_t *t);

/* What the last comparison of this process found wrong, for a person. */
const char *faultfs_work_finding(void);

#endif
