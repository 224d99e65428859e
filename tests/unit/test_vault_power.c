/*
 * Examples for proto/base/vault: the power fails at every write, sync, truncation and deletion, and no acknowledged commit is lost.
 *
 * A workload runs once over a disk in memory that writes down all operations; then every disk that a cut between two of them may leave
 * (faultfs_cut.h) is opened as a person would after the power is back: no help, integrity check, every row compared. The same is done
 * with plain SQLite, which shows that the harness asks for nothing impossible, and with protection taken away, which must show losses.
 */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/faultfs.h"
#include "tests/lib/faultfs_cut.h"
#include "tests/lib/faultfs_heap.h"
#include "tests/lib/faultfs_work.h"
#include "tests/lib/vaulttest.h"

#define BASE_COUNT 6            /* transactions before recording begins */
#define GO_ON_EVERY 24          /* of so many images one is worked with after the check */
#define IMAGES_MIN 60000        /* of vaults, in a run that is not sanitized */
#define COPY_NAME "/disk/copy.db"

#if defined(__SANITIZE_ADDRESS__)
#define SHARE 12                /* sanitized runs are slower: fewer images of each cut */
#else
#define SHARE 1
#endif

/* What became of the images of one workload. */
struct tally {
	uint64_t images;        /* different ones */
	uint64_t lost;          /* an acknowledged commit is not there */
	uint64_t invented;      /* more than the one transaction that was under way is there */
	uint64_t broken;        /* does not open, damaged, or half a transaction */
	char first[600];        /* the first one that was not as it must be */
};

/* One power test. */
struct trial {
	const char *name;
	struct faultfs_work work;
	void (*run)(const struct trial *trial, sqlite3 *db, struct faultfs_log *log);
	void (*run_closed)(const struct trial *trial, struct faultfs_log *log); /* goes on after the close; or NULL */
	unsigned images_per_cut;
};

/* A trial while its images are tried. */
struct trying {
	const struct trial *trial;
	struct tally tally;
};

static struct faultfs *disk;
static uint64_t vault_images;   /* tried so far */

/* ---- workloads ---- */

static void small_commits(const struct trial *trial, sqlite3 *db, struct faultfs_log *log)
{
	faultfs_work_run_all(&trial->work, db, BASE_COUNT + 1, BASE_COUNT + 14, log);
}

/* Few transactions, each larger than the cache: pages are written, and written again, before the commit. */
static void bulk_insert(const struct trial *trial, sqlite3 *db, struct faultfs_log *log)
{
	faultfs_work_run_all(&trial->work, db, BASE_COUNT + 1, BASE_COUNT + 3, log);
}

static void checkpoints(const struct trial *trial, sqlite3 *db, struct faultfs_log *log)
{
	static const char *const MODES[] = { "PASSIVE", "FULL", "RESTART", "TRUNCATE", "PASSIVE" };
	char sql[64];

	for (size_t i = 0; i < sizeof MODES / sizeof MODES[0]; i++) {
		faultfs_work_run_all(&trial->work, db, BASE_COUNT + 1 + 3 * (int64_t)i, BASE_COUNT + 3 + 3 * (int64_t)i, log);
		snprintf(sql, sizeof sql, "PRAGMA wal_checkpoint(%s)", MODES[i]);
		assert_int_equal(faultfs_work_sql(db, sql), SQLITE_OK);
	}
}

