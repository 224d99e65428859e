/*
 * account: the people the centre knows: representatives, who write on devices, and staff, who also sign in here.
 *
 * A person is never deleted, since edits and audit rows name them: an account ends. Passphrases are kept as Argon2id strings
 * (crypto_pwhash_str). Who may do what follows from the role and from being an administrator; the merge checks roles too.
 */
#ifndef SERVER_ADMIN_ACCOUNT_H
#define SERVER_ADMIN_ACCOUNT_H

#include <stdbool.h>

#include "server/centre.h"

#define ACCOUNT_NAME_BYTES_MAX 64
#define ACCOUNT_PASSPHRASE_CHARACTERS_MIN 10
#define ACCOUNT_PASSPHRASE_BYTES_MAX 1024

struct account {
	int64_t person_id;
	char name[ACCOUNT_NAME_BYTES_MAX + 1];
	enum form_writer role;
	bool is_admin;
	bool can_sign_in;  /* has a passphrase */
	int64_t branch_id; /* 0: the centre */
	int64_t made_ms;
	int64_t ended_ms; /* 0 while active */
};

/* What a new person is. Borrowed for the call. */
struct account_new {
	const char *name;
	enum form_writer role;
	bool is_admin;
	int64_t branch_id;      /* 0: the centre */
	const char *passphrase; /* NULL: cannot sign in at the centre */
};

/* ERR_USAGE unless `name` is 1 to ACCOUNT_NAME_BYTES_MAX bytes of clean UTF-8 text on one line. For people and branches. */
int account_check_name(const char *name, const char *what) MUST_CHECK;
/* ERR_USAGE with advice unless `passphrase` may be a new one. */
int account_check_passphrase(const char *passphrase) MUST_CHECK;

/* All that change something run inside the caller's transaction. Making a passphrase string takes 64 MiB for a moment. */
/* ERR_USAGE: the name is taken, or no name or passphrase that we accept. */
int account_add(struct centre *c, const struct account_new *n, int64_t *person_id) MUST_CHECK;
/* ERR_NOT_FOUND; ERR_USAGE: ended already, or the last administrator. */
int account_end(struct centre *c, int64_t person_id) MUST_CHECK;
int account_set_passphrase(struct centre *c, int64_t person_id, const char *passphrase) MUST_CHECK;

/*
 * Who signs in. ERR_AUTH, and always the same message, for an unknown name, an ended account, one without passphrase and a wrong
 * passphrase; such a try leaves an audit row (in a transaction of its own).
 */
int account_sign_in(struct centre *c, const char *name, const char *passphrase, struct account *out) MUST_CHECK;

/* ERR_NOT_FOUND. */
int account_find(struct centre *c, const char *name, struct account *out) MUST_CHECK;

/* Everybody, by number. `*out` is owned by the caller, free(). */
int account_list(struct centre *c, struct account **out, size_t *count) MUST_CHECK;

#endif
