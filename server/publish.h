/*
 * publish: putting a form or a reference list into the store, to be in force from a day on; and whether a form can be a version of another.
 *
 * Versions of a form share registers by the names of entry types and fields, so what a name means never changes: a type that
 * changes, a question that moves to another entry type, an entry type that becomes or ceases to be a repeat are errors. Leaving
 * something out is not: answers given before stay, and travel in the tables of the version that can say them (server/papers.h); it
 * is a warning, since an author who renames a question makes a new one and loses the old answers from sight. Nothing published is
 * ever changed.
 */
#ifndef SERVER_PUBLISH_H
#define SERVER_PUBLISH_H

#include "proto/form/form.h"
#include "server/author/problem.h"
#include "server/centre.h"

#define PUBLISH_TODAY UINT32_MAX
#define PUBLISH_LIST_FRAME_BYTES_MAX (2 * 1024 * 1024) /* so that any list fits an answer (FORMAT.md section 12) */

/*
 * Whether `next` can be a version of the family that `now` is of. What cannot be is added to `p` as errors, what gets lost from sight as
 * warnings. 0, or ERR_USAGE with the first error as message. `p` is the caller's.
 */
int publish_check(const struct form *now, const struct form *next, struct problems *p) MUST_CHECK;

struct publish_paper {
	const char *text; /* canonical */
	size_t len;
	uint32_t from_day;    /* first day in force (papers_day()); PUBLISH_TODAY */
	int64_t person_id;    /* 0: shipped with the program */
	const void *workbook; /* what the author wrote, kept as it is; NULL: none. Of a form only */
	size_t workbook_len;
	const char *workbook_name; /* NULL: none */
};

/*
 * Keep a form (inside a transaction of its own: the form is not looked up before the commit). It is compared with every version of
 * its family; all that is wrong, and warnings, are added to `p` (may be NULL). ERR_USAGE: it cannot be a version of its family, it
 * is published already, another version begins on the same day, the day has passed, or it cannot be understood (plan_new()).
 * ERR_CORRUPT, ERR_LIMIT: not a canonical form.
 */
int publish_form(struct centre *c, const struct publish_paper *paper, struct problems *p, int64_t *row) MUST_CHECK;

/*
 * Keep a reference list (likewise). An item of the version before may be withdrawn but never missing, since its code stands in
 * cases: ERR_USAGE names the first. Other errors as above; ERR_LIMIT: too large to reach devices.
 */
int publish_list(struct centre *c, const struct publish_paper *paper, struct problems *p, int64_t *row) MUST_CHECK;

#endif
