/*
 * Examples for the rows of proto/base/vault/row.h that concern the WAL: 7 to 12, 19, 24, 31; the rest as in test_vault_rows.c.
 * Commits that only the WAL holds are left by children that die.
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

#define FRAME_BYTES (24 + ROWKIT_PAGE)          /* as SQLite sees a frame, and */
#define FRAME_SEALED_BYTES (64 + ROWKIT_PAGE)   /* as it is below */
#define HEAD_BYTES 32
#define HEAD_SEALED_BYTES 72
#define WAL_MODE "PRAGMA journal_mode = WAL"
#define NO_CHECKPOINT "PRAGMA wal_autocheckpoint = 0; "
/* One transaction, larger than the cache, that changes pages again after they went to the WAL. */
#define SPILLING "PRAGMA cache_size = 5; BEGIN; " ROWKIT_UPDATE ROWKIT_UPDATE "CREATE INDEX by_text ON note(text); " ROWKIT_UPDATE \
	"SAVEPOINT s; DELETE FROM note WHERE id % 2; ROLLBACK TO s; COMMIT; "
#define TEN_TIMES(text) text text text text text text text text text text

static int wal_read(sqlite3 *db, void *out, int len, int64_t offset)
{
	sqlite3_file *file = rowkit_log_file(db);

	return file->pMethods->xRead(file, out, len, offset);
}

static int64_t frame_at(int64_t frame)
{
	return HEAD_BYTES + frame * FRAME_BYTES;
}

static int64_t frame_sealed_at(int64_t frame)
{
	return HEAD_SEALED_BYTES + frame * FRAME_SEALED_BYTES;
}

static int64_t frame_count(const char *wal)
{
	return (rowkit_size(wal) - HEAD_SEALED_BYTES) / FRAME_SEALED_BYTES;
}

/* The sum after SPILLING, worked out on a copy without vaults. */
static int64_t sum_after(const char *path, const char *sql)
{
	sqlite3 *memory, *from = rowkit_open(path);
	sqlite3_backup *b;
	int64_t sum;

	assert_int_equal(rowkit_open_code(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL, &memory), SQLITE_OK);
	b = sqlite3_backup_init(memory, "main", from, "main");
	assert_non_null(b);
	assert_int_equal(sqlite3_backup_step(b, -1), SQLITE_DONE);
	assert_int_equal(sqlite3_backup_finish(b), SQLITE_OK);
	sqlkit_run(memory, sql);
	sum = sqlkit_number(memory, ROWKIT_SUM);
	rowkit_close(memory);
	rowkit_close(from);
	return sum;
}

/* ---- 7: the checksum covers the reserved bytes ---- */

static void row_07_bytes_in_the_reserve_are_refused(void **state)
{
	struct rowkit *f = *state;
	uint8_t page[ROWKIT_PAGE], kept[ROWKIT_PAGE];
	sqlite3_file *file;
	sqlite3 *db;

	rowkit_notes(f->path, WAL_MODE);
	db = rowkit_open(f->path);
	sqlkit_run(db, ROWKIT_UPDATE);
	for (int i = 0; i < 2; i++) {
		int64_t offset = i == 0 ? ROWKIT_PAGE : frame_at(1) + 24;

		file = i == 0 ? rowkit_file(db) : rowkit_log_file(db);
		assert_int_equal(file->pMethods->xRead(file, page, ROWKIT_PAGE, offset), SQLITE_OK);
		for (int at = ROWKIT_PAGE - 40; at < ROWKIT_PAGE; at += 13) {
			page[at] = 1;
			assert_int_equal(file->pMethods->xWrite(file, page, ROWKIT_PAGE, offset), SQLITE_IOERR_WRITE);
			page[at] = 0;
		}
		memcpy(kept, page, sizeof kept);
		assert_int_equal(file->pMethods->xWrite(file, page, ROWKIT_PAGE, offset), SQLITE_OK);
		assert_memory_equal(page, kept, sizeof kept);
		assert_int_equal(file->pMethods->xRead(file, page, ROWKIT_PAGE, offset), SQLITE_OK);
		assert_memory_equal(page, kept, sizeof kept);
	}
	rowkit_close(db);
	rowkit_sum(f->path);
}

