/*
 * Examples for proto/base/text: UTF-8, cleaning, folding, name keys (every row of DOMAIN 5.1), codes and fingerprints.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/text.h"
#include "proto/base/text_forms.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* UTF-8 */

static void every_code_point_survives_encoding_and_decoding(void **state)
{
	uint8_t bytes[4];
	uint32_t back;

	(void)state;
	for (uint32_t cp = 0; cp <= 0x110000; cp++) {
		size_t len = text_encode(cp, bytes);

		if ((cp >= 0xD800 && cp <= 0xDFFF) || cp > 0x10FFFF) {
			assert_int_equal(len, 0);
			continue;
		}
		assert_true(len > 0);
		assert_int_equal(text_decode(bytes, len, &back), len);
		assert_int_equal(back, cp);
		assert_int_equal(text_decode(bytes, len - 1, &back), 0);
	}
}

static void malformed_utf8_is_refused(void **state)
{
	static const char *const BAD[] = {
		"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
		"\xFF", "a\xD8", "\xD8 ", "\xE2\x80",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(BAD); i++)
		assert_false(text_is_utf8(BAD[i], strlen(BAD[i])));
	assert_true(text_is_utf8("", 0));
	assert_true(text_is_utf8("محمد \xF0\x9F\x98\x80", strlen("محمد \xF0\x9F\x98\x80")));
}

/* Cleaning */

static void check_clean(const char *typed, const char *expected)
{
	struct buf once;
	struct buf twice;

	buf_init(&once, 1000);
	buf_init(&twice, 1000);
	assert_int_equal(text_clean(&once, typed, strlen(typed)), 0);
	assert_string_equal(buf_string(&once), expected);
	assert_int_equal(text_clean(&twice, (const char *)once.data, once.len), 0);
	assert_string_equal(buf_string(&twice), expected);
	buf_fini(&once);
	buf_fini(&twice);
}

static void cleaning_removes_bidi_marks_and_keeps_the_zwnj(void **state)
{
	(void)state;
	check_clean("\u200Fمحمد\u200E \u202Eعلي\u202C\u2066\u2069\u061C", "محمد علي");
	check_clean("می\u200Cخواهم", "می\u200Cخواهم");
	check_clean("\uFEFFa\u200Bb\u00ADc\a" "d", "abcd");
}

static void cleaning_collapses_spaces_and_trims_lines(void **state)
{
	(void)state;
	check_clean("  محمد \t\u00A0 علي  ", "محمد علي");
	check_clean("a \u200F b", "a b");
	check_clean("\r\n\n a  \r\n  b\rc\u2028d \n\n", "a\nb\nc\nd");
	check_clean("a\n\n\nb", "a\n\n\nb");
	check_clean(" \t\r\n\u200F", "");
	check_clean("", "");
}

static void joiners_without_a_letter_before_them_go(void **state)
{
	(void)state;
	check_clean("\u200C", "");
	check_clean("\u200Ca \u200C\u200Db\u200C\u200C", "a b\u200C");
	check_clean("١٤٤٢ه\u200D", "١٤٤٢ه\u200D");
}

static void cleaning_keeps_marks_hamzas_and_digits_as_typed(void **state)
{
	(void)state;
	check_clean("مُحَمَّد آل سالم ١٢ ﷲ", "مُحَمَّد آل سالم ١٢ ﷲ");
}

static void cleaning_refuses_malformed_text_and_respects_the_ceiling(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3);
	assert_int_equal(text_clean(&b, "a\xFF", 2), ERR_CORRUPT);
	buf_clear(&b);
	assert_int_equal(text_clean(&b, "abcd", 4), ERR_LIMIT);
	buf_clear(&b);
	assert_int_equal(text_clean(&b, " abc ", 5), 0);
	buf_fini(&b);
}

static void nul_bytes_inside_typed_text_go(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(text_clean(&b, "a\0b", 3), 0);
	assert_string_equal(buf_string(&b), "ab");
	buf_fini(&b);
}

/* Folding */

static void digits_and_separators_become_ascii(void **state)
{
	char out[64];

	(void)state;
	assert_int_equal(text_fold_digits("٠١٢٣٤٥٦٧٨٩ ۰۱۲۳۴۵۶۷۸۹ 5", out, sizeof out), 0);
	assert_string_equal(out, "0123456789 0123456789 5");
	assert_int_equal(text_fold_digits("١٬٢٣٤٫٥ ٪، س", out, sizeof out), 0);
	assert_string_equal(out, "1,234.5 %, س");
	assert_int_equal(text_digit('a'), -1);
	assert_int_equal(text_digit(0x0665), 5);
	assert_int_equal(text_digit(0x06F9), 9);
}

