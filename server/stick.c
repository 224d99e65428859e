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

static int take_group(struct exchange *x, struct contact *contacts, size_t count)
{
	int err = db_begin(x->c->db);

	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++) {
		if (!contacts[i].request)
			continue;
		err = intake_take(x->c, contacts[i].request, &contacts[i].result);
		contacts[i].is_taken = err == 0;
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
		err = take_group(x, contacts, count);
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

int stick_exchange(struct centre *c, const void *data, size_t len, struct stick_report *report, struct buf *out)
{
	struct exchange x = { .c = c, .report = report };
	struct message_stick_record *records;
	size_t count;
	int err;

	memset(report, 0, sizeof *report);
	err = message_stick_decode(data, len, &records, &count);
	if (err)
		return err;
	buf_init(&x.answers, MESSAGE_STICK_BYTES_MAX);
	x.out = calloc(count ? count : 1, sizeof *x.out);
	err = x.out ? exchange_all(&x, records, count, out) : err_set(ERR_NOMEM, "no memory for a stick");
	buf_fini(&x.answers);
	free(x.out);
	free(records);
	return err;
}
