/*
 * apply: see apply.h. The order matters: keys first (a newer manifest may name the key of a later receipt), then receipts, which turn
 * our own edits into confirmed registers, then the fork notice, then what others wrote, and the digest of it all at the end.
 *
 * An answer may come late (a stick found in a drawer). Receipts and registers count whenever they come, since a register gives way
 * to a newer one only; progress (`seen`, cursor, the end of a whole scope, the digest) is made only by the answer to a request that
 * stood where the store still stands.
 */
#include "agent/apply.h"

#include <assert.h>
#include <string.h>

#include "agent/fork.h"
#include "agent/outbox.h"
#include "agent/shelf.h"
#include "agent/register.h"
#include "proto/receipt.h"

#define GENERATION_BITS 40         /* sequence numbers from here up count restores of the centre: FORMAT.md section 10 */

/* ---- receipts: our edits become confirmed ---- */

struct applied_edit {
	uint64_t contact; /* newest of this store */
	const struct edit_group *group;
	const struct edit *edit;
	size_t position;
	enum merge_outcome outcome;
	uint64_t at;    /* when accepted */
	uint64_t noted; /* what is written with this number or a higher one came after the receipt */
};

static int drop_own(struct store *s, const struct applied_edit *a)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "DELETE FROM own WHERE case_id = ?1 AND entry_id = ?2 AND field = ?3 AND number <= ?4", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, a->group->case_id);
	db_bind_u64(q, 2, a->edit->entry_id);
	db_bind_text(q, 3, form_field(a->group->form, a->edit->field)->name);
	db_bind_u64(q, 4, a->group->number);
	return db_run(q);
}

static int note_outcome(struct store *s, const struct applied_edit *a)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "UPDATE edit SET outcome = ?3 WHERE number = ?1 AND position = ?2", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, a->group->number);
	db_bind_int(q, 2, (int64_t)a->position);
	db_bind_int(q, 3, a->outcome);
	return db_run(q);
}

static int note_pending(struct store *s, const struct applied_edit *a)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "INSERT INTO pending (case_id, entry_id, field, value, number, noted) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
			     " ON CONFLICT (case_id, entry_id, field) DO UPDATE SET value = ?4, number = ?5, noted = ?6",
			     &q);

	if (err)
		return err;
	db_bind_u64(q, 1, a->group->case_id);
	db_bind_u64(q, 2, a->edit->entry_id);
	db_bind_text(q, 3, form_field(a->group->form, a->edit->field)->name);
	db_bind_text_len(q, 4, a->edit->value, a->edit->value_len);
	db_bind_u64(q, 5, a->group->number);
	db_bind_u64(q, 6, a->noted);
	return db_run(q);
}

/* A candidate of ours on the same register is settled by what we wrote later and the centre took. */
static int drop_pending(struct store *s, uint64_t case_id, uint64_t entry_id, const char *field)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "DELETE FROM pending WHERE case_id = ?1 AND entry_id = ?2 AND field = ?3", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	db_bind_u64(q, 2, entry_id);
	db_bind_text(q, 3, field);
	return db_run(q);
}

static int confirm_edit(struct store *s, const struct applied_edit *a)
{
	const char *field = form_field(a->group->form, a->edit->field)->name;
	const struct register_write w = {
		.case_id = a->group->case_id,
		.entry_id = a->edit->entry_id,
		.field = field,
		.entry_type = form_entry_type(a->group->form, a->edit->entry_type)->name,
		.value = a->edit->value,
		.value_len = a->edit->value_len,
		.at = a->at,
		.writer = s->site,
		.author = a->group->author,
		.contact = a->contact,
	};
	bool changed;
	int err = drop_pending(s, w.case_id, w.entry_id, field);

	return err ? err : register_put(s, &w, &changed);
}

static int settle_edit(struct store *s, const struct applied_edit *a, struct round_result *result)
{
	int err = note_outcome(s, a);

	if (!err)
		err = drop_own(s, a);
	if (err)
		return err;
	switch (a->outcome) {
	case MERGE_ACCEPTED:
		return confirm_edit(s, a);
	case MERGE_AGREED:
		return drop_pending(s, a->group->case_id, a->edit->entry_id, form_field(a->group->form, a->edit->field)->name);
	case MERGE_CONFLICT:
		result->conflicts++;
		return note_pending(s, a);
	case MERGE_REFUSED:
		result->refused++;
		return 0;
	case MERGE_KNOWN:
		/* Confirmed by another envelope whose receipt we never saw: only the whole scope tells the sequence numbers. */
		return store_set_u64(s, "whole", 1);
	}
	return err_set(ERR_CORRUPT, "receipt: outcome %d", (int)a->outcome);
}

