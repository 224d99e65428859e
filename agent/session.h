/*
 * session: a case opened with a form at this device: the model (proto/form/model.h) between the store and whoever asks, shows or checks.
 *
 * A draft opens with the form it was begun with, everything else with the newest form of its family. Answers are in memory until
 * session_save() has returned 0; ids of new rows are taken from the store when they are made, and an id that is never saved is
 * lost, which costs nothing.
 */
#ifndef AGENT_SESSION_H
#define AGENT_SESSION_H

#include "agent/store.h"
#include "agent/view.h"
#include "proto/form/model.h"

struct session;

enum session_purpose {
	SESSION_LOOK, /* to show or check: the visit that is being taken, or was finished here, or else the newest; nothing is stored */
	SESSION_TAKE, /* to answer: the visit that is being taken; without one, a new visit begins */
};

/* ERR_USAGE for a form that no representative fills in: a rating is the applicant's own. */
int session_check_form(const struct form *form) MUST_CHECK;

/* The form that case `case_id` opens with, as the head says. ERR_NOT_FOUND: no such case. */
int session_form_of(struct store *s, uint64_t case_id, enum session_purpose purpose, const struct form **out) MUST_CHECK;

/*
 * Open case `case_id` with `form` (borrowed from the store); NULL: as the head says. `case_id` 0: a new case of `form`, whose id is
 * made now. Owned; session_close() wipes. ERR_NOT_FOUND: no such case.
 */
int session_open(struct store *s, uint64_t case_id, const struct form *form, enum session_purpose purpose, struct session **out) MUST_CHECK;
void session_close(struct session *x);

struct model *session_model(struct session *x);
const struct form *session_form(const struct session *x);
uint64_t session_case(const struct session *x);
/* The reference list that a question chooses from, or that its `list` parameter names; NULL: none, or not on this device. Borrowed. */
const struct reflist *session_list(struct session *x, const struct model_node *question);

/*
 * Write what changed, in one transaction, with the draft it belongs to; `*answers` registers were written. Nothing changed: 0, and
 * nothing is written. Answers that the form finds wrong are saved too. After a failure nothing is written and everything still
 * counts as changed.
 */
int session_save(struct session *x, size_t *answers) MUST_CHECK;

/*
 * What stands in the way of finishing, and what is only told: one line each, in both languages, questions by label and name, never
 * an answer: where a label would quote one there is an ellipsis.
 */
struct session_problems {
	struct buf lines;   /* "! English | Arabic" LF; soft ones with "~" */
	size_t hard;
	size_t soft;
};
void session_problems_init(struct session_problems *p);
void session_problems_fini(struct session_problems *p);
/* Those of an open model; session_check() for one's own. */
int session_problems_gather(struct model *m, struct session_problems *p) MUST_CHECK;
int session_check(struct session *x, struct session_problems *p) MUST_CHECK;

/*
 * Finish the visit: check, write what the form writes at the end, end the draft; one transaction. ERR_REFUSED with the problems in
 * `p` when there are hard ones, and nothing is changed. ERR_NOT_FOUND: nothing of this case is being taken here. ERR_BUSY: it was
 * written to since the session was opened, by another program; look again. After a failure of another kind the session is not used
 * any more.
 */
int session_finish(struct session *x, struct session_problems *p) MUST_CHECK;

#endif
