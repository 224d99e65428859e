/*
 * opened: see opened.h.
 */
#include "server/opened.h"

#include <string.h>

#include "proto/chain.h"

/* What the centre lacks is no fault of the envelope: it waits on the device until the centre has it. */
static int lacking(int err, const char *what)
{
	return err == ERR_NOT_FOUND ? err_set(ERR_STALE, "envelope: %s is not known here", what) : err;
}

static int check_header(const struct centre *c, const uint8_t *device, const struct seal_header *h)
{
	if (memcmp(h->org, c->org, sizeof h->org) != 0)
		return err_set(ERR_AUTH, "envelope: of another organisation");
	if (memcmp(h->device, device, SEAL_DEVICE_BYTES) != 0)
		return err_set(ERR_AUTH, "envelope: of another device");
	return 0;
}

int opened_envelope(const struct centre *c, const uint8_t device[static SEAL_DEVICE_BYTES],
	const uint8_t sign_public[static SEAL_SIGN_PUBLIC_BYTES], const void *envelope, size_t len, struct opened *out)
{
	struct changeset_forms forms = library_form_finder(c->library);
	struct pack_dictionaries dictionaries = library_dictionary_finder(c->library);
	const struct seal_keys *keys = NULL;
	struct buf frame;
	struct buf plain;
	int err;

	memset(out, 0, sizeof *out);
	buf_init(&frame, SEAL_ENVELOPE_BYTES_MAX);
	buf_init(&plain, CHANGESET_BYTES_MAX);
	if (len > SEAL_ENVELOPE_BYTES_MAX)
		return err_set(ERR_LIMIT, "envelope: %zu bytes, at most %d", len, SEAL_ENVELOPE_BYTES_MAX);
	err = seal_envelope_header(envelope, len, &out->header);
	if (!err)
		err = check_header(c, device, &out->header);
	if (!err)
		err = seal_envelope_verify(envelope, len, sign_public);
	if (!err && !(keys = centre_receive_key(c, out->header.epoch)))
		err = err_set(ERR_STALE, "envelope: key epoch %u is not known here", out->header.epoch);
	if (!err)
		err = lacking(
			seal_envelope_open(envelope, len, SEAL_TO_CENTRE, keys->box_public, keys->box_secret, &frame), "its receive key");
	if (!err)
		err = lacking(pack_inflate(frame.data, frame.len, &dictionaries, &plain), "its dictionary");
	if (!err)
		err = lacking(changeset_decode(plain.data, plain.len, &forms, &out->set), "its form");
	if (!err)
		chain_next(out->header.previous, envelope, len, out->hash);
	buf_fini(&frame);
	buf_fini(&plain);
	if (err)
		opened_fini(out);
	return err;
}

void opened_fini(struct opened *o)
{
	changeset_fini(&o->set);
	memset(o, 0, sizeof *o);
}
