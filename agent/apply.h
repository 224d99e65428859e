/*
 * apply: what a verified answer says becomes what this device holds. Runs inside the caller's transaction (round.c).
 */
#ifndef AGENT_APPLY_H
#define AGENT_APPLY_H

#include "agent/round.h"

struct apply_request { /* what our request had said */
	uint64_t contact;
	uint64_t seen;
	uint64_t cursor;
	bool is_whole;
};

/*
 * Apply decoded content that answers `asked`. Keys of the manifest in force are used for the receipts. Adds to *result, and says in
 * result->is_more whether to ask again at once.
 */
int apply_content(struct store *s, const struct message_content *c, const struct apply_request *asked,
		  struct round_result *result) MUST_CHECK;

#endif
