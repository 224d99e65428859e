/*
 * test_http: the server over real sockets on the loopback address: bodies, heads, failures, hosts, and many, slow and late
 * clients. The size of a bare head is printed and held to its ceiling.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/httpc.h"
#include "tests/lib/httpkit.h"

#define CLIENTS 32
#define BARE_HEAD_BYTES_MAX 120

static void bodies_reach_the_handler_up_to_the_ceiling(void **state)
{
	struct httpkit *k = *state;
	uint8_t body[HTTPKIT_BODY_MAX + 1], sum = 0;
	struct httpc *c;
	struct buf answer;
	char url[64];
	int status;

	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (uint8_t)(i * 7 + 3);
	for (size_t i = 0; i < HTTPKIT_BODY_MAX; i++)
		sum = (uint8_t)(sum + body[i]);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/sync", http_port(k->http));
	buf_init(&answer, 10000);
	assert_int_equal(httpc_new(&c, NULL), 0);
	assert_int_equal(httpc_post(c, url, "application/x-test", body, HTTPKIT_BODY_MAX, &status, &answer), 0);
	assert_int_equal(status, 200);
	assert_int_equal(answer.len, HTTPKIT_ANSWER_BYTES);
	assert_int_equal(k->body_len, HTTPKIT_BODY_MAX);
	assert_int_equal(k->body_sum, sum);
	assert_string_equal(k->type, "application/x-test");
	assert_string_equal(k->peer, "127.0.0.1");
	assert_true(k->peer_port > 0);
	assert_int_equal(httpc_post(c, url, "application/x-test", body, 0, &status, &answer), 0);
	assert_int_equal(status, 200);
	assert_int_equal(k->body_len, 0);
	assert_int_equal(k->handled, 2);
	assert_int_equal(httpc_post(c, url, "application/x-test", body, HTTPKIT_BODY_MAX + 1, &status, &answer), 0);
	assert_int_equal(status, 413);
	assert_string_equal(buf_string(&answer), "body too large");
	assert_int_equal(k->handled, 2);
	httpc_free(c);
	buf_fini(&answer);
}

static void bare_heads_are_small_both_ways(void **state)
{
	static const char expected[] = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 1500\r\n\r\n";
	struct httpkit *k = *state;
	uint8_t body[HTTPKIT_BODY_MAX] = { 0 };
	struct httpc_stats one, two;
	struct httpc *c;
	struct buf answer;
	char url[64], raw[8192];
	int status, fd = httpkit_dial(http_port(k->http));

	httpkit_push(fd, HTTPKIT_SYNC, sizeof HTTPKIT_SYNC - 1);
	assert_int_equal(httpkit_pull(fd, raw, sizeof raw, sizeof expected - 1 + HTTPKIT_ANSWER_BYTES),
		sizeof expected - 1 + HTTPKIT_ANSWER_BYTES);
	assert_memory_equal(raw, expected, sizeof expected - 1);
	close(fd);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/sync", http_port(k->http));
	buf_init(&answer, 10000);
	assert_int_equal(httpc_new(&c, NULL), 0);
	assert_int_equal(httpc_env_post(c, url, body, sizeof body, &status, &answer), 0);
	httpc_stats(c, &one);
	assert_int_equal(httpc_env_post(c, url, body, sizeof body, &status, &answer), 0);
	httpc_stats(c, &two);
	print_message("request head %llu bytes, answer head %llu bytes\n", (unsigned long long)one.head_bytes_sent,
		(unsigned long long)one.head_bytes_received);
	assert_true(one.head_bytes_sent <= BARE_HEAD_BYTES_MAX);
	assert_int_equal(one.head_bytes_received, sizeof expected - 1);
	assert_int_equal(one.body_bytes_sent, sizeof body);
	assert_int_equal(one.body_bytes_received, HTTPKIT_ANSWER_BYTES);
	assert_int_equal(two.head_bytes_sent, 2 * one.head_bytes_sent);
	assert_int_equal(two.body_bytes_sent, 2 * sizeof body);
	assert_int_equal(two.connection_count, 1); /* kept */
	assert_int_equal(two.post_count, 2);
	assert_int_equal(two.failure_count, 0);
	httpc_free(c);
	buf_fini(&answer);
}

