/*
 * bench_merge: durable change sets merged per second, beside bare SQLite writing the same rows.
 *
 * Sixty-four devices bring one sample application each per round; a round is opened, taken in by one transaction, committed
 * and answered: signatures, sealed boxes, inflating, decoding, checking, merging, receipts, encrypted pages and the sync are
 * all in the time. As in `serve`, opening and answering run on as many threads as there are processors, and one thread writes; here
 * the three follow each other, so nothing is hidden by overlap. The peer then writes the very rows that the centre wrote (read back
 * from its store) into a plain SQLite file with the same schema, pragmas and commit grouping, through statements prepared once. Both
 * run in turns of rounds in the same process. Every device has a branch of its own, so that answers carry receipts and no foreign
 * cases.
 *
 *     bench_merge [ROUNDS]
 */
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/log.h"
#include "server/centre_store.h"
#include "tests/lib/centrekit.h"
#include "tests/lib/sample.h"

#define DEVICES 64
#define ROUNDS 12
#define ROUNDS_MAX 1000
#define BAR 0.4
#define THREADS_MAX 8

static void must(int err)
{
	if (err == 0)
		return;
	fprintf(stderr, "bench_merge: %s: %s\n", err_name(err), err_message());
	exit(1);
}

static void must_sql(int rc, sqlite3 *db)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE)
		return;
	fprintf(stderr, "bench_merge: peer: %s\n", sqlite3_errmsg(db));
	exit(1);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- The peer ---- */

/*
 * Which rows of a table one round wrote (bound: the bounds below), and how the peer writes them. Column kinds: i integer, t text, b
 * blob.
 */
struct table {
	const char *kinds;
	const char *read;
	const char *write;
};

static const struct table TABLES[] = {
	{ "iiibiiiiiiibiiit",
		"SELECT group_id, site, number, hash, seq, case_id, author, role, form_id, wall_ms, mono_ms, "
			"boot_id, seen, received_ms, 0, reason "
		"FROM edit_group WHERE group_id > ?1 AND group_id <= ?2 ORDER BY group_id",
		"INSERT INTO edit_group (group_id, site, number, hash, seq, case_id, author, role, form_id, wall_ms, "
			"mono_ms, boot_id, seen, "
		"received_ms, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?16)" },
	{ "iiittii",
		"SELECT group_id, position, entry_id, field, value, outcome, at FROM edit WHERE group_id > ?1 AND group_id <= ?2 "
		"ORDER BY group_id, position",
		"INSERT INTO edit (group_id, position, entry_id, field, value, outcome, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)" },
	{ "iittiiitt",
		"SELECT r.case_id, r.entry_id, r.field, r.value, r.at, r.writer, r.author, r.reason, r.entry_type FROM edit_group g "
		"JOIN edit e ON e.group_id = g.group_id JOIN register r ON r.case_id = g.case_id AND r.entry_id = "
			"e.entry_id AND r.field = e.field "
		"WHERE g.group_id > ?1 AND g.group_id <= ?2 ORDER BY g.group_id, e.position",
		"INSERT INTO register (case_id, entry_id, field, value, at, writer, author, reason, entry_type) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)" },
	{ "iiiiiiii",
		"SELECT k.case_id, k.branch_id, k.form_id, k.opened_ms, k.opened_by, k.changed_at, k.others_at, "
			"k.scope_at FROM edit_group g "
		"JOIN aid_case k ON k.case_id = g.case_id WHERE g.group_id > ?1 AND g.group_id <= ?2 ORDER BY g.group_id",
		"INSERT INTO aid_case (case_id, branch_id, form_id, opened_ms, opened_by, changed_at, others_at, scope_at) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)" },
	{ "iibibi",
		"SELECT v.site, v.seq, v.hash, v.state, v.receipt, v.received_ms FROM edit_group g JOIN envelope v "
			"ON v.site = g.site AND v.seq = g.seq "
		"WHERE g.group_id > ?1 AND g.group_id <= ?2 ORDER BY g.group_id",
		"INSERT INTO envelope (site, seq, hash, state, receipt, received_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)" },
	{ "iibi",
		"SELECT s.site, s.applied, s.hash, s.last_group FROM edit_group g JOIN site s ON s.site = g.site "
		"WHERE g.group_id > ?1 AND g.group_id <= ?2 ORDER BY g.group_id",
		"UPDATE site SET applied = ?2, hash = ?3, last_group = ?4 WHERE site = ?1" },
	{ "iii",
		"SELECT b.branch_id, b.digest_0, b.digest_1 FROM edit_group g JOIN aid_case k ON k.case_id = g.case_id "
		"JOIN branch b ON b.branch_id = k.branch_id WHERE g.group_id > ?1 AND g.group_id <= ?2 ORDER BY g.group_id",
		"UPDATE branch SET digest_0 = ?2, digest_1 = ?3 WHERE branch_id = ?1" },
	{ "iii",
		"SELECT d.device, d.contact_ms, d.contact FROM edit_group g JOIN site s ON s.site = g.site JOIN "
			"device d ON d.device = s.device "
		"WHERE g.group_id > ?1 AND g.group_id <= ?2 ORDER BY g.group_id",
		"UPDATE device SET contact_ms = ?2, contact = ?3 WHERE device = ?1" },
	{ "ii", "SELECT max(e.at), 0 FROM edit e WHERE e.group_id > ?1 AND e.group_id <= ?2 GROUP BY e.group_id",
		"UPDATE meta SET value = ?1 + ?2 WHERE key = 'sequence'" },
};
#define TABLE_COUNT (sizeof TABLES / sizeof TABLES[0])

