/*
 * faultfs_cut: see faultfs_cut.h.
 *
 * While the cut moves on, each file has its durable bytes, to which the operations that are not durable (the pending list, in the
 * order of the log) are applied when the file is synced, or for an image as the dice say. The dice are one of several plans, because
 * even odds for each piece would hardly ever leave, say, all but one.
 */
#include "tests/lib/faultfs_cut.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/faultfs_heap.h"

#define GARBAGE_BYTES_MAX 32
#define SEEN_SLOTS (1u << 18)     /* more than twice the images of one log */

enum plan {
	PLAN_KEEP,        /* everything reached the disk */
	PLAN_LOSE,        /* nothing did */
	PLAN_ORDER,       /* the beginning of the list did, the operation after it is torn */
	PLAN_ALL_BUT_ONE, /* one operation is lost or torn */
	PLAN_ONLY_ONE,    /* one operation reached the disk, the one after it is torn */
	PLAN_EACH,        /* dice for each piece, with odds that are drawn for the image */
};

/* What becomes of an operation, or of a piece of it. */
enum fate {
	FATE_KEPT,
	FATE_LOST,
	FATE_TORN,
	FATE_DICE,    /* draw for each piece */
};

struct bytes {
	uint8_t *data;    /* owned */
	size_t size;
	size_t room;
};

struct cut_file {
	struct bytes durable;
	const char *name;          /* durable name, borrowed from the log; NULL: none */
	bool is_new;               /* its creation is pending */
};

struct faultfs_cut {
	const struct faultfs_log *log;
	size_t next;               /* operation behind the cut */
	int64_t mark;              /* the last one passed, when has_mark */
	bool has_mark;
	struct cut_file *files;    /* one for each file of the log */
	size_t *pending;           /* operations that are not durable */
	size_t pending_count;
	size_t pending_room;
	struct bytes scratch;      /* a file of the image */
	const char **names;        /* names of the image: one for each file, NULL: none */
	/* Of the image that is being made: */
	uint64_t dice;
	unsigned sector_bytes;
	enum plan plan;
	size_t chosen;             /* of the plan: an index in the pending list */
	unsigned keep_odds;        /* of 16 */
	unsigned tear_odds;        /* of 16 */
};

