/*
 * test_server_publish: when a form may be a version of another, and which version is in force.
 */
#include "server/publish.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/log.h"
#include "server/admin/verify.h"
#include "server/papers.h"
#include "tests/lib/centrekit.h"

static const char *const CHOICES[] = { "colour|red|Red", "colour|green|Green", NULL };
static const char *const FEWER_CHOICES[] = { "colour|green|Green", NULL };
static const char *const FIRST[] = { "text||name|Name", "integer||age|Age", "select_one|colour|favourite|Favourite",
	"begin_repeat||child|Child", "text||child_name|Name of the child", "end_repeat", NULL };
static const char *const WITHOUT_AGE[] = { "text||name|Name", "select_one|colour|favourite|Favourite", "begin_repeat||child|Child",
	"text||child_name|Name of the child", "end_repeat", NULL };
static const char *const AGE_IS_TEXT[] = { "text||name|Name", "text||age|Age", "select_one|colour|favourite|Favourite",
	"begin_repeat||child|Child", "text||child_name|Name of the child", "end_repeat", NULL };
static const char *const AGE_MOVED[] = { "text||name|Name", "select_one|colour|favourite|Favourite", "begin_repeat||child|Child",
	"text||child_name|Name of the child", "integer||age|Age", "end_repeat", NULL };
static const char *const ONE_NOTE[] = { "begin_group||bank|Bank", "text||remarks|Remarks of the bank", "end_group", NULL };
static const char *const TWO_NOTES[] = { "begin_group||health|Health", "text||remarks|Remarks of the doctor", "end_group",
	"begin_group||bank|Bank", "text||remarks|Remarks of the bank", "end_group", NULL };
static const char *const NOTE_BEHIND[] = { "begin_group||bank|Bank", "text||remarks|Remarks of the bank", "end_group",
	"begin_group||health|Health", "text||remarks|Remarks of the doctor", "end_group", NULL };
static const char *const GROWING[] = { "text||q|Q", "calculate||c0|||||'0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'",
	"calculate||c1|||||concat(${c0}, ${c0}, ${c0}, ${c0}, ${c0}, ${c0}, ${c0}, ${c0})",
	"calculate||c2|||||concat(${c1}, ${c1}, ${c1}, ${c1}, ${c1}, ${c1}, ${c1}, ${c1})",
	"calculate||c3|||||concat(${c2}, ${c2}, ${c2}, ${c2}, ${c2}, ${c2}, ${c2}, ${c2})",
	"calculate||c4|||||concat(${c3}, ${c3}, ${c3}, ${c3}, ${c3}, ${c3}, ${c3}, ${c3})",
	"calculate||c5|||||concat(${c4}, ${c4}, ${c4}, ${c4}, ${c4}, ${c4}, ${c4}, ${c4})", NULL };
static const char *const CHILD_ONCE[] = { "text||name|Name", "integer||age|Age", "select_one|colour|favourite|Favourite",
	"begin_group||child|Child|||||child", "text||child_name|Name of the child", "end_group", NULL };

static int setup(void **state)
{
	struct centrekit *k = test_calloc(1, sizeof *k);

	centrekit_open(k);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	centrekit_close(*state);
	test_free(*state);
	return 0;
}

static int publish_id(struct centrekit *k, const char *id, const char *version, const char *const *survey, const char *const *choices,
	uint32_t day, struct problems *p)
{
	struct buf text;
	int err;

	buf_init(&text, FORM_TEXT_BYTES_MAX);
	centrekit_form(id, version, survey, choices, &text);
	err = centrekit_publish(k, &text, day, p);
	buf_fini(&text);
	return err;
}

static int publish(struct centrekit *k, const char *version, const char *const *survey, uint32_t day)
{
	return publish_id(k, "small", version, survey, CHOICES, day, NULL);
}

static void assert_in_force(struct centrekit *k, const char *id, uint32_t day, const char *version)
{
	const struct form *f;
	int64_t row;

	assert_int_equal(papers_in_force(k->c, id, day, &f, &row), 0);
	assert_string_equal(form_version(f), version);
}

