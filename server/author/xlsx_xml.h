/*
 * xlsx_xml: one XML part of an .xlsx, read as a stream of elements, with what hostile XML needs refused: document types (and so
 * entities), depth, tags of many kilobytes, and the memory the parser itself may take.
 *
 * Elements and attributes are known by their local names: programs differ in prefixes, and the strict and the transitional
 * dialect in name spaces only.
 */
#ifndef SERVER_AUTHOR_XLSX_XML_H
#define SERVER_AUTHOR_XLSX_XML_H

#include <stddef.h>

#include "proto/base/err.h"
#include "server/author/zip.h"

#define XLSX_XML_DEPTH_MAX 200
#define XLSX_XML_TOKEN_BYTES_MAX (1024 * 1024) /* one tag or comment; text comes in pieces and has no limit here */

#define XLSX_XML_SKIP 1 /* what `start` returns for an element that does not matter: nothing inside is told */

struct xlsx_xml_reader {
	/* An element begins, `depth` 0 for the outermost; 0: go into it, XLSX_XML_SKIP, or an error. Its parents were all gone into. */
	int (*start)(void *ctx, size_t depth, const char *name, const char **attributes);
	/* An element that was gone into ends; NULL: not wanted. 0 or an error. */
	int (*end)(void *ctx, size_t depth, const char *name);
	/* Text directly inside an element that was gone into, `depth` is that element's; comes in pieces. NULL: not wanted. */
	int (*text)(void *ctx, size_t depth, const char *text, size_t len);
};

/*
 * Read the entry `entry` of `z`, called `part` in messages. ERR_CORRUPT with the line, ERR_LIMIT, ERR_NOMEM, or what a function of
 * `reader` returned.
 */
int xlsx_xml_read(struct zip *z, int entry, const char *part, const struct xlsx_xml_reader *reader, void *ctx) MUST_CHECK;

/* The value of the attribute `name` that has no prefix; NULL. */
const char *xlsx_xml_attribute(const char **attributes, const char *name);

/* The value of the attribute with the local name `name`, which has some prefix; NULL. */
const char *xlsx_xml_prefixed(const char **attributes, const char *name);

#endif
