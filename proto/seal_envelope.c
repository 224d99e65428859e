/*
 * seal_envelope: see seal.h and FORMAT.md section 7, where the layout is drawn.
 *
 * An envelope is read by one parser (envelope_parse) into borrowed pieces of fixed sizes; everything that verifies or opens
 * works on these pieces. The count of recipients is checked there, before any curve operation, because each recipient costs
 * one: uncapped recipients were a way to burn a reader's time before any authentication in other formats.
 *
 * What holds the pieces together: the signature covers everything; the associated data of the ciphertext covers everything before
 * the nonce, device and seq included, so another device cannot take the signature off and adopt the ciphertext; the commitment
 * binds the one file key, so the two recipients cannot be given two texts.
 */
#include "proto/seal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define SUITE 1
#define FILE_KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SEALED_KEY_BYTES (FILE_KEY_BYTES + crypto_box_SEALBYTES)
#define HEADER_BYTES 80 /* up to the list of recipients: what the commitment covers */
#define LABEL_ENVELOPE "mandoob:env"
#define LABEL_COMMIT "mandoob:commit"

static_assert(SEALED_KEY_BYTES == 80, "FORMAT.md section 7: sealed file key");
static_assert(NONCE_BYTES == 24 && TAG_BYTES == 16, "FORMAT.md section 7: nonce and tag");

/* An envelope taken apart; all pointers borrow from it. */
struct envelope {
	struct seal_header header;
	const uint8_t *whole;
	size_t len;
	size_t recipient_count;
	struct {
		uint8_t kind;
		const uint8_t *key_id;
		const uint8_t *sealed_key;
	} recipients[SEAL_RECIPIENTS_MAX];
	const uint8_t *commitment;
	size_t ad_len; /* bytes before the nonce */
	const uint8_t *nonce;
	const uint8_t *ciphertext;
	size_t ciphertext_len;
};

/* Guarded memory for a file key; free with sodium_free(). */
static int file_key_new(uint8_t **out)
{
	*out = sodium_init() < 0 ? NULL : sodium_malloc(FILE_KEY_BYTES);
	return *out ? 0 : err_set(ERR_NOMEM, "envelope: no guarded memory");
}

/* The commitment to `file_key` over the header; appended by seal_envelope(), compared by seal_envelope_open(). */
static void commit(uint8_t out[static SEAL_HASH_BYTES], const uint8_t *envelope, const uint8_t file_key[static FILE_KEY_BYTES])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, file_key, FILE_KEY_BYTES, SEAL_HASH_BYTES);
	crypto_generichash_update(&state, (const uint8_t *)LABEL_COMMIT, sizeof LABEL_COMMIT);
	crypto_generichash_update(&state, envelope, HEADER_BYTES);
	crypto_generichash_final(&state, out, SEAL_HASH_BYTES);
	sodium_memzero(&state, sizeof state);
}

static int envelope_usage_check(const struct seal_header *h, const struct seal_recipient *to, size_t to_count)
{
	if (h->incarnation == 0 || h->seq == 0 || h->epoch == 0)
		return err_set(ERR_USAGE, "envelope: incarnation, seq and epoch count from 1");
	if (to_count < 1 || to_count > SEAL_RECIPIENTS_MAX)
		return err_set(ERR_USAGE, "envelope: %zu recipients, not 1 to %d", to_count, SEAL_RECIPIENTS_MAX);
	for (size_t i = 0; i < to_count; i++) {
		if (to[i].kind != SEAL_TO_CENTRE && to[i].kind != SEAL_TO_RECOVERY)
			return err_set(ERR_USAGE, "envelope: recipient of kind %d", (int)to[i].kind);
		if (i > 0 && to[i].kind <= to[i - 1].kind)
			return err_set(ERR_USAGE, "envelope: recipients do not ascend");
	}
	return 0;
}

/* Matched by envelope_parse_header(). */
static void write_header(struct buf *b, const struct seal_header *h, size_t to_count)
{
	seal_head_write(b, "MNE1");
	write_u8(b, SUITE);
	buf_append(b, h->org, sizeof h->org);
	buf_append(b, h->device, sizeof h->device);
	write_u32(b, h->incarnation);
	write_u64(b, h->seq);
	buf_append(b, h->previous, sizeof h->previous);
	write_u32(b, h->epoch);
	write_u8(b, 0);
	write_u8(b, (uint8_t)to_count);
}

static int write_recipient(struct buf *b, const struct seal_recipient *to, const uint8_t file_key[static FILE_KEY_BYTES])
{
	uint8_t id[SEAL_KEY_ID_BYTES];
	uint8_t sealed[SEALED_KEY_BYTES];

	if (!seal_box_public_is_sound(to->box_public) || crypto_box_seal(sealed, file_key, FILE_KEY_BYTES, to->box_public) != 0)
		return err_set(ERR_USAGE, "envelope: the key of recipient %d is unusable", (int)to->kind);
	seal_key_id(to->box_public, id);
	write_u8(b, (uint8_t)to->kind);
	buf_append(b, id, sizeof id);
	buf_append(b, sealed, sizeof sealed);
	return 0;
}

