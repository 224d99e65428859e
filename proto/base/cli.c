/*
 * cli: see cli.h.
 */
#include "proto/base/cli.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"

#define CLI_HELP_BYTES_MAX (256 * 1024)

/* ---- Finding things in the tables ---- */

/* How many words of argv name this command: 0 when they do not. */
static int command_words(const struct cli_command *c, int argc, char **argv)
{
	const char *space = strchr(c->name, ' ');
	size_t first = space ? (size_t)(space - c->name) : strlen(c->name);

	if (argc < 1 || strlen(argv[0]) != first || memcmp(argv[0], c->name, first) != 0)
		return 0;
	if (!space)
		return 1;
	return argc >= 2 && strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

static const struct cli_command *find_command(const struct cli_program *p, int argc, char **argv, int *words)
{
	const struct cli_command *found = NULL;

	*words = 0;
	for (size_t i = 0; i < p->command_count; i++) {
		int n = command_words(&p->commands[i], argc, argv);

		if (n > *words) {
			*words = n;
			found = &p->commands[i];
		}
	}
	return found;
}

/* The option with this name (of `len` bytes), or this letter when `name` is NULL. */
static const struct cli_option *find_in(const struct cli_option *list, const char *name, size_t len, char letter)
{
	for (; list && list->name; list++) {
		if (name && strlen(list->name) == len && memcmp(list->name, name, len) == 0)
			return list;
		if (!name && list->letter && list->letter == letter)
			return list;
	}
	return NULL;
}

/* Among those that `c` takes; NULL: among all of the program's groups, since the command is not known yet. */
static const struct cli_option *find_option(
	const struct cli_program *p, const struct cli_command *c, const char *name, size_t len, char letter)
{
	const struct cli_option *found = c ? find_in(c->options, name, len, letter) : NULL;

	for (size_t i = 0; !found && i < p->group_count; i++)
		if (!c || c->groups >> i & 1)
			found = find_in(p->groups[i], name, len, letter);
	return found;
}

static size_t find_given(const struct cli_args *a, const char *name)
{
	size_t i = 0;

	while (i < a->given_count && strcmp(a->given[i].option->name, name) != 0)
		i++;
	return i;
}

/* ---- Taking argv apart ---- */

struct words { /* what is left of argv */
	char **at;
	int left;
};

static char *next_word(struct words *w)
{
	if (w->left == 0)
		return NULL;
	w->left--;
	return *w->at++;
}

static int keep(struct cli_args *a, const struct cli_option *o, const char *value)
{
	if (find_given(a, o->name) < a->given_count)
		return err_set(ERR_USAGE, "option --%s is given twice", o->name);
	if (a->given_count == CLI_OPTIONS_MAX)
		return err_set(ERR_USAGE, "more than %d options", CLI_OPTIONS_MAX);
	a->given[a->given_count].option = o;
	a->given[a->given_count++].value = value;
	return 0;
}

/* `word` begins with "--" and has more. */
static int take_long(struct cli_args *a, const char *word, struct words *rest)
{
	const char *name = word + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct cli_option *o = find_option(a->program, a->command, name, len, 0);

	if (!o && strcmp(name, "help") == 0) {
		a->wants_help = true;
		return 0;
	}
	if (!o)
		return err_set(ERR_USAGE, "no option --%.*s here; see --help", len > 40 ? 40 : (int)len, name);
	if (!o->value && value)
		return err_set(ERR_USAGE, "option --%s takes nothing", o->name);
	if (o->value && !value)
		value = next_word(rest);
	if (o->value && !value)
		return err_set(ERR_USAGE, "option --%s needs %s", o->name, o->value);
	return keep(a, o, value);
}

/* `word` begins with '-' and has more: letters, of which the last may take what follows. */
static int take_letters(struct cli_args *a, const char *word, struct words *rest)
{
	int err = 0;

	for (size_t i = 1; !err && word[i]; i++) {
		const struct cli_option *o = find_option(a->program, a->command, NULL, 0, word[i]);

		if (!o && word[i] == 'h') {
			a->wants_help = true;
			continue;
		}
		if (!o)
			return err_set(ERR_USAGE, "no option -%c here; see --help", word[i] > ' ' && word[i] < 127 ? word[i] : '?');
		if (o->value) {
			const char *value = word[i + 1] ? word + i + 1 : next_word(rest);

			return value ? keep(a, o, value) : err_set(ERR_USAGE, "option -%c needs %s", o->letter, o->value);
		}
		err = keep(a, o, NULL);
	}
	return err;
}

static int take_word(struct cli_args *a, char *word, struct words *rest)
{
	int words;

	if (a->command) {
		a->operands[a->operand_count++] = word;
		return 0;
	}
	a->command = find_command(a->program, rest->left + 1, rest->at - 1, &words);
	if (!a->command)
		return err_set(ERR_USAGE, "no such command; `%s help` lists them", a->program->name);
	while (--words > 0)
		next_word(rest);
	return 0;
}

/* Options that stood before the command, and the number of operands. */
static int check_whole(const struct cli_args *a)
{
	const struct cli_command *c = a->command;

	if (a->wants_help)
		return 0;
	if (!c)
		return err_set(ERR_USAGE, "a command was expected; `%s help` lists them", a->program->name);
	for (size_t i = 0; i < a->given_count; i++) {
		const char *name = a->given[i].option->name;

		if (find_option(a->program, c, name, strlen(name), 0) != a->given[i].option)
			return err_set(ERR_USAGE, "no option --%s here; see --help", name);
	}
	if (a->operand_count < c->operand_min)
		return err_set(ERR_USAGE, "fewer operands than expected: %s %s", c->name, c->operands);
	if (a->operand_count > c->operand_max)
		return err_set(ERR_USAGE, "more operands than expected: %s %s", c->name, c->operands);
	return 0;
}

/* Operands are gathered at the beginning of argv, which has been read that far already. */
int cli_parse(const struct cli_program *p, int argc, char **argv, struct cli_args *out)
{
	struct words rest = { .at = argv + 1, .left = argc > 0 ? argc - 1 : 0 };
	bool is_ended = false;
	char *word;
	int err = 0;

	memset(out, 0, sizeof *out);
	out->program = p;
	out->operands = argv + 1;
	while (!err && (word = next_word(&rest)) != NULL) {
		if (is_ended || word[0] != '-' || !word[1])
			err = take_word(out, word, &rest);
		else if (strcmp(word, "--") == 0)
			is_ended = true;
		else if (word[1] == '-')
			err = take_long(out, word, &rest);
		else
			err = take_letters(out, word, &rest);
	}
	return err ? err : check_whole(out);
}

/* ---- What a command asks for ---- */

const char *cli_value(const struct cli_args *a, const char *name)
{
	size_t i = find_given(a, name);

	assert(find_option(a->program, a->command, name, strlen(name), 0));
	return i < a->given_count ? a->given[i].value : NULL;
}

int cli_need(const struct cli_args *a, const char *name, const char **out)
{
	*out = cli_value(a, name);
	return *out ? 0 : err_set(ERR_USAGE, "option --%s is needed", name);
}

bool cli_flag(const struct cli_args *a, const char *name)
{
	assert(find_option(a->program, a->command, name, strlen(name), 0));
	return find_given(a, name) < a->given_count;
}

int cli_number(const char *text, const char *what, int64_t min, int64_t max, int64_t *out)
{
	char *end;
	long long v;

	*out = 0;
	errno = 0;
	v = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '+' || text[0] == ' ' || v < min || v > max)
		return err_set(ERR_USAGE, "%s: a number from %lld to %lld was expected", what, (long long)min, (long long)max);
	*out = v;
	return 0;
}

