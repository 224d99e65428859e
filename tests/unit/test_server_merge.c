/*
 * What becomes of edits at the centre: field by field, with conflicts, removals, witnesses and rights, through whole contacts of
 * devices in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proto/merge.h"
#include "proto/base/log.h"
#include "server/case.h"
#include "server/conflict.h"
#include "server/ledger.h"
#include "server/register.h"
#include "tests/lib/centrekit.h"

struct world {
	struct centrekit k;
	struct device a, b, s; /* two of the north, one of the south */
	uint64_t case_id;      /* made by a, known to b */
};

static void write_one(struct device *d, uint64_t case_id, uint64_t entry_id, const char *field, const char *value)
{
	device_write(d, case_id, &(struct device_answer){ .entry_id = entry_id, .field = field, .value = value, .entry_type = NULL }, 1);
}

static void remove_entry(struct device *d, uint64_t case_id, uint64_t entry_id, const char *type)
{
	device_write(d, case_id, &(struct device_answer){ .entry_id = entry_id, .field = "_gone", .value = "yes", .entry_type = type }, 1);
}

static void sync_ok(struct world *w, struct device *d)
{
	int err = centrekit_sync(&w->k, d);

	if (err)
		fail_msg("%s: %s", err_name(err), err_message());
	assert_true(d->has_digest);
	assert_true(d->digest_matches);
}

/* The value a register of the centre holds, as text; "-" when unset. */
static const char *value_at(struct world *w, uint64_t entry_id, const char *field, char out[64])
{
	struct register_address a = { w->case_id, entry_id, NULL, field };
	struct register_state r;

	register_state_init(&r);
	assert_int_equal(register_load(w->k.c, &a, &r), 0);
	snprintf(out, 64, "%s", r.is_set ? buf_string(&r.value) : "-");
	register_state_fini(&r);
	return out;
}

static void assert_value(struct world *w, uint64_t entry_id, const char *field, const char *expected)
{
	char text[64];

	assert_string_equal(value_at(w, entry_id, field, text), expected);
}

static int setup(void **state)
{
	struct world *w = test_calloc(1, sizeof *w);

	centrekit_open(&w->k);
	centrekit_enrol(&w->k, &w->a, 1, CENTREKIT_NORTH);
	centrekit_enrol(&w->k, &w->b, 2, CENTREKIT_NORTH);
	centrekit_enrol(&w->k, &w->s, 3, CENTREKIT_SOUTH);
	w->case_id = device_new_id(&w->a);
	device_write(&w->a, w->case_id,
		(struct device_answer[]){ { .field = "village", .value = "X" }, { .field = "landmark", .value = "Y" } }, 2);
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	device_fini(&w->a);
	device_fini(&w->b);
	device_fini(&w->s);
	centrekit_close(&w->k);
	test_free(w);
	return 0;
}

/* The one open conflict. */
static void only_conflict(struct world *w, struct conflict *out)
{
	struct conflict_list l;

	assert_int_equal(conflict_list(w->k.c, 0, 0, 10, &l), 0);
	assert_int_equal(l.count, 1);
	assert_int_equal(conflict_load(w->k.c, l.items[0].conflict_id, out), 0);
	conflict_list_fini(&l);
}

static void assert_no_conflict(struct world *w)
{
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM conflict WHERE state = 1"), 0);
}

static void resolve(struct world *w, const char *value, const char *reason)
{
	struct conflict x;

	only_conflict(w, &x);
	assert_int_equal(db_begin(w->k.c->db), 0);
	assert_int_equal(conflict_resolve(w->k.c, x.conflict_id, CENTREKIT_OFFICER, x.at, value, strlen(value), reason), 0);
	assert_int_equal(db_commit(w->k.c->db), 0);
	conflict_fini(&x);
}

/* ---- Field by field ---- */

