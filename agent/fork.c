/*
 * fork: see fork.h. What the centre already has under the old incarnation is told by the notice (number and hash of each group); those of
 * ours that match are done. The others are ours alone: the other copy may have used the same numbers and ids for something else, so what
 * they made gets fresh ids.
 *
 * An id is remapped when this store made it (table made) and no group of ours that the centre has speaks of it. Ids that others made, the
 * other copy among them, stay as they are. Rows of computed repeats are named after the case or row they are in, so they follow it.
 *
 * What the centre has by the word of the notice alone (seq 0) stays an own answer, shown and not called received, until the whole scope
 * brings it as registers (apply.c). Requests made before the fork are void: what answers them was counted for the old incarnation.
 *
 * A receipt proves what the centre had when it was signed. A centre restored from a backup may have lost it since, and taken another copy's
 * envelope under the same number. So the notice lists everything above what a backup covers, and what it does not list is brought again
 * although there was a receipt for it.
 */
#include "agent/fork.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/outbox.h"
#include "proto/form/model.h"

#define ID_VALUE_BYTES 16 /* a member reference as it stands in a value: 16 hex digits */

static int run1(struct store *s, const char *sql, uint64_t value)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, sql, &q);

	if (err)
		return err;
	db_bind_u64(q, 1, value);
	return db_run(q);
}

/* ---- which groups the centre has ---- */

static int compare_number(const void *number, const void *group)
{
	uint64_t x = *(const uint64_t *)number;
	uint64_t y = ((const struct message_known_group *)group)->number;

	return (x > y) - (x < y);
}

static const struct message_known_group *known_group(const struct message_content *c, uint64_t number)
{
	if (c->fork_group_count == 0)
		return NULL;
	return bsearch(&number, c->fork_groups, c->fork_group_count, sizeof *c->fork_groups, compare_number);
}

static int is_known(struct store *s, const struct message_content *c, uint64_t number, bool *out)
{
	const struct message_known_group *known = known_group(c, number);
	uint8_t hash[EDIT_HASH_BYTES];
	struct edit_group g;
	void *arena;
	int err;

	*out = false;
	if (!known)
		return 0;
	err = outbox_load(s, number, &g, &arena);
	if (err)
		return err;
	edit_group_hash(&g, hash);
	outbox_free(arena);
	*out = memcmp(hash, known->hash, sizeof hash) == 0;
	return 0;
}

/* The centre has it without a receipt of ours: its registers come with the whole scope. */
static int note_known(struct store *s, uint64_t number)
{
	int err = run1(s, "UPDATE edit_group SET seq = 0 WHERE number = ?1", number);

	return err ? err : run1(s, "UPDATE edit SET outcome = 4 WHERE number = ?1", number);
}

/* ---- fresh ids ---- */

static int list_ids(struct store *s)
{
	struct db_stmt *q;
	int err = db_exec(s->db, "CREATE TEMP TABLE IF NOT EXISTS fork_id (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);"
				 "DELETE FROM fork_id");

	if (!err)
		err = db_prepare(s->db,
				 "INSERT INTO fork_id (old, new) SELECT m.id, 0 FROM made m WHERE m.id NOT IN"
				 " (SELECT e.entry_id FROM edit e JOIN edit_group g USING (number) WHERE g.confirmed = 1 OR g.seq = 0)"
				 " AND m.id NOT IN (SELECT g.case_id FROM edit_group g WHERE g.confirmed = 1 OR g.seq = 0)",
				 &q);
	return err ? err : db_run(q);
}

/* `old` in order of making, so that the new counters keep the order. */
static int give_ids(struct store *s, uint32_t site)
{
	uint64_t old = 0;
	uint32_t counter = 0;
	int err;

	for (;;) {
		struct db_stmt *q;

		err = db_prepare(s->db, "SELECT old FROM fork_id WHERE old > ?1 ORDER BY old LIMIT 1", &q);
		if (err)
			return err;
		db_bind_u64(q, 1, old);
		err = db_row(q);
		if (err)
			break;
		old = db_u64(q, 0);
		db_done(q);
		err = db_prepare(s->db, "UPDATE fork_id SET new = ?2 WHERE old = ?1", &q);
		if (err)
			return err;
		db_bind_u64(q, 1, old);
		db_bind_u64(q, 2, record_id(site, ++counter));
		err = db_run(q);
		if (err)
			return err;
	}
	return err == ERR_NOT_FOUND ? store_set_u64(s, "counter", counter) : err;
}

