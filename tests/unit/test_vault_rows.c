/*
 * Examples for the rows of proto/base/vault/row.h that concern the database file: 1 to 6, 17, 18, 20 to 22, 25. Each name begins with
 * its row; with that row's answer taken out at least one of them fails (tests/lib/rowkit.h). The others: test_vault_rows_wal.c,
 * test_vault_rows_vfs.c.
 */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/vault/seal.h"
#include "proto/base/vault/slot.h"
#include "tests/lib/rowkit.h"
#include "tests/lib/vaulttest.h"

#define SUBPAGE_READ 0x00008000          /* SQLITE_IOCAP_SUBPAGE_READ of SQLite 3.48 */
#define PENDING_BYTE 0x40000000          /* where SQLite keeps its lock bytes */
#define OPEN_FLAGS (SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)

static int page_read(sqlite3 *db, void *out, int len, int64_t offset)
{
	sqlite3_file *file = rowkit_file(db);

	return file->pMethods->xRead(file, out, len, offset);
}

static int page_write(sqlite3 *db, const void *data, int len, int64_t offset)
{
	sqlite3_file *file = rowkit_file(db);

	return file->pMethods->xWrite(file, data, len, offset);
}

/* Make half of page 1 what a power cut leaves. */
static void first_page_tear(const char *path)
{
	uint8_t old[ROWKIT_PAGE / 2];

	memset(old, 0xa5, sizeof old);
	vaultkit_put(path, VAULT_PREFIX_BYTES + ROWKIT_PAGE / 2, old, sizeof old);
}

/* ---- 1: the header is read before anything is recovered ---- */

static void row_01_a_torn_first_page_is_mended_from_the_wal(void **state)
{
	static const char *const PRAGMAS[] = {
		"PRAGMA auto_vacuum = 0; VACUUM; PRAGMA journal_mode = WAL",
		"PRAGMA auto_vacuum = 1; VACUUM; PRAGMA journal_mode = WAL",
		"PRAGMA auto_vacuum = 2; VACUUM; PRAGMA journal_mode = WAL",
	};
	struct rowkit *f = *state;

	for (int vacuum = 0; vacuum < 3; vacuum++) {
		int64_t sum = rowkit_notes(f->path, PRAGMAS[vacuum]);
		sqlite3 *db;

		rowkit_crash(f->path, "PRAGMA wal_autocheckpoint = 0; CREATE TABLE late(a); INSERT INTO late VALUES (7)");
		assert_true(rowkit_size(f->wal) > ROWKIT_PAGE);
		first_page_tear(f->path);
		db = rowkit_open(f->path);
		assert_int_equal(sqlkit_number(db, "PRAGMA auto_vacuum"), vacuum);
		assert_int_equal(sqlkit_number(db, "SELECT a FROM late"), 7);
		assert_int_equal(sqlkit_number(db, ROWKIT_SUM), sum);
		sqlkit_run(db, "DELETE FROM note WHERE id > 100; PRAGMA incremental_vacuum");
		sqlkit_assert_whole(db);
		assert_int_equal(sqlkit_number(db, "PRAGMA freelist_count"), vacuum == 0 ? sqlkit_number(db, "PRAGMA freelist_count") : 0);
		rowkit_close(db);
		rowkit_sum(f->path);
		remove(f->path);
	}
}

static void row_01_a_torn_first_page_is_mended_from_the_journal(void **state)
{
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, "PRAGMA auto_vacuum = 2; VACUUM");
	sqlite3 *db;

	rowkit_below.tear_offset = VAULT_PREFIX_BYTES;
	rowkit_crash_below(f->path, "PRAGMA cache_size = 5; BEGIN; " ROWKIT_UPDATE "CREATE TABLE late(a); COMMIT");
	rowkit_below.tear_offset = 0;
	assert_true(rowkit_exists(f->journal));
	db = rowkit_open(f->path);
	assert_int_equal(sqlkit_number(db, ROWKIT_SUM), sum);
	assert_int_equal(sqlkit_number(db, "PRAGMA auto_vacuum"), 2);
	sqlkit_assert_whole(db);
	rowkit_close(db);
}

