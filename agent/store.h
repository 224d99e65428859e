/*
 * store: the device's open store, and what every station of the agent needs from it: identity, keys, forms, manifest.
 *
 * One struct store belongs to one thread. The file is `agent.vault` in the agent's directory. Single facts live in table
 * meta; whoever changes several of them does so in one transaction.
 */
#ifndef AGENT_STORE_H
#define AGENT_STORE_H

#include "proto/base/db.h"
#include "proto/base/env.h"
#include "proto/base/vault/vault.h"
#include "proto/chain.h"
#include "proto/changeset.h"
#include "proto/manifest.h"
#include "proto/message.h"
#include "proto/pack.h"
#include "proto/record.h"
#include "proto/seal.h"

#define STORE_FILE "agent.vault"
#define STORE_URL_BYTES_MAX 512

struct store {
	const struct env *env;        /* borrowed */
	struct db *db;                /* owned */
	struct vault_key *vault;      /* owned */
	struct seal_keys *keys;       /* the device's; NULL before enrolment; owned, guarded */
	bool is_enrolled;
	bool is_revoked;              /* the centre said so in a signed answer; nothing is erased, nothing more is written */
	uint8_t org[SEAL_ORG_BYTES];
	uint8_t root_public[SEAL_SIGN_PUBLIC_BYTES];
	uint8_t device[SEAL_DEVICE_BYTES];
	uint32_t incarnation;
	uint32_t site;
	uint32_t person;
	char branch[MESSAGE_NAME_BYTES_MAX + 1];
	char url[STORE_URL_BYTES_MAX + 1]; /* of the centre, "" when only sticks are used */
	struct shelf *shelf;          /* parsed forms and lists (shelf.h); owned, NULL until the first is asked for */
	struct store_dictionaries *dictionaries; /* for decoding; owned, grows on demand */
	struct pack_dictionary *dictionary; /* newest, NULL when none; owned */
};

/* Make directory `dir` (0700) and an empty store in it. ERR_USAGE when one is there already. */
int store_create(const struct env *env, const char *dir, const char *passphrase, size_t len, const struct vault_kdf *kdf) MUST_CHECK;
/* Open it. ERR_AUTH: wrong passphrase; every byte on disk is as before. ERR_STALE: its lease has ended (vault.h). */
int store_open(const struct env *env, const char *dir, const char *passphrase, size_t len, struct store **out) MUST_CHECK;
/* Open it with a key of the organisation or from paper that unlocked it; `vault` is taken, on failure too. A lease is not asked for. */
int store_open_take(const struct env *env, const char *dir, struct vault_key *vault, struct store **out) MUST_CHECK;
void store_close(struct store *s);
/*
 * Close the database and wipe all keys, for as long as nobody is there; forms that were borrowed stay. Then nothing but store_resume(),
 * with the errors of store_open() and store_check_writer(), and store_close() may be called. After a failed store_resume() the store is
 * suspended as before.
 */
void store_suspend(struct store *s);
int store_resume(struct store *s, const char *dir, const char *passphrase, size_t len) MUST_CHECK;
/* Read the identity (everything above) again from table meta, after enrolment or a new incarnation. */
int store_reload(struct store *s) MUST_CHECK;

/*
 * Another program may have changed this store since it was opened here. Inside a transaction: store_refresh() reads the identity again
 * when it is another one; store_check_writer(), for whoever may hold ids made or read before, gives ERR_STALE then instead.
 */
int store_refresh(struct store *s) MUST_CHECK;
int store_check_writer(struct store *s) MUST_CHECK;

/* Single facts. Missing: 0 and ERR_NOT_FOUND left unset (0 returned) for integers; ERR_NOT_FOUND for blobs. */
int store_get_u64(struct store *s, const char *key, uint64_t *out) MUST_CHECK;
int store_set_u64(struct store *s, const char *key, uint64_t value) MUST_CHECK;
int store_get_blob(struct store *s, const char *key, void *out, size_t len) MUST_CHECK;
int store_set_blob(struct store *s, const char *key, const void *data, size_t len) MUST_CHECK;

/*
 * What enrolment brought (message_enrolled), written in one transaction with the keys made on the device; then reloaded.
 * The caller has checked the code, and that the manifest and the form decode.
 */
int store_enrol(struct store *s, const char *url, const struct message_enrolled *e, const char *form_text, size_t form_len,
		const struct seal_keys *keys) MUST_CHECK;

/* Dictionaries: by id for decoding (owned by the store's cache), newest for encoding is s->dictionary. */
struct pack_dictionaries store_dictionary_finder(struct store *s);
int store_dictionary_add(struct store *s, const void *data, size_t len) MUST_CHECK;

/* The manifest in force, decoded and verified under the root; free with manifest_fini(). */
int store_manifest(struct store *s, struct manifest *out) MUST_CHECK;
/* Install a newer one (inside a transaction): verified first; ERR_STALE for a number not above the one held. */
int store_manifest_add(struct store *s, const void *data, size_t len) MUST_CHECK;

/* A new id of this site (inside a transaction). ERR_STALE as store_check_writer(). */
int store_new_id(struct store *s, uint64_t *id) MUST_CHECK;
/* An id that came from the centre (inside a transaction): should a copy of this store have made it under our site, it is not made again. */
int store_note_id(struct store *s, uint64_t id) MUST_CHECK;

#endif
