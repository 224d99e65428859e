/*
 * token: see token.h.
 */
#include "proto/form/xpath/token.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/text.h"

static char peek(const struct lexer *l, size_t ahead)
{
	return ahead < l->len - l->at ? l->text[l->at + ahead] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool starts_with(const struct lexer *l, const char *text)
{
	size_t len = strlen(text);

	return l->len - l->at >= len && memcmp(l->text + l->at, text, len) == 0;
}

/* Typographic quotation marks. */
static bool is_curly(uint32_t cp)
{
	return cp >= 0x2018 && cp <= 0x201f;
}

static bool is_blank(uint32_t cp)
{
	return text_is_space(cp) || text_is_invisible(cp);
}

static bool is_own_digit(uint32_t cp)
{
	return cp >= 0x80 && text_digit(cp) >= 0;
}

/*
 * Outside ASCII, what is no letter: Arabic comma, semicolon, question mark, percent sign and separators, full stop, multiplication and
 * division signs, dashes, quotation marks, arrows, signs of mathematics. Authors type them for the ones of ASCII, and as part of a name
 * they would silently name nothing.
 */
static bool is_sign(uint32_t cp)
{
	return cp == 0x60c || cp == 0x61b || cp == 0x61f || (cp >= 0x66a && cp <= 0x66d) || cp == 0x6d4 || cp == 0xd7 || cp == 0xf7 ||
	       cp == 0xab || cp == 0xbb || (cp >= 0x2010 && cp <= 0x205e) || (cp >= 0x2190 && cp <= 0x23ff);
}

static uint32_t code_point(const char *at, size_t left)
{
	uint32_t cp;

	(void)text_decode((const uint8_t *)at, left, &cp);
	return cp;
}

static bool is_name_start(const char *at, size_t left)
{
	char c = left > 0 ? *at : '\0';
	uint32_t cp;

	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
		return true;
	if ((uint8_t)c < 0x80)
		return false;
	cp = code_point(at, left);
	return !is_blank(cp) && !is_sign(cp) && !is_own_digit(cp);
}

static bool is_name_char(const char *at, size_t left)
{
	return is_name_start(at, left) || (left > 0 && (is_digit(*at) || *at == '-' || *at == '.')) ||
	       (left > 0 && is_own_digit(code_point(at, left)));
}

/* The bytes of the character that begins at `at`. */
static size_t character(const struct lexer *l, size_t at)
{
	uint32_t cp;
	size_t len = text_decode((const uint8_t *)l->text + at, l->len - at, &cp);

	return len > 0 ? len : 1;
}

static size_t skip_spaces(const struct lexer *l, size_t at)
{
	while (at < l->len) {
		char c = l->text[at];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			at++;
		else if ((uint8_t)c >= 0x80 && is_blank(code_point(l->text + at, l->len - at)))
			at += character(l, at);
		else
			break;
	}
	return at;
}

static size_t name_length(const struct lexer *l, size_t at)
{
	size_t end = at;

	if (!is_name_start(l->text + at, l->len - at))
		return 0;
	while (end < l->len && is_name_char(l->text + end, l->len - end))
		end += character(l, end);
	return end - at;
}

/* Section 3.7: behind what an operand ends with, a name or `*` is an operator. */
static bool wants_operator(enum token_kind last)
{
	return last == TOKEN_NUMBER || last == TOKEN_STRING || last == TOKEN_NAME || last == TOKEN_CLOSE ||
	       last == TOKEN_BRACKET_END || last == TOKEN_DOT || last == TOKEN_DOTS;
}

static const struct {
	char text[4];
	enum token_kind kind;
} WORDS[] = { { "or", TOKEN_OR }, { "and", TOKEN_AND }, { "div", TOKEN_DIV }, { "mod", TOKEN_MOD } };

/* An operator spelled as a word; also where a number follows without space, as in "1div2": nothing else could stand here. */
static bool read_word(struct lexer *l, struct token *out)
{
	size_t name = name_length(l, l->at);

	for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
		size_t len = strlen(WORDS[i].text);
		char behind = peek(l, len);

		if (name < len || memcmp(l->text + l->at, WORDS[i].text, len) != 0)
			continue;
		if (name == len || is_digit(behind) || behind == '.' || behind == '-') {
			out->kind = WORDS[i].kind;
			l->at += len;
			return true;
		}
	}
	return false;
}

static bool is_node_type(const char *name, size_t len)
{
	static const char *const types[] = { "node", "text", "comment", "processing-instruction" };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (strlen(types[i]) == len && memcmp(types[i], name, len) == 0)
			return true;
	}
	return false;
}

