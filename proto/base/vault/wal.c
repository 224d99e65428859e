/*
 * wal: the WAL half of the VFS (layout in vfs.h).
 *
 * SQLite touches a WAL in exactly these ways (wal.c of 3.40.1), and any other is refused:
 *
 *	write  32 at 0          header, when the log restarts
 *	write  24 at frame      frame header, alone; again at commit when a page of the same transaction was overwritten
 *	write  4096 at frame+24 page, after its header or over an earlier page of the same transaction
 *	read   32 at 0, 8 at 24 header, or the checksum in it
 *	read   8 at frame+16    checksum of the frame before the first one to be rewritten
 *	read   24+4096 at frame recovery, and rewriting of checksums
 *	read   n at frame+24    a page, or its beginning
 *
 * Recovery takes a bad checksum for the end of the log but any error as fatal, and a torn tail is what a power cut leaves: so a frame
 * that does not authenticate is given as zeros with SQLITE_OK there. A frame that this handle has written itself must authenticate,
 * since rewriting its checksum would make garbage valid; that, and every page read, is SQLITE_IOERR_DATA.
 */
#include "proto/base/vault/vfs.h"

#include <string.h>

#define WAL_HEAD_BYTES 32
#define WAL_HEAD_SEALED_BYTES (WAL_HEAD_BYTES + VAULT_HEAD_EXTRA_BYTES)
#define FRAME_HEAD_BYTES 24
#define FRAME_HEAD_SEALED_BYTES VAULT_FRAME_HEAD_SEALED_BYTES
#define FRAME_BYTES (FRAME_HEAD_BYTES + VAULT_PAGE_BYTES)
#define FRAME_SEALED_BYTES (FRAME_HEAD_SEALED_BYTES + VAULT_PAGE_BYTES)
#define WAL_SALT_OFFSET 16
#define FRAME_SALT_OFFSET 8
#define SALT_BYTES 8

_Static_assert(FRAME_HEAD_BYTES + VAULT_HEAD_EXTRA_BYTES == FRAME_HEAD_SEALED_BYTES, "sealed frame header");

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t frame_offset(int64_t frame)
{
	return WAL_HEAD_SEALED_BYTES + frame * FRAME_SEALED_BYTES;
}

static int lower_read(struct vault_file *f, void *out, int len, int64_t offset)
{
	return f->lower->pMethods->xRead(f->lower, out, len, offset);
}

static int lower_write(struct vault_file *f, const void *data, int len, int64_t offset)
{
	return f->lower->pMethods->xWrite(f->lower, data, len, offset);
}

static int damaged(const char *what, int64_t frame)
{
	sqlite3_log(SQLITE_IOERR_DATA, "vault: %s of WAL frame %lld does not authenticate", what, (long long)frame);
	return SQLITE_IOERR_DATA;
}

void vault_wal_own_forget(struct vault_file *wal)
{
	wal->own_first = 0;
	wal->own_end = 0;
	wal->head_frame = -1;
}

/* A frame this handle has just written. What cannot be joined to the known range replaces it. */
static void own_add(struct vault_file *f, int64_t frame)
{
	if (f->own_end > f->own_first && frame >= f->own_first && frame < f->own_end)
		return;
	if (f->own_end == f->own_first || frame != f->own_end)
		f->own_first = frame;
	f->own_end = frame + 1;
}

/* Read and open the WAL header. SQLITE_OK, SQLITE_IOERR_DATA without a log line, or an error of the VFS below. */
static int head_read(struct vault_file *f, uint8_t out[static WAL_HEAD_BYTES])
{
	uint8_t sealed[WAL_HEAD_SEALED_BYTES];
	int rc = lower_read(f, sealed, sizeof sealed, 0);

	if (rc != SQLITE_OK)
		return rc;
	if (vault_head_open(f->keys->wal, VAULT_ROLE_WAL_HEADER, 0, sealed, WAL_HEAD_BYTES, out) != 0)
		return SQLITE_IOERR_DATA;
	return SQLITE_OK;
}

/* The same for the header of a frame. */
static int frame_head_read(struct vault_file *f, int64_t frame, uint8_t out[static FRAME_HEAD_BYTES])
{
	uint8_t sealed[FRAME_HEAD_SEALED_BYTES];
	int rc = lower_read(f, sealed, sizeof sealed, frame_offset(frame));

	if (rc != SQLITE_OK)
		return rc;
	if (vault_head_open(f->keys->wal, VAULT_ROLE_FRAME_HEADER, (uint64_t)frame, sealed, FRAME_HEAD_BYTES, out) != 0)
		return SQLITE_IOERR_DATA;
	return SQLITE_OK;
}

/* All 32 bytes are read by recovery alone: a header that does not authenticate then means "no log", as a bad checksum does. */
static int wal_head_get(struct vault_file *f, uint8_t *out, int len, int64_t offset)
{
	uint8_t head[WAL_HEAD_BYTES];
	int rc = head_read(f, head);

	if (rc == SQLITE_IOERR_DATA && len == WAL_HEAD_BYTES) {
		sqlite3_log(SQLITE_WARNING, "vault: WAL header does not authenticate, the log counts as empty");
		memset(out, 0, WAL_HEAD_BYTES);
		return SQLITE_OK;
	}
	if (rc != SQLITE_OK)
		return rc;
	memcpy(out, head + offset, (size_t)len);
	return SQLITE_OK;
}

