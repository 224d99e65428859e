/*
 * receipt: the centre's signed acknowledgement of an applied envelope (FORMAT.md section 8). The only one there is.
 */
#ifndef PROTO_RECEIPT_H
#define PROTO_RECEIPT_H

#include "proto/merge.h"
#include "proto/seal.h"

#define RECEIPT_EXCEPTIONS_MAX 100000
#define RECEIPT_BYTES_MAX (512 * 1024)

struct receipt_exception {
	uint64_t group;             /* edit group number, 1 to last_group */
	uint32_t edit;              /* index of the edit in its group */
	enum merge_outcome outcome; /* anything but MERGE_ACCEPTED */
};

struct receipt {
	uint8_t device[SEAL_DEVICE_BYTES];
	uint32_t incarnation;                 /* from 1 */
	uint64_t seq;                         /* from 1; all envelopes up to it are applied */
	uint8_t hash[SEAL_HASH_BYTES];        /* chain hash h(seq) */
	uint64_t time_ms;                     /* the centre's clock */
	uint64_t first;       /* next sequence number when the envelope was taken, from 1: the first accepted edit got it */
	uint64_t accepted;                    /* how many were accepted */
	uint64_t last_group;                  /* highest group number in the envelope */
	struct receipt_exception *exceptions; /* ascending by group, edit; owned after decode */
	size_t exception_count;
};

/* Append the signed receipt to `out`. ERR_USAGE when exceptions do not ascend or numbers are out of range; ERR_LIMIT. */
int receipt_encode(const struct receipt *r, const uint8_t sign_secret[static SEAL_SIGN_SECRET_BYTES], struct buf *out) MUST_CHECK;

/*
 * Verify under any of the `key_count` centre keys (32 bytes each, contiguous), then decode. Free with receipt_fini(). ERR_LIMIT,
 * ERR_AUTH, ERR_CORRUPT, ERR_STALE (needs a newer program), ERR_NOMEM; `*out` is then all zero.
 */
int receipt_decode(const void *data, size_t len, const uint8_t *keys, size_t key_count, struct receipt *out) MUST_CHECK;
void receipt_fini(struct receipt *r);

#endif
