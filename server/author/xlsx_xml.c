/*
 * xlsx_xml: see xlsx_xml.h. The parser is expat, fed with the pieces that come out of the archive.
 *
 * Guards: no document type gets past its first word, so no entity is ever declared; what expat holds back of an unfinished
 * tag is measured after each piece; expat keeps every name it has met, so its memory has a ceiling where the library can keep one
 * (2.7.2, and older ones mended by their distributor), and elsewhere that of the part's size.
 */
#include "server/author/xlsx_xml.h"

#include <expat.h>
#include <stdbool.h>
#include <string.h>

#include "server/author/workbook.h"

#define PARSER_BYTES (16ull * 1024 * 1024) /* beyond that expat may take PARSER_AMPLIFICATION times what it was fed */
#define PARSER_AMPLIFICATION 1.5f

/* Declared here again: older headers lack it, older libraries leave it NULL. */
extern XML_Bool XML_SetAllocTrackerMaximumAmplification(XML_Parser parser, float factor) __attribute__((weak));
extern XML_Bool XML_SetAllocTrackerActivationThreshold(XML_Parser parser, unsigned long long bytes) __attribute__((weak));

struct parse {
	XML_Parser parser;
	const char *part;      /* borrowed */
	const struct xlsx_xml_reader *reader;
	void *ctx;
	size_t depth;          /* elements open */
	size_t skip_from;      /* the depth at which skipping began; 0: not skipping (the outermost is never skipped) */
	size_t fed;            /* bytes */
	int error;             /* of a reader's function, or our own; sticky */
};

static void stop(struct parse *p, int error)
{
	if (p->error)
		return;
	p->error = error;
	(void)XML_StopParser(p->parser, XML_FALSE);
}

static const char *local_name(const char *name)
{
	const char *colon = strchr(name, ':');

	return colon ? colon + 1 : name;
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct parse *p = data;
	size_t depth = p->depth++;
	int rc;

	if (p->error)
		return;
	if (depth >= XLSX_XML_DEPTH_MAX) {
		stop(p, err_set(ERR_LIMIT, "%s: elements stand more than %d deep in each other", p->part, XLSX_XML_DEPTH_MAX));
		return;
	}
	if (p->skip_from)
		return;
	rc = p->reader->start(p->ctx, depth, local_name(name), attributes);
	if (rc == XLSX_XML_SKIP && depth == 0)
		rc = err_set(ERR_CORRUPT, "%s: it is not what it should be: save the file again as .xlsx", p->part);
	if (rc == XLSX_XML_SKIP)
		p->skip_from = p->depth;
	else if (rc != 0)
		stop(p, rc);
}

static void XMLCALL on_end(void *data, const XML_Char *name)
{
	struct parse *p = data;
	size_t depth = p->depth--;
	int rc;

	if (p->error)
		return;
	if (p->skip_from) {
		if (p->skip_from == depth)
			p->skip_from = 0;
		return;
	}
	rc = p->reader->end ? p->reader->end(p->ctx, depth - 1, local_name(name)) : 0;
	if (rc != 0)
		stop(p, rc);
}

static void XMLCALL on_text(void *data, const XML_Char *text, int len)
{
	struct parse *p = data;
	int rc;

	if (p->error || p->skip_from || p->depth == 0 || !p->reader->text)
		return;
	rc = p->reader->text(p->ctx, p->depth - 1, text, (size_t)len);
	if (rc != 0)
		stop(p, rc);
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	struct parse *p = data;

	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	stop(p, err_set(ERR_CORRUPT, "%s: it declares a document type, which no workbook does", p->part));
}

/* What expat's own refusal means. */
static int parse_failed(struct parse *p)
{
	enum XML_Error code = XML_GetErrorCode(p->parser);
	unsigned long line = XML_GetCurrentLineNumber(p->parser);

	if (p->error)
		return p->error;
	if (code == XML_ERROR_NO_MEMORY)
		return p->error = err_set(ERR_NOMEM, "%s: line %lu: reading it takes more memory than there is for it", p->part, line);
	return p->error = err_set(ERR_CORRUPT, "%s: line %lu: %s: save the file again as .xlsx", p->part, line, XML_ErrorString(code));
}

static int feed(void *ctx, const uint8_t *data, size_t len)
{
	struct parse *p = ctx;
	XML_Index done;

	if (XML_Parse(p->parser, (const char *)data, (int)len, XML_FALSE) != XML_STATUS_OK)
		return parse_failed(p);
	p->fed += len;
	done = XML_GetCurrentByteIndex(p->parser);
	if (done >= 0 && p->fed - (size_t)done > XLSX_XML_TOKEN_BYTES_MAX + len)
		return p->error = err_set(ERR_LIMIT, "%s: line %lu: a tag is longer than %d bytes", p->part,
					  XML_GetCurrentLineNumber(p->parser), XLSX_XML_TOKEN_BYTES_MAX);
	return 0;
}

static void parser_set(struct parse *p)
{
	XML_SetUserData(p->parser, p);
	XML_SetElementHandler(p->parser, on_start, on_end);
	XML_SetCharacterDataHandler(p->parser, on_text);
	XML_SetStartDoctypeDeclHandler(p->parser, on_doctype);
	if (XML_SetAllocTrackerMaximumAmplification && XML_SetAllocTrackerActivationThreshold) {
		(void)XML_SetAllocTrackerActivationThreshold(p->parser, PARSER_BYTES);
		(void)XML_SetAllocTrackerMaximumAmplification(p->parser, PARSER_AMPLIFICATION);
	}
}

int xlsx_xml_read(struct zip *z, int entry, const char *part, const struct xlsx_xml_reader *reader, void *ctx)
{
	struct parse p = { .part = part, .reader = reader, .ctx = ctx };
	int rc;

	p.parser = XML_ParserCreate(NULL);
	if (!p.parser)
		return err_set(ERR_NOMEM, "%s: no memory", part);
	parser_set(&p);
	rc = zip_read(z, entry, WORKBOOK_PART_BYTES_MAX, feed, &p);
	if (rc == 0 && XML_Parse(p.parser, "", 0, XML_TRUE) != XML_STATUS_OK)
		rc = parse_failed(&p);
	XML_ParserFree(p.parser);
	return rc;
}

const char *xlsx_xml_attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return NULL;
}

const char *xlsx_xml_prefixed(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2) {
		const char *colon = strchr(attributes[0], ':');

		if (colon && strcmp(colon + 1, name) == 0)
			return attributes[1];
	}
	return NULL;
}
