/*
 * vault: see vault.h. Handles: unlocking, locking, derived keys. What is done with one: make (new files), slots (who opens it), lease,
 * copy, verify, rekey, erase. The layers below are slot (bytes of the prefix) and prefix (the copies on the disk), io (files),
 * registry (keys for the VFS) and vfs with main, wal, journal and temp (SQLite's side).
 *
 * Invariants: a handle exists only after the passphrase or key was proved and a whole prefix copy authenticated under the data key;
 * nothing is written to a file before that, but for a lease's share that is returned (lease.c); a prefix copy is overwritten only
 * while the other one is whole on the disk.
 */
#include "proto/base/vault/vault.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/vault/prefix.h"
#include "proto/base/vault/recovery.h"
#include "proto/base/vault/registry.h"
#include "proto/base/vault/vfs.h"

#define LABEL_BYTES_MAX 64
#define STACK_WIPE_BYTES 65536

/* What opens a vault: exactly one of passphrase, organisation's key pair and recovery key. Borrowed. */
struct opener {
	const char *passphrase;
	size_t len;
	const uint8_t *pk;
	const uint8_t *sk;
	const uint8_t *recovery;
};

int vault_init(const char *lower)
{
	return vault_vfs_register(lower, false);
}

/* Try one slot. ERR_NOT_FOUND, without a message, when it is of another kind than the opener. */
static int slot_open(const struct vault_prefix *p, const uint8_t *slot, const struct opener *by, uint8_t *data_key)
{
	uint16_t kind = vault_slot_kind_of(slot);

	if (by->passphrase && vault_slot_has_passphrase(kind))
		return vault_slot_passphrase_open(slot, p->key_id, vault_prefix_share(p), by->passphrase, by->len,
			vault_registry_weak_is_allowed(), data_key);
	if (by->pk && kind == VAULT_SLOT_ORG)
		return vault_slot_org_open(slot, by->pk, by->sk, data_key);
	if (by->recovery && kind == VAULT_SLOT_RECOVERY)
		return vault_slot_recovery_open(slot, p->key_id, by->recovery, data_key);
	return ERR_NOT_FOUND;
}

/*
 * Try the slots of one decoded prefix. ERR_STALE is the answer of the one slot that the opener belongs to; before "wrong" goes what
 * kept a slot from being tried, since it may have been the right one.
 */
static int slots_open(const struct vault_prefix *p, const struct opener *by, uint8_t *data_key)
{
	int rc = ERR_NOT_FOUND;

	for (size_t i = 0; i < VAULT_SLOT_COUNT; i++) {
		int now = slot_open(p, p->slots[i], by, data_key);

		if (now == 0 || now == ERR_STALE)
			return now;
		if (now != ERR_NOT_FOUND && (rc == ERR_NOT_FOUND || rc == ERR_AUTH))
			rc = now;
	}
	if (rc == ERR_AUTH)
		return err_set(ERR_AUTH, by->pk ? "vault: no slot for this key" : by->recovery ? "vault: not its recovery key" :
			"vault: wrong passphrase");
	return rc == ERR_NOT_FOUND ? err_set(ERR_AUTH, "vault: no key slot of this kind") : rc;
}

/* The opener opened a copy that is behind the newest authentic one, which it did not open: `rc` there. */
static int outdated(int rc, const char *path)
{
	if (rc == ERR_AUTH)
		return err_set(ERR_AUTH, "vault %s: this passphrase or key was replaced or removed", path);
	if (rc == ERR_STALE)
		return err_set(ERR_STALE, "vault %s: its lease has ended: ask the centre for the share", path);
	return err_set(rc, "vault %s: the newest copy of its prefix does not open", path);
}

/*
 * Find the data key from two prefix copies. The newer copy is tried first. When only the older one opens, the newer one must be
 * damaged: if it authenticates under the key that was found, what it says counts.
 */
static int copies_open(const uint8_t copies[static VAULT_COPIES_BYTES], const struct opener *by, const char *path, uint8_t *data_key,
	struct vault_prefix *out)
{
	struct vault_prefix p[VAULT_COPY_COUNT];
	bool shaped[VAULT_COPY_COUNT];
	size_t first;
	int rc = 0;

	for (size_t i = 0; i < VAULT_COPY_COUNT; i++)
		shaped[i] = vault_prefix_decode(copies + i * VAULT_COPY_BYTES, &p[i]) == 0;
	if (!shaped[0] && !shaped[1])
		return vault_prefix_refused(copies, path);
	first = !shaped[0] || (shaped[1] && p[1].sequence > p[0].sequence) ? 1 : 0;
	for (size_t i = 0; i < VAULT_COPY_COUNT; i++)
		if (shaped[i])
			vault_prefix_adopt(&p[i], shaped[!i] ? &p[!i] : NULL);
	for (size_t n = 0; n < VAULT_COPY_COUNT; n++) {
		size_t i = n == 0 ? first : !first;
		int now;

		if (!shaped[i] || (n == 1 && memcmp(p[i].slots, p[first].slots, sizeof p[i].slots) == 0 &&
		    memcmp(p[i].key_id, p[first].key_id, VAULT_ID_BYTES) == 0 && rc == ERR_AUTH))
			continue; /* the same slots would say the same again, and Argon2id is slow */
		now = slots_open(&p[i], by, data_key);
		if (now == 0 && vault_prefix_newest(copies, data_key, out, NULL) != 0)
			now = err_set(ERR_CORRUPT, "vault %s: its prefix does not authenticate", path);
		if (now == 0 && out->sequence > p[i].sequence)
			now = outdated(rc, path);
		if (now == 0)
			return 0;
		if (rc == 0 || now == ERR_AUTH)
			rc = now;
	}
	return rc;
}

