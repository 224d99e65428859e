/*
 * backup: a consistent, encrypted copy of the store while it is in use, what devices may then forget, and the way back.
 *
 * A device keeps its sent envelopes until the centre says that a backup covers them. Only what a finished, synced and checked copy
 * really holds is marked as covered: the numbers are read from the copy itself. A restored centre begins a new generation of
 * sequence numbers, so that what devices saw in the lost days is never taken for something it knows, and asks them for what it lacks.
 */
#ifndef SERVER_ADMIN_BACKUP_H
#define SERVER_ADMIN_BACKUP_H

#include "server/admin/verify.h"
#include "server/centre.h"

#define BACKUP_SITES_LEFT_OUT 100000 /* site numbers that the lost days may have given out: far more than they can have */
#define BACKUP_GENERATION_STEP_MAX 1024

struct backup_report {
	uint64_t bytes;    /* of the copy */
	uint64_t sequence; /* last one in it */
	uint64_t sites;    /* whose envelopes are covered now */
};

/*
 * Copy the store of `c` to the new file `path`, check the copy, and mark what it covers (its own transaction). ERR_USAGE: the file
 * exists; ERR_CORRUPT: the copy is not whole, and was removed. `by`: person, 0 for the program.
 */
int backup_write(struct centre *c, const char *path, int64_t by, struct backup_report *out) MUST_CHECK;

struct backup_restored {
	uint64_t generation;        /* begun now */
	uint64_t last;              /* last sequence number of the backup */
	struct verify_report check; /* of what was restored; fini with verify_report_fini() */
};

/*
 * Make a centre in directory `dir` from the backup `path`, opened with the passphrase it was made under. Checked before it is put in
 * place: ERR_CORRUPT with findings in `out->check` and nothing in `dir` but for the folder. ERR_USAGE: `dir` holds a store.
 */
int backup_restore(const struct env *env, const char *path, const char *dir, const char *passphrase, size_t passphrase_len,
	struct backup_restored *out) MUST_CHECK;

#endif
