/*
 * sim: several devices of two branches and the centre in one process, in virtual time, from a seed.
 *
 * The real stations of both programs (outbox, round, apply, fork; intake, ingest, conflict, outlet) run over real vaults in a scratch
 * folder. What is simulated is the world: requests and answers that are lost, doubled, damaged, or lie in a drawer and come late and out
 * of order; answers that lie between two programs of one device while a person types on; clocks that stand at 1970 or 2038; stores that
 * are copied (clones); power cuts of devices and of the centre (the files as they stood, reopened); backups, and a centre put back to one;
 * answers in pages of one case; devices that ask for their whole scope; forms published in the middle; people at the centre who decide
 * conflicts, now and then with a value that nobody typed.
 *
 * At the end the links are good for a while. Then: every value that was ever saved on a device is in the centre's ledger; nothing waits;
 * what each device holds, what it says it holds (digest) and what the centre says of its branch agree; each device's own check of its
 * store finds nothing; and who typed a value on which a person has yet to decide sees that it waits.
 *
 *	sim FIRST_SEED [COUNT]      runs COUNT seeds (default 1); prints the seed of a failure
 *	SIM_PLANT=lose              plants a bug (a saved answer is dropped) that the checker must find
 */
#include <assert.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/command/verify.h"
#include "agent/outbox.h"
#include "agent/register.h"
#include "agent/round.h"
#include "proto/base/file.h"
#include "server/admin/backup.h"
#include "server/centre.h"
#include "server/conflict.h"
#include "server/intake.h"

#define DEVICES_MAX 8
#define DEVICES 4 /* before clones: three of one branch, one of another */
#define CLONES_MAX 2
#define STEPS 120
#define CASES_MAX 6 /* made per device */
#define REST_ROUNDS 40
#define DRAWER_MAX 16
#define PAGES_MAX 200 /* requests of one contact at rest */
#define FORMS_MAX 3 /* published in the middle */
#define PATH_BYTES 512
#define PASSPHRASE "sim passphrase"
#define YEAR_2026_MS INT64_C(1767225600000)
#define YEAR_2038_MS INT64_C(2145916800000)

struct device {
	char dir[PATH_BYTES];
	struct env env;
	int64_t clock_offset;
	struct world *world;
	struct store *store; /* NULL: not made */
	int64_t branch;
	int cases;
	bool is_copied; /* it is a copy, or was copied */
};

struct letter { /* a request that lies in a drawer */
	int device;
	struct buf request;
};

struct world {
	uint64_t seed;
	uint64_t random;
	int64_t now_ms;
	char dir[PATH_BYTES];
	char centre_dir[PATH_BYTES];
	int images; /* numbers folders */
	struct env env;
	struct centre *centre;
	struct device devices[DEVICES_MAX];
	int device_count;
	int clones;
	struct letter drawer[DRAWER_MAX];
	int drawer_count;
	char backup[PATH_BYTES];      /* the newest; "" before the first */
	int64_t backup_sites;         /* incarnations that it knows */
	struct buf forms[FORMS_MAX];  /* texts published in the middle: an administrator publishes them again after a restore */
	int form_count;
	int restores;
	uint64_t typed; /* values v1 .. v<typed> were saved on some device */
	uint64_t contacts, decisions, forks, damaged, wholes;
};

/* The last two are protected. */
static const char *const ROOT_FIELDS[] = { "landmark", "other_charity_detail", "first_name", "family_name" };

static void stop(const struct world *w, const char *what)
{
	printf("seed %" PRIu64 ": %s: %s\n", w->seed, what, err_message());
	exit(1);
}

static void must(const struct world *w, int err, const char *what)
{
	if (err)
		stop(w, what);
}

