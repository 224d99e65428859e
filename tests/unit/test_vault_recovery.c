/*
 * Examples for proto/base/vault/recovery: what is written on paper comes back, however it is typed; what was mistyped does not.
 */
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/vault/recovery.h"

#define TEXT_LEN 44
#define ALPHABET "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

static void key_of(unsigned seed, uint8_t secret[static VAULT_RECOVERY_BYTES])
{
	uint8_t wide[randombytes_SEEDBYTES] = { (uint8_t)seed, (uint8_t)(seed >> 8), 7 };

	randombytes_buf_deterministic(secret, VAULT_RECOVERY_BYTES, wide);
}

static int decode(const char *text, uint8_t secret[static VAULT_RECOVERY_BYTES])
{
	return vault_recovery_decode(text, strlen(text), secret);
}

static void every_key_comes_back_from_its_text(void **state)
{
	uint8_t secret[VAULT_RECOVERY_BYTES], got[VAULT_RECOVERY_BYTES];
	char text[VAULT_RECOVERY_TEXT_BYTES];

	(void)state;
	for (unsigned seed = 0; seed < 2000; seed++) {
		key_of(seed, secret);
		vault_recovery_encode(secret, text);
		assert_int_equal(strlen(text), TEXT_LEN);
		assert_int_equal(strspn(text, ALPHABET "-"), TEXT_LEN);
		for (size_t i = 4; i < TEXT_LEN; i += 5)
			assert_int_equal(text[i], '-');
		assert_int_equal(decode(text, got), 0);
		assert_memory_equal(got, secret, sizeof secret);
	}
}

/* Written on paper it must stay readable by later programs. */
static void the_text_of_a_known_key_never_changes(void **state)
{
	static const uint8_t SECRET[VAULT_RECOVERY_BYTES] = {
		0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01, 0x02, 0x03, 0x04,
	};
	char text[VAULT_RECOVERY_TEXT_BYTES];

	(void)state;
	vault_recovery_encode(SECRET, text);
	assert_string_equal(text, "008J-4CT4-ANK7-F24S-NAXW-SQFE-ZW0G-40R4-RXBW");
}

static void spaces_hyphens_case_and_look_alikes_do_not_matter(void **state)
{
	static const char *const SAME[][2] = {
		{ "0", "O" }, { "0", "o" }, { "1", "I" }, { "1", "i" }, { "1", "L" }, { "1", "l" },
		{ "0", "٠" }, { "1", "١" }, { "2", "٢" }, { "3", "٣" }, { "4", "٤" }, { "5", "٥" }, { "6", "٦" }, { "7", "٧" },
		{ "8", "٨" }, { "9", "٩" }, { "0", "۰" }, { "1", "۱" }, { "2", "۲" }, { "3", "۳" }, { "4", "۴" }, { "5", "۵" },
		{ "6", "۶" }, { "7", "۷" }, { "8", "۸" }, { "9", "۹" }, { "A", "a" }, { "Z", "z" }, { "Q", "q" },
		{ "-", "" }, { "-", " " }, { "-", "\t" }, { "-", "\n" }, { "-", " - " }, { "-", "\u2013" }, { "-", "\u2011" },
		{ "-", "\u00a0" },
		{ "-", "\u200f-\u200e" }, { "-", "\u2067-\u2069" }, { "-", "\u0640" },
	};
	uint8_t secret[VAULT_RECOVERY_BYTES], got[VAULT_RECOVERY_BYTES];
	char text[VAULT_RECOVERY_TEXT_BYTES];
	char other[VAULT_RECOVERY_TEXT_BYTES * 8];

	(void)state;
	for (unsigned seed = 0; seed < 20; seed++) {
		key_of(seed, secret);
		vault_recovery_encode(secret, text);
		for (size_t k = 0; k < sizeof SAME / sizeof SAME[0]; k++) {
			size_t at = 0;

			for (size_t i = 0; i < TEXT_LEN; i++)
				at += (size_t)snprintf(other + at, sizeof other - at, "%s",
					text[i] == SAME[k][0][0] ? SAME[k][1] : (char[2]){ text[i], '\0' });
			assert_int_equal(decode(other, got), 0);
			assert_memory_equal(got, secret, sizeof secret);
		}
	}
}

static void every_single_wrong_character_is_noticed(void **state)
{
	uint8_t secret[VAULT_RECOVERY_BYTES], got[VAULT_RECOVERY_BYTES];
	char text[VAULT_RECOVERY_TEXT_BYTES];

	(void)state;
	for (unsigned seed = 0; seed < 50; seed++) {
		key_of(seed, secret);
		vault_recovery_encode(secret, text);
		for (size_t i = 0; i < TEXT_LEN; i++) {
			char was = text[i];

			for (const char *c = ALPHABET; *c != '\0' && was != '-'; c++) {
				text[i] = *c;
				assert_int_equal(decode(text, got), *c == was ? 0 : ERR_USAGE);
				if (*c != was)
					assert_true(sodium_is_zero(got, sizeof got));
			}
			text[i] = was;
		}
	}
}

