/*
 * Examples for proto/base/vault/verify: a page that is older than the others is seen, a cut-off checkpoint is not taken for one, and
 * the record of all pages is settled anew only when that is safe.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/db.h"
#include "proto/base/vault/pages.h"
#include "proto/base/vault/slot.h"
#include "proto/base/vault/vault.h"
#include "tests/lib/vaultkit.h"

#define PAGE(n) (VAULT_PREFIX_BYTES + (size_t)((n) - 1) * VAULT_PAGE_BYTES)
#define FRAME_BYTES 4160
#define WAL_HEAD_BYTES 72

static struct vault_report verified(const struct vault_key *k)
{
	struct vault_report r;

	assert_int_equal(vault_verify(k, NULL, &r), 0);
	return r;
}

/* Write rows and bring them into the file. */
static void rows_add(const struct vaultkit *f, int from, int to)
{
	struct db *db = vaultkit_open(f->path);

	if (from == 1)
		vaultkit_run(db, VAULTKIT_VISIT_TABLE);
	vaultkit_visits_add(db, from, to);
	vaultkit_run(db, "UPDATE visit SET note = note || '' WHERE id = 1");
	db_close(db);
}

static void what_was_closed_is_fresh(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vault_report r = verified(k);
	struct db *db;

	assert_int_equal(r.freshness, VAULT_FRESH); /* just made */
	rows_add(f, 1, 50);
	r = verified(k);
	assert_int_equal(r.freshness, VAULT_FRESH);
	assert_false(r.was_settled);
	assert_true(r.page_count > 5);
	assert_int_equal(r.bad_count, 0);
	db = vaultkit_open(f->path);
	vaultkit_run(db, "DELETE FROM visit WHERE id > 10; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(verified(k).freshness, VAULT_FRESH);
	vaultkit_run(db, "PRAGMA auto_vacuum = FULL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(verified(k).freshness, VAULT_FRESH);
	db_close(db);
	assert_int_equal(vault_copy(k, f->other), 0);
	assert_int_equal(vault_verify(k, f->other, &r), 0);
	assert_int_equal(r.bad_count, 0);
	assert_int_not_equal(r.freshness, VAULT_STALE);
	vault_lock(k);
}

static void each_page_put_back_to_its_older_self_is_stale(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vaultkit_bytes was, is;
	struct vault_report r;
	int stale = 0;

	rows_add(f, 1, 60);
	was = vaultkit_load(f->path);
	rows_add(f, 61, 90);
	is = vaultkit_load(f->path);
	for (size_t at = VAULT_PREFIX_BYTES; at < was.len; at += VAULT_PAGE_BYTES) {
		bool differs = memcmp(was.data + at, is.data + at, VAULT_PAGE_BYTES) != 0;

		vaultkit_put(f->path, at, was.data + at, VAULT_PAGE_BYTES);
		r = verified(k);
		assert_int_equal(r.bad_count, 0);
		assert_int_equal(r.freshness, differs ? VAULT_STALE : VAULT_FRESH);
		assert_false(r.was_settled);
		stale += differs;
		vaultkit_put(f->path, at, is.data + at, VAULT_PAGE_BYTES);
	}
	assert_true(stale >= 2);
	assert_int_equal(verified(k).freshness, VAULT_FRESH);
	/* All pages old under the new record, and the new pages under the old record. */
	vaultkit_save(f->path, is.data, PAGE(1));
	vaultkit_put(f->path, PAGE(1), was.data + PAGE(1), was.len - PAGE(1));
	assert_int_equal(verified(k).freshness, VAULT_STALE);
	vaultkit_save(f->path, is.data, is.len);
	vaultkit_put(f->path, VAULT_RECORD_OFFSET, was.data + VAULT_RECORD_OFFSET, VAULT_RECORD_BYTES);
	assert_int_equal(verified(k).freshness, VAULT_STALE);
	/* The whole older file says of itself that it is fresh: only somebody else can know better. */
	vaultkit_save(f->path, was.data, was.len);
	assert_int_equal(verified(k).freshness, VAULT_FRESH);
	free(was.data);
	free(is.data);
	vault_lock(k);
}

static void lost_and_added_pages_are_stale(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vaultkit_bytes b;
	struct vault_report r;

	rows_add(f, 1, 60);
	b = vaultkit_load(f->path);
	assert_int_equal(truncate(f->path, (off_t)(b.len - VAULT_PAGE_BYTES)), 0);
	assert_int_equal(verified(k).freshness, VAULT_STALE);
	vaultkit_save(f->path, b.data, b.len);
	vaultkit_put(f->path, b.len, b.data + PAGE(2), VAULT_PAGE_BYTES);
	r = verified(k);
	assert_int_equal(r.bad_count, 1); /* page 2 in another place */
	assert_int_equal(r.freshness, VAULT_UNKNOWN);
	free(b.data);
	vault_lock(k);
}

static void a_damaged_record_is_unknown_once_and_then_settled(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vault_report r;
	struct db *db;

	rows_add(f, 1, 60);
	for (size_t at = 0; at < VAULT_RECORD_BYTES; at += 511) {
		struct vaultkit_bytes b = vaultkit_load(f->path); /* each settling writes another record */
		uint8_t bad = b.data[VAULT_RECORD_OFFSET + at] ^ 1;

		free(b.data);
		vaultkit_put(f->path, VAULT_RECORD_OFFSET + at, &bad, 1);
		r = verified(k);
		assert_int_equal(r.freshness, VAULT_UNKNOWN);
		assert_true(r.was_settled);
		r = verified(k);
		assert_int_equal(r.freshness, VAULT_FRESH);
		assert_false(r.was_settled);
	}
	db = vaultkit_open(f->path);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), 60);
	assert_int_equal(vaultkit_number(db, "PRAGMA auto_vacuum"), 0);
	db_close(db);
	rows_add(f, 61, 70); /* a checkpoint goes on from the settled record */
	assert_int_equal(verified(k).freshness, VAULT_FRESH);
	vault_lock(k);
}

