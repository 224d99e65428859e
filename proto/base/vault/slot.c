/*
 * slot: see slot.h for the layout. Secrets made on the way (Argon2id's result, the wrapping key) live in sodium_malloc
 * memory for the length of one call.
 */
#include "proto/base/vault/slot.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "proto/base/buf.h"
#include "proto/base/bytes.h"

#define MAGIC "MNDBVLT\n"
#define MAGIC_BYTES 8
#define VERSION 1
#define SUITE 1
#define MAC_BYTES 32
#define MAC_OFFSET (VAULT_COPY_BYTES - MAC_BYTES)
#define SALT_BYTES crypto_pwhash_SALTBYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define WRAPPED_BYTES (VAULT_KEY_BYTES + TAG_BYTES)
#define COMMIT_BYTES 32
#define SLOT_HEAD_BYTES 32
#define SLOT_AD_BYTES (SLOT_HEAD_BYTES + VAULT_ID_BYTES)
#define LABEL_HEAD "mandoob vault 1 "

static_assert(SALT_BYTES == 16, "salt of the slot layout");
static_assert(56 + VAULT_SLOT_COUNT * VAULT_SLOT_BYTES <= MAC_OFFSET, "slots end before the MAC");
static_assert(SLOT_HEAD_BYTES + NONCE_BYTES + WRAPPED_BYTES + COMMIT_BYTES <= VAULT_SLOT_BYTES, "passphrase slot fits");
static_assert(16 + VAULT_ORG_KEY_BYTES + VAULT_KEY_BYTES + crypto_box_SEALBYTES <= VAULT_SLOT_BYTES, "organisation slot fits");

/* A passphrase slot taken apart; pointers borrow from the slot. */
struct passphrase_slot {
	struct vault_kdf kdf;
	const uint8_t *salt;
	const uint8_t *nonce;
	const uint8_t *wrapped;  /* data key and tag */
	const uint8_t *commit;
};

/* The secrets of one wrapping, in locked memory. */
struct wrap {
	uint8_t kek[VAULT_KEY_BYTES];     /* Argon2id's result */
	uint8_t key[VAULT_KEY_BYTES];     /* seals the data key */
	uint8_t commit[COMMIT_BYTES];     /* stored in clear beside it */
};

void vault_subkey(const uint8_t key[static VAULT_KEY_BYTES], const char *label, const uint8_t *id,
	uint8_t out[static VAULT_KEY_BYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, key, VAULT_KEY_BYTES, VAULT_KEY_BYTES);
	crypto_generichash_update(&state, (const uint8_t *)LABEL_HEAD, sizeof LABEL_HEAD - 1);
	crypto_generichash_update(&state, (const uint8_t *)label, strlen(label) + 1);
	if (id)
		crypto_generichash_update(&state, id, VAULT_ID_BYTES);
	crypto_generichash_final(&state, out, VAULT_KEY_BYTES);
	sodium_memzero(&state, sizeof state);
}

int vault_prefix_decode(const uint8_t copy[static VAULT_COPY_BYTES], struct vault_prefix *out)
{
	struct reader r;
	const uint8_t *magic;

	reader_init(&r, copy, MAC_OFFSET);
	magic = reader_bytes(&r, MAGIC_BYTES);
	if (!magic || memcmp(magic, MAGIC, MAGIC_BYTES) != 0)
		return ERR_CORRUPT;
	if (reader_u16(&r) != VERSION || reader_u16(&r) != SUITE || reader_u32(&r) != VAULT_PAGE_BYTES)
		return ERR_CORRUPT;
	out->sequence = reader_u64(&r);
	reader_copy(&r, out->file_id, sizeof out->file_id);
	reader_copy(&r, out->key_id, sizeof out->key_id);
	reader_copy(&r, out->slots, sizeof out->slots);
	return out->sequence == 0 || r.failed ? ERR_CORRUPT : 0;
}

static void prefix_mac(const uint8_t copy[static VAULT_COPY_BYTES], const struct vault_prefix *p,
	const uint8_t data_key[static VAULT_KEY_BYTES], uint8_t mac[static MAC_BYTES])
{
	uint8_t key[VAULT_KEY_BYTES];

	vault_subkey(data_key, "header", p->file_id, key);
	crypto_generichash(mac, MAC_BYTES, copy, MAC_OFFSET, key, sizeof key);
	sodium_memzero(key, sizeof key);
}

