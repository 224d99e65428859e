/*
 * database: the main file of a vault (layout in vfs.h, rows in row.h).
 *
 * Only whole pages are written, never neighbours with them. The size is a number of whole pages and never 0, but for a file that is
 * being made (birth.c): from the first lock it is seen as one page, an empty database with our reserved bytes, of which SQLite cannot
 * know otherwise (row 6); only the target of VACUUM INTO, which must be empty and is given the reserve by SQLite, stays empty. How the
 * record of all pages is kept up: record.c.
 */
#include "proto/base/vault/vfs.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "proto/base/vault/io.h"
#include "proto/base/vault/row.h"

#define HEADER_BYTES 100                /* what SQLite reads in sqlite3_open() */
#define AUTO_VACUUM_OFFSET 52           /* in page 1: fileformat2.html section 1.3 */
#define INCREMENTAL_VACUUM_OFFSET 64
#define PAGE_COUNT_OFFSET 28
#define CHANGE_OFFSET 24                /* 16 bytes from here are read when a rollback transaction begins */
#define CHANGE_BYTES 16
#define TRY_COUNT_MAX 3                 /* a page that another process is writing may be read torn */
#define SHM_LOCK_CHECKPOINT 1           /* wal.c of SQLite: WAL_CKPT_LOCK */
#define SHM_LOCK_RECOVER 2              /* WAL_RECOVER_LOCK */

static struct vault_main *self(sqlite3_file *file)
{
	return (struct vault_main *)file;
}

static int64_t page_bytes(const struct vault_main *m)
{
	return m->keys->shape.page_bytes;
}

static int lower_read(struct vault_main *m, void *out, int64_t len, int64_t offset)
{
	return vault_lower_read(m->file.lower, out, len, offset);
}

bool vault_page_is_acceptable(const struct vault_file_keys *keys, const uint8_t *page, int64_t number)
{
	static const uint8_t NAME[16] = "SQLite format 3";
	uint32_t usable = vault_usable_bytes(&keys->shape);
	uint32_t size = keys->shape.page_bytes;
	bool good = !VAULT_ROW(7) || sodium_is_zero(page + usable, size - usable);

	if (number == 1 && VAULT_ROW(25))
		good = good && memcmp(page, NAME, sizeof NAME) == 0 && page[16] == (uint8_t)(size >> 8) &&
			page[17] == (uint8_t)(size >> 16) && page[20] == size - usable &&
			(!keys->is_wal_only || (page[18] == 2 && page[19] == 2));
	if (!good)
		sqlite3_log(SQLITE_IOERR_WRITE, "vault: page %lld is not of a database%s with %u reserved bytes in pages of %u",
			(long long)number, keys->is_wal_only ? " in WAL mode" : "", size - usable, size);
	return good;
}

/* ---- pages ---- */

int vault_main_pages(struct vault_main *m, int64_t *out)
{
	sqlite3_int64 size = 0;
	int rc = m->birth ? vault_birth_adopt(m) : SQLITE_OK;

	*out = 0;
	if (rc != SQLITE_OK || m->birth)
		return rc;
	rc = m->file.lower->pMethods->xFileSize(m->file.lower, &size);
	if (rc != SQLITE_OK)
		return rc;
	if (size >= vault_page_offset(m, 1)) {
		*out = (size - VAULT_PREFIX_BYTES) / page_bytes(m);
		return SQLITE_OK;
	}
	rc = vault_pages_load(m->file.lower, m->keys, &m->pages);
	if (rc != SQLITE_OK)
		return rc;
	if (VAULT_ROW(18) && (m->keys->is_wal_only || m->pages.state != VAULT_PAGES_CHANGING || m->pages.page_count != 0)) {
		sqlite3_log(SQLITE_IOERR_DATA, "vault: the file has lost all its pages");
		return SQLITE_IOERR_DATA;
	}
	return SQLITE_OK;
}

