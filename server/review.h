/*
 * review: one merged case under the form that it was last written with, as a model: what is relevant, computed, missing, wrong.
 *
 * A case is judged by the moment when a representative last wrote to it, never by today (DOMAIN: validity is judged at submission):
 * a card that was valid then stays valid at submission. What the case's form cannot say (answers to questions of older versions) is
 * not in the model; the caller shows it beside. Read only.
 */
#ifndef SERVER_REVIEW_H
#define SERVER_REVIEW_H

#include "proto/form/model.h"
#include "server/centre.h"
#include "server/papers.h"

struct review {
	uint64_t case_id;
	int64_t form_row;
	const struct form *form; /* borrowed from the centre */
	uint64_t changed_at;
	int64_t judged_ms;
	struct model *model; /* open; owned */
	struct model_world world;
	struct papers_world lists; /* what `world` asks: the review must stay where it is */
};

/*
 * Open a case. ERR_NOT_FOUND: no such case; ERR_USAGE: its form cannot be understood; ERR_LIMIT: an expression takes too long. Close with
 * review_close(), also after a failure.
 */
int review_open(struct centre *c, uint64_t case_id, struct review *r) MUST_CHECK;
void review_close(struct review *r);

/* The values of a case that is not stored, given by a caller: a model of form row `row` to put them into. Not yet open. */
int review_new(struct centre *c, int64_t row, uint64_t case_id, int64_t now_ms, struct review *r) MUST_CHECK;

#endif
