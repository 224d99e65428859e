/*
 * device: enrolled devices as people see them, and how one is revoked. Nothing that a device brought is touched by revoking it.
 */
#ifndef SERVER_ADMIN_DEVICE_H
#define SERVER_ADMIN_DEVICE_H

#include "proto/base/text.h"
#include "proto/message.h"
#include "server/admin/account.h"
#include "server/centre.h"

#define DEVICE_REASON_BYTES_MAX 500

struct device_line {
	int64_t device; /* its number on the command line */
	uint8_t id[SEAL_DEVICE_BYTES];
	char name[MESSAGE_NAME_BYTES_MAX + 1];
	char branch[ACCOUNT_NAME_BYTES_MAX + 1];
	int64_t person_id;
	char person[ACCOUNT_NAME_BYTES_MAX + 1];
	int64_t enrolled_ms;
	int64_t contact_ms;                       /* last verified request; 0: none yet */
	int64_t revoked_ms;                       /* 0 while trusted */
	char reason[DEVICE_REASON_BYTES_MAX + 1]; /* of the revocation, "" */
	uint32_t incarnation;                     /* the newest, its site, and what the centre has of it */
	uint32_t site;
	uint64_t applied;
	uint64_t covered;
	uint64_t held;                              /* envelopes that wait for one before them, of all incarnations */
	uint64_t forked;                            /* envelopes in quarantine, of all incarnations */
	char words_en[TEXT_FINGERPRINT_TEXT_BYTES]; /* fingerprint that both sides show */
	char words_ar[TEXT_FINGERPRINT_TEXT_BYTES];
};

/* All devices by number, or only `device` (0: all; ERR_NOT_FOUND). `*out` is owned by the caller, free(). */
int device_list(struct centre *c, int64_t device, struct device_line **out, size_t *count) MUST_CHECK;

/*
 * Refuse the device from now on (inside a transaction): its next request gets the signed answer "revoked". `reason`: 1 to
 * DEVICE_REASON_BYTES_MAX bytes. ERR_NOT_FOUND; ERR_USAGE: revoked already, or no reason. That it is in the next manifest too is
 * server/admin/authority's business.
 */
int device_revoke(struct centre *c, int64_t device, const char *reason, int64_t by) MUST_CHECK;

#endif
