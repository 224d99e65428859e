#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zstd.h>

#include "proto/base/bytes.h"
#include "proto/form/form_default.h"
#include "proto/pack.h"
#include "tests/lib/batch.h"

#define ROOM (4 * 1024 * 1024)
#define TRAIN_SAMPLES 300

struct world {
	struct form *form;
	struct pack_dictionary *dictionary; /* small, trained on samples */
	struct buf bytes;                   /* its bytes */
	struct buf sample;                  /* a change set of ten applications */
};

static const struct pack_dictionary *find_dictionary(void *ctx, uint32_t id)
{
	struct world *w = ctx;

	return pack_dictionary_id(w->dictionary) == id ? w->dictionary : NULL;
}

static void must_encode(struct world *w, uint64_t seed, size_t count, struct buf *out)
{
	struct batch b;

	assert_int_equal(batch_init(&b, w->form, seed, count), 0);
	assert_int_equal(changeset_encode(b.groups, b.count, out), 0);
	batch_fini(&b);
}

static uint8_t kind_of(const struct buf *frame)
{
	return frame->data[0];
}

/* Inflate under `max`; the result is compared with `data` when it succeeds. */
static int inflate(struct world *w, const void *frame, size_t len, size_t max, const void *data, size_t data_len)
{
	const struct pack_dictionaries dicts = { find_dictionary, w };
	struct buf out;
	int rc;

	buf_init(&out, max);
	rc = pack_inflate(frame, len, &dicts, &out);
	if (rc == 0 && data) {
		assert_int_equal(out.len, data_len);
		assert_memory_equal(out.data, data, data_len);
	}
	if (rc)
		assert_int_equal(out.len, 0);
	buf_fini(&out);
	return rc;
}

static void content_of_every_size_comes_back(void **state)
{
	struct world *w = *state;

	for (size_t len = 0; len <= w->sample.len; len += len < 300 ? 1 : 977) {
		for (int with = 0; with < 2; with++) {
			struct buf frame;

			buf_init(&frame, ROOM);
			assert_int_equal(pack_deflate(w->sample.data, len, with ? w->dictionary : NULL, &frame), 0);
			assert_true(frame.len <= len + 1);
			assert_int_equal(inflate(w, frame.data, frame.len, len, w->sample.data, len), 0);
			buf_fini(&frame);
		}
	}
}

static void dictionary_makes_a_small_change_set_smaller(void **state)
{
	struct world *w = *state;
	struct buf one, plain, with;

	buf_init(&one, ROOM);
	buf_init(&plain, ROOM);
	buf_init(&with, ROOM);
	must_encode(w, 2, 1, &one);
	assert_int_equal(pack_deflate(one.data, one.len, NULL, &plain), 0);
	assert_int_equal(pack_deflate(one.data, one.len, w->dictionary, &with), 0);
	assert_true(with.len < plain.len);
	assert_int_equal(kind_of(&plain), 3);
	assert_int_equal(kind_of(&with), 4);
	buf_fini(&one);
	buf_fini(&plain);
	buf_fini(&with);
}

static void frame_is_the_smallest_of_its_kinds(void **state)
{
	struct world *w = *state;
	static uint8_t noise[5000];
	struct buf frame;
	uint64_t x = 1;

	for (size_t i = 0; i < sizeof(noise); i++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
		noise[i] = (uint8_t)(x >> 56);
	}
	buf_init(&frame, ROOM);
	assert_int_equal(pack_deflate(noise, sizeof(noise), w->dictionary, &frame), 0);
	assert_int_equal(kind_of(&frame), 0);
	assert_int_equal(frame.len, sizeof(noise) + 1);
	buf_clear(&frame);
	memset(noise, 'x', sizeof(noise));
	assert_int_equal(pack_deflate(noise, sizeof(noise), w->dictionary, &frame), 0);
	assert_true(kind_of(&frame) == 1 || kind_of(&frame) == 3); /* no dictionary id to carry */
	assert_true(frame.len < 16);
	assert_int_equal(inflate(w, frame.data, frame.len, sizeof(noise), noise, sizeof(noise)), 0);
	buf_fini(&frame);
}

static void what_a_reader_would_take_for_a_bomb_is_stored(void **state)
{
	struct world *w = *state;
	size_t len = 1024 * 1024;
	uint8_t *zeros = calloc(len, 1);
	struct buf frame;

	buf_init(&frame, ROOM);
	assert_int_equal(pack_deflate(zeros, len, w->dictionary, &frame), 0);
	assert_int_equal(kind_of(&frame), 0);
	assert_int_equal(inflate(w, frame.data, frame.len, len, zeros, len), 0);
	buf_fini(&frame);
	free(zeros);
}

