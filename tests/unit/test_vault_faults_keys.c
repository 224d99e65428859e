/*
 * Examples for proto/base/vault: every call to the disk and every allocation fails while a vault is made, unlocked, copied, verified,
 * gets other slots or another data key.
 *
 * As test_vault_faults.c, for the vault's own functions (vault.h) with what they do beside SQLite on the disk in memory too
 * (faultfs_posix.h): an error that says what happened, nothing left open, the vault as it was or as it was to be, and the same call
 * succeeds when it is made again.
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
#include "tests/lib/faultfs_heap.h"
#include "tests/lib/faultfs_posix.h"
#include "tests/lib/faultfs_work.h"
#include "tests/lib/vaultkit.h"

#define NAME "/disk/a.vault"
#define COPY_NAME "/disk/b.vault"
#define COUNT 4                 /* transactions in the vault */
#define FAULT_COUNT_MAX 100000

#if defined(__SANITIZE_ADDRESS__)
#define STEP 7                  /* sanitized runs are slower: every seventh call, beginning elsewhere for each kind of fault */
#else
#define STEP 1
#endif

static const char OLD[] = "the old word";
static const char FRESH[] = "the new word";
static const struct faultfs_work WORK = { VAULT_VFS_NAME, "wal", "FULL", 4096, 20, 1 };

#define LASTING_STEP 3          /* what fails for good differs less from call to call */

/* How calls fail. */
struct manner {
	const char *name;
	bool is_heap;
	enum faultfs_style style;
	bool lasting;
};

static const struct manner MANNERS[] = {
	{ "error", false, FAULTFS_ERROR, false },
	{ "errors from then on", false, FAULTFS_ERROR, true },
	{ "disk full", false, FAULTFS_FULL, false },
	{ "disk full from then on", false, FAULTFS_FULL, true },
	{ "short read", false, FAULTFS_SHORT_READ, false },
	{ "short reads from then on", false, FAULTFS_SHORT_READ, true },
	{ "allocation", true, FAULTFS_ERROR, false },
	{ "allocations from then on", true, FAULTFS_ERROR, true },
};

/* What is done while calls fail. `k` is the unlocked vault; NULL where there is none yet. 0 or an ERR_ code. */
struct deed {
	const char *name;
	int (*run)(struct vault_key **k);
	bool is_new;            /* there is no vault before */
	bool is_locked;         /* the vault is not unlocked before */
};

static struct faultfs *disk;

static int create_run(struct vault_key **k)
{
	(void)k;
	return vault_create(NAME, OLD, sizeof OLD - 1, NULL, &VAULTKIT_WEAK);
}

static int unlock_run(struct vault_key **k)
{
	return vault_unlock(NAME, OLD, sizeof OLD - 1, k);
}

static int verify_run(struct vault_key **k)
{
	struct vault_report report;
	int rc = vault_verify(*k, NULL, &report);

	if (rc == 0 && (report.bad_count != 0 || report.freshness == VAULT_STALE))
		return ERR_CORRUPT;
	return rc;
}

static int copy_run(struct vault_key **k)
{
	return vault_copy(*k, COPY_NAME);
}

static int passphrase_run(struct vault_key **k)
{
	return vault_passphrase_change(*k, FRESH, sizeof FRESH - 1, &VAULTKIT_WEAK);
}

static int recovery_run(struct vault_key **k)
{
	char text[VAULT_RECOVERY_TEXT_BYTES];
	unsigned index;

	return vault_slot_add_recovery(*k, text, &index);
}

static int lease_run(struct vault_key **k)
{
	static const uint8_t SHARE[VAULT_SHARE_BYTES] = { 1, 2, 3 };

	return vault_lease_set(*k, SHARE, 1, 1000, 2000);
}

static int rekey_run(struct vault_key **k)
{
	unsigned dropped;

	return vault_rekey(k, FRESH, sizeof FRESH - 1, &VAULTKIT_WEAK, NULL, &dropped);
}

/* An error that says what happened. */
static bool is_clean(int rc)
{
	return rc == 0 || rc == ERR_IO || rc == ERR_NOMEM || rc == ERR_BUSY;
}

static void fault_arm(const struct manner *manner, int64_t n)
{
	struct faultfs_fault fault = { FAULTFS_ANY, n, manner->style, manner->lasting };

	if (manner->is_heap)
		faultfs_heap_arm(n, manner->lasting);
	else
		faultfs_fault_set(disk, &fault);
}

static int64_t fault_disarm(const struct manner *manner)
{
	if (manner->is_heap)
		return faultfs_heap_disarm();
	faultfs_fault_set(disk, NULL);
	return faultfs_fault_count(disk);
}

static struct faultfs_image *image_make(const struct deed *deed)
{
	struct vault_key *k;
	sqlite3 *db;

	faultfs_clear(disk);
	if (deed->is_new)
		return faultfs_image_take(disk);
	assert_int_equal(create_run(NULL), 0);
	assert_int_equal(unlock_run(&k), 0);
	assert_int_equal(faultfs_work_open(&WORK, NAME, &db), SQLITE_OK);
	assert_int_equal(faultfs_work_create(db), SQLITE_OK);
	faultfs_work_run_all(&WORK, db, 1, COUNT, NULL);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	vault_lock(k);
	return faultfs_image_take(disk);
}

