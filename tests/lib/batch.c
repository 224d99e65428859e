/*
 * batch: see batch.h. The heads of the groups are filled with what a real device would have in them: its site, boot and
 * clock, so that they cost what they cost.
 */
#include "tests/lib/batch.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_WALL_MS INT64_C(1795334400000) /* autumn 2026 */
#define APPLICATION_MS (75 * 60 * 1000)      /* between two visits */

static uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void fill_heads(struct batch *b, uint64_t seed)
{
	uint64_t state = seed ^ UINT64_C(0xb47c4);
	uint64_t first = 1 + next(&state) % 3000;
	uint32_t author = (uint32_t)(1 + next(&state) % 2000);
	uint64_t seen = 1 + next(&state) % 3000000;
	int64_t wall = BATCH_WALL_MS + (int64_t)(next(&state) % 31536000000);
	int64_t mono = (int64_t)(next(&state) % 500000000);
	uint64_t boot[2] = { next(&state), next(&state) };

	for (size_t i = 0; i < b->count; i++) {
		struct edit_group *g = &b->groups[i];
		int64_t step = (int64_t)(APPLICATION_MS + next(&state) % APPLICATION_MS);

		wall += step + (int64_t)(next(&state) % 3);
		mono += step;
		g->number = first + i;
		g->author = author;
		g->seen = seen;
		g->wall_ms = wall;
		g->mono_ms = mono;
		memcpy(g->boot_id, boot, sizeof(g->boot_id));
	}
}

int batch_init(struct batch *b, const struct form *f, uint64_t seed, size_t count)
{
	uint64_t state = seed ^ UINT64_C(0x517e);
	uint32_t site = (uint32_t)(1 + next(&state) % 400);
	uint32_t counter = (uint32_t)(next(&state) % 20000);
	int rc = 0;

	*b = (struct batch){ .count = 0 };
	b->samples = calloc(count, sizeof(*b->samples));
	b->groups = calloc(count, sizeof(*b->groups));
	if (!b->samples || !b->groups)
		return err_set(ERR_NOMEM, "batch: no memory");
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = sample_application(f, seed, (uint32_t)i, &b->samples[i]);
		if (rc == 0)
			rc = sample_group(f, b->samples[i], site, &counter, &b->groups[i], &b->arena);
		b->count = i + 1;
	}
	fill_heads(b, seed);
	return rc;
}

void batch_fini(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		sample_free(b->samples[i]);
	free(b->samples);
	free(b->groups);
	free(b->edits);
	sample_arena_fini(&b->arena);
	*b = (struct batch){ .count = 0 };
}

int batch_edit(struct batch *b, const struct form *f, uint64_t seed, size_t step, size_t fields)
{
	int rc = 0;

	free(b->edits);
	b->edit_count = 0;
	b->edits = calloc(b->count / step + 1, sizeof(*b->edits));
	if (!b->edits)
		return err_set(ERR_NOMEM, "batch: no memory");
	for (size_t i = 0; i < b->count && rc == 0; i += step) {
		rc = sample_edits(f, seed, (uint32_t)i, &b->groups[i], fields, &b->edits[b->edit_count], &b->arena);
		b->edits[b->edit_count].number = b->groups[b->count - 1].number + 1 + b->edit_count;
		b->edit_count++;
	}
	return rc;
}

int batch_registers(const struct edit_group *groups, size_t count, uint64_t first_at, uint32_t writer,
		    struct changeset_register **out, size_t *register_count)
{
	size_t n = 0;

	*out = NULL;
	*register_count = 0;
	for (size_t i = 0; i < count; i++)
		n += groups[i].edit_count;
	*out = calloc(n + 1, sizeof(**out));
	if (!*out)
		return err_set(ERR_NOMEM, "batch: no memory");
	n = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < groups[i].edit_count; k++, n++) {
			const struct edit *e = &groups[i].edits[k];

			(*out)[n] = (struct changeset_register){
				.case_id = groups[i].case_id, .entry_id = e->entry_id, .entry_type = e->entry_type, .field = e->field,
				.value = e->value, .value_len = e->value_len, .at = first_at + n, .writer = writer,
				.author = groups[i].author, .reason = "",
			};
		}
	}
	*register_count = n;
	return 0;
}

void batch_columns(const struct batch *b, const struct form *f, struct buf *out)
{
	for (size_t field = 0; field < form_field_count(f); field++) {
		for (size_t i = 0; i < b->count; i++) {
			for (size_t k = 0; k < b->samples[i]->count; k++) {
				if (b->samples[i]->answers[k].field != field)
					continue;
				buf_text(out, b->samples[i]->answers[k].value);
				buf_text(out, "\n");
			}
		}
	}
}
