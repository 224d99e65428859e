/*
 * Examples for server/author/workbook: what a cell of an .xlsx or of a CSV file reads as, how files that are none are named, and that
 * what is written comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/author/workbook.h"
#include "server/author/xlsx.h"
#include "tests/lib/xlsxkit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define FILE_MAX (64u * 1024 * 1024)
#define STRINGS(items) "<sst>" items "</sst>"
#define WORKBOOK(inside) "<workbook xmlns:r=\"r\">" inside "</workbook>"
#define RELATION(id, type, target) "<Relationship Id=\"" id "\" Type=\"http://x/" type "\" Target=\"" target "\"/>"

static int kit_read(struct xlsxkit *k, struct workbook *w)
{
	struct buf b;
	int rc;

	buf_init(&b, FILE_MAX);
	xlsxkit_write(k, &b);
	rc = workbook_read_xlsx(b.data, b.len, w);
	buf_fini(&b);
	xlsxkit_fini(k);
	return rc;
}

/* Read a workbook with the sheet "survey" of `rows`. */
static int rows_read(const char *rows, const char *strings, const char *styles, struct workbook *w)
{
	char *sheet = xlsxkit_sheet(rows);
	struct xlsxkit k;

	xlsxkit_init(&k);
	xlsxkit_book(&k, sheet, strings, styles);
	free(sheet);
	return kit_read(&k, w);
}

/* The text at "C12" of a sheet. */
static const char *cell_at(const struct workbook_sheet *s, const char *place)
{
	uint32_t column = 0;
	unsigned long row;

	for (; *place >= 'A'; place++)
		column = column * 26 + (uint32_t)(*place - 'A') + 1;
	row = strtoul(place, NULL, 10);
	for (size_t i = 0; i < s->row_count; i++)
		if (s->rows[i].number == row)
			return workbook_cell(&s->rows[i], column - 1);
	return "";
}

/* Read `rows` and compare pairs of place and text, up to NULL. */
static void check_rows(const char *rows, const char *strings, const char *styles, const char *const *pairs)
{
	struct workbook w;

	if (rows_read(rows, strings, styles, &w) != 0)
		fail_msg("%s", err_message());
	assert_int_equal(w.sheet_count, 1);
	for (; pairs[0]; pairs += 2)
		assert_string_equal(cell_at(&w.sheets[0], pairs[0]), pairs[1]);
	workbook_fini(&w);
}

static void check_says(const char *words)
{
	if (!strstr(err_message(), words))
		fail_msg("'%s' does not say '%s'", err_message(), words);
}

/* Cells of an .xlsx */

static void each_type_of_cell_has_its_text(void **state)
{
	static const char ROWS[] =
		"<row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c><c r=\"B1\" t=\"str\"><f>A1&amp;\"x\"</f><v>made</v></c>"
		"<c r=\"C1\" t=\"inlineStr\"><is><t>in</t></is></c><c r=\"D1\" t=\"b\"><v>1</v></c><c r=\"E1\" t=\"b\"><v>0</v></c>"
		"<c r=\"F1\" t=\"e\"><v>#N/A</v></c><c r=\"G1\"><v>12</v></c><c r=\"H1\" t=\"n\"><v>0.1</v></c>"
		"<c r=\"I1\" t=\"d\"><v>2026-11-22T00:00:00.000</v></c><c r=\"J1\" t=\"d\"><v>2026-11-22T10:00:00Z</v></c></row>";
	static const char *const PAIRS[] = { "A1", "two", "B1", "made", "C1", "in", "D1", "TRUE", "E1", "FALSE", "F1", "#N/A", "G1", "12",
		"H1", "0.1", "I1", "2026-11-22", "J1", "2026-11-22T10:00:00", "K1", "", NULL };

	(void)state;
	check_rows(ROWS, STRINGS("<si><t>one</t></si><si><t>two</t></si>"), NULL, PAIRS);
}

static void runs_are_joined_and_phonetic_readings_left_out(void **state)
{
	static const char *const PAIRS[] = { "A1", "bold and plain", "B1", "ab", NULL };

	(void)state;
	check_rows("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"inlineStr\"><is><r><t>a</t></r><rPh><t>no</t></rPh>"
		   "<r><rPr><b/></rPr><t>b</t></r></is></c></row>",
		   STRINGS("<si><r><rPr><b/></rPr><t xml:space=\"preserve\">bold </t></r><r><t>and plain</t></r>"
			   "<rPh sb=\"0\" eb=\"1\"><t>reading</t></rPh><phoneticPr fontId=\"1\"/></si>"),
		   NULL, PAIRS);
}

