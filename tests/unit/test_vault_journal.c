/*
 * Examples for proto/base/vault/journal: vaults in SQLite's rollback modes. What is undone is undone to the byte, a process that died
 * leaves a journal that the right key plays back and the wrong key leaves alone, and nothing in it is clear. Crashes are children that
 * end with _exit() in the middle of their work. Caches are tiny, so that pages reach the disk before the commit.
 */
#include <setjmp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/vault/journal.h"
#include "tests/lib/sqlkit.h"
#include "tests/lib/vaultkit.h"
#include "tests/lib/vaulttest.h"

#define MARKER "PLANTED-JOURNAL-NOTE"
#define SECTOR_BYTES 512                /* of a journal header: what SQLite takes beside POWERSAFE_OVERWRITE */
#define RECORD_BYTES (4 + VAULT_PAGE_BYTES + 4)
#define PATH_BYTES 160
#define CRASH_STATUS 77

/* 200 rows of one note each, and a number that says all about them. */
#define NOTES "CREATE TABLE note(id INTEGER PRIMARY KEY, turn INT, text TEXT);" \
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) " \
	"INSERT INTO note SELECT i, 0, printf('" MARKER " %d %s', i, hex(zeroblob(200))) FROM n;"
#define NOTES_SUM "SELECT sum(id * (turn + 1) * 31 + length(text)) FROM note"
#define UPDATE_ALL "UPDATE note SET turn = turn + 1, text = text || id;"

struct fixture {
	char dir[PATH_BYTES / 2];
	char path[PATH_BYTES];
	char journal[PATH_BYTES];
	char other[PATH_BYTES];
	char other_journal[PATH_BYTES];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	snprintf(f->dir, sizeof f->dir, "/tmp/test_journal.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/a.vault", f->dir);
	snprintf(f->journal, sizeof f->journal, "%s/a.vault-journal", f->dir);
	snprintf(f->other, sizeof f->other, "%s/b.vault", f->dir);
	snprintf(f->other_journal, sizeof f->other_journal, "%s/b.vault-journal", f->dir);
	assert_int_equal(vault_test_init(NULL), 0);
	*state = f;
	return 0;
}

/* Nothing else was left behind, super-journals above all. */
static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	unlink(f->journal);
	unlink(f->other);
	unlink(f->other_journal);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

/* A new file gets this page size, an old one has its own. */
static sqlite3 *open_sized(const char *path, int page_bytes)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_extended_result_codes(db, 1);
	sqlkit_run_with(db, "PRAGMA page_size = %d", page_bytes);
	sqlkit_run(db, "PRAGMA cache_size = 5; PRAGMA temp_store = FILE; PRAGMA synchronous = OFF");
	return db;
}

static sqlite3 *open_at(const char *path)
{
	return open_sized(path, VAULT_PAGE_BYTES);
}

/* A vault with the notes; gives their sum. */
static int64_t notes_make(const char *path)
{
	sqlite3 *db = open_at(path);
	int64_t sum;

	sqlkit_run(db, "BEGIN; " NOTES "COMMIT");
	sum = sqlkit_number(db, NOTES_SUM);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return sum;
}

/* The sum, as a new handle finds it; the file must be whole. */
static int64_t notes_sum(const char *path)
{
	sqlite3 *db = open_at(path);
	int64_t sum = sqlkit_number(db, NOTES_SUM);

	sqlkit_assert_whole(db);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return sum;
}

/* A child does this and dies before it can commit. */
static void crash(const char *path, const char *mode, const char *synchronous, const char *sql)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		sqlite3 *db = open_at(path);

		sqlkit_run_with(db, "PRAGMA journal_mode = %s", mode);
		sqlkit_run_with(db, "PRAGMA synchronous = %s", synchronous);
		sqlkit_run(db, "BEGIN");
		_exit(sqlkit_code(db, sql) == SQLITE_OK ? CRASH_STATUS : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CRASH_STATUS);
}

/* ---- one process ---- */