static int new_id_of(struct store *s, uint64_t old, uint64_t *out)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "SELECT new FROM fork_id WHERE old = ?1", &q);

	*out = old;
	if (err)
		return err;
	db_bind_u64(q, 1, old);
	err = db_row(q);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	*out = db_u64(q, 0);
	db_done(q);
	return 0;
}

/* ---- rows of computed repeats ---- */

struct derived {
	uint64_t id;
	uint64_t owner; /* the case, or the row it is in */
	char type[FORM_NAME_BYTES_MAX + 1];
};

/* The derived id above `after` (as the database orders them) of a group that the centre may not have and that has no new id yet. */
static int next_derived(struct store *s, int64_t after, struct derived *out)
{
	struct db_stmt *q;
	const char *parent;
	int err = db_prepare(s->db,
			     "SELECT e.entry_id, g.case_id, e.entry_type, (SELECT p.value FROM edit p WHERE p.entry_id = e.entry_id"
			     " AND p.field = '" FORM_FIELD_PARENT_NAME "' AND p.value <> '' ORDER BY p.number LIMIT 1)"
			     " FROM edit e JOIN edit_group g USING (number) WHERE g.confirmed = 0 AND g.seq IS NOT 0"
			     " AND e.entry_id < 0 AND e.entry_id > ?1 AND e.entry_id NOT IN (SELECT old FROM fork_id) ORDER BY e.entry_id LIMIT 1",
			     &q);

	if (err)
		return err;
	db_bind_int(q, 1, after);
	err = db_row(q);
	if (err)
		return err;
	out->id = db_u64(q, 0);
	snprintf(out->type, sizeof out->type, "%s", db_text(q, 2));
	parent = db_text(q, 3);
	out->owner = parent && *parent ? strtoull(parent, NULL, 16) : db_u64(q, 1);
	db_done(q);
	return 0;
}

/* When what it is in has a new id it gets one too. */
static int follow_owner(struct store *s, const struct derived *d, bool *is_moved)
{
	uint64_t owner;
	struct db_stmt *q;
	int err = new_id_of(s, d->owner, &owner);

	if (err || owner == d->owner)
		return err;
	for (uint32_t ordinal = 1; ordinal <= MODEL_COUNT_MAX; ordinal++) {
		if (record_id_derive(d->owner, d->type, ordinal) != d->id)
			continue;
		err = db_prepare(s->db, "INSERT INTO fork_id (old, new) VALUES (?1, ?2)", &q);
		if (err)
			return err;
		db_bind_u64(q, 1, d->id);
		db_bind_u64(q, 2, record_id_derive(owner, d->type, ordinal));
		*is_moved = true;
		return db_run(q);
	}
	return 0;
}

/* From the outside in: a row may be in a row that has just got its id. */
static int derive_ids(struct store *s)
{
	bool is_moved = true;
	int err = 0;

	for (int depth = 0; !err && is_moved && depth < FORM_DEPTH_MAX; depth++) {
		struct derived d = { 0 };
		int64_t after = INT64_MIN;

		is_moved = false;
		while ((err = next_derived(s, after, &d)) == 0) {
			after = (int64_t)d.id;
			err = follow_owner(s, &d, &is_moved);
			if (err)
				return err;
		}
		if (err == ERR_NOT_FOUND)
			err = 0;
	}
	return err;
}

/* ---- one group under its new ids ---- */

static int remap_value(struct store *s, const struct form *form, struct edit *e, char text[static ID_VALUE_BYTES + 1])
{
	uint64_t old, new;
	int err;

	if (form_field(form, e->field)->type != FORM_SELECT_MEMBER || e->value_len != ID_VALUE_BYTES)
		return 0;
	memcpy(text, e->value, ID_VALUE_BYTES);
	text[ID_VALUE_BYTES] = '\0';
	old = strtoull(text, NULL, 16);
	err = new_id_of(s, old, &new);
	if (err || new == old)
		return err;
	snprintf(text, ID_VALUE_BYTES + 1, "%016" PRIx64, new);
	e->value = text;
	return 0;
}