static int mark_confirmed(struct store *s, uint64_t number)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "UPDATE edit_group SET confirmed = 1 WHERE number = ?1", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, number);
	return db_run(q);
}

struct receipt_cursor {
	const struct receipt *receipt;
	uint64_t contact; /* newest of this store */
	uint64_t noted;
	size_t exception; /* next one to meet */
	uint64_t at;      /* of the next accepted edit */
};

static int settle_group(struct store *s, const struct edit_group *g, struct receipt_cursor *c, struct round_result *result)
{
	const struct receipt *r = c->receipt;
	int err = 0;

	for (size_t i = 0; !err && i < g->edit_count; i++) {
		struct applied_edit a = {
			.contact = c->contact, .group = g, .edit = &g->edits[i], .position = i, .noted = c->noted
		};
		const struct receipt_exception *e = c->exception < r->exception_count ? &r->exceptions[c->exception] : NULL;

		if (e && e->group == g->number && e->edit == i) {
			a.outcome = e->outcome;
			c->exception++;
		} else {
			a.at = c->at++;
		}
		err = settle_edit(s, &a, result);
	}
	return err ? err : mark_confirmed(s, g->number);
}

/* The groups of the receipt's envelope in order; all of them and no others must be what the receipt speaks of. */
static int settle_envelope(struct store *s, struct receipt_cursor *c, struct round_result *result)
{
	const struct receipt *r = c->receipt;
	uint64_t number = 0;
	int err = 0;

	while (!err) {
		struct edit_group g;
		struct db_stmt *q;
		void *arena;

		err = db_prepare(s->db,
				 "SELECT number FROM edit_group WHERE seq = ?1 AND number > ?2 AND confirmed = 0"
				 " ORDER BY number LIMIT 1",
				 &q);
		if (err)
			return err;
		db_bind_u64(q, 1, r->seq);
		db_bind_u64(q, 2, number);
		err = db_row(q);
		if (err)
			break;
		number = db_u64(q, 0);
		db_done(q);
		err = outbox_load(s, number, &g, &arena);
		if (err)
			return err;
		err = settle_group(s, &g, c, result);
		outbox_free(arena);
	}
	if (err != ERR_NOT_FOUND)
		return err;
	if (c->exception != r->exception_count || c->at != r->first + r->accepted || number != r->last_group)
		return err_set(ERR_CORRUPT, "receipt for envelope %llu: it does not fit the edits this device sent",
			       (unsigned long long)r->seq);
	return 0;
}

static int keep_receipt(struct store *s, const struct receipt *r, const struct message_blob *bytes)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "UPDATE envelope SET receipt = ?2 WHERE seq = ?1 AND hash = ?3", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, r->seq);
	db_bind_blob(q, 2, bytes->data, bytes->len);
	db_bind_blob(q, 3, r->hash, sizeof r->hash);
	err = db_run(q);
	if (!err && db_changes(s->db) != 1)
		err = err_set(ERR_CORRUPT, "receipt for envelope %llu: this device has no such envelope", (unsigned long long)r->seq);
	return err ? err : store_set_u64(s, "last_receipt_ms", r->time_ms);
}

struct receipts { /* of one answer */
	const struct manifest *manifest;
	uint64_t contact; /* newest of this store */
	struct round_result *result;
};

/*
 * Whether a receipt for an envelope that has one already is a later one: a centre restored from a backup applied the envelope once more,
 * with the sequence numbers of a later generation and perhaps other outcomes. Of an envelope that is not kept any more nothing is taken.
 */
static int is_made_again(struct store *s, const struct receipts *all, const struct receipt *r, bool *out)
{
	struct receipt held;
	struct db_stmt *q;
	const void *bytes;
	size_t len;
	int err = db_prepare(s->db, "SELECT receipt FROM envelope WHERE seq = ?1 AND hash = ?2 AND receipt IS NOT NULL", &q);

	*out = false;
	if (err)
		return err;
	db_bind_u64(q, 1, r->seq);
	db_bind_blob(q, 2, r->hash, sizeof r->hash);
	err = db_row(q);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	bytes = db_blob(q, 0, &len);
	err = receipt_decode(bytes, len, all->manifest->sign_keys[0], all->manifest->sign_key_count, &held);
	/* One that today's keys do not vouch for is of before a change of keys: the new one stands. */
	*out = err || r->first > held.first;
	if (!err)
		receipt_fini(&held);
	db_done(q);
	return 0;
}

