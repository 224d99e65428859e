/*
 * xlsx: the parts of an .xlsx file, and the order in which they are read: the relationships lead to the workbook, those of the
 * workbook to strings, styles and sheets. A part is never found by a guessed name, and none outside the archive.
 *
 * Read it in the order of the functions below. workbook.h is the contract for everybody else.
 */
#ifndef SERVER_AUTHOR_XLSX_H
#define SERVER_AUTHOR_XLSX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/arena.h"
#include "server/author/grid.h"
#include "server/author/xlsx_xml.h"
#include "server/author/zip.h"

#define XLSX_RELATIONS_MAX 4096
#define XLSX_FORMATS_MAX 65536         /* cell formats; spreadsheet programs stop at 65490 */
#define XLSX_STRINGS_MAX WORKBOOK_CELLS_MAX
#define XLSX_SCRATCH_BYTES_MAX (16 * 1024 * 1024) /* names of parts and relationships */

/* What a number in a cell is shown as. */
enum xlsx_format {
	XLSX_FORMAT_NUMBER, /* as a number, whatever its decimals and unit */
	XLSX_FORMAT_DATE,   /* a day only */
	XLSX_FORMAT_TIME,   /* a day with a time, or a time alone */
	XLSX_FORMAT_SPAN,   /* hours that go on above 24 */
};

enum xlsx_relation_kind { XLSX_RELATION_OTHER, XLSX_RELATION_DOCUMENT, XLSX_RELATION_SHEET, XLSX_RELATION_STRINGS, XLSX_RELATION_STYLES };

struct xlsx_relation {
	enum xlsx_relation_kind kind;
	const char *id;
	const char *part;      /* the name of an entry of the archive; NULL: outside, or no name */
};

struct xlsx_relations {
	struct xlsx_relation *items; /* owned array; texts in the arena given */
	size_t count;
	size_t cap;
};

/* A file being read. */
struct xlsx {
	struct zip *zip;             /* owned */
	struct grid *grid;           /* borrowed; what is read goes there */
	struct arena *scratch;       /* owned */
	struct xlsx_relations relations; /* of the workbook */
	struct grid_text *strings;   /* owned; the shared strings */
	size_t string_count;
	size_t string_cap;
	uint8_t *formats;            /* owned; enum xlsx_format of each cell format */
	size_t format_count;
	bool is_1904;                /* days count from 1904-01-01 */
};

/* Text of a cell while its pieces come. Longer than a cell may be: the rest is dropped, the length tells. */
struct xlsx_text {
	char *bytes;                 /* owned */
	size_t len;                  /* at most WORKBOOK_CELL_BYTES_MAX + 1 */
	size_t cap;
};

int xlsx_text_add(struct xlsx_text *t, const char *text, size_t len) MUST_CHECK;
/* Decode _x000D_ and the like in place, then make a text of `g` of it; `t` is empty afterwards. Errors of grid_text(). */
int xlsx_text_take(struct xlsx_text *t, struct grid *g, struct grid_text *out) MUST_CHECK;
void xlsx_text_fini(struct xlsx_text *t);

/*
 * Say what a file is that is no archive, or an archive without a workbook: .xls, .ods, .csv, a web page, ... with what to do. Returns
 * ERR_CORRUPT. `z` is NULL when it is no archive; then 0 is returned when it should be one.
 */
int xlsx_kind_refuse(const void *data, size_t len, const struct zip *z) MUST_CHECK;

/*
 * The sentence in Arabic for the author whose file `data` workbook_read_xlsx() refused with `code`: what the file is and what to do.
 * Never NULL. The kept English message is another one afterwards, so take that first.
 */
const char *xlsx_kind_arabic(int code, const void *data, size_t len);

/*
 * The relationships of the part `part` ("" for the file as a whole) from its .rels part. ERR_NOT_FOUND when there is none. Free `out`
 * always.
 */
int xlsx_relations_read(struct zip *z, struct arena *a, const char *part, struct xlsx_relations *out) MUST_CHECK;
/* The first of a kind, or with the id `id` when not NULL; NULL when there is none, or its part is not in the archive. */
const struct xlsx_relation *xlsx_relations_find(const struct xlsx_relations *r, const struct zip *z, enum xlsx_relation_kind kind,
						 const char *id);
void xlsx_relations_fini(struct xlsx_relations *r);

/* Fill x->strings. */
int xlsx_strings_read(struct xlsx *x, const char *part) MUST_CHECK;

/* Fill x->formats. */
int xlsx_styles_read(struct xlsx *x, const char *part) MUST_CHECK;
/* What a number format of its own shows: "dd/mm/yyyy", "[h]:mm", "#,##0.00". */
enum xlsx_format xlsx_styles_format(const char *code);

#define XLSX_NUMBER_BYTES 64

/*
 * The text of the number `stored` as a person would type it: shortest, at most 15 digits, a date as "2026-11-22" or
 * "2026-11-22T10:00:00", a time as "10:00:00". False when `stored` is no number.
 */
bool xlsx_number_text(const char *stored, size_t len, enum xlsx_format format, bool is_1904, char out[static XLSX_NUMBER_BYTES]);

/* Fill the sheet of x->grid begun last from `part`; `name` names it in messages. */
int xlsx_sheet_read(struct xlsx *x, const char *part, const char *name) MUST_CHECK;

/* Read a whole file into `g`. Errors of workbook_read_xlsx(). */
int xlsx_read(const void *data, size_t len, struct grid *g) MUST_CHECK;

/* See workbook_write_xlsx(). */
int xlsx_write(const struct workbook *w, struct buf *out) MUST_CHECK;

#endif
