/*
 * birth: a vault that the VFS itself makes, for ATTACH, VACUUM INTO and tests; our programs use vault_create().
 *
 * Nothing is on the disk before SQLite writes the first page. Then comes the page record, then the second prefix copy, each synced
 * before the next, then the first copy and the page. A file without an authentic copy whose first copy is zeros and which ends before
 * its first page was never finished and holds nothing; as soon as a copy authenticates, the record says that there is no page yet.
 */
#include "proto/base/vault/vfs.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static int lower_read(struct vault_main *m, void *out, int64_t len, int64_t offset)
{
	return vault_lower_read(m->file.lower, out, len, offset);
}

static int lower_write(struct vault_main *m, const void *data, int64_t len, int64_t offset)
{
	return m->file.lower->pMethods->xWrite(m->file.lower, data, (int)len, offset);
}

static int lower_sync(struct vault_main *m)
{
	return m->file.lower->pMethods->xSync(m->file.lower, SQLITE_SYNC_NORMAL);
}

/* Whether the file holds nothing yet: no byte, or a prefix that was not finished. Only asked when no copy authenticates. */
int vault_birth_is_unfinished(struct vault_main *m, int64_t size, bool *out)
{
	uint8_t first[VAULT_COPY_BYTES];
	int rc = SQLITE_OK;

	*out = size == 0;
	if (size > 0 && size <= VAULT_PREFIX_BYTES) {
		rc = lower_read(m, first, sizeof first, 0);
		*out = (rc == SQLITE_OK || rc == SQLITE_IOERR_SHORT_READ) && sodium_is_zero(first, sizeof first);
	}
	return rc == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : rc;
}

void vault_birth_forget(struct vault_main *m)
{
	free(m->birth);
	free(m->name);
	m->birth = NULL;
	m->name = NULL;
}

/* Make ready to become a new vault; nothing is written. */
int vault_birth_prepare(struct vault_main *m, const char *name)
{
	m->birth = malloc(VAULT_COPY_BYTES);
	m->name = strdup(name);
	if (!m->birth || !m->name)
		return SQLITE_NOMEM;
	if (vault_registry_birth(name, 0, m->birth, m->keys) != 0) {
		sqlite3_log(SQLITE_CANTOPEN, "vault: no unlocked key, or more than one, answers for a new file");
		return SQLITE_CANTOPEN;
	}
	return SQLITE_OK;
}

/* Another process may have begun the same new file meanwhile: then its prefix counts. */
int vault_birth_adopt(struct vault_main *m)
{
	uint8_t copies[VAULT_COPIES_BYTES];
	sqlite3_int64 size = 0;
	int rc = m->file.lower->pMethods->xFileSize(m->file.lower, &size);

	if (rc != SQLITE_OK || size == 0)
		return rc;
	rc = lower_read(m, copies, sizeof copies, 0);
	if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
		return rc;
	if (vault_registry_prove(copies, m->keys) == 0)
		vault_birth_forget(m);
	return SQLITE_OK;
}

/* Put the prefix of a new file on the disk: SQLite is about to write the first page. */
int vault_birth_complete(struct vault_main *m)
{
	static const uint8_t ZEROS[VAULT_COPY_BYTES];
	uint8_t record[VAULT_RECORD_BYTES];
	int rc = vault_birth_adopt(m);

	if (rc != SQLITE_OK || !m->birth)
		return rc;
	m->pages = (struct vault_pages){ .state = VAULT_PAGES_CHANGING };
	vault_pages_encode(&m->pages, m->keys, record);
	for (int i = 0; i < VAULT_COPY_COUNT && rc == SQLITE_OK; i++)
		rc = lower_write(m, ZEROS, sizeof ZEROS, (int64_t)i * VAULT_COPY_BYTES);
	if (rc == SQLITE_OK)
		rc = lower_write(m, record, sizeof record, VAULT_RECORD_OFFSET);
	if (rc == SQLITE_OK)
		rc = lower_write(m, ZEROS, sizeof ZEROS, VAULT_RECORD_OFFSET + VAULT_RECORD_BYTES);
	if (rc == SQLITE_OK)
		rc = lower_sync(m);
	if (rc == SQLITE_OK)
		rc = lower_write(m, m->birth, VAULT_COPY_BYTES, VAULT_COPY_BYTES);
	if (rc == SQLITE_OK)
		rc = lower_sync(m);
	if (rc == SQLITE_OK)
		rc = lower_write(m, m->birth, VAULT_COPY_BYTES, 0);
	if (rc == SQLITE_OK)
		vault_birth_forget(m);
	return rc;
}
