/*
 * stick: see stick.h. The stick is a slow relay: nothing on it is believed before round_answer() has verified it.
 */
#include "agent/command/stick.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/command/sync.h"
#include "agent/guard.h"
#include "agent/outbox.h"
#include "proto/base/file.h"
#include "proto/chain.h"

const struct cli_option STICK_OPTIONS[] = {
	{ "json", 'j', NULL, "print one JSON object" },
	{ NULL, 0, NULL, NULL },
};

/* The records of the file at `path`, none when it is missing. `bytes` (initialised) keeps them alive; *records is freed by the caller. */
static int read_stick(const char *path, struct buf *bytes, struct message_stick_record **records, size_t *count)
{
	int err = file_read(path, bytes);

	*records = NULL;
	*count = 0;
	if (err)
		return err;
	err = message_stick_decode(bytes->data, bytes->len, records, count);
	return err ? err_context(err, "%s", path) : 0;
}

/* Whether the record is a request that this device put there. What cannot be read is not ours and stays. */
static bool is_own_request(const struct store *s, const struct message_stick_record *r)
{
	struct message_request *q;
	bool is_own;

	if (r->kind != MESSAGE_STICK_REQUEST)
		return false;
	q = calloc(1, sizeof *q);
	is_own = q && message_request_decode(r->blob.data, r->blob.len, q) == 0 && memcmp(q->device, s->device, sizeof s->device) == 0;
	free(q);
	return is_own;
}

/* Whether the sealed envelope is one of this store, which keeps it until it is received, or of a time that this store left behind. */
static int is_envelope_here(struct store *s, const struct message_blob *bytes, bool *out)
{
	uint8_t hash[SEAL_HASH_BYTES], held[SEAL_HASH_BYTES];
	struct seal_header h;
	struct db_stmt *q;
	uint64_t next_seq;
	int err = seal_envelope_header(bytes->data, bytes->len, &h);

	*out = false;
	if (!err)
		err = store_get_u64(s, "next_seq", &next_seq);
	if (err || h.incarnation != s->incarnation || h.seq >= (next_seq ? next_seq : 1))
		return err;
	err = db_prepare(s->db, "SELECT hash FROM envelope WHERE seq = ?1", &q);
	if (err)
		return err;
	db_bind_u64(q, 1, h.seq);
	err = db_row(q);
	*out = err == ERR_NOT_FOUND; /* sealed here, and received so safely that it is not kept any more */
	if (err)
		return *out ? 0 : err;
	err = db_blob_copy(q, 0, held, sizeof held);
	db_done(q);
	chain_next(h.previous, bytes->data, bytes->len, hash);
	*out = memcmp(hash, held, sizeof hash) == 0;
	return err;
}

/*
 * Whether a new request of this store may take the place of the record. Not when it carries what this store does not know: a store that
 * was put back in time, or a copy, finds there what was sent before, and nobody else may have it. What was not signed by this device is
 * not worth keeping under its name.
 */
static int is_replaced(struct store *s, const struct message_stick_record *r, bool *out)
{
	struct message_request *q;
	int err = 0;

	*out = is_own_request(s, r);
	if (!*out || message_request_verify(r->blob.data, r->blob.len, s->keys->sign_public) != 0)
		return 0;
	q = calloc(1, sizeof *q);
	if (!q)
		return err_set(ERR_NOMEM, "no memory to read a request");
	err = message_request_decode(r->blob.data, r->blob.len, q);
	for (size_t i = 0; !err && *out && i < q->envelope_count; i++)
		err = is_envelope_here(s, &q->envelopes[i], out);
	free(q);
	return err;
}

/* The records that stay, and then ours, in place of the file. */
static int write_stick(struct store *s, const char *path, const struct message_stick_record *others, size_t count,
		const struct buf *request)
{
	struct message_stick_record *records = calloc(count + 1, sizeof *records);
	struct buf out;
	size_t kept = 0;
	int err = 0;

	if (!records)
		return err_set(ERR_NOMEM, "%s: no memory for %zu records", path, count + 1);
	for (size_t i = 0; !err && i < count; i++) {
		bool is_gone;

		err = is_replaced(s, &others[i], &is_gone);
		if (!is_gone)
			records[kept++] = others[i];
	}
	records[kept++] = (struct message_stick_record){ MESSAGE_STICK_REQUEST, { request->data, request->len } };
	buf_init(&out, MESSAGE_STICK_BYTES_MAX);
	if (!err)
		err = message_stick_encode(records, kept, &out);
	if (!err)
		err = file_replace(path, out.data, out.len);
	buf_fini(&out);
	free(records);
	return err;
}

int stick_export(struct store *s, const char *path, size_t *request_bytes)
{
	struct message_stick_record *others = NULL;
	struct buf bytes, request;
	size_t count = 0;
	int err;

	*request_bytes = 0;
	buf_init(&bytes, MESSAGE_STICK_BYTES_MAX);
	buf_init(&request, MESSAGE_REQUEST_BYTES_MAX);
	err = read_stick(path, &bytes, &others, &count);
	if (err == ERR_NOT_FOUND)
		err = 0;
	if (!err)
		err = round_request(s, &request);
	if (!err)
		err = write_stick(s, path, others, count, &request);
	if (!err)
		*request_bytes = request.len;
	free(others);
	buf_fini(&request);
	buf_fini(&bytes);
	return err;
}

