/*
 * escrow: see escrow.h.
 */
#include "server/admin/escrow.h"

#include <string.h>

#include "proto/base/log.h"

#define DAY_MS INT64_C(86400000)

/* Wipe the slots whose key is `pk`, or (`is_other`) those whose key is not: of earlier manifests. */
static int wipe(struct centre *c, const uint8_t *pk, bool is_other)
{
	struct vault_status v;
	int err = vault_status(NULL, c->vault, &v);

	for (unsigned i = 0; !err && i < VAULT_SLOT_COUNT; i++) {
		bool is_same = memcmp(v.slots[i].org_public_key, pk, VAULT_ORG_KEY_BYTES) == 0;

		if (v.slots[i].kind != VAULT_SLOT_ORG || is_same == is_other)
			continue;
		err = vault_slot_remove(c->vault, i);
		if (!err)
			log_event(LOG_WARN, "escrow", "org_slot_wiped", "slot=%u known=%d", i, is_same);
	}
	return err;
}

/* Afterwards the key in force has a slot that opens, and a key that was replaced has none. The new one is there before an old one goes. */
static int settle(struct centre *c)
{
	const uint8_t *pk = c->manifest.recovery_public;
	unsigned index;
	int err = vault_org_check(c->vault, pk);

	if (err == ERR_NOT_FOUND || err == ERR_CORRUPT) {
		err = wipe(c, pk, false);
		if (!err)
			err = vault_slot_add_org(c->vault, pk, &index);
		if (!err)
			err = vault_org_check(c->vault, pk);
		if (!err)
			log_event(LOG_WARN, "escrow", "org_slot_added", "slot=%u", index);
	}
	return err ? err : wipe(c, pk, true);
}

static int keep(struct centre *c, int64_t now, bool is_locked_out)
{
	int err = db_begin(c->db);

	if (err)
		return err;
	err = centre_meta_save_u64(c, "org_check_ms", (uint64_t)now);
	if (!err)
		err = centre_meta_save_u64(c, "org_locked_out", is_locked_out);
	if (!err)
		err = db_commit(c->db);
	db_rollback(c->db);
	return err;
}

bool escrow_look(struct centre *c)
{
	int64_t now = env_wall_ms(c->env);
	uint64_t last = 0, was_locked_out = 0;
	int err = centre_meta_load_u64(c, "org_check_ms", &last);

	if (!err || err == ERR_NOT_FOUND)
		err = centre_meta_load_u64(c, "org_locked_out", &was_locked_out);
	if ((!err || err == ERR_NOT_FOUND) && !was_locked_out && now >= (int64_t)last && now - (int64_t)last < DAY_MS)
		return true;
	err = settle(c);
	if (err)
		log_event(LOG_ERROR, "escrow", "org_cannot_open", "error=%s", err_name(err));
	if (keep(c, now, err != 0) != 0)
		log_event(LOG_WARN, "escrow", "look_not_kept", NULL);
	return err == 0;
}
