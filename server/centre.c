/*
 * centre: see centre.h. Opening, the keys and the manifest in force, single facts, the sequence, forms, dictionaries, sites, audit.
 * Making a new store is centre_create.c.
 */
#include "server/centre.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/chain.h"
#include "proto/record.h"
#include "server/centre_store.h"
#include "server/papers.h"
#include "server/publish.h"

int centre_path(const char *dir, struct buf *out)
{
	buf_clear(out);
	buf_text(out, dir);
	buf_text(out, "/" CENTRE_FILE);
	buf_string(out);
	return buf_error(out);
}

int centre_store_open(const char *path, const char *passphrase, size_t passphrase_len, struct vault_key **vault, struct db **db)
{
	int err = vault_init(NULL);

	*vault = NULL;
	*db = NULL;
	if (!err)
		err = vault_unlock(path, passphrase, passphrase_len, vault);
	if (!err)
		err = db_open(path, NULL, db);
	if (!err)
		err = db_migrate(*db, server_schema, server_schema_count);
	if (err) {
		db_close(*db);
		vault_lock(*vault);
		*db = NULL;
		*vault = NULL;
	}
	return err;
}

/* ---- What is read at the start ---- */

static void free_facts(struct centre *c)
{
	seal_keys_free(c->keys);
	for (size_t i = 0; i < c->receive_count; i++)
		seal_keys_free(c->receive[i].keys);
	free(c->receive);
	manifest_fini(&c->manifest);
	buf_fini(&c->manifest_bytes);
	free(c->generations);
}

static int load_blob(struct centre *c, const char *key, void *out, size_t len)
{
	struct buf value;
	int err;

	buf_init(&value, CENTRE_META_BYTES_MAX);
	err = centre_meta_load(c, key, &value);
	if (err == ERR_NOT_FOUND || (!err && value.len != len))
		err = err_set(ERR_CORRUPT, "the store has no proper %s: it is not a centre's", key);
	if (!err)
		memcpy(out, value.data, len);
	buf_fini(&value);
	return err;
}

static int load_manifest(struct centre *c)
{
	struct db_stmt *s;
	const void *data;
	size_t len;
	int err = db_prepare(c->db, "SELECT bytes FROM manifest ORDER BY number DESC LIMIT 1", &s);

	if (err)
		return err;
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_CORRUPT, "the store has no manifest") : err;
	data = db_blob(s, 0, &len);
	buf_init(&c->manifest_bytes, MANIFEST_BYTES_MAX);
	buf_append(&c->manifest_bytes, data, len);
	db_done(s);
	err = buf_error(&c->manifest_bytes);
	if (!err)
		err = manifest_decode(c->manifest_bytes.data, c->manifest_bytes.len, c->root_public, &c->manifest);
	return err ? err_context(err, "manifest in force") : 0;
}

static int add_receive_key(struct centre *c, uint32_t epoch, struct db_stmt *s)
{
	struct centre_receive_key *more = realloc(c->receive, (c->receive_count + 1) * sizeof *more);
	struct seal_keys *keys = NULL;
	int err = more ? seal_keys_empty(&keys) : err_set(ERR_NOMEM, "no memory for keys");

	if (more)
		c->receive = more;
	if (!err)
		err = db_blob_copy(s, 2, keys->box_public, sizeof keys->box_public);
	if (!err)
		err = db_blob_copy(s, 3, keys->box_secret, sizeof keys->box_secret);
	if (err) {
		seal_keys_free(keys);
		return err;
	}
	c->receive[c->receive_count++] = (struct centre_receive_key){ .epoch = epoch, .keys = keys };
	return 0;
}

static bool is_in_manifest(const struct manifest *m, const uint8_t *sign_public)
{
	for (size_t i = 0; i < m->sign_key_count; i++)
		if (memcmp(m->sign_keys[i], sign_public, SEAL_SIGN_PUBLIC_BYTES) == 0)
			return true;
	return false;
}

/* The newest signing key that devices believe: it stands in the manifest in force. */
static int take_sign_key(struct centre *c, struct db_stmt *s)
{
	uint8_t public_key[SEAL_SIGN_PUBLIC_BYTES];
	int err = db_blob_copy(s, 2, public_key, sizeof public_key);

	if (err || !is_in_manifest(&c->manifest, public_key))
		return err;
	memcpy(c->keys->sign_public, public_key, sizeof public_key);
	return db_blob_copy(s, 3, c->keys->sign_secret, sizeof c->keys->sign_secret);
}

