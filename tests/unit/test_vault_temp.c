/*
 * Examples for proto/base/vault/temp: a temporary file behaves as any file does, and the disk never sees what is in it. The file's
 * methods are called directly, over SQLite's default VFS; the last tests let SQLite make all its kinds of temporary file and look at
 * each of them through the process's open descriptors.
 */
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/vault/temp.h"
#include "tests/lib/vaulttest.h"

#define BLOCK VAULT_TEMP_BLOCK_BYTES
#define MODEL_BYTES (20 * BLOCK)
#define MARKER "PLANTED-TEMP-NOTE"
#define THREAD_COUNT 4
#define THREAD_BYTES (5 * BLOCK / 2)    /* of each thread: ranges share their blocks */
#define FLAGS (SQLITE_OPEN_SUBJOURNAL | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE | SQLITE_OPEN_DELETEONCLOSE)

static const sqlite3_io_methods *sqlite_methods; /* of the file below, while its disk fails */

/* An open temporary file; the file below lies behind the struct, as the VFS lays it out. */
static int setup(void **state)
{
	sqlite3_vfs *lower;
	struct vault_temp *t;
	int flags = FLAGS;

	assert_int_equal(sqlite3_initialize(), SQLITE_OK);
	assert_true(sodium_init() >= 0);
	lower = sqlite3_vfs_find(NULL);
	t = calloc(1, sizeof *t + (size_t)lower->szOsFile);
	assert_non_null(t);
	t->file.lower = (sqlite3_file *)(t + 1);
	assert_int_equal(vault_temp_open(lower, NULL, t, flags, &flags), SQLITE_OK);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct vault_temp *t = *state;

	assert_int_equal(t->file.base.pMethods->xClose(&t->file.base), SQLITE_OK);
	assert_null(t->file.base.pMethods);
	assert_null(t->key);
	free(t);
	return 0;
}

static int get(struct vault_temp *t, void *out, int len, int64_t offset)
{
	return t->file.base.pMethods->xRead(&t->file.base, out, len, offset);
}

static int put(struct vault_temp *t, const void *data, int len, int64_t offset)
{
	return t->file.base.pMethods->xWrite(&t->file.base, data, len, offset);
}

static int cut(struct vault_temp *t, int64_t size)
{
	return t->file.base.pMethods->xTruncate(&t->file.base, size);
}

static int64_t size_of(struct vault_temp *t)
{
	sqlite3_int64 size = -1;

	assert_int_equal(t->file.base.pMethods->xFileSize(&t->file.base, &size), SQLITE_OK);
	return size;
}

static void below_get(struct vault_temp *t, void *out, int len, int64_t offset)
{
	assert_int_equal(t->file.lower->pMethods->xRead(t->file.lower, out, len, offset), SQLITE_OK);
}

static void below_put(struct vault_temp *t, const void *data, int len, int64_t offset)
{
	assert_int_equal(t->file.lower->pMethods->xWrite(t->file.lower, data, len, offset), SQLITE_OK);
}

static int64_t below_size(struct vault_temp *t)
{
	sqlite3_int64 size = -1;

	assert_int_equal(t->file.lower->pMethods->xFileSize(t->file.lower, &size), SQLITE_OK);
	return size;
}

/* Writes half of what it is given and says that it failed. */
static int half_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	(void)!sqlite_methods->xWrite(file, data, len / 2, offset);
	return SQLITE_IOERR_WRITE;
}

/* From now on writes below fail, or no longer. */
static void disk_fails(struct vault_temp *t, bool fails)
{
	static sqlite3_io_methods failing;

	if (fails) {
		sqlite_methods = t->file.lower->pMethods;
		failing = *sqlite_methods;
		failing.xWrite = half_write;
		t->file.lower->pMethods = &failing;
	} else {
		t->file.lower->pMethods = sqlite_methods;
	}
}

/* Repeatable numbers from a seed. */
static uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

/* ---- a disk that fails ---- */