static void text_is_cleaned_and_keeps_its_line_breaks(void **state)
{
	static const char *const PAIRS[] = { "A1", "a b\nc", "B1", "اسم", NULL };
	struct workbook w;

	(void)state;
	check_rows("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"inlineStr\"><is><t>\xe2\x80\x8f اسم\xc2\xa0</t></is>"
		"</c></row>",
		   STRINGS("<si><t xml:space=\"preserve\">  a \t b_x000D_&#10;c </t></si>"), NULL, PAIRS);
	assert_int_equal(rows_read("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>", STRINGS("<si><t>  </t></si>"), NULL, &w), 0);
	assert_int_equal(w.sheets[0].row_count, 0);
	workbook_fini(&w);
}

static void escapes_of_spreadsheet_programs_are_decoded(void **state)
{
	static const char *const PAIRS[] = { "A1", "A_x0041_B", "B1", "_x00_ _xD800_ _x0041", NULL };

	(void)state;
	check_rows("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>",
		   STRINGS("<si><t>_x0041__x005F_x0041_B</t></si><si><t>_x00_ _xD800_ _x0041</t></si>"), NULL, PAIRS);
}

static void rows_and_cells_without_a_place_follow_each_other(void **state)
{
	static const char *const PAIRS[] = { "A1", "1", "B1", "2", "D1", "4", "E1", "5", "A2", "6", "A9", "9", "A10", "10", NULL };

	(void)state;
	check_rows("<row><c><v>1</v></c><c><v>2</v></c><c r=\"D1\"><v>4</v></c><c><v>5</v></c></row><row><c><v>6</v></c></row>"
		   "<row r=\"9\"><c><v>9</v></c></row><row><c><v>10</v></c></row>",
		   NULL, NULL, PAIRS);
}

static void prefixes_and_the_strict_dialect_are_understood(void **state)
{
	struct xlsxkit k;
	struct workbook w;

	(void)state;
	xlsxkit_init(&k);
	xlsxkit_add_text(&k, "_rels/.rels", "<p:Relationships xmlns:p=\"p\"><p:Relationship Id=\"a\" Type=\""
		"http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument\" Target=\"/book/main.xml\"/></p:Relationships>");
	xlsxkit_add_text(&k, "book/main.xml", "<x:workbook xmlns:x=\"http://purl.oclc.org/ooxml/spreadsheetml/main\" xmlns:q=\"q\">"
		"<x:sheets><x:sheet name=\" survey \" sheetId=\"7\" q:id=\"z\"/></x:sheets></x:workbook>");
	xlsxkit_add_text(&k, "book/_rels/main.xml.rels", "<Relationships>"
		"<Relationship Id=\"z\" Type=\"http://purl.oclc.org/ooxml/officeDocument/relationships/worksheet\" "
		"Target=\"../a/./b/../s.xml\"/>"
		"</Relationships>");
	xlsxkit_add_text(&k, "a/s.xml", "<x:worksheet xmlns:x=\"x\"><x:sheetData><x:row r=\"1\"><x:c r=\"A1\" t=\"inlineStr\"><x:is>"
		"<x:t>hi</x:t>"
		"</x:is></x:c></x:row></x:sheetData></x:worksheet>");
	assert_int_equal(kit_read(&k, &w), 0);
	assert_string_equal(w.sheets[0].name, "survey");
	assert_string_equal(cell_at(&w.sheets[0], "A1"), "hi");
	workbook_fini(&w);
}

static void a_formula_without_result_is_noticed(void **state)
{
	static const char *const PAIRS[] = { "A1", "#FORMULA!", "B1", "", "C1", "#FORMULA!", "D1", "", NULL };

	(void)state;
	check_rows("<row r=\"1\"><c r=\"A1\"><f>1+1</f></c><c r=\"B1\" t=\"str\"><f>\"\"</f><v></v></c><c r=\"C1\"><f>B1</f><v/></c>"
		"<c r=\"D1\"><v></v></c>"
		   "<c r=\"E1\" t=\"inlineStr\"/><c r=\"F1\" t=\"d\"/><c r=\"G1\" t=\"b\"/>"
		"</row>", NULL, NULL,
		   PAIRS);
}

