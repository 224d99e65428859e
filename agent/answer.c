/*
 * answer: see answer.h. Values become canonical when they are set; references to rows become ids when the draft is saved, since ids
 * are made inside the transaction.
 */
#include "agent/answer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/draft.h"
#include "agent/outbox.h"
#include "agent/view.h"
#include "proto/base/arena.h"
#include "proto/form/value.h"

#define ID_HEX_BYTES 17

struct draft_row {
	size_t entry_type;
	uint64_t id;        /* 0: new, until it is saved */
	bool is_new;
	bool has_values;    /* something not empty was set */
};

enum value_kind { VALUE_TEXT, VALUE_APPLICANT, VALUE_ROW, VALUE_ENTRY };

struct draft_value {
	size_t row;
	uint16_t field;
	enum value_kind kind;
	const char *text;   /* VALUE_TEXT, in the arena */
	size_t len;
	size_t target;      /* VALUE_ROW: index of the row */
	uint64_t entry_id;  /* VALUE_ENTRY */
};

struct answer_draft {
	const struct form *form;
	struct arena *arena;
	struct draft_row *rows;
	size_t row_count;
	size_t row_cap;
	struct draft_value *values;
	size_t value_count;
	size_t value_cap;
};

/* ---- gathering ---- */

int answer_new(const struct form *form, struct answer_draft **out)
{
	struct answer_draft *d = calloc(1, sizeof *d);

	*out = NULL;
	if (d)
		d->arena = arena_new(ANSWER_DRAFT_BYTES_MAX);
	if (!d || !d->arena) {
		free(d);
		return err_set(ERR_NOMEM, "no memory for an application");
	}
	d->form = form;
	*out = d;
	return 0;
}

void answer_free(struct answer_draft *d)
{
	if (!d)
		return;
	arena_free(d->arena);
	free(d->rows);
	free(d->values);
	free(d);
}

const struct form *answer_form(const struct answer_draft *d)
{
	return d->form;
}

/* Room for one more item of `size` bytes in a growing array. */
static int make_room(void **items, size_t count, size_t *cap, size_t size)
{
	size_t next = *cap ? 2 * *cap : 64;
	void *grown;

	if (count < *cap)
		return 0;
	grown = realloc(*items, next * size);
	if (!grown)
		return err_set(ERR_NOMEM, "no memory for an application");
	*items = grown;
	*cap = next;
	return 0;
}

int answer_row(struct answer_draft *d, size_t entry_type, uint64_t entry_id, size_t *row)
{
	int err;

	assert(entry_type < form_entry_type_count(d->form));
	*row = 0;
	for (size_t i = 0; i < d->row_count; i++) {
		if (d->rows[i].entry_type == entry_type && (entry_type == FORM_ENTRY_ROOT || (entry_id && d->rows[i].id == entry_id))) {
			*row = i;
			return 0;
		}
	}
	if (d->row_count == ANSWER_ROWS_MAX)
		return err_set(ERR_LIMIT, "more than %d rows in one application", ANSWER_ROWS_MAX);
	err = make_room((void **)&d->rows, d->row_count, &d->row_cap, sizeof *d->rows);
	if (err)
		return err;
	*row = d->row_count;
	d->rows[d->row_count++] = (struct draft_row){ .entry_type = entry_type, .id = entry_id, .is_new = entry_id == 0 };
	return 0;
}

/* The repeat that the question chooses among; "_parent" chooses among the rows that its own may be in. */
static const char *member_type(const struct form *f, size_t field)
{
	const struct form_field *x = form_field(f, field);

	if (x->node < 0)
		return form_entry_type(f, (size_t)form_entry_type(f, x->entry_type)->parent)->name;
	return form_node(f, (size_t)x->node)->member_type;
}