static void row_07_a_hundred_commits_survive_the_process(void **state)
{
	struct rowkit *f = *state;
	sqlite3 *db;

	for (int product = 0; product < 2; product++) {
		if (product)
			rowkit_product(f->path);
		rowkit_notes(f->path, WAL_MODE);
		rowkit_crash(f->path, NO_CHECKPOINT "CREATE TABLE visit(id INTEGER PRIMARY KEY, a TEXT);"
			TEN_TIMES(TEN_TIMES("INSERT INTO visit SELECT NULL, text FROM note WHERE id = 7; ")));
		db = rowkit_open(f->path);
		assert_int_equal(sqlkit_number(db, "SELECT count(*) FROM visit"), 100);
		sqlkit_assert_whole(db);
		rowkit_close(db);
		remove(f->path);
	}
}

/* ---- 8: the header of a frame ---- */

static void row_08_no_frame_header_is_in_clear(void **state)
{
	struct rowkit *f = *state;
	struct vaultkit_bytes wal;
	uint8_t head[HEAD_BYTES], frame[24];
	sqlite3 *db;

	rowkit_notes(f->path, WAL_MODE);
	db = rowkit_open(f->path);
	sqlkit_run(db, NO_CHECKPOINT SPILLING);
	wal = vaultkit_load(f->wal);
	assert_true(frame_count(f->wal) > 20);
	assert_int_equal(wal_read(db, head, sizeof head, 0), SQLITE_OK);
	assert_null(memmem(wal.data, wal.len, head, 12));
	assert_null(memmem(wal.data, wal.len, head + 16, 16));
	for (int64_t i = 0; i < frame_count(f->wal); i++) {
		assert_int_equal(wal_read(db, frame, sizeof frame, frame_at(i)), SQLITE_OK);
		assert_memory_equal(frame + 8, head + 16, 8);
		assert_null(memmem(wal.data, wal.len, frame, 8));
		assert_null(memmem(wal.data, wal.len, frame + 16, 8));
	}
	free(wal.data);
	rowkit_close(db);
}

static void row_08_a_header_written_twice_has_two_nonces_and_leaves_the_page(void **state)
{
	struct rowkit *f = *state;
	struct vaultkit_bytes one, two;
	uint8_t frame[24], page[ROWKIT_PAGE], again[ROWKIT_PAGE];
	size_t at = (size_t)frame_sealed_at(1);
	sqlite3_file *file;
	sqlite3 *db;

	rowkit_notes(f->path, WAL_MODE);
	db = rowkit_open(f->path);
	sqlkit_run(db, NO_CHECKPOINT ROWKIT_UPDATE);
	file = rowkit_log_file(db);
	one = vaultkit_load(f->wal);
	assert_int_equal(wal_read(db, frame, sizeof frame, frame_at(1)), SQLITE_OK);
	assert_int_equal(wal_read(db, page, sizeof page, frame_at(1) + 24), SQLITE_OK);
	assert_int_equal(file->pMethods->xWrite(file, frame, sizeof frame, frame_at(1)), SQLITE_OK);
	two = vaultkit_load(f->wal);
	assert_memory_not_equal(one.data + at, two.data + at, 24);
	assert_memory_not_equal(one.data + at + 24, two.data + at + 24, 40);
	assert_memory_equal(one.data + at + 64, two.data + at + 64, ROWKIT_PAGE);
	assert_int_equal(wal_read(db, again, sizeof again, frame_at(1) + 24), SQLITE_OK);
	assert_memory_equal(again, page, sizeof page);
	free(one.data);
	free(two.data);
	rowkit_close(db);
}

/* ---- 9, 10: pages and headers are rewritten apart ---- */

/* Writes of a page in the WAL that do not follow its header. */
static int rewritten_count(void)
{
	int64_t header = -1;
	int count = 0;

	for (size_t i = 0; i < rowkit_below.call_count; i++) {
		const struct rowkit_call *c = &rowkit_below.calls[i];

		if (c->kind != SQLITE_OPEN_WAL || c->what != 'w')
			continue;
		if (c->len == ROWKIT_PAGE && c->offset != header + 64)
			count++;
		header = c->offset;
	}
	return count;
}

