/*
 * Workbooks made to hurt: each is refused or read, in bounded memory, and never more.
 *
 * Every case runs in a child whose memory is limited to MEMORY_BYTES above what it has (not under sanitizers, which take address
 * space of their own): a reader that wants more fails with ERR_NOMEM, which no case here expects.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/bytes.h"
#include "server/author/workbook.h"
#include "tests/lib/faultfs_heap.h"
#include "tests/lib/xlsxkit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define FILE_MAX (300u * 1024 * 1024)
#define MEMORY_BYTES (160u * 1024 * 1024) /* texts and cells at their ceilings, and the arrays they grow in */
#define MESSAGE_BYTES 600
#define SHEET_PART "xl/worksheets/sheet1.xml"
#define SHEET_HEAD "<worksheet><sheetData>"
#define SHEET_FOOT "</sheetData></worksheet>"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

/* What a child found. */
struct verdict {
	int rc;
	char message[MESSAGE_BYTES];
	size_t rows;         /* of the first sheet */
	size_t first_bytes;  /* of its first cell */
	bool is_too_long;
};

static void memory_limit(void)
{
	struct rlimit limit;
	unsigned long pages = 0;
	char line[64] = "";
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fgets(line, sizeof(line), f))
		pages = strtoul(line, NULL, 10);
	if (f)
		fclose(f);
	limit.rlim_cur = limit.rlim_max = pages * (rlim_t)sysconf(_SC_PAGESIZE) + MEMORY_BYTES;
	if (!IS_SANITIZED && pages > 0)
		(void)setrlimit(RLIMIT_AS, &limit);
}

static void read_in_child(int to, const struct buf *file)
{
	struct verdict v = { 0 };
	struct workbook w;

	memory_limit();
	v.rc = workbook_read_xlsx(file->data, file->len, &w);
	snprintf(v.message, sizeof(v.message), "%s", v.rc ? err_message() : "");
	if (v.rc == 0 && w.sheet_count > 0) {
		v.rows = w.sheets[0].row_count;
		v.first_bytes = v.rows ? strlen(w.sheets[0].rows[0].cells[0].text) : 0;
		v.is_too_long = v.rows && w.sheets[0].rows[0].cells[0].is_too_long;
	}
	workbook_fini(&w);
	if (write(to, &v, sizeof(v)) != sizeof(v))
		_exit(1);
	_exit(0);
}

/* Read `file` in a child. A child that crashes ends the test. */
static struct verdict read_apart(const struct buf *file)
{
	struct verdict v;
	int ends[2], status = 0;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		read_in_child(ends[1], file);
	close(ends[1]);
	assert_int_equal(read(ends[0], &v, sizeof(v)), sizeof(v));
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return v;
}

/* Write the archive of `k`, read it apart, and compare what came of it: the code, and words of the message. */
static struct verdict check_kit(struct xlsxkit *k, int rc, const char *says)
{
	struct verdict v;
	struct buf file;

	buf_init(&file, FILE_MAX);
	xlsxkit_write(k, &file);
	xlsxkit_fini(k);
	v = read_apart(&file);
	buf_fini(&file);
	if (v.rc != rc || !strstr(v.message, says))
		fail_msg("%d '%s' instead of %d '%s'", v.rc, v.message, rc, says);
	return v;
}

/* A comment that hardly deflates, so that `b` with what is to come, `len` bytes, does not fail by its ratio. */
static void noise_add(struct buf *b, size_t len)
{
	uint32_t state = 1;

	buf_text(b, "<!--");
	for (size_t i = 0; i < len / 200; i++) {
		uint8_t c;

		state = state * 1664525 + 1013904223;
		c = (uint8_t)(state >> 26);
		write_u8(b, (uint8_t)('0' + (c == 61 ? 0 : c)));
	}
	buf_text(b, "-->");
}

/* A workbook whose sheet is `head`, `count` times `piece` (with one %u in it, of the count from 1), `foot`. */
static struct verdict check_pieces(const char *head, const char *piece, unsigned count, const char *foot, int rc, const char *says)
{
	struct xlsxkit k;
	struct buf part;

	buf_init(&part, FILE_MAX);
	noise_add(&part, strlen(head) + count * strlen(piece));
	buf_text(&part, head);
	for (unsigned i = 1; i <= count; i++) {
		const char *number = strstr(piece, "%u");

		if (number) {
			buf_append(&part, piece, (size_t)(number - piece));
			buf_printf(&part, "%u", i);
			buf_text(&part, number + 2);
		} else {
			buf_text(&part, piece);
		}
	}
	buf_text(&part, foot);
	assert_int_equal(buf_error(&part), 0);
	xlsxkit_init(&k);
	xlsxkit_book(&k, NULL, "<sst><si><t>shared</t></si></sst>", NULL);
	xlsxkit_add(&k, SHEET_PART, part.data, part.len);
	buf_fini(&part);
	return check_kit(&k, rc, says);
}

