/*
 * Examples for server/author/xlsform: what authors may write, and the form that comes of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/bookkit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define TEXT_BYTES_MAX (1024 * 1024)
#define S "#survey\ntype | name | label\n"
#define C "#choices\nlist_name | name | label\nc | x | X\nc | y | Y\n"

static const struct form_node *node(const struct form *f, const char *path)
{
	int found = form_node_find(f, path);

	if (found < 0)
		fail_msg("no node %s", path);
	return form_node(f, (size_t)found);
}

static const char *label(const struct form *f, const char *path, const char *language)
{
	return form_words(f, (size_t)form_node_find(f, path), FORM_LABEL, form_language_find(f, language));
}

static struct form *compiled(const char *tables)
{
	struct form *f = bookkit_form(tables);

	assert_non_null(f);
	return f;
}

/* ---- types ---- */

static void spellings_of_types_mean_one_type(void **state)
{
	static const struct {
		const char *written;
		enum form_type type;
	} TYPES[] = {
		{ "text", FORM_TEXT }, { "Text", FORM_TEXT }, { "string", FORM_TEXT }, { "add text prompt", FORM_TEXT }, { "barcode", FORM_TEXT },
		{ "integer", FORM_INTEGER }, { "int", FORM_INTEGER }, { "percentage", FORM_INTEGER }, { "decimal", FORM_DECIMAL },
		{ "date", FORM_DATE }, { "time", FORM_TIME }, { "dateTime", FORM_DATETIME }, { "date time", FORM_DATETIME },
		{ "select one c", FORM_SELECT_ONE }, { "select_one  c", FORM_SELECT_ONE }, { "select1 c", FORM_SELECT_ONE },
		{ "Select_One c", FORM_SELECT_ONE }, { "add select one prompt using c", FORM_SELECT_ONE },
		{ "select_multiple c", FORM_SELECT_MULTIPLE }, { "select all that apply from c", FORM_SELECT_MULTIPLE },
		{ "select all that apply c", FORM_SELECT_MULTIPLE }, { "rank c", FORM_RANK }, { "select_one_from_file v.csv", FORM_SELECT_ONE },
		{ "select multiple from file v.geojson", FORM_SELECT_MULTIPLE }, { "acknowledge", FORM_ACKNOWLEDGE }, { "trigger", FORM_ACKNOWLEDGE },
		{ "image", FORM_IMAGE }, { "photo", FORM_IMAGE }, { "audio", FORM_AUDIO }, { "video", FORM_VIDEO }, { "file", FORM_FILE },
		{ "geopoint", FORM_GEOPOINT }, { "gps", FORM_GEOPOINT }, { "start-geopoint", FORM_GEOPOINT }, { "geoshape", FORM_TEXT },
		{ "note", FORM_NOTE }, { "start", FORM_DATETIME }, { "get today", FORM_DATE }, { "imei", FORM_TEXT }, { "hidden", FORM_TEXT },
		{ "range", FORM_INTEGER }, { "money", FORM_MONEY }, { "hijri_date", FORM_HIJRI_DATE }, { "signature", FORM_SIGNATURE },
		{ "image_list", FORM_IMAGE_LIST }, { "sa_id", FORM_SA_ID }, { "iban", FORM_IBAN }, { "mobile", FORM_MOBILE },
		{ "short_address", FORM_SHORT_ADDRESS }, { "postal code", FORM_POSTAL_CODE }, { "select_member r", FORM_SELECT_MEMBER },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(TYPES); i++) {
		char tables[512];
		struct form *f;

		snprintf(tables, sizeof(tables), S "begin repeat | r | R\ntext | b | B\nend repeat\n%s | a | A\n" C, TYPES[i].written);
		f = compiled(tables);
		if (node(f, "a")->type != TYPES[i].type)
			fail_msg("%s: %s", TYPES[i].written, form_type_name(node(f, "a")->type));
		form_free(f);
	}
}

static void beginnings_and_ends_are_written_in_many_ways(void **state)
{
	struct form *f = compiled(S "begin_group | g | G\nbegin looped group | r | R\ntext | a | A\nend_looped group\nend group\nBegin Repeat | s | S\n"
		"text | b | B\nend_repeat\n");

	(void)state;
	assert_int_equal(node(f, "g")->kind, FORM_NODE_GROUP);
	assert_int_equal(node(f, "g/r")->kind, FORM_NODE_REPEAT);
	assert_int_equal(node(f, "s")->kind, FORM_NODE_REPEAT);
	assert_int_equal(node(f, "g/r/a")->depth, 3);
	form_free(f);
}

