/*
 * Examples for proto/base/db: statements, values, transactions, migrations and how failures look. Most run on a plain database,
 * since nothing here depends on the vault below; test_vault.c runs on vaults.
 */
#include <setjmp.h>
#include <signal.h>
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

#include "proto/base/db.h"

#define PATH_BYTES 256
#define TEXT_COUNT 200
#define TEXT_BYTES 24
#define NAME "نورة"

static const struct db_options PLAIN = { .is_plain = true };

struct fixture {
	char dir[PATH_BYTES / 2];
	char path[PATH_BYTES];
	struct db *db;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	snprintf(f->dir, sizeof f->dir, "/tmp/test_db.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/a.db", f->dir);
	assert_int_equal(db_open(f->path, &PLAIN, &f->db), 0);
	assert_int_equal(db_exec(f->db, "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT UNIQUE, photo BLOB, age INTEGER)"), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const ENDS[] = { "", "-wal", "-shm" };
	struct fixture *f = *state;
	char name[PATH_BYTES + 16];

	db_close(f->db);
	for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
		snprintf(name, sizeof name, "%s%s", f->path, ENDS[i]);
		unlink(name);
	}
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static struct db_stmt *prepared(struct db *db, const char *sql)
{
	struct db_stmt *s;

	assert_int_equal(db_prepare(db, sql, &s), 0);
	return s;
}

static int64_t number(struct db *db, const char *sql)
{
	int64_t n;

	assert_int_equal(db_query_int(db, sql, &n), 0);
	return n;
}

static void values_come_back_as_they_were_bound(void **state)
{
	struct fixture *f = *state;
	static const uint8_t PHOTO[4] = { 0, 1, 0, 255 };
	uint8_t copy[4];
	size_t len;
	struct db_stmt *s = prepared(f->db, "INSERT INTO person(id, name, photo, age) VALUES (?1, ?2, ?3, ?4)");

	db_bind_u64(s, 1, (uint64_t)INT64_MAX);
	db_bind_text_len(s, 2, NAME "xxx", strlen(NAME));
	db_bind_blob(s, 3, PHOTO, sizeof PHOTO);
	db_bind_null(s, 4);
	assert_int_equal(db_run(s), 0);
	assert_int_equal(db_changes(f->db), 1);
	assert_int_equal(db_last_id(f->db), INT64_MAX);
	s = prepared(f->db, "SELECT id, name, photo, age AS years FROM person");
	assert_int_equal(db_step(s), 1);
	assert_true(db_u64(s, 0) == (uint64_t)INT64_MAX);
	assert_string_equal(db_text(s, 1), NAME);
	assert_string_equal(db_named_text(s, "name"), NAME);
	db_text_len(s, 1, &len);
	assert_int_equal(len, strlen(NAME));
	assert_memory_equal(db_named_blob(s, "photo", &len), PHOTO, sizeof PHOTO);
	assert_int_equal(len, sizeof PHOTO);
	assert_int_equal(db_blob_copy(s, 2, copy, sizeof copy), 0);
	assert_int_equal(db_blob_copy(s, 2, copy, 3), ERR_CORRUPT);
	assert_true(db_is_null(s, 3));
	assert_true(db_named_is_null(s, "years"));
	assert_int_equal(db_named_int(s, "years"), 0);
	assert_string_equal(db_text(s, 3), "");
	assert_int_equal(db_step(s), 0);
	db_done(s);
}

static void empty_is_not_null(void **state)
{
	struct fixture *f = *state;
	struct db_stmt *s = prepared(f->db, "INSERT INTO person(name, photo) VALUES (?1, ?2)");

	db_bind_text_len(s, 1, NULL, 0);
	db_bind_blob(s, 2, NULL, 0);
	assert_int_equal(db_run(s), 0);
	assert_int_equal(number(f->db, "SELECT name IS NOT NULL AND photo IS NOT NULL FROM person"), 1);
	s = prepared(f->db, "UPDATE person SET name = ?1");
	db_bind_text(s, 1, NULL);
	assert_int_equal(db_run(s), 0);
	assert_int_equal(number(f->db, "SELECT name IS NULL FROM person"), 1);
}

static void a_statement_is_prepared_once_and_starts_clean_each_time(void **state)
{
	static const char SQL[] = "INSERT INTO person(name) VALUES (?1)";
	struct fixture *f = *state;
	struct db_stmt *first = prepared(f->db, SQL);
	struct db_stmt *second;

	db_bind_text(first, 1, "a");
	assert_int_equal(db_run(first), 0);
	second = prepared(f->db, SQL);
	assert_ptr_equal(first, second);
	assert_int_equal(db_run(second), 0); /* nothing bound: NULL, not the value of before */
	assert_int_equal(number(f->db, "SELECT count(*) FROM person WHERE name IS NULL"), 1);
}

static void reset_allows_a_loop_on_one_statement(void **state)
{
	struct fixture *f = *state;
	struct db_stmt *s = prepared(f->db, "INSERT INTO person(age) VALUES (?1)");

	for (int i = 0; i < 10; i++) {
		db_bind_int(s, 1, i);
		assert_int_equal(db_step(s), 0);
		db_reset(s);
	}
	db_done(s);
	assert_int_equal(number(f->db, "SELECT sum(age) FROM person"), 45);
}

/* Goes through the rows and, for each, through the same statement again. */
static int pairs_count(struct db *db, int depth)
{
	struct db_stmt *s = prepared(db, "SELECT id FROM person ORDER BY id");
	int count = 0;

	while (db_step(s) == 1)
		count += depth ? pairs_count(db, depth - 1) : 1;
	db_done(s);
	return count;
}

static void one_text_may_be_in_use_twice(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_exec(f->db, "INSERT INTO person(age) VALUES (1), (2), (3)"), 0);
	assert_int_equal(pairs_count(f->db, 1), 9);
	assert_int_equal(pairs_count(f->db, 2), 27);
}

