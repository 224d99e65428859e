/*
 * xmldoc: an XML document as a tree of nodes for expressions, for the cases recorded from other engines, with nodes named by position
 * as those cases name them: "/", "/ *[1]/ *[2]/@id" (without the spaces), "/ *[1]/text()[2]".
 *
 * White space, comments, instructions and CDATA sections are kept as nodes; document types are not.
 */
#ifndef TESTS_CONFORM_XMLDOC_H
#define TESTS_CONFORM_XMLDOC_H

#include "proto/form/xpath/node.h"

struct xmldoc;

/* Read the file. Names are interned in `names`, which outlives the document. Says on stderr what is wrong and returns NULL. */
struct xmldoc *xmldoc_open(const char *path, struct xnames *names);
void xmldoc_close(struct xmldoc *d);

const struct xnode *xmldoc_top(const struct xmldoc *d);
/* The node at `path`; NULL: there is none. */
struct xnode *xmldoc_find(const struct xmldoc *d, const char *path);
/* Append the path of `n`. */
void xmldoc_path(const struct xmldoc *d, const struct xnode *n, struct buf *out);
/* Cut the tree at `n`, so that expressions take it for the top; paths stay those of the whole document. */
void xmldoc_cut(struct xmldoc *d, struct xnode *n);
/*
 * The first element with this local name and, unless `attribute` is NULL, this value of the attribute; NULL: none. `after`: begin behind
 * it, or NULL.
 */
const struct xnode *xmldoc_element(const struct xmldoc *d, const struct xnode *after, const char *local, const char *attribute,
				   const char *value);
/* The value of an attribute without prefix; NULL: none. */
const char *xmldoc_attribute(const struct xnode *n, const char *name);

#endif