/* ---- 2: 16 bytes tell whether the cache still holds ---- */

static int64_t cache_misses(sqlite3 *db)
{
	int now, high;

	assert_int_equal(sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &now, &high, 1), SQLITE_OK);
	return now;
}

static void row_02_the_cache_outlives_a_transaction_and_not_a_change(void **state)
{
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, "PRAGMA journal_mode = DELETE");
	sqlite3 *one = rowkit_open(f->path);
	sqlite3 *two = rowkit_open(f->path);

	sqlkit_run(one, "PRAGMA cache_size = 500");
	assert_int_equal(sqlkit_number(one, ROWKIT_SUM), sum);
	assert_true(cache_misses(one) > 10);
	assert_int_equal(sqlkit_number(one, ROWKIT_SUM), sum);
	assert_int_equal(cache_misses(one), 0);
	sqlkit_run(two, ROWKIT_UPDATE);
	assert_int_equal(sqlkit_number(one, ROWKIT_SUM), sqlkit_number(two, ROWKIT_SUM));
	assert_true(cache_misses(one) > 10);
	rowkit_close(one);
	rowkit_close(two);
}

static void row_02_sixteen_bytes_are_those_of_the_page(void **state)
{
	struct rowkit *f = *state;
	uint8_t page[ROWKIT_PAGE];
	uint8_t change[16];
	sqlite3 *db;

	rowkit_notes(f->path, "PRAGMA journal_mode = DELETE");
	db = rowkit_open(f->path);
	sqlkit_number(db, ROWKIT_SUM);
	assert_int_equal(page_read(db, page, ROWKIT_PAGE, 0), SQLITE_OK);
	assert_int_equal(page_read(db, change, sizeof change, 24), SQLITE_OK);
	assert_memory_equal(change, page + 24, sizeof change);
	rowkit_close(db);
}

/* ---- 3, 4: other ideas of a page ---- */

static void row_03_a_file_that_another_connection_made_with_another_page_size_is_read(void **state)
{
	static const int SIZES[] = { 1024, 2048, 16384, 65536 };
	struct rowkit *f = *state;

	for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
		sqlite3 *early = rowkit_open(f->path);
		sqlite3 *maker = rowkit_open(f->path);
		int64_t sum;

		sqlkit_run_with(maker, "PRAGMA page_size = %d", SIZES[i]);
		sqlkit_run(maker, "BEGIN; " ROWKIT_NOTES "COMMIT");
		sum = sqlkit_number(maker, ROWKIT_SUM);
		assert_int_equal(sqlkit_number(maker, "PRAGMA page_size"), SIZES[i]);
		assert_int_equal(sqlkit_number(early, ROWKIT_SUM), sum);
		assert_int_equal(sqlkit_number(early, "PRAGMA page_size"), SIZES[i]);
		sqlkit_run(early, ROWKIT_UPDATE);
		sqlkit_assert_whole(maker);
		rowkit_close(early);
		rowkit_close(maker);
		remove(f->path);
	}
}

static void row_03_ranges_across_pages_are_served(void **state)
{
	struct rowkit *f = *state;
	uint8_t pages[3 * ROWKIT_PAGE];
	uint8_t part[2 * ROWKIT_PAGE];
	sqlite3 *db;

	rowkit_notes(f->path, "PRAGMA journal_mode = DELETE");
	db = rowkit_open(f->path);
	for (int i = 0; i < 3; i++)
		assert_int_equal(page_read(db, pages + i * ROWKIT_PAGE, ROWKIT_PAGE, i * ROWKIT_PAGE), SQLITE_OK);
	for (int offset = 0; offset < ROWKIT_PAGE; offset += 1000) {
		assert_int_equal(page_read(db, part, sizeof part, offset), SQLITE_OK);
		assert_memory_equal(part, pages + offset, sizeof part);
	}
	rowkit_close(db);
}

