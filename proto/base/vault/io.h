/*
 * io: the disk as the vault's own functions see it (private to proto/base/vault/).
 *
 * Everything that touches a vault file goes through the VFS below ours and never through open(2): POSIX locks belong to the process,
 * and closing any descriptor of a file drops the locks that SQLite holds on it (os_unix.c keeps such descriptors back).
 * The directory is locked with flock while a prefix or a name is changed, so that two processes do not interleave.
 */
#ifndef PROTO_BASE_VAULT_IO_H
#define PROTO_BASE_VAULT_IO_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/vault/registry.h"
#include "proto/base/vault/slot.h"
#include "proto/base/vault/sqlite.h"

/* An open file of the VFS below. */
struct vault_io;

/* Open an existing file. ERR_NOT_FOUND, ERR_IO or ERR_NOMEM. Read-write falls back to reading where the system says so. */
int vault_io_open(const char *path, struct vault_io **out) MUST_CHECK;

/* Close; NULL is harmless. */
void vault_io_close(struct vault_io *io);

/* Read exactly `len` bytes, zeros beyond the end. ERR_IO. */
int vault_io_read(struct vault_io *io, void *out, int len, int64_t offset) MUST_CHECK;

int vault_io_write(struct vault_io *io, const void *data, int len, int64_t offset) MUST_CHECK;

/* Make what was written durable. ERR_IO. */
int vault_io_sync(struct vault_io *io) MUST_CHECK;

/* The file's size in bytes. ERR_IO. */
int vault_io_size(struct vault_io *io, int64_t *out) MUST_CHECK;

/*
 * Write a new vault of one empty page at `path`, which must not exist, with `copy` as both prefix copies and a settled page record;
 * synced. `keys`: of that prefix.
 */
int vault_io_create(const char *path, const uint8_t copy[static VAULT_COPY_BYTES], const struct vault_file_keys *keys) MUST_CHECK;

/*
 * Write one prefix copy over both, synced one after the other; the one that `keep_last` (0 or 1) counts is written last.
 * A copy that already holds these bytes (`copies`: what is on disk) is left alone.
 */
int vault_io_prefix_write(struct vault_io *io, const uint8_t copies[static VAULT_COPIES_BYTES],
	const uint8_t copy[static VAULT_COPY_BYTES], size_t keep_last) MUST_CHECK;

/* Open and lock the directory of `path`, waiting; close(2) of *fd unlocks. ERR_IO or ERR_NOT_FOUND. */
int vault_io_dir_lock(const char *path, int *fd) MUST_CHECK;

/* Give the finished file at `from` its name `to` in the same directory, unless that name is taken (ERR_USAGE), and sync the directory. */
int vault_io_publish(const char *from, const char *to, int dir_fd) MUST_CHECK;

/* The open file itself, for what takes it (pages.h) and for its locks. Borrowed. */
sqlite3_file *vault_io_file(struct vault_io *io);

/* Page 1 of the empty database that a vault with these keys begins as; page_bytes long. */
void vault_template_page(const struct vault_file_keys *keys, uint8_t *page);

#endif
