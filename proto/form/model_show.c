/*
 * model_show: a case for people: places by path, texts with their outputs, choices, titles, problems.
 *
 * Texts are asked for in a language; jr:itext() and jr:choice-name() in their outputs follow it. Calculations are in the form's first
 * language, since they are the same for everybody.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/model_private.h"

#define CHOICES_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define DEPTH_MAX 8 /* labels of choices in labels of choices */

/* ---- places ---- */

struct model_node *model_root(struct model *m)
{
	return m->top ? &m->top->items[0].node : NULL;
}

const struct form_node *model_form_node(const struct model *m, const struct model_node *n)
{
	return form_node(m->form, n->form_node);
}

const struct form *model_form(const struct model *m)
{
	return m->form;
}

/* A step of a path: its name, and the number in brackets; 0: none. `*path` goes behind it. */
static size_t next_step(const char **path, size_t *number)
{
	size_t len = strcspn(*path, "/[");

	*number = 0;
	if ((*path)[len] == '[')
		*number = strtoul(*path + len + 1, NULL, 10);
	*path += strcspn(*path, "/");
	*path += **path == '/';
	return len;
}

static struct model_node *child_named(const struct model *m, const struct model_node *n, const char *name, size_t len)
{
	for (struct model_node *child = n->first; child; child = child->next) {
		const char *other = form_node(m->form, child->form_node)->name;

		if (strncmp(other, name, len) == 0 && !other[len])
			return child;
	}
	return NULL;
}

static struct model_node *row_numbered(const struct model_node *repeat, size_t number)
{
	struct model_node *row = repeat->first;

	while (row && number > 1) {
		row = row->next;
		number--;
	}
	return row;
}

struct model_node *model_find(struct model *m, const char *path)
{
	struct model_node *n = model_root(m);
	size_t number;
	size_t len;

	if (!n || *path++ != '/')
		return NULL;
	len = next_step(&path, &number);
	if (len != strlen(form_node(m->form, FORM_NODE_ROOT)->name))
		return NULL;
	while (n && *path) {
		const char *name = path;

		if (n->kind == MODEL_REPEAT)
			n = n->first;
		len = next_step(&path, &number);
		n = n ? child_named(m, n, name, len) : NULL;
		if (n && n->kind == MODEL_REPEAT && number > 0)
			n = row_numbered(n, number);
	}
	return n;
}

struct model_node *model_question(struct model *m, uint64_t entry_id, size_t field)
{
	const struct form_field *f = form_field(m->form, field);
	const struct model_entry *e = f->entry_type == FORM_ENTRY_ROOT && entry_id == m->case_id ?
		m->entries[0] : model_entry_find(m, f->entry_type, entry_id);
	struct model_own *own;
	const struct plan_node *n;

	if (!e || f->node < 0 || !m->top)
		return NULL;
	n = &m->plan->nodes[f->node];
	if (n->scope != 0 && (!e->block || e->block->scope != n->scope))
		return NULL;
	own = n->scope == 0 ? &m->top->items[n->slot] : &e->block->items[n->slot];
	return own->entry == e ? &own->node : NULL;
}

/* ---- texts ---- */

int model_show_text(struct model *m, const struct plan_text *t, const struct xnode *at, struct buf *out)
{
	int rc = 0;

	if (m->depth >= DEPTH_MAX)
		return 0;
	m->depth++;
	for (size_t i = 0; i < t->count && !rc; i++) {
		if (t->parts[i].output)
			rc = model_compute_text(m, t->parts[i].output, at, out);
		else
			buf_text(out, t->parts[i].text);
	}
	m->depth--;
	return rc ? rc : buf_error(out);
}

int model_words(struct model *m, const struct model_node *n, enum form_words words, size_t language, struct buf *out)
{
	const struct plan_node *p = &m->plan->nodes[n->form_node];
	const struct plan_text *t;
	int rc;

	assert(language < form_language_count(m->form));
	t = p->words ? p->words[language * FORM_WORDS_COUNT + words] : NULL;

	if (!t) {
		buf_text(out, form_words(m->form, n->form_node, words, language));
		return buf_error(out);
	}
	m->language = language;
	m->error = 0;
	rc = model_show_text(m, t, &model_tree_of(n)->x, out);
	m->language = 0;
	return rc || !m->error ? rc : err_set(m->error, "no memory for a list");
}

