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

#define KDF_TARGET_MS 1000
#define MIB_SHIFT 20

const struct cli_option UNLOCK_INIT_OPTIONS[] = {
	{ "kdf-mem", 0, "MIB", "memory of the passphrase check, 64 to 512; default: measured for about a second" },
	{ "kdf-passes", 0, "N", "passes over it, 3 to 16" },
	{ NULL, 0, NULL, NULL },
};

const struct cli_option UNLOCK_PASSPHRASE_OPTIONS[] = {
	{ "new-passphrase-file", 0, "FILE", "the new passphrase is the first line of FILE; default: asked twice at the terminal" },
	{ "new-passphrase-fd", 0, "N", "the new passphrase is the first line of descriptor N" },
	{ "kdf-mem", 0, "MIB", "memory of the passphrase check, 64 to 512; default: measured for about a second" },
	{ "kdf-passes", 0, "N", "passes over it, 3 to 16" },
	{ NULL, 0, NULL, NULL },
};

int unlock_find(const char *dir)
{
	char path[PATH_MAX];
	int len;

	if (!*dir)
		return err_set(ERR_USAGE, "no folder for the store: HOME is not set; give --dir DIR");
	len = snprintf(path, sizeof path, "%s/" STORE_FILE, dir);
	if (len < 0 || (size_t)len >= sizeof path)
		return err_set(ERR_USAGE, "the folder's name is longer than %d bytes", PATH_MAX);
	if (access(path, F_OK) != 0)
		return err_set(ERR_NOT_FOUND, "%s: no store there; run: mandoob-agent init", dir);
	return 0;
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

/* A new passphrase, asked twice when it is asked at the terminal. */
static int new_passphrase(const struct cli_args *args, const char *file, const char *fd, char **out)
{
	int err = cli_secret(args, file, fd, "New passphrase / عبارة المرور الجديدة: ", "The same again / أعدها: ", out);

	if (!err)
		err = unlock_check_new(*out);
	if (err) {
		file_secret_free(*out);
		*out = NULL;
	}
	return err;
}

static int kdf_of(struct shell *sh, struct vault_kdf *out)
{
	int64_t mib, passes;
	int err;

	vault_kdf_default(out);
	if (!cli_flag(sh->args, "kdf-mem") && !cli_flag(sh->args, "kdf-passes"))
		return vault_kdf_calibrate(sh->env, KDF_TARGET_MS, out);
	err = cli_integer(sh->args, "kdf-mem", (int64_t)(VAULT_KDF_MEM_BYTES_MIN >> MIB_SHIFT),
			(int64_t)(VAULT_KDF_MEM_BYTES_MAX >> MIB_SHIFT),
			  (int64_t)(out->mem_bytes >> MIB_SHIFT), &mib);
	if (!err)
		err = cli_integer(sh->args, "kdf-passes", VAULT_KDF_PASSES_MIN, VAULT_KDF_PASSES_MAX, (int64_t)out->passes, &passes);
	if (err)
		return err;
	out->mem_bytes = (uint64_t)mib << MIB_SHIFT;
	out->passes = (uint32_t)passes;
	return 0;
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
	err = new_passphrase(args, "passphrase-file", "passphrase-fd", &passphrase);
	if (!err)
		err = kdf_of(sh, &kdf);
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
		err = new_passphrase(args, "new-passphrase-file", "new-passphrase-fd", &passphrase);
	if (!err)
		err = kdf_of(sh, &kdf);
	if (!err)
		err = vault_passphrase_change(s->vault, passphrase, strlen(passphrase), &kdf);
	file_secret_free(passphrase);
	store_close(s);
	if (!err)
		shell_note("The passphrase was changed.\nتغيّرت عبارة المرور.");
	return err;
}
