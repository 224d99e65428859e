/*
 * function_geo: places, lines and shapes. A point is "latitude longitude [altitude [accuracy]]" in degrees (WGS 84) and metres; a line or
 * shape is points with ';' between. A nodeset gives the points of its nodes one after the other.
 *
 * Lengths and areas are those of a sphere with the equator's radius, as ODK's engines have them, rounded to centimetres: they are off by a
 * third of a percent from the true ones.
 */
#include "proto/form/xpath/function.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/xpath/argument.h"

#define RADIUS_M 6378100.0
#define POINTS_MAX 20000
#define PAIRS_PER_STEP 16 /* of lines that intersects() looks at for one step of the budget */
#define RADIANS (3.14159265358979323846 / 180)

struct point {
	double latitude;
	double longitude;
};

struct shape {
	struct point *points;  /* owned */
	size_t count;
	size_t cap;
	bool is_valid;         /* cleared by the first text that is no point */
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The numbers of one point, `len` bytes. */
static bool read_point(const char *text, size_t len, struct point *out)
{
	double numbers[4];
	size_t count = 0;
	char word[64];

	while (len > 0) {
		size_t n = 0;

		while (n < len && !is_space(text[n]))
			n++;
		if (n >= sizeof(word) || (n > 0 && count == 4))
			return false;
		if (n > 0) {
			memcpy(word, text, n);
			word[n] = '\0';
			numbers[count] = xpath_number_read(word, 0);
			if (!isfinite(numbers[count++]))
				return false;
		}
		n += n < len;
		text += n;
		len -= n;
	}
	if (count < 2 || fabs(numbers[0]) > 90 || fabs(numbers[1]) > 180)
		return false;
	*out = (struct point){ .latitude = numbers[0], .longitude = numbers[1] };
	return true;
}

static int add_point(struct shape *s, const struct point *p)
{
	size_t cap = s->cap == 0 ? 16 : 2 * s->cap;
	struct point *grown;

	if (s->count == POINTS_MAX)
		return err_set(ERR_LIMIT, "expression: a shape of more than %d points", POINTS_MAX);
	if (s->count == s->cap) {
		grown = realloc(s->points, cap * sizeof(struct point));
		if (grown == NULL)
			return err_set(ERR_NOMEM, "expression: no memory");
		s->points = grown;
		s->cap = cap;
	}
	s->points[s->count++] = *p;
	return 0;
}

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_space(text[i]))
			return false;
	return true;
}

/* The points of one text. Nothing behind the last ';' is no point. */
static int add_points(struct shape *s, const char *text)
{
	struct point p;
	int rc = 0;

	while (rc == 0 && *text != '\0') {
		size_t len = strcspn(text, ";");

		if (read_point(text, len, &p))
			rc = add_point(s, &p);
		else if (text[len] == ';' || !is_blank(text, len))
			s->is_valid = false;
		text += len + (text[len] == ';');
	}
	return rc;
}

static int see_shape(void *ctx, const struct xpath_value *item)
{
	struct buf text;
	int rc;

	buf_init(&text, XPATH_STRING_BYTES_MAX);
	rc = xpath_value_string(item, &text);
	if (rc == 0)
		rc = buf_error(&text);
	if (rc == 0)
		rc = add_points(ctx, buf_string(&text));
	buf_fini(&text);
	return rc;
}

/* The points of argument `i`, and of all behind it when `and_rest`; `out` is the caller's to end, whatever is returned. */
static int shape_argument(struct xcall *call, size_t i, bool and_rest, struct shape *out)
{
	struct buf text;
	int rc;

	*out = (struct shape){ .is_valid = true };
	if (and_rest) {
		rc = argument_items(call, i, see_shape, out);
	} else {
		rc = argument_text(call, i, &text);
		if (rc == 0) {
			rc = add_points(out, buf_string(&text));
			buf_fini(&text);
		}
	}
	return rc != 0 ? rc : xcall_charge(call, out->count);
}

static void shape_fini(struct shape *s)
{
	free(s->points);
	s->points = NULL;
}

static double to_centimetres(double d)
{
	return round(d * 100) / 100 + 0.0;
}

/* The way over the sphere by the haversine, which is exact for near points too. */
static double distance_between(const struct point *a, const struct point *b)
{
	double down = sin((b->latitude - a->latitude) * RADIANS / 2);
	double across = sin((b->longitude - a->longitude) * RADIANS / 2);
	double h = down * down + cos(a->latitude * RADIANS) * cos(b->latitude * RADIANS) * across * across;

	return 2 * RADIUS_M * asin(fmin(1, sqrt(h)));
}

static int distance(struct xcall *call, struct xpath_value *out)
{
	struct shape s;
	double sum = 0;
	int rc;

	rc = shape_argument(call, 0, true, &s);
	if (rc == 0) {
		for (size_t i = 1; i < s.count; i++)
			sum += distance_between(&s.points[i - 1], &s.points[i]);
		rc = xreturn_number(out, s.is_valid ? to_centimetres(sum) : NAN);
	}
	shape_fini(&s);
	return rc;
}

static int area(struct xcall *call, struct xpath_value *out)
{
	struct shape s;
	double sum = 0;
	int rc;

	rc = shape_argument(call, 0, true, &s);
	if (rc == 0) {
		for (size_t i = 0; s.count > 2 && i < s.count; i++) {
			const struct point *a = &s.points[i];
			const struct point *b = &s.points[(i + 1) % s.count];

			sum += (b->longitude - a->longitude) * RADIANS * (2 + sin(a->latitude * RADIANS) + sin(b->latitude * RADIANS));
		}
		rc = xreturn_number(out, s.is_valid ? to_centimetres(fabs(sum * RADIUS_M * RADIUS_M / 2)) : NAN);
	}
	shape_fini(&s);
	return rc;
}

