/*
 * Examples for proto/base/vault: what is read from a vault whose bytes were changed, cut or moved is right, or refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/db.h"
#include "proto/base/vault/vault.h"
#include "proto/base/vault/slot.h"
#include "tests/lib/vaultkit.h"

#define FRAME_BYTES 4160
#define WAL_HEAD_BYTES 72
#define CUT_BYTES 613

static void one_damaged_prefix_copy_is_survived_and_repaired(void **state)
{
	struct vaultkit *f = *state;
	struct vaultkit_bytes b = vaultkit_load(f->path);
	uint8_t junk[VAULT_COPY_BYTES];
	struct vault_key *k;

	randombytes_buf(junk, sizeof junk);
	for (size_t copy = 0; copy < 2; copy++) {
		vaultkit_put(f->path, copy * VAULT_COPY_BYTES, junk, sizeof junk);
		vault_lock(vaultkit_unlock(f));
		vaultkit_assert_same(f->path, &b);
	}
	vaultkit_put(f->path, 0, junk, sizeof junk);
	vaultkit_put(f->path, VAULT_COPY_BYTES, junk, sizeof junk);
	assert_int_equal(vault_unlock(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), ERR_CORRUPT);
	free(b.data);
}

static void every_flipped_prefix_byte_is_survived(void **state)
{
	struct vaultkit *f = *state;
	struct vaultkit_bytes b = vaultkit_load(f->path);

	for (size_t at = 0; at < VAULT_COPIES_BYTES; at += at % VAULT_COPY_BYTES < 400 || at % VAULT_COPY_BYTES > 4060 ? 1 : 37) {
		uint8_t bad = b.data[at] ^ 0x10;

		vaultkit_put(f->path, at, &bad, 1);
		vault_lock(vaultkit_unlock(f));
	}
	vaultkit_assert_same(f->path, &b);
	free(b.data);
}

static void every_flipped_page_byte_is_an_error(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vaultkit_bytes b;

	vaultkit_small(f);
	b = vaultkit_load(f->path);
	assert_int_equal(b.len, VAULT_PREFIX_BYTES + 2 * VAULT_PAGE_BYTES);
	for (size_t at = VAULT_PREFIX_BYTES; at < b.len; at += at % VAULT_PAGE_BYTES < 256 || at % VAULT_PAGE_BYTES > 3900 ? 1 : 3) {
		uint8_t bad = b.data[at] ^ (uint8_t)(1 << at % 8);

		vaultkit_put(f->path, at, &bad, 1);
		assert_true(vaultkit_is_refused(f->path));
		vaultkit_put(f->path, at, &b.data[at], 1);
	}
	assert_false(vaultkit_is_refused(f->path));
	free(b.data);
	vault_lock(k);
}

static void moved_zeroed_and_missing_pages_are_errors(void **state)
{
	static const uint8_t ZEROS[VAULT_PAGE_BYTES];
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vault_report report;
	struct vaultkit_bytes b, c;

	vaultkit_small(f);
	b = vaultkit_load(f->path);
	vaultkit_put(f->path, VAULT_PREFIX_BYTES + VAULT_PAGE_BYTES, ZEROS, sizeof ZEROS);
	assert_true(vaultkit_is_refused(f->path));
	assert_int_equal(vault_verify(k, NULL, &report), 0);
	assert_int_equal(report.page_count, 2);
	assert_int_equal(report.bad_count, 1);
	assert_int_equal(report.first_bad_page, 2);
	vaultkit_save(f->path, b.data, b.len);
	vaultkit_put(f->path, VAULT_PREFIX_BYTES, b.data + VAULT_PREFIX_BYTES + VAULT_PAGE_BYTES, VAULT_PAGE_BYTES);
	vaultkit_put(f->path, VAULT_PREFIX_BYTES + VAULT_PAGE_BYTES, b.data + VAULT_PREFIX_BYTES, VAULT_PAGE_BYTES);
	assert_true(vaultkit_is_refused(f->path));
	for (size_t len = 0; len < b.len; len += 512) {
		assert_int_equal(truncate(f->path, 0), 0);
		vaultkit_put(f->path, 0, b.data, len);
		assert_true(vaultkit_is_refused(f->path));
	}
	vaultkit_save(f->path, b.data, b.len);
	/* A page of another file with the same key and the same number. */
	assert_int_equal(vault_copy(k, f->other), 0);
	assert_false(vaultkit_is_refused(f->other));
	c = vaultkit_load(f->other);
	vaultkit_put(f->path, VAULT_PREFIX_BYTES + VAULT_PAGE_BYTES, c.data + VAULT_PREFIX_BYTES + VAULT_PAGE_BYTES, VAULT_PAGE_BYTES);
	assert_true(vaultkit_is_refused(f->path));
	free(b.data);
	free(c.data);
	vault_lock(k);
}

/* Open the crashed vault: rows 1..n for some n, all right, or an error. Gives n, or -1. */
static int rows_after(const char *path)
{
	sqlite3 *raw = NULL;
	sqlite3_stmt *s = NULL;
	int rows = 0;
	int rc = sqlite3_open_v2(path, &raw, SQLITE_OPEN_READWRITE, VAULT_VFS_NAME);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(raw, "SELECT id, note = printf('visit %d %s', id, hex(zeroblob(300))) FROM visit ORDER BY id",
			-1, &s, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(s);
		if (rc == SQLITE_ROW) {
			rows++;
			assert_int_equal(sqlite3_column_int(s, 0), rows);
			assert_int_equal(sqlite3_column_int(s, 1), 1);
		}
	}
	sqlite3_finalize(s);
	sqlite3_close(raw);
	return rc == SQLITE_DONE ? rows : -1;
}

