/*
 * Examples for proto/base/vault: what an owner can do with a vault, and what nobody else can. Damaged vaults are in
 * test_vault_damage.c. Crashes are children that end with _exit() in the middle of their work. Everybody here is invented.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/db.h"
#include "proto/base/vault/vault.h"
#include "proto/base/vault/slot.h"
#include "tests/lib/vaultkit.h"

#define NOTE "ملاحظة الباحثة: السقف يحتاج ترميم"
#define NOTE_ASCII "PLANTED-NOTE-roof-needs-repair"

/* ---- an owner's day ---- */

static void a_new_vault_is_an_empty_whole_database(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct db *db = vaultkit_open(f->path);
	struct vault_report report;
	struct stat st;

	assert_int_equal(db_check(db), 0);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM sqlite_schema"), 0);
	assert_int_equal(vaultkit_number(db, "PRAGMA page_size"), 4096);
	assert_int_equal(vaultkit_number(db, "PRAGMA page_count"), 1);
	db_close(db);
	assert_int_equal(vault_verify(k, NULL, &report), 0);
	assert_int_equal(report.page_count, 1);
	assert_int_equal(report.bad_count, 0);
	assert_int_equal(report.prefix_count, 2);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	vault_lock(k);
}

static void what_was_written_is_read_after_reopening(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct db *db = vaultkit_open(f->path);

	vaultkit_run(db, VAULTKIT_VISIT_TABLE);
	vaultkit_visits_add(db, 1, 50);
	db_close(db);
	vault_lock(k);
	k = vaultkit_unlock(f);
	db = vaultkit_open(f->path);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), 50);
	assert_int_equal(vaultkit_number(db, VAULTKIT_VISIT_WRONG_COUNT), 0);
	assert_int_equal(db_check(db), 0);
	db_close(db);
	vault_lock(k);
}

static void create_refuses_an_existing_name_and_bad_passphrases(void **state)
{
	struct vaultkit *f = *state;
	struct vault_kdf low = { .mem_bytes = VAULT_KDF_MEM_BYTES_MIN - 1, .passes = 3 };
	struct vault_kdf high = { .mem_bytes = VAULT_KDF_MEM_BYTES_MIN, .passes = VAULT_KDF_PASSES_MAX + 1 };

	assert_int_equal(vault_create(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, NULL, &VAULTKIT_WEAK), ERR_USAGE);
	assert_int_equal(vault_create(f->other, "", 0, NULL, &VAULTKIT_WEAK), ERR_USAGE);
	assert_int_equal(vault_create(f->other, VAULTKIT_PASS, VAULT_PASSPHRASE_BYTES_MAX + 1, NULL, &VAULTKIT_WEAK), ERR_USAGE);
	assert_int_equal(vault_create(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, NULL, &low), ERR_USAGE);
	assert_int_equal(vault_create(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, NULL, &high), ERR_USAGE);
	assert_int_equal(access(f->other, F_OK), -1);
}

static void commits_survive_a_process_that_dies(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k;
	struct db *db;

	vaultkit_crash(f, 20, 30);
	assert_int_equal(access(f->wal, F_OK), 0);
	k = vaultkit_unlock(f);
	db = vaultkit_open(f->path);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), 50);
	assert_int_equal(vaultkit_number(db, VAULTKIT_VISIT_WRONG_COUNT), 0);
	assert_int_equal(db_check(db), 0);
	db_close(db);
	assert_int_equal(access(f->wal, F_OK), -1);
	vault_lock(k);
}

/* A cache of ten pages makes SQLite write pages of an open transaction to the WAL, over them again, and redo the checksums. */
static void heavy_work(struct db *db)
{
	vaultkit_run(db, "PRAGMA cache_size = 10; CREATE TABLE item(id INTEGER PRIMARY KEY, a INTEGER, b TEXT);"
		"CREATE INDEX item_a ON item(a)");
	assert_int_equal(db_begin(db), 0);
	vaultkit_run(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
		" INSERT INTO item SELECT i, (i * 7919) % 10007, hex(zeroblob(40 + i % 50)) FROM n");
	vaultkit_run(db, "UPDATE item SET b = b || 'x' WHERE id % 3 = 0");
	assert_int_equal(db_savepoint(db), 0);
	vaultkit_run(db, "DELETE FROM item WHERE id % 2 = 0");
	db_undo(db);
	vaultkit_run(db, "DELETE FROM item WHERE id % 5 = 0");
	vaultkit_run(db, "UPDATE item SET a = a + 1");
	assert_int_equal(db_commit(db), 0);
	vaultkit_run(db, "CREATE INDEX item_b ON item(b, a)");
	vaultkit_run(db, "UPDATE item SET b = b || 'y' WHERE id < 3000");
}

