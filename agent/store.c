/*
 * store: see store.h. Forms are parsed once per process and kept under their hash: a row number that a rollback gave back may name
 * another form later, a hash never does.
 */
#include "agent/store.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/shelf.h"
#include "proto/base/file.h"

#define PATH_BYTES_MAX 4096
#define DICTIONARIES_MAX 256

extern const struct db_migration agent_schema[];
extern const size_t agent_schema_count;

struct store_dictionaries {
	struct pack_dictionary *items[DICTIONARIES_MAX]; /* for decoding, by id */
	size_t count;
};

/* ---- making and opening ---- */

static int store_path(const char *dir, char *out, size_t size)
{
	int len = snprintf(out, size, "%s/" STORE_FILE, dir);

	return len > 0 && (size_t)len < size ? 0 : err_set(ERR_USAGE, "folder name is too long");
}

int store_create(const struct env *env, const char *dir, const char *passphrase, size_t len, const struct vault_kdf *kdf)
{
	char path[PATH_BYTES_MAX];
	struct store *s = NULL;
	int err = store_path(dir, path, sizeof path);

	if (!err)
		err = dir_make(dir);
	if (!err)
		err = vault_create(path, passphrase, len, NULL, kdf);
	if (!err)
		err = store_open(env, dir, passphrase, len, &s);
	store_close(s);
	return err;
}

static int open_database(struct store *s, const char *path)
{
	int err = db_open(path, NULL, &s->db);

	return err ? err : db_migrate(s->db, agent_schema, agent_schema_count);
}

static int open_files(struct store *s, const char *path, const char *passphrase, size_t len)
{
	int err = vault_unlock(path, passphrase, len, &s->vault);

	if (!err)
		err = vault_lease_check(s->vault, env_wall_ms(s->env));
	return err ? err : open_database(s, path);
}

/* By passphrase, or with `vault` (taken), which is unlocked already. */
static int open_by(const struct env *env, const char *dir, const char *passphrase, size_t len, struct vault_key *vault, struct store **out)
{
	char path[PATH_BYTES_MAX];
	struct store *s = calloc(1, sizeof *s);
	int err;

	*out = NULL;
	if (!s) {
		vault_lock(vault);
		return err_set(ERR_NOMEM, "%s: no memory to open the store", dir);
	}
	s->env = env;
	s->vault = vault;
	s->dictionaries = calloc(1, sizeof *s->dictionaries);
	err = s->dictionaries ? store_path(dir, path, sizeof path) : err_set(ERR_NOMEM, "%s: no memory to open the store", dir);
	if (!err)
		err = vault ? open_database(s, path) : open_files(s, path, passphrase, len);
	if (!err)
		err = store_reload(s);
	if (err) {
		store_close(s);
		return err;
	}
	*out = s;
	return 0;
}

int store_open(const struct env *env, const char *dir, const char *passphrase, size_t len, struct store **out)
{
	return open_by(env, dir, passphrase, len, NULL, out);
}

int store_open_take(const struct env *env, const char *dir, struct vault_key *vault, struct store **out)
{
	return open_by(env, dir, NULL, 0, vault, out);
}

void store_suspend(struct store *s)
{
	seal_keys_free(s->keys);
	s->keys = NULL;
	db_close(s->db);
	s->db = NULL;
	vault_lock(s->vault);
	s->vault = NULL;
}

int store_resume(struct store *s, const char *dir, const char *passphrase, size_t len)
{
	char path[PATH_BYTES_MAX];
	int err = store_path(dir, path, sizeof path);

	if (!err)
		err = open_files(s, path, passphrase, len);
	/* Before anything is read anew: who comes back holds ids of before. */
	if (!err)
		err = store_check_writer(s);
	if (!err)
		err = store_reload(s);
	if (err)
		store_suspend(s);
	return err;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->dictionaries && i < s->dictionaries->count; i++)
		pack_dictionary_free(s->dictionaries->items[i]);
	free(s->dictionaries);
	shelf_free(s->shelf);
	pack_dictionary_free(s->dictionary);
	seal_keys_free(s->keys);
	db_close(s->db);
	vault_lock(s->vault);
	free(s);
}

/* ---- single facts ---- */

static int fact_row(struct store *s, const char *key, struct db_stmt **out)
{
	int err = db_prepare(s->db, "SELECT value FROM meta WHERE key = ?1", out);

	if (err)
		return err;
	db_bind_text(*out, 1, key);
	err = db_row(*out);
	if (err)
		*out = NULL;
	return err;
}