static void an_old_type_brings_its_constraint(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label | constraint\npercentage | a | A\npercentage | b | B | . > 5\n");

	(void)state;
	assert_string_equal(node(f, "a")->columns[FORM_CONSTRAINT], "0 <= . and . <= 100");
	assert_string_equal(node(f, "b")->columns[FORM_CONSTRAINT], ". > 5");
	form_free(f);
}

static void a_range_with_a_point_is_decimal(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label | parameters\nrange | a | A | step=0.5, start=0;end=2\n");

	(void)state;
	assert_int_equal(node(f, "a")->type, FORM_DECIMAL);
	assert_string_equal(node(f, "a")->columns[FORM_PARAMETERS], "end=2 start=0 step=0.5");
	form_free(f);
}

static void a_calculation_without_label_is_not_asked(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label | calculation\ninteger | a | A |\ninteger | b | | ${a} * 2\ninteger | c | C | ${a}\n");

	(void)state;
	assert_int_equal(node(f, "b")->type, FORM_CALCULATE);
	assert_int_equal(node(f, "c")->type, FORM_INTEGER);
	form_free(f);
}

/* ---- columns ---- */

static void headers_are_forgiven_case_spaces_and_aliases(void **state)
{
	struct form *f = compiled("#Survey\nCommand | VALUE | Caption | Relevance | Read_Only | bind::constraint | Constraint Message | Required Message | "
		"bind:jr:requiredMsg:English\n"
		"text | a | A | 1 = 1 | yes | . != '' | no! | must! |\n");
	const struct form_node *a = node(f, "a");

	(void)state;
	assert_string_equal(a->columns[FORM_RELEVANT], "1 = 1");
	assert_string_equal(a->columns[FORM_READONLY], "true()");
	assert_string_equal(a->columns[FORM_CONSTRAINT], ". != ''");
	assert_string_equal(form_words(f, 1, FORM_CONSTRAINT_MESSAGE, 0), "no!");
	assert_string_equal(form_words(f, 1, FORM_REQUIRED_MESSAGE, 0), "must!");
	form_free(f);
}

static void languages_stand_behind_one_colon_or_two(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label:Arabic (ar) | label:English (en)\ntext | a | أ | A\n#settings\nform_id | default_language\nx | "
		"English (en)\n");

	(void)state;
	assert_int_equal(form_language_count(f), 2);
	assert_string_equal(form_language(f, 0), "English (en)");
	assert_string_equal(label(f, "a", "ar"), "أ");
	assert_string_equal(label(f, "a", "en"), "A");
	form_free(f);
}

static void the_default_language_may_be_named_by_its_code(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label::English (en) | label::Arabic (ar)\ntext | a | A | أ\n#settings\ndefault_language\nar\n");

	(void)state;
	assert_string_equal(form_language(f, 0), "Arabic (ar)");
	form_free(f);
}

static void texts_without_language_beside_labels_of_one_are_a_language(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label | label::Arabic (ar)\ntext | a | A | أ\n");

	(void)state;
	assert_string_equal(form_language(f, 0), "English (en)");
	assert_string_equal(label(f, "a", "en"), "A");
	form_free(f);
}

static void a_picture_without_language_belongs_to_all(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label::English (en) | label::Arabic (ar) | media::image\ntext | a | A | أ | a.png\n");

	(void)state;
	assert_int_equal(form_language_count(f), 2);
	assert_string_equal(form_words(f, 1, FORM_PICTURE, 0), "a.png");
	assert_string_equal(form_words(f, 1, FORM_PICTURE, 1), "a.png");
	form_free(f);
}

