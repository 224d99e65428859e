/*
 * The command line: commands of one and two words, options before and behind, what is refused, and help from the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/cli.h"
#include "proto/base/file.h"

#define WORDS_MAX 16

static const struct cli_option PLACE[] = {
	{ "dir", 'd', "DIR", "a folder" },
	{ "secret-file", 0, "FILE", "a secret" },
	{ "secret-fd", 0, "N", "a secret" },
	{ NULL, 0, NULL, NULL },
};
static const struct cli_option OTHER[] = {
	{ "as", 0, "NAME", "a person" },
	{ NULL, 0, NULL, NULL },
};
static const struct cli_option SHOW[] = {
	{ "json", 'j', NULL, "as JSON" },
	{ "max", 'm', "N", "at most" },
	{ NULL, 0, NULL, NULL },
};
static const struct cli_option *const GROUPS[] = { PLACE, OTHER };

static int run_show(void *ctx, const struct cli_args *a)
{
	*(size_t *)ctx = a->operand_count;
	return 0;
}

static int run_fail(void *ctx, const struct cli_args *a)
{
	(void)ctx;
	(void)a;
	return err_set(ERR_BUSY, "somebody else is here");
}

static const struct cli_command COMMANDS[] = {
	{ "show", "ID", 1, 2, SHOW, 1, "Shows one", "يعرض", "show 7-12", run_show },
	{ "device list", "", 0, 0, NULL, 1, "Lists", "يسرد", "device list", run_show },
	{ "device", "", 0, 0, NULL, 2, "Fails", "يفشل", "device", run_fail },
};
static const struct cli_program PROGRAM = { "mandoob-test", "1", "A test", "اختبار", "show 7-12", GROUPS, 2, COMMANDS, 3 };

struct typed {
	char text[256];
	char *argv[WORDS_MAX];
	int argc;
	struct cli_args args;
};

/* Make an argv of a line of words with single spaces. */
static void split(struct typed *t, const char *line)
{
	char *at = t->text;

	snprintf(t->text, sizeof t->text, "mandoob-test %s", line);
	t->argc = 0;
	while (at && *at) {
		char *space = strchr(at, ' ');

		t->argv[t->argc++] = at;
		if (space)
			*space++ = '\0';
		at = space;
	}
}

static int parse(struct typed *t, const char *line)
{
	split(t, line);
	return cli_parse(&PROGRAM, t->argc, t->argv, &t->args);
}

static void options_may_stand_anywhere(void **state)
{
	const char *const lines[] = {
		"--dir here show --json 7-12 --max 5",
		"show 7-12 -d here -jm 5",
		"show -jm5 --dir=here 7-12",
		"-dhere show --max=5 -j -- 7-12",
	};
	struct typed t;
	int64_t max;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		assert_int_equal(parse(&t, lines[i]), 0);
		assert_string_equal(t.args.command->name, "show");
		assert_string_equal(cli_value(&t.args, "dir"), "here");
		assert_true(cli_flag(&t.args, "json"));
		assert_int_equal(cli_integer(&t.args, "max", 1, 10, 3, &max), 0);
		assert_int_equal(max, 5);
		assert_int_equal(t.args.operand_count, 1);
		assert_string_equal(t.args.operands[0], "7-12");
	}
}

static void two_words_win_over_one(void **state)
{
	struct typed t;

	(void)state;
	assert_int_equal(parse(&t, "device list"), 0);
	assert_string_equal(t.args.command->name, "device list");
	assert_int_equal(parse(&t, "device"), 0);
	assert_string_equal(t.args.command->name, "device");
	assert_int_equal(parse(&t, "-d here device list"), 0);
	assert_string_equal(t.args.command->name, "device list");
}

static void what_makes_no_sense_is_refused(void **state)
{
	const char *const lines[] = {
		"",
		"nothing",
		"show",
		"show 1 2 3",
		"show 1 --js",
		"show 1 --json --json",
		"show 1 --json=yes",
		"show 1 --max",
		"show 1 -x",
		"show 1 -m",
		"device list more",
		"--as me device list",
		"--json show 1",
		"show 1 --nothing=1",
	};
	struct typed t;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_int_equal(parse(&t, lines[i]), ERR_USAGE);
	assert_int_equal(parse(&t, "--as me device"), 0);
}

static void behind_two_dashes_everything_is_an_operand(void **state)
{
	struct typed t;

	(void)state;
	assert_int_equal(parse(&t, "show -- --json -"), 0);
	assert_false(cli_flag(&t.args, "json"));
	assert_string_equal(t.args.operands[0], "--json");
	assert_string_equal(t.args.operands[1], "-");
}

