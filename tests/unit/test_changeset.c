#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "proto/base/bytes.h"
#include "proto/changeset.h"
#include "proto/form/form_default.h"
#include "proto/form/value.h"
#include "proto/record.h"
#include "tests/lib/batch.h"

#define ROOM (16 * 1024 * 1024)

static const struct form *find_one(void *ctx, const uint8_t hash[static FORM_HASH_BYTES])
{
	return memcmp(form_hash(ctx), hash, FORM_HASH_BYTES) == 0 ? ctx : NULL;
}

static struct changeset_forms known(const struct form *f)
{
	/* The context is handed back to find_one() alone, which does not write to it. */
	union { const struct form *in; void *out; } ctx = { .in = f };

	return (struct changeset_forms){ find_one, ctx.out };
}

static uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* --- random groups: any head, any entries, values from samples and from a list of awkward texts --- */

static const char *const awkward[] = {
	"a", "A very English sentence, with 100% ASCII & signs: #@~", "سَلَامٌ عَلَيْكُمْ", "می‌خواهم", "👨‍👩‍👧‍👦 عائلة",
	"«نص» – ٤٢٪", "e\xcc\x81t\xc3\xa9",
	"سطر\nسطر", "0", "000123", "1000000008", "2000000007", "ቃል", "漢字かな", "﷽ ﷺ", "999999999999999999999",
};

struct random_set {
	struct edit_group groups[12];
	struct edit edits[12][40];
	size_t count;
};

static const char *random_value(const struct form *f, uint16_t field, uint64_t *state, size_t *len)
{
	const struct form_field *def = form_field(f, field);
	const char *v = "";

	if (def->type == FORM_TEXT)
		v = awkward[next(state) % (sizeof(awkward) / sizeof(awkward[0]))];
	else if (def->type == FORM_SELECT_ONE && form_list(f, (size_t)def->list)->choice_count)
		v = form_list(f, (size_t)def->list)->choices[next(state) % form_list(f, (size_t)def->list)->choice_count].code;
	else if (def->type == FORM_ACKNOWLEDGE)
		v = "yes";
	else if (def->type == FORM_MONEY)
		v = next(state) % 2 ? "1250.50" : "99999.99";
	else if (def->type == FORM_HIJRI_DATE)
		v = next(state) % 2 ? "H1390-07-01" : "G1970";
	else if (def->type == FORM_SELECT_MEMBER)
		v = "00000003000000ff";
	if (next(state) % 8 == 0 || value_check(f, field, v, strlen(v)) != 0)
		v = "";
	*len = strlen(v);
	return v;
}

static void random_group(const struct form *f, struct edit_group *g, struct edit edits[static 40], uint64_t *state)
{
	size_t want = 1 + next(state) % 40;

	g->form = f;
	g->case_id = record_id((uint32_t)(next(state) % 5), (uint32_t)(1 + next(state) % (next(state) % 2 ? 10 : UINT32_MAX)));
	g->author = (uint32_t)next(state);
	g->role = (uint8_t)(1 + next(state) % 4);
	g->wall_ms = (int64_t)(next(state) % 3 ? next(state) % 2000000000000 : next(state));
	g->mono_ms = (int64_t)(next(state) % 3 ? next(state) % 1000000 : next(state));
	g->boot_id[0] = (uint8_t)(next(state) % 2);
	g->seen = next(state) % 2 ? next(state) % 100000 : next(state);
	g->edits = edits;
	g->edit_count = 0;
	while (g->edit_count < want) {
		uint16_t type = (uint16_t)(next(state) % form_entry_type_count(f));
		const struct form_entry_type *t = form_entry_type(f, type);
		struct edit e = { .entry_type = type, .field = t->fields[next(state) % t->field_count] };
		bool is_new = true;

		/* Ids fall apart by type, so that no entry is two things. */
		if (type == FORM_ENTRY_ROOT)
			e.entry_id = g->case_id;
		else if (next(state) % 2)
			e.entry_id = record_id(9, type * 8u + 1 + (uint32_t)(next(state) % 3));
		else
			e.entry_id = record_id_derive(g->case_id, t->name, 1 + (uint32_t)(next(state) % 2));
		e.value = random_value(f, e.field, state, &e.value_len);
		for (size_t i = 0; i < g->edit_count; i++)
			is_new = is_new && edit_compare(&edits[i], &e) != 0;
		if (is_new)
			edits[g->edit_count++] = e;
		else
			want--;
	}
	assert_int_equal(edit_group_sort(g), 0);
}

