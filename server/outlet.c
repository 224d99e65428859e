/*
 * outlet: see outlet.h. The rules of FORMAT.md section 10.
 *
 * What a device lacks of the papers comes before registers in their tables: an answer holds registers only when every form of the
 * catalogue is with the device after it. Lists wait until no page follows, so that a long one does not stand before people's cases.
 */
#include "server/outlet.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/arena.h"
#include "server/ledger.h"
#include "server/outlet_pull.h"
#include "server/papers.h"
#include "server/register.h"

/* Papers of one answer together, as frames and as texts; the first may be larger. Both ceilings of section 12 hold then. */
#define PAPERS_FRAME_BYTES (512 * 1024)
#define PAPERS_TEXT_BYTES (8 * 1024 * 1024)

struct out { /* what the content borrows from */
	struct message_content content;
	struct buf receipts;
	struct buf dictionary;
	struct outlet_pull pull;
	struct buf papers; /* texts of papers one after another */
	size_t paper_ends[MESSAGE_PAPER_TEXTS_MAX];
	size_t paper_frame_bytes; /* of all these */
	struct papers_lacking lacking;
	size_t receipt_starts[MESSAGE_RECEIPTS_MAX + 1];
	bool is_behind; /* the request's head is below what its incarnation has brought */
};

/* ---- Receipts ---- */

static int add_receipt(struct out *o, struct db_stmt *s)
{
	size_t len;
	const void *data = db_blob(s, 0, &len);

	o->receipt_starts[o->content.receipt_count++] = o->receipts.len;
	buf_append(&o->receipts, data, len);
	o->receipt_starts[o->content.receipt_count] = o->receipts.len;
	return buf_error(&o->receipts);
}

static int add_old_receipts(struct centre *c, const struct outlet_for *f, struct out *o)
{
	int err = 0;

	for (size_t i = 0; i < f->receipt_count && !err; i++) {
		struct db_stmt *s;

		err = db_prepare(c->db, "SELECT receipt FROM envelope WHERE site = ?1 AND seq = ?2 AND state = 1", &s);
		if (err)
			return err;
		db_bind_int(s, 1, f->receipts[i].site);
		db_bind_u64(s, 2, f->receipts[i].seq);
		err = db_row(s);
		if (err) {
			err = err == ERR_NOT_FOUND ? 0 : err;
			continue;
		}
		err = add_receipt(o, s);
		db_done(s);
	}
	return err;
}

/* Those above `acked` that this store sealed itself (head), as many as fit; the rest with the next contact. */
static int add_receipts(struct centre *c, const struct outlet_for *f, struct out *o)
{
	struct db_stmt *s;
	int got;
	int err = add_old_receipts(c, f, o);

	if (!err)
		err = db_prepare(c->db,
			"SELECT receipt FROM envelope WHERE site = ?1 AND seq > ?2 AND seq < ?3 AND seq <= ?4 AND state = 1 ORDER BY seq",
			&s);
	if (err)
		return err;
	db_bind_int(s, 1, f->site);
	db_bind_u64(s, 2, f->request->acked < INT64_MAX ? f->request->acked : INT64_MAX);
	db_bind_int(s, 3, f->fork ? (int64_t)f->fork->seq : INT64_MAX);
	db_bind_u64(s, 4, f->request->head < INT64_MAX ? f->request->head : INT64_MAX);
	while ((got = db_step(s)) == 1 && !err) {
		if (o->content.receipt_count == MESSAGE_RECEIPTS_MAX || o->receipts.len > OUTLET_RECEIPTS_BYTES) {
			o->content.more = true;
			break;
		}
		err = add_receipt(o, s);
	}
	db_done(s);
	return err ? err : got < 0 ? got : 0;
}

/* ---- The rest ---- */

