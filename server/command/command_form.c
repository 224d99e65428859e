/*
 * command_form: see command_form.h.
 */
#include "server/command/command_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/hijri.h"
#include "server/author/xlsform.h"
#include "server/author/xlsx.h"
#include "server/papers.h"
#include "server/publish.h"

#define CANONICAL_BEGIN "mandoob-form\t"
#define ZIP_BEGIN "PK"
#define FILES_MAX 8

void command_form_init(struct command_form *f)
{
	memset(f, 0, sizeof *f);
	buf_init(&f->text, FORM_TEXT_BYTES_MAX);
	buf_init(&f->workbook, WORKBOOK_BYTES_MAX);
	problems_init(&f->problems);
}

void command_form_fini(struct command_form *f)
{
	form_free(f->own);
	buf_fini(&f->text);
	buf_fini(&f->workbook);
	problems_fini(&f->problems);
}

void command_form_note(const struct problems *p)
{
	struct buf told;

	if (p->errors + p->warnings == 0)
		return;
	command_begin(&told);
	problems_print(p, &told);
	command_note("%s", buf_string(&told));
	buf_fini(&told);
}

/* ---- Files ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool begins_with(const struct buf *b, const char *text)
{
	return b->len >= strlen(text) && memcmp(b->data, text, strlen(text)) == 0;
}

static bool has_list(void *ctx, const char *name)
{
	struct centre *c = ctx;

	return papers_list(c, name, papers_today(c)) != NULL;
}

/* Names and versions that the author left out: the name of the file, and the day with a running number as the field's convention has it. */
static void fill_options(const struct command *x, struct centre *c, const char *path, char *name, size_t size, char version[static 32],
	struct xlsform_options *out)
{
	uint32_t today = papers_day(env_wall_ms(x->env));
	int year = 0;
	int month = 0;
	int day = 0;
	size_t len = strcspn(base_name(path), ".");

	if (hijri_gregorian_from_day((int32_t)today, &year, &month, &day) != 0)
		year = 0;
	snprintf(version, 32, "%04d%02d%02d01", year % 10000, month % 100, day % 100);
	snprintf(name, size, "%.*s", (int)(len < FORM_NAME_BYTES_MAX ? len : FORM_NAME_BYTES_MAX), base_name(path));
	*out = (struct xlsform_options){ .name = name, .version = version, .has_list = c ? has_list : NULL, .ctx = c };
}

static int compile(const struct command *x, struct centre *c, const char *path, const struct workbook *w, struct command_form *f)
{
	struct xlsform_options options;
	char name[FORM_NAME_BYTES_MAX + 1];
	char version[32];
	int err;

	fill_options(x, c, path, name, sizeof name, version, &options);
	err = xlsform_compile(w, &options, &f->problems, &f->text);
	if (f->problems.errors)
		return err_set(ERR_CORRUPT, "%s has %zu errors; what to do stands with each / فيه %zu من الأخطاء، ومع كل منها ما يُعمل",
			base_name(path), f->problems.errors, f->problems.errors);
	return err;
}

/* What the file is and what to do, in both languages, where the problems of a workbook stand. */
static int refuse_file(int err, const char *path, const struct buf *bytes, struct command_form *f)
{
	const struct problem_place whole = { .sheet = "", .column = -1 };
	char english[512];

	snprintf(english, sizeof english, "%s: %s", base_name(path), err_message());
	problems_add(&f->problems, false, &whole, english, xlsx_kind_arabic(err, bytes->data, bytes->len));
	return err_set(err, "%s", english);
}

static int read_xlsx(const struct command *x, struct centre *c, const char *path, struct buf *bytes, struct command_form *f)
{
	struct workbook w;
	int err = workbook_read_xlsx(bytes->data, bytes->len, &w);

	if (err)
		return refuse_file(err, path, bytes, f);
	err = compile(x, c, path, &w, f);
	workbook_fini(&w);
	buf_append(&f->workbook, bytes->data, bytes->len);
	snprintf(f->name, sizeof f->name, "%s", base_name(path));
	return err ? err : buf_error(&f->workbook);
}

/* Sheets in files of their own are kept as one workbook, with every cell that the author wrote. */
static int read_sheets(
	const struct command *x, struct centre *c, char *const *paths, size_t count, struct buf *bytes, struct command_form *f)
{
	struct workbook_csv files[FILES_MAX];
	struct workbook w;
	int err;

	for (size_t i = 0; i < count; i++)
		files[i] = (struct workbook_csv){ .name = paths[i], .data = bytes[i].data, .len = bytes[i].len };
	err = workbook_read_csv(files, count, &w);
	if (err)
		return err;
	err = compile(x, c, "form", &w, f);
	if (!err)
		err = workbook_write_xlsx(&w, &f->workbook);
	workbook_fini(&w);
	return err;
}

