/*
 * vfs: the VFS itself, its database files and its registration (layout in vfs.h; the WAL in wal.c).
 *
 * Rules, each against something that SQLite does (3.40.1):
 * - The key is proved in xOpen. Without it there is no file handle, so nothing can be played back, truncated or deleted.
 * - The 100 bytes that are read before any lock come from the template: page 1 may be torn then, its good copy being in the WAL.
 * - A page beyond the end is zeros with a short read, unless page 1 says that it exists: then the file has lost its tail.
 * - Gaps are filled with sealed zero pages, so an unsealed page is always damage. The size is never reported as 0.
 * - Only whole pages are written, never neighbours with them: that is what makes POWERSAFE_OVERWRITE true. ATOMIC flags are masked.
 * - Files that are neither database nor WAL do not exist and cannot be opened. A later journal or temporary file kind gets its own
 *   branch in vfs_open() and its own table of methods beside wal.c.
 */
#include "proto/base/vault/vfs.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/base/vault/io.h"

#define HEADER_BYTES 100                /* what SQLite reads in sqlite3_open() */
#define TRY_COUNT_MAX 3                 /* a page that another process is writing may be read torn */
#define FCNTL_SELF 0x4d4e4442           /* private: gives the struct vault_file behind any shims above us */
#define SHM_LOCK_CHECKPOINT 1           /* wal.c: WAL_CKPT_LOCK */
#define SHM_LOCK_RECOVER 2              /* wal.c: WAL_RECOVER_LOCK */
#define CHARACTERISTICS_KEPT (SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN | SQLITE_IOCAP_IMMUTABLE)

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static struct vault_file *self(sqlite3_file *file)
{
	return (struct vault_file *)file;
}

/* ---- methods shared by databases and WALs ---- */

int vault_file_close(sqlite3_file *file)
{
	struct vault_file *f = self(file);
	bool is_wal = file->pMethods == vault_wal_methods();
	int rc = f->lower->pMethods ? f->lower->pMethods->xClose(f->lower) : SQLITE_OK;

	if (f->peer)
		f->peer->peer = NULL;
	if (!is_wal)
		sodium_free(f->keys);
	if (f->scratch)
		sodium_memzero(f->scratch, VAULT_SCRATCH_BYTES);
	free(f->scratch);
	file->pMethods = NULL;
	return rc;
}

int vault_file_sync(sqlite3_file *file, int flags)
{
	return self(file)->lower->pMethods->xSync(self(file)->lower, flags);
}

int vault_file_sector_size(sqlite3_file *file)
{
	return self(file)->lower->pMethods->xSectorSize(self(file)->lower);
}