static void deflating_twice_gives_the_same_bytes(void **state)
{
	struct world *w = *state;
	struct buf a, b;

	buf_init(&a, ROOM);
	buf_init(&b, ROOM);
	assert_int_equal(pack_deflate(w->sample.data, w->sample.len, w->dictionary, &a), 0);
	assert_int_equal(pack_deflate(w->sample.data, w->sample.len, w->dictionary, &b), 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	buf_fini(&a);
	buf_fini(&b);
}

static void dictionary_that_is_not_known_is_not_found(void **state)
{
	struct world *w = *state;
	struct buf frame, out;

	buf_init(&frame, ROOM);
	buf_init(&out, ROOM);
	assert_int_equal(pack_deflate(w->sample.data, w->sample.len, w->dictionary, &frame), 0);
	assert_int_equal(pack_inflate(frame.data, frame.len, NULL, &out), ERR_NOT_FOUND);
	frame.data[5] ^= 1; /* kind, a size of 2 or 3 bytes, then the id */
	assert_int_not_equal(inflate(w, frame.data, frame.len, ROOM, NULL, 0), 0);
	buf_fini(&frame);
	buf_fini(&out);
}

static void truncation_is_refused_and_flips_never_crash(void **state)
{
	struct world *w = *state;
	struct buf frames[2], small;

	buf_init(&small, ROOM);
	must_encode(w, 9, 1, &small);
	for (int i = 0; i < 2; i++) {
		buf_init(&frames[i], ROOM);
		assert_int_equal(pack_deflate(small.data, small.len, i ? w->dictionary : NULL, &frames[i]), 0);
		for (size_t len = 0; len < frames[i].len; len++) {
			uint8_t *cut = malloc(len + 1);

			memcpy(cut, frames[i].data, len);
			assert_int_not_equal(inflate(w, cut, len, ROOM, NULL, 0), 0);
			free(cut);
		}
		for (size_t bit = 0; bit < frames[i].len * 8; bit++) {
			frames[i].data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			(void)inflate(w, frames[i].data, frames[i].len, ROOM, NULL, 0);
			frames[i].data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		buf_append(&frames[i], "", 1);
		assert_int_not_equal(inflate(w, frames[i].data, frames[i].len, ROOM, NULL, 0), 0);
		buf_fini(&frames[i]);
	}
	buf_fini(&small);
}

/* A frame of kind 1 that states `size` and holds `blocks`. */
static void frame_of(struct buf *out, uint64_t size, const void *blocks, size_t len)
{
	buf_init(out, ROOM);
	write_u8(out, 1);
	write_varint(out, size);
	buf_append(out, blocks, len);
}

/* Blocks of type 1: one byte, repeated; 3 + 1 bytes give up to 128 KiB. */
static void bomb(struct buf *out, uint64_t size)
{
	struct buf blocks;

	buf_init(&blocks, ROOM);
	for (uint64_t left = size; left > 0;) {
		uint32_t n = left > 131072 ? 131072 : (uint32_t)left;
		uint32_t header = (uint32_t)(left == n) | 1u << 1 | n << 3;

		left -= n;
		write_u8(&blocks, (uint8_t)header);
		write_u8(&blocks, (uint8_t)(header >> 8));
		write_u8(&blocks, (uint8_t)(header >> 16));
		write_u8(&blocks, 0);
	}
	frame_of(out, size, blocks.data, blocks.len);
	buf_fini(&blocks);
}

static void bomb_stops_at_ceiling_and_ratio(void **state)
{
	struct world *w = *state;
	struct buf frame;

	bomb(&frame, 65536); /* as far as the ratio is free */
	assert_int_equal(inflate(w, frame.data, frame.len, ROOM, NULL, 0), 0);
	assert_int_equal(inflate(w, frame.data, frame.len, 65535, NULL, 0), ERR_LIMIT);
	buf_fini(&frame);
	bomb(&frame, 65537);
	assert_int_equal(inflate(w, frame.data, frame.len, ROOM, NULL, 0), ERR_LIMIT);
	buf_fini(&frame);
	bomb(&frame, 32 * 1024 * 1024);
	assert_int_equal(inflate(w, frame.data, frame.len, 64 * 1024 * 1024, NULL, 0), ERR_LIMIT);
	frame.len = 0;
	buf_fini(&frame);
}

static void content_longer_or_shorter_than_stated_is_refused(void **state)
{
	static const uint8_t ten[] = { 10 << 3 | 1 << 1 | 1, 0, 0, 'x' }; /* a last block: x ten times */
	struct world *w = *state;

	for (uint64_t size = 0; size < 20; size++) {
		struct buf frame;

		frame_of(&frame, size, ten, sizeof(ten));
		assert_int_equal(inflate(w, frame.data, frame.len, ROOM, "xxxxxxxxxx", 10), size == 10 ? 0 : ERR_CORRUPT);
		buf_fini(&frame);
	}
}

/* Another writer's larger window has no place in our frame: the room for the content is all the memory there is. */
static void blocks_of_a_larger_window_give_their_content_or_nothing(void **state)
{
	struct world *w = *state;
	size_t len = 3 * 1024 * 1024;
	uint8_t *data = malloc(len);
	struct buf zstd, frame;
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	uint64_t x = 7;
	size_t n;

	for (size_t i = 0; i < len; i++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
		data[i] = i < len / 2 ? (uint8_t)(x >> 56) : data[i - len / 2];
	}
	buf_init(&zstd, ROOM);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_contentSizeFlag, 0);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_windowLog, 23);
	n = ZSTD_compress2(ctx, buf_space(&zstd, ZSTD_compressBound(len)), ZSTD_compressBound(len), data, len);
	assert_false(ZSTD_isError(n));
	assert_true(n < len * 3 / 4);
	frame_of(&frame, len, zstd.data + 6, n - 6);
	(void)inflate(w, frame.data, frame.len, ROOM, data, len);
	ZSTD_freeCCtx(ctx);
	buf_fini(&zstd);
	buf_fini(&frame);
	free(data);
}