int model_title(struct model *m, struct buf *out)
{
	if (!m->plan->title || !m->top)
		return 0;
	return model_compute_text(m, m->plan->title, &m->top->items[0].x, out);
}

int model_row_title(struct model *m, const struct model_node *row, struct buf *out)
{
	const struct model_block *b = model_tree_of(row)->block;

	for (size_t s = 1; s < m->plan->scopes[b->scope].count; s++) {
		const struct model_own *own = &b->items[s];

		if (own->node.kind == MODEL_QUESTION && form_node(m->form, own->node.form_node)->type == FORM_TEXT && own->entry &&
		    own->node.is_relevant && own->x.value[0]) {
			buf_text(out, own->x.value);
			break;
		}
	}
	return buf_error(out);
}

int model_value(struct model *m, const char *path, struct buf *out)
{
	struct model_node *n = path[0] == '/' ? model_find(m, path) : NULL;

	for (size_t i = 1; path[0] != '/' && !n && m->top && i < m->plan->scopes[0].count; i++)
		if (strcmp(form_node(m->form, m->plan->scopes[0].nodes[i])->name, path) == 0)
			n = &m->top->items[i].node;
	if (n && n->kind == MODEL_QUESTION && n->is_relevant)
		buf_text(out, model_tree_of(n)->x.value);
	return buf_error(out);
}

/* ---- for expressions ---- */

/* The child of form node `n` with that name; -1. */
static int form_child(const struct form *f, size_t n, const char *name, size_t len)
{
	for (size_t i = n + 1; i < form_node(f, n)->end; i = form_node(f, i)->end) {
		const char *other = form_node(f, i)->name;

		if (strncmp(other, name, len) == 0 && !other[len])
			return (int)i;
	}
	return -1;
}

/* The question that a written path means: absolute, or from the place where the expression stands. */
static int node_of_path(const struct model *m, const char *path, const struct xnode *context)
{
	const struct model_own *own = context ? context->data : NULL;
	int at = own ? (int)own->node.form_node : FORM_NODE_ROOT;
	size_t number;

	path += strspn(path, " \t\n");
	if (strncmp(path, "current()/", 10) == 0)
		path += 10;
	if (path[0] == '/') {
		path++;
		next_step(&path, &number);
		at = FORM_NODE_ROOT;
	}
	while (*path && at >= 0) {
		const char *name = path;
		size_t len = next_step(&path, &number);

		while (len > 0 && name[len - 1] == ' ')
			len--;
		if (len == 2 && strncmp(name, "..", 2) == 0)
			at = form_node(m->form, (size_t)at)->parent;
		else if (len != 1 || name[0] != '.')
			at = form_child(m->form, (size_t)at, name, len);
	}
	return at;
}

bool model_show_choice_name(void *ctx, const char *code, const char *path, const struct xnode *context, struct buf *out)
{
	struct model *m = ctx;
	int node = node_of_path(m, path, context);
	const struct form_node *n = node < 0 ? NULL : form_node(m->form, (size_t)node);
	struct model_list *l;
	int i;

	if (!n || n->kind != FORM_NODE_QUESTION || m->depth >= DEPTH_MAX)
		return false;
	if (n->type == FORM_SELECT_MEMBER)
		return model_show_member(m, n, model_entry_from_hex(code), m->language, out);
	l = model_list_of(m, n);
	i = l ? model_list_index(m, l, code, strlen(code), 0) : -1;
	return i >= 0 && model_list_label(m, l, (size_t)i, m->language, context, out) == 0;
}

bool model_show_itext(void *ctx, const char *id, struct buf *out)
{
	struct model *m = ctx;
	const char *dash = strrchr(id, '-');
	char name[FORM_NAME_BYTES_MAX + 1] = "";
	struct model_list *l;
	size_t i;
	int list;

	if (!dash || (size_t)(dash - id) > FORM_NAME_BYTES_MAX || !dash[1] || dash[1 + strspn(dash + 1, "0123456789")])
		return false;
	memcpy(name, id, (size_t)(dash - id));
	i = strtoul(dash + 1, NULL, 10);
	list = form_list_find(m->form, name);
	if (list < 0 || i >= form_list(m->form, (size_t)list)->choice_count)
		return false;
	l = model_list_find(m, name);
	return l && model_list_label(m, l, i, m->language, &m->top->items[0].x, out) == 0;
}

