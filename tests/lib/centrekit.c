/*
 * centrekit: see centrekit.h.
 */
#include "tests/lib/centrekit.h"

#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/chain.h"
#include "proto/form/sheets.h"
#include "server/papers.h"

#define START_MS INT64_C(1795000000000)

static void must(int err)
{
	if (err == 0)
		return;
	fprintf(stderr, "centrekit: %s: %s\n", err_name(err), err_message());
	abort();
}

static int64_t kit_wall_ms(void *ctx)
{
	return ((struct centrekit *)ctx)->wall_ms++;
}

static int64_t kit_mono_ms(void *ctx)
{
	(void)ctx;
	return 5000;
}

static void kit_boot_id(void *ctx, uint8_t out[ENV_BOOT_ID_BYTES])
{
	(void)ctx;
	memset(out, 9, ENV_BOOT_ID_BYTES);
}

static void kit_random(void *ctx, void *out, size_t len)
{
	env_random(&((struct centrekit *)ctx)->fixed.env, out, len);
}

void centrekit_manifest(struct centrekit *k, uint64_t number, struct buf *out)
{
	struct manifest m = { .number = number, .version_min = 1, .sign_key_count = 1, .receive_key_count = 1 };

	seal_org_id(k->root->sign_public, m.org);
	memcpy(m.sign_keys[0], k->keys->sign_public, SEAL_SIGN_PUBLIC_BYTES);
	m.receive_keys[0].epoch = 1;
	memcpy(m.receive_keys[0].box_public, k->keys->box_public, SEAL_BOX_PUBLIC_BYTES);
	memcpy(m.recovery_public, k->recovery->box_public, sizeof m.recovery_public);
	must(manifest_encode(&m, out));
	must(manifest_sign(out, k->root->sign_secret));
}

static void open_store(struct centrekit *k)
{
	must(centre_open(&k->env, k->dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &k->c));
}

static void fill(struct centrekit *k)
{
	centrekit_exec(k, "INSERT INTO branch (branch_id, name) VALUES (1, 'north'), (2, 'south');"
			  "INSERT INTO person (person_id, name, role, made_ms) VALUES (1, 'officer', 2, 0);"
			  "INSERT INTO person (person_id, name, role, made_ms, ended_ms) VALUES (2, 'former officer', 2, 0, 1)");
}

void centrekit_open(struct centrekit *k)
{
	const struct vault_kdf weak = { .mem_bytes = 8192, .passes = 1, .test_weak_kdf = true };
	struct centre_new n = { .name = "Test charity", .kdf = &weak };
	struct buf manifest;

	memset(k, 0, sizeof *k);
	fixed_init(&k->fixed, 77);
	k->env = (struct env){ .ctx = k, .wall_ms = kit_wall_ms, .mono_ms = kit_mono_ms, .boot_id = kit_boot_id, .random = kit_random };
	k->wall_ms = START_MS;
	k->keys = fixed_keys(1001);
	k->root = fixed_keys(1002);
	k->recovery = fixed_keys(1003);
	snprintf(k->dir, sizeof k->dir, "/tmp/mandoob-centre-XXXXXX");
	if (!mkdtemp(k->dir))
		abort();
	buf_init(&manifest, MANIFEST_BYTES_MAX);
	centrekit_manifest(k, 1, &manifest);
	n.root_public = k->root->sign_public;
	n.keys = k->keys;
	n.manifest = manifest.data;
	n.manifest_len = manifest.len;
	must(centre_create(&k->env, k->dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &n));
	buf_fini(&manifest);
	open_store(k);
	fill(k);
}

