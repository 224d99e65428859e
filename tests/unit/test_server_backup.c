/*
 * Backups: what devices may forget, the way back into a new generation of sequence numbers, and what the walk over a store finds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/file.h"
#include "server/admin/backup.h"
#include "tests/lib/centrekit.h"

struct world {
	struct centrekit k;
	struct device a, b;
	uint64_t case_id;
	char top[64], file[96], again[96], other[96];
};

static void write_one(struct device *d, uint64_t case_id, const char *field, const char *value)
{
	device_write(d, case_id, &(struct device_answer){ .field = field, .value = value }, 1);
}

static int setup(void **state)
{
	struct world *w = test_calloc(1, sizeof *w);

	centrekit_open(&w->k);
	centrekit_enrol(&w->k, &w->a, 1, CENTREKIT_NORTH);
	centrekit_enrol(&w->k, &w->b, 2, CENTREKIT_NORTH);
	snprintf(w->top, sizeof w->top, "/tmp/mandoob-backup-XXXXXX");
	assert_non_null(mkdtemp(w->top));
	snprintf(w->file, sizeof w->file, "%s/one.vault", w->top);
	snprintf(w->again, sizeof w->again, "%s/again", w->top);
	snprintf(w->other, sizeof w->other, "%s/other", w->top);
	w->case_id = device_new_id(&w->a);
	write_one(&w->a, w->case_id, "landmark", "near the old mosque");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char command[128];

	device_fini(&w->a);
	device_fini(&w->b);
	centrekit_close(&w->k);
	snprintf(command, sizeof command, "rm -rf %s", w->top);
	assert_int_equal(system(command), 0);
	test_free(w);
	return 0;
}

static void back_up(struct world *w)
{
	struct backup_report r;

	assert_int_equal(backup_write(w->k.c, w->file, 0, &r), 0);
	assert_true(r.bytes > 0);
}

/* The centre of the kit burns down; the one restored in `dir` takes its place. */
static uint64_t restore(struct world *w, const char *dir)
{
	struct backup_restored r;
	int err = backup_restore(&w->k.env, w->file, dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &r);

	if (err)
		fail_msg("restore: %s", err_message());
	assert_int_equal(r.check.findings, 0);
	verify_report_fini(&r.check);
	centre_close(w->k.c);
	assert_int_equal(centre_open(&w->k.env, dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &w->k.c), 0);
	return r.generation;
}

static uint64_t findings(struct world *w, const char *what)
{
	struct verify_report r;
	uint64_t count;

	assert_int_equal(verify_store(w->k.c, &r), 0);
	count = r.findings;
	if (what)
		assert_non_null(strstr(buf_string(&r.text), what));
	verify_report_fini(&r);
	return count;
}

/* ---- What devices may forget ---- */

static void a_device_hears_that_a_backup_covers_it_only_after_the_backup(void **state)
{
	struct world *w = *state;

	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(w->a.covered, 0);
	back_up(w);
	assert_int_equal(centrekit_int(&w->k, "SELECT covered FROM site WHERE site = 1"), 1);
	assert_int_equal(centrekit_int(&w->k, "SELECT covered FROM site WHERE site = 2"), 0);
	write_one(&w->a, w->case_id, "landmark", "behind the school");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(w->a.acked, 2);
	assert_int_equal(w->a.covered, 1);
}

static void a_file_that_exists_is_left_alone_and_nothing_is_covered(void **state)
{
	struct world *w = *state;
	struct backup_report r;

	assert_int_equal(file_write_new(w->file, "mine", 4), 0);
	assert_int_equal(backup_write(w->k.c, w->file, 0, &r), ERR_USAGE);
	assert_int_equal(centrekit_int(&w->k, "SELECT max(covered) FROM site"), 0);
}

/* ---- The way back ---- */

static void what_was_lost_is_asked_for_and_comes_again(void **state)
{
	struct world *w = *state;
	const struct device_register *r;

	back_up(w);
	write_one(&w->a, w->case_id, "landmark", "behind the school");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	assert_int_equal(w->a.acked, 2);
	restore(w, w->again);
	assert_int_equal(centrekit_int(&w->k, "SELECT applied FROM site WHERE site = 1"), 1);
	assert_int_equal(centrekit_contact(&w->k, &w->a, NULL), 0);
	assert_int_equal(w->a.resend, 2);
	w->a.acked = 1; /* what a device does when it is asked to send again; the receipt of the lost days is worth nothing now */
	buf_clear(&w->a.envelopes[1].receipt);
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(w->a.acked, 2);
	assert_int_equal(centrekit_int(&w->k, "SELECT applied FROM site WHERE site = 1"), 2);
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	r = device_register(&w->b, w->case_id, w->case_id, "landmark");
	assert_non_null(r);
	assert_string_equal(r->value, "behind the school");
	assert_true(w->b.digest_matches);
	assert_int_equal(findings(w, NULL), 0);
}

