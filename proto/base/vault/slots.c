/*
 * slots: who can open a vault: its status, and slots added, replaced and removed (vault.h).
 *
 * Argon2id runs before the directory is locked; the new slot then goes into whatever state the prefix is in. While a lease is on, a new
 * passphrase slot is blinded as the others are, so that it too opens only with the share.
 */
#include <sodium.h>
#include <string.h>

#include "proto/base/vault/make.h"
#include "proto/base/vault/prefix.h"
#include "proto/base/vault/recovery.h"

/* A slot on its way into the prefix. */
struct slot_put {
	uint8_t slot[VAULT_SLOT_BYTES];
	bool replaces;      /* takes the place of the first slot of its kind, when there is one */
	unsigned index;     /* out: where it went */
};

/* ---- status ---- */

static void status_fill(const struct vault_prefix *p, unsigned count, struct vault_status *out)
{
	*out = (struct vault_status){
		.suite = p->suite->id,
		.page_bytes = p->page_bytes,
		.sequence = p->sequence,
		.is_wal_only = (p->flags & VAULT_FLAG_WAL_ONLY) != 0,
		.prefix_count = count,
		.lease = { .until_ms = p->lease.until_ms, .latest_ms = p->lease.latest_ms, .epoch = p->lease.epoch },
	};
	out->lease.has_share = vault_prefix_share(p) != NULL;
	for (size_t i = 0; i < VAULT_SLOT_COUNT; i++)
		vault_slot_describe(p->slots[i], &out->slots[i]);
}

/* Without a key: the copy of the right shape with the highest sequence. */
static int newest_claim(const uint8_t *copies, const char *path, struct vault_prefix *out, unsigned *count)
{
	struct vault_prefix p[VAULT_COPY_COUNT];
	bool shaped[VAULT_COPY_COUNT];
	size_t newest;

	for (size_t i = 0; i < VAULT_COPY_COUNT; i++)
		shaped[i] = vault_prefix_decode(copies + i * VAULT_COPY_BYTES, &p[i]) == 0;
	*count = (unsigned)shaped[0] + (unsigned)shaped[1];
	if (*count == 0)
		return vault_prefix_refused(copies, path);
	newest = !shaped[0] || (shaped[1] && p[1].sequence > p[0].sequence) ? 1 : 0;
	*out = p[newest];
	vault_prefix_adopt(out, shaped[!newest] ? &p[!newest] : NULL);
	return 0;
}

int vault_status(const char *path, const struct vault_key *k, struct vault_status *out)
{
	uint8_t copies[VAULT_COPIES_BYTES];
	struct vault_prefix p;
	struct vault_io *io;
	unsigned count;
	int rc;

	memset(out, 0, sizeof *out);
	if (!path && !k)
		return err_set(ERR_USAGE, "vault: neither a path nor a key to tell the status of");
	if (!path)
		path = k->path;
	rc = vault_io_open(path, &io);
	if (rc != 0)
		return rc;
	rc = vault_io_read(io, copies, sizeof copies, 0);
	if (rc == 0)
		rc = newest_claim(copies, path, &p, &count);
	if (rc == 0 && k && vault_prefix_load(io, k->data_key, copies, &p, &count) != 0)
		rc = err_set(ERR_AUTH, "vault %s: not sealed with this key", path);
	vault_io_close(io);
	if (rc == 0)
		status_fill(&p, count, out);
	return rc;
}

/* ---- adding ---- */

/* The first slot of this kind; VAULT_SLOT_COUNT when there is none. */
static unsigned slot_find(const struct vault_prefix *p, uint16_t kind)
{
	unsigned i = 0;

	while (i < VAULT_SLOT_COUNT && vault_slot_kind_of(p->slots[i]) != kind)
		i++;
	return i;
}

static int edit_put(const struct vault_key *k, struct vault_prefix *p, void *arg)
{
	struct slot_put *put = arg;
	uint16_t kind = vault_slot_kind_of(put->slot);
	unsigned at = put->replaces ? slot_find(p, kind) : VAULT_SLOT_COUNT;

	if (at == VAULT_SLOT_COUNT)
		at = slot_find(p, VAULT_SLOT_EMPTY);
	if (at == VAULT_SLOT_COUNT)
		return err_set(ERR_LIMIT, "vault %s: all %d key slots are taken", k->path, VAULT_SLOT_COUNT);
	if (vault_slot_has_passphrase(kind) && vault_prefix_is_leased(p)) {
		const uint8_t *share = vault_prefix_share(p);

		if (!share)
			return err_set(ERR_STALE, "vault %s: its lease has ended: a new passphrase needs the share first", k->path);
		vault_slot_blind(put->slot, share);
	}
	memcpy(p->slots[at], put->slot, VAULT_SLOT_BYTES);
	put->index = at;
	return 0;
}

