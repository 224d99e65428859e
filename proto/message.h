/*
 * message: request and answer of one contact (FORMAT.md section 10): the frame around the stations of the road.
 *
 * Encoding and decoding only; who may say what is decided in server/intake and agent/apply. Including this header gives the
 * neighbours too: message_content.h (what an answer holds), message_paper.h (the catalogue), message_enrol.h (section 13), message_stick.h
 * (section 14) and message_blob.h, which all of them use.
 *
 * Everywhere here: encoders append to `out` and leave its content as it was when they fail; decoders fill `*out` only when they
 * succeed and zero it otherwise (so that fini is harmless), and what they decode borrows from the input.
 * ERR_LIMIT: above a ceiling of section 12. ERR_CORRUPT: not of this form. ERR_AUTH: signature or code does not hold.
 * ERR_STALE: of a version that this program does not know, so that a newer program is needed (section 16). Encoders give ERR_USAGE
 * for what a decoder would refuse.
 */
#ifndef PROTO_MESSAGE_H
#define PROTO_MESSAGE_H

#include <stdbool.h>

#include "proto/message_blob.h"
#include "proto/message_content.h"
#include "proto/message_enrol.h"
#include "proto/message_paper.h"
#include "proto/message_stick.h"
#include "proto/seal.h"

#define MESSAGE_REQUEST_BYTES_MAX (1024 * 1024)
#define MESSAGE_ANSWER_BYTES_MAX (4 * 1024 * 1024)
#define MESSAGE_ENVELOPES_MAX 64

enum message_request_flag { MESSAGE_WHOLE = 1 };

struct message_request {
	uint8_t org[SEAL_ORG_BYTES];
	uint8_t device[SEAL_DEVICE_BYTES];
	uint32_t incarnation; /* from 1 */
	uint8_t nonce[SEAL_NONCE_BYTES];
	uint64_t contact;                                     /* counts up with each request made */
	uint64_t seen;                                        /* sequence up to which the device holds everything in its scope */
	uint64_t cursor;                                      /* progress inside an unfinished pull; 0: none */
	uint64_t acked;                                       /* highest seq with a verified receipt */
	uint64_t head;                                        /* highest seq this store ever sealed in this incarnation */
	uint64_t manifest_number;                             /* held */
	uint32_t dictionary_id;                               /* held; 0: none */
	uint8_t flags;                                        /* of enum message_request_flag */
	uint8_t mark[MESSAGE_MARK_BYTES];                     /* of the newest catalogue known; zeros: none. message_paper_mark() */
	const uint8_t *wanted;                                /* hashes of all its papers that are lacking, in its order; borrowed */
	size_t wanted_count;
	uint64_t acked_group;                                 /* highest edit group number known to be applied */
	uint64_t commits;                                     /* of this store: more with each thing it writes, so more with each request */
	uint64_t answered;                                    /* newest contact number whose answer it took; 0: none yet */
	uint8_t stamp[MESSAGE_STAMP_BYTES];                   /* of that answer; zeros when there is none */
	struct message_blob envelopes[MESSAGE_ENVELOPES_MAX]; /* ascending incarnation, seq; borrow from the input after decode */
	size_t envelope_count;
};

/* Append the signed request to `out`. Envelopes are checked for structure and order. */
int message_request_encode(
	const struct message_request *q, const uint8_t sign_secret[static SEAL_SIGN_SECRET_BYTES], struct buf *out) MUST_CHECK;
/* Structure only: the caller finds the device's key and then calls message_request_verify() before it believes a word. */
int message_request_decode(const void *data, size_t len, struct message_request *out) MUST_CHECK;
/* ERR_AUTH when the signature does not hold. */
int message_request_verify(const void *data, size_t len, const uint8_t sign_public[static SEAL_SIGN_PUBLIC_BYTES]) MUST_CHECK;

enum message_answer_kind { MESSAGE_CONTENT = 0, MESSAGE_REVOKED = 1, MESSAGE_NEWER_NEEDED = 2 };

struct message_answer {
	uint8_t device[SEAL_DEVICE_BYTES];
	uint8_t nonce[SEAL_NONCE_BYTES];
	enum message_answer_kind kind;
	struct message_blob box; /* sealed content; empty unless MESSAGE_CONTENT */
};

/* Append the signed answer to `out`. */
int message_answer_encode(
	const struct message_answer *a, const uint8_t sign_secret[static SEAL_SIGN_SECRET_BYTES], struct buf *out) MUST_CHECK;
/* Read device and nonce alone, the rest stays zero; nothing is verified (a stick holds answers for many devices). */
int message_answer_peek(const void *data, size_t len, struct message_answer *out) MUST_CHECK;
/* Verify under any of the `key_count` centre keys, then decode; `box` borrows from the input. */
int message_answer_decode(const void *data, size_t len, const uint8_t *keys, size_t key_count, struct message_answer *out) MUST_CHECK;

/* H("mandoob:fingerprint", ...) for the four words both sides show (text_fingerprint_words()). */
void message_fingerprint(const uint8_t device[static SEAL_DEVICE_BYTES], const uint8_t root_public[static SEAL_SIGN_PUBLIC_BYTES],
	uint8_t out[static SEAL_HASH_BYTES]);

#endif
