/*
 * journal: see journal.h.
 *
 * SQLite touches a rollback journal in exactly these ways (pager.c of 3.40.1); P: bytes of a page, S: of a sector.
 *
 *	write  min(P, S) at k*S      header, repeated until S is full; P bytes long when S >= P
 *	write  12 or 4 at header     magic and record count when the records were synced
 *	write  1 at header, 28 at 0  zeros: what follows is old; the journal has ended (PERSIST)
 *	write  4, P, 4 in a row      record: page number, page, checksum of the clear page
 *	write  4, n, 4, 4, 8 behind  number of the page of the lock bytes, name of the super-journal, its length and sum, magic
 *	read   1 at 0                is it hot?
 *	read   8, 4... at k*S        header
 *	read   4, P, 4 in a row      playback; savepoints read records of this same transaction
 *	read   4, 4, 8, n backwards  from the end: name of the super-journal, or whatever is there instead
 *
 * A page is what follows its page number directly; a checksum is what follows a page directly, and is no page number, so that a header
 * behind it is none either. Only pages hold content, so they alone are sealed; what is neither of the above and could hold some is
 * refused. Reads of a few bytes from the middle of a sealed page give sealed bytes, which mean no more to SQLite than clear ones would.
 *
 * A record that does not authenticate: written by this handle, it is damage, since a rollback that stops halfway would be taken for a
 * whole one. Left by a dead process, it may be torn (with synchronous=NORMAL the header may reach the disk before its records), and
 * then it and all behind it are not needed: it reads as if the journal ended there, which is where SQLite stops without an error. A
 * wrong checksum would stop it as well, but what is wrong depends on the header, which is not authentic.
 */
#include "proto/base/vault/journal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/vault/row.h"

#define NUMBER_BYTES 4
#define CHECKSUM_BYTES 4
#define NONCE_BYTES 24                  /* of every suite, the first of a page's reserved bytes */
#define HEADER_BYTES 28                 /* of a header that are not zeros */
#define HEADER_COUNT_BYTES 12           /* of these, magic and record count: zeros until the records are synced */
#define MAGIC_BYTES 8
#define SECTOR_BYTES_INERT 512
#define FOREIGN_PAGE_BYTES_MIN 512      /* the smallest page that a header, which is not authentic, can make SQLite read */

static const uint8_t MAGIC[MAGIC_BYTES] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };

static struct vault_journal *self(sqlite3_file *file)
{
	return (struct vault_journal *)file;
}

static const sqlite3_io_methods *below(const struct vault_journal *j)
{
	return j->file.lower->pMethods;
}

static int64_t page_bytes(const struct vault_journal *j)
{
	return j->main->keys->shape.page_bytes;
}

static void places_forget(struct vault_journal *j)
{
	j->number_offset = -1;
	j->page_offset = -1;
}

/* ---- what is where ---- */

static bool follows_number(const struct vault_journal *j, int64_t offset)
{
	return j->number_offset >= 0 && offset == j->number_offset + NUMBER_BYTES;
}

static bool is_checksum(const struct vault_journal *j, int64_t len, int64_t offset)
{
	return len == CHECKSUM_BYTES && j->page_offset >= 0 && offset == j->page_offset + page_bytes(j);
}

/* A header, or the beginning of one: nothing of a page can be in it, since no page begins like this. */
static bool is_header(const uint8_t *data, int len)
{
	return len > HEADER_BYTES && (memcmp(data, MAGIC, MAGIC_BYTES) == 0 || sodium_is_zero(data, HEADER_COUNT_BYTES)) &&
		sodium_is_zero(data + HEADER_BYTES, (size_t)(len - HEADER_BYTES));
}

/* The name of a super-journal: shorter than any page, and a page ends with zeros. */
static bool is_name(const struct vault_journal *j, const uint8_t *data, int len, int64_t offset)
{
	return follows_number(j, offset) && len < VAULT_PAGE_BYTES_MIN && !memchr(data, 0, (size_t)len);
}

static bool own_has(const struct vault_journal *j, int64_t offset, int64_t len)
{
	return offset >= j->own_first && offset + len <= j->own_end;
}

/* A page of this handle; headers and gaps between pages of one transaction count with them, nothing is played back from there. */
static void own_add(struct vault_journal *j, int64_t offset, int64_t len)
{
	if (j->own_end == j->own_first || offset < j->own_first)
		j->own_first = offset;
	if (j->own_end < offset + len)
		j->own_end = offset + len;
}

/* A transaction begins or ends: another process may use the journal in between. */
static void own_forget(struct vault_journal *j)
{
	j->own_first = 0;
	j->own_end = 0;
}

