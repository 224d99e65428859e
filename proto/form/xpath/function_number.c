/*
 * function_number: the functions of numbers, chance, hashes and base64. Their table is in function_odk.c.
 *
 * Chance is the world's. Where the world has none, random() is NaN, uuid() empty, and randomize() without a seed leaves the order as it is.
 */
#include "proto/form/xpath/function_odk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/text.h"
#include "proto/form/xpath/argument.h"
#include "proto/form/xpath/digest.h"

#define PARK_MILLER_MODULUS 2147483647
#define PARK_MILLER_FACTOR 16807
#define UUID_CHARACTERS_MAX 10000

/* ---- whole numbers, least and greatest ---- */

/* "7.9e-12": a number as other programs write it. XPath's grammar has no exponent. */
static double read_exponent(const char *text)
{
	char *end;
	double d;

	if (strspn(text, "+-0123456789.eE") != strlen(text) || strpbrk(text, "eE") == NULL)
		return NAN;
	d = strtod(text, &end);
	return end != text && *end == '\0' ? d : NAN;
}

int function_number_int(struct xcall *call, struct xpath_value *out)
{
	struct xpath_value v;
	struct buf text;
	double d;
	int rc;

	rc = xcall_value(call, 0, &v);
	if (rc != 0)
		return rc;
	d = xpath_value_number(&v, xcall_context(call)->world->tz_minutes);
	buf_init(&text, XPATH_STRING_BYTES_MAX);
	if (isnan(d) && v.type != XPATH_NUMBER) {
		rc = xpath_value_string(&v, &text);
		if (rc == 0)
			rc = buf_error(&text);
		d = read_exponent(buf_string(&text));
	}
	buf_fini(&text);
	xpath_value_fini(&v);
	if (rc != 0)
		return rc;
	return xreturn_number(out, trunc(d) + 0.0);
}

struct extreme {
	int tz_minutes;
	bool is_max;
	bool has_any;
	double value;
};

static int see_extreme(void *ctx, const struct xpath_value *item)
{
	struct extreme *e = ctx;
	double d = xpath_value_number(item, e->tz_minutes);

	/* One item that is no number makes the result none: a blank age is not the youngest. */
	if (!e->has_any || isnan(d) || (!isnan(e->value) && (e->is_max ? d > e->value : d < e->value)))
		e->value = d;
	e->has_any = true;
	return 0;
}

static int extreme(struct xcall *call, bool is_max, struct xpath_value *out)
{
	struct extreme e = { .tz_minutes = xcall_context(call)->world->tz_minutes, .is_max = is_max };
	int rc;

	rc = argument_items(call, 0, see_extreme, &e);
	return rc != 0 ? rc : xreturn_number(out, e.has_any ? e.value : NAN);
}

int function_number_min(struct xcall *call, struct xpath_value *out)
{
	return extreme(call, false, out);
}

int function_number_max(struct xcall *call, struct xpath_value *out)
{
	return extreme(call, true, out);
}

/* ---- the functions of one and two numbers ---- */

static int of_one(struct xcall *call, double (*f)(double), struct xpath_value *out)
{
	double x;
	int rc;

	rc = xcall_number(call, 0, &x);
	return rc != 0 ? rc : xreturn_number(out, f(x));
}

static double power_of_ten(double x)
{
	return pow(10, x);
}

int function_number_abs(struct xcall *call, struct xpath_value *out) { return of_one(call, fabs, out); }
int function_number_sqrt(struct xcall *call, struct xpath_value *out) { return of_one(call, sqrt, out); }
int function_number_exp(struct xcall *call, struct xpath_value *out) { return of_one(call, exp, out); }
int function_number_exp10(struct xcall *call, struct xpath_value *out) { return of_one(call, power_of_ten, out); }
int function_number_log(struct xcall *call, struct xpath_value *out) { return of_one(call, log, out); }
int function_number_log10(struct xcall *call, struct xpath_value *out) { return of_one(call, log10, out); }
int function_number_sin(struct xcall *call, struct xpath_value *out) { return of_one(call, sin, out); }
int function_number_cos(struct xcall *call, struct xpath_value *out) { return of_one(call, cos, out); }
int function_number_tan(struct xcall *call, struct xpath_value *out) { return of_one(call, tan, out); }
int function_number_asin(struct xcall *call, struct xpath_value *out) { return of_one(call, asin, out); }
int function_number_acos(struct xcall *call, struct xpath_value *out) { return of_one(call, acos, out); }
int function_number_atan(struct xcall *call, struct xpath_value *out) { return of_one(call, atan, out); }

