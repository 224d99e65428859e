/*
 * cmd_vault: vault status, slot, recover, rekey, verify, erase, and device lease: the centre's encrypted file as a whole.
 *
 * What both programs do alike is in proto/base/vaultcli. Whoever changes who can open the vault signs in and leaves an audit row; who
 * recovers has no passphrase to sign in after, and the row names the program.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/base/vaultcli.h"
#include "server/admin/device_lease.h"
#include "server/command/command.h"

#define PATH_BYTES (CONFIG_TEXT_BYTES + sizeof "/" CENTRE_FILE)

/* Which vault a command is about. ERR_NOT_FOUND with advice. */
static int vault_of(const struct command *x, const struct cli_args *a, struct config *config, char path[static PATH_BYTES],
	struct vaultcli *out)
{
	int err = command_config(a, config);

	if (!err)
		err = command_find(config->dir);
	if (!err)
		snprintf(path, PATH_BYTES, "%s/" CENTRE_FILE, config->dir);
	*out = (struct vaultcli){ .args = a, .env = x->env, .path = path, .check = account_check_passphrase };
	return err;
}

int command_vault_status(void *ctx, const struct cli_args *a)
{
	char path[PATH_BYTES];
	struct config config;
	struct vaultcli v;
	int err = vault_of(ctx, a, &config, path, &v);

	return err ? err : vaultcli_status(&v);
}

int command_vault_slot(void *ctx, const struct cli_args *a)
{
	const struct command *x = ctx;
	struct vaultcli v = { .args = a, .env = x->env, .check = account_check_passphrase };
	char subject[64];
	struct account who;
	struct centre *c;
	int err = command_enter(ctx, a, true, &c, &who);

	snprintf(subject, sizeof subject, "%.20s %.20s", a->operands[0], a->operands[1]);
	if (!err)
		err = command_audit(c, who.person_id, "vault-slot", subject);
	if (!err)
		err = vaultcli_slot(&v, c->vault, c->manifest.recovery_public);
	centre_close(c);
	return err;
}

static int recover(const struct command *x, const struct vaultcli *v, const char *dir, struct vault_key *k, const char *passphrase)
{
	struct vault_kdf kdf;
	struct centre *c;
	int err = vaultcli_kdf(v->args, v->env, &kdf);

	if (!err)
		err = vault_passphrase_change(k, passphrase, strlen(passphrase), &kdf);
	if (!err)
		err = centre_open(x->env, dir, passphrase, strlen(passphrase), &c);
	if (err)
		return err;
	err = command_audit(c, 0, "vault-recover", "");
	centre_close(c);
	return err;
}

int command_vault_recover(void *ctx, const struct cli_args *a)
{
	struct vault_key *k = NULL;
	char *passphrase = NULL;
	char path[PATH_BYTES];
	struct config config;
	struct vaultcli v;
	int err = vault_of(ctx, a, &config, path, &v);

	if (!err)
		err = vaultcli_unlock_recovery(&v, &k);
	if (!err)
		err = vaultcli_new_passphrase(&v, &passphrase);
	if (!err)
		err = recover(ctx, &v, config.dir, k, passphrase);
	vault_lock(k);
	file_secret_free(passphrase);
	if (!err)
		command_note("The centre has a new passphrase; the old one no longer opens it. Earlier backups still open with it.\n"
			     "للمركز عبارة مرور جديدة، والقديمة لم تعد تفتحه. النسخ الاحتياطية السابقة تُفتح بالقديمة.");
	return err;
}

/* The administrator signs in first; then the centre is closed, since nobody may have the vault open. */
static int rekey_signed(const struct command *x, const struct vaultcli *v, const char *dir, const char *passphrase)
{
	struct account who;
	struct centre *c;
	int err = centre_open(x->env, dir, passphrase, strlen(passphrase), &c);

	if (err)
		return err;
	err = command_sign_in(v->args, c, true, &who);
	if (!err)
		err = command_audit(c, who.person_id, "vault-rekey", "");
	centre_close(c);
	return err ? err : vaultcli_rekey(v, passphrase);
}

