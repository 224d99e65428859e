/*
 * message_content: see message_content.h and FORMAT.md section 10.
 */
#include "proto/message_content.h"

#include <stdlib.h>

#include "proto/manifest.h"
#include "proto/pack.h"
#include "proto/receipt.h"
#include "proto/seal.h"

#define KNOWN_GROUP_BYTES_MIN 17 /* varint and hash */

/* Optional parts of a content, in the order in which they follow. */
enum content_flag {
	CONTENT_MORE = 1,
	CONTENT_MANIFEST = 2,
	CONTENT_CATALOGUE = 4,
	CONTENT_DICTIONARY = 8,
	CONTENT_FORK = 16,
	CONTENT_DIGEST = 32,
	CONTENT_RESEND = 64,
	CONTENT_PULL = 128,
	CONTENT_NOTICE = 256,
	CONTENT_LEASE = 512,
	CONTENT_PAPERS = 1024,
};
#define CONTENT_FLAGS_KNOWN 2047

static uint64_t content_flags(const struct message_content *c)
{
	return (c->more ? CONTENT_MORE : 0u) | (c->manifest.len ? CONTENT_MANIFEST : 0u) | (c->catalogue_count ? CONTENT_CATALOGUE : 0u) |
	       (c->dictionary.len ? CONTENT_DICTIONARY : 0u) | (c->has_fork ? CONTENT_FORK : 0u) | (c->has_digest ? CONTENT_DIGEST : 0u) |
	       (c->resend ? CONTENT_RESEND : 0u) | (c->pull_count ? CONTENT_PULL : 0u) | (c->notice ? CONTENT_NOTICE : 0u) |
	       (c->lease_days ? CONTENT_LEASE : 0u) | (c->paper_count ? CONTENT_PAPERS : 0u);
}

static int fork_check(const struct message_content *c)
{
	if (!c->has_fork)
		return 0;
	if (c->fork_incarnation == 0 || c->fork_site == 0 || c->fork_site > RECORD_SITE_MAX)
		return err_set(ERR_USAGE, "fork notice: incarnation or site out of range");
	if (c->fork_group_count > MESSAGE_KNOWN_GROUPS_MAX)
		return err_set(ERR_LIMIT, "fork notice: %zu groups, more than %d", c->fork_group_count, MESSAGE_KNOWN_GROUPS_MAX);
	for (size_t i = 0; i < c->fork_group_count; i++)
		if (c->fork_groups[i].number <= (i > 0 ? c->fork_groups[i - 1].number : 0))
			return err_set(ERR_USAGE, "fork notice: groups do not ascend from 1");
	return 0;
}

static int pulls_check(const struct message_content *c)
{
	int rc = 0;

	if (c->pull_count > MESSAGE_PULLS_MAX)
		return err_set(ERR_LIMIT, "content: %zu pulls, more than %d", c->pull_count, MESSAGE_PULLS_MAX);
	for (size_t i = 0; rc == 0 && i < c->pull_count; i++)
		rc = message_blob_check(&c->pulls[i], 1, MESSAGE_CONTENT_BYTES_MAX, "content: pull");
	return rc;
}

static int content_check(const struct message_content *c)
{
	int rc = 0;

	if (c->receipt_count > MESSAGE_RECEIPTS_MAX)
		return err_set(ERR_LIMIT, "content: %zu receipts, more than %d", c->receipt_count, MESSAGE_RECEIPTS_MAX);
	for (size_t i = 0; rc == 0 && i < c->receipt_count; i++)
		rc = message_blob_check(&c->receipts[i], 1, RECEIPT_BYTES_MAX, "content: receipt");
	if (rc == 0)
		rc = message_blob_check(&c->manifest, 0, MANIFEST_BYTES_MAX, "content: manifest");
	if (rc == 0)
		rc = message_paper_check(c->catalogue, c->catalogue_count);
	if (rc == 0)
		rc = message_blob_check(&c->dictionary, 0, PACK_DICTIONARY_BYTES_MAX, "content: dictionary");
	if (rc == 0)
		rc = pulls_check(c);
	if (rc == 0)
		rc = message_paper_check_texts(c->papers, c->paper_count);
	if (rc == 0 && ((unsigned)c->notice > MESSAGE_NOTICE_COPIES || c->lease_days > MESSAGE_LEASE_DAYS_MAX))
		rc = err_set(ERR_USAGE, "content: notice or lease out of range");
	if (rc == 0)
		rc = fork_check(c);
	return rc;
}

