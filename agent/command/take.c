/*
 * take: see take.h. Each application is stored whole or not at all, and named as saved only after its commit; one that cannot be taken
 * does not hold up the others of a list.
 */
#include "agent/command/take.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/answer_json.h"
#include "agent/command/interview.h"
#include "agent/shelf.h"
#include "agent/session.h"

const struct cli_option TAKE_OPTIONS[] = {
	{ "case", 0, "ID", "update this case instead of opening a new one" },
	{ "form", 0, "NAME", "take another form than the support application; `papers` lists them" },
	{ "interactive", 'i', NULL, "ask the questions at the terminal" },
	{ "json", 'j', NULL, "print one JSON object" },
	{ "verbose", 'v', NULL, "name what is missing and what should be looked at again" },
	{ NULL, 0, NULL, NULL },
};

struct taking {
	struct store *store;
	struct interview_lock lock;
	const struct form *form;
	uint64_t case_id;         /* to update; 0: open new cases */
	bool is_json;
	bool is_verbose;
	struct buf out;
	struct json_writer json;
	size_t met;               /* applications so far */
	size_t failed;
};

/* ---- telling ---- */

static void tell_lines(struct taking *t, const char *lines)
{
	json_write_array(&t->json, "problems");
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		json_write_text_n(&t->json, NULL, lines, len);
		lines += len + (lines[len] ? 1 : 0);
	}
	json_write_end(&t->json);
}

/* `p` NULL: it could not be looked at again. */
static void tell_json(struct taking *t, const char *id, size_t answers, struct session_problems *p)
{
	json_write_object(&t->json, NULL);
	json_write_text(&t->json, "case", id);
	json_write_unsigned(&t->json, "saved", answers);
	if (p) {
		json_write_unsigned(&t->json, "hard", p->hard);
		json_write_unsigned(&t->json, "soft", p->soft);
	}
	if (p && t->is_verbose)
		tell_lines(t, buf_string(&p->lines));
	json_write_end(&t->json);
}

/* At once, so that whoever reads along knows it even when this program does not live to its end. */
static int tell_text(struct taking *t, const char *id, size_t answers)
{
	int err;

	buf_printf(&t->out, "%s\tsaved on this device: %zu answers\n", id, answers);
	err = cli_print(&t->out);
	if (!err && fflush(stdout) != 0)
		err = err_set(ERR_IO, "standard output: cannot write");
	buf_clear(&t->out);
	return err;
}

static void note_problems(const struct taking *t, const char *id, struct session_problems *p)
{
	if (p->hard + p->soft == 0)
		return;
	shell_note("%s: before the visit can be finished: %zu answers; to be looked at again: %zu%s", id, p->hard, p->soft,
			t->is_verbose ? ":" : "; --verbose names them");
	if (t->is_verbose)
		shell_note("%s", buf_string(&p->lines));
}

/* What stands in the way of finishing; false when that cannot be said: a store that stayed locked cannot be asked. */
static bool look_again(struct taking *t, uint64_t case_id, struct session_problems *p)
{
	struct session *x;
	int err;

	if (!t->store->db)
		return false;
	err = session_open(t->store, case_id, NULL, SESSION_LOOK, &x);
	if (!err)
		err = session_check(x, p);
	session_close(x);
	if (err)
		shell_note("the answers are saved, but could not be looked at again: %s", err_message());
	return err == 0;
}

/* What was saved, and softly what is still missing. The answers are safe by now, and told as such whatever happens behind. */
static int tell_saved(struct taking *t, const struct answer_saved *saved)
{
	char id[RECORD_ID_TEXT_BYTES];
	struct session_problems p;
	bool is_known;
	int err = 0;

	record_id_format(saved->case_id, id);
	if (!t->is_json)
		err = tell_text(t, id, saved->answers);
	session_problems_init(&p);
	is_known = look_again(t, saved->case_id, &p);
	if (t->is_json)
		tell_json(t, id, saved->answers, is_known ? &p : NULL);
	else if (is_known)
		note_problems(t, id, &p);
	session_problems_fini(&p);
	return err;
}

static void tell_failed(struct taking *t, struct answer_problems *p)
{
	const char *message = err_message();
	const char *at = buf_string(&p->lines);

	t->failed++;
	shell_note("application %zu: %s", t->met, message);
	if (t->is_json) {
		json_write_object(&t->json, NULL);
		json_write_text(&t->json, "error", message);
		json_write_array(&t->json, "problems");
	}
	while (*at) {
		size_t len = strcspn(at, "\n");

		shell_note("  %.*s", (int)len, at);
		if (t->is_json)
			json_write_text_n(&t->json, NULL, at, len);
		at += len + (at[len] ? 1 : 0);
	}
	if (t->is_json) {
		json_write_end(&t->json);
		json_write_end(&t->json);
	}
}

/* ---- taking ---- */

static int take_one(struct taking *t, const json_t *object)
{
	struct answer_draft *d = NULL;
	struct answer_problems problems;
	struct answer_saved saved;
	int err;

	t->met++;
	answer_problems_init(&problems);
	err = answer_new(t->form, &d);
	if (!err)
		err = answer_json(d, object, &problems);
	if (!err)
		err = answer_save(t->store, d, t->case_id, &saved);
	if (!err) {
		err = tell_saved(t, &saved);
	} else if (err == ERR_USAGE || err == ERR_LIMIT) {
		tell_failed(t, &problems);
		err = 0;
	}
	answer_problems_fini(&problems);
	answer_free(d);
	return err;
}

