/*
 * Examples for the two small forms that are built in beside the application: the rating of the service, and the outcome of a visit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/casekit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void a_rating_asks_six_things_none_of_which_must_be_answered(void **state)
{
	static const char *const NAMES[] = {
		"rating_overall", "rating_respect", "rating_clarity", "rating_time", "rating_ease", "rating_suggestion",
	};
	struct casekit *k = casekit_new(CASEKIT_RATING);

	(void)state;
	assert_string_equal(form_setting(k->form, "kind"), "rating");
	assert_string_equal(form_title(k->form, true), "تقييم الخدمة");
	assert_string_equal(form_title(k->form, false), "Rating of the service");
	assert_int_equal(form_field_count(k->form), 1 + COUNT(NAMES));
	for (size_t i = 0; i < COUNT(NAMES); i++)
		assert_string_equal(form_field(k->form, i + 1)->name, NAMES[i]);
	casekit_open(k);
	assert_int_equal(casekit_problems(k), 0);
	casekit_play(k, "rating_overall=5; rating_ease=1; rating_suggestion=شكرًا");
	assert_int_equal(casekit_problems(k), 0);
	casekit_free(k);
}

/* Who does not read finds a face and a number. */
static void every_mark_has_a_face_a_number_and_a_word(void **state)
{
	struct casekit *k = casekit_new(CASEKIT_RATING);
	size_t list = (size_t)form_list_find(k->form, "face");

	(void)state;
	assert_int_equal(form_list(k->form, list)->choice_count, 5);
	for (size_t c = 0; c < 5; c++) {
		const char *label = form_choice_label(k->form, list, c, 1);

		assert_int_equal(form_list(k->form, list)->choices[c].code[0], '1' + c);
		assert_int_equal((unsigned char)label[0], 0xf0); /* a face: four bytes */
		assert_int_equal(label[5], '1' + c);
		assert_true(strlen(label) > 8);
	}
	casekit_free(k);
}

static void a_visit_that_was_made_needs_day_and_outcome(void **state)
{
	struct casekit *k = casekit_new(CASEKIT_OUTCOME);

	(void)state;
	assert_string_equal(form_setting(k->form, "kind"), "outcome");
	assert_string_equal(form_title(k->form, false), "Outcome of a visit");
	casekit_open(k);
	assert_string_equal(casekit_value(k, "visit_date"), "2026-11-23");
	assert_int_equal(casekit_problems(k), 1);
	casekit_play(k, "visit_outcome=done; visit_obstacles=none");
	assert_int_equal(casekit_problems(k), 0);
	assert_false(casekit_node(k, "visit_reason")->is_relevant);
	casekit_free(k);
}

static void a_visit_that_failed_says_why_and_when_the_next_is(void **state)
{
	struct casekit *k = casekit_new(CASEKIT_OUTCOME);

	(void)state;
	casekit_open(k);
	casekit_play(k, "visit_reference=MQ-000123; visit_outcome=nobody_home; visit_obstacles=absent road");
	assert_int_equal(casekit_problems(k), 0);
	assert_true(casekit_node(k, "next_visit_date")->is_relevant);
	casekit_play(k, "visit_outcome=postponed");
	assert_int_equal(casekit_problems(k), 1);
	casekit_play(k, "visit_reason=سفر الأسرة; next_visit_date=2026-11-22");
	assert_true(casekit_node(k, "next_visit_date")->is_violated);
	casekit_play(k, "next_visit_date=2026-12-01; visit_date=2026-11-24");
	assert_true(casekit_node(k, "visit_date")->is_violated);
	casekit_play(k, "visit_date=2026-11-20; visit_obstacles=none road");
	assert_int_equal(casekit_problems(k), 1);
	assert_string_equal(k->text, "visit_obstacles");
	casekit_play(k, "visit_outcome=moved; visit_obstacles=address");
	assert_false(casekit_node(k, "next_visit_date")->is_relevant);
	assert_int_equal(casekit_problems(k), 0);
	casekit_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rating_asks_six_things_none_of_which_must_be_answered),
		cmocka_unit_test(every_mark_has_a_face_a_number_and_a_word),
		cmocka_unit_test(a_visit_that_was_made_needs_day_and_outcome),
		cmocka_unit_test(a_visit_that_failed_says_why_and_when_the_next_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
