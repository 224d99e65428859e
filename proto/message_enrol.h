/*
 * message_enrol: how a device becomes known to the centre and the centre to the device (FORMAT.md section 13).
 *
 * A one-time code is the only secret both sides share at that moment; each side proves that it has it. Errors as in message.h.
 */
#ifndef PROTO_MESSAGE_ENROL_H
#define PROTO_MESSAGE_ENROL_H

#include "proto/message_blob.h"
#include "proto/seal.h"

#define MESSAGE_CODE_BYTES 10
#define MESSAGE_NAME_BYTES_MAX 64
#define MESSAGE_ENROL_BYTES_MAX 246                  /* 69 + 16 + 1 + name + 64 + 32 */
#define MESSAGE_ENROLLED_BYTES_MAX (2 * 1024 * 1024) /* manifest, form and dictionary at their ceilings, and the rest */

struct message_enrol {
	uint8_t sign_public[SEAL_SIGN_PUBLIC_BYTES];
	uint8_t box_public[SEAL_BOX_PUBLIC_BYTES];
	uint8_t nonce[SEAL_NONCE_BYTES];
	char name[MESSAGE_NAME_BYTES_MAX + 1]; /* of the device, valid UTF-8 */
};

struct message_enrolled {
	uint8_t nonce[SEAL_NONCE_BYTES];         /* of the request: the caller compares it */
	uint8_t device[SEAL_DEVICE_BYTES];       /* the caller compares it with its own */
	uint32_t incarnation;                    /* from 1 */
	uint32_t site;                           /* 1 to 2^31 - 1 */
	uint32_t person;                         /* the representative's number */
	char branch[MESSAGE_NAME_BYTES_MAX + 1]; /* its name, valid UTF-8 */
	uint64_t time_ms;                        /* the centre's clock */
	uint8_t root_public[SEAL_SIGN_PUBLIC_BYTES];
	struct message_blob manifest;   /* not yet verified: manifest_decode() with root_public */
	struct message_blob form;       /* frame of the form text */
	struct message_blob dictionary; /* may be empty */
};

/* K1 and K2 of section 13 from the ten bytes of the code. */
void message_enrol_keys(const uint8_t code[static MESSAGE_CODE_BYTES], uint8_t k1[static 32], uint8_t k2[static 32]);
/* Append the request: signed by the device's own key, then coded under K1. ERR_USAGE also when the two keys do not belong together. */
int message_enrol_encode(const struct message_enrol *e, const uint8_t k1[static 32],
	const uint8_t sign_secret[static SEAL_SIGN_SECRET_BYTES], struct buf *out) MUST_CHECK;
/* 0 when `data` carries K1's code (constant time); ERR_AUTH otherwise. Try it for each code outstanding. */
int message_enrol_verify(const void *data, size_t len, const uint8_t k1[static 32]) MUST_CHECK;
/* Decode and check the device's own signature and that both keys are sound points. The code is message_enrol_verify()'s business. */
int message_enrol_decode(const void *data, size_t len, struct message_enrol *out) MUST_CHECK;
/* Append the centre's answer, coded under K2. */
int message_enrolled_encode(const struct message_enrolled *e, const uint8_t k2[static 32], struct buf *out) MUST_CHECK;
/* Check K2's code first, then decode; blobs borrow. */
int message_enrolled_decode(const void *data, size_t len, const uint8_t k2[static 32], struct message_enrolled *out) MUST_CHECK;

#endif
