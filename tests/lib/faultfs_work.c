/*
 * faultfs_work: see faultfs_work.h.
 */
#include "tests/lib/faultfs_work.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/faultfs_heap.h"

#define NOTE_BYTES_MIN 12
#define NOTE_BYTES_MAX 420

static char finding[400];

static void __attribute__((format(printf, 1, 2))) find(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(finding, sizeof finding, format, args);
	va_end(args);
	for (char *at = strchr(finding, '\n'); at; at = strchr(at, '\n'))
		*at = ' '; /* one line in TAP */
}

const char *faultfs_work_finding(void)
{
	return finding;
}

/* The content of row `id` as transaction `version` wrote it. */
static int note_make(int64_t id, int64_t version, char out[static NOTE_BYTES_MAX])
{
	uint64_t x = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)version * UINT64_C(0xbf58476d1ce4e5b9);
	int len = NOTE_BYTES_MIN + (int)((x >> 40) % (NOTE_BYTES_MAX - NOTE_BYTES_MIN));

	for (int i = 0; i < len; i++) {
		x = x * UINT64_C(6364136223846793005) + 1;
		out[i] = (char)('a' + (x >> 33) % 26);
	}
	return len;
}

/* The rows that transaction `t` rewrites and deletes; 0: none. */
static void touched(const struct faultfs_work *work, int64_t t, int64_t *rewritten, int64_t *deleted)
{
	int64_t before = (t - 1) * work->rows;

	*rewritten = before > 0 ? 1 + t * 7 % before : 0;
	*deleted = t % 3 == 0 ? 1 + t * 5 % before : 0;
	if (*deleted == *rewritten)
		*deleted = 0;
}

/* The version that each row has after `t` transactions: versions[id], 0 when it is not there. Caller frees. */
static int64_t *versions_after(const struct faultfs_work *work, int64_t t)
{
	size_t count = (size_t)(t * work->rows) + 1;
	int64_t *versions = faultfs_heap_resize(NULL, count * sizeof *versions);
	int64_t rewritten, deleted;

	memset(versions, 0, count * sizeof *versions);
	for (int64_t now = 1; now <= t; now++) {
		for (int64_t id = (now - 1) * work->rows + 1; id <= now * work->rows; id++)
			versions[id] = now;
		touched(work, now, &rewritten, &deleted);
		if (versions[rewritten] != 0)
			versions[rewritten] = now;
		versions[deleted] = 0;
	}
	return versions;
}

int faultfs_work_sql(sqlite3 *db, const char *sql)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? rc : sqlite3_extended_errcode(db);
}

int faultfs_work_open(const struct faultfs_work *work, const char *name, sqlite3 **db)
{
	char sql[256];
	int rc = sqlite3_open_v2(name, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, work->vfs);

	if (rc != SQLITE_OK)
		return *db ? sqlite3_extended_errcode(*db) : rc;
	sqlite3_extended_result_codes(*db, 1);
	snprintf(sql, sizeof sql, "PRAGMA page_size = %d; PRAGMA journal_mode = %s; PRAGMA synchronous = %s; PRAGMA cache_size = %d;"
		"PRAGMA wal_autocheckpoint = 0", work->page_bytes, work->journal_mode, work->synchronous, work->cache_pages);
	return faultfs_work_sql(*db, sql);
}

