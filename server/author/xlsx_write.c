/*
 * xlsx_write: sheets of text as an .xlsx that spreadsheet programs and the field's compilers open, and that xlsx.c reads back the same.
 *
 * The parts are the fewest that Excel accepts. Texts are shared strings, each once, in the order of their first use: found by
 * sorting, so that nothing here depends on a hash or on addresses. The first row is a header: bold, and stays in view.
 */
#include "server/author/xlsx.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/base/text.h"

#define NAME_CHARACTERS_MAX 31       /* of a sheet, in every spreadsheet program */
#define WIDTH_MIN 9                  /* characters */
#define WIDTH_MAX 60
#define STYLE_PLAIN 0                /* places in STYLES below */
#define STYLE_HEADER 1
#define STYLE_LINES 2                /* has line breaks */

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define DOCUMENT "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE "http://schemas.openxmlformats.org/package/2006/"
#define TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml."

static const char RELATIONS[] = XML "<Relationships xmlns=\"" PACKAGE "relationships\"><Relationship Id=\"rId1\" Type=\"" DOCUMENT
	"/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";

static const char STYLES[] = XML "<styleSheet xmlns=\"" MAIN "\">"
	"<fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font>"
	"<font><b/><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font></fonts>"
	"<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>"
	"<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
	"<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>"
	"<cellXfs count=\"3\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>"
	"<xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>"
	"<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyAlignment=\"1\"><alignment wrapText=\"1\"/></xf>"
	"</cellXfs>"
	"<cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>";

/* A cell's text and the shared string it becomes. */
struct use {
	const char *text;
	size_t order;        /* of the cell in the workbook */
	size_t first;        /* the order of the first cell with the same text */
	size_t id;           /* number of the shared string; of first ones */
};

struct writing {
	const struct workbook *workbook;
	struct use *uses;    /* owned, by order */
	size_t use_count;
	size_t next_use;     /* of the cell that is written next */
	size_t string_count;
	struct zip_writer zip;
	struct buf part;     /* the one being made */
};

/* Whether XML 1.0 can hold the character. */
static bool is_xml(uint32_t cp)
{
	return cp == '\t' || cp == '\n' || (cp >= 0x20 && cp != 0xFFFE && cp != 0xFFFF);
}

static bool is_visible(const char *text)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len;) {
		uint32_t cp;
		size_t bytes = text_decode((const uint8_t *)text + at, len - at, &cp);

		if (bytes > 0 && is_xml(cp))
			return true;
		at += bytes ? bytes : 1;
	}
	return false;
}

/* Whether `at` reads as an escape of xlsx_strings.c ("_x000D_"). */
static bool is_like_escape(const char *at)
{
	return at[0] == '_' && at[1] == 'x' && strspn(at + 2, "0123456789abcdefABCDEF") >= 4 && at[6] == '_';
}

static void character_write(struct buf *b, const char *at, size_t bytes)
{
	if (*at == '&')
		buf_text(b, "&amp;");
	else if (*at == '<')
		buf_text(b, "&lt;");
	else if (*at == '>')
		buf_text(b, "&gt;");
	else if (*at == '"')
		buf_text(b, "&quot;");
	else
		buf_append(b, at, bytes);
}

/* `text` as XML; what XML cannot hold is left out. `is_string`: of a cell, where escapes are understood. */
static void text_write(struct buf *b, const char *text, bool is_string)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len;) {
		uint32_t cp;
		size_t bytes = text_decode((const uint8_t *)text + at, len - at, &cp);

		if (is_string && is_like_escape(text + at))
			buf_text(b, "_x005F");
		if (bytes > 0 && is_xml(cp))
			character_write(b, text + at, bytes);
		at += bytes ? bytes : 1;
	}
}

static size_t character_count(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xC0) != 0x80;
	return count;
}