static int unsettle_envelope(struct store *s, uint64_t seq)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "UPDATE edit_group SET confirmed = 0 WHERE seq = ?1", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, seq);
	return db_run(q);
}

static int take_receipt(struct store *s, const struct receipts *all, const struct receipt *r, const struct message_blob *bytes)
{
	struct receipt_cursor c = { .receipt = r, .contact = all->contact, .at = r->first };
	bool is_again = false;
	uint64_t acked;
	int err = store_get_u64(s, "acked", &acked);

	if (!err && r->seq > acked + 1)
		return err_set(ERR_CORRUPT, "receipt: for envelope %llu while %llu is the last one confirmed", (unsigned long long)r->seq,
			       (unsigned long long)acked);
	if (!err && r->seq <= acked)
		err = is_made_again(s, all, r, &is_again);
	if (err || (r->seq <= acked && !is_again))
		return err;
	c.noted = r->first + r->accepted;
	err = keep_receipt(s, r, bytes);
	if (!err)
		err = is_again ? unsettle_envelope(s, r->seq) : store_set_u64(s, "acked", r->seq);
	if (!err)
		err = settle_envelope(s, &c, all->result);
	if (!err)
		all->result->receipts++;
	return err;
}

static int apply_receipt(struct store *s, const struct receipts *all, const struct message_blob *bytes)
{
	const struct manifest *m = all->manifest;
	struct receipt r;
	int err = receipt_decode(bytes->data, bytes->len, m->sign_keys[0], m->sign_key_count, &r);

	if (err)
		return err;
	if (memcmp(r.device, s->device, sizeof r.device) != 0 || r.incarnation > s->incarnation)
		err = err_set(ERR_AUTH, "receipt: made for another device or incarnation");
	else if (r.incarnation == s->incarnation) /* one of before a fork was settled then */
		err = take_receipt(s, all, &r, bytes);
	receipt_fini(&r);
	return err;
}

static int apply_receipts(struct store *s, const struct message_content *c, struct round_result *result)
{
	struct receipts all = { .result = result };
	struct manifest m;
	int err = store_get_u64(s, "contact", &all.contact);

	if (!err)
		err = store_manifest(s, &m);
	if (err)
		return err;
	all.manifest = &m;
	for (size_t i = 0; !err && i < c->receipt_count; i++)
		err = apply_receipt(s, &all, &c->receipts[i]);
	manifest_fini(&m);
	return err;
}

/* ---- where the answer stands ---- */

struct place {
	bool is_current;  /* to a request that stood where the store stands: it may make progress */
	uint64_t contact; /* newest of this store */
	uint64_t whole;   /* contact with which the pull of the whole scope began that it continues; 0: none */
};

static int find_place(struct store *s, const struct apply_request *asked, struct place *out)
{
	uint64_t seen, cursor, whole, from, whole_cursor;
	int err = store_get_u64(s, "seen", &seen);

	*out = (struct place){ 0 };
	if (!err)
		err = store_get_u64(s, "cursor", &cursor);
	if (!err)
		err = store_get_u64(s, "whole", &whole);
	if (!err)
		err = store_get_u64(s, "whole_from", &from);
	if (!err)
		err = store_get_u64(s, "whole_cursor", &whole_cursor);
	if (!err)
		err = store_get_u64(s, "contact", &out->contact);
	if (err)
		return err;
	if (asked->is_whole)
		out->is_current = whole == 2 && asked->contact >= from && asked->cursor == whole_cursor;
	else
		out->is_current = whole == 0 && asked->seen == seen && asked->cursor == cursor;
	if (asked->is_whole && out->is_current)
		out->whole = from;
	return 0;
}

/* ---- registers of others ---- */