/* SQLite rolls back after an error and goes on with what it has written before: a block holds several small pages. */
static void a_failed_write_costs_no_other_byte_of_its_block(void **state)
{
	static uint8_t old[2 * BLOCK], page[BLOCK / 4], back[2 * BLOCK];
	struct vault_temp *t = *state;

	memset(old, 'a', sizeof old);
	memset(page, 'b', sizeof page);
	assert_int_equal(put(t, old, sizeof old, 0), SQLITE_OK);
	disk_fails(t, true);
	assert_int_equal(put(t, page, sizeof page, 0), SQLITE_IOERR_WRITE);
	assert_int_equal(put(t, page, sizeof page, BLOCK), SQLITE_IOERR_WRITE); /* the first block is not let go of */
	assert_int_equal(get(t, back, BLOCK - (int)sizeof page, sizeof page), SQLITE_OK);
	assert_memory_equal(back, old, BLOCK - sizeof page);
	assert_int_equal(get(t, back, BLOCK, BLOCK), SQLITE_IOERR_WRITE);
	disk_fails(t, false);
	assert_int_equal(get(t, back, BLOCK, BLOCK), SQLITE_OK);
	assert_memory_equal(back, old, BLOCK);
	assert_int_equal(get(t, back, BLOCK - (int)sizeof page, sizeof page), SQLITE_OK);
	assert_memory_equal(back, old, BLOCK - sizeof page);
}

/* What is cut off a block that never reached the disk is gone as well. */
static void a_block_that_was_not_written_can_be_cut(void **state)
{
	static uint8_t page[BLOCK], back[BLOCK], zeros[BLOCK];
	struct vault_temp *t = *state;

	memset(page, 'b', sizeof page);
	disk_fails(t, true);
	assert_int_equal(put(t, page, sizeof page, 0), SQLITE_IOERR_WRITE);
	disk_fails(t, false);
	assert_int_equal(put(t, page, 1, BLOCK - 1), SQLITE_OK);
	assert_int_equal(cut(t, 100), SQLITE_OK);
	assert_int_equal(put(t, page, 1, BLOCK - 1), SQLITE_OK);
	assert_int_equal(get(t, back, BLOCK - 101, 100), SQLITE_OK);
	assert_memory_equal(back, zeros, BLOCK - 101);
}

/* ---- a file as any other ---- */

static void an_empty_file_reads_as_zeros_with_a_short_read(void **state)
{
	struct vault_temp *t = *state;
	uint8_t got[10];

	memset(got, 0xaa, sizeof got);
	assert_int_equal(size_of(t), 0);
	assert_int_equal(get(t, got, sizeof got, 0), SQLITE_IOERR_SHORT_READ);
	assert_true(sodium_is_zero(got, sizeof got));
	memset(got, 0xaa, sizeof got);
	assert_int_equal(get(t, got, sizeof got, 123456789), SQLITE_IOERR_SHORT_READ);
	assert_true(sodium_is_zero(got, sizeof got));
}

static void a_read_over_the_end_gives_what_is_there_and_zeros(void **state)
{
	struct vault_temp *t = *state;
	uint8_t got[12];

	assert_int_equal(put(t, "0123456789", 10, BLOCK - 4), SQLITE_OK);
	memset(got, 0xaa, sizeof got);
	assert_int_equal(get(t, got, sizeof got, BLOCK - 2), SQLITE_IOERR_SHORT_READ);
	assert_memory_equal(got, "23456789\0\0\0\0", sizeof got);
	assert_int_equal(get(t, got, 8, BLOCK - 2), SQLITE_OK);
}

