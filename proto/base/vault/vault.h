/*
 * vault: an encrypted SQLite database in one file, opened by passphrase, recovery key or the organisation's key.
 *
 * A vault is a stock SQLite database whose bytes pass through the VFS "mandoob", which seals everything that SQLite writes. The data
 * key is random; key slots in the file's prefix wrap it, so changing a passphrase rewrites a slot and no data. Use: vault_init(),
 * vault_unlock(), then open the file with the VFS named VAULT_VFS_NAME (db_open() does), close it, vault_lock(). The same sources are
 * the loadable extension mandoob_vault.so (extension.c), with which the stock sqlite3 shell opens a vault.
 *
 * This folder, in the order in which one meets it:
 *
 *	vault make slots lease copy verify rekey erase harden    what programs call; each keeps a promise made below
 *	vfs database birth record wal journal temp               SQLite's side, by kind of file; row.h numbers the rules
 *	pages slot seal recovery kdf                             bytes: page record, prefix and slots, sealing, paper keys, Argon2id
 *	registry prefix io lower sql sqlite                      unlocked keys, the prefix on disk, the disk, a connection, SQLite
 *
 * Keys live in locked memory and reach the VFS through the registry, never through a URI, a PRAGMA or argv. Databases that our programs
 * make are WAL-only; the rollback journal, ATTACH, VACUUM INTO and other page sizes are for support work and tests. Temporary files are
 * sealed under a key of their own; PRAGMA temp_store=MEMORY (db_open() does) avoids them and is faster.
 *
 * What a vault cannot see by itself: a whole file put back to its own older version, or a log (its newest commits cut off, or the log
 * of an earlier day); the commit counter of each contact does. Single pages that were put back are seen by vault_verify(). Whoever has
 * an old copy of the prefix and the old passphrase still has the data key: vault_rekey() is the answer to that.
 *
 * What a vault cannot hide: names, sizes and times of files; which pages change; names of databases in a super-journal; and, while it
 * is open in WAL mode, 64 bits of checksum over the newest clear pages in the -shm file, which SQLite keeps there itself. A device
 * that is on and unlocked, its memory and its swap are out of reach: vault_memory_look() warns of the last.
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

/*
 * The bounds of Argon2id that a slot may ask for; both ends are enforced when writing and when reading. Less memory than _MEM_BYTES_MIN,
 * down to _SHORT_MEM_BYTES, only together with at least _SHORT_PASSES.
 */
#define VAULT_KDF_MEM_BYTES_MIN (UINT64_C(64) << 20)
#define VAULT_KDF_SHORT_MEM_BYTES (UINT64_C(32) << 20) /* where memory is short: this, and more passes */
#define VAULT_KDF_SHORT_PASSES 4
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

/* What the record of all pages says (pages.h). */
enum vault_freshness {
	VAULT_FRESH = 0,   /* every page is the one that was written last */
	VAULT_STALE = 1,   /* all authenticate, but at least one is an older version of itself, or the file has lost or gained pages */
	VAULT_UNKNOWN = 2, /* the record was not settled (a checkpoint was cut off), is damaged, or pages changed all the while */
};

struct vault_report {
	uint64_t page_count;            /* pages looked at */
	uint64_t bad_count;             /* pages that do not authenticate */
	uint64_t first_bad_page;        /* the lowest of them, counted from 1; 0 when none */
	uint64_t frame_count;           /* frames of the WAL that authenticate, from its beginning */
	unsigned prefix_count;          /* authentic prefix copies: 2 is whole, 1 is survivable */
	enum vault_freshness freshness; /* VAULT_UNKNOWN when a page is bad */
	bool was_settled;               /* this walk found freshness unknown and all pages good, and has settled the record anew */
};

/* The kinds of key slot, as on the disk (slot.h). */
enum vault_slot_kind {
	VAULT_SLOT_EMPTY = 0,
	VAULT_SLOT_PASSPHRASE = 1, /* of the person who works with the vault */
	VAULT_SLOT_ORG = 2,        /* sealed to the organisation's X25519 key */
	VAULT_SLOT_RECOVERY = 3,   /* a recovery key on paper */
	VAULT_SLOT_SECOND = 4,     /* passphrase of a second person */
};

#define VAULT_SLOT_COUNT 8
#define VAULT_RECOVERY_TEXT_BYTES 64 /* a recovery key as text, with its NUL: 160 bits and a checksum in groups */
#define VAULT_SHARE_BYTES 32

struct vault_slot_info {
	uint16_t kind;                               /* enum vault_slot_kind, or a number of a newer program */
	struct vault_kdf kdf;                        /* of kinds with a passphrase; zeros otherwise */
	uint8_t org_public_key[VAULT_ORG_KEY_BYTES]; /* of VAULT_SLOT_ORG; zeros otherwise */
	bool is_leased;                              /* opens only while the lease's share is there */
};

struct vault_lease {
	int64_t until_ms;  /* since 1970: the end of the lease; 0: no lease */
	int64_t latest_ms; /* the latest time this vault has seen: a clock before it is wrong, or was put back */
	uint32_t epoch;    /* which of the centre's keys the share comes from */
	bool has_share;    /* false after the lease has ended: passphrases do not open the vault until the share is given back */
};

