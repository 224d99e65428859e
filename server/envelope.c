/*
 * envelope: see envelope.h.
 */
#include "server/envelope.h"

#include <string.h>

#include "proto/chain.h"

int envelope_site_load(struct centre *c, int64_t device, uint32_t incarnation, struct envelope_site *out)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT site, applied, hash, last_group FROM site WHERE device = ?1 AND incarnation = ?2", &s);

	memset(out, 0, sizeof *out);
	if (err)
		return err;
	db_bind_int(s, 1, device);
	db_bind_int(s, 2, incarnation);
	err = db_row(s);
	if (err)
		return err;
	out->site = (uint32_t)db_int(s, 0);
	out->applied = db_u64(s, 1);
	err = db_blob_copy(s, 2, out->hash, sizeof out->hash);
	out->last_group = db_u64(s, 3);
	db_done(s);
	return err;
}

int envelope_known(struct centre *c, uint32_t site, uint64_t seq, uint8_t hash[static SEAL_HASH_BYTES], bool *is_known)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT hash FROM envelope WHERE site = ?1 AND seq = ?2 AND state <> 3", &s);

	*is_known = false;
	if (err)
		return err;
	db_bind_int(s, 1, site);
	db_bind_u64(s, 2, seq);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	err = db_blob_copy(s, 0, hash, SEAL_HASH_BYTES);
	db_done(s);
	*is_known = err == 0;
	return err;
}

static int save_site(struct centre *c, const struct envelope_site *site)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "UPDATE site SET applied = ?2, hash = ?3, last_group = ?4 WHERE site = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, site->site);
	db_bind_u64(s, 2, site->applied);
	db_bind_blob(s, 3, site->hash, sizeof site->hash);
	db_bind_u64(s, 4, site->last_group);
	return db_run(s);
}

int envelope_applied(struct centre *c, struct envelope_site *site, const struct opened *o, const struct buf *receipt, uint64_t last_group)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"INSERT INTO envelope (site, seq, hash, state, receipt, received_ms) VALUES (?1, ?2, ?3, 1, ?4, ?5) "
		"ON CONFLICT (site, seq, hash) DO UPDATE SET state = 1, bytes = NULL, receipt = excluded.receipt",
		&s);

	if (err)
		return err;
	db_bind_int(s, 1, site->site);
	db_bind_u64(s, 2, o->header.seq);
	db_bind_blob(s, 3, o->hash, sizeof o->hash);
	db_bind_blob(s, 4, receipt->data, receipt->len);
	db_bind_int(s, 5, env_wall_ms(c->env));
	err = db_run(s);
	if (err)
		return err;
	site->applied = o->header.seq;
	memcpy(site->hash, o->hash, sizeof site->hash);
	if (last_group > site->last_group)
		site->last_group = last_group;
	return save_site(c, site);
}

static int count_kept(struct centre *c, uint32_t site, enum envelope_state state, int64_t *count)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT count(*) FROM envelope WHERE site = ?1 AND state = ?2", &s);

	if (err)
		return err;
	db_bind_int(s, 1, site);
	db_bind_int(s, 2, state);
	err = db_row(s);
	if (err)
		return err;
	*count = db_int(s, 0);
	db_done(s);
	return 0;
}

int envelope_keep(struct centre *c, const struct envelope_site *site, const struct opened *o, const struct message_blob *bytes,
	enum envelope_state state)
{
	struct db_stmt *s;
	int64_t count;
	int err = count_kept(c, site->site, state, &count);

	if (err || count >= CHAIN_AHEAD_MAX)
		return err;
	err = db_prepare(c->db,
		"INSERT INTO envelope (site, seq, hash, state, bytes, received_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
		"ON CONFLICT (site, seq, hash) DO NOTHING",
		&s);
	if (err)
		return err;
	db_bind_int(s, 1, site->site);
	db_bind_u64(s, 2, o->header.seq);
	db_bind_blob(s, 3, o->hash, sizeof o->hash);
	db_bind_int(s, 4, state);
	db_bind_blob(s, 5, bytes->data, bytes->len);
	db_bind_int(s, 6, env_wall_ms(c->env));
	return db_run(s);
}