static void transactions_undo(const char *path, const char *mode, int page_bytes)
{
	sqlite3 *db = open_sized(path, page_bytes);
	int64_t sum;

	sqlkit_run_with(db, "PRAGMA synchronous = NORMAL; PRAGMA journal_mode = %s", mode);
	sqlkit_run(db, "BEGIN; " NOTES "CREATE UNIQUE INDEX by_text ON note(text); COMMIT");
	assert_int_equal(sqlkit_number(db, "PRAGMA page_size"), page_bytes);
	for (int turn = 0; turn < 3; turn++) {
		sum = sqlkit_number(db, NOTES_SUM);
		sqlkit_run(db, "BEGIN; " UPDATE_ALL "DELETE FROM note WHERE id % 3 = 0; ROLLBACK");
		assert_int_equal(sqlkit_number(db, NOTES_SUM), sum);
		/* Later transactions are shorter: a kept journal then has old records behind theirs. */
		sqlkit_run(db, "BEGIN; UPDATE note SET turn = 9 WHERE id = 7; ROLLBACK");
		assert_int_equal(sqlkit_number(db, NOTES_SUM), sum);
		sqlkit_run(db, "BEGIN; UPDATE note SET turn = turn + 1 WHERE id < 50; SAVEPOINT s");
		sum = sqlkit_number(db, NOTES_SUM);
		sqlkit_run(db, UPDATE_ALL "SAVEPOINT inner; DELETE FROM note WHERE id > 20; ROLLBACK TO inner; RELEASE inner;"
			"DELETE FROM note WHERE id % 2 = 0; ROLLBACK TO s");
		assert_int_equal(sqlkit_number(db, NOTES_SUM), sum);
		/* A statement that fails in its middle undoes itself by a statement journal. */
		assert_int_equal(sqlkit_code(db, "UPDATE note SET text = CASE WHEN id = 199 THEN (SELECT text FROM note WHERE id = 198) "
			"ELSE text || id END"), SQLITE_CONSTRAINT_UNIQUE);
		assert_int_equal(sqlkit_number(db, NOTES_SUM), sum);
		sqlkit_run(db, UPDATE_ALL "RELEASE s; COMMIT");
		sqlkit_assert_whole(db);
	}
	sum = sqlkit_number(db, NOTES_SUM);
	sqlkit_run(db, "DELETE FROM note WHERE id > 150; VACUUM; INSERT INTO note SELECT id + 1000, turn, text || 'x' FROM note");
	sqlkit_assert_whole(db);
	assert_int_not_equal(sqlkit_number(db, NOTES_SUM), sum);
	sum = sqlkit_number(db, NOTES_SUM);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(notes_sum(path), sum);
}

static void every_rollback_mode_undoes_transactions_and_savepoints(void **state)
{
	static const char *const MODES[] = { "DELETE", "TRUNCATE", "PERSIST", "MEMORY" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof MODES / sizeof MODES[0]; i++) {
		transactions_undo(f->path, MODES[i], VAULT_PAGE_BYTES);
		unlink(f->path);
		unlink(f->journal);
	}
}

static void every_page_size_undoes_transactions_and_savepoints(void **state)
{
	struct fixture *f = *state;

	for (int page_bytes = VAULT_PAGE_BYTES_MIN; page_bytes <= VAULT_PAGE_BYTES_MAX; page_bytes *= 2) {
		transactions_undo(f->path, "TRUNCATE", page_bytes);
		unlink(f->path);
	}
}