static int take_array(struct taking *t, const json_t *array)
{
	int err = 0;

	if (json_array_size(array) == 0)
		return err_set(ERR_USAGE, "no application in the input");
	if (t->case_id && json_array_size(array) > 1)
		return err_set(ERR_USAGE, "--case takes one application, %zu were given", json_array_size(array));
	for (size_t i = 0; !err && i < json_array_size(array); i++)
		err = take_one(t, json_array_get(array, i));
	return err;
}

/* An array that owns one object for each line of `text` that is not empty. */
static int read_lines(const char *text, size_t len, json_t **out)
{
	json_t *array = json_array();
	unsigned line = 0;
	int err = array ? 0 : err_set(ERR_NOMEM, "no memory for the input");

	for (size_t from = 0; !err && from < len;) {
		const char *end = memchr(text + from, '\n', len - from);
		size_t line_len = end ? (size_t)(end - text) - from : len - from;
		json_t *object;

		line++;
		if (line_len > strspn(text + from, " \t\r")) {
			err = json_read(text + from, line_len, &object);
			if (err)
				err = err_context(err, "input, line %u", line);
			else if (json_array_append_new(array, object) != 0)
				err = err_set(ERR_NOMEM, "no memory for the input");
		}
		from += line_len + 1;
	}
	if (err) {
		json_decref(array);
		array = NULL;
	}
	*out = array;
	return err;
}

/* One object, an array of them, or one object a line. */
static int read_applications(const char *text, size_t len, json_t **out)
{
	size_t start = strspn(text, " \t\r\n");
	const char *line_end = memchr(text + start, '\n', len - start);
	json_t *value;
	int err = 0;

	if (text[start] == '{' && line_end && json_read(text + start, (size_t)(line_end - text) - start, &value) == 0) {
		json_decref(value);
		return read_lines(text, len, out);
	}
	err = json_read(text, len, &value);
	if (!err && json_is_object(value)) {
		*out = json_array();
		if (!*out || json_array_append_new(*out, value) != 0)
			err = err_set(ERR_NOMEM, "no memory for the input");
		return err;
	}
	*out = err ? NULL : value;
	return err;
}

static int take_input(struct taking *t, const char *path)
{
	struct buf text;
	json_t *applications = NULL;
	int err;

	buf_init(&text, JSON_READ_BYTES_MAX);
	err = shell_read(path, &text);
	if (!err)
		err = read_applications(buf_string(&text), text.len, &applications);
	if (!err)
		err = take_array(t, applications);
	json_decref(applications);
	buf_fini(&text);
	if (err == ERR_CORRUPT)
		err = err_context(ERR_USAGE, "nothing was taken");
	return err;
}

static int take_interview(struct taking *t)
{
	struct answer_saved saved;
	int err = interview(t->store, t->form, t->case_id, &t->lock, &saved);

	t->met = 1;
	if (saved.case_id) {
		/* Told even when the interview ended badly: what was answered before is saved. */
		int told = tell_saved(t, &saved);

		err = err ? err : told;
	}
	return err;
}

/* The case to update and the form it is open with, or the form that was named. */
static int find_form(struct shell *sh, struct taking *t)
{
	const char *id = cli_value(sh->args, "case");
	const char *name = cli_value(sh->args, "form");
	int64_t form_id;
	int err;

	if (id && name)
		return err_set(ERR_USAGE, "either --case or --form: a case keeps its form");
	if (name)
		err = shelf_form_named(t->store, name, &t->form, &form_id);
	else if (!id)
		err = shelf_form_current(t->store, &t->form, &form_id);
	else
		err = record_id_parse(id, &t->case_id);
	if (!err && id)
		err = session_form_of(t->store, t->case_id, SESSION_TAKE, &t->form);
	return err ? err : session_check_form(t->form);
}

static int take_all(struct shell *sh, struct taking *t)
{
	const char *path = sh->args->operand_count ? sh->args->operands[0] : NULL;
	bool is_asked = cli_flag(sh->args, "interactive") || (!path && isatty(STDIN_FILENO));
	int err = shell_need_enrolled(t->store);

	if (!err && is_asked && path)
		return err_set(ERR_USAGE, "either a file or --interactive");
	if (!err)
		err = find_form(sh, t);
	if (err)
		return err;
	if (t->is_json) {
		json_write_init(&t->json, &t->out);
		json_write_object(&t->json, NULL);
		json_write_array(&t->json, "applications");
	}
	err = is_asked ? take_interview(t) : take_input(t, path);
	if (t->is_json) {
		json_write_end(&t->json);
		json_write_end(&t->json);
		buf_text(&t->out, "\n");
	}
	return err;
}

int take_command(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct taking t = { .is_json = cli_flag(args, "json"), .is_verbose = cli_flag(args, "verbose") };
	int err = shell_open(sh, args, &t.store);

	if (err)
		return err;
	t.lock = (struct interview_lock){ .dir = sh->dir, .idle_ms = sh->config.idle_lock_s * 1000 };
	buf_init(&t.out, SHELL_OUTPUT_BYTES_MAX);
	err = take_all(sh, &t);
	/* What was saved is told also when a later application met an error. */
	if (t.met && cli_print(&t.out) != 0 && !err)
		err = ERR_IO;
	if (!err && t.failed)
		err = err_set(ERR_USAGE, "%zu of %zu applications were not saved; see above", t.failed, t.met);
	buf_fini(&t.out);
	store_close(t.store);
	return err;
}
