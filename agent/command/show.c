/*
 * show: see show.h. Terminals rarely order mixed directions well: keys and marks come first and in ASCII, Arabic comes last on the line.
 */
#include "agent/command/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/draft.h"
#include "agent/session.h"
#include "agent/view.h"
#include "proto/form/value.h"

#define VALUE_TEXT_BYTES_MAX (16 * VALUE_BYTES_MAX)

const struct cli_option SHOW_OPTIONS[] = {
	{ "json", 'j', NULL, "print one JSON object" },
	{ "lang", 'l', "ar|en", "language of questions and choices; default ar" },
	{ NULL, 0, NULL, NULL },
};

const struct cli_option SHOW_LIST_OPTIONS[] = {
	{ "json", 'j', NULL, "print one JSON object" },
	{ NULL, 0, NULL, NULL },
};

/* ---- one case ---- */

struct showing {
	struct session *session; /* the case under its form: what applies, and how choices read */
	struct view view;        /* what is whose: confirmed, own, in conflict */
	bool is_arabic;
	struct buf out;
};

/* The labels of the choices that `value` names among those of the question now; false when they are not all there. */
static bool display_choices(const struct showing *w, const struct model_node *n, const char *value, struct buf *out)
{
	struct model_choices c;
	size_t wanted = 0, found = 0;

	if (model_choices(session_model(w->session), n, form_language_find(w->view.form, w->is_arabic ? "ar" : "en"), &c) != 0)
		return false;
	for (const char *at = value; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		wanted++;
		for (size_t i = 0; i < c.count; i++) {
			if (strlen(c.items[i].code) != len || memcmp(c.items[i].code, at, len) != 0)
				continue;
			buf_printf(out, "%s%s", found++ ? (w->is_arabic ? "، " : ", ") : "", c.items[i].label);
			break;
		}
		at += len;
	}
	model_choices_fini(&c);
	return wanted && found == wanted;
}

/* How a value reads: references by name, everything else as value_display() has it; line ends as spaces. */
static void display(const struct showing *w, const struct model_node *n, const struct view_value *v, const char *value, struct buf *out)
{
	const struct form_field *f = v->field >= 0 ? form_field(w->view.form, (size_t)v->field) : NULL;
	bool is_listed = n && f && *value && (f->type == FORM_SELECT_MEMBER || f->list >= 0);

	buf_clear(out);
	if (!is_listed || !display_choices(w, n, value, out)) {
		buf_clear(out);
		if (f && v->field != FORM_FIELD_GONE)
			value_display(w->view.form, (size_t)v->field, value, w->is_arabic, out);
		else
			buf_text(out, value);
	}
	for (size_t i = 0; i < out->len; i++)
		if (out->data[i] == '\n' || out->data[i] == '\t')
			out->data[i] = ' ';
}

/* The question of a value in the model; NULL when it belongs to another visit, a removed row, or no question of this form. */
static const struct model_node *node_of(const struct showing *w, const struct view_entry *e, const struct view_value *v)
{
	return v->field > FORM_FIELD_GONE ? model_question(session_model(w->session), e->id, (size_t)v->field) : NULL;
}

static void show_value(struct showing *w, const struct model_node *n, const struct view_value *v)
{
	const struct form_field *f = v->field >= 0 ? form_field(w->view.form, (size_t)v->field) : NULL;
	struct buf text;

	buf_init(&text, VALUE_TEXT_BYTES_MAX);
	display(w, n, v, v->value, &text);
	buf_printf(&w->out, "  %c%c %-28s %s: %s\n", v->is_own ? '*' : ' ', v->candidate ? '!' : ' ', v->name,
		   !f ? "" : w->is_arabic ? f->label_ar : f->label_en, *v->value ? buf_string(&text) : "-");
	if (v->candidate) {
		display(w, n, v, v->confirmed ? v->confirmed : "", &text);
		buf_printf(&w->out, "       conflict, centre has: %s\n", buf_string(&text));
		display(w, n, v, v->candidate, &text);
		buf_printf(&w->out, "       conflict, ours, waits for a person: %s\n", buf_string(&text));
	}
	if (v->reason) {
		display(w, n, v, v->confirmed ? v->confirmed : "", &text);
		buf_printf(&w->out, "       decided by the centre: %s\n       reason: %s\n", buf_string(&text), v->reason);
	}
	buf_fini(&text);
}

static void show_entry_head(struct showing *w, const struct view_entry *e)
{
	char id[RECORD_ID_TEXT_BYTES];

	buf_printf(&w->out, " %s %s%s\n", e->type_name, record_id_format(e->id, id), e->is_gone ? "  [removed]" : "");
}

