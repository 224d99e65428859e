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
#include "proto/base/vault/kdf.h"

#define MAGIC "MNDBVLT\n"
#define MAGIC_BYTES 8
#define VERSION 2
#define FLAGS_KNOWN VAULT_FLAG_WAL_ONLY
#define MAC_BYTES 32
#define MAC_OFFSET (VAULT_COPY_BYTES - MAC_BYTES)
#define LEASE_OFFSET 1344
#define RETURN_OFFSET 1408
#define RETURN_BYTES 64
#define RETURN_ZEROS 16
#define SALT_BYTES crypto_pwhash_SALTBYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define WRAPPED_BYTES (VAULT_KEY_BYTES + TAG_BYTES)
#define COMMIT_BYTES 32
#define SLOT_FLAGS_OFFSET 2
#define SLOT_FLAG_BLINDED 1
#define SLOT_HEAD_BYTES 32
#define SLOT_WRAPPED_OFFSET 56
#define SLOT_AD_BYTES (SLOT_HEAD_BYTES + VAULT_ID_BYTES)
#define ORG_BOX_BYTES (VAULT_KEY_BYTES + crypto_box_SEALBYTES)
#define ORG_ZEROS 14
#define LABEL_HEAD "mandoob vault 1 "

static_assert(SALT_BYTES == 16, "salt of the slot layout");
static_assert(VAULT_SLOTS_OFFSET + VAULT_SLOT_COUNT * VAULT_SLOT_BYTES == LEASE_OFFSET, "slots end where the lease begins");
static_assert(SLOT_HEAD_BYTES + NONCE_BYTES == SLOT_WRAPPED_OFFSET, "place of the wrapped key");
static_assert(SLOT_WRAPPED_OFFSET + WRAPPED_BYTES + COMMIT_BYTES <= VAULT_SLOT_BYTES, "passphrase slot fits");
static_assert(2 + ORG_ZEROS + VAULT_ORG_KEY_BYTES + ORG_BOX_BYTES <= VAULT_SLOT_BYTES, "organisation slot fits");

/* A slot of kind 1, 3 or 4 taken apart; pointers borrow from the slot. */
struct wrapped_slot {
	uint16_t kind;
	uint16_t flags;
	struct vault_kdf kdf;
	const uint8_t *salt;
	const uint8_t *nonce;
	const uint8_t *wrapped;  /* data key and tag */
	const uint8_t *commit;
};

/* The secrets of one wrapping, in locked memory. */
struct wrap {
	uint8_t kek[VAULT_KEY_BYTES];     /* the wrapping secret: Argon2id's result, or made from a recovery key */
	uint8_t key[VAULT_KEY_BYTES];     /* seals the data key */
	uint8_t commit[COMMIT_BYTES];     /* stored in clear beside it */
};

/* ---- hashes ---- */

/* BLAKE2b keyed with `key` over the module's head, the label and two pieces of bytes. */
static void keyed_hash(uint8_t *out, size_t out_len, const uint8_t *key, size_t key_len, const char *label, const uint8_t *a, size_t a_len,
	const uint8_t *b, size_t b_len)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, key, key_len, out_len);
	crypto_generichash_update(&state, (const uint8_t *)LABEL_HEAD, sizeof LABEL_HEAD - 1);
	crypto_generichash_update(&state, (const uint8_t *)label, strlen(label) + 1);
	if (a_len)
		crypto_generichash_update(&state, a, a_len);
	if (b_len)
		crypto_generichash_update(&state, b, b_len);
	crypto_generichash_final(&state, out, out_len);
	sodium_memzero(&state, sizeof state);
}

void vault_subkey(const uint8_t key[static VAULT_KEY_BYTES], const char *label, const uint8_t *id,
	uint8_t out[static VAULT_KEY_BYTES])
{
	keyed_hash(out, VAULT_KEY_BYTES, key, VAULT_KEY_BYTES, label, id, id ? VAULT_ID_BYTES : 0, NULL, 0);
}