/* splitmix64 (public domain, Sebastiano Vigna). */
static uint64_t roll(struct faultfs_cut *c)
{
	uint64_t z = c->dice += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t roll_below(struct faultfs_cut *c, size_t limit)
{
	return (size_t)(roll(c) % limit);
}

static void bytes_resize(struct bytes *b, size_t size)
{
	if (size > b->room) {
		b->room = size + size / 2;
		b->data = faultfs_heap_resize(b->data, b->room);
	}
	if (size > b->size)
		memset(b->data + b->size, 0, size - b->size);
	b->size = size;
}

static void bytes_write(struct bytes *b, size_t offset, const uint8_t *data, size_t len)
{
	if (offset + len > b->size)
		bytes_resize(b, offset + len);
	memcpy(b->data + offset, data, len);
}

/* ---- moving on ---- */

struct faultfs_cut *faultfs_cut_new(const struct faultfs_log *log)
{
	struct faultfs_cut *c = faultfs_heap_resize(NULL, sizeof *c);
	size_t count = log->file_count + 1;

	*c = (struct faultfs_cut){ .log = log };
	c->files = faultfs_heap_resize(NULL, count * sizeof *c->files);
	memset(c->files, 0, count * sizeof *c->files);
	c->names = faultfs_heap_resize(NULL, count * sizeof *c->names);
	while (c->next < log->base_count)
		faultfs_cut_next(c, NULL);
	return c;
}

void faultfs_cut_free(struct faultfs_cut *cut)
{
	if (!cut)
		return;
	for (unsigned i = 0; i < cut->log->file_count; i++)
		free(cut->files[i].durable.data);
	free(cut->files);
	free(cut->pending);
	free(cut->scratch.data);
	free(cut->names);
	free(cut);
}

static const uint8_t *op_data(const struct faultfs_cut *c, const struct faultfs_op *op)
{
	return c->log->bytes + op->data;
}

static const char *op_name(const struct faultfs_cut *c, const struct faultfs_op *op)
{
	return op->len > 0 ? (const char *)op_data(c, op) : NULL;
}

static bool is_content(const struct faultfs_op *op)
{
	return op->kind == FAULTFS_OP_WRITE || op->kind == FAULTFS_OP_TRUNCATE;
}

static bool is_directory(const struct faultfs_op *op)
{
	return op->kind == FAULTFS_OP_CREATE || op->kind == FAULTFS_OP_DELETE || op->kind == FAULTFS_OP_RENAME;
}

/* A name belongs to one file: take it from the others. */
static void name_give(const struct faultfs_cut *c, const char **names, unsigned file, const char *name)
{
	for (unsigned i = 0; name && i < c->log->file_count; i++)
		if (names[i] && strcmp(names[i], name) == 0)
			names[i] = NULL;
	names[file] = name;
}

static void directory_apply(const struct faultfs_cut *c, const char **names, const struct faultfs_op *op)
{
	name_give(c, names, op->file, op->kind == FAULTFS_OP_DELETE ? NULL : op_name(c, op));
}

static void names_load(const struct faultfs_cut *c)
{
	for (unsigned i = 0; i < c->log->file_count; i++)
		c->names[i] = c->files[i].name;
}

/* What is pending of file `file` becomes durable, and with `directory` all names. */
static void settle(struct faultfs_cut *c, bool content, unsigned file, bool directory)
{
	size_t left = 0;

	names_load(c);
	for (size_t i = 0; i < c->pending_count; i++) {
		const struct faultfs_op *op = &c->log->ops[c->pending[i]];

		if (is_directory(op) && directory) {
			directory_apply(c, c->names, op);
			c->files[op->file].is_new = false;
		} else if (is_content(op) && content && op->file == file) {
			if (op->kind == FAULTFS_OP_WRITE)
				bytes_write(&c->files[file].durable, (size_t)op->offset, op_data(c, op), op->len);
			else
				bytes_resize(&c->files[file].durable, (size_t)op->offset);
		} else {
			c->pending[left++] = c->pending[i];
		}
	}
	c->pending_count = left;
	for (unsigned i = 0; i < c->log->file_count; i++)
		c->files[i].name = c->names[i];
}

static void pending_add(struct faultfs_cut *c)
{
	if (c->pending_count == c->pending_room) {
		c->pending_room = c->pending_room ? c->pending_room * 2 : 256;
		c->pending = faultfs_heap_resize(c->pending, c->pending_room * sizeof *c->pending);
	}
	c->pending[c->pending_count++] = c->next;
}

bool faultfs_cut_next(struct faultfs_cut *cut, const struct faultfs_op **out)
{
	const struct faultfs_op *op = &cut->log->ops[cut->next];

	if (cut->next == cut->log->op_count)
		return false;
	if (out)
		*out = op;
	switch (op->kind) {
	case FAULTFS_OP_CREATE:
		cut->files[op->file].is_new = true;
		pending_add(cut);
		break;
	case FAULTFS_OP_WRITE:
	case FAULTFS_OP_TRUNCATE:
	case FAULTFS_OP_RENAME:
		pending_add(cut);
		break;
	case FAULTFS_OP_SYNC:
		settle(cut, true, op->file, cut->files[op->file].is_new);
		break;
	case FAULTFS_OP_DELETE:
		pending_add(cut);
		if (op->durable)
			settle(cut, false, 0, true);
		break;
	case FAULTFS_OP_DIR_SYNC:
		settle(cut, false, 0, true);
		break;
	case FAULTFS_OP_MARK:
		cut->mark = op->offset;
		cut->has_mark = true;
		break;
	}
	cut->next++;
	return true;
}

int64_t faultfs_cut_mark(const struct faultfs_cut *cut, int64_t none)
{
	return cut->has_mark ? cut->mark : none;
}

size_t faultfs_cut_pending(const struct faultfs_cut *cut)
{
	return cut->pending_count;
}

/* ---- images ---- */

static void plan_draw(struct faultfs_cut *c, uint64_t seed)
{
	static const enum plan PLANS[] = { PLAN_ORDER, PLAN_ALL_BUT_ONE, PLAN_ONLY_ONE, PLAN_EACH, PLAN_EACH };

	c->dice = seed;
	c->plan = seed == 0 ? PLAN_KEEP : seed == 1 ? PLAN_LOSE : PLANS[roll_below(c, sizeof PLANS / sizeof PLANS[0])];
	c->chosen = c->pending_count > 0 ? roll_below(c, c->pending_count) : 0;
	c->keep_odds = (unsigned)roll_below(c, 15) + 1;
	c->tear_odds = (unsigned)roll_below(c, 8);
}

static enum fate fate_of(const struct faultfs_cut *c, size_t index)
{
	switch (c->plan) {
	case PLAN_KEEP:
		return FATE_KEPT;
	case PLAN_LOSE:
		return FATE_LOST;
	case PLAN_ORDER:
		return index < c->chosen ? FATE_KEPT : index == c->chosen ? FATE_TORN : FATE_LOST;
	case PLAN_ALL_BUT_ONE:
		return index != c->chosen ? FATE_KEPT : c->keep_odds % 2 ? FATE_TORN : FATE_LOST;
	case PLAN_ONLY_ONE:
		return index == c->chosen ? FATE_KEPT : index == c->chosen + 1 ? FATE_TORN : FATE_LOST;
	case PLAN_EACH:
		return FATE_DICE;
	}
	abort();
}

/* Names and truncations are whole or not at all. */
static bool is_kept(struct faultfs_cut *c, size_t index)
{
	enum fate fate = fate_of(c, index);

	if (fate == FATE_DICE)
		return roll_below(c, 16) < c->keep_odds;
	return fate == FATE_KEPT || (fate == FATE_TORN && roll_below(c, 2) == 0);
}

static void garbage(struct faultfs_cut *c, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)roll(c);
}

