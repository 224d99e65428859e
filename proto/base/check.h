/*
 * check: the formats of DOMAIN 4.1 to 4.4: identity number, IBAN, mobile, short address, postal code, place, and numbers.
 *
 * Each check_xxx() takes what a person typed and writes the one canonical spelling that is stored, compared and signed.
 * Device and centre run the same code, so both agree on what is valid. All of them accept Arabic-Indic and Persian
 * digits and separators, leading and trailing spaces, and ignore invisible characters that pasting brings along.
 *
 * The contract of all check_xxx(): `typed` is borrowed; `out` has room for `size` bytes with the NUL, and the CHECK_..._BYTES
 * named at each function is always enough. They return 0; ERR_USAGE with a message that says what was expected and
 * never repeats the value; or ERR_LIMIT when `size` is too small. On failure `out` is the empty text. An empty value is
 * ERR_USAGE: whether an answer may be missing is the form's business.
 *
 * check_xxx_is_canonical(text) says whether `text` is exactly what check_xxx() would write for it. Nothing allocates.
 */
#ifndef PROTO_BASE_CHECK_H
#define PROTO_BASE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

#define CHECK_TYPED_BYTES_MAX 256 /* a typed value longer than this is refused unread */
#define CHECK_TEXT_BYTES 64       /* room that is enough for every canonical form here */

#define CHECK_IDENTITY_BYTES 11
#define CHECK_IBAN_BYTES 25
#define CHECK_MOBILE_BYTES 14
#define CHECK_SHORT_ADDRESS_BYTES 9
#define CHECK_POSTAL_CODE_BYTES 6
#define CHECK_GEOPOINT_BYTES 48
#define CHECK_MONEY_BYTES 17
#define CHECK_INTEGER_BYTES 21
#define CHECK_DECIMAL_BYTES 36

/*
 * Saudi identity number of a citizen (first digit 1) or resident (2): ten digits with the Luhn check, odd places from the
 * left doubled. Spaces between digits are accepted. Canonical: ten ASCII digits. Other papers have no known check and are not for
 * this function.
 */
int check_identity(const char *typed, char *out, size_t size) MUST_CHECK;
bool check_identity_is_canonical(const char *text);

/*
 * Saudi IBAN: SA, two check digits, two digits of the bank, 18 letters or digits; ISO 7064 mod 97-10. Spaces and lower case
 * are accepted. Canonical: 24 characters in upper case.
 */
int check_iban(const char *typed, char *out, size_t size) MUST_CHECK;
bool check_iban_is_canonical(const char *text);

/* Saudi mobile number: 05########, 5########, 9665..., +9665... or 009665..., with spaces and dashes. Canonical: +9665########. */
int check_mobile(const char *typed, char *out, size_t size) MUST_CHECK;
bool check_mobile_is_canonical(const char *text);

/* Short national address: four letters and four digits; lower case and spaces are accepted. Canonical: ABCD1234. */
int check_short_address(const char *typed, char *out, size_t size) MUST_CHECK;
bool check_short_address_is_canonical(const char *text);

/* Postal code: five digits; spaces are accepted. The first digit names the region and is worth a warning only, so any is accepted. */
int check_postal_code(const char *typed, char *out, size_t size) MUST_CHECK;
bool check_postal_code_is_canonical(const char *text);

/* A rectangle on the map, edges included, in millionths of a degree (WGS 84). */
struct check_box {
	int32_t south;
	int32_t north;
	int32_t west;
	int32_t east;
};

extern const struct check_box CHECK_BOX_KINGDOM; /* hard limit of check_geopoint(): 16.0 to 32.6 N, 34.4 to 55.7 E */
extern const struct check_box CHECK_BOX_ASEER;   /* for a warning: 17.3 to 21.2 N, 41.0 to 44.8 E */

/*
 * A place: latitude and longitude in decimal degrees, then altitude (-500 to 9000) and accuracy (0 to 100000) in metres
 * where they are known, separated by spaces or commas. The place must lie in CHECK_BOX_KINGDOM. Canonical: degrees rounded to
 * six decimals and metres to one, with single spaces: "18.216400 42.505300" or "18.216400 42.505300 2200.0 12.5".
 */
int check_geopoint(const char *typed, char *out, size_t size) MUST_CHECK;
bool check_geopoint_is_canonical(const char *text);

/* Whether the place `canonical` (from check_geopoint()) lies in `box`; false for a text that is not canonical. */
bool check_geopoint_is_inside(const char *canonical, const struct check_box *box);

/*
 * An amount in SAR: at most 13 digits before the point and two after it, not negative; groups of three digits may be separated
 * by commas or spaces. A comma is never a decimal point. Canonical: exactly two decimals, "1500.00".
 */
int check_money(const char *typed, char *out, size_t size) MUST_CHECK;
bool check_money_is_canonical(const char *text);

/* A whole number that fits int64_t, groups as in check_money(). Canonical: 0, or no leading zero, with '-' when negative. */
int check_integer(const char *typed, char *out, size_t size) MUST_CHECK;
bool check_integer_is_canonical(const char *text);

/*
 * A decimal number without exponent: at most 15 significant digits and 15 after the point, groups as in check_money().
 * Canonical: no trailing zeros after the point, no point without decimals, no leading zeros but the one before the point,
 * never "-0".
 */
int check_decimal(const char *typed, char *out, size_t size) MUST_CHECK;
bool check_decimal_is_canonical(const char *text);

#endif