static void heavy_check(struct db *db)
{
	assert_int_equal(db_check(db), 0);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM item"), 8000);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM item WHERE a <> (id * 7919) % 10007 + 1 OR id % 5 = 0 OR"
		" b <> hex(zeroblob(40 + id % 50)) || CASE WHEN id % 3 = 0 THEN 'x' ELSE '' END ||"
		" CASE WHEN id < 3000 THEN 'y' ELSE '' END"), 0);
}

static void ten_thousand_rows_survive_spilling_undo_and_death(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k;
	struct db *db;
	int status;
	pid_t child = fork();

	if (child == 0) {
		k = vaultkit_unlock(f);
		db = vaultkit_open(f->path);
		vaultkit_run(db, "PRAGMA wal_autocheckpoint = 0");
		heavy_work(db);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	k = vaultkit_unlock(f);
	db = vaultkit_open(f->path);
	heavy_check(db);
	vaultkit_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
	heavy_check(db);
	db_close(db);
	db = vaultkit_open(f->path);
	heavy_check(db);
	db_close(db);
	vault_lock(k);
}

static void vacuum_shrinks_and_keeps_everything(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct db *db = vaultkit_open(f->path);
	struct vault_report report;
	int64_t before;

	heavy_work(db);
	vaultkit_run(db, "CREATE TABLE ballast(x); INSERT INTO ballast SELECT zeroblob(3000) FROM item LIMIT 500; DROP TABLE ballast");
	before = vaultkit_number(db, "PRAGMA page_count");
	vaultkit_run(db, "PRAGMA page_size = 8192; VACUUM");
	assert_int_equal(vaultkit_number(db, "PRAGMA page_size"), 4096);
	assert_true(vaultkit_number(db, "PRAGMA page_count") < before - 400);
	heavy_check(db);
	vaultkit_run(db, "PRAGMA auto_vacuum = INCREMENTAL; VACUUM; DELETE FROM item WHERE id > 9000; PRAGMA incremental_vacuum");
	assert_int_equal(db_check(db), 0);
	db_close(db);
	assert_int_equal(vault_verify(k, NULL, &report), 0);
	assert_int_equal(report.bad_count, 0);
	vault_lock(k);
}

static void two_processes_write_by_turns(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct db *db = vaultkit_open(f->path);
	int status;
	pid_t child;

	vaultkit_run(db, "CREATE TABLE visit(id INTEGER PRIMARY KEY, who INTEGER, note TEXT)");
	db_close(db);
	child = fork();
	db = vaultkit_open(f->path);
	vaultkit_run(db, "PRAGMA wal_autocheckpoint = 20");
	for (int i = 0; i < 150; i++) {
		assert_int_equal(db_begin(db), 0);
		if (child == 0)
			vaultkit_run(db, "INSERT INTO visit(who, note) VALUES (1, hex(zeroblob(200)))");
		else
			vaultkit_run(db, "INSERT INTO visit(who, note) VALUES (2, hex(zeroblob(200)))");
		assert_int_equal(db_commit(db), 0);
	}
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit WHERE who = 1"), 150);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit WHERE who = 2"), 150);
	assert_int_equal(db_check(db), 0);
	db_close(db);
	vault_lock(k);
}

/* ---- keys ---- */

static void wrong_keys_touch_no_byte_even_with_a_pending_wal(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k;
	struct vaultkit_bytes db_bytes, wal_bytes;
	sqlite3 *raw;
	struct db *db;

	vaultkit_crash(f, 10, 10);
	db_bytes = vaultkit_load(f->path);
	wal_bytes = vaultkit_load(f->wal);
	assert_true(wal_bytes.len > 0);
	assert_int_equal(vault_unlock(f->path, "wrong", 5, &k), ERR_AUTH);
	assert_null(k);
	assert_int_equal(vault_unlock(f->path, NULL, 0, &k), ERR_AUTH);
	assert_int_equal(db_open(f->path, NULL, &db), ERR_AUTH); /* no key at all */
	assert_int_equal(vault_create(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, NULL, &VAULTKIT_WEAK), 0);
	assert_int_equal(vault_unlock(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), 0);
	assert_int_equal(sqlite3_open_v2(f->path, &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, VAULT_VFS_NAME), SQLITE_NOTADB);
	sqlite3_close(raw);
	vault_lock(k);
	vaultkit_assert_same(f->path, &db_bytes);
	vaultkit_assert_same(f->wal, &wal_bytes);
	free(db_bytes.data);
	free(wal_bytes.data);
	k = vaultkit_unlock(f);
	db = vaultkit_open(f->path);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), 20);
	db_close(db);
	vault_lock(k);
}

