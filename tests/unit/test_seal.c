/*
 * test_seal: hashes, signatures, padding, envelopes and sealed boxes, and the attacks on them (FORMAT.md sections 1 and 7).
 */
#include "proto/seal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "tests/lib/abuse.h"
#include "tests/lib/fixed.h"
#include "tests/lib/vector.h"

#define VECTOR "envelope-1.txt"
#define FRAME "a frame of answers"
#define RECIPIENT_BYTES 89
#define AT_COUNT 79
#define AT_COMMITMENT (80 + 2 * RECIPIENT_BYTES)
#define AT_NONCE (AT_COMMITMENT + 36)

struct world {
	struct fixed fixed;
	struct seal_keys *device, *other, *centre, *recovery;
	struct seal_header header;
	struct seal_recipient to[2];
	struct buf envelope, frame;
};

static int setup(void **state)
{
	static struct world w;

	memset(&w, 0, sizeof w);
	fixed_init(&w.fixed, 1);
	w.device = fixed_keys(10);
	w.other = fixed_keys(11);
	w.centre = fixed_keys(12);
	w.recovery = fixed_keys(13);
	memset(w.header.org, 0x0a, sizeof w.header.org);
	seal_device_id(w.device->sign_public, w.device->box_public, w.header.device);
	memset(w.header.previous, 0x0b, sizeof w.header.previous);
	w.header.incarnation = 2;
	w.header.seq = 77;
	w.header.epoch = 3;
	w.to[0].kind = SEAL_TO_CENTRE;
	w.to[1].kind = SEAL_TO_RECOVERY;
	memcpy(w.to[0].box_public, w.centre->box_public, SEAL_BOX_PUBLIC_BYTES);
	memcpy(w.to[1].box_public, w.recovery->box_public, SEAL_BOX_PUBLIC_BYTES);
	buf_init(&w.envelope, 1024 * 1024);
	buf_init(&w.frame, 1024 * 1024);
	*state = &w;
	return seal_envelope(&w.fixed.env, &w.header, w.to, 2, FRAME, strlen(FRAME), w.device->sign_secret, &w.envelope);
}

static int teardown(void **state)
{
	struct world *w = *state;

	seal_keys_free(w->device);
	seal_keys_free(w->other);
	seal_keys_free(w->centre);
	seal_keys_free(w->recovery);
	buf_fini(&w->envelope);
	buf_fini(&w->frame);
	return 0;
}

static int open_as(struct world *w, enum seal_recipient_kind kind, const struct seal_keys *k)
{
	return seal_envelope_open(w->envelope.data, w->envelope.len, kind, k->box_public, k->box_secret, &w->frame);
}

/* Sign the (changed) envelope anew, as a device that lies would. */
static void sign_again(struct world *w, const struct seal_keys *k)
{
	w->envelope.len -= SEAL_SIGNATURE_BYTES;
	seal_object_sign(&w->envelope, 0, "mandoob:env", k->sign_secret);
}

static int verify(struct world *w, const struct seal_keys *k)
{
	return seal_envelope_verify(w->envelope.data, w->envelope.len, k->sign_public);
}

static void an_envelope_opens_for_both_recipients(void **state)
{
	struct world *w = *state;
	struct seal_header h;

	assert_int_equal(seal_envelope_header(w->envelope.data, w->envelope.len, &h), 0);
	assert_memory_equal(h.org, w->header.org, sizeof h.org);
	assert_memory_equal(h.device, w->header.device, sizeof h.device);
	assert_memory_equal(h.previous, w->header.previous, sizeof h.previous);
	assert_int_equal(h.incarnation, 2);
	assert_int_equal(h.seq, 77);
	assert_int_equal(h.epoch, 3);
	assert_int_equal(verify(w, w->device), 0);
	assert_int_equal(open_as(w, SEAL_TO_CENTRE, w->centre), 0);
	assert_int_equal(open_as(w, SEAL_TO_RECOVERY, w->recovery), 0);
	assert_string_equal(buf_string(&w->frame), FRAME FRAME);
	assert_int_equal(w->envelope.len, 140 + 2 * RECIPIENT_BYTES + SEAL_PADDED_BYTES_MIN + 16 + 64);
}

