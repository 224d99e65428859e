/*
 * outbox: see outbox.h. Rows of edit_group and edit are written once; only seq, confirmed and outcome change later.
 */
#include "agent/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agent/shelf.h"
#include "proto/base/arena.h"
#include "proto/base/buf.h"

#define GROUP_BYTES_MAX (16 * 1024 * 1024)
#define GROUP_VALUE_BYTES_MAX (128 * 1024) /* of one edit group that is pushed: far below what one envelope carries */
#define EDIT_OVERHEAD_BYTES 16
/* Plaintext that one envelope may hold by our own choice: far below the ceiling, so that a packed one stays below 256 KiB. */
#define BATCH_VALUE_BYTES_MAX (192 * 1024)
/* Encoding of one group: even stored as it is (a frame may not be more than 100 times smaller) it fits an envelope with its head. */
#define GROUP_PLAIN_BYTES_MAX (SEAL_ENVELOPE_BYTES_MAX - 1024)

/* ---- pushing ---- */

static int insert_group(struct store *s, const struct edit_group *g, int64_t form_id)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "INSERT INTO edit_group (number, case_id, author, role, form_id, wall_ms, mono_ms, boot_id, seen)"
			     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
			     &q);

	if (err)
		return err;
	db_bind_u64(q, 1, g->number);
	db_bind_u64(q, 2, g->case_id);
	db_bind_int(q, 3, g->author);
	db_bind_int(q, 4, g->role);
	db_bind_int(q, 5, form_id);
	db_bind_int(q, 6, g->wall_ms);
	db_bind_int(q, 7, g->mono_ms);
	db_bind_blob(q, 8, g->boot_id, sizeof g->boot_id);
	db_bind_u64(q, 9, g->seen);
	return db_run(q);
}

static int insert_edit(struct store *s, const struct edit_group *g, size_t position)
{
	const struct edit *e = &g->edits[position];
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "INSERT INTO edit (number, position, entry_id, entry_type, field, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, g->number);
	db_bind_int(q, 2, (int64_t)position);
	db_bind_u64(q, 3, e->entry_id);
	db_bind_text(q, 4, form_entry_type(g->form, e->entry_type)->name);
	db_bind_text(q, 5, form_field(g->form, e->field)->name);
	db_bind_text_len(q, 6, e->value, e->value_len);
	return db_run(q);
}

static int insert_own(struct store *s, const struct edit_group *g, const struct edit *e)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "INSERT INTO own (case_id, entry_id, field, entry_type, value, number) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
			     " ON CONFLICT (case_id, entry_id, field) DO UPDATE SET value = ?5, number = ?6",
			     &q);

	if (err)
		return err;
	db_bind_u64(q, 1, g->case_id);
	db_bind_u64(q, 2, e->entry_id);
	db_bind_text(q, 3, form_field(g->form, e->field)->name);
	db_bind_text(q, 4, form_entry_type(g->form, e->entry_type)->name);
	db_bind_text_len(q, 5, e->value, e->value_len);
	db_bind_u64(q, 6, g->number);
	return db_run(q);
}

static int keep_case(struct store *s, const struct edit_group *g, int64_t form_id)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "INSERT INTO aid_case (case_id, form_id, opened_ms) VALUES (?1, ?2, ?3)"
			     " ON CONFLICT (case_id) DO UPDATE SET form_id = max(form_id, ?2)",
			     &q);

	if (err)
		return err;
	db_bind_u64(q, 1, g->case_id);
	db_bind_int(q, 2, form_id);
	db_bind_int(q, 3, g->wall_ms);
	return db_run(q);
}

/* What the device claims about the moment of writing; nothing is decided by it but `seen`. */
static int stamp(struct store *s, struct edit_group *g)
{
	int err = store_get_u64(s, "next_group", &g->number);

	if (g->number == 0)
		g->number = 1;
	if (!err)
		err = store_get_u64(s, "seen", &g->seen);
	if (!err)
		err = store_set_u64(s, "next_group", g->number + 1);
	g->author = s->person;
	g->role = FORM_BY_REPRESENTATIVE;
	g->wall_ms = env_wall_ms(s->env);
	g->mono_ms = env_mono_ms(s->env);
	env_boot_id(s->env, g->boot_id);
	return err;
}

/* What could not be sealed later must not be called saved now. */
static int check_size(const struct edit_group *g)
{
	struct buf plain;
	int err;

	buf_init(&plain, GROUP_PLAIN_BYTES_MAX);
	err = changeset_encode(g, 1, &plain);
	buf_fini(&plain);
	if (err == ERR_LIMIT)
		return err_set(err, "outbox: %zu answers at once are more than one envelope carries (%d KiB); save them in parts",
			       g->edit_count, GROUP_PLAIN_BYTES_MAX / 1024);
	return err;
}

