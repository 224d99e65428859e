/*
 * faultfs_cut: the disks that a power cut may leave.
 *
 * A cut lies between two operations of a log. What was synced before it is there. Of what was not:
 * - a write is taken apart at the borders of sectors; each piece is kept, lost, or torn: begun from either end and not finished, with
 *   or without garbage where it stopped, or garbage as a whole; never a byte outside the piece;
 * - a write that made the file longer may leave the new length without the bytes (zeros);
 * - a truncation is kept or lost;
 * - a new name, a deletion or a new name for an old file is kept or lost, until a sync of a new file, a deletion with the directory
 *   synced, or a sync of the directory makes all that came before durable;
 * and any subset of these may have reached the disk, in any order. Shared memory and temporary files are gone.
 */
#ifndef TESTS_LIB_FAULTFS_CUT_H
#define TESTS_LIB_FAULTFS_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lib/faultfs.h"
#include "tests/lib/faultfs_log.h"

struct faultfs_cut;

/* A cut before the first recorded operation. Borrows the log. */
struct faultfs_cut *faultfs_cut_new(const struct faultfs_log *log);

void faultfs_cut_free(struct faultfs_cut *cut);

/* Move the cut behind the next operation; false at the end. *op, when not NULL: that operation. */
bool faultfs_cut_next(struct faultfs_cut *cut, const struct faultfs_op **op);

/* The last number that was acknowledged before the cut, or `none`. */
int64_t faultfs_cut_mark(const struct faultfs_cut *cut, int64_t none);

/* How many operations are not durable at the cut. */
size_t faultfs_cut_pending(const struct faultfs_cut *cut);

/*
 * Make the disk hold one of the images, chosen by `seed` (any number; 0 keeps everything and 1 loses everything that may be lost),
 * with sectors of `sector_bytes`. Returns a fingerprint of the image.
 */
uint64_t faultfs_cut_image(struct faultfs_cut *cut, unsigned sector_bytes, uint64_t seed, struct faultfs *fs);

/* One image, on the disk when a check is called. */
struct faultfs_attempt {
	size_t cut;        /* behind how many recorded operations the cut is */
	uint64_t seed;
	int64_t mark;      /* the last number that was acknowledged */
};

/*
 * Call `check` with up to `images_per_cut` different images of each cut through the log, in sectors of 512 and 4096 bytes by turns.
 * `none`: what counts as acknowledged before the first mark. Returns the number of images, all different.
 */
uint64_t faultfs_cut_each(const struct faultfs_log *log, struct faultfs *fs, unsigned images_per_cut, int64_t none,
	void (*check)(void *context, const struct faultfs_attempt *attempt), void *context);

#endif