static void after_lock_the_vault_cannot_be_opened(void **state)
{
	struct vaultkit *f = *state;
	struct db *db;

	vault_lock(vaultkit_unlock(f));
	assert_int_equal(db_open(f->path, NULL, &db), ERR_AUTH);
	assert_null(db);
	vault_lock(NULL);
}

static void a_changed_passphrase_opens_and_the_old_one_does_not(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct db *db = vaultkit_open(f->path);
	struct vaultkit_bytes before, after;

	vaultkit_run(db, VAULTKIT_VISIT_TABLE);
	vaultkit_visits_add(db, 1, 5);
	vaultkit_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
	db_close(db);
	before = vaultkit_load(f->path);
	db = vaultkit_open(f->path);
	assert_int_equal(db_begin(db), 0); /* the change does not disturb an open transaction and its locks */
	assert_int_equal(vault_passphrase_change(k, "", 0, &VAULTKIT_WEAK), ERR_USAGE);
	assert_int_equal(vault_passphrase_change(k, "new one", 7, &VAULTKIT_WEAK), 0);
	vaultkit_run(db, "SELECT * FROM visit");
	db_rollback(db);
	db_close(db);
	vault_lock(k);
	after = vaultkit_load(f->path);
	assert_int_equal(after.len, before.len);
	assert_memory_equal(after.data + VAULT_PREFIX_BYTES, before.data + VAULT_PREFIX_BYTES, after.len - VAULT_PREFIX_BYTES);
	assert_memory_equal(after.data, after.data + VAULT_COPY_BYTES, VAULT_COPY_BYTES);
	assert_int_equal(vault_unlock(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), ERR_AUTH);
	assert_int_equal(vault_unlock(f->path, "new one", 7, &k), 0);
	vault_lock(k);
	/* Power failed after the first copy: the new passphrase is the one that counts, and opening it repairs the second copy. */
	vaultkit_put(f->path, VAULT_COPY_BYTES, before.data, VAULT_COPY_BYTES);
	assert_int_equal(vault_unlock(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), ERR_AUTH);
	assert_int_equal(vault_unlock(f->path, "new one", 7, &k), 0);
	vaultkit_assert_same(f->path, &after);
	vault_lock(k);
	/* Power failed within the first copy that is written: the other one still has the old passphrase. */
	vaultkit_put(f->path, VAULT_COPY_BYTES, before.data, VAULT_COPY_BYTES);
	vaultkit_put(f->path, 100, "torn", 4);
	assert_int_equal(vault_unlock(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), 0);
	db = vaultkit_open(f->path);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), 5);
	db_close(db);
	vault_lock(k);
	free(before.data);
	free(after.data);
}

static void the_organisation_opens_with_its_own_key(void **state)
{
	struct vaultkit *f = *state;
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES], pk2[VAULT_ORG_KEY_BYTES], sk2[VAULT_ORG_KEY_BYTES];
	struct vault_key *k;
	struct db *db;

	crypto_box_keypair(pk, sk);
	crypto_box_keypair(pk2, sk2);
	assert_int_equal(vault_create(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, pk, &VAULTKIT_WEAK), 0);
	assert_int_equal(vault_unlock_org(f->path, pk, sk, &k), ERR_AUTH);  /* has no such slot */
	assert_int_equal(vault_unlock_org(f->other, pk2, sk2, &k), ERR_AUTH);
	assert_int_equal(vault_unlock_org(f->other, pk, sk2, &k), ERR_AUTH);
	assert_int_equal(vault_unlock_org(f->other, pk, sk, &k), 0);
	db = vaultkit_open(f->other);
	vaultkit_run(db, VAULTKIT_VISIT_TABLE);
	db_close(db);
	/* The representative forgot the passphrase: the organisation sets a new one. */
	assert_int_equal(vault_passphrase_change(k, "fresh", 5, &VAULTKIT_WEAK), 0);
	vault_lock(k);
	assert_int_equal(vault_unlock(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), ERR_AUTH);
	assert_int_equal(vault_unlock(f->other, "fresh", 5, &k), 0);
	vault_lock(k);
	assert_int_equal(vault_unlock_org(f->other, pk, sk, &k), 0);
	vault_lock(k);
}

