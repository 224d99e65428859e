/*
 * test_agent_config: the configuration file, and the pauses it governs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/command/sync.h"
#include "agent/config.h"
#include "tests/lib/fixed.h"

/* What config_load() says of a file with this text. */
static int load(const char *text, struct config *c)
{
	char path[] = "/tmp/test_agent_config-XXXXXX";
	int fd = mkstemp(path);
	int err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	err = config_load(path, c);
	unlink(path);
	return err;
}

static void assert_refused(const char *text, const char *place)
{
	struct config c;

	assert_int_equal(load(text, &c), ERR_USAGE);
	if (!strstr(err_message(), place))
		fail_msg("\"%s\" does not name %s", err_message(), place);
}

static void all_keys_are_read(void **state)
{
	struct config c;

	(void)state;
	assert_int_equal(load("# a comment\n\n dir =  /var/lib/mandoob x \nlog_level = debug\nca_file=/etc/ca.pem\n"
			      "pinned_key = sha256//abc=\nproxy = http://proxy:3128\nconnect_timeout_ms = 60000\nstall_bytes_per_s = 16\n"
			      "stall_s = 40\nretry_min_s = 5\nretry_max_s = 60",
			      &c),
			 0);
	assert_string_equal(c.dir, "/var/lib/mandoob x");
	assert_int_equal(c.log_level, LOG_DEBUG);
	assert_string_equal(c.ca_file, "/etc/ca.pem");
	assert_string_equal(c.pinned_key, "sha256//abc=");
	assert_string_equal(c.proxy, "http://proxy:3128");
	assert_int_equal(c.connect_timeout_ms, 60000);
	assert_int_equal(c.stall_bytes_per_s, 16);
	assert_int_equal(c.stall_s, 40);
	assert_int_equal(c.retry_min_s, 5);
	assert_int_equal(c.retry_max_s, 60);
}

static void defaults_come_without_a_file(void **state)
{
	struct config c;

	(void)state;
	assert_int_equal(setenv("HOME", "/nonexistent/home", 1), 0);
	assert_int_equal(config_load(NULL, &c), 0);
	assert_string_equal(c.dir, "/nonexistent/home/.local/share/mandoob");
	assert_int_equal(c.log_level, LOG_WARN);
	assert_int_equal(unsetenv("HOME"), 0);
	assert_int_equal(config_load(NULL, &c), 0);
	assert_string_equal(c.dir, "");
	assert_int_equal(config_load("/nonexistent/agent.conf", &c), ERR_NOT_FOUND);
}

static void mistakes_are_told_with_their_line(void **state)
{
	(void)state;
	assert_refused("dir = /x\nspeed = 9\n", ":2:");
	assert_refused("dir = /x\n\ndir = /y\n", ":3:");
	assert_refused("stall_s = 20s\n", ":1:");
	assert_refused("stall_s = 9999\n", ":1:");
	assert_refused("stall_s = -1\n", ":1:");
	assert_refused("\n\nno equals sign\n", ":3:");
	assert_refused("log_level = loud\n", "log_level");
	assert_refused("retry_min_s = 50\nretry_max_s = 20\n", "retry_max_s");
}

static void pauses_have_full_jitter_and_a_ceiling(void **state)
{
	struct config c = { .retry_min_s = 10, .retry_max_s = 100 };
	struct fixed f;
	int64_t most = 0;

	(void)state;
	fixed_init(&f, 9);
	for (unsigned i = 0; i < 200; i++) {
		int64_t first = sync_pause_ms(&f.env, &c, 600, 1), third = sync_pause_ms(&f.env, &c, 600, 3);
		int64_t late = sync_pause_ms(&f.env, &c, 600, 1000), good = sync_pause_ms(&f.env, &c, 600, 0);

		assert_in_range(first, 0, 10000);
		assert_in_range(third, 0, 40000);
		assert_in_range(late, 0, 100000);
		assert_in_range(good, 525000, 600000);
		most = late > most ? late : most;
	}
	assert_true(most > 90000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_keys_are_read),
		cmocka_unit_test(defaults_come_without_a_file),
		cmocka_unit_test(mistakes_are_told_with_their_line),
		cmocka_unit_test(pauses_have_full_jitter_and_a_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
