/*
 * text_code: the spoken half of text.h: base32 codes with a checksum symbol, and fingerprints in words.
 *
 * The alphabet is Crockford's (no I, L, O, U, so nothing is taken for 1, 0 or V, and no words appear by chance). The
 * checksum is ours: his needs five more symbols that cannot be dictated. It is the value of the symbols as a polynomial at
 * x = 2 in the field of 32 elements (x^5 + x^2 + 1), begun at 1 so that leading zeros count.
 *
 * Codes may be secrets (recovery keys, enrolment codes): what was half read is wiped after a failure, and no message
 * repeats a symbol.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"

#define GROUP_SYMBOLS 4

static const char SYMBOLS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static size_t symbol_count(size_t len)
{
	return (len * 8 + 4) / 5;
}

/* Bytes that so many symbols take with their dashes and the NUL. */
static size_t symbols_size(size_t count)
{
	return count == 0 ? 1 : count + (count - 1) / GROUP_SYMBOLS + 1;
}

/* The `i`-th group of five bits of `data`, filled up with zero bits at the end. */
static uint8_t symbol_at(const uint8_t *data, size_t len, size_t i)
{
	size_t byte = i * 5 / 8;
	unsigned shift = 11u - (unsigned)(i * 5 % 8);
	unsigned pair = (unsigned)data[byte] << 8 | (byte + 1 < len ? data[byte + 1] : 0u);

	return pair >> shift & 31;
}

/* One step of the checksum: add a symbol, multiply by x. */
static uint8_t sum_add(uint8_t sum, uint8_t symbol)
{
	unsigned doubled = (unsigned)(sum ^ symbol) << 1;

	return (uint8_t)(doubled & 32 ? doubled ^ 0x25 : doubled);
}

static uint8_t sum_of(const uint8_t *data, size_t len)
{
	uint8_t sum = 1;

	for (size_t i = 0; i < symbol_count(len); i++)
		sum = sum_add(sum, symbol_at(data, len, i));
	return sum;
}

static size_t put_symbol(char *out, size_t at, size_t i, uint8_t symbol)
{
	if (i > 0 && i % GROUP_SYMBOLS == 0)
		out[at++] = '-';
	out[at++] = SYMBOLS[symbol];
	return at;
}

static int encode(const uint8_t *data, size_t len, bool checked, char *out, size_t size)
{
	size_t count = symbol_count(len);
	size_t at = 0;

	if (size < symbols_size(count + checked)) {
		if (size > 0)
			out[0] = '\0';
		return err_set(
			ERR_LIMIT, "base32: %zu bytes need %zu characters of room, not %zu", len, symbols_size(count + checked), size);
	}
	for (size_t i = 0; i < count; i++)
		at = put_symbol(out, at, i, symbol_at(data, len, i));
	if (checked)
		at = put_symbol(out, at, count, sum_of(data, len));
	out[at] = '\0';
	return 0;
}

/* A code being read. With a checksum, the newest symbol is held back, as it may be the last. */
struct decoding {
	uint8_t *out;
	size_t size;
	size_t len;     /* bytes written */
	size_t symbols; /* symbols taken, without the one held back */
	uint32_t bits;  /* bits read and not yet written, right-aligned */
	unsigned count; /* of those bits, at most 7 between symbols */
	int held;       /* the symbol held back, -1 none */
};

/* The value of a typed symbol, 0 to 31; -1 for what separates (ignored), -2 for what has no business here. */
static int symbol_value(uint32_t cp)
{
	const char *found;

	if (text_digit(cp) >= 0)
		return text_digit(cp);
	if (cp == '-' || cp == 0x2212 || (cp >= 0x2010 && cp <= 0x2015) || cp == '\n' || cp == '\r')
		return -1;
	if (text_is_space(cp) || text_is_invisible(cp))
		return -1;
	if (cp >= 'a' && cp <= 'z')
		cp = cp - 'a' + 'A';
	if (cp == 'O')
		return 0;
	if (cp == 'I' || cp == 'L')
		return 1;
	if (cp < 'A' || cp > 'Z')
		return -2;
	found = strchr(SYMBOLS, (int)cp);
	return found ? (int)(found - SYMBOLS) : -2;
}

