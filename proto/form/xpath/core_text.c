/*
 * core_text: see core_text.h. Characters are code points: lengths and positions count them, never bytes. concat() joins all nodes of a
 * set, as ODK says.
 */
#include "proto/form/xpath/core_text.h"

#include <math.h>
#include <string.h>

#include "proto/form/xpath/eval.h"

int core_text_string(struct xcall *call, struct xpath_value *out)
{
	struct buf b;
	int rc;

	buf_init(&b, XPATH_STRING_BYTES_MAX);
	rc = xcall_string_or_context(call, 0, &b);
	if (rc == 0)
		return xreturn_buf(out, &b);
	buf_fini(&b);
	return rc;
}

static int concat_set(struct xcall *call, const struct xset *s, struct buf *out)
{
	for (size_t i = 0; i < s->count; i++)
		xnode_string(s->at[i], out);
	return xcall_charge(call, s->count);
}

int core_text_concat(struct xcall *call, struct xpath_value *out)
{
	struct buf b, scratch;
	int rc = 0;

	buf_init(&b, XPATH_STRING_BYTES_MAX);
	buf_init(&scratch, XPATH_STRING_BYTES_MAX);
	for (size_t i = 0; i < xcall_count(call) && rc == 0; i++) {
		struct xslot v;

		rc = xcall_slot(call, i, &v);
		if (rc != 0)
			break;
		if (v.type == XPATH_NODESET)
			rc = concat_set(call, &v.set, &b);
		else
			buf_text(&b, xslot_text(call->run, &v, &scratch));
		xslot_fini(&v);
	}
	buf_fini(&scratch);
	if (rc == 0)
		return xreturn_buf(out, &b);
	buf_fini(&b);
	return rc;
}

/* Two texts, for functions about both; to be ended either way. */
struct pair {
	struct buf a;
	struct buf b;
};

static int take_pair(struct xcall *call, struct pair *p)
{
	int rc;

	buf_init(&p->a, XPATH_STRING_BYTES_MAX);
	buf_init(&p->b, XPATH_STRING_BYTES_MAX);
	rc = xcall_string(call, 0, &p->a);
	return rc != 0 ? rc : xcall_string(call, 1, &p->b);
}

static void end_pair(struct pair *p)
{
	buf_fini(&p->a);
	buf_fini(&p->b);
}

/* Where the second text begins in the first; NULL: nowhere. */
static const char *find_pair(struct pair *p)
{
	return strstr(buf_string(&p->a), buf_string(&p->b));
}

int core_text_starts_with(struct xcall *call, struct xpath_value *out)
{
	struct pair p;
	int rc = take_pair(call, &p);
	bool b = rc == 0 && strncmp(buf_string(&p.a), buf_string(&p.b), p.b.len) == 0;

	end_pair(&p);
	return rc != 0 ? rc : xreturn_boolean(out, b);
}

int core_text_contains(struct xcall *call, struct xpath_value *out)
{
	struct pair p;
	int rc = take_pair(call, &p);
	bool b = rc == 0 && find_pair(&p);

	end_pair(&p);
	return rc != 0 ? rc : xreturn_boolean(out, b);
}

int core_text_substring_before(struct xcall *call, struct xpath_value *out)
{
	struct pair p;
	int rc = take_pair(call, &p);
	const char *at = rc == 0 ? find_pair(&p) : NULL;

	if (rc == 0)
		rc = xreturn_string(out, buf_string(&p.a), at ? (size_t)(at - buf_string(&p.a)) : 0);
	end_pair(&p);
	return rc;
}

int core_text_substring_after(struct xcall *call, struct xpath_value *out)
{
	struct pair p;
	int rc = take_pair(call, &p);
	const char *at = rc == 0 ? find_pair(&p) : NULL;

	if (rc == 0)
		rc = xreturn_string(out, at ? at + p.b.len : "", at ? strlen(at + p.b.len) : 0);
	end_pair(&p);
	return rc;
}

/* Section 4.4: the nearest integer, the one towards positive infinity of two. */
static double round_half_up(double d)
{
	return isfinite(d) ? floor(d + 0.5) : d;
}

