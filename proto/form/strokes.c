/*
 * strokes: see strokes.h.
 *
 *     s1:            version
 *     XxYy           a stroke begins: x and y, each two signs, high six bits first
 *     ab ab ...      each further point: dx + 32 and dy + 32, one sign each, so -32 to 31; never both 0
 *     .              between two strokes
 *
 * Signs are those of RFC 4648 base64url, in its order.
 */
#include "proto/form/strokes.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/bytes.h"

#define STROKES_MAGIC "s1:"
#define STEP_BIAS 32
#define STEP_MAX 31 /* the encoder never uses -32, so that it is symmetric */

static const char SIGNS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void put_sign(struct buf *out, int six_bits)
{
	buf_append(out, &SIGNS[six_bits], 1);
}

static void put_coordinate(struct buf *out, int v)
{
	put_sign(out, v >> 6);
	put_sign(out, v & 63);
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

/* From one point of a stroke to the next, in as many equal steps as it takes. */
static void put_move(struct buf *out, const struct strokes_point *from, const struct strokes_point *to)
{
	int dx = to->x - from->x;
	int dy = to->y - from->y;
	int steps = (larger(abs(dx), abs(dy)) + STEP_MAX - 1) / STEP_MAX;

	for (int i = 1; i <= steps; i++) {
		put_sign(out, dx * i / steps - dx * (i - 1) / steps + STEP_BIAS);
		put_sign(out, dy * i / steps - dy * (i - 1) / steps + STEP_BIAS);
	}
}

int strokes_encode(const struct strokes_point *points, size_t count, struct buf *out)
{
	size_t begin = out->len;

	if (count == 0 || !points[0].begins)
		return err_set(ERR_USAGE, "signature: it begins with no stroke");
	buf_text(out, STROKES_MAGIC);
	for (size_t i = 0; i < count; i++) {
		if (points[i].x >= STROKES_GRID || points[i].y >= STROKES_GRID)
			return err_set(ERR_USAGE, "signature: point %zu lies outside the grid", i);
		if (!points[i].begins) {
			put_move(out, &points[i - 1], &points[i]);
			continue;
		}
		if (i > 0)
			buf_text(out, ".");
		put_coordinate(out, points[i].x);
		put_coordinate(out, points[i].y);
	}
	if (buf_error(out) != 0)
		return buf_error(out);
	if (out->len - begin > STROKES_BYTES_MAX)
		return err_set(ERR_USAGE, "signature: %zu bytes, at most %d", out->len - begin, STROKES_BYTES_MAX);
	return 0;
}

/* The value of the next sign; the reader fails when it is none. */
static int get_sign(struct reader *r)
{
	uint8_t c = reader_u8(r);
	const char *at = c ? strchr(SIGNS, c) : NULL;

	if (!at) {
		reader_fail(r);
		return 0;
	}
	return (int)(at - SIGNS);
}

static int get_coordinate(struct reader *r)
{
	int high = get_sign(r);

	return high << 6 | get_sign(r);
}

/* Read one point; `is_first` when a stroke begins with it. */
static void get_point(struct reader *r, bool is_first, struct strokes_point *at)
{
	int x;
	int y;

	if (is_first) {
		x = get_coordinate(r);
		y = get_coordinate(r);
	} else {
		int dx = get_sign(r) - STEP_BIAS;
		int dy = get_sign(r) - STEP_BIAS;

		if (dx == 0 && dy == 0)
			reader_fail(r);
		x = at->x + dx;
		y = at->y + dy;
	}
	if (x < 0 || x >= STROKES_GRID || y < 0 || y >= STROKES_GRID) {
		reader_fail(r);
		return;
	}
	*at = (struct strokes_point){ .x = (uint16_t)x, .y = (uint16_t)y, .begins = is_first };
}

int strokes_decode(const char *text, size_t len, struct strokes_point *points, size_t *count)
{
	struct reader r;
	struct strokes_point at = { 0 };
	const uint8_t *magic;
	bool is_first = true;
	size_t n = 0;

	*count = 0;
	if (len > STROKES_BYTES_MAX)
		return err_set(ERR_CORRUPT, "signature: %zu bytes, at most %d", len, STROKES_BYTES_MAX);
	reader_init(&r, text, len);
	magic = reader_bytes(&r, strlen(STROKES_MAGIC));
	if (!magic || memcmp(magic, STROKES_MAGIC, strlen(STROKES_MAGIC)) != 0)
		reader_fail(&r);
	while (!r.failed && (is_first || r.left)) {
		if (!is_first && *r.at == '.') {
			reader_u8(&r);
			is_first = true;
		}
		get_point(&r, is_first, &at);
		is_first = false;
		if (points && !r.failed)
			points[n] = at;
		n++;
	}
	if (reader_finish(&r, "signature") != 0)
		return ERR_CORRUPT;
	*count = n;
	return 0;
}
