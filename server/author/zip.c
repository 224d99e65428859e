/*
 * zip: see zip.h. The format is APPNOTE.TXT, numbers little-endian. The central directory is believed only where the local
 * headers say the same: an archive that shows two programs two different contents is refused.
 *
 *   local header     0 signature  4 version  6 flags  8 method  10 time  12 date  14 crc  18 deflated  22 inflated
 *                   26 name bytes  28 extra bytes  30 name, extra, then the data
 *   central header   0 signature  4 made by  6 version  8 flags  10 method  12 time  14 date  16 crc  20 deflated  24 inflated
 *                   28 name bytes  30 extra bytes  32 comment bytes  34 disk  36 attributes  38 attributes  42 local header's place
 *   end              0 signature  4 disk  6 directory's disk  8 entries here  10 entries  12 directory bytes  16 directory's place
 *                   20 comment bytes
 */
#include "server/author/zip.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "proto/base/bytes.h"

#define LOCAL_SIGNATURE 0x04034b50u
#define CENTRAL_SIGNATURE 0x02014b50u
#define END_SIGNATURE 0x06054b50u
#define LOCAL_BYTES 30
#define END_BYTES 22
#define COMMENT_BYTES_MAX 65535
#define METHOD_STORED 0
#define METHOD_DEFLATED 8
#define FLAG_ENCRYPTED 0x0001u
#define FLAG_SIZES_BEHIND 0x0008u    /* the local header leaves crc and sizes at 0; they stand behind the data */
#define FLAGS_PROTECTED 0x2041u      /* encrypted, strongly encrypted, directory masked */
#define FLAG_UTF8 0x0800u
#define PIECE_BYTES (64 * 1024)
#define VERSION 20                   /* deflate */
#define DATE_1980_01_01 0x0021u

struct entry {
	const char *name;      /* into the archive, not terminated */
	size_t name_len;
	uint32_t flags;
	uint32_t method;
	uint32_t crc;
	uint32_t deflated;     /* bytes in the archive */
	uint32_t inflated;
	uint32_t place;        /* of the local header */
	const uint8_t *data;   /* into the archive, `deflated` bytes */
	size_t end;            /* offset behind the data */
};

struct zip {
	const uint8_t *data;   /* borrowed */
	size_t len;
	size_t left;           /* bytes that may still be inflated */
	size_t directory;      /* its place */
	struct entry *entries; /* owned; sorted by name once open */
	size_t count;
};

static uint32_t le16(struct reader *r)
{
	uint32_t low = reader_u8(r);

	return low | (uint32_t)reader_u8(r) << 8;
}

static uint32_t le32(struct reader *r)
{
	uint32_t low = le16(r);

	return low | le16(r) << 16;
}

static int broken(const char *what)
{
	return err_set(ERR_CORRUPT, "the file is damaged (zip: %s): save it again as .xlsx", what);
}

static int is_zip64(void)
{
	return err_set(ERR_LIMIT, "the file is written as a very large archive (ZIP64), which is not read: save it again as .xlsx");
}

/* A reader that stands at `place`; failed when that is outside. */
static struct reader reader_at(const struct zip *z, size_t place)
{
	struct reader r;

	reader_init(&r, z->data, z->len);
	(void)reader_bytes(&r, place);
	return r;
}

/* Find the end record: the last one whose comment reaches to the end of the file. */
static bool end_find(const struct zip *z, size_t *place)
{
	size_t first = z->len > END_BYTES + COMMENT_BYTES_MAX ? z->len - END_BYTES - COMMENT_BYTES_MAX : 0;

	if (z->len < END_BYTES)
		return false;
	for (size_t at = z->len - END_BYTES + 1; at-- > first;) {
		struct reader r;

		if (z->data[at] != 'P')
			continue;
		r = reader_at(z, at);
		if (le32(&r) != END_SIGNATURE)
			continue;
		(void)reader_bytes(&r, END_BYTES - 4 - 2);
		if (le16(&r) == r.left) {
			*place = at;
			return true;
		}
	}
	return false;
}

static int end_read(struct zip *z, size_t *directory_bytes)
{
	struct reader r;
	uint32_t disks, here, bytes, place;
	size_t end;

	if (!end_find(z, &end))
		return broken("its end is missing");
	r = reader_at(z, end);
	(void)le32(&r);
	disks = le16(&r) | le16(&r);
	here = le16(&r);
	z->count = le16(&r);
	bytes = le32(&r);
	place = le32(&r);
	if (z->count == 0xffff || bytes == 0xffffffff || place == 0xffffffff)
		return is_zip64();
	if (disks != 0 || here != z->count)
		return broken("it is one of several parts");
	if (z->count > ZIP_ENTRIES_MAX)
		return err_set(ERR_LIMIT, "the file holds %zu parts, at most %d are read", z->count, ZIP_ENTRIES_MAX);
	if (place > end || bytes > end - place)
		return broken("its directory is not inside");
	z->directory = place;
	*directory_bytes = bytes;
	return 0;
}

