/*
 * keyfile: the organisation's two secret keys as text that a person can print, keep in a safe and type in again.
 *
 *     mandoob root key 1
 *     organisation 0f1e2d3c4b5a6978
 *     1 XXXX-XXXX-XXXX-XX        (eight bytes each in base32; the last symbol of each line is its checksum)
 *     2 XXXX-XXXX-XXXX-XX
 *     3 XXXX-XXXX-XXXX-XX
 *     4 XXXX-XXXX-XXXX-XX
 *     check XXXX-XXXX-X          (over kind, organisation and key: finds exchanged lines and two keys mixed up)
 *
 * Lines that begin with # say in Arabic and English what this is and where to keep it; they and empty lines are not read.
 * Everything else is strict: this order, each line once, nothing besides. A file is written once and never over another.
 */
#ifndef PROTO_BASE_KEYFILE_H
#define PROTO_BASE_KEYFILE_H

#include <stdint.h>

#include "proto/base/err.h"

#define KEYFILE_ORG_BYTES 8
#define KEYFILE_SECRET_BYTES 32
#define KEYFILE_BYTES_MAX 4096 /* of the whole file; what we write has about 900 */

enum keyfile_kind {
	KEYFILE_ROOT,     /* the seed of the Ed25519 pair that signs manifests */
	KEYFILE_RECOVERY, /* the X25519 secret to which every envelope and every device's data key is sealed too */
};

/*
 * Create `path` (mode 0600, synced). ERR_USAGE when it exists already; it is left alone. ERR_NOT_FOUND (no such folder), ERR_IO,
 * ERR_NOMEM; nothing is left behind.
 */
int keyfile_write(const char *path, enum keyfile_kind kind, const uint8_t org[static KEYFILE_ORG_BYTES],
	const uint8_t secret[static KEYFILE_SECRET_BYTES]) MUST_CHECK;

/*
 * Read a file of this kind. On 0 `*secret` is guarded memory of KEYFILE_SECRET_BYTES, freed with keyfile_free(), and `org` the
 * organisation named; otherwise NULL and zeros. ERR_CORRUPT names the line that breaks the form or was mistyped, ERR_USAGE: it
 * is a key of the other kind, ERR_STALE: it needs a newer program; ERR_NOT_FOUND, ERR_LIMIT, ERR_IO, ERR_NOMEM. A file that others
 * may read is used with a warning in the log.
 */
int keyfile_read(const char *path, enum keyfile_kind kind, uint8_t org[static KEYFILE_ORG_BYTES], uint8_t **secret) MUST_CHECK;

/* Wipe and release; NULL is harmless. */
void keyfile_free(uint8_t *secret);

#endif
