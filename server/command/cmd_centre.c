/*
 * cmd_centre: init, serve, status, passphrase, audit list: the centre as a whole.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "server/admin/setup.h"
#include "server/command/command.h"
#include "server/serve.h"

/* ---- init ---- */

static void print_made(const struct setup *s, const struct setup_report *made, struct buf *out)
{
	char hex[2 * SEAL_ORG_BYTES + 1];

	for (size_t i = 0; i < sizeof made->org; i++)
		snprintf(hex + 2 * i, 3, "%02x", made->org[i]);
	buf_printf(out, "organisation\t%s\nstore\t%s/" CENTRE_FILE "\nroot key\t%s\nrecovery key\t%s\nadministrator\t%s\n", hex, s->dir,
		s->root_key, s->recovery_key, s->admin);
	buf_printf(out,
		"\nأُنشئ المركز. ملفا المفتاحين لا نسخة لهما في أي مكان آخر:\n"
		"  مفتاح الجذر: يوقّع قوائم المفاتيح وإلغاء الأجهزة. اطبعه، وانقله إلى جهاز غير متصل أو خزنة، ثم احذفه من هنا.\n"
		"  مفتاح الاسترجاع: يفتح المخزن والمظاريف إذا ضاعت عبارات المرور. احفظه في خزنة أخرى عند شخص آخر، ثم احذفه من هنا.\n"
		"من يملك أحدهما يستطيع الكثير، ومن فقدهما لا يستطيع أحد أن يعيدهما له.\n"
		"\nThe centre was made. There is no other copy of the two key files anywhere:\n"
		"  Root key: signs key lists and revocations. Print it, move it to an offline machine or a safe, then remove it here.\n"
		"  Recovery key: opens the store and envelopes when passphrases are lost. Keep it in another safe, with another person,\n"
		"  then remove it here.\n"
		"Whoever has one of them can do much; once lost, nobody can bring them back.\n"
		"\nNext / التالي: mandoob-server enrol-code --branch NAME --person NAME --as NAME\n");
}

static int ask_setup(const struct cli_args *a, struct setup *s, char **passphrase, char **admin_passphrase)
{
	int err = cli_need(a, "root-key", &s->root_key);

	if (!err)
		err = cli_need(a, "recovery-key", &s->recovery_key);
	if (!err)
		err = cli_need(a, "name", &s->name);
	if (!err)
		err = cli_need(a, "admin", &s->admin);
	if (!err)
		err = cli_secret(a, "passphrase-file", "passphrase-fd",
			"New passphrase of the centre / عبارة مرور جديدة للمركز: ", "The same again / أعدها: ", passphrase);
	if (!err)
		err = cli_secret(a, "admin-passphrase-file", "admin-passphrase-fd",
			"New passphrase of the administrator / عبارة مرور جديدة للمسؤول: ", "The same again / أعدها: ", admin_passphrase);
	s->passphrase = *passphrase;
	s->admin_passphrase = *admin_passphrase;
	return err;
}

int command_init(void *ctx, const struct cli_args *a)
{
	const struct command *x = ctx;
	struct setup_report made;
	struct setup s = { 0 };
	struct config config;
	char *passphrase = NULL;
	char *admin_passphrase = NULL;
	struct buf out;
	int err = command_config(a, &config);

	command_begin(&out);
	s.dir = config.dir;
	if (!err)
		err = ask_setup(a, &s, &passphrase, &admin_passphrase);
	if (!err)
		err = setup_centre(x->env, &s, &made);
	if (!err)
		print_made(&s, &made, &out);
	file_secret_free(passphrase);
	file_secret_free(admin_passphrase);
	return command_end(&out, err);
}

/* ---- serve ---- */

int command_serve(void *ctx, const struct cli_args *a)
{
	const char *listen = cli_value(a, "listen");
	struct serve_options o = { 0 };
	char address[64];
	struct config config;
	struct centre *c = NULL;
	int err = command_config(a, &config);

	if (!err)
		err = serve_parse_listen(listen ? listen : config.listen, address, sizeof address, &o.port);
	if (!err)
		err = command_open(ctx, a, &c);
	if (!err) {
		o.address = address;
		o.connection_max = (unsigned)config.connection_max;
		err = serve_run(c, &o, cli_value(a, "port-file"));
	}
	centre_close(c);
	return err;
}

/* ---- status ---- */

struct status {
	uint8_t org[SEAL_ORG_BYTES];
	struct buf name;
	uint64_t sequence;
	uint64_t backup_ms;
	int64_t branches, people, devices, revoked, cases, registers, groups, edits, conflicts, held, quarantined, flags, flagged,
		unchecked;
	const struct form *form;
};

