/*
 * cmd_conflict: conflict list, show, resolve: both sides of a concurrent change, and a person's decision.
 *
 * A value that is neither side's is read from standard input, never from an argument: arguments are seen by everybody on the machine.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/form/value.h"
#include "proto/record.h"
#include "server/case.h"
#include "server/command/command.h"
#include "server/conflict.h"
#include "server/papers.h"
#include "server/register.h"

#define LIST_MAX 1000000

static const char *state_name(enum conflict_state s)
{
	switch (s) {
	case CONFLICT_OPEN:
		return "open";
	case CONFLICT_DECIDED:
		return "decided";
	case CONFLICT_SETTLED:
		return "settled";
	case CONFLICT_WITHDRAWN:
		return "withdrawn";
	}
	return "unknown";
}

/* ---- conflict list ---- */

static void write_line(const struct conflict *x, struct command_list *l)
{
	char case_text[RECORD_ID_TEXT_BYTES];
	char entry_text[RECORD_ID_TEXT_BYTES];
	char time[COMMAND_TIME_BYTES];

	record_id_format(x->case_id, case_text);
	record_id_format(x->entry_id, entry_text);
	if (!l->json) {
		buf_printf(l->out, "%" PRId64 "\t%s\t%s\t%s\t%s\t%zu\t%s\n", x->conflict_id, case_text, entry_text, x->entry_type, x->field,
			x->candidate_count, command_time(x->opened_ms, time));
		return;
	}
	json_write_object(&l->j, NULL);
	json_write_integer(&l->j, "conflict", x->conflict_id);
	json_write_text(&l->j, "case", case_text);
	json_write_text(&l->j, "entry", entry_text);
	json_write_text(&l->j, "type", x->entry_type);
	json_write_text(&l->j, "field", x->field);
	json_write_unsigned(&l->j, "candidates", x->candidate_count);
	json_write_text(&l->j, "opened", command_time_utc(x->opened_ms, time));
	json_write_end(&l->j);
}

static int list_conflicts(struct centre *c, const struct cli_args *a, struct buf *out)
{
	const char *of_case = cli_value(a, "case");
	struct conflict_list list = { 0 };
	struct command_list l;
	uint64_t case_id = 0;
	int64_t after;
	int64_t max;
	int err = cli_integer(a, "after", 1, INT64_MAX, 0, &after);

	if (!err)
		err = cli_integer(a, "max", 1, LIST_MAX, LIST_MAX, &max);
	if (!err && of_case)
		err = record_id_parse(of_case, &case_id);
	if (!err)
		err = conflict_list(c, case_id, after, (size_t)max, &list);
	if (err)
		return err;
	command_list_begin(&l, a, "conflicts", "CONFLICT\tCASE\tENTRY\tTYPE\tFIELD\tCANDIDATES\tOPENED", out);
	for (size_t i = 0; i < list.count; i++)
		write_line(&list.items[i], &l);
	command_list_end(&l);
	conflict_list_fini(&list);
	return 0;
}

int command_conflict_list(void *ctx, const struct cli_args *a)
{
	return command_show(ctx, a, false, list_conflicts);
}

/* The field in the newest version of the case's form that has it. */
static int find_field(struct centre *c, const struct conflict *x, struct papers_said *out)
{
	struct register_case row;
	const struct form *f;
	int err = register_case_load(c, x->case_id, &row);

	if (!err)
		err = centre_form_by_id(c, row.form_id, &f);
	return err ? err : papers_say_field(c, form_id(f), x->entry_type, x->field, out);
}

/* ---- Showing one ---- */

struct showing {
	struct centre *c;
	const struct form *form; /* of the case's family, the newest that has the field */
	const struct conflict *x;
	size_t field; /* of the form */
	bool is_arabic;
	struct buf display;
};

static const char *display(struct showing *w, const char *value)
{
	buf_clear(&w->display);
	if (strcmp(w->x->field, FORM_FIELD_GONE_NAME) == 0)
		buf_text(&w->display, *value ? (w->is_arabic ? "محذوف" : "removed") : (w->is_arabic ? "باقٍ" : "kept"));
	else
		case_display(w->c, w->form, w->field, value, papers_today(w->c), w->is_arabic, &w->display);
	return buf_string(&w->display);
}

static void write_value_json(struct showing *w, const char *key, const struct conflict_value *v, struct json_writer *j)
{
	char time[COMMAND_TIME_BYTES];

	json_write_object(j, key);
	json_write_unsigned(j, "site", v->site);
	json_write_text(j, "value", v->value);
	json_write_text(j, "display", display(w, v->value));
	json_write_unsigned(j, "author", v->author);
	json_write_text(j, "author_name", v->author_name);
	json_write_text(j, "claimed", command_time_utc(v->wall_ms, time));
	json_write_text(j, "received", command_time_utc(v->received_ms, time));
	json_write_end(j);
}

