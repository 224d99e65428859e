/*
 * verify: see verify.h. The walk goes case by case, so that memory does not grow with the store.
 */
#include "server/admin/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/chain.h"
#include "proto/form/plan.h"
#include "proto/form/reflist.h"
#include "proto/receipt.h"
#include "proto/record.h"

struct walk {
	struct centre *c;
	struct db *db; /* a handle of its own, read only: nobody who writes waits for the walk; owned */
	struct verify_report *out;
	uint8_t *keys; /* signing keys of all manifests, contiguous; owned */
	size_t key_count;
	uint64_t newest; /* highest `at` met */
};

static void finding(struct walk *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void finding(struct walk *w, const char *fmt, ...)
{
	char line[256];
	va_list args;

	if (++w->out->findings > VERIFY_FINDINGS_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	buf_printf(&w->out->text, "%s\n", line);
}

/* ---- Registers against the ledger, one case ---- */

struct case_marks {
	uint64_t changed_at;
	uint64_t others_at;
	uint32_t opened_by;
	struct record_digest digest;
};

/* Accepted edits of a case in the order of its registers, the newest of each address first. */
static const char WRITES[] =
	"SELECT e.entry_id, e.field, e.value, e.at, g.site, g.author FROM edit_group g JOIN edit e ON e.group_id = g.group_id "
	"WHERE g.case_id = ?1 AND e.outcome = 0 ORDER BY e.entry_id, e.field, e.at DESC";
static const char REGISTERS[] =
	"SELECT entry_id, field, value, at, writer, author FROM register WHERE case_id = ?1 ORDER BY entry_id, field";

static int compare_address(struct db_stmt *a, struct db_stmt *b)
{
	int64_t x = db_int(a, 0);
	int64_t y = db_int(b, 0);

	return x != y ? (x < y ? -1 : 1) : strcmp(db_text(a, 1), db_text(b, 1));
}

static bool same_text(struct db_stmt *a, struct db_stmt *b, int column)
{
	size_t a_len;
	size_t b_len;
	const char *x = db_text_len(a, column, &a_len);
	const char *y = db_text_len(b, column, &b_len);

	return a_len == b_len && memcmp(x, y, a_len) == 0;
}

static void count_register(struct walk *w, uint64_t case_id, struct db_stmt *r, struct case_marks *m)
{
	uint64_t at = db_u64(r, 3);
	size_t len;
	const char *value = db_text_len(r, 2, &len);

	w->out->registers++;
	record_digest_change(&m->digest, 1, case_id, db_u64(r, 0), db_text(r, 1), value, len, at);
	if (at > m->changed_at)
		m->changed_at = at;
	if (at > w->newest)
		w->newest = at;
}

static void compare_register(struct walk *w, uint64_t case_id, struct db_stmt *r, struct db_stmt *e)
{
	char id[RECORD_ID_TEXT_BYTES];

	if (db_u64(r, 3) == db_u64(e, 3) && db_int(r, 4) == db_int(e, 4) && db_int(r, 5) == db_int(e, 5) && same_text(r, e, 2))
		return;
	finding(w, "case %s: register %s at %" PRIu64 " is not the ledger's newest accepted edit %" PRIu64, record_id_format(case_id, id),
		db_text(r, 1), db_u64(r, 3), db_u64(e, 3));
}

/* A write stays one by others after its opener wrote over it, so it is the ledger that tells. */
static void count_write(struct db_stmt *e, struct case_marks *m)
{
	if ((uint32_t)db_int(e, 4) != m->opened_by && db_u64(e, 3) > m->others_at)
		m->others_at = db_u64(e, 3);
}

/* Pass the writes of the address that `e` stands on. */
static int next_address(struct db_stmt *e, struct buf *field, struct case_marks *m)
{
	int64_t entry_id = db_int(e, 0);
	int got;

	buf_clear(field);
	buf_text(field, db_text(e, 1));
	do {
		count_write(e, m);
		got = db_step(e);
	} while (got == 1 && db_int(e, 0) == entry_id && strcmp(db_text(e, 1), buf_string(field)) == 0);
	return got;
}

/* Both lists run in the same order; what stands in only one of them is a finding. */
static int merge_lists(struct walk *w, uint64_t case_id, struct db_stmt *r, struct db_stmt *e, struct case_marks *m)
{
	char id[RECORD_ID_TEXT_BYTES];
	struct buf field;
	int has_r = db_step(r);
	int has_e = db_step(e);

	buf_init(&field, FORM_NAME_BYTES_MAX + 1);
	while (has_r >= 0 && has_e >= 0 && (has_r || has_e)) {
		int order = !has_e ? -1 : !has_r ? 1 : compare_address(r, e);

		if (order < 0)
			finding(w, "case %s: register %s has no edit in the ledger", record_id_format(case_id, id), db_text(r, 1));
		if (order > 0)
			finding(w, "case %s: accepted edit %" PRIu64 " has no register", record_id_format(case_id, id), db_u64(e, 3));
		if (order == 0)
			compare_register(w, case_id, r, e);
		if (order <= 0) {
			count_register(w, case_id, r, m);
			has_r = db_step(r);
		}
		if (order >= 0)
			has_e = next_address(e, &field, m);
	}
	buf_fini(&field);
	return has_r < 0 ? has_r : has_e;
}

static int check_case(struct walk *w, uint64_t case_id, struct case_marks *m)
{
	struct db_stmt *r = NULL;
	struct db_stmt *e = NULL;
	int err = db_prepare(w->db, REGISTERS, &r);

	if (!err)
		err = db_prepare(w->db, WRITES, &e);
	if (!err) {
		db_bind_u64(r, 1, case_id);
		db_bind_u64(e, 1, case_id);
		err = merge_lists(w, case_id, r, e, m);
	}
	db_done(r);
	db_done(e);
	return err;
}

/* ---- Branches and their cases ---- */

static int check_branch_cases(struct walk *w, int64_t branch_id, struct record_digest *sum)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(
		w->db, "SELECT case_id, opened_by, changed_at, others_at FROM aid_case WHERE branch_id = ?1 ORDER BY case_id", &s);

	if (err)
		return err;
	db_bind_int(s, 1, branch_id);
	while (!err && (got = db_step(s)) != 0) {
		struct case_marks m = { 0 };
		char id[RECORD_ID_TEXT_BYTES];

		if (got < 0) {
			err = got;
			break;
		}
		m.opened_by = (uint32_t)db_int(s, 1);
		err = check_case(w, db_u64(s, 0), &m);
		w->out->cases++;
		if (!err && (m.changed_at != db_u64(s, 2) || m.others_at != db_u64(s, 3)))
			finding(w, "case %s: its marks are not those of its registers", record_id_format(db_u64(s, 0), id));
		sum->lane[0] += m.digest.lane[0];
		sum->lane[1] += m.digest.lane[1];
	}
	db_done(s);
	return err;
}

static int check_branches(struct walk *w)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(w->db, "SELECT branch_id, digest_0, digest_1 FROM branch ORDER BY branch_id", &s);

	if (err)
		return err;
	while (!err && (got = db_step(s)) != 0) {
		struct record_digest kept;
		struct record_digest sum = { { 0, 0 } };

		if (got < 0) {
			err = got;
			break;
		}
		kept = (struct record_digest){ { db_u64(s, 1), db_u64(s, 2) } };
		err = check_branch_cases(w, db_int(s, 0), &sum);
		if (!err && !record_digest_equal(&kept, &sum))
			finding(w, "branch %" PRId64 ": its digest is not that of its registers", db_int(s, 0));
	}
	db_done(s);
	return err;
}

