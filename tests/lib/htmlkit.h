/*
 * htmlkit: whether HTML that we wrote is what we meant to write: strictly, as no browser would. For tests and fuzz targets.
 */
#ifndef TESTS_LIB_HTMLKIT_H
#define TESTS_LIB_HTMLKIT_H

#include <stddef.h>

/* What Markdown may become (proto/form/markdown.h), and without blocks. NULL ends. */
extern const char *const HTMLKIT_MARKDOWN[];
extern const char *const HTMLKIT_INLINE[];

/*
 * NULL when `html` is in order, else what is wrong. In order: elements are closed where they were opened, attributes are `
 * name="value"`, text and values hold < > " ' as references only and & as the beginning of one of ours; no attribute runs a program or
 * loads anything, links go where they may. `allowed`: the elements that may occur; NULL: any.
 */
const char *htmlkit_fault(const char *html, const char *const *allowed);

/* How often `what` occurs. */
size_t htmlkit_count(const char *html, const char *what);

#endif