/* "member:N": the N-th row of that entry type in this draft, from 1; false when it is none. */
static bool member_row(const struct answer_draft *d, const char *name, const char *typed, size_t *row)
{
	int type = form_entry_type_find(d->form, name);
	size_t len = strlen(name);
	unsigned long n;
	char *end;

	if (type < 0 || strncmp(typed, name, len) != 0 || typed[len] != ':' || typed[len + 1] < '1' || typed[len + 1] > '9')
		return false;
	n = strtoul(typed + len + 1, &end, 10);
	for (size_t i = 0; !*end && i < d->row_count; i++) {
		if ((int)d->rows[i].entry_type == type && --n == 0) {
			*row = i;
			return true;
		}
	}
	return false;
}

/* An id as people see it (7-12), or as it stands in a value (16 hex digits). */
static bool entry_id_parse(const char *text, uint64_t *id)
{
	if (strlen(text) == ID_HEX_BYTES - 1 && strspn(text, "0123456789abcdef") == ID_HEX_BYTES - 1) {
		*id = strtoull(text, NULL, 16);
		return *id != 0;
	}
	return record_id_parse(text, id) == 0;
}

static int parse_member(const struct answer_draft *d, const char *typed, struct draft_value *v)
{
	const char *name = member_type(d->form, v->field);

	if (strcmp(typed, "applicant") == 0 && form_field(d->form, v->field)->node >= 0)
		v->kind = VALUE_APPLICANT;
	else if (member_row(d, name, typed, &v->target))
		v->kind = VALUE_ROW;
	else if (entry_id_parse(typed, &v->entry_id))
		v->kind = VALUE_ENTRY;
	else
		return err_set(ERR_USAGE, "%s%s:N (a row of this application, from 1) or an entry id was expected",
			       form_field(d->form, v->field)->node >= 0 ? "applicant, " : "", name);
	return 0;
}

static int parse_text(struct answer_draft *d, size_t field, const char *typed, struct draft_value *v)
{
	struct buf out;
	int err;

	buf_init(&out, VALUE_BYTES_MAX);
	err = value_normalise(d->form, field, typed, &out);
	if (!err) {
		v->text = arena_copy(d->arena, buf_string(&out), out.len);
		v->len = out.len;
		err = v->text ? 0 : arena_error(d->arena);
	}
	buf_fini(&out);
	return err;
}

static int put_value(struct answer_draft *d, const struct draft_value *v)
{
	int err;

	for (size_t i = 0; i < d->value_count; i++) {
		if (d->values[i].row == v->row && d->values[i].field == v->field) {
			d->values[i] = *v;
			return 0;
		}
	}
	if (d->value_count == ANSWER_VALUES_MAX)
		return err_set(ERR_LIMIT, "more than %d answers in one application", ANSWER_VALUES_MAX);
	err = make_room((void **)&d->values, d->value_count, &d->value_cap, sizeof *d->values);
	if (!err)
		d->values[d->value_count++] = *v;
	return err;
}

int answer_set(struct answer_draft *d, size_t row, size_t field, const char *typed)
{
	const struct form_field *f = form_field(d->form, field);
	struct draft_value v = { .row = row, .field = (uint16_t)field, .kind = VALUE_TEXT, .text = "" };
	int err = 0;

	assert(row < d->row_count);
	assert(field != FORM_FIELD_GONE);
	if (!form_field_fits(d->form, field, d->rows[row].entry_type))
		return err_set(ERR_USAGE, "this question belongs to %s", form_entry_type(d->form, f->entry_type)->name);
	if (f->write != FORM_BY_REPRESENTATIVE)
		return err_set(ERR_USAGE, "this is written at the centre, by: %s", form_writer_name(f->write));
	if (f->node >= 0 && form_node(d->form, (size_t)f->node)->is_computed)
		return err_set(ERR_USAGE, "the form fills this in by itself");
	if (f->type == FORM_SELECT_MEMBER && *typed)
		err = parse_member(d, typed, &v);
	else if (*typed)
		err = parse_text(d, field, typed, &v);
	if (!err)
		err = put_value(d, &v);
	if (!err && (v.kind != VALUE_TEXT || v.len))
		d->rows[row].has_values = true;
	return err;
}

