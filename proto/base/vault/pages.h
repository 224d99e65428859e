/*
 * pages: the record of all pages of a database file: what tells a stale page (private to proto/base/vault/).
 *
 * Each page authenticates for itself, so one put back to its own older version still opens. The record, one block of the prefix,
 * holds the sum over all pages of a keyed hash of page number, nonce and tag; a page's write takes its old hash out and puts the new
 * one in. It is kept up by checkpoints: marked "changing" and synced before the first page is written, and "settled" after the last
 * page was synced. A checkpoint that was cut off leaves it changing; so does a rollback-mode transaction, which writes pages without
 * telling when it is done. What is not settled is "unknown", never "stale": vault_verify() settles it anew from what it has read.
 *
 *	offset size  the block
 *	0      8     magic "MNDBPGS\n"
 *	8      4     1 changing, 2 settled
 *	12     4     zeros
 *	16     8     counter, grows with each writing of the block
 *	24     8     pages in the file; while changing, 0 = a file that may still end without a page (birth.c)
 *	32     32    sum, little-endian, modulo 2^256
 *	64     4     auto_vacuum of the header of page 1 (offset 52 there), and
 *	68     4     incremental vacuum (offset 64): SQLite reads them before it can know whether page 1 is torn (row 1)
 *	72     3992  zeros
 *	4064   32    MAC: BLAKE2b-256 keyed with the "record" subkey over the 4064 bytes before
 */
#ifndef PROTO_BASE_VAULT_PAGES_H
#define PROTO_BASE_VAULT_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/base/vault/registry.h"
#include "proto/base/vault/sqlite.h"

#define VAULT_RECORD_BYTES 4096
#define VAULT_SUM_BYTES 32

enum vault_pages_state {
	VAULT_PAGES_NONE = 0,     /* no record that authenticates */
	VAULT_PAGES_CHANGING = 1,
	VAULT_PAGES_SETTLED = 2,
};

struct vault_pages {
	enum vault_pages_state state;
	uint64_t counter;
	uint64_t page_count;
	uint8_t sum[VAULT_SUM_BYTES];
	uint32_t auto_vacuum;
	uint32_t incremental_vacuum;
	bool is_kept;             /* this handle is inside a checkpoint whose sum it keeps up */
};

/* Read the block of an open file. A block that does not authenticate gives VAULT_PAGES_NONE and zeros. SQLite's result code. */
int vault_pages_load(sqlite3_file *lower, const struct vault_file_keys *keys, struct vault_pages *out) MUST_CHECK;

/* Write it, with the next counter. Not synced. SQLite's result code. */
int vault_pages_save(sqlite3_file *lower, const struct vault_file_keys *keys, struct vault_pages *p) MUST_CHECK;

/* The block's bytes, for a new file. */
void vault_pages_encode(const struct vault_pages *p, const struct vault_file_keys *keys, uint8_t out[static VAULT_RECORD_BYTES]);

/* Put the page with this number into the sum, or take it out. `mark`: its nonce and tag, as on the disk. */
void vault_pages_add(struct vault_pages *p, const struct vault_file_keys *keys, uint32_t number, const uint8_t *mark);
void vault_pages_drop(struct vault_pages *p, const struct vault_file_keys *keys, uint32_t number, const uint8_t *mark);

#endif
