/*
 * take: command `take`: applications from a file, from standard input, or asked at the terminal (interview.h).
 */
#ifndef AGENT_COMMAND_TAKE_H
#define AGENT_COMMAND_TAKE_H

#include "agent/command/shell.h"

extern const struct cli_option TAKE_OPTIONS[];
int take_command(void *ctx, const struct cli_args *args) MUST_CHECK;

#endif