static void row_09_a_transaction_rewrites_its_pages_in_the_wal(void **state)
{
	static const char *const LOCKING[] = { "PRAGMA locking_mode = NORMAL; ", "PRAGMA locking_mode = EXCLUSIVE; " };
	struct rowkit *f = *state;

	for (int i = 0; i < 2; i++) {
		int64_t sum;
		sqlite3 *db;

		rowkit_notes(f->path, WAL_MODE);
		sum = sum_after(f->path, SPILLING "DROP INDEX by_text;" SPILLING);
		db = rowkit_open(f->path);
		sqlkit_run(db, LOCKING[i]);
		rowkit_below.call_count = 0;
		sqlkit_run(db, NO_CHECKPOINT SPILLING "DROP INDEX by_text;" SPILLING);
		assert_true(rewritten_count() > 10);
		assert_int_equal(sqlkit_number(db, ROWKIT_SUM), sum);
		sqlkit_assert_whole(db);
		rowkit_close(db);
		assert_int_equal(rowkit_sum(f->path), sum);
		remove(f->path);
	}
}

static void row_09_headers_are_read_in_every_shape(void **state)
{
	struct rowkit *f = *state;
	uint8_t head[HEAD_BYTES], frame[FRAME_BYTES], part[FRAME_BYTES];
	sqlite3 *db;

	rowkit_notes(f->path, WAL_MODE);
	db = rowkit_open(f->path);
	sqlkit_run(db, NO_CHECKPOINT SPILLING);
	assert_int_equal(wal_read(db, head, HEAD_BYTES, 0), SQLITE_OK);
	assert_int_equal(wal_read(db, part, 8, 24), SQLITE_OK);
	assert_memory_equal(part, head + 24, 8);
	for (int64_t i = 0; i < 5; i++) {
		assert_int_equal(wal_read(db, frame, FRAME_BYTES, frame_at(i)), SQLITE_OK);
		assert_int_equal(wal_read(db, part, 8, frame_at(i) + 16), SQLITE_OK);
		assert_memory_equal(part, frame + 16, 8);
		assert_int_equal(wal_read(db, part, ROWKIT_PAGE, frame_at(i) + 24), SQLITE_OK);
		assert_memory_equal(part, frame + 24, ROWKIT_PAGE);
		assert_int_equal(wal_read(db, part, 700, frame_at(i) + 24), SQLITE_OK);
		assert_memory_equal(part, frame + 24, 700);
	}
	rowkit_close(db);
}

static void row_10_pages_open_after_their_headers_got_other_salts(void **state)
{
	struct rowkit *f = *state;
	int64_t sum;
	sqlite3 *one, *two;

	rowkit_notes(f->path, WAL_MODE);
	sum = sum_after(f->path, SPILLING);
	one = rowkit_open(f->path);
	two = rowkit_open(f->path);
	rowkit_below.call_count = 0;
	sqlkit_run(one, NO_CHECKPOINT SPILLING);
	assert_true(rewritten_count() > 10);
	assert_int_equal(sqlkit_number(two, ROWKIT_SUM), sum);
	sqlkit_assert_whole(two);
	rowkit_close(one);
	rowkit_close(two);
}

static void row_10_a_rewritten_log_is_recovered(void **state)
{
	struct rowkit *f = *state;
	int64_t sum;

	rowkit_notes(f->path, WAL_MODE);
	sum = sum_after(f->path, SPILLING "DROP INDEX by_text;" SPILLING);
	rowkit_crash(f->path, NO_CHECKPOINT SPILLING "DROP INDEX by_text;" SPILLING);
	assert_int_equal(rowkit_sum(f->path), sum);
}

/* ---- 11: where recovery stops ---- */

/* Two commits in the WAL; the second one is damaged by cutting at `cut` bytes of its last frame, or by flipping the byte there. */
static void tail_damaged(struct rowkit *f, int64_t at, bool is_cut)
{
	int64_t sum, last;
	sqlite3 *db;

	rowkit_notes(f->path, WAL_MODE);
	sum = sum_after(f->path, ROWKIT_UPDATE);
	rowkit_crash(f->path, NO_CHECKPOINT ROWKIT_UPDATE "BEGIN; " ROWKIT_UPDATE "COMMIT");
	last = frame_sealed_at(frame_count(f->wal) - 1);
	if (is_cut)
		assert_int_equal(truncate(f->wal, last + at), 0);
	else
		rowkit_flip(f->wal, (size_t)(last + at));
	db = rowkit_open(f->path);
	assert_int_equal(sqlkit_number(db, ROWKIT_SUM), sum);
	sqlkit_assert_whole(db);
	sqlkit_run(db, "CREATE TABLE late(a)");
	rowkit_close(db);
	assert_int_equal(rowkit_sum(f->path), sum);
	remove(f->path);
}