static int read_verified(void *ctx, const uint8_t *data, size_t len)
{
	struct world *w = ctx;
	struct seal_header h;
	const struct seal_header zero = { 0 };

	if (seal_envelope_header(data, len, &h) != 0)
		assert_memory_equal(&h, &zero, sizeof h);
	return seal_envelope_verify(data, len, w->device->sign_public);
}

static int read_opened(void *ctx, const uint8_t *data, size_t len)
{
	struct world *w = ctx;
	int rc;

	buf_clear(&w->frame);
	rc = seal_envelope_open(data, len, SEAL_TO_CENTRE, w->centre->box_public, w->centre->box_secret, &w->frame);
	if (rc != 0)
		assert_int_equal(w->frame.len, 0);
	return rc;
}

static void no_cut_or_flipped_envelope_verifies(void **state)
{
	struct world *w = *state;

	abuse_all(w->envelope.data, w->envelope.len, read_verified, w);
}

static void no_cut_or_flipped_envelope_opens_even_unverified(void **state)
{
	struct world *w = *state;

	abuse_truncate(w->envelope.data, w->envelope.len, read_opened, w);
	abuse_flip(w->envelope.data, w->envelope.len, 0, w->envelope.len - SEAL_SIGNATURE_BYTES, read_opened, w);
}

static void another_device_cannot_adopt_the_ciphertext(void **state)
{
	struct world *w = *state;

	seal_device_id(w->other->sign_public, w->other->box_public, w->envelope.data + 14);
	sign_again(w, w->other);
	assert_int_equal(verify(w, w->other), 0);
	assert_int_equal(open_as(w, SEAL_TO_CENTRE, w->centre), ERR_AUTH);
	assert_int_equal(w->frame.len, 0);
}

static void another_seq_cannot_adopt_the_ciphertext(void **state)
{
	struct world *w = *state;

	w->envelope.data[41]++;
	sign_again(w, w->device);
	assert_int_equal(verify(w, w->device), 0);
	assert_int_equal(open_as(w, SEAL_TO_CENTRE, w->centre), ERR_AUTH);
}

/* Encrypt again under `key` what the envelope of setup() holds, for the header bytes that stand there now. */
static void encrypt_again(struct world *w, const uint8_t key[static 32], const char *text)
{
	uint8_t padded[SEAL_PADDED_BYTES_MIN] = { 0 };

	memcpy(padded, text, strlen(text));
	padded[strlen(text)] = 0x80;
	crypto_aead_xchacha20poly1305_ietf_encrypt(w->envelope.data + AT_NONCE + 24, NULL, padded, sizeof padded, w->envelope.data,
		AT_NONCE, NULL, w->envelope.data + AT_NONCE, key);
}

static void commit_again(struct world *w, const uint8_t key[static 32])
{
	crypto_generichash_state s;

	crypto_generichash_init(&s, key, 32, 32);
	crypto_generichash_update(&s, (const uint8_t *)"mandoob:commit", 15);
	crypto_generichash_update(&s, w->envelope.data, 80);
	crypto_generichash_final(&s, w->envelope.data + AT_COMMITMENT, 32);
}

static void a_file_key_that_is_not_committed_to_is_refused(void **state)
{
	struct world *w = *state;
	uint8_t key[32];

	/* The lying device knows its file key: the first 32 bytes that seal_envelope() drew. */
	fixed_init(&w->fixed, 1);
	env_random(&w->fixed.env, key, sizeof key);
	commit_again(w, key);
	encrypt_again(w, key, "honest");
	sign_again(w, w->device);
	assert_int_equal(open_as(w, SEAL_TO_CENTRE, w->centre), 0); /* so the key is right */
	assert_string_equal(buf_string(&w->frame), "honest");
	w->envelope.data[AT_COMMITMENT] ^= 1;
	encrypt_again(w, key, "honest");
	sign_again(w, w->device);
	assert_int_equal(verify(w, w->device), 0);
	assert_int_equal(open_as(w, SEAL_TO_CENTRE, w->centre), ERR_AUTH); /* everything holds but the commitment */
	assert_non_null(strstr(err_message(), "committed"));
}

