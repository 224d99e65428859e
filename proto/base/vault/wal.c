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

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/vault/row.h"

#define WAL_HEAD_BYTES 32
#define FRAME_HEAD_BYTES 24
#define WAL_SALT_OFFSET 16
#define FRAME_SALT_OFFSET 8
#define SALT_BYTES 8

static struct vault_wal *self(sqlite3_file *file)
{
	return (struct vault_wal *)file;
}

/* Sizes as SQLite sees them, and as they are below: each header grows by nonce and tag, pages keep theirs inside. */
static int64_t page_bytes(const struct vault_wal *w)
{
	return w->main->keys->shape.page_bytes;
}

static int64_t frame_bytes(const struct vault_wal *w)
{
	return FRAME_HEAD_BYTES + page_bytes(w);
}

static int64_t wal_head_sealed_bytes(const struct vault_wal *w)
{
	return WAL_HEAD_BYTES + w->main->keys->shape.suite->extra_bytes;
}

static int64_t frame_head_sealed_bytes(const struct vault_wal *w)
{
	return FRAME_HEAD_BYTES + w->main->keys->shape.suite->extra_bytes;
}

static int64_t frame_sealed_bytes(const struct vault_wal *w)
{
	return frame_head_sealed_bytes(w) + page_bytes(w);
}

static int64_t frame_offset(const struct vault_wal *w, int64_t frame)
{
	return wal_head_sealed_bytes(w) + frame * frame_sealed_bytes(w);
}

static int lower_read(struct vault_wal *w, void *out, int64_t len, int64_t offset)
{
	return vault_lower_read(w->file.lower, out, len, offset);
}

static int lower_write(struct vault_wal *w, const void *data, int64_t len, int64_t offset)
{
	return w->file.lower->pMethods->xWrite(w->file.lower, data, (int)len, offset);
}

static void head_seal(struct vault_wal *w, enum vault_role role, int64_t frame, const uint8_t *plain, size_t len, uint8_t *out)
{
	const struct vault_file_keys *keys = w->main->keys;

	vault_head_seal(keys->shape.suite, keys->wal, role, (uint64_t)frame, plain, len, out);
	if (!VAULT_ROW(8))
		memcpy(out, plain, len);
}

static int head_open(struct vault_wal *w, enum vault_role role, int64_t frame, const uint8_t *sealed, size_t len, uint8_t *out)
{
	const struct vault_file_keys *keys = w->main->keys;

	if (!VAULT_ROW(8)) {
		memcpy(out, sealed, len);
		return 0;
	}
	return vault_head_open(keys->shape.suite, keys->wal, role, (uint64_t)frame, sealed, len, out);
}

/* What a page in the WAL is bound to beside its number. The header's salts are not part of it: they change later (row 10). */
static uint64_t frame_place(int64_t frame, const uint8_t *head)
{
	return VAULT_ROW(10) ? (uint64_t)frame : (uint64_t)frame ^ (uint64_t)vault_get_u32(head + FRAME_SALT_OFFSET) << 32;
}

static int page_open(struct vault_wal *w, int64_t frame, const uint8_t *head, const uint8_t *sealed, uint8_t *out)
{
	const struct vault_file_keys *keys = w->main->keys;

	return vault_page_open(&keys->shape, keys->wal, VAULT_ROLE_FRAME_PAGE, frame_place(frame, head), vault_get_u32(head), sealed, out);
}

static int damaged(const char *what, int64_t frame)
{
	int code = VAULT_ROW(32) ? SQLITE_IOERR_DATA : SQLITE_CORRUPT;

	sqlite3_log(code, "vault: %s of WAL frame %lld does not authenticate", what, (long long)frame);
	return code;
}

void vault_wal_own_forget(struct vault_wal *wal)
{
	wal->own_first = 0;
	wal->own_end = 0;
	wal->head_frame = -1;
}

