/*
 * intake_past: see intake_past.h.
 *
 * The requests of one store under one incarnation stand in a row: contact number and commits rise, head and answered never fall, and a
 * contact number is used once. So each incarnation has one line, its newest request, and a request is
 *   next    after the newest one in everything;
 *   late    before it in everything, and at odds with none of those remembered: it lay in a drawer, or it is the first of a store that was
 *           put back to before it. The answer asks for another request, which knows the stamp of this answer: one store would have made it
 *           after all that had come before the answer was given;
 *   else    not of this line. When it fits none, a new one begins there: the store went back in time.
 * A line that speaks after a later one has begun, and knows a stamp given since, lives beside it: two copies.
 *
 * Stamps are random and given once, so a centre that was put back to a backup of itself meets stamps it does not know, and no wrong ones;
 * it has forgotten requests, but those it remembers did come. Hence no restore of the centre makes a straight store look crooked.
 */
#include "server/intake_past.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/log.h"

#define NONCE_BYTES 8 /* of the nonce, remembered */
#define SUBJECT_BYTES_MAX 160

struct mark { /* what a request says of its store; numbers that the store below cannot sort count as the highest it can */
	uint64_t contact, commits, head, answered;
	uint8_t stamp[MESSAGE_STAMP_BYTES];
	uint8_t nonce[NONCE_BYTES];
};

struct line { /* a row of store_line */
	int64_t line;
	int64_t parent; /* 0: none */
	uint64_t first;
	int64_t born;
	struct mark newest;
	enum message_notice state;
	bool is_copy;
};

struct past {
	struct centre *c;
	int64_t device;
	uint32_t site;
	struct mark q;
	bool is_fork;
	struct line lines[PAST_LINES_MAX];
	size_t count;
	int64_t turn; /* of this request */
	bool is_known; /* the answer that the request knows is remembered: its row in store_contact */
	int64_t known_line;
	int64_t known_turn;
	uint64_t known_contact;
	uint64_t known_highest;
};

enum fit { FIT_NOT, FIT_NEXT, FIT_SAME, FIT_LATE };

static uint64_t sortable(uint64_t number)
{
	return number < INT64_MAX ? number : INT64_MAX;
}

static void mark_of(const struct message_request *q, struct mark *out)
{
	*out = (struct mark){
		.contact = sortable(q->contact),
		.commits = sortable(q->commits),
		.head = sortable(q->head),
		.answered = sortable(q->answered),
	};
	memcpy(out->stamp, q->stamp, sizeof out->stamp);
	memcpy(out->nonce, q->nonce, sizeof out->nonce);
}

/* ---- What is remembered ---- */

/* The same request again: the same answer's stamp, and nothing to learn. */
static int find_again(struct past *p, struct past_answer *out, bool *found)
{
	struct db_stmt *s;
	int err = db_prepare(p->c->db,
		"SELECT c.stamp, l.state FROM store_contact c JOIN store_line l ON l.site = c.site AND l.line = c.line "
		"WHERE c.site = ?1 AND c.nonce = ?2 AND c.contact = ?3 ORDER BY c.turn DESC LIMIT 1",
		&s);

	*found = false;
	if (err)
		return err;
	db_bind_int(s, 1, p->site);
	db_bind_blob(s, 2, p->q.nonce, sizeof p->q.nonce);
	db_bind_u64(s, 3, p->q.contact);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	err = db_blob_copy(s, 0, out->stamp, sizeof out->stamp);
	out->notice = (enum message_notice)db_int(s, 1);
	*found = true;
	db_done(s);
	return err;
}

