/*
 * recheck: the centre looks through what merges made of its cases and flags what a person should see.
 *
 * Two valid edits may merge into a case that is not valid: one device says that there are no children, another adds one. A merge
 * never refuses a register for that, and does not wait for it: cases are looked through afterwards, by the writer when nobody waits
 * and by commands before they show something, and what is found is kept as flags beside the case. Flags say what holds for the case
 * as it stood when it was looked at (case_check.checked_at); newer ones replace older ones, and one that stands keeps the time
 * since when.
 */
#ifndef SERVER_RECHECK_H
#define SERVER_RECHECK_H

#include "proto/form/model.h"
#include "server/centre.h"

/* Inside a transaction. Look through up to `max` cases that changed since they were last looked at; `*count` says how many there were. */
int recheck_some(struct centre *c, size_t max, size_t *count) MUST_CHECK;

/* In transactions of its own: up to `max` cases (rounded up), or all that there are. ERR_BUSY: another program writes. */
int recheck_pending(struct centre *c, size_t max) MUST_CHECK;
/* In a transaction of its own: one case, when it changed since. ERR_NOT_FOUND. */
int recheck_case(struct centre *c, uint64_t case_id) MUST_CHECK;

struct recheck_flag {
	uint64_t entry_id;
	char *field; /* owned by the list */
	enum model_problem_kind kind;
	int64_t since_ms;
};

struct recheck_flags {              /* of one case */
	struct recheck_flag *items; /* by entry id, field; owned */
	size_t count;
	uint64_t checked_at; /* sequence; 0: never looked through */
	int64_t checked_ms;
	int64_t judged_ms; /* the moment by which it was judged */
	char *failed;      /* why it could not be looked through; NULL: it was; owned */
};

int recheck_load(struct centre *c, uint64_t case_id, struct recheck_flags *out) MUST_CHECK;
void recheck_flags_fini(struct recheck_flags *f);

/* "missing", "violated", "masked", "warned"; and in Arabic. */
const char *recheck_kind_name(enum model_problem_kind kind, bool arabic);

#endif
