/*
 * centre_create: makes the store of a new centre (centre.h). Everything that it begins with goes in by one transaction; a store that
 * could not be finished is taken away again.
 */
#include <string.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/form/form_default.h"
#include "proto/form/reflist.h"
#include "server/centre.h"
#include "server/centre_store.h"

static int save(struct db *db, const char *key, const void *data, size_t len)
{
	struct db_stmt *s;
	int err = db_prepare(db, "INSERT INTO meta (key, value) VALUES (?1, ?2)", &s);

	if (err)
		return err;
	db_bind_text(s, 1, key);
	db_bind_blob(s, 2, data, len);
	return db_run(s);
}

static int save_u64(struct db *db, const char *key, uint64_t value)
{
	struct db_stmt *s;
	int err = db_prepare(db, "INSERT INTO meta (key, value) VALUES (?1, ?2)", &s);

	if (err)
		return err;
	db_bind_text(s, 1, key);
	db_bind_u64(s, 2, value);
	return db_run(s);
}

static int save_key(struct db *db, const char *kind, uint32_t epoch, const uint8_t *public_key, const uint8_t *secret, size_t secret_len,
	int64_t now_ms)
{
	struct db_stmt *s;
	int err = db_prepare(db, "INSERT INTO secret_key (kind, epoch, public, secret, made_ms) VALUES (?1, ?2, ?3, ?4, ?5)", &s);

	if (err)
		return err;
	db_bind_text(s, 1, kind);
	db_bind_int(s, 2, epoch);
	db_bind_blob(s, 3, public_key, 32);
	db_bind_blob(s, 4, secret, secret_len);
	db_bind_int(s, 5, now_ms);
	return db_run(s);
}

static int save_manifest(struct db *db, uint64_t number, const struct centre_new *n, int64_t now_ms)
{
	struct db_stmt *s;
	int err = db_prepare(db, "INSERT INTO manifest (number, bytes, installed_ms) VALUES (?1, ?2, ?3)", &s);

	if (err)
		return err;
	db_bind_u64(s, 1, number);
	db_bind_blob(s, 2, n->manifest, n->manifest_len);
	db_bind_int(s, 3, now_ms);
	return db_run(s);
}

static int save_form(struct db *db, size_t i, int64_t now_ms)
{
	struct form *f = NULL;
	struct buf text;
	int64_t form_row;
	int err;

	buf_init(&text, FORM_TEXT_BYTES_MAX);
	err = form_default_text_at(i, &text);
	if (!err)
		err = form_parse((const char *)text.data, text.len, &f);
	if (!err)
		err = centre_form_insert(db, f, 0, now_ms, &form_row);
	form_free(f);
	buf_fini(&text);
	return err;
}

static int insert_list(struct db *db, const struct reflist *l, int64_t now_ms)
{
	struct db_stmt *s;
	struct buf frame;
	size_t len;
	const char *text = reflist_text(l, &len);
	int err;

	buf_init(&frame, REFLIST_BYTES_MAX);
	err = pack_deflate(text, len, NULL, &frame);
	if (!err)
		err = db_prepare(db,
			"INSERT INTO list (hash, name, version, text, in_force_from, frame_bytes, published_ms) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)",
			&s);
	if (!err) {
		db_bind_blob(s, 1, reflist_hash(l), FORM_HASH_BYTES);
		db_bind_text(s, 2, reflist_name(l));
		db_bind_text(s, 3, reflist_version(l));
		db_bind_text_len(s, 4, text, len);
		db_bind_int(s, 5, (int64_t)frame.len);
		db_bind_int(s, 6, now_ms);
		err = db_run(s);
	}
	buf_fini(&frame);
	return err;
}

static int save_list(struct db *db, size_t i, int64_t now_ms)
{
	struct reflist *l = NULL;
	struct buf text;
	int err;

	buf_init(&text, REFLIST_BYTES_MAX);
	err = form_default_list_at(i, &text);
	if (!err)
		err = reflist_parse((const char *)text.data, text.len, &l);
	if (!err)
		err = insert_list(db, l, now_ms);
	reflist_free(l);
	buf_fini(&text);
	return err;
}

