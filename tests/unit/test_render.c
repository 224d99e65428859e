/*
 * Examples for proto/form/render: what is on the page of a case and on paper, for whom, in which words. Golden texts are of the body
 * alone: the style may change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/render.h"
#include "tests/lib/htmlkit.h"
#include "tests/lib/modelkit.h"

#define PAGE_BYTES_MAX (64u * 1024 * 1024)
#define PEN "s1:ABAAild_"

/* The page; always well-formed. Good until the next call. */
static const char *page_of(struct modelkit *k, const struct render_options *o)
{
	static struct buf out;
	const char *fault;
	int rc;

	buf_fini(&out);
	buf_init(&out, PAGE_BYTES_MAX);
	rc = render_document(k->model, o, &out);
	if (rc)
		fail_msg("%s", err_message());
	fault = htmlkit_fault(buf_string(&out), NULL);
	if (fault)
		fail_msg("%s in %s", fault, strstr(buf_string(&out), "<body>"));
	return buf_string(&out);
}

static const char *english(struct modelkit *k, enum render_purpose purpose)
{
	const struct render_options o = { .purpose = purpose, .reference = "1-5" };

	return page_of(k, &o);
}

static const char *arabic(struct modelkit *k, enum render_purpose purpose)
{
	const struct render_options o = { .purpose = purpose, .is_arabic = true, .reference = "1-5" };

	return page_of(k, &o);
}

static void expect_part(const char *page, const char *part)
{
	if (!strstr(page, part))
		fail_msg("missing: %s\nin: %s", part, strstr(page, "<body>"));
}

static void expect_no(const char *page, const char *part)
{
	const char *at = strstr(page, part);

	if (at)
		fail_msg("there: %s\nin: %.200s", part, at);
}

/* ---- a case ---- */

static void a_case_is_shown_as_it_was_answered(void **state)
{
	struct modelkit k;
	const char *page;

	(void)state;
	modelkit_open(&k, "#survey\ntype | list | name | label | relevant\nbegin_group | | g | House\ntext | | a | Name |\nselect_one | c | b | Colour |\n"
			  "text | | gone | Never | ${a} = 'x'\ninteger | | n | Count |\nnote | | t | ${n} of *${a}* |\nend_group |\n"
			  "#choices\nlist_name | name | label\nc | r | Red\nc | g | Green\n");
	modelkit_set(&k, "/data/g/a", "Al <b> & \"co\"");
	modelkit_set(&k, "/data/g/b", "g");
	modelkit_set(&k, "/data/g/gone", "unsaid");
	page = english(&k, RENDER_READ);
	assert_string_equal(strstr(page, "</header>"),
			    "</header>\n<main dir=\"auto\">\n<section>\n<h2>House</h2>\n"
			    "<div class=\"question\"><div class=\"label\">Name</div><div class=\"answer\">"
			    "<bdi>Al &lt;b&gt; &amp; &quot;co&quot;</bdi></div></div>\n"
			    "<div class=\"question\"><div class=\"label\">Colour</div><div class=\"answer\"><bdi>Green</bdi></div></div>\n"
			    "<div class=\"question\"><div class=\"label\">Count</div><div class=\"answer\">"
			    "<span class=\"none\" lang=\"en\" dir=\"ltr\">Not answered</span></div></div>\n"
			    "<div class=\"note\"> of <em>Al &lt;b&gt; &amp; &quot;co&quot;</em></div></section>\n</main></body></html>\n");
	modelkit_close(&k);
}