static void every_exchange_of_two_characters_is_noticed(void **state)
{
	uint8_t secret[VAULT_RECOVERY_BYTES], got[VAULT_RECOVERY_BYTES];
	char text[VAULT_RECOVERY_TEXT_BYTES];

	(void)state;
	for (unsigned seed = 0; seed < 200; seed++) {
		key_of(seed, secret);
		vault_recovery_encode(secret, text);
		for (size_t i = 0; i < TEXT_LEN; i++)
			for (size_t k = i + 1; k < TEXT_LEN; k++) {
				char a = text[i], b = text[k];

				if (a == b || a == '-' || b == '-')
					continue;
				text[i] = b;
				text[k] = a;
				assert_int_equal(decode(text, got), ERR_USAGE);
				text[i] = a;
				text[k] = b;
			}
	}
}

/* Two wrong characters anywhere; of all pairs of places and some values. */
static void every_two_wrong_characters_are_noticed(void **state)
{
	uint8_t secret[VAULT_RECOVERY_BYTES], got[VAULT_RECOVERY_BYTES];
	char text[VAULT_RECOVERY_TEXT_BYTES];

	(void)state;
	key_of(77, secret);
	vault_recovery_encode(secret, text);
	for (size_t i = 0; i < TEXT_LEN; i++)
		for (size_t k = i + 1; k < TEXT_LEN; k++)
			for (const char *c = ALPHABET; *c != '\0'; c++)
				for (const char *d = ALPHABET; *d != '\0'; d += 4) {
					char a = text[i], b = text[k];

					if (a == '-' || b == '-' || *c == a || *d == b)
						continue;
					text[i] = *c;
					text[k] = *d;
					assert_int_equal(decode(text, got), ERR_USAGE);
					text[i] = a;
					text[k] = b;
				}
}

static void groups_exchanged_lost_or_doubled_are_noticed(void **state)
{
	uint8_t secret[VAULT_RECOVERY_BYTES], got[VAULT_RECOVERY_BYTES];
	char text[VAULT_RECOVERY_TEXT_BYTES];
	char other[VAULT_RECOVERY_TEXT_BYTES * 2];

	(void)state;
	key_of(5, secret);
	vault_recovery_encode(secret, text);
	for (size_t i = 0; i < TEXT_LEN; i += 5) {
		snprintf(other, sizeof other, "%.*s%s", (int)i, text, text + i + 4);
		assert_int_equal(decode(other, got), ERR_USAGE);
		snprintf(other, sizeof other, "%.*s%.4s%s", (int)i, text, text + i, text + i);
		assert_int_equal(decode(other, got), ERR_USAGE);
		if (i + 9 > TEXT_LEN)
			continue;
		snprintf(other, sizeof other, "%.*s%.4s-%.4s%s", (int)i, text, text + i + 5, text + i, text + i + 9);
		assert_int_equal(decode(other, got), ERR_USAGE);
	}
}

static void what_is_no_recovery_key_is_refused(void **state)
{
	static const char *const WRONG[] = {
		"", " ", "-", "0000-0000-0000-0000-0000-0000-0000-0000-0000", "1111-1111-1111-1111-1111-1111-1111-1111-1111",
		"ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ", "كلمة السر", "UUUU-UUUU-UUUU-UUUU-UUUU-UUUU-UUUU-UUUU-UUUU",
		"\xff\xfe", "\xd9", "7Q2M\x01", "\xf0\x9f\x94",
	};
	uint8_t secret[VAULT_RECOVERY_BYTES], got[VAULT_RECOVERY_BYTES];
	char text[VAULT_RECOVERY_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
		assert_int_equal(decode(WRONG[i], got), ERR_USAGE);
	key_of(9, secret);
	vault_recovery_encode(secret, text);
	text[4] = '\0'; /* a NUL within the text is not a space */
	assert_int_equal(vault_recovery_decode(text, TEXT_LEN, got), ERR_USAGE);
	for (size_t len = 0; len < TEXT_LEN; len++) {
		vault_recovery_encode(secret, text);
		assert_int_equal(vault_recovery_decode(text, len, got), ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_comes_back_from_its_text),
		cmocka_unit_test(the_text_of_a_known_key_never_changes),
		cmocka_unit_test(spaces_hyphens_case_and_look_alikes_do_not_matter),
		cmocka_unit_test(every_single_wrong_character_is_noticed),
		cmocka_unit_test(every_exchange_of_two_characters_is_noticed),
		cmocka_unit_test(every_two_wrong_characters_are_noticed),
		cmocka_unit_test(groups_exchanged_lost_or_doubled_are_noticed),
		cmocka_unit_test(what_is_no_recovery_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