static void numbers_go_on_in_a_higher_generation(void **state)
{
	struct world *w = *state;
	uint64_t generation, last;

	back_up(w);
	generation = restore(w, w->again);
	assert_true(generation >= 1);
	assert_int_equal(centre_sequence(w->k.c, &last), 0);
	assert_true(last == generation << CENTRE_SEQUENCE_GENERATION_BITS);
	assert_int_equal(w->k.c->generation_count, 1);
	assert_true(centrekit_int(&w->k, "SELECT value FROM meta WHERE key = 'next_site'") >= BACKUP_SITES_LEFT_OUT);
	write_one(&w->b, w->case_id, "landmark", "under the bridge");
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	assert_true(device_register(&w->b, w->case_id, w->case_id, "landmark")->at > last);
	assert_int_equal(findings(w, NULL), 0);
}

static void what_was_seen_in_the_lost_days_does_not_count(void **state)
{
	struct world *w = *state;

	back_up(w);
	write_one(&w->a, w->case_id, "landmark", "behind the school");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	assert_int_equal(w->b.seen, 2);
	restore(w, w->again);
	assert_int_equal(centre_seen_clamp(w->k.c, w->b.seen, w->k.c->generations[0].generation << CENTRE_SEQUENCE_GENERATION_BITS), 1);
	/* B changes what it saw of A's lost write: the restored centre does not know that one. */
	write_one(&w->b, w->case_id, "landmark", "under the bridge");
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	assert_int_equal(findings(w, NULL), 0);
}

static void two_lives_after_the_same_backup_have_different_generations(void **state)
{
	struct world *w = *state;
	uint64_t first, second, last;

	back_up(w);
	first = restore(w, w->again);
	second = restore(w, w->other);
	assert_true(first != second);
	assert_int_equal(centre_sequence(w->k.c, &last), 0);
	assert_int_equal(centre_seen_clamp(w->k.c, (first << CENTRE_SEQUENCE_GENERATION_BITS) + 1, last), 0);
}

static void a_restored_centre_can_be_backed_up_and_restored_again(void **state)
{
	struct world *w = *state;
	struct backup_report made;
	struct backup_restored r;
	char second[96];

	back_up(w);
	restore(w, w->again);
	write_one(&w->a, w->case_id, "landmark", "behind the school");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	snprintf(second, sizeof second, "%s/two.vault", w->top);
	assert_int_equal(backup_write(w->k.c, second, 0, &made), 0);
	assert_int_equal(backup_restore(&w->k.env, second, w->other, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &r), 0);
	assert_true(r.generation > made.sequence >> CENTRE_SEQUENCE_GENERATION_BITS);
	assert_true(r.last == made.sequence);
	verify_report_fini(&r.check);
}

static void a_folder_with_a_centre_is_refused(void **state)
{
	struct world *w = *state;
	struct backup_restored r;

	back_up(w);
	assert_int_equal(backup_restore(&w->k.env, w->file, w->k.dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &r), ERR_USAGE);
	assert_int_equal(backup_restore(&w->k.env, w->file, w->again, "wrong horse", 11, &r), ERR_AUTH);
	assert_int_equal(backup_restore(&w->k.env, "/tmp/no-such-backup-of-mandoob", w->again, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &r),
		ERR_NOT_FOUND);
	assert_int_equal(rmdir(w->again), 0);
}

static void a_damaged_backup_is_refused_and_leaves_nothing(void **state)
{
	struct world *w = *state;
	struct backup_restored r;
	FILE *f;

	back_up(w);
	f = fopen(w->file, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, -2000, SEEK_END), 0);
	assert_int_equal(fputc('x', f), 'x');
	assert_int_equal(fputc('y', f), 'y');
	assert_int_equal(fclose(f), 0);
	assert_int_equal(backup_restore(&w->k.env, w->file, w->again, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &r), ERR_CORRUPT);
	verify_report_fini(&r.check);
	assert_int_equal(rmdir(w->again), 0);
}

/* ---- What the walk finds ---- */

