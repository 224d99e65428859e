/*
 * intake_request: opening a request before any database is asked (intake.h). Order: size and structure, organisation, device known,
 * signature of the request, then each envelope by opened_envelope().
 */
#include "server/intake_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_fault(struct intake_request *q, int fault)
{
	q->fault = fault;
	snprintf(q->reason, sizeof q->reason, "%s", err_message());
}

/* Inside a signed request a broken envelope is broken bytes, whatever part of it did not hold. */
static int fault_of(int err)
{
	return err == ERR_STALE ? ERR_STALE : ERR_CORRUPT;
}

static void close_envelopes(struct intake_request *q)
{
	for (size_t i = 0; i < q->envelope_count; i++)
		opened_fini(&q->envelopes[i]);
	free(q->envelopes);
	q->envelopes = NULL;
	q->envelope_count = 0;
}

static int open_envelopes(const struct centre *c, struct intake_request *q)
{
	int err = 0;

	q->envelopes = calloc(q->m.envelope_count ? q->m.envelope_count : 1, sizeof *q->envelopes);
	if (!q->envelopes)
		return err_set(ERR_NOMEM, "no memory for a request");
	for (size_t i = 0; i < q->m.envelope_count && !err; i++) {
		const struct message_blob *e = &q->m.envelopes[i];

		err = opened_envelope(c, q->device->id, q->device->sign_public, e->data, e->len, &q->envelopes[i]);
		q->envelope_count += err == 0;
	}
	if (err == ERR_NOMEM)
		return err;
	if (err)
		set_fault(q, fault_of(err));
	return 0;
}

/* Everything that needs the library. 0 also with a fault set. */
static int open_all(const struct centre *c, struct intake_request *q)
{
	int err;

	close_envelopes(q);
	q->fault = 0;
	q->is_signed = false;
	q->device = library_device(c->library, q->m.device);
	if (!q->device) {
		set_fault(q, err_set(ERR_AUTH, "request: of an unknown device"));
		return 0;
	}
	err = message_request_verify(q->bytes, q->len, q->device->sign_public);
	if (err == ERR_NOMEM)
		return err;
	if (err) {
		set_fault(q, ERR_AUTH);
		return 0;
	}
	q->is_signed = true;
	return open_envelopes(c, q);
}

int intake_open(const struct centre *c, const void *bytes, size_t len, struct intake_request **out)
{
	struct intake_request *q;
	int err;

	*out = NULL;
	if (len > MESSAGE_REQUEST_BYTES_MAX)
		return err_set(ERR_LIMIT, "request: %zu bytes, at most %d", len, MESSAGE_REQUEST_BYTES_MAX);
	q = calloc(1, sizeof *q);
	if (!q)
		return err_set(ERR_NOMEM, "no memory for a request");
	q->bytes = bytes;
	q->len = len;
	err = message_request_decode(bytes, len, &q->m);
	if (!err && memcmp(q->m.org, c->org, sizeof c->org) != 0)
		err = err_set(ERR_CORRUPT, "request: of another organisation");
	if (!err)
		err = open_all(c, q);
	if (err) {
		intake_request_free(q);
		return err;
	}
	*out = q;
	return 0;
}

int intake_request_complete(struct centre *c, struct intake_request *q)
{
	int err;

	if (q->device && q->fault != ERR_STALE)
		return 0;
	err = library_refresh(c->library, c->db);
	return err ? err : open_all(c, q);
}

void intake_request_free(struct intake_request *q)
{
	if (!q)
		return;
	close_envelopes(q);
	free(q);
}
