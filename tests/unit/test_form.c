/* form: canonical form text as a tree and its tables, and the default form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/form.h"
#include "proto/form/form_default.h"
#include "tests/lib/formkit.h"

/* The example of FORMAT.md section 3. */
static const char EXAMPLE[] = "mandoob-form\t2\n"
			      "settings\t3\nkey\tvalue\nform_id\tsmall\nversion\t1\nform_title\tنموذج\n"
			      "survey\t4\ntype\tlist\tname\tlabel\nbegin_repeat\t\tmember\tMember\n"
			      "select_one\tcolour\tshirt\tShirt\nend_repeat\t\t\t\ntext\t\tnote\t\n"
			      "choices\t2\nlist_name\tname\tlabel\ncolour\tred\tأحمر\ncolour\tblue\t\n";
#define EXAMPLE_HASH "38ae684a05cc877ee60110835598b703fa9459fdccdabf85ada1d60802724858"

static const char SMALL[] =
	"#settings\nkey | value\nform_id | small\nversion | 2026.1\nform_title | Plain\nform_title::العربية (ar) | نموذج\n"
	"form_title::English (en) | Form\ndefault_language | العربية (ar)\n"
	"#survey\n"
	"type | list | name | label::English (en) | label::العربية (ar) | hint::English (en) |"
	" required | relevant | constraint | calculation |"
	" default | default_kind | trigger | repeat_count | entry | write | protected | class | hidden | restricted | member | note\n"
	"start | | begun\n"
	"begin_group | | visiting | Visit | زيارة | | | | | | | | | | visit | officer\n"
	"text | | name | Name | الاسم | Full name | true() | 1 = 1 | . != '' | | | | | | | | yes | | | | | 2 letters\n"
	"begin_group | | inner\n"
	"select_multiple | colour | name | | لون | | | | | | red | literal | | | | representative | | money | yes | nurse\n"
	"end_group\n"
	"end_group\n"
	"begin_repeat | | member | Member | فرد\n"
	"text | | name\n"
	"begin_repeat | | toy | | | | | | | | | | | 2\n"
	"text | | name\n"
	"note | | hello\n"
	"end_repeat\n"
	"end_repeat\n"
	"begin_group | | last | | | | | | | | | | | | visit\n"
	"select_member | | who | | | | | | | | | | | | | | | | | | member\n"
	"calculate | | sum | | | | | | | 1 + 1\n"
	"calculate | | code | | | | | | | concat('a', uuid())\n"
	"calculate | | again | | | | | | | 1 | | | ${name}\n"
	"calculate | | text_only | | | | | | | concat('once(', \"random()\")\n"
	"calculate | | at_first | | | | | | | | 7\n"
	"hidden | | secret\n"
	"end_group\n"
	"select_one | open | place\n"
	"rank | colour | order\n"
	"#choices\nlist_name | name | label::العربية (ar) | label::English (en) | zone\n"
	"unused | a\ncolour | red | أحمر | Red | 7\ncolour | blue-1 | أزرق\ncolour | أخضر\n";

static struct form *parse_good(const char *tables)
{
	struct form *f = formkit_new(tables);

	if (!f)
		fail_msg("%s", err_message());
	return f;
}

static const struct form_node *node_named(const struct form *f, const char *path)
{
	int i = form_node_find(f, path);

	if (i < 0)
		fail_msg("%s: no such node", path);
	return form_node(f, (size_t)i);
}

static const struct form_field *field_named(const struct form *f, const char *name)
{
	int i = form_field_find(f, name);

	if (i < 0)
		fail_msg("%s: no such field", name);
	return form_field(f, (size_t)i);
}

static void settings_are_read_in_both_languages(void **state)
{
	struct form *f = *state;

	assert_string_equal(form_id(f), "small");
	assert_string_equal(form_version(f), "2026.1");
	assert_string_equal(form_title(f, true), "نموذج");
	assert_string_equal(form_title(f, false), "Form");
	assert_string_equal(form_setting(f, "form_title"), "Plain");
	assert_string_equal(form_setting(f, "kind"), "");
	assert_int_equal(form_language_count(f), 2);
	assert_string_equal(form_language(f, 0), "العربية (ar)");
	assert_int_equal(form_language_find(f, "en"), 1);
	assert_int_equal(form_language_find(f, "English"), 1);
	assert_int_equal(form_language_find(f, "fr"), 0);
}

