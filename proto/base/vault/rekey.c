/*
 * rekey: the vault under a new data key (vault.h).
 *
 *	1  lock the directory; remove what a run that was cut off left (path.rekey and what SQLite puts beside it)
 *	2  open the old vault so that nobody else can (ERR_BUSY) and bring its log into the file
 *	3  VACUUM INTO path.rekey, which the VFS makes under the new key: registry.h, birth_path
 *	4  make of it what vaults are: WAL mode, WAL only, the mode and owner of the old file
 *	5  read every page of it back; sync
 *	6  rename it over the old one and sync the directory: the one step that counts
 *	7  overwrite the old file, which has no name any more, through the connection's own file
 *
 * Before 6 the old vault is whole and a cut leaves a file that step 1 of the next run removes; after it the new one is whole, and the
 * old slots may be left in free blocks of the disk. The log is empty when the names change, so it belongs to neither file. Somebody who
 * has the old file open without a lock on it, and so was not seen in step 2, finds it shorter than its prefix and gets errors.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/vault/erase.h"
#include "proto/base/vault/make.h"
#include "proto/base/vault/prefix.h"
#include "proto/base/vault/recovery.h"
#include "proto/base/vault/sql.h"

#define MODE_BYTES 16
#define BUSY_MS 1000

/* One run. */
struct rekey {
	struct vault_key *old;              /* borrowed */
	struct vault_key *fresh;            /* owned until the end; NULL after */
	struct vault_prefix was;            /* of the old vault */
	char *path;                         /* of the new file; borrowed from `fresh` */
	sqlite3 *db;                        /* the old vault, alone */
	uint8_t *recovery;                  /* secret of a new recovery key, sodium_malloc memory; NULL: none */
	unsigned dropped_count;
	bool is_wal;                        /* the old vault is in WAL mode */
};

/* ---- the new key and its slots ---- */

/* The slots that the new vault begins with; those of the old one that have no successor are counted. */
static int slots_make(struct rekey *r, const char *passphrase, size_t len, const struct vault_kdf *kdf, bool with_recovery)
{
	struct vault_prefix *p = r->fresh->birth;
	const uint8_t *data_key = r->fresh->data_key;
	unsigned passphrases = 0, at = 1;
	int rc = vault_slot_passphrase_seal(p->slots[0], VAULT_SLOT_PASSPHRASE, p->key_id, passphrase, len, kdf, data_key);

	for (unsigned i = 0; i < VAULT_SLOT_COUNT && rc == 0; i++) {
		struct vault_slot_info info;

		vault_slot_describe(r->was.slots[i], &info);
		if (info.kind == VAULT_SLOT_EMPTY || (info.kind == VAULT_SLOT_PASSPHRASE && passphrases++ == 0))
			continue;
		if (info.kind == VAULT_SLOT_ORG) {
			rc = vault_slot_org_seal(p->slots[at++], p->key_id, info.org_public_key, data_key);
		} else if (info.kind == VAULT_SLOT_RECOVERY && with_recovery && !r->recovery) {
			r->recovery = sodium_malloc(VAULT_RECOVERY_BYTES);
			if (!r->recovery)
				return err_set(ERR_NOMEM, "vault: no locked memory for a key");
			randombytes_buf(r->recovery, VAULT_RECOVERY_BYTES); /* allowed: keys and nonces of the vault */
			rc = vault_slot_recovery_seal(p->slots[at++], p->key_id, r->recovery, data_key);
		} else {
			r->dropped_count++;
		}
	}
	if (rc == 0 && vault_prefix_is_leased(p))
		vault_slot_blind(p->slots[0], p->lease.share);
	return rc;
}

static int key_make(struct rekey *r)
{
	struct vault_key *k = sodium_malloc(sizeof *k);

	r->fresh = k;
	if (!k)
		return err_set(ERR_NOMEM, "vault: no locked memory for a key");
	memset(k, 0, sizeof *k);
	k->birth = calloc(1, sizeof *k->birth);
	k->path = strdup(r->old->path);
	if (!k->birth || !k->path || vault_make_name(r->old->path, VAULT_REKEY_END, &k->birth_path) != 0)
		return err_set(ERR_NOMEM, "vault: no memory");
	r->path = k->birth_path;
	*k->birth = r->was;
	memset(k->birth->slots, 0, sizeof k->birth->slots);
	randombytes_buf(k->data_key, sizeof k->data_key); /* allowed: keys and nonces of the vault */
	randombytes_buf(k->key_id, sizeof k->key_id); /* allowed: keys and nonces of the vault */
	randombytes_buf(k->birth->file_id, sizeof k->birth->file_id); /* allowed: keys and nonces of the vault */
	memcpy(k->birth->key_id, k->key_id, sizeof k->key_id);
	k->birth->sequence = 1;
	return 0;
}

/* ---- the old vault ---- */

