/*
 * plan: life of a plan, and the shape of its scopes.
 *
 * Made in three steps: scopes and slots (here), expressions (plan_parse.c), the order of steps (plan_order.c). Problems are gathered
 * all along, so that an author sees all of them at once; the order is looked for only in a form without problems, since a circle
 * through a name that is wrong would only confuse.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/plan_private.h"

/* ---- scopes ---- */

static size_t count_repeats(const struct form *f)
{
	size_t count = 0;

	for (size_t i = 0; i < form_node_count(f); i++)
		count += form_node(f, i)->kind == FORM_NODE_REPEAT;
	return count;
}

/* The scope that node `i` exists in: that of its parent, or the rows of the repeat it is in. */
static size_t scope_of(const struct plan *p, size_t i)
{
	int parent = form_node(p->form, i)->parent;

	if (parent < 0)
		return 0;
	return form_node(p->form, (size_t)parent)->kind == FORM_NODE_REPEAT ? p->nodes[parent].rows : p->nodes[parent].scope;
}

/* Where each field stands among those of its entry type; `_gone` stands first everywhere. */
static int place_fields(struct plan *p)
{
	p->field_slots = arena_alloc(p->arena, form_field_count(p->form), sizeof *p->field_slots);
	if (!p->field_slots)
		return arena_error(p->arena);
	for (size_t t = 0; t < form_entry_type_count(p->form); t++) {
		const struct form_entry_type *type = form_entry_type(p->form, t);

		for (size_t i = 0; i < type->field_count; i++)
			p->field_slots[type->fields[i]] = i;
	}
	return 0;
}

/* First pass: every node's scope and slot, and how many slots a scope has. */
static void place_nodes(struct plan *p)
{
	p->scopes[0] = (struct plan_scope){ .node = FORM_NODE_ROOT };
	p->scope_count = 1;
	for (size_t i = 0; i < form_node_count(p->form); i++) {
		struct plan_node *n = &p->nodes[i];

		n->scope = scope_of(p, i);
		n->slot = p->scopes[n->scope].count++;
		n->member = -1;
		n->field_slot = form_node(p->form, i)->field < 0 ? -1 : (int)p->field_slots[form_node(p->form, i)->field];
		if (form_node(p->form, i)->kind == FORM_NODE_REPEAT) {
			n->rows = p->scope_count++;
			p->scopes[n->rows] = (struct plan_scope){ .node = i, .parent = n->scope, .count = 1 };
		}
	}
}

static int list_slots(struct plan *p)
{
	for (size_t s = 0; s < p->scope_count; s++) {
		p->scopes[s].nodes = arena_alloc(p->arena, p->scopes[s].count, sizeof(size_t));
		if (!p->scopes[s].nodes)
			return arena_error(p->arena);
		p->scopes[s].nodes[0] = p->scopes[s].node;
	}
	for (size_t i = 0; i < form_node_count(p->form); i++)
		p->scopes[p->nodes[i].scope].nodes[p->nodes[i].slot] = i;
	return 0;
}

static int make_scopes(struct plan *p)
{
	int rc;

	p->nodes = arena_alloc(p->arena, form_node_count(p->form), sizeof *p->nodes);
	p->scopes = arena_alloc(p->arena, count_repeats(p->form) + 1, sizeof *p->scopes);
	if (!p->nodes || !p->scopes)
		return arena_error(p->arena);
	rc = place_fields(p);
	if (rc)
		return rc;
	place_nodes(p);
	return list_slots(p);
}

/* ---- names ---- */

static int add_name(struct plan *p, const char *text, const char **out)
{
	*out = xnames_add(p->names, text, strlen(text));
	return *out ? 0 : err_set(ERR_NOMEM, "no memory for the names of a form");
}

static int intern_names(struct plan *p)
{
	int rc = 0;

	p->choice_columns = arena_alloc(p->arena, form_choice_column_count(p->form), sizeof *p->choice_columns);
	if (!p->choice_columns)
		return arena_error(p->arena);
	for (size_t i = 0; !rc && i < form_node_count(p->form); i++)
		rc = add_name(p, form_node(p->form, i)->name, &p->nodes[i].name);
	for (size_t c = 0; !rc && c < form_choice_column_count(p->form); c++)
		rc = add_name(p, form_choice_column(p->form, c), &p->choice_columns[c]);
	if (!rc)
		rc = add_name(p, "root", &p->name_root);
	if (!rc)
		rc = add_name(p, "item", &p->name_item);
	if (!rc)
		rc = add_name(p, "name", &p->name_code);
	if (!rc)
		rc = add_name(p, "label", &p->name_label);
	if (!rc)
		rc = add_name(p, "itextId", &p->name_itext);
	return rc;
}

/* ---- life ---- */

/* The first problem that is more than a warning, for the message. */
static const char *first_error(const struct plan *p)
{
	for (size_t i = 0; i < p->problems.count; i++)
		if (!p->problems.items[i].is_warning)
			return p->problems.items[i].english;
	return "only warnings fit the list";
}

static int make(struct plan *p)
{
	int rc;

	p->arena = arena_new(PLAN_BYTES_MAX);
	if (!p->arena)
		return err_set(ERR_NOMEM, "no memory for a plan");
	rc = xnames_new(&p->names);
	if (rc)
		return rc;
	rc = make_scopes(p);
	if (!rc)
		rc = intern_names(p);
	if (!rc)
		rc = plan_parse_all(p);
	if (!rc && p->error_count == 0)
		rc = plan_order_all(p);
	if (!rc && p->error_count > 0)
		rc = err_set(ERR_USAGE, "the form has %zu problems; the first: %s", p->error_count, first_error(p));
	return rc;
}

int plan_new(const struct form *f, struct plan_problems *problems, struct plan **out)
{
	struct plan *p = calloc(1, sizeof *p);
	int rc;

	*out = NULL;
	if (problems)
		*problems = (struct plan_problems){ 0 };
	if (!p)
		return err_set(ERR_NOMEM, "no memory for a plan");
	p->form = f;
	rc = make(p);
	if (problems && (rc == 0 || rc == ERR_USAGE)) {
		*problems = p->problems;
		p->problems = (struct plan_problems){ 0 };
	}
	if (rc) {
		plan_free(p);
		return rc;
	}
	*out = p;
	return 0;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->expression_count; i++)
		xpath_free(p->expressions[i]);
	free(p->expressions);
	free(p->lists);
	plan_problems_fini(&p->problems);
	xnames_free(p->names);
	arena_free(p->arena);
	free(p);
}

void plan_problems_fini(struct plan_problems *p)
{
	free(p->items);
	*p = (struct plan_problems){ 0 };
}

/* ---- looking ---- */

const struct form *plan_form(const struct plan *p)
{
	return p->form;
}

size_t plan_list_count(const struct plan *p)
{
	return p->list_count;
}

const char *plan_list(const struct plan *p, size_t i)
{
	assert(i < p->list_count);
	return p->lists[i];
}

const struct plan_text *plan_choice_text(const struct plan *p, size_t list, size_t choice, size_t language)
{
	size_t low = 0;
	size_t high = p->choice_text_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct plan_choice_text *t = &p->choice_texts[middle];

		if (t->list == list && t->choice == choice && t->language == language)
			return t->text;
		if (t->list < list || (t->list == list && (t->choice < choice || (t->choice == choice && t->language < language))))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
