/*
 * reflist: see reflist.h. Reads canonical list text, FORMAT.md section 18; reflist_compile.c writes it.
 *
 * The text is kept as it came for the hash, and as a working copy cut into cells in place. For searching, the labels, aliases and code of
 * every item are folded once into one long key, each text on a line of its own: what was typed is folded too and looked for in it, so
 * that a search is one pass over about a megabyte. Folding 20,000 items takes a quarter of a second, so the first search does it, not the
 * reading: most programs only ask for labels. A lock lets threads share a list all the same.
 */
#include "proto/form/reflist.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"

#define MAGIC "mandoob-list\t1\t"
#define KEYS_BYTES_MAX (2 * REFLIST_BYTES_MAX)
/* The article: people leave it out when they type, and expect what begins behind it as if it began there. */
#define ARTICLE "ال"

enum column { CODE, LABEL_AR, LABEL_EN, ALIASES, WITHDRAWN, KNOWN_COLUMNS };

static const char *const COLUMN_NAMES[KNOWN_COLUMNS] = { "code", "label::ar", "label::en", "aliases", "withdrawn" };

/* What a search looks through, made by the first one. */
struct search {
	pthread_mutex_t lock;
	bool is_made;
	struct buf keys;    /* NUL-terminated keys of all items, one after another */
	uint32_t *key_at;   /* owned; where an item's key begins */
};

struct reflist {
	uint8_t hash[FORM_HASH_BYTES];
	char *text;         /* as it came, NUL-terminated; owned */
	size_t text_len;
	char *words;        /* working copy, owned: all cells point into it */
	const char *name;
	const char *version;
	const char *columns[KNOWN_COLUMNS + REFLIST_COLUMNS_MAX];
	size_t column_count;
	const char **cells; /* owned; row by row */
	size_t count;
	uint32_t *order;    /* owned; items by code */
	struct search *search; /* owned */
};

static int broken(size_t line, const char *what)
{
	return err_set(ERR_CORRUPT, "list line %zu: %s", line, what);
}

static const char *cell(const struct reflist *l, size_t item, size_t column)
{
	return l->cells[item * l->column_count + column];
}

/* ---- reading ---- */

/* Resolve \\ \t \n in place. */
static int unescape(char *text, size_t line)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		char c = *from;

		if (c == '\\') {
			from++;
			c = *from == '\\' ? '\\' : *from == 't' ? '\t' : *from == 'n' ? '\n' : '\0';
			if (!c)
				return broken(line, "unknown escape");
		}
		*to++ = c;
	}
	*to = '\0';
	if (to - text > FORM_CELL_BYTES_MAX)
		return err_set(ERR_LIMIT, "list line %zu: a cell above %d bytes", line, FORM_CELL_BYTES_MAX);
	return 0;
}

/* Cut a line into exactly `count` cells. */
static int cut_cells(char *at, const char **cells, size_t count, size_t line)
{
	for (size_t i = 0; i < count; i++) {
		char *tab = strchr(at, '\t');
		int rc;

		if (!tab != (i + 1 == count))
			return broken(line, "as many cells as there are columns expected");
		if (tab)
			*tab = '\0';
		rc = unescape(at, line);
		if (rc != 0)
			return rc;
		cells[i] = at;
		at = tab ? tab + 1 : at;
	}
	return 0;
}