static int remap_edits(struct store *s, struct edit_group *g, char (*texts)[ID_VALUE_BYTES + 1])
{
	int err = new_id_of(s, g->case_id, &g->case_id);

	for (size_t i = 0; !err && i < g->edit_count; i++) {
		err = new_id_of(s, g->edits[i].entry_id, &g->edits[i].entry_id);
		if (!err)
			err = remap_value(s, g->form, &g->edits[i], texts[i]);
	}
	if (!err)
		err = edit_group_sort(g);
	if (!err)
		err = edit_group_check(g);
	return err ? err : outbox_rewrite(s, g);
}

static int remap_group(struct store *s, uint64_t number)
{
	char(*texts)[ID_VALUE_BYTES + 1];
	struct edit_group g;
	struct db_stmt *q;
	void *arena;
	int err = outbox_load(s, number, &g, &arena);

	if (err)
		return err;
	texts = calloc(g.edit_count + 1, sizeof *texts);
	err = texts ? remap_edits(s, &g, texts) : err_set(ERR_NOMEM, "fork: no memory");
	if (!err)
		err = db_prepare(s->db, "UPDATE edit_group SET case_id = ?2, seq = NULL WHERE number = ?1", &q);
	if (!err) {
		db_bind_u64(q, 1, number);
		db_bind_u64(q, 2, g.case_id);
		err = db_run(q);
	}
	free(texts);
	outbox_free(arena);
	return err;
}

/* ---- all groups that the centre may not have, in order ---- */

/* The first number above `after` that the constant query gives. ERR_NOT_FOUND at the end. */
static int next_number(struct store *s, const char *sql, uint64_t after, uint64_t *number)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, sql, &q);

	if (err)
		return err;
	db_bind_u64(q, 1, after);
	err = db_row(q);
	if (err)
		return err;
	*number = db_u64(q, 0);
	db_done(q);
	return 0;
}

static int next_unconfirmed(struct store *s, uint64_t after, uint64_t *number)
{
	return next_number(s,
			   "SELECT number FROM edit_group WHERE confirmed = 0 AND seq IS NOT 0 AND number > ?1"
			   " ORDER BY number LIMIT 1",
			   after, number);
}

static bool is_list_whole_at(const struct message_content *c, uint64_t number)
{
	return c->fork_group_count < MESSAGE_KNOWN_GROUPS_MAX || number <= c->fork_groups[c->fork_group_count - 1].number;
}

/* The next group with a receipt whose envelope is still kept, since no backup is known to cover it. */
static int next_uncovered(struct store *s, uint64_t after, uint64_t *number)
{
	return next_number(s,
			   "SELECT number FROM edit_group g WHERE confirmed = 1 AND seq > 0 AND number > ?1"
			   " AND EXISTS (SELECT 1 FROM envelope e WHERE e.seq = g.seq) ORDER BY number LIMIT 1",
			   after, number);
}

/* What a restored centre lost is unconfirmed again. */
static int doubt_receipts(struct store *s, const struct message_content *c)
{
	uint64_t number = 0;
	bool known;
	int err;

	while ((err = next_uncovered(s, number, &number)) == 0) {
		err = is_known(s, c, number, &known);
		if (!err && !known && is_list_whole_at(c, number))
			err = run1(s, "UPDATE edit_group SET confirmed = 0 WHERE number = ?1", number);
		if (!err && !known && is_list_whole_at(c, number))
			err = run1(s, "UPDATE edit SET outcome = NULL WHERE number = ?1", number);
		if (err)
			return err;
	}
	return err == ERR_NOT_FOUND ? 0 : err;
}

static int note_all_known(struct store *s, const struct message_content *c)
{
	uint64_t number = 0;
	bool known;
	int err;

	while ((err = next_unconfirmed(s, number, &number)) == 0) {
		err = is_known(s, c, number, &known);
		if (!err && known)
			err = note_known(s, number);
		if (err)
			return err;
	}
	return err == ERR_NOT_FOUND ? 0 : err;
}

