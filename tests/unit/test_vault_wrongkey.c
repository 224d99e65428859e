/*
 * Examples for proto/base/vault: whoever has no key, or another one, opens nothing and changes nothing: not one byte of any file in the
 * folder, and no file comes or goes; whatever state a process that died has left. Afterwards the right key finds everything that was
 * committed. Dying is done by children, some of them above a VFS that ends the process in the middle of its nth write.
 */
#include <dirent.h>
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

#include "proto/base/vault/slot.h"
#include "proto/base/vault/vault.h"
#include "tests/lib/sqlkit.h"
#include "tests/lib/vaultkit.h"
#include "tests/lib/vaulttest.h"

#define FILES_MAX 16
#define NAME_BYTES 64
#define CUT_STATUS 77
#define CUTS_MAX 500
#define STRANGER "stranger.vault"       /* another vault in the same folder, with another data key */

/* ---- the folder ---- */

/* Every file in a folder. Free with folder_free(). */
struct folder {
	size_t count;
	char names[FILES_MAX][NAME_BYTES];
	struct vaultkit_bytes bytes[FILES_MAX];
};

static void file_name(const struct vaultkit *f, const char *name, char out[static VAULTKIT_PATH_BYTES])
{
	snprintf(out, VAULTKIT_PATH_BYTES, "%s/%s", f->dir, name);
}

static void folder_load(const struct vaultkit *f, struct folder *out)
{
	char path[VAULTKIT_PATH_BYTES];
	struct dirent *entry;
	DIR *dir = opendir(f->dir);

	assert_non_null(dir);
	out->count = 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		assert_true(out->count < FILES_MAX);
		assert_true(strlen(entry->d_name) < NAME_BYTES);
		snprintf(out->names[out->count], NAME_BYTES, "%.*s", NAME_BYTES - 1, entry->d_name);
		file_name(f, out->names[out->count], path);
		out->bytes[out->count++] = vaultkit_load(path);
	}
	closedir(dir);
}

static void folder_free(struct folder *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->bytes[i].data);
	d->count = 0;
}

static const struct vaultkit_bytes *folder_find(const struct folder *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->names[i], name) == 0)
			return &d->bytes[i];
	return NULL;
}

static void folder_assert_same(const struct vaultkit *f, const struct folder *before)
{
	struct folder now;

	folder_load(f, &now);
	for (size_t i = 0; i < now.count; i++)
		if (!folder_find(before, now.names[i]))
			fail_msg("%s was left behind", now.names[i]);
	for (size_t i = 0; i < before->count; i++) {
		const struct vaultkit_bytes *b = folder_find(&now, before->names[i]);

		if (!b || b->len != before->bytes[i].len || memcmp(b->data, before->bytes[i].data, b->len) != 0)
			fail_msg("%s has changed", before->names[i]);
	}
	folder_free(&now);
}

static void folder_empty(const struct vaultkit *f)
{
	char path[VAULTKIT_PATH_BYTES];
	struct folder now;

	folder_load(f, &now);
	for (size_t i = 0; i < now.count; i++) {
		file_name(f, now.names[i], path);
		unlink(path);
	}
	folder_free(&now);
}

static void folder_restore(const struct vaultkit *f, const struct folder *to)
{
	char path[VAULTKIT_PATH_BYTES];

	folder_empty(f);
	for (size_t i = 0; i < to->count; i++) {
		file_name(f, to->names[i], path);
		vaultkit_save(path, to->bytes[i].data, to->bytes[i].len);
	}
}

static void stranger_name(const struct vaultkit *f, char out[static VAULTKIT_PATH_BYTES])
{
	file_name(f, STRANGER, out);
}

static int setup(void **state)
{
	char path[VAULTKIT_PATH_BYTES];
	struct db *db;
	struct vault_key *k;
	int rc = vaultkit_setup(state);

	stranger_name(*state, path);
	assert_int_equal(vault_create(path, "stranger", 8, NULL, &VAULTKIT_WEAK), 0);
	assert_int_equal(vault_unlock(path, "stranger", 8, &k), 0);
	db = vaultkit_open(path);
	vaultkit_run(db, VAULTKIT_VISIT_TABLE);
	db_close(db);
	vault_lock(k);
	return rc;
}

static int teardown(void **state)
{
	folder_empty(*state);
	vault_test_fini();
	return vaultkit_teardown(state);
}