static void row_04_the_beginning_of_an_overflow_page_is_read_alone(void **state)
{
	struct rowkit *f = *state;
	uint8_t page[ROWKIT_PAGE];
	uint8_t part[1000];
	sqlite3 *db;

	rowkit_below.is_lying = true;
	rowkit_below.characteristics = SUBPAGE_READ | SQLITE_IOCAP_POWERSAFE_OVERWRITE;
	rowkit_below.sector_bytes = 512;
	rowkit_notes(f->path, "PRAGMA journal_mode = DELETE");
	db = rowkit_open(f->path);
	sqlkit_run(db, "CREATE TABLE long(text TEXT); INSERT INTO long VALUES ('" ROWKIT_MARKER "' || hex(zeroblob(50000)))");
	assert_int_equal(sqlkit_number(db, "SELECT length(text) FROM long"), 100000 + (int)strlen(ROWKIT_MARKER));
	for (int64_t i = 1; i < sqlkit_number(db, "PRAGMA page_count"); i++) {
		assert_int_equal(page_read(db, page, ROWKIT_PAGE, i * ROWKIT_PAGE), SQLITE_OK);
		assert_int_equal(page_read(db, part, sizeof part, i * ROWKIT_PAGE), SQLITE_OK);
		assert_memory_equal(part, page, sizeof part);
		assert_int_equal(page_read(db, part, 500, i * ROWKIT_PAGE + 77), SQLITE_OK);
		assert_memory_equal(part, page + 77, 500);
	}
	rowkit_close(db);
}

static void row_04_reading_parts_of_pages_is_not_offered(void **state)
{
	struct rowkit *f = *state;
	sqlite3_file *file;
	sqlite3 *db;

	rowkit_below.is_lying = true;
	rowkit_below.characteristics = SUBPAGE_READ;
	rowkit_below.sector_bytes = 512;
	rowkit_notes(f->path, "PRAGMA journal_mode = DELETE");
	db = rowkit_open(f->path);
	file = rowkit_file(db);
	assert_int_equal(file->pMethods->xDeviceCharacteristics(file) & SUBPAGE_READ, 0);
	rowkit_close(db);
}

/* ---- 5, 6: the shape of a new file ---- */

static void row_05_a_page_too_small_for_the_reserve_is_not_taken(void **state)
{
	struct rowkit *f = *state;
	sqlite3 *db = rowkit_open(f->path);

	sqlkit_run(db, "PRAGMA page_size = 512; BEGIN; " ROWKIT_NOTES "COMMIT");
	assert_true(sqlkit_number(db, "PRAGMA page_size") >= VAULT_PAGE_BYTES_MIN);
	sqlkit_assert_whole(db);
	rowkit_close(db);
	rowkit_sum(f->path);
}

static void row_05_every_page_size_from_1024_works(void **state)
{
	struct rowkit *f = *state;

	for (int size = VAULT_PAGE_BYTES_MIN; size <= VAULT_PAGE_BYTES_MAX; size *= 2) {
		sqlite3 *db = rowkit_open(f->path);
		int64_t sum;

		sqlkit_run_with(db, "PRAGMA page_size = %d; PRAGMA journal_mode = %s", size, size % 3 == 1 ? "WAL" : "DELETE");
		sqlkit_run(db, "BEGIN; " ROWKIT_NOTES ROWKIT_UPDATE "COMMIT; BEGIN; " ROWKIT_UPDATE
			"SAVEPOINT s; DELETE FROM note; ROLLBACK TO s; COMMIT");
		sum = sqlkit_number(db, ROWKIT_SUM);
		assert_int_equal(sqlkit_number(db, "PRAGMA page_size"), size);
		rowkit_close(db);
		assert_int_equal(rowkit_sum(f->path), sum);
		remove(f->path);
	}
}

static int reserve_of(sqlite3 *db, const char *schema)
{
	int bytes = -1;

	assert_int_equal(sqlite3_file_control(db, schema, SQLITE_FCNTL_RESERVE_BYTES, &bytes), SQLITE_OK);
	return bytes;
}

