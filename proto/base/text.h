/*
 * text: everything this product knows about characters: UTF-8, digits, typed text, names, spoken codes.
 *
 * Four jobs live here, because both programs must do them alike to the byte:
 *  - keep: text_clean() gives the stored form of what a person typed; it is what is shown again, signed and compared.
 *  - find: text_key() gives the search key of a name (DOMAIN rules for Arabic spelling); it is never shown.
 *  - fold: text_fold_digits() turns Arabic-Indic and Persian digits and separators into ASCII, for numbers and dates.
 *  - speak: base32 codes that survive dictation, and the four words of a fingerprint, the same in both languages.
 *
 * Everything is pure: no allocation except in the caller's struct buf, no clock, no locale. Malformed UTF-8 is always an
 * error (ERR_CORRUPT with the offset), never replaced, since replacing would lose what was typed. Error messages never
 * repeat the text.
 *
 * Not done on purpose: Unicode normalisation outside Arabic, and case folding outside ASCII. The Arabic presentation
 * forms are in text_forms.c, the words in text_words.c.
 */
#ifndef PROTO_BASE_TEXT_H
#define PROTO_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

#define TEXT_KEY_BYTES_MAX 1024         /* folded text or key, with its NUL: many times the longest name a form allows */
#define TEXT_FINGERPRINT_BYTES 4        /* bytes of a hash that the words of a fingerprint stand for */
#define TEXT_FINGERPRINT_TEXT_BYTES 96  /* room that is always enough for the four words of one language and the NUL */

/*
 * Decode the one code point at the beginning of `in` (`len` bytes) into `*cp` and return how many bytes it takes, 1 to 4;
 * return 0, with `*cp` 0, when `len` is 0 or the bytes are not UTF-8 (overlong, surrogate, above U+10FFFF, cut short).
 */
size_t text_decode(const uint8_t *in, size_t len, uint32_t *cp);

/* Encode `cp` into `out` and return the number of bytes, 1 to 4; 0 when it is a surrogate or above U+10FFFF. */
size_t text_encode(uint32_t cp, uint8_t out[static 4]);

/* Whether all `len` bytes are UTF-8 (the empty text is). NUL bytes count as characters. */
bool text_is_utf8(const void *data, size_t len);

/*
 * Step through a text: decode the code point at `*at` (0 at first) of `text` (`len` bytes) and move `*at` behind it.
 * Returns 1 with `*cp` set, 0 at the end, ERR_CORRUPT where it is not UTF-8.
 */
int text_next(const char *text, size_t len, size_t *at, uint32_t *cp) MUST_CHECK;

/* Whether `cp` is one of the spaces that people and programs put between words (ASCII space, tab, no-break space, ...). */
bool text_is_space(uint32_t cp);

/*
 * Whether `cp` is invisible and does no work in stored text: bidi marks, embeddings and isolates, zero-width space, byte
 * order mark, soft hyphen, control characters other than tab and the line ends, tags, noncharacters. The joiners U+200C
 * and U+200D are not among them: they change the shape of letters.
 */
bool text_is_invisible(uint32_t cp);

/*
 * Whether valid UTF-8 has a character that commands a terminal or turns the text around it: control characters other than tab and line
 * feed, U+0080..9F too, and embeddings, overrides and isolates (U+202A..E, U+2066..9). `*at`: where.
 */
bool text_has_command(const char *text, size_t len, size_t *at);

/*
 * Append the canonical form of `typed` (`len` bytes) to `out`: invisible characters removed, CRLF, CR and U+2028/2029 and
 * U+0085 as LF, runs of spaces and tabs as one space, none at either end of a line, no empty lines at either end, joiners
 * only behind a visible character. Line breaks inside, ZWNJ and every letter are kept as typed. Applying it twice changes nothing.
 * Errors: ERR_CORRUPT (not UTF-8), or the error of `out` (ERR_LIMIT, ERR_NOMEM). After an error `out` holds a part.
 */
int text_clean(struct buf *out, const char *typed, size_t len) MUST_CHECK;

/*
 * A quick yes for nearly all answers: visible ASCII, letters and signs of U+0600..06FF, single spaces between. True means that
 * text_clean() changes nothing; false means nothing.
 */
bool text_is_plain(const char *text, size_t len);

/* The value 0 to 9 of a digit in ASCII, Arabic-Indic (U+0660) or Persian (U+06F0) writing; -1 for anything else. */
int text_digit(uint32_t cp);