static void random_set(const struct form *f, struct random_set *s, uint64_t seed)
{
	uint64_t state = seed;
	uint64_t number = 0;

	memset(s, 0, sizeof(*s));
	s->count = 1 + next(&state) % 12;
	for (size_t i = 0; i < s->count; i++) {
		number += 1 + (next(&state) % 3 ? 0 : next(&state) % 1000);
		s->groups[i].number = number;
		random_group(f, &s->groups[i], s->edits[i], &state);
	}
}

static void assert_same_edits(const struct edit_group *a, const struct edit_group *b)
{
	assert_int_equal(a->edit_count, b->edit_count);
	for (size_t i = 0; i < a->edit_count; i++) {
		assert_int_equal(edit_compare(&a->edits[i], &b->edits[i]), 0);
		assert_int_equal(a->edits[i].value_len, b->edits[i].value_len);
		assert_memory_equal(a->edits[i].value, b->edits[i].value, a->edits[i].value_len);
	}
}

static void assert_same_group(const struct edit_group *a, const struct edit_group *b)
{
	assert_true(a->number == b->number && a->case_id == b->case_id && a->author == b->author && a->role == b->role);
	assert_true(a->form == b->form && a->wall_ms == b->wall_ms && a->mono_ms == b->mono_ms && a->seen == b->seen);
	assert_memory_equal(a->boot_id, b->boot_id, ENV_BOOT_ID_BYTES);
	assert_same_edits(a, b);
}

static void assert_round_trip(const struct changeset_forms *forms, const struct edit_group *groups, size_t count)
{
	struct changeset c;
	struct buf bytes;

	buf_init(&bytes, ROOM);
	if (changeset_encode(groups, count, &bytes) != 0)
		fail_msg("%s", err_message());
	if (changeset_decode(bytes.data, bytes.len, forms, &c) != 0)
		fail_msg("%s", err_message());
	assert_int_equal(c.group_count, count);
	for (size_t i = 0; i < count; i++)
		assert_same_group(&groups[i], &c.groups[i]);
	changeset_fini(&c);
	buf_fini(&bytes);
}

static void random_groups_come_back_exactly(void **state)
{
	const struct changeset_forms forms = known(*state);
	struct random_set s;

	for (uint64_t seed = 1; seed <= 400; seed++) {
		random_set(*state, &s, seed);
		assert_round_trip(&forms, s.groups, s.count);
	}
}

static void sample_applications_and_edits_come_back_exactly(void **state)
{
	const struct changeset_forms forms = known(*state);
	struct batch b;

	assert_int_equal(batch_init(&b, *state, 42, 30), 0);
	assert_int_equal(batch_edit(&b, *state, 43, 2, 3), 0);
	assert_round_trip(&forms, b.groups, b.count);
	assert_round_trip(&forms, b.edits, b.edit_count);
	assert_round_trip(&forms, b.edits, 1);
	batch_fini(&b);
}

static void signed_application_comes_back_exactly(void **state)
{
	const struct changeset_forms forms = known(*state);
	struct sample_arena a = { 0 };
	struct sample *s = NULL;
	struct edit_group g;
	uint32_t counter = 0;

	assert_int_equal(sample_application(*state, 5, 1, &s), 0);
	assert_int_equal(sample_sign(s), 0);
	assert_int_equal(sample_group(*state, s, 3, &counter, &g, &a), 0);
	assert_round_trip(&forms, &g, 1);
	sample_arena_fini(&a);
	sample_free(s);
}

