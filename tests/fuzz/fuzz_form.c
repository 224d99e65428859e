/*
 * fuzz_form: the input as canonical form text, and as the three CSV tables with "|" between. What is accepted keeps its text;
 * what the tables compile to has been accepted by the parser.
 */
#include <assert.h>
#include <string.h>

#include "proto/form/form.h"
#include "proto/form/form_csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next table of the input, up to "|". */
static struct form_csv_table next_table(const char *name, const uint8_t **at, size_t *left)
{
	const uint8_t *bar = *left ? memchr(*at, '|', *left) : NULL;
	struct form_csv_table t = { name, *at, bar ? (size_t)(bar - *at) : *left };

	*left -= t.len + (bar ? 1 : 0);
	*at = bar ? bar + 1 : *at;
	return t;
}

static void compile(const uint8_t *data, size_t size)
{
	struct form_csv_tables t;
	struct form *f = NULL;
	struct buf out;

	t.settings = next_table("s", &data, &size);
	t.questions = next_table("q", &data, &size);
	t.choices = next_table("c", &data, &size);
	buf_init(&out, FORM_TEXT_BYTES_MAX);
	if (form_csv_compile(&t, &out) == 0) {
		int rc = form_parse((const char *)out.data, out.len, &f);

		assert(rc == 0);
	}
	form_free(f);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct form *f;

	if (form_parse((const char *)data, size, &f) == 0) {
		size_t len;
		const char *text = form_text(f, &len);

		assert(len == size && memcmp(text, data, len) == 0);
		form_free(f);
	}
	compile(data, size);
	return 0;
}
