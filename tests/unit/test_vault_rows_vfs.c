/*
 * Examples for the rows of proto/base/vault/row.h that concern journals, temporary files and the VFS itself: 13 to 16, 23, 26 to 30,
 * 32; the rest as in test_vault_rows.c.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/vault/seal.h"
#include "proto/base/vault/slot.h"
#include "tests/lib/rowkit.h"
#include "tests/lib/vaulttest.h"

#define DELETE_MODE "PRAGMA journal_mode = DELETE"
#define WAL_MODE "PRAGMA journal_mode = WAL"
#define OPEN_FLAGS (SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
#define SECTOR_BYTES 512                        /* of journal headers, beside POWERSAFE_OVERWRITE */
#define RECORD_BYTES (4 + ROWKIT_PAGE + 4)
#define ATOMIC_ALL (SQLITE_IOCAP_ATOMIC | SQLITE_IOCAP_ATOMIC512 | SQLITE_IOCAP_ATOMIC1K | SQLITE_IOCAP_ATOMIC2K | \
	SQLITE_IOCAP_ATOMIC4K | SQLITE_IOCAP_ATOMIC8K | SQLITE_IOCAP_ATOMIC16K | SQLITE_IOCAP_ATOMIC32K | SQLITE_IOCAP_ATOMIC64K | \
	SQLITE_IOCAP_BATCH_ATOMIC)

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* ---- 13: atomic writes ---- */

static void row_13_atomic_writes_are_not_offered(void **state)
{
	struct rowkit *f = *state;
	sqlite3_file *file;
	sqlite3 *db;

	rowkit_below.is_lying = true;
	rowkit_below.characteristics = ATOMIC_ALL | SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_SEQUENTIAL;
	rowkit_below.sector_bytes = 4096;
	rowkit_notes(f->path, DELETE_MODE);
	db = rowkit_open(f->path);
	sqlkit_run(db, "BEGIN; " ROWKIT_UPDATE);
	file = rowkit_file(db);
	assert_int_equal(file->pMethods->xDeviceCharacteristics(file), SQLITE_IOCAP_POWERSAFE_OVERWRITE);
	assert_int_equal(file->pMethods->xFileControl(file, SQLITE_FCNTL_BEGIN_ATOMIC_WRITE, NULL), SQLITE_NOTFOUND);
	assert_int_equal(file->pMethods->xFileControl(file, SQLITE_FCNTL_COMMIT_ATOMIC_WRITE, NULL), SQLITE_NOTFOUND);
	assert_int_equal(file->pMethods->xFileControl(file, SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE, NULL), SQLITE_NOTFOUND);
	file = rowkit_log_file(db);
	assert_int_equal(file->pMethods->xDeviceCharacteristics(file), SQLITE_IOCAP_POWERSAFE_OVERWRITE);
	sqlkit_run(db, "COMMIT");
	rowkit_close(db);
	assert_int_equal(rowkit_below.atomic_count, 0);
	rowkit_sum(f->path);
}

/* ---- 14, 15: the rollback journal ---- */

/* pager_cksum() of pager.c. */
static uint32_t page_checksum(uint32_t seed, const uint8_t *page)
{
	for (int i = ROWKIT_PAGE - 200; i > 0; i -= 200)
		seed += page[i];
	return seed;
}

