/*
 * cmd_case: case list, show, history: the merged case, and where each value came from. Opening one is an audit row (S02).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/form/value.h"
#include "proto/record.h"
#include "server/case.h"
#include "server/command/command.h"
#include "server/ledger.h"

#define LIST_MAX 1000000

static const char *outcome_name(enum merge_outcome o)
{
	switch (o) {
	case MERGE_ACCEPTED:
		return "accepted";
	case MERGE_AGREED:
		return "agreed";
	case MERGE_CONFLICT:
		return "conflict";
	case MERGE_REFUSED:
		return "refused";
	case MERGE_KNOWN:
		return "known";
	}
	return "unknown";
}

/* ---- case list ---- */

static void write_line(const struct case_line *line, struct command_list *l)
{
	char id[RECORD_ID_TEXT_BYTES];
	char time[COMMAND_TIME_BYTES];

	record_id_format(line->case_id, id);
	if (!l->json) {
		buf_printf(l->out, "%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t", id, command_time(line->opened_ms, time),
			line->changed_at, line->entry_count, line->open_conflicts);
		command_cell(l->out, line->branch);
		buf_text(l->out, "\n");
		return;
	}
	json_write_object(&l->j, NULL);
	json_write_text(&l->j, "case", id);
	json_write_text(&l->j, "opened", command_time_utc(line->opened_ms, time));
	json_write_unsigned(&l->j, "site", line->opened_by);
	json_write_unsigned(&l->j, "changed_at", line->changed_at);
	json_write_unsigned(&l->j, "entries", line->entry_count);
	json_write_unsigned(&l->j, "conflicts", line->open_conflicts);
	json_write_text(&l->j, "branch", line->branch);
	json_write_end(&l->j);
}

static int find_branch(struct centre *c, const char *name, int64_t *branch_id)
{
	struct db_stmt *s;
	int err;

	*branch_id = 0;
	if (!name)
		return 0;
	err = db_prepare(c->db, "SELECT branch_id FROM branch WHERE name = ?1", &s);
	if (err)
		return err;
	db_bind_text(s, 1, name);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(err, "no branch has this name") : err;
	*branch_id = db_int(s, 0);
	db_done(s);
	return 0;
}

static int list_cases(struct centre *c, const struct cli_args *a, struct buf *out)
{
	struct case_list list = { 0 };
	struct command_list l;
	int64_t branch_id;
	int64_t before;
	int64_t max;
	int err = cli_integer(a, "before", 1, INT64_MAX, 0, &before);

	if (!err)
		err = cli_integer(a, "max", 1, LIST_MAX, LIST_MAX, &max);
	if (!err)
		err = find_branch(c, cli_value(a, "branch"), &branch_id);
	if (!err)
		err = case_list(c, branch_id, (uint64_t)before, (size_t)max, &list);
	if (err)
		return err;
	command_list_begin(&l, a, "cases", "CASE\tOPENED\tCHANGED-AT\tENTRIES\tCONFLICTS\tBRANCH", out);
	for (size_t i = 0; i < list.count; i++)
		write_line(&list.items[i], &l);
	command_list_end(&l);
	case_list_fini(&list);
	return 0;
}

int command_case_list(void *ctx, const struct cli_args *a)
{
	return command_show(ctx, a, false, list_cases);
}

/* ---- case show ---- */

struct showing {
	const struct case_file *file;
	bool is_arabic;
	struct buf display; /* of one value */
};

static const char *display(struct showing *w, const struct case_register *r)
{
	buf_clear(&w->display);
	value_display(w->file->form, r->field, r->value, w->is_arabic, &w->display);
	return buf_string(&w->display);
}