int outbox_push(struct store *s, struct edit_group *g)
{
	int64_t form_id;
	int err;

	assert(db_in_transaction(s->db));
	if (!s->is_enrolled)
		return err_set(ERR_USAGE, "outbox: this device is not enrolled yet; run: mandoob-agent enrol");
	err = store_check_writer(s);
	if (err)
		return err;
	if (s->is_revoked)
		return err_set(ERR_AUTH, "outbox: the centre has revoked this device; nothing more is written on it");
	err = shelf_form_id(s, g->form, &form_id);
	if (!err)
		err = stamp(s, g);
	if (!err)
		err = edit_group_sort(g);
	if (!err)
		err = edit_group_check(g);
	if (!err)
		err = check_size(g);
	if (!err)
		err = keep_case(s, g, form_id);
	if (!err)
		err = insert_group(s, g, form_id);
	for (size_t i = 0; !err && i < g->edit_count; i++) {
		err = insert_edit(s, g, i);
		if (!err)
			err = insert_own(s, g, &g->edits[i]);
	}
	return err;
}

int outbox_rewrite(struct store *s, const struct edit_group *g)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "DELETE FROM edit WHERE number = ?1", &q);

	assert(db_in_transaction(s->db));
	if (err)
		return err;
	db_bind_u64(q, 1, g->number);
	err = db_run(q);
	for (size_t i = 0; !err && i < g->edit_count; i++)
		err = insert_edit(s, g, i);
	return err;
}

static int compare_edits(const void *a, const void *b)
{
	return edit_compare(a, b);
}

int outbox_push_edits(struct store *s, uint64_t case_id, const struct form *form, struct edit *edits, size_t count)
{
	int err = 0;

	qsort(edits, count, sizeof *edits, compare_edits);
	for (size_t from = 0; !err && from < count;) {
		struct edit_group g = { .case_id = case_id, .form = form, .edits = &edits[from] };
		size_t bytes = 0;

		do {
			bytes += edits[from].value_len + EDIT_OVERHEAD_BYTES;
			g.edit_count++;
			from++;
		} while (from < count && bytes + edits[from].value_len <= GROUP_VALUE_BYTES_MAX);
		err = outbox_push(s, &g);
	}
	return err;
}

/* ---- reading back ---- */

static int load_header(struct store *s, uint64_t number, struct edit_group *g)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "SELECT case_id, author, role, form_id, wall_ms, mono_ms, boot_id, seen,"
			     " (SELECT count(*) FROM edit WHERE edit.number = ?1) FROM edit_group WHERE number = ?1",
			     &q);
	int64_t form_id;

	if (err)
		return err;
	db_bind_u64(q, 1, number);
	err = db_row(q);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(err, "outbox: no edit group %llu", (unsigned long long)number) : err;
	g->number = number;
	g->case_id = db_u64(q, 0);
	g->author = (uint32_t)db_int(q, 1);
	g->role = (uint8_t)db_int(q, 2);
	form_id = db_int(q, 3);
	g->wall_ms = db_int(q, 4);
	g->mono_ms = db_int(q, 5);
	err = db_blob_copy(q, 6, g->boot_id, sizeof g->boot_id);
	g->seen = db_u64(q, 7);
	g->edit_count = (size_t)db_int(q, 8);
	db_done(q);
	return err ? err : shelf_form_by_id(s, form_id, &g->form);
}

static int load_edit(struct db_stmt *q, const struct edit_group *g, struct arena *arena, struct edit *e)
{
	int type = form_entry_type_find(g->form, db_text(q, 1));
	int field = type < 0 ? -1 : form_field_find_in(g->form, (size_t)type, db_text(q, 2));
	const char *value;
	size_t len;

	if (type < 0 || field < 0)
		return err_set(ERR_CORRUPT, "outbox: edit group %llu names a field its form does not have", (unsigned long long)g->number);
	value = db_text_len(q, 3, &len);
	*e = (struct edit){
		.entry_id = db_u64(q, 0),
		.entry_type = (uint16_t)type,
		.field = (uint16_t)field,
		.value = arena_copy(arena, value, len),
		.value_len = len,
	};
	return e->value ? 0 : arena_error(arena);
}