/* A torn tail has nothing behind it; say so in the log when the next frame is of this same log after all. */
static void tail_report(struct vault_file *f, int64_t frame)
{
	uint8_t head[WAL_HEAD_BYTES];
	uint8_t next[FRAME_HEAD_BYTES];

	if (head_read(f, head) != SQLITE_OK || frame_head_read(f, frame + 1, next) != SQLITE_OK)
		return;
	if (memcmp(head + WAL_SALT_OFFSET, next + FRAME_SALT_OFFSET, SALT_BYTES) == 0)
		sqlite3_log(SQLITE_WARNING, "vault: WAL frame %lld is damaged but the next one is not: the log ends here",
			(long long)frame);
}

/* Header and page in one call: recovery, or the rewriting of checksums. */
static int frame_get(struct vault_file *f, int64_t frame, uint8_t *out)
{
	uint8_t *sealed = f->scratch;
	int rc = lower_read(f, sealed, FRAME_SEALED_BYTES, frame_offset(frame));
	bool whole;

	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return rc;
	whole = rc == SQLITE_OK &&
		vault_head_open(f->keys->wal, VAULT_ROLE_FRAME_HEADER, (uint64_t)frame, sealed, FRAME_HEAD_BYTES, out) == 0 &&
		vault_page_open(f->keys->wal, VAULT_ROLE_FRAME_PAGE, (uint64_t)frame, get_u32(out),
			sealed + FRAME_HEAD_SEALED_BYTES, out + FRAME_HEAD_BYTES) == 0;
	if (whole)
		return SQLITE_OK;
	memset(out, 0, FRAME_BYTES);
	if (frame >= f->own_first && frame < f->own_end)
		return damaged("content", frame);
	tail_report(f, frame);
	return SQLITE_OK;
}

static int frame_head_get(struct vault_file *f, int64_t frame, uint8_t *out, int len, int64_t offset)
{
	uint8_t head[FRAME_HEAD_BYTES];
	int rc = frame_head_read(f, frame, head);

	if (rc == SQLITE_IOERR_DATA)
		return damaged("header", frame);
	if (rc != SQLITE_OK)
		return rc;
	memcpy(out, head + offset, (size_t)len);
	return SQLITE_OK;
}

/* A page, or `len` bytes of it from `offset`. The header says which page number it is bound to, so both are read at once. */
static int frame_page_get(struct vault_file *f, int64_t frame, uint8_t *out, int len, int64_t offset)
{
	uint8_t *sealed = f->scratch;
	uint8_t *page = len == VAULT_PAGE_BYTES ? out : sealed + FRAME_HEAD_SEALED_BYTES;
	uint8_t head[FRAME_HEAD_BYTES];
	int rc = lower_read(f, sealed, FRAME_SEALED_BYTES, frame_offset(frame));

	if (rc != SQLITE_OK)
		return rc;
	if (vault_head_open(f->keys->wal, VAULT_ROLE_FRAME_HEADER, (uint64_t)frame, sealed, FRAME_HEAD_BYTES, head) != 0)
		return damaged("header", frame);
	if (vault_page_open(f->keys->wal, VAULT_ROLE_FRAME_PAGE, (uint64_t)frame, get_u32(head),
		sealed + FRAME_HEAD_SEALED_BYTES, page) != 0)
		return damaged("page", frame);
	if (page != out)
		memcpy(out, page + offset, (size_t)len);
	return SQLITE_OK;
}

static int shape_refused(const char *what, int len, int64_t offset, int code)
{
	sqlite3_log(code, "vault: WAL %s of %d bytes at %lld is of no known shape", what, len, (long long)offset);
	return code;
}

static int wal_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
	struct vault_file *f = (struct vault_file *)file;
	int64_t frame, at;

	if (offset + len <= WAL_HEAD_BYTES)
		return wal_head_get(f, out, len, offset);
	if (offset < WAL_HEAD_BYTES)
		return shape_refused("read", len, offset, SQLITE_IOERR_READ);
	frame = (offset - WAL_HEAD_BYTES) / FRAME_BYTES;
	at = (offset - WAL_HEAD_BYTES) % FRAME_BYTES;
	if (at == 0 && len == FRAME_BYTES)
		return frame_get(f, frame, out);
	if (at + len <= FRAME_HEAD_BYTES)
		return frame_head_get(f, frame, out, len, at);
	if (at >= FRAME_HEAD_BYTES && at + len <= FRAME_BYTES)
		return frame_page_get(f, frame, out, len, at - FRAME_HEAD_BYTES);
	return shape_refused("read", len, offset, SQLITE_IOERR_READ);
}