static struct vault_key *stranger_unlock(const struct vaultkit *f)
{
	char path[VAULTKIT_PATH_BYTES];
	struct vault_key *k;

	stranger_name(f, path);
	assert_int_equal(vault_unlock(path, "stranger", 8, &k), 0);
	return k;
}

/* ---- what somebody without the key can try ---- */

static void open_is_refused(const char *path, int flags)
{
	sqlite3 *raw = NULL;
	int rc = sqlite3_open_v2(path, &raw, flags, VAULT_VFS_NAME);

	if (rc != SQLITE_NOTADB && rc != SQLITE_CANTOPEN)
		fail_msg("%s was opened: code %d", path, rc);
	sqlite3_close(raw);
}

static void open_by_sqlite(const char *path)
{
	char uri[VAULTKIT_PATH_BYTES + 32];

	open_is_refused(path, SQLITE_OPEN_READWRITE);
	open_is_refused(path, SQLITE_OPEN_READONLY);
	snprintf(uri, sizeof uri, "file:%s?immutable=1", path);
	open_is_refused(uri, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI);
	snprintf(uri, sizeof uri, "file:%s?nolock=1", path);
	open_is_refused(uri, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI);
}

static void attach_is_refused(const struct vaultkit *f, const char *path)
{
	char stranger[VAULTKIT_PATH_BYTES];
	struct db_stmt *s;
	struct db *db;

	stranger_name(f, stranger);
	db = vaultkit_open(stranger);
	assert_int_equal(db_prepare(db, "ATTACH ?1 AS other", &s), 0);
	db_bind_text(s, 1, path);
	assert_int_not_equal(db_run(s), 0);
	db_close(db);
}

/* Everything without the flag that would make a new file. Nothing may change. */
static void try_to_open(const struct vaultkit *f, const char *path)
{
	struct vault_report report;
	struct vault_key *k;
	struct folder before;
	struct db *db;

	folder_load(f, &before);
	open_by_sqlite(path);
	assert_int_not_equal(db_open(path, NULL, &db), 0);
	assert_null(db);
	k = stranger_unlock(f);
	open_by_sqlite(path);
	assert_int_not_equal(db_open(path, NULL, &db), 0);
	attach_is_refused(f, path);
	assert_int_not_equal(vault_verify(k, path, &report), 0);
	vault_lock(k);
	folder_assert_same(f, &before);
	folder_free(&before);
}

/* And with that flag, without a key and with the stranger's. */
static void try_to_create(const struct vaultkit *f, const char *path)
{
	struct vault_key *k;
	struct folder before;

	folder_load(f, &before);
	open_is_refused(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	k = stranger_unlock(f);
	open_is_refused(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	vault_lock(k);
	folder_assert_same(f, &before);
	folder_free(&before);
}

/* ERR_AUTH, or ERR_CORRUPT where too little is left of the prefix. */
static void try_to_unlock(const struct vaultkit *f, const char *path, bool is_whole)
{
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES];
	struct vault_key *k;
	struct folder before;
	int code;

	folder_load(f, &before);
	code = vault_unlock(path, "wrong", 5, &k);
	assert_true(code == ERR_AUTH || (code == ERR_CORRUPT && !is_whole));
	assert_null(k);
	assert_int_equal(vault_unlock(path, "", 0, &k), ERR_AUTH);
	assert_int_equal(vault_unlock(path, "stranger", 8, &k), code);
	crypto_box_keypair(pk, sk);
	assert_int_equal(vault_unlock_org(path, pk, sk, &k), code);
	assert_int_not_equal(vault_unlock_recovery(path, "AAAA-BBBB", 9, &k), 0);
	assert_null(k);
	folder_assert_same(f, &before);
	folder_free(&before);
}

/* ---- a pending WAL ---- */

static void assert_visits(const struct vaultkit *f, int count)
{
	struct vault_key *k = vaultkit_unlock(f);
	struct db *db = vaultkit_open(f->path);

	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), count);
	assert_int_equal(vaultkit_number(db, VAULTKIT_VISIT_WRONG_COUNT), 0);
	assert_int_equal(db_check(db), 0);
	db_close(db);
	vault_lock(k);
}

