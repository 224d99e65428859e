/*
 * cmd_device: enrol-code, device list, show, history, restored, revoke, policy lease-days.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "server/admin/authority.h"
#include "server/admin/device.h"
#include "server/admin/enrol.h"
#include "server/command/command.h"

/* ---- enrol-code ---- */

static int make_code(
	struct centre *c, const struct account *who, const char *branch, const char *person, char code[static ENROL_CODE_TEXT_BYTES])
{
	int err = db_begin(c->db);

	if (!err)
		err = enrol_code_make(c, branch, person, who->person_id, code);
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err;
}

static int hand_over(const char *path, const char *code)
{
	char line[ENROL_CODE_TEXT_BYTES + 1];
	int len = snprintf(line, sizeof line, "%s\n", code);
	int err = 0;

	if (path)
		err = file_write_new(path, line, (size_t)len);
	else if (fputs(line, stdout) < 0 || fflush(stdout) != 0)
		err = err_set(ERR_IO, "standard output cannot be written");
	sodium_memzero(line, sizeof line);
	return err;
}

int command_enrol_code(void *ctx, const struct cli_args *a)
{
	char code[ENROL_CODE_TEXT_BYTES] = "";
	const char *branch;
	const char *person;
	struct account who;
	struct centre *c = NULL;
	int err = cli_need(a, "branch", &branch);

	if (!err)
		err = cli_need(a, "person", &person);
	if (!err)
		err = command_enter(ctx, a, true, &c, &who);
	if (!err)
		err = make_code(c, &who, branch, person, code);
	centre_close(c);
	if (!err)
		err = hand_over(cli_value(a, "code-file"), code);
	sodium_memzero(code, sizeof code);
	if (!err)
		command_note(
			"The code is valid for 24 hours, for one device, and is not kept here. Hand it over or read it out; send no mail.\n"
			"الرمز صالح ٢٤ ساعة ولجهاز واحد ولا يُحفظ هنا. سلّمه أو أملِه، ولا ترسله بالبريد.");
	return err;
}

/* ---- device list, show ---- */

static const char *state_of(const struct device_line *d)
{
	return d->revoked_ms ? "revoked" : "trusted";
}

/* What was seen of its stores: a word for programs and columns, and a sentence. */
struct past_words {
	const char *word;
	const char *english;
	const char *arabic;
};

static const struct past_words *past_of(const struct device_line *d)
{
	static const struct past_words WORDS[] = {
		[DEVICE_STRAIGHT] = { "straight", "its store has never gone back in time", "لم يرجع مخزنه إلى حالة أقدم قط" },
		[DEVICE_RESTORED] = { "restored", "its store went back in time or was copied, and a person has said why",
			"رجع مخزنه إلى حالة أقدم أو نُسخ، وبيّن شخص السبب" },
		[DEVICE_WENT_BACK] = { "went-back",
			"its store went back in time, and nobody has said why: possibly an attack; see device history",
			"رجع مخزنه إلى حالة أقدم ولم يبيّن أحد السبب: قد يكون هجومًا؛ انظر device history" },
		[DEVICE_COPIES] = { "two-copies", "two copies of its store are in use: a clone or an attack; see device history",
			"تُستعمل نسختان من مخزنه: استنساخ أو هجوم؛ انظر device history" },
	};

	return &WORDS[d->past];
}

static void print_device_json(const struct device_line *d, struct json_writer *j)
{
	char time[COMMAND_TIME_BYTES];

	json_write_object(j, NULL);
	json_write_integer(j, "device", d->device);
	json_write_hex(j, "id", d->id, sizeof d->id);
	json_write_text(j, "name", d->name);
	json_write_text(j, "branch", d->branch);
	json_write_integer(j, "person", d->person_id);
	json_write_text(j, "person_name", d->person);
	json_write_text(j, "state", state_of(d));
	json_write_text(j, "enrolled", command_time_utc(d->enrolled_ms, time));
	json_write_text(j, "contact", command_time_utc(d->contact_ms, time));
	json_write_text(j, "revoked", command_time_utc(d->revoked_ms, time));
	json_write_text(j, "reason", d->reason);
	json_write_unsigned(j, "incarnation", d->incarnation);
	json_write_unsigned(j, "site", d->site);
	json_write_unsigned(j, "applied", d->applied);
	json_write_unsigned(j, "covered", d->covered);
	json_write_unsigned(j, "held", d->held);
	json_write_unsigned(j, "forked", d->forked);
	json_write_text(j, "past", past_of(d)->word);
	json_write_text(j, "words_en", d->words_en);
	json_write_text(j, "words_ar", d->words_ar);
	json_write_end(j);
}

