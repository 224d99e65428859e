/*
 * Examples for proto/base/vault: every call to the disk and every allocation fails once, and once with all that follow.
 *
 * A scenario runs with the fault at the Nth call, for N = 1, 2, … until a run meets none. After each: the error is one that says what
 * happened, nothing is left open, the database has every acknowledged transaction, and the same work succeeds when tried again, on the
 * connection that met the fault as well as on a new one.
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
#include "tests/lib/faultfs_heap.h"
#include "tests/lib/faultfs_work.h"
#include "tests/lib/vaulttest.h"

#define BASE_COUNT 6
#define INTO_NAME "/disk/into.db"
#define FAULT_COUNT_MAX 100000
#define PLAIN_STEP 7    /* plain SQLite only shows that the test asks for nothing impossible */

#if defined(__SANITIZE_ADDRESS__)
#define STEP 5          /* sanitized runs are slower: every fifth call, beginning elsewhere for each kind of fault */
#else
#define STEP 1
#endif

/* What is done while calls fail. */
enum deed {
	DEED_CREATE,        /* a new database */
	DEED_COMMIT,        /* two transactions */
	DEED_CHECKPOINT,    /* one transaction, a checkpoint, another transaction; then the close, which checkpoints again */
	DEED_COPY,          /* VACUUM INTO another file */
	DEED_VACUUM,
};

/* What the disk holds before. */
enum before {
	BEFORE_NOTHING,
	BEFORE_CLOSED,      /* a database that was closed */
	BEFORE_CRASHED,     /* one whose process died: a WAL to recover, or a journal to play back */
};

struct scenario {
	const char *name;
	struct faultfs_work work;
	enum before before;
	enum deed deed;
};

/* How calls fail. */
struct manner {
	const char *name;
	bool is_heap;           /* allocations; otherwise calls of the disk */
	enum faultfs_style style;
	bool lasting;
	bool vault_only;        /* a short read of bytes that are there breaks SQLite's own rules: only a vault can notice */
};

static const struct manner MANNERS[] = {
	{ "error", false, FAULTFS_ERROR, false, false },
	{ "errors from then on", false, FAULTFS_ERROR, true, false },
	{ "disk full", false, FAULTFS_FULL, false, false },
	{ "disk full from then on", false, FAULTFS_FULL, true, false },
	{ "short read", false, FAULTFS_SHORT_READ, false, true },
	{ "short reads from then on", false, FAULTFS_SHORT_READ, true, true },
	{ "allocation", true, FAULTFS_ERROR, false, false },
	{ "allocations from then on", true, FAULTFS_ERROR, true, false },
};

/* One run of a scenario. */
struct run {
	const struct scenario *scenario;
	const struct manner *manner;
	int64_t n;              /* which call fails */
	sqlite3 *db;            /* NULL: not open */
	int64_t acknowledged;   /* transactions; -1: not even the tables */
};

static struct faultfs *disk;

/* An error that says what happened; anything else would be taken for damage, or for a mistake of the caller. */
static bool is_clean(int rc, enum deed deed)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_IOERR:
	case SQLITE_FULL:
	case SQLITE_NOMEM:
	case SQLITE_CANTOPEN:
	case SQLITE_BUSY:
	case SQLITE_PROTOCOL:
		return true;
	case SQLITE_ERROR:
		return deed == DEED_COPY; /* "output file already exists" is what VACUUM INTO says when it cannot find out */
	default:
		return false;
	}
}

static void run_fail(const struct run *run, const char *what, int rc)
{
	fail_msg("%s, %s at call %lld: %s (code %d; %s; %s)", run->scenario->name, run->manner->name, (long long)run->n, what, rc,
		run->db ? sqlite3_errmsg(run->db) : "not open", faultfs_work_finding());
}

static void fault_arm(const struct run *run)
{
	struct faultfs_fault fault = { FAULTFS_ANY, run->n, run->manner->style, run->manner->lasting };

	if (run->manner->is_heap)
		faultfs_heap_arm(run->n, run->manner->lasting);
	else
		faultfs_fault_set(disk, &fault);
}

/* How many calls failed. */
static int64_t fault_disarm(const struct run *run)
{
	if (run->manner->is_heap)
		return faultfs_heap_disarm();
	faultfs_fault_set(disk, NULL);
	return faultfs_fault_count(disk);
}

static int commit(struct run *run)
{
	int rc = faultfs_work_run(&run->scenario->work, run->db, run->acknowledged + 1);

	if (rc == SQLITE_OK)
		run->acknowledged++;
	return rc;
}

