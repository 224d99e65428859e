/*
 * papers_command: which forms and reference lists this device has: command `papers`; and a case on paper: command `print`.
 */
#ifndef AGENT_COMMAND_PAPERS_COMMAND_H
#define AGENT_COMMAND_PAPERS_COMMAND_H

#include "agent/command/shell.h"

extern const struct cli_option PAPERS_COMMAND_OPTIONS[];
extern const struct cli_option PAPERS_COMMAND_PRINT_OPTIONS[];
int papers_command(void *ctx, const struct cli_args *args) MUST_CHECK;
int papers_command_print(void *ctx, const struct cli_args *args) MUST_CHECK;

#endif
