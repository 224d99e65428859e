/*
 * stick: commands `export` and `import`: the same requests and answers over a file on a USB stick (FORMAT.md section 14).
 *
 * The file may hold requests of other devices and answers for them: they are kept as they are. An older request of this device is
 * replaced, unless it carries an envelope that this store does not know: then the store was put back in time or is a copy, and nobody else
 * may have what is in it.
 */
#ifndef AGENT_COMMAND_STICK_H
#define AGENT_COMMAND_STICK_H

#include "agent/command/shell.h"
#include "agent/round.h"

/*
 * Put a new request of this device into the stick file `path`, which is made when missing. ERR_CORRUPT: there is something else,
 * left alone.
 */
int stick_export(struct store *s, const char *path, size_t *request_bytes) MUST_CHECK;

/*
 * Whether the stick file at `path` holds, whole and in a request of this device, everything that has no receipt yet or is asked for again.
 * ERR_NOT_FOUND, ERR_CORRUPT, ERR_IO.
 */
int stick_holds_all(struct store *s, const char *path, bool *out) MUST_CHECK;

struct stick_import {
	struct round_result round; /* what the answers did */
	size_t found;              /* answers addressed to this device */
	size_t taken;
	size_t known;              /* of them, to requests answered before or too old */
};

/*
 * Take the answers for this device from the stick file `path`; the file is left as it is. ERR_NOT_FOUND: no such file, or no answer
 * for this device; ERR_CORRUPT: not a whole stick file; else the first failure of round_answer() that is not ERR_STALE, after all
 * answers were tried.
 */
int stick_import(struct store *s, const char *path, struct stick_import *out) MUST_CHECK;

extern const struct cli_option STICK_OPTIONS[];
int stick_command_export(void *ctx, const struct cli_args *args) MUST_CHECK;
int stick_command_import(void *ctx, const struct cli_args *args) MUST_CHECK;

#endif
