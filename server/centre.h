/*
 * centre: the open store of the centre, and what every station of the server needs from it: keys, forms, dictionaries, sequence.
 *
 * One struct centre belongs to one thread (the writer in `serve`, or a command). Other threads may use only what is said to be
 * thread-safe: the keys, the manifest and `library` (server/library.h), which is enough to open requests and to seal answers
 * (server/intake.h). Nothing here begins or ends a transaction but where it says so: stations run inside the caller's transaction,
 * so that one commit covers a whole group of contacts.
 */
#ifndef SERVER_CENTRE_H
#define SERVER_CENTRE_H

#include "proto/base/buf.h"
#include "proto/base/db.h"
#include "proto/base/env.h"
#include "proto/base/vault/vault.h"
#include "proto/changeset.h"
#include "proto/form/form.h"
#include "proto/manifest.h"
#include "proto/pack.h"
#include "proto/seal.h"
#include "server/library.h"

#define CENTRE_FILE "centre.vault"
#define CENTRE_SEQUENCE_GENERATION_BITS 40
#define CENTRE_META_BYTES_MAX 1024 /* one value of table meta */

struct papers;

struct centre_generation {   /* one restore from a backup */
	uint64_t generation; /* bits 40 and up of the sequence numbers made since */
	uint64_t last;       /* last sequence number that the restored store held */
};

struct centre_receive_key { /* one that envelopes may be sealed to; old ones are kept for what is still on its way */
	uint32_t epoch;
	struct seal_keys *keys; /* guarded; its signing half is zero */
};

struct centre {
	const struct env *env;   /* borrowed */
	struct db *db;           /* owned */
	struct vault_key *vault; /* owned */
	uint8_t org[SEAL_ORG_BYTES];
	uint8_t root_public[SEAL_SIGN_PUBLIC_BYTES];
	struct seal_keys *keys;             /* signing key in use and newest receive key; owned, guarded */
	uint32_t epoch;                     /* of the receive key in `keys` */
	struct centre_receive_key *receive; /* all receive keys, ascending epoch; owned */
	size_t receive_count;
	struct manifest manifest;              /* in force; owned */
	struct buf manifest_bytes;             /* the same, as signed */
	struct centre_generation *generations; /* ascending; owned */
	size_t generation_count;
	struct library *library; /* forms, dictionaries and device keys in memory; owned, thread-safe */
	struct papers *papers;   /* versions of forms and lists, the catalogue, plans (server/papers.h); owned */
};

/* What a new centre is made of. Everything is borrowed for the call. */
struct centre_new {
	const char *name;             /* of the organisation, valid UTF-8 */
	const uint8_t *root_public;   /* SEAL_SIGN_PUBLIC_BYTES; its secret is never here */
	const struct seal_keys *keys; /* first signing key and receive key (epoch 1) */
	const void *manifest;         /* signed by the root; names both keys, epoch 1 and the recovery key */
	size_t manifest_len;
	const void *dictionary; /* first dictionary, NULL for none */
	size_t dictionary_len;
	const struct vault_kdf *kdf; /* NULL: the default */
};

/*
 * Make the store in directory `dir` (made when missing): vault with the recovery key as second opener, schema, keys, manifest, the
 * default forms and reference lists, the dictionary. Does not leave it open; takes its own transactions. ERR_USAGE: there is one
 * already, or the manifest does not name the keys; ERR_AUTH: not signed by this root. After a failure nothing is left behind.
 */
int centre_create(
	const struct env *env, const char *dir, const char *passphrase, size_t passphrase_len, const struct centre_new *n) MUST_CHECK;

/* Open the store in directory `dir` (file centre.vault) with the passphrase; loads keys and manifest. ERR_AUTH on a wrong one. */
int centre_open(const struct env *env, const char *dir, const char *passphrase, size_t passphrase_len, struct centre **out) MUST_CHECK;
void centre_close(struct centre *c);