static int load_keys(struct centre *c)
{
	struct db_stmt *s;
	int got = 0;
	int err = seal_keys_empty(&c->keys);

	if (!err)
		err = db_prepare(c->db, "SELECT kind, epoch, public, secret FROM secret_key ORDER BY kind, epoch", &s);
	if (err)
		return err;
	while (!err && (got = db_step(s)) == 1) {
		if (strcmp(db_text(s, 0), "sign") == 0)
			err = take_sign_key(c, s);
		else
			err = add_receive_key(c, (uint32_t)db_int(s, 1), s);
	}
	db_done(s);
	if (err || got < 0)
		return err ? err : got;
	if (c->receive_count == 0 || sodium_is_zero(c->keys->sign_secret, sizeof c->keys->sign_secret))
		return err_set(ERR_CORRUPT, "the store has no receive key, or no signing key of the manifest in force");
	c->epoch = c->receive[c->receive_count - 1].epoch;
	memcpy(c->keys->box_public, c->receive[c->receive_count - 1].keys->box_public, sizeof c->keys->box_public);
	memcpy(c->keys->box_secret, c->receive[c->receive_count - 1].keys->box_secret, sizeof c->keys->box_secret);
	return 0;
}

static int load_generations(struct centre *c)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(c->db, "SELECT generation, last FROM generation ORDER BY generation", &s);

	if (err)
		return err;
	while ((got = db_step(s)) == 1) {
		struct centre_generation *more = realloc(c->generations, (c->generation_count + 1) * sizeof *more);

		if (!more) {
			got = err_set(ERR_NOMEM, "no memory for generations");
			break;
		}
		c->generations = more;
		more[c->generation_count++] = (struct centre_generation){ .generation = db_u64(s, 0), .last = db_u64(s, 1) };
	}
	db_done(s);
	return got;
}

static int load_facts(struct centre *c)
{
	int err = load_blob(c, "org", c->org, sizeof c->org);

	if (!err)
		err = load_blob(c, "root_public", c->root_public, sizeof c->root_public);
	if (!err)
		err = load_manifest(c);
	if (!err)
		err = load_keys(c);
	if (!err)
		err = load_generations(c);
	return err;
}

int centre_reload(struct centre *c)
{
	struct centre fresh = { .env = c->env, .db = c->db };
	int err = load_facts(&fresh);

	if (err) {
		free_facts(&fresh);
		return err;
	}
	free_facts(c);
	fresh.vault = c->vault;
	fresh.library = c->library;
	fresh.papers = c->papers;
	*c = fresh;
	return 0;
}

int centre_open(const struct env *env, const char *dir, const char *passphrase, size_t passphrase_len, struct centre **out)
{
	struct centre *c = calloc(1, sizeof *c);
	struct buf path;
	int err;

	*out = NULL;
	if (!c)
		return err_set(ERR_NOMEM, "no memory to open the centre");
	buf_init(&path, CENTRE_PATH_BYTES_MAX);
	c->env = env;
	err = centre_path(dir, &path);
	if (!err)
		err = centre_store_open(buf_string(&path), passphrase, passphrase_len, &c->vault, &c->db);
	if (!err)
		err = load_facts(c);
	if (!err)
		err = library_new(&c->library);
	if (!err)
		err = papers_new(&c->papers);
	if (!err)
		err = library_refresh(c->library, c->db);
	buf_fini(&path);
	if (err) {
		centre_close(c);
		return err;
	}
	*out = c;
	return 0;
}

void centre_close(struct centre *c)
{
	if (!c)
		return;
	papers_free(c->papers); /* plans borrow the library's forms */
	library_free(c->library);
	free_facts(c);
	db_close(c->db);
	vault_lock(c->vault);
	free(c);
}

const struct seal_keys *centre_receive_key(const struct centre *c, uint32_t epoch)
{
	for (size_t i = 0; i < c->receive_count; i++)
		if (c->receive[i].epoch == epoch)
			return c->receive[i].keys;
	return NULL;
}

int centre_manifest_install(struct centre *c, const void *data, size_t len)
{
	struct manifest m;
	struct db_stmt *s;
	int err = manifest_decode(data, len, c->root_public, &m);
	uint64_t number = m.number;

	if (err)
		return err;
	manifest_fini(&m);
	if (number <= c->manifest.number)
		return err_set(ERR_STALE, "manifest %llu is not newer than %llu, which is in force", (unsigned long long)number,
			(unsigned long long)c->manifest.number);
	err = db_prepare(c->db, "INSERT INTO manifest (number, bytes, installed_ms) VALUES (?1, ?2, ?3)", &s);
	if (err)
		return err;
	db_bind_u64(s, 1, number);
	db_bind_blob(s, 2, data, len);
	db_bind_int(s, 3, env_wall_ms(c->env));
	return db_run(s);
}

