/*
 * shell: see shell.h.
 */
#include "agent/command/shell.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/command/unlock.h"
#include "agent/guard.h"
#include "agent/upload.h"
#include "proto/base/file.h"

#define READ_BYTES 65536
#define RIYADH_S (3 * 3600) /* Saudi Arabia knows no summer time */

const struct cli_option SHELL_OPTIONS[] = {
	{ "dir", 'd', "DIR", "folder of the store; default: the configuration's, or $HOME/.local/share/mandoob" },
	{ "config", 'c', "FILE", "configuration; default: $HOME/.config/mandoob/agent.conf when there is one" },
	{ "passphrase-file", 0, "FILE", "passphrase is the first line of FILE; default: asked at the terminal" },
	{ "passphrase-fd", 0, "N", "passphrase is the first line of descriptor N" },
	{ NULL, 0, NULL, NULL },
};

int shell_init(struct shell *sh, const struct cli_args *args)
{
	int err = config_load(cli_value(args, "config"), &sh->config);

	if (err)
		return err;
	log_open(sh->config.log_level);
	err = upload_open(env_system(), &sh->config, &sh->network);
	if (err)
		return err;
	sh->env = upload_env(sh->network);
	sh->args = args;
	sh->dir = cli_value(args, "dir");
	if (!sh->dir)
		sh->dir = sh->config.dir;
	return 0;
}

void shell_fini(struct shell *sh)
{
	upload_close(sh->network);
	sh->network = NULL;
	sh->env = NULL;
}

/* Loud, and at the start of every command, until it is healed. */
static void shell_guard(struct store *s)
{
	struct buf warnings;

	guard_opened(s);
	buf_init(&warnings, 4096);
	guard_warnings(s, &warnings);
	fputs(buf_string(&warnings), stderr);
	buf_fini(&warnings);
}

int shell_open(struct shell *sh, const struct cli_args *args, struct store **out)
{
	char *passphrase = NULL;
	int err;

	*out = NULL;
	err = shell_init(sh, args);
	if (!err)
		err = unlock_find(sh->dir);
	if (!err)
		err = unlock_passphrase(args, &passphrase);
	if (!err)
		err = store_open(sh->env, sh->dir, passphrase, strlen(passphrase), out);
	file_secret_free(passphrase);
	if (err) {
		unlock_tell_lease(sh->dir, err);
		return err;
	}
	shell_guard(*out);
	return 0;
}

int shell_need_enrolled(const struct store *s)
{
	return s->is_enrolled ? 0 : err_set(ERR_USAGE, "this device is not enrolled yet; run: mandoob-agent enrol URL");
}

static int read_input(struct buf *out)
{
	uint8_t piece[READ_BYTES];
	ssize_t got = 1;

	while (got != 0 && !buf_error(out)) {
		got = read(STDIN_FILENO, piece, sizeof piece);
		if (got < 0 && errno != EINTR)
			return err_set(ERR_IO, "standard input: %s", strerror(errno));
		if (got > 0)
			buf_append(out, piece, (size_t)got);
	}
	explicit_bzero(piece, sizeof piece);
	return buf_error(out) ? err_context(buf_error(out), "standard input") : 0;
}

int shell_read(const char *path, struct buf *out)
{
	return path && strcmp(path, "-") != 0 ? file_read(path, out) : read_input(out);
}

void shell_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

/* Calendar fields of `ms` plus `shift_s`; false when there are none to show. */
static bool fields_of(int64_t ms, int64_t shift_s, struct tm *out)
{
	time_t t = (time_t)(ms / 1000 + shift_s);

	return ms > 0 && gmtime_r(&t, out) != NULL && out->tm_year < 8000;
}

const char *shell_time_utc(int64_t ms, char out[static SHELL_TIME_BYTES])
{
	struct tm t;

	out[0] = '\0';
	if (fields_of(ms, 0, &t))
		strftime(out, SHELL_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &t);
	return out;
}

const char *shell_time_local(int64_t ms, char out[static SHELL_TIME_BYTES])
{
	struct tm t;

	out[0] = '\0';
	if (fields_of(ms, RIYADH_S, &t))
		strftime(out, SHELL_TIME_BYTES, "%Y-%m-%d %H:%M", &t);
	return out;
}