static void many_statements_are_kept_apart(void **state)
{
	struct fixture *f = *state;
	char (*texts)[TEXT_BYTES] = malloc(TEXT_COUNT * sizeof *texts);

	for (int i = 0; i < TEXT_COUNT; i++)
		snprintf(texts[i], sizeof *texts, "SELECT %d", i); /* allowed: texts that outlive the database, as constants do */
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < TEXT_COUNT; i++)
			assert_int_equal(number(f->db, texts[i]), i);
	db_close(f->db);
	free(texts);
	assert_int_equal(db_open(f->path, &PLAIN, &f->db), 0);
}

static void row_gives_the_first_row_or_not_found(void **state)
{
	struct fixture *f = *state;
	struct db_stmt *s = prepared(f->db, "SELECT age FROM person WHERE id = ?1");

	db_bind_int(s, 1, 7);
	assert_int_equal(db_row(s), ERR_NOT_FOUND);
	assert_int_equal(db_exec(f->db, "INSERT INTO person(id, age) VALUES (7, 40)"), 0);
	s = prepared(f->db, "SELECT age FROM person WHERE id = ?1");
	db_bind_int(s, 1, 7);
	assert_int_equal(db_row(s), 0);
	assert_int_equal(db_int(s, 0), 40);
	db_done(s);
	db_done(NULL);
}

static void broken_sql_and_binds_are_usage_errors(void **state)
{
	struct fixture *f = *state;
	struct db_stmt *s;
	int64_t n;

	assert_int_equal(db_prepare(f->db, "SELEKT 1", &s), ERR_USAGE);
	assert_null(s);
	assert_int_equal(db_prepare(f->db, "SELECT 1; SELECT 2", &s), ERR_USAGE);
	assert_int_equal(db_prepare(f->db, "", &s), ERR_USAGE);
	assert_int_equal(db_prepare(f->db, "SELECT \"no column but a text\"", &s), ERR_USAGE);
	assert_int_equal(db_query_int(f->db, "SELECT id FROM person", &n), ERR_NOT_FOUND);
	s = prepared(f->db, "SELECT ?1");
	db_bind_int(s, 2, 5);
	assert_int_equal(db_step(s), ERR_USAGE);
	db_done(s);
	s = prepared(f->db, "SELECT 1");
	assert_int_equal(db_run(s), ERR_USAGE);
}

static void a_message_names_the_file_and_no_value(void **state)
{
	struct fixture *f = *state;
	struct db_stmt *s;

	for (int i = 0; i < 2; i++) {
		s = prepared(f->db, "INSERT INTO person(name) VALUES (?1)");
		db_bind_text(s, 1, NAME);
		assert_int_equal(db_run(s), i == 0 ? 0 : ERR_USAGE);
	}
	assert_non_null(strstr(err_message(), f->path));
	assert_non_null(strstr(err_message(), "person.name"));
	assert_null(strstr(err_message(), NAME));
}

static void a_begin_inside_a_begin_is_refused_with_its_place(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_begin_at(f->db, "first.c", 12), 0);
	assert_true(db_in_transaction(f->db));
	assert_int_equal(db_begin(f->db), ERR_USAGE);
	assert_non_null(strstr(err_message(), "first.c:12"));
	assert_int_equal(db_commit(f->db), 0);
	assert_int_equal(db_commit(f->db), ERR_USAGE);
	db_rollback(f->db);
	assert_false(db_in_transaction(f->db));
}