static void row_06_every_way_to_make_a_file_reserves_the_bytes(void **state)
{
	struct rowkit *f = *state;
	sqlite3 *db = rowkit_open(f->path);
	int64_t sum;

	sqlkit_run(db, ROWKIT_NOTES);
	sum = sqlkit_number(db, ROWKIT_SUM);
	assert_int_equal(reserve_of(db, "main"), 40);
	sqlkit_run_with(db, "ATTACH '%s' AS aside", f->other);
	sqlkit_run(db, "CREATE TABLE aside.note AS SELECT * FROM main.note");
	assert_int_equal(reserve_of(db, "aside"), 40);
	sqlkit_run(db, "DETACH aside");
	assert_int_equal(rowkit_sum(f->other), sum);
	remove(f->other);
	sqlkit_run_with(db, "VACUUM INTO '%s'", f->other);
	sqlkit_run(db, "VACUUM");
	assert_int_equal(reserve_of(db, "main"), 40);
	rowkit_close(db);
	assert_int_equal(rowkit_sum(f->other), sum);
	assert_int_equal(rowkit_sum(f->path), sum);
	assert_int_equal(rowkit_below.marker_count, 0);
}

/* ---- 17, 18: what must not be played back or deleted ---- */

/* Without the key nothing can be opened, and no byte of what is there changes; with it everything is as it was. */
static void untouched_without_key(struct rowkit *f, const char *beside, int64_t sum)
{
	struct vaultkit_bytes database = vaultkit_load(f->path);
	struct vaultkit_bytes log = vaultkit_load(beside);
	sqlite3 *db;

	assert_true(log.len > ROWKIT_PAGE);
	vault_test_fini();
	for (int flags = 0; flags < 2; flags++) {
		int rc = rowkit_open_code(f->path, flags ? OPEN_FLAGS : SQLITE_OPEN_READONLY, NULL, &db);

		if (rc == SQLITE_OK)
			rc = sqlkit_code(db, "SELECT count(*) FROM sqlite_schema");
		assert_int_equal(rc & 0xff, SQLITE_NOTADB);
		rowkit_close(db);
	}
	assert_int_equal(vault_test_init(ROWKIT_BELOW), 0);
	vaultkit_assert_same(f->path, &database);
	vaultkit_assert_same(beside, &log);
	free(database.data);
	free(log.data);
	assert_int_equal(rowkit_sum(f->path), sum);
}

static void row_17_without_the_key_no_hot_journal_is_played_back(void **state)
{
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, "PRAGMA journal_mode = DELETE");

	rowkit_crash(f->path, "PRAGMA cache_size = 5; BEGIN; " ROWKIT_UPDATE);
	untouched_without_key(f, f->journal, sum);
	assert_false(rowkit_exists(f->journal));
}

static void row_17_without_the_key_no_wal_is_recovered(void **state)
{
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, "PRAGMA journal_mode = WAL");

	rowkit_crash(f->path, "PRAGMA wal_autocheckpoint = 0; CREATE TABLE late(a)");
	untouched_without_key(f, f->wal, sum);
}

static void row_18_a_file_that_lost_its_pages_does_not_cost_the_log(void **state)
{
	struct rowkit *f = *state;
	struct vaultkit_bytes log, whole;
	int64_t sum = rowkit_notes(f->path, "PRAGMA journal_mode = WAL");
	sqlite3 *db;
	int rc;

	rowkit_crash(f->path, "PRAGMA wal_autocheckpoint = 0; " ROWKIT_UPDATE);
	log = vaultkit_load(f->wal);
	whole = vaultkit_load(f->path);
	vaultkit_save(f->path, whole.data, VAULT_PREFIX_BYTES);
	rc = rowkit_open_code(f->path, OPEN_FLAGS, NULL, &db);
	if (rc == SQLITE_OK)
		rc = sqlkit_code(db, "SELECT count(*) FROM note");
	assert_int_not_equal(rc, SQLITE_OK);
	rowkit_close(db);
	assert_int_equal(rowkit_size(f->path), VAULT_PREFIX_BYTES);
	vaultkit_assert_same(f->wal, &log);
	vaultkit_save(f->path, whole.data, whole.len);
	assert_int_equal(rowkit_sum(f->path), sum + 200 * 201 / 2 * 31 + 9 + 90 * 2 + 101 * 3);
	free(log.data);
	free(whole.data);
}

