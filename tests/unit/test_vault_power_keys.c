/*
 * Examples for proto/base/vault: the power fails while a vault is made, gets another passphrase, is rekeyed, or brings its log into the
 * file; what is left opens with the right passphrase, is whole, and is not taken for an old version of itself.
 *
 * As test_vault_power.c, but with everything the vault does beside SQLite on the disk in memory too (faultfs_posix.h), and with real
 * key slots: each image is unlocked by passphrase, with Argon2id at its smallest.
 */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/vault/vault.h"
#include "tests/lib/faultfs.h"
#include "tests/lib/faultfs_cut.h"
#include "tests/lib/faultfs_posix.h"
#include "tests/lib/faultfs_work.h"
#include "tests/lib/vaultkit.h"

#define NAME "/disk/a.vault"
#define BASE_COUNT 6            /* transactions before recording begins */
#define GO_ON_EVERY 16          /* of so many images one is worked with after the check */

#if defined(__SANITIZE_ADDRESS__)
#define IMAGES_PER_CUT(n) ((n) / 12 < 4 ? 4 : (n) / 12)
#else
#define IMAGES_PER_CUT(n) (n)
#endif

/* The passphrases that a vault has one after the other. */
static const char *const WORDS[] = { "the first word", "the second word", "the third word" };
static const struct faultfs_work WORK = { VAULT_VFS_NAME, "wal", "FULL", 4096, 20, 1 };

/* Images that were tried, and what is wrong with the first that was not as it must be. */
struct trying {
	uint64_t images;
	uint64_t wrong;
	char first[600];
};

static struct faultfs *disk;

static void wrong(struct trying *trying, const struct faultfs_attempt *attempt, const char *what)
{
	if (trying->wrong++ == 0)
		snprintf(trying->first, sizeof trying->first, "cut after operation %zu, seed %llu, %lld acknowledged: %s; %s; %s",
			attempt->cut, (unsigned long long)attempt->seed, (long long)attempt->mark, what, faultfs_work_finding(),
			err_message());
}

static int unlock(const char *word, struct vault_key **out)
{
	return vault_unlock(NAME, word, strlen(word), out);
}

/* A vault with BASE_COUNT transactions, closed. */
static void vault_make(void)
{
	struct vault_key *k;
	sqlite3 *db;

	faultfs_clear(disk);
	assert_int_equal(vault_create(NAME, WORDS[0], strlen(WORDS[0]), NULL, &VAULTKIT_WEAK), 0);
	assert_int_equal(unlock(WORDS[0], &k), 0);
	assert_int_equal(faultfs_work_open(&WORK, NAME, &db), SQLITE_OK);
	assert_int_equal(faultfs_work_create(db), SQLITE_OK);
	faultfs_work_run_all(&WORK, db, 1, BASE_COUNT, NULL);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	vault_lock(k);
}

/* Try the images of a recorded log; none may be wrong. */
static void images_try(struct faultfs_log *log, unsigned images_per_cut, int64_t none,
	void (*check)(void *context, const struct faultfs_attempt *attempt))
{
	struct trying trying = { 0 };

	faultfs_record(disk, NULL);
	faultfs_cut_each(log, disk, images_per_cut, none, check, &trying);
	print_message("# %llu images of %zu cuts, %llu wrong\n", (unsigned long long)trying.images, log->op_count - log->base_count + 1,
		(unsigned long long)trying.wrong);
	if (trying.wrong)
		print_message("# %s\n", trying.first);
	assert_int_equal(trying.wrong, 0);
	assert_int_equal(faultfs_posix_open_count(), 0);
	faultfs_log_clear(log);
	faultfs_clear(disk);
}

/* The content of the unlocked vault is that after *t transactions. */
static bool is_whole(int64_t *t)
{
	return faultfs_work_check(&WORK, NAME, t) == FAULTFS_WHOLE;
}

/* The next commit, with a checkpoint behind it. */
static bool goes_on(int64_t t)
{
	sqlite3 *db;
	int64_t now = -1;
	bool good = faultfs_work_open(&WORK, NAME, &db) == SQLITE_OK && faultfs_work_run(&WORK, db, t + 1) == SQLITE_OK;

	good = sqlite3_close(db) == SQLITE_OK && good;
	return good && is_whole(&now) && now == t + 1;
}