static void rollback_takes_back_and_undo_takes_back_to_the_savepoint(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_savepoint(f->db), ERR_USAGE);
	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(db_exec(f->db, "INSERT INTO person(age) VALUES (1)"), 0);
	assert_int_equal(db_savepoint(f->db), 0);
	assert_int_equal(db_savepoint(f->db), ERR_USAGE);
	assert_int_equal(db_exec(f->db, "INSERT INTO person(age) VALUES (2)"), 0);
	db_undo(f->db);
	db_undo(f->db);
	assert_int_equal(db_release(f->db), ERR_USAGE);
	assert_int_equal(db_savepoint(f->db), 0);
	assert_int_equal(db_exec(f->db, "INSERT INTO person(age) VALUES (4)"), 0);
	assert_int_equal(db_release(f->db), 0);
	assert_int_equal(db_commit(f->db), 0);
	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(db_exec(f->db, "INSERT INTO person(age) VALUES (8)"), 0);
	db_rollback(f->db);
	assert_int_equal(number(f->db, "SELECT sum(age) FROM person"), 5);
}

static void a_commit_after_a_failure_that_took_all_back_says_so(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(db_exec(f->db, "INSERT INTO person(id) VALUES (1)"), 0);
	assert_int_equal(db_exec(f->db, "INSERT OR ROLLBACK INTO person(id) VALUES (1)"), ERR_USAGE);
	assert_int_equal(db_commit(f->db), ERR_IO);
	assert_false(db_in_transaction(f->db));
	assert_int_equal(db_begin(f->db), 0);
	db_rollback(f->db);
	assert_int_equal(number(f->db, "SELECT count(*) FROM person"), 0);
}

static void a_second_writer_waits_and_then_is_told_busy(void **state)
{
	struct fixture *f = *state;
	struct db_options quick = { .is_plain = true, .busy_timeout_ms = 20 };
	struct db *other;
	int64_t before, after;

	assert_int_equal(db_open(f->path, &quick, &other), 0);
	assert_int_equal(db_data_version(f->db, &before), 0);
	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(db_begin(other), ERR_BUSY);
	assert_false(db_in_transaction(other));
	assert_int_equal(db_exec(f->db, "INSERT INTO person(age) VALUES (1)"), 0);
	assert_int_equal(number(other, "SELECT count(*) FROM person"), 0);
	assert_int_equal(db_commit(f->db), 0);
	assert_int_equal(number(other, "SELECT count(*) FROM person"), 1);
	assert_int_equal(db_exec(other, "INSERT INTO person(age) VALUES (2)"), 0);
	assert_int_equal(db_data_version(f->db, &after), 0);
	assert_int_not_equal(before, after);
	assert_int_equal(db_checkpoint(f->db), 0);
	db_close(other);
}

static void read_only_reads_a_snapshot_and_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct db_options read_only = { .is_plain = true, .is_read_only = true };
	struct db *other;

	assert_int_equal(db_open(f->path, &read_only, &other), 0);
	assert_int_equal(db_begin(other), 0);
	assert_int_equal(number(other, "SELECT count(*) FROM person"), 0);
	assert_int_equal(db_exec(f->db, "INSERT INTO person(age) VALUES (1)"), 0);
	assert_int_equal(number(other, "SELECT count(*) FROM person"), 0);
	assert_int_equal(db_exec(other, "INSERT INTO person(age) VALUES (1)"), ERR_IO);
	assert_int_equal(db_commit(other), 0);
	assert_int_equal(number(other, "SELECT count(*) FROM person"), 1);
	db_close(other);
}

static void opening_sets_what_we_rely_on(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(number(f->db, "PRAGMA synchronous"), 2);
	assert_int_equal(number(f->db, "PRAGMA temp_store"), 2);
	assert_int_equal(number(f->db, "PRAGMA cache_size"), -16000);
	assert_int_equal(number(f->db, "PRAGMA trusted_schema"), 0);
	assert_int_equal(number(f->db, "PRAGMA cell_size_check"), 1);
	assert_int_equal(number(f->db, "PRAGMA foreign_keys"), 1);
	assert_string_equal(db_path(f->db), f->path);
}

static void opening_what_is_not_there_or_not_ours_fails(void **state)
{
	struct fixture *f = *state;
	struct db_options read_only = { .is_plain = true, .is_read_only = true };
	struct db *other;

	assert_int_equal(db_open("/nonexistent/a.db", &read_only, &other), ERR_NOT_FOUND);
	assert_null(other);
	assert_int_not_equal(db_open(f->path, NULL, &other), 0); /* plain, but opened as a vault */
	assert_null(other);
	db_close(NULL);
}

