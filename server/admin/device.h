/*
 * device: enrolled devices as people see them, what was seen of their stores (server/intake_past), and how one is revoked. Nothing that a
 * device brought is touched by any of it.
 */
#ifndef SERVER_ADMIN_DEVICE_H
#define SERVER_ADMIN_DEVICE_H

#include "proto/base/text.h"
#include "proto/message.h"
#include "server/admin/account.h"
#include "server/centre.h"
#include "server/intake_past.h"

#define DEVICE_REASON_BYTES_MAX 500

enum device_past { /* the worst of what was seen */
	DEVICE_STRAIGHT,
	DEVICE_RESTORED,  /* its store went back in time or was copied, and a person has said why */
	DEVICE_WENT_BACK, /* unexplained: possibly an attack */
	DEVICE_COPIES,    /* two stores speak for it, unexplained: possibly an attack */
};

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
	enum device_past past;                      /* of its stores */
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

/*
 * A person says that the device's store was put back from a copy, or will be (inside a transaction). Explains the newest event that nobody
 * explained, else waits PAST_ANNOUNCED_MS for one. `reason` as device_revoke(). ERR_NOT_FOUND; ERR_USAGE: no reason.
 */
int device_restored(struct centre *c, int64_t device, const char *reason, int64_t by, bool *is_explained) MUST_CHECK;

struct device_event { /* one row of store_event */
	int64_t event;
	int64_t at_ms;
	enum past_kind kind;
	uint32_t incarnation; /* that spoke; 0: a person did, and the six below are 0 */
	uint64_t contact, commits, head;
	uint64_t known_contact, known_commits, known_head;
	int64_t about;        /* the event that it explains, or the announcement that it was; 0: none */
	int64_t explained_by; /* announcement that came afterwards; 0: none */
	char person[ACCOUNT_NAME_BYTES_MAX + 1];  /* who announced; "" otherwise, likewise below */
	char reason[DEVICE_REASON_BYTES_MAX + 1];
};

/* What was seen and said of a device's stores, the oldest first. ERR_NOT_FOUND: no such device. `*out` is owned by the caller, free(). */
int device_history(struct centre *c, int64_t device, struct device_event **out, size_t *count) MUST_CHECK;

/* How long a device may be used without a contact (policy, told with every answer): 0, no limit, to MESSAGE_LEASE_DAYS_MAX days. */
int device_lease_days(struct centre *c, uint32_t *days) MUST_CHECK;
/* Inside a transaction. ERR_USAGE: out of range. */
int device_set_lease_days(struct centre *c, uint32_t days, int64_t by) MUST_CHECK;

#endif
