/*
 * Examples for proto/base/vault: nothing that reaches the disk is clear text, in any journal mode, wherever SQLite keeps temporary data.
 *
 * The disk in memory writes down every byte that is ever written to any file, deleted and temporary ones included; then it is searched
 * for what the person typed and for what only SQLite's own pages hold. Over plain SQLite the same search must find everything.
 */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/vault/slot.h"
#include "tests/lib/faultfs.h"
#include "tests/lib/vaulttest.h"

#define NAME "/disk/clear.db"
#define INTO_NAME "/disk/into.db"
#define TEXT_COUNT (sizeof TEXTS / sizeof TEXTS[0])

/* What must not be found. */
static const char *const TEXTS[] = {
	"Maryam of the northern camp", /* a row */
	"torn down by the storm",      /* a row's other column, indexed */
	"kept for the night",          /* a temporary table */
	"sorted by its name",          /* rows that only a sorter sees */
	"changed and changed back",    /* undone by a savepoint */
	"never committed",             /* undone by a rollback */
	"thrown out long ago",         /* deleted */
	"CREATE TABLE",
	"CREATE INDEX",
	"SQLite format 3",
	"sqlite_autoindex",
	"household",                   /* a table */
};

static const char *const JOURNAL_MODES[] = { "delete", "truncate", "persist", "memory", "wal", "off" };
static const char *const TEMP_STORES[] = { "file", "memory" };

/* Each statement is there for something that SQLite writes besides the database. */
static const char *const STATEMENTS[] = {
	"CREATE TABLE household(id INTEGER PRIMARY KEY, number INTEGER UNIQUE, name TEXT UNIQUE, note TEXT)",
	"CREATE INDEX household_note ON household(note)",
	"INSERT INTO household SELECT value, value, 'Maryam of the northern camp ' || value,"
	"  'torn down by the storm ' || (value * 7919 % 1000) || hex(zeroblob(60)) FROM generated LIMIT 400",
	"INSERT INTO household SELECT 1000 + value, 1000 + value, 'thrown out long ago ' || value, hex(zeroblob(900))"
	"  FROM generated LIMIT 60",
	"DELETE FROM household WHERE id > 1000",
	/* A sorter larger than its memory. */
	"CREATE TEMP TABLE sorted AS SELECT 'sorted by its name ' || (value * 7919 % 1009) || hex(zeroblob(150)) AS name FROM generated"
	"  ORDER BY 1 LIMIT 2000",
	"CREATE TEMP TABLE evening(note TEXT)",
	"INSERT INTO evening SELECT 'kept for the night ' || value || hex(zeroblob(100)) FROM generated LIMIT 900",
	"CREATE INDEX temp.evening_note ON evening(note)",
	/* A statement that may fail half-way inside a transaction needs a statement journal, here of more than SQLite keeps in memory. */
	"BEGIN",
	"INSERT INTO household(number, name) VALUES (5000, 'Maryam of the northern camp, twice')",
	"UPDATE household SET number = number + 10000, note = note || ' changed and changed back'",
	"UPDATE OR FAIL household SET number = number - 10000",
	"SAVEPOINT later",
	"UPDATE household SET note = 'changed and changed back ' || note",
	"ROLLBACK TO later",
	"RELEASE later",
	"COMMIT",
	"BEGIN",
	"UPDATE household SET note = 'never committed ' || hex(zeroblob(150)) WHERE id % 2",
	"ROLLBACK",
	"DELETE FROM household WHERE id % 3 = 0",
	"VACUUM",
	"ATTACH '/disk/second.db' AS second",
	"CREATE TABLE second.household(name TEXT UNIQUE)",
	"BEGIN",
	"INSERT INTO second.household SELECT name FROM main.household",
	"DELETE FROM main.household WHERE id % 5 = 0",
	"COMMIT",
	"DETACH second",
	"VACUUM INTO '" INTO_NAME "'",
	"PRAGMA integrity_check",
	"SELECT count(DISTINCT note || name) FROM household",
};

struct run_result {
	size_t found;                /* texts that are in what was written */
	bool hits[TEXT_COUNT];
	size_t temp_count;           /* temporary files that were made */
	uint64_t written;            /* bytes */
	uint64_t repeats;            /* words that the pages, the WAL or temporary files were given twice */
};

static struct faultfs *disk;

static void sql_run(sqlite3 *db, const char *sql, bool may_fail)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	if (rc != SQLITE_OK && !may_fail)
		print_error("%s: %d %s\n", sql, sqlite3_extended_errcode(db), sqlite3_errmsg(db));
	if (!may_fail)
		assert_int_equal(rc, SQLITE_OK);
}

