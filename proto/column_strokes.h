/*
 * column_strokes: a signature's pen strokes in the bit stream, six bits a sign (FORMAT.md section 5, "values").
 *
 * Apart from packed.c because a signature is as long as all other values of an application together, and of any length.
 */
#ifndef PROTO_COLUMN_STROKES_H
#define PROTO_COLUMN_STROKES_H

#include "proto/column.h"

/* Bits of a signature with this tag (at least COLUMN_PACKED); -1 when there is no such tag. */
int column_strokes_bit_count(uint64_t tag);

/* Write tag, bits and numbers of a signature; false, and nothing written, when its text has another shape. */
bool column_strokes_write(struct column_writer *w, const char *value, size_t len);

/* Read for column_strokes_write() above; as column_read(). */
const char *column_strokes_read(uint64_t tag, struct column_bits_reader *bits, struct reader *numbers, struct arena *a, size_t *len);

#endif