static void different_fields_changed_by_two_devices_are_both_kept(void **state)
{
	struct world *w = *state;

	write_one(&w->a, w->case_id, 0, "village", "from a");
	write_one(&w->b, w->case_id, 0, "landmark", "from b");
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
	sync_ok(w, &w->a);
	assert_no_conflict(w);
	assert_value(w, w->case_id, "village", "from a");
	assert_value(w, w->case_id, "landmark", "from b");
	assert_string_equal(device_register(&w->a, w->case_id, w->case_id, "landmark")->value, "from b");
	assert_string_equal(device_register(&w->b, w->case_id, w->case_id, "village")->value, "from a");
}

static void the_same_field_changed_by_two_devices_keeps_both_sides_and_the_register(void **state)
{
	struct world *w = *state;
	struct conflict x;

	w->a.wall_ms = 111;
	w->b.wall_ms = 222;
	write_one(&w->a, w->case_id, 0, "village", "from a");
	write_one(&w->b, w->case_id, 0, "village", "from b");
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
	assert_value(w, w->case_id, "village", "from a");
	only_conflict(w, &x);
	assert_true(x.case_id == w->case_id);
	assert_string_equal(x.field, "village");
	assert_string_equal(x.entry_type, "root");
	assert_string_equal(x.base, "X");
	assert_string_equal(x.current.value, "from a");
	assert_int_equal(x.current.site, w->a.site);
	assert_int_equal(x.current.author, w->a.person);
	assert_int_equal(x.current.wall_ms, 111);
	assert_int_equal(x.candidate_count, 1);
	assert_string_equal(x.candidates[0].value, "from b");
	assert_int_equal(x.candidates[0].site, w->b.site);
	assert_int_equal(x.candidates[0].author, w->b.person);
	assert_string_equal(x.candidates[0].author_name, "representative 4");
	assert_int_equal(x.candidates[0].wall_ms, 222);
	assert_true(x.candidates[0].received_ms > x.current.received_ms);
	conflict_fini(&x);
}

static void a_devices_newer_candidate_replaces_its_older_one(void **state)
{
	struct world *w = *state;
	struct conflict x;

	write_one(&w->a, w->case_id, 0, "village", "from a");
	write_one(&w->b, w->case_id, 0, "village", "first");
	write_one(&w->b, w->case_id, 0, "village", "second");
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
	only_conflict(w, &x);
	assert_int_equal(x.candidate_count, 1);
	assert_string_equal(x.candidates[0].value, "second");
	conflict_fini(&x);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit WHERE outcome = 2"), 2);
}

static void the_same_value_from_two_devices_is_agreement_and_makes_a_witness(void **state)
{
	struct world *w = *state;

	write_one(&w->a, w->case_id, 0, "village", "same");
	write_one(&w->b, w->case_id, 0, "village", "same");
	/* A second write of b, made before it heard of a: in order, since b is a witness of what it replaces. */
	write_one(&w->b, w->case_id, 0, "village", "corrected");
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
	assert_no_conflict(w);
	assert_value(w, w->case_id, "village", "corrected");
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit WHERE outcome = 1"), 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM witness"), 0);
}

static void coming_to_agree_withdraws_the_candidate(void **state)
{
	struct world *w = *state;

	write_one(&w->a, w->case_id, 0, "village", "from a");
	write_one(&w->b, w->case_id, 0, "village", "from b");
	write_one(&w->b, w->case_id, 0, "village", "from a");
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
	assert_no_conflict(w);
	assert_int_equal(centrekit_int(&w->k, "SELECT state FROM conflict"), CONFLICT_WITHDRAWN);
}

static void a_later_write_that_saw_the_value_settles_a_conflict_on_an_ordinary_field(void **state)
{
	struct world *w = *state;

	write_one(&w->a, w->case_id, 0, "village", "from a");
	write_one(&w->b, w->case_id, 0, "village", "from b");
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
	write_one(&w->b, w->case_id, 0, "village", "agreed by telephone");
	sync_ok(w, &w->b);
	assert_no_conflict(w);
	assert_value(w, w->case_id, "village", "agreed by telephone");
	assert_int_equal(centrekit_int(&w->k, "SELECT state FROM conflict"), CONFLICT_SETTLED);
}

