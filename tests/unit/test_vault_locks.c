/*
 * Examples for proto/base/vault: several processes on one vault in SQLite's rollback modes, and one that keeps all others out
 * (locking_mode=EXCLUSIVE), where no shared memory tells when a checkpoint begins and ends. The WAL under load is in
 * tests/lib/vaultload_main.c.
 */
#include <setjmp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/vault/registry.h"
#include "proto/base/vault/vault.h"
#include "tests/lib/sqlkit.h"
#include "tests/lib/vaulttest.h"

#define PATH_BYTES 160
#define BUSY_MS 60000
#define TURNS 24
#define ACCOUNTS 40
#define FAILED_STATUS 3

/* Fails unless the sum is right: there is no such absolute value. */
#define WHOLE "SELECT CASE WHEN sum(money) = 4000 THEN 1 ELSE abs(-9223372036854775807 - 1) END FROM account"

struct fixture {
	char dir[PATH_BYTES / 2];
	char path[PATH_BYTES];
	struct vault_key *key;  /* the key of vaulttest.h as a handle, for vault_verify(); not in the registry */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	snprintf(f->dir, sizeof f->dir, "/tmp/test_locks.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/a.vault", f->dir);
	assert_int_equal(vault_test_init(NULL), 0);
	f->key = sodium_malloc(sizeof *f->key);
	assert_non_null(f->key);
	memset(f->key, 0, sizeof *f->key);
	memset(f->key->data_key, 0x5a, sizeof f->key->data_key);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const ENDS[] = { "", "-journal", "-wal", "-shm" };
	struct fixture *f = *state;
	char name[PATH_BYTES + 16];

	for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
		snprintf(name, sizeof name, "%s%s", f->path, ENDS[i]);
		unlink(name);
	}
	assert_int_equal(rmdir(f->dir), 0);
	sodium_free(f->key);
	free(f);
	return 0;
}

static bool exists(const struct fixture *f, const char *end)
{
	char name[PATH_BYTES + 16];

	snprintf(name, sizeof name, "%s%s", f->path, end);
	return access(name, F_OK) == 0;
}

static sqlite3 *open_at(const struct fixture *f, int busy_ms)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, busy_ms);
	sqlkit_run(db, "PRAGMA cache_size = 5");
	return db;
}

