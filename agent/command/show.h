/*
 * show: commands `list` and `show`: what this device holds, as a person reads it or as JSON.
 */
#ifndef AGENT_COMMAND_SHOW_H
#define AGENT_COMMAND_SHOW_H

#include "agent/command/shell.h"

extern const struct cli_option SHOW_OPTIONS[];
extern const struct cli_option SHOW_LIST_OPTIONS[];
int show_command(void *ctx, const struct cli_args *args) MUST_CHECK;
int show_command_list(void *ctx, const struct cli_args *args) MUST_CHECK;

#endif
