/*
 * opened: one envelope, from foreign bytes to a checked change set. The order of FORMAT.md section 1 stands in one function:
 * size and structure, signature, opening, inflating under a ceiling, decoding, checking against the forms.
 *
 * No database and no state: thread-safe as long as keys, forms and dictionaries are.
 */
#ifndef SERVER_OPENED_H
#define SERVER_OPENED_H

#include "proto/changeset.h"
#include "proto/pack.h"
#include "proto/seal.h"
#include "server/centre.h"

struct opened {
	struct seal_header header;
	uint8_t hash[SEAL_HASH_BYTES]; /* chain_next(previous named by the envelope, envelope) */
	struct changeset set;          /* owned */
};

/*
 * Open an envelope of the device whose id and signing key are given. `*out` is zero on failure; free with opened_fini().
 * ERR_AUTH: not signed by this device or not sealed properly; ERR_CORRUPT, ERR_LIMIT: does not decode; ERR_STALE: needs a key epoch, form,
 * dictionary or program that the centre does not have (message says which).
 */
int opened_envelope(const struct centre *c, const uint8_t device[static SEAL_DEVICE_BYTES],
	const uint8_t sign_public[static SEAL_SIGN_PUBLIC_BYTES], const void *envelope, size_t len, struct opened *out) MUST_CHECK;
void opened_fini(struct opened *o);

#endif
