/*
 * vaultload: several processes and threads work on one vault for some seconds, and nothing that was committed may be lost, torn or
 * called stale; a program of its own, for tests in shell and for the thread sanitizer.
 *
 *	vaultload FOLDER SECONDS [SEED]
 *
 * Two processes of four threads each: two writers, a reader, and one that checkpoints, verifies, copies, unlocks and changes the
 * passphrase (to the same one) in between. All close and open again now and then. Status 0: all was right.
 *
 * Commit number c of a writer touches its row n = (c - 1) % ROWS + 1, so that the state after c commits is known to the letter: row n
 * is in turn (c - n) / ROWS and its note is made of writer, n and turn. Beside that big blobs come and go, so that transactions spill
 * into the WAL before they end and the file grows and shrinks. Writers count their commits in memory that both processes share: what
 * was committed before a reader began must be in what it reads.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/db.h"
#include "proto/base/err.h"
#include "proto/base/vault/vault.h"

#define PROCESSES 2
#define THREADS 4
#define WRITERS_EACH 2                  /* threads 0 and 1 of each process; 2 reads, 3 keeps */
#define WRITERS (PROCESSES * WRITERS_EACH)
#define ROWS "300"                      /* of each writer */
#define PASSPHRASE "correct horse"
#define PATH_BYTES 400
#define BUSY_MS 60000                   /* under a sanitizer and on a busy machine all take long */
#define SECONDS_MAX 86400

static const struct vault_kdf WEAK = { .mem_bytes = 8192, .passes = 1, .test_weak_kdf = true };

#define NOTE(writer, n, turn) \
	"printf('%d %d %d %s', " writer ", " n ", " turn ", hex(zeroblob(50 + (" n " * 7 + " turn " * 13) % 400)))"

/* What all processes see. */
struct board {
	atomic_bool is_over;                    /* time is up, or something was wrong */
	atomic_int failures;
	_Atomic int64_t commits[WRITERS];       /* that have returned */
	_Atomic int64_t undone, reads, checks, checkpoints, verifies, fresh, unknown, copies, opens, busy;
};

struct worker {
	struct board *board;
	const char *path;
	struct vault_key *key;                  /* of this process, borrowed */
	int process;
	int thread;
	uint64_t random;                        /* state of xorshift64, never 0 */
	struct db *db;
};

__attribute__((format(printf, 2, 3))) static void failed(struct worker *w, const char *format, ...)
{
	char line[600];
	va_list words;

	va_start(words, format);
	vsnprintf(line, sizeof line, format, words);
	va_end(words);
	fprintf(stderr, "process %d thread %d: %s\n", w->process, w->thread, line);
	atomic_fetch_add(&w->board->failures, 1);
	atomic_store(&w->board->is_over, true);
}

static uint64_t choose(struct worker *w, uint64_t below)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random % below;
}

/* Whether the call succeeded; that the vault is busy is counted, everything else is a failure. */
static bool done(struct worker *w, int rc, const char *what)
{
	if (rc == ERR_BUSY)
		atomic_fetch_add(&w->board->busy, 1);
	else if (rc != 0)
		failed(w, "%s: %d: %s", what, rc, err_message());
	return rc == 0;
}

static bool reopen(struct worker *w, bool is_read_only)
{
	struct db_options options = { .is_read_only = is_read_only, .busy_timeout_ms = BUSY_MS };

	db_close(w->db);
	w->db = NULL;
	atomic_fetch_add(&w->board->opens, 1);
	return done(w, db_open(w->path, &options, &w->db), "open");
}

/* ---- writing ---- */

static int row_put(struct worker *w, int writer, int64_t commit)
{
	struct db_stmt *s;
	int rc = db_prepare(w->db, "INSERT INTO visit(writer, n, turn, note) VALUES (?1, (?2 - 1) % " ROWS " + 1, 0, "
		NOTE("?1", "?2", "0") ") ON CONFLICT DO UPDATE SET turn = turn + 1, note = " NOTE("writer", "n", "(turn + 1)"), &s);

	if (rc != 0)
		return rc;
	db_bind_int(s, 1, writer);
	db_bind_int(s, 2, commit);
	rc = db_run(s);
	if (rc == 0)
		rc = db_prepare(w->db, "UPDATE writer SET commits = ?2 WHERE id = ?1", &s);
	if (rc != 0)
		return rc;
	db_bind_int(s, 1, writer);
	db_bind_int(s, 2, commit);
	return db_run(s);
}

