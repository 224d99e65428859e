/*
 * vector: files of tests/vectors, in which every released format is kept so that it must open for ever.
 *
 * A file has lines "name hex" and comments "# ...". Test programs read them relative to the top of the tree, where tests run.
 * A test program called with the one argument "write-vectors" makes those that do not exist yet; a released one is never made anew.
 */
#ifndef TESTS_LIB_VECTOR_H
#define TESTS_LIB_VECTOR_H

#include <stdbool.h>
#include <stdio.h>

#include "proto/base/buf.h"

/* Append the bytes of `name` in tests/vectors/`file` to `out`; fails the running test when it is not there. */
void vector_get(const char *file, const char *name, struct buf *out);
/* The same into exactly `len` bytes. */
void vector_get_bytes(const char *file, const char *name, void *out, size_t len);

bool vector_wanted(int argc, char **argv);
/* A new file, with one line of comment; NULL with a message when it exists. Close with fclose(). */
FILE *vector_create(const char *file, const char *comment);
void vector_put(FILE *f, const char *name, const void *data, size_t len);

#endif
