/*
 * strokes: the pen strokes of a signature as text (FORMAT.md section 4).
 *
 * A signature travels inside its register, so it must be small: points on a grid of 1024 by 1024, where 1024 is the width of
 * the pad and y grows downwards, each point two characters. The text is canonical: the same points have one spelling.
 */
#ifndef PROTO_FORM_STROKES_H
#define PROTO_FORM_STROKES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

#define STROKES_GRID 1024
#define STROKES_BYTES_MAX 4096
#define STROKES_POINTS_MAX (STROKES_BYTES_MAX / 2) /* enough for every legal text */

struct strokes_point {
	uint16_t x;       /* 0 to STROKES_GRID - 1 */
	uint16_t y;
	bool begins;      /* the pen was put down here */
};

/*
 * Append the text of `count` points; the first begins a stroke. Moves too long for one step are cut into several on the
 * straight line, points that do not move are left out. ERR_USAGE: no point, the first begins no stroke, outside the grid,
 * or longer than STROKES_BYTES_MAX; `out` then holds a part.
 */
int strokes_encode(const struct strokes_point *points, size_t count, struct buf *out) MUST_CHECK;

/*
 * Read a text of `len` bytes into `points` (room for STROKES_POINTS_MAX), or only check it when `points` is NULL. ERR_CORRUPT
 * when it is not canonical; `*count` is then 0.
 */
int strokes_decode(const char *text, size_t len, struct strokes_point *points, size_t *count) MUST_CHECK;

#endif