void vault_share_check(const uint8_t share[static VAULT_SHARE_BYTES], uint8_t out[static VAULT_LEASE_CHECK_BYTES])
{
	uint8_t hash[VAULT_KEY_BYTES];

	vault_subkey(share, "share check", NULL, hash);
	memcpy(out, hash, VAULT_LEASE_CHECK_BYTES);
	sodium_memzero(hash, sizeof hash);
}

/* ---- the prefix ---- */

static bool page_bytes_are_possible(uint32_t n)
{
	return n >= VAULT_PAGE_BYTES_MIN && n <= VAULT_PAGE_BYTES_MAX && (n & (n - 1)) == 0;
}

int vault_prefix_refused(const uint8_t copies[static VAULT_COPIES_BYTES], const char *path)
{
	for (size_t i = 0; i < VAULT_COPY_COUNT; i++) {
		struct reader r;
		const uint8_t *magic;
		uint16_t version;

		reader_init(&r, copies + i * VAULT_COPY_BYTES, VAULT_COPY_BYTES);
		magic = reader_bytes(&r, MAGIC_BYTES);
		version = reader_u16(&r);
		if (magic && memcmp(magic, MAGIC, MAGIC_BYTES) == 0 && version != VERSION)
			return err_set(ERR_CORRUPT, "vault %s: its format is version %u and this program knows version %u: it takes the "
				"program that made it", path, (unsigned)version, (unsigned)VERSION);
	}
	return err_set(ERR_CORRUPT, "vault %s: not a vault, or both copies of its prefix are destroyed", path);
}

int vault_prefix_decode(const uint8_t copy[static VAULT_COPY_BYTES], struct vault_prefix *out)
{
	struct reader r;
	const uint8_t *magic;

	reader_init(&r, copy, MAC_OFFSET);
	magic = reader_bytes(&r, MAGIC_BYTES);
	if (!magic || memcmp(magic, MAGIC, MAGIC_BYTES) != 0 || reader_u16(&r) != VERSION)
		return ERR_CORRUPT;
	out->suite = vault_suite_find(reader_u16(&r));
	out->page_bytes = reader_u32(&r);
	if (!out->suite || !page_bytes_are_possible(out->page_bytes))
		return ERR_CORRUPT;
	out->sequence = reader_u64(&r);
	reader_copy(&r, out->file_id, sizeof out->file_id);
	reader_copy(&r, out->key_id, sizeof out->key_id);
	out->flags = reader_u32(&r);
	if (reader_u32(&r) != 0 || (out->flags & ~FLAGS_KNOWN) != 0)
		return ERR_CORRUPT;
	reader_copy(&r, out->slots, sizeof out->slots);
	reader_copy(&r, out->lease.share, VAULT_SHARE_BYTES);
	out->lease.until_ms = (int64_t)reader_u64(&r);
	out->lease.latest_ms = (int64_t)reader_u64(&r);
	out->lease.epoch = reader_u32(&r);
	reader_copy(&r, out->lease.check, sizeof out->lease.check);
	reader_copy(&r, out->lease.back_share, VAULT_SHARE_BYTES);
	out->lease.back_until_ms = (int64_t)reader_u64(&r);
	out->lease.back_latest_ms = (int64_t)reader_u64(&r);
	return out->sequence == 0 || r.failed ? ERR_CORRUPT : 0;
}

static void prefix_mac(const uint8_t copy[static VAULT_COPY_BYTES], const struct vault_prefix *p,
	const uint8_t data_key[static VAULT_KEY_BYTES], uint8_t mac[static MAC_BYTES])
{
	static const uint8_t NO_RETURN[RETURN_BYTES];
	crypto_generichash_state state;
	uint8_t key[VAULT_KEY_BYTES];

	vault_subkey(data_key, "header", p->file_id, key);
	crypto_generichash_init(&state, key, sizeof key, MAC_BYTES);
	crypto_generichash_update(&state, copy, RETURN_OFFSET);
	crypto_generichash_update(&state, NO_RETURN, sizeof NO_RETURN);
	crypto_generichash_update(&state, copy + RETURN_OFFSET + RETURN_BYTES, MAC_OFFSET - RETURN_OFFSET - RETURN_BYTES);
	crypto_generichash_final(&state, mac, MAC_BYTES);
	sodium_memzero(&state, sizeof state);
	sodium_memzero(key, sizeof key);
}