static int take_symbol(struct decoding *d, int symbol)
{
	d->symbols++;
	d->bits = d->bits << 5 | (uint32_t)symbol;
	d->count += 5;
	if (d->count < 8)
		return 0;
	if (d->len == d->size)
		return err_set(ERR_LIMIT, "code: longer than the %zu bytes expected", d->size);
	d->count -= 8;
	d->out[d->len++] = (uint8_t)(d->bits >> d->count);
	d->bits &= (1u << d->count) - 1;
	return 0;
}

static int take_all(struct decoding *d, const char *typed, bool checked)
{
	size_t len = strlen(typed);
	size_t at = 0;
	uint32_t cp;
	int ret;

	while ((ret = text_next(typed, len, &at, &cp)) > 0) {
		int symbol = symbol_value(cp);

		if (symbol == -1)
			continue;
		if (symbol < 0)
			return err_set(ERR_USAGE, "code: byte %zu is not a symbol; expected 0-9 and A-Z without I, L, O, U", at);
		if (checked) {
			int before = d->held;

			d->held = symbol;
			symbol = before;
		}
		ret = symbol < 0 ? 0 : take_symbol(d, symbol);
		if (ret != 0)
			return ret;
	}
	return ret;
}

static int decode(const char *typed, bool checked, uint8_t *out, size_t size, size_t *len)
{
	struct decoding d = { .out = out, .size = size, .held = -1 };
	int ret;

	*len = 0;
	ret = take_all(&d, typed, checked);
	if (ret == 0 && (symbol_count(d.len) != d.symbols || d.bits != 0 || (checked && d.held < 0)))
		ret = err_set(ERR_USAGE, "code: %zu symbols make no whole code; one is missing, added or mistyped", d.symbols + checked);
	if (ret == 0 && checked && sum_of(out, d.len) != d.held)
		ret = err_set(ERR_USAGE, "code: the last symbol does not fit the others; one is mistyped");
	if (ret != 0) {
		if (size > 0)
			sodium_memzero(out, size);
		return ret;
	}
	*len = d.len;
	return 0;
}

size_t text_base32_size(size_t len)
{
	return symbols_size(symbol_count(len));
}

int text_base32_encode(const uint8_t *data, size_t len, char *out, size_t size)
{
	return encode(data, len, false, out, size);
}

int text_base32_decode(const char *typed, uint8_t *out, size_t size, size_t *len)
{
	return decode(typed, false, out, size, len);
}

char text_base32_check(const uint8_t *data, size_t len)
{
	return SYMBOLS[sum_of(data, len)];
}

size_t text_code_size(size_t len)
{
	return symbols_size(symbol_count(len) + 1);
}

int text_code_encode(const uint8_t *data, size_t len, char *out, size_t size)
{
	return encode(data, len, true, out, size);
}

int text_code_decode(const char *typed, uint8_t *out, size_t size, size_t *len)
{
	return decode(typed, true, out, size, len);
}

int text_fingerprint_words(const uint8_t hash[static TEXT_FINGERPRINT_BYTES], char *out_en, size_t en_size, char *out_ar, size_t ar_size)
{
	int en = snprintf(out_en, en_size, "%s %s %s %s", text_word_english(hash[0]), text_word_english(hash[1]),
		text_word_english(hash[2]), text_word_english(hash[3]));
	int ar = snprintf(out_ar, ar_size, "%s %s %s %s", text_word_arabic(hash[0]), text_word_arabic(hash[1]), text_word_arabic(hash[2]),
		text_word_arabic(hash[3]));

	if (en > 0 && (size_t)en < en_size && ar > 0 && (size_t)ar < ar_size)
		return 0;
	if (en_size > 0)
		out_en[0] = '\0';
	if (ar_size > 0)
		out_ar[0] = '\0';
	return err_set(ERR_LIMIT, "fingerprint: four words need up to %d bytes of room", TEXT_FINGERPRINT_TEXT_BYTES);
}
