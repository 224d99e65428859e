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
	uint64_t flags;      /* what the last look through it found (server/recheck.h) */
	bool is_checked;     /* it has not changed since that look */
	const char *form;    /* its family; borrowed from the centre */
};

struct case_list {
	struct case_line *items; /* newest change first; owned */
	size_t count;
};

/* Cases of a branch (0: of all), changed before `before` (sequence; 0: from the newest), at most `max`. */
int case_list(struct centre *c, int64_t branch_id, uint64_t before, size_t max, struct case_list *out) MUST_CHECK;
void case_list_fini(struct case_list *l);

struct case_register {
	const struct form *form; /* the newest version that can say it; mostly the case's; borrowed from the centre */
	bool is_foreign;         /* not the case's form */
	size_t field;            /* of that form */
	const char *name;        /* of the field; borrowed from the form */
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
	const struct form *form; /* that has its type: mostly the case's; borrowed from the centre */
	bool is_foreign;         /* not the case's form */
	size_t entry_type;       /* of that form */
	bool is_gone;
	int64_t gone_conflict_id;        /* open conflict on its removal; 0: none */
	struct case_register *registers; /* by field, _gone left out; owned */
	size_t register_count;
};

struct case_file {
	uint64_t case_id;
	int64_t branch_id;
	char *branch;            /* owned */
	const struct form *form; /* newest version that wrote to it; borrowed from the centre */
	int64_t opened_ms;
	uint32_t opened_by;
	uint64_t changed_at;
	struct case_entry *entries; /* those of the case's form first, by entry type, then id; removed ones included; owned */
	size_t entry_count;
};

/* ERR_NOT_FOUND. Free with case_fini(). */
int case_load(struct centre *c, uint64_t case_id, struct case_file *out) MUST_CHECK;
void case_fini(struct case_file *f);

/* The entry, and the register, of a field of the case's form; NULL when it was never set. */
const struct case_entry *case_find_entry(const struct case_file *f, size_t entry_type, uint64_t entry_id);
const struct case_register *case_find_register(const struct case_file *f, size_t entry_type, uint64_t entry_id, size_t field);

/* Whether the form keeps a field from people of this role (column restricted). Administrators see everything. */
bool case_is_withheld(const struct form *form, size_t field, enum form_writer role, bool is_admin);

/* Append a value as people read it: value_display(), and for codes of the centre's reference lists their labels on `day`. */
void case_display(struct centre *c, const struct form *form, size_t field, const char *value, uint32_t day, bool arabic, struct buf *out);

/* Who, when, from, to and outcome of every edit of the case, refused ones included: ledger_history(). */
int case_history(struct centre *c, uint64_t case_id, struct ledger_history *out) MUST_CHECK;

#endif