static void row_11_a_torn_tail_ends_the_log(void **state)
{
	static const int64_t PLACES[] = { 0, 1, 23, 24, 30, 48, 63, 64, 65, 2000, FRAME_SEALED_BYTES - 40, FRAME_SEALED_BYTES - 1 };

	for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
		tail_damaged(*state, PLACES[i], true);
		tail_damaged(*state, PLACES[i], false);
	}
}

static void row_11_a_damaged_header_is_an_empty_log(void **state)
{
	struct rowkit *f = *state;
	int64_t sum = rowkit_notes(f->path, WAL_MODE);

	rowkit_crash(f->path, NO_CHECKPOINT ROWKIT_UPDATE);
	rowkit_flip(f->wal, 30);
	assert_int_equal(rowkit_sum(f->path), sum);
}

static void row_11_damage_in_an_own_frame_is_an_error(void **state)
{
	struct rowkit *f = *state;
	uint8_t frame[FRAME_BYTES];
	sqlite3 *db;

	rowkit_notes(f->path, WAL_MODE);
	db = rowkit_open(f->path);
	sqlkit_run(db, NO_CHECKPOINT ROWKIT_UPDATE);
	rowkit_flip(f->wal, (size_t)frame_sealed_at(2) + 100);
	assert_int_equal(wal_read(db, frame, FRAME_BYTES, frame_at(1)), SQLITE_OK);
	assert_int_equal(wal_read(db, frame, FRAME_BYTES, frame_at(2)), SQLITE_IOERR_DATA);
	assert_int_equal(wal_read(db, frame, ROWKIT_PAGE, frame_at(2) + 24), SQLITE_IOERR_DATA);
	sqlite3_close(db);
}

/* ---- 12: every write is exact ---- */

static bool is_exact(const struct rowkit_call *c)
{
	if (c->what != 'w')
		return true;
	if (c->kind == SQLITE_OPEN_WAL && c->offset == 0)
		return c->len == HEAD_SEALED_BYTES;
	if (c->kind == SQLITE_OPEN_WAL && (c->offset - HEAD_SEALED_BYTES) % FRAME_SEALED_BYTES == 0)
		return c->len == 64;
	if (c->kind == SQLITE_OPEN_WAL)
		return c->len == ROWKIT_PAGE && (c->offset - HEAD_SEALED_BYTES) % FRAME_SEALED_BYTES == 64;
	if (c->kind != SQLITE_OPEN_MAIN_DB)
		return true;
	return c->len == ROWKIT_PAGE && c->offset % ROWKIT_PAGE == 0 && c->offset >= VAULT_RECORD_OFFSET;
}