static void holes_and_what_was_cut_off_read_as_zeros(void **state)
{
	struct vault_temp *t = *state;
	uint8_t *got = malloc(6 * BLOCK);

	assert_non_null(got);
	memset(got, 0x55, 6 * BLOCK);
	assert_int_equal(put(t, got, 2 * BLOCK, 0), SQLITE_OK);
	assert_int_equal(put(t, got, 3, 5 * BLOCK + 7), SQLITE_OK);
	assert_int_equal(get(t, got, 3 * BLOCK, 2 * BLOCK), SQLITE_OK);
	assert_true(sodium_is_zero(got, 3 * BLOCK));
	assert_int_equal(cut(t, BLOCK + 1), SQLITE_OK);
	assert_int_equal(size_of(t), BLOCK + 1);
	assert_int_equal(below_size(t), 2 * BLOCK);
	assert_int_equal(cut(t, 6 * BLOCK), SQLITE_OK);
	assert_int_equal(size_of(t), 6 * BLOCK);
	assert_int_equal(get(t, got, 6 * BLOCK, 0), SQLITE_OK);
	assert_int_equal(got[BLOCK], 0x55);
	assert_true(sodium_is_zero(got + BLOCK + 1, 5 * BLOCK - 1));
	free(got);
}

static void any_order_of_reads_writes_and_cuts_matches_a_plain_buffer(void **state)
{
	struct vault_temp *t = *state;
	uint8_t *model = calloc(1, MODEL_BYTES);
	uint8_t *data = malloc(MODEL_BYTES);
	uint64_t seed = 20260722;
	int64_t size = 0;

	assert_non_null(model);
	assert_non_null(data);
	for (int i = 0; i < 6000; i++) {
		uint32_t what = draw(&seed, 100);
		int len = 1 + (int)draw(&seed, draw(&seed, 4) ? 300 : 3 * BLOCK);
		int64_t offset = draw(&seed, (uint32_t)(MODEL_BYTES - len));

		if (draw(&seed, 5) == 0) {
			offset -= offset % BLOCK;
			len = BLOCK;
		}
		if (what < 45) {
			for (int at = 0; at < len; at++)
				data[at] = (uint8_t)draw(&seed, 256);
			assert_int_equal(put(t, data, len, offset), SQLITE_OK);
			memcpy(model + offset, data, (size_t)len);
			size = offset + len > size ? offset + len : size;
		} else if (what < 97) {
			memset(data, 0xaa, (size_t)len);
			assert_int_equal(get(t, data, len, offset), offset + len <= size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
			assert_memory_equal(data, model + offset, (size_t)len);
		} else {
			assert_int_equal(cut(t, offset), SQLITE_OK);
			memset(model + offset, 0, (size_t)(MODEL_BYTES - offset));
			size = offset;
		}
		assert_int_equal(size_of(t), size);
	}
	free(model);
	free(data);
}

struct hammer {
	struct vault_temp *t;
	int64_t first;   /* of its range */
	uint64_t seed;
	bool is_good;
};

static void *hammer_run(void *arg)
{
	struct hammer *h = arg;
	uint8_t model[THREAD_BYTES] = { 0 };
	uint8_t got[THREAD_BYTES];

	for (int i = 0; i < 1500 && h->is_good; i++) {
		int len = 1 + (int)draw(&h->seed, 700);
		uint32_t at = draw(&h->seed, (uint32_t)(THREAD_BYTES - len));

		if (draw(&h->seed, 2) == 0) {
			memset(model + at, (int)draw(&h->seed, 256), (size_t)len);
			h->is_good = put(h->t, model + at, len, h->first + at) == SQLITE_OK;
		} else
			h->is_good = get(h->t, got, len, h->first + at) == SQLITE_OK && memcmp(got, model + at, (size_t)len) == 0;
	}
	return NULL;
}

static void threads_share_one_file(void **state)
{
	struct vault_temp *t = *state;
	struct hammer hammers[THREAD_COUNT];
	pthread_t threads[THREAD_COUNT];

	assert_int_equal(cut(t, (int64_t)THREAD_COUNT * THREAD_BYTES), SQLITE_OK);
	for (int i = 0; i < THREAD_COUNT; i++) {
		hammers[i] = (struct hammer){ t, (int64_t)i * THREAD_BYTES, (uint64_t)i + 1, true };
		assert_int_equal(pthread_create(&threads[i], NULL, hammer_run, &hammers[i]), 0);
	}
	for (int i = 0; i < THREAD_COUNT; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(hammers[i].is_good);
	}
}

/* ---- what the disk sees ---- */

static void nothing_is_clear_below(void **state)
{
	struct vault_temp *t = *state;
	uint8_t *raw = malloc(8 * BLOCK);

	assert_non_null(raw);
	for (int at = 0; at + (int)sizeof MARKER < 8 * BLOCK; at += (int)sizeof MARKER)
		assert_int_equal(put(t, MARKER, sizeof MARKER, at), SQLITE_OK);
	assert_int_equal(below_size(t), 8 * BLOCK);
	below_get(t, raw, 8 * BLOCK, 0);
	assert_null(memmem(raw, 8 * BLOCK, MARKER, sizeof MARKER - 1));
	free(raw);
}

/* The same bytes at the same place, twice, are other bytes below: the nonce is new each time. */
static void a_block_written_twice_differs_below(void **state)
{
	struct vault_temp *t = *state;
	uint8_t clear[BLOCK] = { 1 };
	uint8_t first[BLOCK];
	uint8_t second[BLOCK];

	assert_int_equal(put(t, clear, BLOCK, 0), SQLITE_OK);
	below_get(t, first, BLOCK, 0);
	assert_int_equal(put(t, clear, BLOCK, 0), SQLITE_OK);
	below_get(t, second, BLOCK, 0);
	assert_memory_not_equal(first, second, BLOCK);
}

/* Blocks 0 to 2 with their number in every byte, none of them held in memory. */
static void blocks_make(struct vault_temp *t)
{
	uint8_t clear[BLOCK];

	for (int i = 0; i < 4; i++) {
		memset(clear, i, sizeof clear);
		assert_int_equal(put(t, clear, BLOCK, (int64_t)i * BLOCK), SQLITE_OK);
	}
}

static void every_flipped_bit_below_is_an_error(void **state)
{
	struct vault_temp *t = *state;
	uint8_t raw[BLOCK];
	uint8_t got[BLOCK];

	blocks_make(t);
	below_get(t, raw, BLOCK, BLOCK);
	for (int at = 0; at < BLOCK; at += at < 64 || at > BLOCK - 64 ? 1 : 61) {
		raw[at] ^= 0x10;
		below_put(t, raw, BLOCK, BLOCK);
		raw[at] ^= 0x10;
		memset(got, 0xaa, sizeof got);
		assert_int_equal(get(t, got, 5, BLOCK + 9), SQLITE_IOERR_DATA);
		assert_true(sodium_is_zero(got, 5));
		assert_int_equal(put(t, got, 5, BLOCK + 9), SQLITE_IOERR_DATA);
	}
	below_put(t, raw, BLOCK, BLOCK);
	assert_int_equal(get(t, got, BLOCK, BLOCK), SQLITE_OK);
	assert_int_equal(got[BLOCK - 1], 1);
}

static void moved_old_and_missing_blocks_are_errors(void **state)
{
	struct vault_temp *t = *state;
	uint8_t zero[BLOCK], one[BLOCK], got[BLOCK];

	blocks_make(t);
	below_get(t, zero, BLOCK, 0);
	below_get(t, one, BLOCK, BLOCK);
	below_put(t, one, BLOCK, 0);
	assert_int_equal(get(t, got, BLOCK, 0), SQLITE_IOERR_DATA);
	below_put(t, zero, BLOCK, 0);
	assert_int_equal(get(t, got, BLOCK, 0), SQLITE_OK);
	/* An older version of the same block. */
	assert_int_equal(put(t, "x", 1, 0), SQLITE_OK);
	assert_int_equal(get(t, got, 1, 2 * BLOCK), SQLITE_OK);
	below_put(t, zero, BLOCK, 0);
	assert_int_equal(get(t, got, BLOCK, 0), SQLITE_IOERR_DATA);
	/* The file was shortened behind our back. */
	assert_int_equal(t->file.lower->pMethods->xTruncate(t->file.lower, BLOCK + 100), SQLITE_OK);
	assert_int_equal(get(t, got, BLOCK, BLOCK), SQLITE_IOERR_DATA);
	assert_int_equal(get(t, got, BLOCK, 3 * BLOCK), SQLITE_IOERR_DATA);
}

/* ---- what goes wrong below ---- */

static int full_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	(void)file;
	(void)data;
	(void)len;
	(void)offset;
	return SQLITE_FULL;
}