/* One group for every answer, as a device without any gathering would write them. */
static void many_small_groups_stay_small(void **state)
{
	const struct changeset_forms forms = known(*state);
	struct edit_group groups[400];
	struct batch b;
	struct buf bytes;

	assert_int_equal(batch_init(&b, *state, 7, 1), 0);
	assert_true(b.groups[0].edit_count <= 400);
	for (size_t i = 0; i < b.groups[0].edit_count; i++) {
		groups[i] = b.groups[0];
		groups[i].number += i;
		groups[i].wall_ms += (int64_t)i * 15000;
		groups[i].mono_ms += (int64_t)i * 15000;
		groups[i].edits = &b.groups[0].edits[i];
		groups[i].edit_count = 1;
	}
	assert_round_trip(&forms, groups, b.groups[0].edit_count);
	buf_init(&bytes, ROOM);
	assert_int_equal(changeset_encode(groups, b.groups[0].edit_count, &bytes), 0);
	assert_true(bytes.len < 1200 + 16 * b.groups[0].edit_count);
	buf_fini(&bytes);
	batch_fini(&b);
}

static void edit_of_three_fields_takes_few_bytes(void **state)
{
	const struct form *f = *state;
	const uint16_t money = (uint16_t)form_field_find(f, "monthly_medical_cost");
	const uint16_t rooms = (uint16_t)form_field_find(f, "rooms_count");
	const uint16_t gender = (uint16_t)form_field_find(f, "gender");
	const uint64_t id = record_id(3, 10);
	struct edit edits[3] = { { id, 0, money, "300.00", 6 }, { id, 0, rooms, "4", 1 }, { id, 0, gender, "male", 4 } };
	struct edit_group g = { .number = 1, .case_id = id, .role = 1, .form = f, .edits = edits, .edit_count = 3 };
	struct buf one, two;

	assert_int_equal(edit_group_sort(&g), 0);
	buf_init(&one, ROOM);
	buf_init(&two, ROOM);
	assert_int_equal(changeset_encode(&g, 1, &one), 0);
	g.edit_count = 2;
	assert_int_equal(changeset_encode(&g, 1, &two), 0);
	/* Form hash, boot id and the counts of rows are 32, 16 and one for each entry type. */
	assert_true(one.len <= 32 + 16 + form_entry_type_count(f) + 28);
	assert_true(one.len - two.len <= 3);
	buf_fini(&one);
	buf_fini(&two);
}

/* --- several forms --- */

/* A second form: the default one under another version. */
static struct form *other_form(const struct form *f)
{
	struct form *other = NULL;
	size_t len;
	const char *text = form_text(f, &len);
	char *copy = malloc(len);
	const char *version = form_version(f);
	size_t at = 0;

	assert_non_null(copy);
	memcpy(copy, text, len);
	while (memcmp(copy + at, version, strlen(version)) != 0)
		at++;
	copy[at + strlen(version) - 1] = copy[at + strlen(version) - 1] == '9' ? '8' : '9';
	assert_int_equal(form_parse(copy, len, &other), 0);
	free(copy);
	return other;
}

struct two_forms {
	const struct form *forms[2];
};

static const struct form *find_two(void *ctx, const uint8_t hash[static FORM_HASH_BYTES])
{
	struct two_forms *t = ctx;

	for (size_t i = 0; i < 2; i++)
		if (memcmp(form_hash(t->forms[i]), hash, FORM_HASH_BYTES) == 0)
			return t->forms[i];
	return NULL;
}

static void groups_of_two_forms_travel_together(void **state)
{
	struct form *other = other_form(*state);
	struct two_forms two = { { *state, other } };
	const struct changeset_forms forms = { find_two, &two };
	struct random_set s;

	for (uint64_t seed = 1; seed <= 60; seed++) {
		random_set(*state, &s, seed * 77);
		for (size_t i = 0; i < s.count; i++)
			s.groups[i].form = two.forms[(seed >> (i % 6)) & 1];
		assert_round_trip(&forms, s.groups, s.count);
	}
	form_free(other);
}

