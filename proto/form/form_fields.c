/*
 * form_fields: entry types, pages and fields, as they follow from the tree (FORMAT.md section 3, "What follows").
 *
 * The wire says a field and an entry type as a number, so the order here is part of the format: one walk over the nodes, entry types as
 * they are met, fields likewise. Names of both are unique where the wire and the store need it; a name that is taken gets the names of
 * the groups around it before it, from the inside, until it is free.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/form_tables.h"

static const struct form_field GONE = {
	.name = FORM_FIELD_GONE_NAME,
	.entry_type = FORM_ENTRY_ROOT,
	.type = FORM_ACKNOWLEDGE,
	.list = -1,
	.node = -1,
	.write = FORM_BY_REPRESENTATIVE,
	.group = "",
	.relevant = "",
	.note = "",
	.label_ar = "محذوف",
	.label_en = "Removed",
};

static const struct form_field PARENT = {
	.name = FORM_FIELD_PARENT_NAME,
	.type = FORM_SELECT_MEMBER,
	.list = -1,
	.node = -1,
	.write = FORM_BY_REPRESENTATIVE,
	.group = "",
	.relevant = "",
	.note = "",
	.label_ar = "ينتمي إلى",
	.label_en = "Belongs to",
};

static int row_broken(const struct form_node *n, const char *column, const char *what)
{
	return err_set(ERR_CORRUPT, "form survey row %zu, %s: %s", n->row + 1, column, what);
}

static const char *label_of(const struct form *f, size_t node, size_t language)
{
	const char *label = form_words(f, node, FORM_LABEL, language);

	return *label ? label : f->nodes[node].name;
}

/* Whether a name is taken, among entry types (entry -1) or among the fields of one. */
static bool is_taken(const struct form *f, int entry, const char *name)
{
	if (entry < 0)
		return form_entry_type_find(f, name) >= 0;
	for (size_t i = 1; i < f->field_count; i++)
		if (f->fields[i].entry_type == entry && strcmp(f->fields[i].name, name) == 0)
			return true;
	return false;
}

/* The name of a node, with as many names of groups before it as it takes to be free. */
static int free_name(const struct form *f, size_t node, int entry, const char **out)
{
	const struct form_node *n = &f->nodes[node];
	char text[FORM_NAME_BYTES_MAX + 1];
	size_t at = sizeof(text) - 1;

	text[at] = '\0';
	for (int i = (int)node; i >= 0; i = f->nodes[i].parent) {
		const char *name = f->nodes[i].name;
		size_t len = strlen(name);
		bool is_inside = i != (int)node;

		if (len + is_inside > at)
			return row_broken(n, "name", "taken already, and too long with the names of its groups");
		if (is_inside)
			text[--at] = '.';
		at -= len;
		memcpy(text + at, name, len);
		if (is_taken(f, entry, text + at))
			continue;
		*out = is_inside ? arena_copy(f->arena, text + at, strlen(text + at)) : name;
		return *out ? 0 : arena_error(f->arena);
	}
	return row_broken(n, "name", "taken already, also with the names of its groups");
}

/* ---- entry types and pages ---- */

static int add_entry(struct form *f, const char *name, enum form_entry_kind kind, size_t node, int parent)
{
	if (f->entry_count == FORM_ENTRY_TYPES_MAX)
		return err_set(ERR_LIMIT, "form: more than %d entry types", FORM_ENTRY_TYPES_MAX);
	f->entries[f->entry_count++] = (struct form_entry_type){
		.name = name, .label_ar = label_of(f, node, f->arabic), .label_en = label_of(f, node, f->english), .kind = kind,
		.is_repeat = kind != FORM_ENTRY_IS_ROOT, .parent = parent, .node = (int)node,
	};
	return 0;
}

/* A group that names an entry: a new one, or that of an earlier group. */
static int enter_session(struct form *f, size_t node, const char *name)
{
	struct form_node *n = &f->nodes[node];
	int entry = form_entry_type_find(f, name);

	if (f->entries[n->entry_type].kind == FORM_ENTRY_IS_REPEAT)
		return row_broken(n, "entry", "not inside a repeat");
	if (!form_is_name(name) || entry == FORM_ENTRY_ROOT)
		return row_broken(n, "entry", "a name expected, and not root");
	if (entry >= 0 && f->entries[entry].kind != FORM_ENTRY_IS_SESSION)
		return row_broken(n, "entry", "is the name of a repeat");
	n->entry_type = (uint16_t)(entry >= 0 ? (size_t)entry : f->entry_count);
	return entry >= 0 ? 0 : add_entry(f, name, FORM_ENTRY_IS_SESSION, node, FORM_ENTRY_ROOT);
}

