/*
 * node: see node.h. No function here recurses: a tree may be as deep as its owner likes.
 *
 * The table of names is open addressing over a power of two, at most half full.
 */
#include "proto/form/xpath/node.h"

#include <stdlib.h>
#include <string.h>

#include "proto/form/xpath/index.h"

#define NAMES_FIRST 256    /* places in a new table */
#define SEARCHED_LEAST 12  /* children from which on a search tree of their names is worth it */

struct place {
	uint32_t hash;
	char *name; /* owned; NULL: free */
};

struct xnames {
	struct place *places;
	size_t cap;   /* a power of two */
	size_t count;
};

static uint32_t hash_of(const char *text, size_t len)
{
	uint32_t h = UINT32_C(2166136261);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)text[i]) * UINT32_C(16777619);
	return h;
}

/* Where `name` is, or would be put. */
static struct place *find_place(const struct xnames *t, uint32_t hash, const char *name, size_t len)
{
	size_t i = hash & (t->cap - 1);

	while (t->places[i].name) {
		if (t->places[i].hash == hash && strncmp(t->places[i].name, name, len) == 0 && !t->places[i].name[len])
			break;
		i = (i + 1) & (t->cap - 1);
	}
	return &t->places[i];
}

int xnames_new(struct xnames **out)
{
	struct xnames *t = calloc(1, sizeof *t);

	*out = NULL;
	if (t)
		t->places = calloc(NAMES_FIRST, sizeof *t->places);
	if (!t || !t->places) {
		free(t);
		return err_set(ERR_NOMEM, "no memory for names");
	}
	t->cap = NAMES_FIRST;
	*out = t;
	return 0;
}

void xnames_free(struct xnames *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->cap; i++)
		free(t->places[i].name);
	free(t->places);
	free(t);
}

static bool grow_names(struct xnames *t)
{
	struct xnames wider = { .cap = t->cap * 2, .count = t->count };

	wider.places = calloc(wider.cap, sizeof *wider.places);
	if (!wider.places)
		return false;
	for (size_t i = 0; i < t->cap; i++) {
		if (t->places[i].name)
			*find_place(&wider, t->places[i].hash, t->places[i].name, strlen(t->places[i].name)) = t->places[i];
	}
	free(t->places);
	*t = wider;
	return true;
}

const char *xnames_add(struct xnames *t, const char *name, size_t len)
{
	uint32_t hash = hash_of(name, len);
	struct place *p = find_place(t, hash, name, len);
	char *copy;

	if (p->name)
		return p->name;
	if (t->count >= XNAMES_MAX || memchr(name, '\0', len))
		return NULL;
	if (t->count >= t->cap / 2) {
		if (!grow_names(t))
			return NULL;
		p = find_place(t, hash, name, len);
	}
	copy = malloc(len + 1);
	if (!copy)
		return NULL;
	memcpy(copy, name, len);
	copy[len] = '\0';
	*p = (struct place){ .hash = hash, .name = copy };
	t->count++;
	return copy;
}

const char *xnames_find(const struct xnames *t, const char *name, size_t len)
{
	return find_place(t, hash_of(name, len), name, len)->name;
}

void xnode_insert(struct xnode *parent, struct xnode *child, struct xnode *before)
{
	parent->by_name = NULL;
	child->parent = parent;
	child->next = before;
	child->previous = before ? before->previous : parent->last_child;
	if (child->previous)
		child->previous->next = child;
	else
		parent->first_child = child;
	if (before)
		before->previous = child;
	else
		parent->last_child = child;
}

void xnode_append(struct xnode *parent, struct xnode *child)
{
	xnode_insert(parent, child, NULL);
}

void xnode_remove(struct xnode *child)
{
	struct xnode *parent = child->parent;

	if (parent)
		parent->by_name = NULL;
	if (child->previous)
		child->previous->next = child->next;
	else if (parent)
		parent->first_child = child->next;
	if (child->next)
		child->next->previous = child->previous;
	else if (parent)
		parent->last_child = child->previous;
	child->parent = child->next = child->previous = NULL;
}

const struct xnode *xnode_behind(const struct xnode *n, const struct xnode *top)
{
	while (n && n != top && !n->next)
		n = n->parent;
	return n && n != top ? n->next : NULL;
}

const struct xnode *xnode_after(const struct xnode *n, const struct xnode *top)
{
	return n->first_child ? n->first_child : xnode_behind(n, top);
}

/* A scrambled name: distinct names have distinct ones, since the factor is odd, so the tree below is at most as deep as it has bits. */
static uint64_t scrambled(const char *name)
{
	uint64_t h = (uint64_t)(uintptr_t)name * UINT64_C(0x9e3779b97f4a7c15);

	return h ^ h >> 32;
}

/*
 * The search tree of names among the children of `n`: one node per name, its first, from which the others hang by `alike`; branches go
 * by the bits of the scrambled name. Planted from the last child to the first, so that each takes the place of the one it stands before.
 */
static void plant_names(struct xnode *n)
{
	size_t count = 0;

	n->by_name = NULL;
	for (const struct xnode *k = n->first_child; k && count < SEARCHED_LEAST; k = k->next)
		count++;
	if (count < SEARCHED_LEAST)
		return;
	for (struct xnode *k = n->last_child; k; k = k->previous) {
		uint64_t bits = scrambled(k->name);
		struct xnode **at = &n->by_name;

		for (; *at && (*at)->name != k->name; bits >>= 1)
			at = &(*at)->branch[bits & 1];
		k->alike = *at;
		k->branch[0] = *at ? (*at)->branch[0] : NULL;
		k->branch[1] = *at ? (*at)->branch[1] : NULL;
		*at = k;
	}
}

uint64_t xnode_number(struct xnode *top, uint64_t from)
{
	for (struct xnode *n = top; n; n = (struct xnode *)xnode_after(n, top)) {
		n->order = from++;
		plant_names(n);
		for (struct xnode *a = n->first_attribute; a; a = a->next)
			a->order = from++;
	}
	return from;
}

static bool reads_empty(const struct xnode *n)
{
	for (; n; n = n->parent) {
		if (n->is_irrelevant)
			return true;
	}
	return false;
}

void xnode_string(const struct xnode *n, struct buf *out)
{
	const struct xnode *d = n;

	if (reads_empty(n))
		return;
	if (!n->first_child) {
		buf_text(out, n->value ? n->value : "");
		return;
	}
	while (d) {
		bool is_hidden = d->is_irrelevant || (d->is_template && d != n);

		if (!is_hidden && !d->first_child && d->value && (d->kind == XNODE_ELEMENT || d->kind == XNODE_TEXT))
			buf_text(out, d->value);
		d = is_hidden ? xnode_behind(d, n) : xnode_after(d, n);
	}
}

const char *xnode_text(const struct xnode *n)
{
	const struct xnode *only = n->first_child;

	if (reads_empty(n))
		return "";
	if (only && !only->next && only->kind == XNODE_TEXT)
		n = only;
	else if (only)
		return NULL;
	return n->value ? n->value : "";
}

const struct xnode *xnode_top(const struct xnode *n)
{
	while (n->parent)
		n = n->parent;
	return n;
}

const struct xnode *xnode_named(const struct xnode *n, const char *name)
{
	uint64_t bits = scrambled(name);

	for (n = n->by_name; n && n->name != name; bits >>= 1)
		n = n->branch[bits & 1];
	return n;
}

void xnode_index_free(struct xnode *top)
{
	for (struct xnode *n = top; n; n = (struct xnode *)xnode_after(n, top)) {
		xindex_free(n->index);
		n->index = NULL;
	}
}