struct cell {
	bool is_null;
	int64_t number;
	char *bytes; /* owned */
	size_t len;
};

struct rows { /* of one table and one round */
	struct cell *cells;
	size_t count;
};

struct peer {
	sqlite3 *db;
	char path[96];
	sqlite3_stmt *write[TABLE_COUNT];
	size_t row_count;
};

static void peer_open(struct peer *p, const char *dir)
{
	static const char PRAGMAS[] =
		"PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA temp_store=MEMORY; PRAGMA synchronous=FULL;"
		"PRAGMA cache_size=-16000; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON";

	snprintf(p->path, sizeof p->path, "%s/peer.db", dir);
	must_sql(sqlite3_open(p->path, &p->db), p->db);
	must_sql(sqlite3_exec(p->db, PRAGMAS, NULL, NULL, NULL), p->db);
	for (size_t i = 0; i < server_schema_count; i++)
		must_sql(sqlite3_exec(p->db, server_schema[i].sql, NULL, NULL, NULL), p->db);
	for (size_t t = 0; t < TABLE_COUNT; t++)
		must_sql(sqlite3_prepare_v2(p->db, TABLES[t].write, -1, &p->write[t], NULL), p->db);
}

/* What the rows refer to: as many branches, people, devices and sites as the centre has, and its form. */
static void peer_fill(struct peer *p)
{
	static const char FILL[] =
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO branch "
			"(branch_id, name) SELECT i, 'b' || i FROM n;"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO person "
			"(person_id, name, role, made_ms) SELECT i, 'p' || i, 1, 0 FROM n;"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO device "
			"(device, device_id, name, branch_id, person_id, sign_public, box_public, enrolled_ms) SELECT i, i, "
			"'d', i, i, x'00', x'00', 0 FROM n;"
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO site "
			"(site, device, incarnation, hash, made_ms) SELECT i, i, 1, x'00', 0 FROM n;"
		"INSERT INTO form (form_id, hash, name, version, text, published_ms) VALUES (1, x'00', 'f', '1', 't', 0);"
		"INSERT INTO meta (key, value) VALUES ('sequence', 0)";

	must_sql(sqlite3_exec(p->db, FILL, NULL, NULL, NULL), p->db);
}

static void peer_close(struct peer *p)
{
	for (size_t t = 0; t < TABLE_COUNT; t++)
		sqlite3_finalize(p->write[t]);
	sqlite3_close(p->db);
}

static struct cell read_cell(struct db_stmt *s, int column, char kind)
{
	struct cell x = { .is_null = db_is_null(s, column) };
	const void *data;

	if (kind == 'i') {
		x.number = db_int(s, column);
		return x;
	}
	data = kind == 't' ? (const void *)db_text_len(s, column, &x.len) : db_blob(s, column, &x.len);
	x.bytes = malloc(x.len + 1);
	if (!x.bytes)
		exit(1);
	if (x.len)
		memcpy(x.bytes, data, x.len);
	return x;
}

static struct rows read_rows(struct centrekit *k, const struct table *t, int64_t above, int64_t last)
{
	size_t columns = strlen(t->kinds);
	struct rows r = { NULL, 0 };
	struct db_stmt *s;
	int got;

	must(db_prepare(k->c->db, t->read, &s));
	db_bind_int(s, 1, above);
	db_bind_int(s, 2, last);
	while ((got = db_step(s)) == 1) {
		r.cells = realloc(r.cells, (r.count + 1) * columns * sizeof *r.cells);
		if (!r.cells)
			exit(1);
		for (size_t i = 0; i < columns; i++)
			r.cells[r.count * columns + i] = read_cell(s, (int)i, t->kinds[i]);
		r.count++;
	}
	db_done(s);
	must(got);
	return r;
}

