/*
 * faultfs_posix: see faultfs_posix.h.
 *
 * A descriptor is a place in a table, above all numbers that the system gives out; behind it is a file of the disk's VFS, or the
 * directory.
 */
#include "tests/lib/faultfs_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/faultfs_heap.h"

#define FD_FIRST 1000000
#define FD_COUNT 16

struct descriptor {
	bool is_open;
	sqlite3_file *file;   /* NULL: the directory */
};

static struct faultfs *disk;
static struct descriptor descriptors[FD_COUNT];

extern __typeof__(open) __real_open __attribute__((weak));
extern __typeof__(close) __real_close __attribute__((weak));
extern __typeof__(access) __real_access __attribute__((weak));
extern __typeof__(unlink) __real_unlink __attribute__((weak));
extern __typeof__(rename) __real_rename __attribute__((weak));
extern __typeof__(renameat2) __real_renameat2 __attribute__((weak));
extern __typeof__(fsync) __real_fsync __attribute__((weak));
extern __typeof__(flock) __real_flock __attribute__((weak));
extern __typeof__(realpath) __real_realpath __attribute__((weak));
extern __typeof__(stat) __real_stat __attribute__((weak));
extern __typeof__(fstat) __real_fstat __attribute__((weak));
extern __typeof__(chmod) __real_chmod __attribute__((weak));
extern __typeof__(chown) __real_chown __attribute__((weak));
extern __typeof__(pwrite) __real_pwrite __attribute__((weak));
extern __typeof__(fallocate) __real_fallocate __attribute__((weak));
__typeof__(open) __wrap_open;
__typeof__(close) __wrap_close;
__typeof__(access) __wrap_access;
__typeof__(unlink) __wrap_unlink;
__typeof__(rename) __wrap_rename;
__typeof__(renameat2) __wrap_renameat2;
__typeof__(fsync) __wrap_fsync;
__typeof__(flock) __wrap_flock;
__typeof__(realpath) __wrap_realpath;
__typeof__(stat) __wrap_stat;
__typeof__(fstat) __wrap_fstat;
__typeof__(chmod) __wrap_chmod;
__typeof__(chown) __wrap_chown;
__typeof__(pwrite) __wrap_pwrite;
__typeof__(fallocate) __wrap_fallocate;

bool faultfs_posix_is_wrapped(void)
{
	return __real_open && __real_close && __real_access && __real_unlink && __real_rename && __real_renameat2 && __real_fsync &&
		__real_flock && __real_realpath && __real_stat && __real_fstat && __real_chmod && __real_chown && __real_pwrite &&
		__real_fallocate;
}

void faultfs_posix_use(struct faultfs *fs)
{
	disk = fs;
}

unsigned faultfs_posix_open_count(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < FD_COUNT; i++)
		count += descriptors[i].is_open;
	return count;
}

/* Is this a name, or the directory, of the disk? */
static bool is_ours(const char *path)
{
	size_t len = sizeof FAULTFS_POSIX_DIR - 1;

	return disk && strncmp(path, FAULTFS_POSIX_DIR, len) == 0 && (path[len] == 0 || path[len] == '/');
}

static struct descriptor *descriptor_of(int fd)
{
	return fd >= FD_FIRST && fd < FD_FIRST + FD_COUNT ? &descriptors[fd - FD_FIRST] : NULL;
}

static int failed(int code)
{
	errno = code;
	return -1;
}

/* 0, or -1 and errno for a result code of SQLite. */
static int answer(int rc)
{
	if (rc == SQLITE_OK)
		return 0;
	if (rc == SQLITE_IOERR_DELETE_NOENT)
		return failed(ENOENT);
	return failed(rc == SQLITE_FULL ? ENOSPC : EIO);
}

static sqlite3_vfs *vfs(void)
{
	return sqlite3_vfs_find(FAULTFS_NAME);
}

static bool exists(const char *path)
{
	size_t len;

	return strcmp(path, FAULTFS_POSIX_DIR) == 0 || faultfs_get(disk, path, &len) != NULL;
}

static int disk_open(const char *path, int flags)
{
	struct descriptor *d = descriptors;
	int want = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE | (flags & O_CREAT ? SQLITE_OPEN_CREATE : 0);

	if (!exists(path) && !(flags & O_CREAT))
		return failed(ENOENT);
	if (exists(path) && (flags & O_EXCL))
		return failed(EEXIST);
	while (d->is_open)
		if (++d == descriptors + FD_COUNT)
			abort();
	d->file = NULL;
	if (strcmp(path, FAULTFS_POSIX_DIR) != 0) {
		d->file = faultfs_heap_resize(NULL, (size_t)vfs()->szOsFile);
		if (vfs()->xOpen(vfs(), path, d->file, want, NULL) != SQLITE_OK) {
			free(d->file);
			return failed(EIO);
		}
	} else if (faultfs_call_fails(disk, FAULTFS_OPEN)) {
		return failed(EIO);
	}
	d->is_open = true;
	return FD_FIRST + (int)(d - descriptors);
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode = 0;

	if (is_ours(path))
		return disk_open(path, flags);
	va_start(args, flags);
	if (flags & O_CREAT)
		mode = va_arg(args, mode_t);
	va_end(args);
	return __real_open(path, flags, mode);
}

