/*
 * test_server_recheck: what the centre finds in cases after merging them, and that it only says so.
 */
#include "server/recheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/log.h"
#include "proto/base/hijri.h"
#include "server/papers.h"
#include "server/review.h"
#include "server/writer.h"
#include "tests/lib/centrekit.h"

static const char *const CHOICES[] = { "group|a|A", "group|b|B", "item|one|One|a", "item|two|Two|b", NULL };
static const char *const SURVEY[] = {
	"integer||most|At most",
	"integer||some|Some||. <= ${most}",
	"text||why|Why|true()||${some} > 5",
	"integer||guess|Guess|||||. < 100",
	"select_one|group|kind|Kind",
	"select_one|item|which|Which|||||||group = ${kind}",
	"date||expiry|Valid until||. >= today()",
	NULL,
};

struct world {
	struct centrekit k;
	struct device a, b;
};

static void publish(struct centrekit *k)
{
	struct buf text;

	buf_init(&text, FORM_TEXT_BYTES_MAX);
	centrekit_form("small", "1", SURVEY, CHOICES, &text);
	assert_int_equal(centrekit_publish(k, &text, PUBLISH_TODAY, NULL), 0);
	buf_fini(&text);
}

static int setup(void **state)
{
	struct world *w = test_calloc(1, sizeof *w);

	centrekit_open(&w->k);
	publish(&w->k);
	centrekit_enrol(&w->k, &w->a, 1, CENTREKIT_NORTH);
	centrekit_enrol(&w->k, &w->b, 2, CENTREKIT_NORTH);
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	centrekit_use(&w->a, "small", "1");
	centrekit_use(&w->b, "small", "1");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	device_fini(&w->a);
	device_fini(&w->b);
	centrekit_close(&w->k);
	test_free(w);
	return 0;
}

static void put(struct device *d, uint64_t id, const char *field, const char *value)
{
	device_write(d, id, &(struct device_answer){ .field = field, .value = value }, 1);
}

/* Both devices know the same case and then change it without each other. */
static uint64_t merge_two_valid_edits(struct world *w)
{
	uint64_t id = device_new_id(&w->a);

	device_write(&w->a, id, (struct device_answer[]){ { .field = "most", .value = "10" }, { .field = "some", .value = "3" } }, 2);
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	put(&w->a, id, "most", "4");
	put(&w->b, id, "some", "9");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	return id;
}

static size_t count_flags(struct world *w, uint64_t id, const char *field, enum model_problem_kind kind)
{
	struct recheck_flags flags;
	size_t count = 0;

	assert_int_equal(recheck_case(w->k.c, id), 0);
	assert_int_equal(recheck_load(w->k.c, id, &flags), 0);
	assert_null(flags.failed);
	for (size_t i = 0; i < flags.count; i++)
		count += strcmp(flags.items[i].field, field) == 0 && flags.items[i].kind == kind;
	recheck_flags_fini(&flags);
	return count;
}

static void two_valid_edits_that_make_an_invalid_case_are_flagged_and_stay(void **state)
{
	struct world *w = *state;
	uint64_t id = merge_two_valid_edits(w);

	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit WHERE outcome <> 0"), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM flag"), 0); /* the merge does not look */
	assert_int_equal(count_flags(w, id, "some", MODEL_VIOLATED), 1);
	assert_int_equal(count_flags(w, id, "why", MODEL_MISSING), 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM flag"), 2);
	assert_int_equal(centrekit_int(&w->k, "SELECT value = '9' FROM register WHERE field = 'some'"), 1);
}