static int note_decision(struct store *s, const struct register_write *w)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "INSERT INTO decision (case_id, entry_id, field, at, value, reason, received_ms)"
			     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
			     " ON CONFLICT (case_id, entry_id, field, at) DO NOTHING",
			     &q);

	if (err)
		return err;
	db_bind_u64(q, 1, w->case_id);
	db_bind_u64(q, 2, w->entry_id);
	db_bind_text(q, 3, w->field);
	db_bind_u64(q, 4, w->at);
	db_bind_text_len(q, 5, w->value, w->value_len);
	db_bind_text(q, 6, w->reason);
	db_bind_int(q, 7, env_wall_ms(s->env));
	return db_run(q);
}

static int keep_pulled_case(struct store *s, uint64_t case_id, const struct form *form)
{
	struct db_stmt *q;
	int64_t form_id;
	int err = shelf_form_id(s, form, &form_id);

	if (!err)
		err = db_prepare(s->db,
				 "INSERT INTO aid_case (case_id, form_id, opened_ms) VALUES (?1, ?2, ?3)"
				 " ON CONFLICT (case_id) DO UPDATE SET form_id = max(form_id, ?2)",
				 &q);
	if (err)
		return err;
	db_bind_u64(q, 1, case_id);
	db_bind_int(q, 2, form_id);
	db_bind_int(q, 3, env_wall_ms(s->env));
	return db_run(q);
}

/*
 * A case that this store made and whose group is not confirmed cannot be known to the centre, unless a copy of this store made
 * another one under the same id. The two must not meet here: the next request carries our envelope and the fork is found.
 */
static int refuse_twin(struct store *s, uint64_t id, bool *is_twin)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "SELECT 1 FROM made m WHERE m.id = ?1 AND EXISTS (SELECT 1 FROM edit_group g WHERE g.case_id = m.id)"
			     " AND NOT EXISTS (SELECT 1 FROM edit_group g WHERE g.case_id = m.id AND g.confirmed = 1)",
			     &q);

	if (err)
		return err;
	db_bind_u64(q, 1, id);
	err = db_row(q);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	db_done(q);
	*is_twin = true;
	return err_set(ERR_STALE, "answer: it holds a case that only this device can know: this store is a copy; contact the centre again");
}

static int apply_register(struct store *s, const struct form *form, const struct changeset_register *r, const struct place *place,
			  struct round_result *result)
{
	const struct register_write w = {
		.case_id = r->case_id,
		.entry_id = r->entry_id,
		.field = form_field(form, r->field)->name,
		.entry_type = form_entry_type(form, r->entry_type)->name,
		.value = r->value,
		.value_len = r->value_len,
		.at = r->at,
		.writer = r->writer,
		.author = r->author,
		.reason = r->reason,
		.contact = place->contact,
		.whole = place->whole,
	};
	bool changed;
	int err = store_note_id(s, r->entry_id);

	if (!err)
		err = register_put(s, &w, &changed);
	if (err || !changed)
		return err;
	result->registers++;
	if (r->writer == RECORD_SITE_CENTRE && r->reason[0]) {
		result->decisions++;
		err = note_decision(s, &w);
	}
	return err;
}

static int apply_pull(struct store *s, const struct message_blob *bytes, const struct place *place, struct round_result *result,
		      bool *is_twin)
{
	struct changeset_forms forms = shelf_form_finder(s);
	struct changeset_pull p;
	uint64_t last_case = 0;
	int err = changeset_pull_decode(bytes->data, bytes->len, &forms, &p);

	if (err)
		return err;
	for (size_t i = 0; !err && i < p.register_count; i++) {
		const struct changeset_register *r = &p.registers[i];

		if (r->case_id != last_case)
			err = refuse_twin(s, r->case_id, is_twin);
		if (!err && r->case_id != last_case)
			err = store_note_id(s, r->case_id);
		if (!err && r->case_id != last_case)
			err = keep_pulled_case(s, r->case_id, p.form);
		last_case = r->case_id;
		if (!err)
			err = apply_register(s, p.form, r, place, result);
	}
	changeset_pull_fini(&p);
	return err;
}

/*
 * When the answer brought receipts too, they are taken although a twin is in the pull: the receipt that makes the twin an
 * acquaintance may be one of the next, as receipts come in portions. `*is_left`: the pulls were left alone.
 */
static int take_pulls(struct store *s, const struct message_content *c, const struct place *place, bool has_news,
		      struct round_result *result, bool *is_left)
{
	struct round_result before = *result;
	bool is_twin = false;
	int err = db_savepoint(s->db);

