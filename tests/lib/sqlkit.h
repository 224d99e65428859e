/*
 * sqlkit: SQL in a test, on any connection. What must work and does not fails the running test.
 */
#ifndef TESTS_LIB_SQLKIT_H
#define TESTS_LIB_SQLKIT_H

#include <sqlite3.h>
#include <stdint.h>

/* Run statements and throw rows away: SQLITE_OK, or the extended code. */
int sqlkit_code(sqlite3 *db, const char *sql);

/* The same, and it must work. `format`: of constant text, numbers and names of files, at most 1 KiB. */
void sqlkit_run(sqlite3 *db, const char *sql);
void sqlkit_run_with(sqlite3 *db, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first column of the first row. */
int64_t sqlkit_number(sqlite3 *db, const char *sql);

/* SQLite finds the database whole. */
void sqlkit_assert_whole(sqlite3 *db);

#endif