static void a_flag_goes_when_its_reason_does_and_keeps_its_time_while_it_stands(void **state)
{
	struct world *w = *state;
	uint64_t id = merge_two_valid_edits(w);
	int64_t since;

	assert_int_equal(count_flags(w, id, "some", MODEL_VIOLATED), 1);
	since = centrekit_int(&w->k, "SELECT since_ms FROM flag WHERE field = 'some'");
	centrekit_days(&w->k, 1);
	put(&w->a, id, "guess", "7");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(count_flags(w, id, "some", MODEL_VIOLATED), 1);
	assert_true(since == centrekit_int(&w->k, "SELECT since_ms FROM flag WHERE field = 'some'"));
	put(&w->a, id, "most", "20");
	put(&w->a, id, "why", "because");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(count_flags(w, id, "some", MODEL_VIOLATED), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM flag"), 0);
}

static void soft_warnings_and_masked_choices_are_flagged_too(void **state)
{
	struct world *w = *state;
	uint64_t id = device_new_id(&w->a);

	device_write(&w->a, id,
		(struct device_answer[]){
			{ .field = "guess", .value = "1000" }, { .field = "kind", .value = "a" }, { .field = "which", .value = "two" } },
		3);
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(count_flags(w, id, "guess", MODEL_WARNED), 1);
	assert_int_equal(count_flags(w, id, "which", MODEL_MASKED), 1);
	assert_string_equal(recheck_kind_name(MODEL_WARNED, false), "warned");
}

/* S39: a card that is valid on the day of the visit stays valid at submission, however late the centre looks. */
static void a_case_is_judged_by_the_day_of_its_last_visit(void **state)
{
	struct world *w = *state;
	uint64_t id = device_new_id(&w->a);
	struct recheck_flags flags;
	char until[16];
	int year, month, day;

	w->a.wall_ms = w->k.wall_ms;
	assert_int_equal(hijri_gregorian_from_day((int32_t)papers_today(w->k.c) + 1, &year, &month, &day), 0);
	snprintf(until, sizeof until, "%04d-%02d-%02d", year % 10000, month % 100, day % 100);
	put(&w->a, id, "expiry", until);
	centrekit_days(&w->k, 30);
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	centrekit_days(&w->k, 300);
	assert_int_equal(count_flags(w, id, "expiry", MODEL_VIOLATED), 0);
	assert_int_equal(recheck_load(w->k.c, id, &flags), 0);
	assert_true(flags.judged_ms < flags.checked_ms - INT64_C(300) * 86400000);
	recheck_flags_fini(&flags);
	/* A visit after that day, and nothing said about the card: it has run out now. */
	w->a.wall_ms = w->k.wall_ms;
	put(&w->a, id, "guess", "1");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(count_flags(w, id, "expiry", MODEL_VIOLATED), 1);
}

/* A device's clock that cannot be right does not make everything invalid. */
static void a_moment_that_cannot_be_is_replaced_by_that_of_receiving(void **state)
{
	struct world *w = *state;
	uint64_t id = device_new_id(&w->a);
	struct recheck_flags flags;

	w->a.wall_ms = 1000; /* 1970 */
	put(&w->a, id, "guess", "1");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(recheck_case(w->k.c, id), 0);
	assert_int_equal(recheck_load(w->k.c, id, &flags), 0);
	assert_true(flags.judged_ms > INT64_C(1790000000000));
	recheck_flags_fini(&flags);
}

static void what_did_not_change_is_not_looked_at_again(void **state)
{
	struct world *w = *state;
	uint64_t id = device_new_id(&w->a);
	size_t count;

	put(&w->a, id, "guess", "1");
	put(&w->b, device_new_id(&w->b), "guess", "1000");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	assert_int_equal(recheck_pending(w->k.c, 100), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM case_check"), 2);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM flag"), 1);
	centrekit_exec(&w->k, "UPDATE case_check SET checked_ms = 5");
	assert_int_equal(recheck_pending(w->k.c, 100), 0);
	assert_int_equal(recheck_case(w->k.c, id), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM case_check WHERE checked_ms = 5"), 2);
	put(&w->a, id, "guess", "2");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(db_begin(w->k.c->db), 0);
	assert_int_equal(recheck_some(w->k.c, 10, &count), 0);
	assert_int_equal(db_commit(w->k.c->db), 0);
	assert_int_equal(count, 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM case_check WHERE checked_ms = 5"), 1);
	assert_int_equal(recheck_case(w->k.c, 12345), ERR_NOT_FOUND);
}

/* One that cannot be looked through is noted and stops nobody. */
static void a_case_whose_form_is_not_understood_is_noted_as_such(void **state)
{
	static const char *const ODD[] = { "integer||age|Age||. > nothing()", NULL };
	struct world *w = *state;
	struct recheck_flags flags;
	struct db_stmt *s;
	struct form *odd;
	struct buf text;
	uint64_t id;

	buf_init(&text, FORM_TEXT_BYTES_MAX);
	centrekit_form("odd", "1", ODD, NULL, &text);
	assert_int_equal(form_parse((const char *)text.data, text.len, &odd), 0);
	assert_int_equal(
		db_prepare(w->k.c->db, "INSERT INTO form (hash, name, version, text, published_ms) VALUES (?1, 'odd', '1', ?2, 1)", &s), 0);
	db_bind_blob(s, 1, form_hash(odd), FORM_HASH_BYTES);
	db_bind_text_len(s, 2, (const char *)text.data, text.len);
	assert_int_equal(db_run(s), 0);
	form_free(odd);
	buf_fini(&text);
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	centrekit_use(&w->a, "odd", "1");
	id = device_new_id(&w->a);
	put(&w->a, id, "age", "3");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	put(&w->b, device_new_id(&w->b), "guess", "1000");
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	assert_int_equal(recheck_pending(w->k.c, 100), 0);
	assert_int_equal(recheck_load(w->k.c, id, &flags), 0);
	assert_non_null(flags.failed);
	recheck_flags_fini(&flags);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM flag"), 1);
}

static int take_nothing(struct centre *c, struct writer_job *job)
{
	(void)c;
	(void)job;
	return 0;
}

static void the_writer_looks_through_cases_when_nobody_comes(void **state)
{
	struct world *w = *state;
	struct writer_job job = { .take = take_nothing };
	struct writer *writer;
	struct centre *other;
	int64_t checked = 0;

	for (int i = 0; i < 40; i++)
		put(&w->a, device_new_id(&w->a), "guess", "1000");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(centre_open(&w->k.env, w->k.dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &other), 0);
	assert_int_equal(writer_new(w->k.c, &writer), 0);
	assert_int_equal(writer_do(writer, &job), 0);
	for (int i = 0; i < 2000 && checked < 40; i++) {
		usleep(10000);
		assert_int_equal(db_query_int(other->db, "SELECT count(*) FROM case_check", &checked), 0);
	}
	writer_free(writer);
	assert_int_equal(checked, 40);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM flag"), 40);
	centre_close(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_valid_edits_that_make_an_invalid_case_are_flagged_and_stay),
		TEST(a_flag_goes_when_its_reason_does_and_keeps_its_time_while_it_stands),
		TEST(soft_warnings_and_masked_choices_are_flagged_too),
		TEST(a_case_is_judged_by_the_day_of_its_last_visit),
		TEST(a_moment_that_cannot_be_is_replaced_by_that_of_receiving),
		TEST(what_did_not_change_is_not_looked_at_again),
		TEST(a_case_whose_form_is_not_understood_is_noted_as_such),
		TEST(the_writer_looks_through_cases_when_nobody_comes),
	};

	log_open(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