bool model_show_setting(void *ctx, const char *name, struct buf *out)
{
	const struct model *m = ctx;

	if (strcmp(name, "form_id") == 0)
		buf_text(out, form_id(m->form));
	else if (strcmp(name, "version") == 0)
		buf_text(out, form_version(m->form));
	else if (form_setting(m->form, name)[0])
		buf_text(out, form_setting(m->form, name));
	else
		return false;
	return true;
}

/* ---- members ---- */

/* A row for people: its title, or its repeat's label and its number. */
static int name_row(struct model *m, const struct model_node *row, size_t language, struct buf *out)
{
	size_t before = out->len;
	size_t number = 1;
	int rc = model_row_title(m, row, out);

	if (rc || out->len > before)
		return rc;
	for (const struct model_node *n = row->parent->first; n != row; n = n->next)
		number++;
	rc = model_words(m, row, FORM_LABEL, language, out);
	buf_printf(out, " %zu", number);
	return rc ? rc : buf_error(out);
}

/* The applicant: the title of the case, or the form's word for its root entry. */
static int name_root(struct model *m, size_t language, struct buf *out)
{
	const struct form_entry_type *t = form_entry_type(m->form, FORM_ENTRY_ROOT);
	size_t before = out->len;
	int rc = model_title(m, out);

	if (!rc && out->len == before)
		buf_text(out, strstr(form_language(m->form, language), "ar") ? t->label_ar : t->label_en);
	return rc ? rc : buf_error(out);
}

bool model_show_member(struct model *m, const struct form_node *n, uint64_t id, size_t language, struct buf *out)
{
	int type = n->member_type[0] ? form_entry_type_find(m->form, n->member_type) : -1;
	const struct model_entry *e;
	int rc;

	if (id == m->case_id) {
		m->depth++;
		rc = name_root(m, language, out);
		m->depth--;
		return rc == 0;
	}
	e = type > 0 ? model_entry_find(m, (size_t)type, id) : NULL;
	return e && e->block && e->block->scope != 0 && name_row(m, &e->block->items[0].node, language, out) == 0;
}

/* ---- choices ---- */

