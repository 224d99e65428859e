/*
 * rowkit: see rowkit.h. Both VFSes are one passing shim; the one below also records.
 */
#include "tests/lib/rowkit.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/vault/io.h"
#include "tests/lib/vaulttest.h"

#define DIED_STATUS 77
#define LOG_BYTES 65536

int vault_row_without;
struct rowkit_below rowkit_below;
static char log_text[LOG_BYTES];
static size_t log_len;

/* ---- the shim ---- */

/* Behind the two pointers stand zeros, so that who takes this for a file of its own kind finds nothing (row 28). */
struct shim_file {
	sqlite3_file base;
	sqlite3_file *real;
	uint8_t zeros[512];
	int kind;
	bool is_below;
};

static struct shim_file *self(sqlite3_file *file)
{
	return (struct shim_file *)file;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return self(file)->real;
}

static void record(struct shim_file *f, char what, int len, int64_t offset)
{
	if (f->is_below && rowkit_below.call_count < ROWKIT_CALLS_MAX)
		rowkit_below.calls[rowkit_below.call_count++] = (struct rowkit_call){ what, f->kind, len, offset };
}

static int shim_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int shim_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
	record(self(file), 'r', len, offset);
	return real_of(file)->pMethods->xRead(real_of(file), out, len, offset);
}

static int shim_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct shim_file *f = self(file);

	record(f, 'w', len, offset);
	if (f->is_below && memmem(data, (size_t)len, ROWKIT_MARKER, strlen(ROWKIT_MARKER)))
		rowkit_below.marker_count++;
	if (f->is_below && f->kind == SQLITE_OPEN_MAIN_DB && rowkit_below.tear_offset && offset == rowkit_below.tear_offset) {
		f->real->pMethods->xWrite(f->real, data, len / 2, offset);
		_exit(DIED_STATUS);
	}
	return f->real->pMethods->xWrite(f->real, data, len, offset);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	record(self(file), 't', 0, size);
	return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

/* Processes die here, machines do not: what is written stays, and the tests are quick. */
static int shim_sync(sqlite3_file *file, int flags)
{
	record(self(file), 's', 0, 0);
	if (self(file)->is_below)
		return SQLITE_OK;
	return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int shim_size(sqlite3_file *file, sqlite3_int64 *out)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), out);
}

static int shim_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int shim_reserved(sqlite3_file *file, int *out)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int shim_control(sqlite3_file *file, int op, void *arg)
{
	if (self(file)->is_below && (op == SQLITE_FCNTL_BEGIN_ATOMIC_WRITE || op == SQLITE_FCNTL_COMMIT_ATOMIC_WRITE ||
		op == SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE))
		rowkit_below.atomic_count++;
	return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int shim_sector_size(sqlite3_file *file)
{
	if (self(file)->is_below && rowkit_below.is_lying)
		return rowkit_below.sector_bytes;
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int shim_characteristics(sqlite3_file *file)
{
	if (self(file)->is_below && rowkit_below.is_lying)
		return rowkit_below.characteristics;
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int shim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int shim_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void shim_shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shim_shm_unmap(sqlite3_file *file, int delete_it)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), delete_it);
}

static int shim_fetch(sqlite3_file *file, sqlite3_int64 offset, int len, void **out)
{
	return real_of(file)->pMethods->xFetch(real_of(file), offset, len, out);
}

static int shim_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *page)
{
	return real_of(file)->pMethods->xUnfetch(real_of(file), offset, page);
}

/* As many methods as the file below has. */
#define SHIM_METHODS(version) { \
	.iVersion = (version), .xClose = shim_close, .xRead = shim_read, .xWrite = shim_write, .xTruncate = shim_truncate, \
	.xSync = shim_sync, .xFileSize = shim_size, .xLock = shim_lock, .xUnlock = shim_unlock, .xCheckReservedLock = shim_reserved, \
	.xFileControl = shim_control, .xSectorSize = shim_sector_size, .xDeviceCharacteristics = shim_characteristics, \
	.xShmMap = shim_shm_map, .xShmLock = shim_shm_lock, .xShmBarrier = shim_shm_barrier, .xShmUnmap = shim_shm_unmap, \
	.xFetch = shim_fetch, .xUnfetch = shim_unfetch }

static const sqlite3_io_methods METHODS_1 = SHIM_METHODS(1);
static const sqlite3_io_methods METHODS_3 = SHIM_METHODS(3);

