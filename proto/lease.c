/*
 * lease: see lease.h.
 */
#include "proto/lease.h"

#include <sodium.h>
#include <string.h>

#include "proto/base/vault/recovery.h"

#define LABEL_CODE "mandoob lease"
#define LABEL_SHARE "mandoob lease share"

_Static_assert(VAULT_RECOVERY_BYTES == LEASE_CODE_BYTES, "a code is told as a recovery key is");

int lease_code(const uint8_t box_secret[static SEAL_BOX_SECRET_BYTES], const uint8_t other_public[static SEAL_BOX_PUBLIC_BYTES],
	const uint8_t org[static SEAL_ORG_BYTES], const uint8_t device[static SEAL_DEVICE_BYTES], uint32_t epoch,
	uint8_t code[static LEASE_CODE_BYTES])
{
	uint8_t secret[crypto_scalarmult_BYTES];
	uint8_t hash[SEAL_HASH_BYTES];
	const uint8_t number[4] = { (uint8_t)(epoch >> 24), (uint8_t)(epoch >> 16), (uint8_t)(epoch >> 8), (uint8_t)epoch };
	const struct seal_part parts[] = {
		{ secret, sizeof secret },
		{ org, SEAL_ORG_BYTES },
		{ device, SEAL_DEVICE_BYTES },
		{ number, sizeof number },
	};

	sodium_memzero(code, LEASE_CODE_BYTES);
	if (crypto_scalarmult(secret, box_secret, other_public) != 0)
		return err_set(ERR_AUTH, "lease: a box key of small order");
	seal_hash(hash, sizeof hash, LABEL_CODE, parts, sizeof parts / sizeof parts[0]);
	memcpy(code, hash, LEASE_CODE_BYTES);
	sodium_memzero(secret, sizeof secret);
	sodium_memzero(hash, sizeof hash);
	return 0;
}

void lease_share(const uint8_t code[static LEASE_CODE_BYTES], uint8_t share[static VAULT_SHARE_BYTES])
{
	seal_hash(share, VAULT_SHARE_BYTES, LABEL_SHARE, &(struct seal_part){ code, LEASE_CODE_BYTES }, 1);
}

void lease_code_format(const uint8_t code[static LEASE_CODE_BYTES], char text[static VAULT_RECOVERY_TEXT_BYTES])
{
	vault_recovery_encode(code, text);
}

int lease_code_parse(const char *typed, uint8_t code[static LEASE_CODE_BYTES])
{
	return vault_recovery_decode(typed, strlen(typed), code) ? err_set(ERR_USAGE, "this is not the centre's code: it was mistyped") : 0;
}
