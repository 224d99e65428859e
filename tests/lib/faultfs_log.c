/*
 * faultfs_log: see faultfs_log.h.
 *
 * The search plays the log back into one buffer for each file and looks, after each write, at what was written and as much around it
 * as a text is long: so a text that two writes bring together is found, and one that was overwritten later too.
 */
#include "tests/lib/faultfs_log.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/faultfs_heap.h"

#define ENCODING_COUNT 3
#define TEXT_BYTES_MAX 256
#define WORD_STEP 4

/* One text in one encoding. */
struct needle {
	size_t text;                  /* its index among the texts */
	size_t len;
	uint8_t bytes[TEXT_BYTES_MAX * 2];
};

/* A file while the log is played back. */
struct content {
	uint8_t *data;
	size_t size;
	size_t room;
};

void faultfs_log_clear(struct faultfs_log *log)
{
	free(log->ops);
	free(log->bytes);
	*log = (struct faultfs_log){ 0 };
}

void faultfs_log_add(struct faultfs_log *log, struct faultfs_op op, const void *data, size_t len)
{
	if (log->op_count == log->op_room) {
		log->op_room = log->op_room ? log->op_room * 2 : 1024;
		log->ops = faultfs_heap_resize(log->ops, log->op_room * sizeof *log->ops);
	}
	if (log->byte_count + len > log->byte_room) {
		log->byte_room = (log->byte_count + len) * 2;
		log->bytes = faultfs_heap_resize(log->bytes, log->byte_room);
	}
	op.data = log->byte_count;
	op.len = len;
	if (len > 0)
		memcpy(log->bytes + log->byte_count, data, len);
	log->byte_count += len;
	log->ops[log->op_count++] = op;
	if (op.kind == FAULTFS_OP_CREATE)
		log->file_count++;
}

void faultfs_log_mark(struct faultfs_log *log, int64_t number)
{
	faultfs_log_add(log, (struct faultfs_op){ .kind = FAULTFS_OP_MARK, .offset = number }, NULL, 0);
}

uint64_t faultfs_log_written(const struct faultfs_log *log)
{
	uint64_t sum = 0;

	for (size_t i = log->base_count; i < log->op_count; i++)
		if (log->ops[i].kind == FAULTFS_OP_WRITE)
			sum += log->ops[i].len;
	return sum;
}

static void content_resize(struct content *c, size_t size)
{
	if (size > c->room) {
		c->data = faultfs_heap_resize(c->data, size * 2);
		c->room = size * 2;
	}
	if (size > c->size)
		memset(c->data + c->size, 0, size - c->size);
	c->size = size;
}

/* The text as UTF-8, UTF-16LE and UTF-16BE. */
static void needles_make(const char *text, size_t index, struct needle out[static ENCODING_COUNT])
{
	size_t len = strlen(text);

	if (len == 0 || len > TEXT_BYTES_MAX)
		abort();
	memset(out, 0, ENCODING_COUNT * sizeof *out);
	for (size_t i = 0; i < len; i++) {
		out[0].bytes[i] = (uint8_t)text[i];
		out[1].bytes[2 * i] = (uint8_t)text[i];
		out[2].bytes[2 * i + 1] = (uint8_t)text[i];
	}
	for (size_t e = 0; e < ENCODING_COUNT; e++) {
		out[e].text = index;
		out[e].len = e == 0 ? len : 2 * len;
	}
}

/* Look for the needles in and around the `len` bytes at `offset`. */
static void content_search(const struct content *c, size_t offset, size_t len, const struct needle *needles, size_t needle_count,
	bool *found)
{
	for (size_t n = 0; n < needle_count; n++) {
		size_t around = needles[n].len - 1;
		size_t from = offset > around ? offset - around : 0;
		size_t to = offset + len + around < c->size ? offset + len + around : c->size;

		if (!found[needles[n].text] && to > from && memmem(c->data + from, to - from, needles[n].bytes, needles[n].len))
			found[needles[n].text] = true;
	}
}

size_t faultfs_log_search(const struct faultfs_log *log, const char *const *texts, size_t count, bool *found)
{
	struct content *contents = faultfs_heap_resize(NULL, (log->file_count + 1) * sizeof *contents);
	struct needle *needles = faultfs_heap_resize(NULL, count * ENCODING_COUNT * sizeof *needles);
	bool *hits = faultfs_heap_resize(NULL, count * sizeof *hits);
	size_t sum = 0;

	memset(contents, 0, (log->file_count + 1) * sizeof *contents);
	memset(hits, 0, count * sizeof *hits);
	for (size_t i = 0; i < count; i++)
		needles_make(texts[i], i, needles + i * ENCODING_COUNT);
	for (size_t i = 0; i < log->op_count; i++) {
		const struct faultfs_op *op = &log->ops[i];
		struct content *c = &contents[op->file];
		size_t end = (size_t)op->offset + op->len;

		if (op->kind == FAULTFS_OP_TRUNCATE)
			content_resize(c, (size_t)op->offset);
		if (op->kind != FAULTFS_OP_WRITE)
			continue;
		content_resize(c, end > c->size ? end : c->size);
		memcpy(c->data + op->offset, log->bytes + op->data, op->len);
		content_search(c, (size_t)op->offset, op->len, needles, count * ENCODING_COUNT, hits);
	}
	for (size_t i = 0; i < count; i++)
		sum += hits[i];
	if (found)
		memcpy(found, hits, count * sizeof *hits);
	for (unsigned i = 0; i < log->file_count; i++)
		free(contents[i].data);
	free(contents);
	free(needles);
	free(hits);
	return sum;
}

/* Is this a file that the caller of faultfs_log_repeats() means? */
static bool is_meant(const struct faultfs_log *log, const struct faultfs_op *op, const char *end)
{
	size_t len = strlen(end);
	size_t name_len = op->len > 0 ? op->len - 1 : 0;

	if (op->offset == 1 || (len == 0) != (op->len == 0))
		return false;
	return name_len >= len && memcmp(log->bytes + op->data + name_len - len, end, len) == 0;
}

/* Put the words of one write in the set (0: free); the number of those that were there already. */
static uint64_t words_add(uint64_t *set, size_t mask, const uint8_t *data, size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + sizeof(uint64_t) <= len; i += WORD_STEP) {
		uint64_t word;
		size_t at;

		memcpy(&word, data + i, sizeof word);
		for (at = (size_t)(word * UINT64_C(0x9e3779b97f4a7c15) >> 20) & mask; set[at] != 0 && set[at] != word;)
			at = (at + 1) & mask;
		sum += word != 0 && set[at] == word;
		set[at] = word;
	}
	return sum;
}

uint64_t faultfs_log_repeats(const struct faultfs_log *log, const char *end, int64_t offset)
{
	bool *meant = faultfs_heap_resize(NULL, log->file_count + 1);
	size_t room = 1024;
	uint64_t *set;
	uint64_t sum = 0;

	while (room < log->byte_count / WORD_STEP * 2)
		room *= 2;
	set = faultfs_heap_resize(NULL, room * sizeof *set);
	memset(set, 0, room * sizeof *set);
	for (size_t i = 0; i < log->op_count; i++) {
		const struct faultfs_op *op = &log->ops[i];

		if (op->kind == FAULTFS_OP_CREATE)
			meant[op->file] = is_meant(log, op, end);
		if (op->kind == FAULTFS_OP_WRITE && meant[op->file] && op->offset >= offset)
			sum += words_add(set, room - 1, log->bytes + op->data, op->len);
	}
	free(meant);
	free(set);
	return sum;
}