static int page_damaged(int64_t index)
{
	int code = VAULT_ROW(32) ? SQLITE_IOERR_DATA : SQLITE_CORRUPT;

	sqlite3_log(code, "vault: page %lld does not authenticate", (long long)index + 1);
	return code;
}

/* How many pages the page 1 on the disk says there are. */
static bool page_count_said(struct vault_main *m, uint32_t *out)
{
	for (int i = 0; i < TRY_COUNT_MAX; i++) {
		if (lower_read(m, m->scratch, page_bytes(m), vault_page_offset(m, 0)) != SQLITE_OK)
			return false;
		if (vault_page_open(&m->keys->shape, m->keys->page, VAULT_ROLE_PAGE, 0, 1, m->scratch, m->scratch) == 0) {
			*out = vault_get_u32(m->scratch + PAGE_COUNT_OFFSET);
			return true;
		}
	}
	return false;
}

/* Nothing (whole) is there below for page `index`. Uses the scratch page; `out` may be it. */
static int page_missing(struct vault_main *m, int64_t index, uint8_t *out)
{
	uint32_t said = 0;
	int64_t count;
	int rc = vault_main_pages(m, &count);

	if (rc == SQLITE_OK && count > 0 && (!page_count_said(m, &said) || index < said)) {
		sqlite3_log(SQLITE_IOERR_DATA, "vault: page %lld of %u is missing", (long long)index + 1, said);
		rc = SQLITE_IOERR_DATA;
	}
	if (rc == SQLITE_OK && count == 0 && index == 0 && m->is_shown) {
		vault_template_page(m->keys, out);
		return SQLITE_OK;
	}
	memset(out, 0, (size_t)page_bytes(m));
	return rc == SQLITE_OK ? SQLITE_IOERR_SHORT_READ : rc;
}

static int page_get(struct vault_main *m, int64_t index, uint8_t *out)
{
	int rc = m->birth ? SQLITE_IOERR_SHORT_READ : lower_read(m, out, page_bytes(m), vault_page_offset(m, index));

	if (rc == SQLITE_IOERR_SHORT_READ && VAULT_ROW(20))
		return page_missing(m, index, out);
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return rc;
	if (vault_page_open(&m->keys->shape, m->keys->page, VAULT_ROLE_PAGE, 0, (uint32_t)(index + 1), out, out) != 0)
		return page_damaged(index);
	return SQLITE_OK;
}

/* Any other range: slices of pages, through the scratch page. */
static int slices_get(struct vault_main *m, uint8_t *out, int64_t len, int64_t offset)
{
	int64_t done = 0;

	while (done < len) {
		int64_t at = (offset + done) % page_bytes(m);
		int64_t part = page_bytes(m) - at < len - done ? page_bytes(m) - at : len - done;
		int rc = page_get(m, (offset + done) / page_bytes(m), m->scratch);

		if (rc != SQLITE_OK) {
			memset(out + done, 0, (size_t)(len - done));
			return rc;
		}
		memcpy(out + done, m->scratch + at, (size_t)part);
		done += part;
	}
	return SQLITE_OK;
}

/* What SQLite asks before any lock: page size and reserve from the proved prefix, the two vacuum fields from the record. */
static int header_get(struct vault_main *m, uint8_t *out)
{
	int64_t count;
	int rc;

	memset(out, 0, HEADER_BYTES);
	rc = vault_main_pages(m, &count);
	if (rc != SQLITE_OK || count == 0)
		return rc;
	vault_template_page(m->keys, m->scratch);
	memcpy(out, m->scratch, HEADER_BYTES);
	rc = vault_pages_load(m->file.lower, m->keys, &m->pages);
	if (rc != SQLITE_OK)
		return rc;
	if (m->pages.state == VAULT_PAGES_NONE) {
		if (page_get(m, 0, m->scratch) == SQLITE_OK)
			memcpy(out, m->scratch, HEADER_BYTES);
		return SQLITE_OK;
	}
	out[AUTO_VACUUM_OFFSET] = (uint8_t)(m->pages.auto_vacuum >> 24);
	out[AUTO_VACUUM_OFFSET + 1] = (uint8_t)(m->pages.auto_vacuum >> 16);
	out[AUTO_VACUUM_OFFSET + 2] = (uint8_t)(m->pages.auto_vacuum >> 8);
	out[AUTO_VACUUM_OFFSET + 3] = (uint8_t)m->pages.auto_vacuum;
	out[INCREMENTAL_VACUUM_OFFSET + 3] = m->pages.incremental_vacuum != 0;
	return SQLITE_OK;
}

