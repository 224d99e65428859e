/*
 * pack: see pack.h.
 *
 * A zstd frame says five things that we know or do not want to believe: its magic, its window, its content size, its
 * dictionary and, when there is one block only, where that block ends. So these bytes stay at home: a frame here is our own
 * few bytes and the blocks, and the decoder puts a header of its own making before them. That header states a window of 2^20, which is
 * the ceiling, whatever the sender used; no larger window can be asked for.
 *
 * Decoding writes straight into the caller's buffer, into room for exactly the stated size, which ceiling and ratio have
 * bounded before. A frame that holds one byte more or less is refused, so a bomb stops where the room ends.
 */
#include "proto/pack.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zdict.h>
#include <zstd.h>

#include "proto/base/bytes.h"

#define LEVEL 22
#define WINDOW_LOG_MAX 20
#define HEADER_BYTES 6      /* magic, descriptor, window */
#define BLOCK_HEADER_BYTES 3
#define BLOCK_LAST 1u       /* in the low bit of a block header; the type stands in the next two, the size above */
#define BLOCK_COMPRESSED 2u
#define BLOCK_BYTES_MAX (128 * 1024)
#define FRAME_BYTES_MAX (16 * 1024 * 1024) /* far above every use; keeps sums within 32 bits */
#define SIZE_MAX_CONTENT (64 * 1024 * 1024)

/* The first byte of a frame (FORMAT.md section 6). */
enum kind {
	KIND_STORED = 0,
	KIND_PLAIN = 1,
	KIND_DICTIONARY = 2,
	KIND_PLAIN_ONE = 3,      /* one compressed block, its header left out */
	KIND_DICTIONARY_ONE = 4,
};

static const uint8_t frame_header[HEADER_BYTES] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, (WINDOW_LOG_MAX - 10) << 3 };

struct pack_dictionary {
	ZSTD_CDict *deflate; /* digested at LEVEL */
	ZSTD_DDict *inflate;
	uint32_t id;
};

static uint32_t dictionary_id(const void *data, size_t len)
{
	uint8_t hash[32];
	uint32_t id;

	crypto_generichash(hash, sizeof(hash), data, len, NULL, 0);
	id = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
	return id ? id : 1;
}

int pack_dictionary_new(const void *data, size_t len, struct pack_dictionary **out)
{
	struct pack_dictionary *d;

	*out = NULL;
	if (len == 0 || len > PACK_DICTIONARY_BYTES_MAX)
		return err_set(ERR_LIMIT, "dictionary: %zu bytes, 1 to %d are allowed", len, PACK_DICTIONARY_BYTES_MAX);
	if (ZDICT_getDictID(data, len) == 0)
		return err_set(ERR_CORRUPT, "dictionary: not a zstd dictionary");
	d = calloc(1, sizeof(*d));
	if (!d)
		return err_set(ERR_NOMEM, "dictionary: no memory");
	d->id = dictionary_id(data, len);
	d->deflate = ZSTD_createCDict(data, len, LEVEL);
	d->inflate = ZSTD_createDDict(data, len);
	if (!d->deflate || !d->inflate) {
		pack_dictionary_free(d);
		return err_set(ERR_CORRUPT, "dictionary: its tables are broken");
	}
	*out = d;
	return 0;
}

void pack_dictionary_free(struct pack_dictionary *d)
{
	if (!d)
		return;
	ZSTD_freeCDict(d->deflate);
	ZSTD_freeDDict(d->inflate);
	free(d);
}

uint32_t pack_dictionary_id(const struct pack_dictionary *d)
{
	return d->id;
}

int pack_dictionary_train(const void *samples, const size_t *lens, size_t count, size_t max, struct buf *out)
{
	size_t before = out->len;
	uint8_t *room;
	size_t n;

	if (max == 0 || max > PACK_DICTIONARY_BYTES_MAX || count == 0 || count > UINT32_MAX)
		return err_set(ERR_USAGE, "training: %zu samples for a dictionary of %zu bytes", count, max);
	room = buf_space(out, max);
	if (!room)
		return buf_error(out);
	n = ZDICT_trainFromBuffer(room, max, samples, lens, (unsigned)count);
	if (ZDICT_isError(n)) {
		out->len = before;
		return err_set(ERR_USAGE, "training: %s", ZDICT_getErrorName(n));
	}
	out->len = before + n;
	return 0;
}

/* --- deflating --- */

