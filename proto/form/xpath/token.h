/*
 * token: cuts an expression into tokens, one at a time, by XPath 1.0 section 3.7: whether `*` multiplies and whether `div` is an operator
 * depends on what stood before. Inside proto/form/xpath only.
 *
 * More lenient than the standard where the engines of the field are: `1div2` and `1 and1` are operators, and the spaces and invisible
 * marks that come along when text is pasted separate words.
 */
#ifndef PROTO_FORM_XPATH_TOKEN_H
#define PROTO_FORM_XPATH_TOKEN_H

#include <stddef.h>

enum token_kind {
	TOKEN_END,
	TOKEN_NUMBER,       /* text: the digits */
	TOKEN_STRING,       /* text: between the quotes */
	TOKEN_NAME,         /* a name test: a, p:a, p:*, * */
	TOKEN_AXIS,         /* the name before ::, which is eaten too */
	TOKEN_NODE_TYPE,    /* node text comment processing-instruction, before "(" */
	TOKEN_FUNCTION,     /* a name before "(" */
	TOKEN_OPEN,         /* ( */
	TOKEN_CLOSE,        /* ) */
	TOKEN_BRACKET,      /* [ */
	TOKEN_BRACKET_END,  /* ] */
	TOKEN_DOT,
	TOKEN_DOTS,
	TOKEN_AT,
	TOKEN_COMMA,
	TOKEN_SLASH,
	TOKEN_SLASHES,
	TOKEN_BAR,
	TOKEN_PLUS,
	TOKEN_MINUS,
	TOKEN_EQUAL,
	TOKEN_UNEQUAL,
	TOKEN_LESS,
	TOKEN_LESS_EQUAL,
	TOKEN_MORE,
	TOKEN_MORE_EQUAL,
	TOKEN_OR,
	TOKEN_AND,
	TOKEN_DIV,
	TOKEN_MOD,
	TOKEN_MULTIPLY,
	TOKEN_VARIABLE,     /* $: there are none, refused by the parser */
	TOKEN_UNCLOSED,     /* a text without its closing quote, to the end */
	TOKEN_CURLY,        /* a typographic quotation mark */
	TOKEN_STRANGE       /* a character that no expression holds */
};

struct token {
	enum token_kind kind;
	size_t at;          /* byte in the expression */
	size_t size;        /* bytes of all of it, quotes included */
	const char *text;   /* borrows from the expression */
	size_t len;
};

struct lexer {
	const char *text;   /* borrowed UTF-8 */
	size_t len;
	size_t at;          /* next byte */
	enum token_kind last; /* kind of the token before; TOKEN_END at the beginning */
};

/* `text` is UTF-8, checked by the caller. */
void lexer_init(struct lexer *l, const char *text, size_t len);
/* At the end it gives TOKEN_END for ever. */
void lexer_next(struct lexer *l, struct token *out);

#endif