static void write_register_json(struct showing *w, const struct case_register *r, struct json_writer *j)
{
	json_write_object(j, NULL);
	json_write_text(j, "field", r->name);
	json_write_text(j, "value", r->value);
	json_write_text(j, "display", display(w, r));
	json_write_unsigned(j, "at", r->at);
	json_write_unsigned(j, "site", r->writer);
	json_write_unsigned(j, "author", r->author);
	json_write_text(j, "author_name", r->author_name);
	json_write_text(j, "reason", r->reason);
	json_write_integer(j, "conflict", r->conflict_id);
	json_write_end(j);
}

static void write_case_json(struct showing *w, struct buf *out)
{
	const struct case_file *f = w->file;
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
	json_write_array(&j, "entries");
	for (size_t i = 0; i < f->entry_count; i++) {
		const struct case_entry *e = &f->entries[i];

		json_write_object(&j, NULL);
		json_write_text(&j, "id", record_id_format(e->entry_id, id));
		json_write_text(&j, "type", form_entry_type(f->form, e->entry_type)->name);
		json_write_bool(&j, "gone", e->is_gone);
		json_write_integer(&j, "gone_conflict", e->gone_conflict_id);
		json_write_array(&j, "values");
		for (size_t k = 0; k < e->register_count; k++)
			write_register_json(w, &e->registers[k], &j);
		json_write_end(&j);
		json_write_end(&j);
	}
	json_write_end(&j);
	json_write_end(&j);
	buf_text(out, "\n");
}

static void write_entry(struct showing *w, const struct case_entry *e, struct buf *out)
{
	const struct form_entry_type *type = form_entry_type(w->file->form, e->entry_type);
	char id[RECORD_ID_TEXT_BYTES];

	buf_printf(out, "\n%s %s  %s%s\n", type->name, record_id_format(e->entry_id, id), w->is_arabic ? type->label_ar : type->label_en,
		e->is_gone ? (w->is_arabic ? "  [محذوف]" : "  [removed]") : "");
	if (e->gone_conflict_id)
		buf_printf(out, "  ! conflict %" PRId64 " on the removal of this entry\n", e->gone_conflict_id);
	for (size_t k = 0; k < e->register_count; k++) {
		const struct case_register *r = &e->registers[k];
		const struct form_field *field = form_field(w->file->form, r->field);

		buf_printf(out, "  %-32s", r->name);
		command_cell(out, w->is_arabic ? field->label_ar : field->label_en);
		buf_text(out, ": ");
		command_cell(out, display(w, r));
		if (r->conflict_id)
			buf_printf(out, "  ! conflict %" PRId64, r->conflict_id);
		buf_text(out, "\n");
	}
}

static void write_case(struct showing *w, struct buf *out)
{
	const struct case_file *f = w->file;
	char id[RECORD_ID_TEXT_BYTES];
	char time[COMMAND_TIME_BYTES];

	buf_printf(out, "case %s\topened %s by site %u\tchanged at %" PRIu64 "\tbranch ", record_id_format(f->case_id, id),
		command_time(f->opened_ms, time), f->opened_by, f->changed_at);
	command_cell(out, f->branch);
	buf_text(out, "\n");
	for (size_t i = 0; i < f->entry_count; i++)
		write_entry(w, &f->entries[i], out);
}

static int parse_lang(const struct cli_args *a, bool *is_arabic)
{
	const char *lang = cli_value(a, "lang");

	*is_arabic = !lang || strcmp(lang, "ar") == 0;
	return *is_arabic || strcmp(lang, "en") == 0 ? 0 : err_set(ERR_USAGE, "--lang: ar or en was expected");
}

/* The audit row comes before anything is shown. */
static int enter_case(void *ctx, const struct cli_args *a, const char *action, struct centre **c, uint64_t *case_id)
{
	char id[RECORD_ID_TEXT_BYTES];
	char subject[64];
	struct account who;
	int err = record_id_parse(a->operands[0], case_id);

	*c = NULL;
	if (!err && !record_id_is_case(*case_id))
		err = err_set(ERR_USAGE, "the id of a case was expected, for instance 7-12");
	if (!err)
		err = command_enter(ctx, a, false, c, &who);
	if (err)
		return err;
	snprintf(subject, sizeof subject, "case %s", record_id_format(*case_id, id));
	err = command_audit(*c, who.person_id, action, subject);
	if (err) {
		centre_close(*c);
		*c = NULL;
	}
	return err;
}

