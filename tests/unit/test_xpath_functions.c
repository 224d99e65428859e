/*
 * Examples for the functions of expressions beyond XPath 1.0: proto/form/xpath/function_{odk,text,tree,number,date,geo} and digest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/xpath/regex.h"
#include "tests/lib/functionkit.h"

/* ---- choices ---- */

static void chosen_codes_are_words_of_the_answer(void **state)
{
	static const char *const ROWS[][2] = {
		{ "selected(langs, 'en')", "true" },
		{ "selected(langs, ' en ')", "true" },
		{ "selected(langs, 'e')", "false" },
		{ "selected(langs, 'ar en')", "false" },
		{ "selected('  a   b ', 'b')", "true" },
		{ "is-selected('a b', 'b')", "true" },
		{ "selected(none, 'a')", "false" },
		{ "selected(none, '')", "true" },
		{ "selected(langs, '')", "false" },
		{ "count-selected(langs)", "3" },
		{ "count-selected(none)", "0" },
		{ "count-selected('  a  b ')", "2" },
		{ "selected-at(langs, 0)", "ar" },
		{ "selected-at(langs, '2')", "ur" },
		{ "selected-at(langs, 3)", "" },
		{ "selected-at(langs, -1)", "" },
		{ "selected-at(langs, 'x')", "" },
		{ "selected-at(none, 0)", "" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void labels_and_settings_come_from_the_world(void **state)
{
	static const char *const ROWS[][2] = {
		{ "jr:choice-name('ar', '/data/langs')", "label of ar" },
		{ "jr:choice-name(selected-at(langs, 1), ' /data/langs ')", "label of en" },
		{ "jr:choice-name('ar', '/data/name')", "" },
		{ "jr:itext('one')", "واحد" },
		{ "jr:itext('two')", "" },
		{ "version()", "2026-1" },
		{ "property('version')", "2026-1" },
		{ "m:setting('version')", "2026-1" },
		{ "m:setting('unknown')", "" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void a_world_without_functions_answers_nothing(void **state)
{
	struct functionkit *f = *state;

	f->world = (struct xpath_world){ .now_ms = FUNCTIONKIT_NOW_MS };
	functionkit_gives(f, "jr:choice-name('ar', '/data/langs')", "");
	functionkit_gives(f, "jr:itext('one')", "");
	functionkit_gives(f, "version()", "");
	functionkit_gives(f, "m:setting('version')", "");
	functionkit_gives(f, "count(instance('villages'))", "0");
	functionkit_gives(f, "pulldata('villages', 'label', 'name', 'abha')", "");
	functionkit_gives(f, "random()", "NaN");
	functionkit_gives(f, "uuid()", "");
	functionkit_gives(f, "uuid(5)", "");
	functionkit_gives(f, "randomize(child)/age", "7");
}

/* ---- conditions ---- */

static void if_looks_at_one_branch_only(void **state)
{
	static const char *const ROWS[][2] = {
		{ "if(1 = 1, 'a', weighted-checklist(1, 2, 3))", "a" },
		{ "if(none = 'x', weighted-checklist(1, 2, 3), 'b')", "b" },
		{ "count(if(true(), child, name))", "2" },
		{ "if(none, 'set', 'node without text')", "set" },
		{ "coalesce(none, 'b')", "b" },
		{ "coalesce(name, weighted-checklist(1, 2, 3))", "سعيد بن علي" },
		{ "coalesce(nothing, none)", "" },
		{ "coalesce(number('x'), 0)", "0" },
		{ "coalesce(0, 1)", "0" },
		{ "coalesce(child/age, 5) + 1", "8" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void once_keeps_the_answer_that_is_there(void **state)
{
	struct functionkit *f = *state;

	f->context.node = f->data->first_child;
	functionkit_gives(f, "once('new')", "سعيد بن علي");
	f->context.node = f->data->first_child->next->next;
	functionkit_gives(f, "once('new')", "new");
	functionkit_gives(f, "once(number('x'))", "");
	functionkit_gives(f, "once(1 div 0)", "Infinity");
}

static void checklists_count_what_holds(void **state)
{
	static const char *const ROWS[][2] = {
		{ "checklist(1, 2, true(), true(), false())", "true" },
		{ "checklist(3, -1, true(), true(), false())", "false" },
		{ "checklist(-1, 1, true(), true())", "false" },
		{ "checklist(2, 2, child/age)", "true" },
		{ "checklist(1, -1, none)", "false" },
		{ "weighted-checklist(5, 9, true(), 5, false(), 100)", "true" },
		{ "weighted-checklist(6, 9, true(), 5, false(), 100)", "false" },
		{ "weighted-checklist(19, 19, child/age, child/age)", "true" },
		{ "weighted-checklist(-1, -1, none, child/age)", "false" },
		{ "boolean-from-string('true')", "true" },
		{ "boolean-from-string(1)", "true" },
		{ "boolean-from-string('yes')", "false" },
		{ "count-non-empty(*)", "6" },
		{ "count-non-empty(none | nothing)", "0" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
	functionkit_fails(*state, "weighted-checklist(1, 2, true())", ERR_USAGE);
}

/* ---- texts ---- */

static void texts_are_cut_and_joined_by_characters(void **state)
{
	static const char *const ROWS[][2] = {
		{ "substr('hello', 1, 4)", "ell" },
		{ "substr('hello', 1)", "ello" },
		{ "substr('hello', -2)", "lo" },
		{ "substr('hello', 0, -1)", "hell" },
		{ "substr('hello', 3, 2)", "" },
		{ "substr('hello', 0, 99)", "hello" },
		{ "substr('hello', -99, 2)", "he" },
		{ "substr(name, 5, 7)", "بن" },
		{ "substr(name, -3)", "علي" },
		{ "substr('', 0, 5)", "" },
		{ "join(', ', child/age)", "7, 12" },
		{ "join('-', 1, child/age, 'x', none)", "1-7-12-x-" },
		{ "join('-')", "" },
		{ "join('-', nothing)", "" },
		{ "concat(child/age, '!')", "712!" },
		{ "ends-with(name, 'علي')", "true" },
		{ "ends-with('a', '')", "true" },
		{ "ends-with('', 'a')", "false" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void texts_stop_at_their_ceiling(void **state)
{
	struct functionkit *f = *state;
	char *half = malloc(XPATH_STRING_BYTES_MAX / 2 + 1);

	assert_non_null(half);
	memset(half, 'a', XPATH_STRING_BYTES_MAX / 2);
	half[XPATH_STRING_BYTES_MAX / 2] = '\0';
	f->data->first_child->value = half;
	functionkit_gives(f, "string-length(join('', name, name))", "1048576");
	functionkit_fails(f, "join('-', name, name)", ERR_LIMIT);
	functionkit_fails(f, "regex(name, 'a+')", ERR_LIMIT);
	free(half);
}

static void the_function_regex_asks_the_pattern(void **state)
{
	functionkit_gives(*state, "regex('0512345678', '05[0-9]{8}')", "true");
	functionkit_gives(*state, "regex(name, '[\\u0621-\\u064A ]{2,}')", "true");
	functionkit_gives(*state, "regex(none, '.+')", "false");
	functionkit_fails(*state, "regex(name, '[')", ERR_USAGE);
}

/* ---- tree ---- */

static void current_is_where_the_expression_stands(void **state)
{
	struct functionkit *f = *state;

	f->context.current = f->data->first_child;
	functionkit_gives(f, "current()", "سعيد بن علي");
	f->context.current = NULL;
	functionkit_gives(f, "count(current()/child)", "2");
}

static void lists_are_reached_by_their_name(void **state)
{
	static const char *const ROWS[][2] = {
		{ "count(instance('villages')/root/item)", "3" },
		{ "instance('villages')/root/item[name = 'jazan']/label", "جازان" },
		{ "count(instance('none'))", "0" },
		{ "pulldata('villages', 'label', 'name', 'tanumah')", "تنومة" },
		{ "pulldata('villages', 'name', 'region', 'aseer')", "abha" },
		{ "pulldata('villages', 'label', 'name', 'x')", "" },
		{ "pulldata('villages', 'label', 'name', '')", "" },
		{ "pulldata('villages', 'x', 'name', 'abha')", "" },
		{ "pulldata('villages', 'label', 'x', 'abha')", "" },
		{ "pulldata('none', 'label', 'name', 'abha')", "" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void a_long_list_is_looked_up_alike(void **state)
{
	struct functionkit *f = *state;

	for (int i = 0; i < 60; i++)
		functionkit_item(f, f->list->first_child, i == 33 ? "here" : "other", i == 33 ? "found" : "wrong", "");
	xnode_number(f->list, 1000);
	functionkit_gives(f, "pulldata('villages', 'label', 'name', 'here')", "found");
	functionkit_gives(f, "pulldata('villages', 'label', 'name', 'tanumah')", "تنومة");
	functionkit_gives(f, "pulldata('villages', 'label', 'name', 'x')", "");
}

static void indexed_repeat_goes_down_the_repeats(void **state)
{
	static const char *const ROWS[][2] = {
		{ "indexed-repeat(/data/child/age, /data/child, 1)", "7" },
		{ "indexed-repeat(/data/child/age, /data/child, '2')", "12" },
		{ "indexed-repeat(/data/child/age, /data/child, 3)", "" },
		{ "indexed-repeat(/data/child/age, /data/child, 0)", "" },
		{ "indexed-repeat(/data/child/age, /data/child, 1.5)", "" },
		{ "indexed-repeat(/data/child/age, /data/child, 'x')", "" },
		{ "indexed-repeat(/data/child/age, /data/nothing, 1)", "" },
		{ "indexed-repeat(/data/child/toy/label, /data/child, 2, /data/child/toy, 1)", "book" },
		{ "indexed-repeat(/data/child/toy/label, /data/child/toy, 2, /data/child, 1)", "kite" },
		{ "count(indexed-repeat(/data/child/toy/label, /data/child, 2))", "2" },
		{ "indexed-repeat(child/age, child, count(child))", "12" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
	functionkit_fails(*state, "indexed-repeat(/data/child/age, /data/child, 1, /data/child)", ERR_USAGE);
	functionkit_fails(*state, "indexed-repeat(/data/child/age, 'child', 1)", ERR_USAGE);
}

/* ---- numbers ---- */

static void numbers_are_cut_and_compared(void **state)
{
	static const char *const ROWS[][2] = {
		{ "int(2.9)", "2" }, { "int(-2.9)", "-2" }, { "int('7.9e-12')", "0" }, { "int('x')", "NaN" }, { "int(-0.5)", "0" },
		{ "min(child/age)", "7" }, { "max(child/age)", "12" }, { "max(child/age, 20, '3')", "20" }, { "min(nothing)", "NaN" },
		{ "max(none)", "NaN" }, { "max(1, none, 2)", "NaN" }, { "min(-4, -1)", "-4" },
		{ "abs('-10.5')", "10.5" }, { "pow(2, 10)", "1024" }, { "pow(1, none)", "NaN" }, { "sqrt(9)", "3" }, { "sqrt(-1)", "NaN" },
		{ "exp(0)", "1" }, { "exp10(-1)", "0.1" }, { "log(1)", "0" }, { "log10(1000)", "3" }, { "log10(0)", "-Infinity" },
		{ "sin(0)", "0" }, { "cos(0)", "1" }, { "tan(0)", "0" }, { "asin(2)", "NaN" }, { "acos(1)", "0" }, { "atan(0)", "0" },
		{ "atan2(1, 1) * 4 = pi()", "true" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void chance_is_that_of_the_world(void **state)
{
	struct functionkit *f = *state;
	struct buf a;
	struct buf b;
	bool is_uuid;

	functionkit_gives(f, "random() < 1", "true");
	functionkit_gives(f, "random() = random()", "false");
	functionkit_gives(f, "string-length(uuid(7))", "7");
	functionkit_fails(f, "uuid(none)", ERR_USAGE);
	functionkit_fails(f, "uuid(-1)", ERR_USAGE);
	assert_int_equal(functionkit_evaluate(f, "uuid()", &a), 0);
	assert_int_equal(regex_matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", buf_string(&a), &is_uuid), 0);
	assert_true(is_uuid);
	assert_int_equal(functionkit_evaluate(f, "uuid()", &b), 0);
	assert_string_not_equal(buf_string(&a), buf_string(&b));
	buf_fini(&a);
	buf_fini(&b);
}

/* The orders of six nodes are those ODK's engines give. */
static void a_seed_always_gives_the_same_order(void **state)
{
	struct functionkit *f = *state;
	struct xnode *six = functionkit_add(f, f->data, "six", NULL);
	static const char *const DIGITS[] = { "1", "2", "3", "4", "5", "6" };

	for (int i = 0; i < 6; i++)
		functionkit_add(f, six, "n", DIGITS[i]);
	xnode_number(f->data->parent, 1);
	functionkit_gives(f, "join('', randomize(six/n, 1))", "265134");
	functionkit_gives(f, "join('', randomize(six/n, '1'))", "265134");
	functionkit_gives(f, "join('', randomize(six/n, 1.9))", "265134");
	functionkit_gives(f, "join('', randomize(six/n, -42))", "541623");
	functionkit_gives(f, "join('', randomize(six/n, 0))", "325164");
	functionkit_gives(f, "join('', randomize(six/n, none))", "325164");
	functionkit_gives(f, "join('', randomize(six/n, 'a text')) = join('', randomize(six/n, 'a text'))", "true");
	functionkit_gives(f, "count(randomize(six/n))", "6");
	functionkit_gives(f, "count(randomize(nothing, 3))", "0");
	functionkit_fails(f, "randomize('x')", ERR_USAGE);
}

static void hashes_are_those_of_the_standards(void **state)
{
	static const char *const ROWS[][2] = {
		{ "digest('abc', 'MD5', 'hex')", "900150983cd24fb0d6963f7d28e17f72" },
		{ "digest('', 'MD5', 'hex')", "d41d8cd98f00b204e9800998ecf8427e" },
		{ "digest('12345678901234567890123456789012345678901234567890123456789012345678901234567890', 'MD5', 'hex')",
		  "57edf4a22be3c955ac49da2e2107b67a" },
		{ "digest('abc', 'SHA-1', 'hex')", "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ "digest('', 'SHA-1', 'hex')", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
		{ "digest('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', 'SHA-1', 'hex')",
		  "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
		{ "digest('abc', 'SHA-256')", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=" },
		{ "digest('abc', 'sha-384', 'hex')",
		  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
		{ "digest('abc', 'SHA-512', 'hex')",
		  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
	functionkit_fails(*state, "digest('abc', 'SHA-3')", ERR_USAGE);
	functionkit_fails(*state, "digest('abc', 'MD5', 'octal')", ERR_USAGE);
}

static void base64_gives_texts_only(void **state)
{
	static const char *const ROWS[][2] = {
		{ "base64-decode('w6nDqMOx')", "éèñ" }, { "base64-decode('8J+lsA==')", "🥰" }, { "base64-decode('8J+lsA')", "🥰" },
		{ "base64-decode('')", "" }, { "base64-decode('!')", "" }, { "base64-decode('AGEAYgBj')", "" },
		{ "base64-decode('/////w==')", "" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

/* ---- dates ---- */

static void today_and_now_are_those_of_the_place(void **state)
{
	struct functionkit *f = *state;

	functionkit_gives(f, "today()", "2026-11-22");
	functionkit_gives(f, "now()", "2026-11-22T12:30:00.000+03:00");
	functionkit_gives(f, "today() + 1", "20780");
	functionkit_gives(f, "date(today() + 10)", "2026-12-02");
	functionkit_gives(f, "date(today() - 22)", "2026-10-31");
	f->world.now_ms = FUNCTIONKIT_NOW_MS + 11 * 3600000 + 1800000;
	functionkit_gives(f, "today()", "2026-11-23");
	f->world.tz_minutes = 0;
	functionkit_gives(f, "today()", "2026-11-22");
}

static void dates_are_made_of_texts_and_numbers(void **state)
{
	static const char *const ROWS[][2] = {
		{ "date('2018-01-01')", "2018-01-01" },
		{ "date('2018-1-1')", "2018-01-01" },
		{ "date('2018-10-1')", "2018-10-01" },
		{ "date('2018-01-01' + 1)", "2018-01-02" },
		{ "date(0)", "1970-01-01" },
		{ "date(-1)", "1969-12-31" },
		{ "date('2018-02-30')", "" },
		{ "date('not a date')", "" },
		{ "date('')", "" },
		{ "date(number('x'))", "" },
		{ "date(1 div 0)", "" },
		{ "date(true())", "" },
		{ "date(1e9)", "" },
		{ "date-time('2018-01-01')", "2018-01-01" },
		{ "date-time(0)", "1970-01-01T03:00:00.000+03:00" },
		{ "date-time(0.5)", "1970-01-01T15:00:00.000+03:00" },
		{ "date-time('2018-01-01T10:00:00Z')", "2018-01-01T13:00:00.000+03:00" },
		{ "date-time(decimal-date-time('2018-01-01'))", "2018-01-01" },
		{ "decimal-date-time('1970-01-02T00:00:00Z')", "1" },
		{ "decimal-date-time('1970-01-02')", "0.875" },
		{ "decimal-date-time('x')", "NaN" },
		{ "decimal-time('12:00')", "0.5" },
		{ "decimal-time('12:00:00Z')", "0.625" },
		{ "decimal-time('2018-01-01T06:00:00+03:00')", "NaN" },
		{ "decimal-time(format-date-time('2018-01-01T06:00:00+03:00', '%H:%M'))", "0.25" },
		{ "decimal-time('2018-01-01')", "NaN" },
		{ "time('2018-01-01T06:00:00Z')", "09:00:00.000+03:00" },
		{ "time('x')", "" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void formats_have_all_codes(void **state)
{
	static const char *const ROWS[][2] = {
		{ "format-date('2012-07-05', '%Y/%n | %y/%m | %b %B | %d %e | %a %A %w')",
		  "2012/7 | 12/07 | Jul July | 05 5 | Thu Thursday 4" },
		{ "format-date-time('2012-07-05T06:07:08.009+03:00', '%H %h %M %S %3')", "06 6 07 08 009" },
		{ "format-date-time('2012-07-05T22:00:00Z', '%d %H')", "06 01" },
		{ "format-date('2012-07-05', '%M | %S | %3')", "00 | 00 | 000" },
		{ "format-date('2012-07-05', '100%% %q %')", "100% %q %" },
		{ "format-date('2012-07-05', 'شهر %n')", "شهر 7" },
		{ "format-date(15526, '%Y-%m-%d')", "2012-07-05" },
		{ "format-date('2020-12-31', '%W')", "53" },
		{ "format-date('2021-01-03', '%W')", "53" },
		{ "format-date('2021-01-04', '%W')", "1" },
		{ "format-date('2018-12-31', '%W')", "1" },
		{ "format-date('', '%Y')", "" },
		{ "format-date('not a date', '%Y')", "" },
		{ "format-date('2012-07-05', '')", "" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

/* ---- shapes ---- */

static void lengths_and_areas_are_those_of_odk(void **state)
{
	static const char *const ROWS[][2] = {
		{ "distance('7.9377 -11.5845 0 0;7.9324 -11.5902 0 0;7.927 -11.5857 0 0;7.925 -11.578 0 0;7.9267 -11.5722 0 0;"
		  "7.9325 -11.5708 0 0;7.9372 -11.5737 0 0;7.9393 -11.579 0 0;7.9377 -11.5845 0 0')", "5724.36" },
		{ "area('7.9377 -11.5845 0 0;7.9324 -11.5902 0 0;7.927 -11.5857 0 0;7.925 -11.578 0 0;7.9267 -11.5722 0 0;"
		  "7.9325 -11.5708 0 0;7.9372 -11.5737 0 0;7.9393 -11.579 0 0;7.9377 -11.5845 0 0')", "2333220.77" },
		{ "distance('0 0;0 90')", "10018696.05" },
		{ "distance('0 0', '0 1')", "111318.85" },
		{ "distance('0 0; 0 1 ;')", "111318.85" },
		{ "distance('90 0;90 1')", "0" },
		{ "distance('1 1')", "0" },
		{ "distance('')", "0" },
		{ "distance('1 1;;2 2')", "NaN" },
		{ "distance('1 1;2')", "NaN" },
		{ "distance('91 0;0 0')", "NaN" },
		{ "distance('0 181;0 0')", "NaN" },
		{ "distance('1 2 3 4 5;1 2')", "NaN" },
		{ "area('0 0;0 1')", "0" },
		{ "area('a')", "NaN" },
		{ "enclosed-area('0 0;0 1;1 1;0 0') = area('0 0;0 1;1 1;0 0')", "true" },
		{ "area('')", "0" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void a_line_that_meets_itself_intersects(void **state)
{
	static const char *const ROWS[][2] = {
		{ "intersects('0 0 0 0;1 1 0 0;0 1 0 0;1 0 0 0')", "true" },
		{ "intersects('0 0;1 1;0 1;1 0;0 0')", "true" },
		{ "intersects('0 0;0 1;1 1;1 0;0 0')", "false" },
		{ "intersects('0 0;0 1;1 1;1 0')", "false" },
		{ "intersects('0 0;0 0;0 1;0 1;1 1;1 0;0 0')", "false" },
		{ "intersects('0 0;0 1;1 1;0 0')", "false" },
		{ "intersects('0 0;0 2;1 2;0 1')", "true" },
		{ "intersects('0 0;0 2;0 1')", "true" },
		{ "intersects('0 0;0 1;0 0')", "true" },
		{ "intersects('0 1;0 2;1 2;0 0;0 1')", "false" },
		{ "intersects('0 1;0 2;1 2;0 3;0 1')", "true" },
		{ "intersects('0 0;0 1;0 2')", "false" },
		{ "intersects('0 0;0 1')", "false" },
		{ "intersects('0 0')", "false" },
		{ "intersects('')", "false" },
		{ "intersects('x;y')", "false" },
		{ "intersects(nothing)", "false" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void places_lie_inside_or_outside(void **state)
{
	static const char *const ROWS[][2] = {
		{ "geofence('0.5 0.5', '0 0;0 1;1 1;1 0;0 0')", "true" },
		{ "geofence('0.5 0.5', '0 0;0 1;1 1;1 0')", "true" },
		{ "geofence('0 0.5', '0 0;0 1;1 1;1 0;0 0')", "true" },
		{ "geofence('1 1', '0 0;0 1;1 1;1 0;0 0')", "true" },
		{ "geofence('2 0.5', '0 0;0 1;1 1;1 0;0 0')", "false" },
		{ "geofence('0 -1', '0 0;0 1;1 1;1 0;0 0')", "false" },
		{ "geofence('0 0', '')", "false" },
		{ "geofence('', '0 0;0 1;1 1;1 0;0 0')", "false" },
		{ "m:in-box(home, 16, 34.4, 32.6, 55.7)", "true" },
		{ "m:in-box(home, 17.3, 41, 18, 44.8)", "false" },
		{ "m:in-box(home, 18.2164, 42.5053, 18.2164, 42.5053)", "true" },
		{ "m:in-box(none, 16, 34.4, 32.6, 55.7)", "false" },
		{ NULL, NULL },
	};

	functionkit_all(*state, ROWS);
}

static void loops_are_charged_to_the_budget(void **state)
{
	struct functionkit *f = *state;

	f->world.steps_max = 60;
	functionkit_gives(f, "min(1, 2)", "1");
	functionkit_fails(f, "min(//* | //* | //*)", ERR_LIMIT);
	functionkit_fails(f, "m:all-different(//*, //*)", ERR_LIMIT);
	functionkit_fails(f, "join('', //*, //*, //*)", ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(chosen_codes_are_words_of_the_answer, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(labels_and_settings_come_from_the_world, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(a_world_without_functions_answers_nothing, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(if_looks_at_one_branch_only, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(once_keeps_the_answer_that_is_there, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(checklists_count_what_holds, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(texts_are_cut_and_joined_by_characters, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(texts_stop_at_their_ceiling, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(the_function_regex_asks_the_pattern, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(current_is_where_the_expression_stands, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(lists_are_reached_by_their_name, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(a_long_list_is_looked_up_alike, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(indexed_repeat_goes_down_the_repeats, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(numbers_are_cut_and_compared, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(chance_is_that_of_the_world, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(a_seed_always_gives_the_same_order, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(hashes_are_those_of_the_standards, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(base64_gives_texts_only, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(today_and_now_are_those_of_the_place, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(dates_are_made_of_texts_and_numbers, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(formats_have_all_codes, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(lengths_and_areas_are_those_of_odk, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(a_line_that_meets_itself_intersects, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(places_lie_inside_or_outside, functionkit_setup, functionkit_teardown),
		cmocka_unit_test_setup_teardown(loops_are_charged_to_the_budget, functionkit_setup, functionkit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
