/*
 * library: see library.h. Three tables that only grow, under one lock for readers and one writer. Items are allocated one by
 * one, so that what was handed out stays where it is when a table grows; devices stand sorted by id.
 */
#include "server/library.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct library_form_item {
	int64_t form_id;
	struct form *form; /* owned */
};

struct library_dictionary_item {
	uint32_t id;
	struct pack_dictionary *dictionary; /* owned */
};

struct library {
	pthread_rwlock_t lock;
	struct library_form_item *forms; /* by form_id */
	size_t form_count;
	struct library_dictionary_item *dictionaries;
	size_t dictionary_count;
	struct library_device **devices; /* by id; each owned */
	size_t device_count;
	int64_t last_device; /* highest row taken in */
};

int library_new(struct library **out)
{
	struct library *l = calloc(1, sizeof *l);

	*out = NULL;
	if (!l || pthread_rwlock_init(&l->lock, NULL) != 0) {
		free(l);
		return err_set(ERR_NOMEM, "no memory for the library");
	}
	*out = l;
	return 0;
}

void library_free(struct library *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->form_count; i++)
		form_free(l->forms[i].form);
	for (size_t i = 0; i < l->dictionary_count; i++)
		pack_dictionary_free(l->dictionaries[i].dictionary);
	for (size_t i = 0; i < l->device_count; i++)
		free(l->devices[i]);
	free(l->forms);
	free(l->dictionaries);
	free(l->devices);
	pthread_rwlock_destroy(&l->lock);
	free(l);
}

/* Room for one more item of `size` bytes in a table of `count`. */
static int grow(void **table, size_t count, size_t size)
{
	void *more = realloc(*table, (count + 1) * size);

	if (!more)
		return err_set(ERR_NOMEM, "no memory for the library");
	*table = more;
	return 0;
}

static int add_form(struct library *l, int64_t form_id, const char *text, size_t len)
{
	struct form *form = NULL;
	int err = form_parse(text, len, &form);

	if (err)
		return err_context(err, "form %lld", (long long)form_id);
	pthread_rwlock_wrlock(&l->lock);
	err = grow((void **)&l->forms, l->form_count, sizeof *l->forms);
	if (!err)
		l->forms[l->form_count++] = (struct library_form_item){ .form_id = form_id, .form = form };
	pthread_rwlock_unlock(&l->lock);
	if (err)
		form_free(form);
	return err;
}

static int add_dictionary(struct library *l, uint32_t id, const void *data, size_t len)
{
	struct pack_dictionary *d = NULL;
	int err = pack_dictionary_new(data, len, &d);

	if (!err && pack_dictionary_id(d) != id)
		err = err_set(ERR_CORRUPT, "its bytes have another id");
	if (!err) {
		pthread_rwlock_wrlock(&l->lock);
		err = grow((void **)&l->dictionaries, l->dictionary_count, sizeof *l->dictionaries);
		if (!err)
			l->dictionaries[l->dictionary_count++] = (struct library_dictionary_item){ .id = id, .dictionary = d };
		pthread_rwlock_unlock(&l->lock);
	}
	if (err) {
		pack_dictionary_free(d);
		return err_context(err, "dictionary %u", id);
	}
	return 0;
}

