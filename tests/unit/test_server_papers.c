/*
 * test_server_papers: what devices are told of forms and lists, and in whose tables registers travel (FORMAT.md sections 9 and 10).
 */
#include "server/papers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/log.h"
#include "tests/lib/centrekit.h"

static const char *const CHOICES[] = { "colour|red|Red", "colour|green|Green", NULL };
static const char *const FEWER_CHOICES[] = { "colour|green|Green", NULL };
static const char *const FIRST[] = { "text||name|Name", "integer||age|Age", "select_one|colour|favourite|Favourite", NULL };
static const char *const RELABELLED[] = { "text||name|Full name", "integer||age|Age", "select_one|colour|favourite|Favourite",
	"text||street|Street", NULL };
static const char *const WITHOUT_AGE[] = { "text||name|Name", "select_one|colour|favourite|Favourite", NULL };

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

static void publish(
	struct centrekit *k, const char *id, const char *version, const char *const *survey, const char *const *choices, int in_days)
{
	struct buf text;

	buf_init(&text, FORM_TEXT_BYTES_MAX);
	centrekit_form(id, version, survey, choices, &text);
	assert_int_equal(centrekit_publish(k, &text, papers_today(k->c) + (uint32_t)in_days, NULL), 0);
	buf_fini(&text);
}

/* Some `bytes` of a list with a text of its own. */
static void publish_places(struct centrekit *k, const char *name, size_t bytes)
{
	struct publish_paper paper = { .from_day = PUBLISH_TODAY };
	uint8_t noise[6];
	struct buf csv, text;
	int64_t row;

	buf_init(&csv, REFLIST_BYTES_MAX);
	buf_init(&text, REFLIST_BYTES_MAX);
	buf_text(&csv, "code,label\n");
	for (unsigned i = 0; csv.len < bytes; i++) {
		buf_printf(&csv, "p%u,", i);
		for (int n = 0; n < 20; n++) {
			env_random(&k->fixed.env, noise, sizeof noise);
			buf_printf(&csv, "%02x%02x%02x%02x%02x%02x", noise[0], noise[1], noise[2], noise[3], noise[4], noise[5]);
		}
		buf_text(&csv, "\n");
	}
	assert_int_equal(reflist_compile(name, "1", csv.data, csv.len, &text), 0);
	paper.text = (const char *)text.data;
	paper.len = text.len;
	assert_int_equal(db_begin(k->c->db), 0);
	assert_int_equal(publish_list(k->c, &paper, NULL, &row), 0);
	assert_int_equal(db_commit(k->c->db), 0);
	buf_fini(&csv);
	buf_fini(&text);
}

/* One contact, and what its answer held. Free with message_content_fini() and intake_result_fini(). */
static void contact(struct centrekit *k, struct device *d, struct intake_result *r, struct message_content *content)
{
	memset(r, 0, sizeof *r);
	assert_int_equal(centrekit_contact(k, d, r), 0);
	assert_int_equal(message_content_decode(r->content.data, r->content.len, content), 0);
}

static void let_go(struct intake_result *r, struct message_content *content)
{
	message_content_fini(content);
	intake_result_fini(r);
}

static uint64_t write_answers(struct device *d, const struct device_answer *answers, size_t count)
{
	uint64_t id = device_new_id(d);

	device_write(d, id, answers, count);
	return id;
}

static uint64_t write_first(struct device *d, const char *colour)
{
	return write_answers(d,
		(struct device_answer[]){
			{ .field = "name", .value = "x" }, { .field = "age", .value = "7" }, { .field = "favourite", .value = colour } },
		3);
}

/* What the device holds on the root entry of a case of form `small`. */
static const char *value_at(struct device *d, uint64_t id, const char *field)
{
	centrekit_use(d, "small", "1");
	return device_register(d, id, id, field)->value;
}

/* ---- The catalogue ---- */

