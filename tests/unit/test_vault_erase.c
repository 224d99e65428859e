/*
 * Examples for proto/base/vault/erase: after it nothing opens what is left, whoever had which key, and wherever it was cut off.
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/db.h"
#include "proto/base/vault/slot.h"
#include "proto/base/vault/vault.h"
#include "tests/lib/vaultkit.h"

/* The step before which the process is killed; 0: none. Steps are the changes that reach the system. */
static int last_step;
static int step;

static void step_take(void)
{
	if (last_step && ++step == last_step)
		kill(getpid(), SIGKILL);
}

/* These stand before the C library's own. */
int fsync(int fd)
{
	(void)fd;
	step_take();
	return 0;
}

int fdatasync(int fd)
{
	return fsync(fd);
}

int unlink(const char *path)
{
	step_take();
	return unlinkat(AT_FDCWD, path, 0);
}

static void fill(const struct vaultkit *f)
{
	struct vault_key *k = vaultkit_unlock(f);

	vaultkit_small(f);
	vault_lock(k);
}

static void an_erased_vault_is_gone_with_all_that_was_beside_it(void **state)
{
	static const char *const ENDS[] = {
		"", "-wal", "-shm", "-journal", ".part", ".part-wal", ".rekey", ".rekey-wal", ".rekey-journal",
	};
	struct vaultkit *f = *state;
	struct vault_key *k;

	vaultkit_crash(f, 5, 5);
	for (size_t i = 3; i < sizeof ENDS / sizeof ENDS[0]; i++) {
		char name[VAULTKIT_PATH_BYTES + 16];

		snprintf(name, sizeof name, "%s%s", f->path, ENDS[i]);
		vaultkit_save(name, "beside", 6);
	}
	assert_int_equal(vault_erase(f->path), 0);
	for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
		char name[VAULTKIT_PATH_BYTES + 16];

		snprintf(name, sizeof name, "%s%s", f->path, ENDS[i]);
		assert_int_equal(access(name, F_OK), -1);
	}
	assert_int_equal(vault_unlock(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), ERR_NOT_FOUND);
	assert_int_equal(vault_erase(f->path), ERR_NOT_FOUND);
}

/* The blocks, looked at through another name. */
static void no_byte_of_a_slot_or_a_page_is_left_in_the_blocks(void **state)
{
	struct vaultkit *f = *state;
	struct vaultkit_bytes was, left;

	fill(f);
	was = vaultkit_load(f->path);
	assert_int_equal(link(f->path, f->other), 0);
	assert_int_equal(vault_erase(f->path), 0);
	left = vaultkit_load(f->other);
	for (size_t at = 0; at + 16 <= was.len && at + 16 <= left.len; at += 16)
		if (at < VAULT_COPIES_BYTES && !sodium_is_zero(was.data + at, 16))
			assert_memory_not_equal(left.data + at, was.data + at, 16);
	free(was.data);
	free(left.data);
}

/* With the data key in hand, and every prefix copy that could be dug out but the slots', the pages alone prove nothing. */
static void not_even_the_unlocked_key_opens_what_is_left(void **state)
{
	struct vaultkit *f = *state;
	struct vault_report report;
	struct vault_key *k;
	struct db *db;

	fill(f);
	k = vaultkit_unlock(f);
	assert_int_equal(link(f->path, f->other), 0);
	assert_int_equal(vault_erase(f->path), 0);
	assert_int_equal(vault_verify(k, f->other, &report), ERR_AUTH);
	assert_int_not_equal(db_open(f->other, NULL, &db), 0);
	vault_lock(k);
	assert_int_equal(vault_unlock(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), ERR_CORRUPT);
}

