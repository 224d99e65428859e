/*
 * column: one value as a tag, bits, numbers or text, according to the type of its field (FORMAT.md section 5, "values").
 *
 * Tag 0 says that a row has no edit of the field, 1 that the value was cleared, 2 that it stands as text, and 3 and above
 * are the packed forms of the type. A value is packed only when unpacking gives exactly its bytes again; every other value
 * is text, so that nothing depends on the packing being clever. A decoder reads all tags first: they say how many bits and numbers follow.
 */
#ifndef PROTO_COLUMN_H
#define PROTO_COLUMN_H

#include <stdbool.h>

#include "proto/base/arena.h"
#include "proto/base/buf.h"
#include "proto/base/bytes.h"
#include "proto/form/form.h"

enum { COLUMN_ABSENT = 0, COLUMN_CLEARED = 1, COLUMN_TEXT = 2, COLUMN_PACKED = 3 };

/* Bits in big-endian order, the last byte filled with zeros. */
struct column_bits {
	struct buf *out;    /* borrowed */
	uint64_t waiting;   /* bits not yet written, in the low end */
	unsigned count;     /* how many, below 8 between calls */
};

void column_bits_put(struct column_bits *b, uint64_t v, unsigned count); /* count at most 56 */
void column_bits_end(struct column_bits *b);

struct column_bits_reader {
	struct reader in;   /* exactly the bytes of the bit stream */
	uint64_t waiting;
	unsigned count;
};

uint64_t column_bits_get(struct column_bits_reader *b, unsigned count);

/* A field as the codec sees it, and the case whose id member references count from. */
struct column {
	const struct form *form;
	uint16_t field;
	enum form_type kind;  /* the field's type; FORM_TEXT where nothing better packs (open lists, images) */
	uint64_t case_id;     /* of the row at hand */
};

void column_init(struct column *c, const struct form *form, uint16_t field);

struct column_writer {
	struct buf *tags;
	struct column_bits bits;
	struct buf *numbers;
	struct buf *texts;
	bool is_bad;          /* a value was not valid UTF-8 */
};

void column_write(struct column_writer *w, const struct column *c, const char *value, size_t len);

/* How many bits a value with this tag has in the bit stream; -1 when the column has no such tag. */
int column_bit_count(const struct column *c, uint64_t tag);

/*
 * Read the value of a packed or cleared tag (not COLUMN_TEXT). The value lives in `a` or in the form. On bad bytes the
 * readers fail, and so does `numbers` for a number that no value has.
 */
const char *column_read(const struct column *c, uint64_t tag, struct column_bits_reader *bits, struct reader *numbers,
			struct arena *a, size_t *len);

#endif
