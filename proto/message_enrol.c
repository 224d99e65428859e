/*
 * message_enrol: see message_enrol.h and FORMAT.md section 13.
 *
 * K1 proves the code to the centre and K2 proves it to the device: 80 random bits, so that a listener who tries codes against
 * the recorded bytes finds none. The two are separate, so that neither side's message can be turned around.
 */
#include "proto/message_enrol.h"

#include <sodium.h>
#include <string.h>

#include "proto/form/form.h"
#include "proto/manifest.h"
#include "proto/pack.h"
#include "proto/record.h"

#define LABEL "mandoob:enrol"
#define MAC_BYTES 32
#define FORM_FRAME_BYTES_MAX (FORM_TEXT_BYTES_MAX + 64) /* the largest form text, stored, and the head of its frame */

void message_enrol_keys(const uint8_t code[static MESSAGE_CODE_BYTES], uint8_t k1[static 32], uint8_t k2[static 32])
{
	const struct seal_part part = { code, MESSAGE_CODE_BYTES };

	seal_hash(k1, 32, "mandoob:enrol-request", &part, 1);
	seal_hash(k2, 32, "mandoob:enrol-answer", &part, 1);
}

/* Append the code over what stands in `b` from `from` on. Matched by mac_check(). */
static void mac_append(struct buf *b, size_t from, const uint8_t key[static 32])
{
	uint8_t mac[MAC_BYTES];

	if (b->error)
		return;
	crypto_generichash(mac, sizeof mac, b->data + from, b->len - from, key, 32);
	buf_append(b, mac, sizeof mac);
}

/* 0 when the last bytes of `data` are the code over the rest. */
static int mac_check(const void *data, size_t len, const uint8_t key[static 32], const char *what)
{
	uint8_t mac[MAC_BYTES];
	struct reader in;
	const uint8_t *body;
	const uint8_t *claimed;

	if (len <= MAC_BYTES)
		return err_set(ERR_CORRUPT, "%s: %zu bytes are too few", what, len);
	reader_init(&in, data, len);
	body = reader_bytes(&in, len - MAC_BYTES);
	claimed = reader_bytes(&in, MAC_BYTES);
	crypto_generichash(mac, sizeof mac, body, len - MAC_BYTES, key, 32);
	if (sodium_memcmp(mac, claimed, sizeof mac) != 0)
		return err_set(ERR_AUTH, "%s: made with another code", what);
	return 0;
}

/* ---- Request ---- */

/* Matched by message_enrol_decode(). */
int message_enrol_encode(const struct message_enrol *e, const uint8_t k1[static 32],
	const uint8_t sign_secret[static SEAL_SIGN_SECRET_BYTES], struct buf *out)
{
	uint8_t own[SEAL_SIGN_PUBLIC_BYTES];
	size_t from = out->len;
	int rc = message_blob_check_text(e->name, MESSAGE_NAME_BYTES_MAX, "enrolment: name of the device");

	if (rc != 0)
		return rc;
	crypto_sign_ed25519_sk_to_pk(own, sign_secret);
	if (memcmp(own, e->sign_public, sizeof own) != 0 || !seal_box_public_is_sound(e->box_public))
		return err_set(ERR_USAGE, "enrolment: the keys are not this device's");
	seal_head_write(out, "MNR1");
	buf_append(out, e->sign_public, sizeof e->sign_public);
	buf_append(out, e->box_public, sizeof e->box_public);
	buf_append(out, e->nonce, sizeof e->nonce);
	message_blob_write_text(out, e->name);
	seal_object_sign(out, from, LABEL, sign_secret);
	mac_append(out, from, k1);
	return seal_object_built(out, from, MESSAGE_ENROL_BYTES_MAX, "enrolment");
}

int message_enrol_verify(const void *data, size_t len, const uint8_t k1[static 32])
{
	if (len > MESSAGE_ENROL_BYTES_MAX)
		return err_set(ERR_LIMIT, "enrolment: %zu bytes, more than %d", len, MESSAGE_ENROL_BYTES_MAX);
	return mac_check(data, len, k1, "enrolment");
}

