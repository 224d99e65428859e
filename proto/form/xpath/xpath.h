/*
 * xpath: expressions as authors of ODK forms write them: XPath 1.0 with the functions of the ODK XForms specification
 * and our own (prefix `m:`).
 *
 * An expression is parsed once (xpath_parse) and evaluated many times; a parsed expression is read-only and may be shared
 * between threads. `${name}` is not known here: proto/form/reference.h writes it out as a path first. Evaluation is pure: clock, time
 * zone, randomness, other trees and budget come in a struct xpath_context. Depth, size and steps are bounded: hostile expressions end
 * with ERR_LIMIT, in bounded memory.
 *
 * Where the engines of the field disagree these rulings hold: a date-looking string as a number is whole days since 1970-01-01, with
 * a time fractional days in UTC; `now()` in arithmetic is fractional; regex() must match the whole value (PCRE2, UTF); `=` on numbers is
 * exact; decimals have a point only.
 */
#ifndef PROTO_FORM_XPATH_XPATH_H
#define PROTO_FORM_XPATH_XPATH_H

#include "proto/base/buf.h"
#include "proto/form/xpath/node.h"

#define XPATH_BYTES_MAX (64 * 1024)      /* one expression */
#define XPATH_DEPTH_MAX 200              /* nested parentheses, predicates and calls */
#define XPATH_TOKENS_MAX 20000
#define XPATH_NODES_MAX 200000           /* of one nodeset */
#define XPATH_STRING_BYTES_MAX (1024 * 1024)
#define XPATH_STEPS_MAX 20000000         /* default budget of one evaluation: nodes visited and functions called */

struct xpath;

/* Where and why an expression is refused, for its author. */
struct xpath_problem {
	size_t at;             /* byte in the expression, from 0 */
	char english[256];     /* what was found and what was expected */
	char arabic[512];
};

/*
 * Parse `text` (`len` bytes). Names are interned in `names`, which outlives the result. ERR_USAGE with `problem` filled (may be NULL) for
 * what is no expression, an unknown function or a wrong number of arguments; ERR_LIMIT, ERR_NOMEM. Free with xpath_free().
 */
int xpath_parse(const char *text, size_t len, struct xnames *names, struct xpath **out, struct xpath_problem *problem) MUST_CHECK;
/*
 * The same, except that an unknown function or a wrong number of arguments is an error only when the evaluation gets there (ERR_USAGE):
 * for forms made for newer programs, and for cases of engines that look at nothing before. What authors publish goes through xpath_parse().
 */
int xpath_parse_late(const char *text, size_t len, struct xnames *names, struct xpath **out, struct xpath_problem *problem) MUST_CHECK;
void xpath_free(struct xpath *x);

/* ---- values ---- */

enum xpath_type { XPATH_BOOLEAN, XPATH_NUMBER, XPATH_STRING, XPATH_NODESET };

struct xpath_value {
	enum xpath_type type;
	bool boolean;
	double number;
	char *string;                  /* owned; NUL-terminated */
	const struct xnode **nodes;    /* owned array of borrowed nodes, in document order, none twice (randomize(): in its order) */
	size_t node_count;
};

void xpath_value_fini(struct xpath_value *v);

/* Conversions of XPath 1.0 section 4 and of the rulings above. */
bool xpath_value_boolean(const struct xpath_value *v);
double xpath_value_number(const struct xpath_value *v, int tz_minutes);
int xpath_value_string(const struct xpath_value *v, struct buf *out) MUST_CHECK; /* appends */

/* A number as XPath prints it: "NaN", "Infinity", "-0" is "0", integers without point, else the shortest digits that read back. */
void xpath_number_format(double d, struct buf *out);
/* A string as a number: XPath's grammar, after spaces are cut; what looks like a date or dateTime is days (rulings). NaN otherwise. */
double xpath_number_read(const char *text, int tz_minutes);

/* ---- evaluation ---- */

/* What an evaluation sees of the world outside its tree. Everything is borrowed. Functions may be NULL: then there is none. */
struct xpath_world {
	int64_t now_ms;                /* UTC; today() and now() are the same throughout one recomputation */
	int tz_minutes;                /* east of UTC, of the place where the form is filled: Asia/Riyadh is 180 */
	uint64_t (*random)(void *ctx); /* 64 random bits, for random(), uuid(), randomize() without seed */
	/*
	 * The tree that instance('name') names: its top node, whose only child is `root`; NULL: unknown. Its lists get an index when
	 * they are searched (index.h): after a change of its values, and before it is freed, its owner calls xnode_index_free().
	 */
	const struct xnode *(*instance)(void *ctx, const char *name);
	/* jr:choice-name(code, 'path'): the label of a choice of the question at `path` ("/data/x"); false: unknown. */
	bool (*choice_name)(void *ctx, const char *code, const char *path, const struct xnode *context, struct buf *out);
	/* jr:itext('id'): false: unknown. */
	bool (*itext)(void *ctx, const char *id, struct buf *out);
	/* Settings of m:setting('name'): form_id, version, ... false: unknown. */
	bool (*setting)(void *ctx, const char *name, struct buf *out);
	void *ctx;
	uint64_t steps_max;            /* 0: XPATH_STEPS_MAX */
	uint64_t *steps_left;          /* of several evaluations together, taken down by each of them; NULL: no such budget */
};

struct xpath_context {
	const struct xpath_world *world;
	const struct xnode *node;      /* context node: `.`, and where relative paths begin */
	const struct xnode *current;   /* current(); NULL: node */
	size_t position;               /* of the context node, from 1; 0: position() counts the node among its like-named siblings */
	size_t size;
};

/*
 * Evaluate. `*out` is owned by the caller, xpath_value_fini(); it holds nothing after a failure. ERR_LIMIT: budget or sizes; ERR_USAGE:
 * a value no function can take (sum() of no nodeset), with a message; ERR_NOMEM.
 */
int xpath_evaluate(const struct xpath *x, const struct xpath_context *c, struct xpath_value *out) MUST_CHECK;

/* The same, converted. The string is appended. */
int xpath_boolean(const struct xpath *x, const struct xpath_context *c, bool *out) MUST_CHECK;
int xpath_number(const struct xpath *x, const struct xpath_context *c, double *out) MUST_CHECK;
int xpath_string(const struct xpath *x, const struct xpath_context *c, struct buf *out) MUST_CHECK;

/* ---- what an expression is about, without evaluating it ---- */

/* Whether it calls one of `names` (NULL-terminated) anywhere. */
bool xpath_calls(const struct xpath *x, const char *const *names);

/*
 * Every node of the tree around `context` that a path of the expression could reach when each predicate were true: what it depends on.
 * Paths in predicates and arguments count, each from where it would begin; instance() trees do not. `visit` may see a node twice; a
 * node with children stands for what is below it.
 * Bounded by XPATH_STEPS_MAX; ERR_LIMIT.
 */
typedef void xpath_visitor(void *ctx, const struct xnode *n);
int xpath_depends(const struct xpath *x, const struct xnode *context, xpath_visitor *visit, void *ctx) MUST_CHECK;

/* The names given to instance('...') and pulldata('...', ...) as literals; each once is not promised. */
typedef void xpath_name_visitor(void *ctx, const char *name);
void xpath_instances(const struct xpath *x, xpath_name_visitor *visit, void *ctx);

/*
 * The names that paths outside predicates begin with when nothing leads there: `age` in `age > 5`. A question has nothing below it, so
 * there they are always empty; in a choice filter they are columns. Each once is not promised.
 */
void xpath_bare_names(const struct xpath *x, xpath_name_visitor *visit, void *ctx);

#endif
