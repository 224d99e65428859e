/*
 * device: a small device in memory, for tests and benches of the centre: keys, chain, groups, envelopes, requests, and a replica
 * of its branch that follows the answers (FORMAT.md sections 7 to 10). It is written from FORMAT.md and shares
 * nothing with agent/, so that the two cannot be wrong together. Clock and randomness are its own, from a seed.
 *
 * Everything here ends the test program by abort() when it fails for want of memory or because a test misuses it.
 */
#ifndef TESTS_LIB_DEVICE_H
#define TESTS_LIB_DEVICE_H

#include <stdbool.h>

#include "proto/changeset.h"
#include "proto/manifest.h"
#include "proto/message.h"
#include "proto/receipt.h"
#include "proto/record.h"
#include "tests/lib/fixed.h"

#define DEVICE_FORMS_MAX 64
#define DEVICE_LISTS_MAX 256

struct device_register { /* one register of the replica */
	uint64_t case_id, entry_id;
	const struct form *form;    /* one of the device's */
	uint16_t entry_type, field; /* of it */
	char *value;                /* owned */
	uint64_t at;
	uint32_t writer, author;
	char *reason; /* owned */
};

struct device_group {        /* what it wrote, kept for ever */
	struct edit_group g; /* edits owned, and their values */
	uint64_t seq;        /* envelope; 0: not sealed yet */
};

struct device_envelope {
	uint64_t seq;
	uint8_t hash[SEAL_HASH_BYTES];
	struct buf bytes;
	struct buf receipt; /* as received; empty before */
};

struct device {
	struct fixed fixed;
	struct env env; /* clock: wall_ms below */
	int64_t wall_ms;
	struct seal_keys *keys;
	uint8_t id[SEAL_DEVICE_BYTES];
	uint8_t org[SEAL_ORG_BYTES];
	uint32_t incarnation, site, person;
	struct form *forms[DEVICE_FORMS_MAX]; /* owned: all it ever had */
	size_t form_count;
	const struct form *form;              /* of these: what it writes with, the newest that came */
	uint8_t lists[DEVICE_LISTS_MAX][FORM_HASH_BYTES]; /* reference lists that came */
	size_t list_count;
	uint8_t catalogue[MESSAGE_PAPERS_MAX][FORM_HASH_BYTES];
	size_t catalogue_count;
	uint8_t centre_sign[SEAL_SIGN_PUBLIC_BYTES];
	uint8_t centre_box[SEAL_BOX_PUBLIC_BYTES];
	uint8_t recovery[SEAL_BOX_PUBLIC_BYTES];
	uint32_t epoch;
	uint64_t manifest_number;
	uint32_t counter; /* of ids */
	uint64_t next_group;
	uint64_t seq; /* last sealed */
	uint8_t hash[SEAL_HASH_BYTES];
	uint64_t seen, cursor, acked, acked_group, contact, covered;
	uint64_t answered;               /* contact number of the newest answer taken */
	uint8_t stamp[MESSAGE_STAMP_BYTES]; /* of that answer */
	bool whole;                      /* ask for the whole scope until it is complete */
	uint8_t nonce[SEAL_NONCE_BYTES]; /* of the last request */
	struct device_group **groups;
	size_t group_count;
	struct device_envelope *envelopes;
	size_t envelope_count;
	struct device_register *registers;
	size_t register_count;
	/* What the last answer said. */
	enum message_answer_kind kind;
	enum message_notice notice;
	bool more, has_fork, has_digest, digest_matches;
	uint32_t fork_incarnation, fork_site;
	size_t fork_group_count, pulled, receipts;
	uint64_t resend;
};

struct device_answer {     /* one answer typed by a person */
	uint64_t entry_id; /* 0: the root entry */
	const char *field;
	const char *value;
	const char *entry_type; /* needed for "_gone" only */
};

/* A device with keys from `seed`, not enrolled yet (site 0). `d` must stay where it is. */
void device_init(struct device *d, uint64_t seed);
void device_fini(struct device *d);

uint64_t device_new_id(struct device *d);

/* Write one edit group; returns its number. */
uint64_t device_write(struct device *d, uint64_t case_id, const struct device_answer *answers, size_t count);
/* Take in a group made elsewhere (a sample); number, author, seen and times become the device's. */
void device_write_group(struct device *d, const struct edit_group *g);

/* Seal all unsealed groups into one envelope; false when there are none. */
bool device_seal(struct device *d);
/* Seal exactly these bytes as change set (they may be broken). */
void device_seal_bytes(struct device *d, const void *changeset, size_t len);

/* Append a request with all envelopes above `acked` (at most 64). */
void device_request(struct device *d, struct buf *out);
/* Append a request with the envelopes seq `first` to `last` only; none when first is 0. */
void device_request_with(struct device *d, uint64_t first, uint64_t last, struct buf *out);

/* Read an answer and apply it: 0 or the first failure. */
int device_take(struct device *d, const void *answer, size_t len) MUST_CHECK;

/* The replica's value, NULL when it does not hold the register. */
const struct device_register *device_register(const struct device *d, uint64_t case_id, uint64_t entry_id, const char *field);
void device_digest(const struct device *d, struct record_digest *out);
/* The receipt of an envelope, NULL before it came. */
const struct buf *device_receipt(const struct device *d, uint64_t seq);

/* After a fork notice: the new incarnation. The caller writes again what was lost. */
void device_become(struct device *d, uint32_t incarnation, uint32_t site);

#endif