static int refused(const char *what, int len, int64_t offset, int code)
{
	sqlite3_log(code, "vault: journal %s of %d bytes at %lld is of no known shape", what, len, (long long)offset);
	return code;
}

/* ---- records ---- */

/* The checksum is a sum of the clear page: every 200th byte of it. Hidden by what only the key can make of the page's nonce. */
static void mask_take(struct vault_journal *j, const uint8_t *sealed)
{
	const uint8_t *extra = sealed + vault_usable_bytes(&j->main->keys->shape);
	uint8_t hash[crypto_generichash_BYTES];

	memset(j->mask, 0, sizeof j->mask);
	if (!VAULT_ROW(14))
		return;
	crypto_generichash(hash, sizeof hash, extra, NONCE_BYTES, j->main->keys->mask, VAULT_KEY_BYTES);
	memcpy(j->mask, hash, sizeof j->mask);
}

static void mask_apply(const struct vault_journal *j, const uint8_t *in, uint8_t out[static CHECKSUM_BYTES])
{
	for (size_t i = 0; i < CHECKSUM_BYTES; i++)
		out[i] = in[i] ^ j->mask[i];
}

static int page_damaged(const struct vault_journal *j, int64_t offset)
{
	if (own_has(j, offset, page_bytes(j)) || !VAULT_ROW(15)) {
		sqlite3_log(SQLITE_IOERR_DATA, "vault: journal record of page %u at %lld does not authenticate", j->number,
			(long long)offset);
		return VAULT_ROW(32) ? SQLITE_IOERR_DATA : SQLITE_CORRUPT;
	}
	sqlite3_log(SQLITE_WARNING, "vault: journal record of page %u at %lld does not authenticate, the journal ends here", j->number,
		(long long)offset);
	return SQLITE_IOERR_SHORT_READ;
}

static int page_get(struct vault_journal *j, uint8_t *out, int64_t offset)
{
	const struct vault_file_keys *keys = j->main->keys;
	int rc = vault_lower_read(j->file.lower, out, (int)page_bytes(j), offset);

	if (rc != SQLITE_OK && (rc != SQLITE_IOERR_SHORT_READ || VAULT_ROW(20)))
		return rc;
	mask_take(j, out);
	if (vault_page_open(&keys->shape, keys->journal, VAULT_ROLE_JOURNAL_PAGE, (uint64_t)offset, j->number, out, out) != 0)
		return page_damaged(j, offset);
	j->page_offset = offset;
	return SQLITE_OK;
}

static int page_put(struct vault_journal *j, const uint8_t *data, int64_t offset)
{
	const struct vault_file_keys *keys = j->main->keys;
	int rc;

	if (!vault_page_is_acceptable(keys, data, j->number))
		return SQLITE_IOERR_WRITE;
	/* Not before the first record: the page size of a new database is settled by its first page. */
	if (!j->scratch)
		j->scratch = malloc((size_t)page_bytes(j));
	if (!j->scratch)
		return SQLITE_IOERR_NOMEM;
	vault_page_seal(&keys->shape, keys->journal, VAULT_ROLE_JOURNAL_PAGE, (uint64_t)offset, j->number, data, j->scratch);
	rc = below(j)->xWrite(j->file.lower, j->scratch, (int)page_bytes(j), offset);
	if (rc != SQLITE_OK)
		return rc;
	mask_take(j, j->scratch);
	j->page_offset = offset;
	own_add(j, offset, page_bytes(j));
	return SQLITE_OK;
}

/* ---- the file's methods ---- */

static int journal_close(sqlite3_file *file)
{
	struct vault_journal *j = self(file);

	free(j->scratch);
	j->scratch = NULL;
	sodium_memzero(j->mask, sizeof j->mask);
	return vault_file_close(file);
}

static int journal_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
	struct vault_journal *j = self(file);
	bool after_number = follows_number(j, offset);
	bool checksum = is_checksum(j, len, offset);
	int rc;

	places_forget(j);
	if (len == page_bytes(j) && after_number)
		return page_get(j, out, offset);
	if (len >= page_bytes(j) || (len >= FOREIGN_PAGE_BYTES_MIN && after_number))
		return refused("read", len, offset, SQLITE_IOERR_READ);
	rc = vault_lower_read(j->file.lower, out, len, offset);
	if (rc != SQLITE_OK)
		return rc;
	if (checksum)
		mask_apply(j, out, out);
	if (len == NUMBER_BYTES && !(checksum && VAULT_ROW(14))) {
		j->number_offset = offset;
		j->number = vault_get_u32(out);
	}
	return SQLITE_OK;
}

