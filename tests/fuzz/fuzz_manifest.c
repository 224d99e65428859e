/*
 * fuzz_manifest: the input as it is, as something to be signed, and signed by the root. What is accepted must be written again
 * byte for byte, since every value has one accepted spelling.
 */
#include <assert.h>
#include <string.h>

#include "proto/manifest.h"
#include "tests/lib/fixed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Byte 5 to 12 hold the organisation: no mutation finds them, so they are put there. */
static void name_organisation(struct buf *b, const struct seal_keys *root)
{
	if (b->len >= 13)
		seal_org_id(root->sign_public, b->data + 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seal_keys *root;
	struct manifest m;
	struct buf b, again;
	int signed_rc, rc;

	if (!root)
		root = fixed_keys(1);
	rc = manifest_decode(data, size, root->sign_public, &m);
	assert(rc != 0);
	buf_init(&b, 2 * MANIFEST_BYTES_MAX);
	buf_init(&again, MANIFEST_BYTES_MAX);
	buf_append(&b, data, size);
	name_organisation(&b, root);
	signed_rc = manifest_sign(&b, root->sign_secret);
	if (signed_rc != 0)
		seal_object_sign(&b, 0, "mandoob:manifest", root->sign_secret);
	rc = manifest_decode(b.data, b.len, root->sign_public, &m);
	assert((rc == 0) == (signed_rc == 0)); /* what may be signed is what is read */
	if (rc == 0) {
		rc = manifest_encode(&m, &again);
		assert(rc == 0 && again.len == b.len - SEAL_SIGNATURE_BYTES && memcmp(again.data, b.data, again.len) == 0);
	}
	manifest_fini(&m);
	buf_fini(&b);
	buf_fini(&again);
	return 0;
}
