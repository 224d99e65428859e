/*
 * check: see check.h.
 *
 * Each format is one function read_xxx(): it takes prepared text (ASCII only, see prepare()) and writes the canonical form into
 * room of CHECK_TEXT_BYTES; it returns NULL, or the sentence that says what was expected. The public functions are two
 * short ways of calling it, so that "valid" and "canonical" can never disagree.
 */
#include "proto/base/check.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"

#define FOREIGN '\x7F' /* stands for every character outside ASCII that no format knows */
#define NUMBER_DIGITS_MAX 40
#define MONEY_DIGITS_MAX 13
#define DECIMAL_DIGITS_MAX 15
#define MICRO 1000000

const struct check_box CHECK_BOX_KINGDOM = { .south = 16000000, .north = 32600000, .west = 34400000, .east = 55700000 };
const struct check_box CHECK_BOX_ASEER = { .south = 17300000, .north = 21200000, .west = 41000000, .east = 44800000 };

typedef const char *reader_fn(const char *in, char out[static CHECK_TEXT_BYTES]);

/* Preparing: what is typed, in ASCII. */

static char prepared_sign(uint32_t cp)
{
	if (text_digit(cp) >= 0)
		return (char)('0' + text_digit(cp));
	if (text_is_space(cp) || cp == '\n' || cp == '\r')
		return ' ';
	if (cp == 0x066B)
		return '.';
	if (cp == 0x066C || cp == 0x060C)
		return ',';
	if ((cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212)
		return '-';
	return cp < 0x80 ? (char)cp : FOREIGN;
}

/* Write `typed` as ASCII to `out`, without invisible characters and outer spaces; whether it is UTF-8 and short enough. */
static bool prepare(const char *typed, char out[static CHECK_TYPED_BYTES_MAX + 1])
{
	size_t len = strlen(typed);
	size_t at = 0;
	size_t used = 0;
	uint32_t cp;
	int ret;

	out[0] = '\0';
	/* Asked first, so that the questions check_xxx_is_canonical() leave the kept error message alone. */
	if (len > CHECK_TYPED_BYTES_MAX || !text_is_utf8(typed, len))
		return false;
	while ((ret = text_next(typed, len, &at, &cp)) > 0) {
		if (text_is_invisible(cp) || cp == 0x200C || cp == 0x200D)
			continue;
		if (used == 0 && prepared_sign(cp) == ' ')
			continue;
		out[used++] = prepared_sign(cp);
	}
	while (used > 0 && out[used - 1] == ' ')
		used--;
	out[used] = '\0';
	return ret == 0;
}

static int run(reader_fn *read, const char *typed, char *out, size_t size)
{
	char in[CHECK_TYPED_BYTES_MAX + 1];
	char canonical[CHECK_TEXT_BYTES] = "";
	const char *expected = "value: not readable; expected a short text in UTF-8";
	int ret = 0;

	if (size > 0)
		out[0] = '\0';
	if (prepare(typed, in))
		expected = read(in, canonical);
	if (expected)
		ret = err_set(ERR_USAGE, "%s", expected);
	else if (strlen(canonical) >= size)
		ret = err_set(ERR_LIMIT, "value: needs %zu bytes of room, not %zu", strlen(canonical) + 1, size);
	else
		memcpy(out, canonical, strlen(canonical) + 1);
	sodium_memzero(in, sizeof in);
	sodium_memzero(canonical, sizeof canonical);
	return ret;
}

static bool is_canonical(reader_fn *read, const char *text)
{
	char in[CHECK_TYPED_BYTES_MAX + 1];
	char canonical[CHECK_TEXT_BYTES] = "";
	bool same;

	same = prepare(text, in) && read(in, canonical) == NULL && strcmp(text, canonical) == 0;
	sodium_memzero(in, sizeof in);
	sodium_memzero(canonical, sizeof canonical);
	return same;
}

/* Small readers. */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool all_digits(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_digit(text[i]))
			return false;
	return true;
}

/*
 * Copy `in` to `out` without the characters of `ignored`, in upper case; return the length, or 0 when it is not from 1 to
 * CHECK_TEXT_BYTES - 1.
 */
static size_t squeeze(const char *in, const char *ignored, char out[static CHECK_TEXT_BYTES])
{
	size_t len = 0;

	for (; *in; in++) {
		if (strchr(ignored, *in))
			continue;
		if (len == CHECK_TEXT_BYTES - 1)
			return 0;
		out[len++] = *in >= 'a' && *in <= 'z' ? (char)(*in - 'a' + 'A') : *in;
	}
	out[len] = '\0';
	return len;
}