/* ---- Single facts and the sequence ---- */

static int meta_row(struct centre *c, const char *key, struct db_stmt **s)
{
	int err = db_prepare(c->db, "SELECT value FROM meta WHERE key = ?1", s);

	if (err)
		return err;
	db_bind_text(*s, 1, key);
	return db_row(*s);
}

int centre_meta_load(struct centre *c, const char *key, struct buf *out)
{
	struct db_stmt *s;
	const void *data;
	size_t len;
	int err;

	buf_clear(out);
	err = meta_row(c, key, &s);
	if (err)
		return err;
	data = db_blob(s, 0, &len);
	buf_append(out, data, len);
	db_done(s);
	return buf_error(out);
}

int centre_meta_load_u64(struct centre *c, const char *key, uint64_t *out)
{
	struct db_stmt *s;
	int err = meta_row(c, key, &s);

	*out = 0;
	if (err)
		return err;
	*out = db_u64(s, 0);
	db_done(s);
	return 0;
}

static const char META_SAVE[] = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";

int centre_meta_save(struct centre *c, const char *key, const void *data, size_t len)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, META_SAVE, &s);

	if (err)
		return err;
	db_bind_text(s, 1, key);
	db_bind_blob(s, 2, data, len);
	return db_run(s);
}

int centre_meta_save_u64(struct centre *c, const char *key, uint64_t value)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, META_SAVE, &s);

	if (err)
		return err;
	db_bind_text(s, 1, key);
	db_bind_u64(s, 2, value);
	return db_run(s);
}

int centre_sequence(struct centre *c, uint64_t *last)
{
	int err = centre_meta_load_u64(c, "sequence", last);

	return err == ERR_NOT_FOUND ? err_set(ERR_CORRUPT, "the store has no sequence") : err;
}

int centre_sequence_save(struct centre *c, uint64_t last)
{
	return centre_meta_save_u64(c, "sequence", last);
}

uint64_t centre_seen_clamp(const struct centre *c, uint64_t seen, uint64_t last)
{
	uint64_t generation = seen >> CENTRE_SEQUENCE_GENERATION_BITS;
	bool is_known = generation == 0;

	for (size_t i = 0; i < c->generation_count; i++)
		is_known = is_known || c->generations[i].generation == generation;
	if (!is_known || generation > last >> CENTRE_SEQUENCE_GENERATION_BITS)
		return 0;
	if (seen > last)
		seen = last;
	for (size_t i = 0; i < c->generation_count; i++)
		if (c->generations[i].generation > generation && c->generations[i].last < seen)
			seen = c->generations[i].last;
	return seen;
}

/* ---- Forms and dictionaries ---- */

int centre_form_by_id(struct centre *c, int64_t form_id, const struct form **out)
{
	int err = 0;

	*out = library_form_by_id(c->library, form_id);
	if (!*out) {
		err = library_refresh(c->library, c->db);
		*out = library_form_by_id(c->library, form_id);
	}
	if (!err && !*out)
		err = err_set(ERR_NOT_FOUND, "form %lld is not in the store", (long long)form_id);
	return err;
}

int centre_form_id(struct centre *c, const struct form *f, int64_t *form_id)
{
	*form_id = library_form_id(c->library, f);
	return *form_id ? 0 : err_set(ERR_NOT_FOUND, "the form is not the store's");
}

int centre_form_current(struct centre *c, const struct form **out, int64_t *form_id)
{
	const char *family;
	int err = papers_main_family(c, &family);

	*out = NULL;
	*form_id = 0;
	return err ? err : papers_in_force(c, family, papers_today(c), out, form_id);
}

