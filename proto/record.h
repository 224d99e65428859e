/*
 * record: ids of cases and entries, and the digest of a set of registers (FORMAT.md section 2).
 *
 * An id is 64 bits: the number of the site that made it (given at enrolment, one per incarnation of a device; the centre
 * is site 0) in the upper 32 bits (top bit clear), a counter of that site in the lower 32. The id of a root entry is the
 * id of its case. An entry made by a computed repeat count has the top bit set and a hash below it, so that two devices
 * mean the same row. For people an id is written "7-12" (site, counter), a derived one "x" and 16 hex digits.
 */
#ifndef PROTO_RECORD_H
#define PROTO_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

#define RECORD_SITE_CENTRE 0u
#define RECORD_SITE_MAX 0x7fffffffu
#define RECORD_ID_TEXT_BYTES 24 /* with the NUL */

uint64_t record_id(uint32_t site, uint32_t counter);
uint32_t record_id_site(uint64_t id);
uint32_t record_id_counter(uint64_t id);
bool record_id_is_derived(uint64_t id);
/* Usable as the id of a case: not derived, counter not 0. */
bool record_id_is_case(uint64_t id);
/* The id of row `ordinal` (from 1) of computed repeat `repeat` under entry `parent`. */
uint64_t record_id_derive(uint64_t parent, const char *repeat, uint32_t ordinal);

const char *record_id_format(uint64_t id, char out[static RECORD_ID_TEXT_BYTES]);
/* ERR_USAGE when `text` is not an id as written by record_id_format(). */
int record_id_parse(const char *text, uint64_t *id) MUST_CHECK;

/*
 * The digest of a set of registers: the sum, lane by lane modulo 2^64, of BLAKE2b-128 over each register. Adding and
 * removing commute, so both sides keep it up incrementally.
 */
struct record_digest {
	uint64_t lane[2];
};
#define RECORD_DIGEST_BYTES 16

/* Add (sign +1) or take away (sign -1) one register. */
void record_digest_change(struct record_digest *d, int sign, uint64_t case_id, uint64_t entry_id, const char *field,
			  const char *value, size_t value_len, uint64_t at);
void record_digest_encode(const struct record_digest *d, uint8_t out[static RECORD_DIGEST_BYTES]);
void record_digest_decode(struct record_digest *d, const uint8_t in[static RECORD_DIGEST_BYTES]);
bool record_digest_equal(const struct record_digest *a, const struct record_digest *b);

#endif
