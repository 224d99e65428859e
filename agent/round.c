/*
 * round: see round.h. Nothing here trusts the road: a request may be repeated, an answer may come late, twice or never.
 */
#include "agent/round.h"

#include <assert.h>
#include <string.h>

#include "agent/apply.h"
#include "agent/outbox.h"
#include "agent/shelf.h"

#define NONCES_KEPT 64
#define ENVELOPE_BYTES_PER_REQUEST_MAX (768 * 1024) /* below the ceiling of a request */
#define URL_BYTES_MAX (STORE_URL_BYTES_MAX + 16)
#define SYNC_PATH "/v1/sync"

/* ---- asking ---- */

static int request_facts(struct store *s, struct message_request *q)
{
	uint64_t whole;
	int err = store_get_u64(s, "contact", &q->contact);

	q->contact++;
	if (!err)
		err = store_get_u64(s, "seen", &q->seen);
	if (!err)
		err = store_get_u64(s, "cursor", &q->cursor);
	if (!err)
		err = store_get_u64(s, "acked", &q->acked);
	if (!err)
		err = store_get_u64(s, "next_seq", &q->head);
	q->head -= q->head != 0;
	if (!err)
		err = store_get_u64(s, "covered_group", &q->acked_group); /* no receipt above it is beyond doubt: agent/fork.c */
	if (!err)
		err = store_get_u64(s, "whole", &whole);
	if (err)
		return err;
	if (whole == 1) { /* wanted: this is the first request of it */
		err = store_set_u64(s, "whole", 2);
		if (!err)
			err = store_set_u64(s, "whole_from", q->contact);
		if (!err)
			err = store_set_u64(s, "whole_cursor", 0);
	}
	if (!err && whole) {
		q->seen = 0;
		err = store_get_u64(s, "whole_cursor", &q->cursor);
	}
	q->flags = whole ? MESSAGE_WHOLE : 0;
	return err;
}

/* What tells the centre whether this store went back in time. Read before this request is counted, and more than the last one said. */
static int request_past(struct store *s, struct message_request *q)
{
	int err = store_get_u64(s, "commits", &q->commits);

	if (!err)
		err = store_get_u64(s, "answered", &q->answered);
	if (!err && q->answered)
		err = store_get_blob(s, "stamp", q->stamp, sizeof q->stamp);
	return err;
}

/* `wanted` keeps the hashes of lacking papers alive. */
static int request_papers(struct store *s, struct message_request *q, struct buf *wanted)
{
	int64_t number;
	int err = shelf_request(s, q, wanted);

	if (err)
		return err;
	q->dictionary_id = s->dictionary ? pack_dictionary_id(s->dictionary) : 0;
	err = db_query_int(s->db, "SELECT ifnull(max(number), 0) FROM manifest", &number);
	q->manifest_number = (uint64_t)number;
	return err;
}

/* Envelopes without a receipt, and those a restored centre asked for again. `bytes` keeps them alive. */
static int request_envelopes(struct store *s, struct message_request *q, struct buf *bytes)
{
	struct db_stmt *st;
	size_t offsets[MESSAGE_ENVELOPES_MAX];
	uint64_t resend;
	int got = 0;
	int err = store_get_u64(s, "resend", &resend);

	if (!err)
		err = db_prepare(s->db, "SELECT bytes FROM envelope WHERE receipt IS NULL OR (?1 > 0 AND seq >= ?1) ORDER BY seq", &st);
	if (err)
		return err;
	db_bind_u64(st, 1, resend);
	while (q->envelope_count < MESSAGE_ENVELOPES_MAX && (got = db_step(st)) == 1) {
		size_t len;
		const void *data = db_blob(st, 0, &len);

		if (q->envelope_count && bytes->len + len > ENVELOPE_BYTES_PER_REQUEST_MAX)
			break;
		offsets[q->envelope_count] = bytes->len;
		q->envelopes[q->envelope_count++].len = len;
		buf_append(bytes, data, len);
	}
	db_done(st);
	for (size_t i = 0; i < q->envelope_count; i++)
		q->envelopes[i].data = bytes->data + offsets[i];
	return got < 0 ? got : buf_error(bytes);
}