int centre_form_insert(struct db *db, const struct form *f, int64_t person_id, int64_t now_ms, int64_t *row)
{
	struct db_stmt *s;
	size_t len;
	const char *text = form_text(f, &len);
	int err = db_prepare(
		db, "INSERT INTO form (hash, name, version, text, published_ms, published_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &s);

	if (err)
		return err;
	db_bind_blob(s, 1, form_hash(f), FORM_HASH_BYTES);
	db_bind_text(s, 2, form_id(f));
	db_bind_text(s, 3, form_version(f));
	db_bind_text_len(s, 4, text, len);
	db_bind_int(s, 5, now_ms);
	if (person_id)
		db_bind_int(s, 6, person_id);
	err = db_run(s);
	if (!err)
		*row = db_last_id(db);
	return err;
}

int centre_form_publish(struct centre *c, const char *text, size_t len, int64_t person_id, int64_t *form_id)
{
	const struct publish_paper paper = { .text = text, .len = len, .from_day = PUBLISH_TODAY, .person_id = person_id };

	return publish_form(c, &paper, NULL, form_id);
}

int centre_dictionary_insert(struct db *db, const void *data, size_t len, int64_t now_ms)
{
	struct pack_dictionary *d;
	struct db_stmt *s;
	uint32_t id;
	int err = pack_dictionary_new(data, len, &d);

	if (err)
		return err;
	id = pack_dictionary_id(d);
	pack_dictionary_free(d);
	err = db_prepare(db, "INSERT INTO dictionary (id, bytes, made_ms) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING", &s);
	if (err)
		return err;
	db_bind_int(s, 1, id);
	db_bind_blob(s, 2, data, len);
	db_bind_int(s, 3, now_ms);
	return db_run(s);
}

int centre_dictionary_add(struct centre *c, const void *data, size_t len)
{
	return centre_dictionary_insert(c->db, data, len, env_wall_ms(c->env));
}

int centre_dictionary_current(struct centre *c, const struct pack_dictionary **out, struct buf *bytes)
{
	struct db_stmt *s;
	uint32_t id;
	int err = db_prepare(c->db, "SELECT id, bytes FROM dictionary ORDER BY made_ms DESC, id LIMIT 1", &s);

	*out = NULL;
	if (err)
		return err;
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	id = (uint32_t)db_int(s, 0);
	if (bytes) {
		size_t len;
		const void *data = db_blob(s, 1, &len);

		buf_append(bytes, data, len);
		err = buf_error(bytes);
	}
	db_done(s);
	*out = library_dictionary(c->library, id);
	if (!err && !*out) {
		err = library_refresh(c->library, c->db);
		*out = library_dictionary(c->library, id);
	}
	return err;
}

/* ---- Sites and audit ---- */

int centre_site_next(struct centre *c, uint32_t *site)
{
	uint64_t next;
	int64_t highest;
	int err = centre_meta_load_u64(c, "next_site", &next);

	*site = 0;
	if (!err)
		err = db_query_int(c->db, "SELECT coalesce(max(site), 0) FROM site", &highest);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_CORRUPT, "the store has no next_site") : err;
	if (next <= (uint64_t)highest)
		next = (uint64_t)highest + 1;
	if (next > RECORD_SITE_MAX)
		return err_set(ERR_LIMIT, "no site number is left");
	err = centre_meta_save_u64(c, "next_site", next + 1);
	if (!err)
		*site = (uint32_t)next;
	return err;
}

static int next_incarnation(struct centre *c, int64_t device, uint32_t *out)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT coalesce(max(incarnation), 0) + 1 FROM site WHERE device = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, device);
	err = db_row(s);
	if (err)
		return err;
	*out = (uint32_t)db_int(s, 0);
	db_done(s);
	return *out <= CENTRE_INCARNATIONS_MAX
		       ? 0
		       : err_set(ERR_LIMIT, "device row %lld has had %d incarnations", (long long)device, CENTRE_INCARNATIONS_MAX);
}

int centre_site_add(struct centre *c, int64_t device, const uint8_t device_id[static SEAL_DEVICE_BYTES], const uint8_t *fork_hash,
	uint32_t *incarnation, uint32_t *site)
{
	uint8_t start[SEAL_HASH_BYTES];
	uint32_t number = 0;
	struct db_stmt *s;
	int err = next_incarnation(c, device, &number);

	*incarnation = 0;
	*site = 0;
	if (!err)
		err = centre_site_next(c, site);
	if (!err)
		err = db_prepare(c->db,
			"INSERT INTO site (site, device, incarnation, hash, fork_hash, made_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &s);
	if (err)
		return err;
	chain_start(device_id, number, start);
	db_bind_int(s, 1, *site);
	db_bind_int(s, 2, device);
	db_bind_int(s, 3, number);
	db_bind_blob(s, 4, start, sizeof start);
	if (fork_hash)
		db_bind_blob(s, 5, fork_hash, SEAL_HASH_BYTES);
	db_bind_int(s, 6, env_wall_ms(c->env));
	err = db_run(s);
	if (!err)
		*incarnation = number;
	else
		*site = 0;
	return err;
}

int centre_audit(struct centre *c, int64_t person_id, const char *action, const char *subject)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "INSERT INTO audit (at_ms, person_id, action, subject) VALUES (?1, ?2, ?3, ?4)", &s);

	if (err)
		return err;
	db_bind_int(s, 1, env_wall_ms(c->env));
	if (person_id)
		db_bind_int(s, 2, person_id);
	db_bind_text(s, 3, action);
	db_bind_text(s, 4, subject);
	return db_run(s);
}