static void write_rows(struct peer *p, size_t table, const struct rows *r)
{
	const char *kinds = TABLES[table].kinds;
	size_t columns = strlen(kinds);
	sqlite3_stmt *s = p->write[table];

	for (size_t i = 0; i < r->count; i++) {
		for (size_t n = 0; n < columns; n++) {
			const struct cell *x = &r->cells[i * columns + n];

			if (x->is_null)
				sqlite3_bind_null(s, (int)n + 1);
			else if (kinds[n] == 'i')
				sqlite3_bind_int64(s, (int)n + 1, x->number);
			else if (kinds[n] == 't')
				sqlite3_bind_text(s, (int)n + 1, x->bytes, (int)x->len, SQLITE_STATIC);
			else
				sqlite3_bind_blob(s, (int)n + 1, x->bytes, (int)x->len, SQLITE_STATIC);
		}
		must_sql(sqlite3_step(s), p->db);
		sqlite3_reset(s);
		p->row_count++;
	}
}

static void free_rows(size_t table, struct rows *r)
{
	for (size_t i = 0; i < r->count * strlen(TABLES[table].kinds); i++)
		free(r->cells[i].bytes);
	free(r->cells);
}

/* The rows of groups above..last by one transaction; gives the seconds it took. */
static double peer_round(struct peer *p, struct centrekit *k, int64_t above, int64_t last)
{
	struct rows rows[TABLE_COUNT];
	double begin, end;

	for (size_t t = 0; t < TABLE_COUNT; t++)
		rows[t] = read_rows(k, &TABLES[t], above, last);
	begin = now_s();
	must_sql(sqlite3_exec(p->db, "BEGIN IMMEDIATE", NULL, NULL, NULL), p->db);
	for (size_t t = 0; t < TABLE_COUNT; t++)
		write_rows(p, t, &rows[t]);
	must_sql(sqlite3_exec(p->db, "COMMIT", NULL, NULL, NULL), p->db);
	end = now_s();
	for (size_t t = 0; t < TABLE_COUNT; t++)
		free_rows(t, &rows[t]);
	return end - begin;
}

/* ---- The centre ---- */

struct bench {
	struct centrekit k;
	struct device devices[DEVICES];
	struct buf requests[DEVICES];
	struct buf answers[DEVICES];
	struct intake_request *opened[DEVICES];
	struct intake_result results[DEVICES];
	double open_s, take_s, commit_s, answer_s;
};

static void add_branch(struct centrekit *k, int64_t branch)
{
	char name[16];
	struct db_stmt *s;

	snprintf(name, sizeof name, "b%lld", (long long)branch);
	must(db_prepare(k->c->db, "INSERT INTO branch (branch_id, name) VALUES (?1, ?2)", &s));
	db_bind_int(s, 1, branch);
	db_bind_text(s, 2, name);
	must(db_run(s));
}

static void prepare_round(struct bench *b, uint32_t round)
{
	for (uint32_t i = 0; i < DEVICES; i++) {
		struct device *d = &b->devices[i];
		struct sample_arena arena = { NULL, 0 };
		struct edit_group g;
		struct sample *s;

		must(sample_application(d->form, 42, round * DEVICES + i, &s));
		must(sample_group(d->form, s, d->site, &d->counter, &g, &arena));
		device_write_group(d, &g);
		device_seal(d);
		buf_clear(&b->requests[i]);
		buf_clear(&b->answers[i]);
		device_request(d, &b->requests[i]);
		sample_arena_fini(&arena);
		sample_free(s);
	}
}

/* A share of one round's opening or answering. */
struct share {
	struct bench *b;
	size_t first, step;
	bool answers;
};

static void *work(void *arg)
{
	struct share *x = arg;
	struct bench *b = x->b;

	for (size_t i = x->first; i < DEVICES; i += x->step)
		if (x->answers)
			must(intake_answer(b->k.c, &b->results[i], &b->answers[i]));
		else
			must(intake_open(b->k.c, b->requests[i].data, b->requests[i].len, &b->opened[i]));
	return NULL;
}

static void share_out(struct bench *b, bool answers)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : (size_t)processors;
	struct share shares[THREADS_MAX];
	pthread_t threads[THREADS_MAX];

	for (size_t i = 0; i < count; i++) {
		shares[i] = (struct share){ .b = b, .first = i, .step = count, .answers = answers };
		if (pthread_create(&threads[i], NULL, work, &shares[i]) != 0)
			exit(1);
	}
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