static void without_a_journal_commits_still_work(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db = open_at(f->path);
	int64_t sum;

	sqlkit_run(db, "PRAGMA journal_mode = OFF; BEGIN; " NOTES "COMMIT; BEGIN; " UPDATE_ALL "COMMIT");
	sum = sqlkit_number(db, NOTES_SUM);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(notes_sum(f->path), sum);
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

/* The same random work on a vault and on a plain file must give the same, whatever is undone in between. */
static void random_work_matches_a_plain_database(void **state)
{
	static const char *const WORK[] = {
		UPDATE_ALL, "DELETE FROM note WHERE id % 7 = 3", "SAVEPOINT a", "SAVEPOINT b", "ROLLBACK TO a", "ROLLBACK TO b",
		"RELEASE a", "RELEASE b", "BEGIN", "COMMIT", "ROLLBACK", "UPDATE note SET turn = 5 WHERE id % 11 = 2",
		"UPDATE note SET text = substr(text, 1, 300) || zeroblob(id % 40)",
		"INSERT INTO note SELECT max(id) + 1, 0, hex(zeroblob(3000)) FROM note", "CREATE INDEX IF NOT EXISTS i ON note(text)",
		"DROP INDEX IF EXISTS i", "PRAGMA journal_mode = PERSIST", "PRAGMA journal_mode = TRUNCATE", "PRAGMA journal_mode = DELETE",
		"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA locking_mode = NORMAL", "PRAGMA synchronous = OFF", "PRAGMA synchronous = FULL",
		"PRAGMA journal_size_limit = 5000",
	};
	struct fixture *f = *state;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	uint64_t seed = 3;

	for (int turn = 0; turn < 6; turn++) {
		sqlite3 *vault = open_at(f->path);
		sqlite3 *plain;

		assert_int_equal(sqlite3_open_v2(f->other, &plain, flags, "unix"), SQLITE_OK);
		sqlite3_extended_result_codes(plain, 1);
		sqlkit_run(vault, NOTES);
		sqlkit_run(plain, NOTES);
		for (int i = 0; i < 120; i++) {
			const char *sql = WORK[draw(&seed, sizeof WORK / sizeof WORK[0])];

			assert_int_equal(sqlkit_code(vault, sql), sqlkit_code(plain, sql));
			if (i % 10 == 0)
				assert_int_equal(sqlkit_number(vault, NOTES_SUM), sqlkit_number(plain, NOTES_SUM));
		}
		assert_int_equal(sqlkit_number(vault, NOTES_SUM), sqlkit_number(plain, NOTES_SUM));
		sqlkit_assert_whole(vault);
		assert_int_equal(sqlite3_close(vault), SQLITE_OK);
		assert_int_equal(sqlite3_close(plain), SQLITE_OK);
		unlink(f->path);
		unlink(f->journal);
		unlink(f->other);
		unlink(f->other_journal);
	}
}

/* ---- processes that died ---- */

static void a_hot_journal_is_played_back_by_the_next_process(void **state)
{
	static const char *const MODES[] = { "DELETE", "TRUNCATE", "PERSIST" };
	static const char *const SYNCS[] = { "OFF", "NORMAL", "FULL", "EXTRA" };
	struct fixture *f = *state;
	int64_t sum = notes_make(f->path);
	struct vaultkit_bytes before = vaultkit_load(f->path);

	for (size_t i = 0; i < 3 * 4; i++) {
		struct vaultkit_bytes after;

		crash(f->path, MODES[i % 3], SYNCS[i / 3], UPDATE_ALL "DELETE FROM note WHERE id > 100");
		assert_int_equal(access(f->journal, F_OK), 0);
		after = vaultkit_load(f->path);
		assert_true(after.len != before.len || memcmp(after.data, before.data, after.len) != 0);
		assert_int_equal(notes_sum(f->path), sum);
		free(after.data);
	}
	free(before.data);
}

static void hot_journals_of_every_page_size_are_played_back(void **state)
{
	struct fixture *f = *state;

	for (int page_bytes = VAULT_PAGE_BYTES_MIN; page_bytes <= VAULT_PAGE_BYTES_MAX; page_bytes *= 2) {
		sqlite3 *db = open_sized(f->path, page_bytes);
		int64_t sum;

		sqlkit_run(db, "BEGIN; " NOTES NOTES_SUM "; INSERT INTO note SELECT id + 500, 1, hex(randomblob(2000)) FROM note; COMMIT");
		sum = sqlkit_number(db, NOTES_SUM);
		assert_int_equal(sqlite3_close(db), SQLITE_OK);
		crash(f->path, "DELETE", "NORMAL", UPDATE_ALL);
		assert_int_equal(access(f->journal, F_OK), 0);
		assert_int_equal(notes_sum(f->path), sum);
		assert_int_not_equal(access(f->journal, F_OK), 0);
		unlink(f->path);
	}
}

static void nothing_in_a_journal_is_clear(void **state)
{
	struct fixture *f = *state;
	struct vaultkit_bytes j;

	notes_make(f->path);
	crash(f->path, "PERSIST", "NORMAL", UPDATE_ALL);
	j = vaultkit_load(f->journal);
	assert_true(j.len > 10 * RECORD_BYTES);
	free(j.data);
	assert_false(vaultkit_holds(f->journal, MARKER));
	assert_false(vaultkit_holds(f->path, MARKER));
}

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* A checksum is a sum of clear bytes and a number from the header: in two journals of the same pages it would tell their sum twice. */
static void checksums_tell_nothing_about_their_pages(void **state)
{
	struct fixture *f = *state;
	struct vaultkit_bytes db, j[2];
	int same = 0;
	uint32_t count;

	notes_make(f->path);
	db = vaultkit_load(f->path);
	for (int i = 0; i < 2; i++) {
		vaultkit_save(f->path, db.data, db.len);
		unlink(f->journal);
		crash(f->path, "DELETE", "NORMAL", UPDATE_ALL);
		j[i] = vaultkit_load(f->journal);
	}
	count = get_u32(j[0].data + 8);
	assert_true(count >= 2);
	assert_int_equal(get_u32(j[1].data + 8), count);
	for (size_t i = 0; i < count; i++) {
		size_t at = SECTOR_BYTES + i * RECORD_BYTES;
		size_t sum = at + 4 + VAULT_PAGE_BYTES;

		assert_memory_equal(j[0].data + at, j[1].data + at, 4);
		same += get_u32(j[0].data + sum) - get_u32(j[0].data + 12) == get_u32(j[1].data + sum) - get_u32(j[1].data + 12);
	}
	assert_int_equal(same, 0);
	free(db.data);
	free(j[0].data);
	free(j[1].data);
}

/* With the database as it was before, any whole beginning of the journal changes nothing, and what is torn ends it. */
static void a_torn_or_damaged_record_of_a_dead_process_ends_the_journal(void **state)
{
	struct fixture *f = *state;
	int64_t sum = notes_make(f->path);
	struct vaultkit_bytes db = vaultkit_load(f->path);
	struct vaultkit_bytes j;

	crash(f->path, "DELETE", "NORMAL", UPDATE_ALL);
	j = vaultkit_load(f->journal);
	for (size_t cut = 0; cut < j.len; cut += cut < 3 * RECORD_BYTES ? 97 : 2503) {
		vaultkit_save(f->path, db.data, db.len);
		vaultkit_save(f->journal, j.data, cut);
		assert_int_equal(notes_sum(f->path), sum);
	}
	for (size_t at = SECTOR_BYTES; at < j.len; at += at < SECTOR_BYTES + 2 * RECORD_BYTES ? 41 : 2503) {
		j.data[at] ^= 0x20;
		vaultkit_save(f->path, db.data, db.len);
		vaultkit_save(f->journal, j.data, j.len);
		j.data[at] ^= 0x20;
		assert_int_equal(notes_sum(f->path), sum);
	}
	free(db.data);
	free(j.data);
}

/* Zeros where a page should be would have a checksum that a stranger can work out from the header. */
static void a_forged_record_is_not_played_back(void **state)
{
	struct fixture *f = *state;
	int64_t sum = notes_make(f->path);
	struct vaultkit_bytes db = vaultkit_load(f->path);
	struct vaultkit_bytes j;

	crash(f->path, "DELETE", "NORMAL", UPDATE_ALL);
	j = vaultkit_load(f->journal);
	for (size_t at = SECTOR_BYTES; at + RECORD_BYTES <= SECTOR_BYTES + 3 * RECORD_BYTES; at += RECORD_BYTES) {
		memset(j.data + at + 4, 0, VAULT_PAGE_BYTES);
		memcpy(j.data + at + 4 + VAULT_PAGE_BYTES, j.data + 12, 4);
	}
	vaultkit_save(f->path, db.data, db.len);
	vaultkit_save(f->journal, j.data, j.len);
	assert_int_equal(notes_sum(f->path), sum);
	free(db.data);
	free(j.data);
}

static void a_journal_of_another_vault_is_not_played_back(void **state)
{
	struct fixture *f = *state;
	struct vaultkit_bytes j;
	int64_t sum = notes_make(f->path);
	int64_t other_sum;
	sqlite3 *db;

	notes_make(f->other);
	db = open_at(f->other);
	sqlkit_run(db, "UPDATE note SET turn = 4");
	other_sum = sqlkit_number(db, NOTES_SUM);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	crash(f->path, "DELETE", "NORMAL", UPDATE_ALL);
	j = vaultkit_load(f->journal);
	vaultkit_save(f->other_journal, j.data, j.len);
	assert_int_not_equal(sum, other_sum);
	assert_int_equal(notes_sum(f->other), other_sum);
	assert_int_equal(notes_sum(f->path), sum);
	free(j.data);
}

static void a_wrong_key_leaves_a_hot_journal_alone(void **state)
{
	struct fixture *f = *state;
	int64_t sum = notes_make(f->path);
	struct vault_key *wrong = sodium_malloc(sizeof *wrong);
	struct vaultkit_bytes db, j;
	sqlite3 *handle;

	crash(f->path, "DELETE", "FULL", UPDATE_ALL);
	db = vaultkit_load(f->path);
	j = vaultkit_load(f->journal);
	assert_non_null(wrong);
	memset(wrong, 0, sizeof *wrong);
	vault_test_fini();
	vault_registry_add(wrong);
	assert_int_equal(sqlite3_open(f->path, &handle), SQLITE_NOTADB);
	sqlite3_close(handle);
	vault_registry_remove(wrong);
	sodium_free(wrong);
	vaultkit_assert_same(f->path, &db);
	vaultkit_assert_same(f->journal, &j);
	assert_int_equal(vault_test_init(NULL), 0);
	assert_int_equal(notes_sum(f->path), sum);
	free(db.data);
	free(j.data);
}

/* An undoing that stops halfway must not look like a whole one: what this process wrote itself has to be right. */
static void a_damaged_record_of_the_same_process_is_an_error(void **state)
{
	struct fixture *f = *state;
	int64_t sum = notes_make(f->path);
	size_t at = SECTOR_BYTES + 1000;
	sqlite3 *db = open_at(f->path);
	struct vaultkit_bytes j;
	uint8_t bad;

	sqlkit_run(db, "BEGIN; SAVEPOINT s; " UPDATE_ALL);
	j = vaultkit_load(f->journal);
	bad = j.data[at] ^ 1;
	vaultkit_put(f->journal, at, &bad, 1);
	assert_int_equal(sqlkit_code(db, "ROLLBACK TO s"), SQLITE_IOERR_DATA);
	/* The error has ended the transaction; its undoing waits for the next statement. */
	vaultkit_put(f->journal, at, &j.data[at], 1);
	assert_int_equal(sqlkit_number(db, NOTES_SUM), sum);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(notes_sum(f->path), sum);
	free(j.data);
}

/* ---- two vaults in one transaction ---- */

static sqlite3_vfs dying;       /* the system's, but it ends the process at the deletion of a super-journal */
static bool die_after;          /* or just after */

static int dying_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	sqlite3_vfs *unix_vfs = sqlite3_vfs_find("unix");
	bool is_super = strstr(name, "-mj") != NULL;
	int rc;

	(void)vfs;
	if (is_super && !die_after)
		_exit(CRASH_STATUS);
	rc = unix_vfs->xDelete(unix_vfs, name, sync_dir);
	if (is_super)
		_exit(CRASH_STATUS);
	return rc;
}

