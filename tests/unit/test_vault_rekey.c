/*
 * Examples for proto/base/vault/rekey: a new data key, and what is left when the run is cut off at any step.
 *
 * The steps are counted where they reach the system: SQLite's write, truncate and unlink through its own table of system calls, and
 * rename, fsync and fdatasync, which this program defines itself. A child is killed before its step N, for N = 1, 2, ... until it comes
 * through; for a power cut it first takes back what was not synced, newest first, and the renaming too when the directory was not.
 * Nothing here is really synced, since no power is really cut. Everybody here is invented.
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

#define NEW "new passphrase"
#define NEW_LEN (sizeof NEW - 1)
#define ROWS 40
#define UNDO_MAX 4096
#define FILE_MAX 32

/* ---- steps, kills and power cuts ---- */

enum cut {
	CUT_NONE,
	CUT_KILL,             /* the process dies; the system goes on */
	CUT_POWER,            /* what was not synced is gone, the renaming too */
	CUT_POWER_RENAMED,    /* the same, but the renaming came through */
	CUT_FULL,             /* nobody dies: from this step on SQLite's writes fail for want of space */
};

/* How to take one change back. */
struct undo {
	int file;             /* in `files` */
	off_t offset;
	off_t size;           /* of the file before */
	uint8_t *bytes;       /* what was there, `len` of them */
	size_t len;
};

/* A file that was changed; kept open, since its name may change. */
struct changed {
	dev_t dev;
	ino_t ino;
	int fd;
};

static enum cut cut;
static int step;
static int last_step;         /* the step that is not taken */
static struct undo undos[UNDO_MAX];
static int undo_count;
static struct changed files[FILE_MAX];
static int file_count;
static char renamed_from[VAULTKIT_PATH_BYTES + 16], renamed_to[VAULTKIT_PATH_BYTES + 16], saved[VAULTKIT_PATH_BYTES + 16];
static bool is_rename_loose;  /* not synced yet */

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_unlink)(const char *);

static void power_off(void)
{
	while (undo_count > 0) {
		struct undo *u = &undos[--undo_count];

		if (u->len && pwrite(files[u->file].fd, u->bytes, u->len, u->offset) != (ssize_t)u->len)
			_exit(99);
		if (ftruncate(files[u->file].fd, u->size) != 0)
			_exit(99);
	}
	if (is_rename_loose && cut == CUT_POWER) {
		if (renameat(AT_FDCWD, renamed_to, AT_FDCWD, renamed_from) != 0 || renameat(AT_FDCWD, saved, AT_FDCWD, renamed_to) != 0)
			_exit(99);
	}
}

static void step_take(void)
{
	if (cut == CUT_NONE || ++step != last_step || cut == CUT_FULL)
		return;
	if (cut != CUT_KILL)
		power_off();
	kill(getpid(), SIGKILL);
}

static int file_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return -1;
	for (int i = 0; i < file_count; i++)
		if (files[i].dev == st.st_dev && files[i].ino == st.st_ino)
			return i;
	if (file_count == FILE_MAX)
		_exit(98);
	files[file_count] = (struct changed){ st.st_dev, st.st_ino, dup(fd) };
	return file_count++;
}

/* Remember what `len` bytes at `offset` were, and the size. */
static void undo_add(int fd, size_t len, off_t offset)
{
	struct undo u = { .file = file_of(fd), .offset = offset };
	struct stat st;
	ssize_t got;

	if (cut == CUT_NONE || cut == CUT_KILL || cut == CUT_FULL || u.file < 0)
		return;
	if (undo_count == UNDO_MAX || fstat(fd, &st) != 0)
		_exit(98);
	u.size = st.st_size;
	u.bytes = malloc(len + 1);
	got = pread(fd, u.bytes, len, offset);
	u.len = got > 0 ? (size_t)got : 0;
	undos[undo_count++] = u;
}

static ssize_t counted_pwrite(int fd, const void *data, size_t len, off_t offset)
{
	step_take();
	if (cut == CUT_FULL && step >= last_step) {
		errno = ENOSPC;
		return -1;
	}
	undo_add(fd, len, offset);
	return real_pwrite(fd, data, len, offset);
}

