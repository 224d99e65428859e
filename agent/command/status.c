/*
 * status: see status.h. "Received" counts only what a verified receipt covers.
 */
#include "agent/command/status.h"

#include <inttypes.h>
#include <string.h>

#include "agent/command/enrol.h"
#include "agent/guard.h"
#include "agent/outbox.h"
#include "agent/shelf.h"
#include "proto/merge.h"

#define CLOCK_OFF_MS (5 * 60 * 1000)

const struct cli_option STATUS_OPTIONS[] = {
	{ "json", 'j', NULL, "print one JSON object" },
	{ NULL, 0, NULL, NULL },
};

struct facts {
	struct outbox_counts counts;
	uint64_t last_receipt_ms;  /* the centre's clock; 0: none yet, likewise below */
	uint64_t last_contact_ms;  /* this device's clock */
	uint64_t centre_ms;        /* the centre's clock at that contact */
	uint64_t mismatches;
	uint64_t notice;           /* enum message_notice: what the centre last said of this store */
	uint64_t notice_ms;        /* this device's clock, when it was first said */
	uint64_t lease_days;       /* 0: no limit */
	bool is_locked_out;        /* the organisation could not open this store */
	int64_t cases;
	int64_t manifest_number;
	const struct form *form;   /* NULL before enrolment */
};

struct telling {
	struct store *store;
	struct facts facts;
	bool is_json;
	struct buf out;
	struct json_writer json;
};

static int read_facts(struct store *s, struct facts *f)
{
	int64_t form_id;
	int err = outbox_count(s, &f->counts);

	if (!err)
		err = store_get_u64(s, "last_receipt_ms", &f->last_receipt_ms);
	if (!err)
		err = store_get_u64(s, "last_contact_ms", &f->last_contact_ms);
	if (!err)
		err = store_get_u64(s, "centre_ms", &f->centre_ms);
	if (!err)
		err = store_get_u64(s, "mismatches", &f->mismatches);
	if (!err)
		err = store_get_u64(s, "notice", &f->notice);
	if (!err)
		err = store_get_u64(s, "notice_ms", &f->notice_ms);
	if (!err)
		err = store_get_u64(s, "lease_days", &f->lease_days);
	if (!err)
		f->is_locked_out = guard_is_locked_out(s);
	if (!err)
		err = db_query_int(s->db, "SELECT count(*) FROM aid_case", &f->cases);
	if (!err)
		err = db_query_int(s->db, "SELECT ifnull(max(number), 0) FROM manifest", &f->manifest_number);
	if (!err && s->is_enrolled)
		err = shelf_form_current(s, &f->form, &form_id);
	return err;
}

/* One register that needs attention, by address; reads case, entry, field from columns 0 to 2. */
static void tell_address(struct telling *t, struct db_stmt *q)
{
	char case_text[RECORD_ID_TEXT_BYTES], entry_text[RECORD_ID_TEXT_BYTES];

	record_id_format(db_u64(q, 0), case_text);
	record_id_format(db_u64(q, 1), entry_text);
	if (!t->is_json) {
		buf_printf(&t->out, "    case %s  entry %s  %s\n", case_text, entry_text, db_text(q, 2));
		return;
	}
	json_write_object(&t->json, NULL);
	json_write_text(&t->json, "case", case_text);
	json_write_text(&t->json, "entry", entry_text);
	json_write_text(&t->json, "field", db_text(q, 2));
	json_write_end(&t->json);
}

static int tell_rows(struct telling *t, struct db_stmt *q)
{
	int got;

	while ((got = db_step(q)) == 1)
		tell_address(t, q);
	db_done(q);
	return got;
}

static int tell_conflicts(struct telling *t)
{
	struct db_stmt *q;
	int err = db_prepare(t->store->db, "SELECT case_id, entry_id, field FROM pending ORDER BY case_id, entry_id, field", &q);

	return err ? err : tell_rows(t, q);
}

