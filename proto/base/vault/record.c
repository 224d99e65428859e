/*
 * record: a database file keeps its record of all pages up (what the record is: pages.h).
 *
 * A settled record is written after the pages it speaks of were synced, and is not synced itself: lost in a power cut, the state is
 * "unknown" and nothing worse.
 */
#include "proto/base/vault/vfs.h"

static int lower_sync(struct vault_main *m)
{
	return m->file.lower->pMethods->xSync(m->file.lower, SQLITE_SYNC_NORMAL);
}

/*
 * Before the first page of a checkpoint or transaction is written the record must say "changing", on the disk. A checkpoint keeps the
 * sum up when it was settled; a rollback-mode transaction does not tell when it is done, so there it only ends being settled.
 */
int vault_record_mark(struct vault_main *m)
{
	int rc;

	if (m->is_marked)
		return SQLITE_OK;
	if (!m->pages.is_kept) {
		rc = vault_pages_load(m->file.lower, m->keys, &m->pages);
		if (rc != SQLITE_OK)
			return rc;
		m->pages.is_kept = m->is_checkpoint && m->pages.state == VAULT_PAGES_SETTLED;
	}
	/* A rollback-mode transaction may end with no page at all when it is the first; what has a WAL has pages (row 18). */
	if (m->pages.state != VAULT_PAGES_CHANGING || m->is_checkpoint != (m->pages.page_count > 0)) {
		m->pages.state = VAULT_PAGES_CHANGING;
		if (!m->is_checkpoint)
			m->pages.page_count = 0;
		else if (m->pages.page_count == 0)
			m->pages.page_count = 1;
		rc = vault_pages_save(m->file.lower, m->keys, &m->pages);
		if (rc == SQLITE_OK)
			rc = lower_sync(m);
		if (rc != SQLITE_OK)
			return rc;
	}
	m->is_marked = true;
	return SQLITE_OK;
}

/* Take the mark of the page that is on the disk at `index` out of the sum. */
int vault_record_drop(struct vault_main *m, int64_t index)
{
	uint8_t mark[VAULT_EXTRA_BYTES_MAX];
	const struct vault_shape *shape = &m->keys->shape;
	int64_t offset = vault_page_offset(m, index) + vault_usable_bytes(shape);
	int rc;

	if (!m->pages.is_kept)
		return SQLITE_OK;
	rc = vault_lower_read(m->file.lower, mark, shape->suite->extra_bytes, offset);
	if (rc == SQLITE_OK)
		vault_pages_drop(&m->pages, m->keys, (uint32_t)(index + 1), mark);
	return rc;
}

/* All pages of a checkpoint are synced: say so. Not synced itself: lost in a power cut, it is "unknown" and nothing worse. */
int vault_record_settle(struct vault_main *m)
{
	int64_t count;
	int rc;

	if (!m->pages.is_kept || !m->is_marked)
		return SQLITE_OK;
	rc = vault_main_pages(m, &count);
	if (rc != SQLITE_OK)
		return rc;
	m->pages.state = VAULT_PAGES_SETTLED;
	m->pages.page_count = (uint64_t)count;
	m->pages.is_kept = false;
	m->is_marked = false;
	return vault_pages_save(m->file.lower, m->keys, &m->pages);
}

/* The two vacuum fields change with a VACUUM only; the record has them before page 1 can be torn. */
int vault_record_vacuum(struct vault_main *m, uint32_t automatic, uint32_t incremental)
{
	int rc;

	if (m->pages.auto_vacuum == automatic && m->pages.incremental_vacuum == incremental)
		return SQLITE_OK;
	m->pages.auto_vacuum = automatic;
	m->pages.incremental_vacuum = incremental;
	rc = vault_pages_save(m->file.lower, m->keys, &m->pages);
	return rc == SQLITE_OK ? lower_sync(m) : rc;
}

/* A checkpoint that could not finish is synced nowhere by SQLite; its pages are settled when its lock is given back. */
int vault_record_end(struct vault_main *m)
{
	int rc = m->pages.is_kept && m->is_marked ? lower_sync(m) : SQLITE_OK;

	if (rc == SQLITE_OK)
		rc = vault_record_settle(m);
	m->is_checkpoint = false;
	m->is_marked = false;
	m->pages.is_kept = false;
	return rc;
}
