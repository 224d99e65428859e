/*
 * fuzz_xlsform: foreign bytes as three CSV sheets, survey, choices and settings with a zero byte between, through the whole compiler. What
 * compiles is a form; as a workbook it compiles again to the same text. What does not has an error with both texts.
 */
#include <assert.h>
#include <string.h>

#include "server/author/xlsform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const SHEETS[] = { "survey.csv", "choices.csv", "settings.csv" };
#define SHEET_COUNT (sizeof(SHEETS) / sizeof(SHEETS[0]))

static const struct xlsform_options OPTIONS = { .name = "fuzzed", .version = "1" };

static int read_sheets(const uint8_t *data, size_t size, struct workbook *out)
{
	struct workbook_csv files[SHEET_COUNT];
	size_t count = 0;

	while (count < SHEET_COUNT) {
		const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
		size_t len = zero != NULL && count + 1 < SHEET_COUNT ? (size_t)(zero - data) : size;

		files[count] = (struct workbook_csv){ .name = SHEETS[count], .data = data, .len = len };
		count++;
		if (len == size)
			break;
		data += len + 1;
		size -= len + 1;
	}
	return workbook_read_csv(files, count, out);
}

static void check_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		assert(problems->items[i].english[0] != '\0');
		assert(problems->items[i].arabic[0] != '\0');
	}
}

static void compile_again(const struct buf *text)
{
	struct problems problems;
	struct workbook w;
	struct form *f;
	struct buf again;
	int rc = form_parse((const char *)text->data, text->len, &f);

	assert(rc == 0);
	rc = xlsform_workbook(f, &w);
	assert(rc == 0);
	problems_init(&problems);
	buf_init(&again, FORM_TEXT_BYTES_MAX);
	rc = xlsform_compile(&w, &OPTIONS, &problems, &again);
	assert(rc == 0);
	assert(again.len == text->len);
	assert(memcmp(again.data, text->data, text->len) == 0);
	problems_fini(&problems);
	buf_fini(&again);
	workbook_fini(&w);
	form_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems;
	struct workbook w;
	struct buf text;
	int rc;

	if (read_sheets(data, size, &w) != 0)
		return 0;
	problems_init(&problems);
	buf_init(&text, FORM_TEXT_BYTES_MAX);
	rc = xlsform_compile(&w, &OPTIONS, &problems, &text);
	check_problems(&problems);
	assert(rc != ERR_USAGE || problems.errors > 0);
	if (rc == 0) {
		assert(problems.errors == 0);
		compile_again(&text);
	}
	problems_fini(&problems);
	buf_fini(&text);
	workbook_fini(&w);
	return 0;
}