static void file_sync(const char *name)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(FAULTFS_NAME);
	sqlite3_file *file = faultfs_heap_resize(NULL, (size_t)vfs->szOsFile);

	assert_int_equal(vfs->xOpen(vfs, name, file, SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
	assert_int_equal(file->pMethods->xClose(file), SQLITE_OK);
	free(file);
}

/* A copy of the database is made, to take its place: what rekeying does. */
static void copy_make(const struct trial *trial, sqlite3 *db, struct faultfs_log *log)
{
	faultfs_work_run_all(&trial->work, db, BASE_COUNT + 1, BASE_COUNT + 3, log);
	assert_int_equal(faultfs_work_sql(db, "VACUUM INTO '" COPY_NAME "'"), SQLITE_OK);
	file_sync(COPY_NAME); /* VACUUM INTO of 3.40.1 does not */
}

/*
 * The database was closed; the copy takes its name. A WAL whose deletion did not reach the disk may come back beside the new file, and
 * plain SQLite would play it back into that: so it needs the directory synced before. A vault does not, as a WAL opens with its own
 * file's key only.
 */
static void copy_swap(const struct trial *trial, struct faultfs_log *log)
{
	sqlite3 *db;

	if (trial->work.vfs)
		faultfs_dir_sync(disk);
	faultfs_rename(disk, COPY_NAME, FAULTFS_WORK_NAME);
	faultfs_dir_sync(disk);
	assert_int_equal(faultfs_work_open(&trial->work, FAULTFS_WORK_NAME, &db), SQLITE_OK);
	faultfs_work_run_all(&trial->work, db, BASE_COUNT + 4, BASE_COUNT + 6, log);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- the harness ---- */

static void note(struct trying *trying, const struct faultfs_attempt *attempt, int64_t t)
{
	if (trying->tally.first[0] == 0)
		snprintf(trying->tally.first, sizeof trying->tally.first,
			"%s, cut after operation %zu, seed %llu: %lld acknowledged, %lld there; %s", trying->trial->name, attempt->cut,
			(unsigned long long)attempt->seed, (long long)attempt->mark, (long long)t, faultfs_work_finding());
}

/* Somebody goes on working on what the power cut left: the next commit, a clean close, and everything is still there. */
static bool goes_on(const struct trial *trial, int64_t t)
{
	int64_t now = -1;
	sqlite3 *db;
	bool good = faultfs_work_open(&trial->work, FAULTFS_WORK_NAME, &db) == SQLITE_OK &&
		faultfs_work_run(&trial->work, db, t + 1) == SQLITE_OK;

	good = sqlite3_close(db) == SQLITE_OK && good;
	return good && faultfs_work_check(&trial->work, FAULTFS_WORK_NAME, &now) == FAULTFS_WHOLE && now == t + 1;
}

static void image_check(void *context, const struct faultfs_attempt *attempt)
{
	struct trying *trying = context;
	const struct trial *trial = trying->trial;
	struct tally *tally = &trying->tally;
	int64_t t;
	enum faultfs_verdict verdict = faultfs_work_check(&trial->work, FAULTFS_WORK_NAME, &t);
	bool is_right = verdict == FAULTFS_WHOLE && t >= attempt->mark && t <= attempt->mark + 1;

	tally->images++;
	if (is_right && (tally->images % GO_ON_EVERY != 0 || goes_on(trial, t)))
		return;
	note(trying, attempt, t);
	if (verdict == FAULTFS_WHOLE && t < attempt->mark)
		tally->lost++;
	else if (verdict == FAULTFS_WHOLE && t > attempt->mark + 1)
		tally->invented++;
	else
		tally->broken++;
}

/* Make the database and leave it closed and checkpointed; then record the workload. */
static void trial_record(const struct trial *trial, struct faultfs_log *log)
{
	sqlite3 *db;

	faultfs_clear(disk);
	sqlite3_randomness(0, NULL); /* begins anew, so that a seed means the same image again */
	assert_int_equal(faultfs_work_open(&trial->work, FAULTFS_WORK_NAME, &db), SQLITE_OK);
	assert_int_equal(faultfs_work_create(db), SQLITE_OK);
	faultfs_work_run_all(&trial->work, db, 1, BASE_COUNT, NULL);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	faultfs_record(disk, log);
	assert_int_equal(faultfs_work_open(&trial->work, FAULTFS_WORK_NAME, &db), SQLITE_OK);
	trial->run(trial, db, log);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	if (trial->run_closed)
		trial->run_closed(trial, log);
	faultfs_record(disk, NULL);
}

/* Record a workload and try the images of all its cuts; `spoil`, when not NULL, changes the log before. */
static struct tally trial_run(const struct trial *trial, void (*spoil)(struct faultfs_log *log))
{
	struct trying trying = { .trial = trial };
	struct tally *tally = &trying.tally;
	struct faultfs_log log = { 0 };
	unsigned count = trial->images_per_cut / SHARE;

	trial_record(trial, &log);
	if (spoil)
		spoil(&log);
	faultfs_cut_each(&log, disk, count < 4 ? 4 : count, BASE_COUNT, image_check, &trying);
	print_message("# %s: %llu images of %zu cuts: %llu lost, %llu invented, %llu broken\n", trial->name,
		(unsigned long long)tally->images, log.op_count - log.base_count + 1, (unsigned long long)tally->lost,
		(unsigned long long)tally->invented, (unsigned long long)tally->broken);
	if (tally->first[0])
		print_message("# %s\n", tally->first);
	faultfs_log_clear(&log);
	faultfs_clear(disk);
	return *tally;
}

/* Run the trials; none may lose anything. */
static void trials_run(const struct trial *trials, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct tally tally = trial_run(&trials[i], NULL);

		assert_int_equal(tally.lost + tally.invented + tally.broken, 0);
		if (!trials[i].work.vfs)
			vault_images += tally.images;
	}
}

static void plain_sqlite_loses_nothing(void **state)
{
	static const struct trial TRIALS[] = {
		{ "plain, small commits", { FAULTFS_NAME, "wal", "FULL", 1024, 20, 1 }, small_commits, NULL, 8 },
		{ "plain, bulk", { FAULTFS_NAME, "wal", "FULL", 1024, 10, 30 }, bulk_insert, NULL, 8 },
		{ "plain, checkpoints", { FAULTFS_NAME, "wal", "FULL", 1024, 20, 1 }, checkpoints, NULL, 8 },
		{ "plain, copy", { FAULTFS_NAME, "wal", "FULL", 1024, 20, 1 }, copy_make, copy_swap, 8 },
		{ "plain, small, delete", { FAULTFS_NAME, "delete", "EXTRA", 1024, 20, 1 }, small_commits, NULL, 8 },
		{ "plain, bulk, delete", { FAULTFS_NAME, "delete", "EXTRA", 1024, 10, 30 }, bulk_insert, NULL, 8 },
		{ "plain, bulk, truncate", { FAULTFS_NAME, "truncate", "FULL", 1024, 10, 30 }, bulk_insert, NULL, 8 },
		{ "plain, small, persist", { FAULTFS_NAME, "persist", "FULL", 1024, 20, 1 }, small_commits, NULL, 8 },
		{ "plain, bulk, persist", { FAULTFS_NAME, "persist", "FULL", 1024, 10, 30 }, bulk_insert, NULL, 8 },
	};

	(void)state;
	trials_run(TRIALS, sizeof TRIALS / sizeof TRIALS[0]);
}

static void a_vault_loses_no_small_commit(void **state)
{
	static const struct trial TRIALS[] = {
		{ "small commits", { NULL, "wal", "FULL", 1024, 20, 1 }, small_commits, NULL, 130 },
		{ "small commits, pages of 4096", { NULL, "wal", "FULL", 4096, 20, 1 }, small_commits, NULL, 60 },
	};

	(void)state;
	trials_run(TRIALS, sizeof TRIALS / sizeof TRIALS[0]);
}

static void a_vault_loses_nothing_in_a_bulk_insert(void **state)
{
	static const struct trial TRIALS[] = {
		{ "bulk", { NULL, "wal", "FULL", 1024, 10, 30 }, bulk_insert, NULL, 60 },
	};

	(void)state;
	trials_run(TRIALS, sizeof TRIALS / sizeof TRIALS[0]);
}

static void a_vault_loses_nothing_in_a_checkpoint(void **state)
{
	static const struct trial TRIALS[] = {
		{ "checkpoints", { NULL, "wal", "FULL", 1024, 20, 1 }, checkpoints, NULL, 100 },
		{ "checkpoints, pages of 4096", { NULL, "wal", "FULL", 4096, 20, 2 }, checkpoints, NULL, 40 },
	};

	(void)state;
	trials_run(TRIALS, sizeof TRIALS / sizeof TRIALS[0]);
}

static void a_vault_loses_nothing_when_a_copy_takes_its_place(void **state)
{
	static const struct trial TRIALS[] = {
		{ "copy", { NULL, "wal", "FULL", 1024, 20, 1 }, copy_make, copy_swap, 140 },
	};

	(void)state;
	trials_run(TRIALS, sizeof TRIALS / sizeof TRIALS[0]);
}

static void a_vault_with_a_rollback_journal_loses_nothing(void **state)
{
	static const struct trial TRIALS[] = {
		{ "small, delete", { NULL, "delete", "EXTRA", 1024, 20, 1 }, small_commits, NULL, 16 },
		{ "bulk, delete", { NULL, "delete", "EXTRA", 1024, 10, 30 }, bulk_insert, NULL, 16 },
		{ "small, truncate", { NULL, "truncate", "FULL", 1024, 20, 1 }, small_commits, NULL, 16 },
		{ "bulk, truncate", { NULL, "truncate", "FULL", 1024, 10, 30 }, bulk_insert, NULL, 16 },
		{ "small, persist", { NULL, "persist", "FULL", 1024, 20, 1 }, small_commits, NULL, 16 },
		{ "bulk, persist", { NULL, "persist", "FULL", 1024, 10, 30 }, bulk_insert, NULL, 16 },
	};

	(void)state;
	trials_run(TRIALS, sizeof TRIALS / sizeof TRIALS[0]);
}

static void enough_images_were_tried(void **state)
{
	(void)state;
	print_message("# %llu images of vaults\n", (unsigned long long)vault_images);
	assert_true(vault_images * SHARE >= IMAGES_MIN);
}

static void lost_commits_are_reported_when_they_are_not_synced(void **state)
{
	static const struct trial TRIALS[] = {
		{ "plain, normal", { FAULTFS_NAME, "wal", "NORMAL", 1024, 20, 1 }, small_commits, NULL, 16 },
		{ "normal", { NULL, "wal", "NORMAL", 1024, 20, 1 }, small_commits, NULL, 16 },
		/* Of a deleted journal only EXTRA syncs the directory; without that it may come back and undo a commit. */
		{ "plain, delete, full", { FAULTFS_NAME, "delete", "FULL", 1024, 20, 1 }, small_commits, NULL, 16 },
		{ "delete, full", { NULL, "delete", "FULL", 1024, 20, 1 }, small_commits, NULL, 16 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof TRIALS / sizeof TRIALS[0]; i++) {
		struct tally tally = trial_run(&TRIALS[i], NULL);

		assert_true(tally.lost > 0);
		assert_int_equal(tally.invented + tally.broken, 0);
	}
}

/* The disk lies: it says that it has synced the database, and has not. */
static void database_syncs_drop(struct faultfs_log *log)
{
	for (size_t i = log->base_count; i < log->op_count; i++)
		if (log->ops[i].kind == FAULTFS_OP_SYNC && log->ops[i].file == 0)
			log->ops[i] = (struct faultfs_op){ .kind = FAULTFS_OP_WRITE }; /* of nothing */
}

static void damage_is_reported_when_the_disk_lies(void **state)
{
	static const struct trial TRIALS[] = {
		{ "plain, lies", { FAULTFS_NAME, "wal", "FULL", 1024, 20, 1 }, checkpoints, NULL, 16 },
		{ "lies", { NULL, "wal", "FULL", 1024, 20, 1 }, checkpoints, NULL, 16 },
		{ "lies, delete", { NULL, "delete", "EXTRA", 1024, 20, 1 }, small_commits, NULL, 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof TRIALS / sizeof TRIALS[0]; i++) {
		struct tally tally = trial_run(&TRIALS[i], database_syncs_drop);

		assert_true(tally.lost + tally.broken > 0);
	}
}

static int disk_setup(void **state)
{
	(void)state;
	disk = faultfs_new();
	return vault_test_init(FAULTFS_NAME);
}

static int disk_teardown(void **state)
{
	(void)state;
	vault_test_fini();
	faultfs_free(disk);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_sqlite_loses_nothing),
		cmocka_unit_test(a_vault_loses_no_small_commit),
		cmocka_unit_test(a_vault_loses_nothing_in_a_bulk_insert),
		cmocka_unit_test(a_vault_loses_nothing_in_a_checkpoint),
		cmocka_unit_test(a_vault_loses_nothing_when_a_copy_takes_its_place),
		cmocka_unit_test(a_vault_with_a_rollback_journal_loses_nothing),
		cmocka_unit_test(enough_images_were_tried),
		cmocka_unit_test(lost_commits_are_reported_when_they_are_not_synced),
		cmocka_unit_test(damage_is_reported_when_the_disk_lies),
	};

	return cmocka_run_group_tests(tests, disk_setup, disk_teardown);
}
