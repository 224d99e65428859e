/*
 * regex: the patterns of regex(). PCRE2 with UTF-8 and Unicode classes; the whole value must match.
 *
 * Authors bring patterns from tools that run on Java or JavaScript. What is spelled otherwise there is rewritten: \u0621, \u{621},
 * \p{IsArabic}, \p{InArabic}, \p{Letter}, \p{Punct} and the like. What PCRE2 would read in another sense is refused: `&&` in a class.
 *
 * Hostile patterns end with ERR_LIMIT, in bounded memory. Nothing is kept between calls: compiling takes a few microseconds.
 */
#ifndef PROTO_FORM_XPATH_REGEX_H
#define PROTO_FORM_XPATH_REGEX_H

#include <stdbool.h>

#include "proto/base/err.h"

#define REGEX_PATTERN_BYTES_MAX 8192
#define REGEX_VALUE_BYTES_MAX (64 * 1024)
#define REGEX_STEPS 500 /* what a match is charged: most take a microsecond or two, the worst some milliseconds */

/*
 * Whether all of `value` matches `pattern` (both NUL-terminated UTF-8). Errors: ERR_USAGE with what is wrong with the pattern and where;
 * ERR_LIMIT: one of them too long, or the match takes too many steps; ERR_CORRUPT: `value` is not UTF-8; ERR_NOMEM.
 */
int regex_matches(const char *pattern, const char *value, bool *out) MUST_CHECK;

/* Whether `pattern` is one, for the publisher: 0 or ERR_USAGE, ERR_LIMIT, ERR_NOMEM as above. */
int regex_check(const char *pattern) MUST_CHECK;

#endif