static void a_new_device_gets_every_paper_and_then_hears_no_more_of_them(void **state)
{
	struct centrekit *k = *state;
	struct message_content content;
	struct intake_result r;
	struct device d;

	centrekit_enrol(k, &d, 1, CENTREKIT_NORTH);
	contact(k, &d, &r, &content);
	assert_int_equal(content.catalogue_count, centrekit_int(k, "SELECT (SELECT count(*) FROM form) + (SELECT count(*) FROM list)"));
	assert_int_equal(content.paper_count, content.catalogue_count - 1); /* all but the form that enrolment gave */
	let_go(&r, &content);
	assert_int_equal(centrekit_sync(k, &d), 0);
	contact(k, &d, &r, &content);
	assert_null(content.catalogue);
	assert_int_equal(content.paper_count, 0);
	assert_false(content.more);
	assert_true(r.content.len < 64);
	let_go(&r, &content);
	device_fini(&d);
}

/* What matters on a stick: one way there and one back. */
static void a_device_with_an_older_catalogue_gets_the_new_form_and_registers_in_one_answer(void **state)
{
	struct centrekit *k = *state;
	struct message_content content;
	struct intake_result r;
	struct device a, b;
	uint64_t id;

	publish(k, "small", "1", FIRST, CHOICES, 0);
	centrekit_enrol(k, &a, 1, CENTREKIT_NORTH);
	centrekit_enrol(k, &b, 2, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(k, &a), 0);
	assert_int_equal(centrekit_sync(k, &b), 0);
	centrekit_use(&a, "small", "1");
	id = write_first(&a, "red");
	assert_int_equal(centrekit_sync(k, &a), 0);
	publish(k, "small", "2", RELABELLED, CHOICES, 1);
	contact(k, &b, &r, &content);
	assert_true(content.catalogue_count > 0);
	assert_int_equal(content.paper_count, 1);
	assert_int_equal(content.pull_count, 1);
	assert_false(content.more);
	let_go(&r, &content);
	assert_string_equal(value_at(&b, id, "name"), "x");
	assert_true(b.digest_matches);
	centrekit_use(&b, "small", "2");
	device_fini(&a);
	device_fini(&b);
}

static void of_an_unknown_mark_only_the_catalogue_follows_and_registers_wait(void **state)
{
	struct centrekit *k = *state;
	struct message_content content;
	struct intake_result r;
	struct device a, b;
	uint64_t id;

	publish(k, "small", "1", FIRST, CHOICES, 0);
	centrekit_enrol(k, &a, 1, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(k, &a), 0);
	centrekit_use(&a, "small", "1");
	id = write_first(&a, "red");
	assert_int_equal(centrekit_sync(k, &a), 0);
	centrekit_enrol(k, &b, 2, CENTREKIT_NORTH);
	centrekit_exec(k, "DELETE FROM catalogue"); /* as after a restore */
	contact(k, &b, &r, &content);
	assert_true(content.catalogue_count > 0);
	assert_int_equal(content.paper_count, 0);
	assert_int_equal(content.pull_count, 0);
	assert_int_equal(content.seen, 0);
	assert_true(content.more);
	assert_false(content.has_digest);
	let_go(&r, &content);
	assert_int_equal(centrekit_sync(k, &b), 0); /* it says what it lacks, and gets it */
	assert_string_equal(value_at(&b, id, "age"), "7");
	assert_true(b.digest_matches);
	device_fini(&a);
	device_fini(&b);
}

static void a_paper_that_is_wanted_is_sent_again(void **state)
{
	struct centrekit *k = *state;
	struct message_content content;
	struct intake_result r;
	struct device d;
	size_t lists;

	centrekit_enrol(k, &d, 1, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(k, &d), 0);
	lists = d.list_count;
	assert_true(lists > 1);
	d.list_count -= 1;
	contact(k, &d, &r, &content);
	assert_null(content.catalogue);
	assert_int_equal(content.paper_count, 1);
	let_go(&r, &content);
	assert_int_equal(d.list_count, lists);
	device_fini(&d);
}

