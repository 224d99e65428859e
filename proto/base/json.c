/*
 * json: see json.h.
 */
#include "proto/base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"

/* ---- Reading ---- */

/* What was read are answers: the library's copies are wiped when they are given back. */
static void wipe_and_free(void *memory)
{
	if (memory)
		sodium_memzero(memory, malloc_usable_size(memory));
	free(memory);
}

int json_read(const char *text, size_t len, json_t **out)
{
	json_error_t error;

	*out = NULL;
	json_set_alloc_funcs(malloc, wipe_and_free); /* for the whole process, the same each time */
	if (len > JSON_READ_BYTES_MAX)
		return err_set(ERR_LIMIT, "JSON: %zu bytes, more than %d", len, JSON_READ_BYTES_MAX);
	*out = json_loadb(text ? text : "", len, JSON_REJECT_DUPLICATES, &error);
	if (*out)
		return 0;
	if (json_error_code(&error) == json_error_out_of_memory)
		return err_set(ERR_NOMEM, "JSON: no memory for %zu bytes", len);
	/* The library's own text quotes the input, which may be personal. */
	return err_set(ERR_CORRUPT, "JSON: line %d, column %d is not strict JSON", error.line, error.column);
}

static bool is_known(const char *key, const char *const *known)
{
	for (; *known; known++)
		if (strcmp(key, *known) == 0)
			return true;
	return false;
}

int json_read_keys(const json_t *object, const char *const *known)
{
	/* jansson's iterators take a non-const object but do not change it. */
	json_t *o = (json_t *)(uintptr_t)object;

	if (!json_is_object(object))
		return err_set(ERR_CORRUPT, "JSON: an object was expected");
	for (void *at = json_object_iter(o); at; at = json_object_iter_next(o, at))
		if (!is_known(json_object_iter_key(at), known))
			return err_set(ERR_CORRUPT, "JSON: an object holds a key that is not known here");
	return 0;
}

/* The member, when it is there and `is_right` says that its type is. */
static int member(const json_t *object, const char *key, bool (*is_right)(const json_t *), json_t **out)
{
	json_t *value = json_object_get(object, key);

	*out = NULL;
	if (!value || json_is_null(value))
		return err_set(ERR_NOT_FOUND, "JSON: \"%s\" is missing", key);
	if (!is_right(value))
		return err_set(ERR_CORRUPT, "JSON: \"%s\" is of another type than expected", key);
	*out = value;
	return 0;
}

static bool is_text(const json_t *v)
{
	return json_is_string(v) && strlen(json_string_value(v)) == json_string_length(v);
}

static bool is_integer(const json_t *v)
{
	return json_is_integer(v);
}

static bool is_bool(const json_t *v)
{
	return json_is_boolean(v);
}

static bool is_object(const json_t *v)
{
	return json_is_object(v);
}

static bool is_array(const json_t *v)
{
	return json_is_array(v);
}

int json_read_text(const json_t *object, const char *key, const char **out)
{
	json_t *value;
	int rc = member(object, key, is_text, &value);

	*out = rc == 0 ? json_string_value(value) : NULL;
	return rc;
}

int json_read_integer(const json_t *object, const char *key, int64_t min, int64_t max, int64_t *out)
{
	json_t *value;
	int rc = member(object, key, is_integer, &value);

	*out = 0;
	if (rc != 0)
		return rc;
	if (json_integer_value(value) < min || json_integer_value(value) > max)
		return err_set(ERR_CORRUPT, "JSON: \"%s\" is not between %" PRId64 " and %" PRId64, key, min, max);
	*out = json_integer_value(value);
	return 0;
}

int json_read_bool(const json_t *object, const char *key, bool *out)
{
	json_t *value;
	int rc = member(object, key, is_bool, &value);

	*out = rc == 0 && json_is_true(value);
	return rc;
}

int json_read_object(const json_t *object, const char *key, json_t **out)
{
	return member(object, key, is_object, out);
}

int json_read_array(const json_t *object, const char *key, json_t **out)
{
	return member(object, key, is_array, out);
}

/* ---- Writing ---- */

