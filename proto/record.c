/*
 * record: see record.h. Ids are plain arithmetic; the digest is a sum, so that the order of writes does not matter and
 * nothing has to be read again to keep it up. Its collision resistance is that of finding a multiset of BLAKE2b-128
 * outputs with a given sum: it finds mistakes, it is not a signature.
 */
#include "proto/record.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define DERIVED_BIT (UINT64_C(1) << 63)
#define HASH_BYTES 16

static_assert(RECORD_DIGEST_BYTES == HASH_BYTES, "a digest has the width of one hash");

uint64_t record_id(uint32_t site, uint32_t counter)
{
	assert(site <= RECORD_SITE_MAX);
	return (uint64_t)site << 32 | counter;
}

uint32_t record_id_site(uint64_t id)
{
	return (uint32_t)(id >> 32) & RECORD_SITE_MAX;
}

uint32_t record_id_counter(uint64_t id)
{
	return (uint32_t)id;
}

bool record_id_is_derived(uint64_t id)
{
	return (id & DERIVED_BIT) != 0;
}

bool record_id_is_case(uint64_t id)
{
	return !record_id_is_derived(id) && record_id_counter(id) != 0;
}

static void hash_begin(crypto_generichash_state *h, const char *label)
{
	int rc = crypto_generichash_init(h, NULL, 0, HASH_BYTES);

	assert(rc == 0);
	crypto_generichash_update(h, (const uint8_t *)label, strlen(label) + 1);
}

static void hash_number(crypto_generichash_state *h, uint64_t v, size_t bytes)
{
	uint8_t big_endian[8];

	for (size_t i = 0; i < bytes; i++)
		big_endian[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
	crypto_generichash_update(h, big_endian, bytes);
}

static uint64_t load_u64(const uint8_t in[static 8])
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v << 8 | in[i];
	return v;
}

static void store_u64(uint8_t out[static 8], uint64_t v)
{
	for (size_t i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (56 - 8 * i));
}

uint64_t record_id_derive(uint64_t parent, const char *repeat, uint32_t ordinal)
{
	crypto_generichash_state h;
	uint8_t out[HASH_BYTES];
	size_t len = strlen(repeat);

	assert(ordinal != 0);
	hash_begin(&h, "mandoob:row");
	hash_number(&h, parent, 8);
	hash_number(&h, len, 2);
	crypto_generichash_update(&h, (const uint8_t *)repeat, len);
	hash_number(&h, ordinal, 4);
	crypto_generichash_final(&h, out, sizeof(out));
	return load_u64(out) | DERIVED_BIT;
}

const char *record_id_format(uint64_t id, char out[static RECORD_ID_TEXT_BYTES])
{
	if (record_id_is_derived(id))
		snprintf(out, RECORD_ID_TEXT_BYTES, "x%016" PRIx64, id);
	else
		snprintf(out, RECORD_ID_TEXT_BYTES, "%" PRIu32 "-%" PRIu32, record_id_site(id), record_id_counter(id));
	return out;
}

/* Read digits up to `max` from *at, without a leading zero; false when there is no such number. */
static bool parse_number(const char **at, uint64_t max, uint64_t *out)
{
	const char *p = *at;
	uint64_t v = 0;

	if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > max)
			return false;
	}
	*at = p;
	*out = v;
	return true;
}

static bool parse_derived(const char *text, uint64_t *id)
{
	uint64_t v = 0;

	if (strlen(text) != 17)
		return false;
	for (size_t i = 1; i < 17; i++) {
		if (text[i] >= '0' && text[i] <= '9')
			v = v << 4 | (uint64_t)(text[i] - '0');
		else if (text[i] >= 'a' && text[i] <= 'f')
			v = v << 4 | (uint64_t)(text[i] - 'a' + 10);
		else
			return false;
	}
	*id = v;
	return record_id_is_derived(v);
}

int record_id_parse(const char *text, uint64_t *id)
{
	const char *at = text;
	uint64_t site = 0;
	uint64_t counter = 0;
	bool is_good;

	*id = 0;
	if (text[0] == 'x') {
		is_good = parse_derived(text, id);
	} else {
		is_good =
			parse_number(&at, RECORD_SITE_MAX, &site) && *at++ == '-' && parse_number(&at, UINT32_MAX, &counter) && *at == '\0';
		if (is_good)
			*id = record_id((uint32_t)site, (uint32_t)counter);
	}
	if (is_good)
		return 0;
	*id = 0;
	return err_set(ERR_USAGE, "id: expected site-counter, such as 7-12");
}

void record_digest_change(struct record_digest *d, int sign, uint64_t case_id, uint64_t entry_id, const char *field, const char *value,
	size_t value_len, uint64_t at)
{
	crypto_generichash_state h;
	uint8_t out[HASH_BYTES];
	size_t field_len = strlen(field);

	assert(sign == 1 || sign == -1);
	hash_begin(&h, "mandoob:register");
	hash_number(&h, case_id, 8);
	hash_number(&h, entry_id, 8);
	hash_number(&h, field_len, 2);
	crypto_generichash_update(&h, (const uint8_t *)field, field_len);
	hash_number(&h, value_len, 4);
	crypto_generichash_update(&h, (const uint8_t *)value, value_len);
	hash_number(&h, at, 8);
	crypto_generichash_final(&h, out, sizeof(out));
	for (size_t i = 0; i < 2; i++)
		d->lane[i] += sign > 0 ? load_u64(out + 8 * i) : -load_u64(out + 8 * i);
}

void record_digest_encode(const struct record_digest *d, uint8_t out[static RECORD_DIGEST_BYTES])
{
	store_u64(out, d->lane[0]);
	store_u64(out + 8, d->lane[1]);
}

void record_digest_decode(struct record_digest *d, const uint8_t in[static RECORD_DIGEST_BYTES])
{
	d->lane[0] = load_u64(in);
	d->lane[1] = load_u64(in + 8);
}

bool record_digest_equal(const struct record_digest *a, const struct record_digest *b)
{
	return a->lane[0] == b->lane[0] && a->lane[1] == b->lane[1];
}