static int db_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
	struct vault_main *m = self(file);
	bool is_change = len == CHANGE_BYTES && offset == CHANGE_OFFSET;

	if (offset == 0 && len == HEADER_BYTES && VAULT_ROW(1))
		return header_get(m, out);
	if (is_change && m->birth) { /* what was cached may be of another page size than the file will have */
		memset(out, 0xff, CHANGE_BYTES);
		return SQLITE_OK;
	}
	if (len == page_bytes(m) && offset % page_bytes(m) == 0)
		return page_get(m, offset / page_bytes(m), out);
	if ((!VAULT_ROW(2) && is_change) || (!VAULT_ROW(4) && offset > page_bytes(m)) || (!VAULT_ROW(3) && !is_change))
		return lower_read(m, out, len, VAULT_PREFIX_BYTES + offset);
	return slices_get(m, out, len, offset);
}

/* ---- writing ---- */

/* `exists`: a page is on the disk there. */
static int page_put(struct vault_main *m, int64_t index, const uint8_t *data, bool exists)
{
	uint32_t usable = vault_usable_bytes(&m->keys->shape);
	int rc = exists ? vault_record_drop(m, index) : SQLITE_OK;

	if (rc == SQLITE_OK && index == 0)
		rc = vault_record_vacuum(m, vault_get_u32(data + AUTO_VACUUM_OFFSET), vault_get_u32(data + INCREMENTAL_VACUUM_OFFSET));
	if (rc != SQLITE_OK)
		return rc;
	vault_page_seal(&m->keys->shape, m->keys->page, VAULT_ROLE_PAGE, 0, (uint32_t)(index + 1), data, m->scratch);
	if (!VAULT_ROW(31) && m->is_checkpoint)
		memcpy(m->scratch, data, usable);
	rc = m->file.lower->pMethods->xWrite(m->file.lower, m->scratch, (int)page_bytes(m), vault_page_offset(m, index));
	if (rc == SQLITE_OK && m->pages.is_kept)
		vault_pages_add(&m->pages, m->keys, (uint32_t)(index + 1), m->scratch + usable);
	if (rc != SQLITE_OK)
		m->pages.is_kept = false; /* what is there now is not known */
	return rc;
}

/* Whether this page holds the lock bytes: only asked to leave row 22 out, a gap's pages are all sealed alike. */
static bool is_lock_page(const struct vault_main *m, int64_t index)
{
	return index == sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, 0) / page_bytes(m);
}

/* One page in a gap: zeros, but for the empty database that a new file begins as. */
static int gap_put(struct vault_main *m, int64_t index)
{
	uint8_t *page;
	int rc = SQLITE_OK;

	if (!VAULT_ROW(21) || (!VAULT_ROW(22) && is_lock_page(m, index)))
		return SQLITE_OK;
	page = calloc(1, (size_t)page_bytes(m));
	if (!page)
		return SQLITE_NOMEM;
	if (index == 0)
		vault_template_page(m->keys, page);
	rc = page_put(m, index, page, false);
	free(page);
	return rc;
}

/* Make all pages before `index` exist. */
static int gap_fill(struct vault_main *m, int64_t index)
{
	int rc = SQLITE_OK;

	if (index > m->page_count_known)
		rc = vault_main_pages(m, &m->page_count_known);
	while (rc == SQLITE_OK && m->page_count_known < index) {
		rc = gap_put(m, m->page_count_known);
		if (rc == SQLITE_OK)
			m->page_count_known++;
	}
	return rc;
}

