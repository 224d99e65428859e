/*
 * verify: walks the whole store and compares what is kept in two ways: `mandoob-server check`, and the last step of a restore.
 *
 *   pages      every page of the vault authenticates, none is an older version of itself; SQLite's structure, indexes, foreign keys hold
 *   registers  each is the newest accepted edit of the ledger at its address: value, number, writer, author; none without, none missing
 *   digests    recomputed from the registers, equal to the ones kept per branch
 *   sequence   not behind the newest number given out, and in the newest generation
 *   cases      their marks (changed_at, others_at) are those of their registers
 *   conflicts  open ones have candidates; each candidate is an edit of the ledger with that value at that address
 *   receipts   verify under the keys of a manifest and name the envelope they lie beside
 *   chains     each site's head is the envelope row with its number; the applied ones are 1 to head without a gap
 *
 * Nothing is mended. Findings name ids, never answers.
 */
#ifndef SERVER_ADMIN_VERIFY_H
#define SERVER_ADMIN_VERIFY_H

#include "server/centre.h"

#define VERIFY_FINDINGS_MAX 100 /* told one by one; more are only counted */
#define VERIFY_TEXT_BYTES_MAX (64 * 1024)

struct verify_report {
	uint64_t pages;
	struct vault_report vault; /* what the walk over the file said; freshness is in it */
	uint64_t cases;
	uint64_t registers;
	uint64_t groups;
	uint64_t edits;
	uint64_t conflicts; /* open and closed */
	uint64_t receipts;
	uint64_t sites;
	uint64_t findings; /* 0: clean */
	struct buf text;   /* one line a finding */
};

/* 0 when the walk was completed, also with findings. Free with verify_report_fini(). One snapshot, taken while others may write. */
int verify_store(struct centre *c, struct verify_report *out) MUST_CHECK;
void verify_report_fini(struct verify_report *r);

#endif