int cli_integer(const struct cli_args *a, const char *name, int64_t min, int64_t max, int64_t fallback, int64_t *out)
{
	const char *value = cli_value(a, name);

	*out = fallback;
	return value ? cli_number(value, name, min, max, out) : 0;
}

static int prompt(const char *text, const char *again, char **out)
{
	char *second = NULL;
	int err = file_prompt_secret(text, out);

	if (!err && again)
		err = file_prompt_secret(again, &second);
	if (!err && second && strcmp(*out, second) != 0)
		err = err_set(ERR_USAGE, "passphrase: the two differ");
	file_secret_free(second);
	if (err) {
		file_secret_free(*out);
		*out = NULL;
	}
	return err;
}

int cli_secret(const struct cli_args *a, const char *file, const char *fd, const char *text, const char *again, char **out)
{
	const char *path = cli_value(a, file);
	const char *number = cli_value(a, fd);
	int64_t descriptor;
	int err;

	*out = NULL;
	if (path && number)
		return err_set(ERR_USAGE, "options --%s and --%s exclude each other", file, fd);
	if (path)
		return file_read_secret(path, out);
	if (!number)
		return prompt(text, again, out);
	err = cli_number(number, fd, 0, 1023, &descriptor);
	return err ? err : file_read_secret_fd((int)descriptor, out);
}

