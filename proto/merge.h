/*
 * merge: the rule by which the centre takes an arriving edit (DESIGN: "Merge: the rule"), as one pure function.
 *
 * The centre accepts edits one after another and gives each accepted edit the next sequence number. For each register it
 * keeps value, writer (site) and `at` (sequence of the accepted write), and who has proved to hold the same value (witnesses).
 * A device stamps each edit group with `seen`, the sequence up to which it held everything in its scope. Clocks decide nothing.
 *
 * The same function serves the centre (server/ingest), the simulator and the tests. It looks at nothing but its arguments
 * and changes nothing: it says what is to be done.
 */
#ifndef PROTO_MERGE_H
#define PROTO_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What became of an edit. The numbers are those of FORMAT.md section 8 and of the ledger. */
enum merge_outcome {
	MERGE_ACCEPTED = 0, /* the register now holds it */
	MERGE_AGREED = 1,   /* the register held this value already; the site is a witness of it */
	MERGE_CONFLICT = 2, /* kept as the site's candidate; a person decides */
	MERGE_REFUSED = 3,  /* the writer had no right to it; said by the caller, never by merge_edit() */
	MERGE_KNOWN = 4,    /* its group was applied before; said by the caller */
};

struct merge_value { /* borrowed, not NUL-terminated */
	const char *data;
	size_t len;
};

/* What the centre holds at the edit's address. All zero when the register was never set. */
struct merge_register {
	bool is_set;
	struct merge_value value;
	uint32_t writer;     /* site that wrote it */
	uint64_t at;         /* sequence of the accepted write */
	bool is_witnessed;   /* the arriving site is a witness of this value */
	bool has_conflict;   /* a conflict is open on it */
	bool has_candidate;  /* the arriving site has a candidate in that conflict */
};

/* The entry to which the register belongs, other than the register itself. */
struct merge_entry {
	bool is_gone;           /* its removal register holds "yes" */
	uint32_t gone_writer;   /* site that removed it; meaningless unless is_gone */
	uint64_t gone_at;       /* sequence of the removal */
	bool gone_is_witnessed; /* the arriving site is a witness of the removal */
	uint64_t changed_at;    /* newest `at` of a register here that another site wrote and the arriving one is no witness of; 0: none */
};

struct merge_edit {
	uint32_t site;          /* who writes; RECORD_SITE_CENTRE for a person at the centre */
	uint64_t seen;          /* as stamped on its group */
	struct merge_value value;
	bool is_removal_field;  /* the address is the entry's removal register */
	bool is_protected;      /* identity, bank, income, household composition, signed content */
};

enum merge_conflict_step {
	MERGE_CONFLICT_NONE,     /* leave conflicts as they are */
	MERGE_CONFLICT_CANDIDATE, /* open one if none is open; the value becomes the site's candidate, replacing its older one */
	MERGE_CONFLICT_CLOSE,    /* the accepted write settles the open one; it stays in history */
	MERGE_CONFLICT_WITHDRAW, /* the site's own candidate is withdrawn; a conflict without candidates closes */
};

struct merge_step {
	enum merge_outcome outcome;
	bool write;          /* set the register: value, writer, at = next sequence; witnesses of the old value are forgotten */
	bool add_witness;    /* the site becomes a witness of the register's value */
	enum merge_conflict_step conflict;
	/*
	 * The edit met a removal its site had not seen: the entry stays until a person decides. The caller sets the removal register
	 * to "" as an edit of the centre and keeps "yes" as candidate of `gone_writer` in a conflict on it.
	 */
	bool restore_entry;
};

struct merge_step merge_edit(const struct merge_edit *e, const struct merge_register *r, const struct merge_entry *entry);

#endif
