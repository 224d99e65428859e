/*
 * test_agent_command: command lines of the device, as its tables of options read them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "agent/command/change.h"
#include "agent/command/shell.h"
#include "agent/command/sync.h"
#include "agent/command/take.h"

static const struct cli_option *const GROUPS[] = { SHELL_OPTIONS };
static const struct cli_command COMMANDS[] = {
	{ "take", "[FILE|-]", 0, 1, TAKE_OPTIONS, 1, "Takes", "يأخذ", "take a.json", take_command },
	{ "edit", "CASE [FIELD]", 1, 2, CHANGE_OPTIONS, 1, "Changes", "يغيّر", "edit 7-1 village", change_command },
	{ "sync", "", 0, 0, SYNC_OPTIONS, 1, "Syncs", "يزامن", "sync", sync_command },
};
static const struct cli_program PROGRAM = {
	.name = "mandoob-agent", .version = "0", .english = "E", .arabic = "ع", .example = "take a.json",
	.groups = GROUPS, .group_count = 1, .commands = COMMANDS, .command_count = 3,
};

/* Cut `text` at spaces into `argv` behind a program's name and parse it. */
static int parse(const char *text, struct cli_args *out)
{
	static char copy[256]; /* borrowed by *out; a test program has one thread */
	static char *argv[32];
	char program[] = "mandoob-agent";
	int argc = 1;

	argv[0] = program;
	memcpy(copy, text, strlen(text) + 1);
	for (char *at = copy; *at; argc++) {
		argv[argc] = at;
		at += strcspn(at, " ");
		if (*at)
			*at++ = '\0';
	}
	return cli_parse(&PROGRAM, argc, argv, out);
}

static void options_stand_before_and_behind_the_command_and_its_operands(void **state)
{
	struct cli_args a;

	(void)state;
	assert_int_equal(parse("--dir d take file --case 7-1 -v", &a), 0);
	assert_string_equal(a.command->name, "take");
	assert_string_equal(cli_value(&a, "dir"), "d");
	assert_string_equal(cli_value(&a, "case"), "7-1");
	assert_true(cli_flag(&a, "verbose"));
	assert_false(cli_flag(&a, "json"));
	assert_int_equal(a.operand_count, 1);
	assert_string_equal(a.operands[0], "file");
	assert_int_equal(parse("edit 7-1 -e 7-9 --remove -d x", &a), 0);
	assert_string_equal(cli_value(&a, "entry"), "7-9");
	assert_string_equal(cli_value(&a, "dir"), "x");
	assert_int_equal(parse("take -", &a), 0);
	assert_string_equal(a.operands[0], "-");
	assert_int_equal(parse("take -- --case", &a), 0);
	assert_string_equal(a.operands[0], "--case");
}

static void abbreviated_repeated_and_unknown_options_are_errors(void **state)
{
	struct cli_args a;

	(void)state;
	assert_int_equal(parse("take --verb", &a), ERR_USAGE);
	assert_int_equal(parse("take -v --verbose", &a), ERR_USAGE);
	assert_int_equal(parse("--dir a take --dir b", &a), ERR_USAGE);
	assert_int_equal(parse("sync --case 7-1", &a), ERR_USAGE);
	assert_int_equal(parse("take --json=yes", &a), ERR_USAGE);
	assert_int_equal(parse("take --case", &a), ERR_USAGE);
	assert_int_equal(parse("take -x", &a), ERR_USAGE);
}

static void operands_are_counted(void **state)
{
	struct cli_args a;

	(void)state;
	assert_int_equal(parse("take a b", &a), ERR_USAGE);
	assert_int_equal(parse("edit", &a), ERR_USAGE);
	assert_int_equal(parse("sync now", &a), ERR_USAGE);
	assert_int_equal(parse("", &a), ERR_USAGE);
	assert_int_equal(parse("bake", &a), ERR_USAGE);
}

static void numbers_have_a_range(void **state)
{
	struct cli_args a;
	int64_t n;

	(void)state;
	assert_int_equal(parse("sync --watch 600", &a), 0);
	assert_int_equal(cli_integer(&a, "watch", 1, 86400, 0, &n), 0);
	assert_int_equal(n, 600);
	assert_int_equal(parse("sync --watch 0", &a), 0);
	assert_int_equal(cli_integer(&a, "watch", 1, 86400, 0, &n), ERR_USAGE);
	assert_int_equal(parse("sync -w 6x", &a), 0);
	assert_int_equal(cli_integer(&a, "watch", 1, 86400, 0, &n), ERR_USAGE);
	assert_int_equal(parse("sync", &a), 0);
	assert_int_equal(cli_integer(&a, "watch", 1, 86400, 5, &n), 0);
	assert_int_equal(n, 5);
}

static void help_opens_with_an_example_and_speaks_arabic(void **state)
{
	struct cli_args a;
	struct buf out;

	(void)state;
	assert_int_equal(parse("edit --help", &a), 0);
	assert_true(a.wants_help);
	buf_init(&out, 65536);
	cli_help(&PROGRAM, a.command, &out);
	assert_int_equal(strncmp(buf_string(&out), "Example:\n", 9), 0);
	assert_non_null(strstr(buf_string(&out), "يغيّر"));
	assert_non_null(strstr(buf_string(&out), "--entry ID"));
	assert_non_null(strstr(buf_string(&out), "--passphrase-file FILE"));
	buf_clear(&out);
	cli_help(&PROGRAM, NULL, &out);
	for (size_t i = 0; i < PROGRAM.command_count; i++)
		assert_non_null(strstr(buf_string(&out), COMMANDS[i].arabic));
	buf_fini(&out);
}

static void moments_are_told_in_utc_and_in_riyadh(void **state)
{
	char text[SHELL_TIME_BYTES];

	(void)state;
	assert_string_equal(shell_time_utc(INT64_C(1795000000000), text), "2026-11-18T11:06:40Z");
	assert_string_equal(shell_time_local(INT64_C(1795000000000), text), "2026-11-18 14:06");
	assert_string_equal(shell_time_local(INT64_C(1798750800000), text), "2027-01-01 00:00");
	assert_string_equal(shell_time_utc(0, text), "");
	assert_string_equal(shell_time_utc(INT64_MAX, text), "");
	assert_string_equal(shell_time_utc(INT64_MIN, text), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_before_and_behind_the_command_and_its_operands),
		cmocka_unit_test(abbreviated_repeated_and_unknown_options_are_errors),
		cmocka_unit_test(operands_are_counted),
		cmocka_unit_test(numbers_have_a_range),
		cmocka_unit_test(help_opens_with_an_example_and_speaks_arabic),
		cmocka_unit_test(moments_are_told_in_utc_and_in_riyadh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