static const char *read_identity(const char *in, char out[static CHECK_TEXT_BYTES])
{
	size_t len = squeeze(in, " ", out);
	int sum = 0;

	if (len != 10 || !all_digits(out, len))
		return "identity number: expected 10 digits";
	if (out[0] != '1' && out[0] != '2')
		return "identity number: expected 1 (citizen) or 2 (resident) as the first digit";
	for (size_t i = 0; i < len; i++) {
		int value = (out[i] - '0') * (i % 2 == 0 ? 2 : 1);

		sum += value > 9 ? value - 9 : value;
	}
	return sum % 10 == 0 ? NULL : "identity number: the last digit does not fit the others; expected the number as on the card";
}

/* The value of an upper-case letter or digit in an IBAN, A = 10 to Z = 35; -1 for anything else. */
static int iban_value(char c)
{
	if (is_digit(c))
		return c - '0';
	return is_upper(c) ? c - 'A' + 10 : -1;
}

static const char *read_iban(const char *in, char out[static CHECK_TEXT_BYTES])
{
	size_t len = squeeze(in, " ", out);
	int check;
	int rest = 0;

	if (len != 24 || memcmp(out, "SA", 2) != 0 || !all_digits(out + 2, 4))
		return "IBAN: expected SA and 22 characters, of which the first four are digits";
	for (size_t i = 0; i < len; i++) {
		int value = iban_value(out[(i + 4) % 24]);

		if (value < 0)
			return "IBAN: expected letters A-Z and digits only";
		rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
	}
	/* ISO 7064 gives check digits from 02 to 98; 00, 01 and 99 are second spellings of 97, 98 and 02. */
	check = (out[2] - '0') * 10 + (out[3] - '0');
	return rest == 1 && check >= 2 && check <= 98 ? NULL : "IBAN: the check digits do not fit; expected the IBAN as the bank wrote it";
}

static const char *read_mobile(const char *in, char out[static CHECK_TEXT_BYTES])
{
	static const char *const PREFIXES[] = { "+966", "00966", "966", "0", "" };
	char typed[CHECK_TEXT_BYTES];
	size_t len = squeeze(in, " -", typed);

	for (size_t i = 0; i < sizeof PREFIXES / sizeof PREFIXES[0]; i++) {
		size_t prefix = strlen(PREFIXES[i]);

		if (len != prefix + 9 || memcmp(typed, PREFIXES[i], prefix) != 0)
			continue;
		if (typed[prefix] != '5' || !all_digits(typed + prefix, 9))
			continue;
		snprintf(out, CHECK_TEXT_BYTES, "+966%.9s", typed + prefix);
		return NULL;
	}
	return "mobile: expected a Saudi mobile number of ten digits that begin with 05";
}

static const char *read_short_address(const char *in, char out[static CHECK_TEXT_BYTES])
{
	size_t len = squeeze(in, " ", out);
	bool letters = len == 8;

	for (size_t i = 0; letters && i < 4; i++)
		letters = is_upper(out[i]);
	return letters && all_digits(out + 4, 4) ? NULL : "short address: expected four letters A-Z and four digits, as in ABCD1234";
}

static const char *read_postal_code(const char *in, char out[static CHECK_TEXT_BYTES])
{
	size_t len = squeeze(in, " ", out);

	return len == 5 && all_digits(out, len) ? NULL : "postal code: expected five digits";
}

/* Numbers. */

/* A typed number taken apart; the digits are ASCII without a NUL. */
struct number {
	bool negative;
	char whole[NUMBER_DIGITS_MAX];     /* without leading zeros, but "0" for zero */
	size_t whole_len;                  /* at least 1 */
	char fraction[NUMBER_DIGITS_MAX];  /* as typed, with trailing zeros */
	size_t fraction_len;
};

/* Take the digits of a group at `in` to the end of `digits`; return how many, or 0 when there are none or too many. */
static size_t take_digits(const char *in, char digits[static NUMBER_DIGITS_MAX], size_t *len)
{
	size_t count = strspn(in, "0123456789");

	if (count > NUMBER_DIGITS_MAX - *len)
		return 0;
	memcpy(digits + *len, in, count);
	*len += count;
	return count;
}

/* Read the digits before the point, in groups of three behind one kind of separator; return how many characters, 0 when wrong. */
static size_t take_whole(const char *in, struct number *n)
{
	size_t at = take_digits(in, n->whole, &n->whole_len);
	char separator = in[at];

	if (at == 0)
		return 0;
	if (separator != ',' && separator != ' ')
		return at;
	if (at > 3)
		return 0;
	while (in[at] == separator) {
		if (take_digits(in + at + 1, n->whole, &n->whole_len) != 3)
			return 0;
		at += 4;
	}
	return at;
}

