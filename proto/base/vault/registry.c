/*
 * registry: see registry.h.
 */
#include "proto/base/vault/registry.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

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

int vault_prefix_newest(const uint8_t copies[static VAULT_PREFIX_BYTES], const uint8_t data_key[static VAULT_KEY_BYTES],
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

int vault_registry_prove(const uint8_t copies[static VAULT_PREFIX_BYTES], struct vault_file_keys *out)
{
	struct vault_prefix p;
	int rc = ERR_AUTH;

	pthread_mutex_lock(&lock);
	for (struct vault_key *k = unlocked; k && rc != 0; k = k->next) {
		rc = vault_prefix_newest(copies, k->data_key, &p, NULL);
		if (rc != 0)
			continue;
		vault_subkey(k->data_key, "page", p.file_id, out->page);
		vault_subkey(k->data_key, "wal", p.file_id, out->wal);
	}
	pthread_mutex_unlock(&lock);
	return rc;
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
