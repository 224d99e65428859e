/*
 * cmd_case: case list, history: which cases there are, and where each value came from. Opening one is an audit row (S02).
 * Showing and printing one is cmd_case_show.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/record.h"
#include "server/case.h"
#include "server/command/command_case.h"
#include "server/ledger.h"
#include "server/recheck.h"
#include "server/register.h"

#define LIST_MAX 1000000
#define RECHECK_MAX 1000 /* before a list; the rest is done by the program that serves, and shown as not looked through */

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
		buf_printf(l->out, "%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "%s\t%s\t", id,
			command_time(line->opened_ms, time), line->changed_at, line->entry_count, line->open_conflicts, line->flags,
			line->is_checked ? "" : "?", line->form);
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
	json_write_unsigned(&l->j, "flags", line->flags);
	json_write_bool(&l->j, "checked", line->is_checked);
	json_write_text(&l->j, "form", line->form);
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
	int64_t branch_id = 0;
	int64_t before;
	int64_t max;
	int err = cli_integer(a, "before", 1, INT64_MAX, 0, &before);

	if (!err)
		err = cli_integer(a, "max", 1, LIST_MAX, LIST_MAX, &max);
	if (!err)
		err = find_branch(c, cli_value(a, "branch"), &branch_id);
	if (!err) {
		err = recheck_pending(c, RECHECK_MAX);
		err = err == ERR_BUSY ? 0 : err; /* the centre is writing: what it has not looked through yet is marked */
	}
	if (!err)
		err = case_list(c, branch_id, (uint64_t)before, (size_t)max, &list);
	if (err)
		return err;
	command_list_begin(&l, a, "cases", "CASE\tOPENED\tCHANGED-AT\tENTRIES\tCONFLICTS\tFLAGS\tFORM\tBRANCH", out);
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

/* ---- Entering one ---- */

int command_case_language(const struct cli_args *a, const char *option, bool *is_arabic)
{
	const char *lang = cli_value(a, option);

	*is_arabic = !lang || strcmp(lang, "ar") == 0;
	return *is_arabic || strcmp(lang, "en") == 0 ? 0 : err_set(ERR_USAGE, "--%s: ar or en was expected", option);
}

int command_case_enter(
	const struct command *x, const struct cli_args *a, const char *action, struct centre **c, uint64_t *case_id, struct account *who)
{
	char id[RECORD_ID_TEXT_BYTES];
	char subject[64];
	int err = record_id_parse(a->operands[0], case_id);

	*c = NULL;
	if (!err && !record_id_is_case(*case_id))
		err = err_set(ERR_USAGE, "the id of a case was expected, for instance 7-12");
	if (!err)
		err = command_enter(x, a, false, c, who);
	if (err)
		return err;
	snprintf(subject, sizeof subject, "case %s", record_id_format(*case_id, id));
	err = command_audit(*c, who->person_id, action, subject);
	if (err) {
		centre_close(*c);
		*c = NULL;
	}
	return err;
}

/* ---- case history ---- */

/* A line tells the name of a field and not its entry type: one restricted question of that name withholds all. */
static bool is_withheld(const struct form *form, const char *name, const struct account *who)
{
	bool withheld = false;

	for (size_t i = 1; i < form_field_count(form) && !withheld; i++)
		withheld = strcmp(form_field(form, i)->name, name) == 0 && case_is_withheld(form, i, who->role, who->is_admin);
	return withheld;
}

static void write_history_line(const struct ledger_line *line, bool withheld, struct command_list *l)
{
	const char *from = withheld && line->from ? "[withheld]" : line->from;
	const char *to = withheld ? "[withheld]" : line->to;
	char id[RECORD_ID_TEXT_BYTES];
	char time[COMMAND_TIME_BYTES];

	record_id_format(line->entry_id, id);
	if (!l->json) {
		buf_printf(l->out, "%s\t%s\t%u\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s\t", command_time(line->received_ms, time),
			outcome_name(line->outcome), line->site, line->number, line->at, id, line->field);
		command_cell(l->out, from ? from : "-");
		buf_text(l->out, "\t");
		command_cell(l->out, to);
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
	json_write_text(&l->j, "from", from);
	json_write_text(&l->j, "to", to);
	json_write_text(&l->j, "outcome", outcome_name(line->outcome));
	json_write_unsigned(&l->j, "at", line->at);
	json_write_text(&l->j, "reason", line->reason);
	json_write_end(&l->j);
}

static void write_history(
	const struct ledger_history *h, const struct form *form, const struct account *who, const struct cli_args *a, struct buf *out)
{
	struct command_list l;

	command_list_begin(&l, a, "edits", "RECEIVED\tOUTCOME\tSITE\tGROUP\tAT\tENTRY\tFIELD\tFROM\tTO\tBY\tREASON", out);
	for (size_t i = 0; i < h->count; i++)
		write_history_line(&h->lines[i], is_withheld(form, h->lines[i].field, who), &l);
	command_list_end(&l);
}

int command_case_history(void *ctx, const struct cli_args *a)
{
	struct ledger_history history = { 0 };
	const struct form *form;
	struct register_case row;
	struct centre *c;
	struct account who;
	uint64_t case_id;
	struct buf out;
	int err = command_case_enter(ctx, a, "case-history", &c, &case_id, &who);

	command_begin(&out);
	if (!err)
		err = register_case_load(c, case_id, &row);
	if (err == ERR_NOT_FOUND) /* nothing but refused edits */
		err = centre_form_current(c, &form, &row.form_id);
	else if (!err)
		err = centre_form_by_id(c, row.form_id, &form);
	if (!err)
		err = case_history(c, case_id, &history);
	if (!err) {
		write_history(&history, form, &who, a, &out);
		ledger_history_fini(&history);
	}
	centre_close(c);
	return command_end(&out, err);
}
