/*
 * test_agent_stick: a stick file keeps what belongs to others, holds one request of this device, and is never made worse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/command/stick.h"
#include "proto/base/file.h"
#include "tests/lib/agentkit.h"

struct two {
	struct agentkit a, b;
	char path[128];
};

static int setup(void **state)
{
	struct two *t = malloc(sizeof *t);

	agentkit_open_as(&t->a, 2001);
	agentkit_open_as(&t->b, 2002);
	snprintf(t->path, sizeof t->path, "%s/stick", t->a.dir);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct two *t = *state;

	agentkit_close(&t->b);
	agentkit_close(&t->a);
	free(t);
	return 0;
}

/* How many records of each kind the file has, and how many requests are of device `k`. */
struct census {
	size_t requests, answers, own;
};

static struct census count(const char *path, const struct agentkit *k)
{
	struct message_stick_record *records;
	struct message_request *q = malloc(sizeof *q);
	struct census c = { 0 };
	struct buf bytes;
	size_t n;

	buf_init(&bytes, MESSAGE_STICK_BYTES_MAX);
	assert_int_equal(file_read(path, &bytes), 0);
	assert_int_equal(message_stick_decode(bytes.data, bytes.len, &records, &n), 0);
	for (size_t i = 0; i < n; i++) {
		if (records[i].kind == MESSAGE_STICK_ANSWER) {
			c.answers++;
			continue;
		}
		c.requests++;
		assert_int_equal(message_request_decode(records[i].blob.data, records[i].blob.len, q), 0);
		c.own += memcmp(q->device, k->s->device, sizeof q->device) == 0;
	}
	free(records);
	free(q);
	buf_fini(&bytes);
	return c;
}

static void write_answer(struct two *t, const uint8_t device[SEAL_DEVICE_BYTES])
{
	struct message_answer a = { .kind = MESSAGE_REVOKED };
	struct message_stick_record record = { .kind = MESSAGE_STICK_ANSWER };
	struct buf answer, stick;

	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	buf_init(&stick, MESSAGE_STICK_BYTES_MAX);
	memcpy(a.device, device, sizeof a.device);
	assert_int_equal(message_answer_encode(&a, t->a.centre->sign_secret, &answer), 0);
	record.blob = (struct message_blob){ answer.data, answer.len };
	assert_int_equal(message_stick_encode(&record, 1, &stick), 0);
	assert_int_equal(file_replace(t->path, stick.data, stick.len), 0);
	buf_fini(&answer);
	buf_fini(&stick);
}

static void many_devices_share_a_stick(void **state)
{
	struct two *t = *state;
	struct census c;
	size_t bytes;

	assert_int_equal(stick_export(t->a.s, t->path, &bytes), 0);
	assert_true(bytes > 100);
	assert_int_equal(stick_export(t->b.s, t->path, &bytes), 0);
	assert_int_equal(stick_export(t->a.s, t->path, &bytes), 0);
	c = count(t->path, &t->a);
	assert_int_equal(c.requests, 2);
	assert_int_equal(c.own, 1);
}

static void answers_of_others_stay_where_they_are(void **state)
{
	struct two *t = *state;
	size_t bytes;

	write_answer(t, t->b.s->device);
	assert_int_equal(stick_export(t->a.s, t->path, &bytes), 0);
	assert_int_equal(count(t->path, &t->a).answers, 1);
}

static void a_file_that_is_no_stick_is_left_alone(void **state)
{
	struct two *t = *state;
	struct stick_import im;
	struct buf after;
	size_t bytes;

	assert_int_equal(file_write_new(t->path, "a letter to somebody", 20), 0);
	assert_int_equal(stick_export(t->a.s, t->path, &bytes), ERR_CORRUPT);
	assert_int_equal(bytes, 0);
	assert_int_equal(stick_import(t->a.s, t->path, &im), ERR_CORRUPT);
	buf_init(&after, 100);
	assert_int_equal(file_read(t->path, &after), 0);
	assert_int_equal(after.len, 20);
	buf_fini(&after);
}

static void only_answers_for_this_device_are_looked_at(void **state)
{
	struct two *t = *state;
	struct stick_import im;
	size_t bytes;

	assert_int_equal(stick_import(t->a.s, t->path, &im), ERR_NOT_FOUND);
	write_answer(t, t->b.s->device);
	assert_int_equal(stick_import(t->a.s, t->path, &im), ERR_NOT_FOUND);
	assert_int_equal(im.found, 0);
	assert_false(t->a.s->is_revoked);
	assert_int_equal(stick_export(t->a.s, t->path, &bytes), 0);
	assert_int_equal(stick_import(t->a.s, t->path, &im), ERR_NOT_FOUND);
}

/* It is signed by the centre and names this device, but answers no request of it: not even a revocation is believed then. */
static void an_answer_to_no_request_changes_nothing(void **state)
{
	struct two *t = *state;
	struct stick_import im;

	write_answer(t, t->a.s->device);
	assert_int_equal(stick_import(t->a.s, t->path, &im), 0);
	assert_int_equal(im.found, 1);
	assert_int_equal(im.known, 1);
	assert_int_equal(im.taken, 0);
	assert_false(t->a.s->is_revoked);
}

static void a_device_that_is_not_enrolled_exports_nothing(void **state)
{
	struct two *t = *state;
	struct agentkit fresh;
	size_t bytes;

	agentkit_open(&fresh);
	assert_int_equal(stick_export(fresh.s, t->path, &bytes), ERR_USAGE);
	assert_int_not_equal(access(t->path, F_OK), 0);
	agentkit_close(&fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_devices_share_a_stick, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_of_others_stay_where_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_no_stick_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(only_answers_for_this_device_are_looked_at, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_to_no_request_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_device_that_is_not_enrolled_exports_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
