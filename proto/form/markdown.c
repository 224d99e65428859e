/*
 * markdown: see markdown.h.
 *
 * Two levels: lines make blocks (headings, lists, paragraphs), and inside a line the inline marks are matched by looking for their end
 * on the same line. A mark without an end is text. Reading goes forward only, so each kind of end keeps its last find: it is looked for
 * again only when reading has passed it, and a hostile label of marks alone costs no more than a few times its length. Depth is
 * bounded.
 */
#include "proto/form/markdown.h"

#include <stdbool.h>
#include <string.h>

#include "proto/base/html.h"

#define DEPTH_MAX 8
#define COLOUR_BYTES_MAX 24
#define STYLE_BYTES_MAX 64
#define ADDRESS_BYTES_MAX 2048

enum mark { MARK_STRONG, MARK_STRONG_LINE, MARK_EMPHASIS, MARK_EMPHASIS_LINE, MARK_COUNT };

static const struct {
	const char *sign;
	const char *tag;
} MARKS[MARK_COUNT] = { { "**", "strong" }, { "__", "strong" }, { "*", "em" }, { "_", "em" } };

/* What is looked for: the ends of marks, in the order of enum mark, and of links and spans. */
enum { END_LINK = MARK_COUNT, END_ADDRESS, END_STYLE, END_SPAN, END_COUNT };

static const char *const ENDS[END_COUNT] = { "**", "__", "*", "_", "](", ")", "\">", "</span>" };

struct writer {
	struct buf *out;
	bool is_plain;               /* words only */
	bool is_inline;              /* no block elements */
	unsigned depth;
	const char *line_end;
	/* The first of each at or after where it was last looked for; line_end when there is none; NULL: not looked for on this line. */
	const char *found[END_COUNT];
	const char *refused;         /* the middle of a link whose address was refused */
};

static void write_inline(struct writer *w, const char *text, size_t len);

static void put(struct writer *w, const char *text, size_t len)
{
	if (w->is_plain)
		buf_append(w->out, text, len);
	else
		html_text_n(w->out, text, len);
}

static void tag(struct writer *w, const char *text)
{
	if (!w->is_plain)
		buf_text(w->out, text);
}

/* The first such end in the text from `from` to `end`; NULL. */
static const char *find(struct writer *w, int what, const char *from, const char *end)
{
	size_t n = strlen(ENDS[what]);
	const char **found = &w->found[what];

	if (!*found || *found < from) {
		*found = memmem(from, (size_t)(w->line_end - from), ENDS[what], n);
		if (!*found)
			*found = w->line_end;
	}
	return *found < end && (size_t)(end - *found) >= n ? *found : NULL;
}

static bool begins(const char *text, size_t len, const char *what)
{
	size_t n = strlen(what);

	return len >= n && memcmp(text, what, n) == 0;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* ---- links ---- */

static bool is_safe_address(const char *address, size_t len)
{
	static const char *const SCHEMES[] = { "http://", "https://", "mailto:", "tel:" };

	if (len > ADDRESS_BYTES_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)address[i] <= 0x20)
			return false;
	for (size_t i = 0; i < sizeof SCHEMES / sizeof SCHEMES[0]; i++)
		if (begins(address, len, SCHEMES[i]))
			return true;
	return false;
}

/* [words](address): bytes taken, 0 when it is none. */
static size_t write_link(struct writer *w, const char *text, size_t len)
{
	const char *middle = find(w, END_LINK, text, text + len);
	const char *end = middle && middle != w->refused ? find(w, END_ADDRESS, middle, text + len) : NULL;

	if (!end || !is_safe_address(middle + 2, (size_t)(end - middle) - 2)) {
		if (middle)
			w->refused = middle;
		return 0;
	}
	if (!w->is_plain) {
		buf_text(w->out, "<a rel=\"noreferrer\" href=\"");
		html_text_n(w->out, middle + 2, (size_t)(end - middle) - 2);
		buf_text(w->out, "\">");
	}
	write_inline(w, text + 1, (size_t)(middle - text) - 1);
	tag(w, "</a>");
	return (size_t)(end - text) + 1;
}

