/*
 * sqlkit: see sqlkit.h.
 */
#include "tests/lib/sqlkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SQL_BYTES 1024

int sqlkit_code(sqlite3 *db, const char *sql)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? SQLITE_OK : sqlite3_extended_errcode(db);
}

void sqlkit_run(sqlite3 *db, const char *sql)
{
	int rc = sqlkit_code(db, sql);

	if (rc != SQLITE_OK)
		fail_msg("%.200s: %d %s", sql, rc, sqlite3_errmsg(db));
}

void sqlkit_run_with(sqlite3 *db, const char *format, ...)
{
	char sql[SQL_BYTES];
	va_list words;

	va_start(words, format);
	vsnprintf(sql, sizeof sql, format, words);
	va_end(words);
	sqlkit_run(db, sql);
}

int64_t sqlkit_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s;
	int64_t n;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW)
		fail_msg("%s: %d %s", sql, sqlite3_extended_errcode(db), sqlite3_errmsg(db));
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

void sqlkit_assert_whole(sqlite3 *db)
{
	assert_int_equal(sqlkit_number(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}
