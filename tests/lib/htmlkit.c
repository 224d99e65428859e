/*
 * htmlkit: see htmlkit.h.
 */
#include "tests/lib/htmlkit.h"

#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX 256
#define NAME_BYTES_MAX 16

const char *const HTMLKIT_MARKDOWN[] = { "strong", "em", "a", "span", "br", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", NULL };
const char *const HTMLKIT_INLINE[] = { "strong", "em", "a", "span", "br", NULL };

struct reading {
	const char *at;
	const char *const *allowed;
	char open[DEPTH_MAX][NAME_BYTES_MAX];
	size_t depth;
};

static bool is_among(const char *const *list, const char *name, size_t len)
{
	for (; *list; list++)
		if (strlen(*list) == len && strncmp(*list, name, len) == 0)
			return true;
	return false;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool is_reference(const char *at)
{
	return begins(at, "&amp;") || begins(at, "&lt;") || begins(at, "&gt;") || begins(at, "&quot;") || begins(at, "&#39;");
}

/* Text, or the value of an attribute: up to what ends it. In a value an apostrophe does no harm: quotation marks end it. */
static const char *read_text(struct reading *r, char end)
{
	for (; *r->at && *r->at != end; r->at++) {
		if (strchr(end == '"' ? "<>" : "<>\"'", *r->at))
			return "a sign of markup in a text";
		if (*r->at == '&' && !is_reference(r->at))
			return "an & that begins no reference";
		if ((unsigned char)*r->at < 0x20 && *r->at != '\n' && *r->at != '\t')
			return "a control character";
	}
	return NULL;
}

static const char *check_attribute(const char *name, size_t len, const char *value, size_t value_len)
{
	static const char *const LOADS[] = { "src", "srcset", "action", "formaction", "background", "poster", "data", NULL };

	if (len > 2 && begins(name, "on"))
		return "an attribute that runs a program";
	if (is_among(LOADS, name, len))
		return "an attribute that loads something";
	if (len == 4 && begins(name, "href") && !begins(value, "http://") && !begins(value, "https://") && !begins(value, "mailto:") &&
	    !begins(value, "tel:"))
		return "a link to somewhere else";
	if (len == 5 && begins(name, "style") && (memchr(value, '(', value_len) || memchr(value, ';', value_len) || memchr(value, '\\', value_len)))
		return "a style of more than one simple property";
	return NULL;
}

static const char *read_attributes(struct reading *r)
{
	while (*r->at == ' ') {
		const char *name = ++r->at, *value, *fault;
		size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzBW-");

		r->at += len;
		if (len == 0)
			return "an attribute without a name";
		if (*r->at == ' ' || *r->at == '>')
			continue;
		if (!begins(r->at, "=\""))
			return "an attribute without quotation marks";
		value = r->at += 2;
		fault = read_text(r, '"');
		if (!fault)
			fault = check_attribute(name, len, value, (size_t)(r->at - value));
		if (fault)
			return fault;
		if (!*r->at++)
			return "an attribute without an end";
	}
	return *r->at == '/' && r->at[1] == '>' && r->at++ ? NULL : *r->at == '>' ? NULL : "a tag without an end";
}

static const char *read_end(struct reading *r, const char *name, size_t len)
{
	r->at = name + len;
	if (*r->at != '>')
		return "an end tag without an end";
	if (r->depth == 0 || strlen(r->open[r->depth - 1]) != len || strncmp(r->open[r->depth - 1], name, len) != 0)
		return "an element is closed that is not the last one opened";
	r->depth--;
	return NULL;
}

static const char *read_tag(struct reading *r)
{
	static const char *const VOID[] = { "br", "meta", "input", "path", NULL };
	bool is_end = r->at[1] == '/';
	const char *name = r->at + 1 + is_end;
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");
	const char *fault;

	if (len == 0 || len >= NAME_BYTES_MAX)
		return "a < without the name of an element";
	if (r->allowed && !is_among(r->allowed, name, len))
		return "an element that may not be here";
	if (is_end)
		return read_end(r, name, len);
	r->at = name + len;
	fault = read_attributes(r);
	if (fault || is_among(VOID, name, len))
		return fault;
	if (r->depth == DEPTH_MAX)
		return "too many elements inside each other";
	memcpy(r->open[r->depth], name, len);
	r->open[r->depth++][len] = '\0';
	/* The only element whose content is not text. */
	if (len == 5 && begins(name, "style")) {
		const char *end = strchr(r->at, '<');

		if (!end || !begins(end, "</style>"))
			return "a style that does not end";
		r->at = end - 1;
	}
	return NULL;
}

const char *htmlkit_fault(const char *html, const char *const *allowed)
{
	struct reading r = { .at = html, .allowed = allowed };

	if (!allowed && begins(html, "<!doctype html>"))
		r.at += strlen("<!doctype html>");
	while (*r.at) {
		const char *fault = *r.at == '<' ? read_tag(&r) : NULL;

		if (!fault && *r.at == '>')
			r.at++;
		if (!fault && *r.at != '<')
			fault = read_text(&r, '<');
		if (fault)
			return fault;
	}
	return r.depth ? "an element that is not closed" : NULL;
}

size_t htmlkit_count(const char *html, const char *what)
{
	size_t count = 0;

	for (const char *at = strstr(html, what); at; at = strstr(at + 1, what))
		count++;
	return count;
}