/* A whole zstd frame with the smallest header of `data`, with or without a dictionary. */
static int compress(const void *data, size_t len, const struct pack_dictionary *d, struct buf *out)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	size_t bound = ZSTD_compressBound(len);
	uint8_t *room = buf_space(out, bound);
	size_t n;

	if (!ctx || !room) {
		ZSTD_freeCCtx(ctx);
		return err_set(ERR_NOMEM, "deflating: no memory for %zu bytes", len);
	}
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_windowLog, WINDOW_LOG_MAX);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_contentSizeFlag, 0);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 0);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_dictIDFlag, 0);
	if (d)
		ZSTD_CCtx_refCDict(ctx, d->deflate);
	n = ZSTD_compress2(ctx, room, bound, data, len);
	ZSTD_freeCCtx(ctx);
	if (ZSTD_isError(n))
		return err_set(ERR_NOMEM, "deflating: %s", ZSTD_getErrorName(n));
	out->len -= bound - n;
	return 0;
}

/* The three bytes before a block, as the number they are. */
static uint32_t block_header(const uint8_t at[static BLOCK_HEADER_BYTES])
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}

static uint32_t one_block(size_t len)
{
	return BLOCK_LAST | BLOCK_COMPRESSED << 1 | (uint32_t)len << 3;
}

/* Append our frame around the blocks of a zstd frame, which begins with magic, descriptor 0 and any window up to ours. */
static int write_frame(const struct buf *zstd, size_t size, const struct pack_dictionary *d, struct buf *out)
{
	const uint8_t *blocks = zstd->data + HEADER_BYTES;
	size_t len = zstd->len - HEADER_BYTES;
	bool is_one;

	if (zstd->len < HEADER_BYTES + BLOCK_HEADER_BYTES || memcmp(zstd->data, frame_header, HEADER_BYTES - 1) != 0 ||
	    zstd->data[HEADER_BYTES - 1] > frame_header[HEADER_BYTES - 1])
		return err_set(ERR_USAGE, "deflating: this zstd makes frames of another kind");
	is_one = len > BLOCK_HEADER_BYTES && block_header(blocks) == one_block(len - BLOCK_HEADER_BYTES);
	if (d)
		write_u8(out, is_one ? KIND_DICTIONARY_ONE : KIND_DICTIONARY);
	else
		write_u8(out, is_one ? KIND_PLAIN_ONE : KIND_PLAIN);
	write_varint(out, size);
	if (d)
		write_u32(out, d->id);
	buf_append(out, blocks + (is_one ? BLOCK_HEADER_BYTES : 0), len - (is_one ? BLOCK_HEADER_BYTES : 0));
	return buf_error(out);
}

static int try_frame(const void *data, size_t len, const struct pack_dictionary *d, struct buf *out)
{
	struct buf zstd;
	int rc;

	buf_init(&zstd, FRAME_BYTES_MAX * 2);
	rc = compress(data, len, d, &zstd);
	if (rc == 0)
		rc = write_frame(&zstd, len, d, out);
	buf_fini(&zstd);
	return rc;
}

/* The reader's rule; the writer asks too, so that nothing leaves that would be refused. */
static bool is_above_ratio(uint64_t size, size_t frame_len)
{
	return size > PACK_RATIO_FREE && size / PACK_RATIO_MAX > frame_len;
}

int pack_deflate(const void *data, size_t len, const struct pack_dictionary *d, struct buf *out)
{
	struct buf plain, with;
	const struct buf *best;
	int rc;

	if (len > FRAME_BYTES_MAX)
		return err_set(ERR_LIMIT, "deflating: %zu bytes, more than %d", len, FRAME_BYTES_MAX);
	buf_init(&plain, FRAME_BYTES_MAX * 2);
	buf_init(&with, FRAME_BYTES_MAX * 2);
	rc = try_frame(data, len, NULL, &plain);
	if (rc == 0 && d)
		rc = try_frame(data, len, d, &with);
	best = d && with.len < plain.len ? &with : &plain;
	if (rc == 0 && best->len <= len && !is_above_ratio(len, best->len)) {
		buf_append(out, best->data, best->len);
	} else if (rc == 0) {
		write_u8(out, KIND_STORED);
		buf_append(out, data, len);
	}
	buf_fini(&plain);
	buf_fini(&with);
	return rc ? rc : buf_error(out);
}

/* --- inflating --- */

/* What stands before the blocks. */
struct head {
	uint64_t size;                       /* of the content */
	bool is_one;
	const struct pack_dictionary *dictionary; /* NULL when plain */
};

static int find_dictionary(struct reader *r, const struct pack_dictionaries *dicts, const struct pack_dictionary **out)
{
	uint32_t id = reader_u32(r);

	if (r->failed)
		return err_set(ERR_CORRUPT, "frame: cut short");
	*out = dicts ? dicts->find(dicts->ctx, id) : NULL;
	return *out ? 0 : err_set(ERR_NOT_FOUND, "frame: dictionary %08" PRIx32 " is not known", id);
}