static int add_site(struct centre *c, const struct outlet_for *f, struct out *o)
{
	struct db_stmt *s;
	uint64_t applied;
	int err = db_prepare(c->db, "SELECT applied, covered FROM site WHERE site = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, f->site);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_CORRUPT, "site %u is not in the store", f->site) : err;
	applied = db_u64(s, 0);
	o->content.covered = db_u64(s, 1);
	db_done(s);
	o->is_behind = f->request->head < applied;
	if (!f->fork && f->request->acked > applied)
		o->content.resend = applied + 1; /* restored from a backup: the device's receipts prove more than is here */
	return 0;
}

static int add_fork(struct centre *c, const struct outlet_for *f, struct message_content *content)
{
	if (!f->fork)
		return 0;
	content->has_fork = true;
	content->fork_incarnation = f->fork->incarnation;
	content->fork_site = f->fork->site;
	return ledger_groups_above(c, f->site, f->request->acked_group, &content->fork_groups, &content->fork_group_count);
}

static int add_keys(struct centre *c, const struct outlet_for *f, struct out *o)
{
	const struct pack_dictionary *dictionary;
	struct message_content *content = &o->content;
	int err;

	if (c->manifest.number > f->request->manifest_number)
		content->manifest = (struct message_blob){ .data = c->manifest_bytes.data, .len = c->manifest_bytes.len };
	err = centre_dictionary_current(c, &dictionary, NULL);
	if (err || !dictionary || pack_dictionary_id(dictionary) == f->request->dictionary_id)
		return err;
	err = centre_dictionary_current(c, &dictionary, &o->dictionary);
	content->dictionary = (struct message_blob){ .data = o->dictionary.data, .len = o->dictionary.len };
	return err;
}

/* ---- Registers ---- */

/* After the last page the device holds everything up to now, and can compare digests. */
static int finish_page(struct centre *c, const struct outlet_for *f, struct out *o)
{
	struct message_content *content = &o->content;
	struct record_digest digest;
	int err;

	if (o->pull.is_full) {
		content->more = true;
		content->seen = o->pull.seen;
		content->cursor = o->pull.cursor;
		return 0;
	}
	err = register_branch_digest(c, f->branch_id, &digest);
	content->seen = o->pull.last;
	content->cursor = 0;
	content->has_digest = true;
	record_digest_encode(&digest, content->digest);
	return err;
}

/* Nothing of the registers in this answer: the device stands where it stood. */
static int wait_with_pull(struct centre *c, const struct outlet_for *f, struct out *o)
{
	int err = outlet_pull_place(c, f, &o->pull);

	o->content.seen = o->pull.seen;
	o->content.cursor = f->request->cursor;
	o->content.more = true;
	return err;
}

static int add_pull(struct centre *c, const struct outlet_for *f, bool may, struct out *o)
{
	int err;

	if (f->fork || !may)
		return wait_with_pull(c, f, o);
	err = outlet_pull_page(c, f, o->is_behind, &o->pull);
	return err ? err : finish_page(c, f, o);
}

/* ---- Papers ---- */

static int add_paper(struct centre *c, struct out *o, size_t i)
{
	struct message_content *content = &o->content;
	int err = papers_text(c, i, &o->papers);

	content->papers[content->paper_count].kind = o->lacking.catalogue[i].kind;
	o->paper_ends[content->paper_count++] = o->papers.len;
	o->paper_frame_bytes += papers_frame_bytes(c, i);
	return err;
}

static bool fits(struct centre *c, const struct out *o, size_t item)
{
	if (o->content.paper_count == 0)
		return true;
	return o->content.paper_count < MESSAGE_PAPER_TEXTS_MAX &&
	       o->paper_frame_bytes + papers_frame_bytes(c, item) <= PAPERS_FRAME_BYTES &&
	       o->papers.len + papers_text_bytes(c, item) <= PAPERS_TEXT_BYTES;
}

/* As many of the papers of one kind that the device lacks as fit. Whether all of them did is told in *all. */
static int add_papers(struct centre *c, struct out *o, enum message_paper_kind kind, bool *all)
{
	int err = 0;

	*all = true;
	for (size_t i = 0; i < o->lacking.count && !err && *all; i++) {
		size_t item = o->lacking.items[i];

		if (o->lacking.catalogue[item].kind != kind)
			continue;
		*all = fits(c, o, item);
		if (*all)
			err = add_paper(c, o, item);
	}
	if (!*all)
		o->content.more = true;
	return err;
}

static bool lacks_list(const struct out *o)
{
	for (size_t i = 0; i < o->lacking.count; i++)
		if (o->lacking.catalogue[o->lacking.items[i]].kind == MESSAGE_LIST)
			return true;
	return false;
}

/* The catalogue, forms, registers, lists: in the order in which each may need the one before. */
static int add_scope(struct centre *c, const struct outlet_for *f, struct out *o)
{
	bool has_forms = false;
	bool has_lists;
	int err = papers_lacking(c, f->request, &o->lacking);

	if (!err && o->lacking.is_stale) {
		o->content.catalogue = (struct message_paper *)o->lacking.catalogue; /* only read */
		o->content.catalogue_count = o->lacking.catalogue_count;
	}
	if (!err && !f->fork)
		err = add_papers(c, o, MESSAGE_FORM, &has_forms);
	if (!err)
		err = add_pull(c, f, has_forms && !o->lacking.is_unknown, o);
	if (err || !has_forms || !lacks_list(o))
		return err;
	if (o->pull.is_full)
		return 0; /* `more` is said already */
	return add_papers(c, o, MESSAGE_LIST, &has_lists);
}

/* ---- The store that asks ---- */

/* What the centre sees of the store that asks, and how long it may do without asking (policy of the centre, set in server/admin/device). */
static int add_past(struct centre *c, const struct outlet_for *f, struct message_content *content)
{
	uint64_t days;
	int err = centre_meta_load_u64(c, "lease_days", &days);

	if (err && err != ERR_NOT_FOUND)
		return err;
	content->lease_days = (uint32_t)days;
	memcpy(content->stamp, f->past->stamp, sizeof content->stamp);
	content->notice = f->past->notice;
	if (f->past->ask_again)
		content->more = true;
	return 0;
}

static int gather(struct centre *c, const struct outlet_for *f, struct out *o)
{
	int err = add_receipts(c, f, o);

	o->content.time_ms = (uint64_t)env_wall_ms(c->env);
	if (!err)
		err = add_site(c, f, o);
	if (!err)
		err = add_fork(c, f, &o->content);
	if (!err)
		err = add_keys(c, f, o);
	if (!err)
		err = add_scope(c, f, o);
	if (!err)
		err = add_past(c, f, &o->content);
	return err;
}

/* What was gathered in buffers that have stopped growing becomes the content's. */
static void point(struct out *o)
{
	struct message_content *content = &o->content;

	for (size_t i = 0; i < content->receipt_count; i++)
		content->receipts[i] = (struct message_blob){
			.data = o->receipts.data + o->receipt_starts[i],
			.len = o->receipt_starts[i + 1] - o->receipt_starts[i],
		};
	for (size_t i = 0; i < o->pull.count; i++)
		content->pulls[content->pull_count++] = (struct message_blob){
			.data = o->pull.bytes.data + o->pull.starts[i],
			.len = o->pull.starts[i + 1] - o->pull.starts[i],
		};
	for (size_t i = 0; i < content->paper_count; i++) {
		size_t from = i ? o->paper_ends[i - 1] : 0;

		content->papers[i].text = (struct message_blob){ .data = o->papers.data + from, .len = o->paper_ends[i] - from };
	}
}

int outlet_content(struct centre *c, const struct outlet_for *f, struct buf *out)
{
	struct out *o = calloc(1, sizeof *o);
	int err;

	if (!o)
		return err_set(ERR_NOMEM, "no memory for an answer");
	buf_init(&o->receipts, MESSAGE_CONTENT_BYTES_MAX);
	buf_init(&o->dictionary, PACK_DICTIONARY_BYTES_MAX);
	buf_init(&o->papers, MESSAGE_CONTENT_BYTES_MAX);
	outlet_pull_init(&o->pull);
	err = gather(c, f, o);
	if (!err) {
		point(o);
		err = message_content_encode(&o->content, out);
	}
	free(o->content.fork_groups);
	buf_fini(&o->receipts);
	buf_fini(&o->dictionary);
	buf_fini(&o->papers);
	outlet_pull_fini(&o->pull);
	free(o);
	return err;
}
