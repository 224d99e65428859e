/*
 * fuzz_changeset: foreign bytes as a change set (first byte even) or as a pull (odd) of the default form, whose hash the target
 * puts in, since no mutation finds it. What is accepted must encode to the same bytes again.
 */
#include <assert.h>
#include <string.h>

#include "proto/base/bytes.h"
#include "proto/changeset.h"
#include "proto/form/form_default.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct form **default_form(void)
{
	static struct form *f;

	if (!f) {
		int rc = form_default_new(&f);

		assert(rc == 0);
	}
	return &f;
}

static const struct form *find_form(void *ctx, const uint8_t hash[static FORM_HASH_BYTES])
{
	struct form **f = ctx;

	return memcmp(form_hash(*f), hash, FORM_HASH_BYTES) == 0 ? *f : NULL;
}

static void must_be(const struct buf *again, const struct buf *bytes)
{
	assert(again->len == bytes->len);
	assert(memcmp(again->data, bytes->data, bytes->len) == 0);
}

static void read_changeset(const struct changeset_forms *forms, const struct buf *bytes)
{
	struct changeset c;
	struct buf again;
	int rc;

	if (changeset_decode(bytes->data, bytes->len, forms, &c) != 0)
		return;
	buf_init(&again, CHANGESET_BYTES_MAX);
	rc = changeset_encode(c.groups, c.group_count, &again);
	assert(rc == 0);
	must_be(&again, bytes);
	buf_fini(&again);
	changeset_fini(&c);
}

static void read_pull(const struct changeset_forms *forms, const struct buf *bytes)
{
	struct changeset_pull p;
	struct buf again;
	int rc;

	if (changeset_pull_decode(bytes->data, bytes->len, forms, &p) != 0)
		return;
	buf_init(&again, CHANGESET_PULL_BYTES_MAX);
	rc = changeset_pull_encode(&p, &again);
	assert(rc == 0);
	must_be(&again, bytes);
	buf_fini(&again);
	changeset_pull_fini(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct changeset_forms forms = { find_form, default_form() };
	struct buf bytes;
	bool is_pull;

	if (size == 0)
		return 0;
	is_pull = data[0] & 1;
	buf_init(&bytes, CHANGESET_PULL_BYTES_MAX);
	if (!is_pull)
		write_varint(&bytes, 1);
	buf_append(&bytes, form_hash(*default_form()), FORM_HASH_BYTES);
	buf_append(&bytes, data + 1, size - 1);
	if (is_pull)
		read_pull(&forms, &bytes);
	else
		read_changeset(&forms, &bytes);
	buf_fini(&bytes);
	return 0;
}
