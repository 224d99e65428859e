/*
 * vault: see vault.h. Handles, creation, slots and whole-file work; the layers below are slot (bytes of the prefix),
 * io (the disk), registry (keys for the VFS) and vfs with wal (SQLite's side).
 *
 * Invariants: a handle exists only after the passphrase or key was proved and a whole prefix copy authenticated under the data key;
 * nothing is written to a file before that; a prefix copy is overwritten only while the other one is whole on the disk.
 */
#include "proto/base/vault/vault.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proto/base/vault/io.h"
#include "proto/base/vault/registry.h"
#include "proto/base/vault/vfs.h"

#define PART_SUFFIX ".part"              /* a vault that is being made */
#define LABEL_BYTES_MAX 64
#define CALIBRATE_MEM_BYTES_MAX (UINT64_C(256) << 20)
#define CALIBRATE_MEM_SHARE 8            /* of the machine's memory */
#define TARGET_MS_MAX 60000
#define BUSY_MS 5000
#define COPY_TRY_COUNT_MAX 50            /* with COPY_PAUSE_MS between them, beside SQLite's own waiting */
#define COPY_PAUSE_MS 20
#define VERIFY_TRY_COUNT_MAX 3

/* What opens a vault: a passphrase, or the organisation's key pair. */
struct opener {
	const char *passphrase;
	size_t len;
	const uint8_t *pk;       /* NULL: by passphrase */
	const uint8_t *sk;
};

int vault_init(const char *lower)
{
	return vault_vfs_register(lower);
}

void vault_kdf_default(struct vault_kdf *out)
{
	*out = (struct vault_kdf){ .mem_bytes = VAULT_KDF_MEM_BYTES_MIN, .passes = VAULT_KDF_PASSES_MIN };
}

