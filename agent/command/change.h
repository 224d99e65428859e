/*
 * change: command `edit`: one answer of one case changed, cleared, or an entry removed.
 */
#ifndef AGENT_COMMAND_CHANGE_H
#define AGENT_COMMAND_CHANGE_H

#include "agent/command/shell.h"

extern const struct cli_option CHANGE_OPTIONS[];
int change_command(void *ctx, const struct cli_args *args) MUST_CHECK;

#endif
