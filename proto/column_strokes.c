/*
 * column_strokes: see column_strokes.h. The text (section 4) is "s1:" and strokes with a point between; a stroke is two pairs of
 * signs for its first point and one pair for each further one. So the pairs of each stroke say everything but the signs.
 */
#include "proto/column_strokes.h"

#include <string.h>

#define MAGIC "s1:"
#define MAGIC_BYTES 3
#define TEXT_BYTES_MAX 4096 /* as in strokes.h */
#define PAIR_BITS 12
#define PAIRS_MIN 2         /* of one stroke, so of a signature too */
#define PAIRS_MAX ((TEXT_BYTES_MAX - MAGIC_BYTES) / 2)

static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static bool sign_value(char c, uint64_t *v)
{
	const char *at = c ? strchr(signs, c) : NULL;

	if (at)
		*v = (uint64_t)(at - signs);
	return at != NULL;
}

/* The signs of the stroke that begins at `from`: up to the next point or the end. */
static size_t stroke_end(const char *v, size_t len, size_t from)
{
	while (from < len && v[from] != '.')
		from++;
	return from;
}

/* How many pairs of signs the text has; 0 when it has another shape. */
static size_t count_pairs(const char *v, size_t len)
{
	size_t pairs = 0;
	uint64_t ignored;

	if (len > TEXT_BYTES_MAX || len < MAGIC_BYTES || memcmp(v, MAGIC, MAGIC_BYTES) != 0)
		return 0;
	for (size_t from = MAGIC_BYTES; from <= len;) {
		size_t to = stroke_end(v, len, from);

		if (to - from < 2 * PAIRS_MIN || (to - from) % 2 != 0)
			return 0;
		for (size_t i = from; i < to; i++)
			if (!sign_value(v[i], &ignored))
				return 0;
		pairs += (to - from) / 2;
		from = to + 1;
	}
	return pairs;
}

int column_strokes_bit_count(uint64_t tag)
{
	if (tag < COLUMN_PACKED || tag - COLUMN_PACKED > PAIRS_MAX - PAIRS_MIN)
		return -1;
	return (int)(tag - COLUMN_PACKED + PAIRS_MIN) * PAIR_BITS;
}

bool column_strokes_write(struct column_writer *w, const char *value, size_t len)
{
	size_t pairs = count_pairs(value, len);

	if (pairs == 0)
		return false;
	write_varint(w->tags, COLUMN_PACKED + pairs - PAIRS_MIN);
	for (size_t from = MAGIC_BYTES; from <= len;) {
		size_t to = stroke_end(value, len, from);

		write_varint(w->numbers, (to - from) / 2 - PAIRS_MIN);
		for (size_t i = from; i < to; i++) {
			uint64_t v = 0;

			sign_value(value[i], &v);
			column_bits_put(&w->bits, v, PAIR_BITS / 2);
		}
		from = to + 1;
	}
	return true;
}

const char *column_strokes_read(uint64_t tag, struct column_bits_reader *bits, struct reader *numbers, struct arena *a, size_t *len)
{
	char text[2 * TEXT_BYTES_MAX] = MAGIC;
	size_t used = MAGIC_BYTES;
	size_t left = (size_t)(tag - COLUMN_PACKED + PAIRS_MIN);

	*len = 0;
	while (left > 0 && !numbers->failed) {
		size_t pairs = (size_t)reader_varint(numbers, PAIRS_MAX) + PAIRS_MIN;

		if (pairs > left || (pairs < left && left - pairs < PAIRS_MIN)) {
			reader_fail(numbers);
			return NULL;
		}
		if (used > MAGIC_BYTES)
			text[used++] = '.';
		for (size_t i = 0; i < 2 * pairs; i++)
			text[used++] = signs[column_bits_get(bits, PAIR_BITS / 2)];
		left -= pairs;
	}
	if (numbers->failed)
		return NULL;
	*len = used;
	return arena_copy(a, text, used);
}
