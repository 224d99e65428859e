/*
 * fuzz_envelope: foreign bytes as an envelope, as a padded frame and as a sealed box. The first byte chooses.
 *
 * A signature or a tag stops every mutation at the door, so the target also signs the input itself, as an enrolled device that
 * lies would, and seals the input as a frame, which must come back as it was.
 */
#include <assert.h>
#include <string.h>

#include "proto/chain.h"
#include "tests/lib/fixed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct keys {
	struct fixed fixed;
	struct seal_keys *device, *centre;
};

static struct keys *keys_of(void)
{
	static struct keys k;

	if (!k.device) {
		fixed_init(&k.fixed, 1);
		k.device = fixed_keys(2);
		k.centre = fixed_keys(3);
	}
	return &k;
}

static void read_envelope(const struct keys *k, const uint8_t *data, size_t size)
{
	struct seal_header h;
	struct buf frame;
	uint8_t hash[SEAL_HASH_BYTES];

	buf_init(&frame, SEAL_ENVELOPE_BYTES_MAX);
	if (seal_envelope_header(data, size, &h) == 0) {
		assert(h.seq != 0 && h.incarnation != 0 && h.epoch != 0);
		chain_next(h.previous, data, size, hash);
		(void)chain_place(&h, hash, h.seq / 2, h.previous, NULL);
	}
	if (seal_envelope_verify(data, size, k->device->sign_public) == 0)
		if (seal_envelope_open(data, size, SEAL_TO_CENTRE, k->centre->box_public, k->centre->box_secret, &frame) != 0)
			assert(frame.len == 0);
	buf_fini(&frame);
}

static void read_signed_envelope(const struct keys *k, const uint8_t *data, size_t size)
{
	struct buf b;

	buf_init(&b, SEAL_ENVELOPE_BYTES_MAX);
	buf_append(&b, data, size);
	seal_object_sign(&b, 0, "mandoob:env", k->device->sign_secret);
	read_envelope(k, b.data, b.len);
	buf_fini(&b);
}

static void seal_and_open(struct keys *k, const uint8_t *data, size_t size)
{
	struct seal_header h = { .incarnation = 1, .seq = 1, .epoch = 1 };
	struct seal_recipient to = { .kind = SEAL_TO_CENTRE };
	struct buf envelope, frame;
	int rc;

	memcpy(to.box_public, k->centre->box_public, sizeof to.box_public);
	buf_init(&envelope, SEAL_ENVELOPE_BYTES_MAX);
	buf_init(&frame, SEAL_ENVELOPE_BYTES_MAX);
	if (seal_envelope(&k->fixed.env, &h, &to, 1, data, size, k->device->sign_secret, &envelope) == 0) {
		rc = seal_envelope_verify(envelope.data, envelope.len, k->device->sign_public);
		assert(rc == 0);
		rc = seal_envelope_open(envelope.data, envelope.len, SEAL_TO_CENTRE, k->centre->box_public, k->centre->box_secret, &frame);
		assert(rc == 0 && frame.len == size && (size == 0 || memcmp(frame.data, data, size) == 0));
	}
	buf_fini(&envelope);
	buf_fini(&frame);
}

static void unpad(const uint8_t *data, size_t size)
{
	struct buf again;
	size_t len;

	if (seal_unpad(data, size, &len) != 0)
		return;
	assert(len < size);
	buf_init(&again, size);
	buf_append(&again, data, len);
	seal_pad(&again, 0);
	assert(!again.error && again.len == size && memcmp(again.data, data, size) == 0); /* one accepted padding */
	buf_fini(&again);
}

static void open_box(const struct keys *k, const uint8_t *data, size_t size)
{
	struct buf frame;

	buf_init(&frame, SEAL_BOX_BYTES_MAX);
	if (seal_box_open(data, size, k->device->box_public, k->device->box_secret, &frame) != 0)
		assert(frame.len == 0);
	buf_fini(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keys *k = keys_of();

	if (size == 0)
		return 0;
	switch (data[0] % 5) {
	case 0:
		read_envelope(k, data + 1, size - 1);
		break;
	case 1:
		read_signed_envelope(k, data + 1, size - 1);
		break;
	case 2:
		seal_and_open(k, data + 1, size - 1);
		break;
	case 3:
		unpad(data + 1, size - 1);
		break;
	case 4:
		open_box(k, data + 1, size - 1);
		break;
	}
	return 0;
}
