/*
 * register: see register.h.
 */
#include "agent/register.h"

#include <assert.h>
#include <string.h>

int register_digest(struct store *s, struct record_digest *out)
{
	int err = store_get_u64(s, "digest_0", &out->lane[0]);

	return err ? err : store_get_u64(s, "digest_1", &out->lane[1]);
}

static int save_digest(struct store *s, const struct record_digest *d)
{
	int err = store_set_u64(s, "digest_0", d->lane[0]);

	return err ? err : store_set_u64(s, "digest_1", d->lane[1]);
}

static bool gives_way(const struct register_write *w, uint64_t held_at, uint64_t held_contact)
{
	if (w->whole && held_contact < w->whole)
		return true;
	return held_at < w->at || (held_at == w->at && w->whole);
}

/* Take the register held at the address out of the digest. ERR_STALE when it stays. *is_same: it is the same write, come again. */
static int take_old(struct store *s, const struct register_write *w, struct record_digest *d, bool *is_same)
{
	struct db_stmt *q;
	const char *value;
	size_t len;
	int err = db_prepare(s->db, "SELECT value, at, contact FROM register WHERE case_id = ?1 AND entry_id = ?2 AND field = ?3", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, w->case_id);
	db_bind_u64(q, 2, w->entry_id);
	db_bind_text(q, 3, w->field);
	err = db_row(q);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	if (!gives_way(w, db_u64(q, 1), db_u64(q, 2)))
		err = ERR_STALE;
	value = db_text_len(q, 0, &len);
	*is_same = db_u64(q, 1) == w->at && len == w->value_len && (len == 0 || memcmp(value, w->value, len) == 0);
	if (!err)
		record_digest_change(d, -1, w->case_id, w->entry_id, w->field, value, len, db_u64(q, 1));
	db_done(q);
	return err;
}

static int upsert(struct store *s, const struct register_write *w)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "INSERT INTO register (case_id, entry_id, field, entry_type, value, at, writer, author, reason, contact)"
			     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (case_id, entry_id, field)"
			     " DO UPDATE SET value = ?5, at = ?6, writer = ?7, author = ?8, reason = ?9, contact = ?10",
			     &q);

	if (err)
		return err;
	db_bind_u64(q, 1, w->case_id);
	db_bind_u64(q, 2, w->entry_id);
	db_bind_text(q, 3, w->field);
	db_bind_text(q, 4, w->entry_type);
	db_bind_text_len(q, 5, w->value, w->value_len);
	db_bind_u64(q, 6, w->at);
	db_bind_int(q, 7, w->writer);
	db_bind_int(q, 8, w->author);
	db_bind_text(q, 9, w->reason && w->reason[0] ? w->reason : NULL);
	db_bind_u64(q, 10, w->contact);
	return db_run(q);
}

int register_put(struct store *s, const struct register_write *w, bool *changed)
{
	struct record_digest d;
	bool is_same = false;
	int err;

	assert(db_in_transaction(s->db));
	*changed = false;
	err = register_digest(s, &d);
	if (!err)
		err = take_old(s, w, &d, &is_same);
	if (err)
		return err == ERR_STALE ? 0 : err;
	record_digest_change(&d, +1, w->case_id, w->entry_id, w->field, w->value, w->value_len, w->at);
	err = upsert(s, w);
	if (!err)
		err = save_digest(s, &d);
	*changed = !err && !is_same;
	return err;
}

int register_digest_again(struct store *s, struct record_digest *out)
{
	struct db_stmt *q;
	int got;
	int err = db_prepare(s->db, "SELECT case_id, entry_id, field, value, at FROM register", &q);

	*out = (struct record_digest){ { 0 } };
	if (err)
		return err;
	while ((got = db_step(q)) == 1) {
		size_t len;
		const char *value = db_text_len(q, 3, &len);

		record_digest_change(out, +1, db_u64(q, 0), db_u64(q, 1), db_text(q, 2), value, len, db_u64(q, 4));
	}
	db_done(q);
	return got;
}

int register_forget_before(struct store *s, uint64_t contact)
{
	struct record_digest d;
	struct db_stmt *q;
	int err = db_prepare(s->db, "DELETE FROM register WHERE contact < ?1", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, contact);
	err = db_run(q);
	if (!err)
		err = register_digest_again(s, &d);
	return err ? err : save_digest(s, &d);
}

int register_newest(struct store *s, uint64_t *at)
{
	int64_t newest;
	int err = db_query_int(s->db, "SELECT ifnull(max(at), 0) FROM register", &newest);

	*at = (uint64_t)newest;
	return err;
}