static void what_is_outside_the_cells_is_not_read(void **state)
{
	static const char *const PAIRS[] = { "A1", "1", "A2", "", NULL };
	struct workbook w;

	(void)state;
	check_rows("<row r=\"1\"><c r=\"A1\"><v>1</v><extLst><v>2</v></extLst></c></row><x><row r=\"2\"><c><v>3</v></c></row></x>",
		NULL, NULL, PAIRS);
	assert_int_equal(rows_read("</sheetData><extLst><sheetData><row r=\"2\"><c><v>3</v></c></row></sheetData></extLst>"
		"<sheetData>", NULL, NULL, &w), 0);
	assert_int_equal(w.sheets[0].row_count, 0);
	workbook_fini(&w);
}

static void a_number_that_is_none_is_kept_as_text(void **state)
{
	static const char *const PAIRS[] = { "A1", "1.2.3", NULL };

	(void)state;
	check_rows("<row r=\"1\"><c r=\"A1\"><v>1.2.3</v></c></row>", NULL, NULL, PAIRS);
}

static void styles_decide_what_is_a_date(void **state)
{
	static const char STYLES[] =
		"<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"dd/mm/yyyy\"/><numFmt numFmtId=\"22\" formatCode=\"0.0\"/>"
		"</numFmts>"
		"<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>"
		"<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf numFmtId=\"22\"/><xf numFmtId=\"21\"/>"
		"<xf/></cellXfs>"
		"<dxfs><dxf><numFmt numFmtId=\"0\" formatCode=\"d\"/></dxf></dxfs></styleSheet>";
	static const char *const PAIRS[] = { "A1", "46348", "B1", "2026-11-22", "C1", "2026-11-22", "D1", "46348", "E1", "12:00:00",
		"F1", "46348",
		"G1", "46348", "H1", "46348", NULL };

	(void)state;
	check_rows("<row r=\"1\"><c s=\"0\"><v>46348</v></c><c s=\"1\"><v>46348</v></c><c s=\"2\"><v>46348</v></c><c s=\"3\"><v>"
		"46348</v></c>"
		   "<c s=\"4\"><v>0.5</v></c><c s=\"5\"><v>46348</v></c><c s=\"6\"><v>46348</v></c><c s=\"x\"><v>46348</v></c></row>",
		   NULL, STYLES, PAIRS);
}

static void a_workbook_may_count_days_from_1904(void **state)
{
	struct xlsxkit k;
	struct workbook w;
	char *sheet = xlsxkit_sheet("<row r=\"1\"><c r=\"A1\" s=\"1\"><v>44886</v></c></row>");

	(void)state;
	xlsxkit_init(&k);
	xlsxkit_book(&k, sheet, NULL, "<styleSheet><cellXfs><xf/><xf numFmtId=\"14\"/></cellXfs></styleSheet>");
	xlsxkit_find(&k, "xl/workbook.xml")->local.name[0] = 'X';
	xlsxkit_find(&k, "Xl/workbook.xml")->central.name[0] = 'X';
	xlsxkit_find(&k, "Xl/workbook.xml")->local.name[3] = 'B';
	xlsxkit_find(&k, "Xl/Borkbook.xml")->central.name[3] = 'B';
	xlsxkit_add_text(&k, "xl/workbook.xml",
		WORKBOOK("<workbookPr date1904=\"1\"/><sheets><sheet name=\"survey\" r:id=\"rId1\"/></sheets>"));
	assert_int_equal(kit_read(&k, &w), 0);
	assert_string_equal(cell_at(&w.sheets[0], "A1"), "2026-11-22");
	workbook_fini(&w);
	free(sheet);
}

/* Sheets */

/* A workbook with these two parts, and the sheets a.xml and b.xml. */
static int book_read(const char *workbook, const char *relations, struct workbook *w)
{
	struct xlsxkit k;

	xlsxkit_init(&k);
	xlsxkit_add_text(&k, "_rels/.rels", "<Relationships>" RELATION("r", "officeDocument", "xl/w.xml") "</Relationships>");
	xlsxkit_add_text(&k, "xl/w.xml", workbook);
	xlsxkit_add_text(&k, "xl/_rels/w.xml.rels", relations);
	xlsxkit_add_text(&k, "xl/a.xml", "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>");
	xlsxkit_add_text(&k, "xl/b.xml", "<worksheet><sheetData/></worksheet>");
	return kit_read(&k, w);
}

