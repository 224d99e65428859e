/*
 * argument: the arguments of a call in the shapes that functions want them: a text, a count, every item of several values. Inside
 * proto/form/xpath only.
 */
#ifndef PROTO_FORM_XPATH_ARGUMENT_H
#define PROTO_FORM_XPATH_ARGUMENT_H

#include "proto/form/xpath/function.h"

/*
 * Argument `i` as a text in `out`, which is made here (ceiling XPATH_STRING_BYTES_MAX) and is the caller's to end; nothing to end on
 * failure.
 */
int argument_text(struct xcall *call, size_t i, struct buf *out) MUST_CHECK;

/* The same with spaces cut at both ends. */
int argument_trimmed(struct xcall *call, size_t i, struct buf *out) MUST_CHECK;

/*
 * Visit every item of the arguments from `first` on: each node of a nodeset as a nodeset of that one node, any other value as it is. An
 * empty nodeset has no items. `visit` returns 0 or an error, which ends the walk; it owns nothing. Each item is charged.
 */
typedef int argument_visitor(void *ctx, const struct xpath_value *item);
int argument_items(struct xcall *call, size_t first, argument_visitor *visit, void *ctx) MUST_CHECK;

/* Whether `v` is a nodeset without nodes, or its text is empty. */
int argument_is_empty(const struct xpath_value *v, bool *out) MUST_CHECK;

/*
 * The next word of `*at` (spaces, tabs and line ends stand between words): returns where it begins, with its length in `*len`, and moves
 * `*at` behind it; NULL at the end.
 */
const char *argument_word(const char **at, size_t *len);

#endif
