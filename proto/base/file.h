/*
 * file: whole small files, durably and privately: configuration, key files, stick files, and secrets typed by a person.
 *
 * Files made here have mode 0600 and folders 0700, whatever the umask. A write that returned 0 survives a power cut: the
 * file and the folder that names it were both synced. Nothing here follows from the current state of a file between two
 * calls; who needs a lock takes one. Every error names the file and the system's own text. All functions block.
 */
#ifndef PROTO_BASE_FILE_H
#define PROTO_BASE_FILE_H

#include <stddef.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

#define FILE_SECRET_BYTES_MAX 1024 /* longest passphrase, without its line end */

/*
 * Append the whole content of the file `path` to `out`, whose ceiling (given at buf_init) is the largest size accepted.
 * ERR_NOT_FOUND, ERR_LIMIT, ERR_IO, ERR_NOMEM; then `out` is as empty as after buf_fini().
 */
int file_read(const char *path, struct buf *out) MUST_CHECK;

/*
 * Create `path` with `len` bytes of `data`. ERR_USAGE when it exists already (it is left alone), ERR_NOT_FOUND when
 * the folder is missing, ERR_IO; nothing is left behind.
 */
int file_write_new(const char *path, const void *data, size_t len) MUST_CHECK;

/*
 * Put `len` bytes of `data` where `path` is: a reader, and a reader after a power cut, finds the old content or the new,
 * never a mixture. ERR_NOT_FOUND when the folder is missing, ERR_IO; then the old content is still there, except that after
 * a failed sync of the folder, the last step, it may be the new.
 */
int file_replace(const char *path, const void *data, size_t len) MUST_CHECK;

/* Make the folder `path`, and folders above it that are missing, with mode 0700. A folder that exists is left as it is. ERR_IO. */
int dir_make(const char *path) MUST_CHECK;

/*
 * The first line of a file, of an open descriptor, or typed at the terminal without echo after `prompt`: a passphrase of 1
 * to FILE_SECRET_BYTES_MAX bytes without NUL, without its line end (LF or CR LF). On success `*out` is locked memory
 * that the caller frees with file_secret_free(); NULL on failure. A file that others may read is used with a warning in
 * the log. The descriptor is read up to its line end and stays open. ERR_USAGE for an empty line, a NUL, or a prompt that
 * was cancelled or has no terminal; ERR_LIMIT, ERR_NOT_FOUND, ERR_IO, ERR_NOMEM.
 */
int file_read_secret(const char *path, char **out) MUST_CHECK;
int file_read_secret_fd(int fd, char **out) MUST_CHECK;
int file_prompt_secret(const char *prompt, char **out) MUST_CHECK;

/* Wipe and release a secret; NULL is harmless. */
void file_secret_free(char *secret);

#endif