static void a_version_begins_on_its_day(void **state)
{
	struct centrekit *k = *state;
	uint32_t today = papers_today(k->c);

	assert_int_equal(publish(k, "1", FIRST, PUBLISH_TODAY), 0);
	assert_int_equal(publish(k, "2", WITHOUT_AGE, today + 10), 0);
	assert_in_force(k, "small", today, "1");
	assert_in_force(k, "small", today + 9, "1");
	assert_in_force(k, "small", today + 10, "2");
	assert_in_force(k, "small", today - 100, "1"); /* nothing was before it */
}

/* Published later, in force earlier: the day decides, not the order. */
static void a_version_may_come_between_two_others(void **state)
{
	struct centrekit *k = *state;
	uint32_t today = papers_today(k->c);

	assert_int_equal(publish(k, "1", FIRST, today), 0);
	assert_int_equal(publish(k, "3", WITHOUT_AGE, today + 20), 0);
	assert_int_equal(publish_id(k, "small", "2", FIRST, CHOICES, today + 10, NULL), 0);
	assert_in_force(k, "small", today + 15, "2");
	assert_in_force(k, "small", today + 25, "3");
}

static void a_version_of_the_same_day_takes_the_place_of_the_one_before(void **state)
{
	struct centrekit *k = *state;
	const struct form *f;
	int64_t row;

	assert_int_equal(publish(k, "2", FIRST, PUBLISH_TODAY), 0);
	assert_int_equal(publish(k, "1", WITHOUT_AGE, PUBLISH_TODAY), 0);
	assert_int_equal(papers_in_force(k->c, "small", papers_today(k->c), &f, &row), 0);
	assert_string_equal(form_version(f), "1");
	assert_true(papers_is_later(k->c, row, row - 1));
	assert_false(papers_is_later(k->c, row - 1, row));
}

static void a_day_that_has_passed_is_refused(void **state)
{
	struct centrekit *k = *state;

	assert_int_equal(publish(k, "1", FIRST, papers_today(k->c) - 1), ERR_USAGE);
	assert_int_equal(publish(k, "1", FIRST, MESSAGE_DAY_MAX + 1), ERR_USAGE);
	assert_int_equal(centrekit_int(k, "SELECT count(*) FROM form WHERE name = 'small'"), 0);
}

static void the_same_form_is_published_once(void **state)
{
	struct centrekit *k = *state;

	assert_int_equal(publish(k, "1", FIRST, PUBLISH_TODAY), 0);
	assert_int_equal(publish(k, "1", FIRST, papers_today(k->c) + 1), ERR_USAGE);
	assert_non_null(strstr(err_message(), "already"));
}

static void what_a_name_means_never_changes(void **state)
{
	struct centrekit *k = *state;
	uint32_t day = papers_today(k->c);

	assert_int_equal(publish(k, "1", FIRST, day), 0);
	assert_int_equal(publish(k, "2", AGE_IS_TEXT, day + 1), ERR_USAGE);
	assert_non_null(strstr(err_message(), "age"));
	assert_int_equal(publish(k, "2", AGE_MOVED, day + 1), ERR_USAGE);
	assert_non_null(strstr(err_message(), "age"));
	assert_int_equal(publish(k, "2", CHILD_ONCE, day + 1), ERR_USAGE);
	assert_non_null(strstr(err_message(), "child"));
	assert_int_equal(centrekit_int(k, "SELECT count(*) FROM form WHERE name = 'small'"), 1);
}

/* In the form the later of two questions of a name is "bank.remarks": the doctor's would be shown what was said of the bank. */
static void a_question_does_not_take_over_the_answers_of_another(void **state)
{
	struct centrekit *k = *state;
	uint32_t day = papers_today(k->c);

	assert_int_equal(publish(k, "1", ONE_NOTE, day), 0);
	assert_int_equal(publish(k, "2", TWO_NOTES, day + 1), ERR_USAGE);
	assert_non_null(strstr(err_message(), "another question"));
	assert_int_equal(publish(k, "2", NOTE_BEHIND, day + 1), 0);
}