/* Everything from the header to the ciphertext, behind `from` in `out`. */
static int write_body(const struct env *env, const struct seal_header *h, const struct seal_recipient *to, size_t to_count,
	const struct buf *padded, const uint8_t file_key[static FILE_KEY_BYTES], struct buf *out)
{
	size_t from = out->len;
	size_t ad_len;
	uint8_t nonce[NONCE_BYTES];
	uint8_t commitment[SEAL_HASH_BYTES];
	uint8_t *space;
	int rc = 0;

	write_header(out, h, to_count);
	for (size_t i = 0; rc == 0 && i < to_count; i++)
		rc = write_recipient(out, &to[i], file_key);
	if (rc != 0 || out->error)
		return rc; /* a sticky error is reported by seal_object_built() */
	commit(commitment, out->data + from, file_key);
	buf_append(out, commitment, sizeof commitment);
	write_u32(out, (uint32_t)(padded->len + TAG_BYTES));
	ad_len = out->len - from;
	env_random(env, nonce, sizeof nonce);
	buf_append(out, nonce, sizeof nonce);
	space = buf_space(out, padded->len + TAG_BYTES);
	if (space)
		crypto_aead_xchacha20poly1305_ietf_encrypt(
			space, NULL, padded->data, padded->len, out->data + from, ad_len, NULL, nonce, file_key);
	return 0;
}

int seal_envelope(const struct env *env, const struct seal_header *h, const struct seal_recipient *to, size_t to_count, const void *frame,
	size_t frame_len, const uint8_t sign_secret[static SEAL_SIGN_SECRET_BYTES], struct buf *out)
{
	struct buf padded;
	size_t from = out->len;
	uint8_t *file_key = NULL;
	int rc = envelope_usage_check(h, to, to_count);

	if (rc != 0)
		return rc;
	buf_init(&padded, SEAL_ENVELOPE_BYTES_MAX);
	buf_append(&padded, frame, frame_len);
	seal_pad(&padded, 0);
	rc = buf_error(&padded);
	if (rc != 0) {
		rc = err_context(rc, "envelope");
		goto done;
	}
	rc = file_key_new(&file_key);
	if (rc != 0)
		goto done;
	env_random(env, file_key, FILE_KEY_BYTES);
	rc = write_body(env, h, to, to_count, &padded, file_key, out);
	if (rc != 0) {
		seal_object_drop(out, from);
		goto done;
	}
	seal_object_sign(out, from, LABEL_ENVELOPE, sign_secret);
	rc = seal_object_built(out, from, SEAL_ENVELOPE_BYTES_MAX, "envelope");
done:
	sodium_free(file_key);
	buf_fini(&padded);
	return rc;
}

/* Matched by write_header(). */
static int envelope_parse_header(struct reader *r, struct envelope *e)
{
	int rc = seal_head_read(r, "MNE1", "envelope");
	uint8_t suite = reader_u8(r);

	if (rc != 0)
		return rc;
	if (!r->failed && suite != SUITE)
		return err_set(ERR_STALE, "envelope: suite %u needs a newer program", suite);
	reader_copy(r, e->header.org, sizeof e->header.org);
	reader_copy(r, e->header.device, sizeof e->header.device);
	e->header.incarnation = reader_u32(r);
	e->header.seq = reader_u64(r);
	reader_copy(r, e->header.previous, sizeof e->header.previous);
	e->header.epoch = reader_u32(r);
	if (e->header.incarnation == 0 || e->header.seq == 0 || e->header.epoch == 0)
		reader_fail(r);
	if (reader_u8(r) != 0)
		reader_fail(r); /* no flags in version 1 */
	e->recipient_count = reader_u8(r);
	if (e->recipient_count < 1 || e->recipient_count > SEAL_RECIPIENTS_MAX)
		reader_fail(r);
	return 0;
}

/* Matched by write_recipient(). */
static void envelope_parse_recipients(struct reader *r, struct envelope *e)
{
	uint8_t before = 0;

	for (size_t i = 0; !r->failed && i < e->recipient_count; i++) {
		e->recipients[i].kind = reader_u8(r);
		e->recipients[i].key_id = reader_bytes(r, SEAL_KEY_ID_BYTES);
		e->recipients[i].sealed_key = reader_bytes(r, SEALED_KEY_BYTES);
		if (e->recipients[i].kind <= before || e->recipients[i].kind > SEAL_TO_RECOVERY)
			reader_fail(r);
		before = e->recipients[i].kind;
	}
}