/* ---- Counts, strays and the sequence ---- */

static int count(struct walk *w, const char *sql, uint64_t *out)
{
	int64_t n;
	int err = db_query_int(w->db, sql, &n);

	*out = (uint64_t)n;
	return err;
}

/* A constant query that counts what must not be. */
static int check_none(struct walk *w, const char *sql, const char *what)
{
	uint64_t n;
	int err = count(w, sql, &n);

	if (!err && n)
		finding(w, "%s: %" PRIu64, what, n);
	return err;
}

static int check_sequence(struct walk *w)
{
	uint64_t last;
	uint64_t newest;
	uint64_t generation;
	int err = count(w, "SELECT value FROM meta WHERE key = 'sequence'", &last);

	if (!err)
		err = count(w, "SELECT coalesce(max(at), 0) FROM edit", &newest);
	if (!err)
		err = count(w, "SELECT coalesce(max(generation), 0) FROM generation", &generation);
	if (err)
		return err;
	if (newest > last || w->newest > last)
		finding(w, "the sequence stands at %" PRIu64 ", and %" PRIu64 " was given out", last,
			newest > w->newest ? newest : w->newest);
	if (last >> CENTRE_SEQUENCE_GENERATION_BITS != generation)
		finding(w, "the sequence %" PRIu64 " is not of generation %" PRIu64, last, generation);
	return 0;
}

