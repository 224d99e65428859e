/*
 * cmd_backup: check, backup, restore: whether the store is whole, and that it can come back.
 */
#include <inttypes.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/base/vaultcli.h"
#include "server/admin/backup.h"
#include "server/admin/verify.h"
#include "server/command/command.h"

static void print_check_json(const struct verify_report *r, struct buf *out)
{
	struct json_writer j;

	json_write_init(&j, out);
	json_write_object(&j, NULL);
	json_write_bool(&j, "clean", r->findings == 0);
	json_write_unsigned(&j, "findings", r->findings);
	json_write_unsigned(&j, "pages", r->pages);
	json_write_text(&j, "freshness", vaultcli_freshness_name(r->vault.freshness));
	json_write_unsigned(&j, "cases", r->cases);
	json_write_unsigned(&j, "registers", r->registers);
	json_write_unsigned(&j, "groups", r->groups);
	json_write_unsigned(&j, "edits", r->edits);
	json_write_unsigned(&j, "conflicts", r->conflicts);
	json_write_unsigned(&j, "receipts", r->receipts);
	json_write_unsigned(&j, "sites", r->sites);
	json_write_end(&j);
	buf_text(out, "\n");
}

static void print_check(struct verify_report *r, struct buf *out)
{
	buf_printf(out, "pages\t%" PRIu64 "\ncases\t%" PRIu64 "\nregisters\t%" PRIu64 "\ngroups\t%" PRIu64 "\nedits\t%" PRIu64 "\n",
		r->pages, r->cases, r->registers, r->groups, r->edits);
	buf_printf(out, "conflicts\t%" PRIu64 "\nreceipts\t%" PRIu64 "\nsites\t%" PRIu64 "\n", r->conflicts, r->receipts, r->sites);
	buf_printf(out, "freshness\t%s | %s\n", vaultcli_freshness(&r->vault), vaultcli_freshness_arabic(&r->vault));
	buf_text(out, buf_string(&r->text));
	if (r->findings)
		buf_printf(out, "findings\t%" PRIu64 "\n", r->findings);
	else
		buf_text(out, "clean\n");
}

int command_check(void *ctx, const struct cli_args *a)
{
	struct verify_report r = { 0 };
	struct centre *c;
	struct buf out;
	int err = command_open(ctx, a, &c);
	int printed;

	command_begin(&out);
	if (!err)
		err = verify_store(c, &r);
	if (!err && cli_flag(a, "json"))
		print_check_json(&r, &out);
	else if (!err)
		print_check(&r, &out);
	centre_close(c);
	printed = command_end(&out, err);
	if (!err && r.findings)
		err = err_set(ERR_CORRUPT, "the store has %" PRIu64 " findings; nothing was changed", r.findings);
	verify_report_fini(&r);
	return err ? err : printed;
}

int command_backup(void *ctx, const struct cli_args *a)
{
	struct backup_report r;
	struct centre *c;
	struct buf out;
	int err = command_open(ctx, a, &c);

	command_begin(&out);
	if (!err)
		err = backup_write(c, a->operands[0], 0, &r);
	if (!err)
		buf_printf(&out, "file\t%s\nbytes\t%" PRIu64 "\nsequence\t%" PRIu64 "\nsites\t%" PRIu64 "\n", a->operands[0], r.bytes,
			r.sequence, r.sites);
	centre_close(c);
	if (!err)
		command_note(
			"The copy is checked, and devices may now forget what it covers: keep it on another machine than the centre's.\n"
			"فُحصت النسخة، وقد تنسى الأجهزة ما تغطيه: احفظها على جهاز غير جهاز المركز.");
	return command_end(&out, err);
}

int command_restore(void *ctx, const struct cli_args *a)
{
	const struct command *x = ctx;
	struct backup_restored r = { 0 };
	struct config config;
	char *passphrase = NULL;
	struct buf out;
	int err;

	command_begin(&out);
	if (!cli_value(a, "dir"))
		return err_set(ERR_USAGE, "option --dir is needed: the folder in which the centre is to be restored");
	err = command_config(a, &config);
	if (!err)
		err = cli_secret(
			a, "passphrase-file", "passphrase-fd", "Passphrase of the centre / عبارة مرور المركز: ", NULL, &passphrase);
	if (!err)
		err = backup_restore(x->env, a->operands[0], config.dir, passphrase, strlen(passphrase), &r);
	file_secret_free(passphrase);
	if (r.check.findings)
		command_note("%s", buf_string(&r.check.text));
	if (!err) {
		print_check(&r.check, &out);
		buf_printf(&out, "generation\t%" PRIu64 "\nlast sequence of the backup\t%" PRIu64 "\nstore\t%s/" CENTRE_FILE "\n",
			r.generation, r.last, config.dir);
	}
	verify_report_fini(&r.check);
	return command_end(&out, err);
}
