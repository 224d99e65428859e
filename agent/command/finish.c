/*
 * finish: see finish.h.
 */
#include "agent/command/finish.h"

#include <stdio.h>
#include <string.h>

#include "agent/session.h"

const struct cli_option FINISH_OPTIONS[] = {
	{ "json", 'j', NULL, "print one JSON object" },
	{ NULL, 0, NULL, NULL },
};

/* The lines of `p` as an array of texts. */
static void write_lines(struct json_writer *j, struct session_problems *p)
{
	json_write_array(j, "problems");
	for (const char *at = buf_string(&p->lines); *at;) {
		size_t len = strcspn(at, "\n");

		json_write_text_n(j, NULL, at, len);
		at += len + (at[len] == '\n');
	}
	json_write_end(j);
}

static int tell(struct shell *sh, uint64_t case_id, const struct form *form, struct session_problems *p, bool is_finished)
{
	char id[RECORD_ID_TEXT_BYTES];
	struct json_writer j;
	struct buf out;
	int err;

	buf_init(&out, SHELL_OUTPUT_BYTES_MAX);
	record_id_format(case_id, id);
	if (cli_flag(sh->args, "json")) {
		json_write_init(&j, &out);
		json_write_object(&j, NULL);
		json_write_text(&j, "case", id);
		json_write_text(&j, "form", form_id(form));
		json_write_text(&j, "form_version", form_version(form));
		json_write_bool(&j, "finished", is_finished);
		json_write_unsigned(&j, "hard", p->hard);
		json_write_unsigned(&j, "soft", p->soft);
		write_lines(&j, p);
		json_write_end(&j);
		buf_text(&out, "\n");
	} else {
		buf_append(&out, p->lines.data, p->lines.len);
		buf_printf(&out, "%s\tform %s %s\thard %zu\tsoft %zu%s\n", id, form_id(form), form_version(form), p->hard, p->soft,
			   is_finished ? "\tfinished | أُنهيت الزيارة" : "");
	}
	err = cli_print(&out);
	buf_fini(&out);
	return err;
}

static int look(struct shell *sh, struct store *s, bool is_finishing)
{
	struct session_problems p;
	struct session *x = NULL;
	uint64_t case_id;
	int told = 0;
	int err = record_id_parse(sh->args->operands[0], &case_id);

	session_problems_init(&p);
	if (!err)
		err = session_open(s, case_id, NULL, is_finishing ? SESSION_TAKE : SESSION_LOOK, &x);
	if (!err)
		err = is_finishing ? session_finish(x, &p) : session_check(x, &p);
	if (!err || (err == ERR_REFUSED && p.hard)) {
		/* The message of the refusal comes last, behind what it speaks of. */
		char message[512];

		snprintf(message, sizeof message, "%s", err ? err_message() : "");
		told = tell(sh, session_case(x), session_form(x), &p, is_finishing && !err);
		err = err ? err_set(err, "%s", message) : told;
	}
	session_close(x);
	session_problems_fini(&p);
	return err;
}

static int run(void *ctx, const struct cli_args *args, bool is_finishing)
{
	struct shell *sh = ctx;
	struct store *s;
	int err = shell_open(sh, args, &s);

	if (err)
		return err;
	err = look(sh, s, is_finishing);
	store_close(s);
	return err;
}

int finish_command(void *ctx, const struct cli_args *args)
{
	return run(ctx, args, true);
}

int finish_command_doubts(void *ctx, const struct cli_args *args)
{
	return run(ctx, args, false);
}