static void folding_that_does_not_fit_leaves_the_empty_text(void **state)
{
	char out[4] = "xxx";

	(void)state;
	assert_int_equal(text_fold_digits("1234", out, sizeof out), ERR_LIMIT);
	assert_string_equal(out, "");
	assert_int_equal(text_fold_digits("123", out, sizeof out), 0);
	assert_int_equal(text_fold_digits("1\xC3", out, sizeof out), ERR_CORRUPT);
	assert_string_equal(out, "");
}

static void presentation_forms_become_letters(void **state)
{
	const uint16_t *letters;
	char out[128];

	(void)state;
	assert_int_equal(text_form(0x0628, &letters), 0);
	assert_null(letters);
	assert_int_equal(text_form(0xFDFA, &letters), TEXT_FORM_LETTERS_MAX);
	assert_int_equal(text_form(0xFEFB, &letters), 2);
	assert_int_equal(letters[0], 0x0644);
	assert_int_equal(letters[1], 0x0627);
	assert_int_equal(text_form(0xFD3E, &letters), 0);
	assert_int_equal(text_fold("ﷲ ﻻ ﷴ ﭘ", out, sizeof out), 0);
	assert_string_equal(out, "الله لا محمد ب");
}

static void folding_lowers_latin_and_drops_signs(void **state)
{
	char out[64];

	(void)state;
	assert_int_equal(text_fold("  Noor-ALI, (٢)؟ «س»  ", out, sizeof out), 0);
	assert_string_equal(out, "noor ali 2 س");
}

static void composed_and_decomposed_letters_fold_alike(void **state)
{
	char composed[64];
	char decomposed[64];

	(void)state;
	assert_int_equal(text_fold("آأؤإئۀۂۓ", composed, sizeof composed), 0);
	assert_int_equal(text_fold("ا\u0653ا\u0654و\u0654ا\u0655ي\u0654ە\u0654ہ\u0654ے\u0654", decomposed, sizeof decomposed), 0);
	assert_string_equal(composed, decomposed);
}

/* Name keys */

static void check_key(const char *typed, const char *expected)
{
	char key[TEXT_KEY_BYTES_MAX];

	assert_int_equal(text_key(typed, key, sizeof key), 0);
	assert_string_equal(key, expected);
}

