/*
 * case: the merged case as staff see it, read only: the list, one case with its entries in form order, and its history.
 */
#ifndef SERVER_CASE_H
#define SERVER_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/centre.h"
#include "server/ledger.h"

struct case_line { /* one case in a list */
	uint64_t case_id;
	int64_t branch_id;
	char *branch; /* its name; owned */
	int64_t opened_ms;
	uint32_t opened_by;   /* site */
	uint64_t changed_at;  /* sequence of its last change */
	uint64_t entry_count; /* entries that are not removed, the root included */
	uint64_t open_conflicts;
};

struct case_list {
	struct case_line *items; /* newest change first; owned */
	size_t count;
};

/* Cases of a branch (0: of all), changed before `before` (sequence; 0: from the newest), at most `max`. */
int case_list(struct centre *c, int64_t branch_id, uint64_t before, size_t max, struct case_list *out) MUST_CHECK;
void case_list_fini(struct case_list *l);

struct case_register {
	size_t field;     /* of the case's form */
	const char *name; /* of the field; borrowed from the form */
	char *value;      /* owned; "" cleared */
	uint64_t at;
	uint32_t writer;     /* site */
	uint32_t author;     /* person */
	char *author_name;   /* owned; "" when unknown */
	char *reason;        /* owned; "" unless a decision */
	int64_t conflict_id; /* open conflict on it; 0: none */
};

struct case_entry {
	uint64_t entry_id;
	size_t entry_type; /* of the case's form */
	bool is_gone;
	int64_t gone_conflict_id;        /* open conflict on its removal; 0: none */
	struct case_register *registers; /* by field, _gone left out; owned */
	size_t register_count;
};

struct case_file {
	uint64_t case_id;
	int64_t branch_id;
	char *branch;            /* owned */
	const struct form *form; /* in force: knows every register; borrowed from the centre */
	int64_t opened_ms;
	uint32_t opened_by;
	uint64_t changed_at;
	struct case_entry *entries; /* by entry type, then id; removed ones included; owned */
	size_t entry_count;
};

/* ERR_NOT_FOUND. Free with case_fini(). */
int case_load(struct centre *c, uint64_t case_id, struct case_file *out) MUST_CHECK;
void case_fini(struct case_file *f);

/* Who, when, from, to and outcome of every edit of the case, refused ones included: ledger_history(). */
int case_history(struct centre *c, uint64_t case_id, struct ledger_history *out) MUST_CHECK;

#endif
