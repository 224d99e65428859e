/*
 * seal: see seal.h and FORMAT.md sections 1 and 7; envelopes are in seal_envelope.c.
 *
 * libsodium 1.0.18 does by itself what the tests here insist on: crypto_sign_verify_detached refuses non-canonical S, small-order
 * R and public keys, and non-canonical public keys; crypto_box (hence crypto_box_seal) refuses points whose product is zero.
 */
#include "proto/seal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define LABEL_BYTES_MAX 32
#define VERSION 1
#define MAGIC_BYTES 4

static_assert(SEAL_SIGN_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "Ed25519 as in libsodium");
static_assert(SEAL_SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519 as in libsodium");

/* ---- Keys ---- */

int seal_keys_empty(struct seal_keys **out)
{
	*out = NULL;
	if (sodium_init() < 0)
		return err_set(ERR_IO, "keys: no randomness from the system");
	*out = sodium_malloc(sizeof **out);
	if (!*out)
		return err_set(ERR_NOMEM, "keys: no guarded memory");
	sodium_memzero(*out, sizeof **out);
	return 0;
}

int seal_keys_new(const struct env *env, struct seal_keys **out)
{
	struct seal_keys *k;
	int rc = seal_keys_empty(out);

	if (rc != 0)
		return rc;
	k = *out;
	env_random(env, k->box_secret, sizeof k->box_secret); /* the seed of the signing pair, overwritten below */
	crypto_sign_seed_keypair(k->sign_public, k->sign_secret, k->box_secret);
	env_random(env, k->box_secret, sizeof k->box_secret);
	crypto_scalarmult_base(k->box_public, k->box_secret);
	return 0;
}

void seal_keys_free(struct seal_keys *k)
{
	sodium_free(k); /* wipes; NULL is harmless */
}

bool seal_sign_public_is_sound(const uint8_t key[static SEAL_SIGN_PUBLIC_BYTES])
{
	return crypto_core_ed25519_is_valid_point(key) == 1;
}

bool seal_box_public_is_sound(const uint8_t key[static SEAL_BOX_PUBLIC_BYTES])
{
	static const uint8_t ANY_SCALAR[crypto_scalarmult_SCALARBYTES] = { 8 };
	uint8_t product[crypto_scalarmult_BYTES];

	return crypto_scalarmult(product, ANY_SCALAR, key) == 0; /* fails exactly when the product is zero */
}

/* ---- Labelled hashes and signatures, ids ---- */

void seal_hash(uint8_t *out, size_t out_len, const char *label, const struct seal_part *parts, size_t count)
{
	crypto_generichash_state state;

	assert(out_len == 16 || out_len == 32 || out_len == 64);
	crypto_generichash_init(&state, NULL, 0, out_len);
	crypto_generichash_update(&state, (const uint8_t *)label, strlen(label) + 1); /* with its NUL */
	for (size_t i = 0; i < count; i++)
		if (parts[i].len != 0)
			crypto_generichash_update(&state, parts[i].data, parts[i].len);
	crypto_generichash_final(&state, out, out_len);
}

/* The message that Ed25519 signs: label, one zero byte, H64(label, data). Returns its length. */
static size_t signed_message(uint8_t out[static LABEL_BYTES_MAX + 64], const char *label, const void *data, size_t len)
{
	size_t label_len = strlen(label) + 1;

	assert(label_len <= LABEL_BYTES_MAX);
	memcpy(out, label, label_len);
	seal_hash(out + label_len, 64, label, &(struct seal_part){ data, len }, 1);
	return label_len + 64;
}

void seal_sign(uint8_t out[static SEAL_SIGNATURE_BYTES], const char *label, const void *data, size_t len,
	const uint8_t secret[static SEAL_SIGN_SECRET_BYTES])
{
	uint8_t message[LABEL_BYTES_MAX + 64];
	size_t message_len = signed_message(message, label, data, len);

	crypto_sign_detached(out, NULL, message, message_len, secret);
}

int seal_verify(const uint8_t signature[static SEAL_SIGNATURE_BYTES], const char *label, const void *data, size_t len,
	const uint8_t public_key[static SEAL_SIGN_PUBLIC_BYTES])
{
	uint8_t message[LABEL_BYTES_MAX + 64];
	size_t message_len = signed_message(message, label, data, len);

	if (crypto_sign_verify_detached(signature, message, message_len, public_key) != 0)
		return err_set(ERR_AUTH, "%s: the signature does not hold", label);
	return 0;
}

void seal_head_write(struct buf *b, const char *magic)
{
	assert(strlen(magic) == MAGIC_BYTES);
	buf_text(b, magic);
	write_u8(b, VERSION);
}

int seal_head_read(struct reader *r, const char *magic, const char *what)
{
	const uint8_t *at = reader_bytes(r, MAGIC_BYTES);
	uint8_t version = reader_u8(r);

	if (!at || r->failed || memcmp(at, magic, MAGIC_BYTES - 1) != 0)
		return err_set(ERR_CORRUPT, "%s: does not begin with %s", what, magic);
	if (at[MAGIC_BYTES - 1] != magic[MAGIC_BYTES - 1] || version != VERSION)
		return err_set(ERR_STALE, "%s: this version needs a newer program", what);
	return 0;
}

void seal_object_sign(struct buf *b, size_t from, const char *label, const uint8_t secret[static SEAL_SIGN_SECRET_BYTES])
{
	uint8_t signature[SEAL_SIGNATURE_BYTES];

	if (b->error)
		return;
	assert(from <= b->len);
	seal_sign(signature, label, b->data + from, b->len - from, secret);
	buf_append(b, signature, sizeof signature);
}

int seal_object_check(const void *data, size_t len, const char *label, const uint8_t *keys, size_t key_count)
{
	struct reader r;
	struct reader all_keys;
	const uint8_t *body;
	const uint8_t *signature;
	const uint8_t *key;

	if (len <= SEAL_SIGNATURE_BYTES)
		return err_set(ERR_CORRUPT, "%s: %zu bytes hold no signature", label, len);
	reader_init(&r, data, len);
	body = reader_bytes(&r, len - SEAL_SIGNATURE_BYTES);
	signature = reader_bytes(&r, SEAL_SIGNATURE_BYTES);
	reader_init(&all_keys, keys, key_count * SEAL_SIGN_PUBLIC_BYTES);
	for (size_t i = 0; i < key_count; i++) {
		key = reader_bytes(&all_keys, SEAL_SIGN_PUBLIC_BYTES);
		if (seal_verify(signature, label, body, len - SEAL_SIGNATURE_BYTES, key) == 0)
			return 0;
	}
	return err_set(ERR_AUTH, "%s: the signature holds under none of %zu keys", label, key_count);
}

void seal_object_drop(struct buf *b, size_t from)
{
	if (b->len > from)
		sodium_memzero(b->data + from, b->len - from);
	b->len = from;
}

int seal_object_built(struct buf *b, size_t from, size_t max, const char *what)
{
	int rc = buf_error(b);

	if (rc == 0 && b->len - from > max)
		rc = err_set(ERR_LIMIT, "%zu bytes, more than %zu", b->len - from, max);
	if (rc == 0)
		return 0;
	seal_object_drop(b, from);
	return err_context(rc, "%s", what);
}

void seal_org_id(const uint8_t root_public[static SEAL_SIGN_PUBLIC_BYTES], uint8_t out[static SEAL_ORG_BYTES])
{
	uint8_t hash[SEAL_HASH_BYTES];

	seal_hash(hash, sizeof hash, "mandoob:org", &(struct seal_part){ root_public, SEAL_SIGN_PUBLIC_BYTES }, 1);
	memcpy(out, hash, SEAL_ORG_BYTES);
}

void seal_device_id(const uint8_t sign_public[static SEAL_SIGN_PUBLIC_BYTES], const uint8_t box_public[static SEAL_BOX_PUBLIC_BYTES],
	uint8_t out[static SEAL_DEVICE_BYTES])
{
	uint8_t hash[SEAL_HASH_BYTES];
	const struct seal_part parts[] = { { sign_public, SEAL_SIGN_PUBLIC_BYTES }, { box_public, SEAL_BOX_PUBLIC_BYTES } };

	seal_hash(hash, sizeof hash, "mandoob:device", parts, 2);
	memcpy(out, hash, SEAL_DEVICE_BYTES);
}

void seal_key_id(const uint8_t public_key[static 32], uint8_t out[static SEAL_KEY_ID_BYTES])
{
	uint8_t hash[SEAL_HASH_BYTES];

	seal_hash(hash, sizeof hash, "mandoob:key", &(struct seal_part){ public_key, 32 }, 1);
	memcpy(out, hash, SEAL_KEY_ID_BYTES);
}

/* The padded size for a need of `m` bytes: L of FORMAT.md section 7. */
static size_t padded_size(size_t m)
{
	return (m + SEAL_PADDED_BYTES_MIN - 1) / SEAL_PADDED_BYTES_MIN * SEAL_PADDED_BYTES_MIN;
}

void seal_pad(struct buf *b, size_t from)
{
	size_t frame_len;

	if (b->error)
		return;
	assert(from <= b->len);
	frame_len = b->len - from;
	write_u8(b, 0x80);
	buf_space(b, padded_size(frame_len + 1) - frame_len - 1);
}

int seal_unpad(const uint8_t *data, size_t padded_len, size_t *len)
{
	size_t end = padded_len;

	*len = 0;
	while (end > 0 && data[end - 1] == 0)
		end--;
	if (end == 0 || data[end - 1] != 0x80 || padded_size(end) != padded_len)
		return err_set(ERR_CORRUPT, "padding: %zu bytes are not padded as they must be", padded_len);
	*len = end - 1;
	return 0;
}

/* ---- Sealed answers ---- */

int seal_box(const void *frame, size_t len, const uint8_t box_public[static SEAL_BOX_PUBLIC_BYTES], struct buf *out)
{
	struct buf padded;
	size_t from = out->len;
	uint8_t *space;
	int rc;

	buf_init(&padded, SEAL_BOX_BYTES_MAX - crypto_box_SEALBYTES);
	buf_append(&padded, frame, len);
	seal_pad(&padded, 0);
	rc = buf_error(&padded);
	if (rc != 0) {
		rc = err_context(rc, "sealed box");
		goto done;
	}
	space = buf_space(out, padded.len + crypto_box_SEALBYTES);
	rc = seal_object_built(out, from, SEAL_BOX_BYTES_MAX, "sealed box");
	if (rc == 0 && (!seal_box_public_is_sound(box_public) || crypto_box_seal(space, padded.data, padded.len, box_public) != 0)) {
		seal_object_drop(out, from);
		rc = err_set(ERR_USAGE, "sealed box: the key of the recipient is unusable");
	}
done:
	buf_fini(&padded);
	return rc;
}

int seal_box_open(const void *box, size_t len, const uint8_t box_public[static SEAL_BOX_PUBLIC_BYTES],
	const uint8_t box_secret[static SEAL_BOX_SECRET_BYTES], struct buf *out)
{
	struct buf padded;
	size_t from = out->len;
	size_t frame_len = 0;
	uint8_t *space;
	int rc;

	if (len > SEAL_BOX_BYTES_MAX)
		return err_set(ERR_LIMIT, "sealed box: %zu bytes, more than %d", len, SEAL_BOX_BYTES_MAX);
	if (len < SEAL_PADDED_BYTES_MIN + crypto_box_SEALBYTES)
		return err_set(ERR_CORRUPT, "sealed box: %zu bytes are too few", len);
	buf_init(&padded, SEAL_BOX_BYTES_MAX);
	space = buf_space(&padded, len - crypto_box_SEALBYTES);
	rc = buf_error(&padded);
	if (rc != 0)
		return err_context(rc, "sealed box");
	if (crypto_box_seal_open(space, box, len, box_public, box_secret) != 0)
		rc = err_set(ERR_AUTH, "sealed box: not made for this key, or damaged");
	if (rc == 0)
		rc = seal_unpad(padded.data, padded.len, &frame_len);
	if (rc == 0) {
		buf_append(out, padded.data, frame_len);
		rc = seal_object_built(out, from, SEAL_BOX_BYTES_MAX, "frame of a sealed box");
	}
	buf_fini(&padded);
	return rc;
}
