/*
 * recovery: see recovery.h. The key is wiped from every place here that held it.
 */
#include "proto/base/vault/recovery.h"

#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "proto/base/bytes.h"

#define CHAR_COUNT 36
#define GROUP_CHARS 4
#define DATA_PAIRS 16
#define PAIR_COUNT 18
#define FIELD_POLYNOMIAL 0x409u   /* x^10 + x^3 + 1, primitive */
#define INVERSE_OF_X_PLUS_1 0x3f8u /* (x + 1) times this is x^10 + x^3, which is 1 */
#define SUM_START 0x155u          /* so that a text of equal characters is not a key */
#define WORD_START 0x2b7u

static_assert(CHAR_COUNT + CHAR_COUNT / GROUP_CHARS <= VAULT_RECOVERY_TEXT_BYTES, "text with hyphens and NUL fits");
static_assert(DATA_PAIRS * 10 == VAULT_RECOVERY_BYTES * 8, "the key fills the data pairs");

static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static unsigned times_x(unsigned a)
{
	return a & 0x200u ? a << 1 ^ FIELD_POLYNOMIAL : a << 1;
}

static unsigned times(unsigned a, unsigned b)
{
	unsigned out = 0;

	for (; b; b >>= 1) {
		if (b & 1u)
			out ^= a;
		a = times_x(a);
	}
	return out;
}

/* The two sums of a whole word: plain, and weighted by powers of x. Both are zero when the check pairs fit. */
static void sums(const uint16_t pairs[static PAIR_COUNT], unsigned *plain, unsigned *weighted)
{
	*plain = SUM_START;
	*weighted = WORD_START;
	for (size_t i = 0; i < PAIR_COUNT; i++) {
		*plain ^= pairs[i];
		*weighted = times_x(*weighted) ^ pairs[i];
	}
}

/* Fill in the check pairs c, d: with both zero the sums are A and B, and c + d = A, x c + d = B. */
static void check_pairs_make(uint16_t pairs[static PAIR_COUNT])
{
	unsigned a, b, c;

	pairs[DATA_PAIRS] = 0;
	pairs[DATA_PAIRS + 1] = 0;
	sums(pairs, &a, &b);
	c = times(a ^ b, INVERSE_OF_X_PLUS_1);
	pairs[DATA_PAIRS] = (uint16_t)c;
	pairs[DATA_PAIRS + 1] = (uint16_t)(a ^ c);
}

void vault_recovery_encode(const uint8_t secret[static VAULT_RECOVERY_BYTES], char text[static VAULT_RECOVERY_TEXT_BYTES])
{
	uint16_t pairs[PAIR_COUNT];
	size_t at = 0;

	for (size_t i = 0; i < DATA_PAIRS; i++) {
		size_t bit = i * 10;
		unsigned two = (unsigned)secret[bit / 8] << 8 | secret[bit / 8 + 1]; /* ten bits never reach into a third byte */

		pairs[i] = (uint16_t)(two >> (6 - bit % 8) & 0x3ffu);
	}
	check_pairs_make(pairs);
	memset(text, 0, VAULT_RECOVERY_TEXT_BYTES);
	for (size_t i = 0; i < CHAR_COUNT; i++) {
		unsigned pair = pairs[i / 2];

		if (i > 0 && i % GROUP_CHARS == 0)
			text[at++] = '-';
		text[at++] = ALPHABET[i % 2 == 0 ? pair >> 5 : pair & 31u];
	}
	sodium_memzero(pairs, sizeof pairs);
}

/* The next character of UTF-8, 0 at the end; what is no UTF-8 gives a number that is no character of ours. */
static uint32_t next_char(struct reader *r)
{
	uint32_t c;
	int more;

	if (r->left == 0)
		return 0;
	c = reader_u8(r);
	if (c == 0)
		return UINT32_MAX;
	if (c < 0x80)
		return c;
	more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	c &= 0x3fu >> more;
	while (more-- > 0)
		c = c << 6 | (reader_u8(r) & 0x3fu);
	return r->failed ? UINT32_MAX : c;
}

/* White space, hyphens and dashes, marks of direction. */
static bool is_filler(uint32_t c)
{
	return c == ' ' || c == '-' || (c >= '\t' && c <= '\r') || c == 0xa0 || (c >= 0x2000 && c <= 0x2015) ||
		(c >= 0x2028 && c <= 0x202f) || c == 0x2212 || (c >= 0x2066 && c <= 0x2069) || c == 0x061c || c == 0x0640 || c == 0xfeff;
}

/* The five bits that a character stands for, or -1. */
static int value_of(uint32_t c)
{
	const char *found;

	if (c >= 0x660 && c <= 0x669)
		return (int)(c - 0x660);
	if (c >= 0x6f0 && c <= 0x6f9)
		return (int)(c - 0x6f0);
	if (c >= 'a' && c <= 'z')
		c -= 'a' - 'A';
	if (c == 'O')
		return 0;
	if (c == 'I' || c == 'L')
		return 1;
	found = c < 0x80 ? memchr(ALPHABET, (int)c, sizeof ALPHABET - 1) : NULL;
	return found ? (int)(found - ALPHABET) : -1;
}

/* Gather the characters into pairs; their number, which is CHAR_COUNT when it is right, or SIZE_MAX for a strange character. */
static size_t pairs_read(const char *text, size_t len, uint16_t pairs[static PAIR_COUNT])
{
	struct reader r;
	size_t count = 0;
	uint32_t c;

	memset(pairs, 0, PAIR_COUNT * sizeof pairs[0]);
	reader_init(&r, text, len);
	while ((c = next_char(&r)) != 0) {
		int v;

		if (is_filler(c))
			continue;
		v = value_of(c);
		if (v < 0)
			return SIZE_MAX;
		if (count < CHAR_COUNT)
			pairs[count / 2] = (uint16_t)(pairs[count / 2] << 5 | v);
		count++;
	}
	return count;
}

int vault_recovery_decode(const char *text, size_t len, uint8_t secret[static VAULT_RECOVERY_BYTES])
{
	uint16_t pairs[PAIR_COUNT];
	unsigned plain, weighted;
	size_t count = pairs_read(text, len, pairs);
	int rc = 0;

	memset(secret, 0, VAULT_RECOVERY_BYTES);
	sums(pairs, &plain, &weighted);
	if (count == SIZE_MAX)
		rc = err_set(ERR_USAGE, "recovery key: a character that no recovery key has");
	else if (count != CHAR_COUNT)
		rc = err_set(ERR_USAGE, "recovery key: %zu characters: %d are expected", count, CHAR_COUNT);
	else if (plain != 0 || weighted != 0)
		rc = err_set(ERR_USAGE, "recovery key: the checksum does not fit: a character is wrong or out of place");
	for (size_t i = 0; rc == 0 && i < DATA_PAIRS; i++) {
		size_t bit = i * 10;
		unsigned two = (unsigned)pairs[i] << (6 - bit % 8);

		secret[bit / 8] |= (uint8_t)(two >> 8);
		secret[bit / 8 + 1] |= (uint8_t)two;
	}
	sodium_memzero(pairs, sizeof pairs);
	return rc;
}
