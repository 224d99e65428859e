/*
 * session: see session.h. The model gets what a person sees (agent/view.h), so that an own answer counts before the centre has it.
 */
#include "agent/session.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/draft.h"
#include "agent/outbox.h"
#include "agent/shelf.h"

#define TZ_RIYADH_MINUTES 180

struct session {
	struct store *store;
	const struct form *form; /* borrowed from the store */
	const struct plan *plan; /* likewise */
	struct model *model;     /* owned */
	struct model_world world;
	uint64_t case_id;
	bool is_new;             /* the case is not in the store yet */
	uint64_t newest_group;   /* of this case, when it was read or written by this session */
	struct edit *edits;      /* while saving; owned */
	size_t edit_count;
	size_t edit_cap;
};

/* ---- what the model sees of this device ---- */

static uint64_t random_bits(void *ctx)
{
	const struct session *x = ctx;
	uint64_t bits;

	env_random(x->store->env, &bits, sizeof bits);
	return bits;
}

/*
 * A transaction of its own, never the caller's, which may be rolled back: an id that is never used costs nothing, one that is made
 * twice would cost a family.
 */
static uint64_t make_id(void *ctx)
{
	struct session *x = ctx;
	uint64_t id = 0;
	int err;

	assert(!db_in_transaction(x->store->db));
	err = db_begin(x->store->db);
	if (!err)
		err = store_new_id(x->store, &id);
	if (!err)
		err = db_commit(x->store->db);
	db_rollback(x->store->db);
	return err ? 0 : id;
}

/* Who only looks begins no visit: what a form would fill in there stays empty. */
static uint64_t refuse_id(void *ctx)
{
	(void)ctx;
	return 0;
}

static const struct reflist *find_list(void *ctx, const char *name)
{
	struct session *x = ctx;

	return shelf_list(x->store, name);
}

static bool find_property(void *ctx, const char *name, struct buf *out)
{
	const struct session *x = ctx;

	if (strcmp(name, "deviceid") == 0) {
		for (size_t i = 0; i < sizeof x->store->device; i++)
			buf_printf(out, "%02x", x->store->device[i]);
		return true;
	}
	if (strcmp(name, "username") != 0)
		return false;
	buf_printf(out, "%" PRIu32, x->store->person);
	return true;
}

/* ---- opening ---- */

int session_check_form(const struct form *form)
{
	if (strcmp(form_setting(form, "kind"), "rating") != 0)
		return 0;
	return err_set(ERR_USAGE, "form %s is for the applicant alone: it is not taken by a representative", form_id(form));
}

/* The form of the visit that was finished here, while nothing was changed since: it is shown as it was signed. */
static int find_signed_form(struct store *s, uint64_t case_id, const struct form **out)
{
	enum draft_state state;
	int64_t form_id;
	int err = draft_state(s, case_id, &state);

	if (err || state != DRAFT_FINISHED)
		return err;
	err = draft_finished_form(s, case_id, &form_id);
	return err ? err : shelf_form_by_id(s, form_id, out);
}

int session_form_of(struct store *s, uint64_t case_id, enum session_purpose purpose, const struct form **out)
{
	struct draft d;
	int64_t form_id;
	int err = draft_find(s, case_id, &d);

	*out = NULL;
	if (!err && d.form_id)
		return shelf_form_by_id(s, d.form_id, out);
	if (!err && purpose == SESSION_LOOK)
		err = find_signed_form(s, case_id, out);
	return err || *out ? err : shelf_form_of_case(s, case_id, out, &form_id);
}

/* A row that has no answer of its own has no register either; the rows in it say that it is there. */
static int put_owner(struct session *x, const struct view *v, const struct view_entry *e, const char *owner)
{
	int type = form_entry_type(x->form, (size_t)e->type)->parent;
	uint64_t id = strtoull(owner, NULL, 16);

	if (type == FORM_ENTRY_ROOT || id == 0 || view_entry(v, id))
		return 0;
	return model_put(x->model, (size_t)type, id, FORM_FIELD_GONE, "");
}

static int put_entry(struct session *x, const struct view *v, const struct view_entry *e)
{
	int err = 0;

	for (size_t i = 0; !err && e->type >= 0 && i < e->value_count; i++) {
		const struct view_value *value = &e->values[i];

		if (value->field < 0)
			continue;
		err = model_put(x->model, (size_t)e->type, e->id, (size_t)value->field, value->value);
		if (!err && strcmp(value->name, FORM_FIELD_PARENT_NAME) == 0)
			err = put_owner(x, v, e, value->value);
	}
	return err;
}

