/*
 * centre_store: what centre.c and centre_create.c share about the file below the centre. Nobody else includes it.
 */
#ifndef SERVER_CENTRE_STORE_H
#define SERVER_CENTRE_STORE_H

#include "proto/base/buf.h"
#include "proto/base/db.h"
#include "proto/base/vault/vault.h"
#include "proto/form/form.h"

#define CENTRE_PATH_BYTES_MAX 4096

/* server/schema, embedded at build time (packaging/embed.sh). */
extern const struct db_migration server_schema[];
extern const size_t server_schema_count;

/* The path of the store in directory `dir` into `out` (cleared first), NUL-terminated. */
int centre_path(const char *dir, struct buf *out) MUST_CHECK;

/* Unlock and open the file and bring its schema up to date. Both owned by the caller; NULL on failure. */
int centre_store_open(const char *path, const char *passphrase, size_t passphrase_len, struct vault_key **vault, struct db **db) MUST_CHECK;

/* One row each, inside a transaction. `person_id` 0: shipped with the program. */
int centre_form_insert(struct db *db, const struct form *f, int64_t person_id, int64_t now_ms, int64_t *row) MUST_CHECK;
int centre_dictionary_insert(struct db *db, const void *data, size_t len, int64_t now_ms) MUST_CHECK;

#endif