static void our_column_overrides_where_it_says_something(void **state)
{
	struct form *f = compiled("#survey\ntype | mandoob::type | name | label | constraint | mandoob::constraint | mandoob::write | mandoob::protected | "
		"mandoob::hide_from_applicant | mandoob::warning\n"
		"decimal | money | a | A | . > 0 | . > 10 | officer | yes | yes | . < 99\n"
		"decimal | | b | B | . > 0 | |\n");
	const struct form_node *a = node(f, "a");

	(void)state;
	assert_int_equal(a->type, FORM_MONEY);
	assert_string_equal(a->columns[FORM_CONSTRAINT], ". > 10");
	assert_int_equal(a->write, FORM_BY_OFFICER);
	assert_true(a->is_protected);
	assert_true(a->is_hidden);
	assert_string_equal(a->columns[FORM_WARNING], ". < 99");
	assert_int_equal(node(f, "b")->type, FORM_DECIMAL);
	assert_string_equal(node(f, "b")->columns[FORM_CONSTRAINT], ". > 0");
	form_free(f);
}

static void a_group_may_name_an_entry(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label | mandoob::entry\nbegin group | g | G | visit\ntext | a | A\nend group\n");
	int entry = form_entry_type_find(f, "visit");

	(void)state;
	assert_true(entry > 0);
	assert_int_equal(node(f, "g/a")->entry_type, entry);
	form_free(f);
}

static void typographic_quotes_are_plain_in_expressions_and_stay_in_labels(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label | relevant\ntext | a | “A”\ntext | b | B | ${a} = ‘x’ or ${a} = “y”\n");

	(void)state;
	assert_string_equal(node(f, "b")->columns[FORM_RELEVANT], "${a} = 'x' or ${a} = \"y\"");
	assert_string_equal(label(f, "a", "en"), "“A”");
	form_free(f);
}

static void yes_and_no_become_expressions(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label | required\ntext | a | A | yes\ntext | b | B | No\ntext | c | C | ${a} = '1'\ntext | d | D | TRUE\n");

	(void)state;
	assert_string_equal(node(f, "a")->columns[FORM_REQUIRED], "true()");
	assert_string_equal(node(f, "b")->columns[FORM_REQUIRED], "");
	assert_string_equal(node(f, "c")->columns[FORM_REQUIRED], "${a} = '1'");
	assert_string_equal(node(f, "d")->columns[FORM_REQUIRED], "true()");
	form_free(f);
}

static void a_default_is_a_text_unless_it_computes(void **state)
{
	static const struct {
		const char *type;
		const char *value;
		bool is_literal;
	} DEFAULTS[] = {
		{ "text", "hello", true }, { "text", "well-known", true }, { "text", "2020-01-01", true }, { "text", "a b", true }, { "integer", "-5", true },
		{ "text", "jr://images/a-b.png", true }, { "date", "2020-1-1", true }, { "geopoint", "1 - 2", true }, { "text", "'a + b'", true },
		{ "text", "1 + 2", false }, { "text", "today()", false }, { "text", "${z}", false }, { "integer", "6 div 2", false },
		{ "text", "a | b", false }, { "dateTime", "now()", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(DEFAULTS); i++) {
		char tables[256];
		struct form *f;

		/* A bar divides cells here. */
		if (strchr(DEFAULTS[i].value, '|') != NULL)
			continue;
		snprintf(tables, sizeof(tables), "#survey\ntype | name | label | default\ntext | z | Z\n%s | a | A | %s\n", DEFAULTS[i].type,
			DEFAULTS[i].value);
		f = compiled(tables);
		if (node(f, "a")->is_default_literal != DEFAULTS[i].is_literal)
			fail_msg("%s", DEFAULTS[i].value);
		form_free(f);
	}
}

/* ---- lists ---- */

static void columns_of_choices_stay_with_them(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label | choice_filter\nselect_one s | a | A\nselect_one t | b | B | state = ${a}\n"
		"#choices\nlist name | value | label | state\ns | n | North\nt | x | X | n\nt | y | Y | s\n");
	int list = form_list_find(f, "t");

	(void)state;
	assert_int_equal(form_choice_column_count(f), 1);
	assert_string_equal(form_choice_cell(f, (size_t)list, 1, 0), "s");
	form_free(f);
}

static void a_list_from_a_file_is_reference_data(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label | parameters\nselect_one_from_file villages.csv | a | A | value=code label=title\n");

	(void)state;
	assert_int_equal(form_list(f, (size_t)node(f, "a")->list)->choice_count, 0);
	assert_string_equal(form_list(f, (size_t)node(f, "a")->list)->name, "villages");
	assert_string_equal(node(f, "a")->columns[FORM_PARAMETERS], "label=title value=code");
	form_free(f);
}