static int journal_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct vault_journal *j = self(file);
	uint8_t masked[CHECKSUM_BYTES];
	bool page = len == page_bytes(j) && follows_number(j, offset);
	bool checksum = is_checksum(j, len, offset);
	bool known = len <= HEADER_BYTES || is_header(data, len) || is_name(j, data, len, offset);

	places_forget(j);
	if (page)
		return page_put(j, data, offset);
	if (!known)
		return refused("write", len, offset, SQLITE_IOERR_WRITE);
	if (offset == 0 && len >= HEADER_BYTES)
		own_forget(j);
	if (len == NUMBER_BYTES && !(checksum && VAULT_ROW(14))) {
		j->number_offset = offset;
		j->number = vault_get_u32(data);
	}
	if (!checksum)
		return below(j)->xWrite(j->file.lower, data, len, offset);
	mask_apply(j, data, masked);
	return below(j)->xWrite(j->file.lower, masked, CHECKSUM_BYTES, offset);
}

static int journal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct vault_journal *j = self(file);

	places_forget(j);
	if (size <= j->own_first)
		own_forget(j);
	else if (size < j->own_end)
		j->own_end = size;
	return below(j)->xTruncate(j->file.lower, size);
}

static int journal_size(sqlite3_file *file, sqlite3_int64 *out)
{
	struct vault_journal *j = self(file);

	return below(j)->xFileSize(j->file.lower, out);
}

static int journal_control(sqlite3_file *file, int op, void *arg)
{
	struct vault_journal *j = self(file);

	if (VAULT_ROW(21) && (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE))
		return SQLITE_OK; /* they would put zeros behind the last record */
	return below(j)->xFileControl(j->file.lower, op, arg);
}

static const sqlite3_io_methods METHODS = {
	.iVersion = 1,
	.xClose = journal_close,
	.xRead = journal_read,
	.xWrite = journal_write,
	.xTruncate = journal_truncate,
	.xSync = vault_file_sync,
	.xFileSize = journal_size,
	.xLock = vault_file_lock,
	.xUnlock = vault_file_unlock,
	.xCheckReservedLock = vault_file_reserved,
	.xFileControl = journal_control,
	.xSectorSize = vault_file_sector_size,
	.xDeviceCharacteristics = vault_file_characteristics,
};

/* ---- beside a WAL-only vault: an empty file with nothing below it ---- */

static int inert_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
	(void)file;
	(void)offset;
	memset(out, 0, (size_t)len);
	return SQLITE_IOERR_SHORT_READ;
}

static int inert_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	(void)file;
	(void)data;
	return refused("write", len, offset, SQLITE_READONLY);
}

static int inert_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	(void)file;
	(void)size;
	return SQLITE_READONLY;
}

static int inert_size(sqlite3_file *file, sqlite3_int64 *out)
{
	(void)file;
	*out = 0;
	return SQLITE_OK;
}

/* Sync, lock and unlock. */
static int inert_number(sqlite3_file *file, int number)
{
	(void)file;
	(void)number;
	return SQLITE_OK;
}

static int inert_reserved(sqlite3_file *file, int *out)
{
	(void)file;
	*out = 0;
	return SQLITE_OK;
}

static int inert_control(sqlite3_file *file, int op, void *arg)
{
	(void)file;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int inert_sector_size(sqlite3_file *file)
{
	(void)file;
	return SECTOR_BYTES_INERT;
}

static int inert_characteristics(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods INERT_METHODS = {
	.iVersion = 1,
	.xClose = vault_file_close,
	.xRead = inert_read,
	.xWrite = inert_write,
	.xTruncate = inert_truncate,
	.xSync = inert_number,
	.xFileSize = inert_size,
	.xLock = inert_number,
	.xUnlock = inert_number,
	.xCheckReservedLock = inert_reserved,
	.xFileControl = inert_control,
	.xSectorSize = inert_sector_size,
	.xDeviceCharacteristics = inert_characteristics,
};

int vault_journal_open(sqlite3_vfs *lower, const char *name, struct vault_journal *out, int flags, int *out_flags)
{
	int rc;

	out->main = vault_main_of(name);
	if (!out->main)
		return SQLITE_CANTOPEN;
	places_forget(out);
	if (out->main->keys->is_wal_only && !(flags & SQLITE_OPEN_READONLY)) {
		sqlite3_log(SQLITE_CANTOPEN, "vault: a WAL-only vault has no rollback journal");
		return SQLITE_CANTOPEN;
	}
	if (out->main->keys->is_wal_only) {
		if (out_flags)
			*out_flags = flags;
		out->file.base.pMethods = &INERT_METHODS;
		return SQLITE_OK;
	}
	rc = lower->xOpen(lower, name, out->file.lower, flags, out_flags);
	if (rc == SQLITE_OK)
		out->file.base.pMethods = &METHODS;
	else
		vault_file_close(&out->file.base);
	return rc;
}
