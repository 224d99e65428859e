/*
 * form: see form.h. A form is read in four steps, each in a file of its own: cells (sheets.c), the tree of questions (form_read.c),
 * choice lists (form_lists.c), and what the wire numbers: entry types, pages, fields (form_fields.c). Here they are put together, and
 * looked at.
 *
 * The text is kept as it came, for form_text() and the hash. The words of types and writers, and what a name is, are in form_words.c.
 */
#include "proto/form/form.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/form_tables.h"

/* All tables of the largest form: 20 MiB would be two for each byte of text; 60,000 choices and 4,000 nodes take half of it. */
#define TABLES_BYTES_MAX (20 * 1024 * 1024)

static bool is_version(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len <= FORM_VERSION_BYTES_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

static void hash_text(struct form *f)
{
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, FORM_HASH_BYTES);
	crypto_generichash_update(&h, (const uint8_t *)"mandoob:form", sizeof("mandoob:form"));
	crypto_generichash_update(&h, (const uint8_t *)f->text, f->text_len);
	crypto_generichash_final(&h, f->hash, FORM_HASH_BYTES);
}

static int check_settings(const struct form *f)
{
	const char *class = form_setting(f, "class");

	if (!form_is_name(form_id(f)))
		return err_set(ERR_CORRUPT, "form settings: form_id, a name, expected");
	if (!is_version(form_version(f)))
		return err_set(ERR_CORRUPT, "form settings: version, letters a-z, digits, dot, dash and _, expected");
	if (*class && !form_is_name(class))
		return err_set(ERR_CORRUPT, "form settings: class, a name, expected");
	return 0;
}

static int copy_text(struct form *f, const char *text, size_t len)
{
	f->text = malloc(len + 1);
	f->arena = arena_new(TABLES_BYTES_MAX);
	if (!f->text || !f->arena)
		return err_set(ERR_NOMEM, "form: no memory for %zu bytes", len);
	memcpy(f->text, text, len);
	f->text[len] = '\0';
	f->text_len = len;
	return 0;
}

static int build(struct form *f)
{
	int rc = check_settings(f);

	if (rc == 0)
		rc = form_lists_languages(f);
	if (rc == 0)
		rc = form_read_tree(f);
	if (rc == 0)
		rc = form_lists_build(f);
	if (rc == 0)
		rc = form_fields_build(f);
	return rc;
}

int form_parse(const char *text, size_t len, struct form **out)
{
	struct form *f = calloc(1, sizeof(*f));
	int rc;

	*out = NULL;
	if (!f)
		return err_set(ERR_NOMEM, "form: no memory");
	rc = sheets_read(text, len, &f->sheets);
	if (rc == 0)
		rc = copy_text(f, text, len);
	if (rc == 0)
		rc = build(f);
	if (rc != 0) {
		form_free(f);
		return rc;
	}
	hash_text(f);
	*out = f;
	return 0;
}

void form_free(struct form *f)
{
	if (!f)
		return;
	sheets_fini(&f->sheets);
	arena_free(f->arena);
	free(f->text);
	free(f);
}

const uint8_t *form_hash(const struct form *f)
{
	return f->hash;
}

const char *form_text(const struct form *f, size_t *len)
{
	*len = f->text_len;
	return f->text;
}

const char *form_id(const struct form *f)
{
	return form_setting(f, "form_id");
}

const char *form_version(const struct form *f)
{
	return form_setting(f, "version");
}

const char *form_setting(const struct form *f, const char *key)
{
	return sheets_setting(&f->sheets, key);
}

/* The title in a language: "form_title::Arabic (ar)", or none. */
static const char *title_of(const struct form *f, const char *language)
{
	const struct sheets_table *t = &f->sheets.tables[SHEETS_SETTINGS];
	size_t len = strlen("form_title::");

	for (size_t r = 0; r < t->row_count; r++)
		if (strncmp(t->rows[r][0], "form_title::", len) == 0 && strcmp(t->rows[r][0] + len, language) == 0)
			return t->rows[r][1];
	return "";
}

const char *form_title_in(const struct form *f, size_t language)
{
	const char *title;

	assert(language < f->language_count);
	title = title_of(f, f->languages[language]);
	if (!*title)
		title = title_of(f, f->languages[0]);
	if (!*title)
		title = form_setting(f, "form_title");
	return *title ? title : form_id(f);
}

const char *form_title(const struct form *f, bool arabic)
{
	return form_title_in(f, arabic ? f->arabic : f->english);
}

size_t form_language_count(const struct form *f)
{
	return f->language_count;
}

const char *form_language(const struct form *f, size_t i)
{
	assert(i < f->language_count);
	return f->languages[i];
}

size_t form_node_count(const struct form *f)
{
	return f->node_count;
}

const struct form_node *form_node(const struct form *f, size_t i)
{
	assert(i < f->node_count);
	return &f->nodes[i];
}

/* Order of a name that is not NUL-terminated against one that is. */
static int compare_name(const char *name, size_t len, const char *other)
{
	int order = strncmp(name, other, len);

	return order != 0 ? order : (other[len] == '\0' ? 0 : -1);
}

size_t form_nodes_named(const struct form *f, const char *name, size_t len, const uint32_t **nodes)
{
	size_t low = 0;
	size_t high = f->node_count;
	size_t count = 0;

	*nodes = NULL;
	if (len == 0 || len > FORM_NAME_BYTES_MAX || memchr(name, '\0', len))
		return 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_name(name, len, f->nodes[f->node_order[middle]].name) <= 0)
			high = middle;
		else
			low = middle + 1;
	}
	while (low + count < f->node_count && compare_name(name, len, f->nodes[f->node_order[low + count]].name) == 0)
		count++;
	*nodes = f->node_order + low;
	return count;
}

/* The child of `parent` with this name, -1. */
static int child_find(const struct form *f, int parent, const char *name, size_t len)
{
	const uint32_t *nodes;
	size_t count = form_nodes_named(f, name, len, &nodes);

	for (size_t i = 0; i < count; i++)
		if (f->nodes[nodes[i]].parent == parent)
			return (int)nodes[i];
	return -1;
}

static int walk(const struct form *f, const char *path)
{
	int at = FORM_NODE_ROOT;

	while (at >= 0) {
		size_t len = strcspn(path, "/");

		at = child_find(f, at, path, len);
		if (!path[len])
			return at;
		path += len + 1;
	}
	return -1;
}

int form_node_find(const struct form *f, const char *path)
{
	const char *slash = strchr(path, '/');
	char entry[FORM_NAME_BYTES_MAX + 1];
	int field = -1;
	int node = walk(f, path);

	if (node >= 0)
		return node;
	if (!slash)
		field = form_field_find(f, path);
	if (slash && (size_t)(slash - path) < sizeof(entry)) {
		int type;

		memcpy(entry, path, (size_t)(slash - path));
		entry[slash - path] = '\0';
		type = form_entry_type_find(f, entry);
		field = type < 0 ? -1 : form_field_find_in(f, (size_t)type, slash + 1);
	}
	return field < 0 ? -1 : f->fields[field].node;
}