static void values_stand_in_their_own_direction(void **state)
{
	struct modelkit k;
	const char *page;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | label\ninteger | n | N\niban | i | I\nmobile | m | M\ndate | d | D\nmoney | s | S\ntext | t | T\n");
	modelkit_set(&k, "/data/n", "-7");
	modelkit_set(&k, "/data/i", "SA0380000000608010167519");
	modelkit_set(&k, "/data/m", "+966500000000");
	modelkit_set(&k, "/data/d", "2026-01-15");
	modelkit_set(&k, "/data/s", "1500.00");
	modelkit_set(&k, "/data/t", "سطر\nوآخر");
	page = arabic(&k, RENDER_PRINT);
	expect_part(page, "<html lang=\"ar\" dir=\"rtl\">");
	expect_part(page, "<bdi dir=\"ltr\">-7</bdi>");
	expect_part(page, "<bdi dir=\"ltr\">SA03 8000 0000 6080 1016 7519</bdi>");
	expect_part(page, "<bdi dir=\"ltr\">+966500000000</bdi>");
	/* The name of a month is a word: from right to left in Arabic. */
	expect_part(page, "<bdi>١٥ يناير ٢٠٢٦م</bdi>");
	expect_part(page, "<bdi>1,500.00");
	expect_part(page, "<bdi>سطر\nوآخر</bdi>");
	expect_part(page, "bdi,textarea{white-space:pre-line}");
	modelkit_close(&k);
}

static void rows_are_numbered_in_the_digits_of_the_frame(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | label\nbegin_repeat | kid | Children\ntext | a | Name\nend_repeat |\nbegin_repeat | toy | Toys\ntext | b | B\nend_repeat |\n");
	modelkit_add(&k, "/data/kid");
	modelkit_add(&k, "/data/kid");
	modelkit_set(&k, "/data/kid[2]/a", "second");
	assert_int_equal(htmlkit_count(arabic(&k, RENDER_READ), "<div class=\"row "), 2);
	expect_part(arabic(&k, RENDER_READ), "رقم</span> <bdi>٢</bdi>");
	expect_part(english(&k, RENDER_READ), "No.</span> <bdi>2</bdi>");
	/* That there are none is an answer. */
	expect_part(english(&k, RENDER_READ), "<h2>Toys</h2>\n<p class=\"none\" lang=\"en\" dir=\"ltr\">None</p>");
	modelkit_close(&k);
}

static void a_signature_is_drawn_and_a_dot_of_the_pen_too(void **state)
{
	struct modelkit k;
	const char *page;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | label\nsignature | s | S\n");
	modelkit_set(&k, "/data/s", PEN);
	page = english(&k, RENDER_PRINT);
	expect_part(page, "<svg class=\"signature\" viewBox=\"-8 ");
	expect_part(page, "<path d=\"M");
	expect_part(page, "h0");
	expect_no(page, "s1:");
	modelkit_close(&k);
}

static void problems_are_told_on_screens_in_the_words_of_the_author(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | label | required | required_message | constraint | constraint_message | warning\n"
			  "text | a | A | true() | Name please\ninteger | b | B | | | . < 5 | At most four\ninteger | c | C | | | | | . < 5\ntext | d | D | true()\n");
	modelkit_set(&k, "/data/b", "9");
	modelkit_set(&k, "/data/c", "9");
	expect_part(english(&k, RENDER_READ), "<div class=\"wrong\">Name please</div>");
	expect_part(english(&k, RENDER_READ), "<div class=\"wrong\">At most four</div>");
	expect_part(english(&k, RENDER_READ), "Please make sure of this answer</div>");
	expect_part(english(&k, RENDER_PREVIEW), "Required, not answered</div>");
	expect_no(english(&k, RENDER_PRINT), "class=\"wrong\"");
	expect_no(english(&k, RENDER_APPLICANT), "class=\"soft\"");
	modelkit_close(&k);
}

/* ---- who sees what ---- */