static int put_case(struct session *x)
{
	struct view v;
	/* First, so that what another program writes in between counts as written since. */
	int err = draft_newest_group(x->store, x->case_id, &x->newest_group);

	if (!err)
		err = view_load(x->store, x->case_id, x->form, &v);
	if (err)
		return err;
	for (size_t i = 0; !err && i < v.entry_count; i++)
		err = put_entry(x, &v, &v.entries[i]);
	view_fini(&v);
	return err;
}

/* Which visit the questions are about. */
enum visit {
	VISIT_TAKEN,    /* that of the draft; what it has not begun yet is new */
	VISIT_FINISHED, /* that which was finished here last */
	VISIT_NEW,
	VISIT_NEWEST,   /* whoever made it */
};

static int choose_visit(struct session *x, enum session_purpose purpose, enum visit *out)
{
	enum draft_state state = DRAFT_NONE;
	struct draft d;
	int err = draft_find(x->store, x->case_id, &d);

	if (!err)
		err = draft_state(x->store, x->case_id, &state);
	if (d.form_id)
		*out = VISIT_TAKEN;
	else if (purpose == SESSION_TAKE)
		*out = VISIT_NEW;
	else
		*out = state == DRAFT_FINISHED ? VISIT_FINISHED : VISIT_NEWEST;
	return err;
}

static int bind_visit(struct session *x, enum visit visit)
{
	int err = 0;

	for (size_t t = 0; !err && visit != VISIT_NEWEST && t < form_entry_type_count(x->form); t++) {
		const struct form_entry_type *type = form_entry_type(x->form, t);
		uint64_t id = 0;

		if (type->kind != FORM_ENTRY_IS_SESSION)
			continue;
		if (visit != VISIT_NEW)
			err = draft_entry(x->store, x->case_id, type->name, &id);
		if (!err && (id || visit != VISIT_FINISHED))
			err = model_session(x->model, t, id);
	}
	return err;
}

/* Of a visit that is being taken one sees what the form will fill in, although nothing is made by looking: its entries stay without ids. */
static uint64_t (*id_maker(enum session_purpose purpose, enum visit visit))(void *ctx)
{
	if (purpose == SESSION_TAKE)
		return make_id;
	return visit == VISIT_TAKEN ? NULL : refuse_id;
}

static int open_model(struct session *x, enum session_purpose purpose)
{
	enum visit visit;
	int err = shelf_plan(x->store, x->form, &x->plan);

	if (!err)
		err = choose_visit(x, purpose, &visit);
	if (err)
		return err;
	x->world = (struct model_world){
		.now_ms = env_wall_ms(x->store->env),
		.tz_minutes = TZ_RIYADH_MINUTES,
		.random = random_bits,
		.new_id = id_maker(purpose, visit),
		.list = find_list,
		.property = find_property,
		.ctx = x,
	};
	err = model_new(x->plan, &x->world, x->case_id, &x->model);
	if (!err && !x->is_new)
		err = put_case(x);
	if (!err)
		err = bind_visit(x, visit);
	return err ? err : model_open(x->model);
}

int session_open(struct store *s, uint64_t case_id, const struct form *form, enum session_purpose purpose, struct session **out)
{
	struct session *x = calloc(1, sizeof *x);
	int err = 0;

	*out = NULL;
	if (!x)
		return err_set(ERR_NOMEM, "no memory for a case");
	x->store = s;
	x->form = form;
	x->case_id = case_id;
	x->is_new = case_id == 0;
	if (x->is_new) {
		x->case_id = make_id(x);
		err = x->case_id ? 0 : err_set(ERR_IO, "the store gives no id for a new case: %s", err_message());
	}
	if (!err && !form)
		err = session_form_of(s, x->case_id, purpose, &x->form);
	if (!err)
		err = open_model(x, purpose);
	if (err) {
		session_close(x);
		return err;
	}
	*out = x;
	return 0;
}

void session_close(struct session *x)
{
	if (!x)
		return;
	model_free(x->model);
	free(x->edits);
	free(x);
}

struct model *session_model(struct session *x)
{
	return x->model;
}

const struct form *session_form(const struct session *x)
{
	return x->form;
}

uint64_t session_case(const struct session *x)
{
	return x->case_id;
}

/* The name behind `list=` in the parameters of a question; "" when there is none. */
static const char *suggested_list(const struct form_node *f, char name[static FORM_NAME_BYTES_MAX + 1])
{
	const char *at = strstr(f->columns[FORM_PARAMETERS], "list=");
	size_t len = at ? strcspn(at + 5, " ") : 0;

	name[0] = '\0';
	if (at && (at == f->columns[FORM_PARAMETERS] || at[-1] == ' ') && len <= FORM_NAME_BYTES_MAX) {
		memcpy(name, at + 5, len);
		name[len] = '\0';
	}
	return name;
}

