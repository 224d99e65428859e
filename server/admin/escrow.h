/*
 * escrow: that the organisation's recovery key opens the centre's vault is proved once a day, not when the passphrase is already lost.
 */
#ifndef SERVER_ADMIN_ESCROW_H
#define SERVER_ADMIN_ESCROW_H

#include "server/centre.h"

/*
 * When a day has passed since the last look, or it failed: prove that the recovery key of the manifest in force has a slot that opens,
 * make it anew when not, and wipe the slots of keys that are not in force. Takes transactions of its own. true: all is well as far as is
 * known; false: the organisation cannot open this vault (logged).
 */
bool escrow_look(struct centre *c);

#endif
