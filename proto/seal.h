/*
 * seal: envelopes (FORMAT.md section 7), labelled hashes and signatures (section 1), padding, sealed answers.
 *
 * The order of opening is fixed: size, structure, signature, commitment, ciphertext, padding. Every function here works on
 * bytes and keys only. Functions that append to a buf leave its content as it was when they fail. Errors: ERR_LIMIT
 * above a ceiling, ERR_CORRUPT not of this form, ERR_AUTH not made with the keys named, ERR_STALE of a version or suite that
 * needs a newer program (section 16), ERR_USAGE (writers) what a reader would refuse, ERR_NOMEM.
 */
#ifndef PROTO_SEAL_H
#define PROTO_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/bytes.h"
#include "proto/base/env.h"

#define SEAL_HASH_BYTES 32
#define SEAL_SIGN_PUBLIC_BYTES 32
#define SEAL_SIGN_SECRET_BYTES 64
#define SEAL_SIGNATURE_BYTES 64
#define SEAL_BOX_PUBLIC_BYTES 32
#define SEAL_BOX_SECRET_BYTES 32
#define SEAL_ORG_BYTES 8
#define SEAL_DEVICE_BYTES 16
#define SEAL_NONCE_BYTES 16
#define SEAL_KEY_ID_BYTES 8
#define SEAL_ENVELOPE_BYTES_MAX (256 * 1024)
#define SEAL_RECIPIENTS_MAX 4
#define SEAL_PADDED_BYTES_MIN 64
#define SEAL_BOX_BYTES_MAX (4 * 1024 * 1024) /* a sealed answer; FORMAT.md section 12 */

/* A signing pair and a box pair in guarded memory (sodium_malloc); one device's, or the centre's. */
struct seal_keys {
	uint8_t sign_public[SEAL_SIGN_PUBLIC_BYTES];
	uint8_t sign_secret[SEAL_SIGN_SECRET_BYTES];
	uint8_t box_public[SEAL_BOX_PUBLIC_BYTES];
	uint8_t box_secret[SEAL_BOX_SECRET_BYTES];
};
/* New keys from `env`'s randomness. Owned by the caller, free with seal_keys_free(), which wipes. */
int seal_keys_new(const struct env *env, struct seal_keys **out) MUST_CHECK;
/* Guarded, zeroed memory to load stored keys into. */
int seal_keys_empty(struct seal_keys **out) MUST_CHECK;
void seal_keys_free(struct seal_keys *k);

struct seal_part {
	const void *data;
	size_t len;
};
/* H(label, parts...) of section 1; `out_len` 16, 32 or 64. */
void seal_hash(uint8_t *out, size_t out_len, const char *label, const struct seal_part *parts, size_t count);
void seal_sign(uint8_t out[static SEAL_SIGNATURE_BYTES], const char *label, const void *data, size_t len,
	const uint8_t secret[static SEAL_SIGN_SECRET_BYTES]);
/* 0 or ERR_AUTH. Refuses small-order keys and non-canonical signatures. */
int seal_verify(const uint8_t signature[static SEAL_SIGNATURE_BYTES], const char *label, const void *data, size_t len,
	const uint8_t public_key[static SEAL_SIGN_PUBLIC_BYTES]) MUST_CHECK;

/*
 * The frame of signed objects. Head: four characters of magic and version 1 (read: ERR_STALE for another digit or version of the
 * same kind of object). Sign: append to `b` the signature over its content from `from` on. Check: 0 when the last 64 bytes of `data`
 * are the signature of the rest under any of `key_count` keys (32 bytes each, contiguous), ERR_CORRUPT when shorter than that.
 * Built: the end of an encoder, 0 when `b` has no error and holds at most `max` bytes from `from` on; else wipes and drops those.
 * Drop does so alone.
 */
void seal_head_write(struct buf *b, const char *magic);
int seal_head_read(struct reader *r, const char *magic, const char *what) MUST_CHECK;
void seal_object_sign(struct buf *b, size_t from, const char *label, const uint8_t secret[static SEAL_SIGN_SECRET_BYTES]);
int seal_object_check(const void *data, size_t len, const char *label, const uint8_t *keys, size_t key_count) MUST_CHECK;
int seal_object_built(struct buf *b, size_t from, size_t max, const char *what) MUST_CHECK;
void seal_object_drop(struct buf *b, size_t from);

