/*
 * bench_vault: the vault beside plain SQLite in the same run, alternating, median of rounds. Page 4096, XChaCha20-Poly1305, both
 * with SQLite's cache of 16 MB, WAL and synchronous=FULL. Bars: the vault's design (small commits 1.10, bulk 1.7, served from
 * SQLite's cache 1.05, scan and point reads with a cold cache 3.0 and 2.0; 0 where a bar belongs to another run).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/db.h"
#include "proto/base/env.h"
#include "proto/base/vault/vault.h"

#define ROUNDS 7
#define SMALL_COMMITS 200
#define BULK_ROWS 60000
#define POINT_READS 4000
#define CACHED_SCANS 10 /* one alone is too short to be measured */
#define TEXT_BYTES 120
#define PATH_BYTES 512

struct side {
	char path[PATH_BYTES];
	bool is_plain;
	double ms[5][ROUNDS];
};

enum { SMALL, BULK, CACHED, SCAN, POINT };

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(int err)
{
	if (err) {
		fprintf(stderr, "bench_vault: %s\n", err_message());
		exit(1);
	}
}

static void insert(struct db *db, int64_t key)
{
	static const char TEXT[TEXT_BYTES] = "a value of the length of an answer";
	struct db_stmt *s;

	must(db_prepare(db, "INSERT INTO t (k, v) VALUES (?1, ?2)", &s));
	db_bind_int(s, 1, key);
	db_bind_text_len(s, 2, TEXT, sizeof TEXT);
	must(db_run(s));
}

static int64_t sum(struct db *db)
{
	int64_t total;

	must(db_query_int(db, "SELECT sum(length(v)) FROM t", &total));
	return total;
}

static void point_reads(struct db *db)
{
	uint64_t random = 1;

	for (int i = 0; i < POINT_READS; i++) {
		struct db_stmt *s;

		random = random * UINT64_C(6364136223846793005) + 1;
		must(db_prepare(db, "SELECT v FROM t WHERE k = ?1", &s));
		db_bind_int(s, 1, (int64_t)(random >> 33) % BULK_ROWS);
		must(db_row(s));
		db_done(s);
	}
}

static struct db *reopen(const struct side *s, struct db *db)
{
	db_close(db);
	must(db_open(s->path, &(struct db_options){ .is_plain = s->is_plain }, &db));
	return db;
}

static void round_of(struct side *s, int round)
{
	struct db *db = reopen(s, NULL);
	double start;

	must(db_exec(db, "DROP TABLE IF EXISTS t; CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT)"));
	start = now_ms();
	for (int i = 0; i < SMALL_COMMITS; i++) {
		must(db_begin(db));
		insert(db, -1 - i);
		must(db_commit(db));
	}
	s->ms[SMALL][round] = now_ms() - start;
	start = now_ms();
	must(db_begin(db));
	for (int i = 0; i < BULK_ROWS; i++)
		insert(db, i);
	must(db_commit(db));
	s->ms[BULK][round] = now_ms() - start;
	must(db_checkpoint(db));
	db = reopen(s, db);
	start = now_ms();
	sum(db);
	s->ms[SCAN][round] = now_ms() - start;
	start = now_ms();
	for (int i = 0; i < CACHED_SCANS; i++)
		sum(db);
	s->ms[CACHED][round] = now_ms() - start;
	db = reopen(s, db);
	start = now_ms();
	point_reads(db);
	s->ms[POINT][round] = now_ms() - start;
	db_close(db);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of the ratios of each round, since both sides of a round share the machine's mood. */
static void figure(const char *name, const struct side *vault, const struct side *plain, int kind, double bar)
{
	double ratio[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		ratio[i] = vault->ms[kind][i] / plain->ms[kind][i];
	qsort(ratio, ROUNDS, sizeof ratio[0], compare);
	printf("vault_%s\t%.2f\tratio\t%.2f\tplain SQLite 1.00, page 4096, XChaCha20-Poly1305\t%s\n", name, ratio[ROUNDS / 2], bar,
	       ratio[ROUNDS / 2] <= bar ? "ok" : "short");
}

int main(void)
{
	static struct side vault, plain = { .is_plain = true };
	const struct vault_kdf kdf = { .mem_bytes = 8 << 20, .passes = 1, .test_weak_kdf = true };
	const char *scratch = getenv("MANDOOB_SCRATCH");
	struct vault_key *key;

	snprintf(vault.path, sizeof vault.path, "%s/bench.vault", scratch ? scratch : ".");
	snprintf(plain.path, sizeof plain.path, "%s/bench.plain", scratch ? scratch : ".");
	must(vault_init(NULL));
	must(vault_create(vault.path, "bench", 5, NULL, &kdf));
	must(vault_unlock(vault.path, "bench", 5, &key));
	for (int i = 0; i < ROUNDS; i++) {
		round_of(i & 1 ? &plain : &vault, i);
		round_of(i & 1 ? &vault : &plain, i);
	}
	figure("small_commits", &vault, &plain, SMALL, 1.10);
	figure("bulk_insert", &vault, &plain, BULK, 1.70);
	figure("scan_in_cache", &vault, &plain, CACHED, 1.05);
	figure("scan_cold", &vault, &plain, SCAN, 3.00);
	figure("point_reads_cold", &vault, &plain, POINT, 2.00);
	vault_lock(key);
	return 0;
}
