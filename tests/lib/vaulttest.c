/*
 * vaulttest: see vaulttest.h.
 */
#include "tests/lib/vaulttest.h"

#include <sodium.h>
#include <string.h>

#include "proto/base/vault/registry.h"
#include "proto/base/vault/vfs.h"

static struct vault_key *fixed;
static struct vault_prefix birth; /* what every new file begins with, but for its own id */

static int key_make(void)
{
	struct vault_key *k = sodium_malloc(sizeof *k);

	if (!k)
		return err_set(ERR_NOMEM, "tests: no memory for the fixed key");
	memset(k, 0, sizeof *k);
	memset(k->data_key, 0x5a, sizeof k->data_key);
	memset(k->key_id, 0x3c, sizeof k->key_id);
	if (!birth.suite)
		birth.suite = vault_suite_find(VAULT_SUITE_XCHACHA20);
	birth.page_bytes = VAULT_PAGE_BYTES;
	memcpy(birth.key_id, k->key_id, sizeof birth.key_id);
	k->birth = &birth;
	vault_registry_add(k);
	fixed = k;
	return 0;
}

int vault_test_init(const char *lower)
{
	int rc = vault_vfs_register(lower, 1);

	if (rc != 0)
		return rc;
	vault_registry_allow_weak();
	return fixed ? 0 : key_make();
}

bool vault_test_suite(uint16_t id)
{
	const struct vault_suite *suite = vault_suite_find(id);

	if (suite)
		birth.suite = suite;
	return suite != NULL;
}

void vault_test_fini(void)
{
	if (!fixed)
		return;
	vault_registry_remove(fixed);
	sodium_free(fixed);
	fixed = NULL;
}
