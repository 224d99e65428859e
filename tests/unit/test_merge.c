/*
 * merge, by example and by model. The model runs three devices and a centre over a few registers with random edits and contacts in
 * random order, and judges each outcome by what each device really had on its screen, not by the numbers the rule works with. It must
 * find a rule with a planted mistake, or it is no judge.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/merge.h"

/* ---- examples ---- */

static struct merge_value value(const char *text)
{
	return (struct merge_value){ text, strlen(text) };
}

static struct merge_register held(const char *text, uint32_t writer, uint64_t at)
{
	return (struct merge_register){ .is_set = true, .value = value(text), .writer = writer, .at = at };
}

static struct merge_edit edit_by(uint32_t site, uint64_t seen, const char *text)
{
	return (struct merge_edit){ .site = site, .seen = seen, .value = value(text) };
}

static const struct merge_entry QUIET;

static void register_never_set_is_accepted(void **state)
{
	struct merge_edit e = edit_by(1, 0, "a");
	struct merge_register r = { 0 };
	struct merge_step s = merge_edit(&e, &r, &QUIET);

	(void)state;
	assert_int_equal(s.outcome, MERGE_ACCEPTED);
	assert_true(s.write);
	assert_int_equal(s.conflict, MERGE_CONFLICT_NONE);
}

static void write_that_was_seen_is_accepted(void **state)
{
	struct merge_edit e = edit_by(1, 10, "b");
	struct merge_register r = held("a", 2, 10);

	(void)state;
	assert_int_equal(merge_edit(&e, &r, &QUIET).outcome, MERGE_ACCEPTED);
}

static void write_one_later_than_seen_is_a_conflict_and_writes_nothing(void **state)
{
	struct merge_edit e = edit_by(1, 9, "b");
	struct merge_register r = held("a", 2, 10);
	struct merge_step s = merge_edit(&e, &r, &QUIET);

	(void)state;
	assert_int_equal(s.outcome, MERGE_CONFLICT);
	assert_false(s.write);
	assert_int_equal(s.conflict, MERGE_CONFLICT_CANDIDATE);
}

static void own_write_is_accepted_without_having_seen_its_number(void **state)
{
	struct merge_edit e = edit_by(2, 0, "b");
	struct merge_register r = held("a", 2, 10);

	(void)state;
	assert_int_equal(merge_edit(&e, &r, &QUIET).outcome, MERGE_ACCEPTED);
}

static void same_value_agrees_and_makes_a_witness(void **state)
{
	struct merge_edit e = edit_by(1, 0, "a");
	struct merge_register r = held("a", 2, 10);
	struct merge_step s = merge_edit(&e, &r, &QUIET);

	(void)state;
	assert_int_equal(s.outcome, MERGE_AGREED);
	assert_true(s.add_witness);
	assert_false(s.write);
}

static void witness_writes_in_order(void **state)
{
	struct merge_edit e = edit_by(1, 0, "b");
	struct merge_register r = held("a", 2, 10);

	(void)state;
	r.is_witnessed = true;
	assert_int_equal(merge_edit(&e, &r, &QUIET).outcome, MERGE_ACCEPTED);
}

static void agreement_withdraws_the_sites_own_candidate(void **state)
{
	struct merge_edit e = edit_by(1, 0, "a");
	struct merge_register r = held("a", 2, 10);

	(void)state;
	r.has_conflict = true;
	r.has_candidate = true;
	assert_int_equal(merge_edit(&e, &r, &QUIET).conflict, MERGE_CONFLICT_WITHDRAW);
}

static void later_write_that_saw_it_closes_the_conflict_on_an_ordinary_field(void **state)
{
	struct merge_edit e = edit_by(3, 10, "c");
	struct merge_register r = held("a", 2, 10);
	struct merge_step s;

	(void)state;
	r.has_conflict = true;
	s = merge_edit(&e, &r, &QUIET);
	assert_int_equal(s.outcome, MERGE_ACCEPTED);
	assert_int_equal(s.conflict, MERGE_CONFLICT_CLOSE);
}

