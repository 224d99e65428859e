/*
 * round: one contact with the centre, by network or by stick. The same request and answer bytes by either road.
 *
 * round_request() seals what waits and makes a signed request; round_answer() verifies an answer and applies it in one
 * transaction. Everything is durable on both sides of the link, so a contact may be cut anywhere and simply happens again.
 */
#ifndef AGENT_ROUND_H
#define AGENT_ROUND_H

#include "agent/store.h"

struct round_result {
	uint32_t requests;         /* how many went over the link */
	uint64_t sent_bytes;       /* request bodies */
	uint64_t received_bytes;   /* answer bodies */
	uint64_t receipts;         /* verified receipts that were new */
	uint64_t registers;        /* registers that changed here */
	uint64_t conflicts;        /* of our edits, kept as candidates */
	uint64_t refused;          /* of our edits, refused */
	uint64_t decisions;        /* decisions of the centre that arrived */
	uint64_t mismatches;       /* digest differed; the whole scope is asked for next */
	bool is_forked;            /* this store was a copy and has a new incarnation now */
	bool is_more;              /* the centre has more to say: ask again */
};

/* Append a signed request to `out` (cleared first). */
int round_request(struct store *s, struct buf *out) MUST_CHECK;

/*
 * Verify and apply an answer. ERR_OFFLINE: these bytes are not an answer of the centre (a portal, a proxy); ERR_AUTH: signed by somebody
 * else, or revoked; ERR_STALE: not the answer to a request of ours (any more), or it needs a newer program. Nothing is changed then (a
 * revocation is remembered). Adds to *result; is_more is of this answer.
 */
int round_answer(struct store *s, const void *data, size_t len, struct round_result *result) MUST_CHECK;

/* Whole contact over env->post: repeats while the centre has more, at most ROUND_REQUESTS_MAX times. */
#define ROUND_REQUESTS_MAX 1000
int round_sync(struct store *s, struct round_result *result) MUST_CHECK;

#endif