/* Both copies are the same and hold no returned share. */
static bool copies_are_settled(const uint8_t copies[static VAULT_COPIES_BYTES])
{
	struct vault_prefix p;

	return memcmp(copies, copies + VAULT_COPY_BYTES, VAULT_COPY_BYTES) == 0 && vault_prefix_decode(copies, &p) == 0 &&
		sodium_is_zero(p.lease.back_share, VAULT_SHARE_BYTES);
}

/* Read and open the prefix of the file that has the name now. */
static int file_open(const char *path, const struct opener *by, uint8_t *copies, uint8_t *data_key, struct vault_prefix *p)
{
	struct vault_io *io;
	int rc = vault_io_open(path, &io);

	if (rc != 0)
		return rc;
	rc = vault_io_read(io, copies, VAULT_COPIES_BYTES, 0);
	if (rc == 0)
		rc = copies_open(copies, by, path, data_key, p);
	if (rc == 0 && p->page_bytes != VAULT_PAGE_BYTES && !vault_registry_weak_is_allowed())
		rc = err_set(ERR_CORRUPT, "vault %s: pages of %u bytes: %d are expected", path, p->page_bytes, VAULT_PAGE_BYTES);
	vault_io_close(io);
	return rc;
}

/*
 * A file whose prefix was overwritten while it was opened may be the old one of a vault_rekey(): once that has given the directory
 * back, another file has the name.
 */
static int file_open_again(const char *path, const struct opener *by, uint8_t *copies, uint8_t *data_key, struct vault_prefix *p)
{
	struct stat before, after;
	int dir_fd;
	int rc;

	if (stat(path, &before) != 0)
		return err_set(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "vault %s: %s", path, strerror(errno));
	rc = file_open(path, by, copies, data_key, p);
	if (rc != ERR_CORRUPT || vault_io_dir_lock(path, &dir_fd) != 0)
		return rc;
	close(dir_fd);
	if (stat(path, &after) == 0 && (after.st_ino != before.st_ino || after.st_dev != before.st_dev))
		return file_open(path, by, copies, data_key, p);
	return rc;
}

static int unlock(const char *path, const struct opener *by, struct vault_key **out)
{
	uint8_t copies[VAULT_COPIES_BYTES];
	struct vault_prefix p;
	struct vault_key *k;
	sqlite3_vfs *lower;
	int rc;

	*out = NULL;
	rc = vault_vfs_lower(&lower); /* starts libsodium, which gives locked memory only then */
	if (rc != 0)
		return rc;
	k = sodium_malloc(sizeof *k);
	if (!k)
		return err_set(ERR_NOMEM, "vault: no locked memory for a key");
	memset(k, 0, sizeof *k);
	rc = file_open_again(path, by, copies, k->data_key, &p);
	if (rc == 0) {
		memcpy(k->key_id, p.key_id, sizeof k->key_id);
		k->path = realpath(path, NULL);
		if (!k->path)
			rc = err_set(ERR_IO, "vault %s: %s", path, strerror(errno));
	}
	if (rc != 0) {
		sodium_free(k);
		return rc;
	}
	if (!copies_are_settled(copies))
		vault_prefix_heal(k);
	vault_registry_add(k);
	*out = k;
	return 0;
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

int vault_unlock_recovery(const char *path, const char *text, size_t len, struct vault_key **out)
{
	struct opener by = { .recovery = NULL };
	sqlite3_vfs *lower;
	uint8_t *secret;
	int rc;

	*out = NULL;
	rc = vault_vfs_lower(&lower);
	if (rc != 0)
		return rc;
	secret = sodium_malloc(VAULT_RECOVERY_BYTES);
	if (!secret)
		return err_set(ERR_NOMEM, "vault: no locked memory for a key");
	by.recovery = secret;
	rc = vault_recovery_decode(text, len, secret);
	if (rc == 0)
		rc = unlock(path, &by, out);
	sodium_free(secret);
	return rc;
}

void vault_lock(struct vault_key *k)
{
	if (!k)
		return;
	vault_registry_remove(k);
	free(k->path);
	free(k->birth_path);
	free(k->birth);
	sodium_free(k); /* wipes */
	sodium_stackzero(STACK_WIPE_BYTES); /* frames that are left: libsodium's one-shot hashes do not wipe their states */
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