static void name_keys_are_those_of_the_domain(void **state)
{
	static const char *const VECTORS[][2] = {
		{ "عبد الله بن محمد آل سالم", "عبدالله محمد سالم" },
		{ "عبدالله محمد السالم", "عبدالله محمد سالم" },
		{ "ﻋﺒﺪﷲ مُحَمَّد ال سالم", "عبدالله محمد سالم" },
		{ "فاطمة بنت علي الأسمري", "فاطمه علي اسمري" },
		{ "فاطمه على الاسمري", "فاطمه علي اسمري" },
		{ "نور الدين موسى القرني", "نورالدين موسي قرني" },
		{ "نورالدين موسي القرنى", "نورالدين موسي قرني" },
		{ "أبو بكر هانئ الشهري", "ابوبكر هاني شهري" },
		{ "ابوبكر هاني شهري", "ابوبكر هاني شهري" },
		{ "عبد الـرحـمـن یحیی الزهراني", "عبدالرحمن يحيي زهراني" },
		{ "عبدالرحمن يحيى الزهرانى", "عبدالرحمن يحيي زهراني" },
		{ "إلهام أحمد العسيري", "الهام احمد عسيري" },
		{ "الهام احمد عسيري", "الهام احمد عسيري" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(VECTORS); i++)
		check_key(VECTORS[i][0], VECTORS[i][1]);
}

static void compound_names_are_joined(void **state)
{
	(void)state;
	check_key("عبد ال رحمن أم كلثوم", "عبدالرحمن امكلثوم");
	check_key("علاء ال دين الزهراني", "علاالدين زهراني");
	check_key("أبو عبد الله ابن سعد", "ابوعبدالله سعد");
	check_key("عبد", "عبد");
	check_key("آل", "ال");
}

static void the_article_stays_where_it_is_not_a_family_name(void **state)
{
	(void)state;
	check_key("إلهام", "الهام");
	check_key("هبة الله", "هبه الله");
	check_key("الحسن آل سالم", "الحسن سالم");
	check_key("محمد الدين", "محمدالدين");
}

static void words_between_names_stay_at_the_ends(void **state)
{
	(void)state;
	check_key("ابن سالم", "ابن سالم");
	check_key("محمد بن", "محمد بن");
	check_key("سعد بن بنت علي", "سعد علي");
}

static void a_key_of_nothing_is_empty_and_a_long_name_is_refused(void **state)
{
	char key[TEXT_KEY_BYTES_MAX];
	char typed[2000];

	(void)state;
	check_key("", "");
	check_key(" ـ ،ء. ", "");
	memset(typed, 'a', sizeof typed);
	typed[sizeof typed - 1] = '\0';
	assert_int_equal(text_key(typed, key, sizeof key), ERR_LIMIT);
	assert_string_equal(key, "");
	assert_int_equal(text_key("\xFF", key, sizeof key), ERR_CORRUPT);
	assert_int_equal(text_key("محمد", key, 8), ERR_LIMIT);
	assert_int_equal(text_key("محمد", key, 9), 0);
	for (size_t i = 0; i < 1000; i++)
		typed[i] = i % 2 ? ' ' : 'a';
	typed[1000] = '\0';
	assert_int_equal(text_key(typed, key, sizeof key), 0);
}

static void a_key_of_a_key_is_the_same_key_when_no_article_is_left(void **state)
{
	(void)state;
	check_key("عبدالله محمد سالم", "عبدالله محمد سالم");
	check_key("الهام احمد عسيري", "الهام احمد عسيري");
}

static void queries_match_by_beginnings_in_any_order(void **state)
{
	const char *key = "عبدالله محمد سالم";

	(void)state;
	assert_true(text_key_matches(key, ""));
	assert_true(text_key_matches(key, "محم"));
	assert_true(text_key_matches(key, "السالم عبد"));
	assert_true(text_key_matches(key, "آل سالم"));
	assert_true(text_key_matches(key, "عبد الله بن"));
	assert_true(text_key_matches(key, "عبد محمد"));
	assert_true(text_key_matches(key, "بن محمد"));
	assert_true(text_key_matches(key, "مُحَمَّد ال"));
	assert_false(text_key_matches(key, "حمد"));
	assert_false(text_key_matches(key, "محمد علي"));
	assert_false(text_key_matches(key, "الله"));
	assert_false(text_key_matches(key, "\xFF"));
	assert_false(text_key_matches("الهام احمد", "هام"));
	assert_true(text_key_matches("الهام احمد", "إله"));
	assert_true(text_key_matches("بيت رقم 12", "١٢"));
	assert_true(text_key_matches("بندر سعد", "بن"));
	assert_false(text_key_matches("", "ا"));
}

/* Codes */

static void base32_round_trips_at_every_length(void **state)
{
	uint8_t data[40];
	uint8_t back[40];
	char text[100];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 89 + 7);
	for (size_t n = 0; n <= sizeof data; n++) {
		assert_int_equal(text_base32_encode(data, n, text, text_base32_size(n)), 0);
		assert_int_equal(strlen(text) + 1, text_base32_size(n));
		assert_int_equal(text_base32_decode(text, back, n, &len), 0);
		assert_int_equal(len, n);
		assert_memory_equal(back, data, n);
		assert_int_equal(text_code_encode(data, n, text, text_code_size(n)), 0);
		assert_int_equal(strlen(text) + 1, text_code_size(n));
		assert_int_equal(text[strlen(text) - 1], text_base32_check(data, n));
		assert_int_equal(text_code_decode(text, back, n, &len), 0);
		assert_int_equal(len, n);
		assert_memory_equal(back, data, n);
	}
}

static void base32_is_grouped_by_four(void **state)
{
	static const uint8_t DATA[5] = { 0x00, 0x44, 0x32, 0x14, 0xC7 };
	char text[16];

	(void)state;
	assert_int_equal(text_base32_encode(DATA, 5, text, sizeof text), 0);
	assert_string_equal(text, "0123-4567");
	assert_int_equal(text_base32_encode((const uint8_t *)"\xFF", 1, text, sizeof text), 0);
	assert_string_equal(text, "ZW");
	assert_int_equal(text_base32_encode(DATA, 5, text, 9), ERR_LIMIT);
	assert_string_equal(text, "");
}

