/*
 * serve: the centre on the network: `POST /v1/sync` and `POST /v1/enrol` (FORMAT.md section 15).
 *
 * A contact is read, verified, decrypted and decoded on its connection's own thread, taken in by the writer together with those that
 * wait beside it, and answered on its own thread again, after the commit. There is no TLS here: the centre listens on
 * loopback behind a proxy, and what travels is sealed and signed end to end in any case.
 */
#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

#include "server/centre.h"
#include "server/writer.h"

struct serve;

struct serve_options {
	const char *address;     /* numeric */
	uint16_t port;           /* 0: chosen by the system */
	unsigned connection_max; /* 0: 256 */
};

/* Begin to serve `c` (borrowed, and not to be used until serve_close()). Errors as http_open(). */
int serve_open(struct centre *c, const struct serve_options *o, struct serve **out) MUST_CHECK;
uint16_t serve_port(const struct serve *s);
void serve_stats(struct serve *s, struct writer_stats *out);
/* Finish what runs, commit, fold the WAL in. NULL is harmless. */
void serve_close(struct serve *s);

/*
 * Serve until SIGTERM or SIGINT. Says "ready" with the address on standard error when connections are accepted, and writes the port's
 * number to `port_file` (NULL: to none). Blocks.
 */
int serve_run(struct centre *c, const struct serve_options *o, const char *port_file) MUST_CHECK;

/* Take "address:port" apart ("127.0.0.1:8470", "[::1]:8470"); the address goes to `address` of `size` bytes. ERR_USAGE. */
int serve_parse_listen(const char *text, char *address, size_t size, uint16_t *port) MUST_CHECK;

#endif
