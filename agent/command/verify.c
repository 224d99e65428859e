/*
 * verify: see verify.h. Each check has its own function and adds its findings; none relies on another having passed.
 */
#include "agent/command/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/outbox.h"
#include "agent/register.h"
#include "proto/base/vaultcli.h"
#include "proto/form/plan.h"
#include "proto/form/reflist.h"
#include "proto/receipt.h"

#define FINDINGS_BYTES_MAX (1024 * 1024)
#define FINDINGS_MAX 1000

const struct cli_option VERIFY_OPTIONS[] = {
	{ "json", 'j', NULL, "print one JSON object" },
	{ NULL, 0, NULL, NULL },
};

struct walk {
	struct store *store;
	struct verify_result *report;
};

static void finding(struct walk *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void finding(struct walk *w, const char *fmt, ...)
{
	char line[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	if (w->report->finding_count++ < FINDINGS_MAX)
		buf_printf(&w->report->findings, "%s\n", line);
}

/* A failure that tells about the content is a finding; one of the machine ends the walk. */
static int finding_of(struct walk *w, int err, const char *what)
{
	if (err != ERR_CORRUPT && err != ERR_AUTH && err != ERR_NOT_FOUND && err != ERR_LIMIT && err != ERR_USAGE && err != ERR_STALE)
		return err;
	finding(w, "%s: %s", what, err_message());
	return 0;
}

/* ---- the file ---- */

static int check_file(struct walk *w)
{
	struct vault_report pages = { .freshness = VAULT_UNKNOWN };
	int err = finding_of(w, db_check(w->store->db), "database");

	if (!err)
		err = db_checkpoint(w->store->db);
	if (!err)
		err = vault_verify(w->store->vault, NULL, &pages);
	w->report->vault = pages;
	if (err)
		return finding_of(w, err, "vault");
	w->report->page_count = pages.page_count;
	if (pages.bad_count)
		finding(w, "vault: %" PRIu64 " pages do not authenticate, the first is page %" PRIu64, pages.bad_count,
				pages.first_bad_page);
	if (pages.freshness == VAULT_STALE)
		finding(w, "vault: %s", vaultcli_freshness(&pages));
	if (pages.prefix_count != 2)
		finding(w, "vault: %u of 2 copies of the key slots are whole", pages.prefix_count);
	return 0;
}

/* ---- papers: forms, dictionaries, manifests ---- */

static int check_form(struct walk *w, struct db_stmt *q)
{
	struct form *form;
	struct plan *plan;
	size_t text_len, hash_len;
	const char *text = db_text_len(q, 1, &text_len);
	const void *hash = db_blob(q, 2, &hash_len);
	char what[48];
	int err = form_parse(text, text_len, &form);

	snprintf(what, sizeof what, "form %" PRId64, db_int(q, 0));
	w->report->form_count++;
	if (err)
		return finding_of(w, err, what);
	if (hash_len != FORM_HASH_BYTES || memcmp(hash, form_hash(form), FORM_HASH_BYTES) != 0)
		finding(w, "%s: its text does not have its hash", what);
	err = finding_of(w, plan_new(form, NULL, &plan), what);
	plan_free(plan);
	form_free(form);
	return err;
}

static int check_list(struct walk *w, struct db_stmt *q)
{
	struct reflist *list;
	size_t text_len, hash_len;
	const char *text = db_text_len(q, 1, &text_len);
	const void *hash = db_blob(q, 0, &hash_len);
	int err = reflist_parse(text, text_len, &list);

	w->report->list_count++;
	if (err)
		return finding_of(w, err, "reference list");
	if (hash_len != FORM_HASH_BYTES || memcmp(hash, reflist_hash(list), FORM_HASH_BYTES) != 0)
		finding(w, "reference list %s: its text does not have its hash", reflist_name(list));
	reflist_free(list);
	return 0;
}

static int check_dictionary(struct walk *w, struct db_stmt *q)
{
	struct pack_dictionary *d;
	size_t len;
	const void *data = db_blob(q, 1, &len);
	int err = pack_dictionary_new(data, len, &d);

	if (err)
		return finding_of(w, err, "dictionary");
	if (pack_dictionary_id(d) != (uint32_t)db_int(q, 0))
		finding(w, "dictionary %" PRId64 ": its bytes have another id", db_int(q, 0));
	pack_dictionary_free(d);
	return 0;
}

static int check_manifest(struct walk *w, struct db_stmt *q)
{
	struct manifest m;
	size_t len;
	const void *data = db_blob(q, 1, &len);
	int err = manifest_decode(data, len, w->store->root_public, &m);

	if (err)
		return finding_of(w, err, "manifest");
	if (m.number != db_u64(q, 0))
		finding(w, "manifest %" PRIu64 ": kept under number %" PRIu64, m.number, db_u64(q, 0));
	manifest_fini(&m);
	return 0;
}

/* Give each row of a statement to `check`. */
static int each_row(struct walk *w, const char *sql, int (*check)(struct walk *w, struct db_stmt *q))
{
	struct db_stmt *q;
	int got = 0;
	int err = db_prepare(w->store->db, sql, &q);

	if (err)
		return err;
	while (!err && (got = db_step(q)) == 1)
		err = check(w, q);
	db_done(q);
	return err ? err : finding_of(w, got, "database");
}

static int check_papers(struct walk *w)
{
	int err = each_row(w, "SELECT form_id, text, hash FROM form ORDER BY form_id", check_form);

	if (!err)
		err = each_row(w, "SELECT hash, text FROM reference_list ORDER BY name, hash", check_list);
	if (!err)
		err = each_row(w, "SELECT id, bytes FROM dictionary ORDER BY position", check_dictionary);
	return err ? err : each_row(w, "SELECT number, bytes FROM manifest ORDER BY number", check_manifest);
}

/* ---- groups, edits, own answers ---- */

static int check_group(struct walk *w, struct db_stmt *q)
{
	struct edit_group g;
	void *arena;
	char what[48];
	int err = outbox_load(w->store, db_u64(q, 0), &g, &arena);

	snprintf(what, sizeof what, "edit group %" PRIu64, db_u64(q, 0));
	w->report->group_count++;
	if (err)
		return finding_of(w, err, what);
	w->report->edit_count += g.edit_count;
	err = finding_of(w, edit_group_check(&g), what);
	outbox_free(arena);
	return err;
}

/* A count that must be 0. */
static int check_none(struct walk *w, const char *sql, const char *what)
{
	int64_t count;
	int err = db_query_int(w->store->db, sql, &count);

	if (!err && count)
		finding(w, "%s: %" PRId64, what, count);
	return err ? finding_of(w, err, what) : 0;
}

static int check_own(struct walk *w)
{
	int err = check_none(w,
			     "SELECT count(*) FROM own o WHERE NOT EXISTS (SELECT 1 FROM edit e JOIN edit_group g USING (number)"
			     " WHERE e.number = o.number AND g.confirmed = 0 AND g.case_id = o.case_id AND e.entry_id = o.entry_id"
			     " AND e.field = o.field AND e.entry_type = o.entry_type AND e.value = o.value)",
			     "own answers that no unconfirmed edit wrote");

	if (!err)
		err = check_none(w,
				 "SELECT count(*) FROM edit e JOIN edit_group g USING (number) WHERE g.confirmed = 0 AND NOT EXISTS"
				 " (SELECT 1 FROM own o WHERE o.case_id = g.case_id AND o.entry_id = e.entry_id AND o.field = e.field"
				 " AND o.number >= e.number)",
				 "unconfirmed edits that are not shown");
	if (!err)
		err = check_none(w,
				"SELECT count(*) FROM edit_group g WHERE NOT EXISTS (SELECT 1 FROM aid_case c WHERE c.case_id = g.case_id)",
				 "edit groups of cases that are not listed");
	if (!err)
		err = check_none(w,
				 "SELECT count(*) FROM (SELECT case_id FROM draft UNION ALL SELECT case_id FROM finished) d"
				 " WHERE NOT EXISTS (SELECT 1 FROM edit_group g WHERE g.case_id = d.case_id)",
				 "visits begun or finished here of cases to which nothing was written here");
	return err;
}

static int check_counter(struct walk *w, const char *sql, const char *what)
{
	struct db_stmt *q;
	uint64_t counter;
	int err = store_get_u64(w->store, "counter", &counter);

	if (!err)
		err = db_prepare(w->store->db, sql, &q);
	if (err)
		return err;
	db_bind_int(q, 1, w->store->site);
	err = db_row(q);
	if (err)
		return err;
	if (db_u64(q, 0) > counter)
		finding(w, "%s: id %" PRIu64 " is above the counter %" PRIu64, what, db_u64(q, 0), counter);
	db_done(q);
	return 0;
}

static int check_groups(struct walk *w)
{
	uint64_t next;
	int64_t last;
	int err = each_row(w, "SELECT number FROM edit_group ORDER BY number", check_group);

	if (!err)
		err = check_own(w);
	if (!err)
		err = check_counter(w, "SELECT ifnull(max(entry_id & 4294967295), 0) FROM edit WHERE entry_id >> 32 = ?1", "entry");
	if (!err)
		err = check_counter(w, "SELECT ifnull(max(case_id & 4294967295), 0) FROM aid_case WHERE case_id >> 32 = ?1", "case");
	if (!err)
		err = store_get_u64(w->store, "next_group", &next);
	if (!err)
		err = db_query_int(w->store->db, "SELECT ifnull(max(number), 0) FROM edit_group", &last);
	if (!err && (uint64_t)last >= next && last != 0)
		finding(w, "edit group %" PRId64 " is not below the next number %" PRIu64, last, next);
	return err;
}

/* ---- envelopes and receipts ---- */

/* Under the keys of any manifest ever held: an old receipt was signed by a key that may be retired by now. */
static int receipt_decode_any(struct walk *w, const void *data, size_t len, struct receipt *out)
{
	struct db_stmt *q;
	int got = 0;
	int err = db_prepare(w->store->db, "SELECT bytes FROM manifest ORDER BY number DESC", &q);
	int last = ERR_NOT_FOUND;

	while (!err && last && (got = db_step(q)) == 1) {
		struct manifest m;
		size_t manifest_len;
		const void *bytes = db_blob(q, 0, &manifest_len);

		if (manifest_decode(bytes, manifest_len, w->store->root_public, &m) != 0)
			continue;
		last = receipt_decode(data, len, m.sign_keys[0], m.sign_key_count, out);
		manifest_fini(&m);
	}
	if (!err)
		db_done(q);
	if (!err && got < 0)
		err = got;
	if (!err && last == ERR_NOT_FOUND)
		err = err_set(ERR_NOT_FOUND, "no manifest to verify it with");
	return err ? err : last;
}

static int check_receipt(struct walk *w, uint64_t seq, const void *data, size_t len, const uint8_t *hash)
{
	const struct store *s = w->store;
	struct receipt r;
	char what[48];
	int err = receipt_decode_any(w, data, len, &r);

	snprintf(what, sizeof what, "receipt of envelope %" PRIu64, seq);
	w->report->receipt_count++;
	if (err)
		return finding_of(w, err, what);
	if (r.seq != seq || r.incarnation != s->incarnation || memcmp(r.device, s->device, sizeof r.device) != 0 ||
	    memcmp(r.hash, hash, sizeof r.hash) != 0)
		finding(w, "%s: it names another envelope", what);
	receipt_fini(&r);
	return 0;
}

struct chain_end {
	uint64_t seq; /* of the last envelope met; 0: none */
	uint8_t hash[SEAL_HASH_BYTES];
};

/* What an envelope's own bytes say against what is kept beside them. */
static int check_envelope(struct walk *w, uint64_t seq, const void *bytes, size_t len, const uint8_t *hash, struct chain_end *end)
{
	const struct store *s = w->store;
	uint8_t own[SEAL_HASH_BYTES];
	struct seal_header h;
	char what[48];
	int err = seal_envelope_verify(bytes, len, s->keys->sign_public);

	snprintf(what, sizeof what, "envelope %" PRIu64, seq);
	if (!err)
		err = seal_envelope_header(bytes, len, &h);
	if (err)
		return finding_of(w, err, what);
	chain_next(h.previous, bytes, len, own);
	if (memcmp(own, hash, sizeof own) != 0)
		finding(w, "%s: its chain hash is not the one kept", what);
	if (h.seq != seq || h.incarnation != s->incarnation || memcmp(h.device, s->device, sizeof h.device) != 0 ||
	    memcmp(h.org, s->org, sizeof h.org) != 0)
		finding(w, "%s: made under another number or by another device", what);
	if (end->seq && seq != end->seq + 1)
		finding(w, "%s: the one before it is %" PRIu64, what, end->seq);
	else if (end->seq && memcmp(h.previous, end->hash, sizeof end->hash) != 0)
		finding(w, "%s: does not follow the one before it", what);
	end->seq = seq;
	memcpy(end->hash, own, sizeof own);
	return 0;
}

static int check_envelope_row(struct walk *w, struct db_stmt *q, struct chain_end *end)
{
	uint8_t hash[SEAL_HASH_BYTES];
	size_t len, receipt_len;
	const void *bytes = db_blob(q, 1, &len);
	const void *receipt = db_blob(q, 3, &receipt_len);
	int err = db_blob_copy(q, 2, hash, sizeof hash);

	w->report->envelope_count++;
	if (err)
		return finding_of(w, err, "envelope");
	err = check_envelope(w, db_u64(q, 0), bytes, len, hash, end);
	if (!err && receipt)
		err = check_receipt(w, db_u64(q, 0), receipt, receipt_len, hash);
	return err;
}

/* The end of the chain as kept: what the next envelope will name. */
static int check_chain_end(struct walk *w, const struct chain_end *end)
{
	uint8_t chain[SEAL_HASH_BYTES];
	uint64_t next;
	int err = store_get_u64(w->store, "next_seq", &next);

	if (!err)
		err = store_get_blob(w->store, "chain", chain, sizeof chain);
	if (err || end->seq == 0)
		return err;
	if (next != end->seq + 1)
		finding(w, "the next envelope would be %" PRIu64 " after %" PRIu64, next, end->seq);
	else if (memcmp(chain, end->hash, sizeof chain) != 0)
		finding(w, "the end of the chain is not that of envelope %" PRIu64, end->seq);
	return 0;
}

static int check_envelopes(struct walk *w)
{
	struct chain_end end = { 0 };
	struct db_stmt *q;
	int got = 0;
	int err = db_prepare(w->store->db, "SELECT seq, bytes, hash, receipt FROM envelope ORDER BY seq", &q);

	if (err)
		return err;
	while (!err && (got = db_step(q)) == 1)
		err = check_envelope_row(w, q, &end);
	db_done(q);
	if (!err)
		err = finding_of(w, got, "database");
	if (!err)
		err = check_chain_end(w, &end);
	if (!err)
		err = check_none(w,
				 "SELECT count(*) FROM edit_group g WHERE confirmed = 0 AND seq > 0"
				 " AND NOT EXISTS (SELECT 1 FROM envelope e WHERE e.seq = g.seq)",
				 "unconfirmed edit groups whose envelope is missing");
	return err;
}

/* ---- registers ---- */

static int check_registers(struct walk *w)
{
	struct record_digest kept, again;
	int64_t registers, own;
	int err = register_digest(w->store, &kept);

	if (!err)
		err = register_digest_again(w->store, &again);
	if (!err && !record_digest_equal(&kept, &again))
		finding(w, "the digest kept is not that of the registers");
	if (!err)
		err = db_query_int(w->store->db, "SELECT count(*) FROM register", &registers);
	if (!err)
		err = db_query_int(w->store->db, "SELECT count(*) FROM own", &own);
	if (err)
		return finding_of(w, err, "registers");
	w->report->register_count = (uint64_t)registers;
	w->report->own_count = (uint64_t)own;
	return check_none(w, "SELECT count(*) FROM register r WHERE NOT EXISTS (SELECT 1 FROM aid_case c WHERE c.case_id = r.case_id)",
			  "registers of cases that are not listed");
}

void verify_result_fini(struct verify_result *r)
{
	buf_fini(&r->findings);
}

int verify_agent(struct store *s, struct verify_result *out)
{
	struct walk w = { .store = s, .report = out };
	int err;

	*out = (struct verify_result){ 0 };
	buf_init(&out->findings, FINDINGS_BYTES_MAX);
	err = check_file(&w);
	if (!err && s->is_enrolled)
		err = check_papers(&w);
	if (!err && s->is_enrolled)
		err = check_groups(&w);
	if (!err && s->is_enrolled)
		err = check_envelopes(&w);
	if (!err)
		err = check_registers(&w);
	return err;
}

/* ---- the command ---- */

static void tell_json(const struct verify_result *r, struct buf *out)
{
	struct json_writer j;

	json_write_init(&j, out);
	json_write_object(&j, NULL);
	json_write_bool(&j, "clean", r->finding_count == 0);
	json_write_unsigned(&j, "findings", r->finding_count);
	json_write_unsigned(&j, "pages", r->page_count);
	json_write_text(&j, "freshness", vaultcli_freshness_name(r->vault.freshness));
	json_write_unsigned(&j, "forms", r->form_count);
	json_write_unsigned(&j, "lists", r->list_count);
	json_write_unsigned(&j, "edit_groups", r->group_count);
	json_write_unsigned(&j, "edits", r->edit_count);
	json_write_unsigned(&j, "own", r->own_count);
	json_write_unsigned(&j, "registers", r->register_count);
	json_write_unsigned(&j, "envelopes", r->envelope_count);
	json_write_unsigned(&j, "receipts", r->receipt_count);
	json_write_end(&j);
	buf_text(out, "\n");
}

static int tell(struct shell *sh, struct verify_result *r)
{
	struct buf out;
	int err;

	buf_init(&out, 64 * 1024);
	if (cli_flag(sh->args, "json"))
		tell_json(r, &out);
	else
		buf_printf(&out,
			   "pages %" PRIu64 "  forms %" PRIu64 "  lists %" PRIu64 "  edit groups %" PRIu64 "  edits %" PRIu64 "  unconfirmed answers %" PRIu64
			   "  registers %" PRIu64 "  envelopes %" PRIu64 "  receipts %" PRIu64 "\n%s | %s\n%s\n",
			   r->page_count, r->form_count, r->list_count, r->group_count, r->edit_count, r->own_count, r->register_count,
			   r->envelope_count, r->receipt_count, vaultcli_freshness(&r->vault), vaultcli_freshness_arabic(&r->vault),
			   r->finding_count ? "NOT CLEAN" : "clean");
	err = cli_print(&out);
	buf_fini(&out);
	if (!err && r->finding_count) {
		shell_note("%s", buf_string(&r->findings));
		err = err_set(ERR_CORRUPT, "%" PRIu64 " findings; change nothing here and call the centre", r->finding_count);
	}
	return err;
}

int verify_command(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct verify_result r;
	struct store *s;
	int err = shell_open(sh, args, &s);

	if (err)
		return err;
	err = verify_agent(s, &r);
	if (!err)
		err = tell(sh, &r);
	verify_result_fini(&r);
	store_close(s);
	return err;
}
