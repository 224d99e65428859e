/*
 * Examples for vault_harden_process() and vault_lock(): what a vault held is nowhere in the process after it was closed and locked.
 *
 * The process reads all of its own writable memory. What is looked for is kept here only under a mask, or the search would find itself.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/db.h"
#include "proto/base/vault/prefix.h"
#include "tests/lib/vaultkit.h"

#define MASK 0x5a
#define NEEDLE_BYTES 32
#define WINDOW_BYTES (1 << 20)
#define MAPPING_BYTES_MAX (INT64_C(1) << 30) /* larger ones are a sanitizer's, not ours */
#define ROW_COUNT 400

static int memory = -1; /* /proc/self/mem, opened while the process could still be looked at */
static uint8_t window[WINDOW_BYTES];

struct needle {
	uint8_t masked[NEEDLE_BYTES];
};

static struct needle needle_of(const uint8_t *secret)
{
	struct needle n;

	for (size_t i = 0; i < NEEDLE_BYTES; i++)
		n.masked[i] = secret[i] ^ MASK;
	return n;
}

static unsigned count_in(const uint8_t *at, size_t len, const struct needle *n)
{
	const uint8_t *end = at + len;
	unsigned found = 0;

	while (len >= NEEDLE_BYTES && (at = memchr(at, n->masked[0] ^ MASK, (size_t)(end - at))) != NULL && end - at >= NEEDLE_BYTES) {
		size_t same = 1;

		while (same < NEEDLE_BYTES && (at[same] ^ MASK) == n->masked[same])
			same++;
		found += same == NEEDLE_BYTES;
		at++;
	}
	return found;
}

static unsigned count_between(uint64_t from, uint64_t to, const struct needle *n)
{
	unsigned found = 0;

	while (to - from >= NEEDLE_BYTES) {
		size_t want = to - from < sizeof window ? (size_t)(to - from) : sizeof window;
		ssize_t got = pread(memory, window, want, (off_t)from);

		if (got < NEEDLE_BYTES)
			break;
		found += count_in(window, (size_t)got, n);
		from += (uint64_t)got - NEEDLE_BYTES + 1;
	}
	return found;
}

/* How often it stands in writable memory, but for the window through which we look. */
static unsigned count_of(const struct needle *n)
{
	const uint64_t ours = (uint64_t)(uintptr_t)window;
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long long from, to;
	unsigned found = 0;
	char line[4352];
	char rights[8];

	assert_non_null(maps);
	while (fgets(line, sizeof line, maps)) {
		char *end;

		from = strtoull(line, &end, 16);
		to = strtoull(end + 1, &end, 16);
		snprintf(rights, sizeof rights, "%.4s", end + 1);
		if (strncmp(rights, "rw", 2) != 0 || (int64_t)(to - from) > MAPPING_BYTES_MAX)
			continue;
		if (from <= ours && ours < to) {
			found += count_between(from, ours, n);
			found += count_between(ours + sizeof window, to, n);
		} else {
			found += count_between(from, to, n);
		}
	}
	fclose(maps);
	sodium_memzero(window, sizeof window);
	return found;
}

/* A table whose rows all hold one random text, and an index over it. */
static struct needle rows_write(struct vaultkit *f)
{
	uint8_t half[NEEDLE_BYTES / 2];
	char *text = sodium_malloc(NEEDLE_BYTES + 1);
	struct db *db = vaultkit_open(f->path);
	struct needle n;
	struct db_stmt *s;

	assert_non_null(text);
	randombytes_buf(half, sizeof half);
	sodium_bin2hex(text, NEEDLE_BYTES + 1, half, sizeof half);
	sodium_memzero(half, sizeof half);
	n = needle_of((const uint8_t *)text);
	vaultkit_run(db, "CREATE TABLE said(id INTEGER PRIMARY KEY, text TEXT)");
	vaultkit_run(db, "CREATE INDEX said_text ON said(text)");
	assert_int_equal(db_begin(db), 0);
	for (int i = 0; i < ROW_COUNT; i++) {
		assert_int_equal(db_prepare(db, "INSERT INTO said(text) VALUES (?1)", &s), 0);
		db_bind_text(s, 1, text);
		assert_int_equal(db_run(s), 0);
	}
	assert_int_equal(db_commit(db), 0);
	sodium_free(text);
	db_close(db);
	return n;
}

static void rows_that_were_read_are_gone_from_memory_after_closing(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct needle n = rows_write(f);
	struct db *db = vaultkit_open(f->path);

	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM said WHERE length(text || id) > 32 AND text > ''"), ROW_COUNT);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM (SELECT text, id FROM said ORDER BY id % 7, text)"), ROW_COUNT);
	assert_true(count_of(&n) > 0); /* SQLite's cache holds them: the search can find something */
	db_close(db);
	vault_lock(k);
	assert_int_equal(count_of(&n), 0);
}

static void keys_are_gone_from_memory_after_locking(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vault_file_keys *keys = sodium_malloc(sizeof *keys);
	struct needle n[5];
	struct vault_prefix p;
	struct db *db;

	assert_non_null(keys);
	assert_int_equal(vault_prefix_load_path(f->path, k->data_key, &p, NULL), 0);
	vault_file_keys_derive(k->data_key, &p, keys);
	n[0] = needle_of(k->data_key);
	n[1] = needle_of(keys->page);
	n[2] = needle_of(keys->wal);
	n[3] = needle_of(keys->record);
	n[4] = needle_of(keys->journal);
	sodium_free(keys);
	rows_write(f);
	db = vaultkit_open(f->path);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM said"), ROW_COUNT);
	for (size_t i = 0; i < 4; i++)
		assert_true(count_of(&n[i]) > 0);
	db_close(db);
	vault_lock(k);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(count_of(&n[i]), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, vaultkit_setup, vaultkit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_that_were_read_are_gone_from_memory_after_closing),
		TEST(keys_are_gone_from_memory_after_locking),
	};

	memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	if (memory < 0 || vault_harden_process() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