static void row_14_checksums_of_clear_pages_are_masked(void **state)
{
	struct rowkit *f = *state;
	struct vaultkit_bytes raw;
	uint8_t head[28], page[ROWKIT_PAGE], four[4];
	sqlite3_file *journal;
	int64_t sum = rowkit_notes(f->path, DELETE_MODE);
	sqlite3 *db = rowkit_open(f->path);

	/* Not synced, the journal has one header only. */
	sqlkit_run(db, "PRAGMA synchronous = OFF; BEGIN; " ROWKIT_UPDATE);
	journal = rowkit_log_file(db);
	raw = vaultkit_load(f->journal);
	assert_true(raw.len > SECTOR_BYTES + 10 * RECORD_BYTES);
	assert_int_equal(journal->pMethods->xRead(journal, head, sizeof head, 0), SQLITE_OK);
	assert_memory_equal(head, raw.data, sizeof head);
	for (int i = 0; i < 4; i++) {
		int64_t at = SECTOR_BYTES + i * RECORD_BYTES;
		uint32_t want;

		assert_int_equal(journal->pMethods->xRead(journal, four, 4, at), SQLITE_OK);
		assert_memory_equal(four, raw.data + at, 4);
		assert_int_equal(journal->pMethods->xRead(journal, page, ROWKIT_PAGE, at + 4), SQLITE_OK);
		want = page_checksum(get_u32(head + 12), page);
		assert_int_equal(journal->pMethods->xRead(journal, four, 4, at + 4 + ROWKIT_PAGE), SQLITE_OK);
		assert_int_equal(get_u32(four), want);
		assert_int_not_equal(get_u32(raw.data + at + 4 + ROWKIT_PAGE), want);
		assert_memory_not_equal(page, raw.data + at + 4, 100);
	}
	free(raw.data);
	sqlkit_run(db, "ROLLBACK");
	assert_int_equal(sqlkit_number(db, ROWKIT_SUM), sum);
	rowkit_close(db);
	assert_int_equal(rowkit_below.marker_count, 0);
}

/* A header may be as long as a page, and a page number behind a page is a checksum and none. */
static void row_14_only_what_follows_a_page_number_is_a_page(void **state)
{
	static const uint8_t MAGIC[8] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };
	struct rowkit *f = *state;
	uint8_t header[ROWKIT_PAGE] = { 0 }, page[ROWKIT_PAGE] = { 0 }, back[ROWKIT_PAGE];
	int64_t at = 1 << 20;
	struct vaultkit_bytes raw;
	sqlite3_file *journal;
	sqlite3 *db;

	rowkit_notes(f->path, DELETE_MODE);
	db = rowkit_open(f->path);
	sqlkit_run(db, "BEGIN; " ROWKIT_UPDATE);
	journal = rowkit_log_file(db);
	memcpy(header, MAGIC, sizeof MAGIC);
	header[20] = 0xff;
	memset(page, 0x33, 3000);
	assert_int_equal(journal->pMethods->xWrite(journal, header, ROWKIT_PAGE, at), SQLITE_OK);
	assert_int_equal(journal->pMethods->xWrite(journal, "\0\0\0\5", 4, at + ROWKIT_PAGE), SQLITE_OK);
	assert_int_equal(journal->pMethods->xWrite(journal, page, ROWKIT_PAGE, at + ROWKIT_PAGE + 4), SQLITE_OK);
	assert_int_equal(journal->pMethods->xWrite(journal, "\0\0\0\6", 4, at + 2 * ROWKIT_PAGE + 4), SQLITE_OK);
	assert_int_equal(journal->pMethods->xWrite(journal, header, ROWKIT_PAGE, at + 2 * ROWKIT_PAGE + 8), SQLITE_OK);
	raw = vaultkit_load(f->journal);
	assert_memory_equal(raw.data + at, header, ROWKIT_PAGE);
	assert_null(memmem(raw.data + at, raw.len - (size_t)at, page, 64));
	assert_memory_equal(raw.data + at + 2 * ROWKIT_PAGE + 8, header, ROWKIT_PAGE);
	free(raw.data);
	assert_int_equal(journal->pMethods->xRead(journal, back, 4, at + ROWKIT_PAGE), SQLITE_OK);
	assert_int_equal(journal->pMethods->xRead(journal, back, ROWKIT_PAGE, at + ROWKIT_PAGE + 4), SQLITE_OK);
	assert_memory_equal(back, page, ROWKIT_PAGE);
	/* Content in any other place is refused and not written in clear. */
	assert_int_equal(journal->pMethods->xWrite(journal, page, ROWKIT_PAGE, at + 10 * ROWKIT_PAGE), SQLITE_IOERR_WRITE);
	sqlkit_run(db, "ROLLBACK");
	rowkit_close(db);
	rowkit_sum(f->path);
}

