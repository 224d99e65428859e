/*
 * temp: files that end with the process: TEMP and transient databases, their journals, statement journals, sorters (private to
 * proto/base/vault/).
 *
 * Each has a random key of its own that is nowhere but in locked memory. The file below holds blocks of VAULT_TEMP_BLOCK_BYTES of
 * ciphertext; nonce and tag of each block stay in memory, so that an older block put back does not open. SQLite reads and writes at
 * any offset and length; sorter threads share one file, hence the mutex. What was never written reads as zeros.
 */
#ifndef PROTO_BASE_VAULT_TEMP_H
#define PROTO_BASE_VAULT_TEMP_H

#include <pthread.h>

#include "proto/base/vault/vfs.h"

#define VAULT_TEMP_BLOCK_BYTES 4096

struct vault_temp {
	struct vault_file file;
	pthread_mutex_t lock;
	uint8_t *key;          /* VAULT_KEY_BYTES, owned; sodium_malloc memory */
	uint8_t *marks;        /* of each block: nonce and tag, all zeros = never written; owned */
	int64_t mark_count;
	int64_t mark_room;
	uint8_t *block;        /* one clear block, owned */
	int64_t held;          /* which one that is; -1 = none */
	bool is_unsaved;       /* its last write failed: the clear block is the only whole one there is */
	uint8_t *sealed;       /* one sealed block, owned */
	int64_t size;          /* logical size in bytes */
};

/* Open a new temporary file; `name` may be NULL. `out` is zeros but for `file.lower`. SQLite's result code. */
int vault_temp_open(sqlite3_vfs *lower, const char *name, struct vault_temp *out, int flags, int *out_flags) MUST_CHECK;

#endif