/* SECRET is in every way we know of in which a hidden answer could come to the applicant's paper. */
static void what_is_hidden_from_the_applicant_is_never_on_the_paper_for_the_applicant(void **state)
{
	static const char TABLES[] =
		"#settings\nkey | value\nform_id | small\nversion | 1\ninstance_name | concat(${a}, ${h})\n"
		"#survey\ntype | list | name | label | hidden | calculation | member | hint | repeat_count\n"
		"text | | a | Open question |\n"
		"text | | h | HiddenLabel | yes\n"
		"begin_group | | office | HiddenGroup | yes\ntext | | g | InGroup\nbegin_repeat | | visit | HiddenRows\ntext | | gg | Deep\nend_repeat |\nend_group |\n"
		"calculate | | c1 | | | concat('<', ${h}, '>')\ncalculate | | c2 | | | string-length(${c1})\ncalculate | | c3 | | | concat(/data/office/g, 'x')\n"
		"note | | n1 | Direct ${h}\nnote | | n2 | Chain ${c1}\nnote | | n3 | Deep chain ${c2}letters\nnote | | n4 | Path ${c3}\nnote | | n5 | Plain ${a}\n"
		"text | | l | Label of ${h} end\n"
		"begin_group | | grp | Group of ${h}\ntext | | in | In\nend_group |\n"
		"begin_repeat | | kid | Children\ntext | | hk | HiddenName | yes\ntext | | k | Name\nend_repeat |\n"
		"begin_repeat | | only | OnlyHidden\ntext | | oh | O | yes\nend_repeat |\n"
		"select_member | | who | Who | | | kid\nselect_one | c | ch | Choice\n"
		"#choices\nlist_name | name | label\nc | x | Choice of ${h}\n";
	struct modelkit k;
	const char *page;

	(void)state;
	modelkit_open(&k, TABLES);
	modelkit_set(&k, "/data/a", "Said");
	modelkit_set(&k, "/data/h", "SECRET");
	modelkit_set(&k, "/data/office/g", "SECRET");
	modelkit_add(&k, "/data/office/visit");
	modelkit_set(&k, "/data/office/visit[1]/gg", "SECRET");
	modelkit_add(&k, "/data/kid");
	modelkit_set(&k, "/data/kid[1]/hk", "SECRET");
	modelkit_set(&k, "/data/kid[1]/k", "Child");
	modelkit_add(&k, "/data/only");
	modelkit_set(&k, "/data/only[1]/oh", "SECRET");
	modelkit_set(&k, "/data/who", "0000000000000066");
	modelkit_set(&k, "/data/ch", "x");
	page = english(&k, RENDER_APPLICANT);
	expect_no(page, "SECRET");
	expect_no(page, "Hidden");
	expect_no(page, "OnlyHidden");
	expect_no(page, "6letters");
	expect_no(page, "8letters");
	/* And the rest is there. */
	expect_part(page, "Plain Said");
	expect_part(page, "Label of …… end");
	expect_part(page, "<h2>Group of ……</h2>");
	expect_part(page, "<bdi>Child</bdi>");
	expect_part(page, "Choice of ……");
	expect_part(page, "Applicant&#39;s signature");
	/* For the office all of it is: the test can fail. */
	page = english(&k, RENDER_PRINT);
	assert_true(htmlkit_count(page, "SECRET") >= 12);
	expect_part(page, "8letters");
	expect_part(page, "OnlyHidden");
	modelkit_close(&k);
}

static void what_is_restricted_is_left_out_unless_asked_for(void **state)
{
	static const enum render_purpose PURPOSES[] = { RENDER_PREVIEW, RENDER_READ, RENDER_PRINT, RENDER_APPLICANT, RENDER_BLANK };
	struct render_options o = { .reference = "" };
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | label | restricted | calculation\ntext | a | Open ${r}\ntext | r | Closed | committee\n"
			  "calculate | f | Figure | | concat(${r}, '!')\nbegin_group | g | ClosedGroup | committee\ntext | b | Below\nend_group |\n");
	modelkit_set(&k, "/data/r", "SECRET");
	modelkit_set(&k, "/data/g/b", "SECRET");
	for (size_t i = 0; i < sizeof(PURPOSES) / sizeof(PURPOSES)[0]; i++) {
		o.purpose = PURPOSES[i];
		o.restricted = false;
		expect_no(page_of(&k, &o), "SECRET");
		expect_no(page_of(&k, &o), "Closed");
		expect_no(page_of(&k, &o), "Below");
		expect_part(page_of(&k, &o), "Open");
		o.restricted = true;
		expect_part(page_of(&k, &o), "ClosedGroup");
	}
	o.purpose = RENDER_READ;
	expect_part(page_of(&k, &o), "SECRET!");
	modelkit_close(&k);
}