static sqlite3_vfs *next_of(sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	static const int KINDS = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL |
		SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB | SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL;
	struct shim_file *f = self(file);
	int rc;

	memset(file, 0, (size_t)vfs->szOsFile);
	f->real = (sqlite3_file *)(f + 1);
	f->kind = flags & KINDS;
	f->is_below = strcmp(vfs->zName, ROWKIT_BELOW) == 0;
	rc = next_of(vfs)->xOpen(next_of(vfs), name, f->real, flags, out_flags);
	if (f->real->pMethods)
		f->base.pMethods = f->real->pMethods->iVersion >= 3 ? &METHODS_3 : &METHODS_1;
	return rc;
}

static int shim_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	if (strcmp(vfs->zName, ROWKIT_BELOW) == 0 && rowkit_below.die_at_delete && strstr(name, rowkit_below.die_at_delete))
		_exit(DIED_STATUS);
	(void)sync_dir;
	return next_of(vfs)->xDelete(next_of(vfs), name, 0);
}

static int shim_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	return next_of(vfs)->xAccess(next_of(vfs), name, flags, out);
}

static int shim_full_pathname(sqlite3_vfs *vfs, const char *name, int len, char *out)
{
	return next_of(vfs)->xFullPathname(next_of(vfs), name, len, out);
}

static int shim_randomness(sqlite3_vfs *vfs, int len, char *out)
{
	return next_of(vfs)->xRandomness(next_of(vfs), len, out);
}

static int shim_sleep(sqlite3_vfs *vfs, int microseconds)
{
	return next_of(vfs)->xSleep(next_of(vfs), microseconds);
}

static int shim_current_time(sqlite3_vfs *vfs, double *out)
{
	return next_of(vfs)->xCurrentTime(next_of(vfs), out);
}

static int shim_last_error(sqlite3_vfs *vfs, int len, char *out)
{
	return next_of(vfs)->xGetLastError(next_of(vfs), len, out);
}

static void shim_register(sqlite3_vfs *vfs, const char *name, const char *next)
{
	sqlite3_vfs *real = sqlite3_vfs_find(next);

	assert_non_null(real);
	*vfs = (sqlite3_vfs){
		.iVersion = 1, .szOsFile = (int)sizeof(struct shim_file) + real->szOsFile, .mxPathname = real->mxPathname, .zName = name,
		.pAppData = real, .xOpen = shim_open, .xDelete = shim_delete, .xAccess = shim_access,
		.xFullPathname = shim_full_pathname, .xRandomness = shim_randomness, .xSleep = shim_sleep,
		.xCurrentTime = shim_current_time, .xGetLastError = shim_last_error,
	};
	assert_int_equal(sqlite3_vfs_register(vfs, 0), SQLITE_OK);
}

/* ---- a test's surroundings ---- */

static void log_add(void *unused, int code, const char *text)
{
	int n;

	(void)unused;
	(void)code;
	n = snprintf(log_text + log_len, sizeof log_text - log_len, "%s\n", text);
	if (n > 0 && log_len + (size_t)n < sizeof log_text)
		log_len += (size_t)n;
}

bool rowkit_log_holds(const char *text)
{
	return strstr(log_text, text) != NULL;
}

void rowkit_begin(void)
{
	static char pattern[16];
	const char *number = getenv("VAULT_ROW_WITHOUT");

	if (!number)
		return;
	vault_row_without = (int)strtol(number, NULL, 10);
	snprintf(pattern, sizeof pattern, "row_%02d_*", vault_row_without);
	if (vault_row_without > 0)
		cmocka_set_test_filter(pattern);
}

int rowkit_setup(void **state)
{
	static sqlite3_vfs below, above;
	struct rowkit *f = calloc(1, sizeof *f);
	const char *scratch = getenv("TMPDIR");

	assert_non_null(f);
	assert_true(snprintf(f->dir, sizeof f->dir, "%s/test_rows.XXXXXX", scratch ? scratch : "/tmp") < (int)sizeof f->dir);
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/a.vault", f->dir);
	snprintf(f->wal, sizeof f->wal, "%s/a.vault-wal", f->dir);
	snprintf(f->journal, sizeof f->journal, "%s/a.vault-journal", f->dir);
	snprintf(f->shm, sizeof f->shm, "%s/a.vault-shm", f->dir);
	snprintf(f->other, sizeof f->other, "%s/b.vault", f->dir);
	memset(&rowkit_below, 0, sizeof rowkit_below);
	log_len = 0;
	log_text[0] = 0;
	assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_LOG, log_add, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_initialize(), SQLITE_OK);
	shim_register(&below, ROWKIT_BELOW, "unix");
	assert_int_equal(vault_test_init(ROWKIT_BELOW), 0);
	shim_register(&above, ROWKIT_ABOVE, VAULT_VFS_NAME);
	*state = f;
	return 0;
}

