/*
 * conflict: both sides of a concurrent change, until a person decides. The register keeps its value meanwhile; each site that wrote
 * something else has one candidate, its newest. The decision is an ordinary edit of the centre with a reason.
 */
#ifndef SERVER_CONFLICT_H
#define SERVER_CONFLICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/centre.h"

enum conflict_state {
	CONFLICT_OPEN = 1,
	CONFLICT_DECIDED = 2,   /* by a person */
	CONFLICT_SETTLED = 3,   /* by a later write that had seen it */
	CONFLICT_WITHDRAWN = 4, /* its last candidate came to agree */
};

#define CONFLICT_REASON_BYTES_MAX 1000

/* ---- For ingest, inside its transaction ---- */

struct conflict_address {
	uint64_t case_id;
	uint64_t entry_id;
	const char *entry_type;
	const char *field;
};

struct conflict_side { /* a candidate: whose, what, and the edit of the ledger that brought it */
	uint32_t site;
	const char *value;
	size_t value_len;
	int64_t group_id;
	uint32_t position;
	uint64_t seen;   /* up to which the site had seen everything: says the base */
	uint64_t before; /* writes from this number on are not the base; 0: no such bound */
};

/* Whether any conflict of the case is open. */
int conflict_is_any_open(struct centre *c, uint64_t case_id, bool *open) MUST_CHECK;
/* The open conflict on a register (0: none), and whether `site` has a candidate in it. */
int conflict_find(struct centre *c, const struct conflict_address *a, uint32_t site, int64_t *conflict_id, bool *has_candidate) MUST_CHECK;
/* Keep a site's candidate: opens the conflict when none is open, replaces the site's older candidate. */
int conflict_add(struct centre *c, const struct conflict_address *a, const struct conflict_side *s, int64_t now_ms) MUST_CHECK;
/* A later write settles it. */
int conflict_settle(struct centre *c, int64_t conflict_id, int64_t now_ms) MUST_CHECK;
/* The site came to agree: its candidate goes (the ledger keeps it); without candidates the conflict is withdrawn. */
int conflict_withdraw(struct centre *c, int64_t conflict_id, uint32_t site, int64_t now_ms) MUST_CHECK;

/* ---- For people ---- */

struct conflict_value { /* the register's value or a candidate, with who and when */
	uint32_t site;
	char *value;         /* owned */
	uint32_t author;     /* person; 0: the program */
	char *author_name;   /* owned; "" when unknown */
	int64_t wall_ms;     /* claimed by the device */
	int64_t received_ms; /* the centre's clock */
};

struct conflict {
	int64_t conflict_id;
	uint64_t case_id;
	uint64_t entry_id;
	char entry_type[FORM_NAME_BYTES_MAX + 1];
	char field[FORM_NAME_BYTES_MAX + 1];
	enum conflict_state state;
	int64_t opened_ms;
	int64_t closed_ms; /* 0 while open */
	char *base;        /* owned; NULL: the first candidate's device had seen nothing there */
	bool has_current;  /* whether the register was ever set */
	uint64_t at;       /* its sequence number: names the state that the person looked at */
	struct conflict_value current;
	struct conflict_value *candidates; /* owned, by site */
	size_t candidate_count;
	int64_t decided_by; /* person; 0 unless decided */
	char *reason;       /* owned, "" unless decided */
};

struct conflict_list {
	struct conflict *items; /* owned */
	size_t count;
};

/*
 * Open conflicts, oldest first: of one case, or of all when `case_id` is 0; at most `max`, those above `after` (conflict id; 0: from
 * the first).
 */
int conflict_list(struct centre *c, uint64_t case_id, int64_t after, size_t max, struct conflict_list *out) MUST_CHECK;
void conflict_list_fini(struct conflict_list *l);
/* One conflict, open or not. ERR_NOT_FOUND. */
int conflict_load(struct centre *c, int64_t conflict_id, struct conflict *out) MUST_CHECK;
void conflict_fini(struct conflict *x);

/*
 * Decide (inside a transaction): `value` (canonical for the field: the register's, a candidate's, or another; for "_gone" "yes" or "")
 * becomes the register's value by an edit of the centre in the name of `person_id`, with `reason` (1 to CONFLICT_REASON_BYTES_MAX
 * bytes), and the conflict closes. `at` is the register's number that the person looked at, as in struct conflict: ERR_STALE when it
 * changed since. ERR_NOT_FOUND: no such open conflict; ERR_AUTH: the person may not (ended, or a representative without
 * administration); ERR_USAGE: the value is not canonical, or no reason.
 */
int conflict_resolve(struct centre *c, int64_t conflict_id, int64_t person_id, uint64_t at, const char *value, size_t value_len,
	const char *reason) MUST_CHECK;

#endif