static int remap_all(struct store *s)
{
	uint64_t number = 0;
	int err;

	while ((err = next_unconfirmed(s, number, &number)) == 0) {
		err = remap_group(s, number);
		if (err)
			return err;
	}
	return err == ERR_NOT_FOUND ? 0 : err;
}

/* What a person sees of the unconfirmed answers, made again from the groups under their new ids. */
static int rebuild_own(struct store *s)
{
	return db_exec(s->db,
		       "DELETE FROM own;"
		       "INSERT INTO own (case_id, entry_id, field, entry_type, value, number)"
		       " SELECT g.case_id, e.entry_id, e.field, e.entry_type, e.value, e.number FROM edit e"
		       " JOIN edit_group g USING (number)"
		       " WHERE g.confirmed = 0 ORDER BY e.number"
		       " ON CONFLICT (case_id, entry_id, field) DO UPDATE SET value = excluded.value, number = excluded.number;"
		       "INSERT OR IGNORE INTO aid_case (case_id, form_id, opened_ms)"
		       " SELECT f.new, c.form_id, c.opened_ms FROM fork_id f JOIN aid_case c ON c.case_id = f.old;"
		       "UPDATE draft_entry SET case_id = (SELECT new FROM fork_id WHERE old = case_id) WHERE case_id IN (SELECT old FROM fork_id);"
		       "UPDATE draft_entry SET entry_id = (SELECT new FROM fork_id WHERE old = entry_id) WHERE entry_id IN (SELECT old FROM fork_id);"
		       "UPDATE draft SET case_id = (SELECT new FROM fork_id WHERE old = case_id) WHERE case_id IN (SELECT old FROM fork_id);"
		       "UPDATE finished SET case_id = (SELECT new FROM fork_id WHERE old = case_id) WHERE case_id IN (SELECT old FROM fork_id);"
		       "DELETE FROM aid_case WHERE case_id IN (SELECT old FROM fork_id)"
		       " AND NOT EXISTS (SELECT 1 FROM edit_group g WHERE g.case_id = aid_case.case_id);"
		       "DELETE FROM pending WHERE number IN (SELECT number FROM edit_group WHERE confirmed = 0)");
}

static int begin_incarnation(struct store *s, const struct message_content *c)
{
	uint8_t start[SEAL_HASH_BYTES];
	int err;

	chain_start(s->device, c->fork_incarnation, start);
	err = store_set_blob(s, "chain", start, sizeof start);
	if (!err)
		err = store_set_u64(s, "incarnation", c->fork_incarnation);
	if (!err)
		err = store_set_u64(s, "site", c->fork_site);
	if (!err)
		err = store_set_u64(s, "next_seq", 1);
	if (!err)
		err = store_set_u64(s, "acked", 0);
	if (!err)
		err = store_set_u64(s, "covered_group", 0);
	if (!err)
		err = store_set_u64(s, "covered", 0);
	if (!err)
		err = store_set_u64(s, "resend", 0);
	if (!err)
		err = store_set_u64(s, "cursor", 0);
	if (!err)
		err = store_set_u64(s, "whole", 1);
	return err ? err
		   : db_exec(s->db, "DELETE FROM envelope; DELETE FROM nonce; DELETE FROM made;"
				    "INSERT INTO made (id) SELECT new FROM fork_id WHERE new > 0;"
				    "UPDATE edit_group SET seq = 0 WHERE confirmed = 1");
}

int fork_take(struct store *s, const struct message_content *c)
{
	int err;

	assert(db_in_transaction(s->db));
	if (c->fork_incarnation <= s->incarnation || c->fork_site == RECORD_SITE_CENTRE || c->fork_site > RECORD_SITE_MAX)
		return err_set(ERR_CORRUPT, "fork notice: incarnation %u and site %u cannot follow incarnation %u", c->fork_incarnation,
			       c->fork_site, s->incarnation);
	err = doubt_receipts(s, c);
	if (!err)
		err = note_all_known(s, c);
	if (!err)
		err = list_ids(s);
	if (!err)
		err = give_ids(s, c->fork_site);
	if (!err)
		err = derive_ids(s);
	if (!err)
		err = remap_all(s);
	if (!err)
		err = rebuild_own(s);
	return err ? err : begin_incarnation(s, c);
}