static int counted_ftruncate(int fd, off_t size)
{
	struct stat st;

	step_take();
	if (fstat(fd, &st) == 0 && st.st_size > size)
		undo_add(fd, (size_t)(st.st_size - size), size);
	else
		undo_add(fd, 0, 0);
	return real_ftruncate(fd, size);
}

static int counted_unlink(const char *path)
{
	step_take();
	return real_unlink(path);
}

/* These three stand before the C library's own. */
int rename(const char *from, const char *to)
{
	step_take();
	if (cut != CUT_NONE) {
		snprintf(renamed_from, sizeof renamed_from, "%s", from);
		snprintf(renamed_to, sizeof renamed_to, "%s", to);
		snprintf(saved, sizeof saved, "%s.saved", to);
		if (link(to, saved) != 0)
			return -1;
		is_rename_loose = true;
	}
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static int counted_sync(int fd)
{
	struct stat st;
	int file = file_of(fd);
	int kept = 0;

	step_take();
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		is_rename_loose = false;
	for (int i = 0; i < undo_count; i++)
		if (undos[i].file == file)
			free(undos[i].bytes);
		else
			undos[kept++] = undos[i];
	undo_count = kept;
	return 0;
}

int fsync(int fd)
{
	return cut == CUT_NONE ? 0 : counted_sync(fd);
}

int fdatasync(int fd)
{
	return cut == CUT_NONE ? 0 : counted_sync(fd);
}

/* Count from here on; in a child only. */
static void steps_begin(enum cut how, int at)
{
	sqlite3_vfs *unix_vfs = sqlite3_vfs_find("unix");
	const char *name = unix_vfs->xGetSystemCall(unix_vfs, "pwrite64") ? "pwrite64" : "pwrite";

	real_pwrite = (ssize_t (*)(int, const void *, size_t, off_t))unix_vfs->xGetSystemCall(unix_vfs, name);
	real_ftruncate = (int (*)(int, off_t))unix_vfs->xGetSystemCall(unix_vfs, "ftruncate");
	real_unlink = (int (*)(const char *))unix_vfs->xGetSystemCall(unix_vfs, "unlink");
	assert_non_null(real_pwrite);
	unix_vfs->xSetSystemCall(unix_vfs, name, (sqlite3_syscall_ptr)counted_pwrite);
	unix_vfs->xSetSystemCall(unix_vfs, "ftruncate", (sqlite3_syscall_ptr)counted_ftruncate);
	unix_vfs->xSetSystemCall(unix_vfs, "unlink", (sqlite3_syscall_ptr)counted_unlink);
	step = 0;
	last_step = at;
	cut = how;
}

/* ---- a vault to work on ---- */

static int opens(const char *path, const char *passphrase)
{
	struct vault_key *k;
	int rc = vault_unlock(path, passphrase, strlen(passphrase), &k);

	vault_lock(k);
	return rc;
}

static void name_of(const struct vaultkit *f, const char *end, char out[static VAULTKIT_PATH_BYTES + 16])
{
	snprintf(out, VAULTKIT_PATH_BYTES + 16, "%s%s", f->path, end);
}

static bool exists(const struct vaultkit *f, const char *end)
{
	char name[VAULTKIT_PATH_BYTES + 16];

	name_of(f, end, name);
	return access(name, F_OK) == 0;
}

static void rows_are_right(const char *path)
{
	struct db *db = vaultkit_open(path);

	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), ROWS);
	assert_int_equal(vaultkit_number(db, VAULTKIT_VISIT_WRONG_COUNT), 0);
	assert_int_equal(vaultkit_number(db, "PRAGMA user_version"), 17);
	assert_int_equal(vaultkit_number(db, "PRAGMA page_size"), 4096);
	assert_int_equal(db_check(db), 0);
	db_close(db);
}

static void fill(const struct vaultkit *f)
{
	struct vault_key *k = vaultkit_unlock(f);
	struct db *db = vaultkit_open(f->path);

	vaultkit_run(db, VAULTKIT_VISIT_TABLE);
	vaultkit_visits_add(db, 1, ROWS);
	vaultkit_run(db, "PRAGMA user_version = 17");
	db_close(db);
	vault_lock(k);
}

static int rekey(struct vault_key **k, char *recovery, unsigned *dropped)
{
	return vault_rekey(k, NEW, NEW_LEN, &VAULTKIT_WEAK, recovery, dropped);
}