/* What the prefix claims. Without a key nothing of it is proved. */
struct vault_status {
	uint16_t suite;
	uint32_t page_bytes;
	uint64_t sequence;
	bool is_wal_only;
	unsigned prefix_count; /* with a key: authentic copies; without: copies of the right shape */
	struct vault_slot_info slots[VAULT_SLOT_COUNT];
	struct vault_lease lease;
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
 * eighth of the machine's), then more passes. 32 MiB with at least 4 passes only where 64 MiB cannot be had or the machine has less than
 * about 1 GiB. Takes up to three times that long. ERR_NOMEM when that does not fit either.
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
 * ERR_AUTH: wrong passphrase; ERR_STALE: the right one, but the lease has ended and its share is gone: ask the centre for it
 * (vault_lease_return()); ERR_CORRUPT: no vault, damaged, or asks for Argon2id outside the bounds; ERR_NOT_FOUND; ERR_IO; ERR_NOMEM.
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
 * Replace the passphrase of the person who works with the vault (the first slot of that kind; a second person's slot stays): the slot
 * is rewritten in both prefix copies, each synced before the next; no data is re-encrypted and databases may stay open. After an error
 * the old or the new passphrase opens, never neither. Arguments as vault_create(). ERR_STALE: the lease has ended; the share must come
 * back first, or a new passphrase would get around it.
 */
int vault_passphrase_change(struct vault_key *k, const char *new_passphrase, size_t len, const struct vault_kdf *kdf) MUST_CHECK;

/*
 * What the prefix at `path` says, or with `k` what it proves (`path` NULL: the file that `k` unlocked). ERR_USAGE: neither is given;
 * ERR_CORRUPT: no prefix of the right shape; ERR_AUTH: not sealed with `k`; ERR_NOT_FOUND; ERR_IO.
 */
int vault_status(const char *path, const struct vault_key *k, struct vault_status *out) MUST_CHECK;

/*
 * Add a slot: of a passphrase (`kind` VAULT_SLOT_PASSPHRASE or _SECOND), of the organisation, or of a new recovery key, whose text is
 * shown once to a person who writes it down (capital letters and digits in groups, with a checksum; wipe it afterwards). `index`: which
 * slot it is. Each rewrites both prefix copies, synced one after the other: cut off, the slot is there or it is not, and no other is lost.
 * ERR_LIMIT: all slots are taken; ERR_USAGE: values out of range, or a public key of low order; ERR_STALE: as vault_passphrase_change().
 */
int vault_slot_add(struct vault_key *k, enum vault_slot_kind kind, const char *passphrase, size_t len, const struct vault_kdf *kdf,
	unsigned *index) MUST_CHECK;
int vault_slot_add_org(struct vault_key *k, const uint8_t pk[static VAULT_ORG_KEY_BYTES], unsigned *index) MUST_CHECK;
int vault_slot_add_recovery(struct vault_key *k, char text[static VAULT_RECOVERY_TEXT_BYTES], unsigned *index) MUST_CHECK;

/*
 * Wipe a slot from both copies; after 0 it is in neither, and cut off the removal counts or not. ERR_NOT_FOUND: it is empty; ERR_USAGE:
 * it is the last one of a passphrase or recovery key, so that no person could open the vault.
 */
int vault_slot_remove(struct vault_key *k, unsigned index) MUST_CHECK;

/*
 * Unlock by a recovery key as a person types it: spaces, hyphens and letter case do not matter, look-alikes (O I L) are understood,
 * Arabic-Indic and Persian digits too. ERR_USAGE: mistyped (a wrong or strange character, two exchanged, too few or too many: the
 * checksum sees any one or two wrong characters for certain); ERR_AUTH: no slot for it; otherwise as vault_unlock().
 */
int vault_unlock_recovery(const char *path, const char *text, size_t len, struct vault_key **out) MUST_CHECK;

/*
 * Prove that the organisation's slot opens with the secret key that belongs to `pk`, without having it: the slot's box is made from the
 * data key, so it can be made again and compared. ERR_NOT_FOUND: no slot for this key; ERR_CORRUPT: the slot would not open.
 */
int vault_org_check(const struct vault_key *k, const uint8_t pk[static VAULT_ORG_KEY_BYTES]) MUST_CHECK;

/*
 * The lease: while it is on, every passphrase slot opens only together with a share of VAULT_SHARE_BYTES (random, not zeros; the centre
 * knows it) that lies in the prefix. No passphrase is needed for any of this. The organisation and a recovery key open at all times.
 * A copy of the prefix made before the end keeps the share: this is against a device that is found or used later, not against a disk
 * that was copied.
 *
 * vault_lease_set() begins the lease or renews it, until `until_ms` (later than `now_ms`, which becomes the latest time seen), with the
 * same or another share. `until_ms` 0 ends the policy: slots open without share again. When the lease has ended, both need the share
 * of that lease: given as `share`, or given back before; otherwise ERR_STALE.
 *
 * vault_lease_check() looks at the clock: call it directly after unlocking and now and then. After the end it wipes the share from both
 * copies and gives ERR_STALE: close and lock then. Nothing else is erased. ERR_STALE too when the clock stands more than a day before the
 * latest time seen, but then nothing is written: it opens when the clock is right again. Writes the latest time seen when it grew by
 * an hour.
 *
 * vault_lease_return() puts the share of an ended lease back without a key; the next unlocking proves it and takes it over. For a lease
 * that has not ended it only makes `now_ms` the latest time seen, for a clock that was ahead or cannot be set right. ERR_AUTH: not the
 * share of a lease of this vault; ERR_USAGE: times out of order, or a share of zeros.
 */
int vault_lease_set(struct vault_key *k, const uint8_t share[static VAULT_SHARE_BYTES], uint32_t epoch, int64_t now_ms, int64_t until_ms)
	MUST_CHECK;
int vault_lease_check(struct vault_key *k, int64_t now_ms) MUST_CHECK;
int vault_lease_return(const char *path, const uint8_t share[static VAULT_SHARE_BYTES], int64_t now_ms, int64_t until_ms) MUST_CHECK;

/*
 * A new data key: the vault is written anew beside itself (VACUUM INTO), synced, and takes the old one's name in one step; then the old
 * slots are overwritten. Before that step the old vault is whole, after it the new one; a run that was cut off leaves a file that the
 * next run removes. The organisation's slots are sealed anew; `passphrase` becomes the passphrase slot; a recovery key is made anew
 * (`recovery`: its text, "" when there was none; NULL: dropped); `dropped_count`: slots of the old vault without a successor, as a second
 * person's. A lease goes on. All databases on this vault must be closed, in every process (ERR_BUSY); a connection that was opened and
 * never read from is not seen, and gets errors afterwards. `*k` is exchanged for a handle of the new key; after an error it is as before.
 * ERR_STALE: the lease has ended. Needs as much free space as the vault has data.
 */
int vault_rekey(struct vault_key **k, const char *passphrase, size_t len, const struct vault_kdf *kdf,
	char recovery[VAULT_RECOVERY_TEXT_BYTES], unsigned *dropped_count) MUST_CHECK;

/*
 * Destroy the vault at `path`: both prefix copies and the page record are overwritten and synced, so that no passphrase and no key opens
 * what is left; then the space is given back to the disk and the files are removed, with what lies beside the vault. No key is needed.
 * Flash memory may keep old blocks; the passphrase protects those. Cut off, it can be run again. Not while a database is open on it.
 * ERR_NOT_FOUND; ERR_BUSY; ERR_IO: what could not be overwritten, and how far it came.
 */
int vault_erase(const char *path) MUST_CHECK;

/*
 * A subkey for another local file that belongs to this vault (attachments, drafts): BLAKE2b keyed with the data key over `label`
 * (1..64 bytes of constant text, one per purpose). The same for a copy of the vault.
 */
int vault_derive(const struct vault_key *k, const char *label, uint8_t out[static VAULT_SUBKEY_BYTES]) MUST_CHECK;

/*
 * Read every page of the file at `path` (NULL: the one that `k` unlocked), count the WAL's frames, compare the pages with the record of
 * all pages, and fill the report; *out is written when the walk was completed, also when pages are bad. Others may read and write
 * meanwhile: a page that is being written is tried again, and a record that changes all the while is "unknown". When the record was not
 * settled and all pages are good, it is settled anew if the log can be emptied and the disk allows it: the next walk can then tell a
 * stale page. What only the WAL holds is not part of freshness. ERR_AUTH: the file is not sealed with this key; ERR_IO.
 */
int vault_verify(const struct vault_key *k, const char *path, struct vault_report *out) MUST_CHECK;

/*
 * Write a consistent copy of the vault that `k` unlocked, as of now and including its WAL, to the new file `to`: same data key and
 * slots (opens with the same passphrase), own file id. Others may read and write meanwhile. Needs about twice the database's size
 * beside `to`; appears under its name only when it is whole and synced. ERR_USAGE: `to` exists; ERR_BUSY; ERR_CORRUPT; ERR_IO.
 */
int vault_copy(const struct vault_key *k, const char *to) MUST_CHECK;

/*
 * For the start of a program that will hold keys, before anything of SQLite is called: not dumpable (no core file, no ptrace by others of
 * the same user), core size 0, and SQLite overwrites memory before it gives it back, so that nothing of a vault stays in the process
 * after its databases are closed and it is locked. ERR_IO when the system refuses, or SQLite was started before.
 */
int vault_harden_process(void) MUST_CHECK;

/*
 * Where the system may write memory to a disk in clear: `swap` when a swap area other than compressed memory is in use, `hibernation`
 * when the machine can write its memory to a disk (and was told where). What cannot be found out is false.
 */
struct vault_memory {
	bool swap;
	bool hibernation;
};
void vault_memory_look(struct vault_memory *out);

#endif
