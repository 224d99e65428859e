/*
 * bench_vault: the vault beside plain SQLite in the same run. Page 4096, XChaCha20-Poly1305, both with SQLite's cache of 16 MB, WAL and
 * synchronous=FULL. "In cache": served from SQLite's; "cold": SQLite's cache empty, the system's warm.
 *
 * Machines are shared: each kind of work is cut into short steps which both sides take in turn, so that a mood of the machine meets both.
 * A round's ratio is that of the two sums; the figure is the median of the rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/db.h"
#include "proto/base/env.h"
#include "proto/base/vault/vault.h"

#define ROUNDS 9
#define BULK_ROWS 60000
#define BULK_STEPS 60
#define POINT_READS 4000
#define POINT_STEPS 40
#define TEXT_BYTES 120
#define PATH_BYTES 512
#define SIDES 2
#define PEER "plain SQLite 1.00, page 4096, cache 16 MB, XChaCha20-Poly1305"

struct side {
	char path[PATH_BYTES];
	bool is_plain;
	struct db *db;
	uint64_t random;    /* which row is read next */
	double ms;          /* of the kind and round that runs */
};

/* One kind of work: `steps` times before (not timed) and step, for each side in turn; then `after` once, timed. */
struct kind {
	const char *name;
	double bar;
	int steps;
	void (*before)(struct side *s);
	void (*step)(struct side *s, int number);
	void (*after)(struct side *s);
};

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

static void nothing(struct side *s)
{
	(void)s;
}

static void reopen(struct side *s)
{
	db_close(s->db);
	must(db_open(s->path, &(struct db_options){ .is_plain = s->is_plain }, &s->db));
}

static void close_it(struct side *s)
{
	db_close(s->db);
	s->db = NULL;
}

static void commit_one(struct side *s, int number)
{
	must(db_begin(s->db));
	insert(s->db, -1 - number);
	must(db_commit(s->db));
}

/* One transaction over all steps: both sides have theirs open at once, in databases of their own. */
static void bulk_step(struct side *s, int number)
{
	if (number == 0)
		must(db_begin(s->db));
	for (int i = 0; i < BULK_ROWS / BULK_STEPS; i++)
		insert(s->db, number * (BULK_ROWS / BULK_STEPS) + i);
}

static void bulk_end(struct side *s)
{
	must(db_commit(s->db));
	must(db_checkpoint(s->db));
}

static void scan(struct side *s, int number)
{
	int64_t total;

	(void)number;
	must(db_query_int(s->db, "SELECT sum(length(v)) FROM t", &total));
}

static void point_reads(struct side *s, int number)
{
	if (number == 0)
		s->random = 1;
	for (int i = 0; i < POINT_READS / POINT_STEPS; i++) {
		struct db_stmt *q;

		s->random = s->random * UINT64_C(6364136223846793005) + 1;
		must(db_prepare(s->db, "SELECT v FROM t WHERE k = ?1", &q));
		db_bind_int(q, 1, (int64_t)(s->random >> 33) % BULK_ROWS);
		must(db_row(q));
		db_done(q);
	}
}

/* From closed to the first row; the vault is unlocked, as it is for the whole day. */
static void first_read(struct side *s, int number)
{
	int64_t value;

	(void)number;
	reopen(s);
	must(db_query_int(s->db, "SELECT k FROM t LIMIT 1", &value));
}

/* In this order: each finds what the one before left. Point reads find the cache cold, since first_read leaves it so. */
static const struct kind KINDS[] = {
	{ "small_commits", 1.10, 200, nothing, commit_one, nothing },
	{ "bulk_insert", 1.70, BULK_STEPS, nothing, bulk_step, bulk_end },
	{ "scan_in_cache", 1.05, 60, nothing, scan, nothing },
	{ "scan_cold", 3.00, 5, reopen, scan, nothing },
	{ "first_read", 1.50, 50, close_it, first_read, nothing },
	{ "point_reads_cold", 2.00, POINT_STEPS, nothing, point_reads, nothing },
};
#define KIND_COUNT (sizeof KINDS / sizeof KINDS[0])

static void measure(const struct kind *kind, struct side *sides[static SIDES], int round)
{
	for (int i = 0; i < SIDES; i++)
		sides[i]->ms = 0;
	for (int i = 0; i <= kind->steps * SIDES + 1; i++) {
		struct side *s = sides[(i + round + i / SIDES) % SIDES];
		int number = i / SIDES;
		double start;

		if (number < kind->steps)
			kind->before(s);
		start = now_ms();
		if (number < kind->steps)
			kind->step(s, number);
		else
			kind->after(s);
		s->ms += now_ms() - start;
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void round_of(struct side *sides[static SIDES], int round, double ratios[][ROUNDS])
{
	for (int i = 0; i < SIDES; i++) {
		reopen(sides[i]);
		must(db_exec(sides[i]->db, "DROP TABLE IF EXISTS t; CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT)"));
		must(db_checkpoint(sides[i]->db));
	}
	for (size_t k = 0; k < KIND_COUNT; k++) {
		measure(&KINDS[k], sides, round);
		ratios[k][round] = sides[0]->ms / sides[1]->ms;
	}
	for (int i = 0; i < SIDES; i++)
		close_it(sides[i]);
}

int main(void)
{
	static struct side vault, plain = { .is_plain = true };
	static double ratios[KIND_COUNT][ROUNDS];
	const struct vault_kdf kdf = { .mem_bytes = 8 << 20, .passes = 1, .test_weak_kdf = true };
	const char *scratch = getenv("MANDOOB_SCRATCH");
	struct vault_key *key;

	snprintf(vault.path, sizeof vault.path, "%s/bench.vault", scratch ? scratch : ".");
	snprintf(plain.path, sizeof plain.path, "%s/bench.plain", scratch ? scratch : ".");
	must(vault_init(NULL));
	must(vault_create(vault.path, "bench", 5, NULL, &kdf));
	must(vault_unlock(vault.path, "bench", 5, &key));
	for (int i = 0; i < ROUNDS; i++)
		round_of((struct side *[SIDES]){ &vault, &plain }, i, ratios);
	for (size_t k = 0; k < KIND_COUNT; k++) {
		double median;

		qsort(ratios[k], ROUNDS, sizeof ratios[k][0], compare);
		median = ratios[k][ROUNDS / 2];
		printf("vault_%s\t%.2f\tratio\t%.2f\t" PEER "\t%s\n", KINDS[k].name, median, KINDS[k].bar,
			median <= KINDS[k].bar ? "ok" : "short");
	}
	vault_lock(key);
	return 0;
}