static void later_write_joins_the_conflict_on_a_protected_field(void **state)
{
	struct merge_edit e = edit_by(3, 10, "c");
	struct merge_register r = held("a", 2, 10);
	struct merge_step s;

	(void)state;
	e.is_protected = true;
	r.has_conflict = true;
	s = merge_edit(&e, &r, &QUIET);
	assert_int_equal(s.outcome, MERGE_CONFLICT);
	assert_false(s.write);
	assert_int_equal(s.conflict, MERGE_CONFLICT_CANDIDATE);
}

static void decision_of_the_centre_closes_a_protected_conflict(void **state)
{
	struct merge_edit e = edit_by(0, 20, "c");
	struct merge_register r = held("a", 2, 10);
	struct merge_step s;

	(void)state;
	e.is_protected = true;
	r.has_conflict = true;
	s = merge_edit(&e, &r, &QUIET);
	assert_int_equal(s.outcome, MERGE_ACCEPTED);
	assert_int_equal(s.conflict, MERGE_CONFLICT_CLOSE);
}

static void removal_that_has_not_seen_a_change_is_held(void **state)
{
	struct merge_edit e = edit_by(1, 5, "yes");
	struct merge_register r = { 0 };
	struct merge_entry entry = { .changed_at = 6 };
	struct merge_step s;

	(void)state;
	e.is_removal_field = true;
	s = merge_edit(&e, &r, &entry);
	assert_int_equal(s.outcome, MERGE_CONFLICT);
	assert_false(s.write);
	entry.changed_at = 5;
	assert_int_equal(merge_edit(&e, &r, &entry).outcome, MERGE_ACCEPTED);
}

static void change_that_has_not_seen_the_removal_brings_the_entry_back(void **state)
{
	struct merge_edit e = edit_by(1, 5, "b");
	struct merge_register r = held("a", 1, 3);
	struct merge_entry entry = { .is_gone = true, .gone_writer = 2, .gone_at = 6 };

	(void)state;
	assert_true(merge_edit(&e, &r, &entry).restore_entry);
	entry.gone_at = 5;
	assert_false(merge_edit(&e, &r, &entry).restore_entry);
	entry.gone_at = 6;
	entry.gone_writer = 1;
	assert_false(merge_edit(&e, &r, &entry).restore_entry);
}

static void removal_by_two_sites_is_agreement(void **state)
{
	struct merge_edit e = edit_by(1, 5, "yes");
	struct merge_register r = held("yes", 2, 6);
	struct merge_entry entry = { .is_gone = true, .gone_writer = 2, .gone_at = 6 };

	(void)state;
	e.is_removal_field = true;
	assert_int_equal(merge_edit(&e, &r, &entry).outcome, MERGE_AGREED);
}

/* ---- model ---- */

#define DEVICES 3
#define REGISTERS 4
#define STEPS 60
#define VALUES 3 /* few, so that agreement happens */
#define MODEL_SEEDS 20000

typedef struct merge_step (*merge_rule)(const struct merge_edit *, const struct merge_register *, const struct merge_entry *);

struct version { /* one accepted write */
	char value[2];
	uint32_t writer;
	uint64_t at;
	uint64_t id; /* 0: never set */
};

struct model {
	uint64_t random;
	uint64_t sequence;
	uint64_t next_id;
	struct version centre[REGISTERS];
	bool witness[REGISTERS][DEVICES + 1];
	bool conflict[REGISTERS];
	bool candidate[REGISTERS][DEVICES + 1];
	char candidate_value[REGISTERS][DEVICES + 1];
	struct {
		struct version shown[REGISTERS]; /* what its person sees: own unsent over confirmed */
		uint64_t seen;
		struct {
			bool is_there;
			char value[2];
			uint64_t seen;
			uint64_t base_id;   /* the version its person looked at */
			char base_value;
		} queue[REGISTERS];          /* newest unsent write per register */
	} device[DEVICES + 1];
	const char *fault;
};