static void row_18_a_file_that_is_no_vault_is_left_alone(void **state)
{
	struct rowkit *f = *state;
	struct vaultkit_bytes log = { .data = (uint8_t *)"a log that somebody needs", .len = 25, .exists = true };
	sqlite3 *db;

	vaultkit_save(f->path, "no vault, and not empty", 23);
	vaultkit_save(f->wal, log.data, log.len);
	vaultkit_save(f->journal, log.data, log.len);
	assert_int_not_equal(rowkit_open_code(f->path, OPEN_FLAGS, NULL, &db), SQLITE_OK);
	rowkit_close(db);
	assert_int_equal(rowkit_size(f->path), 23);
	vaultkit_assert_same(f->wal, &log);
	vaultkit_assert_same(f->journal, &log);
}

/* ---- 20 to 22: the end of the file and what lies before it ---- */

static void row_20_reads_behind_the_end_are_zeros_and_no_damage(void **state)
{
	struct rowkit *f = *state;
	uint8_t page[ROWKIT_PAGE], zeros[ROWKIT_PAGE] = { 0 };
	int64_t count;
	sqlite3 *db;

	rowkit_notes(f->path, "PRAGMA auto_vacuum = 1; VACUUM; PRAGMA journal_mode = DELETE");
	db = rowkit_open(f->path);
	count = sqlkit_number(db, "PRAGMA page_count");
	for (int64_t i = count; i < count + 3; i++) {
		memset(page, 1, sizeof page);
		assert_int_equal(page_read(db, page, ROWKIT_PAGE, i * ROWKIT_PAGE), SQLITE_IOERR_SHORT_READ);
		assert_memory_equal(page, zeros, sizeof page);
		memset(page, 1, sizeof page);
		assert_int_equal(page_read(db, page, 100, i * ROWKIT_PAGE + 50), SQLITE_IOERR_SHORT_READ);
		assert_memory_equal(page, zeros, 100);
	}
	sqlkit_run(db, "BEGIN; DELETE FROM note WHERE id % 3 = 0; " ROWKIT_UPDATE "ROLLBACK; DELETE FROM note WHERE id > 20");
	assert_true(sqlkit_number(db, "PRAGMA page_count") < count);
	sqlkit_assert_whole(db);
	rowkit_close(db);
}

static void row_20_a_torn_last_page_does_not_count(void **state)
{
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, "PRAGMA journal_mode = DELETE");
	uint8_t torn[1000];

	memset(torn, 0xa5, sizeof torn);
	vaultkit_put(f->path, (size_t)rowkit_size(f->path), torn, sizeof torn);
	assert_int_equal(rowkit_sum(f->path), sum);
}

static bool has_unsealed_page(const char *path)
{
	struct vaultkit_bytes b = vaultkit_load(path);
	uint8_t zeros[ROWKIT_PAGE] = { 0 };
	bool found = false;

	for (size_t at = VAULT_PREFIX_BYTES; at + ROWKIT_PAGE <= b.len; at += ROWKIT_PAGE)
		found = found || memcmp(b.data + at, zeros, ROWKIT_PAGE) == 0;
	free(b.data);
	return found;
}

