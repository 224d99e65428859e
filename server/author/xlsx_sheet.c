/*
 * xlsx_sheet: the cells of one worksheet. Cells and rows usually say where they are (r="C12"); where they do not, they follow the one
 * before. Rows that are formatted and hold nothing cost nothing, however many.
 *
 * What a cell holds, by its type: s a shared string's number, str and inlineStr a text, b TRUE or FALSE, e an error as shown
 * ("#N/A"), d a date as text, n (or none) a number that may be shown as a date. Of formulas only the result counts; one
 * that was never computed reads as FORMULA_WITHOUT_RESULT, so that it is noticed.
 */
#include "server/author/xlsx.h"

#include <string.h>

#define FORMULA_WITHOUT_RESULT "#FORMULA!"
#define ROW_NUMBER_MAX 1048576u /* of any spreadsheet program */
#define COLUMN_COUNT_MAX 16384u
#define ISO_SECONDS_BYTES 19    /* "2026-11-22T10:00:00" */

enum cell_type { CELL_NUMBER, CELL_SHARED, CELL_TEXT, CELL_INLINE, CELL_BOOL, CELL_ERROR, CELL_DATE };

struct reading {
	struct xlsx *x;
	const char *name;      /* of the sheet */
	uint32_t row;          /* the one being read, from 1 */
	uint32_t next_column;  /* of a cell that does not say where it is */
	uint32_t column;       /* of the cell being read, from 0 */
	enum cell_type type;
	enum xlsx_format format;
	bool is_formula;       /* the cell has one */
	bool is_text;          /* inside <v>, or a <t> of <is> */
	struct xlsx_text text;
};

static int sheet_broken(const struct reading *r, const char *what)
{
	return err_set(ERR_CORRUPT, "the file is damaged (sheet %s, after row %u: %s): save it again as .xlsx", r->name, r->row, what);
}

/* The digits of `text` up to its end; 0 when there are none, others, or it is above `max`. */
static uint32_t number_parse(const char *text, uint32_t max)
{
	uint32_t v = 0;

	if (!*text)
		return 0;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		v = v * 10 + (uint32_t)(*text - '0');
		if (v > max)
			return 0;
	}
	return v;
}

static int row_start(struct reading *r, const char **attributes)
{
	const char *number = xlsx_xml_attribute(attributes, "r");
	uint32_t row = number ? number_parse(number, ROW_NUMBER_MAX) : r->row + 1;

	if (row == 0 || row > ROW_NUMBER_MAX)
		return sheet_broken(r, "a row has no proper number");
	r->row = row;
	r->next_column = 0;
	return 0;
}

/* "C12" of row 12: the column, and the row must be this one. */
static int place_parse(struct reading *r, const char *place)
{
	uint32_t column = 0;

	for (; (*place >= 'A' && *place <= 'Z') || (*place >= 'a' && *place <= 'z'); place++) {
		column = column * 26 + (uint32_t)(*place & 0x1f);
		if (column > COLUMN_COUNT_MAX)
			break;
	}
	if (column == 0 || column > COLUMN_COUNT_MAX || number_parse(place, ROW_NUMBER_MAX) != r->row)
		return sheet_broken(r, "a cell is not where it says");
	r->column = column - 1;
	return 0;
}

static enum cell_type type_parse(const char *type)
{
	static const struct {
		const char *name;
		enum cell_type type;
	} TYPES[] = {
		{ "s", CELL_SHARED }, { "str", CELL_TEXT }, { "inlineStr", CELL_INLINE }, { "b", CELL_BOOL }, { "e", CELL_ERROR },
		{ "d", CELL_DATE },
	};

	for (size_t i = 0; type && i < sizeof(TYPES) / sizeof(TYPES[0]); i++)
		if (strcmp(type, TYPES[i].name) == 0)
			return TYPES[i].type;
	return CELL_NUMBER;
}

static int cell_start(struct reading *r, const char **attributes)
{
	const char *place = xlsx_xml_attribute(attributes, "r");
	const char *style = xlsx_xml_attribute(attributes, "s");
	uint32_t index = style ? number_parse(style, XLSX_FORMATS_MAX) : 0;

	r->column = r->next_column;
	if (place) {
		int rc = place_parse(r, place);

		if (rc != 0)
			return rc;
	}
	r->next_column = r->column + 1;
	r->type = type_parse(xlsx_xml_attribute(attributes, "t"));
	r->format = index < r->x->format_count ? (enum xlsx_format)r->x->formats[index] : XLSX_FORMAT_NUMBER;
	r->is_formula = false;
	r->text.len = 0;
	return 0;
}

