/*
 * bytes: see bytes.h. Reader and writer of each type stand side by side in the order of the header.
 */
#include "proto/base/bytes.h"

#include <string.h>

#define VARINT_BYTES_MAX 10

void reader_init(struct reader *r, const void *data, size_t len)
{
	*r = (struct reader){ .at = data, .left = len };
}

void reader_fail(struct reader *r)
{
	r->failed = true;
	r->left = 0;
}

const uint8_t *reader_bytes(struct reader *r, size_t len)
{
	const uint8_t *at = r->at;

	if (r->failed || len > r->left) {
		reader_fail(r);
		return NULL;
	}
	if (len != 0)
		r->at += len;
	r->left -= len;
	return at;
}

void reader_copy(struct reader *r, void *out, size_t len)
{
	const uint8_t *at = reader_bytes(r, len);

	if (at && len)
		memcpy(out, at, len);
	else
		memset(out, 0, len);
}

static uint64_t reader_big_endian(struct reader *r, size_t len)
{
	const uint8_t *at = reader_bytes(r, len);
	uint64_t v = 0;

	for (size_t i = 0; at && i < len; i++)
		v = v << 8 | at[i];
	return v;
}

uint8_t reader_u8(struct reader *r)
{
	return (uint8_t)reader_big_endian(r, 1);
}

uint16_t reader_u16(struct reader *r)
{
	return (uint16_t)reader_big_endian(r, 2);
}

uint32_t reader_u32(struct reader *r)
{
	return (uint32_t)reader_big_endian(r, 4);
}

uint64_t reader_u64(struct reader *r)
{
	return reader_big_endian(r, 8);
}

uint64_t reader_varint(struct reader *r, uint64_t max)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < VARINT_BYTES_MAX; i++) {
		uint8_t byte = reader_u8(r);
		uint64_t bits = byte & 0x7f;

		if (r->failed)
			return 0;
		if ((i == 9 && byte > 1) || (i > 0 && byte == 0))
			break; /* above 64 bits, or longer than needed */
		v |= bits << (7 * i);
		if ((byte & 0x80) == 0) {
			if (v > max)
				break;
			return v;
		}
	}
	reader_fail(r);
	return 0;
}

int64_t reader_zigzag(struct reader *r)
{
	uint64_t v = reader_varint(r, UINT64_MAX);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

int reader_finish(const struct reader *r, const char *what)
{
	if (r->failed)
		return err_set(ERR_CORRUPT, "%s: cut short or out of range", what);
	if (r->left)
		return err_set(ERR_CORRUPT, "%s: %zu bytes left over", what, r->left);
	return 0;
}

static void write_big_endian(struct buf *b, uint64_t v, size_t len)
{
	uint8_t *at = buf_space(b, len);

	for (size_t i = 0; at && i < len; i++)
		at[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
}

void write_u8(struct buf *b, uint8_t v)
{
	write_big_endian(b, v, 1);
}

void write_u16(struct buf *b, uint16_t v)
{
	write_big_endian(b, v, 2);
}

void write_u32(struct buf *b, uint32_t v)
{
	write_big_endian(b, v, 4);
}

void write_u64(struct buf *b, uint64_t v)
{
	write_big_endian(b, v, 8);
}

void write_varint(struct buf *b, uint64_t v)
{
	while (v > 0x7f) {
		write_u8(b, (uint8_t)(v | 0x80));
		v >>= 7;
	}
	write_u8(b, (uint8_t)v);
}

void write_zigzag(struct buf *b, int64_t v)
{
	write_varint(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}
