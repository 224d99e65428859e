/*
 * papers_command: see papers_command.h.
 */
#include "agent/command/papers_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/shelf.h"
#include "agent/session.h"
#include "proto/base/file.h"
#include "proto/base/hijri.h"
#include "proto/form/render.h"

#define DOCUMENT_BYTES_MAX (64 * 1024 * 1024)

const struct cli_option PAPERS_COMMAND_OPTIONS[] = {
	{ "json", 'j', NULL, "print one JSON object" },
	{ NULL, 0, NULL, NULL },
};

const struct cli_option PAPERS_COMMAND_PRINT_OPTIONS[] = {
	{ "output", 'o', "FILE", "the HTML file to write; it is made private (0600)" },
	{ "for", 0, "applicant|office", "for whom: the applicant (default: without what is hidden from them), or the office" },
	{ "lang", 'l', "ar|en", "language; default ar" },
	{ NULL, 0, NULL, NULL },
};

/* ---- papers ---- */

static const char *kind_name(enum message_paper_kind kind)
{
	switch (kind) {
	case MESSAGE_FORM:
		return "form";
	case MESSAGE_LIST:
		return "list";
	}
	return "";
}

/* "2026-11-22", or "-" for what always was. */
static void day_text(uint32_t day, char out[static 16])
{
	int y, m, d;

	if (day == 0 || hijri_gregorian_from_day((int32_t)day, &y, &m, &d) != 0)
		memcpy(out, "-", 2);
	else
		snprintf(out, 16, "%04u-%02u-%02u", (unsigned)y % 10000u, (unsigned)m % 100u, (unsigned)d % 100u);
}

static void write_line(const struct shelf_line *l, bool is_json, struct json_writer *j, struct buf *out)
{
	char from[16];

	day_text(l->paper.from_day, from);
	if (is_json) {
		json_write_object(j, NULL);
		json_write_text(j, "kind", kind_name(l->paper.kind));
		json_write_text(j, "name", l->paper.name);
		json_write_text(j, "version", l->paper.version);
		json_write_hex(j, "hash", l->paper.hash, sizeof l->paper.hash);
		json_write_text(j, "from", from);
		json_write_bool(j, "held", l->is_held);
		json_write_bool(j, "in_force", l->is_in_force);
		json_write_end(j);
		return;
	}
	buf_printf(out, "%s\t%s\t%s\t%s\t%s\n", kind_name(l->paper.kind), l->paper.name, l->paper.version, from,
		   !l->is_held ? "on its way | في الطريق" : l->is_in_force ? "in force | سارية" : "-");
}

static int list_papers(struct store *s, bool is_json)
{
	struct shelf_line *lines;
	struct json_writer j;
	struct buf out;
	size_t count;
	int err = shelf_lines(s, &lines, &count);

	if (err)
		return err;
	buf_init(&out, SHELL_OUTPUT_BYTES_MAX);
	if (is_json) {
		json_write_init(&j, &out);
		json_write_object(&j, NULL);
		json_write_array(&j, "papers");
	}
	for (size_t i = 0; i < count; i++)
		write_line(&lines[i], is_json, &j, &out);
	if (is_json) {
		json_write_end(&j);
		json_write_end(&j);
		buf_text(&out, "\n");
	}
	err = cli_print(&out);
	buf_fini(&out);
	free(lines);
	return err;
}

int papers_command(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct store *s;
	int err = shell_open(sh, args, &s);

	if (err)
		return err;
	err = list_papers(s, cli_flag(args, "json"));
	store_close(s);
	return err;
}

/* ---- print ---- */

static int purpose_of(const struct cli_args *args, enum render_purpose *out)
{
	const char *who = cli_value(args, "for");

	if (!who || strcmp(who, "applicant") == 0)
		*out = RENDER_APPLICANT;
	else if (strcmp(who, "office") == 0)
		*out = RENDER_PRINT;
	else
		return err_set(ERR_USAGE, "option --for is applicant or office");
	return 0;
}

static int render(struct session *x, struct render_options *o, struct buf *html)
{
	char id[RECORD_ID_TEXT_BYTES];

	o->language = form_language_find(session_form(x), o->is_arabic ? "ar" : "en");
	o->reference = record_id_format(session_case(x), id);
	return render_document(session_model(x), o, html);
}

static int print_case(struct shell *sh, struct store *s)
{
	const char *lang = cli_value(sh->args, "lang");
	const char *path = cli_value(sh->args, "output");
	struct render_options o = { .is_arabic = !lang || strcmp(lang, "ar") == 0 };
	struct session *x = NULL;
	uint64_t case_id = 0;
	struct buf html;
	int err = purpose_of(sh->args, &o.purpose);

	if (!err && !path)
		err = err_set(ERR_USAGE, "--output FILE was expected: where to write the page");
	if (!err && lang && !o.is_arabic && strcmp(lang, "en") != 0)
		err = err_set(ERR_USAGE, "option --lang is ar or en");
	if (!err)
		err = record_id_parse(sh->args->operands[0], &case_id);
	if (!err)
		err = session_open(s, case_id, NULL, SESSION_LOOK, &x);
	buf_init(&html, DOCUMENT_BYTES_MAX);
	if (!err)
		err = render(x, &o, &html);
	if (!err)
		err = file_replace(path, html.data, html.len);
	buf_fini(&html);
	session_close(x);
	return err;
}

int papers_command_print(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct store *s;
	int err = shell_open(sh, args, &s);

	if (err)
		return err;
	err = print_case(sh, s);
	store_close(s);
	return err;
}