static int tell_refused(struct telling *t)
{
	struct db_stmt *q;
	int err = db_prepare(t->store->db,
			     "SELECT DISTINCT g.case_id, e.entry_id, e.field FROM edit e JOIN edit_group g USING (number)"
			     " WHERE e.outcome = ?1 ORDER BY g.case_id, e.entry_id, e.field",
			     &q);

	if (err)
		return err;
	db_bind_int(q, 1, MERGE_REFUSED);
	return tell_rows(t, q);
}

struct notice_words {
	const char *word; /* for programs */
	const char *english;
	const char *arabic;
};

/* NULL when the centre has said nothing of this store. */
static const struct notice_words *notice_words(const struct facts *f)
{
	static const struct notice_words BACK = { "went-back",
		"THIS STORE WENT BACK IN TIME, says the centre: an older copy of it is in use here; call the centre",
		"رجع مخزن هذا الجهاز إلى نسخة أقدم كما يقول المركز؛ اتصل بالمركز" };
	static const struct notice_words RESTORED = { "restored", "this store was put back from an older copy, as the centre was told",
		"أُعيد هذا المخزن من نسخة أقدم بعلم المركز" };
	static const struct notice_words COPIES = { "two-copies",
		"TWO COPIES OF THIS STORE ARE IN USE, says the centre: find the other one and call the centre",
		"تُستعمل نسختان من هذا المخزن كما يقول المركز؛ ابحث عن الأخرى واتصل بالمركز" };

	switch ((enum message_notice)f->notice) {
	case MESSAGE_NOTICE_BACK:
		return &BACK;
	case MESSAGE_NOTICE_RESTORED:
		return &RESTORED;
	case MESSAGE_NOTICE_COPIES:
		return &COPIES;
	case MESSAGE_NOTICE_NONE:
		break;
	}
	return NULL;
}

/* How far this device's clock was ahead of the centre's at the last contact. */
static int64_t clock_off_ms(const struct facts *f)
{
	return f->centre_ms ? (int64_t)f->last_contact_ms - (int64_t)f->centre_ms : 0;
}

static int tell_json(struct telling *t)
{
	const struct store *s = t->store;
	const struct facts *f = &t->facts;
	const struct notice_words *notice = notice_words(f);
	char time[SHELL_TIME_BYTES];
	struct json_writer *j = &t->json;
	int err;

	json_write_init(j, &t->out);
	json_write_object(j, NULL);
	json_write_bool(j, "enrolled", s->is_enrolled);
	json_write_bool(j, "revoked", s->is_revoked);
	json_write_bool(j, "organisation_locked_out", f->is_locked_out);
	json_write_unsigned(j, "site", s->site);
	json_write_unsigned(j, "incarnation", s->incarnation);
	json_write_text(j, "branch", s->branch);
	json_write_text(j, "form_version", f->form ? form_version(f->form) : NULL);
	json_write_integer(j, "manifest", f->manifest_number);
	json_write_integer(j, "cases", f->cases);
	json_write_unsigned(j, "saved", f->counts.groups);
	json_write_unsigned(j, "received", f->counts.confirmed);
	json_write_unsigned(j, "decided", f->counts.decisions);
	json_write_unsigned(j, "unsealed", f->counts.unsealed);
	json_write_unsigned(j, "envelopes_waiting", f->counts.envelopes_waiting);
	json_write_unsigned(j, "bytes_waiting", f->counts.bytes_waiting);
	json_write_text(j, "last_receipt", shell_time_utc((int64_t)f->last_receipt_ms, time));
	json_write_text(j, "last_contact", shell_time_utc((int64_t)f->last_contact_ms, time));
	json_write_integer(j, "clock_off_ms", clock_off_ms(f));
	json_write_unsigned(j, "digest_mismatches", f->mismatches);
	json_write_text(j, "store_notice", notice ? notice->word : NULL);
	json_write_text(j, "store_notice_time", shell_time_utc((int64_t)f->notice_ms, time));
	json_write_unsigned(j, "lease_days", f->lease_days);
	json_write_array(j, "conflicts");
	err = tell_conflicts(t);
	json_write_end(j);
	json_write_array(j, "refused");
	if (!err)
		err = tell_refused(t);
	json_write_end(j);
	json_write_end(j);
	buf_text(&t->out, "\n");
	return err;
}

