/*
 * conf: a configuration file of `key = value` lines into one typed struct.
 *
 * Lines that are empty or begin with # are not read. A key that is unknown or repeated, and a value of another kind, is an
 * error that names file and line, so that a mistyped setting is never silently the default. Keys carry their units.
 */
#ifndef PROTO_BASE_CONF_H
#define PROTO_BASE_CONF_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

#define CONF_BYTES_MAX (64 * 1024)
#define CONF_KEYS_MAX 64

enum conf_type {
	CONF_TEXT,    /* char[size]: NUL-terminated, without the spaces at its ends */
	CONF_INTEGER, /* int64_t: decimal, min to max */
	CONF_BOOL,    /* bool: yes or no */
};

struct conf_key {
	const char *name;
	enum conf_type type;
	size_t offset;    /* of the member in the struct */
	size_t size;      /* of a text, with its NUL */
	int64_t min, max; /* of an integer, inclusive */
};

/*
 * Read `path` into the struct at `into`, whose members hold their defaults before. ERR_USAGE with "file:line: ...",
 * ERR_NOT_FOUND, ERR_LIMIT, ERR_IO, ERR_NOMEM; after an error some members may be set.
 */
int conf_read(const char *path, const struct conf_key *keys, size_t count, void *into) MUST_CHECK;

#endif
