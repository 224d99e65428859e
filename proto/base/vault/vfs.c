/*
 * vfs: opening by kind of file, the methods that kinds share, and the registration (kinds in vfs.h, rows in row.h).
 */
#include "proto/base/vault/vfs.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

#include "proto/base/vault/journal.h"
#include "proto/base/vault/row.h"
#include "proto/base/vault/temp.h"
#include "proto/base/vault/vault.h"

#define CHARACTERISTICS_KEPT (SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN | SQLITE_IOCAP_IMMUTABLE)
#define SUBPAGE_READ 0x00008000         /* SQLITE_IOCAP_SUBPAGE_READ, from SQLite 3.48 */
#define ATOMIC_FLAGS (SQLITE_IOCAP_ATOMIC | SQLITE_IOCAP_ATOMIC512 | SQLITE_IOCAP_ATOMIC1K | SQLITE_IOCAP_ATOMIC2K | \
	SQLITE_IOCAP_ATOMIC4K | SQLITE_IOCAP_ATOMIC8K | SQLITE_IOCAP_ATOMIC16K | SQLITE_IOCAP_ATOMIC32K | SQLITE_IOCAP_ATOMIC64K | \
	SQLITE_IOCAP_BATCH_ATOMIC)

/* Room for any kind; the lower file follows. */
union any_file {
	struct vault_file file;
	struct vault_main main;
	struct vault_wal wal;
	struct vault_journal journal;
	struct vault_temp temp;
	int64_t align; /* SQLite gives no more than this */
};

static_assert(sizeof(union any_file) % alignof(int64_t) == 0, "the lower file is aligned");

static struct vault_file *self(sqlite3_file *file)
{
	return (struct vault_file *)file;
}

static sqlite3_vfs *lower_of(sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

/* ---- methods that kinds share ---- */

int vault_file_close(sqlite3_file *file)
{
	sqlite3_file *lower = self(file)->lower;
	int rc = lower->pMethods ? lower->pMethods->xClose(lower) : SQLITE_OK;

	lower->pMethods = NULL;
	file->pMethods = NULL;
	return rc;
}

int vault_file_sync(sqlite3_file *file, int flags)
{
	return self(file)->lower->pMethods->xSync(self(file)->lower, flags);
}

int vault_file_lock(sqlite3_file *file, int level)
{
	return self(file)->lower->pMethods->xLock(self(file)->lower, level);
}

int vault_file_unlock(sqlite3_file *file, int level)
{
	return self(file)->lower->pMethods->xUnlock(self(file)->lower, level);
}

int vault_file_reserved(sqlite3_file *file, int *out)
{
	return self(file)->lower->pMethods->xCheckReservedLock(self(file)->lower, out);
}

int vault_file_sector_size(sqlite3_file *file)
{
	return self(file)->lower->pMethods->xSectorSize(self(file)->lower);
}

int vault_file_characteristics(sqlite3_file *file)
{
	int below = self(file)->lower->pMethods->xDeviceCharacteristics(self(file)->lower);
	int kept = CHARACTERISTICS_KEPT | (VAULT_ROW(13) ? 0 : ATOMIC_FLAGS) | (VAULT_ROW(4) ? 0 : SUBPAGE_READ);

	return (below & kept) | (VAULT_ROW(12) ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0);
}

/* ---- the VFS ---- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	union any_file *any = (union any_file *)file;
	sqlite3_vfs *lower = lower_of(vfs);
	bool is_known = (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;

	memset(file, 0, (size_t)vfs->szOsFile);
	/* Names of journals and nothing else (row 30); also a journal of which SQLite wants that name alone. */
	if ((flags & SQLITE_OPEN_SUPER_JOURNAL) && VAULT_ROW(30))
		return lower->xOpen(lower, name, file, flags, out_flags);
	if (!is_known && !VAULT_ROW(16))
		return lower->xOpen(lower, name, file, flags, out_flags);
	any->file.lower = (sqlite3_file *)(any + 1);
	if (flags & SQLITE_OPEN_MAIN_DB)
		return vault_main_open(lower, name, &any->main, flags, out_flags);
	if (flags & SQLITE_OPEN_WAL)
		return vault_wal_open(lower, name, &any->wal, flags, out_flags);
	if (flags & SQLITE_OPEN_MAIN_JOURNAL)
		return vault_journal_open(lower, name, &any->journal, flags, out_flags);
	return vault_temp_open(lower, name, &any->temp, flags, out_flags);
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	return lower_of(vfs)->xDelete(lower_of(vfs), name, sync_dir);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
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

/* Without a name: SQLite's default, or what we stand on when we are the default ourselves. */
static sqlite3_vfs *lower_find(const char *name)
{
	sqlite3_vfs *found = sqlite3_vfs_find(name);

	return found == &vault_vfs ? vault_vfs.pAppData : found;
}

/* Other threads may be opening files just now: a repeated registration writes nothing that they read. */
static void lower_take(sqlite3_vfs *lower)
{
	int bytes = (int)sizeof(union any_file) + lower->szOsFile;

	if (vault_vfs.pAppData == lower && vault_vfs.mxPathname == lower->mxPathname && vault_vfs.szOsFile == bytes)
		return;
	vault_vfs.pAppData = lower;
	vault_vfs.mxPathname = lower->mxPathname;
	vault_vfs.szOsFile = bytes;
}

static int register_locked(const char *lower_name, bool is_default)
{
	sqlite3_vfs *lower;

	if (sodium_init() < 0 || sqlite3_initialize() != SQLITE_OK)
		return err_set(ERR_IO, "vault: libsodium or SQLite does not start");
	if (!VAULT_ROW(26) && vault_vfs.pAppData)
		return 0;
	lower = lower_find(lower_name);
	if (!lower)
		return err_set(ERR_NOT_FOUND, "vault: no VFS named %s to build on", lower_name ? lower_name : "(default)");
	lower_take(lower);
	if (sqlite3_vfs_register(&vault_vfs, is_default) != SQLITE_OK)
		return err_set(ERR_IO, "vault: SQLite refuses the VFS");
	return 0;
}

int vault_vfs_register(const char *lower, bool is_default)
{
	int rc;

	pthread_mutex_lock(&register_lock);
	rc = register_locked(lower, is_default);
	pthread_mutex_unlock(&register_lock);
	return rc;
}

int vault_vfs_lower(sqlite3_vfs **out)
{
	int rc = 0;

	*out = NULL;
	pthread_mutex_lock(&register_lock);
	if (!sqlite3_vfs_find(VAULT_VFS_NAME))
		rc = register_locked(NULL, false);
	if (rc == 0)
		*out = vault_vfs.pAppData;
	pthread_mutex_unlock(&register_lock);
	return rc;
}