static int deed_do(struct run *run)
{
	int rc = SQLITE_OK;

	switch (run->scenario->deed) {
	case DEED_CREATE:
		if (run->acknowledged < 0)
			rc = faultfs_work_create(run->db);
		if (rc == SQLITE_OK && run->acknowledged < 0)
			run->acknowledged = 0;
		return rc == SQLITE_OK ? commit(run) : rc;
	case DEED_COMMIT:
		rc = commit(run);
		return rc == SQLITE_OK ? commit(run) : rc;
	case DEED_CHECKPOINT:
		rc = commit(run);
		if (rc == SQLITE_OK)
			rc = faultfs_work_sql(run->db, "PRAGMA wal_checkpoint(TRUNCATE)");
		return rc == SQLITE_OK ? commit(run) : rc;
	case DEED_COPY:
		return faultfs_work_sql(run->db, "VACUUM INTO '" INTO_NAME "'");
	case DEED_VACUUM:
		return faultfs_work_sql(run->db, "VACUUM");
	}
	abort();
}

/* Open and do the deed with a call failing; the connection stays open. SQLite's result code. */
static int deed_try(struct run *run)
{
	int rc = faultfs_work_open(&run->scenario->work, FAULTFS_WORK_NAME, &run->db);

	return rc == SQLITE_OK ? deed_do(run) : rc;
}

/* What is there now; it must be what was acknowledged, or one transaction more that nobody has heard of. */
static void state_check(struct run *run, sqlite3 *db, const char *when)
{
	int64_t t;
	enum faultfs_verdict verdict = faultfs_work_compare(&run->scenario->work, db, &t);

	if (verdict != FAULTFS_WHOLE || t < run->acknowledged || t > run->acknowledged + 1) {
		print_error("%lld transactions acknowledged, %lld there, verdict %d\n", (long long)run->acknowledged, (long long)t,
			(int)verdict);
		run_fail(run, when, sqlite3_extended_errcode(db));
	}
	run->acknowledged = t;
}

/* Remove what a failed VACUUM INTO may leave, as its caller has to. */
static void copy_remove(void)
{
	static const char *const ENDS[] = { "", "-journal", "-wal" };
	sqlite3_vfs *vfs = sqlite3_vfs_find(FAULTFS_NAME);
	char name[64];

	for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
		snprintf(name, sizeof name, "%s%s", INTO_NAME, ENDS[i]);
		vfs->xDelete(vfs, name, 0);
	}
}

/* The fault is over: go on with the connection that has met it, when it was ever opened. */
static void retry_here(struct run *run)
{
	int rc;

	/* Without memory even this fails. */
	if (!sqlite3_get_autocommit(run->db))
		sqlite3_exec(run->db, "ROLLBACK", NULL, NULL, NULL);
	state_check(run, run->db, "what this connection reads afterwards");
	copy_remove();
	rc = deed_do(run);
	if (rc != SQLITE_OK)
		run_fail(run, "the same again on this connection", rc);
}

static void retry_anew(struct run *run)
{
	int rc = faultfs_work_open(&run->scenario->work, FAULTFS_WORK_NAME, &run->db);

	if (rc != SQLITE_OK)
		run_fail(run, "a new connection", rc);
	state_check(run, run->db, "what a new connection reads");
	copy_remove();
	rc = deed_do(run);
	if (rc != SQLITE_OK)
		run_fail(run, "the same again on a new connection", rc);
	rc = sqlite3_close(run->db);
	run->db = NULL;
	if (rc != SQLITE_OK)
		run_fail(run, "the last close", rc);
}

/* The copy that VACUUM INTO made is the database. */
static void copy_check(struct run *run)
{
	int64_t t;

	if (run->scenario->deed == DEED_COPY && (faultfs_work_check(&run->scenario->work, INTO_NAME, &t) != FAULTFS_WHOLE ||
	    t != run->acknowledged))
		run_fail(run, "the copy is not the database", 0);
}

/* One run with the fault at call n: whether it met the fault. */
static bool run_once(const struct scenario *scenario, const struct manner *manner, int64_t n, const struct faultfs_image *image)
{
	struct run run = { .scenario = scenario, .manner = manner, .n = n };
	bool close_first = n / STEP % 2 == 1;
	sqlite3_int64 used;
	int64_t failed;
	int rc;

	run.acknowledged = scenario->before == BEFORE_NOTHING ? -1 : BASE_COUNT;
	faultfs_image_put(disk, image);
	used = sqlite3_memory_used();
	fault_arm(&run);
	rc = deed_try(&run);
	if (!is_clean(rc, scenario->deed))
		run_fail(&run, "not a clean error", rc);
	if (close_first || rc == SQLITE_OK) {
		sqlite3_close(run.db); /* with the disk as bad as it is */
		run.db = NULL;
	}
	failed = fault_disarm(&run);
	if (rc != SQLITE_OK && failed == 0)
		run_fail(&run, "an error without a fault", rc);
	if (run.db && sqlite3_db_filename(run.db, "main") && sqlite3_extended_errcode(run.db) != SQLITE_OK && scenario->deed != DEED_CREATE)
		retry_here(&run);
	if (run.db && sqlite3_close(run.db) != SQLITE_OK)
		run_fail(&run, "close", SQLITE_ERROR);
	run.db = NULL;
	retry_anew(&run);
	copy_check(&run);
	if (faultfs_open_count(disk) != 0)
		run_fail(&run, "a file is left open", 0);
	if (sqlite3_memory_used() != used)
		run_fail(&run, "memory is left behind", 0);
	return failed > 0;
}

