/*
 * The record of all pages (proto/base/vault/pages.h, record.c) is true whenever it says "settled", through checkpoints of every kind,
 * readers that hold them up, other handles, VACUUM, page sizes, suites, exclusive locking and rollback mode.
 */
#include <setjmp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/vault/vfs.h"
#include "tests/lib/sqlkit.h"
#include "tests/lib/vaulttest.h"

#define PATH_BYTES 64

struct fix {
	char dir[PATH_BYTES];
	char path[PATH_BYTES + 8];
	sqlite3 *db;
	int settled_count;   /* looks at which the record was settled, and true */
	int unknown_count;   /* looks at which it was not */
};

static struct vault_main *main_of(sqlite3 *db)
{
	struct vault_main *m = NULL;

	assert_int_equal(sqlite3_file_control(db, "main", VAULT_FCNTL_MAIN, &m), SQLITE_OK);
	assert_non_null(m);
	return m;
}

/* What the record should say, from the file. */
static void scan(struct vault_main *m, struct vault_pages *out)
{
	const struct vault_shape *shape = &m->keys->shape;
	uint8_t mark[VAULT_EXTRA_BYTES_MAX];
	sqlite3_int64 size;

	*out = (struct vault_pages){ .state = VAULT_PAGES_SETTLED };
	assert_int_equal(m->file.lower->pMethods->xFileSize(m->file.lower, &size), SQLITE_OK);
	out->page_count = (uint64_t)(size - VAULT_PREFIX_BYTES) / shape->page_bytes;
	for (uint64_t i = 0; i < out->page_count; i++) {
		assert_int_equal(m->file.lower->pMethods->xRead(m->file.lower, mark, (int)shape->suite->extra_bytes,
			vault_page_offset(m, (int64_t)i) + vault_usable_bytes(shape)), SQLITE_OK);
		vault_pages_add(out, m->keys, (uint32_t)i + 1, mark);
	}
}

static void look(struct fix *f)
{
	struct vault_main *m = main_of(f->db);
	struct vault_pages said, is;

	assert_int_equal(vault_pages_load(m->file.lower, m->keys, &said), SQLITE_OK);
	scan(m, &is);
	if (said.state != VAULT_PAGES_SETTLED) {
		f->unknown_count++;
		return;
	}
	assert_int_equal(said.page_count, is.page_count);
	assert_memory_equal(said.sum, is.sum, VAULT_SUM_BYTES);
	f->settled_count++;
}

/* As vault_verify() does with a file that was never settled. */
static void settle(struct fix *f)
{
	struct vault_main *m = main_of(f->db);
	struct vault_pages said, is;

	assert_int_equal(vault_pages_load(m->file.lower, m->keys, &said), SQLITE_OK);
	scan(m, &is);
	is.counter = said.counter;
	assert_int_equal(vault_pages_save(m->file.lower, m->keys, &is), SQLITE_OK);
}

static void begin(struct fix *f, const char *settings)
{
	assert_int_equal(sqlite3_open(f->path, &f->db), SQLITE_OK);
	sqlkit_run(f->db, settings);
	sqlkit_run(f->db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b); PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 10");
	look(f);
	assert_int_equal(f->settled_count, 0);
	f->unknown_count = 0;
	settle(f);
	look(f);
}