static void nodes_stand_in_the_order_of_the_sheet_with_what_is_in_them_behind(void **state)
{
	struct form *f = *state;
	const struct form_node *root = form_node(f, FORM_NODE_ROOT);
	const struct form_node *member = node_named(f, "member");
	const struct form_node *toy = node_named(f, "member/toy");

	assert_string_equal(root->name, "data");
	assert_int_equal(root->parent, -1);
	assert_int_equal(root->end, form_node_count(f));
	assert_string_equal(form_words(f, FORM_NODE_ROOT, FORM_LABEL, 1), "Form");
	assert_int_equal(member->kind, FORM_NODE_REPEAT);
	assert_int_equal(member->depth, 1);
	assert_int_equal(toy->depth, 2);
	assert_int_equal(toy->parent, form_node_find(f, "member"));
	assert_int_equal(member->end, toy->end);
	assert_int_equal(toy->end, form_node_find(f, "member/toy") + 3);
	assert_string_equal(toy->columns[FORM_REPEAT_COUNT], "2");
	assert_int_equal(node_named(f, "visiting/name")->row, 2);
	assert_int_equal(form_node_find(f, "member/nobody"), -1);
	assert_int_equal(form_node_find(f, "/member"), -1);
	assert_int_equal(form_node_find(f, "visit/inner.name"), form_node_find(f, "visiting/inner/name"));
	assert_int_equal(form_node_find(f, "secret"), form_node_find(f, "last/secret"));
}

static void cells_become_members_of_their_node(void **state)
{
	struct form *f = *state;
	const struct form_node *name = node_named(f, "visiting/name");
	const struct form_node *colour = node_named(f, "visiting/inner/name");
	size_t i = (size_t)form_node_find(f, "visiting/name");

	assert_string_equal(name->columns[FORM_RELEVANT], "1 = 1");
	assert_string_equal(name->columns[FORM_CONSTRAINT], ". != ''");
	assert_string_equal(name->columns[FORM_TRIGGER], "");
	assert_string_equal(form_words(f, i, FORM_LABEL, 0), "الاسم");
	assert_string_equal(form_words(f, i, FORM_LABEL, 1), "Name");
	assert_string_equal(form_words(f, i, FORM_HINT, 1), "Full name");
	assert_string_equal(form_words(f, i, FORM_GUIDANCE, 1), "");
	assert_string_equal(form_words(f, i + 2, FORM_LABEL, 1), "لون");
	assert_true(colour->is_default_literal);
	assert_string_equal(colour->restricted, "nurse");
	assert_string_equal(colour->class, "money");
	assert_true(colour->is_hidden);
	assert_string_equal(node_named(f, "last/who")->member_type, "member");
	assert_string_equal(node_named(f, "begun")->metadata, "start");
	assert_int_equal(node_named(f, "begun")->type, FORM_DATETIME);
}

static void rights_pass_from_a_group_to_what_is_in_it(void **state)
{
	struct form *f = *state;

	assert_int_equal(node_named(f, "visiting/name")->write, FORM_BY_OFFICER);
	assert_int_equal(node_named(f, "visiting/inner/name")->write, FORM_BY_REPRESENTATIVE);
	assert_int_equal(node_named(f, "last")->write, FORM_BY_REPRESENTATIVE);
	assert_true(field_named(f, "name")->is_protected);
	assert_false(node_named(f, "visiting/inner/name")->is_protected);
}