static bool holds_code(const char *value, const char *code)
{
	size_t len = strlen(code);

	for (const char *at = strstr(value, code); at && len > 0; at = strstr(at + 1, code))
		if ((at == value || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

static bool is_chosen(const struct model *m, const struct model_node *q, const char *code)
{
	enum form_type type = form_node(m->form, q->form_node)->type;

	return type == FORM_SELECT_MULTIPLE || type == FORM_RANK ? holds_code(q->value, code) : q->value[0] && strcmp(q->value, code) == 0;
}

/* `label` is cleared. */
static int add_choice(struct model *m, const struct model_node *q, const char *code, struct buf *label, struct model_choices *out)
{
	struct model_choice *c = &out->items[out->count];
	const char *text = buf_string(label);

	if (buf_error(label))
		return buf_error(label);
	c->code = arena_copy(out->arena, code, strlen(code));
	c->label = arena_copy(out->arena, text, label->len);
	c->is_chosen = is_chosen(m, q, code);
	if (!c->code || !c->label)
		return arena_error(out->arena);
	out->count++;
	buf_clear(label);
	return 0;
}

static int list_members(struct model *m, const struct model_node *q, size_t language, struct buf *label, struct model_choices *out)
{
	const struct plan_node *p = &m->plan->nodes[q->form_node];
	const struct model_rows *rows = p->member < 0 ? NULL : &m->rows[m->plan->nodes[p->member].rows];
	char hex[MODEL_HEX_BYTES];
	int rc;

	out->items = arena_alloc(out->arena, 1 + (rows ? rows->count : 0), sizeof *out->items);
	if (!out->items)
		return arena_error(out->arena);
	rc = name_root(m, language, label);
	if (!rc)
		rc = add_choice(m, q, model_entry_hex(m->case_id, hex), label, out);
	for (size_t i = 0; rows && i < rows->count && !rc; i++) {
		if (!rows->items[i]->items[0].node.is_relevant)
			continue;
		rc = name_row(m, &rows->items[i]->items[0].node, language, label);
		if (!rc)
			rc = add_choice(m, q, model_entry_hex(rows->items[i]->entry->id, hex), label, out);
	}
	return rc;
}

/* Item `i` of a list, unless it is withdrawn and not what was chosen. */
static int add_item(struct model *m, const struct model_node *q, const struct model_list *l, size_t i, size_t language, struct buf *label,
		    struct model_choices *out)
{
	const char *code = model_list_code(m, l, i);
	int rc;

	if (l->reference && reflist_is_withdrawn(l->reference, i) && !is_chosen(m, q, code))
		return 0;
	rc = model_list_label(m, l, i, language, &model_tree_of(q)->x, label);
	return rc ? rc : add_choice(m, q, code, label, out);
}

static int list_filtered(struct model *m, const struct model_node *q, const struct model_list *l, size_t language, struct buf *label,
			 struct model_choices *out)
{
	struct xpath_context c = { .world = &m->xpath, .node = &model_tree_of(q)->x };
	struct xpath_value found = { 0 };
	int rc;

	m->error = 0;
	m->shuffle = (m->case_id ^ q->entry_id ^ q->form_node) | 1;
	rc = xpath_evaluate(m->plan->nodes[q->form_node].items, &c, &found);
	m->shuffle = 0;
	if (!rc && m->error) {
		xpath_value_fini(&found);
		rc = err_set(m->error, "no memory for a list");
	}
	/* A filter that cannot be evaluated allows nothing. */
	if (rc)
		return rc == ERR_USAGE ? 0 : rc;
	out->items = arena_alloc(out->arena, found.node_count, sizeof *out->items);
	if (!out->items)
		rc = arena_error(out->arena);
	for (size_t i = 0; i < found.node_count && !rc; i++)
		rc = add_item(m, q, l, (size_t)(found.nodes[i] - l->items), language, label, out);
	xpath_value_fini(&found);
	return rc;
}

static int list_all(struct model *m, const struct model_node *q, const struct model_list *l, size_t language, struct buf *label,
		    struct model_choices *out)
{
	int rc = 0;

	out->items = arena_alloc(out->arena, l->count, sizeof *out->items);
	if (!out->items)
		return arena_error(out->arena);
	for (size_t i = 0; i < l->count && !rc; i++)
		rc = add_item(m, q, l, i, language, label, out);
	return rc;
}

int model_choices(struct model *m, const struct model_node *question, size_t language, struct model_choices *out)
{
	const struct form_node *n = form_node(m->form, question->form_node);
	struct model_list *l = NULL;
	struct buf label;
	int rc = 0;

	*out = (struct model_choices){ .arena = arena_new(CHOICES_BYTES_MAX) };
	if (!out->arena)
		return err_set(ERR_NOMEM, "no memory for choices");
	buf_init(&label, MODEL_TEXT_BYTES_MAX);
	m->language = language;
	if (n->list >= 0 && !(l = model_list_of(m, n)))
		rc = err_set(ERR_NOMEM, "no memory for choices");
	else if (n->type == FORM_SELECT_MEMBER)
		rc = list_members(m, question, language, &label, out);
	else if (l && m->plan->nodes[question->form_node].items)
		rc = list_filtered(m, question, l, language, &label, out);
	else if (l)
		rc = list_all(m, question, l, language, &label, out);
	m->language = 0;
	buf_fini(&label);
	if (rc)
		model_choices_fini(out);
	return rc;
}

void model_choices_fini(struct model_choices *c)
{
	arena_free(c->arena);
	*c = (struct model_choices){ 0 };
}

/* ---- problems ---- */

static int tell(struct model *m, const struct model_node *n, enum model_problem_kind kind, bool is_hard, model_problem_visitor *visit,
		void *ctx)
{
	struct model_problem p = { kind, n, is_hard && form_node(m->form, n->form_node)->write == FORM_BY_REPRESENTATIVE };

	return visit(ctx, &p);
}

int model_check(struct model *m, model_problem_visitor *visit, void *ctx)
{
	int rc = 0;

	for (const struct model_node *n = model_root(m); n && !rc; n = model_tree_next(n)) {
		if (n->kind != MODEL_QUESTION || !n->is_relevant)
			continue;
		if (n->is_missing)
			rc = tell(m, n, MODEL_MISSING, true, visit, ctx);
		if (!rc && n->is_violated)
			rc = tell(m, n, MODEL_VIOLATED, true, visit, ctx);
		if (!rc && n->is_masked)
			rc = tell(m, n, MODEL_MASKED, false, visit, ctx);
		if (!rc && n->is_warned)
			rc = tell(m, n, MODEL_WARNED, false, visit, ctx);
	}
	return rc;
}