static int central_read(struct reader *r, struct entry *e)
{
	uint32_t extra, comment, disk;

	if (le32(r) != CENTRAL_SIGNATURE)
		return broken("its directory is not where it should be");
	(void)le32(r);
	e->flags = le16(r);
	e->method = le16(r);
	(void)le32(r);
	e->crc = le32(r);
	e->deflated = le32(r);
	e->inflated = le32(r);
	e->name_len = le16(r);
	extra = le16(r);
	comment = le16(r);
	disk = le16(r);
	(void)le16(r);
	(void)le32(r);
	e->place = le32(r);
	e->name = (const char *)reader_bytes(r, e->name_len);
	(void)reader_bytes(r, extra);
	(void)reader_bytes(r, comment);
	if (r->failed)
		return broken("its directory ends too early");
	if (e->deflated == 0xffffffff || e->inflated == 0xffffffff || e->place == 0xffffffff)
		return is_zip64();
	if (disk != 0)
		return broken("it is one of several parts");
	return 0;
}

static int entry_check(const struct entry *e)
{
	if (e->flags & FLAGS_PROTECTED)
		return err_set(ERR_CORRUPT, "the file is protected with a password: remove the password and save it again as .xlsx");
	if (e->name_len == 0 || e->name_len > ZIP_NAME_BYTES_MAX || memchr(e->name, '\0', e->name_len))
		return broken("a part has no proper name");
	if (e->method != METHOD_STORED && e->method != METHOD_DEFLATED)
		return err_set(ERR_CORRUPT, "the file is compressed in a way that is not read (method %u): save it again as .xlsx",
			       e->method);
	if (e->method == METHOD_STORED && e->deflated != e->inflated)
		return broken("a part has two sizes");
	if (e->inflated > ZIP_RATIO_FROM_BYTES && e->inflated / ZIP_RATIO_MAX > e->deflated)
		return err_set(ERR_LIMIT, "a part of the file inflates more than %d times, which no sheet does", ZIP_RATIO_MAX);
	return 0;
}

/* The local header of `e` must say what the directory says; finds the data. */
static int local_read(const struct zip *z, struct entry *e)
{
	struct reader r = reader_at(z, e->place);
	uint32_t signature = le32(&r), flags, method, crc, deflated, inflated, name_len, extra;
	const uint8_t *name;
	bool behind, agrees;

	(void)le16(&r);
	flags = le16(&r);
	method = le16(&r);
	(void)le32(&r);
	crc = le32(&r);
	deflated = le32(&r);
	inflated = le32(&r);
	name_len = le16(&r);
	extra = le16(&r);
	name = reader_bytes(&r, name_len);
	(void)reader_bytes(&r, extra);
	e->data = reader_bytes(&r, e->deflated);
	e->end = z->len - r.left;
	if (r.failed || signature != LOCAL_SIGNATURE || e->end > z->directory)
		return broken("a part is not where the directory says");
	behind = (flags & FLAG_SIZES_BEHIND) && crc == 0 && deflated == 0 && inflated == 0;
	agrees = behind || (crc == e->crc && deflated == e->deflated && inflated == e->inflated);
	if (!agrees || method != e->method || (flags & FLAG_ENCRYPTED) || name_len != e->name_len || memcmp(name, e->name, name_len) != 0)
		return broken("a part and the directory say different things");
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->place < y->place ? -1 : x->place > y->place;
}

/* One character of a name for comparing. */
static int folded(char c)
{
	if (c == '\\')
		return '/';
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

static int compare_names(const char *a, size_t a_len, const char *b, size_t b_len)
{
	for (size_t i = 0; i < a_len && i < b_len; i++)
		if (folded(a[i]) != folded(b[i]))
			return folded(a[i]) < folded(b[i]) ? -1 : 1;
	return a_len < b_len ? -1 : a_len > b_len;
}

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return compare_names(x->name, x->name_len, y->name, y->name_len);
}

static int check_apart(struct zip *z)
{
	qsort(z->entries, z->count, sizeof(*z->entries), by_place);
	for (size_t i = 1; i < z->count; i++)
		if (z->entries[i].place < z->entries[i - 1].end)
			return broken("two parts share the same bytes");
	qsort(z->entries, z->count, sizeof(*z->entries), by_name);
	for (size_t i = 1; i < z->count; i++)
		if (by_name(&z->entries[i - 1], &z->entries[i]) == 0)
			return broken("two parts have the same name");
	return 0;
}