static void print_device_row(const struct device_line *d, struct buf *out)
{
	char time[COMMAND_TIME_BYTES];

	buf_printf(out, "%" PRId64 "\t%s\t%u\t%" PRIu64 "\t%s\t%s\t", d->device, state_of(d), d->site, d->applied,
		command_time(d->contact_ms, time), d->words_en);
	command_cell(out, d->name);
	buf_text(out, "\t");
	command_cell(out, d->branch);
	buf_text(out, "\t");
	command_cell(out, d->person);
	buf_printf(out, "\t%s\t%s\n", d->words_ar, past_of(d)->word);
}

int command_device_list(void *ctx, const struct cli_args *a)
{
	struct device_line *list = NULL;
	struct command_list l;
	struct centre *c;
	size_t count = 0;
	struct buf out;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	if (!err)
		err = device_list(c, 0, &list, &count);
	command_list_begin(&l, a, "devices", "DEVICE\tSTATE\tSITE\tAPPLIED\tCONTACT\tWORDS\tNAME\tBRANCH\tPERSON\tWORDS-AR\tPAST", &out);
	for (size_t i = 0; i < count; i++) {
		if (l.json)
			print_device_json(&list[i], &l.j);
		else
			print_device_row(&list[i], &out);
	}
	command_list_end(&l);
	free(list);
	centre_close(c);
	return command_end(&out, err);
}

static void print_device(const struct device_line *d, struct buf *out)
{
	char time[COMMAND_TIME_BYTES];

	buf_printf(out, "device\t%" PRId64 "\nid\t", d->device);
	for (size_t i = 0; i < sizeof d->id; i++)
		buf_printf(out, "%02x", d->id[i]);
	buf_printf(out, "\nstate\t%s\nname\t%s\nbranch\t%s\nperson\t%" PRId64 " %s\n", state_of(d), d->name, d->branch, d->person_id,
		d->person);
	buf_printf(out, "enrolled\t%s\n", command_time(d->enrolled_ms, time));
	buf_printf(out, "contact\t%s\n", command_time(d->contact_ms, time));
	if (d->revoked_ms)
		buf_printf(out, "revoked\t%s\nreason\t%s\n", command_time(d->revoked_ms, time), d->reason);
	buf_printf(out, "incarnation\t%u\nsite\t%u\napplied\t%" PRIu64 "\ncovered\t%" PRIu64 "\nheld\t%" PRIu64 "\nforked\t%" PRIu64 "\n",
		d->incarnation, d->site, d->applied, d->covered, d->held, d->forked);
	buf_printf(out, "words\t%s\nwords-ar\t%s\n", d->words_en, d->words_ar);
	buf_printf(out, "past\t%s: %s | %s\n", past_of(d)->word, past_of(d)->english, past_of(d)->arabic);
}

int command_device_show(void *ctx, const struct cli_args *a)
{
	struct device_line *d = NULL;
	struct json_writer j;
	struct centre *c = NULL;
	int64_t number;
	size_t count;
	struct buf out;
	int err = command_number(a, 0, "device", &number);

	command_begin(&out);
	if (!err)
		err = command_open(ctx, a, &c);
	if (!err)
		err = device_list(c, number, &d, &count);
	json_write_init(&j, &out);
	if (!err && cli_flag(a, "json")) {
		print_device_json(d, &j);
		buf_text(&out, "\n");
	} else if (!err) {
		print_device(d, &out);
	}
	free(d);
	centre_close(c);
	return command_end(&out, err);
}

/* ---- device history ---- */

