/*
 * digest: the hashes of the expression function digest(): MD5, SHA-1, SHA-256, SHA-384, SHA-512. They name things (a stable
 * pseudonym, a seed); MD5 and SHA-1 are broken and nothing of ours relies on them. Inside proto/form/xpath only.
 */
#ifndef PROTO_FORM_XPATH_DIGEST_H
#define PROTO_FORM_XPATH_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

#define DIGEST_BYTES_MAX 64

/*
 * The hash of `data` by the algorithm with the name that ODK gives it ("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"; any case of
 * letters) into `out`, its length into `*out_len`. ERR_USAGE: no such algorithm.
 */
int digest_make(const char *algorithm, const void *data, size_t len, uint8_t out[static DIGEST_BYTES_MAX], size_t *out_len) MUST_CHECK;

#endif