static int read_line(struct db_stmt *s, struct line *out)
{
	int err;

	*out = (struct line){
		.line = db_int(s, 0),
		.parent = db_int(s, 1),
		.first = db_u64(s, 2),
		.born = db_int(s, 3),
		.newest = { .contact = db_u64(s, 4), .commits = db_u64(s, 5), .head = db_u64(s, 6), .answered = db_u64(s, 7) },
		.state = (enum message_notice)db_int(s, 10),
		.is_copy = db_int(s, 11) != 0,
	};
	err = db_blob_copy(s, 8, out->newest.stamp, sizeof out->newest.stamp);
	return err ? err : db_blob_copy(s, 9, out->newest.nonce, sizeof out->newest.nonce);
}

static int load_lines(struct past *p)
{
	struct db_stmt *s;
	int got = 0;
	int err = db_prepare(p->c->db,
		"SELECT line, parent, first, born, contact, commits, head, answered, stamp, nonce, state, is_copy "
		"FROM store_line WHERE site = ?1 ORDER BY line",
		&s);

	if (err)
		return err;
	db_bind_int(s, 1, p->site);
	while (!err && p->count < PAST_LINES_MAX && (got = db_step(s)) == 1)
		err = read_line(s, &p->lines[p->count++]);
	db_done(s);
	return err ? err : got < 0 ? got : 0;
}

static int load_turn(struct past *p)
{
	struct db_stmt *s;
	int err = db_prepare(p->c->db, "SELECT ifnull(max(turn), 0) + 1 FROM store_contact WHERE site = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, p->site);
	err = db_row(s);
	if (err)
		return err;
	p->turn = db_int(s, 0);
	db_done(s);
	return 0;
}

static int load_known(struct past *p)
{
	struct db_stmt *s;
	int err;

	if (p->q.answered == 0)
		return 0;
	err = db_prepare(p->c->db,
		"SELECT line, turn, contact, highest FROM store_contact WHERE site = ?1 AND stamp = ?2 AND contact = ?3", &s);
	if (err)
		return err;
	db_bind_int(s, 1, p->site);
	db_bind_blob(s, 2, p->q.stamp, sizeof p->q.stamp);
	db_bind_u64(s, 3, p->q.answered);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	p->is_known = true;
	p->known_line = db_int(s, 0);
	p->known_turn = db_int(s, 1);
	p->known_contact = db_u64(s, 2);
	p->known_highest = db_u64(s, 3);
	db_done(s);
	return 0;
}

/* ---- Where a request fits ---- */

static struct line *line_of(struct past *p, int64_t number)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->lines[i].line == number)
			return &p->lines[i];
	return NULL;
}

/* Whether the answer that the request knows was given on this line, or on the part of an older one that it shares. */
static bool knows_of(struct past *p, const struct line *line)
{
	if (!p->is_known)
		return true;
	for (; line; line = line_of(p, line->parent)) {
		if (line->line == p->known_line)
			return true;
		if (p->known_contact >= line->first)
			return false;
	}
	return false;
}

/* Whether one store can have made `b` at some time after `a`. */
static bool follows(const struct mark *a, const struct mark *b)
{
	if (b->contact <= a->contact || b->commits <= a->commits || b->head < a->head || b->answered < a->answered)
		return false;
	return b->answered > a->answered || memcmp(a->stamp, b->stamp, sizeof a->stamp) == 0;
}

/* follows() for all that is remembered of the line, on either side of the request. */
static int contradicts(struct past *p, const struct line *line, bool *out)
{
	struct db_stmt *s;
	int err = db_prepare(p->c->db,
		"SELECT 1 FROM store_contact WHERE site = ?1 AND line = ?2 AND (contact = ?3 OR (answered = ?6 AND known <> ?7)"
		" OR (contact < ?3 AND (commits >= ?4 OR head > ?5 OR answered > ?6))"
		" OR (contact > ?3 AND (commits <= ?4 OR head < ?5 OR answered < ?6))) LIMIT 1",
		&s);

	*out = false;
	if (err)
		return err;
	db_bind_int(s, 1, p->site);
	db_bind_int(s, 2, line->line);
	db_bind_u64(s, 3, p->q.contact);
	db_bind_u64(s, 4, p->q.commits);
	db_bind_u64(s, 5, p->q.head);
	db_bind_u64(s, 6, p->q.answered);
	db_bind_blob(s, 7, p->q.stamp, sizeof p->q.stamp);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	db_done(s);
	*out = true;
	return 0;
}

