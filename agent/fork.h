/*
 * fork: this store turned out to be a copy (a cloned disk, a restored backup): take the new incarnation the centre granted.
 *
 * Every group that the centre does not have keeps its content, gets fresh ids for the cases and entries it created, and waits in the
 * outbox of the new incarnation. Nothing typed is lost on either side of the fork.
 */
#ifndef AGENT_FORK_H
#define AGENT_FORK_H

#include "agent/store.h"

/* Inside the caller's transaction; the store must be reloaded (store_reload()) after its commit. */
int fork_take(struct store *s, const struct message_content *c) MUST_CHECK;

#endif
