/*
 * status: command `status`: what is saved here, what the centre has received, what it decided, and what needs a person.
 */
#ifndef AGENT_COMMAND_STATUS_H
#define AGENT_COMMAND_STATUS_H

#include "agent/command/shell.h"

extern const struct cli_option STATUS_OPTIONS[];
int status_command(void *ctx, const struct cli_args *args) MUST_CHECK;

#endif
