/* reflist: lists of reference data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/form/reflist.h"

#define HEAD "mandoob-list\t1\tvillages\t2026.1\ncode\tlabel::ar\tlabel::en\taliases\twithdrawn"
#define EXAMPLE_HASH "f4ce98880ca0ac30d69be6f14cbc7007a9c61b34b5cb1e25323e48d6423d2468"

/* The example of FORMAT.md section 18. */
static const char EXAMPLE[] = HEAD "\tcentre\nqana\tقنا\tQana\tقنا البحر;قناء\t\tc1\nbariq\tبارق\t\t\tyes\tc2\n";

static const char CSV[] = "name,label::Arabic (ar),label::English (en),aliases,centre,withdrawn\n"
			  "qana,قنا,Qana,قنا البحر ؛ قناء;,c1,no\n"
			  "bariq,بارق,,,c2,نعم\n";

static struct reflist *parse_good(const char *text, size_t len)
{
	struct reflist *l;

	if (reflist_parse(text, len, &l) != 0)
		fail_msg("%s", err_message());
	return l;
}

static void list_reads_as_written(void **state)
{
	struct reflist *l = parse_good(EXAMPLE, strlen(EXAMPLE));
	char hex[FORM_HASH_BYTES * 2 + 1];
	size_t len;

	(void)state;
	assert_string_equal(reflist_name(l), "villages");
	assert_string_equal(reflist_version(l), "2026.1");
	assert_int_equal(reflist_count(l), 2);
	assert_int_equal(reflist_column_count(l), 1);
	assert_string_equal(reflist_column(l, 0), "centre");
	assert_string_equal(reflist_code(l, 0), "qana");
	assert_string_equal(reflist_label(l, 0, true), "قنا");
	assert_string_equal(reflist_label(l, 1, false), "بارق");
	assert_string_equal(reflist_cell(l, 1, 0), "c2");
	assert_false(reflist_is_withdrawn(l, 0));
	assert_true(reflist_is_withdrawn(l, 1));
	assert_int_equal(reflist_find(l, "bariq", 5), 1);
	assert_int_equal(reflist_find(l, "qanax", 4), 0);
	assert_int_equal(reflist_find(l, "qan", 3), -1);
	assert_int_equal(reflist_find(l, "", 0), -1);
	assert_string_equal(reflist_text(l, &len), EXAMPLE);
	for (size_t i = 0; i < FORM_HASH_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", reflist_hash(l)[i]);
	assert_string_equal(hex, EXAMPLE_HASH);
	reflist_free(l);
	reflist_free(NULL);
}

static void invisible_marks_of_a_table_are_left_out(void **state)
{
	static const char MARKED[] = "code,label\nqana,\xe2\x80\xaeqa\xe2\x80\x8fna\xc2\x9b\n";
	struct reflist *l;
	struct buf text;

	(void)state;
	buf_init(&text, REFLIST_BYTES_MAX);
	assert_int_equal(reflist_compile("villages", "1", MARKED, strlen(MARKED), &text), 0);
	l = parse_good((const char *)text.data, text.len);
	assert_string_equal(reflist_label(l, 0, true), "qana");
	reflist_free(l);
	buf_fini(&text);
}

static void broken_lists_are_refused(void **state)
{
	static const char *const BAD[] = {
		HEAD "\nqana\tx\xc2\x9bz\tb\t\t\n", HEAD "\nqana\tx\xe2\x80\xaez\tb\t\t\n",
		"", "mandoob-list\t1\t", "mandoob-list\t2\tvillages\t1\n", "mandoob-list\t1\tvillages\t1\n",
		"mandoob-list\t1\ta b\t1\ncode\n",
		HEAD, HEAD "\nqana\ta\tb\t\t", HEAD "\nqana\ta\tb\t\n", HEAD "\nqana\ta\tb\t\t\t\n", HEAD "\nQana\ta\tb\t\t\n",
		HEAD "\n\ta\tb\t\t\n",
		HEAD "\nqana\ta\tb\t\tno\n", HEAD "\nqana\ta\tb\t;x\t\n", HEAD "\nqana\ta\tb\tx;;y\t\n", HEAD "\nqana\ta\tb\tx;\t\n",
		HEAD "\nqana\ta\tb\t\t\nqana\ta\tb\t\t\n", HEAD "\tcode\n", HEAD "\tz\tz\n", HEAD "\ta b\n", HEAD "\nqana\ta\\x\tb\t\t\n",
		HEAD "\nqana\t\xff\tb\t\t\n", HEAD "\nqana\t\x01\tb\t\t\n", HEAD "\nqana\ta\tb\t\t\r\n",
		"mandoob-list\t1\tvillages\ncode\tlabel::ar\tlabel::en\taliases\twithdrawn\n",
		"mandoob-list\t1\tvillages\t1\ncode\tlabel::en\tlabel::ar\taliases\twithdrawn\n",
	};
	struct reflist *l;

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		if (reflist_parse(BAD[i], strlen(BAD[i]), &l) != ERR_CORRUPT)
			fail_msg("list %zu was taken", i);
		assert_null(l);
	}
	assert_int_equal(reflist_parse(HEAD "\n", strlen(HEAD "\n"), &l), 0);
	assert_int_equal(reflist_count(l), 0);
	reflist_free(l);
}

static void truncated_lists_never_crash(void **state)
{
	struct reflist *l;

	(void)state;
	for (size_t i = 0; i < strlen(EXAMPLE); i++) {
		(void)!reflist_parse(EXAMPLE, i, &l);
		reflist_free(l);
	}
}

