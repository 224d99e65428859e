/*
 * lower: see lower.h.
 */
#include "proto/base/vault/lower.h"

#define TRY_COUNT_MAX 3

int vault_lower_read(sqlite3_file *lower, void *out, int64_t len, int64_t offset)
{
	for (int i = 0; i < TRY_COUNT_MAX; i++) { /* another process may make the file longer meanwhile */
		sqlite3_int64 size = 0;
		int rc = lower->pMethods->xRead(lower, out, (int)len, offset);
		int rc_size;

		if (rc != SQLITE_IOERR_SHORT_READ)
			return rc;
		rc_size = lower->pMethods->xFileSize(lower, &size);
		if (rc_size != SQLITE_OK)
			return rc_size;
		if (size < offset + len)
			return rc;
	}
	return SQLITE_IOERR_READ;
}
