/*
 * parser: what the parts of the parser share: the tokens not yet taken, the memory of the tree, the first failure. Inside
 * proto/form/xpath only.
 *
 * Every function that reads something returns NULL or false after a failure and has then said why; nothing needs to be given back,
 * since all memory is the expression's. Depth is counted where the grammar nests: parentheses, predicates, arguments.
 */
#ifndef PROTO_FORM_XPATH_PARSER_H
#define PROTO_FORM_XPATH_PARSER_H

#include "proto/form/xpath/parse.h"
#include "proto/form/xpath/problem.h"

struct parser {
	struct problem_source source;
	struct lexer lexer;
	struct token t;         /* the next one, not yet taken */
	struct xnames *names;   /* borrowed */
	struct xpath *x;        /* being made */
	bool is_late;           /* calls that make no sense fail when they are evaluated */
	size_t depth;
	size_t tokens;
	int rc;                 /* the first failure */
};

/* ---- parser.c ---- */

/* Zeroed memory of the expression; NULL for want of it. */
void *parser_take(struct parser *p, size_t size);
const char *parser_text(struct parser *p, const char *text, size_t len);
const char *parser_intern(struct parser *p, const char *name, size_t len);
struct xexpr *parser_expr(struct parser *p, enum xexpr_kind kind);
/* Give back all that parser_take() gave for `x`. */
void parser_free(struct xpath *x);

/* Refuse the next token, unless something was refused before; NULL. */
void *parser_expected(struct parser *p, const char *english, const char *arabic);
void *parser_too_large(struct parser *p, const char *english, const char *arabic);

void parser_advance(struct parser *p);
/* Take the next token if it is of this kind. */
bool parser_accept(struct parser *p, enum token_kind kind);
/* One level deeper; `p->depth` is counted down by whoever comes back. */
bool parser_enter(struct parser *p);

/* ---- parse_step.c ---- */

/* Whether a token of this kind begins a step. */
bool parse_step_begins(enum token_kind kind);
/* Append the predicates that follow. */
void parse_step_predicates(struct parser *p, struct xstep *s);
/* Append the steps that follow to the path `e`: one at once when `is_first`, then each behind its slash. */
bool parse_step_all(struct parser *p, struct xexpr *e, bool is_first);

/* ---- parse.c ---- */

struct xexpr *parse_expr(struct parser *p);

#endif