/* With the journal not synced, a power cut may leave its length and not all of its records. */
static void row_15_a_torn_record_ends_the_playback(void **state)
{
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, DELETE_MODE);
	uint8_t record[RECORD_BYTES];
	sqlite3 *db;

	rowkit_crash(f->path, "PRAGMA cache_size = 5; PRAGMA synchronous = OFF; BEGIN; " ROWKIT_UPDATE);
	assert_true(rowkit_size(f->journal) > SECTOR_BYTES + 10 * RECORD_BYTES);
	memset(record, 0xa5, sizeof record);
	memcpy(record, "\0\0\0\2", 4);
	vaultkit_put(f->journal, SECTOR_BYTES + (size_t)((rowkit_size(f->journal) - SECTOR_BYTES) / RECORD_BYTES * RECORD_BYTES),
		record, sizeof record);
	db = rowkit_open(f->path);
	assert_int_equal(sqlkit_number(db, ROWKIT_SUM), sum);
	sqlkit_assert_whole(db);
	rowkit_close(db);
	assert_true(rowkit_log_holds("the journal ends here"));
	assert_false(rowkit_exists(f->journal));
}

static void row_15_damage_in_an_own_record_is_an_error(void **state)
{
	struct rowkit *f = *state;
	uint8_t page[ROWKIT_PAGE];
	sqlite3_file *journal;
	sqlite3 *db;

	rowkit_notes(f->path, DELETE_MODE);
	db = rowkit_open(f->path);
	sqlkit_run(db, "BEGIN; " ROWKIT_UPDATE);
	journal = rowkit_log_file(db);
	rowkit_flip(f->journal, SECTOR_BYTES + 1000);
	assert_int_equal(journal->pMethods->xRead(journal, page, 4, SECTOR_BYTES), SQLITE_OK);
	assert_int_equal(journal->pMethods->xRead(journal, page, ROWKIT_PAGE, SECTOR_BYTES + 4), SQLITE_IOERR_DATA);
	rowkit_flip(f->journal, SECTOR_BYTES + 1000);
	sqlkit_run(db, "ROLLBACK");
	rowkit_close(db);
	rowkit_sum(f->path);
}

/* ---- 16: files that nobody names ---- */

static int temp_write_count(void)
{
	int count = 0;

	for (size_t i = 0; i < rowkit_below.call_count; i++)
		if (rowkit_below.calls[i].what == 'w' && (rowkit_below.calls[i].kind & (SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB |
			SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL)))
			count++;
	return count;
}

static void row_16_temporary_files_hold_nothing_in_clear(void **state)
{
	static const char *const WORK[] = {
		"CREATE TEMP TABLE aside AS SELECT * FROM note; BEGIN; UPDATE aside SET text = text || id; ROLLBACK;"
			"UPDATE aside SET turn = 5",
		"BEGIN; UPDATE note SET text = text || hex(zeroblob(100)) || id; SAVEPOINT s; " ROWKIT_UPDATE "ROLLBACK TO s; COMMIT",
		"CREATE TABLE long AS SELECT a.id AS a, b.text AS b FROM note a, note b WHERE a.id < 60; CREATE INDEX by_b ON long(b, a)",
		"VACUUM",
	};
	struct rowkit *f = *state;
	sqlite3 *db;

	rowkit_notes(f->path, DELETE_MODE);
	db = rowkit_open(f->path);
	sqlkit_run(db, "PRAGMA temp_store = FILE; PRAGMA temp.cache_size = 5; PRAGMA cache_spill = 1; PRAGMA threads = 2");
	for (size_t i = 0; i < sizeof WORK / sizeof WORK[0]; i++) {
		rowkit_below.call_count = 0;
		sqlkit_run(db, WORK[i]);
		assert_true(temp_write_count() > 0);
	}
	assert_int_equal(sqlkit_number(db, "SELECT count(*) FROM aside WHERE turn = 5"), 200);
	sqlkit_assert_whole(db);
	rowkit_close(db);
	assert_int_equal(rowkit_below.marker_count, 0);
	rowkit_sum(f->path);
}

static void row_16_in_memory_there_is_no_temporary_file(void **state)
{
	struct rowkit *f = *state;
	sqlite3 *db;

	rowkit_notes(f->path, WAL_MODE);
	db = rowkit_open(f->path);
	sqlkit_run(db, "PRAGMA temp_store = MEMORY; CREATE TEMP TABLE aside AS SELECT * FROM note; BEGIN; SAVEPOINT s; " ROWKIT_UPDATE
		"ROLLBACK TO s; COMMIT; VACUUM; CREATE INDEX by_text ON note(text)");
	assert_int_equal(temp_write_count(), 0);
	rowkit_close(db);
}

