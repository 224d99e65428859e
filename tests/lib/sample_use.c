/*
 * sample_use: what is made of a sample's answers: the JSON that `mandoob-agent take` reads, and edit groups. See sample.h.
 */
#include "tests/lib/sample.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/record.h"

#define SAMPLE_WALL_MS INT64_C(1795334400000) /* the morning of the first application */
#define SAMPLE_VISIT_MS INT64_C(5400000)      /* from one application to the next */
#define HEX_BYTES 17
#define OTHER_SAMPLES 4                       /* how many strangers are asked for another value */

/* Whether an entry type stands flat at the top of the JSON. */
static bool is_flat(const struct sample *s, size_t entry_type)
{
	const char *name = form_entry_type(s->form, entry_type)->name;

	return entry_type == FORM_ENTRY_ROOT || strcmp(name, "visit") == 0 || strcmp(name, "declaration") == 0;
}

static void json_text(struct buf *out, const char *text)
{
	buf_text(out, "\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_printf(out, "\\%c", *text);
		else if (*text == '\n')
			buf_text(out, "\\n");
		else
			buf_append(out, text, 1);
	}
	buf_text(out, "\"");
}

static void json_pair(struct buf *out, const struct sample *s, const struct sample_answer *a, bool is_next)
{
	if (is_next)
		buf_text(out, ", ");
	json_text(out, form_field(s->form, a->field)->name);
	buf_text(out, ": ");
	json_text(out, a->value);
}

/* The rows of one entry type, whose answers are answers[from..to). */
static void json_rows(struct buf *out, const struct sample *s, size_t from, size_t to)
{
	buf_text(out, ", ");
	json_text(out, form_entry_type(s->form, s->answers[from].entry_type)->name);
	buf_text(out, ": [");
	for (size_t i = from; i < to; i++) {
		bool is_first = i == from || s->answers[i].row != s->answers[i - 1].row;

		if (is_first)
			buf_text(out, i == from ? "{" : "}, {");
		json_pair(out, s, &s->answers[i], !is_first);
	}
	buf_text(out, "}]");
}

void sample_json(const struct sample *s, struct buf *out)
{
	bool is_next = false;

	buf_text(out, "{");
	for (size_t i = 0; i < s->count; i++) {
		if (!is_flat(s, s->answers[i].entry_type))
			continue;
		json_pair(out, s, &s->answers[i], is_next);
		is_next = true;
	}
	for (size_t from = 0, to; from < s->count; from = to) {
		for (to = from; to < s->count && s->answers[to].entry_type == s->answers[from].entry_type;)
			to++;
		if (!is_flat(s, s->answers[from].entry_type))
			json_rows(out, s, from, to);
	}
	buf_text(out, "}\n");
}

