/*
 * vault_command: see vault_command.h.
 */
#include "agent/command/vault_command.h"

#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "agent/command/enrol.h"
#include "agent/command/stick.h"
#include "agent/command/unlock.h"
#include "agent/guard.h"
#include "agent/outbox.h"
#include "proto/base/file.h"
#include "proto/base/vaultcli.h"

#define DAY_MS INT64_C(86400000)
#define EMPTY_PHRASE "erase this empty store"
#define LOCKED_PHRASE "lose what nobody has seen"

#define OPTIONS_END                                                                                                                        \
	{                                                                                                                                  \
		NULL, 0, NULL, NULL                                                                                                        \
	}

const struct cli_option VAULT_COMMAND_STATUS_OPTIONS[] = {
	VAULTCLI_UNLOCK_OPTION,
	{ "json", 'j', NULL, "print one JSON object" },
	OPTIONS_END,
};
const struct cli_option VAULT_COMMAND_SLOT_OPTIONS[] = { VAULTCLI_NEW_PASSPHRASE_OPTIONS, VAULTCLI_KDF_OPTIONS, OPTIONS_END };
const struct cli_option VAULT_COMMAND_RECOVER_OPTIONS[] = {
	VAULTCLI_RECOVERY_OPTIONS,
	VAULTCLI_NEW_PASSPHRASE_OPTIONS,
	VAULTCLI_KDF_OPTIONS,
	OPTIONS_END,
};
const struct cli_option VAULT_COMMAND_REKEY_OPTIONS[] = { VAULTCLI_NEW_PASSPHRASE_OPTIONS, VAULTCLI_KDF_OPTIONS, OPTIONS_END };
const struct cli_option VAULT_COMMAND_VERIFY_OPTIONS[] = {
	VAULTCLI_ORG_PROOF_OPTION,
	{ "json", 'j', NULL, "print one JSON object" },
	OPTIONS_END,
};
const struct cli_option VAULT_COMMAND_LEASE_OPTIONS[] = {
	{ "code-file", 0, "FILE", "the centre's code is the first line of FILE; default: asked at the terminal" },
	{ "code-fd", 0, "N", "the centre's code is the first line of descriptor N" },
	OPTIONS_END,
};
const struct cli_option VAULT_COMMAND_ERASE_OPTIONS[] = {
	{ "export", 0, "FILE", "put what has no receipt into FILE on a stick first, and check that all of it is there" },
	{ "yes", 'y', NULL, "ask nothing; only where nothing would be lost" },
	{ "locked", 0, NULL, "the passphrase is lost too: erase without looking what would be lost, after a phrase was typed" },
	OPTIONS_END,
};

/* Which vault a command is about; `path` has PATH_MAX bytes. ERR_NOT_FOUND with advice. */
static int vault_of(struct shell *sh, const struct cli_args *args, char *path, struct vaultcli *out)
{
	int err = shell_init(sh, args);

	if (!err)
		err = unlock_find(sh->dir);
	if (!err)
		err = unlock_path(sh->dir, path);
	*out = (struct vaultcli){ .args = args, .env = sh->env, .path = path, .check = unlock_check_new };
	return err;
}

int vault_command_status(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	char path[PATH_MAX];
	struct vaultcli v;
	int err = vault_of(sh, args, path, &v);

	if (err)
		return err;
	err = vaultcli_status(&v);
	unlock_tell_lease(sh->dir, err);
	return err;
}

/* ---- slots ---- */

static int slot_opened(const struct vaultcli *v, struct store *s)
{
	struct manifest m;
	int err;

	if (!s->is_enrolled)
		return vaultcli_slot(v, s->vault, NULL);
	err = store_manifest(s, &m);
	if (err)
		return err;
	err = vaultcli_slot(v, s->vault, m.recovery_public);
	manifest_fini(&m);
	return err;
}

int vault_command_slot(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct vaultcli v;
	struct store *s;
	int err = shell_open(sh, args, &s);

	if (err)
		return err;
	v = (struct vaultcli){ .args = args, .env = sh->env, .check = unlock_check_new };
	err = slot_opened(&v, s);
	store_close(s);
	return err;
}

/* ---- recover ---- */

/*
 * Who opens without the passphrase may give a new one. When the lease has ended, also by the clock alone, or the clock does not fit it, it
 * begins anew, since the key from paper and the organisation's stand above it, and a passphrase that does not open would be of no use.
 */
static int recover_opened(const struct vaultcli *v, struct store *s, const char *passphrase)
{
	struct vault_kdf kdf;
	int err = vault_lease_check(s->vault, env_wall_ms(s->env));

	if (err == ERR_STALE)
		err = guard_lease_renew(s);
	if (!err)
		err = vaultcli_kdf(v->args, v->env, &kdf);
	if (!err)
		err = vault_passphrase_change(s->vault, passphrase, strlen(passphrase), &kdf);
	return err;
}

