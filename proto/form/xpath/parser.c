/*
 * parser: see parser.h.
 */
#include "proto/form/xpath/parser.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 2048

struct xpath_block {
	struct xpath_block *next;
	size_t used;
	size_t cap;
	union {
		void *p;
		double d;
		uint64_t u;
	} data[]; /* pieces are aligned to one of these */
};

void *parser_take(struct parser *p, size_t size)
{
	struct xpath_block *b = p->x->blocks;
	size_t unit = sizeof b->data[0];
	size_t units = (size + unit - 1) / unit;
	void *at;

	if (!b || b->cap - b->used < units) {
		size_t cap = units > BLOCK_BYTES / unit ? units : BLOCK_BYTES / unit;

		b = calloc(1, sizeof *b + cap * unit);
		if (!b) {
			p->rc = err_set(ERR_NOMEM, "no memory for an expression");
			return NULL;
		}
		b->cap = cap;
		b->next = p->x->blocks;
		p->x->blocks = b;
	}
	at = &b->data[b->used];
	b->used += units;
	return at;
}

const char *parser_text(struct parser *p, const char *text, size_t len)
{
	char *copy = parser_take(p, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

const char *parser_intern(struct parser *p, const char *name, size_t len)
{
	const char *n = xnames_add(p->names, name, len);

	if (!n)
		p->rc = err_set(ERR_LIMIT, "no room for another name in expressions");
	return n;
}

struct xexpr *parser_expr(struct parser *p, enum xexpr_kind kind)
{
	struct xexpr *e = parser_take(p, sizeof *e);

	if (e)
		e->kind = kind;
	return e;
}

void parser_free(struct xpath *x)
{
	while (x->blocks) {
		struct xpath_block *next = x->blocks->next;

		free(x->blocks);
		x->blocks = next;
	}
}

void *parser_expected(struct parser *p, const char *english, const char *arabic)
{
	if (p->rc == 0)
		p->rc = problem_expected(&p->source, &p->t, english, arabic);
	return NULL;
}

void *parser_too_large(struct parser *p, const char *english, const char *arabic)
{
	if (p->rc == 0) {
		(void)problem_say(&p->source, p->t.at, english, arabic);
		p->rc = err_set(ERR_LIMIT, "expression: %s", english);
	}
	return NULL;
}

void parser_advance(struct parser *p)
{
	lexer_next(&p->lexer, &p->t);
	if (++p->tokens > XPATH_TOKENS_MAX)
		parser_too_large(p, "the expression is too long", "العبارة أطول من اللازم");
}

bool parser_accept(struct parser *p, enum token_kind kind)
{
	if (p->t.kind != kind || p->rc != 0)
		return false;
	parser_advance(p);
	return p->rc == 0;
}

bool parser_enter(struct parser *p)
{
	if (++p->depth > XPATH_DEPTH_MAX)
		parser_too_large(p, "parentheses are nested too deep", "الأقواس متداخلة أكثر من اللازم");
	return p->rc == 0;
}
