/*
 * Examples for proto/form/xpath/regex: whole matches, patterns of Java and JavaScript, and hostile ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/xpath/regex.h"

static void matches(const char *pattern, const char *value, bool expected)
{
	bool is_match;

	if (regex_matches(pattern, value, &is_match) != 0)
		fail_msg("%s: %s", pattern, err_message());
	if (is_match != expected)
		fail_msg("%s %s '%s'", pattern, is_match ? "matches" : "does not match", value);
}

static void a_pattern_matches_the_whole_value(void **state)
{
	(void)state;
	matches("[0-9]+", "12345", true);
	matches("[0-9]+", "12345a", false);
	matches("a|ab", "ab", true);
	matches("^a$", "a", true);
	matches("a", "a\n", false);
	matches("(.)\\1", "aa", true);
	matches("(.)\\1", "ab", false);
	matches("", "", true);
	matches("", "a", false);
	matches("(?i)abc", "ABC", true);
	matches("a\\/b", "a/b", true);
	matches("[^]", "x", true);
	matches("\\Q[x\\E", "[x", true);
	matches("[[:digit:]]+", "12", true);
}

static void patterns_of_java_and_javascript_are_understood(void **state)
{
	(void)state;
	matches("[\\u0621-\\u064A ]+", "سعيد علي", true);
	matches("[\\u0621-\\u064A]+", "Said", false);
	matches("\\u{621}", "ء", true);
	matches("\\uD83D\\uDE00", "😀", true);
	matches("\\p{Arabic}+", "سعيد", true);
	matches("\\p{IsArabic}+", "سعيد", true);
	matches("\\p{InArabic}+", "سعيد", true);
	matches("[\\p{InArabic}x]+", "سxد", true);
	matches("\\P{InArabic}", "س", false);
	matches("\\p{Script=Arabic}+", "سعيد", true);
	matches("\\p{Letter}+", "سعيدSaid", true);
	matches("[^\\p{Letter}]+", "12", true);
	matches("\\p{gc=Lu}\\p{General_Category=Lowercase_Letter}", "Aa", true);
	matches("\\p{^L}", "1", true);
	matches("\\P{Letter}", "1", true);
	matches("[\\P{Letter}]", "a", false);
	matches("\\pL\\p{Nd}", "a٣", true);
	matches("\\p{Alnum}\\p{Punct}", "9$", true);
	matches("[\\\\u]+", "u\\", true);
	matches("\\w+", "سعيد", true);
	matches(".", "س", true);
}

static void a_broken_pattern_is_refused(void **state)
{
	static const char *const PATTERNS[] = { "[", "(", "a{2", "*", "\\", "\\u12", "\\p{Nothing}", "\\p{", "\\p{}", "[a-z&&[^b]]",
						"[\\P{Alnum}]",
						"(?<a>x)(?<a>y)", "\\C", "[z-a]" };

	(void)state;
	for (size_t i = 0; i < sizeof(PATTERNS) / sizeof(PATTERNS[0]); i++) {
		int rc = regex_check(PATTERNS[i]);

		if (strcmp(PATTERNS[i], "a{2") != 0 && rc != ERR_USAGE)
			fail_msg("%s: %s", PATTERNS[i], err_name(rc));
	}
	assert_int_equal(regex_check("05[0-9]{8}"), 0);
}

static void a_hostile_pattern_ends(void **state)
{
	char pattern[REGEX_PATTERN_BYTES_MAX + 2];
	bool is_match;

	(void)state;
	assert_int_equal(regex_matches("(a+)+[bc]", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &is_match), ERR_LIMIT);
	memset(pattern, '(', sizeof(pattern));
	pattern[sizeof(pattern) - 1] = '\0';
	assert_int_equal(regex_check(pattern), ERR_LIMIT);
	pattern[REGEX_PATTERN_BYTES_MAX] = '\0';
	assert_int_equal(regex_check(pattern), ERR_USAGE);
	assert_int_equal(regex_matches("a", "\xff", &is_match), ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_matches_the_whole_value),
		cmocka_unit_test(patterns_of_java_and_javascript_are_understood),
		cmocka_unit_test(a_broken_pattern_is_refused),
		cmocka_unit_test(a_hostile_pattern_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