/* ---- 23, 26 to 29: the VFS ---- */

static void row_23_nothing_is_mapped(void **state)
{
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, DELETE_MODE);
	sqlite3_file *file;
	void *page = &sum;
	sqlite3 *db;

	assert_int_equal(rowkit_open_code(f->path, OPEN_FLAGS, NULL, &db), SQLITE_OK);
	assert_int_equal(sqlkit_number(db, "PRAGMA mmap_size = 10000000"), 0);
	assert_int_equal(sqlkit_number(db, ROWKIT_SUM), sum);
	sqlkit_run(db, ROWKIT_UPDATE);
	sqlkit_assert_whole(db);
	file = rowkit_file(db);
	assert_int_equal(file->pMethods->xFetch(file, ROWKIT_PAGE, ROWKIT_PAGE, &page), SQLITE_OK);
	assert_null(page);
	rowkit_close(db);
}

static void row_26_vaults_open_after_sqlite_was_shut_down(void **state)
{
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, WAL_MODE);

	for (int i = 0; i < 2; i++) {
		assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
		assert_int_equal(sqlite3_initialize(), SQLITE_OK);
		assert_ptr_not_equal(sqlite3_vfs_find(NULL), sqlite3_vfs_find(VAULT_VFS_NAME));
		assert_int_equal(vault_test_init(NULL), 0);
		assert_non_null(sqlite3_vfs_find(VAULT_VFS_NAME));
		assert_ptr_equal(sqlite3_vfs_find(NULL), sqlite3_vfs_find(VAULT_VFS_NAME));
		assert_int_equal(vault_test_init("unix"), 0);
		assert_int_equal(rowkit_sum(f->path), sum);
	}
}

static void row_27_a_failed_open_leaves_no_methods(void **state)
{
	struct rowkit *f = *state;
	sqlite3_vfs *vfs = sqlite3_vfs_find(VAULT_VFS_NAME);
	sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
	const char *name = sqlite3_create_filename(f->path, f->journal, f->wal, 0, NULL);
	int flags;

	assert_non_null(file);
	assert_non_null(name);
	vaultkit_save(f->path, "no vault, and not empty", 23);
	file->pMethods = vfs->pAppData; /* anything that is not NULL */
	assert_int_equal(vfs->xOpen(vfs, name, file, SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE, &flags), SQLITE_NOTADB);
	assert_null(file->pMethods);
	remove(f->path);
	assert_int_not_equal(vfs->xOpen(vfs, name, file, SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE, &flags), SQLITE_OK);
	assert_null(file->pMethods);
	free(file);
	sqlite3_free_filename(name);
}

/* Errors of the file system below come out as they are. */
static void row_27_opening_what_is_not_there_fails_and_makes_nothing(void **state)
{
	struct rowkit *f = *state;
	sqlite3 *db;

	assert_int_equal(rowkit_open_code(f->path, SQLITE_OPEN_READWRITE, NULL, &db), SQLITE_CANTOPEN);
	rowkit_close(db);
	assert_int_equal(rowkit_open_code(f->dir, OPEN_FLAGS, NULL, &db) & 0xff, SQLITE_CANTOPEN);
	rowkit_close(db);
	vault_test_fini();
	assert_int_not_equal(rowkit_open_code(f->path, OPEN_FLAGS, NULL, &db), SQLITE_OK);
	rowkit_close(db);
	assert_int_equal(vault_test_init(ROWKIT_BELOW), 0);
	assert_false(rowkit_exists(f->path));
}