static void a_pending_wal_is_left_alone(void **state)
{
	const struct vaultkit *f = *state;

	vaultkit_crash(f, 10, 10);
	try_to_unlock(f, f->path, true);
	try_to_open(f, f->path);
	try_to_create(f, f->path);
	assert_visits(f, 20);
}

/* A file that has lost its pages, or all of its bytes, is not taken for a new one: the log beside it may be all that is left. */
static void a_pending_wal_beside_a_cut_file_is_left_alone(void **state)
{
	static const int CUT_AT[] = { VAULT_PREFIX_BYTES + 100, VAULT_PREFIX_BYTES, VAULT_COPIES_BYTES, VAULT_COPY_BYTES, 100, 0 };
	const struct vaultkit *f = *state;
	struct vaultkit_bytes whole;
	struct vault_key *k;
	struct folder before;
	struct db *db;

	vaultkit_crash(f, 10, 10);
	whole = vaultkit_load(f->path);
	for (size_t i = 0; i < sizeof CUT_AT / sizeof CUT_AT[0]; i++) {
		assert_int_equal(truncate(f->path, CUT_AT[i]), 0);
		try_to_unlock(f, f->path, CUT_AT[i] >= VAULT_COPY_BYTES);
		try_to_open(f, f->path);
		try_to_create(f, f->path);
		/* Nor does the right key, which would only find an empty database in it. */
		if (CUT_AT[i] < VAULT_COPIES_BYTES)
			continue;
		k = vaultkit_unlock(f);
		folder_load(f, &before);
		assert_int_not_equal(db_open(f->path, NULL, &db), 0);
		open_is_refused(f->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
		folder_assert_same(f, &before);
		folder_free(&before);
		vault_lock(k);
	}
	vaultkit_save(f->path, whole.data, whole.len);
	assert_visits(f, 20);
	free(whole.data);
}

/* ---- a hot journal ---- */

/* A child has no test that could fail: it ends instead. */
static void child_open(const char *path, sqlite3 **db)
{
	if (sqlite3_open(path, db) != SQLITE_OK)
		_exit(1);
}

static void child_run(sqlite3 *db, const char *sql)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		return;
	fprintf(stderr, "%s: %d %s\n", sql, rc, sqlite3_errmsg(db));
	_exit(1);
}

/* Whether the child was cut off, or came to its end. */
static bool child_was_cut(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == CUT_STATUS);
	return WEXITSTATUS(status) == CUT_STATUS;
}

/* Half of a transaction is in the file and its journal beside it. */
static void die_in_transaction(const char *path, const char *mode_sql)
{
	pid_t child = fork();
	sqlite3 *db;

	if (child != 0) {
		assert_false(child_was_cut(child));
		return;
	}
	child_open(path, &db);
	child_run(db, mode_sql);
	child_run(db, "CREATE TABLE visit(id INTEGER PRIMARY KEY, note BLOB);"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) "
		"INSERT INTO visit SELECT i, zeroblob(3000) FROM n;"
		"PRAGMA cache_size = 5; BEGIN; UPDATE visit SET note = randomblob(3000); DELETE FROM visit WHERE id > 10");
	_exit(0);
}

