/*
 * model_tree: the places of a case: groups, repeats, rows, questions, as people see them (struct model_node) and as expressions do
 * (struct xnode), in one block of memory for each row.
 *
 * A repeat as a whole is for expressions a template that they do not see; its rows stand before it. Recursion here goes as deep as repeats
 * stand in repeats, which FORM_DEPTH_MAX bounds.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/model_private.h"
#include "proto/record.h"

#define YES "yes"
#define ODK_YES "OK"

struct model_own *model_tree_of(const struct model_node *n)
{
	return (struct model_own *)(void *)n->own;
}

struct model_block *model_tree_around(struct model_block *b, size_t scope)
{
	while (b && b->scope != scope)
		b = b->around;
	return b;
}

struct model_node *model_tree_next(const struct model_node *n)
{
	if (n->first)
		return n->first;
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

/* ---- what a place shows ---- */

void model_tree_show(struct model *m, struct model_own *own)
{
	const struct plan_node *n = &m->plan->nodes[own->node.form_node];

	own->node.value = own->entry ? model_entry_value(own->entry, (size_t)n->field_slot) : own->text ? own->text : "";
	own->x.value = own->seen ? own->seen : own->node.value;
	if (own->x.value[0] && form_node(m->form, own->node.form_node)->type == FORM_ACKNOWLEDGE && own->node.kind == MODEL_QUESTION)
		own->x.value = n->reads_yes ? YES : ODK_YES;
}

/* ---- one place ---- */

static enum model_kind kind_of(const struct form_node *n)
{
	switch (n->kind) {
	case FORM_NODE_GROUP: return MODEL_GROUP;
	case FORM_NODE_REPEAT: return MODEL_REPEAT;
	case FORM_NODE_QUESTION: return MODEL_QUESTION;
	}
	return MODEL_GROUP;
}

/* The entry that answers of type `type` in block `b` live on. */
static struct model_entry *home_of(struct model *m, struct model_block *b, size_t type)
{
	for (; b; b = b->around)
		if (b->entry->type == type)
			return b->entry;
	return m->sessions[type] ? m->sessions[type] : m->entries[0];
}

static void link_below(struct model_own *parent, struct model_own *child)
{
	child->node.parent = &parent->node;
	if (parent->last)
		parent->last->node.next = &child->node;
	else
		parent->node.first = &child->node;
	parent->last = child;
}

static void fill_place(struct model *m, struct model_block *b, size_t slot)
{
	size_t i = m->plan->scopes[b->scope].nodes[slot];
	const struct form_node *n = form_node(m->form, i);
	struct model_own *own = &b->items[slot];
	size_t type = n->entry_type;

	own->block = b;
	own->node = (struct model_node){ .kind = slot == 0 && b->scope != 0 ? MODEL_ROW : kind_of(n), .form_node = i, .entry_type = type,
					 .is_relevant = true, .own = own, .value = "" };
	own->home = home_of(m, b, own->node.kind == MODEL_REPEAT && b->around ? b->entry->type : type);
	own->entry = n->kind == FORM_NODE_QUESTION && n->field >= 0 ? own->home : NULL;
	own->node.entry_id = own->home->id;
	own->node.is_counted = own->node.kind == MODEL_REPEAT && m->plan->nodes[i].columns[FORM_REPEAT_COUNT];
	own->x = (struct xnode){ .kind = XNODE_ELEMENT, .name = m->plan->nodes[i].name, .local = m->plan->nodes[i].name,
				 .is_template = own->node.kind == MODEL_REPEAT, .data = own };
	model_tree_show(m, own);
}

/* Literal defaults, and what the device knows, for an entry nobody wrote before; expressions are due at their step. */
static int begin_place(struct model *m, struct model_own *own)
{
	const struct form_node *n = form_node(m->form, own->node.form_node);
	struct buf property;
	int rc = 0;

	if (own->node.kind != MODEL_QUESTION || (own->entry && (own->entry->is_put || own->entry->is_begun)))
		return 0;
	own->is_default_due = m->plan->nodes[own->node.form_node].columns[FORM_DEFAULT] != NULL;
	if (n->is_default_literal && n->columns[FORM_DEFAULT][0])
		return model_compute_write(m, own, n->columns[FORM_DEFAULT]);
	if (!n->metadata[0] || own->is_default_due || !m->world->property)
		return 0;
	buf_init(&property, FORM_CELL_BYTES_MAX);
	if (m->world->property(m->world->ctx, n->metadata, &property)) {
		const char *text = buf_string(&property);

		rc = buf_error(&property);
		if (!rc)
			rc = model_compute_write(m, own, text);
	}
	buf_fini(&property);
	return rc;
}

