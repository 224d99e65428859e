/*
 * fuzz_pack: foreign bytes as a compression frame under a small ceiling, with a dictionary that every id names, and the
 * same bytes as content, which must come back from their own frame.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/pack.h"

#define CEILING (256 * 1024)
#define SAMPLES 400
#define SAMPLE_BYTES 60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A dictionary of invented lines: enough for zstd to have tables and something to point at. */
static struct pack_dictionary **dictionary(void)
{
	static struct pack_dictionary *d;
	static char samples[SAMPLES * SAMPLE_BYTES];
	static size_t lens[SAMPLES];
	uint64_t x = 1;
	struct buf bytes;
	int rc;

	if (d)
		return &d;
	buf_init(&bytes, PACK_DICTIONARY_BYTES_MAX);
	for (size_t i = 0; i < SAMPLES; i++) {
		for (size_t k = 0; k < SAMPLE_BYTES; k++) {
			x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
			samples[i * SAMPLE_BYTES + k] = "need house rent water school"[k % 7 == 6 ? x >> 60 : (k + i % 9) % 28];
		}
		lens[i] = SAMPLE_BYTES;
	}
	rc = pack_dictionary_train(samples, lens, SAMPLES, 4096, &bytes);
	assert(rc == 0);
	rc = pack_dictionary_new(bytes.data, bytes.len, &d);
	assert(rc == 0);
	buf_fini(&bytes);
	return &d;
}

static const struct pack_dictionary *find_any(void *ctx, uint32_t id)
{
	struct pack_dictionary **d = ctx;

	(void)id;
	return *d;
}

static void round_trip(const struct pack_dictionaries *dicts, const uint8_t *data, size_t size)
{
	struct buf frame, out;
	int rc;

	buf_init(&frame, size + 16);
	buf_init(&out, size);
	rc = pack_deflate(data, size, size % 2 ? *dictionary() : NULL, &frame);
	assert(rc == 0);
	assert(frame.len <= size + 1);
	rc = pack_inflate(frame.data, frame.len, dicts, &out);
	assert(rc == 0);
	assert(out.len == size);
	assert(size == 0 || memcmp(out.data, data, size) == 0);
	buf_fini(&frame);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pack_dictionaries dicts = { find_any, dictionary() };
	struct buf out;

	buf_init(&out, CEILING);
	if (pack_inflate(data, size, &dicts, &out) == 0) {
		assert(out.len <= CEILING);
		assert(out.len <= PACK_RATIO_FREE || out.len / PACK_RATIO_MAX <= size);
	} else {
		assert(out.len == 0);
	}
	buf_fini(&out);
	if (size <= 4096)
		round_trip(&dicts, data, size);
	return 0;
}