int vault_file_characteristics(sqlite3_file *file)
{
	int below = self(file)->lower->pMethods->xDeviceCharacteristics(self(file)->lower);

	return (below & CHARACTERISTICS_KEPT) | SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

bool vault_page_is_acceptable(const uint8_t *page, int64_t number)
{
	static const uint8_t NAME[16] = "SQLite format 3";
	static const uint8_t SHAPE[5] = { VAULT_PAGE_BYTES >> 8, VAULT_PAGE_BYTES & 0xff, 2, 2, VAULT_RESERVE_BYTES };
	bool good = sodium_is_zero(page + VAULT_USABLE_BYTES, VAULT_RESERVE_BYTES) &&
		(number != 1 || (memcmp(page, NAME, sizeof NAME) == 0 && memcmp(page + sizeof NAME, SHAPE, sizeof SHAPE) == 0));

	if (!good)
		sqlite3_log(SQLITE_IOERR_WRITE, "vault: page %lld is not of a WAL database with %d reserved bytes", (long long)number,
			VAULT_RESERVE_BYTES);
	return good;
}

/* ---- database files ---- */

static int64_t page_offset(int64_t index)
{
	return VAULT_PREFIX_BYTES + index * VAULT_PAGE_BYTES;
}

/* Whole pages below; a torn page at the end does not count. A vault has at least one. */
static int page_count(struct vault_file *f, int64_t *out)
{
	sqlite3_int64 size = 0;
	int rc = f->lower->pMethods->xFileSize(f->lower, &size);

	if (rc != SQLITE_OK)
		return rc;
	if (size < page_offset(1))
		return SQLITE_IOERR_FSTAT;
	*out = (size - VAULT_PREFIX_BYTES) / VAULT_PAGE_BYTES;
	return SQLITE_OK;
}

static int page_damaged(int64_t index)
{
	sqlite3_log(SQLITE_IOERR_DATA, "vault: page %lld does not authenticate", (long long)index + 1);
	return SQLITE_IOERR_DATA;
}

/* Nothing (whole) is there below for page `index`. Uses the scratch page; `out` may be it. */
static int page_missing(struct vault_file *f, int64_t index, uint8_t *out)
{
	uint8_t *first = f->scratch;
	uint32_t count = 0;
	bool known = false;

	for (int i = 0; i < TRY_COUNT_MAX && !known && index > 0; i++) {
		if (f->lower->pMethods->xRead(f->lower, first, VAULT_PAGE_BYTES, page_offset(0)) != SQLITE_OK)
			break;
		known = vault_page_open(f->keys->page, VAULT_ROLE_PAGE, 0, 1, first, first) == 0;
		count = get_u32(first + 28);
	}
	memset(out, 0, VAULT_PAGE_BYTES);
	if (!known || index < count) {
		sqlite3_log(SQLITE_IOERR_DATA, "vault: page %lld of %u is missing", (long long)index + 1, count);
		return SQLITE_IOERR_DATA;
	}
	return SQLITE_IOERR_SHORT_READ;
}

static int page_get(struct vault_file *f, int64_t index, uint8_t *out)
{
	int rc = f->lower->pMethods->xRead(f->lower, out, VAULT_PAGE_BYTES, page_offset(index));

	if (rc == SQLITE_IOERR_SHORT_READ)
		return page_missing(f, index, out);
	if (rc != SQLITE_OK)
		return rc;
	if (vault_page_open(f->keys->page, VAULT_ROLE_PAGE, 0, (uint32_t)(index + 1), out, out) != 0)
		return page_damaged(index);
	return SQLITE_OK;
}

/* Any other range: slices of pages, through the scratch page. */
static int slices_get(struct vault_file *f, uint8_t *out, int64_t len, int64_t offset)
{
	int64_t done = 0;

	while (done < len) {
		int64_t at = (offset + done) % VAULT_PAGE_BYTES;
		int64_t part = VAULT_PAGE_BYTES - at < len - done ? VAULT_PAGE_BYTES - at : len - done;
		int rc = page_get(f, (offset + done) / VAULT_PAGE_BYTES, f->scratch);

		if (rc != SQLITE_OK) {
			memset(out + done, 0, (size_t)(len - done));
			return rc;
		}
		memcpy(out + done, f->scratch + at, (size_t)part);
		done += part;
	}
	return SQLITE_OK;
}

static int db_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
	struct vault_file *f = self(file);

	if (offset == 0 && len == HEADER_BYTES) {
		vault_template_page(f->scratch);
		memcpy(out, f->scratch, HEADER_BYTES);
		return SQLITE_OK;
	}
	if (len == VAULT_PAGE_BYTES && offset % VAULT_PAGE_BYTES == 0)
		return page_get(f, offset / VAULT_PAGE_BYTES, out);
	return slices_get(f, out, len, offset);
}

static int page_put(struct vault_file *f, int64_t index, const uint8_t *data)
{
	vault_page_seal(f->keys->page, VAULT_ROLE_PAGE, 0, (uint32_t)(index + 1), data, f->scratch);
	return f->lower->pMethods->xWrite(f->lower, f->scratch, VAULT_PAGE_BYTES, page_offset(index));
}

/* Make all pages before `index` exist. */
static int gap_fill(struct vault_file *f, int64_t index)
{
	static const uint8_t ZEROS[VAULT_PAGE_BYTES];
	int rc = SQLITE_OK;

	if (index > f->page_count_known)
		rc = page_count(f, &f->page_count_known);
	while (rc == SQLITE_OK && f->page_count_known < index) {
		rc = page_put(f, f->page_count_known, ZEROS);
		if (rc == SQLITE_OK)
			f->page_count_known++;
	}
	return rc;
}

static int db_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct vault_file *f = self(file);
	int64_t index = offset / VAULT_PAGE_BYTES;
	int rc;

	if (len != VAULT_PAGE_BYTES || offset % VAULT_PAGE_BYTES != 0) {
		sqlite3_log(SQLITE_IOERR_WRITE, "vault: write of %d bytes at %lld is not a page", len, (long long)offset);
		return SQLITE_IOERR_WRITE;
	}
	if (!vault_page_is_acceptable(data, index + 1))
		return SQLITE_IOERR_WRITE;
	rc = gap_fill(f, index);
	if (rc == SQLITE_OK)
		rc = page_put(f, index, data);
	if (rc == SQLITE_OK && f->page_count_known == index)
		f->page_count_known++;
	return rc;
}