static void write_conflict_json(struct showing *w, struct buf *out)
{
	const struct conflict *x = w->x;
	char id[RECORD_ID_TEXT_BYTES];
	char time[COMMAND_TIME_BYTES];
	struct json_writer j;

	json_write_init(&j, out);
	json_write_object(&j, NULL);
	json_write_integer(&j, "conflict", x->conflict_id);
	json_write_text(&j, "case", record_id_format(x->case_id, id));
	json_write_text(&j, "entry", record_id_format(x->entry_id, id));
	json_write_text(&j, "type", x->entry_type);
	json_write_text(&j, "field", x->field);
	json_write_text(&j, "state", state_name(x->state));
	json_write_text(&j, "opened", command_time_utc(x->opened_ms, time));
	json_write_text(&j, "closed", command_time_utc(x->closed_ms, time));
	json_write_unsigned(&j, "at", x->at);
	json_write_text(&j, "base", x->base);
	if (x->has_current)
		write_value_json(w, "current", &x->current, &j);
	else
		json_write_null(&j, "current");
	json_write_array(&j, "candidates");
	for (size_t i = 0; i < x->candidate_count; i++)
		write_value_json(w, NULL, &x->candidates[i], &j);
	json_write_end(&j);
	json_write_integer(&j, "decided_by", x->decided_by);
	json_write_text(&j, "reason", x->reason);
	json_write_end(&j);
	buf_text(out, "\n");
}

static void write_value(struct showing *w, const char *what, const struct conflict_value *v, struct buf *out)
{
	char claimed[COMMAND_TIME_BYTES];
	char received[COMMAND_TIME_BYTES];

	buf_printf(out, "%s\tsite %u\twritten %s\treceived %s\tperson %u ", what, v->site, command_time(v->wall_ms, claimed),
		command_time(v->received_ms, received), v->author);
	command_cell(out, v->author_name);
	buf_text(out, "\t");
	command_cell(out, display(w, v->value));
	buf_text(out, "\n");
}

static void write_conflict(struct showing *w, struct buf *out)
{
	const struct conflict *x = w->x;
	char id[RECORD_ID_TEXT_BYTES];
	char time[COMMAND_TIME_BYTES];

	buf_printf(out, "conflict\t%" PRId64 "\t%s\topened %s\n", x->conflict_id, state_name(x->state), command_time(x->opened_ms, time));
	buf_printf(out, "case\t%s\n", record_id_format(x->case_id, id));
	buf_printf(out, "entry\t%s\t%s\n", record_id_format(x->entry_id, id), x->entry_type);
	buf_printf(out, "field\t%s\t%s\n", x->field,
		w->field > 0 ? (w->is_arabic ? form_field(w->form, w->field)->label_ar : form_field(w->form, w->field)->label_en) : "");
	buf_text(out, "base\t");
	command_cell(out, x->base ? display(w, x->base) : "-");
	buf_text(out, "\n");
	if (x->has_current)
		write_value(w, "current", &x->current, out);
	for (size_t i = 0; i < x->candidate_count; i++)
		write_value(w, "candidate", &x->candidates[i], out);
	if (x->state == CONFLICT_DECIDED) {
		buf_printf(out, "decided\t%s\tperson %" PRId64 "\t", command_time(x->closed_ms, time), x->decided_by);
		command_cell(out, x->reason);
		buf_text(out, "\n");
	}
}

static int show(struct centre *c, const struct cli_args *a, const struct conflict *x, struct buf *out)
{
	const char *lang = cli_value(a, "lang");
	struct showing w = { .c = c, .x = x, .is_arabic = !lang || strcmp(lang, "ar") == 0 };
	struct papers_said said;
	int err = find_field(c, x, &said);

	if (!err && !w.is_arabic && strcmp(lang, "en") != 0)
		err = err_set(ERR_USAGE, "--lang: ar or en was expected");
	if (err)
		return err;
	w.form = said.form;
	w.field = said.field;
	buf_init(&w.display, COMMAND_OUTPUT_BYTES_MAX);
	if (cli_flag(a, "json"))
		write_conflict_json(&w, out);
	else
		write_conflict(&w, out);
	err = buf_error(&w.display);
	buf_fini(&w.display);
	return err;
}

static int audit_opening(struct centre *c, int64_t conflict_id, const struct conflict *x, const struct account *who)
{
	char id[RECORD_ID_TEXT_BYTES];
	char subject[96];

	snprintf(subject, sizeof subject, "conflict %" PRId64 " case %s", conflict_id, record_id_format(x->case_id, id));
	return command_audit(c, who->person_id, "conflict-open", subject);
}