static void a_form_that_no_device_could_open_is_not_published(void **state)
{
	struct centrekit *k = *state;

	assert_int_equal(publish(k, "1", GROWING, papers_today(k->c)), ERR_USAGE);
	assert_non_null(strstr(err_message(), "no case could be opened"));
}

/* The version that dropped the question would let it come back as another one; registers of the first are still there. */
static void a_type_is_compared_with_every_version(void **state)
{
	struct centrekit *k = *state;
	uint32_t day = papers_today(k->c);

	assert_int_equal(publish(k, "1", FIRST, day), 0);
	assert_int_equal(publish(k, "2", WITHOUT_AGE, day + 1), 0);
	assert_int_equal(publish(k, "3", AGE_IS_TEXT, day + 2), ERR_USAGE);
	assert_int_equal(publish(k, "3", AGE_MOVED, day + 2), ERR_USAGE);
}

static void what_is_left_out_is_a_warning_in_both_languages(void **state)
{
	struct centrekit *k = *state;
	uint32_t day = papers_today(k->c);
	struct problems p;

	problems_init(&p);
	assert_int_equal(publish(k, "1", FIRST, day), 0);
	assert_int_equal(publish_id(k, "small", "2", WITHOUT_AGE, FEWER_CHOICES, day + 1, &p), 0);
	assert_int_equal(p.errors, 0);
	assert_int_equal(p.warnings, 2);
	for (size_t i = 0; i < p.count; i++) {
		assert_true(p.items[i].is_warning);
		assert_non_null(strstr(p.items[i].english, i == 0 ? "age" : "red"));
		assert_non_null(strstr(p.items[i].arabic, i == 0 ? "age" : "red"));
	}
	problems_fini(&p);
}

static void forms_of_other_ids_live_side_by_side(void **state)
{
	struct centrekit *k = *state;
	const struct form *main_form, *again;
	int64_t row;

	assert_int_equal(centre_form_current(k->c, &main_form, &row), 0);
	assert_int_equal(publish(k, "1", FIRST, PUBLISH_TODAY), 0);
	assert_int_equal(publish_id(k, "other", "7", AGE_IS_TEXT, CHOICES, PUBLISH_TODAY, NULL), 0);
	assert_in_force(k, "small", papers_today(k->c), "1");
	assert_in_force(k, "other", papers_today(k->c), "7");
	assert_int_equal(centre_form_current(k->c, &again, &row), 0);
	assert_ptr_equal(main_form, again);
	assert_int_equal(papers_in_force(k->c, "none", 0, &again, &row), ERR_NOT_FOUND);
}

static void a_form_that_is_not_understood_is_not_published(void **state)
{
	static const char *const BROKEN[] = { "integer||age|Age||. > nothing()", NULL };
	static const char *const CIRCLE[] = { "calculate||a|||||${b}", "calculate||b|||||${a}", NULL };
	struct centrekit *k = *state;
	struct buf text;

	assert_int_equal(publish_id(k, "small", "1", BROKEN, NULL, PUBLISH_TODAY, NULL), ERR_USAGE);
	assert_int_equal(publish_id(k, "small", "1", CIRCLE, NULL, PUBLISH_TODAY, NULL), ERR_USAGE);
	buf_init(&text, 64);
	buf_text(&text, "another-form\t1\n");
	assert_int_equal(centrekit_publish(k, &text, PUBLISH_TODAY, NULL), ERR_CORRUPT);
	buf_fini(&text);
	assert_int_equal(centrekit_int(k, "SELECT count(*) FROM form WHERE name = 'small'"), 0);
}

static void the_workbook_is_kept_byte_for_byte(void **state)
{
	struct centrekit *k = *state;
	struct publish_paper paper = {
		.from_day = PUBLISH_TODAY, .workbook = "PK\0any bytes", .workbook_len = 12, .workbook_name = "a.xlsx"
	};
	struct buf text;
	int64_t row;

	buf_init(&text, FORM_TEXT_BYTES_MAX);
	centrekit_form("small", "1", FIRST, CHOICES, &text);
	paper.text = (const char *)text.data;
	paper.len = text.len;
	assert_int_equal(db_begin(k->c->db), 0);
	assert_int_equal(publish_form(k->c, &paper, NULL, &row), 0);
	assert_int_equal(db_commit(k->c->db), 0);
	assert_int_equal(centrekit_int(k, "SELECT hex(workbook) = '504B00616E79206279746573' FROM form WHERE workbook_name = 'a.xlsx'"), 1);
	buf_fini(&text);
}