/* In tests a new file may take another page size; from its first page SQLite learns of it. */
static int page_size_take(struct vault_main *m, uint32_t size)
{
	bool is_known = size >= (VAULT_ROW(5) ? VAULT_PAGE_BYTES_MIN : 512) && size <= VAULT_PAGE_BYTES_MAX && (size & (size - 1)) == 0;

	if (!m->birth || !vault_registry_weak_is_allowed() || !is_known || size == page_bytes(m))
		return SQLITE_OK;
	return vault_registry_birth(m->name, size, m->birth, m->keys) == 0 ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int db_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct vault_main *m = self(file);
	int64_t index;
	bool exists;
	int rc = m->birth ? page_size_take(m, (uint32_t)len) : SQLITE_OK;

	if (rc == SQLITE_OK && m->birth)
		rc = vault_birth_complete(m);
	if (rc != SQLITE_OK)
		return rc;
	index = offset / page_bytes(m);
	if (len != page_bytes(m) || offset % page_bytes(m) != 0) {
		sqlite3_log(SQLITE_IOERR_WRITE, "vault: write of %d bytes at %lld is not a page", len, (long long)offset);
		return SQLITE_IOERR_WRITE;
	}
	if (!vault_page_is_acceptable(m->keys, data, index + 1))
		return SQLITE_IOERR_WRITE;
	rc = vault_record_mark(m);
	if (rc == SQLITE_OK)
		rc = gap_fill(m, index);
	if (rc == SQLITE_OK && m->page_count_known <= index)
		rc = vault_main_pages(m, &m->page_count_known);
	exists = index < m->page_count_known;
	if (rc == SQLITE_OK)
		rc = page_put(m, index, data, exists);
	if (rc == SQLITE_OK && m->page_count_known == index)
		m->page_count_known++;
	return rc;
}

static int db_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct vault_main *m = self(file);
	int64_t count = size / page_bytes(m);
	int64_t now;
	int rc = vault_main_pages(m, &now);

	if (rc != SQLITE_OK || (m->birth && count < 2))
		return rc;
	if ((count < 1 && m->keys->is_wal_only) || size % page_bytes(m) != 0)
		return SQLITE_IOERR_TRUNCATE;
	if (m->birth)
		rc = vault_birth_complete(m);
	if (rc == SQLITE_OK && now != count)
		rc = vault_record_mark(m);
	if (rc != SQLITE_OK)
		return rc;
	m->page_count_known = now < count ? now : count;
	if (now < count)
		return gap_fill(m, count);
	for (int64_t i = count; i < now && rc == SQLITE_OK; i++)
		rc = vault_record_drop(m, i);
	return rc == SQLITE_OK ? m->file.lower->pMethods->xTruncate(m->file.lower, vault_page_offset(m, count)) : rc;
}

static int db_sync(sqlite3_file *file, int flags)
{
	struct vault_main *m = self(file);
	int rc = vault_file_sync(file, flags);

	return rc == SQLITE_OK && m->is_checkpoint ? vault_record_settle(m) : rc;
}

static int db_size(sqlite3_file *file, sqlite3_int64 *out)
{
	int64_t count;
	int rc = vault_main_pages(self(file), &count);

	if (count == 0 && self(file)->is_shown && VAULT_ROW(6))
		count = 1;
	if (rc == SQLITE_OK)
		*out = count * page_bytes(self(file));
	return rc;
}

/* vacuum.c attaches the file that VACUUM INTO makes under this name. */
static bool is_vacuum_target(const struct vault_main *m)
{
	const char *target = m->connection && *m->connection ? sqlite3_db_filename(*m->connection, "vacuum_db") : NULL;

	return target && strcmp(target, m->name) == 0;
}

static int db_lock(sqlite3_file *file, int level)
{
	struct vault_main *m = self(file);

	if (!m->is_shown)
		m->is_shown = !(m->birth && is_vacuum_target(m));
	return vault_file_lock(file, level);
}