static int passphrase_put(struct vault_key *k, enum vault_slot_kind kind, const char *passphrase, size_t len,
	const struct vault_kdf *kdf, struct slot_put *put)
{
	struct vault_kdf floor;
	int rc;

	vault_kdf_default(&floor);
	if (!kdf)
		kdf = &floor;
	rc = vault_make_check(passphrase, len, kdf);
	if (rc == 0)
		rc = vault_slot_passphrase_seal(put->slot, kind, k->key_id, passphrase, len, kdf, k->data_key);
	return rc == 0 ? vault_prefix_change(k, edit_put, put) : rc;
}

int vault_passphrase_change(struct vault_key *k, const char *new_passphrase, size_t len, const struct vault_kdf *kdf)
{
	struct slot_put put = { .replaces = true };

	return passphrase_put(k, VAULT_SLOT_PASSPHRASE, new_passphrase, len, kdf, &put);
}

int vault_slot_add(struct vault_key *k, enum vault_slot_kind kind, const char *passphrase, size_t len, const struct vault_kdf *kdf,
	unsigned *index)
{
	struct slot_put put = { .replaces = false };
	int rc;

	*index = 0;
	if (!vault_slot_has_passphrase((uint16_t)kind))
		return err_set(ERR_USAGE, "vault: a slot of kind %d has no passphrase", (int)kind);
	rc = passphrase_put(k, kind, passphrase, len, kdf, &put);
	if (rc == 0)
		*index = put.index;
	return rc;
}

int vault_slot_add_org(struct vault_key *k, const uint8_t pk[static VAULT_ORG_KEY_BYTES], unsigned *index)
{
	struct slot_put put = { .replaces = false };
	int rc;

	*index = 0;
	rc = vault_slot_org_seal(put.slot, k->key_id, pk, k->data_key);
	if (rc == 0)
		rc = vault_prefix_change(k, edit_put, &put);
	if (rc == 0)
		*index = put.index;
	return rc;
}

int vault_slot_add_recovery(struct vault_key *k, char text[static VAULT_RECOVERY_TEXT_BYTES], unsigned *index)
{
	struct slot_put put = { .replaces = false };
	uint8_t *secret = sodium_malloc(VAULT_RECOVERY_BYTES);
	int rc;

	*index = 0;
	sodium_memzero(text, VAULT_RECOVERY_TEXT_BYTES);
	if (!secret)
		return err_set(ERR_NOMEM, "vault: no locked memory for a key");
	randombytes_buf(secret, VAULT_RECOVERY_BYTES); /* allowed: keys and nonces of the vault */
	rc = vault_slot_recovery_seal(put.slot, k->key_id, secret, k->data_key);
	if (rc == 0)
		rc = vault_prefix_change(k, edit_put, &put);
	if (rc == 0) {
		*index = put.index;
		vault_recovery_encode(secret, text);
	}
	sodium_free(secret);
	return rc;
}

/* ---- removing ---- */

static bool is_personal(uint16_t kind)
{
	return vault_slot_has_passphrase(kind) || kind == VAULT_SLOT_RECOVERY;
}

static int edit_remove(const struct vault_key *k, struct vault_prefix *p, void *arg)
{
	const unsigned *index = arg;
	unsigned others = 0;

	if (*index >= VAULT_SLOT_COUNT || vault_slot_kind_of(p->slots[*index]) == VAULT_SLOT_EMPTY)
		return err_set(ERR_NOT_FOUND, "vault %s: key slot %u is empty", k->path, *index);
	for (unsigned i = 0; i < VAULT_SLOT_COUNT; i++)
		others += i != *index && is_personal(vault_slot_kind_of(p->slots[i]));
	if (others == 0 && is_personal(vault_slot_kind_of(p->slots[*index])))
		return err_set(ERR_USAGE, "vault %s: key slot %u is the last one that a person can open", k->path, *index);
	sodium_memzero(p->slots[*index], VAULT_SLOT_BYTES);
	return 0;
}

int vault_slot_remove(struct vault_key *k, unsigned index)
{
	return vault_prefix_change(k, edit_remove, &index);
}

/* ---- the organisation's self-test ---- */

int vault_org_check(const struct vault_key *k, const uint8_t pk[static VAULT_ORG_KEY_BYTES])
{
	uint8_t want[VAULT_SLOT_BYTES];
	struct vault_slot_info info;
	struct vault_prefix p;
	unsigned found = 0;
	int rc;

	rc = vault_prefix_load_path(k->path, k->data_key, &p, NULL);
	if (rc == 0)
		rc = vault_slot_org_seal(want, k->key_id, pk, k->data_key);
	for (unsigned i = 0; i < VAULT_SLOT_COUNT && rc == 0; i++) {
		vault_slot_describe(p.slots[i], &info);
		if (info.kind != VAULT_SLOT_ORG || memcmp(info.org_public_key, pk, VAULT_ORG_KEY_BYTES) != 0)
			continue;
		found++;
		if (memcmp(p.slots[i], want, VAULT_SLOT_BYTES) != 0)
			rc = err_set(ERR_CORRUPT, "vault %s: key slot %u would not open with the organisation's key", k->path, i);
	}
	if (rc == 0 && found == 0)
		rc = err_set(ERR_NOT_FOUND, "vault %s: no key slot for this organisation key", k->path);
	return rc;
}
