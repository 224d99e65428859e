/*
 * form_default: the forms and reference lists that are built into both programs: a new centre begins with them.
 *
 * The sources are proto/form/forms: a form is three sheets, as an author would write them, compiled by the build
 * (packaging/formc.c); a list is one table. A change of a sheet makes a new form with a new hash: give it a new version in its
 * settings too, since cases keep the form they were taken with.
 */
#ifndef PROTO_FORM_FORM_DEFAULT_H
#define PROTO_FORM_FORM_DEFAULT_H

#include "proto/base/buf.h"
#include "proto/form/form.h"

/*
 * The forms: the support application first, then the outcome of a visit, then the rating. Append the canonical text of form `i`
 * (asserted below the count).
 */
size_t form_default_count(void);
int form_default_text_at(size_t i, struct buf *out) MUST_CHECK;

/*
 * The reference lists that they name. Append the canonical text of list `i` (proto/form/reflist.h). Fails only for want of memory
 * or room.
 */
size_t form_default_list_count(void);
const char *form_default_list_name(size_t i);
int form_default_list_at(size_t i, struct buf *out) MUST_CHECK;

/* The support application: its canonical text; and ready to use, `*out` owned by the caller, free with form_free(). */
int form_default_text(struct buf *out) MUST_CHECK;
int form_default_new(struct form **out) MUST_CHECK;

#endif
