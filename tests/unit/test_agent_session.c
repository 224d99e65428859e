/*
 * test_agent_session: a case under its form on a device: what is saved, what stands in the way of finishing, which form it is shown under.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/draft.h"
#include "agent/outbox.h"
#include "agent/session.h"
#include "agent/shelf.h"
#include "tests/lib/agentkit.h"

/* A visit with a question of its own, rows in rows, and two questions of one name: `remark` of the case and of a pet. */
#define SMALL(version, more)                                                                                                          \
	"#settings\nkey | value\nform_id | small\nversion | " version "\nform_title | Small\ndefault_language | Arabic (ar)\n"         \
	"instance_name | concat(${name}, ' !')\n"                                                                                     \
	"#survey\ntype | name | label::Arabic (ar) | label::English (en) | required | relevant | constraint |"                        \
	" constraint_message::Arabic (ar) | constraint_message::English (en) | warning | default | on_finish | entry\n"               \
	"begin_group | visit | الزيارة | Visit | | | | | | | | | visit\n"                                                             \
	"text | place | المكان | Place\n"                                                                                             \
	"hidden | began | | | | | | | | | concat('o', 'n')\n"                                                                         \
	"end_group |\n"                                                                                                               \
	"text | name | الاسم | Name | true()\n"                                                                                       \
	"integer | age | العمر | Age of ${name} | | | . <= 120 | لا يزيد على 120 | At most 120 for ${name} | . <= 100\n"             \
	"text | school | المدرسة | School | true() | ${age} < 18\n"                                                                   \
	"text | remark | ملاحظة | Remark\n"                                                                                           \
	"begin_repeat | member | فرد | Member\n"                                                                                      \
	"text | member_name | اسمه | His name\n"                                                                                      \
	"begin_repeat | pet | حيوان | Pet\n"                                                                                          \
	"text | remark | ملاحظة | Remark of the pet\n"                                                                                \
	"end_repeat |\n"                                                                                                              \
	"end_repeat |\n"                                                                                                              \
	"hidden | closed | | | | | | | | | | 'yes'\n" more

static const char RATING[] = "#settings\nkey | value\nform_id | stars\nversion | 1\nform_title | Stars\nkind | rating\n"
			     "#survey\ntype | name | label\ninteger | stars | Stars\n";

static int setup(void **state)
{
	struct agentkit *k = malloc(sizeof *k);

	agentkit_open_form(k, SMALL("1", ""));
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	agentkit_close(*state);
	free(*state);
	return 0;
}

static const struct form *current(struct agentkit *k)
{
	const struct form *form;
	int64_t id;

	assert_int_equal(shelf_form_current(k->s, &form, &id), 0);
	return form;
}

static struct session *take(struct agentkit *k, uint64_t case_id)
{
	struct session *x;

	assert_int_equal(session_open(k->s, case_id, case_id ? NULL : current(k), SESSION_TAKE, &x), 0);
	return x;
}

static struct session *look(struct agentkit *k, uint64_t case_id)
{
	struct session *x;

	assert_int_equal(session_open(k->s, case_id, NULL, SESSION_LOOK, &x), 0);
	return x;
}

static void set(struct session *x, const char *path, const char *value)
{
	struct model_node *n = model_find(session_model(x), path);

	assert_non_null(n);
	assert_int_equal(model_set(session_model(x), n, value), 0);
}

static const char *value_of(struct session *x, const char *path)
{
	struct model_node *n = model_find(session_model(x), path);

	return n ? n->value : "?";
}

static size_t save(struct session *x)
{
	size_t answers;

	assert_int_equal(session_save(x, &answers), 0);
	return answers;
}

/* A case with a name and an age, saved and closed. */
static uint64_t a_case(struct agentkit *k, const char *age)
{
	struct session *x = take(k, 0);
	uint64_t id = session_case(x);

	set(x, "/data/name", "سالم");
	set(x, "/data/age", age);
	save(x);
	session_close(x);
	return id;
}

static int64_t number(struct agentkit *k, const char *sql)
{
	int64_t n;

	assert_int_equal(db_query_int(k->s->db, sql, &n), 0);
	return n;
}

