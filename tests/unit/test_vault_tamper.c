/*
 * Examples for proto/base/vault: somebody had the files in their hands. One table says for every change what unlocking, reading and
 * vault_verify() make of it; the loops behind it flip every byte there is. What is read is what was written, the newest or an older
 * version of it, or an error, and never anything else.
 *
 * What no look at the files can see is in the table as well: a whole file put back, or the newest commits of the log dropped, is
 * authentic and only old. The commit counter that every contact compares with the centre's sees that.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/vault/slot.h"
#include "proto/base/vault/vault.h"
#include "tests/lib/vaultkit.h"
#include "tests/lib/vaulttest.h"

#define FIRST_PASS "first passphrase"
#define ROWS 6
#define TURN_NEWEST 2
#define IMAGE_BYTES_MAX (32 * VAULT_PAGE_BYTES)
#define EVERYTHING SIZE_MAX
#define RECORD_BYTES (4 + VAULT_PAGE_BYTES + 4) /* of a rollback journal */

/* A sanitizer makes all slow: then not every byte in the middle of a page. A journal is made anew for each byte: there neither. */
#ifdef __SANITIZE_ADDRESS__
#define STEP 23
#else
#define STEP 1
#endif
#define JOURNAL_STEP (11 * STEP)

#define PAGE(n) (VAULT_PREFIX_BYTES + ((n) - 1) * VAULT_PAGE_BYTES)
#define FRAME(n) (72 + (n) * (24 + 40 + VAULT_PAGE_BYTES))
#define SLOT(n) (64 + (n) * VAULT_SLOT_BYTES)
#define KDF_PASSES (SLOT(0) + 4)
#define KDF_MEM (SLOT(0) + 8)
#define RETURN_FIRST 1408      /* what is given back of a lease is not under the MAC: slot.h */
#define RETURN_LAST 1471

#define NOTE(turn) "printf('visit %d %d %s', id, " turn ", hex(zeroblob(700)))"

/* ---- what is changed ---- */

enum op {
	NOTHING,
	FLIP,   /* one bit of the byte at `at` */
	PUT,    /* `value`, `len` bytes big-endian */
	ZERO,
	CUT,    /* the file ends at `at` */
	GROW,   /* `len` bytes of junk behind the end */
	SWAP,   /* with the bytes at `from` */
	TAKE,   /* the same bytes of another image */
};

enum image_name {
	NEWEST,   /* everything in the file, no log; also what the changes begin with */
	LOGGED,   /* the last turn is in the log */
	OLD,      /* turn 0, no log */
	OLD_LOG,  /* turn 0 in the file, turn 1 in the log */
	COPY,     /* vault_copy() of NEWEST: the same data key, another file id */
	COPY_LOG, /* COPY with one more turn in its log */
	BORN,     /* before the passphrase was changed; an empty database */
	IMAGE_COUNT,
};

struct file {
	uint8_t bytes[IMAGE_BYTES_MAX];
	size_t len;
};

/* Database and log; a log without bytes does not exist. */
struct image {
	struct file db;
	struct file wal;
};

struct change {
	enum op op;
	size_t at;
	size_t len;
	size_t from;
	uint64_t value;
	enum image_name image; /* of TAKE */
	bool wal;              /* in the log, not in the database */
	bool twice;            /* in both prefix copies */
};

/* ---- what is then said ---- */

enum content { RIGHT, OLDER, REFUSED };

struct outcome {
	const char *name;
	enum image_name image;       /* what is changed */
	struct change change;
	int unlock;                  /* 0 or ERR_* */
	enum content content;        /* what is read with the right key; OLDER is not seen by reading */
	int code;                    /* of SQLite when REFUSED */
	int verify;                  /* 0 or ERR_* ; the following when 0 */
	unsigned prefix_count;
	uint64_t bad_count;
	enum vault_freshness freshness;
	uint64_t frame_count;
};

#define NO_PAGES_KNOWN ERR_AUTH, 0, 0, 0, 0

