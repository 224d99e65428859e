/* form: canonical form text, and the default form. */
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

#define HEAD "mandoob-form\t1\nform\tsmall\t1\tنموذج\tForm\n"
#define ROOT "entry\troot\tonce\tأصل\tRoot\n"
#define GROUP "group\tmain\tأول\tFirst\n"
#define FIELD(name, entry, type, list, flags) \
	"field\t" name "\t" entry "\t" type "\t" list "\t" flags "\trepresentative\tmain\t\t\tسؤال\tQuestion\n"
#define LIST "list\tcolour\nchoice\tred\tأحمر\tRed\nchoice\tblue-1\tأزرق\tBlue\n"

static const char SMALL[] = HEAD ROOT "entry\tmember\trepeat\tفرد\tMember\n" GROUP FIELD("name", "root", "text", "-", "required,protected")
	FIELD("colour", "member", "select_one", "colour", "-")
	"field\tnote\troot\ttext\t-\thidden\tofficer\t\t${name} != 'a\\\\b'\tone\\ntwo\\tthree\tس\tQ\n" LIST "list\topen\n";

static struct form *parse_good(const char *text)
{
	struct form *f;

	if (form_parse(text, strlen(text), &f) != 0)
		fail_msg("%s", err_message());
	return f;
}

static void assert_refused(const char *text, int code)
{
	struct form *f = (struct form *)&f;

	assert_int_equal(form_parse(text, strlen(text), &f), code);
	assert_null(f);
}

static void small_form_reads_as_written(void **state)
{
	struct form *f = parse_good(SMALL);
	int note = form_field_find(f, "note");

	(void)state;
	assert_string_equal(form_id(f), "small");
	assert_string_equal(form_version(f), "1");
	assert_string_equal(form_title(f, false), "Form");
	assert_int_equal(form_field_count(f), 4);
	assert_int_equal(form_field_find(f, "name"), 1);
	assert_int_equal(note, 3);
	assert_string_equal(form_field(f, 3)->relevant, "${name} != 'a\\b'");
	assert_string_equal(form_field(f, 3)->note, "one\ntwo\tthree");
	assert_string_equal(form_field(f, 3)->group, "");
	assert_int_equal(form_field(f, 3)->write, FORM_BY_OFFICER);
	assert_true(form_field(f, 3)->is_hidden_from_applicant);
	assert_false(form_field(f, 3)->is_protected);
	assert_true(form_field(f, 1)->is_required);
	assert_true(form_field(f, 1)->is_protected);
	assert_int_equal(form_field(f, 2)->list, 0);
	assert_int_equal(form_list(f, 1)->choice_count, 0);
	assert_int_equal(form_group_count(f), 1);
	form_free(f);
}

static void choices_are_found_by_code_in_list_order(void **state)
{
	struct form *f = parse_good(SMALL);

	(void)state;
	assert_int_equal(form_choice_find(f, 0, "red", 3), 0);
	assert_int_equal(form_choice_find(f, 0, "blue-1", 6), 1);
	assert_int_equal(form_choice_find(f, 0, "blue-1x", 6), 1);
	assert_int_equal(form_choice_find(f, 0, "blue", 4), -1);
	assert_int_equal(form_choice_find(f, 0, "", 0), -1);
	assert_int_equal(form_choice_find(f, 0, "red\0", 4), -1);
	assert_int_equal(form_choice_find(f, 1, "red", 3), -1);
	form_free(f);
}

static void removal_belongs_to_every_entry_type_but_root(void **state)
{
	struct form *f = parse_good(SMALL);

	(void)state;
	assert_int_equal(form_field_find(f, "_gone"), FORM_FIELD_GONE);
	assert_false(form_field_fits(f, FORM_FIELD_GONE, FORM_ENTRY_ROOT));
	assert_true(form_field_fits(f, FORM_FIELD_GONE, 1));
	assert_true(form_field_fits(f, 1, 0));
	assert_false(form_field_fits(f, 1, 1));
	assert_false(form_field_fits(f, 99, 0));
	assert_false(form_field_fits(f, 1, 99));
	assert_int_equal(form_entry_type(f, 0)->field_count, 2);
	assert_int_equal(form_entry_type(f, 1)->fields[0], FORM_FIELD_GONE);
	assert_int_equal(form_entry_type(f, 1)->fields[1], 2);
	form_free(f);
}