/* Have the old vault alone, in this process too, with an empty log; closing it must not touch a log by its name (step 6 moves names). */
static int old_open(struct rekey *r)
{
	char mode[MODE_BYTES];
	const char *path = r->old->path;
	int64_t count;
	int log = 0, done = 0;
	int rc = vault_sql_open(path, BUSY_MS, &r->db);

	if (rc != 0)
		return rc;
	if (sqlite3_db_config(r->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) != SQLITE_OK)
		return err_set(ERR_IO, "vault %s: SQLite does not let its log alone", path);
	rc = vault_sql_run(r->db, path, "PRAGMA locking_mode = EXCLUSIVE", "lock");
	if (rc == 0)
		rc = vault_sql_number(r->db, path, "SELECT count(*) FROM sqlite_schema", &count);
	if (rc == 0)
		rc = vault_sql_run(r->db, path, "BEGIN EXCLUSIVE; COMMIT", "lock");
	if (rc == 0)
		rc = vault_sql_text(r->db, path, "PRAGMA journal_mode", mode, sizeof mode);
	if (rc != 0)
		return rc;
	r->is_wal = strcmp(mode, "wal") == 0;
	rc = sqlite3_wal_checkpoint_v2(r->db, "main", SQLITE_CHECKPOINT_TRUNCATE, &log, &done);
	if (rc != SQLITE_OK)
		return vault_sql_error(sqlite3_extended_errcode(r->db), path, "checkpoint");
	return 0;
}

/* ---- the new file ---- */

static int vacuum_into(struct rekey *r)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(r->db, "VACUUM INTO ?1", -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 1, r->path, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	rc = rc == SQLITE_DONE ? SQLITE_OK : sqlite3_extended_errcode(r->db);
	sqlite3_finalize(s);
	return rc == SQLITE_OK ? 0 : vault_sql_error(rc, r->path, "write it anew");
}

/* VACUUM INTO writes through a rollback journal, which leaves a file in rollback mode. */
static int mode_restore(struct rekey *r)
{
	char mode[MODE_BYTES];
	sqlite3 *db = NULL;
	int rc = 0;

	if (!r->is_wal)
		return 0;
	rc = vault_sql_open(r->path, BUSY_MS, &db);
	if (rc == 0)
		rc = vault_sql_text(db, r->path, "PRAGMA journal_mode = WAL", mode, sizeof mode);
	if (rc == 0 && strcmp(mode, "wal") != 0)
		rc = err_set(ERR_IO, "vault %s: cannot be put into WAL mode", r->path);
	if (sqlite3_close(db) != SQLITE_OK && rc == 0)
		rc = err_set(ERR_IO, "vault %s: cannot close", r->path);
	return rc;
}

/* The VFS makes new files that may have a rollback journal; from here on the flags are those of the old vault. */
static int prefix_restore(struct rekey *r)
{
	uint8_t copies[VAULT_COPIES_BYTES];
	uint8_t copy[VAULT_COPY_BYTES];
	struct vault_prefix p;
	struct vault_io *io;
	int rc = vault_io_open(r->path, &io);

	if (rc != 0)
		return rc;
	rc = vault_prefix_load(io, r->fresh->data_key, copies, &p, NULL);
	if (rc == 0) {
		p.flags = r->was.flags;
		p.sequence++;
		rc = vault_prefix_encode(&p, r->fresh->data_key, copy);
	}
	if (rc == 0)
		rc = vault_io_prefix_write(io, copies, copy, 0);
	if (rc == 0)
		rc = vault_io_sync(io);
	vault_io_close(io);
	return rc;
}

/* Nobody else knows this file yet, so there are no locks on it that chmod's caller could disturb. */
static int owner_restore(struct rekey *r)
{
	struct stat was, is;

	if (stat(r->old->path, &was) != 0 || stat(r->path, &is) != 0)
		return err_set(ERR_IO, "vault %s: %s", r->path, strerror(errno));
	if ((was.st_uid != is.st_uid || was.st_gid != is.st_gid) && chown(r->path, was.st_uid, was.st_gid) != 0)
		return err_set(ERR_IO, "vault %s: cannot take the owner of %s: %s", r->path, r->old->path, strerror(errno));
	if (chmod(r->path, was.st_mode & 07777) != 0)
		return err_set(ERR_IO, "vault %s: cannot take the mode of %s: %s", r->path, r->old->path, strerror(errno));
	return 0;
}

/* Every page of the new file authenticates, and it holds as many things as the old one. */
static int new_check(struct rekey *r)
{
	struct vault_report report;
	int64_t want, got = -1;
	sqlite3 *db = NULL;
	int rc = vault_verify(r->fresh, r->path, &report);

	if (rc == 0 && (report.bad_count > 0 || report.page_count == 0 || report.prefix_count != VAULT_COPY_COUNT))
		rc = err_set(ERR_IO, "vault %s: was not written whole", r->path);
	if (rc == 0)
		rc = vault_sql_number(r->db, r->old->path, "SELECT count(*) FROM sqlite_schema", &want);
	if (rc == 0)
		rc = vault_sql_open(r->path, BUSY_MS, &db);
	if (rc == 0)
		rc = vault_sql_number(db, r->path, "SELECT count(*) FROM sqlite_schema", &got);
	if (rc == 0 && got != want)
		rc = err_set(ERR_IO, "vault %s: was not written whole", r->path);
	if (sqlite3_close(db) != SQLITE_OK && rc == 0)
		rc = err_set(ERR_IO, "vault %s: cannot close", r->path);
	return rc;
}

