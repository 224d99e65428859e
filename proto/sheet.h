/*
 * sheet: the edits of several units (edit groups, or cases of a pull) taken with one form, as typed columns
 * (FORMAT.md section 5, "sheet").
 *
 * A row is one entry of one unit; rows of one entry type stand together, and under them the values field by field, so that
 * like stands beside like. Everything compresses best in this order: rows, tags, bits, numbers, and all texts last.
 */
#ifndef PROTO_SHEET_H
#define PROTO_SHEET_H

#include "proto/base/arena.h"
#include "proto/base/buf.h"
#include "proto/base/bytes.h"
#include "proto/edit.h"

struct sheet_unit {
	uint64_t case_id;
	struct edit *edits; /* canonical order; borrowed when encoding, in the arena when decoded */
	size_t edit_count;
};

/* Append the sheet of `count` units, whose edits passed edit_group_check(). `out` carries ERR_LIMIT; others are returned. */
int sheet_encode(const struct form *form, const struct sheet_unit *units, size_t count, struct buf *out) MUST_CHECK;

/*
 * Read the sheet of `count` units, whose case ids the caller has filled in, and give each its edits, which live in `a` or
 * in the form. Whether these are well formed and spelled as sheet_encode() spells them is the caller's to check.
 * ERR_CORRUPT, or what the arena says.
 */
int sheet_decode(const struct form *form, struct sheet_unit *units, size_t count, struct reader *r, struct arena *a) MUST_CHECK;

#endif
