/*
 * cmd_form: form list, show, check, publish: which forms there are, and how a new version becomes one of them.
 * Comparing two and looking at one are cmd_form_diff.c and cmd_form_view.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/command/command_form.h"
#include "server/papers.h"
#include "server/publish.h"

/* ---- form list, show ---- */

static const char *state_of(struct centre *c, struct db_stmt *s)
{
	const struct form *form;
	int64_t row;

	if (papers_in_force(c, db_text(s, 2), papers_today(c), &form, &row) != 0)
		return "unknown";
	if (row == db_int(s, 0))
		return "in-force";
	return db_int(s, 5) > papers_today(c) ? "to-come" : "superseded";
}

static void write_form(struct centre *c, struct db_stmt *s, struct command_list *l)
{
	char time[COMMAND_TIME_BYTES];
	char day[COMMAND_TIME_BYTES];
	size_t len;
	const uint8_t *hash = db_blob(s, 1, &len);

	command_day(db_int(s, 5), day);
	if (l->json) {
		json_write_object(&l->j, NULL);
		json_write_integer(&l->j, "form", db_int(s, 0));
		json_write_hex(&l->j, "hash", hash, len);
		json_write_text(&l->j, "name", db_text(s, 2));
		json_write_text(&l->j, "version", db_text(s, 3));
		json_write_text(&l->j, "from", *day == '-' ? NULL : day);
		json_write_text(&l->j, "state", state_of(c, s));
		json_write_text(&l->j, "published", command_time_utc(db_int(s, 4), time));
		json_write_text(&l->j, "workbook", db_is_null(s, 6) ? NULL : db_text(s, 6));
		json_write_end(&l->j);
		return;
	}
	for (size_t i = 0; i < len && i < 8; i++)
		buf_printf(l->out, "%02x", hash[i]);
	buf_printf(l->out, "\t%s\t%s\t%s\t%s\t%s\t", db_text(s, 3), day, state_of(c, s), command_time(db_int(s, 4), time), db_text(s, 2));
	command_cell(l->out, db_is_null(s, 6) ? "-" : db_text(s, 6));
	buf_text(l->out, "\n");
}

static int list_forms(struct centre *c, const struct cli_args *a, struct buf *out)
{
	struct command_list l;
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db,
		"SELECT form_id, hash, name, version, published_ms, in_force_from, workbook_name FROM form ORDER BY name, in_force_from DESC",
		&s);

	if (err)
		return err;
	command_list_begin(&l, a, "forms", "HASH\tVERSION\tFROM\tSTATE\tPUBLISHED\tNAME\tWORKBOOK", out);
	while ((got = db_step(s)) == 1)
		write_form(c, s, &l);
	db_done(s);
	command_list_end(&l);
	return got;
}

int command_form_list(void *ctx, const struct cli_args *a)
{
	struct centre *c;
	struct buf out;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	if (!err)
		err = list_forms(c, a, &out);
	centre_close(c);
	return command_end(&out, err);
}

int command_form_show(void *ctx, const struct cli_args *a)
{
	struct command_form f;
	struct centre *c;
	struct buf out;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	command_form_init(&f);
	if (!err)
		err = command_form_find(c, a->operands[0], &f);
	if (!err) {
		size_t len;
		const char *text = form_text(f.form, &len);

		buf_append(&out, text, len);
	}
	command_form_fini(&f);
	centre_close(c);
	return command_end(&out, err);
}

/* ---- form check ---- */