/* The highest envelope in our request among the records; its signature and theirs are looked at as the centre will. */
static int exported_seq(const struct store *s, const struct message_stick_record *records, size_t count, uint64_t *out)
{
	struct message_request *q = calloc(1, sizeof *q);
	int err = q ? 0 : err_set(ERR_NOMEM, "no memory to read a request");

	*out = 0;
	for (size_t i = 0; !err && i < count; i++) {
		struct seal_header h;

		if (!is_own_request(s, &records[i]))
			continue;
		err = message_request_verify(records[i].blob.data, records[i].blob.len, s->keys->sign_public);
		if (!err)
			err = message_request_decode(records[i].blob.data, records[i].blob.len, q);
		for (size_t e = 0; !err && e < q->envelope_count; e++) {
			err = seal_envelope_verify(q->envelopes[e].data, q->envelopes[e].len, s->keys->sign_public);
			if (!err)
				err = seal_envelope_header(q->envelopes[e].data, q->envelopes[e].len, &h);
			if (!err)
				*out = h.seq;
		}
	}
	free(q);
	return err;
}

/* A request takes what waits in the order of its numbers, so the highest tells whether all of it was taken. */
int stick_holds_all(struct store *s, const char *path, bool *out)
{
	struct message_stick_record *records = NULL;
	struct outbox_counts n;
	struct buf bytes;
	size_t count = 0;
	uint64_t exported = 0;
	int64_t last = 0;
	int err;

	*out = false;
	buf_init(&bytes, MESSAGE_STICK_BYTES_MAX);
	err = read_stick(path, &bytes, &records, &count);
	if (!err)
		err = exported_seq(s, records, count, &exported);
	if (!err)
		err = outbox_count(s, &n);
	if (!err)
		err = db_query_int(s->db,
				   "SELECT ifnull(max(seq), 0) FROM envelope WHERE receipt IS NULL"
				   " OR EXISTS (SELECT 1 FROM meta m WHERE m.key = 'resend' AND m.value > 0 AND envelope.seq >= m.value)",
				   &last);
	if (!err)
		*out = n.unsealed == 0 && exported >= (uint64_t)last;
	free(records);
	buf_fini(&bytes);
	return err;
}

/* One record, whatever it is. A failure of one answer does not stop the others. */
static int take_record(struct store *s, const struct message_stick_record *r, struct stick_import *out)
{
	struct message_answer a;
	int err;

	if (r->kind != MESSAGE_STICK_ANSWER || message_answer_peek(r->blob.data, r->blob.len, &a) != 0 ||
	    memcmp(a.device, s->device, sizeof a.device) != 0)
		return 0;
	out->found++;
	err = round_answer(s, r->blob.data, r->blob.len, &out->round);
	if (err == 0)
		out->taken++;
	if (err == ERR_STALE)
		out->known++;
	return err;
}

int stick_import(struct store *s, const char *path, struct stick_import *out)
{
	struct message_stick_record *records = NULL;
	char message[512] = "";
	struct buf bytes;
	size_t count = 0;
	int first = 0;
	int err;

	*out = (struct stick_import){ 0 };
	buf_init(&bytes, MESSAGE_STICK_BYTES_MAX);
	err = read_stick(path, &bytes, &records, &count);
	for (size_t i = 0; !err && i < count; i++) {
		int got = take_record(s, &records[i], out);

		if (got && got != ERR_STALE && !first) {
			first = got;
			snprintf(message, sizeof message, "%s", err_message());
		}
	}
	free(records);
	buf_fini(&bytes);
	if (!err && first)
		err = err_set(first, "%s: %s", path, message);
	if (!err && out->found == 0)
		err = err_set(ERR_NOT_FOUND, "%s: no answer for this device; export, let the centre answer, then import", path);
	return err;
}

static int tell_export(struct shell *sh, size_t request_bytes)
{
	struct json_writer j;
	struct buf out;
	int err;

	buf_init(&out, 4096);
	if (cli_flag(sh->args, "json")) {
		json_write_init(&j, &out);
		json_write_object(&j, NULL);
		json_write_unsigned(&j, "request_bytes", request_bytes);
		json_write_end(&j);
		buf_text(&out, "\n");
	} else {
		buf_printf(&out, "request of %zu bytes on the stick; received only when the centre's answer was imported\n", request_bytes);
	}
	err = cli_print(&out);
	buf_fini(&out);
	return err;
}

int stick_command_export(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct store *s;
	size_t bytes;
	int err = shell_open(sh, args, &s);

	if (err)
		return err;
	err = stick_export(s, sh->args->operands[0], &bytes);
	store_close(s);
	return err ? err : tell_export(sh, bytes);
}

static int tell_import(struct shell *sh, const struct stick_import *im)
{
	struct buf out;
	int err;

	buf_init(&out, 64 * 1024);
	sync_tell(&im->round, cli_flag(sh->args, "json"), &out);
	err = cli_print(&out);
	buf_fini(&out);
	if (im->known)
		shell_note("%zu answers on the stick were taken before or are too old", im->known);
	if (im->round.is_more)
		shell_note("The centre has more to say: export again. | لدى المركز مزيد: صدّر مرة أخرى.");
	return err;
}

int stick_command_import(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct stick_import im = { 0 };
	struct store *s;
	int told = 0;
	int err = shell_open(sh, args, &s);

	if (err)
		return err;
	err = shell_need_enrolled(s);
	if (!err)
		err = stick_import(s, sh->args->operands[0], &im);
	if (im.taken)
		guard_contacted(s);
	store_close(s);
	/* What was taken before a failure is told too. */
	if (!err || im.taken)
		told = tell_import(sh, &im);
	return err ? err : told;
}