static void a_list_has_a_name_of_its_own_in_the_form(void **state)
{
	struct form *f = compiled(S "select_one 2020_x | a | A\nselect_one y/n | b | B\nselect_one y_n | c | C\nselect_one نعم | d | D\n" C
		"2020_x | x | X\ny/n | y | Y\ny_n | n | N\nنعم | z | Z\n");

	(void)state;
	assert_string_equal(form_list(f, (size_t)node(f, "a")->list)->name, "2020_x");
	assert_string_equal(form_list(f, (size_t)node(f, "b")->list)->name, "y_n_2");
	assert_string_equal(form_list(f, (size_t)node(f, "b")->list)->choices[0].code, "y");
	assert_string_equal(form_list(f, (size_t)node(f, "c")->list)->name, "y_n");
	assert_string_equal(form_list(f, (size_t)node(f, "d")->list)->name, "نعم");
	form_free(f);
}

static void a_reference_to_the_submission_makes_its_identity(void **state)
{
	struct form *f = compiled(S "note | n | ${instanceID}\n");

	(void)state;
	assert_string_equal(node(f, "instanceID")->columns[FORM_DEFAULT], "concat('uuid:', uuid())");
	assert_int_equal(node(f, "instanceID")->parent, FORM_NODE_ROOT);
	form_free(f);
	f = compiled(S "text | a | A\n");
	assert_int_equal(form_node_find(f, "instanceID"), -1);
	form_free(f);
}

static void a_reference_may_have_spaces_inside(void **state)
{
	struct form *f = compiled(S "text | a | A\nnote | n | ${ a } and ${a }\n");

	(void)state;
	form_free(f);
}

static void lists_of_external_choices_are_lists(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label | choice_filter\nselect_one c | a | A\nselect_one_external c | b | B | a = ${a}\n" C
		"#external_choices\nlist_name | name | label | a\nc | p | P | x\n");

	(void)state;
	assert_int_equal(form_list(f, (size_t)node(f, "a")->list)->choice_count, 2);
	assert_int_equal(form_list(f, (size_t)node(f, "b")->list)->choice_count, 1);
	form_free(f);
}

static void choices_may_stand_twice_when_the_settings_say_so(void **state)
{
	struct form *f = compiled(S "select_one c | a | A\n" C "c | x | Again\n#settings\nform_id | allow_choice_duplicates\nq | yes\n");

	(void)state;
	assert_int_equal(form_list(f, 0)->choice_count, 3);
	form_free(f);
}

/* ---- what one line stands for ---- */

static void or_other_adds_a_choice_and_a_question(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label::English (en) | label::Arabic (ar)\nselect_one c or specify other | a | A | أ\n"
		"#choices\nlist_name | name | label::English (en) | label::Arabic (ar)\nc | x | X | س\n");
	const struct form_list *list = form_list(f, (size_t)node(f, "a")->list);

	(void)state;
	assert_int_equal(list->choice_count, 2);
	assert_string_equal(list->choices[1].code, "other");
	assert_string_equal(list->choices[1].label_ar, "أخرى");
	assert_string_equal(node(f, "a_other")->columns[FORM_RELEVANT], "selected(../a, 'other')");
	assert_string_equal(label(f, "a_other", "ar"), "حدّد");
	assert_string_equal(label(f, "a_other", "en"), "Specify other.");
	form_free(f);
}

static void a_loop_is_a_group_for_each_choice(void **state)
{
	struct form *f = compiled(S "begin loop over c | l | L\ninteger | q | How many %(label)s?\nend loop\n" C);

	(void)state;
	assert_int_equal(node(f, "l/x/q")->type, FORM_INTEGER);
	assert_string_equal(label(f, "l/y/q", "en"), "How many Y?");
	assert_string_equal(label(f, "l/y", "en"), "Y");
	form_free(f);
}

