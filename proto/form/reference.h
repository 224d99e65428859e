/*
 * reference: `${name}` in expressions and labels, written out as paths the way the field's compiler (pyxform) does it.
 *
 * The path is absolute ("/data/group/name"), but inside one repeat the shortest relative one from the lowest common repeat ("../name",
 * "../../group/name"), so that it means the row the expression stands in. In predicates of instance(...) it is prefixed by "current()/"
 * where it is relative; arguments 1, 2, 4 and 6 of indexed-repeat() stay absolute. `${last-saved#name}` is refused. In the filter of a
 * select_member a name inside the repeat it chooses among is "./name": of the row that is looked at.
 *
 * Of several nodes with one name the nearest is meant: the one with the deepest group around both; two as near are ambiguous. A path is
 * written with a space before and behind it.
 */
#ifndef PROTO_FORM_REFERENCE_H
#define PROTO_FORM_REFERENCE_H

#include "proto/base/buf.h"
#include "proto/form/form.h"

enum reference_place {
	REFERENCE_EXPRESSION,    /* relevant, constraint, calculation, default, ... of node `from` */
	REFERENCE_CHOICE_FILTER, /* a predicate over items: relative paths get current()/ */
};

struct reference_problem {
	size_t at;              /* byte in the text */
	char name[FORM_NAME_BYTES_MAX + 1];
	char english[256];
	char arabic[512];
};

/*
 * Append `text` of node `from` with every ${name} as a path. ERR_USAGE with `problem` filled (may be NULL): unknown name, a name that
 * stands at several places none of which is nearest, a malformed ${. ERR_NOMEM, ERR_LIMIT.
 */
int reference_expand(const struct form *f, size_t from, enum reference_place place, const char *text, struct buf *out,
	struct reference_problem *problem) MUST_CHECK;

/* The node that ${name} means at `from`; -1: unknown, -2: ambiguous. */
int reference_find(const struct form *f, size_t from, const char *name, size_t len);

/* The path of node `to` for an expression at node `from`, as above. */
void reference_path(const struct form *f, size_t from, size_t to, struct buf *out);

#endif
