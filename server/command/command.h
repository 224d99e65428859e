/*
 * command: what the commands of mandoob-server share: the folder, opening the store, signing in, output; and the commands themselves,
 * one file per noun. Each takes its options, calls one function of the station it is about, and prints.
 *
 * Everything needs the vault's passphrase but `manifest sign`, which runs where the root key is, without a store. What shows or
 * changes cases, people and keys needs a person too (--as), so that it is attributable; the audit row is written by the command.
 */
#ifndef SERVER_COMMAND_COMMAND_H
#define SERVER_COMMAND_COMMAND_H

#include "proto/base/cli.h"
#include "proto/base/json.h"
#include "server/admin/account.h"
#include "server/centre.h"
#include "server/config.h"

#define COMMAND_OUTPUT_BYTES_MAX (256 * 1024 * 1024)
#define COMMAND_TIME_BYTES 32

/* Groups of options that commands share: bits of struct cli_command.groups. */
enum command_group {
	COMMAND_PLACE = 1, /* --dir --config */
	COMMAND_VAULT = 2, /* --passphrase-file --passphrase-fd */
	COMMAND_STAFF = 4, /* --as --as-passphrase-file --as-passphrase-fd */
	COMMAND_JSON = 8,  /* --json */
};
#define COMMAND_OPENS (COMMAND_PLACE | COMMAND_VAULT)
#define COMMAND_SIGNS (COMMAND_PLACE | COMMAND_VAULT | COMMAND_STAFF)

struct command {
	const struct env *env; /* borrowed */
};

/* The configuration that --config names, with --dir over it; its log level is in force from now on. */
int command_config(const struct cli_args *a, struct config *out) MUST_CHECK;

/* ERR_NOT_FOUND with advice when folder `dir` holds no centre's store. */
int command_find(const char *dir) MUST_CHECK;

/*
 * Open the centre of this command, and once a day look whether the organisation could open it too: a loud warning when not. ERR_NOT_FOUND
 * with advice. Close with centre_close().
 */
int command_open(const struct command *x, const struct cli_args *a, struct centre **out) MUST_CHECK;

/* Who is named by --as, with the passphrase checked. ERR_USAGE without --as, ERR_AUTH; `needs_admin`: ERR_AUTH for others. */
int command_sign_in(const struct cli_args *a, struct centre *c, bool needs_admin, struct account *out) MUST_CHECK;

/* Both. On failure *out is NULL. */
int command_enter(const struct command *x, const struct cli_args *a, bool needs_admin, struct centre **out, struct account *who) MUST_CHECK;

/* One audit row in a transaction of its own: for commands that only read. */
int command_audit(struct centre *c, int64_t person_id, const char *action, const char *subject) MUST_CHECK;

/* The value of operand `i` as the number of a device, a conflict, ... */
int command_number(const struct cli_args *a, size_t i, const char *what, int64_t *out) MUST_CHECK;

/*
 * A moment as people here read it, "2026-11-22 11:00" in Asia/Riyadh, "-" for 0; and as --json has it, "2026-11-22T08:00:00Z", NULL
 * for 0.
 */
const char *command_time(int64_t ms, char out[static COMMAND_TIME_BYTES]);
const char *command_time_utc(int64_t ms, char out[static COMMAND_TIME_BYTES]);

/* Begin an output buffer. `command_end` writes it to stdout unless `err` is set, frees it and returns the first error. */
void command_begin(struct buf *out);
int command_end(struct buf *out, int err) MUST_CHECK;

/*
 * Sign in (command_enter()), let `show` write, and print what it wrote; nothing is printed when it fails.
 */
typedef int command_shower(struct centre *c, const struct cli_args *a, struct buf *out);
int command_show(const struct command *x, const struct cli_args *a, bool needs_admin, command_shower *show) MUST_CHECK;

/*
 * Read the file that is operand 0, of at most `bytes_max` bytes, sign in as an administrator, and let `change` put the bytes into the
 * store in the name of `person_id`, in one transaction that this function begins and ends.
 */
typedef int command_changer(struct centre *c, const struct buf *bytes, int64_t person_id);
int command_install(const struct command *x, const struct cli_args *a, size_t bytes_max, command_changer *change) MUST_CHECK;