static void a_later_write_joins_the_conflict_on_a_protected_field(void **state)
{
	struct world *w = *state;

	write_one(&w->a, w->case_id, 0, "first_name", "Huda");
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
	write_one(&w->a, w->case_id, 0, "first_name", "Huda A");
	write_one(&w->b, w->case_id, 0, "first_name", "Huda B");
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
	write_one(&w->a, w->case_id, 0, "first_name", "Huda C");
	sync_ok(w, &w->a);
	assert_value(w, w->case_id, "first_name", "Huda A");
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM candidate"), 2);
}

static void clocks_decide_nothing(void **state)
{
	struct world *w = *state;
	struct conflict x;

	w->a.wall_ms = INT64_C(2145916800000); /* 2038 */
	w->b.wall_ms = 0;                      /* 1970 */
	write_one(&w->a, w->case_id, 0, "village", "from 2038");
	write_one(&w->b, w->case_id, 0, "village", "from 1970");
	sync_ok(w, &w->b);
	sync_ok(w, &w->a);
	assert_value(w, w->case_id, "village", "from 1970");
	only_conflict(w, &x);
	assert_string_equal(x.candidates[0].value, "from 2038");
	conflict_fini(&x);
}

/* ---- Removal ---- */

static uint64_t add_member(struct world *w)
{
	uint64_t member = device_new_id(&w->a);

	write_one(&w->a, w->case_id, member, "member_name", "Sami");
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
	return member;
}

static void a_removal_after_an_unseen_change_is_held_for_a_person(void **state)
{
	struct world *w = *state;
	uint64_t member = add_member(w);
	struct conflict x;

	write_one(&w->a, w->case_id, member, "member_name", "Samir");
	remove_entry(&w->b, w->case_id, member, "member");
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
	assert_value(w, member, "_gone", "-");
	only_conflict(w, &x);
	assert_string_equal(x.field, "_gone");
	assert_string_equal(x.entry_type, "member");
	assert_false(x.has_current);
	assert_null(x.base);
	assert_string_equal(x.candidates[0].value, "yes");
	assert_int_equal(x.candidates[0].site, w->b.site);
	conflict_fini(&x);
	resolve(w, "yes", "moved away, confirmed by telephone");
	sync_ok(w, &w->a);
	assert_string_equal(device_register(&w->a, w->case_id, member, "_gone")->value, "yes");
}

static void a_change_after_an_unseen_removal_brings_the_entry_back_for_a_person(void **state)
{
	struct world *w = *state;
	uint64_t member = add_member(w);
	struct conflict x;

	remove_entry(&w->b, w->case_id, member, "member");
	write_one(&w->a, w->case_id, member, "member_name", "Samir");
	sync_ok(w, &w->b);
	sync_ok(w, &w->a);
	assert_value(w, member, "_gone", "");
	assert_value(w, member, "member_name", "Samir");
	only_conflict(w, &x);
	assert_string_equal(x.field, "_gone");
	assert_string_equal(x.current.value, "");
	assert_int_equal(x.current.site, 0);
	assert_int_equal(x.candidate_count, 1);
	assert_string_equal(x.candidates[0].value, "yes");
	assert_int_equal(x.candidates[0].site, w->b.site);
	assert_int_equal(x.candidates[0].author, w->b.person);
	conflict_fini(&x);
	sync_ok(w, &w->b);
	assert_string_equal(device_register(&w->b, w->case_id, member, "_gone")->value, "");
	resolve(w, "", "still in the household");
	assert_no_conflict(w);
	sync_ok(w, &w->b);
	sync_ok(w, &w->a);
}