/* From now on others may write, or may have written: what was known of the file and of its record is known no more. */
static void known_forget(struct vault_main *m)
{
	m->page_count_known = 0;
	m->is_checkpoint = false;
	m->is_marked = false;
	m->pages.is_kept = false;
}

/* No checkpoint is running here: those lie within a lock that stays. One in exclusive locking mode may not have told its end. */
static int db_unlock(sqlite3_file *file, int level)
{
	struct vault_main *m = self(file);

	known_forget(m);
	return vault_file_unlock(file, level);
}

/* ---- controls ---- */

/* A vault stays what it is: its page size is swallowed (as cksumvfs.c does), leaving WAL mode is an error; keys do not travel in SQL. */
static int pragma(struct vault_main *m, char **arg)
{
	static const char *const KEYS[] = { "key", "hexkey", "rekey", "hexrekey", "textkey", "textrekey" };
	const char *name = arg[1];
	const char *value = arg[2];

	for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++)
		if (strcasecmp(name, KEYS[i]) == 0 && VAULT_ROW(29)) {
			arg[0] = sqlite3_mprintf("keys and passphrases are never part of SQL: unlock the vault first");
			return SQLITE_ERROR;
		}
	if (strcasecmp(name, "page_size") == 0 && value && VAULT_ROW(25))
		return page_size_take(m, (uint32_t)strtoul(value, NULL, 10)); /* without a row, as in stock SQLite */
	if (strcasecmp(name, "journal_mode") == 0 && value && strcasecmp(value, "wal") != 0 && m->keys->is_wal_only) {
		arg[0] = sqlite3_mprintf("this vault is always in WAL mode");
		return SQLITE_ERROR;
	}
	return SQLITE_NOTFOUND;
}

/* 0 and *done when the call was answered here. */
static int own_control(struct vault_main *m, int op, void *arg, bool *done)
{
	*done = true;
	switch (op) {
	case VAULT_FCNTL_MAIN:
		*(struct vault_main **)arg = m;
		return SQLITE_OK;
	case SQLITE_FCNTL_SIZE_HINT: /* these two would make holes */
	case SQLITE_FCNTL_CHUNK_SIZE:
		*done = VAULT_ROW(21);
		return SQLITE_OK;
	case SQLITE_FCNTL_MMAP_SIZE:
		*done = VAULT_ROW(23);
		if (*done)
			*(sqlite3_int64 *)arg = 0;
		return SQLITE_OK;
	case SQLITE_FCNTL_BEGIN_ATOMIC_WRITE:
	case SQLITE_FCNTL_COMMIT_ATOMIC_WRITE:
	case SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE:
		*done = VAULT_ROW(13);
		return SQLITE_NOTFOUND;
	case SQLITE_FCNTL_PDB:
		m->connection = arg;
		*done = false;
		return SQLITE_OK;
	case SQLITE_FCNTL_CKPT_START:
		m->is_checkpoint = true;
		m->is_marked = m->pages.is_kept; /* without shared memory the last checkpoint had no end that we see */
		*done = false;
		return SQLITE_OK;
	default: /* the numbers are SQLite's, and grow */
		*done = false;
		return SQLITE_OK;
	}
}

static int db_control(sqlite3_file *file, int op, void *arg)
{
	struct vault_main *m = self(file);
	bool done;
	int rc = own_control(m, op, arg, &done);

	if (done)
		return rc;
	if (op == SQLITE_FCNTL_PRAGMA) {
		rc = pragma(m, arg);
		if (rc != SQLITE_NOTFOUND)
			return rc;
	}
	rc = m->file.lower->pMethods->xFileControl(m->file.lower, op, arg);
	if (op == SQLITE_FCNTL_VFSNAME && rc == SQLITE_OK)
		*(char **)arg = sqlite3_mprintf("mandoob/%z", *(char **)arg);
	return rc;
}

static int db_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	struct vault_main *m = self(file);

	return VAULT_ROW(24) ? m->file.lower->pMethods->xShmMap(m->file.lower, page, size, extend, out) : SQLITE_IOERR_SHMMAP;
}