/* No page is damaged, none is held to be old, and when the record of pages had to be settled, that did it. */
static bool is_fresh(const struct vault_key *k)
{
	struct vault_report report;

	if (vault_verify(k, NULL, &report) != 0 || report.bad_count != 0 || report.prefix_count != 2 || report.freshness == VAULT_STALE)
		return false;
	return vault_verify(k, NULL, &report) == 0 && report.freshness == VAULT_FRESH;
}

/* ---- a new vault ---- */

static void creation_check(void *context, const struct faultfs_attempt *attempt)
{
	struct trying *trying = context;
	struct vault_key *k;
	int64_t t;
	int rc = unlock(WORDS[0], &k);

	trying->images++;
	if (rc == ERR_NOT_FOUND && attempt->mark == 0) {
		rc = vault_create(NAME, WORDS[0], strlen(WORDS[0]), NULL, &VAULTKIT_WEAK);
		if (rc == 0)
			rc = unlock(WORDS[0], &k);
	}
	if (rc != 0) {
		wrong(trying, attempt, "is there and does not open");
		return;
	}
	if (!is_whole(&t) || t != -1)
		wrong(trying, attempt, "is not empty");
	vault_lock(k);
}

static void a_vault_that_is_being_made_is_there_as_a_whole_or_not_at_all(void **state)
{
	struct faultfs_log log = { 0 };

	(void)state;
	faultfs_clear(disk);
	faultfs_record(disk, &log);
	assert_int_equal(vault_create(NAME, WORDS[0], strlen(WORDS[0]), NULL, &VAULTKIT_WEAK), 0);
	faultfs_log_mark(&log, 1);
	images_try(&log, IMAGES_PER_CUT(300), 0, creation_check);
}

/* ---- another passphrase ---- */

static void passphrase_check(void *context, const struct faultfs_attempt *attempt)
{
	struct trying *trying = context;
	struct vault_key *k = NULL;
	int64_t t;
	int rc = unlock(WORDS[attempt->mark], &k);

	trying->images++;
	if (rc == ERR_AUTH && attempt->mark < 2)
		rc = unlock(WORDS[attempt->mark + 1], &k);
	if (rc != 0) {
		wrong(trying, attempt, "neither the old nor the new passphrase opens");
		return;
	}
	if (!is_whole(&t) || t != BASE_COUNT)
		wrong(trying, attempt, "the content is another");
	if (trying->images % GO_ON_EVERY == 0 && !goes_on(BASE_COUNT))
		wrong(trying, attempt, "cannot be worked with");
	vault_lock(k);
	if (attempt->mark > 0 && unlock(WORDS[attempt->mark - 1], &k) != ERR_AUTH) {
		wrong(trying, attempt, "a passphrase that was replaced opens again");
		vault_lock(k);
	}
}

static void the_old_or_the_new_passphrase_opens_and_never_neither(void **state)
{
	struct faultfs_log log = { 0 };
	struct vault_key *k;

	(void)state;
	vault_make();
	assert_int_equal(unlock(WORDS[0], &k), 0);
	faultfs_record(disk, &log);
	for (int64_t i = 1; i <= 2; i++) {
		assert_int_equal(vault_passphrase_change(k, WORDS[i], strlen(WORDS[i]), &VAULTKIT_WEAK), 0);
		faultfs_log_mark(&log, i);
	}
	vault_lock(k);
	images_try(&log, IMAGES_PER_CUT(300), 0, passphrase_check);
}

/* ---- another data key ---- */

static void rekey_check(void *context, const struct faultfs_attempt *attempt)
{
	struct trying *trying = context;
	struct vault_key *k;
	unsigned dropped;
	int64_t t;

	trying->images++;
	if (unlock(WORDS[0], &k) != 0) {
		wrong(trying, attempt, "does not open");
		return;
	}
	if (!is_whole(&t) || t < attempt->mark || t > attempt->mark + 1) {
		wrong(trying, attempt, "lost commits");
	} else if (trying->images % GO_ON_EVERY == 0) {
		if (vault_rekey(&k, WORDS[0], strlen(WORDS[0]), &VAULTKIT_WEAK, NULL, &dropped) != 0)
			wrong(trying, attempt, "cannot be rekeyed again");
		else if (!goes_on(t) || !is_fresh(k))
			wrong(trying, attempt, "cannot be worked with, or is not fresh");
	}
	vault_lock(k);
}