static void the_walk_counts_and_finds_nothing_in_a_sound_store(void **state)
{
	struct world *w = *state;
	struct verify_report r;

	assert_int_equal(verify_store(w->k.c, &r), 0);
	assert_int_equal(r.findings, 0);
	assert_int_equal(r.cases, 1);
	assert_int_equal(r.registers, 1);
	assert_int_equal(r.edits, 1);
	assert_int_equal(r.receipts, 1);
	assert_int_equal(r.sites, 2);
	assert_true(r.pages > 10);
	verify_report_fini(&r);
}

/* What another site wrote stays the newest write by others, also when the opener wrote over it. */
static void the_walk_finds_nothing_after_a_value_went_to_and_fro(void **state)
{
	struct world *w = *state;
	struct verify_report r;

	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	write_one(&w->b, w->case_id, "landmark", "behind the school");
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	write_one(&w->a, w->case_id, "landmark", "near the well");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM conflict"), 0);
	assert_int_equal(verify_store(w->k.c, &r), 0);
	assert_int_equal(r.findings, 0);
	verify_report_fini(&r);
}

static void the_walk_finds_each_kind_of_tampering(void **state)
{
	struct world *w = *state;
	const struct {
		const char *change, *back, *what;
	} cases[] = {
		{ "UPDATE register SET value = 'x'", "UPDATE register SET value = 'near the old mosque'", "newest accepted edit" },
		{ "UPDATE register SET writer = 2", "UPDATE register SET writer = 1", "newest accepted edit" },
		{ "UPDATE branch SET digest_0 = digest_0 + 1 WHERE branch_id = 2",
			"UPDATE branch SET digest_0 = digest_0 - 1 WHERE branch_id = 2", "digest" },
		{ "UPDATE meta SET value = 0 WHERE key = 'sequence'", "UPDATE meta SET value = 1 WHERE key = 'sequence'", "was given out" },
		{ "UPDATE aid_case SET changed_at = 7", "UPDATE aid_case SET changed_at = 1", "marks" },
		{ "UPDATE site SET applied = 2 WHERE site = 1", "UPDATE site SET applied = 1 WHERE site = 1", "chain" },
		{ "UPDATE site SET covered = 5 WHERE site = 1", "UPDATE site SET covered = 0 WHERE site = 1", "covered" },
		{ "UPDATE edit SET outcome = 3", "UPDATE edit SET outcome = 0", "has no edit in the ledger" },
		{ "UPDATE envelope SET receipt = substr(receipt, 1, 40)", NULL, "receipt does not verify" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		centrekit_exec(&w->k, cases[i].change);
		assert_true(findings(w, cases[i].what) > 0);
		if (cases[i].back) {
			centrekit_exec(&w->k, cases[i].back);
			assert_int_equal(findings(w, NULL), 0);
		}
	}
}

static void the_walk_goes_over_conflicts_and_their_candidates(void **state)
{
	struct world *w = *state;

	write_one(&w->a, w->case_id, "landmark", "behind the school");
	write_one(&w->b, w->case_id, "landmark", "under the bridge");
	assert_int_equal(centrekit_sync(&w->k, &w->a), 0);
	assert_int_equal(centrekit_sync(&w->k, &w->b), 0);
	assert_int_equal(centrekit_int(&w->k, "SELECT count(*) FROM conflict WHERE state = 1"), 1);
	assert_int_equal(findings(w, NULL), 0);
	centrekit_exec(&w->k, "UPDATE candidate SET value = 'nowhere'");
	assert_true(findings(w, "candidates that are not in the ledger") > 0);
	centrekit_exec(&w->k, "DELETE FROM candidate");
	assert_true(findings(w, "open conflicts without a candidate") > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_device_hears_that_a_backup_covers_it_only_after_the_backup),
		TEST(a_file_that_exists_is_left_alone_and_nothing_is_covered),
		TEST(what_was_lost_is_asked_for_and_comes_again),
		TEST(numbers_go_on_in_a_higher_generation),
		TEST(what_was_seen_in_the_lost_days_does_not_count),
		TEST(two_lives_after_the_same_backup_have_different_generations),
		TEST(a_restored_centre_can_be_backed_up_and_restored_again),
		TEST(a_folder_with_a_centre_is_refused),
		TEST(a_damaged_backup_is_refused_and_leaves_nothing),
		TEST(the_walk_counts_and_finds_nothing_in_a_sound_store),
		TEST(the_walk_finds_nothing_after_a_value_went_to_and_fro),
		TEST(the_walk_finds_each_kind_of_tampering),
		TEST(the_walk_goes_over_conflicts_and_their_candidates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
