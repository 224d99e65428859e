/*
 * cmd_account: account add, list, end, passphrase: for administrators.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "server/command/command.h"

static int parse_role(const struct cli_args *a, enum form_writer *out)
{
	const char *role = cli_value(a, "role");

	*out = FORM_BY_OFFICER;
	if (!role || strcmp(role, "officer") == 0)
		return 0;
	*out = FORM_BY_COMMITTEE;
	return strcmp(role, "committee") == 0 ? 0 : err_set(ERR_USAGE, "--role: officer or committee was expected");
}

/* One change of one account and its audit row, in one transaction. */
static int change(
	struct centre *c, int64_t by, const char *action, int64_t person_id, int (*make)(struct centre *, int64_t *, void *), void *arg)
{
	char subject[64];
	int err = db_begin(c->db);

	if (!err)
		err = make(c, &person_id, arg);
	snprintf(subject, sizeof subject, "person %" PRId64, person_id);
	if (!err)
		err = centre_audit(c, by, action, subject);
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err;
}

static int make_new(struct centre *c, int64_t *person_id, void *arg)
{
	return account_add(c, arg, person_id);
}

static int make_end(struct centre *c, int64_t *person_id, void *arg)
{
	(void)arg;
	return account_end(c, *person_id);
}

static int make_passphrase(struct centre *c, int64_t *person_id, void *arg)
{
	return account_set_passphrase(c, *person_id, arg);
}

static int ask_new(const struct cli_args *a, char **out)
{
	return cli_secret(a, "new-passphrase-file", "new-passphrase-fd",
		"New passphrase of the account / عبارة مرور جديدة للحساب: ", "The same again / أعدها: ", out);
}

int command_account_add(void *ctx, const struct cli_args *a)
{
	struct account_new n = { .name = a->operands[0], .is_admin = cli_flag(a, "admin") };
	struct account who;
	struct centre *c = NULL;
	char *passphrase = NULL;
	int err = parse_role(a, &n.role);

	if (!err)
		err = command_enter(ctx, a, true, &c, &who);
	if (!err)
		err = ask_new(a, &passphrase);
	n.passphrase = passphrase;
	if (!err)
		err = change(c, who.person_id, "account-add", 0, make_new, &n);
	file_secret_free(passphrase);
	centre_close(c);
	return err;
}

static int change_named(
	void *ctx, const struct cli_args *a, const char *action, bool needs_passphrase, int (*make)(struct centre *, int64_t *, void *))
{
	struct account who;
	struct account whose;
	struct centre *c;
	char *passphrase = NULL;
	int err = command_enter(ctx, a, true, &c, &who);

	if (!err)
		err = account_find(c, a->operands[0], &whose);
	if (!err && needs_passphrase)
		err = ask_new(a, &passphrase);
	if (!err)
		err = change(c, who.person_id, action, whose.person_id, make, passphrase);
	file_secret_free(passphrase);
	centre_close(c);
	return err;
}

int command_account_end(void *ctx, const struct cli_args *a)
{
	return change_named(ctx, a, "account-end", false, make_end);
}

int command_account_passphrase(void *ctx, const struct cli_args *a)
{
	return change_named(ctx, a, "account-passphrase", true, make_passphrase);
}

static void print_account_json(const struct account *p, struct json_writer *j)
{
	char time[COMMAND_TIME_BYTES];

	json_write_object(j, NULL);
	json_write_integer(j, "person", p->person_id);
	json_write_text(j, "name", p->name);
	json_write_text(j, "role", form_writer_name(p->role));
	json_write_bool(j, "admin", p->is_admin);
	json_write_bool(j, "signs_in", p->can_sign_in);
	json_write_integer(j, "branch", p->branch_id);
	json_write_text(j, "made", command_time_utc(p->made_ms, time));
	json_write_text(j, "ended", command_time_utc(p->ended_ms, time));
	json_write_end(j);
}

static void print_account(const struct account *p, struct buf *out)
{
	char time[COMMAND_TIME_BYTES];

	buf_printf(out, "%" PRId64 "\t%s\t%s\t%s\t", p->person_id, form_writer_name(p->role), p->is_admin ? "yes" : "-",
		command_time(p->ended_ms, time));
	command_cell(out, p->name);
	buf_text(out, "\n");
}

static int list_accounts(struct centre *c, const struct cli_args *a, struct buf *out)
{
	struct account *list;
	struct command_list l;
	size_t count;
	int err = account_list(c, &list, &count);

	if (err)
		return err;
	command_list_begin(&l, a, "accounts", "PERSON\tROLE\tADMIN\tENDED\tNAME", out);
	for (size_t i = 0; i < count; i++) {
		if (l.json)
			print_account_json(&list[i], &l.j);
		else
			print_account(&list[i], out);
	}
	command_list_end(&l);
	free(list);
	return 0;
}

int command_account_list(void *ctx, const struct cli_args *a)
{
	return command_show(ctx, a, true, list_accounts);
}