int answer_remove(struct answer_draft *d, size_t row, bool is_gone)
{
	struct draft_value v = { .row = row, .field = FORM_FIELD_GONE, .kind = VALUE_TEXT, .text = is_gone ? "yes" : "",
			.len = is_gone ? 3 : 0 };

	assert(row < d->row_count);
	if (d->rows[row].entry_type == FORM_ENTRY_ROOT || d->rows[row].is_new)
		return err_set(ERR_USAGE, "only an entry that exists can be removed, and never the applicant's own");
	return put_value(d, &v);
}

/* ---- saving ---- */

struct saving {
	struct store *store;
	struct answer_draft *draft;
	uint64_t case_id;
	bool is_new_case;
	bool has_draft;      /* the case is being taken here */
	struct view view;    /* of an existing case; empty otherwise */
	struct edit *edits;  /* in the draft's arena */
	size_t edit_count;
};

/* An entry named by the person must be in the case, with the type said. */
static int check_row(const struct saving *w, const struct draft_row *r)
{
	const struct view_entry *e = view_entry(&w->view, r->id);

	if (e && e->type == (int)r->entry_type)
		return 0;
	return err_set(ERR_USAGE, "%s: no such entry in this case", form_entry_type(w->draft->form, r->entry_type)->name);
}

/* A row inside another one that did not say in which would stand nowhere. */
static int check_parent(const struct saving *w, size_t row)
{
	const struct answer_draft *d = w->draft;
	int field = form_field_find_in(d->form, d->rows[row].entry_type, FORM_FIELD_PARENT_NAME);

	for (size_t i = 0; field >= 0 && i < d->value_count; i++)
		if (d->values[i].row == row && d->values[i].field == field && (d->values[i].kind != VALUE_TEXT || d->values[i].len))
			return 0;
	return field < 0 ? 0 : err_set(ERR_USAGE, "%s: " FORM_FIELD_PARENT_NAME " was expected: which %s it belongs to",
		form_entry_type(d->form, d->rows[row].entry_type)->name, member_type(d->form, (size_t)field));
}

static bool is_taken(const struct answer_draft *d, uint64_t id)
{
	for (size_t i = 0; i < d->row_count; i++)
		if (d->rows[i].id == id)
			return true;
	return false;
}

/* The entry of a new row: that of the visit that is being taken, or one that is made now; none where there is nothing to write. */
static int make_row(struct saving *w, struct draft_row *r)
{
	const struct form_entry_type *type = form_entry_type(w->draft->form, r->entry_type);
	uint64_t id = 0;
	int err = 0;

	if (w->has_draft && type->kind == FORM_ENTRY_IS_SESSION)
		err = draft_entry(w->store, w->case_id, type->name, &id);
	if (is_taken(w->draft, id))
		id = 0;
	if (!err && id == 0 && r->has_values)
		err = store_new_id(w->store, &id);
	if (!err)
		r->id = id;
	return err;
}

static int find_rows(struct saving *w)
{
	struct draft taken;
	int err = draft_find(w->store, w->case_id, &taken);

	w->has_draft = taken.form_id != 0;
	for (size_t i = 0; !err && i < w->draft->row_count; i++) {
		struct draft_row *r = &w->draft->rows[i];

		if (r->entry_type == FORM_ENTRY_ROOT)
			r->id = w->case_id;
		else if (!r->is_new)
			err = check_row(w, r);
		else if (r->has_values)
			err = check_parent(w, i);
		if (!err && r->id == 0)
			err = make_row(w, r);
	}
	return err;
}

/* The target of a member reference: the applicant, or a household member of this case. */
static int check_target(const struct saving *w, const struct draft_value *v)
{
	const struct view_entry *e = view_entry(&w->view, v->entry_id);
	bool is_parent = form_field(w->draft->form, v->field)->node < 0;

	if ((v->entry_id == w->case_id && !is_parent) || (e && strcmp(e->type_name, member_type(w->draft->form, v->field)) == 0))
		return 0;
	return err_set(ERR_USAGE, "%s: no such household member in this case", form_field(w->draft->form, v->field)->name);
}

