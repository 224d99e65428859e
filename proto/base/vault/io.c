/*
 * io: see io.h.
 */
#include "proto/base/vault/io.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/vault/lower.h"
#include "proto/base/vault/pages.h"
#include "proto/base/vault/vfs.h"

struct vault_io {
	sqlite3_file *file;       /* of the VFS below; pMethods NULL while not open */
	const char *name;          /* made by sqlite3_create_filename(), outlives the file */
};

/*
 * Page 1 of an empty database, from the file format's description (fileformat2.html section 1.3): page size, write and read version
 * (2: WAL), reserved bytes, payload fractions 64 32 32, one page, change counter and version-valid-for 1, SQLite 3.40.1 as writer,
 * then an empty table leaf whose content begins at the end of the usable bytes.
 */
void vault_template_page(const struct vault_file_keys *keys, uint8_t *page)
{
	static const uint8_t HEADER[108] = {
		'S', 'Q', 'L', 'i', 't', 'e', ' ', 'f', 'o', 'r', 'm', 'a', 't', ' ', '3', 0,
		[21] = 64, [22] = 32, [23] = 32, [27] = 1, [31] = 1, [95] = 1,
		[96] = 0x00, [97] = 0x2e, [98] = 0x63, [99] = 0x01,
		[100] = 0x0d,
	};
	uint32_t size = keys->shape.page_bytes;
	uint32_t usable = vault_usable_bytes(&keys->shape);

	memset(page, 0, size);
	memcpy(page, HEADER, sizeof HEADER);
	page[16] = (uint8_t)(size >> 8);
	page[17] = (uint8_t)(size >> 16); /* 65536 is written as 1 */
	page[18] = keys->is_wal_only ? 2 : 1;
	page[19] = page[18];
	page[20] = (uint8_t)keys->shape.suite->extra_bytes;
	page[105] = (uint8_t)(usable >> 8);
	page[106] = (uint8_t)usable;
}

static int io_error(int rc, const struct vault_io *io, const char *what)
{
	if (rc == SQLITE_NOMEM || rc == SQLITE_IOERR_NOMEM)
		return err_set(ERR_NOMEM, "vault %s: no memory to %s", io->name, what);
	if (rc == SQLITE_FULL)
		return err_set(ERR_IO, "vault %s: disk full", io->name);
	return err_set(ERR_IO, "vault %s: cannot %s (code %d)", io->name, what, rc);
}

int vault_io_open(const char *path, struct vault_io **out)
{
	sqlite3_vfs *lower;
	struct vault_io *io = NULL;
	int flags = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE;
	int rc;

	*out = NULL;
	rc = vault_vfs_lower(&lower);
	if (rc != 0)
		return rc;
	if (access(path, F_OK) != 0)
		return err_set(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "vault %s: %s", path, strerror(errno));
	io = calloc(1, sizeof *io);
	if (!io)
		return err_set(ERR_NOMEM, "vault: no memory");
	io->file = calloc(1, (size_t)lower->szOsFile);
	io->name = sqlite3_create_filename(path, "", "", 0, NULL);
	if (!io->file || !io->name) {
		vault_io_close(io);
		return err_set(ERR_NOMEM, "vault: no memory");
	}
	rc = lower->xOpen(lower, io->name, io->file, flags, &flags);
	if (rc != SQLITE_OK) {
		rc = io_error(rc, io, "open");
		vault_io_close(io);
		return rc;
	}
	*out = io;
	return 0;
}

void vault_io_close(struct vault_io *io)
{
	if (!io)
		return;
	if (io->file && io->file->pMethods)
		io->file->pMethods->xClose(io->file);
	free(io->file);
	if (io->name)
		sqlite3_free_filename(io->name);
	free(io);
}

sqlite3_file *vault_io_file(struct vault_io *io)
{
	return io->file;
}

int vault_io_read(struct vault_io *io, void *out, int len, int64_t offset)
{
	int rc = vault_lower_read(io->file, out, len, offset);

	if (rc == SQLITE_OK || rc == SQLITE_IOERR_SHORT_READ)
		return 0;
	return io_error(rc, io, "read");
}

int vault_io_write(struct vault_io *io, const void *data, int len, int64_t offset)
{
	int rc = io->file->pMethods->xWrite(io->file, data, len, offset);

	return rc == SQLITE_OK ? 0 : io_error(rc, io, "write");
}

int vault_io_sync(struct vault_io *io)
{
	int rc = io->file->pMethods->xSync(io->file, SQLITE_SYNC_NORMAL);

	return rc == SQLITE_OK ? 0 : io_error(rc, io, "sync");
}

