/*
 * edit: see edit.h. The check is the one place that says what a well-formed group is: the encoder asks it before bytes
 * leave, the decoder after they came.
 */
#include "proto/edit.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/value.h"
#include "proto/record.h"

int edit_compare(const struct edit *a, const struct edit *b)
{
	if (a->entry_type != b->entry_type)
		return a->entry_type < b->entry_type ? -1 : 1;
	if (a->entry_id != b->entry_id)
		return a->entry_id < b->entry_id ? -1 : 1;
	return (a->field > b->field) - (a->field < b->field);
}

static int compare_edits(const void *a, const void *b)
{
	return edit_compare(a, b);
}

int edit_group_sort(struct edit_group *g)
{
	if (g->edit_count != 0)
		qsort(g->edits, g->edit_count, sizeof(*g->edits), compare_edits);
	for (size_t i = 1; i < g->edit_count; i++)
		if (edit_compare(&g->edits[i - 1], &g->edits[i]) == 0)
			return err_set(ERR_USAGE, "edit group: field %u is set twice", g->edits[i].field);
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;

	return (*x > *y) - (*x < *y);
}

static bool is_first_of_entry(const struct edit_group *g, size_t i)
{
	return i == 0 || g->edits[i].entry_type != g->edits[i - 1].entry_type || g->edits[i].entry_id != g->edits[i - 1].entry_id;
}

/* The same entry id under two entry types would make one entry two things. */
static int check_one_type(const struct edit_group *g)
{
	size_t count = 0;
	uint64_t *ids;
	int rc = 0;

	ids = malloc((g->edit_count + 1) * sizeof(*ids));
	if (!ids)
		return err_set(ERR_NOMEM, "edit group: no memory for %zu ids", g->edit_count);
	for (size_t i = 0; i < g->edit_count; i++)
		if (is_first_of_entry(g, i))
			ids[count++] = g->edits[i].entry_id;
	qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 1; i < count && rc == 0; i++)
		if (ids[i - 1] == ids[i])
			rc = err_set(ERR_CORRUPT, "edit group: one entry under two entry types");
	free(ids);
	return rc;
}

static bool entry_id_is_legal(const struct edit_group *g, const struct edit *e)
{
	if (e->entry_type == FORM_ENTRY_ROOT)
		return e->entry_id == g->case_id;
	if (e->entry_id == g->case_id)
		return false;
	return record_id_is_derived(e->entry_id) || record_id_counter(e->entry_id) != 0;
}

static int check_edit(const struct edit_group *g, const struct edit *e)
{
	if (e->entry_type >= form_entry_type_count(g->form))
		return err_set(ERR_CORRUPT, "edit: no entry type %u in the form", e->entry_type);
	if (!entry_id_is_legal(g, e))
		return err_set(ERR_CORRUPT, "edit: entry id not legal for entry type %u", e->entry_type);
	if (e->field >= form_field_count(g->form) || !form_field_fits(g->form, e->field, e->entry_type))
		return err_set(ERR_CORRUPT, "edit: field %u does not belong to entry type %u", e->field, e->entry_type);
	if (e->value_len > VALUE_BYTES_MAX)
		return err_set(ERR_CORRUPT, "edit: value of field %u is longer than %d bytes", e->field, VALUE_BYTES_MAX);
	return value_check(g->form, e->field, e->value, e->value_len);
}

static int check_head(const struct edit_group *g)
{
	if (!g->form)
		return err_set(ERR_CORRUPT, "edit group: no form");
	if (g->number == 0)
		return err_set(ERR_CORRUPT, "edit group: number 0");
	if (!record_id_is_case(g->case_id))
		return err_set(ERR_CORRUPT, "edit group: not the id of a case");
	if (g->role < FORM_BY_REPRESENTATIVE || g->role > FORM_BY_SYSTEM)
		return err_set(ERR_CORRUPT, "edit group: no role %u", g->role);
	if (g->edit_count == 0 || g->edit_count > EDIT_GROUP_EDITS_MAX)
		return err_set(ERR_CORRUPT, "edit group: %zu edits", g->edit_count);
	return 0;
}

int edit_group_check(const struct edit_group *g)
{
	int rc = check_head(g);

	for (size_t i = 0; i < g->edit_count && rc == 0; i++) {
		if (i > 0 && edit_compare(&g->edits[i - 1], &g->edits[i]) >= 0)
			return err_set(ERR_CORRUPT, "edit group: edit %zu is out of order", i);
		rc = check_edit(g, &g->edits[i]);
	}
	return rc ? rc : check_one_type(g);
}

static void hash_number(crypto_generichash_state *h, uint64_t v, size_t bytes)
{
	uint8_t big_endian[8];

	for (size_t i = 0; i < bytes; i++)
		big_endian[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
	crypto_generichash_update(h, big_endian, bytes);
}

/*
 * size | what (FORMAT.md section 5, "hash of an edit group")
 *   14 | "mandoob:group" and a zero byte
 *    8 | case id       4 | author        1 | role       32 | form hash
 *    8 | wall_ms       8 | mono_ms      16 | boot id     4 | count of edits
 * each | entry type 2, entry id 8, field 2, length 4, value
 */
void edit_group_hash(const struct edit_group *g, uint8_t out[static EDIT_HASH_BYTES])
{
	static const char label[] = "mandoob:group";
	crypto_generichash_state h;
	int rc = crypto_generichash_init(&h, NULL, 0, EDIT_HASH_BYTES);

	assert(rc == 0);
	crypto_generichash_update(&h, (const uint8_t *)label, sizeof(label));
	hash_number(&h, g->case_id, 8);
	hash_number(&h, g->author, 4);
	hash_number(&h, g->role, 1);
	crypto_generichash_update(&h, form_hash(g->form), FORM_HASH_BYTES);
	hash_number(&h, (uint64_t)g->wall_ms, 8);
	hash_number(&h, (uint64_t)g->mono_ms, 8);
	crypto_generichash_update(&h, g->boot_id, ENV_BOOT_ID_BYTES);
	hash_number(&h, g->edit_count, 4);
	for (size_t i = 0; i < g->edit_count; i++) {
		const struct edit *e = &g->edits[i];

		hash_number(&h, e->entry_type, 2);
		hash_number(&h, e->entry_id, 8);
		hash_number(&h, e->field, 2);
		hash_number(&h, e->value_len, 4);
		crypto_generichash_update(&h, (const uint8_t *)e->value, e->value_len);
	}
	crypto_generichash_final(&h, out, EDIT_HASH_BYTES);
}
