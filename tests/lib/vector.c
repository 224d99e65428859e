/*
 * vector: see vector.h.
 */
#include "tests/lib/vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 256

static const char *path_of(const char *file, char out[static PATH_BYTES])
{
	snprintf(out, PATH_BYTES, "tests/vectors/%s", file);
	return out;
}

void vector_get(const char *file, const char *name, struct buf *out)
{
	char path[PATH_BYTES];
	FILE *f = fopen(path_of(file, path), "r");
	char *line = NULL;
	size_t cap = 0;
	size_t name_len = strlen(name);
	bool found = false;

	if (!f)
		fail_msg("%s: %s; tests run from the top of the tree", path, strerror(errno));
	while (!found && getline(&line, &cap, f) > 0) {
		size_t bin_len = 0;
		size_t hex_len = strcspn(line, "\n") - name_len - 1;
		uint8_t *space;

		if (strncmp(line, name, name_len) != 0 || line[name_len] != ' ')
			continue;
		space = buf_space(out, hex_len / 2);
		found = space && sodium_hex2bin(space, hex_len / 2, line + name_len + 1, hex_len, NULL, &bin_len, NULL) == 0 &&
			bin_len == hex_len / 2;
	}
	free(line);
	fclose(f);
	if (!found)
		fail_msg("%s: no bytes named %s", path, name);
}

void vector_get_bytes(const char *file, const char *name, void *out, size_t len)
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	vector_get(file, name, &b);
	assert_int_equal(b.len, len);
	memcpy(out, b.data, len);
	buf_fini(&b);
}

bool vector_wanted(int argc, char **argv)
{
	return argc == 2 && strcmp(argv[1], "write-vectors") == 0;
}

FILE *vector_create(const char *file, const char *comment)
{
	char path[PATH_BYTES];
	FILE *f = fopen(path_of(file, path), "wx");

	if (f)
		fprintf(f, "# %s\n", comment);
	else
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return f;
}

void vector_put(FILE *f, const char *name, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	fprintf(f, "%s ", name);
	for (size_t i = 0; i < len; i++)
		fprintf(f, "%02x", bytes[i]);
	fprintf(f, "\n");
}