static bool is_version(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len <= FORM_VERSION_BYTES_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

static int read_title(struct reflist *l, char *line)
{
	const char *cells[2];
	int rc = cut_cells(line + strlen(MAGIC), cells, 2, 1);

	if (rc != 0)
		return rc;
	if (!form_is_list_name(cells[0]) || !is_version(cells[1]))
		return broken(1, "name and version expected");
	l->name = cells[0];
	l->version = cells[1];
	return 0;
}

static int read_header(struct reflist *l, char *line)
{
	size_t count = 1;
	int rc;

	for (const char *c = line; *c; c++)
		count += *c == '\t';
	if (count > KNOWN_COLUMNS + REFLIST_COLUMNS_MAX)
		return err_set(ERR_LIMIT, "list: more than %d columns", KNOWN_COLUMNS + REFLIST_COLUMNS_MAX);
	rc = cut_cells(line, l->columns, count, 2);
	if (rc != 0)
		return rc;
	l->column_count = count;
	for (size_t c = 0; c < KNOWN_COLUMNS; c++)
		if (c >= count || strcmp(l->columns[c], COLUMN_NAMES[c]) != 0)
			return broken(2, "code, label::ar, label::en, aliases, withdrawn expected, then other columns");
	for (size_t c = KNOWN_COLUMNS; c < count; c++) {
		if (!form_is_name(l->columns[c]))
			return broken(2, "a column that is no name");
		for (size_t before = 0; before < c; before++)
			if (strcmp(l->columns[before], l->columns[c]) == 0)
				return broken(2, "a column twice");
	}
	return 0;
}

/* Aliases stand in one cell with one semicolon between, none empty. */
static bool are_aliases(const char *text)
{
	size_t len = strlen(text);

	return len == 0 || (text[0] != ';' && text[len - 1] != ';' && !strstr(text, ";;"));
}

static int check_item(const struct reflist *l, size_t item)
{
	size_t line = item + 3;

	if (!form_is_open_code(cell(l, item, CODE), strlen(cell(l, item, CODE))))
		return broken(line, "code: small letters a-z, digits, _ and - expected");
	if (*cell(l, item, WITHDRAWN) && strcmp(cell(l, item, WITHDRAWN), "yes") != 0)
		return broken(line, "withdrawn: yes or nothing expected");
	if (!are_aliases(cell(l, item, ALIASES)))
		return broken(line, "aliases: words with one semicolon between expected");
	return 0;
}

static int read_items(struct reflist *l, char *at, size_t count)
{
	l->cells = calloc(count * l->column_count + 1, sizeof(*l->cells));
	l->order = calloc(count + 1, sizeof(*l->order));
	if (!l->cells || !l->order)
		return err_set(ERR_NOMEM, "list: no memory");
	for (; l->count < count; l->count++) {
		char *end = strchr(at, '\n');
		int rc;

		*end = '\0';
		rc = cut_cells(at, &l->cells[l->count * l->column_count], l->column_count, l->count + 3);
		if (rc == 0)
			rc = check_item(l, l->count);
		if (rc != 0)
			return rc;
		at = end + 1;
	}
	return 0;
}

static int compare_items(const void *a, const void *b, void *ctx)
{
	const struct reflist *l = ctx;

	return strcmp(cell(l, *(const uint32_t *)a, CODE), cell(l, *(const uint32_t *)b, CODE));
}

static int order_items(struct reflist *l)
{
	for (size_t i = 0; i < l->count; i++)
		l->order[i] = (uint32_t)i;
	qsort_r(l->order, l->count, sizeof(*l->order), compare_items, l);
	for (size_t i = 1; i < l->count; i++)
		if (compare_items(&l->order[i - 1], &l->order[i], l) == 0)
			return broken(l->order[i] + 3, "code stands in the list already");
	return 0;
}

static void hash_text(struct reflist *l)
{
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, FORM_HASH_BYTES);
	crypto_generichash_update(&h, (const uint8_t *)"mandoob:list", sizeof("mandoob:list"));
	crypto_generichash_update(&h, (const uint8_t *)l->text, l->text_len);
	crypto_generichash_final(&h, l->hash, FORM_HASH_BYTES);
}

/* Sizes and bytes, before anything is kept. `*lines` counts the lines. */
static int check_bytes(const char *text, size_t len, size_t *lines)
{
	size_t at;

	if (len > REFLIST_BYTES_MAX)
		return err_set(ERR_LIMIT, "list: %zu bytes, at most %d", len, REFLIST_BYTES_MAX);
	if (len < strlen(MAGIC) || memcmp(text, MAGIC, strlen(MAGIC)) != 0)
		return err_set(ERR_CORRUPT, "list line 1: not that of a list of version 1");
	*lines = 0;
	if (text_has_command(text, len, &at))
		return err_set(ERR_CORRUPT, "list: control character at byte %zu", at);
	for (size_t i = 0; i < len; i++)
		*lines += text[i] == '\n';
	if (!text_is_utf8(text, len) || text[len - 1] != '\n' || *lines < 2)
		return err_set(ERR_CORRUPT, "list: two or more whole lines of UTF-8 expected");
	if (*lines - 2 > REFLIST_ITEMS_MAX)
		return err_set(ERR_LIMIT, "list: more than %d items", REFLIST_ITEMS_MAX);
	return 0;
}

