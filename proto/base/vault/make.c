/*
 * make: see make.h. A new vault appears under its name only when it is whole and synced.
 */
#include "proto/base/vault/make.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/vault/io.h"
#include "proto/base/vault/kdf.h"
#include "proto/base/vault/registry.h"
#include "proto/base/vault/vfs.h"

int vault_make_check(const char *passphrase, size_t len, const struct vault_kdf *kdf)
{
	if (!passphrase || len < 1 || len > VAULT_PASSPHRASE_BYTES_MAX)
		return err_set(ERR_USAGE, "vault: a passphrase of %zu bytes: 1 to %d are allowed", len, VAULT_PASSPHRASE_BYTES_MAX);
	if (kdf->test_weak_kdf)
		vault_registry_allow_weak();
	return vault_kdf_check(kdf, kdf->test_weak_kdf);
}

int vault_make_name(const char *path, const char *end, char **out)
{
	size_t room = strlen(path) + strlen(end) + 1;

	*out = malloc(room);
	if (!*out)
		return err_set(ERR_NOMEM, "vault: no memory");
	snprintf(*out, room, "%s%s", path, end);
	return 0;
}

void vault_make_undo(const char *path)
{
	static const char *const ENDS[] = { "-journal", "-wal", "-shm", "" };

	for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
		char *name;

		if (vault_make_name(path, ENDS[i], &name) != 0)
			return;
		unlink(name);
		free(name);
	}
}

int vault_make_part(const char *path, const struct vault_prefix *p, const uint8_t data_key[static VAULT_KEY_BYTES], char **part)
{
	uint8_t copy[VAULT_COPY_BYTES];
	struct vault_file_keys *keys;
	int rc;

	*part = NULL;
	if (access(path, F_OK) == 0)
		return err_set(ERR_USAGE, "vault %s: exists already", path);
	if (p->page_bytes != VAULT_PAGE_BYTES)
		return err_set(ERR_USAGE, "vault %s: pages of %u bytes are for tests of the VFS only", path, p->page_bytes);
	keys = sodium_malloc(sizeof *keys);
	if (!keys)
		return err_set(ERR_NOMEM, "vault: no locked memory for a key");
	rc = vault_make_name(path, VAULT_PART_END, part);
	if (rc != 0)
		goto out;
	vault_make_undo(*part);
	vault_file_keys_derive(data_key, p, keys);
	rc = vault_prefix_encode(p, data_key, copy);
	if (rc == 0)
		rc = vault_io_create(*part, copy, keys);
	if (rc != 0) {
		free(*part);
		*part = NULL;
	}
out:
	sodium_free(keys);
	return rc;
}

/* The slots of a new vault: the passphrase in the first, the organisation in the second. */
static int slots_fill(struct vault_prefix *p, const char *passphrase, size_t len, const uint8_t *org_public_key,
	const struct vault_kdf *kdf, const uint8_t *data_key)
{
	int rc = vault_slot_passphrase_seal(p->slots[0], VAULT_SLOT_PASSPHRASE, p->key_id, passphrase, len, kdf, data_key);

	if (rc == 0 && org_public_key)
		rc = vault_slot_org_seal(p->slots[1], p->key_id, org_public_key, data_key);
	return rc;
}

int vault_create(const char *path, const char *passphrase, size_t len, const uint8_t *org_public_key, const struct vault_kdf *kdf)
{
	struct vault_prefix p = { .sequence = 1, .page_bytes = VAULT_PAGE_BYTES, .flags = VAULT_FLAG_WAL_ONLY };
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
		rc = vault_make_check(passphrase, len, kdf);
	if (rc != 0)
		return rc;
	data_key = sodium_malloc(VAULT_KEY_BYTES);
	if (!data_key)
		return err_set(ERR_NOMEM, "vault: no locked memory for a key");
	p.suite = vault_suite_find(VAULT_SUITE_XCHACHA20);
	randombytes_buf(data_key, VAULT_KEY_BYTES); /* allowed: keys and nonces of the vault */
	randombytes_buf(p.file_id, sizeof p.file_id); /* allowed: keys and nonces of the vault */
	randombytes_buf(p.key_id, sizeof p.key_id); /* allowed: keys and nonces of the vault */
	rc = slots_fill(&p, passphrase, len, org_public_key, kdf, data_key);
	if (rc == 0)
		rc = vault_io_dir_lock(path, &dir_fd);
	if (rc != 0)
		goto out_key;
	rc = vault_make_part(path, &p, data_key, &part);
	if (rc == 0)
		rc = vault_io_publish(part, path, dir_fd);
	if (rc != 0 && part)
		vault_make_undo(part);
	free(part);
	close(dir_fd);
out_key:
	sodium_free(data_key);
	return rc;
}
