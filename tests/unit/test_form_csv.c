/* form_csv and csv: three tables become canonical form text; complaints name table, line and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/csv.h"
#include "proto/form/form.h"
#include "proto/form/form_csv.h"

#define SETTINGS_HEAD "kind,name,value,label_ar,label_en\n"
#define SETTINGS_FORM SETTINGS_HEAD "form,tiny,7,نموذج,Tiny\nentry,root,once,أصل,Root\nentry,kid,repeat,ابن,Child\n"
#define SETTINGS SETTINGS_FORM "group,kid,,أبناء,Children\nlist,town,open,,\n"
#define QUESTIONS_HEAD "group,repeat,entry,id,label_ar,label_en,type,required,constraint_note,relevant,list,write,flags\n"
#define QUESTIONS QUESTIONS_HEAD "kid,yes,,kid_town,بلدة,Town,select_one,yes,,,town,,\n"
#define CHOICES_HEAD "list,value,label_ar,label_en\n"
#define CHOICES CHOICES_HEAD "colour,red,أحمر,Red\n"

static int compile(const char *settings, const char *questions, const char *choices, struct buf *out)
{
	struct form_csv_tables t = {
		.settings = { "s", settings, strlen(settings) },
		.questions = { "q", questions, strlen(questions) },
		.choices = { "c", choices, strlen(choices) },
	};

	return form_csv_compile(&t, out);
}

static void assert_complains(const char *settings, const char *questions, const char *choices, const char *message)
{
	struct buf out;

	buf_init(&out, FORM_TEXT_BYTES_MAX);
	assert_int_equal(compile(settings, questions, choices, &out), ERR_USAGE);
	if (!strstr(err_message(), message))
		fail_msg("\"%s\" does not hold \"%s\"", err_message(), message);
	buf_fini(&out);
}

static void three_tables_become_canonical_text(void **state)
{
	static const char EXPECTED[] = "mandoob-form\t1\nform\ttiny\t7\tنموذج\tTiny\nentry\troot\tonce\tأصل\tRoot\n"
				       "entry\tkid\trepeat\tابن\tChild\ngroup\tkid\tأبناء\tChildren\n"
				       "field\tkid_town\tkid\tselect_one\ttown\trequired\trepresentative\tkid\t\t\tبلدة\tTown\n"
				       "field\tshade\troot\tselect_multiple\tcolour\tprotected,hidden\tofficer\t\t"
				       "${a}, \"b\"\tx\\\\y\\nz\tلون\tلون\n"
				       "list\ttown\nlist\tcolour\nchoice\tred\tأحمر\tRed\nchoice\t2\tأخضر\tGreen\n";
	struct buf out;

	(void)state;
	buf_init(&out, FORM_TEXT_BYTES_MAX);
	assert_int_equal(compile("\xef\xbb\xbf" SETTINGS,
				 QUESTIONS ",no,,shade, لون ,,select_multiple,,\"x\\y\r\nz\","
				 "\"${a}, \"\"b\"\"\",colour,officer,hidden protected\r\n",
				 CHOICES ",,,\ncolour,2,أخضر,Green", &out), 0);
	assert_string_equal(buf_string(&out), EXPECTED);
	buf_fini(&out);
}

static void optional_columns_may_be_missing_and_stand_anywhere(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, FORM_TEXT_BYTES_MAX);
	assert_int_equal(compile(SETTINGS, "label_en,type,id,label_ar,group\nAge,integer,age,عمر,\n", CHOICES, &out), 0);
	assert_non_null(strstr(buf_string(&out), "field\tage\troot\tinteger\t-\t-\trepresentative\t\t\t\tعمر\tAge\n"));
	buf_fini(&out);
}

static void broken_tables_are_named_with_line(void **state)
{
	(void)state;
	assert_complains("", QUESTIONS, CHOICES, "s: line 1: cell 1 names a column that is not known");
	assert_complains("kind,name\n", QUESTIONS, CHOICES, "s: line 1: column value is missing");
	assert_complains("kind,name,value,label_ar,label_en,kind\n", QUESTIONS, CHOICES, "s: line 1: column kind twice");
	assert_complains(SETTINGS "list,x\n", QUESTIONS, CHOICES, "s: line 7: more or fewer cells");
	assert_complains(SETTINGS "list,\"x,open,,\n", QUESTIONS, CHOICES, "s: line 7: a quotation mark");
	assert_complains(SETTINGS "list,x\"y,open,,\n", QUESTIONS, CHOICES, "s: line 7: a quotation mark");
	assert_complains(SETTINGS "list,\"x\"y,open,,\n", QUESTIONS, CHOICES, "s: line 7: a quotation mark");
	assert_complains(SETTINGS "list,x,open,\xff,\n", QUESTIONS, CHOICES, "s: not UTF-8 text");
	assert_complains(SETTINGS ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n", QUESTIONS, CHOICES, "s: line 7: too many cells");
}

static void wrong_settings_are_named_with_line_and_column(void **state)
{
	(void)state;
	assert_complains(SETTINGS "thing,x,,a,b\n", QUESTIONS, CHOICES, "s: line 7, column kind: form, entry, group or list");
	assert_complains(SETTINGS "entry,X,once,a,b\n", QUESTIONS, CHOICES, "s: line 7, column name: a name of small letters");
	assert_complains(SETTINGS "entry,x,many,a,b\n", QUESTIONS, CHOICES, "s: line 7, column value: once or repeat");
	assert_complains(SETTINGS "entry,kid,once,a,b\n", QUESTIONS, CHOICES, "s: line 7, column name: stands in an earlier row");
	assert_complains(SETTINGS "entry,x,once,,\n", QUESTIONS, CHOICES, "s: line 7, column label_ar: a label");
	assert_complains(SETTINGS "list,x,shut,,\n", QUESTIONS, CHOICES, "s: line 7, column value: open is needed");
	assert_complains(SETTINGS "group,x,1,a,b\n", QUESTIONS, CHOICES, "s: line 7, column value: a group has no value");
	assert_complains(SETTINGS_HEAD "form,tiny,7,a,b\nentry,kid,once,a,b\n", QUESTIONS_HEAD, CHOICES, "compiled form: form line 3");
	assert_complains(SETTINGS "form,other,1,a,b\n", QUESTIONS, CHOICES, "compiled form: form line 3");
}

static void wrong_questions_are_named_with_line_and_column(void **state)
{
	static const struct {
		const char *row;
		const char *message;
	} CASES[] = {
		{ ",,,Name,a,b,text,,,,,,", "q: line 3, column id: a name of small letters" },
		{ ",,,_x,a,b,text,,,,,,", "q: line 3, column id: a name" },
		{ ",,,kid_town,a,b,text,,,,,,", "q: line 3, column id: stands in an earlier row" },
		{ ",,,kid,a,b,text,,,,,,", "q: line 3, column id: is the name of an entry type" },
		{ "no_such,,,x,a,b,text,,,,,,", "q: line 3, column group: no such group" },
		{ ",maybe,,x,a,b,text,,,,,,", "q: line 3, column repeat: yes or no" },
		{ "kid,yes,root,x,a,b,text,,,,,,", "q: line 3, column entry: differs" },
		{ ",,house,x,a,b,text,,,,,,", "q: line 3, column entry: no such entry type" },
		{ ",,,x,a,b,word,,,,,,", "q: line 3, column type: not a type" },
		{ ",,,x,a,b,text,perhaps,,,,,", "q: line 3, column required: yes or no" },
		{ ",,,x,a,b,text,,,,,donor,", "q: line 3, column write: representative" },
		{ ",,,x,a,b,text,,,,,,secret", "q: line 3, column flags: protected and hidden" },
		{ ",,,x,a,b,text,,,,town,,", "q: line 3, column list: this type takes no list" },
		{ ",,,x,a,b,select_one,,,,,,", "q: line 3, column list: this type needs a list" },
		{ ",,,x,a,b,select_one,,,,shade,,", "q: line 3, column list: no choices" },
		{ ",,,x,,,text,,,,,,", "q: line 3, column label_ar: a label" },
	};
	struct buf questions;

	(void)state;
	buf_init(&questions, FORM_TEXT_BYTES_MAX);
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		buf_clear(&questions);
		buf_printf(&questions, "%s%s\n", QUESTIONS, CASES[i].row);
		assert_complains(SETTINGS, buf_string(&questions), CHOICES, CASES[i].message);
	}
	buf_fini(&questions);
}

static void wrong_choices_are_named_with_line_and_column(void **state)
{
	(void)state;
	assert_complains(SETTINGS, QUESTIONS, CHOICES "Colour,blue,a,b\n", "c: line 3, column list: a name of small letters");
	assert_complains(SETTINGS, QUESTIONS, CHOICES "colour,Blue,a,b\n", "c: line 3, column value: a code");
	assert_complains(SETTINGS, QUESTIONS, CHOICES "colour,blue,,\n", "c: line 3, column label_ar: a label");
	assert_complains(SETTINGS, QUESTIONS, CHOICES "town,blue,a,b\n", "c: line 3, column list: is open");
	assert_complains(SETTINGS, QUESTIONS, CHOICES "colour,red,a,b\n", "choice red twice");
}

static void truncated_tables_never_crash(void **state)
{
	static const char TABLE[] = QUESTIONS ",no,,shade,\" لون \"\"a\"\"\",,text,,\"x\r\ny\",,,officer,hidden protected\r\n";
	struct buf out;

	(void)state;
	buf_init(&out, FORM_TEXT_BYTES_MAX);
	for (size_t i = 0; i < sizeof(TABLE); i++) {
		struct form_csv_tables t = {
			.settings = { "s", SETTINGS, strlen(SETTINGS) },
			.questions = { "q", TABLE, i },
			.choices = { "c", CHOICES, strlen(CHOICES) },
		};
		int rc;

		buf_clear(&out);
		rc = form_csv_compile(&t, &out);
		assert_true(rc == 0 || rc == ERR_USAGE);
	}
	buf_fini(&out);
}

static void a_table_above_its_ceiling_is_refused(void **state)
{
	static const struct csv_column COLUMN = { "a", true };
	struct csv *c = (struct csv *)&c;

	(void)state;
	assert_int_equal(csv_parse("t", "", CSV_BYTES_MAX + 1, &COLUMN, 1, &c), ERR_LIMIT);
	assert_null(c);
	csv_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_tables_become_canonical_text),
		cmocka_unit_test(optional_columns_may_be_missing_and_stand_anywhere),
		cmocka_unit_test(broken_tables_are_named_with_line),
		cmocka_unit_test(wrong_settings_are_named_with_line_and_column),
		cmocka_unit_test(wrong_questions_are_named_with_line_and_column),
		cmocka_unit_test(wrong_choices_are_named_with_line_and_column),
		cmocka_unit_test(truncated_tables_never_crash),
		cmocka_unit_test(a_table_above_its_ceiling_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
