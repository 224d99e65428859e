/*
 * edit: one register set, and the edit group that one local transaction wrote (FORMAT.md section 5).
 *
 * An edit group belongs to one case. Its identity is (device, incarnation, number), whatever envelope carries it: the
 * same group arriving again is applied once. Inside a group each register is set at most once and the edits stand in
 * canonical order: by entry type, entry id, field. A group read from a change set owns nothing: its values borrow from
 * the change set that decoded it.
 */
#ifndef PROTO_EDIT_H
#define PROTO_EDIT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/env.h"
#include "proto/base/err.h"
#include "proto/form/form.h"

#define EDIT_GROUP_EDITS_MAX 20000 /* one local transaction; a 12-person household has about 400 */
#define EDIT_HASH_BYTES 16

struct edit {
	uint64_t entry_id;
	uint16_t entry_type; /* index in the group's form */
	uint16_t field;      /* index in the group's form; FORM_FIELD_GONE removes or restores the entry */
	const char *value;   /* canonical, not NUL-terminated, "" for cleared; borrowed */
	size_t value_len;
};

struct edit_group {
	uint64_t number;       /* from 1, counts up by one per local transaction of an incarnation */
	uint64_t case_id;
	uint32_t author;       /* person, as numbered by the centre at enrolment */
	uint8_t role;          /* enum form_writer: as whom the author acted */
	const struct form *form; /* the form the answers were taken with; borrowed */
	int64_t wall_ms;       /* the device's clock: a claim, decides nothing */
	int64_t mono_ms;       /* milliseconds since boot */
	uint8_t boot_id[ENV_BOOT_ID_BYTES];
	uint64_t seen;         /* the sequence up to which the device held everything in its scope */
	struct edit *edits;    /* canonical order */
	size_t edit_count;
};

/* <0, 0, >0: canonical order of edits inside a group. */
int edit_compare(const struct edit *a, const struct edit *b);

/* Sort into canonical order; ERR_USAGE when one register is set twice. */
int edit_group_sort(struct edit_group *g) MUST_CHECK;

/*
 * 0 when the group is well formed: canonical order, ids legal, each field fits its entry type, one type per entry, root
 * fields on the case's root entry, each value canonical for its form. ERR_CORRUPT names what broke, never a value.
 */
int edit_group_check(const struct edit_group *g) MUST_CHECK;

/* BLAKE2b-128 of the group's content (everything but number and seen): tells whether a clone's group is one we know. */
void edit_group_hash(const struct edit_group *g, uint8_t out[static EDIT_HASH_BYTES]);

#endif
