/*
 * test_http: the server and the client over real sockets on the loopback address, and raw requests that must never reach a
 * handler (LINKS B2's list of what the library alone would accept). Sizes of heads are printed and held to their ceilings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/http.h"
#include "proto/base/httpc.h"
#include "proto/base/httpguard.h"

#define SYNC_MAX 2000
#define ANSWER_BYTES 1500
#define CLIENTS 32
#define BARE_HEAD_BYTES_MAX 120
#define RAW(text) { text, sizeof(text) - 1 }

/* What handlers did, shared by all of them. */
struct world {
	struct http *http;
	atomic_int handled;
	atomic_int inside;      /* handlers waiting in /block */
	atomic_int most_inside;
	atomic_bool hold;       /* /block waits while this is set */
	size_t body_len;        /* of the last request to /v1/sync */
	uint8_t body_sum;
	char type[64];
	char peer[64];
	uint16_t peer_port;
	char token[64];
};

static void sleep_ms(long ms)
{
	const struct timespec t = { ms / 1000, (ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static int handle_sync(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct world *w = ctx;
	uint8_t sum = 0, *out;

	for (size_t i = 0; i < req->body_len; i++)
		sum = (uint8_t)(sum + req->body[i]);
	w->body_len = req->body_len;
	w->body_sum = sum;
	w->peer_port = req->peer_port;
	snprintf(w->type, sizeof w->type, "%s", req->content_type);
	snprintf(w->peer, sizeof w->peer, "%s", req->peer);
	out = buf_space(&ans->body, ANSWER_BYTES);
	assert_non_null(out);
	memset(out, 'a', ANSWER_BYTES);
	w->handled++;
	return 0;
}

static int handle_page(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct world *w = ctx;
	const char *token = http_request_header(req, "x-token");

	w->handled++;
	snprintf(w->token, sizeof w->token, "%s", token ? token : "(none)");
	ans->content_type = "text/html; charset=utf-8";
	buf_text(&ans->body, "<p>page</p>");
	return http_answer_header(ans, "Set-Cookie", "s=1; HttpOnly; SameSite=Strict");
}

static int handle_redirect(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct world *w = ctx;

	(void)req;
	w->handled++;
	assert_int_equal(http_answer_header(ans, "Location", "/a\r\nX: y"), ERR_USAGE);
	ans->status = 303;
	return http_answer_header(ans, "Location", "/page");
}

static int handle_failure(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct world *w = ctx;

	w->handled++;
	buf_text(&ans->body, "half an answer");
	return err_set(-(int)req->body[0], "the message stays in the server");
}

static int handle_block(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct world *w = ctx;
	int inside = ++w->inside, most = w->most_inside;

	(void)req;
	while (inside > most && !atomic_compare_exchange_weak(&w->most_inside, &most, inside))
		;
	while (w->hold)
		sleep_ms(5);
	w->inside--;
	w->handled++;
	buf_text(&ans->body, "done");
	return 0;
}

static int handle_large(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct world *w = ctx;

	(void)req;
	w->handled++;
	buf_space(&ans->body, 600 * 1000);
	return 0;
}

static const struct http_route ROUTES[] = {
	{ "POST", "/v1/sync", SYNC_MAX, handle_sync, true },
	{ "POST", "/page", 1000, handle_page, false },
	{ "GET", "/page", 0, handle_page, false },
	{ "GET", "/old", 0, handle_redirect, false },
	{ "POST", "/failure", 1, handle_failure, false },
	{ "POST", "/block", 10, handle_block, true },
	{ "GET", "/large", 0, handle_large, true },
};

static const struct http_header PAGE_HEADERS[] = { { "Content-Security-Policy", "default-src 'none'" } };

static void world_open(struct world *w, struct http_options o)
{
	o.routes = ROUTES;
	o.route_count = sizeof ROUTES / sizeof ROUTES[0];
	o.headers = PAGE_HEADERS;
	o.header_count = 1;
	o.ctx = w;
	*w = (struct world){ 0 };
	assert_int_equal(http_open(&w->http, &o), 0);
	assert_true(http_port(w->http) > 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	world_open(w, (struct http_options){ .answer_max = 500 * 1000 });
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	http_close(w->http);
	free(w);
	return 0;
}

/* --- a client that sends exactly what it is told --- */

static int dial(uint16_t port)
{
	const struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof a), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

static void push(int fd, const void *data, size_t len)
{
	send(fd, data, len, MSG_NOSIGNAL);
}

/* Read until the other side closes (or resets), or `want` bytes are there. NUL-terminated; -1 when neither happened in time. */
static ssize_t pull(int fd, char *out, size_t size, size_t want)
{
	size_t len = 0;

	while (len < want && len + 1 < size) {
		ssize_t n = recv(fd, out + len, size - 1 - len, 0);

		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return -1;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	out[len] = '\0';
	return (ssize_t)len;
}

/* Send `raw`, read until the server closes, and give the status; 0 when it closed without a word. */
static int status_of(uint16_t port, const char *raw, size_t len, char *answer, size_t answer_size)
{
	int fd = dial(port);
	ssize_t got;

	push(fd, raw, len);
	got = pull(fd, answer, answer_size, answer_size);
	close(fd);
	assert_true(got >= 0); /* it did close */
	return got > 12 && !strncmp(answer, "HTTP/1.1 ", 9) ? atoi(answer + 9) /* allowed: our own server's status line */ : 0;
}

struct raw {
	const char *text;
	size_t len;
};

struct refused {
	const char *what;
	struct raw raw;
	int status; /* 0: any 4xx, or a close without a word */
};

#define POST_SYNC "POST /v1/sync HTTP/1.1\r\nHost: a\r\n"

/* Each is followed by a well-formed second request, which must not be served either: the connection is not to be trusted. */
static const struct refused REFUSED[] = {
	{ "two equal Content-Lengths", RAW(POST_SYNC "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "two different Content-Lengths", RAW(POST_SYNC "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), 400 },
	{ "list of Content-Lengths", RAW(POST_SYNC "Content-Length: 3, 3\r\n\r\nabc"), 0 },
	{ "missing Host", RAW("POST /v1/sync HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "two Hosts", RAW(POST_SYNC "Host: b\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "empty Host", RAW("POST /v1/sync HTTP/1.1\r\nHost: \r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "Host with a path", RAW("POST /v1/sync HTTP/1.1\r\nHost: a/b\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "Host with a user", RAW("POST /v1/sync HTTP/1.1\r\nHost: u@b\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "folded line", RAW(POST_SYNC "X: b\r\n c\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "folded last line", RAW(POST_SYNC "Content-Length: 3\r\nX: b\r\n\tc\r\n\r\nabc"), 400 },
	{ "fold after the request line", RAW("POST /v1/sync HTTP/1.1\r\n Host: a\r\nContent-Length: 3\r\n\r\nabc"), 0 },
	{ "fold of nothing", RAW(POST_SYNC "X:\r\n b\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "fold of spaces only", RAW(POST_SYNC "X: b\r\n \r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "space before the colon", RAW(POST_SYNC "Content-Length : 3\r\n\r\nabc"), 400 },
	{ "tab before the colon", RAW(POST_SYNC "X\t: 3\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "space in a name", RAW(POST_SYNC "X Y: 3\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "no name", RAW(POST_SYNC ": 3\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "no colon", RAW(POST_SYNC "XY\r\nContent-Length: 3\r\n\r\nabc"), 0 },
	{ "name of other bytes", RAW(POST_SYNC "X\xd9\x85: 3\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "bare LF everywhere", RAW("POST /v1/sync HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc"), 400 },
	{ "bare LF after the request line", RAW("POST /v1/sync HTTP/1.1\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "bare LF after a header", RAW("POST /v1/sync HTTP/1.1\r\nHost: a\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "bare LF after the last header", RAW(POST_SYNC "Content-Length: 3\n\r\nabc"), 400 },
	{ "bare LF as the empty line", RAW(POST_SYNC "Content-Length: 3\r\n\nabc"), 400 },
	{ "bare LF made up for by spaces", RAW("POST /v1/sync HTTP/1.1\r\nHost:  a\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "bare CR in a value", RAW(POST_SYNC "X: b\rContent-Length: 9\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "CR CR LF", RAW(POST_SYNC "X: b\r\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "NUL in a value", RAW(POST_SYNC "X: b\0c\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "NUL in a name", RAW(POST_SYNC "X\0: b\r\nContent-Length: 3\r\n\r\nabc"), 0 },
	{ "NUL after Content-Length", RAW(POST_SYNC "Content-Length: 3\0 9\r\n\r\nabc"), 400 },
	{ "control character in a value", RAW(POST_SYNC "X: b\x01\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "length and chunks", RAW(POST_SYNC "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400 },
	{ "chunks and length", RAW(POST_SYNC "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"), 400 },
	{ "chunks", RAW(POST_SYNC "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), 411 },
	{ "chunks for a route without a body", RAW("GET /page HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 411 },
	{ "unknown Transfer-Encoding", RAW(POST_SYNC "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 400 },
	{ "list of Transfer-Encodings", RAW(POST_SYNC "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 400 },
	{ "two Transfer-Encodings", RAW(POST_SYNC "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400 },
	{ "identity", RAW(POST_SYNC "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "no length", RAW(POST_SYNC "\r\n"), 411 },
	{ "+3", RAW(POST_SYNC "Content-Length: +3\r\n\r\nabc"), 0 },
	{ "-3", RAW(POST_SYNC "Content-Length: -3\r\n\r\nabc"), 0 },
	{ "0x3", RAW(POST_SYNC "Content-Length: 0x3\r\n\r\nabc"), 0 },
	{ "03", RAW(POST_SYNC "Content-Length: 03\r\n\r\nabc"), 400 },
	{ "empty length", RAW(POST_SYNC "Content-Length: \r\n\r\nabc"), 0 },
	{ "space behind the length", RAW(POST_SYNC "Content-Length: 3 \r\n\r\nabc"), 0 },
	{ "length of 2^64 + 3", RAW(POST_SYNC "Content-Length: 18446744073709551619\r\n\r\nabc"), 0 },
	{ "length above the ceiling", RAW(POST_SYNC "Content-Length: 2001\r\n\r\nabc"), 413 },
	{ "huge length", RAW(POST_SYNC "Content-Length: 9999999999999999\r\n\r\nabc"), 413 },
	{ "body for a route without one", RAW("GET /page HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 413 },
	{ "two Content-Types", RAW(POST_SYNC "Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "NUL in the target", RAW("POST /v1/sync\0x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "NUL behind the target", RAW("POST /v1/sync\0 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "tab in the target", RAW("POST /v1/sync\t HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 0 },
	{ "control character in the target", RAW("POST /v1/sync\x7f HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "query", RAW("POST /v1/sync?id=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "empty query", RAW("POST /v1/sync? HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "absolute target", RAW("POST http://a/v1/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "asterisk", RAW("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
	{ "escaped target", RAW("POST /v1/%73ync HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 404 },
	{ "dotted target", RAW("POST /v1/../v1/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 404 },
	{ "longer target", RAW("POST /v1/sync/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 404 },
	{ "unknown path", RAW("GET /none HTTP/1.1\r\nHost: a\r\n\r\n"), 404 },
	{ "wrong method", RAW("GET /v1/sync HTTP/1.1\r\nHost: a\r\n\r\n"), 405 },
	{ "method in lower case", RAW("post /v1/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 405 },
	{ "two spaces before the target", RAW("POST  /v1/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 0 },
	{ "two spaces behind the target", RAW("POST /v1/sync  HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 0 },
	{ "space behind the version", RAW("POST /v1/sync HTTP/1.1 \r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 0 },
	{ "HTTP/1.0", RAW("POST /v1/sync HTTP/1.0\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "HTTP/2.0", RAW("POST /v1/sync HTTP/2.0\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 0 },
	{ "HTTP/1.12", RAW("POST /v1/sync HTTP/1.12\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 0 },
	{ "no version", RAW("POST /v1/sync\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 0 },
};

static const char SECOND[] = "POST /v1/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";

static void guard_keeps_ambiguous_requests_from_handlers(void **state)
{
	struct world *w = *state;
	char raw[1024], answer[4096];

	for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
		const struct refused *r = &REFUSED[i];
		int status;

		assert_true(r->raw.len + sizeof SECOND < sizeof raw);
		memcpy(raw, r->raw.text, r->raw.len);
		memcpy(raw + r->raw.len, SECOND, sizeof SECOND - 1);
		status = status_of(http_port(w->http), raw, r->raw.len + sizeof SECOND - 1, answer, sizeof answer);
		if (w->handled)
			print_error("handler called: %s\n", r->what);
		assert_int_equal(w->handled, 0);
		if (r->status ? status != r->status : status != 0 && (status < 400 || status > 505))
			print_error("%s: status %d, expected %d\n", r->what, status, r->status);
		assert_true(r->status ? status == r->status : status == 0 || (status >= 400 && status <= 505));
		assert_true(status == 0 || strcasestr(answer, "\r\nConnection: close\r\n"));
	}
	print_message("%zu raw requests refused\n", sizeof REFUSED / sizeof REFUSED[0]);
}

static void refusals_say_why_in_one_line_and_name_allowed_methods(void **state)
{
	static const char raw[] = "PUT /page HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
	struct world *w = *state;
	char answer[1024];

	assert_int_equal(status_of(http_port(w->http), raw, sizeof raw - 1, answer, sizeof answer), 405);
	assert_non_null(strstr(answer, "\r\nAllow: POST, GET\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Type: text/plain\r\n"));
	assert_non_null(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_string_equal(strstr(answer, "\r\n\r\n") + 4, "method not allowed here");
}

static void many_or_long_headers_are_refused(void **state)
{
	struct world *w = *state;
	struct buf raw;
	char answer[4096];

	buf_init(&raw, 100000);
	buf_text(&raw, POST_SYNC);
	for (int i = 0; i < 100; i++)
		buf_printf(&raw, "X-%d: y\r\n", i);
	buf_text(&raw, "Content-Length: 3\r\n\r\nabc");
	assert_int_equal(status_of(http_port(w->http), (char *)raw.data, raw.len, answer, sizeof answer), 400);
	buf_clear(&raw);
	buf_text(&raw, POST_SYNC "Content-Length: 3\r\nX: ");
	for (int i = 0; i < 40000; i++)
		buf_text(&raw, "y");
	buf_text(&raw, "\r\n\r\nabc");
	assert_in_range(status_of(http_port(w->http), (char *)raw.data, raw.len, answer, sizeof answer), 0, 499);
	buf_clear(&raw);
	buf_text(&raw, "POST /");
	for (int i = 0; i < 40000; i++)
		buf_text(&raw, "y");
	buf_text(&raw, " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
	assert_in_range(status_of(http_port(w->http), (char *)raw.data, raw.len, answer, sizeof answer), 0, 499);
	assert_int_equal(w->handled, 0);
	buf_fini(&raw);
}

/* The other half of the guard's proof: it must not refuse what it can read in one way only. */
static void long_heads_byte_by_byte_and_pipelined_are_accepted(void **state)
{
	struct world *w = *state;
	struct buf raw;
	char answer[8192];
	int fd = dial(http_port(w->http));

	buf_init(&raw, 100000);
	buf_text(&raw, "POST /v1/sync HTTP/1.1\r\nHost: [::1]:80\r\nX:y\r\nY: \t z z \r\nEmpty:\r\nEmpty2: \r\nUtf: \xd9\x85\r\n");
	for (int i = 0; i < 24; i++)
		buf_printf(&raw, "X-%d: %0400d\r\n", i, i);
	buf_text(&raw, "Content-Length: 3\r\n\r\nabc");
	for (size_t i = 0; i < raw.len; i++) {
		push(fd, raw.data + i, 1);
		if (i % 64 == 0)
			sleep_ms(1);
	}
	assert_true(pull(fd, answer, sizeof answer, ANSWER_BYTES + 80) > ANSWER_BYTES);
	assert_int_equal(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17), 0);
	assert_int_equal(w->handled, 1);
	/* Two heads in one segment, the first with an empty line before it, as RFC 9112 2.2 allows. */
	buf_text(&raw, "\r\n");
	buf_append(&raw, SECOND, sizeof SECOND - 1);
	push(fd, raw.data, raw.len);
	push(fd, SECOND, sizeof SECOND - 1);
	for (int i = 0; i < 400 && w->handled < 4; i++)
		sleep_ms(5);
	assert_int_equal(w->handled, 4);
	close(fd);
	buf_fini(&raw);
}

static void bodies_reach_the_handler_up_to_the_ceiling(void **state)
{
	struct world *w = *state;
	uint8_t body[SYNC_MAX + 1], sum = 0;
	struct httpc *c;
	struct buf answer;
	char url[64];
	int status;

	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (uint8_t)(i * 7 + 3);
	for (size_t i = 0; i < SYNC_MAX; i++)
		sum = (uint8_t)(sum + body[i]);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/sync", http_port(w->http));
	buf_init(&answer, 10000);
	assert_int_equal(httpc_new(&c, NULL), 0);
	assert_int_equal(httpc_post(c, url, "application/x-test", body, SYNC_MAX, &status, &answer), 0);
	assert_int_equal(status, 200);
	assert_int_equal(answer.len, ANSWER_BYTES);
	assert_int_equal(w->body_len, SYNC_MAX);
	assert_int_equal(w->body_sum, sum);
	assert_string_equal(w->type, "application/x-test");
	assert_string_equal(w->peer, "127.0.0.1");
	assert_true(w->peer_port > 0);
	assert_int_equal(httpc_post(c, url, "application/x-test", body, 0, &status, &answer), 0);
	assert_int_equal(status, 200);
	assert_int_equal(w->body_len, 0);
	assert_int_equal(w->handled, 2);
	assert_int_equal(httpc_post(c, url, "application/x-test", body, SYNC_MAX + 1, &status, &answer), 0);
	assert_int_equal(status, 413);
	assert_string_equal(buf_string(&answer), "body too large");
	assert_int_equal(w->handled, 2);
	httpc_free(c);
	buf_fini(&answer);
}

static void bare_heads_are_small_both_ways(void **state)
{
	static const char expected[] = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 1500\r\n\r\n";
	struct world *w = *state;
	uint8_t body[SYNC_MAX] = { 0 };
	struct httpc_stats one, two;
	struct httpc *c;
	struct buf answer;
	char url[64], raw[8192];
	int status, fd = dial(http_port(w->http));

	push(fd, SECOND, sizeof SECOND - 1);
	assert_int_equal(pull(fd, raw, sizeof raw, sizeof expected - 1 + ANSWER_BYTES), sizeof expected - 1 + ANSWER_BYTES);
	assert_memory_equal(raw, expected, sizeof expected - 1);
	close(fd);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/sync", http_port(w->http));
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
	assert_int_equal(one.body_bytes_received, ANSWER_BYTES);
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
	struct world *w = *state;
	char answer[1024];

	assert_int_equal(status_of(http_port(w->http), raw, sizeof raw - 1, answer, sizeof answer), 200);
	assert_non_null(strstr(answer, "\r\nCache-Control: no-store\r\n"));
	assert_non_null(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Security-Policy: default-src 'none'\r\n"));
	assert_non_null(strstr(answer, "\r\nSet-Cookie: s=1; HttpOnly; SameSite=Strict\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
	assert_null(strstr(answer, "\r\nDate:"));
	assert_null(strstr(answer, "\r\nServer:"));
	assert_string_equal(w->token, "t");
	assert_int_equal(status_of(http_port(w->http), twice, sizeof twice - 1, answer, sizeof answer), 200);
	assert_string_equal(w->token, "(none)");
	assert_int_equal(status_of(http_port(w->http), old, sizeof old - 1, answer, sizeof answer), 303);
	assert_non_null(strstr(answer, "\r\nLocation: /page\r\n"));
	assert_null(strstr(answer, "X: y"));
}

static void failures_of_handlers_show_their_code_only(void **state)
{
	static const int expected[][2] = { { ERR_CORRUPT, 400 }, { ERR_AUTH, 403 }, { ERR_LIMIT, 413 }, { ERR_IO, 500 }, { ERR_BUSY, 503 },
		{ ERR_OFFLINE, 503 }, { ERR_NOT_FOUND, 404 }, { ERR_STALE, 409 }, { ERR_NOMEM, 500 }, { ERR_USAGE, 400 }, { -99, 500 } };
	static const char large[] = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
	struct world *w = *state;
	char answer[1024], raw[128];

	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
		int len = snprintf(raw, sizeof raw, "POST /failure HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\n%c",
			-expected[i][0]);

		assert_int_equal(status_of(http_port(w->http), raw, (size_t)len, answer, sizeof answer), expected[i][1]);
		assert_null(strstr(answer, "half an answer"));
		assert_null(strstr(answer, "message"));
	}
	assert_int_equal(status_of(http_port(w->http), large, sizeof large - 1, answer, sizeof answer), 500);
}

static void hosts_outside_the_list_are_refused(void **state)
{
	static const char *const hosts[] = { "127.0.0.1:0", "Centre.example", NULL };
	struct world w;
	char raw[128], answer[1024];
	const struct { const char *host; bool ours; } cases[] = { { "127.0.0.1", false }, { "127.0.0.1:0", false }, { "localhost", false },
		{ "centre.example", true }, { "centre.example:80", false }, { "evil.example", false } };
	int len;

	(void)state;
	world_open(&w, (struct http_options){ .hosts = hosts });
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		len = snprintf(raw, sizeof raw, "GET /page HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", cases[i].host);
		assert_int_equal(status_of(http_port(w.http), raw, (size_t)len, answer, sizeof answer), cases[i].ours ? 200 : 421);
	}
	len = snprintf(raw, sizeof raw, "GET /page HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n", http_port(w.http));
	assert_int_equal(status_of(http_port(w.http), raw, (size_t)len, answer, sizeof answer), 200);
	assert_int_equal(w.handled, 2);
	http_close(w.http);
}

static void a_host_is_a_name_or_an_address_with_or_without_a_port(void **state)
{
	static const char *const good[] = { "a", "a.b:1", "127.0.0.1:65535", "[::1]", "[::1]:80", "xn--a_b" };
	static const char *const bad[] = { "", ":80", "a:", "a:123456", "a:8x", "[]", "[::1", "[::1]x", "a b", "a,b",
		"a%00", "::1", "[a]]" };
	struct http_header line = { "Host", NULL };
	const struct httpguard_head head = { "GET", "/", "HTTP/1.1", &line, 1, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		line.value = good[i];
		assert_int_equal(httpguard_check(&head).status, 0);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		line.value = bad[i];
		assert_int_equal(httpguard_check(&head).status, 400);
	}
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
	struct world *w = *state;
	struct client clients[CLIENTS];

	w->hold = true;
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){ .port = http_port(w->http) };
		assert_int_equal(pthread_create(&clients[i].thread, NULL, client_run, &clients[i]), 0);
	}
	for (int i = 0; i < 2000 && w->inside < CLIENTS; i++)
		sleep_ms(5);
	assert_int_equal(w->inside, CLIENTS);
	w->hold = false;
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(clients[i].thread, NULL);
		assert_int_equal(clients[i].rc, 0);
		assert_int_equal(clients[i].status, 200);
	}
	assert_int_equal(w->most_inside, CLIENTS);
	assert_int_equal(w->handled, CLIENTS);
}

static void *close_run(void *arg)
{
	http_close(arg);
	return NULL;
}

static void close_waits_for_the_handler_and_its_answer(void **state)
{
	struct world w;
	struct client client;
	pthread_t closer;
	int idle, half;

	(void)state;
	world_open(&w, (struct http_options){ 0 });
	w.hold = true;
	client = (struct client){ .port = http_port(w.http) };
	idle = dial(client.port);
	half = dial(client.port);
	push(half, POST_SYNC "Content-Length: 10\r\n\r\nhal", sizeof(POST_SYNC "Content-Length: 10\r\n\r\nhal") - 1);
	assert_int_equal(pthread_create(&client.thread, NULL, client_run, &client), 0);
	while (!w.inside)
		sleep_ms(5);
	assert_int_equal(pthread_create(&closer, NULL, close_run, w.http), 0);
	sleep_ms(200);
	assert_int_equal(w.handled, 0);
	w.hold = false;
	pthread_join(closer, NULL);
	assert_int_equal(w.handled, 1);
	pthread_join(client.thread, NULL);
	assert_int_equal(client.rc, 0);
	assert_int_equal(client.status, 200);
	close(idle);
	close(half);
}

static void a_body_cut_short_never_reaches_the_handler(void **state)
{
	static const char raw[] = POST_SYNC "Content-Length: 10\r\n\r\nhalf";
	static const char head[] = POST_SYNC "Content-Le";
	char answer[256];
	struct world w;
	int cut, head_only, silent;

	(void)state;
	world_open(&w, (struct http_options){ .timeout_s = 1 });
	cut = dial(http_port(w.http));
	push(cut, raw, sizeof raw - 1);
	close(cut);
	cut = dial(http_port(w.http));
	push(cut, raw, sizeof raw - 1);
	head_only = dial(http_port(w.http));
	push(head_only, head, sizeof head - 1);
	silent = dial(http_port(w.http));
	/* The server gives up on each of them by itself. */
	assert_true(pull(cut, answer, sizeof answer, sizeof answer) >= 0);
	assert_true(pull(head_only, answer, sizeof answer, sizeof answer) >= 0);
	assert_true(pull(silent, answer, sizeof answer, sizeof answer) >= 0);
	assert_int_equal(w.handled, 0);
	close(cut);
	close(head_only);
	close(silent);
	http_close(w.http);
}

static void a_slow_handler_is_not_a_slow_client(void **state)
{
	struct world w;
	struct client client;

	(void)state;
	world_open(&w, (struct http_options){ .timeout_s = 1 });
	w.hold = true;
	client = (struct client){ .port = http_port(w.http) };
	assert_int_equal(pthread_create(&client.thread, NULL, client_run, &client), 0);
	sleep_ms(2500);
	w.hold = false;
	pthread_join(client.thread, NULL);
	assert_int_equal(client.rc, 0);
	assert_int_equal(client.status, 200);
	http_close(w.http);
}

static void loopback_peers_are_not_limited_and_connections_are(void **state)
{
	struct world w;
	char answer[4096];
	int fd[4], waiting;

	(void)state;
	world_open(&w, (struct http_options){ .connection_max = 4, .per_peer_max = 1 });
	for (int i = 0; i < 4; i++)
		fd[i] = dial(http_port(w.http));
	for (int i = 0; i < 4; i++) {
		push(fd[i], SECOND, sizeof SECOND - 1);
		assert_true(pull(fd[i], answer, sizeof answer, ANSWER_BYTES + 80) > ANSWER_BYTES);
	}
	/* The fifth is turned away at once, and a place that became free can be had. */
	waiting = dial(http_port(w.http));
	push(waiting, SECOND, sizeof SECOND - 1);
	assert_int_equal(pull(waiting, answer, sizeof answer, 1), 0);
	close(waiting);
	close(fd[0]);
	sleep_ms(200);
	waiting = dial(http_port(w.http));
	push(waiting, SECOND, sizeof SECOND - 1);
	assert_true(pull(waiting, answer, sizeof answer, ANSWER_BYTES + 80) > ANSWER_BYTES);
	assert_int_equal(w.handled, 5);
	for (int i = 1; i < 4; i++)
		close(fd[i]);
	close(waiting);
	http_close(w.http);
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
	struct world w;
	char text[INET_ADDRSTRLEN], answer[4096];
	int fd[3];

	(void)state;
	if (!outside_address(&a)) {
		print_message("no address outside loopback here\n");
		skip();
	}
	inet_ntop(AF_INET, &a.sin_addr, text, sizeof text);
	world_open(&w, (struct http_options){ .address = text, .per_peer_max = 2 });
	a.sin_port = htons(http_port(w.http));
	for (int i = 0; i < 3; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(connect(fd[i], (const struct sockaddr *)&a, sizeof a), 0);
		push(fd[i], SECOND, sizeof SECOND - 1);
		assert_int_equal(pull(fd[i], answer, sizeof answer, ANSWER_BYTES + 80) > ANSWER_BYTES, i < 2);
	}
	close(fd[0]);
	sleep_ms(200);
	close(fd[2]);
	fd[2] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd[2], (const struct sockaddr *)&a, sizeof a), 0);
	push(fd[2], SECOND, sizeof SECOND - 1);
	assert_true(pull(fd[2], answer, sizeof answer, ANSWER_BYTES + 80) > ANSWER_BYTES);
	assert_int_equal(w.handled, 3);
	assert_string_equal(w.peer, text);
	close(fd[1]);
	close(fd[2]);
	http_close(w.http);
}

static void opening_twice_on_one_port_says_busy(void **state)
{
	struct world *w = *state;
	struct http *second = (struct http *)w;

	assert_int_equal(http_open(&second, &(struct http_options){ .port = http_port(w->http) }), ERR_BUSY);
	assert_null(second);
	assert_int_equal(http_open(&second, &(struct http_options){ .address = "localhost" }), ERR_USAGE);
	http_close(NULL);
}

static void a_listening_socket_can_be_handed_over(void **state)
{
	const struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct world w;
	char answer[4096];
	int fd = socket(AF_INET, SOCK_STREAM, 0), client;

	(void)state;
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 8), 0);
	world_open(&w, (struct http_options){ .listen_fd = fd });
	client = dial(http_port(w.http));
	push(client, SECOND, sizeof SECOND - 1);
	assert_true(pull(client, answer, sizeof answer, ANSWER_BYTES + 80) > ANSWER_BYTES);
	close(client);
	http_close(w.http);
}

/* --- what a client meets outside --- */

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
		push(c, s->text, strlen(s->text));
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
	struct world *w = *state;
	struct httpc *c;
	struct buf answer;
	char url[64];
	int status;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/sync", http_port(w->http));
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
	struct world w;
	struct httpc *c;
	struct httpc_stats stats;
	struct buf answer;
	char url[64];
	int status;

	(void)state;
	world_open(&w, (struct http_options){ .timeout_s = 1 });
	snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/sync", http_port(w.http));
	buf_init(&answer, 10000);
	assert_int_equal(httpc_new(&c, NULL), 0);
	assert_int_equal(httpc_env_post(c, url, "x", 1, &status, &answer), 0);
	sleep_ms(2300); /* the server closes it */
	assert_int_equal(httpc_env_post(c, url, "x", 1, &status, &answer), 0);
	assert_int_equal(status, 200);
	httpc_stats(c, &stats);
	assert_int_equal(stats.connection_count, 2);
	assert_int_equal(w.handled, 2);
	httpc_free(c);
	buf_fini(&answer);
	http_close(w.http);
}

int main(void)
{
#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_WORLD(guard_keeps_ambiguous_requests_from_handlers),
		WITH_WORLD(refusals_say_why_in_one_line_and_name_allowed_methods),
		WITH_WORLD(many_or_long_headers_are_refused),
		WITH_WORLD(long_heads_byte_by_byte_and_pipelined_are_accepted),
		WITH_WORLD(bodies_reach_the_handler_up_to_the_ceiling),
		WITH_WORLD(bare_heads_are_small_both_ways),
		WITH_WORLD(pages_carry_their_headers),
		WITH_WORLD(failures_of_handlers_show_their_code_only),
		cmocka_unit_test(hosts_outside_the_list_are_refused),
		cmocka_unit_test(a_host_is_a_name_or_an_address_with_or_without_a_port),
		WITH_WORLD(handlers_of_many_clients_block_side_by_side),
		cmocka_unit_test(close_waits_for_the_handler_and_its_answer),
		cmocka_unit_test(a_body_cut_short_never_reaches_the_handler),
		cmocka_unit_test(a_slow_handler_is_not_a_slow_client),
		cmocka_unit_test(loopback_peers_are_not_limited_and_connections_are),
		cmocka_unit_test(other_peers_are_limited_by_address),
		WITH_WORLD(opening_twice_on_one_port_says_busy),
		cmocka_unit_test(a_listening_socket_can_be_handed_over),
		cmocka_unit_test(a_portal_page_is_only_a_status_and_a_body),
		cmocka_unit_test(what_is_no_answer_is_offline),
		cmocka_unit_test(many_head_lines_in_an_answer_are_cut_off),
		cmocka_unit_test(unreachable_places_are_offline_and_senseless_ones_usage),
		WITH_WORLD(the_environments_proxy_is_not_used_and_the_options_is),
		cmocka_unit_test(a_kept_connection_that_died_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
