/*
 * parse: the parser of expressions, by descent along the precedences of XPath 1.0 section 3; see parse.h for the tree it makes and
 * parser.h for how its parts work together.
 */
#include "proto/form/xpath/parse.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/form/xpath/parser.h"
#include "proto/form/xpath/xplan.h"

/* ---- operands ---- */

/* The arguments of a call, behind its opening parenthesis. */
static bool read_arguments(struct parser *p, struct xexpr *call)
{
	struct xexpr **end = &call->first;
	size_t i = 0;

	if (!parser_accept(p, TOKEN_CLOSE)) {
		do {
			*end = parse_expr(p);
			if (!*end)
				return false;
			end = &(*end)->next;
			call->argument_count++;
		} while (parser_accept(p, TOKEN_COMMA));
		if (!parser_accept(p, TOKEN_CLOSE)) {
			parser_expected(p, "',' or ')'", "الفاصلة ',' أو القوس ')'");
			return false;
		}
	}
	call->arguments = parser_take(p, (call->argument_count + 1) * sizeof *call->arguments);
	if (!call->arguments)
		return false;
	for (struct xexpr *a = call->first; a; a = a->next)
		call->arguments[i++] = a;
	return true;
}

static int call_nothing(struct xcall *call, struct xpath_value *out)
{
	(void)call;
	*out = (struct xpath_value){ 0 };
	return err_set(ERR_USAGE, "an expression: a function that is unknown or called with a wrong number of arguments");
}

/* What stands for such a function (xpath_parse_late()). */
static const struct xfunction NOTHING = { "", 0, UINT8_MAX, call_nothing };

/*
 * The columns that pulldata() names as texts are names of nodes: they are interned with the others, since the owner of a list lays out only
 * columns whose names somebody asks for.
 */
static bool name_columns(struct parser *p, const struct xexpr *call)
{
	if (!xplan_calls(call, "pulldata"))
		return true;
	for (size_t i = 1; i < 3 && i < call->argument_count; i++)
		if (call->arguments[i]->kind == XEXPR_STRING &&
		    !parser_intern(p, call->arguments[i]->text, strlen(call->arguments[i]->text)))
			return false;
	return true;
}

static struct xexpr *read_call(struct parser *p)
{
	struct xexpr *e = parser_expr(p, XEXPR_CALL);
	const struct token t = p->t;

	if (!e)
		return NULL;
	e->function = xfunction_find(t.text, t.len);
	if (!e->function && p->is_late)
		e->function = &NOTHING;
	if (!e->function) {
		p->rc = problem_function(&p->source, &t);
		return NULL;
	}
	parser_advance(p);
	if (!parser_accept(p, TOKEN_OPEN) || !parser_enter(p) || !read_arguments(p, e))
		return NULL;
	p->depth--;
	if (e->argument_count < e->function->least || e->argument_count > e->function->most) {
		if (p->is_late) {
			e->function = &NOTHING;
			return e;
		}
		p->rc = problem_arguments(&p->source, &t, e->function, e->argument_count);
		return NULL;
	}
	if (!p->is_late)
		p->rc = problem_call(&p->source, &t, e);
	if (p->rc != 0 || !name_columns(p, e))
		return NULL;
	e->next_call = p->x->calls;
	p->x->calls = e;
	return e;
}

static struct xexpr *read_literal(struct parser *p)
{
	struct xexpr *e = parser_expr(p, p->t.kind == TOKEN_NUMBER ? XEXPR_NUMBER : XEXPR_STRING);
	const char *text = parser_text(p, p->t.text, p->t.len);

	if (!e || !text)
		return NULL;
	if (e->kind == XEXPR_NUMBER)
		e->number = strtod(text, NULL);
	e->text = text;
	parser_advance(p);
	return e;
}

static struct xexpr *read_primary(struct parser *p)
{
	struct xexpr *e;

