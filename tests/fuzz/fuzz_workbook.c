/*
 * fuzz_workbook: the first byte chooses: the rest is a whole file, or one part of a valid one (so that no checksum stands in the way).
 * What is read is as workbook.h promises, and comes back the same from what is written of it.
 */
#include <assert.h>
#include <string.h>

#include "server/author/workbook.h"
#include "tests/lib/xlsxkit.h"
#include "tests/lib/xlsxseeds.h"

#define FILE_MAX (64u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void part_add(struct xlsxkit *k, const char *name, enum xlsxseeds_choice part, enum xlsxseeds_choice choice,
	const uint8_t *data, size_t size)
{
	const char *valid = xlsxseeds_part(part);

	if (part == choice)
		xlsxkit_add_stored(k, name, data, size);
	else
		xlsxkit_add_stored(k, name, valid, strlen(valid));
}

/* The archive in which the part `choice` is the input. */
static void archive_make(enum xlsxseeds_choice choice, const uint8_t *data, size_t size, struct buf *out)
{
	static const char TOP[] = "<Relationships><Relationship Id=\"r\" Type=\"/officeDocument\" Target=\"xl/workbook.xml\"/>"
		"</Relationships>";
	struct xlsxkit k;

	xlsxkit_init(&k);
	xlsxkit_add_stored(&k, "_rels/.rels", TOP, sizeof(TOP) - 1);
	part_add(&k, "xl/workbook.xml", XLSXSEEDS_BOOK, choice, data, size);
	part_add(&k, "xl/_rels/workbook.xml.rels", XLSXSEEDS_RELATIONS, choice, data, size);
	part_add(&k, "xl/sharedStrings.xml", XLSXSEEDS_STRINGS, choice, data, size);
	part_add(&k, "xl/styles.xml", XLSXSEEDS_STYLES, choice, data, size);
	part_add(&k, "xl/worksheets/sheet1.xml", XLSXSEEDS_SHEET, choice, data, size);
	xlsxkit_write(&k, out);
	xlsxkit_fini(&k);
}

static void check_written(const struct workbook *w)
{
	struct workbook again;
	struct buf out;
	int rc;

	buf_init(&out, FILE_MAX);
	if (workbook_write_xlsx(w, &out) == 0) {
		rc = workbook_read_xlsx(out.data, out.len, &again);
		assert(rc == 0);
		assert(xlsxkit_same(w, &again));
		workbook_fini(&again);
	}
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum xlsxseeds_choice choice = size ? data[0] % XLSXSEEDS_CHOICES : XLSXSEEDS_FILE;
	struct workbook w;
	struct buf file;

	if (size == 0)
		return 0;
	buf_init(&file, FILE_MAX);
	if (choice == XLSXSEEDS_FILE)
		buf_append(&file, data + 1, size - 1);
	else
		archive_make(choice, data + 1, size - 1, &file);
	if (workbook_read_xlsx(file.data, file.len, &w) == 0) {
		xlsxkit_check(&w);
		check_written(&w);
	}
	workbook_fini(&w);
	buf_fini(&file);
	return 0;
}