static uint64_t draw(struct model *m, uint64_t below)
{
	uint64_t z = m->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

static void model_type(struct model *m, uint32_t d)
{
	size_t r = draw(m, REGISTERS);
	bool is_again = m->device[d].queue[r].is_there;

	m->device[d].queue[r].is_there = true;
	m->device[d].queue[r].value[0] = (char)('a' + draw(m, VALUES));
	m->device[d].queue[r].seen = m->device[d].seen;
	if (!is_again) {
		m->device[d].queue[r].base_id = m->device[d].shown[r].id;
		m->device[d].queue[r].base_value = m->device[d].shown[r].value[0];
	}
}

/* What no rule may do: put a value over one that its writer's person never had on the screen. */
static void model_judge(struct model *m, uint32_t d, size_t r, const struct merge_step *s)
{
	const struct version *now = &m->centre[r];
	bool had_seen = now->id == 0 || now->id == m->device[d].queue[r].base_id || now->writer == d || m->witness[r][d];
	bool is_same = now->id != 0 && now->value[0] == m->device[d].queue[r].value[0];

	if (s->write && !had_seen && !is_same)
		m->fault = "a value was overwritten by somebody who had never seen it";
	if (!s->write && s->outcome == MERGE_ACCEPTED)
		m->fault = "accepted and not written";
	if (had_seen && s->outcome != MERGE_ACCEPTED)
		m->fault = "a write in order was not accepted";
	if (!had_seen && is_same && s->outcome != MERGE_AGREED)
		m->fault = "the same value is not an agreement";
	if (s->outcome == MERGE_CONFLICT && s->conflict != MERGE_CONFLICT_CANDIDATE)
		m->fault = "a typed value was lost";
}

static void model_close(struct model *m, size_t r)
{
	m->conflict[r] = false;
	memset(m->candidate[r], 0, sizeof m->candidate[r]);
}

static void model_merge(struct model *m, merge_rule rule, uint32_t d, size_t r)
{
	struct version *now = &m->centre[r];
	struct merge_edit e = edit_by(d, m->device[d].queue[r].seen, m->device[d].queue[r].value);
	struct merge_register held_now = {
		.is_set = now->id != 0, .value = value(now->value), .writer = now->writer, .at = now->at,
		.is_witnessed = m->witness[r][d], .has_conflict = m->conflict[r], .has_candidate = m->candidate[r][d],
	};
	struct merge_step s = rule(&e, &held_now, &QUIET);

	model_judge(m, d, r, &s);
	if (s.conflict == MERGE_CONFLICT_CLOSE)
		model_close(m, r);
	if (s.conflict == MERGE_CONFLICT_WITHDRAW)
		m->candidate[r][d] = false;
	if (s.conflict == MERGE_CONFLICT_CANDIDATE) {
		m->conflict[r] = true;
		m->candidate[r][d] = true;
		m->candidate_value[r][d] = e.value.data[0];
	}
	if (s.add_witness)
		m->witness[r][d] = true;
	if (s.write) {
		*now = (struct version){ .writer = d, .at = ++m->sequence, .id = ++m->next_id };
		now->value[0] = e.value.data[0];
		memset(m->witness[r], 0, sizeof m->witness[r]);
	}
	m->device[d].queue[r].is_there = false;
}

/* A contact may be cut after the push: then the device has no answer and has seen nothing new. */
static void model_contact(struct model *m, merge_rule rule, uint32_t d)
{
	for (size_t r = 0; r < REGISTERS; r++)
		if (m->device[d].queue[r].is_there)
			model_merge(m, rule, d, r);
	memcpy(m->device[d].shown, m->centre, sizeof m->centre);
	m->device[d].seen = m->sequence;
}

static const char *model_run(merge_rule rule, uint64_t seed)
{
	struct model m = { .random = seed };

	for (int step = 0; step < STEPS && !m.fault; step++) {
		uint32_t d = 1 + (uint32_t)draw(&m, DEVICES);

		if (draw(&m, 3) != 0)
			model_type(&m, d);
		else
			model_contact(&m, rule, d);
	}
	for (int round = 0; round < 2 && !m.fault; round++)
		for (uint32_t d = 1; d <= DEVICES; d++)
			model_contact(&m, rule, d);
	for (uint32_t d = 1; d <= DEVICES && !m.fault; d++)
		if (memcmp(m.device[d].shown, m.centre, sizeof m.centre) != 0)
			m.fault = "at rest a device differs from the centre";
	return m.fault;
}

static void model_finds_no_fault_in_the_rule(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= MODEL_SEEDS; seed++) {
		const char *fault = model_run(merge_edit, seed);

		if (fault)
			fail_msg("seed %llu: %s", (unsigned long long)seed, fault);
	}
}