int command_case_show(void *ctx, const struct cli_args *a)
{
	struct case_file file = { 0 };
	struct showing w = { .file = &file };
	struct centre *c = NULL;
	uint64_t case_id;
	struct buf out;
	int err = parse_lang(a, &w.is_arabic);

	command_begin(&out);
	buf_init(&w.display, COMMAND_OUTPUT_BYTES_MAX);
	if (!err)
		err = enter_case(ctx, a, "case-open", &c, &case_id);
	if (!err)
		err = case_load(c, case_id, &file);
	if (!err && cli_flag(a, "json"))
		write_case_json(&w, &out);
	else if (!err)
		write_case(&w, &out);
	if (!err) {
		err = buf_error(&w.display);
		case_fini(&file);
	}
	buf_fini(&w.display);
	centre_close(c);
	return command_end(&out, err);
}

/* ---- case history ---- */

static void write_history_line(const struct ledger_line *line, struct command_list *l)
{
	char id[RECORD_ID_TEXT_BYTES];
	char time[COMMAND_TIME_BYTES];

	record_id_format(line->entry_id, id);
	if (!l->json) {
		buf_printf(l->out, "%s\t%s\t%u\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s\t", command_time(line->received_ms, time),
			outcome_name(line->outcome), line->site, line->number, line->at, id, line->field);
		command_cell(l->out, line->from ? line->from : "-");
		buf_text(l->out, "\t");
		command_cell(l->out, line->to);
		buf_text(l->out, "\t");
		command_cell(l->out, line->author_name);
		buf_text(l->out, "\t");
		command_cell(l->out, line->reason);
		buf_text(l->out, "\n");
		return;
	}
	json_write_object(&l->j, NULL);
	json_write_text(&l->j, "received", command_time_utc(line->received_ms, time));
	json_write_text(&l->j, "claimed", command_time_utc(line->wall_ms, time));
	json_write_unsigned(&l->j, "site", line->site);
	json_write_unsigned(&l->j, "group", line->number);
	json_write_unsigned(&l->j, "author", line->author);
	json_write_text(&l->j, "author_name", line->author_name);
	json_write_text(&l->j, "role", form_writer_name((enum form_writer)line->role));
	json_write_text(&l->j, "entry", id);
	json_write_text(&l->j, "field", line->field);
	json_write_text(&l->j, "from", line->from);
	json_write_text(&l->j, "to", line->to);
	json_write_text(&l->j, "outcome", outcome_name(line->outcome));
	json_write_unsigned(&l->j, "at", line->at);
	json_write_text(&l->j, "reason", line->reason);
	json_write_end(&l->j);
}

static void write_history(const struct ledger_history *h, const struct cli_args *a, struct buf *out)
{
	struct command_list l;

	command_list_begin(&l, a, "edits", "RECEIVED\tOUTCOME\tSITE\tGROUP\tAT\tENTRY\tFIELD\tFROM\tTO\tBY\tREASON", out);
	for (size_t i = 0; i < h->count; i++)
		write_history_line(&h->lines[i], &l);
	command_list_end(&l);
}

int command_case_history(void *ctx, const struct cli_args *a)
{
	struct ledger_history history = { 0 };
	struct centre *c;
	uint64_t case_id;
	struct buf out;
	int err = enter_case(ctx, a, "case-history", &c, &case_id);

	command_begin(&out);
	if (!err)
		err = case_history(c, case_id, &history);
	if (!err) {
		write_history(&history, a, &out);
		ledger_history_fini(&history);
	}
	centre_close(c);
	return command_end(&out, err);
}