static void crash_at_super_journal(const struct fixture *f, bool after)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		sqlite3 *db;

		dying = *sqlite3_vfs_find("unix");
		dying.zName = "dying";
		dying.xDelete = dying_delete;
		dying.pNext = NULL;
		die_after = after;
		if (sqlite3_vfs_register(&dying, 0) != SQLITE_OK || vault_test_init("dying") != 0)
			_exit(1);
		db = open_at(f->path);
		sqlkit_run_with(db, "ATTACH '%s' AS other; PRAGMA main.synchronous = NORMAL; PRAGMA other.synchronous = FULL", f->other);
		sqlkit_code(db, "BEGIN; UPDATE main.note SET turn = 5; UPDATE other.note SET turn = 6; COMMIT");
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CRASH_STATUS);
}

static void two_vaults_are_both_old_before_the_super_journal_goes_and_both_new_after(void **state)
{
	struct fixture *f = *state;
	int64_t sum = notes_make(f->path);

	notes_make(f->other);
	crash_at_super_journal(f, false);
	assert_int_equal(access(f->journal, F_OK), 0);
	assert_int_equal(access(f->other_journal, F_OK), 0);
	assert_int_equal(notes_sum(f->path), sum);
	assert_int_equal(notes_sum(f->other), sum);
	assert_int_not_equal(access(f->journal, F_OK), 0);
	assert_int_not_equal(access(f->other_journal, F_OK), 0);
	crash_at_super_journal(f, true); /* which has first made both new, as any commit of two */
	assert_int_equal(access(f->journal, F_OK), 0);
	assert_int_equal(access(f->other_journal, F_OK), 0);
	assert_int_not_equal(notes_sum(f->path), sum);
	assert_int_not_equal(notes_sum(f->other), sum);
	assert_int_not_equal(notes_sum(f->other), notes_sum(f->path));
}