static void grow_and_shrink(struct fix *f)
{
	for (int i = 0; i < 150; i++) {
		sqlkit_run(f->db, "INSERT INTO t (b) SELECT hex(zeroblob(40 + 9 * count(*))) FROM t");
		look(f);
	}
	sqlkit_run(f->db, "DELETE FROM t WHERE a > 60; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
	look(f);
	sqlkit_run(f->db, "PRAGMA auto_vacuum = 2; VACUUM; DELETE FROM t WHERE a > 30; PRAGMA incremental_vacuum(50)");
	sqlkit_run(f->db, "PRAGMA wal_checkpoint(RESTART)");
	look(f);
	sqlkit_run(f->db, "INSERT INTO t SELECT a + 1000, b || hex(zeroblob(6000)) FROM t; PRAGMA wal_checkpoint(FULL)");
	look(f);
}

/* Closed, opened again: the record still holds, and what SQLite asked of it before any lock was right. */
static void end(struct fix *f)
{
	assert_int_equal(sqlite3_close(f->db), SQLITE_OK);
	assert_int_equal(sqlite3_open(f->path, &f->db), SQLITE_OK);
	assert_int_equal(sqlkit_number(f->db, "SELECT count(*) FROM t"), 60);
	assert_int_equal(sqlkit_number(f->db, "PRAGMA auto_vacuum"), 2);
	look(f);
}

static void settled_is_true_through_checkpoints(void **state)
{
	struct fix *f = *state;

	begin(f, "PRAGMA journal_mode = WAL");
	grow_and_shrink(f);
	end(f);
	assert_int_equal(f->unknown_count, 0);
}

static void settled_is_true_in_exclusive_locking(void **state)
{
	struct fix *f = *state;

	begin(f, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL");
	grow_and_shrink(f);
	end(f);
	assert_int_equal(f->unknown_count, 0);
}

static void settled_is_true_with_other_page_sizes(void **state)
{
	struct fix *f = *state;

	begin(f, "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL");
	grow_and_shrink(f);
	end(f);
	assert_int_equal(f->unknown_count, 0);
}

#ifdef crypto_aead_aegis256_KEYBYTES /* libsodium 1.0.19 and later */
static void settled_is_true_with_the_second_suite(void **state)
{
	struct fix *f = *state;

	assert_true(vault_test_suite(VAULT_SUITE_AEGIS256));
	begin(f, "PRAGMA journal_mode = WAL");
	grow_and_shrink(f);
	end(f);
	vault_test_suite(VAULT_SUITE_XCHACHA20);
	assert_int_equal(f->unknown_count, 0);
}
#endif

static void a_reader_that_holds_checkpoints_up_does_not_unsettle(void **state)
{
	struct fix *f = *state;
	sqlite3 *reader, *other;
	sqlite3_stmt *s;

	begin(f, "PRAGMA journal_mode = WAL");
	sqlkit_run(f->db, "INSERT INTO t (b) SELECT hex(zeroblob(900)) FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8))");
	assert_int_equal(sqlite3_open(f->path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
	for (int i = 0; i < 40; i++) {
		sqlkit_run(f->db, "UPDATE t SET b = b || 'y' WHERE a % 3 = 1");
		if (i % 10 == 3) {
			assert_int_equal(sqlite3_prepare_v2(reader, "SELECT a FROM t", -1, &s, NULL), SQLITE_OK);
			assert_int_equal(sqlite3_step(s), SQLITE_ROW);
		}
		sqlkit_run(i % 2 ? f->db : other, "PRAGMA wal_checkpoint(PASSIVE)");
		look(f);
		if (i % 10 == 8)
			assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
	}
	sqlkit_run(other, "UPDATE t SET b = 'z'; PRAGMA wal_checkpoint(FULL)");
	look(f);
	assert_int_equal(sqlite3_close(reader), SQLITE_OK);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	assert_int_equal(f->unknown_count, 0);
}

static void a_rollback_transaction_leaves_it_unknown_and_never_wrong(void **state)
{
	struct fix *f = *state;

	begin(f, "PRAGMA journal_mode = DELETE");
	for (int i = 0; i < 20; i++) {
		sqlkit_run(f->db, "INSERT INTO t (b) VALUES (hex(zeroblob(2000)))");
		look(f);
		if (i % 5 == 4)
			settle(f);
	}
	assert_int_equal(f->settled_count, 1);
	assert_int_equal(f->unknown_count, 20);
}

static int setup(void **state)
{
	struct fix *f = calloc(1, sizeof *f);

	snprintf(f->dir, sizeof f->dir, "/tmp/test_vault_record.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/a.db", f->dir);
	assert_int_equal(vault_test_init(NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	sqlite3_close(f->db);
	unlink(f->path);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	vault_test_fini();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(settled_is_true_through_checkpoints),
		TEST(settled_is_true_in_exclusive_locking),
		TEST(settled_is_true_with_other_page_sizes),
#ifdef crypto_aead_aegis256_KEYBYTES
		TEST(settled_is_true_with_the_second_suite),
#endif
		TEST(a_reader_that_holds_checkpoints_up_does_not_unsettle),
		TEST(a_rollback_transaction_leaves_it_unknown_and_never_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
