/*
 * argument: see argument.h.
 */
#include "proto/form/xpath/argument.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int argument_text(struct xcall *call, size_t i, struct buf *out)
{
	int rc;

	buf_init(out, XPATH_STRING_BYTES_MAX);
	rc = xcall_string(call, i, out);
	if (rc == 0)
		rc = xcall_charge(call, 1 + out->len / 64);
	if (rc != 0)
		buf_fini(out);
	return rc;
}

int argument_trimmed(struct xcall *call, size_t i, struct buf *out)
{
	size_t from = 0;
	int rc;

	rc = argument_text(call, i, out);
	if (rc != 0)
		return rc;
	while (from < out->len && is_space((char)out->data[from]))
		from++;
	while (out->len > from && is_space((char)out->data[out->len - 1]))
		out->len--;
	if (from > 0)
		memmove(out->data, out->data + from, out->len - from);
	out->len -= from;
	return 0;
}

static int value_items(struct xcall *call, const struct xpath_value *v, argument_visitor *visit, void *ctx)
{
	struct xpath_value item = { .type = XPATH_NODESET, .node_count = 1 };
	int rc;

	if (v->type != XPATH_NODESET) {
		rc = xcall_charge(call, 1);
		return rc != 0 ? rc : visit(ctx, v);
	}
	rc = xcall_charge(call, v->node_count);
	for (size_t i = 0; rc == 0 && i < v->node_count; i++) {
		item.nodes = &v->nodes[i];
		rc = visit(ctx, &item);
	}
	return rc;
}

int argument_items(struct xcall *call, size_t first, argument_visitor *visit, void *ctx)
{
	struct xpath_value v;
	int rc = 0;

	for (size_t i = first; rc == 0 && i < xcall_count(call); i++) {
		rc = xcall_value(call, i, &v);
		if (rc != 0)
			return rc;
		rc = value_items(call, &v, visit, ctx);
		xpath_value_fini(&v);
	}
	return rc;
}

int argument_is_empty(const struct xpath_value *v, bool *out)
{
	struct buf text;
	int rc;

	buf_init(&text, XPATH_STRING_BYTES_MAX);
	rc = xpath_value_string(v, &text);
	if (rc == 0)
		rc = buf_error(&text);
	*out = text.len == 0;
	buf_fini(&text);
	return rc;
}

const char *argument_word(const char **at, size_t *len)
{
	const char *p = *at;
	const char *word;

	while (is_space(*p))
		p++;
	word = p;
	while (*p != '\0' && !is_space(*p))
		p++;
	*at = p;
	*len = (size_t)(p - word);
	return *len > 0 ? word : NULL;
}