static void frame_behind_a_frame_is_refused(void **state)
{
	static const uint8_t two[] = { 1 << 3 | 1, 0, 0, 'x', 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50, 1 << 3 | 1, 0, 0, 'y' };
	struct world *w = *state;
	struct buf frame;

	frame_of(&frame, 2, two, sizeof(two));
	assert_int_equal(inflate(w, frame.data, frame.len, ROOM, NULL, 0), ERR_CORRUPT);
	buf_fini(&frame);
	frame_of(&frame, 1, two, 4);
	assert_int_equal(inflate(w, frame.data, frame.len, ROOM, "x", 1), 0);
	buf_fini(&frame);
}

static void unknown_kind_and_empty_frame_are_refused(void **state)
{
	struct world *w = *state;

	assert_int_equal(inflate(w, "", 0, ROOM, NULL, 0), ERR_CORRUPT);
	for (unsigned kind = 5; kind < 256; kind++) {
		uint8_t frame[8] = { (uint8_t)kind };

		assert_int_equal(inflate(w, frame, sizeof(frame), ROOM, NULL, 0), ERR_CORRUPT);
	}
	assert_int_equal(inflate(w, "\0abc", 4, 3, "abc", 3), 0);
	assert_int_equal(inflate(w, "\0abc", 4, 2, NULL, 0), ERR_LIMIT);
	assert_int_equal(inflate(w, "\x01\x80\x00", 3, ROOM, NULL, 0), ERR_CORRUPT);
}

static void what_stood_in_the_buffer_before_stays(void **state)
{
	struct world *w = *state;
	struct buf frame, out;

	buf_init(&frame, ROOM);
	buf_init(&out, w->sample.len + 3);
	assert_int_equal(pack_deflate(w->sample.data, w->sample.len, NULL, &frame), 0);
	buf_append(&out, "abc", 3);
	assert_int_equal(pack_inflate(frame.data, frame.len, NULL, &out), 0);
	assert_int_equal(out.len, w->sample.len + 3);
	assert_memory_equal(out.data, "abc", 3);
	assert_memory_equal(out.data + 3, w->sample.data, w->sample.len);
	assert_int_equal(pack_inflate(frame.data, frame.len, NULL, &out), ERR_LIMIT);
	assert_int_equal(out.len, w->sample.len + 3);
	buf_fini(&frame);
	buf_fini(&out);
}