static void codes_are_read_as_people_type_them(void **state)
{
	static const char *const TYPED[] = {
		"0123-4567", "01234567", " o i23 4567 ", "O1 2 3—4567", "٠١٢٣-٤٥٦٧", "0l23\r\n4567", "\u200E0123-4567\u200F", "OI23-4567",
	};
	uint8_t out[5];
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(TYPED); i++) {
		assert_int_equal(text_base32_decode(TYPED[i], out, sizeof out, &len), 0);
		assert_int_equal(len, 5);
		assert_memory_equal(out, "\x00\x44\x32\x14\xC7", 5);
	}
}

static void codes_that_no_data_has_are_refused(void **state)
{
	uint8_t out[5] = { 1, 1, 1, 1, 1 };
	size_t len = 9;

	(void)state;
	assert_int_equal(text_base32_decode("0123-456U", out, sizeof out, &len), ERR_USAGE);
	assert_int_equal(len, 0);
	assert_memory_equal(out, "\0\0\0\0\0", 5);
	assert_int_equal(text_base32_decode("0", out, sizeof out, &len), ERR_USAGE);
	assert_int_equal(text_base32_decode("000", out, sizeof out, &len), ERR_USAGE);
	assert_int_equal(text_base32_decode("ZZ", out, sizeof out, &len), ERR_USAGE);
	assert_int_equal(text_base32_decode("0123-4567-89", out, sizeof out, &len), ERR_LIMIT);
	assert_int_equal(text_base32_decode("01ح", out, sizeof out, &len), ERR_USAGE);
	assert_int_equal(text_base32_decode("0\xFF", out, sizeof out, &len), ERR_CORRUPT);
	assert_int_equal(text_code_decode("", out, sizeof out, &len), ERR_USAGE);
}

static void the_checksum_finds_every_single_mistake_and_swap(void **state)
{
	static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	static const uint8_t DATA[10] = { 0x3A, 0x00, 0xFF, 0x91, 0x22, 0x7C, 0x05, 0x68, 0xB1, 0x4D };
	char code[32];
	uint8_t out[10];
	size_t len;

	(void)state;
	assert_int_equal(text_code_encode(DATA, sizeof DATA, code, sizeof code), 0);
	for (size_t i = 0; code[i]; i++) {
		char right = code[i];

		if (right == '-')
			continue;
		for (const char *wrong = ALPHABET; *wrong; wrong++) {
			code[i] = *wrong;
			assert_int_equal(text_code_decode(code, out, sizeof out, &len), *wrong == right ? 0 : ERR_USAGE);
		}
		code[i] = right;
		for (size_t j = i + 1; code[j]; j++) {
			if (code[j] == '-' || code[j] == right)
				continue;
			code[i] = code[j];
			code[j] = right;
			assert_int_equal(text_code_decode(code, out, sizeof out, &len), ERR_USAGE);
			code[j] = code[i];
			code[i] = right;
		}
	}
}

static void a_wrong_code_is_never_repeated_in_the_message(void **state)
{
	uint8_t out[10];
	size_t len;

	(void)state;
	assert_int_equal(text_code_decode("ABCD-EFGH-JKMU", out, sizeof out, &len), ERR_USAGE);
	assert_null(strstr(err_message(), "ABCD"));
}

/* Fingerprints */

static void the_word_lists_hold_256_different_words_each(void **state)
{
	char a[64];
	char b[64];

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		assert_int_equal(text_fold(text_word_arabic((uint8_t)i), a, sizeof a), 0);
		assert_true(strlen(a) >= 4);
		assert_null(strchr(a, ' '));
		for (unsigned j = 0; j < i; j++) {
			assert_int_equal(text_fold(text_word_arabic((uint8_t)j), b, sizeof b), 0);
			assert_string_not_equal(a, b);
			assert_string_not_equal(text_word_english((uint8_t)i), text_word_english((uint8_t)j));
		}
	}
}

static void english_words_are_short_lower_case_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		const char *word = text_word_english((uint8_t)i);

		assert_in_range(strlen(word), 3, 11);
		assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz"), strlen(word));
	}
}

static void a_fingerprint_is_four_parallel_words(void **state)
{
	static const uint8_t HASH[8] = { 0, 1, 254, 255, 9, 9, 9, 9 };
	char en[TEXT_FINGERPRINT_TEXT_BYTES];
	char ar[TEXT_FINGERPRINT_TEXT_BYTES];

	(void)state;
	assert_int_equal(text_fingerprint_words(HASH, en, sizeof en, ar, sizeof ar), 0);
	assert_string_equal(en, "anchor answer wood yogurt");
	assert_string_equal(ar, "مرساة جواب خشب لبن");
	assert_int_equal(text_fingerprint_words(HASH, en, 10, ar, sizeof ar), ERR_LIMIT);
	assert_string_equal(en, "");
	assert_string_equal(ar, "");
}

