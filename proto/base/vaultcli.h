/*
 * vaultcli: what the `vault` commands of both programs have in common: how a vault is opened by what a person holds, what is done to
 * it, and in which words it is told.
 *
 * The functions take their options from the command line; a command that calls one lists the options that the macros below give. Secrets
 * come from a file, a descriptor or a prompt and never stand in arguments. A recovery key's text goes to standard output once and is
 * kept nowhere. Results go to standard output, advice in both languages to standard error.
 */
#ifndef PROTO_BASE_VAULTCLI_H
#define PROTO_BASE_VAULTCLI_H

#include "proto/base/cli.h"
#include "proto/base/env.h"
#include "proto/base/vault/vault.h"

#define VAULTCLI_OUTPUT_BYTES_MAX (256 * 1024)

#define VAULTCLI_NEW_PASSPHRASE_OPTIONS                                                                                                    \
	{ "new-passphrase-file", 0, "FILE", "the new passphrase is the first line of FILE; default: asked twice at the terminal" },        \
	{                                                                                                                                  \
		"new-passphrase-fd", 0, "N", "the new passphrase is the first line of descriptor N"                                        \
	}
#define VAULTCLI_KDF_OPTIONS                                                                                                               \
	{ "kdf-mem", 0, "MIB", "memory of the passphrase check, 64 to 512; default: measured for about a second" },                        \
	{                                                                                                                                  \
		"kdf-passes", 0, "N", "passes over it, 3 to 16"                                                                            \
	}
#define VAULTCLI_RECOVERY_OPTIONS                                                                                                          \
	{ "recovery-file", 0, "FILE", "the recovery key from paper is the first line of FILE; default: asked at the terminal" },           \
	{ "recovery-fd", 0, "N", "the recovery key from paper is the first line of descriptor N" },                                        \
	{                                                                                                                                  \
		"org-key", 0, "FILE", "open with the organisation's recovery key file instead"                                             \
	}
#define VAULTCLI_UNLOCK_OPTION                                                                                                             \
	{                                                                                                                                  \
		"unlock", 'u', NULL, "ask for the passphrase, and tell what is proved instead of what the file claims"                     \
	}
#define VAULTCLI_ORG_PROOF_OPTION                                                                                                          \
	{                                                                                                                                  \
		"org-key", 0, "FILE", "prove too that the organisation's recovery key in FILE opens this vault"                            \
	}

/* One call of such a command. Everything is borrowed. */
struct vaultcli {
	const struct cli_args *args;
	const struct env *env;
	const char *path;                     /* of the vault */
	int (*check)(const char *passphrase); /* 0 when it may be a new one, ERR_USAGE with advice */
};

/* A new passphrase by --new-passphrase-file or -fd, or asked twice at the terminal; checked. Free with file_secret_free(). */
int vaultcli_new_passphrase(const struct vaultcli *v, char **out) MUST_CHECK;

/* Argon2id's parameters by --kdf-mem and --kdf-passes; measured here when neither was given. ERR_USAGE, ERR_NOMEM. */
int vaultcli_kdf(const struct cli_args *args, const struct env *env, struct vault_kdf *out) MUST_CHECK;

/*
 * Tell what the vault's prefix says. With --unlock, --passphrase-file or --passphrase-fd it is opened and what is told is proved; else it
 * is what the file claims, and that is said. --json. Errors as vault_status() and vault_unlock().
 */
int vaultcli_status(const struct vaultcli *v) MUST_CHECK;

/* Append a warning in both languages for each place where the system may write memory to a disk in clear; nothing when there is none. */
void vaultcli_memory(struct buf *out);

/*
 * `add KIND` or `remove N`, as operands 0 and 1 say. `org_public`: the organisation's key that belongs here, whose slot stays; NULL: none
 * is known. ERR_USAGE, ERR_LIMIT, ERR_NOT_FOUND.
 */
int vaultcli_slot(const struct vaultcli *v, struct vault_key *k, const uint8_t *org_public) MUST_CHECK;

/*
 * Open by a recovery key from paper, or with --org-key by the organisation's key file. ERR_AUTH; ERR_USAGE: mistyped; as keyfile_read()
 * and vault_unlock_recovery().
 */
int vaultcli_unlock_recovery(const struct vaultcli *v, struct vault_key **out) MUST_CHECK;

/*
 * A new data key for a vault that nobody has open: `passphrase` stays, or becomes the one that --new-passphrase-file or -fd gives. Prints
 * the new recovery key, when there was one. Errors as vault_unlock() and vault_rekey().
 */
int vaultcli_rekey(const struct vaultcli *v, const char *passphrase) MUST_CHECK;

/*
 * vault_verify() told, and with --org-key the proof that the organisation's secret opens the vault. 0: whole, and not stale; ERR_CORRUPT:
 * pages are bad, or that secret does not open it; ERR_STALE: a page is an older version of itself. --json.
 */
int vaultcli_verify(const struct vaultcli *v, const struct vault_key *k) MUST_CHECK;

/* What a report says about freshness, and why it cannot when it cannot: one line without its end. Constant text. */
const char *vaultcli_freshness(const struct vault_report *r);
const char *vaultcli_freshness_arabic(const struct vault_report *r);
/* "fresh", "stale", "unknown": as --json has it. */
const char *vaultcli_freshness_name(enum vault_freshness f);

/* Have `phrase` typed at the terminal, and nowhere else; spaces around it do not matter. ERR_USAGE: another one, or no terminal. */
int vaultcli_confirm(const char *phrase) MUST_CHECK;

#endif