/* Blobs bigger than the cache come, or all of them go and the file shrinks. */
static int ballast_move(struct worker *w)
{
	switch (choose(w, 12)) {
	case 0:
		return db_exec(w->db, "INSERT INTO ballast(body) VALUES (zeroblob(150000)); UPDATE ballast SET body = body || x'01'");
	case 1:
		return db_exec(w->db, "DELETE FROM ballast; PRAGMA incremental_vacuum");
	case 2:
		return db_exec(w->db, "DELETE FROM ballast WHERE id % 2 = 0; PRAGMA incremental_vacuum(20)");
	default:
		return 0;
	}
}

static void undo_something(struct worker *w)
{
	if (!done(w, db_savepoint(w->db), "savepoint"))
		return;
	if (done(w, db_exec(w->db, "UPDATE visit SET note = 'undone' WHERE n % 3 = 0"), "what will be undone"))
		atomic_fetch_add(&w->board->undone, 1);
	db_undo(w->db);
}

static void write_once(struct worker *w, int writer)
{
	int64_t commit = atomic_load(&w->board->commits[writer]) + 1;
	int rc;

	if (choose(w, 60) == 0 && !reopen(w, false))
		return;
	if (choose(w, 20) == 0)
		done(w, db_exec(w->db, choose(w, 2) ? "PRAGMA cache_size = 10" : "PRAGMA cache_size = -16000"), "cache");
	if (!done(w, db_begin(w->db), "begin"))
		return;
	rc = row_put(w, writer, commit);
	if (rc == 0)
		rc = ballast_move(w);
	if (rc == 0 && choose(w, 8) == 0)
		undo_something(w);
	if (rc == 0 && choose(w, 10) != 0) {
		rc = db_commit(w->db);
		if (rc == 0)
			atomic_store(&w->board->commits[writer], commit);
	}
	db_rollback(w->db);
	done(w, rc, "write");
}

/* ---- reading ---- */

static int64_t number(struct worker *w, const char *sql)
{
	int64_t n = -1;

	done(w, db_query_int(w->db, sql, &n), sql);
	return n;
}

/* All writers, as of this snapshot, against what they had committed before it. */
static void commits_check(struct worker *w, const int64_t before[static WRITERS])
{
	struct db_stmt *s;
	int rc;

	if (!done(w, db_prepare(w->db, "SELECT id, commits FROM writer", &s), "prepare"))
		return;
	while ((rc = db_step(s)) == 1)
		if (db_int(s, 1) < before[db_int(s, 0)])
			failed(w, "writer %" PRId64 " had committed %" PRId64 " and has %" PRId64, db_int(s, 0), before[db_int(s, 0)],
				db_int(s, 1));
	done(w, rc, "commits");
	db_done(s);
}

static void content_check(struct worker *w)
{
	int64_t wrong = number(w, "SELECT count(*) FROM writer w JOIN visit v ON v.writer = w.id "
		"WHERE v.turn <> (w.commits - v.n) / " ROWS " OR v.note <> " NOTE("w.id", "v.n", "v.turn"));
	int64_t missing = number(w, "SELECT count(*) FROM writer w WHERE min(w.commits, " ROWS ") <> "
		"(SELECT count(*) FROM visit WHERE writer = w.id)");

	if (wrong > 0 || missing > 0)
		failed(w, "%" PRId64 " wrong rows, %" PRId64 " writers with missing rows", wrong, missing);
}

static void read_once(struct worker *w)
{
	int64_t before[WRITERS];

	if (choose(w, 10) == 0 && !reopen(w, choose(w, 5) != 0)) /* a handle that can write waits for its turn */
		return;
	if (choose(w, 25) == 0) {
		done(w, db_check(w->db), "check");
		atomic_fetch_add(&w->board->checks, 1);
	}
	for (int i = 0; i < WRITERS; i++)
		before[i] = atomic_load(&w->board->commits[i]);
	if (!done(w, db_begin(w->db), "begin to read"))
		return;
	commits_check(w, before);
	content_check(w);
	db_rollback(w->db);
	atomic_fetch_add(&w->board->reads, 1);
}

