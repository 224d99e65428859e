/*
 * faultfs_heap: the Nth allocation fails.
 *
 * SQLite's allocations go through sqlite3_config(SQLITE_CONFIG_MALLOC); the program's own (malloc, calloc, realloc, strdup, strndup
 * and sodium_malloc) through the linker, in programs that are linked with
 *
 *	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup,--wrap=sodium_malloc
 *
 * Both are counted together, in the order of the calls. What the test library itself needs comes from faultfs_heap_resize(), which
 * never fails on purpose. One thread. The state is the process's, as the heap is.
 */
#ifndef TESTS_LIB_FAULTFS_HEAP_H
#define TESTS_LIB_FAULTFS_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Put the counting allocator under SQLite; no connection may be open. Shuts SQLite down for it: register VFSes afterwards. */
void faultfs_heap_install(void);

/* Whether the program's own allocations are counted too. */
bool faultfs_heap_is_wrapped(void);

/* From now on the `nth` allocation (from 1) fails, and with `lasting` all after it; 0: none. The count begins anew. */
void faultfs_heap_arm(int64_t nth, bool lasting);

/* How many allocations failed since; disarms. */
int64_t faultfs_heap_disarm(void);

/* As realloc(3), but ends the program when there is no memory; never counted. */
void *faultfs_heap_resize(void *old, size_t len);

#endif
