/* sample: the invented applications are canonical, the same every time, and as varied as real ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "proto/form/form_default.h"
#include "proto/form/model.h"
#include "proto/form/value.h"
#include "proto/record.h"
#include "tests/lib/sample.h"

#define SEED 20261122
#define SAMPLES 400
#define JSON_BYTES_MAX (256 * 1024)

static int setup(void **state)
{
	struct form *f;

	if (form_default_new(&f) != 0)
		return -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	form_free(*state);
	return 0;
}

static struct sample *make(const struct form *f, uint32_t index)
{
	struct sample *s;

	assert_int_equal(sample_application(f, SEED, index, &s), 0);
	return s;
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void every_value_is_canonical_and_fits_its_entry(void **state)
{
	const struct form *f = *state;

	for (uint32_t i = 0; i < SAMPLES; i++) {
		struct sample *s = make(f, i);

		assert_int_equal(sample_sign(s), 0);
		for (size_t n = 0; n < s->count; n++) {
			const struct sample_answer *a = &s->answers[n];

			assert_true(form_field_fits(f, a->field, a->entry_type));
			if (form_field(f, a->field)->type != FORM_SELECT_MEMBER)
				assert_int_equal(value_check(f, a->field, a->value, strlen(a->value)), 0);
		}
		sample_free(s);
	}
}

/* ---- under the form ---- */

#define TAKEN_MS INT64_C(1795000000000) /* 2026-11-18, in the year of MAKER_HIJRI_YEAR */
#define SITE 5
#define CASE_ID record_id(SITE, 1)
#define LISTS_MAX 16

struct lists {
	struct reflist *items[LISTS_MAX];
	size_t count;
};

static void read_lists(struct lists *l)
{
	struct buf text;

	buf_init(&text, REFLIST_BYTES_MAX);
	for (l->count = 0; l->count < form_default_list_count(); l->count++) {
		assert_true(l->count < LISTS_MAX);
		buf_clear(&text);
		assert_int_equal(form_default_list_at(l->count, &text), 0);
		assert_int_equal(reflist_parse(buf_string(&text), text.len, &l->items[l->count]), 0);
	}
	buf_fini(&text);
}

static const struct reflist *find_list(void *ctx, const char *name)
{
	const struct lists *l = ctx;

	for (size_t i = 0; i < l->count; i++)
		if (strcmp(reflist_name(l->items[i]), name) == 0)
			return l->items[i];
	return NULL;
}

static uint64_t row_id(size_t type, uint32_t row)
{
	return type == FORM_ENTRY_ROOT ? CASE_ID : record_id(SITE, (uint32_t)type * 1000 + row + 1);
}

static void put_answer(struct model *m, const struct form *f, const struct sample_answer *a)
{
	int member = form_entry_type_find(f, "member");
	const char *value = a->value;
	char id[17];

	if (form_field(f, a->field)->type == FORM_SELECT_MEMBER) {
		bool is_applicant = strcmp(value, "applicant") == 0;

		snprintf(id, sizeof id, "%016llx", (unsigned long long)(is_applicant ? CASE_ID : row_id((size_t)member,
			(uint32_t)strtoul(value + strlen("member:"), NULL, 10))));
		value = id;
	}
	assert_int_equal(model_put(m, a->entry_type, row_id(a->entry_type, a->row), a->field, value), 0);
}

struct told {
	uint32_t index;
	const struct model *model;
	size_t hard;
	size_t soft;
};

static int tell(void *ctx, const struct model_problem *p)
{
	struct told *t = ctx;

	if (p->is_hard)
		print_error("sample %u: %s: problem %d\n", t->index, model_form_node(t->model, p->node)->name, (int)p->kind);
	t->hard += p->is_hard;
	t->soft += !p->is_hard;
	return 0;
}

/* An answer that the form does not ask for would be lost from sight. */
static size_t count_irrelevant(struct model *m, const struct sample *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct sample_answer *a = &s->answers[i];
		const struct model_node *n = model_question(m, row_id(a->entry_type, a->row), a->field);

		if (!n || n->is_relevant)
			continue;
		print_error("sample %u: %s is not relevant\n", s->index, form_field(s->form, a->field)->name);
		count++;
	}
	return count;
}

/* A representative could finish each of them: nothing required is missing, nothing is wrong, nothing was answered that is not asked. */
static void the_form_finds_nothing_hard_in_them(void **state)
{
	struct form *f = *state;
	struct lists lists;
	struct model_world world = { .now_ms = TAKEN_MS, .tz_minutes = 180, .list = find_list, .ctx = &lists };
	struct told told = { 0 };
	size_t irrelevant = 0;
	struct plan *plan;

	read_lists(&lists);
	assert_int_equal(plan_new(f, NULL, &plan), 0);
	for (uint32_t i = 0; i < SAMPLES; i++) {
		struct sample *s = make(f, i);
		struct model *m;

		assert_int_equal(sample_sign(s), 0);
		assert_int_equal(model_new(plan, &world, CASE_ID, &m), 0);
		for (size_t n = 0; n < s->count; n++)
			put_answer(m, f, &s->answers[n]);
		assert_int_equal(model_open(m), 0);
		told.index = i;
		told.model = m;
		assert_int_equal(model_check(m, tell, &told), 0);
		irrelevant += count_irrelevant(m, s);
		model_free(m);
		sample_free(s);
	}
	plan_free(plan);
	for (size_t i = 0; i < lists.count; i++)
		reflist_free(lists.items[i]);
	assert_int_equal(told.hard, 0);
	assert_int_equal(irrelevant, 0);
	assert_true(told.soft < SAMPLES * 3); /* and few things to look at again */
}