int store_get_u64(struct store *s, const char *key, uint64_t *out)
{
	struct db_stmt *q;
	int err = fact_row(s, key, &q);

	*out = 0;
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	*out = db_u64(q, 0);
	db_done(q);
	return 0;
}

int store_get_blob(struct store *s, const char *key, void *out, size_t len)
{
	struct db_stmt *q;
	int err = fact_row(s, key, &q);

	memset(out, 0, len);
	if (err)
		return err;
	err = db_blob_copy(q, 0, out, len);
	db_done(q);
	return err;
}

static int fact_write(struct store *s, const char *key, struct db_stmt **out)
{
	int err = db_prepare(s->db, "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2", out);

	if (!err)
		db_bind_text(*out, 1, key);
	return err;
}

int store_set_u64(struct store *s, const char *key, uint64_t value)
{
	struct db_stmt *q;
	int err = fact_write(s, key, &q);

	if (err)
		return err;
	db_bind_u64(q, 2, value);
	return db_run(q);
}

int store_set_blob(struct store *s, const char *key, const void *data, size_t len)
{
	struct db_stmt *q;
	int err = fact_write(s, key, &q);

	if (err)
		return err;
	db_bind_blob(q, 2, data, len);
	return db_run(q);
}

static int get_text(struct store *s, const char *key, char *out, size_t size)
{
	struct db_stmt *q;
	const void *data;
	size_t len;
	int err = fact_row(s, key, &q);

	memset(out, 0, size);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	data = db_blob(q, 0, &len);
	if (len >= size)
		err = err_set(ERR_CORRUPT, "store: fact %s has %zu bytes, at most %zu were expected", key, len, size - 1);
	else if (len)
		memcpy(out, data, len);
	db_done(q);
	return err;
}

/* ---- identity ---- */

/* The keys held before stay in place when the new ones cannot be read. */
static int load_keys(struct store *s)
{
	struct seal_keys *keys = NULL;
	int err = seal_keys_empty(&keys);

	if (!err)
		err = store_get_blob(s, "sign_public", keys->sign_public, sizeof keys->sign_public);
	if (!err)
		err = store_get_blob(s, "sign_secret", keys->sign_secret, sizeof keys->sign_secret);
	if (!err)
		err = store_get_blob(s, "box_public", keys->box_public, sizeof keys->box_public);
	if (!err)
		err = store_get_blob(s, "box_secret", keys->box_secret, sizeof keys->box_secret);
	if (err) {
		seal_keys_free(keys);
		return err;
	}
	seal_keys_free(s->keys);
	s->keys = keys;
	return 0;
}

static int load_dictionary(struct store *s)
{
	struct db_stmt *q;
	const void *data;
	size_t len;
	int err = db_prepare(s->db, "SELECT bytes FROM dictionary ORDER BY position DESC LIMIT 1", &q);

	pack_dictionary_free(s->dictionary);
	s->dictionary = NULL;
	if (err)
		return err;
	err = db_row(q);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	data = db_blob(q, 0, &len);
	err = pack_dictionary_new(data, len, &s->dictionary);
	db_done(q);
	return err;
}

static int load_numbers(struct store *s)
{
	uint64_t incarnation = 0, site = 0, person = 0, revoked = 0;
	int err = store_get_u64(s, "incarnation", &incarnation);

	if (!err)
		err = store_get_u64(s, "site", &site);
	if (!err)
		err = store_get_u64(s, "person", &person);
	if (!err)
		err = store_get_u64(s, "revoked", &revoked);
	s->incarnation = (uint32_t)incarnation;
	s->site = (uint32_t)site;
	s->person = (uint32_t)person;
	s->is_revoked = revoked != 0;
	return err;
}

int store_reload(struct store *s)
{
	int err = load_numbers(s);

	s->is_enrolled = s->site != 0;
	if (!err && s->is_enrolled)
		err = load_keys(s);
	if (!err && s->is_enrolled)
		err = store_get_blob(s, "org", s->org, sizeof s->org);
	if (!err && s->is_enrolled)
		err = store_get_blob(s, "root_public", s->root_public, sizeof s->root_public);
	if (!err && s->is_enrolled)
		err = store_get_blob(s, "device_id", s->device, sizeof s->device);
	if (!err)
		err = get_text(s, "branch", s->branch, sizeof s->branch);
	if (!err)
		err = get_text(s, "url", s->url, sizeof s->url);
	return err ? err : load_dictionary(s);
}