static void sheets_come_in_the_order_of_the_tabs_with_their_state(void **state)
{
	struct workbook w;

	(void)state;
	assert_int_equal(book_read(WORKBOOK("<sheets><sheet name=\"Second\" r:id=\"2\"/><sheet name=\"First &amp; last\" "
		"state=\"hidden\" r:id=\"1\"/>"
					    "<sheet name=\"chart\" r:id=\"3\"/><sheet name=\"v\" state=\"veryHidden\" r:id=\"1\"/>"
					    "<sheet name=\"seen\" state=\"visible\" r:id=\"1\"/></sheets>"),
				   "<Relationships>" RELATION("1", "worksheet", "a.xml") RELATION("2", "worksheet", "/xl/b.xml")
				   RELATION("3", "chartsheet", "c.xml") "</Relationships>", &w), 0);
	assert_int_equal(w.sheet_count, 4);
	assert_string_equal(w.sheets[0].name, "Second");
	assert_false(w.sheets[0].is_hidden);
	assert_int_equal(w.sheets[0].row_count, 0);
	assert_string_equal(w.sheets[1].name, "First & last");
	assert_true(w.sheets[1].is_hidden);
	assert_true(w.sheets[2].is_hidden);
	assert_false(w.sheets[3].is_hidden);
	assert_ptr_equal(workbook_sheet(&w, " FIRST & Last "), &w.sheets[1]);
	assert_null(workbook_sheet(&w, "first"));
	assert_null(workbook_sheet(&w, "chart"));
	workbook_fini(&w);
}

static void no_path_leaves_the_archive(void **state)
{
	static const char *const TARGETS[] = { "../../a.xml", "../../xl/a.xml", "..", "", "/", "../../../etc/passwd", "missing.xml" };
	struct workbook w;

	(void)state;
	for (size_t i = 0; i < COUNT(TARGETS); i++) {
		char relations[256];

		snprintf(relations, sizeof(relations), "<Relationships><Relationship Id=\"1\" Type=\"/worksheet\" Target=\"%s\"/>"
			"</Relationships>", TARGETS[i]);
		assert_int_equal(book_read(WORKBOOK("<sheets><sheet name=\"s\" r:id=\"1\"/></sheets>"), relations, &w), ERR_CORRUPT);
		check_says("sheet s is missing");
	}
	assert_int_equal(book_read(WORKBOOK("<sheets><sheet name=\"s\" r:id=\"1\"/></sheets>"),
		"<Relationships><Relationship Id=\"1\" Type=\"/worksheet\" Target=\"a.xml\" TargetMode=\"External\"/>"
		"</Relationships>", &w), ERR_CORRUPT);
}

static void damaged_parts_are_named(void **state)
{
	static const struct {
		const char *rows, *says;
	} CASES[] = {
		{ "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c></row>", "not among those" },
		{ "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>x</v></c></row>", "not among those" },
		{ "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>99999999999999</v></c></row>", "not among those" },
		{ "<row r=\"1\"><c r=\"A2\"><v>1</v></c></row>", "not where it says" },
		{ "<row r=\"1\"><c r=\"1\"><v>1</v></c></row>", "not where it says" },
		{ "<row r=\"1\"><c r=\"XFE1\"><v>1</v></c></row>", "not where it says" },
		{ "<row r=\"1\"><c r=\"AAAAAAAAAAAA1\"><v>1</v></c></row>", "not where it says" },
		{ "<row r=\"0\"/>", "no proper number" },
		{ "<row r=\"1048577\"/>", "no proper number" },
		{ "<row r=\"-1\"/>", "no proper number" },
		{ "<row r=\"99999999999999999999\"/>", "no proper number" },
		{ "<row r=\"2\"><c><v>1</v></c></row><row r=\"1\"><c><v>1</v></c></row>", "not in order" },
		{ "<row r=\"2\"><c><v>1</v></c></row><row r=\"2\"><c><v>1</v></c></row>", "not in order" },
		{ "<row r=\"1\"><c r=\"B1\"><v>1</v></c><c r=\"A1\"><v>1</v></c></row>", "not in order" },
		{ "<row r=\"1\">", "sheet1.xml: line 1" },
		{ "<row r=\"1\"><c r=\"A1\"><v>&unknown;</v></c></row>", "sheet1.xml: line 1" },
	};
	struct workbook w;

	(void)state;
	for (size_t i = 0; i < COUNT(CASES); i++) {
		assert_int_equal(rows_read(CASES[i].rows, STRINGS("<si><t>one</t></si>"), NULL, &w), ERR_CORRUPT);
		assert_null(w.arena);
		check_says(CASES[i].says);
	}
	assert_int_equal(rows_read("", "<html/>", NULL, &w), ERR_CORRUPT);
	check_says("not what it should be");
}