/* A frame this handle has just written. What cannot be joined to the known range replaces it. */
static void own_add(struct vault_wal *w, int64_t frame)
{
	if (w->own_end > w->own_first && frame >= w->own_first && frame < w->own_end)
		return;
	if (w->own_end == w->own_first || frame != w->own_end)
		w->own_first = frame;
	w->own_end = frame + 1;
}

/* Read and open the WAL header. SQLITE_OK, SQLITE_IOERR_DATA without a log line, or an error of the VFS below. */
static int head_read(struct vault_wal *w, uint8_t out[static WAL_HEAD_BYTES])
{
	uint8_t sealed[WAL_HEAD_BYTES + VAULT_EXTRA_BYTES_MAX];
	int rc = lower_read(w, sealed, wal_head_sealed_bytes(w), 0);

	if (rc != SQLITE_OK)
		return rc;
	return head_open(w, VAULT_ROLE_WAL_HEADER, 0, sealed, WAL_HEAD_BYTES, out) == 0 ? SQLITE_OK : SQLITE_IOERR_DATA;
}

/* The same for the header of a frame. */
static int frame_head_read(struct vault_wal *w, int64_t frame, uint8_t out[static FRAME_HEAD_BYTES])
{
	uint8_t sealed[FRAME_HEAD_BYTES + VAULT_EXTRA_BYTES_MAX];
	int rc = lower_read(w, sealed, frame_head_sealed_bytes(w), frame_offset(w, frame));

	if (rc != SQLITE_OK)
		return rc;
	return head_open(w, VAULT_ROLE_FRAME_HEADER, frame, sealed, FRAME_HEAD_BYTES, out) == 0 ? SQLITE_OK : SQLITE_IOERR_DATA;
}