static int directory_read(struct zip *z)
{
	size_t bytes = 0;
	struct reader at, r;
	int rc = end_read(z, &bytes);

	if (rc != 0)
		return rc;
	z->entries = calloc(z->count + 1, sizeof(*z->entries));
	if (!z->entries)
		return err_set(ERR_NOMEM, "zip: no memory");
	at = reader_at(z, z->directory);
	reader_init(&r, reader_bytes(&at, bytes), bytes);
	for (size_t i = 0; i < z->count; i++) {
		rc = central_read(&r, &z->entries[i]);
		if (rc == 0)
			rc = entry_check(&z->entries[i]);
		if (rc == 0)
			rc = local_read(z, &z->entries[i]);
		if (rc != 0)
			return rc;
	}
	if (r.left != 0)
		return broken("its directory holds more than it counts");
	return check_apart(z);
}

int zip_open(const void *data, size_t len, size_t total_max, struct zip **out)
{
	struct zip *z = calloc(1, sizeof(*z));
	int rc;

	*out = NULL;
	if (!z)
		return err_set(ERR_NOMEM, "zip: no memory");
	z->data = data;
	z->len = len;
	z->left = total_max;
	rc = directory_read(z);
	if (rc != 0) {
		zip_close(z);
		return rc;
	}
	*out = z;
	return 0;
}

void zip_close(struct zip *z)
{
	if (!z)
		return;
	free(z->entries);
	free(z);
}

