/*
 * index: see index.h. One table per pair (item name, key name); pairs are few, so they are a list. A table is its rows laid out bucket
 * by bucket, in document order inside a bucket, so that a search reads one stretch of memory.
 */
#include "proto/form/xpath/index.h"

#include <stdlib.h>
#include <string.h>

#define KEY_BYTES_MAX (1024 * 1024)

struct row {
	uint64_t hash;
	const struct xnode *key; /* the child that says it; its parent is the item */
};

struct xindex {
	struct xindex *next;
	const char *item;        /* interned */
	const char *key;         /* interned */
	struct row *rows;        /* owned */
	size_t *begin;           /* owned; first row of each bucket, and the number of rows behind the last */
	size_t bucket_count;     /* a power of two */
};

static uint64_t hash_of(const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * UINT64_C(1099511628211);
	return h ^ h >> 32;
}

/* The string value of a key: borrowed where it stands, else built in `b`. */
static const char *key_text(const struct xnode *key, struct buf *b)
{
	const char *text = xnode_text(key);

	if (text)
		return text;
	buf_clear(b);
	xnode_string(key, b);
	return buf_string(b);
}

bool xindex_is_worth(const struct xnode *parent)
{
	size_t count = 0;

	if (parent->index)
		return true;
	for (const struct xnode *n = parent->first_child; n && count < XINDEX_CHILDREN_LEAST; n = n->next)
		count++;
	return count >= XINDEX_CHILDREN_LEAST;
}

/* The next key child after `key` of the items of `parent`; from the beginning when `key` is NULL. */
static const struct xnode *next_key(const struct xindex *x, const struct xnode *parent, const struct xnode *key)
{
	const struct xnode *item = key ? key->parent : parent->first_child;
	const struct xnode *n = key ? key->next : item ? item->first_child : NULL;

	while (item) {
		if (item->name == x->item && item->kind == XNODE_ELEMENT && !item->is_template) {
			for (; n; n = n->next) {
				if (n->name == x->key && n->kind == XNODE_ELEMENT && !n->is_template)
					return n;
			}
		}
		item = item->next;
		n = item ? item->first_child : NULL;
	}
	return NULL;
}

/* Put the rows into their buckets: count, then place. `rows` are in document order. */
static int fill(struct xindex *x, const struct row *rows, size_t count)
{
	size_t sum = 0;

	x->bucket_count = 1;
	while (x->bucket_count < count)
		x->bucket_count *= 2;
	x->rows = calloc(count + 1, sizeof *x->rows);
	x->begin = calloc(x->bucket_count + 1, sizeof *x->begin);
	if (!x->rows || !x->begin)
		return err_set(ERR_NOMEM, "no memory for an index of %zu rows", count);
	for (size_t i = 0; i < count; i++)
		x->begin[rows[i].hash & (x->bucket_count - 1)]++;
	for (size_t i = 0; i <= x->bucket_count; i++)
		x->begin[i] = sum += x->begin[i];
	for (size_t i = count; i > 0; i--)
		x->rows[--x->begin[rows[i - 1].hash & (x->bucket_count - 1)]] = rows[i - 1];
	return 0;
}

static int build(struct xindex *x, const struct xnode *parent, size_t *made)
{
	struct row *rows;
	struct buf b;
	size_t count = 0;
	int rc;

	for (const struct xnode *k = next_key(x, parent, NULL); k; k = next_key(x, parent, k))
		count++;
	rows = calloc(count + 1, sizeof *rows);
	if (!rows)
		return err_set(ERR_NOMEM, "no memory for an index of %zu rows", count);
	buf_init(&b, KEY_BYTES_MAX);
	count = 0;
	for (const struct xnode *k = next_key(x, parent, NULL); k; k = next_key(x, parent, k))
		rows[count++] = (struct row){ .hash = hash_of(key_text(k, &b)), .key = k };
	rc = buf_error(&b);
	if (rc == 0)
		rc = fill(x, rows, count);
	buf_fini(&b);
	free(rows);
	*made = count;
	return rc;
}

static int find_table(struct xnode *parent, const char *item, const char *key, struct xindex **out, size_t *made)
{
	struct xindex *x;
	int rc;

	*made = 0;
	for (x = parent->index; x; x = x->next) {
		if (x->item == item && x->key == key)
			break;
	}
	if (!x) {
		x = calloc(1, sizeof *x);
		if (!x)
			return err_set(ERR_NOMEM, "no memory for an index");
		x->item = item;
		x->key = key;
		rc = build(x, parent, made);
		if (rc != 0) {
			xindex_free(x);
			return rc;
		}
		x->next = parent->index;
		parent->index = x;
	}
	*out = x;
	return 0;
}

int xindex_find(const struct xnode *parent, const char *item, const char *key, const char *text, struct xindex_search *s,
		size_t *made)
{
	/* The index is no part of what the tree says, so a reader may add it. */
	struct xindex *x = NULL;
	int rc = find_table((struct xnode *)parent, item, key, &x, made);
	size_t bucket;

	*s = (struct xindex_search){ .text = text, .hash = hash_of(text) };
	if (rc != 0)
		return rc;
	bucket = s->hash & (x->bucket_count - 1);
	s->index = x;
	s->at = x->begin[bucket];
	s->end = x->begin[bucket + 1];
	return 0;
}

static bool row_says(const struct row *row, const struct xindex_search *s)
{
	struct buf b;
	bool is_same;

	if (row->hash != s->hash)
		return false;
	buf_init(&b, KEY_BYTES_MAX);
	is_same = strcmp(key_text(row->key, &b), s->text) == 0;
	buf_fini(&b);
	return is_same;
}

const struct xnode *xindex_next(struct xindex_search *s)
{
	while (s->at < s->end) {
		const struct row *row = &s->index->rows[s->at++];

		if (row->key->parent != s->last && row_says(row, s))
			return s->last = row->key->parent;
	}
	return NULL;
}

void xindex_free(struct xindex *x)
{
	while (x) {
		struct xindex *next = x->next;

		free(x->rows);
		free(x->begin);
		free(x);
		x = next;
	}
}