int command_vault_rekey(void *ctx, const struct cli_args *a)
{
	char *passphrase = NULL;
	char path[PATH_BYTES];
	struct config config;
	struct vaultcli v;
	int err = vault_of(ctx, a, &config, path, &v);

	if (!err && !cli_value(a, "as"))
		err = err_set(ERR_USAGE, "option --as is needed: the name of your account");
	if (!err)
		err = cli_secret(
			a, "passphrase-file", "passphrase-fd", "Passphrase of the centre / عبارة مرور المركز: ", NULL, &passphrase);
	if (!err)
		err = rekey_signed(ctx, &v, config.dir, passphrase);
	file_secret_free(passphrase);
	return err;
}

int command_vault_verify(void *ctx, const struct cli_args *a)
{
	char path[PATH_BYTES];
	struct config config;
	struct vaultcli v;
	struct centre *c = NULL;
	int err = vault_of(ctx, a, &config, path, &v);

	if (!err)
		err = command_open(ctx, a, &c);
	if (!err)
		err = vaultcli_verify(&v, c->vault);
	centre_close(c);
	return err;
}

int command_vault_erase(void *ctx, const struct cli_args *a)
{
	char path[PATH_BYTES];
	struct config config;
	struct account who;
	struct vaultcli v;
	struct centre *c = NULL;
	struct buf name;
	int err = vault_of(ctx, a, &config, path, &v);

	buf_init(&name, CENTRE_META_BYTES_MAX);
	if (!err)
		err = command_enter(ctx, a, true, &c, &who);
	if (!err)
		err = centre_meta_load(c, "name", &name);
	centre_close(c);
	if (!err) {
		command_note("Erasing destroys the centre: every case, conflict and receipt. Only a backup brings it back.\n"
			     "المحو يدمّر المركز: كل الحالات والتعارضات والإيصالات. ولا يعيدها إلا نسخة احتياطية.");
		err = vaultcli_confirm(buf_string(&name));
	}
	buf_fini(&name);
	if (!err)
		err = vault_erase(path);
	if (!err)
		command_note("The centre's store was erased. | مُحي مخزن المركز.");
	return err;
}

/* ---- device lease ---- */

static int make_code(
	struct centre *c, const struct account *who, int64_t device, uint32_t *epoch, char text[static VAULT_RECOVERY_TEXT_BYTES])
{
	int err = db_begin(c->db);

	if (!err)
		err = device_lease_code(c, device, epoch, who->person_id, text);
	if (!err)
		err = db_commit(c->db);
	if (err)
		db_rollback(c->db);
	return err;
}

int command_device_lease(void *ctx, const struct cli_args *a)
{
	char text[VAULT_RECOVERY_TEXT_BYTES] = "";
	struct account who;
	struct centre *c = NULL;
	int64_t number, chosen;
	uint32_t epoch = 0;
	int err = command_number(a, 0, "device", &number);

	if (!err)
		err = cli_integer(a, "epoch", 1, UINT32_MAX, 0, &chosen);
	if (!err)
		err = command_enter(ctx, a, true, &c, &who);
	if (!err) {
		epoch = (uint32_t)chosen;
		err = make_code(c, &who, number, &epoch, text);
	}
	centre_close(c);
	if (!err && (printf("%s\n", text) < 0 || fflush(stdout) != 0))
		err = err_set(ERR_IO, "standard output cannot be written");
	sodium_memzero(text, sizeof text);
	if (!err)
		command_note("This code opens the lease of device %lld in epoch %u, together with its passphrase. Be sure that the\n"
			     "device is with its person, then read the code out; send no mail.\n"
			     "هذا الرمز يعيد مهلة الجهاز %lld في الدورة %u مع عبارة مروره.\n"
			     "تأكد أن الجهاز عند صاحبه ثم أملِ الرمز، ولا ترسله بالبريد.",
			(long long)number, epoch, (long long)number, epoch);
	return err;
}