/* What is no .xlsx */

static void other_files_are_named_as_what_they_are(void **state)
{
	static const struct {
		const char *data, *says;
	} CASES[] = {
		{ "", "empty" }, { "%PDF-1.7", "PDF" }, { " \n<!DOCTYPE HTML><html>", "web page" }, { "\xef\xbb\xbf<table>", "web page" },
		{ "type,name,label\ntext,a,b", "CSV" }, { "نص", "CSV" }, { "<?xml version=\"1.0\"?><a/>", "XML file" },
		{ "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", "Excel 2003" },
		{ "\xff\xfet", "UTF-16" }, { "\x01\xff\xff\x02", "no .xlsx" }, { "PK\x03\x04 broken", "its end is missing" },
	};
	struct workbook w;

	(void)state;
	for (size_t i = 0; i < COUNT(CASES); i++) {
		assert_int_equal(workbook_read_xlsx(CASES[i].data, strlen(CASES[i].data), &w), ERR_CORRUPT);
		check_says(CASES[i].says);
		assert_non_null(strstr(xlsx_kind_arabic(ERR_CORRUPT, CASES[i].data, strlen(CASES[i].data)), "الملف"));
	}
}

static void old_and_encrypted_workbooks_are_told_apart(void **state)
{
	static const char OLD[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 ... W\0o\0r\0k\0b\0o\0o\0k\0";
	static const char LOCKED[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 ... E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";
	struct workbook w;

	(void)state;
	assert_int_equal(workbook_read_xlsx(OLD, sizeof(OLD), &w), ERR_CORRUPT);
	check_says(".xls");
	assert_int_equal(workbook_read_xlsx(LOCKED, sizeof(LOCKED), &w), ERR_CORRUPT);
	check_says("password");
	assert_non_null(strstr(xlsx_kind_arabic(ERR_CORRUPT, OLD, sizeof(OLD)), ".xls)"));
	assert_non_null(strstr(xlsx_kind_arabic(ERR_CORRUPT, LOCKED, sizeof(LOCKED)), "كلمة مرور"));
	assert_non_null(strstr(xlsx_kind_arabic(ERR_LIMIT, LOCKED, sizeof(LOCKED)), "أكبر"));
	assert_string_equal(xlsx_kind_arabic(ERR_NOMEM, "", 0), err_arabic(ERR_NOMEM));
}

static void an_archive_is_named_in_arabic_too(void **state)
{
	struct xlsxkit k;
	struct buf file;

	(void)state;
	buf_init(&file, FILE_MAX);
	xlsxkit_init(&k);
	xlsxkit_add_text(&k, "content.xml", "x");
	xlsxkit_write(&k, &file);
	assert_non_null(strstr(xlsx_kind_arabic(ERR_CORRUPT, file.data, file.len), ".ods"));
	buf_clear(&file);
	k.entries[0].central.flags = 1;
	xlsxkit_write(&k, &file);
	assert_non_null(strstr(xlsx_kind_arabic(ERR_CORRUPT, file.data, file.len), "كلمة مرور"));
	buf_clear(&file);
	xlsxkit_fini(&k);
	xlsxkit_book(&k, NULL, NULL, NULL);
	xlsxkit_write(&k, &file);
	assert_non_null(strstr(xlsx_kind_arabic(ERR_CORRUPT, file.data, file.len), "تالف"));
	xlsxkit_fini(&k);
	buf_fini(&file);
}

static void archives_of_other_kinds_are_named(void **state)
{
	static const struct {
		const char *part, *says;
	} CASES[] = {
		{ "content.xml", "OpenDocument" }, { "Index/Document.iwa", "Numbers" }, { "xl/workbook.bin", ".xlsb" },
			{ "word/document.xml", "Word" },
		{ "anything.txt", "without a workbook" }, { "inner.zip", "without a workbook" },
	};
	struct workbook w;

	(void)state;
	for (size_t i = 0; i < COUNT(CASES); i++) {
		struct xlsxkit k;
		char top[256];

		xlsxkit_init(&k);
		xlsxkit_add_text(&k, CASES[i].part, "x");
		if (strncmp(CASES[i].part, "word", 4) == 0 || strncmp(CASES[i].part, "xl", 2) == 0) {
			snprintf(top, sizeof(top), "<Relationships><Relationship Id=\"r\" Type=\"/officeDocument\" Target=\"%s\"/>"
				"</Relationships>",
				 CASES[i].part);
			xlsxkit_add_text(&k, "_rels/.rels", top);
		}
		assert_int_equal(kit_read(&k, &w), ERR_CORRUPT);
		check_says(CASES[i].says);
	}
}

/* CSV */

static int csv_read(const char *text, struct workbook *w)
{
	struct workbook_csv file = { "/some/where/Survey.CSV", text, strlen(text) };

	return workbook_read_csv(&file, 1, w);
}

static void check_csv(const char *text, const char *const *pairs)
{
	struct workbook w;

	if (csv_read(text, &w) != 0)
		fail_msg("%s", err_message());
	assert_string_equal(w.sheets[0].name, "Survey");
	for (; pairs[0]; pairs += 2)
		assert_string_equal(cell_at(&w.sheets[0], pairs[0]), pairs[1]);
	workbook_fini(&w);
}

static void csv_is_read_as_rfc_4180_says(void **state)
{
	static const char *const PAIRS[] = { "A1", "a", "B1", "b \"c\"\nd", "C1", "e,f", "A2", "", "B2", "g\"h", "A4", "last", NULL };

	(void)state;
	check_csv("a,\"b \"\"c\"\"\r\nd\",\"e,f\"\r\n, g\"h ,\r\n\r\nlast", PAIRS);
	check_csv("\xef\xbb\xbf" "a,\"b \"\"c\"\"\nd\",\"e,f\"\n,g\"h\n\nlast\n", PAIRS);
	check_csv("a,\"b \"\"c\"\"\rd\",\"e,f\"\r,g\"h\r\rlast\r", PAIRS);
}

static void the_separator_is_found_in_the_first_line(void **state)
{
	static const char *const PAIRS[] = { "A1", "type", "B1", "na,me", "C1", "label", "A2", "text", "B2", "1,5", "C2", "a", NULL };

	(void)state;
	check_csv("type;\"na,me\";label\ntext;1,5;a", PAIRS);
	check_csv("type\t\"na,me\"\tlabel\ntext\t1,5\ta", PAIRS);
	check_csv("type,\"na,me\",label\ntext,\"1,5\",a", PAIRS);
	check_csv("sep=;\r\ntype;na,me;label\ntext;1,5;a", PAIRS);
	check_csv("\xef\xbb\xbfsep=|\ntype|na,me|label\ntext|1,5|a", PAIRS);
}

static void broken_csv_names_the_row(void **state)
{
	static const struct {
		const char *text, *says;
	} CASES[] = {
		{ "a,b\nc,\"d", "row 2" }, { "a\n\n\"b\"c", "row 3" }, { "a\xff", "not UTF-8" },
	};
	static const struct workbook_csv NUL = { "x.csv", "a\0b", 3 };
	struct workbook w;

	(void)state;
	for (size_t i = 0; i < COUNT(CASES); i++) {
		assert_int_equal(csv_read(CASES[i].text, &w), ERR_CORRUPT);
		check_says(CASES[i].says);
	}
	assert_int_equal(workbook_read_csv(&NUL, 1, &w), ERR_CORRUPT);
}

static void several_csv_files_are_the_sheets_of_one_workbook(void **state)
{
	static const struct workbook_csv FILES[] = { { "survey.csv", "type\ntext", 9 }, { "a/choices.csv", "", 0 }, { "b/settings",
		"x", 1 } };
	struct workbook w;

	(void)state;
	assert_int_equal(workbook_read_csv(FILES, 3, &w), 0);
	assert_int_equal(w.sheet_count, 3);
	assert_int_equal(workbook_sheet(&w, "SURVEY")->row_count, 2);
	assert_int_equal(workbook_sheet(&w, "choices")->row_count, 0);
	assert_string_equal(cell_at(workbook_sheet(&w, "settings"), "A1"), "x");
	workbook_fini(&w);
}

/* Looking and writing */

static void columns_have_letters(void **state)
{
	static const struct {
		uint32_t column;
		const char *letters;
	} CASES[] = { { 0, "A" }, { 25, "Z" }, { 26, "AA" }, { 701, "ZZ" }, { 702, "AAA" }, { 1023, "AMJ" }, { 16383, "XFD" },
		{ UINT32_MAX, "MWLQKWV" } };
	char out[WORKBOOK_LETTERS_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(CASES); i++)
		assert_string_equal(workbook_letters(CASES[i].column, out), CASES[i].letters);
}

static const struct workbook_csv SHEETS[] = {
	{ "survey.csv", "type,name,label::Arabic (ar),label::English (en)\ntext,a,\"مرحبا <ب> & \"\"ت\"\"\nسطر ثان\",x > y\n\n,,"
		"_x0041_ _x005F_,1\ntext,b,1,1", 0 },
	{ "choices.csv", "list_name,name,label\nyn,1,نعم\nyn,0,لا", 0 },
	{ "settings.csv", "form_id,label\nx,Title", 0 },
	{ "empty.csv", "", 0 },
};

static void sheets_make(struct workbook *w)
{
	struct workbook_csv files[COUNT(SHEETS)];

	memcpy(files, SHEETS, sizeof(files));
	for (size_t i = 0; i < COUNT(SHEETS); i++)
		files[i].len = strlen(files[i].data);
	assert_int_equal(workbook_read_csv(files, COUNT(SHEETS), w), 0);
}

static void what_is_written_is_read_back_the_same(void **state)
{
	struct workbook w, again;
	struct buf a, b;

	(void)state;
	sheets_make(&w);
	w.sheets[1].is_hidden = true;
	buf_init(&a, FILE_MAX);
	buf_init(&b, FILE_MAX);
	assert_int_equal(workbook_write_xlsx(&w, &a), 0);
	assert_int_equal(workbook_write_xlsx(&w, &b), 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	assert_int_equal(workbook_read_xlsx(a.data, a.len, &again), 0);
	xlsxkit_check(&again);
	assert_true(xlsxkit_same(&w, &again));
	assert_true(again.sheets[1].is_hidden);
	assert_false(again.sheets[0].is_hidden);
	workbook_fini(&again);
	workbook_fini(&w);
	buf_fini(&a);
	buf_fini(&b);
}

static int gather(void *ctx, const uint8_t *data, size_t len)
{
	buf_append(ctx, data, len);
	return buf_error(ctx);
}

/* The part `name` of what is written of SHEETS. */
static void written_part(const char *name, struct buf *out)
{
	struct workbook w;
	struct buf file;
	struct zip *z;

	sheets_make(&w);
	buf_init(&file, FILE_MAX);
	buf_init(out, FILE_MAX);
	assert_int_equal(workbook_write_xlsx(&w, &file), 0);
	assert_int_equal(zip_open(file.data, file.len, FILE_MAX, &z), 0);
	assert_int_equal(zip_read(z, zip_find(z, name), FILE_MAX, gather, out), 0);
	zip_close(z);
	buf_fini(&file);
	workbook_fini(&w);
}

static void sheets_of_arabic_labels_run_from_right_to_left(void **state)
{
	static const bool EXPECTED[] = { true, true, false, false };

	(void)state;
	for (size_t i = 0; i < COUNT(EXPECTED); i++) {
		struct buf part;
		char name[48];

		snprintf(name, sizeof(name), "xl/worksheets/sheet%zu.xml", i + 1);
		written_part(name, &part);
		assert_int_equal(strstr(buf_string(&part), "rightToLeft=\"1\"") != NULL, EXPECTED[i]);
		assert_non_null(strstr(buf_string(&part), "state=\"frozen\""));
		assert_int_equal(strstr(buf_string(&part), "tabSelected") != NULL, i == 0);
		buf_fini(&part);
	}
}

static void equal_texts_are_stored_once(void **state)
{
	struct buf part;

	(void)state;
	written_part("xl/sharedStrings.xml", &part);
	assert_non_null(strstr(buf_string(&part), "count=\"27\" uniqueCount=\"20\""));
	buf_fini(&part);
}

static int write_one(const char *sheet, uint32_t row, uint32_t column, const char *text, struct buf *out)
{
	struct workbook_cell cell = { .column = column, .text = text };
	struct workbook_row r = { .number = row, .cells = &cell, .cell_count = 1 };
	struct workbook_sheet s = { .name = sheet, .rows = &r, .row_count = 1 };
	struct workbook w = { .sheets = &s, .sheet_count = 1 };

	buf_clear(out);
	return workbook_write_xlsx(&w, out);
}

static void what_would_not_be_read_is_not_written(void **state)
{
	static const char *const NAMES[] = { "", "a/b", "[a]", "12345678901234567890123456789012", "a\nb", "\xff" };
	struct workbook none = { 0 };
	struct buf out;

	(void)state;
	buf_init(&out, FILE_MAX);
	for (size_t i = 0; i < COUNT(NAMES); i++)
		assert_int_equal(write_one(NAMES[i], 1, 0, "x", &out), ERR_USAGE);
	assert_int_equal(write_one("s", 0, 0, "x", &out), ERR_USAGE);
	assert_int_equal(write_one("s", WORKBOOK_ROWS_MAX + 1, 0, "x", &out), ERR_USAGE);
	assert_int_equal(write_one("s", 1, WORKBOOK_COLUMNS_MAX, "x", &out), ERR_USAGE);
	assert_int_equal(workbook_write_xlsx(&none, &out), ERR_USAGE);
	assert_int_equal(write_one("s", WORKBOOK_ROWS_MAX, WORKBOOK_COLUMNS_MAX - 1, "x", &out), 0);
	buf_fini(&out);
}

static void characters_that_xml_cannot_hold_are_left_out(void **state)
{
	struct workbook w;
	struct buf out;

	(void)state;
	buf_init(&out, FILE_MAX);
	assert_int_equal(write_one("s", 2, 1, "a\x01" "b\xef\xbf\xbe\xff" "c", &out), 0);
	assert_int_equal(workbook_read_xlsx(out.data, out.len, &w), 0);
	assert_string_equal(cell_at(&w.sheets[0], "B2"), "abc");
	workbook_fini(&w);
	assert_int_equal(write_one("s", 2, 1, "\x01", &out), 0);
	assert_int_equal(workbook_read_xlsx(out.data, out.len, &w), 0);
	assert_int_equal(w.sheets[0].row_count, 0);
	workbook_fini(&w);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_of_cell_has_its_text),
		cmocka_unit_test(runs_are_joined_and_phonetic_readings_left_out),
		cmocka_unit_test(text_is_cleaned_and_keeps_its_line_breaks),
		cmocka_unit_test(escapes_of_spreadsheet_programs_are_decoded),
		cmocka_unit_test(rows_and_cells_without_a_place_follow_each_other),
		cmocka_unit_test(prefixes_and_the_strict_dialect_are_understood),
		cmocka_unit_test(a_formula_without_result_is_noticed),
		cmocka_unit_test(what_is_outside_the_cells_is_not_read),
		cmocka_unit_test(a_number_that_is_none_is_kept_as_text),
		cmocka_unit_test(styles_decide_what_is_a_date),
		cmocka_unit_test(a_workbook_may_count_days_from_1904),
		cmocka_unit_test(sheets_come_in_the_order_of_the_tabs_with_their_state),
		cmocka_unit_test(no_path_leaves_the_archive),
		cmocka_unit_test(damaged_parts_are_named),
		cmocka_unit_test(other_files_are_named_as_what_they_are),
		cmocka_unit_test(old_and_encrypted_workbooks_are_told_apart),
		cmocka_unit_test(an_archive_is_named_in_arabic_too),
		cmocka_unit_test(archives_of_other_kinds_are_named),
		cmocka_unit_test(csv_is_read_as_rfc_4180_says),
		cmocka_unit_test(the_separator_is_found_in_the_first_line),
		cmocka_unit_test(broken_csv_names_the_row),
		cmocka_unit_test(several_csv_files_are_the_sheets_of_one_workbook),
		cmocka_unit_test(columns_have_letters),
		cmocka_unit_test(what_is_written_is_read_back_the_same),
		cmocka_unit_test(sheets_of_arabic_labels_run_from_right_to_left),
		cmocka_unit_test(equal_texts_are_stored_once),
		cmocka_unit_test(what_would_not_be_read_is_not_written),
		cmocka_unit_test(characters_that_xml_cannot_hold_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