static void row_21_pages_in_a_gap_are_sealed_zeros(void **state)
{
	struct rowkit *f = *state;
	uint8_t page[ROWKIT_PAGE] = { 0 }, back[ROWKIT_PAGE], zeros[ROWKIT_PAGE] = { 0 };
	int64_t sum = rowkit_notes(f->path, "PRAGMA journal_mode = DELETE");
	int64_t count;
	sqlite3 *db = rowkit_open(f->path);

	memset(page, 7, 100);
	count = sqlkit_number(db, "PRAGMA page_count");
	assert_int_equal(page_write(db, page, ROWKIT_PAGE, (count + 3) * ROWKIT_PAGE), SQLITE_OK);
	for (int64_t i = count; i < count + 3; i++) {
		assert_int_equal(page_read(db, back, ROWKIT_PAGE, i * ROWKIT_PAGE), SQLITE_OK);
		assert_memory_equal(back, zeros, ROWKIT_PAGE);
	}
	assert_int_equal(page_read(db, back, ROWKIT_PAGE, (count + 3) * ROWKIT_PAGE), SQLITE_OK);
	assert_memory_equal(back, page, ROWKIT_PAGE);
	rowkit_close(db);
	assert_int_equal(rowkit_sum(f->path), sum);
	assert_false(has_unsealed_page(f->path));
}

static void row_21_hints_make_no_holes(void **state)
{
	struct rowkit *f = *state;
	sqlite3 *db = rowkit_open(f->path);
	sqlite3_int64 hint = 200 * ROWKIT_PAGE;
	int chunk = 64 * ROWKIT_PAGE;
	int64_t count;

	assert_int_equal(sqlite3_file_control(db, "main", SQLITE_FCNTL_CHUNK_SIZE, &chunk), SQLITE_OK);
	sqlkit_run(db, "BEGIN; " ROWKIT_NOTES "COMMIT");
	assert_int_equal(sqlite3_file_control(db, "main", SQLITE_FCNTL_SIZE_HINT, &hint), SQLITE_OK);
	sqlkit_run(db, ROWKIT_UPDATE);
	count = sqlkit_number(db, "PRAGMA page_count");
	rowkit_close(db);
	assert_int_equal(rowkit_size(f->path), VAULT_PREFIX_BYTES + count * ROWKIT_PAGE);
	assert_false(has_unsealed_page(f->path));
	rowkit_sum(f->path);
}

static void row_21_a_page_of_zeros_is_damage(void **state)
{
	struct rowkit *f = *state;
	uint8_t zeros[ROWKIT_PAGE] = { 0 };
	sqlite3 *db;

	rowkit_notes(f->path, "PRAGMA auto_vacuum = 1; VACUUM; PRAGMA journal_mode = DELETE");
	vaultkit_put(f->path, VAULT_PREFIX_BYTES + 4 * ROWKIT_PAGE, zeros, sizeof zeros);
	db = rowkit_open(f->path);
	assert_int_equal(sqlkit_code(db, ROWKIT_SUM), SQLITE_IOERR_DATA);
	rowkit_close(db);
}

/* SQLite's lock bytes are moved to page 17, so that a small file reaches over them. */
static void lock_page_crossed(struct rowkit *f, const char *mode)
{
	uint8_t page[ROWKIT_PAGE], zeros[ROWKIT_PAGE] = { 0 };
	int64_t sum, count;
	sqlite3 *db = rowkit_open(f->path);

	sqlkit_run(db, mode);
	sqlkit_run(db, "BEGIN; " ROWKIT_NOTES "COMMIT; BEGIN; " ROWKIT_UPDATE "ROLLBACK; " ROWKIT_UPDATE "PRAGMA wal_checkpoint(TRUNCATE)");
	sum = sqlkit_number(db, ROWKIT_SUM);
	count = sqlkit_number(db, "PRAGMA page_count");
	assert_true(count > 18);
	assert_int_equal(page_read(db, page, ROWKIT_PAGE, 16 * ROWKIT_PAGE), SQLITE_OK);
	assert_memory_equal(page, zeros, ROWKIT_PAGE);
	sqlkit_run_with(db, "VACUUM INTO '%s'", f->other);
	rowkit_close(db);
	assert_false(has_unsealed_page(f->path));
	assert_false(has_unsealed_page(f->other));
	assert_int_equal(rowkit_sum(f->path), sum);
	assert_int_equal(rowkit_sum(f->other), sum);
	remove(f->path);
	remove(f->other);
}