static int db_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct vault_file *f = self(file);
	int64_t count = size / VAULT_PAGE_BYTES;
	int64_t now;
	int rc = page_count(f, &now);

	if (rc != SQLITE_OK)
		return rc;
	if (count < 1 || size % VAULT_PAGE_BYTES != 0)
		return SQLITE_IOERR_TRUNCATE;
	f->page_count_known = now < count ? now : count;
	if (now < count)
		return gap_fill(f, count);
	return f->lower->pMethods->xTruncate(f->lower, page_offset(count));
}

static int db_size(sqlite3_file *file, sqlite3_int64 *out)
{
	int64_t count;
	int rc = page_count(self(file), &count);

	if (rc == SQLITE_OK)
		*out = count * VAULT_PAGE_BYTES;
	return rc;
}

static int db_lock(sqlite3_file *file, int level)
{
	return self(file)->lower->pMethods->xLock(self(file)->lower, level);
}

static int db_unlock(sqlite3_file *file, int level)
{
	return self(file)->lower->pMethods->xUnlock(self(file)->lower, level);
}

static int db_reserved(sqlite3_file *file, int *out)
{
	return self(file)->lower->pMethods->xCheckReservedLock(self(file)->lower, out);
}

/* A vault stays what it is: its page size is swallowed (as cksumvfs.c does), leaving WAL mode is an error. */
static int pragma(char **arg)
{
	const char *name = arg[1];
	const char *value = arg[2];

	if (strcasecmp(name, "page_size") == 0 && value) {
		arg[0] = sqlite3_mprintf("%d", VAULT_PAGE_BYTES);
		return SQLITE_OK;
	}
	if (strcasecmp(name, "journal_mode") == 0 && value && strcasecmp(value, "wal") != 0) {
		arg[0] = sqlite3_mprintf("a vault is always in WAL mode");
		return SQLITE_ERROR;
	}
	return SQLITE_NOTFOUND;
}

static int db_control(sqlite3_file *file, int op, void *arg)
{
	struct vault_file *f = self(file);
	int rc;

	if (op == FCNTL_SELF) {
		*(struct vault_file **)arg = f;
		return SQLITE_OK;
	}
	if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
		return SQLITE_OK; /* they would make holes */
	if (op == SQLITE_FCNTL_MMAP_SIZE) {
		*(sqlite3_int64 *)arg = 0;
		return SQLITE_OK;
	}
	if (op == SQLITE_FCNTL_PRAGMA) {
		rc = pragma(arg);
		if (rc != SQLITE_NOTFOUND)
			return rc;
	}
	rc = f->lower->pMethods->xFileControl(f->lower, op, arg);
	if (op == SQLITE_FCNTL_VFSNAME && rc == SQLITE_OK)
		*(char **)arg = sqlite3_mprintf(VAULT_VFS_NAME "/%z", *(char **)arg);
	return rc;
}

static int db_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	return self(file)->lower->pMethods->xShmMap(self(file)->lower, page, size, extend, out);
}

/* Passed through; who takes the checkpoint or recovery lock cannot rely on what it knew of the files before. */
static int db_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	struct vault_file *f = self(file);
	int rc = f->lower->pMethods->xShmLock(f->lower, offset, n, flags);

	if (rc != SQLITE_OK || flags != (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE))
		return rc;
	if (offset <= SHM_LOCK_CHECKPOINT && SHM_LOCK_CHECKPOINT < offset + n)
		f->page_count_known = 0;
	if (offset <= SHM_LOCK_RECOVER && SHM_LOCK_RECOVER < offset + n && f->peer)
		vault_wal_own_forget(f->peer);
	return rc;
}

static void db_shm_barrier(sqlite3_file *file)
{
	self(file)->lower->pMethods->xShmBarrier(self(file)->lower);
}

static int db_shm_unmap(sqlite3_file *file, int delete_it)
{
	return self(file)->lower->pMethods->xShmUnmap(self(file)->lower, delete_it);
}

static int db_fetch(sqlite3_file *file, sqlite3_int64 offset, int len, void **out)
{
	(void)file;
	(void)offset;
	(void)len;
	*out = NULL;
	return SQLITE_OK;
}

static int db_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *page)
{
	(void)file;
	(void)offset;
	(void)page;
	return SQLITE_OK;
}