/* ---- keeping ---- */

static void checkpoint(struct worker *w)
{
	static const char *const SQL[] = {
		"PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(FULL)",
		"PRAGMA wal_checkpoint(RESTART)", "PRAGMA wal_checkpoint(TRUNCATE)",
	};

	done(w, db_exec(w->db, SQL[choose(w, sizeof SQL / sizeof SQL[0])]), "checkpoint");
	atomic_fetch_add(&w->board->checkpoints, 1);
}

/* The file may change all the while, so freshness may be unknown; stale it never is, and no page is bad. */
static void verify(struct worker *w)
{
	struct vault_report report;

	if (!done(w, vault_verify(w->key, NULL, &report), "verify"))
		return;
	atomic_fetch_add(&w->board->verifies, 1);
	atomic_fetch_add(report.freshness == VAULT_FRESH ? &w->board->fresh : &w->board->unknown, 1);
	if (report.bad_count > 0 || report.prefix_count == 0)
		failed(w, "%" PRIu64 " of %" PRIu64 " pages bad, the first is %" PRIu64 "; %u prefix copies", report.bad_count,
			report.page_count, report.first_bad_page, report.prefix_count);
	if (report.freshness == VAULT_STALE)
		failed(w, "called stale");
}

static void copy(struct worker *w)
{
	struct worker other = *w;
	struct vault_report report;
	char path[PATH_BYTES];

	snprintf(path, sizeof path, "%s.copy%d", w->path, w->process);
	other.path = path;
	other.db = NULL;
	if (!done(w, vault_copy(w->key, path), "copy"))
		return;
	if (reopen(&other, false)) {
		content_check(&other);
		done(w, db_check(other.db), "check of the copy");
	}
	db_close(other.db);
	if (done(w, vault_verify(w->key, path, &report), "verify of the copy") && (report.bad_count > 0 || report.freshness == VAULT_STALE))
		failed(w, "the copy has %" PRIu64 " bad pages, freshness %d", report.bad_count, (int)report.freshness);
	unlink(path);
	w->random = other.random;
	atomic_fetch_add(&w->board->copies, 1);
}

/* A second handle comes and goes; the passphrase is changed while others read the prefix. */
static void keys(struct worker *w)
{
	struct vault_key *second;

	if (choose(w, 2))
		done(w, vault_passphrase_change(w->key, PASSPHRASE, strlen(PASSPHRASE), &WEAK), "passphrase");
	if (done(w, vault_unlock(w->path, PASSPHRASE, strlen(PASSPHRASE), &second), "unlock"))
		vault_lock(second);
	if (choose(w, 4) == 0)
		done(w, vault_init(NULL), "init");
}

static void keep_once(struct worker *w)
{
	uint64_t what = choose(w, 40);

	if (what < 22)
		checkpoint(w);
	else if (what < 32)
		verify(w);
	else if (what < 35)
		keys(w);
	else if (what < 39)
		reopen(w, false);
	else
		copy(w);
}

/* ---- threads and processes ---- */

static void *work(void *arg)
{
	struct worker *w = arg;
	bool is_reader = w->thread == WRITERS_EACH;
	bool going = reopen(w, is_reader);

	while (going && !atomic_load(&w->board->is_over)) {
		if (!w->db && !reopen(w, is_reader))
			continue;
		if (w->thread < WRITERS_EACH)
			write_once(w, w->process * WRITERS_EACH + w->thread);
		else if (is_reader)
			read_once(w);
		else
			keep_once(w);
	}
	db_close(w->db);
	return NULL;
}

static int process_run(struct board *board, const char *path, int process, uint64_t seed)
{
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	struct vault_key *key;

	if (vault_unlock(path, PASSPHRASE, strlen(PASSPHRASE), &key) != 0) {
		fprintf(stderr, "%s\n", err_message());
		return 1;
	}
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .board = board, .path = path, .key = key, .process = process, .thread = i };
		workers[i].random = (seed + (uint64_t)(process * THREADS + i + 1)) * UINT64_C(0x9e3779b97f4a7c15) | 1;
		if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
			abort();
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	vault_lock(key);
	return 0;
}

