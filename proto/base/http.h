/*
 * http: a small HTTP/1.1 server for the pages on the device's loopback address and for the centre's intake.
 *
 * The library below (libmicrohttpd) does not show through this header, so that another server can take its place. Routes
 * are a table of method, exact path, body ceiling and handler. A request reaches its handler only when it passed the
 * strict guard in http.c and its body is complete; whatever is ambiguous is refused and its connection closed.
 * Each connection has its own thread, so a handler may block (the centre's group commit waits inside one); handlers run
 * concurrently and guard their own state. There are no query parameters: a '?' is refused, because addresses end up in
 * logs and histories and personal data does not belong there. There is no TLS: the centre stands behind nginx (which must
 * speak HTTP/1.1 to it: `proxy_http_version 1.1`), and what travels is sealed end to end in any case.
 *
 * What the guard answers, always with `Connection: close` and one line of plain text:
 *   400  framing that two parsers could read differently, control characters, no or two Hosts, HTTP other than 1.1, '?'
 *   404  no route has this path          405  the path exists for other methods (named in Allow)
 *   411  a body without Content-Length   413  a body above the route's ceiling, told by its length before it is read
 *   421  a Host that is not in the list  503  the server is closing
 * Refusals are logged (area "http") by status and reason, never with content of the request, address or Host.
 * Heads above 16 kB, and a few requests that the library cannot parse at all, get the library's own 4xx page or a close.
 */
#ifndef PROTO_BASE_HTTP_H
#define PROTO_BASE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

#define HTTP_HEADERS_MAX 32          /* header lines of one request; browsers send about 20 */
#define HTTP_ANSWER_HEADERS_MAX 8    /* header lines that a handler may add to one answer */

struct http;

struct http_header {
	const char *name;
	const char *value;
};

/* One complete request as its handler sees it. Everything is borrowed and valid until the handler returns. */
struct http_request {
	const char *method;                /* as in the route's table */
	const char *path;                  /* as in the route's table */
	const char *content_type;          /* the header's value, "" when absent */
	const uint8_t *body;               /* NULL when body_len is 0 */
	size_t body_len;                   /* bytes; at most the route's body_max */
	const char *peer;                  /* the other side's numeric address, without port */
	uint16_t peer_port;                /* its port, for finding the peer's user in /proc/net/tcp */
	const struct http_header *headers; /* all header lines, in order; use http_request_header() */
	size_t header_count;
};

/* The answer that a handler fills in. */
struct http_answer {
	int status;               /* 200 unless the handler says otherwise; 200 to 599 */
	const char *content_type; /* a constant; NULL: no such line. On entry "application/octet-stream" (bare) or NULL */
	struct buf body;          /* the handler appends; made and released by the server, ceiling answer_max */
	struct http_header headers[HTTP_ANSWER_HEADERS_MAX]; /* filled by http_answer_header(); values owned by the server */
	size_t header_count;
};

/*
 * One line of the table of routes. `handle` returns 0 when `ans` holds the answer. Any ERR_* drops what was filled in and
 * answers with one line naming the code, on a connection that is kept: CORRUPT, USAGE 400; AUTH 403; NOT_FOUND 404;
 * STALE 409; LIMIT 413; BUSY, OFFLINE 503; IO, NOMEM 500. The message of err_message() stays in the server.
 */
struct http_route {
	const char *method; /* "GET", "POST", ... */
	const char *path;   /* begins with '/'; compared byte for byte with what was sent, nothing is decoded */
	size_t body_max;    /* bytes; 0: a body is refused */
	int (*handle)(void *ctx, const struct http_request *req, struct http_answer *ans);
	bool bare;          /* answers carry Content-Type and Content-Length only (81 bytes of head): for devices, not for browsers */
};

/* Everything here is borrowed until http_close(). Zero or NULL chooses the default. */
struct http_options {
	const char *address;          /* numeric address to listen on; "127.0.0.1" */
	uint16_t port;                /* 0: chosen by the system, http_port() tells */
	int listen_fd;                /* above 0: a socket that listens already (systemd), taken over; address and port are not used */
	const char *const *hosts;     /* NULL-terminated list of accepted Host values; ":0" at the end means the port in use.
	                               * NULL: any one well-formed Host */
	unsigned connection_max;      /* 128; further connections are closed at once */
	unsigned per_peer_max;        /* 16 connections of one address; does not apply to loopback peers */
	unsigned timeout_s;           /* 30: seconds without a byte from or to the client; handlers are not limited */
	size_t answer_max;            /* 16 MiB: ceiling of one answer's body, bytes */
	const struct http_route *routes;
	size_t route_count;
	const struct http_header *headers; /* sent with each answer that is not bare, beside no-store and nosniff (e.g. the CSP) */
	size_t header_count;
	void *ctx;                    /* handed to handlers */
};

/*
 * Listen and serve in threads of the server's own, which run with all signals blocked. On 0 `*out` is the caller's, ended by
 * http_close(). ERR_BUSY: the port is taken. ERR_USAGE: the address is not a numeric one. ERR_IO, ERR_NOMEM.
 */
int http_open(struct http **out, const struct http_options *o) MUST_CHECK;

/* The port that is listened on. */
uint16_t http_port(const struct http *h);

/*
 * Stop listening, refuse new requests, wait for running handlers (however long they take) and up to two seconds for their
 * answers to leave, then end all connections and threads. Not to be called from a handler. NULL is harmless.
 */
void http_close(struct http *h);

/* The value of the header `name` (any case); NULL when it is absent, and also when it was sent more than once. Borrowed from `req`. */
const char *http_request_header(const struct http_request *req, const char *name);

/*
 * Add a header line to an answer (Location, Set-Cookie, ...). `name` is a constant token, `value` is copied.
 * ERR_USAGE: a control character in `value`; ERR_LIMIT: more than HTTP_ANSWER_HEADERS_MAX lines; ERR_NOMEM.
 */
int http_answer_header(struct http_answer *ans, const char *name, const char *value) MUST_CHECK;

#endif
