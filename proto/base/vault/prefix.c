/*
 * prefix: see prefix.h.
 */
#include "proto/base/vault/prefix.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define TIME_MS_MAX (INT64_MAX / 4) /* so that sums of times in a return, which no MAC covers, do not overflow */

bool vault_prefix_is_leased(const struct vault_prefix *p)
{
	return p->lease.until_ms != 0;
}

const uint8_t *vault_prefix_share(const struct vault_prefix *p)
{
	return vault_prefix_is_leased(p) && !sodium_is_zero(p->lease.share, VAULT_SHARE_BYTES) ? p->lease.share : NULL;
}

static bool return_fits(const struct vault_lease_block *from, const struct vault_lease_block *to)
{
	uint8_t check[VAULT_LEASE_CHECK_BYTES];

	if (sodium_is_zero(from->back_share, VAULT_SHARE_BYTES))
		return false;
	vault_share_check(from->back_share, check);
	return from->back_latest_ms >= 0 && from->back_until_ms > from->back_latest_ms && from->back_until_ms <= TIME_MS_MAX &&
		memcmp(check, to->check, sizeof check) == 0;
}

/*
 * The returned share counts. A lease that still runs keeps its end: the return only says that the clock is to be believed. One that has
 * ended runs as long as the return does, from its own time or from the latest time seen, whichever is later: a clock that is set right
 * afterwards does not end it at once.
 */
static void return_take(struct vault_lease_block *to, const struct vault_lease_block *from)
{
	int64_t length = from->back_until_ms - from->back_latest_ms;
	bool is_known = to->latest_ms >= 0 && to->latest_ms <= TIME_MS_MAX;

	if (sodium_is_zero(to->share, VAULT_SHARE_BYTES)) {
		memcpy(to->share, from->back_share, VAULT_SHARE_BYTES);
		to->until_ms = is_known && to->latest_ms > from->back_latest_ms ? to->latest_ms + length : from->back_until_ms;
	}
	to->latest_ms = from->back_latest_ms;
}

bool vault_prefix_adopt(struct vault_prefix *p, const struct vault_prefix *other)
{
	const struct vault_lease_block *from = NULL;

	if (vault_prefix_is_leased(p)) {
		if (return_fits(&p->lease, &p->lease))
			from = &p->lease;
		else if (other && return_fits(&other->lease, &p->lease))
			from = &other->lease;
	}
	if (from)
		return_take(&p->lease, from);
	memset(p->lease.back_share, 0, VAULT_SHARE_BYTES);
	p->lease.back_until_ms = 0;
	p->lease.back_latest_ms = 0;
	return from != NULL;
}

/* The newest authentic state; `adopted`: a returned share is in it that the copies do not have under their MAC. */
static int newest(const uint8_t *copies, const uint8_t *data_key, struct vault_prefix *out, unsigned *count, bool *adopted)
{
	struct vault_prefix each;

	*adopted = false;
	if (vault_prefix_newest(copies, data_key, out, count) != 0)
		return ERR_CORRUPT;
	for (size_t i = 0; i < VAULT_COPY_COUNT && !*adopted; i++)
		if (vault_prefix_decode(copies + i * VAULT_COPY_BYTES, &each) == 0)
			*adopted = vault_prefix_adopt(out, &each);
	return 0;
}

int vault_prefix_load(struct vault_io *io, const uint8_t data_key[static VAULT_KEY_BYTES], uint8_t copies[static VAULT_COPIES_BYTES],
	struct vault_prefix *out, unsigned *count)
{
	bool adopted;
	int rc = vault_io_read(io, copies, VAULT_COPIES_BYTES, 0);

	if (rc == 0 && newest(copies, data_key, out, count, &adopted) != 0)
		rc = err_set(ERR_CORRUPT, "vault: no copy of its prefix authenticates under this key");
	return rc;
}

int vault_prefix_load_path(const char *path, const uint8_t data_key[static VAULT_KEY_BYTES], struct vault_prefix *out, unsigned *count)
{
	uint8_t copies[VAULT_COPIES_BYTES];
	struct vault_io *io;
	int rc = vault_io_open(path, &io);

	if (rc != 0)
		return rc;
	rc = vault_prefix_load(io, data_key, copies, out, count);
	vault_io_close(io);
	return rc;
}

/* Write this state over both copies; the copy that holds the newest state now is written last. */
static int state_write(struct vault_io *io, const uint8_t *copies, const uint8_t *data_key, const struct vault_prefix *p)
{
	uint8_t copy[VAULT_COPY_BYTES];
	struct vault_prefix now, a;
	size_t keep_last = 1;
	int rc = vault_prefix_encode(p, data_key, copy);

	if (rc != 0)
		return rc;
	if (vault_prefix_newest(copies, data_key, &now, NULL) == 0 && vault_prefix_decode(copies, &a) == 0 &&
	    vault_prefix_is_authentic(copies, &a, data_key) && a.sequence == now.sequence)
		keep_last = 0;
	return vault_io_prefix_write(io, copies, copy, keep_last);
}

int vault_prefix_change(const struct vault_key *k, vault_prefix_edit *edit, void *arg)
{
	uint8_t copies[VAULT_COPIES_BYTES];
	struct vault_prefix p;
	struct vault_io *io;
	int dir_fd;
	int rc;

	rc = vault_io_dir_lock(k->path, &dir_fd);
	if (rc != 0)
		return rc;
	rc = vault_io_open(k->path, &io);
	if (rc != 0)
		goto out_dir;
	rc = vault_prefix_load(io, k->data_key, copies, &p, NULL);
	if (rc == 0)
		rc = edit(k, &p, arg);
	if (rc == 0) {
		p.sequence++;
		rc = state_write(io, copies, k->data_key, &p);
	}
	sodium_memzero(&p, sizeof p);
	vault_io_close(io);
out_dir:
	close(dir_fd);
	return rc;
}

void vault_prefix_heal(const struct vault_key *k)
{
	uint8_t copies[VAULT_COPIES_BYTES];
	struct vault_prefix p;
	struct vault_io *io;
	bool adopted;
	int dir_fd;
	int rc;

	if (vault_io_dir_lock(k->path, &dir_fd) != 0)
		return;
	rc = vault_io_open(k->path, &io);
	if (rc == 0)
		rc = vault_io_read(io, copies, sizeof copies, 0);
	if (rc == 0 && newest(copies, k->data_key, &p, NULL, &adopted) == 0) {
		p.sequence += adopted;
		if (state_write(io, copies, k->data_key, &p) != 0)
			sqlite3_log(SQLITE_WARNING, "vault: the older or damaged prefix copy could not be rewritten");
		sodium_memzero(&p, sizeof p);
	}
	vault_io_close(io);
	close(dir_fd);
}
