/*
 * account: see account.h.
 */
#include "server/admin/account.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/text.h"

#define PASSPHRASE_PASSES 3
#define PASSPHRASE_MEM_BYTES ((size_t)64 << 20)

int account_check_name(const char *name, const char *what)
{
	struct buf clean;
	size_t len = strlen(name);
	int err;

	if (len == 0 || len > ACCOUNT_NAME_BYTES_MAX)
		return err_set(ERR_USAGE, "%s: 1 to %d bytes were expected", what, ACCOUNT_NAME_BYTES_MAX);
	buf_init(&clean, ACCOUNT_NAME_BYTES_MAX);
	err = text_clean(&clean, name, len);
	if (err == ERR_CORRUPT || (!err && (clean.len != len || memcmp(clean.data, name, len) != 0 || strchr(name, '\n'))))
		err = err_set(
			ERR_USAGE, "%s: plain text on one line was expected, without invisible characters and spaces at its ends", what);
	buf_fini(&clean);
	return err;
}

int account_check_passphrase(const char *passphrase)
{
	size_t len = strlen(passphrase);
	uint32_t first = 0;
	uint32_t cp;
	size_t at = 0;
	size_t count = 0;
	bool is_one = true;
	int got;

	while ((got = text_next(passphrase, len, &at, &cp)) == 1) {
		if (count++ == 0)
			first = cp;
		is_one = is_one && cp == first;
	}
	if (got < 0 || len > ACCOUNT_PASSPHRASE_BYTES_MAX)
		return err_set(ERR_USAGE, "the new passphrase: UTF-8 text of at most %d bytes was expected", ACCOUNT_PASSPHRASE_BYTES_MAX);
	if (count < ACCOUNT_PASSPHRASE_CHARACTERS_MIN || is_one)
		return err_set(ERR_USAGE,
			"the new passphrase: at least %d characters, not one again and again; four words that do not belong "
			"together are good and easy to keep in mind",
			ACCOUNT_PASSPHRASE_CHARACTERS_MIN);
	return 0;
}

static int hash_passphrase(const char *passphrase, char out[static crypto_pwhash_STRBYTES])
{
	if (crypto_pwhash_str_alg(
		    out, passphrase, strlen(passphrase), PASSPHRASE_PASSES, PASSPHRASE_MEM_BYTES, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_set(ERR_NOMEM, "no memory for the passphrase check");
	return 0;
}

/* ---- Reading ---- */

#define COLUMNS "person_id, name, role, is_admin, passphrase IS NOT NULL, branch_id, made_ms, ended_ms"

static void read_account(struct db_stmt *s, struct account *out)
{
	size_t len;
	const char *name = db_text_len(s, 1, &len);

	memset(out, 0, sizeof *out);
	if (len > ACCOUNT_NAME_BYTES_MAX)
		len = ACCOUNT_NAME_BYTES_MAX;
	out->person_id = db_int(s, 0);
	memcpy(out->name, name, len);
	out->role = (enum form_writer)db_int(s, 2);
	out->is_admin = db_int(s, 3) != 0;
	out->can_sign_in = db_int(s, 4) != 0;
	out->branch_id = db_int(s, 5);
	out->made_ms = db_int(s, 6);
	out->ended_ms = db_int(s, 7);
}

int account_find(struct centre *c, const char *name, struct account *out)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT " COLUMNS " FROM person WHERE name = ?1", &s);

	memset(out, 0, sizeof *out);
	if (err)
		return err;
	db_bind_text(s, 1, name);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(err, "no account has this name") : err;
	read_account(s, out);
	db_done(s);
	return 0;
}

int account_list(struct centre *c, struct account **out, size_t *count)
{
	struct account *list = NULL;
	struct db_stmt *s;
	size_t n = 0;
	int got;
	int err = db_prepare(c->db, "SELECT " COLUMNS " FROM person ORDER BY person_id", &s);

	*out = NULL;
	*count = 0;
	if (err)
		return err;
	while ((got = db_step(s)) == 1) {
		struct account *more = realloc(list, (n + 1) * sizeof *list);

		if (!more) {
			got = err_set(ERR_NOMEM, "no memory for the list of accounts");
			break;
		}
		list = more;
		read_account(s, &list[n++]);
	}
	db_done(s);
	if (got < 0) {
		free(list);
		return got;
	}
	*out = list;
	*count = n;
	return 0;
}

/* ---- Changing ---- */

static int check_new(struct centre *c, const struct account_new *n)
{
	struct account other;
	int err = account_check_name(n->name, "name");

	if (!err && n->passphrase)
		err = account_check_passphrase(n->passphrase);
	if (err)
		return err;
	err = account_find(c, n->name, &other);
	if (err == 0)
		return err_set(ERR_USAGE, "this name is taken by person %lld", (long long)other.person_id);
	return err == ERR_NOT_FOUND ? 0 : err;
}

int account_add(struct centre *c, const struct account_new *n, int64_t *person_id)
{
	char hash[crypto_pwhash_STRBYTES];
	struct db_stmt *s = NULL;
	int err = check_new(c, n);

	*person_id = 0;
	if (!err && n->passphrase)
		err = hash_passphrase(n->passphrase, hash);
	if (!err)
		err = db_prepare(c->db,
			"INSERT INTO person (name, role, is_admin, branch_id, passphrase, made_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &s);
	if (err)
		return err;
	db_bind_text(s, 1, n->name);
	db_bind_int(s, 2, n->role);
	db_bind_int(s, 3, n->is_admin);
	if (n->branch_id)
		db_bind_int(s, 4, n->branch_id);
	if (n->passphrase)
		db_bind_text(s, 5, hash);
	db_bind_int(s, 6, env_wall_ms(c->env));
	err = db_run(s);
	if (!err)
		*person_id = db_last_id(c->db);
	return err;
}

static int check_not_last_admin(struct centre *c, int64_t person_id)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT count(*) FROM person WHERE is_admin <> 0 AND ended_ms IS NULL AND person_id <> ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, person_id);
	err = db_row(s);
	if (err)
		return err;
	if (db_int(s, 0) == 0)
		err = err_set(ERR_USAGE, "person %lld is the last administrator; make another one first", (long long)person_id);
	db_done(s);
	return err;
}