static bool model_finds(merge_rule rule)
{
	for (uint64_t seed = 1; seed <= MODEL_SEEDS; seed++)
		if (model_run(rule, seed))
			return true;
	return false;
}

static struct merge_step seen_off_by_one(const struct merge_edit *e, const struct merge_register *r, const struct merge_entry *entry)
{
	struct merge_edit wrong = *e;

	wrong.seen++;
	return merge_edit(&wrong, r, entry);
}

static struct merge_step seen_one_too_low(const struct merge_edit *e, const struct merge_register *r, const struct merge_entry *entry)
{
	struct merge_edit wrong = *e;

	wrong.seen -= wrong.seen != 0;
	return merge_edit(&wrong, r, entry);
}

static struct merge_step last_write_wins(const struct merge_edit *e, const struct merge_register *r, const struct merge_entry *entry)
{
	(void)e;
	(void)r;
	(void)entry;
	return (struct merge_step){ .outcome = MERGE_ACCEPTED, .write = true };
}

static struct merge_step candidate_forgotten(const struct merge_edit *e, const struct merge_register *r, const struct merge_entry *entry)
{
	struct merge_step s = merge_edit(e, r, entry);

	if (s.conflict == MERGE_CONFLICT_CANDIDATE && r->has_conflict)
		s.conflict = MERGE_CONFLICT_NONE;
	return s;
}

static struct merge_step witness_forgotten(const struct merge_edit *e, const struct merge_register *r, const struct merge_entry *entry)
{
	struct merge_register wrong = *r;

	wrong.is_witnessed = false;
	return merge_edit(e, &wrong, entry);
}

static void model_finds_planted_mistakes(void **state)
{
	(void)state;
	assert_true(model_finds(seen_off_by_one));
	assert_true(model_finds(seen_one_too_low));
	assert_true(model_finds(last_write_wins));
	assert_true(model_finds(candidate_forgotten));
}

/* The witness shows only when a device agrees, gets no answer, and writes again; in the model every contact is answered. */
static void forgotten_witness_turns_order_into_conflict(void **state)
{
	struct merge_edit e = edit_by(1, 0, "b");
	struct merge_register r = held("a", 2, 10);

	(void)state;
	r.is_witnessed = true;
	assert_int_equal(witness_forgotten(&e, &r, &QUIET).outcome, MERGE_CONFLICT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(register_never_set_is_accepted),
		cmocka_unit_test(write_that_was_seen_is_accepted),
		cmocka_unit_test(write_one_later_than_seen_is_a_conflict_and_writes_nothing),
		cmocka_unit_test(own_write_is_accepted_without_having_seen_its_number),
		cmocka_unit_test(same_value_agrees_and_makes_a_witness),
		cmocka_unit_test(witness_writes_in_order),
		cmocka_unit_test(agreement_withdraws_the_sites_own_candidate),
		cmocka_unit_test(later_write_that_saw_it_closes_the_conflict_on_an_ordinary_field),
		cmocka_unit_test(later_write_joins_the_conflict_on_a_protected_field),
		cmocka_unit_test(decision_of_the_centre_closes_a_protected_conflict),
		cmocka_unit_test(removal_that_has_not_seen_a_change_is_held),
		cmocka_unit_test(change_that_has_not_seen_the_removal_brings_the_entry_back),
		cmocka_unit_test(removal_by_two_sites_is_agreement),
		cmocka_unit_test(model_finds_no_fault_in_the_rule),
		cmocka_unit_test(model_finds_planted_mistakes),
		cmocka_unit_test(forgotten_witness_turns_order_into_conflict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