static int fit(struct past *p, const struct line *line, enum fit *out)
{
	bool no;
	int err;

	*out = FIT_NOT;
	if (!knows_of(p, line) || (line->parent && p->q.contact < line->first))
		return 0;
	/* It knows an answer that was given when this line had made a request with its contact number already. */
	if (p->is_known && p->known_line == line->line && p->q.contact <= p->known_highest)
		return 0;
	if (p->q.contact == line->newest.contact) {
		*out = memcmp(p->q.nonce, line->newest.nonce, sizeof p->q.nonce) == 0 ? FIT_SAME : FIT_NOT;
		return 0;
	}
	if (follows(&line->newest, &p->q)) {
		*out = FIT_NEXT;
		return 0;
	}
	if (!follows(&p->q, &line->newest))
		return 0;
	err = contradicts(p, line, &no);
	if (!err && !no)
		*out = FIT_LATE;
	return err;
}

/* The newest line on which the request can stand; NULL: none. */
static int find_line(struct past *p, struct line **out, enum fit *how)
{
	int err = 0;

	*out = NULL;
	*how = FIT_NOT;
	for (size_t i = p->count; i > 0 && !err && *how == FIT_NOT; i--) {
		*out = &p->lines[i - 1];
		err = fit(p, *out, how);
	}
	if (*how == FIT_NOT)
		*out = NULL;
	/* Envelopes that contradict those of the first line were not sealed on it. What parted from it may bring them. */
	if (*out && p->is_fork && (*out)->parent == 0)
		*out = NULL;
	return err;
}

/* ---- Writing down ---- */

static int save_contact(struct past *p, const struct line *line, const uint8_t stamp[static MESSAGE_STAMP_BYTES])
{
	struct db_stmt *s;
	int err = db_prepare(p->c->db,
		"INSERT INTO store_contact (site, turn, line, nonce, stamp, highest, contact, commits, head, answered, known) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
		&s);

	if (err)
		return err;
	db_bind_int(s, 1, p->site);
	db_bind_int(s, 2, p->turn);
	db_bind_int(s, 3, line->line);
	db_bind_blob(s, 4, p->q.nonce, sizeof p->q.nonce);
	db_bind_blob(s, 5, stamp, MESSAGE_STAMP_BYTES);
	db_bind_u64(s, 6, line->newest.contact);
	db_bind_u64(s, 7, p->q.contact);
	db_bind_u64(s, 8, p->q.commits);
	db_bind_u64(s, 9, p->q.head);
	db_bind_u64(s, 10, p->q.answered);
	db_bind_blob(s, 11, p->q.stamp, sizeof p->q.stamp);
	err = db_run(s);
	if (!err)
		err = db_prepare(p->c->db, "DELETE FROM store_contact WHERE site = ?1 AND turn <= ?2", &s);
	if (err)
		return err;
	db_bind_int(s, 1, p->site);
	db_bind_int(s, 2, p->turn - PAST_CONTACTS_KEPT);
	return db_run(s);
}

