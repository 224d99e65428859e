/* reference: ${name} as the field's compiler writes it out. Most cases are in the manner of that compiler's own tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/reference.h"
#include "tests/lib/formkit.h"

static const char FORM[] =
	"#survey\n"
	"type | name | list | member\n"
	"text | top\n"
	"begin_group | g\n"
	"text | in_group\n"
	"end_group\n"
	"begin_repeat | family\n"
	"integer | size\n"
	"text | same\n"
	"begin_group | house\n"
	"text | street\n"
	"text | town\n"
	"end_group\n"
	"begin_repeat | person\n"
	"text | name\n"
	"integer | age\n"
	"integer | pos\n"
	"begin_group | work\n"
	"text | job\n"
	"end_group\n"
	"end_repeat\n"
	"begin_repeat | pet\n"
	"text | breed\n"
	"end_repeat\n"
	"select_member | oldest | | person\n"
	"end_repeat\n"
	"begin_group | h\n"
	"text | same\n"
	"text | other\n"
	"end_group\n"
	"begin_group | i\n"
	"text | other\n"
	"end_group\n"
	"text | last\n";

static size_t node(const struct form *f, const char *path)
{
	int i = form_node_find(f, path);

	if (i < 0)
		fail_msg("%s: no such node", path);
	return (size_t)i;
}

static void assert_text(const struct form *f, const char *from, enum reference_place place, const char *text, const char *wanted)
{
	struct reference_problem problem;
	struct buf out;

	buf_init(&out, FORM_CELL_BYTES_MAX);
	if (reference_expand(f, *from ? node(f, from) : FORM_NODE_ROOT, place, text, &out, &problem) != 0)
		fail_msg("%s: %s", text, err_message());
	assert_string_equal(buf_string(&out), wanted);
	buf_fini(&out);
}

static void assert_expands(const struct form *f, const char *from, const char *text, const char *wanted)
{
	assert_text(f, from, REFERENCE_EXPRESSION, text, wanted);
}

static void outside_of_repeats_paths_are_absolute(void **state)
{
	assert_expands(*state, "last", "${top} = 1", " /data/top  = 1");
	assert_expands(*state, "last", "${in_group}", " /data/g/in_group ");
	assert_expands(*state, "g/in_group", "${ top }", " /data/top ");
	assert_expands(*state, "last", "sum(${age})", "sum( /data/family/person/age )");
	assert_expands(*state, "last", "count(${family})", "count( /data/family )");
	assert_expands(*state, "", "${top}", " /data/top ");
	assert_expands(*state, "family/size", "${top}", " /data/top ");
	assert_expands(*state, "last", "1 + 2", "1 + 2");
}

static void inside_one_repeat_paths_are_the_shortest_relative_ones(void **state)
{
	assert_expands(*state, "family/person/name", "${age}-1", " ../age -1");
	assert_expands(*state, "family/person/name", "${job}", " ../work/job ");
	assert_expands(*state, "family/person/work/job", "${name}", " ../../name ");
	assert_expands(*state, "family/person/work/job", "${size}", " ../../../size ");
	assert_expands(*state, "family/person/name", "${street}", " ../../house/street ");
	assert_expands(*state, "family/house/street", "${town}", " ../town ");
	assert_expands(*state, "family/house", "${town}", " ../house/town ");
	assert_expands(*state, "family/house", "${size}", " ../size ");
}

static void a_repeat_beside_is_reached_from_what_is_around_both(void **state)
{
	assert_expands(*state, "family/size", "count(${person})", "count( ../person )");
	assert_expands(*state, "family/pet/breed", "sum(${age})", "sum( ../../person/age )");
	assert_expands(*state, "family/person/name", "count(${person})", "count( ../../person )");
	assert_expands(*state, "family/person", "${size}", " ../size ");
}

static void a_repeat_that_is_in_no_other_is_absolute_from_inside(void **state)
{
	assert_expands(*state, "family/size", "position(${family})", "position( /data/family )");
	assert_expands(*state, "family", "${size}", " /data/family/size ");
}

static void predicates_beside_instance_begin_at_the_question(void **state)
{
	assert_expands(*state, "family/person/name", "instance('x')/root/item[i=${pos}]/label",
		"instance('x')/root/item[i= current()/../pos ]/label");
	assert_expands(*state, "family/person/name", "instance('x')/root/item[i=number(1+ ${pos}) and ${top} = 1]/label",
		"instance('x')/root/item[i=number(1+  current()/../pos ) and  /data/top  = 1]/label");
	assert_expands(*state, "family/person/name", "concat(instance('x')/root/item[i=${pos}]/label, ${pos} + 1)",
		"concat(instance('x')/root/item[i= current()/../pos ]/label,  ../pos  + 1)");
	assert_expands(*state, "family/person/name", "${person}[age = ${age}]", " ../../person [age =  ../age ]");
	assert_expands(*state, "last", "instance('x')/root/item[i=${top}]", "instance('x')/root/item[i= /data/top ]");
}

static void arguments_of_indexed_repeat_that_name_things_stay_absolute(void **state)
{
	assert_expands(*state, "family/person/name", "indexed-repeat(${name}, ${family}, 1, ${person}, ${pos}-1)",
		"indexed-repeat( /data/family/person/name ,  /data/family , 1,  /data/family/person ,  ../pos -1)");
	assert_expands(*state, "family/person/name", "concat(${name}, indexed-repeat(${age}, ${family}, 1, ${person}, 2), ${age})",
		"concat( ../name , indexed-repeat( /data/family/person/age ,  /data/family , 1,  /data/family/person , 2),  ../age )");
	assert_expands(*state, "family/person/name", "my-indexed-repeat(${age})", "my-indexed-repeat( ../age )");
	assert_expands(*state, "family/person/name", "indexed-repeat(${age}, ${person}, if(1, ${pos}, 'a,b('))",
		"indexed-repeat( /data/family/person/age ,  /data/family/person , if(1,  ../pos , 'a,b('))");
}

static void filters_of_choices_begin_at_the_question(void **state)
{
	assert_text(*state, "family/person/name", REFERENCE_CHOICE_FILTER, "zone = ${pos}", "zone =  current()/../pos ");
	assert_text(*state, "last", REFERENCE_CHOICE_FILTER, "zone = ${top}", "zone =  /data/top ");
}

static void filters_of_members_see_the_row(void **state)
{
	assert_text(*state, "family/oldest", REFERENCE_CHOICE_FILTER, "${age} > ${size} and ${job} != ''",
		" ./age  >  current()/../size  and  ./work/job  != ''");
}

static void the_nearest_of_several_is_meant(void **state)
{
	const struct form *f = *state;

	assert_int_equal(reference_find(f, node(f, "family/person/name"), "same", 4), (int)node(f, "family/same"));
	assert_int_equal(reference_find(f, node(f, "h/other"), "same", 4), (int)node(f, "h/same"));
	assert_int_equal(reference_find(f, node(f, "last"), "same", 4), -2);
	assert_int_equal(reference_find(f, node(f, "i/other"), "other", 5), (int)node(f, "i/other"));
	assert_int_equal(reference_find(f, node(f, "last"), "nothing", 7), -1);
	assert_int_equal(reference_find(f, node(f, "last"), "data", 4), -1);
}

static void texts_in_quotes_are_kept_where_they_are_no_reference(void **state)
{
	assert_expands(*state, "last", "concat('${', \"${x\", '${nobody}', ${top})", "concat('${', \"${x\", '${nobody}',  /data/top )");
	assert_expands(*state, "last", "'${top}'", "' /data/top '");
}

static void assert_problem(const struct form *f, const char *text, size_t at, const char *name)
{
	struct reference_problem problem;
	struct buf out;

	buf_init(&out, FORM_CELL_BYTES_MAX);
	assert_int_equal(reference_expand(f, node(f, "last"), REFERENCE_EXPRESSION, text, &out, &problem), ERR_USAGE);
	assert_int_equal(problem.at, at);
	assert_string_equal(problem.name, name);
	assert_non_null(strstr(problem.english, name));
	assert_non_null(strstr(problem.arabic, name));
	assert_int_equal(reference_expand(f, node(f, "last"), REFERENCE_EXPRESSION, text, &out, NULL), ERR_USAGE);
	buf_fini(&out);
}

static void what_is_no_reference_is_told_with_its_place(void **state)
{
	assert_problem(*state, "1 + ${nobody}", 4, "nobody");
	assert_problem(*state, "${Top}", 0, "Top");
	assert_problem(*state, "${same}", 0, "same");
	assert_problem(*state, "${}", 0, "");
	assert_problem(*state, "${top", 0, "top");
	assert_problem(*state, "${a b}", 0, "a b");
	assert_problem(*state, "${last-saved#top}", 0, "last-saved#top");
	assert_problem(*state, "${xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxسxx}", 0,
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static void brackets_beyond_all_measure_are_refused(void **state)
{
	static char text[1000];
	struct buf out;

	memset(text, '(', sizeof(text) - 1);
	buf_init(&out, FORM_CELL_BYTES_MAX);
	assert_int_equal(reference_expand(*state, 1, REFERENCE_EXPRESSION, text, &out, NULL), ERR_LIMIT);
	buf_fini(&out);
}

static int setup(void **state)
{
	*state = formkit_new(FORM);
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
		cmocka_unit_test(outside_of_repeats_paths_are_absolute),
		cmocka_unit_test(inside_one_repeat_paths_are_the_shortest_relative_ones),
		cmocka_unit_test(a_repeat_beside_is_reached_from_what_is_around_both),
		cmocka_unit_test(a_repeat_that_is_in_no_other_is_absolute_from_inside),
		cmocka_unit_test(predicates_beside_instance_begin_at_the_question),
		cmocka_unit_test(arguments_of_indexed_repeat_that_name_things_stay_absolute),
		cmocka_unit_test(filters_of_choices_begin_at_the_question),
		cmocka_unit_test(filters_of_members_see_the_row),
		cmocka_unit_test(the_nearest_of_several_is_meant),
		cmocka_unit_test(texts_in_quotes_are_kept_where_they_are_no_reference),
		cmocka_unit_test(what_is_no_reference_is_told_with_its_place),
		cmocka_unit_test(brackets_beyond_all_measure_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
