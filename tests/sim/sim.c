/*
 * sim: several devices of two branches and the centre in one process, in virtual time, from a seed.
 *
 * The real stations of both programs (outbox, round, apply, fork; intake, ingest, conflict, outlet) run over real vaults in a scratch
 * folder. What is simulated is the world: requests and answers that are lost, doubled, damaged, or lie in a drawer and come late and out
 * of order; answers that lie between two programs of one device while a person types on; clocks that stand at 1970 or 2038; stores that
 * are copied (clones); power cuts of devices and of the centre (the files as they stood, reopened); backups, and a centre put back to one;
 * answers in pages of one case; devices that ask for their whole scope; forms of two families and lists published in the middle (press.c);
 * people at the centre who decide conflicts, now and then with a value that nobody typed.
 *
 * At the end the links are good for a while. Then: every value that was ever saved on a device is in the centre's ledger; nothing waits;
 * what each device holds, what it says it holds (digest) and what the centre says of its branch agree; each device's own check of its
 * store finds nothing; and who typed a value on which a person has yet to decide sees that it waits.
 *
 *	sim FIRST_SEED [COUNT]      runs COUNT seeds (default 1); prints the seed of a failure
 *	SIM_PLANT=lose              plants a bug (a saved answer is dropped) that the checker must find
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/command/verify.h"
#include "agent/draft.h"
#include "agent/outbox.h"
#include "agent/shelf.h"
#include "agent/register.h"
#include "agent/round.h"
#include "server/admin/backup.h"
#include "server/conflict.h"
#include "server/intake.h"
#include "tests/sim/press.h"
#include "tests/sim/world.h"

#define CLONES_MAX 2
#define STEPS 120
#define CASES_MAX 6 /* made per device */
#define REST_ROUNDS 40
#define PAGES_MAX 200 /* requests of one contact at rest */

#define OTHER_FIELD "visit_reason" /* of its root entry */

static const char *const ROOT_FIELDS[] = { "landmark", "other_charity_detail", "first_name", "family_name" };

/* ---- people who type ---- */

/* A value nobody else types, or one of a few, so that agreement happens too. */
static size_t type_value(struct world *w, char out[32])
{
	if (world_draw(w, 4) == 0)
		return (size_t)snprintf(out, 32, "same%" PRIu64, world_draw(w, 3));
	return (size_t)snprintf(out, 32, "v%" PRIu64, ++w->typed);
}

/* The form that a case is written with: that of its family. */
static const struct form *form_of(struct world *w, struct device *d, uint64_t case_id)
{
	const struct form *form;
	int64_t form_id;
	int err = shelf_form_of_case(d->store, case_id, &form, &form_id);

	if (err == ERR_NOT_FOUND)
		err = shelf_form_current(d->store, &form, &form_id);
	world_must(w, err, "form");
	return form;
}

static void push(struct world *w, struct device *d, uint64_t case_id, const struct form *form, struct edit *edits, size_t count)
{
	struct edit_group g = { .case_id = case_id, .form = form, .edits = edits, .edit_count = count };

	world_must(w, outbox_push(d->store, &g), "outbox_push");
	world_must(w, draft_begin(d->store, case_id, form), "draft_begin");
	if (world_draw(w, 4) == 0)
		world_must(w, draft_finish(d->store, case_id), "draft_finish");
}

static uint16_t field_index(const struct world *w, const struct form *form, const char *name, uint16_t *entry_type)
{
	int i = form_field_find(form, name);

	if (i < 0)
		world_stop(w, name);
	*entry_type = form_field(form, (size_t)i)->entry_type;
	return (uint16_t)i;
}

static struct edit make_edit(struct world *w, const struct form *form, uint64_t entry_id, const char *field, char text[32])
{
	struct edit e = { .entry_id = entry_id, .value = text };

	e.field = field_index(w, form, field, &e.entry_type);
	e.value_len = type_value(w, text);
	return e;
}