int vault_prefix_encode(const struct vault_prefix *p, const uint8_t data_key[static VAULT_KEY_BYTES],
	uint8_t out[static VAULT_COPY_BYTES])
{
	struct buf b;
	int rc;

	buf_init(&b, MAC_OFFSET);
	buf_append(&b, MAGIC, MAGIC_BYTES);
	write_u16(&b, VERSION);
	write_u16(&b, SUITE);
	write_u32(&b, VAULT_PAGE_BYTES);
	write_u64(&b, p->sequence);
	buf_append(&b, p->file_id, sizeof p->file_id);
	buf_append(&b, p->key_id, sizeof p->key_id);
	buf_append(&b, p->slots, sizeof p->slots);
	rc = buf_error(&b);
	if (rc == 0) {
		memset(out, 0, VAULT_COPY_BYTES);
		memcpy(out, b.data, b.len);
		prefix_mac(out, p, data_key, out + MAC_OFFSET);
	}
	buf_fini(&b);
	return rc;
}

bool vault_prefix_is_authentic(const uint8_t copy[static VAULT_COPY_BYTES], const struct vault_prefix *p,
	const uint8_t data_key[static VAULT_KEY_BYTES])
{
	uint8_t mac[MAC_BYTES];

	prefix_mac(copy, p, data_key, mac);
	return sodium_memcmp(mac, copy + MAC_OFFSET, MAC_BYTES) == 0;
}

uint16_t vault_slot_type(const uint8_t slot[static VAULT_SLOT_BYTES])
{
	struct reader r;

	reader_init(&r, slot, VAULT_SLOT_BYTES);
	return reader_u16(&r);
}

int vault_kdf_check(const struct vault_kdf *kdf, bool weak)
{
	uint64_t mem_min = weak ? crypto_pwhash_argon2id_MEMLIMIT_MIN : VAULT_KDF_MEM_BYTES_MIN;
	uint32_t passes_min = weak ? crypto_pwhash_argon2id_OPSLIMIT_MIN : VAULT_KDF_PASSES_MIN;

	if (kdf->mem_bytes < mem_min || kdf->mem_bytes > VAULT_KDF_MEM_BYTES_MAX)
		return err_set(ERR_USAGE, "vault: Argon2id with %llu bytes of memory: allowed are %llu to %llu",
			(unsigned long long)kdf->mem_bytes, (unsigned long long)mem_min,
			(unsigned long long)VAULT_KDF_MEM_BYTES_MAX);
	if (kdf->passes < passes_min || kdf->passes > VAULT_KDF_PASSES_MAX)
		return err_set(ERR_USAGE, "vault: Argon2id with %u passes: allowed are %u to %u",
			kdf->passes, passes_min, VAULT_KDF_PASSES_MAX);
	return 0;
}

/* Run Argon2id and derive both halves; *out is sodium_malloc memory for sodium_free(). */
static int wrap_derive(const char *passphrase, size_t len, const uint8_t salt[static SALT_BYTES], const struct vault_kdf *kdf,
	struct wrap **out)
{
	struct wrap *w = sodium_malloc(sizeof *w);

	*out = NULL;
	if (!w)
		return err_set(ERR_NOMEM, "vault: no locked memory for a key");
	if (crypto_pwhash(w->kek, sizeof w->kek, passphrase, len, salt, kdf->passes, (size_t)kdf->mem_bytes,
		crypto_pwhash_ALG_ARGON2ID13) != 0) {
		sodium_free(w);
		return err_set(ERR_NOMEM, "vault: no memory for Argon2id with %llu bytes", (unsigned long long)kdf->mem_bytes);
	}
	vault_subkey(w->kek, "slot wrap", NULL, w->key);
	vault_subkey(w->kek, "slot commitment", NULL, w->commit);
	*out = w;
	return 0;
}

static void slot_ad(uint8_t ad[static SLOT_AD_BYTES], const uint8_t *slot_head, const uint8_t key_id[static VAULT_ID_BYTES])
{
	memcpy(ad, slot_head, SLOT_HEAD_BYTES);
	memcpy(ad + SLOT_HEAD_BYTES, key_id, VAULT_ID_BYTES);
}

int vault_slot_passphrase_seal(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t key_id[static VAULT_ID_BYTES],
	const char *passphrase, size_t len, const struct vault_kdf *kdf, const uint8_t data_key[static VAULT_KEY_BYTES])
{
	uint8_t salt[SALT_BYTES];
	uint8_t nonce[NONCE_BYTES];
	uint8_t ad[SLOT_AD_BYTES];
	uint8_t *wrapped;
	struct wrap *w;
	struct buf b;
	int rc;

	randombytes_buf(salt, sizeof salt); /* allowed: keys and nonces of the vault */
	randombytes_buf(nonce, sizeof nonce); /* allowed: keys and nonces of the vault */
	rc = wrap_derive(passphrase, len, salt, kdf, &w);
	if (rc != 0)
		return rc;
	buf_init(&b, VAULT_SLOT_BYTES);
	write_u16(&b, VAULT_SLOT_PASSPHRASE);
	write_u16(&b, 0);
	write_u32(&b, kdf->passes);
	write_u64(&b, kdf->mem_bytes);
	buf_append(&b, salt, sizeof salt);
	buf_append(&b, nonce, sizeof nonce);
	wrapped = buf_space(&b, WRAPPED_BYTES);
	if (wrapped) {
		slot_ad(ad, b.data, key_id);
		crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped, NULL, data_key, VAULT_KEY_BYTES, ad, sizeof ad, NULL, nonce, w->key);
	}
	buf_append(&b, w->commit, sizeof w->commit);
	rc = buf_error(&b);
	if (rc == 0) {
		memset(slot, 0, VAULT_SLOT_BYTES);
		memcpy(slot, b.data, b.len);
	}
	buf_fini(&b);
	sodium_free(w);
	return rc;
}

