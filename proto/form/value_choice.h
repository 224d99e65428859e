/*
 * value_choice: the part of value.h that deals with choices: select_one, select_multiple, rank. For value.c.
 */
#ifndef PROTO_FORM_VALUE_CHOICE_H
#define PROTO_FORM_VALUE_CHOICE_H

#include "proto/base/buf.h"
#include "proto/form/form.h"

/* As value_normalise(), of a cleaned text that is not empty. Appends to `out`, which is empty. */
int value_choice_normalise(const struct form *f, const struct form_field *field, const char *typed, size_t len, struct buf *out) MUST_CHECK;

/* Whether `value`, not empty and without NUL, is canonical. Not NUL-terminated. */
bool value_choice_is_canonical(const struct form *f, const struct form_field *field, const char *value, size_t len);

#endif
