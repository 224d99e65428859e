/*
 * show: see show.h. Terminals rarely order mixed directions well: keys and marks come first and in ASCII, Arabic comes last on the line.
 */
#include "agent/command/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
	struct view view;
	bool is_arabic;
	struct buf out;
};

/* How a value reads: member references by name and id, everything else as value_display() has it; line ends as spaces. */
static void display(const struct showing *w, const struct view_value *v, const char *value, struct buf *out)
{
	char id_text[RECORD_ID_TEXT_BYTES];
	const struct form_field *f = v->field >= 0 ? form_field(w->view.form, (size_t)v->field) : NULL;

	buf_clear(out);
	if (f && f->type == FORM_SELECT_MEMBER && *value) {
		uint64_t id = strtoull(value, NULL, 16);
		const struct view_entry *e = view_entry(&w->view, id);

		if (id == w->view.case_id)
			buf_text(out, w->is_arabic ? "طالب الدعم" : "the applicant");
		else
			buf_printf(out, "%s %s", record_id_format(id, id_text), e ? view_entry_title(&w->view, e) : "?");
	} else if (f && v->field != FORM_FIELD_GONE) {
		value_display(w->view.form, (size_t)v->field, value, w->is_arabic, out);
	} else {
		buf_text(out, value);
	}
	for (size_t i = 0; i < out->len; i++)
		if (out->data[i] == '\n' || out->data[i] == '\t')
			out->data[i] = ' ';
}

static void show_value(struct showing *w, const struct view_value *v)
{
	const struct form_field *f = v->field >= 0 ? form_field(w->view.form, (size_t)v->field) : NULL;
	struct buf text;

	buf_init(&text, VALUE_TEXT_BYTES_MAX);
	display(w, v, v->value, &text);
	buf_printf(&w->out, "  %c%c %-28s %s: %s\n", v->is_own ? '*' : ' ', v->candidate ? '!' : ' ', v->name,
		   !f ? "" : w->is_arabic ? f->label_ar : f->label_en, *v->value ? buf_string(&text) : "-");
	if (v->candidate) {
		display(w, v, v->confirmed ? v->confirmed : "", &text);
		buf_printf(&w->out, "       conflict, centre has: %s\n", buf_string(&text));
		display(w, v, v->candidate, &text);
		buf_printf(&w->out, "       conflict, ours, waits for a person: %s\n", buf_string(&text));
	}
	if (v->reason) {
		display(w, v, v->confirmed ? v->confirmed : "", &text);
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
static bool is_in_group(const struct showing *w, const struct view_value *v, const char *group)
{
	return v->field > FORM_FIELD_GONE && strcmp(form_field(w->view.form, (size_t)v->field)->group, group) == 0;
}

static void show_group(struct showing *w, const char *name, const char *label)
{
	bool has_title = false;

	for (size_t i = 0; i < w->view.entry_count; i++) {
		const struct view_entry *e = &w->view.entries[i];
		bool has_head = false;

		for (size_t k = 0; k < e->value_count; k++) {
			if (!is_in_group(w, &e->values[k], name))
				continue;
			if (!has_title)
				buf_printf(&w->out, "\n== %s  %s\n", *name ? name : "-", label);
			if (!has_head && e->type != FORM_ENTRY_ROOT)
				show_entry_head(w, e);
			has_title = has_head = true;
			show_value(w, &e->values[k]);
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
			show_value(w, &e->values[k]);
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

static void show_json_value(struct showing *w, struct json_writer *j, const struct view_value *v)
{
	struct buf text;

	buf_init(&text, VALUE_TEXT_BYTES_MAX);
	display(w, v, v->value, &text);
	json_write_object(j, NULL);
	json_write_text(j, "field", v->name);
	json_write_text(j, "value", v->value);
	json_write_text(j, "display", buf_string(&text));
	json_write_bool(j, "own", v->is_own);
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
			show_json_value(w, &j, &e->values[k]);
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
		err = view_load(s, case_id, NULL, &w->view);
	if (err)
		return err;
	if (cli_flag(sh->args, "json"))
		show_json(w);
	else
		show_text(w);
	view_fini(&w->view);
	return cli_print(&w->out);
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

/* Append the shown value of root field `name`, with a space before it when something stands there. */
static int root_text(struct store *s, uint64_t case_id, const char *name, struct buf *out)
{
	struct db_stmt *q;
	const char *value;
	size_t len;
	int err = db_prepare(s->db,
			     "SELECT coalesce((SELECT value FROM own WHERE case_id = ?1 AND entry_id = ?1 AND field = ?2),"
			     " (SELECT value FROM register WHERE case_id = ?1 AND entry_id = ?1 AND field = ?2), '')",
			     &q);

	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	db_bind_text(q, 2, name);
	err = db_row(q);
	if (err)
		return err;
	value = db_text_len(q, 0, &len);
	if (len && out->len)
		buf_text(out, " ");
	buf_append(out, value, len);
	db_done(q);
	return buf_error(out);
}

struct list_row {
	uint64_t case_id;
	int64_t opened_ms;
	int64_t unsent;  /* edit groups without a receipt */
	int64_t pending; /* registers a person has yet to decide */
};

static void list_json(struct listing *w, const struct list_row *r, struct buf *name, struct buf *village)
{
	char id[RECORD_ID_TEXT_BYTES], time[SHELL_TIME_BYTES];
	struct json_writer *j = &w->json;

	json_write_object(j, NULL);
	json_write_text(j, "case", record_id_format(r->case_id, id));
	json_write_text(j, "opened", shell_time_utc(r->opened_ms, time));
	json_write_integer(j, "unsent", r->unsent);
	json_write_integer(j, "conflicts", r->pending);
	json_write_text(j, "name", buf_string(name));
	json_write_text(j, "village", buf_string(village));
	json_write_end(j);
}

static int list_case(struct listing *w, const struct list_row *r)
{
	static const char *const NAMES[] = { "first_name", "father_name", "grandfather_name", "family_name" };
	char id[RECORD_ID_TEXT_BYTES], time[SHELL_TIME_BYTES];
	struct buf name, village;
	int err = 0;

	buf_init(&name, 8 * VALUE_BYTES_MAX);
	buf_init(&village, 2 * VALUE_BYTES_MAX);
	for (size_t i = 0; !err && i < sizeof NAMES / sizeof NAMES[0]; i++)
		err = root_text(w->store, r->case_id, NAMES[i], &name);
	if (!err)
		err = root_text(w->store, r->case_id, "village", &village);
	if (!err && w->is_json)
		list_json(w, r, &name, &village);
	else if (!err)
		buf_printf(&w->out, "%-12s %.10s  %c%c  %s%s%s\n", record_id_format(r->case_id, id), shell_time_local(r->opened_ms, time),
			   r->unsent ? '*' : '-', r->pending ? '!' : '-', buf_string(&name), village.len ? "، " : "", buf_string(&village));
	buf_fini(&name);
	buf_fini(&village);
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
