/*
 * reflist: a list of reference data that the centre keeps: governorates, centres, villages with their aliases, branches, programmes.
 *
 * A list is a text like a form's (FORMAT.md section 18), named by its hash, immutable; forms name it (`select_one_from_file
 * villages.csv`) and take the one in force. An item is never dropped between versions: it is withdrawn, and stays readable in old cases.
 *
 *	mandoob-list TAB 1 TAB name TAB version
 *	code TAB label::ar TAB label::en TAB aliases TAB withdrawn TAB other columns ...      (header)
 *	one line an item
 *
 * Up to 20,000 items are quick to search: by code, by the letters of a label or alias as people type them (proto/base/text.h's search key).
 */
#ifndef PROTO_FORM_REFLIST_H
#define PROTO_FORM_REFLIST_H

#include "proto/base/buf.h"
#include "proto/form/form.h"

#define REFLIST_BYTES_MAX (4 * 1024 * 1024)
#define REFLIST_ITEMS_MAX 20000
#define REFLIST_COLUMNS_MAX 32

struct reflist;

/* Read canonical text. ERR_CORRUPT names the line; ERR_LIMIT, ERR_NOMEM. Read-only afterwards; free with reflist_free(). */
int reflist_parse(const char *text, size_t len, struct reflist **out) MUST_CHECK;
void reflist_free(struct reflist *l);

/*
 * Make canonical text from a CSV table (columns: code or name; label, label::ar, label::en, aliases, withdrawn, any others). ERR_USAGE
 * with line and column: no code, a code twice, a code that is none.
 */
int reflist_compile(const char *name, const char *version, const void *csv, size_t len, struct buf *out) MUST_CHECK;

const char *reflist_name(const struct reflist *l);
const char *reflist_version(const struct reflist *l);
const uint8_t *reflist_hash(const struct reflist *l); /* FORM_HASH_BYTES of "mandoob:list" NUL text */
const char *reflist_text(const struct reflist *l, size_t *len);
size_t reflist_count(const struct reflist *l);
size_t reflist_column_count(const struct reflist *l);          /* the other columns alone */
const char *reflist_column(const struct reflist *l, size_t c);
const char *reflist_code(const struct reflist *l, size_t i);
const char *reflist_label(const struct reflist *l, size_t i, bool arabic); /* the other language when empty, the code when both are */
const char *reflist_cell(const struct reflist *l, size_t i, size_t c);
bool reflist_is_withdrawn(const struct reflist *l, size_t i);
int reflist_find(const struct reflist *l, const char *code, size_t len); /* index, or -1 */

/*
 * Items whose label, alias or code has `typed` in it, letters compared as people mean them; those that begin with it first, then in list
 * order; withdrawn ones left out. At most `max` indexes go into `found`; returns how many. A beginning behind the article counts as one.
 * The first search of a list prepares the others; threads may search at the same time.
 */
size_t reflist_search(const struct reflist *l, const char *typed, size_t *found, size_t max);

#endif