/* Read a whole text as a number: sign, digits, point and digits. Returns false when it is anything else. */
static bool read_number(const char *in, struct number *n)
{
	size_t zeros = 0;
	size_t used;

	*n = (struct number){ .negative = *in == '-' };
	in += *in == '-' || *in == '+';
	used = take_whole(in, n);
	if (used == 0)
		return false;
	in += used;
	if (*in == '.') {
		used = take_digits(in + 1, n->fraction, &n->fraction_len);
		if (used == 0)
			return false;
		in += 1 + used;
	}
	while (zeros + 1 < n->whole_len && n->whole[zeros] == '0')
		zeros++;
	n->whole_len -= zeros;
	memmove(n->whole, n->whole + zeros, n->whole_len);
	return *in == '\0';
}

static const char *read_money(const char *in, char out[static CHECK_TEXT_BYTES])
{
	struct number n;

	if (!read_number(in, &n))
		return "amount: expected a number such as 1500 or 1,500.50";
	if (n.negative)
		return "amount: expected an amount that is not negative";
	if (n.fraction_len > 2)
		return "amount: expected at most two digits after the point";
	if (n.whole_len > MONEY_DIGITS_MAX)
		return "amount: expected at most 13 digits before the point";
	while (n.fraction_len < 2)
		n.fraction[n.fraction_len++] = '0';
	snprintf(out, CHECK_TEXT_BYTES, "%.*s.%.2s", (int)n.whole_len, n.whole, n.fraction);
	return NULL;
}

static const char *read_integer(const char *in, char out[static CHECK_TEXT_BYTES])
{
	uint64_t value = 0;
	struct number n;

	if (!read_number(in, &n) || n.fraction_len > 0)
		return "number: expected a whole number";
	if (n.whole_len > 19)
		return "number: too large; expected at most 18 digits";
	/* 19 digits fit uint64_t. */
	for (size_t i = 0; i < n.whole_len; i++)
		value = value * 10 + (uint64_t)(n.whole[i] - '0');
	if (value > (uint64_t)INT64_MAX + (n.negative ? 1 : 0))
		return "number: too large; expected at most 18 digits";
	snprintf(out, CHECK_TEXT_BYTES, "%s%" PRIu64, n.negative && value != 0 ? "-" : "", value);
	return NULL;
}

/* How many digits of `n` carry its value: all from the first that is not 0. */
static size_t significant_digits(const struct number *n)
{
	size_t zeros = 0;

	if (n->whole[0] != '0')
		return n->whole_len + n->fraction_len;
	while (zeros < n->fraction_len && n->fraction[zeros] == '0')
		zeros++;
	return n->fraction_len - zeros;
}

static const char *read_decimal(const char *in, char out[static CHECK_TEXT_BYTES])
{
	struct number n;
	bool zero;

	if (!read_number(in, &n))
		return "number: expected digits with at most one decimal point";
	while (n.fraction_len > 0 && n.fraction[n.fraction_len - 1] == '0')
		n.fraction_len--;
	if (n.fraction_len > DECIMAL_DIGITS_MAX || significant_digits(&n) > DECIMAL_DIGITS_MAX)
		return "number: expected at most 15 digits";
	zero = n.fraction_len == 0 && n.whole[0] == '0';
	snprintf(out, CHECK_TEXT_BYTES, "%s%.*s%s%.*s", n.negative && !zero ? "-" : "", (int)n.whole_len, n.whole,
		 n.fraction_len > 0 ? "." : "", (int)n.fraction_len, n.fraction);
	return NULL;
}

/* Places. */

#define GEOPOINT_FORM "geopoint: expected latitude and longitude in degrees, such as 18.2164 42.5053"
#define GEOPOINT_RANGE "geopoint: expected a place in the Kingdom, latitude (16.0 to 32.6) first, then longitude (34.4 to 55.7)"

/* What a text for a place holds, scaled to whole numbers. */
struct place {
	int64_t values[4];  /* latitude, longitude in millionths of a degree; altitude, accuracy in tenths of a metre */
	size_t count;       /* 2 to 4 */
};

/* The digits of `n` times `scale` (a power of ten), rounded half away from zero. At most 6 digits before the point. */
static bool scaled(const struct number *n, int64_t scale, int64_t *value)
{
	int64_t sum = 0;

	if (n->whole_len > 6)
		return false;
	for (size_t i = 0; i < n->whole_len; i++)
		sum = sum * 10 + (n->whole[i] - '0');
	for (size_t i = 0; scale > 1; i++, scale /= 10)
		sum = sum * 10 + (i < n->fraction_len ? n->fraction[i] - '0' : 0);
	*value = sum;
	return true;
}

/* As scaled(), with the first digit that does not fit any more deciding the rounding. */
static bool scaled_rounded(const struct number *n, int64_t scale, int64_t *value)
{
	int64_t longer;

	if (!scaled(n, scale * 10, &longer))
		return false;
	*value = (longer + 5) / 10;
	if (n->negative)
		*value = -*value;
	return true;
}