static const struct outcome TABLE[] = {
	{ "nothing", NEWEST, { .op = NOTHING }, 0, RIGHT, 0, 0, 2, 0, VAULT_FRESH, 0 },
	{ "nothing, with a log", LOGGED, { .op = NOTHING }, 0, RIGHT, 0, 0, 2, 0, VAULT_FRESH, 6 },

	/* The prefix: one damaged copy is survived, and nothing in it can be changed. */
	{ "copy A damaged", NEWEST, { FLIP, .at = 200 }, 0, RIGHT, 0, 0, 1, 0, VAULT_FRESH, 0 },
	{ "copy B damaged", NEWEST, { FLIP, .at = 4096 + 200 }, 0, RIGHT, 0, 0, 1, 0, VAULT_FRESH, 0 },
	{ "copy A wiped", NEWEST, { ZERO, .at = 0, .len = 4096 }, 0, RIGHT, 0, 0, 1, 0, VAULT_FRESH, 0 },
	{ "copy B wiped", NEWEST, { ZERO, .at = 4096, .len = 4096 }, 0, RIGHT, 0, 0, 1, 0, VAULT_FRESH, 0 },
	{ "both copies wiped", NEWEST, { ZERO, .at = 0, .len = 8192 }, ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "both MACs damaged", NEWEST, { FLIP, .at = 4095, .twice = true }, ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "copies swapped", NEWEST, { SWAP, .at = 0, .from = 4096, .len = 4096 }, 0, RIGHT, 0, 0, 2, 0, VAULT_FRESH, 0 },
	{ "copy A older than the passphrase", NEWEST, { TAKE, .len = 4096, .image = BORN }, 0, RIGHT, 0, 0, 2, 0, VAULT_FRESH, 0 },
	{ "both older than the passphrase", NEWEST, { TAKE, .len = 8192, .image = BORN }, ERR_AUTH, RIGHT, 0, 0, 2, 0, VAULT_FRESH, 0 },
	{ "copies of a copy of the vault", NEWEST, { TAKE, .len = 8192, .image = COPY },
		0, REFUSED, SQLITE_IOERR_DATA, 0, 2, 5, VAULT_UNKNOWN, 0 },
	{ "sequence of A raised", NEWEST, { PUT, .at = 16, .len = 8, .value = 99 }, 0, RIGHT, 0, 0, 1, 0, VAULT_FRESH, 0 },
	{ "sequence raised", NEWEST, { PUT, .at = 16, .len = 8, .value = 99, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "version changed", NEWEST, { PUT, .at = 8, .len = 2, .value = 1, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "suite changed", NEWEST, { PUT, .at = 10, .len = 2, .value = 2, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "suite unknown", NEWEST, { PUT, .at = 10, .len = 2, .value = 7, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "page size changed", NEWEST, { PUT, .at = 12, .len = 4, .value = 8192, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "file id changed", NEWEST, { FLIP, .at = 24, .twice = true }, ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "key id changed", NEWEST, { FLIP, .at = 40, .twice = true }, ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "WAL-only cleared", NEWEST, { PUT, .at = 56, .len = 4, .value = 0, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "WAL-only cleared in A", NEWEST, { PUT, .at = 56, .len = 4, .value = 0 }, 0, RIGHT, 0, 0, 1, 0, VAULT_FRESH, 0 },
	{ "slots reordered", NEWEST, { SWAP, .at = SLOT(0), .from = SLOT(1), .len = VAULT_SLOT_BYTES, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "slots of A reordered", NEWEST, { SWAP, .at = SLOT(0), .from = SLOT(1), .len = VAULT_SLOT_BYTES },
		0, RIGHT, 0, 0, 1, 0, VAULT_FRESH, 0 },
	{ "Argon2id memory under the floor", NEWEST, { PUT, .at = KDF_MEM, .len = 8, .value = 4096, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "Argon2id memory over the bound", NEWEST,
		{ PUT, .at = KDF_MEM, .len = 8, .value = VAULT_KDF_MEM_BYTES_MAX + 1024, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "Argon2id memory changed", NEWEST, { PUT, .at = KDF_MEM, .len = 8, .value = 16384, .twice = true },
		ERR_AUTH, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "Argon2id passes under the floor", NEWEST, { PUT, .at = KDF_PASSES, .len = 4, .value = 0, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "Argon2id passes over the bound", NEWEST, { PUT, .at = KDF_PASSES, .len = 4, .value = VAULT_KDF_PASSES_MAX + 1, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "Argon2id passes changed", NEWEST, { PUT, .at = KDF_PASSES, .len = 4, .value = 2, .twice = true },
		ERR_AUTH, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "organisation's key swapped", NEWEST, { PUT, .at = SLOT(1) + 16, .len = 8, .value = 1, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "a lease given back that never was", NEWEST, { PUT, .at = RETURN_FIRST, .len = 8, .value = 1, .twice = true },
		0, RIGHT, 0, 0, 2, 0, VAULT_FRESH, 0 },
	{ "a lease put in", NEWEST, { PUT, .at = 1376, .len = 8, .value = 1, .twice = true },
		ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },

	/* The record of all pages, and the block behind it that holds nothing. */
	{ "record damaged", NEWEST, { FLIP, .at = 8192 + 40 }, 0, RIGHT, 0, 0, 2, 0, VAULT_UNKNOWN, 0 },
	{ "record wiped", NEWEST, { ZERO, .at = 8192, .len = 4096 }, 0, RIGHT, 0, 0, 2, 0, VAULT_UNKNOWN, 0 },
	{ "record older", NEWEST, { TAKE, .at = 8192, .len = 4096, .image = OLD }, 0, RIGHT, 0, 0, 2, 0, VAULT_STALE, 0 },
	{ "the zeros written over", NEWEST, { FLIP, .at = 12288 + 40 }, 0, RIGHT, 0, 0, 2, 0, VAULT_FRESH, 0 },

	/* Pages. */
	{ "first page damaged", NEWEST, { FLIP, .at = PAGE(1) + 7 }, 0, REFUSED, SQLITE_IOERR_DATA, 0, 2, 1, VAULT_UNKNOWN, 0 },
	{ "a page damaged", NEWEST, { FLIP, .at = PAGE(4) + 2000 }, 0, REFUSED, SQLITE_IOERR_DATA, 0, 2, 1, VAULT_UNKNOWN, 0 },
	{ "pages swapped", NEWEST, { SWAP, .at = PAGE(3), .from = PAGE(4), .len = 4096 },
		0, REFUSED, SQLITE_IOERR_DATA, 0, 2, 2, VAULT_UNKNOWN, 0 },
	{ "a page wiped", NEWEST, { ZERO, .at = PAGE(5), .len = 4096 }, 0, REFUSED, SQLITE_IOERR_DATA, 0, 2, 1, VAULT_UNKNOWN, 0 },
	{ "last page cut off", NEWEST, { CUT, .at = PAGE(5) }, 0, REFUSED, SQLITE_CORRUPT, 0, 2, 0, VAULT_STALE, 0 },
	{ "last page torn", NEWEST, { CUT, .at = PAGE(5) + 1000 }, 0, REFUSED, SQLITE_CORRUPT, 0, 2, 1, VAULT_UNKNOWN, 0 },
	{ "all pages cut off", NEWEST, { CUT, .at = PAGE(1) }, 0, REFUSED, SQLITE_NOTADB, 0, 2, 0, VAULT_STALE, 0 },
	{ "everything cut off", NEWEST, { CUT, .at = 0 }, ERR_CORRUPT, REFUSED, SQLITE_NOTADB, NO_PAGES_KNOWN },
	{ "junk behind the end", NEWEST, { GROW, .len = 4096 }, 0, RIGHT, 0, 0, 2, 1, VAULT_UNKNOWN, 0 },
	{ "one page older", NEWEST, { TAKE, .at = PAGE(4), .len = 4096, .image = OLD }, 0, OLDER, 0, 0, 2, 0, VAULT_STALE, 0 },
	{ "all pages older", NEWEST, { TAKE, .at = PAGE(1), .len = 5 * 4096, .image = OLD }, 0, OLDER, 0, 0, 2, 0, VAULT_STALE, 0 },
	{ "a page of a copy of the vault", NEWEST, { TAKE, .at = PAGE(4), .len = 4096, .image = COPY },
		0, REFUSED, SQLITE_IOERR_DATA, 0, 2, 1, VAULT_UNKNOWN, 0 },
	{ "the whole file older", NEWEST, { TAKE, .len = EVERYTHING, .image = OLD }, 0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 0 },

	/* The log: what does not authenticate ends it, as after a power cut. */
	{ "log header damaged", LOGGED, { FLIP, .at = 30, .wal = true }, 0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 0 },
	{ "a frame's header damaged", LOGGED, { FLIP, .at = FRAME(3) + 30, .wal = true }, 0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 3 },
	{ "a frame's page damaged", LOGGED, { FLIP, .at = FRAME(3) + 900, .wal = true }, 0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 3 },
	{ "frames swapped", LOGGED, { SWAP, .at = FRAME(1), .from = FRAME(3), .len = FRAME(1) - FRAME(0), .wal = true },
		0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 1 },
	{ "a frame wiped", LOGGED, { ZERO, .at = FRAME(4), .len = FRAME(1) - FRAME(0), .wal = true },
		0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 4 },
	{ "newest commits dropped", LOGGED, { CUT, .at = FRAME(4), .wal = true }, 0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 4 },
	{ "the log torn", LOGGED, { CUT, .at = FRAME(5) + 3000, .wal = true }, 0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 5 },
	{ "the log removed", LOGGED, { CUT, .at = 0, .wal = true }, 0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 0 },
	{ "an older log", LOGGED, { TAKE, .len = EVERYTHING, .image = OLD_LOG, .wal = true }, 0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 6 },
	{ "a frame of an older log", LOGGED, { TAKE, .at = FRAME(2), .len = FRAME(1) - FRAME(0), .image = OLD_LOG, .wal = true },
		0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 2 },
	{ "an older log put in", NEWEST, { TAKE, .len = EVERYTHING, .image = OLD_LOG, .wal = true },
		0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 6 },
	{ "the log of a copy of the vault", LOGGED, { TAKE, .len = EVERYTHING, .image = COPY_LOG, .wal = true },
		0, OLDER, 0, 0, 2, 0, VAULT_FRESH, 0 },
	{ "a page older under the log", LOGGED, { TAKE, .at = PAGE(4), .len = 4096, .image = OLD },
		0, RIGHT, 0, 0, 2, 0, VAULT_STALE, 6 },
};

/* ---- the images ---- */

struct world {
	struct vaultkit *kit;
	struct vault_key *key;         /* unlocked all the time */
	struct image images[IMAGE_COUNT];
	struct image now;              /* what is on the disk */
};

static void file_load(const char *path, struct file *out)
{
	struct vaultkit_bytes b = vaultkit_load(path);

	assert_true(b.len <= sizeof out->bytes);
	out->len = b.len;
	if (b.len)
		memcpy(out->bytes, b.data, b.len);
	free(b.data);
}

static void image_load(const struct vaultkit *f, struct image *out)
{
	file_load(f->path, &out->db);
	file_load(f->wal, &out->wal);
}

/* Written over and not made anew, which some file systems answer by waiting for the disk. */
static void file_save(const char *path, const struct file *file)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, file->bytes, file->len, 0), (ssize_t)file->len);
	assert_int_equal(ftruncate(fd, (off_t)file->len), 0);
	close(fd);
}

static void image_save(const struct vaultkit *f, const struct image *image)
{
	char shm[VAULTKIT_PATH_BYTES + 8];

	snprintf(shm, sizeof shm, "%s-shm", f->path);
	unlink(shm);
	unlink(f->wal);
	file_save(f->path, &image->db);
	if (image->wal.len)
		file_save(f->wal, &image->wal);
}

/* Each row its own commit, in a child that dies with the log beside the file. */
static void turn_in_log(const char *path, const char *pass)
{
	pid_t child = fork();
	struct vault_key *k;
	struct db *db;
	int status;

	if (child != 0) {
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		return;
	}
	if (vault_unlock(path, pass, strlen(pass), &k) != 0 || db_open(path, NULL, &db) != 0)
		_exit(1);
	for (int i = 0; i < ROWS; i++)
		if (db_exec(db, "UPDATE visit SET turn = turn + 1, note = " NOTE("turn + 1") " WHERE id = "
			"(SELECT id FROM visit ORDER BY turn, id LIMIT 1)") != 0)
			_exit(1);
	_exit(0);
}

/* Empty the log into the file. */
static void settle_log(const char *path)
{
	struct db *db = vaultkit_open(path);

	vaultkit_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
	db_close(db);
}

static void images_make(struct world *w)
{
	const struct vaultkit *f = w->kit;
	char other_wal[VAULTKIT_PATH_BYTES + 8];
	struct db *db;

	image_load(f, &w->images[BORN]);
	assert_int_equal(vault_passphrase_change(w->key, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &VAULTKIT_WEAK), 0);
	db = vaultkit_open(f->path);
	vaultkit_run(db, "CREATE TABLE visit(id INTEGER PRIMARY KEY, turn INTEGER, note TEXT);"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6) "
		"INSERT INTO visit(id, turn) SELECT i, 0 FROM n; UPDATE visit SET note = " NOTE("turn"));
	db_close(db);
	image_load(f, &w->images[OLD]);
	turn_in_log(f->path, VAULTKIT_PASS);
	image_load(f, &w->images[OLD_LOG]);
	settle_log(f->path);
	turn_in_log(f->path, VAULTKIT_PASS);
	image_load(f, &w->images[LOGGED]);
	settle_log(f->path);
	image_load(f, &w->images[NEWEST]);
	assert_int_equal(w->images[NEWEST].db.len, PAGE(6));
	assert_int_equal(w->images[LOGGED].wal.len, FRAME(6));
	assert_int_equal(vault_copy(w->key, f->other), 0);
	file_load(f->other, &w->images[COPY].db);
	turn_in_log(f->other, VAULTKIT_PASS);
	snprintf(other_wal, sizeof other_wal, "%s-wal", f->other);
	file_load(other_wal, &w->images[COPY_LOG].wal);
	assert_int_equal(w->images[COPY_LOG].wal.len, FRAME(6));
}

static int setup(void **state)
{
	uint8_t pk[VAULT_ORG_KEY_BYTES], sk[VAULT_ORG_KEY_BYTES];
	struct world *w = calloc(1, sizeof *w);
	void *kit;

	assert_non_null(w);
	assert_int_equal(vaultkit_setup(&kit), 0);
	w->kit = kit;
	crypto_box_keypair(pk, sk);
	assert_int_equal(unlink(w->kit->path), 0);
	assert_int_equal(vault_create(w->kit->path, FIRST_PASS, strlen(FIRST_PASS), pk, &VAULTKIT_WEAK), 0);
	assert_int_equal(vault_unlock(w->kit->path, FIRST_PASS, strlen(FIRST_PASS), &w->key), 0);
	images_make(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *kit = w->kit;

	vault_lock(w->key);
	vault_test_fini();
	free(w);
	return vaultkit_teardown(&kit);
}

/* ---- changing ---- */

static void bytes_swap(uint8_t *a, uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t c = a[i];

		a[i] = b[i];
		b[i] = c;
	}
}

static void change_at(const struct world *w, struct file *file, const struct change *c, size_t shift)
{
	const struct file *source = c->wal ? &w->images[c->image].wal : &w->images[c->image].db;
	uint8_t *at = file->bytes + c->at + shift;

	switch (c->op) {
	case NOTHING:
		break;
	case FLIP:
		*at ^= 1;
		break;
	case PUT:
		for (size_t i = 0; i < c->len; i++)
			at[i] = (uint8_t)(c->value >> (8 * (c->len - 1 - i)));
		break;
	case ZERO:
		memset(at, 0, c->len);
		break;
	case CUT:
		file->len = c->at;
		break;
	case GROW:
		randombytes_buf(file->bytes + file->len, c->len);
		file->len += c->len;
		break;
	case SWAP:
		bytes_swap(at, file->bytes + c->from + shift, c->len);
		break;
	case TAKE:
		if (c->len == EVERYTHING)
			*file = *source;
		else
			memcpy(at, source->bytes + c->at + shift, c->len);
		break;
	}
}

static void change_make(struct world *w, enum image_name image, const struct change *c)
{
	struct file *file = c->wal ? &w->now.wal : &w->now.db;

	w->now = w->images[image];
	change_at(w, file, c, 0);
	if (c->twice)
		change_at(w, file, c, VAULT_COPY_BYTES);
}

/* ---- looking ---- */

/* Read everything: each row must be as it was written once. The log stays as it is. */
static enum content content_read(const char *path, int *code)
{
	enum content seen = RIGHT;
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	int rows = 0;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, VAULT_VFS_NAME);

	sqlite3_extended_result_codes(db, 1);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, "SELECT id, turn, note = " NOTE("turn") " FROM visit ORDER BY id", -1, &s, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(s);
		if (rc != SQLITE_ROW)
			break;
		assert_int_equal(sqlite3_column_int(s, 0), ++rows);
		assert_in_range(sqlite3_column_int(s, 1), 0, TURN_NEWEST);
		assert_int_equal(sqlite3_column_int(s, 2), 1);
		if (sqlite3_column_int(s, 1) < TURN_NEWEST)
			seen = OLDER;
	}
	sqlite3_finalize(s);
	sqlite3_close(db);
	*code = rc == SQLITE_DONE ? 0 : rc;
	if (rc == SQLITE_DONE)
		assert_int_equal(rows, ROWS);
	return rc == SQLITE_DONE ? seen : REFUSED;
}

static int code_of_unlock(const struct world *w)
{
	struct vault_key *k;
	int rc = vault_unlock(w->kit->path, VAULTKIT_PASS, VAULTKIT_PASS_LEN, &k);

	vault_lock(k);
	return rc;
}

static bool agrees(struct world *w, const struct outcome *want)
{
	struct vault_report r = { 0 };
	struct outcome is = { .name = want->name };

	change_make(w, want->image, &want->change);
	image_save(w->kit, &w->now);
	is.unlock = code_of_unlock(w);
	image_save(w->kit, &w->now); /* unlocking mends a prefix copy */
	is.content = content_read(w->kit->path, &is.code);
	image_save(w->kit, &w->now);
	is.verify = vault_verify(w->key, w->kit->path, &r);
	if (is.unlock == want->unlock && is.content == want->content && is.code == want->code && is.verify == want->verify &&
	    (is.verify != 0 || (r.prefix_count == want->prefix_count && r.bad_count == want->bad_count && r.freshness == want->freshness &&
	    r.frame_count == want->frame_count)))
		return true;
	print_error("%s: unlock %d content %d code %d verify %d: prefixes %u bad %llu freshness %d frames %llu\n", is.name, is.unlock,
		(int)is.content, is.code, is.verify, r.prefix_count, (unsigned long long)r.bad_count, (int)r.freshness,
		(unsigned long long)r.frame_count);
	return false;
}

static void every_change_has_the_outcome_that_the_table_says(void **state)
{
	struct world *w = *state;
	int wrong = 0;

	for (size_t i = 0; i < sizeof TABLE / sizeof TABLE[0]; i++)
		wrong += !agrees(w, &TABLE[i]);
	assert_int_equal(wrong, 0);
}

/* What verify cannot know it settles, and then it knows; what is stale stays stale. */
static void the_second_look_knows_what_the_first_did_not(void **state)
{
	struct world *w = *state;
	struct vault_report r;

	change_make(w, NEWEST, &(struct change){ FLIP, .at = VAULT_RECORD_OFFSET });
	image_save(w->kit, &w->now);
	assert_int_equal(vault_verify(w->key, NULL, &r), 0);
	assert_int_equal(r.freshness, VAULT_UNKNOWN);
	assert_true(r.was_settled);
	assert_int_equal(vault_verify(w->key, NULL, &r), 0);
	assert_int_equal(r.freshness, VAULT_FRESH);
	assert_false(r.was_settled);
	change_make(w, NEWEST, &(struct change){ TAKE, .at = PAGE(4), .len = 4096, .image = OLD });
	image_save(w->kit, &w->now);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(vault_verify(w->key, NULL, &r), 0);
		assert_int_equal(r.freshness, VAULT_STALE);
		assert_false(r.was_settled);
		settle_log(w->kit->path);
	}
}

/* Many commits and checkpoints later the page that was put back is still known to be none of the newest. */
static void a_stale_page_stays_stale_through_later_work(void **state)
{
	struct world *w = *state;
	struct vault_report r;
	struct db *db;

	change_make(w, NEWEST, &(struct change){ TAKE, .at = PAGE(4), .len = 4096, .image = OLD });
	image_save(w->kit, &w->now);
	db = vaultkit_open(w->kit->path);
	for (int i = 0; i < 5; i++) {
		vaultkit_run(db, "CREATE TABLE IF NOT EXISTS later(x); INSERT INTO later VALUES (zeroblob(9000));"
			"PRAGMA wal_checkpoint(TRUNCATE)");
		assert_int_equal(vault_verify(w->key, NULL, &r), 0);
		assert_int_equal(r.bad_count, 0);
		assert_int_equal(r.freshness, VAULT_STALE);
	}
	db_close(db);
}

/* ---- every byte ---- */

/* The next byte to flip: all of them where the nonces, tags, headers and slots are. */
static size_t next_byte(size_t at, size_t unit, size_t start, size_t step)
{
	size_t in = (at - start) % unit;

	return at + (in < 128 || in + 64 >= unit ? 1 : step);
}

static bool is_return(size_t at)
{
	return at >= RETURN_FIRST && at <= RETURN_LAST;
}

static void byte_put(const char *path, size_t at, uint8_t value)
{
	vaultkit_put(path, at, &value, 1);
}

static uint8_t byte_get(const char *path, size_t at)
{
	int fd = open(path, O_RDONLY);
	uint8_t value;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &value, 1, (off_t)at), 1);
	close(fd);
	return value;
}

static void every_flipped_byte_of_the_prefix_is_survived(void **state)
{
	struct world *w = *state;
	const struct file *db = &w->images[NEWEST].db;
	struct vault_report r;
	int code;

	image_save(w->kit, &w->images[NEWEST]);
	for (size_t at = 0; at < VAULT_PREFIX_BYTES; at = next_byte(at, 4096, 0, at < VAULT_COPIES_BYTES ? STEP : 16)) {
		bool is_record = at >= VAULT_RECORD_OFFSET && at < VAULT_RECORD_OFFSET + 4096;
		bool is_copy = at < VAULT_COPIES_BYTES && !is_return(at % VAULT_COPY_BYTES);

		byte_put(w->kit->path, at, db->bytes[at] ^ (uint8_t)(1 << at % 8));
		assert_int_equal(content_read(w->kit->path, &code), RIGHT);
		assert_int_equal(vault_verify(w->key, NULL, &r), 0);
		assert_int_equal(r.bad_count, 0);
		assert_int_equal(r.prefix_count, is_copy ? 1 : 2);
		assert_int_equal(r.freshness, is_record ? VAULT_UNKNOWN : VAULT_FRESH);
		/* Unlocking mends a copy, which takes two waits for the disk: not for each of the zeros. */
		if (at % VAULT_COPY_BYTES <= RETURN_LAST || at % VAULT_COPY_BYTES >= VAULT_COPY_BYTES - 64) {
			assert_int_equal(code_of_unlock(w), 0);
			if (is_copy)
				assert_int_equal(byte_get(w->kit->path, at), db->bytes[at]);
		}
		if (is_copy)
			byte_put(w->kit->path, at, db->bytes[at]);
		else
			image_save(w->kit, &w->images[NEWEST]);
	}
}

static void every_flipped_byte_of_both_copies_is_refused(void **state)
{
	struct world *w = *state;
	const struct file *db = &w->images[NEWEST].db;
	int code;

	image_save(w->kit, &w->images[NEWEST]);
	for (size_t at = 0; at < VAULT_COPY_BYTES; at = next_byte(at, 4096, 0, STEP)) {
		for (size_t copy = 0; copy < VAULT_COPIES_BYTES; copy += VAULT_COPY_BYTES)
			byte_put(w->kit->path, copy + at, db->bytes[at] ^ (uint8_t)(1 << at % 8));
		assert_int_equal(content_read(w->kit->path, &code), is_return(at) ? RIGHT : REFUSED);
		assert_int_equal(code, is_return(at) ? 0 : SQLITE_NOTADB);
		if (at < KDF_PASSES || at >= KDF_PASSES + 12) /* these would make Argon2id take long */
			assert_int_equal(code_of_unlock(w) == 0, is_return(at));
		for (size_t copy = 0; copy < VAULT_COPIES_BYTES; copy += VAULT_COPY_BYTES)
			byte_put(w->kit->path, copy + at, db->bytes[at]);
	}
}

static void every_flipped_byte_of_a_page_is_an_error(void **state)
{
	struct world *w = *state;
	const struct file *db = &w->images[NEWEST].db;
	struct vault_report r;
	int code;

	image_save(w->kit, &w->images[NEWEST]);
	for (size_t at = PAGE(1); at < db->len; at = next_byte(at, 4096, 0, STEP)) {
		byte_put(w->kit->path, at, db->bytes[at] ^ (uint8_t)(1 << at % 8));
		assert_int_equal(content_read(w->kit->path, &code), REFUSED);
		assert_int_equal(code, SQLITE_IOERR_DATA);
		assert_int_equal(vault_verify(w->key, NULL, &r), 0);
		assert_int_equal(r.bad_count, 1);
		assert_int_equal(r.first_bad_page, (at - PAGE(1)) / 4096 + 1);
		byte_put(w->kit->path, at, db->bytes[at]);
	}
}

static void every_flipped_byte_of_a_log_ends_it_there(void **state)
{
	struct world *w = *state;
	const struct file *wal = &w->images[LOGGED].wal;
	struct vault_report r;
	int code;

	image_save(w->kit, &w->images[LOGGED]);
	for (size_t at = 0; at < wal->len; at = next_byte(at, FRAME(1) - FRAME(0), FRAME(0), STEP)) {
		byte_put(w->kit->wal, at, wal->bytes[at] ^ (uint8_t)(1 << at % 8));
		assert_int_equal(content_read(w->kit->path, &code), OLDER);
		assert_int_equal(vault_verify(w->key, NULL, &r), 0);
		assert_int_equal(r.bad_count, 0);
		assert_int_equal(r.frame_count, at < FRAME(0) ? 0 : (at - FRAME(0)) / (FRAME(1) - FRAME(0)));
		byte_put(w->kit->wal, at, wal->bytes[at]);
	}
	assert_int_equal(content_read(w->kit->path, &code), RIGHT);
}

/* ---- rollback journals ---- */

/* A hot journal of a database that is no product vault: turn 1 committed, turn 2 half in the file. */
static void hot_journal_make(const char *path)
{
	pid_t child = fork();
	sqlite3 *db;
	int status;

	if (child != 0) {
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		return;
	}
	if (sqlite3_open(path, &db) != SQLITE_OK)
		_exit(1);
	_exit(sqlite3_exec(db, "CREATE TABLE visit(id INTEGER PRIMARY KEY, turn INTEGER, note TEXT);"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6) "
		"INSERT INTO visit(id, turn) SELECT i, 1 FROM n; UPDATE visit SET note = " NOTE("turn") ";"
		"PRAGMA cache_size = 1; BEGIN; UPDATE visit SET turn = 2, note = " NOTE("2"), NULL, NULL, NULL) == SQLITE_OK ? 0 : 1);
}

/*
 * A record of a dead process that does not authenticate ends the journal, as a torn one must (with a rollback journal SQLite cannot know
 * better), so the transaction may stay half done: rows of both turns, or an error. Product vaults are WAL-only and take no journal.
 */
static void every_flipped_byte_of_a_hot_journal_gives_old_rows_new_rows_or_an_error(void **state)
{
	struct world *w = *state;
	const char *path = w->kit->other;
	struct image *hot = &w->now;
	char journal[VAULTKIT_PATH_BYTES + 16];
	char other_wal[VAULTKIT_PATH_BYTES + 16];
	int code;

	snprintf(journal, sizeof journal, "%s-journal", path);
	snprintf(other_wal, sizeof other_wal, "%s-wal", path);
	unlink(other_wal);
	unlink(path);
	assert_int_equal(vault_test_init(NULL), 0);
	vault_lock(w->key); /* a new file is made under the only key there is */
	w->key = NULL;
	hot_journal_make(path);
	file_load(path, &hot->db);
	file_load(journal, &hot->wal);
	assert_true(hot->wal.len >= 512 + 3 * RECORD_BYTES);
	assert_int_equal(content_read(path, &code), OLDER);
	for (size_t at = 0; at < hot->wal.len; at = next_byte(at, RECORD_BYTES, 512, JOURNAL_STEP)) {
		file_save(path, &hot->db);
		hot->wal.bytes[at] ^= (uint8_t)(1 << at % 8);
		file_save(journal, &hot->wal);
		hot->wal.bytes[at] ^= (uint8_t)(1 << at % 8);
		content_read(path, &code);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_change_has_the_outcome_that_the_table_says),
		TEST(the_second_look_knows_what_the_first_did_not),
		TEST(a_stale_page_stays_stale_through_later_work),
		TEST(every_flipped_byte_of_the_prefix_is_survived),
		TEST(every_flipped_byte_of_both_copies_is_refused),
		TEST(every_flipped_byte_of_a_page_is_an_error),
		TEST(every_flipped_byte_of_a_log_ends_it_there),
		TEST(every_flipped_byte_of_a_hot_journal_gives_old_rows_new_rows_or_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