/* How long one derivation takes here; at least 1 ms. */
static int kdf_time(const struct env *env, const struct vault_kdf *kdf, int64_t *ms)
{
	uint8_t out[VAULT_KEY_BYTES];
	uint8_t salt[crypto_pwhash_SALTBYTES] = { 0 };
	int64_t start = env_mono_ms(env);

	if (crypto_pwhash(out, sizeof out, "calibrate", 9, salt, kdf->passes, (size_t)kdf->mem_bytes,
		crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_set(ERR_NOMEM, "vault: no memory for Argon2id with %llu bytes", (unsigned long long)kdf->mem_bytes);
	*ms = env_mono_ms(env) - start;
	if (*ms < 1)
		*ms = 1;
	return 0;
}

int vault_kdf_calibrate(const struct env *env, int64_t target_ms, struct vault_kdf *out)
{
	uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t share = machine / CALIBRATE_MEM_SHARE;
	uint64_t mem_max = share < CALIBRATE_MEM_BYTES_MAX ? share : CALIBRATE_MEM_BYTES_MAX;
	struct vault_kdf kdf;
	int64_t ms, passes;
	int rc;

	assert(target_ms >= 1);
	assert(target_ms <= TARGET_MS_MAX);
	vault_kdf_default(&kdf);
	*out = kdf;
	rc = kdf_time(env, &kdf, &ms);
	while (rc == 0 && ms * 2 <= target_ms && kdf.mem_bytes * 2 <= mem_max) {
		kdf.mem_bytes *= 2;
		rc = kdf_time(env, &kdf, &ms);
		if (rc != 0)
			return 0; /* the smaller one, already in *out, did fit */
		*out = kdf;
	}
	if (rc != 0)
		return rc;
	passes = (int64_t)out->passes * target_ms / ms;
	if (passes > (int64_t)out->passes)
		out->passes = passes < VAULT_KDF_PASSES_MAX ? (uint32_t)passes : VAULT_KDF_PASSES_MAX;
	return 0;
}

/* Check what a new passphrase slot is made from; give leave for weak slots when a test asks. */
static int slot_input_check(const char *passphrase, size_t len, const struct vault_kdf *kdf)
{
	if (!passphrase || len < 1 || len > VAULT_PASSPHRASE_BYTES_MAX)
		return err_set(ERR_USAGE, "vault: a passphrase of %zu bytes: 1 to %d are allowed", len, VAULT_PASSPHRASE_BYTES_MAX);
	if (kdf->test_weak_kdf)
		vault_registry_allow_weak();
	return vault_kdf_check(kdf, kdf->test_weak_kdf);
}

/* The name under which a vault is made, with any leftover of an interrupted attempt removed. Caller frees. */
static char *part_name(const char *path)
{
	static const char *const ENDS[] = { "", "-wal", "-shm" };
	size_t room = strlen(path) + sizeof PART_SUFFIX + 4;
	char *name = malloc(room);

	if (!name)
		return NULL;
	for (size_t i = sizeof ENDS / sizeof ENDS[0]; i-- > 0;) {
		snprintf(name, room, "%s" PART_SUFFIX "%s", path, ENDS[i]);
		unlink(name);
	}
	return name;
}

/* Write a new vault with this prefix under a temporary name; *part names it, for the caller to publish or remove, and free. */
static int vault_make(const char *path, const struct vault_prefix *p, const uint8_t *data_key, char **part)
{
	uint8_t copy[VAULT_COPY_BYTES];
	uint8_t page_key[VAULT_KEY_BYTES];
	int rc;

	*part = NULL;
	if (access(path, F_OK) == 0)
		return err_set(ERR_USAGE, "vault %s: exists already", path);
	*part = part_name(path);
	if (!*part)
		return err_set(ERR_NOMEM, "vault: no memory");
	rc = vault_prefix_encode(p, data_key, copy);
	if (rc == 0) {
		vault_subkey(data_key, "page", p->file_id, page_key);
		rc = vault_io_create(*part, copy, page_key);
		sodium_memzero(page_key, sizeof page_key);
	}
	if (rc != 0) {
		free(*part);
		*part = NULL;
	}
	return rc;
}

int vault_create(const char *path, const char *passphrase, size_t len, const uint8_t *org_public_key, const struct vault_kdf *kdf)
{
	struct vault_prefix p = { .sequence = 1 };
	struct vault_kdf floor;
	sqlite3_vfs *lower;
	uint8_t *data_key;
	char *part = NULL;
	int dir_fd;
	int rc;

	vault_kdf_default(&floor);
	if (!kdf)
		kdf = &floor;
	rc = vault_vfs_lower(&lower);
	if (rc == 0)
		rc = slot_input_check(passphrase, len, kdf);
	if (rc != 0)
		return rc;
	data_key = sodium_malloc(VAULT_KEY_BYTES);
	if (!data_key)
		return err_set(ERR_NOMEM, "vault: no locked memory for a key");
	randombytes_buf(data_key, VAULT_KEY_BYTES); /* allowed: keys and nonces of the vault */
	randombytes_buf(p.file_id, sizeof p.file_id); /* allowed: keys and nonces of the vault */
	randombytes_buf(p.key_id, sizeof p.key_id); /* allowed: keys and nonces of the vault */
	rc = vault_slot_passphrase_seal(p.slots[0], p.key_id, passphrase, len, kdf, data_key);
	if (rc == 0 && org_public_key)
		rc = vault_slot_org_seal(p.slots[1], org_public_key, data_key);
	if (rc != 0)
		goto out_key;
	rc = vault_io_dir_lock(path, &dir_fd);
	if (rc != 0)
		goto out_key;
	rc = vault_make(path, &p, data_key, &part);
	if (rc == 0)
		rc = vault_io_publish(part, path, dir_fd);
	if (rc != 0 && part)
		unlink(part);
	free(part);
	close(dir_fd);
out_key:
	sodium_free(data_key);
	return rc;
}

/* Try the slots of one decoded prefix. ERR_AUTH when none opens; other errors only when no slot could be tried at all. */
static int slots_open(const struct vault_prefix *p, const struct opener *by, uint8_t data_key[static VAULT_KEY_BYTES])
{
	int rc = err_set(ERR_AUTH, "vault: no key slot of this kind");
	bool tried = false;

	for (size_t i = 0; i < VAULT_SLOT_COUNT; i++) {
		uint16_t type = vault_slot_type(p->slots[i]);
		int now;

		if (type != (by->pk ? VAULT_SLOT_ORG : VAULT_SLOT_PASSPHRASE))
			continue;
		if (by->pk)
			now = vault_slot_org_open(p->slots[i], by->pk, by->sk, data_key);
		else
			now = vault_slot_passphrase_open(p->slots[i], p->key_id, by->passphrase, by->len, vault_registry_weak_is_allowed(),
				data_key);
		if (now == 0)
			return 0;
		if (!tried || now == ERR_AUTH)
			rc = now;
		tried = true;
	}
	return rc;
}

/*
 * Find the data key from two prefix copies. The newer copy is tried first. When only the older one opens, the newer one must be
 * damaged: if it authenticates under the key that was found, the passphrase given is one that was replaced.
 */
static int copies_open(const uint8_t copies[static VAULT_PREFIX_BYTES], const struct opener *by, const char *path,
	uint8_t data_key[static VAULT_KEY_BYTES], struct vault_prefix *out)
{
	struct vault_prefix p[VAULT_COPY_COUNT];
	bool shaped[VAULT_COPY_COUNT];
	size_t first;
	int rc = 0;

	for (size_t i = 0; i < VAULT_COPY_COUNT; i++)
		shaped[i] = vault_prefix_decode(copies + i * VAULT_COPY_BYTES, &p[i]) == 0;
	if (!shaped[0] && !shaped[1])
		return err_set(ERR_CORRUPT, "vault %s: not a vault, or both copies of its prefix are destroyed", path);
	first = !shaped[0] || (shaped[1] && p[1].sequence > p[0].sequence) ? 1 : 0;
	for (size_t n = 0; n < VAULT_COPY_COUNT; n++) {
		size_t i = n == 0 ? first : !first;
		int now;

		if (!shaped[i] || (n == 1 && memcmp(p[i].slots, p[first].slots, sizeof p[i].slots) == 0 &&
		    memcmp(p[i].key_id, p[first].key_id, VAULT_ID_BYTES) == 0 && rc == ERR_AUTH))
			continue; /* the same slots would say the same again, and Argon2id is slow */
		now = slots_open(&p[i], by, data_key);
		if (now == 0 && vault_prefix_newest(copies, data_key, out, NULL) != 0)
			now = err_set(ERR_CORRUPT, "vault %s: its prefix does not authenticate", path);
		if (now == 0 && memcmp(out->slots, p[i].slots, sizeof out->slots) != 0 && out->sequence > p[i].sequence)
			now = err_set(ERR_AUTH, "vault %s: this passphrase was replaced", path);
		if (now == 0)
			return 0;
		if (rc == 0 || now == ERR_AUTH)
			rc = now;
	}
	return rc;
}

/* Bring both prefix copies to the newest state, under the directory's lock and from what is on disk then. Only an attempt. */
static void prefix_heal(const struct vault_key *k, struct vault_io *io)
{
	uint8_t copies[VAULT_PREFIX_BYTES];
	uint8_t copy[VAULT_COPY_BYTES];
	struct vault_prefix p;
	int dir_fd;

	if (vault_io_dir_lock(k->path, &dir_fd) != 0)
		return;
	if (vault_io_read(io, copies, sizeof copies, 0) == 0 && vault_prefix_newest(copies, k->data_key, &p, NULL) == 0 &&
	    vault_prefix_encode(&p, k->data_key, copy) == 0) {
		size_t good = memcmp(copies, copy, sizeof copy) == 0 ? 0 : 1;

		if (vault_io_prefix_write(io, copies, copy, good) != 0)
			sqlite3_log(SQLITE_WARNING, "vault: the damaged prefix copy could not be rewritten");
	}
	close(dir_fd);
}

static int unlock(const char *path, const struct opener *by, struct vault_key **out)
{
	uint8_t copies[VAULT_PREFIX_BYTES];
	struct vault_prefix p;
	struct vault_key *k;
	struct vault_io *io;
	int rc;

	*out = NULL;
	rc = vault_io_open(path, &io);
	if (rc != 0)
		return rc;
	k = sodium_malloc(sizeof *k);
	if (!k) {
		rc = err_set(ERR_NOMEM, "vault: no locked memory for a key");
		goto out_io;
	}
	memset(k, 0, sizeof *k);
	rc = vault_io_read(io, copies, sizeof copies, 0);
	if (rc == 0)
		rc = copies_open(copies, by, path, k->data_key, &p);
	if (rc != 0)
		goto out_key;
	memcpy(k->key_id, p.key_id, sizeof k->key_id);
	k->path = realpath(path, NULL);
	if (!k->path) {
		rc = err_set(ERR_IO, "vault %s: %s", path, strerror(errno));
		goto out_key;
	}
	if (memcmp(copies, copies + VAULT_COPY_BYTES, VAULT_COPY_BYTES) != 0)
		prefix_heal(k, io);
	vault_registry_add(k);
	vault_io_close(io);
	*out = k;
	return 0;
out_key:
	sodium_free(k);
out_io:
	vault_io_close(io);
	return rc;
}

int vault_unlock(const char *path, const char *passphrase, size_t len, struct vault_key **out)
{
	struct opener by = { .passphrase = passphrase, .len = len };

	*out = NULL;
	if (!passphrase || len < 1 || len > VAULT_PASSPHRASE_BYTES_MAX)
		return err_set(ERR_AUTH, "vault %s: wrong passphrase", path);
	return unlock(path, &by, out);
}

int vault_unlock_org(const char *path, const uint8_t pk[static VAULT_ORG_KEY_BYTES],
	const uint8_t sk[static VAULT_ORG_KEY_BYTES], struct vault_key **out)
{
	struct opener by = { .pk = pk, .sk = sk };

	return unlock(path, &by, out);
}

void vault_lock(struct vault_key *k)
{
	if (!k)
		return;
	vault_registry_remove(k);
	free(k->path);
	sodium_free(k); /* wipes */
}

/* The slot to write a passphrase to: the first one of its kind, else the first empty one; NULL when all are taken. */
static uint8_t *passphrase_slot(struct vault_prefix *p)
{
	static const uint16_t WANTED[] = { VAULT_SLOT_PASSPHRASE, VAULT_SLOT_EMPTY };

	for (size_t w = 0; w < 2; w++)
		for (size_t i = 0; i < VAULT_SLOT_COUNT; i++)
			if (vault_slot_type(p->slots[i]) == WANTED[w])
				return p->slots[i];
	return NULL;
}

/* With the directory locked: put `slot` into the newest prefix and write both copies. */
static int slot_replace(const struct vault_key *k, const uint8_t slot[static VAULT_SLOT_BYTES])
{
	uint8_t copies[VAULT_PREFIX_BYTES];
	uint8_t copy[VAULT_COPY_BYTES];
	struct vault_prefix p, a;
	struct vault_io *io;
	uint8_t *at;
	size_t newest;
	int rc;

	rc = vault_io_open(k->path, &io);
	if (rc != 0)
		return rc;
	rc = vault_io_read(io, copies, sizeof copies, 0);
	if (rc == 0 && vault_prefix_newest(copies, k->data_key, &p, NULL) != 0)
		rc = err_set(ERR_CORRUPT, "vault %s: its prefix does not authenticate", k->path);
	if (rc != 0)
		goto out;
	newest = vault_prefix_decode(copies, &a) == 0 && vault_prefix_is_authentic(copies, &a, k->data_key) &&
		a.sequence == p.sequence ? 0 : 1;
	at = passphrase_slot(&p);
	if (!at) {
		rc = err_set(ERR_LIMIT, "vault %s: all %d key slots are taken", k->path, VAULT_SLOT_COUNT);
		goto out;
	}
	memcpy(at, slot, VAULT_SLOT_BYTES);
	p.sequence++;
	rc = vault_prefix_encode(&p, k->data_key, copy);
	if (rc == 0)
		rc = vault_io_prefix_write(io, copies, copy, newest);
out:
	vault_io_close(io);
	return rc;
}

int vault_passphrase_change(struct vault_key *k, const char *new_passphrase, size_t len, const struct vault_kdf *kdf)
{
	uint8_t slot[VAULT_SLOT_BYTES];
	struct vault_kdf floor;
	int dir_fd;
	int rc;

	vault_kdf_default(&floor);
	if (!kdf)
		kdf = &floor;
	rc = slot_input_check(new_passphrase, len, kdf);
	if (rc == 0)
		rc = vault_slot_passphrase_seal(slot, k->key_id, new_passphrase, len, kdf, k->data_key);
	if (rc == 0)
		rc = vault_io_dir_lock(k->path, &dir_fd);
	if (rc != 0)
		return rc;
	rc = slot_replace(k, slot);
	close(dir_fd);
	return rc;
}

int vault_derive(const struct vault_key *k, const char *label, uint8_t out[static VAULT_SUBKEY_BYTES])
{
	uint8_t root[VAULT_KEY_BYTES];
	size_t len = strlen(label);

	sodium_memzero(out, VAULT_SUBKEY_BYTES);
	if (len < 1 || len > LABEL_BYTES_MAX)
		return err_set(ERR_USAGE, "vault: a label of %zu bytes: 1 to %d are allowed", len, LABEL_BYTES_MAX);
	vault_subkey(k->data_key, "derive", NULL, root); /* so that no label can name one of the vault's own subkeys */
	vault_subkey(root, label, NULL, out);
	sodium_memzero(root, sizeof root);
	return 0;
}

static bool page_is_good(struct vault_io *io, const uint8_t *key, uint64_t index, int *rc)
{
	uint8_t page[VAULT_PAGE_BYTES];

	for (int i = 0; i < VERIFY_TRY_COUNT_MAX; i++) {
		*rc = vault_io_read(io, page, sizeof page, VAULT_PREFIX_BYTES + (int64_t)index * VAULT_PAGE_BYTES);
		if (*rc != 0)
			return false;
		if (vault_page_open(key, VAULT_ROLE_PAGE, 0, (uint32_t)(index + 1), page, page) == 0) {
			sodium_memzero(page, sizeof page);
			return true;
		}
	}
	return false;
}

static int pages_walk(struct vault_io *io, const uint8_t *key, struct vault_report *report)
{
	int64_t size;
	int rc = vault_io_size(io, &size);

	if (rc != 0)
		return rc;
	if (size > VAULT_PREFIX_BYTES)
		report->page_count = ((uint64_t)size - VAULT_PREFIX_BYTES + VAULT_PAGE_BYTES - 1) / VAULT_PAGE_BYTES;
	for (uint64_t i = 0; i < report->page_count; i++) {
		if (page_is_good(io, key, i, &rc))
			continue;
		if (rc != 0)
			return rc;
		if (report->bad_count++ == 0)
			report->first_bad_page = i + 1;
	}
	return 0;
}

int vault_verify(const struct vault_key *k, const char *path, struct vault_report *out)
{
	uint8_t copies[VAULT_PREFIX_BYTES];
	uint8_t page_key[VAULT_KEY_BYTES];
	struct vault_report report = { 0 };
	struct vault_prefix p;
	struct vault_io *io;
	int rc;

	*out = report;
	rc = vault_io_open(path ? path : k->path, &io);
	if (rc != 0)
		return rc;
	rc = vault_io_read(io, copies, sizeof copies, 0);
	if (rc == 0 && vault_prefix_newest(copies, k->data_key, &p, &report.prefix_count) != 0)
		rc = err_set(ERR_AUTH, "vault %s: not sealed with this key", path ? path : k->path);
	if (rc == 0) {
		vault_subkey(k->data_key, "page", p.file_id, page_key);
		rc = pages_walk(io, page_key, &report);
		sodium_memzero(page_key, sizeof page_key);
	}
	vault_io_close(io);
	if (rc == 0)
		*out = report;
	return rc;
}

static int sql_error(int rc, const char *path, const char *what)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(ERR_BUSY, "vault %s: busy while trying to %s", path, what);
	case SQLITE_NOMEM:
		return err_set(ERR_NOMEM, "vault %s: no memory to %s", path, what);
	case SQLITE_NOTADB:
		return err_set(ERR_AUTH, "vault %s: not sealed with this key", path);
	case SQLITE_CORRUPT:
		return err_set(ERR_CORRUPT, "vault %s: damaged, cannot %s", path, what);
	case SQLITE_FULL:
		return err_set(ERR_IO, "vault %s: disk full", path);
	default:
		return err_set(rc == SQLITE_IOERR_DATA ? ERR_CORRUPT : ERR_IO, "vault %s: cannot %s (code %d)", path, what, rc);
	}
}