/* One of the two passphrases opens the vault, and it holds what it must. */
static bool is_whole(const struct deed *deed, const char **what)
{
	struct vault_key *k;
	int64_t t;
	int rc = vault_unlock(NAME, OLD, sizeof OLD - 1, &k);
	bool whole;

	if (rc == ERR_AUTH)
		rc = vault_unlock(NAME, FRESH, sizeof FRESH - 1, &k);
	if (deed->is_new && rc == ERR_NOT_FOUND)
		return true;
	*what = err_message();
	if (rc != 0)
		return false;
	*what = "its content";
	whole = faultfs_work_check(&WORK, NAME, &t) == FAULTFS_WHOLE && t == (deed->is_new ? -1 : COUNT);
	vault_lock(k);
	return whole;
}

static void run_fail(const struct deed *deed, const struct manner *manner, int64_t n, const char *what, int rc)
{
	fail_msg("%s, %s at call %lld: %s (%d); %s; %s", deed->name, manner->name, (long long)n, what, rc, err_message(),
		faultfs_work_finding());
}

/* Do it once more, with nothing failing. A creation that had failed only after its vault was there says that it is. */
static void again(const struct deed *deed, const struct manner *manner, int64_t n, struct vault_key **k)
{
	static const char *const ENDS[] = { "", "-wal", "-journal" };
	sqlite3_vfs *vfs = sqlite3_vfs_find(FAULTFS_NAME);
	char name[64];
	size_t len;
	int rc;

	for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
		snprintf(name, sizeof name, COPY_NAME "%s", ENDS[i]);
		if (faultfs_get(disk, name, &len))
			vfs->xDelete(vfs, name, 0);
	}
	if (deed->is_locked) {
		vault_lock(*k);
		*k = NULL;
	}
	rc = deed->run(k);
	if (rc != 0 && !(deed->is_new && rc == ERR_USAGE))
		run_fail(deed, manner, n, "not when it is tried again", rc);
}

/* One run with the fault at call n: whether it met the fault. */
static bool run_once(const struct deed *deed, const struct manner *manner, int64_t n, const struct faultfs_image *image)
{
	struct vault_key *k = NULL;
	const char *what = "";
	int64_t failed;
	int rc;

	faultfs_image_put(disk, image);
	if (!deed->is_new && !deed->is_locked)
		assert_int_equal(unlock_run(&k), 0);
	fault_arm(manner, n);
	rc = deed->run(&k);
	failed = fault_disarm(manner);
	if (!is_clean(rc))
		run_fail(deed, manner, n, "not a clean error", rc);
	if (rc != 0 && failed == 0)
		run_fail(deed, manner, n, "an error without a fault", rc);
	if (faultfs_open_count(disk) != 0 || faultfs_posix_open_count() != 0)
		run_fail(deed, manner, n, "a file is left open", rc);
	if (!is_whole(deed, &what))
		run_fail(deed, manner, n, what, rc);
	again(deed, manner, n, &k);
	vault_lock(k);
	if (!is_whole(deed, &what))
		run_fail(deed, manner, n, what, rc);
	return failed > 0;
}

static void every_call_fails_once(void **state)
{
	static const struct deed DEEDS[] = {
		{ "create", create_run, true, true },
		{ "unlock", unlock_run, false, true },
		{ "verify", verify_run, false, false },
		{ "copy", copy_run, false, false },
		{ "change the passphrase", passphrase_run, false, false },
		{ "add a recovery key", recovery_run, false, false },
		{ "set a lease", lease_run, false, false },
		{ "rekey", rekey_run, false, false },
	};

	(void)state;
	for (size_t d = 0; d < sizeof DEEDS / sizeof DEEDS[0]; d++) {
		struct faultfs_image *image = image_make(&DEEDS[d]);
		int64_t total = 0;

		for (size_t m = 0; m < sizeof MANNERS / sizeof MANNERS[0]; m++) {
			int64_t step = MANNERS[m].lasting ? STEP * LASTING_STEP : STEP;
			int64_t n = 1 + (int64_t)m % step;

			for (; run_once(&DEEDS[d], &MANNERS[m], n, image); n += step)
				assert_true(n < FAULT_COUNT_MAX);
			total += n / step;
		}
		print_message("# %s: %lld runs\n", DEEDS[d].name, (long long)total);
		faultfs_clear(disk);
		faultfs_image_free(image);
	}
}

static int disk_setup(void **state)
{
	(void)state;
	if (!faultfs_posix_is_wrapped() || !faultfs_heap_is_wrapped()) {
		print_error("this program has to be linked as tests/lib/faultfs_posix.h and faultfs_heap.h say\n");
		return -1;
	}
	faultfs_heap_install();
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
		cmocka_unit_test(every_call_fails_once),
	};

	return cmocka_run_group_tests(tests, disk_setup, disk_teardown);
}
