/*
 * extension: the vault as a loadable extension of SQLite, mandoob_vault.so, for reading and repairing with stock tools.
 *
 *	sqlite> .load /usr/lib/mandoob/mandoob_vault
 *	sqlite> SELECT vault_unlock('agent.vault');
 *	sqlite> .open 'file:agent.vault?vfs=mandoob'
 *
 * The same sources as the programs', built with -DVAULT_EXTENSION, so that every call of SQLite goes through the table of the program
 * that loads it. Loading registers the VFS, not as the default, and for every connection from then on:
 *
 *	vault_unlock(PATH)      asks for the passphrase at /dev/tty, without echo
 *	vault_unlock(PATH, FD)  reads it as the first line of descriptor FD
 *	vault_lock()            withdraws and wipes all keys that were unlocked here
 *
 * No key and no passphrase is ever an argument, an URI parameter or a PRAGMA: those reach traces, histories and logs. The functions are
 * SQLITE_DIRECTONLY, so that no view or trigger of a foreign database can ask a person for a passphrase. The extension stays loaded,
 * since open files hold its methods.
 */
#include "proto/base/vault/sqlite.h"

#include <pthread.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/base/vault/vault.h"

SQLITE_EXTENSION_INIT1

#define UNLOCKED_MAX 16

__attribute__((visibility("default"))) int sqlite3_mandoobvault_init(sqlite3 *db, char **message, const sqlite3_api_routines *api);

/* What vault_unlock() opened in this process; vault_lock() ends it. Guarded, since connections may live in several threads. */
static struct {
	pthread_mutex_t lock;
	struct vault_key *keys[UNLOCKED_MAX];
	size_t count;
} unlocked = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* NULL when kept; else `k` is still the caller's. */
static const char *keep(struct vault_key *k)
{
	const char *wrong = NULL;

	pthread_mutex_lock(&unlocked.lock);
	if (unlocked.count < UNLOCKED_MAX)
		unlocked.keys[unlocked.count++] = k;
	else
		wrong = "too many vaults are unlocked; SELECT vault_lock() first";
	pthread_mutex_unlock(&unlocked.lock);
	return wrong;
}

static int read_passphrase(int argc, sqlite3_value **argv, char **out)
{
	if (argc == 1)
		return file_prompt_secret("Passphrase / عبارة المرور: ", out);
	*out = NULL;
	if (sqlite3_value_type(argv[1]) != SQLITE_INTEGER || sqlite3_value_int64(argv[1]) < 0 || sqlite3_value_int64(argv[1]) > 65535)
		return err_set(ERR_USAGE, "vault_unlock(PATH, FD): the number of an open descriptor was expected, never a passphrase");
	return file_read_secret_fd(sqlite3_value_int(argv[1]), out);
}

static void run_unlock(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *path = (const char *)sqlite3_value_text(argv[0]);
	struct vault_key *k = NULL;
	char *passphrase = NULL;
	const char *wrong = NULL;
	int err;

	if (!path) {
		sqlite3_result_error(ctx, "vault_unlock(PATH): the path of a vault was expected", -1);
		return;
	}
	err = read_passphrase(argc, argv, &passphrase);
	if (!err)
		err = vault_unlock(path, passphrase, strlen(passphrase), &k);
	file_secret_free(passphrase);
	if (!err)
		wrong = keep(k);
	if (err || wrong) {
		vault_lock(wrong ? k : NULL);
		sqlite3_result_error(ctx, wrong ? wrong : err_message(), -1);
		return;
	}
	sqlite3_result_text(ctx, "unlocked; now: .open 'file:PATH?vfs=" VAULT_VFS_NAME "'", -1, SQLITE_STATIC);
}

static void run_lock(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	(void)argc;
	(void)argv;
	pthread_mutex_lock(&unlocked.lock);
	while (unlocked.count) {
		vault_lock(unlocked.keys[--unlocked.count]);
		unlocked.keys[unlocked.count] = NULL;
	}
	pthread_mutex_unlock(&unlocked.lock);
	sqlite3_result_text(ctx, "locked; a database that is open stays readable until it is closed", -1, SQLITE_STATIC);
}

static int add_functions(sqlite3 *db)
{
	const int how = SQLITE_UTF8 | SQLITE_DIRECTONLY;
	int rc = sqlite3_create_function_v2(db, "vault_unlock", 1, how, NULL, run_unlock, NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_create_function_v2(db, "vault_unlock", 2, how, NULL, run_unlock, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_create_function_v2(db, "vault_lock", 0, how, NULL, run_lock, NULL, NULL, NULL);
	return rc;
}

/* For connections that are opened later: `.open` makes a new one. */
static int add_functions_later(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
	(void)message;
	(void)api;
	return add_functions(db);
}

/* SQLite makes this name from the file's, mandoob_vault.so: letters only. */
int sqlite3_mandoobvault_init(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
	int rc;

	SQLITE_EXTENSION_INIT2(api)
	if (vault_init(NULL) != 0) {
		*message = sqlite3_mprintf("%s", err_message());
		return SQLITE_ERROR;
	}
	rc = add_functions(db);
	if (rc == SQLITE_OK)
		rc = sqlite3_auto_extension((void (*)(void))add_functions_later);
	return rc == SQLITE_OK ? SQLITE_OK_LOAD_PERMANENTLY : rc;
}
