/*
 * shelf: the forms and reference lists that the centre has in force, and those this device keeps for older cases (FORMAT.md section 10).
 *
 * The catalogue says which version of each is in force from which day; the texts come one after another, as the link allows. A form
 * once held is kept for ever, since answers were taken with it; a list is kept while a catalogue names it. Everything handed out is
 * borrowed from the store and lives as long as it.
 */
#ifndef AGENT_SHELF_H
#define AGENT_SHELF_H

#include "agent/store.h"
#include "proto/form/plan.h"
#include "proto/form/reflist.h"

/* ---- forms ---- */

/* The form in force of the main family (that of enrolment): what `take` asks. */
int shelf_form_current(struct store *s, const struct form **out, int64_t *form_id) MUST_CHECK;
/* The form in force of family `name` (a form id). ERR_NOT_FOUND names those there are. */
int shelf_form_named(struct store *s, const char *name, const struct form **out, int64_t *form_id) MUST_CHECK;
/* The form in force of the family that case `case_id` belongs to. */
int shelf_form_of_case(struct store *s, uint64_t case_id, const struct form **out, int64_t *form_id) MUST_CHECK;
int shelf_form_by_id(struct store *s, int64_t form_id, const struct form **out) MUST_CHECK;
int shelf_form_id(struct store *s, const struct form *f, int64_t *form_id) MUST_CHECK;
struct changeset_forms shelf_form_finder(struct store *s);
/* The form understood, for models; made once. `f` is the store's. */
int shelf_plan(struct store *s, const struct form *f, const struct plan **out) MUST_CHECK;
/* Keep a form (inside a transaction). One already held changes nothing. */
int shelf_form_add(struct store *s, const char *text, size_t len) MUST_CHECK;

/* ---- reference lists ---- */

/* The list in force of that name; NULL: not held (yet). */
const struct reflist *shelf_list(struct store *s, const char *name);

/* ---- the catalogue ---- */

/* At enrolment (inside a transaction): the catalogue of one paper. */
int shelf_begin(struct store *s, const char *form_text, size_t len) MUST_CHECK;
/* What the next request says: mark, and in `wanted` (which keeps them alive) the hashes that are lacking. */
int shelf_request(struct store *s, struct message_request *q, struct buf *wanted) MUST_CHECK;
/*
 * Take in what an answer to request number `contact` brought (inside a transaction): catalogue, then texts. ERR_CORRUPT for a text
 * that is none.
 */
int shelf_take(struct store *s, const struct message_content *c, uint64_t contact) MUST_CHECK;

struct shelf_line { /* for a person: one paper of the catalogue */
	struct message_paper paper;
	bool is_held;
	bool is_in_force; /* today */
};
/* Owned array, free(). */
int shelf_lines(struct store *s, struct shelf_line **out, size_t *count) MUST_CHECK;

/* Forget what was parsed, while nothing is borrowed: between contacts. It is read again when it is asked for. */
void shelf_rest(struct store *s);

/* The end of what is cached: for store_close(). */
void shelf_free(struct shelf *p);

#endif
