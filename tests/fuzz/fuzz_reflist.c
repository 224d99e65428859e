/*
 * fuzz_reflist: byte 0 chooses, the rest is canonical list text (even) or a CSV table (odd). What is accepted finds each of its codes,
 * and what the table compiles to has been accepted by the reader.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/reflist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const char *text, size_t len)
{
	struct reflist *l;
	size_t found[20];

	if (reflist_parse(text, len, &l) != 0)
		return;
	for (size_t i = 0; i < reflist_count(l) && i < 100; i++) {
		const char *label = reflist_label(l, i, i % 2 == 0);
		size_t count = reflist_search(l, label, found, 20);

		assert(count <= 20);
		for (size_t n = 0; n < count; n++)
			assert(found[n] < reflist_count(l) && !reflist_is_withdrawn(l, found[n]));
		assert(reflist_find(l, reflist_code(l, i), strlen(reflist_code(l, i))) == (int)i);
		for (size_t c = 0; c < reflist_column_count(l); c++)
			assert(reflist_cell(l, i, c));
	}
	reflist_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out;

	if (size == 0)
		return 0;
	if (data[0] % 2 == 0) {
		look((const char *)data + 1, size - 1);
		return 0;
	}
	buf_init(&out, REFLIST_BYTES_MAX);
	if (reflist_compile("list", "1", data + 1, size - 1, &out) == 0) {
		struct reflist *l;
		int rc = reflist_parse((const char *)out.data, out.len, &l);

		assert(rc == 0);
		reflist_free(l);
		look((const char *)out.data, out.len);
	}
	buf_fini(&out);
	return 0;
}
