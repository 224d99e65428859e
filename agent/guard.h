/*
 * guard: who besides the person can open this device's vault, and until when: the organisation's slot, and the lease.
 *
 * The organisation's slot is made from the recovery key of the verified manifest, since no key is known before enrolment. That it opens is
 * proved at most once a day when the store is opened, and at each contact; a slot that is missing, would not open, or belongs to a key
 * of an earlier manifest is made anew. What cannot be healed is kept in table meta and told until it is.
 *
 * A lease is on when the centre's answer says so (meta lease_days). It is measured by this device's clock and begins anew at each contact.
 */
#ifndef AGENT_GUARD_H
#define AGENT_GUARD_H

#include "agent/store.h"
#include "proto/lease.h"

/* When the store was opened: the organisation's slot, when a day has passed since the last look. A failure is kept and logged. */
void guard_opened(struct store *s);

/* After enrolment, and after an answer was verified and applied: the organisation's slot, and the lease. Likewise. */
void guard_contacted(struct store *s);

/* Whether the last look found that the organisation cannot open this vault. */
bool guard_is_locked_out(struct store *s);

/* Append what a person must be told, a line each in both languages; nothing when all is well. */
void guard_warnings(struct store *s, struct buf *out);

/*
 * Begin or renew the lease for as many days as the centre said (0: end it), under the newest receive key that the manifest in force
 * names. ERR_NOT_FOUND before enrolment; as vault_lease_set().
 */
int guard_lease_renew(struct store *s) MUST_CHECK;

#endif