/* ---- what a new key means ---- */

static void a_new_key_keeps_the_data_and_nothing_old_opens(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k, *old;
	uint8_t before[VAULT_SUBKEY_BYTES], after[VAULT_SUBKEY_BYTES];
	struct vaultkit_bytes was, is;
	struct vault_report report;
	struct vault_status s;
	struct stat st;
	unsigned dropped = 9;

	fill(f);
	was = vaultkit_load(f->path);
	k = vaultkit_unlock(f);
	old = vaultkit_unlock(f);
	assert_int_equal(vault_derive(k, "x", before), 0);
	assert_int_equal(rekey(&k, NULL, &dropped), 0);
	assert_int_equal(dropped, 0);
	assert_int_equal(vault_derive(k, "x", after), 0);
	assert_memory_not_equal(before, after, sizeof before);
	rows_are_right(f->path);
	assert_int_equal(vault_verify(k, NULL, &report), 0);
	assert_int_equal(report.bad_count, 0);
	assert_int_equal(report.prefix_count, 2);
	assert_int_equal(report.freshness, VAULT_FRESH);
	assert_int_equal(vault_status(NULL, k, &s), 0);
	assert_true(s.is_wal_only);
	/* The old data key, still in this process, proves nothing of the new file. */
	assert_int_equal(vault_status(f->path, old, &s), ERR_AUTH);
	assert_int_equal(vault_verify(old, f->path, &report), ERR_AUTH);
	vault_lock(k);
	{
		struct db *db;

		assert_int_equal(db_open(f->path, NULL, &db), ERR_AUTH);
	}
	vault_lock(old);
	assert_int_equal(opens(f->path, VAULTKIT_PASS), ERR_AUTH);
	assert_int_equal(opens(f->path, NEW), 0);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* Neither an old page nor an old prefix copy fits into the new file. */
	is = vaultkit_load(f->path);
	assert_memory_not_equal(was.data + 24, is.data + 24, 32);
	vaultkit_put(f->path, VAULT_COPY_BYTES, was.data, VAULT_COPY_BYTES);
	assert_int_equal(opens(f->path, NEW), 0);
	vaultkit_put(f->path, VAULT_PREFIX_BYTES, was.data + VAULT_PREFIX_BYTES, VAULT_PAGE_BYTES);
	assert_int_equal(vault_unlock(f->path, NEW, NEW_LEN, &k), 0);
	assert_int_equal(vault_verify(k, NULL, &report), 0);
	assert_int_equal(report.first_bad_page, 1);
	vault_lock(k);
	free(was.data);
	free(is.data);
}

static void what_only_the_log_held_comes_along(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k;
	struct vaultkit_bytes w;
	struct db *db;
	unsigned dropped;

	vaultkit_crash(f, 10, 20);
	k = vaultkit_unlock(f);
	assert_int_equal(rekey(&k, NULL, &dropped), 0);
	w = vaultkit_load(f->wal);
	assert_int_equal(w.len, 0); /* nothing under the old key is left beside the new file */
	free(w.data);
	db = vaultkit_open(f->path);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), 30);
	assert_int_equal(vaultkit_number(db, VAULTKIT_VISIT_WRONG_COUNT), 0);
	vaultkit_visits_add(db, 31, 33);
	db_close(db);
	vault_lock(k);
}

