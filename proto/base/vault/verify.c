/*
 * verify: every page of a vault read once (vault.h), and the record of all pages (pages.h) compared with them, or settled anew.
 *
 * While pages are read, a checkpoint of somebody else may write some. The record says so: its counter grows before the first and after
 * the last page. To settle it, checkpoints are kept away: with the write lock held nobody commits, so a passive checkpoint can empty
 * the whole log; a reader that begins then reads from the file alone and holds the lock of such readers (WAL_READ_LOCK(0) of wal.c),
 * without which no checkpoint writes a page. Then the write lock is given back, and others commit into the log while the pages are read.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/bytes.h"
#include "proto/base/vault/make.h"
#include "proto/base/vault/pages.h"
#include "proto/base/vault/prefix.h"
#include "proto/base/vault/sql.h"

#define TRY_COUNT_MAX 3
#define BUSY_MS 5000
#define MODE_BYTES 16
#define AUTO_VACUUM_OFFSET 52           /* in page 1: fileformat2.html section 1.3 */
#define INCREMENTAL_VACUUM_OFFSET 64
#define WAL_HEAD_BYTES 32               /* fileformat2.html section 4.1 */
#define WAL_SALT_OFFSET 16
#define FRAME_HEAD_BYTES 24
#define FRAME_SALT_OFFSET 8
#define SALT_BYTES 8

/* One walk over an open vault. */
struct walk {
	const char *path;               /* borrowed */
	struct vault_io *io;            /* owned */
	struct vault_file_keys *keys;   /* owned; sodium_malloc memory */
	uint8_t *page;                  /* one page, owned */
	struct vault_report report;
	struct vault_pages seen;        /* what the record should say of the pages that were seen */
};

/* ---- pages ---- */

static bool page_is_good(struct walk *w, uint64_t index, int *rc)
{
	const struct vault_shape *shape = &w->keys->shape;
	uint8_t mark[VAULT_EXTRA_BYTES_MAX];

	for (int i = 0; i < TRY_COUNT_MAX; i++) {
		*rc = vault_io_read(w->io, w->page, (int)shape->page_bytes, VAULT_PREFIX_BYTES + (int64_t)(index * shape->page_bytes));
		if (*rc != 0)
			return false;
		memcpy(mark, w->page + vault_usable_bytes(shape), shape->suite->extra_bytes);
		if (vault_page_open(shape, w->keys->page, VAULT_ROLE_PAGE, 0, (uint32_t)(index + 1), w->page, w->page) == 0) {
			vault_pages_add(&w->seen, w->keys, (uint32_t)(index + 1), mark);
			return true;
		}
	}
	return false;
}

static uint32_t u32_at(const uint8_t *page, size_t offset)
{
	struct reader r;

	reader_init(&r, page + offset, sizeof(uint32_t));
	return reader_u32(&r);
}

static int pages_walk(struct walk *w)
{
	uint32_t page_bytes = w->keys->shape.page_bytes;
	struct vault_report *report = &w->report;
	int64_t size;
	int rc = vault_io_size(w->io, &size);

	report->page_count = 0;
	report->bad_count = 0;
	report->first_bad_page = 0;
	w->seen = (struct vault_pages){ .state = VAULT_PAGES_SETTLED };
	if (rc != 0)
		return rc;
	if (size > VAULT_PREFIX_BYTES)
		report->page_count = ((uint64_t)size - VAULT_PREFIX_BYTES + page_bytes - 1) / page_bytes;
	w->seen.page_count = report->page_count;
	for (uint64_t i = 0; i < report->page_count; i++) {
		if (page_is_good(w, i, &rc)) {
			if (i == 0) {
				w->seen.auto_vacuum = u32_at(w->page, AUTO_VACUUM_OFFSET);
				w->seen.incremental_vacuum = u32_at(w->page, INCREMENTAL_VACUUM_OFFSET);
			}
			continue;
		}
		if (rc != 0)
			return rc;
		if (report->bad_count++ == 0)
			report->first_bad_page = i + 1;
	}
	return 0;
}

static int record_load(struct walk *w, struct vault_pages *out)
{
	int rc = vault_pages_load(vault_io_file(w->io), w->keys, out);

	return rc == SQLITE_OK ? 0 : vault_sql_error(rc, w->path, "read the record of all pages");
}

