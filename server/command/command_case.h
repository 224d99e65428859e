/*
 * command_case: what cmd_case.c and cmd_case_show.c share.
 */
#ifndef SERVER_COMMAND_COMMAND_CASE_H
#define SERVER_COMMAND_COMMAND_CASE_H

#include "server/command/command.h"

/* Sign in and leave the audit row `action`, before anything of the case that is operand 0 is shown. On failure *c is NULL. */
int command_case_enter(const struct command *x, const struct cli_args *a, const char *action, struct centre **c, uint64_t *case_id,
	struct account *who) MUST_CHECK;

/* "ar" (the default) or "en" of an option. ERR_USAGE. */
int command_case_language(const struct cli_args *a, const char *option, bool *is_arabic) MUST_CHECK;

#endif