static void an_open_vault_is_not_erased(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k;
	struct vaultkit_bytes b;
	struct db *db;
	int status, to_child[2], to_parent[2];
	pid_t child;
	char c = 0;

	fill(f);
	b = vaultkit_load(f->path);
	assert_int_equal(pipe(to_child), 0);
	assert_int_equal(pipe(to_parent), 0);
	child = fork();
	if (child == 0) {
		k = vaultkit_unlock(f);
		db = vaultkit_open(f->path);
		if (vaultkit_number(db, "SELECT count(*) FROM visit") != 6)
			_exit(1);
		if (write(to_parent[1], &c, 1) != 1 || read(to_child[0], &c, 1) != 1)
			_exit(1);
		c = (char)vaultkit_number(db, "SELECT count(*) FROM visit");
		db_close(db);
		_exit(c == 6 ? 0 : 1);
	}
	assert_int_equal(read(to_parent[0], &c, 1), 1);
	assert_int_equal(vault_erase(f->path), ERR_BUSY);
	assert_int_equal(write(to_child[1], &c, 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	vaultkit_assert_same(f->path, &b);
	k = vaultkit_unlock(f);
	db = vaultkit_open(f->path);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), 6);
	assert_int_equal(vault_erase(f->path), ERR_BUSY); /* this process is somebody too */
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), 6);
	db_close(db);
	vault_lock(k);
	assert_int_equal(vault_erase(f->path), 0);
	for (int i = 0; i < 2; i++) {
		close(to_child[i]);
		close(to_parent[i]);
	}
	free(b.data);
}

static void a_vault_that_no_passphrase_opens_any_more_is_erased_too(void **state)
{
	struct vaultkit *f = *state;
	uint8_t junk[VAULT_COPY_BYTES];

	fill(f);
	randombytes_buf(junk, sizeof junk);
	vaultkit_put(f->path, 0, junk, sizeof junk);
	vaultkit_put(f->path, VAULT_COPY_BYTES, junk, sizeof junk);
	assert_int_equal(vault_erase(f->path), 0);
	assert_int_equal(access(f->path, F_OK), -1);
}

static void what_is_no_file_is_not_erased(void **state)
{
	struct vaultkit *f = *state;

	assert_int_equal(vault_erase(f->dir), ERR_IO);
	assert_int_equal(vault_erase(f->other), ERR_NOT_FOUND);
	assert_int_equal(access(f->path, F_OK), 0);
}

static void cut_off_at_any_step_it_opens_or_is_erased_by_the_next_run(void **state)
{
	struct vaultkit *f = *state;
	struct vaultkit_bytes start;
	int opened = 0, gone = 0;
	bool again = true;

	fill(f);
	start = vaultkit_load(f->path);
	for (int at = 1; again; at++) {
		struct vault_key *k;
		int status, rc;
		pid_t child = fork();

		if (child == 0) {
			last_step = at;
			_exit(vault_erase(f->path) == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		again = WIFSIGNALED(status);
		assert_true(again || WEXITSTATUS(status) == 0);
		rc = vault_unlock(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k);
		vault_lock(k);
		assert_true(rc == 0 || rc == ERR_CORRUPT || rc == ERR_NOT_FOUND);
		opened += rc == 0;
		gone += rc != 0;
		rc = vault_erase(f->path);
		assert_true(rc == 0 || rc == ERR_NOT_FOUND);
		assert_int_equal(access(f->path, F_OK), -1);
		vaultkit_save(f->path, start.data, start.len);
	}
	assert_int_equal(opened, 0); /* the first step is after the first overwriting */
	assert_true(gone > 3);
	free(start.data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, vaultkit_setup, vaultkit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_erased_vault_is_gone_with_all_that_was_beside_it),
		TEST(no_byte_of_a_slot_or_a_page_is_left_in_the_blocks),
		TEST(not_even_the_unlocked_key_opens_what_is_left),
		TEST(an_open_vault_is_not_erased),
		TEST(a_vault_that_no_passphrase_opens_any_more_is_erased_too),
		TEST(what_is_no_file_is_not_erased),
		TEST(cut_off_at_any_step_it_opens_or_is_erased_by_the_next_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