static enum draft_state state_of(struct agentkit *k, uint64_t id)
{
	enum draft_state state;

	assert_int_equal(draft_state(k->s, id, &state), 0);
	return state;
}

/* Finish it; `p` (may be NULL) has what was found, to be ended by the caller. */
static int finish(struct agentkit *k, uint64_t id, struct session_problems *p)
{
	struct session_problems own;
	struct session *x = take(k, id);
	int err;

	session_problems_init(p ? p : &own);
	err = session_finish(x, p ? p : &own);
	session_close(x);
	if (!p)
		session_problems_fini(&own);
	return err;
}

/* ---- saving ---- */

static void what_was_set_is_saved_with_its_draft(void **state)
{
	struct agentkit *k = *state;
	struct session *x = take(k, 0);
	uint64_t id = session_case(x);
	struct draft d;

	assert_int_equal(save(x), 1); /* what the form fills in at the beginning of a visit */
	set(x, "/data/name", "سالم");
	set(x, "/data/visit/place", "البيت");
	assert_int_equal(save(x), 2);
	assert_int_equal(save(x), 0);
	session_close(x);
	assert_int_equal(draft_find(k->s, id, &d), 0);
	assert_true(d.form_id != 0);
	assert_int_equal(state_of(k, id), DRAFT_OPEN);
	agentkit_reopen(k);
	x = look(k, id);
	assert_string_equal(value_of(x, "/data/name"), "سالم");
	assert_string_equal(value_of(x, "/data/visit/place"), "البيت");
	assert_string_equal(value_of(x, "/data/visit/began"), "on");
	session_close(x);
}

static void a_save_that_fails_loses_nothing(void **state)
{
	struct agentkit *k = *state;
	struct session *x = take(k, 0);
	size_t answers = 9;

	set(x, "/data/name", "سالم");
	assert_int_equal(store_set_u64(k->s, "revoked", 1), 0);
	assert_int_equal(session_save(x, &answers), ERR_AUTH);
	assert_int_equal(answers, 0);
	assert_int_equal(number(k, "SELECT count(*) FROM edit_group"), 0);
	assert_int_equal(number(k, "SELECT count(*) FROM draft"), 0);
	assert_int_equal(store_set_u64(k->s, "revoked", 0), 0);
	assert_int_equal(save(x), 2);
	assert_string_equal(agentkit_shown(k, session_case(x), session_case(x), "name"), "سالم");
	session_close(x);
}

/* Whatever is looked at, and however often. */
static void looking_writes_nothing_and_makes_no_id(void **state)
{
	struct agentkit *k = *state;
	uint64_t drafted = a_case(k, "20"), finished = a_case(k, "30");
	int64_t changes, counter;

	assert_int_equal(finish(k, finished, NULL), 0);
	/* As a pull brings it: a case without any visit, and no draft here. */
	assert_int_equal(db_exec(k->s->db, "INSERT INTO aid_case SELECT 30000000001, form_id, 1 FROM form LIMIT 1;"
			"INSERT INTO register SELECT 30000000001, 30000000001, 'name', 'root', 'هند', 1, 6, 1, NULL, 0"), 0);
	changes = number(k, "SELECT total_changes()");
	counter = number(k, "SELECT value FROM meta WHERE key = 'counter'");
	for (int i = 0; i < 3; i++) {
		struct session *x = look(k, drafted);

		session_close(x);
		x = look(k, finished);
		session_close(x);
		x = look(k, 30000000001);
		assert_string_equal(value_of(x, "/data/name"), "هند");
		assert_string_equal(value_of(x, "/data/visit/began"), "");
		session_close(x);
	}
	assert_int_equal(number(k, "SELECT total_changes()"), changes);
	assert_int_equal(number(k, "SELECT value FROM meta WHERE key = 'counter'"), counter);
}

static void an_answer_that_does_not_apply_keeps_its_register(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = a_case(k, "10");
	struct session *x = take(k, id);

	set(x, "/data/school", "مدرسة السدر");
	set(x, "/data/age", "20");
	save(x);
	assert_false(model_find(session_model(x), "/data/school")->is_relevant);
	session_close(x);
	assert_string_equal(agentkit_shown(k, id, id, "school"), "مدرسة السدر");
	x = take(k, id);
	set(x, "/data/age", "11");
	assert_true(model_find(session_model(x), "/data/school")->is_relevant);
	assert_string_equal(value_of(x, "/data/school"), "مدرسة السدر");
	session_close(x);
}