static void pages_carry_their_headers(void **state)
{
	static const char raw[] = "GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Token: t\r\n\r\n";
	static const char twice[] = "GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Token: t\r\nx-token: u\r\n\r\n";
	static const char old[] = "GET /old HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	struct httpkit *k = *state;
	char answer[1024];

	assert_int_equal(httpkit_status(http_port(k->http), raw, sizeof raw - 1, answer, sizeof answer), 200);
	assert_non_null(strstr(answer, "\r\nCache-Control: no-store\r\n"));
	assert_non_null(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Security-Policy: default-src 'none'\r\n"));
	assert_non_null(strstr(answer, "\r\nSet-Cookie: s=1; HttpOnly; SameSite=Strict\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
	assert_null(strstr(answer, "\r\nDate:"));
	assert_null(strstr(answer, "\r\nServer:"));
	assert_string_equal(k->token, "t");
	assert_int_equal(httpkit_status(http_port(k->http), twice, sizeof twice - 1, answer, sizeof answer), 200);
	assert_string_equal(k->token, "(none)");
	assert_int_equal(httpkit_status(http_port(k->http), old, sizeof old - 1, answer, sizeof answer), 303);
	assert_non_null(strstr(answer, "\r\nLocation: /page\r\n"));
	assert_null(strstr(answer, "X: y"));
}

static void failures_of_handlers_show_their_code_only(void **state)
{
	static const int expected[][2] = { { ERR_CORRUPT, 400 }, { ERR_AUTH, 403 }, { ERR_LIMIT, 413 }, { ERR_IO, 500 }, { ERR_BUSY, 503 },
		{ ERR_OFFLINE, 503 }, { ERR_NOT_FOUND, 404 }, { ERR_STALE, 409 }, { ERR_NOMEM, 500 }, { ERR_USAGE, 400 }, { -99, 500 } };
	static const char large[] = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
	struct httpkit *k = *state;
	char answer[1024], raw[128];

	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
		int len = snprintf(raw, sizeof raw, "POST /failure HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\n%c",
			-expected[i][0]);

		assert_int_equal(httpkit_status(http_port(k->http), raw, (size_t)len, answer, sizeof answer), expected[i][1]);
		assert_null(strstr(answer, "half an answer"));
		assert_null(strstr(answer, "message"));
	}
	assert_int_equal(httpkit_status(http_port(k->http), large, sizeof large - 1, answer, sizeof answer), 500);
}

static void hosts_outside_the_list_are_refused(void **state)
{
	static const char *const hosts[] = { "127.0.0.1:0", "Centre.example", NULL };
	struct httpkit k;
	char raw[128], answer[1024];
	const struct { const char *host; bool ours; } cases[] = { { "127.0.0.1", false }, { "127.0.0.1:0", false }, { "localhost", false },
		{ "centre.example", true }, { "centre.example:80", false }, { "evil.example", false } };
	int len;

	(void)state;
	httpkit_open(&k, (struct http_options){ .hosts = hosts });
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		len = snprintf(raw, sizeof raw, "GET /page HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", cases[i].host);
		assert_int_equal(httpkit_status(http_port(k.http), raw, (size_t)len, answer, sizeof answer), cases[i].ours ? 200 : 421);
	}
	len = snprintf(raw, sizeof raw, "GET /page HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n", http_port(k.http));
	assert_int_equal(httpkit_status(http_port(k.http), raw, (size_t)len, answer, sizeof answer), 200);
	assert_int_equal(k.handled, 2);
	http_close(k.http);
}

/* --- many, slow and late clients --- */

struct client {
	pthread_t thread;
	uint16_t port;
	int rc;
	int status;
};

static void *client_run(void *arg)
{
	struct client *me = arg;
	struct httpc *c = NULL;
	struct buf answer;
	char url[64];

	snprintf(url, sizeof url, "http://127.0.0.1:%u/block", me->port);
	buf_init(&answer, 100);
	me->rc = httpc_new(&c, NULL);
	if (me->rc == 0)
		me->rc = httpc_env_post(c, url, "x", 1, &me->status, &answer);
	if (me->rc == 0 && strcmp(buf_string(&answer), "done") != 0)
		me->rc = ERR_CORRUPT;
	httpc_free(c);
	buf_fini(&answer);
	return NULL;
}

static void handlers_of_many_clients_block_side_by_side(void **state)
{
	struct httpkit *k = *state;
	struct client clients[CLIENTS];

	k->hold = true;
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){ .port = http_port(k->http) };
		assert_int_equal(pthread_create(&clients[i].thread, NULL, client_run, &clients[i]), 0);
	}
	for (int i = 0; i < 2000 && k->inside < CLIENTS; i++)
		httpkit_sleep_ms(5);
	assert_int_equal(k->inside, CLIENTS);
	k->hold = false;
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(clients[i].thread, NULL);
		assert_int_equal(clients[i].rc, 0);
		assert_int_equal(clients[i].status, 200);
	}
	assert_int_equal(k->most_inside, CLIENTS);
	assert_int_equal(k->handled, CLIENTS);
}