static int count_all(struct centre *c, struct status *s)
{
	const struct {
		const char *sql;
		int64_t *to;
	} counts[] = {
		{ "SELECT count(*) FROM branch", &s->branches },
		{ "SELECT count(*) FROM person WHERE ended_ms IS NULL", &s->people },
		{ "SELECT count(*) FROM device", &s->devices },
		{ "SELECT count(*) FROM device WHERE revoked_ms IS NOT NULL", &s->revoked },
		{ "SELECT count(*) FROM aid_case", &s->cases },
		{ "SELECT count(*) FROM register", &s->registers },
		{ "SELECT count(*) FROM edit_group WHERE site <> 0", &s->groups },
		{ "SELECT count(*) FROM edit", &s->edits },
		{ "SELECT count(*) FROM conflict WHERE state = 1", &s->conflicts },
		{ "SELECT count(*) FROM envelope WHERE state = 2", &s->held },
		{ "SELECT count(*) FROM envelope WHERE state = 3", &s->quarantined },
		{ "SELECT count(*) FROM flag", &s->flags },
		{ "SELECT count(DISTINCT case_id) FROM flag", &s->flagged },
		{ "SELECT count(*) FROM branch b JOIN aid_case k ON k.branch_id = b.branch_id AND k.changed_at > b.checked_at",
			&s->unchecked },
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof counts / sizeof counts[0]; i++)
		err = db_query_int(c->db, counts[i].sql, counts[i].to);
	return err;
}

static int load_status(struct centre *c, struct status *s)
{
	int64_t form_row;
	int err = centre_meta_load(c, "name", &s->name);

	if (!err)
		err = centre_sequence(c, &s->sequence);
	if (!err)
		err = centre_form_current(c, &s->form, &form_row);
	if (!err)
		err = count_all(c, s);
	if (!err)
		err = centre_meta_load_u64(c, "backup_ms", &s->backup_ms);
	return err == ERR_NOT_FOUND ? 0 : err;
}

static void print_status_json(const struct centre *c, struct status *s, struct buf *out)
{
	char time[COMMAND_TIME_BYTES];
	struct json_writer j;

	json_write_init(&j, out);
	json_write_object(&j, NULL);
	json_write_hex(&j, "organisation", c->org, sizeof c->org);
	json_write_text(&j, "name", buf_string(&s->name));
	json_write_unsigned(&j, "manifest", c->manifest.number);
	json_write_text(&j, "form", form_id(s->form));
	json_write_text(&j, "form_version", form_version(s->form));
	json_write_unsigned(&j, "sequence", s->sequence);
	json_write_integer(&j, "branches", s->branches);
	json_write_integer(&j, "people", s->people);
	json_write_integer(&j, "devices", s->devices);
	json_write_integer(&j, "revoked", s->revoked);
	json_write_integer(&j, "cases", s->cases);
	json_write_integer(&j, "registers", s->registers);
	json_write_integer(&j, "groups", s->groups);
	json_write_integer(&j, "edits", s->edits);
	json_write_integer(&j, "conflicts", s->conflicts);
	json_write_integer(&j, "held", s->held);
	json_write_integer(&j, "quarantined", s->quarantined);
	json_write_integer(&j, "flags", s->flags);
	json_write_integer(&j, "flagged_cases", s->flagged);
	json_write_integer(&j, "unchecked_cases", s->unchecked);
	json_write_text(&j, "backup", command_time_utc((int64_t)s->backup_ms, time));
	json_write_end(&j);
	buf_text(out, "\n");
}

static void print_status(const struct centre *c, struct status *s, struct buf *out)
{
	char time[COMMAND_TIME_BYTES];

	buf_printf(out, "organisation\t");
	for (size_t i = 0; i < sizeof c->org; i++)
		buf_printf(out, "%02x", c->org[i]);
	buf_printf(out, "\nmanifest\t%" PRIu64 "\nform\t%s %s\nsequence\t%" PRIu64 "\n", c->manifest.number, form_id(s->form),
		form_version(s->form), s->sequence);
	buf_printf(out, "branches\t%" PRId64 "\npeople\t%" PRId64 "\ndevices\t%" PRId64 "\nrevoked\t%" PRId64 "\n", s->branches, s->people,
		s->devices, s->revoked);
	buf_printf(out,
		"cases\t%" PRId64 "\nregisters\t%" PRId64 "\ngroups\t%" PRId64 "\nedits\t%" PRId64 "\nopen conflicts\t%" PRId64 "\n",
		s->cases, s->registers, s->groups, s->edits, s->conflicts);
	buf_printf(out, "flags\t%" PRId64 " in %" PRId64 " cases\ncases not looked through yet\t%" PRId64 "\n", s->flags, s->flagged,
		s->unchecked);
	buf_printf(out, "held envelopes\t%" PRId64 "\nquarantined envelopes\t%" PRId64 "\nlast backup\t%s\nname\t%s\n", s->held,
		s->quarantined, command_time((int64_t)s->backup_ms, time), buf_string(&s->name));
}

