/*
 * cmd_device: enrol-code, device list, show, revoke.
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
	buf_printf(out, "\t%s\n", d->words_ar);
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
	command_list_begin(&l, a, "devices", "DEVICE\tSTATE\tSITE\tAPPLIED\tCONTACT\tWORDS\tNAME\tBRANCH\tPERSON\tWORDS-AR", &out);
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