static void the_walk_over_the_store_finds_a_text_that_was_changed(void **state)
{
	struct centrekit *k = *state;
	struct verify_report report;

	assert_int_equal(publish(k, "1", FIRST, PUBLISH_TODAY), 0);
	assert_int_equal(verify_store(k->c, &report), 0);
	assert_int_equal(report.findings, 0);
	verify_report_fini(&report);
	centrekit_exec(k, "UPDATE form SET text = text || ' ' WHERE name = 'small'");
	assert_int_equal(verify_store(k->c, &report), 0);
	assert_int_equal(report.findings, 1);
	verify_report_fini(&report);
}

/* ---- At the merge ---- */

static void a_case_takes_edits_of_its_own_family_alone(void **state)
{
	struct centrekit *k = *state;
	struct device d;
	uint64_t id;

	centrekit_enrol(k, &d, 1, CENTREKIT_NORTH);
	assert_int_equal(publish(k, "1", FIRST, PUBLISH_TODAY), 0);
	assert_int_equal(publish_id(k, "other", "1", AGE_IS_TEXT, CHOICES, PUBLISH_TODAY, NULL), 0);
	assert_int_equal(centrekit_sync(k, &d), 0);
	centrekit_use(&d, "small", "1");
	id = device_new_id(&d);
	device_write(&d, id, (struct device_answer[]){ { .field = "name", .value = "x" }, { .field = "age", .value = "7" } }, 2);
	assert_int_equal(centrekit_sync(k, &d), 0);
	assert_int_equal(centrekit_int(k, "SELECT count(*) FROM edit WHERE outcome = 0"), 2);
	centrekit_use(&d, "other", "1");
	device_write(&d, id, (struct device_answer[]){ { .field = "age", .value = "seven" } }, 1);
	assert_int_equal(centrekit_sync(k, &d), 0);
	assert_int_equal(centrekit_int(k, "SELECT outcome FROM edit WHERE value = 'seven'"), 3);
	assert_int_equal(centrekit_int(k, "SELECT value = '7' FROM register WHERE field = 'age'"), 1);
	device_fini(&d);
}

static void an_officers_question_is_refused_from_a_device(void **state)
{
	static const char SURVEY[] =
		"survey\t2\ntype\tname\tlabel::English (en)\twrite\ntext\tname\tName\t\ntext\tverdict\tVerdict\tofficer\n";
	struct centrekit *k = *state;
	struct device d;
	struct buf text;

	buf_init(&text, FORM_TEXT_BYTES_MAX);
	buf_text(&text, "mandoob-form\t2\nsettings\t3\nkey\tvalue\nform_id\tsmall\nversion\t1\nform_title\tsmall\n");
	buf_text(&text, SURVEY);
	buf_text(&text, "choices\t0\nlist_name\tname\n");
	assert_int_equal(centrekit_publish(k, &text, PUBLISH_TODAY, NULL), 0);
	centrekit_enrol(k, &d, 1, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(k, &d), 0);
	centrekit_use(&d, "small", "1");
	device_write(&d, device_new_id(&d),
		(struct device_answer[]){ { .field = "name", .value = "x" }, { .field = "verdict", .value = "y" } }, 2);
	assert_int_equal(centrekit_sync(k, &d), 0);
	assert_int_equal(centrekit_int(k, "SELECT outcome FROM edit WHERE field = 'name'"), 0);
	assert_int_equal(centrekit_int(k, "SELECT outcome FROM edit WHERE field = 'verdict'"), 3);
	device_fini(&d);
	buf_fini(&text);
}

/* ---- Lists ---- */