static int of_two(struct xcall *call, double (*f)(double, double), struct xpath_value *out)
{
	double x;
	double y;
	int rc;

	rc = xcall_number(call, 0, &x);
	if (rc == 0)
		rc = xcall_number(call, 1, &y);
	return rc != 0 ? rc : xreturn_number(out, f(x, y));
}

/* C has 1 to the power of anything as 1; an unknown exponent makes an unknown result here. */
static double power(double x, double y)
{
	return isnan(y) || (fabs(x) == 1 && isinf(y)) ? NAN : pow(x, y);
}

int function_number_pow(struct xcall *call, struct xpath_value *out) { return of_two(call, power, out); }
int function_number_atan2(struct xcall *call, struct xpath_value *out) { return of_two(call, atan2, out); }

int function_number_pi(struct xcall *call, struct xpath_value *out)
{
	(void)call;
	return xreturn_number(out, 3.14159265358979323846);
}

/* ---- chance ---- */

static double unit(uint64_t bits)
{
	return (double)(bits >> 11) * 0x1p-53;
}

int function_number_random(struct xcall *call, struct xpath_value *out)
{
	const struct xpath_world *w = xcall_context(call)->world;

	return xreturn_number(out, w->random == NULL ? NAN : unit(w->random(w->ctx)));
}

/* Where the order of randomize() comes from: a seeded generator (Park and Miller, as ODK's engines have it), or the world. */
struct shuffler {
	const struct xpath_world *world;
	bool is_seeded;
	int64_t state;
};

static double shuffler_next(struct shuffler *s)
{
	if (!s->is_seeded)
		return unit(s->world->random(s->world->ctx));
	s->state = s->state * PARK_MILLER_FACTOR % PARK_MILLER_MODULUS;
	return (double)(s->state - 1) / (PARK_MILLER_MODULUS - 1);
}

static void shuffler_seed(struct shuffler *s, int64_t remainder)
{
	s->is_seeded = true;
	s->state = remainder > 0 ? remainder : remainder + PARK_MILLER_MODULUS - 1;
	if (s->state <= 0)
		s->state = 1;
}

/* A text that is no number is a seed by its SHA-256; the empty text is 0. */
static int64_t seed_of_text(const char *text)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	uint64_t bits = 0;

	if (text[0] == '\0')
		return 0;
	crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
	for (int i = 0; i < 8; i++)
		bits = bits << 8 | hash[i];
	return (int64_t)bits % PARK_MILLER_MODULUS;
}

static int64_t seed_of_number(double d)
{
	if (isinf(d))
		return (d > 0 ? INT64_MAX : INT64_MIN) % PARK_MILLER_MODULUS;
	return (int64_t)fmod(trunc(d), PARK_MILLER_MODULUS);
}

static int seed_argument(struct xcall *call, struct shuffler *s)
{
	struct xpath_value v;
	struct buf text;
	double d;
	int rc;

	rc = xcall_value(call, 1, &v);
	if (rc != 0)
		return rc;
	buf_init(&text, XPATH_STRING_BYTES_MAX);
	d = xpath_value_number(&v, xcall_context(call)->world->tz_minutes);
	if (!isnan(d))
		shuffler_seed(s, seed_of_number(d));
	else if (v.type == XPATH_NUMBER || (rc = xpath_value_string(&v, &text)) == 0)
		shuffler_seed(s, seed_of_text(buf_string(&text)));
	buf_fini(&text);
	xpath_value_fini(&v);
	return rc;
}

static int shuffle(struct shuffler *s, struct xpath_value *v)
{
	const struct xnode **order;

	if (v->node_count < 2)
		return 0;
	order = malloc(v->node_count * sizeof(const struct xnode *));
	if (order == NULL)
		return err_set(ERR_NOMEM, "randomize: no memory");
	for (size_t i = 0; i < v->node_count; i++) {
		size_t j = (size_t)floor(shuffler_next(s) * (double)(i + 1));

		if (j > i)
			j = i;
		order[i] = order[j];
		order[j] = v->nodes[i];
	}
	free(v->nodes);
	v->nodes = order;
	return 0;
}