static void a_hot_journal_of(const struct vaultkit *f, const char *mode_sql)
{
	char journal[VAULTKIT_PATH_BYTES + 16];
	struct vaultkit_bytes bytes;
	sqlite3 *db;

	assert_int_equal(vault_test_init(NULL), 0);
	die_in_transaction(f->other, mode_sql);
	vault_test_fini();
	snprintf(journal, sizeof journal, "%s-journal", f->other);
	bytes = vaultkit_load(journal);
	assert_true(bytes.len > 10 * VAULT_PAGE_BYTES);
	free(bytes.data);
	try_to_open(f, f->other);
	try_to_create(f, f->other);
	assert_int_equal(vault_test_init(NULL), 0);
	assert_int_equal(sqlite3_open(f->other, &db), SQLITE_OK);
	assert_int_equal(sqlkit_number(db, "SELECT count(*) FROM visit WHERE note = zeroblob(3000)"), 30);
	sqlkit_assert_whole(db);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_hot_journal_to_be_deleted_is_left_alone(void **state)
{
	a_hot_journal_of(*state, "PRAGMA journal_mode = DELETE");
}

static void a_hot_journal_to_be_truncated_is_left_alone(void **state)
{
	a_hot_journal_of(*state, "PRAGMA journal_mode = TRUNCATE");
}

static void a_hot_journal_to_be_kept_is_left_alone(void **state)
{
	a_hot_journal_of(*state, "PRAGMA journal_mode = PERSIST");
}

static void a_pending_wal_of_any_database_is_left_alone(void **state)
{
	const struct vaultkit *f = *state;
	sqlite3 *db;

	assert_int_equal(vault_test_init(NULL), 0);
	die_in_transaction(f->other, "PRAGMA journal_mode = WAL");
	vault_test_fini();
	try_to_open(f, f->other);
	try_to_create(f, f->other);
	assert_int_equal(vault_test_init(NULL), 0);
	assert_int_equal(sqlite3_open(f->other, &db), SQLITE_OK);
	assert_int_equal(sqlkit_number(db, "SELECT count(*) FROM visit WHERE note = zeroblob(3000)"), 30);
	sqlkit_assert_whole(db);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- a VFS that ends the process in the middle of a write ---- */

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	int (*real_write)(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset); /* the same for all kinds of file */
	sqlite3_io_methods methods[2];          /* of others and of databases: the system's VFS locks only these */
	int writes_left;                        /* before the one that is cut */
	bool is_torn;                           /* half of that one is written */
} cut;

static int cut_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	if (cut.writes_left-- > 0)
		return cut.real_write(file, data, len, offset);
	if (cut.is_torn)
		cut.real_write(file, data, len / 2, offset);
	_exit(CUT_STATUS);
}

static int cut_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	sqlite3_io_methods *methods = &cut.methods[(flags & SQLITE_OPEN_MAIN_DB) != 0];
	int rc = cut.real->xOpen(cut.real, name, file, flags, out_flags);

	(void)vfs;
	if (rc != SQLITE_OK)
		return rc;
	cut.real_write = file->pMethods->xWrite;
	*methods = *file->pMethods;
	methods->xWrite = cut_write;
	file->pMethods = methods;
	return SQLITE_OK;
}

/* In a child. */
static void cut_register(int writes, bool is_torn)
{
	cut.real = sqlite3_vfs_find("unix");
	cut.vfs = *cut.real;
	cut.vfs.zName = "cut";
	cut.vfs.xOpen = cut_open;
	cut.writes_left = writes;
	cut.is_torn = is_torn;
	sqlite3_vfs_register(&cut.vfs, 0);
}

/* ---- half-made files ---- */

/* Whether a child that makes a database in this mode was cut off at its write number `at`. */
static bool birth_is_cut(const char *path, const char *mode_sql, int at, bool is_torn)
{
	pid_t child = fork();
	sqlite3 *db;

	if (child != 0)
		return child_was_cut(child);
	cut_register(at, is_torn);
	if (vault_test_init("cut") != 0)
		_exit(1);
	child_open(path, &db);
	child_run(db, mode_sql);
	child_run(db, "CREATE TABLE visit(id INTEGER PRIMARY KEY, note BLOB); INSERT INTO visit VALUES (1, zeroblob(9000))");
	_exit(0);
}

/* How far it came, as the right key sees it: 0 nothing, 1 the table, 2 the row. */
static int birth_progress(const char *path)
{
	sqlite3 *db;
	int64_t tables;
	int progress = 0;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	tables = sqlkit_number(db, "SELECT count(*) FROM sqlite_schema");
	if (tables == 1)
		progress = 1 + (int)sqlkit_number(db, "SELECT count(*) FROM visit WHERE note = zeroblob(9000)");
	sqlkit_assert_whole(db);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return progress;
}

/*
 * A file whose prefix was never finished belongs to nobody: a stranger who asks for a new file may get this one, empty. One that has
 * a prefix is refused and stays as it is.
 */
static bool stranger_takes(const struct vaultkit *f, const char *path)
{
	struct vault_key *k = stranger_unlock(f);
	sqlite3 *raw;
	struct folder before;
	bool taken;

	folder_load(f, &before);
	taken = sqlite3_open_v2(path, &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, VAULT_VFS_NAME) == SQLITE_OK;
	if (taken)
		assert_int_equal(sqlkit_number(raw, "SELECT count(*) FROM sqlite_schema"), 0);
	sqlite3_close(raw);
	if (taken)
		folder_restore(f, &before);
	folder_assert_same(f, &before);
	folder_free(&before);
	vault_lock(k);
	return taken;
}