static uint64_t draw(struct world *w, uint64_t below)
{
	uint64_t z = w->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

/* ---- the world's clock and randomness ---- */

static int64_t world_wall(void *ctx)
{
	return ((struct world *)ctx)->now_ms;
}

static int64_t device_wall(void *ctx)
{
	struct device *d = ctx;

	return d->world->now_ms + d->clock_offset;
}

static int64_t device_mono(void *ctx)
{
	return ((struct device *)ctx)->world->now_ms - YEAR_2026_MS;
}

static int64_t world_mono(void *ctx)
{
	return ((struct world *)ctx)->now_ms - YEAR_2026_MS;
}

static void boot_id(void *ctx, uint8_t out[ENV_BOOT_ID_BYTES])
{
	(void)ctx;
	memset(out, 7, ENV_BOOT_ID_BYTES);
}

static void randomness(void *ctx, void *out, size_t len)
{
	(void)ctx;
	env_random(env_system(), out, len);
}

/* ---- files ---- */

static void copy_file(const struct world *w, const char *from, const char *to)
{
	struct buf b;

	buf_init(&b, 64 << 20);
	if (access(from, R_OK) == 0) {
		must(w, file_read(from, &b), "copy");
		unlink(to);
		must(w, file_write_new(to, b.data, b.len), "copy");
	}
	buf_fini(&b);
}

/* The files of a store as a power cut would leave them: database and WAL, without the index in shared memory. */
static void copy_store(struct world *w, const char *from, const char *file, char to[PATH_BYTES])
{
	char source[PATH_BYTES * 2], target[PATH_BYTES * 2];

	snprintf(to, PATH_BYTES, "%.400s/image%d", w->dir, w->images++);
	must(w, dir_make(to), "image");
	snprintf(source, sizeof source, "%s/%s", from, file);
	snprintf(target, sizeof target, "%s/%s", to, file);
	copy_file(w, source, target);
	snprintf(source, sizeof source, "%s/%s-wal", from, file);
	snprintf(target, sizeof target, "%s/%s-wal", to, file);
	copy_file(w, source, target);
}

static void remove_folder(const char *dir)
{
	char path[PATH_BYTES * 2];
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (unlink(path) != 0)
			remove_folder(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

/* ---- making the world ---- */

static const struct vault_kdf KDF = { .mem_bytes = 8192, .passes = 1, .test_weak_kdf = true };

static void make_manifest(struct world *w, const struct seal_keys *root, const struct seal_keys *keys, struct buf *out)
{
	struct manifest m = { .number = 1, .version_min = 1, .sign_key_count = 1, .receive_key_count = 1 };

	seal_org_id(root->sign_public, m.org);
	memcpy(m.sign_keys[0], keys->sign_public, sizeof m.sign_keys[0]);
	m.receive_keys[0].epoch = 1;
	memcpy(m.receive_keys[0].box_public, keys->box_public, SEAL_BOX_PUBLIC_BYTES);
	memcpy(m.recovery_public, root->box_public, SEAL_BOX_PUBLIC_BYTES);
	must(w, manifest_encode(&m, out), "manifest");
	must(w, manifest_sign(out, root->sign_secret), "manifest");
}

static void make_centre(struct world *w)
{
	struct seal_keys *root, *keys;
	struct buf manifest;

	must(w, seal_keys_new(&w->env, &root), "keys");
	must(w, seal_keys_new(&w->env, &keys), "keys");
	buf_init(&manifest, MANIFEST_BYTES_MAX);
	make_manifest(w, root, keys, &manifest);
	must(w,
	     centre_create(&w->env, w->centre_dir, PASSPHRASE, strlen(PASSPHRASE),
			   &(struct centre_new){ .name = "sim", .root_public = root->sign_public, .keys = keys, .manifest = manifest.data,
						 .manifest_len = manifest.len, .kdf = &KDF }),
	     "centre_create");
	buf_fini(&manifest);
	seal_keys_free(root);
	seal_keys_free(keys);
	must(w, centre_open(&w->env, w->centre_dir, PASSPHRASE, strlen(PASSPHRASE), &w->centre), "centre_open");
	must(w, db_begin(w->centre->db), "begin");
	must(w,
	     db_exec(w->centre->db, "INSERT INTO branch (branch_id, name) VALUES (1, 'one'), (2, 'two');"
				    "INSERT INTO person (person_id, name, role, is_admin, made_ms) VALUES (1, 'officer', 2, 1, 0);"
				    "INSERT INTO person (person_id, name, role, branch_id, made_ms)"
				    " VALUES (11, 'a', 1, 1, 0), (12, 'b', 1, 1, 0), (13, 'c', 1, 1, 0), (14, 'd', 1, 2, 0)"),
	     "people");
	must(w, db_commit(w->centre->db), "commit");
}

static void enrol_row(struct world *w, const struct device *d, const struct seal_keys *k, int i, struct message_enrolled *e)
{
	struct db *db = w->centre->db;
	struct db_stmt *q;

	must(w,
	     db_prepare(db,
			"INSERT INTO device (device_id, name, branch_id, person_id, sign_public, box_public, enrolled_ms)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
			&q),
	     "device");
	db_bind_blob(q, 1, e->device, sizeof e->device);
	db_bind_text(q, 2, "device");
	db_bind_int(q, 3, d->branch);
	db_bind_int(q, 4, 11 + i);
	db_bind_blob(q, 5, k->sign_public, sizeof k->sign_public);
	db_bind_blob(q, 6, k->box_public, sizeof k->box_public);
	must(w, db_run(q), "device");
	must(w, centre_site_add(w->centre, db_last_id(db), e->device, NULL, &e->incarnation, &e->site), "site");
}

static void enrol(struct world *w, int i)
{
	struct device *d = &w->devices[i];
	struct message_enrolled e = { .person = (uint32_t)(11 + i), .branch = "branch" };
	const struct form *form;
	struct seal_keys *k;
	int64_t form_id;
	size_t len;
	const char *text;

	must(w, seal_keys_new(&d->env, &k), "keys");
	seal_device_id(k->sign_public, k->box_public, e.device);
	memcpy(e.root_public, w->centre->root_public, sizeof e.root_public);
	e.manifest = (struct message_blob){ w->centre->manifest_bytes.data, w->centre->manifest_bytes.len };
	must(w, db_begin(w->centre->db), "begin");
	enrol_row(w, d, k, i, &e);
	must(w, db_commit(w->centre->db), "commit");
	must(w, library_refresh(w->centre->library, w->centre->db), "refresh");
	must(w, centre_form_current(w->centre, &form, &form_id), "form");
	text = form_text(form, &len);
	must(w, store_enrol(d->store, "", &e, text, len, k), "store_enrol");
	seal_keys_free(k);
}

static void device_env(struct world *w, struct device *d)
{
	static const int64_t OFFSETS[] = { 0, -YEAR_2026_MS, YEAR_2038_MS - YEAR_2026_MS, 3600000, -90000 };

	d->world = w;
	d->clock_offset = OFFSETS[draw(w, sizeof OFFSETS / sizeof OFFSETS[0])];
	d->env = (struct env){ .ctx = d, .wall_ms = device_wall, .mono_ms = device_mono, .boot_id = boot_id, .random = randomness };
}

static void make_device(struct world *w, int i)
{
	struct device *d = &w->devices[i];

	snprintf(d->dir, sizeof d->dir, "%.400s/device%d", w->dir, i);
	d->branch = i == DEVICES - 1 ? 2 : 1;
	device_env(w, d);
	must(w, store_create(&d->env, d->dir, PASSPHRASE, strlen(PASSPHRASE), &KDF), "store_create");
	must(w, store_open(&d->env, d->dir, PASSPHRASE, strlen(PASSPHRASE), &d->store), "store_open");
	enrol(w, i);
}

static void world_init(struct world *w, uint64_t seed)
{
	const char *scratch = getenv("MANDOOB_SCRATCH");

	*w = (struct world){ .seed = seed, .random = seed, .now_ms = YEAR_2026_MS };
	w->env = (struct env){ .ctx = w, .wall_ms = world_wall, .mono_ms = world_mono, .boot_id = boot_id, .random = randomness };
	snprintf(w->dir, sizeof w->dir, "%s/sim-%d-%" PRIu64, scratch ? scratch : "/tmp", (int)getpid(), seed);
	snprintf(w->centre_dir, sizeof w->centre_dir, "%.400s/centre", w->dir);
	must(w, dir_make(w->dir), "scratch");
	make_centre(w);
	w->device_count = DEVICES;
	for (int i = 0; i < DEVICES; i++)
		make_device(w, i);
}

static void world_fini(struct world *w)
{
	for (int i = 0; i < w->device_count; i++)
		store_close(w->devices[i].store);
	for (int i = 0; i < w->drawer_count; i++)
		buf_fini(&w->drawer[i].request);
	for (int i = 0; i < w->form_count; i++)
		buf_fini(&w->forms[i]);
	centre_close(w->centre);
	remove_folder(w->dir);
}

/* ---- people who type ---- */

/* A value nobody else types, or one of a few, so that agreement happens too. */
static size_t type_value(struct world *w, char out[32])
{
	if (draw(w, 4) == 0)
		return (size_t)snprintf(out, 32, "same%" PRIu64, draw(w, 3));
	return (size_t)snprintf(out, 32, "v%" PRIu64, ++w->typed);
}

static void push(struct world *w, struct device *d, uint64_t case_id, struct edit *edits, size_t count)
{
	struct edit_group g = { .case_id = case_id, .edits = edits, .edit_count = count };
	int64_t form_id;

	must(w, store_form_current(d->store, &g.form, &form_id), "form");
	must(w, outbox_push(d->store, &g), "outbox_push");
}

static uint16_t field_index(const struct world *w, struct device *d, const char *name, uint16_t *entry_type)
{
	const struct form *form;
	int64_t form_id;
	int i;

	must(w, store_form_current(d->store, &form, &form_id), "form");
	i = form_field_find(form, name);
	if (i < 0)
		stop(w, name);
	*entry_type = form_field(form, (size_t)i)->entry_type;
	return (uint16_t)i;
}

static struct edit make_edit(struct world *w, struct device *d, uint64_t entry_id, const char *field, char text[32])
{
	struct edit e = { .entry_id = entry_id, .value = text };

	e.field = field_index(w, d, field, &e.entry_type);
	e.value_len = type_value(w, text);
	return e;
}

static void type_new_case(struct world *w, struct device *d)
{
	struct edit edits[4];
	char text[4][32];
	uint64_t case_id, member;

	must(w, db_begin(d->store->db), "begin");
	must(w, store_new_id(d->store, &case_id), "id");
	must(w, store_new_id(d->store, &member), "id");
	edits[0] = make_edit(w, d, case_id, ROOT_FIELDS[0], text[0]);
	edits[1] = make_edit(w, d, case_id, ROOT_FIELDS[2], text[1]);
	edits[2] = make_edit(w, d, member, "member_name", text[2]);
	edits[3] = edits[2];
	edits[3].field = field_index(w, d, "member_id_number", &edits[3].entry_type);
	edits[3].value = "1000000008";
	edits[3].value_len = 10;
	push(w, d, case_id, edits, 4);
	must(w, db_commit(d->store->db), "commit");
	d->cases++;
}

/* A random row that `sql` gives on the device (one or two ids), among at most `count`. */
static bool pick(struct world *w, struct device *d, const char *sql, uint64_t *a, uint64_t *b)
{
	struct db_stmt *q;
	uint64_t skip = draw(w, 12);
	bool found = false;
	int got;

	must(w, db_prepare(d->store->db, sql, &q), "pick");
	while ((got = db_step(q)) == 1) {
		*a = db_u64(q, 0);
		*b = db_u64(q, 1);
		found = true;
		if (skip-- == 0)
			break;
	}
	db_done(q);
	if (got < 0)
		stop(w, "pick");
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
	struct edit e;
	char text[32];

	if (!pick(w, d, "SELECT case_id, case_id FROM aid_case ORDER BY 1", &case_id, &entry_id))
		return;
	must(w, db_begin(d->store->db), "begin");
	if (draw(w, 3) != 0 || !pick_entry(w, d, &case_id, &entry_id))
		e = make_edit(w, d, case_id, ROOT_FIELDS[draw(w, sizeof ROOT_FIELDS / sizeof ROOT_FIELDS[0])], text);
	else
		e = make_edit(w, d, entry_id, "member_name", text);
	push(w, d, case_id, &e, 1);
	must(w, db_commit(d->store->db), "commit");
}

static void type_removal(struct world *w, struct device *d)
{
	uint64_t case_id, entry_id;
	uint16_t type;
	struct edit e = { .field = FORM_FIELD_GONE, .value = "yes", .value_len = 3 };

	if (!pick_entry(w, d, &case_id, &entry_id))
		return;
	must(w, db_begin(d->store->db), "begin");
	field_index(w, d, "member_name", &type);
	e.entry_id = entry_id;
	e.entry_type = type;
	push(w, d, case_id, &e, 1);
	must(w, db_commit(d->store->db), "commit");
}

static void type_something(struct world *w, struct device *d)
{
	uint64_t what = draw(w, 10);

	if (what < 3 && d->cases < CASES_MAX)
		type_new_case(w, d);
	else if (what < 9)
		type_change(w, d);
	else
		type_removal(w, d);
}

/* ---- links ---- */

/* The centre takes a request (it never refuses one of our own devices) and answers, every other time in pages of one case. */
static void centre_takes(struct world *w, const struct buf *request, struct buf *answer)
{
	struct intake_result r = { .page_bytes = draw(w, 2) };

	must(w, intake_run(w->centre, request->data, request->len, &r, answer), "intake_run");
	intake_result_fini(&r);
	w->contacts++;
}

static void device_hears(struct world *w, struct device *d, const struct buf *answer, struct round_result *r)
{
	int err = round_answer(d->store, answer->data, answer->len, r);

	if (err && err != ERR_STALE)
		stop(w, "round_answer");
	w->forks += r->is_forked;
}

/* A damaged answer changes nothing and is refused. */
static void device_hears_noise(struct world *w, struct device *d, struct buf *answer)
{
	struct round_result r = { 0 };
	size_t at = draw(w, answer->len);

	answer->data[at] ^= (uint8_t)(1 + draw(w, 255));
	if (round_answer(d->store, answer->data, answer->len, &r) == 0)
		stop(w, "a damaged answer was taken");
	w->damaged++;
}

static void keep_in_drawer(struct world *w, int device, const struct buf *request)
{
	struct letter *l = &w->drawer[w->drawer_count];

	if (w->drawer_count == DRAWER_MAX)
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
	must(w, round_request(d->store, &request), "round_request");
	if (fault == 1 || fault == 5)
		keep_in_drawer(w, i, &request);
	if (fault != 1)
		centre_takes(w, &request, &answer);
	if (fault == 3) {
		buf_clear(&answer);
		centre_takes(w, &request, &answer);
	}
	for (uint64_t n = fault == 6 ? 1 + draw(w, 3) : 0; n > 0; n--)
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
	i = (int)draw(w, (uint64_t)w->drawer_count);
	l = w->drawer[i];
	w->drawer[i] = w->drawer[--w->drawer_count];
	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	centre_takes(w, &l.request, &answer);
	if (draw(w, 2) && round_answer(w->devices[l.device].store, answer.data, answer.len, &r) == 0)
		w->forks += r.is_forked;
	buf_fini(&answer);
	buf_fini(&l.request);
}

/* ---- power, copies, decisions ---- */

static void device_power_cut(struct world *w, struct device *d)
{
	char image[PATH_BYTES];

	copy_store(w, d->dir, STORE_FILE, image);
	store_close(d->store);
	remove_folder(d->dir);
	snprintf(d->dir, sizeof d->dir, "%s", image);
	must(w, store_open(&d->env, d->dir, PASSPHRASE, strlen(PASSPHRASE), &d->store), "store_open after a power cut");
}

static void centre_power_cut(struct world *w)
{
	char image[PATH_BYTES];

	copy_store(w, w->centre_dir, CENTRE_FILE, image);
	centre_close(w->centre);
	remove_folder(w->centre_dir);
	snprintf(w->centre_dir, sizeof w->centre_dir, "%s", image);
	must(w, centre_open(&w->env, w->centre_dir, PASSPHRASE, strlen(PASSPHRASE), &w->centre), "centre_open after a power cut");
}

static void clone_device(struct world *w, struct device *from)
{
	struct device *d = &w->devices[w->device_count];

	if (w->clones == CLONES_MAX)
		return;
	copy_store(w, from->dir, STORE_FILE, d->dir);
	d->branch = from->branch;
	d->cases = from->cases;
	d->is_copied = from->is_copied = true;
	device_env(w, d);
	must(w, store_open(&d->env, d->dir, PASSPHRASE, strlen(PASSPHRASE), &d->store), "store_open of a copy");
	w->device_count++;
	w->clones++;
}

static void decide(struct world *w)
{
	struct conflict_list list;
	const struct conflict *x;
	const char *value;
	int err;

	must(w, conflict_list(w->centre, 0, 0, 8, &list), "conflict_list");
	if (list.count) {
		x = &list.items[draw(w, list.count)];
		value = draw(w, 2) || !x->has_current ? x->candidates[draw(w, x->candidate_count)].value : x->current.value;
		if (strcmp(x->field, FORM_FIELD_GONE_NAME) != 0 && draw(w, 4) == 0)
			value = "decided otherwise";
		must(w, db_begin(w->centre->db), "begin");
		err = conflict_resolve(w->centre, x->conflict_id, 1, x->at, value, strlen(value), "decided in the simulation");
		must(w, err, "conflict_resolve");
		must(w, db_commit(w->centre->db), "commit");
		w->decisions++;
	}
	conflict_list_fini(&list);
}

static void back_up(struct world *w)
{
	struct backup_report report;

	snprintf(w->backup, sizeof w->backup, "%.400s/backup%d", w->dir, w->images++);
	must(w, backup_write(w->centre, w->backup, 0, &report), "backup_write");
	must(w, db_query_int(w->centre->db, "SELECT count(*) FROM site", &w->backup_sites), "sites");
}

static void publish_text(struct world *w, const struct buf *text)
{
	int64_t form_id;

	must(w, db_begin(w->centre->db), "begin");
	must(w, centre_form_publish(w->centre, (const char *)text->data, text->len, 1, &form_id), "centre_form_publish");
	must(w, db_commit(w->centre->db), "commit");
	must(w, library_refresh(w->centre->library, w->centre->db), "refresh");
}

static bool has_form(struct world *w, const struct buf *text)
{
	struct db_stmt *q;
	int err;

	must(w, db_prepare(w->centre->db, "SELECT 1 FROM form WHERE text = ?1", &q), "form");
	db_bind_text_len(q, 1, (const char *)text->data, text->len);
	err = db_row(q);
	if (!err)
		db_done(q);
	return err == 0;
}

/*
 * The centre is put back to its newest backup. Not when an incarnation was granted since, or a device was copied: that the centre cannot mend (a
 * granted incarnation is unknown to it, and of two copies the other may bring another envelope under the same number first).
 */
static void restore(struct world *w)
{
	struct backup_restored report;
	int64_t sites;

	must(w, db_query_int(w->centre->db, "SELECT count(*) FROM site", &sites), "sites");
	if (!w->backup[0] || sites != w->backup_sites || w->clones)
		return;
	centre_close(w->centre);
	remove_folder(w->centre_dir);
	snprintf(w->centre_dir, sizeof w->centre_dir, "%.400s/image%d", w->dir, w->images++);
	must(w, backup_restore(&w->env, w->backup, w->centre_dir, PASSPHRASE, strlen(PASSPHRASE), &report), "backup_restore");
	verify_report_fini(&report.check);
	must(w, centre_open(&w->env, w->centre_dir, PASSPHRASE, strlen(PASSPHRASE), &w->centre), "centre_open after a restore");
	for (int i = 0; i < w->form_count; i++)
		if (!has_form(w, &w->forms[i]))
			publish_text(w, &w->forms[i]);
	w->restores++;
}

/* The form in force under another version: other bytes, another hash, the same questions. */
static void publish(struct world *w)
{
	const struct form *form;
	const char *text, *at;
	struct buf *out;
	int64_t form_id;
	size_t len;

	if (w->form_count == FORMS_MAX)
		return;
	out = &w->forms[w->form_count++];
	must(w, centre_form_current(w->centre, &form, &form_id), "form");
	text = form_text(form, &len);
	at = strstr(text, form_version(form));
	buf_init(out, FORM_TEXT_BYTES_MAX);
	buf_append(out, text, (size_t)(at - text));
	buf_printf(out, "99%02d", w->form_count);
	at += strlen(form_version(form));
	buf_append(out, at, len - (size_t)(at - text));
	publish_text(w, out);
}

static void ask_whole(struct world *w, struct device *d)
{
	must(w, db_begin(d->store->db), "begin");
	must(w, store_set_u64(d->store, "whole", 1), "whole");
	must(w, db_commit(d->store->db), "commit");
	w->wholes++;
}

static void step(struct world *w)
{
	int i = (int)draw(w, (uint64_t)w->device_count);
	uint64_t what = draw(w, 100);

	w->now_ms += (int64_t)draw(w, 600000);
	if (what < 46)
		type_something(w, &w->devices[i]);
	else if (what < 76)
		contact(w, i, draw(w, 2) ? 0 : draw(w, 7));
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
		publish(w);
	else if (what < 98)
		ask_whole(w, &w->devices[i]);
	else
		clone_device(w, &w->devices[i]);
}

/* ---- at rest ---- */

static bool is_quiet(struct world *w, struct device *d)
{
	struct outbox_counts n;
	uint64_t whole;

	must(w, outbox_count(d->store, &n), "outbox_count");
	must(w, store_get_u64(d->store, "whole", &whole), "whole");
	return n.groups == n.confirmed && n.envelopes_waiting == 0 && whole == 0;
}

static bool one_round(struct world *w)
{
	bool quiet = true;

	while (w->drawer_count)
		open_drawer(w);
	for (int i = 0; i < w->device_count; i++) {
		for (int n = 0; contact(w, i, 0); n++)
			if (n == PAGES_MAX)
				stop(w, "a contact does not come to its end");
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
	stop(w, "the devices do not come to rest");
}

static void check_device(struct world *w, struct device *d)
{
	struct record_digest kept, again, centre;
	struct db_stmt *q;
	uint64_t mismatches;
	int64_t own;

	must(w, register_digest(d->store, &kept), "digest");
	must(w, register_digest_again(d->store, &again), "digest");
	must(w, db_prepare(w->centre->db, "SELECT digest_0, digest_1 FROM branch WHERE branch_id = ?1", &q), "branch");
	db_bind_int(q, 1, d->branch);
	must(w, db_row(q), "branch");
	centre.lane[0] = db_u64(q, 0);
	centre.lane[1] = db_u64(q, 1);
	db_done(q);
	if (!record_digest_equal(&kept, &again))
		stop(w, "a device's digest is not that of its registers");
	if (!record_digest_equal(&kept, &centre))
		stop(w, "a device holds something else than the centre");
	must(w, store_get_u64(d->store, "mismatches", &mismatches), "mismatches");
	if (mismatches && !w->restores) /* a restored centre holds less than it once told */
		stop(w, "a digest differed on the way");
	must(w, db_query_int(d->store->db, "SELECT count(*) FROM own", &own), "own");
	if (own)
		stop(w, "an unconfirmed value is left");
	must(w, db_check(d->store->db), "db_check");
}

static void check_store(struct world *w, struct device *d)
{
	struct verify_result result;

	must(w, verify_agent(d->store, &result), "verify_agent");
	if (result.finding_count) {
		err_set(ERR_CORRUPT, "%s", buf_string(&result.findings));
		stop(w, "a device's own check has findings");
	}
	verify_result_fini(&result);
}

/* The values on which a person has yet to decide, as one side knows them: a sum over addresses and values. */
static uint64_t waiting_sum(struct world *w, struct db *db, const char *sql, uint32_t site)
{
	struct record_digest sum = { { 0 } };
	struct db_stmt *q;
	int got;

	must(w, db_prepare(db, sql, &q), "waiting");
	db_bind_int(q, 1, site);
	while ((got = db_step(q)) == 1) {
		size_t len;
		const char *value = db_text_len(q, 3, &len);

		record_digest_change(&sum, 1, db_u64(q, 0), db_u64(q, 1), db_text(q, 2), value, len, 0);
	}
	db_done(q);
	if (got < 0)
		stop(w, "waiting");
	return sum.lane[0];
}

/*
 * Whoever typed a value on which a person has yet to decide sees that it waits, and no longer. Removals are left out (the centre makes candidates
 * of them itself), and so are devices that were copied and centres that were put back: there the candidate may have come by another hand.
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
		stop(w, "a device shows other conflicts than the centre has of it");
}

static void check_typed(struct world *w)
{
	for (uint64_t n = 1; n <= w->typed; n++) {
		struct db_stmt *q;
		char text[32];
		int err;

		snprintf(text, sizeof text, "v%" PRIu64, n);
		must(w, db_prepare(w->centre->db, "SELECT 1 FROM edit WHERE value = ?1", &q), "ledger");
		db_bind_text(q, 1, text);
		err = db_row(q);
		if (err == ERR_NOT_FOUND)
			err_set(err, "%s", text);
		must(w, err, "a value that was saved is not at the centre");
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
	must(w, db_exec(db, "DELETE FROM own WHERE number = (SELECT max(number) FROM edit_group);"
			    "DELETE FROM edit WHERE number = (SELECT max(number) FROM edit_group);"
			    "DELETE FROM edit_group WHERE number = (SELECT max(number) FROM edit_group)"),
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
		check_waiting(w, &w->devices[i]);
	}
	check_typed(w);
	must(w, db_check(w->centre->db), "db_check of the centre");
	printf("seed %" PRIu64 ": %" PRIu64 " values, %" PRIu64 " contacts, %" PRIu64 " decisions, %" PRIu64 " forks, %" PRIu64
	       " damaged, %d restores, %d forms: at rest, all agree\n",
	       seed, w->typed, w->contacts, w->decisions, w->forks, w->damaged, w->restores, w->form_count);
	world_fini(w);
	free(w);
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	must(&(struct world){ .seed = first }, vault_init(NULL), "vault_init");
	for (uint64_t i = 0; i < count; i++)
		run(first + i);
	return 0;
}