/* Archives */

static void a_gigabyte_of_zeros_is_refused(void **state)
{
	struct xlsxkit k;
	struct xlsxkit_entry *e;

	(void)state;
	xlsxkit_init(&k);
	xlsxkit_book(&k, NULL, NULL, NULL);
	xlsxkit_add_bomb(&k, SHEET_PART, '\0', 1024);
	check_kit(&k, ERR_LIMIT, "inflates more than");
	xlsxkit_init(&k);
	xlsxkit_book(&k, NULL, NULL, NULL);
	e = xlsxkit_add_bomb(&k, SHEET_PART, ' ', 1024);
	e->local.inflated = e->central.inflated = 1000;
	check_kit(&k, ERR_CORRUPT, "longer than it says");
}

static void a_part_of_spaces_below_the_ceilings_is_read_through(void **state)
{
	struct xlsxkit k;

	(void)state;
	xlsxkit_init(&k);
	xlsxkit_book(&k, NULL, NULL, NULL);
	xlsxkit_add_bomb(&k, SHEET_PART, ' ', 7);
	check_kit(&k, ERR_CORRUPT, "no element found");
}

static void archives_in_archives_are_not_opened(void **state)
{
	struct xlsxkit inner, outer;
	struct buf file;

	(void)state;
	buf_init(&file, FILE_MAX);
	xlsxkit_init(&inner);
	xlsxkit_add_bomb(&inner, "0.dll", '\0', 4000);
	xlsxkit_write(&inner, &file);
	xlsxkit_fini(&inner);
	xlsxkit_init(&outer);
	for (int i = 0; i < 16; i++) {
		char name[32];

		snprintf(name, sizeof(name), "lib %d.zip", i);
		xlsxkit_add(&outer, name, file.data, file.len);
	}
	buf_fini(&file);
	check_kit(&outer, ERR_CORRUPT, "without a workbook");
}

static void many_entries_on_one_local_header_are_refused(void **state)
{
	struct xlsxkit k;

	(void)state;
	xlsxkit_init(&k);
	xlsxkit_book(&k, SHEET_HEAD SHEET_FOOT, NULL, NULL);
	for (int i = 0; i < 1000; i++) {
		struct xlsxkit_entry *e = xlsxkit_add_text(&k, "_rels/.rels", "x");

		e->is_shadow = true;
		e->place = 0;
		e->central = k.entries[0].central;
	}
	check_kit(&k, ERR_CORRUPT, "share the same bytes");
}

static void one_part_on_many_tabs_counts_each_time(void **state)
{
	struct xlsxkit k;
	struct buf book, sheet;

	(void)state;
	buf_init(&book, FILE_MAX);
	buf_init(&sheet, FILE_MAX);
	buf_text(&book, "<workbook xmlns:r=\"r\"><sheets>");
	for (int i = 0; i < 60; i++)
		buf_printf(&book, "<sheet name=\"%d\" r:id=\"1\"/>", i);
	buf_text(&book, "</sheets></workbook>");
	buf_text(&sheet, SHEET_HEAD);
	for (int i = 0; i < 250000; i++)
		buf_printf(&sheet, "<row r=\"%d\"/>", i + 1);
	buf_text(&sheet, SHEET_FOOT);
	xlsxkit_init(&k);
	xlsxkit_add_text(&k, "_rels/.rels", "<Relationships><Relationship Id=\"r\" Type=\"/officeDocument\" Target=\"w.xml\"/>"
		"</Relationships>");
	xlsxkit_add(&k, "w.xml", book.data, book.len);
	xlsxkit_add_text(&k, "_rels/w.xml.rels", "<Relationships><Relationship Id=\"1\" Type=\"/worksheet\" Target=\"s.xml\"/>"
		"</Relationships>");
	xlsxkit_add(&k, "s.xml", sheet.data, sheet.len);
	buf_fini(&book);
	buf_fini(&sheet);
	check_kit(&k, ERR_LIMIT, "together are too large");
}

static void a_file_above_its_ceiling_is_refused_unread(void **state)
{
	struct verdict v;
	struct buf file;

	(void)state;
	buf_init(&file, FILE_MAX);
	(void)buf_space(&file, WORKBOOK_BYTES_MAX + 1);
	v = read_apart(&file);
	assert_int_equal(v.rc, ERR_LIMIT);
	buf_fini(&file);
}

