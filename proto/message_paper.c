/*
 * message_paper: see message_paper.h and FORMAT.md section 10.
 */
#include "proto/message_paper.h"

#include <stdlib.h>
#include <string.h>

#include "proto/seal.h"

#define PAPER_BYTES_MIN 38 /* kind, hash, two texts of one byte, day */

void message_paper_mark(const uint8_t *hashes, size_t count, uint8_t out[static MESSAGE_MARK_BYTES])
{
	const struct seal_part part = { hashes, count * FORM_HASH_BYTES };
	uint8_t hash[SEAL_HASH_BYTES];

	seal_hash(hash, sizeof hash, "mandoob:papers", &part, 1);
	memcpy(out, hash, MESSAGE_MARK_BYTES);
}

int message_paper_compare(const struct message_paper *a, const struct message_paper *b)
{
	int names = strcmp(a->name, b->name);

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (names != 0)
		return names;
	return a->from_day < b->from_day ? -1 : a->from_day > b->from_day;
}

int message_paper_in_force(const struct message_paper *papers, size_t count, enum message_paper_kind kind, const char *name, uint32_t day)
{
	int found = -1;

	for (size_t i = 0; i < count; i++)
		if (papers[i].kind == kind && papers[i].from_day <= day && strcmp(papers[i].name, name) == 0 &&
			(found < 0 || papers[i].from_day >= papers[found].from_day))
			found = (int)i;
	return found;
}

/* ---- The catalogue ---- */

static bool is_kind(unsigned kind)
{
	return kind == MESSAGE_FORM || kind == MESSAGE_LIST;
}

int message_paper_check(const struct message_paper *papers, size_t count)
{
	int rc = 0;

	if (count > MESSAGE_PAPERS_MAX)
		return err_set(ERR_LIMIT, "catalogue: %zu papers, more than %d", count, MESSAGE_PAPERS_MAX);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct message_paper *p = &papers[i];

		rc = message_blob_check_text(p->name, FORM_NAME_BYTES_MAX, "catalogue: name");
		if (rc == 0)
			rc = message_blob_check_text(p->version, FORM_VERSION_BYTES_MAX, "catalogue: version");
		if (rc == 0 && (!is_kind(p->kind) || p->name[0] == '\0' || p->version[0] == '\0' || p->from_day > MESSAGE_DAY_MAX))
			rc = err_set(ERR_USAGE, "catalogue: kind, name, version or day of paper %zu out of range", i);
		if (rc == 0 && i > 0 && message_paper_compare(&papers[i - 1], p) > 0)
			rc = err_set(ERR_USAGE, "catalogue: paper %zu does not ascend", i);
	}
	return rc;
}

/* Matched by message_paper_read(). */
void message_paper_write(struct buf *b, const struct message_paper *papers, size_t count)
{
	write_varint(b, count);
	for (size_t i = 0; i < count; i++) {
		write_u8(b, (uint8_t)papers[i].kind);
		buf_append(b, papers[i].hash, FORM_HASH_BYTES);
		message_blob_write_text(b, papers[i].name);
		message_blob_write_text(b, papers[i].version);
		write_varint(b, papers[i].from_day);
	}
}

/* Matches message_paper_write(). */
int message_paper_read(struct reader *in, struct message_paper **papers, size_t *count)
{
	size_t n = reader_varint(in, MESSAGE_PAPERS_MAX);

	if (n == 0 || n > in->left / PAPER_BYTES_MIN)
		reader_fail(in);
	if (in->failed)
		return 0;
	*papers = calloc(n, sizeof **papers);
	if (!*papers)
		return err_set(ERR_NOMEM, "catalogue: no memory for %zu papers", n);
	*count = n;
	for (size_t i = 0; i < n && !in->failed; i++) {
		struct message_paper *p = &(*papers)[i];
		uint8_t kind = reader_u8(in);

		p->kind = (enum message_paper_kind)kind;
		reader_copy(in, p->hash, sizeof p->hash);
		message_blob_read_text(in, p->name, FORM_NAME_BYTES_MAX);
		message_blob_read_text(in, p->version, FORM_VERSION_BYTES_MAX);
		p->from_day = (uint32_t)reader_varint(in, MESSAGE_DAY_MAX);
		if (!is_kind(kind) || p->name[0] == '\0' || p->version[0] == '\0' || (i > 0 && message_paper_compare(p - 1, p) > 0))
			reader_fail(in);
	}
	return 0;
}

/* ---- Papers on their way ---- */

static size_t text_bytes_max(enum message_paper_kind kind)
{
	switch (kind) {
	case MESSAGE_FORM:
		return FORM_TEXT_BYTES_MAX;
	case MESSAGE_LIST:
		return MESSAGE_LIST_BYTES_MAX;
	}
	return 0;
}

int message_paper_check_texts(const struct message_paper_text *texts, size_t count)
{
	int rc = 0;

	if (count > MESSAGE_PAPER_TEXTS_MAX)
		return err_set(ERR_LIMIT, "content: %zu papers, more than %d", count, MESSAGE_PAPER_TEXTS_MAX);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = is_kind(texts[i].kind) ? message_blob_check(&texts[i].text, 1, text_bytes_max(texts[i].kind), "content: paper")
					    : err_set(ERR_USAGE, "content: kind of paper %zu", i);
	return rc;
}

/* Matched by message_paper_read_texts(). */
void message_paper_write_texts(struct buf *b, const struct message_paper_text *texts, size_t count)
{
	write_varint(b, count);
	for (size_t i = 0; i < count; i++) {
		write_u8(b, (uint8_t)texts[i].kind);
		message_blob_write(b, &texts[i].text);
	}
}

/* Matches message_paper_write_texts(). */
void message_paper_read_texts(struct reader *in, struct message_paper_text *texts, size_t *count)
{
	*count = reader_varint(in, MESSAGE_PAPER_TEXTS_MAX);
	if (*count == 0)
		reader_fail(in);
	for (size_t i = 0; i < *count && !in->failed; i++) {
		uint8_t kind = reader_u8(in);

		texts[i].kind = (enum message_paper_kind)kind;
		texts[i].text = message_blob_read(in, 1, is_kind(kind) ? text_bytes_max(texts[i].kind) : 0);
	}
}
