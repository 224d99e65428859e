/*
 * markdown: the part of Markdown that labels and hints may have, as ODK has it: *emphasis*, **strong**, # headings,
 * [links](https://...), lists, line breaks, and <span style="color:..."> with a colour word or #hex. Everything else is text.
 *
 * Output is HTML in which nothing of the author survives unescaped; links go only to http, https, mailto and tel, and never fetch
 * anything. Its elements are strong, em, h1 to h6, ul, ol, li, br, a and span, properly nested. It is at most MARKDOWN_GROWTH times as
 * long as the text and MARKDOWN_MORE bytes, and the work is proportional to the length of the text.
 */
#ifndef PROTO_FORM_MARKDOWN_H
#define PROTO_FORM_MARKDOWN_H

#include "proto/base/buf.h"

#define MARKDOWN_GROWTH 6 /* a quotation mark becomes six bytes, and no mark gains more for each of its bytes */
#define MARKDOWN_MORE 64

/* Append HTML for `text`: block elements only where the text has them, so that a one-line label is inline. */
void markdown_html(const char *text, struct buf *out);
/*
 * The same for places where no block may stand: headings, the labels of controls. Lines are divided by <br>, marks of headings and
 * lists left out.
 */
void markdown_inline(const char *text, struct buf *out);
/* Append the words alone: for the terminal, titles and logs of tests. */
void markdown_plain(const char *text, struct buf *out);

#endif
