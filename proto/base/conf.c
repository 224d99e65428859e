/*
 * conf: see conf.h.
 */
#include "proto/base/conf.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buf.h"
#include "proto/base/file.h"

struct place { /* where in which file, for messages */
	const char *path;
	size_t line;
};

/* The text without the spaces at its ends; what follows it is overwritten by a NUL. */
static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int wrong(const struct place *at, const char *key, const char *expected)
{
	return err_set(ERR_USAGE, "%s:%zu: %s: %s was expected", at->path, at->line, key, expected);
}

static int set_text(const struct place *at, const struct conf_key *k, const char *value, char *into)
{
	size_t len = strlen(value);

	if (len >= k->size)
		return err_set(ERR_USAGE, "%s:%zu: %s: at most %zu bytes were expected", at->path, at->line, k->name, k->size - 1);
	memcpy(into, value, len + 1);
	return 0;
}

static int set_integer(const struct place *at, const struct conf_key *k, const char *value, int64_t *into)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || v < k->min || v > k->max)
		return err_set(ERR_USAGE, "%s:%zu: %s: a number from %lld to %lld was expected", at->path, at->line, k->name,
			(long long)k->min, (long long)k->max);
	*into = v;
	return 0;
}

static int set_bool(const struct place *at, const struct conf_key *k, const char *value, bool *into)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return wrong(at, k->name, "yes or no");
	*into = yes;
	return 0;
}

static int set(const struct place *at, const struct conf_key *k, const char *value, void *into)
{
	void *member = (char *)into + k->offset;

	switch (k->type) {
	case CONF_TEXT:
		return set_text(at, k, value, member);
	case CONF_INTEGER:
		return set_integer(at, k, value, member);
	case CONF_BOOL:
		return set_bool(at, k, value, member);
	}
	return wrong(at, k->name, "another kind of value");
}

static int take_line(const struct place *at, char *line, const struct conf_key *keys, size_t count, bool *seen, void *into)
{
	char *equals;
	char *name;

	line = trim(line);
	if (line[0] == '\0' || line[0] == '#')
		return 0;
	equals = strchr(line, '=');
	if (!equals)
		return err_set(ERR_USAGE, "%s:%zu: `key = value` was expected", at->path, at->line);
	*equals = '\0';
	name = trim(line);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		if (seen[i])
			return err_set(ERR_USAGE, "%s:%zu: %s stands there twice", at->path, at->line, keys[i].name);
		seen[i] = true;
		return set(at, &keys[i], trim(equals + 1), into);
	}
	return err_set(ERR_USAGE, "%s:%zu: unknown key", at->path, at->line);
}

int conf_read(const char *path, const struct conf_key *keys, size_t count, void *into)
{
	bool seen[CONF_KEYS_MAX] = { false };
	struct place at = { .path = path };
	struct buf text;
	char *line;
	int err;

	assert(count <= CONF_KEYS_MAX);
	buf_init(&text, CONF_BYTES_MAX);
	err = file_read(path, &text);
	if (!err && text.len && memchr(text.data, '\0', text.len))
		err = err_set(ERR_USAGE, "%s: not a text file", path);
	buf_append(&text, "", 1);
	if (!err)
		err = buf_error(&text);
	line = (char *)text.data;
	while (!err && line) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		at.line++;
		err = take_line(&at, line, keys, count, seen, into);
		line = end;
	}
	buf_fini(&text);
	return err;
}
