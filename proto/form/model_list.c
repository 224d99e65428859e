/*
 * model_list: lists of choices as trees for instance(), made when first asked for: an item has its name, its label in the form's first
 * language, itextId ("list-3", for jr:itext), and every other column that is not empty.
 *
 * They belong to the model and not to the plan, since the evaluator hangs its indexes on them and a plan is shared between threads. Texts
 * are borrowed from the form or the reference list. Columns whose name no expression of the form has are left out.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/model_private.h"

#define LIST_BYTES_MAX ((size_t)256 * 1024 * 1024) /* what a list of the greatest size takes */
#define ITEM_TEXT_MAX 96                           /* itextId: a name and a number */

/* ---- items ---- */

static bool add_cell(struct model_list *l, struct xnode *item, const char *name, const char *value)
{
	struct xnode *cell;

	if (!name || !value[0])
		return true;
	cell = arena_alloc(l->arena, 1, sizeof *cell);
	if (!cell)
		return false;
	*cell = (struct xnode){ .kind = XNODE_ELEMENT, .name = name, .local = name, .value = value };
	xnode_append(item, cell);
	return true;
}

static bool add_itext(struct model *m, struct model_list *l, struct xnode *item, size_t i)
{
	struct buf id;
	const char *copy;

	buf_init(&id, ITEM_TEXT_MAX);
	buf_printf(&id, "%s-%zu", l->name, i);
	copy = buf_error(&id) ? NULL : arena_copy(l->arena, (const char *)id.data, id.len);
	buf_fini(&id);
	return copy && add_cell(l, item, m->plan->name_itext, copy);
}

static bool fill_form_item(struct model *m, struct model_list *l, struct xnode *item, size_t i)
{
	bool is_good = add_cell(l, item, m->plan->name_code, form_list(m->form, (size_t)l->list)->choices[i].code) &&
		add_cell(l, item, m->plan->name_label, form_choice_label(m->form, (size_t)l->list, i, 0)) && add_itext(m, l, item, i);

	for (size_t c = 0; is_good && c < form_choice_column_count(m->form); c++)
		is_good = add_cell(l, item, m->plan->choice_columns[c], form_choice_cell(m->form, (size_t)l->list, i, c));
	return is_good;
}

static bool fill_reference_item(struct model *m, struct model_list *l, struct xnode *item, size_t i, const char **columns)
{
	bool is_arabic = strstr(form_language(m->form, 0), "ar") != NULL;
	bool is_good = add_cell(l, item, m->plan->name_code, reflist_code(l->reference, i)) &&
		add_cell(l, item, m->plan->name_label, reflist_label(l->reference, i, is_arabic));

	for (size_t c = 0; is_good && c < reflist_column_count(l->reference); c++)
		is_good = add_cell(l, item, columns[c], reflist_cell(l->reference, i, c));
	return is_good;
}

static bool fill_items(struct model *m, struct model_list *l, struct xnode *root)
{
	const char **columns = NULL;

	if (l->reference) {
		columns = arena_alloc(l->arena, reflist_column_count(l->reference), sizeof *columns);
		for (size_t c = 0; columns && c < reflist_column_count(l->reference); c++) {
			const char *name = reflist_column(l->reference, c);

			columns[c] = xnames_find(m->plan->names, name, strlen(name));
		}
		if (!columns)
			return false;
	}
	l->items = arena_alloc(l->arena, l->count, sizeof *l->items);
	for (size_t i = 0; l->items && i < l->count; i++) {
		l->items[i] = (struct xnode){ .kind = XNODE_ELEMENT, .name = m->plan->name_item, .local = m->plan->name_item };
		xnode_append(root, &l->items[i]);
		if (!(l->reference ? fill_reference_item(m, l, &l->items[i], i, columns) : fill_form_item(m, l, &l->items[i], i)))
			return false;
	}
	return l->items != NULL;
}

/* ---- lists ---- */

