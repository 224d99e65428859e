/*
 * test_httpguard: raw requests over a real socket that must never reach a handler (the list of what the HTTP library alone would
 * accept), and as proof of the other side, odd ones that must.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/httpguard.h"
#include "tests/lib/httpkit.h"

#define RAW(text) { text, sizeof(text) - 1 }

struct raw {
	const char *text;
	size_t len;
};

struct refused {
	const char *what;
	struct raw raw;
	int status; /* 0: any 4xx, or a close without a word */
};

/* Each is followed by a well-formed second request, which must not be served either: the connection is not to be trusted. */
static const struct refused REFUSED[] = {
	{ "two equal Content-Lengths", RAW(HTTPKIT_POST_SYNC "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "two different Content-Lengths", RAW(HTTPKIT_POST_SYNC "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), 400 },
	{ "list of Content-Lengths", RAW(HTTPKIT_POST_SYNC "Content-Length: 3, 3\r\n\r\nabc"), 0 },
	{ "missing Host", RAW("POST /v1/sync HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "two Hosts", RAW(HTTPKIT_POST_SYNC "Host: b\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "empty Host", RAW("POST /v1/sync HTTP/1.1\r\nHost: \r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "Host with a path", RAW("POST /v1/sync HTTP/1.1\r\nHost: a/b\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "Host with a user", RAW("POST /v1/sync HTTP/1.1\r\nHost: u@b\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "folded line", RAW(HTTPKIT_POST_SYNC "X: b\r\n c\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "folded last line", RAW(HTTPKIT_POST_SYNC "Content-Length: 3\r\nX: b\r\n\tc\r\n\r\nabc"), 400 },
	{ "fold after the request line", RAW("POST /v1/sync HTTP/1.1\r\n Host: a\r\nContent-Length: 3\r\n\r\nabc"), 0 },
	{ "fold of nothing", RAW(HTTPKIT_POST_SYNC "X:\r\n b\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "fold of spaces only", RAW(HTTPKIT_POST_SYNC "X: b\r\n \r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "space before the colon", RAW(HTTPKIT_POST_SYNC "Content-Length : 3\r\n\r\nabc"), 400 },
	{ "tab before the colon", RAW(HTTPKIT_POST_SYNC "X\t: 3\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "space in a name", RAW(HTTPKIT_POST_SYNC "X Y: 3\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "no name", RAW(HTTPKIT_POST_SYNC ": 3\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "no colon", RAW(HTTPKIT_POST_SYNC "XY\r\nContent-Length: 3\r\n\r\nabc"), 0 },
	{ "name of other bytes", RAW(HTTPKIT_POST_SYNC "X\xd9\x85: 3\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "bare LF everywhere", RAW("POST /v1/sync HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc"), 400 },
	{ "bare LF after the request line", RAW("POST /v1/sync HTTP/1.1\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "bare LF after a header", RAW("POST /v1/sync HTTP/1.1\r\nHost: a\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "bare LF after the last header", RAW(HTTPKIT_POST_SYNC "Content-Length: 3\n\r\nabc"), 400 },
	{ "bare LF as the empty line", RAW(HTTPKIT_POST_SYNC "Content-Length: 3\r\n\nabc"), 400 },
	{ "bare LF made up for by spaces", RAW("POST /v1/sync HTTP/1.1\r\nHost:  a\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "bare CR in a value", RAW(HTTPKIT_POST_SYNC "X: b\rContent-Length: 9\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "CR CR LF", RAW(HTTPKIT_POST_SYNC "X: b\r\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "NUL in a value", RAW(HTTPKIT_POST_SYNC "X: b\0c\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "NUL in a name", RAW(HTTPKIT_POST_SYNC "X\0: b\r\nContent-Length: 3\r\n\r\nabc"), 0 },
	{ "NUL after Content-Length", RAW(HTTPKIT_POST_SYNC "Content-Length: 3\0 9\r\n\r\nabc"), 400 },
	{ "control character in a value", RAW(HTTPKIT_POST_SYNC "X: b\x01\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "length and chunks", RAW(HTTPKIT_POST_SYNC "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400 },
	{ "chunks and length", RAW(HTTPKIT_POST_SYNC "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"), 400 },
	{ "chunks", RAW(HTTPKIT_POST_SYNC "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), 411 },
	{ "chunks for a route without a body", RAW("GET /page HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 411 },
	{ "unknown Transfer-Encoding", RAW(HTTPKIT_POST_SYNC "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 400 },
	{ "list of Transfer-Encodings", RAW(HTTPKIT_POST_SYNC "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 400 },
	{ "two Transfer-Encodings",
		RAW(HTTPKIT_POST_SYNC "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400 },
	{ "identity", RAW(HTTPKIT_POST_SYNC "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc"), 400 },
	{ "no length", RAW(HTTPKIT_POST_SYNC "\r\n"), 411 },
	{ "+3", RAW(HTTPKIT_POST_SYNC "Content-Length: +3\r\n\r\nabc"), 0 },
	{ "-3", RAW(HTTPKIT_POST_SYNC "Content-Length: -3\r\n\r\nabc"), 0 },
	{ "0x3", RAW(HTTPKIT_POST_SYNC "Content-Length: 0x3\r\n\r\nabc"), 0 },
	{ "03", RAW(HTTPKIT_POST_SYNC "Content-Length: 03\r\n\r\nabc"), 400 },
	{ "empty length", RAW(HTTPKIT_POST_SYNC "Content-Length: \r\n\r\nabc"), 0 },
	{ "space behind the length", RAW(HTTPKIT_POST_SYNC "Content-Length: 3 \r\n\r\nabc"), 0 },
	{ "length of 2^64 + 3", RAW(HTTPKIT_POST_SYNC "Content-Length: 18446744073709551619\r\n\r\nabc"), 0 },
	{ "length above the ceiling", RAW(HTTPKIT_POST_SYNC "Content-Length: 2001\r\n\r\nabc"), 413 },
	{ "huge length", RAW(HTTPKIT_POST_SYNC "Content-Length: 9999999999999999\r\n\r\nabc"), 413 },
	{ "body for a route without one", RAW("GET /page HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 413 },
	{ "two Content-Types", RAW(HTTPKIT_POST_SYNC "Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 3\r\n\r\nabc"), 400 },
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

static void guard_keeps_ambiguous_requests_from_handlers(void **state)
{
	struct httpkit *k = *state;
	char raw[1024], answer[4096];

	for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
		const struct refused *r = &REFUSED[i];
		int status;

		assert_true(r->raw.len + sizeof HTTPKIT_SYNC < sizeof raw);
		memcpy(raw, r->raw.text, r->raw.len);
		memcpy(raw + r->raw.len, HTTPKIT_SYNC, sizeof HTTPKIT_SYNC - 1);
		status = httpkit_status(http_port(k->http), raw, r->raw.len + sizeof HTTPKIT_SYNC - 1, answer, sizeof answer);
		if (k->handled)
			print_error("handler called: %s\n", r->what);
		assert_int_equal(k->handled, 0);
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
	struct httpkit *k = *state;
	char answer[1024];

	assert_int_equal(httpkit_status(http_port(k->http), raw, sizeof raw - 1, answer, sizeof answer), 405);
	assert_non_null(strstr(answer, "\r\nAllow: POST, GET\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Type: text/plain\r\n"));
	assert_non_null(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_string_equal(strstr(answer, "\r\n\r\n") + 4, "method not allowed here");
}

static void many_or_long_headers_are_refused(void **state)
{
	struct httpkit *k = *state;
	struct buf raw;
	char answer[4096];

	buf_init(&raw, 100000);
	buf_text(&raw, HTTPKIT_POST_SYNC);
	for (int i = 0; i < 100; i++)
		buf_printf(&raw, "X-%d: y\r\n", i);
	buf_text(&raw, "Content-Length: 3\r\n\r\nabc");
	assert_int_equal(httpkit_status(http_port(k->http), (char *)raw.data, raw.len, answer, sizeof answer), 400);
	buf_clear(&raw);
	buf_text(&raw, HTTPKIT_POST_SYNC "Content-Length: 3\r\nX: ");
	for (int i = 0; i < 40000; i++)
		buf_text(&raw, "y");
	buf_text(&raw, "\r\n\r\nabc");
	assert_in_range(httpkit_status(http_port(k->http), (char *)raw.data, raw.len, answer, sizeof answer), 0, 499);
	buf_clear(&raw);
	buf_text(&raw, "POST /");
	for (int i = 0; i < 40000; i++)
		buf_text(&raw, "y");
	buf_text(&raw, " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
	assert_in_range(httpkit_status(http_port(k->http), (char *)raw.data, raw.len, answer, sizeof answer), 0, 499);
	assert_int_equal(k->handled, 0);
	buf_fini(&raw);
}

/* The other half of the guard's proof: it must not refuse what it can read in one way only. */
static void long_heads_byte_by_byte_and_pipelined_are_accepted(void **state)
{
	struct httpkit *k = *state;
	struct buf raw;
	char answer[8192];
	int fd = httpkit_dial(http_port(k->http));

	buf_init(&raw, 100000);
	buf_text(&raw, "POST /v1/sync HTTP/1.1\r\nHost: [::1]:80\r\nX:y\r\nY: \t z z \r\nEmpty:\r\nEmpty2: \r\nUtf: \xd9\x85\r\n");
	for (int i = 0; i < 24; i++)
		buf_printf(&raw, "X-%d: %0400d\r\n", i, i);
	buf_text(&raw, "Content-Length: 3\r\n\r\nabc");
	for (size_t i = 0; i < raw.len; i++) {
		httpkit_push(fd, raw.data + i, 1);
		if (i % 64 == 0)
			httpkit_sleep_ms(1);
	}
	assert_true(httpkit_pull(fd, answer, sizeof answer, HTTPKIT_ANSWER_BYTES + 80) > HTTPKIT_ANSWER_BYTES);
	assert_int_equal(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17), 0);
	assert_int_equal(k->handled, 1);
	/* Two heads in one segment, the first with an empty line before it, as RFC 9112 2.2 allows. */
	buf_text(&raw, "\r\n");
	buf_append(&raw, HTTPKIT_SYNC, sizeof HTTPKIT_SYNC - 1);
	httpkit_push(fd, raw.data, raw.len);
	httpkit_push(fd, HTTPKIT_SYNC, sizeof HTTPKIT_SYNC - 1);
	for (int i = 0; i < 400 && k->handled < 4; i++)
		httpkit_sleep_ms(5);
	assert_int_equal(k->handled, 4);
	close(fd);
	buf_fini(&raw);
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

int main(void)
{
#define WITH_SERVER(f) cmocka_unit_test_setup_teardown(f, httpkit_setup, httpkit_teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVER(guard_keeps_ambiguous_requests_from_handlers),
		WITH_SERVER(refusals_say_why_in_one_line_and_name_allowed_methods),
		WITH_SERVER(many_or_long_headers_are_refused),
		WITH_SERVER(long_heads_byte_by_byte_and_pipelined_are_accepted),
		cmocka_unit_test(a_host_is_a_name_or_an_address_with_or_without_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