static void what_the_form_computes_is_for_those_who_read_a_case(void **state)
{
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | label | calculation\ninteger | n | N\ncalculate | c | Twice | ${n} * 2\ncalculate | d | | ${n} * 3\n");
	modelkit_set(&k, "/data/n", "4");
	expect_part(english(&k, RENDER_READ), "Twice</div><div class=\"answer\"><bdi>8</bdi>");
	expect_part(english(&k, RENDER_PRINT), "Twice");
	expect_no(english(&k, RENDER_APPLICANT), "Twice");
	expect_no(english(&k, RENDER_BLANK), "Twice");
	expect_no(english(&k, RENDER_READ), ">12<");
	modelkit_close(&k);
}

/* ---- paper ---- */

static void each_sheet_says_the_case_and_its_number(void **state)
{
	struct render_options o = { .purpose = RENDER_APPLICANT, .is_arabic = true, .reference = "1-5" };
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | label\ntext | a | A\n");
	expect_part(page_of(&k, &o), "content:\"رقم الحالة: \\2066 1\\2d 5\\2069 ");
	expect_part(page_of(&k, &o), "صفحة \" counter(page, arabic-indic) \" من \" counter(pages, arabic-indic)");
	expect_part(page_of(&k, &o), "رقم الحالة: <bdi dir=\"ltr\">1-5</bdi>");
	o.is_arabic = false;
	expect_part(page_of(&k, &o), "Page \" counter(page) \" of \" counter(pages)");
	/* A form to fill in has room for it. */
	o.purpose = RENDER_BLANK;
	o.reference = "";
	expect_part(page_of(&k, &o), "content:\"Case: ____");
	/* It cannot end the text of the style, or the style. */
	o.reference = "\"}</style><script>\\";
	expect_no(page_of(&k, &o), "<script>");
	expect_part(page_of(&k, &o), "\\22 \\7d \\3c \\2f style\\3e \\3c script\\3e \\5c ");
	modelkit_close(&k);
}

static void expect_condition(const char *relevant, const char *in_english, const char *in_arabic)
{
	char tables[2048];
	struct modelkit k;

	snprintf(tables, sizeof tables,
		 "#survey\ntype | list | name | label::Arabic (ar) | label::English (en) | relevant | hidden\nselect_one | c | a | لون | Colour |\n"
		 "select_multiple | c | m | ألوان | Colours |\ninteger | | n | عدد | Count |\ntext | | h | سر | Closed | | yes\ntext | | q | سؤال | Question | %s\n"
		 "#choices\nlist_name | name | label::Arabic (ar) | label::English (en)\nc | r | أحمر | Red\nc | g | أخضر | Green\n", relevant);
	modelkit_open(&k, tables);
	expect_part(page_of(&k, &(struct render_options){ .purpose = RENDER_BLANK, .language = 1 }), in_english);
	expect_part(page_of(&k, &(struct render_options){ .purpose = RENDER_BLANK, .is_arabic = true }), in_arabic);
	modelkit_close(&k);
}