int function_number_randomize(struct xcall *call, struct xpath_value *out)
{
	struct shuffler s = { .world = xcall_context(call)->world };
	struct xpath_value v;
	int rc = 0;

	if (xcall_count(call) > 1)
		rc = seed_argument(call, &s);
	if (rc == 0)
		rc = xcall_nodes(call, 0, &v);
	if (rc != 0)
		return rc;
	rc = xcall_charge(call, v.node_count);
	if (rc == 0 && (s.is_seeded || s.world->random != NULL))
		rc = shuffle(&s, &v);
	if (rc != 0) {
		xpath_value_fini(&v);
		return rc;
	}
	*out = v;
	return 0;
}

static int uuid_version_4(const struct xpath_world *w, struct xpath_value *out)
{
	uint64_t high = (w->random(w->ctx) & ~UINT64_C(0xf000)) | 0x4000;
	uint64_t low = (w->random(w->ctx) & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
	struct buf text;

	buf_init(&text, XPATH_STRING_BYTES_MAX);
	buf_printf(&text, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xffff),
		   (unsigned)(low >> 48), (unsigned long long)(low & UINT64_C(0xffffffffffff)));
	return xreturn_buf(out, &text);
}

static int random_characters(struct xcall *call, struct xpath_value *out)
{
	const struct xpath_world *w = xcall_context(call)->world;
	struct buf text;
	double count;
	int rc;

	rc = xcall_number(call, 0, &count);
	if (rc != 0)
		return rc;
	if (!(count >= 0 && count <= UUID_CHARACTERS_MAX))
		return err_set(ERR_USAGE, "uuid: the number of characters is not from 0 to %d", UUID_CHARACTERS_MAX);
	buf_init(&text, XPATH_STRING_BYTES_MAX);
	for (size_t i = 0; w->random != NULL && i < (size_t)count; i++)
		buf_printf(&text, "%x", (unsigned)(w->random(w->ctx) >> 60));
	return xreturn_buf(out, &text);
}

int function_number_uuid(struct xcall *call, struct xpath_value *out)
{
	const struct xpath_world *w = xcall_context(call)->world;

	if (xcall_count(call) > 0)
		return random_characters(call, out);
	return w->random == NULL ? xreturn_string(out, "", 0) : uuid_version_4(w, out);
}

/* ---- bytes ---- */

static int return_encoded(const uint8_t *hash, size_t len, const char *encoding, struct xpath_value *out)
{
	char text[2 * DIGEST_BYTES_MAX + 1];

	if (strcmp(encoding, "hex") == 0)
		sodium_bin2hex(text, sizeof(text), hash, len);
	else if (strcmp(encoding, "base64") == 0)
		sodium_bin2base64(text, sizeof(text), hash, len, sodium_base64_VARIANT_ORIGINAL);
	else
		return err_set(ERR_USAGE, "digest: no such encoding; expected base64 or hex");
	return xreturn_string(out, text, strlen(text));
}

int function_number_digest(struct xcall *call, struct xpath_value *out)
{
	uint8_t hash[DIGEST_BYTES_MAX];
	struct buf message;
	struct buf word;
	size_t len;
	int rc;

	rc = argument_text(call, 0, &message);
	if (rc != 0)
		return rc;
	rc = argument_text(call, 1, &word);
	if (rc == 0) {
		rc = digest_make(buf_string(&word), buf_string(&message), message.len, hash, &len);
		buf_fini(&word);
	}
	buf_fini(&message);
	if (rc != 0)
		return rc;
	if (xcall_count(call) < 3)
		return return_encoded(hash, len, "base64", out);
	rc = argument_text(call, 2, &word);
	if (rc != 0)
		return rc;
	rc = return_encoded(hash, len, buf_string(&word), out);
	buf_fini(&word);
	return rc;
}

/* Bytes that are no text (not UTF-8, or with a zero byte, which no value holds) give the empty text. */
int function_number_base64(struct xcall *call, struct xpath_value *out)
{
	struct buf text;
	struct buf bytes;
	uint8_t *room;
	size_t len = 0;
	int rc;

	rc = argument_text(call, 0, &text);
	if (rc != 0)
		return rc;
	while (text.len > 0 && text.data[text.len - 1] == '=')
		text.len--;
	buf_init(&bytes, XPATH_STRING_BYTES_MAX);
	room = buf_space(&bytes, text.len + 1);
	if (room == NULL || sodium_base642bin(room, bytes.len, buf_string(&text), text.len, " \t\r\n", &len, NULL,
					      sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0)
		len = 0;
	if (len > 0 && (memchr(room, 0, len) != NULL || !text_is_utf8(room, len)))
		len = 0;
	bytes.len = len;
	buf_fini(&text);
	return xreturn_buf(out, &bytes);
}
