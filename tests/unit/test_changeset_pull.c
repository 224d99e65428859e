#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "proto/changeset.h"
#include "proto/form/form_default.h"
#include "proto/record.h"
#include "tests/lib/batch.h"

#define ROOM (16 * 1024 * 1024)

static const struct form *find_one(void *ctx, const uint8_t hash[static FORM_HASH_BYTES])
{
	const struct form *f = *(const struct form **)ctx;

	return memcmp(form_hash(f), hash, FORM_HASH_BYTES) == 0 ? f : NULL;
}

static void assert_same(const struct changeset_register *a, const struct changeset_register *b)
{
	assert_true(a->case_id == b->case_id && a->entry_id == b->entry_id && a->at == b->at);
	assert_int_equal(a->entry_type, b->entry_type);
	assert_int_equal(a->field, b->field);
	assert_int_equal(a->writer, b->writer);
	assert_int_equal(a->author, b->author);
	assert_string_equal(a->reason, b->reason);
	assert_int_equal(a->value_len, b->value_len);
	assert_memory_equal(a->value, b->value, a->value_len);
}

static void assert_round_trip(const struct changeset_pull *p)
{
	const struct form *f = p->form;
	const struct changeset_forms forms = { find_one, &f };
	struct changeset_pull back;
	struct buf bytes;

	buf_init(&bytes, ROOM);
	if (changeset_pull_encode(p, &bytes) != 0)
		fail_msg("%s", err_message());
	if (changeset_pull_decode(bytes.data, bytes.len, &forms, &back) != 0)
		fail_msg("%s", err_message());
	assert_ptr_equal(back.form, p->form);
	assert_int_equal(back.register_count, p->register_count);
	for (size_t i = 0; i < p->register_count; i++)
		assert_same(&p->registers[i], &back.registers[i]);
	changeset_pull_fini(&back);
	buf_fini(&bytes);
}

/* Registers of `count` applications; small edits of them alone when `is_edit`. Free with drop(). */
static struct changeset_pull make(const struct form *f, uint64_t seed, size_t count, bool is_edit, struct batch *b)
{
	struct changeset_pull p = { .form = f };

	assert_int_equal(batch_init(b, f, seed, count), 0);
	if (is_edit)
		assert_int_equal(batch_edit(b, f, seed, 1, 3), 0);
	assert_int_equal(batch_registers(is_edit ? b->edits : b->groups, count, 900, 4, &p.registers, &p.register_count), 0);
	return p;
}

static void drop(struct changeset_pull *p, struct batch *b)
{
	free(p->registers);
	batch_fini(b);
}

static void whole_cases_and_small_edits_come_back_exactly(void **state)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct batch b;
		struct changeset_pull p = make(*state, seed, 1 + seed * 2, seed % 2, &b);

		assert_round_trip(&p);
		drop(&p, &b);
	}
}

static void writers_authors_sequences_and_reasons_come_back_exactly(void **state)
{
	static const char *const reasons[] = { "", "قرار اللجنة: مستحق", "قرار اللجنة: مستحق", "Second thought", "", "", "«نص» 🙂" };
	uint64_t x = 5;
	struct batch b;
	struct changeset_pull p = make(*state, 3, 4, false, &b);

	for (size_t i = 0; i < p.register_count; i++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
		p.registers[i].at = i % 7 == 6 ? x : p.registers[i].at;
		p.registers[i].writer = i % 3 == 2 ? (uint32_t)(x >> 33) : RECORD_SITE_CENTRE;
		p.registers[i].author = i % 5 == 4 ? (uint32_t)(x >> 32) : 1;
		p.registers[i].reason = reasons[i % 7];
	}
	p.registers[0].at = UINT64_MAX;
	p.registers[1].at = 0;
	assert_round_trip(&p);
	drop(&p, &b);
}

static void registers_out_of_order_or_out_of_range_are_not_encoded(void **state)
{
	struct batch b;
	struct changeset_pull p = make(*state, 3, 3, true, &b);
	struct changeset_register first = p.registers[0];
	struct buf bytes;

	buf_init(&bytes, ROOM);
	p.registers[0] = p.registers[1];
	assert_int_equal(changeset_pull_encode(&p, &bytes), ERR_CORRUPT);
	p.registers[0] = first;
	p.registers[0].case_id = p.registers[p.register_count - 1].case_id + 1000;
	assert_int_equal(changeset_pull_encode(&p, &bytes), ERR_CORRUPT);
	p.registers[0] = first;
	p.registers[0].writer = RECORD_SITE_MAX + 1;
	assert_int_equal(changeset_pull_encode(&p, &bytes), ERR_CORRUPT);
	p.registers[0] = first;
	p.registers[0].reason = "\xff";
	assert_int_equal(changeset_pull_encode(&p, &bytes), ERR_CORRUPT);
	p.registers[0] = first;
	p.register_count = 0;
	assert_int_equal(changeset_pull_encode(&p, &bytes), ERR_LIMIT);
	p.register_count = CHANGESET_REGISTERS_MAX + 1;
	assert_int_equal(changeset_pull_encode(&p, &bytes), ERR_LIMIT);
	assert_int_equal(bytes.len, 0);
	buf_fini(&bytes);
	drop(&p, &b);
}

