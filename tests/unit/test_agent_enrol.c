/*
 * test_agent_enrol: codes and addresses as people type them; who is believed at enrolment, and that a lost answer costs nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "agent/command/enrol.h"
#include "proto/base/text.h"
#include "tests/lib/agentkit.h"

static const uint8_t CODE[MESSAGE_CODE_BYTES] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
static const uint8_t OTHER_CODE[MESSAGE_CODE_BYTES] = { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };

static int setup(void **state)
{
	struct agentkit *k = malloc(sizeof *k);

	agentkit_open(k);
	k->env.post = agentkit_enrol_post;
	agentkit_know_code(k, CODE);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	agentkit_close(*state);
	free(*state);
	return 0;
}

static int64_t leftovers(struct agentkit *k)
{
	int64_t count;

	assert_int_equal(db_query_int(k->s->db, "SELECT count(*) FROM meta WHERE key LIKE 'enrol_%'", &count), 0);
	return count;
}

static void a_code_is_read_as_people_copy_it(void **state)
{
	char text[64], checked[64];
	uint8_t code[MESSAGE_CODE_BYTES];

	(void)state;
	assert_int_equal(text_base32_encode(CODE, sizeof CODE, text, sizeof text), 0);
	assert_int_equal(text_code_encode(CODE, sizeof CODE, checked, sizeof checked), 0);
	assert_int_equal(enrol_code_parse(text, code), 0);
	assert_memory_equal(code, CODE, sizeof code);
	assert_int_equal(enrol_code_parse(checked, code), 0);
	assert_memory_equal(code, CODE, sizeof code);
	text[strlen(text) - 1] = '\0';
	assert_int_equal(enrol_code_parse(text, code), ERR_USAGE);
	assert_int_equal(enrol_code_parse("", code), ERR_USAGE);
	assert_int_equal(enrol_code_parse("0000-0000-0000-0000-0000-0000", code), ERR_USAGE);
	checked[0] = checked[0] == 'A' ? 'B' : 'A';
	assert_int_equal(enrol_code_parse(checked, code), ERR_USAGE);
}

static void an_address_is_http_without_extras(void **state)
{
	char url[STORE_URL_BYTES_MAX + 1];
	char longest[700];

	(void)state;
	assert_int_equal(enrol_url_parse("https://centre.example/", url), 0);
	assert_string_equal(url, "https://centre.example");
	assert_int_equal(enrol_url_parse("http://10.0.0.1:8080/mandoob//", url), 0);
	assert_string_equal(url, "http://10.0.0.1:8080/mandoob");
	assert_int_equal(enrol_url_parse("ftp://centre.example", url), ERR_USAGE);
	assert_int_equal(enrol_url_parse("centre.example", url), ERR_USAGE);
	assert_int_equal(enrol_url_parse("https://", url), ERR_USAGE);
	assert_int_equal(enrol_url_parse("https:///", url), ERR_USAGE);
	assert_int_equal(enrol_url_parse("https://u@centre.example", url), ERR_USAGE);
	assert_int_equal(enrol_url_parse("https://centre.example/?a=1", url), ERR_USAGE);
	assert_int_equal(enrol_url_parse("https://centre example", url), ERR_USAGE);
	memset(longest, 'a', sizeof longest);
	memcpy(longest, "https://", 8);
	longest[sizeof longest - 1] = '\0';
	assert_int_equal(enrol_url_parse(longest, url), ERR_USAGE);
}

static void the_right_code_enrols_and_leaves_nothing_behind(void **state)
{
	struct agentkit *k = *state;
	char english[ENROL_WORDS_BYTES], arabic[ENROL_WORDS_BYTES];

	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, "laptop"), 0);
	assert_true(k->s->is_enrolled);
	assert_int_equal(k->s->site, AGENTKIT_SITE);
	assert_int_equal(leftovers(k), 0);
	assert_int_equal(enrol_words(k->s, english, arabic), 0);
	assert_true(english[0] && arabic[0]);
	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, "laptop"), ERR_USAGE);
	agentkit_reopen(k);
	assert_true(k->s->is_enrolled);
}

static void a_lost_answer_is_asked_for_with_the_same_bytes(void **state)
{
	struct agentkit *k = *state;
	struct buf first;

	buf_init(&first, MESSAGE_ENROL_BYTES_MAX);
	k->is_lost = true;
	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, "laptop"), ERR_OFFLINE);
	assert_false(k->s->is_enrolled);
	buf_append(&first, k->last_request.data, k->last_request.len);
	agentkit_reopen(k);
	k->is_lost = false;
	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, "another name"), 0);
	assert_int_equal(first.len, k->last_request.len);
	assert_memory_equal(first.data, k->last_request.data, first.len);
	buf_fini(&first);
}

static void another_code_makes_other_keys(void **state)
{
	struct agentkit *k = *state;
	uint8_t first[SEAL_SIGN_PUBLIC_BYTES], second[SEAL_SIGN_PUBLIC_BYTES];

	assert_int_equal(enrol(k->s, AGENTKIT_URL, OTHER_CODE, "laptop"), ERR_AUTH);
	assert_int_equal(store_get_blob(k->s, "enrol_sign_public", first, sizeof first), 0);
	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, "laptop"), 0);
	assert_int_equal(store_get_blob(k->s, "sign_public", second, sizeof second), 0);
	assert_memory_not_equal(first, second, sizeof first);
}

static void what_does_not_know_the_code_is_not_believed(void **state)
{
	struct agentkit *k = *state;

	memset(k->k2, 0x55, sizeof k->k2);
	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, "laptop"), ERR_AUTH);
	assert_false(k->s->is_enrolled);
	assert_true(leftovers(k) > 0);
}

static int portal_post(void *ctx, const char *url, const void *body, size_t len, int *status, struct buf *answer)
{
	(void)ctx;
	(void)url;
	(void)body;
	(void)len;
	*status = 200;
	buf_text(answer, "<html>Welcome to the free WiFi</html>");
	return 0;
}

static void a_portal_is_offline_and_a_busy_centre_busy(void **state)
{
	struct agentkit *k = *state;

	k->env.post = portal_post;
	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, "laptop"), ERR_OFFLINE);
	k->env.post = agentkit_enrol_post;
	k->status = 503;
	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, "laptop"), ERR_BUSY);
	k->status = 404;
	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, "laptop"), ERR_OFFLINE);
	k->env.post = NULL;
	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, "laptop"), ERR_OFFLINE);
	assert_false(k->s->is_enrolled);
}

static void a_name_has_1_to_64_bytes(void **state)
{
	struct agentkit *k = *state;
	char name[66];

	memset(name, 'n', sizeof name);
	name[65] = '\0';
	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, name), ERR_USAGE);
	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, ""), ERR_USAGE);
	name[64] = '\0';
	assert_int_equal(enrol(k->s, AGENTKIT_URL, CODE, name), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_is_read_as_people_copy_it),
		cmocka_unit_test(an_address_is_http_without_extras),
		cmocka_unit_test_setup_teardown(the_right_code_enrols_and_leaves_nothing_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lost_answer_is_asked_for_with_the_same_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(another_code_makes_other_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_know_the_code_is_not_believed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_portal_is_offline_and_a_busy_centre_busy, setup, teardown),
		cmocka_unit_test_setup_teardown(a_name_has_1_to_64_bytes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