static int resolve(const struct saving *w, struct draft_value *v)
{
	char text[ID_HEX_BYTES];
	uint64_t id = 0;
	int err = 0;

	switch (v->kind) {
	case VALUE_TEXT:
		return 0;
	case VALUE_APPLICANT:
		id = w->case_id;
		break;
	case VALUE_ROW:
		id = w->draft->rows[v->target].id;
		if (id == 0)
			err = err_set(ERR_USAGE, "%s: the household member it names has no answers", form_field(w->draft->form,
				v->field)->name);
		break;
	case VALUE_ENTRY:
		id = v->entry_id;
		err = check_target(w, v);
		break;
	}
	if (err)
		return err;
	snprintf(text, sizeof text, "%016" PRIx64, id);
	v->text = arena_copy(w->draft->arena, text, ID_HEX_BYTES - 1);
	v->len = ID_HEX_BYTES - 1;
	return v->text ? 0 : arena_error(w->draft->arena);
}

/* Whether the value would change what is shown. */
static bool is_different(const struct saving *w, const struct draft_row *r, const struct draft_value *v)
{
	const struct view_entry *e = view_entry(&w->view, r->id);
	const struct view_value *shown = e ? view_value(e, v->field) : NULL;

	if (!shown)
		return v->len != 0;
	return strlen(shown->value) != v->len || memcmp(shown->value, v->text, v->len) != 0;
}

static int make_edits(struct saving *w)
{
	struct answer_draft *d = w->draft;

	w->edits = arena_alloc(d->arena, d->value_count, sizeof *w->edits);
	if (!w->edits)
		return arena_error(d->arena);
	for (size_t i = 0; i < d->value_count; i++) {
		struct draft_value *v = &d->values[i];
		const struct draft_row *r = &d->rows[v->row];
		int err = resolve(w, v);

		if (err)
			return err;
		if (!is_different(w, r, v))
			continue;
		w->edits[w->edit_count++] = (struct edit){
			.entry_id = r->id,
			.entry_type = (uint16_t)r->entry_type,
			.field = v->field,
			.value = v->text,
			.value_len = v->len,
		};
	}
	return 0;
}

/* What is taken by a file is a draft as well: with this form, on the visit's entries that were made. */
static int note_draft(struct saving *w)
{
	int err = draft_begin(w->store, w->case_id, w->draft->form);

	for (size_t i = 0; !err && i < w->draft->row_count; i++) {
		const struct draft_row *r = &w->draft->rows[i];
		const struct form_entry_type *type = form_entry_type(w->draft->form, r->entry_type);

		if (type->kind == FORM_ENTRY_IS_SESSION && r->id)
			err = draft_note_entry(w->store, w->case_id, type->name, r->id);
	}
	return err;
}

static int write_draft(struct saving *w)
{
	int err;

	if (w->is_new_case)
		err = store_new_id(w->store, &w->case_id);
	else
		err = view_load(w->store, w->case_id, w->draft->form, &w->view);
	if (!err)
		err = find_rows(w);
	if (!err)
		err = make_edits(w);
	if (!err && w->edit_count == 0 && w->is_new_case)
		err = err_set(ERR_USAGE, "not one answer: no case is opened");
	if (!err && w->edit_count)
		err = outbox_push_edits(w->store, w->case_id, w->draft->form, w->edits, w->edit_count);
	if (!err && w->edit_count)
		err = note_draft(w);
	return err;
}

/* After a failure new rows have no id again, since the ids were rolled back. */
static void forget_ids(struct answer_draft *d)
{
	for (size_t i = 0; i < d->row_count; i++)
		if (d->rows[i].is_new)
			d->rows[i].id = 0;
}

int answer_save(struct store *s, struct answer_draft *d, uint64_t case_id, struct answer_saved *out)
{
	struct saving w = { .store = s, .draft = d, .case_id = case_id, .is_new_case = case_id == 0 };
	int err = db_begin(s->db);

	*out = (struct answer_saved){ 0 };
	if (err)
		return err;
	err = write_draft(&w);
	if (!err)
		err = db_commit(s->db);
	db_rollback(s->db);
	view_fini(&w.view);
	if (err) {
		forget_ids(d);
		return err;
	}
	*out = (struct answer_saved){ .case_id = w.case_id, .answers = w.edit_count };
	return 0;
}
