/*
 * command: see command.h.
 */
#include "server/command/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/log.h"
#include "server/admin/escrow.h"

#define RIYADH_S (3 * 3600) /* Saudi Arabia knows no summer time */

int command_config(const struct cli_args *a, struct config *out)
{
	const char *dir = cli_value(a, "dir");
	int err = config_load(cli_value(a, "config"), out);

	if (err)
		return err;
	log_open(out->log_level);
	if (dir) {
		if (!dir[0] || strlen(dir) >= sizeof out->dir)
			return err_set(ERR_USAGE, "--dir: a path of 1 to %d bytes was expected", CONFIG_TEXT_BYTES - 1);
		memcpy(out->dir, dir, strlen(dir) + 1);
	}
	return 0;
}

int command_find(const char *dir)
{
	char path[CONFIG_TEXT_BYTES + sizeof "/" CENTRE_FILE];

	snprintf(path, sizeof path, "%s/" CENTRE_FILE, dir);
	return access(path, F_OK) == 0 ? 0 : err_set(ERR_NOT_FOUND, "%s: no centre's store is there; run: mandoob-server init", dir);
}

int command_open(const struct command *x, const struct cli_args *a, struct centre **out)
{
	struct config config;
	char *passphrase = NULL;
	int err = command_config(a, &config);

	*out = NULL;
	if (!err)
		err = command_find(config.dir);
	if (!err)
		err = cli_secret(
			a, "passphrase-file", "passphrase-fd", "Passphrase of the centre / عبارة مرور المركز: ", NULL, &passphrase);
	if (!err)
		err = centre_open(x->env, config.dir, passphrase, strlen(passphrase), out);
	file_secret_free(passphrase);
	if (!err && !escrow_look(*out))
		command_note("WARNING: the organisation cannot open this centre with its recovery key: when the passphrase is lost,\n"
			     "everything is lost. Run: mandoob-server vault slot add organisation\n"
			     "تحذير: لا تستطيع الجمعية فتح مخزن المركز بمفتاح الاسترجاع: إن ضاعت عبارة المرور ضاع كل شيء.\n"
			     "نفّذ: mandoob-server vault slot add organisation");
	return err;
}

int command_sign_in(const struct cli_args *a, struct centre *c, bool needs_admin, struct account *out)
{
	const char *name;
	char *passphrase = NULL;
	int err = cli_need(a, "as", &name);

	if (!err)
		err = cli_secret(a, "as-passphrase-file", "as-passphrase-fd", "Your own passphrase / عبارة مرورك: ", NULL, &passphrase);
	if (!err)
		err = account_sign_in(c, name, passphrase, out);
	file_secret_free(passphrase);
	if (!err && needs_admin && !out->is_admin)
		err = err_set(ERR_AUTH, "only an administrator may do this");
	return err;
}

int command_enter(const struct command *x, const struct cli_args *a, bool needs_admin, struct centre **out, struct account *who)
{
	int err;

	*out = NULL;
	if (!cli_value(a, "as"))
		return err_set(ERR_USAGE, "option --as is needed: the name of your account");
	err = command_open(x, a, out);
	if (!err)
		err = command_sign_in(a, *out, needs_admin, who);
	if (err) {
		centre_close(*out);
		*out = NULL;
	}
	return err;
}

int command_audit(struct centre *c, int64_t person_id, const char *action, const char *subject)
{
	int err = db_begin(c->db);

	if (!err)
		err = centre_audit(c, person_id, action, subject);
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err;
}

int command_number(const struct cli_args *a, size_t i, const char *what, int64_t *out)
{
	return cli_number(a->operands[i], what, 1, INT64_MAX, out);
}

/* Calendar fields of `ms` plus `shift_s`; false when there are none to show. */
static bool fields_of(int64_t ms, int64_t shift_s, struct tm *out)
{
	time_t t = (time_t)(ms / 1000 + shift_s);

	return ms > 0 && gmtime_r(&t, out) != NULL && out->tm_year < 8000;
}

const char *command_time(int64_t ms, char out[static COMMAND_TIME_BYTES])
{
	struct tm t;

	memcpy(out, "-", 2);
	if (fields_of(ms, RIYADH_S, &t))
		strftime(out, COMMAND_TIME_BYTES, "%Y-%m-%d %H:%M", &t);
	return out;
}

const char *command_time_utc(int64_t ms, char out[static COMMAND_TIME_BYTES])
{
	struct tm t;

	if (!fields_of(ms, 0, &t))
		return NULL;
	strftime(out, COMMAND_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &t);
	return out;
}

void command_begin(struct buf *out)
{
	buf_init(out, COMMAND_OUTPUT_BYTES_MAX);
}

int command_end(struct buf *out, int err)
{
	if (!err)
		err = cli_print(out);
	buf_fini(out);
	return err;
}

int command_show(const struct command *x, const struct cli_args *a, bool needs_admin, command_shower *show)
{
	struct account who;
	struct centre *c;
	struct buf out;
	int err = command_enter(x, a, needs_admin, &c, &who);

	command_begin(&out);
	if (!err)
		err = show(c, a, &out);
	centre_close(c);
	return command_end(&out, err);
}

int command_install(const struct command *x, const struct cli_args *a, size_t bytes_max, command_changer *change)
{
	struct account who;
	struct centre *c = NULL;
	struct buf bytes;
	int err;

	buf_init(&bytes, bytes_max);
	err = file_read(a->operands[0], &bytes);
	if (!err)
		err = command_enter(x, a, true, &c, &who);
	if (!err)
		err = db_begin(c->db);
	if (!err) {
		err = change(c, &bytes, who.person_id);
		if (!err)
			err = db_commit(c->db);
		if (err)
			db_rollback(c->db);
	}
	buf_fini(&bytes);
	centre_close(c);
	return err;
}

void command_list_begin(struct command_list *l, const struct cli_args *a, const char *name, const char *columns, struct buf *out)
{
	l->json = cli_flag(a, "json");
	l->out = out;
	json_write_init(&l->j, out);
	if (l->json) {
		json_write_object(&l->j, NULL);
		json_write_array(&l->j, name);
	} else {
		buf_text(out, columns);
		buf_text(out, "\n");
	}
}

void command_list_end(struct command_list *l)
{
	if (!l->json)
		return;
	json_write_end(&l->j);
	json_write_end(&l->j);
	buf_text(l->out, "\n");
}

void command_cell(struct buf *out, const char *text)
{
	for (; *text; text++) {
		char c = *text == '\t' || *text == '\n' || *text == '\r' ? ' ' : *text;

		buf_append(out, &c, 1);
	}
}

void command_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}