static void two_recipients_cannot_be_given_two_file_keys(void **state)
{
	struct world *w = *state;
	uint8_t second[32] = { 42 };

	crypto_box_seal(w->envelope.data + 80 + RECIPIENT_BYTES + 9, second, sizeof second, w->recovery->box_public);
	commit_again(w, second);
	encrypt_again(w, second, "for recovery only");
	sign_again(w, w->device);
	assert_int_equal(verify(w, w->device), 0);
	assert_int_equal(open_as(w, SEAL_TO_RECOVERY, w->recovery), 0);
	assert_int_equal(open_as(w, SEAL_TO_CENTRE, w->centre), ERR_AUTH);
	assert_non_null(strstr(err_message(), "committed"));
}

static void an_envelope_does_not_open_for_others(void **state)
{
	struct world *w = *state;

	assert_int_equal(open_as(w, SEAL_TO_CENTRE, w->other), ERR_NOT_FOUND); /* as with the key of another epoch */
	assert_int_equal(open_as(w, SEAL_TO_RECOVERY, w->centre), ERR_NOT_FOUND);
	assert_int_equal(seal_envelope_open(
				 w->envelope.data, w->envelope.len, SEAL_TO_CENTRE, w->centre->box_public, w->other->box_secret, &w->frame),
		ERR_AUTH);
	assert_int_equal(w->frame.len, 0);
	assert_int_equal(verify(w, w->other), ERR_AUTH);
}

static void counts_of_recipients_are_refused_before_any_key_is_used(void **state)
{
	struct world *w = *state;
	static const uint8_t COUNTS[] = { 0, 1, 3, 4, 5, 255 };

	for (size_t i = 0; i < sizeof COUNTS; i++) {
		w->envelope.data[AT_COUNT] = COUNTS[i];
		sign_again(w, w->device);
		assert_int_equal(verify(w, w->device), ERR_CORRUPT);
		assert_int_equal(open_as(w, SEAL_TO_CENTRE, w->centre), ERR_CORRUPT);
	}
}

static void recipients_out_of_order_are_refused(void **state)
{
	struct world *w = *state;
	static const uint8_t KINDS[][2] = { { 1, 1 }, { 2, 1 }, { 2, 2 }, { 0, 1 }, { 1, 3 } };

	for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
		w->envelope.data[80] = KINDS[i][0];
		w->envelope.data[80 + RECIPIENT_BYTES] = KINDS[i][1];
		sign_again(w, w->device);
		assert_int_equal(verify(w, w->device), ERR_CORRUPT);
	}
}

static void the_writer_refuses_what_a_reader_would(void **state)
{
	struct world *w = *state;
	struct seal_recipient five[5];
	struct seal_header h = w->header;
	size_t before = w->envelope.len;
	const uint8_t *sign = w->device->sign_secret;

	for (size_t i = 0; i < 5; i++)
		five[i] = w->to[0];
	assert_int_equal(seal_envelope(&w->fixed.env, &h, five, 5, "x", 1, sign, &w->envelope), ERR_USAGE);
	assert_int_equal(seal_envelope(&w->fixed.env, &h, five, 2, "x", 1, sign, &w->envelope), ERR_USAGE);
	assert_int_equal(seal_envelope(&w->fixed.env, &h, five, 0, "x", 1, sign, &w->envelope), ERR_USAGE);
	h.seq = 0;
	assert_int_equal(seal_envelope(&w->fixed.env, &h, w->to, 2, "x", 1, sign, &w->envelope), ERR_USAGE);
	h = w->header;
	h.incarnation = 0;
	assert_int_equal(seal_envelope(&w->fixed.env, &h, w->to, 2, "x", 1, sign, &w->envelope), ERR_USAGE);
	memset(w->to[1].box_public, 0, SEAL_BOX_PUBLIC_BYTES);
	assert_int_equal(seal_envelope(&w->fixed.env, &w->header, w->to, 2, "x", 1, sign, &w->envelope), ERR_USAGE);
	assert_int_equal(w->envelope.len, before);
}

