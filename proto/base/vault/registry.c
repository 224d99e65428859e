/*
 * registry: see registry.h.
 */
#include "proto/base/vault/registry.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "proto/base/vault/io.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct vault_key *unlocked;
static bool weak_allowed;

void vault_registry_add(struct vault_key *k)
{
	pthread_mutex_lock(&lock);
	k->next = unlocked;
	unlocked = k;
	pthread_mutex_unlock(&lock);
}

void vault_registry_remove(struct vault_key *k)
{
	pthread_mutex_lock(&lock);
	for (struct vault_key **at = &unlocked; *at; at = &(*at)->next)
		if (*at == k) {
			*at = k->next;
			break;
		}
	pthread_mutex_unlock(&lock);
}

int vault_prefix_newest(const uint8_t copies[static VAULT_COPIES_BYTES], const uint8_t data_key[static VAULT_KEY_BYTES],
	struct vault_prefix *out, unsigned *count)
{
	struct vault_prefix p;
	unsigned found = 0;

	for (size_t i = 0; i < VAULT_COPY_COUNT; i++) {
		const uint8_t *copy = copies + i * VAULT_COPY_BYTES;

		if (vault_prefix_decode(copy, &p) != 0 || !vault_prefix_is_authentic(copy, &p, data_key))
			continue;
		if (found == 0 || p.sequence > out->sequence)
			*out = p;
		found++;
	}
	if (count)
		*count = found;
	return found ? 0 : ERR_AUTH;
}

void vault_file_keys_derive(const uint8_t data_key[static VAULT_KEY_BYTES], const struct vault_prefix *p, struct vault_file_keys *out)
{
	out->shape = (struct vault_shape){ .suite = p->suite, .page_bytes = p->page_bytes };
	out->is_wal_only = (p->flags & VAULT_FLAG_WAL_ONLY) != 0;
	vault_subkey(data_key, "page", p->file_id, out->page);
	vault_subkey(data_key, "wal", p->file_id, out->wal);
	vault_subkey(data_key, "journal", p->file_id, out->journal);
	vault_subkey(data_key, "mask", p->file_id, out->mask);
	vault_subkey(data_key, "record", p->file_id, out->record);
}

int vault_registry_prove(const uint8_t copies[static VAULT_COPIES_BYTES], struct vault_file_keys *out)
{
	struct vault_prefix p;
	int rc = ERR_AUTH;

	pthread_mutex_lock(&lock);
	for (struct vault_key *k = unlocked; k && rc != 0; k = k->next) {
		rc = vault_prefix_newest(copies, k->data_key, &p, NULL);
		if (rc == 0)
			vault_file_keys_derive(k->data_key, &p, out);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

/* The key that answers for a new file; NULL when none, or several, could. */
static struct vault_key *parent_of(const char *path)
{
	for (struct vault_key *k = unlocked; k; k = k->next)
		if (k->birth_path && strcmp(k->birth_path, path) == 0)
			return k;
	return unlocked && !unlocked->next && !unlocked->birth_path ? unlocked : NULL;
}

/* What a file made under this key begins with: the slots that its own file has now. */
static int prefix_inherit(const struct vault_key *k, struct vault_prefix *out)
{
	uint8_t copies[VAULT_COPIES_BYTES];
	struct vault_io *io;
	int rc;

	if (k->birth) {
		*out = *k->birth;
		return 0;
	}
	rc = vault_io_open(k->path, &io);
	if (rc != 0)
		return rc;
	rc = vault_io_read(io, copies, sizeof copies, 0);
	vault_io_close(io);
	return rc == 0 ? vault_prefix_newest(copies, k->data_key, out, NULL) : rc;
}

int vault_registry_birth(const char *path, uint32_t page_bytes, uint8_t copy[static VAULT_COPY_BYTES], struct vault_file_keys *out)
{
	struct vault_prefix p;
	struct vault_key *k;
	int rc = ERR_AUTH;

	pthread_mutex_lock(&lock);
	k = parent_of(path);
	if (k)
		rc = prefix_inherit(k, &p);
	if (rc == 0) {
		randombytes_buf(p.file_id, sizeof p.file_id); /* allowed: keys and nonces of the vault */
		p.sequence = 1;
		if (page_bytes)
			p.page_bytes = page_bytes;
		/* The target of VACUUM INTO and ATTACH begins with a rollback journal; vault_create() and rekeying make WAL-only files. */
		p.flags &= ~VAULT_FLAG_WAL_ONLY;
		rc = vault_prefix_encode(&p, k->data_key, copy);
	}
	if (rc == 0)
		vault_file_keys_derive(k->data_key, &p, out);
	pthread_mutex_unlock(&lock);
	return rc == 0 ? 0 : ERR_AUTH;
}

void vault_registry_allow_weak(void)
{
	pthread_mutex_lock(&lock);
	weak_allowed = true;
	pthread_mutex_unlock(&lock);
}

bool vault_registry_weak_is_allowed(void)
{
	bool allowed;

	pthread_mutex_lock(&lock);
	allowed = weak_allowed;
	pthread_mutex_unlock(&lock);
	return allowed;
}
