/*
 * unlock: see unlock.h.
 */
#include "agent/command/unlock.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/text.h"
#include "proto/base/vaultcli.h"

const struct cli_option UNLOCK_INIT_OPTIONS[] = {
	VAULTCLI_KDF_OPTIONS,
	{ NULL, 0, NULL, NULL },
};

const struct cli_option UNLOCK_PASSPHRASE_OPTIONS[] = {
	VAULTCLI_NEW_PASSPHRASE_OPTIONS,
	VAULTCLI_KDF_OPTIONS,
	{ NULL, 0, NULL, NULL },
};

int unlock_path(const char *dir, char *path)
{
	int len = snprintf(path, PATH_MAX, "%s/" STORE_FILE, dir);

	if (len < 0 || len >= PATH_MAX)
		return err_set(ERR_USAGE, "the folder's name is longer than %d bytes", PATH_MAX);
	return 0;
}

int unlock_find(const char *dir)
{
	char path[PATH_MAX];
	int err;

	if (!*dir)
		return err_set(ERR_USAGE, "no folder for the store: HOME is not set; give --dir DIR");
	err = unlock_path(dir, path);
	if (!err && access(path, F_OK) != 0)
		return err_set(ERR_NOT_FOUND, "%s: no store there; run: mandoob-agent init", dir);
	return err;
}

void unlock_tell_lease(const char *dir, int err)
{
	char message[512];
	char path[PATH_MAX];
	struct vault_status v;

	snprintf(message, sizeof message, "%s", err_message());
	if ((err != ERR_STALE && err != ERR_AUTH) || unlock_path(dir, path) != 0 || vault_status(path, NULL, &v) != 0)
		v.lease.until_ms = 0;
	if (v.lease.until_ms && !v.lease.has_share)
		shell_note("The lease of this device has ended. Nothing was erased, and what was typed here is still sealed on it.\n"
			   "Ask the centre for this device's code of epoch %u, then run: mandoob-agent vault lease return\n"
			   "انتهت مهلة هذا الجهاز. لم يُمحَ شيء، وكل ما كُتب هنا ما زال مختومًا عليه.\n"
			   "اطلب من المركز رمز هذا الجهاز للدورة %u، ثم نفّذ: mandoob-agent vault lease return",
			v.lease.epoch, v.lease.epoch);
	else if (v.lease.until_ms && env_wall_ms(env_system()) < v.lease.latest_ms)
		shell_note("The clock of this device is wrong: it stands before a time that it has shown already. Nothing was erased,\n"
			   "and the lease goes on. Set date and time right and try again. Where that cannot be done, ask the centre\n"
			   "for this device's code of epoch %u, then run: mandoob-agent vault lease return\n"
			   "ساعة هذا الجهاز غير صحيحة: تشير إلى وقت أقدم مما أظهرته من قبل. لم يُمحَ شيء، والمهلة مستمرة.\n"
			   "اضبط التاريخ والوقت ثم أعد المحاولة. وإن تعذر ذلك فاطلب من المركز رمز هذا الجهاز للدورة %u، ثم نفّذ:\n"
			   "mandoob-agent vault lease return",
			v.lease.epoch, v.lease.epoch);
	if (err)
		(void)err_set(err, "%s", message);
}

int unlock_passphrase(const struct cli_args *args, char **out)
{
	return cli_secret(args, "passphrase-file", "passphrase-fd", "Passphrase / عبارة المرور: ", NULL, out);
}

static int too_short(void)
{
	return err_set(ERR_USAGE,
			"the new passphrase is too short: at least %d characters; four words that do not belong together are good and easy "
				  "to keep in mind", UNLOCK_CHARACTERS_MIN);
}

int unlock_check_new(const char *passphrase)
{
	size_t len = strlen(passphrase);
	uint32_t first = 0, cp;
	size_t at = 0, count = 0;
	bool is_one = true;
	int got;

	while ((got = text_next(passphrase, len, &at, &cp)) == 1) {
		if (count++ == 0)
			first = cp;
		is_one = is_one && cp == first;
	}
	if (got < 0)
		return err_set(ERR_USAGE, "the new passphrase is not text in UTF-8");
	if (count < UNLOCK_CHARACTERS_MIN)
		return too_short();
	if (is_one)
		return err_set(ERR_USAGE,
				"the new passphrase is one character again and again; four words that do not belong together are better");
	return 0;
}

/* The first one comes by the options that later name the one in use. */
static int first_passphrase(const struct cli_args *args, char **out)
{
	int err = cli_secret(args, "passphrase-file", "passphrase-fd", "New passphrase / عبارة المرور الجديدة: ",
			"The same again / أعدها: ", out);

	if (!err)
		err = unlock_check_new(*out);
	if (err) {
		file_secret_free(*out);
		*out = NULL;
	}
	return err;
}

int unlock_command_init(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct vault_kdf kdf;
	char *passphrase = NULL;
	int err;

	err = shell_init(sh, args);
	if (err)
		return err;
	err = unlock_find(sh->dir);
	if (err == 0)
		return err_set(ERR_USAGE, "%s: there is a store already, it is left alone", sh->dir);
	if (err != ERR_NOT_FOUND)
		return err;
	err = first_passphrase(args, &passphrase);
	if (!err)
		err = vaultcli_kdf(args, sh->env, &kdf);
	if (!err)
		err = store_create(sh->env, sh->dir, passphrase, strlen(passphrase), &kdf);
	file_secret_free(passphrase);
	if (!err)
		shell_note("An empty encrypted store was made. The passphrase cannot be recovered from it. Next: mandoob-agent enrol URL\n"
			   "أُنشئ مخزن مشفّر فارغ. لا يمكن استخراج عبارة المرور منه. الخطوة التالية: mandoob-agent enrol URL");
	return err;
}

int unlock_command_passphrase(void *ctx, const struct cli_args *args)
{
	struct shell *sh = ctx;
	struct store *s = NULL;
	struct vault_kdf kdf;
	char *passphrase = NULL;
	int err;

	err = shell_open(sh, args, &s);
	if (!err)
		err = vaultcli_new_passphrase(&(struct vaultcli){ .args = args, .check = unlock_check_new }, &passphrase);
	if (!err)
		err = vaultcli_kdf(args, sh->env, &kdf);
	if (!err)
		err = vault_passphrase_change(s->vault, passphrase, strlen(passphrase), &kdf);
	file_secret_free(passphrase);
	store_close(s);
	if (!err)
		shell_note("The passphrase was changed.\nتغيّرت عبارة المرور.");
	return err;
}