/* Refused, or accepted as exactly these bytes. */
static void assert_one_spelling(const struct changeset_forms *forms, const struct buf *bytes)
{
	struct changeset_pull p;
	struct buf again;

	if (changeset_pull_decode(bytes->data, bytes->len, forms, &p) != 0) {
		assert_null(p.arena);
		return;
	}
	buf_init(&again, ROOM);
	assert_int_equal(changeset_pull_encode(&p, &again), 0);
	assert_int_equal(again.len, bytes->len);
	assert_memory_equal(again.data, bytes->data, bytes->len);
	buf_fini(&again);
	changeset_pull_fini(&p);
}

static void truncation_is_refused_and_every_flip_is_refused_or_another_pull(void **state)
{
	static const uint8_t flips[] = { 0x01, 0x02, 0x40, 0x80, 0xff };
	const struct changeset_forms forms = { find_one, state };
	struct batch b;
	struct changeset_pull p = make(*state, 11, 5, true, &b);
	struct changeset_pull back;
	struct buf bytes;

	p.registers[3].reason = "سبب";
	p.registers[4].reason = "سبب";
	buf_init(&bytes, ROOM);
	assert_int_equal(changeset_pull_encode(&p, &bytes), 0);
	for (size_t len = 0; len < bytes.len; len++) {
		uint8_t *cut = malloc(len + 1);

		memcpy(cut, bytes.data, len);
		assert_int_not_equal(changeset_pull_decode(cut, len, &forms, &back), 0);
		free(cut);
	}
	for (size_t at = 0; at < bytes.len; at++) {
		for (size_t i = 0; i < sizeof(flips); i++) {
			bytes.data[at] ^= flips[i];
			assert_one_spelling(&forms, &bytes);
			bytes.data[at] ^= flips[i];
		}
	}
	buf_append(&bytes, "", 1);
	assert_int_equal(changeset_pull_decode(bytes.data, bytes.len, &forms, &back), ERR_CORRUPT);
	buf_fini(&bytes);
	drop(&p, &b);
}

static void huge_counts_are_refused(void **state)
{
	static uint8_t zeros[CHANGESET_PULL_BYTES_MAX + 1];
	const struct form *f = *state;
	const struct changeset_forms forms = { find_one, state };
	struct changeset_pull p;

	assert_int_equal(changeset_pull_decode(zeros, sizeof(zeros), &forms, &p), ERR_LIMIT);
	assert_int_equal(changeset_pull_decode(zeros, 100, &forms, &p), ERR_NOT_FOUND);
	memcpy(zeros, form_hash(f), FORM_HASH_BYTES);
	assert_int_equal(changeset_pull_decode(zeros, 100, &forms, &p), ERR_CORRUPT);
	memcpy(zeros + FORM_HASH_BYTES, "\xff\xff\xff\x7f", 4);
	assert_int_equal(changeset_pull_decode(zeros, 100, &forms, &p), ERR_CORRUPT);
	memcpy(zeros + FORM_HASH_BYTES, "\xc0\x9a\x0c", 3); /* 200,000 cases of nothing */
	assert_int_not_equal(changeset_pull_decode(zeros, CHANGESET_PULL_BYTES_MAX, &forms, &p), 0);
	assert_null(p.arena);
}

/* 10 cases with 3 edits each, even before deflating, stay within the bar that is set for after it. */
static void edits_take_at_most_8_bytes_beyond_their_values(void **state)
{
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct batch b;
		struct changeset_pull p = make(*state, seed, 10, true, &b);
		size_t values = 0;
		struct buf bytes;

		for (size_t i = 0; i < p.register_count; i++)
			values += p.registers[i].value_len;
		buf_init(&bytes, ROOM);
		assert_int_equal(changeset_pull_encode(&p, &bytes), 0);
		assert_true(bytes.len <= values + 8 * p.register_count);
		buf_fini(&bytes);
		drop(&p, &b);
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
		cmocka_unit_test(whole_cases_and_small_edits_come_back_exactly),
		cmocka_unit_test(writers_authors_sequences_and_reasons_come_back_exactly),
		cmocka_unit_test(registers_out_of_order_or_out_of_range_are_not_encoded),
		cmocka_unit_test(truncation_is_refused_and_every_flip_is_refused_or_another_pull),
		cmocka_unit_test(huge_counts_are_refused),
		cmocka_unit_test(edits_take_at_most_8_bytes_beyond_their_values),
	};

	return cmocka_run_group_tests(tests, make_form, free_form);
}
