/*
 * finish: a visit checked and finished: commands `doubts` (look only) and `finish`.
 *
 * A visit with a hard error is not finished: each is named with its question, in both languages. Nothing is sent here: what was
 * saved before waits in the outbox already.
 */
#ifndef AGENT_COMMAND_FINISH_H
#define AGENT_COMMAND_FINISH_H

#include "agent/command/shell.h"

extern const struct cli_option FINISH_OPTIONS[];
int finish_command(void *ctx, const struct cli_args *args) MUST_CHECK;
int finish_command_doubts(void *ctx, const struct cli_args *args) MUST_CHECK;

#endif
