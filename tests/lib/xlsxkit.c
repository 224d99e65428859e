/*
 * xlsxkit: see xlsxkit.h. Field orders are those of the table in server/author/zip.c.
 */
#include "tests/lib/xlsxkit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "proto/base/bytes.h"
#include "proto/base/text.h"

#define ARCHIVE_BYTES_MAX (256u * 1024 * 1024)
#define MIB (1024 * 1024)

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void xlsxkit_init(struct xlsxkit *k)
{
	*k = (struct xlsxkit){ .entry_count = -1, .directory = -1, .directory_bytes = -1 };
}

void xlsxkit_fini(struct xlsxkit *k)
{
	for (size_t i = 0; i < k->count; i++)
		free(k->entries[i].data);
	free(k->entries);
	xlsxkit_init(k);
}

static struct xlsxkit_entry *entry_add(struct xlsxkit *k, const char *name, uint32_t method)
{
	struct xlsxkit_entry *e;

	k->entries = must(realloc(k->entries, (k->count + 1) * sizeof(*k->entries)));
	e = &k->entries[k->count++];
	*e = (struct xlsxkit_entry){ .place = -1, .local = { .method = method } };
	snprintf(e->local.name, sizeof(e->local.name), "%s", name);
	return e;
}

static struct xlsxkit_entry *entry_finish(struct xlsxkit_entry *e, uint32_t crc, size_t inflated)
{
	e->local.crc = crc;
	e->local.deflated = (uint32_t)e->len;
	e->local.inflated = (uint32_t)inflated;
	e->central = e->local;
	return e;
}