static int save_line(struct past *p, const struct line *line)
{
	struct db_stmt *s;
	int err = db_prepare(p->c->db,
		"INSERT INTO store_line (site, line, parent, first, born, contact, commits, head, answered, stamp, nonce, state,"
		" is_copy) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) "
		"ON CONFLICT (site, line) DO UPDATE SET contact = ?6, commits = ?7, head = ?8, answered = ?9, stamp = ?10, nonce = ?11,"
		" state = ?12, is_copy = ?13",
		&s);

	if (err)
		return err;
	db_bind_int(s, 1, p->site);
	db_bind_int(s, 2, line->line);
	if (line->parent)
		db_bind_int(s, 3, line->parent);
	db_bind_u64(s, 4, line->first);
	db_bind_int(s, 5, line->born);
	db_bind_u64(s, 6, line->newest.contact);
	db_bind_u64(s, 7, line->newest.commits);
	db_bind_u64(s, 8, line->newest.head);
	db_bind_u64(s, 9, line->newest.answered);
	db_bind_blob(s, 10, line->newest.stamp, sizeof line->newest.stamp);
	db_bind_blob(s, 11, line->newest.nonce, sizeof line->newest.nonce);
	db_bind_int(s, 12, line->state);
	db_bind_int(s, 13, line->is_copy);
	return db_run(s);
}

static int add_event(struct past *p, enum past_kind kind, const struct mark *known, int64_t about)
{
	struct db_stmt *s;
	int err = db_prepare(p->c->db,
		"INSERT INTO store_event (device, at_ms, kind, site, contact, commits, head, known_contact, known_commits, known_head,"
		" about) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
		&s);

	if (err)
		return err;
	db_bind_int(s, 1, p->device);
	db_bind_int(s, 2, env_wall_ms(p->c->env));
	db_bind_int(s, 3, kind);
	db_bind_int(s, 4, p->site);
	db_bind_u64(s, 5, p->q.contact);
	db_bind_u64(s, 6, p->q.commits);
	db_bind_u64(s, 7, p->q.head);
	db_bind_u64(s, 8, known->contact);
	db_bind_u64(s, 9, known->commits);
	db_bind_u64(s, 10, known->head);
	if (about)
		db_bind_int(s, 11, about);
	return db_run(s);
}

static int note_event(struct past *p, enum past_kind kind, const struct mark *known, int64_t about)
{
	static const char *const ACTIONS[] = {
		[PAST_BACK] = "store-back",
		[PAST_RESTORED] = "store-restored",
		[PAST_COPIES] = "store-copies",
	};
	char subject[SUBJECT_BYTES_MAX];
	int err = add_event(p, kind, known, about);

	if (err)
		return err;
	log_event(kind == PAST_RESTORED ? LOG_INFO : LOG_WARN, "intake", ACTIONS[kind],
		"device=%" PRId64 " site=%u contact=%" PRIu64 " known=%" PRIu64, p->device, p->site, p->q.contact, known->contact);
	snprintf(subject, sizeof subject, "device %" PRId64 " site %u contact %" PRIu64 " after %" PRIu64, p->device, p->site, p->q.contact,
		known->contact);
	return centre_audit(p->c, 0, ACTIONS[kind], subject);
}

/* ---- Back in time ---- */

/* An announcement of a restore that has not been met yet; 0: none. */
static int find_announced(struct past *p, int64_t *event_id)
{
	struct db_stmt *s;
	int err = db_prepare(p->c->db,
		"SELECT event_id FROM store_event e WHERE device = ?1 AND kind = ?2 AND about IS NULL AND at_ms > ?3"
		" AND NOT EXISTS (SELECT 1 FROM store_event r WHERE r.device = ?1 AND r.about = e.event_id) ORDER BY event_id LIMIT 1",
		&s);

	*event_id = 0;
	if (err)
		return err;
	db_bind_int(s, 1, p->device);
	db_bind_int(s, 2, PAST_ANNOUNCED);
	db_bind_int(s, 3, env_wall_ms(p->c->env) - PAST_ANNOUNCED_MS);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	*event_id = db_int(s, 0);
	db_done(s);
	return 0;
}

/* The request whose answer this one knows looked late then; it was the first of this line. */
static int take_over_known(struct past *p, struct line *line)
{
	struct db_stmt *s;
	int err = db_prepare(p->c->db, "UPDATE store_contact SET line = ?3, highest = contact WHERE site = ?1 AND turn = ?2", &s);

	if (err)
		return err;
	line->first = p->known_contact;
	db_bind_int(s, 1, p->site);
	db_bind_int(s, 2, p->known_turn);
	db_bind_int(s, 3, line->line);
	return db_run(s);
}