static void form_that_is_not_known_is_not_found(void **state)
{
	struct form *other = other_form(*state);
	const struct changeset_forms forms = known(other);
	struct random_set s;
	struct changeset c;
	struct buf bytes;

	random_set(*state, &s, 3);
	buf_init(&bytes, ROOM);
	assert_int_equal(changeset_encode(s.groups, s.count, &bytes), 0);
	assert_int_equal(changeset_decode(bytes.data, bytes.len, &forms, &c), ERR_NOT_FOUND);
	assert_null(c.groups);
	buf_fini(&bytes);
	form_free(other);
}

/* --- hostile bytes --- */

/* Refused, or accepted as exactly these bytes: there is no second spelling. */
static void assert_one_spelling(const struct changeset_forms *forms, const struct buf *bytes)
{
	struct changeset c;
	struct buf again;

	if (changeset_decode(bytes->data, bytes->len, forms, &c) != 0) {
		assert_null(c.arena);
		return;
	}
	buf_init(&again, ROOM);
	assert_int_equal(changeset_encode(c.groups, c.group_count, &again), 0);
	assert_int_equal(again.len, bytes->len);
	assert_memory_equal(again.data, bytes->data, bytes->len);
	buf_fini(&again);
	changeset_fini(&c);
}

static void encode_random(const struct form *f, uint64_t seed, struct buf *out)
{
	struct random_set s;

	random_set(f, &s, seed);
	buf_init(out, ROOM);
	assert_int_equal(changeset_encode(s.groups, s.count, out), 0);
}

static void every_truncation_is_refused(void **state)
{
	const struct changeset_forms forms = known(*state);

	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct changeset c;
		struct buf bytes;

		encode_random(*state, seed, &bytes);
		for (size_t len = 0; len < bytes.len; len++) {
			uint8_t *cut = malloc(len + 1); /* its own block, so that a read past the end is seen */

			memcpy(cut, bytes.data, len);
			assert_int_not_equal(changeset_decode(cut, len, &forms, &c), 0);
			free(cut);
		}
		buf_append(&bytes, "", 1);
		assert_int_equal(changeset_decode(bytes.data, bytes.len, &forms, &c), ERR_CORRUPT);
		buf_fini(&bytes);
	}
}

static void every_flipped_byte_is_refused_or_another_change_set(void **state)
{
	static const uint8_t flips[] = { 0x01, 0x02, 0x04, 0x80, 0xff };
	const struct changeset_forms forms = known(*state);

	for (uint64_t seed = 20; seed < 26; seed++) {
		struct buf bytes;

		encode_random(*state, seed, &bytes);
		for (size_t at = 0; at < bytes.len; at++) {
			for (size_t i = 0; i < sizeof(flips); i++) {
				bytes.data[at] ^= flips[i];
				assert_one_spelling(&forms, &bytes);
				bytes.data[at] ^= flips[i];
			}
		}
		buf_fini(&bytes);
	}
}

static void random_damage_is_refused_or_another_change_set(void **state)
{
	const struct changeset_forms forms = known(*state);
	uint64_t rnd = 99;

	for (uint64_t seed = 40; seed < 60; seed++) {
		struct buf bytes;

		encode_random(*state, seed, &bytes);
		for (size_t n = 0; n < 300; n++) {
			struct buf copy;

			buf_init(&copy, ROOM);
			buf_append(&copy, bytes.data, bytes.len);
			for (size_t k = 0; k < 1 + n % 5; k++)
				copy.data[33 + next(&rnd) % (copy.len - 33)] = (uint8_t)next(&rnd);
			assert_one_spelling(&forms, &copy);
			buf_fini(&copy);
		}
		buf_fini(&bytes);
	}
}

/* The hash of the form, one group with a plain head, then `tail`. */
static int decode_tail(const struct form *f, const void *tail, size_t len)
{
	const struct changeset_forms forms = known(f);
	struct changeset c;
	struct buf b;
	int rc;

	buf_init(&b, ROOM);
	write_varint(&b, 1);
	buf_append(&b, form_hash(f), FORM_HASH_BYTES);
	buf_append(&b, tail, len);
	rc = changeset_decode(b.data, b.len, &forms, &c);
	if (rc == 0)
		changeset_fini(&c);
	buf_fini(&b);
	return rc;
}