/* Passed through; who takes the checkpoint or recovery lock cannot rely on what it knew of the files before. */
static int db_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	struct vault_main *m = self(file);
	bool is_checkpoint = offset <= SHM_LOCK_CHECKPOINT && SHM_LOCK_CHECKPOINT < offset + n;
	int rc;

	if (is_checkpoint && flags == (SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE) && vault_record_end(m) != SQLITE_OK)
		sqlite3_log(SQLITE_WARNING, "vault: the record of all pages could not be written: freshness is unknown");
	rc = m->file.lower->pMethods->xShmLock(m->file.lower, offset, n, flags);
	if (rc != SQLITE_OK || flags != (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE))
		return rc;
	if (is_checkpoint)
		known_forget(m);
	if (offset <= SHM_LOCK_RECOVER && SHM_LOCK_RECOVER < offset + n && m->wal)
		vault_wal_own_forget(m->wal);
	return rc;
}

static void db_shm_barrier(sqlite3_file *file)
{
	self(file)->file.lower->pMethods->xShmBarrier(self(file)->file.lower);
}

static int db_shm_unmap(sqlite3_file *file, int delete_it)
{
	return self(file)->file.lower->pMethods->xShmUnmap(self(file)->file.lower, delete_it);
}

static int db_fetch(sqlite3_file *file, sqlite3_int64 offset, int len, void **out)
{
	struct vault_main *m = self(file);

	*out = NULL;
	return VAULT_ROW(23) ? SQLITE_OK : m->file.lower->pMethods->xFetch(m->file.lower, offset + VAULT_PREFIX_BYTES, len, out);
}

static int db_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *page)
{
	struct vault_main *m = self(file);

	return VAULT_ROW(23) ? SQLITE_OK : m->file.lower->pMethods->xUnfetch(m->file.lower, offset + VAULT_PREFIX_BYTES, page);
}

/* ---- opening and closing ---- */

static int db_close(sqlite3_file *file)
{
	struct vault_main *m = self(file);
	int rc = SQLITE_OK;

	if (m->wal)
		m->wal->main = NULL;
	vault_birth_forget(m);
	if (m->scratch)
		sodium_memzero(m->scratch, m->keys ? (size_t)page_bytes(m) : 0);
	free(m->scratch);
	sodium_free(m->keys);
	if (m->file.lower->pMethods)
		rc = vault_file_close(file);
	return rc;
}