static void a_full_disk_is_reported_and_changes_nothing_else(void **state)
{
	struct vault_temp *t = *state;
	const sqlite3_io_methods *whole = t->file.lower->pMethods;
	sqlite3_io_methods full = *whole;
	uint8_t got[BLOCK];

	full.xWrite = full_write;
	assert_int_equal(put(t, "before", 6, 10), SQLITE_OK);
	t->file.lower->pMethods = &full;
	assert_int_equal(put(t, "after!", 6, 16), SQLITE_FULL);
	assert_int_equal(put(t, "after!", 6, 9 * BLOCK), SQLITE_FULL);
	assert_int_equal(get(t, got, 6, 10), SQLITE_OK);
	assert_memory_equal(got, "before", 6);
	assert_int_equal(size_of(t), 16);
	t->file.lower->pMethods = whole;
}

static void hints_are_swallowed_and_nothing_is_mapped(void **state)
{
	struct vault_temp *t = *state;
	sqlite3_int64 hint = 1 << 20;
	int chunk = 1 << 20;

	assert_int_equal(t->file.base.pMethods->xFileControl(&t->file.base, SQLITE_FCNTL_CHUNK_SIZE, &chunk), SQLITE_OK);
	assert_int_equal(t->file.base.pMethods->xFileControl(&t->file.base, SQLITE_FCNTL_SIZE_HINT, &hint), SQLITE_OK);
	assert_int_equal(below_size(t), 0);
	/* Each call gives the limit that the call before has set. */
	for (int i = 0; i < 2; i++) {
		hint = 1 << 20;
		assert_int_equal(t->file.base.pMethods->xFileControl(&t->file.base, SQLITE_FCNTL_MMAP_SIZE, &hint), SQLITE_OK);
		assert_int_equal(hint, 0);
	}
	assert_true(t->file.base.pMethods->iVersion < 3);
}