static int wal_head_put(struct vault_file *f, const uint8_t *data)
{
	vault_wal_own_forget(f);
	vault_head_seal(f->keys->wal, VAULT_ROLE_WAL_HEADER, 0, data, WAL_HEAD_BYTES, f->scratch);
	return lower_write(f, f->scratch, WAL_HEAD_SEALED_BYTES, 0);
}

static int frame_head_put(struct vault_file *f, int64_t frame, const uint8_t *data)
{
	int rc;

	f->head_frame = -1;
	vault_head_seal(f->keys->wal, VAULT_ROLE_FRAME_HEADER, (uint64_t)frame, data, FRAME_HEAD_BYTES, f->scratch);
	rc = lower_write(f, f->scratch, FRAME_HEAD_SEALED_BYTES, frame_offset(frame));
	if (rc != SQLITE_OK)
		return rc;
	f->head_frame = frame;
	f->head_page = get_u32(data);
	own_add(f, frame);
	return SQLITE_OK;
}

/* A page follows its header, or replaces the page of a frame whose header this transaction wrote earlier: then the disk tells. */
static int frame_page_put(struct vault_file *f, int64_t frame, const uint8_t *data)
{
	uint8_t head[FRAME_HEAD_BYTES];
	uint32_t page = f->head_page;

	if (f->head_frame != frame) {
		int rc = frame_head_get(f, frame, head, FRAME_HEAD_BYTES, 0);

		if (rc != SQLITE_OK)
			return rc;
		page = get_u32(head);
	}
	if (!vault_page_is_acceptable(data, page))
		return SQLITE_IOERR_WRITE;
	vault_page_seal(f->keys->wal, VAULT_ROLE_FRAME_PAGE, (uint64_t)frame, page, data, f->scratch);
	return lower_write(f, f->scratch, VAULT_PAGE_BYTES, frame_offset(frame) + FRAME_HEAD_SEALED_BYTES);
}

static int wal_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct vault_file *f = (struct vault_file *)file;
	int64_t frame, at;

	if (offset == 0 && len == WAL_HEAD_BYTES)
		return wal_head_put(f, data);
	if (offset < WAL_HEAD_BYTES)
		return shape_refused("write", len, offset, SQLITE_IOERR_WRITE);
	frame = (offset - WAL_HEAD_BYTES) / FRAME_BYTES;
	at = (offset - WAL_HEAD_BYTES) % FRAME_BYTES;
	if (at == 0 && len == FRAME_HEAD_BYTES)
		return frame_head_put(f, frame, data);
	if (at == FRAME_HEAD_BYTES && len == VAULT_PAGE_BYTES)
		return frame_page_put(f, frame, data);
	return shape_refused("write", len, offset, SQLITE_IOERR_WRITE);
}

/* Down to whole frames: what is cut off was meaningless to SQLite (PRAGMA journal_size_limit asks for any number of bytes). */
static int wal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct vault_file *f = (struct vault_file *)file;
	int64_t below = size < WAL_HEAD_BYTES ? 0 : frame_offset((size - WAL_HEAD_BYTES) / FRAME_BYTES);

	return f->lower->pMethods->xTruncate(f->lower, below);
}

static int wal_size(sqlite3_file *file, sqlite3_int64 *out)
{
	struct vault_file *f = (struct vault_file *)file;
	sqlite3_int64 below = 0;
	int rc = f->lower->pMethods->xFileSize(f->lower, &below);

	if (rc != SQLITE_OK)
		return rc;
	*out = below < WAL_HEAD_SEALED_BYTES ? 0 : WAL_HEAD_BYTES + (below - WAL_HEAD_SEALED_BYTES) / FRAME_SEALED_BYTES * FRAME_BYTES;
	return SQLITE_OK;
}

static int wal_lock(sqlite3_file *file, int level)
{
	struct vault_file *f = (struct vault_file *)file;

	return f->lower->pMethods->xLock(f->lower, level);
}

static int wal_unlock(sqlite3_file *file, int level)
{
	struct vault_file *f = (struct vault_file *)file;

	return f->lower->pMethods->xUnlock(f->lower, level);
}

static int wal_reserved(sqlite3_file *file, int *out)
{
	struct vault_file *f = (struct vault_file *)file;

	return f->lower->pMethods->xCheckReservedLock(f->lower, out);
}

static int wal_control(sqlite3_file *file, int op, void *arg)
{
	struct vault_file *f = (struct vault_file *)file;

	if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
		return SQLITE_OK;
	return f->lower->pMethods->xFileControl(f->lower, op, arg);
}

const sqlite3_io_methods *vault_wal_methods(void)
{
	static const sqlite3_io_methods METHODS = {
		.iVersion = 1,
		.xClose = vault_file_close,
		.xRead = wal_read,
		.xWrite = wal_write,
		.xTruncate = wal_truncate,
		.xSync = vault_file_sync,
		.xFileSize = wal_size,
		.xLock = wal_lock,
		.xUnlock = wal_unlock,
		.xCheckReservedLock = wal_reserved,
		.xFileControl = wal_control,
		.xSectorSize = vault_file_sector_size,
		.xDeviceCharacteristics = vault_file_characteristics,
	};

	return &METHODS;
}