int vault_io_size(struct vault_io *io, int64_t *out)
{
	sqlite3_int64 size = 0;
	int rc = io->file->pMethods->xFileSize(io->file, &size);

	*out = rc == SQLITE_OK ? size : 0;
	return rc == SQLITE_OK ? 0 : io_error(rc, io, "find the size");
}

/* Make the file with its mode before anything is in it; nobody else has it open yet, so a plain descriptor is harmless here. */
static int file_reserve(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(ERR_IO, "vault %s: cannot create: %s", path, strerror(errno));
	close(fd);
	return 0;
}

static int template_write(struct vault_io *io, const uint8_t *copy, const struct vault_file_keys *keys)
{
	static const uint8_t ZEROS[VAULT_COPY_BYTES];
	struct vault_pages pages = { .state = VAULT_PAGES_SETTLED, .counter = 1, .page_count = 1 };
	uint8_t plain[VAULT_PAGE_BYTES];
	uint8_t sealed[VAULT_PAGE_BYTES];
	uint8_t record[VAULT_RECORD_BYTES];
	int rc = 0;

	assert(keys->shape.page_bytes == VAULT_PAGE_BYTES);
	vault_template_page(keys, plain);
	vault_page_seal(&keys->shape, keys->page, VAULT_ROLE_PAGE, 0, 1, plain, sealed);
	vault_pages_add(&pages, keys, 1, sealed + vault_usable_bytes(&keys->shape));
	vault_pages_encode(&pages, keys, record);
	for (int i = 0; i < VAULT_COPY_COUNT && rc == 0; i++)
		rc = vault_io_write(io, copy, VAULT_COPY_BYTES, (int64_t)i * VAULT_COPY_BYTES);
	if (rc == 0)
		rc = vault_io_write(io, record, sizeof record, VAULT_RECORD_OFFSET);
	if (rc == 0)
		rc = vault_io_write(io, ZEROS, sizeof ZEROS, VAULT_RECORD_OFFSET + VAULT_RECORD_BYTES);
	if (rc == 0)
		rc = vault_io_write(io, sealed, VAULT_PAGE_BYTES, VAULT_PREFIX_BYTES);
	return rc == 0 ? vault_io_sync(io) : rc;
}

int vault_io_create(const char *path, const uint8_t copy[static VAULT_COPY_BYTES], const struct vault_file_keys *keys)
{
	struct vault_io *io;
	int rc;

	rc = file_reserve(path);
	if (rc != 0)
		return rc;
	rc = vault_io_open(path, &io);
	if (rc == 0)
		rc = template_write(io, copy, keys);
	vault_io_close(io);
	if (rc != 0)
		unlink(path);
	return rc;
}

int vault_io_prefix_write(struct vault_io *io, const uint8_t copies[static VAULT_COPIES_BYTES],
	const uint8_t copy[static VAULT_COPY_BYTES], size_t keep_last)
{
	for (size_t i = 0; i < VAULT_COPY_COUNT; i++) {
		size_t at = i == 0 ? !keep_last : keep_last;
		int rc;

		if (memcmp(copies + at * VAULT_COPY_BYTES, copy, VAULT_COPY_BYTES) == 0)
			continue;
		rc = vault_io_write(io, copy, VAULT_COPY_BYTES, (int64_t)(at * VAULT_COPY_BYTES));
		if (rc == 0)
			rc = vault_io_sync(io);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int vault_io_dir_lock(const char *path, int *fd)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");

	*fd = -1;
	if (!dir)
		return err_set(ERR_NOMEM, "vault: no memory");
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (*fd < 0)
		return err_set(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "vault %s: its directory: %s", path, strerror(errno));
	while (flock(*fd, LOCK_EX) != 0)
		if (errno != EINTR) {
			err_set(ERR_IO, "vault %s: cannot lock its directory: %s", path, strerror(errno));
			close(*fd);
			*fd = -1;
			return ERR_IO;
		}
	return 0;
}

/* The directory lock keeps our own processes from racing where the file system knows no RENAME_NOREPLACE. */
static int rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (access(to, F_OK) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

int vault_io_publish(const char *from, const char *to, int dir_fd)
{
	if (rename_new(from, to) != 0)
		return err_set(errno == EEXIST ? ERR_USAGE : ERR_IO, "vault %s: cannot take this name: %s", to, strerror(errno));
	if (fsync(dir_fd) != 0)
		return err_set(ERR_IO, "vault %s: cannot sync its directory: %s", to, strerror(errno));
	return 0;
}