static const sqlite3_io_methods METHODS = {
	.iVersion = 3,
	.xClose = db_close,
	.xRead = db_read,
	.xWrite = db_write,
	.xTruncate = db_truncate,
	.xSync = db_sync,
	.xFileSize = db_size,
	.xLock = db_lock,
	.xUnlock = db_unlock,
	.xCheckReservedLock = vault_file_reserved,
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

/* The lower file is open: read the prefix, prove the key, derive the subkeys. SQLITE_NOTADB unless all is as it must be. */
static int prove(struct vault_main *m, const char *name, int flags)
{
	uint8_t copies[VAULT_COPIES_BYTES];
	bool unfinished;
	sqlite3_int64 size = 0;
	int64_t count;
	int rc = m->file.lower->pMethods->xFileSize(m->file.lower, &size);

	if (rc == SQLITE_OK)
		rc = lower_read(m, copies, sizeof copies, 0);
	if (rc != SQLITE_OK && (rc != SQLITE_IOERR_SHORT_READ || size >= VAULT_COPIES_BYTES))
		return rc;
	if (rc == SQLITE_OK && (vault_registry_prove(copies, m->keys) == 0 || !VAULT_ROW(17))) {
		rc = vault_main_pages(m, &count);
		return rc == SQLITE_IOERR_DATA ? SQLITE_NOTADB : rc;
	}
	rc = vault_birth_is_unfinished(m, size, &unfinished);
	if (rc != SQLITE_OK)
		return rc;
	return unfinished && (flags & SQLITE_OPEN_CREATE) ? vault_birth_prepare(m, name) : SQLITE_NOTADB;
}

/*
 * An empty file beside a log has lost its bytes: a new one gets its log later. The log may be all that is left, so nothing begins anew;
 * nor where there is no file at all: SQLite would go on with that log, and commits would be in it before the new prefix is on the disk.
 */
static bool is_cut_off(sqlite3_vfs *lower, const char *name, int flags)
{
	const char *wal = sqlite3_filename_wal(name);
	int is_there = 0, has_bytes = 1, has_wal = 0;

	if (lower->xAccess(lower, name, SQLITE_ACCESS_READWRITE, &is_there) != SQLITE_OK || (!is_there && !(flags & SQLITE_OPEN_CREATE)) ||
	    lower->xAccess(lower, name, SQLITE_ACCESS_EXISTS, &has_bytes) != SQLITE_OK || has_bytes)
		return false;
	return wal && wal[0] && lower->xAccess(lower, wal, SQLITE_ACCESS_EXISTS, &has_wal) == SQLITE_OK && has_wal;
}

/* A file that does not exist is made only when a key answers for it: otherwise an empty file in clear would be left. */
static int lower_open(sqlite3_vfs *lower, struct vault_main *m, const char *name, int flags, int *out_flags)
{
	int without = flags & ~(SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE);
	uint8_t copy[VAULT_COPY_BYTES];
	int exists = 1;
	int rc = is_cut_off(lower, name, flags) ? SQLITE_NOTADB : lower->xAccess(lower, name, SQLITE_ACCESS_EXISTS, &exists);

	if (rc == SQLITE_OK && !exists && (flags & SQLITE_OPEN_CREATE) && vault_registry_birth(name, 0, copy, m->keys) == 0) {
		rc = lower->xOpen(lower, name, m->file.lower, flags, out_flags);
		if (rc == SQLITE_OK)
			(void)chmod(name, 0600); /* before a key slot is in it; a disk without modes is no error */
		return rc;
	}
	return rc == SQLITE_OK ? lower->xOpen(lower, name, m->file.lower, without, out_flags) : rc;
}

/* Key bytes in a URI would be in traces, logs and error messages. */
static bool uri_has_key(const char *name)
{
	static const char *const KEYS[] = { "key", "hexkey", "textkey", "passphrase" };

	for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++)
		if (VAULT_ROW(29) && sqlite3_uri_parameter(name, KEYS[i]))
			return true;
	return false;
}

int vault_main_open(sqlite3_vfs *lower, const char *name, struct vault_main *m, int flags, int *out_flags)
{
	int rc = SQLITE_NOMEM;

	if (!name || uri_has_key(name)) {
		sqlite3_log(SQLITE_CANTOPEN, "vault: a key in a file name is refused");
		return SQLITE_CANTOPEN;
	}
	m->scratch = malloc(VAULT_PAGE_BYTES_MAX);
	m->keys = sodium_malloc(sizeof *m->keys);
	if (m->scratch && m->keys) {
		sodium_memzero(m->keys, sizeof *m->keys);
		m->keys->shape = (struct vault_shape){ vault_suite_find(VAULT_SUITE_XCHACHA20), VAULT_PAGE_BYTES };
		rc = lower_open(lower, m, name, flags, out_flags);
	}
	if (rc == SQLITE_OK)
		rc = prove(m, name, flags);
	m->file.base.pMethods = &METHODS;
	if (rc != SQLITE_OK) {
		db_close(&m->file.base);
		if (VAULT_ROW(27))
			m->file.base.pMethods = NULL;
	}
	return rc;
}

struct vault_main *vault_main_of(const char *name)
{
	sqlite3_file *file = name ? sqlite3_database_file_object(name) : NULL;
	struct vault_main *m = NULL;

	if (file && !VAULT_ROW(28))
		return (struct vault_main *)file;
	if (!file || !file->pMethods || file->pMethods->xFileControl(file, VAULT_FCNTL_MAIN, &m) != SQLITE_OK)
		return NULL;
	return m;
}