static int begin_line(struct past *p, struct line **out)
{
	const struct line *from = p->is_known ? line_of(p, p->known_line) : NULL;
	struct line *line = &p->lines[p->count];
	int64_t announced;
	int err = find_announced(p, &announced);

	if (err)
		return err;
	if (!from)
		from = &p->lines[p->count - 1];
	*line = (struct line){
		.line = p->lines[p->count - 1].line + 1,
		.parent = from->line,
		.first = p->q.contact,
		.born = p->turn,
		.newest = p->q,
		.state = announced ? MESSAGE_NOTICE_RESTORED : MESSAGE_NOTICE_BACK,
	};
	if (p->is_known && p->q.contact <= p->known_highest && p->known_contact < p->known_highest)
		err = take_over_known(p, line);
	if (!err)
		err = note_event(p, announced ? PAST_RESTORED : PAST_BACK, &from->newest, announced);
	p->count++;
	*out = line;
	return err ? err : save_line(p, line);
}

/* The first request of an incarnation. */
static int begin_first(struct past *p, struct line **out)
{
	p->lines[0] = (struct line){ .line = 1, .born = p->turn, .newest = p->q };
	p->count = 1;
	*out = &p->lines[0];
	return save_line(p, *out);
}

/* ---- Copies ---- */

/* The request is of `line` and made after a line that began later had spoken: both live. `*is_open`: perhaps, but that is not proved. */
static int find_copies(struct past *p, struct line *line, bool *is_open)
{
	const struct line *other = NULL;
	int err = 0;

	*is_open = false;
	for (struct line *l = line + 1; l < p->lines + p->count && !err; l++) {
		if (l->is_copy)
			continue;
		if (!p->is_known || p->known_line != line->line || p->known_turn <= l->born) {
			*is_open = true;
			continue;
		}
		l->is_copy = true;
		l->state = line->state = MESSAGE_NOTICE_COPIES;
		other = l;
		err = save_line(p, l);
	}
	if (err || !other)
		return err;
	err = note_event(p, PAST_COPIES, &other->newest, 0);
	return err ? err : save_line(p, line);
}

/* A request that has a place on a line known. */
static int go_on(struct past *p, struct line *line, enum fit how, struct past_answer *out)
{
	bool is_open;
	int err;

	if (how == FIT_NEXT)
		line->newest = p->q;
	err = find_copies(p, line, &is_open);
	out->ask_again = how == FIT_LATE || (how == FIT_NEXT && is_open);
	return err ? err : save_line(p, line);
}

static int take(struct past *p, struct past_answer *out)
{
	struct line *line;
	enum fit how;
	int err = load_turn(p);

	if (!err)
		err = load_lines(p);
	if (!err)
		err = load_known(p);
	if (!err)
		err = find_line(p, &line, &how);
	if (err)
		return err;
	if (line) {
		err = go_on(p, line, how, out);
	} else if (p->count == 0) {
		err = begin_first(p, &line);
	} else if (p->count < PAST_LINES_MAX) {
		err = begin_line(p, &line);
		out->is_new_line = true;
	} else {
		line = &p->lines[p->count - 1];
		line->newest = p->q;
		err = save_line(p, line);
	}
	if (err)
		return err;
	env_random(p->c->env, out->stamp, sizeof out->stamp);
	out->notice = line->state;
	return save_contact(p, line, out->stamp);
}

int past_take(struct centre *c, int64_t device, uint32_t site, const struct message_request *q, bool is_fork, struct past_answer *out)
{
	struct past p = { .c = c, .device = device, .site = site, .is_fork = is_fork };
	bool found;
	int err;

	*out = (struct past_answer){ 0 };
	mark_of(q, &p.q);
	err = find_again(&p, out, &found);
	return err || found ? err : take(&p, out);
}