static void a_cut_or_flipped_wal_gives_an_earlier_commit_and_nothing_else(void **state)
{
	struct vaultkit *f = *state;
	struct vaultkit_bytes db_bytes, wal_bytes;
	struct vault_key *k;
	int last = 0;

	vaultkit_crash(f, 4, 8);
	db_bytes = vaultkit_load(f->path);
	wal_bytes = vaultkit_load(f->wal);
	k = vaultkit_unlock(f);
	for (size_t cut = 0; cut <= wal_bytes.len + CUT_BYTES; cut += CUT_BYTES) {
		size_t len = cut < wal_bytes.len ? cut : wal_bytes.len;
		int rows;

		vaultkit_save(f->path, db_bytes.data, db_bytes.len);
		vaultkit_save(f->wal, wal_bytes.data, len);
		rows = rows_after(f->path);
		assert_true(rows >= last);
		last = rows;
	}
	assert_int_equal(last, 12);
	for (size_t at = 0; at < wal_bytes.len; at += at < 2 * WAL_HEAD_BYTES ? 1 : 97) {
		size_t frame = at < WAL_HEAD_BYTES ? 0 : (at - WAL_HEAD_BYTES) / FRAME_BYTES;
		int rows;

		vaultkit_save(f->path, db_bytes.data, db_bytes.len);
		wal_bytes.data[at] ^= 4;
		vaultkit_save(f->wal, wal_bytes.data, wal_bytes.len);
		wal_bytes.data[at] ^= 4;
		rows = rows_after(f->path);
		assert_true(rows >= 4);
		assert_true(rows <= 4 + (int)frame);
	}
	free(db_bytes.data);
	free(wal_bytes.data);
	vault_lock(k);
}

static void a_lost_tail_is_an_error_even_when_the_wal_knows_better(void **state)
{
	struct vaultkit *f = *state;
	struct db *db;
	struct vault_key *k;
	struct vaultkit_bytes b;
	int64_t n;
	int status;
	pid_t child = fork();

	if (child == 0) {
		k = vaultkit_unlock(f);
		db = vaultkit_open(f->path);
		vaultkit_run(db, "CREATE TABLE visit(id INTEGER PRIMARY KEY, note TEXT);"
			"INSERT INTO visit VALUES (1, hex(zeroblob(30000)));"
			"PRAGMA wal_checkpoint(TRUNCATE); CREATE TABLE later(x)");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	b = vaultkit_load(f->path);
	/* The last page ends a long text; as zeros it would end it just as well, with other characters. */
	assert_int_equal(truncate(f->path, (off_t)b.len - VAULT_PAGE_BYTES), 0);
	k = vaultkit_unlock(f);
	db = vaultkit_open(f->path);
	assert_int_equal(db_query_int(db, "SELECT length(note) FROM visit WHERE note LIKE '%1'", &n), ERR_CORRUPT);
	db_close(db);
	vault_lock(k);
	free(b.data);
}

static void a_foreign_wal_beside_a_new_vault_counts_as_empty(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k;
	struct db *db;
	struct vaultkit_bytes w;

	vaultkit_crash(f, 2, 3);
	w = vaultkit_load(f->wal);
	unlink(f->path);
	assert_int_equal(vault_create(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, NULL, &VAULTKIT_WEAK), 0);
	vaultkit_save(f->wal, w.data, w.len);
	k = vaultkit_unlock(f);
	db = vaultkit_open(f->path);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM sqlite_schema"), 0);
	vaultkit_run(db, VAULTKIT_VISIT_TABLE);
	vaultkit_visits_add(db, 1, 3);
	assert_int_equal(db_check(db), 0);
	db_close(db);
	vault_lock(k);
	free(w.data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, vaultkit_setup, vaultkit_teardown)

static void a_vault_of_another_version_is_called_that_and_left_alone(void **state)
{
	static const uint8_t VERSION_1[2] = { 0, 1 };
	const struct vaultkit *f = *state;
	struct vaultkit_bytes before;
	struct vault_key *k;

	vaultkit_put(f->path, 8, VERSION_1, sizeof VERSION_1);
	vaultkit_put(f->path, 4096 + 8, VERSION_1, sizeof VERSION_1);
	before = vaultkit_load(f->path);
	assert_int_equal(vault_unlock(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), ERR_CORRUPT);
	assert_non_null(strstr(err_message(), "version 1"));
	vaultkit_assert_same(f->path, &before);
	free(before.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_damaged_prefix_copy_is_survived_and_repaired),
		TEST(every_flipped_prefix_byte_is_survived),
		TEST(every_flipped_page_byte_is_an_error),
		TEST(moved_zeroed_and_missing_pages_are_errors),
		TEST(a_cut_or_flipped_wal_gives_an_earlier_commit_and_nothing_else),
		TEST(a_lost_tail_is_an_error_even_when_the_wal_knows_better),
		TEST(a_foreign_wal_beside_a_new_vault_counts_as_empty),
		TEST(a_vault_of_another_version_is_called_that_and_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