static void a_file_that_cannot_be_made_gives_no_methods(void **state)
{
	sqlite3_vfs *lower = sqlite3_vfs_find(NULL);
	struct vault_temp *t = calloc(1, sizeof *t + (size_t)lower->szOsFile);
	const char *name = sqlite3_create_filename("/nonexistent/temp", "", "", 0, NULL);
	int flags = FLAGS;

	(void)state;
	assert_non_null(t);
	t->file.lower = (sqlite3_file *)(t + 1);
	assert_int_equal(vault_temp_open(lower, name, t, flags, &flags) & 0xff, SQLITE_CANTOPEN);
	assert_null(t->file.base.pMethods);
	assert_null(t->key);
	sqlite3_free_filename(name);
	free(t);
}

/* ---- the files that SQLite makes ---- */

/* What one walk over the open descriptors saw: SQLite deletes its temporary files as soon as they are open. */
struct sight {
	int file_count;   /* deleted files that hold at least a block */
	bool is_clear;    /* one of them holds the marker */
};

static bool link_is_deleted(const char *entry)
{
	char name[300];
	char target[300];
	ssize_t len;

	snprintf(name, sizeof name, "/proc/self/fd/%s", entry);
	len = readlink(name, target, sizeof target - 1);
	target[len > 0 ? len : 0] = 0;
	return strstr(target, "etilqs_") && strstr(target, "(deleted)");
}

static void descriptor_see(struct sight *s, int fd)
{
	struct stat st;
	char *data;
	ssize_t len;

	if (fstat(fd, &st) != 0 || st.st_size < BLOCK)
		return;
	data = malloc((size_t)st.st_size);
	len = data ? pread(fd, data, (size_t)st.st_size, 0) : -1;
	s->file_count++;
	if (len < BLOCK || memmem(data, (size_t)len, MARKER, sizeof MARKER - 1))
		s->is_clear = true;
	free(data);
}

static void files_see(struct sight *s)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (link_is_deleted(entry->d_name))
			descriptor_see(s, (int)strtol(entry->d_name, NULL, 10));
	if (dir)
		closedir(dir);
}

