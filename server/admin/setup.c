/*
 * setup: see setup.h.
 */
#include "server/admin/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/keyfile.h"
#include "proto/manifest.h"
#include "server/admin/account.h"
#include "server/centre.h"

/* Trained and embedded at build time, see the Makefile. */
extern const unsigned char default_dictionary_zdict[];
extern const size_t default_dictionary_zdict_len;

#define PATH_BYTES_MAX 4096

/* ---- The folder in which a store is built ---- */

static int join(struct buf *out, const char *a, const char *b, const char *c)
{
	buf_clear(out);
	buf_text(out, a);
	buf_text(out, b);
	buf_text(out, c);
	buf_string(out);
	return buf_error(out);
}

void setup_folder_drop(const char *dir)
{
	static const char *const FILES[] = { CENTRE_FILE, CENTRE_FILE "-wal", CENTRE_FILE "-shm" };
	struct buf path;

	buf_init(&path, PATH_BYTES_MAX);
	for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++)
		if (join(&path, dir, "/" SETUP_FOLDER "/", FILES[i]) == 0)
			unlink(buf_string(&path));
	if (join(&path, dir, "/" SETUP_FOLDER, "") == 0)
		rmdir(buf_string(&path));
	buf_fini(&path);
}

int setup_folder_make(const char *dir, struct buf *out)
{
	int err = join(out, dir, "/" CENTRE_FILE, "");

	if (err)
		return err;
	if (access(buf_string(out), F_OK) == 0)
		return err_set(ERR_USAGE, "%s: there is a centre's store already, it is left alone", dir);
	setup_folder_drop(dir);
	err = join(out, dir, "/" SETUP_FOLDER, "");
	return err ? err : dir_make(buf_string(out));
}

static int sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (fd < 0 || fsync(fd) != 0)
		err = err_set(ERR_IO, "%s: sync: %s", dir, strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}

/* A store that was closed has its whole content in the one file; a WAL that is still there is not lost but reported. */
static int check_closed(struct buf *path, const char *dir)
{
	struct stat st;
	int err = join(path, dir, "/" SETUP_FOLDER "/" CENTRE_FILE "-wal", "");

	if (!err && stat(buf_string(path), &st) == 0 && st.st_size > 0)
		err = err_set(ERR_IO, "%s: the new store could not be closed", dir);
	return err;
}

int setup_folder_finish(const char *dir)
{
	struct buf from;
	struct buf to;
	int err;

	buf_init(&from, PATH_BYTES_MAX);
	buf_init(&to, PATH_BYTES_MAX);
	err = check_closed(&from, dir);
	if (!err)
		err = join(&from, dir, "/" SETUP_FOLDER "/" CENTRE_FILE, "");
	if (!err)
		err = join(&to, dir, "/" CENTRE_FILE, "");
	if (!err && link(buf_string(&from), buf_string(&to)) != 0)
		err = errno == EEXIST ? err_set(ERR_USAGE, "%s: there is a centre's store already, it is left alone", dir)
				      : err_set(ERR_IO, "%s: %s", buf_string(&to), strerror(errno));
	if (!err) {
		err = sync_folder(dir);
		if (err)
			unlink(buf_string(&to));
	}
	if (!err)
		setup_folder_drop(dir);
	buf_fini(&from);
	buf_fini(&to);
	return err;
}

/* ---- The keys ---- */

struct secrets {                  /* guarded memory; freed whatever happens */
	uint8_t *root_seed;       /* KEYFILE_SECRET_BYTES */
	uint8_t *root_secret;     /* SEAL_SIGN_SECRET_BYTES */
	uint8_t *recovery_secret; /* KEYFILE_SECRET_BYTES */
	struct seal_keys *centre;
	uint8_t root_public[SEAL_SIGN_PUBLIC_BYTES];
	uint8_t recovery_public[SEAL_BOX_PUBLIC_BYTES];
	uint8_t org[SEAL_ORG_BYTES];
};

static void secrets_fini(struct secrets *k)
{
	sodium_free(k->root_seed);
	sodium_free(k->root_secret);
	sodium_free(k->recovery_secret);
	seal_keys_free(k->centre);
}

static int secrets_make(const struct env *env, struct secrets *k)
{
	k->root_seed = sodium_malloc(KEYFILE_SECRET_BYTES);
	k->root_secret = sodium_malloc(SEAL_SIGN_SECRET_BYTES);
	k->recovery_secret = sodium_malloc(KEYFILE_SECRET_BYTES);
	if (!k->root_seed || !k->root_secret || !k->recovery_secret)
		return err_set(ERR_NOMEM, "no memory for keys");
	env_random(env, k->root_seed, KEYFILE_SECRET_BYTES);
	env_random(env, k->recovery_secret, KEYFILE_SECRET_BYTES);
	if (crypto_sign_seed_keypair(k->root_public, k->root_secret, k->root_seed) != 0 ||
		crypto_scalarmult_base(k->recovery_public, k->recovery_secret) != 0)
		return err_set(ERR_IO, "the keys cannot be made");
	seal_org_id(k->root_public, k->org);
	return seal_keys_new(env, &k->centre);
}