static const struct message_paper *find_paper(const struct message_content *c, const char *name, const char *version)
{
	for (size_t i = 0; i < c->catalogue_count; i++)
		if (strcmp(c->catalogue[i].name, name) == 0 && strcmp(c->catalogue[i].version, version) == 0)
			return &c->catalogue[i];
	return NULL;
}

static void the_catalogue_has_what_is_in_force_what_is_to_come_and_what_alone_can_say_something(void **state)
{
	struct centrekit *k = *state;
	struct message_content content;
	struct intake_result r;
	struct device d;

	publish(k, "small", "1", FIRST, CHOICES, 0);
	publish(k, "small", "2", RELABELLED, CHOICES, 5);
	publish(k, "other", "1", FIRST, CHOICES, 0);
	publish(k, "other", "2", WITHOUT_AGE, CHOICES, 5);
	centrekit_enrol(k, &d, 1, CENTREKIT_NORTH);
	contact(k, &d, &r, &content);
	assert_non_null(find_paper(&content, "small", "1"));
	assert_non_null(find_paper(&content, "small", "2"));
	assert_int_equal(find_paper(&content, "small", "2")->from_day, papers_today(k->c) + 5);
	let_go(&r, &content);
	assert_int_equal(centrekit_sync(k, &d), 0);
	centrekit_days(k, 5);
	contact(k, &d, &r, &content);
	assert_null(find_paper(&content, "small", "1")); /* the second can say all of it */
	assert_non_null(find_paper(&content, "small", "2"));
	assert_non_null(find_paper(&content, "other", "1")); /* it alone knows the age */
	assert_non_null(find_paper(&content, "other", "2"));
	assert_int_equal(content.paper_count, 0);
	assert_false(content.more);
	let_go(&r, &content);
	device_fini(&d);
}

/* ---- In whose tables ---- */

static void answers_to_a_dropped_question_travel_in_the_older_tables(void **state)
{
	struct centrekit *k = *state;
	struct message_content content;
	struct intake_result r;
	struct device a, b;
	uint64_t id;

	publish(k, "small", "1", FIRST, CHOICES, 0);
	publish(k, "small", "2", WITHOUT_AGE, CHOICES, 1);
	centrekit_enrol(k, &a, 1, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(k, &a), 0);
	centrekit_use(&a, "small", "1");
	id = write_first(&a, "red");
	assert_int_equal(centrekit_sync(k, &a), 0);
	centrekit_days(k, 2);
	centrekit_enrol(k, &b, 2, CENTREKIT_NORTH);
	contact(k, &b, &r, &content);
	assert_int_equal(content.pull_count, 2);
	let_go(&r, &content);
	assert_int_equal(centrekit_sync(k, &b), 0);
	assert_string_equal(value_at(&b, id, "age"), "7");
	assert_string_equal(value_at(&b, id, "name"), "x");
	assert_true(b.digest_matches);
	device_fini(&a);
	device_fini(&b);
}

static void a_choice_no_longer_offered_travels_in_the_older_tables(void **state)
{
	struct centrekit *k = *state;
	struct message_content content;
	struct intake_result r;
	struct device a, b;
	uint64_t red, green;

	publish(k, "small", "1", FIRST, CHOICES, 0);
	publish(k, "small", "2", FIRST, FEWER_CHOICES, 1);
	centrekit_enrol(k, &a, 1, CENTREKIT_NORTH);
	centrekit_enrol(k, &b, 2, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(k, &a), 0);
	assert_int_equal(centrekit_sync(k, &b), 0);
	centrekit_use(&a, "small", "1");
	red = write_first(&a, "red");
	green = write_first(&a, "green");
	assert_int_equal(centrekit_sync(k, &a), 0);
	contact(k, &b, &r, &content);
	assert_int_equal(content.pull_count, 2);
	let_go(&r, &content);
	assert_string_equal(value_at(&b, red, "favourite"), "red");
	assert_string_equal(value_at(&b, green, "favourite"), "green");
	assert_true(b.digest_matches);
	device_fini(&a);
	device_fini(&b);
}