	if (p->t.kind == TOKEN_NUMBER || p->t.kind == TOKEN_STRING)
		return read_literal(p);
	if (p->t.kind == TOKEN_FUNCTION)
		return read_call(p);
	if (!parser_accept(p, TOKEN_OPEN))
		return parser_expected(p, "a value: a question, a text, a number or a function", "قيمة: سؤال أو نص أو رقم أو دالة");
	if (!parser_enter(p))
		return NULL;
	e = parse_expr(p);
	p->depth--;
	if (e && !parser_accept(p, TOKEN_CLOSE))
		return parser_expected(p, "')' or an operator", "القوس ')' أو عملية");
	return e;
}

/* A path that begins with a value: its predicates see the whole set. */
static struct xexpr *read_filter(struct parser *p)
{
	struct xexpr *base = read_primary(p);
	struct xexpr *path;

	if (!base || p->rc != 0)
		return NULL;
	if (p->t.kind != TOKEN_BRACKET && p->t.kind != TOKEN_SLASH && p->t.kind != TOKEN_SLASHES)
		return base;
	path = parser_expr(p, XEXPR_PATH);
	if (!path)
		return NULL;
	path->first = base;
	if (p->t.kind == TOKEN_BRACKET) {
		path->steps = parser_take(p, sizeof *path->steps);
		if (!path->steps)
			return NULL;
		path->steps->axis = XAXIS_FILTER;
		parse_step_predicates(p, path->steps);
	}
	return parse_step_all(p, path, false) ? path : NULL;
}

/* A path that begins at the top or at the context node. */
static struct xexpr *read_location(struct parser *p)
{
	struct xexpr *e = parser_expr(p, XEXPR_PATH);
	bool is_fine;

	if (!e)
		return NULL;
	e->is_absolute = p->t.kind == TOKEN_SLASH || p->t.kind == TOKEN_SLASHES;
	if (parser_accept(p, TOKEN_SLASH))
		is_fine = !parse_step_begins(p->t.kind) || parse_step_all(p, e, true);
	else
		is_fine = parse_step_all(p, e, !e->is_absolute);
	return is_fine && p->rc == 0 ? e : NULL;
}

static struct xexpr *read_path(struct parser *p)
{
	bool is_location = parse_step_begins(p->t.kind) || p->t.kind == TOKEN_SLASH || p->t.kind == TOKEN_SLASHES;
	struct xexpr *e = is_location ? read_location(p) : read_filter(p);

	if (e && e->kind == XEXPR_PATH)
		xplan_path(e);
	return e;
}

/* ---- operators ---- */

/* The loosest first. Union and unary minus bind tighter than all of these. */
static const struct {
	enum xexpr_kind kind;
	enum token_kind ops[5]; /* TOKEN_END behind the last */
} LEVELS[] = {
	{ XEXPR_OR, { TOKEN_OR } },
	{ XEXPR_AND, { TOKEN_AND } },
	{ XEXPR_COMPARE, { TOKEN_EQUAL, TOKEN_UNEQUAL } },
	{ XEXPR_COMPARE, { TOKEN_LESS, TOKEN_LESS_EQUAL, TOKEN_MORE, TOKEN_MORE_EQUAL } },
	{ XEXPR_ARITHMETIC, { TOKEN_PLUS, TOKEN_MINUS } },
	{ XEXPR_ARITHMETIC, { TOKEN_MULTIPLY, TOKEN_DIV, TOKEN_MOD } },
};

#define LEVEL_COUNT (sizeof LEVELS / sizeof LEVELS[0])

static bool is_op(enum token_kind kind, size_t level)
{
	for (const enum token_kind *op = LEVELS[level].ops; *op != TOKEN_END; op++) {
		if (*op == kind)
			return true;
	}
	return false;
}

static struct xexpr *read_union(struct parser *p)
{
	struct xexpr *e = read_path(p), *all;
	struct xexpr **end;

