/*
 * lease: passphrases open only while a share of the centre lies in the prefix (vault.h; the bytes are in slot.h).
 *
 * Beginning, renewing and ending a lease re-blinds every passphrase slot with shares alone, so no passphrase is needed. The latest time
 * seen is written once an hour and not at every look, since each writing is two syncs on a flash card.
 *
 * A clock before the latest time seen closes the vault and ends nothing. Whoever wants to cheat reads that time in the prefix and sets the
 * clock to just there, so wiping the share would only hit the honest person whose battery is empty and whose machine says 1970.
 */
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/vault/prefix.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define LATEST_STEP_MS (INT64_C(60) * 60 * 1000)

/* What a lease becomes. */
struct lease_put {
	const uint8_t *share;
	uint32_t epoch;
	int64_t now_ms;
	int64_t until_ms;
};

/* The share that blinds the slots now: the prefix's own, or the caller's when it is that one and was wiped. NULL: it is not here. */
static const uint8_t *share_now(const struct vault_prefix *p, const uint8_t *given)
{
	uint8_t check[VAULT_LEASE_CHECK_BYTES];

	if (vault_prefix_share(p))
		return vault_prefix_share(p);
	vault_share_check(given, check);
	return memcmp(check, p->lease.check, sizeof check) == 0 ? given : NULL;
}

static int edit_put(const struct vault_key *k, struct vault_prefix *p, void *arg)
{
	const struct lease_put *put = arg;

	if (vault_prefix_is_leased(p)) {
		const uint8_t *old = share_now(p, put->share);

		if (!old)
			return err_set(ERR_STALE, "vault %s: its lease has ended: the share must come back before a new lease", k->path);
		for (size_t i = 0; i < VAULT_SLOT_COUNT; i++)
			vault_slot_unblind(p->slots[i], old);
	}
	sodium_memzero(&p->lease, sizeof p->lease);
	if (put->until_ms == 0)
		return 0;
	memcpy(p->lease.share, put->share, VAULT_SHARE_BYTES);
	vault_share_check(put->share, p->lease.check);
	p->lease.until_ms = put->until_ms;
	p->lease.latest_ms = put->now_ms;
	p->lease.epoch = put->epoch;
	for (size_t i = 0; i < VAULT_SLOT_COUNT; i++)
		vault_slot_blind(p->slots[i], put->share);
	return 0;
}

static int times_check(const uint8_t *share, int64_t now_ms, int64_t until_ms)
{
	if (now_ms < 0 || until_ms <= now_ms)
		return err_set(ERR_USAGE, "vault: a lease until %lld ms would not be longer than now, %lld ms", (long long)until_ms,
			(long long)now_ms);
	if (sodium_is_zero(share, VAULT_SHARE_BYTES))
		return err_set(ERR_USAGE, "vault: a share of zeros is none");
	return 0;
}

int vault_lease_set(struct vault_key *k, const uint8_t share[static VAULT_SHARE_BYTES], uint32_t epoch, int64_t now_ms, int64_t until_ms)
{
	struct lease_put put = { .share = share, .epoch = epoch, .now_ms = now_ms, .until_ms = until_ms };
	int rc = until_ms == 0 ? 0 : times_check(share, now_ms, until_ms);

	return rc == 0 ? vault_prefix_change(k, edit_put, &put) : rc;
}

static bool has_ended(const struct vault_prefix *p, int64_t now_ms)
{
	return now_ms >= p->lease.until_ms;
}

static bool is_clock_back(const struct vault_prefix *p, int64_t now_ms)
{
	return now_ms < p->lease.latest_ms - DAY_MS;
}

/* A look at the clock. */
struct lease_look {
	int64_t now_ms;
	bool has_ended;     /* out */
};

/* Decided anew from what is in the file with the directory locked: somebody may have renewed the lease meanwhile. */
static int edit_look(const struct vault_key *k, struct vault_prefix *p, void *arg)
{
	struct lease_look *look = arg;

	(void)k;
	look->has_ended = vault_prefix_is_leased(p) && has_ended(p, look->now_ms);
	if (look->has_ended)
		sodium_memzero(p->lease.share, VAULT_SHARE_BYTES);
	else if (vault_prefix_is_leased(p) && look->now_ms > p->lease.latest_ms)
		p->lease.latest_ms = look->now_ms;
	return 0;
}

int vault_lease_check(struct vault_key *k, int64_t now_ms)
{
	struct lease_look look = { .now_ms = now_ms };
	struct vault_prefix p;
	int rc;

	rc = vault_prefix_load_path(k->path, k->data_key, &p, NULL);
	if (rc != 0 || !vault_prefix_is_leased(&p))
		return rc;
	if (!vault_prefix_share(&p))
		return err_set(ERR_STALE, "vault %s: its lease has ended: ask the centre for the share", k->path);
	if (is_clock_back(&p, now_ms))
		return err_set(ERR_STALE, "vault %s: the clock stands more than a day before a time it has shown: set it right", k->path);
	look.has_ended = has_ended(&p, now_ms);
	if (!look.has_ended && now_ms - p.lease.latest_ms < LATEST_STEP_MS)
		return 0;
	rc = vault_prefix_change(k, edit_look, &look);
	if (!look.has_ended)
		return rc;
	if (rc != 0)
		return err_context(ERR_STALE, "the lease has ended and its share could not be wiped");
	return err_set(ERR_STALE, "vault %s: its lease has ended: ask the centre for the share", k->path);
}

/* Put the return into one copy when that copy remembers this share. Synced. 0 with *done unchanged when it does not. */
static int return_write(struct vault_io *io, uint8_t *copy, int64_t offset, const struct vault_lease_block *back, bool *done)
{
	uint8_t check[VAULT_LEASE_CHECK_BYTES];
	struct vault_prefix p;
	int rc;

	vault_share_check(back->back_share, check);
	if (vault_prefix_decode(copy, &p) != 0 || !vault_prefix_is_leased(&p) || memcmp(check, p.lease.check, sizeof check) != 0)
		return 0;
	rc = vault_prefix_return_put(copy, back);
	if (rc == 0)
		rc = vault_io_write(io, copy, VAULT_COPY_BYTES, offset);
	if (rc == 0)
		rc = vault_io_sync(io);
	if (rc == 0)
		*done = true;
	return rc;
}

int vault_lease_return(const char *path, const uint8_t share[static VAULT_SHARE_BYTES], int64_t now_ms, int64_t until_ms)
{
	struct vault_lease_block back = { .back_until_ms = until_ms, .back_latest_ms = now_ms };
	uint8_t copies[VAULT_COPIES_BYTES];
	struct vault_io *io = NULL;
	bool done = false;
	int dir_fd;
	int rc = times_check(share, now_ms, until_ms);

	if (rc == 0)
		rc = vault_io_dir_lock(path, &dir_fd);
	if (rc != 0)
		return rc;
	memcpy(back.back_share, share, VAULT_SHARE_BYTES);
	rc = vault_io_open(path, &io);
	if (rc == 0)
		rc = vault_io_read(io, copies, sizeof copies, 0);
	for (size_t i = 0; i < VAULT_COPY_COUNT && rc == 0; i++)
		rc = return_write(io, copies + i * VAULT_COPY_BYTES, (int64_t)i * VAULT_COPY_BYTES, &back, &done);
	if (rc == 0 && !done)
		rc = err_set(ERR_AUTH, "vault %s: this share is not the one of a lease of this vault", path);
	sodium_memzero(&back, sizeof back);
	vault_io_close(io);
	close(dir_fd);
	return rc;
}
