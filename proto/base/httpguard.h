/*
 * httpguard: which request heads http.c lets pass. Pure functions over a head that a server library has already cut into lines.
 *
 * A head is refused when two parsers on one road (nginx and ours) could read it differently, or when it asks for what we
 * never serve. The checks do not trust the library to have made any of them; see httpguard.c for why.
 */
#ifndef PROTO_BASE_HTTPGUARD_H
#define PROTO_BASE_HTTPGUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/http.h"

/* One received head. All text is NUL-terminated and borrowed. */
struct httpguard_head {
	const char *method;
	const char *path;                  /* the request target up to a '?', undecoded */
	const char *version;
	const struct http_header *headers; /* in the order in which they came */
	size_t header_count;
	/*
	 * Bytes of the head from the method to the empty line, when the texts above still lie where they were received, so that
	 * their distances are those on the wire; 0 when the library moves or copies them, and the distances say nothing.
	 */
	size_t exact_bytes;
};

/* A refusal: its status and the one constant line that goes with it. Status 0: no objection. */
struct httpguard_refusal {
	unsigned status;
	const char *text;
};

/* Target, version, header names and values, line ends, Host, framing: 400 or no objection. */
struct httpguard_refusal httpguard_check(const struct httpguard_head *head);

/* Is the body that this head announces one of at most `body_max` bytes: 400, 411, 413 or no objection. Needs a head that passed. */
struct httpguard_refusal httpguard_check_length(const struct httpguard_head *head, size_t body_max);

/*
 * Is the head's Host in the NULL-terminated list `hosts` (any case; ":0" at an entry's end stands for `port`)? A NULL list
 * accepts any Host. Needs a head that passed.
 */
bool httpguard_is_host_ours(const struct httpguard_head *head, const char *const *hosts, uint16_t port);

/* The value of the only line named `name` (any case); NULL when there is none or more than one. `*count`, if given, tells how many. */
const char *httpguard_find(const struct http_header *headers, size_t header_count, const char *name, size_t *count);

/* A byte that no request target may hold: a space, a control character, a byte above ASCII, a '?'. */
bool httpguard_is_target_bad(const char *target);

#endif