/* Whether the value stands in group `group` ("" for those of no group; removal and unknown ones nowhere). */
static bool is_in_group(const struct showing *w, const struct view_entry *e, const struct view_value *v, const char *group)
{
	const struct model_node *n;

	if (v->field <= FORM_FIELD_GONE || strcmp(form_field(w->view.form, (size_t)v->field)->group, group) != 0)
		return false;
	n = node_of(w, e, v);
	return !n || n->is_relevant || v->candidate; /* a conflict is shown whether it applies or not */
}

static void show_group(struct showing *w, const char *name, const char *label)
{
	bool has_title = false;

	for (size_t i = 0; i < w->view.entry_count; i++) {
		const struct view_entry *e = &w->view.entries[i];
		bool has_head = false;

		for (size_t k = 0; k < e->value_count; k++) {
			if (!is_in_group(w, e, &e->values[k], name))
				continue;
			if (!has_title)
				buf_printf(&w->out, "\n== %s  %s\n", *name ? name : "-", label);
			if (!has_head && e->type != FORM_ENTRY_ROOT)
				show_entry_head(w, e);
			has_title = has_head = true;
			show_value(w, node_of(w, e, &e->values[k]), &e->values[k]);
		}
	}
}

/* What another form asked: without labels, but never left out. */
static void show_unknown(struct showing *w)
{
	bool has_title = false;

	for (size_t i = 0; i < w->view.entry_count; i++) {
		const struct view_entry *e = &w->view.entries[i];
		bool has_head = false;

		for (size_t k = 0; k < e->value_count; k++) {
			if (e->values[k].field >= 0)
				continue;
			if (!has_title)
				buf_text(&w->out, "\n== other  asked by another version of the form\n");
			if (!has_head)
				show_entry_head(w, e);
			has_title = has_head = true;
			show_value(w, NULL, &e->values[k]);
		}
	}
}

static void show_text(struct showing *w)
{
	char id[RECORD_ID_TEXT_BYTES], time[SHELL_TIME_BYTES];

	buf_printf(&w->out,
		   "case %s  opened %s  form %s %s\n"
		   "  *: not yet received by the centre   !: conflict, a person at the centre decides\n",
		   record_id_format(w->view.case_id, id), shell_time_local(w->view.opened_ms, time), form_id(w->view.form),
		   form_version(w->view.form));
	for (size_t g = 0; g < form_group_count(w->view.form); g++) {
		const struct form_group *group = form_group(w->view.form, g);

		show_group(w, group->name, w->is_arabic ? group->label_ar : group->label_en);
	}
	show_group(w, "", "");
	show_unknown(w);
}

static void show_json_value(struct showing *w, struct json_writer *j, const struct view_entry *e, const struct view_value *v)
{
	const struct model_node *n = node_of(w, e, v);
	struct buf text;

	buf_init(&text, VALUE_TEXT_BYTES_MAX);
	display(w, n, v, v->value, &text);
	json_write_object(j, NULL);
	json_write_text(j, "field", v->name);
	json_write_text(j, "value", v->value);
	json_write_text(j, "display", buf_string(&text));
	json_write_bool(j, "own", v->is_own);
	json_write_bool(j, "relevant", !n || n->is_relevant);
	json_write_text(j, "confirmed", v->confirmed);
	json_write_text(j, "candidate", v->candidate);
	json_write_text(j, "reason", v->reason);
	json_write_end(j);
	buf_fini(&text);
}

static void show_json(struct showing *w)
{
	char id[RECORD_ID_TEXT_BYTES], time[SHELL_TIME_BYTES];
	struct json_writer j;

	json_write_init(&j, &w->out);
	json_write_object(&j, NULL);
	json_write_text(&j, "case", record_id_format(w->view.case_id, id));
	json_write_text(&j, "opened", shell_time_utc(w->view.opened_ms, time));
	json_write_text(&j, "form", form_id(w->view.form));
	json_write_text(&j, "form_version", form_version(w->view.form));
	json_write_array(&j, "entries");
	for (size_t i = 0; i < w->view.entry_count; i++) {
		const struct view_entry *e = &w->view.entries[i];

		json_write_object(&j, NULL);
		json_write_text(&j, "id", record_id_format(e->id, id));
		json_write_text(&j, "type", e->type_name);
		json_write_bool(&j, "gone", e->is_gone);
		json_write_array(&j, "values");
		for (size_t k = 0; k < e->value_count; k++)
			show_json_value(w, &j, e, &e->values[k]);
		json_write_end(&j);
		json_write_end(&j);
	}
	json_write_end(&j);
	json_write_end(&j);
	buf_text(&w->out, "\n");
}

static int show_case(struct shell *sh, struct store *s, struct showing *w)
{
	const char *lang = cli_value(sh->args, "lang");
	uint64_t case_id;
	int err = record_id_parse(sh->args->operands[0], &case_id);

	if (!err && lang && strcmp(lang, "ar") != 0 && strcmp(lang, "en") != 0)
		err = err_set(ERR_USAGE, "option --lang is ar or en");
	w->is_arabic = !lang || strcmp(lang, "ar") == 0;
	if (!err)
		err = session_open(s, case_id, NULL, SESSION_LOOK, &w->session);
	if (!err)
		err = view_load(s, case_id, session_form(w->session), &w->view);
	if (!err && cli_flag(sh->args, "json"))
		show_json(w);
	else if (!err)
		show_text(w);
	view_fini(&w->view);
	session_close(w->session);
	return err ? err : cli_print(&w->out);
}