/* What is not in the time: the devices read their answers. */
static void take_answers(struct bench *b)
{
	for (size_t i = 0; i < DEVICES; i++) {
		intake_request_free(b->opened[i]);
		intake_result_fini(&b->results[i]);
		must(device_take(&b->devices[i], b->answers[i].data, b->answers[i].len));
		if (!b->devices[i].digest_matches)
			exit(1);
	}
}

static double centre_round(struct bench *b)
{
	double t0 = now_s(), t1, t2, t3, t4;

	share_out(b, false);
	t1 = now_s();
	must(db_begin(b->k.c->db));
	for (size_t i = 0; i < DEVICES; i++) {
		must(intake_take(b->k.c, b->opened[i], &b->results[i]));
		must(b->results[i].refused);
	}
	t2 = now_s();
	must(db_commit(b->k.c->db));
	t3 = now_s();
	share_out(b, true);
	t4 = now_s();
	take_answers(b);
	b->open_s += t1 - t0;
	b->take_s += t2 - t1;
	b->commit_s += t3 - t2;
	b->answer_s += t4 - t3;
	return t4 - t0;
}

/* Contacts without news, so that the devices have the centre's forms and lists, as on every day but the first. */
static void fetch_papers(struct bench *b)
{
	bool is_more = true;

	while (is_more) {
		for (size_t i = 0; i < DEVICES; i++) {
			buf_clear(&b->requests[i]);
			buf_clear(&b->answers[i]);
			device_request(&b->devices[i], &b->requests[i]);
		}
		(void)centre_round(b);
		is_more = false;
		for (size_t i = 0; i < DEVICES; i++)
			is_more = is_more || b->devices[i].more;
	}
	b->open_s = b->take_s = b->commit_s = b->answer_s = 0;
}

static uint32_t rounds_of(int argc, char **argv)
{
	char *end;
	unsigned long n;

	if (argc < 2)
		return ROUNDS;
	errno = 0;
	n = strtoul(argv[1], &end, 10);
	if (errno || *end || n < 1 || n > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_merge [ROUNDS]\n");
		exit(2);
	}
	return (uint32_t)n;
}

static void begin(struct bench *b, struct peer *peer)
{
	centrekit_open(&b->k);
	for (uint32_t i = 0; i < DEVICES; i++) {
		add_branch(&b->k, 10 + i);
		centrekit_enrol(&b->k, &b->devices[i], 100 + i, 10 + i);
		buf_init(&b->requests[i], MESSAGE_REQUEST_BYTES_MAX);
		buf_init(&b->answers[i], MESSAGE_ANSWER_BYTES_MAX);
	}
	must(library_refresh(b->k.c->library, b->k.c->db));
	fetch_papers(b);
	peer_open(peer, b->k.dir);
	peer_fill(peer);
}

static void end(struct bench *b, struct peer *peer)
{
	peer_close(peer);
	for (uint32_t i = 0; i < DEVICES; i++) {
		device_fini(&b->devices[i]);
		buf_fini(&b->requests[i]);
		buf_fini(&b->answers[i]);
	}
	centrekit_close(&b->k);
	free(b);
}

int main(int argc, char **argv)
{
	struct bench *b = calloc(1, sizeof *b);
	uint32_t rounds = rounds_of(argc, argv);
	struct peer peer = { .row_count = 0 };
	double ours = 0, theirs = 0, sets = (double)rounds * DEVICES;
	int64_t group = 0;

	if (!b)
		return 1;
	log_open(LOG_ERROR);
	begin(b, &peer);
	for (uint32_t round = 0; round < rounds; round++) {
		prepare_round(b, round);
		ours += centre_round(b);
		theirs += peer_round(&peer, &b->k, group, group + DEVICES);
		group += DEVICES;
	}
	printf("merge_durable_per_s\t%.0f\tchange sets/s\t%.2f of peer\tbare SQLite writing the same rows: %.0f; ratio %.2f\t%s\n",
		sets / ours, BAR, sets / theirs, theirs / ours, theirs / ours >= BAR ? "ok" : "short");
	fprintf(stderr, "merge_durable_per_s: per set, us: open %.0f take %.0f commit %.0f answer %.0f; peer %.0f for %zu rows\n",
		b->open_s / sets * 1e6, b->take_s / sets * 1e6, b->commit_s / sets * 1e6, b->answer_s / sets * 1e6, theirs / sets * 1e6,
		peer.row_count / (size_t)sets);
	end(b, &peer);
	return 0;
}
