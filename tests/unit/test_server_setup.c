/*
 * A new centre: keys, store, first administrator; what stands in the way of one; accounts; and manifests signed with the root key file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/file.h"
#include "proto/base/keyfile.h"
#include "server/admin/account.h"
#include "server/admin/authority.h"
#include "server/admin/setup.h"
#include "server/admin/verify.h"
#include "tests/lib/centrekit.h"

#define PASS "correct horse"
#define ADMIN_PASS "battery staple"

static const struct vault_kdf WEAK = { .mem_bytes = 8192, .passes = 1, .test_weak_kdf = true };

struct world {
	char top[64];
	char dir[96], root[96], recovery[96], store[128];
	struct setup s;
	struct setup_report made;
	struct centre *c;
};

static int setup(void **state)
{
	struct world *w = test_calloc(1, sizeof *w);

	snprintf(w->top, sizeof w->top, "/tmp/mandoob-setup-XXXXXX");
	assert_non_null(mkdtemp(w->top));
	snprintf(w->dir, sizeof w->dir, "%s/centre", w->top);
	snprintf(w->root, sizeof w->root, "%s/root.key", w->top);
	snprintf(w->recovery, sizeof w->recovery, "%s/recovery.key", w->top);
	snprintf(w->store, sizeof w->store, "%s/" CENTRE_FILE, w->dir);
	w->s = (struct setup){ .dir = w->dir,
		.name = "جمعية المثال",
		.root_key = w->root,
		.recovery_key = w->recovery,
		.passphrase = PASS,
		.admin = "amina",
		.admin_passphrase = ADMIN_PASS,
		.kdf = &WEAK };
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char command[128];

	centre_close(w->c);
	snprintf(command, sizeof command, "rm -rf %s", w->top);
	assert_int_equal(system(command), 0);
	test_free(w);
	return 0;
}

static void make(struct world *w)
{
	assert_int_equal(setup_centre(env_system(), &w->s, &w->made), 0);
	assert_int_equal(centre_open(env_system(), w->dir, PASS, strlen(PASS), &w->c), 0);
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool is_empty(const char *dir)
{
	return rmdir(dir) == 0 && mkdir(dir, 0700) == 0;
}

static void a_new_centre_is_whole_and_private(void **state)
{
	struct world *w = *state;
	struct verify_report r;
	struct account who;
	struct stat st;
	char path[160];

	make(w);
	assert_int_equal(stat(w->store, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(w->root, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(w->recovery, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(path, sizeof path, "%s/" SETUP_FOLDER, w->dir);
	assert_false(is_there(path));
	assert_int_equal(w->c->manifest.number, 1);
	assert_memory_equal(w->c->root_public, w->made.root_public, sizeof w->made.root_public);
	assert_int_equal(account_sign_in(w->c, "amina", ADMIN_PASS, &who), 0);
	assert_true(who.is_admin);
	assert_int_equal(verify_store(w->c, &r), 0);
	assert_int_equal(r.findings, 0);
	verify_report_fini(&r);
}

static void the_recovery_key_file_opens_the_store(void **state)
{
	struct world *w = *state;
	uint8_t org[KEYFILE_ORG_BYTES];
	uint8_t public_key[32];
	uint8_t *secret;
	struct vault_key *k;

	make(w);
	centre_close(w->c);
	w->c = NULL;
	assert_int_equal(keyfile_read(w->recovery, KEYFILE_RECOVERY, org, &secret), 0);
	assert_memory_equal(org, w->made.org, sizeof org);
	crypto_scalarmult_base(public_key, secret);
	assert_int_equal(vault_unlock_org(w->store, public_key, secret, &k), 0);
	vault_lock(k);
	keyfile_free(secret);
}

static void the_store_holds_neither_secret_of_the_organisation(void **state)
{
	struct world *w = *state;
	const char *const files[] = { w->root, w->recovery };
	struct db_stmt *s;

	make(w);
	for (size_t i = 0; i < 2; i++) {
		uint8_t org[KEYFILE_ORG_BYTES];
		uint8_t *secret;

		assert_int_equal(keyfile_read(files[i], i == 0 ? KEYFILE_ROOT : KEYFILE_RECOVERY, org, &secret), 0);
		assert_int_equal(db_prepare(w->c->db,
					 "SELECT (SELECT count(*) FROM secret_key WHERE substr(secret, 1, 32) = ?1) + "
					 "(SELECT count(*) FROM meta WHERE value = ?1)",
					 &s),
			0);
		db_bind_blob(s, 1, secret, KEYFILE_SECRET_BYTES);
		assert_int_equal(db_row(s), 0);
		assert_int_equal(db_int(s, 0), 0);
		db_done(s);
		keyfile_free(secret);
	}
}

static void a_second_setup_in_the_same_folder_is_refused(void **state)
{
	struct world *w = *state;
	char other_root[128], other_recovery[128];

	make(w);
	assert_int_equal(setup_centre(env_system(), &w->s, &w->made), ERR_USAGE);
	snprintf(other_root, sizeof other_root, "%s/root2.key", w->top);
	snprintf(other_recovery, sizeof other_recovery, "%s/recovery2.key", w->top);
	w->s.root_key = other_root;
	w->s.recovery_key = other_recovery;
	assert_int_equal(setup_centre(env_system(), &w->s, &w->made), ERR_USAGE);
	assert_false(is_there(other_root));
	assert_false(is_there(other_recovery));
	assert_true(is_there(w->store));
}

static void a_key_file_that_exists_is_left_alone_and_named(void **state)
{
	struct world *w = *state;
	struct buf kept;

	assert_int_equal(file_write_new(w->recovery, "mine", 4), 0);
	assert_int_equal(setup_centre(env_system(), &w->s, &w->made), ERR_USAGE);
	assert_non_null(strstr(err_message(), w->recovery));
	assert_non_null(strstr(err_message(), "remove both key files"));
	assert_false(is_there(w->store));
	assert_false(is_there(w->root));
	buf_init(&kept, 16);
	assert_int_equal(file_read(w->recovery, &kept), 0);
	assert_int_equal(kept.len, 4);
	buf_fini(&kept);
}

static void when_a_key_file_cannot_be_written_nothing_is_left(void **state)
{
	struct world *w = *state;

	w->s.recovery_key = "/tmp/no-such-folder-of-mandoob/recovery.key";
	assert_int_equal(setup_centre(env_system(), &w->s, &w->made), ERR_NOT_FOUND);
	assert_false(is_there(w->root));
	assert_true(is_empty(w->dir));
}

static void what_an_interrupted_setup_left_is_cleared(void **state)
{
	struct world *w = *state;
	char path[192];

	snprintf(path, sizeof path, "%s/" SETUP_FOLDER, w->dir);
	assert_int_equal(dir_make(path), 0);
	snprintf(path, sizeof path, "%s/" SETUP_FOLDER "/" CENTRE_FILE, w->dir);
	assert_int_equal(file_write_new(path, "half", 4), 0);
	make(w);
	assert_false(is_there(path));
}

static void weak_passphrases_and_bad_names_are_refused_before_anything_is_made(void **state)
{
	struct world *w = *state;

	w->s.passphrase = "short";
	assert_int_equal(setup_centre(env_system(), &w->s, &w->made), ERR_USAGE);
	w->s.passphrase = "aaaaaaaaaaaaaaaa";
	assert_int_equal(setup_centre(env_system(), &w->s, &w->made), ERR_USAGE);
	w->s.passphrase = PASS;
	w->s.admin = "two\nlines";
	assert_int_equal(setup_centre(env_system(), &w->s, &w->made), ERR_USAGE);
	w->s.admin = "amina";
	w->s.root_key = w->s.recovery_key;
	assert_int_equal(setup_centre(env_system(), &w->s, &w->made), ERR_USAGE);
	assert_false(is_there(w->dir));
}

/* ---- Accounts ---- */

