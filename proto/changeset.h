/*
 * changeset: edit groups of one device as typed columns (FORMAT.md section 5), and registers on their way back (section 9).
 *
 * The encoding is schema-aware and canonical: decode checks that encoding the result again gives the same bytes, so there
 * is one accepted spelling. Pure: no SQL, no sockets, no clock.
 */
#ifndef PROTO_CHANGESET_H
#define PROTO_CHANGESET_H

#include "proto/base/buf.h"
#include "proto/edit.h"

#define CHANGESET_BYTES_MAX (1024 * 1024) /* LINKS: plaintext ceiling of one envelope */
#define CHANGESET_GROUPS_MAX 2000
#define CHANGESET_FORMS_MAX 16
#define CHANGESET_PULL_BYTES_MAX (4 * 1024 * 1024) /* plaintext of one pull */

/* How a decoder finds the form that a hash names. Returns NULL when it is not known. Borrowed forms outlive the result. */
struct changeset_forms {
	const struct form *(*find)(void *ctx, const uint8_t hash[static FORM_HASH_BYTES]);
	void *ctx;
};

struct changeset {
	struct edit_group *groups; /* by ascending number */
	size_t group_count;
	void *arena;               /* owns groups, edits and values */
};

/*
 * Append the encoding of `count` groups (ascending numbers, each passing edit_group_check()) to `out`.
 * ERR_LIMIT above the ceilings.
 */
int changeset_encode(const struct edit_group *groups, size_t count, struct buf *out) MUST_CHECK;

/*
 * Decode, bounded by the ceilings above; everything is checked (edit_group_check() on each group).
 * ERR_NOT_FOUND when a form is not known, ERR_CORRUPT or ERR_LIMIT otherwise. Free with changeset_fini().
 */
int changeset_decode(const void *data, size_t len, const struct changeset_forms *forms, struct changeset *out) MUST_CHECK;
void changeset_fini(struct changeset *c);

/* One register of the centre's state, as it travels to a device. */
struct changeset_register {
	uint64_t case_id;
	uint64_t entry_id;
	uint16_t entry_type;   /* of `form` */
	uint16_t field;        /* of `form` */
	const char *value;     /* canonical, not NUL-terminated; borrowed */
	size_t value_len;
	uint64_t at;           /* sequence of the accepted write */
	uint32_t writer;       /* site */
	uint32_t author;       /* person */
	const char *reason;    /* of a decision; NUL-terminated, "" when none; borrowed */
};

struct changeset_pull {
	const struct form *form;                 /* all registers are given in this form's tables; borrowed */
	struct changeset_register *registers;    /* sorted by case, entry type, entry, field */
	size_t register_count;
	void *arena;                             /* owned, NULL on the encoding side */
};

#define CHANGESET_REGISTERS_MAX 200000

/*
 * Append the encoding of `p`; ERR_CORRUPT when a register does not fit the form or the order is broken, ERR_LIMIT above
 * CHANGESET_PULL_BYTES_MAX or CHANGESET_REGISTERS_MAX, or when a case has more than EDIT_GROUP_EDITS_MAX registers.
 */
int changeset_pull_encode(const struct changeset_pull *p, struct buf *out) MUST_CHECK;
/* As changeset_decode(). Free with changeset_pull_fini(). */
int changeset_pull_decode(const void *data, size_t len, const struct changeset_forms *forms, struct changeset_pull *out) MUST_CHECK;
void changeset_pull_fini(struct changeset_pull *p);

#endif