static void workload(const char *vfs, const char *encoding, const char *journal_mode, const char *temp_store)
{
	char sql[256];
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(NAME, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs), SQLITE_OK);
	snprintf(sql, sizeof sql, "PRAGMA page_size = 1024; PRAGMA encoding = '%s'; PRAGMA journal_mode = %s; PRAGMA temp_store = %s;"
		"PRAGMA cache_size = 12", encoding, journal_mode, temp_store);
	sql_run(db, sql, false);
	sql_run(db, "PRAGMA temp.cache_size = 12", false);
	sql_run(db, "CREATE TEMP VIEW generated AS WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 3000)"
		"  SELECT value FROM n", false);
	for (size_t i = 0; i < sizeof STATEMENTS / sizeof STATEMENTS[0]; i++) {
		const char *now = STATEMENTS[i];

		/* Without a journal nothing can be rolled back (sqlite.org/pragma.html: "the behavior ... is undefined"). */
		if (strcmp(journal_mode, "off") == 0 && strncmp(now, "ROLLBACK", 8) == 0)
			now = strcmp(now, "ROLLBACK") == 0 ? "COMMIT" : "SELECT 1";
		sql_run(db, now, strstr(now, "OR FAIL") != NULL);
	}
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static struct run_result searched(const char *vfs, const char *encoding, const char *journal_mode, const char *temp_store)
{
	struct run_result r = { 0 };
	struct faultfs_log log = { 0 };

	faultfs_clear(disk);
	faultfs_record(disk, &log);
	workload(vfs, encoding, journal_mode, temp_store);
	faultfs_record(disk, NULL);
	r.found = faultfs_log_search(&log, TEXTS, TEXT_COUNT, r.hits);
	r.written = faultfs_log_written(&log);
	r.repeats = faultfs_log_repeats(&log, ".db", VAULT_PREFIX_BYTES) + faultfs_log_repeats(&log, "-wal", 0) +
		faultfs_log_repeats(&log, "", 0);
	for (size_t i = log.base_count; i < log.op_count; i++)
		if (log.ops[i].kind == FAULTFS_OP_CREATE && log.ops[i].len == 0 && log.ops[i].offset == 0)
			r.temp_count++;
	print_message("# %s, journal %s, temp_store %s, %s: %llu bytes, %zu temporary files, %zu of %zu texts found, %llu repeats\n",
		vfs ? vfs : "vault", journal_mode, temp_store, encoding, (unsigned long long)r.written, r.temp_count, r.found, TEXT_COUNT,
		(unsigned long long)r.repeats);
	faultfs_log_clear(&log);
	faultfs_clear(disk);
	return r;
}

static void planted_text_is_found_in_every_encoding_and_over_the_borders_of_writes(void **state)
{
	static const char *const WANTED[] = { "planted", "sixteen", "bigends", "halves!", "deleted", "absent!" };
	static const char LITTLE[] = "s\0i\0x\0t\0e\0e\0n";
	static const char BIG[] = "\0b\0i\0g\0e\0n\0d\0s";
	static const struct { const char *data; int len; int offset; } WRITES[] = {
		{ "x planted x", 11, 0 }, { LITTLE, 14, 100 }, { BIG, 14, 201 }, { "lves!", 5, 302 }, { "ha", 2, 300 },
		{ "deleted", 7, 400 }, { "-------", 7, 400 },
	};
	sqlite3_vfs *vfs = sqlite3_vfs_find(FAULTFS_NAME);
	struct faultfs_log log = { 0 };
	bool found[6];
	sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);

	(void)state;
	faultfs_record(disk, &log);
	assert_int_equal(vfs->xOpen(vfs, NULL, file, SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_CREATE | SQLITE_OPEN_DELETEONCLOSE, NULL),
		SQLITE_OK);
	for (size_t i = 0; i < sizeof WRITES / sizeof WRITES[0]; i++)
		assert_int_equal(file->pMethods->xWrite(file, WRITES[i].data, WRITES[i].len, WRITES[i].offset), SQLITE_OK);
	file->pMethods->xClose(file);
	free(file);
	faultfs_record(disk, NULL);
	assert_int_equal(faultfs_log_search(&log, WANTED, 6, found), 5);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(found[i], i < 5);
	faultfs_log_clear(&log);
}

static void everything_is_found_in_what_plain_sqlite_writes(void **state)
{
	(void)state;
	for (size_t j = 0; j < sizeof JOURNAL_MODES / sizeof JOURNAL_MODES[0]; j++)
		for (size_t t = 0; t < 2; t++) {
			struct run_result r = searched(FAULTFS_NAME, j % 2 ? "UTF-8" : "UTF-16le", JOURNAL_MODES[j], TEMP_STORES[t]);

			/* With temporary data in memory these two never leave it. */
			for (size_t i = 0; i < TEXT_COUNT; i++)
				if (t == 0 || (strstr(TEXTS[i], "kept") == NULL && strstr(TEXTS[i], "sorted") == NULL))
					assert_true(r.hits[i]);
			assert_true(r.repeats > 1000);
			if (t == 0)
				assert_true(r.temp_count >= 2);
		}
}

static void nothing_is_found_in_what_a_vault_writes(void **state)
{
	(void)state;
	for (size_t j = 0; j < sizeof JOURNAL_MODES / sizeof JOURNAL_MODES[0]; j++)
		for (size_t t = 0; t < 2; t++)
			for (size_t e = 0; e < 2; e++) {
				struct run_result r = searched(NULL, e ? "UTF-8" : "UTF-16le", JOURNAL_MODES[j], TEMP_STORES[t]);

				for (size_t i = 0; i < TEXT_COUNT; i++)
					if (r.hits[i])
						print_error("found: %s\n", TEXTS[i]);
				assert_int_equal(r.found, 0);
				assert_int_equal(r.repeats, 0);
				assert_true(r.written > 1000000);
				if (t == 0)
					assert_true(r.temp_count >= 2);
			}
}

static int disk_setup(void **state)
{
	(void)state;
	disk = faultfs_new();
	return vault_test_init(FAULTFS_NAME);
}

static int disk_teardown(void **state)
{
	(void)state;
	vault_test_fini();
	faultfs_free(disk);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planted_text_is_found_in_every_encoding_and_over_the_borders_of_writes),
		cmocka_unit_test(everything_is_found_in_what_plain_sqlite_writes),
		cmocka_unit_test(nothing_is_found_in_what_a_vault_writes),
	};

	return cmocka_run_group_tests(tests, disk_setup, disk_teardown);
}