static void row_28_logs_find_their_database_through_another_vfs(void **state)
{
	static const char *const MODES[] = { WAL_MODE, DELETE_MODE, "PRAGMA journal_mode = PERSIST" };
	struct rowkit *f = *state;

	for (size_t i = 0; i < sizeof MODES / sizeof MODES[0]; i++) {
		sqlite3 *db;
		int64_t sum;

		assert_int_equal(rowkit_open_code(f->path, OPEN_FLAGS, ROWKIT_ABOVE, &db), SQLITE_OK);
		sqlkit_run(db, "PRAGMA cache_size = 5");
		sqlkit_run(db, MODES[i]);
		sqlkit_run(db, "BEGIN; " ROWKIT_NOTES "COMMIT; BEGIN; " ROWKIT_UPDATE "ROLLBACK; " ROWKIT_UPDATE);
		sum = sqlkit_number(db, ROWKIT_SUM);
		sqlkit_assert_whole(db);
		rowkit_close(db);
		assert_int_equal(rowkit_sum(f->path), sum);
		remove(f->path);
	}
	assert_int_equal(rowkit_below.marker_count, 0);
}

static void row_29_keys_in_file_names_are_refused(void **state)
{
	static const char *const KEYS[] = { "key", "hexkey", "textkey", "passphrase" };
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, WAL_MODE);
	char uri[ROWKIT_PATH_BYTES + 80];
	sqlite3 *db;

	for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
		snprintf(uri, sizeof uri, "file:%s?%s=sesame", f->path, KEYS[i]);
		assert_int_equal(rowkit_open_code(uri, OPEN_FLAGS | SQLITE_OPEN_URI, NULL, &db), SQLITE_CANTOPEN);
		rowkit_close(db);
	}
	assert_false(rowkit_log_holds("sesame"));
	snprintf(uri, sizeof uri, "file:%s?mode=rw&psow=1", f->path);
	assert_int_equal(rowkit_open_code(uri, OPEN_FLAGS | SQLITE_OPEN_URI, NULL, &db), SQLITE_OK);
	assert_int_equal(sqlkit_number(db, ROWKIT_SUM), sum);
	rowkit_close(db);
}

static void row_29_keys_in_sql_are_refused(void **state)
{
	static const char *const WORDS[] = { "PRAGMA key = 'x'", "PRAGMA rekey = 'x'", "PRAGMA hexkey = 'aa'", "PRAGMA hexrekey = 'aa'",
		"PRAGMA textkey = 'x'", "PRAGMA Key = 'x'" };
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, WAL_MODE);
	sqlite3 *db = rowkit_open(f->path);

	for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
		assert_int_equal(sqlkit_code(db, WORDS[i]), SQLITE_ERROR);
		assert_non_null(strstr(sqlite3_errmsg(db), "unlock the vault first"));
	}
	rowkit_close(db);
	assert_int_equal(rowkit_sum(f->path), sum);
}

/* ---- 30: two vaults in one transaction ---- */

/* The process dies when it is about to delete the super-journal: then nothing of the transaction may stay, in either file. */
static void row_30_two_vaults_undo_together(void **state)
{
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, DELETE_MODE);
	char sql[2 * ROWKIT_PATH_BYTES + 400];
	int n;

	assert_int_equal(rowkit_notes(f->other, DELETE_MODE), sum);
	n = snprintf(sql, sizeof sql, "ATTACH '%s' AS aside; BEGIN; ", f->other);
	memccpy(sql + n, "UPDATE main.note SET turn = 3; UPDATE aside.note SET turn = 4; COMMIT", 0, sizeof sql - (size_t)n);
	rowkit_below.die_at_delete = "-mj";
	rowkit_crash_below(f->path, sql);
	rowkit_below.die_at_delete = NULL;
	assert_int_equal(rowkit_sum(f->path), sum);
	assert_int_equal(rowkit_sum(f->other), sum);
	rowkit_crash(f->path, sql);
	assert_int_not_equal(rowkit_sum(f->path), sum);
	assert_int_not_equal(rowkit_sum(f->other), sum);
}

/* ---- 32: what damage looks like ---- */

static void row_32_damage_has_its_own_code_and_says_where(void **state)
{
	struct rowkit *f = *state;
	sqlite3_stmt *s;
	sqlite3 *db;

	rowkit_notes(f->path, DELETE_MODE);
	rowkit_flip(f->path, VAULT_PREFIX_BYTES + 6 * ROWKIT_PAGE + 777);
	db = rowkit_open(f->path);
	assert_int_equal(sqlkit_code(db, ROWKIT_SUM), SQLITE_IOERR_DATA);
	assert_true(rowkit_log_holds("page 7 does not authenticate"));
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_non_null(strstr((const char *)sqlite3_column_text(s, 0), "unable to get the page. error code=8202"));
	sqlite3_finalize(s);
	rowkit_close(db);
}

