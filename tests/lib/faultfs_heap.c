/*
 * faultfs_heap: see faultfs_heap.h.
 */
#include "tests/lib/faultfs_heap.h"

#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static sqlite3_mem_methods sqlite_heap; /* SQLite's own, once ours is in its place */
static int64_t count_down;              /* allocations until the one that fails; 0: none will */
static bool from_then_on;
static int64_t failed_count;

/* Is this the one? */
static bool must_fail(void)
{
	if (count_down == 0)
		return false;
	if (count_down > 1) {
		count_down--;
		return false;
	}
	failed_count++;
	if (!from_then_on)
		count_down = 0;
	return true;
}

static void *sqlite_malloc(int len)
{
	return must_fail() ? NULL : sqlite_heap.xMalloc(len);
}

static void *sqlite_realloc(void *old, int len)
{
	return must_fail() ? NULL : sqlite_heap.xRealloc(old, len);
}

void faultfs_heap_install(void)
{
	sqlite3_mem_methods counting;

	sqlite3_shutdown();
	if (!sqlite_heap.xMalloc && sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_heap) != SQLITE_OK)
		abort();
	counting = sqlite_heap;
	counting.xMalloc = sqlite_malloc;
	counting.xRealloc = sqlite_realloc;
	/* Lookaside memory would hide most allocations. */
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &counting) != SQLITE_OK ||
	    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK)
		abort();
}

void faultfs_heap_arm(int64_t nth, bool lasting)
{
	count_down = nth;
	from_then_on = lasting;
	failed_count = 0;
}

int64_t faultfs_heap_disarm(void)
{
	count_down = 0;
	return failed_count;
}

/* ---- the linker's side: calls in our objects arrive here; the names are its convention ---- */

extern __typeof__(malloc) __real_malloc __attribute__((weak));
extern __typeof__(calloc) __real_calloc __attribute__((weak));
extern __typeof__(realloc) __real_realloc __attribute__((weak));
extern __typeof__(strdup) __real_strdup __attribute__((weak));
extern __typeof__(strndup) __real_strndup __attribute__((weak));
extern __typeof__(sodium_malloc) __real_sodium_malloc __attribute__((weak));
__typeof__(malloc) __wrap_malloc;
__typeof__(calloc) __wrap_calloc;
__typeof__(realloc) __wrap_realloc;
__typeof__(strdup) __wrap_strdup;
__typeof__(strndup) __wrap_strndup;
__typeof__(sodium_malloc) __wrap_sodium_malloc;

bool faultfs_heap_is_wrapped(void)
{
	return __real_malloc && __real_calloc && __real_realloc && __real_strdup && __real_strndup && __real_sodium_malloc;
}

void *__wrap_malloc(size_t len)
{
	return must_fail() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t count, size_t len)
{
	return must_fail() ? NULL : __real_calloc(count, len);
}

void *__wrap_realloc(void *old, size_t len)
{
	return must_fail() ? NULL : __real_realloc(old, len);
}

char *__wrap_strdup(const char *text)
{
	return must_fail() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
	return must_fail() ? NULL : __real_strndup(text, len);
}

void *__wrap_sodium_malloc(size_t len)
{
	return must_fail() ? NULL : __real_sodium_malloc(len);
}

void *faultfs_heap_resize(void *old, size_t len)
{
	void *p = __real_realloc ? __real_realloc(old, len ? len : 1) : realloc(old, len ? len : 1);

	if (!p)
		abort();
	return p;
}
