/*
 * vaultkit: a vault in a temporary directory, and what tests do to its files.
 *
 * Bytes of vault files are looked at only while no database in this process is open on them: closing a plain descriptor would drop
 * SQLite's POSIX locks. A failure in here fails the running test.
 */
#ifndef TESTS_LIB_VAULTKIT_H
#define TESTS_LIB_VAULTKIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/db.h"
#include "proto/base/vault/vault.h"

#define VAULTKIT_PASS "correct horse"
#define VAULTKIT_PASS_LEN (sizeof VAULTKIT_PASS - 1)
#define VAULTKIT_PATH_BYTES 256

/* Rows whose text can be worked out again from their number. */
#define VAULTKIT_VISIT_TABLE "CREATE TABLE visit(id INTEGER PRIMARY KEY, note TEXT)"
#define VAULTKIT_VISIT_WRONG_COUNT "SELECT count(*) FROM visit WHERE note <> printf('visit %d %s', id, hex(zeroblob(300)))"
#define VAULTKIT_VISIT_INSERT "INSERT INTO visit(id, note) VALUES (?1, printf('visit %d %s', ?1, hex(zeroblob(300))))"

/* Argon2id at its very smallest, so that tests run fast. */
extern const struct vault_kdf VAULTKIT_WEAK;

struct vaultkit {
	char dir[VAULTKIT_PATH_BYTES / 2];
	char path[VAULTKIT_PATH_BYTES];   /* a new vault with VAULTKIT_PASS */
	char wal[VAULTKIT_PATH_BYTES];    /* the name of its WAL */
	char other[VAULTKIT_PATH_BYTES];  /* a name that is free */
};

/* The content of a file; free `data`. */
struct vaultkit_bytes {
	uint8_t *data;
	size_t len;
	bool exists;
};

/* For cmocka_unit_test_setup_teardown(); *state is a struct vaultkit. The teardown fails when a file is left that nobody expects. */
int vaultkit_setup(void **state);
int vaultkit_teardown(void **state);

struct vaultkit_bytes vaultkit_load(const char *path);

/* Make the file hold exactly these bytes. */
void vaultkit_save(const char *path, const void *data, size_t len);

/* Write over some bytes of an existing file. */
void vaultkit_put(const char *path, size_t offset, const void *data, size_t len);

void vaultkit_assert_same(const char *path, const struct vaultkit_bytes *before);
bool vaultkit_holds(const char *path, const char *text);

/* Unlock and open; both must work. */
struct vault_key *vaultkit_unlock(const struct vaultkit *f);
struct db *vaultkit_open(const char *path);

/* Run SQL that must work. */
void vaultkit_run(struct db *db, const char *sql);
int64_t vaultkit_number(struct db *db, const char *sql);

/* Add the rows `from`..`to`, each in its own commit. */
void vaultkit_visits_add(struct db *db, int from, int to);

/* A vault with `checkpointed` rows in the file and `pending` more that only the WAL holds, left by a process that died. */
void vaultkit_crash(const struct vaultkit *f, int checkpointed, int pending);

/* A vault of two pages with six rows, not open. */
void vaultkit_small(const struct vaultkit *f);

/* Read the vault that vaultkit_small() made: true when that is refused; what is not refused must be right. */
bool vaultkit_is_refused(const char *path);

#endif