static void an_envelope_beyond_its_ceiling_is_neither_written_nor_read(void **state)
{
	static uint8_t large[SEAL_ENVELOPE_BYTES_MAX + 1];
	struct world *w = *state;
	struct seal_header h;
	size_t before = w->envelope.len;

	assert_int_equal(
		seal_envelope(&w->fixed.env, &w->header, w->to, 2, large, sizeof large, w->device->sign_secret, &w->envelope), ERR_LIMIT);
	assert_int_equal(seal_envelope(&w->fixed.env, &w->header, w->to, 2, large, SEAL_ENVELOPE_BYTES_MAX - 200, w->device->sign_secret,
				 &w->envelope),
		ERR_LIMIT);
	assert_int_equal(w->envelope.len, before);
	assert_int_equal(seal_envelope_header(large, sizeof large, &h), ERR_LIMIT);
	buf_clear(&w->envelope);
	assert_int_equal(seal_envelope(&w->fixed.env, &w->header, w->to, 2, large, 250000, w->device->sign_secret, &w->envelope), 0);
	assert_int_equal(verify(w, w->device), 0);
	assert_int_equal(open_as(w, SEAL_TO_CENTRE, w->centre), 0);
	assert_int_equal(w->frame.len, 250000);
}

static void newer_versions_and_suites_are_told_from_garbage(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		int rc;
	} CASES[] = { { 3, '2', ERR_STALE }, { 4, 2, ERR_STALE }, { 5, 2, ERR_STALE }, { 0, '<', ERR_CORRUPT }, { 78, 1, ERR_CORRUPT } };
	struct world *w = *state;
	struct seal_header h;

	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		uint8_t was = w->envelope.data[CASES[i].at];

		w->envelope.data[CASES[i].at] = CASES[i].value;
		assert_int_equal(seal_envelope_header(w->envelope.data, w->envelope.len, &h), CASES[i].rc);
		w->envelope.data[CASES[i].at] = was;
	}
}

static void a_signature_for_another_purpose_is_refused(void **state)
{
	static const char *const LABELS[] = { "mandoob:request", "mandoob:receipt", "mandoob:answer", "mandoob:manifest", "mandoob:enrol",
		"mandoob:en", "" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof LABELS / sizeof LABELS[0]; i++) {
		w->envelope.len -= SEAL_SIGNATURE_BYTES;
		seal_object_sign(&w->envelope, 0, LABELS[i], w->device->sign_secret);
		assert_int_equal(verify(w, w->device), ERR_AUTH);
	}
}