/* Take a slot apart and hold its Argon2id parameters against both bounds before a single byte is allocated for them. */
static int passphrase_slot_decode(const uint8_t slot[static VAULT_SLOT_BYTES], bool weak, struct passphrase_slot *out)
{
	struct reader r;

	reader_init(&r, slot, VAULT_SLOT_BYTES);
	if (reader_u16(&r) != VAULT_SLOT_PASSPHRASE || reader_u16(&r) != 0)
		return err_set(ERR_CORRUPT, "vault: not a passphrase slot");
	out->kdf = (struct vault_kdf){ .passes = reader_u32(&r) };
	out->kdf.mem_bytes = reader_u64(&r);
	out->salt = reader_bytes(&r, SALT_BYTES);
	out->nonce = reader_bytes(&r, NONCE_BYTES);
	out->wrapped = reader_bytes(&r, WRAPPED_BYTES);
	out->commit = reader_bytes(&r, COMMIT_BYTES);
	if (vault_kdf_check(&out->kdf, weak) != 0)
		return err_context(ERR_CORRUPT, "key slot");
	return 0;
}

int vault_slot_passphrase_open(const uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t key_id[static VAULT_ID_BYTES],
	const char *passphrase, size_t len, bool weak, uint8_t data_key[static VAULT_KEY_BYTES])
{
	struct passphrase_slot s;
	uint8_t ad[SLOT_AD_BYTES];
	struct wrap *w;
	int rc;

	rc = passphrase_slot_decode(slot, weak, &s);
	if (rc != 0)
		return rc;
	rc = wrap_derive(passphrase, len, s.salt, &s.kdf, &w);
	if (rc != 0)
		return rc;
	slot_ad(ad, slot, key_id);
	if (sodium_memcmp(w->commit, s.commit, COMMIT_BYTES) != 0 ||
	    crypto_aead_xchacha20poly1305_ietf_decrypt(data_key, NULL, NULL, s.wrapped, WRAPPED_BYTES, ad, sizeof ad, s.nonce, w->key) != 0)
		rc = err_set(ERR_AUTH, "vault: wrong passphrase");
	sodium_free(w);
	return rc;
}

int vault_slot_org_seal(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t pk[static VAULT_ORG_KEY_BYTES],
	const uint8_t data_key[static VAULT_KEY_BYTES])
{
	struct buf b;
	uint8_t *sealed;
	int rc;

	buf_init(&b, VAULT_SLOT_BYTES);
	write_u16(&b, VAULT_SLOT_ORG);
	buf_space(&b, 14);
	buf_append(&b, pk, VAULT_ORG_KEY_BYTES);
	sealed = buf_space(&b, VAULT_KEY_BYTES + crypto_box_SEALBYTES);
	if (sealed && crypto_box_seal(sealed, data_key, VAULT_KEY_BYTES, pk) != 0) {
		buf_fini(&b);
		return err_set(ERR_USAGE, "vault: the organisation's public key is not usable");
	}
	rc = buf_error(&b);
	if (rc == 0) {
		memset(slot, 0, VAULT_SLOT_BYTES);
		memcpy(slot, b.data, b.len);
	}
	buf_fini(&b);
	return rc;
}

int vault_slot_org_open(const uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t pk[static VAULT_ORG_KEY_BYTES],
	const uint8_t sk[static VAULT_ORG_KEY_BYTES], uint8_t data_key[static VAULT_KEY_BYTES])
{
	struct reader r;
	const uint8_t *slot_pk;
	const uint8_t *sealed;

	reader_init(&r, slot, VAULT_SLOT_BYTES);
	if (reader_u16(&r) != VAULT_SLOT_ORG)
		return err_set(ERR_CORRUPT, "vault: not an organisation slot");
	reader_bytes(&r, 14);
	slot_pk = reader_bytes(&r, VAULT_ORG_KEY_BYTES);
	sealed = reader_bytes(&r, VAULT_KEY_BYTES + crypto_box_SEALBYTES);
	if (memcmp(slot_pk, pk, VAULT_ORG_KEY_BYTES) != 0 ||
	    crypto_box_seal_open(data_key, sealed, VAULT_KEY_BYTES + crypto_box_SEALBYTES, pk, sk) != 0)
		return err_set(ERR_AUTH, "vault: sealed to another organisation key");
	return 0;
}
