/*
 * manifest: see manifest.h and FORMAT.md section 11.
 *
 * Signing happens on a machine that never meets the network, so encoding and signing are two steps and the second checks the
 * bytes it is handed as strictly as a device would.
 */
#include "proto/manifest.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define LABEL "mandoob:manifest"
#define WHAT "manifest"
#define REVOKED_BYTES 28 /* device, incarnation, seq */

/* <0, 0, >0 by device, then incarnation. */
static int revoked_compare(const struct manifest_revoked *a, const struct manifest_revoked *b)
{
	int order = memcmp(a->device, b->device, sizeof a->device);

	if (order != 0)
		return order;
	return (a->incarnation > b->incarnation) - (a->incarnation < b->incarnation);
}

/* What must hold in every manifest beyond its layout; NULL, or what is wrong. For writer and reader alike. */
static const char *manifest_fault(const struct manifest *m)
{
	if (m->number == 0)
		return "numbers count from 1";
	if (m->sign_key_count < 1 || m->sign_key_count > MANIFEST_KEYS_MAX)
		return "it needs 1 to 8 signing keys";
	if (m->receive_key_count < 1 || m->receive_key_count > MANIFEST_KEYS_MAX)
		return "it needs 1 to 8 receive keys";
	if (m->revoked_count > MANIFEST_REVOKED_MAX)
		return "too many revocations";
	for (size_t i = 0; i < m->sign_key_count; i++)
		if (!seal_sign_public_is_sound(m->sign_keys[i]))
			return "a signing key is no sound point";
	for (size_t i = 0; i < m->receive_key_count; i++) {
		if (!seal_box_public_is_sound(m->receive_keys[i].box_public))
			return "a receive key is no sound point";
		if (m->receive_keys[i].epoch <= (i > 0 ? m->receive_keys[i - 1].epoch : 0))
			return "epochs do not ascend from 1";
	}
	if (!seal_box_public_is_sound(m->recovery_public))
		return "the recovery key is no sound point";
	for (size_t i = 1; i < m->revoked_count; i++)
		if (revoked_compare(&m->revoked[i - 1], &m->revoked[i]) >= 0)
			return "revocations do not ascend";
	return NULL;
}

/* Matched by manifest_read(). */
int manifest_encode(const struct manifest *m, struct buf *out)
{
	size_t from = out->len;
	const char *fault = manifest_fault(m);

	if (fault)
		return err_set(ERR_USAGE, WHAT ": %s", fault);
	seal_head_write(out, "MNM1");
	buf_append(out, m->org, sizeof m->org);
	write_u64(out, m->number);
	write_u64(out, m->not_before_ms);
	write_u32(out, m->version_min);
	write_varint(out, m->sign_key_count);
	for (size_t i = 0; i < m->sign_key_count; i++)
		buf_append(out, m->sign_keys[i], SEAL_SIGN_PUBLIC_BYTES);
	write_varint(out, m->receive_key_count);
	for (size_t i = 0; i < m->receive_key_count; i++) {
		write_u32(out, m->receive_keys[i].epoch);
		buf_append(out, m->receive_keys[i].box_public, SEAL_BOX_PUBLIC_BYTES);
	}
	buf_append(out, m->recovery_public, sizeof m->recovery_public);
	write_varint(out, m->revoked_count);
	for (size_t i = 0; i < m->revoked_count; i++) {
		buf_append(out, m->revoked[i].device, SEAL_DEVICE_BYTES);
		write_u32(out, m->revoked[i].incarnation);
		write_u64(out, m->revoked[i].last_seq);
	}
	return seal_object_built(out, from, MANIFEST_BYTES_MAX - SEAL_SIGNATURE_BYTES, WHAT);
}

static int read_revoked(struct reader *in, struct manifest *m)
{
	m->revoked_count = reader_varint(in, MANIFEST_REVOKED_MAX);
	if (m->revoked_count > in->left / REVOKED_BYTES)
		reader_fail(in);
	if (in->failed || m->revoked_count == 0)
		return 0;
	m->revoked = calloc(m->revoked_count, sizeof *m->revoked);
	if (!m->revoked)
		return err_set(ERR_NOMEM, WHAT ": no memory for %zu revocations", m->revoked_count);
	for (size_t i = 0; i < m->revoked_count; i++) {
		reader_copy(in, m->revoked[i].device, SEAL_DEVICE_BYTES);
		m->revoked[i].incarnation = reader_u32(in);
		m->revoked[i].last_seq = reader_u64(in);
	}
	return 0;
}