static void broken_texts_are_refused(void **state)
{
	static const char *const BAD[] = {
		"", "mandoob-form\t1", "mandoob-form\t2\n", "mandoob-form\t1\n", HEAD, "mandoob-form\t1\r\n", HEAD ROOT "\n",
		HEAD "entry\troot\trepeat\ta\tb\n", HEAD "entry\tperson\tonce\ta\tb\n", HEAD ROOT ROOT, HEAD ROOT "entry\tx\tmany\ta\tb\n",
		HEAD ROOT GROUP GROUP, HEAD GROUP ROOT, HEAD HEAD ROOT, HEAD ROOT "form\tx\t1\ta\tb\n", HEAD ROOT "what\tx\n",
		HEAD ROOT "entry\tX\trepeat\ta\tb\n", HEAD ROOT "entry\t1x\trepeat\ta\tb\n", HEAD ROOT "entry\tx\trepeat\t\tb\n",
		HEAD ROOT GROUP FIELD("a", "root", "text", "-", "-") FIELD("a", "root", "text", "-", "-"),
		HEAD ROOT GROUP FIELD("_gone", "root", "text", "-", "-"), HEAD ROOT GROUP FIELD("root", "root", "text", "-", "-"),
		HEAD ROOT GROUP FIELD("a", "person", "text", "-", "-"), HEAD ROOT GROUP FIELD("a", "root", "words", "-", "-"),
		HEAD ROOT GROUP FIELD("a", "root", "text", "colour", "-") LIST,
		HEAD ROOT GROUP FIELD("a", "root", "select_one", "-", "-") LIST,
		HEAD ROOT GROUP FIELD("a", "root", "select_one", "shade", "-") LIST, HEAD ROOT GROUP FIELD("a", "root", "text", "-", ""),
		HEAD ROOT GROUP FIELD("a", "root", "text", "-", "protected,required"), HEAD ROOT FIELD("a", "root", "text", "-", "-"),
		HEAD ROOT GROUP FIELD("a\\q", "root", "text", "-", "-"), HEAD ROOT LIST LIST, HEAD ROOT "choice\ta\tb\tc\n",
		HEAD ROOT LIST "choice\tred\tb\tc\n", HEAD ROOT LIST "choice\tRED\tb\tc\n", HEAD ROOT LIST "choice\tr\tb\n",
		HEAD ROOT LIST "choice\tr\tb\tc\td\n", HEAD ROOT LIST GROUP, HEAD ROOT "group\tx\ta\\\tb\n",
		HEAD ROOT "group\tx\ta\\x\tb\n",
		HEAD ROOT "group\tx\t\xff\tb\n", HEAD ROOT "group\tx\ta\x01\tb\n", HEAD ROOT "group\tx\ta\x7f\tb\n",
		HEAD ROOT "group\tx\ta\tb",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		assert_refused(BAD[i], ERR_CORRUPT);
}

static void numbers_above_the_ceilings_are_refused(void **state)
{
	struct buf b;
	struct form *f;

	(void)state;
	buf_init(&b, FORM_TEXT_BYTES_MAX + 100);
	buf_text(&b, HEAD ROOT);
	for (int i = 1; i < FORM_ENTRY_TYPES_MAX; i++)
		buf_printf(&b, "entry\te%d\trepeat\ta\tb\n", i);
	assert_int_equal(form_parse((const char *)b.data, b.len, &f), 0);
	form_free(f);
	buf_text(&b, "entry\tmore\trepeat\ta\tb\n");
	assert_int_equal(form_parse((const char *)b.data, b.len, &f), ERR_LIMIT);

	buf_clear(&b);
	buf_text(&b, HEAD ROOT "list\tmany\n");
	for (int i = 0; i <= FORM_CHOICES_MAX; i++)
		buf_printf(&b, "choice\tc%d\ta\tb\n", i);
	assert_int_equal(form_parse((const char *)b.data, b.len, &f), ERR_LIMIT);

	buf_clear(&b);
	buf_text(&b, HEAD ROOT "group\tg\t");
	buf_space(&b, 10000);
	memset(b.data + b.len - 10000, 'x', 10000);
	buf_text(&b, "\tb\n");
	assert_int_equal(form_parse((const char *)b.data, b.len, &f), ERR_LIMIT);
	assert_int_equal(form_parse((const char *)b.data, FORM_TEXT_BYTES_MAX + 1, &f), ERR_LIMIT);
	buf_fini(&b);
}

/* Walk everything that a form holds; ASan watches. */
static void assert_consistent(const struct form *f)
{
	size_t in_entries = 0;

	for (size_t i = 1; i < form_field_count(f); i++) {
		const struct form_field *x = form_field(f, i);

		assert_int_equal(form_field_find(f, x->name), i);
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
	for (size_t l = 0; l < form_list_count(f); l++)
		for (size_t c = 0; c < form_list(f, l)->choice_count; c++) {
			const char *code = form_list(f, l)->choices[c].code;

			assert_int_equal(form_choice_find(f, (int)l, code, strlen(code)), c);
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
	struct form *f;
	const char *text;
	size_t len;
	size_t accepted = 0;

	(void)state;
	for (size_t i = 0; i < strlen(SMALL); i++)
		accepted += (size_t)try(SMALL, i);
	assert_in_range(accepted, 5, 7); /* some line ends are the end of a smaller form */
	assert_int_equal(form_default_new(&f), 0);
	text = form_text(f, &len);
	for (size_t i = 0; i < len; i += 97)
		try(text, i);
	form_free(f);
}

static void flipped_bytes_never_crash(void **state)
{
	static char copy[FORM_TEXT_BYTES_MAX];
	static const char FLIPS[] = { 0x01, 0x20, 0x08, '\t', (char)0x80, 0x40 };
	struct form *f;
	const char *text;
	size_t len;

	(void)state;
	memcpy(copy, SMALL, sizeof(SMALL));
	for (size_t i = 0; i < strlen(SMALL); i++)
		for (size_t n = 0; n < sizeof(FLIPS); n++) {
			copy[i] = (char)(copy[i] ^ FLIPS[n]);
			try(copy, strlen(SMALL));
			copy[i] = (char)(copy[i] ^ FLIPS[n]);
		}
	assert_int_equal(form_default_new(&f), 0);
	text = form_text(f, &len);
	memcpy(copy, text, len);
	for (size_t i = 0; i < len; i += 41) {
		copy[i] = (char)(copy[i] ^ FLIPS[i % sizeof(FLIPS)]);
		try(copy, len);
		copy[i] = text[i];
	}
	form_free(f);
}

static void same_text_has_the_same_hash_and_another_text_another(void **state)
{
	struct form *a = parse_good(SMALL);
	struct form *b = parse_good(SMALL);
	struct form *c = parse_good(HEAD ROOT);
	char hex[FORM_HASH_BYTES * 2 + 1];
	size_t len;

	(void)state;
	assert_memory_equal(form_hash(a), form_hash(b), FORM_HASH_BYTES);
	assert_memory_not_equal(form_hash(a), form_hash(c), FORM_HASH_BYTES);
	assert_string_equal(form_text(a, &len), SMALL);
	assert_int_equal(len, strlen(SMALL));
	for (size_t i = 0; i < FORM_HASH_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", form_hash(c)[i]);
	assert_string_equal(hex, "ab507922d54fa96c88fd1540798b05f8874751a4e93a5552e77bcd084b62907c");
	form_free(a);
	form_free(b);
	form_free(c);
}

static size_t count_fields(const struct form *f, const char *entry)
{
	return form_entry_type(f, (size_t)form_entry_type_find(f, entry))->field_count - 1;
}

static void default_form_has_130_questions_19_groups_51_lists_and_6_repeats(void **state)
{
	static const char *const REPEATS[] = { "member", "income", "debt", "request", "document", "inquiry" };
	static const size_t QUESTIONS[] = { 12, 5, 3, 5, 8, 4 };
	struct form *f;

	(void)state;
	assert_int_equal(form_default_new(&f), 0);
	assert_consistent(f);
	assert_int_equal(form_field_count(f), 131);
	assert_int_equal(form_group_count(f), 19);
	assert_int_equal(form_list_count(f), 51);
	assert_int_equal(form_entry_type_count(f), 9);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(count_fields(f, REPEATS[i]), QUESTIONS[i]);
	assert_int_equal(count_fields(f, "visit"), 8 + 7 + 3 + 8);
	assert_int_equal(count_fields(f, "declaration"), 14);
	form_free(f);
}

static void default_form_marks_what_is_protected_and_hidden(void **state)
{
	static const char *const PROTECTED[] = { "first_name", "id_number", "nationality", "iban", "income_amount", "member_name",
						 "member_lives_here", "signature_method", "no_income_declared" };
	static const char *const HIDDEN[] = { "recommendation", "recommended_support", "recommendation_reason", "protection_concern",
					      "observation_family", "observation_housing", "income_consistent" };
	struct form *f;
	size_t hidden = 0;

	(void)state;
	assert_int_equal(form_default_new(&f), 0);
	for (size_t i = 0; i < sizeof(PROTECTED) / sizeof(PROTECTED[0]); i++)
		assert_true(form_field(f, (size_t)form_field_find(f, PROTECTED[i]))->is_protected);
	for (size_t i = 0; i < sizeof(HIDDEN) / sizeof(HIDDEN[0]); i++)
		assert_true(form_field(f, (size_t)form_field_find(f, HIDDEN[i]))->is_hidden_from_applicant);
	for (size_t i = 0; i < form_field_count(f); i++)
		hidden += form_field(f, i)->is_hidden_from_applicant;
	assert_int_equal(hidden, 7);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_form_reads_as_written),
		cmocka_unit_test(choices_are_found_by_code_in_list_order),
		cmocka_unit_test(removal_belongs_to_every_entry_type_but_root),
		cmocka_unit_test(broken_texts_are_refused),
		cmocka_unit_test(numbers_above_the_ceilings_are_refused),
		cmocka_unit_test(truncated_texts_never_crash),
		cmocka_unit_test(flipped_bytes_never_crash),
		cmocka_unit_test(same_text_has_the_same_hash_and_another_text_another),
		cmocka_unit_test(default_form_has_130_questions_19_groups_51_lists_and_6_repeats),
		cmocka_unit_test(default_form_marks_what_is_protected_and_hidden),
		cmocka_unit_test(default_form_is_the_same_every_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