static const struct past_words *event_words(const struct device_event *e)
{
	static const struct past_words BACK = { "went-back",
		"the store went back in time: it lacks what it had shown to hold before, and no restore was announced. An older copy was "
		"put back, a disk lost what it had confirmed, or it is an attack. All that it brought was taken; call the person",
		"رجع المخزن إلى حالة أقدم: ينقصه ما أثبت من قبل أنه فيه، ولم يُعلن عن استعادة. أُعيدت نسخة قديمة أو أضاع القرص ما أكّد "
		"حفظه أو هو هجوم. كل ما جاء به أُخذ؛ اتصل بصاحب الجهاز" };
	static const struct past_words EXPLAINED = { "went-back", "the store went back in time; a person said why afterwards",
		"رجع المخزن إلى حالة أقدم؛ وبيّن شخص السبب بعد ذلك" };
	static const struct past_words RESTORED = { "restored", "the store went back in time, as announced: a restore",
		"رجع المخزن إلى حالة أقدم كما أُعلن: استعادة" };
	static const struct past_words COPIES = { "two-copies",
		"two copies of the store are in use: the older line spoke again after the newer one had begun. All that both "
		"brought was taken; find the copy",
		"تُستعمل نسختان من المخزن: تكلمت الأولى بعد أن بدأت الثانية. كل ما جاءتا به أُخذ؛ ابحث عن النسخة" };
	static const struct past_words COPIES_EXPLAINED = { "two-copies",
		"two copies of the store were in use; a person said why afterwards",
		"استُعملت نسختان من المخزن؛ وبيّن شخص السبب بعد ذلك" };
	static const struct past_words ANNOUNCED = { "announced", "a person announced or explained a restore",
		"أعلن شخص عن استعادة أو بيّن سببها" };

	switch (e->kind) {
	case PAST_BACK:
		return e->explained_by ? &EXPLAINED : &BACK;
	case PAST_RESTORED:
		return &RESTORED;
	case PAST_COPIES:
		return e->explained_by ? &COPIES_EXPLAINED : &COPIES;
	case PAST_ANNOUNCED:
		break;
	}
	return &ANNOUNCED;
}

static void print_event_json(const struct device_event *e, struct json_writer *j)
{
	const struct past_words *w = event_words(e);
	char time[COMMAND_TIME_BYTES];

	json_write_object(j, NULL);
	json_write_integer(j, "event", e->event);
	json_write_text(j, "time", command_time_utc(e->at_ms, time));
	json_write_text(j, "kind", w->word);
	json_write_unsigned(j, "incarnation", e->incarnation);
	json_write_unsigned(j, "contact", e->contact);
	json_write_unsigned(j, "commits", e->commits);
	json_write_unsigned(j, "head", e->head);
	json_write_unsigned(j, "known_contact", e->known_contact);
	json_write_unsigned(j, "known_commits", e->known_commits);
	json_write_unsigned(j, "known_head", e->known_head);
	json_write_integer(j, "about", e->about);
	json_write_integer(j, "explained_by", e->explained_by);
	json_write_text(j, "person", e->person);
	json_write_text(j, "reason", e->reason);
	json_write_text(j, "english", w->english);
	json_write_text(j, "arabic", w->arabic);
	json_write_end(j);
}

static void print_event_row(const struct device_event *e, struct buf *out)
{
	const struct past_words *w = event_words(e);
	char time[COMMAND_TIME_BYTES];

	buf_printf(out, "%" PRId64 "\t%s\t%s\t", e->event, command_time(e->at_ms, time), w->word);
	buf_printf(out, "%u\t%" PRIu64 "\t%" PRIu64 "\t", e->incarnation, e->contact, e->known_contact);
	buf_printf(out, "%" PRId64 "\t", e->kind == PAST_BACK || e->kind == PAST_COPIES ? e->explained_by : e->about);
	command_cell(out, e->person);
	buf_text(out, "\t");
	command_cell(out, e->reason);
	buf_printf(out, "\t%s\t%s\n", w->english, w->arabic);
}