/* What the reader refuses is not written. */
static int sheet_check(const struct workbook *w, size_t index)
{
	const struct workbook_sheet *s = &w->sheets[index];
	size_t count = character_count(s->name, strlen(s->name));

	if (count == 0 || count > NAME_CHARACTERS_MAX || strpbrk(s->name, "[]:*?/\\\n\t") || !text_is_utf8(s->name, strlen(s->name)))
		return err_set(ERR_USAGE, "sheet %zu has a name that spreadsheet programs refuse: %d characters, none of []:*?/\\",
			       index + 1, NAME_CHARACTERS_MAX);
	for (size_t i = 0; i < index; i++)
		if (strcasecmp(w->sheets[i].name, s->name) == 0)
			return err_set(ERR_USAGE, "two sheets have the name %s", s->name);
	for (size_t i = 0; i < s->row_count; i++) {
		const struct workbook_row *row = &s->rows[i];

		if (row->number == 0 || row->number > WORKBOOK_ROWS_MAX || (i > 0 && row->number <= s->rows[i - 1].number))
			return err_set(ERR_USAGE, "sheet %s: row %u is out of order or range", s->name, row->number);
		for (size_t c = 0; c < row->cell_count; c++)
			if (row->cells[c].column >= WORKBOOK_COLUMNS_MAX || (c > 0 && row->cells[c].column <= row->cells[c - 1].column) ||
			    strlen(row->cells[c].text) > WORKBOOK_CELL_BYTES_MAX)
				return err_set(ERR_USAGE, "sheet %s, row %u: a cell is out of order or range, or too long", s->name,
					       row->number);
	}
	return 0;
}

