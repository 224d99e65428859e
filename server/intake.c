/*
 * intake: see intake.h. This file takes a request in, inside the writer's transaction; opening it before and answering it after are
 * intake_request.c and intake_answer().
 *
 * What happens to an envelope is said by chain_place(): applied, known, held, too far ahead, or a fork. All of a request happens
 * or nothing does: a savepoint of the caller's transaction is undone when anything in it is refused.
 */
#include "server/intake.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/log.h"
#include "proto/chain.h"
#include "proto/receipt.h"
#include "server/envelope.h"
#include "server/ingest.h"
#include "server/intake_past.h"
#include "server/intake_request.h"
#include "server/outlet.h"

#define SUBJECT_BYTES_MAX 160

struct taking { /* one request */
	struct centre *c;
	struct intake_request *q;
	struct intake_result *out;
	int64_t device;
	int64_t branch_id;
	uint32_t person;
	bool is_revoked;
	struct envelope_site site;                             /* of the request's incarnation */
	struct outlet_fork fork;                               /* incarnation 0: none */
	struct past_answer past;                               /* of a device that is not revoked */
	struct outlet_receipt receipts[MESSAGE_ENVELOPES_MAX]; /* asked for beside those above `acked` */
	size_t receipt_count;
};

static int refuse(struct taking *t, int why)
{
	t->out->refused = why;
	return why;
}

/* ---- Who speaks ---- */

