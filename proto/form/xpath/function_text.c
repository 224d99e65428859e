/*
 * function_text: the functions of texts that XPath 1.0 does not have. Their table is in function_odk.c. Characters are code points.
 */
#include "proto/form/xpath/function_odk.h"

#include <math.h>
#include <string.h>

#include "proto/form/xpath/argument.h"
#include "proto/form/xpath/regex.h"

struct joiner {
	struct xcall *call;
	struct buf text;
	const char *separator;
	bool has_any;
};

static int see_joined(void *ctx, const struct xpath_value *item)
{
	struct joiner *j = ctx;
	size_t before = j->text.len;
	int rc;

	if (j->has_any)
		buf_text(&j->text, j->separator);
	j->has_any = true;
	rc = xpath_value_string(item, &j->text);
	if (rc == 0)
		rc = buf_error(&j->text);
	return rc != 0 ? rc : xcall_charge(j->call, (j->text.len - before) / 64);
}

static int join_from(struct xcall *call, size_t first, const char *separator, struct xpath_value *out)
{
	struct joiner j = { .call = call, .separator = separator };
	int rc;

	buf_init(&j.text, XPATH_STRING_BYTES_MAX);
	rc = argument_items(call, first, see_joined, &j);
	if (rc == 0)
		return xreturn_buf(out, &j.text);
	buf_fini(&j.text);
	return rc;
}

int function_text_join(struct xcall *call, struct xpath_value *out)
{
	struct buf separator;
	int rc;

	rc = argument_text(call, 0, &separator);
	if (rc != 0)
		return rc;
	rc = join_from(call, 1, buf_string(&separator), out);
	buf_fini(&separator);
	return rc;
}

/* Where character `index` of `text` begins, in bytes; behind the last for any later one. */
static size_t character_at(const struct buf *text, double index)
{
	size_t at = 0;

	for (; at < text->len && index >= 1; index--) {
		at++;
		while (at < text->len && (text->data[at] & 0xc0) == 0x80)
			at++;
	}
	return at;
}

static double character_count(const struct buf *text)
{
	size_t count = 0;

	for (size_t i = 0; i < text->len; i++)
		count += (text->data[i] & 0xc0) != 0x80;
	return (double)count;
}

/* substr(text, from, to): characters counted from 0, negative from the end, `to` not included. */
int function_text_substr(struct xcall *call, struct xpath_value *out)
{
	struct buf text;
	double from;
	double to;
	size_t begin;
	size_t end;
	int rc;

	rc = argument_text(call, 0, &text);
	if (rc != 0)
		return rc;
	to = character_count(&text);
	rc = xcall_number(call, 1, &from);
	if (rc == 0 && from < 0)
		from += to;
	if (rc == 0 && xcall_count(call) > 2) {
		double count = to;

		rc = xcall_number(call, 2, &to);
		if (to < 0)
			to += count;
	}
	if (rc == 0) {
		begin = character_at(&text, trunc(from));
		end = character_at(&text, trunc(to));
		rc = begin < end ? xreturn_string(out, (const char *)text.data + begin, end - begin) : xreturn_string(out, "", 0);
	}
	buf_fini(&text);
	return rc;
}

/* A test of two texts. */
static int test_texts(struct xcall *call, int (*test)(struct buf *a, struct buf *b, bool *out), struct xpath_value *out)
{
	struct buf a;
	struct buf b;
	bool result = false;
	int rc;

	rc = argument_text(call, 0, &a);
	if (rc != 0)
		return rc;
	rc = argument_text(call, 1, &b);
	if (rc == 0) {
		rc = test(&a, &b, &result);
		buf_fini(&b);
	}
	buf_fini(&a);
	return rc != 0 ? rc : xreturn_boolean(out, result);
}

static int test_end(struct buf *text, struct buf *end, bool *out)
{
	*out = end->len == 0 || (text->len >= end->len && memcmp(text->data + text->len - end->len, end->data, end->len) == 0);
	return 0;
}

int function_text_ends_with(struct xcall *call, struct xpath_value *out)
{
	return test_texts(call, test_end, out);
}

static int test_pattern(struct buf *text, struct buf *pattern, bool *out)
{
	return regex_matches(buf_string(pattern), buf_string(text), out);
}

int function_text_regex(struct xcall *call, struct xpath_value *out)
{
	int rc = xcall_charge(call, REGEX_STEPS);

	return rc != 0 ? rc : test_texts(call, test_pattern, out);
}