static int workbook_check(const struct workbook *w)
{
	if (w->sheet_count == 0 || w->sheet_count > WORKBOOK_SHEETS_MAX)
		return err_set(ERR_USAGE, "a workbook has 1 to %d sheets", WORKBOOK_SHEETS_MAX);
	for (size_t i = 0; i < w->sheet_count; i++) {
		int rc = sheet_check(w, i);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	if (order == 0)
		return x->order < y->order ? -1 : x->order > y->order;
	return order;
}

static int by_order(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

static size_t cell_count(const struct workbook *w)
{
	size_t count = 0;

	for (size_t s = 0; s < w->sheet_count; s++)
		for (size_t r = 0; r < w->sheets[s].row_count; r++)
			count += w->sheets[s].rows[r].cell_count;
	return count;
}

static void uses_fill(struct writing *w)
{
	const struct workbook *book = w->workbook;

	for (size_t s = 0; s < book->sheet_count; s++)
		for (size_t r = 0; r < book->sheets[s].row_count; r++)
			for (size_t c = 0; c < book->sheets[s].rows[r].cell_count; c++) {
				const char *text = book->sheets[s].rows[r].cells[c].text;

				if (is_visible(text))
					w->uses[w->use_count] = (struct use){ .text = text, .order = w->use_count };
				w->use_count += is_visible(text);
			}
}

static int strings_find(struct writing *w)
{
	size_t count = cell_count(w->workbook);

	if (count > WORKBOOK_CELLS_MAX)
		return err_set(ERR_LIMIT, "a workbook has at most %d cells", WORKBOOK_CELLS_MAX);
	w->uses = calloc(count + 1, sizeof(*w->uses));
	if (!w->uses)
		return err_set(ERR_NOMEM, "xlsx: no memory");
	uses_fill(w);
	qsort(w->uses, w->use_count, sizeof(*w->uses), by_text);
	for (size_t i = 0; i < w->use_count; i++) {
		bool is_same = i > 0 && strcmp(w->uses[i].text, w->uses[i - 1].text) == 0;

		w->uses[i].first = is_same ? w->uses[i - 1].first : w->uses[i].order;
	}
	qsort(w->uses, w->use_count, sizeof(*w->uses), by_order);
	for (size_t i = 0; i < w->use_count; i++)
		if (w->uses[i].first == i)
			w->uses[i].id = w->string_count++;
	return 0;
}

static void strings_write(struct writing *w)
{
	struct buf *b = &w->part;

	buf_printf(b, XML "<sst xmlns=\"" MAIN "\" count=\"%zu\" uniqueCount=\"%zu\">", w->use_count, w->string_count);
	for (size_t i = 0; i < w->use_count; i++) {
		if (w->uses[i].first != i)
			continue;
		buf_text(b, "<si><t xml:space=\"preserve\">");
		text_write(b, w->uses[i].text, true);
		buf_text(b, "</t></si>");
	}
	buf_text(b, "</sst>");
}

/* Characters in the longest line. */
static size_t widest_line(const char *text)
{
	size_t widest = 0;

	for (;;) {
		size_t len = strcspn(text, "\n");
		size_t count = character_count(text, len);

		widest = count > widest ? count : widest;
		if (!text[len])
			return widest;
		text += len + 1;
	}
}

static void columns_write(struct buf *b, const struct workbook_sheet *s)
{
	uint8_t widths[WORKBOOK_COLUMNS_MAX] = { 0 };
	size_t count = 0;

	for (size_t r = 0; r < s->row_count; r++)
		for (size_t c = 0; c < s->rows[r].cell_count; c++) {
			const struct workbook_cell *cell = &s->rows[r].cells[c];
			size_t width = widest_line(cell->text) + 2;

			width = width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
			widths[cell->column] = width > widths[cell->column] ? (uint8_t)width : widths[cell->column];
			count = cell->column + 1 > count ? cell->column + 1 : count;
		}
	if (count == 0)
		return;
	buf_text(b, "<cols>");
	for (size_t c = 0; c < count; c++)
		buf_printf(b, "<col min=\"%zu\" max=\"%zu\" width=\"%u\" customWidth=\"1\"/>", c + 1, c + 1,
			   widths[c] ? widths[c] : (unsigned)WIDTH_MIN);
	buf_text(b, "</cols>");
}

/* Whether the first letter that is not ASCII is Arabic. */
static bool is_arabic(const char *text)
{
	size_t at = 0, len = strlen(text);
	uint32_t cp;

	while (text_next(text, len, &at, &cp) > 0)
		if (cp >= 0x80)
			return cp >= 0x600 && cp <= 0x6FF;
	return false;
}

/* Whether the first column of labels is Arabic: by its header ("label::Arabic (ar)"), or by the first label in it. */
static bool is_right_to_left(const struct workbook_sheet *s)
{
	const struct workbook_row *header = s->row_count ? &s->rows[0] : NULL;

	for (size_t c = 0; header && c < header->cell_count; c++) {
		const struct workbook_cell *cell = &header->cells[c];

		if (strncasecmp(cell->text, "label", 5) != 0)
			continue;
		if (strcasestr(cell->text, "(ar") || strcasestr(cell->text, "arabic") || is_arabic(cell->text))
			return true;
		for (size_t r = 1; r < s->row_count; r++)
			if (workbook_cell(&s->rows[r], cell->column)[0])
				return is_arabic(workbook_cell(&s->rows[r], cell->column));
		return false;
	}
	return false;
}

static void cell_write(struct writing *w, uint32_t row, const struct workbook_cell *cell)
{
	char letters[WORKBOOK_LETTERS_BYTES];
	const struct use *use;
	unsigned style = row == 1 ? STYLE_HEADER : strchr(cell->text, '\n') ? STYLE_LINES : STYLE_PLAIN;

	if (!is_visible(cell->text))
		return;
	assert(w->next_use < w->use_count);
	use = &w->uses[w->uses[w->next_use++].first];
	buf_printf(&w->part, "<c r=\"%s%u\" s=\"%u\" t=\"s\"><v>%zu</v></c>", workbook_letters(cell->column, letters), row, style, use->id);
}

static void sheet_write(struct writing *w, const struct workbook_sheet *s, bool is_active)
{
	struct buf *b = &w->part;

	buf_text(b, XML "<worksheet xmlns=\"" MAIN "\"><sheetViews><sheetView ");
	if (is_right_to_left(s))
		buf_text(b, "rightToLeft=\"1\" ");
	if (is_active)
		buf_text(b, "tabSelected=\"1\" ");
	buf_text(b, "workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>"
		"<selection pane=\"bottomLeft\"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight=\"15\"/>");
	columns_write(b, s);
	buf_text(b, "<sheetData>");
	for (size_t r = 0; r < s->row_count; r++) {
		buf_printf(b, "<row r=\"%u\">", s->rows[r].number);
		for (size_t c = 0; c < s->rows[r].cell_count; c++)
			cell_write(w, s->rows[r].number, &s->rows[r].cells[c]);
		buf_text(b, "</row>");
	}
	buf_text(b, "</sheetData></worksheet>");
}

/* The first sheet that is not hidden; programs need one, so the very first is shown when all are hidden. */
static size_t first_visible(const struct workbook *w)
{
	for (size_t i = 0; i < w->sheet_count; i++)
		if (!w->sheets[i].is_hidden)
			return i;
	return 0;
}

static void workbook_part_write(struct buf *b, const struct workbook *w)
{
	size_t active = first_visible(w);

	buf_printf(b, XML "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" DOCUMENT "\"><bookViews>"
		   "<workbookView activeTab=\"%zu\"/></bookViews><sheets>",
		   active);
	for (size_t i = 0; i < w->sheet_count; i++) {
		buf_text(b, "<sheet name=\"");
		text_write(b, w->sheets[i].name, false);
		buf_printf(b, "\" sheetId=\"%zu\"%s r:id=\"rId%zu\"/>", i + 1,
			   w->sheets[i].is_hidden && i != active ? " state=\"hidden\"" : "", i + 1);
	}
	buf_text(b, "</sheets></workbook>");
}

static void workbook_relations_write(struct buf *b, size_t sheets)
{
	buf_text(b, XML "<Relationships xmlns=\"" PACKAGE "relationships\">");
	for (size_t i = 1; i <= sheets; i++)
		buf_printf(b, "<Relationship Id=\"rId%zu\" Type=\"" DOCUMENT "/worksheet\" Target=\"worksheets/sheet%zu.xml\"/>", i, i);
	buf_printf(b, "<Relationship Id=\"rId%zu\" Type=\"" DOCUMENT "/styles\" Target=\"styles.xml\"/>", sheets + 1);
	buf_printf(b, "<Relationship Id=\"rId%zu\" Type=\"" DOCUMENT "/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>",
		   sheets + 2);
}

static void content_types_write(struct buf *b, size_t sheets)
{
	buf_text(b, XML "<Types xmlns=\"" PACKAGE "content-types\">"
		"<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
		"<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
		"<Override PartName=\"/xl/workbook.xml\" ContentType=\"" TYPE "sheet.main+xml\"/>"
		"<Override PartName=\"/xl/styles.xml\" ContentType=\"" TYPE "styles+xml\"/>"
		"<Override PartName=\"/xl/sharedStrings.xml\" ContentType=\"" TYPE "sharedStrings+xml\"/>");
	for (size_t i = 1; i <= sheets; i++)
		buf_printf(b, "<Override PartName=\"/xl/worksheets/sheet%zu.xml\" ContentType=\"" TYPE "worksheet+xml\"/>", i);
	buf_text(b, "</Types>");
}

/* The part made in w->part goes to the archive. */
static int part_end(struct writing *w, const char *name)
{
	int rc = buf_error(&w->part);

	if (rc == 0)
		zip_writer_add(&w->zip, name, w->part.data, w->part.len);
	buf_clear(&w->part);
	return rc;
}

static int parts_write(struct writing *w)
{
	const struct workbook *book = w->workbook;
	int rc;

	content_types_write(&w->part, book->sheet_count);
	rc = part_end(w, "[Content_Types].xml");
	zip_writer_add(&w->zip, "_rels/.rels", RELATIONS, strlen(RELATIONS));
	workbook_part_write(&w->part, book);
	rc = rc ? rc : part_end(w, "xl/workbook.xml");
	workbook_relations_write(&w->part, book->sheet_count);
	rc = rc ? rc : part_end(w, "xl/_rels/workbook.xml.rels");
	zip_writer_add(&w->zip, "xl/styles.xml", STYLES, strlen(STYLES));
	strings_write(w);
	rc = rc ? rc : part_end(w, "xl/sharedStrings.xml");
	for (size_t i = 0; i < book->sheet_count && rc == 0; i++) {
		char name[48];

		sheet_write(w, &book->sheets[i], i == first_visible(book));
		snprintf(name, sizeof(name), "xl/worksheets/sheet%zu.xml", i + 1);
		rc = part_end(w, name);
	}
	return rc;
}

int xlsx_write(const struct workbook *w, struct buf *out)
{
	struct writing writing = { .workbook = w };
	int rc = workbook_check(w);
	int finish;

	if (rc == 0)
		rc = strings_find(&writing);
	if (rc == 0) {
		buf_init(&writing.part, WORKBOOK_PART_BYTES_MAX);
		zip_writer_init(&writing.zip, out);
		rc = parts_write(&writing);
		finish = zip_writer_finish(&writing.zip);
		rc = rc ? rc : finish;
		buf_fini(&writing.part);
	}
	free(writing.uses);
	return rc;
}