/* A name, with its prefix, and what it is by what follows it. */
static void read_name(struct lexer *l, struct token *out)
{
	size_t end = l->at + name_length(l, l->at);
	size_t behind;

	if (end + 1 < l->len && l->text[end] == ':' && l->text[end + 1] == '*')
		end += 2;
	else if (end + 1 < l->len && l->text[end] == ':' && name_length(l, end + 1) > 0)
		end += 1 + name_length(l, end + 1);
	out->kind = TOKEN_NAME;
	out->len = end - l->at;
	behind = skip_spaces(l, end);
	if (l->len - behind >= 2 && l->text[behind] == ':' && l->text[behind + 1] == ':') {
		out->kind = TOKEN_AXIS;
		end = behind + 2;
	} else if (behind < l->len && l->text[behind] == '(') {
		out->kind = is_node_type(out->text, out->len) ? TOKEN_NODE_TYPE : TOKEN_FUNCTION;
	}
	l->at = end;
}

/* "e-12" behind a number: XPath knows none, but the engines take it, and nothing else can be meant. */
static size_t exponent_length(const struct lexer *l)
{
	size_t len = 1;

	if (peek(l, 0) != 'e' && peek(l, 0) != 'E')
		return 0;
	if (peek(l, 1) == '-' || peek(l, 1) == '+')
		len++;
	if (!is_digit(peek(l, len)))
		return 0;
	while (is_digit(peek(l, len)))
		len++;
	return len;
}

static void read_number(struct lexer *l, struct token *out)
{
	while (is_digit(peek(l, 0)))
		l->at++;
	if (peek(l, 0) == '.') {
		l->at++;
		while (is_digit(peek(l, 0)))
			l->at++;
	}
	l->at += exponent_length(l);
	out->kind = TOKEN_NUMBER;
	out->len = l->at - out->at;
}

static void read_string(struct lexer *l, struct token *out)
{
	const char *begin = l->text + l->at + 1;
	const char *end = memchr(begin, l->text[l->at], l->len - l->at - 1);

	out->text = begin;
	out->kind = end ? TOKEN_STRING : TOKEN_UNCLOSED;
	out->len = end ? (size_t)(end - begin) : l->len - l->at - 1;
	l->at += out->len + (end ? 2 : 1);
}

static const struct {
	char text[3];
	enum token_kind kind;
} SIGNS[] = {
	{ "..", TOKEN_DOTS }, { "//", TOKEN_SLASHES }, { "!=", TOKEN_UNEQUAL }, { "<=", TOKEN_LESS_EQUAL }, { ">=", TOKEN_MORE_EQUAL },
	{ "(", TOKEN_OPEN }, { ")", TOKEN_CLOSE }, { "[", TOKEN_BRACKET }, { "]", TOKEN_BRACKET_END }, { ".", TOKEN_DOT },
	{ "@", TOKEN_AT }, { ",", TOKEN_COMMA }, { "/", TOKEN_SLASH }, { "|", TOKEN_BAR }, { "+", TOKEN_PLUS }, { "-", TOKEN_MINUS },
	{ "=", TOKEN_EQUAL }, { "<", TOKEN_LESS }, { ">", TOKEN_MORE }, { "$", TOKEN_VARIABLE },
};

static void read_sign(struct lexer *l, struct token *out)
{
	for (size_t i = 0; i < sizeof SIGNS / sizeof SIGNS[0]; i++) {
		if (starts_with(l, SIGNS[i].text)) {
			out->kind = SIGNS[i].kind;
			l->at += strlen(SIGNS[i].text);
			return;
		}
	}
	if (peek(l, 0) == '*') {
		out->kind = wants_operator(l->last) ? TOKEN_MULTIPLY : TOKEN_NAME;
		out->len = 1;
		l->at++;
		return;
	}
	out->kind = is_curly(code_point(l->text + l->at, l->len - l->at)) ? TOKEN_CURLY : TOKEN_STRANGE;
	l->at += character(l, l->at);
}

void lexer_init(struct lexer *l, const char *text, size_t len)
{
	*l = (struct lexer){ .text = text, .len = len };
}

void lexer_next(struct lexer *l, struct token *out)
{
	char c;

	l->at = skip_spaces(l, l->at);
	*out = (struct token){ .kind = TOKEN_END, .at = l->at, .text = l->text + l->at };
	c = peek(l, 0);
	if (l->at == l->len)
		; /* the end */
	else if (c == '"' || c == '\'')
		read_string(l, out);
	else if (is_digit(c) || (c == '.' && is_digit(peek(l, 1))))
		read_number(l, out);
	else if (!is_name_start(l->text + l->at, l->len - l->at))
		read_sign(l, out);
	else if (!wants_operator(l->last) || !read_word(l, out))
		read_name(l, out);
	out->size = l->at - out->at;
	l->last = out->kind;
}