static int held_facts(struct store *s, uint64_t *incarnation, uint64_t *revoked)
{
	int err = store_get_u64(s, "incarnation", incarnation);

	return err ? err : store_get_u64(s, "revoked", revoked);
}

int store_refresh(struct store *s)
{
	uint64_t incarnation, revoked;
	int err = held_facts(s, &incarnation, &revoked);

	if (err)
		return err;
	if (incarnation != s->incarnation)
		return store_reload(s);
	s->is_revoked = revoked != 0;
	return 0;
}

int store_check_writer(struct store *s)
{
	uint64_t incarnation, revoked;
	int err = held_facts(s, &incarnation, &revoked);

	if (err)
		return err;
	s->is_revoked = revoked != 0;
	if (incarnation != s->incarnation)
		return err_set(ERR_STALE,
			       "store: another program gave this device a new incarnation meanwhile; open it again, nothing was saved now");
	return 0;
}

static int enrol_facts(struct store *s, const char *url, const struct message_enrolled *e, const struct seal_keys *keys)
{
	uint8_t start[SEAL_HASH_BYTES];
	int err = store_set_u64(s, "incarnation", e->incarnation);

	chain_start(e->device, e->incarnation, start);
	if (!err)
		err = store_set_u64(s, "site", e->site);
	if (!err)
		err = store_set_u64(s, "person", e->person);
	if (!err)
		err = store_set_blob(s, "org", s->org, sizeof s->org);
	if (!err)
		err = store_set_blob(s, "root_public", e->root_public, sizeof e->root_public);
	if (!err)
		err = store_set_blob(s, "device_id", e->device, sizeof e->device);
	if (!err)
		err = store_set_blob(s, "chain", start, sizeof start);
	if (!err)
		err = store_set_blob(s, "branch", e->branch, strlen(e->branch));
	if (!err)
		err = store_set_blob(s, "url", url, strlen(url));
	if (!err)
		err = store_set_blob(s, "sign_public", keys->sign_public, sizeof keys->sign_public);
	if (!err)
		err = store_set_blob(s, "sign_secret", keys->sign_secret, sizeof keys->sign_secret);
	if (!err)
		err = store_set_blob(s, "box_public", keys->box_public, sizeof keys->box_public);
	if (!err)
		err = store_set_blob(s, "box_secret", keys->box_secret, sizeof keys->box_secret);
	return err;
}

int store_enrol(struct store *s, const char *url, const struct message_enrolled *e, const char *form_text, size_t form_len,
		const struct seal_keys *keys)
{
	int err;

	if (s->is_enrolled)
		return err_set(ERR_USAGE, "store: this device is enrolled already");
	if (strlen(url) > STORE_URL_BYTES_MAX)
		return err_set(ERR_LIMIT, "store: the address of the centre is longer than %d bytes", STORE_URL_BYTES_MAX);
	err = db_begin(s->db);
	if (err)
		return err;
	memcpy(s->root_public, e->root_public, sizeof s->root_public);
	seal_org_id(e->root_public, s->org);
	err = enrol_facts(s, url, e, keys);
	if (!err)
		err = store_manifest_add(s, e->manifest.data, e->manifest.len);
	if (!err)
		err = shelf_begin(s, form_text, form_len);
	if (!err && e->dictionary.len)
		err = store_dictionary_add(s, e->dictionary.data, e->dictionary.len);
	if (!err)
		err = db_commit(s->db);
	if (err) {
		db_rollback(s->db);
		return err;
	}
	return store_reload(s);
}

/* ---- dictionaries ---- */

static const struct pack_dictionary *load_dictionary_by_id(struct store *s, uint32_t id)
{
	struct store_dictionaries *cache = s->dictionaries;
	struct pack_dictionary *d = NULL;
	struct db_stmt *q;
	const void *data;
	size_t len;

	if (cache->count == DICTIONARIES_MAX || db_prepare(s->db, "SELECT bytes FROM dictionary WHERE id = ?1", &q) != 0)
		return NULL;
	db_bind_int(q, 1, id);
	if (db_row(q) != 0)
		return NULL;
	data = db_blob(q, 0, &len);
	if (pack_dictionary_new(data, len, &d) == 0)
		cache->items[cache->count++] = d;
	db_done(q);
	return d;
}

