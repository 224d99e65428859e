/*
 * html: see html.h.
 */
#include "proto/base/html.h"

#include <string.h>

static const char *reference_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text_n(struct buf *out, const char *text, size_t len)
{
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		const char *reference = reference_of(text[i]);
		unsigned char c = (unsigned char)text[i];

		if (!reference && (c >= 0x20 || c == '\t' || c == '\n'))
			continue;
		buf_append(out, text + from, i - from);
		if (reference)
			buf_text(out, reference);
		from = i + 1;
	}
	buf_append(out, text + from, len - from);
}

void html_text(struct buf *out, const char *text)
{
	html_text_n(out, text, strlen(text));
}

void html_attribute(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " %s=\"", name);
	html_text(out, value);
	buf_text(out, "\"");
}

void html_element(struct buf *out, const char *tag, const char *class, const char *text)
{
	buf_printf(out, "<%s", tag);
	if (class)
		html_attribute(out, "class", class);
	buf_text(out, ">");
	html_text(out, text);
	buf_printf(out, "</%s>", tag);
}