static int check_counts(struct walk *w)
{
	int err = count(w, "SELECT count(*) FROM edit_group", &w->out->groups);

	if (!err)
		err = count(w, "SELECT count(*) FROM edit", &w->out->edits);
	if (!err)
		err = count(w, "SELECT count(*) FROM conflict", &w->out->conflicts);
	if (!err)
		err = check_none(w,
			"SELECT count(*) FROM register r WHERE NOT EXISTS (SELECT 1 FROM aid_case c WHERE c.case_id = r.case_id)",
			"registers without a case");
	if (!err)
		err = check_none(w,
			"SELECT count(*) FROM edit_group g WHERE NOT EXISTS (SELECT 1 FROM aid_case c WHERE c.case_id = g.case_id) "
			"AND EXISTS (SELECT 1 FROM edit e WHERE e.group_id = g.group_id AND e.outcome = 0)",
			"groups with accepted edits whose case does not exist");
	if (!err)
		err = check_none(w, "SELECT count(*) FROM edit WHERE (outcome = 0) <> (at IS NOT NULL)",
			"edits whose outcome and number do not fit");
	if (!err)
		err = check_none(w, "SELECT count(*) FROM (SELECT at FROM edit WHERE at IS NOT NULL GROUP BY at HAVING count(*) > 1)",
			"sequence numbers given out twice");
	return err;
}

/* ---- Conflicts ---- */

static int check_conflicts(struct walk *w)
{
	int err = check_none(w,
		"SELECT count(*) FROM conflict x WHERE state = 1 AND NOT EXISTS "
		"(SELECT 1 FROM candidate k WHERE k.conflict_id = x.conflict_id)",
		"open conflicts without a candidate");

	if (!err)
		err = check_none(w,
			"SELECT count(*) FROM candidate k JOIN conflict x ON x.conflict_id = k.conflict_id WHERE NOT EXISTS "
			"(SELECT 1 FROM edit e JOIN edit_group g ON g.group_id = e.group_id WHERE e.group_id = k.group_id AND "
			"e.position = k.position AND e.entry_id = x.entry_id AND e.field = x.field AND e.value = k.value AND "
			"g.case_id = x.case_id)",
			"candidates that are not in the ledger");
	if (!err)
		err = check_none(w, "SELECT count(*) FROM conflict WHERE (state = 1) <> (closed_ms IS NULL)",
			"conflicts whose state and time do not fit");
	return err;
}

/* ---- Receipts and chains ---- */