/* Read the parts of `in`, separated by spaces with at most one comma between. */
static bool read_place(const char *in, struct place *p)
{
	static const int64_t SCALES[4] = { MICRO, MICRO, 10, 10 };
	char part[CHECK_TEXT_BYTES];
	struct number n;

	p->count = 0;
	while (*in) {
		size_t len = strcspn(in, " ,");

		if (p->count == 4 || len == 0 || len >= sizeof part)
			return false;
		memcpy(part, in, len);
		part[len] = '\0';
		if (!read_number(part, &n) || !scaled_rounded(&n, SCALES[p->count], &p->values[p->count]))
			return false;
		p->count++;
		in += len;
		in += strspn(in, " ");
		if (*in == ',') {
			in++;
			in += strspn(in, " ");
			if (*in == '\0')
				return false;
		}
	}
	return p->count >= 2;
}

static bool is_inside(const struct place *p, const struct check_box *box)
{
	return p->values[0] >= box->south && p->values[0] <= box->north && p->values[1] >= box->west && p->values[1] <= box->east;
}

static const char *read_geopoint(const char *in, char out[static CHECK_TEXT_BYTES])
{
	struct place p;
	int used;

	if (!read_place(in, &p))
		return GEOPOINT_FORM;
	if (!is_inside(&p, &CHECK_BOX_KINGDOM))
		return GEOPOINT_RANGE;
	if (p.count > 2 && (p.values[2] < -5000 || p.values[2] > 90000))
		return "geopoint: expected an altitude from -500 to 9000 metres";
	if (p.count > 3 && (p.values[3] < 0 || p.values[3] > 1000000))
		return "geopoint: expected an accuracy from 0 to 100000 metres";
	used = snprintf(out, CHECK_TEXT_BYTES, "%" PRId64 ".%06" PRId64 " %" PRId64 ".%06" PRId64, p.values[0] / MICRO, p.values[0] % MICRO,
			p.values[1] / MICRO, p.values[1] % MICRO);
	for (size_t i = 2; i < p.count; i++) {
		int64_t size = p.values[i] < 0 ? -p.values[i] : p.values[i];

		used += snprintf(out + used, CHECK_TEXT_BYTES - (size_t)used, " %s%" PRId64 ".%" PRId64, p.values[i] < 0 ? "-" : "",
				 size / 10, size % 10);
	}
	assert(used < CHECK_GEOPOINT_BYTES);
	return NULL;
}

bool check_geopoint_is_inside(const char *canonical, const struct check_box *box)
{
	struct place p;

	return check_geopoint_is_canonical(canonical) && read_place(canonical, &p) && is_inside(&p, box);
}

/* The public pairs. */

int check_identity(const char *typed, char *out, size_t size)
{
	return run(read_identity, typed, out, size);
}

bool check_identity_is_canonical(const char *text)
{
	return is_canonical(read_identity, text);
}

int check_iban(const char *typed, char *out, size_t size)
{
	return run(read_iban, typed, out, size);
}

bool check_iban_is_canonical(const char *text)
{
	return is_canonical(read_iban, text);
}

int check_mobile(const char *typed, char *out, size_t size)
{
	return run(read_mobile, typed, out, size);
}

bool check_mobile_is_canonical(const char *text)
{
	return is_canonical(read_mobile, text);
}

int check_short_address(const char *typed, char *out, size_t size)
{
	return run(read_short_address, typed, out, size);
}

bool check_short_address_is_canonical(const char *text)
{
	return is_canonical(read_short_address, text);
}

int check_postal_code(const char *typed, char *out, size_t size)
{
	return run(read_postal_code, typed, out, size);
}

bool check_postal_code_is_canonical(const char *text)
{
	return is_canonical(read_postal_code, text);
}

int check_geopoint(const char *typed, char *out, size_t size)
{
	return run(read_geopoint, typed, out, size);
}

bool check_geopoint_is_canonical(const char *text)
{
	return is_canonical(read_geopoint, text);
}

int check_money(const char *typed, char *out, size_t size)
{
	return run(read_money, typed, out, size);
}

bool check_money_is_canonical(const char *text)
{
	return is_canonical(read_money, text);
}

int check_integer(const char *typed, char *out, size_t size)
{
	return run(read_integer, typed, out, size);
}

bool check_integer_is_canonical(const char *text)
{
	return is_canonical(read_integer, text);
}

int check_decimal(const char *typed, char *out, size_t size)
{
	return run(read_decimal, typed, out, size);
}

bool check_decimal_is_canonical(const char *text)
{
	return is_canonical(read_decimal, text);
}