const struct reflist *session_list(struct session *x, const struct model_node *question)
{
	const struct form_node *f = form_node(x->form, question->form_node);
	char name[FORM_NAME_BYTES_MAX + 1];

	if (f->list >= 0) {
		const struct form_list *list = form_list(x->form, (size_t)f->list);

		return list->choice_count ? NULL : shelf_list(x->store, list->name);
	}
	return *suggested_list(f, name) ? shelf_list(x->store, name) : NULL;
}

/* ---- saving ---- */

static int add_edit(void *ctx, const struct model_register *r)
{
	struct session *x = ctx;

	if (x->edit_count == x->edit_cap) {
		size_t cap = x->edit_cap ? 2 * x->edit_cap : 64;
		struct edit *grown = realloc(x->edits, cap * sizeof *grown);

		if (!grown)
			return err_set(ERR_NOMEM, "no memory for %zu answers", cap);
		x->edits = grown;
		x->edit_cap = cap;
	}
	x->edits[x->edit_count++] = (struct edit){
		.entry_id = r->entry_id,
		.entry_type = (uint16_t)r->entry_type,
		.field = (uint16_t)r->field,
		.value = r->value,
		.value_len = strlen(r->value),
	};
	return 0;
}

/* Which entries this visit stands on, for the next time it is opened. */
static int note_visit(struct session *x)
{
	int err = 0;

	for (size_t i = 0; !err && i < x->edit_count; i++) {
		const struct form_entry_type *type = form_entry_type(x->form, x->edits[i].entry_type);

		if (type->kind == FORM_ENTRY_IS_SESSION)
			err = draft_note_entry(x->store, x->case_id, type->name, x->edits[i].entry_id);
	}
	return err;
}

/* Inside the caller's transaction. */
static int write_changes(struct session *x)
{
	int err;

	x->edit_count = 0;
	err = model_changes(x->model, add_edit, x);
	if (err || x->edit_count == 0)
		return err;
	err = outbox_push_edits(x->store, x->case_id, x->form, x->edits, x->edit_count);
	if (!err)
		err = draft_begin(x->store, x->case_id, x->form);
	return err ? err : note_visit(x);
}

/* It is on disk, so nothing after it may fail: what there is no memory to remember counts as changed still, and is written once more. */
static void note_stored(struct session *x)
{
	x->is_new = x->is_new && x->edit_count == 0;
	(void)!model_stored(x->model, x->case_id);
}

int session_save(struct session *x, size_t *answers)
{
	uint64_t newest = 0;
	int err = db_begin(x->store->db);

	*answers = 0;
	if (err)
		return err;
	/* When another program wrote in between, it stays so: who finishes has to look again. */
	err = draft_newest_group(x->store, x->case_id, &newest);
	if (!err)
		err = write_changes(x);
	if (!err && newest == x->newest_group)
		err = draft_newest_group(x->store, x->case_id, &newest);
	else
		newest = x->newest_group;
	if (!err)
		err = db_commit(x->store->db);
	db_rollback(x->store->db);
	if (err)
		return err;
	x->newest_group = newest;
	*answers = x->edit_count;
	note_stored(x);
	return 0;
}

/* ---- checking and finishing ---- */

int session_check(struct session *x, struct session_problems *p)
{
	return session_problems_gather(x->model, p);
}

/* What was checked is what is in the store: nobody else wrote to the case since it was read. */
static int check_unchanged(struct session *x)
{
	uint64_t newest;
	int err = draft_newest_group(x->store, x->case_id, &newest);

	if (!err && newest != x->newest_group)
		err = err_set(ERR_BUSY, "this case was written to meanwhile; look at it again, then finish the visit");
	return err;
}

static int write_finish(struct session *x)
{
	int err = db_begin(x->store->db);

	if (err)
		return err;
	err = check_unchanged(x);
	if (!err)
		err = write_changes(x);
	if (!err)
		err = draft_finish(x->store, x->case_id);
	if (!err)
		err = draft_newest_group(x->store, x->case_id, &x->newest_group);
	if (!err)
		err = db_commit(x->store->db);
	db_rollback(x->store->db);
	if (!err)
		note_stored(x);
	return err;
}

int session_finish(struct session *x, struct session_problems *p)
{
	struct draft d;
	int err = draft_find(x->store, x->case_id, &d);

	if (!err && d.form_id == 0)
		err = err_set(ERR_NOT_FOUND, "nothing of this case waits to be finished on this device");
	if (!err)
		err = model_at(x->model, env_wall_ms(x->store->env));
	if (!err)
		err = session_check(x, p);
	if (!err && p->hard)
		err = err_set(ERR_REFUSED, "%zu answers are missing or cannot be; the visit stays open", p->hard);
	if (!err)
		err = model_finish(x->model);
	return err ? err : write_finish(x);
}