static void a_missing_or_wrong_value_is_told(void **state)
{
	struct typed t;
	const char *value;
	int64_t number;

	(void)state;
	assert_int_equal(parse(&t, "show 1 --max eleven"), 0);
	assert_int_equal(cli_integer(&t.args, "max", 1, 10, 3, &number), ERR_USAGE);
	assert_int_equal(cli_need(&t.args, "dir", &value), ERR_USAGE);
	assert_null(value);
	assert_int_equal(parse(&t, "show 1"), 0);
	assert_int_equal(cli_integer(&t.args, "max", 1, 10, 3, &number), 0);
	assert_int_equal(number, 3);
	assert_int_equal(cli_number("-5", "n", -9, 9, &number), 0);
	assert_int_equal(number, -5);
	assert_int_equal(cli_number(" 5", "n", 0, 9, &number), ERR_USAGE);
	assert_int_equal(cli_number("+5", "n", 0, 9, &number), ERR_USAGE);
	assert_int_equal(cli_number("5x", "n", 0, 9, &number), ERR_USAGE);
	assert_int_equal(cli_number("", "n", 0, 9, &number), ERR_USAGE);
	assert_int_equal(cli_number("99999999999999999999", "n", 0, INT64_MAX, &number), ERR_USAGE);
}

static void a_secret_comes_from_a_file_or_a_descriptor_but_not_both(void **state)
{
	char path[] = "/tmp/mandoob-cli-XXXXXX";
	char line[128];
	int fd = mkstemp(path);
	struct typed t;
	char *secret;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "open sesame\nmore\n", 17), 17);
	snprintf(line, sizeof line, "show 1 --secret-file %s", path);
	assert_int_equal(parse(&t, line), 0);
	assert_int_equal(cli_secret(&t.args, "secret-file", "secret-fd", "?", NULL, &secret), 0);
	assert_string_equal(secret, "open sesame");
	file_secret_free(secret);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	snprintf(line, sizeof line, "show 1 --secret-fd %d", fd);
	assert_int_equal(parse(&t, line), 0);
	assert_int_equal(cli_secret(&t.args, "secret-file", "secret-fd", "?", NULL, &secret), 0);
	assert_string_equal(secret, "open sesame");
	file_secret_free(secret);
	snprintf(line, sizeof line, "show 1 --secret-fd %d --secret-file %s", fd, path);
	assert_int_equal(parse(&t, line), 0);
	assert_int_equal(cli_secret(&t.args, "secret-file", "secret-fd", "?", NULL, &secret), ERR_USAGE);
	assert_null(secret);
	close(fd);
	unlink(path);
}

static void help_opens_with_an_example_and_names_every_option(void **state)
{
	struct buf out;
	const char *text;

	(void)state;
	buf_init(&out, 65536);
	cli_help(&PROGRAM, &COMMANDS[0], &out);
	text = buf_string(&out);
	assert_memory_equal(text, "Example:\n  mandoob-test show 7-12\n", 34);
	assert_non_null(strstr(text, "-j, --json"));
	assert_non_null(strstr(text, "--max N"));
	assert_non_null(strstr(text, "--dir DIR"));
	assert_non_null(strstr(text, "يعرض"));
	assert_null(strstr(text, "--as"));
	buf_clear(&out);
	cli_help(&PROGRAM, NULL, &out);
	assert_non_null(strstr(buf_string(&out), "device list"));
	buf_fini(&out);
}

static void the_exit_status_is_that_of_the_failure(void **state)
{
	size_t operands = 0;
	struct typed t;

	(void)state;
	split(&t, "show 1 2");
	assert_int_equal(cli_run(&PROGRAM, &operands, t.argc, t.argv), 0);
	assert_int_equal(operands, 2);
	split(&t, "device");
	assert_int_equal(cli_run(&PROGRAM, NULL, t.argc, t.argv), 75);
	split(&t, "nothing");
	assert_int_equal(cli_run(&PROGRAM, NULL, t.argc, t.argv), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_may_stand_anywhere),
		cmocka_unit_test(two_words_win_over_one),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(behind_two_dashes_everything_is_an_operand),
		cmocka_unit_test(a_missing_or_wrong_value_is_told),
		cmocka_unit_test(a_secret_comes_from_a_file_or_a_descriptor_but_not_both),
		cmocka_unit_test(help_opens_with_an_example_and_names_every_option),
		cmocka_unit_test(the_exit_status_is_that_of_the_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
