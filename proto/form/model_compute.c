/*
 * model_compute: the recomputation: everything, in the order of the plan, after each answer.
 *
 * One pass suffices where the plan is settled. Where it is not (see plan_order.c) each recomputation begins from the same state (all
 * relevant, nothing masked) and passes are repeated until nothing changes, so that the same registers give the same case whatever was
 * typed before. What nothing else reads (required, constraint, ...) is computed once at the end.
 *
 * An expression that cannot be evaluated (sum() of a text) is told nowhere and decides nothing: a calculation is empty, a condition is as
 * if it were not there. A budget that is spent is an error, since a case half computed must not be believed. There is one for each
 * expression and one for the whole recomputation: thousands of expressions that each stay below theirs would hold a device for minutes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/model_private.h"
#include "proto/form/value.h"

/* ---- one expression ---- */

static int evaluate_bool(struct model *m, const struct xpath *x, const struct xnode *at, bool otherwise, bool *out)
{
	struct xpath_context c = { .world = &m->xpath, .node = at };
	int rc = xpath_boolean(x, &c, out);

	if (rc != ERR_USAGE)
		return rc;
	*out = otherwise;
	return 0;
}

/* A condition that may be written out or missing: `otherwise` is what it is then. */
static int condition(struct model *m, const struct model_own *own, enum form_column column, bool otherwise, bool *out)
{
	const struct plan_node *n = &m->plan->nodes[own->node.form_node];

	*out = otherwise;
	if (!n->columns[column])
		return 0;
	switch (n->fixed[column]) {
	case PLAN_ALWAYS: *out = true; return 0;
	case PLAN_NEVER: *out = false; return 0;
	case PLAN_OPEN: break;
	}
	return evaluate_bool(m, n->columns[column], &own->x, otherwise, out);
}

int model_compute_text(struct model *m, const struct xpath *x, const struct xnode *at, struct buf *out)
{
	struct xpath_context c = { .world = &m->xpath, .node = at };
	struct xpath_value v = { 0 };
	int rc = xpath_evaluate(x, &c, &v);

	if (rc && rc != ERR_USAGE)
		return rc;
	if (!rc && (v.type != XPATH_NUMBER || !isnan(v.number)))
		rc = xpath_value_string(&v, out);
	else
		rc = 0;
	xpath_value_fini(&v);
	/* With its NUL, so that the callers' buf_string() cannot fail. */
	(void)buf_string(out);
	return rc ? rc : buf_error(out);
}

/* ---- what the form writes ---- */

int model_compute_write(struct model *m, struct model_own *own, const char *text)
{
	const struct form_node *n = form_node(m->form, own->node.form_node);
	struct buf canonical;
	int rc = 0;

	if (!own->entry) {
		rc = model_entry_keep(m, &own->text, text);
		model_tree_show(m, own);
		return rc;
	}
	buf_init(&canonical, VALUE_BYTES_MAX);
	if (text[0] && value_check(m->form, (size_t)n->field, text, strlen(text)) != 0) {
		/* What cannot be made canonical no register may hold. */
		rc = value_normalise(m->form, (size_t)n->field, text, &canonical);
		text = rc ? "" : buf_string(&canonical);
		rc = rc ? rc : buf_error(&canonical);
	}
	if (rc != ERR_NOMEM)
		rc = model_entry_write(m, own->entry, (size_t)m->plan->nodes[own->node.form_node].field_slot, text);
	buf_fini(&canonical);
	model_tree_show(m, own);
	return rc == ERR_USAGE ? 0 : rc; /* no id for a session: what the form would fill waits */
}