/* Where a device stands or would stand. */
static size_t device_place(const struct library *l, const uint8_t *id)
{
	size_t low = 0;
	size_t high = l->device_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(l->devices[middle]->id, id, SEAL_DEVICE_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int add_device(struct library *l, const struct library_device *device)
{
	struct library_device *copy = malloc(sizeof *copy);
	size_t place;
	int err;

	if (!copy)
		return err_set(ERR_NOMEM, "no memory for the library");
	*copy = *device;
	pthread_rwlock_wrlock(&l->lock);
	err = grow((void **)&l->devices, l->device_count, sizeof(struct library_device *));
	if (!err) {
		place = device_place(l, device->id);
		memmove(&l->devices[place + 1], &l->devices[place], (l->device_count - place) * sizeof *l->devices);
		l->devices[place] = copy;
		l->device_count++;
		l->last_device = device->device;
	}
	pthread_rwlock_unlock(&l->lock);
	if (err)
		free(copy);
	return err;
}

static int refresh_forms(struct library *l, struct db *db)
{
	struct db_stmt *s;
	int err = db_prepare(db, "SELECT form_id, text FROM form WHERE form_id > ?1 ORDER BY form_id", &s);
	int got;

	if (err)
		return err;
	db_bind_int(s, 1, l->form_count ? l->forms[l->form_count - 1].form_id : 0);
	while ((got = db_step(s)) == 1 && !err) {
		size_t len;
		const char *text = db_text_len(s, 1, &len);

		err = add_form(l, db_int(s, 0), text, len);
	}
	db_done(s);
	return err ? err : got;
}

static int refresh_dictionaries(struct library *l, struct db *db)
{
	struct db_stmt *s;
	int err = db_prepare(db, "SELECT id, bytes FROM dictionary", &s);
	int got;

	if (err)
		return err;
	while ((got = db_step(s)) == 1 && !err) {
		size_t len;
		uint32_t id = (uint32_t)db_int(s, 0);
		const void *data = db_blob(s, 1, &len);

		if (!library_dictionary(l, id))
			err = add_dictionary(l, id, data, len);
	}
	db_done(s);
	return err ? err : got;
}

static int refresh_devices(struct library *l, struct db *db)
{
	struct db_stmt *s;
	int err = db_prepare(db, "SELECT device, device_id, sign_public, box_public FROM device WHERE device > ?1 ORDER BY device", &s);
	int got;

	if (err)
		return err;
	db_bind_int(s, 1, l->last_device);
	while ((got = db_step(s)) == 1 && !err) {
		struct library_device d = { .device = db_int(s, 0) };

		err = db_blob_copy(s, 1, d.id, sizeof d.id);
		if (!err)
			err = db_blob_copy(s, 2, d.sign_public, sizeof d.sign_public);
		if (!err)
			err = db_blob_copy(s, 3, d.box_public, sizeof d.box_public);
		if (!err)
			err = add_device(l, &d);
	}
	db_done(s);
	return err ? err : got;
}

int library_refresh(struct library *l, struct db *db)
{
	int err = refresh_forms(l, db);

	if (!err)
		err = refresh_dictionaries(l, db);
	if (!err)
		err = refresh_devices(l, db);
	return err;
}

const struct form *library_form(struct library *l, const uint8_t hash[static FORM_HASH_BYTES])
{
	const struct form *found = NULL;

	pthread_rwlock_rdlock(&l->lock);
	for (size_t i = l->form_count; i > 0 && !found; i--)
		if (memcmp(form_hash(l->forms[i - 1].form), hash, FORM_HASH_BYTES) == 0)
			found = l->forms[i - 1].form;
	pthread_rwlock_unlock(&l->lock);
	return found;
}

const struct form *library_form_by_id(struct library *l, int64_t form_id)
{
	const struct form *found = NULL;

	pthread_rwlock_rdlock(&l->lock);
	for (size_t i = l->form_count; i > 0 && !found; i--)
		if (l->forms[i - 1].form_id == form_id)
			found = l->forms[i - 1].form;
	pthread_rwlock_unlock(&l->lock);
	return found;
}

int64_t library_form_id(struct library *l, const struct form *f)
{
	int64_t form_id = 0;

	pthread_rwlock_rdlock(&l->lock);
	for (size_t i = l->form_count; i > 0 && !form_id; i--)
		if (l->forms[i - 1].form == f)
			form_id = l->forms[i - 1].form_id;
	pthread_rwlock_unlock(&l->lock);
	return form_id;
}

const struct pack_dictionary *library_dictionary(struct library *l, uint32_t id)
{
	const struct pack_dictionary *found = NULL;

	pthread_rwlock_rdlock(&l->lock);
	for (size_t i = 0; i < l->dictionary_count && !found; i++)
		if (l->dictionaries[i].id == id)
			found = l->dictionaries[i].dictionary;
	pthread_rwlock_unlock(&l->lock);
	return found;
}

const struct library_device *library_device(struct library *l, const uint8_t id[static SEAL_DEVICE_BYTES])
{
	const struct library_device *found = NULL;
	size_t place;

	pthread_rwlock_rdlock(&l->lock);
	place = device_place(l, id);
	if (place < l->device_count && memcmp(l->devices[place]->id, id, SEAL_DEVICE_BYTES) == 0)
		found = l->devices[place];
	pthread_rwlock_unlock(&l->lock);
	return found;
}

static const struct form *find_form(void *ctx, const uint8_t hash[static FORM_HASH_BYTES])
{
	return library_form(ctx, hash);
}

static const struct pack_dictionary *find_dictionary(void *ctx, uint32_t id)
{
	return library_dictionary(ctx, id);
}

struct changeset_forms library_form_finder(struct library *l)
{
	return (struct changeset_forms){ .find = find_form, .ctx = l };
}

struct pack_dictionaries library_dictionary_finder(struct library *l)
{
	return (struct pack_dictionaries){ .find = find_dictionary, .ctx = l };
}
