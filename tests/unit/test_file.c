/*
 * test_file: files are whole, private and where they were put; secrets are one line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/log.h"

/* Each test runs in an empty folder of its own. */
static int folder_begin(void **state)
{
	const char *base = getenv("TMPDIR");
	char path[512];

	snprintf(path, sizeof path, "%s/test_file-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(path) || chdir(path) != 0)
		return -1;
	*state = strdup(path);
	log_open(LOG_ERROR);
	return 0;
}

static int folder_end(void **state)
{
	char command[600];
	int rc;

	snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
	rc = chdir("/") != 0 || system(command) != 0;
	free(*state);
	return rc ? -1 : 0;
}

static void put(const char *path, const void *data, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void assert_holds(const char *path, const char *text)
{
	struct buf b;

	buf_init(&b, 100000);
	assert_int_equal(file_read(path, &b), 0);
	assert_string_equal(buf_string(&b), text);
	buf_fini(&b);
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static int count_entries(const char *pattern)
{
	char command[200];
	FILE *p;
	int n = -1;

	snprintf(command, sizeof command, "ls -A | grep -c '%s'", pattern);
	p = popen(command, "r");
	assert_non_null(p);
	if (fscanf(p, "%d", &n) != 1) /* allowed: the count that grep prints */
		n = -1;
	pclose(p);
	return n;
}

static void a_file_is_read_whole(void **state)
{
	char big[50000];
	struct buf b;

	(void)state;
	memset(big, 'x', sizeof big);
	put("big", big, sizeof big, 0600);
	buf_init(&b, sizeof big);
	assert_int_equal(file_read("big", &b), 0);
	assert_int_equal(b.len, sizeof big);
	assert_memory_equal(b.data, big, sizeof big);
	buf_fini(&b);
}

static void a_file_above_the_ceiling_is_refused_by_name(void **state)
{
	struct buf b;

	(void)state;
	put("eleven", "12345678901", 11, 0600);
	buf_init(&b, 10);
	assert_int_equal(file_read("eleven", &b), ERR_LIMIT);
	assert_non_null(strstr(err_message(), "eleven"));
	assert_int_equal(b.len, 0);
	assert_null(b.data);
	buf_fini(&b);
}

static void a_missing_file_is_not_found_and_named(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_int_equal(file_read("absent", &b), ERR_NOT_FOUND);
	assert_non_null(strstr(err_message(), "absent"));
	assert_non_null(strstr(err_message(), "No such file"));
}

static void a_folder_is_not_read_as_a_file(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_int_equal(file_read(".", &b), ERR_IO);
}

static void a_new_file_is_private_whatever_the_umask(void **state)
{
	mode_t before = umask(0);

	(void)state;
	assert_int_equal(file_write_new("new", "abc", 3), 0);
	umask(0777);
	assert_int_equal(file_write_new("closed", "abc", 3), 0);
	umask(before);
	assert_int_equal(mode_of("new"), 0600);
	assert_int_equal(mode_of("closed"), 0600);
	assert_holds("new", "abc");
}

static void a_file_that_exists_is_not_written_as_new(void **state)
{
	(void)state;
	put("old", "old", 3, 0600);
	assert_int_equal(file_write_new("old", "new", 3), ERR_USAGE);
	assert_holds("old", "old");
}

static void a_new_file_in_a_missing_folder_is_not_found(void **state)
{
	(void)state;
	assert_int_equal(file_write_new("absent/new", "abc", 3), ERR_NOT_FOUND);
	assert_non_null(strstr(err_message(), "absent/new"));
}

/* No file of this process may grow over `bytes`: what a full disk looks like to the writer. */
static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_write_that_is_cut_short_leaves_nothing_new(void **state)
{
	int rc_new, rc_replace;

	(void)state;
	put("old", "old", 3, 0600);
	limit_file_size(2);
	rc_new = file_write_new("new", "abc", 3);
	rc_replace = file_replace("old", "newer", 5);
	limit_file_size(RLIM_INFINITY);
	assert_int_equal(rc_new, ERR_IO);
	assert_int_equal(rc_replace, ERR_IO);
	assert_non_null(strstr(err_message(), "File too large"));
	assert_int_equal(count_entries("new"), 0);
	assert_holds("old", "old");
}

static void replacing_puts_the_new_content_and_leaves_no_other_file(void **state)
{
	(void)state;
	put("f", "old", 3, 0644);
	assert_int_equal(file_replace("f", "newer", 5), 0);
	assert_holds("f", "newer");
	assert_int_equal(mode_of("f"), 0600);
	assert_int_equal(file_replace("g", "", 0), 0);
	assert_holds("g", "");
	assert_int_equal(count_entries("new-"), 0);
}

static void a_replacement_that_fails_leaves_no_other_file(void **state)
{
	(void)state;
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(file_replace("folder", "abc", 3), ERR_IO);
	assert_non_null(strstr(err_message(), "folder"));
	assert_int_equal(count_entries("new-"), 0);
	assert_int_equal(file_replace("absent/f", "abc", 3), ERR_NOT_FOUND);
}

static void folders_are_made_with_those_above_them_and_private(void **state)
{
	mode_t before = umask(0);

	(void)state;
	assert_int_equal(dir_make("a/b//c/"), 0);
	umask(before);
	assert_int_equal(mode_of("a"), 0700);
	assert_int_equal(mode_of("a/b/c"), 0700);
	assert_int_equal(dir_make("a/b"), 0);
}

static void a_folder_cannot_be_made_where_a_file_is(void **state)
{
	(void)state;
	put("f", "", 0, 0600);
	assert_int_equal(dir_make("f"), ERR_IO);
	assert_int_equal(dir_make("f/g"), ERR_IO);
	assert_int_equal(dir_make(""), ERR_USAGE);
}

static void a_secret_is_the_first_line_without_its_end(void **state)
{
	char *secret;

	(void)state;
	put("unix", "open sesame\nsecond\n", 19, 0600);
	put("windows", "open sesame\r\n", 13, 0600);
	put("bare", "open sesame", 11, 0600);
	assert_int_equal(file_read_secret("unix", &secret), 0);
	assert_string_equal(secret, "open sesame");
	file_secret_free(secret);
	assert_int_equal(file_read_secret("windows", &secret), 0);
	assert_string_equal(secret, "open sesame");
	file_secret_free(secret);
	assert_int_equal(file_read_secret("bare", &secret), 0);
	assert_string_equal(secret, "open sesame");
	file_secret_free(secret);
	file_secret_free(NULL);
}

static void a_secret_of_1024_bytes_is_taken_and_one_more_is_refused(void **state)
{
	char line[FILE_SECRET_BYTES_MAX + 3];
	char *secret;

	(void)state;
	memset(line, 's', sizeof line);
	line[FILE_SECRET_BYTES_MAX] = '\n';
	put("full", line, FILE_SECRET_BYTES_MAX + 1, 0600);
	assert_int_equal(file_read_secret("full", &secret), 0);
	assert_int_equal(strlen(secret), FILE_SECRET_BYTES_MAX);
	file_secret_free(secret);
	line[FILE_SECRET_BYTES_MAX] = 's';
	put("long", line, FILE_SECRET_BYTES_MAX + 1, 0600);
	assert_int_equal(file_read_secret("long", &secret), ERR_LIMIT);
	assert_null(secret);
	put("longer", line, sizeof line, 0600);
	assert_int_equal(file_read_secret("longer", &secret), ERR_LIMIT);
	assert_null(secret);
}

static void an_empty_secret_and_one_with_a_nul_are_refused(void **state)
{
	char *secret;

	(void)state;
	put("empty", "", 0, 0600);
	put("blank", "\nsecond", 7, 0600);
	put("nul", "a\0b\n", 4, 0600);
	assert_int_equal(file_read_secret("empty", &secret), ERR_USAGE);
	assert_int_equal(file_read_secret("blank", &secret), ERR_USAGE);
	assert_int_equal(file_read_secret("nul", &secret), ERR_USAGE);
	assert_null(secret);
	assert_int_equal(file_read_secret("absent", &secret), ERR_NOT_FOUND);
}

static void a_secret_never_shows_in_the_message(void **state)
{
	char line[1100];
	char *secret;

	(void)state;
	memset(line, 's', sizeof line);
	put("long", line, sizeof line, 0600);
	assert_int_equal(file_read_secret("long", &secret), ERR_LIMIT);
	assert_null(strstr(err_message(), "sss"));
}

/* What was logged while `path` was read as a secret. */
static void logged_for_secret(const char *path, char text[static 512])
{
	int ends[2], kept = dup(STDERR_FILENO);
	char *secret;
	ssize_t len;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	log_open(LOG_INFO);
	assert_int_equal(file_read_secret(path, &secret), 0);
	file_secret_free(secret);
	dup2(kept, STDERR_FILENO);
	close(kept);
	len = read(ends[0], text, 511);
	text[len > 0 ? len : 0] = '\0';
	close(ends[0]);
}

static void a_secret_that_others_may_read_is_used_with_a_warning(void **state)
{
	char text[512];

	(void)state;
	put("open", "sesame\n", 7, 0644);
	logged_for_secret("open", text);
	assert_string_equal(text, "warn file secret_open_to_others path=open mode=0644\n");
	put("private", "sesame\n", 7, 0600);
	logged_for_secret("private", text);
	assert_string_equal(text, "");
}

static void a_descriptor_is_read_up_to_its_line_end_and_no_further(void **state)
{
	char rest[10] = { 0 };
	char *secret;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "sesame\nrest", 11), 11);
	close(ends[1]);
	assert_int_equal(file_read_secret_fd(ends[0], &secret), 0);
	assert_string_equal(secret, "sesame");
	file_secret_free(secret);
	assert_int_equal(read(ends[0], rest, sizeof rest), 4);
	assert_string_equal(rest, "rest");
	close(ends[0]);
}

/* Type `keys` at a prompt in a terminal of its own. The exit status of the child, what the terminal showed in `shown`. */
static int type_at_prompt(const char *keys, const char *expected, int expected_rc, char shown[static 1024])
{
	size_t len = 0;
	int terminal, status;
	ssize_t got;
	pid_t pid = forkpty(&terminal, NULL, NULL, NULL);

	if (pid == 0) {
		char *secret;
		int rc = file_prompt_secret("Passphrase: ", &secret);
		bool same = rc == expected_rc && (rc != 0 ? secret == NULL : strcmp(secret, expected) == 0);

		file_secret_free(secret);
		_exit(same ? 0 : 1);
	}
	if (pid < 0) { /* a machine without /dev/pts, such as a bare chroot, has no terminals to type at */
		print_message("no pseudo-terminal here\n");
		skip();
	}
	do { /* wait for the prompt: what is typed before it is thrown away */
		got = read(terminal, shown + len, 1023 - len);
		len += got > 0 ? (size_t)got : 0;
		shown[len] = '\0';
	} while (got > 0 && !strstr(shown, "Passphrase: "));
	assert_int_equal(write(terminal, keys, strlen(keys)), (ssize_t)strlen(keys));
	while (len < 1023 && (got = read(terminal, shown + len, 1023 - len)) > 0)
		len += (size_t)got;
	shown[len] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(terminal);
	return status;
}

static void a_prompt_does_not_echo_what_is_typed(void **state)
{
	char shown[1024];

	(void)state;
	assert_int_equal(type_at_prompt("sesame\n", "sesame", 0, shown), 0);
	assert_null(strstr(shown, "sesame"));
}

static void a_prompt_is_cancelled_by_the_interrupt_key(void **state)
{
	char shown[1024];

	(void)state;
	assert_int_equal(type_at_prompt("ses\x03", NULL, ERR_USAGE, shown), 0);
}

static void a_prompt_without_a_terminal_says_what_to_do(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		char *secret = NULL;

		setsid();
		_exit(file_prompt_secret("Passphrase: ", &secret) == ERR_USAGE && !secret ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, folder_begin, folder_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(a_file_is_read_whole),
		FILE_TEST(a_file_above_the_ceiling_is_refused_by_name),
		FILE_TEST(a_missing_file_is_not_found_and_named),
		FILE_TEST(a_folder_is_not_read_as_a_file),
		FILE_TEST(a_new_file_is_private_whatever_the_umask),
		FILE_TEST(a_file_that_exists_is_not_written_as_new),
		FILE_TEST(a_new_file_in_a_missing_folder_is_not_found),
		FILE_TEST(a_write_that_is_cut_short_leaves_nothing_new),
		FILE_TEST(replacing_puts_the_new_content_and_leaves_no_other_file),
		FILE_TEST(a_replacement_that_fails_leaves_no_other_file),
		FILE_TEST(folders_are_made_with_those_above_them_and_private),
		FILE_TEST(a_folder_cannot_be_made_where_a_file_is),
		FILE_TEST(a_secret_is_the_first_line_without_its_end),
		FILE_TEST(a_secret_of_1024_bytes_is_taken_and_one_more_is_refused),
		FILE_TEST(an_empty_secret_and_one_with_a_nul_are_refused),
		FILE_TEST(a_secret_never_shows_in_the_message),
		FILE_TEST(a_secret_that_others_may_read_is_used_with_a_warning),
		FILE_TEST(a_descriptor_is_read_up_to_its_line_end_and_no_further),
		FILE_TEST(a_prompt_does_not_echo_what_is_typed),
		FILE_TEST(a_prompt_is_cancelled_by_the_interrupt_key),
		FILE_TEST(a_prompt_without_a_terminal_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
