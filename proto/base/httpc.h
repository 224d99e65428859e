/*
 * httpc: one reusable HTTP client handle over libcurl, for small POSTs over bad links.
 *
 * It keeps its connection between calls (one round trip instead of three), sends the smallest head that HTTP/1.1 allows,
 * gives up on a connection that makes no progress instead of after a total time, and keeps little in the kernel's send
 * buffer, so that an urgent exchange does not wait behind bytes of a dead one. Redirects are not followed, cookies not kept,
 * the environment's proxy settings not read. What comes back proves nothing: a portal's "200 OK" is a 200 here too, and the
 * caller believes only what the centre signed. Not for two threads at once.
 */
#ifndef PROTO_BASE_HTTPC_H
#define PROTO_BASE_HTTPC_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

struct httpc;

/* Zero or NULL chooses the default. Text is copied. */
struct httpc_options {
	long connect_timeout_ms;  /* 30,000: name, TCP and TLS together (60,000 suits satellite links) */
	long stall_bytes_per_s;   /* 32: slower than this ... */
	long stall_s;             /* 20: ... for so long ends the exchange; waiting for the answer counts */
	long unacked_ms;          /* 30,000: TCP_USER_TIMEOUT, sent bytes without acknowledgement */
	int send_buffer_bytes;    /* 16,384: SO_SNDBUF, twice rate times round trip, 8 to 64 kB; -1: the system's */
	const char *ca_file;      /* certificates to trust instead of the system's */
	const char *pinned_key;   /* "sha256//base64" of the server's public key; another key is as good as offline */
	const char *proxy;        /* "http://host:port"; NULL: none */
};

/* Totals since httpc_new(), above TCP (above TLS where there is TLS): heads and bodies, proxy's too, failed exchanges too. */
struct httpc_stats {
	uint64_t post_count;       /* calls of httpc_post() that reached libcurl */
	uint64_t failure_count;    /* of these, without an answer */
	uint64_t connection_count; /* connections opened */
	uint64_t head_bytes_sent;
	uint64_t body_bytes_sent;
	uint64_t head_bytes_received;
	uint64_t body_bytes_received;
};

/* `*out` is the caller's, ended by httpc_free(). `o` may be NULL. ERR_USAGE: an option that libcurl refuses; ERR_NOMEM. */
int httpc_new(struct httpc **out, const struct httpc_options *o) MUST_CHECK;

/* Close the connection and forget everything. NULL is harmless. */
void httpc_free(struct httpc *h);

/*
 * POST `len` bytes of `body` to `url` (http or https, no '?', '#' or user in it) as `content_type`; NULL: no such
 * line, 40 bytes less. Blocks.
 * On 0 something spoke HTTP: `*status` is what it said and `answer` (emptied first) its body, whatever it is.
 * On failure `*status` is 0 and `answer` empty. ERR_OFFLINE with the reason in words: name not found, connection refused,
 * timed out, connection reset, certificate not trusted, not HTTP, ... ERR_LIMIT: the answer has more bytes than
 * `answer`'s ceiling, or a head above 16 kB; the connection is dropped. ERR_USAGE: a url or type that makes no sense. ERR_NOMEM.
 */
int httpc_post(struct httpc *h, const char *url, const char *content_type, const void *body, size_t len, int *status,
	struct buf *answer) MUST_CHECK;

/* The same as `env->post` wants it: `ctx` is a struct httpc; no content type is sent. */
int httpc_env_post(void *ctx, const char *url, const void *body, size_t body_len, int *status, struct buf *answer) MUST_CHECK;

/* What this handle has moved so far. */
void httpc_stats(const struct httpc *h, struct httpc_stats *out);

#endif