int zip_find(const struct zip *z, const char *name)
{
	size_t low = 0, high = z->count, len = strlen(name);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = compare_names(name, len, z->entries[mid].name, z->entries[mid].name_len);

		if (order == 0)
			return (int)mid;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

static int part_broken(const struct entry *e, const char *what)
{
	return err_set(ERR_CORRUPT, "the file is damaged (%.*s: %s): save it again as .xlsx", (int)e->name_len, e->name, what);
}

/* Inflate into pieces of `piece` and count them and their checksum. */
static int inflate_pieces(z_stream *s, const struct entry *e, uint8_t *piece, zip_sink *sink, void *ctx)
{
	size_t got = 0;
	uLong crc = 0;
	int status = Z_OK;

	while (status == Z_OK) {
		size_t len;
		int rc;

		s->next_out = piece;
		s->avail_out = PIECE_BYTES;
		status = inflate(s, Z_NO_FLUSH);
		if (status == Z_MEM_ERROR)
			return err_set(ERR_NOMEM, "zip: no memory");
		if (status != Z_OK && status != Z_STREAM_END)
			return part_broken(e, "its bytes cannot be inflated");
		len = PIECE_BYTES - s->avail_out;
		if (len > e->inflated - got)
			return part_broken(e, "longer than it says");
		got += len;
		crc = crc32(crc, piece, (uInt)len);
		rc = len ? sink(ctx, piece, len) : 0;
		if (rc != 0)
			return rc;
	}
	if (got != e->inflated || s->avail_in != 0)
		return part_broken(e, "shorter than it says");
	return crc == e->crc ? 0 : part_broken(e, "its checksum is wrong");
}

static int read_deflated(const struct entry *e, zip_sink *sink, void *ctx)
{
	z_stream s = { .next_in = (z_const Bytef *)e->data, .avail_in = e->deflated };
	uint8_t *piece = malloc(PIECE_BYTES);
	int rc;

	if (!piece || inflateInit2(&s, -MAX_WBITS) != Z_OK) {
		free(piece);
		return err_set(ERR_NOMEM, "zip: no memory");
	}
	rc = inflate_pieces(&s, e, piece, sink, ctx);
	inflateEnd(&s);
	free(piece);
	return rc;
}

static int read_stored(const struct entry *e, zip_sink *sink, void *ctx)
{
	struct reader r;

	if (crc32(0, e->data, e->deflated) != e->crc)
		return part_broken(e, "its checksum is wrong");
	reader_init(&r, e->data, e->deflated);
	while (r.left > 0) {
		size_t len = r.left < PIECE_BYTES ? r.left : PIECE_BYTES;
		int rc = sink(ctx, reader_bytes(&r, len), len);

		if (rc != 0)
			return rc;
	}
	return 0;
}

int zip_read(struct zip *z, int entry, size_t max, zip_sink *sink, void *ctx)
{
	const struct entry *e;

	assert(entry >= 0);
	assert((size_t)entry < z->count);
	e = &z->entries[entry];
	if (e->inflated > max)
		return err_set(ERR_LIMIT, "%.*s: %u bytes, at most %zu", (int)e->name_len, e->name, e->inflated, max);
	if (e->inflated > z->left)
		return err_set(ERR_LIMIT, "%.*s: the parts of the file together are too large", (int)e->name_len, e->name);
	z->left -= e->inflated;
	return e->method == METHOD_STORED ? read_stored(e, sink, ctx) : read_deflated(e, sink, ctx);
}

/* Writing. */

static void put16(struct buf *b, uint32_t v)
{
	write_u8(b, (uint8_t)v);
	write_u8(b, (uint8_t)(v >> 8));
}

static void put32(struct buf *b, uint32_t v)
{
	put16(b, v & 0xffff);
	put16(b, v >> 16);
}

void zip_writer_init(struct zip_writer *w, struct buf *out)
{
	*w = (struct zip_writer){ .out = out, .begin = out->len };
	buf_init(&w->central, ZIP_WRITE_ENTRIES_MAX * (ZIP_NAME_BYTES_MAX + 64));
}

/* The fields that both headers have, in the same order, read by local_read() and central_read() above. */
static void put_fields(struct buf *b, const struct entry *e)
{
	put16(b, VERSION);
	put16(b, e->flags);
	put16(b, e->method);
	put16(b, 0);
	put16(b, DATE_1980_01_01);
	put32(b, e->crc);
	put32(b, e->deflated);
	put32(b, e->inflated);
	put16(b, (uint32_t)e->name_len);
	put16(b, 0);
}

static void put_central(struct buf *b, const struct entry *e)
{
	put32(b, CENTRAL_SIGNATURE);
	put16(b, VERSION);
	put_fields(b, e);
	put16(b, 0);
	put16(b, 0);
	put16(b, 0);
	put32(b, 0);
	put32(b, e->place);
	buf_append(b, e->name, e->name_len);
}

/* Deflate `data` into new memory; the number of bytes, or 0 without memory. */
static size_t deflate_whole(const void *data, size_t len, uint8_t **out)
{
	z_stream s = { .next_in = (z_const Bytef *)data, .avail_in = (uInt)len };
	uLong bound;
	size_t got = 0;

	*out = NULL;
	if (deflateInit2(&s, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	bound = deflateBound(&s, (uLong)len);
	*out = malloc(bound);
	if (*out) {
		s.next_out = *out;
		s.avail_out = (uInt)bound;
		got = deflate(&s, Z_FINISH) == Z_STREAM_END ? bound - s.avail_out : 0;
	}
	deflateEnd(&s);
	return got;
}

void zip_writer_add(struct zip_writer *w, const char *name, const void *data, size_t len)
{
	struct entry e = { .name = name, .name_len = strlen(name), .flags = FLAG_UTF8, .method = METHOD_DEFLATED };
	uint8_t *deflated;
	size_t bytes;

	assert(e.name_len > 0 && e.name_len <= ZIP_NAME_BYTES_MAX);
	if (w->error)
		return;
	if (w->count == ZIP_WRITE_ENTRIES_MAX || len > INT32_MAX || w->out->len - w->begin > INT32_MAX) {
		w->error = ERR_LIMIT;
		return;
	}
	bytes = deflate_whole(data, len, &deflated);
	if (bytes == 0 || bytes > INT32_MAX)
		w->error = bytes == 0 ? ERR_NOMEM : ERR_LIMIT;
	e.crc = (uint32_t)crc32(0, data, (uInt)len);
	e.inflated = (uint32_t)len;
	e.deflated = (uint32_t)bytes;
	e.place = (uint32_t)(w->out->len - w->begin);
	put32(w->out, LOCAL_SIGNATURE);
	put_fields(w->out, &e);
	buf_append(w->out, name, e.name_len);
	buf_append(w->out, deflated, bytes);
	put_central(&w->central, &e);
	w->count++;
	free(deflated);
}

int zip_writer_finish(struct zip_writer *w)
{
	size_t place = w->out->len - w->begin;
	int rc = w->error ? err_set(w->error, "zip: %s", w->error == ERR_LIMIT ? "too large to write" : "no memory") : 0;

	if (rc == 0)
		rc = buf_error(&w->central);
	buf_append(w->out, w->central.data, w->central.len);
	put32(w->out, END_SIGNATURE);
	put16(w->out, 0);
	put16(w->out, 0);
	put16(w->out, (uint32_t)w->count);
	put16(w->out, (uint32_t)w->count);
	put32(w->out, (uint32_t)w->central.len);
	put32(w->out, (uint32_t)place);
	put16(w->out, 0);
	buf_fini(&w->central);
	return rc == 0 ? buf_error(w->out) : rc;
}