static int load_edits(struct store *s, struct edit_group *g, struct arena *arena)
{
	struct db_stmt *q;
	size_t i = 0;
	int got;
	int err = db_prepare(s->db, "SELECT entry_id, entry_type, field, value FROM edit WHERE number = ?1 ORDER BY position", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, g->number);
	g->edits = arena_alloc(arena, g->edit_count, sizeof *g->edits);
	if (!g->edits)
		err = arena_error(arena);
	while (!err && (got = db_step(q)) != 0) {
		if (got < 0 || i == g->edit_count)
			err = got < 0 ? got : err_set(ERR_BUSY, "outbox: edit group changed while it was read");
		else
			err = load_edit(q, g, arena, &g->edits[i++]);
	}
	db_done(q);
	if (!err && i != g->edit_count)
		err = err_set(ERR_BUSY, "outbox: edit group changed while it was read");
	return err;
}

int outbox_load(struct store *s, uint64_t number, struct edit_group *g, void **arena)
{
	struct arena *a = arena_new(GROUP_BYTES_MAX);
	int err;

	*arena = NULL;
	*g = (struct edit_group){ 0 };
	if (!a)
		return err_set(ERR_NOMEM, "outbox: no memory for edit group %llu", (unsigned long long)number);
	err = load_header(s, number, g);
	if (!err)
		err = load_edits(s, g, a);
	if (err) {
		arena_free(a);
		*g = (struct edit_group){ 0 };
		return err;
	}
	*arena = a;
	return 0;
}

void outbox_free(void *arena)
{
	arena_free(arena);
}

/* ---- sealing ---- */

struct batch {
	struct edit_group groups[CHANGESET_GROUPS_MAX];
	void *arenas[CHANGESET_GROUPS_MAX];
	size_t count;
	size_t value_bytes;
};

static void batch_clear(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		outbox_free(b->arenas[i]);
	b->count = 0;
	b->value_bytes = 0;
}

static size_t value_bytes(const struct edit_group *g)
{
	size_t sum = 0;

	for (size_t i = 0; i < g->edit_count; i++)
		sum += g->edits[i].value_len + 4;
	return sum;
}

/* Take unsealed groups in order until a ceiling; at least one when there is one. */
static int batch_fill(struct store *s, struct batch *b)
{
	uint64_t last = 0;
	int err;

	while (b->count < CHANGESET_GROUPS_MAX) {
		struct edit_group *g = &b->groups[b->count];
		struct db_stmt *q;
		uint64_t number;

		err = db_prepare(s->db,
				 "SELECT number FROM edit_group WHERE seq IS NULL AND confirmed = 0 AND number > ?1"
				 " ORDER BY number LIMIT 1",
				 &q);
		if (err)
			return err;
		db_bind_u64(q, 1, last);
		err = db_row(q);
		if (err)
			return err == ERR_NOT_FOUND ? 0 : err;
		number = db_u64(q, 0);
		db_done(q);
		err = outbox_load(s, number, g, &b->arenas[b->count]);
		if (err)
			return err;
		b->count++;
		b->value_bytes += value_bytes(g);
		last = number;
		if (b->count > 1 && b->value_bytes > BATCH_VALUE_BYTES_MAX) {
			outbox_free(b->arenas[--b->count]);
			return 0;
		}
	}
	return 0;
}

/* The receivers and the header of the next envelope. */
static int next_header(struct store *s, struct seal_header *h, struct seal_recipient to[2])
{
	struct manifest m;
	uint64_t seq;
	int err = store_manifest(s, &m);

	if (err)
		return err;
	*h = (struct seal_header){ .incarnation = s->incarnation, .epoch = m.receive_keys[m.receive_key_count - 1].epoch };
	memcpy(h->org, s->org, sizeof h->org);
	memcpy(h->device, s->device, sizeof h->device);
	to[0].kind = SEAL_TO_CENTRE;
	memcpy(to[0].box_public, m.receive_keys[m.receive_key_count - 1].box_public, SEAL_BOX_PUBLIC_BYTES);
	to[1].kind = SEAL_TO_RECOVERY;
	memcpy(to[1].box_public, m.recovery_public, SEAL_BOX_PUBLIC_BYTES);
	manifest_fini(&m);
	err = store_get_u64(s, "next_seq", &seq);
	h->seq = seq ? seq : 1;
	return err ? err : store_get_blob(s, "chain", h->previous, sizeof h->previous);
}