int account_end(struct centre *c, int64_t person_id)
{
	struct db_stmt *s = NULL;
	int err = check_not_last_admin(c, person_id);

	if (!err)
		err = db_prepare(c->db, "UPDATE person SET ended_ms = ?2, passphrase = NULL WHERE person_id = ?1 AND ended_ms IS NULL", &s);
	if (err)
		return err;
	db_bind_int(s, 1, person_id);
	db_bind_int(s, 2, env_wall_ms(c->env));
	err = db_run(s);
	return !err && db_changes(c->db) != 1 ? err_set(ERR_USAGE, "person %lld is not active", (long long)person_id) : err;
}

int account_set_passphrase(struct centre *c, int64_t person_id, const char *passphrase)
{
	char hash[crypto_pwhash_STRBYTES];
	struct db_stmt *s = NULL;
	int err = account_check_passphrase(passphrase);

	if (!err)
		err = hash_passphrase(passphrase, hash);
	if (!err)
		err = db_prepare(c->db, "UPDATE person SET passphrase = ?2 WHERE person_id = ?1 AND ended_ms IS NULL", &s);
	if (err)
		return err;
	db_bind_int(s, 1, person_id);
	db_bind_text(s, 2, hash);
	err = db_run(s);
	return !err && db_changes(c->db) != 1 ? err_set(ERR_USAGE, "person %lld is not active", (long long)person_id) : err;
}

/* ---- Signing in ---- */

/* The passphrase string of an active person; "" when there is none. */
static int load_hash(struct centre *c, int64_t person_id, char out[static crypto_pwhash_STRBYTES])
{
	struct db_stmt *s;
	size_t len;
	const char *text;
	int err = db_prepare(c->db, "SELECT passphrase FROM person WHERE person_id = ?1 AND ended_ms IS NULL", &s);

	memset(out, 0, crypto_pwhash_STRBYTES);
	if (err)
		return err;
	db_bind_int(s, 1, person_id);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	text = db_text_len(s, 0, &len);
	if (len < crypto_pwhash_STRBYTES)
		memcpy(out, text, len);
	db_done(s);
	return 0;
}

static int refuse(struct centre *c, int64_t person_id)
{
	int err = db_begin(c->db);

	if (!err)
		err = centre_audit(c, person_id, "sign-in-refused", "");
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err ? err : err_set(ERR_AUTH, "name or passphrase is wrong, or the account has ended");
}

int account_sign_in(struct centre *c, const char *name, const char *passphrase, struct account *out)
{
	char hash[crypto_pwhash_STRBYTES];
	struct account who;
	int err = account_find(c, name, &who);

	memset(out, 0, sizeof *out);
	if (err && err != ERR_NOT_FOUND)
		return err;
	err = load_hash(c, who.person_id, hash);
	if (err)
		return err;
	if (!hash[0]) {
		err = hash_passphrase(passphrase, hash); /* as long as for a person who may sign in */
		return err ? err : refuse(c, who.person_id);
	}
	if (crypto_pwhash_str_verify(hash, passphrase, strlen(passphrase)) != 0)
		return refuse(c, who.person_id);
	*out = who;
	return 0;
}