static void row_12_no_write_touches_its_neighbours(void **state)
{
	struct rowkit *f = *state;
	sqlite3 *db;

	rowkit_notes(f->path, WAL_MODE);
	rowkit_below.is_lying = true;
	rowkit_below.sector_bytes = 16384;
	rowkit_below.call_count = 0;
	db = rowkit_open(f->path);
	assert_true((rowkit_file(db)->pMethods->xDeviceCharacteristics(rowkit_file(db)) & SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0);
	sqlkit_run(db, NO_CHECKPOINT "PRAGMA synchronous = FULL; CREATE TABLE late(a)");
	assert_int_equal(frame_count(f->wal), 2);
	sqlkit_run(db, "INSERT INTO late VALUES (1)");
	assert_int_equal(frame_count(f->wal), 3);
	sqlkit_run(db, SPILLING "PRAGMA wal_checkpoint(FULL); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
	assert_true(rowkit_below.call_count < ROWKIT_CALLS_MAX);
	for (size_t i = 0; i < rowkit_below.call_count; i++)
		if (!is_exact(&rowkit_below.calls[i]))
			fail_msg("a write of %d bytes at %lld", rowkit_below.calls[i].len, (long long)rowkit_below.calls[i].offset);
	rowkit_close(db);
	rowkit_sum(f->path);
}

/* ---- 19, 24: whether there is a WAL, and what lies beside it ---- */

static void row_19_a_pending_wal_is_not_lost_at_close(void **state)
{
	struct rowkit *f = *state;
	int64_t sum;

	for (int product = 0; product < 2; product++) {
		if (product)
			rowkit_product(f->path);
		rowkit_notes(f->path, WAL_MODE);
		sum = sum_after(f->path, ROWKIT_UPDATE);
		rowkit_crash(f->path, NO_CHECKPOINT ROWKIT_UPDATE);
		assert_true(rowkit_size(f->wal) > 0);
		assert_int_equal(rowkit_sum(f->path), sum);
		assert_false(rowkit_exists(f->wal));
		assert_int_equal(rowkit_sum(f->path), sum);
		remove(f->path);
	}
}

static void row_19_sizes_are_whole_frames_both_ways(void **state)
{
	struct rowkit *f = *state;
	sqlite3_file *file;
	sqlite3_int64 size;
	int64_t frames;
	sqlite3 *db;

	rowkit_notes(f->path, WAL_MODE);
	db = rowkit_open(f->path);
	sqlkit_run(db, NO_CHECKPOINT ROWKIT_UPDATE);
	file = rowkit_log_file(db);
	frames = frame_count(f->wal);
	assert_int_equal(file->pMethods->xFileSize(file, &size), SQLITE_OK);
	assert_int_equal(size, frame_at(frames));
	/* A limit in the middle of a frame, as SQLite sees it. */
	sqlkit_run(db, "PRAGMA wal_checkpoint(RESTART)");
	sqlkit_run_with(db, "PRAGMA journal_size_limit = %d", HEAD_BYTES + 3 * FRAME_BYTES + 500);
	sqlkit_run(db, "UPDATE note SET turn = 9 WHERE id = 3");
	assert_true(frame_count(f->wal) < frames);
	assert_int_equal((rowkit_size(f->wal) - HEAD_SEALED_BYTES) % FRAME_SEALED_BYTES, 0);
	rowkit_close(db);
	rowkit_sum(f->path);
}

static void row_24_connections_share_the_index_and_no_content(void **state)
{
	struct rowkit *f = *state;
	sqlite3 *one, *two;

	rowkit_notes(f->path, WAL_MODE);
	one = rowkit_open(f->path);
	two = rowkit_open(f->path);
	sqlkit_run(one, NO_CHECKPOINT ROWKIT_UPDATE);
	assert_int_equal(sqlkit_number(two, "SELECT min(turn) FROM note"), 1);
	sqlkit_run(two, "BEGIN; UPDATE note SET turn = 7 WHERE id = 1");
	assert_int_equal(sqlkit_code(one, "BEGIN IMMEDIATE"), SQLITE_BUSY);
	assert_int_equal(sqlkit_number(one, "SELECT max(turn) FROM note"), 1);
	sqlkit_run(two, "COMMIT");
	assert_int_equal(sqlkit_number(one, "SELECT max(turn) FROM note"), 7);
	assert_true(rowkit_exists(f->shm));
	assert_false(vaultkit_holds(f->shm, ROWKIT_MARKER));
	rowkit_close(one);
	rowkit_close(two);
	assert_false(rowkit_exists(f->shm));
}

static void row_24_exclusive_locking_needs_no_shared_memory(void **state)
{
	struct rowkit *f = *state;
	sqlite3 *db;
	int64_t sum;

	rowkit_notes(f->path, WAL_MODE);
	sum = sum_after(f->path, ROWKIT_UPDATE);
	rowkit_crash(f->path, "PRAGMA locking_mode = EXCLUSIVE; " NO_CHECKPOINT ROWKIT_UPDATE);
	assert_int_equal(rowkit_open_code(f->path, SQLITE_OPEN_READWRITE, NULL, &db), SQLITE_OK);
	sqlkit_run(db, "PRAGMA locking_mode = EXCLUSIVE");
	assert_int_equal(sqlkit_number(db, ROWKIT_SUM), sum);
	sqlkit_run(db, "PRAGMA wal_checkpoint(PASSIVE); " SPILLING);
	sqlkit_assert_whole(db);
	assert_false(rowkit_exists(f->shm));
	rowkit_close(db);
	rowkit_sum(f->path);
}

/* ---- 31: checkpoints ---- */

/* Whether any 64 bytes at the beginning of a frame's page are in the database file as well. */
static bool shares_sealed_bytes(const char *path, const char *wal)
{
	struct vaultkit_bytes file = vaultkit_load(path);
	struct vaultkit_bytes log = vaultkit_load(wal);
	bool found = false;

	for (size_t at = HEAD_SEALED_BYTES + 64; at + ROWKIT_PAGE <= log.len; at += FRAME_SEALED_BYTES)
		found = found || memmem(file.data, file.len, log.data + at, 64) != NULL;
	free(file.data);
	free(log.data);
	return found;
}

static void row_31_every_checkpoint_seals_anew(void **state)
{
	static const char *const KINDS[] = {
		"PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(FULL)", "PRAGMA wal_checkpoint(RESTART)",
		"PRAGMA wal_checkpoint(TRUNCATE)"
	};
	struct rowkit *f = *state;

	for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
		struct vaultkit_bytes log;
		int64_t sum;
		sqlite3 *db;

		rowkit_notes(f->path, WAL_MODE);
		sum = sum_after(f->path, SPILLING);
		db = rowkit_open(f->path);
		sqlkit_run(db, NO_CHECKPOINT SPILLING);
		log = vaultkit_load(f->wal);
		sqlkit_run(db, KINDS[i]);
		assert_int_equal(sqlkit_number(db, ROWKIT_SUM), sum);
		sqlkit_run(db, "UPDATE note SET turn = turn WHERE id = 1");
		rowkit_close(db);
		vaultkit_save(f->other, log.data, log.len);
		assert_false(shares_sealed_bytes(f->path, f->other));
		assert_false(vaultkit_holds(f->path, ROWKIT_MARKER));
		assert_int_equal(rowkit_below.marker_count, 0);
		assert_int_equal(rowkit_sum(f->path), sum);
		free(log.data);
		remove(f->path);
	}
}

static void row_31_a_checkpoint_that_readers_hold_back_ends_later(void **state)
{
	struct rowkit *f = *state;
	int64_t sum, before = rowkit_notes(f->path, WAL_MODE);
	sqlite3 *reader, *writer;

	sum = sum_after(f->path, SPILLING);
	reader = rowkit_open(f->path);
	writer = rowkit_open(f->path);
	sqlkit_run(reader, "BEGIN");
	assert_int_equal(sqlkit_number(reader, ROWKIT_SUM), before);
	sqlkit_run(writer, NO_CHECKPOINT SPILLING "PRAGMA wal_checkpoint(PASSIVE)");
	assert_int_equal(sqlkit_number(writer, "PRAGMA wal_checkpoint(TRUNCATE)"), 1);
	assert_int_equal(sqlkit_number(reader, ROWKIT_SUM), before);
	sqlkit_run(reader, "COMMIT");
	assert_int_equal(sqlkit_number(reader, ROWKIT_SUM), sum);
	assert_int_equal(sqlkit_number(writer, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
	assert_int_equal(rowkit_size(f->wal), 0);
	rowkit_close(reader);
	rowkit_close(writer);
	assert_int_equal(rowkit_sum(f->path), sum);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, rowkit_setup, rowkit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(row_07_bytes_in_the_reserve_are_refused),
		ROW(row_07_a_hundred_commits_survive_the_process),
		ROW(row_08_no_frame_header_is_in_clear),
		ROW(row_08_a_header_written_twice_has_two_nonces_and_leaves_the_page),
		ROW(row_09_a_transaction_rewrites_its_pages_in_the_wal),
		ROW(row_09_headers_are_read_in_every_shape),
		ROW(row_10_pages_open_after_their_headers_got_other_salts),
		ROW(row_10_a_rewritten_log_is_recovered),
		ROW(row_11_a_torn_tail_ends_the_log),
		ROW(row_11_a_damaged_header_is_an_empty_log),
		ROW(row_11_damage_in_an_own_frame_is_an_error),
		ROW(row_12_no_write_touches_its_neighbours),
		ROW(row_19_a_pending_wal_is_not_lost_at_close),
		ROW(row_19_sizes_are_whole_frames_both_ways),
		ROW(row_24_connections_share_the_index_and_no_content),
		ROW(row_24_exclusive_locking_needs_no_shared_memory),
		ROW(row_31_every_checkpoint_seals_anew),
		ROW(row_31_a_checkpoint_that_readers_hold_back_ends_later),
	};

	rowkit_begin();
	return cmocka_run_group_tests_name("vault rows: WAL", tests, NULL, NULL);
}