/* The order of the choices is the order of the codes in an answer with several: a new order makes other spellings. */
static void an_answer_whose_choices_changed_their_order_travels_in_the_older_tables(void **state)
{
	static const char *const MANY[] = { "select_multiple|colour|likes|Likes", NULL };
	static const char *const OTHER_ORDER[] = { "colour|green|Green", "colour|red|Red", NULL };
	struct centrekit *k = *state;
	struct device a, b;
	uint64_t id;

	publish(k, "small", "1", MANY, CHOICES, 0);
	publish(k, "small", "2", MANY, OTHER_ORDER, 1);
	centrekit_enrol(k, &a, 1, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(k, &a), 0);
	centrekit_use(&a, "small", "1");
	id = write_answers(&a, (struct device_answer[]){ { .field = "likes", .value = "red green" } }, 1);
	assert_int_equal(centrekit_sync(k, &a), 0);
	centrekit_days(k, 5); /* the first is in force no more */
	centrekit_enrol(k, &b, 2, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(k, &b), 0);
	centrekit_use(&b, "small", "1");
	assert_string_equal(device_register(&b, id, id, "likes")->value, "red green");
	assert_true(b.digest_matches);
	device_fini(&a);
	device_fini(&b);
}

/* A page that ended where the form changes would hold one case. */
static void cases_of_several_families_share_a_page(void **state)
{
	struct centrekit *k = *state;
	struct message_content content;
	struct intake_result r;
	struct device a, b;

	publish(k, "small", "1", FIRST, CHOICES, 0);
	publish(k, "other", "1", WITHOUT_AGE, CHOICES, 0);
	centrekit_enrol(k, &a, 1, CENTREKIT_NORTH);
	centrekit_enrol(k, &b, 2, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(k, &a), 0);
	assert_int_equal(centrekit_sync(k, &b), 0);
	for (int i = 0; i < 10; i++) {
		centrekit_use(&a, i % 2 ? "small" : "other", "1");
		write_answers(&a, (struct device_answer[]){ { .field = "name", .value = "x" } }, 1);
	}
	assert_int_equal(centrekit_sync(k, &a), 0);
	contact(k, &b, &r, &content);
	assert_int_equal(content.pull_count, 2);
	assert_int_equal(b.pulled, 10);
	assert_false(content.more);
	assert_true(b.digest_matches);
	let_go(&r, &content);
	device_fini(&a);
	device_fini(&b);
}

static void a_register_that_no_version_knows_is_an_error_of_the_store(void **state)
{
	struct centrekit *k = *state;
	const struct papers_saying nonsense = { .entry_type = "root", .field = "never_was", .value = "x", .value_len = 1 };
	struct papers_family family;
	struct papers_said said;

	publish(k, "small", "1", FIRST, CHOICES, 0);
	assert_int_equal(papers_family(k->c, "small", &family), 0);
	assert_int_equal(papers_say(k->c, &family, &nonsense, &said), ERR_CORRUPT);
	assert_int_equal(papers_family(k->c, "never", &family), ERR_NOT_FOUND);
}

/* ---- What fits ---- */