static void a_device_that_changes_and_then_removes_agrees_with_an_unseen_removal(void **state)
{
	struct world *w = *state;
	uint64_t member = add_member(w);

	remove_entry(&w->b, w->case_id, member, "member");
	write_one(&w->a, w->case_id, member, "member_name", "Samir");
	remove_entry(&w->a, w->case_id, member, "member");
	sync_ok(w, &w->b);
	sync_ok(w, &w->a);
	assert_value(w, member, "_gone", "yes");
	assert_no_conflict(w);
}

static void a_removal_that_saw_everything_is_an_ordinary_edit(void **state)
{
	struct world *w = *state;
	uint64_t member = add_member(w);

	remove_entry(&w->b, w->case_id, member, "member");
	sync_ok(w, &w->b);
	assert_value(w, member, "_gone", "yes");
	assert_no_conflict(w);
}

static void the_numbers_of_restored_entries_come_after_all_accepted_ones(void **state)
{
	struct world *w = *state;
	uint64_t member = add_member(w);

	remove_entry(&w->b, w->case_id, member, "member");
	sync_ok(w, &w->b);
	write_one(&w->a, w->case_id, member, "member_name", "Samir");
	write_one(&w->a, w->case_id, 0, "village", "after the member");
	sync_ok(w, &w->a);
	assert_true(device_register(&w->a, w->case_id, member, "member_name")->at + 1 ==
		    device_register(&w->a, w->case_id, w->case_id, "village")->at);
	assert_true(device_register(&w->a, w->case_id, member, "_gone")->at ==
		    device_register(&w->a, w->case_id, w->case_id, "village")->at + 1);
}

/* ---- Rights ---- */

static void another_branch_gets_nothing_and_its_edit_is_refused_but_kept(void **state)
{
	struct world *w = *state;
	struct intake_result r = { 0 };

	sync_ok(w, &w->s);
	assert_int_equal(w->s.register_count, 0);
	write_one(&w->s, w->case_id, 0, "village", "not ours");
	assert_int_equal(centrekit_contact(&w->k, &w->s, &r), 0);
	assert_int_equal(r.refused_edits, 1);
	intake_result_fini(&r);
	assert_value(w, w->case_id, "village", "X");
	assert_int_equal(w->s.register_count, 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit WHERE outcome = 3 AND value = 'not ours'"), 1);
	assert_non_null(device_receipt(&w->s, 1));
}

static void a_case_invented_for_another_devices_number_is_refused(void **state)
{
	struct world *w = *state;

	write_one(&w->a, record_id(w->b.site, 999), 0, "village", "whose?");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM aid_case"), 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit WHERE outcome = 3"), 1);
}

static void an_entry_invented_for_another_devices_number_is_refused(void **state)
{
	struct world *w = *state;
	uint64_t member = add_member(w);

	write_one(&w->b, w->case_id, record_id(w->a.site, 4000), "member_name", "whose?");
	write_one(&w->b, w->case_id, member, "member_name", "Samir");
	write_one(&w->b, w->case_id, record_id_derive(w->case_id, "member", 1), "member_name", "computed");
	write_one(&w->b, w->case_id, device_new_id(&w->b), "member_name", "own");
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit WHERE outcome = 3"), 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit WHERE outcome = 3 AND value = 'whose?'"), 1);
	assert_value(w, member, "member_name", "Samir");
}

static void a_field_of_another_entry_type_is_refused_on_an_entry(void **state)
{
	struct world *w = *state;
	uint64_t member = add_member(w);

	write_one(&w->b, w->case_id, member, "income_amount", "100.00");
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit WHERE outcome = 3"), 1);
}

static void another_persons_name_on_an_edit_is_refused(void **state)
{
	struct world *w = *state;

	w->b.person = w->a.person;
	write_one(&w->b, w->case_id, 0, "village", "in a's name");
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	assert_value(w, w->case_id, "village", "X");
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit WHERE outcome = 3"), 1);
}

