/*
 * form_default: the form that is built into both programs: a support application of 130 questions.
 *
 * Its three tables are proto/form/default/settings.csv, questions.csv and choices.csv, embedded at build time
 * (packaging/embed.sh) and compiled when asked for, about a millisecond. A change of a table makes a new form with a new
 * hash: give it a new version in settings.csv too, since cases keep the form they were taken with.
 */
#ifndef PROTO_FORM_FORM_DEFAULT_H
#define PROTO_FORM_FORM_DEFAULT_H

#include "proto/base/buf.h"
#include "proto/form/form.h"

/* Append its canonical text to `out`. Fails only for want of memory or room. */
int form_default_text(struct buf *out) MUST_CHECK;

/* The default form, ready to use; `*out` is owned by the caller, free with form_free(). */
int form_default_new(struct form **out) MUST_CHECK;

#endif