static const sqlite3_io_methods DB_METHODS = {
	.iVersion = 3,
	.xClose = vault_file_close,
	.xRead = db_read,
	.xWrite = db_write,
	.xTruncate = db_truncate,
	.xSync = vault_file_sync,
	.xFileSize = db_size,
	.xLock = db_lock,
	.xUnlock = db_unlock,
	.xCheckReservedLock = db_reserved,
	.xFileControl = db_control,
	.xSectorSize = vault_file_sector_size,
	.xDeviceCharacteristics = vault_file_characteristics,
	.xShmMap = db_shm_map,
	.xShmLock = db_shm_lock,
	.xShmBarrier = db_shm_barrier,
	.xShmUnmap = db_shm_unmap,
	.xFetch = db_fetch,
	.xUnfetch = db_unfetch,
};

/* ---- the VFS ---- */

static sqlite3_vfs *lower_of(sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

/* The lower file is open: read the prefix, prove the key, derive the subkeys. SQLITE_NOTADB unless all is as it must be. */
static int db_prove(struct vault_file *f)
{
	uint8_t copies[VAULT_PREFIX_BYTES];
	int64_t count;
	int rc;

	if (f->lower->pMethods->iVersion < 2)
		return SQLITE_CANTOPEN; /* no shared memory below, so no WAL */
	rc = f->lower->pMethods->xRead(f->lower, copies, sizeof copies, 0);
	if (rc == SQLITE_IOERR_SHORT_READ || (rc == SQLITE_OK && page_count(f, &count) == SQLITE_IOERR_FSTAT))
		return SQLITE_NOTADB;
	if (rc != SQLITE_OK)
		return rc;
	f->keys = sodium_malloc(sizeof *f->keys);
	if (!f->keys)
		return SQLITE_NOMEM;
	return vault_registry_prove(copies, f->keys) == 0 ? SQLITE_OK : SQLITE_NOTADB;
}

static int db_open_file(sqlite3_vfs *vfs, const char *name, struct vault_file *f, int flags, int *out_flags)
{
	int rc;

	/* vault_create() makes vaults; SQLite would make an empty file in clear. */
	flags &= ~(SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE);
	rc = lower_of(vfs)->xOpen(lower_of(vfs), name, f->lower, flags, out_flags);
	if (rc != SQLITE_OK)
		return rc;
	return db_prove(f);
}

/* A WAL belongs to an open database of ours, which has proved the key. */
static int wal_open_file(sqlite3_vfs *vfs, const char *name, struct vault_file *f, int flags, int *out_flags)
{
	sqlite3_file *db = sqlite3_database_file_object(name);
	struct vault_file *peer = NULL;

	if (!db || !db->pMethods || db->pMethods->xFileControl(db, FCNTL_SELF, &peer) != SQLITE_OK || !peer || peer->peer)
		return SQLITE_CANTOPEN;
	f->keys = peer->keys;
	vault_wal_own_forget(f);
	f->peer = peer;
	peer->peer = f;
	return lower_of(vfs)->xOpen(lower_of(vfs), name, f->lower, flags, out_flags);
}

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
	struct vault_file *f = self(file);
	bool is_db = (flags & SQLITE_OPEN_MAIN_DB) != 0;
	bool is_wal = (flags & SQLITE_OPEN_WAL) != 0;
	int rc;

	memset(f, 0, (size_t)vfs->szOsFile);
	if (!name || (!is_db && !is_wal)) {
		sqlite3_log(SQLITE_CANTOPEN, "vault: a file of kind %#x would hold clear text and is refused", (unsigned)flags);
		return SQLITE_CANTOPEN;
	}
	f->lower = (sqlite3_file *)(f + 1);
	f->scratch = malloc(VAULT_SCRATCH_BYTES);
	if (!f->scratch)
		return SQLITE_NOMEM;
	rc = is_db ? db_open_file(vfs, name, f, flags, out_flags) : wal_open_file(vfs, name, f, flags, out_flags);
	file->pMethods = is_db ? &DB_METHODS : vault_wal_methods();
	if (rc != SQLITE_OK)
		vault_file_close(file); /* leaves pMethods NULL, so SQLite does not close it again */
	return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	return lower_of(vfs)->xDelete(lower_of(vfs), name, sync_dir);
}

/* A vault has no rollback journal, so one that lies beside it was planted: it does not exist. */
static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	static const char JOURNAL[] = "-journal";
	size_t len = strlen(name);

	if (len >= sizeof JOURNAL - 1 && strcmp(name + len - (sizeof JOURNAL - 1), JOURNAL) == 0) {
		*out = 0;
		return SQLITE_OK;
	}
	return lower_of(vfs)->xAccess(lower_of(vfs), name, flags, out);
}