static int enter_repeat(struct form *f, size_t node)
{
	struct form_node *n = &f->nodes[node];
	bool is_nested = f->entries[n->entry_type].kind == FORM_ENTRY_IS_REPEAT;
	int parent = is_nested ? n->entry_type : FORM_ENTRY_ROOT;
	const char *name;
	int rc = free_name(f, node, -1, &name);

	if (rc != 0)
		return rc;
	n->entry_type = (uint16_t)f->entry_count;
	return add_entry(f, name, FORM_ENTRY_IS_REPEAT, node, parent);
}

/* What a group or repeat that stands at the top level is besides: a page. */
static int add_page(struct form *f, size_t node)
{
	struct form_node *n = &f->nodes[node];

	if (f->group_count == FORM_GROUPS_MAX)
		return err_set(ERR_LIMIT, "form: more than %d pages", FORM_GROUPS_MAX);
	n->page = (int)f->group_count;
	f->groups[f->group_count++] = (struct form_group){
		.name = n->name, .label_ar = label_of(f, node, f->arabic), .label_en = label_of(f, node, f->english), .node = node,
	};
	return 0;
}

/* ---- fields ---- */

static int add_field(struct form *f, const struct form_field *field)
{
	if (f->field_count == FORM_FIELDS_MAX)
		return err_set(ERR_LIMIT, "form: more than %d fields", FORM_FIELDS_MAX);
	f->fields[f->field_count++] = *field;
	f->entries[field->entry_type].field_count++;
	return 0;
}

static int add_question(struct form *f, size_t node)
{
	struct form_node *n = &f->nodes[node];
	struct form_field field = {
		.entry_type = n->entry_type, .type = n->type, .list = n->list, .node = (int)node, .write = n->write,
		.is_required = *n->columns[FORM_REQUIRED] != '\0', .is_protected = n->is_protected,
		.is_hidden_from_applicant = n->is_hidden,
		.group = n->page >= 0 ? f->groups[n->page].name : "", .relevant = n->columns[FORM_RELEVANT],
		.note = n->columns[FORM_NOTE_COLUMN], .label_ar = label_of(f, node, f->arabic), .label_en = label_of(f, node, f->english),
	};
	int rc = free_name(f, node, n->entry_type, &field.name);

	if (rc != 0)
		return rc;
	n->field = (int)f->field_count;
	return add_field(f, &field);
}

static int add_parent(struct form *f, size_t entry_type)
{
	struct form_field field = PARENT;

	if (f->entries[entry_type].parent == FORM_ENTRY_ROOT)
		return 0;
	field.entry_type = (uint16_t)entry_type;
	return add_field(f, &field);
}

static int enter_group(struct form *f, size_t node)
{
	const struct sheets_table *t = &f->sheets.tables[SHEETS_SURVEY];
	const char *entry = sheets_cell(t, f->nodes[node].row, sheets_column(t, "entry", NULL));

	return *entry ? enter_session(f, node, entry) : 0;
}

static int visit(struct form *f, size_t node)
{
	struct form_node *n = &f->nodes[node];
	const struct form_node *parent = &f->nodes[n->parent];
	int rc = 0;

	n->entry_type = parent->entry_type;
	n->page = parent->page;
	if (n->kind != FORM_NODE_QUESTION && n->parent == FORM_NODE_ROOT)
		rc = add_page(f, node);
	if (rc != 0)
		return rc;
	switch (n->kind) {
	case FORM_NODE_GROUP:
		return enter_group(f, node);
	case FORM_NODE_REPEAT:
		rc = enter_repeat(f, node);
		return rc == 0 ? add_parent(f, n->entry_type) : rc;
	case FORM_NODE_QUESTION:
		return form_type_is_field(n->type) ? add_question(f, node) : 0;
	}
	return 0;
}

