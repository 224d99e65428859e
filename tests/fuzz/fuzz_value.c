/*
 * fuzz_value: byte 0 chooses a field of the default form, the rest is what was typed. Normalising twice changes nothing more,
 * and value_check() accepts exactly what normalising leaves as it is.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/form_default.h"
#include "proto/form/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(struct buf *out, const char *text, size_t len)
{
	return out->len == len && memcmp(buf_string(out), text, len) == 0;
}

/* `typed` is NUL-terminated and has `len` bytes. */
static void try(const struct form *f, size_t field, const char *typed, size_t len)
{
	struct buf once;
	struct buf twice;
	int rc;

	buf_init(&once, VALUE_BYTES_MAX);
	buf_init(&twice, 4 * VALUE_BYTES_MAX);
	rc = value_normalise(f, field, typed, &once);
	assert(rc == 0 || rc == ERR_USAGE);
	assert((value_check(f, field, typed, len) == 0) == (rc == 0 && same(&once, typed, len)));
	if (rc == 0) {
		rc = value_normalise(f, field, buf_string(&once), &twice);
		assert(rc == 0 && same(&twice, buf_string(&once), once.len));
		value_display(f, field, buf_string(&once), len % 2 == 0, &twice);
	}
	buf_fini(&once);
	buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct form *f;
	char *typed;

	if (!f && form_default_new(&f) != 0)
		abort();
	if (size == 0 || memchr(data, '\0', size))
		return 0;
	typed = malloc(size);
	assert(typed);
	memcpy(typed, data + 1, size - 1);
	typed[size - 1] = '\0';
	try(f, data[0] % form_field_count(f), typed, size - 1);
	free(typed);
	return 0;
}