/* The disk before the scenario. */
static struct faultfs_image *image_make(const struct scenario *scenario)
{
	struct faultfs_image *image;
	sqlite3 *db;

	faultfs_clear(disk);
	if (scenario->before == BEFORE_NOTHING)
		return faultfs_image_take(disk);
	assert_int_equal(faultfs_work_open(&scenario->work, FAULTFS_WORK_NAME, &db), SQLITE_OK);
	assert_int_equal(faultfs_work_create(db), SQLITE_OK);
	faultfs_work_run_all(&scenario->work, db, 1, BASE_COUNT, NULL);
	if (scenario->before == BEFORE_CRASHED) {
		/* More than the cache holds, so that a journal becomes hot, and a WAL has a tail that was never committed. */
		assert_int_equal(faultfs_work_sql(db, "BEGIN; UPDATE visit SET note = note || note || note, version = version + 100"),
			SQLITE_OK);
		image = faultfs_image_take(disk);
		assert_int_equal(sqlite3_close(db), SQLITE_OK);
		return image;
	}
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return faultfs_image_take(disk);
}

static void scenario_run(const struct scenario *scenario)
{
	struct faultfs_image *image = image_make(scenario);
	int64_t total = 0;

	for (size_t m = 0; m < sizeof MANNERS / sizeof MANNERS[0]; m++) {
		int64_t step = scenario->work.vfs ? PLAIN_STEP : STEP;
		int64_t n = 1 + (int64_t)m % step;

		if (MANNERS[m].vault_only && scenario->work.vfs)
			continue;
		for (; run_once(scenario, &MANNERS[m], n, image); n += step)
			assert_true(n < FAULT_COUNT_MAX);
		total += n / step;
	}
	print_message("# %s: %lld runs\n", scenario->name, (long long)total);
	faultfs_clear(disk);
	faultfs_image_free(image);
}

static void scenarios_run(const char *vfs)
{
	static const struct scenario SCENARIOS[] = {
		{ "create", { NULL, "wal", "FULL", 4096, 12, 1 }, BEFORE_NOTHING, DEED_CREATE },
		{ "create with a journal", { NULL, "delete", "FULL", 4096, 12, 1 }, BEFORE_NOTHING, DEED_CREATE },
		{ "commit", { NULL, "wal", "FULL", 1024, 12, 1 }, BEFORE_CLOSED, DEED_COMMIT },
		{ "large commit", { NULL, "wal", "FULL", 1024, 10, 12 }, BEFORE_CLOSED, DEED_COMMIT },
		{ "checkpoint", { NULL, "wal", "FULL", 1024, 12, 1 }, BEFORE_CLOSED, DEED_CHECKPOINT },
		{ "recovery of a WAL", { NULL, "wal", "FULL", 1024, 10, 4 }, BEFORE_CRASHED, DEED_COMMIT },
		{ "vacuum", { NULL, "wal", "FULL", 1024, 12, 2 }, BEFORE_CLOSED, DEED_VACUUM },
		{ "vacuum into", { NULL, "wal", "FULL", 1024, 12, 2 }, BEFORE_CLOSED, DEED_COPY },
		{ "commit with a deleted journal", { NULL, "delete", "EXTRA", 1024, 12, 1 }, BEFORE_CLOSED, DEED_COMMIT },
		{ "large commit with a persistent journal", { NULL, "persist", "FULL", 1024, 10, 12 }, BEFORE_CLOSED, DEED_COMMIT },
		{ "commit with a truncated journal", { NULL, "truncate", "FULL", 1024, 12, 1 }, BEFORE_CLOSED, DEED_COMMIT },
		{ "playback of a journal", { NULL, "delete", "EXTRA", 1024, 10, 8 }, BEFORE_CRASHED, DEED_COMMIT },
	};

	for (size_t i = 0; i < sizeof SCENARIOS / sizeof SCENARIOS[0]; i++) {
		struct scenario scenario = SCENARIOS[i];

		scenario.work.vfs = vfs;
		scenario_run(&scenario);
	}
}

static void plain_sqlite_is_unharmed(void **state)
{
	(void)state;
	scenarios_run(FAULTFS_NAME);
}

static void a_vault_is_unharmed(void **state)
{
	(void)state;
	scenarios_run(NULL);
}

static int disk_setup(void **state)
{
	(void)state;
	faultfs_heap_install();
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
		cmocka_unit_test(plain_sqlite_is_unharmed),
		cmocka_unit_test(a_vault_is_unharmed),
	};

	return cmocka_run_group_tests(tests, disk_setup, disk_teardown);
}