/* The bytes before the signature. Fills `m`, whose revocations are owned even on failure. Matches manifest_encode(). */
static int manifest_read(const void *data, size_t len, struct manifest *m)
{
	struct reader in;
	const char *fault;
	int rc;

	reader_init(&in, data, len);
	rc = seal_head_read(&in, "MNM1", WHAT);
	if (rc != 0)
		return rc;
	reader_copy(&in, m->org, sizeof m->org);
	m->number = reader_u64(&in);
	m->not_before_ms = reader_u64(&in);
	m->version_min = reader_u32(&in);
	m->sign_key_count = reader_varint(&in, MANIFEST_KEYS_MAX);
	for (size_t i = 0; i < m->sign_key_count; i++)
		reader_copy(&in, m->sign_keys[i], SEAL_SIGN_PUBLIC_BYTES);
	m->receive_key_count = reader_varint(&in, MANIFEST_KEYS_MAX);
	for (size_t i = 0; i < m->receive_key_count; i++) {
		m->receive_keys[i].epoch = reader_u32(&in);
		reader_copy(&in, m->receive_keys[i].box_public, SEAL_BOX_PUBLIC_BYTES);
	}
	reader_copy(&in, m->recovery_public, sizeof m->recovery_public);
	rc = read_revoked(&in, m);
	if (rc == 0)
		rc = reader_finish(&in, WHAT);
	if (rc != 0)
		return rc;
	fault = manifest_fault(m);
	return fault ? err_set(ERR_CORRUPT, WHAT ": %s", fault) : 0;
}

int manifest_sign(struct buf *unsigned_bytes, const uint8_t root_secret[static SEAL_SIGN_SECRET_BYTES])
{
	struct manifest m = { 0 };
	uint8_t root_public[SEAL_SIGN_PUBLIC_BYTES];
	uint8_t org[SEAL_ORG_BYTES];
	size_t len = unsigned_bytes->len;
	int rc;

	if (len > MANIFEST_BYTES_MAX - SEAL_SIGNATURE_BYTES)
		return err_set(ERR_LIMIT, WHAT ": %zu bytes, more than %d with the signature", len, MANIFEST_BYTES_MAX);
	rc = manifest_read(unsigned_bytes->data, len, &m);
	crypto_sign_ed25519_sk_to_pk(root_public, root_secret);
	seal_org_id(root_public, org);
	if (rc == 0 && memcmp(org, m.org, sizeof org) != 0)
		rc = err_set(ERR_USAGE, WHAT ": it is for another organisation than this root key's");
	manifest_fini(&m);
	if (rc != 0)
		return rc;
	seal_object_sign(unsigned_bytes, 0, LABEL, root_secret);
	return seal_object_built(unsigned_bytes, len, SEAL_SIGNATURE_BYTES, WHAT);
}

int manifest_decode(const void *data, size_t len, const uint8_t root_public[static SEAL_SIGN_PUBLIC_BYTES], struct manifest *out)
{
	struct manifest m = { 0 };
	uint8_t org[SEAL_ORG_BYTES];
	int rc;

	*out = m;
	if (len > MANIFEST_BYTES_MAX)
		return err_set(ERR_LIMIT, WHAT ": %zu bytes, more than %d", len, MANIFEST_BYTES_MAX);
	rc = seal_object_check(data, len, LABEL, root_public, 1);
	if (rc != 0)
		return rc;
	seal_org_id(root_public, org);
	rc = manifest_read(data, len - SEAL_SIGNATURE_BYTES, &m);
	if (rc == 0 && memcmp(org, m.org, sizeof org) != 0)
		rc = err_set(ERR_CORRUPT, WHAT ": it names another organisation than its root key's");
	if (rc != 0) {
		manifest_fini(&m);
		return rc;
	}
	*out = m;
	return 0;
}

void manifest_fini(struct manifest *m)
{
	free(m->revoked);
	*m = (struct manifest){ 0 };
}