/* All 32 bytes are read by recovery alone: a header that does not authenticate then means "no log", as a bad checksum does. */
static int wal_head_get(struct vault_wal *w, uint8_t *out, int len, int64_t offset)
{
	uint8_t head[WAL_HEAD_BYTES];
	int rc = head_read(w, head);

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
static void tail_report(struct vault_wal *w, int64_t frame)
{
	uint8_t head[WAL_HEAD_BYTES];
	uint8_t next[FRAME_HEAD_BYTES];

	if (head_read(w, head) != SQLITE_OK || frame_head_read(w, frame + 1, next) != SQLITE_OK)
		return;
	if (memcmp(head + WAL_SALT_OFFSET, next + FRAME_SALT_OFFSET, SALT_BYTES) == 0)
		sqlite3_log(SQLITE_WARNING, "vault: WAL frame %lld is damaged but the next one is not: the log ends here",
			(long long)frame);
}

/* Header and page in one call: recovery, or the rewriting of checksums. */
static int frame_get(struct vault_wal *w, int64_t frame, uint8_t *out)
{
	uint8_t *sealed = w->scratch;
	int rc = lower_read(w, sealed, frame_sealed_bytes(w), frame_offset(w, frame));
	bool whole;

	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return rc;
	whole = rc == SQLITE_OK && head_open(w, VAULT_ROLE_FRAME_HEADER, frame, sealed, FRAME_HEAD_BYTES, out) == 0 &&
		page_open(w, frame, out, sealed + frame_head_sealed_bytes(w), out + FRAME_HEAD_BYTES) == 0;
	if (whole)
		return SQLITE_OK;
	memset(out, 0, (size_t)frame_bytes(w));
	if ((frame >= w->own_first && frame < w->own_end) || !VAULT_ROW(11))
		return damaged("content", frame);
	tail_report(w, frame);
	return SQLITE_OK;
}

static int frame_head_get(struct vault_wal *w, int64_t frame, uint8_t *out, int len, int64_t offset)
{
	uint8_t head[FRAME_HEAD_BYTES];
	int rc = frame_head_read(w, frame, head);

	if (rc == SQLITE_IOERR_DATA)
		return damaged("header", frame);
	if (rc != SQLITE_OK)
		return rc;
	memcpy(out, head + offset, (size_t)len);
	return SQLITE_OK;
}

/* A page, or `len` bytes of it from `offset`. The header says which page number it is bound to, so both are read at once. */
static int frame_page_get(struct vault_wal *w, int64_t frame, uint8_t *out, int len, int64_t offset)
{
	uint8_t *sealed = w->scratch;
	uint8_t *page = len == page_bytes(w) ? out : sealed + frame_head_sealed_bytes(w);
	uint8_t head[FRAME_HEAD_BYTES];
	int rc = lower_read(w, sealed, frame_sealed_bytes(w), frame_offset(w, frame));

	if (rc != SQLITE_OK)
		return rc;
	if (head_open(w, VAULT_ROLE_FRAME_HEADER, frame, sealed, FRAME_HEAD_BYTES, head) != 0)
		return damaged("header", frame);
	if (page_open(w, frame, head, sealed + frame_head_sealed_bytes(w), page) != 0)
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
	struct vault_wal *w = self(file);
	int64_t frame, at;

	if (offset + len <= WAL_HEAD_BYTES)
		return wal_head_get(w, out, len, offset);
	if (offset < WAL_HEAD_BYTES)
		return shape_refused("read", len, offset, SQLITE_IOERR_READ);
	frame = (offset - WAL_HEAD_BYTES) / frame_bytes(w);
	at = (offset - WAL_HEAD_BYTES) % frame_bytes(w);
	if (at == 0 && len == frame_bytes(w))
		return frame_get(w, frame, out);
	if (at + len <= FRAME_HEAD_BYTES)
		return frame_head_get(w, frame, out, len, at);
	if (at >= FRAME_HEAD_BYTES && at + len <= frame_bytes(w))
		return frame_page_get(w, frame, out, len, at - FRAME_HEAD_BYTES);
	return shape_refused("read", len, offset, SQLITE_IOERR_READ);
}

static int wal_head_put(struct vault_wal *w, const uint8_t *data)
{
	vault_wal_own_forget(w);
	head_seal(w, VAULT_ROLE_WAL_HEADER, 0, data, WAL_HEAD_BYTES, w->scratch);
	return lower_write(w, w->scratch, wal_head_sealed_bytes(w), 0);
}

static int frame_head_put(struct vault_wal *w, int64_t frame, const uint8_t *data)
{
	int rc;

	w->head_frame = -1;
	head_seal(w, VAULT_ROLE_FRAME_HEADER, frame, data, FRAME_HEAD_BYTES, w->scratch);
	rc = lower_write(w, w->scratch, frame_head_sealed_bytes(w), frame_offset(w, frame));
	if (rc != SQLITE_OK)
		return rc;
	w->head_frame = frame;
	memcpy(w->head, data, sizeof w->head);
	own_add(w, frame);
	return SQLITE_OK;
}

/* A page follows its header, or replaces the page of a frame whose header this transaction wrote earlier: then the disk tells. */
static int frame_page_put(struct vault_wal *w, int64_t frame, const uint8_t *data)
{
	const struct vault_file_keys *keys = w->main->keys;
	uint8_t head[FRAME_HEAD_BYTES];
	uint32_t page;

	memcpy(head, w->head, sizeof head);
	if (w->head_frame != frame) {
		int rc = VAULT_ROW(9) ? frame_head_get(w, frame, head, FRAME_HEAD_BYTES, 0) : SQLITE_IOERR_WRITE;

		if (rc != SQLITE_OK)
			return rc;
	}
	page = vault_get_u32(head);
	if (!vault_page_is_acceptable(keys, data, page))
		return SQLITE_IOERR_WRITE;
	vault_page_seal(&keys->shape, keys->wal, VAULT_ROLE_FRAME_PAGE, frame_place(frame, head), page, data, w->scratch);
	return lower_write(w, w->scratch, page_bytes(w), frame_offset(w, frame) + frame_head_sealed_bytes(w));
}

static int wal_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct vault_wal *w = self(file);
	int64_t frame, at;

	if (offset == 0 && len == WAL_HEAD_BYTES)
		return wal_head_put(w, data);
	if (offset < WAL_HEAD_BYTES)
		return shape_refused("write", len, offset, SQLITE_IOERR_WRITE);
	frame = (offset - WAL_HEAD_BYTES) / frame_bytes(w);
	at = (offset - WAL_HEAD_BYTES) % frame_bytes(w);
	if (at == 0 && len == FRAME_HEAD_BYTES)
		return frame_head_put(w, frame, data);
	if (at == FRAME_HEAD_BYTES && len == page_bytes(w))
		return frame_page_put(w, frame, data);
	return shape_refused("write", len, offset, SQLITE_IOERR_WRITE);
}

