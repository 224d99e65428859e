/*
 * httpkit: a server on a free port of the loopback address with a handler of each kind, and a client that sends exactly the
 * bytes it is told, for the tests of http, httpguard and httpc.
 *
 * Its paths: POST /v1/sync (bare, body up to HTTPKIT_BODY_MAX, answers HTTPKIT_ANSWER_BYTES of 'a'), POST and GET /page, GET /old
 * (redirects to /page), POST /failure (fails with the code that its one byte is), POST /block (waits while `hold`), GET /large
 * (600,000 bytes). A failure in here fails the running test.
 */
#ifndef TESTS_LIB_HTTPKIT_H
#define TESTS_LIB_HTTPKIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/base/http.h"

#define HTTPKIT_BODY_MAX 2000
#define HTTPKIT_ANSWER_BYTES 1500

/* The beginning of a request to /v1/sync, and a whole one. */
#define HTTPKIT_POST_SYNC "POST /v1/sync HTTP/1.1\r\nHost: a\r\n"
#define HTTPKIT_SYNC HTTPKIT_POST_SYNC "Content-Length: 3\r\n\r\nabc"

/* The server and what its handlers did, shared by all of them. */
struct httpkit {
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
	char token[64];         /* X-Token of the last request to /page */
};

/* Open a server with these options; routes, headers and ctx are filled in. Close with http_close(k->http). */
void httpkit_open(struct httpkit *k, struct http_options o);

/* For cmocka_unit_test_setup_teardown(); *state is a struct httpkit whose answers may have 500,000 bytes. */
int httpkit_setup(void **state);
int httpkit_teardown(void **state);

/* A connection to `port` on which reading waits for at most five seconds; close(). */
int httpkit_dial(uint16_t port);

/* Send all of it; that the other side has closed is no failure. */
void httpkit_push(int fd, const void *data, size_t len);

/* Read until the other side closes (or resets), or `want` bytes are there. NUL-terminated; -1 when neither happened in time. */
ssize_t httpkit_pull(int fd, char *out, size_t size, size_t want);

/* Send `raw`, read until the server closes, and give the status; 0 when it closed without a word. */
int httpkit_status(uint16_t port, const char *raw, size_t len, char *answer, size_t answer_size);

void httpkit_sleep_ms(long ms);

#endif