/* A case of the other family, once a contact has brought its form. */
static bool type_other_case(struct world *w, struct device *d)
{
	const struct form *form;
	uint64_t case_id;
	int64_t form_id;
	char text[32];
	struct edit e;

	if (shelf_form_named(d->store, PRESS_OTHER_FAMILY, &form, &form_id) != 0)
		return false;
	world_must(w, db_begin(d->store->db), "begin");
	world_must(w, store_new_id(d->store, &case_id), "id");
	e = make_edit(w, form, case_id, OTHER_FIELD, text);
	push(w, d, case_id, form, &e, 1);
	world_must(w, db_commit(d->store->db), "commit");
	d->cases++;
	w->others++;
	return true;
}

static void type_new_case(struct world *w, struct device *d)
{
	const struct form *form;
	struct edit edits[4];
	char text[4][32];
	uint64_t case_id, member;
	int64_t form_id;

	world_must(w, shelf_form_current(d->store, &form, &form_id), "form");
	world_must(w, db_begin(d->store->db), "begin");
	world_must(w, store_new_id(d->store, &case_id), "id");
	world_must(w, store_new_id(d->store, &member), "id");
	edits[0] = make_edit(w, form, case_id, ROOT_FIELDS[0], text[0]);
	edits[1] = make_edit(w, form, case_id, ROOT_FIELDS[2], text[1]);
	edits[2] = make_edit(w, form, member, "member_name", text[2]);
	edits[3] = edits[2];
	edits[3].field = field_index(w, form, "member_id_number", &edits[3].entry_type);
	edits[3].value = "1000000008";
	edits[3].value_len = 10;
	push(w, d, case_id, form, edits, 4);
	world_must(w, db_commit(d->store->db), "commit");
	d->cases++;
}

/* A random row that `sql` gives on the device (one or two ids), among at most `count`. */
static bool pick(struct world *w, struct device *d, const char *sql, uint64_t *a, uint64_t *b)
{
	struct db_stmt *q;
	uint64_t skip = world_draw(w, 12);
	bool found = false;
	int got;

	world_must(w, db_prepare(d->store->db, sql, &q), "pick");
	while ((got = db_step(q)) == 1) {
		*a = db_u64(q, 0);
		*b = db_u64(q, 1);
		found = true;
		if (skip-- == 0)
			break;
	}
	db_done(q);
	if (got < 0)
		world_stop(w, "pick");
	return found;
}

static bool pick_entry(struct world *w, struct device *d, uint64_t *case_id, uint64_t *entry_id)
{
	return pick(w, d,
		    "SELECT case_id, entry_id FROM register WHERE entry_type = 'member'"
		    " UNION SELECT case_id, entry_id FROM own WHERE entry_type = 'member' ORDER BY 1, 2",
		    case_id, entry_id);
}

static void type_change(struct world *w, struct device *d)
{
	uint64_t case_id, entry_id;
	const struct form *form;
	struct edit e;
	char text[32];

	if (!pick(w, d, "SELECT case_id, case_id FROM aid_case ORDER BY 1", &case_id, &entry_id))
		return;
	world_must(w, db_begin(d->store->db), "begin");
	form = form_of(w, d, case_id);
	if (strcmp(form_id(form), PRESS_OTHER_FAMILY) == 0) {
		e = make_edit(w, form, case_id, OTHER_FIELD, text);
	} else if (world_draw(w, 3) != 0 || !pick_entry(w, d, &case_id, &entry_id)) {
		e = make_edit(w, form, case_id, ROOT_FIELDS[world_draw(w, sizeof ROOT_FIELDS / sizeof ROOT_FIELDS[0])], text);
	} else {
		form = form_of(w, d, case_id);
		e = make_edit(w, form, entry_id, "member_name", text);
	}
	push(w, d, case_id, form, &e, 1);
	world_must(w, db_commit(d->store->db), "commit");
}

