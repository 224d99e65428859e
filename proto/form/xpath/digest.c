/*
 * digest: see digest.h. SHA-256 and SHA-512 are libsodium's; SHA-384 is SHA-512 with another beginning, cut (FIPS 180-4 section 5.3.4).
 * MD5 (RFC 1321) and SHA-1 (FIPS 180-4) share their padding and are written out here, since libsodium rightly has neither.
 */
#include "proto/form/xpath/digest.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#define BLOCK_BYTES 64

static uint32_t rotate(uint32_t x, int by)
{
	return x << by | x >> (32 - by);
}

/* ---- MD5: words are little-endian ---- */

static const uint8_t MD5_SHIFTS[4][4] = { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } };

static uint32_t md5_mix(int round, uint32_t x, uint32_t y, uint32_t z)
{
	if (round == 0)
		return (x & y) | (~x & z);
	if (round == 1)
		return (x & z) | (y & ~z);
	return round == 2 ? x ^ y ^ z : y ^ (x | ~z);
}

static void md5_block(uint32_t state[5], const uint8_t *block)
{
	static const int STEP[4] = { 1, 5, 3, 7 };
	static const int START[4] = { 0, 1, 5, 0 };
	uint32_t word[16];
	uint32_t a = state[0];
	uint32_t b = state[1];
	uint32_t c = state[2];
	uint32_t d = state[3];

	for (int i = 0; i < 16; i++)
		word[i] = (uint32_t)block[4 * i] | (uint32_t)block[4 * i + 1] << 8 | (uint32_t)block[4 * i + 2] << 16 |
			  (uint32_t)block[4 * i + 3] << 24;
	for (int i = 0; i < 64; i++) {
		int round = i / 16;
		uint32_t constant = (uint32_t)floor(fabs(sin(i + 1)) * 4294967296.0); /* RFC 1321 section 3.4: table T */
		uint32_t sum = a + md5_mix(round, b, c, d) + word[(START[round] + i * STEP[round]) % 16] + constant;

		a = d;
		d = c;
		c = b;
		b += rotate(sum, MD5_SHIFTS[round][i % 4]);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
}

/* ---- SHA-1: words are big-endian ---- */

static uint32_t sha1_mix(int round, uint32_t x, uint32_t y, uint32_t z)
{
	static const uint32_t CONSTANTS[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };

	if (round == 0)
		return ((x & y) | (~x & z)) + CONSTANTS[0];
	if (round == 2)
		return ((x & y) | (x & z) | (y & z)) + CONSTANTS[2];
	return (x ^ y ^ z) + CONSTANTS[round];
}

static void sha1_block(uint32_t state[5], const uint8_t *block)
{
	uint32_t word[80];
	uint32_t v[5];

	for (int i = 0; i < 16; i++)
		word[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
			  (uint32_t)block[4 * i + 3];
	for (int i = 16; i < 80; i++)
		word[i] = rotate(word[i - 3] ^ word[i - 8] ^ word[i - 14] ^ word[i - 16], 1);
	memcpy(v, state, sizeof(v));
	for (int i = 0; i < 80; i++) {
		uint32_t sum = rotate(v[0], 5) + sha1_mix(i / 20, v[1], v[2], v[3]) + v[4] + word[i];

		v[4] = v[3];
		v[3] = v[2];
		v[2] = rotate(v[1], 30);
		v[1] = v[0];
		v[0] = sum;
	}
	for (int i = 0; i < 5; i++)
		state[i] += v[i];
}

/* Both: a one bit, zeros, and the length in bits at the end of the last block. */
static void old_hash(bool is_md5, const uint8_t *data, size_t len, uint8_t *out)
{
	uint32_t state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	void (*block)(uint32_t state[5], const uint8_t *block) = is_md5 ? md5_block : sha1_block;
	uint8_t tail[2 * BLOCK_BYTES] = { 0 };
	size_t whole = len / BLOCK_BYTES * BLOCK_BYTES;
	size_t rest = len - whole;
	size_t tail_len = rest + 9 <= BLOCK_BYTES ? BLOCK_BYTES : sizeof(tail);
	uint64_t bits = (uint64_t)len * 8;

	for (size_t at = 0; at < whole; at += BLOCK_BYTES)
		block(state, data + at);
	if (rest > 0)
		memcpy(tail, data + whole, rest);
	tail[rest] = 0x80;
	for (size_t i = 0; i < 8; i++)
		tail[tail_len - 1 - i] = (uint8_t)(bits >> (is_md5 ? 8 * (7 - i) : 8 * i));
	for (size_t at = 0; at < tail_len; at += BLOCK_BYTES)
		block(state, tail + at);
	for (size_t i = 0; i < (is_md5 ? 16U : 20U); i++)
		out[i] = (uint8_t)(state[i / 4] >> (is_md5 ? 8 * (i % 4) : 24 - 8 * (i % 4)));
	sodium_memzero(tail, sizeof(tail));
}

static void sha384(const uint8_t *data, size_t len, uint8_t *out)
{
	static const uint64_t BEGINNING[8] = {
		0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
		0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
	};
	crypto_hash_sha512_state state;

	crypto_hash_sha512_init(&state);
	memcpy(state.state, BEGINNING, sizeof(BEGINNING));
	crypto_hash_sha512_update(&state, data, len);
	crypto_hash_sha512_final(&state, out);
}

int digest_make(const char *algorithm, const void *data, size_t len, uint8_t out[static DIGEST_BYTES_MAX], size_t *out_len)
{
	*out_len = 0;
	if (strcasecmp(algorithm, "MD5") == 0) {
		old_hash(true, data, len, out);
		*out_len = 16;
	} else if (strcasecmp(algorithm, "SHA-1") == 0) {
		old_hash(false, data, len, out);
		*out_len = 20;
	} else if (strcasecmp(algorithm, "SHA-256") == 0) {
		crypto_hash_sha256(out, data, len);
		*out_len = 32;
	} else if (strcasecmp(algorithm, "SHA-384") == 0) {
		sha384(data, len, out);
		*out_len = 48;
	} else if (strcasecmp(algorithm, "SHA-512") == 0) {
		crypto_hash_sha512(out, data, len);
		*out_len = 64;
	} else {
		return err_set(ERR_USAGE, "digest: no such algorithm; expected MD5, SHA-1, SHA-256, SHA-384 or SHA-512");
	}
	return 0;
}
