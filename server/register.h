/*
 * register: what holds now: the rows of register, witness and aid_case, and the digest of a branch. Rows only; what may be written
 * and what follows from it is ingest's business, which is the only caller that writes.
 */
#ifndef SERVER_REGISTER_H
#define SERVER_REGISTER_H

#include "proto/base/buf.h"
#include "proto/record.h"
#include "server/centre.h"

struct register_address {
	uint64_t case_id;
	uint64_t entry_id;
	const char *entry_type;
	const char *field;
};

struct register_state {
	bool is_set;
	struct buf value; /* made by register_state_init(); empty unless set */
	uint64_t at;
	uint32_t writer;
};

struct register_write {
	const char *value;
	size_t value_len;
	uint64_t at;
	uint32_t writer;
	uint32_t author;
	const char *reason; /* NULL: none */
};

void register_state_init(struct register_state *r);
void register_state_fini(struct register_state *r);

/* What a register holds; `r` may be used again and again. */
int register_load(struct centre *c, const struct register_address *a, struct register_state *r) MUST_CHECK;
/* Registers of one case that were never set, by one writer and author, without reason. */
struct register_row {
	uint64_t entry_id;
	const char *entry_type;
	const char *field;
	const char *value;
	size_t value_len;
	uint64_t at;
};
int register_insert_many(
	struct centre *c, uint64_t case_id, uint32_t writer, uint32_t author, const struct register_row *rows, size_t count) MUST_CHECK;
/* A register that was never set, and one that was (its witnesses are forgotten). */
int register_insert(struct centre *c, const struct register_address *a, const struct register_write *w) MUST_CHECK;
int register_update(struct centre *c, const struct register_address *a, const struct register_write *w) MUST_CHECK;

int register_is_witness(struct centre *c, const struct register_address *a, uint32_t site, bool *is) MUST_CHECK;
int register_add_witness(struct centre *c, const struct register_address *a, uint32_t site) MUST_CHECK;

/* Whether the entry has any register, and whether that is of type `entry_type` (true when there is none). */
int register_entry_find(struct centre *c, uint64_t case_id, uint64_t entry_id, const char *entry_type, bool *exists, bool *fits) MUST_CHECK;
/* struct merge_entry.changed_at for a removal by `site`. */
int register_changed_by_others(struct centre *c, uint64_t case_id, uint64_t entry_id, uint32_t site, uint64_t *at) MUST_CHECK;

/*
 * For reading back: a sum over registers, cheap and not cryptographic. The sum of what was written must be the sum of what a new case
 * holds.
 */
uint64_t register_sum(uint64_t entry_id, const char *field, const char *value, size_t value_len, uint64_t at);
int register_case_sum(struct centre *c, uint64_t case_id, uint64_t *sum) MUST_CHECK;

/* The digest of everything a case holds, computed from its rows. */
int register_case_digest(struct centre *c, uint64_t case_id, struct record_digest *out) MUST_CHECK;
/* The digest kept for a branch, and its change by `change`. */
int register_branch_digest(struct centre *c, int64_t branch_id, struct record_digest *out) MUST_CHECK;
int register_branch_digest_add(struct centre *c, int64_t branch_id, const struct record_digest *change) MUST_CHECK;

struct register_case { /* row of aid_case */
	int64_t branch_id;
	int64_t form_id;
	uint32_t opened_by;
	uint64_t changed_at;
	uint64_t others_at;
};

/* ERR_NOT_FOUND without message when the case does not exist. */
int register_case_load(struct centre *c, uint64_t case_id, struct register_case *out) MUST_CHECK;
int register_case_insert(struct centre *c, uint64_t case_id, const struct register_case *k, int64_t now_ms) MUST_CHECK;
int register_case_update(struct centre *c, uint64_t case_id, const struct register_case *k) MUST_CHECK;

#endif
