/*
 * pages: see pages.h. The sum is over integers modulo 2^256 and not by exclusive or: a page counted twice must not vanish.
 */
#include "proto/base/vault/pages.h"

#include <sodium.h>
#include <string.h>

#include "proto/base/buf.h"
#include "proto/base/bytes.h"
#include "proto/base/vault/lower.h"

#define MAGIC "MNDBPGS\n"
#define MAGIC_BYTES 8
#define MAC_BYTES 32
#define MAC_OFFSET (VAULT_RECORD_BYTES - MAC_BYTES)
#define LIMBS (VAULT_SUM_BYTES / 8)

static void record_mac(const struct vault_file_keys *keys, const uint8_t block[static VAULT_RECORD_BYTES], uint8_t mac[static MAC_BYTES])
{
	crypto_generichash(mac, MAC_BYTES, block, MAC_OFFSET, keys->record, sizeof keys->record);
}

static void put(uint8_t **at, uint64_t v, size_t len)
{
	for (size_t i = 0; i < len; i++)
		(*at)[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
	*at += len;
}

void vault_pages_encode(const struct vault_pages *p, const struct vault_file_keys *keys, uint8_t out[static VAULT_RECORD_BYTES])
{
	uint8_t *at = out + MAGIC_BYTES;

	memset(out, 0, VAULT_RECORD_BYTES);
	memcpy(out, MAGIC, MAGIC_BYTES);
	put(&at, p->state, 4);
	put(&at, 0, 4);
	put(&at, p->counter, 8);
	put(&at, p->page_count, 8);
	memcpy(at, p->sum, sizeof p->sum);
	at += sizeof p->sum;
	put(&at, p->auto_vacuum, 4);
	put(&at, p->incremental_vacuum, 4);
	record_mac(keys, out, out + MAC_OFFSET);
}

static void decode(const uint8_t block[static VAULT_RECORD_BYTES], struct vault_pages *out)
{
	struct reader r;
	uint32_t state;

	reader_init(&r, block, MAC_OFFSET);
	reader_bytes(&r, MAGIC_BYTES);
	state = reader_u32(&r);
	reader_u32(&r);
	out->counter = reader_u64(&r);
	out->page_count = reader_u64(&r);
	reader_copy(&r, out->sum, sizeof out->sum);
	out->auto_vacuum = reader_u32(&r);
	out->incremental_vacuum = reader_u32(&r);
	out->state = state == VAULT_PAGES_SETTLED ? VAULT_PAGES_SETTLED : VAULT_PAGES_CHANGING;
}

int vault_pages_load(sqlite3_file *lower, const struct vault_file_keys *keys, struct vault_pages *out)
{
	uint8_t block[VAULT_RECORD_BYTES];
	uint8_t mac[MAC_BYTES];
	int rc = vault_lower_read(lower, block, sizeof block, VAULT_RECORD_OFFSET);

	*out = (struct vault_pages){ .state = VAULT_PAGES_NONE };
	if (rc != SQLITE_OK)
		return rc == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : rc;
	record_mac(keys, block, mac);
	if (sodium_memcmp(mac, block + MAC_OFFSET, MAC_BYTES) == 0 && memcmp(block, MAGIC, MAGIC_BYTES) == 0)
		decode(block, out);
	return SQLITE_OK;
}

int vault_pages_save(sqlite3_file *lower, const struct vault_file_keys *keys, struct vault_pages *p)
{
	uint8_t block[VAULT_RECORD_BYTES];

	p->counter++;
	vault_pages_encode(p, keys, block);
	return lower->pMethods->xWrite(lower, block, sizeof block, VAULT_RECORD_OFFSET);
}

/* The keyed hash of one page as limbs, least significant first. */
static void page_hash(const struct vault_file_keys *keys, uint32_t number, const uint8_t *mark, uint64_t out[static LIMBS])
{
	uint8_t in[4 + VAULT_EXTRA_BYTES_MAX];
	uint8_t hash[VAULT_SUM_BYTES];
	uint8_t *at = in;

	put(&at, number, 4);
	memcpy(at, mark, keys->shape.suite->extra_bytes);
	crypto_generichash(hash, sizeof hash, in, 4 + keys->shape.suite->extra_bytes, keys->record, sizeof keys->record);
	for (size_t i = 0; i < LIMBS; i++) {
		out[i] = 0;
		for (size_t k = 8; k-- > 0;)
			out[i] = out[i] << 8 | hash[8 * i + k];
	}
}

static void sum_load(const uint8_t sum[static VAULT_SUM_BYTES], uint64_t out[static LIMBS])
{
	for (size_t i = 0; i < LIMBS; i++) {
		out[i] = 0;
		for (size_t k = 8; k-- > 0;)
			out[i] = out[i] << 8 | sum[8 * i + k];
	}
}

static void sum_store(const uint64_t limbs[static LIMBS], uint8_t out[static VAULT_SUM_BYTES])
{
	for (size_t i = 0; i < VAULT_SUM_BYTES; i++)
		out[i] = (uint8_t)(limbs[i / 8] >> (8 * (i % 8)));
}

void vault_pages_add(struct vault_pages *p, const struct vault_file_keys *keys, uint32_t number, const uint8_t *mark)
{
	uint64_t hash[LIMBS], sum[LIMBS], carry = 0;

	page_hash(keys, number, mark, hash);
	sum_load(p->sum, sum);
	for (size_t i = 0; i < LIMBS; i++) {
		uint64_t with = sum[i] + carry;
		uint64_t total = with + hash[i];

		carry = (uint64_t)(with < carry) + (uint64_t)(total < with);
		sum[i] = total;
	}
	sum_store(sum, p->sum);
}

void vault_pages_drop(struct vault_pages *p, const struct vault_file_keys *keys, uint32_t number, const uint8_t *mark)
{
	uint64_t hash[LIMBS], sum[LIMBS], borrow = 0;

	page_hash(keys, number, mark, hash);
	sum_load(p->sum, sum);
	for (size_t i = 0; i < LIMBS; i++) {
		uint64_t without = sum[i] - borrow;
		uint64_t total = without - hash[i];

		borrow = (uint64_t)(without > sum[i]) + (uint64_t)(total > without);
		sum[i] = total;
	}
	sum_store(sum, p->sum);
}