static void a_full_disk_is_an_io_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_exec(f->db, "PRAGMA max_page_count = 10"), 0);
	assert_int_equal(db_begin(f->db), 0);
	assert_int_equal(db_exec(f->db, "INSERT INTO person(photo) VALUES (zeroblob(100000))"), ERR_IO);
	assert_non_null(strstr(err_message(), "disk full"));
	db_rollback(f->db);
	assert_int_equal(db_check(f->db), 0);
}

static const struct db_migration STEPS[] = {
	{ 1, "branch", "CREATE TABLE branch(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO branch VALUES (1, 'north')" },
	{ 2, "city", "ALTER TABLE branch ADD COLUMN city TEXT; UPDATE branch SET city = 'x'" },
	{ 4, "visit", "CREATE TABLE visit(id INTEGER PRIMARY KEY, branch INTEGER REFERENCES branch(id))" },
};

static void migrations_run_once_in_order(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_migrate(f->db, STEPS, 1), 0);
	assert_int_equal(number(f->db, "PRAGMA user_version"), 1);
	assert_int_equal(db_migrate(f->db, STEPS, 3), 0);
	assert_int_equal(db_migrate(f->db, STEPS, 3), 0);
	assert_int_equal(number(f->db, "PRAGMA user_version"), 4);
	assert_int_equal(number(f->db, "SELECT count(*) FROM branch WHERE city = 'x'"), 1);
}

static void a_newer_database_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_migrate(f->db, STEPS, 3), 0);
	assert_int_equal(db_migrate(f->db, STEPS, 2), ERR_STALE);
	assert_non_null(strstr(err_message(), "version is 4"));
}

static void a_failing_migration_changes_nothing(void **state)
{
	static const struct db_migration BAD[] = {
		{ 1, "good", "CREATE TABLE a(x)" },
		{ 2, "bad", "CREATE TABLE b(x); CREATE TABLE a(x)" },
	};
	struct fixture *f = *state;

	assert_int_equal(db_migrate(f->db, BAD, 2), ERR_USAGE);
	assert_non_null(strstr(err_message(), "migration 2 (bad)"));
	assert_int_equal(number(f->db, "PRAGMA user_version"), 1);
	assert_int_equal(number(f->db, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
	assert_false(db_in_transaction(f->db));
}

static void check_finds_a_broken_reference(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_migrate(f->db, STEPS, 3), 0);
	assert_int_equal(db_exec(f->db, "INSERT INTO visit(branch) VALUES (9)"), ERR_USAGE);
	assert_int_equal(db_check(f->db), 0);
	assert_int_equal(db_exec(f->db, "PRAGMA foreign_keys = OFF; INSERT INTO visit(branch) VALUES (9)"), 0);
	assert_int_equal(db_check(f->db), ERR_CORRUPT);
}

#ifdef DB_DEBUG
static void a_statement_that_was_never_run_aborts_a_debug_build(void **state)
{
	struct fixture *f = *state;
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct db_stmt *s = prepared(f->db, "SELECT 1");

		signal(SIGABRT, SIG_DFL);
		assert_non_null(freopen("/dev/null", "w", stderr));
		db_done(s);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}
#endif

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_come_back_as_they_were_bound),
		TEST(empty_is_not_null),
		TEST(a_statement_is_prepared_once_and_starts_clean_each_time),
		TEST(reset_allows_a_loop_on_one_statement),
		TEST(one_text_may_be_in_use_twice),
		TEST(many_statements_are_kept_apart),
		TEST(row_gives_the_first_row_or_not_found),
		TEST(broken_sql_and_binds_are_usage_errors),
		TEST(a_message_names_the_file_and_no_value),
		TEST(a_begin_inside_a_begin_is_refused_with_its_place),
		TEST(rollback_takes_back_and_undo_takes_back_to_the_savepoint),
		TEST(a_commit_after_a_failure_that_took_all_back_says_so),
		TEST(a_second_writer_waits_and_then_is_told_busy),
		TEST(read_only_reads_a_snapshot_and_writes_nothing),
		TEST(opening_sets_what_we_rely_on),
		TEST(opening_what_is_not_there_or_not_ours_fails),
		TEST(a_full_disk_is_an_io_error),
		TEST(migrations_run_once_in_order),
		TEST(a_newer_database_is_refused),
		TEST(a_failing_migration_changes_nothing),
		TEST(check_finds_a_broken_reference),
#ifdef DB_DEBUG
		TEST(a_statement_that_was_never_run_aborts_a_debug_build),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
