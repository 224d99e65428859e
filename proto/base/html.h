/*
 * html: writing HTML so that no text can become markup: everything that is not our own literal goes through html_text() or
 * html_attribute().
 */
#ifndef PROTO_BASE_HTML_H
#define PROTO_BASE_HTML_H

#include <stddef.h>

#include "proto/base/buf.h"

/* Append text, with & < > " ' written as references. Bytes below 0x20 other than tab and line feed are left out. */
void html_text(struct buf *out, const char *text);
void html_text_n(struct buf *out, const char *text, size_t len);

/* Append ` name="value"`; `name` is our own. */
void html_attribute(struct buf *out, const char *name, const char *value);

/* Append text between our own tags: html_element(out, "h1", NULL, title) gives <h1>title</h1>. `class` may be NULL. */
void html_element(struct buf *out, const char *tag, const char *class, const char *text);

#endif