/* What is built in is in force from the beginning of time, so that the first version of the organisation's own may begin on any day. */
static int save_papers(struct db *db, int64_t now_ms)
{
	int err = 0;

	for (size_t i = 0; i < form_default_count() && !err; i++)
		err = save_form(db, i, now_ms);
	for (size_t i = 0; i < form_default_list_count() && !err; i++)
		err = save_list(db, i, now_ms);
	return err;
}

static int fill(struct db *db, const struct centre_new *n, const struct manifest *m, int64_t now_ms)
{
	int err = save(db, "org", m->org, sizeof m->org);

	if (!err)
		err = save(db, "root_public", n->root_public, SEAL_SIGN_PUBLIC_BYTES);
	if (!err)
		err = save(db, "recovery_public", m->recovery_public, sizeof m->recovery_public);
	if (!err)
		err = save(db, "name", n->name, strlen(n->name));
	if (!err)
		err = save_u64(db, "sequence", 0);
	if (!err)
		err = save_u64(db, "next_site", 1);
	if (!err)
		err = save_key(db, "sign", 1, n->keys->sign_public, n->keys->sign_secret, SEAL_SIGN_SECRET_BYTES, now_ms);
	if (!err)
		err = save_key(db, "receive", 1, n->keys->box_public, n->keys->box_secret, SEAL_BOX_SECRET_BYTES, now_ms);
	if (!err)
		err = save_manifest(db, m->number, n, now_ms);
	if (!err)
		err = save_papers(db, now_ms);
	if (!err && n->dictionary)
		err = centre_dictionary_insert(db, n->dictionary, n->dictionary_len, now_ms);
	return err;
}

static int check_manifest(const struct centre_new *n, const struct manifest *m)
{
	if (m->sign_key_count < 1 || memcmp(m->sign_keys[m->sign_key_count - 1], n->keys->sign_public, SEAL_SIGN_PUBLIC_BYTES) != 0)
		return err_set(ERR_USAGE, "the manifest does not name the centre's signing key");
	if (m->receive_key_count != 1 || m->receive_keys[0].epoch != 1 ||
		memcmp(m->receive_keys[0].box_public, n->keys->box_public, SEAL_BOX_PUBLIC_BYTES) != 0)
		return err_set(ERR_USAGE, "the manifest does not name the centre's receive key as epoch 1");
	return 0;
}

static int fill_file(const char *path, const char *passphrase, size_t passphrase_len, const struct centre_new *n, const struct manifest *m,
	int64_t now_ms)
{
	struct vault_key *vault;
	struct db *db;
	int err = centre_store_open(path, passphrase, passphrase_len, &vault, &db);

	if (err)
		return err;
	err = db_begin(db);
	if (!err)
		err = fill(db, n, m, now_ms);
	if (!err)
		err = db_commit(db);
	if (err)
		db_rollback(db);
	db_close(db);
	vault_lock(vault);
	return err;
}

/* The store and what SQLite keeps beside it. */
static void take_away(const char *path)
{
	static const char *const ENDINGS[] = { "", "-wal", "-shm" };
	struct buf name;

	buf_init(&name, CENTRE_PATH_BYTES_MAX + 8);
	for (size_t i = 0; i < sizeof ENDINGS / sizeof ENDINGS[0]; i++) {
		buf_clear(&name);
		buf_text(&name, path);
		buf_text(&name, ENDINGS[i]);
		unlink(buf_string(&name));
	}
	buf_fini(&name);
}

int centre_create(const struct env *env, const char *dir, const char *passphrase, size_t passphrase_len, const struct centre_new *n)
{
	struct manifest m;
	struct buf path;
	int err = manifest_decode(n->manifest, n->manifest_len, n->root_public, &m);

	if (err)
		return err;
	buf_init(&path, CENTRE_PATH_BYTES_MAX);
	err = check_manifest(n, &m);
	if (!err)
		err = dir_make(dir);
	if (!err)
		err = centre_path(dir, &path);
	if (!err)
		err = vault_init(NULL);
	if (!err)
		err = vault_create(buf_string(&path), passphrase, passphrase_len, m.recovery_public, n->kdf);
	if (!err) {
		err = fill_file(buf_string(&path), passphrase, passphrase_len, n, &m, env_wall_ms(env));
		if (err)
			take_away(buf_string(&path));
	}
	buf_fini(&path);
	manifest_fini(&m);
	return err;
}
