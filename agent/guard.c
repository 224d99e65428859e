/*
 * guard: see guard.h.
 */
#include "agent/guard.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "proto/base/log.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define LEASE_DAYS_MAX 3650

/* ---- the organisation's slot ---- */

/* Wipe the organisation's slots whose key is `pk`, or (`is_other`) those whose key is not. */
static int org_wipe(struct store *s, const uint8_t *pk, bool is_other)
{
	struct vault_status v;
	int err = vault_status(NULL, s->vault, &v);

	for (unsigned i = 0; !err && i < VAULT_SLOT_COUNT; i++) {
		bool is_same = memcmp(v.slots[i].org_public_key, pk, VAULT_ORG_KEY_BYTES) == 0;

		if (v.slots[i].kind != VAULT_SLOT_ORG || is_same == is_other)
			continue;
		err = vault_slot_remove(s->vault, i);
		if (!err)
			log_event(LOG_WARN, "guard", "org_slot_wiped", "slot=%u known=%d", i, is_same);
	}
	return err;
}

/* Afterwards exactly one slot of the organisation is there, and it opens. The new one is there before an old one goes. */
static int org_settle(struct store *s, const uint8_t *pk)
{
	unsigned index;
	int err = vault_org_check(s->vault, pk);

	if (err == ERR_NOT_FOUND || err == ERR_CORRUPT) {
		log_event(LOG_INFO, "guard", "org_slot_missing", "error=%s", err_name(err));
		err = org_wipe(s, pk, false);
		if (!err)
			err = vault_slot_add_org(s->vault, pk, &index);
		if (!err)
			err = vault_org_check(s->vault, pk);
		if (!err)
			log_event(LOG_INFO, "guard", "org_slot_added", "slot=%u", index);
	}
	return err ? err : org_wipe(s, pk, true);
}

static int org_look(struct store *s)
{
	struct manifest m;
	int err = store_manifest(s, &m);

	if (err)
		return err;
	err = org_settle(s, m.recovery_public);
	manifest_fini(&m);
	return err;
}

static int org_note(struct store *s, bool is_locked_out)
{
	int err = db_begin(s->db);

	if (err)
		return err;
	err = store_set_u64(s, "org_check_ms", (uint64_t)env_wall_ms(s->env));
	if (!err)
		err = store_set_u64(s, "org_locked_out", is_locked_out);
	if (!err)
		err = db_commit(s->db);
	db_rollback(s->db);
	return err;
}

/* A clock that went back is no reason to look less often. */
static bool org_is_due(struct store *s)
{
	int64_t now = env_wall_ms(s->env);
	uint64_t last;

	return store_get_u64(s, "org_check_ms", &last) == 0 && (now - (int64_t)last >= DAY_MS || now < (int64_t)last);
}

/* Looking is cheap, a commit on a flash card is not: it is noted once a day, and when the answer is another one. */
static void org_check(struct store *s)
{
	int err;

	if (!s->is_enrolled)
		return;
	err = org_look(s);
	if (err)
		log_event(LOG_ERROR, "guard", "org_cannot_open", "error=%s", err_name(err));
	if (!org_is_due(s) && guard_is_locked_out(s) == (err != 0))
		return;
	err = org_note(s, err != 0);
	if (err)
		log_event(LOG_WARN, "guard", "org_look_not_noted", "error=%s", err_name(err));
}

void guard_opened(struct store *s)
{
	if (org_is_due(s) || guard_is_locked_out(s))
		org_check(s);
}

bool guard_is_locked_out(struct store *s)
{
	uint64_t is_locked_out;

	return store_get_u64(s, "org_locked_out", &is_locked_out) == 0 && is_locked_out != 0;
}

