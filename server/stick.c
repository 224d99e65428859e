/*
 * stick: see stick.h. Requests are taken in groups of STICK_GROUP with one commit each: a branch's stick may hold hundreds.
 */
#include "server/stick.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/log.h"
#include "proto/message.h"
#include "server/intake.h"

#define STICK_GROUP 64
#define STICK_ROOM (1024 * 1024) /* what is kept free in the answer file for its own frame */

struct exchange {
	struct centre *c;
	struct stick_report *report;
	struct buf answers;               /* all of them, one after the other */
	struct message_stick_record *out; /* one per answer; `len` known at once, `data` when all are there */
	size_t out_count;
};

struct contact { /* one request of the group at hand */
	struct intake_request *request;
	struct intake_result result;
	bool is_taken;
};

static void note_refusal(struct exchange *x, int err)
{
	x->report->refused++;
	log_event(LOG_WARN, "stick", "refused", "code=%s", err_name(err));
}

/* Keep the request for `export`, unless a newer one is kept. */
static int keep_request(struct centre *c, const struct message_blob *request)
{
	struct message_request *m = malloc(sizeof *m);
	struct db_stmt *s;
	int err = m ? message_request_decode(request->data, request->len, m) : err_set(ERR_NOMEM, "no memory for a request");

	if (!err)
		err = db_prepare(c->db,
			"INSERT INTO stick_request (device, contact, bytes, received_ms)"
			" SELECT device, ?2, ?3, ?4 FROM device WHERE device_id = ?1"
			" ON CONFLICT (device) DO UPDATE SET contact = ?2, bytes = ?3, received_ms = ?4 WHERE contact <= ?2",
			&s);
	if (!err) {
		db_bind_blob(s, 1, m->device, sizeof m->device);
		db_bind_u64(s, 2, m->contact < INT64_MAX ? m->contact : INT64_MAX);
		db_bind_blob(s, 3, request->data, request->len);
		db_bind_int(s, 4, env_wall_ms(c->env));
		err = db_run(s);
	}
	free(m);
	return err;
}

static int take_group(struct exchange *x, struct contact *contacts, const struct message_stick_record *records, size_t count)
{
	int err = db_begin(x->c->db);

	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++) {
		if (!contacts[i].request)
			continue;
		err = intake_take(x->c, contacts[i].request, &contacts[i].result);
		contacts[i].is_taken = err == 0;
		if (!err && !contacts[i].result.refused)
			err = keep_request(x->c, &records[i].blob);
	}
	if (!err)
		err = db_commit(x->c->db);
	if (err)
		db_rollback(x->c->db);
	return err;
}

static int answer_one(struct exchange *x, struct contact *contact)
{
	struct buf answer;
	int err;

	if (contact->result.refused) {
		note_refusal(x, contact->result.refused);
		return 0;
	}
	buf_init(&answer, MESSAGE_ANSWER_BYTES_MAX);
	err = intake_answer(x->c, &contact->result, &answer);
	if (!err && x->answers.len + answer.len + STICK_ROOM > MESSAGE_STICK_BYTES_MAX) {
		x->report->left++;
	} else if (!err) {
		buf_append(&x->answers, answer.data, answer.len);
		x->out[x->out_count++] =
			(struct message_stick_record){ .kind = MESSAGE_STICK_ANSWER, .blob = { .data = NULL, .len = answer.len } };
		x->report->answered++;
		err = buf_error(&x->answers);
	}
	buf_fini(&answer);
	return err;
}

static int exchange_group(struct exchange *x, const struct message_stick_record *records, size_t count)
{
	struct contact contacts[STICK_GROUP];
	int err = 0;

	memset(contacts, 0, sizeof contacts);
	for (size_t i = 0; i < count && !err; i++) {
		int refused;

		if (records[i].kind != MESSAGE_STICK_REQUEST)
			continue;
		x->report->requests++;
		refused = intake_open(x->c, records[i].blob.data, records[i].blob.len, &contacts[i].request);
		if (refused == ERR_NOMEM)
			err = refused;
		else if (refused)
			note_refusal(x, refused);
	}
	if (!err)
		err = take_group(x, contacts, records, count);
	for (size_t i = 0; i < count; i++) {
		if (!err && contacts[i].is_taken)
			err = answer_one(x, &contacts[i]);
		if (contacts[i].is_taken)
			intake_result_fini(&contacts[i].result);
		intake_request_free(contacts[i].request);
	}
	return err;
}

static int exchange_all(struct exchange *x, const struct message_stick_record *records, size_t count, struct buf *out)
{
	const uint8_t *at;
	int err = 0;

	for (size_t i = 0; i < count && !err; i += STICK_GROUP)
		err = exchange_group(x, &records[i], count - i < STICK_GROUP ? count - i : STICK_GROUP);
	if (err)
		return err;
	at = x->answers.data;
	for (size_t i = 0; i < x->out_count; i++) {
		x->out[i].blob.data = at;
		at += x->out[i].blob.len;
	}
	return message_stick_encode(x->out, x->out_count, out);
}

static int exchange_records(struct centre *c, const struct message_stick_record *records, size_t count, struct stick_report *report,
	struct buf *out)
{
	struct exchange x = { .c = c, .report = report };
	int err;

	buf_init(&x.answers, MESSAGE_STICK_BYTES_MAX);
	x.out = calloc(count ? count : 1, sizeof *x.out);
	err = x.out ? exchange_all(&x, records, count, out) : err_set(ERR_NOMEM, "no memory for a stick");
	buf_fini(&x.answers);
	free(x.out);
	return err;
}

int stick_exchange(struct centre *c, const void *data, size_t len, struct stick_report *report, struct buf *out)
{
	struct message_stick_record *records;
	size_t count;
	int err;

	memset(report, 0, sizeof *report);
	err = message_stick_decode(data, len, &records, &count);
	if (err)
		return err;
	err = exchange_records(c, records, count, report, out);
	free(records);
	return err;
}

/* The kept requests, one after the other in `bytes`, each to be answered again. */
static int load_requests(struct centre *c, struct message_stick_record *records, size_t *count, struct buf *bytes)
{
	struct db_stmt *s;
	const uint8_t *at;
	int got;
	int err = db_prepare(c->db,
		"SELECT r.bytes FROM stick_request r JOIN device d USING (device) WHERE r.contact >= d.contact ORDER BY r.device", &s);

	*count = 0;
	if (err)
		return err;
	while ((got = db_step(s)) == 1 && *count < MESSAGE_STICK_RECORDS_MAX) {
		size_t len;
		const void *data = db_blob(s, 0, &len);

		buf_append(bytes, data, len);
		records[(*count)++] = (struct message_stick_record){ .kind = MESSAGE_STICK_REQUEST, .blob = { .len = len } };
	}
	db_done(s);
	at = bytes->data;
	for (size_t i = 0; i < *count; i++) {
		records[i].blob.data = at;
		at += records[i].blob.len;
	}
	return got < 0 ? got : buf_error(bytes);
}

int stick_answers(struct centre *c, struct stick_report *report, struct buf *out)
{
	struct message_stick_record *records = calloc(MESSAGE_STICK_RECORDS_MAX, sizeof *records);
	struct buf bytes;
	size_t count;
	int err;

	memset(report, 0, sizeof *report);
	if (!records)
		return err_set(ERR_NOMEM, "no memory for a stick");
	buf_init(&bytes, MESSAGE_STICK_BYTES_MAX);
	err = load_requests(c, records, &count, &bytes);
	if (!err)
		err = exchange_records(c, records, count, report, out);
	buf_fini(&bytes);
	free(records);
	return err;
}
