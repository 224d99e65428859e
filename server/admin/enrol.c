/*
 * enrol: see enrol.h.
 */
#include "server/admin/enrol.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"
#include "server/admin/account.h"
#include "server/papers.h"

#define SUBJECT_BYTES 64

/* ---- Codes ---- */

static int branch_row(struct centre *c, const char *name, int64_t *branch_id)
{
	struct db_stmt *s;
	int err = account_check_name(name, "branch");

	if (!err)
		err = db_prepare(c->db, "INSERT INTO branch (name) VALUES (?1) ON CONFLICT (name) DO NOTHING", &s);
	if (err)
		return err;
	db_bind_text(s, 1, name);
	err = db_run(s);
	if (!err)
		err = db_prepare(c->db, "SELECT branch_id FROM branch WHERE name = ?1", &s);
	if (err)
		return err;
	db_bind_text(s, 1, name);
	err = db_row(s);
	if (err)
		return err;
	*branch_id = db_int(s, 0);
	db_done(s);
	return 0;
}

static int person_row(struct centre *c, const char *name, int64_t branch_id, int64_t *person_id)
{
	struct account_new n = { .name = name, .role = FORM_BY_REPRESENTATIVE, .branch_id = branch_id };
	struct account known;
	int err = account_check_name(name, "person");

	if (err)
		return err;
	err = account_find(c, name, &known);
	if (err == ERR_NOT_FOUND)
		return account_add(c, &n, person_id);
	if (err)
		return err;
	if (known.role != FORM_BY_REPRESENTATIVE || known.branch_id != branch_id || known.ended_ms)
		return err_set(ERR_USAGE, "person %lld is not an active representative of this branch; another name was expected",
			(long long)known.person_id);
	*person_id = known.person_id;
	return 0;
}

static int insert_code(struct centre *c, const uint8_t code[static MESSAGE_CODE_BYTES], int64_t branch_id, int64_t person_id, int64_t by)
{
	uint8_t k1[32];
	uint8_t k2[32];
	char subject[SUBJECT_BYTES];
	int64_t now = env_wall_ms(c->env);
	struct db_stmt *s;
	int err = db_prepare(
		c->db, "INSERT INTO enrol_code (k1, k2, branch_id, person_id, made_ms, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &s);

	if (err)
		return err;
	message_enrol_keys(code, k1, k2);
	db_bind_blob(s, 1, k1, sizeof k1);
	db_bind_blob(s, 2, k2, sizeof k2);
	db_bind_int(s, 3, branch_id);
	db_bind_int(s, 4, person_id);
	db_bind_int(s, 5, now);
	db_bind_int(s, 6, now + ENROL_CODE_LIFE_MS);
	err = db_run(s);
	sodium_memzero(k1, sizeof k1);
	sodium_memzero(k2, sizeof k2);
	if (err)
		return err;
	snprintf(subject, sizeof subject, "code %lld person %lld", (long long)db_last_id(c->db), (long long)person_id);
	return centre_audit(c, by, "enrol-code", subject);
}

int enrol_code_make(struct centre *c, const char *branch, const char *person, int64_t by, char out[static ENROL_CODE_TEXT_BYTES])
{
	uint8_t code[MESSAGE_CODE_BYTES];
	int64_t branch_id = 0;
	int64_t person_id = 0;
	int err = branch_row(c, branch, &branch_id);

	out[0] = '\0';
	if (!err)
		err = person_row(c, person, branch_id, &person_id);
	if (err)
		return err;
	env_random(c->env, code, sizeof code);
	err = insert_code(c, code, branch_id, person_id, by);
	if (!err)
		err = text_base32_encode(code, sizeof code, out, ENROL_CODE_TEXT_BYTES);
	sodium_memzero(code, sizeof code);
	return err;
}

/* ---- A request ---- */

struct found_code { /* the code that a request was made with; all zero: none */
	int64_t code_id;
	int64_t branch_id;
	int64_t person_id;
	int64_t device; /* row that used it; 0: nobody yet */
	int64_t expires_ms;
	uint8_t k2[32];
};

/* Every code is tried, and the one that fits is copied without leaving the loop, so that time tells nothing about which. */
static int find_code(struct centre *c, const void *data, size_t len, struct found_code *out)
{
	struct db_stmt *s;
	uint8_t k1[32];
	int got;
	int err = db_prepare(c->db,
		"SELECT code_id, branch_id, person_id, coalesce(device, 0), expires_ms, k1, k2 FROM enrol_code "
		"WHERE device IS NOT NULL OR expires_ms > ?1",
		&s);

	memset(out, 0, sizeof *out);
	if (err)
		return err;
	db_bind_int(s, 1, env_wall_ms(c->env));
	while (!err && (got = db_step(s)) != 0) {
		struct found_code tried = { 0 };

		if (got < 0) {
			err = got;
			break;
		}
		tried.code_id = db_int(s, 0);
		tried.branch_id = db_int(s, 1);
		tried.person_id = db_int(s, 2);
		tried.device = db_int(s, 3);
		tried.expires_ms = db_int(s, 4);
		err = db_blob_copy(s, 5, k1, sizeof k1);
		if (!err)
			err = db_blob_copy(s, 6, tried.k2, sizeof tried.k2);
		if (!err && message_enrol_verify(data, len, k1) == 0)
			*out = tried;
		sodium_memzero(&tried, sizeof tried);
	}
	db_done(s);
	sodium_memzero(k1, sizeof k1);
	return err;
}

struct enrolled { /* the device record: what the answer is made of */
	int64_t device;
	uint8_t id[SEAL_DEVICE_BYTES];
	uint32_t incarnation;
	uint32_t site;
};

/* The row of a device id; 0 when it is not known. ERR_AUTH when it was revoked. */
static int known_device(struct centre *c, const uint8_t id[static SEAL_DEVICE_BYTES], int64_t *device)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT device, revoked_ms IS NOT NULL FROM device WHERE device_id = ?1", &s);

	*device = 0;
	if (err)
		return err;
	db_bind_blob(s, 1, id, SEAL_DEVICE_BYTES);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	if (db_int(s, 1))
		err = err_set(ERR_AUTH, "the device is revoked");
	else
		*device = db_int(s, 0);
	db_done(s);
	return err;
}

