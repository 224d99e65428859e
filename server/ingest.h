/*
 * ingest: a change set becomes registers, witnesses, conflicts and ledger, edit by edit through merge_edit().
 *
 * It runs inside the caller's transaction and is the same for an envelope that came in order and for one that was held. What
 * it wrote is counted again from the store before it returns (STYLE: read back). Rights are checked here: a refused edit is in the
 * ledger as refused.
 */
#ifndef SERVER_INGEST_H
#define SERVER_INGEST_H

#include "proto/changeset.h"
#include "proto/receipt.h"
#include "server/centre.h"

struct ingest_source { /* who brought the change set; from tables site and device */
	uint32_t site;
	int64_t device;
	int64_t branch_id;
	uint32_t person;     /* the device's representative: the only author it may name */
	uint64_t last_group; /* highest group number applied from this site */
	uint64_t seq;        /* of the envelope */
};

struct ingest_result {
	uint64_t first;    /* next sequence number before anything was accepted: the first accepted edit got it */
	uint64_t accepted;
	uint64_t conflicts;
	uint64_t refused;
	uint64_t last_group;                  /* highest group number in the change set */
	struct receipt_exception *exceptions; /* owned, ascending by group and edit */
	size_t exception_count;
};

/*
 * Whether the change set brings another group under a number that the ledger holds from this site: two stores act under one
 * incarnation. Such an envelope is a fork, whatever its chain says: a receipt would acknowledge what the ledger does not hold.
 */
int ingest_contradicts(struct centre *c, uint32_t site, uint64_t last_group, const struct changeset *set, bool *out) MUST_CHECK;

/*
 * Merge; ingest_contradicts() was asked before. <0: the store failed, the caller undoes everything. Free `*out` with
 * ingest_result_fini().
 */
int ingest_changeset(struct centre *c, const struct ingest_source *from, const struct changeset *set, struct ingest_result *out) MUST_CHECK;
void ingest_result_fini(struct ingest_result *r);

/*
 * One edit of the centre itself (site 0), accepted whatever the register holds: the merge restoring an entry, or a person's decision.
 * Writes register, ledger, digest, case; takes the next sequence number from `*sequence` and writes it back there.
 */
struct ingest_centre_edit {
	uint64_t case_id;
	uint64_t entry_id;
	const char *entry_type;
	const char *field;
	const char *value; /* canonical */
	size_t value_len;
	uint32_t author;    /* person; 0: the program itself */
	uint8_t role;       /* enum form_writer */
	const char *reason; /* NULL: none */
};
int ingest_centre_edit(struct centre *c, const struct ingest_centre_edit *e, uint64_t *sequence) MUST_CHECK;

#endif