static void huge_counts_are_refused_before_memory_is_taken(void **state)
{
	static const uint8_t counts[][8] = {
		{ 0 },                                     /* no groups */
		{ 0xd1, 0x0f },                            /* 2001 */
		{ 0xff, 0xff, 0xff, 0xff, 0x0f },
		{ 0x80, 0x0f, 0, 0 },                      /* 1920 announced, two bytes left */
		{ 1, 0, 2, 0, 1, 0, 0, 0 },
	};
	struct buf b;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		assert_int_not_equal(decode_tail(*state, counts[i], sizeof(counts[i])), 0);
	buf_init(&b, ROOM);
	write_varint(&b, 1);              /* one group: number 1, case, author, role, times, seen, boot id */
	write_varint(&b, 0);
	write_zigzag(&b, (int64_t)record_id(1, 1));
	buf_append(&b, "\0\x01\0\0\0", 5);
	buf_space(&b, ENV_BOOT_ID_BYTES);
	for (size_t i = 0; i < form_entry_type_count(*state); i++)
		write_varint(&b, i == 2 ? 1000000 : 0);
	assert_int_equal(decode_tail(*state, b.data, b.len), ERR_CORRUPT);
	buf_space(&b, 900000);            /* rows for all of them, but no room for their cells */
	assert_int_not_equal(decode_tail(*state, b.data, b.len), 0);
	buf_fini(&b);
	assert_int_equal(changeset_decode("", 0, &(struct changeset_forms){ find_one, NULL }, &(struct changeset){ 0 }), ERR_CORRUPT);
}

static void more_than_the_ceiling_is_refused(void **state)
{
	static uint8_t zeros[CHANGESET_BYTES_MAX + 1];
	const struct changeset_forms forms = known(*state);
	struct changeset c;
	struct buf tiny;
	struct random_set s;

	assert_int_equal(changeset_decode(zeros, sizeof(zeros), &forms, &c), ERR_LIMIT);
	random_set(*state, &s, 1);
	assert_int_equal(changeset_encode(s.groups, 0, &tiny), ERR_LIMIT);
	assert_int_equal(changeset_encode(s.groups, CHANGESET_GROUPS_MAX + 1, &tiny), ERR_LIMIT);
	buf_init(&tiny, 10);
	assert_int_equal(changeset_encode(s.groups, s.count, &tiny), ERR_LIMIT);
	buf_fini(&tiny);
}

static void groups_out_of_order_are_not_encoded(void **state)
{
	struct random_set s;
	struct buf b;
	uint64_t seed = 1;

	do
		random_set(*state, &s, seed++);
	while (s.count < 2);
	buf_init(&b, ROOM);
	s.groups[1].number = s.groups[0].number;
	assert_int_equal(changeset_encode(s.groups, s.count, &b), ERR_CORRUPT);
	assert_int_equal(b.len, 0);
	buf_fini(&b);
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
		cmocka_unit_test(random_groups_come_back_exactly),
		cmocka_unit_test(sample_applications_and_edits_come_back_exactly),
		cmocka_unit_test(signed_application_comes_back_exactly),
		cmocka_unit_test(many_small_groups_stay_small),
		cmocka_unit_test(edit_of_three_fields_takes_few_bytes),
		cmocka_unit_test(groups_of_two_forms_travel_together),
		cmocka_unit_test(form_that_is_not_known_is_not_found),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flipped_byte_is_refused_or_another_change_set),
		cmocka_unit_test(random_damage_is_refused_or_another_change_set),
		cmocka_unit_test(huge_counts_are_refused_before_memory_is_taken),
		cmocka_unit_test(more_than_the_ceiling_is_refused),
		cmocka_unit_test(groups_out_of_order_are_not_encoded),
	};

	return cmocka_run_group_tests(tests, make_form, free_form);
}