static void long_lists_come_one_by_one_and_after_the_registers(void **state)
{
	struct centrekit *k = *state;
	struct message_content content;
	struct intake_result r;
	struct device a, b;
	uint64_t id;
	size_t texts = 0;

	centrekit_enrol(k, &a, 1, CENTREKIT_NORTH);
	centrekit_enrol(k, &b, 2, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(k, &a), 0);
	assert_int_equal(centrekit_sync(k, &b), 0);
	publish_places(k, "north_places", 1000000);
	publish_places(k, "south_places", 1000000);
	id = write_answers(&a, (struct device_answer[]){ { .field = "village", .value = "X" } }, 1);
	assert_int_equal(centrekit_sync(k, &a), 0);
	memset(&r, 0, sizeof r);
	r.page_bytes = 1; /* a page for each case */
	write_answers(&a, (struct device_answer[]){ { .field = "village", .value = "Y" } }, 1);
	assert_int_equal(centrekit_sync(k, &a), 0);
	assert_int_equal(centrekit_contact(k, &b, &r), 0);
	assert_int_equal(message_content_decode(r.content.data, r.content.len, &content), 0);
	assert_int_equal(content.pull_count, 1);
	assert_int_equal(content.paper_count, 0);
	assert_true(content.more);
	let_go(&r, &content);
	for (int i = 0; i < 2; i++) {
		contact(k, &b, &r, &content);
		assert_int_equal(content.paper_count, 1);
		assert_int_equal(content.more, i == 0);
		texts += content.paper_count;
		let_go(&r, &content);
	}
	assert_int_equal(texts, 2);
	assert_string_equal(device_register(&b, id, id, "village")->value, "X");
	device_fini(&a);
	device_fini(&b);
}

/* Short as frames and long as texts: the content of an answer has a ceiling of its own. */
static void lists_that_compress_well_do_not_overfill_an_answer(void **state)
{
	static const char *const NAMES[] = { "list_a", "list_b", "list_c", "list_d", "list_e" };
	struct centrekit *k = *state;
	struct device d;

	centrekit_enrol(k, &d, 1, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(k, &d), 0);
	for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
		struct publish_paper paper = { .from_day = PUBLISH_TODAY };
		struct buf csv, text;
		int64_t row;

		buf_init(&csv, REFLIST_BYTES_MAX);
		buf_init(&text, REFLIST_BYTES_MAX);
		buf_text(&csv, "code,label\n");
		for (unsigned n = 0; n < 19000; n++)
			buf_printf(&csv, "p%u,%0150u\n", n, n);
		assert_int_equal(reflist_compile(NAMES[i], "1", csv.data, csv.len, &text), 0);
		paper.text = (const char *)text.data;
		paper.len = text.len;
		assert_int_equal(db_begin(k->c->db), 0);
		assert_int_equal(publish_list(k->c, &paper, NULL, &row), 0);
		assert_int_equal(db_commit(k->c->db), 0);
		buf_fini(&csv);
		buf_fini(&text);
	}
	assert_true(centrekit_int(k, "SELECT sum(frame_bytes) FROM list") < 512 * 1024);
	assert_true(centrekit_int(k, "SELECT sum(length(text)) FROM list") > 12 * 1024 * 1024);
	assert_int_equal(centrekit_contact(k, &d, NULL), 0);
	assert_true(d.more);
	assert_int_equal(centrekit_sync(k, &d), 0);
	assert_false(d.more);
	device_fini(&d);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_device_gets_every_paper_and_then_hears_no_more_of_them),
		TEST(a_device_with_an_older_catalogue_gets_the_new_form_and_registers_in_one_answer),
		TEST(of_an_unknown_mark_only_the_catalogue_follows_and_registers_wait),
		TEST(a_paper_that_is_wanted_is_sent_again),
		TEST(the_catalogue_has_what_is_in_force_what_is_to_come_and_what_alone_can_say_something),
		TEST(answers_to_a_dropped_question_travel_in_the_older_tables),
		TEST(a_choice_no_longer_offered_travels_in_the_older_tables),
		TEST(an_answer_whose_choices_changed_their_order_travels_in_the_older_tables),
		TEST(cases_of_several_families_share_a_page),
		TEST(a_register_that_no_version_knows_is_an_error_of_the_store),
		TEST(long_lists_come_one_by_one_and_after_the_registers),
		TEST(lists_that_compress_well_do_not_overfill_an_answer),
	};

	log_open(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