/* The stated size is a promise that bounds memory: within the caller's ceiling and the ratio, or nothing is inflated. */
static int check_size(uint64_t size, size_t frame_len, const struct buf *out)
{
	if (size > out->max - out->len)
		return err_set(ERR_LIMIT, "frame: content of %" PRIu64 " bytes, %zu are allowed", size, out->max - out->len);
	if (is_above_ratio(size, frame_len))
		return err_set(ERR_LIMIT, "frame: content is more than %d times its %zu bytes", PACK_RATIO_MAX, frame_len);
	return 0;
}

/* The blocks as a whole zstd frame, with the header that we choose. */
static int rebuild(struct reader *r, bool is_one, struct buf *zstd)
{
	size_t len = r->left;
	uint32_t block = one_block(len);

	buf_append(zstd, frame_header, HEADER_BYTES);
	if (is_one) {
		if (len == 0 || len > BLOCK_BYTES_MAX)
			return err_set(ERR_CORRUPT, "frame: block of %zu bytes", len);
		write_u8(zstd, (uint8_t)block);
		write_u8(zstd, (uint8_t)(block >> 8));
		write_u8(zstd, (uint8_t)(block >> 16));
	}
	buf_append(zstd, reader_bytes(r, len), len);
	if (buf_error(zstd))
		return buf_error(zstd);
	/* One frame, to the last byte: zstd itself would go on with frames behind it. */
	if (ZSTD_findFrameCompressedSize(zstd->data, zstd->len) != zstd->len)
		return err_set(ERR_CORRUPT, "frame: blocks are cut short or have bytes behind them");
	return 0;
}

static int decompress(const struct buf *zstd, const struct head *h, struct buf *out)
{
	size_t before = out->len;
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	uint8_t *room = buf_space(out, (size_t)h->size);
	size_t n;

	if (!ctx || !room) {
		ZSTD_freeDCtx(ctx);
		return room ? err_set(ERR_NOMEM, "inflating: no memory") : buf_error(out);
	}
	ZSTD_DCtx_setParameter(ctx, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	if (h->dictionary)
		ZSTD_DCtx_refDDict(ctx, h->dictionary->inflate);
	n = ZSTD_decompressDCtx(ctx, room, (size_t)h->size, zstd->data, zstd->len);
	ZSTD_freeDCtx(ctx);
	if (!ZSTD_isError(n) && n == h->size)
		return 0;
	sodium_memzero(room, (size_t)h->size);
	out->len = before;
	return err_set(ERR_CORRUPT, "frame: %s", ZSTD_isError(n) ? ZSTD_getErrorName(n) : "holds less than it states");
}

static int inflate(struct reader *r, enum kind kind, size_t frame_len, const struct pack_dictionaries *dicts, struct buf *out)
{
	struct head h = { .is_one = kind == KIND_PLAIN_ONE || kind == KIND_DICTIONARY_ONE };
	struct buf zstd;
	int rc;

	h.size = reader_varint(r, SIZE_MAX_CONTENT);
	if (r->failed)
		return err_set(ERR_CORRUPT, "frame: stated size is cut short or out of range");
	rc = check_size(h.size, frame_len, out);
	if (rc == 0 && (kind == KIND_DICTIONARY || kind == KIND_DICTIONARY_ONE))
		rc = find_dictionary(r, dicts, &h.dictionary);
	if (rc)
		return rc;
	buf_init(&zstd, frame_len + HEADER_BYTES + BLOCK_HEADER_BYTES);
	rc = rebuild(r, h.is_one, &zstd);
	if (rc == 0)
		rc = decompress(&zstd, &h, out);
	buf_fini(&zstd);
	return rc;
}

static int copy_stored(struct reader *r, struct buf *out)
{
	size_t len = r->left;

	if (len > out->max - out->len)
		return err_set(ERR_LIMIT, "frame: content of %zu bytes, %zu are allowed", len, out->max - out->len);
	buf_append(out, reader_bytes(r, len), len);
	return buf_error(out);
}

int pack_inflate(const void *frame, size_t len, const struct pack_dictionaries *dicts, struct buf *out)
{
	struct reader r;
	uint8_t kind;

	if (len > FRAME_BYTES_MAX)
		return err_set(ERR_LIMIT, "frame: %zu bytes, more than %d", len, FRAME_BYTES_MAX);
	reader_init(&r, frame, len);
	kind = reader_u8(&r);
	if (r.failed)
		return err_set(ERR_CORRUPT, "frame: empty");
	if (kind > KIND_DICTIONARY_ONE)
		return err_set(ERR_CORRUPT, "frame: kind %u; a newer program is needed", kind);
	if (kind == KIND_STORED)
		return copy_stored(&r, out);
	return inflate(&r, (enum kind)kind, len, dicts, out);
}
