#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "proto/base/arena.h"

static void piece_is_zeroed_aligned_and_its_own(void **state)
{
	struct arena *a = arena_new(10 * 1024 * 1024);
	uint64_t *pieces[300];

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		assert_int_equal(strlen(arena_copy(a, "abcdefg", i % 8)), i % 8);
		pieces[i] = arena_alloc(a, i * i % 4000 + 1, sizeof(uint64_t));
		assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
		for (size_t k = 0; k < i * i % 4000 + 1; k++)
			assert_true(pieces[i][k] == 0);
		memset(pieces[i], (int)i + 1, (i * i % 4000 + 1) * sizeof(uint64_t));
	}
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(((uint8_t *)pieces[i])[0], (uint8_t)(i + 1));
	assert_int_equal(arena_error(a), 0);
	arena_free(a);
}

static void arena_stops_at_its_ceiling_and_stays_stopped(void **state)
{
	struct arena *a = arena_new(1000);
	char *first = arena_alloc(a, 10, 50);

	(void)state;
	assert_non_null(first);
	for (size_t i = 0; i < 500; i++)
		assert_int_equal(first[i], 0);
	assert_string_equal(arena_copy(a, "abc", 2), "ab");
	assert_null(arena_alloc(a, 10, 50));
	assert_null(arena_alloc(a, 1, 1));
	assert_int_equal(arena_error(a), ERR_LIMIT);
	arena_free(a);
	a = arena_new(1000);
	assert_null(arena_alloc(a, SIZE_MAX / 2, 4));
	assert_int_equal(arena_error(a), ERR_LIMIT);
	arena_free(a);
	arena_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(piece_is_zeroed_aligned_and_its_own),
		cmocka_unit_test(arena_stops_at_its_ceiling_and_stays_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
