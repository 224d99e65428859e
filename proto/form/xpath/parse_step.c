/*
 * parse_step: the steps of paths: axis, test, predicates (XPath 1.0 section 2). See parser.h.
 */
#include <string.h>

#include "proto/form/xpath/parser.h"

static const struct {
	const char *name;
	enum xaxis axis;
} AXES[] = {
	{ "child", XAXIS_CHILD },
	{ "descendant", XAXIS_DESCENDANT },
	{ "parent", XAXIS_PARENT },
	{ "ancestor", XAXIS_ANCESTOR },
	{ "following-sibling", XAXIS_FOLLOWING_SIBLING },
	{ "preceding-sibling", XAXIS_PRECEDING_SIBLING },
	{ "following", XAXIS_FOLLOWING },
	{ "preceding", XAXIS_PRECEDING },
	{ "attribute", XAXIS_ATTRIBUTE },
	{ "self", XAXIS_SELF },
	{ "descendant-or-self", XAXIS_DESCENDANT_OR_SELF },
	{ "ancestor-or-self", XAXIS_ANCESTOR_OR_SELF },
};

static bool token_is(const struct token *t, const char *text)
{
	return strlen(text) == t->len && memcmp(t->text, text, t->len) == 0;
}

static void read_axis(struct parser *p, struct xstep *s)
{
	if (parser_accept(p, TOKEN_AT)) {
		s->axis = XAXIS_ATTRIBUTE;
		return;
	}
	if (p->t.kind != TOKEN_AXIS)
		return;
	for (size_t i = 0; i < sizeof AXES / sizeof AXES[0]; i++) {
		if (token_is(&p->t, AXES[i].name)) {
			s->axis = AXES[i].axis;
			parser_advance(p);
			return;
		}
	}
	parser_expected(p, "a direction such as child, parent or ancestor before '::'", "اتجاه مثل child أو parent أو ancestor قبل '::'");
}

/* Prefixes that mean the same namespace in every form, so that trees need not spell them alike. */
static const struct {
	const char *prefix;
	const char *space;
} SPACES[] = {
	{ "xhtml", "http://www.w3.org/1999/xhtml" },  { "h", "http://www.w3.org/1999/xhtml" },
	{ "jr", "http://openrosa.org/javarosa" },     { "orx", "http://openrosa.org/xforms" },
	{ "odk", "http://www.opendatakit.org/xforms" }, { "xml", "http://www.w3.org/XML/1998/namespace" },
};

static const char *known_space(struct parser *p, const char *prefix, size_t len)
{
	for (size_t i = 0; i < sizeof SPACES / sizeof SPACES[0]; i++) {
		if (strlen(SPACES[i].prefix) == len && memcmp(SPACES[i].prefix, prefix, len) == 0)
			return parser_intern(p, SPACES[i].space, strlen(SPACES[i].space));
	}
	return NULL;
}

/* The token is a name test: *, p:*, p:a or a. */
static void read_name_test(struct parser *p, struct xstep *s)
{
	const struct token t = p->t;
	const char *colon = memchr(t.text, ':', t.len);
	size_t prefix = colon ? (size_t)(colon - t.text) : 0;

	parser_advance(p);
	if (t.len == 1 && t.text[0] == '*') {
		s->test = XTEST_ANY;
		return;
	}
	s->test = colon && colon[1] == '*' ? XTEST_PREFIX : XTEST_NAME;
	s->name = parser_intern(p, t.text, s->test == XTEST_PREFIX ? prefix : t.len);
	if (colon) {
		s->space = known_space(p, t.text, prefix);
		s->local = parser_intern(p, colon + 1, t.len - prefix - 1);
	} else {
		s->not_space = known_space(p, "xhtml", strlen("xhtml"));
	}
}

static void read_node_type(struct parser *p, struct xstep *s)
{
	static const enum xtest tests[] = { XTEST_NODE, XTEST_TEXT, XTEST_COMMENT, XTEST_INSTRUCTION };
	static const char *const types[] = { "node", "text", "comment", "processing-instruction" };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (token_is(&p->t, types[i]))
			s->test = tests[i];
	}
	parser_advance(p);
	if (!parser_accept(p, TOKEN_OPEN))
		return;
	if (s->test == XTEST_INSTRUCTION && p->t.kind == TOKEN_STRING) {
		s->name = parser_intern(p, p->t.text, p->t.len);
		parser_advance(p);
	}
	if (!parser_accept(p, TOKEN_CLOSE))
		parser_expected(p, "')'", "القوس ')'");
}

void parse_step_predicates(struct parser *p, struct xstep *s)
{
	struct xpredicate **end = &s->predicates;

	while (parser_accept(p, TOKEN_BRACKET)) {
		struct xpredicate *q = parser_take(p, sizeof *q);

		if (!q)
			return;
		if (parser_enter(p))
			q->expr = parse_expr(p);
		p->depth--;
		if (q->expr && !parser_accept(p, TOKEN_BRACKET_END))
			parser_expected(p, "']'", "القوس ']'");
		*end = q;
		end = &q->next;
	}
}

static struct xstep *read_step(struct parser *p)
{
	struct xstep *s = parser_take(p, sizeof *s);

	if (!s)
		return NULL;
	s->test = XTEST_NODE;
	if (p->t.kind == TOKEN_DOT || p->t.kind == TOKEN_DOTS) {
		s->axis = p->t.kind == TOKEN_DOT ? XAXIS_SELF : XAXIS_PARENT;
		parser_advance(p);
	} else {
		read_axis(p, s);
		if (p->t.kind == TOKEN_NAME)
			read_name_test(p, s);
		else if (p->t.kind == TOKEN_NODE_TYPE)
			read_node_type(p, s);
		else
			parser_expected(p, "the name of a question or group", "اسم سؤال أو مجموعة");
	}
	parse_step_predicates(p, s);
	return p->rc == 0 ? s : NULL;
}

bool parse_step_begins(enum token_kind kind)
{
	return kind == TOKEN_NAME || kind == TOKEN_AXIS || kind == TOKEN_NODE_TYPE || kind == TOKEN_DOT || kind == TOKEN_DOTS ||
	       kind == TOKEN_AT;
}

/* `//` is a step of its own, except where it and the child behind it come to one walk. */
static bool append_step(struct parser *p, struct xstep ***end, bool is_deep)
{
	struct xstep *s = NULL, *deep = NULL;

	if (is_deep) {
		deep = parser_take(p, sizeof *deep);
		if (!deep)
			return false;
		deep->axis = XAXIS_DESCENDANT_OR_SELF;
		deep->test = XTEST_NODE;
	}
	s = read_step(p);
	if (!s)
		return false;
	if (deep && s->axis == XAXIS_CHILD && !s->predicates) {
		s->axis = XAXIS_DESCENDANT;
	} else if (deep) {
		**end = deep;
		*end = &deep->next;
	}
	**end = s;
	*end = &s->next;
	return true;
}

/* The steps behind `e`; with a slash first unless `is_first`. */
bool parse_step_all(struct parser *p, struct xexpr *e, bool is_first)
{
	struct xstep **end = &e->steps;
	bool is_deep = false;

	while (*end)
		end = &(*end)->next;
	if (is_first && !append_step(p, &end, false))
		return false;
	while (p->t.kind == TOKEN_SLASH || p->t.kind == TOKEN_SLASHES) {
		is_deep = p->t.kind == TOKEN_SLASHES;
		parser_advance(p);
		if (!append_step(p, &end, is_deep))
			return false;
	}
	return p->rc == 0;
}