	if (!e || p->t.kind != TOKEN_BAR)
		return e;
	all = parser_expr(p, XEXPR_UNION);
	if (!all)
		return NULL;
	all->first = e;
	end = &e->next;
	while (parser_accept(p, TOKEN_BAR)) {
		*end = read_path(p);
		if (!*end)
			return NULL;
		(*end)->op = TOKEN_BAR;
		end = &(*end)->next;
	}
	return all;
}

static struct xexpr *read_unary(struct parser *p)
{
	struct xexpr *e;
	bool is_odd = false;

	if (p->t.kind != TOKEN_MINUS)
		return read_union(p);
	e = parser_expr(p, XEXPR_NEGATE);
	while (parser_accept(p, TOKEN_MINUS))
		is_odd = !is_odd;
	if (!e || p->rc != 0)
		return NULL;
	e->is_odd = is_odd;
	e->first = read_union(p);
	return e->first ? e : NULL;
}

static struct xexpr *read_level(struct parser *p, size_t level)
{
	struct xexpr *e = level + 1 < LEVEL_COUNT ? read_level(p, level + 1) : read_unary(p);
	struct xexpr *all;
	struct xexpr **end;

	if (!e || !is_op(p->t.kind, level))
		return e;
	all = parser_expr(p, LEVELS[level].kind);
	if (!all)
		return NULL;
	all->first = e;
	end = &e->next;
	while (is_op(p->t.kind, level)) {
		enum token_kind op = p->t.kind;

		parser_advance(p);
		*end = level + 1 < LEVEL_COUNT ? read_level(p, level + 1) : read_unary(p);
		if (!*end)
			return NULL;
		(*end)->op = op;
		end = &(*end)->next;
	}
	return all;
}

struct xexpr *parse_expr(struct parser *p)
{
	struct xexpr *e = p->rc == 0 ? read_level(p, 0) : NULL;

	return p->rc == 0 ? e : NULL;
}

/* ---- the whole ---- */

static int check_source(const struct problem_source *s)
{
	if (s->len > XPATH_BYTES_MAX) {
		(void)problem_say(s, 0, "the expression is too long", "العبارة أطول من اللازم");
		return err_set(ERR_LIMIT, "an expression of %zu bytes, at most %d", s->len, XPATH_BYTES_MAX);
	}
	if (!text_is_utf8(s->text, s->len) || memchr(s->text, '\0', s->len))
		return problem_say(s, 0, "the expression is not UTF-8 text", "العبارة ليست نصًّا بترميز UTF-8");
	return 0;
}

static int parse(const char *text, size_t len, struct xnames *names, bool is_late, struct xpath **out, struct xpath_problem *problem)
{
	struct parser p = { .source = { .text = text, .len = len, .report = problem }, .names = names, .is_late = is_late };

	*out = NULL;
	if (problem)
		*problem = (struct xpath_problem){ 0 };
	p.rc = check_source(&p.source);
	if (p.rc != 0)
		return p.rc;
	p.x = calloc(1, sizeof *p.x);
	if (!p.x)
		return err_set(ERR_NOMEM, "no memory for an expression");
	lexer_init(&p.lexer, text, len);
	parser_advance(&p);
	p.x->top = parse_expr(&p);
	if (p.rc == 0 && p.t.kind != TOKEN_END)
		parser_expected(&p, "an operator such as + = and, or the end", "عملية مثل + = and أو نهاية العبارة");
	if (p.rc != 0) {
		xpath_free(p.x);
		return p.rc;
	}
	*out = p.x;
	return 0;
}

int xpath_parse(const char *text, size_t len, struct xnames *names, struct xpath **out, struct xpath_problem *problem)
{
	return parse(text, len, names, false, out, problem);
}

int xpath_parse_late(const char *text, size_t len, struct xnames *names, struct xpath **out, struct xpath_problem *problem)
{
	return parse(text, len, names, true, out, problem);
}

void xpath_free(struct xpath *x)
{
	if (!x)
		return;
	parser_free(x);
	free(x);
}