static void texts_stay_within_what_the_form_allows(void **state)
{
	size_t long_count = 0;

	for (uint32_t i = 0; i < SAMPLES; i++) {
		struct sample *s = make(*state, i);
		size_t longest = characters(sample_value(s, "observation_family", 1));

		assert_true(characters(sample_value(s, "landmark", 1)) <= 300);
		assert_true(characters(sample_value(s, "support_reason", 1)) <= 500);
		assert_true(characters(sample_value(s, "recommendation_reason", 1)) <= 1000);
		assert_true(longest <= 1500);
		long_count += longest >= 220;
		sample_free(s);
	}
	assert_in_range(long_count, SAMPLES / 10, SAMPLES / 3);
}

static void one_seed_gives_the_same_bytes_and_another_seed_others(void **state)
{
	struct sample *s;
	struct buf a;
	struct buf b;

	buf_init(&a, JSON_BYTES_MAX);
	buf_init(&b, JSON_BYTES_MAX);
	for (uint32_t i = 0; i < 20; i++) {
		buf_clear(&a);
		buf_clear(&b);
		s = make(*state, i);
		assert_int_equal(sample_sign(s), 0);
		sample_json(s, &a);
		sample_free(s);
		s = make(*state, i);
		assert_int_equal(sample_sign(s), 0);
		sample_json(s, &b);
		sample_free(s);
		assert_string_equal(buf_string(&a), buf_string(&b));
		buf_clear(&b);
		assert_int_equal(sample_application(*state, SEED + 1, i, &s), 0);
		sample_json(s, &b);
		sample_free(s);
		assert_string_not_equal(buf_string(&a), buf_string(&b));
	}
	buf_fini(&a);
	buf_fini(&b);
}

static void workload_is_that_of_the_wire_measurements(void **state)
{
	size_t bytes = 0;
	size_t scalars = 0;
	size_t members = 0;
	int member = form_entry_type_find(*state, "member");

	for (uint32_t i = 0; i < SAMPLES; i++) {
		struct sample *s = make(*state, i);

		for (size_t n = 0; n < s->count; n++) {
			bytes += strlen(s->answers[n].value);
			scalars += s->answers[n].entry_type != member;
		}
		assert_true(s->member_count <= 8);
		members += s->member_count;
		sample_free(s);
	}
	assert_in_range(bytes / SAMPLES, 2300, 2550);
	assert_in_range(scalars / SAMPLES, 100, 132);
	assert_in_range(members / SAMPLES, 3, 4);
}

static void the_mix_holds_every_kind_of_case(void **state)
{
	size_t kinds[SAMPLE_KINDS] = { 0 };
	size_t households[9] = { 0 };
	size_t thumbs = 0;
	size_t without_id = 0;
	size_t without_phone = 0;
	size_t with_missing_papers = 0;

	for (uint32_t i = 0; i < SAMPLES; i++) {
		struct sample *s = make(*state, i);
		bool is_missing = false;

		kinds[s->kind]++;
		households[s->member_count]++;
		thumbs += strcmp(sample_value(s, "signature_method", 1), "thumbprint") == 0;
		without_id += !sample_value(s, "id_number", 1);
		without_phone += !sample_value(s, "mobile", 1);
		for (uint32_t row = 1; sample_value(s, "document_state", row); row++)
			is_missing = is_missing || strcmp(sample_value(s, "document_state", row), "not_available") == 0;
		with_missing_papers += is_missing;
		sample_free(s);
	}
	for (size_t i = 0; i < SAMPLE_KINDS; i++)
		assert_true(kinds[i] > 0);
	for (size_t i = 0; i <= 8; i++)
		assert_true(households[i] > 0);
	assert_in_range(kinds[SAMPLE_KIND_WIDOW], SAMPLES / 10, SAMPLES / 3);
	assert_in_range(thumbs, SAMPLES / 5, SAMPLES / 2);
	assert_in_range(without_id, SAMPLES / 50, SAMPLES / 8);
	assert_in_range(without_phone, SAMPLES / 20, SAMPLES / 5);
	assert_in_range(with_missing_papers, SAMPLES / 3, SAMPLES);
}