static const struct pack_dictionary *find_dictionary(void *ctx, uint32_t id)
{
	struct store *s = ctx;

	if (s->dictionary && pack_dictionary_id(s->dictionary) == id)
		return s->dictionary; /* one takes 1.8 MB */
	for (size_t i = 0; i < s->dictionaries->count; i++)
		if (pack_dictionary_id(s->dictionaries->items[i]) == id)
			return s->dictionaries->items[i];
	return load_dictionary_by_id(s, id);
}

struct pack_dictionaries store_dictionary_finder(struct store *s)
{
	return (struct pack_dictionaries){ .find = find_dictionary, .ctx = s };
}

int store_dictionary_add(struct store *s, const void *data, size_t len)
{
	struct pack_dictionary *d;
	struct db_stmt *q;
	int err = pack_dictionary_new(data, len, &d);

	if (err)
		return err;
	err = db_prepare(s->db, "INSERT INTO dictionary (id, bytes, received_ms) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING", &q);
	if (!err) {
		db_bind_int(q, 1, pack_dictionary_id(d));
		db_bind_blob(q, 2, data, len);
		db_bind_int(q, 3, env_wall_ms(s->env));
		err = db_run(q);
	}
	pack_dictionary_free(d);
	return err;
}

/* ---- manifest ---- */

int store_manifest(struct store *s, struct manifest *out)
{
	struct db_stmt *q;
	const void *data;
	size_t len;
	int err = db_prepare(s->db, "SELECT bytes FROM manifest ORDER BY number DESC LIMIT 1", &q);

	*out = (struct manifest){ 0 };
	if (err)
		return err;
	err = db_row(q);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_NOT_FOUND, "store: this device holds no manifest: enrol it first") : err;
	data = db_blob(q, 0, &len);
	err = manifest_decode(data, len, s->root_public, out);
	db_done(q);
	return err;
}

int store_manifest_add(struct store *s, const void *data, size_t len)
{
	struct manifest m;
	struct db_stmt *q;
	int64_t held;
	int err = db_query_int(s->db, "SELECT ifnull(max(number), 0) FROM manifest", &held);

	if (!err)
		err = manifest_decode(data, len, s->root_public, &m);
	if (err)
		return err;
	if (m.number <= (uint64_t)held)
		err = err_set(ERR_STALE, "manifest: number %llu is not above %lld, which this device holds", (unsigned long long)m.number,
			      (long long)held);
	else if (memcmp(m.org, s->org, sizeof m.org) != 0)
		err = err_set(ERR_AUTH, "manifest: made for another organisation");
	if (!err)
		err = db_prepare(s->db, "INSERT INTO manifest (number, bytes) VALUES (?1, ?2)", &q);
	if (!err) {
		db_bind_u64(q, 1, m.number);
		db_bind_blob(q, 2, data, len);
		err = db_run(q);
	}
	manifest_fini(&m);
	return err;
}

/* ---- ids ---- */

static int note_made(struct store *s, uint64_t id)
{
	struct db_stmt *q;
	int err = db_prepare(s->db, "INSERT INTO made (id) VALUES (?1)", &q);

	if (err)
		return err;
	db_bind_u64(q, 1, id);
	return db_run(q);
}

int store_new_id(struct store *s, uint64_t *id)
{
	uint64_t counter;
	int err = store_check_writer(s);

	*id = 0;
	if (!err)
		err = store_get_u64(s, "counter", &counter);
	if (!err && counter >= UINT32_MAX)
		err = err_set(ERR_LIMIT, "store: this incarnation has used up its ids; enrol the device anew");
	if (!err)
		err = store_set_u64(s, "counter", counter + 1);
	if (!err)
		err = note_made(s, record_id(s->site, (uint32_t)counter + 1));
	if (!err)
		*id = record_id(s->site, (uint32_t)counter + 1);
	return err;
}

int store_note_id(struct store *s, uint64_t id)
{
	uint64_t counter;
	int err;

	if (record_id_is_derived(id) || record_id_site(id) != s->site)
		return 0;
	err = store_get_u64(s, "counter", &counter);
	if (err || record_id_counter(id) <= counter)
		return err;
	return store_set_u64(s, "counter", record_id_counter(id));
}