static void *close_run(void *arg)
{
	http_close(arg);
	return NULL;
}

static void close_waits_for_the_handler_and_its_answer(void **state)
{
	static const char raw[] = HTTPKIT_POST_SYNC "Content-Length: 10\r\n\r\nhal";
	struct httpkit k;
	struct client client;
	pthread_t closer;
	int idle, half;

	(void)state;
	httpkit_open(&k, (struct http_options){ 0 });
	k.hold = true;
	client = (struct client){ .port = http_port(k.http) };
	idle = httpkit_dial(client.port);
	half = httpkit_dial(client.port);
	httpkit_push(half, raw, sizeof raw - 1);
	assert_int_equal(pthread_create(&client.thread, NULL, client_run, &client), 0);
	while (!k.inside)
		httpkit_sleep_ms(5);
	assert_int_equal(pthread_create(&closer, NULL, close_run, k.http), 0);
	httpkit_sleep_ms(200);
	assert_int_equal(k.handled, 0);
	k.hold = false;
	pthread_join(closer, NULL);
	assert_int_equal(k.handled, 1);
	pthread_join(client.thread, NULL);
	assert_int_equal(client.rc, 0);
	assert_int_equal(client.status, 200);
	close(idle);
	close(half);
}

static void a_body_cut_short_never_reaches_the_handler(void **state)
{
	static const char raw[] = HTTPKIT_POST_SYNC "Content-Length: 10\r\n\r\nhalf";
	static const char head[] = HTTPKIT_POST_SYNC "Content-Le";
	char answer[256];
	struct httpkit k;
	int cut, head_only, silent;

	(void)state;
	httpkit_open(&k, (struct http_options){ .timeout_s = 1 });
	cut = httpkit_dial(http_port(k.http));
	httpkit_push(cut, raw, sizeof raw - 1);
	close(cut);
	cut = httpkit_dial(http_port(k.http));
	httpkit_push(cut, raw, sizeof raw - 1);
	head_only = httpkit_dial(http_port(k.http));
	httpkit_push(head_only, head, sizeof head - 1);
	silent = httpkit_dial(http_port(k.http));
	/* The server gives up on each of them by itself. */
	assert_true(httpkit_pull(cut, answer, sizeof answer, sizeof answer) >= 0);
	assert_true(httpkit_pull(head_only, answer, sizeof answer, sizeof answer) >= 0);
	assert_true(httpkit_pull(silent, answer, sizeof answer, sizeof answer) >= 0);
	assert_int_equal(k.handled, 0);
	close(cut);
	close(head_only);
	close(silent);
	http_close(k.http);
}

static void a_slow_handler_is_not_a_slow_client(void **state)
{
	struct httpkit k;
	struct client client;

	(void)state;
	httpkit_open(&k, (struct http_options){ .timeout_s = 1 });
	k.hold = true;
	client = (struct client){ .port = http_port(k.http) };
	assert_int_equal(pthread_create(&client.thread, NULL, client_run, &client), 0);
	httpkit_sleep_ms(2500);
	k.hold = false;
	pthread_join(client.thread, NULL);
	assert_int_equal(client.rc, 0);
	assert_int_equal(client.status, 200);
	http_close(k.http);
}

static void loopback_peers_are_not_limited_and_connections_are(void **state)
{
	struct httpkit k;
	char answer[4096];
	int fd[4], waiting;

	(void)state;
	httpkit_open(&k, (struct http_options){ .connection_max = 4, .per_peer_max = 1 });
	for (int i = 0; i < 4; i++)
		fd[i] = httpkit_dial(http_port(k.http));
	for (int i = 0; i < 4; i++) {
		httpkit_push(fd[i], HTTPKIT_SYNC, sizeof HTTPKIT_SYNC - 1);
		assert_true(httpkit_pull(fd[i], answer, sizeof answer, HTTPKIT_ANSWER_BYTES + 80) > HTTPKIT_ANSWER_BYTES);
	}
	/* The fifth is turned away at once, and a place that became free can be had. */
	waiting = httpkit_dial(http_port(k.http));
	httpkit_push(waiting, HTTPKIT_SYNC, sizeof HTTPKIT_SYNC - 1);
	assert_int_equal(httpkit_pull(waiting, answer, sizeof answer, 1), 0);
	close(waiting);
	close(fd[0]);
	httpkit_sleep_ms(200);
	waiting = httpkit_dial(http_port(k.http));
	httpkit_push(waiting, HTTPKIT_SYNC, sizeof HTTPKIT_SYNC - 1);
	assert_true(httpkit_pull(waiting, answer, sizeof answer, HTTPKIT_ANSWER_BYTES + 80) > HTTPKIT_ANSWER_BYTES);
	assert_int_equal(k.handled, 5);
	for (int i = 1; i < 4; i++)
		close(fd[i]);
	close(waiting);
	http_close(k.http);
}