static int add(struct world *w, const char *name, bool is_admin, int64_t *person_id)
{
	struct account_new n = { .name = name, .role = FORM_BY_COMMITTEE, .is_admin = is_admin, .passphrase = "four words do well" };
	int err;

	assert_int_equal(db_begin(w->c->db), 0);
	err = account_add(w->c, &n, person_id);
	assert_int_equal(db_commit(w->c->db), 0);
	return err;
}

static int end(struct world *w, int64_t person_id)
{
	int err;

	assert_int_equal(db_begin(w->c->db), 0);
	err = account_end(w->c, person_id);
	assert_int_equal(db_commit(w->c->db), 0);
	return err;
}

static void signing_in_says_nothing_about_why_it_was_refused(void **state)
{
	struct world *w = *state;
	struct account who;
	char first[256];
	int64_t person_id, count;

	make(w);
	assert_int_equal(add(w, "salma", false, &person_id), 0);
	assert_int_equal(add(w, "salma", false, &person_id), ERR_USAGE);
	assert_int_equal(account_sign_in(w->c, "salma", "four words do well", &who), 0);
	assert_int_equal(who.role, FORM_BY_COMMITTEE);
	assert_int_equal(account_sign_in(w->c, "salma", "four words do wel", &who), ERR_AUTH);
	snprintf(first, sizeof first, "%s", err_message());
	assert_int_equal(account_sign_in(w->c, "nobody", "four words do well", &who), ERR_AUTH);
	assert_string_equal(first, err_message());
	assert_int_equal(end(w, 2), 0);
	assert_int_equal(account_sign_in(w->c, "salma", "four words do well", &who), ERR_AUTH);
	assert_string_equal(first, err_message());
	assert_int_equal(who.person_id, 0);
	assert_int_equal(db_query_int(w->c->db, "SELECT count(*) FROM audit WHERE action = 'sign-in-refused'", &count), 0);
	assert_int_equal(count, 3);
}