int envelope_quarantine_held(struct centre *c, const struct envelope_site *site, const struct opened *o)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "UPDATE envelope SET state = 3 WHERE site = ?1 AND seq = ?2 AND hash = ?3 AND state = 2", &s);

	if (err)
		return err;
	db_bind_int(s, 1, site->site);
	db_bind_u64(s, 2, o->header.seq);
	db_bind_blob(s, 3, o->hash, sizeof o->hash);
	return db_run(s);
}

int envelope_held_next(struct centre *c, const struct envelope_site *site, struct buf *out, bool *found)
{
	struct db_stmt *s;
	const void *data;
	size_t len;
	int err = db_prepare(c->db, "SELECT bytes FROM envelope WHERE site = ?1 AND seq = ?2 AND state = 2", &s);

	*found = false;
	buf_clear(out);
	if (err)
		return err;
	db_bind_int(s, 1, site->site);
	db_bind_u64(s, 2, site->applied + 1);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	data = db_blob(s, 0, &len);
	buf_append(out, data, len);
	db_done(s);
	*found = true;
	return buf_error(out);
}

/* The quarantined envelope with this seq and hash: its own previous hash, into `previous`. */
static int quarantined_previous(struct centre *c, uint32_t site, uint64_t seq, const uint8_t *hash, uint8_t *previous, bool *found)
{
	struct seal_header h;
	struct db_stmt *s;
	const void *data;
	size_t len;
	int err = db_prepare(c->db, "SELECT bytes FROM envelope WHERE site = ?1 AND seq = ?2 AND hash = ?3 AND state = 3", &s);

	*found = false;
	if (err)
		return err;
	db_bind_int(s, 1, site);
	db_bind_u64(s, 2, seq);
	db_bind_blob(s, 3, hash, SEAL_HASH_BYTES);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	data = db_blob(s, 0, &len);
	err = seal_envelope_header(data, len, &h);
	db_done(s);
	if (!err)
		memcpy(previous, h.previous, SEAL_HASH_BYTES);
	*found = err == 0;
	return err;
}

int envelope_fork_root(struct centre *c, const struct envelope_site *site, const struct opened *o, uint8_t root[static SEAL_HASH_BYTES],
	uint64_t *root_seq)
{
	uint8_t previous[SEAL_HASH_BYTES];
	uint64_t seq = o->header.seq;
	bool found = true;
	int err = 0;

	*root_seq = seq;
	memcpy(root, o->hash, SEAL_HASH_BYTES);
	memcpy(previous, o->header.previous, sizeof previous);
	for (seq--; seq > 0 && found && !err; seq--) {
		uint8_t hash[SEAL_HASH_BYTES];

		memcpy(hash, previous, sizeof hash);
		err = quarantined_previous(c, site->site, seq, hash, previous, &found);
		if (!err && found) {
			memcpy(root, hash, SEAL_HASH_BYTES);
			*root_seq = seq;
		}
	}
	return err;
}

int envelope_fork_site(struct centre *c, int64_t device, const uint8_t device_id[static SEAL_DEVICE_BYTES],
	const uint8_t root[static SEAL_HASH_BYTES], uint32_t *incarnation, uint32_t *site, bool *is_new)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT incarnation, site FROM site WHERE device = ?1 AND fork_hash = ?2", &s);

	*is_new = false;
	if (err)
		return err;
	db_bind_int(s, 1, device);
	db_bind_blob(s, 2, root, SEAL_HASH_BYTES);
	err = db_row(s);
	if (err == 0) {
		*incarnation = (uint32_t)db_int(s, 0);
		*site = (uint32_t)db_int(s, 1);
		db_done(s);
		return 0;
	}
	if (err != ERR_NOT_FOUND)
		return err;
	*is_new = true;
	return centre_site_add(c, device, device_id, root, incarnation, site);
}