/* Size and structure of an envelope; no curve operation. */
static int envelope_parse(const void *data, size_t len, struct envelope *e)
{
	struct reader r;
	int rc;

	*e = (struct envelope){ .whole = data, .len = len };
	if (len > SEAL_ENVELOPE_BYTES_MAX)
		return err_set(ERR_LIMIT, "envelope: %zu bytes, more than %d", len, SEAL_ENVELOPE_BYTES_MAX);
	reader_init(&r, data, len);
	rc = envelope_parse_header(&r, e);
	if (rc != 0)
		return rc;
	envelope_parse_recipients(&r, e);
	e->commitment = reader_bytes(&r, SEAL_HASH_BYTES);
	e->ciphertext_len = reader_u32(&r);
	e->ad_len = len - r.left;
	if (e->ciphertext_len < SEAL_PADDED_BYTES_MIN + TAG_BYTES)
		reader_fail(&r);
	e->nonce = reader_bytes(&r, NONCE_BYTES);
	e->ciphertext = reader_bytes(&r, e->ciphertext_len);
	reader_bytes(&r, SEAL_SIGNATURE_BYTES);
	return reader_finish(&r, "envelope");
}

int seal_envelope_header(const void *envelope, size_t len, struct seal_header *out)
{
	struct envelope e;
	int rc = envelope_parse(envelope, len, &e);

	*out = rc == 0 ? e.header : (struct seal_header){ 0 };
	return rc;
}

int seal_envelope_verify(const void *envelope, size_t len, const uint8_t sign_public[static SEAL_SIGN_PUBLIC_BYTES])
{
	struct envelope e;
	int rc = envelope_parse(envelope, len, &e);

	if (rc != 0)
		return rc;
	return seal_object_check(envelope, len, LABEL_ENVELOPE, sign_public, 1);
}

/* Put the file key for recipient `kind` with this key pair into `file_key` and prove that it is the one committed to. */
static int envelope_file_key(const struct envelope *e, enum seal_recipient_kind kind, const uint8_t *box_public, const uint8_t *box_secret,
	uint8_t file_key[static FILE_KEY_BYTES])
{
	uint8_t id[SEAL_KEY_ID_BYTES];
	uint8_t commitment[SEAL_HASH_BYTES];
	size_t i = 0;

	while (i < e->recipient_count && e->recipients[i].kind != kind)
		i++;
	seal_key_id(box_public, id);
	if (i == e->recipient_count || memcmp(e->recipients[i].key_id, id, sizeof id) != 0)
		return err_set(ERR_NOT_FOUND, "envelope: not sealed to this key of recipient %d", (int)kind);
	if (crypto_box_seal_open(file_key, e->recipients[i].sealed_key, SEALED_KEY_BYTES, box_public, box_secret) != 0)
		return err_set(ERR_AUTH, "envelope: the sealed file key does not open");
	commit(commitment, e->whole, file_key);
	if (sodium_memcmp(commitment, e->commitment, sizeof commitment) != 0)
		return err_set(ERR_AUTH, "envelope: the file key is not the one committed to");
	return 0;
}

static int envelope_decrypt(const struct envelope *e, const uint8_t file_key[static FILE_KEY_BYTES], struct buf *out)
{
	struct buf padded;
	size_t from = out->len;
	size_t len = 0;
	uint8_t *space;
	int rc;

	buf_init(&padded, SEAL_ENVELOPE_BYTES_MAX);
	space = buf_space(&padded, e->ciphertext_len - TAG_BYTES);
	rc = buf_error(&padded);
	if (rc != 0)
		return rc;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    space, NULL, NULL, e->ciphertext, e->ciphertext_len, e->whole, e->ad_len, e->nonce, file_key) != 0)
		rc = err_set(ERR_AUTH, "envelope: the ciphertext was not made with its file key and header");
	if (rc == 0)
		rc = seal_unpad(padded.data, padded.len, &len);
	if (rc == 0) {
		buf_append(out, padded.data, len);
		rc = seal_object_built(out, from, SEAL_ENVELOPE_BYTES_MAX, "frame of an envelope");
	}
	buf_fini(&padded);
	return rc;
}

int seal_envelope_open(const void *envelope, size_t len, enum seal_recipient_kind kind,
	const uint8_t box_public[static SEAL_BOX_PUBLIC_BYTES], const uint8_t box_secret[static SEAL_BOX_SECRET_BYTES], struct buf *out)
{
	struct envelope e;
	uint8_t *file_key;
	int rc = envelope_parse(envelope, len, &e);

	if (rc != 0)
		return rc;
	rc = file_key_new(&file_key);
	if (rc != 0)
		return rc;
	rc = envelope_file_key(&e, kind, box_public, box_secret, file_key);
	if (rc == 0)
		rc = envelope_decrypt(&e, file_key, out);
	sodium_free(file_key);
	return rc;
}
