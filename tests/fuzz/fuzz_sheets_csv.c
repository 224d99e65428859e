/*
 * fuzz_sheets_csv: the input as CSV files, with XLSXSEEDS_CSV_END between. What is read is as workbook.h promises, and comes back the same
 * from the .xlsx that is written of it.
 */
#include <assert.h>
#include <string.h>

#include "server/author/workbook.h"
#include "tests/lib/xlsxkit.h"
#include "tests/lib/xlsxseeds.h"

#define FILES_MAX 4
#define FILE_MAX (64u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const struct workbook *w)
{
	struct workbook again;
	struct buf out;
	int rc;

	buf_init(&out, FILE_MAX);
	rc = workbook_write_xlsx(w, &out);
	assert(rc == 0);
	rc = workbook_read_xlsx(out.data, out.len, &again);
	assert(rc == 0);
	assert(xlsxkit_same(w, &again));
	workbook_fini(&again);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const NAMES[FILES_MAX] = { "survey.csv", "a/choices.CSV", "settings", "x.y.csv" };
	struct workbook_csv files[FILES_MAX];
	struct workbook w;
	size_t count = 0;

	for (const uint8_t *at = data, *end = data + size; count < FILES_MAX; count++) {
		const uint8_t *mark = at < end ? memchr(at, XLSXSEEDS_CSV_END, (size_t)(end - at)) : NULL;

		files[count] = (struct workbook_csv){ NAMES[count], at, (size_t)((mark ? mark : end) - at) };
		at = mark ? mark + 1 : end;
	}
	if (workbook_read_csv(files, count, &w) == 0) {
		xlsxkit_check(&w);
		check_written(&w);
	}
	workbook_fini(&w);
	return 0;
}