int faultfs_work_create(sqlite3 *db)
{
	int rc = faultfs_work_sql(db, "BEGIN;"
		"CREATE TABLE visit(id INTEGER PRIMARY KEY, version INTEGER, note TEXT);"
		"CREATE INDEX visit_version ON visit(version, id);"
		"CREATE TABLE progress(only INTEGER PRIMARY KEY, t INTEGER);"
		"INSERT INTO progress(only, t) VALUES (1, 0);"
		"COMMIT");

	if (rc != SQLITE_OK && !sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/* Run one statement with up to three values: two numbers, and the note that belongs to them when `with_note`. */
static int run(sqlite3 *db, const char *sql, int64_t a, int64_t b, bool with_note)
{
	char note[NOTE_BYTES_MAX];
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 1, a);
	if (rc == SQLITE_OK && sqlite3_bind_parameter_count(s) > 1)
		rc = sqlite3_bind_int64(s, 2, b);
	if (rc == SQLITE_OK && with_note)
		rc = sqlite3_bind_text(s, 3, note, note_make(a, b, note), SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_DONE)
		rc = SQLITE_OK;
	sqlite3_finalize(s);
	return rc;
}

static int run_inside(const struct faultfs_work *work, sqlite3 *db, int64_t t)
{
	int64_t rewritten, deleted;
	int rc = SQLITE_OK;

	for (int64_t id = (t - 1) * work->rows + 1; id <= t * work->rows && rc == SQLITE_OK; id++)
		rc = run(db, "INSERT INTO visit(id, version, note) VALUES (?1, ?2, ?3)", id, t, true);
	touched(work, t, &rewritten, &deleted);
	if (rc == SQLITE_OK && rewritten != 0)
		rc = run(db, "UPDATE visit SET version = ?2, note = ?3 WHERE id = ?1", rewritten, t, true);
	if (rc == SQLITE_OK && deleted != 0)
		rc = run(db, "DELETE FROM visit WHERE id = ?1", deleted, 0, false);
	if (rc == SQLITE_OK)
		rc = run(db, "UPDATE progress SET t = ?1 WHERE t = ?1 - 1", t, 0, false);
	if (rc == SQLITE_OK && sqlite3_changes(db) != 1)
		rc = SQLITE_MISMATCH; /* not the next one */
	return rc;
}

int faultfs_work_run(const struct faultfs_work *work, sqlite3 *db, int64_t t)
{
	int rc = faultfs_work_sql(db, "BEGIN IMMEDIATE");

	if (rc != SQLITE_OK)
		return rc;
	rc = run_inside(work, db, t);
	if (rc == SQLITE_OK)
		rc = faultfs_work_sql(db, "COMMIT");
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

void faultfs_work_run_all(const struct faultfs_work *work, sqlite3 *db, int64_t first, int64_t last, struct faultfs_log *log)
{
	for (int64_t t = first; t <= last; t++) {
		int rc = faultfs_work_run(work, db, t);

		if (rc != SQLITE_OK) {
			fprintf(stderr, "transaction %lld: code %d, %s\n", (long long)t, rc, sqlite3_errmsg(db));
			abort();
		}
		if (log)
			faultfs_log_mark(log, t);
	}
}

static enum faultfs_verdict refused(sqlite3 *db, const char *what)
{
	find("%s: code %d, %s", what, sqlite3_extended_errcode(db), sqlite3_errmsg(db));
	return FAULTFS_REFUSED;
}

static enum faultfs_verdict integrity_check(sqlite3 *db)
{
	enum faultfs_verdict verdict = FAULTFS_WHOLE;
	sqlite3_stmt *s;
	int rc;

	if (sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &s, NULL) != SQLITE_OK)
		return refused(db, "integrity_check");
	rc = sqlite3_step(s);
	if (rc != SQLITE_ROW) {
		verdict = refused(db, "integrity_check");
	} else if (strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0) {
		find("integrity_check: %s", (const char *)sqlite3_column_text(s, 0));
		verdict = FAULTFS_DAMAGED;
	}
	sqlite3_finalize(s);
	return verdict;
}

/* The number of transactions that the database has seen; -1: it has no tables yet. */
static enum faultfs_verdict progress_read(sqlite3 *db, int64_t *t)
{
	sqlite3_stmt *s;
	int rc;

	*t = -1;
	if (sqlite3_prepare_v2(db, "SELECT t FROM progress WHERE 1 = (SELECT count(*) FROM sqlite_schema WHERE name = 'progress')", -1, &s,
		NULL) != SQLITE_OK) {
		if (sqlite3_errcode(db) == SQLITE_ERROR) /* no such table */
			return FAULTFS_WHOLE;
		return refused(db, "progress");
	}
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*t = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	if (rc == SQLITE_ROW)
		return FAULTFS_WHOLE;
	if (rc != SQLITE_DONE)
		return refused(db, "progress");
	find("progress is empty");
	return FAULTFS_MIXED;
}

/* Does the row under the cursor hold what it must? */
static bool row_is_right(sqlite3_stmt *s, int64_t id, int64_t version)
{
	char note[NOTE_BYTES_MAX];
	int len = note_make(id, version, note);

	return sqlite3_column_int64(s, 0) == id && sqlite3_column_int64(s, 1) == version && sqlite3_column_bytes(s, 2) == len &&
		memcmp(sqlite3_column_text(s, 2), note, (size_t)len) == 0;
}

static enum faultfs_verdict rows_compare(const struct faultfs_work *work, sqlite3 *db, int64_t t)
{
	enum faultfs_verdict verdict = FAULTFS_WHOLE;
	int64_t *versions;
	sqlite3_stmt *s;
	int64_t id = 0;
	int rc;

	if (sqlite3_prepare_v2(db, "SELECT id, version, note FROM visit ORDER BY id", -1, &s, NULL) != SQLITE_OK)
		return refused(db, "visit");
	versions = versions_after(work, t);
	do {
		rc = sqlite3_step(s);
		for (id++; id <= t * work->rows && versions[id] == 0;)
			id++;
		if (rc == SQLITE_ROW && (id > t * work->rows || !row_is_right(s, id, versions[id]))) {
			find("row %lld after %lld transactions is not as it was written", (long long)sqlite3_column_int64(s, 0),
				(long long)t);
			verdict = FAULTFS_MIXED;
		}
	} while (rc == SQLITE_ROW && verdict == FAULTFS_WHOLE);
	if (verdict == FAULTFS_WHOLE && rc != SQLITE_DONE)
		verdict = refused(db, "visit");
	if (verdict == FAULTFS_WHOLE && id <= t * work->rows) {
		find("row %lld is missing after %lld transactions", (long long)id, (long long)t);
		verdict = FAULTFS_MIXED;
	}
	sqlite3_finalize(s);
	free(versions);
	return verdict;
}

enum faultfs_verdict faultfs_work_compare(const struct faultfs_work *work, sqlite3 *db, int64_t *t)
{
	enum faultfs_verdict verdict = progress_read(db, t);

	if (verdict == FAULTFS_WHOLE)
		verdict = integrity_check(db);
	if (verdict == FAULTFS_WHOLE && *t >= 0)
		verdict = rows_compare(work, db, *t);
	return verdict;
}

enum faultfs_verdict faultfs_work_check(const struct faultfs_work *work, const char *name, int64_t *t)
{
	enum faultfs_verdict verdict;
	sqlite3 *db;

	*t = -1;
	if (sqlite3_open_v2(name, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, work->vfs) != SQLITE_OK) {
		verdict = refused(db, "open");
	} else {
		sqlite3_extended_result_codes(db, 1);
		sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		verdict = faultfs_work_compare(work, db, t);
	}
	sqlite3_close(db);
	return verdict;
}