/* ---- blocks ---- */

static int add_rows(struct model *m, struct model_own *repeat, bool is_fresh);

static void free_block(struct model *m, struct model_block *b)
{
	size_t count = m->plan->scopes[b->scope].count;

	for (size_t s = 0; s < count; s++) {
		struct model_own *own = &b->items[s];

		if (own->node.kind == MODEL_REPEAT) {
			for (struct model_node *row = own->node.first; row;) {
				struct model_node *next = row->next;

				free_block(m, model_tree_of(row)->block);
				row = next;
			}
		}
		model_entry_forget(m, &own->text);
		model_entry_wipe(&own->seen);
		model_entry_wipe(&own->trigger);
		model_entry_forget(m, &own->computed);
	}
	if (b->entry && b->entry->block == b)
		b->entry->block = NULL;
	m->place_count -= count;
	free(b->items);
	free(b);
}

static int new_block(struct model *m, size_t scope, struct model_entry *entry, struct model_block *around, struct model_block **out)
{
	size_t count = m->plan->scopes[scope].count;
	struct model_block *b;

	if (count > MODEL_PLACES_MAX - m->place_count)
		return err_set(ERR_LIMIT, "the rows of the case have more than %d questions", MODEL_PLACES_MAX);
	b = calloc(1, sizeof *b);
	if (b)
		b->items = calloc(count, sizeof *b->items);
	if (!b || !b->items) {
		free(b);
		return err_set(ERR_NOMEM, "no memory for the questions of a case");
	}
	m->place_count += count;
	b->scope = scope;
	b->entry = entry;
	b->around = around;
	entry->block = b;
	*out = b;
	return 0;
}

/* All places of the block, below its first. */
static void fill_block(struct model *m, struct model_block *b)
{
	const struct plan_scope *scope = &m->plan->scopes[b->scope];

	for (size_t s = 0; s < scope->count; s++) {
		size_t parent;

		fill_place(m, b, s);
		if (s == 0)
			continue;
		parent = (size_t)form_node(m->form, scope->nodes[s])->parent;
		parent = parent == scope->node ? 0 : m->plan->nodes[parent].slot;
		link_below(&b->items[parent], &b->items[s]);
		xnode_append(&b->items[parent].x, &b->items[s].x);
	}
}

static int begin_block(struct model *m, struct model_block *b, bool is_fresh)
{
	size_t count = m->plan->scopes[b->scope].count;
	int rc = 0;

	for (size_t s = 0; !rc && s < count; s++)
		rc = begin_place(m, &b->items[s]);
	b->entry->is_begun = true;
	for (size_t s = 0; !rc && s < count; s++)
		if (b->items[s].node.kind == MODEL_REPEAT)
			rc = add_rows(m, &b->items[s], is_fresh);
	return rc;
}

/* The row of `entry` at the end of its repeat. */
static int place_row(struct model *m, struct model_own *repeat, struct model_entry *entry, struct model_own **row)
{
	struct model_block *b;
	bool is_fresh = !entry->is_put && !entry->is_begun;
	int rc = new_block(m, m->plan->nodes[repeat->node.form_node].rows, entry, repeat->block, &b);

	if (rc)
		return rc;
	fill_block(m, b);
	link_below(repeat, &b->items[0]);
	xnode_insert(repeat->x.parent, &b->items[0].x, &repeat->x);
	m->is_relisted = true;
	if (row)
		*row = &b->items[0];
	return begin_block(m, b, is_fresh);
}

/* The rows that are there; in what is new perhaps one to begin with. */
static int add_rows(struct model *m, struct model_own *repeat, bool is_fresh)
{
	size_t type = form_node(m->form, repeat->node.form_node)->entry_type;
	int rc = 0;

	if (repeat->node.is_counted)
		return 0;
	for (struct model_entry *e = repeat->block->entry->first_row; e && !rc; e = e->next_row)
		if (e->type == type && !model_entry_is_gone(m, e))
			rc = place_row(m, repeat, e, NULL);
	if (!rc && is_fresh && m->world->first_rows && !repeat->node.first)
		rc = model_tree_add(m, repeat, NULL);
	return rc;
}

/* ---- rows that come and go ---- */

/* A row inside another row says whose it is. */
static int write_parent(struct model *m, struct model_entry *e)
{
	int slot = model_entry_parent_slot(m->form, e->type);
	char hex[MODEL_HEX_BYTES];

	return slot < 0 || e->is_put ? 0 : model_entry_write(m, e, (size_t)slot, model_entry_hex(e->owner->id, hex));
}

