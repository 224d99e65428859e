/*
 * test_httpc: what the client meets outside: portals, strangers that say nothing or too much, places that are not there, a
 * proxy, and connections that die between two calls. What it does with our own server is in test_http too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/httpc.h"
#include "tests/lib/httpkit.h"

/* A listener that is no centre: takes a connection, reads what comes, says `text`, and closes, or keeps silent. */
struct stranger {
	pthread_t thread;
	int fd;
	uint16_t port;
	const char *text;     /* NULL: nothing is said */
	size_t padding;       /* bytes said after `text` */
	bool reads;           /* waits for a request first */
	bool reset;           /* closes with RST */
	bool silent;          /* keeps the connection open until the client goes */
	int connections;      /* how many to serve */
};

static void stranger_serve(const struct stranger *s, int c)
{
	const struct linger now = { 1, 0 };
	char raw[8192];
	size_t left = s->padding;

	if (s->reads)
		recv(c, raw, sizeof raw, 0);
	if (s->text)
		httpkit_push(c, s->text, strlen(s->text));
	memset(raw, 'p', sizeof raw);
	while (left > 0 && send(c, raw, left < sizeof raw ? left : sizeof raw, MSG_NOSIGNAL) > 0)
		left -= left < sizeof raw ? left : sizeof raw;
	while (s->silent && recv(c, raw, sizeof raw, 0) > 0)
		;
	if (s->reset)
		setsockopt(c, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	else
		shutdown(c, SHUT_WR);
	while (!s->reset && recv(c, raw, sizeof raw, 0) > 0)
		;
	close(c);
}

static void *stranger_run(void *arg)
{
	struct stranger *s = arg;

	for (int i = 0; i < s->connections; i++) {
		int c = accept(s->fd, NULL, NULL);

		if (c >= 0)
			stranger_serve(s, c);
	}
	return NULL;
}

/* One post to such a listener; gives what httpc_post() gave. */
static int post_to(struct stranger *s, const struct httpc_options *o, int *status, struct buf *answer)
{
	const struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in bound;
	socklen_t len = sizeof bound;
	struct httpc *c;
	char url[64];
	int rc;

	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	s->connections = 1;
	assert_int_equal(bind(s->fd, (const struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(s->fd, 8), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&bound, &len), 0);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/sync", ntohs(bound.sin_port));
	assert_int_equal(pthread_create(&s->thread, NULL, stranger_run, s), 0);
	assert_int_equal(httpc_new(&c, o), 0);
	buf_text(answer, "left from before");
	*status = 7;
	rc = httpc_env_post(c, url, "hello", 5, status, answer);
	httpc_free(c);
	pthread_join(s->thread, NULL);
	close(s->fd);
	return rc;
}

static void a_portal_page_is_only_a_status_and_a_body(void **state)
{
	struct stranger portal = { .reads = true,
		.text = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n<h1>Pay</h1>" };
	struct stranger redirect = { .reads = true,
		.text = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/login\r\nContent-Length: 0\r\n\r\n" };
	struct buf answer;
	int status;

	(void)state;
	buf_init(&answer, 1000);
	assert_int_equal(post_to(&portal, NULL, &status, &answer), 0);
	assert_int_equal(status, 200);
	assert_string_equal(buf_string(&answer), "<h1>Pay</h1>");
	assert_int_equal(post_to(&redirect, NULL, &status, &answer), 0);
	assert_int_equal(status, 302); /* not followed */
	assert_int_equal(answer.len, 0);
	buf_fini(&answer);
}

static void what_is_no_answer_is_offline(void **state)
{
	struct httpc_options hurry = { .stall_s = 1, .stall_bytes_per_s = 100 };
	struct { struct stranger stranger; int rc; const char *words; } cases[] = {
		{ { .reads = true }, ERR_OFFLINE, "closed without an answer" },
		{ { .reads = true, .reset = true }, ERR_OFFLINE, "connection reset" },
		{ { .reads = true, .silent = true }, ERR_OFFLINE, "timed out" },
		{ { .reads = true, .text = "HTTP/1.1 200 OK\r\nContent-Le", .silent = true }, ERR_OFFLINE, "timed out" },
		{ { .reads = true, .text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort" }, ERR_OFFLINE, "cut short" },
		{ { .reads = true, .text = "SSH-2.0-whatever\r\n" }, ERR_OFFLINE, "does not speak HTTP" },
		{ { .reads = true, .text = "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", .padding = 1001 }, ERR_LIMIT, "too large" },
		{ { .reads = true, .text = "HTTP/1.1 200 OK\r\n\r\n", .padding = 100000 }, ERR_LIMIT, "more than 1000 bytes" },
		{ { .reads = true, .text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n500\r\n", .padding = 0x500 },
			ERR_LIMIT, "more than 1000" },
		{ { .reads = true, .text = "HTTP/1.1 200 OK\r\nX: ", .padding = 90000 }, ERR_OFFLINE, "cut short" },
		{ { .reads = true, .text = "HTTP/1.1 200 OK\r\nX: y\r\n" }, ERR_OFFLINE, "cut short" },
		{ { .reads = true, .text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\n" }, ERR_OFFLINE, "cut short" },
	};
	struct buf answer;
	int status;

	(void)state;
	buf_init(&answer, 1000);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int rc = post_to(&cases[i].stranger, &hurry, &status, &answer);

		print_message("case %zu: %s: %s\n", i, err_name(rc), err_message());
		assert_int_equal(rc, cases[i].rc);
		assert_non_null(strstr(err_message(), cases[i].words));
		assert_int_equal(status, 0);
		assert_int_equal(answer.len, 0);
		assert_int_equal(answer.error, 0);
	}
	buf_fini(&answer);
}

static void many_head_lines_in_an_answer_are_cut_off(void **state)
{
	struct stranger s = { .reads = true };
	struct buf text, answer;
	int status;

	(void)state;
	buf_init(&text, 100000);
	buf_text(&text, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 2000; i++)
		buf_printf(&text, "X-%d: yyyyyyyyyyy\r\n", i);
	buf_text(&text, "Content-Length: 0\r\n\r\n");
	s.text = buf_string(&text);
	buf_init(&answer, 1000);
	assert_int_equal(post_to(&s, NULL, &status, &answer), ERR_LIMIT);
	assert_int_equal(status, 0);
	buf_fini(&answer);
	buf_fini(&text);
}

static void unreachable_places_are_offline_and_senseless_ones_usage(void **state)
{
	struct httpc *c;
	struct buf answer;
	int status;
	static const char *const senseless[] = { "ftp://127.0.0.1/", "file:///etc/hostname", "http://127.0.0.1/?a=b", "http://u@127.0.0.1/",
		"http://127.0.0.1/a b", "", "http://127.0.0.1:99999/", "127.0.0.1" };

	(void)state;
	buf_init(&answer, 1000);
	assert_int_equal(httpc_new(&c, NULL), 0);
	assert_int_equal(httpc_env_post(c, "http://127.0.0.1:1/v1/sync", "x", 1, &status, &answer), ERR_OFFLINE);
	assert_string_equal(err_message(), "centre: connection refused");
	assert_int_equal(httpc_env_post(c, "http://name.invalid/v1/sync", "x", 1, &status, &answer), ERR_OFFLINE);
	assert_string_equal(err_message(), "centre: name not found");
	for (size_t i = 0; i < sizeof senseless / sizeof senseless[0]; i++)
		assert_int_equal(httpc_env_post(c, senseless[i], "x", 1, &status, &answer), ERR_USAGE);
	assert_int_equal(httpc_post(c, "http://127.0.0.1:1/", "a\r\nb", "x", 1, &status, &answer), ERR_USAGE);
	httpc_free(c);
	httpc_free(NULL);
	buf_fini(&answer);
}

static void the_environments_proxy_is_not_used_and_the_options_is(void **state)
{
	struct httpkit *k = *state;
	struct httpc *c;
	struct buf answer;
	char url[64];
	int status;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/sync", http_port(k->http));
	buf_init(&answer, 10000);
	assert_int_equal(httpc_new(&c, NULL), 0);
	assert_int_equal(httpc_env_post(c, url, "x", 1, &status, &answer), 0);
	assert_int_equal(status, 200);
	httpc_free(c);
	unsetenv("http_proxy");
	assert_int_equal(httpc_new(&c, &(struct httpc_options){ .proxy = "http://127.0.0.1:1" }), 0);
	assert_int_equal(httpc_env_post(c, url, "x", 1, &status, &answer), ERR_OFFLINE);
	httpc_free(c);
	buf_fini(&answer);
}

/* A server that went away between two calls costs the call nothing: the dead connection is replaced. */
static void a_kept_connection_that_died_is_replaced(void **state)
{
	struct httpkit k;
	struct httpc *c;
	struct httpc_stats stats;
	struct buf answer;
	char url[64];
	int status;

	(void)state;
	httpkit_open(&k, (struct http_options){ .timeout_s = 1 });
	snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/sync", http_port(k.http));
	buf_init(&answer, 10000);
	assert_int_equal(httpc_new(&c, NULL), 0);
	assert_int_equal(httpc_env_post(c, url, "x", 1, &status, &answer), 0);
	httpkit_sleep_ms(2300); /* the server closes it */
	assert_int_equal(httpc_env_post(c, url, "x", 1, &status, &answer), 0);
	assert_int_equal(status, 200);
	httpc_stats(c, &stats);
	assert_int_equal(stats.connection_count, 2);
	assert_int_equal(k.handled, 2);
	httpc_free(c);
	buf_fini(&answer);
	http_close(k.http);
}

int main(void)
{
#define WITH_SERVER(f) cmocka_unit_test_setup_teardown(f, httpkit_setup, httpkit_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_portal_page_is_only_a_status_and_a_body),
		cmocka_unit_test(what_is_no_answer_is_offline),
		cmocka_unit_test(many_head_lines_in_an_answer_are_cut_off),
		cmocka_unit_test(unreachable_places_are_offline_and_senseless_ones_usage),
		WITH_SERVER(the_environments_proxy_is_not_used_and_the_options_is),
		cmocka_unit_test(a_kept_connection_that_died_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