void guard_warnings(struct store *s, struct buf *out)
{
	if (guard_is_locked_out(s))
		buf_text(out, "WARNING: the organisation cannot open this store with its recovery key: when the passphrase is lost,"
			      " everything here is lost. Sync now; if this stays, call the centre\n"
			      "تحذير: لا تستطيع الجمعية فتح هذا المخزن بمفتاح الاسترجاع: إن ضاعت عبارة المرور ضاع كل ما هنا."
			      " زامن الآن، وإن بقي هذا فاتصل بالمركز\n");
}

/* ---- the lease ---- */

/*
 * A lease that begins now: its end, and the latest time seen. Of our clock and the centre's the later one counts for the end and the
 * earlier one as seen, so that setting ours right ends nothing and does not look like putting it back.
 */
static int lease_times(struct store *s, uint64_t days, int64_t now, int64_t *seen, int64_t *until)
{
	uint64_t kept;
	int err = store_get_u64(s, "centre_ms", &kept);
	int64_t centre = kept ? (int64_t)kept : now;

	*until = 0;
	*seen = centre < now ? centre : now;
	if (err || days == 0)
		return err;
	*until = (centre > now ? centre : now) + (int64_t)(days < LEASE_DAYS_MAX ? days : LEASE_DAYS_MAX) * DAY_MS;
	return 0;
}

/* The share of an epoch, 0: the newest one, which goes to *epoch. */
static int lease_share_of(struct store *s, uint32_t *epoch, uint8_t share[static VAULT_SHARE_BYTES])
{
	uint8_t code[LEASE_CODE_BYTES] = { 0 };
	struct manifest m;
	size_t at;
	int err = store_manifest(s, &m);

	if (err)
		return err;
	at = m.receive_key_count;
	while (at > 0 && *epoch && m.receive_keys[at - 1].epoch != *epoch)
		at--;
	if (at == 0) {
		err = err_set(ERR_NOT_FOUND, "lease: no receive key of epoch %" PRIu32 " is known here", *epoch);
	} else {
		*epoch = m.receive_keys[at - 1].epoch;
		err = lease_code(s->keys->box_secret, m.receive_keys[at - 1].box_public, s->org, s->device, *epoch, code);
	}
	if (!err)
		lease_share(code, share);
	sodium_memzero(code, sizeof code);
	manifest_fini(&m);
	return err;
}

/* A renewal that gains less than an hour is not worth two writes of the prefix: contacts may be minutes apart. */
static bool lease_is_new_enough(const struct vault_lease *l, uint32_t epoch, int64_t now, int64_t until)
{
	return l->has_share && l->epoch == epoch && l->until_ms && until >= l->until_ms && until - l->until_ms < HOUR_MS &&
		now >= l->latest_ms - HOUR_MS;
}

int guard_lease_renew(struct store *s)
{
	uint8_t share[VAULT_SHARE_BYTES] = { 0 };
	int64_t now = env_wall_ms(s->env);
	struct vault_status v;
	uint64_t days;
	int64_t seen, until;
	uint32_t epoch;
	int err = s->is_enrolled ? store_get_u64(s, "lease_days", &days) : err_set(ERR_NOT_FOUND, "lease: not enrolled");

	if (!err)
		err = vault_status(NULL, s->vault, &v);
	if (!err)
		err = lease_times(s, days, now, &seen, &until);
	if (err || (!until && !v.lease.until_ms))
		return err;
	/* One that has ended opens with its own share only; the next contact goes over to a newer epoch. */
	epoch = v.lease.until_ms && !v.lease.has_share ? v.lease.epoch : 0;
	err = lease_share_of(s, &epoch, share);
	if (!err && !(until && lease_is_new_enough(&v.lease, epoch, now, until)))
		err = vault_lease_set(s->vault, share, epoch, seen, until);
	sodium_memzero(share, sizeof share);
	return err;
}

void guard_contacted(struct store *s)
{
	int err;

	org_check(s);
	if (!s->is_enrolled)
		return;
	err = guard_lease_renew(s);
	if (err)
		log_event(LOG_ERROR, "guard", "lease_not_renewed", "error=%s", err_name(err));
}