static void a_swapped_organisation_key_is_noticed(void **state)
{
	struct vaultkit *f = *state;
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES];
	struct vault_key *k;

	crypto_box_keypair(pk, sk);
	assert_int_equal(vault_create(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, pk, &VAULTKIT_WEAK), 0);
	crypto_box_keypair(pk, sk);
	vaultkit_put(f->other, VAULT_SLOTS_OFFSET + VAULT_SLOT_BYTES + 16, pk, sizeof pk);
	vaultkit_put(f->other, VAULT_COPY_BYTES + VAULT_SLOTS_OFFSET + VAULT_SLOT_BYTES + 16, pk, sizeof pk);
	assert_int_equal(vault_unlock(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), ERR_CORRUPT);
}

static void lowered_or_raised_kdf_values_are_refused(void **state)
{
	static const uint8_t PASSES_HIGH[4] = { 0, 0, 0, 17 };
	static const uint8_t MEM_HIGH[8] = { 0, 0, 0, 0, 0x20, 0, 0, 1 };
	static const uint8_t MEM_LOW[8] = { 0, 0, 0, 0, 0x03, 0xff, 0xff, 0xff };
	struct vaultkit *f = *state;
	struct vault_kdf kdf;
	struct vault_prefix p;
	uint8_t slot[VAULT_SLOT_BYTES];
	uint8_t key[VAULT_KEY_BYTES] = { 1 }, id[VAULT_ID_BYTES] = { 2 }, got[VAULT_KEY_BYTES];
	struct vaultkit_bytes b = vaultkit_load(f->path);
	struct vault_key *k;

	for (size_t copy = 0; copy < 2; copy++)
		vaultkit_put(f->path, copy * VAULT_COPY_BYTES + VAULT_SLOTS_OFFSET + 4, PASSES_HIGH, 4);
	assert_int_equal(vault_unlock(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), ERR_CORRUPT);
	vaultkit_save(f->path, b.data, b.len);
	for (size_t copy = 0; copy < 2; copy++)
		vaultkit_put(f->path, copy * VAULT_COPY_BYTES + VAULT_SLOTS_OFFSET + 8, MEM_HIGH, 8);
	assert_int_equal(vault_unlock(f->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), ERR_CORRUPT);
	vaultkit_save(f->path, b.data, b.len);
	assert_int_equal(vault_prefix_decode(b.data, &p), 0);
	/* Outside of tests `weak` is false, and then the slot of this very vault is below the floor. */
	assert_int_equal(vault_slot_passphrase_open(p.slots[0], p.key_id, NULL, VAULTKIT_PASS, VAULTKIT_PASS_LEN, true, got), 0);
	assert_int_equal(vault_slot_passphrase_open(p.slots[0], p.key_id, NULL, VAULTKIT_PASS, VAULTKIT_PASS_LEN, false, got), ERR_CORRUPT);
	vault_kdf_default(&kdf);
	assert_int_equal(vault_slot_passphrase_seal(slot, VAULT_SLOT_PASSPHRASE, id, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &kdf, key), 0);
	assert_int_equal(vault_slot_passphrase_open(slot, id, NULL, VAULTKIT_PASS, VAULTKIT_PASS_LEN, false, got), 0);
	assert_memory_equal(got, key, sizeof key);
	memcpy(slot + 8, MEM_LOW, sizeof MEM_LOW);
	assert_int_equal(vault_slot_passphrase_open(slot, id, NULL, VAULTKIT_PASS, VAULTKIT_PASS_LEN, false, got), ERR_CORRUPT);
	free(b.data);
}

static void derived_keys_differ_by_label_and_stay_the_same(void **state)
{
	struct vaultkit *f = *state;
	uint8_t a[VAULT_SUBKEY_BYTES], b[VAULT_SUBKEY_BYTES];
	struct vault_key *k = vaultkit_unlock(f);

	assert_int_equal(vault_derive(k, "blob", a), 0);
	assert_int_equal(vault_derive(k, "draft", b), 0);
	assert_memory_not_equal(a, b, sizeof a);
	assert_int_equal(vault_derive(k, "", b), ERR_USAGE);
	vault_lock(k);
	k = vaultkit_unlock(f);
	assert_int_equal(vault_derive(k, "blob", b), 0);
	assert_memory_equal(a, b, sizeof a);
	vault_lock(k);
}

