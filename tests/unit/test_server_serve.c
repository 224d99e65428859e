/*
 * The centre on the network: many devices at once over real HTTP, commits shared among them, what other processes change meanwhile, a
 * store that cannot be written, and the end by SIGTERM.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/httpc.h"
#include "proto/base/log.h"
#include "server/admin/verify.h"
#include "server/serve.h"
#include "tests/lib/centrekit.h"

#define DEVICES 32
#define ROUNDS 4

struct world {
	struct centrekit k;
	struct serve *s;
	char url[64];
};

static const struct serve_options ANY_PORT = { .address = "127.0.0.1" };

static int setup(void **state)
{
	struct world *w = test_calloc(1, sizeof *w);

	log_open(LOG_ERROR);
	centrekit_open(&w->k);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	serve_close(w->s);
	centrekit_close(&w->k);
	test_free(w);
	return 0;
}

static void begin(struct world *w)
{
	assert_int_equal(serve_open(w->k.c, &ANY_PORT, &w->s), 0);
	snprintf(w->url, sizeof w->url, "http://127.0.0.1:%u/v1/sync", serve_port(w->s));
}

static void end(struct world *w)
{
	serve_close(w->s);
	w->s = NULL;
}

static void write_one(struct device *d, uint64_t case_id, const char *field, const char *value)
{
	device_write(d, case_id, &(struct device_answer){ .field = field, .value = value }, 1);
}

/* POST bytes: the status, the answer in `answer`. */
static int post(const char *url, const void *body, size_t len, struct buf *answer)
{
	struct httpc *h;
	int status = 0;
	int err = httpc_new(&h, NULL);

	if (!err)
		err = httpc_post(h, url, "application/octet-stream", body, len, &status, answer);
	httpc_free(h);
	return err ? err : status;
}

