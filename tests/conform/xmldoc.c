/*
 * xmldoc: see xmldoc.h. Read with expat, which resolves the namespaces.
 */
#include "tests/conform/xmldoc.h"

#include <assert.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "proto/base/file.h"

#define DOC_BYTES_MAX (1024 * 1024)
#define SEPARATOR '\n'

/* A node and what only this file knows about it. */
struct member {
	struct xnode node;
	bool is_cdata;
};

struct xmldoc {
	struct arena *memory;
	struct xnames *names;
	struct xnode *top;
	struct xnode *at;         /* while reading: the element that is open */
	struct buf text;          /* while reading: characters not yet made a node */
	bool is_cdata;            /* while reading */
	const struct xnode *cut;  /* where the tree was cut; its parent was: */
	struct xnode *cut_parent;
};

static struct xnode *new_node(struct xmldoc *d, enum xnode_kind kind)
{
	struct member *m = arena_alloc(d->memory, 1, sizeof *m);

	assert(m);
	m->node.kind = kind;
	return &m->node;
}

static const char *keep(struct xmldoc *d, const char *text, size_t len)
{
	const char *copy = arena_copy(d->memory, text, len);

	assert(copy);
	return copy;
}

static const char *intern(struct xmldoc *d, const char *text, size_t len)
{
	const char *name = xnames_add(d->names, text, len);

	assert(name);
	return name;
}

/* expat gives "space|local|prefix", "space|local" or "local". */
static void set_name(struct xmldoc *d, struct xnode *n, const char *triplet)
{
	const char *local = strchr(triplet, SEPARATOR);
	const char *prefix = local ? strchr(local + 1, SEPARATOR) : NULL;
	char name[256];

	if (!local) {
		n->name = n->local = intern(d, triplet, strlen(triplet));
		return;
	}
	n->space = intern(d, triplet, (size_t)(local - triplet));
	local++;
	n->local = intern(d, local, prefix ? (size_t)(prefix - local) : strlen(local));
	snprintf(name, sizeof name, "%s%s%s", prefix ? prefix + 1 : "", prefix ? ":" : "", n->local);
	n->name = intern(d, name, strlen(name));
}

static void flush_text(struct xmldoc *d)
{
	struct xnode *n;

	if (d->text.len > 0 && d->at->kind == XNODE_ELEMENT) {
		n = new_node(d, XNODE_TEXT);
		((struct member *)n)->is_cdata = d->is_cdata;
		n->value = keep(d, buf_string(&d->text), d->text.len);
		xnode_append(d->at, n);
	}
	buf_clear(&d->text);
}

static void on_start(void *ctx, const char *name, const char **attributes)
{
	struct xmldoc *d = ctx;
	struct xnode *n, *last = NULL;

	flush_text(d);
	n = new_node(d, XNODE_ELEMENT);
	set_name(d, n, name);
	xnode_append(d->at, n);
	d->at = n;
	for (; *attributes; attributes += 2) {
		struct xnode *a = new_node(d, XNODE_ATTRIBUTE);

		set_name(d, a, attributes[0]);
		a->value = keep(d, attributes[1], strlen(attributes[1]));
		a->parent = n;
		a->previous = last;
		if (last)
			last->next = a;
		else
			n->first_attribute = a;
		last = a;
	}
}

static void on_end(void *ctx, const char *name)
{
	struct xmldoc *d = ctx;

	(void)name;
	flush_text(d);
	d->at = d->at->parent;
}

static void on_text(void *ctx, const char *text, int len)
{
	struct xmldoc *d = ctx;

	buf_append(&d->text, text, (size_t)len);
}

static void on_comment(void *ctx, const char *text)
{
	struct xmldoc *d = ctx;
	struct xnode *n;

	flush_text(d);
	n = new_node(d, XNODE_COMMENT);
	n->value = keep(d, text, strlen(text));
	xnode_append(d->at, n);
}

static void on_instruction(void *ctx, const char *target, const char *text)
{
	struct xmldoc *d = ctx;
	struct xnode *n;

	flush_text(d);
	n = new_node(d, XNODE_INSTRUCTION);
	n->name = n->local = intern(d, target, strlen(target));
	n->value = keep(d, text, strlen(text));
	xnode_append(d->at, n);
}

static void on_cdata(void *ctx)
{
	struct xmldoc *d = ctx;

	flush_text(d);
	d->is_cdata = true;
}

static void on_cdata_end(void *ctx)
{
	struct xmldoc *d = ctx;

	flush_text(d);
	d->is_cdata = false;
}

static bool read_doc(struct xmldoc *d, const struct buf *xml)
{
	XML_Parser p = XML_ParserCreateNS(NULL, SEPARATOR);
	bool is_fine;

	assert(p);
	XML_SetReturnNSTriplet(p, 1);
	XML_SetUserData(p, d);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	XML_SetCommentHandler(p, on_comment);
	XML_SetProcessingInstructionHandler(p, on_instruction);
	XML_SetCdataSectionHandler(p, on_cdata, on_cdata_end);
	is_fine = XML_Parse(p, (const char *)xml->data, (int)xml->len, 1) == XML_STATUS_OK;
	if (!is_fine)
		fprintf(stderr, "line %lu: %s\n", XML_GetCurrentLineNumber(p), XML_ErrorString(XML_GetErrorCode(p)));
	XML_ParserFree(p);
	return is_fine;
}

