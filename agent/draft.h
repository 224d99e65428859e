/*
 * draft: a case that is being taken: with which form, on which entries of this visit, until it is finished.
 *
 * A form may be published between two halves of a visit. What was begun is finished and signed under the form it was begun with;
 * what is begun afterwards takes the newer one. Rows only; everything that writes runs inside the caller's transaction.
 */
#ifndef AGENT_DRAFT_H
#define AGENT_DRAFT_H

#include "agent/store.h"

struct draft {
	uint64_t case_id;
	int64_t form_id;   /* row of the form it was begun with; 0: there is no draft */
	int64_t begun_ms;
};

enum draft_state {
	DRAFT_NONE,     /* taken elsewhere, or never finished here */
	DRAFT_OPEN,     /* being taken here */
	DRAFT_FINISHED, /* finished here, and not changed since */
	DRAFT_CHANGED,  /* finished here, and changed afterwards: unsigned until finished again */
};

/* The draft of a case; form_id 0 when there is none. */
int draft_find(struct store *s, uint64_t case_id, struct draft *out) MUST_CHECK;

/* Begin one unless there is one already; the entries of the visit before are forgotten then. */
int draft_begin(struct store *s, uint64_t case_id, const struct form *form) MUST_CHECK;

/* The entry of session type `type_name` that this visit made: the first stays. */
int draft_note_entry(struct store *s, uint64_t case_id, const char *type_name, uint64_t entry_id) MUST_CHECK;
/* That entry of the draft, or of the last visit that was finished here when there is no draft; `*entry_id` 0: none. */
int draft_entry(struct store *s, uint64_t case_id, const char *type_name, uint64_t *entry_id) MUST_CHECK;

/*
 * It is finished: the draft ends and a row of `finished` begins; its entries stay known until the next draft. ERR_NOT_FOUND: there
 * is none.
 */
int draft_finish(struct store *s, uint64_t case_id) MUST_CHECK;

/* The form (row) under which the case was finished last. ERR_NOT_FOUND: never here. */
int draft_finished_form(struct store *s, uint64_t case_id, int64_t *form_id) MUST_CHECK;

int draft_state(struct store *s, uint64_t case_id, enum draft_state *out) MUST_CHECK;

/* The newest edit group that this device wrote to the case; 0: none. */
int draft_newest_group(struct store *s, uint64_t case_id, uint64_t *number) MUST_CHECK;

#endif
