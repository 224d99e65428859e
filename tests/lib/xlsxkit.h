/*
 * xlsxkit: .xlsx files made in memory for tests, whole or with one thing wrong: what the reader is told in the headers and
 * what is really there are set apart.
 *
 * Running out of memory ends the test.
 */
#ifndef TESTS_LIB_XLSXKIT_H
#define TESTS_LIB_XLSXKIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "server/author/workbook.h"

#define XLSXKIT_NAME_BYTES 600

/* What one of the two headers of an entry says. */
struct xlsxkit_header {
	char name[XLSXKIT_NAME_BYTES];
	uint32_t flags;
	uint32_t method;
	uint32_t crc;
	uint32_t deflated;
	uint32_t inflated;
};

struct xlsxkit_entry {
	struct xlsxkit_header local;
	struct xlsxkit_header central;
	uint32_t disk;
	int64_t place;        /* of the local header as the directory says; -1: where it is */
	bool is_shadow;       /* in the directory only: has no local header and data of its own */
	uint8_t *data;        /* owned; as it stands in the archive */
	size_t len;
};

struct xlsxkit {
	struct xlsxkit_entry *entries; /* owned; what xlsxkit_add() returned is good until the next xlsxkit_add() */
	size_t count;
	uint32_t disk;        /* what the end record says */
	int64_t entry_count;  /* -1: as many as there are */
	int64_t directory;    /* place; -1: where it is */
	int64_t directory_bytes; /* -1: as many as there are */
	const char *comment;  /* of the archive; NULL: none */
	const char *tail;     /* behind everything; NULL: nothing */
};

void xlsxkit_init(struct xlsxkit *k);
void xlsxkit_fini(struct xlsxkit *k);

/* Add an entry, deflated; its headers may then be falsified. */
struct xlsxkit_entry *xlsxkit_add(struct xlsxkit *k, const char *name, const void *data, size_t len);
struct xlsxkit_entry *xlsxkit_add_text(struct xlsxkit *k, const char *name, const char *text);
/* As xlsxkit_add(), stored. */
struct xlsxkit_entry *xlsxkit_add_stored(struct xlsxkit *k, const char *name, const void *data, size_t len);
/* An entry of `mib` MiB of the byte `c`, without ever holding them; at most 4095. */
struct xlsxkit_entry *xlsxkit_add_bomb(struct xlsxkit *k, const char *name, char c, uint32_t mib);

/* The entry of that name; the test ends when there is none. */
struct xlsxkit_entry *xlsxkit_find(struct xlsxkit *k, const char *name);

/*
 * The parts of a workbook with the sheet "survey": `sheet` is its <worksheet> part, `strings` and `styles` may be NULL (then there is
 * none). With `sheet` NULL all parts but the sheet, to be added as xl/worksheets/sheet1.xml.
 */
void xlsxkit_book(struct xlsxkit *k, const char *sheet, const char *strings, const char *styles);

/* Append the archive to `out`. */
void xlsxkit_write(const struct xlsxkit *k, struct buf *out);

/* Ends the program unless all that workbook.h promises of a workbook that was read is true of `w`. */
void xlsxkit_check(const struct workbook *w);

/* Whether both have the same sheets and cells. Hidden or not is not compared. */
bool xlsxkit_same(const struct workbook *a, const struct workbook *b);

/* A <worksheet> part around `rows`, in memory that the caller frees. */
char *xlsxkit_sheet(const char *rows);

#endif