int vault_command_recover(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct vault_key *k = NULL;
	struct store *s = NULL;
	char *passphrase = NULL;
	char path[PATH_MAX];
	struct vaultcli v;
	int err = vault_of(sh, args, path, &v);

	if (!err)
		err = vaultcli_unlock_recovery(&v, &k);
	if (!err)
		err = vaultcli_new_passphrase(&v, &passphrase);
	if (err)
		vault_lock(k);
	else
		err = store_open_take(sh->env, sh->dir, k, &s);
	if (!err)
		err = recover_opened(&v, s, passphrase);
	file_secret_free(passphrase);
	store_close(s);
	if (!err)
		shell_note("The store has a new passphrase; the old one no longer opens it. Everything in it is as it was.\n"
			   "للمخزن عبارة مرور جديدة، والقديمة لم تعد تفتحه. وكل ما فيه كما كان.");
	return err;
}

/* ---- rekey, verify ---- */

/* Opened once as always, so that a lease that has ended is seen; then closed, since nobody may have it open. */
int vault_command_rekey(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct store *s = NULL;
	char *passphrase = NULL;
	char path[PATH_MAX];
	struct vaultcli v;
	int err = vault_of(sh, args, path, &v);

	if (!err)
		err = unlock_passphrase(args, &passphrase);
	if (!err) {
		err = store_open(sh->env, sh->dir, passphrase, strlen(passphrase), &s);
		unlock_tell_lease(sh->dir, err);
	}
	store_close(s);
	if (!err)
		err = vaultcli_rekey(&v, passphrase);
	file_secret_free(passphrase);
	return err;
}

int vault_command_verify(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	char path[PATH_MAX];
	struct vaultcli v;
	struct store *s;
	int err = shell_open(sh, args, &s);

	if (err)
		return err;
	v = (struct vaultcli){ .args = args, .env = sh->env, .path = path, .check = unlock_check_new };
	err = unlock_path(sh->dir, path);
	if (!err)
		err = vaultcli_verify(&v, s->vault);
	store_close(s);
	return err;
}

/* ---- lease ---- */

static int ask_code(const struct cli_args *args, uint8_t share[static VAULT_SHARE_BYTES])
{
	uint8_t code[LEASE_CODE_BYTES];
	char *typed = NULL;
	int err = cli_secret(args, "code-file", "code-fd", "The centre's code / رمز المركز: ", NULL, &typed);

	if (!err)
		err = lease_code_parse(typed, code);
	if (!err)
		lease_share(code, share);
	sodium_memzero(code, sizeof code);
	file_secret_free(typed);
	return err;
}

/* Only the passphrase shows whether it was the right code: both are needed to open. */
static int prove_return(struct shell *sh)
{
	struct store *s = NULL;
	char *passphrase = NULL;
	int err = unlock_passphrase(sh->args, &passphrase);

	if (!err)
		err = store_open(sh->env, sh->dir, passphrase, strlen(passphrase), &s);
	file_secret_free(passphrase);
	store_close(s);
	if (err == ERR_AUTH)
		err = err_set(ERR_AUTH, "the passphrase is wrong, or this is the code of another device or epoch; enter both again");
	return err;
}

static int lease_return(struct shell *sh, const struct vaultcli *v)
{
	uint8_t share[VAULT_SHARE_BYTES];
	int64_t now = env_wall_ms(sh->env);
	struct vault_status status;
	int err = vault_status(v->path, NULL, &status);

	if (!err && (!status.lease.until_ms))
		err = err_set(ERR_USAGE, "this device has no lease");
	if (!err)
		err = ask_code(sh->args, share);
	if (!err)
		err = vault_lease_return(v->path, share, now, now + VAULT_COMMAND_RETURN_DAYS * DAY_MS);
	sodium_memzero(share, sizeof share);
	return err ? err : prove_return(sh);
}

int vault_command_lease(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	char path[PATH_MAX];
	struct vaultcli v;
	int err = vault_of(sh, args, path, &v);

	if (!err && strcmp(args->operands[0], "return") != 0)
		err = err_set(ERR_USAGE, "expected: vault lease return");
	if (!err)
		err = lease_return(sh, &v);
	if (!err)
		shell_note("The store opens again. Sync within %d days, or the lease ends again.\n"
			   "المخزن يُفتح من جديد. زامن خلال %d أيام وإلا انتهت المهلة مرة أخرى.",
			VAULT_COMMAND_RETURN_DAYS, VAULT_COMMAND_RETURN_DAYS);
	return err;
}