static int first_manifest(const struct env *env, const struct secrets *k, struct buf *out)
{
	struct manifest m = { .number = 1,
		.not_before_ms = (uint64_t)env_wall_ms(env),
		.version_min = MANIFEST_PROGRAM_VERSION,
		.sign_key_count = 1,
		.receive_key_count = 1 };
	int err;

	memcpy(m.org, k->org, sizeof m.org);
	memcpy(m.sign_keys[0], k->centre->sign_public, SEAL_SIGN_PUBLIC_BYTES);
	m.receive_keys[0].epoch = 1;
	memcpy(m.receive_keys[0].box_public, k->centre->box_public, SEAL_BOX_PUBLIC_BYTES);
	memcpy(m.recovery_public, k->recovery_public, sizeof m.recovery_public);
	err = manifest_encode(&m, out);
	return err ? err : manifest_sign(out, k->root_secret);
}

/* ---- The store ---- */

static int add_admin(const struct env *env, const char *folder, const struct setup *s)
{
	struct account_new admin = { .name = s->admin, .role = FORM_BY_OFFICER, .is_admin = true, .passphrase = s->admin_passphrase };
	struct centre *c;
	int64_t person_id;
	int err = centre_open(env, folder, s->passphrase, strlen(s->passphrase), &c);

	if (err)
		return err;
	err = db_begin(c->db);
	if (!err)
		err = account_add(c, &admin, &person_id);
	if (!err)
		err = centre_audit(c, person_id, "init", "");
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	else
		err = db_checkpoint(c->db);
	centre_close(c);
	return err;
}

static int make_store(const struct env *env, const struct setup *s, const struct secrets *k)
{
	struct centre_new n = { .name = s->name, .root_public = k->root_public, .keys = k->centre, .kdf = s->kdf };
	struct buf manifest;
	struct buf folder;
	int err;

	buf_init(&manifest, MANIFEST_BYTES_MAX);
	buf_init(&folder, PATH_BYTES_MAX);
	err = first_manifest(env, k, &manifest);
	if (!err)
		err = setup_folder_make(s->dir, &folder);
	if (!err) {
		n.manifest = manifest.data;
		n.manifest_len = manifest.len;
		n.dictionary = default_dictionary_zdict;
		n.dictionary_len = default_dictionary_zdict_len;
		err = centre_create(env, buf_string(&folder), s->passphrase, strlen(s->passphrase), &n);
	}
	if (!err)
		err = add_admin(env, buf_string(&folder), s);
	buf_fini(&manifest);
	buf_fini(&folder);
	return err;
}

/* ---- All of it ---- */

static int check_key_path(const char *path, const char *dir)
{
	if (access(path, F_OK) == 0)
		return err_set(ERR_USAGE,
			"%s: exists already and is left alone; when an interrupted init left it (%s has no " CENTRE_FILE
			"), remove both key files and try again",
			path, dir);
	return 0;
}

static int check_setup(const struct setup *s)
{
	int err = account_check_name(s->name, "name of the organisation");

	if (!err)
		err = account_check_name(s->admin, "name of the administrator");
	if (!err)
		err = account_check_passphrase(s->passphrase);
	if (!err)
		err = account_check_passphrase(s->admin_passphrase);
	if (!err && strcmp(s->root_key, s->recovery_key) == 0)
		err = err_set(ERR_USAGE, "root key and recovery key: two files were expected");
	if (!err)
		err = check_key_path(s->root_key, s->dir);
	return err ? err : check_key_path(s->recovery_key, s->dir);
}

static int write_keys(const struct setup *s, const struct secrets *k)
{
	int err = keyfile_write(s->root_key, KEYFILE_ROOT, k->org, k->root_seed);

	if (err)
		return err;
	err = keyfile_write(s->recovery_key, KEYFILE_RECOVERY, k->org, k->recovery_secret);
	if (err)
		unlink(s->root_key);
	return err;
}

int setup_centre(const struct env *env, const struct setup *s, struct setup_report *out)
{
	struct secrets k = { 0 };
	int err = check_setup(s);

	memset(out, 0, sizeof *out);
	if (err)
		return err;
	err = vault_init(NULL);
	if (!err)
		err = dir_make(s->dir);
	if (!err)
		err = secrets_make(env, &k);
	if (!err)
		err = make_store(env, s, &k);
	if (!err)
		err = write_keys(s, &k);
	if (!err) {
		err = setup_folder_finish(s->dir);
		if (err) {
			unlink(s->root_key);
			unlink(s->recovery_key);
		}
	}
	if (err)
		setup_folder_drop(s->dir);
	if (!err) {
		memcpy(out->org, k.org, sizeof out->org);
		memcpy(out->root_public, k.root_public, sizeof out->root_public);
	}
	secrets_fini(&k);
	return err;
}