int __wrap_close(int fd)
{
	struct descriptor *d = descriptor_of(fd);

	if (!d)
		return __real_close(fd);
	if (d->file)
		d->file->pMethods->xClose(d->file);
	free(d->file);
	*d = (struct descriptor){ 0 };
	return 0;
}

int __wrap_access(const char *path, int mode)
{
	if (!is_ours(path))
		return __real_access(path, mode);
	if (faultfs_call_fails(disk, FAULTFS_ACCESS))
		return failed(EIO);
	return exists(path) ? 0 : failed(ENOENT);
}

int __wrap_unlink(const char *path)
{
	return is_ours(path) ? answer(vfs()->xDelete(vfs(), path, 0)) : __real_unlink(path);
}

static int disk_rename(const char *from, const char *to)
{
	if (!exists(from))
		return failed(ENOENT);
	if (faultfs_call_fails(disk, FAULTFS_RENAME))
		return failed(EIO);
	faultfs_rename(disk, from, to);
	return 0;
}

int __wrap_rename(const char *from, const char *to)
{
	return is_ours(from) ? disk_rename(from, to) : __real_rename(from, to);
}

int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if (!is_ours(from))
		return __real_renameat2(from_dir, from, to_dir, to, flags);
	if ((flags & RENAME_NOREPLACE) && exists(to))
		return failed(EEXIST);
	return disk_rename(from, to);
}

int __wrap_fsync(int fd)
{
	struct descriptor *d = descriptor_of(fd);

	if (!d)
		return __real_fsync(fd);
	if (d->file)
		return answer(d->file->pMethods->xSync(d->file, SQLITE_SYNC_NORMAL));
	if (faultfs_call_fails(disk, FAULTFS_SYNC))
		return failed(EIO);
	faultfs_dir_sync(disk);
	return 0;
}

int __wrap_flock(int fd, int operation)
{
	if (!descriptor_of(fd))
		return __real_flock(fd, operation);
	return faultfs_call_fails(disk, FAULTFS_LOCK) ? failed(EIO) : 0;
}

char *__wrap_realpath(const char *restrict path, char *restrict out)
{
	if (!is_ours(path) || out)
		return __real_realpath(path, out);
	if (!exists(path)) {
		errno = ENOENT;
		return NULL;
	}
	return strdup(path);
}

static void describe(const char *path, int64_t size, struct stat *out)
{
	bool is_dir = path && strcmp(path, FAULTFS_POSIX_DIR) == 0;

	*out = (struct stat){ .st_mode = is_dir ? S_IFDIR | 0700 : S_IFREG | 0600, .st_size = size, .st_nlink = 1 };
}

int __wrap_stat(const char *restrict path, struct stat *restrict out)
{
	size_t len = 0;

	if (!is_ours(path))
		return __real_stat(path, out);
	if (!exists(path))
		return failed(ENOENT);
	if (faultfs_call_fails(disk, FAULTFS_SIZE))
		return failed(EIO);
	faultfs_get(disk, path, &len);
	describe(path, (int64_t)len, out);
	return 0;
}

int __wrap_fstat(int fd, struct stat *out)
{
	struct descriptor *d = descriptor_of(fd);
	sqlite3_int64 size = 0;

	if (!d)
		return __real_fstat(fd, out);
	if (d->file && d->file->pMethods->xFileSize(d->file, &size) != SQLITE_OK)
		return failed(EIO);
	describe(d->file ? NULL : FAULTFS_POSIX_DIR, size, out);
	return 0;
}

int __wrap_chmod(const char *path, mode_t mode)
{
	return is_ours(path) ? 0 : __real_chmod(path, mode);
}

int __wrap_chown(const char *path, uid_t owner, gid_t group)
{
	return is_ours(path) ? 0 : __real_chown(path, owner, group);
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t offset)
{
	struct descriptor *d = descriptor_of(fd);

	if (!d)
		return __real_pwrite(fd, data, len, offset);
	if (!d->file)
		return failed(EBADF);
	return answer(d->file->pMethods->xWrite(d->file, data, (int)len, offset)) == 0 ? (ssize_t)len : -1;
}

/* Holes are for the disk to know: nothing has to come of it. */
int __wrap_fallocate(int fd, int mode, off_t offset, off_t len)
{
	return descriptor_of(fd) ? failed(EOPNOTSUPP) : __real_fallocate(fd, mode, offset, len);
}
