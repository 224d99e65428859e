/*
 * cmd_form_view: form preview, paper, export: a form to look at before it is published, on paper, and as the workbook to go on writing.
 *
 * Preview and paper need no store when they are given a file; questions that choose from the centre's reference lists then have no
 * choices. With the hash of a published form they show what devices show.
 */
#include <string.h>

#include "proto/base/file.h"
#include "proto/form/render.h"
#include "server/author/xlsform.h"
#include "server/command/command_form.h"
#include "server/papers.h"
#include "server/specimen.h"

#define DOCUMENT_BYTES_MAX (64 * 1024 * 1024)
#define NOW_MS INT64_C(1768464000000) /* 2026-01-15 08:00 UTC: the same preview every day, so that two can be compared */

struct looking {
	struct command_form form;
	struct centre *c;    /* NULL: none was needed */
	struct plan *plan;   /* of a form from a file; owned */
	struct model *model; /* owned */
	struct model_world world;
	struct papers_world lists;
	uint64_t next_id;
};

static uint64_t new_id(void *ctx)
{
	struct looking *l = ctx;

	return ++l->next_id;
}

static const struct reflist *find_list(void *ctx, const char *name)
{
	struct looking *l = ctx;

	return l->c ? papers_list(l->c, name, l->lists.day) : NULL;
}

/* Nothing is random in a preview. */
static uint64_t no_random(void *ctx)
{
	(void)ctx;
	return 0x6d616e646f6f62;
}

static int open_form(struct looking *l, const struct command *x, const struct cli_args *a)
{
	const struct plan *plan;
	int err = command_form_get(x, a, a->operands[0], &l->c, &l->form);

	if (err)
		return err;
	l->lists.day = papers_day(l->c ? env_wall_ms(x->env) : NOW_MS);
	l->world = (struct model_world){
		.now_ms = NOW_MS, .tz_minutes = 180, .random = no_random, .new_id = new_id, .list = find_list, .ctx = l
	};
	if (l->form.row)
		err = papers_plan(l->c, l->form.row, &plan);
	else
		err = plan_new(l->form.form, NULL, &l->plan);
	if (!err)
		err = model_new(l->form.row ? plan : l->plan, &l->world, 0, &l->model);
	return err ? err : model_open(l->model);
}

static void close_form(struct looking *l)
{
	model_free(l->model);
	plan_free(l->plan);
	command_form_fini(&l->form);
	centre_close(l->c);
}

static int parse_language(const struct cli_args *a, bool *is_arabic)
{
	const char *language = cli_value(a, "language");

	*is_arabic = !language || strcmp(language, "ar") == 0;
	return *is_arabic || strcmp(language, "en") == 0 ? 0 : err_set(ERR_USAGE, "--language: ar or en was expected");
}

static int answer(struct looking *l, const char *path)
{
	struct buf bytes;
	json_t *answers = NULL;
	int err;

	if (!path)
		return specimen_fill(l->model);
	buf_init(&bytes, JSON_READ_BYTES_MAX);
	err = file_read(path, &bytes);
	if (!err)
		err = json_read((const char *)bytes.data, bytes.len, &answers);
	if (!err)
		err = specimen_answer(l->model, answers);
	json_decref(answers);
	buf_fini(&bytes);
	return err;
}

static int write_document(struct looking *l, struct render_options *o, const char *path)
{
	struct buf out;
	int err;

	buf_init(&out, DOCUMENT_BYTES_MAX);
	o->language = form_language_find(l->form.form, o->is_arabic ? "ar" : "en");
	o->reference = "";
	o->restricted = true;
	err = render_document(l->model, o, &out);
	if (!err)
		err = file_replace(path, out.data, out.len);
	buf_fini(&out);
	return err;
}

static int look(const struct command *x, const struct cli_args *a, enum render_purpose purpose, bool answered)
{
	struct render_options o = { .purpose = purpose };
	struct looking l = { 0 };
	const char *path = NULL;
	int err = cli_need(a, "output", &path);

	command_form_init(&l.form);
	if (!err)
		err = parse_language(a, &o.is_arabic);
	if (!err)
		err = open_form(&l, x, a);
	if (!err && answered)
		err = answer(&l, cli_value(a, "answers"));
	if (!err)
		err = write_document(&l, &o, path);
	close_form(&l);
	return err;
}

int command_form_preview(void *ctx, const struct cli_args *a)
{
	return look(ctx, a, RENDER_PREVIEW, true);
}

int command_form_paper(void *ctx, const struct cli_args *a)
{
	return look(ctx, a, RENDER_BLANK, false);
}

/* ---- form export ---- */

/* Forms that nobody wrote as a workbook are written as one now: the next editor starts from what is in force. */
static int make_workbook(const struct form *f, struct buf *out)
{
	struct workbook w;
	int err = xlsform_workbook(f, &w);

	if (err)
		return err;
	err = workbook_write_xlsx(&w, out);
	workbook_fini(&w);
	return err;
}

static int load_workbook(struct centre *c, const struct command_form *f, struct buf *out, struct buf *name)
{
	struct db_stmt *s;
	bool has;
	int err = db_prepare(c->db, "SELECT workbook, workbook_name FROM form WHERE form_id = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, f->row);
	err = db_row(s);
	if (err)
		return err;
	has = !db_is_null(s, 0);
	if (has) {
		size_t len;
		const void *data = db_blob(s, 0, &len);

		buf_append(out, data, len);
		buf_text(name, db_text(s, 1));
	} else {
		buf_printf(name, "%s.xlsx", form_id(f->form));
	}
	db_done(s);
	err = has ? buf_error(out) : make_workbook(f->form, out);
	return err ? err : buf_error(name);
}

/* Without -o it is written under its own name, into this folder, and never over a file: that one may be newer. */
int command_form_export(void *ctx, const struct cli_args *a)
{
	const char *path = cli_value(a, "output");
	struct command_form f;
	struct centre *c;
	struct buf workbook;
	struct buf name;
	int err = command_open(ctx, a, &c);

	command_form_init(&f);
	buf_init(&workbook, WORKBOOK_BYTES_MAX);
	buf_init(&name, 1024);
	if (!err)
		err = command_form_find(c, a->operands[0], &f);
	if (!err)
		err = load_workbook(c, &f, &workbook, &name);
	if (!err)
		err = path ? file_replace(path, workbook.data, workbook.len)
			   : file_write_new(buf_string(&name), workbook.data, workbook.len);
	if (!err)
		command_note("%s", path ? path : buf_string(&name));
	buf_fini(&workbook);
	buf_fini(&name);
	command_form_fini(&f);
	centre_close(c);
	return err;
}
