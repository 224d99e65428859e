/*
 * setup: a new centre: the organisation's two keys as files, the store with its first manifest, form, and administrator.
 *
 * The root and recovery secrets exist in guarded memory and in those two files, never in the store. The store is built in a folder
 * of its own inside the centre's and moved into place as the last step, so that an interrupted setup never looks like a centre.
 * What an interrupted one leaves: that folder, which the next one clears, and perhaps the key files, which it refuses to
 * overwrite and names.
 */
#ifndef SERVER_ADMIN_SETUP_H
#define SERVER_ADMIN_SETUP_H

#include "proto/base/env.h"
#include "proto/base/vault/vault.h"
#include "proto/seal.h"

#define SETUP_FOLDER "unfinished" /* inside the centre's folder, while a store is being made or restored */

/* Borrowed for the call. */
struct setup {
	const char *dir;
	const char *name;         /* of the organisation, at most 64 bytes */
	const char *root_key;     /* file to be made */
	const char *recovery_key; /* file to be made */
	const char *passphrase;   /* of the vault */
	const char *admin;        /* name of the first administrator */
	const char *admin_passphrase;
	const struct vault_kdf *kdf; /* NULL: the default */
};

struct setup_report {
	uint8_t org[SEAL_ORG_BYTES];
	uint8_t root_public[SEAL_SIGN_PUBLIC_BYTES];
};

/*
 * ERR_USAGE: there is a centre or a key file already, or a name or passphrase is not accepted; ERR_IO, ERR_NOMEM. On failure nothing is
 * left.
 */
int setup_centre(const struct env *env, const struct setup *s, struct setup_report *out) MUST_CHECK;

/*
 * The folder for building a store in `dir`: made, or cleared of what an interrupted run left (ERR_USAGE when `dir` has a store). Its path
 * goes to `out` (cleared first). setup_folder_finish() moves the closed store into place, syncs, and removes the folder;
 * setup_folder_drop() removes both. For setup and for restore.
 */
int setup_folder_make(const char *dir, struct buf *out) MUST_CHECK;
int setup_folder_finish(const char *dir) MUST_CHECK;
void setup_folder_drop(const char *dir);

#endif