/* Matches message_enrol_encode(). */
int message_enrol_decode(const void *data, size_t len, struct message_enrol *out)
{
	struct message_enrol e = { 0 };
	struct reader in;
	int rc;

	*out = e;
	if (len > MESSAGE_ENROL_BYTES_MAX)
		return err_set(ERR_LIMIT, "enrolment: %zu bytes, more than %d", len, MESSAGE_ENROL_BYTES_MAX);
	reader_init(&in, data, len);
	rc = seal_head_read(&in, "MNR1", "enrolment");
	if (rc != 0)
		return rc;
	reader_copy(&in, e.sign_public, sizeof e.sign_public);
	reader_copy(&in, e.box_public, sizeof e.box_public);
	reader_copy(&in, e.nonce, sizeof e.nonce);
	message_blob_read_text(&in, e.name, MESSAGE_NAME_BYTES_MAX);
	reader_bytes(&in, SEAL_SIGNATURE_BYTES);
	reader_bytes(&in, MAC_BYTES);
	rc = reader_finish(&in, "enrolment");
	if (rc != 0)
		return rc;
	if (!seal_sign_public_is_sound(e.sign_public) || !seal_box_public_is_sound(e.box_public))
		return err_set(ERR_CORRUPT, "enrolment: a public key is no sound point");
	rc = seal_object_check(data, len - MAC_BYTES, LABEL, e.sign_public, 1);
	if (rc == 0)
		*out = e;
	return rc;
}

/* ---- Answer ---- */

static int enrolled_check(const struct message_enrolled *e)
{
	int rc = message_blob_check_text(e->branch, MESSAGE_NAME_BYTES_MAX, "enrolment answer: branch");

	if (rc != 0)
		return rc;
	if (e->incarnation == 0 || e->site == 0 || e->site > RECORD_SITE_MAX)
		return err_set(ERR_USAGE, "enrolment answer: incarnation or site out of range");
	if (!seal_sign_public_is_sound(e->root_public))
		return err_set(ERR_USAGE, "enrolment answer: the root key is no sound point");
	rc = message_blob_check(&e->manifest, 1, MANIFEST_BYTES_MAX, "enrolment answer: manifest");
	if (rc == 0)
		rc = message_blob_check(&e->form, 1, FORM_FRAME_BYTES_MAX, "enrolment answer: form");
	if (rc == 0)
		rc = message_blob_check(&e->dictionary, 0, PACK_DICTIONARY_BYTES_MAX, "enrolment answer: dictionary");
	return rc;
}

/* Matched by enrolled_read(). */
int message_enrolled_encode(const struct message_enrolled *e, const uint8_t k2[static 32], struct buf *out)
{
	size_t from = out->len;
	int rc = enrolled_check(e);

	if (rc != 0)
		return rc;
	seal_head_write(out, "MNW1");
	buf_append(out, e->nonce, sizeof e->nonce);
	buf_append(out, e->device, sizeof e->device);
	write_u32(out, e->incarnation);
	write_u32(out, e->site);
	write_u32(out, e->person);
	message_blob_write_text(out, e->branch);
	write_u64(out, e->time_ms);
	buf_append(out, e->root_public, sizeof e->root_public);
	message_blob_write(out, &e->manifest);
	message_blob_write(out, &e->form);
	message_blob_write(out, &e->dictionary);
	mac_append(out, from, k2);
	return seal_object_built(out, from, MESSAGE_ENROLLED_BYTES_MAX, "enrolment answer");
}

/* The bytes before the code, which are believed. Matches message_enrolled_encode(). */
static int enrolled_read(struct reader *in, struct message_enrolled *e)
{
	int rc = seal_head_read(in, "MNW1", "enrolment answer");

	if (rc != 0)
		return rc;
	reader_copy(in, e->nonce, sizeof e->nonce);
	reader_copy(in, e->device, sizeof e->device);
	e->incarnation = reader_u32(in);
	e->site = reader_u32(in);
	e->person = reader_u32(in);
	message_blob_read_text(in, e->branch, MESSAGE_NAME_BYTES_MAX);
	e->time_ms = reader_u64(in);
	reader_copy(in, e->root_public, sizeof e->root_public);
	e->manifest = message_blob_read(in, 1, MANIFEST_BYTES_MAX);
	e->form = message_blob_read(in, 1, FORM_FRAME_BYTES_MAX);
	e->dictionary = message_blob_read(in, 0, PACK_DICTIONARY_BYTES_MAX);
	rc = reader_finish(in, "enrolment answer");
	if (rc != 0)
		return rc;
	if (e->incarnation == 0 || e->site == 0 || e->site > RECORD_SITE_MAX || !seal_sign_public_is_sound(e->root_public))
		return err_set(ERR_CORRUPT, "enrolment answer: incarnation, site or root key out of range");
	return 0;
}

int message_enrolled_decode(const void *data, size_t len, const uint8_t k2[static 32], struct message_enrolled *out)
{
	struct message_enrolled e = { 0 };
	struct reader in;
	int rc;

	*out = e;
	if (len > MESSAGE_ENROLLED_BYTES_MAX)
		return err_set(ERR_LIMIT, "enrolment answer: %zu bytes, more than %d", len, MESSAGE_ENROLLED_BYTES_MAX);
	rc = mac_check(data, len, k2, "enrolment answer");
	if (rc != 0)
		return rc;
	reader_init(&in, data, len - MAC_BYTES);
	rc = enrolled_read(&in, &e);
	if (rc == 0)
		*out = e;
	return rc;
}