/* Matched by read_fork(). */
static void write_fork(struct buf *b, const struct message_content *c)
{
	uint64_t before = 0;

	write_u32(b, c->fork_incarnation);
	write_u32(b, c->fork_site);
	write_varint(b, c->fork_group_count);
	for (size_t i = 0; i < c->fork_group_count; i++) {
		write_varint(b, c->fork_groups[i].number - before);
		buf_append(b, c->fork_groups[i].hash, EDIT_HASH_BYTES);
		before = c->fork_groups[i].number;
	}
}

/* Matched by content_read(). */
int message_content_encode(const struct message_content *c, struct buf *out)
{
	size_t from = out->len;
	int rc = content_check(c);

	if (rc != 0)
		return rc;
	write_u64(out, c->time_ms);
	write_varint(out, content_flags(c));
	write_varint(out, c->seen);
	write_varint(out, c->cursor);
	write_varint(out, c->covered);
	buf_append(out, c->stamp, sizeof c->stamp);
	write_varint(out, c->receipt_count);
	for (size_t i = 0; i < c->receipt_count; i++)
		message_blob_write(out, &c->receipts[i]);
	if (c->manifest.len)
		message_blob_write(out, &c->manifest);
	if (c->catalogue_count)
		message_paper_write(out, c->catalogue, c->catalogue_count);
	if (c->dictionary.len)
		message_blob_write(out, &c->dictionary);
	if (c->has_fork)
		write_fork(out, c);
	if (c->has_digest)
		buf_append(out, c->digest, sizeof c->digest);
	if (c->resend)
		write_varint(out, c->resend);
	if (c->pull_count)
		write_varint(out, c->pull_count);
	for (size_t i = 0; i < c->pull_count; i++)
		message_blob_write(out, &c->pulls[i]);
	if (c->notice)
		write_u8(out, (uint8_t)c->notice);
	if (c->lease_days)
		write_varint(out, c->lease_days);
	if (c->paper_count)
		message_paper_write_texts(out, c->papers, c->paper_count);
	return seal_object_built(out, from, MESSAGE_CONTENT_BYTES_MAX, "content");
}

/* Matched by write_fork(). */
static int read_fork(struct reader *in, struct message_content *c)
{
	uint64_t before = 0;
	uint64_t step;

	c->has_fork = true;
	c->fork_incarnation = reader_u32(in);
	c->fork_site = reader_u32(in);
	if (c->fork_incarnation == 0 || c->fork_site == 0 || c->fork_site > RECORD_SITE_MAX)
		reader_fail(in);
	c->fork_group_count = reader_varint(in, MESSAGE_KNOWN_GROUPS_MAX);
	if (c->fork_group_count > in->left / KNOWN_GROUP_BYTES_MIN)
		reader_fail(in);
	if (in->failed || c->fork_group_count == 0)
		return 0;
	c->fork_groups = calloc(c->fork_group_count, sizeof *c->fork_groups);
	if (!c->fork_groups)
		return err_set(ERR_NOMEM, "fork notice: no memory for %zu groups", c->fork_group_count);
	for (size_t i = 0; i < c->fork_group_count; i++) {
		step = reader_varint(in, UINT64_MAX - before);
		if (step == 0)
			reader_fail(in);
		before += step;
		c->fork_groups[i].number = before;
		reader_copy(in, c->fork_groups[i].hash, EDIT_HASH_BYTES);
	}
	return 0;
}