/* SQL: see() looks at the files, now. */
static void see_sql(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	(void)argc;
	files_see(sqlite3_user_data(context));
	sqlite3_result_value(context, argv[0]);
}

/* Do this in a vault that already has a table t(id, text, other) of 3000 marked rows. */
static struct sight work_seen(const char *sql)
{
	char dir[] = "/tmp/test_temp.XXXXXX";
	struct sight s = { 0, false };
	char path[64];
	sqlite3 *db;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/a.vault", dir);
	assert_int_equal(vault_test_init(NULL), 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_create_function(db, "see", 1, SQLITE_UTF8, &s, see_sql, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA temp_store = FILE; PRAGMA cache_size = 20; CREATE TABLE t(id INT, text TEXT, other INT);"
		"BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
		"INSERT INTO t SELECT i, printf('" MARKER " %d %s', i * 7919 % 3001, hex(zeroblob(300))), i FROM n; COMMIT",
		NULL, NULL, NULL), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
	return s;
}

static void assert_sealed(const char *sql)
{
	struct sight s = work_seen(sql);

	assert_true(s.file_count > 0);
	assert_false(s.is_clear);
}

static void a_statement_journal_is_sealed(void **state)
{
	(void)state;
	/* Pages that the first statement has changed already are kept aside by the second. */
	assert_sealed("CREATE UNIQUE INDEX u ON t(other); BEGIN; UPDATE t SET text = text || 'x';"
		"UPDATE t SET text = text || 'y', other = CASE WHEN id = 2999 THEN see(other) ELSE -id END; ROLLBACK");
}

static void a_sorter_is_sealed(void **state)
{
	(void)state;
	assert_sealed("SELECT CASE WHEN id % 500 = 0 THEN see(id) END FROM (SELECT id, text FROM t ORDER BY text LIMIT -1)");
}

static void a_sorter_of_many_threads_is_sealed(void **state)
{
	(void)state;
	assert_sealed("PRAGMA threads = 4;"
		"SELECT CASE WHEN id % 500 = 0 THEN see(id) END FROM (SELECT id, text FROM t ORDER BY text LIMIT -1)");
}

static void a_temporary_table_is_sealed(void **state)
{
	(void)state;
	assert_sealed("PRAGMA temp.cache_size = 5; CREATE TEMP TABLE s AS SELECT * FROM t; SAVEPOINT a; UPDATE s SET text = text || 'y';"
		"SELECT see(1); ROLLBACK TO a; SELECT see(count(*)) FROM s WHERE text LIKE '%y'");
}

static void what_sqlite_holds_aside_for_a_query_is_sealed(void **state)
{
	(void)state;
	assert_sealed("SELECT see(count(*)) FROM (SELECT DISTINCT text || id AS d FROM t) "
		"JOIN (SELECT text || other AS e FROM t) ON d = e");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_failed_write_costs_no_other_byte_of_its_block),
		TEST(a_block_that_was_not_written_can_be_cut),
		TEST(an_empty_file_reads_as_zeros_with_a_short_read),
		TEST(a_read_over_the_end_gives_what_is_there_and_zeros),
		TEST(holes_and_what_was_cut_off_read_as_zeros),
		TEST(any_order_of_reads_writes_and_cuts_matches_a_plain_buffer),
		TEST(threads_share_one_file),
		TEST(nothing_is_clear_below),
		TEST(a_block_written_twice_differs_below),
		TEST(every_flipped_bit_below_is_an_error),
		TEST(moved_old_and_missing_blocks_are_errors),
		TEST(a_full_disk_is_reported_and_changes_nothing_else),
		TEST(hints_are_swallowed_and_nothing_is_mapped),
		TEST(a_file_that_cannot_be_made_gives_no_methods),
		cmocka_unit_test(a_statement_journal_is_sealed),
		cmocka_unit_test(a_sorter_is_sealed),
		cmocka_unit_test(a_sorter_of_many_threads_is_sealed),
		cmocka_unit_test(a_temporary_table_is_sealed),
		cmocka_unit_test(what_sqlite_holds_aside_for_a_query_is_sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