/* Evaluate and write; tells whether the value is another one now. */
static int take(struct model *m, struct model_own *own, const struct xpath *x, bool *is_other)
{
	struct buf value;
	char *before = NULL;
	int rc;

	buf_init(&value, MODEL_TEXT_BYTES_MAX);
	rc = model_compute_text(m, x, &own->x, &value);
	if (!rc && strcmp(buf_string(&value), own->node.value) != 0) {
		rc = model_entry_text(&before, own->node.value);
		if (!rc)
			rc = model_compute_write(m, own, buf_string(&value));
		*is_other = *is_other || strcmp(before ? before : "", own->node.value) != 0;
	}
	model_entry_wipe(&before);
	buf_fini(&value);
	return rc;
}

/* ---- steps ---- */

static void set_relevant(struct model *m, struct model_own *own, bool is_relevant)
{
	m->is_moved = m->is_moved || own->node.is_relevant != is_relevant;
	own->node.is_relevant = is_relevant;
	own->x.is_irrelevant = !is_relevant;
}

static int step_relevant(struct model *m, struct model_own *own)
{
	bool holds = own->node.parent ? own->node.parent->is_relevant : true;
	int rc = 0;

	if (holds)
		rc = condition(m, own, FORM_RELEVANT, true, &holds);
	if (!rc)
		set_relevant(m, own, holds);
	return rc;
}

static int step_rows(struct model *m, struct model_own *repeat)
{
	int rc = 0;

	for (struct model_node *row = repeat->node.first; row && !rc; row = row->next)
		rc = step_relevant(m, model_tree_of(row));
	return rc;
}

static int step_count(struct model *m, struct model_own *repeat)
{
	struct xpath_context c = { .world = &m->xpath, .node = &repeat->x };
	double wanted = 0;
	int rc;

	/* Relevant or not: rows that are not asked are there for count(), as in the field's engine. */
	rc = xpath_number(m->plan->nodes[repeat->node.form_node].columns[FORM_REPEAT_COUNT], &c, &wanted);
	if (rc == ERR_USAGE)
		wanted = 0;
	else if (rc)
		return rc;
	if (!(wanted >= 1))
		wanted = 0;
	return model_tree_count(m, repeat, wanted > MODEL_COUNT_MAX ? MODEL_COUNT_MAX : (size_t)wanted);
}

/* A question that people may answer over its calculation takes it again only when that has changed. */
static int take_unless_answered(struct model *m, struct model_own *own, const struct xpath *x)
{
	struct buf value;
	bool is_first = !own->computed;
	int rc;

	buf_init(&value, MODEL_TEXT_BYTES_MAX);
	rc = model_compute_text(m, x, &own->x, &value);
	if (!rc && (is_first || strcmp(buf_string(&value), own->computed + 1) != 0)) {
		struct buf kept;
		bool stays = is_first && own->entry->is_put && own->node.value[0];

		/* Kept behind one letter, so that an empty value is not the same as none. */
		buf_init(&kept, MODEL_TEXT_BYTES_MAX + 1);
		buf_text(&kept, "=");
		buf_append(&kept, value.data, value.len);
		(void)buf_string(&kept);
		rc = buf_error(&kept);
		if (!rc)
			rc = model_entry_keep(m, &own->computed, buf_string(&kept));
		buf_fini(&kept);
		if (!rc && !stays && strcmp(buf_string(&value), own->node.value) != 0) {
			m->is_moved = true;
			rc = model_compute_write(m, own, buf_string(&value));
		}
	}
	buf_fini(&value);
	return rc;
}

static int step_value(struct model *m, struct model_own *own)
{
	const struct form_node *n = form_node(m->form, own->node.form_node);
	const struct plan_node *p = &m->plan->nodes[own->node.form_node];
	int rc = 0;

	if (own->is_default_due) {
		own->is_default_due = false;
		rc = take(m, own, p->columns[FORM_DEFAULT], &m->is_moved);
	}
	if (rc || !p->columns[FORM_CALCULATION] || p->is_triggered)
		return rc;
	if (!own->node.is_relevant) {
		if (!own->entry && own->text) {
			m->is_moved = true;
			model_entry_forget(m, &own->text);
			model_tree_show(m, own);
		}
		return 0;
	}
	if (p->is_kept && own->node.value[0])
		return 0;
	if (own->entry && !n->is_computed && p->fixed[FORM_READONLY] != PLAN_ALWAYS)
		return take_unless_answered(m, own, p->columns[FORM_CALCULATION]);
	return take(m, own, p->columns[FORM_CALCULATION], &m->is_moved);
}