static int add_keys(struct walk *w, const void *bytes, size_t len)
{
	struct manifest m;
	uint8_t *more;
	int err = manifest_decode(bytes, len, w->c->root_public, &m);

	if (err)
		return err;
	more = realloc(w->keys, (w->key_count + m.sign_key_count) * SEAL_SIGN_PUBLIC_BYTES);
	if (!more)
		err = err_set(ERR_NOMEM, "no memory for keys");
	else
		w->keys = more;
	for (size_t i = 0; !err && i < m.sign_key_count; i++) {
		bool known = false;

		for (size_t k = 0; k < w->key_count; k++)
			known = known || memcmp(w->keys + k * SEAL_SIGN_PUBLIC_BYTES, m.sign_keys[i], SEAL_SIGN_PUBLIC_BYTES) == 0;
		if (!known)
			memcpy(w->keys + w->key_count++ * SEAL_SIGN_PUBLIC_BYTES, m.sign_keys[i], SEAL_SIGN_PUBLIC_BYTES);
	}
	manifest_fini(&m);
	return err;
}

static int load_keys(struct walk *w)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(w->db, "SELECT number, bytes FROM manifest ORDER BY number", &s);

	if (err)
		return err;
	while (!err && (got = db_step(s)) != 0) {
		size_t len;
		const void *bytes;

		if (got < 0) {
			err = got;
			break;
		}
		bytes = db_blob(s, 1, &len);
		err = add_keys(w, bytes, len);
		if (err && err != ERR_NOMEM) {
			finding(w, "manifest %" PRId64 " does not verify under the root key", db_int(s, 0));
			err = 0;
		}
	}
	db_done(s);
	return err;
}

/* Columns: site, seq, hash, receipt, device_id, incarnation. */
static int check_receipt(struct walk *w, struct db_stmt *s)
{
	struct receipt r;
	uint8_t hash[SEAL_HASH_BYTES];
	uint8_t device[SEAL_DEVICE_BYTES];
	size_t len;
	const void *bytes = db_blob(s, 3, &len);
	int err = db_blob_copy(s, 2, hash, sizeof hash);

	if (!err)
		err = db_blob_copy(s, 4, device, sizeof device);
	if (!err)
		err = receipt_decode(bytes, len, w->keys, w->key_count, &r);
	if (err == ERR_NOMEM)
		return err;
	w->out->receipts++;
	if (err) {
		finding(w, "site %" PRId64 " envelope %" PRId64 ": its receipt does not verify (%s)", db_int(s, 0), db_int(s, 1),
			err_name(err));
		return 0;
	}
	if (r.seq != db_u64(s, 1) || memcmp(r.hash, hash, sizeof hash) != 0 || memcmp(r.device, device, sizeof device) != 0 ||
		r.incarnation != (uint32_t)db_int(s, 5))
		finding(w, "site %" PRId64 " envelope %" PRId64 ": its receipt is another's", db_int(s, 0), db_int(s, 1));
	receipt_fini(&r);
	return 0;
}

static int check_receipts(struct walk *w)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(w->db,
		"SELECT e.site, e.seq, e.hash, e.receipt, d.device_id, s.incarnation FROM envelope e "
		"JOIN site s ON s.site = e.site JOIN device d ON d.device = s.device WHERE e.state = 1 ORDER BY e.site, e.seq",
		&s);

	if (err)
		return err;
	while (!err && (got = db_step(s)) != 0)
		err = got < 0 ? got : check_receipt(w, s);
	db_done(s);
	return err;
}

/*
 * Columns: site, applied, hash, device_id, incarnation, count of applied envelopes, hash of the one numbered `applied`, last_group,
 * highest group, covered.
 */