static void conditions_are_said_in_words(void **state)
{
#define Q(text) "“<bdi>" text "</bdi>”"
#define A(text) "«<bdi>" text "</bdi>»"
	(void)state;
	expect_condition("${a} = 'r'", ">To be answered if " Q("Colour") " is " Q("Red") ".<", ">يُجاب عنه إذا كان جواب " A("لون") ": " A("أحمر") ".<");
	expect_condition("${a} != \"r\"", Q("Colour") " is not " Q("Red") ".", "إذا لم يكن جواب " A("لون") ": " A("أحمر") ".");
	expect_condition("${a} = 'r' or ${a} = 'g'", Q("Colour") " is " Q("Red") " or " Q("Green") ".", A("أحمر") " أو " A("أخضر") ".");
	expect_condition("${a} != '' and ${a} != 'r' and ${a} != 'g'", Q("Colour") " is answered and " Q("Colour") " is not " Q("Red") " nor " Q("Green") ".",
			 "إذا أُجيب عن " A("لون") " ولم يكن جواب " A("لون") ": " A("أحمر") " ولا " A("أخضر") ".");
	expect_condition("selected(${m}, 'r')", Q("Colours") " has " Q("Red") ".", "إذا كان في جواب " A("ألوان") ": " A("أحمر") ".");
	expect_condition("not(selected(${m}, 'r'))", Q("Colours") " does not have " Q("Red") ".", "لم يكن في جواب");
	expect_condition("selected( ${a} , 'r' )", Q("Colour") " is " Q("Red") ".", "إذا كان جواب " A("لون"));
	expect_condition("${n} >= 15", Q("Count") " is " Q("15") " or more.", "إذا كان جواب " A("عدد") ": " A("15") " أو أكثر.");
	expect_condition("not(${n} > 3)", Q("Count") " is " Q("3") " or less.", A("3") " أو أقل.");
	expect_condition("(${a} = 'r') and (${n} < 2 and ${m} = '')", " and " Q("Count") " is less than " Q("2") " and " Q("Colours") " is not answered.",
			 " وقل جواب " A("عدد") " عن " A("2") " ولم يُجب عن " A("ألوان") ".");
#undef Q
#undef A
}

/* Better to say less than to say something else. */
static void conditions_that_are_not_simple_say_only_that_there_is_one(void **state)
{
	static const char *const EXPRESSIONS[] = { "${a} = 'r' and (${n} = 1 or ${n} = 2)", "${n} + 1 = 2", "count-selected(${m}) > 1", "${a} = ${n}",
						   "not(${a} = 'r' and ${n} = 1)", "${a} = 'unknown'", "${h} = 'x'", "true()", "1 = 1", "${a} > ''" };

	(void)state;
	for (size_t i = 0; i < sizeof(EXPRESSIONS) / sizeof(EXPRESSIONS)[0]; i++)
		expect_condition(EXPRESSIONS[i], ">To be answered where it applies<", ">يُجاب عنه عند الانطباق<");
}

static void paper_has_the_room_that_each_type_wants(void **state)
{
	struct modelkit k;
	const char *page;

	(void)state;
	modelkit_open(&k, "#survey\ntype | list | name | label | required | appearance\niban | | i | I\nsa_id | | s | S\nmobile | | m | M\npostal_code | | p | P\n"
			  "short_address | | sh | SH\ndate | | d | D\ntext | | t | T | true()\ntext | | tt | TT | | multiline\nselect_one | c | one | One\n"
			  "select_multiple | c | many | Many\nnote | | n1 | Said aloud\nnote | | n2 | Computed ${t}\n#choices\nlist_name | name | label\nc | x | X *y*\nc | z | Z\n");
	page = english(&k, RENDER_BLANK);
	assert_int_equal(htmlkit_count(page, "<i></i>"), 22 + 10 + 8 + 5 + 8);
	expect_part(page, "<i>S</i><i>A</i><i></i>");
	expect_part(page, "<i>0</i><i>5</i><i></i>");
	assert_int_equal(htmlkit_count(page, "○</i><span>"), 2);
	assert_int_equal(htmlkit_count(page, "□</i><span>X <em>y</em></span>"), 1);
	expect_part(page, ">Month</span>");
	expect_part(page, ">AH</span>");
	expect_part(page, "T\xc2\xa0*</div>");
	expect_part(page, "<div class=\"question wide\"><div class=\"label\">TT</div><div class=\"answer\"><div class=\"line\"></div><div class=\"line\"></div>");
	expect_part(page, "<div class=\"note\">Said aloud</div>");
	expect_no(page, "Computed");
	expect_part(page, "* must be answered");
	modelkit_close(&k);
}