/* ---- choices that are filtered out ---- */

static bool member_allows(struct model *m, const struct form_node *n, const char *code, size_t len)
{
	char text[MODEL_HEX_BYTES] = "";
	uint64_t id;
	const struct model_entry *e;

	if (len != MODEL_HEX_BYTES - 1)
		return false;
	memcpy(text, code, len);
	id = model_entry_from_hex(text);
	if (id == m->case_id)
		return true;
	e = n->member_type[0] ? model_entry_find(m, (size_t)form_entry_type_find(m->form, n->member_type), id) : NULL;
	return e && e->block;
}

int model_compute_allows(struct model *m, const struct model_own *own, const char *code, size_t len, bool *out)
{
	const struct form_node *n = form_node(m->form, own->node.form_node);
	const struct plan_node *p = &m->plan->nodes[own->node.form_node];
	const struct xpath *filter = p->columns[FORM_CHOICE_FILTER];
	struct model_list *l = filter ? model_list_of(m, n) : NULL;
	int rc = 0;

	*out = true;
	if (p->member >= 0)
		*out = member_allows(m, n, code, len);
	if (filter && !l)
		return err_set(ERR_NOMEM, "no memory for a list");
	/* A list that is not there masks nothing. */
	if (!l || l->count == 0)
		return 0;
	*out = false;
	for (int i = model_list_index(m, l, code, len, 0); i >= 0 && !*out && !rc; i = model_list_index(m, l, code, len, (size_t)i + 1)) {
		struct xpath_context c = { .world = &m->xpath, .node = &l->items[i], .current = &own->x, .position = (size_t)i + 1,
					   .size = l->count };

		rc = xpath_boolean(filter, &c, out);
		if (rc == ERR_USAGE) {
			*out = true;
			rc = 0;
		}
	}
	return rc;
}

static int step_filter(struct model *m, struct model_own *own)
{
	const char *value = own->node.value;
	struct buf seen;
	bool is_masked = false;
	int rc = 0;

	if (!value[0] && !own->seen && !own->node.is_masked)
		return 0;
	buf_init(&seen, VALUE_BYTES_MAX);
	while (*value && !rc) {
		size_t len = form_node(m->form, own->node.form_node)->type == FORM_SELECT_ONE ? strlen(value) : strcspn(value, " ");
		bool holds = true;

		rc = model_compute_allows(m, own, value, len, &holds);
		is_masked = is_masked || !holds;
		if (holds) {
			buf_text(&seen, seen.len ? " " : "");
			buf_append(&seen, value, len);
		}
		value += len;
		value += *value == ' ';
	}
	(void)buf_string(&seen);
	if (!rc)
		rc = buf_error(&seen);
	if (!rc && (is_masked != own->node.is_masked || strcmp(buf_string(&seen), own->seen ? own->seen : own->node.value) != 0)) {
		m->is_moved = true;
		own->node.is_masked = is_masked;
		model_entry_wipe(&own->seen);
		/* A mask over everything is an empty text, which model_entry_text() would not keep. */
		if (is_masked && !(own->seen = strdup(buf_string(&seen))))
			rc = err_set(ERR_NOMEM, "no memory for an answer");
		model_tree_show(m, own);
	}
	buf_fini(&seen);
	return rc;
}

/* ---- passes ---- */

