/*
 * device_lease: the code that opens a device again whose lease has ended (proto/lease.h), computed from keys that are here: nothing has
 * to be kept, and a centre restored from a backup knows it too.
 */
#ifndef SERVER_ADMIN_DEVICE_LEASE_H
#define SERVER_ADMIN_DEVICE_LEASE_H

#include "proto/lease.h"
#include "server/centre.h"

/*
 * The code of device row `device` in `epoch` (0: the newest of our receive keys, which goes to *epoch) as text, which the caller wipes; and
 * one audit row in the name of person `by`. Inside a transaction. ERR_NOT_FOUND: no such device or epoch; ERR_USAGE: it is revoked.
 */
int device_lease_code(struct centre *c, int64_t device, uint32_t *epoch, int64_t by,
	char text[static VAULT_RECOVERY_TEXT_BYTES]) MUST_CHECK;

#endif