/* ---- <span style="color: ..."> ---- */

static bool is_colour(const char *text, size_t len)
{
	if (len == 0 || len > COLOUR_BYTES_MAX)
		return false;
	for (size_t i = text[0] == '#'; i < len; i++)
		if (!is_word(text[i]) || (unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

/* The colour in a style that says nothing else. */
static bool read_colour(const char *style, size_t len, const char **colour, size_t *colour_len)
{
	const char *value = begins(style, len, "color:") ? style + 6 : NULL;
	size_t rest = value ? len - 6 : 0;

	while (rest && *value == ' ')
		value++, rest--;
	while (rest && (value[rest - 1] == ' ' || value[rest - 1] == ';'))
		rest--;
	*colour = value;
	*colour_len = rest;
	return value && is_colour(value, rest);
}

static size_t write_span(struct writer *w, const char *text, size_t len)
{
	static const char OPEN[] = "<span style=\"";
	const char *style = text + strlen(OPEN);
	const char *quote, *end, *colour;
	size_t colour_len;

	if (!begins(text, len, OPEN))
		return 0;
	quote = find(w, END_STYLE, style, text + len);
	end = quote && quote - style <= STYLE_BYTES_MAX ? find(w, END_SPAN, quote, text + len) : NULL;
	if (!end || !read_colour(style, (size_t)(quote - style), &colour, &colour_len))
		return 0;
	if (!w->is_plain) {
		buf_text(w->out, "<span style=\"color:");
		html_text_n(w->out, colour, colour_len);
		buf_text(w->out, "\">");
	}
	write_inline(w, quote + 2, (size_t)(end - quote) - 2);
	tag(w, "</span>");
	return (size_t)(end - text) + strlen("</span>");
}

/* ---- *emphasis* ---- */

static bool opens(enum mark m, const char *line, const char *at, const char *end)
{
	size_t n = strlen(MARKS[m].sign);

	if (!begins(at, (size_t)(end - at), MARKS[m].sign) || at + n >= end || at[n] == ' ')
		return false;
	return MARKS[m].sign[0] != '_' || at == line || !is_word(at[-1]); /* snake_case is a word */
}

static size_t write_mark(struct writer *w, const char *line, const char *at, const char *end)
{
	for (enum mark m = 0; m < MARK_COUNT; m++) {
		size_t n = strlen(MARKS[m].sign);
		const char *close = opens(m, line, at, end) ? find(w, (int)m, at + n, end) : NULL;

		if (!close || close == at + n || close[-1] == ' ' || (*MARKS[m].sign == '_' && close + n < end && is_word(close[n])))
			continue;
		if (!w->is_plain)
			buf_printf(w->out, "<%s>", MARKS[m].tag);
		write_inline(w, at + n, (size_t)(close - at) - n);
		if (!w->is_plain)
			buf_printf(w->out, "</%s>", MARKS[m].tag);
		return (size_t)(close - at) + n;
	}
	return 0;
}

/* ---- inline ---- */

static size_t write_special(struct writer *w, const char *line, const char *at, const char *end)
{
	size_t len = (size_t)(end - at);

	switch (*at) {
	case '\\':
		if (len < 2 || !strchr("\\`*_{}[]()#+-.!", at[1]))
			return 0;
		put(w, at + 1, 1);
		return 2;
	case '[':
		return write_link(w, at, len);
	case '<':
		return write_span(w, at, len);
	default:
		return write_mark(w, line, at, end);
	}
}

static void write_inline(struct writer *w, const char *text, size_t len)
{
	const char *end = text + len;
	const char *from = text;

	if (++w->depth > DEPTH_MAX) {
		put(w, text, len);
		w->depth--;
		return;
	}
	for (const char *at = text; at < end;) {
		size_t taken = 0;

		if (memchr("\\[<*_", *at, 5)) {
			put(w, from, (size_t)(at - from));
			from = at;
			taken = write_special(w, text, at, end);
		}
		if (taken)
			from = at += taken;
		else
			at++;
	}
	put(w, from, (size_t)(end - from));
	w->depth--;
}

/* ---- lines ---- */

enum block { BLOCK_NONE, BLOCK_LIST, BLOCK_NUMBERED };

struct line {
	const char *text;
	size_t len;
	size_t heading;     /* 1 to 6 */
	enum block block;
};

static size_t heading_of(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && n < 7 && text[n] == '#')
		n++;
	return n >= 1 && n <= 6 && n < len && text[n] == ' ' ? n : 0;
}

static struct line line_read(const char *text, size_t len)
{
	struct line l = { .text = text, .len = len, .heading = heading_of(text, len) };
	size_t digits = 0;

	if (l.heading) {
		l.text += l.heading + 1;
		l.len -= l.heading + 1;
		return l;
	}
	while (digits < len && digits < 4 && text[digits] >= '0' && text[digits] <= '9')
		digits++;
	if (len > 2 && (text[0] == '-' || text[0] == '*' || text[0] == '+') && text[1] == ' ')
		l = (struct line){ .text = text + 2, .len = len - 2, .block = BLOCK_LIST };
	else if (digits && digits + 2 < len && text[digits] == '.' && text[digits + 1] == ' ')
		l = (struct line){ .text = text + digits + 2, .len = len - digits - 2, .block = BLOCK_NUMBERED };
	return l;
}

static void change_block(struct writer *w, enum block *now, enum block next)
{
	if (*now == next)
		return;
	if (*now != BLOCK_NONE)
		tag(w, *now == BLOCK_LIST ? "</ul>" : "</ol>");
	if (next != BLOCK_NONE)
		tag(w, next == BLOCK_LIST ? "<ul>" : "<ol>");
	*now = next;
}

static void write_line(struct writer *w, const struct line *l)
{
	bool is_block = !w->is_plain && !w->is_inline;

	if (l->heading && is_block)
		buf_printf(w->out, "<h%zu>", l->heading);
	else if (l->block != BLOCK_NONE && is_block)
		buf_text(w->out, "<li>");
	memset(w->found, 0, sizeof w->found);
	w->line_end = l->text + l->len;
	w->refused = NULL;
	write_inline(w, l->text, l->len);
	if (l->heading && is_block)
		buf_printf(w->out, "</h%zu>", l->heading);
	else if (l->block != BLOCK_NONE && is_block)
		buf_text(w->out, "</li>");
}

static void write_all(struct writer *w, const char *text)
{
	enum block block = BLOCK_NONE;
	bool was_words = false;

	for (const char *at = text; *at;) {
		size_t len = strcspn(at, "\n");
		struct line l = line_read(at, len);
		bool is_words = w->is_inline || (!l.heading && l.block == BLOCK_NONE);

		if (!w->is_inline)
			change_block(w, &block, l.block);
		if (w->is_plain && at != text)
			buf_text(w->out, "\n");
		else if (was_words && is_words)
			tag(w, "<br>");
		write_line(w, &l);
		was_words = is_words;
		at += len + (at[len] == '\n');
	}
	change_block(w, &block, BLOCK_NONE);
}

void markdown_html(const char *text, struct buf *out)
{
	struct writer w = { .out = out };

	write_all(&w, text);
}

void markdown_inline(const char *text, struct buf *out)
{
	struct writer w = { .out = out, .is_inline = true };

	write_all(&w, text);
}

void markdown_plain(const char *text, struct buf *out)
{
	struct writer w = { .out = out, .is_plain = true };

	write_all(&w, text);
}