static void a_seen_from_the_future_does_not_overwrite_what_was_not_seen(void **state)
{
	struct world *w = *state;

	write_one(&w->a, w->case_id, 0, "village", "from a");
	w->b.seen = (UINT64_C(1) << CENTRE_SEQUENCE_GENERATION_BITS) * 7;
	write_one(&w->b, w->case_id, 0, "village", "from b");
	sync_ok(w, &w->a);
	assert_int_equal(centrekit_contact(&w->k, &w->b, NULL), 0);
	assert_value(w, w->case_id, "village", "from a");
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM conflict WHERE state = 1"), 1);
}

/* ---- Decisions ---- */

static void make_conflict(struct world *w)
{
	write_one(&w->a, w->case_id, 0, "village", "from a");
	write_one(&w->b, w->case_id, 0, "village", "from b");
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
}

static void a_decision_reaches_both_devices_with_its_reason(void **state)
{
	struct world *w = *state;
	const struct device_register *r;

	make_conflict(w);
	resolve(w, "from b", "seen on the deed");
	assert_no_conflict(w);
	sync_ok(w, &w->a);
	sync_ok(w, &w->b);
	r = device_register(&w->a, w->case_id, w->case_id, "village");
	assert_string_equal(r->value, "from b");
	assert_string_equal(r->reason, "seen on the deed");
	assert_int_equal(r->writer, 0);
	assert_int_equal(r->author, CENTREKIT_OFFICER);
	assert_string_equal(device_register(&w->b, w->case_id, w->case_id, "village")->value, "from b");
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM audit WHERE action = 'decide' AND person_id = 1"), 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT state FROM conflict"), CONFLICT_DECIDED);
}

static int try_resolve(struct world *w, int64_t person, uint64_t at_off, const char *field_value, const char *reason)
{
	struct conflict x;
	int err;

	only_conflict(w, &x);
	assert_int_equal(db_begin(w->k.c->db), 0);
	err = conflict_resolve(w->k.c, x.conflict_id, person, x.at + at_off, field_value, strlen(field_value), reason);
	db_rollback(w->k.c->db);
	conflict_fini(&x);
	return err;
}

static void a_decision_needs_a_right_a_reason_a_canonical_value_and_a_fresh_look(void **state)
{
	struct world *w = *state;

	make_conflict(w);
	assert_int_equal(try_resolve(w, CENTREKIT_ENDED, 0, "v", "r"), ERR_AUTH);
	assert_int_equal(try_resolve(w, w->a.person, 0, "v", "r"), ERR_AUTH);
	assert_int_equal(try_resolve(w, 12345, 0, "v", "r"), ERR_AUTH);
	assert_int_equal(try_resolve(w, CENTREKIT_OFFICER, 0, "v", ""), ERR_USAGE);
	assert_int_equal(try_resolve(w, CENTREKIT_OFFICER, 0, " not canonical ", "r"), ERR_USAGE);
	assert_int_equal(try_resolve(w, CENTREKIT_OFFICER, 1, "v", "r"), ERR_STALE);
	assert_int_equal(try_resolve(w, CENTREKIT_OFFICER, 0, "v", "r"), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM conflict WHERE state = 1"), 1);
}

/* ---- Reading ---- */

static void a_case_and_its_history_show_who_changed_what(void **state)
{
	struct world *w = *state;
	struct case_file f;
	struct case_list l;
	struct ledger_history h;

	make_conflict(w);
	assert_int_equal(case_list(w->k.c, CENTREKIT_NORTH, 0, 10, &l), 0);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.items[0].entry_count, 1);
	assert_int_equal(l.items[0].open_conflicts, 1);
	case_list_fini(&l);
	assert_int_equal(case_list(w->k.c, CENTREKIT_SOUTH, 0, 10, &l), 0);
	assert_int_equal(l.count, 0);
	case_list_fini(&l);
	assert_int_equal(case_load(w->k.c, w->case_id, &f), 0);
	assert_string_equal(f.branch, "north");
	assert_int_equal(f.entry_count, 1);
	assert_int_equal(f.entries[0].register_count, 2);
	assert_string_equal(f.entries[0].registers[0].name, "village");
	assert_string_equal(f.entries[0].registers[0].value, "from a");
	assert_string_equal(f.entries[0].registers[0].author_name, "representative 3");
	assert_true(f.entries[0].registers[0].conflict_id != 0);
	assert_true(f.entries[0].registers[1].conflict_id == 0);
	case_fini(&f);
	resolve(w, "from b", "seen on the deed");
	assert_int_equal(ledger_history(w->k.c, w->case_id, w->case_id, "village", &h), 0);
	assert_int_equal(h.count, 4);
	assert_null(h.lines[0].from);
	assert_string_equal(h.lines[0].to, "X");
	assert_string_equal(h.lines[1].from, "X");
	assert_string_equal(h.lines[1].to, "from a");
	assert_string_equal(h.lines[2].to, "from b");
	assert_int_equal(h.lines[2].outcome, MERGE_CONFLICT);
	assert_string_equal(h.lines[3].from, "from a");
	assert_string_equal(h.lines[3].to, "from b");
	assert_string_equal(h.lines[3].reason, "seen on the deed");
	assert_string_equal(h.lines[3].author_name, "officer");
	ledger_history_fini(&h);
	assert_int_equal(case_history(w->k.c, w->case_id, &h), 0);
	assert_int_equal(h.count, 5);
	ledger_history_fini(&h);
	assert_int_equal(case_load(w->k.c, 12345, &f), ERR_NOT_FOUND);
}