/* Whether `p` lies on the line from `a` to `b`. */
static bool is_on(const struct point *p, const struct point *a, const struct point *b)
{
	double cross = (b->longitude - a->longitude) * (p->latitude - a->latitude) -
		       (b->latitude - a->latitude) * (p->longitude - a->longitude);

	return cross == 0 && p->longitude >= fmin(a->longitude, b->longitude) && p->longitude <= fmax(a->longitude, b->longitude) &&
	       p->latitude >= fmin(a->latitude, b->latitude) && p->latitude <= fmax(a->latitude, b->latitude);
}

/* Counts how often a ray to the east crosses the edge; the edge itself belongs to the shape. */
static bool is_inside(const struct point *p, const struct shape *s)
{
	bool inside = false;

	for (size_t i = 0; i < s->count; i++) {
		const struct point *a = &s->points[i];
		const struct point *b = &s->points[(i + 1) % s->count];

		if (is_on(p, a, b))
			return true;
		if ((a->latitude > p->latitude) == (b->latitude > p->latitude))
			continue;
		if (p->longitude <
		    (b->longitude - a->longitude) * (p->latitude - a->latitude) / (b->latitude - a->latitude) + a->longitude)
			inside = !inside;
	}
	return inside;
}

static int geofence(struct xcall *call, struct xpath_value *out)
{
	struct shape place;
	struct shape fence;
	bool inside = false;
	int rc;

	rc = shape_argument(call, 0, false, &place);
	if (rc == 0) {
		rc = shape_argument(call, 1, false, &fence);
		if (rc == 0)
			inside = place.is_valid && fence.is_valid && place.count == 1 && fence.count > 2 &&
				 is_inside(&place.points[0], &fence);
		shape_fini(&fence);
	}
	shape_fini(&place);
	return rc != 0 ? rc : xreturn_boolean(out, inside);
}

/* m:in-box(place, south, west, north, east): edges included. */
static int in_box(struct xcall *call, struct xpath_value *out)
{
	struct shape place;
	double edges[4] = { 0 };
	bool inside;
	int rc;

	rc = shape_argument(call, 0, false, &place);
	for (size_t i = 0; rc == 0 && i < 4; i++)
		rc = xcall_number(call, i + 1, &edges[i]);
	inside = rc == 0 && place.is_valid && place.count == 1 && place.points[0].latitude >= edges[0] &&
		 place.points[0].longitude >= edges[1] && place.points[0].latitude <= edges[2] && place.points[0].longitude <= edges[3];
	shape_fini(&place);
	return rc != 0 ? rc : xreturn_boolean(out, inside);
}

/* On which side of the line from `a` to `b` the point lies: 1 left, -1 right, 0 on it. */
static int side_of(const struct point *p, const struct point *a, const struct point *b)
{
	double cross = (b->longitude - a->longitude) * (p->latitude - a->latitude) -
		       (b->latitude - a->latitude) * (p->longitude - a->longitude);

	return (cross > 0) - (cross < 0);
}

/* Whether the lines a-b and c-d have a point in common. */
static bool do_meet(const struct point *a, const struct point *b, const struct point *c, const struct point *d)
{
	if (side_of(a, c, d) * side_of(b, c, d) < 0 && side_of(c, a, b) * side_of(d, a, b) < 0)
		return true;
	return is_on(a, c, d) || is_on(b, c, d) || is_on(c, a, b) || is_on(d, a, b);
}

static bool is_same_place(const struct point *a, const struct point *b)
{
	return a->latitude == b->latitude && a->longitude == b->longitude;
}

/* A point that stands several times in a row makes no line of its own. */
static void drop_doubles(struct shape *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++)
		if (kept == 0 || !is_same_place(&s->points[kept - 1], &s->points[i]))
			s->points[kept++] = s->points[i];
	s->count = kept;
}

/* Whether line `j` of the shape meets line `i` before it, otherwise than neighbours do that share an end. */
static bool crosses_itself_at(const struct shape *s, size_t i, size_t j)
{
	const struct point *p = s->points;
	bool is_closed = is_same_place(&p[0], &p[s->count - 1]);

	if (j == i + 1)
		return is_on(&p[j + 1], &p[i], &p[j]) || is_on(&p[i], &p[j], &p[j + 1]);
	if (is_closed && i == 0 && j + 2 == s->count)
		return is_on(&p[j], &p[0], &p[1]) || is_on(&p[1], &p[j], &p[j + 1]);
	return do_meet(&p[i], &p[i + 1], &p[j], &p[j + 1]);
}

/* intersects(line or shape): whether it crosses, touches or runs over itself. Lines are straight on the map. */
static int intersects(struct xcall *call, struct xpath_value *out)
{
	struct shape s;
	bool does = false;
	int rc;

	rc = shape_argument(call, 0, false, &s);
	if (rc == 0) {
		drop_doubles(&s);
		rc = xcall_charge(call, s.count * s.count / PAIRS_PER_STEP);
	}
	for (size_t j = 1; rc == 0 && s.is_valid && !does && j + 1 < s.count; j++)
		for (size_t i = 0; i < j && !does; i++)
			does = crosses_itself_at(&s, i, j);
	shape_fini(&s);
	return rc != 0 ? rc : xreturn_boolean(out, does);
}

const struct xfunction function_geo_table[] = {
	{ "area", 1, 1, area },
	{ "enclosed-area", 1, 1, area }, /* as old forms have it */
	{ "distance", 1, XFUNCTION_ARGUMENTS_MAX, distance },
	{ "geofence", 2, 2, geofence },
	{ "intersects", 1, 1, intersects },
	{ "m:in-box", 5, 5, in_box },
	{ NULL, 0, 0, NULL },
};