static int run_step(struct model *m, const struct plan_step *s, struct model_block *b)
{
	struct model_own *own = &b->items[m->plan->nodes[s->node].slot];

	if (m->steps_left == 0)
		return err_set(ERR_LIMIT, "the form takes more than its budget of steps to compute");
	m->steps_left--;
	switch (s->aspect) {
	case PLAN_RELEVANT: return step_relevant(m, own);
	case PLAN_COUNT: return step_count(m, own);
	case PLAN_ROWS: return step_rows(m, own);
	case PLAN_VALUE: return step_value(m, own);
	case PLAN_FILTER: return step_filter(m, own);
	}
	return 0;
}

/*
 * How many steps from `first` on are taken row by row: where rows take over from the row before, that settles in one pass what would
 * take one for each row. In a settled plan each step goes through all rows, since the next may read any of them.
 */
static size_t group_length(const struct model *m, size_t first)
{
	const struct plan_step *s = &m->plan->steps[first];
	size_t scope = m->plan->nodes[s->node].scope;
	size_t count = 1;

	if (m->plan->is_settled || scope == 0 || s->aspect == PLAN_COUNT)
		return 1;
	while (first + count < m->plan->step_count && s[count].aspect != PLAN_COUNT && m->plan->nodes[s[count].node].scope == scope)
		count++;
	return count;
}

static int run_group(struct model *m, const struct plan_step *s, size_t count)
{
	const struct model_rows *rows = &m->rows[m->plan->nodes[s->node].scope];
	int rc = 0;

	for (size_t i = 0; i < rows->count && !rc; i++)
		for (size_t k = 0; k < count && !rc; k++) {
			rc = run_step(m, &s[k], rows->items[i]);
			if (rc)
				err_context(rc, "%s", form_node(m->form, s[k].node)->name);
		}
	/* Also after a failure: the lists must not name rows that are gone. */
	if (m->is_relisted) {
		int failed = model_tree_list(m);

		m->is_moved = true;
		rc = rc ? rc : failed;
	}
	return rc;
}

static int run_pass(struct model *m)
{
	size_t count;
	int rc = 0;

	for (size_t i = 0; i < m->plan->step_count && !rc; i += count) {
		count = group_length(m, i);
		rc = run_group(m, &m->plan->steps[i], count);
	}
	return rc;
}

/* An unsettled plan begins from the same state each time. */
static void reset(struct model *m)
{
	for (struct model_node *n = &m->top->items[0].node; n; n = model_tree_next(n)) {
		struct model_own *own = model_tree_of(n);

		n->is_relevant = true;
		own->x.is_irrelevant = false;
		n->is_masked = false;
		model_entry_wipe(&own->seen);
		model_tree_show(m, own);
	}
}

static int settle(struct model *m)
{
	size_t passes_max = MODEL_PASSES_MAX;
	int rc = 0;

	if (!m->plan->is_settled)
		reset(m);
	for (size_t pass = 0; pass < passes_max && !rc; pass++) {
		m->is_moved = false;
		rc = run_pass(m);
		if (m->plan->is_settled || !m->is_moved)
			break;
		/* What each row takes over from the row before needs a pass for each. */
		passes_max = MODEL_PASSES_MAX;
		for (size_t s = 1; s < m->plan->scope_count; s++)
			passes_max += m->rows[s].count;
	}
	return rc;
}

/* ---- triggers ---- */

/* Take the calculation of `target` wherever it shares its rows with the trigger in block `b`. */
static int fire(struct model *m, struct model_block *b, size_t target, bool *is_fired)
{
	const struct plan_node *n = &m->plan->nodes[target];
	struct model_block *common = NULL;
	int rc = 0;

	/* The innermost rows around both. */
	for (size_t s = n->scope; !common; s = m->plan->scopes[s].parent)
		common = model_tree_around(b, s);
	for (size_t i = 0; i < m->rows[n->scope].count && !rc; i++) {
		struct model_block *at = m->rows[n->scope].items[i];

		if (model_tree_around(at, common->scope) != common)
			continue;
		if (n->columns[FORM_CALCULATION]) {
			rc = take(m, &at->items[n->slot], n->columns[FORM_CALCULATION], is_fired);
		} else if (at->items[n->slot].node.value[0]) {
			*is_fired = true;
			rc = model_compute_write(m, &at->items[n->slot], "");
		}
	}
	return rc;
}