static void the_kept_digest_is_the_digest_of_the_rows(void **state)
{
	struct world *w = *state;
	struct record_digest kept, counted;
	uint64_t member = add_member(w);

	make_conflict(w);
	resolve(w, "third", "asked again");
	remove_entry(&w->b, w->case_id, member, "member");
	sync_ok(w, &w->b);
	assert_int_equal(register_branch_digest(w->k.c, CENTREKIT_NORTH, &kept), 0);
	assert_int_equal(register_case_digest(w->k.c, w->case_id, &counted), 0);
	assert_true(record_digest_equal(&kept, &counted));
	assert_int_equal(db_check(w->k.c->db), 0);
}

/* ---- Everything at once ---- */

struct dice { /* splitmix64 */
	uint64_t state;
};

static uint32_t roll(struct dice *d, uint32_t sides)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ (z >> 31)) % sides);
}

/* A contact whose answer is lost one time in three. */
static void contact_on_a_bad_link(struct world *w, struct device *d, struct dice *dice)
{
	struct buf request, answer;

	buf_init(&request, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	device_seal(d);
	device_request(d, &request);
	assert_int_equal(intake_run(w->k.c, request.data, request.len, NULL, &answer), 0);
	if (roll(dice, 3) != 0)
		assert_int_equal(device_take(d, answer.data, answer.len), 0);
	buf_fini(&request);
	buf_fini(&answer);
}

static void random_step(struct world *w, struct device *d, uint64_t members[3], struct dice *dice)
{
	static const char *const FIELDS[] = { "village", "landmark", "first_name" };
	static const char *const VALUES[] = { "one", "two", "three", "" };

	switch (roll(dice, 8)) {
	case 0:
	case 1:
		contact_on_a_bad_link(w, d, dice);
		break;
	case 2:
		remove_entry(d, w->case_id, members[roll(dice, 3)], "member");
		break;
	case 3:
	case 4:
		write_one(d, w->case_id, members[roll(dice, 3)], "member_name", VALUES[roll(dice, 4)]);
		break;
	default:
		write_one(d, w->case_id, 0, FIELDS[roll(dice, 3)], VALUES[roll(dice, 4)]);
		break;
	}
}

static void assert_same_replicas(const struct device *a, const struct device *b)
{
	assert_int_equal(a->register_count, b->register_count);
	for (size_t i = 0; i < a->register_count; i++) {
		const struct device_register *x = &a->registers[i];
		const struct device_register *y = device_register(b, x->case_id, x->entry_id, form_field(x->form, x->field)->name);

		assert_non_null(y);
		assert_string_equal(x->value, y->value);
		assert_true(x->at == y->at);
	}
}

static void random_work_on_a_bad_link(struct world *w, uint64_t seed)
{
	struct dice dice = { seed };
	struct device c;
	struct device *const devices[3] = { &w->a, &w->b, &c };
	struct record_digest kept, counted;
	uint64_t members[3];
	int64_t written = 0;

	centrekit_enrol(&w->k, &c, 4, CENTREKIT_NORTH);
	for (size_t i = 0; i < 3; i++)
		members[i] = add_member(w);
	sync_ok(w, &c);
	for (int i = 0; i < 300; i++)
		random_step(w, devices[roll(&dice, 3)], members, &dice);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < 3; i++)
			sync_ok(w, devices[i]);
	assert_same_replicas(&w->a, &w->b);
	assert_same_replicas(&w->b, &c);
	for (size_t i = 0; i < 3; i++)
		for (size_t g = 0; g < devices[i]->group_count; g++)
			written += (int64_t)devices[i]->groups[g]->g.edit_count;
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit e JOIN edit_group g USING (group_id) WHERE g.site <> 0"), written);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM edit WHERE outcome = 3"), 0);
	/* Each open conflict has a candidate that is not what the register holds. */
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM conflict x WHERE state = 1 AND NOT EXISTS "
					      "(SELECT 1 FROM candidate k WHERE k.conflict_id = x.conflict_id)"),
		0);
	assert_int_equal(register_branch_digest(w->k.c, CENTREKIT_NORTH, &kept), 0);
	assert_int_equal(register_case_digest(w->k.c, w->case_id, &counted), 0);
	assert_true(record_digest_equal(&kept, &counted));
	assert_int_equal(db_check(w->k.c->db), 0);
	device_fini(&c);
}