static int load_device(struct taking *t)
{
	struct db_stmt *s;
	int err = db_prepare(t->c->db, "SELECT branch_id, person_id, revoked_ms FROM device WHERE device = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, t->device);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? refuse(t, err_set(ERR_AUTH, "device row %lld is gone", (long long)t->device)) : err;
	t->branch_id = db_int(s, 0);
	t->person = (uint32_t)db_int(s, 1);
	t->is_revoked = !db_is_null(s, 2);
	db_done(s);
	return 0;
}

static int load_site(struct taking *t, uint32_t incarnation, struct envelope_site *site)
{
	int err = envelope_site_load(t->c, t->device, incarnation, site);

	if (err == ERR_NOT_FOUND)
		return refuse(t, err_set(ERR_AUTH, "device row %lld has no incarnation %u", (long long)t->device, incarnation));
	return err;
}

/* What a store that went back in time left on a stick before is not the newest any more, though its contact number is higher. */
static int forget_stick_request(struct taking *t)
{
	struct db_stmt *s;
	int err = db_prepare(t->c->db, "DELETE FROM stick_request WHERE device = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, t->device);
	return db_run(s);
}

static int note_contact(struct taking *t)
{
	struct db_stmt *s;
	int err = t->past.is_new_line ? forget_stick_request(t) : 0;

	if (!err)
		err = db_prepare(t->c->db,
			"UPDATE device SET contact_ms = ?2, contact = CASE WHEN ?4 THEN ?3 ELSE max(contact, ?3) END WHERE device = ?1",
			&s);
	if (err)
		return err;
	db_bind_int(s, 1, t->device);
	db_bind_int(s, 2, env_wall_ms(t->c->env));
	db_bind_u64(s, 3, t->q->m.contact < INT64_MAX ? t->q->m.contact : INT64_MAX);
	db_bind_int(s, 4, t->past.is_new_line);
	return db_run(s);
}

/* ---- Applying ---- */

static int make_receipt(struct taking *t, const struct opened *o, const struct ingest_result *r, struct buf *out)
{
	struct receipt receipt = {
		.incarnation = o->header.incarnation,
		.seq = o->header.seq,
		.time_ms = (uint64_t)env_wall_ms(t->c->env),
		.first = r->first,
		.accepted = r->accepted,
		.last_group = r->last_group,
		.exceptions = r->exceptions,
		.exception_count = r->exception_count,
	};

	memcpy(receipt.device, o->header.device, sizeof receipt.device);
	memcpy(receipt.hash, o->hash, sizeof receipt.hash);
	return receipt_encode(&receipt, t->c->keys->sign_secret, out);
}

/* The envelope that follows directly: merge, sign the receipt, move the chain. */
static int apply(struct taking *t, struct envelope_site *site, const struct opened *o)
{
	struct ingest_source from = {
		.site = site->site,
		.device = t->device,
		.branch_id = t->branch_id,
		.person = t->person,
		.last_group = site->last_group,
		.seq = o->header.seq,
	};
	struct ingest_result r;
	struct buf receipt;
	int err = ingest_changeset(t->c, &from, &o->set, &r);

	if (err)
		return err;
	buf_init(&receipt, RECEIPT_BYTES_MAX);
	err = make_receipt(t, o, &r, &receipt);
	if (err == ERR_LIMIT)
		err = refuse(t, err);
	if (!err)
		err = envelope_applied(t->c, site, o, &receipt, r.last_group);
	t->out->applied++;
	t->out->accepted += r.accepted;
	t->out->conflicts += r.conflicts;
	t->out->refused_edits += r.refused;
	buf_fini(&receipt);
	ingest_result_fini(&r);
	return err;
}

/* Where an envelope stands by its chain and by what it holds. */
static int find_place(struct taking *t, const struct envelope_site *site, const struct opened *o, const uint8_t *known,
	enum chain_place *out)
{
	bool contradicts;
	int err;

	*out = chain_place(&o->header, o->hash, site->applied, site->hash, known);
	if (*out != CHAIN_NEXT)
		return 0;
	err = ingest_contradicts(t->c, site->site, site->last_group, &o->set, &contradicts);
	if (!err && contradicts)
		*out = CHAIN_FORK;
	return err;
}

/* One held envelope whose turn has come. A held one that does not follow what was applied meanwhile is a fork, told to nobody here. */
static int apply_held(struct taking *t, struct envelope_site *site, const struct buf *bytes)
{
	const struct library_device *device = t->q->device;
	enum chain_place place;
	struct opened o;
	int err = opened_envelope(t->c, device->id, device->sign_public, bytes->data, bytes->len, &o);

	if (err)
		return err_context(err, "held envelope of site %u", site->site);
	err = find_place(t, site, &o, NULL, &place);
	if (err) {
		opened_fini(&o);
		return err;
	}
	switch (place) {
	case CHAIN_NEXT:
		err = apply(t, site, &o);
		break;
	case CHAIN_KNOWN:
	case CHAIN_AHEAD:
	case CHAIN_FAR:
	case CHAIN_FORK:
		err = envelope_quarantine_held(t->c, site, &o);
		break;
	}
	opened_fini(&o);
	return err;
}

static int apply_held_ones(struct taking *t, struct envelope_site *site)
{
	struct buf bytes;
	uint64_t before;
	bool found = true;
	int err = 0;

	buf_init(&bytes, SEAL_ENVELOPE_BYTES_MAX);
	do {
		before = site->applied;
		err = envelope_held_next(t->c, site, &bytes, &found);
		if (!err && found)
			err = apply_held(t, site, &bytes);
	} while (!err && found && site->applied > before);
	buf_fini(&bytes);
	return err;
}

/* ---- Forks ---- */

/* The first forking envelope of an incarnation earns a new one; the same envelope, and those that follow it, the same. */
static int grant(struct taking *t, const struct opened *o)
{
	uint8_t root[SEAL_HASH_BYTES];
	char subject[SUBJECT_BYTES_MAX];
	bool is_new;
	int err = envelope_fork_root(t->c, &t->site, o, root, &t->fork.seq);

	if (!err)
		err = envelope_fork_site(t->c, t->device, o->header.device, root, &t->fork.incarnation, &t->fork.site, &is_new);
	if (err == ERR_LIMIT)
		return refuse(t, err);
	if (err || !is_new)
		return err;
	snprintf(subject, sizeof subject, "device %lld incarnation %u seq %llu becomes incarnation %u site %u", (long long)t->device,
		o->header.incarnation, (unsigned long long)o->header.seq, t->fork.incarnation, t->fork.site);
	log_event(
		LOG_WARN, "intake", "fork", "device=%lld incarnation=%u site=%u", (long long)t->device, t->fork.incarnation, t->fork.site);
	return centre_audit(t->c, 0, "fork", subject);
}

static int take_fork(struct taking *t, struct envelope_site *site, const struct opened *o, const struct message_blob *bytes)
{
	int err = envelope_keep(t->c, site, o, bytes, ENVELOPE_QUARANTINED);

	t->out->forked++;
	/* Only the incarnation that speaks now is told; what an older one left on a stick is kept and waits for a person. */
	if (!err && site == &t->site && t->fork.incarnation == 0)
		err = grant(t, o);
	return err;
}

/* ---- Envelopes ---- */

static int place(struct taking *t, struct envelope_site *site, const struct opened *o, const struct message_blob *bytes)
{
	uint8_t known[SEAL_HASH_BYTES];
	enum chain_place where;
	bool is_known;
	int err = envelope_known(t->c, site->site, o->header.seq, known, &is_known);

	if (err)
		return err;
	if (site == &t->site && t->fork.incarnation != 0)
		return take_fork(t, site, o, bytes); /* everything after a fork belongs to it */
	err = find_place(t, site, o, is_known ? known : NULL, &where);
	if (err)
		return err;
	switch (where) {
	case CHAIN_NEXT:
		err = apply(t, site, o);
		return err ? err : apply_held_ones(t, site);
	case CHAIN_KNOWN:
		t->out->known++;
		return 0;
	case CHAIN_AHEAD:
		t->out->held++;
		return is_known ? 0 : envelope_keep(t->c, site, o, bytes, ENVELOPE_HELD);
	case CHAIN_FAR:
		return 0;
	case CHAIN_FORK:
		return take_fork(t, site, o, bytes);
	}
	return 0;
}

static int take_envelope(struct taking *t, size_t i)
{
	const struct opened *o = &t->q->envelopes[i];
	struct envelope_site other;
	struct envelope_site *site = &t->site;
	size_t forked = t->out->forked;
	int err = 0;

	if (o->header.incarnation != t->q->m.incarnation) {
		err = load_site(t, o->header.incarnation, &other);
		site = &other;
	}
	if (!err && t->is_revoked)
		return envelope_keep(t->c, site, o, &t->q->m.envelopes[i], ENVELOPE_QUARANTINED);
	if (!err)
		err = place(t, site, o, &t->q->m.envelopes[i]);
	if (!err && t->out->forked == forked && (site == &other || o->header.seq <= t->q->m.acked))
		t->receipts[t->receipt_count++] = (struct outlet_receipt){ .site = site->site, .seq = o->header.seq };
	return err;
}

static int make_content(struct taking *t)
{
	struct outlet_for f = {
		.request = &t->q->m,
		.site = t->site.site,
		.branch_id = t->branch_id,
		.fork = t->fork.incarnation ? &t->fork : NULL,
		.receipts = t->receipts,
		.receipt_count = t->receipt_count,
		.page_bytes = t->out->page_bytes,
		.past = &t->past,
	};

	return outlet_content(t->c, &f, &t->out->content);
}

/* What a revoked device still brought is kept, unread, for a person; it is told to erase its keys. */
static int take_inside(struct taking *t)
{
	int err = load_device(t);

	if (!err)
		err = load_site(t, t->q->m.incarnation, &t->site);
	for (size_t i = 0; i < t->q->envelope_count && !err; i++)
		err = take_envelope(t, i);
	if (!err && !t->is_revoked)
		err = past_take(t->c, t->device, t->site.site, &t->q->m, t->fork.incarnation != 0, &t->past);
	if (!err)
		err = note_contact(t);
	t->out->kind = t->is_revoked ? MESSAGE_REVOKED : MESSAGE_CONTENT;
	if (!err && !t->is_revoked)
		err = make_content(t);
	return err;
}

/* A request that is signed by its device and cannot be taken must not fail unseen. */
static int audit_refusal(struct taking *t)
{
	char subject[SUBJECT_BYTES_MAX];

	/* Anybody can send what is not signed: that is no warning. */
	log_event(t->q->is_signed ? LOG_WARN : LOG_INFO, "intake", "refused", "code=%s device=%lld", err_name(t->out->refused),
		(long long)t->device);
	if (!t->q->is_signed)
		return 0;
	snprintf(subject, sizeof subject, "device %lld incarnation %u: %.100s", (long long)t->device, t->q->m.incarnation,
		t->q->fault ? t->q->reason : err_message());
	return centre_audit(t->c, 0, "refused", subject);
}

static int take(struct taking *t)
{
	int err = intake_request_complete(t->c, t->q);

	if (err)
		return err;
	t->device = t->q->device ? t->q->device->device : 0;
	if (t->q->fault) {
		refuse(t, t->q->fault);
		return audit_refusal(t);
	}
	memcpy(t->out->box_public, t->q->device->box_public, sizeof t->out->box_public);
	err = db_savepoint(t->c->db);
	if (err)
		return err;
	err = take_inside(t);
	if (!err)
		return db_release(t->c->db);
	db_undo(t->c->db);
	return t->out->refused ? audit_refusal(t) : err;
}

int intake_take(struct centre *c, struct intake_request *q, struct intake_result *out)
{
	struct taking t = { .c = c, .q = q, .out = out };
	size_t page_bytes = out->page_bytes;
	int err;

	memset(out, 0, sizeof *out);
	out->page_bytes = page_bytes;
	buf_init(&out->content, MESSAGE_CONTENT_BYTES_MAX);
	memcpy(out->device, q->m.device, sizeof out->device);
	memcpy(out->nonce, q->m.nonce, sizeof out->nonce);
	out->dictionary_id = q->m.dictionary_id;
	err = take(&t);
	if (err)
		intake_result_fini(out);
	return err;
}

void intake_result_fini(struct intake_result *r)
{
	buf_fini(&r->content);
	memset(r, 0, sizeof *r);
}

int intake_answer(const struct centre *c, const struct intake_result *r, struct buf *out)
{
	const struct pack_dictionary *dictionary = r->dictionary_id ? library_dictionary(c->library, r->dictionary_id) : NULL;
	struct message_answer answer = { .kind = r->kind };
	struct buf frame;
	struct buf box;
	int err = 0;

	assert(r->refused == 0);
	buf_init(&frame, MESSAGE_CONTENT_BYTES_MAX);
	buf_init(&box, SEAL_BOX_BYTES_MAX);
	memcpy(answer.device, r->device, sizeof answer.device);
	memcpy(answer.nonce, r->nonce, sizeof answer.nonce);
	if (r->kind == MESSAGE_CONTENT) {
		err = pack_deflate(r->content.data, r->content.len, dictionary, &frame);
		if (!err)
			err = seal_box(frame.data, frame.len, r->box_public, &box);
		answer.box = (struct message_blob){ .data = box.data, .len = box.len };
	}
	if (!err)
		err = message_answer_encode(&answer, c->keys->sign_secret, out);
	buf_fini(&frame);
	buf_fini(&box);
	return err;
}

/* Take and commit; what was refused is committed too, for its audit row. */
static int take_and_commit(struct centre *c, struct intake_request *q, struct intake_result *r)
{
	int err = db_begin(c->db);

	if (err)
		return err;
	err = intake_take(c, q, r);
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err;
}

int intake_run(struct centre *c, const void *bytes, size_t len, struct intake_result *r, struct buf *answer)
{
	struct intake_result own = { .page_bytes = r ? r->page_bytes : 0 };
	struct intake_request *q;
	int err;

	if (r)
		memset(r, 0, sizeof *r);
	err = intake_open(c, bytes, len, &q);
	if (err)
		return err;
	err = take_and_commit(c, q, &own);
	if (!err && own.refused)
		err = own.refused;
	else if (!err)
		err = intake_answer(c, &own, answer);
	if (r && !err)
		*r = own;
	else
		intake_result_fini(&own);
	intake_request_free(q);
	return err;
}
