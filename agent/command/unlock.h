/*
 * unlock: from passphrase to open store; making a store, and changing its passphrase.
 *
 * Passphrases come from a file, a descriptor, or a prompt without echo, live in locked memory and are wiped. They never stand in
 * arguments or the environment.
 */
#ifndef AGENT_COMMAND_UNLOCK_H
#define AGENT_COMMAND_UNLOCK_H

#include "agent/command/shell.h"

#define UNLOCK_CHARACTERS_MIN 10 /* of a new passphrase */

/* ERR_NOT_FOUND with advice when folder `dir` holds no store. ERR_USAGE when `dir` is "". */
int unlock_find(const char *dir) MUST_CHECK;

/* The passphrase as the global options say. Free with file_secret_free(). Errors as file_read_secret(). */
int unlock_passphrase(const struct cli_args *args, char **out) MUST_CHECK;

/*
 * 0 when `passphrase` may be a new one: UTF-8, at least UNLOCK_CHARACTERS_MIN characters, not one character again and again.
 * ERR_USAGE with advice.
 */
int unlock_check_new(const char *passphrase) MUST_CHECK;

/* The path of the store's vault in folder `dir`, into `path` of PATH_MAX bytes. ERR_USAGE when it is too long. */
int unlock_path(const char *dir, char *path) MUST_CHECK;

/*
 * Tell a person what `err` of store_open() does not: that the lease of the vault in `dir` has ended, and what to ask the centre for.
 * Nothing for other errors.
 */
void unlock_tell_lease(const char *dir, int err);

/* Commands `init`, and `passphrase` alias `vault passphrase`. */
extern const struct cli_option UNLOCK_INIT_OPTIONS[];
extern const struct cli_option UNLOCK_PASSPHRASE_OPTIONS[];
int unlock_command_init(void *ctx, const struct cli_args *args) MUST_CHECK;
int unlock_command_passphrase(void *ctx, const struct cli_args *args) MUST_CHECK;

#endif