static int take_text(const struct buf *bytes, struct command_form *f)
{
	buf_append(&f->text, bytes->data, bytes->len);
	return buf_error(&f->text);
}

static int take_files(
	const struct command *x, struct centre *c, char *const *paths, size_t count, struct buf *bytes, struct command_form *f)
{
	int err = 0;

	if (count == 1 && begins_with(&bytes[0], CANONICAL_BEGIN))
		err = take_text(&bytes[0], f);
	else if (count == 1 && (begins_with(&bytes[0], ZIP_BEGIN) || !strstr(base_name(paths[0]), ".csv")))
		err = read_xlsx(x, c, paths[0], &bytes[0], f);
	else
		err = read_sheets(x, c, paths, count, bytes, f);
	if (!err)
		err = form_parse((const char *)f->text.data, f->text.len, &f->own);
	f->form = f->own;
	if (!err && f->workbook.len && !*f->name)
		snprintf(f->name, sizeof f->name, "%s.xlsx", form_id(f->form));
	return err;
}

int command_form_read(const struct command *x, struct centre *c, char *const *paths, size_t count, struct command_form *f)
{
	struct buf bytes[FILES_MAX];
	int err = 0;

	if (count > FILES_MAX)
		return err_set(ERR_USAGE, "at most %d files make one form", FILES_MAX);
	for (size_t i = 0; i < count; i++)
		buf_init(&bytes[i], WORKBOOK_BYTES_MAX);
	for (size_t i = 0; i < count && !err; i++)
		err = file_read(paths[i], &bytes[i]);
	if (!err)
		err = take_files(x, c, paths, count, bytes, f);
	for (size_t i = 0; i < count; i++)
		buf_fini(&bytes[i]);
	return err;
}

/* ---- The store ---- */

int command_form_find(struct centre *c, const char *prefix, struct command_form *f)
{
	struct db_stmt *s;
	size_t found = 0;
	int got;
	int err = db_prepare(c->db, "SELECT form_id FROM form WHERE substr(lower(hex(hash)), 1, length(?1)) = lower(?1)", &s);

	if (err)
		return err;
	db_bind_text(s, 1, prefix);
	while ((got = db_step(s)) == 1) {
		f->row = db_int(s, 0);
		found++;
	}
	db_done(s);
	if (got < 0)
		return got;
	if (found != 1 || !*prefix)
		return err_set(found ? ERR_USAGE : ERR_NOT_FOUND, "%zu forms have a hash that begins so; one was expected", found);
	return centre_form_by_id(c, f->row, &f->form);
}

int command_form_get(const struct command *x, const struct cli_args *a, const char *operand, struct centre **c, struct command_form *f)
{
	char *path = (char *)operand; /* borrowed from argv, only read */
	int err = 0;

	if (access(operand, R_OK) == 0) {
		err = command_form_read(x, *c, &path, 1, f);
		if (f->problems.errors)
			command_form_note(&f->problems);
		return err;
	}
	if (!*c)
		err = command_open(x, a, c);
	return err ? err : command_form_find(*c, operand, f);
}

/* ---- Days ---- */

int command_day_parse(const char *text, uint32_t *day)
{
	int year;
	int month;
	int of_month;
	int32_t number;

	*day = 0;
	if (strlen(text) != 10 || strspn(text, "0123456789-") != 10 || text[4] != '-' || text[7] != '-')
		return err_set(ERR_USAGE, "a day such as 2026-11-22 was expected");
	year = (int)strtol(text, NULL, 10);
	month = (int)strtol(text + 5, NULL, 10);
	of_month = (int)strtol(text + 8, NULL, 10);
	if (hijri_gregorian_to_day(year, month, of_month, &number) != 0 || number < 0 || number > MESSAGE_DAY_MAX)
		return err_set(ERR_USAGE, "a day such as 2026-11-22 was expected");
	*day = (uint32_t)number;
	return 0;
}

const char *command_day(int64_t day, char out[static COMMAND_TIME_BYTES])
{
	int year;
	int month;
	int of_month;

	memcpy(out, "-", 2);
	/* Forms that were always there count from the first days of all: FORMAT.md section 10. */
	if (day > 365 && day <= MESSAGE_DAY_MAX && hijri_gregorian_from_day((int32_t)day, &year, &month, &of_month) == 0)
		snprintf(out, COMMAND_TIME_BYTES, "%04d-%02d-%02d", year % 10000, month % 100, of_month % 100);
	return out;
}

int command_from(const struct cli_args *a, uint32_t *day)
{
	const char *text = cli_value(a, "from");

	*day = PUBLISH_TODAY;
	return text ? command_day_parse(text, day) : 0;
}