static void row_32_damage_in_the_wal_says_which_frame(void **state)
{
	struct rowkit *f = *state;
	sqlite3 *db, *other;

	rowkit_notes(f->path, WAL_MODE);
	db = rowkit_open(f->path);
	sqlkit_run(db, "PRAGMA wal_autocheckpoint = 0; " ROWKIT_UPDATE);
	rowkit_flip(f->wal, 72 + 4 * (64 + ROWKIT_PAGE) + 300);
	other = rowkit_open(f->path);
	assert_int_equal(sqlkit_code(other, ROWKIT_SUM), SQLITE_IOERR_DATA);
	assert_true(rowkit_log_holds("page of WAL frame 4 does not authenticate"));
	sqlite3_close(other);
	sqlite3_close(db);
}

/* Flipped bits, pages exchanged, zeroed, taken from another vault; of a file that was cut SQLite sees the length itself. */
static void row_32_no_change_goes_unnoticed(void **state)
{
	struct rowkit *f = *state;
	struct vaultkit_bytes good, foreign;
	size_t page = VAULT_PREFIX_BYTES + 5 * ROWKIT_PAGE;
	uint8_t zeros[ROWKIT_PAGE] = { 0 };

	rowkit_notes(f->path, DELETE_MODE);
	rowkit_notes(f->other, DELETE_MODE);
	good = vaultkit_load(f->path);
	foreign = vaultkit_load(f->other);
	for (int change = 0; change < 6; change++) {
		sqlite3 *db;

		vaultkit_save(f->path, good.data, good.len);
		if (change == 0)
			rowkit_flip(f->path, page);
		else if (change == 1)
			rowkit_flip(f->path, page + ROWKIT_PAGE - 1);
		else if (change == 2)
			vaultkit_put(f->path, page, good.data + page + ROWKIT_PAGE, ROWKIT_PAGE);
		else if (change == 3)
			vaultkit_put(f->path, page, zeros, ROWKIT_PAGE);
		else if (change == 4)
			vaultkit_put(f->path, page, foreign.data + page, ROWKIT_PAGE);
		else
			assert_int_equal(truncate(f->path, (off_t)page), 0);
		assert_int_equal(rowkit_open_code(f->path, OPEN_FLAGS, NULL, &db), SQLITE_OK);
		assert_int_equal(sqlkit_code(db, ROWKIT_SUM), change < 5 ? SQLITE_IOERR_DATA : SQLITE_CORRUPT);
		rowkit_close(db);
	}
	free(good.data);
	free(foreign.data);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, rowkit_setup, rowkit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(row_13_atomic_writes_are_not_offered),
		ROW(row_14_checksums_of_clear_pages_are_masked),
		ROW(row_14_only_what_follows_a_page_number_is_a_page),
		ROW(row_15_a_torn_record_ends_the_playback),
		ROW(row_15_damage_in_an_own_record_is_an_error),
		ROW(row_16_temporary_files_hold_nothing_in_clear),
		ROW(row_16_in_memory_there_is_no_temporary_file),
		ROW(row_23_nothing_is_mapped),
		ROW(row_26_vaults_open_after_sqlite_was_shut_down),
		ROW(row_27_a_failed_open_leaves_no_methods),
		ROW(row_27_opening_what_is_not_there_fails_and_makes_nothing),
		ROW(row_28_logs_find_their_database_through_another_vfs),
		ROW(row_29_keys_in_file_names_are_refused),
		ROW(row_29_keys_in_sql_are_refused),
		ROW(row_30_two_vaults_undo_together),
		ROW(row_32_damage_has_its_own_code_and_says_where),
		ROW(row_32_damage_in_the_wal_says_which_frame),
		ROW(row_32_no_change_goes_unnoticed),
	};

	rowkit_begin();
	return cmocka_run_group_tests_name("vault rows: VFS", tests, NULL, NULL);
}
