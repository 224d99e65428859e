/*
 * cli: the command line of both programs: a table of subcommands, their options, help printed from the table, and how a
 * failure is told.
 *
 * Options have GNU long names (`--name value`, `--name=value`), some a letter too (`-x value`), may stand before or behind
 * operands, are never abbreviated and never repeated; `--` ends them. Those of the program's groups may also stand before the
 * command, which has one word or two ("device list"). Results go to stdout, everything else to stderr. A failure is told in two
 * lines, English with the command's name and Arabic with what to do, and its code becomes the exit status (err_exit()). Secrets
 * never stand in arguments: cli_secret() reads them elsewhere.
 */
#ifndef PROTO_BASE_CLI_H
#define PROTO_BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

#define CLI_OPTIONS_MAX 32 /* given in one call */

struct cli_args;

struct cli_option {
	const char *name;  /* without the dashes; NULL ends a list */
	char letter;       /* 0: none */
	const char *value; /* how help names what follows it ("FILE"); NULL: a flag */
	const char *help;  /* one line */
};

struct cli_command {
	const char *name;                                   /* one word, or two with one space */
	const char *operands;                               /* as help shows them; "" for none */
	size_t operand_min, operand_max;                    /* how many are accepted */
	const struct cli_option *options;                   /* its own; NULL: none */
	unsigned groups;                                    /* bit n: it takes the options of the program's group n too */
	const char *english, *arabic;                       /* what it does, one line */
	const char *example;                                /* what to type after the program's name */
	int (*run)(void *ctx, const struct cli_args *args); /* 0 or ERR_* with its message set */
};

struct cli_program {
	const char *name;                       /* "mandoob-server" */
	const char *version;                    /* printed by `version` */
	const char *english, *arabic;           /* what it is, one line */
	const char *example;                    /* what to type after the program's name */
	const struct cli_option *const *groups; /* options that several commands share */
	size_t group_count;
	const struct cli_command *commands;
	size_t command_count;
};

/* What was typed. Everything borrows from argv and the table. */
struct cli_args {
	const struct cli_program *program;
	const struct cli_command *command;
	struct {
		const struct cli_option *option;
		const char *value; /* NULL for a flag */
	} given[CLI_OPTIONS_MAX];
	size_t given_count;
	char **operands;
	size_t operand_count;
	bool wants_help;
};

/*
 * Do what argv says and return the exit status. `ctx` is handed to the command. `help`, `help COMMAND`, `COMMAND --help`, `version` and
 * `--version` are answered here. What a command wrote to stdout is flushed; when that fails the status is that of ERR_IO.
 */
int cli_run(const struct cli_program *p, void *ctx, int argc, char **argv);

/* Take argv apart; operands are gathered at its end. ERR_USAGE says what was not understood. `*out` is filled as far as it went. */
int cli_parse(const struct cli_program *p, int argc, char **argv, struct cli_args *out) MUST_CHECK;

/* Append the help of the program (`command` NULL) or of one command, which opens with an example. */
void cli_help(const struct cli_program *p, const struct cli_command *command, struct buf *out);

/* The value of an option; NULL when it was not given. A name that the command does not know is an error of the program (asserted). */
const char *cli_value(const struct cli_args *a, const char *name);
/* The same for an option that must be given: ERR_USAGE. */
int cli_need(const struct cli_args *a, const char *name, const char **out) MUST_CHECK;
bool cli_flag(const struct cli_args *a, const char *name);
/* The value as a decimal number within `min` to `max`; `fallback` when it was not given. ERR_USAGE. */
int cli_integer(const struct cli_args *a, const char *name, int64_t min, int64_t max, int64_t fallback, int64_t *out) MUST_CHECK;

/* Read a decimal number; `what` names it in the message. ERR_USAGE. */
int cli_number(const char *text, const char *what, int64_t min, int64_t max, int64_t *out) MUST_CHECK;

/*
 * A secret from the file named by option `file`, from the descriptor named by option `fd`, or typed at the terminal after
 * `prompt`; `prompt_again` not NULL: typed twice when typed. Free with file_secret_free(). Errors as in file.h; ERR_USAGE also when both
 * options were given or the two differ.
 */
int cli_secret(
	const struct cli_args *a, const char *file, const char *fd, const char *prompt, const char *prompt_again, char **out) MUST_CHECK;

/* Write `b` to stdout: ERR_IO, or the error that `b` holds. */
int cli_print(const struct buf *b) MUST_CHECK;

#endif
