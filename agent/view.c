/*
 * view: see view.h. The three layers (confirmed, own, pending) are read as one list of rows, sorted by address and then by layer, and
 * folded into values.
 */
#include "agent/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/shelf.h"
#include "proto/base/arena.h"

#define VIEW_BYTES_MAX (64 * 1024 * 1024)
#define VIEW_ROWS_MAX 200000 /* of one case; CHANGESET_REGISTERS_MAX is the same for a whole pull */

enum layer { LAYER_CONFIRMED = 0, LAYER_PENDING = 1, LAYER_OWN = 2 };

struct row {
	uint64_t entry_id;
	int type;
	const char *type_name;
	int field;
	const char *name;
	enum layer layer;
	const char *value;
	const char *reason;
};

struct rows {
	struct row *items; /* owned */
	size_t count;
	size_t cap;
	struct arena *arena; /* borrowed */
};

static int rows_add(struct rows *r, const struct row *row)
{
	if (r->count == VIEW_ROWS_MAX)
		return err_set(ERR_LIMIT, "case: more than %d answers", VIEW_ROWS_MAX);
	if (r->count == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 256;
		struct row *items = realloc(r->items, cap * sizeof *items);

		if (!items)
			return err_set(ERR_NOMEM, "case: no memory for %zu answers", cap);
		r->items = items;
		r->cap = cap;
	}
	r->items[r->count++] = *row;
	return 0;
}

static int read_row(struct db_stmt *q, const struct form *form, struct rows *rows)
{
	size_t name_len, type_len, value_len, reason_len;
	const char *name = db_text_len(q, 1, &name_len);
	const char *type = db_text_len(q, 2, &type_len);
	const char *value = db_text_len(q, 3, &value_len);
	const char *reason = db_text_len(q, 5, &reason_len);
	struct row row = {
		.entry_id = db_u64(q, 0),
		.type = form_entry_type_find(form, type),
		.type_name = arena_copy(rows->arena, type, type_len),
		.field = -1,
		.name = arena_copy(rows->arena, name, name_len),
		.layer = (enum layer)db_int(q, 4),
		.value = arena_copy(rows->arena, value, value_len),
		.reason = reason_len ? arena_copy(rows->arena, reason, reason_len) : NULL,
	};

	if (arena_error(rows->arena))
		return arena_error(rows->arena);
	/* Entry types may have fields of one name. */
	if (row.type >= 0)
		row.field = form_field_find_in(form, (size_t)row.type, name);
	return rows_add(rows, &row);
}

static int read_rows(struct store *s, uint64_t case_id, const struct form *form, struct rows *rows)
{
	struct db_stmt *q;
	int got = 0;
	int err = db_prepare(s->db,
			     "SELECT entry_id, field, entry_type, value, 0, reason FROM register WHERE case_id = ?1"
			     " UNION ALL SELECT p.entry_id, p.field,"
			     " (SELECT e.entry_type FROM edit e WHERE e.number = p.number AND e.entry_id = p.entry_id"
			     " AND e.field = p.field),"
			     " p.value, 1, NULL FROM pending p WHERE p.case_id = ?1"
			     " UNION ALL SELECT entry_id, field, entry_type, value, 2, NULL FROM own WHERE case_id = ?1",
			     &q);

	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	while (!err && (got = db_step(q)) == 1)
		err = read_row(q, form, rows);
	db_done(q);
	return err ? err : got;
}

static int compare_ints(int a, int b)
{
	/* What the form does not know has -1 and comes last. */
	unsigned x = (unsigned)a, y = (unsigned)b;

	return (x > y) - (x < y);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a;
	const struct row *y = b;
	int order = compare_ints(x->type, y->type);

	if (!order)
		order = strcmp(x->type_name, y->type_name);
	if (!order)
		order = (x->entry_id > y->entry_id) - (x->entry_id < y->entry_id);
	if (!order)
		order = compare_ints(x->field, y->field);
	if (!order)
		order = strcmp(x->name, y->name);
	return order ? order : (int)x->layer - (int)y->layer;
}

