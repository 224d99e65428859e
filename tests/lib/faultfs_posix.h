/*
 * faultfs_posix: the system calls that the vault makes beside SQLite's VFS, on the disk in memory.
 *
 * Creating, publishing, rekeying and erasing a vault use open, rename, unlink, flock and others directly. In programs that are linked
 * with
 *
 *	-Wl,--wrap=open,--wrap=close,--wrap=access,--wrap=unlink,--wrap=rename,--wrap=renameat2,--wrap=fsync,--wrap=flock
 *	-Wl,--wrap=realpath,--wrap=stat,--wrap=fstat,--wrap=chmod,--wrap=chown,--wrap=pwrite,--wrap=fallocate
 *
 * such calls from our own code, for names below FAULTFS_POSIX_DIR, go to the disk that was given here; all others go on to the system.
 * They are counted and fail like calls of the VFS. Modes and owners are not kept; a lock on the directory is always had.
 */
#ifndef TESTS_LIB_FAULTFS_POSIX_H
#define TESTS_LIB_FAULTFS_POSIX_H

#include <stdbool.h>

#include "tests/lib/faultfs.h"

#define FAULTFS_POSIX_DIR "/disk"

/* Whether this program was linked for it. */
bool faultfs_posix_is_wrapped(void);

/* Use this disk, borrowed, from now on; NULL: none. */
void faultfs_posix_use(struct faultfs *fs);

/* How many descriptors are open on the disk. */
unsigned faultfs_posix_open_count(void);

#endif