static int check_site(struct walk *w, struct db_stmt *s)
{
	uint8_t head[SEAL_HASH_BYTES];
	uint8_t row[SEAL_HASH_BYTES];
	uint8_t device[SEAL_DEVICE_BYTES];
	uint64_t applied = db_u64(s, 1);
	int err = db_blob_copy(s, 2, head, sizeof head);

	w->out->sites++;
	if (!err)
		err = db_blob_copy(s, 3, device, sizeof device);
	if (!err && applied == 0)
		chain_start(device, (uint32_t)db_int(s, 4), row);
	else if (!err && !db_is_null(s, 6))
		err = db_blob_copy(s, 6, row, sizeof row);
	else
		memset(row, 0, sizeof row);
	if (err || memcmp(head, row, sizeof head) != 0)
		finding(w, "site %" PRId64 ": the head of its chain is not its newest applied envelope", db_int(s, 0));
	if (db_u64(s, 5) != applied)
		finding(w, "site %" PRId64 ": %" PRIu64 " envelopes are applied, and the head is number %" PRIu64, db_int(s, 0),
			db_u64(s, 5), applied);
	if (db_u64(s, 8) > db_u64(s, 7))
		finding(w, "site %" PRId64 ": edit group %" PRIu64 " is in the ledger, and the newest should be %" PRIu64, db_int(s, 0),
			db_u64(s, 8), db_u64(s, 7));
	if (db_u64(s, 9) > applied)
		finding(w, "site %" PRId64 ": more is covered by a backup than was applied", db_int(s, 0));
	return err == ERR_NOMEM ? err : 0;
}

static int check_sites(struct walk *w)
{
	struct db_stmt *s;
	int got;
	int err = db_prepare(w->db,
		"SELECT s.site, s.applied, s.hash, d.device_id, s.incarnation, "
		"(SELECT count(*) FROM envelope e WHERE e.site = s.site AND e.state = 1), "
		"(SELECT e.hash FROM envelope e WHERE e.site = s.site AND e.seq = s.applied AND e.state = 1), "
		"s.last_group, (SELECT coalesce(max(g.number), 0) FROM edit_group g WHERE g.site = s.site), s.covered "
		"FROM site s JOIN device d ON d.device = s.device ORDER BY s.site",
		&s);

	if (err)
		return err;
	while (!err && (got = db_step(s)) != 0)
		err = got < 0 ? got : check_site(w, s);
	db_done(s);
	return err;
}

/* ---- Papers: a form or list is named by the hash of its text, and its row says what its text says ---- */

static int finding_of(struct walk *w, struct db_stmt *s, const char *what, int err)
{
	if (!err || err == ERR_NOMEM)
		return err;
	finding(w, "%s %" PRId64 ": %s", what, db_int(s, 0), err_message());
	return 0;
}

static void check_row(struct walk *w, struct db_stmt *s, const char *what, const char *name, const char *version)
{
	if (strcmp(db_text(s, 3), name) != 0 || strcmp(db_text(s, 4), version) != 0)
		finding(w, "%s %" PRId64 ": its row names another version than its text", what, db_int(s, 0));
}

static int check_form(struct walk *w, struct db_stmt *s)
{
	struct form *f;
	struct plan *plan;
	size_t len;
	const char *text = db_text_len(s, 2, &len);
	int err = form_parse(text, len, &f);

	if (err)
		return finding_of(w, s, "form", err);
	check_row(w, s, "form", form_id(f), form_version(f));
	err = plan_new(f, NULL, &plan);
	if (!err)
		plan_free(plan);
	form_free(f);
	return finding_of(w, s, "form", err);
}

static int check_list(struct walk *w, struct db_stmt *s)
{
	struct reflist *l;
	size_t len;
	const char *text = db_text_len(s, 2, &len);
	int err = reflist_parse(text, len, &l);

	if (err)
		return finding_of(w, s, "list", err);
	check_row(w, s, "list", reflist_name(l), reflist_version(l));
	reflist_free(l);
	return 0;
}

/* Whether the text of this row is the one that its hash names. */
static bool is_named_text(struct db_stmt *s, const char *label)
{
	uint8_t hash[SEAL_HASH_BYTES];
	struct seal_part part;
	size_t kept_len;
	const void *kept = db_blob(s, 1, &kept_len);

	part.data = db_text_len(s, 2, &part.len);
	seal_hash(hash, sizeof hash, label, &part, 1);
	return kept_len == sizeof hash && memcmp(kept, hash, sizeof hash) == 0;
}

