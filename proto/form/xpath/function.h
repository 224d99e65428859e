/*
 * function: the library of functions that expressions call, as tables, and what one call sees. Inside proto/form/xpath only.
 *
 * A function evaluates its arguments itself, in its own order and only those it needs: if() never looks at the branch not taken. The
 * number of arguments was checked when the expression was parsed.
 */
#ifndef PROTO_FORM_XPATH_FUNCTION_H
#define PROTO_FORM_XPATH_FUNCTION_H

#include "proto/form/xpath/xpath.h"

#define XFUNCTION_ARGUMENTS_MAX 64

struct xcall;

struct xfunction {
	const char *name;  /* as written: "count", "jr:choice-name", "m:sa-id" */
	uint8_t least;     /* arguments */
	uint8_t most;
	int (*call)(struct xcall *call, struct xpath_value *out);
};

/*
 * NULL: no such function. The tables: function_core.c (XPath 1.0), function_odk.c (text, numbers, sets), function_date.c, function_geo.c,
 * function_own.c (m:).
 */
const struct xfunction *xfunction_find(const char *name, size_t len);

/* The `i`th of all functions, in no order that means anything; NULL behind the last. */
const struct xfunction *xfunction_at(size_t i);

/* The tables; the last row of each has no name. */
extern const struct xfunction function_core_table[];
extern const struct xfunction function_odk_table[];
extern const struct xfunction function_date_table[];
extern const struct xfunction function_geo_table[];
extern const struct xfunction function_own_table[];

/* ---- what a call sees (call.c) ---- */

const struct xpath_context *xcall_context(const struct xcall *call);
size_t xcall_count(const struct xcall *call);
/* Evaluate argument `i`; `*out` is owned. A second time evaluates again. */
int xcall_value(struct xcall *call, size_t i, struct xpath_value *out) MUST_CHECK;
int xcall_boolean(struct xcall *call, size_t i, bool *out) MUST_CHECK;
int xcall_number(struct xcall *call, size_t i, double *out) MUST_CHECK;
int xcall_string(struct xcall *call, size_t i, struct buf *out) MUST_CHECK; /* appends */
/* ERR_USAGE unless the value is a nodeset; `*out` is owned. */
int xcall_nodes(struct xcall *call, size_t i, struct xpath_value *out) MUST_CHECK;
/* Charge `steps` to the budget: for loops over foreign sizes. ERR_LIMIT when it is used up. */
int xcall_charge(struct xcall *call, uint64_t steps) MUST_CHECK;

/* ---- results ---- */

int xreturn_boolean(struct xpath_value *out, bool b);
int xreturn_number(struct xpath_value *out, double d);
int xreturn_string(struct xpath_value *out, const char *text, size_t len) MUST_CHECK;
/* Takes what `b` holds and ends it; its error is the result. */
int xreturn_buf(struct xpath_value *out, struct buf *b) MUST_CHECK;

#endif