/*
 * Copy `typed` to `out` (`size` bytes with the NUL) with digits in ASCII and the separators U+066B as '.', U+066C and
 * U+060C as ',', U+066A as '%'; the rest unchanged. The result is never longer than `typed`.
 * Errors: ERR_CORRUPT (not UTF-8), ERR_LIMIT (does not fit); `out` is then empty.
 */
int text_fold_digits(const char *typed, char *out, size_t size) MUST_CHECK;

/*
 * Fold `typed` for comparing, without any knowledge of names (steps 1 to 4 of the key): presentation forms become letters,
 * marks, tatweel and invisible characters vanish, letters that are confused in spelling become one (DOMAIN 5.1), digits
 * and A-Z become 0-9 and a-z, everything else becomes a space; one space between words, none at the ends.
 * Errors as text_fold_digits().
 */
int text_fold(const char *typed, char *out, size_t size) MUST_CHECK;

/*
 * The search key of a whole name as typed, into `out` (`size` bytes with the NUL, TEXT_KEY_BYTES_MAX is always enough):
 * text_fold(), then the words between names (bin, ibn, bint, ibnat) dropped, compound names joined, and the article taken
 * from the last of two or more words. A single word keeps its article, since it may be a given name. For parts of a name in
 * separate answers, join them with spaces first. A name without letters has the key "".
 * Errors: ERR_CORRUPT (not UTF-8), ERR_LIMIT (key longer than `size` or TEXT_KEY_BYTES_MAX); `out` is then empty.
 */
int text_key(const char *typed, char *out, size_t size) MUST_CHECK;

/*
 * Whether every word of `query` (as typed) is the beginning of some word of `key` (from text_key() or text_fold()), in any
 * order, with or without the article, compound names joined or apart. An empty query matches; one that cannot be folded
 * does not.
 */
bool text_key_matches(const char *key, const char *query);

/* Bytes that `len` bytes of data take in base32, with a dash after each four symbols and the NUL. */
size_t text_base32_size(size_t len);

/*
 * Write `data` to `out` (`size` bytes) in base32 with the symbols 0-9 A-Z without I L O U, most significant bit first, in
 * groups of four with dashes between. Errors: ERR_LIMIT when `size` is below text_base32_size(len); `out` is then empty.
 */
int text_base32_encode(const uint8_t *data, size_t len, char *out, size_t size) MUST_CHECK;

/*
 * Read what text_base32_encode() wrote and a person copied: any case, spaces and dashes anywhere, O for 0, I and L for 1,
 * Arabic digits. Writes to `out` (at most `size` bytes) and the number of bytes to `*len`.
 * Errors: ERR_USAGE (a symbol outside the alphabet, or a length that no data has), ERR_LIMIT (more than `size` bytes),
 * ERR_CORRUPT (not UTF-8); `out` is then wiped and `*len` 0.
 */
int text_base32_decode(const char *typed, uint8_t *out, size_t size, size_t *len) MUST_CHECK;

/*
 * The checksum symbol of `data`: finds every single wrong symbol of its base32 form and every swap of two symbols less than
 * 31 places apart; other mistakes slip through once in 32.
 */
char text_base32_check(const uint8_t *data, size_t len);

/* Bytes that a code for `len` bytes takes: base32 with one more symbol, dashes, the NUL. */
size_t text_code_size(size_t len);

/* As text_base32_encode(), with the checksum symbol as the last symbol. Needs text_code_size(len) bytes. */
int text_code_encode(const uint8_t *data, size_t len, char *out, size_t size) MUST_CHECK;

/* As text_base32_decode(), for what text_code_encode() wrote; ERR_USAGE as well when the checksum symbol does not fit. */
int text_code_decode(const char *typed, uint8_t *out, size_t size, size_t *len) MUST_CHECK;

/* The word for one byte in English or in Arabic; the two lists are parallel, so both name the same thing. Never NULL. */
const char *text_word_english(uint8_t byte);
const char *text_word_arabic(uint8_t byte);

/*
 * The four words that stand for the first TEXT_FINGERPRINT_BYTES bytes of `hash`, with a space between, in English to
 * `out_en` and in Arabic to `out_ar` (sizes with the NUL; TEXT_FINGERPRINT_TEXT_BYTES is enough). Two people compare them aloud.
 * They are 32 bits: a check against mistakes and a hasty forger, shown beside the whole hash where more is at stake.
 * Errors: ERR_LIMIT when one does not fit; both are then empty.
 */
int text_fingerprint_words(const uint8_t hash[static TEXT_FINGERPRINT_BYTES], char *out_en, size_t en_size, char *out_ar,
			   size_t ar_size) MUST_CHECK;

#endif
