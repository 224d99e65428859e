/*
 * temp: see temp.h.
 *
 * A write seals whole blocks: what it leaves of a block is read, opened and sealed anew with what is new, under a new nonce. Nothing here
 * outlives the process, so nothing needs to be exact on the disk: the file below is longer than this one by up to a block, and has holes
 * where this one reads as zeros. The block used last is kept in clear, since statement journals write 4 bytes and a page in turn.
 *
 * Invariants: behind `size` everything reads as zeros and the clear bytes of a sealed block are zeros; `marks` says which blocks were
 * written; t->block holds the clear bytes of block `held`, unless that is -1; after a failed write it alone has them. All of it
 * changes under `lock` only.
 */
#include "proto/base/vault/temp.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/vault/row.h"

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define MARK_BYTES (NONCE_BYTES + TAG_BYTES)
#define MARK_ROOM_FIRST 64
#define PLACE_BYTES 12                  /* associated data: role 4 | block 8, counted from 0 */

static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == VAULT_KEY_BYTES, "key size");

static struct vault_temp *self(sqlite3_file *file)
{
	return (struct vault_temp *)file;
}

static const sqlite3_io_methods *below(const struct vault_temp *t)
{
	return t->file.lower->pMethods;
}

/* ---- blocks; the lock is held ---- */

static void place_encode(uint8_t ad[static PLACE_BYTES], int64_t block)
{
	uint64_t v = (uint64_t)block;

	memset(ad, 0, 4);
	ad[3] = VAULT_ROLE_TEMP_BLOCK;
	for (size_t i = 0; i < 8; i++)
		ad[4 + i] = (uint8_t)(v >> (56 - 8 * i));
}

static bool block_is_written(const struct vault_temp *t, int64_t block)
{
	return block < t->mark_count && !sodium_is_zero(t->marks + block * MARK_BYTES, MARK_BYTES);
}

static int block_damaged(int64_t block)
{
	sqlite3_log(SQLITE_IOERR_DATA, "vault: block %lld of a temporary file does not authenticate", (long long)block);
	return VAULT_ROW(32) ? SQLITE_IOERR_DATA : SQLITE_CORRUPT;
}

static int block_save(struct vault_temp *t, int64_t block);

/* Before t->block is used for `block`: what a failed write left in it alone goes to the disk first. */
static int block_leave(struct vault_temp *t, int64_t block)
{
	return t->is_unsaved && t->held != block ? block_save(t, t->held) : SQLITE_OK;
}

/* Make t->block the clear bytes of `block`. */
static int block_load(struct vault_temp *t, int64_t block)
{
	const uint8_t *mark;
	uint8_t ad[PLACE_BYTES];
	int rc = block_leave(t, block);

	if (rc != SQLITE_OK || t->held == block)
		return rc;
	t->held = -1;
	if (!block_is_written(t, block)) {
		memset(t->block, 0, VAULT_TEMP_BLOCK_BYTES);
		t->held = block;
		return SQLITE_OK;
	}
	rc = vault_lower_read(t->file.lower, t->sealed, VAULT_TEMP_BLOCK_BYTES, block * VAULT_TEMP_BLOCK_BYTES);
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return rc;
	mark = t->marks + block * MARK_BYTES;
	place_encode(ad, block);
	if (rc != SQLITE_OK || crypto_aead_xchacha20poly1305_ietf_decrypt_detached(t->block, NULL, t->sealed, VAULT_TEMP_BLOCK_BYTES,
		mark + NONCE_BYTES, ad, sizeof ad, mark, t->key) != 0)
		return block_damaged(block);
	t->held = block;
	return SQLITE_OK;
}

/* Make room for the mark of `block`; new marks say "never written". */
static int marks_grow(struct vault_temp *t, int64_t block)
{
	int64_t room = t->mark_room ? t->mark_room : MARK_ROOM_FIRST;
	uint8_t *marks;

	if (block < t->mark_count)
		return SQLITE_OK;
	if (block >= INT64_MAX / 4 / (int64_t)MARK_BYTES)
		return SQLITE_FULL;
	while (room <= block)
		room *= 2;
	if (room > t->mark_room) {
		marks = realloc(t->marks, (size_t)room * MARK_BYTES);
		if (!marks)
			return SQLITE_IOERR_NOMEM;
		t->marks = marks;
		t->mark_room = room;
	}
	memset(t->marks + t->mark_count * MARK_BYTES, 0, (size_t)(block + 1 - t->mark_count) * MARK_BYTES);
	t->mark_count = block + 1;
	return SQLITE_OK;
}