/* ---- the file's methods, called directly ---- */

struct direct {
	sqlite3 *db;
	const char *name;   /* of the journal, as SQLite gives it to xOpen */
	sqlite3_file *file; /* the open journal; malloc memory */
};

static int direct_file_open(struct direct *d, const char *name, int flags)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(VAULT_VFS_NAME);

	d->file = calloc(1, (size_t)vfs->szOsFile);
	assert_non_null(d->file);
	return vfs->xOpen(vfs, name, d->file, flags | SQLITE_OPEN_MAIN_JOURNAL, &flags);
}

static struct direct direct_open(const struct fixture *f)
{
	struct direct d = { open_at(f->path), NULL, NULL };

	sqlkit_run(d.db, "CREATE TABLE IF NOT EXISTS t(x)");
	d.name = sqlite3_filename_journal(sqlite3_db_filename(d.db, "main"));
	return d;
}

static void direct_close(struct direct *d)
{
	if (d->file->pMethods)
		assert_int_equal(d->file->pMethods->xClose(d->file), SQLITE_OK);
	free(d->file);
	assert_int_equal(sqlite3_close(d->db), SQLITE_OK);
}

static int put(const struct direct *d, const void *data, int len, int64_t offset)
{
	return d->file->pMethods->xWrite(d->file, data, len, offset);
}