static int vfs_full_pathname(sqlite3_vfs *vfs, const char *name, int len, char *out)
{
	return lower_of(vfs)->xFullPathname(lower_of(vfs), name, len, out);
}

static void *vfs_dl_open(sqlite3_vfs *vfs, const char *name)
{
	return lower_of(vfs)->xDlOpen(lower_of(vfs), name);
}

static void vfs_dl_error(sqlite3_vfs *vfs, int len, char *out)
{
	lower_of(vfs)->xDlError(lower_of(vfs), len, out);
}

static void (*vfs_dl_sym(sqlite3_vfs *vfs, void *library, const char *symbol))(void)
{
	return lower_of(vfs)->xDlSym(lower_of(vfs), library, symbol);
}

static void vfs_dl_close(sqlite3_vfs *vfs, void *library)
{
	lower_of(vfs)->xDlClose(lower_of(vfs), library);
}

static int vfs_randomness(sqlite3_vfs *vfs, int len, char *out)
{
	return lower_of(vfs)->xRandomness(lower_of(vfs), len, out);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
	return lower_of(vfs)->xSleep(lower_of(vfs), microseconds);
}

static int vfs_current_time(sqlite3_vfs *vfs, double *out)
{
	return lower_of(vfs)->xCurrentTime(lower_of(vfs), out);
}

static int vfs_last_error(sqlite3_vfs *vfs, int len, char *out)
{
	return lower_of(vfs)->xGetLastError(lower_of(vfs), len, out);
}

static int vfs_current_time_int64(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	double days;
	int rc;

	if (lower_of(vfs)->iVersion >= 2 && lower_of(vfs)->xCurrentTimeInt64)
		return lower_of(vfs)->xCurrentTimeInt64(lower_of(vfs), out);
	rc = lower_of(vfs)->xCurrentTime(lower_of(vfs), &days);
	*out = (sqlite3_int64)(days * 86400000.0);
	return rc;
}

/* SQLite links VFSes through the struct itself, so it cannot be constant; the mutex guards repeated registration. */
static pthread_mutex_t register_lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs vault_vfs = {
	.iVersion = 2,
	.mxPathname = 512,
	.zName = VAULT_VFS_NAME,
	.xOpen = vfs_open,
	.xDelete = vfs_delete,
	.xAccess = vfs_access,
	.xFullPathname = vfs_full_pathname,
	.xDlOpen = vfs_dl_open,
	.xDlError = vfs_dl_error,
	.xDlSym = vfs_dl_sym,
	.xDlClose = vfs_dl_close,
	.xRandomness = vfs_randomness,
	.xSleep = vfs_sleep,
	.xCurrentTime = vfs_current_time,
	.xGetLastError = vfs_last_error,
	.xCurrentTimeInt64 = vfs_current_time_int64,
};

static int register_locked(const char *lower_name)
{
	sqlite3_vfs *lower;

	if (sodium_init() < 0 || sqlite3_initialize() != SQLITE_OK)
		return err_set(ERR_IO, "vault: libsodium or SQLite does not start");
	lower = sqlite3_vfs_find(lower_name);
	if (!lower || lower == &vault_vfs)
		return err_set(ERR_NOT_FOUND, "vault: no VFS named %s to build on", lower_name ? lower_name : "(default)");
	vault_vfs.pAppData = lower;
	vault_vfs.mxPathname = lower->mxPathname;
	vault_vfs.szOsFile = (int)sizeof(struct vault_file) + lower->szOsFile;
	if (sqlite3_vfs_register(&vault_vfs, 0) != SQLITE_OK)
		return err_set(ERR_IO, "vault: SQLite refuses the VFS");
	return 0;
}

int vault_vfs_register(const char *lower)
{
	int rc;

	pthread_mutex_lock(&register_lock);
	rc = register_locked(lower);
	pthread_mutex_unlock(&register_lock);
	return rc;
}

int vault_vfs_lower(sqlite3_vfs **out)
{
	int rc = 0;

	*out = NULL;
	pthread_mutex_lock(&register_lock);
	if (!sqlite3_vfs_find(VAULT_VFS_NAME))
		rc = register_locked(NULL);
	if (rc == 0)
		*out = vault_vfs.pAppData;
	pthread_mutex_unlock(&register_lock);
	return rc;
}
