/*
 * xlsxseeds: see xlsxseeds.h.
 */
#include "tests/lib/xlsxseeds.h"

#include <assert.h>

#include "proto/base/bytes.h"
#include "tests/lib/xlsxkit.h"

#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define DOCUMENT "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

static const char SHEET[] =
	"<worksheet xmlns=\"" MAIN "\"><dimension ref=\"A1:F9\"/><sheetData>"
	"<row r=\"1\" spans=\"1:3\"><c r=\"A1\" s=\"1\" t=\"s\"><v>0</v></c>"
	"<c r=\"B1\" t=\"inlineStr\"><is><r><t>na</t></r><r><t xml:space=\"preserve\">me </t></r></is></c>"
	"<c r=\"C1\" t=\"str\"><f>A1</f><v>x_x000D_y</v></c></row>"
	"<row r=\"3\"><c><v>1.10000000000000001</v></c><c s=\"1\"><v>46348.5</v></c><c t=\"b\"><v>1</v></c><c t=\"e\"><v>#N/A</v></c>"
	"<c t=\"d\"><v>2026-11-22T00:00:00</v></c><c><f>1+1</f></c></row>"
	"<row r=\"9\" hidden=\"1\"><c s=\"2\"><v>-1.5E-7</v></c><c r=\"F9\" s=\"3\"><v>1.25</v></c></row>"
	"</sheetData><mergeCells><mergeCell ref=\"A1:B1\"/></mergeCells></worksheet>";

static const char STRINGS[] = "<sst xmlns=\"" MAIN "\" count=\"2\"><si><t>type</t></si>"
	"<si><r><rPr><b/></rPr><t>نص </t></r><r><t>&lt;b&gt;</t></r><rPh sb=\"0\" eb=\"1\"><t>no</t></rPh></si></sst>";

static const char STYLES[] = "<styleSheet xmlns=\"" MAIN "\"><numFmts count=\"2\"><numFmt numFmtId=\"164\" formatCode=\"dd/mm/yyyy\"/>"
	"<numFmt numFmtId=\"165\" formatCode=\"[h]:mm;&quot;d&quot;\\ 0_)\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/>"
	"<xf numFmtId=\"22\"/><xf numFmtId=\"165\"/></cellXfs></styleSheet>";

static const char BOOK[] = "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" DOCUMENT "\"><workbookPr date1904=\"false\"/><sheets>"
	"<sheet name=\"survey\" sheetId=\"1\" r:id=\"rId1\"/><sheet name=\"choices\" sheetId=\"2\" state=\"hidden\" r:id=\"rId1\"/>"
	"</sheets></workbook>";

static const char RELATIONS[] = "<Relationships><Relationship Id=\"rId1\" Type=\"" DOCUMENT "/worksheet\" "
	"Target=\"worksheets/sheet1.xml\"/>"
	"<Relationship Id=\"rId2\" Type=\"" DOCUMENT "/sharedStrings\" Target=\"../xl/./sharedStrings.xml\"/>"
	"<Relationship Id=\"rId3\" Type=\"" DOCUMENT "/styles\" Target=\"/xl/styles.xml\"/></Relationships>";

static const char *const CSV[] = {
	"type,name,label::Arabic (ar)\r\ntext,a,\"مرحبا, \"\"ب\"\"\r\nسطر\"\r\n\r\n,,x\036list_name,name\nl,1\n\036form_id\nx",
	"\xef\xbb\xbftype;name\n\"a;b\";c\036sep=|\na|b\036",
	"type\tname\ra\tb\036\"\"\036,,,\n",
};

static const char *const NAMES[] = { "deflated", "stored", "sheet", "strings", "styles", "book", "relations", "comma", "semicolon", "tab",
	"xls", "empty" };

const char *xlsxseeds_part(enum xlsxseeds_choice choice)
{
	switch (choice) {
	case XLSXSEEDS_SHEET:
		return SHEET;
	case XLSXSEEDS_STRINGS:
		return STRINGS;
	case XLSXSEEDS_STYLES:
		return STYLES;
	case XLSXSEEDS_BOOK:
		return BOOK;
	case XLSXSEEDS_RELATIONS:
		return RELATIONS;
	case XLSXSEEDS_FILE:
	case XLSXSEEDS_CHOICES:
		break;
	}
	return NULL;
}

static void file_make(bool is_stored, struct buf *out)
{
	struct xlsxkit k;
	struct buf file;

	buf_init(&file, 1024 * 1024);
	xlsxkit_init(&k);
	if (is_stored)
		xlsxkit_add_stored(&k, "_rels/.rels", "<a/>", 4);
	else
		xlsxkit_book(&k, SHEET, STRINGS, STYLES);
	xlsxkit_write(&k, &file);
	xlsxkit_fini(&k);
	buf_append(out, file.data, file.len);
	buf_fini(&file);
}

void xlsxseeds_make(size_t index, const char **target, const char **name, struct buf *out)
{
	static const char OLD[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old";

	assert(index < XLSXSEEDS_COUNT);
	*target = index >= 7 && index < 10 ? "fuzz_sheets_csv" : "fuzz_workbook";
	*name = NAMES[index];
	if (index >= 7 && index < 10) {
		buf_text(out, CSV[index - 7]);
		return;
	}
	write_u8(out, index >= 2 && index < 7 ? (uint8_t)(index - 1) : XLSXSEEDS_FILE);
	if (index < 2)
		file_make(index == 1, out);
	else if (index < 7)
		buf_text(out, xlsxseeds_part((enum xlsxseeds_choice)(index - 1)));
	else if (index == 10)
		buf_text(out, OLD);
}