static void type_removal(struct world *w, struct device *d)
{
	uint64_t case_id, entry_id;
	const struct form *form;
	uint16_t type;
	struct edit e = { .field = FORM_FIELD_GONE, .value = "yes", .value_len = 3 };

	if (!pick_entry(w, d, &case_id, &entry_id))
		return;
	world_must(w, db_begin(d->store->db), "begin");
	form = form_of(w, d, case_id);
	field_index(w, form, "member_name", &type);
	e.entry_id = entry_id;
	e.entry_type = type;
	push(w, d, case_id, form, &e, 1);
	world_must(w, db_commit(d->store->db), "commit");
}

static void type_something(struct world *w, struct device *d)
{
	uint64_t what = world_draw(w, 10);

	if (what < 3 && d->cases < CASES_MAX) {
		if (world_draw(w, 4) != 0 || !type_other_case(w, d))
			type_new_case(w, d);
	} else if (what < 9) {
		type_change(w, d);
	} else {
		type_removal(w, d);
	}
}

/* ---- links ---- */

/* The centre takes a request (it never refuses one of our own devices) and answers, every other time in pages of one case. */
static void centre_takes(struct world *w, const struct buf *request, struct buf *answer)
{
	struct intake_result r = { .page_bytes = world_draw(w, 2) };

	world_must(w, intake_run(w->centre, request->data, request->len, &r, answer), "intake_run");
	intake_result_fini(&r);
	w->contacts++;
}

static void device_hears(struct world *w, struct device *d, const struct buf *answer, struct round_result *r)
{
	int err = round_answer(d->store, answer->data, answer->len, r);

	if (err && err != ERR_STALE)
		world_stop(w, "round_answer");
	w->forks += r->is_forked;
}

/* A damaged answer changes nothing and is refused. */
static void device_hears_noise(struct world *w, struct device *d, struct buf *answer)
{
	struct round_result r = { 0 };
	size_t at = world_draw(w, answer->len);

	answer->data[at] ^= (uint8_t)(1 + world_draw(w, 255));
	if (round_answer(d->store, answer->data, answer->len, &r) == 0)
		world_stop(w, "a damaged answer was taken");
	w->damaged++;
}

static void keep_in_drawer(struct world *w, int device, const struct buf *request)
{
	struct letter *l = &w->drawer[w->drawer_count];

	if (w->drawer_count == WORLD_DRAWER_MAX)
		return;
	l->device = device;
	buf_init(&l->request, MESSAGE_REQUEST_BYTES_MAX);
	buf_append(&l->request, request->data, request->len);
	w->drawer_count++;
}

