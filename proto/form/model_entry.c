/*
 * model_entry: the registers of a case, entry by entry.
 *
 * Entries are found by a hash of (type, id): a case may have MODEL_ROWS_MAX of them. They are never taken out before the model goes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/form/model_private.h"

#define PLACES_FIRST 64

/* ---- texts ---- */

void model_entry_wipe(char **at)
{
	if (*at) {
		sodium_memzero(*at, strlen(*at));
		free(*at);
	}
	*at = NULL;
}

int model_entry_text(char **at, const char *text)
{
	char *copy = NULL;

	if (text && text[0]) {
		copy = strdup(text);
		if (!copy)
			return err_set(ERR_NOMEM, "no memory for an answer");
	}
	model_entry_wipe(at);
	*at = copy;
	return 0;
}

static size_t bytes_of(const char *text)
{
	return text ? strlen(text) : 0;
}

int model_entry_keep(struct model *m, char **at, const char *text)
{
	size_t before = bytes_of(*at);
	size_t after = bytes_of(text);
	int rc;

	if (after > before && m->text_bytes - before + after > MODEL_TEXTS_BYTES_MAX)
		return err_set(ERR_LIMIT, "the answers and calculations of the case take more than %d bytes", MODEL_TEXTS_BYTES_MAX);
	rc = model_entry_text(at, text);
	if (!rc)
		m->text_bytes += after - before;
	return rc;
}

void model_entry_forget(struct model *m, char **at)
{
	m->text_bytes -= bytes_of(*at);
	model_entry_wipe(at);
}

const char *model_entry_hex(uint64_t id, char out[static MODEL_HEX_BYTES])
{
	snprintf(out, MODEL_HEX_BYTES, "%016" PRIx64, id);
	return out;
}

uint64_t model_entry_from_hex(const char *text)
{
	if (strlen(text) != MODEL_HEX_BYTES - 1 || strspn(text, "0123456789abcdef") != MODEL_HEX_BYTES - 1)
		return 0;
	return strtoull(text, NULL, 16);
}

/* ---- finding ---- */

static size_t hash_of(size_t type, uint64_t id)
{
	uint64_t h = (id ^ ((uint64_t)type << 56)) * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(h >> 20);
}

static struct model_entry **place_of(const struct model *m, size_t type, uint64_t id)
{
	size_t i = hash_of(type, id) & (m->place_cap - 1);

	while (m->places[i] && (m->places[i]->type != type || m->places[i]->id != id))
		i = (i + 1) & (m->place_cap - 1);
	return &m->places[i];
}

struct model_entry *model_entry_find(const struct model *m, size_t type, uint64_t id)
{
	return id != 0 && m->place_cap > 0 ? *place_of(m, type, id) : NULL;
}

void model_entry_rehash(struct model *m)
{
	memset(m->places, 0, m->place_cap * sizeof(*m->places));
	for (size_t i = 0; i < m->entry_count; i++)
		if (m->entries[i]->id != 0)
			*place_of(m, m->entries[i]->type, m->entries[i]->id) = m->entries[i];
}

static int grow(struct model *m)
{
	size_t cap = m->entry_cap ? 2 * m->entry_cap : PLACES_FIRST / 2;
	struct model_entry **entries = realloc(m->entries, cap * sizeof(*entries));
	struct model_entry **places;

	if (entries)
		m->entries = entries;
	places = entries ? realloc(m->places, 2 * cap * sizeof(*places)) : NULL;
	if (!places)
		return err_set(ERR_NOMEM, "no memory for the entries of a case");
	m->places = places;
	m->entry_cap = cap;
	m->place_cap = 2 * cap;
	model_entry_rehash(m);
	return 0;
}

/* ---- life ---- */

static void free_one(const struct model *m, struct model_entry *e)
{
	size_t count = form_entry_type(m->form, e->type)->field_count;

	for (size_t i = 0; i < count; i++) {
		if (e->values)
			model_entry_wipe(&e->values[i]);
		if (e->stored)
			model_entry_wipe(&e->stored[i]);
	}
	free(e->values);
	free(e->stored);
	free(e);
}

