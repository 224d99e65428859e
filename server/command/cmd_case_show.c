/*
 * cmd_case_show: case show and case print: one merged case through its form.
 *
 * The text shows what a reader of the form would see: relevant questions in their order, calculations, labels of choices, and what
 * the last look through the case found. Behind it stands what the form does not show: rows that were removed, visits before the
 * newest, answers to questions of older versions. With --json every register is there, relevant or not. What the form restricts to
 * a role is withheld from others.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/form/render.h"
#include "proto/record.h"
#include "server/case.h"
#include "server/command/command.h"
#include "server/command/command_case.h"
#include "server/recheck.h"
#include "server/review.h"

#define LABEL_BYTES_MAX (64 * 1024)
#define DOCUMENT_BYTES_MAX (64 * 1024 * 1024)

struct showing {
	struct centre *c;
	const struct account *who;
	struct case_file file;
	struct review review;
	bool has_model; /* the case's form was understood */
	struct recheck_flags flags;
	size_t language; /* of the form */
	uint32_t day;    /* by whose lists codes are read */
	bool is_arabic;
	struct buf words; /* of one label or value */
};

static bool is_withheld(const struct showing *w, const struct form *form, size_t field)
{
	return case_is_withheld(form, field, w->who->role, w->who->is_admin);
}

static const char *display(struct showing *w, const struct form *form, size_t field, const char *value)
{
	buf_clear(&w->words);
	if (is_withheld(w, form, field))
		buf_text(&w->words, w->is_arabic ? "[محجوب]" : "[withheld]");
	else
		case_display(w->c, form, field, value, w->day, w->is_arabic, &w->words);
	return buf_string(&w->words);
}

static const char *field_label(const struct showing *w, const struct form_field *f)
{
	return w->is_arabic ? f->label_ar : f->label_en;
}

/* The node of a register in the open model; NULL when the form does not show it. */
static struct model_node *find_node(const struct showing *w, const struct case_entry *e, const struct case_register *r)
{
	return w->has_model && !r->is_foreign && !e->is_gone ? model_question(w->review.model, e->entry_id, r->field) : NULL;
}

/* ---- JSON ---- */

static void write_register_json(struct showing *w, const struct case_entry *e, const struct case_register *r, struct json_writer *j)
{
	const struct model_node *node = find_node(w, e, r);
	bool withheld = is_withheld(w, r->form, r->field);

	json_write_object(j, NULL);
	json_write_text(j, "field", r->name);
	json_write_text(j, "value", withheld ? NULL : r->value);
	json_write_text(j, "display", display(w, r->form, r->field, r->value));
	json_write_text(j, "label", field_label(w, form_field(r->form, r->field)));
	json_write_bool(j, "shown", node != NULL);
	json_write_bool(j, "relevant", node && node->is_relevant);
	json_write_text(j, "form_version", form_version(r->form));
	json_write_unsigned(j, "at", r->at);
	json_write_unsigned(j, "site", r->writer);
	json_write_unsigned(j, "author", r->author);
	json_write_text(j, "author_name", r->author_name);
	json_write_text(j, "reason", r->reason);
	json_write_integer(j, "conflict", r->conflict_id);
	json_write_end(j);
}

static void write_entries_json(struct showing *w, struct json_writer *j)
{
	char id[RECORD_ID_TEXT_BYTES];

	json_write_array(j, "entries");
	for (size_t i = 0; i < w->file.entry_count; i++) {
		const struct case_entry *e = &w->file.entries[i];

		json_write_object(j, NULL);
		json_write_text(j, "id", record_id_format(e->entry_id, id));
		json_write_text(j, "type", form_entry_type(e->form, e->entry_type)->name);
		json_write_bool(j, "gone", e->is_gone);
		json_write_integer(j, "gone_conflict", e->gone_conflict_id);
		json_write_array(j, "values");
		for (size_t k = 0; k < e->register_count; k++)
			write_register_json(w, e, &e->registers[k], j);
		json_write_end(j);
		json_write_end(j);
	}
	json_write_end(j);
}

