/*
 * ledger: every edit ever received, accepted or not, with its outcome. The only place that writes edit_group and edit, and
 * the only one that reads them. Nothing in it is ever changed.
 */
#ifndef SERVER_LEDGER_H
#define SERVER_LEDGER_H

#include "proto/edit.h"
#include "proto/merge.h"
#include "proto/message.h"
#include "server/centre.h"

struct ledger_group {
	uint32_t site; /* 0: the centre */
	uint64_t number;
	uint8_t hash[EDIT_HASH_BYTES];
	uint64_t seq; /* envelope that brought it; 0: the centre's own */
	uint64_t case_id;
	uint32_t author;
	uint8_t role; /* enum form_writer */
	int64_t form_id;
	int64_t wall_ms; /* claim of the device */
	int64_t mono_ms;
	uint8_t boot_id[ENV_BOOT_ID_BYTES];
	uint64_t seen;       /* as sent */
	int64_t received_ms; /* the centre's clock */
	const char *reason;  /* of a decision; NULL otherwise */
};

struct ledger_edit {
	uint64_t entry_id;
	const char *field;
	const char *value;
	size_t value_len;
	enum merge_outcome outcome;
	uint64_t at; /* sequence; 0 unless accepted */
};

int ledger_group_add(struct centre *c, const struct ledger_group *g, int64_t *group_id) MUST_CHECK;
/* The edits of a group, all of them, in order. */
int ledger_edits_add(struct centre *c, int64_t group_id, const struct ledger_edit *edits, size_t count) MUST_CHECK;
/* Whether a site's group of this number is here, and its hash (edit_group_hash()), zeros when it is not. */
int ledger_find_group(struct centre *c, uint32_t site, uint64_t number, bool *has, uint8_t hash[static EDIT_HASH_BYTES]) MUST_CHECK;
/* The number for the centre's next group. */
int ledger_next_number(struct centre *c, uint64_t *number) MUST_CHECK;
/* How many edits of group `group_id` are in the store: for reading back. */
int ledger_edit_count(struct centre *c, int64_t group_id, uint64_t *count) MUST_CHECK;

/*
 * The base of a conflict: the newest accepted value of a register that site `site` knew when it had seen `seen` (its own writes
 * included; those numbered `before` and up left out, 0: none left out), appended to `out`. `*has` is false when the register held
 * nothing then.
 */
int ledger_base(struct centre *c, uint64_t case_id, uint64_t entry_id, const char *field, uint32_t site, uint64_t seen, uint64_t before,
	bool *has, struct buf *out) MUST_CHECK;
/* The edit whose acceptance got the number `at`: its group and position. ERR_NOT_FOUND. */
int ledger_find_write(struct centre *c, uint64_t case_id, uint64_t entry_id, const char *field, uint64_t at, int64_t *group_id,
	uint32_t *position) MUST_CHECK;
/* Groups of a site with a number above `number`, ascending, at most MESSAGE_KNOWN_GROUPS_MAX. Owned by the caller, free(). */
int ledger_groups_above(struct centre *c, uint32_t site, uint64_t number, struct message_known_group **out, size_t *count) MUST_CHECK;

/*
 * When a representative last wrote to a case: by the device's claim where it can be true (not after the centre received it, nor more than a
 * year before), else by when it came. 0: no representative did.
 */
int ledger_written_ms(struct centre *c, uint64_t case_id, int64_t *ms) MUST_CHECK;

struct ledger_line {         /* one edit of a history; texts are owned by the history */
	int64_t received_ms; /* the centre's clock */
	int64_t wall_ms;     /* claim of the device */
	uint32_t site;
	uint64_t number; /* edit group */
	uint32_t author;
	const char *author_name; /* "" when unknown */
	uint8_t role;
	uint64_t entry_id;
	const char *field;
	const char *from; /* the value that the register held before; NULL: nothing */
	const char *to;
	enum merge_outcome outcome;
	uint64_t at;        /* 0 unless accepted */
	const char *reason; /* "" when none */
};

struct ledger_history {
	struct ledger_line *lines; /* in the order of arrival */
	size_t count;
	void *texts; /* owned */
};

/* Every edit of a case; of one register when `field` is not NULL (then `entry_id` counts). */
int ledger_history(struct centre *c, uint64_t case_id, uint64_t entry_id, const char *field, struct ledger_history *out) MUST_CHECK;
void ledger_history_fini(struct ledger_history *h);

#endif