static void slots_are_made_anew_or_dropped_and_counted(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES];
	char old_text[VAULT_RECOVERY_TEXT_BYTES], text[VAULT_RECOVERY_TEXT_BYTES];
	struct vault_status s;
	struct vault_key *other;
	unsigned dropped, index;

	crypto_box_keypair(pk, sk);
	assert_int_equal(vault_slot_add_org(k, pk, &index), 0);
	assert_int_equal(vault_slot_add(k, VAULT_SLOT_SECOND, "second", 6, &VAULTKIT_WEAK, &index), 0);
	assert_int_equal(vault_slot_add_recovery(k, old_text, &index), 0);
	assert_int_equal(rekey(&k, text, &dropped), 0);
	assert_int_equal(dropped, 1);
	assert_string_not_equal(text, old_text);
	assert_int_equal(vault_org_check(k, pk), 0);
	assert_int_equal(vault_status(NULL, k, &s), 0);
	assert_int_equal(s.slots[0].kind, VAULT_SLOT_PASSPHRASE);
	assert_int_equal(s.slots[1].kind, VAULT_SLOT_ORG);
	assert_int_equal(s.slots[2].kind, VAULT_SLOT_RECOVERY);
	assert_int_equal(s.slots[3].kind, VAULT_SLOT_EMPTY);
	assert_int_equal(vault_unlock_org(f->path, pk, sk, &other), 0);
	vault_lock(other);
	assert_int_equal(vault_unlock_recovery(f->path, text, strlen(text), &other), 0);
	vault_lock(other);
	assert_int_equal(vault_unlock_recovery(f->path, old_text, strlen(old_text), &other), ERR_AUTH);
	assert_int_equal(opens(f->path, "second"), ERR_AUTH);
	assert_int_equal(rekey(&k, NULL, &dropped), 0); /* the recovery key is dropped */
	assert_int_equal(dropped, 1);
	assert_int_equal(vault_unlock_recovery(f->path, text, strlen(text), &other), ERR_AUTH);
	assert_int_equal(rekey(&k, text, &dropped), 0); /* and not made from nothing */
	assert_string_equal(text, "");
	vault_lock(k);
}

static void a_lease_goes_on_under_the_new_key(void **state)
{
	static const uint8_t SHARE[VAULT_SHARE_BYTES] = { 3 };
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vaultkit_bytes b;
	unsigned dropped;

	assert_int_equal(vault_lease_set(k, SHARE, 1, 1000, 100000), 0);
	assert_int_equal(rekey(&k, NULL, &dropped), 0);
	assert_int_equal(opens(f->path, NEW), 0);
	assert_int_equal(vault_lease_check(k, 100000), ERR_STALE);
	assert_int_equal(opens(f->path, NEW), ERR_STALE);
	b = vaultkit_load(f->path);
	assert_int_equal(rekey(&k, NULL, &dropped), ERR_STALE);
	vaultkit_assert_same(f->path, &b);
	free(b.data);
	vault_lock(k);
}

static void bad_input_changes_nothing(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f), *same = k;
	struct vaultkit_bytes b = vaultkit_load(f->path);
	char text[VAULT_RECOVERY_TEXT_BYTES];
	unsigned dropped;

	assert_int_equal(vault_rekey(&k, "", 0, &VAULTKIT_WEAK, text, &dropped), ERR_USAGE);
	assert_ptr_equal(k, same);
	vaultkit_assert_same(f->path, &b);
	free(b.data);
	vault_lock(k);
}

/* ---- others ---- */

static void an_open_database_is_busy_and_nothing_is_left_of_the_try(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k, *same;
	struct db *db;
	unsigned dropped;
	int status, to_child[2], to_parent[2];
	pid_t child;
	char c = 0;

	fill(f);
	assert_int_equal(pipe(to_child), 0);
	assert_int_equal(pipe(to_parent), 0);
	child = fork();
	if (child == 0) {
		k = vaultkit_unlock(f);
		db = vaultkit_open(f->path);
		if (vaultkit_number(db, "SELECT count(*) FROM visit") != ROWS)
			_exit(1);
		if (write(to_parent[1], &c, 1) != 1 || read(to_child[0], &c, 1) != 1)
			_exit(1);
		vaultkit_visits_add(db, ROWS + 1, ROWS + 1);
		db_close(db);
		_exit(0);
	}
	assert_int_equal(read(to_parent[0], &c, 1), 1);
	k = vaultkit_unlock(f);
	same = k;
	assert_int_equal(rekey(&k, NULL, &dropped), ERR_BUSY);
	assert_ptr_equal(k, same);
	assert_int_equal(write(to_child[1], &c, 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_false(exists(f, ".rekey"));
	db = vaultkit_open(f->path);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), ROWS + 1);
	assert_int_equal(rekey(&k, NULL, &dropped), ERR_BUSY); /* this process is somebody too */
	vaultkit_run(db, "DELETE FROM visit WHERE id > 40");
	db_close(db);
	assert_int_equal(rekey(&k, NULL, &dropped), 0);
	rows_are_right(f->path);
	vault_lock(k);
	for (int i = 0; i < 2; i++) {
		close(to_child[i]);
		close(to_parent[i]);
	}
}