static void return_append(struct buf *b, const struct vault_lease_block *lease)
{
	buf_append(b, lease->back_share, VAULT_SHARE_BYTES);
	write_u64(b, (uint64_t)lease->back_until_ms);
	write_u64(b, (uint64_t)lease->back_latest_ms);
	buf_space(b, RETURN_ZEROS);
}

int vault_prefix_encode(const struct vault_prefix *p, const uint8_t data_key[static VAULT_KEY_BYTES],
	uint8_t out[static VAULT_COPY_BYTES])
{
	struct buf b;
	int rc;

	buf_init(&b, MAC_OFFSET);
	buf_append(&b, MAGIC, MAGIC_BYTES);
	write_u16(&b, VERSION);
	write_u16(&b, p->suite->id);
	write_u32(&b, p->page_bytes);
	write_u64(&b, p->sequence);
	buf_append(&b, p->file_id, sizeof p->file_id);
	buf_append(&b, p->key_id, sizeof p->key_id);
	write_u32(&b, p->flags);
	write_u32(&b, 0);
	buf_append(&b, p->slots, sizeof p->slots);
	buf_append(&b, p->lease.share, VAULT_SHARE_BYTES);
	write_u64(&b, (uint64_t)p->lease.until_ms);
	write_u64(&b, (uint64_t)p->lease.latest_ms);
	write_u32(&b, p->lease.epoch);
	buf_append(&b, p->lease.check, sizeof p->lease.check);
	return_append(&b, &p->lease);
	rc = buf_error(&b);
	if (rc == 0) {
		memset(out, 0, VAULT_COPY_BYTES);
		memcpy(out, b.data, b.len);
		prefix_mac(out, p, data_key, out + MAC_OFFSET);
	}
	buf_fini(&b);
	return rc;
}