/*
 * Whether a public key that arrives from outside is sound: canonical, on the curve, in the prime-order group (signing);
 * not of small order (box). Asked once, where a key is taken in: enrolment and manifest.
 */
bool seal_sign_public_is_sound(const uint8_t key[static SEAL_SIGN_PUBLIC_BYTES]);
bool seal_box_public_is_sound(const uint8_t key[static SEAL_BOX_PUBLIC_BYTES]);

void seal_org_id(const uint8_t root_public[static SEAL_SIGN_PUBLIC_BYTES], uint8_t out[static SEAL_ORG_BYTES]);
void seal_device_id(const uint8_t sign_public[static SEAL_SIGN_PUBLIC_BYTES], const uint8_t box_public[static SEAL_BOX_PUBLIC_BYTES],
	uint8_t out[static SEAL_DEVICE_BYTES]);
void seal_key_id(const uint8_t public_key[static 32], uint8_t out[static SEAL_KEY_ID_BYTES]);

/* Append 0x80 and zeros to `b`, whose content from `from` on is the frame; and the strict inverse: *len becomes the frame's length. */
void seal_pad(struct buf *b, size_t from);
int seal_unpad(const uint8_t *data, size_t padded_len, size_t *len) MUST_CHECK;

enum seal_recipient_kind { SEAL_TO_CENTRE = 1, SEAL_TO_RECOVERY = 2 };

struct seal_recipient {
	enum seal_recipient_kind kind;
	uint8_t box_public[SEAL_BOX_PUBLIC_BYTES];
};

/* The header of an envelope in the clear. */
struct seal_header {
	uint8_t org[SEAL_ORG_BYTES];
	uint8_t device[SEAL_DEVICE_BYTES];
	uint32_t incarnation; /* from 1 */
	uint64_t seq;         /* from 1 */
	uint8_t previous[SEAL_HASH_BYTES];
	uint32_t epoch; /* of the centre's receive key, from 1 */
};

/* Seal `frame` (a compression frame) and append the envelope to `out`. Recipients strictly ascending by kind, keys sound. */
int seal_envelope(const struct env *env, const struct seal_header *h, const struct seal_recipient *to, size_t to_count, const void *frame,
	size_t frame_len, const uint8_t sign_secret[static SEAL_SIGN_SECRET_BYTES], struct buf *out) MUST_CHECK;

/* Read the header alone, size and structure checked, nothing verified yet (to find the device's key). */
int seal_envelope_header(const void *envelope, size_t len, struct seal_header *out) MUST_CHECK;

/* Size and structure, then the signature. ERR_AUTH when it does not hold. */
int seal_envelope_verify(const void *envelope, size_t len, const uint8_t sign_public[static SEAL_SIGN_PUBLIC_BYTES]) MUST_CHECK;

/*
 * Open a verified envelope as recipient `kind` with the box key pair; append the frame to `out`. ERR_NOT_FOUND when it names no such
 * recipient or another key of it (another epoch). ERR_AUTH when file key, commitment or ciphertext do not fit.
 */
int seal_envelope_open(const void *envelope, size_t len, enum seal_recipient_kind kind,
	const uint8_t box_public[static SEAL_BOX_PUBLIC_BYTES], const uint8_t box_secret[static SEAL_BOX_SECRET_BYTES],
	struct buf *out) MUST_CHECK;

/* Padded sealed box of a frame, for answers, at most SEAL_BOX_BYTES_MAX; and its opening, which appends the frame to `out`. */
int seal_box(const void *frame, size_t len, const uint8_t box_public[static SEAL_BOX_PUBLIC_BYTES], struct buf *out) MUST_CHECK;
int seal_box_open(const void *box, size_t len, const uint8_t box_public[static SEAL_BOX_PUBLIC_BYTES],
	const uint8_t box_secret[static SEAL_BOX_SECRET_BYTES], struct buf *out) MUST_CHECK;

#endif