static void write_code_point(struct buf *out, uint32_t cp)
{
	uint8_t bytes[4];
	size_t len;

	switch (cp) {
	case '"':
		buf_text(out, "\\\"");
		return;
	case '\\':
		buf_text(out, "\\\\");
		return;
	case '\n':
		buf_text(out, "\\n");
		return;
	case '\t':
		buf_text(out, "\\t");
		return;
	case '<':
	case '>':
	case '&':
	case 0x7f:
	case 0x2028: /* line ends in JavaScript */
	case 0x2029:
		buf_printf(out, "\\u%04x", cp);
		return;
	}
	if (cp < 0x20) {
		buf_printf(out, "\\u%04x", cp);
		return;
	}
	len = text_encode(cp, bytes);
	buf_append(out, bytes, len);
}

static void write_string(struct buf *out, const char *text, size_t len)
{
	const uint8_t *bytes = (const uint8_t *)text;
	uint32_t cp;
	size_t step;

	buf_text(out, "\"");
	for (size_t at = 0; at < len; at += step) {
		step = text_decode(bytes + at, len - at, &cp);
		if (step == 0) {
			step = 1;
			cp = 0xfffd;
		}
		write_code_point(out, cp);
	}
	buf_text(out, "\"");
}

/* What stands before a value: comma, key. */
static void write_lead(struct json_writer *w, const char *key)
{
	assert((key != NULL) == (w->depth > 0 && w->is_object[w->depth - 1]));
	assert(w->depth > 0 || !w->has_item[0]); /* one value at the top */
	if (w->has_item[w->depth])
		buf_text(w->out, ",");
	w->has_item[w->depth] = true;
	if (key) {
		write_string(w->out, key, strlen(key));
		buf_text(w->out, ":");
	}
}

static void write_begin(struct json_writer *w, const char *key, bool is_an_object)
{
	write_lead(w, key);
	assert(w->depth < JSON_WRITE_DEPTH_MAX);
	w->is_object[w->depth++] = is_an_object;
	w->has_item[w->depth] = false;
	buf_text(w->out, is_an_object ? "{" : "[");
}

void json_write_init(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){ .out = out };
}

void json_write_object(struct json_writer *w, const char *key)
{
	write_begin(w, key, true);
}

void json_write_array(struct json_writer *w, const char *key)
{
	write_begin(w, key, false);
}

void json_write_end(struct json_writer *w)
{
	assert(w->depth > 0);
	w->depth--;
	buf_text(w->out, w->is_object[w->depth] ? "}" : "]");
}

void json_write_text(struct json_writer *w, const char *key, const char *text)
{
	if (text)
		json_write_text_n(w, key, text, strlen(text));
	else
		json_write_null(w, key);
}

void json_write_text_n(struct json_writer *w, const char *key, const char *text, size_t len)
{
	write_lead(w, key);
	write_string(w->out, text, len);
}

void json_write_integer(struct json_writer *w, const char *key, int64_t v)
{
	write_lead(w, key);
	buf_printf(w->out, "%" PRId64, v);
}

void json_write_unsigned(struct json_writer *w, const char *key, uint64_t v)
{
	write_lead(w, key);
	buf_printf(w->out, "%" PRIu64, v);
}

void json_write_bool(struct json_writer *w, const char *key, bool v)
{
	write_lead(w, key);
	buf_text(w->out, v ? "true" : "false");
}

void json_write_null(struct json_writer *w, const char *key)
{
	write_lead(w, key);
	buf_text(w->out, "null");
}

void json_write_hex(struct json_writer *w, const char *key, const void *data, size_t len)
{
	static const char DIGITS[] = "0123456789abcdef";
	const uint8_t *bytes = data;
	char pair[2];

	write_lead(w, key);
	buf_text(w->out, "\"");
	for (size_t i = 0; i < len; i++) {
		pair[0] = DIGITS[bytes[i] >> 4];
		pair[1] = DIGITS[bytes[i] & 15];
		buf_append(w->out, pair, sizeof pair);
	}
	buf_text(w->out, "\"");
}