/* Whether the trigger's value is another one since it was looked at last; the first look tells nothing. */
static int look_at(struct model_own *own, bool *is_other)
{
	bool is_first = !own->trigger;
	char *now;

	if (!is_first && strcmp(own->trigger, own->node.value) == 0)
		return 0;
	now = strdup(own->node.value);
	if (!now)
		return err_set(ERR_NOMEM, "no memory for an answer");
	model_entry_wipe(&own->trigger);
	own->trigger = now;
	*is_other = !is_first;
	return 0;
}

static int fire_all(struct model *m, bool with_triggers, bool *is_fired)
{
	int rc = 0;

	for (size_t i = 0; i < form_node_count(m->form) && !rc; i++) {
		const struct plan_node *n = &m->plan->nodes[i];

		for (size_t r = 0; n->trigger_count > 0 && r < m->rows[n->scope].count && !rc; r++) {
			struct model_block *b = m->rows[n->scope].items[r];
			bool is_other = false;

			rc = look_at(&b->items[n->slot], &is_other);
			for (size_t t = 0; is_other && with_triggers && t < n->trigger_count && !rc; t++)
				rc = fire(m, b, n->triggers[t], is_fired);
		}
	}
	return rc;
}

/* ---- what nothing reads ---- */

static int judge_question(struct model *m, struct model_own *own)
{
	struct model_node *n = &own->node;
	bool has_value = own->x.value[0] != '\0';
	bool holds = true;
	int rc = condition(m, own, FORM_REQUIRED, false, &n->is_required);

	n->is_missing = n->is_relevant && n->is_required && !has_value && own->entry;
	n->is_violated = false;
	n->is_warned = false;
	if (rc || !n->is_relevant || !has_value)
		return rc;
	rc = condition(m, own, FORM_CONSTRAINT, true, &holds);
	n->is_violated = !holds;
	if (!rc)
		rc = condition(m, own, FORM_WARNING, true, &holds);
	n->is_warned = !holds;
	return rc;
}

/* Nobody answers a note. */
static bool is_note(const struct model *m, const struct model_node *n)
{
	return n->kind == MODEL_QUESTION && form_node(m->form, n->form_node)->type == FORM_NOTE;
}

static int judge(struct model *m, struct model_own *own)
{
	struct model_node *n = &own->node;
	int rc = condition(m, own, FORM_READONLY, false, &n->is_readonly);

	n->is_readonly = n->is_readonly || (n->parent && n->parent->is_readonly) || is_note(m, n);
	n->entry_id = own->home->id;
	if (rc || n->kind != MODEL_QUESTION)
		return rc;
	n->is_changed = own->entry && model_entry_is_changed(own->entry, (size_t)m->plan->nodes[n->form_node].field_slot);
	return judge_question(m, own);
}

int model_compute(struct model *m, bool with_triggers)
{
	bool is_fired = true;
	int rc = 0;

	m->error = 0;
	m->steps_left = MODEL_STEPS_ALL_MAX;
	m->xpath.steps_left = &m->steps_left;
	for (size_t round = 0; is_fired && !rc && round < MODEL_TRIGGER_ROUNDS_MAX; round++) {
		is_fired = false;
		rc = settle(m);
		if (!rc)
			rc = fire_all(m, with_triggers, &is_fired);
	}
	for (struct model_node *n = &m->top->items[0].node; n && !rc; n = model_tree_next(n))
		rc = judge(m, model_tree_of(n));
	m->xpath.steps_left = NULL;
	if (!rc && m->error)
		rc = err_set(m->error, "no memory for a list");
	return rc;
}