int show_command(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct showing w = { 0 };
	struct store *s;
	int err = shell_open(sh, args, &s);

	if (err)
		return err;
	buf_init(&w.out, SHELL_OUTPUT_BYTES_MAX);
	err = show_case(sh, s, &w);
	buf_fini(&w.out);
	store_close(s);
	return err;
}

/* ---- all cases ---- */

struct listing {
	struct store *store;
	bool is_json;
	struct buf out;
	struct json_writer json;
};

struct list_row {
	uint64_t case_id;
	int64_t opened_ms;
	int64_t unsent;  /* edit groups without a receipt */
	int64_t pending; /* registers a person has yet to decide */
};

static const char *const STATES[] = {
	[DRAFT_NONE] = "-",
	[DRAFT_OPEN] = "open",
	[DRAFT_FINISHED] = "finished",
	[DRAFT_CHANGED] = "changed",
};

static void list_json(struct listing *w, const struct list_row *r, const char *state, struct buf *title)
{
	char id[RECORD_ID_TEXT_BYTES], time[SHELL_TIME_BYTES];
	struct json_writer *j = &w->json;

	json_write_object(j, NULL);
	json_write_text(j, "case", record_id_format(r->case_id, id));
	json_write_text(j, "opened", shell_time_utc(r->opened_ms, time));
	json_write_integer(j, "unsent", r->unsent);
	json_write_integer(j, "conflicts", r->pending);
	json_write_text(j, "visit", state);
	json_write_text(j, "name", buf_string(title));
	json_write_end(j);
}

/* The form says what a case is called (its instance_name). A case whose form cannot be worked with here does not hide the others. */
static int case_title(struct store *s, uint64_t case_id, struct buf *out)
{
	char id[RECORD_ID_TEXT_BYTES];
	struct session *x;
	int err = session_open(s, case_id, NULL, SESSION_LOOK, &x);

	if (!err)
		err = model_title(session_model(x), out);
	session_close(x);
	if (err != ERR_USAGE && err != ERR_LIMIT && err != ERR_CORRUPT)
		return err;
	shell_note("%s: no title: %s", record_id_format(case_id, id), err_message());
	buf_clear(out);
	return 0;
}

static int list_case(struct listing *w, const struct list_row *r)
{
	char id[RECORD_ID_TEXT_BYTES], time[SHELL_TIME_BYTES];
	enum draft_state state;
	struct buf title;
	int err = draft_state(w->store, r->case_id, &state);

	buf_init(&title, 8 * VALUE_BYTES_MAX);
	if (!err)
		err = case_title(w->store, r->case_id, &title);
	if (!err && w->is_json)
		list_json(w, r, STATES[state], &title);
	else if (!err)
		buf_printf(&w->out, "%-12s %.10s  %c%c  %-8s  %s\n", record_id_format(r->case_id, id), shell_time_local(r->opened_ms, time),
			   r->unsent ? '*' : '-', r->pending ? '!' : '-', STATES[state], buf_string(&title));
	buf_fini(&title);
	return err;
}

static int list_cases(struct listing *w)
{
	struct db_stmt *q;
	int got = 0;
	int err = db_prepare(w->store->db,
			     "SELECT case_id, opened_ms,"
			     " (SELECT count(*) FROM edit_group g WHERE g.case_id = c.case_id AND g.confirmed = 0),"
			     " (SELECT count(*) FROM pending p WHERE p.case_id = c.case_id) FROM aid_case c ORDER BY opened_ms, case_id",
			     &q);

	if (err)
		return err;
	while (!err && (got = db_step(q)) == 1)
		err = list_case(w, &(struct list_row){ db_u64(q, 0), db_int(q, 1), db_int(q, 2), db_int(q, 3) });
	db_done(q);
	return err ? err : got;
}

int show_command_list(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct listing w = { .is_json = cli_flag(args, "json") };
	int err = shell_open(sh, args, &w.store);

	if (err)
		return err;
	buf_init(&w.out, SHELL_OUTPUT_BYTES_MAX);
	if (w.is_json) {
		json_write_init(&w.json, &w.out);
		json_write_object(&w.json, NULL);
		json_write_array(&w.json, "cases");
	}
	err = list_cases(&w);
	if (!err && w.is_json) {
		json_write_end(&w.json);
		json_write_end(&w.json);
		buf_text(&w.out, "\n");
	}
	if (!err)
		err = cli_print(&w.out);
	buf_fini(&w.out);
	store_close(w.store);
	return err;
}