	*is_left = false;
	if (err)
		return err;
	for (size_t i = 0; !err && i < c->pull_count; i++)
		err = apply_pull(s, &c->pulls[i], place, result, &is_twin);
	if (!err)
		return db_release(s->db);
	db_undo(s->db);
	if (!is_twin || !has_news)
		return err;
	*result = before;
	*is_left = true;
	return 0;
}

/* ---- conflicts that wait for a person ---- */

/*
 * Any write that the centre accepted on the register after our receipt ended the conflict: had it been open, the write would have become a
 * candidate too.
 */
static int settle_pending(struct store *s)
{
	return db_exec(s->db, "DELETE FROM pending WHERE EXISTS (SELECT 1 FROM register r WHERE r.case_id = pending.case_id"
			      " AND r.entry_id = pending.entry_id AND r.field = pending.field AND r.at >= pending.noted)");
}

/* ---- the rest ---- */

/* Whether registers are held that the digest of `seen` cannot hold yet: a late answer brought them. */
static int is_ahead(struct store *s, uint64_t seen, bool *out)
{
	uint64_t newest;
	int err = register_newest(s, &newest);

	*out = newest > seen && newest >> GENERATION_BITS == seen >> GENERATION_BITS;
	return err;
}

/*
 * What the device holds is not what it says it holds: `seen` is void until the whole scope has come. And the last envelope with a
 * receipt goes along once more, if it is kept: should a copy of this store have brought another one in its place after the centre was
 * restored, that is a fork, and told as one.
 */
static int note_mismatch(struct store *s, struct round_result *result)
{
	uint64_t count, acked;
	int err = store_get_u64(s, "mismatches", &count);

	result->mismatches++;
	if (!err)
		err = store_set_u64(s, "mismatches", count + 1);
	if (!err)
		err = store_set_u64(s, "seen", 0);
	if (!err)
		err = store_set_u64(s, "cursor", 0);
	if (!err)
		err = store_get_u64(s, "acked", &acked);
	if (!err)
		err = store_set_u64(s, "resend", acked);
	return err ? err : store_set_u64(s, "whole", 1);
}

/* Not while the centre still has receipts for us or asks for envelopes again: then both sides know why they differ. */
static int compare_digest(struct store *s, const struct message_content *c, struct round_result *result, bool *is_agreed)
{
	struct record_digest ours, theirs;
	bool ahead = false;
	int err;

	if (c->more || c->resend)
		return 0;
	err = register_digest(s, &ours);
	record_digest_decode(&theirs, c->digest);
	*is_agreed = !err && record_digest_equal(&ours, &theirs);
	if (err || *is_agreed)
		return err;
	err = is_ahead(s, c->seen, &ahead);
	return err || ahead ? err : note_mismatch(s, result);
}

/* The last page of the whole scope is here: what did not come again is not ours any more, and what a fork notice confirmed has come. */
static int finish_whole(struct store *s, uint64_t from)
{
	int err = register_forget_before(s, from);

	if (!err)
		err = db_exec(s->db, "DELETE FROM own WHERE number IN (SELECT number FROM edit_group WHERE confirmed = 0 AND seq = 0);"
				     "UPDATE edit_group SET confirmed = 1 WHERE confirmed = 0 AND seq = 0");
	return err ? err : store_set_u64(s, "whole", 0);
}

static int apply_progress(struct store *s, const struct message_content *c, const struct place *place, struct round_result *result,
			  bool *is_agreed)
{
	int err = 0;

	if (place->whole && c->cursor)
		return store_set_u64(s, "whole_cursor", c->cursor);
	if (place->whole)
		err = finish_whole(s, place->whole);
	if (!err)
		err = store_set_u64(s, "seen", c->seen);
	if (!err)
		err = store_set_u64(s, "cursor", c->cursor);
	if (!err && c->has_digest)
		err = compare_digest(s, c, result, is_agreed);
	return err;
}

static int note_covered_group(struct store *s, uint64_t covered)
{
	struct db_stmt *q;
	uint64_t number;
	int err = db_prepare(s->db, "SELECT ifnull(max(number), 0) FROM edit_group WHERE confirmed = 1 AND seq BETWEEN 1 AND ?1", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, covered);
	err = db_row(q);
	if (err)
		return err;
	number = db_u64(q, 0);
	db_done(q);
	return store_set_u64(s, "covered_group", number);
}