static void what_the_applicant_shall_not_see_comes_last_on_sheets_of_its_own(void **state)
{
	struct modelkit k;
	const char *page, *office;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | label | hidden | relevant\ntext | a | First\ntext | h | Judgement | yes | ${a} = 'x'\ntext | b | Second | | ${h} = 'y'\n");
	page = english(&k, RENDER_BLANK);
	office = strstr(page, "<div class=\"office\">");
	assert_non_null(office);
	assert_true(strstr(page, "Judgement") > office);
	assert_true(strstr(page, "Second") < office);
	expect_part(office, "To be answered if “<bdi>First</bdi>” is “<bdi>x</bdi>”.");
	assert_int_equal(htmlkit_count(page, "Judgement"), 1);
	modelkit_close(&k);
}

static void repeats_inside_repeats_do_not_fill_a_library(void **state)
{
	char tables[4096] = "#survey\ntype | name | label\n";
	const struct render_options many = { .purpose = RENDER_BLANK, .blank_rows = 4000000000u };
	struct modelkit k;

	(void)state;
	for (int i = 0; i < 16; i++)
		snprintf(tables + strlen(tables), sizeof tables - strlen(tables), "begin_repeat | r%d | R%d\ntext | t%d | T%d\n", i, i, i, i);
	for (int i = 0; i < 16; i++)
		snprintf(tables + strlen(tables), sizeof tables - strlen(tables), "end_repeat |\n");
	modelkit_open(&k, tables);
	assert_int_equal(htmlkit_count(english(&k, RENDER_BLANK), ">T0<"), 3);
	assert_int_equal(htmlkit_count(english(&k, RENDER_BLANK), ">T1<"), 6);
	assert_int_equal(htmlkit_count(english(&k, RENDER_BLANK), ">T15<"), 6);
	/* Whatever is asked for. */
	assert_int_equal(htmlkit_count(page_of(&k, &many), ">T0<"), 100);
	modelkit_close(&k);
}

/* ---- preview ---- */

static void each_control_of_a_preview_has_its_own_name_and_label(void **state)
{
	struct modelkit k;
	const char *page;

	(void)state;
	modelkit_open(&k, "#survey\ntype | list | name | label\nbegin_repeat | | kid | Children\nselect_one | c | one | One\nacknowledge | | ok | OK\nend_repeat |\n"
			  "#choices\nlist_name | name | label\nc | x | X\nc | z | # Z\\n- y\n");
	modelkit_add(&k, "/data/kid");
	modelkit_add(&k, "/data/kid");
	page = english(&k, RENDER_PREVIEW);
	assert_int_equal(htmlkit_count(page, "name=\"n1\""), 2);
	assert_int_equal(htmlkit_count(page, "name=\"n3\""), 2);
	assert_int_equal(htmlkit_count(page, "id=\"q4\""), 1);
	assert_int_equal(htmlkit_count(page, "aria-labelledby=\"q4\""), 1);
	/* Every box to touch is in a row of 44 pixels. */
	assert_int_equal(htmlkit_count(page, "<label class=\"tap\"><input"), 6);
	expect_part(page, ".tap{display:flex;align-items:center;gap:.6rem;min-block-size:2.75rem}");
	expect_part(page, "<span>Z<br>y</span>");
	expect_part(page, "Section</span> 1 <span");
	modelkit_close(&k);
}

static void a_long_list_is_cut_in_a_preview_but_what_was_chosen_is_there(void **state)
{
	struct buf tables;
	struct modelkit k;

	(void)state;
	buf_init(&tables, 1024 * 1024);
	buf_text(&tables, "#survey\ntype | list | name | label\nselect_multiple | c | m | M\nselect_one | c | o | O\n#choices\nlist_name | name | label\n");
	for (int i = 0; i < 1000; i++)
		buf_printf(&tables, "c | c%d | Choice %d\n", i, i);
	modelkit_open(&k, buf_string(&tables));
	modelkit_set(&k, "/data/m", "c5 c999");
	modelkit_set(&k, "/data/o", "c998");
	assert_int_equal(htmlkit_count(english(&k, RENDER_PREVIEW), "type=\"checkbox\""), 201);
	assert_int_equal(htmlkit_count(english(&k, RENDER_PREVIEW), "<option value"), 201);
	expect_part(english(&k, RENDER_PREVIEW), "value=\"c998\" selected>");
	expect_part(english(&k, RENDER_PREVIEW), "value=\"c999\" checked>");
	expect_part(english(&k, RENDER_BLANK), "as the centre&#39;s list has it");
	modelkit_close(&k);
	buf_fini(&tables);
}

