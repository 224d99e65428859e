/*
 * authority: what needs the organisation's root key: the next manifest.
 *
 * The root key is a file that lies in a safe, not at the centre. The centre prepares the bytes, the machine that has the key signs
 * them (no store is needed there), and the centre installs what comes back.
 */
#ifndef SERVER_ADMIN_AUTHORITY_H
#define SERVER_ADMIN_AUTHORITY_H

#include "server/centre.h"

/*
 * Append the unsigned bytes of the next manifest: the number after the one in force, its keys, and the devices revoked so far, each
 * with the highest envelope that the centre had applied.
 */
int authority_prepare(struct centre *c, struct buf *out) MUST_CHECK;

/*
 * Append the signature to prepared bytes with the key in file `root_key`. ERR_USAGE: the key is another organisation's; else as
 * keyfile_read() and manifest_sign().
 */
int authority_sign(const char *root_key, struct buf *unsigned_bytes) MUST_CHECK;

/* Install a signed manifest (inside a transaction) with its audit row. In force after the commit and centre_reload(). */
int authority_install(struct centre *c, const void *data, size_t len, int64_t by) MUST_CHECK;

#endif
