/*
 * packed: the packed form of one value, by the type of its field (FORMAT.md section 5, "values").
 *
 * A packed value is a tag, up to two numbers of fixed width for the bit stream (digits that look random), and some
 * numbers for the number stream (what repeats: years, banks, amounts). column.c moves these to and from the streams.
 */
#ifndef PROTO_PACKED_H
#define PROTO_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/column.h"
#include "proto/form/value.h"

#define PACKED_NUMBERS_MAX 64 /* of one value: the further choices of a select_multiple */

struct packed {
	uint64_t tag;                         /* COLUMN_PACKED and above */
	uint64_t bits[2];                     /* as wide as the shape of the tag says */
	size_t number_count;
	uint64_t numbers[PACKED_NUMBERS_MAX];
};

/* What follows a tag in the streams. */
struct packed_shape {
	unsigned bit_count[2];
	size_t number_count;
	bool is_chain; /* any number of numbers: the low bit of each, and first that of tag - COLUMN_PACKED, says that one more follows */
};

struct packed_text {
	size_t len;
	char at[VALUE_BYTES_MAX];
};

/* The shape of `tag`, at least COLUMN_PACKED; false when the column has no such tag. */
bool packed_shape(const struct column *c, uint64_t tag, struct packed_shape *s);

/* Pack a value that is not empty; false when it has no packed form that gives exactly its bytes again. */
bool packed_make(const struct column *c, const char *value, size_t len, struct packed *p);

/* Append the text of `p` to `t`, whose len is 0. False for numbers that no value has; never more than `t` holds. */
bool packed_value(const struct column *c, const struct packed *p, struct packed_text *t);

#endif