static void row_22_the_page_of_the_lock_bytes_is_sealed(void **state)
{
	struct rowkit *f = *state;

	assert_int_equal(sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, 16 * ROWKIT_PAGE), PENDING_BYTE);
	lock_page_crossed(f, "PRAGMA journal_mode = DELETE");
	lock_page_crossed(f, "PRAGMA journal_mode = WAL");
}

/* Also after a failure the bytes go back. */
static int lock_bytes_teardown(void **state)
{
	sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, PENDING_BYTE);
	return rowkit_teardown(state);
}

/* ---- 25: other page sizes and reserves ---- */

static void row_25_vacuum_keeps_the_page_size(void **state)
{
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, "PRAGMA journal_mode = DELETE");
	sqlite3 *db = rowkit_open(f->path);
	sqlite3_stmt *st;

	sqlkit_run(db, "PRAGMA page_size = 8192; VACUUM");
	assert_int_equal(sqlkit_number(db, "PRAGMA page_size"), ROWKIT_PAGE);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA page_size = 8192", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	assert_int_equal(reserve_of(db, "main"), 40);
	rowkit_close(db);
	assert_int_equal(rowkit_sum(f->path), sum);
}

static int backup_code(sqlite3 *to, sqlite3 *from)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");

	assert_non_null(b);
	while (sqlite3_backup_step(b, 5) == SQLITE_OK)
		continue;
	return sqlite3_backup_finish(b);
}

static void row_25_a_backup_of_another_shape_is_refused_and_harmless(void **state)
{
	static const char *const SHAPES[] = { "PRAGMA page_size = 1024", "PRAGMA page_size = 4096", "PRAGMA page_size = 16384" };
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, "PRAGMA journal_mode = DELETE");

	for (size_t i = 0; i < sizeof SHAPES / sizeof SHAPES[0]; i++) {
		sqlite3 *vault = rowkit_open(f->path);
		sqlite3 *plain;

		assert_int_equal(rowkit_open_code(f->other, OPEN_FLAGS, "unix", &plain), SQLITE_OK);
		sqlkit_run(plain, SHAPES[i]);
		sqlkit_run(plain, "CREATE TABLE intruder(a); INSERT INTO intruder VALUES (1)");
		assert_int_not_equal(backup_code(vault, plain), SQLITE_OK);
		rowkit_close(vault);
		rowkit_close(plain);
		remove(f->other);
		assert_int_equal(rowkit_sum(f->path), sum);
	}
}

static void row_25_backups_between_vaults_and_out_of_them_work(void **state)
{
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, "PRAGMA journal_mode = WAL");
	sqlite3 *from = rowkit_open(f->path);
	sqlite3 *to = rowkit_open(f->other);
	sqlite3 *memory;

	sqlkit_run(from, "BEGIN; DELETE FROM note WHERE id % 2 = 0; COMMIT; BEGIN; CREATE TABLE gone(a); DROP TABLE gone; COMMIT");
	sum = sqlkit_number(from, ROWKIT_SUM);
	assert_int_equal(backup_code(to, from), SQLITE_OK);
	rowkit_close(to);
	assert_int_equal(rowkit_sum(f->other), sum);
	assert_int_equal(rowkit_open_code(":memory:", OPEN_FLAGS, NULL, &memory), SQLITE_OK);
	assert_int_equal(backup_code(memory, from), SQLITE_OK);
	assert_int_equal(sqlkit_number(memory, ROWKIT_SUM), sum);
	sqlkit_run(from, ROWKIT_UPDATE);
	assert_int_equal(backup_code(from, memory), SQLITE_OK);
	rowkit_close(memory);
	rowkit_close(from);
	assert_int_equal(rowkit_sum(f->path), sum);
}

