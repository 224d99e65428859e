/*
 * test_keyfile: the organisation's secret keys on paper and back.
 */
#include "proto/base/keyfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/log.h"
#include "tests/lib/vector.h"

#define VECTOR "keyfile-1.txt"

static const uint8_t ORG[KEYFILE_ORG_BYTES] = { 0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78 };

struct world {
	char dir[64];
	char path[96];
	uint8_t secret[KEYFILE_SECRET_BYTES];
	struct buf text;
};

static int setup(void **state)
{
	static struct world w;

	memset(&w, 0, sizeof w);
	snprintf(w.dir, sizeof w.dir, "/tmp/mandoob-keyfile-XXXXXX");
	if (!mkdtemp(w.dir))
		return -1;
	snprintf(w.path, sizeof w.path, "%s/root.key", w.dir);
	for (size_t i = 0; i < sizeof w.secret; i++)
		w.secret[i] = (uint8_t)(200 - 3 * i);
	buf_init(&w.text, 2 * KEYFILE_BYTES_MAX);
	log_open(LOG_ERROR);
	*state = &w;
	return keyfile_write(w.path, KEYFILE_ROOT, ORG, w.secret);
}

static int teardown(void **state)
{
	struct world *w = *state;

	unlink(w->path);
	buf_fini(&w->text);
	return rmdir(w->dir);
}

static int read_key(struct world *w)
{
	uint8_t org[KEYFILE_ORG_BYTES];
	uint8_t *secret;
	int rc = keyfile_read(w->path, KEYFILE_ROOT, org, &secret);

	if (rc == 0) {
		assert_memory_equal(org, ORG, sizeof org);
		assert_memory_equal(secret, w->secret, sizeof w->secret);
	} else {
		assert_null(secret);
		assert_true(sodium_is_zero(org, sizeof org));
	}
	keyfile_free(secret);
	return rc;
}

/* Put `text` where the key file is and read that. */
static int read_text(struct world *w, const char *text, size_t len)
{
	assert_int_equal(file_replace(w->path, text, len), 0);
	return read_key(w);
}

static void load_text(struct world *w)
{
	buf_clear(&w->text);
	assert_int_equal(file_read(w->path, &w->text), 0);
}

static void a_key_comes_back_from_its_file(void **state)
{
	assert_int_equal(read_key(*state), 0);
}

static void the_file_is_private_and_never_written_over(void **state)
{
	struct world *w = *state;
	const uint8_t other[KEYFILE_SECRET_BYTES] = { 1 };
	struct stat st;

	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(keyfile_write(w->path, KEYFILE_ROOT, ORG, other), ERR_USAGE);
	assert_int_equal(read_key(w), 0);
}

static void the_file_says_what_it_is_in_both_languages(void **state)
{
	struct world *w = *state;

	load_text(w);
	assert_non_null(strstr(buf_string(&w->text), "mandoob root key 1\norganisation 0f1e2d3c4b5a6978\n1 "));
	assert_non_null(strstr(buf_string(&w->text), "مفتاح الجذر للجمعية"));
	assert_non_null(strstr(buf_string(&w->text), "root key: it alone"));
}

static void a_key_of_the_other_kind_is_told_apart(void **state)
{
	struct world *w = *state;
	uint8_t org[KEYFILE_ORG_BYTES];
	uint8_t *secret;

	assert_int_equal(keyfile_read(w->path, KEYFILE_RECOVERY, org, &secret), ERR_USAGE);
	assert_null(secret);
	unlink(w->path);
	assert_int_equal(keyfile_write(w->path, KEYFILE_RECOVERY, ORG, w->secret), 0);
	assert_int_equal(keyfile_read(w->path, KEYFILE_RECOVERY, org, &secret), 0);
	assert_memory_equal(secret, w->secret, sizeof w->secret);
	keyfile_free(secret);
	assert_int_equal(read_key(w), ERR_USAGE);
	keyfile_free(NULL);
}

/* Copy `in` without its comments into `out`. */
static void copy_bare(const char *in, struct buf *out)
{
	while (*in) {
		size_t len = strcspn(in, "\n") + 1;

		if (in[0] != '#')
			buf_append(out, in, len);
		in += len;
	}
}

static void a_key_typed_in_by_hand_is_read(void **state)
{
	struct world *w = *state;
	struct buf bare;
	char *typed;

	buf_init(&bare, KEYFILE_BYTES_MAX);
	load_text(w);
	copy_bare(buf_string(&w->text), &bare);
	assert_int_equal(read_text(w, (const char *)bare.data, bare.len), 0);
	assert_int_equal(read_text(w, (const char *)bare.data, bare.len - 1), 0); /* no line end at the end */
	typed = strstr((char *)(uintptr_t)buf_string(&bare), "\n1 ") + 3;
	for (; *typed != '\n'; typed++)
		*typed = *typed >= 'A' && *typed <= 'Z' ? (char)(*typed + 32) : *typed == '-' ? ' ' : *typed;
	assert_int_equal(read_text(w, (const char *)bare.data, bare.len), 0);
	buf_fini(&bare);
}

