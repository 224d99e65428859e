/*
 * authority: see authority.h.
 */
#include "server/admin/authority.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/keyfile.h"

/* Devices in order of their id, as the manifest has them; revocation is for all incarnations. */
static int load_revoked(struct centre *c, struct manifest *m)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db,
		"SELECT device_id, (SELECT max(applied) FROM site WHERE site.device = device.device) FROM device "
		"WHERE revoked_ms IS NOT NULL ORDER BY device_id",
		&s);

	if (err)
		return err;
	while (!err && (got = db_step(s)) != 0) {
		struct manifest_revoked *more = got == 1 ? realloc(m->revoked, (m->revoked_count + 1) * sizeof *more) : NULL;

		if (!more) {
			err = got < 0 ? got : err_set(ERR_NOMEM, "no memory for revocations");
			break;
		}
		m->revoked = more;
		more[m->revoked_count] = (struct manifest_revoked){ .incarnation = 0, .last_seq = db_u64(s, 1) };
		err = db_blob_copy(s, 0, more[m->revoked_count++].device, SEAL_DEVICE_BYTES);
	}
	db_done(s);
	return err;
}

int authority_prepare(struct centre *c, struct buf *out)
{
	struct manifest next = c->manifest;
	int err;

	next.number++;
	next.not_before_ms = (uint64_t)env_wall_ms(c->env);
	next.revoked = NULL;
	next.revoked_count = 0;
	err = load_revoked(c, &next);
	if (!err)
		err = manifest_encode(&next, out);
	free(next.revoked);
	return err;
}

int authority_sign(const char *root_key, struct buf *unsigned_bytes)
{
	uint8_t org[KEYFILE_ORG_BYTES];
	uint8_t own[SEAL_ORG_BYTES];
	uint8_t public_key[SEAL_SIGN_PUBLIC_BYTES];
	uint8_t *seed = NULL;
	uint8_t *secret = NULL;
	int err = keyfile_read(root_key, KEYFILE_ROOT, org, &seed);

	if (err)
		return err;
	secret = sodium_malloc(SEAL_SIGN_SECRET_BYTES);
	if (!secret)
		err = err_set(ERR_NOMEM, "no memory for the root key");
	if (!err) {
		crypto_sign_seed_keypair(public_key, secret, seed);
		seal_org_id(public_key, own);
		if (memcmp(own, org, sizeof own) != 0)
			err = err_set(ERR_CORRUPT, "%s: the key is not that of the organisation it names", root_key);
	}
	if (!err)
		err = manifest_sign(unsigned_bytes, secret);
	sodium_free(secret);
	keyfile_free(seed);
	return err;
}

int authority_install(struct centre *c, const void *data, size_t len, int64_t by)
{
	struct manifest m;
	char subject[64];
	int err = manifest_decode(data, len, c->root_public, &m);

	if (err)
		return err;
	snprintf(subject, sizeof subject, "manifest %llu", (unsigned long long)m.number);
	manifest_fini(&m);
	err = centre_manifest_install(c, data, len);
	return err ? err : centre_audit(c, by, "manifest-install", subject);
}