/* Down to whole frames: what is cut off was meaningless to SQLite (PRAGMA journal_size_limit asks for any number of bytes). */
static int wal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct vault_wal *w = self(file);
	int64_t below = size < WAL_HEAD_BYTES ? 0 : frame_offset(w, (size - WAL_HEAD_BYTES) / frame_bytes(w));

	return w->file.lower->pMethods->xTruncate(w->file.lower, below);
}

static int wal_size(sqlite3_file *file, sqlite3_int64 *out)
{
	struct vault_wal *w = self(file);
	sqlite3_int64 below = 0;
	int rc = w->file.lower->pMethods->xFileSize(w->file.lower, &below);

	if (rc != SQLITE_OK)
		return rc;
	*out = 0;
	if (below >= wal_head_sealed_bytes(w) && VAULT_ROW(19))
		*out = WAL_HEAD_BYTES + (below - wal_head_sealed_bytes(w)) / frame_sealed_bytes(w) * frame_bytes(w);
	return SQLITE_OK;
}

static int wal_control(sqlite3_file *file, int op, void *arg)
{
	struct vault_wal *w = self(file);

	if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
		return SQLITE_OK;
	return w->file.lower->pMethods->xFileControl(w->file.lower, op, arg);
}

static int wal_close(sqlite3_file *file)
{
	struct vault_wal *w = self(file);

	if (w->scratch && w->main)
		sodium_memzero(w->scratch, (size_t)frame_sealed_bytes(w));
	free(w->scratch);
	if (w->main && w->main->wal == w)
		w->main->wal = NULL;
	return vault_file_close(file);
}

static const sqlite3_io_methods METHODS = {
	.iVersion = 1,
	.xClose = wal_close,
	.xRead = wal_read,
	.xWrite = wal_write,
	.xTruncate = wal_truncate,
	.xSync = vault_file_sync,
	.xFileSize = wal_size,
	.xLock = vault_file_lock,
	.xUnlock = vault_file_unlock,
	.xCheckReservedLock = vault_file_reserved,
	.xFileControl = wal_control,
	.xSectorSize = vault_file_sector_size,
	.xDeviceCharacteristics = vault_file_characteristics,
};

/* A WAL belongs to an open database of ours, which has proved the key (row 19). */
int vault_wal_open(sqlite3_vfs *lower, const char *name, struct vault_wal *w, int flags, int *out_flags)
{
	int rc = SQLITE_NOMEM;

	w->main = vault_main_of(name);
	if (!w->main || w->main->wal) {
		sqlite3_log(SQLITE_CANTOPEN, "vault: a WAL without its open database is refused");
		return SQLITE_CANTOPEN;
	}
	w->main->wal = w;
	vault_wal_own_forget(w);
	w->scratch = malloc((size_t)frame_sealed_bytes(w));
	if (w->scratch)
		rc = lower->xOpen(lower, name, w->file.lower, flags, out_flags);
	w->file.base.pMethods = &METHODS;
	if (rc != SQLITE_OK)
		wal_close(&w->file.base);
	return rc;
}
