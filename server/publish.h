/*
 * publish: whether a new form can take the place of the one in force.
 *
 * A device gets every register of its scope in the tables of the form in force, so a new form must be able to say every value that
 * older forms took: it may add and relabel, never drop or retype. A question is retired by a relevance that is never true.
 */
#ifndef SERVER_PUBLISH_H
#define SERVER_PUBLISH_H

#include "proto/form/form.h"

/* 0 when `next` can carry all values of `now`; ERR_USAGE names the first entry type, field or choice that it cannot. */
int publish_check(const struct form *now, const struct form *next) MUST_CHECK;

#endif