static void questions_of_one_name_keep_to_their_entries(void **state)
{
	struct agentkit *k = *state;
	struct session *x = take(k, 0);
	uint64_t id = session_case(x);
	struct model_node *row;

	set(x, "/data/remark", "of the case");
	assert_int_equal(model_add(session_model(x), model_find(session_model(x), "/data/member"), &row), 0);
	set(x, "/data/member[1]/member_name", "هند");
	assert_int_equal(model_add(session_model(x), model_find(session_model(x), "/data/member[1]/pet"), &row), 0);
	set(x, "/data/member[1]/pet[1]/remark", "of the pet");
	save(x);
	session_close(x);
	agentkit_reopen(k);
	x = take(k, id);
	assert_string_equal(value_of(x, "/data/remark"), "of the case");
	assert_string_equal(value_of(x, "/data/member[1]/pet[1]/remark"), "of the pet");
	session_close(x);
	assert_int_equal(outbox_seal(k->s), 0);
}

/* A row without one answer has no register; the row in it must not lose its place. */
static void a_row_in_an_empty_row_stays(void **state)
{
	struct agentkit *k = *state;
	struct session *x = take(k, 0);
	uint64_t id = session_case(x);
	struct model_node *row;

	assert_int_equal(model_add(session_model(x), model_find(session_model(x), "/data/member"), &row), 0);
	assert_int_equal(model_add(session_model(x), model_find(session_model(x), "/data/member[1]/pet"), &row), 0);
	set(x, "/data/member[1]/pet[1]/remark", "of the pet");
	save(x);
	session_close(x);
	x = look(k, id);
	assert_string_equal(value_of(x, "/data/member[1]/pet[1]/remark"), "of the pet");
	session_close(x);
}

static void the_form_says_what_a_case_is_called(void **state)
{
	struct agentkit *k = *state;
	struct session *x = look(k, a_case(k, "20"));
	struct buf title;

	buf_init(&title, 1000);
	assert_int_equal(model_title(session_model(x), &title), 0);
	assert_string_equal(buf_string(&title), "سالم !");
	buf_fini(&title);
	session_close(x);
}

/* ---- finishing ---- */

static void a_wrong_answer_is_saved_and_finishing_refused(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = a_case(k, "130");
	int64_t groups = number(k, "SELECT count(*) FROM edit_group");
	struct session_problems p;

	assert_string_equal(agentkit_shown(k, id, id, "age"), "130");
	assert_int_equal(finish(k, id, &p), ERR_REFUSED);
	assert_int_equal(p.hard, 1);
	assert_int_equal(p.soft, 1);
	/* The question in both languages, with what the form says, and no answer. */
	assert_non_null(strstr(buf_string(&p.lines), "! Age of … (age): has an answer that cannot be - At most 120 for …"));
	assert_non_null(strstr(buf_string(&p.lines), "| العمر (age): إجابته تحتاج إلى تصحيح - لا يزيد على 120\n"));
	assert_null(strstr(buf_string(&p.lines), "سالم"));
	assert_null(strstr(buf_string(&p.lines), "130"));
	session_problems_fini(&p);
	assert_int_equal(state_of(k, id), DRAFT_OPEN);
	assert_int_equal(number(k, "SELECT count(*) FROM edit_group"), groups);
	assert_string_equal(agentkit_shown(k, id, id, "closed"), "?");
}

static void what_is_required_and_asked_is_missing(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = a_case(k, "10");
	struct session_problems p;
	struct session *x;

	assert_int_equal(finish(k, id, &p), ERR_REFUSED);
	assert_int_equal(p.hard, 1);
	assert_non_null(strstr(buf_string(&p.lines), "! School (school): is required and has no answer | المدرسة (school)"));
	session_problems_fini(&p);
	x = take(k, id);
	set(x, "/data/age", "40");
	save(x);
	session_close(x);
	assert_int_equal(finish(k, id, NULL), 0);
}