static void the_last_administrator_stays(void **state)
{
	struct world *w = *state;
	int64_t person_id;

	make(w);
	assert_int_equal(end(w, 1), ERR_USAGE);
	assert_int_equal(add(w, "second", true, &person_id), 0);
	assert_int_equal(end(w, 1), 0);
	assert_int_equal(end(w, 1), ERR_USAGE);
	assert_int_equal(end(w, person_id), ERR_USAGE);
}

/* ---- The root key ---- */

static int install(struct world *w, const struct buf *bytes)
{
	int err;

	assert_int_equal(db_begin(w->c->db), 0);
	err = authority_install(w->c, bytes->data, bytes->len, 1);
	if (err) {
		db_rollback(w->c->db);
		return err;
	}
	assert_int_equal(db_commit(w->c->db), 0);
	return centre_reload(w->c);
}

static void a_prepared_manifest_is_signed_offline_and_installed_once(void **state)
{
	struct world *w = *state;
	struct buf bytes;

	make(w);
	buf_init(&bytes, MANIFEST_BYTES_MAX);
	assert_int_equal(authority_prepare(w->c, &bytes), 0);
	assert_int_equal(install(w, &bytes), ERR_AUTH);
	assert_int_equal(authority_sign(w->root, &bytes), 0);
	assert_int_equal(install(w, &bytes), 0);
	assert_int_equal(w->c->manifest.number, 2);
	assert_int_equal(install(w, &bytes), ERR_STALE);
	buf_fini(&bytes);
}

static void a_key_of_another_organisation_or_kind_does_not_sign(void **state)
{
	struct world *w = *state;
	uint8_t seed[32], public_key[32], secret[64], org[SEAL_ORG_BYTES];
	char other[128];
	struct buf bytes;

	make(w);
	memset(seed, 9, sizeof seed);
	crypto_sign_seed_keypair(public_key, secret, seed);
	seal_org_id(public_key, org);
	snprintf(other, sizeof other, "%s/other.key", w->top);
	assert_int_equal(keyfile_write(other, KEYFILE_ROOT, org, seed), 0);
	buf_init(&bytes, MANIFEST_BYTES_MAX);
	assert_int_equal(authority_prepare(w->c, &bytes), 0);
	assert_int_equal(authority_sign(other, &bytes), ERR_USAGE);
	assert_int_equal(authority_sign(w->recovery, &bytes), ERR_USAGE);
	buf_fini(&bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_centre_is_whole_and_private),
		TEST(the_recovery_key_file_opens_the_store),
		TEST(the_store_holds_neither_secret_of_the_organisation),
		TEST(a_second_setup_in_the_same_folder_is_refused),
		TEST(a_key_file_that_exists_is_left_alone_and_named),
		TEST(when_a_key_file_cannot_be_written_nothing_is_left),
		TEST(what_an_interrupted_setup_left_is_cleared),
		TEST(weak_passphrases_and_bad_names_are_refused_before_anything_is_made),
		TEST(signing_in_says_nothing_about_why_it_was_refused),
		TEST(the_last_administrator_stays),
		TEST(a_prepared_manifest_is_signed_offline_and_installed_once),
		TEST(a_key_of_another_organisation_or_kind_does_not_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
