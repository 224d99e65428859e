#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "proto/edit.h"
#include "proto/form/form_default.h"
#include "proto/record.h"

static struct edit set(const struct form *f, const char *field, uint64_t entry, const char *value)
{
	int i = form_field_find(f, field);

	assert_true(i >= 0);
	return (struct edit){ entry, form_field(f, (size_t)i)->entry_type, (uint16_t)i, value, strlen(value) };
}

#define CASE record_id(3, 10)
#define MEMBER record_id(3, 11)

/* A good group of three edits, for each test to break. */
static struct edit_group good(const struct form *f, struct edit edits[static 3])
{
	struct edit_group g = {
		.number = 1, .case_id = CASE, .author = 5, .role = FORM_BY_REPRESENTATIVE, .form = f, .edits = edits, .edit_count = 3,
	};

	edits[0] = set(f, "first_name", CASE, "سارة");
	edits[1] = set(f, "member_gender", MEMBER, "female");
	edits[2] = set(f, "rooms_count", CASE, "3");
	assert_int_equal(edit_group_sort(&g), 0);
	return g;
}

static void sorted_group_passes_the_check(void **state)
{
	struct edit edits[3];
	struct edit_group g = good(*state, edits);

	assert_int_equal(edit_group_check(&g), 0);
	assert_true(edit_compare(&edits[0], &edits[1]) < 0);
	assert_true(edit_compare(&edits[1], &edits[0]) > 0);
	assert_int_equal(edit_compare(&edits[1], &edits[1]), 0);
}

static void register_set_twice_is_refused(void **state)
{
	struct edit edits[3];
	struct edit_group g = good(*state, edits);

	edits[1] = edits[0];
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	assert_int_equal(edit_group_sort(&g), ERR_USAGE);
}

static void wrong_order_is_refused(void **state)
{
	struct edit edits[3];
	struct edit_group g = good(*state, edits);
	struct edit first = edits[0];

	edits[0] = edits[1];
	edits[1] = first;
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
}

static void head_out_of_range_is_refused(void **state)
{
	struct edit edits[3];
	struct edit_group g;

	g = good(*state, edits);
	g.number = 0;
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	g = good(*state, edits);
	g.role = 0;
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	g.role = 5;
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	g = good(*state, edits);
	g.case_id = record_id(3, 0);
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	g = good(*state, edits);
	g.edit_count = 0;
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	g = good(*state, edits);
	g.edit_count = EDIT_GROUP_EDITS_MAX + 1;
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	g = good(*state, edits);
	g.form = NULL;
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
}

static void field_on_a_foreign_entry_type_is_refused(void **state)
{
	struct edit edits[3];
	struct edit_group g = good(*state, edits);

	edits[2].field = edits[0].field;
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	edits[2].field = (uint16_t)form_field_count(*state);
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	g = good(*state, edits);
	edits[2].entry_type = (uint16_t)form_entry_type_count(*state);
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
}

static void root_field_off_the_root_entry_is_refused(void **state)
{
	struct edit edits[3];
	struct edit_group g = good(*state, edits);

	edits[0].entry_id = edits[1].entry_id = MEMBER;
	edits[2].entry_id = record_id(3, 12);
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	g = good(*state, edits);
	edits[2].entry_id = CASE;
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	edits[2].entry_id = record_id(3, 0);
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
}

static void one_entry_under_two_types_is_refused(void **state)
{
	const struct form *f = *state;
	struct edit edits[2] = { set(f, "member_gender", MEMBER, "female"), set(f, "income_period", MEMBER, "monthly") };
	struct edit_group g = { .number = 1, .case_id = CASE, .role = FORM_BY_OFFICER, .form = f, .edits = edits, .edit_count = 2 };

	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	edits[1].entry_id = record_id(3, 12);
	assert_int_equal(edit_group_check(&g), 0);
}

static void removal_fits_every_entry_but_the_root(void **state)
{
	const struct form *f = *state;
	int member = form_entry_type_find(f, "member");
	struct edit e = { MEMBER, (uint16_t)member, FORM_FIELD_GONE, "yes", 3 };
	struct edit_group g = { .number = 1, .case_id = CASE, .role = FORM_BY_OFFICER, .form = f, .edits = &e, .edit_count = 1 };

	assert_int_equal(edit_group_check(&g), 0);
	e = (struct edit){ CASE, FORM_ENTRY_ROOT, FORM_FIELD_GONE, "yes", 3 };
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
}

static void value_that_is_not_canonical_is_refused(void **state)
{
	struct edit edits[3];
	struct edit_group g = good(*state, edits);

	edits[2].value = "lady";
	edits[2].value_len = 4;
	assert_int_equal(edit_group_check(&g), ERR_CORRUPT);
	edits[2].value_len = 0;
	assert_int_equal(edit_group_check(&g), 0);
}

static void hash_leaves_out_number_and_seen_and_nothing_else(void **state)
{
	struct edit edits[3];
	struct edit_group g = good(*state, edits);
	uint8_t want[EDIT_HASH_BYTES], got[EDIT_HASH_BYTES];

	edit_group_hash(&g, want);
	g.number = 9;
	g.seen = 1234;
	edit_group_hash(&g, got);
	assert_memory_equal(got, want, sizeof(want));
	for (int i = 0; i < 7; i++) {
		g = good(*state, edits);
		g.author += i == 0;
		g.role = (uint8_t)(g.role + (i == 1));
		g.wall_ms += i == 2;
		g.mono_ms += i == 3;
		g.boot_id[15] = (uint8_t)(i == 4);
		edits[1].value = i == 5 ? "4" : edits[1].value;
		g.case_id += i == 6;
		edit_group_hash(&g, got);
		assert_memory_not_equal(got, want, sizeof(want));
	}
}

static int make_form(void **state)
{
	struct form *f = NULL;
	int rc = form_default_new(&f);

	*state = f;
	return rc;
}

static int free_form(void **state)
{
	form_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted_group_passes_the_check),
		cmocka_unit_test(register_set_twice_is_refused),
		cmocka_unit_test(wrong_order_is_refused),
		cmocka_unit_test(head_out_of_range_is_refused),
		cmocka_unit_test(field_on_a_foreign_entry_type_is_refused),
		cmocka_unit_test(root_field_off_the_root_entry_is_refused),
		cmocka_unit_test(one_entry_under_two_types_is_refused),
		cmocka_unit_test(removal_fits_every_entry_but_the_root),
		cmocka_unit_test(value_that_is_not_canonical_is_refused),
		cmocka_unit_test(hash_leaves_out_number_and_seen_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, make_form, free_form);
}
