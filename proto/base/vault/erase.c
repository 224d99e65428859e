/*
 * erase: the end of a vault (vault.h).
 *
 * The data key exists in the slots of the prefix and nowhere else, so overwriting 16 KiB makes everything else noise; random
 * bytes, since a card may store a block of zeros without touching the old one. What follows (holes, names) only gives the space back.
 * No key is needed: a vault whose passphrase is lost can be erased too.
 */
#include "proto/base/vault/erase.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/vault/make.h"

int vault_erase_prefix(struct vault_io *io)
{
	uint8_t junk[VAULT_PREFIX_BYTES];
	int rc;

	randombytes_buf(junk, sizeof junk); /* allowed: keys and nonces of the vault */
	rc = vault_io_write(io, junk, sizeof junk, 0);
	return rc == 0 ? vault_io_sync(io) : rc;
}

/* The lock that no connection shares, of this or another process. Given back by closing. */
static int lock_alone(struct vault_io *io, const char *path)
{
	sqlite3_file *file = vault_io_file(io);
	int rc = file->pMethods->xLock(file, SQLITE_LOCK_SHARED);

	if (rc == SQLITE_OK)
		rc = file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE);
	if ((rc & 0xff) == SQLITE_BUSY)
		return err_set(ERR_BUSY, "vault %s: it is open: close it everywhere before erasing it", path);
	return rc == SQLITE_OK ? 0 : err_set(ERR_IO, "vault %s: cannot lock it (code %d)", path, rc);
}

/*
 * Overwrite the beginning and give the blocks of a file back to the disk, which may then forget them (discard). A file system that
 * cannot do the second is no error.
 */
static int file_destroy(int fd, const char *path)
{
	uint8_t junk[VAULT_PREFIX_BYTES];
	struct stat st;
	size_t len;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return err_set(ERR_IO, "vault %s: not a file to erase", path);
	len = st.st_size < (off_t)sizeof junk ? (size_t)st.st_size : sizeof junk;
	randombytes_buf(junk, sizeof junk); /* allowed: keys and nonces of the vault */
	if (pwrite(fd, junk, len, 0) != (ssize_t)len || fsync(fd) != 0)
		return err_set(ERR_IO, "vault %s: cannot be overwritten: %s", path, strerror(errno));
	if (st.st_size > 0 && fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, st.st_size) == 0)
		fsync(fd);
	return 0;
}

int vault_erase_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int rc;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_set(ERR_IO, "vault %s: cannot be erased: %s", path, strerror(errno));
	rc = file_destroy(fd, path);
	close(fd);
	if (rc == 0 && unlink(path) != 0)
		rc = err_set(ERR_IO, "vault %s: overwritten, but cannot be removed: %s", path, strerror(errno));
	return rc;
}

int vault_erase_family(const char *path, const char *end)
{
	static const char *const ENDS[] = { "-journal", "-wal", "-shm", "" };
	int rc = 0;

	for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0] && rc == 0; i++) {
		char *first, *name;

		rc = vault_make_name(path, end, &first);
		if (rc != 0)
			break;
		rc = vault_make_name(first, ENDS[i], &name);
		free(first);
		if (rc == 0) {
			rc = vault_erase_file(name);
			free(name);
		}
	}
	return rc;
}

/* The vault's own name goes last, so that a run that was cut off can be run again. */
static int files_remove(const char *path, int dir_fd)
{
	int rc = vault_erase_family(path, VAULT_PART_END);

	if (rc == 0)
		rc = vault_erase_family(path, VAULT_REKEY_END);
	if (rc == 0)
		rc = vault_erase_family(path, "");
	if (rc != 0)
		return err_context(rc, "vault %s: its keys are destroyed, files are left", path);
	if (fsync(dir_fd) != 0)
		return err_set(ERR_IO, "vault %s: removed, but its directory cannot be synced: %s", path, strerror(errno));
	return 0;
}

static int erase_locked(const char *path, int dir_fd)
{
	struct vault_io *io;
	int rc = vault_io_open(path, &io);

	if (rc != 0)
		return rc;
	rc = lock_alone(io, path);
	if (rc == 0 && vault_erase_prefix(io) != 0)
		rc = err_context(ERR_IO, "vault %s: its prefix could not be overwritten, so it may still open", path);
	if (rc == 0)
		rc = files_remove(path, dir_fd);
	vault_io_close(io);
	return rc;
}

int vault_erase(const char *path)
{
	char *real = realpath(path, NULL);
	int dir_fd;
	int rc;

	if (!real)
		return err_set(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "vault %s: %s", path, strerror(errno));
	rc = vault_io_dir_lock(real, &dir_fd);
	if (rc == 0) {
		rc = erase_locked(real, dir_fd);
		close(dir_fd);
	}
	free(real);
	return rc;
}
