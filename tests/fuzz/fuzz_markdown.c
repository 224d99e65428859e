/*
 * fuzz_markdown: the input is a label. What becomes of it is HTML of our few elements, closed where they were opened, in which nothing
 * of the input is markup; and it is never much longer than the label, however many marks there are.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/markdown.h"
#include "tests/lib/htmlkit.h"

#define OUT_BYTES_MAX (64u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t len, void (*write)(const char *, struct buf *), const char *const *allowed)
{
	struct buf out;

	buf_init(&out, OUT_BYTES_MAX);
	write(text, &out);
	assert(!buf_error(&out));
	assert(out.len <= MARKDOWN_GROWTH * len + MARKDOWN_MORE);
	assert(!htmlkit_fault(buf_string(&out), allowed));
	buf_fini(&out);
}

/* Words alone are never more than there were. */
static void check_plain(const char *text, size_t len)
{
	struct buf out;

	buf_init(&out, OUT_BYTES_MAX);
	markdown_plain(text, &out);
	assert(!buf_error(&out) && out.len <= len);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = size ? strnlen((const char *)data, size) : 0;
	char *text = malloc(len + 1);

	assert(text);
	if (len)
		memcpy(text, data, len);
	text[len] = '\0';
	check(text, len, markdown_html, HTMLKIT_MARKDOWN);
	check(text, len, markdown_inline, HTMLKIT_INLINE);
	check_plain(text, len);
	free(text);
	return 0;
}