static void build(struct worker *w)
{
	if (!done(w, vault_create(w->path, PASSPHRASE, strlen(PASSPHRASE), NULL, &WEAK), "create") ||
	    !done(w, vault_unlock(w->path, PASSPHRASE, strlen(PASSPHRASE), &w->key), "unlock"))
		return;
	if (reopen(w, false))
		done(w, db_exec(w->db, "PRAGMA auto_vacuum = INCREMENTAL; VACUUM;"
			"CREATE TABLE writer(id INTEGER PRIMARY KEY, commits INTEGER NOT NULL);"
			"CREATE TABLE visit(writer INTEGER, n INTEGER, turn INTEGER, note TEXT, PRIMARY KEY(writer, n));"
			"CREATE INDEX visit_turn ON visit(turn, n); CREATE TABLE ballast(id INTEGER PRIMARY KEY, body BLOB);"
			"WITH RECURSIVE w(id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM w) INSERT INTO writer SELECT id, 0 FROM w LIMIT 4"),
			"tables");
	db_close(w->db);
	w->db = NULL;
	vault_lock(w->key);
	w->key = NULL;
}

/* After all have ended: everything is there, the file is whole, and the record of all pages agrees with it. */
static void judge(struct worker *w)
{
	int64_t before[WRITERS];

	if (!done(w, vault_unlock(w->path, PASSPHRASE, strlen(PASSPHRASE), &w->key), "unlock"))
		return;
	if (reopen(w, false)) {
		for (int i = 0; i < WRITERS; i++)
			before[i] = atomic_load(&w->board->commits[i]);
		commits_check(w, before);
		content_check(w);
		done(w, db_check(w->db), "check");
		done(w, db_exec(w->db, "PRAGMA wal_checkpoint(TRUNCATE)"), "checkpoint");
	}
	db_close(w->db);
	verify(w);
	vault_lock(w->key);
}

static void tell(struct board *b)
{
	int64_t commits = 0;

	for (int i = 0; i < WRITERS; i++)
		commits += atomic_load(&b->commits[i]);
	printf("%" PRId64 " commits, %" PRId64 " undone, %" PRId64 " reads, %" PRId64 " checks, %" PRId64 " checkpoints, ", commits,
		atomic_load(&b->undone), atomic_load(&b->reads), atomic_load(&b->checks), atomic_load(&b->checkpoints));
	printf("%" PRId64 " verified (%" PRId64 " fresh, %" PRId64 " unknown), ", atomic_load(&b->verifies), atomic_load(&b->fresh),
		atomic_load(&b->unknown));
	printf("%" PRId64 " copies, %" PRId64 " opens, %" PRId64 " times busy\n", atomic_load(&b->copies), atomic_load(&b->opens),
		atomic_load(&b->busy));
}

static void load_run(struct board *board, const char *path, unsigned seconds, uint64_t seed)
{
	pid_t children[PROCESSES];

	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0)
			exit(process_run(board, path, i, seed));
	}
	for (unsigned i = 0; i < seconds * 10 && !atomic_load(&board->is_over); i++)
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	atomic_store(&board->is_over, true);
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		if (children[i] < 0 || waitpid(children[i], &status, 0) != children[i] || status != 0) {
			fprintf(stderr, "process %d did not end well\n", i);
			atomic_fetch_add(&board->failures, 1);
		}
	}
}

int main(int argc, char **argv)
{
	struct worker w = { .process = -1, .random = 1 };
	char path[PATH_BYTES - 16];
	unsigned long seconds = argc >= 3 ? strtoul(argv[2], NULL, 10) : 0;
	uint64_t seed = argc == 4 ? strtoull(argv[3], NULL, 10) : 1;

	if (argc < 3 || argc > 4 || seconds < 1 || seconds > SECONDS_MAX ||
	    snprintf(path, sizeof path, "%s/load.vault", argv[1]) >= (int)sizeof path) {
		fprintf(stderr, "usage: vaultload FOLDER SECONDS [SEED]\n");
		return 2;
	}
	w.path = path;
	w.board = mmap(NULL, sizeof *w.board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w.board == MAP_FAILED)
		return 1;
	build(&w);
	if (atomic_load(&w.board->failures) == 0) {
		load_run(w.board, path, (unsigned)seconds, seed);
		judge(&w);
	}
	tell(w.board);
	return atomic_load(&w.board->failures) == 0 ? 0 : 1;
}
