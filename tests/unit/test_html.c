/*
 * Texts that would be markup, and what is written of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/html.h"
#include "tests/lib/htmlkit.h"

static void signs_of_markup_become_references(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	html_text(&out, "a<b> & \"c\" 'd' <");
	assert_string_equal(buf_string(&out), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; &lt;");
	assert_null(htmlkit_fault(buf_string(&out), HTMLKIT_INLINE));
	buf_fini(&out);
}

static void letters_lines_and_tabs_stay_and_control_characters_go(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	html_text(&out, "سعد\n\tA\x01\x1b\rB\x7f");
	assert_string_equal(buf_string(&out), "سعد\n\tAB\x7f");
	buf_fini(&out);
}

static void a_part_of_a_text_ends_where_it_is_told(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	html_text_n(&out, "<<<", 2);
	html_text_n(&out, "", 0);
	assert_string_equal(buf_string(&out), "&lt;&lt;");
	buf_fini(&out);
}

static void an_attribute_cannot_be_left(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	html_attribute(&out, "value", "x\" onclick=\"y'>");
	assert_string_equal(buf_string(&out), " value=\"x&quot; onclick=&quot;y&#39;&gt;\"");
	buf_fini(&out);
}

static void an_element_holds_its_text(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	html_element(&out, "h1", NULL, "A & B");
	html_element(&out, "p", "a\"b", "</p>");
	assert_string_equal(buf_string(&out), "<h1>A &amp; B</h1><p class=\"a&quot;b\">&lt;/p&gt;</p>");
	assert_null(htmlkit_fault(buf_string(&out), NULL));
	buf_fini(&out);
}

/* The judge of the other tests finds what it is there for. */
static void the_strict_reader_refuses_what_is_not_in_order(void **state)
{
	static const char *const BAD[] = { "<b>", "</b>", "<p><b></p></b>", "a < b", "a > b", "a \"b\"", "a & b", "<p onclick=\"x\"></p>", "<p class=x></p>",
					   "<a href=\"javascript:x\">a</a>", "<img src=\"https://x/\">", "<p class=\"a", "<p", "<!-- x -->",
					   "<span style=\"background:url(x)\">a</span>", "<style>a</b></style>", "a\x01" };

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD)[0]; i++)
		if (!htmlkit_fault(BAD[i], NULL))
			fail_msg("accepted: %s", BAD[i]);
	assert_non_null(htmlkit_fault("<p>a</p>", HTMLKIT_MARKDOWN));
	assert_null(htmlkit_fault("<!doctype html>\n<p class=\"a b\">a<br>&amp;</p><input type=\"radio\" checked>", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_of_markup_become_references),
		cmocka_unit_test(letters_lines_and_tabs_stay_and_control_characters_go),
		cmocka_unit_test(a_part_of_a_text_ends_where_it_is_told),
		cmocka_unit_test(an_attribute_cannot_be_left),
		cmocka_unit_test(an_element_holds_its_text),
		cmocka_unit_test(the_strict_reader_refuses_what_is_not_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