/* Opened and not read from: no lock says so. Such a connection must not go on with the file that lost its name. */
static void a_connection_from_before_gets_errors_and_spoils_nothing(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k, *old;
	sqlite3 *raw;
	unsigned dropped;

	fill(f);
	k = vaultkit_unlock(f);
	old = vaultkit_unlock(f);
	assert_int_equal(sqlite3_open_v2(f->path, &raw, SQLITE_OPEN_READWRITE, VAULT_VFS_NAME), SQLITE_OK);
	assert_int_equal(rekey(&k, NULL, &dropped), 0);
	rows_are_right(f->path);
	assert_int_not_equal(sqlite3_exec(raw, "SELECT count(*) FROM visit", NULL, NULL, NULL), SQLITE_OK);
	assert_int_not_equal(sqlite3_exec(raw, "INSERT INTO visit VALUES (999, 'x')", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(raw);
	rows_are_right(f->path);
	vault_lock(old);
	vault_lock(k);
}

static void the_old_file_keeps_no_slot_and_no_page(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k;
	struct vaultkit_bytes was, left;
	unsigned dropped;

	fill(f);
	was = vaultkit_load(f->path);
	assert_int_equal(link(f->path, f->other), 0); /* what a disk would still hold, under a name */
	k = vaultkit_unlock(f);
	assert_int_equal(rekey(&k, NULL, &dropped), 0);
	vault_lock(k);
	left = vaultkit_load(f->other);
	assert_int_equal(left.len, VAULT_PREFIX_BYTES);
	for (size_t at = 0; at < VAULT_COPIES_BYTES; at += 16)
		assert_true(sodium_is_zero(was.data + at, 16) || memcmp(left.data + at, was.data + at, 16) != 0);
	assert_int_equal(opens(f->other, VAULTKIT_PASS), ERR_CORRUPT);
	free(was.data);
	free(left.data);
}

static void a_leftover_is_removed_by_the_next_run(void **state)
{
	static const char *const ENDS[] = { ".rekey", ".rekey-wal", ".rekey-journal", ".rekey-shm" };
	struct vaultkit *f = *state;
	struct vault_key *k;
	unsigned dropped;

	fill(f);
	for (size_t i = 0; i < 4; i++) {
		char name[VAULTKIT_PATH_BYTES + 16];

		name_of(f, ENDS[i], name);
		vaultkit_save(name, "left by a run that was cut off", 30);
	}
	k = vaultkit_unlock(f);
	assert_int_equal(rekey(&k, NULL, &dropped), 0);
	for (size_t i = 0; i < 4; i++)
		assert_false(exists(f, ENDS[i]));
	rows_are_right(f->path);
	vault_lock(k);
}

/* ---- cut off ---- */

/* After a cut: exactly one of the two passphrases opens, all rows are there, and the next run works and cleans up. */
static bool one_of_them_is_whole(const struct vaultkit *f)
{
	struct vault_key *k = NULL;
	int by_old = opens(f->path, VAULTKIT_PASS);
	int by_new = opens(f->path, NEW);
	struct vault_report report;
	unsigned dropped;

	assert_true((by_old == 0 && by_new == ERR_AUTH) || (by_old == ERR_AUTH && by_new == 0));
	assert_int_equal(vault_unlock(f->path, by_old == 0 ? VAULTKIT_PASS : NEW, by_old == 0 ? VAULTKIT_PASS_LEN : NEW_LEN, &k), 0);
	rows_are_right(f->path);
	assert_int_equal(vault_verify(k, NULL, &report), 0);
	assert_int_equal(report.bad_count, 0);
	assert_int_not_equal(report.freshness, VAULT_STALE);
	assert_int_equal(rekey(&k, NULL, &dropped), 0);
	rows_are_right(f->path);
	assert_false(exists(f, ".rekey"));
	assert_false(exists(f, ".rekey-wal"));
	assert_false(exists(f, ".rekey-journal"));
	vault_lock(k);
	return by_new == 0;
}

/* A child that works and is cut off before its step `at`. False: it came through. */
static bool is_cut(const struct vaultkit *f, enum cut how, int at)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct vault_key *k = vaultkit_unlock(f);
		unsigned dropped;

		steps_begin(how, at);
		_exit(rekey(&k, NULL, &dropped) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status)) {
		assert_int_equal(WEXITSTATUS(status), 0);
		return false;
	}
	assert_int_equal(WTERMSIG(status), SIGKILL);
	return true;
}