static void every_wrong_symbol_is_found(void **state)
{
	static const char SYMBOLS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	struct world *w = *state;
	struct buf bare;
	char *text;

	buf_init(&bare, KEYFILE_BYTES_MAX);
	load_text(w);
	copy_bare(buf_string(&w->text), &bare);
	text = (char *)bare.data;
	for (size_t at = (size_t)(strstr(text, "\n1 ") - text) + 3; at < bare.len; at++) {
		char was = text[at];

		if (!strchr(SYMBOLS, was) || text[at - 1] == '\n')
			continue;
		text[at] = SYMBOLS[(size_t)(strchr(SYMBOLS, was) - SYMBOLS + 7) % 32];
		assert_int_equal(read_text(w, text, bare.len), ERR_CORRUPT);
		text[at] = was;
	}
	assert_int_equal(read_text(w, text, bare.len), 0);
	buf_fini(&bare);
}

static void every_cut_is_found(void **state)
{
	struct world *w = *state;
	struct buf bare;

	buf_init(&bare, KEYFILE_BYTES_MAX);
	load_text(w);
	copy_bare(buf_string(&w->text), &bare);
	for (size_t len = 0; len + 1 < bare.len; len++)
		assert_int_not_equal(read_text(w, (const char *)bare.data, len), 0);
	buf_fini(&bare);
}

/* Replace the first `from` by `to`, of the same length, and read the result. */
static int read_replaced(struct world *w, const char *from, const char *to)
{
	char *at;
	int rc;

	load_text(w);
	at = strstr((char *)(uintptr_t)buf_string(&w->text), from);
	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
	rc = read_text(w, (const char *)w->text.data, w->text.len);
	memcpy(at, from, strlen(from));
	assert_int_equal(read_text(w, (const char *)w->text.data, w->text.len), 0);
	return rc;
}

static void lines_that_do_not_belong_are_found(void **state)
{
	struct world *w = *state;

	assert_int_equal(read_replaced(w, "key 1", "key 2"), ERR_STALE);
	assert_int_equal(read_replaced(w, "mandoob", "Mandoob"), ERR_CORRUPT);
	assert_int_equal(read_replaced(w, "0f1e2d", "0f1e2e"), ERR_CORRUPT); /* another organisation */
	assert_int_equal(read_replaced(w, "0f1e2d", "0f1e2g"), ERR_CORRUPT);
	assert_int_equal(read_replaced(w, "\n2 ", "\n3 "), ERR_CORRUPT);
	assert_int_equal(read_replaced(w, "\ncheck ", "\nchekc "), ERR_CORRUPT);
	assert_int_equal(read_replaced(w, "\n# ", "\n1 "), ERR_CORRUPT); /* something after the end */
	load_text(w);
	w->text.data[30] = 0;
	assert_int_equal(read_text(w, (const char *)w->text.data, w->text.len), ERR_CORRUPT);
}

static void exchanged_lines_are_found(void **state)
{
	struct world *w = *state;
	char line[2][19];
	char *at[2];
	char *text;

	load_text(w);
	text = (char *)(uintptr_t)buf_string(&w->text);
	at[0] = strstr(text, "\n2 ") + 3;
	at[1] = strstr(text, "\n3 ") + 3;
	for (size_t i = 0; i < 2; i++)
		memcpy(line[i], at[i], 17);
	memcpy(at[0], line[1], 17);
	memcpy(at[1], line[0], 17);
	assert_int_equal(read_text(w, text, w->text.len), ERR_CORRUPT);
	assert_non_null(strstr(err_message(), "belong together"));
}

static void no_file_and_a_huge_file_are_refused(void **state)
{
	static const char huge[KEYFILE_BYTES_MAX + 1];
	struct world *w = *state;

	assert_int_equal(read_text(w, huge, sizeof huge), ERR_LIMIT);
	unlink(w->path);
	assert_int_equal(read_key(w), ERR_NOT_FOUND);
}

static int write_vectors(void)
{
	struct world *w;
	void *state;
	FILE *f;

	if (setup(&state) != 0)
		return 1;
	w = state;
	load_text(w);
	f = vector_create(VECTOR, "FORMAT.md section 17: the text of a root key file (as hex) and the key in it");
	if (!f)
		return 1;
	vector_put(f, "secret", w->secret, sizeof w->secret);
	vector_put(f, "file", w->text.data, w->text.len);
	teardown(&state);
	return fclose(f) == 0 ? 0 : 1;
}

static void the_released_key_file_is_read(void **state)
{
	struct world *w = *state;

	vector_get_bytes(VECTOR, "secret", w->secret, sizeof w->secret);
	vector_get(VECTOR, "file", &w->text);
	assert_int_equal(read_text(w, (const char *)w->text.data, w->text.len), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_key_comes_back_from_its_file),
		T(the_file_is_private_and_never_written_over),
		T(the_file_says_what_it_is_in_both_languages),
		T(a_key_of_the_other_kind_is_told_apart),
		T(a_key_typed_in_by_hand_is_read),
		T(every_wrong_symbol_is_found),
		T(every_cut_is_found),
		T(lines_that_do_not_belong_are_found),
		T(exchanged_lines_are_found),
		T(no_file_and_a_huge_file_are_refused),
		T(the_released_key_file_is_read),
	};

	if (vector_wanted(argc, argv))
		return write_vectors();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