int rowkit_teardown(void **state)
{
	struct rowkit *f = *state;
	char name[ROWKIT_PATH_BYTES + 256];
	DIR *dir = opendir(f->dir);

	assert_non_null(dir);
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		snprintf(name, sizeof name, "%s/%s", f->dir, e->d_name);
		if (e->d_name[0] != '.')
			unlink(name);
	}
	closedir(dir);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

/* ---- SQL ---- */

int rowkit_open_code(const char *path, int flags, const char *vfs, sqlite3 **out)
{
	int rc = sqlite3_open_v2(path, out, flags, vfs);

	if (*out)
		sqlite3_extended_result_codes(*out, 1);
	return rc;
}

/* A cache of a few pages, so that pages reach the disk before the commit. */
sqlite3 *rowkit_open(const char *path)
{
	sqlite3 *db;
	int rc = rowkit_open_code(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL, &db);

	if (rc != SQLITE_OK)
		fail_msg("%s: %d %s", path, rc, sqlite3_errmsg(db));
	sqlkit_run(db, "PRAGMA cache_size = 5");
	return db;
}

void rowkit_close(sqlite3 *db)
{
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int64_t rowkit_notes(const char *path, const char *pragmas)
{
	sqlite3 *db = rowkit_open(path);
	int64_t sum;

	sqlkit_run(db, pragmas);
	sqlkit_run(db, "BEGIN; " ROWKIT_NOTES "COMMIT");
	sum = sqlkit_number(db, ROWKIT_SUM);
	rowkit_close(db);
	return sum;
}

int64_t rowkit_sum(const char *path)
{
	sqlite3 *db = rowkit_open(path);
	int64_t sum = sqlkit_number(db, ROWKIT_SUM);

	sqlkit_assert_whole(db);
	rowkit_close(db);
	return sum;
}

/* Under the fixed key of vaulttest.c. */
void rowkit_product(const char *path)
{
	struct vault_prefix p = { .page_bytes = VAULT_PAGE_BYTES, .flags = VAULT_FLAG_WAL_ONLY, .sequence = 1 };
	struct vault_file_keys keys;
	uint8_t data_key[VAULT_KEY_BYTES];
	uint8_t copy[VAULT_COPY_BYTES];

	p.suite = vault_suite_find(VAULT_SUITE_XCHACHA20);
	memset(data_key, 0x5a, sizeof data_key);
	memset(p.key_id, 0x3c, sizeof p.key_id);
	memset(p.file_id, 0x77, sizeof p.file_id);
	assert_int_equal(vault_prefix_encode(&p, data_key, copy), 0);
	vault_file_keys_derive(data_key, &p, &keys);
	assert_int_equal(vault_io_create(path, copy, &keys), 0);
}

sqlite3_file *rowkit_file(sqlite3 *db)
{
	sqlite3_file *file = NULL;

	assert_int_equal(sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file), SQLITE_OK);
	assert_non_null(file->pMethods);
	return file;
}

sqlite3_file *rowkit_log_file(sqlite3 *db)
{
	sqlite3_file *file = NULL;

	assert_int_equal(sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file), SQLITE_OK);
	assert_non_null(file->pMethods);
	return file;
}

/* ---- processes that die ---- */

static void child_wait(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), DIED_STATUS);
}

static void crash(const char *path, const char *sql, int status)
{
	pid_t child = fork();

	if (child == 0) {
		sqlite3 *db;

		if (rowkit_open_code(path, SQLITE_OPEN_READWRITE, NULL, &db) != SQLITE_OK)
			_exit(1);
		_exit(sqlkit_code(db, sql) == SQLITE_OK ? status : 2);
	}
	child_wait(child);
}

void rowkit_crash(const char *path, const char *sql)
{
	crash(path, sql, DIED_STATUS);
}

void rowkit_crash_below(const char *path, const char *sql)
{
	crash(path, sql, 3);
}

/* ---- bytes ---- */

void rowkit_flip(const char *path, size_t offset)
{
	int fd = open(path, O_RDWR);
	uint8_t byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
	byte ^= 0x40;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
	close(fd);
}

int64_t rowkit_size(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

bool rowkit_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