/* Points of small order, with their non-canonical spellings (as listed by the library's own blocklist). */
static const char *const SMALL_ORDER[] = {
	"0100000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void unhex(const char *hex, uint8_t out[static 32])
{
	size_t len;

	assert_int_equal(sodium_hex2bin(out, 32, hex, 64, NULL, &len, NULL), 0);
}

static void small_order_signing_keys_are_refused(void **state)
{
	uint8_t key[32];
	uint8_t signature[64];
	uint8_t text[1];

	(void)state;
	for (size_t i = 0; i < sizeof SMALL_ORDER / sizeof SMALL_ORDER[0]; i++) {
		unhex(SMALL_ORDER[i], key);
		assert_false(seal_sign_public_is_sound(key));
		/* R = the same point and S = 0: for some texts this satisfies the bare equation. */
		for (unsigned n = 0; n < 16; n++) {
			memset(signature, 0, sizeof signature);
			memcpy(signature, key, 32);
			text[0] = (uint8_t)n;
			assert_int_equal(seal_verify(signature, "mandoob:env", text, 1, key), ERR_AUTH);
		}
	}
}

static void small_order_box_keys_are_refused(void **state)
{
	static const char *const POINTS[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	struct world *w = *state;
	uint8_t key[32];

	for (size_t i = 0; i < sizeof POINTS / sizeof POINTS[0]; i++) {
		unhex(POINTS[i], key);
		assert_false(seal_box_public_is_sound(key));
		assert_int_equal(seal_box("x", 1, key, &w->frame), ERR_USAGE);
		assert_int_equal(w->frame.len, 0);
	}
	assert_true(seal_box_public_is_sound(w->centre->box_public));
	assert_true(seal_sign_public_is_sound(w->centre->sign_public));
}

static void non_canonical_signatures_are_refused(void **state)
{
	/* The order of the group, little-endian; S + order satisfies the equation as well as S does. */
	static const char ORDER[] = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
	struct world *w = *state;
	uint8_t *s = w->envelope.data + w->envelope.len - 32;
	uint8_t order[32];
	unsigned carry = 0;

	unhex(ORDER, order);
	assert_int_equal(verify(w, w->device), 0);
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)s[i] + order[i];
		s[i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(verify(w, w->device), ERR_AUTH);
}

static void padding_has_the_size_that_the_format_says(void **state)
{
	static const struct {
		size_t frame, padded;
	} CASES[] = { { 0, 64 }, { 1, 64 }, { 63, 64 }, { 64, 128 }, { 127, 128 }, { 128, 192 }, { 65535, 65536 }, { 65536, 65600 } };
	struct buf b;
	size_t len;

	(void)state;
	buf_init(&b, 300000);
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		buf_clear(&b);
		buf_text(&b, "before");
		memset(buf_space(&b, CASES[i].frame), 'f', CASES[i].frame);
		seal_pad(&b, 6);
		assert_int_equal(b.len - 6, CASES[i].padded);
		assert_int_equal(seal_unpad(b.data + 6, b.len - 6, &len), 0);
		assert_int_equal(len, CASES[i].frame);
	}
	buf_fini(&b);
}

static void padding_costs_no_more_than_the_format_says(void **state)
{
	struct buf b;
	size_t len;

	(void)state;
	buf_init(&b, 20000);
	for (size_t frame = 0; frame < 9000; frame += frame < 1100 ? 1 : 13) {
		buf_clear(&b);
		buf_space(&b, frame);
		seal_pad(&b, 0);
		assert_in_range(b.len - frame - 1, 0, 63);
		assert_int_equal(seal_unpad(b.data, b.len, &len), 0);
		assert_int_equal(len, frame);
	}
	buf_fini(&b);
}

static void any_other_padding_is_refused(void **state)
{
	uint8_t padded[192] = { 'f', 0x80 };
	size_t len = 9;

	(void)state;
	assert_int_equal(seal_unpad(padded, 64, &len), 0);
	assert_int_equal(len, 1);
	assert_int_equal(seal_unpad(padded, 63, &len), ERR_CORRUPT);
	assert_int_equal(len, 0);
	assert_int_equal(seal_unpad(padded, 128, &len), ERR_CORRUPT);
	assert_int_equal(seal_unpad(padded, 2, &len), ERR_CORRUPT);
	assert_int_equal(seal_unpad(padded, 0, &len), ERR_CORRUPT);
	padded[1] = 0;
	assert_int_equal(seal_unpad(padded, 64, &len), ERR_CORRUPT);
	memset(padded, 0, sizeof padded);
	assert_int_equal(seal_unpad(padded, 64, &len), ERR_CORRUPT);
	padded[63] = 0x81;
	assert_int_equal(seal_unpad(padded, 64, &len), ERR_CORRUPT);
}

static int read_box(void *ctx, const uint8_t *data, size_t len)
{
	struct world *w = ctx;
	int rc;

	buf_clear(&w->frame);
	rc = seal_box_open(data, len, w->device->box_public, w->device->box_secret, &w->frame);
	if (rc != 0)
		assert_int_equal(w->frame.len, 0);
	return rc;
}

static void a_sealed_box_opens_for_its_device_alone(void **state)
{
	struct world *w = *state;
	struct buf box;

	buf_init(&box, 4096);
	assert_int_equal(seal_box(FRAME, strlen(FRAME), w->device->box_public, &box), 0);
	assert_int_equal(box.len, SEAL_PADDED_BYTES_MIN + 48);
	abuse_all(box.data, box.len, read_box, w);
	buf_clear(&w->frame);
	assert_int_equal(seal_box_open(box.data, box.len, w->device->box_public, w->device->box_secret, &w->frame), 0);
	assert_string_equal(buf_string(&w->frame), FRAME);
	assert_int_equal(seal_box_open(box.data, box.len, w->other->box_public, w->other->box_secret, &w->frame), ERR_AUTH);
	assert_int_equal(
		seal_box_open(box.data, SEAL_BOX_BYTES_MAX + 1ul, w->device->box_public, w->device->box_secret, &w->frame), ERR_LIMIT);
	buf_fini(&box);
}

static void a_sealed_box_with_loose_padding_is_refused(void **state)
{
	struct world *w = *state;
	const uint8_t loose[128] = { 'f', 0x80 };
	uint8_t box[sizeof loose + crypto_box_SEALBYTES];

	crypto_box_seal(box, loose, sizeof loose, w->device->box_public);
	assert_int_equal(seal_box_open(box, sizeof box, w->device->box_public, w->device->box_secret, &w->frame), ERR_CORRUPT);
	assert_int_equal(w->frame.len, 0);
}

static void labels_separate_hashes_and_signatures(void **state)
{
	struct world *w = *state;
	uint8_t a[32], b[32], signature[64];
	const struct seal_part whole = { "bc", 2 };
	const struct seal_part parts[] = { { "b", 1 }, { "", 0 }, { "c", 1 } };

	seal_hash(a, 32, "a", &whole, 1);
	seal_hash(b, 32, "a", parts, 3);
	assert_memory_equal(a, b, 32);
	seal_hash(b, 32, "ab", &(struct seal_part){ "c", 1 }, 1);
	assert_memory_not_equal(a, b, 32);
	seal_sign(signature, "mandoob:receipt", "x", 1, w->device->sign_secret);
	assert_int_equal(seal_verify(signature, "mandoob:receipt", "x", 1, w->device->sign_public), 0);
	assert_int_equal(seal_verify(signature, "mandoob:answer", "x", 1, w->device->sign_public), ERR_AUTH);
	assert_int_equal(seal_verify(signature, "mandoob:receipt", "y", 1, w->device->sign_public), ERR_AUTH);
	assert_int_equal(seal_verify(signature, "mandoob:receipt", "x", 1, w->other->sign_public), ERR_AUTH);
}

static void keys_are_new_each_time_and_belong_together(void **state)
{
	struct world *w = *state;
	struct seal_keys *a, *b;
	uint8_t box_public[32];

	assert_int_equal(seal_keys_new(&w->fixed.env, &a), 0);
	assert_int_equal(seal_keys_new(&w->fixed.env, &b), 0);
	assert_memory_not_equal(a->sign_secret, b->sign_secret, sizeof a->sign_secret);
	assert_memory_not_equal(a->box_secret, b->box_secret, sizeof a->box_secret);
	crypto_scalarmult_base(box_public, a->box_secret);
	assert_memory_equal(box_public, a->box_public, 32);
	assert_memory_not_equal(a->box_secret, a->sign_secret, 32);
	seal_keys_free(a);
	seal_keys_free(b);
	seal_keys_free(NULL);
}

/* ---- The released envelope ---- */

static int write_vectors(void)
{
	struct world *w;
	void *state;
	FILE *f;

	if (setup(&state) != 0)
		return 1;
	w = state;
	f = vector_create(
		VECTOR, "FORMAT.md section 7: an envelope with two recipients, the keys that verify and open it, and what it holds");
	if (!f)
		return 1;
	vector_put(f, "sign_public", w->device->sign_public, 32);
	vector_put(f, "centre_public", w->centre->box_public, 32);
	vector_put(f, "centre_secret", w->centre->box_secret, 32);
	vector_put(f, "recovery_public", w->recovery->box_public, 32);
	vector_put(f, "recovery_secret", w->recovery->box_secret, 32);
	vector_put(f, "device", w->header.device, 16);
	vector_put(f, "frame", FRAME, strlen(FRAME));
	vector_put(f, "envelope", w->envelope.data, w->envelope.len);
	teardown(&state);
	return fclose(f) == 0 ? 0 : 1;
}

static void the_released_envelope_opens(void **state)
{
	struct world *w = *state;
	uint8_t sign_public[32], keys[4][32], device[16];
	struct seal_header h;

	buf_clear(&w->envelope);
	vector_get(VECTOR, "envelope", &w->envelope);
	vector_get_bytes(VECTOR, "sign_public", sign_public, 32);
	vector_get_bytes(VECTOR, "centre_public", keys[0], 32);
	vector_get_bytes(VECTOR, "centre_secret", keys[1], 32);
	vector_get_bytes(VECTOR, "recovery_public", keys[2], 32);
	vector_get_bytes(VECTOR, "recovery_secret", keys[3], 32);
	vector_get_bytes(VECTOR, "device", device, 16);
	assert_int_equal(seal_envelope_header(w->envelope.data, w->envelope.len, &h), 0);
	assert_memory_equal(h.device, device, 16);
	assert_int_equal(h.incarnation, 2);
	assert_int_equal(h.seq, 77);
	assert_int_equal(h.epoch, 3);
	assert_int_equal(seal_envelope_verify(w->envelope.data, w->envelope.len, sign_public), 0);
	assert_int_equal(seal_envelope_open(w->envelope.data, w->envelope.len, SEAL_TO_CENTRE, keys[0], keys[1], &w->frame), 0);
	assert_int_equal(seal_envelope_open(w->envelope.data, w->envelope.len, SEAL_TO_RECOVERY, keys[2], keys[3], &w->frame), 0);
	assert_string_equal(buf_string(&w->frame), FRAME FRAME);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(an_envelope_opens_for_both_recipients),
		T(no_cut_or_flipped_envelope_verifies),
		T(no_cut_or_flipped_envelope_opens_even_unverified),
		T(another_device_cannot_adopt_the_ciphertext),
		T(another_seq_cannot_adopt_the_ciphertext),
		T(a_file_key_that_is_not_committed_to_is_refused),
		T(two_recipients_cannot_be_given_two_file_keys),
		T(an_envelope_does_not_open_for_others),
		T(counts_of_recipients_are_refused_before_any_key_is_used),
		T(recipients_out_of_order_are_refused),
		T(the_writer_refuses_what_a_reader_would),
		T(an_envelope_beyond_its_ceiling_is_neither_written_nor_read),
		T(newer_versions_and_suites_are_told_from_garbage),
		T(a_signature_for_another_purpose_is_refused),
		T(small_order_signing_keys_are_refused),
		T(small_order_box_keys_are_refused),
		T(non_canonical_signatures_are_refused),
		T(padding_has_the_size_that_the_format_says),
		T(padding_costs_no_more_than_the_format_says),
		T(any_other_padding_is_refused),
		T(a_sealed_box_opens_for_its_device_alone),
		T(a_sealed_box_with_loose_padding_is_refused),
		T(labels_separate_hashes_and_signatures),
		T(keys_are_new_each_time_and_belong_together),
		T(the_released_envelope_opens),
	};

	if (vector_wanted(argc, argv))
		return write_vectors();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