static void any_fingerprint_fits_the_named_room(void **state)
{
	size_t longest_en = 0;
	size_t longest_ar = 0;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		size_t en = strlen(text_word_english((uint8_t)i));
		size_t ar = strlen(text_word_arabic((uint8_t)i));

		longest_en = en > longest_en ? en : longest_en;
		longest_ar = ar > longest_ar ? ar : longest_ar;
	}
	assert_true(4 * longest_en + 4 <= TEXT_FINGERPRINT_TEXT_BYTES);
	assert_true(4 * longest_ar + 4 <= TEXT_FINGERPRINT_TEXT_BYTES);
}

static void plain_text_is_left_alone_by_cleaning(void **state)
{
	static const char *const PIECES[] = { "a", "~", " ", "  ", "\n", "ب", "\u061c", "ۿ", "؀", "٠", "\t", "é", "\u200c", "\x7f",
		"\xd8", "\xdb\xbf" };
	uint64_t random = 7;
	unsigned plain = 0;

	(void)state;
	for (int n = 0; n < 20000; n++) {
		char text[32] = "";
		struct buf out;

		for (int i = 0; i < 4; i++) {
			random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			memcpy(text + strlen(text), PIECES[(random >> 33) % 16], strlen(PIECES[(random >> 33) % 16]) + 1);
		}
		if (!text_is_plain(text, strlen(text)))
			continue;
		plain++;
		buf_init(&out, 100);
		assert_int_equal(text_clean(&out, text, strlen(text)), 0);
		assert_string_equal(buf_string(&out), text);
		buf_fini(&out);
	}
	assert_true(plain > 100);
	assert_false(text_is_plain("", 0));
	assert_true(text_is_plain("بيت قديم 12", strlen("بيت قديم 12")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_survives_encoding_and_decoding),
		cmocka_unit_test(malformed_utf8_is_refused),
		cmocka_unit_test(cleaning_removes_bidi_marks_and_keeps_the_zwnj),
		cmocka_unit_test(cleaning_collapses_spaces_and_trims_lines),
		cmocka_unit_test(joiners_without_a_letter_before_them_go),
		cmocka_unit_test(cleaning_keeps_marks_hamzas_and_digits_as_typed),
		cmocka_unit_test(cleaning_refuses_malformed_text_and_respects_the_ceiling),
		cmocka_unit_test(nul_bytes_inside_typed_text_go),
		cmocka_unit_test(digits_and_separators_become_ascii),
		cmocka_unit_test(folding_that_does_not_fit_leaves_the_empty_text),
		cmocka_unit_test(presentation_forms_become_letters),
		cmocka_unit_test(folding_lowers_latin_and_drops_signs),
		cmocka_unit_test(composed_and_decomposed_letters_fold_alike),
		cmocka_unit_test(name_keys_are_those_of_the_domain),
		cmocka_unit_test(compound_names_are_joined),
		cmocka_unit_test(the_article_stays_where_it_is_not_a_family_name),
		cmocka_unit_test(words_between_names_stay_at_the_ends),
		cmocka_unit_test(a_key_of_nothing_is_empty_and_a_long_name_is_refused),
		cmocka_unit_test(a_key_of_a_key_is_the_same_key_when_no_article_is_left),
		cmocka_unit_test(queries_match_by_beginnings_in_any_order),
		cmocka_unit_test(base32_round_trips_at_every_length),
		cmocka_unit_test(base32_is_grouped_by_four),
		cmocka_unit_test(codes_are_read_as_people_type_them),
		cmocka_unit_test(codes_that_no_data_has_are_refused),
		cmocka_unit_test(the_checksum_finds_every_single_mistake_and_swap),
		cmocka_unit_test(a_wrong_code_is_never_repeated_in_the_message),
		cmocka_unit_test(the_word_lists_hold_256_different_words_each),
		cmocka_unit_test(english_words_are_short_lower_case_words),
		cmocka_unit_test(a_fingerprint_is_four_parallel_words),
		cmocka_unit_test(any_fingerprint_fits_the_named_room),
		cmocka_unit_test(plain_text_is_left_alone_by_cleaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