static int read_all(struct reflist *l, size_t lines)
{
	char *header = strchr(l->words, '\n');
	char *items;
	int rc;

	*header++ = '\0';
	items = strchr(header, '\n');
	*items++ = '\0';
	rc = read_title(l, l->words);
	if (rc == 0)
		rc = read_header(l, header);
	if (rc == 0)
		rc = read_items(l, items, lines - 2);
	if (rc == 0)
		rc = order_items(l);
	return rc;
}

static struct search *search_new(void)
{
	struct search *s = calloc(1, sizeof(*s));

	if (s && pthread_mutex_init(&s->lock, NULL) != 0) {
		free(s);
		return NULL;
	}
	if (s)
		buf_init(&s->keys, KEYS_BYTES_MAX);
	return s;
}

static void search_free(struct search *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	buf_fini(&s->keys);
	free(s->key_at);
	free(s);
}

int reflist_parse(const char *text, size_t len, struct reflist **out)
{
	struct reflist *l;
	size_t lines = 0;
	int rc = check_bytes(text, len, &lines);

	*out = NULL;
	if (rc != 0)
		return rc;
	l = calloc(1, sizeof(*l));
	if (!l)
		return err_set(ERR_NOMEM, "list: no memory");
	l->text = malloc(len + 1);
	l->words = malloc(len + 1);
	l->search = search_new();
	if (!l->text || !l->words || !l->search) {
		reflist_free(l);
		return err_set(ERR_NOMEM, "list: no memory for %zu bytes", len);
	}
	memcpy(l->text, text, len);
	l->text[len] = '\0';
	l->text_len = len;
	memcpy(l->words, l->text, len + 1);
	rc = read_all(l, lines);
	if (rc != 0) {
		reflist_free(l);
		return rc;
	}
	hash_text(l);
	*out = l;
	return 0;
}

void reflist_free(struct reflist *l)
{
	if (!l)
		return;
	search_free(l->search);
	free(l->order);
	free(l->cells);
	free(l->words);
	free(l->text);
	free(l);
}

/* ---- looking ---- */

const char *reflist_name(const struct reflist *l)
{
	return l->name;
}

const char *reflist_version(const struct reflist *l)
{
	return l->version;
}

const uint8_t *reflist_hash(const struct reflist *l)
{
	return l->hash;
}

const char *reflist_text(const struct reflist *l, size_t *len)
{
	*len = l->text_len;
	return l->text;
}

size_t reflist_count(const struct reflist *l)
{
	return l->count;
}

size_t reflist_column_count(const struct reflist *l)
{
	return l->column_count - KNOWN_COLUMNS;
}

const char *reflist_column(const struct reflist *l, size_t c)
{
	assert(c < reflist_column_count(l));
	return l->columns[KNOWN_COLUMNS + c];
}

const char *reflist_code(const struct reflist *l, size_t i)
{
	assert(i < l->count);
	return cell(l, i, CODE);
}

const char *reflist_label(const struct reflist *l, size_t i, bool arabic)
{
	const char *label;

	assert(i < l->count);
	label = cell(l, i, arabic ? LABEL_AR : LABEL_EN);
	if (!*label)
		label = cell(l, i, arabic ? LABEL_EN : LABEL_AR);
	return *label ? label : cell(l, i, CODE);
}

const char *reflist_cell(const struct reflist *l, size_t i, size_t c)
{
	assert(i < l->count);
	assert(c < reflist_column_count(l));
	return cell(l, i, KNOWN_COLUMNS + c);
}

bool reflist_is_withdrawn(const struct reflist *l, size_t i)
{
	assert(i < l->count);
	return *cell(l, i, WITHDRAWN) != '\0';
}

/* Order of a code that is not NUL-terminated against one that is. */
static int compare_code(const char *code, size_t len, const char *other)
{
	int order = strncmp(code, other, len);

	return order != 0 ? order : (other[len] == '\0' ? 0 : -1);
}