/* Deflate to `out`; `flush` Z_FINISH ends the stream, Z_FULL_FLUSH leaves a piece that can be repeated. */
static size_t deflate_piece(const void *data, size_t len, int flush, uint8_t *out, size_t size)
{
	z_stream s = { .next_in = (z_const Bytef *)data, .avail_in = (uInt)len, .next_out = out, .avail_out = (uInt)size };

	if (deflateInit2(&s, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK || deflate(&s, flush) < 0)
		abort();
	deflateEnd(&s);
	return size - s.avail_out;
}

struct xlsxkit_entry *xlsxkit_add(struct xlsxkit *k, const char *name, const void *data, size_t len)
{
	struct xlsxkit_entry *e = entry_add(k, name, 8);
	size_t size = compressBound((uLong)len) + 64;

	e->data = must(malloc(size));
	e->len = deflate_piece(data, len, Z_FINISH, e->data, size);
	return entry_finish(e, (uint32_t)crc32(0, data, (uInt)len), len);
}

struct xlsxkit_entry *xlsxkit_add_text(struct xlsxkit *k, const char *name, const char *text)
{
	return xlsxkit_add(k, name, text, strlen(text));
}

struct xlsxkit_entry *xlsxkit_add_stored(struct xlsxkit *k, const char *name, const void *data, size_t len)
{
	struct xlsxkit_entry *e = entry_add(k, name, 0);

	e->data = must(malloc(len + 1));
	if (len)
		memcpy(e->data, data, len);
	e->len = len;
	return entry_finish(e, (uint32_t)crc32(0, data, (uInt)len), len);
}

struct xlsxkit_entry *xlsxkit_add_bomb(struct xlsxkit *k, const char *name, char c, uint32_t mib)
{
	struct xlsxkit_entry *e = entry_add(k, name, 8);
	uint8_t *plain = must(malloc(MIB)), piece[16 * 1024], last[16];
	size_t piece_len, last_len;
	uint32_t crc = 0;

	memset(plain, c, MIB);
	piece_len = deflate_piece(plain, MIB, Z_FULL_FLUSH, piece, sizeof(piece));
	last_len = deflate_piece("", 0, Z_FINISH, last, sizeof(last));
	e->data = must(malloc(mib * piece_len + last_len));
	for (uint32_t i = 0; i < mib; i++) {
		memcpy(e->data + i * piece_len, piece, piece_len);
		crc = (uint32_t)crc32(crc, plain, MIB);
	}
	memcpy(e->data + mib * piece_len, last, last_len);
	e->len = mib * piece_len + last_len;
	free(plain);
	return entry_finish(e, crc, (size_t)mib * MIB);
}

struct xlsxkit_entry *xlsxkit_find(struct xlsxkit *k, const char *name)
{
	for (size_t i = 0; i < k->count; i++)
		if (strcmp(k->entries[i].local.name, name) == 0)
			return &k->entries[i];
	abort();
}

#define PACKAGE "http://schemas.openxmlformats.org/package/2006/"
#define DOCUMENT "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

void xlsxkit_book(struct xlsxkit *k, const char *sheet, const char *strings, const char *styles)
{
	char relations[1024];

	xlsxkit_add_text(k, "_rels/.rels",
		"<Relationships xmlns=\"" PACKAGE "relationships\"><Relationship Id=\"rId1\" Type=\"" DOCUMENT
		"/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>");
	xlsxkit_add_text(k, "xl/workbook.xml",
		"<workbook xmlns=\"" MAIN "\" xmlns:r=\"" DOCUMENT "\"><sheets>"
		"<sheet name=\"survey\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>");
	snprintf(relations, sizeof(relations),
		 "<Relationships xmlns=\"" PACKAGE "relationships\">"
		 "<Relationship Id=\"rId1\" Type=\"" DOCUMENT "/worksheet\" Target=\"worksheets/sheet1.xml\"/>%s%s</Relationships>",
		 strings ? "<Relationship Id=\"rId2\" Type=\"" DOCUMENT "/sharedStrings\" Target=\"sharedStrings.xml\"/>" : "",
		 styles ? "<Relationship Id=\"rId3\" Type=\"" DOCUMENT "/styles\" Target=\"styles.xml\"/>" : "");
	xlsxkit_add_text(k, "xl/_rels/workbook.xml.rels", relations);
	if (strings)
		xlsxkit_add_text(k, "xl/sharedStrings.xml", strings);
	if (styles)
		xlsxkit_add_text(k, "xl/styles.xml", styles);
	if (sheet)
		xlsxkit_add_text(k, "xl/worksheets/sheet1.xml", sheet);
}

static void put16(struct buf *b, uint32_t v)
{
	write_u8(b, (uint8_t)v);
	write_u8(b, (uint8_t)(v >> 8));
}

static void put32(struct buf *b, uint32_t v)
{
	put16(b, v);
	put16(b, v >> 16);
}

static void put_header(struct buf *b, const struct xlsxkit_header *h)
{
	put16(b, 20);
	put16(b, h->flags);
	put16(b, h->method);
	put32(b, 0);
	put32(b, h->crc);
	put32(b, h->deflated);
	put32(b, h->inflated);
	put16(b, (uint32_t)strlen(h->name));
	put16(b, 0);
}

static void put_local(struct buf *b, const struct xlsxkit_entry *e)
{
	put32(b, 0x04034b50);
	put_header(b, &e->local);
	buf_text(b, e->local.name);
	buf_append(b, e->data, e->len);
}

static void put_central(struct buf *b, const struct xlsxkit_entry *e, uint32_t place)
{
	put32(b, 0x02014b50);
	put16(b, 20);
	put_header(b, &e->central);
	put16(b, 0);
	put16(b, e->disk);
	put16(b, 0);
	put32(b, 0);
	put32(b, e->place < 0 ? place : (uint32_t)e->place);
	buf_text(b, e->central.name);
}

static void put_end(const struct xlsxkit *k, struct buf *b, size_t place, size_t bytes)
{
	uint32_t count = (uint32_t)(k->entry_count < 0 ? (int64_t)k->count : k->entry_count);

	put32(b, 0x06054b50);
	put16(b, k->disk);
	put16(b, k->disk);
	put16(b, count);
	put16(b, count);
	put32(b, k->directory_bytes < 0 ? (uint32_t)bytes : (uint32_t)k->directory_bytes);
	put32(b, k->directory < 0 ? (uint32_t)place : (uint32_t)k->directory);
	put16(b, k->comment ? (uint32_t)strlen(k->comment) : 0);
	buf_text(b, k->comment ? k->comment : "");
	buf_text(b, k->tail ? k->tail : "");
}

void xlsxkit_write(const struct xlsxkit *k, struct buf *out)
{
	struct buf central;
	size_t place;

	buf_init(&central, ARCHIVE_BYTES_MAX);
	for (size_t i = 0; i < k->count; i++) {
		put_central(&central, &k->entries[i], (uint32_t)out->len);
		if (!k->entries[i].is_shadow)
			put_local(out, &k->entries[i]);
	}
	place = out->len;
	buf_append(out, central.data, central.len);
	put_end(k, out, place, central.len);
	if (buf_error(&central) != 0 || buf_error(out) != 0)
		abort();
	buf_fini(&central);
}

char *xlsxkit_sheet(const char *rows)
{
	static const char HEAD[] = "<worksheet xmlns=\"" MAIN "\"><sheetData>", FOOT[] = "</sheetData></worksheet>";
	size_t len = strlen(rows);
	char *sheet = must(malloc(sizeof(HEAD) + len + sizeof(FOOT)));

	memcpy(sheet, HEAD, sizeof(HEAD) - 1);
	memcpy(sheet + sizeof(HEAD) - 1, rows, len);
	memcpy(sheet + sizeof(HEAD) - 1 + len, FOOT, sizeof(FOOT));
	return sheet;
}

static void check_text(const char *text, bool may_be_empty)
{
	size_t len = strlen(text);
	struct buf clean;
	int rc;

	buf_init(&clean, 2 * WORKBOOK_CELL_BYTES_MAX);
	rc = text_clean(&clean, text, len);
	assert(rc == 0);
	assert(clean.len == len);
	assert(len == 0 || memcmp(clean.data, text, len) == 0);
	assert(len > 0 || may_be_empty);
	assert(len <= WORKBOOK_CELL_BYTES_MAX);
	buf_fini(&clean);
}

void xlsxkit_check(const struct workbook *w)
{
	size_t cells = 0, text = 0;

	assert(w->sheet_count <= WORKBOOK_SHEETS_MAX);
	for (size_t s = 0; s < w->sheet_count; s++) {
		check_text(w->sheets[s].name, true);
		for (size_t r = 0; r < w->sheets[s].row_count; r++) {
			const struct workbook_row *row = &w->sheets[s].rows[r];

			assert(row->number > (r ? row[-1].number : 0));
			assert(row->number <= WORKBOOK_ROWS_MAX);
			assert(row->cell_count > 0);
			cells += row->cell_count;
			for (size_t c = 0; c < row->cell_count; c++) {
				assert(row->cells[c].column < WORKBOOK_COLUMNS_MAX);
				assert(c == 0 || row->cells[c].column > row->cells[c - 1].column);
				check_text(row->cells[c].text, false);
				text += strlen(row->cells[c].text);
			}
		}
	}
	assert(cells <= WORKBOOK_CELLS_MAX);
	assert(text <= WORKBOOK_TEXT_BYTES_MAX);
}

static bool is_same_row(const struct workbook_row *a, const struct workbook_row *b)
{
	if (a->number != b->number || a->cell_count != b->cell_count)
		return false;
	for (size_t c = 0; c < a->cell_count; c++)
		if (a->cells[c].column != b->cells[c].column || strcmp(a->cells[c].text, b->cells[c].text) != 0)
			return false;
	return true;
}

bool xlsxkit_same(const struct workbook *a, const struct workbook *b)
{
	if (a->sheet_count != b->sheet_count)
		return false;
	for (size_t s = 0; s < a->sheet_count; s++) {
		if (strcmp(a->sheets[s].name, b->sheets[s].name) != 0 || a->sheets[s].row_count != b->sheets[s].row_count)
			return false;
		for (size_t r = 0; r < a->sheets[s].row_count; r++)
			if (!is_same_row(&a->sheets[s].rows[r], &b->sheets[s].rows[r]))
				return false;
	}
	return true;
}