static int get(const struct direct *d, void *out, int len, int64_t offset)
{
	return d->file->pMethods->xRead(d->file, out, len, offset);
}

/* A header of a sector that is not smaller than a page; before the records are synced its first 12 bytes are zeros. */
static void header_make(uint8_t out[static VAULT_PAGE_BYTES], bool is_synced)
{
	static const uint8_t FIELDS[28] = {
		0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7, 0, 0, 0, 1, 0x11, 0x22, 0x33, 0x44, 0, 0, 0, 9, [22] = 0x10, [26] = 0x10,
	};

	memset(out, 0, VAULT_PAGE_BYTES);
	memcpy(out, FIELDS, sizeof FIELDS);
	if (!is_synced)
		memset(out, 0, 12);
}

static void page_make(uint8_t out[static VAULT_PAGE_BYTES])
{
	memset(out, 0x5a, VAULT_PAGE_BYTES - 40);
	memset(out + VAULT_PAGE_BYTES - 40, 0, 40);
}

/* Page number, page and checksum, at `offset`. */
static void record_put(const struct direct *d, uint8_t page_number, int64_t offset)
{
	uint8_t page[VAULT_PAGE_BYTES];
	uint8_t number_bytes[4] = { 0, 0, 0, page_number };

	page_make(page);
	assert_int_equal(put(d, number_bytes, 4, offset), SQLITE_OK);
	assert_int_equal(put(d, page, VAULT_PAGE_BYTES, offset + 4), SQLITE_OK);
	assert_int_equal(put(d, "SUM!", 4, offset + 4 + VAULT_PAGE_BYTES), SQLITE_OK);
}

