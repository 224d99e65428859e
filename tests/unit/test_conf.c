/*
 * Configuration files: values with their types, and errors that name file and line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/conf.h"

struct settings {
	char name[8];
	int64_t count;
	bool on;
};

static const struct conf_key KEYS[] = {
	{ "name", CONF_TEXT, offsetof(struct settings, name), 8, 0, 0 },
	{ "count", CONF_INTEGER, offsetof(struct settings, count), 0, 1, 100 },
	{ "on", CONF_BOOL, offsetof(struct settings, on), 0, 0, 0 },
};

static int read_text(const char *text, size_t len, struct settings *out)
{
	char path[] = "/tmp/mandoob-conf-XXXXXX";
	int fd = mkstemp(path);
	int err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
	err = conf_read(path, KEYS, 3, out);
	unlink(path);
	return err;
}

static int read_line(const char *text, struct settings *out)
{
	return read_text(text, strlen(text), out);
}

static void values_are_read_and_what_is_not_named_stays(void **state)
{
	struct settings s = { .count = 7 };

	(void)state;
	assert_int_equal(read_line("# a comment\n\n  name =  abc def \r\non=yes", &s), 0);
	assert_string_equal(s.name, "abc def");
	assert_true(s.on);
	assert_int_equal(s.count, 7);
	assert_int_equal(read_line("count = 100\non = no\nname =\n", &s), 0);
	assert_int_equal(s.count, 100);
	assert_false(s.on);
	assert_string_equal(s.name, "");
	assert_int_equal(read_line("", &s), 0);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	const char *const texts[] = {
		"\nnme = x",
		"\nname x",
		"\ncount = 0",
		"\ncount = 101",
		"\ncount = 5 5",
		"\ncount =",
		"\non = true",
		"\nname = 12345678",
		"count = 5\ncount = 5",
		"\n= 5",
	};
	struct settings s = { .count = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_int_equal(read_line(texts[i], &s), ERR_USAGE);
		assert_non_null(strstr(err_message(), ":2: "));
	}
}

static void what_is_no_text_file_is_refused(void **state)
{
	struct settings s = { .count = 7 };

	(void)state;
	assert_int_equal(read_text("on = yes\0", 9, &s), ERR_USAGE);
	assert_int_equal(conf_read("/tmp/no-such-file-of-mandoob", KEYS, 3, &s), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read_and_what_is_not_named_stays),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(what_is_no_text_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