/* Zeroed memory that the arena owns. */
static void *arena_take(struct sample_arena *a, size_t size)
{
	void **grown = realloc(a->blocks, (a->count + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	a->blocks = grown;
	a->blocks[a->count] = calloc(1, size ? size : 1);
	return a->blocks[a->count] ? a->blocks[a->count++] : NULL;
}

void sample_arena_fini(struct sample_arena *a)
{
	for (size_t i = 0; i < a->count; i++)
		free(a->blocks[i]);
	free(a->blocks);
	*a = (struct sample_arena){ 0 };
}

/* The member's row that "member:N" names, or 0 for the applicant. */
static uint32_t member_row(const char *value)
{
	return strncmp(value, "member:", 7) == 0 ? (uint32_t)strtoul(value + 7, NULL, 10) : 0;
}

/* The ids of the rows of `s` while its group is made: counters in the order of the answers, which is canonical. */
struct row_ids {
	uint32_t site;
	uint32_t root;         /* counter of the case */
	uint32_t first_member; /* counter of row 1 of `member`, 0 when there is none */
};

static uint32_t count_rows(const struct sample *s, size_t until)
{
	uint32_t rows = 0;

	for (size_t i = 1; i < until; i++)
		rows += s->answers[i].entry_type != s->answers[i - 1].entry_type || s->answers[i].row != s->answers[i - 1].row;
	return rows;
}

/* Row 1 of `member` gets the counter that it will have when the answers are walked in order. */
static void find_rows(const struct sample *s, struct row_ids *ids)
{
	int member = form_entry_type_find(s->form, "member");

	for (size_t i = 0; i < s->count && ids->first_member == 0; i++)
		if (s->answers[i].entry_type == member)
			ids->first_member = ids->root + count_rows(s, i + 1);
}

static const char *member_id(const char *value, const struct row_ids *ids, struct sample_arena *a)
{
	uint32_t row = member_row(value);
	uint32_t counter = row ? ids->first_member + row - 1 : ids->root;
	char *hex = arena_take(a, HEX_BYTES);

	if (hex)
		snprintf(hex, HEX_BYTES, "%016llx", (unsigned long long)record_id(ids->site, counter));
	return hex;
}

static void group_head(const struct form *f, const struct sample *s, struct edit_group *g)
{
	*g = (struct edit_group){
		.number = 1,
		.author = 1,
		.role = FORM_BY_REPRESENTATIVE,
		.form = f,
		.wall_ms = SAMPLE_WALL_MS + (int64_t)s->index * SAMPLE_VISIT_MS,
		.mono_ms = (int64_t)s->index * SAMPLE_VISIT_MS + 60000,
	};
	memset(g->boot_id, 0x5a, sizeof(g->boot_id));
}

int sample_group(const struct form *f, const struct sample *s, uint32_t site, uint32_t *counter, struct edit_group *out,
		 struct sample_arena *a)
{
	struct row_ids ids = { .site = site, .root = *counter + 1 };
	struct edit_group g;
	uint32_t last = ids.root;

	assert(f == s->form);
	assert(s->count > 0 && s->answers[0].entry_type == FORM_ENTRY_ROOT);
	*out = (struct edit_group){ 0 };
	group_head(f, s, &g);
	find_rows(s, &ids);
	g.case_id = record_id(site, ids.root);
	g.edits = arena_take(a, s->count * sizeof(*g.edits));
	if (!g.edits)
		return err_set(ERR_NOMEM, "sample: no memory");
	for (size_t i = 0; i < s->count; i++) {
		const struct sample_answer *x = &s->answers[i];
		const char *value = x->value;

		if (i > 0 && (x->entry_type != x[-1].entry_type || x->row != x[-1].row))
			last++;
		if (form_field(f, x->field)->type == FORM_SELECT_MEMBER)
			value = member_id(value, &ids, a);
		if (!value)
			return err_set(ERR_NOMEM, "sample: no memory");
		g.edits[g.edit_count++] = (struct edit){
			.entry_id = record_id(site, last), .entry_type = x->entry_type, .field = x->field,
			.value = value, .value_len = strlen(value),
		};
	}
	*counter = last;
	*out = g;
	return 0;
}

/* Another value for the field of `e`, from the same field of strangers; NULL when they all agree or have none. */
static const char *other_value(struct sample *const *others, const struct edit *e, struct sample_arena *a, size_t *len)
{
	for (size_t i = 0; i < OTHER_SAMPLES; i++) {
		for (size_t n = 0; n < others[i]->count; n++) {
			const struct sample_answer *x = &others[i]->answers[n];
			char *copy;

			if (x->field != e->field || (strlen(x->value) == e->value_len && memcmp(x->value, e->value, e->value_len) == 0))
				continue;
			*len = strlen(x->value);
			copy = arena_take(a, *len + 1);
			if (copy)
				memcpy(copy, x->value, *len);
			return copy;
		}
	}
	return NULL;
}

/* Change `count` edits of `base`, spread evenly from `at` on, in their order. */
static void change_some(const struct edit_group *base, struct sample *const *others, size_t at, size_t count, struct edit_group *g,
			struct sample_arena *a)
{
	size_t step = base->edit_count / count + 1;
	bool *taken = arena_take(a, base->edit_count);

	for (size_t n = 0, tries = 0; taken && n < count && tries < base->edit_count * 4; tries++) {
		size_t i = (at + tries * step) % base->edit_count;
		struct edit e = base->edits[i];

		if (taken[i] || form_field(base->form, e.field)->type == FORM_SELECT_MEMBER)
			continue;
		e.value = other_value(others, &e, a, &e.value_len);
		if (!e.value)
			continue;
		taken[i] = true;
		g->edits[i] = e;
		n++;
	}
	for (size_t i = 0; i < base->edit_count; i++)
		if (taken && taken[i])
			g->edits[g->edit_count++] = g->edits[i];
}

int sample_edits(const struct form *f, uint64_t seed, uint32_t index, const struct edit_group *base, size_t count,
		 struct edit_group *out, struct sample_arena *a)
{
	struct sample *others[OTHER_SAMPLES] = { 0 };
	struct edit_group g = *base;
	int rc = 0;

	assert(f == base->form && count > 0);
	*out = (struct edit_group){ 0 };
	for (uint32_t i = 0; rc == 0 && i < OTHER_SAMPLES; i++)
		rc = sample_application(f, ~seed, index * OTHER_SAMPLES + i, &others[i]);
	g.number++;
	g.wall_ms += 3600000;
	g.mono_ms += 3600000;
	g.edit_count = 0;
	g.edits = arena_take(a, base->edit_count * sizeof(*g.edits));
	if (rc == 0 && !g.edits)
		rc = err_set(ERR_NOMEM, "sample: no memory");
	if (rc == 0) {
		change_some(base, others, (size_t)(seed * 31 + index * 7919u) % base->edit_count, count, &g, a);
		*out = g;
	}
	for (size_t i = 0; i < OTHER_SAMPLES; i++)
		sample_free(others[i]);
	return rc;
}