/* An address of this machine outside 127/8, or false. */
static bool outside_address(struct sockaddr_in *out)
{
	struct ifaddrs *all = NULL;
	bool found = false;

	if (getifaddrs(&all) != 0)
		return false;
	for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(out, i->ifa_addr, sizeof *out);
		found = ntohl(out->sin_addr.s_addr) >> 24 != 127;
	}
	freeifaddrs(all);
	return found;
}

static void other_peers_are_limited_by_address(void **state)
{
	struct sockaddr_in a = { 0 };
	struct httpkit k;
	char text[INET_ADDRSTRLEN], answer[4096];
	int fd[3];

	(void)state;
	if (!outside_address(&a)) {
		print_message("no address outside loopback here\n");
		skip();
	}
	inet_ntop(AF_INET, &a.sin_addr, text, sizeof text);
	httpkit_open(&k, (struct http_options){ .address = text, .per_peer_max = 2 });
	a.sin_port = htons(http_port(k.http));
	for (int i = 0; i < 3; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(connect(fd[i], (const struct sockaddr *)&a, sizeof a), 0);
		httpkit_push(fd[i], HTTPKIT_SYNC, sizeof HTTPKIT_SYNC - 1);
		assert_int_equal(httpkit_pull(fd[i], answer, sizeof answer, HTTPKIT_ANSWER_BYTES + 80) > HTTPKIT_ANSWER_BYTES, i < 2);
	}
	close(fd[0]);
	httpkit_sleep_ms(200);
	close(fd[2]);
	fd[2] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd[2], (const struct sockaddr *)&a, sizeof a), 0);
	httpkit_push(fd[2], HTTPKIT_SYNC, sizeof HTTPKIT_SYNC - 1);
	assert_true(httpkit_pull(fd[2], answer, sizeof answer, HTTPKIT_ANSWER_BYTES + 80) > HTTPKIT_ANSWER_BYTES);
	assert_int_equal(k.handled, 3);
	assert_string_equal(k.peer, text);
	close(fd[1]);
	close(fd[2]);
	http_close(k.http);
}

static void opening_twice_on_one_port_says_busy(void **state)
{
	struct httpkit *k = *state;
	struct http *second = (struct http *)k;

	assert_int_equal(http_open(&second, &(struct http_options){ .port = http_port(k->http) }), ERR_BUSY);
	assert_null(second);
	assert_int_equal(http_open(&second, &(struct http_options){ .address = "localhost" }), ERR_USAGE);
	http_close(NULL);
}

static void a_listening_socket_can_be_handed_over(void **state)
{
	const struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct httpkit k;
	char answer[4096];
	int fd = socket(AF_INET, SOCK_STREAM, 0), client;

	(void)state;
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 8), 0);
	httpkit_open(&k, (struct http_options){ .listen_fd = fd });
	client = httpkit_dial(http_port(k.http));
	httpkit_push(client, HTTPKIT_SYNC, sizeof HTTPKIT_SYNC - 1);
	assert_true(httpkit_pull(client, answer, sizeof answer, HTTPKIT_ANSWER_BYTES + 80) > HTTPKIT_ANSWER_BYTES);
	close(client);
	http_close(k.http);
}

int main(void)
{
#define WITH_SERVER(f) cmocka_unit_test_setup_teardown(f, httpkit_setup, httpkit_teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVER(bodies_reach_the_handler_up_to_the_ceiling),
		WITH_SERVER(bare_heads_are_small_both_ways),
		WITH_SERVER(pages_carry_their_headers),
		WITH_SERVER(failures_of_handlers_show_their_code_only),
		cmocka_unit_test(hosts_outside_the_list_are_refused),
		WITH_SERVER(handlers_of_many_clients_block_side_by_side),
		cmocka_unit_test(close_waits_for_the_handler_and_its_answer),
		cmocka_unit_test(a_body_cut_short_never_reaches_the_handler),
		cmocka_unit_test(a_slow_handler_is_not_a_slow_client),
		cmocka_unit_test(loopback_peers_are_not_limited_and_connections_are),
		cmocka_unit_test(other_peers_are_limited_by_address),
		WITH_SERVER(opening_twice_on_one_port_says_busy),
		cmocka_unit_test(a_listening_socket_can_be_handed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