/* All pages are good and `record` was settled before and after the walk: is it true? */
static enum vault_freshness compare(const struct walk *w, const struct vault_pages *record)
{
	bool same = record->page_count == w->seen.page_count && memcmp(record->sum, w->seen.sum, VAULT_SUM_BYTES) == 0;

	return same ? VAULT_FRESH : VAULT_STALE;
}

/* Walk until nobody wrote pages meanwhile, or too often. */
static int freshness_find(struct walk *w)
{
	w->report.freshness = VAULT_UNKNOWN;
	for (int i = 0; i < TRY_COUNT_MAX; i++) {
		struct vault_pages before, after;
		int rc = record_load(w, &before);

		if (rc == 0)
			rc = pages_walk(w);
		if (rc == 0)
			rc = record_load(w, &after);
		if (rc != 0 || w->report.bad_count > 0)
			return rc;
		if (before.state != after.state || before.counter != after.counter)
			continue;
		if (before.state == VAULT_PAGES_SETTLED)
			w->report.freshness = compare(w, &before);
		return 0;
	}
	return 0;
}

/* ---- settling ---- */

/* With pages kept still: walk again, and write the record when it is still not settled. */
static int settle_still(struct walk *w)
{
	struct vault_pages record;
	int rc = record_load(w, &record);

	if (rc == 0)
		rc = pages_walk(w);
	if (rc != 0 || w->report.bad_count > 0)
		return rc;
	if (record.state == VAULT_PAGES_SETTLED) { /* by a checkpoint that was running before */
		w->report.freshness = compare(w, &record);
		return 0;
	}
	w->seen.counter = record.counter;
	rc = vault_pages_save(vault_io_file(w->io), w->keys, &w->seen);
	if (rc != SQLITE_OK)
		return vault_sql_error(rc, w->path, "settle the record of all pages");
	rc = vault_io_sync(w->io);
	w->report.was_settled = rc == 0;
	return rc;
}

/* Empty the log with the write lock of `writer` held, and let `reader` begin to read from the file alone; see the head. */
static int log_hold(struct walk *w, sqlite3 *writer, sqlite3 *reader)
{
	int frames = 0, done = 0;
	int64_t count;
	int rc;

	rc = vault_sql_number(reader, w->path, "SELECT count(*) FROM sqlite_schema", &count);
	if (rc == 0)
		rc = vault_sql_run(writer, w->path, "BEGIN IMMEDIATE", "lock");
	if (rc != 0)
		return rc;
	rc = sqlite3_wal_checkpoint_v2(reader, "main", SQLITE_CHECKPOINT_PASSIVE, &frames, &done);
	if (rc != SQLITE_OK)
		return vault_sql_error(sqlite3_extended_errcode(reader), w->path, "checkpoint");
	if (frames != done)
		return err_set(ERR_BUSY, "vault %s: somebody is still reading older data", w->path);
	rc = vault_sql_run(reader, w->path, "BEGIN", "read");
	if (rc == 0)
		rc = vault_sql_number(reader, w->path, "SELECT count(*) FROM sqlite_schema", &count);
	if (rc == 0)
		rc = vault_sql_run(writer, w->path, "ROLLBACK", "unlock");
	return rc;
}

static int settle(struct walk *w)
{
	char mode[MODE_BYTES];
	sqlite3 *writer = NULL;
	sqlite3 *reader = NULL;
	int rc;

	rc = vault_sql_open(w->path, BUSY_MS, &writer);
	if (rc == 0)
		rc = vault_sql_open(w->path, BUSY_MS, &reader);
	if (rc == 0)
		rc = vault_sql_text(writer, w->path, "PRAGMA journal_mode", mode, sizeof mode);
	if (rc == 0 && strcmp(mode, "wal") == 0)
		rc = log_hold(w, writer, reader);
	else if (rc == 0)
		rc = vault_sql_run(writer, w->path, "BEGIN IMMEDIATE", "lock"); /* pages are then written by its holder only */
	if (rc == 0)
		rc = settle_still(w);
	sqlite3_close(reader);
	sqlite3_close(writer);
	return rc;
}

/* ---- the WAL ---- */