static void nothing_is_run_or_loaded(void **state)
{
	static const enum render_purpose PURPOSES[] = { RENDER_PREVIEW, RENDER_READ, RENDER_PRINT, RENDER_APPLICANT, RENDER_BLANK };
	struct modelkit k;

	(void)state;
	modelkit_open(&k, "#survey\ntype | list | name | label | hint | required\nbegin_group | | g | <script>g</script> [x](javascript:1)\n"
			  "text | | a | <img src=x onerror=y> | \"hint\" | true()\nselect_one | c | b | '><b>\nnote | | n | ${a}<script>\nend_group |\n"
			  "#choices\nlist_name | name | label\nc | x | </option><script>\n");
	modelkit_set(&k, "/data/g/a", "</textarea></bdi><script>alert(1)</script>");
	modelkit_set(&k, "/data/g/b", "x");
	for (size_t i = 0; i < sizeof(PURPOSES) / sizeof(PURPOSES)[0]; i++) {
		/* page_of() has read it strictly. */
		const char *page = english(&k, PURPOSES[i]);

		expect_no(page, "<script");
		expect_no(page, "<img");
		expect_no(page, "url(");
		expect_no(page, "@import");
		expect_part(page, "content=\"default-src 'none'; style-src 'unsafe-inline'\"");
	}
	modelkit_close(&k);
}

/* ---- languages ---- */

static void a_form_of_another_language_stands_in_its_own_direction(void **state)
{
	struct modelkit k;
	const char *page;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | label::English (en) | label::Urdu (ur)\ntext | a | Name | نام\n");
	page = arabic(&k, RENDER_READ);
	expect_part(page, "<html lang=\"ar\" dir=\"rtl\">");
	expect_part(page, "<main lang=\"en\" dir=\"ltr\">");
	expect_part(page, "<span class=\"none\" lang=\"ar\" dir=\"rtl\">لم يُجب عنه</span>");
	page = page_of(&k, &(struct render_options){ .purpose = RENDER_READ, .language = 1 });
	expect_part(page, "<main lang=\"ur\" dir=\"rtl\">");
	expect_part(page, "<span class=\"none\" lang=\"en\" dir=\"ltr\">Not answered</span>");
	page = english(&k, RENDER_READ);
	expect_part(page, "<main>\n");
	expect_part(page, "<span class=\"none\">Not answered</span>");
	modelkit_close(&k);
}

/* ---- sizes ---- */