int cli_print(const struct buf *b)
{
	int err = buf_error(b);

	if (err)
		return err;
	if (b->len && fwrite(b->data, 1, b->len, stdout) != b->len)
		return err_set(ERR_IO, "standard output: %s", strerror(errno));
	return 0;
}

/* ---- Help ---- */

static void help_option(const struct cli_option *o, struct buf *out)
{
	size_t used = strlen(o->name) + (o->value ? strlen(o->value) + 1 : 0);

	if (o->letter)
		buf_printf(out, "  -%c, --%s%s%s", o->letter, o->name, o->value ? " " : "", o->value ? o->value : "");
	else
		buf_printf(out, "      --%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
	buf_printf(out, "%*s%s\n", used < 26 ? (int)(28 - used) : 2, "", o->help);
}

static void help_options(const char *title, const struct cli_option *list, struct buf *out)
{
	if (!list || !list->name)
		return;
	buf_text(out, title);
	for (; list->name; list++)
		help_option(list, out);
}

static void help_command(const struct cli_program *p, const struct cli_command *c, struct buf *out)
{
	buf_printf(out, "Example:\n  %s %s\n\n%s %s [OPTION ...]%s%s\n%s.\n%s.\n", p->name, c->example, p->name, c->name,
		c->operands[0] ? " " : "", c->operands, c->english, c->arabic);
	help_options("\nOptions\n", c->options, out);
	for (size_t i = 0; i < p->group_count; i++) {
		bool is_first = (c->groups & ((1u << i) - 1)) == 0;

		if (c->groups >> i & 1)
			help_options(is_first ? "\nOptions of many commands\n" : "", p->groups[i], out);
	}
}

static void help_all(const struct cli_program *p, struct buf *out)
{
	buf_printf(out, "Example:\n  %s %s\n\n%s COMMAND [OPTION ...] [OPERAND ...]\n%s.\n%s.\n\nCommands\n", p->name, p->example, p->name,
		p->english, p->arabic);
	for (size_t i = 0; i < p->command_count; i++)
		buf_printf(out, "  %-18s  %s\n%22s%s\n", p->commands[i].name, p->commands[i].english, "", p->commands[i].arabic);
	buf_printf(out, "  %-18s  %s\n", "version", "the version of this program");
	buf_text(out, "\nResults go to standard output, messages to standard error. Exit status: 0 done, 1 failed, 2 bad usage or\n"
		      "configuration, 75 try again later. ");
	buf_printf(out, "`%s COMMAND --help` tells more about one command.\n", p->name);
}

void cli_help(const struct cli_program *p, const struct cli_command *command, struct buf *out)
{
	if (command)
		help_command(p, command, out);
	else
		help_all(p, out);
}

static int print_help(const struct cli_program *p, const struct cli_command *command)
{
	struct buf out;
	int err;

	buf_init(&out, CLI_HELP_BYTES_MAX);
	cli_help(p, command, &out);
	err = cli_print(&out);
	buf_fini(&out);
	return err;
}

/* ---- The whole call ---- */

static int answer_help(const struct cli_program *p, int argc, char **argv)
{
	const struct cli_command *command = NULL;
	int words;

	if (argc > 2) {
		command = find_command(p, argc - 2, argv + 2, &words);
		if (!command || words != argc - 2)
			return err_set(ERR_USAGE, "no such command; `%s help` lists them", p->name);
	}
	return print_help(p, command);
}

static int tell(const struct cli_program *p, const char *command, int err)
{
	if (err)
		fprintf(stderr, "%s: %s%s%s\n%s\n", p->name, command, command[0] ? ": " : "", err_message(), err_arabic(err));
	return err_exit(err);
}

static int print_version(const struct cli_program *p)
{
	return printf("%s %s\n", p->name, p->version) < 0 ? err_set(ERR_IO, "standard output: %s", strerror(errno)) : 0;
}

int cli_run(const struct cli_program *p, void *ctx, int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : "";
	struct cli_args args = { .program = p };
	int err;

	if (strcmp(first, "help") == 0)
		err = answer_help(p, argc, argv);
	else if ((strcmp(first, "version") == 0 || strcmp(first, "--version") == 0) && argc == 2)
		err = print_version(p);
	else {
		err = cli_parse(p, argc, argv, &args);
		if (!err && args.wants_help)
			err = print_help(p, args.command);
		else if (!err)
			err = args.command->run(ctx, &args);
	}
	if (fflush(stdout) != 0 && !err)
		err = err_set(ERR_IO, "standard output: %s", strerror(errno));
	return tell(p, args.command ? args.command->name : "", err);
}