/* Only when the two sides were compared and agree: what a backup covers under our numbers may be a copy's. */
static int forget_covered(struct store *s, uint64_t covered)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "DELETE FROM envelope WHERE receipt IS NOT NULL AND seq <= ?1", &q);
	if (err)
		return err;
	db_bind_u64(q, 1, covered);
	err = db_run(q);
	if (!err && db_changes(s->db) != 0)
		err = note_covered_group(s, covered);
	return err ? err : store_set_u64(s, "covered", covered);
}

/* One that is not above what is held came with a late answer. One that cannot be read needs a newer program, and is not passed over. */
static int apply_manifest(struct store *s, const struct message_blob *bytes)
{
	struct manifest m;
	int err = store_manifest_add(s, bytes->data, bytes->len);

	if (err != ERR_STALE)
		return err;
	err = manifest_decode(bytes->data, bytes->len, s->root_public, &m);
	manifest_fini(&m);
	return err;
}

static int apply_papers(struct store *s, const struct message_content *c, const struct apply_request *asked)
{
	int err = 0;

	if (c->manifest.len)
		err = apply_manifest(s, &c->manifest);
	if (!err)
		err = shelf_take(s, c, asked->contact);
	if (!err && c->dictionary.len)
		err = store_dictionary_add(s, c->dictionary.data, c->dictionary.len);
	return err;
}

/* Registers of others, progress, and what both mean for our candidates. */
static int apply_scope(struct store *s, const struct message_content *c, const struct apply_request *asked, bool has_news,
		       struct round_result *result, bool *is_agreed)
{
	uint64_t mismatches = result->mismatches;
	struct place place;
	bool is_left = false;
	int err = find_place(s, asked, &place);

	if (!err && c->pull_count)
		err = take_pulls(s, c, &place, has_news, result, &is_left);
	if (!err && place.is_current && !is_left)
		err = apply_progress(s, c, &place, result, is_agreed);
	if (!err)
		err = settle_pending(s);
	if (is_left || (result->mismatches > mismatches && !asked->is_whole))
		result->is_more = true;
	return err;
}

/* The answer to the newest request counts: one that comes late is older than what is known already. */
static int note_stamp(struct store *s, const struct message_content *c, const struct apply_request *asked)
{
	uint64_t answered;
	int err = store_get_u64(s, "answered", &answered);

	if (err || asked->contact <= answered)
		return err;
	err = store_set_u64(s, "answered", asked->contact);
	if (!err)
		err = store_set_blob(s, "stamp", c->stamp, sizeof c->stamp);
	return err ? err : store_set_u64(s, "lease_days", c->lease_days);
}

/* What the centre says of this store stays in sight when it says no more: after a new incarnation it has nothing more to say of it. */
static int note_notice(struct store *s, const struct message_content *c)
{
	uint64_t known;
	int err = store_get_u64(s, "notice", &known);

	if (err || c->notice == MESSAGE_NOTICE_NONE || (uint64_t)c->notice == known)
		return err;
	err = store_set_u64(s, "notice", c->notice);
	return err ? err : store_set_u64(s, "notice_ms", (uint64_t)env_wall_ms(s->env));
}

static int apply_resend(struct store *s, const struct message_content *c, struct round_result *result)
{
	uint64_t before;
	int err = store_get_u64(s, "resend", &before);

	if (c->resend && c->resend != before)
		result->is_more = true;
	return err ? err : store_set_u64(s, "resend", c->resend);
}

int apply_content(struct store *s, const struct message_content *c, const struct apply_request *asked, struct round_result *result)
{
	uint64_t receipts = result->receipts;
	bool is_agreed = false;
	int err;

	assert(db_in_transaction(s->db));
	result->is_more = c->more || c->has_fork;
	err = apply_papers(s, c, asked);
	if (!err)
		err = apply_receipts(s, c, result);
	if (!err)
		err = apply_resend(s, c, result);
	if (!err)
		err = store_set_u64(s, "centre_ms", c->time_ms);
	if (!err)
		err = note_stamp(s, c, asked);
	if (!err)
		err = note_notice(s, c);
	if (!err && c->has_fork) {
		result->is_forked = true;
		return fork_take(s, c);
	}
	if (!err)
		err = apply_scope(s, c, asked, result->receipts > receipts, result, &is_agreed);
	return err || !is_agreed ? err : forget_covered(s, c->covered);
}
