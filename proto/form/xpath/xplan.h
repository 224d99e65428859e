/*
 * xplan: what can be known about an expression before it is evaluated. Inside proto/form/xpath only.
 */
#ifndef PROTO_FORM_XPATH_XPLAN_H
#define PROTO_FORM_XPATH_XPLAN_H

#include "proto/form/xpath/parse.h"

/* Find the steps of `path` that an index can serve (xstep.key_name). Called once, when the path has been read. */
void xplan_path(struct xexpr *path);

/* Whether `e` is a call of the function `name`. */
bool xplan_calls(const struct xexpr *e, const char *name);

#endif