int command_status(void *ctx, const struct cli_args *a)
{
	struct status s = { 0 };
	struct centre *c;
	struct buf out;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	buf_init(&s.name, CENTRE_META_BYTES_MAX);
	if (!err)
		err = load_status(c, &s);
	if (!err && cli_flag(a, "json"))
		print_status_json(c, &s, &out);
	else if (!err)
		print_status(c, &s, &out);
	buf_fini(&s.name);
	centre_close(c);
	return command_end(&out, err);
}

/* ---- passphrase ---- */

int command_passphrase(void *ctx, const struct cli_args *a)
{
	struct account who;
	struct centre *c;
	char *fresh = NULL;
	int err = command_enter(ctx, a, true, &c, &who);

	if (!err)
		err = cli_secret(a, "new-passphrase-file", "new-passphrase-fd",
			"New passphrase of the centre / عبارة مرور جديدة للمركز: ", "The same again / أعدها: ", &fresh);
	if (!err)
		err = account_check_passphrase(fresh);
	if (!err)
		err = command_audit(c, who.person_id, "passphrase", "");
	if (!err)
		err = vault_passphrase_change(c->vault, fresh, strlen(fresh), NULL);
	file_secret_free(fresh);
	centre_close(c);
	if (!err)
		command_note("The passphrase of the centre was changed. Backups made before still open with the old one.\n"
			     "تغيّرت عبارة مرور المركز. النسخ الاحتياطية السابقة تُفتح بالعبارة القديمة.");
	return err;
}

/* ---- audit list ---- */

static const char AUDIT[] =
	"SELECT a.audit_id, a.at_ms, coalesce(a.person_id, 0), coalesce(p.name, ''), a.action, a.subject FROM audit a "
	"LEFT JOIN person p ON p.person_id = a.person_id WHERE ?1 = 0 OR a.audit_id < ?1 ORDER BY a.audit_id DESC LIMIT ?2";

static void print_audit_json(struct db_stmt *s, struct json_writer *j)
{
	char time[COMMAND_TIME_BYTES];

	json_write_object(j, NULL);
	json_write_integer(j, "audit", db_int(s, 0));
	json_write_text(j, "at", command_time_utc(db_int(s, 1), time));
	json_write_integer(j, "person", db_int(s, 2));
	json_write_text(j, "name", db_text(s, 3));
	json_write_text(j, "action", db_text(s, 4));
	json_write_text(j, "subject", db_text(s, 5));
	json_write_end(j);
}

static void print_audit(struct db_stmt *s, struct buf *out)
{
	char time[COMMAND_TIME_BYTES];

	buf_printf(out, "%" PRId64 "\t%s\t%s\t", db_int(s, 0), command_time(db_int(s, 1), time), db_text(s, 4));
	command_cell(out, db_text(s, 5));
	buf_text(out, "\t");
	command_cell(out, db_text(s, 3));
	buf_text(out, "\n");
}

static int list_audit(struct centre *c, const struct cli_args *a, struct buf *out)
{
	struct command_list l;
	struct db_stmt *s;
	int64_t before;
	int64_t max;
	int got;
	int err = cli_integer(a, "before", 1, INT64_MAX, 0, &before);

	if (!err)
		err = cli_integer(a, "max", 1, 1000000, 1000, &max);
	if (!err)
		err = db_prepare(c->db, AUDIT, &s);
	if (err)
		return err;
	db_bind_int(s, 1, before);
	db_bind_int(s, 2, max);
	command_list_begin(&l, a, "audit", "AUDIT\tAT\tACTION\tSUBJECT\tBY", out);
	while ((got = db_step(s)) == 1) {
		if (l.json)
			print_audit_json(s, &l.j);
		else
			print_audit(s, out);
	}
	db_done(s);
	command_list_end(&l);
	return got;
}

int command_audit_list(void *ctx, const struct cli_args *a)
{
	return command_show(ctx, a, true, list_audit);
}
