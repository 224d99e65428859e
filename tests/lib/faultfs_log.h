/*
 * faultfs_log: everything that was written to a disk, in order, and the search in it.
 *
 * Filled by faultfs, read by faultfs_cut and by tests. Files are numbered from 0 in the order in which the log meets them; a name
 * that is deleted and made again is another file.
 */
#ifndef TESTS_LIB_FAULTFS_LOG_H
#define TESTS_LIB_FAULTFS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum faultfs_op_kind {
	FAULTFS_OP_CREATE,    /* data: the name with its NUL, or nothing for a temporary file; offset: 1 for shared memory, else 0 */
	FAULTFS_OP_WRITE,     /* data at offset */
	FAULTFS_OP_TRUNCATE,  /* to offset bytes */
	FAULTFS_OP_SYNC,
	FAULTFS_OP_DELETE,    /* durable: with the directory synced */
	FAULTFS_OP_RENAME,    /* data: the new name with its NUL */
	FAULTFS_OP_DIR_SYNC,
	FAULTFS_OP_MARK,      /* offset: the test's number, which is acknowledged from here on */
};

struct faultfs_op {
	enum faultfs_op_kind kind;
	bool durable;      /* of a deletion */
	unsigned file;     /* number of the file */
	int64_t offset;    /* see above */
	size_t data;       /* where the data begin in the log's bytes */
	size_t len;        /* how many they are */
};

struct faultfs_log {
	struct faultfs_op *ops;    /* owned */
	size_t op_count;
	size_t op_room;
	uint8_t *bytes;            /* owned; the data of all ops */
	size_t byte_count;
	size_t byte_room;
	unsigned file_count;
	size_t base_count;         /* ops that made the disk as it was when recording began; they are durable */
};

/* Free what is in it and make it empty. */
void faultfs_log_clear(struct faultfs_log *log);

/* Append; op.data and op.len are filled in from `data`, which may be NULL when `len` is 0. */
void faultfs_log_add(struct faultfs_log *log, struct faultfs_op op, const void *data, size_t len);

/* `number` is acknowledged: nothing that a power cut after this does may take it back. */
void faultfs_log_mark(struct faultfs_log *log, int64_t number);

/* How many bytes were written to files since recording began. */
uint64_t faultfs_log_written(const struct faultfs_log *log);

/*
 * The number of texts among `texts` (ASCII) that were ever in a file, deleted and temporary ones included, as UTF-8 or UTF-16 of
 * either byte order; also where several writes or files' parts join. `found` (one flag for each) may be NULL.
 */
size_t faultfs_log_search(const struct faultfs_log *log, const char *const *texts, size_t count, bool *found);

/*
 * How often 8 bytes were written twice (as 8 bytes at a multiple of 4 of a write) to the files whose name ends in `end`, "" being
 * temporary files, from `offset` on; zeros do not count, shared memory neither. What is sealed is random, so there it is 0.
 */
uint64_t faultfs_log_repeats(const struct faultfs_log *log, const char *end, int64_t offset);

#endif