/* Whether the centre has more to say. */
static bool contact(struct world *w, int i, uint64_t fault)
{
	struct device *d = &w->devices[i];
	struct round_result r = { 0 };
	struct buf request, answer;

	buf_init(&request, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	world_must(w, round_request(d->store, &request), "round_request");
	if (fault == 1 || fault == 5)
		keep_in_drawer(w, i, &request);
	if (fault != 1)
		centre_takes(w, &request, &answer);
	if (fault == 3) {
		buf_clear(&answer);
		centre_takes(w, &request, &answer);
	}
	for (uint64_t n = fault == 6 ? 1 + world_draw(w, 3) : 0; n > 0; n--)
		type_something(w, d); /* another program, between request and answer */
	if (fault == 4)
		device_hears_noise(w, d, &answer);
	else if (fault != 1 && fault != 2)
		device_hears(w, d, &answer, &r);
	buf_fini(&request);
	buf_fini(&answer);
	return r.is_more;
}

/* A request out of the drawer: any of them, so order is not kept; its answer may be lost. */
static void open_drawer(struct world *w)
{
	struct round_result r = { 0 };
	struct letter l;
	struct buf answer;
	int i;

	if (w->drawer_count == 0)
		return;
	i = (int)world_draw(w, (uint64_t)w->drawer_count);
	l = w->drawer[i];
	w->drawer[i] = w->drawer[--w->drawer_count];
	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	centre_takes(w, &l.request, &answer);
	if (world_draw(w, 2) && round_answer(w->devices[l.device].store, answer.data, answer.len, &r) == 0)
		w->forks += r.is_forked;
	buf_fini(&answer);
	buf_fini(&l.request);
}

/* ---- power, copies, decisions ---- */

static void device_power_cut(struct world *w, struct device *d)
{
	char image[WORLD_PATH_BYTES];

	world_copy_store(w, d->dir, STORE_FILE, image);
	store_close(d->store);
	world_remove_folder(d->dir);
	snprintf(d->dir, sizeof d->dir, "%s", image);
	world_must(w, store_open(&d->env, d->dir, WORLD_PASSPHRASE, strlen(WORLD_PASSPHRASE), &d->store), "store_open after a power cut");
}

static void open_centre(struct world *w, const char *what)
{
	world_must(w, centre_open(&w->env, w->centre_dir, WORLD_PASSPHRASE, strlen(WORLD_PASSPHRASE), &w->centre), what);
}

static void centre_power_cut(struct world *w)
{
	char image[WORLD_PATH_BYTES];

	world_copy_store(w, w->centre_dir, CENTRE_FILE, image);
	centre_close(w->centre);
	world_remove_folder(w->centre_dir);
	snprintf(w->centre_dir, sizeof w->centre_dir, "%s", image);
	open_centre(w, "centre_open after a power cut");
}

static void clone_device(struct world *w, struct device *from)
{
	struct device *d = &w->devices[w->device_count];

	if (w->clones == CLONES_MAX)
		return;
	world_copy_store(w, from->dir, STORE_FILE, d->dir);
	d->branch = from->branch;
	d->cases = from->cases;
	d->is_copied = from->is_copied = true;
	d->row = from->row;
	d->image[0] = '\0';
	world_device_env(w, d);
	world_must(w, store_open(&d->env, d->dir, WORLD_PASSPHRASE, strlen(WORLD_PASSPHRASE), &d->store), "store_open of a copy");
	w->device_count++;
	w->clones++;
}

static bool is_quiet(struct world *w, struct device *d)
{
	struct outbox_counts n;
	uint64_t whole;

	world_must(w, outbox_count(d->store, &n), "outbox_count");
	world_must(w, store_get_u64(d->store, "whole", &whole), "whole");
	return n.groups == n.confirmed && n.envelopes_waiting == 0 && whole == 0;
}

/*
 * A copy of a store is kept, and some time later the store is put back to it, after it has sent everything: what was typed and never left
 * a lost disk is beyond anybody's reach. So is what such a disk and a centre lose together, hence no restore of an older backup after it.
 * The store that was there speaks no more, but for what lies in the drawer.
 */
static void put_back(struct world *w, struct device *d)
{
	int n = 0;

	while (contact(w, (int)(d - w->devices), 0))
		if (n++ == PAGES_MAX)
			world_stop(w, "a contact does not come to its end");
	if (!is_quiet(w, d))
		return;
	store_close(d->store);
	world_remove_folder(d->dir);
	memcpy(d->dir, d->image, sizeof d->dir);
	d->image[0] = '\0';
	world_must(w, store_open(&d->env, d->dir, WORLD_PASSPHRASE, strlen(WORLD_PASSPHRASE), &d->store), "store_open of an image");
	d->is_copied = true;
	w->backup[0] = '\0';
	w->rewinds++;
}

static void image_or_put_back(struct world *w, struct device *d)
{
	for (int i = 0; i < w->device_count; i++) {
		if (w->devices[i].image[0]) {
			put_back(w, &w->devices[i]);
			return;
		}
	}
	world_copy_store(w, d->dir, STORE_FILE, d->image);
}

static void decide(struct world *w)
{
	struct conflict_list list;
	const struct conflict *x;
	const char *value;
	int err;

	world_must(w, conflict_list(w->centre, 0, 0, 8, &list), "conflict_list");
	if (list.count) {
		x = &list.items[world_draw(w, list.count)];
		value = world_draw(w, 2) || !x->has_current ? x->candidates[world_draw(w, x->candidate_count)].value : x->current.value;
		if (strcmp(x->field, FORM_FIELD_GONE_NAME) != 0 && world_draw(w, 4) == 0)
			value = "decided otherwise";
		world_must(w, db_begin(w->centre->db), "begin");
		err = conflict_resolve(w->centre, x->conflict_id, 1, x->at, value, strlen(value), "decided in the simulation");
		world_must(w, err, "conflict_resolve");
		world_must(w, db_commit(w->centre->db), "commit");
		w->decisions++;
	}
	conflict_list_fini(&list);
}

static void back_up(struct world *w)
{
	struct backup_report report;

	snprintf(w->backup, sizeof w->backup, "%.400s/backup%d", w->dir, w->images++);
	world_must(w, backup_write(w->centre, w->backup, 0, &report), "backup_write");
	world_must(w, db_query_int(w->centre->db, "SELECT count(*) FROM site", &w->backup_sites), "sites");
}

/*
 * The centre is put back to its newest backup. Not when an incarnation was granted since: the centre would not know it any more and refuse
 * the device.
 */
static void restore(struct world *w)
{
	struct backup_restored report;
	int64_t sites;
	int err;

	world_must(w, db_query_int(w->centre->db, "SELECT count(*) FROM site", &sites), "sites");
	if (!w->backup[0] || sites != w->backup_sites)
		return;
	centre_close(w->centre);
	world_remove_folder(w->centre_dir);
	snprintf(w->centre_dir, sizeof w->centre_dir, "%.400s/image%d", w->dir, w->images++);
	err = backup_restore(&w->env, w->backup, w->centre_dir, WORLD_PASSPHRASE, strlen(WORLD_PASSPHRASE), &report);
	if (report.check.findings)
		printf("%s", buf_string(&report.check.text));
	world_must(w, err, "backup_restore");
	verify_report_fini(&report.check);
	open_centre(w, "centre_open after a restore");
	press_again(w);
	w->restores++;
}

static void ask_whole(struct world *w, struct device *d)
{
	world_must(w, db_begin(d->store->db), "begin");
	world_must(w, store_set_u64(d->store, "whole", 1), "whole");
	world_must(w, db_commit(d->store->db), "commit");
	w->wholes++;
}

static void step(struct world *w)
{
	int i = (int)world_draw(w, (uint64_t)w->device_count);
	uint64_t what = world_draw(w, 100);

	w->now_ms += (int64_t)world_draw(w, 600000);
	if (what < 46)
		type_something(w, &w->devices[i]);
	else if (what < 76)
		contact(w, i, world_draw(w, 2) ? 0 : world_draw(w, 7));
	else if (what < 82)
		open_drawer(w);
	else if (what < 87)
		decide(w);
	else if (what < 90)
		device_power_cut(w, &w->devices[i]);
	else if (what < 92)
		centre_power_cut(w);
	else if (what < 94)
		back_up(w);
	else if (what < 96)
		restore(w);
	else if (what < 97)
		press_publish(w);
	else if (what < 98)
		ask_whole(w, &w->devices[i]);
	else if (w->seed % 3 == 0) /* a third of the worlds has no copies at all */
		return;
	else if (w->seed % 3 == 1 && world_draw(w, 4))
		image_or_put_back(w, &w->devices[i]);
	else
		clone_device(w, &w->devices[i]);
}

/* ---- at rest ---- */

static bool one_round(struct world *w)
{
	bool quiet = true;

	while (w->drawer_count)
		open_drawer(w);
	for (int i = 0; i < w->device_count; i++) {
		for (int n = 0; contact(w, i, 0); n++)
			if (n == PAGES_MAX)
				world_stop(w, "a contact does not come to its end");
		quiet = is_quiet(w, &w->devices[i]) && quiet;
	}
	return quiet;
}

static void come_to_rest(struct world *w)
{
	for (int round = 0; round < REST_ROUNDS; round++) {
		if (!one_round(w))
			continue;
		one_round(w); /* what the last ones brought reaches the first ones */
		return;
	}
	world_stop(w, "the devices do not come to rest");
}

static void check_device(struct world *w, struct device *d)
{
	struct record_digest kept, again, centre;
	struct db_stmt *q;
	uint64_t mismatches;
	int64_t own;

	world_must(w, register_digest(d->store, &kept), "digest");
	world_must(w, register_digest_again(d->store, &again), "digest");
	world_must(w, db_prepare(w->centre->db, "SELECT digest_0, digest_1 FROM branch WHERE branch_id = ?1", &q), "branch");
	db_bind_int(q, 1, d->branch);
	world_must(w, db_row(q), "branch");
	centre.lane[0] = db_u64(q, 0);
	centre.lane[1] = db_u64(q, 1);
	db_done(q);
	if (!record_digest_equal(&kept, &again))
		world_stop(w, "a device's digest is not that of its registers");
	if (!record_digest_equal(&kept, &centre))
		world_stop(w, "a device holds something else than the centre");
	world_must(w, store_get_u64(d->store, "mismatches", &mismatches), "mismatches");
	if (mismatches && !w->restores) /* a restored centre holds less than it once told */
		world_stop(w, "a digest differed on the way");
	world_must(w, db_query_int(d->store->db, "SELECT count(*) FROM own", &own), "own");
	if (own)
		world_stop(w, "an unconfirmed value is left");
	world_must(w, db_check(d->store->db), "db_check");
}

static void check_store(struct world *w, struct device *d)
{
	struct verify_result result;

	world_must(w, verify_agent(d->store, &result), "verify_agent");
	if (result.finding_count) {
		err_set(ERR_CORRUPT, "%s", buf_string(&result.findings));
		world_stop(w, "a device's own check has findings");
	}
	verify_result_fini(&result);
}

/* The values on which a person has yet to decide, as one side knows them: a sum over addresses and values. */
static uint64_t waiting_sum(struct world *w, struct db *db, const char *sql, uint32_t site)
{
	struct record_digest sum = { { 0 } };
	struct db_stmt *q;
	int got;

	world_must(w, db_prepare(db, sql, &q), "waiting");
	db_bind_int(q, 1, site);
	while ((got = db_step(q)) == 1) {
		size_t len;
		const char *value = db_text_len(q, 3, &len);

		record_digest_change(&sum, 1, db_u64(q, 0), db_u64(q, 1), db_text(q, 2), value, len, 0);
	}
	db_done(q);
	if (got < 0)
		world_stop(w, "waiting");
	return sum.lane[0];
}

/*
 * Whoever typed a value on which a person has yet to decide sees that it waits, and no longer. Removals are left out (the centre makes
 * candidates of them itself), and so are devices that were copied and centres that were put back: there the candidate may have come by
 * another hand.
 */
static void check_waiting(struct world *w, struct device *d)
{
	if (d->is_copied || w->restores)
		return;
	if (waiting_sum(w, d->store->db, "SELECT case_id, entry_id, field, value FROM pending WHERE field <> '_gone' AND ?1 <> 0",
			d->store->site) !=
	    waiting_sum(w, w->centre->db,
			"SELECT x.case_id, x.entry_id, x.field, k.value FROM conflict x JOIN candidate k USING (conflict_id)"
			" WHERE x.field <> '_gone' AND x.state = 1 AND k.site = ?1",
			d->store->site))
		world_stop(w, "a device shows other conflicts than the centre has of it");
}

/*
 * The centre speaks of copies and of stores that went back in time where there are some, and nowhere else: requests that were lost, came
 * late, twice or out of order, power cuts and restores of the centre are no ground for it. Of a restored centre only that is asked.
 */
static void check_past(struct world *w, struct device *d)
{
	struct db_stmt *q;
	uint64_t notice;

	world_must(w, db_prepare(w->centre->db, "SELECT count(*) FROM store_event WHERE device = ?1", &q), "store_event");
	db_bind_int(q, 1, d->row);
	world_must(w, db_row(q), "store_event");
	w->events += db_u64(q, 0);
	world_must(w, store_get_u64(d->store, "notice", &notice), "notice");
	if (!d->is_copied && (db_int(q, 0) || notice))
		world_stop(w, "a store that never went back in time is said to have done so");
	if (d->is_copied && !w->restores && db_int(q, 0) == 0)
		world_stop(w, "copies of a store went unnoticed");
	db_done(q);
}

static void check_typed(struct world *w)
{
	for (uint64_t n = 1; n <= w->typed; n++) {
		struct db_stmt *q;
		char text[32];
		int err;

		snprintf(text, sizeof text, "v%" PRIu64, n);
		world_must(w, db_prepare(w->centre->db, "SELECT 1 FROM edit WHERE value = ?1", &q), "ledger");
		db_bind_text(q, 1, text);
		err = db_row(q);
		if (err == ERR_NOT_FOUND)
			err_set(err, "%s", text);
		world_must(w, err, "a value that was saved is not at the centre");
		db_done(q);
	}
}

/* The planted bug: a saved answer that never reached an envelope is dropped. */
static void plant(struct world *w)
{
	struct db *db = w->devices[0].store->db;
	const char *what = getenv("SIM_PLANT");

	if (!what || strcmp(what, "lose") != 0)
		return;
	type_new_case(w, &w->devices[0]);
	world_must(w, db_exec(db, "DELETE FROM own WHERE number = (SELECT max(number) FROM edit_group);"
			    "DELETE FROM edit WHERE number = (SELECT max(number) FROM edit_group);"
			    "DELETE FROM edit_group WHERE number = (SELECT max(number) FROM edit_group);"
			    "DELETE FROM draft WHERE case_id NOT IN (SELECT case_id FROM edit_group);"
			    "DELETE FROM finished WHERE case_id NOT IN (SELECT case_id FROM edit_group)"),
	     "plant");
}

static void run(uint64_t seed)
{
	struct world *w = calloc(1, sizeof *w);

	if (!w)
		exit(1);
	world_init(w, seed);
	for (int i = 0; i < STEPS; i++)
		step(w);
	plant(w);
	come_to_rest(w);
	for (int i = 0; i < w->device_count; i++) {
		check_device(w, &w->devices[i]);
		check_store(w, &w->devices[i]);
		press_check(w, &w->devices[i]);
		check_waiting(w, &w->devices[i]);
		check_past(w, &w->devices[i]);
	}
	check_typed(w);
	world_must(w, db_check(w->centre->db), "db_check of the centre");
	printf("seed %" PRIu64 ": %" PRIu64 " values, %" PRIu64 " contacts, %" PRIu64 " decisions, %" PRIu64 " forks, %" PRIu64
	       " damaged, %" PRIu64 " put back, %" PRIu64 " events of that, %d restores, %d papers, %" PRIu64
	       " of another family: at rest, all agree\n",
	       seed, w->typed, w->contacts, w->decisions, w->forks, w->damaged, w->rewinds, w->events, w->restores, w->paper_count,
	       w->others);
	world_fini(w);
	free(w);
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	world_must(&(struct world){ .seed = first }, vault_init(NULL), "vault_init");
	for (uint64_t i = 0; i < count; i++)
		run(first + i);
	return 0;
}