static void dictionary_must_be_one(void **state)
{
	struct world *w = *state;
	struct pack_dictionary *d;
	struct buf other;

	assert_int_equal(pack_dictionary_new("not a dictionary", 16, &d), ERR_CORRUPT);
	assert_null(d);
	assert_int_equal(pack_dictionary_new("", 0, &d), ERR_LIMIT);
	assert_int_equal(pack_dictionary_new(w->bytes.data, PACK_DICTIONARY_BYTES_MAX + 1, &d), ERR_LIMIT);
	buf_init(&other, ROOM);
	buf_append(&other, w->bytes.data, w->bytes.len);
	memset(other.data + 8, 0xff, 64); /* its entropy tables */
	assert_int_equal(pack_dictionary_new(other.data, other.len, &d), ERR_CORRUPT);
	buf_fini(&other);
	pack_dictionary_free(NULL);
}

static void dictionary_id_follows_from_its_bytes(void **state)
{
	struct world *w = *state;
	struct pack_dictionary *d;

	assert_int_equal(pack_dictionary_new(w->bytes.data, w->bytes.len, &d), 0);
	assert_int_equal(pack_dictionary_id(d), pack_dictionary_id(w->dictionary));
	assert_int_not_equal(pack_dictionary_id(d), 0);
	pack_dictionary_free(d);
	w->bytes.data[w->bytes.len - 1] ^= 1;
	assert_int_equal(pack_dictionary_new(w->bytes.data, w->bytes.len, &d), 0);
	assert_int_not_equal(pack_dictionary_id(d), pack_dictionary_id(w->dictionary));
	pack_dictionary_free(d);
	w->bytes.data[w->bytes.len - 1] ^= 1;
}

static void training_on_too_little_is_refused(void **state)
{
	const size_t len = 3;
	struct buf out;

	(void)state;
	buf_init(&out, ROOM);
	assert_int_equal(pack_dictionary_train("abc", &len, 1, 1024, &out), ERR_USAGE);
	assert_int_equal(pack_dictionary_train("abc", &len, 0, 1024, &out), ERR_USAGE);
	assert_int_equal(pack_dictionary_train("abc", &len, 1, PACK_DICTIONARY_BYTES_MAX + 1, &out), ERR_USAGE);
	assert_int_equal(out.len, 0);
	buf_fini(&out);
}

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	size_t lens[TRAIN_SAMPLES];
	struct buf samples;

	assert_non_null(w);
	buf_init(&samples, ROOM);
	buf_init(&w->bytes, PACK_DICTIONARY_BYTES_MAX);
	buf_init(&w->sample, ROOM);
	assert_int_equal(form_default_new(&w->form), 0);
	for (size_t i = 0; i < TRAIN_SAMPLES; i++) {
		size_t before = samples.len;

		must_encode(w, 5000 + i, 1, &samples);
		lens[i] = samples.len - before;
	}
	assert_int_equal(pack_dictionary_train(samples.data, lens, TRAIN_SAMPLES, 16 * 1024, &w->bytes), 0);
	assert_int_equal(pack_dictionary_new(w->bytes.data, w->bytes.len, &w->dictionary), 0);
	must_encode(w, 1, 10, &w->sample);
	buf_fini(&samples);
	*state = w;
	return 0;
}

static int free_world(void **state)
{
	struct world *w = *state;

	pack_dictionary_free(w->dictionary);
	buf_fini(&w->bytes);
	buf_fini(&w->sample);
	form_free(w->form);
	free(w);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_of_every_size_comes_back),
		cmocka_unit_test(dictionary_makes_a_small_change_set_smaller),
		cmocka_unit_test(frame_is_the_smallest_of_its_kinds),
		cmocka_unit_test(what_a_reader_would_take_for_a_bomb_is_stored),
		cmocka_unit_test(deflating_twice_gives_the_same_bytes),
		cmocka_unit_test(dictionary_that_is_not_known_is_not_found),
		cmocka_unit_test(truncation_is_refused_and_flips_never_crash),
		cmocka_unit_test(bomb_stops_at_ceiling_and_ratio),
		cmocka_unit_test(content_longer_or_shorter_than_stated_is_refused),
		cmocka_unit_test(blocks_of_a_larger_window_give_their_content_or_nothing),
		cmocka_unit_test(frame_behind_a_frame_is_refused),
		cmocka_unit_test(unknown_kind_and_empty_frame_are_refused),
		cmocka_unit_test(what_stood_in_the_buffer_before_stays),
		cmocka_unit_test(dictionary_must_be_one),
		cmocka_unit_test(dictionary_id_follows_from_its_bytes),
		cmocka_unit_test(training_on_too_little_is_refused),
	};

	return cmocka_run_group_tests(tests, make_world, free_world);
}