static void a_doubt_does_not_stop_anybody(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = a_case(k, "110");
	struct session_problems p;

	assert_int_equal(finish(k, id, &p), 0);
	assert_int_equal(p.hard, 0);
	assert_int_equal(p.soft, 1);
	assert_non_null(strstr(buf_string(&p.lines), "~ Age of … (age)"));
	session_problems_fini(&p);
	assert_int_equal(state_of(k, id), DRAFT_FINISHED);
	assert_string_equal(agentkit_shown(k, id, id, "closed"), "yes");
	assert_int_equal(number(k, "SELECT count(*) FROM draft"), 0);
	assert_int_equal(finish(k, id, NULL), ERR_NOT_FOUND);
}

/* Two programs on one case: what was not looked at is not called finished. */
static void what_another_program_wrote_is_not_finished_unseen(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = a_case(k, "20");
	struct session *mine = take(k, id), *other = take(k, id);
	struct session_problems p;

	set(other, "/data/age", "130");
	save(other);
	session_close(other);
	session_problems_init(&p);
	assert_int_equal(session_finish(mine, &p), ERR_BUSY);
	session_problems_fini(&p);
	session_close(mine);
	assert_int_equal(state_of(k, id), DRAFT_OPEN);
	mine = take(k, id);
	other = take(k, id);
	set(other, "/data/age", "20");
	save(other);
	session_close(other);
	set(mine, "/data/remark", "x");
	save(mine);
	session_problems_init(&p);
	assert_int_equal(session_finish(mine, &p), ERR_REFUSED); /* it still sees 130 */
	session_problems_fini(&p);
	session_close(mine);
	assert_int_equal(finish(k, id, NULL), 0);
}

static void the_visit_after_a_finished_one_is_new(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = a_case(k, "20");
	uint64_t first = agentkit_entry(k, id, "visit", 0);
	struct session *x = take(k, id);

	set(x, "/data/visit/place", "البيت");
	save(x);
	session_close(x);
	assert_int_equal(finish(k, id, NULL), 0);
	x = take(k, id);
	assert_string_equal(value_of(x, "/data/visit/place"), "");
	assert_string_equal(value_of(x, "/data/name"), "سالم");
	set(x, "/data/visit/place", "المكتب");
	save(x);
	session_close(x);
	assert_int_equal(state_of(k, id), DRAFT_CHANGED);
	assert_string_equal(agentkit_shown(k, id, first, "place"), "البيت");
	assert_string_equal(agentkit_shown(k, id, agentkit_entry(k, id, "visit", 1), "place"), "المكتب");
	assert_int_equal(finish(k, id, NULL), 0);
	assert_int_equal(state_of(k, id), DRAFT_FINISHED);
}

/* Another device's visit has a higher id; one's own is what is being taken, checked, and shown after it was finished. */
static void one_sees_the_visit_one_took(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = a_case(k, "20");
	struct session *x = take(k, id);

	set(x, "/data/visit/place", "البيت");
	save(x);
	session_close(x);
	assert_int_equal(db_exec(k->s->db, "INSERT INTO register SELECT case_id, 400000000001, 'place', 'visit', 'far', 1, 93, 1, NULL, 0 FROM aid_case"), 0);
	x = look(k, id);
	assert_string_equal(value_of(x, "/data/visit/place"), "البيت");
	session_close(x);
	assert_int_equal(finish(k, id, NULL), 0);
	x = look(k, id);
	assert_string_equal(value_of(x, "/data/visit/place"), "البيت");
	session_close(x);
}

/* ---- forms that come in between ---- */

static void arrives(struct agentkit *k, uint64_t contact, const char *tables)
{
	const struct agentkit_paper paper = { .kind = MESSAGE_FORM, .text = tables };

	assert_int_equal(agentkit_catalogue(k, contact, &paper, 1), 0);
}