static int keep_nonce(struct store *s, const struct message_request *q)
{
	struct db_stmt *st;
	int err = db_prepare(s->db,
			     "INSERT INTO nonce (nonce, contact, seen, cursor, whole, made_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &st);

	if (err)
		return err;
	db_bind_blob(st, 1, q->nonce, sizeof q->nonce);
	db_bind_u64(st, 2, q->contact);
	db_bind_u64(st, 3, q->seen);
	db_bind_u64(st, 4, q->cursor);
	db_bind_int(st, 5, (q->flags & MESSAGE_WHOLE) != 0);
	db_bind_int(st, 6, env_wall_ms(s->env));
	err = db_run(st);
	if (!err)
		err = db_prepare(s->db, "DELETE FROM nonce WHERE contact + ?1 <= ?2", &st);
	if (err)
		return err;
	db_bind_int(st, 1, NONCES_KEPT);
	db_bind_u64(st, 2, q->contact);
	err = db_run(st);
	return err ? err : store_set_u64(s, "contact", q->contact);
}

static int make_request(struct store *s, struct buf *bytes, struct buf *wanted, struct buf *out)
{
	struct message_request q = { 0 };
	int err = db_begin(s->db);

	if (err)
		return err;
	err = store_refresh(s);
	q.incarnation = s->incarnation;
	memcpy(q.org, s->org, sizeof q.org);
	memcpy(q.device, s->device, sizeof q.device);
	env_random(s->env, q.nonce, sizeof q.nonce);
	if (!err && s->is_revoked)
		err = err_set(ERR_AUTH, "the centre has revoked this device");
	if (!err)
		err = request_facts(s, &q);
	if (!err)
		err = request_past(s, &q);
	if (!err)
		err = request_papers(s, &q, wanted);
	if (!err)
		err = request_envelopes(s, &q, bytes);
	if (!err)
		err = message_request_encode(&q, s->keys->sign_secret, out);
	if (!err)
		err = keep_nonce(s, &q);
	if (!err)
		err = db_commit(s->db);
	db_rollback(s->db);
	return err;
}

int round_request(struct store *s, struct buf *out)
{
	struct buf bytes, wanted;
	int err;

	buf_clear(out);
	if (!s->is_enrolled)
		return err_set(ERR_USAGE, "this device is not enrolled yet; run: mandoob-agent enrol");
	if (s->is_revoked)
		return err_set(ERR_AUTH, "the centre has revoked this device");
	err = outbox_seal(s);
	if (err)
		return err;
	buf_init(&bytes, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&wanted, MESSAGE_PAPERS_MAX * FORM_HASH_BYTES);
	err = make_request(s, &bytes, &wanted, out);
	buf_fini(&bytes);
	buf_fini(&wanted);
	if (err)
		buf_clear(out);
	return err;
}

/* ---- hearing ---- */

static int asked_of_nonce(struct store *s, const struct message_answer *a, struct apply_request *asked)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "SELECT seen, cursor, whole, contact FROM nonce WHERE nonce = ?1", &q);

	if (err)
		return err;
	db_bind_blob(q, 1, a->nonce, sizeof a->nonce);
	err = db_row(q);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_STALE, "answer: not to a request of this device, or answered already") : err;
	*asked = (struct apply_request){
		.seen = db_u64(q, 0), .cursor = db_u64(q, 1), .is_whole = db_int(q, 2) != 0, .contact = db_u64(q, 3)
	};
	db_done(q);
	return 0;
}

/*
 * Size, device, signature. What fails here is not the centre speaking. What it signed and we cannot read needs a newer program
 * (FORMAT.md section 16), so the signature is looked at before that is said.
 */
static int verify_answer(struct store *s, const void *data, size_t len, struct message_answer *out)
{
	bool is_answer = message_answer_peek(data, len, out) == 0;
	struct manifest m;
	int err;

	if (is_answer && memcmp(out->device, s->device, sizeof out->device) != 0)
		return err_set(ERR_AUTH, "answer: addressed to another device");
	err = store_manifest(s, &m);
	if (err)
		return err;
	err = message_answer_decode(data, len, m.sign_keys[0], m.sign_key_count, out);
	manifest_fini(&m);
	if (!is_answer && err != ERR_STALE)
		return err_set(ERR_OFFLINE,
			       "%zu bytes came back that are not an answer of the centre (a portal or a proxy?);"
			       " nothing was taken as received",
			       len);
	return err;
}

/* Decrypt, inflate under the ceiling, decode. The content borrows from `plain`. */
static int open_content(struct store *s, const struct message_answer *a, struct buf *plain, struct message_content *out)
{
	struct pack_dictionaries dictionaries = store_dictionary_finder(s);
	struct buf frame;
	int err;

	buf_init(&frame, MESSAGE_ANSWER_BYTES_MAX);
	err = seal_box_open(a->box.data, a->box.len, s->keys->box_public, s->keys->box_secret, &frame);
	if (!err)
		err = pack_inflate(frame.data, frame.len, &dictionaries, plain);
	if (!err)
		err = message_content_decode(plain->data, plain->len, out);
	buf_fini(&frame);
	return err;
}