static void thumb_signers_have_a_witness_and_no_strokes(void **state)
{
	for (uint32_t i = 0; i < 100; i++) {
		struct sample *s = make(*state, i);
		bool is_thumb = strcmp(sample_value(s, "signature_method", 1), "thumbprint") == 0;

		assert_int_equal(sample_sign(s), 0);
		assert_int_equal(sample_value(s, "witness_id_number", 1) != NULL, is_thumb);
		if (is_thumb)
			assert_null(sample_value(s, "applicant_signature", 1));
		assert_non_null(sample_value(s, "agent_signature", 1));
		sample_free(s);
	}
}

static void json_has_flat_fields_and_arrays_of_rows(void **state)
{
	for (uint32_t i = 0; i < 100; i++) {
		struct sample *s = make(*state, i);
		struct buf json;
		json_error_t why;
		json_t *top;

		buf_init(&json, JSON_BYTES_MAX);
		sample_json(s, &json);
		top = json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, &why);
		if (!top)
			fail_msg("%s", why.text);
		assert_int_equal(json_array_size(json_object_get(top, "member")), s->member_count);
		assert_string_equal(json_string_value(json_object_get(top, "first_name")), sample_value(s, "first_name", 1));
		assert_string_equal(json_string_value(json_object_get(top, "visit_type")), sample_value(s, "visit_type", 1));
		assert_string_equal(json_string_value(json_object_get(top, "declares_true")), "yes");
		assert_null(json_object_get(top, "visit"));
		assert_true(json_is_array(json_object_get(top, "document")));
		json_decref(top);
		buf_fini(&json);
		sample_free(s);
	}
}

static void groups_are_well_formed(void **state)
{
	uint32_t counter = 0;

	for (uint32_t i = 0; i < 100; i++) {
		struct sample *s = make(*state, i);
		struct sample_arena arena = { 0 };
		uint32_t before = counter;
		struct edit_group g;

		assert_int_equal(sample_group(*state, s, 7, &counter, &g, &arena), 0);
		assert_int_equal(g.edit_count, s->count);
		assert_int_equal(g.case_id, record_id(7, before + 1));
		if (edit_group_check(&g) != 0)
			fail_msg("%s", err_message());
		assert_int_equal(record_id_counter(g.edits[g.edit_count - 1].entry_id), counter);
		sample_arena_fini(&arena);
		sample_free(s);
	}
}

static void receivers_of_income_are_entries_of_the_case(void **state)
{
	int receiver = form_field_find(*state, "income_receiver");
	int name = form_field_find(*state, "member_name");
	size_t seen = 0;

	for (uint32_t i = 0; i < 100; i++) {
		struct sample *s = make(*state, i);
		struct sample_arena arena = { 0 };
		uint32_t counter = 40;
		struct edit_group g;

		assert_int_equal(sample_group(*state, s, 3, &counter, &g, &arena), 0);
		for (size_t n = 0; n < g.edit_count; n++) {
			uint64_t id = g.edits[n].field == receiver ? strtoull(g.edits[n].value, NULL, 16) : g.case_id;
			size_t m = 0;

			if (id == g.case_id)
				continue;
			while (m < g.edit_count && (g.edits[m].entry_id != id || g.edits[m].field != name))
				m++;
			assert_true(m < g.edit_count);
			seen++;
		}
		sample_arena_fini(&arena);
		sample_free(s);
	}
	assert_true(seen > 5);
}

static void small_edits_change_three_registers(void **state)
{
	for (uint32_t i = 0; i < SAMPLES; i++) {
		struct sample *s = make(*state, i);
		struct sample_arena arena = { 0 };
		uint32_t counter = 0;
		struct edit_group base;
		struct edit_group g;

		assert_int_equal(sample_group(*state, s, 7, &counter, &base, &arena), 0);
		assert_int_equal(sample_edits(*state, SEED, i, &base, 3, &g, &arena), 0);
		assert_int_equal(g.edit_count, 3);
		assert_int_equal(g.number, base.number + 1);
		assert_int_equal(g.case_id, base.case_id);
		if (edit_group_check(&g) != 0)
			fail_msg("%s", err_message());
		for (size_t n = 0; n < g.edit_count; n++) {
			size_t m = 0;

			while (edit_compare(&base.edits[m], &g.edits[n]) != 0)
				m++;
			assert_false(base.edits[m].value_len == g.edits[n].value_len &&
				     memcmp(base.edits[m].value, g.edits[n].value, g.edits[n].value_len) == 0);
		}
		sample_arena_fini(&arena);
		sample_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_is_canonical_and_fits_its_entry),
		cmocka_unit_test(the_form_finds_nothing_hard_in_them),
		cmocka_unit_test(texts_stay_within_what_the_form_allows),
		cmocka_unit_test(one_seed_gives_the_same_bytes_and_another_seed_others),
		cmocka_unit_test(workload_is_that_of_the_wire_measurements),
		cmocka_unit_test(the_mix_holds_every_kind_of_case),
		cmocka_unit_test(thumb_signers_have_a_witness_and_no_strokes),
		cmocka_unit_test(json_has_flat_fields_and_arrays_of_rows),
		cmocka_unit_test(groups_are_well_formed),
		cmocka_unit_test(receivers_of_income_are_entries_of_the_case),
		cmocka_unit_test(small_edits_change_three_registers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