static bool make(struct model *m, struct model_list *l, const char *name, uint64_t order)
{
	struct xnode *root;

	l->arena = arena_new(LIST_BYTES_MAX);
	if (!l->arena)
		return false;
	l->name = arena_copy(l->arena, name, strlen(name));
	l->list = form_list_find(m->form, name);
	l->count = l->list >= 0 ? form_list(m->form, (size_t)l->list)->choice_count : 0;
	if (l->count == 0 && m->world->list) {
		l->reference = m->world->list(m->world->ctx, name);
		l->count = l->reference ? reflist_count(l->reference) : 0;
	}
	l->document = arena_alloc(l->arena, 1, sizeof *l->document);
	root = arena_alloc(l->arena, 1, sizeof *root);
	if (!root)
		return false;
	*l->document = (struct xnode){ .kind = XNODE_DOCUMENT };
	*root = (struct xnode){ .kind = XNODE_ELEMENT, .name = m->plan->name_root, .local = m->plan->name_root };
	xnode_append(l->document, root);
	if (!fill_items(m, l, root))
		return false;
	xnode_number(l->document, order);
	return true;
}

static void drop(struct model_list *l)
{
	if (l->document)
		xnode_index_free(l->document);
	arena_free(l->arena);
}

struct model_list *model_list_find(struct model *m, const char *name)
{
	struct model_list *l;

	for (size_t i = 0; i < m->list_count; i++)
		if (strcmp(m->lists[i].name, name) == 0)
			return &m->lists[i];
	if (m->list_count == m->list_cap) {
		size_t cap = m->list_cap ? 2 * m->list_cap : 16;
		struct model_list *lists = realloc(m->lists, cap * sizeof *lists);

		if (!lists)
			return NULL;
		m->lists = lists;
		m->list_cap = cap;
	}
	l = &m->lists[m->list_count];
	*l = (struct model_list){ .list = -1 };
	if (!make(m, l, name, (m->list_count + 1) * MODEL_LIST_ORDER)) {
		drop(l);
		return NULL;
	}
	m->list_count++;
	return l;
}

struct model_list *model_list_of(struct model *m, const struct form_node *n)
{
	return n->list < 0 ? NULL : model_list_find(m, form_list(m->form, (size_t)n->list)->name);
}

void model_list_free(struct model *m)
{
	for (size_t i = 0; i < m->list_count; i++)
		drop(&m->lists[i]);
	free(m->lists);
}

/* ---- items by code ---- */

const char *model_list_code(const struct model *m, const struct model_list *l, size_t i)
{
	assert(i < l->count);
	return l->reference ? reflist_code(l->reference, i) : form_list(m->form, (size_t)l->list)->choices[i].code;
}

int model_list_index(const struct model *m, const struct model_list *l, const char *code, size_t len, size_t from)
{
	if (l->reference) {
		int found = reflist_find(l->reference, code, len);

		return found >= 0 && (size_t)found >= from ? found : -1;
	}
	if (l->list < 0)
		return -1;
	if (from == 0)
		return form_choice_find(m->form, l->list, code, len);
	/* A code may stand twice where the form allows it, for a cascade; this is asked only when a filter masks the first. */
	for (size_t i = from; i < l->count; i++) {
		const char *other = model_list_code(m, l, i);

		if (strncmp(other, code, len) == 0 && !other[len])
			return (int)i;
	}
	return -1;
}

int model_list_label(struct model *m, const struct model_list *l, size_t i, size_t language, const struct xnode *at, struct buf *out)
{
	const struct plan_text *t;

	assert(i < l->count);
	if (l->reference) {
		buf_text(out, reflist_label(l->reference, i, strstr(form_language(m->form, language), "ar") != NULL));
		return buf_error(out);
	}
	t = plan_choice_text(m->plan, (size_t)l->list, i, language);
	if (t)
		return model_show_text(m, t, at, out);
	buf_text(out, form_choice_label(m->form, (size_t)l->list, i, language));
	return buf_error(out);
}
