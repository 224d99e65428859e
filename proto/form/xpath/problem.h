/*
 * problem: what an author is told when an expression is refused, in English and in Arabic: what was found, at which character, what was
 * expected. Inside proto/form/xpath only.
 */
#ifndef PROTO_FORM_XPATH_PROBLEM_H
#define PROTO_FORM_XPATH_PROBLEM_H

#include "proto/form/xpath/function.h"
#include "proto/form/xpath/token.h"

/* An expression that is being read. */
struct problem_source {
	const char *text;             /* borrowed UTF-8 */
	size_t len;
	struct xpath_problem *report; /* NULL: nobody asks */
};

/* All fill the report and return ERR_USAGE with the English text as message. `t` is the token that was found. */

/* Something else was expected: the two texts say what, as the end of a sentence. */
int problem_expected(const struct problem_source *s, const struct token *t, const char *english, const char *arabic);
/* The two texts are the whole sentences. */
int problem_say(const struct problem_source *s, size_t at, const char *english, const char *arabic);
/* `t` calls a function that there is not. */
int problem_function(const struct problem_source *s, const struct token *t);
/* `t` calls `f` with `count` arguments. */
int problem_arguments(const struct problem_source *s, const struct token *t, const struct xfunction *f, size_t count);
/*
 * What is wrong with a call whatever the answers are: a pattern that cannot be read, an algorithm that there is not, a value where
 * questions are counted, a pair without its half. 0: nothing.
 */
struct xexpr;
int problem_call(const struct problem_source *s, const struct token *t, const struct xexpr *call);

#endif