static void write_problems_json(const struct command_form *f, struct buf *out)
{
	struct json_writer j;

	json_write_init(&j, out);
	json_write_object(&j, NULL);
	json_write_text(&j, "form", f->form ? form_id(f->form) : NULL);
	json_write_text(&j, "version", f->form ? form_version(f->form) : NULL);
	json_write_unsigned(&j, "errors", f->problems.errors);
	json_write_unsigned(&j, "warnings", f->problems.warnings);
	json_write_array(&j, "problems");
	for (size_t i = 0; i < f->problems.count; i++) {
		const struct problem *p = &f->problems.items[i];

		json_write_object(&j, NULL);
		json_write_text(&j, "kind", p->is_warning ? "warning" : "error");
		json_write_text(&j, "sheet", p->sheet);
		json_write_unsigned(&j, "row", p->row);
		json_write_text(&j, "column", p->letters);
		json_write_text(&j, "header", p->column);
		json_write_text(&j, "english", p->english);
		json_write_text(&j, "arabic", p->arabic);
		json_write_end(&j);
	}
	json_write_end(&j);
	json_write_end(&j);
	buf_text(out, "\n");
}

static void write_summary(const struct command_form *f, struct buf *out)
{
	problems_print(&f->problems, out);
	if (f->form)
		buf_printf(out, "%s %s: %zu questions with answers, %zu lists, %zu languages\n", form_id(f->form), form_version(f->form),
			form_field_count(f->form) - 1, form_list_count(f->form), form_language_count(f->form));
	buf_printf(out, "errors %zu, warnings %zu / الأخطاء %zu، والتنبيهات %zu\n", f->problems.errors, f->problems.warnings,
		f->problems.errors, f->problems.warnings);
}

/* What is wrong is the result here, so it is printed although the command fails. */
int command_form_check(void *ctx, const struct cli_args *a)
{
	struct command_form f;
	struct buf out;
	int err;
	int printed;

	command_begin(&out);
	command_form_init(&f);
	err = command_form_read(ctx, NULL, a->operands, a->operand_count, &f);
	if (!err || f.problems.errors) {
		if (cli_flag(a, "json"))
			write_problems_json(&f, &out);
		else
			write_summary(&f, &out);
	}
	printed = cli_print(&out);
	buf_fini(&out);
	if (f.problems.errors)
		err = err_set(ERR_REFUSED, "the form has %zu errors", f.problems.errors);
	command_form_fini(&f);
	return err ? err : printed;
}

/* ---- form publish ---- */

static int publish(struct centre *c, struct command_form *f, uint32_t from_day, int64_t by)
{
	const struct publish_paper paper = {
		.text = (const char *)f->text.data,
		.len = f->text.len,
		.from_day = from_day,
		.person_id = by,
		.workbook = f->workbook.len ? f->workbook.data : NULL,
		.workbook_len = f->workbook.len,
		.workbook_name = f->workbook.len ? f->name : NULL,
	};
	char subject[64];
	int err = db_begin(c->db);

	if (!err)
		err = publish_form(c, &paper, &f->problems, &f->row);
	if (!err) {
		snprintf(subject, sizeof subject, "form %" PRId64, f->row);
		err = centre_audit(c, by, "form-publish", subject);
	}
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err;
}

static void write_published(const struct command_form *f, uint32_t day, struct buf *out)
{
	char text[COMMAND_TIME_BYTES];

	for (size_t i = 0; i < FORM_HASH_BYTES; i++)
		buf_printf(out, "%02x", form_hash(f->form)[i]);
	buf_printf(out, "\t%s\t%s\t%s\n", form_version(f->form), form_id(f->form), command_day(day, text));
}

int command_form_publish(void *ctx, const struct cli_args *a)
{
	struct command_form f;
	struct account who;
	struct centre *c = NULL;
	struct buf out;
	uint32_t day;
	int err = command_from(a, &day);

	command_begin(&out);
	command_form_init(&f);
	if (!err)
		err = command_enter(ctx, a, true, &c, &who);
	if (!err)
		err = command_form_read(ctx, c, a->operands, a->operand_count, &f);
	if (!err)
		err = publish(c, &f, day, who.person_id);
	command_form_note(&f.problems);
	if (!err)
		write_published(&f, day == PUBLISH_TODAY ? papers_today(c) : day, &out);
	command_form_fini(&f);
	centre_close(c);
	return command_end(&out, err);
}
