/*
 * seal: see seal.h. Nothing here allocates or copies: a page is encrypted from SQLite's buffer into the file's scratch
 * page, and decrypted where it was read.
 */
#include "proto/base/vault/seal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define AD_BYTES 16

static_assert(NONCE_BYTES + TAG_BYTES == VAULT_RESERVE_BYTES, "nonce and tag fill the reserved bytes of a page");
static_assert(NONCE_BYTES + TAG_BYTES == VAULT_HEAD_EXTRA_BYTES, "nonce and tag are what a header grows by");
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == VAULT_KEY_BYTES, "key size");

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

void vault_page_seal(const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame, uint32_t page,
	const uint8_t plain[static VAULT_PAGE_BYTES], uint8_t out[static VAULT_PAGE_BYTES])
{
	uint8_t *nonce = out + VAULT_USABLE_BYTES;
	uint8_t ad[AD_BYTES];

	place_encode(ad, role, frame, page);
	randombytes_buf(nonce, NONCE_BYTES); /* allowed: keys and nonces of the vault */
	crypto_aead_xchacha20poly1305_ietf_encrypt_detached(out, nonce + NONCE_BYTES, NULL, plain, VAULT_USABLE_BYTES,
		ad, sizeof ad, NULL, nonce, key);
}

int vault_page_open(const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame, uint32_t page,
	const uint8_t sealed[static VAULT_PAGE_BYTES], uint8_t plain[static VAULT_PAGE_BYTES])
{
	const uint8_t *nonce = sealed + VAULT_USABLE_BYTES;
	uint8_t ad[AD_BYTES];
	int rc;

	place_encode(ad, role, frame, page);
	rc = crypto_aead_xchacha20poly1305_ietf_decrypt_detached(plain, NULL, sealed, VAULT_USABLE_BYTES, nonce + NONCE_BYTES,
		ad, sizeof ad, nonce, key);
	memset(plain + VAULT_USABLE_BYTES, 0, VAULT_RESERVE_BYTES);
	return rc == 0 ? 0 : ERR_CORRUPT;
}

void vault_head_seal(const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame,
	const uint8_t *plain, size_t len, uint8_t *out)
{
	uint8_t ad[AD_BYTES];

	place_encode(ad, role, frame, 0);
	randombytes_buf(out, NONCE_BYTES); /* allowed: keys and nonces of the vault */
	crypto_aead_xchacha20poly1305_ietf_encrypt_detached(out + NONCE_BYTES, out + NONCE_BYTES + len, NULL, plain, len,
		ad, sizeof ad, NULL, out, key);
}

int vault_head_open(const uint8_t key[static VAULT_KEY_BYTES], enum vault_role role, uint64_t frame,
	const uint8_t *sealed, size_t len, uint8_t *plain)
{
	uint8_t ad[AD_BYTES];

	place_encode(ad, role, frame, 0);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt_detached(plain, NULL, sealed + NONCE_BYTES, len, sealed + NONCE_BYTES + len,
		ad, sizeof ad, sealed, key) != 0)
		return ERR_CORRUPT;
	return 0;
}