static int sql_open(const char *path, int flags, sqlite3 **out)
{
	int rc = sqlite3_open_v2(path, out, flags, VAULT_VFS_NAME);

	sqlite3_extended_result_codes(*out, 1);
	sqlite3_busy_timeout(*out, BUSY_MS);
	return rc == SQLITE_OK ? 0 : sql_error(sqlite3_extended_errcode(*out), path, "open");
}

static int pages_copy(sqlite3 *from, const char *from_path, sqlite3 *to, const char *to_path)
{
	sqlite3_backup *b;
	int rc;

	/* Lets the file catch up with its WAL, so that fewer pages come from two places; whether it can is not important. */
	sqlite3_wal_checkpoint_v2(from, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	b = sqlite3_backup_init(to, "main", from, "main");
	if (!b)
		return sql_error(sqlite3_extended_errcode(to), to_path, "copy");
	rc = sqlite3_backup_step(b, -1);
	for (int i = 1; i < COPY_TRY_COUNT_MAX && (rc == SQLITE_BUSY || rc == SQLITE_LOCKED); i++) {
		sqlite3_sleep(COPY_PAUSE_MS);
		rc = sqlite3_backup_step(b, -1);
	}
	sqlite3_backup_finish(b);
	if (rc != SQLITE_DONE)
		return sql_error(rc, from_path, "copy");
	rc = sqlite3_wal_checkpoint_v2(to, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return rc == SQLITE_OK ? 0 : sql_error(rc, to_path, "checkpoint");
}

static int vault_fill(const char *from_path, const char *to_path)
{
	sqlite3 *from = NULL;
	sqlite3 *to = NULL;
	int rc;

	rc = sql_open(from_path, SQLITE_OPEN_READWRITE, &from);
	if (rc == 0)
		rc = sql_open(to_path, SQLITE_OPEN_READWRITE, &to);
	if (rc == 0)
		rc = pages_copy(from, from_path, to, to_path);
	if (sqlite3_close(to) != SQLITE_OK && rc == 0)
		rc = err_set(ERR_IO, "vault %s: cannot close", to_path);
	sqlite3_close(from);
	return rc;
}

int vault_copy(const struct vault_key *k, const char *to)
{
	uint8_t copies[VAULT_PREFIX_BYTES];
	struct vault_prefix p;
	struct vault_io *io;
	char *part;
	int dir_fd;
	int rc;

	rc = vault_io_open(k->path, &io);
	if (rc != 0)
		return rc;
	rc = vault_io_read(io, copies, sizeof copies, 0);
	vault_io_close(io);
	if (rc == 0 && vault_prefix_newest(copies, k->data_key, &p, NULL) != 0)
		rc = err_set(ERR_CORRUPT, "vault %s: its prefix does not authenticate", k->path);
	if (rc == 0)
		rc = vault_io_dir_lock(to, &dir_fd);
	if (rc != 0)
		return rc;
	randombytes_buf(p.file_id, sizeof p.file_id); /* allowed: keys and nonces of the vault */
	p.sequence = 1;
	rc = vault_make(to, &p, k->data_key, &part);
	if (rc != 0)
		goto out;
	rc = vault_fill(k->path, part);
	if (rc == 0)
		rc = vault_io_publish(part, to, dir_fd);
	if (rc != 0) {
		free(part);
		part = part_name(to); /* removes what was made */
	}
	free(part);
out:
	close(dir_fd);
	return rc;
}

int vault_harden_process(void)
{
	struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
		return err_set(ERR_IO, "process: cannot switch off core dumps: %s", strerror(errno));
	return 0;
}