static void random_work_of_three_devices_ends_in_identical_replicas(void **state)
{
	random_work_on_a_bad_link(*state, 20261122);
}

static void other_random_work_ends_in_identical_replicas_too(void **state)
{
	random_work_on_a_bad_link(*state, 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(different_fields_changed_by_two_devices_are_both_kept),
		TEST(the_same_field_changed_by_two_devices_keeps_both_sides_and_the_register),
		TEST(a_devices_newer_candidate_replaces_its_older_one),
		TEST(the_same_value_from_two_devices_is_agreement_and_makes_a_witness),
		TEST(coming_to_agree_withdraws_the_candidate),
		TEST(a_later_write_that_saw_the_value_settles_a_conflict_on_an_ordinary_field),
		TEST(a_later_write_joins_the_conflict_on_a_protected_field),
		TEST(clocks_decide_nothing),
		TEST(a_removal_after_an_unseen_change_is_held_for_a_person),
		TEST(a_change_after_an_unseen_removal_brings_the_entry_back_for_a_person),
		TEST(a_device_that_changes_and_then_removes_agrees_with_an_unseen_removal),
		TEST(a_removal_that_saw_everything_is_an_ordinary_edit),
		TEST(the_numbers_of_restored_entries_come_after_all_accepted_ones),
		TEST(another_branch_gets_nothing_and_its_edit_is_refused_but_kept),
		TEST(a_case_invented_for_another_devices_number_is_refused),
		TEST(an_entry_invented_for_another_devices_number_is_refused),
		TEST(a_field_of_another_entry_type_is_refused_on_an_entry),
		TEST(another_persons_name_on_an_edit_is_refused),
		TEST(a_seen_from_the_future_does_not_overwrite_what_was_not_seen),
		TEST(a_decision_reaches_both_devices_with_its_reason),
		TEST(a_decision_needs_a_right_a_reason_a_canonical_value_and_a_fresh_look),
		TEST(a_case_and_its_history_show_who_changed_what),
		TEST(the_kept_digest_is_the_digest_of_the_rows),
		TEST(random_work_of_three_devices_ends_in_identical_replicas),
		TEST(other_random_work_ends_in_identical_replicas_too),
	};

	log_open(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
