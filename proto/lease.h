/*
 * lease: the code with which a device whose lease has ended opens again, computed alike by the device and the centre.
 *
 * The vault's passphrase slots may open only together with a share that lies in the prefix for as long as the lease lasts (vault.h). The
 * share comes from a code of 160 bits that no message carries: the Diffie-Hellman secret of the device's box key and the centre's receive
 * key of an epoch, hashed under the label "mandoob lease" with organisation, device and epoch. The device computes it at each renewal,
 * when its store is open; the centre at any time, from the device's public key, and tells it to a person as text that is typed in.
 *
 * One device has one code for each epoch, so a code that was told opens an ended lease again until the centre has a newer receive key.
 */
#ifndef PROTO_LEASE_H
#define PROTO_LEASE_H

#include "proto/base/vault/vault.h"
#include "proto/seal.h"

#define LEASE_CODE_BYTES 20

/*
 * The code, from one side's secret and the other side's public box key. ERR_AUTH when the public key is of small order. `code` is then
 * zeros.
 */
int lease_code(const uint8_t box_secret[static SEAL_BOX_SECRET_BYTES], const uint8_t other_public[static SEAL_BOX_PUBLIC_BYTES],
	const uint8_t org[static SEAL_ORG_BYTES], const uint8_t device[static SEAL_DEVICE_BYTES], uint32_t epoch,
	uint8_t code[static LEASE_CODE_BYTES]) MUST_CHECK;

/* The share for vault_lease_set() and vault_lease_return() that belongs to a code. */
void lease_share(const uint8_t code[static LEASE_CODE_BYTES], uint8_t share[static VAULT_SHARE_BYTES]);

/*
 * The code as text, VAULT_RECOVERY_TEXT_BYTES with its NUL, and read as a person types it. ERR_USAGE: mistyped. Wipe both afterwards.
 */
void lease_code_format(const uint8_t code[static LEASE_CODE_BYTES], char text[static VAULT_RECOVERY_TEXT_BYTES]);
int lease_code_parse(const char *typed, uint8_t code[static LEASE_CODE_BYTES]) MUST_CHECK;

#endif
