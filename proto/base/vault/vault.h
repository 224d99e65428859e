/*
 * vault: an encrypted SQLite database in one file, opened by passphrase or by the organisation's key.
 *
 * A vault is a stock SQLite database in WAL mode whose bytes pass through the VFS "mandoob" (vfs.c), which seals every page
 * and every WAL record with XChaCha20-Poly1305. The data key is random; key slots in the file's prefix wrap it (slot.h), so
 * changing a passphrase rewrites a slot and no data. Use: vault_init(), vault_unlock(), then open the file with the VFS named
 * VAULT_VFS_NAME (db_open() does), close it, vault_lock().
 *
 * Keys live in locked memory and reach the VFS through a registry inside this module (registry.h), never through a URI, a
 * PRAGMA or argv. What the VFS does not cover yet (rollback journals, temporary files) it refuses, so nothing reaches the disk in
 * clear: set PRAGMA temp_store=MEMORY (db_open() does).
 *
 * What a vault cannot see: a whole file, a tail of WAL commits, or one page put back to its own older version; and whoever has an
 * old copy of the prefix and the old passphrase still has the data key. File names, sizes and times stay visible.
 *
 * All functions block on the disk; those that take a passphrase also take the time and memory of Argon2id. All may be called
 * from any thread; one handle may be used by one thread at a time.
 */
#ifndef PROTO_BASE_VAULT_VAULT_H
#define PROTO_BASE_VAULT_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/env.h"
#include "proto/base/err.h"

#define VAULT_VFS_NAME "mandoob"
#define VAULT_PASSPHRASE_BYTES_MAX 1024
#define VAULT_ORG_KEY_BYTES 32
#define VAULT_SUBKEY_BYTES 32

/* The bounds of Argon2id that a slot may ask for; both ends are enforced when writing and when reading. */
#define VAULT_KDF_MEM_BYTES_MIN (UINT64_C(64) << 20)
#define VAULT_KDF_MEM_BYTES_MAX (UINT64_C(512) << 20)
#define VAULT_KDF_PASSES_MIN 3
#define VAULT_KDF_PASSES_MAX 16

/* An unlocked data key. While it lives, every file sealed with this data key can be opened through the VFS in this process. */
struct vault_key;

struct vault_kdf {
	uint64_t mem_bytes;    /* memory of Argon2id */
	uint32_t passes;       /* passes over it */
	bool test_weak_kdf;    /* tests only: allow less than the floor, here and for every later unlock in this process */
};

struct vault_report {
	uint64_t page_count;     /* pages looked at */
	uint64_t bad_count;      /* pages that do not authenticate */
	uint64_t first_bad_page; /* the lowest of them, counted from 1; 0 when none */
	unsigned prefix_count;   /* authentic prefix copies: 2 is whole, 1 is survivable */
};

/*
 * Register the VFS above the VFS named `lower` (borrowed name; NULL: SQLite's default). It does not become the default itself.
 * May be repeated, also with another `lower` and after sqlite3_shutdown(); open files keep what they were opened with. The
 * functions below call it with NULL when nobody did. ERR_NOT_FOUND: no such VFS; ERR_IO: libsodium or SQLite do not start.
 */
int vault_init(const char *lower) MUST_CHECK;

/* The floor: 64 MiB, 3 passes. */
void vault_kdf_default(struct vault_kdf *out);

/*
 * Values for this device, at least the floor, that take about `target_ms` (1..60000): more memory first (at most 256 MiB and an
 * eighth of the machine's), then more passes. Takes up to three times that long. ERR_NOMEM when the floor itself does not fit.
 */
int vault_kdf_calibrate(const struct env *env, int64_t target_ms, struct vault_kdf *out) MUST_CHECK;

/*
 * Make a new, empty vault at `path` (mode 0600; built under a temporary name beside it, synced, renamed, directory synced).
 * `passphrase` has `len` bytes, 1..VAULT_PASSPHRASE_BYTES_MAX, any content. `org_public_key`: VAULT_ORG_KEY_BYTES of X25519 public
 * key whose owner may open the vault too, or NULL. `kdf`: NULL for the default. Does not unlock.
 * ERR_USAGE: `path` exists, or values out of range; ERR_IO; ERR_NOMEM.
 */
int vault_create(const char *path, const char *passphrase, size_t len, const uint8_t *org_public_key,
	const struct vault_kdf *kdf) MUST_CHECK;

/*
 * Prove the passphrase and offer the data key to the VFS until vault_lock(). A prefix copy that is damaged or behind the other is
 * rewritten from the good one when the disk allows it. On any failure every byte of the file is as before and *out is NULL.
 * ERR_AUTH: wrong passphrase; ERR_CORRUPT: no vault, or asks for Argon2id outside the bounds; ERR_NOT_FOUND; ERR_IO; ERR_NOMEM.
 */
int vault_unlock(const char *path, const char *passphrase, size_t len, struct vault_key **out) MUST_CHECK;

/* The same with the organisation's X25519 key pair. ERR_AUTH: no slot for this key. */
int vault_unlock_org(const char *path, const uint8_t pk[static VAULT_ORG_KEY_BYTES],
	const uint8_t sk[static VAULT_ORG_KEY_BYTES], struct vault_key **out) MUST_CHECK;

/*
 * Withdraw the key from the VFS, wipe and free it; NULL is harmless. Databases that are open keep their own subkeys until they are
 * closed: close them first.
 */
void vault_lock(struct vault_key *k);

/*
 * Replace the passphrase: the slot is rewritten in both prefix copies, each synced before the next; no data is re-encrypted and
 * databases may stay open. After an error the old or the new passphrase opens, never neither. Arguments as vault_create().
 */
int vault_passphrase_change(struct vault_key *k, const char *new_passphrase, size_t len, const struct vault_kdf *kdf) MUST_CHECK;

/*
 * A subkey for another local file that belongs to this vault (attachments, drafts): BLAKE2b keyed with the data key over `label`
 * (1..64 bytes of constant text, one per purpose). The same for a copy of the vault.
 */
int vault_derive(const struct vault_key *k, const char *label, uint8_t out[static VAULT_SUBKEY_BYTES]) MUST_CHECK;

/*
 * Read every page of the file at `path` (NULL: the one that `k` unlocked) and fill the report; *out is written when the walk was
 * completed, also when pages are bad. The WAL is not looked at, so checkpoint first. A page that is being written meanwhile is
 * tried again. ERR_AUTH: the file is not sealed with this key; ERR_IO.
 */
int vault_verify(const struct vault_key *k, const char *path, struct vault_report *out) MUST_CHECK;

/*
 * Write a consistent copy of the vault that `k` unlocked, as of now and including its WAL, to the new file `to`: same data key and
 * slots (opens with the same passphrase), own file id. Others may read and write meanwhile. Needs about twice the database's size
 * beside `to`; appears under its name only when it is whole and synced. ERR_USAGE: `to` exists; ERR_BUSY; ERR_CORRUPT; ERR_IO.
 */
int vault_copy(const struct vault_key *k, const char *to) MUST_CHECK;

/*
 * For the start of a program that will hold keys: not dumpable (no core file, no ptrace by others of the same user) and core size 0.
 * ERR_IO when the system refuses.
 */
int vault_harden_process(void) MUST_CHECK;

#endif