int vault_prefix_return_put(uint8_t copy[static VAULT_COPY_BYTES], const struct vault_lease_block *lease)
{
	struct buf b;
	int rc;

	buf_init(&b, RETURN_BYTES);
	return_append(&b, lease);
	rc = buf_error(&b);
	if (rc == 0)
		memcpy(copy + RETURN_OFFSET, b.data, RETURN_BYTES);
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

/* ---- slots in general ---- */

uint16_t vault_slot_kind_of(const uint8_t slot[static VAULT_SLOT_BYTES])
{
	struct reader r;

	reader_init(&r, slot, VAULT_SLOT_BYTES);
	return reader_u16(&r);
}

bool vault_slot_has_passphrase(uint16_t kind)
{
	return kind == VAULT_SLOT_PASSPHRASE || kind == VAULT_SLOT_SECOND;
}

static void wrapped_decode(const uint8_t slot[static VAULT_SLOT_BYTES], struct wrapped_slot *out)
{
	struct reader r;

	reader_init(&r, slot, VAULT_SLOT_BYTES);
	out->kind = reader_u16(&r);
	out->flags = reader_u16(&r);
	out->kdf = (struct vault_kdf){ .passes = reader_u32(&r) };
	out->kdf.mem_bytes = reader_u64(&r);
	out->salt = reader_bytes(&r, SALT_BYTES);
	out->nonce = reader_bytes(&r, NONCE_BYTES);
	out->wrapped = reader_bytes(&r, WRAPPED_BYTES);
	out->commit = reader_bytes(&r, COMMIT_BYTES);
}

void vault_slot_describe(const uint8_t slot[static VAULT_SLOT_BYTES], struct vault_slot_info *out)
{
	struct wrapped_slot s;

	wrapped_decode(slot, &s);
	*out = (struct vault_slot_info){ .kind = s.kind };
	if (s.kind == VAULT_SLOT_ORG) {
		struct reader r;

		reader_init(&r, slot, VAULT_SLOT_BYTES);
		reader_bytes(&r, 2 + ORG_ZEROS);
		reader_copy(&r, out->org_public_key, VAULT_ORG_KEY_BYTES);
	}
	if (vault_slot_has_passphrase(s.kind)) {
		out->kdf = s.kdf;
		out->is_leased = (s.flags & SLOT_FLAG_BLINDED) != 0;
	}
}

static void blinding_toggle(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t share[static VAULT_SHARE_BYTES])
{
	uint8_t pad[WRAPPED_BYTES];

	keyed_hash(pad, sizeof pad, share, VAULT_SHARE_BYTES, "share blinding", slot + SLOT_HEAD_BYTES, NONCE_BYTES, NULL, 0);
	for (size_t i = 0; i < sizeof pad; i++)
		slot[SLOT_WRAPPED_OFFSET + i] ^= pad[i];
	slot[SLOT_FLAGS_OFFSET + 1] ^= SLOT_FLAG_BLINDED;
	sodium_memzero(pad, sizeof pad);
}

static bool is_blinded(const uint8_t slot[static VAULT_SLOT_BYTES])
{
	struct vault_slot_info info;

	vault_slot_describe(slot, &info);
	return info.is_leased;
}

void vault_slot_blind(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t share[static VAULT_SHARE_BYTES])
{
	if (vault_slot_has_passphrase(vault_slot_kind_of(slot)) && !is_blinded(slot))
		blinding_toggle(slot, share);
}

void vault_slot_unblind(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t share[static VAULT_SHARE_BYTES])
{
	if (is_blinded(slot))
		blinding_toggle(slot, share);
}

/* ---- slots that wrap with a secret ---- */

/* Locked memory for one wrapping; sodium_free() wipes it. */
static int wrap_new(struct wrap **out)
{
	*out = sodium_malloc(sizeof **out);
	return *out ? 0 : err_set(ERR_NOMEM, "vault: no locked memory for a key");
}

/* Derive both halves from the wrapping secret. */
static void wrap_halves(struct wrap *w)
{
	vault_subkey(w->kek, "slot wrap", NULL, w->key);
	vault_subkey(w->kek, "slot commitment", NULL, w->commit);
}

static int wrap_by_passphrase(const char *passphrase, size_t len, const uint8_t *salt, const struct vault_kdf *kdf, struct wrap **out)
{
	struct wrap *w;
	int rc = wrap_new(&w);

	*out = NULL;
	if (rc != 0)
		return rc;
	if (crypto_pwhash(w->kek, sizeof w->kek, passphrase, len, salt, kdf->passes, (size_t)kdf->mem_bytes,
		crypto_pwhash_ALG_ARGON2ID13) != 0) {
		sodium_free(w);
		return err_set(ERR_NOMEM, "vault: no memory for Argon2id with %llu bytes", (unsigned long long)kdf->mem_bytes);
	}
	wrap_halves(w);
	*out = w;
	return 0;
}

static int wrap_by_recovery(const uint8_t *secret, const uint8_t *salt, struct wrap **out)
{
	int rc = wrap_new(out);

	if (rc != 0)
		return rc;
	keyed_hash((*out)->kek, sizeof (*out)->kek, secret, VAULT_RECOVERY_BYTES, "recovery", salt, SALT_BYTES, NULL, 0);
	wrap_halves(*out);
	return 0;
}

/* What the sealed key is bound to: the head of the slot, not blinded (so its flags are zeros), and the name of the data key. */
static void slot_ad(uint8_t ad[static SLOT_AD_BYTES], const uint8_t *slot_head, const uint8_t key_id[static VAULT_ID_BYTES])
{
	memcpy(ad, slot_head, SLOT_HEAD_BYTES);
	memcpy(ad + SLOT_HEAD_BYTES, key_id, VAULT_ID_BYTES);
}

/* Write a slot; read by wrapped_decode() and wrapped_open(). */
static int wrapped_seal(uint8_t slot[static VAULT_SLOT_BYTES], enum vault_slot_kind kind, const uint8_t *key_id,
	const struct vault_kdf *kdf, const uint8_t *salt, const struct wrap *w, const uint8_t *data_key)
{
	uint8_t nonce[NONCE_BYTES];
	uint8_t ad[SLOT_AD_BYTES];
	uint8_t *wrapped;
	struct buf b;
	int rc;

	randombytes_buf(nonce, sizeof nonce); /* allowed: keys and nonces of the vault */
	buf_init(&b, VAULT_SLOT_BYTES);
	write_u16(&b, (uint16_t)kind);
	write_u16(&b, 0);
	write_u32(&b, kdf->passes);
	write_u64(&b, kdf->mem_bytes);
	buf_append(&b, salt, SALT_BYTES);
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
	return rc;
}

/* The commitment says whether the secret is the right one; only then does a failure mean that the slot itself is damaged. */
static int wrapped_open(const uint8_t slot[static VAULT_SLOT_BYTES], const struct wrapped_slot *s, const uint8_t *key_id,
	const struct wrap *w, uint8_t *data_key)
{
	uint8_t ad[SLOT_AD_BYTES];

	if (sodium_memcmp(w->commit, s->commit, COMMIT_BYTES) != 0)
		return err_set(ERR_AUTH, s->kind == VAULT_SLOT_RECOVERY ? "vault: another recovery key" : "vault: wrong passphrase");
	slot_ad(ad, slot, key_id);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(data_key, NULL, NULL, s->wrapped, WRAPPED_BYTES, ad, sizeof ad, s->nonce,
		w->key) != 0)
		return err_set(ERR_CORRUPT, "vault: the key slot is damaged");
	return 0;
}