static void read_pulls(struct reader *in, struct message_content *c)
{
	c->pull_count = reader_varint(in, MESSAGE_PULLS_MAX);
	if (c->pull_count == 0)
		reader_fail(in);
	for (size_t i = 0; i < c->pull_count; i++)
		c->pulls[i] = message_blob_read(in, 1, MESSAGE_CONTENT_BYTES_MAX);
}

/* What the flags announce, in their order. */
static int read_optional(struct reader *in, uint64_t flags, struct message_content *c)
{
	int rc = 0;

	c->more = (flags & CONTENT_MORE) != 0;
	if (flags & CONTENT_MANIFEST)
		c->manifest = message_blob_read(in, 1, MANIFEST_BYTES_MAX);
	if (flags & CONTENT_CATALOGUE)
		rc = message_paper_read(in, &c->catalogue, &c->catalogue_count);
	if (flags & CONTENT_DICTIONARY)
		c->dictionary = message_blob_read(in, 1, PACK_DICTIONARY_BYTES_MAX);
	if (rc == 0 && (flags & CONTENT_FORK))
		rc = read_fork(in, c);
	c->has_digest = (flags & CONTENT_DIGEST) != 0;
	if (c->has_digest)
		reader_copy(in, c->digest, sizeof c->digest);
	if (flags & CONTENT_RESEND) {
		c->resend = reader_varint(in, UINT64_MAX);
		if (c->resend == 0)
			reader_fail(in);
	}
	if (flags & CONTENT_PULL)
		read_pulls(in, c);
	if (flags & CONTENT_NOTICE) {
		c->notice = (enum message_notice)reader_u8(in);
		if (c->notice == MESSAGE_NOTICE_NONE || (unsigned)c->notice > MESSAGE_NOTICE_COPIES)
			reader_fail(in);
	}
	if (flags & CONTENT_LEASE) {
		c->lease_days = (uint32_t)reader_varint(in, MESSAGE_LEASE_DAYS_MAX);
		if (c->lease_days == 0)
			reader_fail(in);
	}
	if (flags & CONTENT_PAPERS)
		message_paper_read_texts(in, c->papers, &c->paper_count);
	return rc;
}

/* Matches message_content_encode(). Fills `c`, whose fork groups and catalogue are owned even on failure. */
static int content_read(struct reader *in, struct message_content *c)
{
	uint64_t flags;
	int rc;

	c->time_ms = reader_u64(in);
	flags = reader_varint(in, UINT64_MAX);
	if (flags > CONTENT_FLAGS_KNOWN)
		return err_set(ERR_STALE, "content: a flag in %llu needs a newer program", (unsigned long long)flags);
	c->seen = reader_varint(in, UINT64_MAX);
	c->cursor = reader_varint(in, UINT64_MAX);
	c->covered = reader_varint(in, UINT64_MAX);
	reader_copy(in, c->stamp, sizeof c->stamp);
	c->receipt_count = reader_varint(in, MESSAGE_RECEIPTS_MAX);
	for (size_t i = 0; i < c->receipt_count; i++)
		c->receipts[i] = message_blob_read(in, 1, RECEIPT_BYTES_MAX);
	rc = read_optional(in, flags, c);
	return rc != 0 ? rc : reader_finish(in, "content");
}

int message_content_decode(const void *data, size_t len, struct message_content *out)
{
	struct reader in;
	int rc;

	*out = (struct message_content){ 0 };
	if (len > MESSAGE_CONTENT_BYTES_MAX)
		return err_set(ERR_LIMIT, "content: %zu bytes, more than %d", len, MESSAGE_CONTENT_BYTES_MAX);
	reader_init(&in, data, len);
	rc = content_read(&in, out);
	if (rc != 0)
		message_content_fini(out); /* also zeroes what was half read */
	return rc;
}

void message_content_fini(struct message_content *c)
{
	free(c->fork_groups);
	free(c->catalogue);
	*c = (struct message_content){ 0 };
}
