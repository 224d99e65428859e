/*
 * vaultkit: see vaultkit.h.
 */
#include "tests/lib/vaultkit.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

const struct vault_kdf VAULTKIT_WEAK = { .mem_bytes = 8192, .passes = 1, .test_weak_kdf = true };

int vaultkit_setup(void **state)
{
	struct vaultkit *f = calloc(1, sizeof *f);

	snprintf(f->dir, sizeof f->dir, "/tmp/test_vault.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/a.vault", f->dir);
	snprintf(f->wal, sizeof f->wal, "%s/a.vault-wal", f->dir);
	snprintf(f->other, sizeof f->other, "%s/b.vault", f->dir);
	assert_int_equal(vault_init(NULL), 0);
	assert_int_equal(vault_create(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, NULL, &VAULTKIT_WEAK), 0);
	*state = f;
	return 0;
}

int vaultkit_teardown(void **state)
{
	static const char *const ENDS[] = { "", "-wal", "-shm", "-journal", ".part", ".part-wal", ".part-shm" };
	struct vaultkit *f = *state;
	char name[VAULTKIT_PATH_BYTES + 16];

	for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
		snprintf(name, sizeof name, "%s%s", f->path, ENDS[i]);
		unlink(name);
		snprintf(name, sizeof name, "%s%s", f->other, ENDS[i]);
		unlink(name);
	}
	assert_int_equal(rmdir(f->dir), 0); /* nothing else was left behind */
	free(f);
	return 0;
}

struct vaultkit_bytes vaultkit_load(const char *path)
{
	struct vaultkit_bytes b = { NULL, 0, false };
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return b;
	assert_int_equal(fstat(fd, &st), 0);
	b = (struct vaultkit_bytes){ malloc((size_t)st.st_size + 1), (size_t)st.st_size, true };
	assert_int_equal(read(fd, b.data, b.len), (ssize_t)b.len);
	close(fd);
	return b;
}

void vaultkit_save(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

void vaultkit_put(const char *path, size_t offset, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, (off_t)offset), (ssize_t)len);
	close(fd);
}

void vaultkit_assert_same(const char *path, const struct vaultkit_bytes *before)
{
	struct vaultkit_bytes now = vaultkit_load(path);

	assert_int_equal(now.exists, before->exists);
	assert_int_equal(now.len, before->len);
	if (now.len)
		assert_memory_equal(now.data, before->data, now.len);
	free(now.data);
}

bool vaultkit_holds(const char *path, const char *text)
{
	struct vaultkit_bytes b = vaultkit_load(path);
	bool found = b.len && memmem(b.data, b.len, text, strlen(text)) != NULL;

	free(b.data);
	return found;
}

struct vault_key *vaultkit_unlock(const struct vaultkit *f)
{
	struct vault_key *k;

	assert_int_equal(vault_unlock(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), 0);
	return k;
}

struct db *vaultkit_open(const char *path)
{
	struct db *db;
	int rc = db_open(path, NULL, &db);

	if (rc != 0)
		print_error("%s\n", err_message());
	assert_int_equal(rc, 0);
	return db;
}

void vaultkit_run(struct db *db, const char *sql)
{
	int rc = db_exec(db, sql);

	if (rc != 0)
		print_error("%s: %s\n", sql, err_message());
	assert_int_equal(rc, 0);
}

int64_t vaultkit_number(struct db *db, const char *sql)
{
	int64_t n;

	assert_int_equal(db_query_int(db, sql, &n), 0);
	return n;
}

/* Rows 1..count, whose text can be worked out again from the number; each row its own commit. */
void vaultkit_visits_add(struct db *db, int from, int to)
{
	for (int i = from; i <= to; i++) {
		struct db_stmt *s;

		assert_int_equal(db_prepare(db, VAULTKIT_VISIT_INSERT, &s), 0);
		db_bind_int(s, 1, i);
		assert_int_equal(db_run(s), 0);
	}
}

/* A vault with `checkpointed` rows in the file and `pending` more that only the WAL holds, left by a process that died. */
void vaultkit_crash(const struct vaultkit *f, int checkpointed, int pending)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct vault_key *k = vaultkit_unlock(f);
		struct db *db = vaultkit_open(f->path);

		vaultkit_run(db, VAULTKIT_VISIT_TABLE);
		vaultkit_visits_add(db, 1, checkpointed);
		vaultkit_run(db, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 0");
		vaultkit_visits_add(db, checkpointed + 1, checkpointed + pending);
		(void)k;
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* What a reader sees of a damaged vault of 6 rows: the right rows, or an error. Returns whether it was an error. */
bool vaultkit_is_refused(const char *path)
{
	sqlite3 *raw = NULL;
	sqlite3_stmt *s = NULL;
	int rows = 0;
	int rc = sqlite3_open_v2(path, &raw, SQLITE_OPEN_READONLY, VAULT_VFS_NAME);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(raw, "SELECT id, note FROM visit ORDER BY id", -1, &s, NULL);
	if (rc == SQLITE_OK) {
		while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
			char want[640];

			rows++;
			assert_int_equal(sqlite3_column_int(s, 0), rows);
			snprintf(want, sizeof want, "visit %d %0600d", rows, 0);
			assert_string_equal((const char *)sqlite3_column_text(s, 1), want);
		}
		if (rc == SQLITE_DONE)
			assert_int_equal(rows, 6);
	}
	sqlite3_finalize(s);
	sqlite3_close(raw);
	return rc != SQLITE_DONE;
}

void vaultkit_small(const struct vaultkit *f)
{
	struct db *db = vaultkit_open(f->path);

	vaultkit_run(db, VAULTKIT_VISIT_TABLE);
	vaultkit_visits_add(db, 1, 6);
	db_close(db);
	assert_false(vaultkit_is_refused(f->path));
}
