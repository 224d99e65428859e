/*
 * row: the rules that SQLite's habits make necessary, numbered (private to proto/base/vault/).
 *
 * Each answer to a habit of SQLite stands behind VAULT_ROW(n), which is true in every product build. Built with -DVAULT_WITHOUT=n the
 * answer of row n is taken out, and at least one test must then fail (tests/unit/test_vault_rows.c); the tests build once with a
 * variable in that place and take out one row after the other.
 *
 *	 1  the first 100 bytes are read before any lock, when page 1 may be torn: they come from the prefix and the page record
 *	 2  16 bytes at offset 24 are read when a rollback transaction begins: a slice of the whole page, opened
 *	 3  page 1 is read with another idea of the page size: any range is served as slices of pages
 *	 4  overflow pages are read in part: as 3, and SUBPAGE_READ is masked
 *	 5  fewer than 480 usable bytes are refused by SQLite: the page size is in the prefix, at least 1024
 *	 6  a new file does not know the reserved bytes: its first 100 bytes read as if it did; a page 1 without them is refused
 *	 7  the WAL's checksum covers the reserved bytes: they must be zero, come back as zero, and SQLite's buffer is not touched
 *	 8  the frame header holds that checksum of the clear page: it is sealed, with a nonce of its own
 *	 9  a page in the WAL is rewritten without its header, and headers without their pages: all these shapes work
 *	10  a header is rewritten with other salts: the page's associated data holds frame and page number only
 *	11  recovery takes an error for fatal and a bad checksum for the end of the log: a torn tail is zeros, an own frame is an error
 *	12  without POWERSAFE_OVERWRITE the WAL is padded: it is reported, and true, since no write touches its neighbours
 *	13  ATOMIC flags make the journal a memory file that is spilled in pieces: they are masked
 *	14  the journal's checksum is of the clear page: it is masked; a page is what follows its page number, and nothing else
 *	15  a journal record of a dead process may be half there: it reads as if the journal ended before it
 *	16  statement journals, sorters, TEMP: any other file gets a random key of its own
 *	17  a hot journal is played back before page 1 is read: the key is proved in xOpen
 *	18  beside an empty database SQLite deletes WAL and journal: a file that exists and is not understood is never of size 0
 *	19  a WAL of size 0 is deleted at close: a WAL exists only beside a database whose key was proved
 *	20  short reads are filled with zeros, and what is not there is not decrypted
 *	21  writes behind the end leave holes: gaps are sealed zero pages, hints are swallowed, an unsealed page is damage
 *	22  the page of the lock bytes is never written by SQLite: the filling of gaps seals it
 *	23  pages would be mapped: xFetch gives none
 *	24  shared memory holds page numbers, and the WAL's running checksum (vault.h, what a vault cannot hide): it passes through
 *	25  VACUUM and backup may bring another page size or reserve: the pragma is swallowed, other pages are refused
 *	26  sqlite3_shutdown() forgets what is registered: it may be repeated
 *	27  a failed xOpen with methods set gets a close: they are unset
 *	28  a WAL or journal must find its database: by sqlite3_database_file_object(), no list of names
 *	29  key bytes in a URI or PRAGMA reach traces and logs: both are refused
 *	30  a super-journal holds names of files: it passes through
 *	31  a checkpoint copies pages through the VFS: each copy is sealed anew with a nonce of its own
 *	32  damage is SQLITE_IOERR_DATA, with page or frame in the log
 */
#ifndef PROTO_BASE_VAULT_ROW_H
#define PROTO_BASE_VAULT_ROW_H

#ifndef VAULT_WITHOUT
#define VAULT_WITHOUT 0
#else
extern int vault_row_without; /* of the build for tests: -DVAULT_WITHOUT=vault_row_without */
#endif

#define VAULT_ROW(n) (VAULT_WITHOUT != (n))

#endif
