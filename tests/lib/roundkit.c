/*
 * roundkit: see roundkit.h.
 */
#include "tests/lib/roundkit.h"

#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/outbox.h"
#include "agent/shelf.h"
#include "agent/register.h"
#include "agent/view.h"
#include "proto/base/file.h"
#include "server/admin/backup.h"
#include "server/conflict.h"

static void must(int err)
{
	if (err == 0)
		return;
	fprintf(stderr, "roundkit: %s: %s\n", err_name(err), err_message());
	abort();
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void roundkit_open(struct roundkit *k)
{
	memset(k, 0, sizeof *k);
	centrekit_open(&k->centre);
	k->env = k->centre.env;
}

void roundkit_close(struct roundkit *k)
{
	for (int i = 0; i < k->count; i++) {
		store_close(k->stores[i]);
		nftw(k->dirs[i], remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
	if (k->backup[0])
		unlink(k->backup);
	centrekit_close(&k->centre);
}

static int next_store(struct roundkit *k)
{
	int i = k->count++;

	if (i == ROUNDKIT_STORES_MAX)
		abort();
	snprintf(k->dirs[i], sizeof k->dirs[i], "/tmp/mandoob-roundkit-XXXXXX");
	if (!mkdtemp(k->dirs[i]))
		abort();
	return i;
}

static void open_store(struct roundkit *k, int i)
{
	must(store_open(&k->env, k->dirs[i], ROUNDKIT_PASS, strlen(ROUNDKIT_PASS), &k->stores[i]));
}

/* What enrolment brings; the kit's `device` is only borrowed for its keys and its rows at the centre. */
static void enrol(struct roundkit *k, int i, int64_t branch)
{
	struct message_enrolled e = { .branch = "branch" };
	struct device d;
	const struct form *form;
	const char *text;
	int64_t form_id;
	size_t len;

	centrekit_enrol(&k->centre, &d, 2000 + (uint64_t)i, branch);
	must(library_refresh(k->centre.c->library, k->centre.c->db));
	e.incarnation = d.incarnation;
	e.site = d.site;
	e.person = d.person;
	memcpy(e.device, d.id, sizeof e.device);
	memcpy(e.root_public, k->centre.c->root_public, sizeof e.root_public);
	e.manifest = (struct message_blob){ k->centre.c->manifest_bytes.data, k->centre.c->manifest_bytes.len };
	must(centre_form_current(k->centre.c, &form, &form_id));
	text = form_text(form, &len);
	must(store_enrol(k->stores[i], "http://centre.example", &e, text, len, d.keys));
	device_fini(&d);
}

int roundkit_device(struct roundkit *k, int64_t branch)
{
	const struct vault_kdf weak = { .mem_bytes = 8192, .passes = 1, .test_weak_kdf = true };
	int i = next_store(k);

	must(store_create(&k->env, k->dirs[i], ROUNDKIT_PASS, strlen(ROUNDKIT_PASS), &weak));
	open_store(k, i);
	enrol(k, i, branch);
	return i;
}

static void copy_file(const char *from_dir, const char *to_dir, const char *file)
{
	char from[128], to[128];
	struct buf b;

	snprintf(from, sizeof from, "%s/%s", from_dir, file);
	snprintf(to, sizeof to, "%s/%s", to_dir, file);
	buf_init(&b, 64 << 20);
	if (access(from, R_OK) == 0) {
		must(file_read(from, &b));
		must(file_write_new(to, b.data, b.len));
	}
	buf_fini(&b);
}

int roundkit_clone(struct roundkit *k, int i)
{
	int copy = next_store(k);

	copy_file(k->dirs[i], k->dirs[copy], STORE_FILE);
	copy_file(k->dirs[i], k->dirs[copy], STORE_FILE "-wal");
	open_store(k, copy);
	return copy;
}

struct store *roundkit_open_again(struct roundkit *k, int i)
{
	struct store *s;

	must(store_open(&k->env, k->dirs[i], ROUNDKIT_PASS, strlen(ROUNDKIT_PASS), &s));
	return s;
}

int roundkit_type_in(struct store *s, uint64_t *case_id, const char *field, const char *value)
{
	struct edit e = { .value = value, .value_len = strlen(value) };
	struct edit_group g = { .edits = &e, .edit_count = 1 };
	uint64_t id = *case_id;
	int64_t form_id;
	int err;

	must(db_begin(s->db));
	must(shelf_form_current(s, &g.form, &form_id));
	e.field = (uint16_t)form_field_find(g.form, field);
	err = id ? 0 : store_new_id(s, &id);
	g.case_id = e.entry_id = id;
	if (!err)
		err = outbox_push(s, &g);
	if (!err)
		must(db_commit(s->db));
	db_rollback(s->db);
	if (!err)
		*case_id = id;
	return err;
}

int roundkit_type(struct roundkit *k, int i, uint64_t *case_id, const char *field, const char *value)
{
	return roundkit_type_in(k->stores[i], case_id, field, value);
}

uint64_t roundkit_member(struct roundkit *k, int i, uint64_t case_id, const char *name)
{
	struct store *s = k->stores[i];
	struct edit e = { .value = name, .value_len = strlen(name) };
	struct edit_group g = { .case_id = case_id, .edits = &e, .edit_count = 1 };
	int64_t form_id;

	must(db_begin(s->db));
	must(shelf_form_current(s, &g.form, &form_id));
	e.field = (uint16_t)form_field_find(g.form, "member_name");
	e.entry_type = form_field(g.form, e.field)->entry_type;
	must(store_new_id(s, &e.entry_id));
	must(outbox_push(s, &g));
	must(db_commit(s->db));
	return e.entry_id;
}

void roundkit_ask(struct roundkit *k, int i, struct buf *request)
{
	must(round_request(k->stores[i], request));
}

void roundkit_answer(struct roundkit *k, const struct buf *request, struct buf *answer)
{
	struct intake_result r = { .page_bytes = k->page_bytes };

	buf_clear(answer);
	must(intake_run(k->centre.c, request->data, request->len, &r, answer));
	intake_result_fini(&r);
}

int roundkit_hear(struct roundkit *k, int i, const struct buf *answer, struct round_result *result)
{
	return round_answer(k->stores[i], answer->data, answer->len, result);
}

int roundkit_contact(struct roundkit *k, int i, struct round_result *result)
{
	struct buf request, answer;
	int err;

	*result = (struct round_result){ 0 };
	buf_init(&request, MESSAGE_REQUEST_BYTES_MAX);
	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	roundkit_ask(k, i, &request);
	roundkit_answer(k, &request, &answer);
	err = roundkit_hear(k, i, &answer, result);
	buf_fini(&request);
	buf_fini(&answer);
	return err;
}

int roundkit_sync(struct roundkit *k, int i)
{
	struct round_result r;
	int err;

	do
		err = roundkit_contact(k, i, &r);
	while (!err && r.is_more);
	return err;
}

void roundkit_forge(struct roundkit *k, int i, const struct buf *request, const struct message_content *content, struct buf *answer)
{
	struct message_request q;
	struct message_answer a = { .kind = MESSAGE_CONTENT };
	struct buf plain, frame, box;

	buf_init(&plain, MESSAGE_CONTENT_BYTES_MAX);
	buf_init(&frame, MESSAGE_CONTENT_BYTES_MAX);
	buf_init(&box, SEAL_BOX_BYTES_MAX);
	must(message_request_decode(request->data, request->len, &q));
	memcpy(a.device, q.device, sizeof a.device);
	memcpy(a.nonce, q.nonce, sizeof a.nonce);
	must(message_content_encode(content, &plain));
	must(pack_deflate(plain.data, plain.len, NULL, &frame));
	must(seal_box(frame.data, frame.len, k->stores[i]->keys->box_public, &box));
	a.box = (struct message_blob){ box.data, box.len };
	buf_clear(answer);
	must(message_answer_encode(&a, k->centre.keys->sign_secret, answer));
	buf_fini(&plain);
	buf_fini(&frame);
	buf_fini(&box);
}

void roundkit_backup(struct roundkit *k)
{
	struct backup_report report;

	snprintf(k->backup, sizeof k->backup, "%s.backup", k->centre.dir);
	must(backup_write(k->centre.c, k->backup, 0, &report));
}

void roundkit_restore(struct roundkit *k)
{
	struct backup_restored report;

	centre_close(k->centre.c);
	nftw(k->centre.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	must(backup_restore(&k->centre.env, k->backup, k->centre.dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &report));
	verify_report_fini(&report.check);
	must(centre_open(&k->centre.env, k->centre.dir, CENTREKIT_PASS, strlen(CENTREKIT_PASS), &k->centre.c));
}

void roundkit_decide(struct roundkit *k, const char *value)
{
	struct conflict_list list;

	must(conflict_list(k->centre.c, 0, 0, 1, &list));
	if (list.count != 1)
		abort();
	must(db_begin(k->centre.c->db));
	must(conflict_resolve(k->centre.c, list.items[0].conflict_id, CENTREKIT_OFFICER, list.items[0].at, value, strlen(value),
			      "asked the family"));
	must(db_commit(k->centre.c->db));
	conflict_list_fini(&list);
}

/* `field` as the row behind that of landmark, with all that stands in it, under another name; the table counts one row more. */
static void add_question(const char *text, const char *field, struct buf *out)
{
	const char *count = strstr(text, "\nsurvey\t") + strlen("\nsurvey\t");
	const char *line = strstr(text, "\ntext\t\tlandmark\t");
	const char *rest = line ? line + strlen("\ntext\t\tlandmark") : NULL;
	const char *next = rest ? strchr(rest, '\n') : NULL;

	if (!next)
		abort();
	buf_append(out, text, (size_t)(count - text));
	buf_printf(out, "%lu", strtoul(count, NULL, 10) + 1);
	count = strchr(count, '\n');
	buf_append(out, count, (size_t)(next - count));
	buf_printf(out, "\ntext\t\t%s", field);
	buf_append(out, rest, (size_t)(next - rest));
	buf_text(out, next);
}

void roundkit_version(const char *text, const char *version, struct buf *out)
{
	const char *at = strstr(text, "\nversion\t") + strlen("\nversion\t");

	buf_append(out, text, (size_t)(at - text));
	buf_text(out, version);
	buf_text(out, strchr(at, '\n'));
}

void roundkit_publish(struct roundkit *k, const char *version, const char *field)
{
	const struct form *form;
	struct buf text, out;
	int64_t id;
	size_t len;

	must(centre_form_current(k->centre.c, &form, &id));
	buf_init(&text, FORM_TEXT_BYTES_MAX);
	buf_init(&out, FORM_TEXT_BYTES_MAX);
	roundkit_version(form_text(form, &len), version, &text);
	if (field)
		add_question(buf_string(&text), field, &out);
	else
		buf_append(&out, text.data, text.len);
	must(buf_error(&out));
	centrekit_days(&k->centre, 1); /* two versions never begin on one day */
	must(centrekit_publish(&k->centre, &out, PUBLISH_TODAY, NULL));
	must(library_refresh(k->centre.c->library, k->centre.c->db));
	buf_fini(&text);
	buf_fini(&out);
}

void roundkit_publish_list(struct roundkit *k, const char *name, const char *version, const char *csv)
{
	struct publish_paper paper = { .from_day = PUBLISH_TODAY, .person_id = CENTREKIT_OFFICER };
	struct buf text;
	int64_t row;

	buf_init(&text, REFLIST_BYTES_MAX);
	must(reflist_compile(name, version, csv, strlen(csv), &text));
	paper.text = buf_string(&text);
	paper.len = text.len;
	centrekit_days(&k->centre, 1);
	must(db_begin(k->centre.c->db));
	must(publish_list(k->centre.c, &paper, NULL, &row));
	must(db_commit(k->centre.c->db));
	buf_fini(&text);
}

const char *roundkit_at_centre(struct roundkit *k, uint64_t case_id, const char *field)
{
	static char text[9000]; /* a test program has one thread */
	struct db_stmt *q;
	int err;

	must(db_prepare(k->centre.c->db, "SELECT value FROM register WHERE case_id = ?1 AND entry_id = ?1 AND field = ?2", &q));
	db_bind_u64(q, 1, case_id);
	db_bind_text(q, 2, field);
	err = db_row(q);
	if (err == ERR_NOT_FOUND)
		return "?";
	must(err);
	snprintf(text, sizeof text, "%s", db_text(q, 0));
	db_done(q);
	return text;
}

const char *roundkit_shown(struct roundkit *k, int i, uint64_t case_id, const char *field)
{
	static char text[9000];
	const struct view_entry *e;
	const struct view_value *value;
	struct view v;

	if (view_load(k->stores[i], case_id, NULL, &v) != 0)
		return "?";
	e = view_entry(&v, case_id);
	value = e ? view_value(e, form_field_find(v.form, field)) : NULL;
	snprintf(text, sizeof text, "%s", value ? value->value : "?");
	view_fini(&v);
	return text;
}

int64_t roundkit_int(struct roundkit *k, int i, const char *sql)
{
	int64_t value;

	must(db_query_int(k->stores[i]->db, sql, &value));
	return value;
}

void roundkit_exec(struct roundkit *k, int i, const char *sql)
{
	must(db_exec(k->stores[i]->db, sql));
}

static void hash_rows(struct store *s, const char *sql, int columns, crypto_generichash_state *h)
{
	struct db_stmt *q;
	int got;

	must(db_prepare(s->db, sql, &q));
	while ((got = db_step(q)) == 1) {
		for (int c = 0; c < columns; c++) {
			size_t len;
			const void *data = db_blob(q, c, &len);

			crypto_generichash_update(h, (const uint8_t *)&len, sizeof len);
			if (len)
				crypto_generichash_update(h, data, len);
		}
	}
	db_done(q);
	must(got);
}

void roundkit_fingerprint(struct roundkit *k, int i, uint8_t out[static 32])
{
	struct store *s = k->stores[i];
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, 32);
	hash_rows(s, "SELECT key, value FROM meta ORDER BY key", 2, &h);
	hash_rows(s, "SELECT id FROM made ORDER BY id", 1, &h);
	hash_rows(s, "SELECT number, bytes FROM manifest ORDER BY number", 2, &h);
	hash_rows(s, "SELECT form_id, hash, text, received_ms FROM form ORDER BY form_id", 4, &h);
	hash_rows(s, "SELECT position, id, bytes, received_ms FROM dictionary ORDER BY position", 4, &h);
	hash_rows(s, "SELECT case_id, form_id, opened_ms FROM aid_case ORDER BY case_id", 3, &h);
	hash_rows(s, "SELECT * FROM register ORDER BY case_id, entry_id, field", 10, &h);
	hash_rows(s, "SELECT * FROM own ORDER BY case_id, entry_id, field", 6, &h);
	hash_rows(s, "SELECT * FROM edit_group ORDER BY number", 11, &h);
	hash_rows(s, "SELECT * FROM edit ORDER BY number, position", 7, &h);
	hash_rows(s, "SELECT * FROM envelope ORDER BY seq", 5, &h);
	hash_rows(s, "SELECT * FROM pending ORDER BY case_id, entry_id, field", 6, &h);
	hash_rows(s, "SELECT * FROM decision ORDER BY case_id, entry_id, field, at", 7, &h);
	hash_rows(s, "SELECT * FROM draft ORDER BY case_id", 3, &h);
	hash_rows(s, "SELECT * FROM draft_entry ORDER BY case_id, entry_type", 3, &h);
	hash_rows(s, "SELECT * FROM finished ORDER BY finished_id", 5, &h);
	hash_rows(s, "SELECT * FROM paper ORDER BY position", 6, &h);
	hash_rows(s, "SELECT * FROM reference_list ORDER BY hash", 4, &h);
	hash_rows(s, "SELECT * FROM nonce ORDER BY nonce", 6, &h);
	crypto_generichash_final(&h, out, 32);
}

static void centre_digest(struct roundkit *k, int i, struct record_digest *out)
{
	struct db_stmt *q;

	must(db_prepare(k->centre.c->db, "SELECT digest_0, digest_1 FROM branch JOIN device USING (branch_id) WHERE device_id = ?1", &q));
	db_bind_blob(q, 1, k->stores[i]->device, sizeof k->stores[i]->device);
	must(db_row(q));
	*out = (struct record_digest){ { db_u64(q, 0), db_u64(q, 1) } };
	db_done(q);
}

bool roundkit_agrees(struct roundkit *k, int i)
{
	struct record_digest kept, again, centre;

	must(register_digest(k->stores[i], &kept));
	must(register_digest_again(k->stores[i], &again));
	centre_digest(k, i, &centre);
	return record_digest_equal(&kept, &again) && record_digest_equal(&kept, &centre);
}
