/*
 * answer: what a person answered, checked against the form, becomes edits in the store.
 *
 * A draft gathers answers of one case in memory: rows (entries), and values of their fields, canonical from the moment they are set.
 * answer_save() writes it in one transaction: ids, comparison with what is shown, edit groups, outbox. Only when it has returned 0 may
 * anybody be told "saved".
 */
#ifndef AGENT_ANSWER_H
#define AGENT_ANSWER_H

#include "agent/store.h"

#define ANSWER_VALUES_MAX EDIT_GROUP_EDITS_MAX
#define ANSWER_ROWS_MAX 5000
#define ANSWER_DRAFT_BYTES_MAX (8 * 1024 * 1024)

struct answer_draft;

struct answer_saved {
	uint64_t case_id;
	size_t answers; /* registers written; 0: nothing differed from what is shown */
};

/* An empty draft over `form` (borrowed, outlives it). Owned by the caller, free with answer_free(), which wipes. */
int answer_new(const struct form *form, struct answer_draft **out) MUST_CHECK;
void answer_free(struct answer_draft *d);

/* The form it is about. Borrowed. */
const struct form *answer_form(const struct answer_draft *d);

/*
 * A row of entry type `entry_type`: an entry that exists (`entry_id`), or a new one (0; for FORM_ENTRY_ROOT the case's own root,
 * whichever case it will be). The root row is the same each time. ERR_LIMIT.
 */
int answer_row(struct answer_draft *d, size_t entry_type, uint64_t entry_id, size_t *row) MUST_CHECK;

/*
 * Set a field of a row to what was typed; "" clears it. A second time replaces. A question that chooses among the rows of a repeat takes
 * "applicant", "member:N" (with the repeat's name: its N-th row in this draft, from 1, made before), or an entry id; so does
 * "_parent", by which a row inside another row names that one. ERR_USAGE with what was expected, never the value; ERR_LIMIT,
 * ERR_NOMEM.
 */
int answer_set(struct answer_draft *d, size_t row, size_t field, const char *typed) MUST_CHECK;

/* Remove or bring back the entry of a row that exists already. ERR_USAGE on root and on new rows. */
int answer_remove(struct answer_draft *d, size_t row, bool is_gone) MUST_CHECK;

/*
 * Write the draft into case `case_id`, 0 for a new one, in one transaction of its own. On an entry that exists only what differs from
 * what is shown is written; on a new one only what is not empty. While a visit is being taken (agent/draft.h) the first new row of
 * what each visit makes one of is that visit's. Nothing to write: 0 with 0 answers for an existing case, ERR_USAGE for a new one.
 * ERR_NOT_FOUND: no such case. ERR_USAGE: an entry or member named does not exist in it, a row inside another does not say in
 * which. Nothing is stored on failure.
 */
int answer_save(struct store *s, struct answer_draft *d, uint64_t case_id, struct answer_saved *out) MUST_CHECK;

#endif
