/*
 * Labels as authors write them, and as somebody would who wants to break out of a page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/markdown.h"
#include "tests/lib/htmlkit.h"

static void expect(const char *text, const char *html, const char *plain)
{
	struct buf out;

	buf_init(&out, 64 * 1024);
	markdown_html(text, &out);
	assert_string_equal(buf_string(&out), html);
	buf_clear(&out);
	markdown_plain(text, &out);
	assert_string_equal(buf_string(&out), plain);
	buf_fini(&out);
}

static void words_stay_words(void **state)
{
	(void)state;
	expect("", "", "");
	expect("الاسم الأول", "الاسم الأول", "الاسم الأول");
	expect("2 * 3 * 4", "2 * 3 * 4", "2 * 3 * 4");
	expect("member_birth_date", "member_birth_date", "member_birth_date");
	expect("a ** b", "a ** b", "a ** b");
	expect("\\*not\\*", "*not*", "*not*");
}

static void marks_become_elements(void **state)
{
	(void)state;
	expect("**مهم** جدًا", "<strong>مهم</strong> جدًا", "مهم جدًا");
	expect("*a* and _b_ and __c__", "<em>a</em> and <em>b</em> and <strong>c</strong>", "a and b and c");
	expect("**a *b* c**", "<strong>a <em>b</em> c</strong>", "a b c");
	expect("# Title\ntext", "<h1>Title</h1>text", "Title\ntext");
	expect("a\nb", "a<br>b", "a\nb");
	expect("- a\n- b\nc", "<ul><li>a</li><li>b</li></ul>c", "a\nb\nc");
	expect("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>", "a\nb");
	expect("<span style=\"color:red\">x</span>", "<span style=\"color:red\">x</span>", "x");
	expect("<span style=\"color: #00ff00;\">x</span>", "<span style=\"color:#00ff00\">x</span>", "x");
}

static void links_go_only_where_links_may(void **state)
{
	(void)state;
	expect("[docs](https://example.org/a?b=1&c)", "<a rel=\"noreferrer\" href=\"https://example.org/a?b=1&amp;c\">docs</a>", "docs");
	expect("[x](javascript:alert)", "[x](javascript:alert)", "[x](javascript:alert)");
	expect("[x](https://a\" onclick=\"b)", "[x](https://a&quot; onclick=&quot;b)", "[x](https://a\" onclick=\"b)");
	expect("[x](data:text/html,a)", "[x](data:text/html,a)", "[x](data:text/html,a)");
}

static void markup_of_an_author_is_text(void **state)
{
	(void)state;
	expect("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>");
	expect("<span style=\"color:red;background:url(x)\">x</span>",
	       "&lt;span style=&quot;color:red;background:url(x)&quot;&gt;x&lt;/span&gt;",
	       "<span style=\"color:red;background:url(x)\">x</span>");
	expect("a & b \"c\" 'd'", "a &amp; b &quot;c&quot; &#39;d&#39;", "a & b \"c\" 'd'");
	expect("**<b>**", "<strong>&lt;b&gt;</strong>", "<b>");
}

static void expect_inline(const char *text, const char *html)
{
	struct buf out;

	buf_init(&out, 64 * 1024);
	markdown_inline(text, &out);
	assert_string_equal(buf_string(&out), html);
	buf_fini(&out);
}

static void where_no_block_may_stand_lines_are_divided(void **state)
{
	(void)state;
	expect_inline("# **a**\n- b\n1. c\nd", "<strong>a</strong><br>b<br>c<br>d");
	expect_inline("a", "a");
}

static void an_end_found_for_one_mark_is_not_taken_for_another(void **state)
{
	(void)state;
	/* The end that the first mark could not use is used by a later one. */
	expect("*a *b*", "*a <em>b</em>", "*a b");
	expect("** a **b**", "** a <strong>b</strong>", "** a b");
	/* An end behind the end of what is around it is none. */
	expect("*[a*](https://b)*", "<em>[a</em>](https://b)*", "[a](https://b)*");
	expect("[x](ftp://a) [y](tel:1)", "[x](ftp://a) <a rel=\"noreferrer\" href=\"tel:1\">y</a>", "[x](ftp://a) y");
	expect("<span style=\"color:a;b:c\">x</span><span style=\"color:red\">y</span>",
	       "&lt;span style=&quot;color:a;b:c&quot;&gt;x&lt;/span&gt;<span style=\"color:red\">y</span>",
	       "<span style=\"color:a;b:c\">x</span>y");
	/* Ends are looked for on their own line. */
	expect("*a\nb*", "*a<br>b*", "*a\nb*");
}

/* `unit` again and again up to the longest label. */
static void check_hostile(const char *unit, const char *end)
{
	enum { LABEL_BYTES = 16384 };
	static char text[LABEL_BYTES + 64];
	size_t len = 0;
	struct buf out;

	while (len + strlen(unit) + strlen(end) <= LABEL_BYTES) {
		memcpy(text + len, unit, strlen(unit));
		len += strlen(unit);
	}
	memcpy(text + len, end, strlen(end) + 1);
	len += strlen(end);
	buf_init(&out, 1024 * 1024);
	markdown_html(text, &out);
	assert_int_equal(buf_error(&out), 0);
	assert_true(out.len <= MARKDOWN_GROWTH * len + MARKDOWN_MORE);
	assert_null(htmlkit_fault(buf_string(&out), HTMLKIT_MARKDOWN));
	buf_clear(&out);
	markdown_plain(text, &out);
	assert_true(out.len <= len);
	buf_fini(&out);
}

static void a_label_of_marks_alone_is_not_much_longer_as_html(void **state)
{
	static const char *const UNITS[][2] = {
		{ "[", "](x )" }, { "[](tel:", " )" }, { "*[*", "](https://a b)" }, { "<span style=\"color:", "\">x</span>" }, { "**a", "" }, { "*a **b ", "" },
		{ "_\"_ ", "" }, { "- \"\n1. \"\n", "" }, { "\n", "" }, { "\"", "" }, { "[a](tel:1)", "" }, { "# a\n", "" }, { "\\*", "" }, { "***", "" }, { "*_[<", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS)[0]; i++)
		check_hostile(UNITS[i][0], UNITS[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_stay_words),
		cmocka_unit_test(marks_become_elements),
		cmocka_unit_test(links_go_only_where_links_may),
		cmocka_unit_test(markup_of_an_author_is_text),
		cmocka_unit_test(where_no_block_may_stand_lines_are_divided),
		cmocka_unit_test(an_end_found_for_one_mark_is_not_taken_for_another),
		cmocka_unit_test(a_label_of_marks_alone_is_not_much_longer_as_html),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