static void a_text_that_grows_beyond_measure_is_shown_without_its_outputs(void **state)
{
	struct buf tables;
	char value[8001];
	struct modelkit k;

	(void)state;
	memset(value, 'v', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	buf_init(&tables, 1024 * 1024);
	buf_text(&tables, "#survey\ntype | name | label\ntext | a | A\ntext | b | ");
	for (int i = 0; i < 4000; i++)
		buf_text(&tables, "${a}");
	buf_text(&tables, " end\n");
	modelkit_open(&k, buf_string(&tables));
	modelkit_set(&k, "/data/a", value);
	expect_part(english(&k, RENDER_READ), "…… end</div>");
	expect_part(english(&k, RENDER_BLANK), "…… end</div>");
	modelkit_close(&k);
	buf_fini(&tables);
}

static void a_form_of_four_thousand_rows_is_rendered(void **state)
{
	enum { QUESTIONS = 1980 };
	struct buf tables;
	struct modelkit k;

	(void)state;
	buf_init(&tables, FORM_TEXT_BYTES_MAX);
	buf_text(&tables, "#survey\ntype | name | label\n");
	for (int i = 0; i < 30; i++)
		buf_printf(&tables, "begin_group | g%d | G%d\n", i, i);
	for (int i = 0; i < QUESTIONS; i++)
		buf_printf(&tables, "text | q%d | Q%d\nnote | n%d | N\n", i, i, i);
	for (int i = 0; i < 30; i++)
		buf_text(&tables, "end_group |\n");
	modelkit_open(&k, buf_string(&tables));
	assert_int_equal(htmlkit_count(english(&k, RENDER_READ), "<div class=\"question\">"), QUESTIONS);
	assert_int_equal(htmlkit_count(english(&k, RENDER_BLANK), "<div class=\"question\">"), QUESTIONS);
	expect_part(english(&k, RENDER_READ), "<h6>G29</h6>");
	modelkit_close(&k);
	buf_fini(&tables);
}

static void headings_come_back_up_after_deep_groups(void **state)
{
	struct modelkit k;
	const char *page;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | label\nbegin_group | a | A\nbegin_group | b | B\nbegin_group | c | C\nbegin_group | d | D\nbegin_group | e | E\n"
			  "begin_group | f | F\ntext | q | Q\nend_group |\nend_group |\nend_group |\nend_group |\nbegin_group | g | G\ntext | r | R\nend_group |\nend_group |\n"
			  "end_group |\n");
	page = english(&k, RENDER_READ);
	expect_part(page, "<h6>E</h6>");
	expect_part(page, "<h6>F</h6>");
	expect_part(page, "<h4>G</h4>");
	expect_part(english(&k, RENDER_BLANK), "<h4>G</h4>");
	modelkit_close(&k);
}

static void a_page_that_does_not_fit_is_an_error(void **state)
{
	static const enum render_purpose PURPOSES[] = { RENDER_PREVIEW, RENDER_READ, RENDER_BLANK };
	struct modelkit k;
	struct buf out;

	(void)state;
	modelkit_open(&k, "#survey\ntype | name | label\ntext | a | A\n");
	for (size_t i = 0; i < sizeof(PURPOSES) / sizeof(PURPOSES)[0]; i++) {
		buf_init(&out, 3000);
		assert_int_equal(render_document(k.model, &(struct render_options){ .purpose = PURPOSES[i] }, &out), ERR_LIMIT);
		buf_fini(&out);
	}
	modelkit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_case_is_shown_as_it_was_answered),
		cmocka_unit_test(values_stand_in_their_own_direction),
		cmocka_unit_test(rows_are_numbered_in_the_digits_of_the_frame),
		cmocka_unit_test(a_signature_is_drawn_and_a_dot_of_the_pen_too),
		cmocka_unit_test(problems_are_told_on_screens_in_the_words_of_the_author),
		cmocka_unit_test(what_is_hidden_from_the_applicant_is_never_on_the_paper_for_the_applicant),
		cmocka_unit_test(what_is_restricted_is_left_out_unless_asked_for),
		cmocka_unit_test(what_the_form_computes_is_for_those_who_read_a_case),
		cmocka_unit_test(each_sheet_says_the_case_and_its_number),
		cmocka_unit_test(conditions_are_said_in_words),
		cmocka_unit_test(conditions_that_are_not_simple_say_only_that_there_is_one),
		cmocka_unit_test(paper_has_the_room_that_each_type_wants),
		cmocka_unit_test(what_the_applicant_shall_not_see_comes_last_on_sheets_of_its_own),
		cmocka_unit_test(repeats_inside_repeats_do_not_fill_a_library),
		cmocka_unit_test(each_control_of_a_preview_has_its_own_name_and_label),
		cmocka_unit_test(a_long_list_is_cut_in_a_preview_but_what_was_chosen_is_there),
		cmocka_unit_test(nothing_is_run_or_loaded),
		cmocka_unit_test(a_form_of_another_language_stands_in_its_own_direction),
		cmocka_unit_test(a_text_that_grows_beyond_measure_is_shown_without_its_outputs),
		cmocka_unit_test(a_form_of_four_thousand_rows_is_rendered),
		cmocka_unit_test(headings_come_back_up_after_deep_groups),
		cmocka_unit_test(a_page_that_does_not_fit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