static void fold_row(const struct row *r, struct view_value *v)
{
	v->field = r->field;
	v->name = r->name;
	switch (r->layer) {
	case LAYER_CONFIRMED:
		v->confirmed = r->value;
		v->value = r->value;
		v->reason = r->reason;
		break;
	case LAYER_PENDING:
		v->candidate = r->value;
		if (!v->value)
			v->value = r->value;
		break;
	case LAYER_OWN:
		v->value = r->value;
		v->is_own = true;
		break;
	}
}

static bool same_entry(const struct row *a, const struct row *b)
{
	return a->entry_id == b->entry_id && strcmp(a->type_name, b->type_name) == 0;
}

/* The rows from `from` on that belong to one entry; returns where the next entry begins. */
static size_t fold_entry(const struct rows *rows, size_t from, struct view_entry *e)
{
	const struct row *first = &rows->items[from];
	size_t i;

	e->id = first->entry_id;
	e->type = first->type;
	e->type_name = first->type_name;
	for (i = from; i < rows->count && same_entry(first, &rows->items[i]); i++) {
		const struct row *r = &rows->items[i];

		if (i == from || strcmp(r->name, rows->items[i - 1].name) != 0)
			e->value_count++;
		fold_row(r, &e->values[e->value_count - 1]);
	}
	for (size_t k = 0; k < e->value_count; k++)
		if (strcmp(e->values[k].name, FORM_FIELD_GONE_NAME) == 0)
			e->is_gone = strcmp(e->values[k].value, "yes") == 0;
	return i;
}

static int fold_rows(struct rows *rows, struct view *v)
{
	struct view_value *values = arena_alloc(rows->arena, rows->count, sizeof *values);
	size_t used = 0;

	v->entries = arena_alloc(rows->arena, rows->count, sizeof *v->entries);
	if (!values || !v->entries)
		return arena_error(rows->arena);
	if (rows->count)
		qsort(rows->items, rows->count, sizeof *rows->items, compare_rows);
	for (size_t i = 0; i < rows->count;) {
		struct view_entry *e = &v->entries[v->entry_count++];

		e->values = &values[used];
		i = fold_entry(rows, i, e);
		used += e->value_count;
	}
	return 0;
}

static int load_head(struct store *s, struct view *v)
{
	char id[RECORD_ID_TEXT_BYTES];
	struct db_stmt *q;
	int64_t form_id;
	int err = db_prepare(s->db, "SELECT form_id, opened_ms FROM aid_case WHERE case_id = ?1", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, v->case_id);
	err = db_row(q);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(err, "no case %s on this device", record_id_format(v->case_id, id)) : err;
	form_id = db_int(q, 0);
	v->opened_ms = db_int(q, 1);
	db_done(q);
	return v->form ? 0 : shelf_form_by_id(s, form_id, &v->form);
}

int view_load(struct store *s, uint64_t case_id, const struct form *form, struct view *out)
{
	struct view v = { .form = form, .case_id = case_id };
	struct rows rows = { .arena = arena_new(VIEW_BYTES_MAX) };
	int err;

	*out = (struct view){ 0 };
	if (!rows.arena)
		return err_set(ERR_NOMEM, "case: no memory");
	err = load_head(s, &v);
	if (!err)
		err = read_rows(s, case_id, v.form, &rows);
	if (!err)
		err = fold_rows(&rows, &v);
	free(rows.items);
	if (err) {
		arena_free(rows.arena);
		return err;
	}
	v.arena = rows.arena;
	*out = v;
	return 0;
}

void view_fini(struct view *v)
{
	arena_free(v->arena);
	*v = (struct view){ 0 };
}

const struct view_entry *view_entry(const struct view *v, uint64_t id)
{
	for (size_t i = 0; i < v->entry_count; i++)
		if (v->entries[i].id == id)
			return &v->entries[i];
	return NULL;
}

const struct view_value *view_value(const struct view_entry *e, int field)
{
	for (size_t i = 0; field >= 0 && i < e->value_count; i++)
		if (e->values[i].field == field)
			return &e->values[i];
	return NULL;
}

const char *view_root_text(const struct view *v, const char *name)
{
	const struct view_entry *root = view_entry(v, v->case_id);
	const struct view_value *value = root ? view_value(root, form_field_find_in(v->form, FORM_ENTRY_ROOT, name)) : NULL;

	return value ? value->value : "";
}

bool view_is_flat(const struct form_entry_type *type)
{
	return type->kind != FORM_ENTRY_IS_REPEAT;
}