int command_device_history(void *ctx, const struct cli_args *a)
{
	struct device_event *list = NULL;
	struct command_list l;
	struct centre *c = NULL;
	int64_t number;
	size_t count = 0;
	struct buf out;
	int err = command_number(a, 0, "device", &number);

	command_begin(&out);
	if (!err)
		err = command_open(ctx, a, &c);
	if (!err)
		err = device_history(c, number, &list, &count);
	command_list_begin(&l, a, "events", "EVENT\tTIME\tKIND\tINCARNATION\tCONTACT\tKNOWN\tABOUT\tPERSON\tREASON\tENGLISH\tARABIC", &out);
	for (size_t i = 0; i < count; i++) {
		if (l.json)
			print_event_json(&list[i], &l.j);
		else
			print_event_row(&list[i], &out);
	}
	command_list_end(&l);
	free(list);
	centre_close(c);
	return command_end(&out, err);
}

/* ---- device restored ---- */

static int say_restored(struct centre *c, int64_t device, const char *reason, const struct account *who, bool *is_explained)
{
	int err = db_begin(c->db);

	if (!err)
		err = device_restored(c, device, reason, who->person_id, is_explained);
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err;
}

int command_device_restored(void *ctx, const struct cli_args *a)
{
	const char *reason;
	struct account who;
	struct centre *c = NULL;
	bool is_explained = false;
	int64_t number;
	int err = command_number(a, 0, "device", &number);

	if (!err)
		err = cli_need(a, "reason", &reason);
	if (!err)
		err = command_enter(ctx, a, true, &c, &who);
	if (!err)
		err = say_restored(c, number, reason, &who, &is_explained);
	centre_close(c);
	if (!err && is_explained)
		command_note("The newest event that had no explanation is explained by this.\nصار آخر حدث بلا تفسير مفسَّرًا بهذا.");
	else if (!err)
		command_note("Nothing is unexplained; a restore that is seen within 30 days counts as announced.\n"
			     "لا شيء بلا تفسير؛ وما يُرى من استعادة خلال ٣٠ يومًا يُعد معلنًا.");
	return err;
}

/* ---- policy lease-days ---- */

static int set_lease(struct centre *c, int64_t days, const struct account *who)
{
	int err = db_begin(c->db);

	if (!err)
		err = device_set_lease_days(c, (uint32_t)days, who->person_id);
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err;
}

int command_policy_lease_days(void *ctx, const struct cli_args *a)
{
	struct account who;
	struct centre *c = NULL;
	int64_t days;
	int err = cli_number(a->operands[0], "days", 0, MESSAGE_LEASE_DAYS_MAX, &days);

	if (!err)
		err = command_enter(ctx, a, true, &c, &who);
	if (!err)
		err = set_lease(c, days, &who);
	centre_close(c);
	if (!err)
		command_note("Each device learns it with its next contact.\nيعلمه كل جهاز عند اتصاله القادم.");
	return err;
}

/* ---- device revoke ---- */

/* The revocation, and with the root key at hand the manifest that carries it, in one transaction. */
static int revoke(struct centre *c, int64_t device, const char *reason, const char *root_key, const struct account *who)
{
	struct buf manifest;
	int err = db_begin(c->db);

	buf_init(&manifest, MANIFEST_BYTES_MAX);
	if (!err)
		err = device_revoke(c, device, reason, who->person_id);
	if (!err && root_key) {
		err = authority_prepare(c, &manifest);
		if (!err)
			err = authority_sign(root_key, &manifest);
		if (!err)
			err = authority_install(c, manifest.data, manifest.len, who->person_id);
	}
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	buf_fini(&manifest);
	return err;
}

int command_device_revoke(void *ctx, const struct cli_args *a)
{
	const char *reason;
	struct account who;
	struct centre *c = NULL;
	int64_t number;
	int err = command_number(a, 0, "device", &number);

	if (!err)
		err = cli_need(a, "reason", &reason);
	if (!err)
		err = command_enter(ctx, a, true, &c, &who);
	if (!err)
		err = revoke(c, number, reason, cli_value(a, "root-key"), &who);
	centre_close(c);
	if (!err && !cli_value(a, "root-key"))
		command_note("The centre refuses the device from now on. To tell the other devices too: manifest prepare, sign, install.\n"
			     "يرفض المركز الجهاز من الآن. لإخبار بقية الأجهزة: manifest prepare ثم sign ثم install.");
	return err;
}
