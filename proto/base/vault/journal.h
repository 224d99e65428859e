/*
 * journal: the rollback journal of a vault that is not WAL-only (private to proto/base/vault/).
 *
 * SQLite's own layout and offsets (fileformat2.html section 3): headers and the super-journal's name as they are; of each record
 * page number 4 | page P | checksum 4, the page is sealed in place (role, page number, offset of the page as frame) and the checksum
 * is masked with a keyed hash of that page's nonce. Beside a WAL-only vault a journal can only have been planted: it then opens as an
 * empty file, so that SQLite finds it cold, and never for writing.
 */
#ifndef PROTO_BASE_VAULT_JOURNAL_H
#define PROTO_BASE_VAULT_JOURNAL_H

#include "proto/base/vault/vfs.h"

struct vault_journal {
	struct vault_file file;
	struct vault_main *main;   /* never NULL; SQLite closes the journal before its database */
	uint8_t *scratch;          /* one sealed page, owned; NULL before the first */
	int64_t number_offset;     /* of a page number, when that was read or written last; -1 otherwise */
	uint32_t number;           /* what they said */
	int64_t page_offset;       /* of the page read or written last, -1 = none: its checksum follows behind it */
	uint8_t mask[4];           /* of that checksum */
	int64_t own_first;         /* pages in bytes [own_first, own_end) were written by this handle in this transaction */
	int64_t own_end;
};

/* Open the journal `name` of an open vault. `out` is zeros but for `file.lower`. SQLite's result code. */
int vault_journal_open(sqlite3_vfs *lower, const char *name, struct vault_journal *out, int flags, int *out_flags) MUST_CHECK;

#endif
