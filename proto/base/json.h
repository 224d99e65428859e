/*
 * json: strict reading of JSON from outside (over jansson), and an escaping writer for what the programs print.
 *
 * Reading refuses what two readers could take differently: duplicate keys, bytes after the end, NUL, malformed UTF-8, integers
 * beyond 64 bits; jansson bounds the nesting. Values are taken out with json_read_*(), each with its type and range. Messages name
 * lines and keys, never values. Writing goes to a struct buf and is always one valid, ASCII-safe-to-embed text: what could
 * end a string, a line or an HTML element is escaped.
 */
#ifndef PROTO_BASE_JSON_H
#define PROTO_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

#define JSON_READ_BYTES_MAX (16 * 1024 * 1024)
#define JSON_WRITE_DEPTH_MAX 16

/*
 * Read a text of `len` bytes, at most JSON_READ_BYTES_MAX, that is one object or array. `*out` is the caller's (json_decref()), NULL on
 * failure. ERR_LIMIT, ERR_CORRUPT with line and column, ERR_NOMEM.
 */
int json_read(const char *text, size_t len, json_t **out) MUST_CHECK;

/* ERR_CORRUPT unless `object` is an object whose keys are all among `known` (NULL-terminated): a mistyped option is never ignored. */
int json_read_keys(const json_t *object, const char *const *known) MUST_CHECK;

/*
 * The member `key` of `object`, borrowed from it. ERR_NOT_FOUND when it is absent or null, ERR_CORRUPT when it is of another type, holds
 * a NUL (text) or lies outside `min` to `max` (integer, inclusive). `*out` is then NULL, 0 or false.
 */
int json_read_text(const json_t *object, const char *key, const char **out) MUST_CHECK;
int json_read_integer(const json_t *object, const char *key, int64_t min, int64_t max, int64_t *out) MUST_CHECK;
int json_read_bool(const json_t *object, const char *key, bool *out) MUST_CHECK;
int json_read_object(const json_t *object, const char *key, json_t **out) MUST_CHECK;
int json_read_array(const json_t *object, const char *key, json_t **out) MUST_CHECK;

/*
 * A text being written. Inside an object each value has its key, elsewhere `key` is NULL; ends match begins; at most
 * JSON_WRITE_DEPTH_MAX levels: anything else is an error of the program (asserted). Failures are those of the buf, checked with
 * buf_error().
 */
struct json_writer {
	struct buf *out;                         /* borrowed */
	size_t depth;                            /* open objects and arrays */
	bool is_object[JSON_WRITE_DEPTH_MAX];    /* of each level */
	bool has_item[JSON_WRITE_DEPTH_MAX + 1]; /* something stands before on this level */
};

void json_write_init(struct json_writer *w, struct buf *out);
void json_write_object(struct json_writer *w, const char *key);
void json_write_array(struct json_writer *w, const char *key);
/* Close the innermost object or array. */
void json_write_end(struct json_writer *w);
/* Text; malformed UTF-8 appears as U+FFFD, since what is printed must stay readable. NULL is written as null. */
void json_write_text(struct json_writer *w, const char *key, const char *text);
void json_write_text_n(struct json_writer *w, const char *key, const char *text, size_t len);
void json_write_integer(struct json_writer *w, const char *key, int64_t v);
void json_write_unsigned(struct json_writer *w, const char *key, uint64_t v);
void json_write_bool(struct json_writer *w, const char *key, bool v);
void json_write_null(struct json_writer *w, const char *key);
/* Bytes as lower-case hex. */
void json_write_hex(struct json_writer *w, const char *key, const void *data, size_t len);

#endif