static void a_header_as_long_as_a_page_is_no_page(void **state)
{
	struct fixture *f = *state;
	struct direct d = direct_open(f);
	uint8_t head[VAULT_PAGE_BYTES], got[VAULT_PAGE_BYTES], page[VAULT_PAGE_BYTES];
	int64_t next = VAULT_PAGE_BYTES + RECORD_BYTES;
	struct vaultkit_bytes j;

	page_make(page);
	header_make(head, false);
	assert_int_equal(direct_file_open(&d, d.name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE), SQLITE_OK);
	assert_int_equal(put(&d, head, VAULT_PAGE_BYTES, 0), SQLITE_OK);
	record_put(&d, 7, VAULT_PAGE_BYTES);
	/* Directly behind the 4 bytes of a checksum, at the next sector. */
	assert_int_equal(put(&d, head, VAULT_PAGE_BYTES, next), SQLITE_OK);
	header_make(head, true);
	assert_int_equal(put(&d, head, 12, 0), SQLITE_OK);
	assert_int_equal(get(&d, got, 4, VAULT_PAGE_BYTES), SQLITE_OK);
	assert_int_equal(get(&d, got, VAULT_PAGE_BYTES, VAULT_PAGE_BYTES + 4), SQLITE_OK);
	assert_memory_equal(got, page, VAULT_PAGE_BYTES);
	assert_int_equal(get(&d, got, 4, next - 4), SQLITE_OK);
	assert_memory_equal(got, "SUM!", 4);
	j = vaultkit_load(f->journal);
	assert_int_equal(j.len, next + VAULT_PAGE_BYTES);
	assert_memory_equal(j.data, head, VAULT_PAGE_BYTES);
	header_make(head, false);
	assert_memory_equal(j.data + next, head, VAULT_PAGE_BYTES);
	assert_memory_not_equal(j.data + next - 4, "SUM!", 4);
	free(j.data);
	direct_close(&d);
}

/* Within its transaction a moved record is damage; later, or for another process, it ends the journal. */
static void a_record_opens_in_its_place_only(void **state)
{
	static const uint8_t ENDED[28];
	struct fixture *f = *state;
	struct direct d = direct_open(f);
	struct vaultkit_bytes j;
	uint8_t got[VAULT_PAGE_BYTES];

	assert_int_equal(direct_file_open(&d, d.name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE), SQLITE_OK);
	record_put(&d, 7, SECTOR_BYTES);
	record_put(&d, 7, SECTOR_BYTES + RECORD_BYTES);
	j = vaultkit_load(f->journal);
	vaultkit_put(f->journal, SECTOR_BYTES, j.data + SECTOR_BYTES + RECORD_BYTES, RECORD_BYTES);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(get(&d, got, 4, SECTOR_BYTES), SQLITE_OK);
		assert_int_equal(get(&d, got, VAULT_PAGE_BYTES, SECTOR_BYTES + 4), i == 0 ? SQLITE_IOERR_DATA : SQLITE_IOERR_SHORT_READ);
		assert_true(sodium_is_zero(got, sizeof got));
		assert_int_equal(put(&d, ENDED, sizeof ENDED, 0), SQLITE_OK);
	}
	free(j.data);
	direct_close(&d);
}

static void what_could_hold_a_page_and_is_none_is_refused(void **state)
{
	struct fixture *f = *state;
	struct direct d = direct_open(f);
	uint8_t page[VAULT_PAGE_BYTES];
	uint8_t got[2 * VAULT_PAGE_BYTES];
	const uint8_t seven[4] = { 0, 0, 0, 7 };

	page_make(page);
	assert_int_equal(direct_file_open(&d, d.name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE), SQLITE_OK);
	record_put(&d, 7, SECTOR_BYTES);
	record_put(&d, 8, SECTOR_BYTES + RECORD_BYTES);
	assert_int_equal(put(&d, page, VAULT_PAGE_BYTES, SECTOR_BYTES + 4), SQLITE_IOERR_WRITE);
	assert_int_equal(put(&d, seven, 4, SECTOR_BYTES), SQLITE_OK);
	assert_int_equal(put(&d, page, VAULT_PAGE_BYTES / 2, SECTOR_BYTES + 4), SQLITE_IOERR_WRITE);
	assert_int_equal(put(&d, seven, 4, SECTOR_BYTES), SQLITE_OK);
	page[VAULT_PAGE_BYTES - 1] = 1;
	assert_int_equal(put(&d, page, VAULT_PAGE_BYTES, SECTOR_BYTES + 4), SQLITE_IOERR_WRITE);
	assert_int_equal(put(&d, page, 40, SECTOR_BYTES + 4), SQLITE_IOERR_WRITE);
	/* A header that is not authentic may name another page size. */
	assert_int_equal(get(&d, got, VAULT_PAGE_BYTES, SECTOR_BYTES + 4), SQLITE_IOERR_READ);
	assert_int_equal(get(&d, got, 4, SECTOR_BYTES), SQLITE_OK);
	assert_int_equal(get(&d, got, 2 * VAULT_PAGE_BYTES, SECTOR_BYTES + 4), SQLITE_IOERR_READ);
	assert_int_equal(get(&d, got, 4, SECTOR_BYTES), SQLITE_OK);
	assert_int_equal(get(&d, got, 512, SECTOR_BYTES + 4), SQLITE_IOERR_READ);
	assert_int_equal(get(&d, got, 4, SECTOR_BYTES), SQLITE_OK);
	assert_int_equal(get(&d, got, VAULT_PAGE_BYTES, SECTOR_BYTES + 4), SQLITE_OK);
	direct_close(&d);
}