static void a_visit_is_finished_under_the_form_it_was_begun_with(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = a_case(k, "20"), other;
	struct session *x;

	arrives(k, 1, SMALL("2", "text | extra | زيادة | Extra | true()\n"));
	assert_string_equal(form_version(current(k)), "2");
	x = take(k, id);
	assert_string_equal(form_version(session_form(x)), "1");
	session_close(x);
	/* A case that is begun now is asked everything. */
	other = a_case(k, "20");
	assert_int_equal(finish(k, other, NULL), ERR_REFUSED);
	assert_int_equal(finish(k, id, NULL), 0);
	x = look(k, id);
	assert_string_equal(form_version(session_form(x)), "1");
	session_close(x);
	/* Taken up again, it is a visit of today: with the newest form. */
	x = take(k, id);
	assert_string_equal(form_version(session_form(x)), "2");
	set(x, "/data/extra", "more");
	save(x);
	session_close(x);
	assert_int_equal(state_of(k, id), DRAFT_CHANGED);
	x = look(k, id);
	assert_string_equal(form_version(session_form(x)), "2");
	session_close(x);
	assert_int_equal(finish(k, id, NULL), 0);
}

static void a_rating_is_not_taken_by_a_representative(void **state)
{
	struct agentkit *k = *state;
	const struct agentkit_paper papers[] = {
		{ .kind = MESSAGE_FORM, .text = SMALL("1", "") },
		{ .kind = MESSAGE_FORM, .text = RATING },
	};
	const struct form *form;
	int64_t row;

	assert_int_equal(agentkit_catalogue(k, 1, papers, 2), 0);
	assert_int_equal(shelf_form_named(k->s, "stars", &form, &row), 0);
	assert_int_equal(session_check_form(form), ERR_USAGE);
	assert_int_equal(session_check_form(current(k)), 0);
}

/* No session lives through a rest; forms do. */
static void forms_live_through_a_rest(void **state)
{
	struct agentkit *k = *state;
	uint64_t id = a_case(k, "20");
	const struct form *form = current(k);
	struct session *x;

	store_suspend(k->s);
	assert_int_equal(store_resume(k->s, k->dir, AGENTKIT_PASS, strlen(AGENTKIT_PASS)), 0);
	assert_ptr_equal(current(k), form);
	assert_int_equal(session_open(k->s, id, form, SESSION_TAKE, &x), 0);
	assert_string_equal(value_of(x, "/data/name"), "سالم");
	session_close(x);
}

static void a_case_that_is_not_here_is_not_opened(void **state)
{
	struct agentkit *k = *state;
	struct session *x;

	assert_int_equal(session_open(k->s, record_id(AGENTKIT_SITE, 77), NULL, SESSION_TAKE, &x), ERR_NOT_FOUND);
	assert_null(x);
	assert_int_equal(session_open(k->s, record_id(AGENTKIT_SITE, 77), current(k), SESSION_LOOK, &x), ERR_NOT_FOUND);
	assert_null(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_set_is_saved_with_its_draft, setup, teardown),
		cmocka_unit_test_setup_teardown(a_save_that_fails_loses_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(looking_writes_nothing_and_makes_no_id, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_that_does_not_apply_keeps_its_register, setup, teardown),
		cmocka_unit_test_setup_teardown(questions_of_one_name_keep_to_their_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(a_row_in_an_empty_row_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(the_form_says_what_a_case_is_called, setup, teardown),
		cmocka_unit_test_setup_teardown(a_wrong_answer_is_saved_and_finishing_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_required_and_asked_is_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_doubt_does_not_stop_anybody, setup, teardown),
		cmocka_unit_test_setup_teardown(what_another_program_wrote_is_not_finished_unseen, setup, teardown),
		cmocka_unit_test_setup_teardown(the_visit_after_a_finished_one_is_new, setup, teardown),
		cmocka_unit_test_setup_teardown(one_sees_the_visit_one_took, setup, teardown),
		cmocka_unit_test_setup_teardown(a_visit_is_finished_under_the_form_it_was_begun_with, setup, teardown),
		cmocka_unit_test_setup_teardown(a_rating_is_not_taken_by_a_representative, setup, teardown),
		cmocka_unit_test_setup_teardown(forms_live_through_a_rest, setup, teardown),
		cmocka_unit_test_setup_teardown(a_case_that_is_not_here_is_not_opened, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