static void a_csv_table_becomes_a_list(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, REFLIST_BYTES_MAX);
	if (reflist_compile("villages", "2026.1", CSV, strlen(CSV), &out) != 0)
		fail_msg("%s", err_message());
	assert_string_equal(buf_string(&out), EXAMPLE);
	buf_clear(&out);
	assert_int_equal(reflist_compile("x", "1", "code,label\na,A\n", 15, &out), 0);
	assert_string_equal(buf_string(&out), "mandoob-list\t1\tx\t1\ncode\tlabel::ar\tlabel::en\taliases\twithdrawn\na\tA\t\t\t\n");
	buf_fini(&out);
}

static void mistakes_in_a_csv_table_are_told_with_their_place(void **state)
{
	static const char *const BAD[][2] = {
		{ "label\na\n", "code" }, { "code,name\na,b\n", "same" }, { "code\nA\n", "line 2, column code" },
		{ "code,label\n,x\n", "line 2" },
		{ "code\na\nb\na\n", "line 4, column code" }, { "code,withdrawn\na,maybe\n", "column withdrawn" },
		{ "code,x y\na,b\n", "column 2" },
		{ "code,code\na,b\n", "twice" }, { "code,\na,b\n", "cell 2" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, REFLIST_BYTES_MAX);
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		buf_clear(&out);
		assert_int_equal(reflist_compile("x", "1", BAD[i][0], strlen(BAD[i][0]), &out), ERR_USAGE);
		if (!strstr(err_message(), BAD[i][1]))
			fail_msg("%s", err_message());
	}
	assert_int_equal(reflist_compile("x y", "1", "code\na\n", 7, &out), ERR_USAGE);
	buf_fini(&out);
}

static void assert_found(const struct reflist *l, const char *typed, const char *codes)
{
	size_t found[10];
	size_t count = reflist_search(l, typed, found, 10);
	struct buf text;

	buf_init(&text, 1000);
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s ", reflist_code(l, found[i]));
	assert_string_equal(buf_string(&text), codes);
	buf_fini(&text);
}

static void searching_takes_letters_as_people_mean_them(void **state)
{
	static const char TEXT[] = HEAD "\nabha-old\tأبها القديمة\tOld Abha\t\t\nmajarda\tالمجاردة\tAl Majardah\tمجارده القديمة\t\n"
					"abha\tأبها\tAbha\t\t\ngone\tأبها\tAbha\t\tyes\nn1\tقرية ١٢\tVillage 12\t\t\n"
					"bani\tبني أبها\t\t\t\n";
	struct reflist *l = parse_good(TEXT, strlen(TEXT));
	size_t found[2];

	(void)state;
	assert_found(l, "ابها", "abha-old abha bani ");
	assert_found(l, "أَبْها", "abha-old abha bani ");
	assert_found(l, "ABHA", "abha-old abha ");
	assert_found(l, "مجارد", "majarda ");
	assert_found(l, "المجاردة", "majarda ");
	assert_found(l, "القديم", "abha-old majarda ");
	assert_found(l, "قرية 12", "n1 ");
	assert_found(l, "n1", "n1 ");
	assert_found(l, "abha-old", "abha-old ");
	assert_found(l, "xyz", "");
	assert_found(l, "\xff", "");
	assert_found(l, "", "abha-old majarda abha n1 bani ");
	assert_int_equal(reflist_search(l, "", found, 2), 2);
	assert_int_equal(reflist_search(l, "", found, 0), 0);
	reflist_free(l);
}

static void beginnings_come_before_insides(void **state)
{
	static const char TEXT[] = HEAD "\na\tوادي قنا\t\t\t\nb\tقنا\t\t\t\nc\tx\t\tعين;قنا البحر\t\nd\tالقنا\t\t\t\n";
	struct reflist *l = parse_good(TEXT, strlen(TEXT));

	(void)state;
	assert_found(l, "قنا", "b c d a ");
	reflist_free(l);
}

static void lists_of_20000_items_are_taken_and_no_more(void **state)
{
	struct reflist *l;
	struct buf b;

	(void)state;
	buf_init(&b, REFLIST_BYTES_MAX);
	buf_text(&b, HEAD "\n");
	for (int i = 0; i < REFLIST_ITEMS_MAX; i++)
		buf_printf(&b, "c%d\tقرية رقم %d\tVillage %d\t\t\n", i, i, i);
	l = parse_good((const char *)b.data, b.len);
	assert_int_equal(reflist_count(l), REFLIST_ITEMS_MAX);
	assert_int_equal(reflist_find(l, "c19999", 6), 19999);
	assert_found(l, "رقم 1999", "c1999 c19990 c19991 c19992 c19993 c19994 c19995 c19996 c19997 c19998 ");
	reflist_free(l);
	buf_text(&b, "more\t\t\t\t\n");
	assert_int_equal(reflist_parse((const char *)b.data, b.len, &l), ERR_LIMIT);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_reads_as_written),
		cmocka_unit_test(invisible_marks_of_a_table_are_left_out),
		cmocka_unit_test(broken_lists_are_refused),
		cmocka_unit_test(truncated_lists_never_crash),
		cmocka_unit_test(a_csv_table_becomes_a_list),
		cmocka_unit_test(mistakes_in_a_csv_table_are_told_with_their_place),
		cmocka_unit_test(searching_takes_letters_as_people_mean_them),
		cmocka_unit_test(beginnings_come_before_insides),
		cmocka_unit_test(lists_of_20000_items_are_taken_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