static void close_at(sqlite3 *db)
{
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Accounts whose money is moved between them: the sum is always the same. Each has a page of its own. */
static void accounts_make(const struct fixture *f, const char *mode_sql)
{
	sqlite3 *db = open_at(f, 0);

	sqlkit_run(db, mode_sql);
	sqlkit_run(db, "CREATE TABLE account(id INTEGER PRIMARY KEY, money INT, ballast BLOB); CREATE TABLE turn(who INT, n INT);"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
		"INSERT INTO account SELECT i, 100, zeroblob(3000) FROM n");
	close_at(db);
}

/* Not one page is bad, and nothing that was written properly is called stale. Gives the freshness. */
static enum vault_freshness verified(const struct fixture *f)
{
	struct vault_report report;

	assert_int_equal(vault_verify(f->key, f->path, &report), 0);
	assert_int_equal(report.bad_count, 0);
	assert_int_equal(report.prefix_count, 2);
	assert_int_not_equal(report.freshness, VAULT_STALE);
	return report.freshness;
}

/* ---- rollback modes ---- */

/* For a child, which has no test that could fail: whether the SQL worked, as its exit status. The database stays open. */
static int child_do(const struct fixture *f, const char *sql)
{
	sqlite3 *db;
	int rc = sqlite3_open(f->path, &db);

	sqlite3_busy_timeout(db, BUSY_MS);
	if (rc == SQLITE_OK)
		rc = sqlkit_code(db, sql);
	if (rc != SQLITE_OK)
		fprintf(stderr, "%s: %d %s\n", sql, rc, sqlite3_errmsg(db));
	return rc == SQLITE_OK ? 0 : FAILED_STATUS;
}

/* One process's work: money goes from all to all in one transaction that does not fit into the cache; every third is undone. */
static int turns_take(const struct fixture *f, const char *mode_sql, int who)
{
	sqlite3 *db;
	int rc = sqlite3_open(f->path, &db);

	sqlite3_busy_timeout(db, BUSY_MS);
	if (rc == SQLITE_OK)
		rc = sqlkit_code(db, "PRAGMA cache_size = 5");
	if (rc == SQLITE_OK)
		rc = sqlkit_code(db, mode_sql);
	for (int i = 0; i < TURNS && rc == SQLITE_OK; i++) {
		rc = sqlkit_code(db, "BEGIN IMMEDIATE; UPDATE account SET money = money - 1;"
			"UPDATE account SET money = money + 40 WHERE id = 1 + (SELECT abs(random()) % 40)");
		if (rc == SQLITE_OK && i % 3 == 2)
			rc = sqlkit_code(db, "ROLLBACK");
		else if (rc == SQLITE_OK)
			rc = sqlkit_code(db, who ? "INSERT INTO turn SELECT 1, 1 + (SELECT count(*) FROM turn WHERE who = 1); COMMIT" :
				"INSERT INTO turn SELECT 0, 1 + (SELECT count(*) FROM turn WHERE who = 0); COMMIT");
	}
	if (rc != SQLITE_OK)
		fprintf(stderr, "process %d: %d %s\n", who, rc, sqlite3_errmsg(db));
	sqlite3_close(db);
	return rc == SQLITE_OK ? 0 : FAILED_STATUS;
}

static void processes_share(const struct fixture *f, const char *mode_sql)
{
	pid_t children[2];
	sqlite3 *db;

	accounts_make(f, mode_sql);
	for (int i = 0; i < 2; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(turns_take(f, mode_sql, i));
	}
	db = open_at(f, BUSY_MS);
	for (int i = 0; i < TURNS; i++)
		sqlkit_assert_whole(db);
	for (int i = 0; i < 2; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	sqlkit_assert_whole(db);
	assert_int_equal(sqlkit_number(db, "SELECT count(*) FROM turn WHERE who = 0"), TURNS - TURNS / 3);
	assert_int_equal(sqlkit_number(db, "SELECT count(*) FROM turn WHERE who = 1"), TURNS - TURNS / 3);
	assert_int_equal(sqlkit_number(db, "SELECT max(n) FROM turn"), TURNS - TURNS / 3);
	close_at(db);
	/* A transaction does not tell when it is done, so the first look does not know; it settles that, and the next one knows. */
	verified(f);
	assert_int_equal(verified(f), VAULT_FRESH);
}

static void two_processes_take_turns_with_delete(void **state)
{
	processes_share(*state, "PRAGMA journal_mode = DELETE");
}

static void two_processes_take_turns_with_truncate(void **state)
{
	processes_share(*state, "PRAGMA journal_mode = TRUNCATE");
}

static void two_processes_take_turns_with_persist(void **state)
{
	processes_share(*state, "PRAGMA journal_mode = PERSIST");
}

static void a_hot_journal_is_played_back_once_however_many_come(void **state)
{
	const struct fixture *f = *state;
	pid_t children[3];
	int status;

	accounts_make(f, "PRAGMA journal_mode = DELETE");
	for (int round = 0; round < 5; round++) {
		children[0] = fork();
		if (children[0] == 0)
			_exit(child_do(f, "PRAGMA cache_size = 5; BEGIN; UPDATE account SET money = 0, ballast = randomblob(3000)"));
		assert_int_equal(waitpid(children[0], &status, 0), children[0]);
		assert_int_equal(status, 0);
		assert_true(exists(f, "-journal"));
		for (int i = 0; i < 3; i++) {
			children[i] = fork();
			if (children[i] == 0)
				_exit(child_do(f, WHOLE));
		}
		for (int i = 0; i < 3; i++) {
			assert_int_equal(waitpid(children[i], &status, 0), children[i]);
			assert_int_equal(status, 0);
		}
		assert_false(exists(f, "-journal"));
	}
	verified(f);
	assert_int_equal(verified(f), VAULT_FRESH);
}

/* ---- one process alone ---- */

/* What another process gets that does not wait: SQLite's primary code. */
static int others_get(const struct fixture *f, const char *sql)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		sqlite3 *db;
		int rc = sqlite3_open(f->path, &db);

		rc = rc == SQLITE_OK ? sqlkit_code(db, sql) & 0xff : 100;
		sqlite3_close(db);
		_exit(rc);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void one_process_alone(const struct fixture *f, const char *mode_sql, const char *log)
{
	sqlite3 *db;

	accounts_make(f, mode_sql);
	assert_int_equal(others_get(f, "SELECT sum(money) FROM account"), SQLITE_OK);
	/* Before anything is read: with what was opened among others the shared memory would stay. */
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	sqlkit_run(db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = 5; UPDATE account SET ballast = randomblob(3000)");
	assert_true(exists(f, log));
	assert_false(exists(f, "-shm"));
	assert_int_equal(others_get(f, "SELECT sum(money) FROM account"), SQLITE_BUSY);
	sqlkit_run(db, "BEGIN; UPDATE account SET money = 0; ROLLBACK; BEGIN; UPDATE account SET ballast = randomblob(3000); COMMIT");
	sqlkit_assert_whole(db);
	close_at(db);
	assert_false(exists(f, log));
	assert_int_equal(others_get(f, "UPDATE account SET ballast = randomblob(3000)"), SQLITE_OK);
	verified(f);
	assert_int_equal(verified(f), VAULT_FRESH);
}

static void an_exclusive_wal_has_no_shared_memory_and_keeps_others_out(void **state)
{
	one_process_alone(*state, "PRAGMA journal_mode = WAL", "-wal");
}

static void an_exclusive_journal_keeps_others_out(void **state)
{
	one_process_alone(*state, "PRAGMA journal_mode = DELETE", "-journal");
}

static void an_exclusive_wal_of_a_dead_process_is_recovered(void **state)
{
	const struct fixture *f = *state;
	pid_t child;
	int status;
	sqlite3 *db;

	accounts_make(f, "PRAGMA journal_mode = WAL");
	verified(f);
	child = fork();
	if (child == 0)
		_exit(child_do(f, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = 5; PRAGMA wal_autocheckpoint = 0;"
			"INSERT INTO turn VALUES (0, 1); PRAGMA wal_checkpoint; INSERT INTO turn VALUES (0, 2);"
			"BEGIN; UPDATE account SET ballast = randomblob(3000)"));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(exists(f, "-wal"));
	db = open_at(f, 0);
	sqlkit_assert_whole(db);
	assert_int_equal(sqlkit_number(db, "SELECT count(*) FROM turn"), 2);
	close_at(db);
	assert_int_equal(verified(f), VAULT_FRESH);
}

/*
 * With synchronous=OFF a checkpoint is never synced, and without shared memory nothing tells its end: what the handle knew of the
 * record of all pages must not outlive the moment when others may write.
 */
static void what_was_known_alone_is_forgotten_among_others(void **state)
{
	static const char *const LEAVE[] = { "PRAGMA locking_mode = NORMAL; SELECT sum(money) FROM account",
		"PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT sum(money) FROM account" };
	const struct fixture *f = *state;
	sqlite3 *db, *other;

	accounts_make(f, "PRAGMA journal_mode = WAL");
	for (size_t i = 0; i < sizeof LEAVE / sizeof LEAVE[0]; i++) {
		db = open_at(f, 0);
		sqlkit_run(db, "PRAGMA journal_mode = WAL; UPDATE account SET ballast = randomblob(3000); PRAGMA wal_checkpoint");
		verified(f);
		assert_int_equal(verified(f), VAULT_FRESH);
		sqlkit_run(db, "PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
			"UPDATE account SET ballast = randomblob(3000); PRAGMA wal_checkpoint");
		sqlkit_run(db, LEAVE[i]);
		other = open_at(f, 0);
		sqlkit_run(other, "UPDATE account SET ballast = randomblob(3000); PRAGMA wal_checkpoint");
		verified(f);
		assert_int_equal(verified(f), VAULT_FRESH);
		sqlkit_run(db, "UPDATE account SET ballast = randomblob(3000); PRAGMA wal_checkpoint");
		verified(f);
		close_at(other);
		close_at(db);
		verified(f);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_processes_take_turns_with_delete),
		TEST(two_processes_take_turns_with_truncate),
		TEST(two_processes_take_turns_with_persist),
		TEST(a_hot_journal_is_played_back_once_however_many_come),
		TEST(an_exclusive_wal_has_no_shared_memory_and_keeps_others_out),
		TEST(an_exclusive_journal_keeps_others_out),
		TEST(an_exclusive_wal_of_a_dead_process_is_recovered),
		TEST(what_was_known_alone_is_forgotten_among_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