static void row_25_writes_that_are_no_page_of_this_vault_are_refused(void **state)
{
	struct rowkit *f = *state;
	uint8_t page[2 * ROWKIT_PAGE], changed[ROWKIT_PAGE];
	int64_t sum = rowkit_notes(f->path, "PRAGMA journal_mode = DELETE");
	sqlite3 *db = rowkit_open(f->path);

	assert_int_equal(page_read(db, page, ROWKIT_PAGE, 0), SQLITE_OK);
	for (int offset = 16; offset <= 20; offset += 4) {
		memcpy(changed, page, sizeof changed);
		changed[offset] ^= 0x20;
		assert_int_equal(page_write(db, changed, ROWKIT_PAGE, 0), SQLITE_IOERR_WRITE);
	}
	assert_int_equal(page_write(db, page, 512, 0), SQLITE_IOERR_WRITE);
	assert_int_equal(page_write(db, page, 2 * ROWKIT_PAGE, 0), SQLITE_IOERR_WRITE);
	assert_int_equal(page_write(db, page, ROWKIT_PAGE, ROWKIT_PAGE / 2), SQLITE_IOERR_WRITE);
	rowkit_close(db);
	assert_int_equal(rowkit_sum(f->path), sum);
}

static void row_25_a_product_vault_stays_in_wal_mode(void **state)
{
	struct rowkit *f = *state;
	sqlite3 *db;

	rowkit_product(f->path);
	db = rowkit_open(f->path);
	sqlkit_run(db, "BEGIN; " ROWKIT_NOTES "COMMIT");
	assert_int_not_equal(sqlkit_code(db, "PRAGMA journal_mode = DELETE"), SQLITE_OK);
	assert_int_equal(sqlkit_number(db, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
	sqlkit_run(db, "PRAGMA page_size = 8192; VACUUM");
	rowkit_close(db);
	rowkit_sum(f->path);
	assert_false(rowkit_exists(f->journal));
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, rowkit_setup, rowkit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(row_01_a_torn_first_page_is_mended_from_the_wal),
		ROW(row_01_a_torn_first_page_is_mended_from_the_journal),
		ROW(row_02_the_cache_outlives_a_transaction_and_not_a_change),
		ROW(row_02_sixteen_bytes_are_those_of_the_page),
		ROW(row_03_a_file_that_another_connection_made_with_another_page_size_is_read),
		ROW(row_03_ranges_across_pages_are_served),
		ROW(row_04_the_beginning_of_an_overflow_page_is_read_alone),
		ROW(row_04_reading_parts_of_pages_is_not_offered),
		ROW(row_05_a_page_too_small_for_the_reserve_is_not_taken),
		ROW(row_05_every_page_size_from_1024_works),
		ROW(row_06_every_way_to_make_a_file_reserves_the_bytes),
		ROW(row_17_without_the_key_no_hot_journal_is_played_back),
		ROW(row_17_without_the_key_no_wal_is_recovered),
		ROW(row_18_a_file_that_lost_its_pages_does_not_cost_the_log),
		ROW(row_18_a_file_that_is_no_vault_is_left_alone),
		ROW(row_20_reads_behind_the_end_are_zeros_and_no_damage),
		ROW(row_20_a_torn_last_page_does_not_count),
		ROW(row_21_pages_in_a_gap_are_sealed_zeros),
		ROW(row_21_hints_make_no_holes),
		ROW(row_21_a_page_of_zeros_is_damage),
		cmocka_unit_test_setup_teardown(row_22_the_page_of_the_lock_bytes_is_sealed, rowkit_setup, lock_bytes_teardown),
		ROW(row_25_vacuum_keeps_the_page_size),
		ROW(row_25_a_backup_of_another_shape_is_refused_and_harmless),
		ROW(row_25_backups_between_vaults_and_out_of_them_work),
		ROW(row_25_writes_that_are_no_page_of_this_vault_are_refused),
		ROW(row_25_a_product_vault_stays_in_wal_mode),
	};

	rowkit_begin();
	return cmocka_run_group_tests_name("vault rows: database", tests, NULL, NULL);
}