/* Next in the tree's order; NULL at its end. Rows and groups before what is in them. */
static struct model_node *next_node(struct model_node *n)
{
	if (n->first)
		return n->first;
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

static void write_calculated_json(struct showing *w, struct json_writer *j)
{
	json_write_array(j, "calculated");
	for (struct model_node *n = w->has_model ? model_root(w->review.model) : NULL; n; n = next_node(n)) {
		const struct form_node *f = model_form_node(w->review.model, n);
		char id[RECORD_ID_TEXT_BYTES];

		if (n->kind != MODEL_QUESTION || f->type != FORM_CALCULATE || !n->is_relevant || !*n->value || n->entry_id == 0)
			continue;
		json_write_object(j, NULL);
		json_write_text(j, "entry", record_id_format(n->entry_id, id));
		json_write_text(j, "name", f->name);
		json_write_text(j, "value", n->value);
		json_write_end(j);
	}
	json_write_end(j);
}

static void write_flags_json(const struct showing *w, struct json_writer *j)
{
	char id[RECORD_ID_TEXT_BYTES];
	char time[COMMAND_TIME_BYTES];

	json_write_unsigned(j, "checked_at", w->flags.checked_at);
	json_write_text(j, "checked", command_time_utc(w->flags.checked_ms, time));
	json_write_text(j, "judged_by", command_time_utc(w->flags.judged_ms, time));
	json_write_text(j, "check_failed", w->flags.failed);
	json_write_array(j, "flags");
	for (size_t i = 0; i < w->flags.count; i++) {
		const struct recheck_flag *f = &w->flags.items[i];

		json_write_object(j, NULL);
		json_write_text(j, "entry", record_id_format(f->entry_id, id));
		json_write_text(j, "field", f->field);
		json_write_text(j, "kind", recheck_kind_name(f->kind, false));
		json_write_text(j, "since", command_time_utc(f->since_ms, time));
		json_write_end(j);
	}
	json_write_end(j);
}

static const char *title(struct showing *w)
{
	buf_clear(&w->words);
	if (w->has_model && model_title(w->review.model, &w->words) != 0)
		buf_clear(&w->words);
	return buf_string(&w->words);
}

static void write_case_json(struct showing *w, struct buf *out)
{
	const struct case_file *f = &w->file;
	char id[RECORD_ID_TEXT_BYTES];
	char time[COMMAND_TIME_BYTES];
	struct json_writer j;

	json_write_init(&j, out);
	json_write_object(&j, NULL);
	json_write_text(&j, "case", record_id_format(f->case_id, id));
	json_write_text(&j, "branch", f->branch);
	json_write_text(&j, "opened", command_time_utc(f->opened_ms, time));
	json_write_unsigned(&j, "site", f->opened_by);
	json_write_unsigned(&j, "changed_at", f->changed_at);
	json_write_text(&j, "form", form_id(f->form));
	json_write_text(&j, "form_version", form_version(f->form));
	json_write_text(&j, "title", title(w));
	write_flags_json(w, &j);
	write_calculated_json(w, &j);
	write_entries_json(w, &j);
	json_write_end(&j);
	buf_text(out, "\n");
}

/* ---- Text: what the form shows ---- */

static void write_flags(const struct showing *w, const struct model_node *n, struct buf *out)
{
	static const enum model_problem_kind KINDS[] = { MODEL_MISSING, MODEL_VIOLATED, MODEL_MASKED, MODEL_WARNED };
	const bool has[] = { n->is_missing, n->is_violated, n->is_masked, n->is_warned };

	for (size_t i = 0; i < sizeof has / sizeof has[0]; i++)
		if (has[i] && n->entry_id)
			buf_printf(out, "  ! %s", recheck_kind_name(KINDS[i], w->is_arabic));
}

static int write_label(struct showing *w, const struct model_node *n, struct buf *out)
{
	int err;

	buf_clear(&w->words);
	err = model_words(w->review.model, n, FORM_LABEL, w->language, &w->words);
	command_cell(out, buf_string(&w->words));
	return err;
}

static void write_conflict(const struct showing *w, const struct model_node *n, int field, struct buf *out)
{
	const struct case_register *r = case_find_register(&w->file, n->entry_type, n->entry_id, (size_t)field);

	if (r && r->conflict_id)
		buf_printf(out, "  ! conflict %" PRId64, r->conflict_id);
}

static int write_question(struct showing *w, const struct model_node *n, struct buf *out)
{
	const struct form_node *f = model_form_node(w->review.model, n);
	bool is_calculated = f->field < 0 && f->type == FORM_CALCULATE;
	int err;

	if ((f->field < 0 && !is_calculated) || (!*n->value && !n->is_missing))
		return 0;
	buf_printf(out, "  %-32s", f->name);
	err = write_label(w, n, out);
	buf_text(out, is_calculated ? " = " : ": ");
	command_cell(out, is_calculated ? n->value : display(w, w->review.form, (size_t)f->field, n->value));
	write_flags(w, n, out);
	if (f->field >= 0)
		write_conflict(w, n, f->field, out);
	buf_text(out, "\n");
	return err;
}

/* The heading of a page or a row; groups inside a page have none. */
static int write_heading(struct showing *w, const struct model_node *n, struct buf *out)
{
	const struct form_node *f = model_form_node(w->review.model, n);
	char id[RECORD_ID_TEXT_BYTES];
	int err;

	if (n->kind != MODEL_ROW && (n->kind != MODEL_GROUP || f->depth != 1))
		return 0;
	buf_text(out, "\n");
	if (n->kind == MODEL_ROW)
		buf_printf(out, "%s %s  ", f->name, record_id_format(n->entry_id, id));
	else
		buf_printf(out, "%s  ", f->name);
	err = write_label(w, n, out);
	if (!err && n->kind == MODEL_ROW) {
		buf_clear(&w->words);
		buf_text(out, "  ");
		err = model_row_title(w->review.model, n, &w->words);
		command_cell(out, buf_string(&w->words));
	}
	buf_text(out, "\n");
	return err;
}

/* As deep as groups stand in groups: FORM_DEPTH_MAX. Headings without anything below them are taken back. */
static int write_node(struct showing *w, const struct model_node *n, struct buf *out)
{
	size_t before = out->len;
	size_t begun;
	int err;

	if (!n->is_relevant)
		return 0;
	if (n->kind == MODEL_QUESTION)
		return n->entry_id ? write_question(w, n, out) : 0;
	err = write_heading(w, n, out);
	begun = out->len;
	for (const struct model_node *child = n->first; child && !err; child = child->next)
		err = write_node(w, child, out);
	if (out->len == begun && n->kind != MODEL_ROW)
		out->len = before;
	return err;
}

/* ---- Text: what it does not show ---- */

static void write_rest_register(struct showing *w, const struct case_register *r, struct buf *out)
{
	buf_printf(out, "  %-32s", r->name);
	command_cell(out, field_label(w, form_field(r->form, r->field)));
	buf_text(out, ": ");
	command_cell(out, display(w, r->form, r->field, r->value));
	if (r->is_foreign)
		buf_printf(out, "  [%s %s]", w->is_arabic ? "نسخة" : "version", form_version(r->form));
	if (r->conflict_id)
		buf_printf(out, "  ! conflict %" PRId64, r->conflict_id);
	buf_text(out, "\n");
}

/* Registers of one entry that the model does not show: not those that are merely not relevant. */
static void write_rest_entry(struct showing *w, const struct case_entry *e, struct buf *out)
{
	const struct form_entry_type *type = form_entry_type(e->form, e->entry_type);
	size_t before = out->len;
	size_t begun;
	char id[RECORD_ID_TEXT_BYTES];

	buf_printf(out, "\n%s %s  %s%s\n", type->name, record_id_format(e->entry_id, id), w->is_arabic ? type->label_ar : type->label_en,
		e->is_gone ? (w->is_arabic ? "  [محذوف]" : "  [removed]") : "");
	begun = out->len;
	if (e->gone_conflict_id)
		buf_printf(out, "  ! conflict %" PRId64 " on the removal of this entry\n", e->gone_conflict_id);
	for (size_t k = 0; k < e->register_count; k++)
		if (!find_node(w, e, &e->registers[k]) && strcmp(e->registers[k].name, FORM_FIELD_PARENT_NAME) != 0)
			write_rest_register(w, &e->registers[k], out);
	if (out->len == begun)
		out->len = before;
}

static void write_rest(struct showing *w, struct buf *out)
{
	size_t before = out->len;
	size_t begun;

	if (w->has_model)
		buf_printf(out, "\n%s\n",
			w->is_arabic ? "-- غير ذلك: زيارات سابقة، ومحذوف، وأسئلة نسخ سابقة --"
				     : "-- beside: earlier visits, what was removed, questions of other versions --");
	begun = out->len;
	for (size_t i = 0; i < w->file.entry_count; i++)
		write_rest_entry(w, &w->file.entries[i], out);
	if (out->len == begun)
		out->len = before;
}

static int write_case(struct showing *w, struct buf *out)
{
	const struct case_file *f = &w->file;
	char id[RECORD_ID_TEXT_BYTES];
	char time[COMMAND_TIME_BYTES];
	int err = 0;

	buf_printf(out, "case %s\topened %s by site %u\tchanged at %" PRIu64 "\tbranch ", record_id_format(f->case_id, id),
		command_time(f->opened_ms, time), f->opened_by, f->changed_at);
	command_cell(out, f->branch);
	buf_printf(out, "\nform %s %s\tjudged by %s\tflags %zu\t", form_id(f->form), form_version(f->form),
		command_time(w->flags.judged_ms, time), w->flags.count);
	command_cell(out, title(w));
	buf_text(out, "\n");
	if (w->flags.failed) {
		buf_text(out, "! could not be looked through: ");
		command_cell(out, w->flags.failed);
		buf_text(out, "\n");
	}
	if (w->has_model)
		err = write_node(w, model_root(w->review.model), out);
	write_rest(w, out);
	return err;
}

/* ---- Commands ---- */

/* A case whose form cannot be understood any more is shown without it. */
static int open_model(struct showing *w)
{
	int err = review_open(w->c, w->file.case_id, &w->review);

	w->has_model = err == 0;
	w->day = papers_day(w->review.judged_ms);
	if (!err)
		w->language = form_language_find(w->review.form, w->is_arabic ? "ar" : "en");
	return err == ERR_USAGE || err == ERR_LIMIT || err == ERR_CORRUPT ? 0 : err;
}

static int open_case(struct showing *w, struct centre *c, uint64_t case_id)
{
	int err = recheck_case(c, case_id);

	w->c = c;
	if (err == ERR_BUSY)
		err = 0; /* the centre is writing: the flags of before are shown */
	if (!err)
		err = case_load(c, case_id, &w->file);
	if (!err)
		err = recheck_load(c, case_id, &w->flags);
	return err ? err : open_model(w);
}

static void close_case(struct showing *w)
{
	review_close(&w->review);
	recheck_flags_fini(&w->flags);
	case_fini(&w->file);
	buf_fini(&w->words);
}

int command_case_show(void *ctx, const struct cli_args *a)
{
	struct account who;
	struct showing w = { .who = &who };
	struct centre *c = NULL;
	uint64_t case_id;
	struct buf out;
	int err = command_case_language(a, "lang", &w.is_arabic);

	command_begin(&out);
	buf_init(&w.words, COMMAND_OUTPUT_BYTES_MAX);
	if (!err)
		err = command_case_enter(ctx, a, "case-open", &c, &case_id, &who);
	if (!err)
		err = open_case(&w, c, case_id);
	if (!err && cli_flag(a, "json"))
		write_case_json(&w, &out);
	else if (!err)
		err = write_case(&w, &out);
	if (!err)
		err = buf_error(&w.words);
	close_case(&w);
	centre_close(c);
	return command_end(&out, err);
}

/* ---- case print ---- */

static int parse_purpose(const struct cli_args *a, enum render_purpose *out)
{
	static const struct {
		const char *name;
		enum render_purpose purpose;
	} PURPOSES[] = { { "read", RENDER_READ }, { "print", RENDER_PRINT }, { "applicant", RENDER_APPLICANT } };
	const char *name = cli_value(a, "purpose");

	*out = RENDER_PRINT;
	for (size_t i = 0; name && i < sizeof PURPOSES / sizeof PURPOSES[0]; i++)
		if (strcmp(PURPOSES[i].name, name) == 0) {
			*out = PURPOSES[i].purpose;
			return 0;
		}
	return name ? err_set(ERR_USAGE, "--purpose: read, print or applicant was expected") : 0;
}

/* Roles see what is restricted to them only where a document is for the centre: one that shows it shows all of it. */
static bool may_see_all(const struct account *who, const struct form *f)
{
	for (size_t i = 0; i < form_node_count(f); i++) {
		const char *role = form_node(f, i)->restricted;

		if (*role && strcmp(role, form_writer_name(who->role)) != 0)
			return who->is_admin;
	}
	return true;
}

static int print_case(struct centre *c, uint64_t case_id, const struct account *who, struct render_options *o, struct buf *out)
{
	char id[RECORD_ID_TEXT_BYTES];
	struct review r;
	int err = review_open(c, case_id, &r);

	if (!err) {
		o->language = form_language_find(r.form, o->is_arabic ? "ar" : "en");
		o->reference = record_id_format(case_id, id);
		o->restricted = o->purpose != RENDER_APPLICANT && may_see_all(who, r.form);
		err = render_document(r.model, o, out);
	}
	review_close(&r);
	return err;
}

int command_case_print(void *ctx, const struct cli_args *a)
{
	struct render_options o = { 0 };
	struct account who;
	struct centre *c = NULL;
	const char *path = NULL;
	uint64_t case_id;
	struct buf out;
	int err = cli_need(a, "output", &path);

	buf_init(&out, DOCUMENT_BYTES_MAX);
	if (!err)
		err = command_case_language(a, "language", &o.is_arabic);
	if (!err)
		err = parse_purpose(a, &o.purpose);
	if (!err)
		err = command_case_enter(ctx, a, "case-print", &c, &case_id, &who);
	if (!err)
		err = print_case(c, case_id, &who, &o, &out);
	if (!err)
		err = file_replace(path, out.data, out.len);
	buf_fini(&out);
	centre_close(c);
	return err;
}