int model_tree_add(struct model *m, struct model_own *repeat, struct model_own **row)
{
	uint64_t id = m->world->new_id ? m->world->new_id(m->world->ctx) : 0;
	struct model_entry *e;
	int rc;

	if (row)
		*row = NULL;
	if (m->world->new_id && id == 0)
		return err_set(ERR_USAGE, "no id for a new row of %s", form_node(m->form, repeat->node.form_node)->name);
	rc = model_entry_new(m, form_node(m->form, repeat->node.form_node)->entry_type, id, &e);
	if (rc)
		return rc;
	model_entry_own(repeat->block->entry, e);
	rc = write_parent(m, e);
	return rc ? rc : place_row(m, repeat, e, row);
}

void model_tree_remove(struct model *m, struct model_own *row)
{
	struct model_own *repeat = model_tree_of(row->node.parent);
	struct model_own *before = NULL;

	for (struct model_node *n = repeat->node.first; n != &row->node; n = n->next)
		before = model_tree_of(n);
	if (before)
		before->node.next = row->node.next;
	else
		repeat->node.first = row->node.next;
	if (repeat->last == row)
		repeat->last = before;
	xnode_remove(&row->x);
	free_block(m, row->block);
	m->is_relisted = true;
}

/* Row `ordinal` of a computed repeat: two devices mean the same one. */
static int add_counted(struct model *m, struct model_own *repeat, size_t ordinal)
{
	const struct form_node *n = form_node(m->form, repeat->node.form_node);
	struct model_entry *owner = repeat->block->entry;
	uint64_t id = record_id_derive(owner->id, form_entry_type(m->form, n->entry_type)->name, (uint32_t)ordinal);
	struct model_entry *e = model_entry_find(m, n->entry_type, id);
	int rc = 0;

	if (!e)
		rc = model_entry_new(m, n->entry_type, id, &e);
	if (rc)
		return rc;
	if (!e->owner)
		model_entry_own(owner, e);
	e->ordinal = ordinal;
	rc = write_parent(m, e);
	return rc ? rc : place_row(m, repeat, e, NULL);
}

int model_tree_count(struct model *m, struct model_own *repeat, size_t count)
{
	size_t have = 0;
	int rc = 0;

	for (const struct model_node *n = repeat->node.first; n; n = n->next)
		have++;
	for (; !rc && have < count; have++)
		rc = add_counted(m, repeat, have + 1);
	while (have > count) {
		model_tree_remove(m, repeat->last);
		have--;
	}
	return rc;
}

/* ---- all of it ---- */

static int list_block(struct model *m, struct model_block *b)
{
	struct model_rows *rows = &m->rows[b->scope];
	int rc = 0;

	if (rows->count == rows->cap) {
		size_t cap = rows->cap ? 2 * rows->cap : 8;
		struct model_block **items = realloc(rows->items, cap * sizeof(*items));

		if (!items)
			return err_set(ERR_NOMEM, "no memory for rows");
		rows->items = items;
		rows->cap = cap;
	}
	rows->items[rows->count++] = b;
	for (size_t s = 0; !rc && s < m->plan->scopes[b->scope].count; s++) {
		if (b->items[s].node.kind != MODEL_REPEAT)
			continue;
		for (struct model_node *row = b->items[s].node.first; row && !rc; row = row->next)
			rc = list_block(m, model_tree_of(row)->block);
	}
	return rc;
}

int model_tree_list(struct model *m)
{
	m->is_relisted = false;
	for (size_t s = 0; s < m->plan->scope_count; s++)
		m->rows[s].count = 0;
	xnode_number(&m->document, 1);
	return list_block(m, m->top);
}

int model_tree_build(struct model *m)
{
	int rc;

	m->document = (struct xnode){ .kind = XNODE_DOCUMENT };
	m->rows = calloc(m->plan->scope_count, sizeof *m->rows);
	if (!m->rows)
		return err_set(ERR_NOMEM, "no memory for a case");
	rc = new_block(m, 0, m->entries[0], NULL, &m->top);
	if (rc)
		return rc;
	fill_block(m, m->top);
	xnode_append(&m->document, &m->top->items[0].x);
	rc = begin_block(m, m->top, m->is_new);
	for (size_t t = 0; t < form_entry_type_count(m->form); t++)
		if (m->sessions[t])
			m->sessions[t]->is_begun = true;
	return rc ? rc : model_tree_list(m);
}

void model_tree_free(struct model *m)
{
	if (m->top)
		free_block(m, m->top);
	for (size_t s = 0; m->rows && s < m->plan->scope_count; s++)
		free(m->rows[s].items);
	free(m->rows);
}