/* A piece of a write that was under way: from the first byte up, from the last byte down, or spoilt as a whole. */
static void piece_tear(struct faultfs_cut *c, uint8_t *at, const uint8_t *data, size_t len)
{
	size_t done = roll_below(c, len + 1);
	size_t spoilt = len - done < GARBAGE_BYTES_MAX ? len - done : GARBAGE_BYTES_MAX;

	switch (roll_below(c, 5)) {
	case 0:
		garbage(c, at, len);
		break;
	case 1:
		memcpy(at + len - done, data + len - done, done);
		break;
	case 2:
		memcpy(at + len - done, data + len - done, done);
		garbage(c, at + len - done - spoilt, spoilt);
		break;
	case 3:
		memcpy(at, data, done);
		garbage(c, at + done, spoilt);
		break;
	default:
		memcpy(at, data, done);
		break;
	}
}

static void piece_apply(struct faultfs_cut *c, struct bytes *b, size_t offset, const uint8_t *data, size_t len, enum fate fate)
{
	if (fate == FATE_DICE) {
		size_t die = roll_below(c, 16);

		fate = die < c->keep_odds ? FATE_KEPT : roll_below(c, 16) < c->tear_odds ? FATE_TORN : FATE_LOST;
	}
	if (fate == FATE_LOST)
		return;
	if (offset + len > b->size)
		bytes_resize(b, offset + len);
	if (fate == FATE_KEPT)
		memcpy(b->data + offset, data, len);
	else
		piece_tear(c, b->data + offset, data, len);
}

static void write_apply(struct faultfs_cut *c, struct bytes *b, const struct faultfs_op *op, enum fate fate)
{
	size_t offset = (size_t)op->offset;
	const uint8_t *data = op_data(c, op);
	size_t done = 0;

	if ((fate == FATE_TORN || fate == FATE_DICE) && offset + op->len > b->size && roll_below(c, 4) == 0)
		bytes_resize(b, offset + op->len);
	/* A torn operation stops in one of its sectors; the others came through or not. */
	while (done < op->len) {
		size_t room = c->sector_bytes - (offset + done) % c->sector_bytes;
		size_t len = op->len - done < room ? op->len - done : room;
		enum fate now = fate;

		if (fate == FATE_TORN && op->len > room)
			now = (enum fate)roll_below(c, 3);
		piece_apply(c, b, offset + done, data + done, len, now);
		done += len;
	}
}