static bool is_lead(char c)
{
	return ((uint8_t)c & 0xc0) != 0x80;
}

int core_text_substring(struct xcall *call, struct xpath_value *out)
{
	double from, length = (double)INFINITY;
	double place = 0;
	struct buf text;
	const char *begin = NULL, *at;
	int rc;

	buf_init(&text, XPATH_STRING_BYTES_MAX);
	rc = xcall_string(call, 0, &text);
	if (rc == 0)
		rc = xcall_number(call, 1, &from);
	if (rc == 0 && xcall_count(call) > 2)
		rc = xcall_number(call, 2, &length);
	if (rc == 0) {
		from = round_half_up(from);
		length = from + round_half_up(length);
		for (at = buf_string(&text); *at; at++) {
			place += is_lead(*at);
			if (!begin && place >= from && place < length)
				begin = at;
			if (begin && !(place < length))
				break;
		}
		rc = xreturn_string(out, begin ? begin : "", begin ? (size_t)(at - begin) : 0);
	}
	buf_fini(&text);
	return rc;
}

int core_text_string_length(struct xcall *call, struct xpath_value *out)
{
	struct buf scratch;
	struct xslot v;
	size_t length = 0;
	int rc = xcall_slot_or_context(call, 0, &v);

	if (rc != 0)
		return rc;
	buf_init(&scratch, XPATH_STRING_BYTES_MAX);
	for (const char *at = xslot_text(call->run, &v, &scratch); *at; at++)
		length += is_lead(*at);
	rc = buf_error(&scratch);
	buf_fini(&scratch);
	xslot_fini(&v);
	return rc != 0 ? rc : xreturn_number(out, (double)length);
}

int core_text_normalize_space(struct xcall *call, struct xpath_value *out)
{
	struct buf from, to;
	int rc;

	buf_init(&from, XPATH_STRING_BYTES_MAX);
	buf_init(&to, XPATH_STRING_BYTES_MAX);
	rc = xcall_string_or_context(call, 0, &from);
	for (const char *at = buf_string(&from); rc == 0 && *at;) {
		size_t gap = strspn(at, " \t\r\n");
		size_t word = strcspn(at + gap, " \t\r\n");

		if (word > 0 && to.len > 0)
			buf_text(&to, " ");
		buf_append(&to, at + gap, word);
		at += gap + word;
	}
	buf_fini(&from);
	if (rc == 0)
		return xreturn_buf(out, &to);
	buf_fini(&to);
	return rc;
}

/* The bytes of the character that begins at `at`. */
static size_t character(const char *at)
{
	size_t len = 1;

	while (!is_lead(at[len]) && at[len])
		len++;
	return len;
}

/* Append what the character at `at` (`len` bytes) becomes. */
static void translate_one(struct buf *out, const char *at, size_t len, const char *from, const char *to)
{
	while (*from) {
		size_t from_len = character(from);

		if (from_len == len && memcmp(from, at, len) == 0) {
			buf_append(out, to, *to ? character(to) : 0);
			return;
		}
		from += from_len;
		to += *to ? character(to) : 0;
	}
	buf_append(out, at, len);
}

int core_text_translate(struct xcall *call, struct xpath_value *out)
{
	struct buf to, result;
	struct pair p;
	int rc = take_pair(call, &p);

	buf_init(&to, XPATH_STRING_BYTES_MAX);
	buf_init(&result, XPATH_STRING_BYTES_MAX);
	if (rc == 0)
		rc = xcall_string(call, 2, &to);
	if (rc == 0)
		rc = xcall_charge(call, (uint64_t)p.a.len * (p.b.len + 1) / 64);
	for (const char *at = buf_string(&p.a); rc == 0 && *at; at += character(at))
		translate_one(&result, at, character(at), buf_string(&p.b), buf_string(&to));
	end_pair(&p);
	buf_fini(&to);
	if (rc == 0)
		return xreturn_buf(out, &result);
	buf_fini(&result);
	return rc;
}