/* Sheets */

static void a_million_rows_that_hold_something_are_refused_with_the_row(void **state)
{
	(void)state;
	check_pieces(SHEET_HEAD, "<row r=\"%u\"><c t=\"s\"><v>0</v></c></row>", 1000000, SHEET_FOOT, ERR_LIMIT, "A65537");
	check_pieces(SHEET_HEAD, "<row><c><v>1</v></c></row>", 65537, SHEET_FOOT, ERR_LIMIT, "A65537");
	assert_int_equal(check_pieces(SHEET_HEAD, "<row><c><v>1</v></c></row>", 65536, SHEET_FOOT, 0, "").rows, 65536);
}

static void a_million_rows_that_hold_nothing_do_not_matter(void **state)
{
	(void)state;
	assert_int_equal(check_pieces(SHEET_HEAD "<row r=\"1\"><c t=\"s\"><v>0</v></c></row><row r=\"1048576\"/>",
				      "<row s=\"1\" r=\"%u\"><c s=\"1\"/></row>", 1000000, SHEET_FOOT, 0, "").rows, 1);
}

static void the_last_column_of_excel_is_refused_when_it_holds_something(void **state)
{
	(void)state;
	check_pieces(SHEET_HEAD, "<row r=\"7\"><c r=\"XFD7\"><v>1</v></c></row>", 1, SHEET_FOOT, ERR_LIMIT, "XFD7");
	check_pieces(SHEET_HEAD, "<row r=\"7\"><c r=\"AMK7\"><v>1</v></c></row>", 1, SHEET_FOOT, ERR_LIMIT, "AMK7");
	assert_int_equal(check_pieces(SHEET_HEAD, "<row r=\"7\"><c r=\"AMJ7\"><v>1</v></c><c r=\"XFD7\" s=\"1\"/></row>", 1,
		SHEET_FOOT, 0, "").rows, 1);
}

static void cells_have_a_ceiling(void **state)
{
	struct buf row;

	(void)state;
	buf_init(&row, FILE_MAX);
	buf_text(&row, "<row>");
	for (int i = 0; i < 1024; i++)
		buf_text(&row, "<c><v>1</v></c>");
	buf_text(&row, "</row>");
	check_pieces(SHEET_HEAD, buf_string(&row), 2000, SHEET_FOOT, ERR_LIMIT, "more cells");
	buf_fini(&row);
}

static void one_long_text_in_many_cells_has_a_ceiling(void **state)
{
	struct xlsxkit k;
	struct buf strings, sheet;

	(void)state;
	buf_init(&strings, FILE_MAX);
	buf_init(&sheet, FILE_MAX);
	buf_text(&strings, "<sst><si><t>");
	for (int i = 0; i < 30000; i++)
		buf_text(&strings, "x");
	buf_text(&strings, "</t></si></sst>");
	buf_text(&sheet, SHEET_HEAD);
	for (int i = 0; i < 60000; i++)
		buf_text(&sheet, "<row><c t=\"s\"><v>0</v></c></row>");
	buf_text(&sheet, SHEET_FOOT);
	xlsxkit_init(&k);
	xlsxkit_book(&k, buf_string(&sheet), buf_string(&strings), NULL);
	buf_fini(&strings);
	buf_fini(&sheet);
	check_kit(&k, ERR_LIMIT, "more text");
}

static void a_text_of_ten_megabytes_is_kept_in_part(void **state)
{
	struct buf text;
	struct verdict v;

	(void)state;
	buf_init(&text, FILE_MAX);
	for (int i = 0; i < 5 * 1024 * 1024; i++)
		buf_text(&text, "\xd8\xa7");
	v = check_pieces(SHEET_HEAD "<row><c t=\"inlineStr\"><is><t>x", buf_string(&text), 1, "</t></is></c></row>" SHEET_FOOT, 0, "");
	assert_true(v.is_too_long);
	assert_int_equal(v.first_bytes, 1023);
	buf_clear(&text);
	for (int i = 0; i < 10 * 1024 * 1024; i++)
		buf_text(&text, i < 2000 ? " " : "a");
	v = check_pieces(SHEET_HEAD "<row><c t=\"str\"><v>", buf_string(&text), 1, "</v></c></row>" SHEET_FOOT, 0, "");
	assert_true(v.is_too_long);
	assert_int_equal(v.first_bytes, 3);
	buf_fini(&text);
}

