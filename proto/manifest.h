/*
 * manifest: which keys of the centre are to be believed, signed by the organisation's offline root (FORMAT.md section 11).
 */
#ifndef PROTO_MANIFEST_H
#define PROTO_MANIFEST_H

#include "proto/seal.h"

#define MANIFEST_BYTES_MAX (512 * 1024)
#define MANIFEST_KEYS_MAX 8
#define MANIFEST_REVOKED_MAX 10000
#define MANIFEST_PROGRAM_VERSION 1u /* this program's version for `version_min` */

struct manifest_revoked {
	uint8_t device[SEAL_DEVICE_BYTES];
	uint32_t incarnation; /* 0: all */
	uint64_t last_seq;    /* highest seq still accepted */
};

struct manifest {
	uint8_t org[SEAL_ORG_BYTES];
	uint64_t number;        /* from 1; that it does not go back is the caller's business */
	uint64_t not_before_ms; /* a claim */
	uint32_t version_min;   /* oldest MANIFEST_PROGRAM_VERSION that may take part */
	uint8_t sign_keys[MANIFEST_KEYS_MAX][SEAL_SIGN_PUBLIC_BYTES];
	size_t sign_key_count;
	struct {
		uint32_t epoch;
		uint8_t box_public[SEAL_BOX_PUBLIC_BYTES];
	} receive_keys[MANIFEST_KEYS_MAX]; /* ascending epoch */
	size_t receive_key_count;
	uint8_t recovery_public[SEAL_BOX_PUBLIC_BYTES];
	struct manifest_revoked *revoked; /* ascending by device, incarnation; owned after decode */
	size_t revoked_count;
};

/* Append the bytes to be signed, for carrying to the machine that holds the root key. ERR_USAGE: a reader would refuse it. */
int manifest_encode(const struct manifest *m, struct buf *out) MUST_CHECK;
/* Append the signature to such bytes; structure (ERR_CORRUPT) and that the organisation is the root's (ERR_USAGE) come first. */
int manifest_sign(struct buf *unsigned_bytes, const uint8_t root_secret[static SEAL_SIGN_SECRET_BYTES]) MUST_CHECK;
/*
 * Verify under the root's public key, then decode. Free with manifest_fini(). ERR_LIMIT, ERR_AUTH, ERR_CORRUPT (another
 * organisation too), ERR_STALE (needs a newer program), ERR_NOMEM; `*out` is then all zero.
 */
int manifest_decode(
	const void *data, size_t len, const uint8_t root_public[static SEAL_SIGN_PUBLIC_BYTES], struct manifest *out) MUST_CHECK;
void manifest_fini(struct manifest *m);

#endif