/* Closing the last connection removed the log; one that is left would be taken for the vault's own after the step that counts. */
static int new_is_alone(struct rekey *r)
{
	static const char *const ENDS[] = { "-wal", "-journal" };

	for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
		char *name;
		int rc = vault_make_name(r->path, ENDS[i], &name);
		bool exists;

		if (rc != 0)
			return rc;
		exists = access(name, F_OK) == 0;
		free(name);
		if (exists)
			return err_set(ERR_IO, "vault %s: SQLite left a log beside it", r->path);
	}
	return 0;
}

static int new_make(struct rekey *r)
{
	int rc;

	vault_registry_add(r->fresh);
	rc = vacuum_into(r);
	if (rc == 0)
		rc = mode_restore(r);
	if (rc == 0)
		rc = prefix_restore(r);
	if (rc == 0)
		rc = owner_restore(r);
	if (rc == 0)
		rc = new_check(r);
	if (rc == 0)
		rc = new_is_alone(r);
	return rc;
}

/* ---- the exchange ---- */

static int names_exchange(struct rekey *r)
{
	struct vault_io *io;
	int rc = vault_io_open(r->path, &io);

	if (rc == 0)
		rc = vault_io_sync(io);
	vault_io_close(io);
	if (rc == 0 && rename(r->path, r->old->path) != 0)
		rc = err_set(ERR_IO, "vault %s: cannot take its new content: %s", r->old->path, strerror(errno));
	return rc;
}

/* The old file through a handle of before the exchange. It keeps no page, so whoever still has it open gets errors. */
static void old_destroy(struct vault_io *io)
{
	sqlite3_file *file = vault_io_file(io);

	if (vault_erase_prefix(io) != 0 || file->pMethods->xTruncate(file, VAULT_PREFIX_BYTES) != SQLITE_OK || vault_io_sync(io) != 0)
		sqlite3_log(SQLITE_WARNING, "vault: the old file, which has no name any more, could not be overwritten: %s", err_message());
}

/* With the directory locked. After 0 the new vault has the name. */
static int rekey_locked(struct rekey *r, const char *passphrase, size_t len, const struct vault_kdf *kdf, bool with_recovery, int dir_fd)
{
	struct vault_io *old = NULL;
	int rc = vault_erase_family(r->old->path, VAULT_REKEY_END);

	if (rc == 0)
		rc = old_open(r);
	if (rc == 0)
		rc = vault_prefix_load_path(r->old->path, r->old->data_key, &r->was, NULL);
	if (rc == 0 && vault_prefix_is_leased(&r->was) && !vault_prefix_share(&r->was))
		rc = err_set(ERR_STALE, "vault %s: its lease has ended: a new passphrase needs the share first", r->old->path);
	if (rc == 0)
		rc = key_make(r);
	if (rc == 0)
		rc = slots_make(r, passphrase, len, kdf, with_recovery);
	if (rc == 0)
		rc = new_make(r);
	if (rc == 0)
		rc = vault_io_open(r->old->path, &old);
	if (rc == 0)
		rc = names_exchange(r);
	if (rc == 0) {
		/* Not known to be durable: a power cut may bring the old name back, so that file is left whole. */
		if (fsync(dir_fd) != 0)
			sqlite3_log(SQLITE_WARNING, "vault: the directory could not be synced: %s", strerror(errno));
		else
			old_destroy(old);
	}
	vault_io_close(old);
	sqlite3_close(r->db);
	r->db = NULL;
	if (rc != 0 && r->path && vault_erase_family(r->old->path, VAULT_REKEY_END) != 0)
		sqlite3_log(SQLITE_WARNING, "vault: %s", err_message());
	return rc;
}

int vault_rekey(struct vault_key **k, const char *passphrase, size_t len, const struct vault_kdf *kdf,
	char recovery[VAULT_RECOVERY_TEXT_BYTES], unsigned *dropped_count)
{
	struct rekey r = { .old = *k };
	struct vault_kdf floor;
	int dir_fd;
	int rc;

	*dropped_count = 0;
	if (recovery)
		sodium_memzero(recovery, VAULT_RECOVERY_TEXT_BYTES);
	vault_kdf_default(&floor);
	if (!kdf)
		kdf = &floor;
	rc = vault_make_check(passphrase, len, kdf);
	if (rc == 0)
		rc = vault_io_dir_lock(r.old->path, &dir_fd);
	if (rc != 0)
		return rc;
	rc = rekey_locked(&r, passphrase, len, kdf, recovery != NULL, dir_fd);
	close(dir_fd);
	if (rc == 0) {
		free(r.fresh->birth_path);
		free(r.fresh->birth);
		r.fresh->birth_path = NULL;
		r.fresh->birth = NULL;
		if (r.recovery)
			vault_recovery_encode(r.recovery, recovery);
		*dropped_count = r.dropped_count;
		*k = r.fresh;
		r.fresh = r.old;
	}
	vault_lock(r.fresh);
	sodium_free(r.recovery);
	return rc;
}
