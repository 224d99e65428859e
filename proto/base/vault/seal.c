/*
 * seal: see seal.h. Nothing here allocates or copies: a page is encrypted from SQLite's buffer into the file's scratch page, and
 * decrypted where it was read. AEGIS-256 is built where libsodium has it; its nonce of 32 bytes is our 24 random ones and zeros, so
 * that pages of both suites draw the same randomness and the place stays small.
 */
#include "proto/base/vault/seal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define NONCE_BYTES 24
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define AD_BYTES 16

static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == NONCE_BYTES, "nonce of XChaCha20");
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == VAULT_KEY_BYTES, "key size");
static_assert(NONCE_BYTES + TAG_BYTES <= VAULT_EXTRA_BYTES_MAX, "nonce and tag");

static void xchacha20_seal(const uint8_t *key, const uint8_t *ad, size_t ad_len, const uint8_t *plain, size_t len, uint8_t *out,
	uint8_t *extra)
{
	randombytes_buf(extra, NONCE_BYTES); /* allowed: keys and nonces of the vault */
	crypto_aead_xchacha20poly1305_ietf_encrypt_detached(out, extra + NONCE_BYTES, NULL, plain, len, ad, ad_len, NULL, extra, key);
}

static int xchacha20_open(const uint8_t *key, const uint8_t *ad, size_t ad_len, const uint8_t *sealed, size_t len, const uint8_t *extra,
	uint8_t *plain)
{
	return crypto_aead_xchacha20poly1305_ietf_decrypt_detached(plain, NULL, sealed, len, extra + NONCE_BYTES, ad, ad_len, extra, key);
}

#ifdef crypto_aead_aegis256_KEYBYTES
static_assert(crypto_aead_aegis256_KEYBYTES == VAULT_KEY_BYTES, "key size");
static_assert(crypto_aead_aegis256_NPUBBYTES >= NONCE_BYTES, "nonce of AEGIS-256");
static_assert(NONCE_BYTES + crypto_aead_aegis256_ABYTES == VAULT_EXTRA_BYTES_MAX, "nonce and tag");

static void aegis256_seal(const uint8_t *key, const uint8_t *ad, size_t ad_len, const uint8_t *plain, size_t len, uint8_t *out,
	uint8_t *extra)
{
	uint8_t nonce[crypto_aead_aegis256_NPUBBYTES] = { 0 };

	randombytes_buf(extra, NONCE_BYTES); /* allowed: keys and nonces of the vault */
	memcpy(nonce, extra, NONCE_BYTES);
	crypto_aead_aegis256_encrypt_detached(out, extra + NONCE_BYTES, NULL, plain, len, ad, ad_len, NULL, nonce, key);
}

static int aegis256_open(const uint8_t *key, const uint8_t *ad, size_t ad_len, const uint8_t *sealed, size_t len, const uint8_t *extra,
	uint8_t *plain)
{
	uint8_t nonce[crypto_aead_aegis256_NPUBBYTES] = { 0 };

	memcpy(nonce, extra, NONCE_BYTES);
	return crypto_aead_aegis256_decrypt_detached(plain, NULL, sealed, len, extra + NONCE_BYTES, ad, ad_len, nonce, key);
}
#endif

static const struct vault_suite SUITES[] = {
	{ VAULT_SUITE_XCHACHA20, "XChaCha20-Poly1305", NONCE_BYTES + TAG_BYTES, xchacha20_seal, xchacha20_open },
#ifdef crypto_aead_aegis256_KEYBYTES
	{ VAULT_SUITE_AEGIS256, "AEGIS-256", NONCE_BYTES + crypto_aead_aegis256_ABYTES, aegis256_seal, aegis256_open },
#endif
};

const struct vault_suite *vault_suite_find(uint16_t id)
{
	for (size_t i = 0; i < sizeof SUITES / sizeof SUITES[0]; i++)
		if (SUITES[i].id == id)
			return &SUITES[i];
	return NULL;
}

static void put_u32(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 24);
	at[1] = (uint8_t)(v >> 16);
	at[2] = (uint8_t)(v >> 8);
	at[3] = (uint8_t)v;
}

static void place_encode(uint8_t ad[static AD_BYTES], enum vault_role role, uint64_t frame, uint32_t page)
{
	put_u32(ad, (uint32_t)role);
	put_u32(ad + 4, (uint32_t)(frame >> 32));
	put_u32(ad + 8, (uint32_t)frame);
	put_u32(ad + 12, page);
}

void vault_page_seal(const struct vault_shape *shape, const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame,
	uint32_t page, const uint8_t *plain, uint8_t *out)
{
	uint32_t usable = vault_usable_bytes(shape);
	uint8_t ad[AD_BYTES];

	place_encode(ad, role, frame, page);
	shape->suite->seal(key, ad, sizeof ad, plain, usable, out, out + usable);
}

int vault_page_open(const struct vault_shape *shape, const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame,
	uint32_t page, const uint8_t *sealed, uint8_t *plain)
{
	uint32_t usable = vault_usable_bytes(shape);
	uint8_t ad[AD_BYTES];
	int rc;

	place_encode(ad, role, frame, page);
	rc = shape->suite->open(key, ad, sizeof ad, sealed, usable, sealed + usable, plain);
	memset(plain + usable, 0, shape->suite->extra_bytes);
	if (rc == 0)
		return 0;
	memset(plain, 0, usable);
	return ERR_CORRUPT;
}

void vault_head_seal(const struct vault_suite *suite, const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame,
	const uint8_t *plain, size_t len, uint8_t *out)
{
	uint8_t ad[AD_BYTES];
	uint8_t extra[VAULT_EXTRA_BYTES_MAX];

	place_encode(ad, role, frame, 0);
	suite->seal(key, ad, sizeof ad, plain, len, out + NONCE_BYTES, extra);
	memcpy(out, extra, NONCE_BYTES);
	memcpy(out + NONCE_BYTES + len, extra + NONCE_BYTES, suite->extra_bytes - NONCE_BYTES);
}

int vault_head_open(const struct vault_suite *suite, const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame,
	const uint8_t *sealed, size_t len, uint8_t *plain)
{
	uint8_t ad[AD_BYTES];
	uint8_t extra[VAULT_EXTRA_BYTES_MAX];

	place_encode(ad, role, frame, 0);
	memcpy(extra, sealed, NONCE_BYTES);
	memcpy(extra + NONCE_BYTES, sealed + NONCE_BYTES + len, suite->extra_bytes - NONCE_BYTES);
	if (suite->open(key, ad, sizeof ad, sealed + NONCE_BYTES, len, extra, plain) == 0)
		return 0;
	memset(plain, 0, len);
	return ERR_CORRUPT;
}
