/*
 * outbox: what was written here and still has to reach the centre. The answer and its place in the outbox are one transaction.
 *
 * An edit group is immutable once pushed; an envelope is sealed once and sent as it is until its receipt comes. `seq` is on disk
 * before the envelope leaves.
 */
#ifndef AGENT_OUTBOX_H
#define AGENT_OUTBOX_H

#include "agent/store.h"

/*
 * Store a group inside the caller's transaction: its number, clock claims, boot id, `seen`, author and role are stamped here, its
 * edits sorted and checked. The caller fills case_id, form and edits (whose values it owns). A case not known here is opened.
 * ERR_LIMIT: more than one envelope carries; ERR_AUTH: revoked; ERR_STALE: another program gave this device a new incarnation, and the
 * ids in the caller's hands may be void. The caller rolls back then.
 */
int outbox_push(struct store *s, struct edit_group *g) MUST_CHECK;

/*
 * Push `count` edits of one case, in any order, as groups that fit an envelope each, inside the caller's transaction. The array is
 * sorted; nothing is kept of it. Errors as outbox_push().
 */
int outbox_push_edits(struct store *s, uint64_t case_id, const struct form *form, struct edit *edits, size_t count) MUST_CHECK;

/* Seal all groups not sealed yet into envelopes (as many as the ceilings ask for), in one transaction of its own. */
int outbox_seal(struct store *s) MUST_CHECK;

/* Read group `number` with its edits. Everything in *g borrows from *arena, free it with outbox_free(). */
int outbox_load(struct store *s, uint64_t number, struct edit_group *g, void **arena) MUST_CHECK;
void outbox_free(void *arena);

/* Put the edits of `g` in the place of those that the store has under its number (inside a transaction): for new ids after a fork. */
int outbox_rewrite(struct store *s, const struct edit_group *g) MUST_CHECK;

struct outbox_counts {
	uint64_t groups;        /* saved here: edit groups ever written on this device */
	uint64_t confirmed;     /* received by the centre: of these, covered by a verified receipt */
	uint64_t asked_again;   /* of the confirmed: the centre was put back to a backup and asks for them again, or may have to */
	uint64_t unsealed;
	uint64_t envelopes_waiting;
	uint64_t bytes_waiting; /* of envelopes without a receipt */
	uint64_t pending;       /* registers on which a person at the centre has yet to decide */
	uint64_t refused;       /* edits the centre refused */
	uint64_t decisions;     /* decided: decisions of the centre that reached this device */
};
int outbox_count(struct store *s, struct outbox_counts *out) MUST_CHECK;

#endif