static int publish_list_csv(struct centrekit *k, const char *version, const char *csv, uint32_t day)
{
	struct publish_paper paper = { .from_day = day };
	struct buf text;
	int64_t row;
	int err;

	buf_init(&text, REFLIST_BYTES_MAX);
	assert_int_equal(reflist_compile("places", version, csv, strlen(csv), &text), 0);
	paper.text = (const char *)text.data;
	paper.len = text.len;
	assert_int_equal(db_begin(k->c->db), 0);
	err = publish_list(k->c, &paper, NULL, &row);
	if (err)
		db_rollback(k->c->db);
	else
		assert_int_equal(db_commit(k->c->db), 0);
	buf_fini(&text);
	return err;
}

static void an_item_of_a_list_is_withdrawn_and_never_dropped(void **state)
{
	struct centrekit *k = *state;
	uint32_t day = papers_today(k->c);
	const struct reflist *l;

	assert_int_equal(publish_list_csv(k, "1", "code,label\na,One\nb,Two\n", day), 0);
	assert_int_equal(publish_list_csv(k, "2", "code,label\na,One\n", day + 1), ERR_USAGE);
	assert_non_null(strstr(err_message(), "item b"));
	assert_int_equal(publish_list_csv(k, "2", "code,label,withdrawn\na,One,\nb,Two,yes\nc,Three,\n", day + 1), 0);
	l = papers_list(k->c, "places", day);
	assert_non_null(l);
	assert_string_equal(reflist_version(l), "1");
	l = papers_list(k->c, "places.csv", day + 1);
	assert_non_null(l);
	assert_string_equal(reflist_version(l), "2");
	assert_null(papers_list(k->c, "nothing", day));
}

static void the_walk_over_the_store_finds_rows_that_say_something_else(void **state)
{
	static const char *const DAMAGE[][2] = {
		{ "UPDATE form SET version = '9' WHERE name = 'small'", "UPDATE form SET version = '1' WHERE name = 'small'" },
		{ "UPDATE list SET name = 'other' WHERE name = 'places'", "UPDATE list SET name = 'places' WHERE name = 'other'" },
		{ "UPDATE branch SET checked_at = 1000000 WHERE branch_id = 1", "UPDATE branch SET checked_at = 0" },
		{ "INSERT INTO catalogue VALUES (x'0001020304050607', x'00', 1)", "DELETE FROM catalogue" },
	};
	struct centrekit *k = *state;
	struct verify_report report;

	assert_int_equal(publish(k, "1", FIRST, PUBLISH_TODAY), 0);
	assert_int_equal(publish_list_csv(k, "1", "code,label\na,One\n", papers_today(k->c)), 0);
	for (size_t i = 0; i < sizeof DAMAGE / sizeof DAMAGE[0]; i++) {
		for (int damaged = 1; damaged >= 0; damaged--) {
			centrekit_exec(k, DAMAGE[i][damaged ? 0 : 1]);
			assert_int_equal(verify_store(k->c, &report), 0);
			assert_int_equal(report.findings, damaged);
			verify_report_fini(&report);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_version_begins_on_its_day),
		TEST(a_version_may_come_between_two_others),
		TEST(a_version_of_the_same_day_takes_the_place_of_the_one_before),
		TEST(a_day_that_has_passed_is_refused),
		TEST(the_same_form_is_published_once),
		TEST(what_a_name_means_never_changes),
		TEST(a_question_does_not_take_over_the_answers_of_another),
		TEST(a_form_that_no_device_could_open_is_not_published),
		TEST(a_type_is_compared_with_every_version),
		TEST(what_is_left_out_is_a_warning_in_both_languages),
		TEST(forms_of_other_ids_live_side_by_side),
		TEST(a_form_that_is_not_understood_is_not_published),
		TEST(the_workbook_is_kept_byte_for_byte),
		TEST(the_walk_over_the_store_finds_a_text_that_was_changed),
		TEST(the_walk_over_the_store_finds_rows_that_say_something_else),
		TEST(a_case_takes_edits_of_its_own_family_alone),
		TEST(an_officers_question_is_refused_from_a_device),
		TEST(an_item_of_a_list_is_withdrawn_and_never_dropped),
	};

	log_open(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