/* The content of one file of the image, in the scratch bytes. */
static void content_make(struct faultfs_cut *c, unsigned file)
{
	const struct bytes *durable = &c->files[file].durable;
	struct bytes *b = &c->scratch;

	b->size = 0;
	bytes_resize(b, durable->size);
	if (durable->size > 0)
		memcpy(b->data, durable->data, durable->size);
	for (size_t i = 0; i < c->pending_count; i++) {
		const struct faultfs_op *op = &c->log->ops[c->pending[i]];

		if (!is_content(op) || op->file != file)
			continue;
		if (op->kind == FAULTFS_OP_WRITE)
			write_apply(c, b, op, fate_of(c, i));
		else if (is_kept(c, i))
			bytes_resize(b, (size_t)op->offset);
	}
}

/* Not for strangers: it only has to tell images of one test apart. */
static uint64_t fingerprint(uint64_t hash, const uint8_t *data, size_t len)
{
	uint64_t word;

	for (size_t i = 0; i + sizeof word <= len; i += sizeof word) {
		memcpy(&word, data + i, sizeof word);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	for (size_t i = len - len % sizeof word; i < len; i++)
		hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
	return (hash ^ len) * UINT64_C(0xbf58476d1ce4e5b9);
}

uint64_t faultfs_cut_image(struct faultfs_cut *cut, unsigned sector_bytes, uint64_t seed, struct faultfs *fs)
{
	uint64_t hash = 1;

	cut->sector_bytes = sector_bytes;
	plan_draw(cut, seed);
	faultfs_clear(fs);
	names_load(cut);
	for (size_t i = 0; i < cut->pending_count; i++) {
		const struct faultfs_op *op = &cut->log->ops[cut->pending[i]];

		if (is_directory(op) && is_kept(cut, i))
			directory_apply(cut, cut->names, op);
	}
	for (unsigned i = 0; i < cut->log->file_count; i++) {
		if (!cut->names[i])
			continue;
		content_make(cut, i);
		faultfs_put(fs, cut->names[i], cut->scratch.data, cut->scratch.size);
		hash = fingerprint(hash, (const uint8_t *)cut->names[i], strlen(cut->names[i]));
		hash = fingerprint(hash, cut->scratch.data, cut->scratch.size);
	}
	return hash;
}

/* Was this image tried already? */
static bool is_new(uint64_t *seen, uint64_t hash)
{
	size_t at = hash % SEEN_SLOTS;

	for (hash |= 1; seen[at] != 0; at = (at + 1) % SEEN_SLOTS)
		if (seen[at] == hash)
			return false;
	seen[at] = hash;
	return true;
}

uint64_t faultfs_cut_each(const struct faultfs_log *log, struct faultfs *fs, unsigned images_per_cut, int64_t none,
	void (*check)(void *context, const struct faultfs_attempt *attempt), void *context)
{
	uint64_t *seen = faultfs_heap_resize(NULL, SEEN_SLOTS * sizeof *seen);
	struct faultfs_cut *cut = faultfs_cut_new(log);
	struct faultfs_attempt attempt = { 0 };
	uint64_t count = 0;

	memset(seen, 0, SEEN_SLOTS * sizeof *seen);
	do {
		attempt.mark = faultfs_cut_mark(cut, none);
		for (uint64_t i = 0; i < images_per_cut && count < SEEN_SLOTS / 2; i++) {
			uint64_t hash;

			attempt.seed = i < 2 ? i : i + attempt.cut * 1000;
			hash = faultfs_cut_image(cut, i % 2 ? 512 : 4096, attempt.seed, fs);
			if (is_new(seen, hash ^ (uint64_t)attempt.mark << 32)) {
				check(context, &attempt);
				count++;
			}
			if (cut->pending_count == 0)
				break;
		}
		attempt.cut++;
	} while (faultfs_cut_next(cut, NULL));
	faultfs_cut_free(cut);
	free(seen);
	return count;
}