/* Give each entry type its fields, now that all are known. */
static int collect_fields(struct form *f)
{
	uint16_t *fields = arena_alloc(f->arena, f->field_count + f->entry_count, sizeof(*fields));
	uint16_t **at = arena_alloc(f->arena, f->entry_count, sizeof(*at));

	if (!fields || !at)
		return arena_error(f->arena);
	for (size_t e = 0; e < f->entry_count; e++) {
		struct form_entry_type *entry = &f->entries[e];

		entry->fields = fields;
		at[e] = fields;
		if (e != FORM_ENTRY_ROOT) {
			*at[e]++ = FORM_FIELD_GONE;
			entry->field_count++;
		}
		fields += entry->field_count;
	}
	for (size_t i = 1; i < f->field_count; i++)
		*at[f->fields[i].entry_type]++ = (uint16_t)i;
	return 0;
}

static int compare_fields(const void *a, const void *b, void *ctx)
{
	const struct form *f = ctx;
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	int order = strcmp(f->fields[x].name, f->fields[y].name);

	return order != 0 ? order : (x > y) - (x < y);
}

static int order_fields(struct form *f)
{
	f->field_order = arena_alloc(f->arena, f->field_count, sizeof(*f->field_order));
	if (!f->field_order)
		return arena_error(f->arena);
	for (size_t i = 0; i < f->field_count; i++)
		f->field_order[i] = (uint32_t)i;
	qsort_r(f->field_order, f->field_count, sizeof(*f->field_order), compare_fields, f);
	return 0;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

int form_fields_build(struct form *f)
{
	int rc;

	/* A node makes at most one of each; root and _gone come without one. */
	f->entries = arena_alloc(f->arena, least(FORM_ENTRY_TYPES_MAX, f->node_count), sizeof(*f->entries));
	f->groups = arena_alloc(f->arena, least(FORM_GROUPS_MAX, f->node_count), sizeof(*f->groups));
	f->fields = arena_alloc(f->arena, least(FORM_FIELDS_MAX, f->node_count), sizeof(*f->fields));
	if (!f->entries || !f->groups || !f->fields)
		return arena_error(f->arena);
	f->fields[FORM_FIELD_GONE] = GONE;
	f->field_count = 1;
	rc = add_entry(f, "root", FORM_ENTRY_IS_ROOT, FORM_NODE_ROOT, FORM_ENTRY_ROOT);
	for (size_t i = 1; rc == 0 && i < f->node_count; i++)
		rc = visit(f, i);
	if (rc == 0)
		rc = collect_fields(f);
	return rc == 0 ? order_fields(f) : rc;
}

size_t form_field_count(const struct form *f)
{
	return f->field_count;
}

const struct form_field *form_field(const struct form *f, size_t i)
{
	assert(i < f->field_count);
	return &f->fields[i];
}

/* The place in field_order of the first field with this name, or of the one that would stand behind it. */
static size_t field_place(const struct form *f, const char *name)
{
	size_t low = 0;
	size_t high = f->field_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(name, f->fields[f->field_order[middle]].name) <= 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int form_field_find(const struct form *f, const char *name)
{
	size_t place = field_place(f, name);

	return place < f->field_count && strcmp(name, f->fields[f->field_order[place]].name) == 0 ? (int)f->field_order[place] : -1;
}

int form_field_find_in(const struct form *f, size_t entry_type, const char *name)
{
	for (size_t place = field_place(f, name); place < f->field_count; place++) {
		uint32_t i = f->field_order[place];

		if (strcmp(name, f->fields[i].name) != 0)
			return -1;
		if (form_field_fits(f, i, entry_type))
			return (int)i;
	}
	return -1;
}

bool form_field_fits(const struct form *f, size_t field, size_t entry_type)
{
	if (field >= f->field_count || entry_type >= f->entry_count)
		return false;
	if (field == FORM_FIELD_GONE)
		return entry_type != FORM_ENTRY_ROOT;
	return f->fields[field].entry_type == entry_type;
}

size_t form_entry_type_count(const struct form *f)
{
	return f->entry_count;
}

const struct form_entry_type *form_entry_type(const struct form *f, size_t i)
{
	assert(i < f->entry_count);
	return &f->entries[i];
}

int form_entry_type_find(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->entry_count; i++)
		if (strcmp(f->entries[i].name, name) == 0)
			return (int)i;
	return -1;
}

size_t form_group_count(const struct form *f)
{
	return f->group_count;
}

const struct form_group *form_group(const struct form *f, size_t i)
{
	assert(i < f->group_count);
	return &f->groups[i];
}

int form_group_find(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->group_count; i++)
		if (strcmp(f->groups[i].name, name) == 0)
			return (int)i;
	return -1;
}
