/*
 * fuzz_receipt: the input as it is, and the input signed by the centre. What is accepted must be written again byte for byte,
 * since every value has one accepted spelling.
 */
#include <assert.h>
#include <string.h>

#include "proto/receipt.h"
#include "tests/lib/fixed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seal_keys *centre;
	struct receipt r;
	struct buf b, again;
	int rc;

	if (!centre)
		centre = fixed_keys(1);
	rc = receipt_decode(data, size, centre->sign_public, 1, &r);
	assert(rc != 0);
	buf_init(&b, 2 * RECEIPT_BYTES_MAX);
	buf_init(&again, RECEIPT_BYTES_MAX);
	buf_append(&b, data, size);
	seal_object_sign(&b, 0, "mandoob:receipt", centre->sign_secret);
	if (receipt_decode(b.data, b.len, centre->sign_public, 1, &r) == 0) {
		rc = receipt_encode(&r, centre->sign_secret, &again);
		assert(rc == 0 && again.len == b.len && memcmp(again.data, b.data, b.len) == 0);
	}
	receipt_fini(&r);
	buf_fini(&b);
	buf_fini(&again);
	return 0;
}
