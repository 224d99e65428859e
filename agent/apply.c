/*
 * apply: see apply.h. The order matters: keys first (a newer manifest may name the key of a later receipt), then receipts, which turn
 * our own edits into confirmed registers, then the fork notice, then what others wrote, and the digest of it all at the end.
 */
#include "agent/apply.h"

#include <assert.h>
#include <string.h>

#include "agent/fork.h"
#include "agent/outbox.h"
#include "agent/register.h"
#include "proto/receipt.h"

/* ---- receipts: our edits become confirmed ---- */

struct applied_edit {
	uint64_t contact;
	const struct edit_group *group;
	const struct edit *edit;
	size_t position;
	enum merge_outcome outcome;
	uint64_t at;    /* when accepted */
	uint64_t noted; /* sequence number at the receipt */
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
	uint64_t contact;
	size_t exception; /* next one to meet */
	uint64_t at;      /* of the next accepted edit */
};

static int settle_group(struct store *s, const struct edit_group *g, struct receipt_cursor *c, struct round_result *result)
{
	const struct receipt *r = c->receipt;
	int err = 0;

	for (size_t i = 0; !err && i < g->edit_count; i++) {
		struct applied_edit a = {
			.contact = c->contact, .group = g, .edit = &g->edits[i], .position = i, .noted = r->first + r->accepted
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

/* The groups of envelope `seq` in order. */
static int settle_envelope(struct store *s, const struct receipt *r, uint64_t contact, struct round_result *result)
{
	struct receipt_cursor c = { .receipt = r, .contact = contact, .at = r->first };
	uint64_t number = 0;
	int err = 0;

	while (!err) {
		struct edit_group g;
		struct db_stmt *q;
		void *arena;

		err = db_prepare(s->db, "SELECT number FROM edit_group WHERE seq = ?1 AND number > ?2 AND confirmed = 0 ORDER BY number LIMIT 1", &q);
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
		err = settle_group(s, &g, &c, result);
		outbox_free(arena);
	}
	if (err != ERR_NOT_FOUND)
		return err;
	if (c.exception != r->exception_count || c.at != r->first + r->accepted)
		return err_set(ERR_CORRUPT, "receipt for envelope %llu: it does not fit the edits this device sent", (unsigned long long)r->seq);
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
	if (!err)
		err = store_set_u64(s, "acked", r->seq);
	if (!err)
		err = store_set_u64(s, "acked_group", r->last_group);
	return err ? err : store_set_u64(s, "last_receipt_ms", r->time_ms);
}

static int apply_receipt(struct store *s, const struct manifest *m, const struct message_blob *bytes, uint64_t contact,
			 struct round_result *result)
{
	struct receipt r;
	uint64_t acked;
	int err = receipt_decode(bytes->data, bytes->len, m->sign_keys[0], m->sign_key_count, &r);

	if (err)
		return err;
	err = store_get_u64(s, "acked", &acked);
	if (!err && (memcmp(r.device, s->device, sizeof r.device) != 0 || r.incarnation > s->incarnation))
		err = err_set(ERR_AUTH, "receipt: made for another device or incarnation");
	if (!err && r.incarnation < s->incarnation) { /* of before a fork: settled then */
		receipt_fini(&r);
		return 0;
	}
	if (!err && r.seq > acked + 1)
		err = err_set(ERR_CORRUPT, "receipt: for envelope %llu while %llu is the last one confirmed", (unsigned long long)r.seq,
			      (unsigned long long)acked);
	if (!err && r.seq == acked + 1) {
		err = keep_receipt(s, &r, bytes);
		if (!err)
			err = settle_envelope(s, &r, contact, result);
		if (!err)
			result->receipts++;
	}
	receipt_fini(&r);
	return err;
}

static int apply_receipts(struct store *s, const struct message_content *c, const struct apply_request *asked, struct round_result *result)
{
	struct manifest m;
	int err = store_manifest(s, &m);

	if (err)
		return err;
	for (size_t i = 0; !err && i < c->receipt_count; i++)
		err = apply_receipt(s, &m, &c->receipts[i], asked->contact, result);
	manifest_fini(&m);
	return err;
}

/* ---- registers of others ---- */

static int note_decision(struct store *s, const struct register_write *w)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "INSERT INTO decision (case_id, entry_id, field, at, value, reason, received_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
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

/* Our candidate is settled by a decision of the centre, or, on a field that is not protected, by any later write. */
static int settle_pending(struct store *s, const struct register_write *w, bool is_protected)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "DELETE FROM pending WHERE case_id = ?1 AND entry_id = ?2 AND field = ?3 AND noted <= ?4", &q);

	if (is_protected && w->writer != RECORD_SITE_CENTRE) {
		if (!err)
			db_done(q);
		return err;
	}
	if (err)
		return err;
	db_bind_u64(q, 1, w->case_id);
	db_bind_u64(q, 2, w->entry_id);
	db_bind_text(q, 3, w->field);
	db_bind_u64(q, 4, w->at);
	return db_run(q);
}

static int keep_pulled_case(struct store *s, uint64_t case_id, const struct form *form)
{
	struct db_stmt *q;
	int64_t form_id;
	int err = store_form_id(s, form, &form_id);

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
static int refuse_twin(struct store *s, uint64_t id)
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
	return err_set(ERR_STALE, "answer: it holds a case that only this device can know: this store is a copy; contact the centre again");
}

static int apply_register(struct store *s, const struct form *form, const struct changeset_register *r, const struct apply_request *asked,
			  struct round_result *result)
{
	const struct form_field *field = form_field(form, r->field);
	const struct register_write w = {
		.case_id = r->case_id,
		.entry_id = r->entry_id,
		.field = field->name,
		.entry_type = form_entry_type(form, r->entry_type)->name,
		.value = r->value,
		.value_len = r->value_len,
		.at = r->at,
		.writer = r->writer,
		.author = r->author,
		.reason = r->reason,
		.contact = asked->contact,
		.is_forced = asked->is_whole,
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
	return err ? err : settle_pending(s, &w, field->is_protected);
}

static int apply_pull(struct store *s, const struct message_blob *bytes, const struct apply_request *asked, struct round_result *result)
{
	struct changeset_forms forms = store_form_finder(s);
	struct changeset_pull p;
	uint64_t last_case = 0;
	int err = changeset_pull_decode(bytes->data, bytes->len, &forms, &p);

	if (err)
		return err;
	for (size_t i = 0; !err && i < p.register_count; i++) {
		const struct changeset_register *r = &p.registers[i];

		if (r->case_id != last_case)
			err = refuse_twin(s, r->case_id);
		if (!err && r->case_id != last_case)
			err = store_note_id(s, r->case_id);
		if (!err && r->case_id != last_case)
			err = keep_pulled_case(s, r->case_id, p.form);
		last_case = r->case_id;
		if (!err)
			err = apply_register(s, p.form, r, asked, result);
	}
	changeset_pull_fini(&p);
	return err;
}

/* ---- the rest ---- */

static int compare_digest(struct store *s, const struct message_content *c, struct round_result *result)
{
	struct record_digest ours, theirs;
	uint64_t count;
	int err = register_digest(s, &ours);

	record_digest_decode(&theirs, c->digest);
	if (err || record_digest_equal(&ours, &theirs))
		return err;
	result->mismatches++;
	err = store_get_u64(s, "mismatches", &count);
	if (!err)
		err = store_set_u64(s, "mismatches", count + 1);
	return err ? err : store_set_u64(s, "whole", 1);
}

/* The pull of the whole scope: progress by its own cursor, `seen` moves at the end only. */
static int whole_progress(struct store *s, const struct message_content *c, const struct apply_request *asked, bool *done)
{
	uint64_t whole, from, cursor;
	int err = store_get_u64(s, "whole", &whole);

	*done = false;
	if (!err)
		err = store_get_u64(s, "whole_from", &from);
	if (!err)
		err = store_get_u64(s, "whole_cursor", &cursor);
	if (err || whole != 2 || asked->contact < from || asked->cursor != cursor)
		return err;
	if (c->cursor)
		return store_set_u64(s, "whole_cursor", c->cursor);
	*done = true;
	err = register_forget_before(s, from);
	return err ? err : store_set_u64(s, "whole", 0);
}

/* Move `seen` only from where the request stood: a late answer (a stick found in a drawer) brings registers but no progress. */
static int apply_progress(struct store *s, const struct message_content *c, const struct apply_request *asked, struct round_result *result)
{
	uint64_t seen, cursor;
	bool moves;
	int err = store_get_u64(s, "seen", &seen);

	if (!err)
		err = store_get_u64(s, "cursor", &cursor);
	moves = seen == asked->seen && cursor == asked->cursor;
	if (!err && asked->is_whole)
		err = whole_progress(s, c, asked, &moves);
	if (err || !moves)
		return err;
	err = store_set_u64(s, "seen", c->seen);
	if (!err)
		err = store_set_u64(s, "cursor", c->cursor);
	if (!err && c->has_digest)
		err = compare_digest(s, c, result);
	return err;
}

static int forget_covered(struct store *s, uint64_t covered)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "DELETE FROM envelope WHERE receipt IS NOT NULL AND seq <= ?1", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, covered);
	return db_run(q);
}