static void the_longest_text_is_kept_whole(void **state)
{
	struct buf text;
	struct verdict v;

	(void)state;
	buf_init(&text, FILE_MAX);
	for (int i = 0; i < WORKBOOK_CELL_BYTES_MAX; i++)
		buf_text(&text, "a");
	v = check_pieces(SHEET_HEAD "<row><c t=\"str\"><v>", buf_string(&text), 1, "</v></c></row>" SHEET_FOOT, 0, "");
	assert_false(v.is_too_long);
	assert_int_equal(v.first_bytes, WORKBOOK_CELL_BYTES_MAX);
	v = check_pieces(SHEET_HEAD "<row><c t=\"str\"><v>a", buf_string(&text), 1, "</v></c></row>" SHEET_FOOT, 0, "");
	assert_true(v.is_too_long);
	assert_int_equal(v.first_bytes, 1024);
	buf_fini(&text);
}

/* XML */

static void a_document_type_is_refused_wherever_it_stands(void **state)
{
	static const char *const TYPES[] = {
		"<!DOCTYPE worksheet [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;\">]>",
		"<!DOCTYPE worksheet [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
		"<!DOCTYPE worksheet SYSTEM \"http://127.0.0.1/x.dtd\">",
		"<!DOCTYPE worksheet [<!ENTITY % p SYSTEM \"file:///etc/passwd\"> %p;]>",
		"<!DOCTYPE worksheet>",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(TYPES); i++) {
		struct xlsxkit k;
		struct buf part;

		buf_init(&part, FILE_MAX);
		buf_printf(&part, "<?xml version=\"1.0\"?>%s" SHEET_HEAD "<row><c t=\"str\"><v>&x;&c;</v></c></row>" SHEET_FOOT, TYPES[i]);
		xlsxkit_init(&k);
		xlsxkit_book(&k, buf_string(&part), NULL, NULL);
		check_kit(&k, ERR_CORRUPT, "document type");
		xlsxkit_init(&k);
		xlsxkit_add(&k, "_rels/.rels", part.data, part.len);
		check_kit(&k, ERR_CORRUPT, "document type");
		buf_fini(&part);
	}
}

static void deep_nesting_is_refused(void **state)
{
	(void)state;
	check_pieces(SHEET_HEAD "<row><c><v>1</v></c></row>", "<a>", 100000, SHEET_FOOT, ERR_LIMIT, "deep");
	check_pieces("<worksheet>", "<sheetData>", 100000, "", ERR_LIMIT, "deep");
}

static void a_tag_of_many_attributes_is_refused(void **state)
{
	(void)state;
	check_pieces("<worksheet ", "a%u=\"\" ", 1000000, "><sheetData>" SHEET_FOOT, ERR_LIMIT, "a tag is longer");
	check_pieces("<worksheet x=\"", "aaaaaaaaaaaaaaaa", 1000000, "\"><sheetData>" SHEET_FOOT, ERR_LIMIT, "a tag is longer");
	check_pieces("<worksheet x", "aaaaaaaaaaaaaaaa", 1000000, "=\"\"><sheetData>" SHEET_FOOT, ERR_LIMIT, "a tag is longer");
	check_pieces("<!--", "aaaaaaaaaaaaaaaa", 1000000, "-->" SHEET_HEAD SHEET_FOOT, ERR_LIMIT, "a tag is longer");
	check_pieces("<worksheet ", "a=\"\" ", 1000, "><sheetData>" SHEET_FOOT, ERR_CORRUPT, "duplicate attribute");
}

/* The parser remembers each name: refused where the library can count what it takes, else read with what that costs. */
static void millions_of_names_stay_within_memory(void **state)
{
	struct xlsxkit k;
	struct buf part, file;
	struct verdict v;

	(void)state;
	buf_init(&part, FILE_MAX);
	buf_init(&file, FILE_MAX);
	buf_text(&part, "<worksheet>");
	for (unsigned i = 0; i < 500000; i++)
		buf_printf(&part, "<a%x b%x=\"\"/>", i, i);
	buf_text(&part, "</worksheet>");
	xlsxkit_init(&k);
	xlsxkit_book(&k, NULL, NULL, NULL);
	xlsxkit_add(&k, SHEET_PART, part.data, part.len);
	xlsxkit_write(&k, &file);
	xlsxkit_fini(&k);
	buf_fini(&part);
	v = read_apart(&file);
	assert_true(v.rc == 0 || v.rc == ERR_NOMEM);
	buf_fini(&file);
}

/* Files that are cut or changed */