static void calibration_keeps_the_floor(void **state)
{
	struct vault_kdf kdf;

	(void)state;
	assert_int_equal(vault_kdf_calibrate(env_system(), 1, &kdf), 0);
	assert_int_equal(kdf.mem_bytes, VAULT_KDF_MEM_BYTES_MIN);
	assert_int_equal(kdf.passes, VAULT_KDF_PASSES_MIN);
}

/* ---- nothing in clear ---- */

static void no_clear_text_is_found_in_any_file(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k;
	struct db *db;
	int status;
	pid_t child = fork();

	if (child == 0) {
		k = vaultkit_unlock(f);
		db = vaultkit_open(f->path);
		vaultkit_run(db, "CREATE TABLE visit(id INTEGER PRIMARY KEY, note TEXT); CREATE INDEX visit_note ON visit(note)");
		vaultkit_run(db, "INSERT INTO visit(note) VALUES ('" NOTE "'), ('" NOTE_ASCII "')");
		vaultkit_run(db, "INSERT INTO visit(note) SELECT note || id FROM visit");
		vaultkit_run(db, "PRAGMA wal_checkpoint(PASSIVE)");
		vaultkit_run(db, "UPDATE visit SET note = note || ' 2' WHERE id > 2");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(access(f->wal, F_OK), 0);
	assert_false(vaultkit_holds(f->path, NOTE));
	assert_false(vaultkit_holds(f->path, NOTE_ASCII));
	assert_false(vaultkit_holds(f->path, "CREATE TABLE"));
	assert_false(vaultkit_holds(f->path, "SQLite format"));
	assert_false(vaultkit_holds(f->wal, NOTE));
	assert_false(vaultkit_holds(f->wal, NOTE_ASCII));
	assert_false(vaultkit_holds(f->wal, "CREATE TABLE"));
	k = vaultkit_unlock(f);
	db = vaultkit_open(f->path);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), 4);
	db_close(db);
	vault_lock(k);
}

static void leaving_wal_mode_and_planted_journals_are_refused(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct db *db = vaultkit_open(f->path);
	char journal[VAULTKIT_PATH_BYTES + 16];
	struct vaultkit_bytes b;

	vaultkit_run(db, VAULTKIT_VISIT_TABLE);
	vaultkit_visits_add(db, 1, 3);
	assert_int_equal(db_exec(db, "PRAGMA journal_mode = DELETE"), ERR_USAGE);
	assert_int_equal(db_exec(db, "PRAGMA journal_mode = MEMORY"), ERR_USAGE);
	assert_int_equal(db_exec(db, "PRAGMA journal_mode = OFF"), ERR_USAGE);
	vaultkit_visits_add(db, 4, 6);
	db_close(db);
	b = vaultkit_load(f->path);
	snprintf(journal, sizeof journal, "%s-journal", f->path);
	vaultkit_save(journal, b.data, b.len);
	assert_false(vaultkit_is_refused(f->path));
	assert_int_equal(access(journal, F_OK), 0);
	free(b.data);
	vault_lock(k);
}

static void no_temporary_file_is_needed(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct db *db = vaultkit_open(f->path);

	heavy_work(db);
	vaultkit_run(db, "PRAGMA cache_size = 10; CREATE TEMP TABLE t AS SELECT a, b FROM item; CREATE INDEX t_b ON t(b)");
	vaultkit_run(db, "SELECT count(*) FROM (SELECT b || a AS c FROM item ORDER BY c DESC, b, a)");
	vaultkit_run(db, "SELECT DISTINCT b || a FROM item ORDER BY 1");
	vaultkit_run(db, "INSERT INTO item SELECT id + 20000, a, b FROM item; DELETE FROM item WHERE id > 20000");
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(db_exec(db, "INSERT INTO item SELECT CASE WHEN id = 9999 THEN 1 ELSE id + 50000 END, a, b FROM item"), ERR_USAGE);
	assert_int_equal(db_commit(db), 0); /* the failed statement was undone from memory */
	heavy_check(db);
	vaultkit_run(db, "REINDEX; ANALYZE; VACUUM; DROP TABLE t");
	heavy_check(db);
	db_close(db);
	vault_lock(k);
}