/* ---- erase ---- */

/*
 * How many changes nobody else has for certain: without a receipt, or with one of a centre that was put back since and asks for them again;
 * and not exported by this command.
 */
static int count_unsafe(struct store *s, const char *stick, uint64_t *out)
{
	struct outbox_counts n;
	bool is_held = false;
	size_t request_bytes;
	int err = outbox_count(s, &n);

	*out = n.groups - n.confirmed + n.asked_again;
	if (err || *out == 0 || !stick)
		return err;
	err = stick_export(s, stick, &request_bytes);
	if (!err)
		err = stick_holds_all(s, stick, &is_held);
	if (!err && !is_held)
		err = err_set(ERR_LIMIT, "%s does not hold everything that waits: sync, or export and import, then try again;"
			      " nothing was erased",
			      stick);
	if (!err)
		*out = 0;
	return err;
}

static int phrase_of(const struct store *s, char out[static ENROL_WORDS_BYTES])
{
	char arabic[ENROL_WORDS_BYTES];

	if (s->is_enrolled)
		return enrol_words(s, out, arabic);
	memcpy(out, EMPTY_PHRASE, sizeof EMPTY_PHRASE);
	return 0;
}

/* Another program may have taken answers while the person was asked: what was said of the store is not true any more then. */
static int check_same(struct store *s, uint64_t groups)
{
	struct outbox_counts n;
	int err = outbox_count(s, &n);

	if (!err && n.groups > groups)
		err = err_set(ERR_BUSY, "another program put changes into this store meanwhile; nothing was erased");
	return err;
}

/* 0 when the person wants it and may have it. */
static int erase_allowed(struct shell *sh, struct store *s)
{
	const char *stick = cli_value(sh->args, "export");
	char phrase[ENROL_WORDS_BYTES];
	struct outbox_counts before;
	uint64_t unsafe;
	int err = outbox_count(s, &before);

	if (!err)
		err = count_unsafe(s, stick, &unsafe);
	if (!err && unsafe == 0 && cli_flag(sh->args, "yes"))
		return check_same(s, before.groups);
	if (!err)
		err = phrase_of(s, phrase);
	if (err)
		return err;
	if (unsafe)
		shell_note("%" PRIu64 " changes on this device have no receipt of the centre. Erasing LOSES them for ever. Sync first, or\n"
			   "give --export FILE to put them on a stick.\n"
			   "على هذا الجهاز %" PRIu64 " تغييرًا بلا إيصال من المركز، ومحو المخزن يضيعها إلى الأبد. زامن أولاً، أو استعمل\n"
			   "--export FILE لوضعها على ذاكرة USB.",
			unsafe, unsafe);
	err = vaultcli_confirm(phrase);
	if (err == ERR_USAGE && unsafe)
		err = err_set(ERR_USAGE, "not erased: %" PRIu64 " changes have no receipt, and the device's phrase was not typed", unsafe);
	return err ? err : check_same(s, before.groups);
}

/* Nothing can be looked at: whatever was never received is lost. */
static int erase_locked_allowed(struct shell *sh)
{
	if (cli_flag(sh->args, "yes") || cli_flag(sh->args, "export"))
		return err_set(ERR_USAGE, "--locked goes with neither --yes nor --export");
	shell_note("What is in this store cannot be looked at. Whatever the centre has not received is LOST for ever.\n"
		   "لا يمكن النظر فيما في هذا المخزن، وكل ما لم يستلمه المركز يضيع إلى الأبد.");
	return vaultcli_confirm(LOCKED_PHRASE);
}

int vault_command_erase(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct store *s = NULL;
	char path[PATH_MAX];
	struct vaultcli v;
	int err;

	if (cli_flag(args, "locked")) {
		err = vault_of(sh, args, path, &v);
		if (!err)
			err = erase_locked_allowed(sh);
	} else {
		err = shell_open(sh, args, &s);
		if (!err)
			err = unlock_path(sh->dir, path);
		if (!err)
			err = erase_allowed(sh, s);
		store_close(s);
	}
	if (!err)
		err = vault_erase(path);
	if (!err)
		shell_note("The store was erased; no passphrase and no key opens what the disk may still hold. Cards and SSDs keep old\n"
			   "blocks for a while: those stay sealed under the passphrase.\n"
			   "مُحي المخزن، ولا تفتح ما قد يبقى على القرص عبارة مرور ولا مفتاح. \n"
			   "\n"
			   "قد تحتفظ البطاقات بأجزاء قديمة مدةً، وهي مختومة بعبارة المرور.");
	return err;
}
