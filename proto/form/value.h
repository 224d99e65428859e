/*
 * value: the one accepted spelling of an answer, per type (FORMAT.md section 4).
 *
 * A value is UTF-8 text. The empty text means "not answered" and is legal for every field. What a person typed becomes
 * canonical with value_normalise(); what arrives from elsewhere is tested with value_check(), never mended.
 */
#ifndef PROTO_FORM_VALUE_H
#define PROTO_FORM_VALUE_H

#include "proto/base/buf.h"
#include "proto/form/form.h"
#include "proto/form/reflist.h"

#define VALUE_BYTES_MAX 8192 /* one value; the longest question allows 1,500 characters, a signature about 4 KB */

/*
 * Make what was typed canonical for field `field` of `f`: digits of any script, dates of both calendars, spaces, case.
 * Choices are accepted by code or by a label in any language, reference data by code. A moment without a zone is of Riyadh. Appends to
 * `out` (cleared first). ERR_USAGE with what was expected (never the typed value) when it cannot be made canonical; attachments
 * (form_type_is_attachment()) always give ERR_USAGE.
 */
int value_normalise(const struct form *f, size_t field, const char *typed, struct buf *out) MUST_CHECK;

/* 0 when `value` is exactly a canonical value of the field; ERR_CORRUPT otherwise. Not NUL-terminated. */
int value_check(const struct form *f, size_t field, const char *value, size_t len) MUST_CHECK;

/*
 * As value_normalise(), for a field of reference data: `list` (may be NULL) lets a label be typed too, when it is that of one item
 * alone.
 */
int value_normalise_in(const struct form *f, size_t field, const struct reflist *list, const char *typed, struct buf *out) MUST_CHECK;

/* Append the value as a person reads it (choice labels, dates with month names, grouped money) in Arabic or English. */
void value_display(const struct form *f, size_t field, const char *value, bool arabic, struct buf *out);

/* As value_display(), with the labels of `list` (may be NULL) for codes of reference data. */
void value_display_in(const struct form *f, size_t field, const struct reflist *list, const char *value, bool arabic, struct buf *out);

#endif