static void half_made(const struct vaultkit *f, const char *mode_sql, bool is_torn)
{
	struct folder empty;
	int progress = 0;
	int at = 0;

	folder_load(f, &empty);
	while (birth_is_cut(f->other, mode_sql, at, is_torn)) {
		bool taken;
		int now;

		try_to_open(f, f->other);
		open_is_refused(f->other, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
		taken = stranger_takes(f, f->other);
		assert_int_equal(vault_test_init(NULL), 0);
		now = birth_progress(f->other);
		vault_test_fini();
		assert_true(now >= progress);
		assert_false(taken && now > 0);
		progress = now;
		folder_restore(f, &empty);
		assert_true(++at < CUTS_MAX);
	}
	assert_true(at > 10);
	assert_int_equal(vault_test_init(NULL), 0);
	assert_int_equal(birth_progress(f->other), 2);
	vault_test_fini();
	folder_restore(f, &empty);
	folder_free(&empty);
}

static void a_file_cut_off_while_it_was_made_is_refused(void **state)
{
	half_made(*state, "PRAGMA journal_mode = DELETE", false);
	half_made(*state, "PRAGMA journal_mode = WAL", false);
}

static void a_file_torn_while_it_was_made_is_refused(void **state)
{
	half_made(*state, "PRAGMA journal_mode = DELETE", true);
	half_made(*state, "PRAGMA journal_mode = WAL", true);
}

/* SQLite would go on with that log, and commit into it before the prefix of the new file is on the disk. */
static void no_file_is_made_beside_a_log_that_is_left(void **state)
{
	const struct vaultkit *f = *state;
	char log[VAULTKIT_PATH_BYTES + 16];
	struct folder before;

	snprintf(log, sizeof log, "%s-wal", f->other);
	vaultkit_save(log, "what a log may begin with", 25);
	folder_load(f, &before);
	assert_int_equal(vault_test_init(NULL), 0);
	open_is_refused(f->other, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	folder_assert_same(f, &before);
	assert_int_equal(unlink(log), 0);
	assert_int_equal(birth_progress(f->other), 0);
	vault_test_fini();
	folder_restore(f, &before);
	folder_free(&before);
}

static bool create_is_cut(const char *path, int at, bool is_torn)
{
	pid_t child = fork();

	if (child != 0)
		return child_was_cut(child);
	cut_register(at, is_torn);
	_exit(vault_init("cut") == 0 && vault_create(path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, NULL, &VAULTKIT_WEAK) == 0 ? 0 : 1);
}

/* Until it is whole a new vault has a name of its own, under which nobody can use it. */
static void a_vault_cut_off_while_it_was_made_is_refused(void **state)
{
	const struct vaultkit *f = *state;
	char part[VAULTKIT_PATH_BYTES + 16];
	struct vault_key *k;
	struct db *db;
	int at;

	snprintf(part, sizeof part, "%s.part", f->other);
	for (int torn = 0; torn < 2; torn++) {
		for (at = 0; create_is_cut(f->other, at, torn); at++) {
			try_to_open(f, f->other);
			open_is_refused(f->other, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
			assert_int_equal(vault_unlock(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), ERR_NOT_FOUND);
			try_to_open(f, part);
			try_to_unlock(f, part, at > 0);
		}
		assert_true(at > 3);
		/* The next attempt removes what was left. */
		assert_int_equal(access(f->other, F_OK), 0);
		assert_int_equal(access(part, F_OK), -1);
		assert_int_equal(vault_unlock(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), 0);
		db = vaultkit_open(f->other);
		assert_int_equal(db_check(db), 0);
		db_close(db);
		vault_lock(k);
		assert_int_equal(unlink(f->other), 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pending_wal_is_left_alone),
		TEST(a_pending_wal_beside_a_cut_file_is_left_alone),
		TEST(a_hot_journal_to_be_deleted_is_left_alone),
		TEST(a_hot_journal_to_be_truncated_is_left_alone),
		TEST(a_hot_journal_to_be_kept_is_left_alone),
		TEST(a_pending_wal_of_any_database_is_left_alone),
		TEST(a_file_cut_off_while_it_was_made_is_refused),
		TEST(a_file_torn_while_it_was_made_is_refused),
		TEST(no_file_is_made_beside_a_log_that_is_left),
		TEST(a_vault_cut_off_while_it_was_made_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
