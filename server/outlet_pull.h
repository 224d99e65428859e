/*
 * outlet_pull: one page of the registers that a device has not seen, for outlet.c. Nobody else includes it.
 */
#ifndef SERVER_OUTLET_PULL_H
#define SERVER_OUTLET_PULL_H

#include "server/outlet.h"

struct outlet_pull {
	struct buf bytes;                     /* the pulls one after another; owned */
	size_t starts[MESSAGE_PULLS_MAX + 1]; /* where each begins, and the end */
	size_t count;
	uint64_t last;   /* sequence number last given out */
	uint64_t seen;   /* of the request, clamped */
	uint64_t cursor; /* last change of the last case taken */
	bool is_full;    /* there is more than this page */
};

void outlet_pull_init(struct outlet_pull *p);
void outlet_pull_fini(struct outlet_pull *p);

/* `seen` and `last` alone, when no registers are to be sent. */
int outlet_pull_place(struct centre *c, const struct outlet_for *f, struct outlet_pull *p) MUST_CHECK;

/* The page. `own_too`: the store is behind, so what was written under its incarnation is not its own. */
int outlet_pull_page(struct centre *c, const struct outlet_for *f, bool own_too, struct outlet_pull *p) MUST_CHECK;

#endif