/*
 * Seal t->block, write it as `block` and hold it. When the write fails the clear bytes stay held until one succeeds: the block may hold
 * more than was written just now, and SQLite goes on with that after it has rolled back.
 */
static int block_save(struct vault_temp *t, int64_t block)
{
	uint8_t mark[MARK_BYTES];
	uint8_t ad[PLACE_BYTES];
	int rc;

	t->held = block;
	t->is_unsaved = true;
	rc = marks_grow(t, block);
	if (rc != SQLITE_OK)
		return rc;
	place_encode(ad, block);
	randombytes_buf(mark, NONCE_BYTES); /* allowed: keys and nonces of the vault */
	crypto_aead_xchacha20poly1305_ietf_encrypt_detached(t->sealed, mark + NONCE_BYTES, NULL, t->block, VAULT_TEMP_BLOCK_BYTES,
		ad, sizeof ad, NULL, mark, t->key);
	rc = below(t)->xWrite(t->file.lower, t->sealed, VAULT_TEMP_BLOCK_BYTES, block * VAULT_TEMP_BLOCK_BYTES);
	if (rc != SQLITE_OK)
		return rc;
	memcpy(t->marks + block * MARK_BYTES, mark, MARK_BYTES);
	t->is_unsaved = false;
	return SQLITE_OK;
}

/* How many of `len` bytes from `offset` are in the block of `offset`. */
static int64_t part_in_block(int64_t offset, int64_t len)
{
	int64_t room = VAULT_TEMP_BLOCK_BYTES - offset % VAULT_TEMP_BLOCK_BYTES;

	return room < len ? room : len;
}

static int range_get(struct vault_temp *t, uint8_t *out, int64_t len, int64_t offset)
{
	int64_t done = 0;

	while (done < len) {
		int64_t at = offset + done;
		int64_t part = part_in_block(at, len - done);
		int rc = block_load(t, at / VAULT_TEMP_BLOCK_BYTES);

		if (rc != SQLITE_OK) {
			memset(out + done, 0, (size_t)(len - done));
			return rc;
		}
		memcpy(out + done, t->block + at % VAULT_TEMP_BLOCK_BYTES, (size_t)part);
		done += part;
	}
	return SQLITE_OK;
}

static int range_put(struct vault_temp *t, const uint8_t *data, int64_t len, int64_t offset)
{
	int64_t done = 0;

	while (done < len) {
		int64_t at = offset + done;
		int64_t part = part_in_block(at, len - done);
		int64_t block = at / VAULT_TEMP_BLOCK_BYTES;
		int rc = part == VAULT_TEMP_BLOCK_BYTES ? block_leave(t, block) : block_load(t, block);

		if (rc != SQLITE_OK)
			return rc;
		memcpy(t->block + at % VAULT_TEMP_BLOCK_BYTES, data + done, (size_t)part);
		rc = block_save(t, block);
		if (rc != SQLITE_OK)
			return rc;
		done += part;
		if (at + part > t->size)
			t->size = at + part;
	}
	return SQLITE_OK;
}

/* What is cut off must read as zeros when the file grows again: in the last block by zeros, in those behind by their marks. */
static int range_cut(struct vault_temp *t, int64_t size)
{
	int64_t blocks = (size + VAULT_TEMP_BLOCK_BYTES - 1) / VAULT_TEMP_BLOCK_BYTES;
	int64_t kept = size % VAULT_TEMP_BLOCK_BYTES;
	int rc;

	if (kept != 0 && (block_is_written(t, blocks - 1) || (t->is_unsaved && t->held == blocks - 1))) {
		rc = block_load(t, blocks - 1);
		if (rc != SQLITE_OK)
			return rc;
		memset(t->block + kept, 0, (size_t)(VAULT_TEMP_BLOCK_BYTES - kept));
		rc = block_save(t, blocks - 1);
		if (rc != SQLITE_OK)
			return rc;
	}
	t->size = size;
	if (t->held >= blocks) {
		t->held = -1;
		t->is_unsaved = false;
	}
	if (blocks >= t->mark_count)
		return SQLITE_OK;
	t->mark_count = blocks;
	return below(t)->xTruncate(t->file.lower, blocks * VAULT_TEMP_BLOCK_BYTES);
}

/* ---- the file's methods ---- */