static void a_vault_that_is_being_rekeyed_is_the_old_one_or_the_new_one(void **state)
{
	struct faultfs_log log = { 0 };
	struct vault_key *k;
	unsigned dropped;
	sqlite3 *db;

	(void)state;
	vault_make();
	assert_int_equal(unlock(WORDS[0], &k), 0);
	faultfs_record(disk, &log);
	/* Commits before and behind it, so that there is a log on either side. */
	assert_int_equal(faultfs_work_open(&WORK, NAME, &db), SQLITE_OK);
	faultfs_work_run_all(&WORK, db, BASE_COUNT + 1, BASE_COUNT + 2, &log);
	assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(vault_rekey(&k, WORDS[0], strlen(WORDS[0]), &VAULTKIT_WEAK, NULL, &dropped), 0);
	assert_int_equal(faultfs_work_open(&WORK, NAME, &db), SQLITE_OK);
	faultfs_work_run_all(&WORK, db, BASE_COUNT + 3, BASE_COUNT + 4, &log);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	vault_lock(k);
	images_try(&log, IMAGES_PER_CUT(60), BASE_COUNT, rekey_check);
}

/* ---- the record of all pages ---- */

static void freshness_check(void *context, const struct faultfs_attempt *attempt)
{
	struct trying *trying = context;
	struct vault_key *k;
	int64_t t;

	trying->images++;
	if (unlock(WORDS[0], &k) != 0) {
		wrong(trying, attempt, "does not open");
		return;
	}
	if (!is_whole(&t) || t < attempt->mark || t > attempt->mark + 1)
		wrong(trying, attempt, "lost commits");
	else if (trying->images % 4 == 0 && (!goes_on(t) || !is_fresh(k)))
		wrong(trying, attempt, "is not fresh");
	vault_lock(k);
}

static void what_a_power_cut_leaves_is_not_held_to_be_an_old_version(void **state)
{
	struct faultfs_log log = { 0 };
	struct vault_key *k;
	sqlite3 *db;

	(void)state;
	vault_make();
	assert_int_equal(unlock(WORDS[0], &k), 0);
	faultfs_record(disk, &log);
	assert_int_equal(faultfs_work_open(&WORK, NAME, &db), SQLITE_OK);
	for (int64_t t = BASE_COUNT + 1; t <= BASE_COUNT + 6; t += 2) {
		faultfs_work_run_all(&WORK, db, t, t + 1, &log);
		assert_int_equal(faultfs_work_sql(db, t % 4 == 3 ? "PRAGMA wal_checkpoint(PASSIVE)" : "PRAGMA wal_checkpoint(TRUNCATE)"),
			SQLITE_OK);
	}
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	vault_lock(k);
	images_try(&log, IMAGES_PER_CUT(40), BASE_COUNT, freshness_check);
}

static int disk_setup(void **state)
{
	(void)state;
	if (!faultfs_posix_is_wrapped()) {
		print_error("this program has to be linked as tests/lib/faultfs_posix.h says\n");
		return -1;
	}
	disk = faultfs_new();
	faultfs_posix_use(disk);
	return vault_init(FAULTFS_NAME);
}

static int disk_teardown(void **state)
{
	(void)state;
	faultfs_posix_use(NULL);
	faultfs_free(disk);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vault_that_is_being_made_is_there_as_a_whole_or_not_at_all),
		cmocka_unit_test(the_old_or_the_new_passphrase_opens_and_never_neither),
		cmocka_unit_test(a_vault_that_is_being_rekeyed_is_the_old_one_or_the_new_one),
		cmocka_unit_test(what_a_power_cut_leaves_is_not_held_to_be_an_old_version),
	};

	return cmocka_run_group_tests(tests, disk_setup, disk_teardown);
}