static void a_table_list_has_a_row_of_labels(void **state)
{
	struct form *f = compiled("#survey\ntype | name | label | appearance\nbegin group | g | G | table-list\nselect_one c | a | A\nselect_one c | b | B\n"
		"end group\n" C);

	(void)state;
	assert_string_equal(node(f, "g")->columns[FORM_APPEARANCE], "field-list");
	assert_int_equal(node(f, "g/generated_table_list_label_2")->type, FORM_NOTE);
	assert_string_equal(node(f, "g/reserved_name_for_field_list_labels_3")->columns[FORM_APPEARANCE], "label");
	assert_string_equal(node(f, "g/a")->columns[FORM_APPEARANCE], "list-nolabel");
	assert_string_equal(node(f, "g/b")->columns[FORM_APPEARANCE], "list-nolabel");
	form_free(f);
}

static void a_note_needs_no_name_and_an_empty_row_is_nothing(void **state)
{
	struct form *f = compiled(S "note | | Hello\n\ntext | a | A\n");

	(void)state;
	assert_int_equal(node(f, "generated_note_name_2")->type, FORM_NOTE);
	assert_int_equal(form_node_count(f), 3);
	form_free(f);
}

/* ---- settings ---- */

static void settings_have_many_names(void **state)
{
	struct form *f = compiled(S "text | a | A\n#Settings\nid_string | set form title | version | form_title::Arabic (ar) | mandoob::kind\nabc | T | 7 | ع | "
		"application\n");

	(void)state;
	assert_string_equal(form_id(f), "abc");
	assert_string_equal(form_version(f), "7");
	assert_string_equal(form_setting(f, "form_title"), "T");
	assert_string_equal(form_setting(f, "kind"), "application");
	form_free(f);
}

static void without_settings_the_options_name_the_form(void **state)
{
	struct form *f = compiled(S "text | a | A\n");

	(void)state;
	assert_string_equal(form_id(f), "small");
	assert_string_equal(form_version(f), "1");
	form_free(f);
}

/* ---- both ways ---- */

static void a_form_as_a_workbook_compiles_to_the_same_text(void **state)
{
	static const char TABLES[] =
		"#survey\ntype | mandoob::type | name | label::English (en) | label::Arabic (ar) | required | default | mandoob::entry | mandoob::write | choice_filter | "
		"mandoob::warning | mandoob::warning_message::Arabic (ar)\n"
		"begin group | | g | G | ج | | | visit\n"
		"text | hijri_date | born | Born | ولد | yes\n"
		"select_one c or_other | | sel | Sel | اختر | | x\n"
		"select_one_from_file villages.csv | | village | Village | قرية | | | | | region = ${sel}\n"
		"end group\n"
		"begin repeat | | member | Member | فرد\ntext | | member_name | Name | الاسم | | 'a' | | officer\nend repeat\n"
		"text | select_member member | who | Who | من\n"
		"decimal | money | sum | Sum | مبلغ | | 1 + 2 | | | | . < 5 | كثير\n"
		"hidden | | h\nstart | | begun\nnote | | n | ${instanceID} | ${instanceID}\nselect_one 2/c | | odd | Odd | غريب\n"
		"#choices\nlist_name | name | label::English (en) | label::Arabic (ar) | extra\nc | x | X | س | 1\nc | y | Y | ص\n2/c | z | Z | ز\n"
		"#settings\nform_id | version | form_title | default_language | mandoob::kind\nabc | 7 | T | Arabic (ar) | application\n";
	struct xlsform_options options = { .name = "other", .version = "2" };
	struct problems problems;
	struct form *f = compiled(TABLES);
	struct workbook w;
	struct buf out;
	size_t len;
	const char *text = form_text(f, &len);

	(void)state;
	problems_init(&problems);
	buf_init(&out, TEXT_BYTES_MAX);
	assert_int_equal(xlsform_workbook(f, &w), 0);
	assert_int_equal(xlsform_compile(&w, &options, &problems, &out), 0);
	assert_string_equal(buf_string(&out), text);
	assert_int_equal(out.len, len);
	workbook_fini(&w);
	problems_fini(&problems);
	buf_fini(&out);
	form_free(f);
}

static void the_same_workbook_gives_the_same_bytes(void **state)
{
	struct problems problems;
	struct buf one, other;

	(void)state;
	problems_init(&problems);
	buf_init(&one, TEXT_BYTES_MAX);
	buf_init(&other, TEXT_BYTES_MAX);
	assert_int_equal(bookkit_compile(S "select_one c | a | A\n" C, &problems, &one), 0);
	assert_int_equal(bookkit_compile(S "select_one c | a | A\n" C, &problems, &other), 0);
	assert_int_equal(one.len, other.len);
	assert_memory_equal(one.data, other.data, one.len);
	problems_fini(&problems);
	buf_fini(&one);
	buf_fini(&other);
}