static int forget_nonce(struct store *s, const struct message_answer *a)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "DELETE FROM nonce WHERE nonce = ?1", &q);

	if (err)
		return err;
	db_bind_blob(q, 1, a->nonce, sizeof a->nonce);
	return db_run(q);
}

static int take_content(struct store *s, const struct message_answer *a, const struct message_content *c, struct round_result *result)
{
	struct round_result heard = *result;
	struct apply_request asked;
	int err = db_begin(s->db);

	if (err)
		return err;
	err = store_refresh(s);
	if (!err)
		err = asked_of_nonce(s, a, &asked);
	if (!err)
		err = apply_content(s, c, &asked, &heard);
	if (!err)
		err = forget_nonce(s, a);
	if (!err)
		err = store_set_u64(s, "last_contact_ms", (uint64_t)env_wall_ms(s->env));
	if (!err)
		err = db_commit(s->db);
	db_rollback(s->db);
	if (err)
		return err;
	*result = heard;
	return store_reload(s);
}

/* Remembered, so that the person is told at once and nothing more is written; nothing is erased by it. */
static int take_revocation(struct store *s)
{
	int err = db_begin(s->db);

	if (err)
		return err;
	err = store_set_u64(s, "revoked", 1);
	if (!err)
		err = db_commit(s->db);
	db_rollback(s->db);
	if (err)
		return err;
	s->is_revoked = true;
	return err_set(ERR_AUTH, "the centre has revoked this device; everything saved here stays sealed on it; call the centre");
}

int round_answer(struct store *s, const void *data, size_t len, struct round_result *result)
{
	struct message_answer a;
	struct message_content c;
	struct apply_request asked;
	struct buf plain;
	int err = verify_answer(s, data, len, &a);

	if (!err)
		err = asked_of_nonce(s, &a, &asked);
	if (err)
		return err;
	switch (a.kind) {
	case MESSAGE_REVOKED:
		return take_revocation(s);
	case MESSAGE_NEWER_NEEDED:
		return err_set(ERR_STALE, "the centre asks for a newer version of this program; what is saved here waits");
	case MESSAGE_CONTENT:
		break;
	}
	buf_init(&plain, MESSAGE_CONTENT_BYTES_MAX);
	err = open_content(s, &a, &plain, &c);
	if (!err) {
		err = take_content(s, &a, &c, result);
		message_content_fini(&c);
	}
	buf_fini(&plain);
	return err;
}

/* ---- over the network ---- */

static int exchange(struct store *s, const struct buf *request, struct buf *answer)
{
	char url[URL_BYTES_MAX];
	int status;
	int err;

	buf_clear(answer);
	memcpy(url, s->url, strlen(s->url) + 1);
	memcpy(url + strlen(url), SYNC_PATH, sizeof SYNC_PATH);
	err = s->env->post(s->env->ctx, url, request->data, request->len, &status, answer);
	if (err)
		return err;
	if (status == 503)
		return err_set(ERR_BUSY, "the centre is busy (503); try again in a while");
	if (status != 200)
		return err_set(ERR_OFFLINE, "the centre, or something before it, answered with status %d; nothing was taken as received",
			       status);
	return 0;
}

static int contact_once(struct store *s, struct round_result *result)
{
	struct buf request, answer;
	int err;

	buf_init(&request, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	result->is_more = false;
	err = round_request(s, &request);
	if (!err) {
		result->requests++;
		result->sent_bytes += request.len;
		err = exchange(s, &request, &answer);
	}
	result->received_bytes += answer.len;
	if (!err)
		err = round_answer(s, answer.data, answer.len, result);
	buf_fini(&request);
	buf_fini(&answer);
	return err;
}

/* A batch larger than one request carries: go on while there is something to say. */
static int has_rest(struct store *s, bool *out)
{
	struct outbox_counts n;
	int err = outbox_count(s, &n);

	*out = n.envelopes_waiting != 0 || n.unsealed != 0;
	return err;
}

int round_sync(struct store *s, struct round_result *result)
{
	bool rest = false;
	int err;

	*result = (struct round_result){ 0 };
	if (!s->env->post || !s->url[0])
		return err_set(ERR_OFFLINE, "no address of the centre is known; use export and import with a stick");
	do {
		const struct round_result before = *result;

		result->is_forked = false;
		err = contact_once(s, result);
		if (!err)
			err = has_rest(s, &rest);
		if (rest && result->receipts == before.receipts && !result->is_forked)
			rest = false; /* nothing moved: the centre waits for something earlier */
		result->is_forked = result->is_forked || before.is_forked;
	} while (!err && (result->is_more || rest) && result->requests < ROUND_REQUESTS_MAX);
	return err;
}
