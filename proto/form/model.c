/*
 * model: life of a case under a form: registers in, answers, registers out.
 *
 * The tree is built by model_open() and from then on changes with rows only. After every answer everything is recomputed
 * (model_compute.c); a failure there takes the answer back, so that the case is never left half computed.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/form/model_private.h"
#include "proto/form/value.h"
#include "proto/record.h"

/* ---- life ---- */

static const struct xnode *find_instance(void *ctx, const char *name)
{
	struct model *m = ctx;
	struct model_list *l = model_list_find(m, name);

	if (!l)
		m->error = ERR_NOMEM;
	return l ? l->document : NULL;
}

static uint64_t no_random(void *ctx)
{
	(void)ctx;
	return UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t some_random(void *ctx)
{
	struct model *m = ctx;

	if (m->shuffle != 0)
		return m->shuffle = m->shuffle * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return m->world->random ? m->world->random(m->world->ctx) : no_random(ctx);
}

static void see_world(struct model *m)
{
	m->xpath = (struct xpath_world){
		.now_ms = m->world->now_ms, .tz_minutes = m->world->tz_minutes, .random = some_random, .instance = find_instance,
		.choice_name = model_show_choice_name, .itext = model_show_itext, .setting = model_show_setting, .ctx = m,
		.steps_max = MODEL_STEPS_MAX,
	};
}

int model_new(const struct plan *plan, const struct model_world *world, uint64_t case_id, struct model **out)
{
	struct model *m = calloc(1, sizeof *m);
	struct model_entry *root;
	int rc;

	*out = NULL;
	if (!m)
		return err_set(ERR_NOMEM, "no memory for a case");
	m->plan = plan;
	m->form = plan_form(plan);
	m->world = world;
	m->case_id = case_id;
	m->is_new = true;
	see_world(m);
	rc = model_entry_new(m, FORM_ENTRY_ROOT, case_id, &root);
	if (rc) {
		model_free(m);
		return rc;
	}
	*out = m;
	return 0;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	model_tree_free(m);
	model_list_free(m);
	model_entry_free(m);
	free(m);
}

/* ---- before it is open ---- */

static int find_or_make(struct model *m, size_t type, uint64_t id, struct model_entry **out)
{
	*out = type == FORM_ENTRY_ROOT ? m->entries[0] : model_entry_find(m, type, id);
	if (*out)
		return 0;
	if (id == 0)
		return err_set(ERR_USAGE, "an entry of type %s without an id", form_entry_type(m->form, type)->name);
	return model_entry_new(m, type, id, out);
}

int model_put(struct model *m, size_t entry_type, uint64_t entry_id, size_t field, const char *value)
{
	struct model_entry *e;
	size_t slot;
	int rc;

	if (m->is_open || entry_type >= form_entry_type_count(m->form) || field >= form_field_count(m->form) ||
	    !form_field_fits(m->form, field, entry_type) || (entry_type == FORM_ENTRY_ROOT && entry_id != m->case_id))
		return err_set(ERR_USAGE, "field %zu does not stand on entry type %zu of this case", field, entry_type);
	if (strlen(value) > VALUE_BYTES_MAX)
		return err_set(ERR_LIMIT, "a value of more than %d bytes", VALUE_BYTES_MAX);
	rc = find_or_make(m, entry_type, entry_id, &e);
	if (rc)
		return rc;
	slot = m->plan->field_slots[field];
	rc = model_entry_text(&e->stored[slot], value);
	if (!rc)
		rc = model_entry_keep(m, &e->values[slot], value);
	e->is_put = true;
	m->is_new = false;
	return rc;
}

int model_session(struct model *m, size_t entry_type, uint64_t entry_id)
{
	if (m->is_open || entry_type >= form_entry_type_count(m->form) ||
	    form_entry_type(m->form, entry_type)->kind != FORM_ENTRY_IS_SESSION)
		return err_set(ERR_USAGE, "entry type %zu has no sessions", entry_type);
	m->is_told[entry_type] = true;
	if (entry_id == 0)
		return model_entry_new(m, entry_type, 0, &m->sessions[entry_type]);
	return find_or_make(m, entry_type, entry_id, &m->sessions[entry_type]);
}

/* Where nobody said which: the newest, or one that is not begun. */
static int choose_sessions(struct model *m)
{
	int rc = 0;

	for (size_t i = 1; i < m->entry_count; i++) {
		struct model_entry *e = m->entries[i];
		struct model_entry **chosen = &m->sessions[e->type];

		if (form_entry_type(m->form, e->type)->kind != FORM_ENTRY_IS_SESSION || model_entry_is_gone(m, e))
			continue;
		if (!*chosen || (!m->is_told[e->type] && e->id > (*chosen)->id))
			*chosen = e;
	}
	for (size_t t = 0; t < form_entry_type_count(m->form) && !rc; t++)
		if (form_entry_type(m->form, t)->kind == FORM_ENTRY_IS_SESSION && !m->sessions[t])
			rc = model_entry_new(m, t, 0, &m->sessions[t]);
	return rc;
}

static int compare_ids(const void *a, const void *b)
{
	const struct model_entry *x = *(struct model_entry *const *)a;
	const struct model_entry *y = *(struct model_entry *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* The row that row `e` says it is in; rows at the top belong to root. */
static struct model_entry *owner_of(struct model *m, const struct model_entry *e)
{
	int slot = model_entry_parent_slot(m->form, e->type);

	if (slot < 0)
		return m->entries[0];
	return model_entry_find(m, (size_t)form_entry_type(m->form, e->type)->parent,
				model_entry_from_hex(model_entry_value(e, (size_t)slot)));
}

/* Rows in their order: that of ids. A row whose owner is unknown stands nowhere; its registers stay. */
static int own_rows(struct model *m)
{
	struct model_entry **sorted = calloc(m->entry_count, sizeof(*sorted));
	size_t count = 0;

	if (!sorted)
		return err_set(ERR_NOMEM, "no memory for the rows of a case");
	for (size_t i = 1; i < m->entry_count; i++)
		if (form_entry_type(m->form, m->entries[i]->type)->kind == FORM_ENTRY_IS_REPEAT)
			sorted[count++] = m->entries[i];
	qsort(sorted, count, sizeof(*sorted), compare_ids);
	for (size_t i = 0; i < count; i++) {
		struct model_entry *owner = owner_of(m, sorted[i]);

		if (owner)
			model_entry_own(owner, sorted[i]);
	}
	free(sorted);
	return 0;
}

int model_open(struct model *m)
{
	int rc;

	if (m->is_open)
		return err_set(ERR_USAGE, "the case is open already");
	m->is_open = true;
	rc = choose_sessions(m);
	if (!rc)
		rc = own_rows(m);
	if (!rc)
		rc = model_tree_build(m);
	return rc ? rc : model_compute(m, false);
}

/* ---- answers ---- */

int model_set(struct model *m, struct model_node *question, const char *value)
{
	const struct form_node *n = form_node(m->form, question->form_node);
	struct model_own *own = model_tree_of(question);
	size_t slot;
	char *before = NULL;
	int rc;

	if (question->kind != MODEL_QUESTION || !own->entry || n->is_computed || question->is_readonly)
		return err_set(ERR_USAGE, "%s is not answered by people", n->name);
	if (strlen(value) > VALUE_BYTES_MAX)
		return err_set(ERR_LIMIT, "an answer of more than %d bytes", VALUE_BYTES_MAX);
	slot = (size_t)m->plan->nodes[question->form_node].field_slot;
	if (strcmp(question->value, value) == 0)
		return 0;
	rc = model_entry_text(&before, question->value);
	if (!rc)
		rc = model_entry_write(m, own->entry, slot, value);
	if (rc) {
		model_entry_wipe(&before);
		return rc;
	}
	model_tree_show(m, own);
	rc = model_compute(m, true);
	if (rc) {
		/* The answer is taken back; what was well before is well again. */
		if (model_entry_keep(m, &own->entry->values[slot], before) == 0) {
			model_tree_show(m, own);
			if (model_compute(m, false) != 0)
				rc = err_context(rc, "taking the answer back");
		}
	}
	model_entry_wipe(&before);
	return rc;
}

/* An entry the store never heard of leaves nothing behind, nor do the rows in it. */
static void drop(struct model *m, struct model_entry *e)
{
	size_t count = form_entry_type(m->form, e->type)->field_count;

	/* As deep as repeats in repeats. */
	for (struct model_entry *row = e->first_row; row; row = row->next_row)
		drop(m, row);
	if (e->is_put)
		return;
	e->is_dropped = true;
	for (size_t i = 0; i < count; i++)
		model_entry_forget(m, &e->values[i]);
}

/* A row that could not be computed is taken back. */
static int take_back(struct model *m, struct model_own *row, int rc)
{
	struct model_entry *e = row->home;

	model_tree_remove(m, row);
	drop(m, e);
	if (model_tree_list(m) != 0 || model_compute(m, false) != 0)
		return err_context(rc, "taking the row back");
	return rc;
}

int model_add(struct model *m, struct model_node *repeat, struct model_node **row)
{
	struct model_own *own = NULL;
	int listed;
	int rc;

	*row = NULL;
	if (repeat->kind != MODEL_REPEAT || repeat->is_counted)
		return err_set(ERR_USAGE, "rows of %s are not added by people", form_node(m->form, repeat->form_node)->name);
	rc = model_tree_add(m, model_tree_of(repeat), &own);
	listed = model_tree_list(m);
	rc = rc ? rc : listed;
	if (!rc)
		rc = model_compute(m, true);
	if (rc)
		return own ? take_back(m, own, rc) : rc;
	*row = &own->node;
	return 0;
}

int model_remove(struct model *m, struct model_node *row)
{
	struct model_own *own = model_tree_of(row);
	struct model_entry *e = own->home;
	int rc = 0;

	if (row->kind != MODEL_ROW || row->parent->is_counted)
		return err_set(ERR_USAGE, "%s is no row that people remove", form_node(m->form, row->form_node)->name);
	if (e->is_put)
		rc = model_entry_write(m, e, FORM_FIELD_GONE, "yes");
	if (rc)
		return rc;
	model_tree_remove(m, own);
	drop(m, e);
	rc = model_tree_list(m);
	return rc ? rc : model_compute(m, true);
}

int model_at(struct model *m, int64_t now_ms)
{
	m->xpath.now_ms = now_ms;
	return m->is_open ? model_compute(m, true) : 0;
}

/* The value of `x` at a place into its register. */
static int write_value(struct model *m, struct model_own *own, const struct xpath *x)
{
	struct buf value;
	int rc;

	buf_init(&value, MODEL_TEXT_BYTES_MAX);
	rc = model_compute_text(m, x, &own->x, &value);
	if (!rc)
		rc = model_compute_write(m, own, buf_string(&value));
	buf_fini(&value);
	return rc;
}

int model_finish(struct model *m)
{
	int rc = 0;

	for (struct model_node *n = model_root(m); n && !rc; n = model_tree_next(n)) {
		const struct xpath *x = m->plan->nodes[n->form_node].columns[FORM_ON_FINISH];

		if (x && n->kind == MODEL_QUESTION && n->is_relevant)
			rc = write_value(m, model_tree_of(n), x);
	}
	return rc ? rc : model_compute(m, true);
}

/* ---- the id of a new case ---- */

/* Rows of computed repeats are named after what they are in; an owner stands before its rows. */
static void rename_rows(struct model *m)
{
	for (size_t i = 1; i < m->entry_count; i++) {
		struct model_entry *e = m->entries[i];

		if (e->ordinal > 0 && e->owner)
			e->id = record_id_derive(e->owner->id, form_entry_type(m->form, e->type)->name, (uint32_t)e->ordinal);
	}
}

/* The entry that had `id` before; only those that got another one. */
static const struct model_entry *renamed(const struct model *m, uint64_t id)
{
	for (size_t i = 0; i < m->entry_count; i++)
		if (m->entries[i]->old_id == id && m->entries[i]->id != id)
			return m->entries[i];
	return NULL;
}

static int rewrite_ids(struct model *m, struct model_entry *e)
{
	const struct form_entry_type *t = form_entry_type(m->form, e->type);
	int parent = model_entry_parent_slot(m->form, e->type);
	char hex[MODEL_HEX_BYTES];
	int rc = 0;

	if (parent >= 0 && e->owner && e->values[parent])
		rc = model_entry_text(&e->values[parent], model_entry_hex(e->owner->id, hex));
	for (size_t i = 0; i < t->field_count && !rc; i++) {
		const struct model_entry *other;

		if (t->fields[i] == FORM_FIELD_GONE || form_field(m->form, t->fields[i])->type != FORM_SELECT_MEMBER || !e->values[i])
			continue;
		if (strlen(e->values[i]) != MODEL_HEX_BYTES - 1)
			continue;
		other = renamed(m, model_entry_from_hex(e->values[i]));
		if (other)
			rc = model_entry_text(&e->values[i], model_entry_hex(other->id, hex));
	}
	return rc;
}

int model_case(struct model *m, uint64_t case_id)
{
	int rc = 0;

	if (m->case_id == case_id)
		return 0;
	if (m->case_id != 0)
		return err_set(ERR_USAGE, "the case has an id already");
	for (size_t i = 0; i < m->entry_count; i++)
		m->entries[i]->old_id = m->entries[i]->id;
	m->case_id = case_id;
	m->entries[0]->id = case_id;
	rename_rows(m);
	model_entry_rehash(m);
	for (size_t i = 0; i < m->entry_count && !rc; i++)
		rc = rewrite_ids(m, m->entries[i]);
	if (rc || !m->is_open)
		return rc;
	for (struct model_node *n = model_root(m); n; n = model_tree_next(n))
		model_tree_show(m, model_tree_of(n));
	return model_compute(m, false);
}

/* ---- registers out ---- */

static int compare_entries(const void *a, const void *b)
{
	const struct model_entry *x = *(struct model_entry *const *)a;
	const struct model_entry *y = *(struct model_entry *const *)b;

	return x->type != y->type ? x->type - y->type : compare_ids(a, b);
}

static int visit_entry(struct model *m, const struct model_entry *e, model_register_visitor *visit, void *ctx)
{
	const struct form_entry_type *t = form_entry_type(m->form, e->type);
	int rc = 0;

	for (size_t i = 0; i < t->field_count && !rc; i++) {
		struct model_register r = { e->type, e->id, t->fields[i], model_entry_value(e, i) };

		if (model_entry_is_changed(e, i))
			rc = visit(ctx, &r);
	}
	return rc;
}

int model_changes(struct model *m, model_register_visitor *visit, void *ctx)
{
	struct model_entry **sorted = calloc(m->entry_count, sizeof(*sorted));
	int rc = 0;

	if (!sorted)
		return err_set(ERR_NOMEM, "no memory for the changes of a case");
	memcpy(sorted, m->entries, m->entry_count * sizeof(*sorted));
	qsort(sorted, m->entry_count, sizeof(*sorted), compare_entries);
	for (size_t i = 0; i < m->entry_count && !rc; i++)
		rc = visit_entry(m, sorted[i], visit, ctx);
	free(sorted);
	return rc;
}

static int store_entry(struct model *m, struct model_entry *e)
{
	size_t count = form_entry_type(m->form, e->type)->field_count;
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++) {
		e->is_put = e->is_put || e->values[i];
		rc = model_entry_text(&e->stored[i], model_entry_value(e, i));
	}
	return rc;
}

int model_stored(struct model *m, uint64_t case_id)
{
	int rc = model_case(m, case_id);

	for (size_t i = 0; i < m->entry_count && !rc; i++)
		rc = store_entry(m, m->entries[i]);
	for (struct model_node *n = m->is_open ? model_root(m) : NULL; n && !rc; n = model_tree_next(n))
		n->is_changed = false;
	return rc;
}