/*
 * Read keys, manifest and generations again, after a command changed them in the store. Not while other threads use `c`. On failure
 * the old ones stay.
 */
int centre_reload(struct centre *c) MUST_CHECK;

/*
 * Check a signed manifest and keep it (inside a transaction); in force after the commit and centre_reload(). ERR_STALE: its number is
 * not higher.
 */
int centre_manifest_install(struct centre *c, const void *data, size_t len) MUST_CHECK;

/* The receive key of an epoch, NULL when there is none. Thread-safe. */
const struct seal_keys *centre_receive_key(const struct centre *c, uint32_t epoch);

/* Single facts of table meta. Text or bytes; `out` is cleared first, ERR_NOT_FOUND without message when there is none. */
int centre_meta_load(struct centre *c, const char *key, struct buf *out) MUST_CHECK;
int centre_meta_save(struct centre *c, const char *key, const void *data, size_t len) MUST_CHECK;
int centre_meta_load_u64(struct centre *c, const char *key, uint64_t *out) MUST_CHECK;
int centre_meta_save_u64(struct centre *c, const char *key, uint64_t value) MUST_CHECK;

/* The sequence number last given out, and the next one (inside a transaction; written back by centre_sequence_save() before the commit). */
int centre_sequence(struct centre *c, uint64_t *last) MUST_CHECK;
int centre_sequence_save(struct centre *c, uint64_t last) MUST_CHECK;

/*
 * A device's `seen` as it counts today, when `last` is the last sequence number given out: one of an earlier generation counts as at
 * most what the restored backups held, one from the future as at most `last`, one of a generation unknown here as 0.
 */
uint64_t centre_seen_clamp(const struct centre *c, uint64_t seen, uint64_t last);

/*
 * Forms by row, and the version of the main family that is in force today (server/papers.h). Borrowed from the centre until
 * centre_close(). ERR_NOT_FOUND when unknown.
 */
int centre_form_by_id(struct centre *c, int64_t form_id, const struct form **out) MUST_CHECK;
int centre_form_id(struct centre *c, const struct form *f, int64_t *form_id) MUST_CHECK;
int centre_form_current(struct centre *c, const struct form **out, int64_t *form_id) MUST_CHECK;

/*
 * Publish a canonical form text, in force from today on: publish_form() without a workbook. Inside a transaction of its own: the
 * form is not looked up before the commit. `person_id` 0: shipped with the program.
 */
int centre_form_publish(struct centre *c, const char *text, size_t len, int64_t person_id, int64_t *form_id) MUST_CHECK;

/* Add a dictionary (inside a transaction); the newest is handed to devices. Already there: nothing happens. */
int centre_dictionary_add(struct centre *c, const void *data, size_t len) MUST_CHECK;
/* The newest dictionary; *out is NULL when there is none. Its bytes, when `bytes` is not NULL, are appended to that. */
int centre_dictionary_current(struct centre *c, const struct pack_dictionary **out, struct buf *bytes) MUST_CHECK;

/*
 * The number for a new site, never given out before (inside a transaction). After a restore the caller leaves room for those that the
 * lost days gave out: meta "next_site".
 */
int centre_site_next(struct centre *c, uint32_t *site) MUST_CHECK;
/*
 * A new incarnation of device row `device` and its site, chain at h(0). `fork_hash` NULL: by enrolment. ERR_LIMIT: incarnation above
 * CENTRE_INCARNATIONS_MAX.
 */
#define CENTRE_INCARNATIONS_MAX 64
int centre_site_add(struct centre *c, int64_t device, const uint8_t device_id[static SEAL_DEVICE_BYTES], const uint8_t *fork_hash,
	uint32_t *incarnation, uint32_t *site) MUST_CHECK;

/* Who did what: one audit row (inside a transaction). `person_id` 0: the program itself. `subject` holds ids only. */
int centre_audit(struct centre *c, int64_t person_id, const char *action, const char *subject) MUST_CHECK;

#endif