/* One contact over HTTP: 0 when the answer was verified and applied, else the status or the failure. */
static int contact(const char *url, struct device *d)
{
	struct buf request, answer;
	int status, err;

	buf_init(&request, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	device_seal(d);
	device_request(d, &request);
	status = post(url, request.data, request.len, &answer);
	err = status == 200 ? device_take(d, answer.data, answer.len) : status;
	buf_fini(&request);
	buf_fini(&answer);
	return err;
}

/* ---- Many at once ---- */

struct visitor {
	struct device d;
	const char *url;
	pthread_t thread;
	int failed;
};

static void *visit(void *arg)
{
	struct visitor *v = arg;
	uint64_t case_id = device_new_id(&v->d);

	for (int i = 0; i < ROUNDS && !v->failed; i++) {
		write_one(&v->d, case_id, "landmark", i % 2 ? "behind the school" : "near the old mosque");
		v->failed = contact(v->url, &v->d);
	}
	return NULL;
}

static void thirty_two_devices_at_once_share_commits_and_lose_nothing(void **state)
{
	struct world *w = *state;
	struct visitor *visitors = test_calloc(DEVICES, sizeof *visitors);
	struct verify_report r;
	struct writer_stats stats;

	for (size_t i = 0; i < DEVICES; i++)
		centrekit_enrol(&w->k, &visitors[i].d, 100 + i, CENTREKIT_NORTH);
	begin(w);
	for (size_t i = 0; i < DEVICES; i++) {
		visitors[i].url = w->url;
		assert_int_equal(pthread_create(&visitors[i].thread, NULL, visit, &visitors[i]), 0);
	}
	for (size_t i = 0; i < DEVICES; i++) {
		assert_int_equal(pthread_join(visitors[i].thread, NULL), 0);
		assert_int_equal(visitors[i].failed, 0);
		assert_int_equal(visitors[i].d.acked, ROUNDS);
	}
	serve_stats(w->s, &stats);
	assert_int_equal(stats.jobs, DEVICES * ROUNDS);
	assert_true(stats.groups < stats.jobs);
	assert_true(stats.largest > 1);
	end(w);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit_group"), DEVICES * ROUNDS);
	assert_int_equal(verify_store(w->k.c, &r), 0);
	assert_int_equal(r.findings, 0);
	assert_int_equal(r.receipts, DEVICES * ROUNDS);
	verify_report_fini(&r);
	for (size_t i = 0; i < DEVICES; i++)
		device_fini(&visitors[i].d);
	test_free(visitors);
}

/* ---- What is refused ---- */

static void what_is_no_request_of_a_known_device_gets_a_status_and_nothing_else(void **state)
{
	struct world *w = *state;
	struct device stranger;
	struct buf answer;
	char enrol[64];
	uint8_t *large = test_calloc(1, MESSAGE_REQUEST_BYTES_MAX + 1);

	device_init(&stranger, 9);
	memcpy(stranger.org, w->k.c->org, sizeof stranger.org);
	stranger.incarnation = 1;
	stranger.site = 1;
	begin(w);
	snprintf(enrol, sizeof enrol, "http://127.0.0.1:%u/v1/enrol", serve_port(w->s));
	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	assert_int_equal(post(w->url, "hello", 5, &answer), 400);
	assert_int_equal(post(enrol, "hello", 5, &answer), 401);
	assert_int_equal(post(w->url, large, MESSAGE_REQUEST_BYTES_MAX + 1, &answer), 413);
	assert_int_equal(contact(w->url, &stranger), 401);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM envelope"), 0);
	end(w);
	buf_fini(&answer);
	device_fini(&stranger);
	test_free(large);
}

/* ---- What others commit meanwhile ---- */

/* A second handle on the same store, as a command beside the server has it. */
static void beside(struct world *w, struct centrekit *other)
{
	*other = w->k;
	assert_int_equal(centre_open(&w->k.env, w->k.dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &other->c), 0);
}

static void a_device_and_a_manifest_made_by_another_process_are_noticed(void **state)
{
	struct world *w = *state;
	struct centrekit other;
	struct device d;
	struct buf manifest;

	begin(w);
	beside(w, &other);
	centrekit_enrol(&other, &d, 3, CENTREKIT_SOUTH);
	write_one(&d, device_new_id(&d), "landmark", "near the old mosque");
	assert_int_equal(contact(w->url, &d), 0);
	assert_int_equal(d.acked, 1);
	buf_init(&manifest, MANIFEST_BYTES_MAX);
	centrekit_manifest(&other, 2, &manifest);
	assert_int_equal(db_begin(other.c->db), 0);
	assert_int_equal(centre_manifest_install(other.c, manifest.data, manifest.len), 0);
	assert_int_equal(db_commit(other.c->db), 0);
	assert_int_equal(contact(w->url, &d), 0);
	end(w);
	assert_int_equal(w->k.c->manifest.number, 2);
	buf_fini(&manifest);
	device_fini(&d);
	centre_close(other.c);
}

static void while_the_store_cannot_be_written_nothing_is_claimed(void **state)
{
	struct world *w = *state;
	struct centrekit other;
	struct device d;

	centrekit_enrol(&w->k, &d, 3, CENTREKIT_NORTH);
	begin(w);
	beside(w, &other);
	write_one(&d, device_new_id(&d), "landmark", "near the old mosque");
	assert_int_equal(db_begin(other.c->db), 0);
	assert_int_equal(contact(w->url, &d), 503);
	assert_int_equal(d.acked, 0);
	db_rollback(other.c->db);
	assert_int_equal(centrekit_int(&other, "SELECT count(*) FROM envelope"), 0);
	assert_int_equal(contact(w->url, &d), 0);
	assert_int_equal(d.acked, 1);
	device_fini(&d);
	centre_close(other.c);
}

/* ---- The writer itself ---- */

struct counting {
	struct writer_job job; /* first */
	bool is_bad;
	int times;
};

static int take_counting(struct centre *c, struct writer_job *job)
{
	struct counting *k = (struct counting *)job;

	k->times++;
	if (k->is_bad)
		return err_set(ERR_CORRUPT, "a job that never works");
	return centre_audit(c, 0, "counted", "");
}

struct worker {
	struct writer *w;
	struct counting k;
	pthread_t thread;
	int result;
};

static void *work(void *arg)
{
	struct worker *x = arg;

	x->result = writer_do(x->w, &x->k.job);
	return NULL;
}

static void a_job_on_which_the_store_fails_leaves_its_neighbours_alone(void **state)
{
	struct world *w = *state;
	struct worker workers[24];
	struct writer_stats stats;
	struct writer *writer;

	memset(workers, 0, sizeof workers);
	assert_int_equal(writer_new(w->k.c, &writer), 0);
	for (size_t i = 0; i < 24; i++) {
		workers[i].w = writer;
		workers[i].k.job.take = take_counting;
		workers[i].k.is_bad = i % 8 == 3;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (size_t i = 0; i < 24; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		assert_int_equal(workers[i].result, i % 8 == 3 ? ERR_CORRUPT : 0);
		assert_true(workers[i].k.times > 0);
	}
	writer_stats(writer, &stats);
	assert_int_equal(stats.jobs, 21);
	assert_int_equal(stats.failed, 3);
	writer_free(writer);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM audit WHERE action = 'counted'"), 21);
}

/* ---- The end ---- */

static void serve_child(struct world *w, const char *port_file)
{
	struct centre *c;
	int err = centre_open(&w->k.env, w->k.dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &c);

	if (!err)
		err = serve_run(c, &ANY_PORT, port_file);
	if (!err)
		centre_close(c);
	_exit(err ? 1 : 0);
}

static void wait_for_port(const char *port_file, char *url, size_t size)
{
	struct buf text;

	buf_init(&text, 64);
	for (int i = 0; i < 500 && file_read(port_file, &text) != 0; i++)
		usleep(20000);
	assert_true(text.len > 1);
	snprintf(url, size, "http://127.0.0.1:%d/v1/sync", (int)strtol(buf_string(&text), NULL, 10));
	buf_fini(&text);
}

static void sigterm_ends_it_after_what_was_promised_is_on_disk(void **state)
{
	struct world *w = *state;
	char port_file[96], wal[96];
	struct device d;
	int status;
	pid_t child;

	centrekit_enrol(&w->k, &d, 3, CENTREKIT_NORTH);
	snprintf(port_file, sizeof port_file, "%s/port", w->k.dir);
	centre_close(w->k.c);
	w->k.c = NULL;
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		serve_child(w, port_file);
	wait_for_port(port_file, w->url, sizeof w->url);
	write_one(&d, device_new_id(&d), "landmark", "near the old mosque");
	assert_int_equal(contact(w->url, &d), 0);
	assert_int_equal(kill(child, SIGTERM), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	snprintf(wal, sizeof wal, "%s/" CENTRE_FILE "-wal", w->k.dir);
	assert_int_not_equal(access(wal, F_OK), 0);
	centrekit_reopen(&w->k);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM envelope WHERE state = 1"), 1);
	device_fini(&d);
}

static void an_address_and_port_are_taken_apart(void **state)
{
	char address[64];
	uint16_t port;

	(void)state;
	assert_int_equal(serve_parse_listen("127.0.0.1:8470", address, sizeof address, &port), 0);
	assert_string_equal(address, "127.0.0.1");
	assert_int_equal(port, 8470);
	assert_int_equal(serve_parse_listen("[::1]:0", address, sizeof address, &port), 0);
	assert_string_equal(address, "::1");
	assert_int_equal(serve_parse_listen("127.0.0.1", address, sizeof address, &port), ERR_USAGE);
	assert_int_equal(serve_parse_listen("127.0.0.1:70000", address, sizeof address, &port), ERR_USAGE);
	assert_int_equal(serve_parse_listen(":80", address, sizeof address, &port), ERR_USAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(thirty_two_devices_at_once_share_commits_and_lose_nothing),
		TEST(what_is_no_request_of_a_known_device_gets_a_status_and_nothing_else),
		TEST(a_device_and_a_manifest_made_by_another_process_are_noticed),
		TEST(while_the_store_cannot_be_written_nothing_is_claimed),
		TEST(a_job_on_which_the_store_fails_leaves_its_neighbours_alone),
		TEST(sigterm_ends_it_after_what_was_promised_is_on_disk),
		cmocka_unit_test(an_address_and_port_are_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