int command_conflict_show(void *ctx, const struct cli_args *a)
{
	struct conflict x = { 0 };
	struct account who;
	struct centre *c = NULL;
	int64_t number;
	struct buf out;
	int err = command_number(a, 0, "conflict", &number);

	command_begin(&out);
	if (!err)
		err = command_enter(ctx, a, false, &c, &who);
	if (!err)
		err = conflict_load(c, number, &x);
	if (!err) {
		err = audit_opening(c, number, &x, &who);
		if (!err)
			err = show(c, a, &x, &out);
		conflict_fini(&x);
	}
	centre_close(c);
	return command_end(&out, err);
}

/* ---- conflict resolve ---- */

/* All of standard input, without its last line end. */
static int read_input(struct buf *out)
{
	char piece[4096];
	ssize_t got;

	do {
		got = read(STDIN_FILENO, piece, sizeof piece);
		if (got < 0 && errno != EINTR)
			return err_set(ERR_IO, "standard input: %s", strerror(errno));
		if (got > 0)
			buf_append(out, piece, (size_t)got);
	} while (got != 0 && !out->error);
	explicit_bzero(piece, sizeof piece);
	if (out->len && out->data[out->len - 1] == '\n')
		out->len--;
	return buf_error(out) ? err_context(buf_error(out), "standard input") : 0;
}

static int read_other(struct centre *c, const struct conflict *x, struct buf *value)
{
	struct papers_said said;
	struct buf typed;
	int err = find_field(c, x, &said);

	if (err)
		return err;
	buf_init(&typed, VALUE_BYTES_MAX * 4);
	err = read_input(&typed);
	if (!err && said.field == FORM_FIELD_GONE && strcmp(buf_string(&typed), "yes") != 0 && typed.len != 0)
		err = err_set(ERR_USAGE, "yes (removed) or nothing (kept) was expected");
	if (!err && said.field == FORM_FIELD_GONE)
		buf_append(value, typed.data, typed.len);
	else if (!err)
		err = value_normalise(said.form, said.field, buf_string(&typed), value);
	buf_fini(&typed);
	return err;
}

/* The value that --take names: the register's, a candidate's by its site, or another from standard input. */
static int take_value(struct centre *c, const struct conflict *x, const char *take, struct buf *value)
{
	int64_t site;
	int err;

	if (strcmp(take, "other") == 0)
		return read_other(c, x, value);
	if (strcmp(take, "current") == 0) {
		if (!x->has_current)
			return err_set(ERR_USAGE, "the register was never set; a candidate's site or `other` was expected");
		buf_text(value, x->current.value);
		return buf_error(value);
	}
	err = cli_number(take, "--take", 1, RECORD_SITE_MAX, &site);
	if (err)
		return err_set(ERR_USAGE, "--take: `current`, the site of a candidate, or `other` was expected");
	for (size_t i = 0; i < x->candidate_count; i++) {
		if (x->candidates[i].site == (uint32_t)site) {
			buf_text(value, x->candidates[i].value);
			return buf_error(value);
		}
	}
	return err_set(ERR_NOT_FOUND, "site %" PRId64 " has no candidate in this conflict", site);
}

/* conflict_resolve() writes the audit row itself. */
static int decide(struct centre *c, const struct conflict *x, const struct account *who, const struct buf *value, const char *reason)
{
	int err = db_begin(c->db);

	if (err)
		return err;
	err = conflict_resolve(c, x->conflict_id, who->person_id, x->at, value->data ? (const char *)value->data : "", value->len, reason);
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err;
}

static int resolve(struct centre *c, const struct cli_args *a, int64_t number, const struct account *who, struct buf *out)
{
	struct conflict before;
	struct conflict after;
	struct buf value;
	int err = conflict_load(c, number, &before);

	if (err)
		return err;
	buf_init(&value, VALUE_BYTES_MAX);
	if (before.state != CONFLICT_OPEN)
		err = err_set(ERR_USAGE, "conflict %" PRId64 " is %s already", number, state_name(before.state));
	if (!err)
		err = take_value(c, &before, cli_value(a, "take"), &value);
	if (!err)
		err = show(c, a, &before, out);
	if (!err)
		err = decide(c, &before, who, &value, cli_value(a, "reason"));
	conflict_fini(&before);
	buf_fini(&value);
	if (!err)
		err = conflict_load(c, number, &after);
	if (err)
		return err;
	if (cli_flag(a, "json"))
		buf_clear(out);
	else
		buf_text(out, "\n");
	err = show(c, a, &after, out);
	conflict_fini(&after);
	return err;
}

int command_conflict_resolve(void *ctx, const struct cli_args *a)
{
	const char *needed;
	struct account who;
	struct centre *c = NULL;
	int64_t number;
	struct buf out;
	int err = command_number(a, 0, "conflict", &number);

	command_begin(&out);
	if (!err)
		err = cli_need(a, "take", &needed);
	if (!err)
		err = cli_need(a, "reason", &needed);
	if (!err)
		err = command_enter(ctx, a, false, &c, &who);
	if (!err)
		err = resolve(c, a, number, &who, &out);
	centre_close(c);
	return command_end(&out, err);
}
