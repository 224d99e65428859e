/*
 * vfs: the SQLite VFS "mandoob" (private to proto/base/vault/; programs use vault.h).
 *
 * The file below holds [prefix 2 x 4096][page 1][page 2]...: logical offset + 8192. Pages are sealed in place (seal.h).
 * The WAL below holds
 *
 *	offset       size  what
 *	0            72    WAL header, 32 bytes sealed
 *	72+k*4160    64    header of frame k (from 0), 24 bytes sealed
 *	136+k*4160   4096  page of frame k, sealed in place
 *
 * so logical 32+k*4120 is physical 72+k*4160. Header and page of a frame are sealed apart because SQLite rewrites each without the
 * other; the page is bound to its frame and page number, and SQLite's own checksum chain, now secret, binds the frames together.
 */
#ifndef PROTO_BASE_VAULT_VFS_H
#define PROTO_BASE_VAULT_VFS_H

#include <sqlite3.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/vault/registry.h"

/* An open database file or WAL, as the VFS and wal.c see it. SQLite allocates it together with the lower file behind it. */
struct vault_file {
	sqlite3_file base;              /* what SQLite knows; first */
	sqlite3_file *lower;            /* the file of the VFS below, in the same allocation */
	struct vault_file *peer;        /* database: its open WAL or NULL; WAL: its database, never NULL */
	struct vault_file_keys *keys;   /* owned by the database file, borrowed by the WAL; sodium_malloc memory */
	uint8_t *scratch;               /* VAULT_SCRATCH_BYTES, owned: sealed bytes on their way */
	int64_t page_count_known;       /* database: pages that are known to exist below; 0 = ask */
	int64_t own_first;              /* WAL: frames [own_first, own_end) were written by this handle */
	int64_t own_end;
	int64_t head_frame;             /* WAL: the frame whose header was written last, -1 = none */
	uint32_t head_page;             /* its page number */
};

#define VAULT_FRAME_HEAD_SEALED_BYTES 64
#define VAULT_SCRATCH_BYTES (VAULT_FRAME_HEAD_SEALED_BYTES + VAULT_PAGE_BYTES)

/* Register above `lower` (NULL: default). See vault_init(). */
int vault_vfs_register(const char *lower) MUST_CHECK;

/* The VFS below; registers above the default first when nobody did. */
int vault_vfs_lower(sqlite3_vfs **out) MUST_CHECK;

/* Whether SQLite's page may be written: 40 zero bytes at its end, and on page 1 a WAL-only header with our page size. */
bool vault_page_is_acceptable(const uint8_t *page, int64_t number);

/* The methods of a WAL file; wal.c. */
const sqlite3_io_methods *vault_wal_methods(void);

/* Forget what is known about own frames: another process may have restarted the WAL. */
void vault_wal_own_forget(struct vault_file *wal);

/* Methods that both kinds of file share. */
int vault_file_close(sqlite3_file *file);
int vault_file_sync(sqlite3_file *file, int flags);
int vault_file_sector_size(sqlite3_file *file);
int vault_file_characteristics(sqlite3_file *file);

#endif