/* Everything in memory that this file had. */
static void wipe(struct vault_temp *t)
{
	sodium_free(t->key);
	if (t->block)
		sodium_memzero(t->block, VAULT_TEMP_BLOCK_BYTES);
	free(t->block);
	free(t->sealed);
	free(t->marks);
	t->key = t->block = t->sealed = t->marks = NULL;
}

static int temp_close(sqlite3_file *file)
{
	struct vault_temp *t = self(file);

	wipe(t);
	pthread_mutex_destroy(&t->lock);
	return vault_file_close(file);
}

static int temp_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
	struct vault_temp *t = self(file);
	int64_t there;
	int rc;

	if (!VAULT_ROW(16))
		return vault_lower_read(t->file.lower, out, len, offset);
	pthread_mutex_lock(&t->lock);
	there = t->size > offset ? t->size - offset : 0;
	if (there > len || !VAULT_ROW(20))
		there = len;
	rc = range_get(t, out, there, offset);
	pthread_mutex_unlock(&t->lock);
	memset((uint8_t *)out + there, 0, (size_t)(len - there));
	return rc == SQLITE_OK && there < len ? SQLITE_IOERR_SHORT_READ : rc;
}

static int temp_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct vault_temp *t = self(file);
	int rc;

	if (!VAULT_ROW(16))
		return below(t)->xWrite(t->file.lower, data, len, offset);
	pthread_mutex_lock(&t->lock);
	rc = range_put(t, data, len, offset);
	pthread_mutex_unlock(&t->lock);
	return rc;
}

static int temp_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct vault_temp *t = self(file);
	int rc = SQLITE_OK;

	if (!VAULT_ROW(16))
		return below(t)->xTruncate(t->file.lower, size);
	pthread_mutex_lock(&t->lock);
	if (size < t->size)
		rc = range_cut(t, size);
	else
		t->size = size;
	pthread_mutex_unlock(&t->lock);
	return rc;
}

static int temp_size(sqlite3_file *file, sqlite3_int64 *out)
{
	struct vault_temp *t = self(file);

	if (!VAULT_ROW(16))
		return below(t)->xFileSize(t->file.lower, out);
	pthread_mutex_lock(&t->lock);
	*out = t->size;
	pthread_mutex_unlock(&t->lock);
	return SQLITE_OK;
}

/* Hints would make the file below grow in clear zeros, and what is mapped would be sealed. */
static int temp_control(sqlite3_file *file, int op, void *arg)
{
	struct vault_temp *t = self(file);

	if (VAULT_ROW(21) && (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE))
		return SQLITE_OK;
	if (VAULT_ROW(23) && op == SQLITE_FCNTL_MMAP_SIZE) {
		*(sqlite3_int64 *)arg = 0;
		return SQLITE_OK;
	}
	return below(t)->xFileControl(t->file.lower, op, arg);
}

/* Version 1: no shared memory, and xFetch is never asked for. */
static const sqlite3_io_methods METHODS = {
	.iVersion = 1,
	.xClose = temp_close,
	.xRead = temp_read,
	.xWrite = temp_write,
	.xTruncate = temp_truncate,
	.xSync = vault_file_sync,
	.xFileSize = temp_size,
	.xLock = vault_file_lock,
	.xUnlock = vault_file_unlock,
	.xCheckReservedLock = vault_file_reserved,
	.xFileControl = temp_control,
	.xSectorSize = vault_file_sector_size,
	.xDeviceCharacteristics = vault_file_characteristics,
};

int vault_temp_open(sqlite3_vfs *lower, const char *name, struct vault_temp *out, int flags, int *out_flags)
{
	int rc;

	out->held = -1;
	out->key = sodium_malloc(VAULT_KEY_BYTES);
	out->block = malloc(VAULT_TEMP_BLOCK_BYTES);
	out->sealed = malloc(VAULT_TEMP_BLOCK_BYTES);
	if (!out->key || !out->block || !out->sealed || pthread_mutex_init(&out->lock, NULL) != 0) {
		wipe(out);
		return SQLITE_NOMEM;
	}
	randombytes_buf(out->key, VAULT_KEY_BYTES); /* allowed: keys and nonces of the vault */
	rc = lower->xOpen(lower, name, out->file.lower, flags, out_flags);
	if (rc == SQLITE_OK)
		out->file.base.pMethods = &METHODS;
	else
		temp_close(&out->file.base);
	return rc;
}