void centrekit_reopen(struct centrekit *k)
{
	centre_close(k->c);
	open_store(k);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void centrekit_close(struct centrekit *k)
{
	centre_close(k->c);
	nftw(k->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	seal_keys_free(k->keys);
	seal_keys_free(k->root);
	seal_keys_free(k->recovery);
}

static int64_t add_device(struct centrekit *k, const struct device *d, int64_t branch)
{
	char name[32];
	struct db_stmt *s;

	snprintf(name, sizeof name, "representative %u", d->person);
	must(db_prepare(k->c->db, "INSERT INTO person (person_id, name, role, branch_id, made_ms) VALUES (?1, ?2, 1, ?3, 0)", &s));
	db_bind_int(s, 1, d->person);
	db_bind_text(s, 2, name);
	db_bind_int(s, 3, branch);
	must(db_run(s));
	must(db_prepare(k->c->db,
		"INSERT INTO device (device_id, name, branch_id, person_id, sign_public, box_public, enrolled_ms) "
		"VALUES (?1, 'laptop', ?2, ?3, ?4, ?5, 0)",
		&s));
	db_bind_blob(s, 1, d->id, sizeof d->id);
	db_bind_int(s, 2, branch);
	db_bind_int(s, 3, d->person);
	db_bind_blob(s, 4, d->keys->sign_public, SEAL_SIGN_PUBLIC_BYTES);
	db_bind_blob(s, 5, d->keys->box_public, SEAL_BOX_PUBLIC_BYTES);
	must(db_run(s));
	return db_last_id(k->c->db);
}

void centrekit_enrol(struct centrekit *k, struct device *d, uint64_t seed, int64_t branch)
{
	int64_t row;

	device_init(d, seed);
	d->person = (uint32_t)centrekit_int(k, "SELECT max(person_id) + 1 FROM person");
	must(db_begin(k->c->db));
	row = add_device(k, d, branch);
	must(centre_site_add(k->c, row, d->id, NULL, &d->incarnation, &d->site));
	must(papers_note_one(k->c, form_hash(d->form))); /* the catalogue that enrolment gives it */
	must(db_commit(k->c->db));
	memcpy(d->org, k->c->org, sizeof d->org);
	memcpy(d->centre_sign, k->keys->sign_public, sizeof d->centre_sign);
	memcpy(d->centre_box, k->keys->box_public, sizeof d->centre_box);
	memcpy(d->recovery, k->recovery->box_public, sizeof d->recovery);
	d->epoch = 1;
	d->manifest_number = k->c->manifest.number;
	chain_start(d->id, d->incarnation, d->hash);
}

int centrekit_contact(struct centrekit *k, struct device *d, struct intake_result *r)
{
	struct buf request;
	struct buf answer;
	int err;

	buf_init(&request, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	device_seal(d);
	device_request(d, &request);
	err = intake_run(k->c, request.data, request.len, r, &answer);
	if (!err)
		err = device_take(d, answer.data, answer.len);
	buf_fini(&request);
	buf_fini(&answer);
	return err;
}

int centrekit_sync(struct centrekit *k, struct device *d)
{
	int err;

	do
		err = centrekit_contact(k, d, NULL);
	while (!err && d->more && !d->has_fork);
	return err;
}

/* ---- Forms ---- */

#define TABLE_ROWS_MAX 64
#define TABLE_COLUMNS_MAX 16

struct table { /* cells borrow from `text` */
	const char **rows[TABLE_ROWS_MAX];
	const char *cells[TABLE_ROWS_MAX][TABLE_COLUMNS_MAX];
	char *texts[TABLE_ROWS_MAX];
	size_t count;
};

static void add_row(struct table *t, const char *row, size_t columns)
{
	char *text = strdup(row);

	if (!text || t->count == TABLE_ROWS_MAX)
		abort();
	t->texts[t->count] = text;
	for (size_t c = 0; c < columns; c++) {
		char *end = strchr(text, '|');

		t->cells[t->count][c] = text;
		if (end)
			*end = '\0';
		text = end ? end + 1 : strchr(text, '\0');
	}
	t->rows[t->count] = t->cells[t->count];
	t->count++;
}

static void free_table(struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->texts[i]);
	free(t);
}

void centrekit_form(const char *id, const char *version, const char *const *survey, const char *const *choices, struct buf *out)
{
	static const char *SURVEY[] = { "type", "list", "name", "label::English (en)", "required", "constraint", "relevant", "calculation",
		"warning", "entry", "choice_filter" };
	static const char *CHOICES[] = { "list_name", "name", "label::English (en)", "group" };
	static const char *SETTINGS[] = { "key", "value" };
	const char *settings[3][2] = { { "form_id", id }, { "version", version }, { "form_title", id } };
	const char **settings_rows[3] = { settings[0], settings[1], settings[2] };
	struct table *questions = calloc(1, sizeof *questions);
	struct table *items = calloc(1, sizeof *items);
	struct sheets s = { 0 };

	if (!questions || !items)
		abort();
	for (; *survey; survey++)
		add_row(questions, *survey, 11);
	for (; choices && *choices; choices++)
		add_row(items, *choices, 4);
	s.tables[SHEETS_SETTINGS] = (struct sheets_table){ 2, SETTINGS, 3, settings_rows };
	s.tables[SHEETS_SURVEY] = (struct sheets_table){ 11, SURVEY, questions->count, questions->rows };
	s.tables[SHEETS_CHOICES] = (struct sheets_table){ 4, CHOICES, items->count, items->rows };
	must(sheets_write(&s, out));
	free_table(questions);
	free_table(items);
}

int centrekit_publish(struct centrekit *k, const struct buf *text, uint32_t from_day, struct problems *p)
{
	const struct publish_paper paper = {
		.text = (const char *)text->data, .len = text->len, .from_day = from_day, .person_id = CENTREKIT_OFFICER
	};
	int64_t row;
	int err;

	must(db_begin(k->c->db));
	err = publish_form(k->c, &paper, p, &row);
	if (err)
		db_rollback(k->c->db);
	else
		must(db_commit(k->c->db));
	return err;
}

void centrekit_days(struct centrekit *k, int days)
{
	k->wall_ms += days * INT64_C(86400000);
}

void centrekit_use(struct device *d, const char *form, const char *version)
{
	for (size_t i = 0; i < d->form_count; i++)
		if (strcmp(form_id(d->forms[i]), form) == 0 && strcmp(form_version(d->forms[i]), version) == 0) {
			d->form = d->forms[i];
			return;
		}
	fprintf(stderr, "centrekit: the device has no form %s %s\n", form, version);
	abort();
}

int64_t centrekit_int(struct centrekit *k, const char *sql)
{
	int64_t value;

	must(db_query_int(k->c->db, sql, &value));
	return value;
}

void centrekit_exec(struct centrekit *k, const char *sql)
{
	must(db_begin(k->c->db));
	must(db_exec(k->c->db, sql));
	must(db_commit(k->c->db));
}

static void hash_rows(struct centrekit *k, const char *sql, crypto_generichash_state *h)
{
	struct db_stmt *s;
	int got;

	must(db_prepare(k->c->db, sql, &s));
	while ((got = db_step(s)) == 1) {
		size_t len;
		const char *row = db_text_len(s, 0, &len);

		crypto_generichash_update(h, (const uint8_t *)row, len + 1);
	}
	db_done(s);
	must(got);
}

void centrekit_fingerprint(struct centrekit *k, uint8_t out[static 32])
{
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, 32);
	hash_rows(k, "SELECT key || quote(value) FROM meta ORDER BY key", &h);
	hash_rows(k, "SELECT branch_id || ' ' || digest_0 || ' ' || digest_1 FROM branch ORDER BY branch_id", &h);
	hash_rows(k,
		"SELECT site || ' ' || device || ' ' || incarnation || ' ' || applied || quote(hash) || last_group || quote(fork_hash) "
		"FROM site ORDER BY site",
		&h);
	hash_rows(k,
		"SELECT site || ' ' || seq || quote(hash) || state || quote(bytes) || quote(receipt) "
		"FROM envelope ORDER BY site, seq, hash",
		&h);
	hash_rows(k,
		"SELECT case_id || ' ' || branch_id || ' ' || form_id || ' ' || changed_at || ' ' || others_at || ' ' || scope_at "
		"FROM aid_case ORDER BY case_id",
		&h);
	hash_rows(k,
		"SELECT case_id || ' ' || entry_id || field || entry_type || quote(value) || at || ' ' || writer || ' ' || author || "
		"quote(reason) FROM register ORDER BY case_id, entry_id, field",
		&h);
	hash_rows(k, "SELECT case_id || ' ' || entry_id || field || site FROM witness ORDER BY case_id, entry_id, field, site", &h);
	hash_rows(k,
		"SELECT group_id || ' ' || site || ' ' || number || quote(hash) || quote(seq) || case_id "
		"FROM edit_group ORDER BY group_id",
		&h);
	hash_rows(k,
		"SELECT group_id || ' ' || position || field || quote(value) || outcome || quote(at) FROM edit ORDER BY group_id, position",
		&h);
	hash_rows(k, "SELECT conflict_id || ' ' || state || quote(base) || quote(decided_at) FROM conflict ORDER BY conflict_id", &h);
	hash_rows(k, "SELECT conflict_id || ' ' || site || quote(value) || group_id FROM candidate ORDER BY conflict_id, site", &h);
	crypto_generichash_final(&h, out, 32);
}
