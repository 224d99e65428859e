/*
 * fold: see fold.h. A second spelling (an escape for a character that has a byte) is not refused here: changeset.c
 * encodes again what it read and compares.
 */
#include "proto/fold.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "proto/form/value.h"

enum { END = 0x00, ESCAPE = 0x01 };

#define ARABIC_FIRST 0x0600u /* byte 0x80 */
#define ARABIC_LAST 0x067fu  /* byte 0xff */

/* The character of each byte below 0x20, and of 0x7f; 0 where the byte is not a character. */
static const uint16_t sign_of[0x20] = {
	0,      0,      0x00ab, 0x00bb, 0x2013, 0x2014, 0x2026, 0x201c, 0x201d, 0x0009, 0x000a, 0x2018, 0x2019, 0x200c, 0x200d, 0x200e,
	0x200f, 0x00a0, 0x00b0, 0x00d7, 0x0686, 0x0698, 0x06a4, 0x06a9, 0x06af, 0x06be, 0x06c1, 0x06cc, 0x06d2, 0xfdfa, 0x00b2, 0x2022,
};
#define SIGN_OF_7F 0x2212u

/* One character from valid UTF-8, its length in *n; *n 0 when it is not valid. */
static uint32_t utf8_get(const uint8_t *p, size_t left, size_t *n)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	uint32_t c = len == 1 ? p[0] : p[0] & (0x7fu >> len);

	*n = 0;
	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*n = len;
	return c;
}

static size_t utf8_put(uint32_t c, char out[static 3])
{
	assert(c < 0x10000);
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | c >> 12);
	out[1] = (char)(0x80 | (c >> 6 & 0x3f));
	out[2] = (char)(0x80 | (c & 0x3f));
	return 3;
}

/* The byte of character `c`; ESCAPE when it has none. */
static uint8_t fold_byte(uint32_t c)
{
	if (c >= 0x20 && c < 0x7f)
		return (uint8_t)c;
	if (c >= ARABIC_FIRST && c <= ARABIC_LAST)
		return (uint8_t)(0x80 + (c - ARABIC_FIRST));
	if (c == SIGN_OF_7F)
		return 0x7f;
	for (size_t i = 0; i < 0x20 && c != 0; i++)
		if (sign_of[i] == c)
			return (uint8_t)i;
	return ESCAPE;
}

/* The character of `byte`, which is not END or ESCAPE. */
static uint32_t unfold_byte(uint8_t byte)
{
	if (byte >= 0x80)
		return ARABIC_FIRST + (byte - 0x80u);
	if (byte == 0x7f)
		return SIGN_OF_7F;
	return byte < 0x20 ? sign_of[byte] : byte;
}

/* Folded bytes on their way to the buffer. */
struct sink {
	struct buf *out;
	size_t used;
	uint8_t bytes[256];
};

static void sink_put(struct sink *s, const uint8_t *bytes, size_t n)
{
	if (n > sizeof(s->bytes) - s->used) {
		buf_append(s->out, s->bytes, s->used);
		s->used = 0;
	}
	for (size_t i = 0; i < n; i++)
		s->bytes[s->used++] = bytes[i];
}

bool fold_write(struct buf *out, const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;
	struct sink s;
	size_t n = 0;

	s.out = out;
	s.used = 0;
	for (size_t i = 0; i < len; i += n) {
		uint32_t c = utf8_get(p + i, len - i, &n);
		uint8_t byte = fold_byte(c);

		if (n == 0)
			return false;
		sink_put(&s, &byte, 1);
		if (byte == ESCAPE)
			sink_put(&s, p + i, n);
	}
	sink_put(&s, (const uint8_t[]){ END }, 1);
	buf_append(out, s.bytes, s.used);
	return true;
}

/* The UTF-8 sequence behind an escape, copied to `out`; 0 when it is not valid. */
static size_t read_escaped(struct reader *r, char out[static 4])
{
	uint8_t seq[4] = { reader_u8(r) };
	size_t want = seq[0] < 0x80 ? 1 : seq[0] < 0xe0 ? 2 : seq[0] < 0xf0 ? 3 : 4;
	size_t n = 0;

	reader_copy(r, seq + 1, want - 1);
	if (r->failed)
		return 0;
	utf8_get(seq, want, &n);
	memcpy(out, seq, sizeof(seq));
	return n;
}

const char *fold_read(struct reader *r, struct arena *a, size_t *len)
{
	char text[VALUE_BYTES_MAX + 4];
	size_t used = 0;

	*len = 0;
	for (;;) {
		uint8_t byte = reader_u8(r);
		size_t n;

		if (r->failed || byte == END)
			break;
		n = byte == ESCAPE ? read_escaped(r, text + used) : utf8_put(unfold_byte(byte), text + used);
		used += n;
		if (n == 0 || used > VALUE_BYTES_MAX) {
			reader_fail(r);
			break;
		}
	}
	if (r->failed)
		return NULL;
	*len = used;
	return arena_copy(a, text, used);
}