static void a_bad_page_is_never_settled_over(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vault_report r;
	struct vaultkit_bytes b;
	uint8_t junk[8] = { 1 };

	rows_add(f, 1, 60);
	vaultkit_put(f->path, VAULT_RECORD_OFFSET + 100, junk, sizeof junk);
	vaultkit_put(f->path, PAGE(3) + 100, junk, sizeof junk);
	b = vaultkit_load(f->path);
	r = verified(k);
	assert_int_equal(r.bad_count, 1);
	assert_int_equal(r.first_bad_page, 3);
	assert_int_equal(r.freshness, VAULT_UNKNOWN);
	assert_false(r.was_settled);
	vaultkit_assert_same(f->path, &b);
	free(b.data);
	vault_lock(k);
}

/* A child is killed by itself in the middle of a checkpoint: after so many writes of pages. */
static int writes_left;
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);

static ssize_t dying_pwrite(int fd, const void *data, size_t len, off_t offset)
{
	if (offset >= VAULT_PREFIX_BYTES && writes_left-- == 0)
		kill(getpid(), SIGKILL);
	return real_pwrite(fd, data, len, offset);
}

static void a_checkpoint_that_was_cut_off_is_unknown_and_never_stale(void **state)
{
	struct vaultkit *f = *state;
	struct vault_report r;
	struct vault_key *k;
	struct vaultkit_bytes b, w;
	int unknown = 0;

	vaultkit_crash(f, 30, 60);
	b = vaultkit_load(f->path);
	w = vaultkit_load(f->wal);
	for (int n = 0; n < 12; n++) {
		int status;
		pid_t child;

		vaultkit_save(f->path, b.data, b.len);
		vaultkit_save(f->wal, w.data, w.len);
		child = fork();
		if (child == 0) {
			sqlite3_vfs *v = sqlite3_vfs_find("unix");
			const char *name = v->xGetSystemCall(v, "pwrite64") ? "pwrite64" : "pwrite";
			struct db *db;

			k = vaultkit_unlock(f);
			db = vaultkit_open(f->path);
			real_pwrite = (ssize_t (*)(int, const void *, size_t, off_t))v->xGetSystemCall(v, name);
			writes_left = n;
			v->xSetSystemCall(v, name, (sqlite3_syscall_ptr)dying_pwrite);
			vaultkit_run(db, "PRAGMA wal_checkpoint(PASSIVE)");
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		k = vaultkit_unlock(f);
		r = verified(k);
		assert_int_equal(r.bad_count, 0);
		assert_int_not_equal(r.freshness, VAULT_STALE);
		unknown += r.freshness == VAULT_UNKNOWN && r.was_settled;
		assert_int_equal(verified(k).freshness, VAULT_FRESH);
		vault_lock(k);
	}
	assert_true(unknown >= 5);
	free(b.data);
	free(w.data);
}

static void frames_of_the_log_are_counted(void **state)
{
	struct vaultkit *f = *state;
	struct vaultkit_bytes w;
	struct vault_key *k;
	struct vault_report r;
	struct db *db;
	uint64_t all;

	vaultkit_crash(f, 5, 20);
	w = vaultkit_load(f->wal);
	k = vaultkit_unlock(f);
	r = verified(k);
	all = (w.len - WAL_HEAD_BYTES) / FRAME_BYTES;
	assert_true(all >= 20);
	assert_int_equal(r.frame_count, all);
	assert_int_equal(r.freshness, VAULT_FRESH);
	vaultkit_put(f->wal, WAL_HEAD_BYTES + 7 * FRAME_BYTES + 500, "torn", 4);
	assert_int_equal(verified(k).frame_count, 7);
	vaultkit_put(f->wal, 10, "torn", 4);
	assert_int_equal(verified(k).frame_count, 0);
	vaultkit_save(f->wal, w.data, w.len);
	db = vaultkit_open(f->path);
	vaultkit_run(db, "PRAGMA wal_checkpoint(RESTART)");
	vaultkit_visits_add(db, 26, 26); /* begins the log again, over frames of before */
	assert_true(verified(k).frame_count < all);
	assert_true(verified(k).frame_count >= 1);
	db_close(db);
	assert_int_equal(verified(k).frame_count, 0);
	free(w.data);
	vault_lock(k);
}

/* Somebody writes and checkpoints all the while: whatever is said meanwhile, "stale" and "bad" never are. */
static void somebody_writing_is_never_taken_for_damage(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	int status, go[2];
	char c;
	pid_t child;

	rows_add(f, 1, 60);
	assert_int_equal(pipe(go), 0);
	child = fork();
	if (child == 0) {
		struct db *db = vaultkit_open(f->path);

		vaultkit_run(db, "PRAGMA wal_autocheckpoint = 4");
		if (write(go[1], "x", 1) != 1)
			_exit(1);
		for (int i = 61; i <= 400; i++)
			vaultkit_visits_add(db, i, i);
		db_close(db);
		_exit(0);
	}
	assert_int_equal(read(go[0], &c, 1), 1);
	while (waitpid(child, &status, WNOHANG) == 0) {
		struct vault_report r = verified(k);

		assert_int_equal(r.bad_count, 0);
		assert_int_not_equal(r.freshness, VAULT_STALE);
	}
	assert_int_equal(status, 0);
	assert_int_equal(verified(k).bad_count, 0);
	assert_int_not_equal(verified(k).freshness, VAULT_STALE);
	assert_int_equal(verified(k).freshness, VAULT_FRESH);
	close(go[0]);
	close(go[1]);
	vault_lock(k);
}

/* A reader of old data keeps the log from being emptied: then nothing is settled, and nothing is claimed. */
static void while_the_log_cannot_be_emptied_nothing_is_settled(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct db *reader, *writer;
	struct vault_report r;
	uint8_t record[VAULT_RECORD_BYTES] = { 0 };

	rows_add(f, 1, 10);
	vaultkit_put(f->path, VAULT_RECORD_OFFSET, record, sizeof record);
	reader = vaultkit_open(f->path);
	writer = vaultkit_open(f->path);
	vaultkit_run(writer, "PRAGMA wal_autocheckpoint = 0");
	vaultkit_visits_add(writer, 11, 11);
	vaultkit_run(reader, "BEGIN");
	assert_int_equal(vaultkit_number(reader, "SELECT count(*) FROM visit"), 11);
	vaultkit_visits_add(writer, 12, 12);
	r = verified(k);
	assert_int_equal(r.bad_count, 0);
	assert_int_equal(r.freshness, VAULT_UNKNOWN);
	assert_false(r.was_settled);
	vaultkit_run(reader, "ROLLBACK");
	r = verified(k);
	assert_true(r.was_settled);
	assert_int_equal(verified(k).freshness, VAULT_FRESH);
	db_close(reader);
	db_close(writer);
	assert_int_equal(verified(k).freshness, VAULT_FRESH);
	vault_lock(k);
}

static void another_key_verifies_nothing(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vault_report r;

	assert_int_equal(vault_create(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, NULL, &VAULTKIT_WEAK), 0);
	assert_int_equal(vault_verify(k, f->other, &r), ERR_AUTH);
	assert_int_equal(r.freshness, VAULT_UNKNOWN);
	vault_lock(k);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, vaultkit_setup, vaultkit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_closed_is_fresh),
		TEST(each_page_put_back_to_its_older_self_is_stale),
		TEST(lost_and_added_pages_are_stale),
		TEST(a_damaged_record_is_unknown_once_and_then_settled),
		TEST(a_bad_page_is_never_settled_over),
		TEST(a_checkpoint_that_was_cut_off_is_unknown_and_never_stale),
		TEST(frames_of_the_log_are_counted),
		TEST(somebody_writing_is_never_taken_for_damage),
		TEST(while_the_log_cannot_be_emptied_nothing_is_settled),
		TEST(another_key_verifies_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
