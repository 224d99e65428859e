/*
 * parse: the tree of a parsed expression. Inside proto/form/xpath only; xpath.h is what others see.
 *
 * All of a tree lies in the blocks of its struct xpath and is read-only once parsed. Operators of one precedence form one node with a
 * list of operands, so that the tree is only as deep as parentheses, predicates and calls nest (XPATH_DEPTH_MAX), however long a sum is.
 */
#ifndef PROTO_FORM_XPATH_PARSE_H
#define PROTO_FORM_XPATH_PARSE_H

#include "proto/form/xpath/function.h"
#include "proto/form/xpath/token.h"

enum xexpr_kind {
	XEXPR_OR,
	XEXPR_AND,
	XEXPR_COMPARE,
	XEXPR_ARITHMETIC,
	XEXPR_NEGATE,
	XEXPR_UNION,
	XEXPR_NUMBER,
	XEXPR_STRING,
	XEXPR_CALL,
	XEXPR_PATH
};

enum xaxis {
	XAXIS_CHILD,
	XAXIS_DESCENDANT,
	XAXIS_PARENT,
	XAXIS_ANCESTOR,
	XAXIS_FOLLOWING_SIBLING,
	XAXIS_PRECEDING_SIBLING,
	XAXIS_FOLLOWING,
	XAXIS_PRECEDING,
	XAXIS_ATTRIBUTE,
	XAXIS_SELF,
	XAXIS_DESCENDANT_OR_SELF,
	XAXIS_ANCESTOR_OR_SELF,
	XAXIS_FILTER /* none: the predicates behind a parenthesis or call, over the whole set */
};

enum xtest { XTEST_NAME, XTEST_ANY, XTEST_PREFIX, XTEST_NODE, XTEST_TEXT, XTEST_COMMENT, XTEST_INSTRUCTION };

struct xpredicate {
	struct xexpr *expr;
	struct xpredicate *next;
};

struct xstep {
	enum xaxis axis;
	enum xtest test;
	const char *name;       /* interned, as written; the target of an instruction or NULL */
	const char *local;      /* XTEST_NAME with a known prefix: interned */
	const char *space;      /* interned namespace of a known prefix, else NULL */
	const char *not_space;  /* XTEST_NAME without prefix: interned; what a name without prefix is never in */
	struct xpredicate *predicates;
	const char *key_name;   /* the first predicate asks that a child of this name (interned) equals... */
	struct xexpr *key_value; /* ...this, which is the same for all items; NULL: it does not, or the tree may change */
	struct xstep *next;
};

struct xexpr {
	enum xexpr_kind kind;
	enum token_kind op;     /* what joins it to the operand before it in its list; TOKEN_END for the first */
	struct xexpr *next;     /* in the list of operands or arguments that it is part of */
	struct xexpr *first;    /* operands or arguments; of a path: where it begins, NULL: at the context node, or at the top */
	union {
		double number;
		bool is_absolute; /* a path that begins at the top */
		bool is_odd;      /* NEGATE: an odd number of signs */
	};
	const char *text;       /* of a STRING; NUL-terminated */
	const struct xfunction *function;
	struct xexpr **arguments;
	size_t argument_count;
	struct xexpr *next_call; /* all calls of an expression are chained */
	struct xstep *steps;
};

struct xpath_block;

struct xpath {
	struct xexpr *top;
	struct xexpr *calls;
	struct xpath_block *blocks; /* owned: all of the tree */
};

#endif