static void without_a_key_no_file_is_made_and_no_clear_one_is_opened(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k;
	sqlite3 *raw;

	assert_int_equal(sqlite3_open_v2(f->other, &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, VAULT_VFS_NAME), SQLITE_CANTOPEN);
	sqlite3_close(raw);
	assert_int_equal(access(f->other, F_OK), -1);
	k = vaultkit_unlock(f);
	assert_int_equal(sqlite3_open_v2(f->other, &raw, SQLITE_OPEN_READWRITE, VAULT_VFS_NAME), SQLITE_CANTOPEN);
	sqlite3_close(raw);
	assert_int_equal(sqlite3_open_v2(f->other, &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(raw, "CREATE TABLE t(x)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(raw);
	assert_int_equal(sqlite3_open_v2(f->other, &raw, SQLITE_OPEN_READWRITE, VAULT_VFS_NAME), SQLITE_NOTADB);
	sqlite3_close(raw);
	vault_lock(k);
}

/* ---- the VFS by hand ---- */

static sqlite3 *raw_opened(const char *path, sqlite3_file **file, int which)
{
	sqlite3 *raw;

	assert_int_equal(sqlite3_open_v2(path, &raw, SQLITE_OPEN_READWRITE, VAULT_VFS_NAME), SQLITE_OK);
	assert_int_equal(sqlite3_exec(raw, "PRAGMA temp_store = MEMORY; SELECT * FROM sqlite_schema", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_file_control(raw, "main", which, file), SQLITE_OK);
	return raw;
}

static void gaps_become_sealed_zero_pages(void **state)
{
	static const uint8_t ZEROS[VAULT_PAGE_BYTES];
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	struct vault_report report;
	uint8_t page[VAULT_PAGE_BYTES], part[6000];
	struct vaultkit_bytes b;
	sqlite3_file *file;
	sqlite3_int64 size;
	sqlite3 *raw = raw_opened(f->path, &file, SQLITE_FCNTL_FILE_POINTER);

	memset(page, 7, sizeof page);
	assert_int_equal(file->pMethods->xWrite(file, page, 4096, 9 * 4096), SQLITE_IOERR_WRITE); /* reserved bytes are not zero */
	memset(page + 4056, 0, 40);
	assert_int_equal(file->pMethods->xWrite(file, page, 4096, 4096 - 1), SQLITE_IOERR_WRITE);
	assert_int_equal(file->pMethods->xWrite(file, page, 100, 4096), SQLITE_IOERR_WRITE);
	assert_int_equal(file->pMethods->xWrite(file, page, 4096, 0), SQLITE_IOERR_WRITE);        /* not a page 1 */
	assert_int_equal(file->pMethods->xWrite(file, page, 4096, 9 * 4096), SQLITE_OK);
	assert_int_equal(file->pMethods->xFileSize(file, &size), SQLITE_OK);
	assert_int_equal(size, 10 * 4096);
	assert_int_equal(file->pMethods->xRead(file, page, 4096, 5 * 4096), SQLITE_OK);
	assert_memory_equal(page, ZEROS, sizeof page);
	assert_int_equal(file->pMethods->xRead(file, part, sizeof part, 8 * 4096 + 2096), SQLITE_OK); /* across pages */
	assert_memory_equal(part, ZEROS, 2000);
	assert_int_equal(part[2000], 7);
	assert_int_equal(part[5999], 7);
	assert_int_equal(file->pMethods->xRead(file, page, 4096, 10 * 4096), SQLITE_IOERR_SHORT_READ);
	assert_memory_equal(page, ZEROS, sizeof page);
	assert_int_equal(file->pMethods->xTruncate(file, 12 * 4096), SQLITE_OK);
	assert_int_equal(file->pMethods->xTruncate(file, 0), SQLITE_IOERR_TRUNCATE);
	assert_int_equal(file->pMethods->xTruncate(file, 11 * 4096), SQLITE_OK);
	assert_int_equal(file->pMethods->xDeviceCharacteristics(file), SQLITE_IOCAP_POWERSAFE_OVERWRITE);
	sqlite3_close(raw);
	assert_int_equal(vault_verify(k, NULL, &report), 0);
	assert_int_equal(report.page_count, 11);
	assert_int_equal(report.bad_count, 0);
	/* Two pages of the same content, exchanged. */
	b = vaultkit_load(f->path);
	vaultkit_put(f->path, VAULT_PREFIX_BYTES + 3 * 4096, b.data + VAULT_PREFIX_BYTES + 4 * 4096, 4096);
	vaultkit_put(f->path, VAULT_PREFIX_BYTES + 4 * 4096, b.data + VAULT_PREFIX_BYTES + 3 * 4096, 4096);
	assert_int_equal(vault_verify(k, NULL, &report), 0);
	assert_int_equal(report.bad_count, 2);
	assert_int_equal(report.first_bad_page, 4);
	free(b.data);
	vault_lock(k);
}

static void every_wal_access_shape_gives_back_what_was_written(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	uint8_t head[32], frame[24 + VAULT_PAGE_BYTES], got[24 + VAULT_PAGE_BYTES];
	struct vaultkit_bytes b;
	sqlite3_file *file;
	sqlite3_int64 size;
	sqlite3 *raw = raw_opened(f->path, &file, SQLITE_FCNTL_JOURNAL_POINTER);

	randombytes_buf(head, sizeof head);
	assert_int_equal(file->pMethods->xWrite(file, head, 32, 0), SQLITE_OK);
	for (int i = 0; i < 3; i++) {
		memset(frame, i + 1, sizeof frame);
		memset(frame + 24 + 4056, 0, 40);
		assert_int_equal(file->pMethods->xWrite(file, frame, 24, 32 + i * 4120), SQLITE_OK);
		assert_int_equal(file->pMethods->xWrite(file, frame + 24, 4096, 32 + i * 4120 + 24), SQLITE_OK);
	}
	assert_int_equal(file->pMethods->xFileSize(file, &size), SQLITE_OK);
	assert_int_equal(size, 32 + 3 * 4120);
	assert_int_equal(file->pMethods->xRead(file, got, 8, 24), SQLITE_OK);
	assert_memory_equal(got, head + 24, 8);
	/* The page of an earlier frame is replaced alone, then its header alone with other salts and checksums. */
	memset(frame, 9, sizeof frame);
	memset(frame, 2, 4);
	memset(frame + 24 + 4056, 0, 40);
	assert_int_equal(file->pMethods->xWrite(file, frame + 24, 4096, 32 + 4120 + 24), SQLITE_OK);
	assert_int_equal(file->pMethods->xWrite(file, frame, 24, 32 + 4120), SQLITE_OK);
	assert_int_equal(file->pMethods->xRead(file, got, 4120, 32 + 4120), SQLITE_OK);
	assert_memory_equal(got, frame, 4120);
	assert_int_equal(file->pMethods->xRead(file, got, 8, 32 + 4120 + 16), SQLITE_OK);
	assert_memory_equal(got, frame + 16, 8);
	assert_int_equal(file->pMethods->xRead(file, got, 500, 32 + 4120 + 24 + 1000), SQLITE_OK);
	assert_memory_equal(got, frame + 1024, 500);
	assert_int_equal(file->pMethods->xRead(file, got, 30, 32 + 4120), SQLITE_IOERR_READ);
	assert_int_equal(file->pMethods->xWrite(file, frame, 25, 32 + 4120), SQLITE_IOERR_WRITE);
	/* A whole frame in another frame's place; the locks are on other files, so looking at the WAL is harmless. */
	b = vaultkit_load(f->wal);
	vaultkit_put(f->wal, 72 + 2 * 4160, b.data + 72, 4160);
	assert_int_equal(file->pMethods->xRead(file, got, 4096, 32 + 2 * 4120 + 24), SQLITE_IOERR_DATA);
	assert_int_equal(file->pMethods->xRead(file, got, 4120, 32 + 2 * 4120), SQLITE_IOERR_DATA); /* its own frame: no torn tail */
	free(b.data);
	assert_int_equal(file->pMethods->xTruncate(file, 32 + 2 * 4120 + 99), SQLITE_OK);
	assert_int_equal(file->pMethods->xFileSize(file, &size), SQLITE_OK);
	assert_int_equal(size, 32 + 2 * 4120);
	assert_int_equal(file->pMethods->xTruncate(file, 0), SQLITE_OK);
	sqlite3_close(raw);
	vault_lock(k);
}

static void registering_may_be_repeated_after_shutdown(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k;
	struct db *db;

	assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
	assert_int_equal(vault_init("unix"), 0);
	assert_int_equal(vault_init(NULL), 0);
	assert_int_equal(vault_init("no such vfs"), ERR_NOT_FOUND);
	assert_int_equal(vault_init(VAULT_VFS_NAME), 0); /* what it stands on already */
	assert_string_not_equal(sqlite3_vfs_find(NULL)->zName, VAULT_VFS_NAME);
	k = vaultkit_unlock(f);
	db = vaultkit_open(f->path);
	db_close(db);
	vault_lock(k);
}

/* ---- copies ---- */

static void a_copy_holds_the_wal_and_opens_with_the_same_passphrase(void **state)
{
	struct vaultkit *f = *state;
	struct vault_report report;
	struct vault_key *k;
	struct db *db, *writer;
	struct vaultkit_bytes a, b;

	vaultkit_crash(f, 20, 30);
	k = vaultkit_unlock(f);
	writer = vaultkit_open(f->path);
	assert_int_equal(db_begin(writer), 0);
	vaultkit_run(writer, "INSERT INTO visit VALUES (1000, 'not committed')");
	assert_int_equal(vault_copy(k, f->other), 0);
	assert_int_equal(vault_copy(k, f->other), ERR_USAGE);
	db_rollback(writer);
	db_close(writer);
	assert_int_equal(vault_verify(k, f->other, &report), 0);
	assert_int_equal(report.bad_count, 0);
	vault_lock(k);
	assert_int_equal(vault_unlock(f->other, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k), 0);
	db = vaultkit_open(f->other);
	assert_int_equal(vaultkit_number(db, "SELECT count(*) FROM visit"), 50);
	assert_int_equal(vaultkit_number(db, VAULTKIT_VISIT_WRONG_COUNT), 0);
	assert_int_equal(db_check(db), 0);
	vaultkit_visits_add(db, 51, 60);
	db_close(db);
	vault_lock(k);
	a = vaultkit_load(f->path);
	b = vaultkit_load(f->other);
	assert_memory_not_equal(a.data + 24, b.data + 24, VAULT_ID_BYTES); /* file id */
	assert_memory_equal(a.data + 40, b.data + 40, VAULT_ID_BYTES);     /* key id */
	free(a.data);
	free(b.data);
}

static void a_damaged_vault_is_not_copied(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	uint8_t junk[16] = { 1, 2, 3 };

	vaultkit_small(f);
	vaultkit_put(f->path, VAULT_PREFIX_BYTES + VAULT_PAGE_BYTES + 77, junk, sizeof junk);
	assert_int_equal(vault_copy(k, f->other), ERR_CORRUPT);
	assert_int_equal(access(f->other, F_OK), -1);
	vault_lock(k);
}

static void a_copy_that_sqlite_makes_is_its_owner_s_alone(void **state)
{
	struct vaultkit *f = *state;
	struct vault_key *k = vaultkit_unlock(f);
	mode_t mask = umask(022); /* as in a shell with the stock sqlite3 */
	struct db *db = vaultkit_open(f->path);
	struct db_stmt *s;
	struct stat st;

	assert_int_equal(db_prepare(db, "VACUUM INTO ?1", &s), 0);
	db_bind_text(s, 1, f->other);
	assert_int_equal(db_run(s), 0);
	umask(mask);
	assert_int_equal(stat(f->other, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	db_close(db);
	vault_lock(k);
}

static void a_hardened_process_leaves_no_core(void **state)
{
	int status;
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0) {
		struct rlimit core;

		if (sqlite3_shutdown() != SQLITE_OK || vault_harden_process() != 0 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
			_exit(1);
		_exit(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, vaultkit_setup, vaultkit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_vault_is_an_empty_whole_database),
		TEST(what_was_written_is_read_after_reopening),
		TEST(create_refuses_an_existing_name_and_bad_passphrases),
		TEST(commits_survive_a_process_that_dies),
		TEST(ten_thousand_rows_survive_spilling_undo_and_death),
		TEST(vacuum_shrinks_and_keeps_everything),
		TEST(two_processes_write_by_turns),
		TEST(wrong_keys_touch_no_byte_even_with_a_pending_wal),
		TEST(after_lock_the_vault_cannot_be_opened),
		TEST(a_changed_passphrase_opens_and_the_old_one_does_not),
		TEST(the_organisation_opens_with_its_own_key),
		TEST(a_swapped_organisation_key_is_noticed),
		TEST(lowered_or_raised_kdf_values_are_refused),
		TEST(derived_keys_differ_by_label_and_stay_the_same),
		TEST(calibration_keeps_the_floor),
		TEST(no_clear_text_is_found_in_any_file),
		TEST(leaving_wal_mode_and_planted_journals_are_refused),
		TEST(no_temporary_file_is_needed),
		TEST(without_a_key_no_file_is_made_and_no_clear_one_is_opened),
		TEST(gaps_become_sealed_zero_pages),
		TEST(every_wal_access_shape_gives_back_what_was_written),
		TEST(registering_may_be_repeated_after_shutdown),
		TEST(a_copy_holds_the_wal_and_opens_with_the_same_passphrase),
		TEST(a_damaged_vault_is_not_copied),
		TEST(a_copy_that_sqlite_makes_is_its_owner_s_alone),
		TEST(a_hardened_process_leaves_no_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