static int apply_papers(struct store *s, const struct message_content *c)
{
	int err = 0;

	if (c->manifest.len) {
		err = store_manifest_add(s, c->manifest.data, c->manifest.len);
		if (err == ERR_STALE)
			err = 0; /* an answer that came late: what is held is newer */
	}
	if (!err && c->form.len)
		err = store_form_add(s, (const char *)c->form.data, c->form.len);
	if (!err && c->dictionary.len)
		err = store_dictionary_add(s, c->dictionary.data, c->dictionary.len);
	return err;
}

int apply_content(struct store *s, const struct message_content *c, const struct apply_request *asked, struct round_result *result)
{
	int err;

	assert(db_in_transaction(s->db));
	err = apply_papers(s, c);
	if (!err)
		err = apply_receipts(s, c, asked, result);
	if (!err)
		err = store_set_u64(s, "resend", c->resend);
	if (!err && c->has_fork) {
		result->is_forked = true;
		return fork_take(s, c);
	}
	if (!err && c->pull.len)
		err = apply_pull(s, &c->pull, asked, result);
	if (!err)
		err = apply_progress(s, c, asked, result);
	if (!err)
		err = forget_covered(s, c->covered);
	if (!err)
		err = store_set_u64(s, "covered", c->covered);
	return err ? err : store_set_u64(s, "centre_ms", c->time_ms);
}
