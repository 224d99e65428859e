/*
 * envelope: the rows of site and envelope: how far the chain of each incarnation is applied, what is held, what is quarantined. Rows
 * only; what is to become of an envelope is intake's business, its only caller.
 */
#ifndef SERVER_ENVELOPE_H
#define SERVER_ENVELOPE_H

#include "proto/message_blob.h"
#include "server/centre.h"
#include "server/opened.h"

enum envelope_state {
	ENVELOPE_APPLIED = 1,
	ENVELOPE_HELD = 2,        /* a gap before it */
	ENVELOPE_QUARANTINED = 3, /* a fork, or brought by a revoked device */
};

struct envelope_site { /* one incarnation */
	uint32_t site;
	uint64_t applied;              /* highest seq applied without a gap */
	uint8_t hash[SEAL_HASH_BYTES]; /* its chain hash */
	uint64_t last_group;
};

/* ERR_NOT_FOUND without message when the device has no such incarnation. */
int envelope_site_load(struct centre *c, int64_t device, uint32_t incarnation, struct envelope_site *out) MUST_CHECK;

/* The hash on record for a seq, applied or held. */
int envelope_known(struct centre *c, uint32_t site, uint64_t seq, uint8_t hash[static SEAL_HASH_BYTES], bool *is_known) MUST_CHECK;

/* It was applied: store the receipt, drop the bytes if it was held, move the chain (in `site` too). */
int envelope_applied(
	struct centre *c, struct envelope_site *site, const struct opened *o, const struct buf *receipt, uint64_t last_group) MUST_CHECK;

/* Keep its bytes as held or quarantined. At most CHAIN_AHEAD_MAX of each a site: more are passed over, the device keeps them. */
int envelope_keep(struct centre *c, const struct envelope_site *site, const struct opened *o, const struct message_blob *bytes,
	enum envelope_state state) MUST_CHECK;
/* A held one turned out to be a fork. */
int envelope_quarantine_held(struct centre *c, const struct envelope_site *site, const struct opened *o) MUST_CHECK;
/* The bytes of the held envelope that is next in the chain (into `out`, cleared first); *found is false when there is none. */
int envelope_held_next(struct centre *c, const struct envelope_site *site, struct buf *out, bool *found) MUST_CHECK;

/*
 * The first envelope of the fork to which `o` belongs, by hash and seq: itself, or the earliest quarantined one before it in its own
 * chain.
 */
int envelope_fork_root(struct centre *c, const struct envelope_site *site, const struct opened *o, uint8_t root[static SEAL_HASH_BYTES],
	uint64_t *root_seq) MUST_CHECK;
/* The incarnation and site granted to the fork with this root; granted now when there is none. ERR_LIMIT: too many incarnations. */
int envelope_fork_site(struct centre *c, int64_t device, const uint8_t device_id[static SEAL_DEVICE_BYTES],
	const uint8_t root[static SEAL_HASH_BYTES], uint32_t *incarnation, uint32_t *site, bool *is_new) MUST_CHECK;

#endif