static void a_wal_only_vault_takes_a_planted_journal_for_empty(void **state)
{
	struct fixture *f = *state;
	struct direct d = direct_open(f);
	sqlite3_int64 size = -1;
	uint8_t got[8];

	vaultkit_save(f->journal, MARKER, sizeof MARKER);
	vault_main_of(d.name)->keys->is_wal_only = true;
	assert_int_equal(direct_file_open(&d, d.name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE), SQLITE_CANTOPEN);
	assert_null(d.file->pMethods);
	free(d.file);
	assert_int_equal(direct_file_open(&d, d.name, SQLITE_OPEN_READONLY), SQLITE_OK);
	memset(got, 0xaa, sizeof got);
	assert_int_equal(get(&d, got, 8, 0), SQLITE_IOERR_SHORT_READ);
	assert_true(sodium_is_zero(got, sizeof got));
	assert_int_equal(d.file->pMethods->xFileSize(d.file, &size), SQLITE_OK);
	assert_int_equal(size, 0);
	assert_int_equal(put(&d, got, 8, 0), SQLITE_READONLY);
	assert_int_equal(d.file->pMethods->xTruncate(d.file, 0), SQLITE_READONLY);
	assert_true(vaultkit_holds(f->journal, MARKER));
	direct_close(&d);
}

static void a_journal_without_a_vault_cannot_be_opened(void **state)
{
	struct fixture *f = *state;
	struct direct d = direct_open(f);

	assert_int_equal(direct_file_open(&d, NULL, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE), SQLITE_CANTOPEN);
	assert_null(d.file->pMethods);
	free(d.file);
	assert_int_equal(direct_file_open(&d, d.name, SQLITE_OPEN_READONLY), SQLITE_CANTOPEN);
	assert_null(d.file->pMethods);
	direct_close(&d);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_rollback_mode_undoes_transactions_and_savepoints),
		TEST(every_page_size_undoes_transactions_and_savepoints),
		TEST(without_a_journal_commits_still_work),
		TEST(random_work_matches_a_plain_database),
		TEST(a_hot_journal_is_played_back_by_the_next_process),
		TEST(hot_journals_of_every_page_size_are_played_back),
		TEST(nothing_in_a_journal_is_clear),
		TEST(checksums_tell_nothing_about_their_pages),
		TEST(a_torn_or_damaged_record_of_a_dead_process_ends_the_journal),
		TEST(a_forged_record_is_not_played_back),
		TEST(a_journal_of_another_vault_is_not_played_back),
		TEST(a_wrong_key_leaves_a_hot_journal_alone),
		TEST(a_damaged_record_of_the_same_process_is_an_error),
		TEST(two_vaults_are_both_old_before_the_super_journal_goes_and_both_new_after),
		TEST(a_header_as_long_as_a_page_is_no_page),
		TEST(a_record_opens_in_its_place_only),
		TEST(what_could_hold_a_page_and_is_none_is_refused),
		TEST(a_wal_only_vault_takes_a_planted_journal_for_empty),
		TEST(a_journal_without_a_vault_cannot_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