int vault_slot_passphrase_seal(uint8_t slot[static VAULT_SLOT_BYTES], enum vault_slot_kind kind,
	const uint8_t key_id[static VAULT_ID_BYTES], const char *passphrase, size_t len, const struct vault_kdf *kdf,
	const uint8_t data_key[static VAULT_KEY_BYTES])
{
	uint8_t salt[SALT_BYTES];
	struct wrap *w;
	int rc;

	assert(vault_slot_has_passphrase((uint16_t)kind));
	randombytes_buf(salt, sizeof salt); /* allowed: keys and nonces of the vault */
	rc = wrap_by_passphrase(passphrase, len, salt, kdf, &w);
	if (rc != 0)
		return rc;
	rc = wrapped_seal(slot, kind, key_id, kdf, salt, w, data_key);
	sodium_free(w);
	return rc;
}

int vault_slot_passphrase_open(const uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t key_id[static VAULT_ID_BYTES],
	const uint8_t *share, const char *passphrase, size_t len, bool weak, uint8_t data_key[static VAULT_KEY_BYTES])
{
	uint8_t clear[VAULT_SLOT_BYTES];
	struct wrapped_slot s;
	struct wrap *w;
	bool has_share = share && !sodium_is_zero(share, VAULT_SHARE_BYTES);
	bool was_blinded;
	int rc;

	memcpy(clear, slot, sizeof clear);
	wrapped_decode(slot, &s);
	was_blinded = s.flags == SLOT_FLAG_BLINDED;
	if (!vault_slot_has_passphrase(s.kind) || (s.flags & ~SLOT_FLAG_BLINDED) != 0)
		return err_set(ERR_CORRUPT, "vault: not a passphrase slot");
	if (vault_kdf_check(&s.kdf, weak) != 0)
		return err_context(ERR_CORRUPT, "key slot");
	rc = wrap_by_passphrase(passphrase, len, s.salt, &s.kdf, &w);
	if (rc != 0)
		return rc;
	if (was_blinded && has_share)
		vault_slot_unblind(clear, share);
	wrapped_decode(clear, &s);
	rc = wrapped_open(clear, &s, key_id, w, data_key);
	if (rc == ERR_CORRUPT && was_blinded)
		rc = err_set(ERR_STALE, has_share ? "vault: the share in it is not the one of its lease: ask the centre for it again" :
			"vault: its lease has ended: ask the centre for the share");
	sodium_free(w);
	sodium_memzero(clear, sizeof clear);
	return rc;
}

int vault_slot_recovery_seal(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t key_id[static VAULT_ID_BYTES],
	const uint8_t secret[static VAULT_RECOVERY_BYTES], const uint8_t data_key[static VAULT_KEY_BYTES])
{
	static const struct vault_kdf NONE;
	uint8_t salt[SALT_BYTES];
	struct wrap *w;
	int rc;

	randombytes_buf(salt, sizeof salt); /* allowed: keys and nonces of the vault */
	rc = wrap_by_recovery(secret, salt, &w);
	if (rc != 0)
		return rc;
	rc = wrapped_seal(slot, VAULT_SLOT_RECOVERY, key_id, &NONE, salt, w, data_key);
	sodium_free(w);
	return rc;
}