struct xmldoc *xmldoc_open(const char *path, struct xnames *names)
{
	struct xmldoc *d = calloc(1, sizeof *d);
	struct buf xml;
	bool is_fine;

	assert(d);
	d->names = names;
	d->memory = arena_new(16 * DOC_BYTES_MAX);
	assert(d->memory);
	buf_init(&d->text, DOC_BYTES_MAX);
	buf_init(&xml, DOC_BYTES_MAX);
	d->top = d->at = new_node(d, XNODE_DOCUMENT);
	is_fine = file_read(path, &xml) == 0;
	if (!is_fine)
		fprintf(stderr, "%s\n", err_message());
	is_fine = is_fine && read_doc(d, &xml);
	buf_fini(&xml);
	if (!is_fine) {
		xmldoc_close(d);
		return NULL;
	}
	(void)xnode_number(d->top, 1);
	return d;
}

void xmldoc_close(struct xmldoc *d)
{
	if (!d)
		return;
	if (d->cut)
		((struct member *)d->cut)->node.parent = d->cut_parent;
	xnode_index_free(d->top);
	buf_fini(&d->text);
	arena_free(d->memory);
	free(d);
}

const struct xnode *xmldoc_top(const struct xmldoc *d)
{
	return d->cut ? d->cut : d->top;
}

/* The kind of step in a path that `n` is: "*", "text()", ... */
static const char *step_of(const struct xnode *n)
{
	switch (n->kind) {
	case XNODE_ELEMENT:
		return "*";
	case XNODE_TEXT:
		return ((const struct member *)n)->is_cdata ? "cdata()" : "text()";
	case XNODE_COMMENT:
		return "comment()";
	case XNODE_INSTRUCTION:
		return "processing-instruction()";
	case XNODE_DOCUMENT:
	case XNODE_ATTRIBUTE:
		break;
	}
	return "";
}

static struct xnode *find_attribute(struct xnode *n, const char *name, size_t len)
{
	for (struct xnode *a = n->first_attribute; a; a = a->next) {
		if (strlen(a->name) == len && memcmp(a->name, name, len) == 0)
			return a;
	}
	return NULL;
}

static struct xnode *find_child(struct xnode *n, const char *step, size_t len)
{
	const char *bracket = memchr(step, '[', len);
	size_t kind = bracket ? (size_t)(bracket - step) : len;
	unsigned long wanted = bracket ? strtoul(bracket + 1, NULL, 10) : 1;

	if (strncmp(step, "type4[", 6) == 0) { /* what one recorder calls CDATA */
		step = "cdata()";
		kind = strlen(step);
	}
	for (n = n->first_child; n; n = n->next) {
		if (strlen(step_of(n)) == kind && memcmp(step_of(n), step, kind) == 0 && --wanted == 0)
			return n;
	}
	return NULL;
}

struct xnode *xmldoc_find(const struct xmldoc *d, const char *path)
{
	struct xnode *n = d->top;

	while (n && *path == '/' && path[1]) {
		size_t len = strcspn(++path, "/");

		n = *path == '@' ? find_attribute(n, path + 1, len - 1) : find_child(n, path, len);
		path += len;
	}
	return n;
}

void xmldoc_path(const struct xmldoc *d, const struct xnode *n, struct buf *out)
{
	const struct xnode *parent = n == d->cut ? d->cut_parent : n->parent;
	unsigned place = 1;

	if (!parent) {
		buf_text(out, "/");
		return;
	}
	if (parent->kind != XNODE_DOCUMENT)
		xmldoc_path(d, parent, out);
	if (n->kind == XNODE_ATTRIBUTE) {
		buf_printf(out, "/@%s", n->name);
		return;
	}
	for (const struct xnode *s = n->previous; s; s = s->previous)
		place += strcmp(step_of(s), step_of(n)) == 0;
	buf_printf(out, "/%s[%u]", step_of(n), place);
}

void xmldoc_cut(struct xmldoc *d, struct xnode *n)
{
	d->cut = n;
	d->cut_parent = n->parent;
	n->parent = NULL;
}

const char *xmldoc_attribute(const struct xnode *n, const char *name)
{
	for (const struct xnode *a = n->first_attribute; a; a = a->next) {
		if (strcmp(a->name, name) == 0)
			return a->value;
	}
	return NULL;
}

/* Document order over the whole document, over the cut too. */
static const struct xnode *next_node(const struct xmldoc *d, const struct xnode *n)
{
	if (n->first_child)
		return n->first_child;
	while (n && n != d->top && !n->next)
		n = n == d->cut ? d->cut_parent : n->parent;
	return n && n != d->top ? n->next : NULL;
}

const struct xnode *xmldoc_element(const struct xmldoc *d, const struct xnode *after, const char *local, const char *attribute,
				   const char *value)
{
	for (const struct xnode *n = next_node(d, after ? after : d->top); n; n = next_node(d, n)) {
		const char *own = attribute ? xmldoc_attribute(n, attribute) : NULL;

		if (n->kind == XNODE_ELEMENT && strcmp(n->local, local) == 0 && (!attribute || (own && strcmp(own, value) == 0)))
			return n;
	}
	return NULL;
}