static int first_site(struct centre *c, struct enrolled *e)
{
	struct db_stmt *s;
	int err = db_prepare(c->db, "SELECT incarnation, site FROM site WHERE device = ?1 ORDER BY incarnation LIMIT 1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, e->device);
	err = db_row(s);
	if (err)
		return err == ERR_NOT_FOUND ? err_set(ERR_CORRUPT, "device %lld has no site", (long long)e->device) : err;
	e->incarnation = (uint32_t)db_int(s, 0);
	e->site = (uint32_t)db_int(s, 1);
	db_done(s);
	return 0;
}

static int insert_device(struct centre *c, const struct message_enrol *q, const struct found_code *code, struct enrolled *e)
{
	struct db_stmt *s;
	int err = db_prepare(c->db,
		"INSERT INTO device (device_id, name, branch_id, person_id, sign_public, box_public, enrolled_ms) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		&s);

	if (err)
		return err;
	db_bind_blob(s, 1, e->id, sizeof e->id);
	db_bind_text(s, 2, q->name);
	db_bind_int(s, 3, code->branch_id);
	db_bind_int(s, 4, code->person_id);
	db_bind_blob(s, 5, q->sign_public, sizeof q->sign_public);
	db_bind_blob(s, 6, q->box_public, sizeof q->box_public);
	db_bind_int(s, 7, env_wall_ms(c->env));
	err = db_run(s);
	if (err)
		return err;
	e->device = db_last_id(c->db);
	return centre_site_add(c, e->device, e->id, NULL, &e->incarnation, &e->site);
}

static int add_device(struct centre *c, const struct message_enrol *q, const struct found_code *code, struct enrolled *e)
{
	char subject[SUBJECT_BYTES];
	struct db_stmt *s;
	int err = insert_device(c, q, code, e);

	if (!err)
		err = db_prepare(c->db, "UPDATE enrol_code SET device = ?2 WHERE code_id = ?1 AND device IS NULL", &s);
	if (err)
		return err;
	db_bind_int(s, 1, code->code_id);
	db_bind_int(s, 2, e->device);
	err = db_run(s);
	if (err)
		return err;
	snprintf(subject, sizeof subject, "device %lld code %lld", (long long)e->device, (long long)code->code_id);
	return centre_audit(c, 0, "enrol", subject);
}

static int branch_name(struct centre *c, int64_t branch_id, char out[static MESSAGE_NAME_BYTES_MAX + 1])
{
	struct db_stmt *s;
	size_t len;
	const char *name;
	int err = db_prepare(c->db, "SELECT name FROM branch WHERE branch_id = ?1", &s);

	if (err)
		return err;
	db_bind_int(s, 1, branch_id);
	err = db_row(s);
	if (err)
		return err;
	name = db_text_len(s, 0, &len);
	if (len > MESSAGE_NAME_BYTES_MAX)
		err = err_set(ERR_CORRUPT, "branch %lld: its name is longer than %d bytes", (long long)branch_id, MESSAGE_NAME_BYTES_MAX);
	else {
		memcpy(out, name, len);
		out[len] = '\0';
	}
	db_done(s);
	return err;
}

static int build_answer(
	struct centre *c, const struct message_enrol *q, const struct found_code *code, const struct enrolled *e, struct buf *out)
{
	struct message_enrolled a = { .incarnation = e->incarnation,
		.site = e->site,
		.person = (uint32_t)code->person_id,
		.time_ms = (uint64_t)env_wall_ms(c->env) };
	const struct pack_dictionary *dictionary;
	const struct form *form;
	struct buf frame;
	struct buf bytes;
	int64_t form_row;
	const char *text;
	size_t len;
	int err;

	buf_init(&frame, FORM_TEXT_BYTES_MAX + 1024);
	buf_init(&bytes, PACK_DICTIONARY_BYTES_MAX);
	memcpy(a.nonce, q->nonce, sizeof a.nonce);
	memcpy(a.device, e->id, sizeof a.device);
	memcpy(a.root_public, c->root_public, sizeof a.root_public);
	err = branch_name(c, code->branch_id, a.branch);
	if (!err)
		err = centre_form_current(c, &form, &form_row);
	if (!err)
		err = papers_note_one(c, form_hash(form));
	if (!err) {
		text = form_text(form, &len);
		err = pack_deflate(text, len, NULL, &frame);
	}
	if (!err)
		err = centre_dictionary_current(c, &dictionary, &bytes);
	if (!err) {
		a.manifest = (struct message_blob){ .data = c->manifest_bytes.data, .len = c->manifest_bytes.len };
		a.form = (struct message_blob){ .data = frame.data, .len = frame.len };
		a.dictionary = (struct message_blob){ .data = bytes.data, .len = bytes.len };
		err = message_enrolled_encode(&a, code->k2, out);
	}
	buf_fini(&frame);
	buf_fini(&bytes);
	return err;
}

static bool is_resting(struct centre *c, struct enrol_limit *limit)
{
	int64_t now = env_mono_ms(c->env);

	if (now - limit->since_ms >= ENROL_WINDOW_MS || now < limit->since_ms)
		limit->failed = 0;
	return limit->failed >= ENROL_FAILED_MAX;
}

static int refuse_code(struct centre *c, struct enrol_limit *limit, struct enrol_result *out)
{
	if (limit->failed++ == 0)
		limit->since_ms = env_mono_ms(c->env);
	out->refused = ERR_AUTH;
	return centre_audit(c, 0, "enrol-refused", "");
}

/*
 * A code serves one device. The device that used it may ask again, also after the code's day; anybody else, and a device that is
 * known by another code, is refused. `e->device` is 0 for a device to be added.
 */
static int match(struct centre *c, const struct found_code *code, struct enrolled *e, bool *accepted)
{
	int err = known_device(c, e->id, &e->device);

	*accepted = false;
	if (err == ERR_AUTH)
		return 0;
	if (err)
		return err;
	*accepted = code->device == e->device;
	return 0;
}

int enrol_take(struct centre *c, struct enrol_limit *limit, const void *data, size_t len, struct enrol_result *out)
{
	struct message_enrol q;
	struct found_code code;
	struct enrolled e = { 0 };
	bool accepted = false;
	int err;

	memset(out, 0, sizeof *out);
	buf_init(&out->answer, MESSAGE_ENROLLED_BYTES_MAX);
	if (is_resting(c, limit)) {
		out->refused = ERR_BUSY;
		return 0;
	}
	err = find_code(c, data, len, &code);
	if (err)
		return err;
	if (!code.code_id)
		return refuse_code(c, limit, out);
	if (message_enrol_decode(data, len, &q) != 0) {
		out->refused = ERR_CORRUPT;
		goto done;
	}
	seal_device_id(q.sign_public, q.box_public, e.id);
	err = match(c, &code, &e, &accepted);
	if (err)
		goto done;
	if (!accepted) {
		err = refuse_code(c, limit, out);
		goto done;
	}
	out->is_repeat = e.device != 0;
	err = out->is_repeat ? first_site(c, &e) : add_device(c, &q, &code, &e);
	if (!err)
		err = build_answer(c, &q, &code, &e, &out->answer);
	out->device = e.device;
done:
	sodium_memzero(&code, sizeof code);
	return err;
}

void enrol_result_fini(struct enrol_result *r)
{
	buf_fini(&r->answer);
	memset(r, 0, sizeof *r);
}
