/*
 * test_log: one event stays one line, and one value stays one value, whatever it holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/log.h"

/* Standard error turned into a pipe for the time of one test. */
struct capture {
	int kept;        /* the real standard error */
	int out;         /* where the test reads */
	char text[4096]; /* what was written, after captured() */
};

static int capture_begin(void **state)
{
	static struct capture c; /* one test at a time */
	int ends[2];

	if (pipe(ends) != 0)
		return -1;
	c.kept = dup(STDERR_FILENO);
	c.out = ends[0];
	if (c.kept < 0 || dup2(ends[1], STDERR_FILENO) < 0)
		return -1;
	close(ends[1]);
	*state = &c;
	log_open(LOG_INFO);
	log_clock(NULL);
	return 0;
}

static void capture_restore(struct capture *c)
{
	if (c->kept < 0)
		return;
	dup2(c->kept, STDERR_FILENO);
	close(c->kept);
	c->kept = -1;
}

static const char *captured(void **state)
{
	struct capture *c = *state;
	ssize_t len;

	capture_restore(c);
	len = read(c->out, c->text, sizeof c->text - 1);
	c->text[len > 0 ? len : 0] = '\0';
	return c->text;
}

static int capture_end(void **state)
{
	struct capture *c = *state;

	capture_restore(c);
	close(c->out);
	return 0;
}

static void an_event_is_level_area_event_and_pairs(void **state)
{
	log_event(LOG_INFO, "intake", "accepted", "device=%d bytes=%zu code=%s", 7, (size_t)1234, "ok");
	assert_string_equal(captured(state), "info intake accepted device=7 bytes=1234 code=ok\n");
}

static void an_event_may_have_no_pairs(void **state)
{
	log_event(LOG_ERROR, "serve", "stopped", NULL);
	assert_string_equal(captured(state), "error serve stopped\n");
}

static void levels_below_the_one_opened_are_silent(void **state)
{
	log_open(LOG_WARN);
	log_event(LOG_DEBUG, "a", "hidden", "x=%d", 1);
	log_event(LOG_INFO, "a", "hidden", "x=%d", 2);
	log_event(LOG_WARN, "a", "shown", "x=%d", 3);
	log_event(LOG_ERROR, "a", "shown", "x=%d", 4);
	assert_string_equal(captured(state), "warn a shown x=3\nerror a shown x=4\n");
}

static void a_line_end_in_a_value_does_not_begin_a_line(void **state)
{
	log_event(LOG_INFO, "file", "opened", "path=%s", "a\nerror serve forged\r\x1b[2J");
	assert_string_equal(captured(state), "info file opened path=\"a\\x0aerror serve forged\\x0d\\x1b[2J\"\n");
}

static void a_space_in_a_value_does_not_begin_a_pair(void **state)
{
	log_event(LOG_INFO, "file", "opened", "path=%s size=%d", "a role=admin", 3);
	assert_string_equal(captured(state), "info file opened path=\"a role=admin\" size=3\n");
}

static void quotes_and_backslashes_in_a_value_do_not_end_it(void **state)
{
	log_event(LOG_INFO, "file", "opened", "path=%s size=%d", "a\" x=\\", 3);
	assert_string_equal(captured(state), "info file opened path=\"a\\\" x=\\\\\" size=3\n");
}

static void an_equals_sign_in_a_value_is_quoted(void **state)
{
	log_event(LOG_INFO, "a", "b", "x=%s", "y=z");
	assert_string_equal(captured(state), "info a b x=\"y=z\"\n");
}

static void bytes_outside_ascii_are_escaped(void **state)
{
	log_event(LOG_INFO, "a", "b", "x=%s", "\xd8\xb9");
	assert_string_equal(captured(state), "info a b x=\"\\xd8\\xb9\"\n");
}

static void an_empty_value_is_an_empty_string(void **state)
{
	log_event(LOG_INFO, "a", "b", "x=%s y=%d", "", 1);
	assert_string_equal(captured(state), "info a b x=\"\" y=1\n");
}

static void a_value_that_holds_the_separator_is_not_cut_at_it(void **state)
{
	log_event(LOG_INFO, "a", "b", "x=%s y=%d", "1\x1frole=admin", 2);
	assert_string_equal(captured(state), "info a b detail=\"x=1\\x1frole=admin\\x1fy=2\"\n");
}

static void a_long_value_is_cut_and_stays_one_line(void **state)
{
	char word[3000];
	const char *line;

	memset(word, 'w', sizeof word);
	word[sizeof word - 1] = '\0';
	log_event(LOG_INFO, "a", "b", "x=%s y=%d", word, 2);
	line = captured(state);
	assert_in_range(strlen(line), 900, 1024);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void errno_is_kept(void **state)
{
	(void)state;
	errno = ENOSPC;
	log_event(LOG_INFO, "a", "b", "x=%d", 1);
	assert_int_equal(errno, ENOSPC);
}

static int64_t fixed_wall_ms(void *ctx)
{
	(void)ctx;
	return INT64_C(1700000000123);
}

static void with_a_clock_a_line_begins_with_the_utc_time(void **state)
{
	static const struct env FIXED = { .wall_ms = fixed_wall_ms };

	log_clock(&FIXED);
	log_event(LOG_INFO, "a", "b", "x=%d", 1);
	log_clock(NULL);
	assert_string_equal(captured(state), "2023-11-14T22:13:20.123Z info a b x=1\n");
}

static void the_four_level_names_are_known_and_no_other(void **state)
{
	enum log_level level = LOG_ERROR;

	(void)state;
	assert_int_equal(log_level_parse("debug", &level), 0);
	assert_int_equal(level, LOG_DEBUG);
	assert_int_equal(log_level_parse("warn", &level), 0);
	assert_int_equal(level, LOG_WARN);
	assert_int_equal(log_level_parse("WARN", &level), ERR_USAGE);
	assert_int_equal(log_level_parse("", &level), ERR_USAGE);
	assert_int_equal(level, LOG_WARN);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, capture_begin, capture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(an_event_is_level_area_event_and_pairs),
		LOG_TEST(an_event_may_have_no_pairs),
		LOG_TEST(levels_below_the_one_opened_are_silent),
		LOG_TEST(a_line_end_in_a_value_does_not_begin_a_line),
		LOG_TEST(a_space_in_a_value_does_not_begin_a_pair),
		LOG_TEST(quotes_and_backslashes_in_a_value_do_not_end_it),
		LOG_TEST(an_equals_sign_in_a_value_is_quoted),
		LOG_TEST(bytes_outside_ascii_are_escaped),
		LOG_TEST(an_empty_value_is_an_empty_string),
		LOG_TEST(a_value_that_holds_the_separator_is_not_cut_at_it),
		LOG_TEST(a_long_value_is_cut_and_stays_one_line),
		LOG_TEST(errno_is_kept),
		LOG_TEST(with_a_clock_a_line_begins_with_the_utc_time),
		LOG_TEST(the_four_level_names_are_known_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