int model_entry_new(struct model *m, size_t type, uint64_t id, struct model_entry **out)
{
	size_t count = form_entry_type(m->form, type)->field_count;
	struct model_entry *e;
	int rc = 0;

	if (m->entry_count == MODEL_ROWS_MAX)
		return err_set(ERR_LIMIT, "the case has more than %d entries", MODEL_ROWS_MAX);
	if (m->entry_count == m->entry_cap)
		rc = grow(m);
	if (rc)
		return rc;
	e = calloc(1, sizeof *e);
	if (e) {
		e->type = (uint16_t)type;
		e->values = calloc(count + 1, sizeof(*e->values));
		e->stored = calloc(count + 1, sizeof(*e->stored));
	}
	if (!e || !e->values || !e->stored) {
		if (e)
			free_one(m, e);
		return err_set(ERR_NOMEM, "no memory for an entry");
	}
	m->entries[m->entry_count++] = e;
	*out = e;
	return model_entry_rename(m, e, id);
}

int model_entry_rename(struct model *m, struct model_entry *e, uint64_t id)
{
	bool was_found = e->id != 0;

	if (id != 0 && model_entry_find(m, e->type, id))
		return err_set(ERR_USAGE, "an entry of this type has that id already");
	e->id = id;
	if (was_found)
		model_entry_rehash(m);
	else if (id != 0)
		*place_of(m, e->type, id) = e;
	return 0;
}

void model_entry_free(struct model *m)
{
	for (size_t i = 0; i < m->entry_count; i++)
		free_one(m, m->entries[i]);
	free(m->entries);
	free(m->places);
}

/* ---- registers ---- */

const char *model_entry_value(const struct model_entry *e, size_t slot)
{
	return e->values[slot] ? e->values[slot] : "";
}

bool model_entry_is_changed(const struct model_entry *e, size_t slot)
{
	return strcmp(model_entry_value(e, slot), e->stored[slot] ? e->stored[slot] : "") != 0;
}

/* A visit that is only looked at makes no entry: its id is asked for with its first answer. */
static int begin_session(struct model *m, struct model_entry *e)
{
	uint64_t id;

	if (e->id != 0 || form_entry_type(m->form, e->type)->kind != FORM_ENTRY_IS_SESSION || !m->world->new_id)
		return 0;
	id = m->world->new_id(m->world->ctx);
	if (id == 0)
		return err_set(ERR_USAGE, "no id for a new %s", form_entry_type(m->form, e->type)->name);
	return model_entry_rename(m, e, id);
}

int model_entry_write(struct model *m, struct model_entry *e, size_t slot, const char *value)
{
	int rc;

	if (strcmp(model_entry_value(e, slot), value) == 0)
		return 0;
	rc = begin_session(m, e);
	return rc ? rc : model_entry_keep(m, &e->values[slot], value);
}

bool model_entry_is_gone(const struct model *m, const struct model_entry *e)
{
	if (e->is_dropped)
		return true;
	return e->type != FORM_ENTRY_ROOT && form_entry_type(m->form, e->type)->field_count > 0 && strcmp(model_entry_value(e, 0), "yes") == 0;
}

void model_entry_own(struct model_entry *owner, struct model_entry *row)
{
	row->owner = owner;
	row->next_row = NULL;
	if (owner->last_row)
		owner->last_row->next_row = row;
	else
		owner->first_row = row;
	owner->last_row = row;
}

int model_entry_parent_slot(const struct form *f, size_t type)
{
	const struct form_entry_type *t = form_entry_type(f, type);

	/* FORM_FIELD_PARENT_NAME is the second field of a type that has it. */
	if (t->field_count > 1 && strcmp(form_field(f, t->fields[1])->name, FORM_FIELD_PARENT_NAME) == 0)
		return 1;
	return -1;
}
