/*
 * shell: what every command gets: what was typed, the configuration, the outside world; and the few things they all do.
 *
 * Results are gathered in a struct buf and written with cli_print() at once; messages go to standard error line by line.
 */
#ifndef AGENT_COMMAND_SHELL_H
#define AGENT_COMMAND_SHELL_H

#include "agent/config.h"
#include "agent/store.h"
#include "proto/base/cli.h"
#include "proto/base/json.h"

#define SHELL_OUTPUT_BYTES_MAX (256 * 1024 * 1024)
#define SHELL_TIME_BYTES 32

/* Options of every command. */
extern const struct cli_option SHELL_OPTIONS[];

struct upload;

struct shell { /* begins as zeros */
	struct config config;
	struct upload *network;         /* owned */
	const struct env *env;          /* the network's; borrowed */
	const struct cli_args *args;    /* borrowed */
	const char *dir;                /* of the store; borrowed */
};

/* Read the configuration and make the outside world ready for a command. Ended by shell_fini(), which may be called on zeros. */
int shell_init(struct shell *sh, const struct cli_args *args) MUST_CHECK;
void shell_fini(struct shell *sh);

/*
 * shell_init(), then unlock and open the store. ERR_NOT_FOUND (with advice), ERR_AUTH, or as store_open(). `*out` is closed with
 * store_close() before shell_fini().
 */
int shell_open(struct shell *sh, const struct cli_args *args, struct store **out) MUST_CHECK;

/* ERR_USAGE with advice when the device is not enrolled yet. */
int shell_need_enrolled(const struct store *s) MUST_CHECK;

/* The whole of a file, or of standard input when `path` is NULL or "-", into `out` (see file_read()). */
int shell_read(const char *path, struct buf *out) MUST_CHECK;

/* One message for the person on standard error: never an answer, never a secret. */
void shell_note(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * A moment as UTC "2026-11-22T08:00:00Z", and as people here read it, "2026-11-22 11:00" in Asia/Riyadh; "" for 0 and what no
 * calendar has.
 */
const char *shell_time_utc(int64_t ms, char out[static SHELL_TIME_BYTES]);
const char *shell_time_local(int64_t ms, char out[static SHELL_TIME_BYTES]);

#endif