static void tell_device(struct telling *t)
{
	const struct store *s = t->store;
	char english[ENROL_WORDS_BYTES], arabic[ENROL_WORDS_BYTES];

	if (!s->is_enrolled) {
		buf_text(&t->out, "not enrolled yet: mandoob-agent enrol URL | لم يُسجَّل الجهاز بعد\n");
		return;
	}
	if (s->is_revoked)
		buf_text(&t->out, "REVOKED by the centre: nothing more is written here; what is saved stays sealed"
				  " | أوقف المركز هذا الجهاز\n");
	buf_printf(&t->out, "site %" PRIu32 "  incarnation %" PRIu32 "  form %s  manifest %" PRId64 "  branch %s\n", s->site,
			s->incarnation,
		   form_version(t->facts.form), t->facts.manifest_number, s->branch);
	if (enrol_words(s, english, arabic) == 0)
		buf_printf(&t->out, "device  %s | %s\n", english, arabic);
}

static void tell_counts(struct telling *t)
{
	const struct facts *f = &t->facts;
	char time[SHELL_TIME_BYTES];

	buf_printf(&t->out, "saved here               %6" PRIu64 " changes in %" PRId64 " cases | محفوظ هنا\n", f->counts.groups, f->cases);
	buf_printf(&t->out, "received by the centre   %6" PRIu64 " changes%s%s | استلمه المركز\n", f->counts.confirmed,
		   f->last_receipt_ms ? ", last receipt " : "", shell_time_local((int64_t)f->last_receipt_ms, time));
	buf_printf(&t->out, "decided by the centre    %6" PRIu64 " answers | قرره المركز\n", f->counts.decisions);
	buf_printf(&t->out, "waiting to be sent       %6" PRIu64 " changes, %" PRIu64 " sealed bytes | بانتظار الإرسال\n",
		   f->counts.groups - f->counts.confirmed, f->counts.bytes_waiting);
	buf_printf(&t->out, "last contact             %s\n", f->last_contact_ms ? shell_time_local((int64_t)f->last_contact_ms,
			time) : "never");
	if (clock_off_ms(f) > CLOCK_OFF_MS || clock_off_ms(f) < -CLOCK_OFF_MS)
		buf_printf(&t->out, "clock of this device is off by %" PRId64 " minutes | ساعة الجهاز غير صحيحة\n",
				clock_off_ms(f) / 60000);
	if (f->mismatches)
		buf_printf(&t->out, "digest mismatches        %6" PRIu64 ", repaired by asking for everything anew\n", f->mismatches);
}

static int tell_text(struct telling *t)
{
	const struct facts *f = &t->facts;
	const struct notice_words *notice = notice_words(f);
	char time[SHELL_TIME_BYTES];
	int err = 0;

	tell_device(t);
	if (notice)
		buf_printf(&t->out, "%s (%s) | %s\n", notice->english, shell_time_local((int64_t)f->notice_ms, time), notice->arabic);
	tell_counts(t);
	buf_printf(&t->out, "conflicts, a person at the centre decides %" PRIu64 " | تعارضات\n", f->counts.pending);
	err = tell_conflicts(t);
	buf_printf(&t->out, "refused by the centre    %6" PRIu64 " answers | رفضه المركز\n", f->counts.refused);
	return err ? err : tell_refused(t);
}

int status_command(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct telling t = { .is_json = cli_flag(args, "json") };
	int err = shell_open(sh, args, &t.store);

	if (err)
		return err;
	buf_init(&t.out, SHELL_OUTPUT_BYTES_MAX);
	err = read_facts(t.store, &t.facts);
	if (!err)
		err = t.is_json ? tell_json(&t) : tell_text(&t);
	if (!err)
		err = cli_print(&t.out);
	buf_fini(&t.out);
	store_close(t.store);
	return err;
}