/* A small workbook with everything in it, as the writer makes it. */
static void small_file(struct buf *file)
{
	static const char SURVEY[] = "type,name,label\ntext,a,\"x\ny\"", CHOICES[] = "list_name,name\nl,1";
	static const struct workbook_csv SHEETS[] = { { "survey.csv", SURVEY, sizeof(SURVEY) - 1 }, { "choices.csv", CHOICES,
		sizeof(CHOICES) - 1 } };
	struct workbook w;

	buf_init(file, FILE_MAX);
	assert_int_equal(workbook_read_csv(SHEETS, COUNT(SHEETS), &w), 0);
	assert_int_equal(workbook_write_xlsx(&w, file), 0);
	workbook_fini(&w);
}

static void a_file_cut_at_any_byte_is_refused(void **state)
{
	struct buf file;

	(void)state;
	small_file(&file);
	for (size_t len = 0; len < file.len; len++) {
		uint8_t *exact = malloc(len + 1);
		struct workbook w;

		assert_non_null(exact);
		memcpy(exact, file.data, len);
		assert_int_not_equal(workbook_read_xlsx(exact, len, &w), 0);
		assert_null(w.arena);
		free(exact);
	}
	buf_fini(&file);
}

/* A changed byte is found, or it stands where nothing is read from (versions, dates, attributes of the system). */
static void a_file_with_any_byte_changed_is_refused_or_reads_the_same(void **state)
{
	static const uint8_t CHANGES[] = { 0x01, 0x80, 0xff };
	struct buf file;
	size_t read = 0;

	(void)state;
	small_file(&file);
	for (size_t i = 0; i < file.len * COUNT(CHANGES); i++) {
		uint8_t *at = &file.data[i / COUNT(CHANGES)];
		struct workbook w;

		*at ^= CHANGES[i % COUNT(CHANGES)];
		if (workbook_read_xlsx(file.data, file.len, &w) == 0) {
			read++;
			assert_int_equal(w.sheet_count, 2);
			assert_string_equal(workbook_cell(&w.sheets[0].rows[1], 2), "x\ny");
		}
		*at ^= CHANGES[i % COUNT(CHANGES)];
		workbook_fini(&w);
	}
	assert_true(read < file.len);
	buf_fini(&file);
}

/* Without memory */

static void without_memory_nothing_is_read_and_nothing_lost(void **state)
{
	struct workbook w = { 0 };
	struct buf file;
	int64_t failed = 1;

	(void)state;
	if (!faultfs_heap_is_wrapped())
		skip();
	small_file(&file);
	for (int64_t nth = 1; failed > 0; nth++) {
		int rc;

		faultfs_heap_arm(nth, false);
		rc = workbook_read_xlsx(file.data, file.len, &w);
		failed = faultfs_heap_disarm();
		assert_int_equal(rc, failed ? ERR_NOMEM : 0);
		assert_true((rc == 0) == (w.arena != NULL));
	}
	for (int64_t nth = 1, again = 1; again > 0; nth++) {
		struct buf out;
		int rc;

		buf_init(&out, FILE_MAX);
		faultfs_heap_arm(nth, false);
		rc = workbook_write_xlsx(&w, &out);
		again = faultfs_heap_disarm();
		assert_int_equal(rc, again ? ERR_NOMEM : 0);
		buf_fini(&out);
	}
	workbook_fini(&w);
	buf_fini(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gigabyte_of_zeros_is_refused),
		cmocka_unit_test(a_part_of_spaces_below_the_ceilings_is_read_through),
		cmocka_unit_test(archives_in_archives_are_not_opened),
		cmocka_unit_test(many_entries_on_one_local_header_are_refused),
		cmocka_unit_test(one_part_on_many_tabs_counts_each_time),
		cmocka_unit_test(a_file_above_its_ceiling_is_refused_unread),
		cmocka_unit_test(a_million_rows_that_hold_something_are_refused_with_the_row),
		cmocka_unit_test(a_million_rows_that_hold_nothing_do_not_matter),
		cmocka_unit_test(the_last_column_of_excel_is_refused_when_it_holds_something),
		cmocka_unit_test(cells_have_a_ceiling),
		cmocka_unit_test(one_long_text_in_many_cells_has_a_ceiling),
		cmocka_unit_test(a_text_of_ten_megabytes_is_kept_in_part),
		cmocka_unit_test(the_longest_text_is_kept_whole),
		cmocka_unit_test(a_document_type_is_refused_wherever_it_stands),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(a_tag_of_many_attributes_is_refused),
		cmocka_unit_test(millions_of_names_stay_within_memory),
		cmocka_unit_test(a_file_cut_at_any_byte_is_refused),
		cmocka_unit_test(a_file_with_any_byte_changed_is_refused_or_reads_the_same),
		cmocka_unit_test(without_memory_nothing_is_read_and_nothing_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
