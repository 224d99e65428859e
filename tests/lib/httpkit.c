/*
 * httpkit: see httpkit.h. Handlers run in the server's threads; each writes only what the header says it leaves behind.
 */
#include "tests/lib/httpkit.h"

#include <setjmp.h>
#include <stdarg.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

void httpkit_sleep_ms(long ms)
{
	const struct timespec t = { ms / 1000, (ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static int handle_sync(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct httpkit *k = ctx;
	uint8_t sum = 0, *out;

	for (size_t i = 0; i < req->body_len; i++)
		sum = (uint8_t)(sum + req->body[i]);
	k->body_len = req->body_len;
	k->body_sum = sum;
	k->peer_port = req->peer_port;
	snprintf(k->type, sizeof k->type, "%s", req->content_type);
	snprintf(k->peer, sizeof k->peer, "%s", req->peer);
	out = buf_space(&ans->body, HTTPKIT_ANSWER_BYTES);
	assert_non_null(out);
	memset(out, 'a', HTTPKIT_ANSWER_BYTES);
	k->handled++;
	return 0;
}

static int handle_page(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct httpkit *k = ctx;
	const char *token = http_request_header(req, "x-token");

	k->handled++;
	snprintf(k->token, sizeof k->token, "%s", token ? token : "(none)");
	ans->content_type = "text/html; charset=utf-8";
	buf_text(&ans->body, "<p>page</p>");
	return http_answer_header(ans, "Set-Cookie", "s=1; HttpOnly; SameSite=Strict");
}

static int handle_redirect(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct httpkit *k = ctx;

	(void)req;
	k->handled++;
	assert_int_equal(http_answer_header(ans, "Location", "/a\r\nX: y"), ERR_USAGE);
	ans->status = 303;
	return http_answer_header(ans, "Location", "/page");
}

static int handle_failure(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct httpkit *k = ctx;

	k->handled++;
	buf_text(&ans->body, "half an answer");
	return err_set(-(int)req->body[0], "the message stays in the server");
}

static int handle_block(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct httpkit *k = ctx;
	int inside = ++k->inside, most = k->most_inside;

	(void)req;
	while (inside > most && !atomic_compare_exchange_weak(&k->most_inside, &most, inside))
		;
	while (k->hold)
		httpkit_sleep_ms(5);
	k->inside--;
	k->handled++;
	buf_text(&ans->body, "done");
	return 0;
}

static int handle_large(void *ctx, const struct http_request *req, struct http_answer *ans)
{
	struct httpkit *k = ctx;

	(void)req;
	k->handled++;
	buf_space(&ans->body, 600 * 1000);
	return 0;
}

static const struct http_route ROUTES[] = {
	{ "POST", "/v1/sync", HTTPKIT_BODY_MAX, handle_sync, true },
	{ "POST", "/page", 1000, handle_page, false },
	{ "GET", "/page", 0, handle_page, false },
	{ "GET", "/old", 0, handle_redirect, false },
	{ "POST", "/failure", 1, handle_failure, false },
	{ "POST", "/block", 10, handle_block, true },
	{ "GET", "/large", 0, handle_large, true },
};

static const struct http_header PAGE_HEADERS[] = { { "Content-Security-Policy", "default-src 'none'" } };

void httpkit_open(struct httpkit *k, struct http_options o)
{
	o.routes = ROUTES;
	o.route_count = sizeof ROUTES / sizeof ROUTES[0];
	o.headers = PAGE_HEADERS;
	o.header_count = 1;
	o.ctx = k;
	*k = (struct httpkit){ 0 };
	assert_int_equal(http_open(&k->http, &o), 0);
	assert_true(http_port(k->http) > 0);
}

int httpkit_setup(void **state)
{
	struct httpkit *k = calloc(1, sizeof *k);

	assert_non_null(k);
	httpkit_open(k, (struct http_options){ .answer_max = 500 * 1000 });
	*state = k;
	return 0;
}

int httpkit_teardown(void **state)
{
	struct httpkit *k = *state;

	http_close(k->http);
	free(k);
	return 0;
}

int httpkit_dial(uint16_t port)
{
	const struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof a), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

void httpkit_push(int fd, const void *data, size_t len)
{
	send(fd, data, len, MSG_NOSIGNAL);
}

ssize_t httpkit_pull(int fd, char *out, size_t size, size_t want)
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

int httpkit_status(uint16_t port, const char *raw, size_t len, char *answer, size_t answer_size)
{
	int fd = httpkit_dial(port);
	ssize_t got;

	httpkit_push(fd, raw, len);
	got = httpkit_pull(fd, answer, answer_size, answer_size);
	close(fd);
	assert_true(got >= 0); /* it did close */
	return got > 12 && !strncmp(answer, "HTTP/1.1 ", 9) ? atoi(answer + 9) /* allowed: our own server's status line */ : 0;
}
