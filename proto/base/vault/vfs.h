/*
 * vfs: the SQLite VFS "mandoob" (private to proto/base/vault/; programs use vault.h).
 *
 * Kinds of file, each with its own methods beside this:
 *
 *	database.c the database: [prefix 16384][page 1][page 2]..., logical offset + 16384; pages sealed in place (seal.h)
 *	wal.c      the WAL: sealed header, then frames of a sealed header and a page sealed in place
 *	journal.c  the rollback journal: SQLite's own offsets, pages sealed in place, checksums masked
 *	temp.c     anything else (statement journals, sorters, TEMP): blocks under a random key that lives as long as the file is open
 *
 * Super-journals pass through: they hold names of files and nothing else.
 */
#ifndef PROTO_BASE_VAULT_VFS_H
#define PROTO_BASE_VAULT_VFS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/vault/lower.h"
#include "proto/base/vault/pages.h"
#include "proto/base/vault/registry.h"
#include "proto/base/vault/sqlite.h"

/* What each open file begins with; the file of the VFS below follows behind the kind's own struct, in the same allocation. */
struct vault_file {
	sqlite3_file base;   /* what SQLite knows; first */
	sqlite3_file *lower; /* the file of the VFS below */
};

/* A private file control: gives the struct vault_main behind any shims above us. */
#define VAULT_FCNTL_MAIN 0x4d4e4442

struct vault_wal;

/* An open database. */
struct vault_main {
	struct vault_file file;
	struct vault_file_keys *keys;   /* owned; borrowed by its WAL and journal, which SQLite closes first; sodium_malloc memory */
	struct vault_wal *wal;          /* its open WAL or NULL */
	uint8_t *scratch;               /* one page, owned: sealed bytes on their way */
	uint8_t *birth;                 /* prefix copy of a new file of which nothing is on the disk yet; NULL otherwise; owned */
	char *name;                     /* of the new file, while `birth` is set; owned */
	int64_t page_count_known;       /* pages that are known to exist below; 0 = ask */
	struct vault_pages pages;       /* the record of all pages, as last read or written by this handle */
	sqlite3 **connection;           /* as SQLite told (SQLITE_FCNTL_PDB), NULL: not; borrowed */
	bool is_shown;                  /* a lock was taken: a file without pages is seen as the empty database it begins as (row 6) */
	bool is_checkpoint;             /* between SQLITE_FCNTL_CKPT_START and the end of that checkpoint */
	bool is_marked;                 /* the record on the disk says "changing", and so it stays while this lock is held */
};

/* An open WAL. */
struct vault_wal {
	struct vault_file file;
	struct vault_main *main;        /* never NULL */
	uint8_t *scratch;               /* one sealed frame, owned */
	int64_t own_first;              /* frames [own_first, own_end) were written by this handle */
	int64_t own_end;
	int64_t head_frame;             /* the frame whose header was written last, -1 = none */
	uint8_t head[24];               /* that header, in clear */
};

/* Register above `lower` (NULL: default), as the default when asked. See vault_init(). */
int vault_vfs_register(const char *lower, bool is_default) MUST_CHECK;

/* The VFS below; registers above the default first when nobody did. */
int vault_vfs_lower(sqlite3_vfs **out) MUST_CHECK;

/* Whether SQLite's page may be written: reserved bytes zero, and on page 1 a header with this shape (and WAL only, where that holds). */
bool vault_page_is_acceptable(const struct vault_file_keys *keys, const uint8_t *page, int64_t number);

/*
 * Open the file of each kind; `out` is of that kind, zeros but for `file.lower`. SQLite's result code; on failure nothing is left open
 * and the methods are unset (row 27).
 */
int vault_main_open(sqlite3_vfs *lower, const char *name, struct vault_main *out, int flags, int *out_flags) MUST_CHECK;
int vault_wal_open(sqlite3_vfs *lower, const char *name, struct vault_wal *out, int flags, int *out_flags) MUST_CHECK;

/* SQLite's own integers: big-endian. */
static inline uint32_t vault_get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Where page `index` (from 0) begins below. */
static inline int64_t vault_page_offset(const struct vault_main *m, int64_t index)
{
	return VAULT_PREFIX_BYTES + index * m->keys->shape.page_bytes;
}

/* Whole pages below; a torn one at the end does not count. 0 only in a file that is being made: otherwise SQLITE_IOERR_DATA (row 18). */
int vault_main_pages(struct vault_main *m, int64_t *out) MUST_CHECK;

/* birth.c: whether a file of `size` bytes in which no prefix copy authenticates holds nothing yet. */
int vault_birth_is_unfinished(struct vault_main *m, int64_t size, bool *out) MUST_CHECK;
/* Make ready to become the new vault `name`; nothing is written. SQLITE_CANTOPEN when no key answers for it. */
int vault_birth_prepare(struct vault_main *m, const char *name) MUST_CHECK;
/* Another process may have begun the same new file meanwhile: then its prefix counts, and `birth` is NULL afterwards. */
int vault_birth_adopt(struct vault_main *m) MUST_CHECK;
/* Put the prefix of a new file on the disk: SQLite is about to write a page. */
int vault_birth_complete(struct vault_main *m) MUST_CHECK;
void vault_birth_forget(struct vault_main *m);

/* record.c: before the first page of a checkpoint or transaction is written the record says "changing", on the disk. */
int vault_record_mark(struct vault_main *m) MUST_CHECK;
/* Take the page that is on the disk at `index` out of the sum, before it is overwritten or cut off. */
int vault_record_drop(struct vault_main *m, int64_t index) MUST_CHECK;
/* The two vacuum fields of page 1 change with a VACUUM only; the record has them, synced, before page 1 can be torn. */
int vault_record_vacuum(struct vault_main *m, uint32_t automatic, uint32_t incremental) MUST_CHECK;
/* All pages of a checkpoint are synced: say so, when its sum was kept up. */
int vault_record_settle(struct vault_main *m) MUST_CHECK;
/* The checkpoint lock is given back; one that could not finish was synced nowhere by SQLite, so its pages are synced here. */
int vault_record_end(struct vault_main *m) MUST_CHECK;

/* The open database to which the WAL or journal `name` belongs (`name` as SQLite gave it to xOpen); NULL when it is not ours. */
struct vault_main *vault_main_of(const char *name);

/* Forget what is known about own frames: another process may have restarted the WAL. */
void vault_wal_own_forget(struct vault_wal *wal);

/* Methods that kinds share: the same call of the file below. Sector size and characteristics as row 12 and 13 want them. */
int vault_file_close(sqlite3_file *file);
int vault_file_sync(sqlite3_file *file, int flags);
int vault_file_lock(sqlite3_file *file, int level);
int vault_file_unlock(sqlite3_file *file, int level);
int vault_file_reserved(sqlite3_file *file, int *out);
int vault_file_sector_size(sqlite3_file *file);
int vault_file_characteristics(sqlite3_file *file);

#endif
