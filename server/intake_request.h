/*
 * intake_request: a request on its way through intake: decoded, verified, its envelopes opened. Shared by intake_request.c, which
 * makes it without a database, and intake.c, which takes it in. Nobody else includes it.
 */
#ifndef SERVER_INTAKE_REQUEST_H
#define SERVER_INTAKE_REQUEST_H

#include "proto/message.h"
#include "server/intake.h"

#define INTAKE_REASON_BYTES_MAX 120

struct intake_request {
	const void *bytes; /* borrowed */
	size_t len;
	struct message_request m;            /* borrows from bytes */
	const struct library_device *device; /* NULL: not (yet) in the library; borrowed */
	bool is_signed;                      /* the request's own signature holds */
	int fault;                           /* why it will be refused; 0: it will not be here */
	char reason[INTAKE_REASON_BYTES_MAX];
	struct opened *envelopes; /* owned */
	size_t envelope_count;
};

/*
 * In the writer: when the library lacked something, refresh it and open again. Afterwards `fault` is final; 0 means that device and
 * envelopes are there.
 */
int intake_request_complete(struct centre *c, struct intake_request *q) MUST_CHECK;

#endif