/* Whether the frame at `offset` authenticates and is of the log whose salt is `salt`. */
static bool frame_is_good(struct walk *w, struct vault_io *wal, uint64_t frame, int64_t offset, const uint8_t *salt)
{
	const struct vault_shape *shape = &w->keys->shape;
	uint8_t sealed[FRAME_HEAD_BYTES + VAULT_EXTRA_BYTES_MAX];
	uint8_t head[FRAME_HEAD_BYTES];
	int head_bytes = FRAME_HEAD_BYTES + (int)shape->suite->extra_bytes;

	if (vault_io_read(wal, sealed, head_bytes, offset) != 0 ||
	    vault_io_read(wal, w->page, (int)shape->page_bytes, offset + head_bytes) != 0)
		return false;
	return vault_head_open(shape->suite, w->keys->wal, VAULT_ROLE_FRAME_HEADER, frame, sealed, sizeof head, head) == 0 &&
		memcmp(head + FRAME_SALT_OFFSET, salt, SALT_BYTES) == 0 &&
		vault_page_open(shape, w->keys->wal, VAULT_ROLE_FRAME_PAGE, frame, u32_at(head, 0), w->page, w->page) == 0;
}

/* Count the frames from the beginning. Layout: wal.c. */
static int wal_walk(struct walk *w)
{
	const struct vault_suite *suite = w->keys->shape.suite;
	uint8_t sealed[WAL_HEAD_BYTES + VAULT_EXTRA_BYTES_MAX];
	uint8_t head[WAL_HEAD_BYTES];
	int64_t offset = WAL_HEAD_BYTES + suite->extra_bytes;
	struct vault_io *wal;
	char *name;
	int64_t size;
	int rc = vault_make_name(w->path, "-wal", &name);

	if (rc != 0)
		return rc;
	rc = vault_io_open(name, &wal);
	free(name);
	if (rc != 0)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	rc = vault_io_size(wal, &size);
	if (rc == 0)
		rc = vault_io_read(wal, sealed, (int)offset, 0);
	if (rc == 0 && vault_head_open(suite, w->keys->wal, VAULT_ROLE_WAL_HEADER, 0, sealed, sizeof head, head) == 0) {
		int64_t step = FRAME_HEAD_BYTES + suite->extra_bytes + (int64_t)w->keys->shape.page_bytes;

		for (; offset + step <= size; offset += step) {
			if (!frame_is_good(w, wal, w->report.frame_count, offset, head + WAL_SALT_OFFSET))
				break;
			w->report.frame_count++;
		}
	}
	vault_io_close(wal);
	return rc;
}

/* ---- all of it ---- */

static int walk_open(struct walk *w, const struct vault_key *k)
{
	uint8_t copies[VAULT_COPIES_BYTES];
	struct vault_prefix p;
	int rc = vault_io_open(w->path, &w->io);

	if (rc != 0)
		return rc;
	rc = vault_io_read(w->io, copies, sizeof copies, 0);
	if (rc == 0 && vault_prefix_newest(copies, k->data_key, &p, &w->report.prefix_count) != 0)
		rc = err_set(ERR_AUTH, "vault %s: not sealed with this key", w->path);
	if (rc != 0)
		return rc;
	w->keys = sodium_malloc(sizeof *w->keys);
	w->page = malloc(p.page_bytes);
	if (!w->keys || !w->page)
		return err_set(ERR_NOMEM, "vault: no memory");
	vault_file_keys_derive(k->data_key, &p, w->keys);
	return 0;
}

static void walk_close(struct walk *w)
{
	if (w->page)
		sodium_memzero(w->page, w->keys ? w->keys->shape.page_bytes : 0);
	free(w->page);
	sodium_free(w->keys);
	vault_io_close(w->io);
}

int vault_verify(const struct vault_key *k, const char *path, struct vault_report *out)
{
	struct walk w = { .path = path ? path : k->path };
	int rc;

	*out = (struct vault_report){ .freshness = VAULT_UNKNOWN };
	rc = walk_open(&w, k);
	if (rc == 0)
		rc = wal_walk(&w);
	if (rc == 0)
		rc = freshness_find(&w);
	if (rc == 0 && w.report.freshness == VAULT_UNKNOWN && w.report.bad_count == 0 && w.report.page_count > 0 && settle(&w) != 0)
		sqlite3_log(SQLITE_NOTICE, "vault: the record of all pages could not be settled: %s", err_message());
	if (rc == 0)
		*out = w.report;
	walk_close(&w);
	return rc;
}
