/*
 * faultfs: a disk in memory, as an SQLite VFS, that can lose power and fail at any call.
 *
 * Complete enough for every journal mode, temporary files and WAL with shared memory between connections of this process. It is
 * meant to lie under the vault's VFS, or directly under SQLite. Three uses:
 * - record what is written, in order, into a struct faultfs_log: faultfs_log.h searches it for clear text, and faultfs_cut.h makes
 *   of it the disks that a power cut may leave;
 * - fail the Nth call: struct faultfs_fault;
 * - keep and put back whole disks: struct faultfs_image.
 *
 * The VFS promises POWERSAFE_OVERWRITE and nothing else, as SQLite's own for Unix does. One thread. Time and randomness are
 * the same in every run. A misuse, or no memory, ends the program.
 */
#ifndef TESTS_LIB_FAULTFS_H
#define TESTS_LIB_FAULTFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lib/faultfs_log.h"

#define FAULTFS_NAME "faultfs"
#define FAULTFS_PATH_BYTES 256
#define FAULTFS_SECTOR_BYTES 4096

/* Kinds of calls, for a mask. */
enum faultfs_kind {
	FAULTFS_READ = 1 << 0,
	FAULTFS_WRITE = 1 << 1,
	FAULTFS_TRUNCATE = 1 << 2,
	FAULTFS_SYNC = 1 << 3,
	FAULTFS_SIZE = 1 << 4,
	FAULTFS_OPEN = 1 << 5,
	FAULTFS_DELETE = 1 << 6,
	FAULTFS_ACCESS = 1 << 7,
	FAULTFS_LOCK = 1 << 8,
	FAULTFS_SHM_MAP = 1 << 9,
	FAULTFS_SHM_LOCK = 1 << 10,
	FAULTFS_RENAME = 1 << 11,
	FAULTFS_ANY = (1 << 12) - 1,
};

enum faultfs_style {
	FAULTFS_ERROR,       /* the SQLITE_IOERR_ code of that call */
	FAULTFS_FULL,        /* SQLITE_FULL from what writes, the code of the call from others */
	FAULTFS_SHORT_READ,  /* half the bytes from a read, though more are there; the code of the call from others */
};

/* A fault to come. A failing write leaves the first half of its bytes. */
struct faultfs_fault {
	unsigned kinds;              /* mask of enum faultfs_kind */
	int64_t nth;                 /* the call of these kinds that fails, from 1; 0: none, only count */
	enum faultfs_style style;
	bool lasting;                /* all calls of these kinds after it fail too */
};

/* A disk. */
struct faultfs;

/* The files of a disk, by name. */
struct faultfs_image;

/* Make an empty disk and register its VFS as FAULTFS_NAME, not as the default. One at a time. */
struct faultfs *faultfs_new(void);

/* Unregister and free; no file may be open. NULL is harmless. */
void faultfs_free(struct faultfs *fs);

/* Remove all files; none may be open. */
void faultfs_clear(struct faultfs *fs);

/* How many handles are open, of temporary files too. */
unsigned faultfs_open_count(const struct faultfs *fs);

/* Put a file there, or replace it, outside the log. */
void faultfs_put(struct faultfs *fs, const char *name, const uint8_t *data, size_t len);

/* The bytes of a file, borrowed until it changes; NULL when there is none of this name. */
const uint8_t *faultfs_get(const struct faultfs *fs, const char *name, size_t *len);

/* rename(2), for what the code under test does beside SQLite: replaces `to`. Durable after faultfs_dir_sync(). */
void faultfs_rename(struct faultfs *fs, const char *from, const char *to);
void faultfs_dir_sync(struct faultfs *fs);

/* Write down from here on what is written (borrowed log, empty; what is there now becomes its beginning); NULL: stop. */
void faultfs_record(struct faultfs *fs, struct faultfs_log *log);

/* Set the fault to come and begin to count; NULL: none any more. */
void faultfs_fault_set(struct faultfs *fs, const struct faultfs_fault *fault);

/* Count a call that does not come through the VFS, and say whether it must fail. */
bool faultfs_call_fails(struct faultfs *fs, enum faultfs_kind kind);

/* How many calls failed since, and how many there were of these kinds; both can be asked until the next fault is set. */
int64_t faultfs_fault_count(const struct faultfs *fs);
int64_t faultfs_call_count(const struct faultfs *fs);

/* Copy all files that have a name. */
struct faultfs_image *faultfs_image_take(const struct faultfs *fs);

/* Make the disk hold exactly these; no file may be open. */
void faultfs_image_put(struct faultfs *fs, const struct faultfs_image *image);

void faultfs_image_free(struct faultfs_image *image);

#endif