/* <v>, <f> or <is> of a cell, and <t> and <r> in <is>. */
static int inside_start(struct reading *r, size_t depth, const char *name)
{
	if (depth == 4 && strcmp(name, "f") == 0)
		r->is_formula = true;
	if ((depth == 4 && strcmp(name, "v") == 0) || ((depth == 5 || depth == 6) && strcmp(name, "t") == 0)) {
		r->is_text = true;
		return 0;
	}
	if ((depth == 4 && strcmp(name, "is") == 0) || (depth == 5 && strcmp(name, "r") == 0))
		return 0;
	return XLSX_XML_SKIP;
}

static int on_start(void *ctx, size_t depth, const char *name, const char **attributes)
{
	struct reading *r = ctx;

	switch (depth) {
	case 0:
		return strcmp(name, "worksheet") == 0 ? 0 : XLSX_XML_SKIP;
	case 1:
		return strcmp(name, "sheetData") == 0 ? 0 : XLSX_XML_SKIP;
	case 2:
		return strcmp(name, "row") == 0 ? row_start(r, attributes) : XLSX_XML_SKIP;
	case 3:
		return strcmp(name, "c") == 0 ? cell_start(r, attributes) : XLSX_XML_SKIP;
	default:
		return inside_start(r, depth, name);
	}
}

static int on_text(void *ctx, size_t depth, const char *text, size_t len)
{
	struct reading *r = ctx;

	(void)depth;
	return r->is_text ? xlsx_text_add(&r->text, text, len) : 0;
}

static int shared_put(struct reading *r)
{
	char digits[12];
	uint32_t index;

	if (r->text.len == 0)
		return 0;
	if (r->text.len >= sizeof(digits))
		return sheet_broken(r, "a text is not among those of the file");
	memcpy(digits, r->text.bytes, r->text.len);
	digits[r->text.len] = '\0';
	index = number_parse(digits, XLSX_STRINGS_MAX);
	if (index >= r->x->string_count || (index == 0 && strcmp(digits, "0") != 0))
		return sheet_broken(r, "a text is not among those of the file");
	return grid_cell(r->x->grid, r->row, r->column, &r->x->strings[index]);
}

static int text_put(struct reading *r, const char *text, size_t len)
{
	struct grid_text made;
	int rc = grid_text(r->x->grid, text, len, &made);

	return rc == 0 ? grid_cell(r->x->grid, r->row, r->column, &made) : rc;
}

static int number_put(struct reading *r)
{
	char out[XLSX_NUMBER_BYTES];

	if (r->text.len == 0 && r->is_formula)
		return text_put(r, FORMULA_WITHOUT_RESULT, strlen(FORMULA_WITHOUT_RESULT));
	if (r->text.len == 0)
		return 0;
	if (xlsx_number_text(r->text.bytes, r->text.len, r->format, r->x->is_1904, out))
		return text_put(r, out, strlen(out));
	return text_put(r, r->text.bytes, r->text.len);
}

/* "2026-11-22T00:00:00.000Z" is a day. */
static int date_put(struct reading *r)
{
	size_t len = r->text.len < ISO_SECONDS_BYTES ? r->text.len : ISO_SECONDS_BYTES;

	if (len == ISO_SECONDS_BYTES && memcmp(r->text.bytes + 10, "T00:00:00", 9) == 0)
		len = 10;
	return text_put(r, r->text.bytes, len);
}

static int cell_end(struct reading *r)
{
	struct grid_text made;
	bool is_true;
	int rc;

	switch (r->type) {
	case CELL_SHARED:
		return shared_put(r);
	case CELL_TEXT:
	case CELL_INLINE:
	case CELL_ERROR:
		rc = xlsx_text_take(&r->text, r->x->grid, &made);
		return rc == 0 ? grid_cell(r->x->grid, r->row, r->column, &made) : rc;
	case CELL_BOOL:
		is_true = r->text.len > 0 && (r->text.bytes[0] == '1' || r->text.bytes[0] == 't');
		return r->text.len == 0 ? 0 : text_put(r, is_true ? "TRUE" : "FALSE", is_true ? 4 : 5);
	case CELL_DATE:
		return date_put(r);
	case CELL_NUMBER:
		return number_put(r);
	}
	return 0;
}

static int on_end(void *ctx, size_t depth, const char *name)
{
	struct reading *r = ctx;

	(void)name;
	r->is_text = false;
	return depth == 3 ? cell_end(r) : 0;
}

int xlsx_sheet_read(struct xlsx *x, const char *part, const char *name)
{
	static const struct xlsx_xml_reader READER = { .start = on_start, .end = on_end, .text = on_text };
	struct reading r = { .x = x, .name = name };
	int rc = xlsx_xml_read(x->zip, zip_find(x->zip, part), part, &READER, &r);

	xlsx_text_fini(&r.text);
	return rc;
}