int vault_slot_recovery_open(const uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t key_id[static VAULT_ID_BYTES],
	const uint8_t secret[static VAULT_RECOVERY_BYTES], uint8_t data_key[static VAULT_KEY_BYTES])
{
	struct wrapped_slot s;
	struct wrap *w;
	int rc;

	wrapped_decode(slot, &s);
	if (s.kind != VAULT_SLOT_RECOVERY || s.flags != 0)
		return err_set(ERR_CORRUPT, "vault: not a slot of a recovery key");
	rc = wrap_by_recovery(secret, s.salt, &w);
	if (rc != 0)
		return rc;
	rc = wrapped_open(slot, &s, key_id, w, data_key);
	sodium_free(w);
	return rc;
}

/* ---- the organisation's slot ---- */

/*
 * crypto_box_seal() with an ephemeral secret that is worked out and not drawn: epk | crypto_box_easy(m, nonce, pk, esk), the nonce being
 * BLAKE2b-192 of epk | pk (libsodium, crypto_box/crypto_box_seal.c). One data key and one pk only ever seal one message, that data key.
 */
static int box_make(uint8_t box[static ORG_BOX_BYTES], const uint8_t *key_id, const uint8_t *pk, const uint8_t *data_key)
{
	uint8_t nonce[crypto_box_NONCEBYTES];
	crypto_generichash_state state;
	uint8_t *esk = sodium_malloc(crypto_box_SECRETKEYBYTES);
	int rc = 0;

	if (!esk)
		return err_set(ERR_NOMEM, "vault: no locked memory for a key");
	keyed_hash(esk, crypto_box_SECRETKEYBYTES, data_key, VAULT_KEY_BYTES, "org slot", key_id, VAULT_ID_BYTES, pk, VAULT_ORG_KEY_BYTES);
	if (crypto_scalarmult_base(box, esk) != 0)
		rc = ERR_USAGE;
	crypto_generichash_init(&state, NULL, 0, sizeof nonce);
	crypto_generichash_update(&state, box, crypto_box_PUBLICKEYBYTES);
	crypto_generichash_update(&state, pk, VAULT_ORG_KEY_BYTES);
	crypto_generichash_final(&state, nonce, sizeof nonce);
	if (rc == 0 && crypto_box_easy(box + crypto_box_PUBLICKEYBYTES, data_key, VAULT_KEY_BYTES, nonce, pk, esk) != 0)
		rc = ERR_USAGE;
	sodium_free(esk);
	return rc == 0 ? 0 : err_set(rc, "vault: the organisation's public key is not usable");
}

int vault_slot_org_seal(uint8_t slot[static VAULT_SLOT_BYTES], const uint8_t key_id[static VAULT_ID_BYTES],
	const uint8_t pk[static VAULT_ORG_KEY_BYTES], const uint8_t data_key[static VAULT_KEY_BYTES])
{
	uint8_t box[ORG_BOX_BYTES];
	struct buf b;
	int rc;

	rc = box_make(box, key_id, pk, data_key);
	if (rc != 0)
		return rc;
	buf_init(&b, VAULT_SLOT_BYTES);
	write_u16(&b, VAULT_SLOT_ORG);
	buf_space(&b, ORG_ZEROS);
	buf_append(&b, pk, VAULT_ORG_KEY_BYTES);
	buf_append(&b, box, sizeof box);
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
	reader_bytes(&r, ORG_ZEROS);
	slot_pk = reader_bytes(&r, VAULT_ORG_KEY_BYTES);
	sealed = reader_bytes(&r, ORG_BOX_BYTES);
	if (memcmp(slot_pk, pk, VAULT_ORG_KEY_BYTES) != 0 || crypto_box_seal_open(data_key, sealed, ORG_BOX_BYTES, pk, sk) != 0)
		return err_set(ERR_AUTH, "vault: sealed to another organisation key");
	return 0;
}