static void cut_at_every_step(const struct vaultkit *f, enum cut how)
{
	char name[VAULTKIT_PATH_BYTES + 16];
	struct vaultkit_bytes start;
	int old_count = 0, new_count = 0;
	bool again = true;

	fill(f);
	start = vaultkit_load(f->path);
	name_of(f, ".saved", name);
	for (int at = 1; again; at++) {
		unlink(f->path);
		vaultkit_save(f->path, start.data, start.len);
		again = is_cut(f, how, at);
		unlink(name);
		if (one_of_them_is_whole(f))
			new_count++;
		else
			old_count++;
	}
	assert_true(old_count > 20);
	assert_true(new_count > 3);
	free(start.data);
}

static void killed_at_any_step_the_old_or_the_new_vault_is_whole(void **state)
{
	cut_at_every_step(*state, CUT_KILL);
}

static void after_a_power_cut_at_any_step_the_old_or_the_new_vault_is_whole(void **state)
{
	cut_at_every_step(*state, CUT_POWER);
}

static void after_a_power_cut_that_kept_the_name_the_old_or_the_new_vault_is_whole(void **state)
{
	cut_at_every_step(*state, CUT_POWER_RENAMED);
}

static void a_full_disk_at_any_step_changes_nothing_or_comes_too_late(void **state)
{
	char name[VAULTKIT_PATH_BYTES + 16];
	struct vaultkit *f = *state;
	int failed = 0;
	bool again = true;

	fill(f);
	name_of(f, ".saved", name);
	for (int at = 1; again; at += 3) {
		int status;
		pid_t child = fork();

		if (child == 0) {
			struct vault_key *k = vaultkit_unlock(f), *same = k;
			unsigned dropped;
			int rc;

			steps_begin(CUT_FULL, at);
			rc = rekey(&k, NULL, &dropped);
			_exit(rc == 0 ? 0 : rc == ERR_IO && k == same && !exists(f, ".rekey") && !exists(f, ".rekey-journal") ? 1 : 2);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		again = WEXITSTATUS(status) == 1;
		failed += again;
		assert_int_equal(opens(f->path, VAULTKIT_PASS), again ? 0 : ERR_AUTH);
		assert_int_equal(opens(f->path, NEW), again ? ERR_AUTH : 0);
		unlink(name);
	}
	assert_true(failed > 10);
	one_of_them_is_whole(f);
}

static void killed_at_random_moments_the_old_or_the_new_vault_is_whole(void **state)
{
	struct vaultkit *f = *state;
	struct vaultkit_bytes start;

	fill(f);
	start = vaultkit_load(f->path);
	for (int i = 0; i < 60; i++) {
		int status;
		pid_t child;

		unlink(f->path);
		vaultkit_save(f->path, start.data, start.len);
		child = fork();
		if (child == 0) {
			struct vault_key *k = vaultkit_unlock(f);
			unsigned dropped;

			_exit(rekey(&k, NULL, &dropped) == 0 ? 0 : 1);
		}
		usleep(randombytes_uniform(20000));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		one_of_them_is_whole(f);
	}
	free(start.data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, vaultkit_setup, vaultkit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_key_keeps_the_data_and_nothing_old_opens),
		TEST(what_only_the_log_held_comes_along),
		TEST(slots_are_made_anew_or_dropped_and_counted),
		TEST(a_lease_goes_on_under_the_new_key),
		TEST(bad_input_changes_nothing),
		TEST(an_open_database_is_busy_and_nothing_is_left_of_the_try),
		TEST(a_connection_from_before_gets_errors_and_spoils_nothing),
		TEST(the_old_file_keeps_no_slot_and_no_page),
		TEST(a_leftover_is_removed_by_the_next_run),
		TEST(killed_at_any_step_the_old_or_the_new_vault_is_whole),
		TEST(after_a_power_cut_at_any_step_the_old_or_the_new_vault_is_whole),
		TEST(after_a_power_cut_that_kept_the_name_the_old_or_the_new_vault_is_whole),
		TEST(a_full_disk_at_any_step_changes_nothing_or_comes_too_late),
		TEST(killed_at_random_moments_the_old_or_the_new_vault_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