int reflist_find(const struct reflist *l, const char *code, size_t len)
{
	size_t low = 0;
	size_t high = l->count;

	if (len > FORM_NAME_BYTES_MAX || memchr(code, '\0', len))
		return -1;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int side = compare_code(code, len, cell(l, l->order[middle], CODE));

		if (side == 0)
			return (int)l->order[middle];
		if (side < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

/* ---- searching ---- */

/* Append what a text is searched by, on a line of its own; a text that cannot be folded is not found by it. */
static void add_key(struct buf *keys, const char *text, size_t len)
{
	char typed[TEXT_KEY_BYTES_MAX];
	char folded[TEXT_KEY_BYTES_MAX];

	if (len == 0 || len >= sizeof(typed))
		return;
	memcpy(typed, text, len);
	typed[len] = '\0';
	if (text_fold(typed, folded, sizeof(folded)) != 0 || !*folded)
		return;
	buf_text(keys, folded);
	buf_text(keys, "\n");
}

static bool make_keys(const struct reflist *l)
{
	struct search *s = l->search;

	s->key_at = calloc(l->count + 1, sizeof(*s->key_at));
	for (size_t i = 0; s->key_at && i < l->count; i++) {
		const char *alias = cell(l, i, ALIASES);

		s->key_at[i] = (uint32_t)s->keys.len;
		add_key(&s->keys, cell(l, i, LABEL_AR), strlen(cell(l, i, LABEL_AR)));
		add_key(&s->keys, cell(l, i, LABEL_EN), strlen(cell(l, i, LABEL_EN)));
		while (*alias) {
			size_t len = strcspn(alias, ";");

			add_key(&s->keys, alias, len);
			alias += len + (alias[len] ? 1 : 0);
		}
		add_key(&s->keys, cell(l, i, CODE), strlen(cell(l, i, CODE)));
		buf_append(&s->keys, "", 1);
	}
	if (s->key_at && buf_error(&s->keys) == 0)
		return true;
	free(s->key_at);
	s->key_at = NULL;
	buf_fini(&s->keys);
	buf_clear(&s->keys);
	return false;
}

/* Whether there are keys, after making them the first time; without memory there are none, and another search tries again. */
static bool has_keys(const struct reflist *l)
{
	bool is_made;

	pthread_mutex_lock(&l->search->lock);
	if (!l->search->is_made)
		l->search->is_made = make_keys(l);
	is_made = l->search->is_made;
	pthread_mutex_unlock(&l->search->lock);
	return is_made;
}

static const char *key_of(const struct reflist *l, size_t i)
{
	return (const char *)l->search->keys.data + l->search->key_at[i];
}

/* Whether `at`, inside `key`, is where one of its texts begins, with or without the article. */
static bool is_beginning(const char *key, const char *at)
{
	size_t len = strlen(ARTICLE);

	if (at == key || at[-1] == '\n')
		return true;
	if ((size_t)(at - key) < len || memcmp(at - len, ARTICLE, len) != 0)
		return false;
	return at - len == key || at[-1 - (ptrdiff_t)len] == '\n';
}

/* 2: a text of the key begins with it, 1: it is inside one, 0: neither. */
static uint8_t match(const char *key, const char *folded)
{
	const char *at = strstr(key, folded);
	uint8_t found = at ? 1 : 0;

	for (; at; at = strstr(at + 1, folded))
		if (is_beginning(key, at))
			return 2;
	return found;
}

size_t reflist_search(const struct reflist *l, const char *typed, size_t *found, size_t max)
{
	uint8_t matches[REFLIST_ITEMS_MAX];
	char folded[TEXT_KEY_BYTES_MAX];
	size_t count = 0;

	if (text_fold(typed, folded, sizeof(folded)) != 0 || !has_keys(l))
		return 0;
	for (size_t i = 0; i < l->count; i++)
		matches[i] = reflist_is_withdrawn(l, i) ? 0 : *folded ? match(key_of(l, i), folded) : 2;
	for (uint8_t wanted = 2; wanted > 0; wanted--)
		for (size_t i = 0; i < l->count && count < max; i++)
			if (matches[i] == wanted)
				found[count++] = i;
	return count;
}