static int keep_envelope(struct store *s, const struct seal_header *h, const struct buf *envelope)
{
	uint8_t hash[SEAL_HASH_BYTES];
	struct db_stmt *q;
	int err = db_prepare(s->db, "INSERT INTO envelope (seq, hash, bytes, made_ms) VALUES (?1, ?2, ?3, ?4)", &q);

	if (err)
		return err;
	chain_next(h->previous, envelope->data, envelope->len, hash);
	db_bind_u64(q, 1, h->seq);
	db_bind_blob(q, 2, hash, sizeof hash);
	db_bind_blob(q, 3, envelope->data, envelope->len);
	db_bind_int(q, 4, env_wall_ms(s->env));
	err = db_run(q);
	if (!err)
		err = store_set_blob(s, "chain", hash, sizeof hash);
	return err ? err : store_set_u64(s, "next_seq", h->seq + 1);
}

static int mark_sealed(struct store *s, const struct batch *b, size_t count, uint64_t seq)
{
	struct db_stmt *q;
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		err = db_prepare(s->db, "UPDATE edit_group SET seq = ?2 WHERE number = ?1", &q);
		if (err)
			return err;
		db_bind_u64(q, 1, b->groups[i].number);
		db_bind_u64(q, 2, seq);
		err = db_run(q);
	}
	return err;
}

/* The first `count` groups of the batch as the next envelope. */
static int seal_groups(struct store *s, const struct batch *b, size_t count)
{
	struct buf plain, frame, envelope;
	struct seal_recipient to[2];
	struct seal_header h;
	int err;

	buf_init(&plain, CHANGESET_BYTES_MAX);
	buf_init(&frame, SEAL_ENVELOPE_BYTES_MAX);
	buf_init(&envelope, SEAL_ENVELOPE_BYTES_MAX);
	err = changeset_encode(b->groups, count, &plain);
	if (!err)
		err = pack_deflate(plain.data, plain.len, s->dictionary, &frame);
	if (!err)
		err = next_header(s, &h, to);
	if (!err)
		err = seal_envelope(s->env, &h, to, 2, frame.data, frame.len, s->keys->sign_secret, &envelope);
	if (!err)
		err = keep_envelope(s, &h, &envelope);
	if (!err)
		err = mark_sealed(s, b, count, h.seq);
	buf_fini(&plain);
	buf_fini(&frame);
	buf_fini(&envelope);
	return err;
}

/* Together when they fit; otherwise fewer, and the rest comes with the next batch. One alone fits, as outbox_push() saw to. */
static int seal_batch(struct store *s, const struct batch *b)
{
	size_t count = b->count;
	int err;

	do {
		err = seal_groups(s, b, count);
		count /= 2;
	} while (err == ERR_LIMIT && count != 0);
	return err;
}

int outbox_seal(struct store *s)
{
	struct batch *b = calloc(1, sizeof *b);
	int err;

	if (!b)
		return err_set(ERR_NOMEM, "outbox: no memory to seal");
	err = db_begin(s->db);
	if (!err)
		err = store_refresh(s);
	while (!err) {
		err = batch_fill(s, b);
		if (err || b->count == 0)
			break;
		err = seal_batch(s, b);
		batch_clear(b);
	}
	if (!err)
		err = db_commit(s->db);
	db_rollback(s->db);
	batch_clear(b);
	free(b);
	return err;
}

/* ---- counting ---- */

int outbox_count(struct store *s, struct outbox_counts *out)
{
	struct db_stmt *q;
	int err = db_prepare(s->db,
			     "SELECT (SELECT count(*) FROM edit_group), (SELECT count(*) FROM edit_group WHERE confirmed = 1),"
			     " (SELECT count(*) FROM edit_group WHERE seq IS NULL AND confirmed = 0),"
			     " (SELECT count(*) FROM envelope WHERE receipt IS NULL),"
			     " (SELECT ifnull(sum(length(bytes)), 0) FROM envelope WHERE receipt IS NULL),"
			     " (SELECT count(*) FROM pending), (SELECT count(*) FROM edit WHERE outcome = 3),"
			     " (SELECT count(*) FROM decision),"
			     " (SELECT count(*) FROM edit_group g JOIN meta m ON m.key = 'resend' AND m.value > 0"
			     "  WHERE g.confirmed = 1 AND g.seq >= m.value)",
			     &q);

	*out = (struct outbox_counts){ 0 };
	if (err)
		return err;
	err = db_row(q);
	if (err)
		return err;
	*out = (struct outbox_counts){
		.groups = db_u64(q, 0),
		.confirmed = db_u64(q, 1),
		.unsealed = db_u64(q, 2),
		.envelopes_waiting = db_u64(q, 3),
		.bytes_waiting = db_u64(q, 4),
		.pending = db_u64(q, 5),
		.refused = db_u64(q, 6),
		.decisions = db_u64(q, 7),
		.asked_again = db_u64(q, 8),
	};
	db_done(q);
	return 0;
}