/* `sql` selects row, hash, text, name, version. A text that is another one is not looked into. */
static int check_texts(struct walk *w, const char *sql, const char *label, int (*check)(struct walk *w, struct db_stmt *s))
{
	struct db_stmt *s;
	int got = 0;
	int err = db_prepare(w->db, sql, &s);

	if (err)
		return err;
	while (!err && (got = db_step(s)) == 1) {
		if (is_named_text(s, label))
			err = check(w, s);
		else
			finding(w, "%s %" PRId64 ": its text is not the one it is named by", strchr(label, ':') + 1, db_int(s, 0));
	}
	db_done(s);
	return err ? err : got;
}

static int check_papers(struct walk *w)
{
	int err = check_texts(w, "SELECT form_id, hash, text, name, version FROM form", "mandoob:form", check_form);

	if (!err)
		err = check_texts(w, "SELECT list_id, hash, text, name, version FROM list", "mandoob:list", check_list);
	if (!err)
		err = check_none(w, "SELECT count(*) FROM catalogue WHERE length(mark) <> 8 OR length(hashes) % 32 <> 0",
			"catalogues that devices were told which are none");
	if (!err) /* no case of such a branch would be looked through any more */
		err = check_none(w, "SELECT count(*) FROM branch WHERE checked_at > (SELECT value FROM meta WHERE key = 'sequence')",
			"branches looked through further than the sequence");
	return err ? err
		   : check_none(w, "SELECT count(*) FROM flag f WHERE NOT EXISTS (SELECT 1 FROM case_check h WHERE h.case_id = f.case_id)",
			     "flags of cases that were not looked through");
}

/* ---- All of it ---- */

static int check_pages(struct walk *w)
{
	struct vault_report pages;
	int err = vault_verify(w->c->vault, db_path(w->db), &pages);

	if (err)
		return err;
	w->out->vault = pages;
	w->out->pages = pages.page_count;
	if (pages.freshness == VAULT_STALE)
		finding(w, "a page is an older version of itself, or the file has lost or gained pages");
	if (pages.bad_count)
		finding(w, "%" PRIu64 " pages do not authenticate, the first is %" PRIu64, pages.bad_count, pages.first_bad_page);
	if (pages.prefix_count < 2)
		finding(w, "only %u of two prefix copies is authentic", pages.prefix_count);
	err = db_check(w->db);
	if (err == ERR_CORRUPT) {
		finding(w, "%s", err_message());
		err = 0;
	}
	return err;
}

/* Inside a transaction, so that everything is seen as of one moment. */
static int check_content(struct walk *w)
{
	int err = load_keys(w);

	if (!err)
		err = check_branches(w);
	if (!err)
		err = check_counts(w);
	if (!err)
		err = check_sequence(w);
	if (!err)
		err = check_conflicts(w);
	if (!err)
		err = check_receipts(w);
	if (!err)
		err = check_papers(w);
	return err ? err : check_sites(w);
}

int verify_store(struct centre *c, struct verify_report *out)
{
	struct walk w = { .c = c, .out = out };
	int err;

	memset(out, 0, sizeof *out);
	buf_init(&out->text, VERIFY_TEXT_BYTES_MAX);
	err = db_checkpoint(c->db);
	if (!err)
		err = db_open(db_path(c->db), &(struct db_options){ .is_read_only = true }, &w.db);
	if (!err)
		err = check_pages(&w);
	if (!err)
		err = db_begin(w.db);
	if (!err) {
		err = check_content(&w);
		db_rollback(w.db);
	}
	db_close(w.db);
	free(w.keys);
	if (err)
		verify_report_fini(out);
	return err;
}

void verify_report_fini(struct verify_report *r)
{
	buf_fini(&r->text);
	memset(r, 0, sizeof *r);
}
