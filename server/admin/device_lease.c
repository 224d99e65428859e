/*
 * device_lease: see device_lease.h.
 */
#include "server/admin/device_lease.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

struct keys_of_device {
	uint8_t id[SEAL_DEVICE_BYTES];
	uint8_t box_public[SEAL_BOX_PUBLIC_BYTES];
};

/* A device that was lost is the reason for leases: one that is revoked gets no code. */
static int load_device(struct centre *c, int64_t device, struct keys_of_device *out)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT device_id, box_public, revoked_ms IS NOT NULL FROM device WHERE device = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, device);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_NOT_FOUND, "there is no device %lld", (long long)device) : err;
	err = db_blob_copy(s, 0, out->id, sizeof out->id);
	if (!err)
		err = db_blob_copy(s, 1, out->box_public, sizeof out->box_public);
	if (!err && db_int(s, 2))
		err = err_set(ERR_USAGE, "device %lld is revoked: there is no code for it", (long long)device);
	db_done(s);
	return err;
}

int device_lease_code(struct centre *c, int64_t device, uint32_t *epoch, int64_t by, char text[static VAULT_RECOVERY_TEXT_BYTES])
{
	uint8_t code[LEASE_CODE_BYTES];
	const struct seal_keys *ours;
	struct keys_of_device d;
	char subject[64];
	int err = load_device(c, device, &d);

	text[0] = '\0';
	if (err)
		return err;
	*epoch = *epoch ? *epoch : c->epoch;
	ours = centre_receive_key(c, *epoch);
	if (!ours)
		return err_set(ERR_NOT_FOUND, "the centre has no receive key of epoch %u", *epoch);
	err = lease_code(ours->box_secret, d.box_public, c->org, d.id, *epoch, code);
	snprintf(subject, sizeof subject, "device %lld epoch %u", (long long)device, *epoch);
	if (!err)
		err = centre_audit(c, by, "device-lease", subject);
	if (!err)
		lease_code_format(code, text);
	sodium_memzero(code, sizeof code);
	return err;
}