static bool has_no_list(void *ctx, const char *name)
{
	*(const char **)ctx = name[0] == 'v' ? "v" : "?";
	return false;
}

static void a_reference_list_that_the_centre_lacks_is_a_warning(void **state)
{
	const char *asked = "";
	struct xlsform_options options = { .name = "small", .version = "1", .has_list = has_no_list, .ctx = &asked };
	struct problems problems;
	struct workbook w;
	struct buf out;

	(void)state;
	bookkit_new(S "select_one_from_file v.csv | a | A\n", &w);
	problems_init(&problems);
	buf_init(&out, TEXT_BYTES_MAX);
	assert_int_equal(xlsform_compile(&w, &options, &problems, &out), 0);
	assert_int_equal(problems.warnings, 1);
	assert_string_equal(asked, "v");
	assert_string_equal(problems.items[0].letters, "A");
	workbook_fini(&w);
	problems_fini(&problems);
	buf_fini(&out);
}

static void more_rows_than_a_form_has_are_refused(void **state)
{
	struct problems problems;
	struct buf tables, out;

	(void)state;
	problems_init(&problems);
	buf_init(&tables, TEXT_BYTES_MAX);
	buf_init(&out, TEXT_BYTES_MAX);
	buf_text(&tables, S);
	for (int i = 0; i < 2 * FORM_NODES_MAX + 10; i++)
		buf_printf(&tables, "note | n%d | N\n", i);
	assert_int_equal(bookkit_compile(buf_string(&tables), &problems, &out), ERR_USAGE);
	assert_int_equal(problems.errors, 1);
	problems_fini(&problems);
	buf_fini(&tables);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings_of_types_mean_one_type),
		cmocka_unit_test(beginnings_and_ends_are_written_in_many_ways),
		cmocka_unit_test(an_old_type_brings_its_constraint),
		cmocka_unit_test(a_range_with_a_point_is_decimal),
		cmocka_unit_test(a_calculation_without_label_is_not_asked),
		cmocka_unit_test(headers_are_forgiven_case_spaces_and_aliases),
		cmocka_unit_test(languages_stand_behind_one_colon_or_two),
		cmocka_unit_test(the_default_language_may_be_named_by_its_code),
		cmocka_unit_test(texts_without_language_beside_labels_of_one_are_a_language),
		cmocka_unit_test(a_picture_without_language_belongs_to_all),
		cmocka_unit_test(our_column_overrides_where_it_says_something),
		cmocka_unit_test(a_group_may_name_an_entry),
		cmocka_unit_test(typographic_quotes_are_plain_in_expressions_and_stay_in_labels),
		cmocka_unit_test(yes_and_no_become_expressions),
		cmocka_unit_test(a_default_is_a_text_unless_it_computes),
		cmocka_unit_test(columns_of_choices_stay_with_them),
		cmocka_unit_test(a_list_from_a_file_is_reference_data),
		cmocka_unit_test(a_list_has_a_name_of_its_own_in_the_form),
		cmocka_unit_test(a_reference_may_have_spaces_inside),
		cmocka_unit_test(a_reference_to_the_submission_makes_its_identity),
		cmocka_unit_test(lists_of_external_choices_are_lists),
		cmocka_unit_test(choices_may_stand_twice_when_the_settings_say_so),
		cmocka_unit_test(or_other_adds_a_choice_and_a_question),
		cmocka_unit_test(a_loop_is_a_group_for_each_choice),
		cmocka_unit_test(a_table_list_has_a_row_of_labels),
		cmocka_unit_test(a_note_needs_no_name_and_an_empty_row_is_nothing),
		cmocka_unit_test(settings_have_many_names),
		cmocka_unit_test(without_settings_the_options_name_the_form),
		cmocka_unit_test(a_form_as_a_workbook_compiles_to_the_same_text),
		cmocka_unit_test(the_same_workbook_gives_the_same_bytes),
		cmocka_unit_test(a_reference_list_that_the_centre_lacks_is_a_warning),
		cmocka_unit_test(more_rows_than_a_form_has_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