static void entry_types_are_numbered_as_the_sheet_names_them(void **state)
{
	struct form *f = *state;
	static const char *const NAMES[] = { "root", "visit", "member", "toy" };

	assert_int_equal(form_entry_type_count(f), 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(form_entry_type(f, i)->name, NAMES[i]);
	assert_int_equal(form_entry_type(f, 0)->kind, FORM_ENTRY_IS_ROOT);
	assert_int_equal(form_entry_type(f, 1)->kind, FORM_ENTRY_IS_SESSION);
	assert_true(form_entry_type(f, 1)->is_repeat);
	assert_int_equal(form_entry_type(f, 2)->kind, FORM_ENTRY_IS_REPEAT);
	assert_int_equal(form_entry_type(f, 3)->parent, 2);
	assert_int_equal(form_entry_type(f, 2)->parent, FORM_ENTRY_ROOT);
	assert_string_equal(form_entry_type(f, 1)->label_en, "Visit");
	assert_string_equal(form_entry_type(f, 3)->label_ar, "toy");
	assert_int_equal(node_named(f, "last/who")->entry_type, 1);
	assert_int_equal(node_named(f, "place")->entry_type, 0);
}

static void fields_are_numbered_in_survey_order(void **state)
{
	static const char *const NAMES[] = { "_gone", "begun", "name", "inner.name", "name", "_parent", "name", "who", "code",
		"again", "at_first",
					     "secret", "place", "order" };
	struct form *f = *state;

	assert_int_equal(form_field_count(f), sizeof(NAMES) / sizeof(NAMES[0]));
	for (size_t i = 0; i < form_field_count(f); i++)
		assert_string_equal(form_field(f, i)->name, NAMES[i]);
	assert_int_equal(form_entry_type(f, 3)->field_count, 3);
	assert_int_equal(form_entry_type(f, 3)->fields[0], FORM_FIELD_GONE);
	assert_int_equal(form_entry_type(f, 3)->fields[1], 5);
	assert_int_equal(form_field(f, 5)->type, FORM_SELECT_MEMBER);
	assert_int_equal(form_field(f, 5)->node, -1);
	assert_int_equal(form_field_find(f, "name"), 2);
	assert_int_equal(form_field_find_in(f, 3, "name"), 6);
	assert_int_equal(form_field_find_in(f, 0, "name"), -1);
	assert_string_equal(form_field(f, 3)->group, "visiting");
	assert_string_equal(form_field(f, 12)->group, "");
	assert_string_equal(form_field(f, 2)->note, "2 letters");
	assert_true(form_field(f, 2)->is_required);
}

static void calculations_are_fields_when_their_value_must_be_kept(void **state)
{
	struct form *f = *state;

	assert_int_equal(node_named(f, "last/sum")->type, FORM_CALCULATE);
	assert_int_equal(node_named(f, "last/sum")->field, -1);
	assert_int_equal(node_named(f, "last/text_only")->type, FORM_CALCULATE);
	assert_int_equal(node_named(f, "last/code")->type, FORM_TEXT);
	assert_true(node_named(f, "last/code")->is_computed);
	assert_true(node_named(f, "last/again")->is_computed);
	assert_true(node_named(f, "last/at_first")->is_computed);
	assert_true(node_named(f, "last/secret")->is_computed);
	assert_false(node_named(f, "last/who")->is_computed);
	assert_true(form_is_register_calculation("1 + once (now())", "", ""));
	assert_false(form_is_register_calculation("not-random(1) + my_uuid()", "", ""));
	assert_false(form_is_register_calculation("${random} + 1", "", ""));
	assert_false(form_is_register_calculation("'once()", "", ""));
	assert_false(form_is_register_calculation("", "", ""));
}

static void choices_are_found_by_code_in_list_order(void **state)
{
	struct form *f = *state;
	int colour = form_list_find(f, "colour");

	assert_int_equal(colour, 0);
	assert_int_equal(form_list_find(f, "open"), 1);
	assert_int_equal(form_list_find(f, "unused"), 2);
	assert_int_equal(form_list(f, 1)->choice_count, 0);
	assert_int_equal(form_choice_find(f, 0, "red", 3), 0);
	assert_int_equal(form_choice_find(f, 0, "blue-1", 6), 1);
	assert_int_equal(form_choice_find(f, 0, "blue-1x", 6), 1);
	assert_int_equal(form_choice_find(f, 0, "blue", 4), -1);
	assert_int_equal(form_choice_find(f, 0, "", 0), -1);
	assert_int_equal(form_choice_find(f, 0, "red\0", 4), -1);
	assert_int_equal(form_choice_find(f, 0, "أخضر", strlen("أخضر")), 2);
	assert_int_equal(form_choice_find(f, 1, "red", 3), -1);
	assert_string_equal(form_list(f, 0)->choices[1].label_en, "أزرق");
	assert_string_equal(form_choice_label(f, 0, 0, 1), "Red");
	assert_string_equal(form_choice_label(f, 0, 2, 1), "أخضر");
	assert_int_equal(form_choice_column_count(f), 1);
	assert_string_equal(form_choice_column(f, 0), "zone");
	assert_string_equal(form_choice_cell(f, 0, 0, 0), "7");
	assert_string_equal(form_choice_cell(f, 0, 1, 0), "");
	assert_string_equal(form_choice_picture(f, 0, 0, 0), "");
}

static void a_code_that_stands_twice_means_the_first(void **state)
{
	struct form *f = parse_good("#survey\ntype | list | name\nselect_one | x | q\n"
				    "#choices\nlist_name | name | zone\nx | b | 1\nx | a | 2\nx | b | 3\nx | b | 4\n");

	(void)state;
	assert_int_equal(form_choice_find(f, 0, "b", 1), 0);
	assert_int_equal(form_choice_find(f, 0, "a", 1), 1);
	form_free(f);
}

static void a_form_without_languages_has_one_without_a_name(void **state)
{
	struct form *f = parse_good("#survey\ntype | name | label\ntext | a | A ${b}\ntext | b\n");

	(void)state;
	assert_int_equal(form_language_count(f), 1);
	assert_string_equal(form_language(f, 0), "");
	assert_string_equal(form_title(f, true), "small");
	assert_string_equal(form_field(f, 1)->label_ar, "A ${b}");
	assert_string_equal(form_field(f, 2)->label_en, "b");
	form_free(f);
}

static void removal_belongs_to_every_entry_type_but_root(void **state)
{
	struct form *f = *state;

	assert_int_equal(form_field_find(f, "_gone"), FORM_FIELD_GONE);
	assert_false(form_field_fits(f, FORM_FIELD_GONE, FORM_ENTRY_ROOT));
	assert_true(form_field_fits(f, FORM_FIELD_GONE, 1));
	assert_true(form_field_fits(f, 1, 0));
	assert_false(form_field_fits(f, 1, 1));
	assert_false(form_field_fits(f, 99, 0));
	assert_false(form_field_fits(f, 1, 99));
}

static void forms_that_make_no_sense_are_refused(void **state)
{
	static const char *const BAD[] = {
		"#settings\nkey | value\nform_id | a b\nversion | 1\n", "#settings\nkey | value\nform_id | a\n",
		"#settings\nkey | value\nform_id | a\nversion | one two\n",
		"#settings\nkey | value\nform_id | a\nversion | 1\ndefault_language | ar\n",
		"#survey\ntype | name\nwords | a\n", "#survey\ntype | name\ntext | 1a\n", "#survey\ntype | name\ntext |\n",
		"#survey\ntype | name\ntext | _gone\n", "#survey\ntype | name\ntext | _parent\n",
		"#survey\ntype | name\ntext | a\ntext | a\n",
		"#survey\ntype | name\nbegin_group | a\n", "#survey\ntype | name\nend_group\n",
		"#survey\ntype | name\nbegin_group | a\nend_repeat\n", "#survey\ntype | name\nbegin_group | a\nend_group | a\n",
		"#survey\ntype | name | list\ntext | a | x\n", "#survey\ntype | name\nselect_one | a\n",
		"#survey\ntype | name | list\nselect_one | a | x y\n", "#survey\ntype | name\nselect_member | a\n",
		"#survey\ntype | name | member\nselect_member | a | b\n", "#survey\ntype | name | member\ntext | a | a\n",
		"#survey\ntype | name | entry\ntext | a | visit\n", "#survey\ntype | name | entry\nbegin_group | a | root\nend_group\n",
		"#survey\ntype | name | entry\nbegin_repeat | r\nbegin_group | a | visit\nend_group\nend_repeat\n",
		"#survey\ntype | name | entry\nbegin_repeat | r\nend_repeat\nbegin_group | a | r\nend_group\n",
		"#survey\ntype | name | write\ntext | a | anybody\n", "#survey\ntype | name | protected\ntext | a | no\n",
		"#survey\ntype | name | default | default_kind\ntext | a | | literal\n",
		"#survey\ntype | name | repeat_count\ntext | a | 1\n",
		"#survey\ntype | name | restricted\ntext | a | two words\n",
		"#choices\nlist_name | name\nx | a\n | b\n", "#choices\nlist_name | name\nx |\n",
		"#choices\nlist_name | name\nx | a\u200fb\n", "#choices\nlist_name | name\n.x | a\n", "#choices\nlist_name | name\nx/y | a\n",
		"#survey\ntype | list | name\nselect_multiple | x | q\n#choices\nlist_name | name\nx | a b\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		if (formkit_refusal(BAD[i]) != ERR_CORRUPT)
			fail_msg("form %zu was taken: %s", i, BAD[i]);
	assert_int_equal(formkit_refusal("#survey\ntype | list | name\nselect_one | x | q\n#choices\nlist_name | name\nx | a b\n"), 0);
	assert_int_equal(formkit_refusal("#survey\ntype | list | name\nselect_one | 2x | q\n#choices\nlist_name | name\n2x | a\n"), 0);
}

static void rows_of_a_list_stand_together(void **state)
{
	static const char TEXT[] = "mandoob-form\t2\nsettings\t2\nkey\tvalue\nform_id\ta\nversion\t1\nsurvey\t0\ntype\tname\n"
				   "choices\t3\nlist_name\tname\nx\t1\ny\t1\nx\t2\n";
	struct form *f;

	(void)state;
	assert_int_equal(form_parse(TEXT, strlen(TEXT), &f), ERR_CORRUPT);
	assert_null(f);
}

static int refusal_of(const struct buf *tables)
{
	struct buf copy = *tables;

	return formkit_refusal(buf_string(&copy));
}

static void numbers_above_the_ceilings_are_refused(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, FORM_TEXT_BYTES_MAX);
	buf_text(&b, "#survey\ntype | name\n");
	for (int i = 1; i < FORM_ENTRY_TYPES_MAX; i++)
		buf_printf(&b, "begin_repeat | r%d\nend_repeat\n", i);
	buf_append(&b, "", 1);
	assert_int_equal(formkit_refusal((const char *)b.data), 0);
	b.len--;
	buf_text(&b, "begin_repeat | more\nend_repeat\n");
	assert_int_equal(refusal_of(&b), ERR_LIMIT);

	buf_fini(&b);
	buf_text(&b, "#survey\ntype | name\n");
	for (int i = 1; i < FORM_FIELDS_MAX + 1; i++)
		buf_printf(&b, "text | q%d\n", i);
	buf_append(&b, "", 1);
	assert_int_equal(formkit_refusal((const char *)b.data), ERR_LIMIT);

	buf_fini(&b);
	buf_text(&b, "#survey\ntype | name\n");
	for (int i = 0; i < FORM_DEPTH_MAX; i++)
		buf_printf(&b, "begin_group | g%d\n", i);
	for (int i = 0; i < FORM_DEPTH_MAX; i++)
		buf_text(&b, "end_group\n");
	buf_append(&b, "", 1);
	assert_int_equal(formkit_refusal((const char *)b.data), ERR_LIMIT);

	buf_fini(&b);
	buf_text(&b, "#choices\nlist_name | name\n");
	for (int i = 0; i <= FORM_CHOICES_MAX; i++)
		buf_printf(&b, "x | c%d\n", i);
	buf_append(&b, "", 1);
	assert_int_equal(formkit_refusal((const char *)b.data), ERR_LIMIT);
	buf_fini(&b);
}

/* Walk everything that a form holds; ASan watches. */
static void assert_consistent(const struct form *f)
{
	size_t in_entries = 0;

	for (size_t i = 1; i < form_field_count(f); i++) {
		const struct form_field *x = form_field(f, i);

		assert_int_equal(form_field_find_in(f, x->entry_type, x->name), i);
		assert_true(x->node < 0 || form_node(f, (size_t)x->node)->field == (int)i);
		assert_true(form_type_is_field(x->type));
		assert_true(form_field_fits(f, i, x->entry_type));
		assert_true(form_type_has_list(x->type) == (x->list >= 0));
		assert_true(!*x->group || form_group_find(f, x->group) >= 0);
		assert_int_equal(form_type_find(form_type_name(x->type)), x->type);
		assert_int_equal(form_writer_find(form_writer_name(x->write)), x->write);
		assert_true(strlen(x->label_ar) > 0 && strlen(x->label_en) > 0);
	}
	for (size_t e = 0; e < form_entry_type_count(f); e++) {
		assert_int_equal(form_entry_type_find(f, form_entry_type(f, e)->name), e);
		for (size_t i = 0; i < form_entry_type(f, e)->field_count; i++)
			assert_true(form_field_fits(f, form_entry_type(f, e)->fields[i], e));
		in_entries += form_entry_type(f, e)->field_count;
	}
	assert_int_equal(in_entries, form_field_count(f) - 1 + form_entry_type_count(f) - 1);
	for (size_t i = 1; i < form_node_count(f); i++) {
		const struct form_node *n = form_node(f, i);

		assert_in_range(n->parent, 0, i - 1);
		assert_in_range(n->end, i + 1, form_node(f, (size_t)n->parent)->end);
		assert_int_equal(n->depth, form_node(f, (size_t)n->parent)->depth + 1);
	}
	for (size_t l = 0; l < form_list_count(f); l++)
		for (size_t c = 0; c < form_list(f, l)->choice_count; c++) {
			const char *code = form_list(f, l)->choices[c].code;

			assert_in_range(form_choice_find(f, (int)l, code, strlen(code)), 0, c);
		}
}

/* Parse what may be broken; when it is accepted it must be whole. Returns 1 when accepted. */
static int try(const char *text, size_t len)
{
	struct form *f;

	if (form_parse(text, len, &f) != 0) {
		assert_null(f);
		return 0;
	}
	assert_consistent(f);
	form_free(f);
	return 1;
}

static void truncated_texts_never_crash(void **state)
{
	size_t len;
	const char *text = form_text(*state, &len);

	for (size_t i = 0; i < len; i++)
		assert_int_equal(try(text, i), 0);
	assert_int_equal(try(text, len), 1);
}

static void flipped_bytes_never_crash(void **state)
{
	static char copy[FORM_TEXT_BYTES_MAX];
	static const char FLIPS[] = { 0x01, 0x20, 0x08, '\t', (char)0x80, 0x40 };
	size_t len;
	const char *text = form_text(*state, &len);
	size_t accepted = 0;

	memcpy(copy, text, len);
	for (size_t i = 0; i < len; i++)
		for (size_t n = 0; n < sizeof(FLIPS); n++) {
			copy[i] = (char)(text[i] ^ FLIPS[n]);
			accepted += (size_t)try(copy, len);
			copy[i] = text[i];
		}
	assert_in_range(accepted, 1, len * sizeof(FLIPS) / 2);
}

static void example_of_the_format_has_its_hash(void **state)
{
	char hex[FORM_HASH_BYTES * 2 + 1];
	struct form *f;
	size_t len;

	(void)state;
	if (form_parse(EXAMPLE, strlen(EXAMPLE), &f) != 0)
		fail_msg("%s", err_message());
	for (size_t i = 0; i < FORM_HASH_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", form_hash(f)[i]);
	assert_string_equal(hex, EXAMPLE_HASH);
	assert_string_equal(form_text(f, &len), EXAMPLE);
	assert_int_equal(len, strlen(EXAMPLE));
	assert_memory_not_equal(form_hash(f), form_hash(*state), FORM_HASH_BYTES);
	form_free(f);
}

static size_t count_fields(const struct form *f, const char *entry)
{
	return form_entry_type(f, (size_t)form_entry_type_find(f, entry))->field_count - 1;
}

static void default_form_has_its_entry_types_and_19_pages(void **state)
{
	static const char *const REPEATS[] = { "member", "income", "debt", "request", "document", "inquiry" };
	static const size_t QUESTIONS[] = { 12, 5, 3, 5, 8, 4 };
	struct form *f;

	(void)state;
	assert_int_equal(form_default_new(&f), 0);
	assert_consistent(f);
	assert_in_range(form_field_count(f), 131, 200);
	assert_int_equal(form_group_count(f), 19);
	assert_int_equal(form_entry_type_count(f), 9);
	for (size_t i = 0; i < 6; i++) {
		int entry = form_entry_type_find(f, REPEATS[i]);

		assert_true(entry > 0);
		assert_int_equal(form_entry_type(f, (size_t)entry)->kind, FORM_ENTRY_IS_REPEAT);
		assert_in_range(count_fields(f, REPEATS[i]), QUESTIONS[i], QUESTIONS[i] + 5);
	}
	assert_int_equal(form_entry_type(f, (size_t)form_entry_type_find(f, "visit"))->kind, FORM_ENTRY_IS_SESSION);
	assert_int_equal(form_entry_type(f, (size_t)form_entry_type_find(f, "declaration"))->kind, FORM_ENTRY_IS_SESSION);
	form_free(f);
}

static void default_form_marks_what_is_protected_and_hidden(void **state)
{
	static const char *const PROTECTED[] = { "first_name", "id_number", "nationality", "iban", "income_amount", "member_name",
						 "member_lives_here", "signature_method", "no_income_declared" };
	static const char *const HIDDEN[] = { "recommendation", "recommended_support", "recommendation_reason", "protection_concern",
					      "observation_family", "observation_housing", "income_consistent" };
	struct form *f;

	(void)state;
	assert_int_equal(form_default_new(&f), 0);
	for (size_t i = 0; i < sizeof(PROTECTED) / sizeof(PROTECTED[0]); i++)
		assert_true(form_field(f, (size_t)form_field_find(f, PROTECTED[i]))->is_protected);
	for (size_t i = 0; i < sizeof(HIDDEN) / sizeof(HIDDEN[0]); i++)
		assert_true(form_field(f, (size_t)form_field_find(f, HIDDEN[i]))->is_hidden_from_applicant);
	assert_false(form_field(f, (size_t)form_field_find(f, "suggestion"))->is_hidden_from_applicant);
	assert_false(form_field(f, (size_t)form_field_find(f, "landmark"))->is_protected);
	assert_int_equal(form_field(f, (size_t)form_field_find(f, "mobile"))->type, FORM_MOBILE);
	assert_int_equal(form_field(f, (size_t)form_field_find(f, "id_number"))->type, FORM_TEXT);
	assert_int_equal(form_field(f, (size_t)form_field_find(f, "witness_id_number"))->type, FORM_SA_ID);
	form_free(f);
}

static void default_form_is_the_same_every_time(void **state)
{
	struct form *a;
	struct form *b;

	(void)state;
	assert_int_equal(form_default_new(&a), 0);
	assert_int_equal(form_default_new(&b), 0);
	assert_memory_equal(form_hash(a), form_hash(b), FORM_HASH_BYTES);
	form_free(a);
	form_free(b);
	form_free(NULL);
}

static int setup(void **state)
{
	*state = formkit_new(SMALL);
	if (!*state)
		print_message("%s\n", err_message());
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	form_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_read_in_both_languages),
		cmocka_unit_test(nodes_stand_in_the_order_of_the_sheet_with_what_is_in_them_behind),
		cmocka_unit_test(cells_become_members_of_their_node),
		cmocka_unit_test(rights_pass_from_a_group_to_what_is_in_it),
		cmocka_unit_test(entry_types_are_numbered_as_the_sheet_names_them),
		cmocka_unit_test(fields_are_numbered_in_survey_order),
		cmocka_unit_test(calculations_are_fields_when_their_value_must_be_kept),
		cmocka_unit_test(choices_are_found_by_code_in_list_order),
		cmocka_unit_test(a_code_that_stands_twice_means_the_first),
		cmocka_unit_test(a_form_without_languages_has_one_without_a_name),
		cmocka_unit_test(removal_belongs_to_every_entry_type_but_root),
		cmocka_unit_test(forms_that_make_no_sense_are_refused),
		cmocka_unit_test(rows_of_a_list_stand_together),
		cmocka_unit_test(numbers_above_the_ceilings_are_refused),
		cmocka_unit_test(truncated_texts_never_crash),
		cmocka_unit_test(flipped_bytes_never_crash),
		cmocka_unit_test(example_of_the_format_has_its_hash),
		cmocka_unit_test(default_form_has_its_entry_types_and_19_pages),
		cmocka_unit_test(default_form_marks_what_is_protected_and_hidden),
		cmocka_unit_test(default_form_is_the_same_every_time),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