/*
 * A list on its way out: with --json one object with one array, else a line of column heads and one line an item. Between begin and end
 * the caller writes an object to `j` or a line to `out` for each item.
 */
struct command_list {
	bool json;
	struct json_writer j;
	struct buf *out; /* borrowed */
};

/* `name` is the array's, `columns` are divided by tabs and end without a line break. */
void command_list_begin(struct command_list *l, const struct cli_args *a, const char *name, const char *columns, struct buf *out);
void command_list_end(struct command_list *l);

/* Append text on one line: tabs and line breaks become spaces, so that columns stay columns. */
void command_cell(struct buf *out, const char *text);

/* A line on standard error for the person at the terminal. */
void command_note(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* ---- The commands ---- */

int command_init(void *ctx, const struct cli_args *a);
int command_serve(void *ctx, const struct cli_args *a);
int command_status(void *ctx, const struct cli_args *a);
int command_check(void *ctx, const struct cli_args *a);
int command_backup(void *ctx, const struct cli_args *a);
int command_restore(void *ctx, const struct cli_args *a);
int command_passphrase(void *ctx, const struct cli_args *a);
int command_audit_list(void *ctx, const struct cli_args *a);
int command_account_add(void *ctx, const struct cli_args *a);
int command_account_list(void *ctx, const struct cli_args *a);
int command_account_end(void *ctx, const struct cli_args *a);
int command_account_passphrase(void *ctx, const struct cli_args *a);
int command_enrol_code(void *ctx, const struct cli_args *a);
int command_device_list(void *ctx, const struct cli_args *a);
int command_device_show(void *ctx, const struct cli_args *a);
int command_device_revoke(void *ctx, const struct cli_args *a);
int command_device_history(void *ctx, const struct cli_args *a);
int command_device_restored(void *ctx, const struct cli_args *a);
int command_policy_lease_days(void *ctx, const struct cli_args *a);
int command_device_lease(void *ctx, const struct cli_args *a);
int command_vault_status(void *ctx, const struct cli_args *a);
int command_vault_slot(void *ctx, const struct cli_args *a);
int command_vault_recover(void *ctx, const struct cli_args *a);
int command_vault_rekey(void *ctx, const struct cli_args *a);
int command_vault_verify(void *ctx, const struct cli_args *a);
int command_vault_erase(void *ctx, const struct cli_args *a);
int command_manifest_show(void *ctx, const struct cli_args *a);
int command_manifest_prepare(void *ctx, const struct cli_args *a);
int command_manifest_sign(void *ctx, const struct cli_args *a);
int command_manifest_install(void *ctx, const struct cli_args *a);
int command_form_list(void *ctx, const struct cli_args *a);
int command_form_show(void *ctx, const struct cli_args *a);
int command_form_check(void *ctx, const struct cli_args *a);
int command_form_publish(void *ctx, const struct cli_args *a);
int command_form_diff(void *ctx, const struct cli_args *a);
int command_form_preview(void *ctx, const struct cli_args *a);
int command_form_paper(void *ctx, const struct cli_args *a);
int command_form_export(void *ctx, const struct cli_args *a);
int command_list_list(void *ctx, const struct cli_args *a);
int command_list_show(void *ctx, const struct cli_args *a);
int command_list_search(void *ctx, const struct cli_args *a);
int command_list_publish(void *ctx, const struct cli_args *a);
int command_dictionary_list(void *ctx, const struct cli_args *a);
int command_dictionary_install(void *ctx, const struct cli_args *a);
int command_case_list(void *ctx, const struct cli_args *a);
int command_case_show(void *ctx, const struct cli_args *a);
int command_case_print(void *ctx, const struct cli_args *a);
int command_case_history(void *ctx, const struct cli_args *a);
int command_conflict_list(void *ctx, const struct cli_args *a);
int command_conflict_show(void *ctx, const struct cli_args *a);
int command_conflict_resolve(void *ctx, const struct cli_args *a);
int command_import(void *ctx, const struct cli_args *a);
int command_export(void *ctx, const struct cli_args *a);

#endif
